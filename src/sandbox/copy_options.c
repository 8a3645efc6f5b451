#include "sandbox/copy_options.h"

#include <string.h>

enum {
    OPT_CSV,
    OPT_QUOTE,
    OPT_DELIMITER,
    OPT_FIXEDWIDTH,
    OPT_SHAPEFILE,
    OPT_AVRO,
    OPT_JSON,
    OPT_PARQUET,
    OPT_ORC,
    OPT_MANIFEST,
    OPT_ENCRYPTED,
    OPT_MASTER,
    OPT_REGION,
    OPT_BZIP2,
    OPT_GZIP,
    OPT_LZOP,
    OPT_ZSTD,
    OPT_ACCEPTANYDATE,
    OPT_ACCEPTINVCHARS,
    OPT_BLANKSASNULL,
    OPT_DATEFORMAT,
    OPT_EMPTYASNULL,
    OPT_ENCODING,
    OPT_ESCAPE,
    OPT_EXPLICIT_IDS,
    OPT_FILLRECORD,
    OPT_IGNOREBLANKLINES,
    OPT_IGNOREHEADER,
    OPT_NULL,
    OPT_REMOVEQUOTES,
    OPT_ROUNDEC,
    OPT_TIMEFORMAT,
    OPT_TRIMBLANKS,
    OPT_TRUNCATECOLUMNS,
    OPT_COMPROWS,
    OPT_COMPUPDATE,
    OPT_IGNOREALLERRORS,
    OPT_MAXERROR,
    OPT_NOLOAD,
    OPT_STATUPDATE,
    OPT_READRATIO,
    OPT_SSH,
};

#define BIT(option) ((guint64)1 << (option))

static const char *const names[] = {
    [OPT_CSV] = "CSV",
    [OPT_QUOTE] = "QUOTE",
    [OPT_DELIMITER] = "DELIMITER",
    [OPT_FIXEDWIDTH] = "FIXEDWIDTH",
    [OPT_SHAPEFILE] = "SHAPEFILE",
    [OPT_AVRO] = "AVRO",
    [OPT_JSON] = "JSON",
    [OPT_PARQUET] = "PARQUET",
    [OPT_ORC] = "ORC",
    [OPT_MANIFEST] = "MANIFEST",
    [OPT_ENCRYPTED] = "ENCRYPTED",
    [OPT_MASTER] = "MASTER_SYMMETRIC_KEY",
    [OPT_REGION] = "REGION",
    [OPT_BZIP2] = "BZIP2",
    [OPT_GZIP] = "GZIP",
    [OPT_LZOP] = "LZOP",
    [OPT_ZSTD] = "ZSTD",
    [OPT_ACCEPTANYDATE] = "ACCEPTANYDATE",
    [OPT_ACCEPTINVCHARS] = "ACCEPTINVCHARS",
    [OPT_BLANKSASNULL] = "BLANKSASNULL",
    [OPT_DATEFORMAT] = "DATEFORMAT",
    [OPT_EMPTYASNULL] = "EMPTYASNULL",
    [OPT_ENCODING] = "ENCODING",
    [OPT_ESCAPE] = "ESCAPE",
    [OPT_EXPLICIT_IDS] = "EXPLICIT_IDS",
    [OPT_FILLRECORD] = "FILLRECORD",
    [OPT_IGNOREBLANKLINES] = "IGNOREBLANKLINES",
    [OPT_IGNOREHEADER] = "IGNOREHEADER",
    [OPT_NULL] = "NULL AS",
    [OPT_REMOVEQUOTES] = "REMOVEQUOTES",
    [OPT_ROUNDEC] = "ROUNDEC",
    [OPT_TIMEFORMAT] = "TIMEFORMAT",
    [OPT_TRIMBLANKS] = "TRIMBLANKS",
    [OPT_TRUNCATECOLUMNS] = "TRUNCATECOLUMNS",
    [OPT_COMPROWS] = "COMPROWS",
    [OPT_COMPUPDATE] = "COMPUPDATE",
    [OPT_IGNOREALLERRORS] = "IGNOREALLERRORS",
    [OPT_MAXERROR] = "MAXERROR",
    [OPT_NOLOAD] = "NOLOAD",
    [OPT_STATUPDATE] = "STATUPDATE",
    [OPT_READRATIO] = "READRATIO",
    [OPT_SSH] = "SSH",
};

#define FORMATS                                                                                    \
    (BIT(OPT_CSV) | BIT(OPT_FIXEDWIDTH) | BIT(OPT_SHAPEFILE) | BIT(OPT_AVRO) | BIT(OPT_JSON) |     \
     BIT(OPT_PARQUET) | BIT(OPT_ORC))
#define COMPRESSIONS (BIT(OPT_BZIP2) | BIT(OPT_GZIP) | BIT(OPT_LZOP) | BIT(OPT_ZSTD))

/* Redshift guide, COPY from columnar data formats: everything else is refused. */
#define COLUMNAR_TAKES                                                                             \
    (BIT(OPT_PARQUET) | BIT(OPT_ORC) | BIT(OPT_MANIFEST) | BIT(OPT_ACCEPTINVCHARS) |               \
     BIT(OPT_FILLRECORD) | BIT(OPT_STATUPDATE) | BIT(OPT_EXPLICIT_IDS))

#define JSON_REFUSES                                                                               \
    (BIT(OPT_CSV) | BIT(OPT_DELIMITER) | BIT(OPT_ESCAPE) | BIT(OPT_FILLRECORD) |                   \
     BIT(OPT_FIXEDWIDTH) | BIT(OPT_IGNOREBLANKLINES) | BIT(OPT_NULL) | BIT(OPT_READRATIO) |        \
     BIT(OPT_REMOVEQUOTES))

static const OptionConflict conflicts[] = {
    {BIT(OPT_PARQUET), ~COLUMNAR_TAKES, "PARQUET"},
    {BIT(OPT_ORC), ~COLUMNAR_TAKES, "ORC"},
    {BIT(OPT_PARQUET), BIT(OPT_ORC), "PARQUET"},
    {BIT(OPT_CSV), BIT(OPT_FIXEDWIDTH) | BIT(OPT_REMOVEQUOTES) | BIT(OPT_ESCAPE), "CSV"},
    {BIT(OPT_FIXEDWIDTH), BIT(OPT_DELIMITER) | BIT(OPT_ESCAPE), "FIXEDWIDTH"},
    {BIT(OPT_SHAPEFILE), BIT(OPT_FIXEDWIDTH) | BIT(OPT_REMOVEQUOTES) | BIT(OPT_ESCAPE),
     "SHAPEFILE"},
    {BIT(OPT_JSON), JSON_REFUSES, "JSON"},
    {BIT(OPT_AVRO), JSON_REFUSES, "AVRO"},
    {BIT(OPT_JSON), FORMATS & ~BIT(OPT_JSON), "JSON"},
    {BIT(OPT_CSV), FORMATS & ~BIT(OPT_CSV), "CSV"},
    {BIT(OPT_AVRO), FORMATS & ~BIT(OPT_AVRO), "AVRO"},
    {BIT(OPT_BZIP2), COMPRESSIONS & ~BIT(OPT_BZIP2), "BZIP2"},
    {BIT(OPT_GZIP), COMPRESSIONS & ~BIT(OPT_GZIP), "GZIP"},
    {BIT(OPT_LZOP), COMPRESSIONS & ~BIT(OPT_LZOP), "LZOP"},
    {BIT(OPT_MAXERROR), BIT(OPT_IGNOREALLERRORS), "MAXERROR"},
};

void copy_options_clear(CopyOptions *options)
{
    g_free(options->schema);
    g_free(options->table);
    g_clear_pointer(&options->columns, g_ptr_array_unref);
    g_free(options->url);
    g_free(options->bucket);
    g_free(options->prefix);
    auth_clear(&options->auth);
    g_free(options->delimiter);
    g_clear_pointer(&options->widths, g_array_unref);
    g_free(options->json_paths);
    g_free(options->date_format.pattern);
    g_free(options->time_format.pattern);
    g_free(options->null_as);
    g_free(options->region);
    *options = (CopyOptions){0};
}

/* --- single options ----------------------------------------------------------------------------- */

static gboolean take_quote(OptionReader *reader, gpointer into)
{
    CopyOptions *options = into;
    g_autofree char *text = NULL;
    option_take(reader, "as");
    if (!option_need_characters(reader, &text))
        return FALSE;
    if (strlen(text) != 1 || text[0] == '\n' || text[0] == '\r')
        return refuse(reader->refusal, "42601", "COPY quote must be a single character");
    options->quote = text[0];
    return TRUE;
}

static gboolean take_delimiter(OptionReader *reader, gpointer into)
{
    CopyOptions *options = into;
    option_take(reader, "as");
    if (!option_need_characters(reader, &options->delimiter))
        return FALSE;
    if (options->delimiter[0] == '\0' || strpbrk(options->delimiter, "\r\n") != NULL)
        return refuse(reader->refusal, "42601",
                      "COPY delimiter must not be empty or hold a line break");
    return TRUE;
}

static gboolean take_widths(OptionReader *reader, gpointer into)
{
    CopyOptions *options = into;
    option_take(reader, "as");
    return option_need_widths(reader, &options->widths);
}

static gboolean take_shapefile(OptionReader *reader, gpointer into)
{
    g_autofree char *tolerance = NULL;
    if (!option_take(reader, "simplify"))
        return TRUE;
    option_take(reader, "auto");
    return reader->token.kind != SQL_STRING || option_need_string(reader, &tolerance);
}

static gboolean take_json(OptionReader *reader, gpointer into)
{
    CopyOptions *options = into;
    g_autofree char *text = NULL;
    gboolean as = option_take(reader, "as");
    if (!as && reader->token.kind != SQL_STRING)
        return TRUE; /* 'auto' */
    if (!option_need_string(reader, &text))
        return FALSE;
    if (g_str_equal(text, "auto"))
        options->json = COPY_JSON_AUTO;
    else if (g_str_equal(text, "auto ignorecase"))
        options->json = COPY_JSON_IGNORECASE;
    else if (g_str_equal(text, "noshred"))
        options->json = COPY_JSON_NOSHRED;
    else {
        options->json = COPY_JSON_PATHS;
        options->json_paths = g_steal_pointer(&text);
    }
    return TRUE;
}

static gboolean take_avro(OptionReader *reader, gpointer into)
{
    g_autofree char *text = NULL;
    gboolean as = option_take(reader, "as");
    return (!as && reader->token.kind != SQL_STRING) || option_need_string(reader, &text);
}

static gboolean take_columnar(OptionReader *reader, gpointer into)
{
    option_take(reader, "serializetojson");
    return TRUE;
}

static gboolean take_region(OptionReader *reader, gpointer into)
{
    CopyOptions *options = into;
    return option_need_as_string(reader, &options->region);
}

static gboolean take_invalid(OptionReader *reader, gpointer into)
{
    CopyOptions *options = into;
    g_autofree char *text = NULL;
    gboolean as = option_take(reader, "as");
    options->accept_invalid = '?';
    if (!as && reader->token.kind != SQL_STRING)
        return TRUE;
    if (!option_need_string(reader, &text))
        return FALSE;
    if (strlen(text) != 1 || (guchar)text[0] >= 0x80)
        return refuse(reader->refusal, "42601",
                      "ACCEPTINVCHARS replacement must be a single ASCII character");
    options->accept_invalid = text[0];
    return TRUE;
}

static gboolean take_format_string(OptionReader *reader, gboolean time, LoadTimeFormat *format)
{
    g_autofree char *text = NULL;
    if (!option_need_as_string(reader, &text))
        return FALSE;
    if (load_time_format(text, time, format))
        return TRUE;
    return refuse(reader->refusal, "42601", "Invalid %s \"%s\"", time ? "TIMEFORMAT" : "DATEFORMAT",
                  text);
}

static gboolean take_date_format(OptionReader *reader, gpointer into)
{
    CopyOptions *options = into;
    return take_format_string(reader, FALSE, &options->date_format);
}

static gboolean take_time_format(OptionReader *reader, gpointer into)
{
    CopyOptions *options = into;
    return take_format_string(reader, TRUE, &options->time_format);
}

static gboolean take_encoding(OptionReader *reader, gpointer into)
{
    CopyOptions *options = into;
    static const char *const encodings[] = {[COPY_UTF8] = "utf8",
                                            [COPY_UTF16] = "utf16",
                                            [COPY_UTF16LE] = "utf16le",
                                            [COPY_UTF16BE] = "utf16be",
                                            [COPY_ISO88591] = "iso88591"};
    g_autofree char *name = NULL;
    option_take(reader, "as");
    gboolean good = reader->token.kind == SQL_STRING ? option_need_string(reader, &name)
                                                     : option_need_name(reader, &name);
    if (!good)
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(encodings); i++)
        if (g_ascii_strcasecmp(name, encodings[i]) == 0) {
            options->encoding = (CopyEncoding)i;
            return TRUE;
        }
    return refuse(reader->refusal, "42601", "Invalid ENCODING \"%s\"", name);
}

static gboolean take_number(OptionReader *reader, const char *name, gint64 least, gint64 most,
                            gint64 *value)
{
    option_take(reader, "as");
    if (!option_need_integer(reader, value))
        return FALSE;
    if (*value < least || *value > most)
        return refuse(reader->refusal, "42601",
                      "%s must be between %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT, name, least,
                      most);
    return TRUE;
}

static gboolean take_header(OptionReader *reader, gpointer into)
{
    CopyOptions *options = into;
    return take_number(reader, "IGNOREHEADER", 0, G_MAXINT32, &options->ignore_header);
}

static gboolean take_max_error(OptionReader *reader, gpointer into)
{
    CopyOptions *options = into;
    return take_number(reader, "MAXERROR", 0, 100000, &options->max_error);
}

static gboolean take_comp_rows(OptionReader *reader, gpointer into)
{
    gint64 rows;
    return take_number(reader, "COMPROWS", 1000, G_MAXINT32, &rows);
}

static gboolean take_read_ratio(OptionReader *reader, gpointer into)
{
    gint64 ratio;
    return take_number(reader, "READRATIO", 1, 200, &ratio);
}

static gboolean take_null(OptionReader *reader, gpointer into)
{
    CopyOptions *options = into;
    option_take(reader, "as");
    if (!option_need_null_string(reader, &options->null_as, &options->null_is_nul))
        return FALSE;
    if (strchr(options->null_as, '\n') != NULL)
        return refuse(reader->refusal, "42601", "NULL AS must not hold a line break");
    return TRUE;
}

static gboolean take_comp_update(OptionReader *reader, gpointer into)
{
    if (!option_take(reader, "preset"))
        option_take_switch(reader);
    return TRUE;
}

static gboolean take_stat_update(OptionReader *reader, gpointer into)
{
    CopyOptions *options = into;
    options->no_statistics = !option_take_switch(reader);
    return TRUE;
}

static const OptionRow rows[] = {
    {"csv", OPT_CSV, NULL},
    {"quote", OPT_QUOTE, take_quote},
    {"delimiter", OPT_DELIMITER, take_delimiter},
    {"fixedwidth", OPT_FIXEDWIDTH, take_widths},
    {"shapefile", OPT_SHAPEFILE, take_shapefile},
    {"avro", OPT_AVRO, take_avro},
    {"json", OPT_JSON, take_json},
    {"parquet", OPT_PARQUET, take_columnar},
    {"orc", OPT_ORC, take_columnar},
    {"manifest", OPT_MANIFEST, NULL},
    {"encrypted", OPT_ENCRYPTED, NULL},
    {"master_symmetric_key", OPT_MASTER, option_skip_string},
    {"region", OPT_REGION, take_region},
    {"bzip2", OPT_BZIP2, NULL},
    {"gzip", OPT_GZIP, NULL},
    {"lzop", OPT_LZOP, NULL},
    {"zstd", OPT_ZSTD, NULL},
    {"acceptanydate", OPT_ACCEPTANYDATE, NULL},
    {"acceptinvchars", OPT_ACCEPTINVCHARS, take_invalid},
    {"blanksasnull", OPT_BLANKSASNULL, NULL},
    {"dateformat", OPT_DATEFORMAT, take_date_format},
    {"emptyasnull", OPT_EMPTYASNULL, NULL},
    {"encoding", OPT_ENCODING, take_encoding},
    {"escape", OPT_ESCAPE, NULL},
    {"explicit_ids", OPT_EXPLICIT_IDS, NULL},
    {"fillrecord", OPT_FILLRECORD, NULL},
    {"ignoreblanklines", OPT_IGNOREBLANKLINES, NULL},
    {"ignoreheader", OPT_IGNOREHEADER, take_header},
    {"null", OPT_NULL, take_null},
    {"removequotes", OPT_REMOVEQUOTES, NULL},
    {"roundec", OPT_ROUNDEC, NULL},
    {"timeformat", OPT_TIMEFORMAT, take_time_format},
    {"trimblanks", OPT_TRIMBLANKS, NULL},
    {"truncatecolumns", OPT_TRUNCATECOLUMNS, NULL},
    {"comprows", OPT_COMPROWS, take_comp_rows},
    {"compupdate", OPT_COMPUPDATE, take_comp_update},
    {"ignoreallerrors", OPT_IGNOREALLERRORS, NULL},
    {"maxerror", OPT_MAXERROR, take_max_error},
    {"noload", OPT_NOLOAD, NULL},
    {"statupdate", OPT_STATUPDATE, take_stat_update},
    {"readratio", OPT_READRATIO, take_read_ratio},
    {"ssh", OPT_SSH, NULL},
};

/* FORMAT [AS] must be followed by a format; CSV may have its QUOTE later. */
static gboolean check_format_word(OptionReader *reader)
{
    static const char *const formats[] = {"csv",  "delimiter", "fixedwidth", "shapefile", "avro",
                                          "json", "parquet",   "orc",        NULL};
    option_take(reader, "as");
    for (const char *const *format = formats; *format != NULL; format++)
        if (option_at(reader, *format))
            return TRUE;
    return option_syntax_error(reader);
}

static gboolean take_option(OptionReader *reader, CopyOptions *options)
{
    if (option_take(reader, "format") && !check_format_word(reader))
        return FALSE;
    if (option_at(reader, "using"))
        return refuse_unsupported(reader->refusal, "COPY with USING TEMPLATE");
    if (option_at(reader, "job"))
        return refuse_unsupported(reader->refusal, "COPY JOB");
    return option_take_row(reader, rows, G_N_ELEMENTS(rows), &options->auth, options);
}

/* --- the statement ------------------------------------------------------------------------------ */

/* [database.][schema.]table */
static gboolean take_table(OptionReader *reader, CopyOptions *options)
{
    if (!option_need_name(reader, &options->table))
        return FALSE;
    for (int parts = 1; option_take(reader, "."); parts++) {
        if (parts == 3)
            return refuse(reader->refusal, "42601",
                          "improper qualified name (too many dotted names)");
        g_free(options->schema);
        options->schema = g_steal_pointer(&options->table);
        if (!option_need_name(reader, &options->table))
            return FALSE;
    }
    return TRUE;
}

static gboolean take_columns(OptionReader *reader, CopyOptions *options)
{
    return !option_at(reader, "(") || option_need_names(reader, &options->columns);
}

static gboolean take_source(OptionReader *reader, CopyOptions *options)
{
    if (option_at(reader, "to"))
        return refuse(reader->refusal, "0A000", "COPY TO is not supported");
    if (!option_need(reader, "from"))
        return FALSE;
    if (option_at(reader, "stdin"))
        return refuse(reader->refusal, "0A000", "COPY FROM STDIN is not supported");
    if (!option_need_string(reader, &options->url))
        return FALSE;
    if (option_split_url(options->url, &options->bucket, &options->prefix))
        return TRUE;
    g_autofree char *what = g_strdup_printf("COPY from \"%s\"", options->url);
    return refuse_unsupported(reader->refusal, what);
}

static gboolean check_combinations(const OptionReader *reader, const CopyOptions *options,
                                   Refusal *refusal)
{
    guint64 given = reader->given;
    if (!auth_check(&options->auth, "COPY", refusal) ||
        !option_check_conflicts(given, conflicts, G_N_ELEMENTS(conflicts), names, "COPY", refusal))
        return FALSE;
    if (option_given(reader, OPT_QUOTE) && !option_given(reader, OPT_CSV))
        return refuse(refusal, "0A000", "QUOTE argument is only supported for CSV based COPY");
    if (!option_given(reader, OPT_ENCRYPTED) != !option_given(reader, OPT_MASTER))
        return refuse(refusal, "42601",
                      "ENCRYPTED and MASTER_SYMMETRIC_KEY must be specified together");
    if (given & (BIT(OPT_READRATIO) | BIT(OPT_SSH)))
        return refuse(refusal, "0A000", "%s argument is not supported for COPY from S3",
                      option_given(reader, OPT_SSH) ? "SSH" : "READRATIO");
    return TRUE;
}

static const char *first_unsupported(guint64 given)
{
    static const int unsupported[] = {OPT_PARQUET, OPT_ORC,  OPT_AVRO,  OPT_SHAPEFILE,
                                      OPT_BZIP2,   OPT_LZOP, OPT_MASTER};
    for (gsize i = 0; i < G_N_ELEMENTS(unsupported); i++)
        if (given & BIT(unsupported[i]))
            return names[unsupported[i]];
    return NULL;
}

static void note_flags(const OptionReader *reader, CopyOptions *options)
{
    guint64 given = reader->given;
    options->unsupported = first_unsupported(given);
    options->format = option_given(reader, OPT_CSV)          ? COPY_CSV
                      : option_given(reader, OPT_JSON)       ? COPY_JSON
                      : option_given(reader, OPT_FIXEDWIDTH) ? COPY_FIXEDWIDTH
                      : options->unsupported                 ? COPY_OTHER
                                                             : COPY_TEXT;
    options->codec = option_given(reader, OPT_GZIP)   ? CODEC_GZIP
                     : option_given(reader, OPT_ZSTD) ? CODEC_ZSTD
                                                      : CODEC_NONE;
    options->manifest = option_given(reader, OPT_MANIFEST);
    options->accept_any_date = option_given(reader, OPT_ACCEPTANYDATE);
    options->blanks_as_null = option_given(reader, OPT_BLANKSASNULL);
    options->empty_as_null = option_given(reader, OPT_EMPTYASNULL);
    options->escape = option_given(reader, OPT_ESCAPE);
    options->explicit_ids = option_given(reader, OPT_EXPLICIT_IDS);
    options->fill_record = option_given(reader, OPT_FILLRECORD);
    options->ignore_blank_lines = option_given(reader, OPT_IGNOREBLANKLINES);
    options->remove_quotes = option_given(reader, OPT_REMOVEQUOTES);
    options->round_decimals = option_given(reader, OPT_ROUNDEC);
    options->trim_blanks = option_given(reader, OPT_TRIMBLANKS);
    options->truncate_columns = option_given(reader, OPT_TRUNCATECOLUMNS);
    options->ignore_all_errors = option_given(reader, OPT_IGNOREALLERRORS);
    options->no_load = option_given(reader, OPT_NOLOAD);
    if (options->delimiter == NULL)
        options->delimiter = g_strdup(options->format == COPY_CSV ? "," : "|");
    if (options->null_as == NULL)
        options->null_as = g_strdup("\\N");
}

gboolean copy_options_parse(const char *sql, CopyOptions *options, Refusal *refusal)
{
    OptionReader reader = option_reader(sql, refusal);
    *options = (CopyOptions){.quote = '"'};
    if (!option_need(&reader, "copy"))
        return FALSE;
    if (option_at(&reader, "job"))
        return refuse_unsupported(refusal, "COPY JOB");
    if (!take_table(&reader, options) || !take_columns(&reader, options) ||
        !take_source(&reader, options))
        return FALSE;
    while (!option_at_end(&reader))
        if (!take_option(&reader, options))
            return FALSE;
    note_flags(&reader, options);
    return check_combinations(&reader, options, refusal);
}

gboolean copy_options_supported(const CopyOptions *options, Refusal *refusal)
{
    if (options->unsupported == NULL)
        return TRUE;
    g_autofree char *what = g_strdup_printf("COPY with %s", options->unsupported);
    return refuse_unsupported(refusal, what);
}

const char *copy_options_format_name(const CopyOptions *options)
{
    static const char *const format_names[] = {"text", "csv", "fixedwidth", "json", "other"};
    return format_names[options->format];
}
