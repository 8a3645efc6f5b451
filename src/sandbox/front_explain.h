/*
 * front_explain: PostgreSQL's plan as Redshift prints one.
 *
 * Redshift guide, "Query plan": nodes carry XN (compute nodes) or LD (leader),
 * joins say how their rows get together (DS_*), conditions speak of "outer" and "inner", an ORDER BY is
 * sorted on the slices and merged on the leader.
 *
 * What is approximate: the shape, the costs and the rows are PostgreSQL's; a DS_* label follows from the
 * distribution of the tables below the join and from the size of the inner side (below 1 MB it is
 * broadcast), where tables are found by name alone, whatever their schema.
 *
 * Threads: the session's; looks the tables up over the log connection.
 */
#ifndef REDSMITH_SANDBOX_FRONT_EXPLAIN_H
#define REDSMITH_SANDBOX_FRONT_EXPLAIN_H

#include "sandbox/front_log.h"

/* Lines of both are char *; log NULL: no table has a known distribution. g_ptr_array_unref the result. */
GPtrArray *front_explain(FrontLog *log, const GPtrArray *lines);

#endif
