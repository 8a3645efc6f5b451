#include "cli/select.h"

#include <string.h>

#include "base/error.h"
#include "redshift/catalog.h"
#include "redshift/types.h"
#include "sql/ident.h"

#define AT(member) G_STRUCT_OFFSET(SelectOptions, member)

const CliOption select_options[] = {
    {"columns", 0, CLI_STRING, AT(columns), "these columns only, separated by commas", "NAMES"},
    {"filter", 0, CLI_LIST, AT(filters), "'COLUMN OP VALUE'; several are joined by AND", "FILTER"},
    {"where", 0, CLI_STRING, AT(where), "a condition in SQL", "SQL"},
    {"order", 0, CLI_STRING, AT(order), "columns; a minus in front is descending", "NAMES"},
    {"limit", 0, CLI_STRING, AT(limit), "at most so many rows; all for no limit", "N"},
    {0},
};

gboolean select_is_used(const SelectOptions *options)
{
    return options->columns != NULL || options->where != NULL || options->order != NULL ||
           options->filters != NULL || options->limit != NULL;
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

static const CatalogColumn *find_column(const GPtrArray *columns, const char *name)
{
    for (guint i = 0; i < columns->len; i++) {
        const CatalogColumn *column = columns->pdata[i];
        if (strcmp(column->name, name) == 0)
            return column;
    }
    return NULL;
}

static gboolean kind_of(gpointer user, const char *column, SqlValueKind *kind)
{
    const CatalogColumn *found = find_column(user, column);
    if (found != NULL)
        *kind = type_value_kind(found->type_oid);
    return found != NULL;
}

static gboolean check_column(const GPtrArray *columns, const char *name, GError **error)
{
    if (find_column(columns, name) != NULL)
        return TRUE;
    g_autoptr(GString) names = g_string_new(NULL);
    for (guint i = 0; i < columns->len; i++)
        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "",
                               ((const CatalogColumn *)columns->pdata[i])->name);
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "there is no column \"%s\"; there are: %s", name,
                names->str);
    return FALSE;
}

static gboolean add_columns(SqlQuery *query, const char *list, const GPtrArray *columns,
                            GError **error)
{
    g_auto(GStrv) names = select_names(list, error);
    for (guint i = 0; names != NULL && names[i] != NULL; i++) {
        if (!check_column(columns, names[i], error))
            return FALSE;
        g_ptr_array_add(query->columns, g_strdup(names[i]));
    }
    return names != NULL;
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

static gboolean add_order(SqlQuery *query, const char *text, const GPtrArray *columns,
                          GError **error)
{
    if (!sql_query_parse_order(query, text, error))
        return FALSE;
    for (guint i = 0; i < query->orders->len; i++)
        if (!check_column(columns, ((const SqlOrder *)query->orders->pdata[i])->column, error))
            return FALSE;
    return TRUE;
}

static gboolean fill(SqlQuery *query, const SelectOptions *options, const GPtrArray *columns,
                     GError **error)
{
    if (options->columns != NULL && !add_columns(query, options->columns, columns, error))
        return FALSE;
    for (guint i = 0; options->filters != NULL && options->filters[i] != NULL; i++)
        if (!cli_check_text(options->filters[i], "--filter", error) ||
            !sql_query_parse_filter(query, options->filters[i], kind_of, (gpointer)columns, error))
            return FALSE;
    if (!cli_check_text(options->where, "--where", error))
        return FALSE;
    query->where = g_strdup(options->where);
    if (options->order != NULL && !add_order(query, options->order, columns, error))
        return FALSE;
    return options->limit == NULL || read_limit(options->limit, &query->limit, error);
}

SqlQuery *select_query(CliContext *cli, const SelectOptions *options, const char *table,
                       gint64 limit, Session *session, GError **error)
{
    g_autofree char *schema = NULL, *relation = NULL;
    if (!catalog_parse_name(table, &schema, &relation, error))
        return NULL;
    g_autoptr(GPtrArray) columns =
        catalog_load_columns(session, schema, relation, cli->cancellable, error);
    if (columns == NULL)
        return NULL;
    g_autoptr(SqlQuery) query = sql_query_new(schema, relation);
    query->limit = limit;
    if (!fill(query, options, columns, error))
        return NULL;
    return g_steal_pointer(&query);
}
