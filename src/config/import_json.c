/* JSON objects: the Spark connector's options, and the connection of the Data API connector. */
#include <string.h>

#include <cjson/cJSON.h>

#include "base/error.h"
#include "config/import_private.h"

/* The connector's specification and its code: session_token is missing from the former. */
static const ImportRow data_api_options[] = {
    {.option = "region", .field = "region"},
    {.option = "database", .field = "database"},
    {.option = "cluster_identifier", .field = "cluster_identifier"},
    {.option = "workgroup_name", .field = "workgroup_name"},
    {.option = "access_key_id", .field = "access_key_id"},
    {.option = "secret_access_key", .field = "secret_access_key"},
    {.option = "session_token", .field = "session_token"},
    {.option = "db_user", .field = "db_user"},
    {.option = "secret_arn", .field = "secret_arn"},
    {.option = "schema_filter", .field = "schema_filter"},
    {.option = "poll_interval", .field = "poll_interval", .take = TAKE_SECONDS},
    {.option = "max_poll_attempts", .field = "max_poll_attempts"},
    {.option = "limit", .reason = "it belongs to a table, see --limit of redsmith preview"},
    {.option = "where_clause", .reason = "it belongs to a table, see --where of redsmith preview"},
    {.option = "tableName", .reason = "it names what to read, see redsmith preview and unload"},
    {.option = "tableNameList", .reason = "it names what to read, see redsmith unload"},
    {.option = "tableConfigs", .reason = "it says what to read, see redsmith unload"},
    {.option = "isDeleteFlow", .reason = "about the pipeline"},
    {.option = "externalOptionsAllowList", .reason = "about the pipeline"},
    {.option = "sourceName", .reason = "about the pipeline"},
    {0},
};

gboolean import_is_data_api(const GPtrArray *pairs)
{
    return import_pairs_find(pairs, "url") == NULL && import_pairs_find(pairs, "tempdir") == NULL &&
           import_pairs_find(pairs, "data_api_database") == NULL &&
           (import_pairs_find(pairs, "database") != NULL ||
            import_pairs_find(pairs, "region") != NULL ||
            import_pairs_find(pairs, "cluster_identifier") != NULL ||
            import_pairs_find(pairs, "workgroup_name") != NULL);
}

static gboolean need(const GPtrArray *pairs, const char *option, const char *other,
                     const char *remedy, GError **error)
{
    const char *value = import_pairs_find(pairs, option);
    const char *instead = other != NULL ? import_pairs_find(pairs, other) : NULL;
    if ((value != NULL && *value != '\0') || (instead != NULL && *instead != '\0'))
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s is missing: %s", option, remedy);
    return FALSE;
}

/* Fractions and words made the connector fail with a bare exception. */
static gboolean need_seconds(const GPtrArray *pairs, GError **error)
{
    const char *value = import_pairs_find(pairs, "poll_interval");
    if (value == NULL || *value == '\0' || strspn(value, "0123456789") == strlen(value))
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                "poll_interval is \"%s\"; expected a whole number of seconds", value);
    return FALSE;
}

gboolean import_data_api(Import *import, const GPtrArray *pairs, GError **error)
{
    if (!need(pairs, "region", NULL, "add the Region of the cluster or workgroup", error) ||
        !need(pairs, "database", NULL, "add the database to open", error) ||
        !need(pairs, "cluster_identifier", "workgroup_name",
              "add cluster_identifier for a provisioned cluster or workgroup_name for Serverless",
              error) ||
        !need_seconds(pairs, error) ||
        !import_set(import, "transport", "transport", "data-api", error))
        return FALSE;
    for (guint i = 0; i < pairs->len; i++) {
        const ImportPair *pair = pairs->pdata[i];
        if (!import_take(import, data_api_options, pair->key, pair->value, error))
            return FALSE;
    }
    return TRUE;
}

/* --- JSON ---------------------------------------------------------------------------------------- */

static void wipe(cJSON *object)
{
    for (cJSON *item = object->child; item != NULL; item = item->next)
        if (cJSON_IsString(item))
            explicit_bzero(item->valuestring, strlen(item->valuestring));
    cJSON_Delete(object);
}

static gboolean add_item(const cJSON *item, GPtrArray *pairs, GError **error)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE] = "";
    const char *value = NULL;
    if (cJSON_IsString(item))
        value = item->valuestring;
    else if (cJSON_IsNumber(item))
        value = g_ascii_formatd(number, sizeof number, "%.15g", item->valuedouble);
    else if (cJSON_IsBool(item))
        value = cJSON_IsTrue(item) ? "true" : "false";
    else if (cJSON_IsNull(item))
        return TRUE;
    if (value != NULL) {
        import_pairs_add(pairs, item->string, -1, value, -1);
        return TRUE;
    }
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                "%s: expected a string, a number or a boolean, not a list or an object",
                item->string);
    return FALSE;
}

gboolean import_json_pairs(const char *text, GPtrArray *pairs, GError **error)
{
    const char *end = NULL;
    cJSON *object = cJSON_ParseWithOpts(text, &end, TRUE);
    if (!cJSON_IsObject(object)) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                    "this is no JSON object: it is wrong at character %u",
                    (guint)(end != NULL ? end - text : 0) + 1);
        cJSON_Delete(object);
        return FALSE;
    }
    gboolean good = TRUE;
    for (const cJSON *item = object->child; item != NULL && good; item = item->next)
        good = add_item(item, pairs, error);
    wipe(object);
    return good;
}
