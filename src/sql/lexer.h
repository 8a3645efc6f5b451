/*
 * lexer: cuts Redshift SQL into tokens, and the few questions that only tokens can answer.
 *
 * Redshift reads backslash as an escape in every plain literal (standard_conforming_strings is off
 * and never reported), knows '..' with '' doubled, $tag$..$tag$,
 * "..", -- and nested comments, :name and $1 parameters. The lexer never fails: what is unterminated
 * becomes a token of kind SQL_INVALID that reaches to the end.
 *
 * Threads: pure. Tokens are offsets in bytes into the text, which must outlive them.
 *
 * Example:
 *     SqlLexer lexer = sql_lexer(text, -1);
 *     SqlToken token;
 *     while (sql_next(&lexer, &token))      // skips blanks and comments
 *         if (sql_token_is(&lexer, &token, "unload")) ...
 */
#ifndef REDSMITH_SQL_LEXER_H
#define REDSMITH_SQL_LEXER_H

#include <glib.h>

typedef enum {
    SQL_END,
    SQL_SPACE,
    SQL_COMMENT,
    SQL_WORD,   /* keyword or unquoted identifier, also #temp */
    SQL_QUOTED, /* "identifier" */
    SQL_STRING, /* 'literal' or $$literal$$ */
    SQL_NUMBER,
    SQL_PARAMETER, /* :name or $1 */
    SQL_OPERATOR,  /* + <> :: || ... */
    SQL_MARK,      /* one of ( ) [ ] , ; . */
    SQL_INVALID    /* an unterminated string, identifier or comment, or a stray byte */
} SqlKind;

typedef struct {
    SqlKind kind;
    gsize start, length;
} SqlToken;

typedef struct {
    const char *text;
    gsize length, position;
} SqlLexer;

/* length -1: up to the NUL. */
SqlLexer sql_lexer(const char *text, gssize length);

/* The next token of any kind, blanks and comments included. FALSE (kind SQL_END) at the end. */
gboolean sql_next_raw(SqlLexer *lexer, SqlToken *token);

/* The next token that is neither blank nor comment. */
gboolean sql_next(SqlLexer *lexer, SqlToken *token);

/* An unquoted word, whatever its case, or a mark or operator, letter by letter. */
gboolean sql_token_is(const SqlLexer *lexer, const SqlToken *token, const char *word);

/* The token's text as written. Free with g_free. */
char *sql_token_text(const SqlLexer *lexer, const SqlToken *token);

/*
 * What the token means: a string without quotes and escapes, a quoted identifier without its quotes,
 * a word in lower case. Identifiers fold to lower case even when quoted (Redshift guide, "Names and
 * identifiers"), which is left to the caller. Free with g_free.
 */
char *sql_token_value(const SqlLexer *lexer, const SqlToken *token);

typedef struct {
    gsize start, length; /* without surrounding blanks and without the semicolon */
} SqlSpan;

/* The statements of a text, split at semicolons outside literals, comments and parentheses;
 * empty ones are left out. Elements are SqlSpan; free with g_array_unref. */
GArray *sql_split(const char *text, gssize length);

typedef enum {
    SQL_READS, /* SELECT, SHOW, EXPLAIN, VALUES, FETCH, a WITH that only selects */
    SQL_SESSION, /* SET, RESET, USE, BEGIN, COMMIT, ROLLBACK, DECLARE, CLOSE: changes the session only */
    SQL_WRITES,      /* INSERT, UPDATE and DELETE with WHERE, MERGE, COPY, CREATE, GRANT, ... */
    SQL_DESTRUCTIVE, /* DROP, TRUNCATE, DELETE or UPDATE without WHERE, ALTER .. DROP/APPEND, UNLOAD with
                        ALLOWOVERWRITE or CLEANPATH */
    SQL_UNKNOWN      /* nothing we know: treated as a write where writes are refused */
} SqlClass;

/*
 * What one statement can do at worst. WITH is read to its main verb, EXPLAIN never executes, SELECT
 * .. INTO writes, UNLOAD writes (to S3).
 */
SqlClass sql_classify(const char *statement, gssize length);

#endif
