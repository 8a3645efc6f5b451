#include "sql/query.h"

#include <string.h>

static void free_filter(gpointer data)
{
    SqlFilter *filter = data;
    sql_expr_free(filter->expr);
    g_free(filter);
}

static void free_column(gpointer data)
{
    SqlColumn *column = data;
    sql_expr_free(column->expr);
    g_free(column->alias);
    g_free(column);
}

static void free_order(gpointer data)
{
    SqlOrder *order = data;
    sql_expr_free(order->expr);
    g_free(order->column);
    g_free(order);
}

static void free_join(gpointer data)
{
    SqlJoin *join = data;
    g_free(join->schema);
    g_free(join->relation);
    g_free(join->alias);
    sql_query_free(join->query);
    sql_expr_free(join->on);
    g_free(join);
}

static void free_set(gpointer data)
{
    SqlSet *set = data;
    sql_query_free(set->query);
    g_free(set);
}

SqlQuery *sql_query_new(const char *schema, const char *relation)
{
    SqlQuery *query = g_new0(SqlQuery, 1);
    query->schema = g_strdup(schema);
    query->relation = g_strdup(relation);
    query->joins = g_ptr_array_new_with_free_func(free_join);
    query->columns = g_ptr_array_new_with_free_func(free_column);
    query->filters = g_ptr_array_new_with_free_func(free_filter);
    query->groups = g_ptr_array_new_with_free_func(free_column);
    query->havings = g_ptr_array_new_with_free_func(free_filter);
    query->sets = g_ptr_array_new_with_free_func(free_set);
    query->orders = g_ptr_array_new_with_free_func(free_order);
    query->limit = -1;
    return query;
}

void sql_query_free(SqlQuery *query)
{
    if (query == NULL)
        return;
    g_free(query->schema);
    g_free(query->relation);
    g_free(query->alias);
    g_free(query->where);
    sql_query_free(query->from);
    g_ptr_array_unref(query->joins);
    g_ptr_array_unref(query->columns);
    g_ptr_array_unref(query->filters);
    g_ptr_array_unref(query->groups);
    g_ptr_array_unref(query->havings);
    g_ptr_array_unref(query->sets);
    g_ptr_array_unref(query->orders);
    g_free(query);
}

static SqlQuery *copy_of(const SqlQuery *query)
{
    return query == NULL ? NULL : sql_query_copy(query);
}

static void copy_filters(GPtrArray *to, const GPtrArray *from)
{
    for (guint i = 0; i < from->len; i++) {
        const SqlFilter *filter = from->pdata[i];
        SqlFilter *own = g_new0(SqlFilter, 1);
        *own = (SqlFilter){sql_expr_copy(filter->expr), filter->off};
        g_ptr_array_add(to, own);
    }
}

static void copy_columns(GPtrArray *to, const GPtrArray *from)
{
    for (guint i = 0; i < from->len; i++) {
        const SqlColumn *column = from->pdata[i];
        SqlColumn *own = g_new0(SqlColumn, 1);
        *own = (SqlColumn){sql_expr_copy(column->expr), g_strdup(column->alias), column->off};
        g_ptr_array_add(to, own);
    }
}

static void copy_joins(SqlQuery *to, const GPtrArray *from)
{
    for (guint i = 0; i < from->len; i++) {
        const SqlJoin *join = from->pdata[i];
        SqlJoin *own = sql_query_add_join(to, join->kind, join->schema, join->relation, join->alias,
                                          sql_expr_copy(join->on));
        own->query = copy_of(join->query);
        own->off = join->off;
    }
}

SqlQuery *sql_query_copy(const SqlQuery *query)
{
    SqlQuery *copy = sql_query_new(query->schema, query->relation);
    copy->from = copy_of(query->from);
    copy->alias = g_strdup(query->alias);
    copy_joins(copy, query->joins);
    copy_columns(copy->columns, query->columns);
    copy_filters(copy->filters, query->filters);
    copy_columns(copy->groups, query->groups);
    copy_filters(copy->havings, query->havings);
    for (guint i = 0; i < query->sets->len; i++) {
        const SqlSet *set = query->sets->pdata[i];
        sql_query_add_set(copy, set->kind, sql_query_copy(set->query));
    }
    for (guint i = 0; i < query->orders->len; i++) {
        const SqlOrder *order = query->orders->pdata[i];
        sql_query_add_ordering(copy, sql_expr_copy(order->expr), order->descending, order->nulls)
            ->off = order->off;
    }
    copy->where = g_strdup(query->where);
    copy->limit = query->limit;
    copy->limit_off = query->limit_off;
    copy->distinct = query->distinct;
    return copy;
}

const char *sql_query_name(const SqlQuery *query)
{
    if (query->alias != NULL)
        return query->alias;
    return query->from != NULL ? "redsmith_rows" : query->relation;
}

static SqlFilter *add_filter(GPtrArray *filters, SqlExpr *condition)
{
    SqlFilter *filter = g_new0(SqlFilter, 1);
    filter->expr = condition;
    g_ptr_array_add(filters, filter);
    return filter;
}

SqlFilter *sql_query_add_condition(SqlQuery *query, SqlExpr *condition)
{
    return add_filter(query->filters, condition);
}

SqlFilter *sql_query_add_having(SqlQuery *query, SqlExpr *condition)
{
    return add_filter(query->havings, condition);
}

static const SqlColumn *column_called(const SqlQuery *query, const char *alias)
{
    for (guint i = 0; i < query->columns->len; i++) {
        const SqlColumn *column = query->columns->pdata[i];
        if (!column->off && g_strcmp0(column->alias, alias) == 0)
            return column;
    }
    return NULL;
}

SqlFilter *sql_query_add_filter(SqlQuery *query, const char *column, SqlOperator op,
                                const char *const *values, guint n, SqlValueKind kind)
{
    const SqlColumn *shown = column_called(query, column);
    SqlExpr *left =
        shown != NULL ? sql_expr_copy(shown->expr) : sql_expr_column(NULL, column, kind);
    SqlExpr *test = sql_expr_test(left, op, NULL);
    for (guint i = 0; i < n; i++)
        g_ptr_array_add(test->parts, sql_expr_value(kind, values[i]));
    return sql_expr_is_aggregate(left) ? sql_query_add_having(query, test)
                                       : sql_query_add_condition(query, test);
}

static SqlColumn *add_column(GPtrArray *columns, SqlExpr *expr, const char *alias)
{
    SqlColumn *column = g_new0(SqlColumn, 1);
    column->expr = expr;
    column->alias = g_strdup(alias);
    g_ptr_array_add(columns, column);
    return column;
}

SqlColumn *sql_query_add_column(SqlQuery *query, SqlExpr *expr, const char *alias)
{
    return add_column(query->columns, expr, alias);
}

SqlColumn *sql_query_add_group(SqlQuery *query, SqlExpr *expr)
{
    return add_column(query->groups, expr, NULL);
}

SqlOrder *sql_query_add_ordering(SqlQuery *query, SqlExpr *expr, gboolean descending,
                                 SqlNulls nulls)
{
    SqlOrder *order = g_new0(SqlOrder, 1);
    order->expr = expr;
    order->column = sql_expr_is_column(expr) ? g_strdup(expr->name) : sql_expr_text(expr);
    order->descending = descending;
    order->nulls = nulls;
    g_ptr_array_add(query->orders, order);
    return order;
}

SqlJoin *sql_query_add_join(SqlQuery *query, SqlJoinKind kind, const char *schema,
                            const char *relation, const char *alias, SqlExpr *on)
{
    SqlJoin *join = g_new0(SqlJoin, 1);
    join->kind = kind;
    join->schema = g_strdup(schema);
    join->relation = g_strdup(relation);
    join->alias = g_strdup(alias);
    join->on = on;
    g_ptr_array_add(query->joins, join);
    return join;
}

void sql_query_add_set(SqlQuery *query, SqlSetKind kind, SqlQuery *other)
{
    SqlSet *set = g_new0(SqlSet, 1);
    set->kind = kind;
    set->query = other;
    g_ptr_array_add(query->sets, set);
}

void sql_query_add_order(SqlQuery *query, const char *column, gboolean descending)
{
    sql_query_add_ordering(query, sql_expr_column(NULL, column, SQL_VALUE_UNKNOWN), descending,
                           SQL_NULLS_DEFAULT);
}

void sql_query_clear_orders(SqlQuery *query)
{
    g_ptr_array_set_size(query->orders, 0);
}

void sql_query_count_by(SqlQuery *query, const char *column, SqlValueKind kind)
{
    g_ptr_array_set_size(query->columns, 0);
    g_ptr_array_set_size(query->groups, 0);
    g_ptr_array_set_size(query->havings, 0);
    sql_query_clear_orders(query);
    sql_query_add_column(query, sql_expr_column(NULL, column, kind), NULL);
    sql_query_add_column(query, sql_expr_call("count"), "count");
    sql_query_add_group(query, sql_expr_column(NULL, column, kind));
    sql_query_add_order(query, "count", TRUE);
    sql_query_add_order(query, column, FALSE);
}
