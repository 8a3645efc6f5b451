#include "tests/unit/http-stub.h"

#include <string.h>

struct HttpStub {
    GSocket *socket;
    GCancellable *stopped;
    GThread *thread;
    StubFunction answer;
    gpointer user;
    char *url;
    GMutex mutex;
    GPtrArray *requests; /* of StubRequest */
    GPtrArray *servers;  /* of GThread, one for each connection; of `thread` */
};

static void request_free(gpointer data)
{
    StubRequest *request = data;
    g_free(request->method);
    g_free(request->target);
    g_free(request->head);
    g_free(request->body);
    g_free(request);
}

char *http_stub_header(const StubRequest *request, const char *name)
{
    g_auto(GStrv) lines = g_strsplit(request->head, "\r\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        char *colon = strchr(*line, ':');
        if (colon == NULL)
            continue;
        *colon = '\0';
        if (g_ascii_strcasecmp(*line, name) == 0)
            return g_strstrip(g_strdup(colon + 1));
    }
    return NULL;
}

static gboolean read_more(GInputStream *in, GString *text)
{
    char bytes[4096];
    gssize got = g_input_stream_read(in, bytes, sizeof bytes, NULL, NULL);
    if (got > 0)
        g_string_append_len(text, bytes, got);
    return got > 0;
}

static StubRequest *read_request(GInputStream *in)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const char *end;
    while ((end = strstr(text->str, "\r\n\r\n")) == NULL)
        if (!read_more(in, text))
            return NULL;
    StubRequest *request = g_new0(StubRequest, 1);
    gsize head = (gsize)(end - text->str) + 2, begin = head + 2;
    const char *line_end = strstr(text->str, "\r\n");
    g_autofree char *line = g_strndup(text->str, (gsize)(line_end - text->str));
    g_auto(GStrv) words = g_strsplit(line, " ", 3);
    request->method = g_strdup(words[0]);
    request->target = g_strdup(words[1]);
    request->head = g_strndup(line_end + 2, head - (gsize)(line_end - text->str) - 2);
    g_autofree char *length = http_stub_header(request, "Content-Length");
    gsize wanted = length != NULL ? g_ascii_strtoull(length, NULL, 10) : 0;
    while (text->len - begin < wanted && read_more(in, text))
        continue;
    request->body = g_strdup(text->str + begin);
    return request;
}

static void send_answer(HttpStub *stub, GIOStream *stream, const StubRequest *request)
{
    StubAnswer answer = stub->answer(stub->user, request);
    if (answer.status != 0) {
        const char *body = answer.body != NULL ? answer.body : "";
        g_autofree char *text = g_strdup_printf(
            "HTTP/1.1 %d Stub\r\nContent-Length: %" G_GSIZE_FORMAT
            "\r\nConnection: close\r\n%s\r\n%s",
            answer.status, strlen(body), answer.head != NULL ? answer.head : "", body);
        g_output_stream_write_all(g_io_stream_get_output_stream(stream), text, strlen(text), NULL,
                                  NULL, NULL);
    }
    g_free(answer.body);
}

typedef struct {
    HttpStub *stub;
    GIOStream *stream;
} Visit;

static gpointer serve_visit(gpointer data)
{
    g_autofree Visit *visit = data;
    HttpStub *stub = visit->stub;
    StubRequest *request = read_request(g_io_stream_get_input_stream(visit->stream));
    if (request != NULL) {
        g_mutex_lock(&stub->mutex);
        g_ptr_array_add(stub->requests, request);
        g_mutex_unlock(&stub->mutex);
        send_answer(stub, visit->stream, request);
    }
    g_io_stream_close(visit->stream, NULL, NULL);
    g_object_unref(visit->stream);
    return NULL;
}

static gpointer accept_visits(gpointer data)
{
    HttpStub *stub = data;
    GSocket *socket;
    while ((socket = g_socket_accept(stub->socket, stub->stopped, NULL)) != NULL) {
        Visit *visit = g_new(Visit, 1);
        *visit = (Visit){stub, G_IO_STREAM(g_socket_connection_factory_create_connection(socket))};
        g_object_unref(socket);
        g_ptr_array_add(stub->servers, g_thread_new("stub-visit", serve_visit, visit));
    }
    return NULL;
}

static void listen_somewhere(HttpStub *stub)
{
    g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
    g_autoptr(GSocketAddress) any = g_inet_socket_address_new(loopback, 0);
    g_autoptr(GError) error = NULL;
    stub->socket =
        g_socket_new(G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
    g_assert_no_error(error);
    g_assert_true(g_socket_bind(stub->socket, any, TRUE, NULL));
    g_assert_true(g_socket_listen(stub->socket, NULL));
    g_autoptr(GSocketAddress) bound = g_socket_get_local_address(stub->socket, NULL);
    stub->url = g_strdup_printf("http://127.0.0.1:%u",
                                g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound)));
}

HttpStub *http_stub_start(StubFunction answer, gpointer user)
{
    HttpStub *stub = g_new0(HttpStub, 1);
    g_mutex_init(&stub->mutex);
    stub->answer = answer;
    stub->user = user;
    stub->requests = g_ptr_array_new_with_free_func(request_free);
    stub->servers = g_ptr_array_new();
    stub->stopped = g_cancellable_new();
    listen_somewhere(stub);
    stub->thread = g_thread_new("stub", accept_visits, stub);
    return stub;
}

void http_stub_stop(HttpStub *stub)
{
    g_cancellable_cancel(stub->stopped);
    g_thread_join(stub->thread);
    for (guint i = 0; i < stub->servers->len; i++)
        g_thread_join(stub->servers->pdata[i]);
    g_ptr_array_unref(stub->servers);
    g_ptr_array_unref(stub->requests);
    g_object_unref(stub->socket);
    g_object_unref(stub->stopped);
    g_mutex_clear(&stub->mutex);
    g_free(stub->url);
    g_free(stub);
}

const char *http_stub_url(const HttpStub *stub)
{
    return stub->url;
}

static gboolean is_like(const StubRequest *request, const char *prefix)
{
    g_autofree char *line = g_strconcat(request->method, " ", request->target, NULL);
    return g_str_has_prefix(line, prefix);
}

guint http_stub_count(HttpStub *stub, const char *prefix)
{
    guint count = 0;
    g_mutex_lock(&stub->mutex);
    for (guint i = 0; i < stub->requests->len; i++)
        count += is_like(stub->requests->pdata[i], prefix) ? 1 : 0;
    g_mutex_unlock(&stub->mutex);
    return count;
}

static char *last_text(HttpStub *stub, const char *prefix, gboolean body)
{
    const char *text = "";
    g_mutex_lock(&stub->mutex);
    for (guint i = 0; i < stub->requests->len; i++) {
        const StubRequest *request = stub->requests->pdata[i];
        if (is_like(request, prefix))
            text = body ? request->body : request->head;
    }
    char *copy = g_strdup(text);
    g_mutex_unlock(&stub->mutex);
    return copy;
}

char *http_stub_last_body(HttpStub *stub, const char *prefix)
{
    return last_text(stub, prefix, TRUE);
}

char *http_stub_last_head(HttpStub *stub, const char *prefix)
{
    return last_text(stub, prefix, FALSE);
}
