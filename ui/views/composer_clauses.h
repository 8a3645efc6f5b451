/*
 * composer_clauses: a query as rows, one per element of a clause, and what can be done with a row.
 *
 * Knows nothing of the screen. Each clause ends with a row to add to it; limit and distinct are one
 * row each.
 *
 * Threads: pure.
 */
#ifndef REDSMITH_UI_COMPOSER_CLAUSES_H
#define REDSMITH_UI_COMPOSER_CLAUSES_H

#include "sql/query.h"

typedef enum {
    CLAUSE_COLUMNS,
    CLAUSE_JOIN,
    CLAUSE_WHERE,
    CLAUSE_GROUP,
    CLAUSE_HAVING,
    CLAUSE_ORDER,
    CLAUSE_LIMIT,
    CLAUSE_DISTINCT,
    N_CLAUSES
} Clause;

enum { CLAUSE_ADD = -1 }; /* the index of the row that adds */

typedef struct {
    Clause clause;
    int index;
    gboolean off;
    char *text; /* what the user would type; NULL on a row that adds */
} ClauseRow;

/* "where"; and what can be typed there, "qtysold >= 4 and ..". Static. */
const char *clause_name(Clause clause);
const char *clause_hint(Clause clause);

/* The rows of a query: of ClauseRow; free with g_ptr_array_unref. */
GPtrArray *clause_rows(const SqlQuery *query);

/* FALSE when there is nothing to do for that row. */
gboolean clause_toggle(SqlQuery *query, Clause clause, int index);
gboolean clause_delete(SqlQuery *query, Clause clause, int index);
/* step: 1 down, -1 up, within the clause. */
gboolean clause_move(SqlQuery *query, Clause clause, int index, int step);

/* Without what is off: for those who show what a query does. */
void clause_prune(SqlQuery *query);

/* Puts what was typed in place of the element, or adds it. *added (may be NULL) is how many elements it
 * made: a list makes several. The query is as before when it fails, RS_ERROR_USAGE. */
gboolean clause_type(SqlQuery *query, Clause clause, int index, const char *text,
                     const SqlScope *scope, guint *added, GError **error);

#endif
