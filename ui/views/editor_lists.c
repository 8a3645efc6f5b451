#include <string.h>

#include "base/error.h"
#include "config/paths.h"
#include "redshift/query_history.h"
#include "ui/app.h"
#include "ui/views/choice_view.h"
#include "ui/views/editor_view.h"
#include "ui/views/views.h"

enum { HISTORY_SHOWN = 1000 };

/* --- what was run before ------------------------------------------------------------------------*/

typedef struct {
    View *view;
    GPtrArray *entries; /* of QueryHistoryEntry */
} Reading;

static void reading_free(gpointer data)
{
    Reading *reading = data;
    g_clear_pointer(&reading->entries, g_ptr_array_unref);
    g_free(reading);
}

static gboolean read_history(gpointer data, GCancellable *cancellable, GError **error)
{
    Reading *reading = data;
    reading->entries = query_history_read(HISTORY_SHOWN, error);
    return reading->entries != NULL;
}

static char *detail_of(App *app, const QueryHistoryEntry *entry)
{
    g_autoptr(GDateTime) at = g_date_time_new_from_unix_local(entry->at);
    g_autofree char *day = app_is_scripted(app) || at == NULL
                               ? g_strdup("today")
                               : g_date_time_format(at, "%m-%d %H:%M");
    g_autofree char *took = app_duration(app, entry->duration_ms);
    g_autofree char *rows =
        entry->rows < 0 ? g_strdup("") : text_count((guint64)MAX(entry->rows, 0));
    return g_strdup_printf("%s  %s  %8s  %-6s", day, took, rows,
                           strcmp(entry->outcome, "done") == 0 ? "done" : "failed");
}

/* A new line in the list's row is a blank. */
static void replace_text(View *owner, const char *value)
{
    editor_set_text(editor_view_of(owner)->editor, value);
    view_touch(owner, ~0u);
}

static void add_entry(GPtrArray *entries, const char *sql, const char *detail)
{
    g_autofree char *line = g_strdelimit(g_strdup(sql), "\n\t", ' ');
    choice_entries_add(entries, line, detail, sql);
}

/* It is put into the history when it has ended. */
static void add_running(const EditorView *editor, GPtrArray *entries)
{
    if (editor->running != NULL && !editor->in_history && result_pane_is_busy(editor->result))
        add_entry(entries, editor->running, "on the server now");
}

static void history_read(gpointer data, TaskOutcome outcome, const GError *error)
{
    Reading *reading = data;
    App *app = reading->view->app;
    if (outcome != TASK_DONE) {
        app_message_error(app, error);
        return;
    }
    GPtrArray *entries = choice_entries_new();
    add_running(editor_view_of(reading->view), entries);
    for (guint i = 0; i < reading->entries->len; i++) {
        const QueryHistoryEntry *entry = reading->entries->pdata[i];
        g_autofree char *detail = detail_of(app, entry);
        add_entry(entries, entry->sql, detail);
    }
    app_open(app, choice_view_new(app, reading->view, "History: type to narrow, Enter takes",
                                  entries, replace_text));
}

static void start_reading(View *view)
{
    Reading *reading = g_new0(Reading, 1);
    reading->view = view;
    view_submit(view, "history", read_history, history_read, reading, reading_free, NULL);
}

/* What was just run must be in the list, so entries that are still being written are waited for. */
Consequence editor_list_history(View *view, const char *argument)
{
    EditorView *editor = editor_view_of(view);
    editor->list_wanted = app_history_writes(view->app, 0) > 0;
    if (!editor->list_wanted)
        start_reading(view);
    return consequence(CONSEQUENCE_DONE);
}

void editor_list_awaited(View *top)
{
    if (strcmp(top->class->name, "editor") != 0 || !editor_view_of(top)->list_wanted)
        return;
    editor_view_of(top)->list_wanted = FALSE;
    start_reading(top);
}

/* --- texts saved under a name: small files of the user's own, read at once -----------------------*/

static char *queries_dir(void)
{
    g_autofree char *dir = paths_config_dir();
    return g_build_filename(dir, "queries", NULL);
}

static gboolean is_name(const char *text)
{
    gsize length = strlen(text);
    return length > 0 && length <= 100 && *text != '.' && strchr(text, '/') == NULL &&
           text_is_printable(text, -1);
}

static gboolean write_query(const char *name, const char *text, GError **error)
{
    g_autofree char *dir = queries_dir();
    g_autofree char *file = g_strconcat(name, ".sql", NULL);
    g_autofree char *path = g_build_filename(dir, file, NULL);
    return paths_make(dir, error) &&
           g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

static gboolean accept_name(View *owner, const char *text, char **complaint)
{
    g_autofree char *name = g_strstrip(g_strdup(text));
    g_autoptr(GError) error = NULL;
    if (!is_name(name)) {
        *complaint = g_strdup("a name is what a file can be called, without / and no . in front");
        return FALSE;
    }
    if (!write_query(name, editor_text(editor_view_of(owner)->editor), &error)) {
        *complaint = g_strdup(error->message);
        return FALSE;
    }
    app_message(owner->app, MESSAGE_GOOD, "Saved as %s; F3 opens it again", name);
    return TRUE;
}

Consequence editor_save_query(View *view, const char *argument)
{
    PromptOptions options = {
        .label = "Save the text as", .history = "query-name", .accept = accept_name};
    return consequence_push(prompt_view_new(view->app, view, &options));
}

static void open_saved(View *owner, const char *path)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(path, &text, NULL, &error))
        app_message_error(owner->app, error);
    else if (!g_utf8_validate(text, -1, NULL))
        app_message(owner->app, MESSAGE_ERROR, "%s is not UTF-8 text", path);
    else
        replace_text(owner, text);
}

static int by_label(gconstpointer a, gconstpointer b)
{
    return strcmp((*(const ChoiceEntry *const *)a)->label, (*(const ChoiceEntry *const *)b)->label);
}

Consequence editor_list_saved(View *view, const char *argument)
{
    GPtrArray *entries = choice_entries_new();
    g_autofree char *dir = queries_dir();
    g_autoptr(GDir) folder = g_dir_open(dir, 0, NULL);
    const char *file;
    while (folder != NULL && (file = g_dir_read_name(folder)) != NULL) {
        if (!g_str_has_suffix(file, ".sql"))
            continue;
        g_autofree char *path = g_build_filename(dir, file, NULL);
        g_autofree char *name = g_strndup(file, strlen(file) - strlen(".sql"));
        choice_entries_add(entries, name, NULL, path);
    }
    g_ptr_array_sort(entries, by_label);
    return consequence_push(choice_view_new(view->app, view, "Saved: type to narrow, Enter opens",
                                            entries, open_saved));
}
