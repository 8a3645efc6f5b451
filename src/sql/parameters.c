#include "sql/parameters.h"

#include <string.h>

#include "base/error.h"
#include "sql/lexer.h"
#include "sql/literal.h"

/* The name of a parameter token, or NULL when the token is none that is asked for. */
static char *name_of(const SqlLexer *lexer, const SqlToken *token)
{
    const char *text = lexer->text + token->start;
    if (token->kind != SQL_PARAMETER || text[0] != ':' || token->length < 2)
        return NULL;
    return g_strndup(text + 1, token->length - 1);
}

GPtrArray *sql_parameter_names(const char *text)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    SqlLexer lexer = sql_lexer(text, -1);
    SqlToken token;
    while (sql_next(&lexer, &token)) {
        g_autofree char *name = name_of(&lexer, &token);
        if (name != NULL && !g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
            g_ptr_array_add(names, g_steal_pointer(&name));
    }
    return names;
}

static gboolean is_word(const char *value)
{
    return g_ascii_strcasecmp(value, "null") == 0 || g_ascii_strcasecmp(value, "true") == 0 ||
           g_ascii_strcasecmp(value, "false") == 0;
}

/* One number token, perhaps with a sign before it. */
static gboolean is_number(const char *value)
{
    const char *digits = value + (*value == '-' || *value == '+');
    SqlLexer lexer = sql_lexer(digits, -1);
    SqlToken token;
    return sql_next_raw(&lexer, &token) && token.kind == SQL_NUMBER &&
           token.length == strlen(digits);
}

/* 'text' as it would stand in SQL, alone. */
static char *unquoted(const char *value)
{
    SqlLexer lexer = sql_lexer(value, -1);
    SqlToken token;
    if (value[0] != '\'' || !sql_next_raw(&lexer, &token) || token.kind != SQL_STRING ||
        token.length != strlen(value))
        return NULL;
    return sql_token_value(&lexer, &token);
}

static char *literal_of(const char *value)
{
    if (is_word(value))
        return g_ascii_strup(value, -1);
    if (is_number(value)) /* a blank keeps "-:x" from becoming a comment */
        return g_strdup_printf(*value == '-' || *value == '+' ? "(%s)" : "%s", value);
    g_autofree char *inner = unquoted(value);
    return sql_literal(inner != NULL ? inner : value);
}

char *sql_parameters_bind(const char *text, GHashTable *values, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    SqlLexer lexer = sql_lexer(text, -1);
    SqlToken token;
    while (sql_next_raw(&lexer, &token)) {
        g_autofree char *name = name_of(&lexer, &token);
        if (name == NULL) {
            g_string_append_len(out, text + token.start, (gssize)token.length);
            continue;
        }
        const char *value = g_hash_table_lookup(values, name);
        if (value == NULL) {
            g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "the parameter :%s has no value", name);
            return NULL;
        }
        g_autofree char *literal = literal_of(value);
        g_string_append(out, literal);
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}
