/*
 * post: what the calls of the JSON and of the query protocol have in common: one POST to the root of a
 * service's endpoint, signed, its answer read and wiped.
 *
 * json_call and query_call write the body and read the answer; where it goes, under which name errors come
 * back and how long it may take is decided here.
 *
 * Errors:  those of endpoint and request; those of read, with "what: " before them.
 * Memory:  the answer may hold secrets: it is wiped. The body is the caller's to wipe.
 * Units:   seconds, bytes
 * Threads: any; a call belongs to one thread.
 */
#ifndef REDSMITH_AWS_POST_H
#define REDSMITH_AWS_POST_H

#include "aws/request.h"

/* Where to, and how. All borrowed. */
typedef struct {
    AwsClient *client;
    const char *endpoint_url; /* NULL: see aws/endpoint */
    const char *region;
    const char *what;   /* how messages begin; NULL: "SERVICE OPERATION" */
    gboolean once;      /* doing it twice would fail or double something */
    guint wait_seconds; /* the service may hold the answer back that long */
    gsize max_body;     /* of the answer; 0: 16 MiB */
} PostTarget;

/* What is sent, and how its answer is read. All borrowed. */
typedef struct {
    const EndpointService *endpoint;
    const char *signing_name, *operation;
    const char *content_type;
    const char *header, *value; /* one more header */
    const GString *body;
    gboolean (*read_failure)(HttpResponse *response, AwsFailure *failure);
    gpointer (*read)(gconstpointer user, HttpResponse *response, GError **error);
    gconstpointer user;
} Post;

/* What read has made of the answer; NULL with error. */
gpointer post_send(const Post *post, const PostTarget *target, GCancellable *cancellable,
                   GError **error);

#endif
