#include "redshift/row_scan.h"

/* Rows between two looks at the clock. */
enum { ROWS_A_LOOK = 512 };

/* The cells of one row, and where the text is among those that are looked at. */
typedef struct {
    Finder *finder;
    guint *columns;
    guint n_columns;
    const char **values; /* of all of the rowset's columns; NULL until the first row */
    int *lengths;
    guint n_values;
} Looker;

static Looker looker(const char *text, const guint *columns, guint n_columns)
{
    return (Looker){.finder = finder_new(text),
                    .columns = g_memdup2(columns, n_columns * sizeof *columns),
                    .n_columns = n_columns};
}

static void looker_clear(Looker *looker)
{
    finder_free(looker->finder);
    g_free(looker->columns);
    g_free(looker->values);
    g_free(looker->lengths);
}

/* A row's bytes lie together: if the text is not among them, it is in no cell. */
static gboolean may_have(const Looker *looker)
{
    const char *start = NULL, *end = NULL;
    for (guint i = 0; i < looker->n_values; i++)
        if (looker->values[i] != NULL) {
            start = start == NULL ? looker->values[i] : start;
            end = looker->values[i] + looker->lengths[i];
        }
    return start != NULL && finder_finds(looker->finder, start, (gsize)(end - start));
}

static gboolean load_row(Looker *looker, RowSet *rows, guint64 row)
{
    if (looker->values == NULL) {
        looker->n_values = rowset_n_columns(rows);
        looker->values = g_new0(const char *, (gsize)looker->n_values + 1);
        looker->lengths = g_new0(int, (gsize)looker->n_values + 1);
    }
    return rowset_row(rows, row, looker->values, looker->lengths, NULL) && may_have(looker);
}

static gboolean cell_has(const Looker *looker, guint position)
{
    guint column = looker->columns[position];
    return column < looker->n_values && looker->values[column] != NULL &&
           finder_finds(looker->finder, looker->values[column], (gsize)looker->lengths[column]);
}

/* --- filter ---------------------------------------------------------------------------------------*/

struct RowFilter {
    Looker looker;
    GArray *matches; /* of guint32: numbers of rows, ascending */
    guint64 seen;
};

RowFilter *row_filter_new(const char *text, const guint *columns, guint n_columns)
{
    RowFilter *filter = g_new0(RowFilter, 1);
    filter->looker = looker(text, columns, n_columns);
    filter->matches = g_array_new(FALSE, FALSE, sizeof(guint32));
    return filter;
}

void row_filter_free(RowFilter *filter)
{
    if (filter == NULL)
        return;
    looker_clear(&filter->looker);
    g_array_unref(filter->matches);
    g_free(filter);
}

static gboolean row_has(Looker *looker, RowSet *rows, guint64 row)
{
    if (!load_row(looker, rows, row))
        return FALSE;
    for (guint i = 0; i < looker->n_columns; i++)
        if (cell_has(looker, i))
            return TRUE;
    return FALSE;
}

gboolean row_filter_scan(RowFilter *filter, RowSet *rows, gint64 until_us)
{
    guint64 n_rows = MIN(rowset_n_rows(rows), G_MAXUINT32);
    for (guint looked = 0; filter->seen < n_rows && !row_filter_is_full(filter); looked++) {
        if (looked == ROWS_A_LOOK) { /* never 0: a slice gets on, however short it is */
            looked = 0;
            if (g_get_monotonic_time() > until_us)
                return FALSE;
        }
        guint32 row = (guint32)filter->seen++;
        if (row_has(&filter->looker, rows, row))
            g_array_append_val(filter->matches, row);
    }
    return TRUE;
}

void row_filter_rewind(RowFilter *filter)
{
    g_clear_pointer(&filter->looker.values, g_free);
    g_clear_pointer(&filter->looker.lengths, g_free);
    g_array_set_size(filter->matches, 0);
    filter->seen = 0;
}

const char *row_filter_text(const RowFilter *filter)
{
    return finder_text(filter->looker.finder);
}

guint64 row_filter_matches(const RowFilter *filter)
{
    return filter->matches->len;
}

guint64 row_filter_seen(const RowFilter *filter)
{
    return filter->seen;
}

gboolean row_filter_is_full(const RowFilter *filter)
{
    return filter->matches->len >= ROW_SCAN_MOST;
}

guint64 row_filter_row(const RowFilter *filter, guint64 match)
{
    g_return_val_if_fail(match < filter->matches->len, 0);
    return g_array_index(filter->matches, guint32, match);
}

guint64 row_filter_find(const RowFilter *filter, guint64 row)
{
    guint low = 0, high = filter->matches->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(filter->matches, guint32, middle) < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* --- search ---------------------------------------------------------------------------------------*/

struct RowSearch {
    Looker looker;
    const RowFilter *filter;
    guint64 row, seen;
    guint position;
    gboolean forward;
};

RowSearch *row_search_new(const char *text, const guint *columns, guint n_columns,
                          const RowFilter *filter, guint64 row, guint position, gboolean forward)
{
    RowSearch *search = g_new0(RowSearch, 1);
    search->looker = looker(text, columns, n_columns);
    search->filter = filter;
    search->row = row;
    search->position = position;
    search->forward = forward;
    return search;
}

void row_search_free(RowSearch *search)
{
    if (search == NULL)
        return;
    looker_clear(&search->looker);
    g_free(search);
}

/* The first cell of the current row from a position on. */
static gboolean find_in_row(RowSearch *search, RowSet *rows, gint64 from)
{
    guint64 row =
        search->filter != NULL ? row_filter_row(search->filter, search->row) : search->row;
    if (!load_row(&search->looker, rows, row))
        return FALSE;
    gint64 step = search->forward ? 1 : -1;
    for (gint64 i = from; i >= 0 && i < search->looker.n_columns; i += step)
        if (cell_has(&search->looker, (guint)i)) {
            search->position = (guint)i;
            return TRUE;
        }
    return FALSE;
}

/* The row that it began in comes last once more, for the cells before the first. */
RowSearchState row_search_go_on(RowSearch *search, RowSet *rows, gint64 until_us)
{
    guint64 count =
        search->filter != NULL ? row_filter_matches(search->filter) : rowset_n_rows(rows);
    if (count == 0 || search->looker.n_columns == 0)
        return ROW_SEARCH_NOT_FOUND;
    for (guint looked = 0;; looked++) {
        if (looked == ROWS_A_LOOK) {
            looked = 0;
            if (g_get_monotonic_time() > until_us)
                return ROW_SEARCH_GOES_ON;
        }
        gint64 from = search->seen == 0 ? (gint64)search->position + (search->forward ? 1 : -1)
                      : search->forward ? 0
                                        : (gint64)search->looker.n_columns - 1;
        if (find_in_row(search, rows, from))
            return ROW_SEARCH_FOUND;
        if (search->seen++ >= count)
            return ROW_SEARCH_NOT_FOUND;
        search->row =
            search->forward ? (search->row + 1) % count : (search->row + count - 1) % count;
    }
}

guint64 row_search_row(const RowSearch *search)
{
    return search->row;
}

guint row_search_position(const RowSearch *search)
{
    return search->position;
}

guint64 row_search_seen(const RowSearch *search)
{
    return search->seen;
}
