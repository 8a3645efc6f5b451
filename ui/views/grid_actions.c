#include "ui/app.h"
#include "ui/views/browse.h"
#include "ui/views/cell_view.h"
#include "ui/views/grid_copy.h"
#include "ui/views/record_view.h"
#include "ui/views/views.h"

enum { RESIZE_STEP = 4 };

static DataPane *data_of(View *view)
{
    return ((BrowseView *)view)->data;
}

static Consequence done(void)
{
    return consequence(CONSEQUENCE_DONE);
}

static Consequence filter_cell(View *view, const char *argument)
{
    data_pane_filter_by_cell(data_of(view), FALSE);
    return done();
}

static Consequence filter_without(View *view, const char *argument)
{
    data_pane_filter_by_cell(data_of(view), TRUE);
    return done();
}

static char *filter_hint(View *owner, const char *text, gboolean *bad)
{
    g_autoptr(GError) error = NULL;
    char *sql = NULL;
    if (*text == '\0')
        return g_strdup("column, operator, value: qtysold >= 4   name contains 'Rock'   x is null");
    *bad = !data_pane_filter(data_of(owner), text, FALSE, &sql, &error);
    return *bad ? g_strdup(error->message) : sql;
}

static gboolean filter_accept(View *owner, const char *text, char **complaint)
{
    g_autoptr(GError) error = NULL;
    if (*text == '\0' || data_pane_filter(data_of(owner), text, TRUE, NULL, &error))
        return TRUE;
    *complaint = g_strdup(error->message);
    return FALSE;
}

static Consequence filter_prompt(View *view, const char *argument)
{
    if (argument != NULL) {
        g_autofree char *complaint = NULL;
        if (!filter_accept(view, argument, &complaint))
            app_message(view->app, MESSAGE_ERROR, "%s", complaint);
        return done();
    }
    const PromptOptions options = {.label = "where",
                                   .history = "filter",
                                   .insert = data_pane_column_name(data_of(view)),
                                   .hint_rows = 3,
                                   .hint = filter_hint,
                                   .accept = filter_accept};
    return consequence_push(prompt_view_new(view->app, view, &options));
}

static void drop(View *view, gboolean all)
{
    if (!data_pane_drop_filter(data_of(view), all))
        app_message(view->app, MESSAGE_INFO, "There is no filter");
}

static Consequence drop_last(View *view, const char *argument)
{
    drop(view, FALSE);
    return done();
}

static Consequence drop_all(View *view, const char *argument)
{
    drop(view, TRUE);
    return done();
}

static Consequence sort(View *view, const char *argument)
{
    data_pane_sort(data_of(view));
    return done();
}

static Consequence count(View *view, const char *argument)
{
    data_pane_count(data_of(view));
    return done();
}

static Consequence read_all(View *view, const char *argument)
{
    data_pane_read_all(data_of(view));
    app_message(view->app, MESSAGE_INFO, "Reading all rows; Ctrl-C stops");
    return done();
}

static Consequence run_again(View *view, const char *argument)
{
    data_pane_run(data_of(view));
    return done();
}

static Consequence freeze(View *view, const char *argument)
{
    data_pane_freeze(data_of(view), argument != NULL && *argument != 'z' ? argument : NULL);
    return done();
}

static Consequence fit(View *view, const char *argument)
{
    data_pane_fit(data_of(view));
    return done();
}

static Consequence view_cell(View *view, const char *argument)
{
    DataPane *data = data_of(view);
    DataValue value;
    if (!data_pane_value(data, data_pane_row(data), data_pane_current(data), &value))
        return done();
    return consequence_push(cell_view_new(view->app, &value));
}

static Consequence view_record(View *view, const char *argument)
{
    if (!data_pane_has_row(data_of(view)))
        return done();
    return consequence_push(record_view_new(view->app, view, data_of(view)));
}

static Consequence range(View *view, const char *argument)
{
    if (data_pane_toggle_range(data_of(view)))
        app_message(view->app, MESSAGE_INFO,
                    "A range begins here: move, then y copies it as text, C as you like");
    return done();
}

/* --- in the rows that are here --------------------------------------------------------------------*/

static gboolean find_accept(View *owner, const char *text, char **complaint)
{
    data_pane_search(data_of(owner), text, TRUE);
    return TRUE;
}

static Consequence find_prompt(View *view, const char *argument)
{
    static const PromptOptions options = {
        .label = "find in the rows that are here", .history = "find", .accept = find_accept};
    if (argument != NULL) {
        data_pane_search(data_of(view), argument, TRUE);
        return done();
    }
    return consequence_push(prompt_view_new(view->app, view, &options));
}

static Consequence find_next(View *view, const char *argument)
{
    data_pane_search(data_of(view), NULL, TRUE);
    return done();
}

static Consequence find_previous(View *view, const char *argument)
{
    data_pane_search(data_of(view), NULL, FALSE);
    return done();
}

/* The last thing that was begun ends first: the range, the search, the local filter. */
static Consequence forget(View *view, const char *argument)
{
    DataPane *data = data_of(view);
    if (data_pane_has_range(data))
        data_pane_toggle_range(data);
    else if (!data_pane_forget_search(data) && data_pane_has_only(data))
        data_pane_show_only(data, "");
    return done();
}

static gboolean only_accept(View *owner, const char *text, char **complaint)
{
    data_pane_show_only(data_of(owner), text);
    return TRUE;
}

static Consequence only_prompt(View *view, const char *argument)
{
    static const PromptOptions options = {
        .label = "only rows here that hold", .history = "only", .accept = only_accept};
    if (argument != NULL) {
        data_pane_show_only(data_of(view), argument);
        return done();
    }
    return consequence_push(prompt_view_new(view->app, view, &options));
}

static gboolean row_accept(View *owner, const char *text, char **complaint)
{
    guint64 number;
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    g_autofree char *digits = g_strjoinv("", parts);
    if (!g_ascii_string_to_unsigned(g_strstrip(digits), 10, 1, G_MAXUINT64, &number, NULL)) {
        *complaint = g_strdup("A row's number, from 1 on");
        return FALSE;
    }
    if (!data_pane_go_to_row(data_of(owner), number))
        app_message(owner->app, MESSAGE_INFO, "Row %s is not here; this is the last one", text);
    return TRUE;
}

static Consequence row_prompt(View *view, const char *argument)
{
    static const PromptOptions options = {.label = "go to row", .accept = row_accept};
    g_autofree char *complaint = NULL;
    if (argument == NULL)
        return consequence_push(prompt_view_new(view->app, view, &options));
    if (!row_accept(view, argument, &complaint))
        app_message(view->app, MESSAGE_ERROR, "%s", complaint);
    return done();
}

/* From the palette a mark has no key to name it. */
static gboolean is_mark(View *view, const char *argument)
{
    if (argument != NULL && *argument >= '1' && *argument <= '9')
        return TRUE;
    app_message(view->app, MESSAGE_INFO, "A mark is a digit from 1 to 9");
    return FALSE;
}

static Consequence set_mark(View *view, const char *argument)
{
    if (!is_mark(view, argument))
        return done();
    data_pane_set_mark(data_of(view), (guint)(*argument - '1'));
    return done();
}

static Consequence go_to_mark(View *view, const char *argument)
{
    if (is_mark(view, argument) && !data_pane_go_to_mark(data_of(view), (guint)(*argument - '1')))
        app_message(view->app, MESSAGE_INFO, "Mark %s is not set on a row that is shown", argument);
    return done();
}

/* --- columns --------------------------------------------------------------------------------------*/

static char *column_hint(View *owner, const char *text, gboolean *bad)
{
    return data_pane_columns_like(data_of(owner), text);
}

static gboolean column_accept(View *owner, const char *text, char **complaint)
{
    if (*text == '\0' || data_pane_go_to_column(data_of(owner), text))
        return TRUE;
    *complaint = g_strdup("No column that is shown is called like that; zs shows hidden ones");
    return FALSE;
}

static Consequence column_prompt(View *view, const char *argument)
{
    static const PromptOptions options = {.label = "go to column",
                                          .history = "column",
                                          .hint_rows = 3,
                                          .hint = column_hint,
                                          .accept = column_accept};
    g_autofree char *complaint = NULL;
    if (argument == NULL)
        return consequence_push(prompt_view_new(view->app, view, &options));
    if (!column_accept(view, argument, &complaint))
        app_message(view->app, MESSAGE_ERROR, "%s", complaint);
    return done();
}

static Consequence hide(View *view, const char *argument)
{
    const char *name = data_pane_column_name(data_of(view));
    g_autofree char *hidden = g_strdup(name);
    if (data_pane_hide(data_of(view)))
        app_message(view->app, MESSAGE_INFO, "%s is hidden; zs shows all columns", hidden);
    else
        app_message(view->app, MESSAGE_INFO, "The last column stays");
    return done();
}

static Consequence show_columns(View *view, const char *argument)
{
    guint hidden = data_pane_show_all(data_of(view));
    app_message(view->app, MESSAGE_INFO,
                hidden > 0 ? "%u hidden columns are shown again" : "No column is hidden", hidden);
    return done();
}

static Consequence column_left(View *view, const char *argument)
{
    data_pane_move_column(data_of(view), -1);
    return done();
}

static Consequence column_right(View *view, const char *argument)
{
    data_pane_move_column(data_of(view), 1);
    return done();
}

static Consequence narrower(View *view, const char *argument)
{
    data_pane_resize(data_of(view), -RESIZE_STEP);
    return done();
}

static Consequence wider(View *view, const char *argument)
{
    data_pane_resize(data_of(view), RESIZE_STEP);
    return done();
}

static Consequence fit_all(View *view, const char *argument)
{
    data_pane_fit_all(data_of(view));
    return done();
}

const Action grid_actions[] = {
    {"grid.filter-cell", "grid", "f", "filter by cell", "keep rows with this cell's value",
     ACTION_NEEDS_ROW, filter_cell},
    {"grid.filter", "grid", "F", "filter", "filter by a condition, with the SQL shown",
     ACTION_NEEDS_RELATION, filter_prompt},
    {"grid.filter-without", "grid", "-", "without", "drop rows with this cell's value",
     ACTION_NEEDS_ROW | ACTION_HIDDEN, filter_without},
    {"grid.unfilter", "grid", "x", "unfilter", "take the last filter away",
     ACTION_NEEDS_RELATION | ACTION_HIDDEN, drop_last},
    {"grid.unfilter-all", "grid", "X", "no filter", "take all filters away",
     ACTION_NEEDS_RELATION | ACTION_HIDDEN, drop_all},
    {"grid.sort", "grid", "s", "sort", "sort by this column on the server: up, down, as it was",
     ACTION_NEEDS_RELATION, sort},
    {"grid.count", "grid", "c", "count", "count the rows on the server", ACTION_NEEDS_RELATION,
     count},
    {"grid.find", "grid", "/", "find", "find a text in the rows that are here",
     ACTION_NEEDS_RELATION, find_prompt},
    {"grid.find-next", "grid", "n", "next", "go to the next place it was found", ACTION_HIDDEN,
     find_next},
    {"grid.find-previous", "grid", "N", "previous", "go to the one before", ACTION_HIDDEN,
     find_previous},
    {"grid.forget-search", "grid", "Esc", "forget",
     "end the range, forget the search, or take the local filter away", ACTION_HIDDEN, forget},
    {"grid.only", "grid", "&", "only", "show only rows here that hold a text, or column: text",
     ACTION_NEEDS_RELATION | ACTION_HIDDEN, only_prompt},
    {"grid.go-to-row", "grid", "#", "row number", "go to a row by its number",
     ACTION_NEEDS_ROW | ACTION_HIDDEN, row_prompt},
    {"grid.mark", "grid", "M1 M2 M3 M4 M5 M6 M7 M8 M9", "mark",
     "mark the row with the digit, or take that mark away",
     ACTION_NEEDS_ROW | ACTION_KEY_ARGUMENT | ACTION_HIDDEN, set_mark},
    {"grid.go-to-mark", "grid", "'1 '2 '3 '4 '5 '6 '7 '8 '9", "to mark",
     "go to the row with that mark", ACTION_NEEDS_ROW | ACTION_KEY_ARGUMENT | ACTION_HIDDEN,
     go_to_mark},
    {"grid.cell", "grid", "Enter", "cell", "show the whole value of the cell", ACTION_NEEDS_ROW,
     view_cell},
    {"grid.record", "grid", "v", "row", "show the row, a column on each line", ACTION_NEEDS_ROW,
     view_record},
    {"grid.copy", "grid", "y", "copy", "copy the cell, or the range, to the clipboard",
     ACTION_NEEDS_ROW | ACTION_HIDDEN, grid_copy_cell},
    {"grid.copy-as", "grid", "C", "copy as",
     "copy a cell, row, column, range, page or all as text, CSV, JSON, INSERT, Markdown; or to a "
     "file",
     ACTION_NEEDS_ROW | ACTION_HIDDEN, grid_copy},
    {"grid.range", "grid", "V", "range", "begin or end a range of cells",
     ACTION_NEEDS_ROW | ACTION_HIDDEN, range},
    {"grid.export", "grid", "O", "export", "write the rows of this query to a file, without S3",
     ACTION_NEEDS_RELATION, grid_export},
    {"grid.copy-sql", "grid", "Y", "copy SQL", "copy the SQL of these rows",
     ACTION_NEEDS_RELATION | ACTION_HIDDEN, grid_copy_sql},
    {"grid.sql", "grid", "S", "SQL", "show the SQL of these rows",
     ACTION_NEEDS_RELATION | ACTION_HIDDEN, grid_view_sql},
    {"grid.read-all", "grid", "A", "all rows", "read all rows, whatever the cap",
     ACTION_NEEDS_RELATION | ACTION_HIDDEN, read_all},
    {"grid.run", "grid", "r", "run again", "ask the server again",
     ACTION_NEEDS_RELATION | ACTION_HIDDEN, run_again},
    {"grid.freeze", "grid", "z0 z1 z2 z3 z4 z5 z6 z7 z8 z9 zz", "freeze",
     "keep the first columns in sight: as many as the digit, or up to here with z",
     ACTION_KEY_ARGUMENT | ACTION_HIDDEN, freeze},
    {"grid.fit", "grid", "_", "fit", "show the column at its full width", ACTION_HIDDEN, fit},
    {"grid.fit-all", "grid", "zf", "fit all", "show every column at its full width, or none",
     ACTION_HIDDEN, fit_all},
    {"grid.narrower", "grid", "(", "narrower", "make the column narrower", ACTION_HIDDEN, narrower},
    {"grid.wider", "grid", ")", "wider", "make the column wider", ACTION_HIDDEN, wider},
    {"grid.column-left", "grid", "<", "column left", "move the column to the left", ACTION_HIDDEN,
     column_left},
    {"grid.column-right", "grid", ">", "column right", "move the column to the right",
     ACTION_HIDDEN, column_right},
    {"grid.hide", "grid", "zh", "hide", "hide the column", ACTION_HIDDEN, hide},
    {"grid.show-columns", "grid", "zs", "show all", "show hidden columns again", ACTION_HIDDEN,
     show_columns},
    {"grid.find-column", "grid", "@", "find column", "go to a column by its name",
     ACTION_NEEDS_RELATION | ACTION_HIDDEN, column_prompt},
    {0},
};
