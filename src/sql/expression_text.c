/* Expressions and clauses as the user would type them: what sql_read_expr reads back. */
#include <string.h>

#include "sql/function.h"
#include "sql/ident.h"
#include "sql/query_private.h"

/* How an operator is written as SQL and by the user. */
static const struct {
    const char *sql, *typed;
} operators[] = {
    [SQL_OP_EQ] = {"=", "="},
    [SQL_OP_NE] = {"<>", "<>"},
    [SQL_OP_LT] = {"<", "<"},
    [SQL_OP_LE] = {"<=", "<="},
    [SQL_OP_GT] = {">", ">"},
    [SQL_OP_GE] = {">=", ">="},
    [SQL_OP_LIKE] = {"LIKE", "like"},
    [SQL_OP_NOT_LIKE] = {"NOT LIKE", "not like"},
    [SQL_OP_CONTAINS] = {"LIKE", "contains"},
    [SQL_OP_STARTS] = {"LIKE", "starts"},
    [SQL_OP_ENDS] = {"LIKE", "ends"},
    [SQL_OP_IN] = {"IN", "in"},
    [SQL_OP_BETWEEN] = {"BETWEEN", "between"},
    [SQL_OP_IS_NULL] = {"IS NULL", "is null"},
    [SQL_OP_IS_NOT_NULL] = {"IS NOT NULL", "is not null"},
    [SQL_OP_MATCHES] = {"~", "~"},
    [SQL_OP_SAME] = {"=", "<=>"},
    [SQL_OP_DURING] = {"", "in"},
};

const char *sql_operator_sql(SqlOperator op)
{
    return operators[op].sql;
}

const char *sql_operator_typed(SqlOperator op)
{
    return operators[op].typed;
}

gboolean sql_operator_is_text(SqlOperator op)
{
    return op == SQL_OP_LIKE || op == SQL_OP_NOT_LIKE || op == SQL_OP_CONTAINS ||
           op == SQL_OP_STARTS || op == SQL_OP_ENDS || op == SQL_OP_MATCHES;
}

static gboolean is_plain_name(const char *name)
{
    static const char *const words[] = {"and",  "or",   "not",  "null",  "true", "false",
                                        "case", "when", "then", "else",  "end",  "as",
                                        "on",   "asc",  "desc", "nulls", NULL};
    gsize length = strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789$");
    return name[length] == '\0' && !g_ascii_isdigit(*name) && *name != '\0' && *name != '$' &&
           !g_strv_contains(words, name);
}

void sql_append_name(GString *out, const char *name)
{
    g_autofree char *quoted = is_plain_name(name) ? NULL : sql_ident(name);
    g_string_append(out, quoted != NULL ? quoted : name);
}

static void append_quoted(GString *out, const char *text)
{
    g_string_append_c(out, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            g_string_append_c(out, '\'');
        g_string_append_c(out, *text);
    }
    g_string_append_c(out, '\'');
}

static gboolean is_number(SqlValueKind kind)
{
    return kind == SQL_VALUE_INTEGER || kind == SQL_VALUE_DECIMAL || kind == SQL_VALUE_FLOAT ||
           kind == SQL_VALUE_REAL;
}

/* What a number is taken for when nothing says what it is compared with. */
static SqlValueKind kind_of_look(const char *text)
{
    static const SqlValueKind kinds[] = {SQL_VALUE_INTEGER, SQL_VALUE_DECIMAL, SQL_VALUE_FLOAT};
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree char *literal = sql_typed_literal(kinds[i], text, NULL);
        if (literal != NULL)
            return kinds[i];
    }
    return SQL_VALUE_TEXT;
}

static const char *kind_word(SqlValueKind kind)
{
    static const char *const words[] = {
        [SQL_VALUE_TEXT] = "text",           [SQL_VALUE_INTEGER] = "integer",
        [SQL_VALUE_DECIMAL] = "decimal",     [SQL_VALUE_FLOAT] = "float",
        [SQL_VALUE_BOOLEAN] = "boolean",     [SQL_VALUE_DATE] = "date",
        [SQL_VALUE_TIMESTAMP] = "timestamp", [SQL_VALUE_TIMESTAMPTZ] = "timestamptz",
        [SQL_VALUE_TIME] = "time",           [SQL_VALUE_BYTES] = "bytes",
        [SQL_VALUE_REAL] = "real",
    };
    return (gsize)kind < G_N_ELEMENTS(words) ? words[kind] : "text";
}

/* Does the word alone read as the same value in a place that gives values this kind? A column of whole
 * numbers may be compared with 3.5. */
static gboolean is_bare(const SqlExpr *value, SqlValueKind as)
{
    g_autofree char *literal = sql_typed_literal(value->value, value->name, NULL);
    if (literal == NULL)
        return FALSE;
    if (as == SQL_VALUE_UNKNOWN || as == SQL_VALUE_SUPER)
        return is_number(value->value) && kind_of_look(value->name) == value->value &&
               *value->name != '+';
    if (as == SQL_VALUE_INTEGER && value->value == SQL_VALUE_DECIMAL)
        return kind_of_look(value->name) == SQL_VALUE_DECIMAL;
    return value->value == as && (is_number(as) || as == SQL_VALUE_BOOLEAN);
}

/* as: the kind that the place gives a value, so that it need not be said. */
static void append_value(GString *out, const SqlExpr *value, SqlValueKind as)
{
    if (value->name == NULL) {
        g_string_append(out, "(null)");
        return;
    }
    if (is_bare(value, as)) {
        g_string_append(out, value->name);
        return;
    }
    gboolean unsaid = as == SQL_VALUE_UNKNOWN || as == SQL_VALUE_SUPER;
    if (value->value != as && !(unsaid && value->value == SQL_VALUE_TEXT))
        g_string_append_printf(out, "%s ", kind_word(value->value));
    append_quoted(out, value->name);
}

static void append(GString *out, const SqlExpr *expr, gboolean tight);

/* To the right of a comparison: a column would be read as a value unless it says what it is. */
static void append_right(GString *out, const SqlExpr *expr, SqlValueKind left)
{
    if (expr->kind == SQL_EXPR_VALUE) {
        append_value(out, expr, left);
    } else if (sql_expr_is_column(expr) && expr->qualifier == NULL) {
        g_autofree char *quoted = sql_ident(expr->name);
        g_string_append(out, quoted);
    } else if (sql_expr_is_column(expr)) {
        append(out, expr, FALSE); /* a qualified name */
    } else {
        g_string_append_c(out, '(');
        append(out, expr, FALSE);
        g_string_append_c(out, ')');
    }
}

static void append_column(GString *out, const SqlExpr *expr)
{
    if (expr->qualifier != NULL) {
        sql_append_name(out, expr->qualifier);
        g_string_append_c(out, '.');
    }
    sql_append_name(out, expr->name);
    for (guint i = 0; expr->path != NULL && i < expr->path->len; i++) {
        const SqlStep *step = expr->path->pdata[i];
        if (step->field == NULL) {
            g_string_append_printf(out, "[%" G_GINT64_FORMAT "]", step->index);
        } else {
            g_string_append_c(out, '.');
            sql_append_name(out, step->field);
        }
    }
}

static void append_list(GString *out, const GPtrArray *parts, guint from, SqlValueKind left)
{
    for (guint i = from; i < parts->len; i++) {
        g_string_append(out, i > from ? ", " : "");
        if (left == SQL_VALUE_UNKNOWN)
            append(out, parts->pdata[i], FALSE);
        else
            append_right(out, parts->pdata[i], left);
    }
}

static void append_call(GString *out, const SqlExpr *expr)
{
    g_string_append_printf(out, "%s%s(%s", expr->approximate ? "approximate " : "", expr->name,
                           expr->distinct ? "distinct " : "");
    const SqlFunction *function = sql_function(expr->name);
    if (expr->parts->len == 0 && function != NULL && function->form == SQL_FUNCTION_COUNT)
        g_string_append_c(out, '*');
    append_list(out, expr->parts, 0, SQL_VALUE_UNKNOWN);
    g_string_append_c(out, ')');
}

static void append_range(GString *out, const SqlRange *range)
{
    static const char *const words[] = {"last", "next", "this", "previous"};
    g_string_append_printf(out, " in %s", words[range->which]);
    if (range->which == SQL_LAST || range->which == SQL_NEXT)
        g_string_append_printf(out, " %" G_GINT64_FORMAT " %ss", range->count, range->unit);
    else
        g_string_append_printf(out, " %s", range->unit);
}

/* The kind that a comparison gives the values to its right. */
static SqlValueKind right_kind(const SqlExpr *test)
{
    const SqlExpr *left = test->parts->pdata[0];
    return sql_operator_is_text(test->op) ? SQL_VALUE_TEXT : left->value;
}

static void append_test(GString *out, const SqlExpr *expr)
{
    const GPtrArray *parts = expr->parts;
    append(out, parts->pdata[0], TRUE);
    if (expr->op == SQL_OP_DURING) {
        append_range(out, &expr->range);
        return;
    }
    SqlValueKind kind = right_kind(expr);
    g_string_append_printf(out, " %s", operators[expr->op].typed);
    gboolean is_list = expr->op == SQL_OP_IN;
    g_string_append(out, is_list ? " (" : "");
    for (guint i = 1; i < parts->len; i++) {
        const char *separator = expr->op == SQL_OP_BETWEEN ? " and " : ", ";
        g_string_append(out, i > 1 ? separator : is_list ? "" : " ");
        append_right(out, parts->pdata[i], kind);
    }
    g_string_append(out, is_list ? ")" : "");
}

static void append_members(GString *out, const SqlExpr *expr)
{
    gboolean all = expr->kind == SQL_EXPR_ALL;
    if (expr->parts->len == 0)
        g_string_append(out, all ? "true" : "false");
    for (guint i = 0; i < expr->parts->len; i++) {
        const SqlExpr *part = expr->parts->pdata[i];
        g_string_append(out, i == 0 ? "" : all ? " and " : " or ");
        append(out, part, part->kind == SQL_EXPR_ALL || part->kind == SQL_EXPR_ANY);
    }
}

static void append_case(GString *out, const SqlExpr *expr)
{
    guint n = expr->parts->len;
    g_string_append(out, "case");
    for (guint i = 0; i + 1 < n; i += 2) {
        g_string_append(out, " when ");
        append(out, expr->parts->pdata[i], FALSE);
        g_string_append(out, " then ");
        append(out, expr->parts->pdata[i + 1], FALSE);
    }
    if (n % 2 == 1) {
        g_string_append(out, " else ");
        append(out, expr->parts->pdata[n - 1], FALSE);
    }
    g_string_append(out, " end");
}

static void append_operation(GString *out, const SqlExpr *expr)
{
    if (expr->parts->len == 1) {
        g_string_append(out, "- ");
        append(out, expr->parts->pdata[0], TRUE);
        return;
    }
    append(out, expr->parts->pdata[0], TRUE);
    g_string_append_printf(out, " %s ", expr->name);
    append(out, expr->parts->pdata[1], TRUE);
}

/* Sub-queries have no short spelling: they are shown as SQL. */
static void append_query(GString *out, const SqlExpr *expr)
{
    g_autofree char *sql = sql_query_text(expr->query, NULL);
    g_string_append_printf(out, "%s(%s)", expr->kind == SQL_EXPR_EXISTS ? "exists " : "",
                           sql != NULL ? sql : "");
}

static void append_bare(GString *out, const SqlExpr *expr)
{
    switch (expr->kind) {
    case SQL_EXPR_COLUMN:
        append_column(out, expr);
        break;
    case SQL_EXPR_VALUE: /* not to the right of a comparison, where a word is a text */
        if (expr->value == SQL_VALUE_BOOLEAN &&
            (g_strcmp0(expr->name, "true") == 0 || g_strcmp0(expr->name, "false") == 0))
            g_string_append(out, expr->name);
        else
            append_value(out, expr, SQL_VALUE_UNKNOWN);
        break;
    case SQL_EXPR_CALL:
        append_call(out, expr);
        break;
    case SQL_EXPR_OPERATE:
        append_operation(out, expr);
        break;
    case SQL_EXPR_CAST:
        g_string_append(out, "cast(");
        append(out, expr->parts->pdata[0], FALSE);
        g_string_append_printf(out, " as %s)", expr->name);
        break;
    case SQL_EXPR_CASE:
        append_case(out, expr);
        break;
    case SQL_EXPR_TEST:
        append_test(out, expr);
        break;
    case SQL_EXPR_ALL:
    case SQL_EXPR_ANY:
        append_members(out, expr);
        break;
    case SQL_EXPR_NOT:
        g_string_append(out, "not ");
        append(out, expr->parts->pdata[0], TRUE);
        break;
    default:
        append_query(out, expr);
    }
}

static void append(GString *out, const SqlExpr *expr, gboolean tight)
{
    gboolean compound = expr->kind == SQL_EXPR_OPERATE ||
                        (expr->kind >= SQL_EXPR_TEST && expr->kind <= SQL_EXPR_NOT);
    if (tight && compound)
        g_string_append_c(out, '(');
    append_bare(out, expr);
    if (tight && compound)
        g_string_append_c(out, ')');
}

char *sql_expr_text(const SqlExpr *expr)
{
    GString *out = g_string_new(NULL);
    append(out, expr, FALSE);
    return g_string_free(out, FALSE);
}

char *sql_filter_text(const SqlFilter *filter)
{
    return sql_expr_text(filter->expr);
}

char *sql_column_text(const SqlColumn *column)
{
    GString *out = g_string_new(NULL);
    append(out, column->expr, FALSE);
    if (column->alias != NULL) {
        g_string_append(out, " as ");
        sql_append_name(out, column->alias);
    }
    return g_string_free(out, FALSE);
}

char *sql_order_text(const SqlOrder *order)
{
    static const char *const nulls[] = {
        [SQL_NULLS_DEFAULT] = "",
        [SQL_NULLS_FIRST] = " nulls first",
        [SQL_NULLS_LAST] = " nulls last",
    };
    g_autofree char *text = sql_expr_text(order->expr);
    return g_strconcat(text, order->descending ? " desc" : "", nulls[order->nulls], NULL);
}

char *sql_join_text(const SqlJoin *join)
{
    static const char *const words[] = {"", "left ", "right ", "full ", "cross "};
    GString *out = g_string_new(words[join->kind]);
    if (join->schema != NULL) {
        sql_append_name(out, join->schema);
        g_string_append_c(out, '.');
    }
    if (join->relation != NULL)
        sql_append_name(out, join->relation);
    else
        g_string_append(out, "(sub-query)");
    if (join->alias != NULL) {
        g_string_append(out, " as ");
        sql_append_name(out, join->alias);
    }
    if (join->on != NULL) {
        g_autofree char *on = sql_expr_text(join->on);
        g_string_append_printf(out, " on %s", on);
    }
    return g_string_free(out, FALSE);
}
