#include <string.h>

#include "ui/app.h"
#include "ui/views/browse.h"
#include "ui/views/views.h"

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
    gboolean is_null;
    g_autofree char *cell = data_pane_cell(data_of(view), &is_null);
    if (cell == NULL)
        return done();
    Pager *pager = pager_new(TRUE);
    g_autofree char *bytes = text_bytes(strlen(cell));
    g_autofree char *title =
        g_strdup_printf("%s, %s", data_pane_column_name(data_of(view)), is_null ? "NULL" : bytes);
    if (is_null)
        pager_add(pager, ROLE_NULL, "∅  NULL: no value");
    else if (*cell == '\0')
        pager_add(pager, ROLE_NULL, "''  the empty string");
    else
        pager_add(pager, ROLE_TEXT, cell);
    return consequence_push(text_view_new(view->app, title, pager, "the value"));
}

static Consequence view_record(View *view, const char *argument)
{
    Pager *pager = data_pane_record(data_of(view));
    if (pager == NULL)
        return done();
    return consequence_push(text_view_new(view->app, "Row", pager, "the row"));
}

static Consequence copy_cell(View *view, const char *argument)
{
    gboolean is_null;
    g_autofree char *cell = data_pane_cell(data_of(view), &is_null);
    if (cell != NULL && is_null)
        app_message(view->app, MESSAGE_INFO, "The cell is NULL: nothing was copied");
    else if (cell != NULL)
        app_copy(view->app, "the cell", cell);
    return done();
}

static Consequence copy_sql(View *view, const char *argument)
{
    g_autofree char *sql = data_pane_sql(data_of(view));
    if (sql != NULL)
        app_copy(view->app, "the SQL", sql);
    return done();
}

static Consequence view_sql(View *view, const char *argument)
{
    g_autofree char *sql = data_pane_sql(data_of(view));
    if (sql == NULL)
        return done();
    Pager *pager = pager_new(TRUE);
    pager_add(pager, ROLE_SQL, sql);
    return consequence_push(text_view_new(view->app, "SQL of these rows", pager, "the SQL"));
}

static void find(View *view, const char *text, gboolean forward)
{
    if (!data_pane_search(data_of(view), text, forward))
        app_message(view->app, MESSAGE_INFO,
                    "Not found in the rows that are here; F asks the server");
}

static gboolean find_accept(View *owner, const char *text, char **complaint)
{
    if (*text != '\0')
        find(owner, text, TRUE);
    else
        data_pane_search(data_of(owner), "", TRUE);
    return TRUE;
}

static Consequence find_prompt(View *view, const char *argument)
{
    static const PromptOptions options = {
        .label = "find in the rows that are here", .history = "find", .accept = find_accept};
    if (argument != NULL) {
        find(view, argument, TRUE);
        return done();
    }
    return consequence_push(prompt_view_new(view->app, view, &options));
}

static Consequence find_next(View *view, const char *argument)
{
    find(view, NULL, TRUE);
    return done();
}

static Consequence find_previous(View *view, const char *argument)
{
    find(view, NULL, FALSE);
    return done();
}

static Consequence forget_search(View *view, const char *argument)
{
    data_pane_search(data_of(view), "", TRUE);
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
    {"grid.forget-search", "grid", "Esc", "forget", "forget the search", ACTION_HIDDEN,
     forget_search},
    {"grid.cell", "grid", "Enter", "cell", "show the whole value of the cell", ACTION_NEEDS_ROW,
     view_cell},
    {"grid.record", "grid", "v", "row", "show the row, a column on each line", ACTION_NEEDS_ROW,
     view_record},
    {"grid.copy", "grid", "y", "copy", "copy the cell to the clipboard",
     ACTION_NEEDS_ROW | ACTION_HIDDEN, copy_cell},
    {"grid.copy-sql", "grid", "Y", "copy SQL", "copy the SQL of these rows",
     ACTION_NEEDS_RELATION | ACTION_HIDDEN, copy_sql},
    {"grid.sql", "grid", "S", "SQL", "show the SQL of these rows",
     ACTION_NEEDS_RELATION | ACTION_HIDDEN, view_sql},
    {"grid.read-all", "grid", "A", "all rows", "read all rows, whatever the cap",
     ACTION_NEEDS_RELATION | ACTION_HIDDEN, read_all},
    {"grid.run", "grid", "r", "run again", "ask the server again",
     ACTION_NEEDS_RELATION | ACTION_HIDDEN, run_again},
    {"grid.freeze", "grid", "z0 z1 z2 z3 z4 z5 z6 z7 z8 z9 zz", "freeze",
     "keep the first columns in sight: as many as the digit, or up to here with z",
     ACTION_KEY_ARGUMENT | ACTION_HIDDEN, freeze},
    {"grid.fit", "grid", "_", "fit", "show the column at its full width", ACTION_HIDDEN, fit},
    {0},
};
