#include "aws/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#define CONNECT_MS 3000L
#define STALL_SECONDS 30
#define MAX_BODY (16u << 20)
#define BUFFER_BYTES (256L << 10)
#define KEPT_CONNECTIONS 16

/* A connection: an easy handle and its own multi handle, which can be woken from other threads. */
typedef struct {
    CURL *easy;
    CURLM *multi;
} Connection;

struct HttpClient {
    GMutex mutex;
    GPtrArray *idle; /* of Connection */
    guint connections;
};

/* One call, as libcurl's callbacks see it. */
typedef struct {
    const HttpRequest *request;
    HttpResponse *response;
    guint64 position; /* in the body that is sent */
    GError *error;    /* of a callback: ends the call */
} Exchange;

/* --- connections ------------------------------------------------------------------------------- */

static void connection_free(gpointer data)
{
    Connection *connection = data;
    curl_easy_cleanup(connection->easy);
    curl_multi_cleanup(connection->multi);
    g_free(connection);
}

HttpClient *http_client_new(void)
{
    static gsize initialised;
    if (g_once_init_enter(&initialised)) {
        curl_global_init(CURL_GLOBAL_DEFAULT);
        g_once_init_leave(&initialised, 1);
    }
    HttpClient *client = g_new0(HttpClient, 1);
    g_mutex_init(&client->mutex);
    client->idle = g_ptr_array_new_with_free_func(connection_free);
    return client;
}

void http_client_free(HttpClient *client)
{
    if (client == NULL)
        return;
    g_ptr_array_unref(client->idle);
    g_mutex_clear(&client->mutex);
    g_free(client);
}

guint http_client_connections(HttpClient *client)
{
    g_mutex_lock(&client->mutex);
    guint connections = client->connections;
    g_mutex_unlock(&client->mutex);
    return connections;
}

static Connection *take_connection(HttpClient *client)
{
    g_mutex_lock(&client->mutex);
    Connection *connection = NULL;
    if (client->idle->len > 0)
        connection = g_ptr_array_steal_index(client->idle, client->idle->len - 1);
    g_mutex_unlock(&client->mutex);
    if (connection == NULL) {
        connection = g_new0(Connection, 1);
        connection->easy = curl_easy_init();
        connection->multi = curl_multi_init();
    }
    return connection;
}

/* Idle handles beyond the number that workers come back for are closed. */
static void put_back(HttpClient *client, Connection *connection)
{
    long made = 0;
    curl_easy_getinfo(connection->easy, CURLINFO_NUM_CONNECTS, &made);
    g_mutex_lock(&client->mutex);
    client->connections += (guint)made;
    gboolean keep = client->idle->len < KEPT_CONNECTIONS;
    if (keep)
        g_ptr_array_add(client->idle, connection);
    g_mutex_unlock(&client->mutex);
    if (!keep)
        connection_free(connection);
}

/* --- what libcurl calls back ------------------------------------------------------------------- */

static gssize read_body(const HttpBody *body, guint64 position, char *buffer, gsize size,
                        GError **error)
{
    gsize wanted = MIN(size, body->length - position);
    if (body->bytes != NULL) {
        const char *bytes = g_bytes_get_data(body->bytes, NULL);
        memcpy(buffer, bytes + body->offset + position, wanted);
        return (gssize)wanted;
    }
    gssize got;
    do
        got = pread(body->fd, buffer, wanted, (off_t)(body->offset + position));
    while (got < 0 && errno == EINTR);
    if (got < 0)
        rs_error_set_errno(error, errno, "cannot read the file that is being sent");
    else if (got == 0 && wanted > 0)
        g_set_error_literal(error, RS_ERROR, RS_ERROR_DATA,
                            "the file became shorter while it was being sent; send it again when "
                            "nothing writes to it");
    return got == 0 && wanted > 0 ? -1 : got;
}

static size_t on_read(char *buffer, size_t size, size_t count, void *user)
{
    Exchange *exchange = user;
    HttpBody *body = exchange->request->body;
    if (body == NULL || exchange->position >= body->length)
        return 0;
    gssize got = read_body(body, exchange->position, buffer, size * count, &exchange->error);
    if (got < 0)
        return CURL_READFUNC_ABORT;
    if (exchange->position == 0 && body->md5 != NULL)
        digest_reset(body->md5);
    if (body->md5 != NULL)
        digest_update(body->md5, buffer, (gsize)got);
    exchange->position += (guint64)got;
    if (body->sent != NULL && exchange->position > body->told) {
        body->sent(body->user, exchange->position - body->told);
        body->told = exchange->position;
    }
    return (size_t)got;
}

/* libcurl starts over by itself when a kept connection turns out to be dead: always from the start. */
static int on_seek(void *user, curl_off_t offset, int origin)
{
    Exchange *exchange = user;
    if (origin != SEEK_SET || offset != 0)
        return CURL_SEEKFUNC_CANTSEEK;
    exchange->position = 0;
    return CURL_SEEKFUNC_OK;
}

static size_t on_header(char *line, size_t size, size_t count, void *user)
{
    Exchange *exchange = user;
    gsize length = size * count;
    g_autofree char *text = g_strndup(line, length);
    g_strchomp(text);
    if (g_str_has_prefix(text, "HTTP/")) { /* also after a 100: only the last answer counts */
        g_ptr_array_set_size(exchange->response->headers, 0);
        const char *status = strchr(text, ' ');
        exchange->response->status = status != NULL ? (int)g_ascii_strtoll(status, NULL, 10) : 0;
        return length;
    }
    char *colon = strchr(text, ':');
    if (colon != NULL) {
        *colon = '\0';
        sigv4_headers_add(exchange->response->headers, text, g_strchug(colon + 1));
    }
    return length;
}

static gboolean keep_in_memory(Exchange *exchange, const char *bytes, gsize length)
{
    GByteArray *body = exchange->response->body;
    gsize limit = exchange->request->max_body != 0 ? exchange->request->max_body : MAX_BODY;
    if (body->len + length > limit) {
        g_set_error(&exchange->error, RS_ERROR, RS_ERROR_LIMIT,
                    "the answer is longer than %" G_GSIZE_FORMAT " bytes", limit);
        return FALSE;
    }
    g_byte_array_append(body, (const guint8 *)bytes, (guint)length);
    return TRUE;
}

static size_t on_data(char *bytes, size_t size, size_t count, void *user)
{
    Exchange *exchange = user;
    const HttpRequest *request = exchange->request;
    gsize length = size * count;
    int status = exchange->response->status;
    gboolean good;
    if (request->data != NULL && status >= 200 && status < 300) {
        exchange->response->received += length;
        good = request->data(request->data_user, bytes, length, &exchange->error);
    } else {
        good = keep_in_memory(exchange, bytes, length);
    }
    return good ? length : length + 1;
}

/* --- one exchange ------------------------------------------------------------------------------ */

/* An address with or without brackets, or NULL. */
static GInetAddress *address_of(const char *host)
{
    gsize length = strlen(host);
    g_autofree char *bare =
        *host == '[' && length > 2 ? g_strndup(host + 1, length - 2) : g_strdup(host);
    return g_inet_address_new_from_string(bare);
}

gboolean http_host_is_loopback(const char *host)
{
    if (g_ascii_strcasecmp(host, "localhost") == 0 || g_str_has_suffix(host, ".localhost"))
        return TRUE;
    g_autoptr(GInetAddress) address = address_of(host);
    return address != NULL && g_inet_address_get_is_loopback(address);
}

gboolean http_host_is_local(const char *host)
{
    g_autoptr(GInetAddress) address = address_of(host);
    if (http_host_is_loopback(host))
        return TRUE;
    /* The service addresses of EC2 and EKS over IPv6 are unique-local, not link-local. */
    return address != NULL && (g_inet_address_get_is_link_local(address) ||
                               g_str_has_prefix(host + (*host == '['), "fd00:ec2:"));
}

static gboolean url_is_local(const char *url)
{
    CURLU *parts = curl_url();
    char *host = NULL;
    gboolean local = curl_url_set(parts, CURLUPART_URL, url, CURLU_PATH_AS_IS) == CURLUE_OK &&
                     curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                     http_host_is_local(host);
    curl_free(host);
    curl_url_cleanup(parts);
    return local;
}

static struct curl_slist *header_lines(const HttpRequest *request)
{
    struct curl_slist *lines = NULL;
    for (guint i = 0; request->headers != NULL && i < request->headers->len; i++) {
        const SigV4Header *header = request->headers->pdata[i];
        /* "Name;" is libcurl's way to send an empty value. */
        g_autofree char *line = *header->value != '\0'
                                    ? g_strdup_printf("%s: %s", header->name, header->value)
                                    : g_strdup_printf("%s;", header->name);
        lines = curl_slist_append(lines, line);
    }
    /* libcurl would add both by itself, the first to every POST, the second to large bodies. */
    if (request->headers == NULL || sigv4_headers_get(request->headers, "Content-Type") == NULL)
        lines = curl_slist_append(lines, "Content-Type:");
    return curl_slist_append(lines, request->expect_continue ? "Expect: 100-continue" : "Expect:");
}

static void set_method(CURL *easy, const HttpRequest *request)
{
    gboolean has_body = request->body != NULL && request->body->length > 0;
    if (strcmp(request->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (has_body || strcmp(request->method, "PUT") == 0 ||
               strcmp(request->method, "POST") == 0) {
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
                         (curl_off_t)(has_body ? request->body->length : 0));
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

static void set_limits(CURL *easy, const HttpRequest *request)
{
    guint stall = request->stall_seconds != 0 ? request->stall_seconds : STALL_SECONDS;
    long connect_ms = request->connect_ms != 0 ? (long)request->connect_ms : CONNECT_MS;
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)stall);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->total_ms);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, BUFFER_BYTES);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, BUFFER_BYTES);
}

static void set_transport(CURL *easy, const HttpRequest *request)
{
    const char *bundle = g_getenv("AWS_CA_BUNDLE");
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L); /* the proxy's are no answer */
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* cancelling does not wait for a resolver */
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "redsmith/0.1");
    if (bundle != NULL && *bundle != '\0')
        curl_easy_setopt(easy, CURLOPT_CAINFO, bundle);
    if (url_is_local(request->url))
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
}

static void set_up(CURL *easy, Exchange *exchange, struct curl_slist *lines)
{
    const HttpRequest *request = exchange->request;
    curl_easy_reset(easy); /* options only: connections and the resolver's answers stay */
    curl_easy_setopt(easy, CURLOPT_URL, request->url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, lines);
    set_method(easy, request);
    set_limits(easy, request);
    set_transport(easy, request);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, request->fresh ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
}

static void on_cancelled(GCancellable *cancellable, gpointer multi)
{
    curl_multi_wakeup(multi);
}

/* The multi handle is only for its poll, which another thread can wake; it drives this one transfer. */
static CURLcode perform(Connection *connection, GCancellable *cancellable)
{
    CURLcode result = CURLE_ABORTED_BY_CALLBACK;
    gulong link = 0;
    int running = 1;
    curl_multi_add_handle(connection->multi, connection->easy);
    if (cancellable != NULL)
        link =
            g_cancellable_connect(cancellable, G_CALLBACK(on_cancelled), connection->multi, NULL);
    while (!g_cancellable_is_cancelled(cancellable)) {
        if (curl_multi_perform(connection->multi, &running) != CURLM_OK || running == 0)
            break;
        curl_multi_poll(connection->multi, NULL, 0, 1000, NULL);
    }
    g_cancellable_disconnect(cancellable, link);
    int left;
    const CURLMsg *message = curl_multi_info_read(connection->multi, &left);
    if (message != NULL && message->msg == CURLMSG_DONE)
        result = message->data.result;
    curl_multi_remove_handle(connection->multi, connection->easy);
    return result;
}

static RsErrorCode code_of(CURLcode result)
{
    switch (result) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
        return RS_ERROR_CONNECT;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return RS_ERROR_CONFIG;
    default:
        return RS_ERROR_TRANSIENT;
    }
}

/* "https://host:port" of a URL: what a message may show of it, since a query can hold a signature. */
static char *origin_of(const char *url)
{
    const char *host = strstr(url, "://");
    return host != NULL ? g_strndup(url, (gsize)(host - url) + 3 + strcspn(host + 3, "/?"))
                        : g_strdup(url);
}

/* A proxy that does not let us through to an https host. Always FALSE. */
static gboolean refused_by_proxy(const char *origin, long status, GError **error)
{
    gboolean password = status == 407;
    RsErrorCode code = password        ? RS_ERROR_AUTH
                       : status >= 500 ? RS_ERROR_CONNECT
                                       : RS_ERROR_PERMISSION;
    g_set_error(error, RS_ERROR, (int)code, "%s: the proxy %s (HTTP %ld); %s", origin,
                password ? "wants a password" : "does not let us through", status,
                password ? "write it into HTTPS_PROXY as http://user:password@host"
                         : "name the hosts that need none in NO_PROXY");
    return FALSE;
}

static gboolean fail(Exchange *exchange, CURLcode result, const char *details, long proxy_status,
                     GCancellable *cancellable, GError **error)
{
    exchange->response->timed_out = result == CURLE_OPERATION_TIMEDOUT;
    if (exchange->error != NULL) {
        g_propagate_error(error, exchange->error);
        return FALSE;
    }
    if (rs_error_set_if_cancelled(cancellable, error))
        return FALSE;
    g_autofree char *origin = origin_of(exchange->request->url);
    if (proxy_status >= 300)
        return refused_by_proxy(origin, proxy_status, error);
    gboolean certificate =
        result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CACERT_BADFILE;
    g_set_error(error, RS_ERROR, (int)code_of(result), "%s: %s%s", origin,
                *details != '\0' ? details : curl_easy_strerror(result),
                certificate ? "; name the certificates to trust with AWS_CA_BUNDLE" : "");
    return FALSE;
}

gint64 http_time(const char *text)
{
    time_t parsed = g_ascii_isalpha(*text) ? curl_getdate(text, NULL) : -1;
    return parsed > 0 ? parsed : 0;
}

gboolean http_send(HttpClient *client, const HttpRequest *request, HttpResponse *response,
                   GCancellable *cancellable, GError **error)
{
    char details[CURL_ERROR_SIZE] = "";
    Exchange exchange = {.request = request, .response = response};
    memset(response, 0, sizeof *response);
    response->headers = sigv4_headers_new();
    response->body = g_byte_array_new();
    if (rs_error_set_if_cancelled(cancellable, error))
        return FALSE;
    Connection *connection = take_connection(client);
    struct curl_slist *lines = header_lines(request);
    set_up(connection->easy, &exchange, lines);
    curl_easy_setopt(connection->easy, CURLOPT_ERRORBUFFER, details);
    CURLcode result = perform(connection, cancellable);
    long proxy_status = 0;
    curl_easy_getinfo(connection->easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
    curl_easy_setopt(connection->easy, CURLOPT_ERRORBUFFER, NULL);
    curl_easy_setopt(connection->easy, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(lines);
    put_back(client, connection);
    const char *date = http_response_header(response, "Date");
    response->date = date != NULL ? http_time(date) : 0;
    if (result == CURLE_OK && exchange.error == NULL)
        return TRUE;
    return fail(&exchange, result, details, proxy_status, cancellable, error);
}

const char *http_response_header(const HttpResponse *response, const char *name)
{
    return response->headers != NULL ? sigv4_headers_get(response->headers, name) : NULL;
}

const char *http_response_text(HttpResponse *response)
{
    if (response->body == NULL)
        return "";
    g_byte_array_append(response->body, (const guint8 *)"", 1);
    g_byte_array_set_size(response->body, response->body->len - 1);
    return (const char *)response->body->data;
}

void http_response_clear(HttpResponse *response)
{
    g_clear_pointer(&response->headers, g_ptr_array_unref);
    g_clear_pointer(&response->body, g_byte_array_unref);
}
