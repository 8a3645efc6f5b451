/* INSERT statements and Markdown of row_writer. */
#include "redshift/row_writer_private.h"

#include <string.h>

#include "base/text.h"
#include "sql/literal.h"

/* --- insert -------------------------------------------------------------------------------------*/

/* The function that reads a type's text; a plain literal would be taken as characters (Redshift guide,
 * JSON_PARSE, FROM_HEX, ST_GeomFromEWKB). */
static const char *reader_of(ColumnClass class)
{
    return class == COLUMN_SUPER      ? "JSON_PARSE"
           : class == COLUMN_BYTES    ? "FROM_HEX"
           : class == COLUMN_GEOMETRY ? "ST_GeomFromEWKB"
                                      : NULL;
}

static void append_literal(GString *out, ColumnClass class, const char *value, gsize length)
{
    const char *reader = reader_of(class);
    if (value == NULL) {
        g_string_append(out, "NULL");
    } else if (class == COLUMN_BOOLEAN && length == 1) {
        g_string_append(out, *value == 't' ? "TRUE" : "FALSE");
    } else if (class == COLUMN_NUMBER && row_is_json_number(value, length)) {
        g_string_append_len(out, value, (gssize)length);
    } else {
        g_autofree char *literal = sql_literal(value);
        g_string_append_printf(out, reader != NULL ? "%s(%s)" : "%s%s",
                               reader != NULL ? reader : "", literal);
    }
}

void insert_row(RowWriter *writer, const char *const *values, const int *lengths, GString *out)
{
    gsize before = out->len;
    if (writer->in_statement == 0)
        g_string_append(out, writer->insert_head);
    g_string_append(out, writer->in_statement == 0 ? "(" : ",\n(");
    for (guint i = 0; i < writer->n_columns; i++) {
        g_string_append(out, i > 0 ? ", " : "");
        append_literal(out, writer->classes[i], values[i],
                       values[i] == NULL ? 0 : (gsize)lengths[i]);
    }
    g_string_append_c(out, ')');
    writer->in_statement++;
    writer->statement_bytes += out->len - before;
    if (writer->in_statement >= INSERT_ROWS || writer->statement_bytes >= INSERT_BYTES)
        insert_end(writer, out);
}

void insert_end(RowWriter *writer, GString *out)
{
    if (writer->in_statement > 0)
        g_string_append(out, ";\n");
    writer->in_statement = 0;
    writer->statement_bytes = 0;
}

/* --- markdown -----------------------------------------------------------------------------------*/

static void append_escaped(GString *out, const char *value, gsize length)
{
    for (gsize i = 0; i < length; i++) {
        if (value[i] == '\n')
            g_string_append(out, "<br>");
        else if (value[i] == '\r')
            continue;
        else if (strchr("\\|`*_<>[]", value[i]) != NULL && value[i] != '\0')
            g_string_append_printf(out, "\\%c", value[i]);
        else
            g_string_append_c(out, (guint8)value[i] < 0x20 ? ' ' : value[i]);
    }
}

void markdown_head(const RowWriter *writer, GString *out)
{
    g_string_append_c(out, '|');
    for (guint i = 0; i < writer->n_columns; i++) {
        g_string_append_c(out, ' ');
        append_escaped(out, writer->names[i], strlen(writer->names[i]));
        g_string_append(out, " |");
    }
    g_string_append(out, "\n|");
    for (guint i = 0; i < writer->n_columns; i++)
        g_string_append(out, writer->classes[i] == COLUMN_NUMBER ? " ---: |" : " --- |");
    g_string_append_c(out, '\n');
}

void markdown_row(const RowWriter *writer, const char *const *values, const int *lengths,
                  GString *out)
{
    g_string_append_c(out, '|');
    for (guint i = 0; i < writer->n_columns; i++) {
        g_string_append_c(out, ' ');
        if (values[i] == NULL)
            g_string_append(out, "*NULL*");
        else
            append_escaped(out, values[i], (gsize)lengths[i]);
        g_string_append(out, " |");
    }
    g_string_append_c(out, '\n');
}
