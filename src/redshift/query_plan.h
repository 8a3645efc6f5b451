/*
 * query_plan: asks the server how it would run a statement.
 *
 * EXPLAIN never executes (Redshift guide, EXPLAIN), and takes SELECT, SELECT INTO, CREATE TABLE AS,
 * INSERT, UPDATE and DELETE only.
 *
 * Threads: blocks on the session.
 * Errors:  RS_ERROR_USAGE for a text that is not one statement of those kinds; the server's own.
 */
#ifndef REDSMITH_REDSHIFT_QUERY_PLAN_H
#define REDSMITH_REDSHIFT_QUERY_PLAN_H

#include "redshift/session.h"
#include "sql/explain.h"

typedef struct {
    GPtrArray *lines; /* of char *, as the server wrote them */
    Explain *explain;
} QueryPlan;

QueryPlan *query_plan_read(Session *session, const char *sql, GCancellable *cancellable,
                           GError **error);
void query_plan_free(QueryPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QueryPlan, query_plan_free)

#endif
