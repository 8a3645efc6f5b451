#include "sandbox/http_exchange.h"

#include <string.h>
#include <sys/socket.h>

#define PACES 10 /* a second, in which a slow body goes out */

const char *http_header(const HttpExchange *exchange, const char *name)
{
    return sigv4_headers_get(exchange->headers, name);
}

char *http_parameter(const HttpExchange *exchange, const char *name)
{
    return sigv4_query_value(exchange->query, name);
}

gboolean http_has_parameter(const HttpExchange *exchange, const char *name)
{
    g_autofree char *value = http_parameter(exchange, name);
    return value != NULL;
}

void http_add_header(struct MHD_Response *response, const char *name, const char *value)
{
    MHD_add_response_header(response, name, value);
}

gint64 http_now(const HttpExchange *exchange)
{
    return g_get_real_time() / G_USEC_PER_SEC + exchange->fault.clock_s;
}

/* The server library adds one only where there is none. */
static void add_date(const HttpExchange *exchange, struct MHD_Response *response)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    g_autoptr(GDateTime) now = g_date_time_new_from_unix_utc(http_now(exchange));
    g_autofree char *time = g_date_time_format(now, "%H:%M:%S");
    g_autofree char *text =
        g_strdup_printf("%s, %02d %s %04d %s GMT", days[g_date_time_get_day_of_week(now) - 1],
                        g_date_time_get_day_of_month(now), months[g_date_time_get_month(now) - 1],
                        g_date_time_get_year(now), time);
    http_add_header(response, "Date", text);
}

/* --- bodies ------------------------------------------------------------------------------------ */

typedef struct {
    FaultHit fault;
    gsize breaks_at; /* the end of the text, unless it breaks off */
    char text[];
} Text;

gsize http_pace(const FaultHit *fault, gsize wanted)
{
    if (fault->trickle == 0)
        return wanted;
    gsize bytes = (gsize)MAX(1, fault->trickle / PACES);
    g_usleep((gulong)(bytes * G_USEC_PER_SEC / (gsize)fault->trickle));
    return MIN(wanted, bytes);
}

static ssize_t read_text(void *user, uint64_t position, char *buffer, size_t size)
{
    const Text *text = user;
    if (position >= text->breaks_at)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    gsize length = http_pace(&text->fault, MIN(size, text->breaks_at - (gsize)position));
    memcpy(buffer, text->text + position, length);
    return (ssize_t)length;
}

struct MHD_Response *http_text_response(const HttpExchange *exchange, const char *text,
                                        gsize length)
{
    const FaultHit *fault = &exchange->fault;
    gboolean breaks = fault->reset == FAULT_RESET_DURING;
    if (!breaks && fault->trickle == 0)
        return MHD_create_response_from_buffer(length, (void *)text, MHD_RESPMEM_MUST_COPY);
    Text *copy = g_malloc(sizeof *copy + length);
    *copy = (Text){.fault = *fault, .breaks_at = breaks ? length / 2 : length};
    memcpy(copy->text, text, length);
    return MHD_create_response_from_callback(length, 4096, read_text, copy, g_free);
}

void http_answer(HttpExchange *exchange, guint status, struct MHD_Response *response)
{
    if (exchange->status != 0) {
        MHD_destroy_response(response);
        return;
    }
    http_add_header(response, "x-amz-request-id", exchange->request_id);
    if (exchange->service != NULL && exchange->service->errors != HTTP_ERRORS_S3)
        http_add_header(response, "x-amzn-RequestId", exchange->request_id);
    http_add_header(response, "Server", "redsmith-sandbox");
    if (exchange->fault.clock_s != 0)
        add_date(exchange, response);
    exchange->answer = response;
    exchange->status = status;
}

void http_answer_text(HttpExchange *exchange, guint status, const char *content_type,
                      const char *text)
{
    struct MHD_Response *response = http_text_response(exchange, text, strlen(text));
    http_add_header(response, "Content-Type", content_type);
    http_answer(exchange, status, response);
}

void http_answer_empty(HttpExchange *exchange, guint status)
{
    http_answer(exchange, status,
                MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT));
}

char *http_xml_escape(const char *text)
{
    GString *out = g_string_new(NULL);
    for (; *text != '\0'; text++) {
        if (strchr("&<>\"'\r\n\t", *text) != NULL)
            g_string_append_printf(out, "&#%d;", *text);
        else
            g_string_append_c(out, (guchar)*text < 0x20 ? '?' : *text);
    }
    return g_string_free(out, FALSE);
}

static char *json_text(const char *text)
{
    GString *out = g_string_new(NULL);
    for (; *text != '\0'; text++) {
        if ((guchar)*text < 0x20 || *text == '"' || *text == '\\')
            g_string_append_printf(out, "\\u%04x", *text);
        else
            g_string_append_c(out, *text);
    }
    return g_string_free(out, FALSE);
}

static char *s3_error(const HttpExchange *exchange, const char *code, const char *message,
                      const char *extra)
{
    g_autofree char *text = http_xml_escape(message);
    g_autofree char *resource = http_xml_escape(exchange->path);
    return g_strdup_printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code>"
                           "<Message>%s</Message>%s<Resource>%s</Resource>"
                           "<RequestId>%s</RequestId></Error>",
                           code, text, extra != NULL ? extra : "", resource, exchange->request_id);
}

static char *query_error(const HttpExchange *exchange, guint status, const char *code,
                         const char *message)
{
    g_autofree char *text = http_xml_escape(message);
    return g_strdup_printf("<ErrorResponse><Error><Type>%s</Type><Code>%s</Code><Message>%s"
                           "</Message></Error><RequestId>%s</RequestId></ErrorResponse>",
                           status < 500 ? "Sender" : "Receiver", code, text, exchange->request_id);
}

void http_answer_error(HttpExchange *exchange, guint status, const char *code, const char *message,
                       const char *extra)
{
    g_autofree char *text = NULL;
    const char *type = "application/xml";
    switch (exchange->service != NULL ? exchange->service->errors : HTTP_ERRORS_S3) {
    case HTTP_ERRORS_JSON: {
        g_autofree char *quoted = json_text(message);
        text = g_strdup_printf("{\"__type\":\"%s\",\"message\":\"%s\"}", code, quoted);
        type = "application/x-amz-json-1.1";
        break;
    }
    case HTTP_ERRORS_QUERY:
        text = query_error(exchange, status, code, message);
        type = "text/xml";
        break;
    case HTTP_ERRORS_S3:
        text = s3_error(exchange, code, message, extra);
        break;
    }
    http_answer_text(exchange, status, type, text);
}

void http_drop(HttpExchange *exchange)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct linger at_once = {.l_onoff = 1, .l_linger = 0}; /* close sends a reset, not an end */
    if (info != NULL)
        setsockopt(info->connect_fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    exchange->dropped = TRUE;
}

/* The code that goes with a status, where the rule names none. */
static const char *code_of_status(int status)
{
    switch (status) {
    case 503:
        return "SlowDown";
    case 403:
        return "AccessDenied";
    case 404:
        return "NoSuchKey";
    case 400:
        return "RequestTimeout";
    default:
        return "InternalError";
    }
}

gboolean http_meet_fault(HttpExchange *exchange, const char *area, const char *operation)
{
    FaultHit *hit = &exchange->fault;
    if (!faults_match(exchange->server->faults, area, operation, hit))
        return FALSE;
    if (hit->delay_ms > 0)
        g_usleep((gulong)hit->delay_ms * 1000);
    if (hit->reset == FAULT_RESET_BEFORE) {
        http_drop(exchange);
        return TRUE;
    }
    if (hit->status == 0 && hit->code[0] == '\0')
        return FALSE;
    int status = hit->status != 0 ? hit->status : 503;
    http_answer_error(exchange, (guint)status,
                      hit->code[0] != '\0' ? hit->code : code_of_status(status),
                      "The sandbox was told to fail this request.", NULL);
    return TRUE;
}

void http_exchange_free(HttpExchange *exchange)
{
    if (exchange->service != NULL && exchange->service->clear != NULL)
        exchange->service->clear(exchange);
    if (exchange->answer != NULL)
        MHD_destroy_response(exchange->answer);
    if (exchange->headers != NULL)
        g_ptr_array_unref(exchange->headers);
    g_clear_pointer(&exchange->body, g_byte_array_unref);
    issued_key_free(exchange->caller);
    g_free(exchange->uri);
    g_free(exchange->path);
    g_free(exchange->method);
    g_free(exchange);
}
