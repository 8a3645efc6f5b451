/* The texts that users type for the clauses of a query, read into its structure. */
#include <string.h>

#include "base/error.h"
#include "sql/ident.h"
#include "sql/query_private.h"

/* --- scopes -------------------------------------------------------------------------------------*/

typedef struct {
    SqlKindOf kind_of;
    gpointer user;
    const SqlQuery *query;
} KindScope;

static const SqlJoin *find_join(const SqlQuery *query, const char *name)
{
    for (guint i = 0; i < query->joins->len; i++) {
        const SqlJoin *join = query->joins->pdata[i];
        if (g_strcmp0(join->alias != NULL ? join->alias : join->relation, name) == 0)
            return join;
    }
    return NULL;
}

/* The first relation's columns are known; those of a join are taken at their word. */
static gboolean kind_column(gpointer user, const char **qualifier, const char *name,
                            SqlValueKind *kind)
{
    const KindScope *scope = user;
    if (*qualifier == NULL || g_strcmp0(*qualifier, sql_query_name(scope->query)) == 0)
        return scope->kind_of(scope->user, name, kind);
    *kind = SQL_VALUE_UNKNOWN;
    return find_join(scope->query, *qualifier) != NULL;
}

static const SqlColumn *find_alias(const SqlQuery *query, const char *name)
{
    for (guint i = 0; i < query->columns->len; i++) {
        const SqlColumn *column = query->columns->pdata[i];
        if (g_strcmp0(column->alias, name) == 0)
            return column;
    }
    return NULL;
}

typedef struct {
    const SqlQuery *query;
    const SqlScope *scope;
} AliasScope;

/* An alias first, then the columns. A grouped query without columns has one called "count". */
static gboolean alias_column(gpointer user, const char **qualifier, const char *name,
                             SqlValueKind *kind)
{
    const AliasScope *aliases = user;
    const SqlColumn *found = *qualifier == NULL ? find_alias(aliases->query, name) : NULL;
    if (found != NULL) {
        *kind = found->expr->value;
        return TRUE;
    }
    const SqlScope *scope = aliases->scope;
    if (scope == NULL || scope->column == NULL || scope->column(scope->user, qualifier, name, kind))
        return TRUE;
    return *qualifier == NULL && aliases->query->groups->len > 0 && strcmp(name, "count") == 0;
}

/* --- lists --------------------------------------------------------------------------------------*/

static gboolean at_end(SqlReader *reader, GError **error)
{
    sql_read_blanks(reader);
    return *reader->p == '\0' || sql_read_fail(reader, error, "a comma or the end");
}

typedef gboolean (*ReadElement)(SqlReader *reader, SqlQuery *query, GError **error);

/* Elements with commas between them; what was added before a failure is taken back. */
static gboolean read_elements(SqlQuery *query, const char *text, const SqlScope *scope,
                              GPtrArray *elements, ReadElement read, GError **error)
{
    SqlReader reader = {text, text, scope, FALSE, 0};
    guint before = elements->len;
    gboolean good;
    while ((good = read(&reader, query, error))) {
        sql_read_blanks(&reader);
        if (*reader.p != ',')
            break;
        reader.p++;
    }
    good = good && at_end(&reader, error);
    if (!good)
        g_ptr_array_set_size(elements, (int)before);
    return good;
}

static gboolean read_column_element(SqlReader *reader, SqlQuery *query, GError **error)
{
    g_autoptr(SqlExpr) expr = sql_read_expr(reader, error);
    g_autofree char *alias = NULL;
    if (expr == NULL)
        return FALSE;
    sql_read_blanks(reader);
    if (sql_read_phrase(reader, "as") && (alias = sql_read_name(reader, error)) == NULL)
        return FALSE;
    sql_query_add_column(query, g_steal_pointer(&expr), alias);
    return TRUE;
}

gboolean sql_query_parse_columns(SqlQuery *query, const char *text, const SqlScope *scope,
                                 GError **error)
{
    return read_elements(query, text, scope, query->columns, read_column_element, error);
}

static gboolean read_group_element(SqlReader *reader, SqlQuery *query, GError **error)
{
    SqlExpr *expr = sql_read_expr(reader, error);
    if (expr != NULL)
        sql_query_add_group(query, expr);
    return expr != NULL;
}

gboolean sql_query_parse_groups(SqlQuery *query, const char *text, const SqlScope *scope,
                                GError **error)
{
    return read_elements(query, text, scope, query->groups, read_group_element, error);
}

/* --- order --------------------------------------------------------------------------------------*/

/* "desc", "asc", "nulls first" and "nulls last" may follow the expression. */
static void read_order_words(SqlReader *reader, SqlOrder *order)
{
    sql_read_blanks(reader);
    if (sql_read_phrase(reader, "desc"))
        order->descending = TRUE;
    else
        sql_read_phrase(reader, "asc");
    sql_read_blanks(reader);
    if (sql_read_phrase(reader, "nulls first"))
        order->nulls = SQL_NULLS_FIRST;
    else if (sql_read_phrase(reader, "nulls last"))
        order->nulls = SQL_NULLS_LAST;
}

static gboolean read_order_element(SqlReader *reader, SqlQuery *query, GError **error)
{
    sql_read_blanks(reader);
    gboolean descending = *reader->p == '-';
    if (descending || *reader->p == '+')
        reader->p++;
    SqlExpr *expr = sql_read_expr(reader, error);
    if (expr == NULL)
        return FALSE;
    read_order_words(reader, sql_query_add_ordering(query, expr, descending, SQL_NULLS_DEFAULT));
    return TRUE;
}

gboolean sql_query_parse_orders(SqlQuery *query, const char *text, const SqlScope *scope,
                                GError **error)
{
    AliasScope aliases = {query, scope};
    SqlScope both = {alias_column, &aliases};
    return read_elements(query, text, &both, query->orders, read_order_element, error);
}

gboolean sql_query_parse_order(SqlQuery *query, const char *text, GError **error)
{
    return sql_query_parse_orders(query, text, NULL, error);
}

/* --- conditions ---------------------------------------------------------------------------------*/

static SqlExpr *parse_condition(const char *text, const SqlScope *scope, gboolean names,
                                GError **error)
{
    SqlReader reader = {text, text, scope, names, 0};
    g_autoptr(SqlExpr) expr = sql_read_condition(&reader, error);
    if (expr == NULL)
        return NULL;
    sql_read_blanks(&reader);
    if (*reader.p == '\0')
        return g_steal_pointer(&expr);
    sql_read_fail(&reader, error,
                  "nothing more (put text of several words into single quotes, and \"and\" or "
                  "\"or\" between conditions)");
    return NULL;
}

gboolean sql_query_parse_condition(SqlQuery *query, const char *text, const SqlScope *scope,
                                   GError **error)
{
    SqlExpr *expr = parse_condition(text, scope, FALSE, error);
    if (expr != NULL)
        sql_query_add_condition(query, expr);
    return expr != NULL;
}

gboolean sql_query_parse_filter(SqlQuery *query, const char *text, SqlKindOf kind_of, gpointer user,
                                GError **error)
{
    KindScope kinds = {kind_of, user, query};
    SqlScope scope = {kind_column, &kinds};
    return sql_query_parse_condition(query, text, kind_of != NULL ? &scope : NULL, error);
}

/* Redshift's HAVING knows no alias: the expression takes its place. */
static SqlExpr *without_aliases(const SqlQuery *query, SqlExpr *expr)
{
    if (sql_expr_is_column(expr) && expr->qualifier == NULL) {
        const SqlColumn *column = find_alias(query, expr->name);
        SqlExpr *instead = NULL;
        if (column != NULL)
            instead = sql_expr_copy(column->expr);
        else if (query->columns->len == 0 && strcmp(expr->name, "count") == 0)
            instead = sql_expr_call("count");
        if (instead != NULL) {
            sql_expr_free(expr);
            return instead;
        }
    }
    for (guint i = 0; i < expr->parts->len; i++)
        expr->parts->pdata[i] = without_aliases(query, expr->parts->pdata[i]);
    return expr;
}

gboolean sql_query_parse_having(SqlQuery *query, const char *text, const SqlScope *scope,
                                GError **error)
{
    AliasScope aliases = {query, scope};
    SqlScope both = {alias_column, &aliases};
    SqlExpr *expr = parse_condition(text, &both, scope != NULL, error);
    if (expr != NULL)
        sql_query_add_having(query, without_aliases(query, expr));
    return expr != NULL;
}

/* --- joins --------------------------------------------------------------------------------------*/

typedef struct {
    SqlJoinKind kind;
    char *schema, *relation, *alias;
} Target;

static void clear_target(Target *target)
{
    g_free(target->schema);
    g_free(target->relation);
    g_free(target->alias);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Target, clear_target)

static SqlJoinKind read_join_kind(SqlReader *reader)
{
    static const struct {
        const char *phrase;
        SqlJoinKind kind;
    } spellings[] = {
        {"left join", SQL_JOIN_LEFT},   {"left", SQL_JOIN_LEFT},
        {"right join", SQL_JOIN_RIGHT}, {"right", SQL_JOIN_RIGHT},
        {"full join", SQL_JOIN_FULL},   {"full", SQL_JOIN_FULL},
        {"cross join", SQL_JOIN_CROSS}, {"cross", SQL_JOIN_CROSS},
        {"inner join", SQL_JOIN_INNER}, {"inner", SQL_JOIN_INNER},
        {"join", SQL_JOIN_INNER},
    };
    sql_read_blanks(reader);
    for (gsize i = 0; i < G_N_ELEMENTS(spellings); i++)
        if (sql_read_phrase(reader, spellings[i].phrase))
            return spellings[i].kind;
    return SQL_JOIN_INNER;
}

static gboolean read_target(SqlReader *reader, Target *target, GError **error)
{
    target->kind = read_join_kind(reader);
    target->relation = sql_read_name(reader, error);
    if (target->relation != NULL && *reader->p == '.') {
        reader->p++;
        target->schema = g_steal_pointer(&target->relation);
        target->relation = sql_read_name(reader, error);
    }
    if (target->relation == NULL)
        return FALSE;
    sql_read_blanks(reader);
    if (sql_read_phrase(reader, "as"))
        return (target->alias = sql_read_name(reader, error)) != NULL;
    return TRUE;
}

gboolean sql_query_join_target(const char *text, char **schema, char **relation, char **alias,
                               GError **error)
{
    SqlReader reader = {text, text, NULL, TRUE, 0};
    g_auto(Target) target = {0};
    if (!read_target(&reader, &target, error))
        return FALSE;
    *schema = g_steal_pointer(&target.schema);
    *relation = g_steal_pointer(&target.relation);
    if (alias != NULL)
        *alias = g_steal_pointer(&target.alias);
    return TRUE;
}

gboolean sql_query_join_is_bare(const char *text)
{
    SqlReader reader = {text, text, NULL, TRUE, 0};
    g_auto(Target) target = {0};
    if (!read_target(&reader, &target, NULL) || target.kind == SQL_JOIN_CROSS)
        return FALSE;
    sql_read_blanks(&reader);
    return *reader.p == '\0';
}

/* A column alone is the one of that name on both sides. */
static SqlExpr *on_both_sides(const SqlQuery *query, const Target *target, SqlExpr *on)
{
    if (!sql_expr_is_column(on) || sql_expr_is_condition(on))
        return on;
    const char *other = target->alias != NULL ? target->alias : target->relation;
    const char *own = sql_query_name(query);
    SqlExpr *test = sql_expr_test(sql_expr_column(own, on->name, on->value), SQL_OP_EQ,
                                  sql_expr_column(other, on->name, on->value));
    sql_expr_free(on);
    return test;
}

static gboolean read_on(SqlReader *reader, const SqlQuery *query, const Target *target,
                        SqlExpr **on, GError **error)
{
    sql_read_blanks(reader);
    gboolean has_on = sql_read_phrase(reader, "on");
    if (has_on == (target->kind == SQL_JOIN_CROSS))
        return sql_read_fail(reader, error,
                             has_on
                                 ? "nothing more: a cross join has no condition"
                                 : "\"on\" and a condition such as sales.eventid = event.eventid");
    if (!has_on)
        return at_end(reader, error);
    g_autoptr(SqlExpr) expr = sql_read_expr(reader, error);
    if (expr == NULL || !at_end(reader, error))
        return FALSE;
    expr = on_both_sides(query, target, g_steal_pointer(&expr));
    if (!sql_expr_is_condition(expr))
        return sql_read_fail(reader, error, "a condition such as sales.eventid = event.eventid");
    *on = g_steal_pointer(&expr);
    return TRUE;
}

gboolean sql_query_parse_join(SqlQuery *query, const char *text, const SqlScope *scope,
                              GError **error)
{
    SqlReader reader = {text, text, scope, TRUE, 0};
    g_auto(Target) target = {0};
    SqlExpr *on = NULL;
    if (!read_target(&reader, &target, error) || !read_on(&reader, query, &target, &on, error))
        return FALSE;
    sql_query_add_join(query, target.kind, target.schema, target.relation, target.alias, on);
    return TRUE;
}
