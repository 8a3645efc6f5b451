#include "sandbox/service.h"

#include <stdio.h>
#include <string.h>

#include "sandbox/http_auth.h"
#include "sandbox/json_text.h"

#define JSON_TYPE "application/x-amz-json-1.1"
#define XMLNS "http://%s.amazonaws.com/doc/%s/"
#define CALLER_USER "IAM:sandbox"

typedef struct {
    char *caller;
} Work;

/* --- from the request to the operation --------------------------------------------------------- */

/* The operation's name as the request has it, for fault rules too. Free with g_free. */
static char *operation_of(const HttpExchange *exchange, const GPtrArray *form)
{
    const char *target = http_header(exchange, "X-Amz-Target");
    const char *prefix = exchange->service->target;
    if (prefix != NULL)
        return g_strdup(target != NULL && g_str_has_prefix(target, prefix) ? target + strlen(prefix)
                                                                           : "");
    for (guint i = 0; form != NULL && i + 1 < form->len; i += 2)
        if (strcmp(form->pdata[i], "Action") == 0)
            return g_strdup(form->pdata[i + 1]);
    return g_strdup("");
}

static void read_pairs(GPtrArray *form, const char *text, gsize length)
{
    g_autofree char *copy = g_strndup(text, length);
    g_auto(GStrv) pairs = g_strsplit(copy, "&", -1);
    for (char **pair = pairs; *pair != NULL; pair++) {
        gsize name_length = strcspn(*pair, "="), ignored;
        if (name_length == 0)
            continue;
        const char *value = (*pair)[name_length] == '=' ? *pair + name_length + 1 : "";
        g_ptr_array_add(form, sigv4_uri_decode(*pair, (gssize)name_length, TRUE, &ignored));
        g_ptr_array_add(form, sigv4_uri_decode(value, -1, TRUE, &ignored));
    }
}

static GPtrArray *read_form(const HttpExchange *exchange)
{
    GPtrArray *form = g_ptr_array_new_with_free_func(g_free);
    if (exchange->query != NULL)
        read_pairs(form, exchange->query, strlen(exchange->query));
    if (exchange->body->len > 0) /* an empty array has no data at all */
        read_pairs(form, (const char *)exchange->body->data, exchange->body->len);
    return form;
}

/* "arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION" is IAMR:ROLE. */
static char *caller_of(const HttpExchange *exchange)
{
    if (exchange->caller == NULL)
        return g_strdup(CALLER_USER);
    g_auto(GStrv) parts = g_strsplit(exchange->caller->arn, "/", 3);
    return g_strconcat("IAMR:", g_strv_length(parts) > 1 ? parts[1] : "role", NULL);
}

void service_begin(HttpExchange *exchange)
{
    g_autofree char *hash = sigv4_sha256(exchange->body->data, exchange->body->len);
    g_autoptr(GPtrArray) form = exchange->service->target == NULL ? read_form(exchange) : NULL;
    g_autofree char *operation = operation_of(exchange, form);
    g_auto(SigV4Claim) claim = {0};
    /* The rule comes first: it may be about the clock that signatures are measured by. */
    if (http_meet_fault(exchange, exchange->service->name, operation) ||
        !http_authenticate(exchange, hash, &claim))
        return;
    Work *work = g_new0(Work, 1);
    work->caller = caller_of(exchange);
    exchange->work = work;
}

void service_clear(HttpExchange *exchange)
{
    Work *work = exchange->work;
    if (work == NULL)
        return;
    g_free(work->caller);
    g_free(work);
    exchange->work = NULL;
}

static gboolean read_input(ServiceCall *call)
{
    HttpExchange *exchange = call->exchange;
    if (exchange->service->target == NULL) {
        call->form = read_form(exchange);
        return TRUE;
    }
    const char *text = (const char *)exchange->body->data;
    call->input = exchange->body->len == 0 ? cJSON_CreateObject()
                                           : cJSON_ParseWithLength(text, exchange->body->len);
    if (cJSON_IsObject(call->input))
        return TRUE;
    service_refuse(call, 400, "SerializationException", "The request is not a JSON object.");
    return FALSE;
}

static void run_named(ServiceCall *call, const ServiceOperation *operations, gsize count)
{
    gboolean json = call->exchange->service->target != NULL;
    for (gsize i = 0; i < count; i++) {
        if (strcmp(operations[i].name, call->operation) != 0)
            continue;
        operations[i].run(call);
        return;
    }
    service_refuse(call, 400, json ? "UnknownOperationException" : "InvalidAction",
                   "The sandbox does not offer %s of %s.", call->operation,
                   call->exchange->service->name);
}

void service_run(HttpExchange *exchange, const ServiceOperation *operations, gsize count)
{
    ServiceCall call = {.exchange = exchange, .state = exchange->server->state};
    gboolean readable = read_input(&call);
    call.operation = operation_of(exchange, call.form);
    if (readable)
        run_named(&call, operations, count);
    cJSON_Delete(call.input);
    g_clear_pointer(&call.form, g_ptr_array_unref);
    g_free(call.operation);
}

char *service_caller(const ServiceCall *call)
{
    const Work *work = call->exchange->work;
    return g_strdup(work->caller);
}

/* --- reading ------------------------------------------------------------------------------------ */

const char *service_text(const ServiceCall *call, const char *name)
{
    if (call->input != NULL)
        return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(call->input, name));
    for (guint i = 0; i + 1 < call->form->len; i += 2)
        if (strcmp(call->form->pdata[i], name) == 0)
            return call->form->pdata[i + 1];
    return NULL;
}

static const char *invalid_code(const ServiceCall *call)
{
    return call->input != NULL ? "ValidationException" : "InvalidParameterValue";
}

gboolean service_require(ServiceCall *call, const char *name)
{
    const char *text = service_text(call, name);
    if (text != NULL && *text != '\0')
        return TRUE;
    service_refuse(call, 400, call->input != NULL ? "ValidationException" : "MissingParameter",
                   "%s is required.", name);
    return FALSE;
}

/* FALSE when there is something that is no whole number. */
static gboolean number_of(const ServiceCall *call, const char *name, gint64 *number)
{
    if (call->input == NULL) {
        const char *text = service_text(call, name);
        return text == NULL ||
               g_ascii_string_to_signed(text, 10, G_MININT32, G_MAXINT32, number, NULL);
    }
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(call->input, name);
    if (item == NULL || cJSON_IsNull(item))
        return TRUE;
    if (!cJSON_IsNumber(item) || item->valuedouble != (double)item->valueint)
        return FALSE;
    *number = item->valueint;
    return TRUE;
}

gboolean service_number(ServiceCall *call, const char *name, gint64 least, gint64 most,
                        gint64 *number)
{
    gint64 given = *number;
    if (number_of(call, name, &given) && (given == *number || (given >= least && given <= most))) {
        *number = given;
        return TRUE;
    }
    service_refuse(call, 400, invalid_code(call),
                   "%s must be a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT ".",
                   name, least, most);
    return FALSE;
}

gboolean service_flag(const ServiceCall *call, const char *name, gboolean missing)
{
    if (call->input == NULL) {
        const char *text = service_text(call, name);
        return text == NULL ? missing : g_ascii_strcasecmp(text, "true") == 0;
    }
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(call->input, name);
    return cJSON_IsBool(item) ? cJSON_IsTrue(item) : missing;
}

static GPtrArray *form_list(const ServiceCall *call, const char *name, const char *member)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new();
    for (guint i = 1;; i++) {
        g_autofree char *full = g_strdup_printf("%s.%s.%u", name, member, i);
        const char *text = service_text(call, full);
        if (text == NULL)
            break;
        g_ptr_array_add(list, (gpointer)text);
    }
    return list->len > 0 ? g_steal_pointer(&list) : NULL;
}

GPtrArray *service_list(const ServiceCall *call, const char *name, const char *member)
{
    if (call->input == NULL)
        return form_list(call, name, member);
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(call->input, name), *item;
    if (!cJSON_IsArray(array))
        return NULL;
    GPtrArray *list = g_ptr_array_new();
    cJSON_ArrayForEach(item, array) if (cJSON_IsString(item))
        g_ptr_array_add(list, item->valuestring);
    return list;
}

/* --- writing ------------------------------------------------------------------------------------ */

GString *service_object(void)
{
    return g_string_new("{");
}

void service_add_name(GString *out, const char *name)
{
    char last = out->len > 0 ? out->str[out->len - 1] : '{';
    if (last != '{' && last != '[' && last != ':')
        g_string_append_c(out, ',');
    if (name != NULL)
        g_string_append_printf(out, "\"%s\":", name);
}

void service_add_text(GString *out, const char *name, const char *text)
{
    if (text == NULL)
        return;
    service_add_name(out, name);
    json_append_string(out, text, strlen(text));
}

void service_add_number(GString *out, const char *name, gint64 number)
{
    service_add_name(out, name);
    g_string_append_printf(out, "%" G_GINT64_FORMAT, number);
}

void service_add_flag(GString *out, const char *name, gboolean flag)
{
    service_add_name(out, name);
    g_string_append(out, flag ? "true" : "false");
}

void service_add_time(GString *out, const char *name, gint64 time_us)
{
    service_add_name(out, name);
    g_string_append_printf(out, "%" G_GINT64_FORMAT ".%03d", time_us / G_USEC_PER_SEC,
                           (int)(time_us % G_USEC_PER_SEC / 1000));
}

void service_open(GString *out, const char *name, char open)
{
    service_add_name(out, name);
    g_string_append_c(out, open);
}

void service_close(GString *out, char close)
{
    g_string_append_c(out, close);
}

void service_xml_text(GString *out, const char *name, const char *text)
{
    g_autofree char *escaped = http_xml_escape(text);
    g_string_append_printf(out, "<%s>%s</%s>", name, escaped, name);
}

static void answer(ServiceCall *call, const char *type, const char *text, gsize length)
{
    struct MHD_Response *response = http_text_response(call->exchange, text, length);
    http_add_header(response, "Content-Type", type);
    http_answer(call->exchange, 200, response);
}

void service_answer_json(ServiceCall *call, GString *out)
{
    g_string_append_c(out, '}');
    answer(call, JSON_TYPE, out->str, out->len);
}

void service_answer_query(ServiceCall *call, const char *result)
{
    const HttpService *service = call->exchange->service;
    g_autoptr(GString) out = g_string_new(NULL);
    g_string_append_printf(out, "<%sResponse xmlns=\"" XMLNS "\"><%sResult>%s</%sResult>",
                           call->operation, service->name, service->version, call->operation,
                           result, call->operation);
    g_string_append_printf(
        out, "<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%sResponse>",
        call->exchange->request_id, call->operation);
    answer(call, "text/xml", out->str, out->len);
}

void service_refuse(ServiceCall *call, guint status, const char *code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    service_refuse_with(call, status, code, NULL, NULL, message);
}

void service_refuse_with(ServiceCall *call, guint status, const char *code, const char *member,
                         const char *value, const char *message)
{
    if (call->exchange->service->target == NULL) {
        http_answer_error(call->exchange, status, code, message, NULL);
        return;
    }
    g_autoptr(GString) out = service_object();
    service_add_text(out, "__type", code);
    /* Secrets Manager and the Data API write "Message", Redshift Serverless "message". */
    gboolean lower = strcmp(call->exchange->service->name, "redshift-serverless") == 0;
    service_add_text(out, lower ? "message" : "Message", message);
    if (member != NULL)
        service_add_text(out, member, value);
    g_string_append_c(out, '}');
    http_answer_text(call->exchange, status, JSON_TYPE, out->str);
}

/* --- pages and times ---------------------------------------------------------------------------- */

char *service_mark(gint64 position)
{
    char text[40];
    int length = snprintf(text, sizeof text, "page:%" G_GINT64_FORMAT, position);
    return g_base64_encode((const guchar *)text, (gsize)length);
}

gint64 service_read_mark(const char *mark)
{
    if (mark == NULL || *mark == '\0')
        return 0;
    gsize length = 0;
    g_autofree guchar *bytes = g_base64_decode(mark, &length);
    g_autofree char *text = g_strndup((const char *)bytes, length);
    gint64 position;
    if (!g_str_has_prefix(text, "page:") ||
        !g_ascii_string_to_signed(text + 5, 10, 0, G_MAXINT32, &position, NULL))
        return -1;
    return position;
}

char *service_iso_time(gint64 seconds)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(seconds);
    return g_date_time_format(time, "%Y-%m-%dT%H:%M:%S.000Z");
}
