#include "sql/keys.h"

#include <string.h>

#include "sql/lexer.h"

static gboolean is_key_word(const SqlLexer *lexer, const SqlToken *token)
{
    static const char *const words[] = {"access_key_id", "secret_access_key", "session_token"};
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        if (sql_token_is(lexer, token, words[i]))
            return TRUE;
    return FALSE;
}

static gboolean is_key_string(const SqlLexer *lexer, const SqlToken *token)
{
    g_autofree char *value = sql_token_value(lexer, token);
    g_autofree char *lower = g_ascii_strdown(value, -1);
    return strstr(lower, "aws_access_key_id") != NULL ||
           strstr(lower, "aws_secret_access_key") != NULL;
}

/* The statements that take an authorization. */
static gboolean takes_keys(const SqlLexer *lexer, const SqlToken *first)
{
    static const char *const verbs[] = {"copy", "unload", "create", "alter"};
    for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++)
        if (sql_token_is(lexer, first, verbs[i]))
            return TRUE;
    return FALSE;
}

static gboolean statement_holds_keys(const char *text, gssize length)
{
    SqlLexer lexer = sql_lexer(text, length);
    SqlToken token;
    if (!sql_next(&lexer, &token) || !takes_keys(&lexer, &token))
        return FALSE;
    gboolean is_transfer =
        sql_token_is(&lexer, &token, "copy") || sql_token_is(&lexer, &token, "unload");
    while (sql_next(&lexer, &token))
        if ((token.kind == SQL_STRING && is_key_string(&lexer, &token)) ||
            (is_transfer && token.kind == SQL_WORD && is_key_word(&lexer, &token)))
            return TRUE;
    return FALSE;
}

gboolean sql_holds_keys(const char *text)
{
    g_autoptr(GArray) spans = sql_split(text, -1);
    for (guint i = 0; i < spans->len; i++) {
        SqlSpan span = g_array_index(spans, SqlSpan, i);
        if (statement_holds_keys(text + span.start, (gssize)span.length))
            return TRUE;
    }
    return FALSE;
}
