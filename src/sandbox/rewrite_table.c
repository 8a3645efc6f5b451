#include <string.h>

#include "sandbox/rewrite_parts.h"

/* CREATE TABLE and CREATE TABLE AS. PostgreSQL gets names, types, defaults, NOT NULL and identity;
 * the rest goes into CALLs that run after it. */

typedef struct {
    const Tokens *tokens;
    guint i;
    gboolean temp, if_not_exists;
    GString *out;
    TableNotes *notes;
    char *like; /* the parent, quoted */
} CreateParse;

/* The rules between DISTSTYLE, DISTKEY, SORTKEY and LIKE: Redshift guide, CREATE TABLE. */
static Rewrite *check_notes(const CreateParse *parse)
{
    TableNotes *notes = parse->notes;
    const char *style = notes->dist_style;
    if (parse->like != NULL &&
        (style != NULL || notes->dist_key != NULL || notes->sort_keys->len > 0))
        return rewrite_refuse("42P16",
                              "LIKE brings distribution and sort keys from %s; they "
                              "cannot be given as well",
                              parse->like);
    if (notes->dist_key != NULL && style != NULL && !g_str_equal(style, "KEY"))
        return rewrite_refuse("42P16", "cannot specify DISTKEY with DISTSTYLE %s", style);
    if (notes->dist_key == NULL && g_strcmp0(style, "KEY") == 0)
        return rewrite_refuse("42P16", "DISTSTYLE KEY needs a DISTKEY for table %s", notes->table);
    return NULL;
}

static char *calls_after(const CreateParse *parse)
{
    TableNotes *notes = parse->notes;
    const char *style = notes->dist_key != NULL ? "KEY" : notes->dist_style;
    const char *sort =
        notes->sort_style == NULL && notes->sort_keys->len > 0 ? "COMPOUND" : notes->sort_style;
    GString *out = g_string_new(notes->calls->str);
    if (parse->like != NULL) {
        g_string_append_printf(out, "%sCALL redsmith_catalog.note_like(", out->len > 0 ? "; " : "");
        quote_literal(out, notes->table);
        g_string_append(out, ", ");
        quote_literal(out, parse->like);
        g_string_append_c(out, ')');
    }
    g_string_append_printf(out, "%sCALL redsmith_catalog.note_table(", out->len > 0 ? "; " : "");
    quote_literal(out, notes->table);
    g_string_append(out, ", ");
    quote_literal(out, style);
    g_string_append(out, ", ");
    quote_literal(out, notes->dist_key);
    g_string_append(out, ", ");
    quote_literal(out, sort);
    g_string_append(out, ", ");
    append_text_array(out, notes->sort_keys);
    g_string_append(out, ", ");
    append_text_array(out, notes->encodings);
    g_string_append_printf(out, ", %s)", notes->backup ? "true" : "false");
    return g_string_free(out, FALSE);
}

/* LIKE parent [{INCLUDING|EXCLUDING} DEFAULTS] */
static Rewrite *like_item(CreateParse *parse, guint from, guint to)
{
    const Tokens *tokens = parse->tokens;
    guint after = tokens_after_name(tokens, from + 1);
    if (after == from + 1)
        return rewrite_refuse_at(tokens, from + 1);
    g_free(parse->like);
    parse->like = tokens_quoted_name(tokens, from + 1, after);
    g_string_append_printf(parse->out, "LIKE %s", parse->like);
    gboolean including = tokens_are(tokens, after, "including defaults");
    if (including)
        g_string_append(parse->out, " INCLUDING DEFAULTS");
    if (including || tokens_are(tokens, after, "excluding defaults"))
        after += 2;
    return after < to ? rewrite_refuse_at(tokens, after) : NULL;
}

/* The column definitions, keys and LIKEs between the brackets at parse->i. */
static Rewrite *create_items(CreateParse *parse)
{
    const Tokens *tokens = parse->tokens;
    guint end = tokens_after_group(tokens, parse->i) - 1;
    gboolean first = TRUE;
    if (end == parse->i + 1)
        return rewrite_refuse_at(tokens, end);
    g_string_append(parse->out, " (");
    for (guint i = parse->i + 1; i < end;) {
        guint comma = tokens_next_comma(tokens, i, end);
        gboolean is_key = rewrite_is_key(tokens, i);
        if (!first && !is_key)
            g_string_append(parse->out, ", ");
        Rewrite *refusal;
        if (is_key)
            refusal = rewrite_key(tokens, i, comma, parse->notes);
        else if (tokens_is(tokens, i, "like"))
            refusal = like_item(parse, i, comma);
        else
            refusal = rewrite_column(tokens, i, comma, parse->out, parse->notes);
        if (refusal != NULL)
            return refusal;
        if (comma + 1 == end)
            return rewrite_refuse_at(tokens, end);
        first = first && is_key;
        i = comma + 1;
    }
    g_string_append_c(parse->out, ')');
    parse->i = end + 1;
    return NULL;
}

static Rewrite *create_attributes(CreateParse *parse, guint end)
{
    while (parse->i < end) {
        Rewrite *refusal = rewrite_attribute(parse->tokens, &parse->i, parse->notes);
        if (refusal != NULL)
            return refusal;
    }
    return check_notes(parse);
}

/* name [(names)] attributes AS query; as is the position of AS. */
static Rewrite *create_as(CreateParse *parse, guint as)
{
    if (tokens_is(parse->tokens, parse->i, "(")) {
        guint after = tokens_after_group(parse->tokens, parse->i);
        g_string_append_c(parse->out, ' ');
        rewrite_expression(parse->tokens, parse->i, after, parse->out);
        parse->i = after;
    }
    Rewrite *refusal = create_attributes(parse, as);
    if (refusal != NULL)
        return refusal;
    g_string_append(parse->out, " AS");
    rewrite_expression(parse->tokens, as + 1, parse->tokens->count, parse->out);
    return NULL;
}

/* CREATE [LOCAL] [TEMP] TABLE [IF NOT EXISTS] name */
static Rewrite *create_head(CreateParse *parse)
{
    static const char *const temporary[] = {"temp", "temporary", NULL};
    const Tokens *tokens = parse->tokens;
    parse->i = tokens_is(tokens, 1, "local") ? 2 : 1;
    parse->temp = tokens_is_one_of(tokens, parse->i, temporary);
    parse->i += parse->temp ? 2 : 1;
    parse->if_not_exists = tokens_are(tokens, parse->i, "if not exists");
    if (parse->if_not_exists)
        parse->i += 3;
    guint after = tokens_after_name(tokens, parse->i);
    if (after == parse->i)
        return rewrite_refuse_at(tokens, parse->i);
    g_autofree char *first = tokens_name(tokens, parse->i);
    parse->temp = parse->temp || first[0] == '#';
    parse->notes = table_notes_new(tokens_quoted_name(tokens, parse->i, after));
    parse->notes->only_if_new = TRUE;
    parse->i = after;
    g_string_append_printf(parse->out, "CREATE %sTABLE %s%s", parse->temp ? "TEMP " : "",
                           parse->if_not_exists ? "IF NOT EXISTS " : "", parse->notes->table);
    return NULL;
}

static Rewrite *create_body(CreateParse *parse)
{
    static const char *const as_word[] = {"as", NULL};
    guint as = tokens_find(parse->tokens, parse->i, parse->tokens->count, as_word);
    if (as < parse->tokens->count)
        return create_as(parse, as);
    if (!tokens_is(parse->tokens, parse->i, "("))
        return rewrite_refuse_at(parse->tokens, parse->i);
    Rewrite *refusal = create_items(parse);
    return refusal != NULL ? refusal : create_attributes(parse, parse->tokens->count);
}

Rewrite *rewrite_create_table(const Tokens *tokens)
{
    CreateParse parse = {.tokens = tokens, .out = g_string_new(NULL)};
    Rewrite *result = create_head(&parse);
    if (result == NULL)
        result = create_body(&parse);
    if (result == NULL) {
        result = rewrite_pass(g_strdup(parse.out->str), NULL);
        result->after = calls_after(&parse);
    }
    table_notes_free(parse.notes);
    g_string_free(parse.out, TRUE);
    g_free(parse.like);
    return result;
}
