/*
 * http-stub: a small HTTP server on loopback whose answers are a function of the test's.
 *
 * Each connection is served by a thread of its own, one request each. Requests are remembered.
 *
 * Call order: http_stub_start, http_stub_count / http_stub_last ..., http_stub_stop
 */
#ifndef REDSMITH_TESTS_HTTP_STUB_H
#define REDSMITH_TESTS_HTTP_STUB_H

#include <gio/gio.h>

typedef struct {
    char *method, *target; /* the target with its query */
    char *head;            /* all header lines */
    char *body;
} StubRequest;

typedef struct {
    int status;       /* 0: close without an answer */
    char *body;       /* freed by the stub */
    const char *head; /* further header lines, each with its \r\n; NULL: none */
} StubAnswer;

typedef StubAnswer (*StubFunction)(gpointer user, const StubRequest *request);

typedef struct HttpStub HttpStub;

HttpStub *http_stub_start(StubFunction answer, gpointer user);
void http_stub_stop(HttpStub *stub);

/* "http://127.0.0.1:PORT". Owned by the stub. */
const char *http_stub_url(const HttpStub *stub);

/* Requests whose "METHOD target" starts with that. */
guint http_stub_count(HttpStub *stub, const char *prefix);
/* The body, and the head, of the last such request; "" when there was none. Free with g_free. */
char *http_stub_last_body(HttpStub *stub, const char *prefix);
char *http_stub_last_head(HttpStub *stub, const char *prefix);

/* The value of a header line, or NULL. Free with g_free. */
char *http_stub_header(const StubRequest *request, const char *name);

#endif
