/*
 * request: one call to an AWS service: signed, sent, and sent again where that is right.
 *
 * An AwsClient holds what the calls of one kind share: connections, credentials and what was learnt about the
 * servers' clocks; the retry quota of a service is that of all clients with the same credentials. A service (s3, and the JSON and query services) describes a
 * call as an AwsRequest and names the function that reads its errors; signing, retries after the standard
 * mode (aws/retry), the clock offset learnt from Date, new credentials after ExpiredToken and moves to
 * another host happen here.
 *
 * Every attempt is signed afresh with a snapshot of the credentials. A call whose answer was already
 * handed on is repeated only if `restart` allows it, and one that could double something (`once`) only
 * when the service surely did nothing.
 *
 * Payload: over http the body's SHA-256 is signed; over https also, up to 64 KiB, and for S3 larger ones
 *          go as UNSIGNED-PAYLOAD: TLS protects them already.
 * Errors:  those of http, credentials, retry_find_attempts and failure. Where keys are refused, the message
 *          says whose they are.
 * Threads: an AwsClient from any thread; an AwsRequest belongs to its call.
 */
#ifndef REDSMITH_AWS_REQUEST_H
#define REDSMITH_AWS_REQUEST_H

#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "aws/failure.h"
#include "aws/hooks.h"
#include "aws/http.h"

typedef struct AwsClient AwsClient;

/* credentials are borrowed; NULL sends unsigned requests. Uses the machine's clock and chance. */
AwsClient *aws_client_new(CredentialsSource *credentials);
void aws_client_free(AwsClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AwsClient, aws_client_free)
/* Before the first call. */
void aws_client_set_hooks(AwsClient *client, const AwsHooks *hooks);
/* The AWS profile whose settings count, where it is not that of the credentials. Before the first call. */
void aws_client_set_profile(AwsClient *client, const char *aws_profile);
/* The AWS profile whose settings count, for endpoint_choose; NULL: the chosen one. */
const char *aws_client_profile(const AwsClient *client);
/* How often a request is sent at most, when nothing is wrong with that setting. */
guint aws_client_attempts(AwsClient *client);
/* Connections opened so far. */
guint aws_client_connections(AwsClient *client);
/* The current time by the clock of that host, as far as it is known. */
gint64 aws_client_now(AwsClient *client, const char *host);

typedef struct AwsRequest AwsRequest;
struct AwsRequest {
    const char *what; /* "cannot read s3://bucket/key": how messages begin */
    const char *method;
    char *scheme, *host; /* owned: `relocate` may replace them */
    char *path;          /* owned; percent-encoded, as on the wire */
    char *query;         /* owned; percent-encoded; NULL: none */
    char *region;        /* owned */
    const char *service; /* signing name */
    SigV4PathMode path_mode;
    GPtrArray *headers; /* of SigV4Header, owned; without Host and what signing adds */
    HttpBody *body;     /* NULL: none */
    gboolean s3;        /* send x-amz-content-sha256; large bodies unsigned over https */
    gboolean once;      /* doing it twice would double something */
    gboolean fresh;     /* on a new connection, so that `attempts` counts all; `once` implies it */
    gboolean error_in_200; /* a 200 answer may turn out to be an error */
    gboolean expect_continue;
    guint stall_seconds, total_ms; /* as in HttpRequest */
    gsize max_body;
    guint attempts; /* set by aws_send: how often it was sent */

    /* The answer's body, piece by piece, instead of in the response. Before it starts again from its
     * beginning `restart` is called: FALSE forbids it. NULL forbids it too. */
    HttpDataFunction data;
    gboolean (*restart)(gpointer user);
    gpointer data_user;

    /* Reads the error of an answer. TRUE when the body is one. */
    gboolean (*read_failure)(HttpResponse *response, AwsFailure *failure);
    /* May change host, path and region, and returns TRUE to have the request sent there. */
    gboolean (*relocate)(gpointer user, AwsRequest *request, const HttpResponse *response,
                         const AwsFailure *failure);
    gpointer relocate_user;
};

void aws_request_clear(AwsRequest *request);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(AwsRequest, aws_request_clear)

/* TRUE with a 2xx answer in response, which the caller clears either way. */
gboolean aws_send(AwsClient *client, AwsRequest *request, HttpResponse *response,
                  GCancellable *cancellable, GError **error);

#endif
