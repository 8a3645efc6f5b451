#include "sql/unload.h"

#include <string.h>

#include "base/error.h"
#include "sql/ident.h"
#include "sql/lexer.h"
#include "sql/literal.h"
#include "sql/option.h"

#define MIN_FILE_SIZE_MB 5.0
#define MAX_FILE_SIZE_MB 6348.8 /* 6.2 GB */
#define MAX_STATEMENT_BYTES (16u << 20)

enum {
    OPT_CSV = 1 << 0,
    OPT_JSON = 1 << 1,
    OPT_PARQUET = 1 << 2,
    OPT_ORC = 1 << 3,
    OPT_AVRO = 1 << 4,
    OPT_GZIP = 1 << 5,
    OPT_ZSTD = 1 << 6,
    OPT_BZIP2 = 1 << 7,
    OPT_LZOP = 1 << 8,
    OPT_HEADER = 1 << 9,
    OPT_ADDQUOTES = 1 << 10,
    OPT_ESCAPE = 1 << 11,
    OPT_MANIFEST = 1 << 12,
    OPT_VERBOSE = 1 << 13,
    OPT_ALLOWOVERWRITE = 1 << 14,
    OPT_CLEANPATH = 1 << 15,
    OPT_DELIMITER = 1 << 16,
    OPT_NULL_AS = 1 << 17,
    OPT_PARTITION = 1 << 18,
    OPT_INCLUDE = 1 << 19,
    OPT_KMS_KEY = 1 << 20,
    OPT_ROLE = 1 << 21,
    OPT_UNLOAD = 1 << 22,
};

static const SqlOptionName names[] = {
    {OPT_CSV, "FORMAT CSV"},
    {OPT_JSON, "FORMAT JSON"},
    {OPT_PARQUET, "FORMAT PARQUET"},
    {OPT_ORC, "FORMAT ORC"},
    {OPT_AVRO, "FORMAT AVRO"},
    {OPT_GZIP, "GZIP"},
    {OPT_ZSTD, "ZSTD"},
    {OPT_BZIP2, "BZIP2"},
    {OPT_LZOP, "LZOP"},
    {OPT_HEADER, "HEADER"},
    {OPT_ADDQUOTES, "ADDQUOTES"},
    {OPT_ESCAPE, "ESCAPE"},
    {OPT_MANIFEST, "MANIFEST"},
    {OPT_VERBOSE, "VERBOSE"},
    {OPT_ALLOWOVERWRITE, "ALLOWOVERWRITE"},
    {OPT_CLEANPATH, "CLEANPATH"},
    {OPT_DELIMITER, "DELIMITER"},
    {OPT_NULL_AS, "NULL AS"},
    {OPT_PARTITION, "PARTITION BY"},
    {OPT_INCLUDE, "INCLUDE"},
    {OPT_KMS_KEY, "KMS_KEY_ID"},
    {OPT_ROLE, "IAM_ROLE"},
    {OPT_UNLOAD, "UNLOAD"},
    {0, NULL},
};

static const SqlRefusal refusals[] = {
    {OPT_ORC | OPT_AVRO, OPT_UNLOAD, 0, "UNLOAD writes text, CSV, JSON and Parquet only"},
    {OPT_LZOP, OPT_UNLOAD, 0, "UNLOAD compresses with GZIP, ZSTD or BZIP2 only"},
    {OPT_CSV, OPT_ESCAPE | OPT_ADDQUOTES, 0, "CSV quotes and escapes by its own rules"},
    {OPT_PARQUET, OPT_DELIMITER | OPT_ADDQUOTES | OPT_ESCAPE | OPT_NULL_AS | OPT_HEADER, 0,
     "Parquet files have no text"},
    {OPT_PARQUET, OPT_GZIP | OPT_ZSTD | OPT_BZIP2, 0, "Parquet compresses inside the file"},
    {OPT_JSON, OPT_DELIMITER | OPT_ADDQUOTES | OPT_ESCAPE | OPT_NULL_AS | OPT_HEADER, 0,
     "JSON names every value and writes null as null"},
    {OPT_CLEANPATH, OPT_ALLOWOVERWRITE, 0, "one empties the destination, the other writes over it"},
    {OPT_VERBOSE, 0, OPT_MANIFEST, "only a manifest can be verbose"},
    {OPT_INCLUDE, 0, OPT_PARTITION, "only partition columns can be included"},
    {OPT_KMS_KEY, 0, OPT_ROLE, "a KMS key is only used through a role"},
    {0, 0, 0, NULL},
};

static guint64 options_of(const SqlUnload *unload)
{
    static const guint64 formats[] = {
        [SQL_FORMAT_TEXT] = 0,        [SQL_FORMAT_CSV] = OPT_CSV,
        [SQL_FORMAT_JSON] = OPT_JSON, [SQL_FORMAT_PARQUET] = OPT_PARQUET,
        [SQL_FORMAT_ORC] = OPT_ORC,   [SQL_FORMAT_AVRO] = OPT_AVRO,
    };
    static const guint64 compressions[] = {
        [SQL_COMPRESS_NONE] = 0,        [SQL_COMPRESS_GZIP] = OPT_GZIP,
        [SQL_COMPRESS_ZSTD] = OPT_ZSTD, [SQL_COMPRESS_BZIP2] = OPT_BZIP2,
        [SQL_COMPRESS_LZOP] = OPT_LZOP,
    };
    const struct {
        gboolean present;
        guint64 bit;
    } flags[] = {
        {unload->header, OPT_HEADER},
        {unload->addquotes, OPT_ADDQUOTES},
        {unload->escape, OPT_ESCAPE},
        {unload->manifest, OPT_MANIFEST},
        {unload->manifest_verbose, OPT_VERBOSE},
        {unload->allow_overwrite, OPT_ALLOWOVERWRITE},
        {unload->clean_path, OPT_CLEANPATH},
        {unload->delimiter != NULL, OPT_DELIMITER},
        {unload->null_as != NULL, OPT_NULL_AS},
        {unload->partition_by != NULL, OPT_PARTITION},
        {unload->partition_include, OPT_INCLUDE},
        {unload->kms_key_id != NULL, OPT_KMS_KEY},
        {unload->iam_role != NULL, OPT_ROLE},
    };
    guint64 options = OPT_UNLOAD | formats[unload->format] | compressions[unload->compression];
    for (gsize i = 0; i < G_N_ELEMENTS(flags); i++)
        options |= flags[i].present ? flags[i].bit : 0;
    return options;
}

/* True for SELECT [ALL | DISTINCT] TOP, and for LIMIT, outside all parentheses. */
static gboolean has_outer_limit(const char *query)
{
    SqlLexer lexer = sql_lexer(query, -1);
    SqlToken token;
    int depth = 0;
    gboolean after_select = FALSE;
    while (sql_next(&lexer, &token)) {
        if (sql_token_is(&lexer, &token, "("))
            depth++;
        else if (sql_token_is(&lexer, &token, ")"))
            depth--;
        else if (depth == 0 && sql_token_is(&lexer, &token, "limit"))
            return TRUE;
        else if (depth == 0 && after_select && sql_token_is(&lexer, &token, "top"))
            return TRUE;
        if (sql_token_is(&lexer, &token, "select"))
            after_select = TRUE;
        else if (!sql_token_is(&lexer, &token, "all") && !sql_token_is(&lexer, &token, "distinct"))
            after_select = FALSE;
    }
    return FALSE;
}

/* The one statement of the text without its semicolon, or NULL. */
static char *only_statement(const char *query)
{
    g_autoptr(GArray) spans = sql_split(query, -1);
    if (spans->len != 1)
        return NULL;
    SqlSpan span = g_array_index(spans, SqlSpan, 0);
    return g_strndup(query + span.start, span.length);
}

/* A line comment at the end must not take the closing parenthesis with it. */
char *sql_unload_wrap_limit(const char *query)
{
    g_autofree char *statement = only_statement(query);
    if (statement == NULL || !has_outer_limit(statement))
        return g_strdup(query);
    return g_strdup_printf("SELECT * FROM (%s\n) AS redsmith_rows", statement);
}

static gboolean has_invalid_token(const char *query)
{
    SqlLexer lexer = sql_lexer(query, -1);
    SqlToken token;
    while (sql_next(&lexer, &token))
        if (token.kind == SQL_INVALID)
            return TRUE;
    return FALSE;
}

static char *checked_query(const SqlUnload *unload, GError **error)
{
    g_autofree char *query = unload->query == NULL ? NULL : only_statement(unload->query);
    if (query == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "UNLOAD takes exactly one SELECT");
        return NULL;
    }
    if (has_invalid_token(query)) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "the query has a quote or comment that does not close");
        return NULL;
    }
    if (sql_classify(query, -1) != SQL_READS) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "UNLOAD takes a SELECT, not: %.60s", query);
        return NULL;
    }
    if (has_outer_limit(query)) {
        g_set_error(error, RS_ERROR, RS_ERROR_UNSUPPORTED,
                    "UNLOAD refuses LIMIT and TOP in the outer SELECT; put the query into a "
                    "subquery: SELECT * FROM (...)");
        return NULL;
    }
    return g_steal_pointer(&query);
}

static gboolean check_values(const SqlUnload *unload, GError **error)
{
    double size = unload->max_file_size_mb;
    if (size != 0 && !(size >= MIN_FILE_SIZE_MB && size <= MAX_FILE_SIZE_MB)) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "UNLOAD: MAXFILESIZE is %g MB; expected 5 MB to 6.2 GB", size);
        return FALSE;
    }
    const char *delimiter = unload->delimiter;
    if (delimiter != NULL && (strlen(delimiter) != 1 || (guchar)*delimiter >= 0x80)) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "UNLOAD: DELIMITER is \"%s\"; expected exactly one ASCII character", delimiter);
        return FALSE;
    }
    if (unload->partition_by != NULL && unload->partition_by[0] == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "UNLOAD: PARTITION BY names no column");
        return FALSE;
    }
    for (guint i = 0; unload->partition_by != NULL && unload->partition_by[i] != NULL; i++)
        if (!sql_ident_check(unload->partition_by[i], "partition column", error))
            return FALSE;
    return sql_check_s3_url(unload->to, "the destination", error);
}

static void append_partition(GString *out, const SqlUnload *unload)
{
    guint n = g_strv_length((char **)unload->partition_by);
    g_autofree char *columns = sql_ident_list(unload->partition_by, n, NULL);
    g_string_append_printf(out, " PARTITION BY (%s)%s", columns,
                           unload->partition_include ? " INCLUDE" : "");
}

static void append_text_options(GString *out, const SqlUnload *unload)
{
    if (unload->header)
        g_string_append(out, " HEADER");
    if (unload->delimiter != NULL)
        sql_append_option(out, "DELIMITER AS", sql_control_literal(unload->delimiter));
    if (unload->null_as != NULL)
        sql_append_option(out, "NULL AS", sql_control_literal(unload->null_as));
    if (unload->addquotes)
        g_string_append(out, " ADDQUOTES");
    if (unload->escape)
        g_string_append(out, " ESCAPE");
}

/* MAXFILESIZE is decimal; %g would write an exponent or a comma of the locale. */
static void append_size(GString *out, double megabytes)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(number, sizeof number, "%.10g", megabytes);
    g_string_append_printf(out, " MAXFILESIZE AS %s MB", number);
}

static void append_options(GString *out, const SqlUnload *unload)
{
    static const char *const formats[] = {
        [SQL_FORMAT_CSV] = " FORMAT AS CSV",
        [SQL_FORMAT_JSON] = " FORMAT AS JSON",
        [SQL_FORMAT_PARQUET] = " FORMAT AS PARQUET",
    };
    if (unload->format != SQL_FORMAT_TEXT)
        g_string_append(out, formats[unload->format]);
    if (unload->partition_by != NULL)
        append_partition(out, unload);
    if (unload->manifest)
        g_string_append(out, unload->manifest_verbose ? " MANIFEST VERBOSE" : " MANIFEST");
    append_text_options(out, unload);
    sql_append_compression(out, unload->compression);
    if (unload->kms_key_id != NULL)
        sql_append_option(out, "ENCRYPTED KMS_KEY_ID", sql_literal(unload->kms_key_id));
    if (unload->allow_overwrite)
        g_string_append(out, " ALLOWOVERWRITE");
    if (unload->clean_path)
        g_string_append(out, " CLEANPATH");
    if (unload->parallel_off)
        g_string_append(out, " PARALLEL OFF");
    if (unload->max_file_size_mb != 0)
        append_size(out, unload->max_file_size_mb);
    if (unload->region != NULL)
        sql_append_option(out, "REGION AS", sql_literal(unload->region));
    if (unload->extension != NULL)
        sql_append_option(out, "EXTENSION", sql_literal(unload->extension));
}

char *sql_unload_text(const SqlUnload *unload, GError **error)
{
    g_autofree char *query = checked_query(unload, error);
    if (query == NULL || !sql_options_check("UNLOAD", options_of(unload), names, refusals, error) ||
        !check_values(unload, error))
        return NULL;
    g_autofree char *query_literal = sql_literal(query);
    g_autofree char *to = sql_literal(unload->to);
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "UNLOAD (%s) TO %s", query_literal, to);
    if (!sql_append_role(out, unload->iam_role, error)) {
        g_string_free(out, TRUE);
        return NULL;
    }
    append_options(out, unload);
    if (out->len > MAX_STATEMENT_BYTES) {
        g_string_free(out, TRUE);
        g_set_error(error, RS_ERROR, RS_ERROR_LIMIT,
                    "the UNLOAD statement is longer than Redshift's 16 MB");
        return NULL;
    }
    return g_string_free(out, FALSE);
}
