#include "sandbox/rewrite_tokens.h"

#include <string.h>

Tokens *tokens_new(const char *sql)
{
    Tokens *tokens = g_new0(Tokens, 1);
    tokens->lexer = sql_lexer(sql, -1);
    tokens->array = g_array_new(FALSE, FALSE, sizeof(SqlToken));
    SqlLexer lexer = tokens->lexer;
    SqlToken token;
    while (sql_next(&lexer, &token))
        g_array_append_val(tokens->array, token);
    tokens->items = (const SqlToken *)(gpointer)tokens->array->data;
    tokens->count = tokens->array->len;
    return tokens;
}

void tokens_free(Tokens *tokens)
{
    if (tokens == NULL)
        return;
    g_array_unref(tokens->array);
    g_free(tokens);
}

gboolean tokens_is(const Tokens *tokens, guint i, const char *word)
{
    return i < tokens->count && sql_token_is(&tokens->lexer, &tokens->items[i], word);
}

gboolean tokens_are(const Tokens *tokens, guint i, const char *words)
{
    g_auto(GStrv) list = g_strsplit(words, " ", -1);
    for (guint n = 0; list[n] != NULL; n++)
        if (!tokens_is(tokens, i + n, list[n]))
            return FALSE;
    return TRUE;
}

gboolean tokens_is_one_of(const Tokens *tokens, guint i, const char *const *words)
{
    for (gsize n = 0; words[n] != NULL; n++)
        if (tokens_is(tokens, i, words[n]))
            return TRUE;
    return FALSE;
}

SqlKind tokens_kind(const Tokens *tokens, guint i)
{
    return i < tokens->count ? tokens->items[i].kind : SQL_END;
}

gboolean tokens_is_name(const Tokens *tokens, guint i)
{
    return tokens_kind(tokens, i) == SQL_WORD || tokens_kind(tokens, i) == SQL_QUOTED;
}

gboolean tokens_is_adjacent(const Tokens *tokens, guint i)
{
    return i > 0 && i < tokens->count &&
           tokens->items[i - 1].start + tokens->items[i - 1].length == tokens->items[i].start;
}

char *tokens_name(const Tokens *tokens, guint i)
{
    if (i >= tokens->count)
        return g_strdup("");
    g_autofree char *value = sql_token_value(&tokens->lexer, &tokens->items[i]);
    return g_ascii_strdown(value, -1);
}

char *tokens_text(const Tokens *tokens, guint i)
{
    return i < tokens->count ? sql_token_text(&tokens->lexer, &tokens->items[i]) : g_strdup("");
}

/* +1 for an opening bracket, -1 for a closing one. */
static int depth_change(const Tokens *tokens, guint i)
{
    const SqlToken *token = &tokens->items[i];
    if (token->kind != SQL_MARK)
        return 0;
    switch (tokens->lexer.text[token->start]) {
    case '(':
    case '[':
        return 1;
    case ')':
    case ']':
        return -1;
    default:
        return 0;
    }
}

guint tokens_after_group(const Tokens *tokens, guint i)
{
    int depth = 0;
    for (; i < tokens->count; i++) {
        depth += depth_change(tokens, i);
        if (depth <= 0)
            return i + 1;
    }
    return tokens->count;
}

guint tokens_find(const Tokens *tokens, guint i, guint end, const char *const *words)
{
    for (int depth = 0; i < end; i++) {
        if (depth == 0 && tokens_is_one_of(tokens, i, words))
            return i;
        depth += depth_change(tokens, i);
    }
    return end;
}

guint tokens_next_comma(const Tokens *tokens, guint i, guint end)
{
    static const char *const comma[] = {",", NULL};
    return tokens_find(tokens, i, end, comma);
}

guint tokens_after_name(const Tokens *tokens, guint i)
{
    if (!tokens_is_name(tokens, i))
        return i;
    guint next = i + 1;
    for (int parts = 1;
         parts < 3 && tokens_is(tokens, next, ".") && tokens_is_name(tokens, next + 1); parts++)
        next += 2;
    return next;
}

GPtrArray *tokens_names(const Tokens *tokens, guint i)
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

char *tokens_quoted_name(const Tokens *tokens, guint i, guint end)
{
    GString *out = g_string_new(NULL);
    for (; i < end; i += 2) {
        g_autofree char *part = tokens_name(tokens, i);
        if (out->len > 0)
            g_string_append_c(out, '.');
        quote_identifier(out, part);
    }
    return g_string_free(out, FALSE);
}

void quote_identifier(GString *out, const char *name)
{
    g_string_append_c(out, '"');
    for (const char *p = name; *p != '\0'; p++) {
        if (*p == '"')
            g_string_append_c(out, '"');
        g_string_append_c(out, *p);
    }
    g_string_append_c(out, '"');
}

void quote_literal(GString *out, const char *value)
{
    if (value == NULL) {
        g_string_append(out, "NULL");
        return;
    }
    g_string_append_c(out, '\'');
    for (const char *p = value; *p != '\0'; p++) {
        if (*p == '\'' || *p == '\\')
            g_string_append_c(out, *p);
        g_string_append_c(out, *p);
    }
    g_string_append_c(out, '\'');
}

Rewrite *rewrite_pass(char *sql, const char *tag)
{
    Rewrite *rewrite = g_new0(Rewrite, 1);
    rewrite->kind = REWRITE_PASS;
    rewrite->sql = sql;
    rewrite->tag = g_strdup(tag);
    return rewrite;
}

Rewrite *rewrite_refuse(const char *sqlstate, const char *format, ...)
{
    Rewrite *rewrite = g_new0(Rewrite, 1);
    rewrite->kind = REWRITE_REFUSE;
    g_strlcpy(rewrite->sqlstate, sqlstate, sizeof rewrite->sqlstate);
    va_list arguments;
    va_start(arguments, format);
    rewrite->message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return rewrite;
}

Rewrite *rewrite_refuse_at(const Tokens *tokens, guint i)
{
    if (i >= tokens->count)
        return rewrite_refuse("42601", "syntax error at end of input");
    g_autofree char *text = tokens_text(tokens, i);
    return rewrite_refuse("42601", "syntax error at or near \"%s\"", text);
}

Rewrite *rewrite_unsupported(const char *what)
{
    return rewrite_refuse("0A000", "%s is not supported by the sandbox", what);
}
