/*
 * rowset_private: the form of a row, shared by the page that is filled and the rowset that keeps it.
 *
 * Threads: as the public header of the same part says.
 */
#ifndef REDSMITH_REDSHIFT_ROWSET_PRIVATE_H
#define REDSMITH_REDSHIFT_ROWSET_PRIVATE_H

#include "redshift/rowset.h"

/*
 * A row is its cells one after the other. A cell is a number in base 128, low digits first: 0 for
 * NULL, else the length plus one, followed by the bytes and a NUL.
 */
struct RowPage {
    guint n_columns;
    GByteArray *bytes;
    GArray *offsets; /* of guint32: where each row begins */
};

/* The cell of a row that begins at `row`, as rowset_cell gives it. */
void row_page_cell(const guint8 *row, guint column, const char **bytes, gsize *length,
                   gboolean *is_null);

/* All n cells of it, as rowset_row gives them. */
void row_page_cells(const guint8 *row, guint n, const char **values, int *lengths);

#endif
