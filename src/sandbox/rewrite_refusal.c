/* What PostgreSQL has and Redshift has not, wherever it stands in a statement. */
#include <string.h>

#include "sandbox/rewrite_parts.h"

/* Types that PostgreSQL would cast to and Redshift does not know. */
static const char *const foreign_types[] = {"json",  "jsonb", "uuid", "xml",
                                            "money", "inet",  "cidr", NULL};

static Rewrite *refuse_literal(const Tokens *tokens, guint i)
{
    if (tokens_kind(tokens, i) != SQL_STRING || !tokens_is_adjacent(tokens, i))
        return NULL;
    if (tokens_is(tokens, i - 1, "e"))
        return rewrite_refuse("42704", "type \"e\" does not exist");
    if (i > 1 && tokens_is(tokens, i - 1, "&") && tokens_is(tokens, i - 2, "u") &&
        tokens_is_adjacent(tokens, i - 1))
        return rewrite_refuse_at(tokens, i);
    return NULL;
}

static Rewrite *refuse_clause(const Tokens *tokens, guint i)
{
    gboolean named = i > 0 && (tokens_is(tokens, i - 1, ".") || tokens_is(tokens, i - 1, "as"));
    if (named || tokens_is(tokens, i + 1, "."))
        return NULL;
    if (tokens_is(tokens, i, "returning") || tokens_are(tokens, i, "on conflict"))
        return rewrite_refuse_at(tokens, i);
    if (tokens_are(tokens, i, "distinct on ("))
        return rewrite_refuse("0A000", "SELECT DISTINCT ON is not supported");
    if (tokens_is(tokens, i, "lateral") && i > 0)
        return rewrite_refuse_at(tokens, i);
    if (i > 0 && tokens_is(tokens, i - 1, ")") && tokens_are(tokens, i, "filter ("))
        return rewrite_refuse_at(tokens, i);
    if (tokens_are(tokens, i, "for update") || tokens_are(tokens, i, "for share"))
        return rewrite_refuse("0A000", "SELECT FOR UPDATE/SHARE is not supported");
    if (tokens_are(tokens, i, "array ["))
        return rewrite_refuse_at(tokens, i + 1);
    return NULL;
}

static Rewrite *refuse_unsupported(const Tokens *tokens, guint i)
{
    static const char *const grouped[] = {"pivot", "unpivot", "exclude", NULL};
    if (tokens_is(tokens, i, "qualify") && i > 0 && !tokens_is(tokens, i - 1, "as") &&
        tokens_is_name(tokens, i + 1))
        return rewrite_unsupported("QUALIFY");
    if (i > 0 && tokens_is_one_of(tokens, i, grouped) && tokens_is(tokens, i + 1, "(")) {
        g_autofree char *word = tokens_text(tokens, i);
        g_autofree char *upper = g_ascii_strup(word, -1);
        return rewrite_unsupported(upper);
    }
    return NULL;
}

static Rewrite *refuse_name(const Tokens *tokens, guint i)
{
    /* Redshift keeps 127 bytes, PostgreSQL would cut at 63 and so join names that differ. */
    if (tokens_is_name(tokens, i) && tokens->items[i].length > 63) {
        g_autofree char *name = tokens_name(tokens, i);
        if (strlen(name) > 63)
            return rewrite_unsupported("a name of more than 63 bytes");
    }
    if (tokens_is(tokens, i, "::") && tokens_is_one_of(tokens, i + 1, foreign_types)) {
        g_autofree char *type = tokens_name(tokens, i + 1);
        return rewrite_refuse("42704", "type \"%s\" does not exist", type);
    }
    return NULL;
}

/* An open bracket or literal at the end; the parsers may then trust that every group is closed. */
static Rewrite *refuse_open_end(const Tokens *tokens)
{
    g_autoptr(GString) open = g_string_new(NULL);
    for (guint i = 0; i < tokens->count; i++) {
        char c = tokens->lexer.text[tokens->items[i].start];
        SqlKind kind = tokens_kind(tokens, i);
        if (kind == SQL_INVALID)
            return rewrite_refuse_at(tokens, i);
        if (kind != SQL_MARK)
            continue;
        if (c == '(' || c == '[')
            g_string_append_c(open, c == '(' ? ')' : ']');
        else if ((c == ')' || c == ']') && (open->len == 0 || open->str[open->len - 1] != c))
            return rewrite_refuse_at(tokens, i);
        else if (c == ')' || c == ']')
            g_string_truncate(open, open->len - 1);
    }
    return open->len > 0 ? rewrite_refuse_at(tokens, tokens->count) : NULL;
}

Rewrite *rewrite_find_refusal(const Tokens *tokens)
{
    Rewrite *open_end = refuse_open_end(tokens);
    if (open_end != NULL)
        return open_end;
    Rewrite *(*const checks[])(const Tokens *, guint) = {refuse_literal, refuse_clause,
                                                         refuse_unsupported, refuse_name};
    for (guint i = 0; i < tokens->count; i++)
        for (gsize n = 0; n < G_N_ELEMENTS(checks); n++) {
            Rewrite *refusal = checks[n](tokens, i);
            if (refusal != NULL)
                return refusal;
        }
    return NULL;
}
