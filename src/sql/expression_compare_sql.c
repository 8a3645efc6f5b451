/* Comparisons, AND, OR and NOT as Redshift's SQL. */
#include <string.h>

#include "base/error.h"
#include "sql/expression_print.h"
#include "sql/literal.h"

static gboolean is_null(const SqlExpr *expr)
{
    return expr->kind == SQL_EXPR_VALUE && expr->name == NULL;
}

static gboolean check_value_count(const SqlExpr *test, GError **error)
{
    guint n = test->parts->len - 1;
    gboolean right = n == 1;
    if (test->op == SQL_OP_IS_NULL || test->op == SQL_OP_IS_NOT_NULL || test->op == SQL_OP_DURING)
        right = n == 0;
    else if (test->op == SQL_OP_BETWEEN)
        right = n == 2;
    else if (test->op == SQL_OP_IN)
        right = TRUE;
    if (right)
        return TRUE;
    g_autofree char *left = sql_expr_text(sql_expr_part(test, 0));
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "the filter on %s with \"%s\" has %u values", left,
                sql_operator_typed(test->op), n);
    return FALSE;
}

/* A pattern that finds the text as it stands: escaped by us, or by the server when it is no literal. */
static gboolean print_pattern(const SqlPrinter *printer, SqlOperator op, const SqlExpr *text,
                              GError **error)
{
    static const SqlLikeKind kinds[] = {[SQL_OP_CONTAINS] = SQL_LIKE_CONTAINS,
                                        [SQL_OP_STARTS] = SQL_LIKE_STARTS,
                                        [SQL_OP_ENDS] = SQL_LIKE_ENDS};
    if (text->kind == SQL_EXPR_VALUE) {
        g_autofree char *literal =
            text->name == NULL ? g_strdup("NULL") : sql_like_literal(kinds[op], text->name);
        g_string_append(printer->out, literal);
        return TRUE;
    }
    g_string_append(printer->out, op == SQL_OP_STARTS ? "" : "'%' || ");
    g_string_append(printer->out, "REPLACE(REPLACE(REPLACE(");
    if (!sql_print_as_text(printer, text, error))
        return FALSE;
    g_string_append(printer->out, ", '\\\\', '\\\\\\\\'), '%', '\\\\%'), '_', '\\\\_')");
    g_string_append(printer->out, op == SQL_OP_ENDS ? "" : " || '%'");
    return TRUE;
}

static gboolean print_text_test(const SqlPrinter *printer, const SqlExpr *test, gboolean negated,
                                GError **error)
{
    const SqlExpr *right = sql_expr_part(test, 1);
    if (!sql_print_as_text(printer, sql_expr_part(test, 0), error))
        return FALSE;
    if (test->op == SQL_OP_MATCHES)
        g_string_append(printer->out, negated ? " !~ " : " ~ ");
    else
        g_string_append(printer->out,
                        negated != (test->op == SQL_OP_NOT_LIKE) ? " NOT LIKE " : " LIKE ");
    if (test->op == SQL_OP_CONTAINS || test->op == SQL_OP_STARTS || test->op == SQL_OP_ENDS)
        return print_pattern(printer, test->op, right, error);
    if (right->kind != SQL_EXPR_VALUE)
        return sql_print_as_text(printer, right, error);
    g_autofree char *literal = sql_literal(right->name);
    g_string_append(printer->out, literal);
    return TRUE;
}

/* A value that stands before in the same list says nothing new. */
static gboolean is_repeated(const SqlExpr *test, guint i)
{
    const SqlExpr *value = sql_expr_part(test, i);
    for (guint j = 1; value->kind == SQL_EXPR_VALUE && j < i; j++) {
        const SqlExpr *other = sql_expr_part(test, j);
        if (other->kind == SQL_EXPR_VALUE && other->value == value->value &&
            g_strcmp0(value->name, other->name) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean print_list(const SqlPrinter *printer, const SqlExpr *test, GError **error)
{
    if (sql_expr_part(test, 1)->kind == SQL_EXPR_QUERY)
        return sql_print_expr(printer, sql_expr_part(test, 1), FALSE, error);
    g_string_append_c(printer->out, '(');
    for (guint i = 1; i < test->parts->len; i++) {
        if (is_repeated(test, i))
            continue;
        g_string_append(printer->out, i > 1 ? ", " : "");
        if (!sql_print_beside(printer, sql_expr_part(test, i), sql_expr_part(test, 0)->value,
                              error))
            return FALSE;
    }
    g_string_append_c(printer->out, ')');
    return TRUE;
}

static gboolean print_in(const SqlPrinter *printer, const SqlExpr *test, gboolean negated,
                         GError **error)
{
    if (test->parts->len == 1) { /* no value is in an empty list */
        g_string_append(printer->out, negated ? "TRUE" : "FALSE");
        return TRUE;
    }
    if (!sql_print_beside(printer, sql_expr_part(test, 0), sql_expr_part(test, 1)->value, error))
        return FALSE;
    g_string_append(printer->out, negated ? " NOT IN " : " IN ");
    return print_list(printer, test, error);
}

static gboolean print_between(const SqlPrinter *printer, const SqlExpr *test, gboolean negated,
                              GError **error)
{
    SqlValueKind left = sql_expr_part(test, 0)->value;
    if (!sql_print_beside(printer, sql_expr_part(test, 0), sql_expr_part(test, 1)->value, error))
        return FALSE;
    g_string_append(printer->out, negated ? " NOT BETWEEN " : " BETWEEN ");
    if (!sql_print_beside(printer, sql_expr_part(test, 1), left, error))
        return FALSE;
    g_string_append(printer->out, " AND ");
    return sql_print_beside(printer, sql_expr_part(test, 2), left, error);
}

/* Redshift has no IS NOT DISTINCT FROM. What comes out is never NULL. */
static gboolean print_same(const SqlPrinter *printer, const SqlExpr *test, GError **error)
{
    const SqlExpr *a = sql_expr_part(test, 0), *b = sql_expr_part(test, 1);
    if (is_null(b))
        return sql_print_wrapped(printer, "", a, " IS NULL", TRUE, error);
    if (b->kind != SQL_EXPR_VALUE) {
        if (!sql_print_wrapped(printer, "((", a, " IS NULL AND ", TRUE, error) ||
            !sql_print_wrapped(printer, "", b, " IS NULL) OR (", TRUE, error) ||
            !sql_print_wrapped(printer, "", b, " IS NOT NULL AND ", TRUE, error))
            return FALSE;
    }
    if (!sql_print_wrapped(printer, b->kind == SQL_EXPR_VALUE ? "(" : "", a, " IS NOT NULL AND ",
                           TRUE, error) ||
        !sql_print_beside(printer, a, b->value, error))
        return FALSE;
    g_string_append(printer->out, " = ");
    if (!sql_print_beside(printer, b, a->value, error))
        return FALSE;
    g_string_append(printer->out, b->kind == SQL_EXPR_VALUE ? ")" : "))");
    return TRUE;
}

/* Now, cut to the unit when the range is the calendar's. A DATE is compared with dates, so that the last
 * seven days are seven of them, today included. */
static char *moment(const SqlExpr *test, gint64 step)
{
    const SqlRange *range = &test->range;
    gboolean calendar = range->which == SQL_THIS || range->which == SQL_PREVIOUS;
    gboolean days = sql_expr_part(test, 0)->value == SQL_VALUE_DATE &&
                    !g_str_equal(range->unit, "second") && !g_str_equal(range->unit, "minute") &&
                    !g_str_equal(range->unit, "hour");
    const char *now = days ? "CURRENT_DATE" : "GETDATE()";
    g_autofree char *base =
        calendar ? g_strdup_printf("DATE_TRUNC('%s', %s)", range->unit, now) : g_strdup(now);
    if (step == 0)
        return g_steal_pointer(&base);
    return g_strdup_printf("DATEADD(%s, %" G_GINT64_FORMAT ", %s)", range->unit, step, base);
}

static gboolean print_during(const SqlPrinter *printer, const SqlExpr *test, GError **error)
{
    const SqlRange *range = &test->range;
    if (range->unit == NULL || !g_strv_contains(sql_range_units, range->unit))
        return sql_print_refuse(error, "\"%s\" is no unit of time",
                                range->unit != NULL ? range->unit : "");
    gboolean calendar = range->which == SQL_THIS || range->which == SQL_PREVIOUS;
    if (!calendar && (range->count < 1 || range->count > G_MAXINT32))
        return sql_print_refuse(error, "a range of %ss needs a number of them, at least 1",
                                range->unit);
    gint64 from = range->which == SQL_LAST ? -range->count : range->which == SQL_PREVIOUS ? -1 : 0;
    gint64 to = range->which == SQL_NEXT ? range->count : range->which == SQL_THIS ? 1 : 0;
    g_autofree char *start = moment(test, from), *end = moment(test, to);
    if (!sql_print_wrapped(printer, "(", sql_expr_part(test, 0), calendar ? " >= " : " > ", TRUE,
                           error))
        return FALSE;
    g_string_append_printf(printer->out, "%s AND ", start);
    if (!sql_print_wrapped(printer, "", sql_expr_part(test, 0), calendar ? " < " : " <= ", TRUE,
                           error))
        return FALSE;
    g_string_append_printf(printer->out, "%s)", end);
    return TRUE;
}

static gboolean print_comparison(const SqlPrinter *printer, const SqlExpr *test, GError **error)
{
    const SqlExpr *a = sql_expr_part(test, 0), *b = sql_expr_part(test, 1);
    if (!sql_print_beside(printer, a, b->value, error))
        return FALSE;
    g_string_append_printf(printer->out, " %s ", sql_operator_sql(test->op));
    return sql_print_beside(printer, b, a->value, error);
}

gboolean sql_print_test(const SqlPrinter *printer, const SqlExpr *test, gboolean negated,
                        GError **error)
{
    if (!check_value_count(test, error))
        return FALSE;
    if (sql_operator_is_text(test->op))
        return print_text_test(printer, test, negated, error);
    switch (test->op) {
    case SQL_OP_IN:
        return print_in(printer, test, negated, error);
    case SQL_OP_BETWEEN:
        return print_between(printer, test, negated, error);
    case SQL_OP_IS_NULL:
    case SQL_OP_IS_NOT_NULL:
        return sql_print_wrapped(
            printer, "", sql_expr_part(test, 0),
            negated != (test->op == SQL_OP_IS_NOT_NULL) ? " IS NOT NULL" : " IS NULL", TRUE, error);
    case SQL_OP_SAME:
        return print_same(printer, test, error);
    case SQL_OP_DURING:
        return print_during(printer, test, error);
    default:
        return print_comparison(printer, test, error);
    }
}

static gboolean has_negated_spelling(const SqlExpr *expr)
{
    return expr->kind == SQL_EXPR_TEST &&
           (sql_operator_is_text(expr->op) || expr->op == SQL_OP_IN || expr->op == SQL_OP_BETWEEN ||
            expr->op == SQL_OP_IS_NULL || expr->op == SQL_OP_IS_NOT_NULL);
}

gboolean sql_print_not(const SqlPrinter *printer, const SqlExpr *expr, GError **error)
{
    const SqlExpr *inner = sql_expr_part(expr, 0);
    if (has_negated_spelling(inner))
        return sql_print_test(printer, inner, TRUE, error);
    return sql_print_wrapped(printer, "NOT ", inner, "", TRUE, error);
}

gboolean sql_print_members(const SqlPrinter *printer, const SqlExpr *expr, GError **error)
{
    gboolean all = expr->kind == SQL_EXPR_ALL;
    if (expr->parts->len == 0)
        g_string_append(printer->out, all ? "TRUE" : "FALSE");
    for (guint i = 0; i < expr->parts->len; i++) {
        const SqlExpr *part = sql_expr_part(expr, i);
        gboolean group = part->kind == SQL_EXPR_ALL || part->kind == SQL_EXPR_ANY;
        if (!sql_print_wrapped(printer,
                               i == 0 ? ""
                               : all  ? " AND "
                                      : " OR ",
                               part, "", group, error))
            return FALSE;
    }
    return TRUE;
}
