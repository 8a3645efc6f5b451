#include "sql/completion.h"

#include <string.h>

#include "sql/keywords.h"
#include "sql/lexer.h"

static void scope_free(gpointer data)
{
    SqlScope *scope = data;
    g_free(scope->schema);
    g_free(scope->relation);
    g_free(scope->alias);
    g_free(scope);
}

void sql_completion_free(SqlCompletion *completion)
{
    if (completion == NULL)
        return;
    g_free(completion->prefix);
    g_free(completion->qualifier);
    g_ptr_array_unref(completion->scope);
    g_free(completion);
}

/* All tokens of one statement but blanks and comments. */
static GArray *tokens_of(const SqlLexer *text)
{
    GArray *tokens = g_array_new(FALSE, FALSE, sizeof(SqlToken));
    SqlLexer lexer = *text;
    SqlToken token;
    while (sql_next(&lexer, &token))
        g_array_append_val(tokens, token);
    return tokens;
}

static gboolean is_one_of(const SqlLexer *text, const SqlToken *token, const char *const *words)
{
    for (; *words != NULL; words++)
        if (sql_token_is(text, token, *words))
            return TRUE;
    return FALSE;
}

static const char *const before_relation[] = {"from",  "join", "into",    "update", "table",
                                              "using", "view", "analyze", "vacuum", NULL};

static gboolean is_name(const SqlLexer *text, const SqlToken *token)
{
    return token->kind == SQL_QUOTED ||
           (token->kind == SQL_WORD && !sql_is_keyword(text->text + token->start, token->length));
}

/* --- the tables of the statement ----------------------------------------------------------------*/

/* Reads "schema.name [as] alias" from tokens[i]; returns the index behind it, i when there is no name. */
static guint take_relation(const SqlLexer *text, const GArray *tokens, guint i, GPtrArray *scope)
{
#define TOKEN(n) (&g_array_index(tokens, SqlToken, n))
    if (i >= tokens->len || !is_name(text, TOKEN(i)))
        return i;
    SqlScope *one = g_new0(SqlScope, 1);
    one->relation = sql_token_value(text, TOKEN(i++));
    while (i + 1 < tokens->len && sql_token_is(text, TOKEN(i), ".") &&
           is_name(text, TOKEN(i + 1))) {
        g_free(one->schema);
        one->schema = one->relation;
        one->relation = sql_token_value(text, TOKEN(i + 1));
        i += 2;
    }
    if (i < tokens->len && sql_token_is(text, TOKEN(i), "as"))
        i++;
    if (i < tokens->len && is_name(text, TOKEN(i)))
        one->alias = sql_token_value(text, TOKEN(i++));
    g_ptr_array_add(scope, one);
    return i;
}

static GPtrArray *scope_of(const SqlLexer *text, const GArray *tokens)
{
    GPtrArray *scope = g_ptr_array_new_with_free_func(scope_free);
    for (guint i = 0; i < tokens->len; i++) {
        if (!is_one_of(text, TOKEN(i), before_relation))
            continue;
        guint behind = take_relation(text, tokens, i + 1, scope);
        while (behind > i + 1 && behind < tokens->len && sql_token_is(text, TOKEN(behind), ",") &&
               !sql_token_is(text, TOKEN(i), "into"))
            behind = take_relation(text, tokens, behind + 1, scope);
        i = MAX(i, behind - 1);
    }
    return scope;
}

/* --- the place ----------------------------------------------------------------------------------*/

static const char *const before_column[] = {
    "select", "distinct", "where", "and",  "or",      "not",  "on", "by",      "having", "set",
    "when",   "then",     "else",  "case", "between", "like", "in", "qualify", "all",    NULL};

/* In a FROM list a comma is followed by a table, elsewhere by a column. */
static gboolean is_in_from(const SqlLexer *text, const GArray *tokens, guint count)
{
    static const char *const others[] = {"select", "where", "group", "order",  "having",
                                         "on",     "set",   "by",    "values", NULL};
    int depth = 0;
    for (guint i = count; i > 0; i--) {
        const SqlToken *token = TOKEN(i - 1);
        depth += sql_token_is(text, token, ")") ? 1 : sql_token_is(text, token, "(") ? -1 : 0;
        if (depth < 0 || (depth == 0 && is_one_of(text, token, others)))
            return FALSE;
        if (depth == 0 && sql_token_is(text, token, "from"))
            return TRUE;
    }
    return FALSE;
}

static SqlWant want_after(const SqlLexer *text, const GArray *tokens, guint count)
{
    if (count == 0)
        return SQL_WANT_ANY;
    const SqlToken *last = TOKEN(count - 1);
    if (is_one_of(text, last, before_relation))
        return SQL_WANT_RELATION;
    if (sql_token_is(text, last, ","))
        return is_in_from(text, tokens, count) ? SQL_WANT_RELATION : SQL_WANT_COLUMN;
    if (last->kind == SQL_OPERATOR || sql_token_is(text, last, "(") ||
        is_one_of(text, last, before_column))
        return SQL_WANT_COLUMN;
    return SQL_WANT_ANY;
}
#undef TOKEN

/* The token that the cursor is in or behind, among all of them, blanks too. */
static gboolean token_at(const SqlLexer *text, gsize cursor, SqlToken *found)
{
    SqlLexer lexer = *text;
    SqlToken token;
    while (sql_next_raw(&lexer, &token)) {
        if (token.start < cursor && cursor <= token.start + token.length) {
            *found = token;
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean is_no_place(const SqlToken *token, gsize cursor)
{
    gboolean inside = cursor < token->start + token->length;
    return token->kind == SQL_INVALID || token->kind == SQL_NUMBER ||
           token->kind == SQL_PARAMETER ||
           ((token->kind == SQL_STRING || token->kind == SQL_QUOTED) && inside) ||
           (token->kind == SQL_COMMENT && inside);
}

/* The statement around the cursor with the blanks and comments before it, up to its semicolon. */
static SqlSpan span_at(const char *text, gsize cursor)
{
    g_autoptr(GArray) spans = sql_split(text, strlen(text));
    gsize begin = 0;
    for (guint i = 0; i < spans->len; i++) {
        SqlSpan span = g_array_index(spans, SqlSpan, i);
        gsize behind = span.start + span.length;
        const char *semicolon = strchr(text + behind, ';');
        gsize stop = semicolon == NULL ? strlen(text) : (gsize)(semicolon - text);
        if (cursor <= stop)
            return (SqlSpan){begin, stop - begin};
        begin = stop + 1;
    }
    return (SqlSpan){begin, strlen(text) - begin};
}

SqlCompletion *sql_completion(const char *text, gsize cursor)
{
    SqlCompletion *completion = g_new0(SqlCompletion, 1);
    SqlSpan span = span_at(text, cursor);
    SqlLexer lexer = sql_lexer(text + span.start, (gssize)span.length);
    gsize at = cursor - span.start;
    g_autoptr(GArray) tokens = tokens_of(&lexer);
    SqlToken current = {.kind = SQL_SPACE, .start = at};
    gboolean in_token = token_at(&lexer, at, &current);
    gboolean is_word = in_token && current.kind == SQL_WORD;
    completion->scope = scope_of(&lexer, tokens);
    completion->start = is_word ? span.start + current.start : cursor;
    completion->prefix = g_strndup(text + completion->start, cursor - completion->start);
    guint count = 0;
    while (count < tokens->len &&
           g_array_index(tokens, SqlToken, count).start < completion->start - span.start)
        count++;
    if (in_token && is_no_place(&current, at)) {
        completion->want = SQL_WANT_NOTHING;
    } else if (count >= 2 &&
               sql_token_is(&lexer, &g_array_index(tokens, SqlToken, count - 1), ".")) {
        completion->qualifier =
            sql_token_value(&lexer, &g_array_index(tokens, SqlToken, count - 2));
        completion->want = want_after(&lexer, tokens, count - 2);
    } else {
        completion->want = want_after(&lexer, tokens, count);
    }
    return completion;
}
