/* Calls of functions and aggregates as Redshift's SQL. */
#include <string.h>

#include "base/error.h"
#include "sql/expression_print.h"
#include "sql/function.h"

static gboolean print_arguments(const SqlPrinter *printer, const SqlExpr *call, guint from,
                                const char *separator, GError **error)
{
    gboolean tight = *separator != ',';
    for (guint i = from; i < call->parts->len; i++) {
        g_string_append(printer->out, i > from ? separator : "");
        gboolean printed = tight ? sql_print_as_text(printer, sql_expr_part(call, i), error)
                                 : sql_print_expr(printer, sql_expr_part(call, i), FALSE, error);
        if (!printed)
            return FALSE;
    }
    return TRUE;
}

/* Whole numbers have whole means on Redshift: AVG(1, 2) is 1 (Redshift guide, "AVG function"). */
static gboolean print_mean(const SqlPrinter *printer, const SqlExpr *call, GError **error)
{
    const SqlExpr *part = sql_expr_part(call, 0);
    if (part->value != SQL_VALUE_INTEGER)
        return sql_print_expr(printer, part, FALSE, error);
    return sql_print_wrapped(printer, "CAST(", part, " AS FLOAT8)", FALSE, error);
}

/* The order within the list is that of the values, so that it is the same every time. */
static gboolean print_list_call(const SqlPrinter *printer, const SqlExpr *call, GError **error)
{
    const SqlExpr *value = sql_expr_part(call, 0);
    if (!sql_print_as_text(printer, value, error))
        return FALSE;
    g_string_append(printer->out, ", ");
    if (call->parts->len == 1)
        g_string_append(printer->out, "', '");
    else if (!sql_print_expr(printer, sql_expr_part(call, 1), FALSE, error))
        return FALSE;
    g_string_append(printer->out, ") WITHIN GROUP (ORDER BY ");
    return sql_print_as_text(printer, value, error);
}

static gboolean print_aggregate(const SqlPrinter *printer, const SqlExpr *call,
                                const SqlFunction *function, GError **error)
{
    if (call->approximate && (function->form != SQL_FUNCTION_COUNT || !call->distinct))
        return sql_print_refuse(error, "only %s is approximate", "count(distinct ..)");
    if (call->distinct && call->parts->len == 0)
        return sql_print_refuse(error, "%s(distinct) needs what it counts", call->name);
    g_string_append_printf(printer->out, "%s%s(%s", call->approximate ? "APPROXIMATE " : "",
                           function->sql, call->distinct ? "DISTINCT " : "");
    gboolean printed;
    if (call->parts->len == 0)
        printed = g_string_append_c(printer->out, '*') != NULL;
    else if (function->form == SQL_FUNCTION_LIST)
        printed = print_list_call(printer, call, error);
    else if (function->form == SQL_FUNCTION_MEAN)
        printed = print_mean(printer, call, error);
    else
        printed = sql_print_expr(printer, sql_expr_part(call, 0), FALSE, error);
    g_string_append_c(printer->out, ')');
    return printed;
}

static gboolean print_unit(const SqlPrinter *printer, const SqlExpr *unit, GError **error)
{
    static const char *const others[] = {"dow", "doy", "epoch", NULL};
    const char *name = unit->kind == SQL_EXPR_VALUE || sql_expr_is_column(unit) ? unit->name : NULL;
    if (name == NULL || (!g_strv_contains(sql_range_units, name) && !g_strv_contains(others, name)))
        return sql_print_refuse(error, "\"%s\" is no unit of time", name != NULL ? name : "");
    g_string_append_printf(printer->out, "'%s', ", name);
    return TRUE;
}

static gboolean print_function(const SqlPrinter *printer, const SqlExpr *call,
                               const SqlFunction *function, GError **error)
{
    GString *out = printer->out;
    switch (function->form) {
    case SQL_FUNCTION_BARE:
        g_string_append(out, function->sql);
        return TRUE;
    case SQL_FUNCTION_JOINED:
        g_string_append_c(out, '(');
        if (!print_arguments(printer, call, 0, " || ", error))
            return FALSE;
        break;
    case SQL_FUNCTION_IF:
        return sql_print_wrapped(printer, "CASE WHEN ", sql_expr_part(call, 0), " THEN ", FALSE,
                                 error) &&
               sql_print_wrapped(printer, "", sql_expr_part(call, 1), " ELSE ", FALSE, error) &&
               sql_print_wrapped(printer, "", sql_expr_part(call, 2), " END", FALSE, error);
    case SQL_FUNCTION_ADD_DAYS:
    case SQL_FUNCTION_SUB_DAYS:
        return sql_print_wrapped(printer,
                                 function->form == SQL_FUNCTION_ADD_DAYS ? "CAST(DATEADD(day, "
                                                                         : "CAST(DATEADD(day, - ",
                                 sql_expr_part(call, 1), ", ", TRUE, error) &&
               sql_print_wrapped(printer, "", sql_expr_part(call, 0), ") AS DATE)", FALSE, error);
    case SQL_FUNCTION_UNIT:
        g_string_append_printf(out, "%s(", function->sql);
        if (!print_unit(printer, sql_expr_part(call, 0), error) ||
            !print_arguments(printer, call, 1, ", ", error))
            return FALSE;
        break;
    default:
        g_string_append_printf(out, "%s(", function->sql);
        if (!print_arguments(printer, call, 0, ", ", error))
            return FALSE;
    }
    g_string_append_c(out, ')');
    return TRUE;
}

gboolean sql_print_call(const SqlPrinter *printer, const SqlExpr *call, GError **error)
{
    const SqlFunction *function = sql_function(call->name);
    if (function == NULL) {
        g_autofree char *names = sql_function_names();
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "there is no function %s; there are %s",
                    call->name, names);
        return FALSE;
    }
    guint n = call->parts->len;
    gboolean open = function->most == 0 && function->least > 0;
    if (n < function->least || (!open && n > function->most))
        return sql_print_refuse(error, "%s has the wrong number of arguments", call->name);
    if (sql_function_is_aggregate(function))
        return print_aggregate(printer, call, function, error);
    if (call->distinct || call->approximate)
        return sql_print_refuse(error, "%s is no aggregate: it takes no distinct", call->name);
    return print_function(printer, call, function, error);
}
