/* The texts that users type for values and conditions, read into trees: the top of their grammar. */
#include "base/error.h"
#include "sql/expression_private.h"

static const char comparisons[] =
    "=, <>, <, <=, >, >=, <=>, ~, like, not like, contains, starts, ends, in (..), in last 7 days, "
    "between .. and .., is null or is not null";

SqlExpr *sql_expr_fail(const SqlReader *reader, GError **error, const char *expected)
{
    sql_read_fail(reader, error, expected);
    return NULL;
}

static gboolean check_condition(const SqlReader *reader, const SqlExpr *expr, GError **error)
{
    return sql_expr_is_condition(expr) || sql_read_fail(reader, error, comparisons);
}

static SqlExpr *read_not(SqlReader *reader, GError **error)
{
    sql_read_blanks(reader);
    const char *start = reader->p;
    if (!sql_read_phrase(reader, "not"))
        return sql_read_test(reader, error);
    if (reader->depth >= SQL_DEPTH_MAX) {
        reader->p = start;
        return sql_expr_fail(reader, error, "fewer levels of \"not\"");
    }
    reader->depth++;
    g_autoptr(SqlExpr) inner = read_not(reader, error);
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
    return read_members(reader, "and", sql_expr_all, read_not, error);
}

SqlExpr *sql_read_expr(SqlReader *reader, GError **error)
{
    return read_members(reader, "or", sql_expr_any, read_and, error);
}

SqlExpr *sql_read_condition(SqlReader *reader, GError **error)
{
    g_autoptr(SqlExpr) expr = sql_read_expr(reader, error);
    if (expr == NULL || !check_condition(reader, expr, error))
        return NULL;
    return g_steal_pointer(&expr);
}

