#include "cli/json.h"

static cJSON *text_json(const char *text)
{
    if (text == NULL)
        return cJSON_CreateNull();
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    return cJSON_CreateString(valid);
}

void cli_json_add_text(cJSON *object, const char *name, const char *text)
{
    cJSON_AddItemToObject(object, name, text_json(text));
}

void cli_json_add_texts(cJSON *object, const char *name, const GPtrArray *texts)
{
    cJSON *array = cJSON_AddArrayToObject(object, name);
    for (guint i = 0; texts != NULL && i < texts->len; i++)
        cJSON_AddItemToArray(array, text_json(texts->pdata[i]));
}

void cli_json_add_count(cJSON *object, const char *name, gint64 count)
{
    if (count < 0) {
        cJSON_AddNullToObject(object, name);
        return;
    }
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, count);
    cJSON_AddRawToObject(object, name, text); /* a double would round what is over 2^53 */
}

void cli_json_add_ratio(cJSON *object, const char *name, double ratio)
{
    cJSON_AddItemToObject(object, name, ratio < 0 ? cJSON_CreateNull() : cJSON_CreateNumber(ratio));
}
