#include "cli/output_private.h"

#include <cJSON.h>
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "redshift/types.h"

enum { OID_BOOL = 16, OID_SUPER = 4000 };

static const char *const format_names[] = {
    [OUTPUT_TABLE] = "table", [OUTPUT_CSV] = "csv",     [OUTPUT_TSV] = "tsv",
    [OUTPUT_JSON] = "json",   [OUTPUT_JSONL] = "jsonl",
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

/* A second column of one name would hide the first in a JSON object: it becomes name_2. */
static char *distinct_name(const Output *output, guint column, const char *name)
{
    char *own = g_strdup(name);
    for (guint n = 2; g_strv_contains((const char *const *)output->names, own) && column > 0; n++) {
        g_free(own);
        own = g_strdup_printf("%s_%u", name, n);
    }
    return own;
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
    output->names = g_new0(char *, n_columns + 1);
    output->types = g_new0(guint32, n_columns + 1);
    output->line = g_string_new(NULL);
    output->sample = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    gboolean is_json = format == OUTPUT_JSON || format == OUTPUT_JSONL;
    for (guint i = 0; i < n_columns; i++) {
        output->types[i] = columns[i].type_oid;
        output->names[i] =
            is_json ? distinct_name(output, i, columns[i].name) : g_strdup(columns[i].name);
    }
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

/* As psql's csv_print_field: quotes only where the field needs them. */
static void append_csv(GString *line, const char *value, gsize length)
{
    gboolean plain = length > 0 && strcmp(value, "\\.") != 0;
    for (gsize i = 0; plain && i < length; i++)
        plain = strchr(",\"\r\n", value[i]) == NULL || value[i] == '\0';
    if (plain) {
        g_string_append_len(line, value, (gssize)length);
        return;
    }
    g_string_append_c(line, '"');
    for (gsize i = 0; i < length; i++) {
        if (value[i] == '"')
            g_string_append_c(line, '"');
        g_string_append_c(line, value[i]);
    }
    g_string_append_c(line, '"');
}

static void append_tsv(GString *line, const char *value, gsize length)
{
    static const char from[] = "\\\t\n\r", to[] = "\\tnr";
    for (gsize i = 0; i < length; i++) {
        const char *at = value[i] == '\0' ? NULL : strchr(from, value[i]);
        if (at != NULL)
            g_string_append_c(line, '\\');
        g_string_append_c(line, at != NULL ? to[at - from] : value[i]);
    }
}

static void append_fields(Output *output, const char *const *values, const int *lengths)
{
    gboolean is_csv = output->format == OUTPUT_CSV;
    for (guint i = 0; i < output->n_columns; i++) {
        if (i > 0)
            g_string_append_c(output->line, is_csv ? ',' : '\t');
        if (values[i] == NULL)
            g_string_append(output->line, is_csv ? "" : "\\N");
        else if (is_csv)
            append_csv(output->line, values[i], (gsize)lengths[i]);
        else
            append_tsv(output->line, values[i], (gsize)lengths[i]);
    }
    g_string_append_c(output->line, '\n');
}

static void append_escaped(GString *out, gunichar c)
{
    if (c >= 0x10000) { /* JSON writes these as a pair of surrogates */
        g_string_append_printf(out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
                               0xdc00 + ((c - 0x10000) & 0x3ff));
        return;
    }
    static const char from[] = "\"\\\n\r\t", to[] = "\"\\nrt";
    const char *at = c > 0 && c < 0x80 ? strchr(from, (char)c) : NULL;
    if (at != NULL)
        g_string_append_printf(out, "\\%c", to[at - from]);
    else
        g_string_append_printf(out, "\\u%04x", c);
}

void output_append_json_string(GString *out, const char *bytes, gsize length)
{
    g_autofree char *valid = g_utf8_make_valid(bytes, (gssize)length);
    g_string_append_c(out, '"');
    for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
        gssize size = g_utf8_next_char(p) - p;
        if (*p == '"' || *p == '\\' || !text_is_printable(p, size))
            append_escaped(out, g_utf8_get_char(p));
        else
            g_string_append_len(out, p, size);
    }
    g_string_append_c(out, '"');
}

static gsize digits(const char *text, gsize length, gsize at)
{
    gsize n = 0;
    while (at + n < length && g_ascii_isdigit(text[at + n]))
        n++;
    return n;
}

gboolean output_is_json_number(const char *text, gsize length)
{
    gsize at = length > 0 && text[0] == '-' ? 1 : 0, n = digits(text, length, at);
    if (n == 0 || (n > 1 && text[at] == '0'))
        return FALSE;
    at += n;
    if (at < length && text[at] == '.') {
        n = digits(text, length, at + 1);
        if (n == 0)
            return FALSE;
        at += n + 1;
    }
    if (at < length && (text[at] | 0x20) == 'e') {
        at++;
        if (at < length && (text[at] == '+' || text[at] == '-'))
            at++;
        n = digits(text, length, at);
        if (n == 0)
            return FALSE;
        at += n;
    }
    return at == length;
}

static gboolean is_json_text(const char *value, gsize length)
{
    cJSON *json = cJSON_ParseWithLengthOpts(value, length + 1, NULL, TRUE);
    cJSON_Delete(json);
    return json != NULL;
}

static void append_json_value(GString *line, guint32 type, const char *value, gsize length)
{
    if (value == NULL)
        g_string_append(line, "null");
    else if (type == OID_BOOL && length == 1 && (*value == 't' || *value == 'f'))
        g_string_append(line, *value == 't' ? "true" : "false");
    else if (type_is_numeric(type) && output_is_json_number(value, length))
        g_string_append_len(line, value, (gssize)length);
    else if (type == OID_SUPER && text_is_printable(value, (gssize)length) &&
             is_json_text(value, length))
        g_string_append_len(line, value, (gssize)length);
    else
        output_append_json_string(line, value, length);
}

static void append_object(Output *output, const char *const *values, const int *lengths)
{
    if (output->format == OUTPUT_JSON)
        g_string_append(output->line, output->n_rows == 0 ? "[\n" : ",\n");
    g_string_append_c(output->line, '{');
    for (guint i = 0; i < output->n_columns; i++) {
        g_string_append(output->line, i > 0 ? ", " : "");
        output_append_json_string(output->line, output->names[i], strlen(output->names[i]));
        g_string_append(output->line, ": ");
        append_json_value(output->line, output->types[i], values[i],
                          values[i] == NULL ? 0 : (gsize)lengths[i]);
    }
    g_string_append(output->line, output->format == OUTPUT_JSON ? "}" : "}\n");
}

static void write_line(Output *output)
{
    fwrite(output->line->str, 1, output->line->len, output->out);
    g_string_truncate(output->line, 0);
}

static void write_names(Output *output)
{
    g_autofree int *lengths = g_new0(int, output->n_columns + 1);
    for (guint i = 0; i < output->n_columns; i++)
        lengths[i] = (int)strlen(output->names[i]);
    append_fields(output, (const char *const *)output->names, lengths);
    write_line(output);
}

static gboolean has_names(const Output *output)
{
    return output->style.header && (output->format == OUTPUT_CSV || output->format == OUTPUT_TSV);
}

gboolean output_row(gpointer user, guint n_columns, const char *const *values, const int *lengths,
                    GError **error)
{
    Output *output = user;
    g_return_val_if_fail(n_columns == output->n_columns, FALSE);
    if (output->n_rows == 0 && has_names(output))
        write_names(output);
    if (output->format == OUTPUT_TABLE)
        table_row(output, values, lengths);
    else if (output->format == OUTPUT_CSV || output->format == OUTPUT_TSV)
        append_fields(output, values, lengths);
    else
        append_object(output, values, lengths);
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
    if (output->n_rows == 0 && has_names(output))
        write_names(output);
    if (output->format == OUTPUT_TABLE)
        table_end(output);
    if (output->format == OUTPUT_JSON)
        g_string_append(output->line, output->n_rows == 0 ? "[]\n" : "\n]\n");
    write_line(output);
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
