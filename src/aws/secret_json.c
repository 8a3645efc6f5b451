#include "aws/secret_json.h"

#include <string.h>

cJSON *secret_json_parse(const char *text, gsize length)
{
    const char *end = NULL;
    cJSON *object = cJSON_ParseWithLengthOpts(text, length, &end, 0);
    gboolean whole = cJSON_IsObject(object);
    for (; whole && end < text + length && *end != '\0'; end++)
        whole = g_ascii_isspace(*end);
    if (whole)
        return object;
    secret_json_free(object);
    return NULL;
}

const char *secret_json_text(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text != NULL && *text != '\0' ? text : NULL;
}

static void wipe(cJSON *item)
{
    for (; item != NULL; item = item->next) {
        if (item->valuestring != NULL)
            explicit_bzero(item->valuestring, strlen(item->valuestring));
        wipe(item->child);
    }
}

void secret_json_free(cJSON *object)
{
    wipe(object);
    cJSON_Delete(object);
}
