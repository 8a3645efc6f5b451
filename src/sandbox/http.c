#include "sandbox/http.h"

#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "sandbox/http_auth.h"
#include "sandbox/http_exchange.h"
#include "sandbox/metadata_server.h"
#include "sandbox/s3_server.h"
#include "sandbox/serverless_server.h"
#include "sandbox/secrets_server.h"
#include "sandbox/redshift_server.h"
#include "sandbox/data_api_server.h"
#include "sandbox/service.h"
#include "sandbox/sts_server.h"

#define WHOLE_BODY_LIMIT (1u << 20)
/* A refused body up to this length is read to its end, so that the client gets to see the refusal. */
/* A refused part of an upload is read first: most clients miss an answer that comes while they send. */
#define DISCARD_LIMIT (64u << 20)
#define CONNECTION_MEMORY (512u << 10)
#define IDLE_SECONDS 120
#define DAEMONS 2 /* plain and over TLS */

/* Every service that a client may turn to. Those without `begin` are known and not offered yet. */
static const HttpService services[] = {
    {.name = "s3",
     .errors = HTTP_ERRORS_S3,
     .begin = s3_server_begin,
     .body = s3_server_body,
     .finish = s3_server_finish,
     .clear = s3_server_clear},
    {.name = "redshift-data",
     .target = "RedshiftData.",
     .errors = HTTP_ERRORS_JSON,
     .whole_body = TRUE,
     .begin = service_begin,
     .finish = data_api_server_finish,
     .clear = service_clear},
    {.name = "redshift-serverless",
     .target = "RedshiftServerless.",
     .errors = HTTP_ERRORS_JSON,
     .whole_body = TRUE,
     .begin = service_begin,
     .finish = serverless_server_finish,
     .clear = service_clear},
    {.name = "secretsmanager",
     .target = "secretsmanager.",
     .errors = HTTP_ERRORS_JSON,
     .whole_body = TRUE,
     .begin = service_begin,
     .finish = secrets_server_finish,
     .clear = service_clear},
    {.name = "redshift",
     .version = "2012-12-01",
     .errors = HTTP_ERRORS_QUERY,
     .whole_body = TRUE,
     .begin = service_begin,
     .finish = redshift_server_finish,
     .clear = service_clear},
    {.name = "sts",
     .version = "2011-06-15",
     .errors = HTTP_ERRORS_QUERY,
     .whole_body = TRUE,
     .begin = sts_server_begin,
     .finish = sts_server_finish,
     .clear = service_clear},
};
/* A JSON or query service that no row knows. */
static const HttpService other_json = {.name = "json", .errors = HTTP_ERRORS_JSON};
static const HttpService other_query = {.name = "query", .errors = HTTP_ERRORS_QUERY};

/* --- which service ----------------------------------------------------------------------------- */

static const HttpService *service_named(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(services); i++)
        if (strcmp(services[i].name, name) == 0)
            return &services[i];
    return NULL;
}

static const HttpService *service_of_scope(const char *authorization)
{
    const char *credential = strstr(authorization, "Credential=");
    if (credential == NULL)
        return NULL;
    g_autofree char *scope = g_strndup(credential, strcspn(credential, ", "));
    g_auto(GStrv) parts = g_strsplit(scope, "/", -1);
    if (g_strv_length(parts) != 5)
        return NULL;
    return service_named(parts[3]);
}

static const HttpService *choose_service(const HttpExchange *exchange)
{
    const char *target = http_header(exchange, "X-Amz-Target");
    const char *authorization = http_header(exchange, "Authorization");
    const char *type = http_header(exchange, "Content-Type");
    const HttpService *service = authorization != NULL ? service_of_scope(authorization) : NULL;
    for (gsize i = 0; service == NULL && target != NULL && i < G_N_ELEMENTS(services); i++)
        if (services[i].target != NULL && g_str_has_prefix(target, services[i].target))
            service = &services[i];
    if (service != NULL)
        return service;
    if (target != NULL)
        return &other_json;
    gboolean form = type != NULL && g_str_has_prefix(type, "application/x-www-form-urlencoded") &&
                    strcmp(exchange->method, "POST") == 0 && strcmp(exchange->path, "/") == 0;
    if (form && authorization == NULL)
        return service_named("sts"); /* alone among them it has operations that nobody signs */
    if (form || http_has_parameter(exchange, "Action"))
        return &other_query;
    return &services[0];
}

static void refuse_service(HttpExchange *exchange)
{
    const HttpService *service = exchange->service;
    const char *target = http_header(exchange, "X-Amz-Target");
    gboolean named = service != &other_json && service != &other_query;
    g_autofree char *message =
        named ? g_strdup_printf("The sandbox does not offer the service %s yet.", service->name)
              : g_strdup_printf("The sandbox does not offer this service yet (%s).",
                                target != NULL ? target : "query protocol");
    gboolean json = service->errors == HTTP_ERRORS_JSON;
    http_answer_error(exchange, 400, json ? "UnknownOperationException" : "InvalidAction", message,
                      NULL);
}

/* --- one exchange ------------------------------------------------------------------------------ */

static void *on_uri(void *user, const char *uri, struct MHD_Connection *connection)
{
    HttpExchange *exchange = g_new0(HttpExchange, 1);
    exchange->server = user;
    exchange->connection = connection;
    exchange->uri = g_strdup(uri);
    return exchange;
}

static enum MHD_Result on_header(void *user, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    HttpExchange *exchange = user;
    sigv4_headers_add(exchange->headers, name, value != NULL ? value : "");
    return MHD_YES;
}

static void read_head(HttpExchange *exchange, const char *method)
{
    const char *mark = strchr(exchange->uri, '?');
    gsize length = mark != NULL ? (gsize)(mark - exchange->uri) : strlen(exchange->uri);
    exchange->path = g_strndup(exchange->uri, length);
    exchange->query = mark != NULL ? mark + 1 : NULL;
    exchange->method = g_strdup(method);
    exchange->headers = sigv4_headers_new();
    snprintf(exchange->request_id, sizeof exchange->request_id, "%08X%08X", g_random_int(),
             g_random_int());
    MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, on_header, exchange);
    exchange->service = choose_service(exchange);
    exchange->begun = TRUE;
}

/* TRUE while a refused request's body is still worth reading. */
static gboolean discards_body(const HttpExchange *exchange)
{
    const char *length = http_header(exchange, "Content-Length");
    return exchange->received < DISCARD_LIMIT && http_header(exchange, "Expect") == NULL &&
           length != NULL && g_ascii_strtoull(length, NULL, 10) > 0 &&
           g_ascii_strtoull(length, NULL, 10) <= DISCARD_LIMIT;
}

static enum MHD_Result send_answer(HttpExchange *exchange)
{
    if (exchange->fault.reset == FAULT_RESET_AFTER)
        http_drop(exchange);
    if (exchange->dropped)
        return MHD_NO;
    log_write(LOG_LEVEL_DEBUG, "%s %s: %u", exchange->method, exchange->path, exchange->status);
    return MHD_queue_response(exchange->connection, exchange->status, exchange->answer);
}

static void begin(HttpExchange *exchange)
{
    if (exchange->service->begin == NULL)
        refuse_service(exchange);
    else if (exchange->service->whole_body)
        exchange->body = g_byte_array_new();
    else
        exchange->service->begin(exchange);
}

static void take_body(HttpExchange *exchange, const char *bytes, gsize length)
{
    exchange->received += length;
    if (exchange->status != 0 || exchange->dropped)
        return;
    if (!exchange->service->whole_body)
        exchange->service->body(exchange, bytes, length);
    else if (exchange->body->len + length > WHOLE_BODY_LIMIT)
        http_answer_error(exchange, 413, "RequestEntityTooLarge", "The request is too long.", NULL);
    else
        g_byte_array_append(exchange->body, (const guint8 *)bytes, (guint)length);
}

static void finish(HttpExchange *exchange)
{
    if (exchange->status == 0 && !exchange->dropped && exchange->service->whole_body)
        exchange->service->begin(exchange);
    if (exchange->status == 0 && !exchange->dropped)
        exchange->service->finish(exchange);
    if (exchange->status == 0 && !exchange->dropped)
        http_answer_error(exchange, 500, "InternalError", "The sandbox has no answer.", NULL);
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *bytes,
                                  size_t *length, void **state)
{
    HttpExchange *exchange = *state;
    if (!exchange->begun) {
        read_head(exchange, method);
        begin(exchange);
        if (exchange->dropped)
            return MHD_NO;
        return exchange->status == 0 || discards_body(exchange) ? MHD_YES : send_answer(exchange);
    }
    if (*length > 0) {
        take_body(exchange, bytes, *length);
        *length = 0;
        return exchange->dropped ? MHD_NO : MHD_YES;
    }
    if (exchange->status == 0 && !exchange->dropped)
        finish(exchange);
    return send_answer(exchange);
}

static void on_completed(void *user, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code)
{
    if (*state != NULL)
        http_exchange_free(*state);
    *state = NULL;
}

G_GNUC_PRINTF(2, 0)
static void on_log(void *user, const char *format, va_list arguments)
{
    g_autofree char *line = g_strdup_vprintf(format, arguments);
    log_write(LOG_LEVEL_DEBUG, "microhttpd: %s", g_strchomp(line));
}

/* --- the daemon -------------------------------------------------------------------------------- */

static void stop_daemons(struct MHD_Daemon **daemons)
{
    for (int i = 0; i < DAEMONS; i++)
        if (daemons[i] != NULL)
            MHD_stop_daemon(daemons[i]);
}

/* options: more of them, up to MHD_OPTION_END. */
static struct MHD_Daemon *start_daemon(HttpServer *server, int listen_fd, unsigned int flags,
                                       const struct MHD_OptionItem *options)
{
    return MHD_start_daemon(flags | MHD_USE_THREAD_PER_CONNECTION |
                                MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ERROR_LOG,
                            0, NULL, NULL, on_request, server, MHD_OPTION_EXTERNAL_LOGGER, on_log,
                            NULL, MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_URI_LOG_CALLBACK,
                            on_uri, server, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
                            MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, MHD_OPTION_ARRAY, options,
                            MHD_OPTION_END);
}

static struct MHD_Daemon *start_plain(HttpServer *server, int listen_fd)
{
    static const struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    return start_daemon(server, listen_fd, 0, none);
}

/* With the certificate of the wire front, which names the loopback. */
static struct MHD_Daemon *start_tls(HttpServer *server)
{
    const SandboxState *state = server->state;
    g_autofree char *certificate_path = state_path(state, "server.crt");
    g_autofree char *key_path = state_path(state, "server.key");
    g_autofree char *certificate = NULL, *key = NULL;
    if (!g_file_get_contents(certificate_path, &certificate, NULL, NULL) ||
        !g_file_get_contents(key_path, &key, NULL, NULL))
        return NULL;
    const struct MHD_OptionItem options[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, certificate},
                                             {MHD_OPTION_HTTPS_MEM_KEY, 0, key},
                                             {MHD_OPTION_END, 0, NULL}};
    struct MHD_Daemon *daemon = start_daemon(server, state->aws_tls_fd, MHD_USE_TLS, options);
    explicit_bzero(key, strlen(key));
    return daemon;
}

/* Both, or neither. */
static gboolean start_daemons(HttpServer *plain, int listen_fd, HttpServer *tls,
                              struct MHD_Daemon **daemons)
{
    daemons[0] = start_plain(plain, listen_fd);
    daemons[1] = tls->state->aws_tls_fd >= 0 ? start_tls(tls) : NULL;
    if (daemons[0] != NULL && (daemons[1] != NULL || tls->state->aws_tls_fd < 0))
        return TRUE;
    stop_daemons(daemons);
    return FALSE;
}

static void wait_for_end(void)
{
    sigset_t signals;
    int signal_number;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigwait(&signals, &signal_number);
}

int http_main(const SandboxState *state, int listen_fd, int ready_fd)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Store) store = store_open(state->dir, &error);
    if (store == NULL) {
        log_write(LOG_LEVEL_ERROR, "aws: %s", error->message);
        return 1;
    }
    g_autoptr(Faults) faults = faults_open(state->dir);
    DataEngine *data_api = data_engine_new(state);
    HttpServer plain = {state, store, faults, data_api, FALSE};
    HttpServer tls = {state, store, faults, data_api, TRUE};
    struct MHD_Daemon *daemons[DAEMONS];
    if (!start_daemons(&plain, listen_fd, &tls, daemons)) {
        log_write(LOG_LEVEL_ERROR, "aws: the HTTP server cannot be started");
        return 1;
    }
    MetadataServer *metadata = metadata_server_start(state, faults);
    if (metadata == NULL) {
        log_write(LOG_LEVEL_ERROR, "aws: the metadata servers cannot be started");
        stop_daemons(daemons);
        return 1;
    }
    if (write(ready_fd, "r", 1) != 1)
        log_write(LOG_LEVEL_WARNING, "aws: nobody waits for this part to be ready");
    close(ready_fd);
    wait_for_end();
    metadata_server_stop(metadata);
    data_engine_stop(
        data_api); /* before its requests are waited for: some of them wait for statements */
    stop_daemons(daemons);
    data_engine_free(data_api);
    return 0;
}
