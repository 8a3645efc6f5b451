#include "sandbox/data_api_result.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "sandbox/json_text.h"
#include "sandbox/service.h"

#define PAGE_ROWS 1000
#define PAGE_BYTES (1u << 20)
#define RESULT_LIMIT (500ll * 1000 * 1000)
#define ROW_LIMIT (64u << 10)

typedef enum { FIELD_STRING, FIELD_LONG, FIELD_DOUBLE, FIELD_BOOLEAN, FIELD_BLOB } FieldKind;

struct DataResult {
    gatomicrefcount references;
    char *path;
    FILE *file; /* while it is written */
    gboolean csv;
    GArray *kinds; /* of FieldKind */
    char *metadata;
    GString *page;
    guint page_rows;
    gint64 rows, size;
    GArray *offsets; /* of gint64: where each page begins, and the end */
};

/* --- columns ------------------------------------------------------------------------------------ */

typedef struct {
    const char *type; /* PostgreSQL's name */
    const char *name; /* Redshift's, as the Data API says it */
    FieldKind kind;
    int precision, scale;
    gboolean is_signed, is_text;
} TypeRow;

/* As the service describes its types (Data API guide, ColumnMetadata); precisions are those of JDBC. */
static const TypeRow types[] = {
    {"bool", "bool", FIELD_BOOLEAN, 1, 0, FALSE, FALSE},
    {"int2", "int2", FIELD_LONG, 5, 0, TRUE, FALSE},
    {"int4", "int4", FIELD_LONG, 10, 0, TRUE, FALSE},
    {"int8", "int8", FIELD_LONG, 19, 0, TRUE, FALSE},
    {"oid", "oid", FIELD_LONG, 10, 0, FALSE, FALSE},
    {"float4", "float4", FIELD_DOUBLE, 8, 8, TRUE, FALSE},
    {"float8", "float8", FIELD_DOUBLE, 17, 17, TRUE, FALSE},
    {"numeric", "numeric", FIELD_STRING, 0, 0, TRUE, FALSE},
    {"bytea", "varbyte", FIELD_BLOB, 0, 0, FALSE, FALSE},
    {"date", "date", FIELD_STRING, 13, 0, FALSE, FALSE},
    {"time", "time", FIELD_STRING, 15, 6, FALSE, FALSE},
    {"timetz", "timetz", FIELD_STRING, 21, 6, FALSE, FALSE},
    {"timestamp", "timestamp", FIELD_STRING, 29, 6, FALSE, FALSE},
    {"timestamptz", "timestamptz", FIELD_STRING, 35, 6, FALSE, FALSE},
    {"text", "varchar", FIELD_STRING, 65535, 0, FALSE, TRUE},
    {"unknown", "varchar", FIELD_STRING, 65535, 0, FALSE, TRUE},
    {"varchar", "varchar", FIELD_STRING, 65535, 0, FALSE, TRUE},
    {"bpchar", "bpchar", FIELD_STRING, 1, 0, FALSE, TRUE},
    {"name", "name", FIELD_STRING, 63, 0, FALSE, TRUE},
};

static TypeRow type_of(const char *type)
{
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++)
        if (strcmp(types[i].type, type) == 0)
            return types[i];
    return (TypeRow){type, type, FIELD_STRING, 0, 0, FALSE, FALSE};
}

typedef struct {
    const char *name, *type, *schema, *table, *fallback; /* fallback: the column's default */
    int modifier, nullable;
} Column;

static void apply_modifier(TypeRow *type, int modifier)
{
    if (modifier < 4)
        return;
    if (strcmp(type->name, "numeric") == 0) {
        type->precision = (modifier - 4) >> 16;
        type->scale = (modifier - 4) & 0x7ff;
    } else if (type->is_text) {
        type->precision = modifier - 4;
    }
}

static FieldKind add_column(GString *out, const Column *column)
{
    TypeRow type = type_of(column->type);
    apply_modifier(&type, column->modifier);
    service_open(out, NULL, '{');
    service_add_text(out, "columnDefault", column->fallback);
    service_add_flag(out, "isCaseSensitive", type.is_text);
    service_add_flag(out, "isCurrency", FALSE);
    service_add_flag(out, "isSigned", type.is_signed);
    service_add_text(out, "label", column->name);
    service_add_number(out, "length", 0);
    service_add_text(out, "name", column->name);
    service_add_number(out, "nullable", column->nullable);
    service_add_number(out, "precision", type.precision);
    service_add_number(out, "scale", type.scale);
    service_add_text(out, "schemaName", column->schema);
    service_add_text(out, "tableName", column->table);
    service_add_text(out, "typeName", type.name);
    service_close(out, '}');
    return type.kind;
}

char *data_result_describe_columns(const PGresult *rows, int n)
{
    GString *out = g_string_new("[");
    for (int i = 0; i < n; i++) {
        Column column = {.name = PQgetvalue(rows, i, 0),
                         .type = PQgetvalue(rows, i, 1),
                         .modifier = (int)g_ascii_strtoll(PQgetvalue(rows, i, 2), NULL, 10),
                         .nullable = *PQgetvalue(rows, i, 3) == 't' ? 0 : 1,
                         .fallback = PQgetisnull(rows, i, 4) ? NULL : PQgetvalue(rows, i, 4),
                         .schema = PQgetvalue(rows, i, 5),
                         .table = PQgetvalue(rows, i, 6)};
        add_column(out, &column);
    }
    g_string_erase(out, 0, 1);
    return g_string_free(out, FALSE);
}

/* type, table, schema, not null: one row for each column of the result, in its order. */
static PGresult *look_up(PGconn *catalog, const PGresult *columns)
{
    static const char sql[] =
        "SELECT t.typname, c.relname, n.nspname, a.attnotnull FROM "
        "unnest($1::oid[], $2::oid[], $3::int2[]) WITH ORDINALITY AS f(type, tab, col, i) "
        "LEFT JOIN pg_catalog.pg_type t ON t.oid = f.type "
        "LEFT JOIN pg_catalog.pg_class c ON c.oid = f.tab "
        "LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
        "LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = f.tab AND a.attnum = f.col "
        "ORDER BY f.i";
    g_autoptr(GString) oids = g_string_new("{"), tables = g_string_new("{"),
                       numbers = g_string_new("{");
    for (int i = 0; i < PQnfields(columns); i++) {
        const char *comma = i > 0 ? "," : "";
        g_string_append_printf(oids, "%s%u", comma, PQftype(columns, i));
        g_string_append_printf(tables, "%s%u", comma, PQftable(columns, i));
        g_string_append_printf(numbers, "%s%d", comma, PQftablecol(columns, i));
    }
    g_string_append_c(oids, '}');
    g_string_append_c(tables, '}');
    g_string_append_c(numbers, '}');
    const char *const values[] = {oids->str, tables->str, numbers->str};
    return PQexecParams(catalog, sql, 3, NULL, values, NULL, NULL, 0);
}

static const char *cell(const PGresult *rows, int row, int column)
{
    if (row >= PQntuples(rows) || PQgetisnull(rows, row, column))
        return NULL;
    return PQgetvalue(rows, row, column);
}

static void describe(DataResult *result, const PGresult *columns, PGconn *catalog)
{
    g_autoptr(PGresult) names = catalog != NULL ? look_up(catalog, columns) : NULL;
    GString *out = g_string_new("[");
    for (int i = 0; i < PQnfields(columns); i++) {
        const char *type = names != NULL ? cell(names, i, 0) : NULL;
        const char *not_null = names != NULL ? cell(names, i, 3) : NULL;
        Column column = {.name = PQfname(columns, i),
                         .type = type != NULL ? type : "varchar",
                         .modifier = PQfmod(columns, i),
                         .nullable = not_null == NULL   ? 2
                                     : *not_null == 't' ? 0
                                                        : 1,
                         .table = names != NULL ? cell(names, i, 1) : NULL,
                         .schema = names != NULL ? cell(names, i, 2) : NULL};
        column.table = column.table != NULL ? column.table : "";
        column.schema = column.schema != NULL ? column.schema : "";
        FieldKind kind = add_column(out, &column);
        g_array_append_val(result->kinds, kind);
    }
    g_string_erase(out, 0, 1);
    result->metadata = g_string_free(out, FALSE);
}

/* --- values ------------------------------------------------------------------------------------- */

/* "\x0102" as base64. */
static void append_blob(GString *out, const char *text)
{
    gsize length = 0;
    guchar *bytes = PQunescapeBytea((const guchar *)text, &length);
    g_autofree char *encoded = g_base64_encode(bytes, length);
    PQfreemem(bytes);
    g_string_append_printf(out, "{\"blobValue\":\"%s\"}", encoded);
}

static gboolean is_json_number(const char *text, gsize length)
{
    const char *digits = *text == '-' ? text + 1 : text;
    return g_ascii_isdigit(*digits) && json_is_value(text, length);
}

static void append_json(GString *out, FieldKind kind, const char *text, gsize length)
{
    gboolean number = kind == FIELD_LONG || kind == FIELD_DOUBLE;
    if (kind == FIELD_BOOLEAN) {
        g_string_append_printf(out, "{\"booleanValue\":%s}", *text == 't' ? "true" : "false");
    } else if (kind == FIELD_BLOB) {
        append_blob(out, text);
    } else if (number && is_json_number(text, length)) {
        g_string_append(out, kind == FIELD_LONG ? "{\"longValue\":" : "{\"doubleValue\":");
        g_string_append_len(out, text, (gssize)length);
        g_string_append_c(out, '}');
    } else { /* NaN and Infinity too: JSON has no such numbers */
        g_string_append(out, "{\"stringValue\":");
        json_append_string(out, text, length);
        g_string_append_c(out, '}');
    }
}

static void append_json_row(DataResult *result, const PGresult *rows, int row)
{
    g_string_append(result->page, result->page_rows > 0 ? ",[" : "[");
    for (int i = 0; i < PQnfields(rows); i++) {
        if (i > 0)
            g_string_append_c(result->page, ',');
        if (PQgetisnull(rows, row, i))
            g_string_append(result->page, "{\"isNull\":true}");
        else
            append_json(result->page, g_array_index(result->kinds, FieldKind, i),
                        PQgetvalue(rows, row, i), (gsize)PQgetlength(rows, row, i));
    }
    g_string_append_c(result->page, ']');
}

/* The empty string is quoted, so that NULL and it differ. */
static void append_csv(GString *out, const char *text)
{
    if (*text != '\0' && strpbrk(text, ",\"\r\n") == NULL) {
        g_string_append(out, text);
        return;
    }
    g_string_append_c(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            g_string_append_c(out, '"');
        g_string_append_c(out, *text);
    }
    g_string_append_c(out, '"');
}

static void append_csv_row(DataResult *result, const PGresult *rows, int row)
{
    for (int i = 0; i < PQnfields(rows); i++) {
        if (i > 0)
            g_string_append_c(result->page, ',');
        if (row < 0)
            append_csv(result->page, PQfname(rows, i));
        else if (!PQgetisnull(rows, row, i))
            append_csv(result->page, PQgetvalue(rows, row, i));
    }
    g_string_append(result->page, "\r\n");
}

/* --- the file ----------------------------------------------------------------------------------- */

DataResult *data_result_new(const char *path, const PGresult *columns, PGconn *catalog,
                            gboolean csv, GError **error)
{
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        rs_error_set_errno(error, errno, "Cannot write %s", path);
        return NULL;
    }
    DataResult *result = g_new0(DataResult, 1);
    gint64 start = 0;
    g_atomic_ref_count_init(&result->references);
    result->path = g_strdup(path);
    result->file = file;
    result->csv = csv;
    result->kinds = g_array_new(FALSE, FALSE, sizeof(FieldKind));
    result->offsets = g_array_new(FALSE, FALSE, sizeof(gint64));
    result->page = g_string_new(NULL);
    g_array_append_val(result->offsets, start);
    describe(result, columns, catalog);
    if (csv)
        append_csv_row(result, columns, -1);
    return result;
}

DataResult *data_result_ref(DataResult *result)
{
    g_atomic_ref_count_inc(&result->references);
    return result;
}

void data_result_unref(DataResult *result)
{
    if (result == NULL || !g_atomic_ref_count_dec(&result->references))
        return;
    if (result->file != NULL)
        fclose(result->file);
    unlink(result->path);
    g_array_unref(result->kinds);
    g_array_unref(result->offsets);
    g_string_free(result->page, TRUE);
    g_free(result->metadata);
    g_free(result->path);
    g_free(result);
}

static gboolean end_page(DataResult *result, GError **error)
{
    GString *page = result->page;
    if (fwrite(page->str, 1, page->len, result->file) != page->len)
        return rs_error_set_errno(error, errno, "Cannot write %s", result->path);
    result->size += (gint64)page->len;
    result->page_rows = 0;
    g_array_append_val(result->offsets, result->size);
    g_string_truncate(page, 0);
    return TRUE;
}

static gboolean add_row(DataResult *result, const PGresult *rows, int row, GError **error)
{
    gsize before = result->page->len;
    if (result->csv)
        append_csv_row(result, rows, row);
    else
        append_json_row(result, rows, row);
    result->rows++;
    result->page_rows++;
    gsize length = 0;
    for (int i = 0; i < PQnfields(rows); i++)
        length += (gsize)PQgetlength(rows, row, i);
    const char *refusal = NULL;
    if (length > ROW_LIMIT)
        refusal = "Packet for query is too large";
    else if (result->size + (gint64)result->page->len > RESULT_LIMIT)
        refusal = "Database response exceeded size limit";
    if (refusal != NULL) {
        g_string_truncate(result->page, before);
        g_set_error_literal(error, RS_ERROR, RS_ERROR_LIMIT, refusal);
        return FALSE;
    }
    if (result->page_rows < PAGE_ROWS && result->page->len < PAGE_BYTES)
        return TRUE;
    return end_page(result, error);
}

gboolean data_result_add(DataResult *result, const PGresult *rows, GError **error)
{
    for (int row = 0; row < PQntuples(rows); row++)
        if (!add_row(result, rows, row, error))
            return FALSE;
    return TRUE;
}

gboolean data_result_finish(DataResult *result, GError **error)
{
    if ((result->page->len > 0 || result->offsets->len == 1) && !end_page(result, error))
        return FALSE;
    FILE *file = g_steal_pointer(&result->file);
    if (fclose(file) == 0)
        return TRUE;
    return rs_error_set_errno(error, errno, "Cannot write %s", result->path);
}

/* --- reading ------------------------------------------------------------------------------------ */

gint64 data_result_rows(const DataResult *result)
{
    return result->rows;
}

gint64 data_result_size(const DataResult *result)
{
    return result->size;
}

guint data_result_pages(const DataResult *result)
{
    return result->offsets->len - 1;
}

const char *data_result_metadata(const DataResult *result)
{
    return result->metadata;
}

char *data_result_page(const DataResult *result, guint page, GError **error)
{
    gint64 start = g_array_index(result->offsets, gint64, page);
    gsize length = (gsize)(g_array_index(result->offsets, gint64, page + 1) - start);
    FILE *file = fopen(result->path, "re");
    g_autofree char *text = g_malloc(length + 1);
    gboolean whole = file != NULL && fseeko(file, start, SEEK_SET) == 0 &&
                     fread(text, 1, length, file) == length;
    int reason = errno;
    if (file != NULL)
        fclose(file);
    if (!whole) {
        rs_error_set_errno(error, reason, "Cannot read %s", result->path);
        return NULL;
    }
    text[length] = '\0';
    return g_steal_pointer(&text);
}
