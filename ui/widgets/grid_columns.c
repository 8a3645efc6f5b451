#include "ui/widgets/grid_columns.h"

struct GridColumns {
    GArray *order; /* of guint: columns by position */
    guint total;
};

GridColumns *grid_columns_new(void)
{
    GridColumns *columns = g_new0(GridColumns, 1);
    columns->order = g_array_new(FALSE, FALSE, sizeof(guint));
    return columns;
}

void grid_columns_free(GridColumns *columns)
{
    if (columns == NULL)
        return;
    g_array_unref(columns->order);
    g_free(columns);
}

void grid_columns_reset(GridColumns *columns, guint n)
{
    g_array_set_size(columns->order, 0);
    for (guint column = 0; column < n; column++)
        g_array_append_val(columns->order, column);
    columns->total = n;
}

guint grid_columns_total(const GridColumns *columns)
{
    return columns->total;
}

guint grid_columns_shown(const GridColumns *columns)
{
    return columns->order->len;
}

guint grid_columns_at(const GridColumns *columns, guint position)
{
    g_return_val_if_fail(position < columns->order->len, 0);
    return g_array_index(columns->order, guint, position);
}

gboolean grid_columns_find(const GridColumns *columns, guint column, guint *position)
{
    for (guint i = 0; i < columns->order->len; i++)
        if (g_array_index(columns->order, guint, i) == column) {
            *position = i;
            return TRUE;
        }
    return FALSE;
}

gboolean grid_columns_hide(GridColumns *columns, guint position)
{
    if (columns->order->len <= 1 || position >= columns->order->len)
        return FALSE;
    g_array_remove_index(columns->order, position);
    return TRUE;
}

guint grid_columns_show_all(GridColumns *columns)
{
    guint hidden = columns->total - columns->order->len;
    for (guint column = 0; column < columns->total && hidden > 0; column++) {
        guint position, place = 0;
        if (grid_columns_find(columns, column, &position))
            continue;
        if (column > 0 && grid_columns_find(columns, column - 1, &position))
            place = position + 1;
        g_array_insert_val(columns->order, place, column);
    }
    return hidden;
}

gboolean grid_columns_move(GridColumns *columns, guint position, int step)
{
    gint64 other = (gint64)position + step;
    if (other < 0 || other >= columns->order->len || position >= columns->order->len)
        return FALSE;
    guint *order = (guint *)(gpointer)columns->order->data;
    guint column = order[position];
    order[position] = order[other];
    order[other] = column;
    return TRUE;
}
