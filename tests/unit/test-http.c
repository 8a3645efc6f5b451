/* What aws/http does with connections, with answers that are too long, and with proxies. */
#include <string.h>

#include "aws/http.h"
#include "base/error.h"
#include "tests/unit/http-stub.h"

#define LONGEST_MS 30000

/* --- connections ------------------------------------------------------------------------------- */

/* Answers one request after the other on the same connection, until the client leaves. */
static gboolean serve_on(GThreadedSocketService *service, GSocketConnection *connection,
                         GObject *source, gpointer user)
{
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody";
    GInputStream *in = g_io_stream_get_input_stream(G_IO_STREAM(connection));
    GOutputStream *out = g_io_stream_get_output_stream(G_IO_STREAM(connection));
    g_autoptr(GDataInputStream) lines = g_data_input_stream_new(in);
    g_data_input_stream_set_newline_type(lines, G_DATA_STREAM_NEWLINE_TYPE_CR_LF);
    for (char *line; (line = g_data_input_stream_read_line(lines, NULL, NULL, NULL)) != NULL;) {
        if (*line == '\0')
            g_output_stream_write_all(out, text, strlen(text), NULL, NULL, NULL);
        g_free(line);
    }
    return TRUE;
}

static gpointer run_loop(gpointer loop)
{
    g_main_loop_run(loop);
    return NULL;
}

static gboolean send_to(HttpClient *client, guint16 port, gsize max_body, gboolean fresh,
                        GError **error)
{
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%u/", port);
    g_auto(HttpResponse) response = {0};
    HttpRequest request = {.method = "GET", .url = url, .max_body = max_body, .fresh = fresh};
    return http_send(client, &request, &response, NULL, error);
}

static void test_connections_are_kept_and_answers_have_a_limit(void)
{
    g_autoptr(GSocketService) service = g_threaded_socket_service_new(10);
    g_autoptr(HttpClient) client = http_client_new();
    g_autoptr(GError) error = NULL;
    guint16 port = g_socket_listener_add_any_inet_port(G_SOCKET_LISTENER(service), NULL, NULL);
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_signal_connect(service, "run", G_CALLBACK(serve_on), NULL);
    GThread *accepting = g_thread_new("accepting", run_loop, loop);
    for (int i = 0; i < 5; i++)
        g_assert_true(send_to(client, port, 0, FALSE, NULL));
    g_assert_cmpuint(http_client_connections(client), ==, 1);
    g_assert_true(send_to(client, port, 0, TRUE, NULL));
    g_assert_cmpuint(http_client_connections(client), ==, 2);
    g_assert_true(send_to(client, port, 4, FALSE, NULL));
    g_assert_false(send_to(client, port, 3, FALSE, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_LIMIT);
    g_main_loop_quit(loop);
    g_thread_join(accepting);
    g_socket_service_stop(service);
}

/* --- proxies ----------------------------------------------------------------------------------- */

static StubAnswer refuse(gpointer user, const StubRequest *request)
{
    const gint *status = user;
    return (StubAnswer){*status, NULL, NULL};
}

/* Whether anything of a request for that URL came to the proxy, which is all that listens here. */
static guint seen_by_proxy(HttpStub *proxy, const char *url, const char *variable,
                           const char *exceptions)
{
    g_autoptr(HttpClient) client = http_client_new();
    g_auto(HttpResponse) response = {0};
    HttpRequest request = {.method = "GET", .url = url, .connect_ms = 200, .total_ms = LONGEST_MS};
    guint before = http_stub_count(proxy, "");
    g_setenv(variable, http_stub_url(proxy), TRUE);
    g_setenv("NO_PROXY", exceptions, TRUE);
    http_send(client, &request, &response, NULL, NULL);
    g_unsetenv(variable);
    g_unsetenv("NO_PROXY");
    return http_stub_count(proxy, "") - before;
}

static void test_what_a_proxy_refuses_is_said_to_be_its_doing(void)
{
    static const struct {
        int status;
        RsErrorCode code;
        const char *says;
    } cases[] = {{407, RS_ERROR_AUTH, "HTTPS_PROXY"},
                 {403, RS_ERROR_PERMISSION, "NO_PROXY"},
                 {502, RS_ERROR_CONNECT, "proxy"}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        gint status = cases[i].status;
        HttpStub *proxy = http_stub_start(refuse, &status);
        g_autoptr(HttpClient) client = http_client_new();
        g_auto(HttpResponse) response = {0};
        g_autoptr(GError) error = NULL;
        HttpRequest request = {.method = "GET", .url = "https://service.invalid/"};
        g_setenv("HTTPS_PROXY", http_stub_url(proxy), TRUE);
        g_assert_false(http_send(client, &request, &response, NULL, &error));
        g_unsetenv("HTTPS_PROXY");
        g_assert_error(error, RS_ERROR, (int)cases[i].code);
        g_assert_nonnull(strstr(error->message, cases[i].says));
        g_assert_cmpint(response.status, ==, 0);
        http_stub_stop(proxy);
    }
}

static void test_proxies_of_the_environment_are_asked_but_not_for_what_is_near(void)
{
    gint status = 403;
    static const struct {
        const char *url, *variable, *exceptions;
        guint seen;
    } cases[] = {
        {"http://service.invalid/", "http_proxy", "", 1},
        {"https://service.invalid/", "https_proxy", "", 1},
        {"https://service.invalid/", "HTTPS_PROXY", "", 1},
        {"https://service.invalid/", "HTTPS_PROXY", "other.invalid,service.invalid", 0},
        {"https://service.invalid/", "HTTPS_PROXY", ".invalid", 0},
        {"http://169.254.169.254/", "http_proxy", "", 0},
        {"http://169.254.170.2/", "http_proxy", "", 0},
        {"http://[fd00:ec2::254]/", "http_proxy", "", 0},
        {"http://127.0.0.1:1/", "http_proxy", "", 0},
        {"http://localhost:1/", "ALL_PROXY", "", 0},
    };
    HttpStub *proxy = http_stub_start(refuse, &status);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s by %s", cases[i].url, cases[i].variable);
        g_assert_cmpuint(seen_by_proxy(proxy, cases[i].url, cases[i].variable, cases[i].exceptions),
                         ==, cases[i].seen);
    }
    http_stub_stop(proxy);
}

int main(int argc, char **argv)
{
    static const char *const proxies[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                          "ALL_PROXY",  "no_proxy",    "NO_PROXY"};
    for (gsize i = 0; i < G_N_ELEMENTS(proxies); i++)
        g_unsetenv(proxies[i]);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/connections-are-kept-and-answers-have-a-limit",
                    test_connections_are_kept_and_answers_have_a_limit);
    g_test_add_func("/http/proxies-of-the-environment-are-asked-but-not-for-what-is-near",
                    test_proxies_of_the_environment_are_asked_but_not_for_what_is_near);
    g_test_add_func("/http/what-a-proxy-refuses-is-said-to-be-its-doing",
                    test_what_a_proxy_refuses_is_said_to_be_its_doing);
    return g_test_run();
}
