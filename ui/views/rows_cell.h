/*
 * rows_cell: a cell of a rowset as the screens show it: printable, cut at a character, with NULL and
 * blanks told apart.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_ROWS_CELL_H
#define REDSMITH_UI_ROWS_CELL_H

#include "redshift/rowset.h"
#include "ui/widgets/grid.h"

/* Appends at most about `limit` bytes of the value. */
GridCell rows_cell_append(RowSet *rows, guint64 row, guint column, gsize limit, GString *text);

#endif
