#include "cli/output_private.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

static const char *const format_names[] = {
    [OUTPUT_TABLE] = "table", [OUTPUT_TEXT] = "text",     [OUTPUT_CSV] = "csv",
    [OUTPUT_TSV] = "tsv",     [OUTPUT_JSON] = "json",     [OUTPUT_JSONL] = "jsonl",
    [OUTPUT_PSQL] = "psql",   [OUTPUT_INSERT] = "insert", [OUTPUT_MARKDOWN] = "markdown",
};

gboolean output_format_from_name(const char *name, OutputFormat *format)
{
    for (gsize i = 0; i < G_N_ELEMENTS(format_names); i++)
        if (g_strcmp0(name, format_names[i]) == 0) {
            *format = (OutputFormat)i;
            return TRUE;
        }
    return FALSE;
}

char *output_format_names(void)
{
    GString *names = g_string_new(format_names[0]);
    for (gsize i = 1; i < G_N_ELEMENTS(format_names); i++)
        g_string_append_printf(names, ", %s", format_names[i]);
    return g_string_free(names, FALSE);
}

gboolean output_format_of_rows(OutputFormat format, RowFormat *rows)
{
    return row_format_from_name(format_names[format], rows);
}

Output *output_new(OutputFormat format, FILE *out, const ResultColumn *columns, guint n_columns,
                   const OutputStyle *style)
{
    Output *output = g_new0(Output, 1);
    output->format = format;
    output->out = out;
    output->style = *style;
    output->null_marker = g_strdup(style->ascii                 ? "(null)"
                                   : style->null_marker != NULL ? style->null_marker
                                                                : "∅");
    output->empty_marker = g_strdup(style->empty_marker != NULL ? style->empty_marker : "''");
    output->n_columns = n_columns;
    output->names = g_new0(char *, (gsize)n_columns + 1);
    output->types = g_new0(guint32, (gsize)n_columns + 1);
    output->line = g_string_new(NULL);
    output->sample = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    for (guint i = 0; i < n_columns; i++) {
        output->types[i] = columns[i].type_oid;
        output->names[i] = g_strdup(columns[i].name);
    }
    RowFormat rows;
    RowStyle row_style = {
        .header = style->header, .schema = style->schema, .relation = style->relation};
    if (output_format_of_rows(format, &rows))
        output->writer = row_writer_new(rows, columns, n_columns, &row_style, &output->refused);
    return output;
}

void output_free(Output *output)
{
    if (output == NULL)
        return;
    g_strfreev(output->names);
    g_free(output->types);
    g_free(output->null_marker);
    g_free(output->empty_marker);
    g_string_free(output->line, TRUE);
    g_ptr_array_unref(output->sample);
    g_free(output->widths);
    row_writer_free(output->writer);
    g_clear_error(&output->refused);
    g_free(output);
}

static gboolean check_stream(Output *output, GError **error)
{
    if (!ferror(output->out))
        return TRUE;
    if (errno == EPIPE) {
        g_set_error(error, RS_ERROR, RS_ERROR_CANCELLED,
                    "the reader of standard output has gone away");
        return FALSE;
    }
    return rs_error_set_errno(error, errno, "cannot write to standard output");
}

/* The table has made its cells printable, and dims its markers. */
static void write_line(Output *output)
{
    if (output->style.terminal && output->writer != NULL) {
        g_autofree char *shown = text_printable_lines(output->line->str, (gssize)output->line->len);
        fputs(shown, output->out);
    } else {
        fwrite(output->line->str, 1, output->line->len, output->out);
    }
    g_string_truncate(output->line, 0);
}

/* A format that these columns cannot be written in. */
static gboolean check_format(const Output *output, GError **error)
{
    if (output->refused == NULL)
        return TRUE;
    g_propagate_error(error, g_error_copy(output->refused));
    return FALSE;
}

gboolean output_row(gpointer user, guint n_columns, const char *const *values, const int *lengths,
                    GError **error)
{
    Output *output = user;
    g_return_val_if_fail(n_columns == output->n_columns, FALSE);
    if (!check_format(output, error))
        return FALSE;
    if (output->writer != NULL)
        row_writer_row(output->writer, values, lengths, output->line);
    else
        table_row(output, values, lengths);
    write_line(output);
    output->n_rows++;
    return check_stream(output, error);
}

gboolean output_strings(Output *output, const char *const *values, GError **error)
{
    g_autofree int *lengths = g_new0(int, output->n_columns + 1);
    for (guint i = 0; i < output->n_columns; i++)
        lengths[i] = values[i] == NULL ? 0 : (int)strlen(values[i]);
    return output_row(output, output->n_columns, values, lengths, error);
}

gboolean output_end(Output *output, GError **error)
{
    if (!check_format(output, error))
        return FALSE;
    if (output->writer != NULL)
        row_writer_end(output->writer, output->line);
    else
        table_end(output);
    write_line(output);
    if (!check_stream(output, error)) /* while errno is that of the write */
        return FALSE;
    errno = 0;
    fflush(output->out);
    return check_stream(output, error);
}

guint64 output_n_rows(const Output *output)
{
    return output->n_rows;
}

guint output_n_left_out(const Output *output)
{
    return output->widths == NULL ? 0 : output->n_columns - output->n_shown;
}
