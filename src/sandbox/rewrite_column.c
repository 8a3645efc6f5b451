#include <string.h>

#include "sandbox/rewrite_parts.h"

TableNotes *table_notes_new(char *quoted_table)
{
    TableNotes *notes = g_new0(TableNotes, 1);
    notes->calls = g_string_new(NULL);
    notes->table = quoted_table;
    notes->sort_keys = g_ptr_array_new_with_free_func(g_free);
    notes->encodings = g_ptr_array_new_with_free_func(g_free);
    notes->backup = TRUE;
    return notes;
}

void table_notes_free(TableNotes *notes)
{
    if (notes == NULL)
        return;
    g_string_free(notes->calls, TRUE);
    g_free(notes->table);
    g_free(notes->dist_style);
    g_free(notes->dist_key);
    g_free(notes->sort_style);
    g_ptr_array_unref(notes->sort_keys);
    g_ptr_array_unref(notes->encodings);
    g_free(notes);
}

void append_text_array(GString *out, const GPtrArray *values)
{
    if (values == NULL || values->len == 0) {
        g_string_append(out, "NULL");
        return;
    }
    g_string_append(out, "ARRAY[");
    for (guint i = 0; i < values->len; i++) {
        if (i > 0)
            g_string_append(out, ", ");
        quote_literal(out, g_ptr_array_index(values, i));
    }
    g_string_append(out, "]");
}

/* --- types: redshift-sql facts, 4.1 --- */

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

/* --- encodings: redshift-sql facts, 5 --- */

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

/* --- keys that are noted and never enforced --- */

gboolean rewrite_is_key(const Tokens *tokens, guint i)
{
    static const char *const words[] = {"constraint", "primary", "unique", "foreign",
                                        "check",      "exclude", NULL};
    return tokens_is_one_of(tokens, i, words);
}

/* The names between "(" at i and its ")". NULL when something else stands there. */
static GPtrArray *names_in(const Tokens *tokens, guint i)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    guint end = tokens_after_group(tokens, i) - 1;
    if (!tokens_is(tokens, i, "("))
        return NULL;
    for (i++; i < end; i += 2) {
        if (!tokens_is_name(tokens, i) || (i + 1 < end && !tokens_is(tokens, i + 1, ",")))
            return NULL;
        g_ptr_array_add(names, tokens_name(tokens, i));
    }
    return names->len > 0 ? g_steal_pointer(&names) : NULL;
}

static void note_key(TableNotes *notes, const char *name, char kind, const GPtrArray *columns,
                     const char *foreign_table, const GPtrArray *foreign_columns)
{
    GString *out = notes->calls;
    const char kinds[] = {kind, '\0'};
    if (out->len > 0)
        g_string_append(out, "; ");
    g_string_append(out, "CALL redsmith_catalog.note_key(");
    quote_literal(out, notes->table);
    g_string_append(out, ", ");
    quote_literal(out, name);
    g_string_append(out, ", ");
    quote_literal(out, kinds);
    g_string_append(out, ", ");
    append_text_array(out, columns);
    g_string_append(out, ", ");
    quote_literal(out, foreign_table);
    g_string_append(out, ", ");
    append_text_array(out, foreign_columns);
    g_string_append_printf(out, ", %s)", notes->only_if_new ? "true" : "false");
}

/* REFERENCES table [(columns)] at *i. */
static Rewrite *references(const Tokens *tokens, guint *i, const char *name,
                           const GPtrArray *columns, TableNotes *notes)
{
    guint start = *i + 1, after = tokens_after_name(tokens, start);
    if (!tokens_is(tokens, *i, "references") || after == start)
        return rewrite_refuse_at(tokens, *i);
    g_autofree char *foreign_table = tokens_quoted_name(tokens, start, after);
    g_autoptr(GPtrArray) foreign_columns = NULL;
    if (tokens_is(tokens, after, "(")) {
        foreign_columns = names_in(tokens, after);
        if (foreign_columns == NULL)
            return rewrite_refuse_at(tokens, after + 1);
        after = tokens_after_group(tokens, after);
    }
    note_key(notes, name, 'f', columns, foreign_table, foreign_columns);
    *i = after;
    return NULL;
}

static Rewrite *note_primary_key(TableNotes *notes, const char *name, const GPtrArray *columns)
{
    if (notes->has_primary_key)
        return rewrite_refuse("42P16", "multiple primary keys for table %s are not allowed",
                              notes->table);
    notes->has_primary_key = TRUE;
    note_key(notes, name, 'p', columns, NULL, NULL);
    return NULL;
}

Rewrite *rewrite_key(const Tokens *tokens, guint from, guint to, TableNotes *notes)
{
    guint i = from;
    g_autofree char *name = NULL;
    if (tokens_is(tokens, i, "constraint")) {
        name = tokens_name(tokens, i + 1);
        i += 2;
    }
    if (tokens_is(tokens, i, "check") || tokens_is(tokens, i, "exclude"))
        return rewrite_refuse("0A000", "%s constraints are not supported",
                              tokens_is(tokens, i, "check") ? "CHECK" : "EXCLUDE");
    gboolean primary = tokens_are(tokens, i, "primary key");
    gboolean foreign = tokens_are(tokens, i, "foreign key");
    if (!primary && !foreign && !tokens_is(tokens, i, "unique"))
        return rewrite_refuse_at(tokens, i);
    i += primary || foreign ? 2 : 1;
    g_autoptr(GPtrArray) columns = names_in(tokens, i);
    if (columns == NULL)
        return rewrite_refuse_at(tokens, i);
    i = tokens_after_group(tokens, i);
    Rewrite *refusal = NULL;
    if (foreign)
        refusal = references(tokens, &i, name, columns, notes);
    else if (primary)
        refusal = note_primary_key(notes, name, columns);
    else
        note_key(notes, name, 'u', columns, NULL, NULL);
    return refusal == NULL && i < to ? rewrite_refuse_at(tokens, i) : refusal;
}

/* --- one column --- */

typedef struct {
    const Tokens *tokens;
    guint i, to;
    const char *name, *family;
    GString *out;
    TableNotes *notes;
    gboolean not_null;
} ColumnParse;

static const char *const column_words[] = {
    "default", "identity", "generated", "encode",     "distkey",    "sortkey", "collate", "not",
    "null",    "unique",   "primary",   "references", "constraint", "check",   NULL};

static Rewrite *column_default(ColumnParse *parse)
{
    guint end = tokens_find(parse->tokens, parse->i + 2, parse->to, column_words);
    if (parse->i + 1 >= parse->to)
        return rewrite_refuse_at(parse->tokens, parse->i + 1);
    g_string_append(parse->out, " DEFAULT");
    rewrite_expression(parse->tokens, parse->i + 1, end, parse->out);
    parse->i = end;
    return NULL;
}

/* A signed whole number at *i. */
static gboolean whole_number(const Tokens *tokens, guint *i, gint64 *value)
{
    gboolean negative = tokens_is(tokens, *i, "-");
    if (negative)
        ++*i;
    g_autofree char *text = tokens_text(tokens, *i);
    if (tokens_kind(tokens, *i) != SQL_NUMBER || strspn(text, "0123456789") != strlen(text))
        return FALSE;
    *value = g_ascii_strtoll(text, NULL, 10) * (negative ? -1 : 1);
    ++*i;
    return TRUE;
}

/* IDENTITY(seed, step); both bounds are named because a descending one starts below 1 by default. */
static Rewrite *column_identity(ColumnParse *parse)
{
    gboolean by_default = tokens_are(parse->tokens, parse->i, "generated by default as identity");
    gboolean big = g_str_equal(parse->family, "bigint");
    guint i = parse->i + (by_default ? 5 : 1);
    gint64 seed = 0, step = 0;
    if (tokens_is(parse->tokens, parse->i, "generated") && !by_default)
        return rewrite_refuse("0A000", "generated columns are not supported");
    if (!big && !g_str_equal(parse->family, "integer"))
        return rewrite_refuse("42611", "identity column type must be INT or BIGINT");
    if (!tokens_is(parse->tokens, i++, "(") || !whole_number(parse->tokens, &i, &seed) ||
        !tokens_is(parse->tokens, i++, ",") || !whole_number(parse->tokens, &i, &step) ||
        !tokens_is(parse->tokens, i++, ")"))
        return rewrite_refuse_at(parse->tokens, MIN(i, parse->to));
    if (step == 0)
        return rewrite_refuse("22023", "identity step must not be zero");
    g_string_append_printf(parse->out,
                           " GENERATED %s AS IDENTITY (START %" G_GINT64_FORMAT
                           " INCREMENT %" G_GINT64_FORMAT " MINVALUE %s MAXVALUE %s)",
                           by_default ? "BY DEFAULT" : "ALWAYS", seed, step,
                           big ? "-9223372036854775808" : "-2147483648",
                           big ? "9223372036854775807" : "2147483647");
    parse->i = i;
    return NULL;
}

static Rewrite *column_encode(ColumnParse *parse)
{
    g_autofree char *encoding = tokens_name(parse->tokens, parse->i + 1);
    Rewrite *refusal = rewrite_check_encoding(encoding, parse->family);
    if (refusal != NULL)
        return refusal;
    g_ptr_array_add(parse->notes->encodings, g_strdup(parse->name));
    g_ptr_array_add(parse->notes->encodings,
                    g_strdup(g_str_equal(encoding, "raw") ? "none" : encoding));
    parse->i += 2;
    return NULL;
}

static Rewrite *column_dist_key(ColumnParse *parse)
{
    if (parse->notes->dist_key != NULL)
        return rewrite_refuse("42P16", "multiple DISTKEY columns are not allowed for table %s",
                              parse->notes->table);
    parse->notes->dist_key = g_strdup(parse->name);
    parse->i++;
    return NULL;
}

static Rewrite *column_sort_key(ColumnParse *parse)
{
    if (parse->notes->column_sort_keys++ > 0)
        return rewrite_refuse("42P16",
                              "only one column may say SORTKEY; use SORTKEY(column, ...) instead");
    g_ptr_array_add(parse->notes->sort_keys, g_strdup(parse->name));
    parse->i++;
    return NULL;
}

static Rewrite *column_collate(ColumnParse *parse)
{
    static const char *const sensitive[] = {"case_sensitive", "cs", NULL};
    if (!tokens_is_one_of(parse->tokens, parse->i + 1, sensitive))
        return rewrite_unsupported("COLLATE CASE_INSENSITIVE");
    parse->i += 2;
    return NULL;
}

static Rewrite *column_null(ColumnParse *parse)
{
    if (tokens_is(parse->tokens, parse->i, "null")) {
        parse->i++;
        return NULL;
    }
    if (!tokens_are(parse->tokens, parse->i, "not null"))
        return rewrite_refuse_at(parse->tokens, parse->i + 1);
    parse->not_null = TRUE;
    parse->i += 2;
    return NULL;
}

static Rewrite *column_key(ColumnParse *parse)
{
    g_autofree char *name = NULL;
    g_autoptr(GPtrArray) columns = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(columns, g_strdup(parse->name));
    if (tokens_is(parse->tokens, parse->i, "constraint")) {
        name = tokens_name(parse->tokens, parse->i + 1);
        parse->i += 2;
    }
    if (tokens_is(parse->tokens, parse->i, "check"))
        return rewrite_refuse("0A000", "CHECK constraints are not supported");
    if (tokens_is(parse->tokens, parse->i, "references"))
        return references(parse->tokens, &parse->i, name, columns, parse->notes);
    if (tokens_are(parse->tokens, parse->i, "primary key")) {
        parse->i += 2;
        parse->not_null = TRUE;
        return note_primary_key(parse->notes, name, columns);
    }
    if (!tokens_is(parse->tokens, parse->i, "unique"))
        return rewrite_refuse_at(parse->tokens, parse->i);
    parse->i++;
    note_key(parse->notes, name, 'u', columns, NULL, NULL);
    return NULL;
}

static Rewrite *column_attribute(ColumnParse *parse)
{
    static const struct {
        const char *word;
        Rewrite *(*parse)(ColumnParse *);
    } rows[] = {
        {"default", column_default}, {"identity", column_identity}, {"generated", column_identity},
        {"encode", column_encode},   {"distkey", column_dist_key},  {"sortkey", column_sort_key},
        {"collate", column_collate}, {"not", column_null},          {"null", column_null},
        {"unique", column_key},      {"primary", column_key},       {"references", column_key},
        {"constraint", column_key},  {"check", column_key},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (tokens_is(parse->tokens, parse->i, rows[i].word))
            return rows[i].parse(parse);
    return rewrite_refuse_at(parse->tokens, parse->i);
}

Rewrite *rewrite_column(const Tokens *tokens, guint from, guint to, GString *out, TableNotes *notes)
{
    static const char *const system_names[] = {"oid",  "tableoid", "xmin", "cmin",
                                               "xmax", "cmax",     "ctid", NULL};
    if (!tokens_is_name(tokens, from))
        return rewrite_refuse_at(tokens, from);
    g_autofree char *name = tokens_name(tokens, from);
    if (g_strv_contains(system_names, name))
        return rewrite_refuse("42701", "column name \"%s\" conflicts with a system column name",
                              name);
    ColumnParse parse = {.tokens = tokens, .to = to, .name = name, .out = out, .notes = notes};
    parse.i = tokens_find(tokens, from + 1, to, column_words);
    quote_identifier(out, name);
    g_string_append_c(out, ' ');
    Rewrite *refusal = rewrite_type(tokens, from + 1, parse.i, name, out, &parse.family);
    while (refusal == NULL && parse.i < to)
        refusal = column_attribute(&parse);
    if (refusal == NULL && parse.not_null)
        g_string_append(out, " NOT NULL");
    return refusal;
}

/* --- attributes of the table --- */

static Rewrite *attribute_dist_style(const Tokens *tokens, guint *i, TableNotes *notes)
{
    static const char *const styles[] = {"auto", "even", "key", "all", NULL};
    if (notes->dist_style != NULL || !tokens_is_one_of(tokens, *i + 1, styles))
        return rewrite_refuse_at(tokens, *i + 1);
    g_autofree char *style = tokens_name(tokens, *i + 1);
    notes->dist_style = g_ascii_strup(style, -1);
    *i += 2;
    return NULL;
}

static Rewrite *attribute_dist_key(const Tokens *tokens, guint *i, TableNotes *notes)
{
    g_autoptr(GPtrArray) names = names_in(tokens, *i + 1);
    if (names == NULL)
        return rewrite_refuse_at(tokens, *i + 1);
    if (notes->dist_key != NULL || names->len > 1)
        return rewrite_refuse("42P16", "multiple DISTKEY columns are not allowed for table %s",
                              notes->table);
    notes->dist_key = g_strdup(g_ptr_array_index(names, 0));
    *i = tokens_after_group(tokens, *i + 1);
    return NULL;
}

static Rewrite *attribute_sort_key(const Tokens *tokens, guint *i, TableNotes *notes)
{
    gboolean interleaved = tokens_is(tokens, *i, "interleaved");
    guint at = tokens_is(tokens, *i, "sortkey") ? *i : *i + 1;
    if (!tokens_is(tokens, at, "sortkey"))
        return rewrite_refuse_at(tokens, at);
    if (notes->sort_style != NULL || notes->column_sort_keys > 0)
        return rewrite_refuse("42P16", "the sort key of table %s is given twice", notes->table);
    if (tokens_is(tokens, at + 1, "auto") && at == *i) {
        notes->sort_style = g_strdup("AUTO");
        *i = at + 2;
        return NULL;
    }
    g_autoptr(GPtrArray) names = names_in(tokens, at + 1);
    if (names == NULL)
        return rewrite_refuse_at(tokens, at + 1);
    if (names->len > (interleaved ? 8 : 400))
        return rewrite_refuse("54011", "%s sort key cannot have more than %d columns",
                              interleaved ? "interleaved" : "compound", interleaved ? 8 : 400);
    g_ptr_array_extend_and_steal(notes->sort_keys, g_steal_pointer(&names));
    notes->sort_style = g_strdup(interleaved ? "INTERLEAVED" : "COMPOUND");
    *i = tokens_after_group(tokens, at + 1);
    return NULL;
}

Rewrite *rewrite_attribute(const Tokens *tokens, guint *i, TableNotes *notes)
{
    static const char *const sorts[] = {"compound", "interleaved", "sortkey", NULL};
    static const char *const answers[] = {"yes", "no", NULL};
    if (tokens_is(tokens, *i, "diststyle"))
        return attribute_dist_style(tokens, i, notes);
    if (tokens_is(tokens, *i, "distkey"))
        return attribute_dist_key(tokens, i, notes);
    if (tokens_is_one_of(tokens, *i, sorts))
        return attribute_sort_key(tokens, i, notes);
    if (tokens_are(tokens, *i, "encode auto")) {
        *i += 2;
        return NULL;
    }
    if (tokens_is(tokens, *i, "backup") && tokens_is_one_of(tokens, *i + 1, answers)) {
        notes->backup = tokens_is(tokens, *i + 1, "yes");
        *i += 2;
        return NULL;
    }
    return rewrite_refuse_at(tokens, *i);
}
