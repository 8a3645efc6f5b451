#include "ui/views/data_pane.h"

#include <string.h>

#include "base/error.h"
#include "redshift/types.h"
#include "ui/app.h"
#include "ui/views/data_pane_private.h"
#include "ui/views/rows_cell.h"

enum {
    READ_AHEAD = 200, /* the next page is asked for when fewer rows than that lie ahead */
    FILTER_VALUE_MAX = 4096,
};

static const char NOTHING_OPEN[] = "No table or view is open: Enter on one in the catalog opens it";

/* --- the grid's model: the rowset, or those of its rows that the local filter leaves ----------------*/

guint data_pane_columns(const DataPane *pane)
{
    const RowSet *rows = feed_rows(pane->feed);
    return rows != NULL ? rowset_n_columns(rows) : 0;
}

guint64 data_pane_rows_here(const DataPane *pane)
{
    const RowSet *rows = feed_rows(pane->feed);
    return rows != NULL ? rowset_n_rows(rows) : 0;
}

guint64 data_pane_rows(const DataPane *pane)
{
    return pane->only != NULL ? row_filter_matches(pane->only) : data_pane_rows_here(pane);
}

guint64 data_pane_row_of(const DataPane *pane, guint64 row)
{
    return pane->only != NULL ? row_filter_row(pane->only, row) : row;
}

const ResultColumn *data_pane_column(const DataPane *pane, guint column)
{
    return rowset_column(feed_rows(pane->feed), column);
}

static guint model_columns(gpointer user)
{
    return data_pane_columns(user);
}

static guint64 model_rows(gpointer user)
{
    return data_pane_rows(user);
}

static const char *model_name(gpointer user, guint column)
{
    return data_pane_column(user, column)->name;
}

static gboolean model_is_number(gpointer user, guint column)
{
    return type_is_numeric(data_pane_column(user, column)->type_oid);
}

static GridCell model_cell(gpointer user, guint64 row, guint column, gsize limit, GString *text)
{
    DataPane *pane = user;
    return rows_cell_append(feed_rows(pane->feed), data_pane_row_of(pane, row), column, limit,
                            text);
}

static const GridModel model = {.n_columns = model_columns,
                                .n_rows = model_rows,
                                .name = model_name,
                                .is_number = model_is_number,
                                .cell = model_cell};

/* --- life ---------------------------------------------------------------------------------------*/

void data_pane_touch(DataPane *pane)
{
    view_touch(pane->view, pane->part);
}

static void on_feed_changed(gpointer user)
{
    data_pane_go_on_scan(user);
    data_pane_touch(user);
}

DataPane *data_pane_new(View *view, guint part)
{
    DataPane *pane = g_new0(DataPane, 1);
    pane->view = view;
    pane->part = part;
    pane->feed = feed_new(view, on_feed_changed, pane);
    pane->grid = grid_new(&model, pane);
    grid_set_marks(pane->grid, data_pane_mark_of);
    grid_set_markers(pane->grid, app_settings(view->app)->null_marker,
                     app_settings(view->app)->empty_marker);
    pane->counted = -1;
    return pane;
}

static void stop_counting(DataPane *pane)
{
    if (pane->count_cancellable != NULL)
        g_cancellable_cancel(pane->count_cancellable);
    g_clear_object(&pane->count_cancellable);
    pane->counting = FALSE;
    pane->counted = -1;
}

void data_pane_free(DataPane *pane)
{
    if (pane == NULL)
        return;
    stop_counting(pane);
    data_pane_stop_scan(pane);
    row_filter_free(pane->only);
    feed_free(pane->feed);
    grid_free(pane->grid);
    sql_query_free(pane->query);
    g_free(pane->search);
    g_free(pane);
}

static guint64 row_cap(const DataPane *pane)
{
    guint64 cap = app_options(pane->view->app)->row_cap;
    return cap > 0 ? cap : (guint64)app_settings(pane->view->app)->preview_rows;
}

void data_pane_show_sort(DataPane *pane)
{
    grid_set_sort(pane->grid, -1, FALSE);
    if (pane->query->orders->len == 0)
        return;
    const SqlOrder *order = g_ptr_array_index(pane->query->orders, 0);
    for (guint i = 0; i < model_columns(pane); i++)
        if (strcmp(model_name(pane, i), order->column) == 0)
            grid_set_sort(pane->grid, (int)i, order->descending);
}

/* FALSE, and said so, when nothing with rows is open. */
static gboolean has_query(const DataPane *pane)
{
    if (pane->query == NULL)
        app_message(pane->view->app, MESSAGE_INFO, "%s", NOTHING_OPEN);
    return pane->query != NULL;
}

void data_pane_run(DataPane *pane)
{
    if (!has_query(pane))
        return;
    g_autoptr(GError) error = NULL;
    g_autofree char *sql = sql_query_text(pane->query, &error);
    if (sql == NULL) {
        app_message_error(pane->view->app, error);
        return;
    }
    stop_counting(pane);
    data_pane_show_sort(pane);
    grid_rewind(pane->grid);
    data_pane_restart_scan(pane);
    feed_start(pane->feed, sql, row_cap(pane));
    data_pane_touch(pane);
}

void data_pane_open(DataPane *pane, const char *schema, const char *relation, gboolean limited)
{
    sql_query_free(pane->query);
    pane->query = sql_query_new(schema, relation);
    pane->limited = limited;
    if (limited)
        pane->query->limit = (gint64)row_cap(pane);
    g_clear_pointer(&pane->only, row_filter_free);
    grid_reset(pane->grid);
    data_pane_run(pane);
}

void data_pane_close(DataPane *pane)
{
    stop_counting(pane);
    g_clear_pointer(&pane->only, row_filter_free);
    data_pane_restart_scan(pane);
    feed_free(pane->feed);
    pane->feed = feed_new(pane->view, on_feed_changed, pane);
    g_clear_pointer(&pane->query, sql_query_free);
    pane->limited = FALSE;
    grid_reset(pane->grid);
    data_pane_touch(pane);
}

void data_pane_stop(DataPane *pane)
{
    feed_stop(pane->feed);
    data_pane_stop_scan(pane);
    grid_end_range(pane->grid);
    if (pane->counting)
        stop_counting(pane);
    data_pane_touch(pane);
}

void data_pane_read_all(DataPane *pane)
{
    if (!has_query(pane))
        return;
    if (pane->limited && pane->query->limit >= 0) {
        pane->query->limit = -1; /* asked for: another statement, without the bound */
        data_pane_run(pane);
    }
    feed_set_cap(pane->feed, 0);
    feed_want(pane->feed, G_MAXUINT64);
    data_pane_touch(pane);
}

void data_pane_set_query(DataPane *pane, SqlQuery *query)
{
    sql_query_free(pane->query);
    pane->query = query;
    grid_reset(pane->grid);
    data_pane_run(pane);
}

const SqlQuery *data_pane_query(const DataPane *pane)
{
    return pane->query;
}

gboolean data_pane_has_row(const DataPane *pane)
{
    return model_rows((gpointer)pane) > 0;
}

gboolean data_pane_is_waiting(const DataPane *pane)
{
    FeedState state = feed_state(pane->feed);
    return state == FEED_STARTING || state == FEED_READING || pane->counting;
}

void data_pane_read_ahead(DataPane *pane)
{
    if (grid_row(pane->grid) + READ_AHEAD > data_pane_rows(pane))
        feed_want(pane->feed, data_pane_rows_here(pane) + FEED_PAGE);
}

void data_pane_move(DataPane *pane, Movement movement)
{
    grid_move(pane->grid, movement);
    data_pane_read_ahead(pane);
    data_pane_touch(pane);
}

/* --- what is asked ------------------------------------------------------------------------------*/

static const char *current_column(const DataPane *pane)
{
    guint column = grid_column(pane->grid);
    return column < model_columns((gpointer)pane) ? model_name((gpointer)pane, column) : NULL;
}

const char *data_pane_column_name(const DataPane *pane)
{
    return current_column(pane);
}

void data_pane_sort(DataPane *pane)
{
    g_autofree char *column = g_strdup(current_column(pane));
    if (column == NULL)
        return;
    const SqlOrder *order =
        pane->query->orders->len > 0 ? g_ptr_array_index(pane->query->orders, 0) : NULL;
    gboolean same = order != NULL && strcmp(order->column, column) == 0;
    gboolean was_descending = same && order->descending;
    sql_query_clear_orders(pane->query);
    if (!same || !was_descending)
        sql_query_add_order(pane->query, column, same);
    data_pane_run(pane);
}

static gboolean cell_bytes(DataPane *pane, const char **bytes, gsize *length, gboolean *is_null)
{
    g_autoptr(GError) error = NULL;
    if (grid_row(pane->grid) >= data_pane_rows(pane))
        return FALSE;
    if (rowset_cell(feed_rows(pane->feed), data_pane_row_of(pane, grid_row(pane->grid)),
                    grid_column(pane->grid), bytes, length, is_null, &error))
        return TRUE;
    app_message_error(pane->view->app, error);
    return FALSE;
}

void data_pane_filter_by_cell(DataPane *pane, gboolean without)
{
    const char *bytes, *name = current_column(pane);
    gsize length;
    gboolean is_null;
    if (name == NULL || !cell_bytes(pane, &bytes, &length, &is_null))
        return;
    if (!is_null && (length > FILTER_VALUE_MAX || !g_utf8_validate(bytes, (gssize)length, NULL))) {
        app_message(pane->view->app, MESSAGE_WARNING,
                    "This value is too long or no UTF-8 text: F takes a condition of your own");
        return;
    }
    const ResultColumn *column = rowset_column(feed_rows(pane->feed), grid_column(pane->grid));
    SqlOperator operator= is_null ? (without ? SQL_OP_IS_NOT_NULL : SQL_OP_IS_NULL)
                                  : (without ? SQL_OP_NE : SQL_OP_EQ);
    sql_query_add_filter(pane->query, name, operator, & bytes, is_null ? 0 : 1,
                         type_value_kind(column->type_oid));
    data_pane_run(pane);
}

static gboolean kind_of(gpointer user, const char *name, SqlValueKind *kind)
{
    const RowSet *rows = feed_rows(((const DataPane *)user)->feed);
    for (guint i = 0; i < rowset_n_columns(rows); i++) {
        const ResultColumn *column = rowset_column(rows, i);
        if (strcmp(column->name, name) == 0) {
            *kind = type_value_kind(column->type_oid);
            return TRUE;
        }
    }
    return FALSE;
}

gboolean data_pane_filter(DataPane *pane, const char *text, gboolean run, char **sql,
                          GError **error)
{
    if (pane->query == NULL) {
        g_set_error_literal(error, RS_ERROR, RS_ERROR_USAGE, NOTHING_OPEN);
        return FALSE;
    }
    g_autoptr(SqlQuery) query = sql_query_copy(pane->query);
    if (!sql_query_parse_filter(query, text, feed_rows(pane->feed) != NULL ? kind_of : NULL, pane,
                                error))
        return FALSE;
    g_autofree char *made = sql_query_text(query, error);
    if (made == NULL)
        return FALSE;
    if (sql != NULL)
        *sql = g_steal_pointer(&made);
    if (run) {
        sql_query_free(pane->query);
        pane->query = g_steal_pointer(&query);
        data_pane_run(pane);
    }
    return TRUE;
}

gboolean data_pane_drop_filter(DataPane *pane, gboolean all)
{
    guint count = pane->query != NULL ? pane->query->filters->len : 0;
    if (count == 0)
        return FALSE;
    g_ptr_array_set_size(pane->query->filters, all ? 0 : (gint)count - 1);
    data_pane_run(pane);
    return TRUE;
}

/* --- counting: a statement of its own, only when asked for --------------------------------------*/

typedef struct {
    DataPane *pane; /* main thread, and only while generation is the pane's */
    Workbench *workbench;
    GCancellable *generation;
    char *sql, *answer;
} Count;

static void count_free(gpointer data)
{
    Count *count = data;
    g_object_unref(count->generation);
    g_free(count->sql);
    g_free(count->answer);
    g_free(count);
}

static gboolean run_count(gpointer data, GCancellable *cancellable, GError **error)
{
    Count *count = data;
    g_autoptr(Session) session = workbench_open_session(count->workbench, cancellable, error);
    if (session == NULL)
        return FALSE;
    GError *failure = NULL;
    count->answer = session_query_value(session, count->sql, cancellable, &failure);
    if (failure == NULL)
        return TRUE;
    g_propagate_error(error, failure);
    return FALSE;
}

static void counted(gpointer data, TaskOutcome outcome, const GError *error)
{
    Count *count = data;
    if (g_cancellable_is_cancelled(count->generation))
        return; /* the query is another one by now */
    DataPane *pane = count->pane;
    stop_counting(pane);
    if (outcome == TASK_DONE && count->answer != NULL)
        pane->counted = g_ascii_strtoll(count->answer, NULL, 10);
    else if (error != NULL)
        app_message_error(pane->view->app, error);
    data_pane_touch(pane);
}

void data_pane_count(DataPane *pane)
{
    if (!has_query(pane))
        return;
    g_autoptr(GError) error = NULL;
    g_autofree char *sql = sql_query_count_text(pane->query, &error);
    if (sql == NULL) {
        app_message_error(pane->view->app, error);
        return;
    }
    stop_counting(pane);
    pane->counting = TRUE;
    pane->count_cancellable = g_cancellable_new();
    Count *count = g_new0(Count, 1);
    *count = (Count){.pane = pane,
                     .workbench = app_workbench(pane->view->app),
                     .generation = g_object_ref(pane->count_cancellable),
                     .sql = g_steal_pointer(&sql)};
    view_submit(pane->view, "count rows", run_count, counted, count, count_free,
                pane->count_cancellable);
    data_pane_touch(pane);
}

/* --- looking at what is here --------------------------------------------------------------------*/

void data_pane_freeze(DataPane *pane, const char *argument)
{
    guint wanted = grid_column(pane->grid) + 1;
    guint64 number;
    if (argument != NULL && g_ascii_string_to_unsigned(argument, 10, 0, 99, &number, NULL))
        wanted = (guint)number;
    else if (wanted == grid_frozen(pane->grid))
        wanted = 0;
    grid_freeze(pane->grid, wanted);
    data_pane_touch(pane);
}

void data_pane_fit(DataPane *pane)
{
    grid_fit_column(pane->grid);
    data_pane_touch(pane);
}

void data_pane_fit_all(DataPane *pane)
{
    grid_fit_all(pane->grid);
    data_pane_touch(pane);
}

void data_pane_resize(DataPane *pane, int by)
{
    grid_resize_column(pane->grid, by);
    data_pane_touch(pane);
}

gboolean data_pane_hide(DataPane *pane)
{
    data_pane_touch(pane);
    return grid_hide_column(pane->grid);
}

guint data_pane_show_all(DataPane *pane)
{
    data_pane_touch(pane);
    return grid_show_columns(pane->grid);
}

gboolean data_pane_move_column(DataPane *pane, int step)
{
    data_pane_touch(pane);
    return grid_move_column(pane->grid, step);
}

guint64 data_pane_row(const DataPane *pane)
{
    return grid_row(pane->grid);
}

guint data_pane_current(const DataPane *pane)
{
    return grid_column(pane->grid);
}

gboolean data_pane_go_to(DataPane *pane, guint64 row, guint column)
{
    if (row >= data_pane_rows(pane))
        return FALSE;
    grid_go_to(pane->grid, row, column);
    data_pane_read_ahead(pane);
    data_pane_touch(pane);
    return TRUE;
}

gboolean data_pane_value(DataPane *pane, guint64 row, guint column, DataValue *value)
{
    if (row >= data_pane_rows(pane) || column >= data_pane_columns(pane))
        return FALSE;
    const ResultColumn *described = data_pane_column(pane, column);
    *value = (DataValue){.name = described->name,
                         .type_oid = described->type_oid,
                         .type_modifier = described->type_modifier};
    g_autoptr(GError) error = NULL;
    if (rowset_cell(feed_rows(pane->feed), data_pane_row_of(pane, row), column, &value->bytes,
                    &value->length, &value->is_null, &error))
        return TRUE;
    app_message_error(pane->view->app, error);
    return FALSE;
}

guint data_pane_n_columns(const DataPane *pane)
{
    return data_pane_columns(pane);
}

char *data_pane_sql(const DataPane *pane)
{
    return pane->query != NULL ? sql_query_pretty(pane->query, NULL) : NULL;
}
