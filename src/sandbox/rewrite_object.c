#include <string.h>

#include "sandbox/rewrite_parts.h"

static char *part_text(const Tokens *tokens, guint from, guint to)
{
    GString *out = g_string_new(NULL);
    rewrite_expression(tokens, from, to, out);
    return g_strstrip(g_string_free(out, FALSE));
}

static char *string_value(const Tokens *tokens, guint i)
{
    return tokens_kind(tokens, i) == SQL_STRING ? sql_token_value(&tokens->lexer, &tokens->items[i])
                                                : tokens_text(tokens, i);
}

/* --- views: Redshift guide, CREATE VIEW, CREATE MATERIALIZED VIEW --- */

Rewrite *rewrite_late_view(const Tokens *tokens, guint with)
{
    static const char *const as_word[] = {"as", NULL};
    gboolean replace = tokens_are(tokens, 1, "or replace");
    guint name_at = replace ? 4 : 2, columns_at = tokens_after_name(tokens, name_at);
    guint as = tokens_find(tokens, columns_at, with, as_word);
    if (columns_at == name_at || as == with || with + 4 != tokens->count)
        return rewrite_refuse_at(tokens, columns_at == name_at ? name_at : with + 4);
    g_autofree char *name = tokens_quoted_name(tokens, name_at, columns_at);
    g_autofree char *columns = part_text(tokens, columns_at, as);
    g_autofree char *query = part_text(tokens, as + 1, with);
    GString *sql = g_string_new("CALL redsmith_catalog.create_late_view(");
    quote_literal(sql, name);
    g_string_append(sql, ", ");
    quote_literal(sql, columns);
    g_string_append_printf(sql, ", %s, ", replace ? "true" : "false");
    quote_literal(sql, query);
    g_string_append(sql, ", ");
    quote_literal(sql, tokens->lexer.text);
    g_string_append_c(sql, ')');
    return rewrite_pass(g_string_free(sql, FALSE), "CREATE VIEW");
}

Rewrite *rewrite_materialized_view(const Tokens *tokens)
{
    guint i = tokens_after_name(tokens, 3);
    gboolean refresh = FALSE;
    if (i == 3)
        return rewrite_refuse_at(tokens, i);
    g_autofree char *name = tokens_quoted_name(tokens, 3, i);
    g_autoptr(TableNotes) notes = table_notes_new(g_strdup(name));
    guint columns_at = i;
    if (tokens_is(tokens, i, "("))
        i = tokens_after_group(tokens, i);
    g_autofree char *columns = part_text(tokens, columns_at, i);
    while (i < tokens->count && !tokens_is(tokens, i, "as")) {
        if (tokens_are(tokens, i, "auto refresh")) {
            refresh = tokens_is(tokens, i + 2, "yes");
            if (!refresh && !tokens_is(tokens, i + 2, "no"))
                return rewrite_refuse_at(tokens, i + 2);
            i += 3;
            continue;
        }
        Rewrite *refusal = rewrite_attribute(tokens, &i, notes);
        if (refusal != NULL)
            return refusal;
    }
    if (i + 1 >= tokens->count)
        return rewrite_refuse_at(tokens, i);
    g_autofree char *query = part_text(tokens, i + 1, tokens->count);
    char *sql = g_strdup_printf("CREATE MATERIALIZED VIEW %s %s AS %s", name, columns, query);
    Rewrite *rewrite = rewrite_pass(sql, "CREATE MATERIALIZED VIEW");
    GString *after = g_string_new("CALL redsmith_catalog.note_materialized_view(");
    quote_literal(after, name);
    g_string_append_printf(after, ", %s, ", refresh ? "true" : "false");
    quote_literal(after, tokens->lexer.text);
    g_string_append_c(after, ')');
    rewrite->after = g_string_free(after, FALSE);
    return rewrite;
}

/* --- external schemas and tables: Redshift guide, CREATE EXTERNAL SCHEMA, CREATE EXTERNAL TABLE --- */

/* svv_external_schemas.eskind: Redshift guide, SVV_EXTERNAL_SCHEMAS. */
static const struct {
    const char *words;
    int kind;
} sources[] = {
    {"data catalog", 1}, {"hive metastore", 2}, {"postgres", 3}, {"redshift", 4},
    {"mysql", 8},        {"kinesis", 9},        {"kafka", 10},
};

static int source_kind(const Tokens *tokens, guint *i)
{
    for (gsize n = 0; n < G_N_ELEMENTS(sources); n++) {
        if (!tokens_are(tokens, *i, sources[n].words))
            continue;
        *i += strchr(sources[n].words, ' ') != NULL ? 2 : 1;
        return sources[n].kind;
    }
    return 0;
}

static void add_member(GString *json, const char *name, const char *value)
{
    g_autofree char *escaped = g_strescape(value, NULL);
    g_string_append_printf(json, "%s\"%s\":\"%s\"", json->len > 1 ? "," : "", name, escaped);
}

Rewrite *rewrite_external_schema(const Tokens *tokens)
{
    guint i = 3;
    gboolean if_not_exists = tokens_are(tokens, i, "if not exists");
    i += if_not_exists ? 3 : 0;
    if (!tokens_is_name(tokens, i) || !tokens_is(tokens, i + 1, "from"))
        return rewrite_refuse_at(tokens, i);
    g_autofree char *name = tokens_name(tokens, i);
    i += 2;
    int kind = source_kind(tokens, &i);
    if (kind == 0)
        return rewrite_refuse_at(tokens, i);
    g_autoptr(GString) options = g_string_new("{");
    g_autofree char *database = NULL;
    while (i < tokens->count) {
        if (tokens_are(tokens, i, "create external database if not exists")) {
            i += 6;
            continue;
        }
        g_autofree char *word = tokens_name(tokens, i);
        g_autofree char *upper = g_ascii_strup(word, -1);
        if (i + 1 >= tokens->count)
            return rewrite_refuse_at(tokens, i + 1);
        g_autofree char *value = string_value(tokens, i + 1);
        if (strcmp(word, "database") == 0)
            database = g_steal_pointer(&value);
        else
            add_member(options, upper, value);
        i += 2;
    }
    GString *sql = g_string_new("CALL redsmith_catalog.create_external_schema(");
    quote_literal(sql, name);
    g_string_append_printf(sql, ", %s, %d, ", if_not_exists ? "true" : "false", kind);
    quote_literal(sql, database);
    g_string_append(sql, ", ");
    g_string_append_c(options, '}');
    quote_literal(sql, options->str);
    g_string_append_c(sql, ')');
    return rewrite_pass(g_string_free(sql, FALSE), "CREATE SCHEMA");
}

typedef struct {
    GPtrArray *columns, *types;
    char *location, *input, *output, *serde, *serde_properties, *properties;
    int partition_keys;
} External;

static void external_clear(External *external)
{
    g_clear_pointer(&external->columns, g_ptr_array_unref);
    g_clear_pointer(&external->types, g_ptr_array_unref);
    g_free(external->location);
    g_free(external->input);
    g_free(external->output);
    g_free(external->serde);
    g_free(external->serde_properties);
    g_free(external->properties);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(External, external_clear)

/* (name type, ...) at *i. Returns how many, 0 where it cannot be read. */
static int take_columns(const Tokens *tokens, guint *i, External *external)
{
    guint end = tokens_after_group(tokens, *i);
    int count = 0;
    if (!tokens_is(tokens, *i, "(") || !tokens_is(tokens, end - 1, ")"))
        return 0;
    for (guint at = *i + 1; at < end - 1;) {
        guint comma = tokens_next_comma(tokens, at, end - 1);
        if (!tokens_is_name(tokens, at) || comma < at + 2)
            return 0;
        const SqlToken *first = &tokens->items[at + 1], *last = &tokens->items[comma - 1];
        g_autofree char *type =
            g_strndup(tokens->lexer.text + first->start, last->start + last->length - first->start);
        g_ptr_array_add(external->columns, tokens_name(tokens, at));
        g_ptr_array_add(external->types, g_ascii_strdown(type, -1));
        count++;
        at = comma + 1;
    }
    *i = end;
    return count;
}

/* ('name' = 'value', ...) at *i as JSON. */
static char *take_properties(const Tokens *tokens, guint *i)
{
    guint end = tokens_after_group(tokens, *i);
    GString *json = g_string_new("{");
    for (guint at = *i + 1; at + 2 < end; at += 4) {
        g_autofree char *name = string_value(tokens, at);
        g_autofree char *value = string_value(tokens, at + 2);
        add_member(json, name, value);
    }
    *i = end;
    g_string_append_c(json, '}');
    return g_string_free(json, FALSE);
}

static void set_format(External *external, const char *format)
{
    static const struct {
        const char *word, *input, *output, *serde;
    } formats[] = {
        {"parquet", "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
         "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
         "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
        {"orc", "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
         "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
         "org.apache.hadoop.hive.ql.io.orc.OrcSerde"},
        {"textfile", "org.apache.hadoop.mapred.TextInputFormat",
         "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
         "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"},
    };
    for (gsize n = 0; n < G_N_ELEMENTS(formats); n++) {
        if (strcmp(formats[n].word, format) != 0)
            continue;
        external->input = g_strdup(formats[n].input);
        external->output = g_strdup(formats[n].output);
        if (external->serde == NULL)
            external->serde = g_strdup(formats[n].serde);
        return;
    }
    external->input = g_strdup(format);
    external->output = g_strdup(format);
}

/* One clause behind the columns; FALSE where it cannot be read. */
static gboolean take_clause(const Tokens *tokens, guint *i, External *external)
{
    if (tokens_are(tokens, *i, "partitioned by")) {
        *i += 2;
        external->partition_keys = take_columns(tokens, i, external);
        return external->partition_keys > 0;
    }
    if (tokens_are(tokens, *i, "stored as inputformat")) {
        external->input = string_value(tokens, *i + 3);
        external->output = string_value(tokens, *i + 5);
        *i += 6;
    } else if (tokens_are(tokens, *i, "stored as")) {
        g_autofree char *format = tokens_name(tokens, *i + 2);
        set_format(external, format);
        *i += 3;
    } else if (tokens_are(tokens, *i, "row format serde")) {
        external->serde = string_value(tokens, *i + 3);
        *i += 4;
    } else if (tokens_are(tokens, *i, "with serdeproperties")) {
        *i += 2;
        external->serde_properties = take_properties(tokens, i);
    } else if (tokens_is(tokens, *i, "location")) {
        external->location = string_value(tokens, *i + 1);
        *i += 2;
    } else if (tokens_are(tokens, *i, "table properties")) {
        *i += 2;
        external->properties = take_properties(tokens, i);
    } else if (tokens_are(tokens, *i, "row format delimited")) {
        *i += 3;
        while (tokens_are(tokens, *i + 1, "terminated by"))
            *i += 4;
    } else {
        return FALSE;
    }
    return TRUE;
}

Rewrite *rewrite_external_table(const Tokens *tokens)
{
    g_auto(External) external = {.columns = g_ptr_array_new_with_free_func(g_free),
                                 .types = g_ptr_array_new_with_free_func(g_free)};
    guint i = tokens_after_name(tokens, 3);
    if (i != 6)
        return rewrite_refuse_at(tokens, 3);
    g_autofree char *schema = tokens_name(tokens, 3);
    g_autofree char *name = tokens_name(tokens, 5);
    if (take_columns(tokens, &i, &external) == 0)
        return rewrite_refuse_at(tokens, i);
    while (i < tokens->count)
        if (!take_clause(tokens, &i, &external))
            return rewrite_refuse_at(tokens, i);
    if (external.location == NULL || external.input == NULL)
        return rewrite_refuse_at(tokens, tokens->count);
    const char *const details[] = {external.location,         external.input,
                                   external.output,           external.serde,
                                   external.serde_properties, external.properties};
    GString *sql = g_string_new("CALL redsmith_catalog.create_external_table(");
    quote_literal(sql, schema);
    g_string_append(sql, ", ");
    quote_literal(sql, name);
    g_string_append(sql, ", ARRAY[");
    for (gsize n = 0; n < G_N_ELEMENTS(details); n++) {
        g_string_append(sql, n > 0 ? ", " : "");
        quote_literal(sql, details[n]);
    }
    g_string_append(sql, "]::text[], ");
    append_text_array(sql, external.columns);
    g_string_append(sql, ", ");
    append_text_array(sql, external.types);
    g_string_append_printf(sql, ", %d)", external.partition_keys);
    return rewrite_pass(g_string_free(sql, FALSE), "CREATE EXTERNAL TABLE");
}
