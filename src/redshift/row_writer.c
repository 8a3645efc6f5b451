#include "redshift/row_writer_private.h"

#include <string.h>

#include "base/error.h"
#include "redshift/types.h"
#include "sql/ident.h"

/* --- names of formats ---------------------------------------------------------------------------*/

static const struct {
    const char *name, *suffix;
} formats[] = {
    [ROW_FORMAT_TEXT] = {"text", ".txt"},     [ROW_FORMAT_CSV] = {"csv", ".csv"},
    [ROW_FORMAT_TSV] = {"tsv", ".tsv"},       [ROW_FORMAT_JSON] = {"json", ".json"},
    [ROW_FORMAT_JSONL] = {"jsonl", ".jsonl"}, [ROW_FORMAT_PSQL] = {"psql", ".psql"},
    [ROW_FORMAT_INSERT] = {"insert", ".sql"}, [ROW_FORMAT_MARKDOWN] = {"markdown", ".md"},
};

const char *row_format_name(RowFormat format)
{
    return formats[format].name;
}

const char *row_format_names(void)
{
    return "text, csv, tsv, json, jsonl, psql, insert or markdown";
}

gboolean row_format_from_name(const char *name, RowFormat *format)
{
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++)
        if (g_strcmp0(name, formats[i].name) == 0) {
            *format = (RowFormat)i;
            return TRUE;
        }
    return FALSE;
}

static gboolean cut_suffix(GString *path, const char *suffix)
{
    if (!g_str_has_suffix(path->str, suffix))
        return FALSE;
    g_string_truncate(path, path->len - strlen(suffix));
    return TRUE;
}

gboolean row_format_from_path(const char *path, RowFormat *format, CodecKind *codec)
{
    g_autofree char *lower = g_ascii_strdown(path, -1);
    g_autoptr(GString) rest = g_string_new(lower);
    if (cut_suffix(rest, ".gz"))
        *codec = CODEC_GZIP;
    else if (cut_suffix(rest, ".zst") || cut_suffix(rest, ".zstd"))
        *codec = CODEC_ZSTD;
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++)
        if (cut_suffix(rest, formats[i].suffix)) {
            *format = (RowFormat)i;
            return TRUE;
        }
    if (!cut_suffix(rest, ".ndjson"))
        return FALSE;
    *format = ROW_FORMAT_JSONL;
    return TRUE;
}

/* --- life ---------------------------------------------------------------------------------------*/

static ColumnClass class_of(guint32 oid)
{
    if (type_is_numeric(oid))
        return COLUMN_NUMBER;
    switch (oid) {
    case TYPE_BOOLEAN:
        return COLUMN_BOOLEAN;
    case TYPE_SUPER:
        return COLUMN_SUPER;
    case TYPE_VARBYTE:
        return COLUMN_BYTES;
    case TYPE_GEOMETRY:
        return COLUMN_GEOMETRY;
    case 1082: /* date, time, timestamp, timestamptz, timetz: redshift/types.c */
    case 1083:
    case 1114:
    case 1184:
    case 1266:
        return COLUMN_PLAIN;
    default:
        return COLUMN_TEXT;
    }
}

static gboolean check_insert(const ResultColumn *columns, guint n_columns, GError **error)
{
    for (guint i = 0; i < n_columns; i++)
        if (columns[i].type_oid == TYPE_HLLSKETCH || columns[i].type_oid == TYPE_GEOGRAPHY) {
            g_set_error(error, RS_ERROR, RS_ERROR_UNSUPPORTED,
                        "column \"%s\" is of type %s, which no INSERT can write: leave it out, or "
                        "choose another format",
                        columns[i].name, type_name(columns[i].type_oid));
            return FALSE;
        }
    return TRUE;
}

static void set_insert_head(RowWriter *writer, const RowStyle *style)
{
    const char *relation = style->relation != NULL ? style->relation : "rows";
    g_autofree char *target = sql_ident_pair(style->schema, relation);
    g_autofree char *names =
        sql_ident_list((const char *const *)writer->names, writer->n_columns, NULL);
    writer->insert_head = g_strdup_printf("INSERT INTO %s (%s) VALUES\n", target, names);
}

/* A second column of one name would hide the first in a JSON object: it becomes name_2. */
static char *distinct_name(GHashTable *taken, const char *name)
{
    char *own = g_strdup(name);
    for (guint n = 2; g_hash_table_contains(taken, own); n++) {
        g_free(own);
        own = g_strdup_printf("%s_%u", name, n);
    }
    g_hash_table_add(taken, g_strdup(own));
    return own;
}

static void set_names(RowWriter *writer, const ResultColumn *columns)
{
    gboolean is_json = writer->format == ROW_FORMAT_JSON || writer->format == ROW_FORMAT_JSONL;
    g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    writer->names = g_new0(char *, (gsize)writer->n_columns + 1);
    for (guint i = 0; i < writer->n_columns; i++) {
        if (!is_json) {
            writer->names[i] = g_strdup(columns[i].name);
            continue;
        }
        g_autofree char *name = distinct_name(taken, columns[i].name);
        GString *quoted = g_string_new(", ");
        row_append_json_string(quoted, name, strlen(name));
        g_string_append(quoted, ": ");
        writer->names[i] = g_string_free(quoted, FALSE);
    }
}

RowWriter *row_writer_new(RowFormat format, const ResultColumn *columns, guint n_columns,
                          const RowStyle *style, GError **error)
{
    if (format == ROW_FORMAT_INSERT && !check_insert(columns, n_columns, error))
        return NULL;
    RowWriter *writer = g_new0(RowWriter, 1);
    writer->format = format;
    writer->header = style->header;
    writer->n_columns = n_columns;
    set_names(writer, columns);
    writer->classes = g_new0(ColumnClass, (gsize)n_columns + 1);
    for (guint i = 0; i < n_columns; i++)
        writer->classes[i] = class_of(columns[i].type_oid);
    if (format == ROW_FORMAT_INSERT)
        set_insert_head(writer, style);
    if (format == ROW_FORMAT_PSQL)
        writer->sample = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    return writer;
}

void row_writer_free(RowWriter *writer)
{
    if (writer == NULL)
        return;
    g_strfreev(writer->names);
    g_free(writer->classes);
    g_free(writer->insert_head);
    g_clear_pointer(&writer->sample, g_ptr_array_unref);
    g_free(writer->widths);
    g_free(writer);
}

guint64 row_writer_rows(const RowWriter *writer)
{
    return writer->n_rows;
}

/* --- csv, tsv, text: the formats of large files ---------------------------------------------------*/

/* Room for `size` more bytes behind the text: what is written there is taken in by set_end. */
static char *reserve(GString *out, gsize size)
{
    gsize length = out->len;
    if (length + size >= out->allocated_len)
        g_string_set_size(out, length + size);
    out->len = length;
    return out->str + length;
}

static void set_end(GString *out, char *end)
{
    out->len = (gsize)(end - out->str);
    *end = '\0';
}

static const guint8 csv_special[256] = {[','] = 1, ['"'] = 1, ['\r'] = 1, ['\n'] = 1};

/* As psql's csv_print_field: quotes only where the field needs them. */
static char *put_csv(char *at, const char *value, gsize length)
{
    gboolean quoted = length == 0 || (length == 2 && memcmp(value, "\\.", 2) == 0);
    for (gsize i = 0; !quoted && i < length; i++)
        quoted = csv_special[(guint8)value[i]] != 0;
    if (!quoted) {
        memcpy(at, value, length);
        return at + length;
    }
    *at++ = '"';
    for (gsize i = 0; i < length; i++) {
        if (value[i] == '"')
            *at++ = '"';
        *at++ = value[i];
    }
    *at++ = '"';
    return at;
}

static char *put_tsv(char *at, const char *value, gsize length)
{
    static const char to[256] = {['\\'] = '\\', ['\t'] = 't', ['\n'] = 'n', ['\r'] = 'r'};
    for (gsize i = 0; i < length; i++) {
        char escaped = to[(guint8)value[i]];
        if (escaped != '\0')
            *at++ = '\\';
        *at++ = escaped != '\0' ? escaped : value[i];
    }
    return at;
}

static char *put_text(char *at, const char *value, gsize length)
{
    for (gsize i = 0; i < length; i++)
        *at++ = (guint8)value[i] < 0x20 || value[i] == 0x7f ? ' ' : value[i];
    return at;
}

static char *put_null(const RowWriter *writer, char *at)
{
    if (writer->format == ROW_FORMAT_TSV) {
        *at++ = '\\';
        *at++ = 'N';
    }
    return at;
}

static char *put_value(const RowWriter *writer, char *at, ColumnClass class, const char *value,
                       gsize length)
{
    if (class == COLUMN_NUMBER || class == COLUMN_PLAIN) {
        memcpy(at, value, length);
        return at + length;
    }
    if (writer->format == ROW_FORMAT_CSV)
        return put_csv(at, value, length);
    return writer->format == ROW_FORMAT_TSV ? put_tsv(at, value, length)
                                            : put_text(at, value, length);
}

static void fields_row(const RowWriter *writer, const ColumnClass *classes,
                       const char *const *values, const int *lengths, GString *out)
{
    gsize most = 0;
    for (guint i = 0; i < writer->n_columns; i++)
        most += 2 * (gsize)lengths[i] + 3;
    char separator = writer->format == ROW_FORMAT_CSV ? ',' : '\t';
    char *at = reserve(out, most + 1);
    for (guint i = 0; i < writer->n_columns; i++) {
        if (i > 0)
            *at++ = separator;
        if (values[i] == NULL)
            at = put_null(writer, at);
        else
            at = put_value(writer, at, classes[i], values[i], (gsize)lengths[i]);
    }
    *at++ = '\n';
    set_end(out, at);
}

static void fields_head(const RowWriter *writer, GString *out)
{
    g_autofree int *lengths = g_new0(int, (gsize)writer->n_columns + 1);
    g_autofree ColumnClass *classes = g_new0(ColumnClass, (gsize)writer->n_columns + 1);
    for (guint i = 0; i < writer->n_columns; i++)
        lengths[i] = (int)strlen(writer->names[i]);
    fields_row(writer, classes, (const char *const *)writer->names, lengths, out);
}

/* --- all formats ----------------------------------------------------------------------------------*/

static gboolean is_fields(RowFormat format)
{
    return format == ROW_FORMAT_CSV || format == ROW_FORMAT_TSV || format == ROW_FORMAT_TEXT;
}

static void write_head(const RowWriter *writer, GString *out)
{
    if (writer->header && is_fields(writer->format))
        fields_head(writer, out);
    if (writer->format == ROW_FORMAT_MARKDOWN)
        markdown_head(writer, out);
}

void row_writer_row(RowWriter *writer, const char *const *values, const int *lengths, GString *out)
{
    if (writer->n_rows == 0)
        write_head(writer, out);
    if (is_fields(writer->format))
        fields_row(writer, writer->classes, values, lengths, out);
    else if (writer->format == ROW_FORMAT_PSQL)
        aligned_row(writer, values, lengths, out);
    else if (writer->format == ROW_FORMAT_INSERT)
        insert_row(writer, values, lengths, out);
    else if (writer->format == ROW_FORMAT_MARKDOWN)
        markdown_row(writer, values, lengths, out);
    else
        json_row(writer, values, lengths, out);
    writer->n_rows++;
}

void row_writer_end(RowWriter *writer, GString *out)
{
    if (writer->n_rows == 0)
        write_head(writer, out);
    if (writer->format == ROW_FORMAT_PSQL)
        aligned_end(writer, out);
    else if (writer->format == ROW_FORMAT_INSERT)
        insert_end(writer, out);
    else if (writer->format == ROW_FORMAT_JSON)
        g_string_append(out, writer->n_rows == 0 ? "[]\n" : "\n]\n");
}
