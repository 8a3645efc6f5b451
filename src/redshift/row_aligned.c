/* psql's aligned format of row_writer. */
#include "redshift/row_writer_private.h"

#include "base/text.h"

#define NULL_SIGN "∅"

static void append_blanks(GString *out, int n)
{
    for (int i = 0; i < n; i++)
        g_string_append_c(out, ' ');
}

/* Names stand in the middle of their columns, as psql has them. */
static void append_head(const RowWriter *writer, GString *out)
{
    for (guint i = 0; i < writer->n_columns; i++) {
        g_autofree char *name = text_printable(writer->names[i], -1);
        int blanks = writer->widths[i] - text_width(name);
        g_string_append(out, i > 0 ? "| " : " ");
        append_blanks(out, blanks / 2);
        g_string_append(out, name);
        append_blanks(out, blanks - blanks / 2 + 1);
    }
    g_string_append_c(out, '\n');
    for (guint i = 0; i < writer->n_columns; i++) {
        if (i > 0)
            g_string_append_c(out, '+');
        for (int n = 0; n < writer->widths[i] + 2; n++)
            g_string_append_c(out, '-');
    }
    g_string_append_c(out, '\n');
}

static void append_cells(const RowWriter *writer, const GPtrArray *cells, GString *out)
{
    for (guint i = 0; i < writer->n_columns; i++) {
        const char *cell = g_ptr_array_index(cells, i);
        int blanks = MAX(writer->widths[i] - text_width(cell), 0);
        gboolean right = writer->classes[i] == COLUMN_NUMBER;
        g_string_append(out, i > 0 ? "| " : " ");
        append_blanks(out, right ? blanks : 0);
        g_string_append(out, cell);
        if (i + 1 < writer->n_columns) /* psql pads no last column */
            append_blanks(out, (right ? 0 : blanks) + 1);
    }
    g_string_append_c(out, '\n');
}

static void release_sample(RowWriter *writer, GString *out)
{
    if (writer->widths != NULL)
        return;
    writer->widths = g_new0(int, (gsize)writer->n_columns + 1);
    for (guint i = 0; i < writer->n_columns; i++) {
        g_autofree char *name = text_printable(writer->names[i], -1);
        writer->widths[i] = text_width(name);
        for (guint row = 0; row < writer->sample->len; row++) {
            const GPtrArray *cells = g_ptr_array_index(writer->sample, row);
            writer->widths[i] = MAX(writer->widths[i], text_width(g_ptr_array_index(cells, i)));
        }
    }
    append_head(writer, out);
    for (guint row = 0; row < writer->sample->len; row++)
        append_cells(writer, g_ptr_array_index(writer->sample, row), out);
    g_ptr_array_set_size(writer->sample, 0);
}

void aligned_row(RowWriter *writer, const char *const *values, const int *lengths, GString *out)
{
    g_autoptr(GPtrArray) cells = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < writer->n_columns; i++)
        g_ptr_array_add(cells, values[i] == NULL ? g_strdup(NULL_SIGN)
                                                 : text_printable(values[i], lengths[i]));
    if (writer->widths != NULL) {
        append_cells(writer, cells, out);
        return;
    }
    g_ptr_array_add(writer->sample, g_steal_pointer(&cells));
    if (writer->sample->len >= ALIGNED_SAMPLE_ROWS)
        release_sample(writer, out);
}

void aligned_end(RowWriter *writer, GString *out)
{
    release_sample(writer, out);
    g_string_append_printf(out, "(%" G_GUINT64_FORMAT " row%s)\n", writer->n_rows,
                           writer->n_rows == 1 ? "" : "s");
}
