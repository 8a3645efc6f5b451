/*
 * query_private: what the files of sql/query and sql/expression share: how they print into one
 * text, and what one reads of a text that is typed.
 *
 * Threads: pure.
 */
#ifndef REDSMITH_SQL_QUERY_PRIVATE_H
#define REDSMITH_SQL_QUERY_PRIVATE_H

#include "sql/query.h"
#include "sql/reader.h"

/* What separates the clauses: one line, or one clause a line. */
typedef struct {
    const char *from, *join, *on, *where, *and, *group, *having, *order, *limit, *set;
} SqlLayout;

/* Where an expression stands: its query, and the queries around that one. */
typedef struct SqlPrinter {
    GString *out;
    const SqlQuery *query;
    const struct SqlPrinter *outer; /* NULL outside sub-queries */
} SqlPrinter;

/* tight: in parentheses when it is made of several words. */
gboolean sql_print_expr(const SqlPrinter *printer, const SqlExpr *expr, gboolean tight,
                        GError **error);
/* A whole SELECT; layout NULL: on one line; outer is the printer of what it stands in, or NULL. */
gboolean sql_print_query(GString *out, const SqlQuery *query, const SqlLayout *layout,
                         const SqlPrinter *outer, GError **error);

/* "IS NOT NULL" and "is not null". Static. */
const char *sql_operator_sql(SqlOperator op);
const char *sql_operator_typed(SqlOperator op);
/* Compares text, whatever the kind of the column. */
gboolean sql_operator_is_text(SqlOperator op);

/* The name as typed: quoted unless it is plain. */
void sql_append_name(GString *out, const char *name);

/* An expression of any kind, as far as it goes. */
SqlExpr *sql_read_expr(SqlReader *reader, GError **error);
/* One that is a condition. */
SqlExpr *sql_read_condition(SqlReader *reader, GError **error);

#endif
