/* Comparisons: what stands between two sums, and what may stand to the right of it. */
#include <string.h>

#include "sql/expression_private.h"

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
        *kind = bare ? sql_kind_of_look(text) : SQL_VALUE_TEXT;
    else if (left == SQL_VALUE_INTEGER && !sql_is_value(left, text) &&
             sql_is_value(SQL_VALUE_DECIMAL, text))
        *kind = SQL_VALUE_DECIMAL;
    return sql_is_value(*kind, text);
}

static gboolean goes_on(const SqlReader *reader)
{
    static const char *const operators[] = {"+", "-", "*", "/", "%", "||", NULL};
    SqlReader ahead = *reader;
    return sql_peek_operator(&ahead, operators) != NULL;
}

/* An expression where a value is the rule: NULL and back at the start when there is none. */
static SqlExpr *try_sum(SqlReader *reader, GError **error)
{
    const char *start = reader->p;
    SqlExpr *expr = sql_read_sum(reader, error);
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
    gboolean dotted = strchr(word, '.') != NULL && sql_kind_of_look(word) == SQL_VALUE_TEXT;
    gboolean name_first = sql_kind_of_look(word) == SQL_VALUE_TEXT &&
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
    g_autofree char *word = sql_peek_word(reader);
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
        return sql_expr_fail(reader, error, "a value (text in single quotes)");
    if (sql_read_phrase(reader, "null")) {
        if (null)
            return sql_expr_value(SQL_VALUE_UNKNOWN, NULL);
        reader->p = start;
        return sql_expr_fail(reader, error,
                             "a value; nothing equals NULL: use \"is null\" or \"is not null\"");
    }
    if (*start == '"' || is_typed_value(reader))
        return sql_read_sum(reader, error);
    if (*start != '\'')
        return read_bare(reader, left, error);
    g_autofree char *text = sql_read_quoted(reader, '\'', error);
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
    return sql_read_sum(reader, error);
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
    if (sql_read_mark(reader, ')'))
        return TRUE;
    do {
        if (!add_right(reader, test, left, TRUE, error))
            return FALSE;
    } while (sql_read_mark(reader, ','));
    agree(test, left);
    return sql_read_mark(reader, ')') || sql_read_fail(reader, error, ", or )");
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

SqlExpr *sql_read_test(SqlReader *reader, GError **error)
{
    g_autoptr(SqlExpr) left = sql_read_sum(reader, error);
    Comparison found;
    if (left == NULL || !read_comparison(reader, &found))
        return g_steal_pointer(&left);
    g_autoptr(SqlExpr) test = sql_expr_test(g_steal_pointer(&left), found.op, NULL);
    if (!read_values(reader, test, error))
        return NULL;
    return found.negated ? sql_expr_not(g_steal_pointer(&test)) : g_steal_pointer(&test);
}
