#include "cli/output_private.h"

#include <string.h>

#include "base/text.h"
#include "redshift/types.h"

#define GAP "  "
#define DIM "\x1b[2m"
#define PLAIN "\x1b[0m"

enum { WIDEST_CELL = 60, NARROWEST_CELL = 6 };

/* A cell as it will be shown, and whether it is a marker and no value. */
typedef struct {
    char *text;
    gboolean is_marker;
} Cell;

static void cell_free(gpointer data)
{
    Cell *cell = data;
    g_free(cell->text);
    g_free(cell);
}

static Cell *cell_new(const Output *output, const char *value, int length)
{
    Cell *cell = g_new0(Cell, 1);
    cell->is_marker = value == NULL || length == 0;
    if (value == NULL)
        cell->text = g_strdup(output->null_marker);
    else if (length == 0)
        cell->text = g_strdup(output->empty_marker);
    else
        cell->text = text_printable(value, length);
    return cell;
}

static char *heading(const Output *output, guint column)
{
    return text_printable(output->names[column], -1);
}

static void measure(Output *output)
{
    for (guint i = 0; i < output->n_columns; i++) {
        g_autofree char *name = heading(output, i);
        output->widths[i] = text_width(name);
        for (guint row = 0; row < output->sample->len; row++) {
            const GPtrArray *cells = output->sample->pdata[row];
            output->widths[i] =
                MAX(output->widths[i], text_width(((const Cell *)cells->pdata[i])->text));
        }
    }
}

static int total_width(const Output *output, guint n)
{
    int total = 0;
    for (guint i = 0; i < n; i++)
        total += output->widths[i] + (i > 0 ? (int)strlen(GAP) : 0);
    return total;
}

/* The widest column gives way first, one by one; then columns are left out from the right. */
static void fit(Output *output)
{
    output->n_shown = output->n_columns;
    if (output->style.width <= 0)
        return;
    for (guint i = 0; i < output->n_columns; i++)
        output->widths[i] = MIN(output->widths[i], MAX(WIDEST_CELL, output->style.width / 2));
    while (total_width(output, output->n_shown) > output->style.width) {
        guint widest = 0;
        for (guint i = 1; i < output->n_shown; i++)
            if (output->widths[i] > output->widths[widest])
                widest = i;
        if (output->widths[widest] > NARROWEST_CELL * 2)
            output->widths[widest]--;
        else if (output->n_shown > 1)
            output->n_shown--;
        else
            break;
    }
    output->widths[0] = MIN(output->widths[0], MAX(output->style.width, 1));
}

static void end_line(Output *output)
{
    while (output->line->len > 0 && output->line->str[output->line->len - 1] == ' ')
        g_string_truncate(output->line, output->line->len - 1);
    g_string_append_c(output->line, '\n');
}

static void append_cell(Output *output, guint column, const char *text, gboolean is_marker)
{
    TextAlign align = type_is_numeric(output->types[column]) ? TEXT_RIGHT : TEXT_LEFT;
    int width = output->widths[column];
    if (output->style.width <= 0) /* not on a terminal: nothing is cut */
        width = MAX(width, text_width(text));
    g_autofree char *fitted = text_fit(text, width, align, output->style.ascii);
    g_string_append(output->line, column > 0 ? GAP : "");
    if (is_marker && output->style.dim)
        g_string_append_printf(output->line, DIM "%s" PLAIN, fitted);
    else
        g_string_append(output->line, fitted);
}

static void append_cells(Output *output, const GPtrArray *cells)
{
    for (guint i = 0; i < output->n_shown; i++) {
        const Cell *cell = cells->pdata[i];
        append_cell(output, i, cell->text, cell->is_marker);
    }
    end_line(output);
}

static void append_heading(Output *output)
{
    for (guint i = 0; i < output->n_shown; i++) {
        g_autofree char *name = heading(output, i);
        append_cell(output, i, name, FALSE);
    }
    end_line(output);
    for (guint i = 0; i < output->n_shown; i++) {
        g_string_append(output->line, i > 0 ? GAP : "");
        for (int j = 0; j < output->widths[i]; j++)
            g_string_append(output->line, output->style.ascii ? "-" : "─");
    }
    end_line(output);
}

static void release_sample(Output *output)
{
    if (output->widths != NULL || output->n_columns == 0)
        return;
    output->widths = g_new0(int, output->n_columns);
    measure(output);
    fit(output);
    if (output->style.header)
        append_heading(output);
    for (guint i = 0; i < output->sample->len; i++)
        append_cells(output, output->sample->pdata[i]);
    g_ptr_array_set_size(output->sample, 0);
}

void table_row(Output *output, const char *const *values, const int *lengths)
{
    GPtrArray *cells = g_ptr_array_new_with_free_func(cell_free);
    for (guint i = 0; i < output->n_columns; i++)
        g_ptr_array_add(cells, cell_new(output, values[i], lengths[i]));
    if (output->widths == NULL) {
        g_ptr_array_add(output->sample, cells);
        if (output->sample->len >= TABLE_SAMPLE_ROWS)
            release_sample(output);
        return;
    }
    append_cells(output, cells);
    g_ptr_array_unref(cells);
}

void table_end(Output *output)
{
    release_sample(output);
}
