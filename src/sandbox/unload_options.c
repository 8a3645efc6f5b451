#include "sandbox/unload_options.h"

#include <string.h>

#define MEGABYTE ((guint64)1024 * 1024)
#define MAX_FILE_SIZE ((guint64)(6.2 * 1024 * 1024 * 1024))

enum {
    OPT_CSV,
    OPT_JSON,
    OPT_PARQUET,
    OPT_PARTITION,
    OPT_MANIFEST,
    OPT_VERBOSE,
    OPT_HEADER,
    OPT_DELIMITER,
    OPT_FIXEDWIDTH,
    OPT_ENCRYPTED,
    OPT_AUTO,
    OPT_KMS,
    OPT_MASTER,
    OPT_BZIP2,
    OPT_GZIP,
    OPT_ZSTD,
    OPT_ADDQUOTES,
    OPT_NULL,
    OPT_ESCAPE,
    OPT_OVERWRITE,
    OPT_CLEANPATH,
    OPT_PARALLEL,
    OPT_MAXFILESIZE,
    OPT_ROWGROUPSIZE,
    OPT_REGION,
    OPT_EXTENSION,
};

#define BIT(option) ((guint64)1 << (option))

static const char *const names[] = {
    [OPT_CSV] = "CSV",
    [OPT_JSON] = "JSON",
    [OPT_PARQUET] = "PARQUET",
    [OPT_PARTITION] = "PARTITION BY",
    [OPT_MANIFEST] = "MANIFEST",
    [OPT_VERBOSE] = "VERBOSE",
    [OPT_HEADER] = "HEADER",
    [OPT_DELIMITER] = "DELIMITER",
    [OPT_FIXEDWIDTH] = "FIXEDWIDTH",
    [OPT_ENCRYPTED] = "ENCRYPTED",
    [OPT_AUTO] = "AUTO",
    [OPT_KMS] = "KMS_KEY_ID",
    [OPT_MASTER] = "MASTER_SYMMETRIC_KEY",
    [OPT_BZIP2] = "BZIP2",
    [OPT_GZIP] = "GZIP",
    [OPT_ZSTD] = "ZSTD",
    [OPT_ADDQUOTES] = "ADDQUOTES",
    [OPT_NULL] = "NULL AS",
    [OPT_ESCAPE] = "ESCAPE",
    [OPT_OVERWRITE] = "ALLOWOVERWRITE",
    [OPT_CLEANPATH] = "CLEANPATH",
    [OPT_PARALLEL] = "PARALLEL",
    [OPT_MAXFILESIZE] = "MAXFILESIZE",
    [OPT_ROWGROUPSIZE] = "ROWGROUPSIZE",
    [OPT_REGION] = "REGION",
    [OPT_EXTENSION] = "EXTENSION",
};

#define COMPRESSIONS (BIT(OPT_BZIP2) | BIT(OPT_GZIP) | BIT(OPT_ZSTD))

/* Redshift guide, UNLOAD: the combinations it names as not allowed. */
static const OptionConflict conflicts[] = {
    {BIT(OPT_CSV), BIT(OPT_ESCAPE) | BIT(OPT_FIXEDWIDTH) | BIT(OPT_ADDQUOTES), "CSV"},
    {BIT(OPT_PARQUET),
     BIT(OPT_DELIMITER) | BIT(OPT_FIXEDWIDTH) | BIT(OPT_ADDQUOTES) | BIT(OPT_ESCAPE) |
         BIT(OPT_NULL) | BIT(OPT_HEADER) | COMPRESSIONS,
     "PARQUET"},
    {BIT(OPT_JSON),
     BIT(OPT_DELIMITER) | BIT(OPT_FIXEDWIDTH) | BIT(OPT_ADDQUOTES) | BIT(OPT_ESCAPE) |
         BIT(OPT_NULL) | BIT(OPT_HEADER),
     "JSON"},
    {BIT(OPT_FIXEDWIDTH), BIT(OPT_DELIMITER) | BIT(OPT_HEADER), "FIXEDWIDTH"},
    {BIT(OPT_CSV), BIT(OPT_JSON) | BIT(OPT_PARQUET), "CSV"},
    {BIT(OPT_JSON), BIT(OPT_PARQUET), "JSON"},
    {BIT(OPT_BZIP2), BIT(OPT_GZIP) | BIT(OPT_ZSTD), "BZIP2"},
    {BIT(OPT_GZIP), BIT(OPT_ZSTD), "GZIP"},
    {BIT(OPT_CLEANPATH), BIT(OPT_OVERWRITE), "CLEANPATH"},
    {BIT(OPT_AUTO), BIT(OPT_KMS) | BIT(OPT_MASTER), "ENCRYPTED AUTO"},
    {BIT(OPT_KMS), BIT(OPT_MASTER), "KMS_KEY_ID"},
};

void unload_options_clear(UnloadOptions *options)
{
    g_free(options->query);
    g_free(options->bucket);
    g_free(options->prefix);
    auth_clear(&options->auth);
    g_free(options->null_as);
    g_clear_pointer(&options->widths, g_array_unref);
    g_clear_pointer(&options->partition_by, g_ptr_array_unref);
    g_free(options->region);
    g_free(options->extension);
    g_free(options->kms_key);
    *options = (UnloadOptions){0};
}

/* --- single options ----------------------------------------------------------------------------- */

static gboolean take_partition(OptionReader *reader, gpointer into)
{
    UnloadOptions *options = into;
    if (!option_need(reader, "by") || !option_need_names(reader, &options->partition_by))
        return FALSE;
    options->include = option_take(reader, "include");
    return TRUE;
}

static gboolean take_delimiter(OptionReader *reader, gpointer into)
{
    UnloadOptions *options = into;
    g_autofree char *text = NULL;
    option_take(reader, "as");
    if (!option_need_characters(reader, &text))
        return FALSE;
    if (strlen(text) != 1 || (guchar)text[0] >= 0x80 || text[0] == '\n' || text[0] == '\r')
        return refuse(reader->refusal, "42601",
                      "UNLOAD delimiter must be a single ASCII character");
    options->delimiter = text[0];
    return TRUE;
}

static gboolean take_null(OptionReader *reader, gpointer into)
{
    UnloadOptions *options = into;
    gboolean nul;
    option_take(reader, "as");
    if (!option_need_null_string(reader, &options->null_as, &nul))
        return FALSE;
    if (nul)
        return refuse_unsupported(reader->refusal, "UNLOAD with NULL AS '\\0'");
    return TRUE;
}

static gboolean take_manifest(OptionReader *reader, gpointer into)
{
    UnloadOptions *options = into;
    options->manifest = TRUE;
    options->verbose = option_take(reader, "verbose");
    return TRUE;
}

static gboolean refuse_verbose(OptionReader *reader, gpointer into)
{
    return refuse(reader->refusal, "42601", "VERBOSE can only be specified after MANIFEST");
}

static gboolean take_encrypted(OptionReader *reader, gpointer into)
{
    if (option_take(reader, "auto"))
        reader->given |= BIT(OPT_AUTO);
    return TRUE;
}

static gboolean take_region(OptionReader *reader, gpointer into)
{
    UnloadOptions *options = into;
    return option_need_as_string(reader, &options->region);
}

static gboolean take_extension(OptionReader *reader, gpointer into)
{
    UnloadOptions *options = into;
    return option_need_as_string(reader, &options->extension);
}

static gboolean take_kms_key(OptionReader *reader, gpointer into)
{
    UnloadOptions *options = into;
    return option_need_as_string(reader, &options->kms_key);
}

static gboolean take_parallel(OptionReader *reader, gpointer into)
{
    UnloadOptions *options = into;
    options->parallel = option_take_switch(reader);
    return TRUE;
}

static gboolean take_max_file_size(OptionReader *reader, gpointer into)
{
    UnloadOptions *options = into;
    guint64 *size = &options->max_file_size;
    option_take(reader, "as");
    if (!option_need_size(reader, size))
        return FALSE;
    if (*size < 5 * MEGABYTE || *size > MAX_FILE_SIZE)
        return refuse(reader->refusal, "42601", "MAXFILESIZE must be between 5 MB and 6.2 GB");
    return TRUE;
}

static gboolean take_row_group_size(OptionReader *reader, gpointer into)
{
    guint64 size;
    option_take(reader, "as");
    if (!option_need_size(reader, &size))
        return FALSE;
    if (size < 32 * MEGABYTE || size > 128 * MEGABYTE)
        return refuse(reader->refusal, "42601", "ROWGROUPSIZE must be between 32 MB and 128 MB");
    return TRUE;
}

static gboolean take_widths(OptionReader *reader, gpointer into)
{
    UnloadOptions *options = into;
    option_take(reader, "as");
    return option_need_widths(reader, &options->widths);
}

static const OptionRow rows[] = {
    {"csv", OPT_CSV, NULL},
    {"json", OPT_JSON, NULL},
    {"parquet", OPT_PARQUET, NULL},
    {"partition", OPT_PARTITION, take_partition},
    {"manifest", OPT_MANIFEST, take_manifest},
    {"verbose", OPT_VERBOSE, refuse_verbose},
    {"header", OPT_HEADER, NULL},
    {"delimiter", OPT_DELIMITER, take_delimiter},
    {"fixedwidth", OPT_FIXEDWIDTH, take_widths},
    {"encrypted", OPT_ENCRYPTED, take_encrypted},
    {"kms_key_id", OPT_KMS, take_kms_key},
    {"master_symmetric_key", OPT_MASTER, option_skip_string},
    {"bzip2", OPT_BZIP2, NULL},
    {"gzip", OPT_GZIP, NULL},
    {"zstd", OPT_ZSTD, NULL},
    {"addquotes", OPT_ADDQUOTES, NULL},
    {"null", OPT_NULL, take_null},
    {"escape", OPT_ESCAPE, NULL},
    {"allowoverwrite", OPT_OVERWRITE, NULL},
    {"cleanpath", OPT_CLEANPATH, NULL},
    {"parallel", OPT_PARALLEL, take_parallel},
    {"maxfilesize", OPT_MAXFILESIZE, take_max_file_size},
    {"rowgroupsize", OPT_ROWGROUPSIZE, take_row_group_size},
    {"region", OPT_REGION, take_region},
    {"extension", OPT_EXTENSION, take_extension},
};

static gboolean take_option(OptionReader *reader, UnloadOptions *options)
{
    if (option_take(reader, "format")) {
        option_take(reader, "as");
        if (!option_at(reader, "csv") && !option_at(reader, "json") &&
            !option_at(reader, "parquet"))
            return option_syntax_error(reader);
    }
    return option_take_row(reader, rows, G_N_ELEMENTS(rows), &options->auth, options);
}

/* --- the inner query ---------------------------------------------------------------------------- */

/* Is the whole rest of the text one pair of parentheses? */
static gboolean is_wrapped(SqlLexer lexer)
{
    SqlToken token;
    int depth = 0;
    while (sql_next(&lexer, &token)) {
        depth += sql_token_is(&lexer, &token, "(") - sql_token_is(&lexer, &token, ")");
        if (depth == 0)
            return !sql_next(&lexer, &token) || sql_token_is(&lexer, &token, ")");
    }
    return FALSE;
}

static gboolean is_top_clause(SqlLexer lexer)
{
    SqlToken token;
    sql_next(&lexer, &token);
    while (sql_token_is(&lexer, &token, "all") || sql_token_is(&lexer, &token, "distinct"))
        sql_next(&lexer, &token);
    return sql_token_is(&lexer, &token, "top") && sql_next(&lexer, &token) &&
           (token.kind == SQL_NUMBER || sql_token_is(&lexer, &token, "("));
}

/* What the outermost level of the query says: LIMIT and TOP are refused, ORDER BY is noted. */
static gboolean check_query(UnloadOptions *options, Refusal *refusal)
{
    SqlLexer lexer = sql_lexer(options->query, -1);
    SqlToken token;
    int depth = 0, outermost = 0;
    gboolean after_dot = FALSE;
    for (SqlLexer inner = lexer; is_wrapped(inner) && sql_next(&inner, &token);) {
        if (!sql_token_is(&inner, &token, "("))
            break;
        outermost++;
    }
    while (sql_next(&lexer, &token)) {
        depth += sql_token_is(&lexer, &token, "(") - sql_token_is(&lexer, &token, ")");
        if (depth <= outermost && !after_dot) {
            if (sql_token_is(&lexer, &token, "limit") ||
                (sql_token_is(&lexer, &token, "select") && is_top_clause(lexer)))
                return refuse(refusal, "42601", "Limit clause is not supported");
            options->ordered |= sql_token_is(&lexer, &token, "order");
        }
        after_dot = sql_token_is(&lexer, &token, ".");
    }
    return TRUE;
}

static void strip_semicolon(char *query)
{
    g_autoptr(GArray) spans = sql_split(query, -1);
    if (spans->len == 1) {
        SqlSpan span = g_array_index(spans, SqlSpan, 0);
        query[span.start + span.length] = '\0';
    }
}

/* --- the statement ------------------------------------------------------------------------------ */

static gboolean take_head(OptionReader *reader, UnloadOptions *options)
{
    g_autofree char *url = NULL;
    if (!option_need(reader, "unload") || !option_need(reader, "(") ||
        !option_need_string(reader, &options->query) || !option_need(reader, ")") ||
        !option_need(reader, "to") || !option_need_string(reader, &url))
        return FALSE;
    if (!option_split_url(url, &options->bucket, &options->prefix))
        return refuse(reader->refusal, "XX000",
                      "UNLOAD destination is not supported. (Hint: only S3 based unload is "
                      "allowed)");
    strip_semicolon(options->query);
    return TRUE;
}

static gboolean check_combinations(const OptionReader *reader, const UnloadOptions *options,
                                   Refusal *refusal)
{
    guint64 given = reader->given;
    if (!auth_check(&options->auth, "UNLOAD", refusal) ||
        !option_check_conflicts(given, conflicts, G_N_ELEMENTS(conflicts), names, "UNLOAD",
                                refusal))
        return FALSE;
    if (given & (BIT(OPT_KMS) | BIT(OPT_MASTER)) && !option_given(reader, OPT_ENCRYPTED))
        return refuse(refusal, "42601", "%s requires ENCRYPTED",
                      option_given(reader, OPT_KMS) ? "KMS_KEY_ID" : "MASTER_SYMMETRIC_KEY");
    if (option_given(reader, OPT_KMS) && options->auth.kind != AUTH_ROLE)
        return refuse(refusal, "0A000", "KMS_KEY_ID can only be used with IAM_ROLE");
    if (option_given(reader, OPT_PARQUET) && option_given(reader, OPT_ENCRYPTED) &&
        !(given & (BIT(OPT_KMS) | BIT(OPT_AUTO))))
        return refuse(refusal, "0A000",
                      "PARQUET based UNLOAD is only supported with server-side encryption by a "
                      "KMS_KEY_ID");
    if (option_given(reader, OPT_ROWGROUPSIZE) && !option_given(reader, OPT_PARQUET))
        return refuse(refusal, "0A000",
                      "ROWGROUPSIZE argument is only supported for PARQUET based UNLOAD");
    return TRUE;
}

static void note_flags(const OptionReader *reader, UnloadOptions *options)
{
    options->format = option_given(reader, OPT_CSV)       ? UNLOAD_CSV
                      : option_given(reader, OPT_JSON)    ? UNLOAD_JSON
                      : option_given(reader, OPT_PARQUET) ? UNLOAD_PARQUET
                                                          : UNLOAD_TEXT;
    options->codec = option_given(reader, OPT_GZIP)   ? CODEC_GZIP
                     : option_given(reader, OPT_ZSTD) ? CODEC_ZSTD
                                                      : CODEC_NONE;
    options->bzip2 = option_given(reader, OPT_BZIP2);
    options->master_key = option_given(reader, OPT_MASTER);
    options->header = option_given(reader, OPT_HEADER);
    options->add_quotes = option_given(reader, OPT_ADDQUOTES);
    options->escape = option_given(reader, OPT_ESCAPE);
    options->allow_overwrite = option_given(reader, OPT_OVERWRITE);
    options->clean_path = option_given(reader, OPT_CLEANPATH);
    if (options->delimiter == '\0')
        options->delimiter = options->format == UNLOAD_CSV ? ',' : '|';
}

gboolean unload_options_parse(const char *sql, UnloadOptions *options, Refusal *refusal)
{
    OptionReader reader = option_reader(sql, refusal);
    *options = (UnloadOptions){.parallel = TRUE, .max_file_size = MAX_FILE_SIZE};
    if (!take_head(&reader, options))
        return FALSE;
    while (!option_at_end(&reader))
        if (!take_option(&reader, options))
            return FALSE;
    note_flags(&reader, options);
    return check_combinations(&reader, options, refusal) && check_query(options, refusal);
}

gboolean unload_options_supported(const UnloadOptions *options, Refusal *refusal)
{
    if (options->format == UNLOAD_PARQUET)
        return refuse_unsupported(refusal, "UNLOAD with FORMAT PARQUET");
    if (options->bzip2)
        return refuse_unsupported(refusal, "UNLOAD with BZIP2");
    if (options->master_key)
        return refuse_unsupported(refusal, "UNLOAD with MASTER_SYMMETRIC_KEY");
    return TRUE;
}

const char *unload_options_suffix(const UnloadOptions *options)
{
    if (options->extension != NULL)
        return options->extension;
    return codec_suffix(options->codec);
}

const char *unload_options_format_name(const UnloadOptions *options)
{
    static const char *const format_names[] = {"Text", "CSV", "JSON", "Parquet"};
    return format_names[options->format];
}
