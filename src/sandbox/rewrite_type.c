/* Types of columns and what may encode them (Redshift guide, "Data types"). */
#include <string.h>

#include "sandbox/rewrite_parts.h"

typedef enum {
    ARGUMENTS_NONE,
    ARGUMENTS_LENGTH,  /* default and greatest length */
    ARGUMENTS_DECIMAL, /* precision and scale */
    ARGUMENTS_ANY,
} TypeArguments;

typedef struct {
    const char *words, *family, *spelling;
    TypeArguments arguments;
    int length, greatest;
} TypeRow;

static const TypeRow types[] = {
    {"smallint", "smallint", "smallint", ARGUMENTS_NONE, 0, 0},
    {"int2", "smallint", "smallint", ARGUMENTS_NONE, 0, 0},
    {"integer", "integer", "integer", ARGUMENTS_NONE, 0, 0},
    {"int", "integer", "integer", ARGUMENTS_NONE, 0, 0},
    {"int4", "integer", "integer", ARGUMENTS_NONE, 0, 0},
    {"bigint", "bigint", "bigint", ARGUMENTS_NONE, 0, 0},
    {"int8", "bigint", "bigint", ARGUMENTS_NONE, 0, 0},
    {"decimal", "decimal", "numeric", ARGUMENTS_DECIMAL, 18, 38},
    {"numeric", "decimal", "numeric", ARGUMENTS_DECIMAL, 18, 38},
    {"real", "float", "real", ARGUMENTS_NONE, 0, 0},
    {"float4", "float", "real", ARGUMENTS_NONE, 0, 0},
    {"double precision", "float", "double precision", ARGUMENTS_NONE, 0, 0},
    {"float8", "float", "double precision", ARGUMENTS_NONE, 0, 0},
    {"float", "float", "float", ARGUMENTS_ANY, 0, 0},
    {"boolean", "boolean", "boolean", ARGUMENTS_NONE, 0, 0},
    {"bool", "boolean", "boolean", ARGUMENTS_NONE, 0, 0},
    {"char", "char", "char", ARGUMENTS_LENGTH, 1, 4096},
    {"character", "char", "char", ARGUMENTS_LENGTH, 1, 4096},
    {"nchar", "char", "char", ARGUMENTS_LENGTH, 1, 4096},
    {"bpchar", "char", "char", ARGUMENTS_LENGTH, 256, 4096},
    {"varchar", "varchar", "varchar", ARGUMENTS_LENGTH, 256, 65535},
    {"nvarchar", "varchar", "varchar", ARGUMENTS_LENGTH, 256, 65535},
    {"character varying", "varchar", "varchar", ARGUMENTS_LENGTH, 256, 65535},
    {"text", "varchar", "varchar(256)", ARGUMENTS_NONE, 0, 0},
    {"date", "date", "date", ARGUMENTS_NONE, 0, 0},
    {"time", "time", "time", ARGUMENTS_NONE, 0, 0},
    {"time without time zone", "time", "time", ARGUMENTS_NONE, 0, 0},
    {"timetz", "time", "timetz", ARGUMENTS_NONE, 0, 0},
    {"time with time zone", "time", "timetz", ARGUMENTS_NONE, 0, 0},
    {"timestamp", "timestamp", "timestamp", ARGUMENTS_NONE, 0, 0},
    {"timestamp without time zone", "timestamp", "timestamp", ARGUMENTS_NONE, 0, 0},
    {"timestamptz", "timestamp", "timestamptz", ARGUMENTS_NONE, 0, 0},
    {"timestamp with time zone", "timestamp", "timestamptz", ARGUMENTS_NONE, 0, 0},
    {"interval year to month", "interval", "redsmith_catalog.intervaly2m", ARGUMENTS_NONE, 0, 0},
    {"interval day to second", "interval", "redsmith_catalog.intervald2s", ARGUMENTS_NONE, 0, 0},
    {"super", "super", "redsmith_catalog.super", ARGUMENTS_NONE, 0, 0},
    {"varbyte", "varbyte", "redsmith_catalog.varbyte", ARGUMENTS_LENGTH, 64000, 16777216},
    {"varbinary", "varbyte", "redsmith_catalog.varbyte", ARGUMENTS_LENGTH, 64000, 16777216},
    {"binary varying", "varbyte", "redsmith_catalog.varbyte", ARGUMENTS_LENGTH, 64000, 16777216},
    {"geometry", "geometry", "redsmith_catalog.geometry", ARGUMENTS_NONE, 0, 0},
    {"geography", "geography", "redsmith_catalog.geography", ARGUMENTS_NONE, 0, 0},
    {"hllsketch", "hllsketch", "redsmith_catalog.hllsketch", ARGUMENTS_NONE, 0, 0},
};

/* PostgreSQL types that Redshift's parser knows and refuses for columns. */
static const char *const unsupported_types[] = {
    "json",  "jsonb", "uuid", "xml",   "money",   "inet",    "cidr",     "macaddr",
    "bytea", "bit",   "name", "point", "polygon", "tsquery", "tsvector", NULL};

static const TypeRow *type_row(const char *words)
{
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++)
        if (g_str_equal(types[i].words, words))
            return &types[i];
    return NULL;
}

/* The numbers between the brackets; MAX is the greatest length. Returns how many, -1 when malformed. */
static int type_arguments(const Tokens *tokens, guint open, guint close, int greatest,
                          int numbers[2])
{
    int n = 0;
    for (guint i = open + 1; i < close; i += 2) {
        g_autofree char *text = tokens_text(tokens, i);
        gboolean number = tokens_kind(tokens, i) == SQL_NUMBER && strlen(text) < 10;
        if (n == 2 || (!number && !tokens_is(tokens, i, "max")))
            return -1;
        numbers[n++] = number ? (int)g_ascii_strtoll(text, NULL, 10) : greatest;
        if (i + 1 < close && !tokens_is(tokens, i + 1, ","))
            return -1;
    }
    return n;
}

static Rewrite *append_sized(const TypeRow *row, int given, const int numbers[2], GString *out)
{
    const char *shown = row->family[0] == 'c' ? "character" : "character varying";
    int length = given > 0 ? numbers[0] : row->length;
    if (row->arguments == ARGUMENTS_DECIMAL) {
        int scale = given > 1 ? numbers[1] : 0;
        if (length < 1 || length > row->greatest)
            return rewrite_refuse("22023", "DECIMAL precision %d must be between 1 and 38", length);
        if (scale > length || scale > 37)
            return rewrite_refuse("22023", "DECIMAL scale %d must be between 0 and precision %d",
                                  scale, MIN(length, 37));
        g_string_append_printf(out, "%s(%d, %d)", row->spelling, length, scale);
        return NULL;
    }
    if (row->family[0] == 'v' && g_str_equal(row->family, "varbyte"))
        shown = "binary varying";
    if (length < 1)
        return rewrite_refuse("22023", "length for type %s must be at least 1", shown);
    if (length > row->greatest)
        return rewrite_refuse("22023", "length for type %s cannot exceed %d", shown, row->greatest);
    g_string_append_printf(out, "%s(%d)", row->spelling, length);
    return NULL;
}

static char *words_of(const Tokens *tokens, guint from, guint to)
{
    GString *words = g_string_new(NULL);
    for (guint i = from; i < to; i++) {
        g_autofree char *word = tokens_name(tokens, i);
        g_string_append_printf(words, "%s%s", i > from ? " " : "", word);
    }
    return g_string_free(words, FALSE);
}

Rewrite *rewrite_type(const Tokens *tokens, guint from, guint to, const char *column, GString *out,
                      const char **family)
{
    static const char *const brackets[] = {"(", "[", "array", NULL};
    guint open = tokens_find(tokens, from, to, brackets);
    g_autofree char *words = words_of(tokens, from, open);
    if (open < to && !tokens_is(tokens, open, "("))
        return rewrite_refuse("0A000", "Column \"%s\" has unsupported type \"%s[]\".", column,
                              words);
    guint after = open < to ? tokens_after_group(tokens, open) : to;
    if (after < to && tokens_is(tokens, after, "["))
        return rewrite_refuse("0A000", "Column \"%s\" has unsupported type \"%s[]\".", column,
                              words);
    const TypeRow *row = type_row(words);
    if (row == NULL && g_strv_contains(unsupported_types, words))
        return rewrite_refuse("0A000", "Column \"%s\" has unsupported type \"%s\".", column, words);
    if (row == NULL)
        return from == to ? rewrite_refuse_at(tokens, to)
                          : rewrite_refuse("42704", "type \"%s\" does not exist", words);
    *family = row->family;
    if (after < to || (open < to && row->arguments == ARGUMENTS_NONE))
        return rewrite_refuse_at(tokens, after < to ? after : open);
    int numbers[2] = {0, 0};
    int given = open < to ? type_arguments(tokens, open, after - 1, row->greatest, numbers) : 0;
    if (given < 0 || (row->arguments == ARGUMENTS_LENGTH && given > 1))
        return rewrite_refuse_at(tokens, open + 1);
    if (row->arguments == ARGUMENTS_LENGTH || row->arguments == ARGUMENTS_DECIMAL)
        return append_sized(row, given, numbers, out);
    g_string_append(out, row->spelling);
    if (given > 0)
        g_string_append_printf(out, "(%d)", numbers[0]);
    return NULL;
}

/* --- encodings (Redshift guide, "Compression encodings") --- */

static const struct {
    const char *name;
    const char *families; /* blank separated; NULL: any */
} encodings[] = {
    {"raw", NULL},
    {"az64", "smallint integer bigint decimal date time timestamp"},
    {"bytedict", "smallint integer bigint decimal float char varchar date timestamp"},
    {"delta", "smallint integer bigint decimal date timestamp"},
    {"delta32k", "integer bigint decimal date timestamp"},
    {"lzo", "smallint integer bigint decimal char varchar date time timestamp super varbyte"},
    {"mostly8", "smallint integer bigint decimal"},
    {"mostly16", "integer bigint decimal"},
    {"mostly32", "bigint decimal"},
    {"runlength", "smallint integer bigint decimal float boolean char varchar date timestamp time"},
    {"text255", "varchar"},
    {"text32k", "varchar"},
    {"zstd", "smallint integer bigint decimal float boolean char varchar date time timestamp super "
             "varbyte"},
};

Rewrite *rewrite_check_encoding(const char *encoding, const char *family)
{
    for (gsize i = 0; i < G_N_ELEMENTS(encodings); i++) {
        if (!g_str_equal(encodings[i].name, encoding))
            continue;
        if (encodings[i].families == NULL || family == NULL)
            return NULL;
        g_auto(GStrv) allowed = g_strsplit(encodings[i].families, " ", -1);
        if (g_strv_contains((const char *const *)allowed, family))
            return NULL;
        return rewrite_refuse("0A000", "encoding %s is not supported for data type %s", encoding,
                              family);
    }
    return rewrite_refuse("42601", "invalid encoding type specified: %s", encoding);
}
