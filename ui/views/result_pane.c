#include "ui/views/result_pane.h"

#include "base/error.h"
#include "redshift/types.h"
#include "ui/app.h"
#include "ui/views/rows_cell.h"
#include "ui/widgets/grid.h"

enum { READ_AHEAD = 200 };

struct ResultPane {
    View *view;
    guint part;
    ResultChanged changed;
    gpointer user;
    Feed *feed;
    Grid *grid;
    gboolean to_the_end;
};

static guint model_columns(gpointer user)
{
    const RowSet *rows = feed_rows(((const ResultPane *)user)->feed);
    return rows != NULL ? rowset_n_columns(rows) : 0;
}

static guint64 model_rows(gpointer user)
{
    const RowSet *rows = feed_rows(((const ResultPane *)user)->feed);
    return rows != NULL ? rowset_n_rows(rows) : 0;
}

static const ResultColumn *column_of(gpointer user, guint column)
{
    return rowset_column(feed_rows(((const ResultPane *)user)->feed), column);
}

static const char *model_name(gpointer user, guint column)
{
    return column_of(user, column)->name;
}

static gboolean model_is_number(gpointer user, guint column)
{
    return type_is_numeric(column_of(user, column)->type_oid);
}

static GridCell model_cell(gpointer user, guint64 row, guint column, gsize limit, GString *text)
{
    return rows_cell_append(feed_rows(((const ResultPane *)user)->feed), row, column, limit, text);
}

static const GridModel model = {.n_columns = model_columns,
                                .n_rows = model_rows,
                                .name = model_name,
                                .is_number = model_is_number,
                                .cell = model_cell};

static void touch(ResultPane *pane)
{
    view_touch(pane->view, pane->part);
}

static void on_feed_changed(gpointer user)
{
    ResultPane *pane = user;
    if (pane->to_the_end)
        feed_want(pane->feed, G_MAXUINT64);
    touch(pane);
    pane->changed(pane->user);
}

ResultPane *result_pane_new(View *view, guint part, ResultChanged changed, gpointer user)
{
    ResultPane *pane = g_new0(ResultPane, 1);
    pane->view = view;
    pane->part = part;
    pane->changed = changed;
    pane->user = user;
    pane->feed = feed_new(view, on_feed_changed, pane);
    feed_keep_session(pane->feed);
    pane->grid = grid_new(&model, pane);
    grid_set_markers(pane->grid, app_settings(view->app)->null_marker,
                     app_settings(view->app)->empty_marker);
    return pane;
}

void result_pane_free(ResultPane *pane)
{
    if (pane == NULL)
        return;
    feed_free(pane->feed);
    grid_free(pane->grid);
    g_free(pane);
}

static guint64 row_cap(const ResultPane *pane)
{
    guint64 cap = app_options(pane->view->app)->row_cap;
    return cap > 0 ? cap : (guint64)app_settings(pane->view->app)->preview_rows;
}

void result_pane_run(ResultPane *pane, const char *sql, gboolean to_the_end)
{
    pane->to_the_end = to_the_end;
    grid_reset(pane->grid);
    feed_start(pane->feed, sql, to_the_end ? 0 : row_cap(pane));
    touch(pane);
}

void result_pane_stop(ResultPane *pane)
{
    feed_stop(pane->feed);
    touch(pane);
}

void result_pane_read_all(ResultPane *pane)
{
    feed_set_cap(pane->feed, 0);
    feed_want(pane->feed, G_MAXUINT64);
    touch(pane);
}

gboolean result_pane_is_busy(const ResultPane *pane)
{
    FeedState state = feed_state(pane->feed);
    return state == FEED_STARTING || state == FEED_READING;
}

FeedState result_pane_state(const ResultPane *pane)
{
    return feed_state(pane->feed);
}

const Feed *result_pane_feed(const ResultPane *pane)
{
    return pane->feed;
}

gboolean result_pane_has_row(const ResultPane *pane)
{
    return model_rows((gpointer)pane) > 0;
}

void result_pane_move(ResultPane *pane, Movement movement)
{
    grid_move(pane->grid, movement);
    if (grid_row(pane->grid) + READ_AHEAD > model_rows(pane))
        feed_want(pane->feed, model_rows(pane) + FEED_PAGE);
    touch(pane);
}

char *result_pane_cell(ResultPane *pane, gboolean *is_null)
{
    const char *bytes;
    gsize length;
    if (grid_row(pane->grid) >= model_rows(pane) ||
        !rowset_cell(feed_rows(pane->feed), grid_row(pane->grid), grid_column(pane->grid), &bytes,
                     &length, is_null, NULL) ||
        *is_null)
        return NULL;
    return g_strndup(bytes, length);
}

Pager *result_pane_record(ResultPane *pane)
{
    if (grid_row(pane->grid) >= model_rows(pane))
        return NULL;
    Pager *pager = pager_new(TRUE);
    pager_set_hanging(pager, TRUE);
    for (guint i = 0; i < model_columns(pane); i++) {
        g_autoptr(GString) value = g_string_new(NULL);
        GridCell kind = model_cell(pane, grid_row(pane->grid), i, G_MAXINT, value);
        pager_addf(pager, ROLE_TEXT, "%-20s  %s", model_name(pane, i),
                   kind == GRID_NULL ? app_settings(pane->view->app)->null_marker : value->str);
    }
    return pager;
}

/* --- what came of it ----------------------------------------------------------------------------*/

static char *rows_text(const ResultPane *pane)
{
    guint64 n = model_rows((gpointer)pane);
    g_autofree char *count = text_count(n);
    const char *rows = n == 1 ? "row" : "rows";
    if (feed_is_capped(pane->feed))
        return g_strdup_printf("first %s %s, the cap; A reads all", count, rows);
    if (feed_state(pane->feed) == FEED_PAUSED)
        return g_strdup_printf("first %s %s, more on scroll", count, rows);
    return g_strdup_printf("%s %s (all)", count, rows);
}

static char *outcome_text(const ResultPane *pane)
{
    const GError *error = feed_error(pane->feed);
    g_autofree char *took = app_duration(pane->view->app, feed_duration_ms(pane->feed));
    switch (feed_state(pane->feed)) {
    case FEED_EMPTY:
        return g_strdup("F5 runs the statement at the cursor");
    case FEED_STARTING:
        return g_strdup("running; Ctrl-C cancels it on the server");
    case FEED_READING:
        return g_strdup("reading rows; Ctrl-C stops");
    case FEED_PAUSED:
        return rows_text(pane);
    case FEED_FINISHED:
        break;
    default:
        return g_strdup(error != NULL ? error->message : "failed");
    }
    g_autofree char *rows = model_columns((gpointer)pane) > 0 ? rows_text(pane) : NULL;
    return g_strdup_printf("%s  %s%s", rows != NULL ? rows : feed_tag(pane->feed), took,
                           feed_in_transaction(pane->feed) ? "  in a transaction" : "");
}

static int add_outcome(const ResultPane *pane, Pager *pager)
{
    FeedState state = feed_state(pane->feed);
    g_autofree char *outcome = outcome_text(pane);
    const GPtrArray *notices = feed_notices(pane->feed);
    pager_add(pager, state == FEED_FAILED ? ROLE_ERROR : ROLE_QUIET, outcome);
    for (guint i = 0; notices != NULL && i < notices->len; i++)
        pager_add(pager, ROLE_WARNING, notices->pdata[i]);
    return 1 + (notices != NULL ? (int)notices->len : 0) + (state == FEED_FAILED ? 4 : 0);
}

void result_pane_draw(ResultPane *pane, const Canvas *canvas, gboolean focused)
{
    Rect rect = canvas->rect;
    g_autoptr(Pager) pager = pager_new(TRUE);
    int lines = CLAMP(add_outcome(pane, pager), 1, MAX(rect.rows / 2, 1));
    Canvas rows = canvas_part(canvas, (Rect){rect.y, rect.x, rect.rows - lines, rect.columns});
    Canvas below =
        canvas_part(canvas, (Rect){rect.y + rect.rows - lines, rect.x, lines, rect.columns});
    draw_clear(canvas);
    if (model_columns(pane) > 0)
        grid_draw(pane->grid, &rows, focused);
    pager_draw(pager, &below);
}
