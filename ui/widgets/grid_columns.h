/*
 * grid_columns: which columns of a model a grid shows, and in which order. Pure.
 *
 * A column is known by its number in the model; a position is where it stands among those shown. One
 * column is always left.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_GRID_COLUMNS_H
#define REDSMITH_UI_GRID_COLUMNS_H

#include <glib.h>

typedef struct GridColumns GridColumns;

GridColumns *grid_columns_new(void);
void grid_columns_free(GridColumns *columns);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(GridColumns, grid_columns_free)

/* All n columns of another model, in its order. */
void grid_columns_reset(GridColumns *columns, guint n);

guint grid_columns_total(const GridColumns *columns);
guint grid_columns_shown(const GridColumns *columns);

/* The column at a position, which must be one. */
guint grid_columns_at(const GridColumns *columns, guint position);
/* FALSE when the column is hidden. */
gboolean grid_columns_find(const GridColumns *columns, guint column, guint *position);

/* FALSE for the last one. */
gboolean grid_columns_hide(GridColumns *columns, guint position);
/* Brings hidden ones back, each behind the shown column that comes before it in the model. Returns how
 * many there were. */
guint grid_columns_show_all(GridColumns *columns);
/* Trades places with the one to the right (1) or left (-1). FALSE at the edge. */
gboolean grid_columns_move(GridColumns *columns, guint position, int step);

#endif
