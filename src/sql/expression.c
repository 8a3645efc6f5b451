#include "sql/expression.h"

#include <string.h>

#include "sql/function.h"
#include "sql/query.h"

const char *const sql_range_units[] = {"second", "minute",  "hour", "day", "week",
                                       "month",  "quarter", "year", NULL};

static void free_part(gpointer data)
{
    sql_expr_free(data);
}

static void free_step(gpointer data)
{
    SqlStep *step = data;
    g_free(step->field);
    g_free(step);
}

static SqlExpr *expr_new(SqlExprKind kind, SqlValueKind value, const char *name)
{
    SqlExpr *expr = g_new0(SqlExpr, 1);
    expr->kind = kind;
    expr->value = value;
    expr->name = g_strdup(name);
    expr->parts = g_ptr_array_new_with_free_func(free_part);
    return expr;
}

void sql_expr_free(SqlExpr *expr)
{
    if (expr == NULL)
        return;
    g_free(expr->qualifier);
    g_free(expr->name);
    g_free(expr->range.unit);
    g_ptr_array_unref(expr->parts);
    g_clear_pointer(&expr->path, g_ptr_array_unref);
    sql_query_free(expr->query);
    g_free(expr);
}

SqlExpr *sql_expr_copy(const SqlExpr *expr)
{
    if (expr == NULL)
        return NULL;
    SqlExpr *copy = expr_new(expr->kind, expr->value, expr->name);
    copy->op = expr->op;
    copy->qualifier = g_strdup(expr->qualifier);
    copy->distinct = expr->distinct;
    copy->approximate = expr->approximate;
    copy->range = expr->range;
    copy->range.unit = g_strdup(expr->range.unit);
    copy->query = expr->query == NULL ? NULL : sql_query_copy(expr->query);
    for (guint i = 0; i < expr->parts->len; i++)
        g_ptr_array_add(copy->parts, sql_expr_copy(expr->parts->pdata[i]));
    for (guint i = 0; expr->path != NULL && i < expr->path->len; i++) {
        const SqlStep *step = expr->path->pdata[i];
        sql_expr_step(copy, step->field, step->index);
    }
    copy->value = expr->value; /* a step makes it a SUPER, which it was already */
    return copy;
}

SqlExpr *sql_expr_column(const char *qualifier, const char *name, SqlValueKind kind)
{
    SqlExpr *expr = expr_new(SQL_EXPR_COLUMN, kind, name);
    expr->qualifier = g_strdup(qualifier);
    return expr;
}

void sql_expr_step(SqlExpr *column, const char *field, gint64 index)
{
    if (column->path == NULL)
        column->path = g_ptr_array_new_with_free_func(free_step);
    SqlStep *step = g_new0(SqlStep, 1);
    step->field = g_strdup(field);
    step->index = index;
    g_ptr_array_add(column->path, step);
    column->value = SQL_VALUE_SUPER;
}

SqlExpr *sql_expr_value(SqlValueKind kind, const char *text)
{
    return expr_new(SQL_EXPR_VALUE, kind, text);
}

SqlExpr *sql_expr_call(const char *function)
{
    g_autofree char *name = g_ascii_strdown(function, -1);
    const SqlFunction *row = sql_function(name);
    return expr_new(SQL_EXPR_CALL, row != NULL ? row->result : SQL_VALUE_UNKNOWN, name);
}

static gboolean is_float(SqlValueKind kind)
{
    return kind == SQL_VALUE_FLOAT || kind == SQL_VALUE_REAL;
}

/* What arithmetic makes of two kinds. */
static SqlValueKind combine(const char *op, SqlValueKind a, SqlValueKind b)
{
    if (strcmp(op, "||") == 0)
        return SQL_VALUE_TEXT;
    if (is_float(a) || is_float(b))
        return SQL_VALUE_FLOAT;
    if (a == SQL_VALUE_INTEGER && b == SQL_VALUE_INTEGER)
        return strcmp(op, "/") == 0 ? SQL_VALUE_FLOAT : SQL_VALUE_INTEGER;
    if (a == SQL_VALUE_DATE || b == SQL_VALUE_DATE)
        return a == b ? SQL_VALUE_INTEGER : SQL_VALUE_DATE;
    if ((a == SQL_VALUE_DECIMAL || a == SQL_VALUE_INTEGER) &&
        (b == SQL_VALUE_DECIMAL || b == SQL_VALUE_INTEGER))
        return SQL_VALUE_DECIMAL;
    return SQL_VALUE_UNKNOWN;
}

SqlExpr *sql_expr_operate(const char *op, SqlExpr *a, SqlExpr *b)
{
    SqlValueKind kind = b == NULL ? a->value : combine(op, a->value, b->value);
    SqlExpr *expr = sql_expr_add(expr_new(SQL_EXPR_OPERATE, kind, op), a);
    expr->value = kind;
    if (b != NULL)
        g_ptr_array_add(expr->parts, b);
    return expr;
}

SqlExpr *sql_expr_cast(SqlExpr *expr, const char *type)
{
    SqlValueKind kind = SQL_VALUE_UNKNOWN;
    g_free(sql_type_checked(type, &kind)); /* only what it gives is wanted here */
    SqlExpr *cast = expr_new(SQL_EXPR_CAST, kind, type);
    g_ptr_array_add(cast->parts, expr);
    return cast;
}

SqlExpr *sql_expr_case(void)
{
    return expr_new(SQL_EXPR_CASE, SQL_VALUE_UNKNOWN, NULL);
}

SqlExpr *sql_expr_test(SqlExpr *left, SqlOperator op, SqlExpr *right)
{
    SqlExpr *expr = expr_new(SQL_EXPR_TEST, SQL_VALUE_BOOLEAN, NULL);
    expr->op = op;
    g_ptr_array_add(expr->parts, left);
    if (right != NULL)
        g_ptr_array_add(expr->parts, right);
    return expr;
}

SqlExpr *sql_expr_during(SqlExpr *left, SqlRangeWhich which, gint64 count, const char *unit)
{
    SqlExpr *expr = sql_expr_test(left, SQL_OP_DURING, NULL);
    expr->range = (SqlRange){which, count, g_strdup(unit)};
    return expr;
}

SqlExpr *sql_expr_all(void)
{
    return expr_new(SQL_EXPR_ALL, SQL_VALUE_BOOLEAN, NULL);
}

SqlExpr *sql_expr_any(void)
{
    return expr_new(SQL_EXPR_ANY, SQL_VALUE_BOOLEAN, NULL);
}

SqlExpr *sql_expr_not(SqlExpr *condition)
{
    return sql_expr_add(expr_new(SQL_EXPR_NOT, SQL_VALUE_BOOLEAN, NULL), condition);
}

SqlExpr *sql_expr_exists(SqlQuery *query)
{
    SqlExpr *expr = expr_new(SQL_EXPR_EXISTS, SQL_VALUE_BOOLEAN, NULL);
    expr->query = query;
    return expr;
}

SqlExpr *sql_expr_query(SqlQuery *query)
{
    SqlExpr *expr = expr_new(SQL_EXPR_QUERY, SQL_VALUE_UNKNOWN, NULL);
    expr->query = query;
    return expr;
}

/* A function whose result is of its argument's kind takes the kind of the last; CASE that of its
 * results. */
static void take_kind(SqlExpr *expr, const SqlExpr *part)
{
    if (expr->kind == SQL_EXPR_CALL) {
        const SqlFunction *function = sql_function(expr->name);
        if (function != NULL && function->result == SQL_VALUE_UNKNOWN &&
            part->value != SQL_VALUE_UNKNOWN)
            expr->value = part->value;
    } else if (expr->kind == SQL_EXPR_CASE && expr->parts->len % 2 == 0) {
        expr->value = part->value;
    }
}

SqlExpr *sql_expr_add(SqlExpr *expr, SqlExpr *part)
{
    g_ptr_array_add(expr->parts, part);
    take_kind(expr, part);
    return expr;
}

gboolean sql_expr_is_condition(const SqlExpr *expr)
{
    switch (expr->kind) {
    case SQL_EXPR_TEST:
    case SQL_EXPR_ALL:
    case SQL_EXPR_ANY:
    case SQL_EXPR_NOT:
    case SQL_EXPR_EXISTS:
        return TRUE;
    default:
        return expr->value == SQL_VALUE_BOOLEAN;
    }
}

gboolean sql_expr_is_aggregate(const SqlExpr *expr)
{
    const SqlFunction *function = expr->kind == SQL_EXPR_CALL ? sql_function(expr->name) : NULL;
    if (function != NULL && sql_function_is_aggregate(function))
        return TRUE;
    for (guint i = 0; i < expr->parts->len; i++)
        if (sql_expr_is_aggregate(expr->parts->pdata[i]))
            return TRUE;
    return FALSE;
}

gboolean sql_expr_is_column(const SqlExpr *expr)
{
    return expr->kind == SQL_EXPR_COLUMN && expr->path == NULL;
}
