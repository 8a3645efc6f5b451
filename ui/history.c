#include "ui/history.h"

#include <string.h>

struct History {
    char *path;
    GHashTable *fields; /* name -> GPtrArray of char * */
    gboolean changed;
};

static void lines_free(gpointer lines)
{
    g_ptr_array_unref(lines);
}

static GPtrArray *field(History *history, const char *name)
{
    GPtrArray *lines = g_hash_table_lookup(history->fields, name);
    if (lines == NULL) {
        lines = g_ptr_array_new_with_free_func(g_free);
        g_hash_table_insert(history->fields, g_strdup(name), lines);
    }
    return lines;
}

static void append(History *history, const char *name, const char *text)
{
    GPtrArray *lines = field(history, name);
    if (*text == '\0' || strchr(text, '\n') != NULL ||
        (lines->len > 0 && strcmp(g_ptr_array_index(lines, lines->len - 1), text) == 0))
        return;
    if (lines->len == HISTORY_MAX)
        g_ptr_array_remove_index(lines, 0);
    g_ptr_array_add(lines, g_strdup(text));
    history->changed = TRUE;
}

static void read_file(History *history)
{
    g_autofree char *text = NULL;
    if (history->path == NULL || !g_file_get_contents(history->path, &text, NULL, NULL))
        return;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        char *tab = strchr(*line, '\t');
        if (tab == NULL || !g_utf8_validate(*line, -1, NULL))
            continue;
        *tab = '\0';
        append(history, *line, tab + 1);
    }
    history->changed = FALSE;
}

History *history_new(const char *path)
{
    History *history = g_new0(History, 1);
    history->path = g_strdup(path);
    history->fields = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, lines_free);
    read_file(history);
    return history;
}

static void write_file(const History *history)
{
    g_autoptr(GString) out = g_string_new(NULL);
    GHashTableIter iter;
    gpointer name, lines;
    g_hash_table_iter_init(&iter, history->fields);
    while (g_hash_table_iter_next(&iter, &name, &lines))
        for (guint i = 0; i < ((GPtrArray *)lines)->len; i++)
            g_string_append_printf(out, "%s\t%s\n", (char *)name,
                                   (char *)g_ptr_array_index((GPtrArray *)lines, i));
    g_autofree char *folder = g_path_get_dirname(history->path);
    g_mkdir_with_parents(folder, 0700);
    g_file_set_contents_full(history->path, out->str, (gssize)out->len,
                             G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL);
}

void history_free(History *history)
{
    if (history == NULL)
        return;
    if (history->changed && history->path != NULL)
        write_file(history);
    g_hash_table_destroy(history->fields);
    g_free(history->path);
    g_free(history);
}

const GPtrArray *history_lines(History *history, const char *name)
{
    return field(history, name);
}

void history_add(History *history, const char *name, const char *text)
{
    append(history, name, text);
}
