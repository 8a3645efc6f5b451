#include "sandbox/manifest.h"

#include <cJSON.h>
#include <string.h>

#include "sandbox/unload_format.h"

ManifestEntry *manifest_entry_new(const char *url, gint64 content_length, gint64 record_count)
{
    ManifestEntry *entry = g_new0(ManifestEntry, 1);
    entry->url = g_strdup(url);
    entry->content_length = content_length;
    entry->record_count = record_count;
    return entry;
}

void manifest_entry_free(ManifestEntry *entry)
{
    if (entry == NULL)
        return;
    g_free(entry->url);
    g_free(entry);
}

/* --- writing ------------------------------------------------------------------------------------ */

/* Written by hand: counts are 64 bits wide and cJSON's numbers are doubles. */
static void append_meta(GString *out, gint64 bytes, gint64 records, gboolean verbose)
{
    g_string_append_printf(out, "\"meta\":{\"content_length\":%" G_GINT64_FORMAT, bytes);
    if (verbose)
        g_string_append_printf(out, ",\"record_count\":%" G_GINT64_FORMAT, records);
    g_string_append_c(out, '}');
}

static void append_entries(GString *out, const GPtrArray *entries, gboolean verbose)
{
    g_string_append(out, "  \"entries\": [");
    for (guint i = 0; i < entries->len; i++) {
        const ManifestEntry *entry = entries->pdata[i];
        g_string_append(out, i > 0 ? ",\n    {\"url\":" : "\n    {\"url\":");
        json_append_string(out, entry->url, strlen(entry->url));
        g_string_append(out, ", ");
        append_meta(out, entry->content_length, entry->record_count, verbose);
        g_string_append_c(out, '}');
    }
    g_string_append(out, entries->len > 0 ? "\n  ]" : "]");
}

static void append_type(GString *out, const UnloadColumn *column)
{
    g_string_append(out, "\"type\":{\"base\":");
    json_append_string(out, column->base, strlen(column->base));
    if (column->max_length >= 0)
        g_string_append_printf(out, ", \"max_length\":%d", column->max_length);
    if (column->precision >= 0)
        g_string_append_printf(out, ", \"precision\":%d, \"scale\":%d", column->precision,
                               column->scale);
    g_string_append_c(out, '}');
}

static void append_schema(GString *out, const GPtrArray *columns)
{
    g_string_append(out, ",\n  \"schema\": {\n    \"elements\": [");
    for (guint i = 0; i < columns->len; i++) {
        const UnloadColumn *column = columns->pdata[i];
        g_string_append(out, i > 0 ? ",\n      {\"name\":" : "\n      {\"name\":");
        json_append_string(out, column->name, strlen(column->name));
        g_string_append(out, ", ");
        append_type(out, column);
        g_string_append_c(out, '}');
    }
    g_string_append(out, "\n    ]\n  }");
}

char *manifest_write(const GPtrArray *entries, const GPtrArray *columns)
{
    GString *out = g_string_new("{\n");
    append_entries(out, entries, columns != NULL);
    if (columns != NULL) {
        gint64 bytes = 0, records = 0;
        for (guint i = 0; i < entries->len; i++) {
            const ManifestEntry *entry = entries->pdata[i];
            bytes += entry->content_length;
            records += entry->record_count;
        }
        append_schema(out, columns);
        g_string_append(out, ",\n  ");
        append_meta(out, bytes, records, TRUE);
        g_string_append(out,
                        ",\n  \"author\": {\"name\":\"Amazon Redshift\", \"version\":\"1.0.0\"}");
    }
    g_string_append(out, "\n}\n");
    return g_string_free(out, FALSE);
}

/* --- reading ------------------------------------------------------------------------------------ */

static gint64 number_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) ? (gint64)item->valuedouble : -1;
}

static ManifestEntry *read_entry(const cJSON *item, Refusal *refusal)
{
    const cJSON *url = cJSON_GetObjectItemCaseSensitive(item, "url");
    const char *text = cJSON_GetStringValue(url);
    if (text == NULL || g_ascii_strncasecmp(text, "s3://", 5) != 0) {
        refuse(refusal, "XX000", "Manifest entry without an s3:// url");
        return NULL;
    }
    const char *slash = strchr(text + 5, '/');
    if (slash == NULL || slash[1] == '\0' || g_str_has_suffix(text, "/")) {
        /* 8001 of the guide's load error codes: an entry names one object, never a prefix. */
        refuse(refusal, "XX000", "Manifest entry %s is not the full path of an object", text);
        return NULL;
    }
    const cJSON *meta = cJSON_GetObjectItemCaseSensitive(item, "meta");
    ManifestEntry *entry = manifest_entry_new(text, number_of(meta, "content_length"),
                                              number_of(meta, "record_count"));
    entry->mandatory = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "mandatory"));
    return entry;
}

GPtrArray *manifest_read(const char *text, gsize length, Refusal *refusal)
{
    cJSON *root = cJSON_ParseWithLength(text, length);
    const cJSON *entries = cJSON_GetObjectItemCaseSensitive(root, "entries");
    GPtrArray *list = NULL;
    if (cJSON_IsArray(entries))
        list = g_ptr_array_new_with_free_func((GDestroyNotify)manifest_entry_free);
    else
        refuse(refusal, "XX000", "Manifest file is not in correct json format");
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, entries)
    {
        ManifestEntry *entry = list != NULL ? read_entry(item, refusal) : NULL;
        if (entry == NULL) {
            g_clear_pointer(&list, g_ptr_array_unref);
            break;
        }
        g_ptr_array_add(list, entry);
    }
    cJSON_Delete(root);
    return list;
}
