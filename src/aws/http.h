/*
 * http: one HTTP exchange at a time over libcurl, and nothing of AWS in it.
 *
 * An HttpClient keeps a small stack of connections; each call takes one, or opens one, and puts it back,
 * so a worker that makes request after request stays on one kept-alive connection. Nothing is retried and
 * no redirect is followed here: both need a new signature and belong to aws/request.
 *
 *  - TLS certificates are always verified (AWS_CA_BUNDLE names another bundle). HTTP/1.1.
 *  - Proxies come from the environment (http_proxy, https_proxy, no_proxy); link-local hosts, where
 *    instance and container credentials live, and loopback are always reached directly.
 *  - The path goes out exactly as given: it is what was signed.
 *  - "Expect: 100-continue" is sent only where the request asks for it.
 *
 * Limits:   connecting 3 s; a body that stands still for `stall_seconds`; `total_ms` for small APIs;
 *           an answer in memory over `max_body` is RS_ERROR_LIMIT.
 * Cancel:   the call returns within 100 ms with RS_ERROR_CANCELLED.
 * Memory:   two buffers of 256 KiB for each open connection.
 * Errors:   RS_ERROR_CONNECT (no connection), RS_ERROR_TRANSIENT (lost or stalled in between),
 *           CONFIG (a certificate that does not hold, a bad URL), AUTH or PERMISSION (a proxy that does not
 *           let us through), LIMIT, CANCELLED, and whatever a body
 *           or data function sets.
 *           An HTTP status is no error: it is in the response.
 * Threads:  a client may be used from any thread; a call belongs to its thread.
 */
#ifndef REDSMITH_AWS_HTTP_H
#define REDSMITH_AWS_HTTP_H

#include <gio/gio.h>

#include "aws/sigv4_digest.h"
#include "aws/sigv4.h"

/* Epoch seconds of an HTTP date such as "Sun, 06 Nov 1994 08:49:37 GMT"; 0 when it is none. */
gint64 http_time(const char *text);

typedef struct HttpClient HttpClient;

/* The body to send: memory, or a range of a descriptor (read by pread). It can be sent again. */
typedef struct {
    GBytes *bytes; /* NULL: the descriptor, when length > 0 */
    int fd;
    guint64 offset, length; /* within the bytes or the file */
    /* Bytes put on the wire for the first time: what is sent again is not told again. May be NULL. */
    void (*sent)(gpointer user, gsize bytes);
    gpointer user;
    guint64 told; /* bytes told to `sent` so far; keep at 0 before the first attempt */
    Digest *md5;  /* of what was sent in the last attempt, restarted with it. NULL: not wanted */
} HttpBody;

/* The body of a 2xx answer, piece by piece. FALSE with error set ends the call with that error. */
typedef gboolean (*HttpDataFunction)(gpointer user, const char *bytes, gsize length,
                                     GError **error);

typedef struct {
    const char *method;
    const char *url;          /* exactly as on the wire, percent-encoded */
    const GPtrArray *headers; /* of SigV4Header; Host, when present, names what was signed */
    HttpBody *body;           /* NULL: none */
    HttpDataFunction data;    /* NULL: the body of the answer is kept in memory */
    gpointer data_user;
    gsize max_body;      /* of an answer in memory; 0: 16 MiB */
    guint stall_seconds; /* 0: 30 */
    guint total_ms;      /* 0: no limit */
    guint connect_ms;    /* 0: 3,000 */
    gboolean expect_continue;
    gboolean
        fresh; /* on a new connection: on a kept one that turns out dead libcurl sends again by itself */
} HttpRequest;

typedef struct {
    int status;         /* 0: no answer came */
    GPtrArray *headers; /* of SigV4Header */
    GByteArray *body;   /* of every answer that did not go to the data function */
    guint64 received;   /* bytes given to the data function */
    gint64 date;        /* the answer's Date as epoch seconds, 0 when it has none */
    gboolean timed_out; /* no answer, because a limit ran out */
} HttpResponse;

void http_response_clear(HttpResponse *response);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HttpResponse, http_response_clear)

/* The first value of a header, in any case, or NULL. */
const char *http_response_header(const HttpResponse *response, const char *name);

/* The body as text, NUL-terminated; owned by the response. */
const char *http_response_text(HttpResponse *response);

HttpClient *http_client_new(void);
void http_client_free(HttpClient *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpClient, http_client_free)

/* Connections made since http_client_new: what a test of keep-alive counts. */
guint http_client_connections(HttpClient *client);

/* One exchange. TRUE when a whole answer came, whatever its status. The response is filled, as far as it
 * came, either way; clear it with http_response_clear. */
gboolean http_send(HttpClient *client, const HttpRequest *request, HttpResponse *response,
                   GCancellable *cancellable, GError **error);

/* True for this machine itself: "localhost" and loopback addresses (no port). */
gboolean http_host_is_loopback(const char *host);

/* True for loopback and link-local hosts (a name or address, no port): never through a proxy. */
gboolean http_host_is_local(const char *host);

#endif
