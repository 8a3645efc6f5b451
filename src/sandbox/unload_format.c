#include "sandbox/unload_format.h"

#include <stdio.h>
#include <string.h>

/* --- columns ------------------------------------------------------------------------------------ */

typedef struct {
    const char *base;
    ValueKind kind;
} TypeRow;

static const TypeRow type_rows[] = {
    {"smallint", VALUE_INTEGER},
    {"integer", VALUE_INTEGER},
    {"bigint", VALUE_INTEGER},
    {"oid", VALUE_INTEGER},
    {"numeric", VALUE_DECIMAL},
    {"real", VALUE_FLOAT},
    {"double precision", VALUE_FLOAT},
    {"boolean", VALUE_BOOLEAN},
    {"character", VALUE_CHAR},
    {"bpchar", VALUE_CHAR},
    {"character varying", VALUE_VARCHAR},
    {"text", VALUE_VARCHAR},
    {"name", VALUE_VARCHAR},
    {"unknown", VALUE_VARCHAR},
    {"super", VALUE_SUPER},
    {"jsonb", VALUE_SUPER},
    {"json", VALUE_SUPER},
    {"varbyte", VALUE_VARBYTE},
    {"bytea", VALUE_VARBYTE},
};

static ValueKind kind_of(const char *base)
{
    for (gsize i = 0; i < G_N_ELEMENTS(type_rows); i++)
        if (g_str_equal(base, type_rows[i].base))
            return type_rows[i].kind;
    return VALUE_OTHER;
}

/* "character varying(20)" and "timestamp(3) without time zone": the base without the modifier. */
static char *split_modifier(const char *type, int *first, int *second)
{
    const char *open = strchr(type, '('), *close = open != NULL ? strchr(open, ')') : NULL;
    if (close == NULL)
        return g_strdup(type);
    sscanf(open, "(%d,%d)", first, second);
    return g_strdup_printf("%.*s%s", (int)(open - type), type, close + 1);
}

UnloadColumn *unload_column_new(const char *name, const char *type)
{
    UnloadColumn *column = g_new0(UnloadColumn, 1);
    int first = -1, second = -1;
    const char *plain = strrchr(type, '.') != NULL ? strrchr(type, '.') + 1 : type;
    column->name = g_strdup(name);
    column->base = split_modifier(plain, &first, &second);
    column->kind = kind_of(column->base);
    column->real = g_str_equal(column->base, "real");
    column->written = TRUE;
    column->max_length = column->precision = column->scale = -1;
    if (column->kind == VALUE_CHAR)
        column->max_length = first > 0 ? first : 1;
    else if (column->kind == VALUE_VARCHAR)
        column->max_length = first > 0 ? first : 65535;
    else if (column->kind == VALUE_DECIMAL) {
        /* A computed NUMERIC without a modifier: the widest there is on Redshift. */
        column->precision = first > 0 ? first : 38;
        column->scale = first > 0 ? MAX(second, 0) : 37;
    }
    if (column->kind == VALUE_VARCHAR || column->kind == VALUE_CHAR) {
        g_free(column->base);
        column->base = g_strdup(column->kind == VALUE_CHAR ? "character" : "character varying");
    }
    return column;
}

void unload_column_free(UnloadColumn *column)
{
    if (column == NULL)
        return;
    g_free(column->name);
    g_free(column->base);
    g_free(column);
}

int unload_column_index(const GPtrArray *columns, const char *name)
{
    for (guint i = 0; i < columns->len; i++)
        if (g_ascii_strcasecmp(((UnloadColumn *)columns->pdata[i])->name, name) == 0)
            return (int)i;
    return -1;
}

static UnloadColumn *find_column(const GPtrArray *columns, const char *name)
{
    int index = unload_column_index(columns, name);
    return index >= 0 ? columns->pdata[index] : NULL;
}

/* Redshift guide, UNLOAD, PARTITION BY: the types that may name a folder. */
static gboolean may_partition(const UnloadColumn *column)
{
    switch (column->kind) {
    case VALUE_INTEGER:
    case VALUE_DECIMAL:
    case VALUE_BOOLEAN:
    case VALUE_CHAR:
    case VALUE_VARCHAR:
        return TRUE;
    case VALUE_FLOAT:
        return column->real;
    default:
        return g_str_equal(column->base, "date") ||
               g_str_equal(column->base, "timestamp without time zone");
    }
}

static gboolean check_partition(GPtrArray *columns, const UnloadOptions *options, Refusal *refusal)
{
    guint written = columns->len;
    for (guint i = 0; i < options->partition_by->len; i++) {
        const char *name = options->partition_by->pdata[i];
        UnloadColumn *column = find_column(columns, name);
        if (column == NULL)
            return refuse(refusal, "42703",
                          "Partition column \"%s\" does not exist in the result of the query",
                          name);
        if (!may_partition(column))
            return refuse(refusal, "0A000", "Partition column \"%s\" has unsupported type %s", name,
                          column->base);
        if (!options->include && column->written) {
            column->written = FALSE;
            written--;
        }
    }
    if (written == 0)
        return refuse(refusal, "0A000",
                      "All columns are partition columns: use PARTITION BY with INCLUDE, or leave "
                      "at least one column to unload");
    return TRUE;
}

static gboolean check_json(const GPtrArray *columns, Refusal *refusal)
{
    for (guint i = 0; i < columns->len; i++) {
        const UnloadColumn *column = columns->pdata[i];
        if (find_column(columns, column->name) != column)
            return refuse(refusal, "42701",
                          "Column name \"%s\" is not unique: UNLOAD in JSON format needs unique "
                          "column names",
                          column->name);
    }
    return TRUE;
}

static gboolean check_types(const GPtrArray *columns, const UnloadOptions *options,
                            Refusal *refusal)
{
    if (options->format != UNLOAD_JSON && options->widths == NULL)
        return TRUE;
    for (guint i = 0; i < columns->len; i++) {
        const UnloadColumn *column = columns->pdata[i];
        if (column->kind == VALUE_VARBYTE)
            return refuse(refusal, "0A000",
                          "Column \"%s\" of type VARBYTE is not supported for %s based UNLOAD",
                          column->name, options->widths != NULL ? "FIXEDWIDTH" : "JSON");
    }
    return TRUE;
}

gboolean unload_columns_check(GPtrArray *columns, const UnloadOptions *options, Refusal *refusal)
{
    if (options->partition_by != NULL && !check_partition(columns, options, refusal))
        return FALSE;
    if (options->format == UNLOAD_JSON && !check_json(columns, refusal))
        return FALSE;
    if (!check_types(columns, options, refusal))
        return FALSE;
    guint written = 0;
    for (guint i = 0; i < columns->len; i++)
        written += ((UnloadColumn *)columns->pdata[i])->written ? 1 : 0;
    if (options->widths != NULL && options->widths->len != written)
        return refuse(refusal, "42601",
                      "FIXEDWIDTH specification has %u columns, the query returns %u",
                      options->widths->len, written);
    return TRUE;
}

/* --- JSON --------------------------------------------------------------------------------------- */

static gboolean is_json_number(const PgField *field)
{
    gsize first = field->length > 0 && field->text[0] == '-' ? 1 : 0;
    return field->length > first && g_ascii_isdigit(field->text[first]);
}

static void append_json_value(GString *out, const UnloadColumn *column, const PgField *field)
{
    if (field->text == NULL) {
        g_string_append(out, "null");
        return;
    }
    switch (column->kind) {
    case VALUE_INTEGER:
    case VALUE_DECIMAL:
    case VALUE_FLOAT:
        /* JSON has no NaN and no infinity: those go as strings. */
        if (is_json_number(field)) {
            g_string_append_len(out, field->text, (gssize)field->length);
            return;
        }
        break;
    case VALUE_SUPER:
        json_append_compact(out, field->text, field->length);
        return;
    default:
        break;
    }
    json_append_string(out, field->text, field->length);
}

/* --- values ------------------------------------------------------------------------------------- */

/* The value as Redshift prints it. scratch holds it when it had to be made. */
static PgField printed(const UnloadColumn *column, PgField field, GString *scratch)
{
    if (field.text == NULL)
        return field;
    if (column->kind == VALUE_CHAR) {
        while (field.length > 0 && field.text[field.length - 1] == ' ')
            field.length--;
    } else if (column->kind == VALUE_VARBYTE && field.length >= 2 && field.text[0] == '\\' &&
               field.text[1] == 'x') {
        field.text += 2;
        field.length -= 2;
    } else if (column->kind == VALUE_SUPER) {
        g_string_truncate(scratch, 0);
        json_append_compact(scratch, field.text, field.length);
        field = (PgField){.text = scratch->str, .length = scratch->len};
    }
    return field;
}

static gboolean is_character(const UnloadColumn *column)
{
    return column->kind == VALUE_CHAR || column->kind == VALUE_VARCHAR;
}

static const char *null_text(const UnloadOptions *options)
{
    return options->null_as != NULL ? options->null_as : "";
}

static void append_csv_value(GString *out, const UnloadOptions *options, const PgField *field)
{
    gboolean quoted = FALSE;
    for (gsize i = 0; i < field->length && !quoted; i++) {
        char c = field->text[i];
        quoted = c == options->delimiter || c == '"' || c == '\n' || c == '\r';
    }
    if (!quoted) {
        g_string_append_len(out, field->text, (gssize)field->length);
        return;
    }
    g_string_append_c(out, '"');
    for (gsize i = 0; i < field->length; i++) {
        if (field->text[i] == '"')
            g_string_append_c(out, '"');
        g_string_append_c(out, field->text[i]);
    }
    g_string_append_c(out, '"');
}

static void append_text_value(GString *out, const UnloadOptions *options, gboolean escape,
                              const PgField *field)
{
    if (options->add_quotes)
        g_string_append_c(out, '"');
    for (gsize i = 0; i < field->length; i++) {
        char c = field->text[i];
        gboolean quote = options->add_quotes && (c == '"' || c == '\'');
        if (escape && (c == '\n' || c == '\r' || c == '\\' || c == options->delimiter || quote))
            g_string_append_c(out, '\\');
        g_string_append_c(out, c);
    }
    if (options->add_quotes)
        g_string_append_c(out, '"');
}

static gboolean append_fixed_value(GString *out, const UnloadOptions *options,
                                   const UnloadColumn *column, const PgField *field, guint index,
                                   Refusal *refusal)
{
    glong width = g_array_index(options->widths, int, index);
    const char *text = field->text != NULL ? field->text : null_text(options);
    gsize length = field->text != NULL ? field->length : strlen(text);
    glong used = g_utf8_strlen(text, (gssize)length);
    if (used > width && field->text == NULL && !is_character(column)) {
        length = 0;
        used = 0;
    }
    if (used > width)
        return refuse(refusal, "XX000",
                      "Value of column \"%s\" has %ld characters and does not fit its FIXEDWIDTH "
                      "of %ld",
                      column->name, used, width);
    g_string_append_len(out, text, (gssize)length);
    for (; used < width; used++)
        g_string_append_c(out, ' ');
    return TRUE;
}

/* --- rows --------------------------------------------------------------------------------------- */

void unload_append_header(GString *out, const GPtrArray *columns, const UnloadOptions *options)
{
    gboolean first = TRUE;
    for (guint i = 0; i < columns->len; i++) {
        const UnloadColumn *column = columns->pdata[i];
        if (!column->written)
            continue;
        if (!first)
            g_string_append_c(out, options->delimiter);
        first = FALSE;
        PgField name = {.text = column->name, .length = strlen(column->name)};
        if (options->format == UNLOAD_CSV)
            append_csv_value(out, options, &name);
        else
            append_text_value(out, options, options->escape, &name);
    }
    g_string_append_c(out, '\n');
}

static void append_json_row(GString *out, const GPtrArray *columns, const PgField *fields,
                            GString *scratch)
{
    char separator = '{';
    for (guint i = 0; i < columns->len; i++) {
        const UnloadColumn *column = columns->pdata[i];
        if (!column->written)
            continue;
        PgField field = printed(column, fields[i], scratch);
        g_string_append_c(out, separator);
        separator = ',';
        json_append_string(out, column->name, strlen(column->name));
        g_string_append_c(out, ':');
        append_json_value(out, column, &field);
    }
    g_string_append(out, "}\n");
}

gboolean unload_append_row(GString *out, const GPtrArray *columns, const PgField *fields,
                           const UnloadOptions *options, Refusal *refusal)
{
    g_autoptr(GString) scratch = g_string_new(NULL);
    if (options->format == UNLOAD_JSON) {
        append_json_row(out, columns, fields, scratch);
        return TRUE;
    }
    guint index = 0;
    for (guint i = 0; i < columns->len; i++) {
        const UnloadColumn *column = columns->pdata[i];
        if (!column->written)
            continue;
        PgField field = printed(column, fields[i], scratch);
        if (options->widths != NULL) {
            if (!append_fixed_value(out, options, column, &field, index++, refusal))
                return FALSE;
            continue;
        }
        if (index++ > 0)
            g_string_append_c(out, options->delimiter);
        if (field.text == NULL)
            g_string_append(out, null_text(options));
        else if (options->format == UNLOAD_CSV)
            append_csv_value(out, options, &field);
        else
            append_text_value(out, options, options->escape && is_character(column), &field);
    }
    g_string_append_c(out, '\n');
    return TRUE;
}

/* As Hive does, whose folders these are: what would end or confuse a path part becomes %XX. */
static void append_folder_value(GString *out, const PgField *field)
{
    for (gsize i = 0; i < field->length; i++) {
        guchar c = (guchar)field->text[i];
        if (c < 0x20 || c == 0x7f || strchr("\"#%'*/:=?\\{[]^", c) != NULL)
            g_string_append_printf(out, "%%%02X", c);
        else
            g_string_append_c(out, (char)c);
    }
}

void unload_append_partition(GString *out, const GPtrArray *columns, const PgField *fields,
                             const UnloadOptions *options)
{
    g_autoptr(GString) scratch = g_string_new(NULL);
    for (guint i = 0; i < options->partition_by->len; i++) {
        const char *name = options->partition_by->pdata[i];
        int index = unload_column_index(columns, name);
        PgField field = printed(columns->pdata[index], fields[index], scratch);
        g_string_append_printf(out, "%s=", name);
        if (field.text == NULL)
            g_string_append(out, "__HIVE_DEFAULT_PARTITION__");
        else
            append_folder_value(out, &field);
        g_string_append_c(out, '/');
    }
}
