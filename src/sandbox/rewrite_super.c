/* Navigation into SUPER: relation.column.field[0].field, as Redshift's PartiQL writes it (Redshift guide,
 * "Querying semistructured data", navigation). PostgreSQL subscripts instead. */
#include "sandbox/rewrite_parts.h"

/* Does FROM or JOIN name a relation, or give it an alias, that is called this? Only then can three
 * names in a row be a path: else they are schema, table and column. */
static gboolean is_relation(const Tokens *tokens, const char *name)
{
    static const char *const before[] = {"from", "join", NULL};
    for (guint i = 0; i + 1 < tokens->count; i++) {
        if (!tokens_is_one_of(tokens, i, before))
            continue;
        guint end = tokens_is(tokens, i + 1, "(") ? tokens_after_group(tokens, i + 1)
                                                  : tokens_after_name(tokens, i + 1);
        g_autofree char *last =
            tokens_is_name(tokens, end - 1) ? tokens_name(tokens, end - 1) : NULL;
        guint alias = tokens_is(tokens, end, "as") ? end + 1 : end;
        g_autofree char *other = tokens_is_name(tokens, alias) ? tokens_name(tokens, alias) : NULL;
        if (g_strcmp0(last, name) == 0 || g_strcmp0(other, name) == 0)
            return TRUE;
    }
    return FALSE;
}

/* The position after ".field" or "[0]" at i; i when there is neither. */
static guint after_step(const Tokens *tokens, guint i)
{
    if (tokens_is(tokens, i, ".") && tokens_is_name(tokens, i + 1))
        return i + 2;
    if (tokens_is(tokens, i, "[") && tokens_kind(tokens, i + 1) == SQL_NUMBER &&
        tokens_is(tokens, i + 2, "]"))
        return i + 3;
    return i;
}

static void append_step(const Tokens *tokens, guint i, GString *out)
{
    g_autofree char *value = sql_token_value(&tokens->lexer, &tokens->items[i + 1]);
    g_string_append_c(out, '[');
    if (tokens_is(tokens, i, "."))
        quote_literal(out, value);
    else
        g_string_append(out, value);
    g_string_append_c(out, ']');
}

guint rewrite_super_path(const Tokens *tokens, guint i, GString *out)
{
    if (!tokens_is(tokens, i + 1, ".") || !tokens_is_name(tokens, i + 2))
        return 0;
    guint path = i + 3, end = path;
    while (after_step(tokens, end) > end)
        end = after_step(tokens, end);
    g_autofree char *relation = end > path ? tokens_name(tokens, i) : NULL;
    if (relation == NULL || tokens_is(tokens, end, "(") || !is_relation(tokens, relation))
        return 0;
    g_autofree char *column = tokens_name(tokens, i + 2);
    g_string_append(out, " CAST((");
    quote_identifier(out, relation);
    g_string_append_c(out, '.');
    quote_identifier(out, column);
    g_string_append_c(out, ')');
    for (guint step = path; step < end; step = after_step(tokens, step))
        append_step(tokens, step, out);
    g_string_append(out, " AS redsmith_catalog.super)");
    return end;
}
