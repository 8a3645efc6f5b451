/* How the data pane draws: the grid, and the line that says what is shown. */
#include "ui/views/data_pane_private.h"

#include "base/error.h"
#include "ui/app.h"
#include "ui/widgets/pager.h"

static char *filter_text(const DataPane *pane)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < pane->query->filters->len; i++) {
        const SqlFilter *filter = g_ptr_array_index(pane->query->filters, i);
        g_autofree char *text = sql_filter_text(filter);
        gboolean group = pane->query->filters->len > 1 && filter->expr->kind == SQL_EXPR_ANY;
        g_string_append_printf(out, "%s%s%s%s", i > 0 ? " and " : "where ", group ? "(" : "", text,
                               group ? ")" : "");
    }
    if (out->len > 0)
        g_string_append(out, " (server)");
    if (pane->only != NULL)
        g_string_append_printf(out, "%sonly (here) %s", out->len > 0 ? "  " : "",
                               row_filter_text(pane->only));
    if (pane->search != NULL)
        g_string_append_printf(out, "%sfind (here) %s", out->len > 0 ? "  " : "", pane->search);
    return g_string_free(out, FALSE);
}

static char *rows_text(const DataPane *pane)
{
    guint64 rows = data_pane_rows_here(pane);
    g_autofree char *count = text_count(rows);
    const char *s = rows == 1 ? "" : "s";
    g_autofree char *total = text_count((guint64)MAX(pane->counted, 0));
    switch (feed_state(pane->feed)) {
    case FEED_FINISHED:
        if (pane->query->limit >= 0 && rows >= (guint64)pane->query->limit)
            return g_strdup_printf("first %s row%s, limited; A reads all", count, s);
        return g_strdup_printf("%s row%s (all)", count, s);
    case FEED_CANCELLED:
        return g_strdup_printf("first %s row%s, cancelled", count, s);
    case FEED_FAILED:
        return g_strdup_printf("first %s row%s, then it failed", count, s);
    case FEED_READING:
        if (pane->counted < 0)
            return g_strdup_printf("first %s row%s, reading", count, s);
        break;
    default:
        break;
    }
    if (pane->counted >= 0)
        return g_strdup_printf("%s row%s counted, %s here", total, pane->counted == 1 ? "" : "s",
                               count);
    if (feed_is_capped(pane->feed))
        return g_strdup_printf("first %s row%s, the cap; A reads all", count, s);
    return g_strdup_printf("first %s row%s, more on scroll", count, s);
}

/* Per cent of the rows here that were looked at, where that takes a while. */
static int scanned_percent(const DataPane *pane)
{
    guint64 seen =
        pane->seeker != NULL ? row_search_seen(pane->seeker) : row_filter_seen(pane->only);
    guint64 rows = pane->seeker != NULL ? data_pane_rows(pane) : data_pane_rows_here(pane);
    return (int)(MIN(seen, rows) * 100 / MAX(rows, 1));
}

/* The range, what the local filter leaves, and how far a search has come. */
static void add_local(const DataPane *pane, GString *out, const char *dot)
{
    GridRange range;
    if (grid_range(pane->grid, &range)) {
        g_autofree char *rows = text_count(range.last_row - range.first_row + 1);
        g_string_append_printf(out, "range %s x %u %s ", rows, range.last - range.first + 1, dot);
    }
    if (pane->only != NULL) {
        g_autofree char *matches = text_count(row_filter_matches(pane->only));
        g_string_append_printf(out, "%s%s match here %s ", matches,
                               row_filter_is_full(pane->only) ? " and more" : "", dot);
    }
    if (pane->scanning != 0)
        g_string_append_printf(out, "looking %d%% %s ", scanned_percent(pane), dot);
}

/* brief: the column that sorts is marked in the header anyway, so only who sorted remains. */
static char *position_text(const DataPane *pane, const Canvas *canvas, gboolean brief)
{
    const char *dot = draw_sign(canvas, SIGN_DOT);
    g_autofree char *rows = rows_text(pane);
    g_autofree char *row = text_count(grid_row(pane->grid) + 1);
    GString *out = g_string_new(NULL);
    if (data_pane_rows(pane) > 0)
        g_string_append_printf(out, "row %s %s ", row, dot);
    add_local(pane, out, dot);
    g_string_append(out, rows);
    if (grid_n_hidden(pane->grid) > 0)
        g_string_append_printf(out, " %s %u hidden", dot, grid_n_hidden(pane->grid));
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
    data_pane_show_sort(pane);
    Canvas grid = canvas_part(canvas, (Rect){rect.y, rect.x, rect.rows - 1, rect.columns});
    grid_draw(pane->grid, &grid, focused);
    if (data_pane_rows(pane) == 0 && rect.rows > 3)
        draw_words(&grid, 3, 2, ROLE_QUIET,
                   data_pane_is_waiting(pane)     ? "no row yet"
                   : data_pane_columns(pane) == 0 ? "the result has no columns"
                                                  : "no row matches");
    draw_status(pane, canvas, rect.rows - 1);
}
