#include "base/error.h"
#include "redshift/rowset_private.h"

#define ROW_MAX_BYTES (1u << 30)
#define PAGE_MAX_BYTES G_MAXUINT32

RowPage *row_page_new(guint n_columns)
{
    RowPage *page = g_new0(RowPage, 1);
    page->n_columns = n_columns;
    page->bytes = g_byte_array_new();
    page->offsets = g_array_new(FALSE, FALSE, sizeof(guint32));
    return page;
}

void row_page_free(RowPage *page)
{
    if (page == NULL)
        return;
    g_byte_array_unref(page->bytes);
    g_array_unref(page->offsets);
    g_free(page);
}

guint row_page_rows(const RowPage *page)
{
    return page->offsets->len;
}

gsize row_page_bytes(const RowPage *page)
{
    return page->bytes->len + page->offsets->len * sizeof(guint32);
}

static void append_number(GByteArray *bytes, guint32 number)
{
    guint8 digits[5];
    guint n = 0;
    do {
        digits[n++] = (guint8)((number & 0x7f) | (number > 0x7f ? 0x80 : 0));
        number >>= 7;
    } while (number > 0);
    g_byte_array_append(bytes, digits, n);
}

static gboolean fits(const RowPage *page, gsize size, GError **error)
{
    if (size > ROW_MAX_BYTES) {
        g_set_error(error, RS_ERROR, RS_ERROR_LIMIT,
                    "a row of %" G_GSIZE_FORMAT " bytes is over the limit of 1 GiB: choose fewer "
                    "columns, or unload it",
                    size);
        return FALSE;
    }
    if (page->bytes->len + size > PAGE_MAX_BYTES) {
        g_set_error(error, RS_ERROR, RS_ERROR_LIMIT, "a page of rows is over the limit of 4 GiB");
        return FALSE;
    }
    return TRUE;
}

gboolean row_page_add(gpointer user, guint n_columns, const char *const *values, const int *lengths,
                      GError **error)
{
    RowPage *page = user;
    g_return_val_if_fail(n_columns == page->n_columns, FALSE);
    gsize size = 0;
    for (guint i = 0; i < n_columns; i++)
        size += 1 + (values[i] == NULL ? 0 : (gsize)lengths[i] + 5);
    if (!fits(page, size, error))
        return FALSE;
    guint32 offset = page->bytes->len;
    g_array_append_val(page->offsets, offset);
    for (guint i = 0; i < n_columns; i++) {
        append_number(page->bytes, values[i] == NULL ? 0 : (guint32)lengths[i] + 1);
        if (values[i] == NULL)
            continue;
        g_byte_array_append(page->bytes, (const guint8 *)values[i], (guint)lengths[i]);
        g_byte_array_append(page->bytes, (const guint8 *)"", 1);
    }
    return TRUE;
}

static const guint8 *read_number(const guint8 *at, guint32 *number)
{
    *number = 0;
    for (guint shift = 0;; shift += 7) {
        *number |= (guint32)(*at & 0x7f) << shift;
        if ((*at++ & 0x80) == 0)
            return at;
    }
}

void row_page_cell(const guint8 *row, guint column, const char **bytes, gsize *length,
                   gboolean *is_null)
{
    guint32 number = 0;
    const guint8 *at = read_number(row, &number);
    for (guint i = 0; i < column; i++)
        at = read_number(at + number, &number); /* number counts the NUL as well */
    *is_null = number == 0;
    *bytes = number == 0 ? "" : (const char *)at;
    if (length != NULL)
        *length = number == 0 ? 0 : number - 1;
}

void row_page_cells(const guint8 *row, guint n, const char **values, int *lengths)
{
    guint32 number = 0;
    const guint8 *at = row;
    for (guint i = 0; i < n; i++) {
        at = read_number(at, &number);
        values[i] = number == 0 ? NULL : (const char *)at;
        lengths[i] = number == 0 ? 0 : (int)(number - 1);
        at += number; /* counts the NUL as well */
    }
}
