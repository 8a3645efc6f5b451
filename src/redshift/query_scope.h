/*
 * query_scope: the columns that the texts of a query's clauses may name.
 *
 * Made of the catalog's columns of each relation the query reads, the first one first. A bare name is
 * the first relation's, or the joined one's that has it, which then qualifies it.
 *
 * Threads: belongs to one thread. The columns are copied.
 *
 * Call order:  query_scope_new, query_scope_add per relation, sql_query_parse_* with
 *              query_scope_sql, query_scope_explain when that failed, query_scope_free
 */
#ifndef REDSMITH_REDSHIFT_QUERY_SCOPE_H
#define REDSMITH_REDSHIFT_QUERY_SCOPE_H

#include "sql/query.h"

typedef struct QueryScope QueryScope;

QueryScope *query_scope_new(void);
void query_scope_free(QueryScope *scope);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QueryScope, query_scope_free)

/* A relation by the name the query knows it by. columns: of CatalogColumn. One of that name that was
 * added before is replaced. */
void query_scope_add(QueryScope *scope, const char *name, const GPtrArray *columns);
gboolean query_scope_has(const QueryScope *scope, const char *name);

/* For the parsers; valid as long as the scope is. */
const SqlScope *query_scope_sql(QueryScope *scope);

/* Puts the names that there are behind a complaint about one that is not. */
void query_scope_explain(QueryScope *scope, GError **error);

#endif
