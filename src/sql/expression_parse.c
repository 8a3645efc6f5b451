/* The texts that users type for values and conditions, read into trees. */
#include <string.h>

#include "base/error.h"
#include "sql/function.h"
#include "sql/query_private.h"

enum { MAX_DEPTH = 64 };

#define COMPARISONS                                                                                \
    "=, <>, <, <=, >, >=, <=>, ~, like, not like, contains, starts, ends, in (..), in last 7 "     \
    "days, "                                                                                       \
    "between .. and .., is null or is not null"

gboolean sql_read_fail(const SqlReader *reader, GError **error, const char *expected)
{
    if (*reader->p == '\0')
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "\"%s\": expected %s at the end", reader->text,
                    expected);
    else
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "\"%s\": expected %s at \"%s\"", reader->text,
                    expected, reader->p);
    return FALSE;
}

static SqlExpr *fail(const SqlReader *reader, GError **error, const char *expected)
{
    sql_read_fail(reader, error, expected);
    return NULL;
}

void sql_read_blanks(SqlReader *reader)
{
    while (g_ascii_isspace(*reader->p))
        reader->p++;
}

static gboolean is_word_byte(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '$' || c == '#' || (guchar)c >= 0x80;
}

/* Text between quotes, where a doubled quote stands for one. Backslashes mean themselves. */
static char *read_quoted(SqlReader *reader, char quote, GError **error)
{
    GString *out = g_string_new(NULL);
    const char *p = reader->p + 1;
    for (; *p != '\0'; p++) {
        if (*p == quote && p[1] != quote) {
            reader->p = p + 1;
            return g_string_free(out, FALSE);
        }
        if (*p == quote)
            p++;
        g_string_append_c(out, *p);
    }
    g_string_free(out, TRUE);
    sql_read_fail(reader, error,
                  quote == '\'' ? "a closing single quote" : "a closing double quote");
    return NULL;
}

static char *peek_word(const SqlReader *reader)
{
    const char *end = reader->p;
    while (is_word_byte(*end))
        end++;
    return g_ascii_strdown(reader->p, end - reader->p);
}

char *sql_read_name(SqlReader *reader, GError **error)
{
    sql_read_blanks(reader);
    if (*reader->p == '"')
        return read_quoted(reader, '"', error);
    char *name = peek_word(reader);
    if (*name != '\0') {
        reader->p += strlen(name);
        return name;
    }
    g_free(name);
    sql_read_fail(reader, error, "a column name");
    return NULL;
}

gboolean sql_read_phrase(SqlReader *reader, const char *phrase)
{
    const char *p = reader->p;
    while (*phrase != '\0') {
        if (*phrase == ' ') {
            if (!g_ascii_isspace(*p))
                return FALSE;
            while (g_ascii_isspace(*p))
                p++;
            phrase++;
        } else if (g_ascii_tolower(*p++) != *phrase++) {
            return FALSE;
        }
    }
    if (is_word_byte(p[-1]) && is_word_byte(*p))
        return FALSE;
    reader->p = p;
    return TRUE;
}

/* A mark behind blanks. */
static gboolean read_mark(SqlReader *reader, char mark)
{
    sql_read_blanks(reader);
    if (*reader->p != mark)
        return FALSE;
    reader->p++;
    return TRUE;
}

static SqlExpr *read_or(SqlReader *reader, GError **error);
static SqlExpr *read_sum(SqlReader *reader, GError **error);

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
        g_autofree char *key = read_quoted(reader, '\'', error);
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
    return read_mark(reader, ']') || sql_read_fail(reader, error, "]");
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

static gboolean is_value(SqlValueKind kind, const char *text)
{
    g_autofree char *literal = sql_typed_literal(kind, text, NULL);
    return literal != NULL;
}

static SqlValueKind kind_of_look(const char *text)
{
    static const SqlValueKind kinds[] = {SQL_VALUE_INTEGER, SQL_VALUE_DECIMAL, SQL_VALUE_FLOAT};
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (is_value(kinds[i], text))
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
    return sql_expr_value(kind_of_look(text), text);
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
        g_autofree char *text = read_quoted(&ahead, '\'', error);
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
    g_autoptr(SqlExpr) inner = read_or(reader, error);
    if (inner == NULL)
        return NULL;
    sql_read_blanks(reader);
    if (!sql_read_phrase(reader, "as"))
        return fail(reader, error, "\"as\" and a type");
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
        return fail(reader, error, "a type such as varchar(20), decimal(8,2), date or bigint");
    }
    if (!read_mark(reader, ')'))
        return fail(reader, error, ")");
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
            quoted ? read_quoted(reader, '\'', error) : sql_read_name(reader, error);
        argument = unit == NULL ? NULL : sql_expr_value(SQL_VALUE_TEXT, unit);
    } else {
        argument = read_or(reader, error);
    }
    if (argument != NULL)
        sql_expr_add(call, argument);
    return argument != NULL;
}

static gboolean read_arguments(SqlReader *reader, SqlExpr *call, const SqlFunction *function,
                               GError **error)
{
    if (read_mark(reader, ')'))
        return TRUE;
    if (function->form == SQL_FUNCTION_COUNT && read_mark(reader, '*'))
        return read_mark(reader, ')') || sql_read_fail(reader, error, ")");
    if (sql_function_is_aggregate(function))
        call->distinct = sql_read_phrase(reader, "distinct");
    do {
        if (!read_argument(reader, call, function, error))
            return FALSE;
    } while (read_mark(reader, ','));
    return read_mark(reader, ')') || sql_read_fail(reader, error, ", or )");
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
            return fail(reader, error, "\"then\"");
        SqlExpr *result = read_or(reader, error);
        if (result == NULL)
            return NULL;
        sql_expr_add(expr, result);
        sql_read_blanks(reader);
    }
    if (expr->parts->len == 0)
        return fail(reader, error, "\"when\"");
    if (sql_read_phrase(reader, "else")) {
        SqlExpr *otherwise = read_or(reader, error);
        if (otherwise == NULL)
            return NULL;
        g_ptr_array_add(expr->parts, otherwise);
        sql_read_blanks(reader);
    }
    if (!sql_read_phrase(reader, "end"))
        return fail(reader, error, "\"end\"");
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
    g_autofree char *word = peek_word(&ahead);
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
        g_autoptr(SqlExpr) inner = read_or(reader, error);
        if (inner == NULL)
            return NULL;
        return read_mark(reader, ')') ? g_steal_pointer(&inner) : fail(reader, error, ")");
    }
    if (c == '\'') {
        g_autofree char *text = read_quoted(reader, '\'', error);
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
    if (reader->depth >= MAX_DEPTH)
        return fail(reader, error, "fewer levels of parentheses");
    reader->depth++;
    SqlExpr *expr = read_operand_inside(reader, error);
    reader->depth--;
    return expr;
}

static const char *peek_operator(SqlReader *reader, const char *const *operators)
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
    while (left != NULL && (op = peek_operator(reader, operators)) != NULL) {
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

static SqlExpr *read_sum(SqlReader *reader, GError **error)
{
    static const char *const operators[] = {"+", "-", "||", NULL};
    return read_chain(reader, operators, read_product, error);
}

/* --- comparisons --------------------------------------------------------------------------------*/

typedef struct {
    SqlOperator op;
    gboolean negated;
} Comparison;

static gboolean read_comparison(SqlReader *reader, Comparison *found)
{
    /* Longer spellings stand before their beginnings. */
    static const struct {
        const char *phrase;
        SqlOperator op;
        gboolean negated;
    } spellings[] = {
        {"is not null", SQL_OP_IS_NOT_NULL, FALSE},
        {"is null", SQL_OP_IS_NULL, FALSE},
        {"not like", SQL_OP_NOT_LIKE, FALSE},
        {"like", SQL_OP_LIKE, FALSE},
        {"not contains", SQL_OP_CONTAINS, TRUE},
        {"contains", SQL_OP_CONTAINS, FALSE},
        {"starts with", SQL_OP_STARTS, FALSE},
        {"starts", SQL_OP_STARTS, FALSE},
        {"ends with", SQL_OP_ENDS, FALSE},
        {"ends", SQL_OP_ENDS, FALSE},
        {"not in", SQL_OP_IN, TRUE},
        {"in", SQL_OP_IN, FALSE},
        {"not between", SQL_OP_BETWEEN, TRUE},
        {"between", SQL_OP_BETWEEN, FALSE},
        {"matches", SQL_OP_MATCHES, FALSE},
        {"<=>", SQL_OP_SAME, FALSE},
        {"<=", SQL_OP_LE, FALSE},
        {"<>", SQL_OP_NE, FALSE},
        {"<", SQL_OP_LT, FALSE},
        {">=", SQL_OP_GE, FALSE},
        {">", SQL_OP_GT, FALSE},
        {"!=", SQL_OP_NE, FALSE},
        {"!~", SQL_OP_MATCHES, TRUE},
        {"==", SQL_OP_EQ, FALSE},
        {"=", SQL_OP_EQ, FALSE},
        {"~", SQL_OP_MATCHES, FALSE},
    };
    sql_read_blanks(reader);
    for (gsize i = 0; i < G_N_ELEMENTS(spellings); i++)
        if (sql_read_phrase(reader, spellings[i].phrase)) {
            *found = (Comparison){spellings[i].op, spellings[i].negated};
            return TRUE;
        }
    return FALSE;
}

/* What a word or a quoted text to the right is, given what stands to the left. FALSE when it is no such
 * value. The values of a whole-number column may have decimals: qtysold >= 3.5 is a sound question. */
static gboolean value_kind(SqlValueKind left, gboolean bare, const char *text, SqlValueKind *kind)
{
    *kind = left;
    if (left == SQL_VALUE_UNKNOWN || left == SQL_VALUE_SUPER)
        *kind = bare ? kind_of_look(text) : SQL_VALUE_TEXT;
    else if (left == SQL_VALUE_INTEGER && !is_value(left, text) &&
             is_value(SQL_VALUE_DECIMAL, text))
        *kind = SQL_VALUE_DECIMAL;
    return is_value(*kind, text);
}

static gboolean goes_on(const SqlReader *reader)
{
    static const char *const operators[] = {"+", "-", "*", "/", "%", "||", NULL};
    SqlReader ahead = *reader;
    return peek_operator(&ahead, operators) != NULL;
}

/* An expression where a value is the rule: NULL and back at the start when there is none. */
static SqlExpr *try_sum(SqlReader *reader, GError **error)
{
    const char *start = reader->p;
    SqlExpr *expr = read_sum(reader, error);
    if (expr == NULL)
        reader->p = start;
    return expr;
}

/* Only numbers are in it: 2008-02-30 is no sum where a date is due. */
static gboolean is_constant(const SqlExpr *expr)
{
    if (expr->kind != SQL_EXPR_OPERATE)
        return expr->kind == SQL_EXPR_VALUE;
    for (guint i = 0; i < expr->parts->len; i++)
        if (!is_constant(expr->parts->pdata[i]))
            return FALSE;
    return TRUE;
}

static gboolean is_number(SqlValueKind kind)
{
    return kind == SQL_VALUE_INTEGER || kind == SQL_VALUE_DECIMAL || kind == SQL_VALUE_FLOAT ||
           kind == SQL_VALUE_REAL;
}

/* The bare word at p, a value that ends at a blank, a comma, a parenthesis or a quote. */
static SqlExpr *read_bare(SqlReader *reader, SqlValueKind left, GError **error)
{
    const char *start = reader->p;
    gsize length = strcspn(start, ",()'\" \t\r\n\v\f");
    g_autofree char *word = g_strndup(start, length);
    SqlValueKind kind;
    gboolean sound = value_kind(left, TRUE, word, &kind);
    gboolean dotted = strchr(word, '.') != NULL && kind_of_look(word) == SQL_VALUE_TEXT;
    gboolean name_first = kind_of_look(word) == SQL_VALUE_TEXT &&
                          (reader->names || (dotted && reader->scope != NULL));
    if (length == 0 || start[length] == '(' || name_first) {
        g_autoptr(GError) failure = NULL;
        SqlExpr *expr = try_sum(reader, &failure);
        if (expr != NULL || length == 0 || start[length] == '(') {
            if (expr == NULL)
                g_propagate_error(error, g_steal_pointer(&failure));
            return expr;
        }
    }
    reader->p = start + length;
    if (sound && !goes_on(reader))
        return sql_expr_value(kind, word);
    reader->p = start;
    g_autoptr(GError) failure = NULL;
    SqlExpr *expr = try_sum(reader, sound ? error : &failure);
    if (expr != NULL && !sound && !is_number(left) && is_constant(expr))
        g_clear_pointer(&expr, sql_expr_free);
    if (expr == NULL && !sound) {
        g_free(sql_typed_literal(kind, word, error));
        g_prefix_error(error, "\"%s\": ", reader->text);
    }
    return expr;
}

static gboolean is_typed_value(const SqlReader *reader)
{
    g_autofree char *word = peek_word(reader);
    const char *after = reader->p + strlen(word);
    while (g_ascii_isspace(*after))
        after++;
    return *word != '\0' && *after == '\'';
}

/* What stands to the right of a comparison whose left side is of this kind. */
static SqlExpr *read_right(SqlReader *reader, SqlValueKind left, gboolean null, GError **error)
{
    sql_read_blanks(reader);
    const char *start = reader->p;
    if (*start == '\0' || *start == ')' || *start == ',')
        return fail(reader, error, "a value (text in single quotes)");
    if (sql_read_phrase(reader, "null")) {
        if (null)
            return sql_expr_value(SQL_VALUE_UNKNOWN, NULL);
        reader->p = start;
        return fail(reader, error,
                    "a value; nothing equals NULL: use \"is null\" or \"is not null\"");
    }
    if (*start == '"' || is_typed_value(reader))
        return read_sum(reader, error);
    if (*start != '\'')
        return read_bare(reader, left, error);
    g_autofree char *text = read_quoted(reader, '\'', error);
    if (text == NULL)
        return NULL;
    SqlValueKind kind;
    if (!value_kind(left, FALSE, text, &kind)) {
        g_free(sql_typed_literal(kind, text, error));
        g_prefix_error(error, "\"%s\": ", reader->text);
        return NULL;
    }
    if (!goes_on(reader))
        return sql_expr_value(kind, text);
    reader->p = start;
    return read_sum(reader, error);
}

static gboolean add_right(SqlReader *reader, SqlExpr *test, SqlValueKind left, gboolean null,
                          GError **error)
{
    SqlExpr *right = read_right(reader, left, null, error);
    if (right != NULL)
        g_ptr_array_add(test->parts, right);
    return right != NULL;
}

/* Values of no known column are of one kind: numbers beside words are words. */
static void agree(SqlExpr *test, SqlValueKind left)
{
    gboolean words = FALSE;
    for (guint i = 1; i < test->parts->len; i++) {
        const SqlExpr *part = test->parts->pdata[i];
        words = words || (part->kind == SQL_EXPR_VALUE && part->value == SQL_VALUE_TEXT);
    }
    for (guint i = 1; words && left == SQL_VALUE_UNKNOWN && i < test->parts->len; i++) {
        SqlExpr *part = test->parts->pdata[i];
        if (part->kind == SQL_EXPR_VALUE && part->name != NULL)
            part->value = SQL_VALUE_TEXT;
    }
}

static gboolean read_list(SqlReader *reader, SqlExpr *test, SqlValueKind left, GError **error)
{
    reader->p++;
    if (read_mark(reader, ')'))
        return TRUE;
    do {
        if (!add_right(reader, test, left, TRUE, error))
            return FALSE;
    } while (read_mark(reader, ','));
    agree(test, left);
    return read_mark(reader, ')') || sql_read_fail(reader, error, ", or )");
}

/* "last 7 days", "this month", "today" */
static gboolean read_range(SqlReader *reader, SqlExpr *test, GError **error)
{
    static const struct {
        const char *word;
        SqlRangeWhich which;
        const char *unit;
    } words[] = {
        {"last", SQL_LAST, NULL},   {"next", SQL_NEXT, NULL},
        {"this", SQL_THIS, NULL},   {"previous", SQL_PREVIOUS, NULL},
        {"today", SQL_THIS, "day"}, {"yesterday", SQL_PREVIOUS, "day"},
    };
    SqlRange range = {.count = 1};
    gsize i = 0;
    while (i < G_N_ELEMENTS(words) && !sql_read_phrase(reader, words[i].word))
        i++;
    if (i == G_N_ELEMENTS(words))
        return sql_read_fail(reader, error,
                             "( and a list of values, or last 7 days, this month, today");
    range.which = words[i].which;
    sql_read_blanks(reader);
    gsize digits = strspn(reader->p, "0123456789");
    if (digits > 0 && digits < 8 && (range.which == SQL_LAST || range.which == SQL_NEXT)) {
        range.count = g_ascii_strtoll(reader->p, NULL, 10);
        reader->p += digits;
        sql_read_blanks(reader);
    }
    const char *unit = words[i].unit;
    for (guint u = 0; unit == NULL && sql_range_units[u] != NULL; u++) {
        g_autofree char *plural = g_strconcat(sql_range_units[u], "s", NULL);
        if (sql_read_phrase(reader, plural) || sql_read_phrase(reader, sql_range_units[u]))
            unit = sql_range_units[u];
    }
    if (unit == NULL)
        return sql_read_fail(reader, error,
                             "seconds, minutes, hours, days, weeks, months, quarters or years");
    range.unit = g_strdup(unit);
    test->op = SQL_OP_DURING;
    test->range = range;
    return TRUE;
}

static gboolean read_values(SqlReader *reader, SqlExpr *test, GError **error)
{
    SqlValueKind left = ((const SqlExpr *)test->parts->pdata[0])->value;
    if (sql_operator_is_text(test->op))
        left = SQL_VALUE_TEXT;
    switch (test->op) {
    case SQL_OP_IS_NULL:
    case SQL_OP_IS_NOT_NULL:
        return TRUE;
    case SQL_OP_IN:
        sql_read_blanks(reader);
        return *reader->p == '(' ? read_list(reader, test, left, error)
                                 : read_range(reader, test, error);
    case SQL_OP_BETWEEN:
        if (!add_right(reader, test, left, FALSE, error))
            return FALSE;
        sql_read_blanks(reader);
        if (!sql_read_phrase(reader, "and"))
            return sql_read_fail(reader, error, "\"and\" between two values");
        if (!add_right(reader, test, left, FALSE, error))
            return FALSE;
        agree(test, left);
        return TRUE;
    default:
        return add_right(reader, test, left, test->op == SQL_OP_SAME, error);
    }
}

static SqlExpr *read_test(SqlReader *reader, GError **error)
{
    g_autoptr(SqlExpr) left = read_sum(reader, error);
    Comparison found;
    if (left == NULL || !read_comparison(reader, &found))
        return g_steal_pointer(&left);
    g_autoptr(SqlExpr) test = sql_expr_test(g_steal_pointer(&left), found.op, NULL);
    if (!read_values(reader, test, error))
        return NULL;
    return found.negated ? sql_expr_not(g_steal_pointer(&test)) : g_steal_pointer(&test);
}

/* --- and, or, not -------------------------------------------------------------------------------*/

static gboolean check_condition(const SqlReader *reader, const SqlExpr *expr, GError **error)
{
    return sql_expr_is_condition(expr) || sql_read_fail(reader, error, COMPARISONS);
}

static SqlExpr *read_not_inside(SqlReader *reader, GError **error)
{
    sql_read_blanks(reader);
    const char *start = reader->p;
    if (!sql_read_phrase(reader, "not"))
        return read_test(reader, error);
    if (reader->depth >= MAX_DEPTH) {
        reader->p = start;
        return fail(reader, error, "fewer levels of \"not\"");
    }
    reader->depth++;
    g_autoptr(SqlExpr) inner = read_not_inside(reader, error);
    reader->depth--;
    if (inner == NULL || !check_condition(reader, inner, error))
        return NULL;
    return sql_expr_not(g_steal_pointer(&inner));
}

/* Conditions with a word between them; one alone is itself. */
static SqlExpr *read_members(SqlReader *reader, const char *word, SqlExpr *(*make)(void),
                             SqlExpr *(*read)(SqlReader *, GError **), GError **error)
{
    g_autoptr(SqlExpr) first = read(reader, error);
    g_autoptr(SqlExpr) group = NULL;
    while (first != NULL) {
        sql_read_blanks(reader);
        if (!sql_read_phrase(reader, word))
            break;
        if (group == NULL) {
            if (!check_condition(reader, first, error))
                return NULL;
            group = sql_expr_add(make(), sql_expr_copy(first));
        }
        g_autoptr(SqlExpr) next = read(reader, error);
        if (next == NULL || !check_condition(reader, next, error))
            return NULL;
        sql_expr_add(group, g_steal_pointer(&next));
    }
    return group != NULL ? g_steal_pointer(&group) : g_steal_pointer(&first);
}

static SqlExpr *read_and(SqlReader *reader, GError **error)
{
    return read_members(reader, "and", sql_expr_all, read_not_inside, error);
}

static SqlExpr *read_or(SqlReader *reader, GError **error)
{
    return read_members(reader, "or", sql_expr_any, read_and, error);
}

SqlExpr *sql_read_expr(SqlReader *reader, GError **error)
{
    return read_or(reader, error);
}

SqlExpr *sql_read_condition(SqlReader *reader, GError **error)
{
    g_autoptr(SqlExpr) expr = read_or(reader, error);
    if (expr == NULL || !check_condition(reader, expr, error))
        return NULL;
    return g_steal_pointer(&expr);
}

SqlExpr *sql_expr_parse(const char *text, const SqlScope *scope, gboolean names, GError **error)
{
    SqlReader reader = {text, text, scope, names, 0};
    g_autoptr(SqlExpr) expr = sql_read_expr(&reader, error);
    if (expr == NULL)
        return NULL;
    sql_read_blanks(&reader);
    if (*reader.p == '\0')
        return g_steal_pointer(&expr);
    return fail(&reader, error,
                "nothing more (put text of several words into single quotes, and \"and\" or \"or\" "
                "between conditions)");
}
