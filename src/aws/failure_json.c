#include <cjson/cJSON.h>
#include <string.h>

#include "aws/failure.h"
#include "base/text.h"

/* "namespace#Code" and "Code:uri" both mean Code. */
static char *bare_code(const char *type)
{
    const char *hash = strchr(type, '#');
    const char *from = hash != NULL ? hash + 1 : type;
    return text_printable(from, (gssize)strcspn(from, ":"));
}

static const char *member(const cJSON *object, const char *const *names)
{
    const char *text = NULL;
    for (; text == NULL && *names != NULL; names++)
        text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, *names));
    return text;
}

gboolean aws_failure_read_json(HttpResponse *response, AwsFailure *failure)
{
    /* "error" and "error_description" are those of OAuth, which the sign-on service speaks. */
    static const char *const codes[] = {"__type", "code", "error", NULL};
    static const char *const messages[] = {"message", "Message", "error_description", NULL};
    memset(failure, 0, sizeof *failure);
    failure->status = response->status;
    const char *body = http_response_text(response);
    gsize length = response->body != NULL ? response->body->len : 0;
    cJSON *object = cJSON_ParseWithLength(body, length);
    const char *type = http_response_header(response, "x-amzn-ErrorType");
    const char *code = type != NULL ? type : member(object, codes);
    const char *message = cJSON_IsObject(object) ? member(object, messages) : body;
    const char *request_id = http_response_header(response, "x-amzn-RequestId");
    failure->code = code != NULL ? bare_code(code) : NULL;
    if (message != NULL && *message != '\0')
        failure->message = text_printable(message, (gssize)strnlen(message, 1000));
    failure->request_id = request_id != NULL ? text_printable(request_id, -1) : NULL;
    cJSON_Delete(object);
    return failure->code != NULL || response->status >= 300;
}
