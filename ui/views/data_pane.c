#include "ui/views/data_pane.h"

#include <string.h>

#include "base/error.h"
#include "redshift/types.h"
#include "ui/app.h"
#include "ui/views/feed.h"
#include "ui/widgets/grid.h"

enum {
    READ_AHEAD = 200, /* the next page is asked for when fewer rows than that lie ahead */
    FILTER_VALUE_MAX = 4096,
    SEARCH_SLICE_US = 300 * 1000, /* how long a search may keep the screen waiting */
};

struct DataPane {
    View *view;
    guint part;
    SqlQuery *query;
    Feed *feed;
    Grid *grid;
    char *search;
    gint64 counted; /* rows by count(*), -1 not counted */
    gboolean counting, limited;
    GCancellable *count_cancellable;
};

/* --- the grid's model: the rowset ---------------------------------------------------------------*/

static guint model_columns(gpointer user)
{
    const RowSet *rows = feed_rows(((DataPane *)user)->feed);
    return rows != NULL ? rowset_n_columns(rows) : 0;
}

static guint64 model_rows(gpointer user)
{
    const RowSet *rows = feed_rows(((DataPane *)user)->feed);
    return rows != NULL ? rowset_n_rows(rows) : 0;
}

static const char *model_name(gpointer user, guint column)
{
    return rowset_column(feed_rows(((DataPane *)user)->feed), column)->name;
}

static gboolean model_is_number(gpointer user, guint column)
{
    return type_is_numeric(rowset_column(feed_rows(((DataPane *)user)->feed), column)->type_oid);
}

/* The head of a value, not cut within a character. */
static gsize head_length(const char *bytes, gsize length, gsize limit)
{
    if (length <= limit)
        return length;
    while (limit > 0 && ((guchar)bytes[limit] & 0xc0) == 0x80)
        limit--;
    return limit;
}

static gboolean is_blank(const char *bytes, gsize length)
{
    for (gsize i = 0; i < length; i++)
        if (bytes[i] != ' ')
            return FALSE;
    return TRUE;
}

static GridCell model_cell(gpointer user, guint64 row, guint column, gsize limit, GString *text)
{
    RowSet *rows = feed_rows(((DataPane *)user)->feed);
    const char *bytes;
    gsize length;
    gboolean is_null;
    if (!rowset_cell(rows, row, column, &bytes, &length, &is_null, NULL)) {
        g_string_append(text, "(unreadable)");
        return GRID_VALUE;
    }
    if (is_null)
        return GRID_NULL;
    gsize head = head_length(bytes, length, limit);
    g_autofree char *printable = text_printable(bytes, (gssize)head);
    g_string_append(text, printable);
    return is_blank(bytes, length) ? GRID_EMPTY : GRID_VALUE;
}

static const GridModel model = {model_columns, model_rows, model_name, model_is_number, model_cell};

/* --- life ---------------------------------------------------------------------------------------*/

static void touch(DataPane *pane)
{
    view_touch(pane->view, pane->part);
}

static void on_feed_changed(gpointer user)
{
    touch(user);
}

DataPane *data_pane_new(View *view, guint part)
{
    DataPane *pane = g_new0(DataPane, 1);
    pane->view = view;
    pane->part = part;
    pane->feed = feed_new(view, on_feed_changed, pane);
    pane->grid = grid_new(&model, pane);
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

static void show_sort(DataPane *pane)
{
    grid_set_sort(pane->grid, -1, FALSE);
    if (pane->query->orders->len == 0)
        return;
    const SqlOrder *order = g_ptr_array_index(pane->query->orders, 0);
    for (guint i = 0; i < model_columns(pane); i++)
        if (strcmp(model_name(pane, i), order->column) == 0)
            grid_set_sort(pane->grid, (int)i, order->descending);
}

void data_pane_run(DataPane *pane)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *sql = sql_query_text(pane->query, &error);
    if (sql == NULL) {
        app_message_error(pane->view->app, error);
        return;
    }
    stop_counting(pane);
    show_sort(pane);
    grid_rewind(pane->grid);
    feed_start(pane->feed, sql, row_cap(pane));
    touch(pane);
}

void data_pane_open(DataPane *pane, const char *schema, const char *relation, gboolean limited)
{
    sql_query_free(pane->query);
    pane->query = sql_query_new(schema, relation);
    pane->limited = limited;
    if (limited)
        pane->query->limit = (gint64)row_cap(pane);
    grid_reset(pane->grid);
    data_pane_run(pane);
}

void data_pane_stop(DataPane *pane)
{
    feed_stop(pane->feed);
    if (pane->counting)
        stop_counting(pane);
    touch(pane);
}

void data_pane_read_all(DataPane *pane)
{
    if (pane->limited && pane->query->limit >= 0) {
        pane->query->limit = -1; /* asked for: another statement, without the bound */
        data_pane_run(pane);
    }
    feed_set_cap(pane->feed, 0);
    feed_want(pane->feed, G_MAXUINT64);
    touch(pane);
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

void data_pane_move(DataPane *pane, Movement movement)
{
    grid_move(pane->grid, movement);
    if (grid_row(pane->grid) + READ_AHEAD > model_rows(pane))
        feed_want(pane->feed, model_rows(pane) + FEED_PAGE);
    touch(pane);
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
    RowSet *rows = feed_rows(pane->feed);
    g_autoptr(GError) error = NULL;
    if (rows == NULL || grid_row(pane->grid) >= rowset_n_rows(rows))
        return FALSE;
    if (rowset_cell(rows, grid_row(pane->grid), grid_column(pane->grid), bytes, length, is_null,
                    &error))
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
    touch(pane);
}

void data_pane_count(DataPane *pane)
{
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
    touch(pane);
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
    touch(pane);
}

void data_pane_fit(DataPane *pane)
{
    grid_fit_column(pane->grid);
    touch(pane);
}

static gboolean cell_has(DataPane *pane, guint64 row, guint column, const char *folded)
{
    const char *bytes;
    gsize length;
    gboolean is_null;
    if (!rowset_cell(feed_rows(pane->feed), row, column, &bytes, &length, &is_null, NULL) ||
        is_null)
        return FALSE;
    g_autofree char *printable = text_printable(bytes, (gssize)length);
    g_autofree char *cell = g_utf8_casefold(printable, -1);
    return strstr(cell, folded) != NULL;
}

/* The cell that is `step` cells after (or before) the cursor, going round. */
static void nth_cell(const DataPane *pane, guint64 cells, guint64 step, gboolean forward,
                     guint64 *row, guint *column)
{
    guint columns = model_columns((gpointer)pane);
    guint64 here = grid_row(pane->grid) * columns + grid_column(pane->grid);
    guint64 there = forward ? (here + step) % cells : (here + cells - step % cells) % cells;
    *row = there / columns;
    *column = (guint)(there % columns);
}

gboolean data_pane_search(DataPane *pane, const char *text, gboolean forward)
{
    if (text != NULL) {
        g_free(pane->search);
        pane->search = *text != '\0' ? g_strdup(text) : NULL;
        touch(pane);
    }
    guint64 cells = model_rows(pane) * model_columns(pane);
    if (pane->search == NULL || cells == 0)
        return FALSE;
    g_autofree char *folded = g_utf8_casefold(pane->search, -1);
    gint64 until = g_get_monotonic_time() + SEARCH_SLICE_US;
    for (guint64 step = 1; step <= cells; step++) {
        guint64 row;
        guint column;
        nth_cell(pane, cells, step, forward, &row, &column);
        gboolean found = cell_has(pane, row, column, folded);
        if (found || (step % 1024 == 0 && g_get_monotonic_time() > until)) {
            grid_go_to(pane->grid, row, column);
            if (!found)
                app_message(pane->view->app, MESSAGE_INFO,
                            "Not found so far; n goes on from this row");
            touch(pane);
            return TRUE;
        }
    }
    return FALSE;
}

char *data_pane_cell(DataPane *pane, gboolean *is_null)
{
    const char *bytes;
    gsize length;
    if (!cell_bytes(pane, &bytes, &length, is_null))
        return NULL;
    return *is_null ? g_strdup("") : g_strndup(bytes, length);
}

Pager *data_pane_record(DataPane *pane)
{
    if (!data_pane_has_row(pane))
        return NULL;
    Pager *pager = pager_new(TRUE);
    pager_set_hanging(pager, TRUE);
    int width = 0;
    for (guint i = 0; i < model_columns(pane); i++)
        width = MAX(width, MIN(text_width(model_name(pane, i)), 40));
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < model_columns(pane); i++) {
        g_string_truncate(text, 0);
        GridCell kind = model_cell(pane, grid_row(pane->grid), i, 64 * 1024, text);
        g_autofree char *printable = text_printable(model_name(pane, i), -1);
        g_autofree char *name = text_fit(printable, width, TEXT_LEFT, FALSE);
        const char *quote = kind == GRID_EMPTY ? "'" : "";
        pager_addf(pager, kind == GRID_VALUE ? ROLE_TEXT : ROLE_NULL, "%s  %s%s%s", name, quote,
                   kind == GRID_NULL ? "∅" : text->str, quote);
    }
    return pager;
}

char *data_pane_sql(const DataPane *pane)
{
    return pane->query != NULL ? sql_query_pretty(pane->query, NULL) : NULL;
}

/* --- drawing ------------------------------------------------------------------------------------*/

static char *filter_text(const DataPane *pane)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < pane->query->filters->len; i++) {
        g_autofree char *filter = sql_filter_text(g_ptr_array_index(pane->query->filters, i));
        g_string_append_printf(out, "%s%s", i > 0 ? " and " : "where ", filter);
    }
    if (pane->search != NULL)
        g_string_append_printf(out, "%sfind (here) %s", out->len > 0 ? "  " : "", pane->search);
    return g_string_free(out, FALSE);
}

static char *rows_text(const DataPane *pane)
{
    guint64 rows = model_rows((gpointer)pane);
    g_autofree char *count = text_count(rows);
    g_autofree char *total = text_count((guint64)MAX(pane->counted, 0));
    switch (feed_state(pane->feed)) {
    case FEED_FINISHED:
        if (pane->query->limit >= 0 && rows >= (guint64)pane->query->limit)
            return g_strdup_printf("first %s rows, limited; A reads all", count);
        return g_strdup_printf("%s rows (all)", count);
    case FEED_CANCELLED:
        return g_strdup_printf("first %s rows, cancelled", count);
    case FEED_FAILED:
        return g_strdup_printf("first %s rows, then it failed", count);
    case FEED_READING:
        if (pane->counted < 0)
            return g_strdup_printf("first %s rows, reading", count);
        break;
    default:
        break;
    }
    if (pane->counted >= 0)
        return g_strdup_printf("%s rows counted, %s here", total, count);
    if (feed_is_capped(pane->feed))
        return g_strdup_printf("first %s rows, the cap; A reads all", count);
    return g_strdup_printf("first %s rows, more on scroll", count);
}

/* brief: the column that sorts is marked in the header anyway, so only who sorted remains. */
static char *position_text(const DataPane *pane, const Canvas *canvas, gboolean brief)
{
    const char *dot = draw_sign(canvas, SIGN_DOT);
    g_autofree char *rows = rows_text(pane);
    g_autofree char *row = text_count(grid_row(pane->grid) + 1);
    GString *out = g_string_new(NULL);
    if (model_rows((gpointer)pane) > 0)
        g_string_append_printf(out, "row %s %s ", row, dot);
    g_string_append(out, rows);
    if (pane->counting)
        g_string_append_printf(out, " %s counting", dot);
    if (pane->query->orders->len > 0) {
        const SqlOrder *order = g_ptr_array_index(pane->query->orders, 0);
        const char *sign = draw_sign(canvas, order->descending ? SIGN_OPEN : SIGN_UP);
        if (brief)
            g_string_append_printf(out, " %s by server %s", dot, sign);
        else
            g_string_append_printf(out, " %s sorted by server: %s %s", dot, order->column, sign);
    }
    g_autofree char *text = g_string_free(out, FALSE);
    return text_printable(text, -1);
}

static void draw_status(const DataPane *pane, const Canvas *canvas, int y)
{
    g_autofree char *shown = position_text(pane, canvas, FALSE);
    g_autofree char *filter = filter_text(pane);
    if (text_width(shown) + text_width(filter) + 5 > canvas->rect.columns) {
        g_free(shown);
        shown = position_text(pane, canvas, TRUE);
    }
    int width = MIN(text_width(shown), canvas->rect.columns - 2);
    int left = canvas->rect.columns - width - 1;
    draw_blank(canvas, y, 0, -1, ROLE_TEXT);
    if (left > 6)
        draw_text(canvas, y, 1, left - 3, ROLE_QUIET, TEXT_LEFT, filter);
    draw_text(canvas, y, left, width, ROLE_QUIET, TEXT_LEFT, shown);
}

static void draw_lines(const Canvas *canvas, Role role, const char *text)
{
    g_autoptr(Pager) pager = pager_new(TRUE);
    pager_add(pager, role, text);
    pager_draw(pager, canvas);
}

static void draw_without_rows(const DataPane *pane, const Canvas *canvas)
{
    App *app = pane->view->app;
    g_autofree char *waited = app_duration(app, feed_waiting_ms(pane->feed));
    g_autofree char *text = NULL;
    const GError *error = feed_error(pane->feed);
    if (error != NULL)
        text = g_strdup_printf("%s\n\nr runs it again", error->message);
    else if (feed_state(pane->feed) == FEED_STARTING)
        text = g_strdup_printf("Waiting for the first rows, %s   Ctrl-C cancels\n\n%s", waited,
                               feed_sql(pane->feed));
    else
        text = g_strdup("Choose a table in the catalog: Enter opens it");
    gboolean failed = error != NULL && !rs_error_is_cancelled(error);
    draw_lines(canvas, failed ? ROLE_ERROR : ROLE_QUIET, text);
}

void data_pane_draw(DataPane *pane, const Canvas *canvas, gboolean focused)
{
    Rect rect = canvas->rect;
    if (feed_rows(pane->feed) == NULL) {
        draw_without_rows(pane, canvas);
        if (focused)
            draw_cursor(canvas, 0, 0, FALSE);
        return;
    }
    show_sort(pane);
    Canvas grid = canvas_part(canvas, (Rect){rect.y, rect.x, rect.rows - 1, rect.columns});
    grid_draw(pane->grid, &grid, focused);
    if (model_rows(pane) == 0 && rect.rows > 3)
        draw_words(&grid, 3, 2, ROLE_QUIET,
                   data_pane_is_waiting(pane) ? "no row yet" : "no row matches");
    draw_status(pane, canvas, rect.rows - 1);
}
