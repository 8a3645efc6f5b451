#include "ui/views/editor_view.h"

#include <string.h>

#include "base/error.h"
#include "ui/app.h"
#include "ui/views/views.h"

/* --- the view's functions -----------------------------------------------------------------------*/

static const char *const *contexts(const View *view)
{
    static const char *const text[] = {"editor-text", "editor", "global", NULL};
    static const char *const rows[] = {"editor-rows", "editor", "move", "global", NULL};
    return ((const EditorView *)view)->on_rows ? rows : text;
}

static guint has(const View *view)
{
    const EditorView *editor = (const EditorView *)view;
    return (result_pane_has_row(editor->result) ? VIEW_HAS_ROW : 0) |
           (editor->on_rows ? 0 : VIEW_TAKES_TEXT);
}

static void move(View *view, Movement movement)
{
    result_pane_move(editor_view_of(view)->result, movement);
}

static Consequence key(View *view, Key key_pressed)
{
    EditorView *editor = editor_view_of(view);
    if (editor->on_rows || !editor_key(editor->editor, key_pressed))
        return consequence(CONSEQUENCE_NONE);
    view_touch(view, EDITOR_TEXT);
    return consequence(CONSEQUENCE_DONE);
}

static Consequence paste(View *view, const char *text)
{
    EditorView *editor = editor_view_of(view);
    editor->on_rows = FALSE;
    editor_paste(editor->editor, text);
    view_touch(view, ~0u);
    return consequence(CONSEQUENCE_DONE);
}

static void draw_title(const EditorView *editor, const Canvas *canvas, int y, const char *title,
                       const char *right, gboolean focused)
{
    draw_rule(canvas, y, 0, canvas->rect.columns, title, focused);
    int x = canvas->rect.columns - text_width(right) - 4;
    if (*right != '\0' && x > text_width(title) + 4) {
        g_autofree char *padded = g_strdup_printf(" %s ", right);
        draw_words(canvas, y, x, ROLE_HINT, padded);
    }
}

/* A third for the text while rows are there, but never less than it needs up to a half. */
static int text_rows(const EditorView *editor, int rows)
{
    int lines = 1;
    for (const char *at = editor_text(editor->editor); *at != '\0'; at++)
        lines += *at == '\n';
    return CLAMP(lines, MIN(5, rows / 2), MAX(rows / 2, 1));
}

static void draw(View *view, Canvas *canvas, guint stale)
{
    EditorView *editor = editor_view_of(view);
    Rect rect = canvas->rect;
    int height = text_rows(editor, rect.rows - 2);
    Canvas text = canvas_part(canvas, (Rect){rect.y + 1, rect.x, height, rect.columns});
    Canvas rows = canvas_part(
        canvas, (Rect){rect.y + 2 + height, rect.x, rect.rows - 2 - height, rect.columns});
    g_autofree char *position = editor_position(editor->editor);
    g_autofree char *progress =
        editor->total > 1 ? g_strdup_printf("statement %u of %u", editor->next, editor->total)
                          : g_strdup("");
    draw_title(editor, canvas, 0, "SQL", position, !editor->on_rows);
    draw_title(editor, canvas, 1 + height, "Rows", progress, editor->on_rows);
    result_pane_draw(editor->result, &rows, editor->on_rows);
    editor_draw(editor->editor, &text, !editor->on_rows);
    app_set_draft(view->app, editor_text(editor->editor)); /* however the view may end */
}

static void free_view(View *view)
{
    EditorView *editor = editor_view_of(view);
    editor_free(editor->editor);
    result_pane_free(editor->result);
    g_clear_pointer(&editor->queue, g_ptr_array_unref);
    g_clear_pointer(&editor->asking, g_ptr_array_unref);
    g_hash_table_unref(editor->values);
    g_hash_table_unref(editor->columns);
    g_free(editor->running);
}

static const ViewClass editor_class = {
    .name = "editor",
    .draw = draw,
    .contexts = contexts,
    .key = key,
    .paste = paste,
    .move = move,
    .has = has,
    .free = free_view,
};

static void result_changed(gpointer user)
{
    editor_run_changed(user);
}

View *editor_view_new(App *app, const char *sql)
{
    EditorView *editor = view_new(app, &editor_class, sizeof(EditorView));
    editor->editor = editor_new(app_draft(app));
    if (sql != NULL && strcmp(sql, app_draft(app)) != 0)
        editor_set_text(editor->editor, sql); /* a step: undo brings the draft back */
    editor->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    editor->columns =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
    editor->result = result_pane_new(&editor->view, EDITOR_ROWS, result_changed, editor);
    return &editor->view;
}

/* --- actions ------------------------------------------------------------------------------------*/

static Consequence run_here(View *view, const char *argument)
{
    EditorView *editor = editor_view_of(view);
    const char *text = editor_text(editor->editor);
    gsize start, length;
    SqlSpan span;
    g_autofree char *sql = NULL;
    if (editor_selection(editor->editor, &start, &length))
        sql = g_strndup(text + start, length);
    else if (editor_statement(editor->editor, &span))
        sql = g_strndup(text + span.start, span.length);
    if (sql == NULL)
        app_message(view->app, MESSAGE_INFO, "There is no statement here");
    else
        editor_run_text(editor, sql);
    return consequence(CONSEQUENCE_DONE);
}

static Consequence run_all(View *view, const char *argument)
{
    editor_run_text(editor_view_of(view), editor_text(editor_view_of(view)->editor));
    return consequence(CONSEQUENCE_DONE);
}

static Consequence stop(View *view, const char *argument)
{
    EditorView *editor = editor_view_of(view);
    if (result_pane_is_busy(editor->result))
        editor_run_stop(editor);
    else
        app_message(view->app, MESSAGE_INFO, "Nothing runs here");
    return consequence(CONSEQUENCE_DONE);
}

static Consequence explain(View *view, const char *argument)
{
    EditorView *editor = editor_view_of(view);
    SqlSpan span;
    if (!editor_statement(editor->editor, &span)) {
        app_message(view->app, MESSAGE_INFO, "There is no statement here");
        return consequence(CONSEQUENCE_DONE);
    }
    g_autofree char *sql = g_strndup(editor_text(editor->editor) + span.start, span.length);
    return consequence_push(explain_view_new(view->app, sql));
}

static Consequence undo(View *view, const char *argument)
{
    if (!editor_undo(editor_view_of(view)->editor))
        app_message(view->app, MESSAGE_INFO, "Nothing left to take back");
    return consequence(CONSEQUENCE_REDRAW);
}

static Consequence redo(View *view, const char *argument)
{
    if (!editor_redo(editor_view_of(view)->editor))
        app_message(view->app, MESSAGE_INFO, "Nothing left to do again");
    return consequence(CONSEQUENCE_REDRAW);
}

static Consequence mark(View *view, const char *argument)
{
    editor_toggle_mark(editor_view_of(view)->editor);
    return consequence(CONSEQUENCE_REDRAW);
}

static Consequence comment(View *view, const char *argument)
{
    editor_toggle_comment(editor_view_of(view)->editor);
    return consequence(CONSEQUENCE_REDRAW);
}

static Consequence bracket(View *view, const char *argument)
{
    if (!editor_to_bracket(editor_view_of(view)->editor))
        app_message(view->app, MESSAGE_INFO, "No bracket belongs to this place");
    return consequence(CONSEQUENCE_REDRAW);
}

static Consequence edit_outside(View *view, const char *argument)
{
    EditorView *editor = editor_view_of(view);
    g_autoptr(GError) error = NULL;
    g_autofree char *edited = app_edit_outside(view->app, editor_text(editor->editor), &error);
    if (edited == NULL) {
        app_message_error(view->app, error);
        return consequence(CONSEQUENCE_REDRAW);
    }
    gsize length = strlen(edited);
    if (length > 0 && edited[length - 1] == '\n')
        edited[length - 1] = '\0'; /* editors end a file with a line end */
    if (!g_utf8_validate(edited, -1, NULL))
        app_message(view->app, MESSAGE_ERROR, "What was saved is not UTF-8 text; nothing changed");
    else if (strcmp(edited, editor_text(editor->editor)) != 0)
        editor_set_text(editor->editor, edited);
    return consequence(CONSEQUENCE_REDRAW);
}

static Consequence copy(View *view, const char *argument)
{
    const EditorView *editor = editor_view_of(view);
    gsize start = 0, length = strlen(editor_text(editor->editor));
    gboolean part = editor_selection(editor->editor, &start, &length);
    g_autofree char *text = g_strndup(editor_text(editor->editor) + start, length);
    app_copy(view->app, part ? "the selection" : "the text", text);
    return consequence(CONSEQUENCE_DONE);
}

static Consequence other_part(View *view, const char *argument)
{
    EditorView *editor = editor_view_of(view);
    editor->on_rows = !editor->on_rows;
    return consequence(CONSEQUENCE_REDRAW);
}

static Consequence roll_back(View *owner)
{
    app_close(owner->app, owner); /* its session ends, and the transaction with it */
    app_message(owner->app, MESSAGE_WARNING, "The transaction was rolled back");
    return consequence(CONSEQUENCE_DONE);
}

static Consequence leave(View *view, const char *argument)
{
    static const ConfirmChoice choices[] = {{'r', "roll back and leave", roll_back}, {0}};
    EditorView *editor = editor_view_of(view);
    app_set_draft(view->app, editor_text(editor->editor));
    if (!feed_in_transaction(result_pane_feed(editor->result)))
        return consequence(CONSEQUENCE_POP);
    return consequence_push(confirm_view_new(view->app, view,
                                             "A transaction is open here. To keep its changes go "
                                             "back and run COMMIT; leaving rolls it back.",
                                             choices));
}

static Consequence show_cell(View *view, const char *argument)
{
    EditorView *editor = editor_view_of(view);
    gboolean is_null = FALSE;
    g_autofree char *cell = result_pane_cell(editor->result, &is_null);
    Pager *pager = pager_new(TRUE);
    pager_add(pager, ROLE_TEXT, cell != NULL ? cell : app_settings(view->app)->null_marker);
    return consequence_push(text_view_new(view->app, "Value", pager, "the value"));
}

static Consequence show_record(View *view, const char *argument)
{
    Pager *pager = result_pane_record(editor_view_of(view)->result);
    return consequence_push(text_view_new(view->app, "Row", pager, "the row"));
}

static Consequence copy_cell(View *view, const char *argument)
{
    gboolean is_null = FALSE;
    g_autofree char *cell = result_pane_cell(editor_view_of(view)->result, &is_null);
    app_copy(view->app, "the cell", cell != NULL ? cell : "");
    return consequence(CONSEQUENCE_DONE);
}

static Consequence read_all(View *view, const char *argument)
{
    result_pane_read_all(editor_view_of(view)->result);
    return consequence(CONSEQUENCE_DONE);
}

const Action editor_actions[] = {
    {"editor.run", "editor", "F5 Ctrl-R", "run",
     "run the selection, or the statement at the cursor", ACTION_PLAIN, run_here},
    {"editor.run-all", "editor", "F6", "run all", "run all statements, one after the other",
     ACTION_PLAIN, run_all},
    {"editor.explain", "editor", "F7 Ctrl-X", "explain",
     "show the plan of the statement at the cursor as a tree", ACTION_PLAIN, explain},
    {"editor.other", "editor", "F8 Shift-Tab", "text/rows", "go between the text and the rows",
     ACTION_PLAIN, other_part},
    {"editor.history", "editor", "F9 Ctrl-P", "history",
     "choose among the statements that were run before", ACTION_PLAIN, editor_list_history},
    {"editor.save", "editor", "F2 Ctrl-S", "save", "save the text under a name", ACTION_PLAIN,
     editor_save_query},
    {"editor.open", "editor", "F3 Ctrl-O", "open", "open a saved text", ACTION_PLAIN,
     editor_list_saved},
    {"editor.outside", "editor", "F4 Ctrl-G", "$EDITOR", "edit the text in $VISUAL or $EDITOR",
     ACTION_PLAIN, edit_outside},
    {"editor.stop", "editor", "Ctrl-C", "cancel", "cancel what runs, on the server", ACTION_HIDDEN,
     stop},
    {"editor.complete", "editor-text", "Tab", "complete",
     "complete the word at the cursor from the catalog and SQL", ACTION_PLAIN, editor_complete},
    {"editor.undo", "editor-text", "Ctrl-_", "undo", "take the last change back", ACTION_HIDDEN,
     undo},
    {"editor.redo", "editor-text", "Ctrl-Y", "redo", "do again what was taken back", ACTION_HIDDEN,
     redo},
    {"editor.mark", "editor-text", "Ctrl-B", "select", "begin or drop a selection", ACTION_HIDDEN,
     mark},
    {"editor.comment", "editor-text", "Ctrl-T", "comment",
     "make the line or the selected lines a comment, or undo that", ACTION_HIDDEN, comment},
    {"editor.bracket", "editor-text", "Ctrl-]", "bracket",
     "go to the bracket that belongs to this one", ACTION_HIDDEN, bracket},
    {"editor.copy", "editor-text", "Ctrl-D", "copy", "copy the selection, or the whole text",
     ACTION_HIDDEN, copy},
    {"editor.leave", "editor", "Esc", "back", "leave the editor; its text is kept", ACTION_PLAIN,
     leave},
    {"editor.close", "editor-rows", "q", "back", "leave the editor; its text is kept",
     ACTION_HIDDEN, leave},
    {"editor.cell", "editor-rows", "Enter", "value", "show the whole value", ACTION_NEEDS_ROW,
     show_cell},
    {"editor.record", "editor-rows", "v", "row", "show the row, a column on each line",
     ACTION_NEEDS_ROW, show_record},
    {"editor.copy-cell", "editor-rows", "y", "copy", "copy the value", ACTION_NEEDS_ROW, copy_cell},
    {"editor.read-all", "editor-rows", "A", "read all", "read all rows, without a cap",
     ACTION_NEEDS_ROW, read_all},
    {0},
};
