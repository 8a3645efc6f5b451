#include "tests/unit/http-stub.h"

#include <string.h>

struct HttpStub {
    GSocketService *service;
    GMainContext *context;
    GMainLoop *loop;
    GThread *thread;
    StubFunction answer;
    gpointer user;
    char *url;
    GMutex mutex;
    GPtrArray *requests; /* of StubRequest */
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

static gboolean on_connection(GThreadedSocketService *service, GSocketConnection *connection,
                              GObject *source, gpointer user)
{
    HttpStub *stub = user;
    StubRequest *request = read_request(g_io_stream_get_input_stream(G_IO_STREAM(connection)));
    if (request == NULL)
        return TRUE;
    g_mutex_lock(&stub->mutex);
    g_ptr_array_add(stub->requests, request);
    g_mutex_unlock(&stub->mutex);
    StubAnswer answer = stub->answer(stub->user, request);
    if (answer.status != 0) {
        const char *body = answer.body != NULL ? answer.body : "";
        g_autofree char *text = g_strdup_printf(
            "HTTP/1.1 %d Stub\r\nContent-Length: %" G_GSIZE_FORMAT
            "\r\nConnection: close\r\n%s\r\n%s",
            answer.status, strlen(body), answer.head != NULL ? answer.head : "", body);
        g_output_stream_write_all(g_io_stream_get_output_stream(G_IO_STREAM(connection)), text,
                                  strlen(text), NULL, NULL, NULL);
    }
    g_free(answer.body);
    g_io_stream_close(G_IO_STREAM(connection), NULL, NULL);
    return TRUE;
}

static gpointer serve(gpointer data)
{
    HttpStub *stub = data;
    g_main_loop_run(stub->loop);
    return NULL;
}

HttpStub *http_stub_start(StubFunction answer, gpointer user)
{
    HttpStub *stub = g_new0(HttpStub, 1);
    g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
    g_autoptr(GSocketAddress) any = g_inet_socket_address_new(loopback, 0);
    g_autoptr(GSocketAddress) bound = NULL;
    g_autoptr(GError) error = NULL;
    g_mutex_init(&stub->mutex);
    stub->answer = answer;
    stub->user = user;
    stub->requests = g_ptr_array_new_with_free_func(request_free);
    stub->context = g_main_context_new();
    stub->loop = g_main_loop_new(stub->context, FALSE);
    g_main_context_push_thread_default(stub->context);
    stub->service = g_threaded_socket_service_new(16);
    g_socket_listener_add_address(G_SOCKET_LISTENER(stub->service), any, G_SOCKET_TYPE_STREAM,
                                  G_SOCKET_PROTOCOL_TCP, NULL, &bound, &error);
    g_assert_no_error(error);
    g_signal_connect(stub->service, "run", G_CALLBACK(on_connection), stub);
    g_socket_service_start(stub->service);
    g_main_context_pop_thread_default(stub->context);
    stub->url = g_strdup_printf("http://127.0.0.1:%u",
                                g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound)));
    stub->thread = g_thread_new("stub", serve, stub);
    return stub;
}

void http_stub_stop(HttpStub *stub)
{
    g_socket_service_stop(stub->service);
    g_socket_listener_close(G_SOCKET_LISTENER(stub->service));
    g_main_loop_quit(stub->loop);
    g_thread_join(stub->thread);
    g_object_unref(stub->service);
    g_main_loop_unref(stub->loop);
    g_main_context_unref(stub->context);
    g_ptr_array_unref(stub->requests);
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
