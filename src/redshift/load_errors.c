#include "redshift/load_errors.h"

#include <string.h>

#include "base/error.h"
#include "redshift/probe.h"

static const char sys_view[] = "sys_load_error_detail";
static const char stl_view[] = "stl_load_errors";

enum {
    FIELD_FILE,
    FIELD_LINE,
    FIELD_COLUMN,
    FIELD_TYPE,
    FIELD_LENGTH,
    FIELD_POSITION,
    FIELD_CODE,
    FIELD_REASON,
    FIELD_RAW_LINE,
    FIELD_RAW_VALUE
};

void load_error_free(LoadError *load_error)
{
    if (load_error == NULL)
        return;
    g_free(load_error->file);
    g_free(load_error->column);
    g_free(load_error->type);
    g_free(load_error->column_length);
    g_free(load_error->raw_line);
    g_free(load_error->raw_value);
    g_free(load_error->reason);
    g_free(load_error->local_file);
    g_free(load_error->line_before);
    g_free(load_error->line_after);
    g_free(load_error);
}

/* The views hold blank-padded CHAR columns. */
static char *trimmed(const char *text)
{
    return g_strchomp(g_strdup(text == NULL ? "" : text));
}

static LoadError *load_error_of(const GPtrArray *rows, guint i, const char *source)
{
    LoadError *load_error = g_new0(LoadError, 1);
    load_error->file = trimmed(probe_text(rows, i, FIELD_FILE));
    load_error->line = (guint64)probe_number(rows, i, FIELD_LINE, 0);
    load_error->column = trimmed(probe_text(rows, i, FIELD_COLUMN));
    load_error->type = trimmed(probe_text(rows, i, FIELD_TYPE));
    load_error->column_length = trimmed(probe_text(rows, i, FIELD_LENGTH));
    load_error->position = (int)probe_number(rows, i, FIELD_POSITION, 0);
    load_error->code = (int)probe_number(rows, i, FIELD_CODE, 0);
    load_error->reason = trimmed(probe_text(rows, i, FIELD_REASON));
    load_error->source = source;
    if (source == stl_view) {
        load_error->raw_line = trimmed(probe_text(rows, i, FIELD_RAW_LINE));
        load_error->raw_value = trimmed(probe_text(rows, i, FIELD_RAW_VALUE));
    }
    return load_error;
}

static GPtrArray *read_view(Session *session, const char *sql, const char *source, guint limit,
                            gboolean *refused, GCancellable *cancellable, GError **error)
{
    g_autofree char *limited =
        limit == 0 ? g_strdup(sql) : g_strdup_printf("%s LIMIT %u", sql, limit);
    g_autoptr(GPtrArray) rows = probe_query(session, limited, refused, cancellable, error);
    if (rows == NULL)
        return NULL;
    GPtrArray *errors = g_ptr_array_new_with_free_func((GDestroyNotify)load_error_free);
    for (guint i = 0; i < rows->len; i++)
        g_ptr_array_add(errors, load_error_of(rows, i, source));
    return errors;
}

static GPtrArray *read_sys(Session *session, int pid, guint limit, gboolean *refused,
                           GCancellable *cancellable, GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT file_name, line_number, column_name, column_type, column_length, \"position\", "
        "error_code, error_message FROM sys_load_error_detail "
        "WHERE session_id = %d AND query_id = "
        "(SELECT max(query_id) FROM sys_load_error_detail WHERE session_id = %d) "
        "ORDER BY file_name, line_number",
        pid, pid);
    return read_view(session, sql, sys_view, limit, refused, cancellable, error);
}

static GPtrArray *read_stl(Session *session, int pid, guint limit, gboolean *refused,
                           GCancellable *cancellable, GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT filename, line_number, colname, \"type\", col_length, \"position\", err_code, "
        "err_reason, raw_line, raw_field_value FROM stl_load_errors "
        "WHERE session = %d AND query = "
        "(SELECT max(query) FROM stl_load_errors WHERE session = %d) "
        "ORDER BY filename, line_number",
        pid, pid);
    return read_view(session, sql, stl_view, limit, refused, cancellable, error);
}

/* Gives the raw line and value of the STL row of the same place to the SYS row. */
static void add_raw(LoadError *load_error, const GPtrArray *stl)
{
    for (guint i = 0; i < stl->len; i++) {
        LoadError *raw = stl->pdata[i];
        if (raw->line != load_error->line || strcmp(raw->file, load_error->file) != 0 ||
            strcmp(raw->column, load_error->column) != 0)
            continue;
        g_free(load_error->raw_line);
        g_free(load_error->raw_value);
        load_error->raw_line = g_strdup(raw->raw_line);
        load_error->raw_value = g_strdup(raw->raw_value);
        return;
    }
}

GPtrArray *load_errors_read(Session *session, int backend_pid, guint limit,
                            GCancellable *cancellable, GError **error)
{
    gboolean sys_refused = FALSE, stl_refused = FALSE;
    g_autoptr(GPtrArray) sys =
        read_sys(session, backend_pid, limit, &sys_refused, cancellable, error);
    if (sys == NULL)
        return NULL;
    g_autoptr(GPtrArray) stl =
        read_stl(session, backend_pid, limit, &stl_refused, cancellable, error);
    if (stl == NULL)
        return NULL;
    if (sys_refused && stl_refused) {
        g_set_error(error, RS_ERROR, RS_ERROR_PERMISSION,
                    "the reasons of the refused rows cannot be read: neither %s nor %s is open to "
                    "this user or exists here (they are read outside a transaction)",
                    sys_view, stl_view);
        return NULL;
    }
    if (sys->len == 0)
        return g_steal_pointer(&stl);
    for (guint i = 0; i < sys->len; i++)
        add_raw(sys->pdata[i], stl);
    return g_steal_pointer(&sys);
}

/* --- advice ------------------------------------------------------------------------------------ */

/* What a code means for who has to mend it; %s is the column. Redshift guide, "Load error reference". */
static const struct {
    int code;
    const char *advice;
} advices[] = {
    {1201, "Check the delimiter: column %s was not found where the line should go on."},
    {1202,
     "The line has more fields than the table has columns: check the delimiter and quotes, or "
     "name the columns to load."},
    {1203, "The line ends before column %s: check the delimiter and quotes, or use FILLRECORD to "
           "fill missing columns at the end with NULL."},
    {1205,
     "Column %s wants a date: name the files' form with DATEFORMAT, or use DATEFORMAT 'auto'."},
    {1206, "Column %s wants a timestamp: name the files' form with TIMEFORMAT, or use TIMEFORMAT "
           "'auto'."},
    {1207,
     "Column %s wants a whole number: mend the value, load it as NULL with NULL AS, or change "
     "the column's type."},
    {1208, "Column %s wants a floating-point number: mend the value, or load it as NULL with NULL "
           "AS."},
    {1209, "Column %s wants a decimal number within its precision: mend the value or widen the "
           "column."},
    {1210, "Column %s wants a boolean: t/f, true/false, yes/no or 1/0."},
    {1211, "The line is empty: use IGNOREBLANKLINES to skip such lines."},
    {1212, "A file of the list was not there: it was removed since, or the manifest names a wrong "
           "key."},
    {1213,
     "Column %s is NOT NULL and got NULL: mend the value, give it a value for NULL in the file, "
     "or drop NOT NULL."},
    {1214, "The delimiter after column %s is missing: check the delimiter and quotes."},
    {1215, "Column %s is CHAR, which holds single-byte characters only: make it VARCHAR."},
    {1216, "The line cannot be read as this format: check format, quotes and compression."},
    {1217,
     "Column %s is an IDENTITY column: leave it out of the column list, or use EXPLICIT_IDS."},
    {1218, "NULL AS '\\0' needs another sign for NULL: the value of column %s holds NUL bytes."},
    {1219, "Column %s holds a broken UTF-8 sequence: use ACCEPTINVCHARS to replace such bytes, or "
           "name the files' ENCODING."},
    {1220, "Column %s holds bytes that are not UTF-8: use ACCEPTINVCHARS to replace such bytes, or "
           "name the files' ENCODING."},
    {1221, "The file is not in the ENCODING that was named, or lacks its byte order mark."},
    {1222, "The value is out of the range of column %s: use a wider integer type."},
    {1223, "The value does not fit the type of column %s: mend it or change the type."},
    {1224, "Column %s is SUPER and the value is not JSON that it can hold: mend the value."},
    {8001, "Every url of the manifest must be a full s3://bucket/key path."},
    {9005, "The end of the key range is not valid: check the manifest."},
};

/* Where the code is not known, or is one of those that mean many things, the words tell. */
static const struct {
    const char *words; /* lower case, in the reason */
    int code;
} wordings[] = {
    {"ddl length", 1204},
    {"invalid digit", 1207},
    {"date format", 1205},
    {"timestamp format", 1206},
    {"missing data for not-null", 1213},
    {"delimiter not found", 1201},
    {"extra column", 1202},
    {"invalid utf8", 1220},
    {"overflow", 1222},
    {"boolean", 1210},
};

static int effective_code(const LoadError *load_error)
{
    if (load_error->code != 0 && load_error->code != 1200)
        return load_error->code;
    g_autofree char *reason = g_ascii_strdown(load_error->reason, -1);
    for (gsize i = 0; i < G_N_ELEMENTS(wordings); i++)
        if (strstr(reason, wordings[i].words) != NULL)
            return wordings[i].code;
    return load_error->code;
}

/* 1204: too long for CHAR and VARCHAR, out of range for the others. */
static char *length_advice(const LoadError *load_error, const char *column)
{
    gboolean character = strstr(load_error->type, "char") != NULL;
    if (!character)
        return g_strdup_printf("The value is out of the range of column %s: use a wider type.",
                               column);
    g_autofree char *width =
        g_strdup(*load_error->column_length == '\0' ? "fewer bytes" : load_error->column_length);
    g_autofree char *got = NULL;
    if (load_error->raw_value != NULL && *load_error->raw_value != '\0')
        got = g_strdup_printf("the value has %" G_GSIZE_FORMAT " bytes, ",
                              strlen(load_error->raw_value));
    return g_strdup_printf("Widen column %s (%sit holds %s%s; widths count bytes, not characters), "
                           "or use TRUNCATECOLUMNS, which cuts what is too long.",
                           column, got == NULL ? "" : got, width,
                           *load_error->column_length == '\0' ? "" : " bytes");
}

char *load_error_advice(const LoadError *load_error)
{
    g_autofree char *column = *load_error->column == '\0'
                                  ? g_strdup("of this line")
                                  : g_strdup_printf("\"%s\"", load_error->column);
    int code = effective_code(load_error);
    if (code == 1204)
        return length_advice(load_error, column);
    for (gsize i = 0; i < G_N_ELEMENTS(advices); i++) {
        if (advices[i].code != code)
            continue;
        g_auto(GStrv) parts = g_strsplit(advices[i].advice, "%s", -1);
        return g_strjoinv(column, parts);
    }
    return g_strdup_printf("Mend the value of column %s, or skip bad rows with MAXERROR.", column);
}
