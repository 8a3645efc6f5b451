/*
 * row_scan: looks through the rows of a rowset for a text, a slice at a time.
 *
 * Two uses. A filter collects the numbers of all rows that hold the text, and goes on as rows arrive. A
 * search goes from one cell in a direction, round the ends, until a cell holds it. Both give control
 * back when their time is over, so that ten million rows never keep the screen waiting.
 *
 * Columns are those that are looked at, in their order: what is hidden is not found.
 *
 * Threads: the rowset's, the main thread.
 * Errors:  rows that cannot be read back are passed over
 * Limit:   a filter keeps ROW_SCAN_MOST rows (4 bytes each) and says when there are more
 */
#ifndef REDSMITH_REDSHIFT_ROW_SCAN_H
#define REDSMITH_REDSHIFT_ROW_SCAN_H

#include "base/find.h"
#include "redshift/rowset.h"

enum { ROW_SCAN_MOST = 2000000 };

typedef struct RowFilter RowFilter;

/* columns (copied): those that are looked at. */
RowFilter *row_filter_new(const char *text, const guint *columns, guint n_columns);
void row_filter_free(RowFilter *filter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RowFilter, row_filter_free)

/* Looks at rows that it has not seen until the monotonic time. TRUE when it has seen all. */
gboolean row_filter_scan(RowFilter *filter, RowSet *rows, gint64 until_us);
/* Other rows: begins anew. */
void row_filter_rewind(RowFilter *filter);
const char *row_filter_text(const RowFilter *filter);
guint64 row_filter_matches(const RowFilter *filter);
guint64 row_filter_seen(const RowFilter *filter);
gboolean row_filter_is_full(const RowFilter *filter);
/* The row's number in the rowset. */
guint64 row_filter_row(const RowFilter *filter, guint64 match);
/* The match of a row, or where it would be. */
guint64 row_filter_find(const RowFilter *filter, guint64 row);

typedef enum { ROW_SEARCH_GOES_ON, ROW_SEARCH_FOUND, ROW_SEARCH_NOT_FOUND } RowSearchState;
typedef struct RowSearch RowSearch;

/* From behind (or before) a cell on; filter: only the rows of it, or NULL. row is then a match's number.
 * Borrows the filter. */
RowSearch *row_search_new(const char *text, const guint *columns, guint n_columns,
                          const RowFilter *filter, guint64 row, guint position, gboolean forward);
void row_search_free(RowSearch *search);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RowSearch, row_search_free)
RowSearchState row_search_go_on(RowSearch *search, RowSet *rows, gint64 until_us);
/* Where it has come to, or found: row as above, and the position in columns. */
guint64 row_search_row(const RowSearch *search);
guint row_search_position(const RowSearch *search);
/* Rows looked at so far. */
guint64 row_search_seen(const RowSearch *search);

#endif
