/*
 * query-text: descriptions of queries in, SQL out: the product's side of test-random-queries.py.
 *
 * Each line of standard input is a JSON object that describes one query; the answer is one line of
 * JSON: {"sql": .., "typed": ..}, where typed is the SQL of the same query after each of its clauses
 * went through the text that a user would type for it (null when a sub-query is in it, which has no
 * such text), or {"error": ..}.
 */
#include <cJSON.h>
#include <stdio.h>
#include <string.h>

#include "sql/query.h"

static SqlQuery *query_of(const cJSON *json);
static SqlExpr *expr_of(const cJSON *json);

static const char *text_of(const cJSON *json, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));
}

static gboolean is_set(const cJSON *json, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, name));
}

static gint64 number_of(const cJSON *json, const char *name, gint64 otherwise)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    return cJSON_IsNumber(item) ? (gint64)item->valuedouble : otherwise;
}

static int position_in(const char *const *names, const char *name)
{
    for (int i = 0; names[i] != NULL; i++)
        if (g_strcmp0(names[i], name) == 0)
            return i;
    g_error("\"%s\" is unknown", name != NULL ? name : "(nothing)");
}

static SqlValueKind kind_named(const char *name)
{
    static const char *const names[] = {"text", "integer",   "decimal",     "float",   "boolean",
                                        "date", "timestamp", "timestamptz", "time",    "bytes",
                                        "real", "super",     "other",       "unknown", NULL};
    return name == NULL ? SQL_VALUE_UNKNOWN : (SqlValueKind)position_in(names, name);
}

static SqlExpr *with_parts(SqlExpr *expr, const cJSON *parts)
{
    const cJSON *part;
    cJSON_ArrayForEach(part, parts) sql_expr_add(expr, expr_of(part));
    return expr;
}

static SqlExpr *column_of(const cJSON *json)
{
    SqlExpr *expr = sql_expr_column(text_of(json, "of"), text_of(json, "col"),
                                    kind_named(text_of(json, "kind")));
    const cJSON *step;
    cJSON_ArrayForEach(step, cJSON_GetObjectItemCaseSensitive(json, "path")) sql_expr_step(
        expr, cJSON_GetStringValue(step), cJSON_IsNumber(step) ? (gint64)step->valuedouble : 0);
    return expr;
}

static SqlExpr *call_of(const cJSON *json, const cJSON *args)
{
    SqlExpr *expr = with_parts(sql_expr_call(text_of(json, "call")), args);
    expr->distinct = is_set(json, "distinct");
    expr->approximate = is_set(json, "approximate");
    return expr;
}

static SqlExpr *test_of(const cJSON *json, const cJSON *args)
{
    static const char *const operators[] = {
        "=",      "<>",   "<",  "<=",      ">",       ">=",          "like", "not like", "contains",
        "starts", "ends", "in", "between", "is null", "is not null", "~",    "<=>",      NULL};
    SqlOperator op = (SqlOperator)position_in(operators, text_of(json, "test"));
    SqlExpr *expr = sql_expr_test(expr_of(cJSON_GetArrayItem(args, 0)), op, NULL);
    for (int i = 1; i < cJSON_GetArraySize(args); i++)
        sql_expr_add(expr, expr_of(cJSON_GetArrayItem(args, i)));
    return expr;
}

static SqlExpr *operation_of(const cJSON *json, const cJSON *args)
{
    const cJSON *b = cJSON_GetArrayItem(args, 1);
    return sql_expr_operate(text_of(json, "op"), expr_of(cJSON_GetArrayItem(args, 0)),
                            b != NULL ? expr_of(b) : NULL);
}

static SqlExpr *during_of(const cJSON *json, const cJSON *args)
{
    static const char *const ranges[] = {"last", "next", "this", "previous", NULL};
    return sql_expr_during(expr_of(cJSON_GetArrayItem(args, 0)),
                           (SqlRangeWhich)position_in(ranges, text_of(json, "during")),
                           number_of(json, "count", 1), text_of(json, "unit"));
}

static SqlExpr *expr_of(const cJSON *json)
{
    const cJSON *args = cJSON_GetObjectItemCaseSensitive(json, "args");
    if (cJSON_HasObjectItem(json, "col"))
        return column_of(json);
    if (cJSON_HasObjectItem(json, "value"))
        return sql_expr_value(kind_named(text_of(json, "kind")), text_of(json, "value"));
    if (cJSON_HasObjectItem(json, "call"))
        return call_of(json, args);
    if (cJSON_HasObjectItem(json, "op"))
        return operation_of(json, args);
    if (cJSON_HasObjectItem(json, "cast"))
        return sql_expr_cast(expr_of(cJSON_GetArrayItem(args, 0)), text_of(json, "cast"));
    if (cJSON_HasObjectItem(json, "case"))
        return with_parts(sql_expr_case(), cJSON_GetObjectItemCaseSensitive(json, "case"));
    if (cJSON_HasObjectItem(json, "test"))
        return test_of(json, args);
    if (cJSON_HasObjectItem(json, "during"))
        return during_of(json, args);
    if (cJSON_HasObjectItem(json, "all"))
        return with_parts(sql_expr_all(), cJSON_GetObjectItemCaseSensitive(json, "all"));
    if (cJSON_HasObjectItem(json, "any"))
        return with_parts(sql_expr_any(), cJSON_GetObjectItemCaseSensitive(json, "any"));
    if (cJSON_HasObjectItem(json, "not"))
        return sql_expr_not(expr_of(cJSON_GetObjectItemCaseSensitive(json, "not")));
    if (cJSON_HasObjectItem(json, "exists"))
        return sql_expr_exists(query_of(cJSON_GetObjectItemCaseSensitive(json, "exists")));
    return sql_expr_query(query_of(cJSON_GetObjectItemCaseSensitive(json, "query")));
}

static SqlNulls nulls_named(const char *name)
{
    if (name == NULL)
        return SQL_NULLS_DEFAULT;
    return strcmp(name, "first") == 0 ? SQL_NULLS_FIRST : SQL_NULLS_LAST;
}

static void add_joins(SqlQuery *query, const cJSON *json)
{
    static const char *const kinds[] = {"inner", "left", "right", "full", "cross", NULL};
    const cJSON *item;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(json, "joins"))
    {
        const cJSON *on = cJSON_GetObjectItemCaseSensitive(item, "on");
        const cJSON *inner = cJSON_GetObjectItemCaseSensitive(item, "query");
        SqlJoin *join = sql_query_add_join(
            query, (SqlJoinKind)position_in(kinds, text_of(item, "kind")), text_of(item, "schema"),
            text_of(item, "table"), text_of(item, "as"), on != NULL ? expr_of(on) : NULL);
        join->query = inner != NULL ? query_of(inner) : NULL;
    }
}

static void add_sets(SqlQuery *query, const cJSON *json)
{
    static const char *const kinds[] = {"union", "union all", "intersect", "except", NULL};
    const cJSON *item;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(json, "sets"))
        sql_query_add_set(query, (SqlSetKind)position_in(kinds, text_of(item, "kind")),
                          query_of(cJSON_GetObjectItemCaseSensitive(item, "query")));
}

static SqlQuery *query_of(const cJSON *json)
{
    SqlQuery *query = sql_query_new(text_of(json, "schema"), text_of(json, "table"));
    const cJSON *from = cJSON_GetObjectItemCaseSensitive(json, "from"), *item;
    query->from = from != NULL ? query_of(from) : NULL;
    query->alias = g_strdup(text_of(json, "as"));
    add_joins(query, json);
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(json, "columns"))
        sql_query_add_column(query, expr_of(cJSON_GetObjectItemCaseSensitive(item, "expr")),
                             text_of(item, "as"));
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(json, "where"))
        sql_query_add_condition(query, expr_of(item));
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(json, "group"))
        sql_query_add_group(query, expr_of(item));
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(json, "having"))
        sql_query_add_having(query, expr_of(item));
    add_sets(query, json);
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(json, "order"))
        sql_query_add_ordering(query, expr_of(cJSON_GetObjectItemCaseSensitive(item, "expr")),
                               is_set(item, "desc"), nulls_named(text_of(item, "nulls")));
    query->limit = number_of(json, "limit", -1);
    query->distinct = is_set(json, "distinct");
    return query;
}

/* --- the same by way of what a user would type --------------------------------------------------*/

/* {"name of the relation": {"column": "kind"}}, the first one first. */
static gboolean find_column(gpointer user, const char **qualifier, const char *name,
                            SqlValueKind *kind)
{
    const cJSON *relation;
    cJSON_ArrayForEach(relation, (const cJSON *)user)
    {
        if (*qualifier != NULL && strcmp(*qualifier, relation->string) != 0)
            continue;
        const cJSON *column = cJSON_GetObjectItemCaseSensitive(relation, name);
        if (column == NULL)
            continue;
        *kind = kind_named(cJSON_GetStringValue(column));
        return TRUE;
    }
    return FALSE;
}

typedef gboolean (*ParseClause)(SqlQuery *query, const char *text, const SqlScope *scope,
                                GError **error);

static gboolean retype(SqlQuery *to, char *typed, ParseClause parse, const SqlScope *scope,
                       GError **error)
{
    g_autofree char *text = typed;
    if (parse(to, text, scope, error))
        return TRUE;
    g_prefix_error(error, "typed %s: ", text);
    return FALSE;
}

static char *typed_sql(const SqlQuery *query, cJSON *relations, GError **error)
{
    SqlScope scope = {find_column, relations};
    g_autoptr(SqlQuery) again = sql_query_new(query->schema, query->relation);
    gboolean good = TRUE;
    again->alias = g_strdup(query->alias);
    again->limit = query->limit;
    again->distinct = query->distinct;
    for (guint i = 0; good && i < query->joins->len; i++)
        good = retype(again, sql_join_text(query->joins->pdata[i]), sql_query_parse_join, &scope,
                      error);
    for (guint i = 0; good && i < query->columns->len; i++)
        good = retype(again, sql_column_text(query->columns->pdata[i]), sql_query_parse_columns,
                      &scope, error);
    for (guint i = 0; good && i < query->filters->len; i++)
        good = retype(again, sql_filter_text(query->filters->pdata[i]), sql_query_parse_condition,
                      &scope, error);
    for (guint i = 0; good && i < query->groups->len; i++)
        good = retype(again, sql_column_text(query->groups->pdata[i]), sql_query_parse_groups,
                      &scope, error);
    for (guint i = 0; good && i < query->havings->len; i++)
        good = retype(again, sql_filter_text(query->havings->pdata[i]), sql_query_parse_having,
                      &scope, error);
    for (guint i = 0; good && i < query->orders->len; i++)
        good = retype(again, sql_order_text(query->orders->pdata[i]), sql_query_parse_orders,
                      &scope, error);
    return good ? sql_query_text(again, error) : NULL;
}

static cJSON *answer(cJSON *json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SqlQuery) query = query_of(json);
    cJSON *reply = cJSON_CreateObject();
    cJSON *relations = cJSON_GetObjectItemCaseSensitive(json, "relations");
    g_autofree char *sql = sql_query_text(query, &error);
    g_autofree char *typed =
        sql == NULL || relations == NULL ? NULL : typed_sql(query, relations, &error);
    if (error != NULL) {
        cJSON_AddStringToObject(reply, "error", error->message);
    } else {
        cJSON_AddStringToObject(reply, "sql", sql);
        if (typed != NULL)
            cJSON_AddStringToObject(reply, "typed", typed);
    }
    return reply;
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0) {
        cJSON *json = cJSON_Parse(line);
        g_assert_nonnull(json);
        cJSON *reply = answer(json);
        char *text = cJSON_PrintUnformatted(reply);
        puts(text);
        fflush(stdout);
        cJSON_free(text);
        cJSON_Delete(reply);
        cJSON_Delete(json);
    }
    g_free(line);
    return 0;
}
