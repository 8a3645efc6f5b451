/*
 * json_call: one call to a service of the JSON 1.1 protocol: a JSON object goes out, one comes back.
 *
 * Example:
 *     static const JsonService secrets = {{"SECRETS_MANAGER", "secretsmanager"}, "secretsmanager",
 *                                         "secretsmanager."};
 *     g_autoptr(JsonCall) call = json_call_new(&secrets, "GetSecretValue");
 *     json_call_add_text(call, "SecretId", id);
 *     g_autoptr(JsonReply) reply = json_call_send(call, &target, cancellable, &error);
 *     g_autofree char *arn = raw_json_text_of(json_reply_root(reply), "ARN");
 *
 * Errors:  those of post, with the service's code, its words and the request id; RS_ERROR_CORRUPT for
 *          an answer that is not a JSON object.
 * Memory:  requests and answers may hold secrets: their texts are wiped when freed.
 * Source:  AWS JSON 1.1 protocol (Smithy, "awsJson1_1").
 * Threads: a call and its reply belong to one thread.
 */
#ifndef REDSMITH_AWS_JSON_CALL_H
#define REDSMITH_AWS_JSON_CALL_H

#include "aws/post.h"
#include "aws/raw_json.h"

typedef struct {
    EndpointService endpoint;
    const char *signing_name;
    const char *target; /* prefix of X-Amz-Target: "RedshiftData." */
} JsonService;

typedef struct JsonCall JsonCall;

JsonCall *json_call_new(const JsonService *service, const char *operation);
void json_call_free(JsonCall *call);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonCall, json_call_free)

/* Members of the request; a NULL text or list is left out. */
void json_call_add_text(JsonCall *call, const char *name, const char *text);
void json_call_add_number(JsonCall *call, const char *name, gint64 number);
void json_call_add_texts(JsonCall *call, const char *name, const char *const *texts);
/* json is a whole value. */
void json_call_add_json(JsonCall *call, const char *name, const char *json);
/* The request as it stands: for tests. Free with g_free. */
char *json_call_body(const JsonCall *call);

typedef struct JsonReply JsonReply;

JsonReply *json_call_send(JsonCall *call, const PostTarget *target, GCancellable *cancellable,
                          GError **error);

/* The object; valid as long as the reply. */
RawJson json_reply_root(const JsonReply *reply);
void json_reply_free(JsonReply *reply);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonReply, json_reply_free)

/* A reply made of a text: for tests and fuzzing. */
JsonReply *json_reply_new(const char *text, gsize length, GError **error);

/* Reads the error of a JSON answer: "__type" (Code, namespace#Code or Code:uri) or the header
 * x-amzn-ErrorType, and "message" or "Message". Always TRUE. */
gboolean json_call_read_failure(HttpResponse *response, AwsFailure *failure);

#endif
