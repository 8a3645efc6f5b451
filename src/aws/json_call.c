#include "aws/json_call.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"

#define CONTENT_TYPE "application/x-amz-json-1.1"
#define WORDS_LIMIT 2000 /* bytes of a body that is no JSON: a proxy's page, say */

struct JsonCall {
    const JsonService *service;
    char *operation;
    GString *body; /* without its closing brace */
};

struct JsonReply {
    char *text;
    gsize length;
    RawJson root;
};

/* --- the request -------------------------------------------------------------------------------- */

JsonCall *json_call_new(const JsonService *service, const char *operation)
{
    JsonCall *call = g_new0(JsonCall, 1);
    call->service = service;
    call->operation = g_strdup(operation);
    call->body = g_string_new("{");
    return call;
}

void json_call_free(JsonCall *call)
{
    if (call == NULL)
        return;
    explicit_bzero(call->body->str, call->body->allocated_len);
    g_string_free(call->body, TRUE);
    g_free(call->operation);
    g_free(call);
}

static void add_name(JsonCall *call, const char *name)
{
    if (call->body->len > 1)
        g_string_append_c(call->body, ',');
    g_string_append_printf(call->body, "\"%s\":", name);
}

void json_call_add_text(JsonCall *call, const char *name, const char *text)
{
    if (text == NULL)
        return;
    add_name(call, name);
    raw_json_append_string(call->body, text);
}

void json_call_add_number(JsonCall *call, const char *name, gint64 number)
{
    add_name(call, name);
    g_string_append_printf(call->body, "%" G_GINT64_FORMAT, number);
}

void json_call_add_texts(JsonCall *call, const char *name, const char *const *texts)
{
    if (texts == NULL)
        return;
    add_name(call, name);
    g_string_append_c(call->body, '[');
    for (guint i = 0; texts[i] != NULL; i++) {
        if (i > 0)
            g_string_append_c(call->body, ',');
        raw_json_append_string(call->body, texts[i]);
    }
    g_string_append_c(call->body, ']');
}

void json_call_add_json(JsonCall *call, const char *name, const char *json)
{
    if (json == NULL)
        return;
    add_name(call, name);
    g_string_append(call->body, json);
}

char *json_call_body(const JsonCall *call)
{
    return g_strconcat(call->body->str, "}", NULL);
}

/* --- errors ------------------------------------------------------------------------------------- */

/* "namespace#Code" and "Code:uri" are Code. */
static char *bare_code(const char *type)
{
    const char *hash = strchr(type, '#');
    const char *code = hash != NULL ? hash + 1 : type;
    return g_strndup(code, strcspn(code, ":"));
}

static char *printable_take(char *text)
{
    char *printable = text != NULL ? text_printable(text, -1) : NULL;
    g_free(text);
    return printable;
}

static void read_object(RawJson root, AwsFailure *failure)
{
    static const char *const codes[] = {"__type", "code", "Code"};
    static const char *const messages[] = {"message", "Message", "errorMessage"};
    for (gsize i = 0; i < G_N_ELEMENTS(codes) && failure->code == NULL; i++) {
        g_autofree char *type = raw_json_text_of(root, codes[i]);
        if (type != NULL && *type != '\0')
            failure->code = printable_take(bare_code(type));
    }
    for (gsize i = 0; i < G_N_ELEMENTS(messages) && failure->message == NULL; i++)
        failure->message = printable_take(raw_json_text_of(root, messages[i]));
}

gboolean json_call_read_failure(HttpResponse *response, AwsFailure *failure)
{
    memset(failure, 0, sizeof *failure);
    failure->status = response->status;
    const char *type = http_response_header(response, "x-amzn-ErrorType");
    const char *id = http_response_header(response, "x-amzn-RequestId");
    const char *text = http_response_text(response);
    gsize length = response->body != NULL ? response->body->len : 0;
    RawJson root;
    if (type != NULL && *type != '\0')
        failure->code = printable_take(bare_code(type));
    if (id != NULL)
        failure->request_id = text_printable(id, -1);
    if (raw_json_parse(text, length, &root, NULL) && raw_json_kind(root) == RAW_JSON_OBJECT)
        read_object(root, failure);
    else if (length > 0)
        failure->message = text_printable(text, (gssize)MIN(length, WORDS_LIMIT));
    return TRUE;
}

/* --- the call ----------------------------------------------------------------------------------- */

JsonReply *json_reply_new(const char *text, gsize length, GError **error)
{
    JsonReply *reply = g_new0(JsonReply, 1);
    reply->text = g_memdup2(text, length + 1);
    reply->length = length;
    if (!raw_json_parse(reply->text, length, &reply->root, error)) {
        json_reply_free(reply);
        return NULL;
    }
    if (raw_json_kind(reply->root) == RAW_JSON_OBJECT)
        return reply;
    json_reply_free(reply);
    g_set_error_literal(error, RS_ERROR, RS_ERROR_CORRUPT, "the answer is not a JSON object");
    return NULL;
}

static gpointer read_reply(gconstpointer user, HttpResponse *response, GError **error)
{
    return json_reply_new(http_response_text(response),
                          response->body != NULL ? response->body->len : 0, error);
}

JsonReply *json_call_send(JsonCall *call, const PostTarget *target, GCancellable *cancellable,
                          GError **error)
{
    g_autofree char *name = g_strconcat(call->service->target, call->operation, NULL);
    const Post post = {.endpoint = &call->service->endpoint,
                       .signing_name = call->service->signing_name,
                       .operation = call->operation,
                       .content_type = CONTENT_TYPE,
                       .header = "X-Amz-Target",
                       .value = name,
                       .body = call->body,
                       .read_failure = json_call_read_failure,
                       .read = read_reply};
    gsize before = call->body->len;
    g_string_append_c(call->body, '}');
    JsonReply *reply = post_send(&post, target, cancellable, error);
    g_string_truncate(call->body, before);
    return reply;
}

RawJson json_reply_root(const JsonReply *reply)
{
    return reply->root;
}

void json_reply_free(JsonReply *reply)
{
    if (reply == NULL)
        return;
    explicit_bzero(reply->text, reply->length);
    g_free(reply->text);
    g_free(reply);
}
