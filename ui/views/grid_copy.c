#include "ui/views/grid_copy.h"

#include "base/error.h"
#include "job/export_file.h"
#include "ui/app.h"
#include "ui/views/browse.h"
#include "ui/views/export_form.h"
#include "ui/views/views.h"

enum {
    CLIPBOARD_BYTES = 74000, /* what terminals commonly take: ui/terminal.h */
    FILE_BYTES = 16 << 20,   /* of a copy: more is an export's business */
    HINT_BYTES = 4096,
};

static DataPane *data_of(View *view)
{
    return ((BrowseView *)view)->data;
}

static Consequence done(void)
{
    return consequence(CONSEQUENCE_DONE);
}

typedef struct {
    View *view; /* held by the task */
    char *path, *text;
    guint64 rows;
} CopyFile;

static void copy_file_free(gpointer data)
{
    CopyFile *copy = data;
    g_free(copy->path);
    g_free(copy->text);
    g_free(copy);
}

static gboolean write_copy(gpointer data, GCancellable *cancellable, GError **error)
{
    CopyFile *copy = data;
    CodecKind codec = CODEC_NONE;
    RowFormat format;
    row_format_from_path(copy->path, &format, &codec); /* only compression is the name's to say */
    g_autoptr(ExportFile) file = export_file_new(copy->path, codec, FALSE, error);
    if (file == NULL)
        return FALSE;
    g_autoptr(GString) block = g_string_new(copy->text);
    if (block->len > 0 && block->str[block->len - 1] != '\n')
        g_string_append_c(block, '\n');
    return export_file_write(file, block, error) && export_file_publish(file, NULL, error);
}

static void copy_written(gpointer data, TaskOutcome outcome, const GError *error)
{
    CopyFile *copy = data;
    g_autofree char *rows = text_count(copy->rows);
    if (outcome == TASK_DONE)
        app_message(copy->view->app, MESSAGE_GOOD, "Copied %s row%s to %s", rows,
                    copy->rows == 1 ? "" : "s", copy->path);
    else if (error != NULL)
        app_message_error(copy->view->app, error);
}

/* The request as it was typed. FALSE with *complaint set when it cannot be. */
static gboolean copy_as(View *view, const char *words, char **complaint)
{
    g_auto(CopyRequest) request = {0};
    g_autoptr(GError) error = NULL;
    guint64 rows = 0;
    g_autofree char *text = NULL;
    if (copy_request_parse(&request, words, &error))
        text = data_pane_copy(data_of(view), &request,
                              request.path != NULL ? FILE_BYTES : CLIPBOARD_BYTES, &rows, &error);
    if (text == NULL) {
        *complaint = g_strdup(error->message);
        return FALSE;
    }
    if (request.path == NULL) {
        app_copy(view->app, words, text);
        return TRUE;
    }
    CopyFile *copy = g_new0(CopyFile, 1);
    *copy = (CopyFile){.view = view,
                       .path = g_steal_pointer(&request.path),
                       .text = g_steal_pointer(&text),
                       .rows = rows};
    view_submit(view, "copy to a file", write_copy, copy_written, copy, copy_file_free, NULL);
    return TRUE;
}

static gboolean copy_accept(View *owner, const char *text, char **complaint)
{
    return copy_as(owner, text, complaint);
}

/* The first lines of what would be copied. */
static char *copy_hint(View *owner, const char *text, gboolean *bad)
{
    g_auto(CopyRequest) request = {0};
    g_autoptr(GError) error = NULL;
    guint64 rows;
    if (*text == '\0')
        return g_strdup("cell row column range page all, then text csv tsv json jsonl psql insert "
                        "markdown; bare: without names; to FILE");
    if (!copy_request_parse(&request, text, &error)) {
        *bad = TRUE;
        return g_strdup(error->message);
    }
    char *copied = data_pane_copy(data_of(owner), &request, HINT_BYTES, &rows, &error);
    if (copied != NULL || g_error_matches(error, RS_ERROR, RS_ERROR_LIMIT))
        return copied != NULL ? copied : g_strdup("more than is shown here");
    *bad = TRUE;
    return g_strdup(error->message);
}

Consequence grid_copy(View *view, const char *argument)
{
    if (argument != NULL) {
        g_autofree char *complaint = NULL;
        if (!copy_as(view, argument, &complaint))
            app_message(view->app, MESSAGE_ERROR, "%s", complaint);
        return done();
    }
    const PromptOptions options = {.label = "copy",
                                   .history = "copy",
                                   .initial =
                                       data_pane_has_range(data_of(view)) ? "range csv" : "row csv",
                                   .hint_rows = 4,
                                   .hint = copy_hint,
                                   .accept = copy_accept};
    return consequence_push(prompt_view_new(view->app, view, &options));
}

Consequence grid_copy_cell(View *view, const char *argument)
{
    DataPane *data = data_of(view);
    DataValue value;
    g_autofree char *complaint = NULL;
    if (data_pane_has_range(data)) {
        if (!copy_as(view, "range text", &complaint))
            app_message(view->app, MESSAGE_ERROR, "%s", complaint);
        return done();
    }
    if (!data_pane_value(data, data_pane_row(data), data_pane_current(data), &value))
        return done();
    g_autofree char *text = g_strndup(value.bytes, value.length);
    if (value.is_null)
        app_message(view->app, MESSAGE_INFO, "The cell is NULL: nothing was copied");
    else
        app_copy(view->app, "the cell", text);
    return done();
}

Consequence grid_export(View *view, const char *argument)
{
    const SqlQuery *query = data_pane_query(data_of(view));
    return query != NULL ? consequence_push(export_form_new(view->app, query)) : done();
}

Consequence grid_copy_sql(View *view, const char *argument)
{
    g_autofree char *sql = data_pane_sql(data_of(view));
    if (sql != NULL)
        app_copy(view->app, "the SQL", sql);
    return done();
}

Consequence grid_view_sql(View *view, const char *argument)
{
    g_autofree char *sql = data_pane_sql(data_of(view));
    if (sql == NULL)
        return done();
    Pager *pager = pager_new(TRUE);
    pager_add(pager, ROLE_SQL, sql);
    return consequence_push(text_view_new(view->app, "SQL of these rows", pager, "the SQL"));
}
