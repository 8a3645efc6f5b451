/*
 * http_exchange: one request to the sandbox's AWS endpoint, from its first byte to its answer.
 *
 * http.c owns the daemon and drives an exchange through a service (a row of its table): `begin` when the
 * headers are there, `body` for each piece, `finish` after the last. Any of them may answer; the first
 * answer counts. Nothing holds a body in memory unless the service says `whole_body`.
 *
 * The path and query are the raw ones of the request line: signatures cover them as they were sent.
 *
 * Threads: an exchange belongs to its connection's thread; HttpServer is read-only and shared.
 */
#ifndef REDSMITH_SANDBOX_HTTP_EXCHANGE_H
#define REDSMITH_SANDBOX_HTTP_EXCHANGE_H

#include <microhttpd.h>

#include "aws/sigv4_verify.h"
#include "sandbox/faults.h"
#include "sandbox/issued_keys.h"
#include "sandbox/state.h"
#include "sandbox/store.h"

typedef struct {
    const SandboxState *state;
    Store *store;
    Faults *faults;
    struct DataEngine *data_api; /* statements that run by themselves: sandbox/data_engine */
    gboolean tls;                /* of its connections */
} HttpServer;

typedef enum { HTTP_ERRORS_S3, HTTP_ERRORS_JSON, HTTP_ERRORS_QUERY } HttpErrorStyle;

typedef struct HttpExchange HttpExchange;

/* A service of AWS: one file and one row. begin NULL: known by name, not offered. */
typedef struct {
    const char *name;    /* in the credential's scope: "s3" */
    const char *target;  /* prefix of X-Amz-Target, for JSON services; else NULL */
    const char *version; /* Version of the query protocol; else NULL */
    HttpErrorStyle errors;
    gboolean whole_body; /* collect the body (at most 1 MiB) in exchange->body before begin */
    void (*begin)(HttpExchange *exchange);
    void (*body)(HttpExchange *exchange, const char *bytes, gsize length);
    void (*finish)(HttpExchange *exchange);
    void (*clear)(HttpExchange *exchange);
} HttpService;

struct HttpExchange {
    const HttpServer *server;
    struct MHD_Connection *connection;
    char *uri;         /* as in the request line */
    char *path;        /* of it, still encoded */
    const char *query; /* of it, still encoded; NULL: none */
    char *method;
    GPtrArray *headers; /* of SigV4Header: all that came */
    char request_id[17];
    const HttpService *service;
    GByteArray *body;
    guint64 received; /* bytes of the body so far, as sent */
    FaultHit fault;
    gboolean begun, dropped;
    gpointer work; /* the service's own */
    IssuedKey *caller; /* the temporary key that signed it; NULL: another, or none */
    struct MHD_Response *answer;
    guint status; /* of the answer; 0: none yet */
};

const char *http_header(const HttpExchange *exchange, const char *name);
/* Decoded; NULL when it is not there. Free with g_free. */
char *http_parameter(const HttpExchange *exchange, const char *name);
gboolean http_has_parameter(const HttpExchange *exchange, const char *name);

/* Answers, once: later calls are ignored. Takes ownership of the response; headers may be added to it
 * before with http_add_header. */
void http_answer(HttpExchange *exchange, guint status, struct MHD_Response *response);
void http_answer_text(HttpExchange *exchange, guint status, const char *content_type,
                      const char *text);
/* A body of text that goes out as the fault that was met has it: whole, to its middle, slowly. */
struct MHD_Response *http_text_response(const HttpExchange *exchange, const char *text,
                                        gsize length);
/* How many bytes a reader may give next; it has waited for them, where a fault asks for that. */
gsize http_pace(const FaultHit *fault, gsize wanted);
void http_answer_empty(HttpExchange *exchange, guint status);
void http_add_header(struct MHD_Response *response, const char *name, const char *value);

/* An error in the service's own shape. extra is XML elements for S3 errors, or NULL. */
void http_answer_error(HttpExchange *exchange, guint status, const char *code, const char *message,
                       const char *extra);

/* Ends the connection without an answer, as a crash or a cut cable would. */
void http_drop(HttpExchange *exchange);

/* The time by the clock of the service, which a fault may have put wrong: epoch seconds. */
gint64 http_now(const HttpExchange *exchange);

/* Counts the operation in the fault rules of that area and does what they say should come before the
 * work. TRUE when the exchange is over with that. */
gboolean http_meet_fault(HttpExchange *exchange, const char *area, const char *operation);

void http_exchange_free(HttpExchange *exchange);

/* Text as XML content. Free with g_free. */
char *http_xml_escape(const char *text);

#endif
