/* Journals as they lie on the disk: where, which, and what their lines say. */
#include <string.h>

#include "base/error.h"
#include "config/paths.h"
#include "job/journal_private.h"

char *journal_folder(void)
{
    g_autofree char *state = paths_state_dir();
    return g_build_filename(state, "jobs", NULL);
}

char *journal_path(const char *id, const char *suffix)
{
    g_autofree char *folder = journal_folder();
    g_autofree char *name = g_strconcat(id, suffix, NULL);
    return g_build_filename(folder, name, NULL);
}

const char *journal_text(const cJSON *json, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));
}

gint64 journal_number(const cJSON *json, const char *name, gint64 otherwise)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    return cJSON_IsNumber(item) ? (gint64)item->valuedouble : otherwise;
}

gboolean journal_event_is(const cJSON *json, const char *event)
{
    return g_strcmp0(journal_text(json, "event"), event) == 0;
}

cJSON *journal_parse(const char *path, const char *bytes, gsize length, gsize *whole,
                     GError **error)
{
    cJSON *events = cJSON_CreateArray();
    gsize at = 0;
    for (guint line = 1; at < length; line++) {
        const char *end = memchr(bytes + at, '\n', length - at);
        if (end == NULL)
            break;
        gsize size = (gsize)(end - (bytes + at));
        cJSON *event = cJSON_ParseWithLength(bytes + at, size);
        if (event == NULL || !cJSON_IsObject(event)) {
            cJSON_Delete(event);
            if (at + size + 1 >= length)
                break;
            g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "%s: line %u is not a journal line",
                        path, line);
            cJSON_Delete(events);
            return NULL;
        }
        cJSON_AddItemToArray(events, event);
        at += size + 1;
    }
    *whole = at;
    return events;
}

cJSON *journal_read_lines(const char *path, gsize *whole, GError **error)
{
    g_autofree char *bytes = NULL;
    gsize length = 0;
    g_autoptr(GError) local = NULL;
    if (!g_file_get_contents(path, &bytes, &length, &local)) {
        gboolean missing = g_error_matches(local, G_FILE_ERROR, G_FILE_ERROR_NOENT);
        g_set_error(error, RS_ERROR, missing ? RS_ERROR_NOT_FOUND : RS_ERROR_CORRUPT,
                    "cannot read the journal: %s", local->message);
        return NULL;
    }
    return journal_parse(path, bytes, length, whole, error);
}

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *journal_ids(void)
{
    GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *folder = journal_folder();
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
        if (g_str_has_suffix(name, ".jsonl"))
            g_ptr_array_add(ids, g_strndup(name, strlen(name) - strlen(".jsonl")));
    g_ptr_array_sort(ids, by_text);
    return ids;
}

static char *join_ids(const GPtrArray *ids, guint limit)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < ids->len && i < limit; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", (char *)ids->pdata[i]);
    if (ids->len > limit)
        g_string_append_printf(text, " and %u more", ids->len - limit);
    return g_string_free(text, FALSE);
}

char *journal_resolve(const char *prefix, GError **error)
{
    g_autoptr(GPtrArray) ids = journal_ids();
    g_autoptr(GPtrArray) hits = g_ptr_array_new();
    for (guint i = 0; i < ids->len; i++)
        if (*prefix != '\0' && g_str_has_prefix(ids->pdata[i], prefix))
            g_ptr_array_add(hits, ids->pdata[i]);
    if (hits->len == 1)
        return g_strdup(hits->pdata[0]);
    g_autofree char *names = join_ids(hits->len > 0 ? hits : ids, 8);
    if (hits->len > 1)
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "\"%s\" begins the ids of %u jobs: %s", prefix,
                    hits->len, names);
    else
        g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND, "no job \"%s\"; there %s %s", prefix,
                    ids->len > 0 ? "are:" : "is", ids->len > 0 ? names : "none");
    return NULL;
}
