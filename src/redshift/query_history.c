#include "redshift/query_history.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "config/paths.h"

enum { SIZE_MAX_BYTES = 4 * 1024 * 1024 };

static char *history_path(void)
{
    g_autofree char *dir = paths_state_dir();
    return g_build_filename(dir, "queries.jsonl", NULL);
}

static void entry_free(gpointer data)
{
    QueryHistoryEntry *entry = data;
    g_free(entry->profile);
    g_free(entry->sql);
    g_free(entry->outcome);
    g_free(entry);
}

static char *line_of(const QueryHistoryEntry *entry)
{
    g_autofree char *sql = log_redact(entry->sql);
    g_autofree char *outcome = log_redact(entry->outcome);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "at", (double)entry->at);
    cJSON_AddNumberToObject(object, "ms", (double)entry->duration_ms);
    cJSON_AddNumberToObject(object, "rows", (double)entry->rows);
    cJSON_AddStringToObject(object, "profile", entry->profile);
    cJSON_AddStringToObject(object, "outcome", outcome);
    cJSON_AddStringToObject(object, "sql", sql);
    char *text = cJSON_PrintUnformatted(object);
    char *line = g_strconcat(text, "\n", NULL);
    cJSON_free(text);
    cJSON_Delete(object);
    return line;
}

/* The newer half, from a line's start. */
static gboolean cut(const char *path, GError **error)
{
    g_autofree char *bytes = NULL;
    gsize length = 0;
    if (!g_file_get_contents(path, &bytes, &length, error))
        return FALSE;
    const char *middle = memchr(bytes + length / 2, '\n', length - length / 2);
    if (middle == NULL)
        return TRUE;
    return g_file_set_contents_full(path, middle + 1, (gssize)(bytes + length - middle - 1),
                                    G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

gboolean query_history_add(const QueryHistoryEntry *entry, GError **error)
{
    g_autofree char *path = history_path();
    g_autofree char *dir = g_path_get_dirname(path);
    g_autofree char *line = line_of(entry);
    if (!paths_make(dir, error))
        return FALSE;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return rs_error_set_errno(error, errno, "cannot write %s", path);
    struct stat status;
    gboolean written = write(fd, line, strlen(line)) == (ssize_t)strlen(line);
    int failure = errno;
    gboolean is_long = fstat(fd, &status) == 0 && status.st_size > SIZE_MAX_BYTES;
    close(fd);
    if (!written)
        return rs_error_set_errno(error, failure, "cannot write %s", path);
    return !is_long || cut(path, error);
}

static gint64 number_of(const cJSON *object, const char *name)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(member) ? (gint64)member->valuedouble : -1;
}

static char *text_of(const cJSON *object, const char *name)
{
    return g_strdup(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name)));
}

static QueryHistoryEntry *entry_of(const char *line)
{
    cJSON *object = cJSON_Parse(line);
    QueryHistoryEntry *entry = g_new0(QueryHistoryEntry, 1);
    entry->at = number_of(object, "at");
    entry->duration_ms = number_of(object, "ms");
    entry->rows = number_of(object, "rows");
    entry->profile = text_of(object, "profile");
    entry->outcome = text_of(object, "outcome");
    entry->sql = text_of(object, "sql");
    cJSON_Delete(object);
    if (entry->at >= 0 && entry->sql != NULL && entry->outcome != NULL && entry->profile != NULL)
        return entry;
    entry_free(entry);
    return NULL;
}

GPtrArray *query_history_read(guint limit, GError **error)
{
    g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(entry_free);
    g_autofree char *path = history_path();
    g_autofree char *bytes = NULL;
    g_autoptr(GError) failure = NULL;
    if (!g_file_get_contents(path, &bytes, NULL, &failure)) {
        if (g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return g_steal_pointer(&entries);
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s", failure->message);
        return NULL;
    }
    g_auto(GStrv) lines = g_strsplit(bytes, "\n", -1);
    for (guint i = g_strv_length(lines); i > 0 && entries->len < limit; i--) {
        QueryHistoryEntry *entry = *lines[i - 1] == '\0' ? NULL : entry_of(lines[i - 1]);
        if (entry != NULL)
            g_ptr_array_add(entries, entry);
    }
    return g_steal_pointer(&entries);
}
