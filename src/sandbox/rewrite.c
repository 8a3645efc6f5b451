#include "sandbox/rewrite.h"

#include <string.h>

#include "sandbox/rewrite_parts.h"

static Rewrite *pass(const Tokens *tokens)
{
    return rewrite_pass(rewrite_all(tokens), NULL);
}

static Rewrite *whole_engine(const Tokens *tokens, RewriteKind kind)
{
    Rewrite *rewrite = g_new0(Rewrite, 1);
    rewrite->kind = kind;
    rewrite->sql = g_strdup(tokens->lexer.text);
    return rewrite;
}

static Rewrite *on_unload(const Tokens *tokens)
{
    return whole_engine(tokens, REWRITE_UNLOAD);
}

/* COPY t [(columns)] FROM 's3://..': other sources are refused here, options by sandbox/copy. */
static Rewrite *on_copy(const Tokens *tokens)
{
    static const char *const directions[] = {"from", "to", NULL};
    static const char *const job[] = {"create", "alter", "run", "list", "show", "drop", NULL};
    if (tokens_is(tokens, 1, "job") && tokens_is_one_of(tokens, 2, job))
        return rewrite_unsupported("COPY JOB");
    guint at = tokens_find(tokens, 1, tokens->count, directions);
    if (tokens_is(tokens, at, "to"))
        return rewrite_refuse_at(tokens, at);
    if (tokens_is(tokens, at, "from") && tokens_kind(tokens, at + 1) != SQL_STRING)
        return rewrite_refuse("0A000",
                              "LOAD source is not supported. (Hint: only S3 or DynamoDB or "
                              "EMR based load is allowed)");
    return whole_engine(tokens, REWRITE_COPY);
}

/* DELETE [FROM] t */
static Rewrite *on_delete(const Tokens *tokens)
{
    GString *out = g_string_new(NULL);
    rewrite_expression(tokens, 0, 1, out);
    if (!tokens_is(tokens, 1, "from"))
        g_string_append(out, " FROM");
    rewrite_expression(tokens, 1, tokens->count, out);
    return rewrite_pass(g_string_free(out, FALSE), NULL);
}

/* TRUNCATE commits the transaction it runs in, and cannot be undone: Redshift guide, TRUNCATE. */
static Rewrite *on_truncate(const Tokens *tokens)
{
    guint i = tokens_is(tokens, 1, "table") ? 2 : 1;
    guint after = tokens_after_name(tokens, i);
    if (after == i || after < tokens->count)
        return rewrite_refuse_at(tokens, after);
    Rewrite *rewrite = pass(tokens);
    rewrite->after = g_strdup("COMMIT");
    return rewrite;
}

/* LOCK [TABLE] a, b: always the exclusive mode, and no other can be asked for. */
static Rewrite *on_lock(const Tokens *tokens)
{
    static const char *const in_word[] = {"in", NULL};
    guint in = tokens_find(tokens, 1, tokens->count, in_word);
    if (in < tokens->count)
        return rewrite_refuse_at(tokens, in);
    GString *out = g_string_new(NULL);
    rewrite_expression(tokens, 0, tokens->count, out);
    g_string_append(out, " IN ACCESS EXCLUSIVE MODE");
    return rewrite_pass(g_string_free(out, FALSE), "LOCK");
}

/* Redshift's slices are not PostgreSQL's workers: those would show in the plan. */
static Rewrite *as_plan(Rewrite *rewrite)
{
    rewrite->explain = TRUE;
    g_free(rewrite->before);
    rewrite->before = g_strdup("SET LOCAL max_parallel_workers_per_gather = 0");
    return rewrite;
}

/* EXPLAIN [VERBOSE] statement, without options and without running it. */
static Rewrite *on_explain(const Tokens *tokens)
{
    static const char *const explained[] = {"select", "with",   "insert", "update",
                                            "delete", "create", "(",      NULL};
    guint i = tokens_is(tokens, 1, "verbose") ? 2 : 1;
    gboolean options = tokens_is(tokens, 1, "(") && !tokens_is(tokens, 2, "select") &&
                       !tokens_is(tokens, 2, "(") && !tokens_is(tokens, 2, "with");
    if (options || !tokens_is_one_of(tokens, i, explained))
        return rewrite_refuse_at(tokens, i);
    if (!tokens_is(tokens, i, "create"))
        return as_plan(pass(tokens));
    g_autofree char *rest = g_strdup(tokens->lexer.text + tokens->items[i].start);
    g_autoptr(Tokens) inner = tokens_new(rest);
    Rewrite *rewrite = rewrite_create_table(inner);
    if (rewrite->kind != REWRITE_PASS)
        return rewrite;
    char *sql = g_strconcat(i == 2 ? "EXPLAIN VERBOSE " : "EXPLAIN ", rewrite->sql, NULL);
    g_free(rewrite->sql);
    g_clear_pointer(&rewrite->after, g_free);
    rewrite->sql = sql;
    return as_plan(rewrite);
}

static Rewrite *create_schema(const Tokens *tokens)
{
    static const char *const quota_word[] = {"quota", NULL};
    guint quota = tokens_find(tokens, 2, tokens->count, quota_word);
    GString *out = g_string_new(NULL);
    rewrite_expression(tokens, 0, quota, out);
    return rewrite_pass(g_string_free(out, FALSE), NULL);
}

static Rewrite *create_view(const Tokens *tokens)
{
    static const char *const with_word[] = {"with", NULL};
    for (guint with = tokens_find(tokens, 2, tokens->count, with_word); with < tokens->count;
         with = tokens_find(tokens, with + 1, tokens->count, with_word))
        if (tokens_are(tokens, with, "with no schema binding"))
            return rewrite_late_view(tokens, with);
    return pass(tokens);
}

/* What exists on Redshift is refused as the sandbox's limit, what does not as Redshift's. */
static Rewrite *refuse_object(const Tokens *tokens, guint i)
{
    static const char *const ours[] = {"database",  "datashare", "external", "function", "group",
                                       "identity",  "library",   "masking",  "model",    "policy",
                                       "procedure", "rls",       "role",     "user",     NULL};
    g_autofree char *verb = tokens_name(tokens, 0);
    g_autofree char *object = tokens_name(tokens, i);
    g_autofree char *what = g_strdup_printf("%s %s", verb, object);
    g_autofree char *upper = g_ascii_strup(what, -1);
    if (g_strv_contains(ours, object))
        return rewrite_unsupported(upper);
    return rewrite_refuse("0A000", "SQL command \"%s\" not supported.", upper);
}

/* SQL and PL/pgSQL bodies are PostgreSQL's too; other languages are not here. */
static Rewrite *create_routine(const Tokens *tokens, guint i)
{
    static const char *const words[] = {"language", "nonatomic", NULL};
    guint at = tokens_find(tokens, i, tokens->count, words);
    if (tokens_is(tokens, at, "nonatomic"))
        return rewrite_unsupported("a NONATOMIC procedure");
    if (tokens_is(tokens, at + 1, "sql") || tokens_is(tokens, at + 1, "plpgsql"))
        return pass(tokens);
    g_autofree char *language = tokens_name(tokens, at + 1);
    g_autofree char *what = g_strdup_printf("a routine in the language %s", language);
    return rewrite_unsupported(what);
}

static Rewrite *on_create(const Tokens *tokens)
{
    static const char *const table_words[] = {"table", "temp", "temporary", "local", NULL};
    guint i = tokens_are(tokens, 1, "or replace") ? 3 : 1;
    if (tokens_is_one_of(tokens, i, table_words)) {
        guint at = tokens_is(tokens, i, "local") ? i + 1 : i;
        at += tokens_is(tokens, at, "table") ? 0 : 1;
        return tokens_is(tokens, at, "table") && i == 1 ? rewrite_create_table(tokens)
                                                        : rewrite_refuse_at(tokens, at);
    }
    if (tokens_are(tokens, i, "schema"))
        return create_schema(tokens);
    if (tokens_is(tokens, i, "view"))
        return create_view(tokens);
    if (tokens_are(tokens, 1, "materialized view"))
        return rewrite_materialized_view(tokens);
    if (tokens_are(tokens, 1, "external schema"))
        return rewrite_external_schema(tokens);
    if (tokens_are(tokens, 1, "external table"))
        return rewrite_external_table(tokens);
    if (tokens_is(tokens, i, "function") || tokens_is(tokens, i, "procedure"))
        return create_routine(tokens, i);
    if (tokens_is(tokens, i, "user") && i == 1)
        return rewrite_user(tokens);
    if (tokens_is(tokens, i, "group") && i == 1)
        return rewrite_group(tokens);
    return refuse_object(tokens, i);
}

static Rewrite *on_alter(const Tokens *tokens)
{
    static const char *const changes[] = {"rename", "owner", NULL};
    if (tokens_is(tokens, 1, "table"))
        return rewrite_alter_table(tokens);
    if (tokens_is(tokens, 1, "user"))
        return rewrite_user(tokens);
    if (tokens_is(tokens, 1, "group"))
        return rewrite_group(tokens);
    if (tokens_is(tokens, 1, "schema") && tokens_is_one_of(tokens, 3, changes))
        return pass(tokens);
    return refuse_object(tokens, 1);
}

/* It is a view here (sandbox/sql/objects.sql). */
static Rewrite *drop_external_table(const Tokens *tokens)
{
    GString *out = g_string_new("DROP VIEW");
    rewrite_expression(tokens, 3, tokens->count, out);
    return rewrite_pass(g_string_free(out, FALSE), "DROP TABLE");
}

static Rewrite *on_drop(const Tokens *tokens)
{
    static const char *const dropped[] = {"table",    "view",      "schema", "materialized",
                                          "function", "procedure", NULL};
    if (tokens_is(tokens, 1, "user") || tokens_is(tokens, 1, "group"))
        return rewrite_drop_role(tokens);
    if (tokens_are(tokens, 1, "external table"))
        return drop_external_table(tokens);
    return tokens_is_one_of(tokens, 1, dropped) ? pass(tokens) : refuse_object(tokens, 1);
}

static Rewrite *on_rollback(const Tokens *tokens)
{
    static const char *const to_word[] = {"to", "prepared", NULL};
    guint to = tokens_find(tokens, 1, tokens->count, to_word);
    return to < tokens->count ? rewrite_refuse_at(tokens, to) : pass(tokens);
}

static Rewrite *on_prepare(const Tokens *tokens)
{
    return tokens_is(tokens, 1, "transaction") ? rewrite_refuse_at(tokens, 1) : pass(tokens);
}

static Rewrite *on_grant(const Tokens *tokens)
{
    static const char *const not_here[] = {"assumerole", "role",  "datashare",
                                           "library",    "model", NULL};
    static const char *const ours[] = {"drop", "alter",
                                       NULL}; /* privileges that PostgreSQL lacks */
    static const char *const on_word[] = {"on", NULL};
    guint on = tokens_find(tokens, 1, tokens->count, on_word);
    guint wrong = tokens_find(tokens, 1, tokens->count, not_here);
    if (wrong == tokens->count)
        wrong = tokens_find(tokens, 1, on, ours);
    if (wrong == on || wrong == tokens->count)
        return pass(tokens);
    g_autofree char *verb = tokens_name(tokens, 0);
    g_autofree char *word = tokens_name(tokens, wrong);
    g_autofree char *what = g_strdup_printf("%s with %s", verb, word);
    g_autofree char *upper = g_ascii_strup(what, -1);
    return rewrite_unsupported(upper);
}

/* Words that begin statements of PostgreSQL and none of Redshift. */
static Rewrite *not_redshift(const Tokens *tokens)
{
    g_autofree char *text = tokens_text(tokens, 0);
    g_autofree char *upper = g_ascii_strup(text, -1);
    return rewrite_refuse("0A000", "SQL command \"%s\" not supported.", upper);
}

static Rewrite *syntax_error(const Tokens *tokens)
{
    return rewrite_refuse_at(tokens, 0);
}

static Rewrite *not_here(const Tokens *tokens)
{
    g_autofree char *text = tokens_text(tokens, 0);
    g_autofree char *upper = g_ascii_strup(text, -1);
    return rewrite_unsupported(upper);
}

static const struct {
    const char *verb;
    Rewrite *(*rewrite)(const Tokens *);
} statements[] = {
    {"alter", on_alter},        {"analyse", rewrite_analyze}, {"analyze", rewrite_analyze},
    {"cancel", rewrite_cancel}, {"checkpoint", not_redshift}, {"cluster", not_redshift},
    {"copy", on_copy},          {"create", on_create},        {"delete", on_delete},
    {"discard", syntax_error},  {"do", syntax_error},         {"drop", on_drop},
    {"explain", on_explain},    {"grant", on_grant},          {"import", not_redshift},
    {"listen", not_redshift},   {"load", not_redshift},       {"lock", on_lock},
    {"merge", rewrite_merge},   {"notify", not_redshift},     {"prepare", on_prepare},
    {"reassign", not_redshift}, {"reindex", not_redshift},    {"release", not_redshift},
    {"reset", rewrite_reset},   {"revoke", on_grant},         {"rollback", on_rollback},
    {"abort", on_rollback},     {"savepoint", not_redshift},  {"security", not_redshift},
    {"set", rewrite_set},       {"show", rewrite_show},       {"truncate", on_truncate},
    {"unlisten", not_redshift}, {"unload", on_unload},        {"use", not_here},
    {"vacuum", rewrite_vacuum}, {"values", syntax_error},
};

Rewrite *rewrite_statement(const char *sql)
{
    g_autoptr(Tokens) tokens = tokens_new(sql);
    if (tokens->count == 0)
        return rewrite_pass(g_strdup(sql), NULL);
    /* The engines read their own statement, and its inner query may hold anything. */
    gboolean engine = tokens_is(tokens, 0, "unload") || tokens_is(tokens, 0, "copy");
    Rewrite *refusal = engine ? NULL : rewrite_find_refusal(tokens);
    if (refusal != NULL)
        return refusal;
    for (gsize i = 0; i < G_N_ELEMENTS(statements); i++)
        if (tokens_is(tokens, 0, statements[i].verb))
            return statements[i].rewrite(tokens);
    return pass(tokens);
}

void rewrite_free(Rewrite *rewrite)
{
    if (rewrite == NULL)
        return;
    g_free(rewrite->sql);
    g_free(rewrite->before);
    g_free(rewrite->after);
    g_free(rewrite->tag);
    g_free(rewrite->message);
    g_free(rewrite);
}

/* PostgreSQL: null value in column "a" of relation "t" violates not-null constraint */
static char *null_message(const char *message)
{
    static const char head[] = "null value in column \"";
    if (!g_str_has_prefix(message, head))
        return g_strdup(message);
    const char *start = message + strlen(head), *end = strchr(start, '"');
    if (end == NULL)
        return g_strdup(message);
    return g_strdup_printf("Cannot insert a NULL value into column %.*s", (int)(end - start),
                           start);
}

/* PostgreSQL 8.0 says relation for every kind of it. */
static char *relation_message(const char *message)
{
    static const char *const kinds[] = {"table ", "view ", "materialized view "};
    static const char head[] = "permission denied for ";
    for (gsize i = 0; g_str_has_prefix(message, head) && i < G_N_ELEMENTS(kinds); i++)
        if (g_str_has_prefix(message + strlen(head), kinds[i]))
            return g_strconcat(head, "relation ", message + strlen(head) + strlen(kinds[i]), NULL);
    return g_strdup(message);
}

char *rewrite_message(const char *sqlstate, const char *message)
{
    static const struct {
        const char *sqlstate, *theirs, *ours;
    } rows[] = {
        {"21000", "MERGE command cannot affect row a second time",
         "Found multiple matches to update the same tuple."},
        {"57014", "canceling statement due to user request", "Query cancelled on user's request"},
        {"57014", "canceling statement due to statement timeout",
         "Query canceled on user's request"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (g_str_equal(rows[i].sqlstate, sqlstate) && g_str_has_prefix(message, rows[i].theirs))
            return g_strdup(rows[i].ours);
    if (g_str_equal(sqlstate, "428C9"))
        return g_strdup("cannot set an identity column to a value");
    if (g_str_equal(sqlstate, "42501"))
        return relation_message(message);
    if (g_str_equal(sqlstate, "23502"))
        return null_message(message);
    GString *out = g_string_new(message);
    g_string_replace(out, "redsmith_catalog.", "", 0);
    return g_string_free(out, FALSE);
}
