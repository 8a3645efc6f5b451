#include "ui/views/rows_cell.h"

/* The head of a value, not cut within a character. */
static gsize head_length(const char *bytes, gsize length, gsize limit)
{
    if (length <= limit)
        return length;
    while (limit > 0 && ((guchar)bytes[limit] & 0xc0) == 0x80)
        limit--;
    return limit;
}

static gboolean is_blank(const char *bytes, gsize length)
{
    for (gsize i = 0; i < length; i++)
        if (bytes[i] != ' ')
            return FALSE;
    return TRUE;
}

GridCell rows_cell_append(RowSet *rows, guint64 row, guint column, gsize limit, GString *text)
{
    const char *bytes;
    gsize length;
    gboolean is_null;
    if (!rowset_cell(rows, row, column, &bytes, &length, &is_null, NULL)) {
        g_string_append(text, "(unreadable)");
        return GRID_VALUE;
    }
    if (is_null)
        return GRID_NULL;
    gsize head = head_length(bytes, length, limit);
    g_autofree char *printable = text_printable(bytes, (gssize)head);
    g_string_append(text, printable);
    return is_blank(bytes, length) ? GRID_EMPTY : GRID_VALUE;
}
