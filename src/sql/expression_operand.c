/* Operands and arithmetic: columns, values, functions, CASE, and sums of them. */
#include <string.h>

#include "base/error.h"
#include "sql/expression_private.h"
#include "sql/function.h"

/* --- columns ------------------------------------------------------------------------------------*/

static gboolean find_column(const SqlReader *reader, const char **qualifier, const char *name,
                            SqlValueKind *kind)
{
    const SqlScope *scope = reader->scope;
    return scope == NULL || scope->column == NULL ||
           scope->column(scope->user, qualifier, name, kind);
}

static gboolean no_column(const SqlReader *reader, const char *name, GError **error)
{
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "\"%s\": there is no column \"%s\"", reader->text,
                name);
    return FALSE;
}

/* first or first.second, whichever there is: the rest is a path into SUPER. */
static SqlExpr *resolve(SqlReader *reader, const char *first, GError **error)
{
    SqlValueKind kind = SQL_VALUE_UNKNOWN;
    const char *start = reader->p, *qualifier = first;
    if (*reader->p == '.') {
        reader->p++;
        g_autofree char *second = sql_read_name(reader, error);
        if (second == NULL)
            return NULL;
        if (find_column(reader, &qualifier, second, &kind))
            return sql_expr_column(qualifier, second, kind);
        reader->p = start;
    }
    qualifier = NULL;
    if (!find_column(reader, &qualifier, first, &kind)) {
        no_column(reader, first, error);
        return NULL;
    }
    return sql_expr_column(qualifier, first, kind);
}

/* [3] or ['key'] */
static gboolean read_subscript(SqlReader *reader, SqlExpr *column, GError **error)
{
    reader->p++;
    if (*reader->p == '\'') {
        g_autofree char *key = sql_read_quoted(reader, '\'', error);
        if (key == NULL)
            return FALSE;
        sql_expr_step(column, key, 0);
    } else {
        gsize digits = strspn(reader->p, "0123456789");
        if (digits == 0 || digits > 9)
            return sql_read_fail(reader, error, "an index or a key in single quotes");
        sql_expr_step(column, NULL, g_ascii_strtoll(reader->p, NULL, 10));
        reader->p += digits;
    }
    return sql_read_mark(reader, ']') || sql_read_fail(reader, error, "]");
}

static SqlExpr *read_column(SqlReader *reader, GError **error)
{
    g_autofree char *first = sql_read_name(reader, error);
    g_autoptr(SqlExpr) column = first == NULL ? NULL : resolve(reader, first, error);
    while (column != NULL && (*reader->p == '.' || *reader->p == '[')) {
        if (*reader->p == '[') {
            if (!read_subscript(reader, column, error))
                return NULL;
            continue;
        }
        reader->p++;
        g_autofree char *field = sql_read_name(reader, error);
        if (field == NULL)
            return NULL;
        sql_expr_step(column, field, 0);
    }
    return g_steal_pointer(&column);
}

/* --- values -------------------------------------------------------------------------------------*/

gboolean sql_is_value(SqlValueKind kind, const char *text)
{
    g_autofree char *literal = sql_typed_literal(kind, text, NULL);
    return literal != NULL;
}

SqlValueKind sql_kind_of_look(const char *text)
{
    static const SqlValueKind kinds[] = {SQL_VALUE_INTEGER, SQL_VALUE_DECIMAL, SQL_VALUE_FLOAT};
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (sql_is_value(kinds[i], text))
            return kinds[i];
    return SQL_VALUE_TEXT;
}

static SqlExpr *read_number(SqlReader *reader)
{
    const char *start = reader->p;
    if (*reader->p == '-')
        reader->p++;
    reader->p += strspn(reader->p, "0123456789.");
    if ((*reader->p | 0x20) == 'e') {
        const char *exponent = reader->p + 1 + (reader->p[1] == '-' || reader->p[1] == '+');
        if (g_ascii_isdigit(*exponent))
            reader->p = exponent + strspn(exponent, "0123456789");
    }
    g_autofree char *text = g_strndup(start, (gsize)(reader->p - start));
    return sql_expr_value(sql_kind_of_look(text), text);
}

/* date '2008-01-31', text '5', bytes '00ff' */
static SqlExpr *read_typed_value(SqlReader *reader, GError **error)
{
    static const struct {
        const char *word;
        SqlValueKind kind;
    } words[] = {
        {"text", SQL_VALUE_TEXT},           {"integer", SQL_VALUE_INTEGER},
        {"decimal", SQL_VALUE_DECIMAL},     {"float", SQL_VALUE_FLOAT},
        {"boolean", SQL_VALUE_BOOLEAN},     {"date", SQL_VALUE_DATE},
        {"timestamp", SQL_VALUE_TIMESTAMP}, {"timestamptz", SQL_VALUE_TIMESTAMPTZ},
        {"time", SQL_VALUE_TIME},           {"bytes", SQL_VALUE_BYTES},
        {"real", SQL_VALUE_REAL},
    };
    SqlReader ahead = *reader;
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        ahead.p = reader->p;
        if (!sql_read_phrase(&ahead, words[i].word))
            continue;
        sql_read_blanks(&ahead);
        if (*ahead.p != '\'')
            return NULL;
        g_autofree char *text = sql_read_quoted(&ahead, '\'', error);
        g_autofree char *literal =
            text == NULL ? NULL : sql_typed_literal(words[i].kind, text, error);
        if (literal == NULL)
            return NULL;
        reader->p = ahead.p;
        return sql_expr_value(words[i].kind, text);
    }
    return NULL;
}

/* --- functions ----------------------------------------------------------------------------------*/

static SqlExpr *read_cast(SqlReader *reader, GError **error)
{
    g_autoptr(SqlExpr) inner = sql_read_expr(reader, error);
    if (inner == NULL)
        return NULL;
    sql_read_blanks(reader);
    if (!sql_read_phrase(reader, "as"))
        return sql_expr_fail(reader, error, "\"as\" and a type");
    sql_read_blanks(reader);
    const char *start = reader->p;
    reader->p += strcspn(reader->p, "()");
    if (*reader->p == '(')
        reader->p += strcspn(reader->p, ")") + (strchr(reader->p, ')') != NULL);
    g_autofree char *type = g_strndup(start, (gsize)(reader->p - start));
    SqlValueKind kind;
    g_autofree char *checked = sql_type_checked(g_strchomp(type), &kind);
    if (checked == NULL) {
        reader->p = start;
        return sql_expr_fail(reader, error,
                             "a type such as varchar(20), decimal(8,2), date or bigint");
    }
    if (!sql_read_mark(reader, ')'))
        return sql_expr_fail(reader, error, ")");
    return sql_expr_cast(g_steal_pointer(&inner), type);
}

static gboolean read_argument(SqlReader *reader, SqlExpr *call, const SqlFunction *function,
                              GError **error)
{
    sql_read_blanks(reader);
    SqlExpr *argument = NULL;
    if (function->form == SQL_FUNCTION_UNIT && call->parts->len == 0) {
        gboolean quoted = *reader->p == '\'';
        g_autofree char *unit =
            quoted ? sql_read_quoted(reader, '\'', error) : sql_read_name(reader, error);
        argument = unit == NULL ? NULL : sql_expr_value(SQL_VALUE_TEXT, unit);
    } else {
        argument = sql_read_expr(reader, error);
    }
    if (argument != NULL)
        sql_expr_add(call, argument);
    return argument != NULL;
}

static gboolean read_arguments(SqlReader *reader, SqlExpr *call, const SqlFunction *function,
                               GError **error)
{
    if (sql_read_mark(reader, ')'))
        return TRUE;
    if (function->form == SQL_FUNCTION_COUNT && sql_read_mark(reader, '*'))
        return sql_read_mark(reader, ')') || sql_read_fail(reader, error, ")");
    if (sql_function_is_aggregate(function))
        call->distinct = sql_read_phrase(reader, "distinct");
    do {
        if (!read_argument(reader, call, function, error))
            return FALSE;
    } while (sql_read_mark(reader, ','));
    return sql_read_mark(reader, ')') || sql_read_fail(reader, error, ", or )");
}

/* name is what stands before "(". */
static SqlExpr *read_call(SqlReader *reader, const char *name, gboolean approximate, GError **error)
{
    const SqlFunction *function = sql_function(name);
    if (function == NULL) {
        g_autofree char *names = sql_function_names();
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "\"%s\": there is no function %s; there are %s", reader->text, name, names);
        return NULL;
    }
    g_autoptr(SqlExpr) call = sql_expr_call(name);
    call->approximate = approximate;
    return read_arguments(reader, call, function, error) ? g_steal_pointer(&call) : NULL;
}

static SqlExpr *read_case(SqlReader *reader, GError **error)
{
    g_autoptr(SqlExpr) expr = sql_expr_case();
    sql_read_blanks(reader);
    while (sql_read_phrase(reader, "when")) {
        SqlExpr *condition = sql_read_condition(reader, error);
        if (condition == NULL)
            return NULL;
        g_ptr_array_add(expr->parts, condition);
        sql_read_blanks(reader);
        if (!sql_read_phrase(reader, "then"))
            return sql_expr_fail(reader, error, "\"then\"");
        SqlExpr *result = sql_read_expr(reader, error);
        if (result == NULL)
            return NULL;
        sql_expr_add(expr, result);
        sql_read_blanks(reader);
    }
    if (expr->parts->len == 0)
        return sql_expr_fail(reader, error, "\"when\"");
    if (sql_read_phrase(reader, "else")) {
        SqlExpr *otherwise = sql_read_expr(reader, error);
        if (otherwise == NULL)
            return NULL;
        g_ptr_array_add(expr->parts, otherwise);
        sql_read_blanks(reader);
    }
    if (!sql_read_phrase(reader, "end"))
        return sql_expr_fail(reader, error, "\"end\"");
    return g_steal_pointer(&expr);
}

/* --- operands and arithmetic --------------------------------------------------------------------*/

static SqlExpr *read_word(SqlReader *reader, GError **error)
{
    GError *failure = NULL;
    SqlExpr *typed = read_typed_value(reader, &failure);
    if (typed != NULL || failure != NULL) {
        if (failure != NULL)
            g_propagate_error(error, failure);
        return typed;
    }
    static const char *const constants[] = {"true", "false", NULL};
    for (guint i = 0; constants[i] != NULL; i++)
        if (sql_read_phrase(reader, constants[i]))
            return sql_expr_value(SQL_VALUE_BOOLEAN, constants[i]);
    if (sql_read_phrase(reader, "null"))
        return sql_expr_value(SQL_VALUE_UNKNOWN, NULL);
    if (sql_read_phrase(reader, "case"))
        return read_case(reader, error);
    SqlReader ahead = *reader;
    gboolean approximate = sql_read_phrase(&ahead, "approximate count");
    if (approximate)
        ahead.p -= strlen("count");
    g_autofree char *word = sql_peek_word(&ahead);
    ahead.p += strlen(word);
    if (*word != '\0' && *ahead.p == '(') {
        reader->p = ahead.p + 1;
        return strcmp(word, "cast") == 0 ? read_cast(reader, error)
                                         : read_call(reader, word, approximate, error);
    }
    return read_column(reader, error);
}

static SqlExpr *read_operand_inside(SqlReader *reader, GError **error)
{
    sql_read_blanks(reader);
    char c = *reader->p, next = c == '\0' ? '\0' : reader->p[1];
    if (c == '(') {
        reader->p++;
        g_autoptr(SqlExpr) inner = sql_read_expr(reader, error);
        if (inner == NULL)
            return NULL;
        return sql_read_mark(reader, ')') ? g_steal_pointer(&inner)
                                          : sql_expr_fail(reader, error, ")");
    }
    if (c == '\'') {
        g_autofree char *text = sql_read_quoted(reader, '\'', error);
        return text == NULL ? NULL : sql_expr_value(SQL_VALUE_TEXT, text);
    }
    if (g_ascii_isdigit(c) || ((c == '-' || c == '.') && g_ascii_isdigit(next)) ||
        (c == '-' && next == '.' && g_ascii_isdigit(reader->p[2])))
        return read_number(reader);
    if (c == '-') {
        reader->p++;
        SqlExpr *inner = read_operand_inside(reader, error);
        return inner == NULL ? NULL : sql_expr_operate("-", inner, NULL);
    }
    return read_word(reader, error);
}

static SqlExpr *read_operand(SqlReader *reader, GError **error)
{
    if (reader->depth >= SQL_DEPTH_MAX)
        return sql_expr_fail(reader, error, "fewer levels of parentheses");
    reader->depth++;
    SqlExpr *expr = read_operand_inside(reader, error);
    reader->depth--;
    return expr;
}

const char *sql_peek_operator(SqlReader *reader, const char *const *operators)
{
    sql_read_blanks(reader);
    for (guint i = 0; operators[i] != NULL; i++)
        if (g_str_has_prefix(reader->p, operators[i]))
            return operators[i];
    return NULL;
}

/* Operands of one level of precedence. */
static SqlExpr *read_chain(SqlReader *reader, const char *const *operators,
                           SqlExpr *(*read)(SqlReader *, GError **), GError **error)
{
    g_autoptr(SqlExpr) left = read(reader, error);
    const char *op;
    while (left != NULL && (op = sql_peek_operator(reader, operators)) != NULL) {
        reader->p += strlen(op);
        SqlExpr *right = read(reader, error);
        if (right == NULL)
            return NULL;
        left = sql_expr_operate(op, g_steal_pointer(&left), right);
    }
    return g_steal_pointer(&left);
}

static SqlExpr *read_product(SqlReader *reader, GError **error)
{
    static const char *const operators[] = {"*", "/", "%", NULL};
    return read_chain(reader, operators, read_operand, error);
}

SqlExpr *sql_read_sum(SqlReader *reader, GError **error)
{
    static const char *const operators[] = {"+", "-", "||", NULL};
    return read_chain(reader, operators, read_product, error);
}
