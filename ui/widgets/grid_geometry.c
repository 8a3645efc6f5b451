#include "ui/widgets/grid_geometry.h"

static guint frozen_that_fit(const int *widths, guint n_columns, guint frozen, int columns)
{
    int used = GRID_GUTTER;
    guint count = 0;
    while (count < frozen && count + 1 < n_columns) {
        used += widths[count] + GRID_GAP;
        if (used > columns / 2)
            break;
        count++;
    }
    return count;
}

static gboolean place(GridGeometry *geometry, guint column, int *x, int width, int columns)
{
    int space = columns - 1 - *x; /* the last column is the sign's */
    if (geometry->n_slots == GRID_SLOTS_MAX || space < MIN(width, GRID_CUT_MIN))
        return FALSE;
    GridSlot *slot = &geometry->slots[geometry->n_slots++];
    *slot =
        (GridSlot){.column = column, .x = *x, .width = MIN(width, space), .whole = width <= space};
    *x += slot->width + GRID_GAP;
    return slot->whole;
}

GridGeometry grid_geometry(const int *widths, guint n_columns, guint frozen, guint first,
                           int columns)
{
    GridGeometry geometry = {.divider_x = -1};
    int x = GRID_GUTTER;
    geometry.frozen = frozen_that_fit(widths, n_columns, frozen, columns);
    for (guint column = 0; column < geometry.frozen; column++)
        place(&geometry, column, &x, widths[column], columns);
    if (geometry.frozen > 0) {
        geometry.divider_x = x - GRID_GAP + 1;
        x = geometry.divider_x + GRID_DIVIDER - 1;
    }
    guint column = MAX(first, geometry.frozen);
    while (column < n_columns && place(&geometry, column, &x, widths[column], columns))
        column++;
    geometry.more = column < n_columns;
    return geometry;
}

static gboolean shows_whole(const GridGeometry *geometry, guint column)
{
    for (guint i = 0; i < geometry->n_slots; i++)
        if (geometry->slots[i].column == column)
            return geometry->slots[i].whole;
    return FALSE;
}

guint grid_first_for(const int *widths, guint n_columns, guint frozen, guint first, guint wanted,
                     int columns)
{
    guint kept = frozen_that_fit(widths, n_columns, frozen, columns);
    first = MAX(first, kept);
    if (wanted < kept)
        return first;
    if (wanted < first)
        return wanted;
    for (; first < wanted; first++) {
        GridGeometry geometry = grid_geometry(widths, n_columns, frozen, first, columns);
        if (shows_whole(&geometry, wanted))
            break;
    }
    return first;
}
