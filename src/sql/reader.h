/*
 * reader: a text that somebody typed, read from left to right: blanks, marks, words, names.
 *
 * The lexer reads SQL. What is typed into a filter or a column list is a smaller language with its own
 * phrases ("in last 7 days"), and a mistake in it is answered with what was expected and where; so it
 * has a reader that is one pointer, and looking ahead is a copy of it.
 *
 * Call order:  SqlReader reader = {text, text, scope, FALSE, 0}; then sql_read_... until *reader.p is 0
 * Ownership:   the text and the scope are the caller's and outlive the reader
 * Errors:      RS_ERROR_USAGE: the text, what was expected, and where
 * Threads:     pure
 */
#ifndef REDSMITH_SQL_READER_H
#define REDSMITH_SQL_READER_H

#include "sql/expression.h"

enum { SQL_DEPTH_MAX = 64 }; /* of parentheses and "not": what is typed cannot exhaust the stack */

typedef struct {
    const char *text, *p; /* all of it, and where we are */
    const SqlScope *scope;
    gboolean names; /* a bare word to the right of a comparison is a column */
    int depth;
} SqlReader;

/* Sets "expected X at .." and returns FALSE. */
gboolean sql_read_fail(const SqlReader *reader, GError **error, const char *expected);

void sql_read_blanks(SqlReader *reader);

/* A mark such as "(", behind blanks; FALSE, and where the blanks end, when another byte is there. */
gboolean sql_read_mark(SqlReader *reader, char mark);

/* The words of a phrase such as "is not null", each ending at a word boundary; FALSE, and nothing read,
 * when something else is there. */
gboolean sql_read_phrase(SqlReader *reader, const char *phrase);

/* The word that begins here, folded to lower case, without reading it; "" when none does. Free with g_free. */
char *sql_peek_word(const SqlReader *reader);

/* Text between quotes, the first of which is here; a doubled quote stands for one, backslashes mean
 * themselves. NULL without a closing one. Free with g_free. */
char *sql_read_quoted(SqlReader *reader, char quote, GError **error);

/* A name, quoted or bare and then folded; NULL when there is none. Free with g_free. */
char *sql_read_name(SqlReader *reader, GError **error);

#endif
