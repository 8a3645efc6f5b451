/* Expressions as Redshift's SQL. */
#include <string.h>

#include "base/error.h"
#include "sql/function.h"
#include "sql/ident.h"
#include "sql/query_private.h"

G_GNUC_PRINTF(2, 3) static gboolean refuse(GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, RS_ERROR, RS_ERROR_USAGE, message);
    return FALSE;
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
        return refuse(error, "the query reads no relation called \"%s\": is its join off?",
                      qualifier);
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
static gboolean wrap(const SqlPrinter *printer, const char *before, const SqlExpr *expr,
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
    return wrap(printer, "CASE WHEN ", expr, " THEN 'true' WHEN NOT ", TRUE, error) &&
           wrap(printer, "", expr, " THEN 'false' END", TRUE, error);
}

/* Redshift has no cast from BOOLEAN to VARCHAR; VARBYTE shows as hex; a plain VARCHAR is cut at 256
 * bytes, which only a SUPER can exceed (Redshift guide, "Character types"). */
static gboolean print_as_text(const SqlPrinter *printer, const SqlExpr *expr, GError **error)
{
    switch (expr->value) {
    case SQL_VALUE_TEXT:
    case SQL_VALUE_UNKNOWN:
        return sql_print_expr(printer, expr, TRUE, error);
    case SQL_VALUE_BOOLEAN:
        return boolean_as_text(printer, expr, error);
    case SQL_VALUE_BYTES:
        return wrap(printer, "FROM_VARBYTE(", expr, ", 'hex')", FALSE, error);
    case SQL_VALUE_SUPER:
        if (expr->path == NULL)
            return wrap(printer, "JSON_SERIALIZE(", expr, ")", FALSE, error);
        return wrap(printer, "CAST(", expr, " AS VARCHAR(MAX))", FALSE, error);
    default:
        return wrap(printer, "CAST(", expr, " AS VARCHAR)", FALSE, error);
    }
}

/* A SUPER is compared as what the other side is; anything else as it is. */
static gboolean print_beside(const SqlPrinter *printer, const SqlExpr *expr, SqlValueKind other,
                             GError **error)
{
    if (expr->value != SQL_VALUE_SUPER || expr->kind != SQL_EXPR_COLUMN)
        return sql_print_expr(printer, expr, TRUE, error);
    switch (other) {
    case SQL_VALUE_TEXT:
    case SQL_VALUE_SUPER:
        return print_as_text(printer, expr, error);
    case SQL_VALUE_INTEGER:
    case SQL_VALUE_DECIMAL:
        return wrap(printer, "CAST(", expr, " AS DECIMAL(38,10))", FALSE, error);
    case SQL_VALUE_FLOAT:
        return wrap(printer, "CAST(", expr, " AS FLOAT8)", FALSE, error);
    case SQL_VALUE_BOOLEAN:
        return wrap(printer, "CAST(", expr, " AS BOOLEAN)", FALSE, error);
    default:
        return sql_print_expr(printer, expr, TRUE, error);
    }
}

/* --- comparisons --------------------------------------------------------------------------------*/

static SqlExpr *part_of(const SqlExpr *expr, guint i)
{
    return expr->parts->pdata[i];
}

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
    g_autofree char *left = sql_expr_text(part_of(test, 0));
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
    if (!print_as_text(printer, text, error))
        return FALSE;
    g_string_append(printer->out, ", '\\\\', '\\\\\\\\'), '%', '\\\\%'), '_', '\\\\_')");
    g_string_append(printer->out, op == SQL_OP_ENDS ? "" : " || '%'");
    return TRUE;
}

static gboolean print_text_test(const SqlPrinter *printer, const SqlExpr *test, gboolean negated,
                                GError **error)
{
    const SqlExpr *right = part_of(test, 1);
    if (!print_as_text(printer, part_of(test, 0), error))
        return FALSE;
    if (test->op == SQL_OP_MATCHES)
        g_string_append(printer->out, negated ? " !~ " : " ~ ");
    else
        g_string_append(printer->out,
                        negated != (test->op == SQL_OP_NOT_LIKE) ? " NOT LIKE " : " LIKE ");
    if (test->op == SQL_OP_CONTAINS || test->op == SQL_OP_STARTS || test->op == SQL_OP_ENDS)
        return print_pattern(printer, test->op, right, error);
    if (right->kind != SQL_EXPR_VALUE)
        return print_as_text(printer, right, error);
    g_autofree char *literal = sql_literal(right->name);
    g_string_append(printer->out, literal);
    return TRUE;
}

/* A value that stands before in the same list says nothing new. */
static gboolean is_repeated(const SqlExpr *test, guint i)
{
    const SqlExpr *value = part_of(test, i);
    for (guint j = 1; value->kind == SQL_EXPR_VALUE && j < i; j++) {
        const SqlExpr *other = part_of(test, j);
        if (other->kind == SQL_EXPR_VALUE && other->value == value->value &&
            g_strcmp0(value->name, other->name) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean print_list(const SqlPrinter *printer, const SqlExpr *test, GError **error)
{
    if (part_of(test, 1)->kind == SQL_EXPR_QUERY)
        return sql_print_expr(printer, part_of(test, 1), FALSE, error);
    g_string_append_c(printer->out, '(');
    for (guint i = 1; i < test->parts->len; i++) {
        if (is_repeated(test, i))
            continue;
        g_string_append(printer->out, i > 1 ? ", " : "");
        if (!print_beside(printer, part_of(test, i), part_of(test, 0)->value, error))
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
    if (!print_beside(printer, part_of(test, 0), part_of(test, 1)->value, error))
        return FALSE;
    g_string_append(printer->out, negated ? " NOT IN " : " IN ");
    return print_list(printer, test, error);
}

static gboolean print_between(const SqlPrinter *printer, const SqlExpr *test, gboolean negated,
                              GError **error)
{
    SqlValueKind left = part_of(test, 0)->value;
    if (!print_beside(printer, part_of(test, 0), part_of(test, 1)->value, error))
        return FALSE;
    g_string_append(printer->out, negated ? " NOT BETWEEN " : " BETWEEN ");
    if (!print_beside(printer, part_of(test, 1), left, error))
        return FALSE;
    g_string_append(printer->out, " AND ");
    return print_beside(printer, part_of(test, 2), left, error);
}

/* Redshift has no IS NOT DISTINCT FROM. What comes out is never NULL. */
static gboolean print_same(const SqlPrinter *printer, const SqlExpr *test, GError **error)
{
    const SqlExpr *a = part_of(test, 0), *b = part_of(test, 1);
    if (is_null(b))
        return wrap(printer, "", a, " IS NULL", TRUE, error);
    if (b->kind != SQL_EXPR_VALUE) {
        if (!wrap(printer, "((", a, " IS NULL AND ", TRUE, error) ||
            !wrap(printer, "", b, " IS NULL) OR (", TRUE, error) ||
            !wrap(printer, "", b, " IS NOT NULL AND ", TRUE, error))
            return FALSE;
    }
    if (!wrap(printer, b->kind == SQL_EXPR_VALUE ? "(" : "", a, " IS NOT NULL AND ", TRUE, error) ||
        !print_beside(printer, a, b->value, error))
        return FALSE;
    g_string_append(printer->out, " = ");
    if (!print_beside(printer, b, a->value, error))
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
    gboolean days = part_of(test, 0)->value == SQL_VALUE_DATE &&
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
        return refuse(error, "\"%s\" is no unit of time", range->unit != NULL ? range->unit : "");
    gboolean calendar = range->which == SQL_THIS || range->which == SQL_PREVIOUS;
    if (!calendar && (range->count < 1 || range->count > G_MAXINT32))
        return refuse(error, "a range of %ss needs a number of them, at least 1", range->unit);
    gint64 from = range->which == SQL_LAST ? -range->count : range->which == SQL_PREVIOUS ? -1 : 0;
    gint64 to = range->which == SQL_NEXT ? range->count : range->which == SQL_THIS ? 1 : 0;
    g_autofree char *start = moment(test, from), *end = moment(test, to);
    if (!wrap(printer, "(", part_of(test, 0), calendar ? " >= " : " > ", TRUE, error))
        return FALSE;
    g_string_append_printf(printer->out, "%s AND ", start);
    if (!wrap(printer, "", part_of(test, 0), calendar ? " < " : " <= ", TRUE, error))
        return FALSE;
    g_string_append_printf(printer->out, "%s)", end);
    return TRUE;
}

static gboolean print_comparison(const SqlPrinter *printer, const SqlExpr *test, GError **error)
{
    const SqlExpr *a = part_of(test, 0), *b = part_of(test, 1);
    if (!print_beside(printer, a, b->value, error))
        return FALSE;
    g_string_append_printf(printer->out, " %s ", sql_operator_sql(test->op));
    return print_beside(printer, b, a->value, error);
}

/* The operators that have a negated spelling take it; negated is FALSE for the others. */
static gboolean print_test(const SqlPrinter *printer, const SqlExpr *test, gboolean negated,
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
        return wrap(printer, "", part_of(test, 0),
                    negated != (test->op == SQL_OP_IS_NOT_NULL) ? " IS NOT NULL" : " IS NULL", TRUE,
                    error);
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

static gboolean print_not(const SqlPrinter *printer, const SqlExpr *expr, GError **error)
{
    const SqlExpr *inner = part_of(expr, 0);
    if (has_negated_spelling(inner))
        return print_test(printer, inner, TRUE, error);
    return wrap(printer, "NOT ", inner, "", TRUE, error);
}

static gboolean print_members(const SqlPrinter *printer, const SqlExpr *expr, GError **error)
{
    gboolean all = expr->kind == SQL_EXPR_ALL;
    if (expr->parts->len == 0)
        g_string_append(printer->out, all ? "TRUE" : "FALSE");
    for (guint i = 0; i < expr->parts->len; i++) {
        const SqlExpr *part = part_of(expr, i);
        gboolean group = part->kind == SQL_EXPR_ALL || part->kind == SQL_EXPR_ANY;
        if (!wrap(printer, i == 0 ? "" : all ? " AND " : " OR ", part, "", group, error))
            return FALSE;
    }
    return TRUE;
}

/* --- functions ----------------------------------------------------------------------------------*/

static gboolean print_arguments(const SqlPrinter *printer, const SqlExpr *call, guint from,
                                const char *separator, GError **error)
{
    gboolean tight = *separator != ',';
    for (guint i = from; i < call->parts->len; i++) {
        g_string_append(printer->out, i > from ? separator : "");
        gboolean printed = tight ? print_as_text(printer, part_of(call, i), error)
                                 : sql_print_expr(printer, part_of(call, i), FALSE, error);
        if (!printed)
            return FALSE;
    }
    return TRUE;
}

/* Whole numbers have whole means on Redshift: AVG(1, 2) is 1 (Redshift guide, "AVG function"). */
static gboolean print_mean(const SqlPrinter *printer, const SqlExpr *call, GError **error)
{
    const SqlExpr *part = part_of(call, 0);
    if (part->value != SQL_VALUE_INTEGER)
        return sql_print_expr(printer, part, FALSE, error);
    return wrap(printer, "CAST(", part, " AS FLOAT8)", FALSE, error);
}

/* The order within the list is that of the values, so that it is the same every time. */
static gboolean print_list_call(const SqlPrinter *printer, const SqlExpr *call, GError **error)
{
    const SqlExpr *value = part_of(call, 0);
    if (!print_as_text(printer, value, error))
        return FALSE;
    g_string_append(printer->out, ", ");
    if (call->parts->len == 1)
        g_string_append(printer->out, "', '");
    else if (!sql_print_expr(printer, part_of(call, 1), FALSE, error))
        return FALSE;
    g_string_append(printer->out, ") WITHIN GROUP (ORDER BY ");
    return print_as_text(printer, value, error);
}

static gboolean print_aggregate(const SqlPrinter *printer, const SqlExpr *call,
                                const SqlFunction *function, GError **error)
{
    if (call->approximate && (function->form != SQL_FUNCTION_COUNT || !call->distinct))
        return refuse(error, "only %s is approximate", "count(distinct ..)");
    if (call->distinct && call->parts->len == 0)
        return refuse(error, "%s(distinct) needs what it counts", call->name);
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
        printed = sql_print_expr(printer, part_of(call, 0), FALSE, error);
    g_string_append_c(printer->out, ')');
    return printed;
}

static gboolean print_unit(const SqlPrinter *printer, const SqlExpr *unit, GError **error)
{
    static const char *const others[] = {"dow", "doy", "epoch", NULL};
    const char *name = unit->kind == SQL_EXPR_VALUE || sql_expr_is_column(unit) ? unit->name : NULL;
    if (name == NULL || (!g_strv_contains(sql_range_units, name) && !g_strv_contains(others, name)))
        return refuse(error, "\"%s\" is no unit of time", name != NULL ? name : "");
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
        return wrap(printer, "CASE WHEN ", part_of(call, 0), " THEN ", FALSE, error) &&
               wrap(printer, "", part_of(call, 1), " ELSE ", FALSE, error) &&
               wrap(printer, "", part_of(call, 2), " END", FALSE, error);
    case SQL_FUNCTION_ADD_DAYS:
    case SQL_FUNCTION_SUB_DAYS:
        return wrap(printer,
                    function->form == SQL_FUNCTION_ADD_DAYS ? "CAST(DATEADD(day, "
                                                            : "CAST(DATEADD(day, - ",
                    part_of(call, 1), ", ", TRUE, error) &&
               wrap(printer, "", part_of(call, 0), ") AS DATE)", FALSE, error);
    case SQL_FUNCTION_UNIT:
        g_string_append_printf(out, "%s(", function->sql);
        if (!print_unit(printer, part_of(call, 0), error) ||
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

static gboolean print_call(const SqlPrinter *printer, const SqlExpr *call, GError **error)
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
        return refuse(error, "%s has the wrong number of arguments", call->name);
    if (sql_function_is_aggregate(function))
        return print_aggregate(printer, call, function, error);
    if (call->distinct || call->approximate)
        return refuse(error, "%s is no aggregate: it takes no distinct", call->name);
    return print_function(printer, call, function, error);
}

/* --- the rest -----------------------------------------------------------------------------------*/

static gboolean print_operation(const SqlPrinter *printer, const SqlExpr *expr, GError **error)
{
    static const char *const operators[] = {"+", "-", "*", "/", "%", "||", NULL};
    if (!g_strv_contains(operators, expr->name))
        return refuse(error, "\"%s\" is no operator", expr->name);
    const SqlExpr *a = part_of(expr, 0);
    if (expr->parts->len == 1)
        return wrap(printer, "- ", a, "", TRUE, error);
    const SqlExpr *b = part_of(expr, 1);
    if (strcmp(expr->name, "||") == 0) {
        if (!print_as_text(printer, a, error))
            return FALSE;
        g_string_append(printer->out, " || ");
        return print_as_text(printer, b, error);
    }
    /* Whole numbers divide to numbers, as in Spark, not to whole ones. */
    gboolean whole = strcmp(expr->name, "/") == 0 && a->value == SQL_VALUE_INTEGER &&
                     b->value == SQL_VALUE_INTEGER;
    if (!wrap(printer, whole ? "CAST(" : "", a, whole ? " AS FLOAT8)" : "", !whole, error))
        return FALSE;
    g_string_append_printf(printer->out, " %s ", expr->name);
    return sql_print_expr(printer, b, TRUE, error);
}

static gboolean print_cast(const SqlPrinter *printer, const SqlExpr *expr, GError **error)
{
    SqlValueKind kind;
    g_autofree char *type = sql_type_checked(expr->name, &kind);
    const SqlExpr *part = part_of(expr, 0);
    if (type == NULL)
        return refuse(error, "there is no type \"%s\" to cast to", expr->name);
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
        return refuse(error, "%s needs a condition and a result", "case");
    g_string_append(printer->out, "CASE");
    for (guint i = 0; i + 1 < n; i += 2)
        if (!wrap(printer, " WHEN ", part_of(expr, i), " THEN ", FALSE, error) ||
            !sql_print_expr(printer, part_of(expr, i + 1), FALSE, error))
            return FALSE;
    if (n % 2 == 1 && !wrap(printer, " ELSE ", part_of(expr, n - 1), "", FALSE, error))
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
        return print_call(printer, expr, error);
    case SQL_EXPR_OPERATE:
        return print_operation(printer, expr, error);
    case SQL_EXPR_CAST:
        return print_cast(printer, expr, error);
    case SQL_EXPR_CASE:
        return print_case(printer, expr, error);
    case SQL_EXPR_TEST:
        return print_test(printer, expr, FALSE, error);
    case SQL_EXPR_ALL:
    case SQL_EXPR_ANY:
        return print_members(printer, expr, error);
    case SQL_EXPR_NOT:
        return print_not(printer, expr, error);
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
