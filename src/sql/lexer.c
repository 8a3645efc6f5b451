#include "sql/lexer.h"

#include <string.h>

SqlLexer sql_lexer(const char *text, gssize length)
{
    return (SqlLexer){.text = text, .length = length < 0 ? strlen(text) : (gsize)length};
}

static char at(const SqlLexer *lexer, gsize position)
{
    return position < lexer->length ? lexer->text[position] : '\0';
}

static gboolean is_word_start(char c)
{
    return g_ascii_isalpha(c) || c == '_' || c == '#' || (guchar)c >= 0x80;
}

static gboolean is_word_part(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '$' || c == '#' || (guchar)c >= 0x80;
}

static gboolean is_operator(char c)
{
    return c != '\0' && strchr("+-*/<>=~!@%^&|`?:", c) != NULL;
}

/* Each scan_* returns the position after the token, or 0 when it does not end. */

static gsize scan_quoted(const SqlLexer *lexer, gsize p, char quote, gboolean backslash)
{
    for (p++; p < lexer->length; p++) {
        if (backslash && lexer->text[p] == '\\')
            p++;
        else if (lexer->text[p] == quote && at(lexer, p + 1) == quote)
            p++;
        else if (lexer->text[p] == quote)
            return p + 1;
    }
    return 0;
}

static gsize scan_block_comment(const SqlLexer *lexer, gsize p)
{
    int depth = 0;
    for (; p + 1 < lexer->length; p++) {
        if (lexer->text[p] == '/' && lexer->text[p + 1] == '*') {
            depth++;
            p++;
        } else if (lexer->text[p] == '*' && lexer->text[p + 1] == '/') {
            p++;
            if (--depth == 0)
                return p + 1;
        }
    }
    return 0;
}

static gsize scan_while(const SqlLexer *lexer, gsize p, gboolean (*is_part)(char))
{
    while (p < lexer->length && is_part(lexer->text[p]))
        p++;
    return p;
}

static gboolean is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static gboolean is_not_newline(char c)
{
    return c != '\n';
}

static gboolean is_digit(char c)
{
    return g_ascii_isdigit(c);
}

/* The length of $tag$ at p, or 0 when there is none there. */
static gsize dollar_tag(const SqlLexer *lexer, gsize p)
{
    gsize q = p + 1;
    if (g_ascii_isdigit(at(lexer, q)))
        return 0;
    while (g_ascii_isalnum(at(lexer, q)) || at(lexer, q) == '_' || (guchar)at(lexer, q) >= 0x80)
        q++;
    return at(lexer, q) == '$' ? q + 1 - p : 0;
}

static gsize scan_dollar(const SqlLexer *lexer, gsize p, gsize tag)
{
    for (gsize q = p + tag; q + tag <= lexer->length; q++)
        if (memcmp(lexer->text + q, lexer->text + p, tag) == 0)
            return q + tag;
    return 0;
}

static gsize scan_number(const SqlLexer *lexer, gsize p)
{
    p = scan_while(lexer, p, is_digit);
    if (at(lexer, p) == '.')
        p = scan_while(lexer, p + 1, is_digit);
    if ((at(lexer, p) | 0x20) == 'e') {
        gsize q = p + 1;
        if (at(lexer, q) == '+' || at(lexer, q) == '-')
            q++;
        if (g_ascii_isdigit(at(lexer, q)))
            p = scan_while(lexer, q, is_digit);
    }
    return p;
}

/* A run of operator characters, ending before a comment and before :name. */
static gsize scan_operator(const SqlLexer *lexer, gsize p)
{
    gsize start = p;
    while (is_operator(at(lexer, p))) {
        char c = at(lexer, p), next = at(lexer, p + 1);
        if (p > start && ((c == '-' && next == '-') || (c == '/' && next == '*')))
            break;
        if (p > start && c == ':' && at(lexer, p - 1) != ':' && next != ':')
            break;
        p++;
    }
    return p;
}

static SqlKind scan(const SqlLexer *lexer, gsize p, gsize *end)
{
    char c = lexer->text[p], next = at(lexer, p + 1);
    if (is_blank(c)) {
        *end = scan_while(lexer, p, is_blank);
        return SQL_SPACE;
    }
    if (c == '-' && next == '-') {
        *end = scan_while(lexer, p, is_not_newline);
        return SQL_COMMENT;
    }
    if (c == '/' && next == '*') {
        *end = scan_block_comment(lexer, p);
        return SQL_COMMENT;
    }
    if (c == '\'') {
        *end = scan_quoted(lexer, p, '\'', TRUE);
        return SQL_STRING;
    }
    if (c == '"') {
        *end = scan_quoted(lexer, p, '"', FALSE);
        return SQL_QUOTED;
    }
    if (c == '$' && dollar_tag(lexer, p) > 0) {
        *end = scan_dollar(lexer, p, dollar_tag(lexer, p));
        return SQL_STRING;
    }
    if (c == '$' && g_ascii_isdigit(next)) {
        *end = scan_while(lexer, p + 1, is_digit);
        return SQL_PARAMETER;
    }
    if (c == ':' && is_word_start(next)) {
        *end = scan_while(lexer, p + 1, is_word_part);
        return SQL_PARAMETER;
    }
    if (g_ascii_isdigit(c) || (c == '.' && g_ascii_isdigit(next))) {
        *end = scan_number(lexer, p);
        return SQL_NUMBER;
    }
    if (is_word_start(c)) {
        *end = scan_while(lexer, p, is_word_part);
        return SQL_WORD;
    }
    *end = p + 1;
    if (c != '\0' && strchr("()[],;.", c) != NULL)
        return SQL_MARK;
    if (is_operator(c)) {
        *end = scan_operator(lexer, p);
        return SQL_OPERATOR;
    }
    return SQL_INVALID;
}

gboolean sql_next_raw(SqlLexer *lexer, SqlToken *token)
{
    gsize start = lexer->position;
    if (start >= lexer->length) {
        *token = (SqlToken){.kind = SQL_END, .start = lexer->length};
        return FALSE;
    }
    gsize end = 0;
    SqlKind kind = scan(lexer, start, &end);
    if (end == 0 || end > lexer->length) {
        kind = SQL_INVALID;
        end = lexer->length;
    }
    *token = (SqlToken){.kind = kind, .start = start, .length = end - start};
    lexer->position = end;
    return TRUE;
}

gboolean sql_next(SqlLexer *lexer, SqlToken *token)
{
    while (sql_next_raw(lexer, token))
        if (token->kind != SQL_SPACE && token->kind != SQL_COMMENT)
            return TRUE;
    return FALSE;
}

gboolean sql_token_is(const SqlLexer *lexer, const SqlToken *token, const char *word)
{
    if (token->kind != SQL_WORD && token->kind != SQL_MARK && token->kind != SQL_OPERATOR)
        return FALSE;
    return strlen(word) == token->length &&
           g_ascii_strncasecmp(lexer->text + token->start, word, token->length) == 0;
}

char *sql_token_text(const SqlLexer *lexer, const SqlToken *token)
{
    return g_strndup(lexer->text + token->start, token->length);
}

static char unescaped(char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case 'r':
        return '\r';
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    default:
        return c;
    }
}

/* Up to three octal digits, as in '\011'. */
static const char *append_octal(GString *out, const char *p, const char *end)
{
    int value = 0;
    for (int digits = 0; digits < 3 && p < end && *p >= '0' && *p <= '7'; digits++)
        value = value * 8 + (*p++ - '0');
    g_string_append_c(out, (char)value);
    return p;
}

static char *quoted_value(const char *p, const char *end, char quote, gboolean backslash)
{
    GString *out = g_string_new(NULL);
    while (p < end) {
        if (backslash && *p == '\\' && p + 1 < end) {
            p++;
            if (*p >= '0' && *p <= '7') {
                p = append_octal(out, p, end);
                continue;
            }
            g_string_append_c(out, unescaped(*p++));
        } else {
            if (*p == quote)
                p++;
            g_string_append_c(out, *p++);
        }
    }
    return g_string_free(out, FALSE);
}

char *sql_token_value(const SqlLexer *lexer, const SqlToken *token)
{
    const char *p = lexer->text + token->start, *end = p + token->length;
    switch (token->kind) {
    case SQL_STRING:
        if (*p == '$') {
            gsize tag = dollar_tag(lexer, token->start);
            return g_strndup(p + tag, token->length - 2 * tag);
        }
        return quoted_value(p + 1, end - 1, '\'', TRUE);
    case SQL_QUOTED:
        return quoted_value(p + 1, end - 1, '"', FALSE);
    case SQL_WORD:
        return g_ascii_strdown(p, (gssize)token->length);
    default:
        return sql_token_text(lexer, token);
    }
}

GArray *sql_split(const char *text, gssize length)
{
    SqlLexer lexer = sql_lexer(text, length);
    GArray *spans = g_array_new(FALSE, FALSE, sizeof(SqlSpan));
    SqlSpan span = {0};
    int depth = 0;
    SqlToken token;
    while (sql_next(&lexer, &token)) {
        if (sql_token_is(&lexer, &token, "("))
            depth++;
        else if (sql_token_is(&lexer, &token, ")") && depth > 0)
            depth--;
        if (sql_token_is(&lexer, &token, ";") && depth == 0) {
            if (span.length > 0)
                g_array_append_val(spans, span);
            span.length = 0;
            continue;
        }
        if (span.length == 0)
            span.start = token.start;
        span.length = token.start + token.length - span.start;
    }
    if (span.length > 0)
        g_array_append_val(spans, span);
    return spans;
}

/* Looks ahead for any of the words at parenthesis depth zero. */
static gboolean has_word(SqlLexer lexer, const char *const *words)
{
    SqlToken token;
    int depth = 0;
    while (sql_next(&lexer, &token)) {
        if (sql_token_is(&lexer, &token, "("))
            depth++;
        else if (sql_token_is(&lexer, &token, ")"))
            depth--;
        for (gsize i = 0; depth == 0 && words[i] != NULL; i++)
            if (sql_token_is(&lexer, &token, words[i]))
                return TRUE;
    }
    return FALSE;
}

typedef struct {
    const char *verb;
    SqlClass class;           /* when none of the words follows */
    const char *const *words; /* words that change it, or NULL */
    SqlClass with_words;
} VerbRow;

static const char *const into_words[] = {"into", NULL};
static const char *const where_words[] = {"where", NULL};
static const char *const alter_words[] = {"drop", "append", "rename", NULL};
static const char *const unload_words[] = {"allowoverwrite", "cleanpath", NULL};

static const VerbRow verbs[] = {
    {"select", SQL_READS, into_words, SQL_WRITES},
    {"show", SQL_READS, NULL, SQL_READS},
    {"explain", SQL_READS, NULL, SQL_READS},
    {"values", SQL_READS, NULL, SQL_READS},
    {"fetch", SQL_READS, NULL, SQL_READS},
    {"set", SQL_SESSION, NULL, SQL_SESSION},
    {"reset", SQL_SESSION, NULL, SQL_SESSION},
    {"use", SQL_SESSION, NULL, SQL_SESSION},
    {"begin", SQL_SESSION, NULL, SQL_SESSION},
    {"start", SQL_SESSION, NULL, SQL_SESSION},
    {"commit", SQL_SESSION, NULL, SQL_SESSION},
    {"end", SQL_SESSION, NULL, SQL_SESSION},
    {"rollback", SQL_SESSION, NULL, SQL_SESSION},
    {"abort", SQL_SESSION, NULL, SQL_SESSION},
    {"declare", SQL_SESSION, NULL, SQL_SESSION},
    {"close", SQL_SESSION, NULL, SQL_SESSION},
    {"delete", SQL_DESTRUCTIVE, where_words, SQL_WRITES},
    {"update", SQL_DESTRUCTIVE, where_words, SQL_WRITES},
    {"drop", SQL_DESTRUCTIVE, NULL, SQL_DESTRUCTIVE},
    {"truncate", SQL_DESTRUCTIVE, NULL, SQL_DESTRUCTIVE},
    {"alter", SQL_WRITES, alter_words, SQL_DESTRUCTIVE},
    {"unload", SQL_WRITES, unload_words, SQL_DESTRUCTIVE},
    {"insert", SQL_WRITES, NULL, SQL_WRITES},
    {"merge", SQL_WRITES, NULL, SQL_WRITES},
    {"copy", SQL_WRITES, NULL, SQL_WRITES},
    {"create", SQL_WRITES, NULL, SQL_WRITES},
    {"grant", SQL_WRITES, NULL, SQL_WRITES},
    {"revoke", SQL_WRITES, NULL, SQL_WRITES},
    {"comment", SQL_WRITES, NULL, SQL_WRITES},
    {"analyze", SQL_WRITES, NULL, SQL_WRITES},
    {"vacuum", SQL_WRITES, NULL, SQL_WRITES},
    {"lock", SQL_WRITES, NULL, SQL_WRITES},
    {"refresh", SQL_WRITES, NULL, SQL_WRITES},
    {"call", SQL_WRITES, NULL, SQL_WRITES},
    {"cancel", SQL_WRITES, NULL, SQL_WRITES},
};

static const VerbRow *verb_of(const SqlLexer *lexer, const SqlToken *token)
{
    for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++)
        if (sql_token_is(lexer, token, verbs[i].verb))
            return &verbs[i];
    return NULL;
}

/* After WITH: the first verb outside the parentheses of the common table expressions. */
static const VerbRow *main_verb(SqlLexer *lexer, SqlToken *token)
{
    int depth = 0;
    while (sql_next(lexer, token)) {
        if (sql_token_is(lexer, token, "("))
            depth++;
        else if (sql_token_is(lexer, token, ")"))
            depth--;
        else if (depth == 0 && verb_of(lexer, token) != NULL)
            return verb_of(lexer, token);
    }
    return NULL;
}

SqlClass sql_classify(const char *statement, gssize length)
{
    SqlLexer lexer = sql_lexer(statement, length);
    SqlToken token;
    do {
        if (!sql_next(&lexer, &token))
            return SQL_UNKNOWN;
    } while (sql_token_is(&lexer, &token, "("));
    const VerbRow *verb =
        sql_token_is(&lexer, &token, "with") ? main_verb(&lexer, &token) : verb_of(&lexer, &token);
    if (verb == NULL)
        return SQL_UNKNOWN;
    if (verb->words != NULL && has_word(lexer, verb->words))
        return verb->with_words;
    return verb->class;
}
