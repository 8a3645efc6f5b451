/* Whole queries as Redshift's SQL. */
#include <string.h>

#include "base/error.h"
#include "sql/ident.h"
#include "sql/lexer.h"
#include "sql/query_private.h"

static const SqlLayout one_line = {" FROM ",     " ",        " ON ",       " WHERE ", " AND ",
                                   " GROUP BY ", " HAVING ", " ORDER BY ", " LIMIT ", " "};
static const SqlLayout lines = {
    "\n  FROM ",    "\n  ",      "\n    ON ",    "\n WHERE ", "\n   AND ",
    "\n GROUP BY ", "\nHAVING ", "\n ORDER BY ", "\n LIMIT ", "\n"};

/* The user's own condition: one expression that cannot leave its parentheses. */
static gboolean append_where(GString *out, const char *where, GError **error)
{
    SqlLexer lexer = sql_lexer(where, -1);
    SqlToken token;
    GString *text = g_string_new(NULL);
    int depth = 0;
    gboolean sound = TRUE;
    while (sound && sql_next_raw(&lexer, &token)) {
        depth += sql_token_is(&lexer, &token, "(") - sql_token_is(&lexer, &token, ")");
        sound = depth >= 0 && token.kind != SQL_INVALID && !sql_token_is(&lexer, &token, ";");
        if (token.kind == SQL_COMMENT || token.kind == SQL_SPACE)
            g_string_append_c(text, ' ');
        else
            g_string_append_len(text, where + token.start, (gssize)token.length);
    }
    g_strstrip(text->str);
    sound = sound && depth == 0 && *text->str != '\0';
    if (sound)
        g_string_append_printf(out, "(%s)", text->str);
    else
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "the condition \"%s\" is not one SQL expression: check its quotes, comments, "
                    "parentheses and semicolons",
                    where);
    g_string_free(text, TRUE);
    return sound;
}

static gboolean append_condition(const SqlPrinter *printer, const SqlExpr *expr, GError **error)
{
    gboolean any = expr->kind == SQL_EXPR_ANY;
    if (sql_print_expr(printer, expr, any, error))
        return TRUE;
    g_autofree char *text = sql_expr_text(expr);
    g_prefix_error(error, "filter %s: ", text);
    return FALSE;
}

static gboolean append_filters(const SqlPrinter *printer, const GPtrArray *filters,
                               const char *where, const char *word, const SqlLayout *layout,
                               GError **error)
{
    for (guint i = 0; i < filters->len; i++) {
        const SqlFilter *filter = filters->pdata[i];
        if (filter->off)
            continue;
        g_string_append(printer->out, word);
        word = layout->and;
        if (!append_condition(printer, filter->expr, error))
            return FALSE;
    }
    if (where == NULL)
        return TRUE;
    g_string_append(printer->out, word);
    return append_where(printer->out, where, error);
}

static gboolean append_alias(GString *out, const char *alias, GError **error)
{
    if (alias == NULL)
        return TRUE;
    if (!sql_ident_check(alias, "alias", error))
        return FALSE;
    g_autofree char *quoted = sql_ident(alias);
    g_string_append_printf(out, " AS %s", quoted);
    return TRUE;
}

/* The elements that are on; *any tells whether there was one. */
static gboolean append_columns(const SqlPrinter *printer, const GPtrArray *columns,
                               const char *before, gboolean aliases, gboolean *any, GError **error)
{
    *any = FALSE;
    for (guint i = 0; i < columns->len; i++) {
        const SqlColumn *column = columns->pdata[i];
        if (column->off)
            continue;
        g_string_append(printer->out, *any ? ", " : before);
        *any = TRUE;
        if (!sql_print_expr(printer, column->expr, FALSE, error) ||
            (aliases && !append_alias(printer->out, column->alias, error)))
            return FALSE;
    }
    return TRUE;
}

static gboolean append_select(const SqlPrinter *printer, GError **error)
{
    const SqlQuery *query = printer->query;
    gboolean any;
    g_string_append(printer->out, query->distinct ? "SELECT DISTINCT " : "SELECT ");
    if (!append_columns(printer, query->columns, "", TRUE, &any, error))
        return FALSE;
    if (!any && !append_columns(printer, query->groups, "", TRUE, &any, error))
        return FALSE;
    if (!any)
        g_string_append_c(printer->out, '*');
    else if (query->columns->len == 0)
        g_string_append(printer->out, ", COUNT(*) AS \"count\"");
    return TRUE;
}

static gboolean append_source(const SqlPrinter *printer, const char *schema, const char *relation,
                              const SqlQuery *from, const char *alias, GError **error)
{
    if (from != NULL) {
        g_string_append_c(printer->out, '(');
        if (!sql_print_query(printer->out, from, NULL, printer->outer, error))
            return FALSE;
        g_string_append_c(printer->out, ')');
        return append_alias(printer->out, alias, error);
    }
    if (!sql_ident_check(relation, "table", error) ||
        (schema != NULL && !sql_ident_check(schema, "schema", error)))
        return FALSE;
    g_autofree char *name = sql_ident_pair(schema, relation);
    g_string_append(printer->out, name);
    return append_alias(printer->out, alias, error);
}

static gboolean append_join(const SqlPrinter *printer, const SqlJoin *join, const SqlLayout *layout,
                            GError **error)
{
    static const char *const words[] = {"JOIN ", "LEFT JOIN ", "RIGHT JOIN ", "FULL JOIN ",
                                        "CROSS JOIN "};
    const char *name = join->alias != NULL ? join->alias : join->relation;
    if ((join->on == NULL) != (join->kind == SQL_JOIN_CROSS)) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "the join with \"%s\" needs \"on\" and a condition, and a cross join none",
                    name != NULL ? name : "");
        return FALSE;
    }
    g_string_append_printf(printer->out, "%s%s", layout->join, words[join->kind]);
    if (!append_source(printer, join->schema, join->relation, join->query, join->alias, error))
        return FALSE;
    if (join->on == NULL)
        return TRUE;
    g_string_append(printer->out, layout->on);
    return sql_print_expr(printer, join->on, FALSE, error);
}

/* Two relations under one name would make every column ambiguous. */
static gboolean check_names(const SqlQuery *query, GError **error)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    g_hash_table_add(names, (gpointer)sql_query_name(query));
    for (guint i = 0; i < query->joins->len; i++) {
        const SqlJoin *join = query->joins->pdata[i];
        const char *name = join->alias != NULL ? join->alias : join->relation;
        if (join->off)
            continue;
        if (name == NULL || !g_hash_table_add(names, (gpointer)name)) {
            g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                        "two relations are called \"%s\": give one another name with \"as\"",
                        name != NULL ? name : "");
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean append_from(const SqlPrinter *printer, const SqlLayout *layout, GError **error)
{
    const SqlQuery *query = printer->query;
    if (sql_query_name(query) == NULL)
        return TRUE;
    const char *alias = query->from != NULL ? sql_query_name(query) : query->alias;
    g_string_append(printer->out, layout->from);
    if (!check_names(query, error) ||
        !append_source(printer, query->schema, query->relation, query->from, alias, error))
        return FALSE;
    for (guint i = 0; i < query->joins->len; i++) {
        const SqlJoin *join = query->joins->pdata[i];
        if (!join->off && !append_join(printer, join, layout, error))
            return FALSE;
    }
    return TRUE;
}

/* SELECT .. FROM .. WHERE .. GROUP BY .. HAVING .. */
static gboolean append_body(const SqlPrinter *printer, const SqlLayout *layout, GError **error)
{
    const SqlQuery *query = printer->query;
    gboolean any;
    return append_select(printer, error) && append_from(printer, layout, error) &&
           append_filters(printer, query->filters, query->where, layout->where, layout, error) &&
           append_columns(printer, query->groups, layout->group, FALSE, &any, error) &&
           append_filters(printer, query->havings, NULL, layout->having, layout, error);
}

static gboolean append_sets(const SqlPrinter *printer, const SqlLayout *layout, GError **error)
{
    static const char *const words[] = {"UNION", "UNION ALL", "INTERSECT", "EXCEPT"};
    const GPtrArray *sets = printer->query->sets;
    for (guint i = 0; i < sets->len; i++) {
        const SqlSet *set = sets->pdata[i];
        if (set->kind != ((const SqlSet *)sets->pdata[0])->kind) {
            g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                        "UNION, INTERSECT and EXCEPT do not mix in one query: put one of them into "
                        "a sub-query");
            return FALSE;
        }
        const SqlQuery *other = set->query;
        gboolean group = other->sets->len + other->orders->len > 0 || other->limit >= 0;
        g_string_append_printf(printer->out, "%s%s%s%s", layout->set, words[set->kind], layout->set,
                               group ? "(" : "");
        if (!sql_print_query(printer->out, other, layout, printer->outer, error))
            return FALSE;
        g_string_append(printer->out, group ? ")" : "");
    }
    return TRUE;
}

static gboolean is_alias(const SqlQuery *query, const SqlExpr *expr)
{
    if (!sql_expr_is_column(expr) || expr->qualifier != NULL)
        return FALSE;
    gboolean counted = query->columns->len == 0 && query->groups->len > 0;
    for (guint i = 0; i < query->columns->len; i++) {
        const SqlColumn *column = query->columns->pdata[i];
        if (!column->off && g_strcmp0(column->alias, expr->name) == 0)
            return TRUE;
    }
    return query->sets->len > 0 || (counted && strcmp(expr->name, "count") == 0);
}

/* By the alias of a column, or by an expression of its own. */
static gboolean append_order(const SqlPrinter *printer, const SqlOrder *order, GError **error)
{
    static const char *const nulls[] = {
        [SQL_NULLS_DEFAULT] = "",
        [SQL_NULLS_FIRST] = " NULLS FIRST",
        [SQL_NULLS_LAST] = " NULLS LAST",
    };
    if (is_alias(printer->query, order->expr)) {
        g_autofree char *name = sql_ident(order->expr->name);
        g_string_append(printer->out, name);
    } else if (!sql_print_expr(printer, order->expr, FALSE, error)) {
        return FALSE;
    }
    g_string_append_printf(printer->out, "%s%s", order->descending ? " DESC" : "",
                           nulls[order->nulls]);
    return TRUE;
}

static gboolean append_end(const SqlPrinter *printer, const SqlLayout *layout, GError **error)
{
    const SqlQuery *query = printer->query;
    const char *word = layout->order;
    for (guint i = 0; i < query->orders->len; i++) {
        const SqlOrder *order = query->orders->pdata[i];
        if (order->off)
            continue;
        g_string_append(printer->out, word);
        word = ", ";
        if (!append_order(printer, order, error))
            return FALSE;
    }
    if (query->limit >= 0 && !query->limit_off)
        g_string_append_printf(printer->out, "%s%" G_GINT64_FORMAT, layout->limit, query->limit);
    return TRUE;
}

gboolean sql_print_query(GString *out, const SqlQuery *query, const SqlLayout *layout,
                         const SqlPrinter *outer, GError **error)
{
    SqlPrinter printer = {out, query, outer};
    if (layout == NULL)
        layout = &one_line;
    return append_body(&printer, layout, error) && append_sets(&printer, layout, error) &&
           append_end(&printer, layout, error);
}

static char *query_text(const SqlQuery *query, const SqlLayout *layout, const char *before,
                        const char *after, GError **error)
{
    g_autoptr(GString) out = g_string_new(before);
    if (!sql_print_query(out, query, layout, NULL, error))
        return NULL;
    g_string_append(out, after);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

char *sql_query_text(const SqlQuery *query, GError **error)
{
    return query_text(query, &one_line, "", "", error);
}

char *sql_query_pretty(const SqlQuery *query, GError **error)
{
    return query_text(query, &lines, "", "", error);
}

char *sql_query_explain_text(const SqlQuery *query, GError **error)
{
    return query_text(query, &one_line, "EXPLAIN ", "", error);
}

static gboolean has_aggregate(const SqlQuery *query)
{
    for (guint i = 0; i < query->columns->len; i++) {
        const SqlColumn *column = query->columns->pdata[i];
        if (!column->off && sql_expr_is_aggregate(column->expr))
            return TRUE;
    }
    return FALSE;
}

char *sql_query_count_text(const SqlQuery *query, GError **error)
{
    g_autoptr(SqlQuery) all = sql_query_copy(query);
    sql_query_clear_orders(all);
    all->limit = -1;
    if (all->distinct || all->groups->len + all->havings->len + all->sets->len > 0 ||
        has_aggregate(all))
        return query_text(all, &one_line, "SELECT count(*) FROM (", ") AS redsmith_rows", error);
    g_autoptr(GString) out = g_string_new("SELECT count(*)");
    SqlPrinter printer = {out, all, NULL};
    if (!append_from(&printer, &one_line, error) ||
        !append_filters(&printer, all->filters, all->where, one_line.where, &one_line, error))
        return NULL;
    return g_string_free(g_steal_pointer(&out), FALSE);
}
