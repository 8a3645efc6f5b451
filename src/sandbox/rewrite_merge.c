#include "sandbox/rewrite_parts.h"

/* MERGE with Redshift's own restrictions: Redshift guide, MERGE. PostgreSQL's allows more. */

typedef struct {
    const Tokens *tokens;
    guint target, target_end; /* the target's name */
    guint source, source_end; /* a name or a query in brackets, without its alias */
    guint on, when;           /* where ON stands, and the first WHEN or REMOVE */
} MergeParse;

/* The next WHEN that does not belong to a CASE, or the word REMOVE. */
static guint find_when(const Tokens *tokens, guint i)
{
    static const char *const words[] = {"when", "remove", "case", "end", NULL};
    int cases = 0;
    for (i = tokens_find(tokens, i, tokens->count, words); i < tokens->count;
         i = tokens_find(tokens, i + 1, tokens->count, words)) {
        if (tokens_is(tokens, i, "case"))
            cases++;
        else if (tokens_is(tokens, i, "end"))
            cases--;
        else if (cases == 0 && !tokens_is(tokens, i - 1, "."))
            return i;
    }
    return tokens->count;
}

static gboolean same_name(const Tokens *tokens, guint a, guint a_end, guint b, guint b_end)
{
    g_autofree char *one = tokens_quoted_name(tokens, a, a_end);
    g_autofree char *other = tokens_quoted_name(tokens, b, b_end);
    return g_str_equal(one, other);
}

static Rewrite *check_source(const MergeParse *parse)
{
    const Tokens *tokens = parse->tokens;
    if (!tokens_is(tokens, parse->source, "("))
        return same_name(tokens, parse->target, parse->target_end, parse->source, parse->source_end)
                   ? rewrite_refuse("0A000", "Source table of a MERGE statement cannot be its "
                                             "target table.")
                   : NULL;
    for (guint i = parse->source + 1; i < parse->source_end; i++) {
        guint after = tokens_after_name(tokens, i);
        gboolean begins =
            after > i && !tokens_is(tokens, i - 1, ".") && !tokens_is(tokens, i - 1, "as");
        static const char *const before[] = {"from", "join", ",", NULL};
        if (begins && tokens_is_one_of(tokens, i - 1, before) &&
            same_name(tokens, parse->target, parse->target_end, i, after))
            return rewrite_refuse("0A000", "Source view/subquery in Merge statement cannot "
                                           "reference target table.");
    }
    return NULL;
}

static Rewrite *merge_head(MergeParse *parse)
{
    static const char *const on_word[] = {"on", NULL};
    const Tokens *tokens = parse->tokens;
    if (!tokens_is(tokens, 1, "into"))
        return rewrite_refuse_at(tokens, 1);
    parse->target = 2;
    parse->target_end = tokens_after_name(tokens, 2);
    if (parse->target_end == 2 || !tokens_is(tokens, parse->target_end, "using"))
        return rewrite_refuse_at(tokens, parse->target_end);
    parse->source = parse->target_end + 1;
    parse->source_end = tokens_is(tokens, parse->source, "(")
                            ? tokens_after_group(tokens, parse->source)
                            : tokens_after_name(tokens, parse->source);
    parse->on = tokens_find(tokens, parse->source_end, tokens->count, on_word);
    parse->when = find_when(tokens, parse->on);
    if (parse->source_end == parse->source)
        return rewrite_refuse_at(tokens, parse->source);
    if (parse->on > parse->source_end + 2 || parse->when == tokens->count)
        return rewrite_refuse_at(tokens, parse->on > parse->source_end + 2 ? parse->source_end + 1
                                                                           : tokens->count);
    return check_source(parse);
}

/* SET a = .., b = ..: the columns unqualified. */
static Rewrite *check_set(const Tokens *tokens, guint i, guint end)
{
    while (i < end) {
        if (!tokens_is_name(tokens, i) || !tokens_is(tokens, i + 1, "="))
            return rewrite_refuse_at(tokens, tokens_is_name(tokens, i) ? i + 1 : i);
        i = tokens_next_comma(tokens, i, end) + 1;
    }
    return NULL;
}

/* WHEN MATCHED THEN {UPDATE SET ..|DELETE} WHEN NOT MATCHED THEN INSERT ..: both, in this order. */
static Rewrite *check_whens(const MergeParse *parse)
{
    const Tokens *tokens = parse->tokens;
    guint first = parse->when;
    if (!tokens_are(tokens, first, "when matched then"))
        return rewrite_refuse_at(tokens,
                                 first + (tokens_are(tokens, first, "when matched") ? 2 : 1));
    guint second = find_when(tokens, first + 1);
    if (tokens_are(tokens, first + 3, "update set")) {
        Rewrite *refusal = check_set(tokens, first + 5, second);
        if (refusal != NULL)
            return refusal;
    } else if (!tokens_is(tokens, first + 3, "delete") || second != first + 4) {
        return rewrite_refuse_at(tokens, first + 3);
    }
    if (!tokens_are(tokens, second, "when not matched then insert")) {
        guint wrong = second;
        for (const char *const *word =
                 (const char *const[]){"when", "not", "matched", "then", NULL};
             *word != NULL && tokens_is(tokens, wrong, *word); word++)
            wrong++;
        return rewrite_refuse_at(tokens, wrong);
    }
    guint third = find_when(tokens, second + 1);
    return third < tokens->count ? rewrite_refuse_at(tokens, third) : NULL;
}

/*
 * REMOVE DUPLICATES: target rows that match go, then the source's distinct rows come, in one
 * statement: both halves of it see the target as it was before.
 */
static Rewrite *remove_duplicates(const MergeParse *parse)
{
    const Tokens *tokens = parse->tokens;
    if (!tokens_are(tokens, parse->when, "remove duplicates") || parse->when + 2 < tokens->count)
        return rewrite_refuse_at(tokens, parse->when + 1);
    g_autofree char *target = tokens_quoted_name(tokens, parse->target, parse->target_end);
    g_autoptr(GString) source = g_string_new(NULL);
    rewrite_expression(tokens, parse->source, parse->on, source);
    g_autoptr(GString) on = g_string_new(NULL);
    rewrite_expression(tokens, parse->on + 1, parse->when, on);
    Rewrite *rewrite =
        rewrite_pass(g_strdup_printf("WITH replaced AS (DELETE FROM %s USING%s WHERE%s) "
                                     "INSERT INTO %s SELECT DISTINCT * FROM%s",
                                     target, source->str, on->str, target, source->str),
                     "MERGE");
    if (!tokens_is(tokens, parse->source, "(")) {
        g_autofree char *name = tokens_quoted_name(tokens, parse->source, parse->source_end);
        GString *before = g_string_new("CALL redsmith_catalog.require_same_shape(");
        quote_literal(before, target);
        g_string_append(before, ", ");
        quote_literal(before, name);
        g_string_append_c(before, ')');
        rewrite->before = g_string_free(before, FALSE);
    }
    return rewrite;
}

Rewrite *rewrite_merge(const Tokens *tokens)
{
    MergeParse parse = {.tokens = tokens};
    Rewrite *refusal = merge_head(&parse);
    if (refusal != NULL)
        return refusal;
    if (tokens_is(tokens, parse.when, "remove"))
        return remove_duplicates(&parse);
    refusal = check_whens(&parse);
    return refusal != NULL ? refusal : rewrite_pass(rewrite_all(tokens), "MERGE");
}
