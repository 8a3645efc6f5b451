/*
 * expression_print: what the files that print expressions as SQL share: expression_sql.c columns, values,
 * arithmetic and casts, expression_compare_sql.c conditions, expression_call_sql.c functions.
 *
 * Each appends to the printer's text and returns FALSE with RS_ERROR_USAGE where Redshift would refuse;
 * what was appended by then is thrown away with the text.
 *
 * Threads: pure.
 */
#ifndef REDSMITH_SQL_EXPRESSION_PRINT_H
#define REDSMITH_SQL_EXPRESSION_PRINT_H

#include "sql/query_private.h"

/* Sets the error. Always FALSE. */
gboolean sql_print_refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Part i; owned by the expression. */
SqlExpr *sql_expr_part(const SqlExpr *expr, guint i);

/* --- expression_sql.c --------------------------------------------------------------------------- */

/* before expr after; tight: see sql_print_expr. */
gboolean sql_print_wrapped(const SqlPrinter *printer, const char *before, const SqlExpr *expr,
                           const char *after, gboolean tight, GError **error);
/* As a VARCHAR, whatever it is. */
gboolean sql_print_as_text(const SqlPrinter *printer, const SqlExpr *expr, GError **error);
/* A SUPER as what the other side of a comparison is; anything else as it is. */
gboolean sql_print_beside(const SqlPrinter *printer, const SqlExpr *expr, SqlValueKind other,
                          GError **error);

/* --- expression_compare_sql.c ------------------------------------------------------------------- */

/* The operators that have a negated spelling take it; negated is FALSE for the others. */
gboolean sql_print_test(const SqlPrinter *printer, const SqlExpr *test, gboolean negated,
                        GError **error);
gboolean sql_print_not(const SqlPrinter *printer, const SqlExpr *expr, GError **error);
gboolean sql_print_members(const SqlPrinter *printer, const SqlExpr *expr, GError **error);

/* --- expression_call_sql.c ---------------------------------------------------------------------- */

gboolean sql_print_call(const SqlPrinter *printer, const SqlExpr *call, GError **error);

#endif
