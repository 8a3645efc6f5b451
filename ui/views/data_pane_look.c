/* Looking at what is here: searching, the local filter, marks, going to columns and rows. */
#include "ui/views/data_pane_private.h"

#include <string.h>

#include "ui/app.h"

enum {
    FIRST_SLICE_US = 100 * 1000, /* what a key may cost */
    SLICE_US = 20 * 1000,        /* what a frame may wait */
};

/* --- searching and filtering, a slice at a time ------------------------------------------------------*/

/* Columns as they are shown. Free with g_free. */
static guint *shown_columns(const DataPane *pane, guint *n)
{
    *n = grid_n_shown(pane->grid);
    guint *columns = g_new(guint, (gsize)*n + 1);
    for (guint i = 0; i < *n; i++)
        columns[i] = grid_shown_column(pane->grid, i);
    return columns;
}

static void end_search(DataPane *pane, RowSearchState state)
{
    if (state == ROW_SEARCH_GOES_ON)
        return;
    if (state == ROW_SEARCH_FOUND)
        grid_go_to(pane->grid, row_search_row(pane->seeker),
                   grid_shown_column(pane->grid, row_search_position(pane->seeker)));
    else
        app_message(pane->view->app, MESSAGE_INFO,
                    "Not found in the rows that are here; F asks the server");
    g_clear_pointer(&pane->seeker, row_search_free);
}

/* TRUE while there is more to look at. */
static gboolean scan_slice(DataPane *pane, gint64 slice_us)
{
    RowSet *rows = feed_rows(pane->feed);
    gint64 until = g_get_monotonic_time() + slice_us;
    gboolean all = TRUE;
    if (rows == NULL)
        return FALSE;
    if (pane->only != NULL)
        all = row_filter_scan(pane->only, rows, until);
    if (pane->seeker != NULL)
        end_search(pane, row_search_go_on(pane->seeker, rows, until));
    return !all || pane->seeker != NULL;
}

static gboolean on_idle(gpointer user)
{
    DataPane *pane = user;
    gboolean more = scan_slice(pane, SLICE_US);
    data_pane_touch(pane);
    if (!more)
        pane->scanning = 0;
    return more ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

void data_pane_go_on_scan(DataPane *pane)
{
    if ((pane->only == NULL && pane->seeker == NULL) || pane->scanning != 0)
        return;
    if (scan_slice(pane, FIRST_SLICE_US))
        pane->scanning = g_idle_add_full(G_PRIORITY_LOW, on_idle, pane, NULL);
    data_pane_touch(pane);
}

void data_pane_stop_scan(DataPane *pane)
{
    if (pane->scanning != 0)
        g_source_remove(pane->scanning);
    pane->scanning = 0;
    g_clear_pointer(&pane->seeker, row_search_free);
}

void data_pane_restart_scan(DataPane *pane)
{
    data_pane_stop_scan(pane);
    memset(pane->marks, 0, sizeof pane->marks);
    if (pane->only != NULL)
        row_filter_rewind(pane->only);
}

void data_pane_search(DataPane *pane, const char *text, gboolean forward)
{
    data_pane_stop_scan(pane);
    if (text != NULL) {
        g_free(pane->search);
        pane->search = *text != '\0' ? g_strdup(text) : NULL;
    }
    data_pane_touch(pane);
    if (pane->search == NULL || data_pane_rows(pane) == 0)
        return;
    guint n, position = 0;
    g_autofree guint *columns = shown_columns(pane, &n);
    while (position + 1 < n && columns[position] != grid_column(pane->grid))
        position++;
    pane->seeker = row_search_new(pane->search, columns, n, pane->only, grid_row(pane->grid),
                                  position, forward);
    data_pane_go_on_scan(pane);
}

gboolean data_pane_forget_search(DataPane *pane)
{
    gboolean had = pane->search != NULL;
    data_pane_search(pane, "", TRUE);
    return had;
}

/* Is there a column of that name before the colon? */
static const char *column_of_text(const DataPane *pane, const char *text, guint *column)
{
    const char *colon = strchr(text, ':');
    g_autofree char *name = colon != NULL ? g_strndup(text, (gsize)(colon - text)) : NULL;
    for (guint i = 0; name != NULL && i < data_pane_columns(pane); i++)
        if (strcmp(data_pane_column(pane, i)->name, g_strstrip(name)) == 0) {
            *column = i;
            return colon + 1 + strspn(colon + 1, " ");
        }
    return NULL;
}

void data_pane_show_only(DataPane *pane, const char *text)
{
    guint64 row = data_pane_rows(pane) > 0 ? data_pane_row_of(pane, grid_row(pane->grid)) : 0;
    guint n, column, current = grid_column(pane->grid);
    data_pane_stop_scan(pane);
    g_clear_pointer(&pane->only, row_filter_free);
    if (*text != '\0') {
        g_autofree guint *columns = shown_columns(pane, &n);
        const char *rest = column_of_text(pane, text, &column);
        pane->only =
            rest != NULL ? row_filter_new(rest, &column, 1) : row_filter_new(text, columns, n);
    }
    grid_end_range(pane->grid);
    data_pane_go_on_scan(pane);
    /* the row that the cursor was on, or the next one that is left */
    guint64 place = pane->only != NULL ? row_filter_find(pane->only, row) : row;
    grid_go_to(pane->grid, place, current);
    data_pane_touch(pane);
}

gboolean data_pane_has_only(const DataPane *pane)
{
    return pane->only != NULL;
}

/* --- columns and rows by name and number --------------------------------------------------------------*/

/* How well a name fits what is typed: 0 not, 3 is it. */
static int fits(const char *name, const char *folded)
{
    g_autofree char *own = g_utf8_casefold(name, -1);
    return strcmp(own, folded) == 0        ? 3
           : g_str_has_prefix(own, folded) ? 2
           : strstr(own, folded) != NULL   ? 1
                                           : 0;
}

char *data_pane_columns_like(const DataPane *pane, const char *text)
{
    g_autofree char *folded = g_utf8_casefold(text, -1);
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < data_pane_columns(pane) && out->len < 400; i++) {
        g_autofree char *name = text_printable(data_pane_column(pane, i)->name, -1);
        if (fits(name, folded) > 0)
            g_string_append_printf(out, "%s%s", out->len > 0 ? "  " : "", name);
    }
    if (out->len == 0)
        g_string_append(out, "no column is called like that");
    return g_string_free(out, FALSE);
}

gboolean data_pane_go_to_column(DataPane *pane, const char *text)
{
    g_autofree char *folded = g_utf8_casefold(text, -1);
    guint n, best = 0, from = 0;
    int best_fit = 0;
    g_autofree guint *columns = shown_columns(pane, &n);
    while (from + 1 < n && columns[from] != grid_column(pane->grid))
        from++;
    for (guint i = 1; i <= n; i++) { /* from the current one on, so that again finds the next */
        guint column = columns[(from + i) % n];
        int fit = fits(data_pane_column(pane, column)->name, folded);
        if (fit > best_fit) {
            best = column;
            best_fit = fit;
        }
    }
    if (best_fit == 0)
        return FALSE;
    grid_go_to(pane->grid, grid_row(pane->grid), best);
    data_pane_touch(pane);
    return TRUE;
}

gboolean data_pane_go_to_row(DataPane *pane, guint64 number)
{
    guint64 rows = data_pane_rows(pane);
    grid_go_to(pane->grid, CLAMP(number, 1, MAX(rows, 1)) - 1, grid_column(pane->grid));
    feed_want(pane->feed, number); /* up to the cap: beyond it all is explicit */
    data_pane_read_ahead(pane);
    data_pane_touch(pane);
    return number >= 1 && number <= rows;
}

/* --- marks --------------------------------------------------------------------------------------------*/

char data_pane_mark_of(gpointer user, guint64 row)
{
    const DataPane *pane = user;
    guint64 number = data_pane_row_of(pane, row) + 1;
    for (guint i = 0; i < DATA_PANE_MARKS; i++)
        if (pane->marks[i] == number)
            return (char)('1' + i);
    return '\0';
}

void data_pane_set_mark(DataPane *pane, guint mark)
{
    guint64 number = data_pane_row_of(pane, grid_row(pane->grid)) + 1;
    gboolean again = pane->marks[mark] == number;
    for (guint i = 0; i < DATA_PANE_MARKS; i++)
        if (pane->marks[i] == number)
            pane->marks[i] = 0;
    pane->marks[mark] = again ? 0 : number;
    data_pane_touch(pane);
}

gboolean data_pane_go_to_mark(DataPane *pane, guint mark)
{
    if (pane->marks[mark] == 0)
        return FALSE;
    guint64 row = pane->marks[mark] - 1;
    if (pane->only != NULL) {
        guint64 match = row_filter_find(pane->only, row);
        if (match >= row_filter_matches(pane->only) || row_filter_row(pane->only, match) != row)
            return FALSE;
        row = match;
    }
    grid_go_to(pane->grid, row, grid_column(pane->grid));
    data_pane_touch(pane);
    return TRUE;
}

/* --- range ----------------------------------------------------------------------------------------------*/

gboolean data_pane_toggle_range(DataPane *pane)
{
    GridRange range;
    gboolean had = grid_range(pane->grid, &range);
    if (had)
        grid_end_range(pane->grid);
    else
        grid_begin_range(pane->grid);
    data_pane_touch(pane);
    return !had;
}

gboolean data_pane_has_range(const DataPane *pane)
{
    GridRange range;
    return grid_range(pane->grid, &range);
}
