/*
 * grid_geometry: which columns of a grid are seen, and where. Pure arithmetic.
 *
 *     gutter | frozen columns | divider | columns from `first` on ... | sign for more
 *
 * Units: terminal columns.
 */
#ifndef REDSMITH_UI_GRID_GEOMETRY_H
#define REDSMITH_UI_GRID_GEOMETRY_H

#include <glib.h>

enum {
    GRID_GUTTER = 2,
    GRID_GAP = 2,
    GRID_DIVIDER = 3, /* " │ " */
    GRID_SLOTS_MAX = 128,
    GRID_CUT_MIN = 4, /* a column that is cut at the edge keeps at least that much */
};

typedef struct {
    guint column;
    int x, width;
    gboolean whole; /* not cut by the edge */
} GridSlot;

typedef struct {
    GridSlot slots[GRID_SLOTS_MAX];
    guint n_slots;
    guint frozen;  /* as many as there is room for: at most half of the columns of the screen */
    int divider_x; /* of the line between frozen and other columns; -1 without */
    gboolean more; /* columns to the right are not seen, or not whole */
} GridGeometry;

/* widths of all n columns; frozen as wished; first: of the columns that are not frozen, the leftmost
 * that is seen (as a column number). */
GridGeometry grid_geometry(const int *widths, guint n_columns, guint frozen, guint first,
                           int columns);

/* The `first` nearest to the given one that shows column `wanted` whole, if any does. */
guint grid_first_for(const int *widths, guint n_columns, guint frozen, guint first, guint wanted,
                     int columns);

#endif
