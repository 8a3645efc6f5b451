#include <string.h>

#include "base/error.h"
#include "redshift/query_history.h"
#include "sql/parameters.h"
#include "ui/app.h"
#include "ui/views/editor_view.h"
#include "ui/views/views.h"

/* --- the history: written by the pool, for a disk may be slow -----------------------------------*/

typedef struct {
    App *app;
    QueryHistoryEntry entry;
} Remembering;

static void remembering_free(gpointer data)
{
    Remembering *remembering = data;
    g_free(remembering->entry.profile);
    g_free(remembering->entry.sql);
    g_free(remembering->entry.outcome);
    g_free(remembering);
}

static gboolean write_entry(gpointer data, GCancellable *cancellable, GError **error)
{
    return query_history_add(&((Remembering *)data)->entry, error);
}

static void entry_written(gpointer data, TaskOutcome outcome, const GError *error)
{
    App *app = ((Remembering *)data)->app;
    if (outcome == TASK_FAILED)
        app_message_error(app, error);
    if (app_history_writes(app, -1) == 0)
        editor_list_awaited(app_top(app));
}

/* rows that are here, or that the tag counts */
static gint64 rows_of(const Feed *feed)
{
    const RowSet *rows = feed_rows(feed);
    return rows != NULL && rowset_n_columns(rows) > 0 ? (gint64)rowset_n_rows(rows)
                                                      : feed_affected(feed);
}

static void remember(EditorView *editor)
{
    const Feed *feed = result_pane_feed(editor->result);
    const GError *error = feed_error(feed);
    App *app = editor->view.app;
    if (editor->in_history || editor->running == NULL)
        return;
    editor->in_history = TRUE;
    Remembering *remembering = g_new0(Remembering, 1);
    remembering->app = app;
    remembering->entry = (QueryHistoryEntry){
        .at = editor->began,
        .duration_ms = feed_duration_ms(feed),
        .rows = rows_of(feed),
        .profile = g_strdup(app_profile(app)->name),
        .sql = g_strdup(editor->running),
        .outcome = g_strdup(error != NULL ? error->message : "done"),
    };
    app_history_writes(app, 1);
    view_submit(app_bottom(app), "history", write_entry, entry_written, remembering,
                remembering_free, NULL);
}

/* --- one statement after the other --------------------------------------------------------------*/

static void run_next(EditorView *editor)
{
    const char *sql = g_ptr_array_index(editor->queue, editor->next++);
    g_autoptr(GError) error = NULL;
    char *bound = sql_parameters_bind(sql, editor->values, &error);
    if (bound == NULL) {
        app_message_error(editor->view.app, error);
        editor->next = editor->total;
        return;
    }
    g_free(editor->running);
    editor->running = bound;
    editor->in_history = FALSE;
    editor->list_wanted = FALSE;
    editor->stopped = FALSE;
    editor->began = g_get_real_time() / G_USEC_PER_SEC;
    result_pane_run(editor->result, bound, editor->next < editor->total);
    view_touch(&editor->view, ~0u);
}

void editor_run_changed(EditorView *editor)
{
    FeedState state = result_pane_state(editor->result);
    if (state != FEED_STARTING && state != FEED_READING && state != FEED_EMPTY)
        remember(editor);
    if (state == FEED_FINISHED && !editor->stopped && editor->next < editor->total)
        run_next(editor);
    else if (state == FEED_FAILED || state == FEED_CANCELLED) {
        if (editor->next < editor->total)
            app_message(editor->view.app, MESSAGE_WARNING,
                        "Statement %u of %u did not go well; those behind it were not run",
                        editor->next, editor->total);
        editor->total = editor->next;
    }
}

void editor_run_stop(EditorView *editor)
{
    editor->stopped = TRUE;
    result_pane_stop(editor->result);
}

/* --- what is asked before -----------------------------------------------------------------------*/

static void ask_or_run(EditorView *editor);

static gboolean accept_value(View *owner, const char *text, char **complaint)
{
    EditorView *editor = editor_view_of(owner);
    const char *name = g_ptr_array_index(editor->asking, 0);
    g_hash_table_replace(editor->values, g_strdup(name), g_strdup(text));
    g_ptr_array_remove_index(editor->asking, 0);
    ask_or_run(editor);
    return TRUE;
}

static void ask_for_value(EditorView *editor, const char *name)
{
    g_autofree char *label =
        g_strdup_printf(":%s (a number, null, or a text; quotes are not needed)", name);
    g_autofree char *history = g_strdup_printf("parameter-%s", name);
    const char *before = g_hash_table_lookup(editor->values, name);
    PromptOptions options = {
        .label = label, .history = history, .initial = before, .accept = accept_value};
    app_open(editor->view.app, prompt_view_new(editor->view.app, &editor->view, &options));
}

/* The first word of the worst statement, which is what has to be typed; NULL when all are harmless. A
 * production profile wants its own name. */
static char *word_to_type(const EditorView *editor)
{
    const Profile *profile = app_profile(editor->view.app);
    for (guint i = 0; i < editor->queue->len; i++) {
        const char *sql = g_ptr_array_index(editor->queue, i);
        SqlLexer lexer = sql_lexer(sql, -1);
        SqlToken token;
        if (sql_classify(sql, strlen(sql)) != SQL_DESTRUCTIVE || !sql_next(&lexer, &token))
            continue;
        return profile->production ? g_strdup(profile->name) : sql_token_value(&lexer, &token);
    }
    return NULL;
}

static gboolean accept_word(View *owner, const char *text, char **complaint)
{
    EditorView *editor = editor_view_of(owner);
    g_autofree char *word = word_to_type(editor);
    if (g_strcmp0(text, word) != 0) {
        *complaint = g_strdup_printf("that is not %s: nothing was run", word);
        return FALSE;
    }
    run_next(editor);
    return TRUE;
}

static void ask_for_word(EditorView *editor, const char *word)
{
    g_autofree char *label = g_strdup_printf(
        "This cannot be undone%s: type %s to run it",
        app_profile(editor->view.app)->production ? " and the profile is PRODUCTION" : "", word);
    PromptOptions options = {.label = label, .accept = accept_word};
    app_open(editor->view.app, prompt_view_new(editor->view.app, &editor->view, &options));
}

static void ask_or_run(EditorView *editor)
{
    if (editor->asking->len > 0) {
        ask_for_value(editor, g_ptr_array_index(editor->asking, 0));
        return;
    }
    g_autofree char *word = word_to_type(editor);
    if (word != NULL)
        ask_for_word(editor, word);
    else
        run_next(editor);
}

/* A read-only profile refuses what writes below the screens as well; here it is said at once. */
static gboolean is_allowed(const EditorView *editor)
{
    const Profile *profile = app_profile(editor->view.app);
    for (guint i = 0; profile->read_only && i < editor->queue->len; i++) {
        const char *sql = g_ptr_array_index(editor->queue, i);
        SqlClass class = sql_classify(sql, strlen(sql));
        if (class == SQL_READS || class == SQL_SESSION)
            continue;
        app_message(editor->view.app, MESSAGE_ERROR,
                    "Profile \"%s\" is read_only and statement %u writes; nothing was run",
                    profile->name, i + 1);
        return FALSE;
    }
    return TRUE;
}

static GPtrArray *statements_of(const char *sql)
{
    GPtrArray *statements = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GArray) spans = sql_split(sql, strlen(sql));
    for (guint i = 0; i < spans->len; i++) {
        SqlSpan span = g_array_index(spans, SqlSpan, i);
        g_ptr_array_add(statements, g_strndup(sql + span.start, span.length));
    }
    return statements;
}

void editor_run_text(EditorView *editor, const char *sql)
{
    if (result_pane_is_busy(editor->result)) {
        app_message(editor->view.app, MESSAGE_INFO, "A statement runs; Ctrl-C cancels it");
        return;
    }
    g_clear_pointer(&editor->queue, g_ptr_array_unref);
    g_clear_pointer(&editor->asking, g_ptr_array_unref);
    editor->queue = statements_of(sql);
    editor->asking = sql_parameter_names(sql);
    editor->next = 0;
    editor->total = editor->queue->len;
    if (editor->total == 0)
        app_message(editor->view.app, MESSAGE_INFO, "There is no statement here");
    else if (is_allowed(editor))
        ask_or_run(editor);
    else
        editor->total = 0;
}
