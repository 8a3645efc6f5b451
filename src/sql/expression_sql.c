/* Expressions as Redshift's SQL: columns, values, arithmetic, casts, CASE and sub-queries. */
#include <string.h>

#include "base/error.h"
#include "sql/expression_print.h"
#include "sql/function.h"
#include "sql/ident.h"

gboolean sql_print_refuse(GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, RS_ERROR, RS_ERROR_USAGE, message);
    return FALSE;
}

SqlExpr *sql_expr_part(const SqlExpr *expr, guint i)
{
    return expr->parts->pdata[i];
}

/* --- columns ------------------------------------------------------------------------------------*/

static gboolean has_joins(const SqlQuery *query)
{
    for (guint i = 0; i < query->joins->len; i++)
        if (!((const SqlJoin *)query->joins->pdata[i])->off)
            return TRUE;
    return FALSE;
}

static const char *join_name(const SqlJoin *join)
{
    return join->alias != NULL ? join->alias : join->relation;
}

static gboolean is_source(const SqlPrinter *printer, const char *name)
{
    for (; printer != NULL; printer = printer->outer) {
        const SqlQuery *query = printer->query;
        if (g_strcmp0(sql_query_name(query), name) == 0)
            return TRUE;
        for (guint i = 0; i < query->joins->len; i++) {
            const SqlJoin *join = query->joins->pdata[i];
            if (!join->off && g_strcmp0(join_name(join), name) == 0)
                return TRUE;
        }
    }
    return FALSE;
}

static gboolean print_step(const SqlPrinter *printer, const SqlStep *step, GError **error)
{
    if (step->field == NULL) {
        g_string_append_printf(printer->out, "[%" G_GINT64_FORMAT "]", step->index);
        return TRUE;
    }
    if (!sql_ident_check(step->field, "field", error))
        return FALSE;
    g_autofree char *field = sql_ident(step->field);
    g_string_append_printf(printer->out, ".%s", field);
    return TRUE;
}

/* The first name of a path would be read as a relation's: a path is always qualified. */
static gboolean print_column(const SqlPrinter *printer, const SqlExpr *expr, GError **error)
{
    if (!sql_ident_check(expr->name, "column", error))
        return FALSE;
    const char *qualifier = expr->qualifier;
    if (qualifier != NULL && !is_source(printer, qualifier))
        return sql_print_refuse(
            error, "the query reads no relation called \"%s\": is its join off?", qualifier);
    if (qualifier == NULL && (expr->path != NULL || has_joins(printer->query)))
        qualifier = sql_query_name(printer->query);
    g_autofree char *name = sql_ident_pair(qualifier, expr->name);
    g_string_append(printer->out, name);
    for (guint i = 0; expr->path != NULL && i < expr->path->len; i++)
        if (!print_step(printer, expr->path->pdata[i], error))
            return FALSE;
    return TRUE;
}

/* --- operands -----------------------------------------------------------------------------------*/

/* before expr after */
gboolean sql_print_wrapped(const SqlPrinter *printer, const char *before, const SqlExpr *expr,
                           const char *after, gboolean tight, GError **error)
{
    g_string_append(printer->out, before);
    if (!sql_print_expr(printer, expr, tight, error))
        return FALSE;
    g_string_append(printer->out, after);
    return TRUE;
}

static gboolean boolean_as_text(const SqlPrinter *printer, const SqlExpr *expr, GError **error)
{
    return sql_print_wrapped(printer, "CASE WHEN ", expr, " THEN 'true' WHEN NOT ", TRUE, error) &&
           sql_print_wrapped(printer, "", expr, " THEN 'false' END", TRUE, error);
}

/* Redshift has no cast from BOOLEAN to VARCHAR; VARBYTE shows as hex; a plain VARCHAR is cut at 256
 * bytes, which only a SUPER can exceed (Redshift guide, "Character types"). */
gboolean sql_print_as_text(const SqlPrinter *printer, const SqlExpr *expr, GError **error)
{
    switch (expr->value) {
    case SQL_VALUE_TEXT:
    case SQL_VALUE_UNKNOWN:
        return sql_print_expr(printer, expr, TRUE, error);
    case SQL_VALUE_BOOLEAN:
        return boolean_as_text(printer, expr, error);
    case SQL_VALUE_BYTES:
        return sql_print_wrapped(printer, "FROM_VARBYTE(", expr, ", 'hex')", FALSE, error);
    case SQL_VALUE_SUPER:
        if (expr->path == NULL)
            return sql_print_wrapped(printer, "JSON_SERIALIZE(", expr, ")", FALSE, error);
        return sql_print_wrapped(printer, "CAST(", expr, " AS VARCHAR(MAX))", FALSE, error);
    default:
        return sql_print_wrapped(printer, "CAST(", expr, " AS VARCHAR)", FALSE, error);
    }
}

/* A SUPER is compared as what the other side is; anything else as it is. */
gboolean sql_print_beside(const SqlPrinter *printer, const SqlExpr *expr, SqlValueKind other,
                          GError **error)
{
    if (expr->value != SQL_VALUE_SUPER || expr->kind != SQL_EXPR_COLUMN)
        return sql_print_expr(printer, expr, TRUE, error);
    switch (other) {
    case SQL_VALUE_TEXT:
    case SQL_VALUE_SUPER:
        return sql_print_as_text(printer, expr, error);
    case SQL_VALUE_INTEGER:
    case SQL_VALUE_DECIMAL:
        return sql_print_wrapped(printer, "CAST(", expr, " AS DECIMAL(38,10))", FALSE, error);
    case SQL_VALUE_FLOAT:
        return sql_print_wrapped(printer, "CAST(", expr, " AS FLOAT8)", FALSE, error);
    case SQL_VALUE_BOOLEAN:
        return sql_print_wrapped(printer, "CAST(", expr, " AS BOOLEAN)", FALSE, error);
    default:
        return sql_print_expr(printer, expr, TRUE, error);
    }
}

/* --- the rest -----------------------------------------------------------------------------------*/

static gboolean print_operation(const SqlPrinter *printer, const SqlExpr *expr, GError **error)
{
    static const char *const operators[] = {"+", "-", "*", "/", "%", "||", NULL};
    if (!g_strv_contains(operators, expr->name))
        return sql_print_refuse(error, "\"%s\" is no operator", expr->name);
    const SqlExpr *a = sql_expr_part(expr, 0);
    if (expr->parts->len == 1)
        return sql_print_wrapped(printer, "- ", a, "", TRUE, error);
    const SqlExpr *b = sql_expr_part(expr, 1);
    if (strcmp(expr->name, "||") == 0) {
        if (!sql_print_as_text(printer, a, error))
            return FALSE;
        g_string_append(printer->out, " || ");
        return sql_print_as_text(printer, b, error);
    }
    /* Whole numbers divide to numbers, as in Spark, not to whole ones. */
    gboolean whole = strcmp(expr->name, "/") == 0 && a->value == SQL_VALUE_INTEGER &&
                     b->value == SQL_VALUE_INTEGER;
    if (!sql_print_wrapped(printer, whole ? "CAST(" : "", a, whole ? " AS FLOAT8)" : "", !whole,
                           error))
        return FALSE;
    g_string_append_printf(printer->out, " %s ", expr->name);
    return sql_print_expr(printer, b, TRUE, error);
}

static gboolean print_cast(const SqlPrinter *printer, const SqlExpr *expr, GError **error)
{
    SqlValueKind kind;
    g_autofree char *type = sql_type_checked(expr->name, &kind);
    const SqlExpr *part = sql_expr_part(expr, 0);
    if (type == NULL)
        return sql_print_refuse(error, "there is no type \"%s\" to cast to", expr->name);
    g_string_append(printer->out, "CAST(");
    gboolean printed = kind == SQL_VALUE_TEXT && part->value == SQL_VALUE_BOOLEAN
                           ? boolean_as_text(printer, part, error)
                           : sql_print_expr(printer, part, FALSE, error);
    g_string_append_printf(printer->out, " AS %s)", type);
    return printed;
}

static gboolean print_case(const SqlPrinter *printer, const SqlExpr *expr, GError **error)
{
    guint n = expr->parts->len;
    if (n < 2)
        return sql_print_refuse(error, "%s needs a condition and a result", "case");
    g_string_append(printer->out, "CASE");
    for (guint i = 0; i + 1 < n; i += 2)
        if (!sql_print_wrapped(printer, " WHEN ", sql_expr_part(expr, i), " THEN ", FALSE, error) ||
            !sql_print_expr(printer, sql_expr_part(expr, i + 1), FALSE, error))
            return FALSE;
    if (n % 2 == 1 &&
        !sql_print_wrapped(printer, " ELSE ", sql_expr_part(expr, n - 1), "", FALSE, error))
        return FALSE;
    g_string_append(printer->out, " END");
    return TRUE;
}

static gboolean print_value(const SqlPrinter *printer, const SqlExpr *expr, GError **error)
{
    g_autofree char *literal = sql_typed_literal(expr->value, expr->name, error);
    if (literal != NULL)
        g_string_append(printer->out, literal);
    return literal != NULL;
}

static gboolean print_sub_query(const SqlPrinter *printer, const SqlExpr *expr, GError **error)
{
    g_string_append(printer->out, expr->kind == SQL_EXPR_EXISTS ? "EXISTS (" : "(");
    if (!sql_print_query(printer->out, expr->query, NULL, printer, error))
        return FALSE;
    g_string_append_c(printer->out, ')');
    return TRUE;
}

static gboolean print_bare(const SqlPrinter *printer, const SqlExpr *expr, GError **error)
{
    switch (expr->kind) {
    case SQL_EXPR_COLUMN:
        return print_column(printer, expr, error);
    case SQL_EXPR_VALUE:
        return print_value(printer, expr, error);
    case SQL_EXPR_CALL:
        return sql_print_call(printer, expr, error);
    case SQL_EXPR_OPERATE:
        return print_operation(printer, expr, error);
    case SQL_EXPR_CAST:
        return print_cast(printer, expr, error);
    case SQL_EXPR_CASE:
        return print_case(printer, expr, error);
    case SQL_EXPR_TEST:
        return sql_print_test(printer, expr, FALSE, error);
    case SQL_EXPR_ALL:
    case SQL_EXPR_ANY:
        return sql_print_members(printer, expr, error);
    case SQL_EXPR_NOT:
        return sql_print_not(printer, expr, error);
    default:
        return print_sub_query(printer, expr, error);
    }
}

gboolean sql_print_expr(const SqlPrinter *printer, const SqlExpr *expr, gboolean tight,
                        GError **error)
{
    gboolean compound = expr->kind == SQL_EXPR_OPERATE ||
                        (expr->kind >= SQL_EXPR_TEST && expr->kind <= SQL_EXPR_NOT);
    if (tight && compound)
        g_string_append_c(printer->out, '(');
    if (!print_bare(printer, expr, error))
        return FALSE;
    if (tight && compound)
        g_string_append_c(printer->out, ')');
    return TRUE;
}
