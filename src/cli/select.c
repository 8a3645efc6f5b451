#include "cli/select.h"

#include <string.h>

#include "base/error.h"
#include "redshift/catalog.h"
#include "redshift/join_keys.h"
#include "redshift/query_scope.h"
#include "sql/ident.h"

#define AT(member) G_STRUCT_OFFSET(SelectOptions, member)

const CliOption select_options[] = {
    {"columns", 0, CLI_STRING, AT(columns),
     "these only, separated by commas: names, expressions, EXPR as NAME", "LIST"},
    {"filter", 0, CLI_LIST, AT(filters),
     "'COLUMN OP VALUE', with and, or, not; several are joined by AND", "FILTER"},
    {"where", 0, CLI_STRING, AT(where), "a condition in SQL", "SQL"},
    {"join", 0, CLI_LIST, AT(joins),
     "'[left] TABLE [as NAME] on A = B', 'TABLE on COLUMN'; TABLE: by its foreign key", "JOIN"},
    {"group-by", 0, CLI_STRING, AT(group_by), "a row per value of these", "LIST"},
    {"aggregate", 0, CLI_LIST, AT(aggregates), "'sum(pricepaid) as total', beside --group-by",
     "EXPR"},
    {"having", 0, CLI_LIST, AT(havings), "a filter on groups: 'total > 100'", "FILTER"},
    {"distinct", 0, CLI_FLAG, AT(distinct), "each row once", NULL},
    {"order", 0, CLI_STRING, AT(order), "'NAME desc nulls last, NAME'; -NAME is descending",
     "LIST"},
    {"limit", 0, CLI_STRING, AT(limit), "at most so many rows; all for no limit", "N"},
    {"show-sql", 0, CLI_FLAG, AT(show_sql), "say the statement before it runs", NULL},
    {0},
};

gboolean select_is_used(const SelectOptions *options)
{
    return options->columns != NULL || options->where != NULL || options->order != NULL ||
           options->filters != NULL || options->limit != NULL || options->joins != NULL ||
           options->group_by != NULL || options->aggregates != NULL || options->havings != NULL ||
           options->distinct;
}

/* Commas inside double quotes belong to the name. */
static GPtrArray *split_list(const char *list)
{
    GPtrArray *items = g_ptr_array_new_with_free_func(g_free);
    gboolean quoted = FALSE;
    const char *start = list;
    for (const char *p = list;; p++) {
        if (*p == '"')
            quoted = !quoted;
        if (*p == '\0' || (*p == ',' && !quoted)) {
            g_ptr_array_add(items, g_strstrip(g_strndup(start, (gsize)(p - start))));
            start = p + 1;
        }
        if (*p == '\0')
            return items;
    }
}

char **select_names(const char *list, GError **error)
{
    g_autoptr(GPtrArray) items = split_list(list);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < items->len; i++) {
        g_auto(GStrv) parts = sql_ident_split(items->pdata[i], error);
        if (parts == NULL)
            return NULL;
        if (parts[1] != NULL) {
            g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                        "\"%s\" has more than one part; expected a column's name",
                        (char *)items->pdata[i]);
            return NULL;
        }
        g_ptr_array_add(names, g_strdup(parts[0]));
    }
    g_ptr_array_add(names, NULL);
    g_ptr_array_set_free_func(names, NULL);
    return (char **)g_ptr_array_steal(names, NULL);
}

static gboolean read_limit(const char *text, gint64 *limit, GError **error)
{
    if (strcmp(text, "all") == 0) {
        *limit = -1;
        return TRUE;
    }
    if (g_ascii_string_to_signed(text, 10, 0, G_MAXINT64, limit, NULL))
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                "--limit is \"%s\"; expected a number of rows, or all", text);
    return FALSE;
}

/* What one call fills: the query, and the columns of what it reads. */
typedef struct {
    CliContext *cli;
    Session *session;
    SqlQuery *query;
    QueryScope *scope;
} Filling;

static gboolean load_columns(const Filling *filling, const char *schema, const char *relation,
                             const char *name, GError **error)
{
    g_autoptr(GPtrArray) columns =
        catalog_load_columns(filling->session, schema, relation, filling->cli->cancellable, error);
    if (columns != NULL)
        query_scope_add(filling->scope, name, columns);
    return columns != NULL;
}

/* A join that does not say on what goes along the declared foreign key. */
static char *with_keys(const Filling *filling, const char *text, const char *schema,
                       const char *relation, const char *name, GError **error)
{
    const SqlQuery *query = filling->query;
    if (!sql_query_join_is_bare(text))
        return g_strdup(text);
    JoinSide own = {query->schema, query->relation, sql_query_name(query)};
    JoinSide other = {schema, relation, name};
    g_autofree char *on =
        join_keys_declared(filling->session, &own, &other, filling->cli->cancellable, error);
    return on == NULL ? NULL : g_strconcat(text, " on ", on, NULL);
}

/* A table without a schema is looked for beside the first one. */
static gboolean add_join(const Filling *filling, const char *text, GError **error)
{
    g_autofree char *schema = NULL, *relation = NULL, *alias = NULL;
    if (!cli_check_text(text, "--join", error) ||
        !sql_query_join_target(text, &schema, &relation, &alias, error))
        return FALSE;
    const char *home = schema != NULL ? schema : filling->query->schema;
    const char *name = alias != NULL ? alias : relation;
    g_autofree char *whole = NULL;
    if (!load_columns(filling, home, relation, name, error) ||
        (whole = with_keys(filling, text, home, relation, name, error)) == NULL ||
        !sql_query_parse_join(filling->query, whole, query_scope_sql(filling->scope), error))
        return FALSE;
    SqlJoin *join = filling->query->joins->pdata[filling->query->joins->len - 1];
    if (join->schema == NULL)
        join->schema = g_strdup(home);
    return TRUE;
}

typedef gboolean (*ParseClause)(SqlQuery *query, const char *text, const SqlScope *scope,
                                GError **error);

static gboolean add_clause(const Filling *filling, const char *text, const char *option,
                           ParseClause parse, GError **error)
{
    return text == NULL || (cli_check_text(text, option, error) &&
                            parse(filling->query, text, query_scope_sql(filling->scope), error));
}

static gboolean add_clauses(const Filling *filling, char **texts, const char *option,
                            ParseClause parse, GError **error)
{
    for (guint i = 0; texts != NULL && texts[i] != NULL; i++)
        if (!add_clause(filling, texts[i], option, parse, error))
            return FALSE;
    return TRUE;
}

/* Beside aggregates the groups are columns, unless --columns says which are. */
static void show_groups(SqlQuery *query)
{
    for (guint i = 0; i < query->groups->len; i++) {
        const SqlColumn *group = query->groups->pdata[i];
        sql_query_add_column(query, sql_expr_copy(group->expr), NULL);
    }
}

static gboolean fill(const Filling *filling, const SelectOptions *options, GError **error)
{
    SqlQuery *query = filling->query;
    for (guint i = 0; options->joins != NULL && options->joins[i] != NULL; i++)
        if (!add_join(filling, options->joins[i], error))
            return FALSE;
    if (!add_clause(filling, options->group_by, "--group-by", sql_query_parse_groups, error) ||
        !add_clause(filling, options->columns, "--columns", sql_query_parse_columns, error))
        return FALSE;
    if (options->columns == NULL && options->aggregates != NULL)
        show_groups(query);
    if (!add_clauses(filling, options->aggregates, "--aggregate", sql_query_parse_columns, error) ||
        !add_clauses(filling, options->filters, "--filter", sql_query_parse_condition, error) ||
        !add_clauses(filling, options->havings, "--having", sql_query_parse_having, error) ||
        !cli_check_text(options->where, "--where", error) ||
        !add_clause(filling, options->order, "--order", sql_query_parse_orders, error))
        return FALSE;
    query->where = g_strdup(options->where);
    query->distinct = options->distinct;
    return options->limit == NULL || read_limit(options->limit, &query->limit, error);
}

SqlQuery *select_query(CliContext *cli, const SelectOptions *options, const char *table,
                       gint64 limit, Session *session, GError **error)
{
    g_autofree char *schema = NULL, *relation = NULL;
    if (!catalog_parse_name(table, &schema, &relation, error))
        return NULL;
    g_autoptr(SqlQuery) query = sql_query_new(schema, relation);
    g_autoptr(QueryScope) scope = query_scope_new();
    Filling filling = {cli, session, query, scope};
    query->limit = limit;
    if (!load_columns(&filling, schema, relation, relation, error))
        return NULL;
    if (fill(&filling, options, error))
        return g_steal_pointer(&query);
    query_scope_explain(scope, error);
    return NULL;
}

void select_show(CliContext *cli, const SelectOptions *options, const SqlQuery *query)
{
    g_autofree char *sql = options->show_sql ? sql_query_text(query, NULL) : NULL;
    if (sql != NULL)
        narrator_say(cli->narrator, "%s", sql);
}
