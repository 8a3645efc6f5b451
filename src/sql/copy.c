#include "sql/copy.h"

#include <string.h>

#include "base/error.h"
#include "sql/ident.h"
#include "sql/literal.h"
#include "sql/option.h"

#define MAX_ERRORS 100000

enum {
    OPT_CSV = 1 << 0,
    OPT_JSON = 1 << 1,
    OPT_PARQUET = 1 << 2,
    OPT_ORC = 1 << 3,
    OPT_AVRO = 1 << 4,
    OPT_COMPRESSION = 1 << 5,
    OPT_ESCAPE = 1 << 6,
    OPT_REMOVEQUOTES = 1 << 7,
    OPT_EMPTYASNULL = 1 << 8,
    OPT_BLANKSASNULL = 1 << 9,
    OPT_FILLRECORD = 1 << 10,
    OPT_TRUNCATECOLUMNS = 1 << 11,
    OPT_TRIMBLANKS = 1 << 12,
    OPT_IGNOREBLANKLINES = 1 << 13,
    OPT_ACCEPTANYDATE = 1 << 14,
    OPT_NOLOAD = 1 << 15,
    OPT_ROUNDEC = 1 << 16,
    OPT_IGNOREHEADER = 1 << 17,
    OPT_DELIMITER = 1 << 18,
    OPT_QUOTE = 1 << 19,
    OPT_NULL_AS = 1 << 20,
    OPT_DATEFORMAT = 1 << 21,
    OPT_TIMEFORMAT = 1 << 22,
    OPT_MAXERROR = 1 << 23,
    OPT_COMPUPDATE = 1 << 24,
    OPT_REGION = 1 << 25,
    OPT_JSONPATHS = 1 << 26,
};

static const SqlOptionName names[] = {
    {OPT_CSV, "FORMAT CSV"},
    {OPT_JSON, "FORMAT JSON"},
    {OPT_PARQUET, "FORMAT PARQUET"},
    {OPT_ORC, "FORMAT ORC"},
    {OPT_AVRO, "FORMAT AVRO"},
    {OPT_COMPRESSION, "a compression"},
    {OPT_ESCAPE, "ESCAPE"},
    {OPT_REMOVEQUOTES, "REMOVEQUOTES"},
    {OPT_EMPTYASNULL, "EMPTYASNULL"},
    {OPT_BLANKSASNULL, "BLANKSASNULL"},
    {OPT_FILLRECORD, "FILLRECORD"},
    {OPT_TRUNCATECOLUMNS, "TRUNCATECOLUMNS"},
    {OPT_TRIMBLANKS, "TRIMBLANKS"},
    {OPT_IGNOREBLANKLINES, "IGNOREBLANKLINES"},
    {OPT_ACCEPTANYDATE, "ACCEPTANYDATE"},
    {OPT_NOLOAD, "NOLOAD"},
    {OPT_ROUNDEC, "ROUNDEC"},
    {OPT_IGNOREHEADER, "IGNOREHEADER"},
    {OPT_DELIMITER, "DELIMITER"},
    {OPT_QUOTE, "QUOTE"},
    {OPT_NULL_AS, "NULL AS"},
    {OPT_DATEFORMAT, "DATEFORMAT"},
    {OPT_TIMEFORMAT, "TIMEFORMAT"},
    {OPT_MAXERROR, "MAXERROR"},
    {OPT_COMPUPDATE, "COMPUPDATE"},
    {OPT_REGION, "REGION"},
    {OPT_JSONPATHS, "a jsonpaths file"},
    {0, NULL},
};

/* Everything but the column list, MANIFEST, ACCEPTINVCHARS, FILLRECORD, STATUPDATE, EXPLICIT_IDS. */
#define NOT_COLUMNAR                                                                               \
    (OPT_COMPRESSION | OPT_ESCAPE | OPT_REMOVEQUOTES | OPT_EMPTYASNULL | OPT_BLANKSASNULL |        \
     OPT_TRUNCATECOLUMNS | OPT_TRIMBLANKS | OPT_IGNOREBLANKLINES | OPT_ACCEPTANYDATE |             \
     OPT_NOLOAD | OPT_ROUNDEC | OPT_IGNOREHEADER | OPT_DELIMITER | OPT_NULL_AS | OPT_DATEFORMAT |  \
     OPT_TIMEFORMAT | OPT_MAXERROR | OPT_COMPUPDATE | OPT_REGION)

static const SqlRefusal refusals[] = {
    {OPT_CSV, OPT_REMOVEQUOTES | OPT_ESCAPE, 0, "CSV quotes and escapes by its own rules"},
    {OPT_QUOTE, 0, OPT_CSV, "only CSV has a quote character"},
    {OPT_JSON,
     OPT_DELIMITER | OPT_ESCAPE | OPT_FILLRECORD | OPT_IGNOREBLANKLINES | OPT_NULL_AS |
         OPT_REMOVEQUOTES | OPT_IGNOREHEADER,
     0, "JSON names every value and writes null as null"},
    {OPT_AVRO,
     OPT_DELIMITER | OPT_ESCAPE | OPT_FILLRECORD | OPT_IGNOREBLANKLINES | OPT_NULL_AS |
         OPT_REMOVEQUOTES | OPT_IGNOREHEADER | OPT_COMPRESSION,
     0, "Avro files bring their own schema and compression"},
    {OPT_PARQUET | OPT_ORC, NOT_COLUMNAR, 0,
     "a columnar COPY takes only MANIFEST, ACCEPTINVCHARS, FILLRECORD, STATUPDATE and "
     "EXPLICIT_IDS"},
    {OPT_JSONPATHS, 0, OPT_JSON | OPT_AVRO, "jsonpaths describe JSON or Avro"},
    {0, 0, 0, NULL},
};

static guint64 format_option(SqlFormat format)
{
    static const guint64 formats[] = {
        [SQL_FORMAT_TEXT] = 0,        [SQL_FORMAT_CSV] = OPT_CSV,
        [SQL_FORMAT_JSON] = OPT_JSON, [SQL_FORMAT_PARQUET] = OPT_PARQUET,
        [SQL_FORMAT_ORC] = OPT_ORC,   [SQL_FORMAT_AVRO] = OPT_AVRO,
    };
    return formats[format];
}

static guint64 options_of(const SqlCopy *copy)
{
    const struct {
        gboolean present;
        guint64 bit;
    } flags[] = {
        {copy->compression != SQL_COMPRESS_NONE, OPT_COMPRESSION},
        {copy->escape, OPT_ESCAPE},
        {copy->remove_quotes, OPT_REMOVEQUOTES},
        {copy->empty_as_null, OPT_EMPTYASNULL},
        {copy->blanks_as_null, OPT_BLANKSASNULL},
        {copy->fill_record, OPT_FILLRECORD},
        {copy->truncate_columns, OPT_TRUNCATECOLUMNS},
        {copy->trim_blanks, OPT_TRIMBLANKS},
        {copy->ignore_blank_lines, OPT_IGNOREBLANKLINES},
        {copy->accept_any_date, OPT_ACCEPTANYDATE},
        {copy->no_load, OPT_NOLOAD},
        {copy->roundec, OPT_ROUNDEC},
        {copy->ignore_header > 0, OPT_IGNOREHEADER},
        {copy->delimiter != NULL, OPT_DELIMITER},
        {copy->quote != NULL, OPT_QUOTE},
        {copy->null_as != NULL, OPT_NULL_AS},
        {copy->date_format != NULL, OPT_DATEFORMAT},
        {copy->time_format != NULL, OPT_TIMEFORMAT},
        {copy->max_error > 0, OPT_MAXERROR},
        {copy->comp_update != NULL, OPT_COMPUPDATE},
        {copy->region != NULL, OPT_REGION},
        {copy->json_paths != NULL, OPT_JSONPATHS},
    };
    guint64 options = format_option(copy->format);
    for (gsize i = 0; i < G_N_ELEMENTS(flags); i++)
        options |= flags[i].present ? flags[i].bit : 0;
    return options;
}

static gboolean is_ascii(const char *text)
{
    return text == NULL || g_str_is_ascii(text);
}

static gboolean refuse_value(GError **error, const char *option, const char *value,
                             const char *expected)
{
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "COPY: %s is \"%s\"; expected %s", option, value,
                expected);
    return FALSE;
}

static gboolean check_words(const SqlCopy *copy, GError **error)
{
    static const char *const compupdate[] = {"ON", "OFF", "PRESET", NULL};
    static const char *const statupdate[] = {"ON", "OFF", NULL};
    if (copy->comp_update != NULL && !g_strv_contains(compupdate, copy->comp_update))
        return refuse_value(error, "COMPUPDATE", copy->comp_update, "ON, OFF or PRESET");
    if (copy->stat_update != NULL && !g_strv_contains(statupdate, copy->stat_update))
        return refuse_value(error, "STATUPDATE", copy->stat_update, "ON or OFF");
    return TRUE;
}

static gboolean check_values(const SqlCopy *copy, GError **error)
{
    if (copy->delimiter != NULL && (*copy->delimiter == '\0' || !is_ascii(copy->delimiter)))
        return refuse_value(error, "DELIMITER", copy->delimiter, "ASCII characters");
    if (copy->quote != NULL && (strlen(copy->quote) != 1 || !is_ascii(copy->quote)))
        return refuse_value(error, "QUOTE", copy->quote, "exactly one ASCII character");
    if (copy->null_as != NULL && strchr(copy->null_as, '\n') != NULL)
        return refuse_value(error, "NULL AS", copy->null_as, "a text without a line end");
    if (copy->accept_inv_chars_as != NULL &&
        (strlen(copy->accept_inv_chars_as) != 1 || !is_ascii(copy->accept_inv_chars_as)))
        return refuse_value(error, "ACCEPTINVCHARS", copy->accept_inv_chars_as,
                            "exactly one ASCII character");
    if (copy->max_error < 0 || copy->max_error > MAX_ERRORS) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "COPY: MAXERROR is %d; expected 0 to %d",
                    copy->max_error, MAX_ERRORS);
        return FALSE;
    }
    return check_words(copy, error);
}

static gboolean check_names(const SqlCopy *copy, GError **error)
{
    if (!sql_ident_check(copy->table, "table", error) ||
        (copy->schema != NULL && !sql_ident_check(copy->schema, "schema", error)))
        return FALSE;
    for (guint i = 0; copy->columns != NULL && copy->columns[i] != NULL; i++)
        if (!sql_ident_check(copy->columns[i], "column", error))
            return FALSE;
    return sql_check_s3_url(copy->from, "the source", error);
}

static void append_format(GString *out, const SqlCopy *copy)
{
    static const char *const words[] = {
        [SQL_FORMAT_CSV] = "CSV",
        [SQL_FORMAT_PARQUET] = "PARQUET",
        [SQL_FORMAT_ORC] = "ORC",
    };
    if (copy->format == SQL_FORMAT_TEXT)
        return;
    if (copy->format == SQL_FORMAT_JSON || copy->format == SQL_FORMAT_AVRO)
        sql_append_option(out,
                          copy->format == SQL_FORMAT_JSON ? "FORMAT AS JSON" : "FORMAT AS AVRO",
                          sql_literal(copy->json_paths != NULL ? copy->json_paths : "auto"));
    else
        g_string_append_printf(out, " FORMAT AS %s", words[copy->format]);
}

static void append_texts(GString *out, const SqlCopy *copy)
{
    const struct {
        const char *option, *value;
    } texts[] = {
        {"DELIMITER AS", copy->delimiter},    {"QUOTE AS", copy->quote},
        {"NULL AS", copy->null_as},           {"DATEFORMAT AS", copy->date_format},
        {"TIMEFORMAT AS", copy->time_format},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        if (texts[i].value != NULL)
            sql_append_option(out, texts[i].option, sql_control_literal(texts[i].value));
}

static void append_flags(GString *out, const SqlCopy *copy)
{
    const struct {
        const char *option;
        gboolean present;
    } flags[] = {
        {"ESCAPE", copy->escape},
        {"REMOVEQUOTES", copy->remove_quotes},
        {"EMPTYASNULL", copy->empty_as_null},
        {"BLANKSASNULL", copy->blanks_as_null},
        {"FILLRECORD", copy->fill_record},
        {"TRUNCATECOLUMNS", copy->truncate_columns},
        {"TRIMBLANKS", copy->trim_blanks},
        {"IGNOREBLANKLINES", copy->ignore_blank_lines},
        {"ACCEPTANYDATE", copy->accept_any_date},
        {"EXPLICIT_IDS", copy->explicit_ids},
        {"ROUNDEC", copy->roundec},
        {"NOLOAD", copy->no_load},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(flags); i++)
        if (flags[i].present)
            g_string_append_printf(out, " %s", flags[i].option);
}

static void append_invalid_characters(GString *out, const SqlCopy *copy)
{
    if (copy->accept_inv_chars_as != NULL)
        sql_append_option(out, "ACCEPTINVCHARS AS", sql_literal(copy->accept_inv_chars_as));
    else if (copy->accept_inv_chars)
        g_string_append(out, " ACCEPTINVCHARS");
}

static void append_load_options(GString *out, const SqlCopy *copy)
{
    sql_append_compression(out, copy->compression);
    if (copy->ignore_header > 0)
        g_string_append_printf(out, " IGNOREHEADER AS %u", copy->ignore_header);
    if (copy->max_error > 0)
        g_string_append_printf(out, " MAXERROR AS %d", copy->max_error);
    if (copy->comp_update != NULL)
        g_string_append_printf(out, " COMPUPDATE %s", copy->comp_update);
    if (copy->stat_update != NULL)
        g_string_append_printf(out, " STATUPDATE %s", copy->stat_update);
    if (copy->region != NULL)
        sql_append_option(out, "REGION AS", sql_literal(copy->region));
}

static void append_target(GString *out, const SqlCopy *copy)
{
    g_autofree char *table = sql_ident_pair(copy->schema, copy->table);
    g_autofree char *from = sql_literal(copy->from);
    g_string_append_printf(out, "COPY %s", table);
    if (copy->columns != NULL && copy->columns[0] != NULL) {
        g_autofree char *columns =
            sql_ident_list(copy->columns, g_strv_length((char **)copy->columns), NULL);
        g_string_append_printf(out, " (%s)", columns);
    }
    g_string_append_printf(out, " FROM %s", from);
}

char *sql_copy_text(const SqlCopy *copy, GError **error)
{
    if (!sql_options_check("COPY", options_of(copy), names, refusals, error) ||
        !check_values(copy, error) || !check_names(copy, error))
        return NULL;
    GString *out = g_string_new(NULL);
    append_target(out, copy);
    if (!sql_append_role(out, copy->iam_role, error)) {
        g_string_free(out, TRUE);
        return NULL;
    }
    if (copy->manifest)
        g_string_append(out, " MANIFEST");
    append_format(out, copy);
    append_texts(out, copy);
    append_flags(out, copy);
    append_invalid_characters(out, copy);
    append_load_options(out, copy);
    return g_string_free(out, FALSE);
}
