/*
 * expression_private: the levels of the grammar in which values and conditions are typed, each reading what
 * binds tighter through the one below.
 *
 *     condition    or, and, not               expression_parse.c
 *     test         sum [comparison values]    expression_compare.c
 *     sum          products and operands      expression_operand.c
 *
 * An operand in parentheses, an argument and a CASE are conditions again. All return a tree to be freed
 * with sql_expr_free, or NULL with RS_ERROR_USAGE.
 *
 * Threads: pure.
 */
#ifndef REDSMITH_SQL_EXPRESSION_PRIVATE_H
#define REDSMITH_SQL_EXPRESSION_PRIVATE_H

#include "sql/query_private.h"
#include "sql/reader.h"

SqlExpr *sql_read_sum(SqlReader *reader, GError **error);
/* A comparison, or a sum alone. */
SqlExpr *sql_read_test(SqlReader *reader, GError **error);

/* The one of the operators (NULL ends them) that stands behind blanks; NULL when none does. Not read. */
const char *sql_peek_operator(SqlReader *reader, const char *const *operators);

/* What a bare word is where nothing tells its kind: the narrowest number, else text. */
SqlValueKind sql_kind_of_look(const char *text);
gboolean sql_is_value(SqlValueKind kind, const char *text);

/* sql_read_fail where a tree is returned. */
SqlExpr *sql_expr_fail(const SqlReader *reader, GError **error, const char *expected);

#endif
