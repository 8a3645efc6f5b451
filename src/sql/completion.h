/*
 * completion: what could stand at a place of a statement that is being typed.
 *
 * Pure reading of tokens: which word is begun, whether a table, a column or anything may stand there, and
 * which tables the statement names, with their aliases, wherever in the statement. Subqueries are not
 * told apart: their tables are in scope everywhere, so that nothing useful is left out. Names come from
 * whoever knows the catalog.
 *
 * Threads: pure.
 */
#ifndef REDSMITH_SQL_COMPLETION_H
#define REDSMITH_SQL_COMPLETION_H

#include <glib.h>

typedef enum {
    SQL_WANT_ANY,      /* a word of SQL, a table or a column */
    SQL_WANT_RELATION, /* after FROM, JOIN, INTO, UPDATE, TABLE .. */
    SQL_WANT_COLUMN,   /* in a list of columns or in a condition */
    SQL_WANT_NOTHING,  /* in a text, a comment or a number */
} SqlWant;

/* A table that the statement names. Values, not SQL: without quotes. */
typedef struct {
    char *schema; /* NULL when it is not said */
    char *relation;
    char *alias; /* NULL without one */
} SqlScope;

typedef struct {
    gsize start;  /* of the word that is begun, in bytes of the text */
    char *prefix; /* as typed so far; "" between words */
    char *
        qualifier; /* what stands before the dot: an alias, a table or a schema; NULL without a dot */
    SqlWant want;
    GPtrArray *scope; /* of SqlScope */
} SqlCompletion;

/* cursor: a byte offset at a character's start. */
SqlCompletion *sql_completion(const char *text, gsize cursor);
void sql_completion_free(SqlCompletion *completion);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SqlCompletion, sql_completion_free)

#endif
