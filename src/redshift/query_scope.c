#include "redshift/query_scope.h"

#include <string.h>

#include "redshift/catalog.h"
#include "redshift/types.h"

typedef struct {
    char *name;
    GPtrArray *names; /* of char *, NULL-terminated */
    GArray *kinds;    /* of SqlValueKind */
} Source;

struct QueryScope {
    GPtrArray *sources; /* of Source */
    SqlScope sql;
    gboolean missed; /* the last name that was looked for was not there */
};

static void source_free(gpointer data)
{
    Source *source = data;
    g_free(source->name);
    g_ptr_array_unref(source->names);
    g_array_unref(source->kinds);
    g_free(source);
}

static gboolean find_in(const Source *source, const char *name, SqlValueKind *kind)
{
    for (guint i = 0; source->names->pdata[i] != NULL; i++)
        if (strcmp(source->names->pdata[i], name) == 0) {
            *kind = g_array_index(source->kinds, SqlValueKind, i);
            return TRUE;
        }
    return FALSE;
}

static gboolean find_column(gpointer user, const char **qualifier, const char *name,
                            SqlValueKind *kind)
{
    QueryScope *scope = user;
    scope->missed = FALSE;
    for (guint i = 0; i < scope->sources->len; i++) {
        const Source *source = scope->sources->pdata[i];
        if (*qualifier != NULL && g_strcmp0(*qualifier, source->name) != 0)
            continue;
        if (!find_in(source, name, kind))
            continue;
        if (i > 0)
            *qualifier = source->name;
        return TRUE;
    }
    scope->missed = TRUE;
    return FALSE;
}

QueryScope *query_scope_new(void)
{
    QueryScope *scope = g_new0(QueryScope, 1);
    scope->sources = g_ptr_array_new_with_free_func(source_free);
    scope->sql = (SqlScope){find_column, scope};
    return scope;
}

void query_scope_free(QueryScope *scope)
{
    if (scope == NULL)
        return;
    g_ptr_array_unref(scope->sources);
    g_free(scope);
}

static int position_of(const QueryScope *scope, const char *name)
{
    for (guint i = 0; i < scope->sources->len; i++)
        if (g_strcmp0(((const Source *)scope->sources->pdata[i])->name, name) == 0)
            return (int)i;
    return -1;
}

gboolean query_scope_has(const QueryScope *scope, const char *name)
{
    return position_of(scope, name) >= 0;
}

void query_scope_add(QueryScope *scope, const char *name, const GPtrArray *columns)
{
    Source *source = g_new0(Source, 1);
    source->name = g_strdup(name);
    source->names = g_ptr_array_new_with_free_func(g_free);
    source->kinds = g_array_new(FALSE, FALSE, sizeof(SqlValueKind));
    for (guint i = 0; i < columns->len; i++) {
        const CatalogColumn *column = columns->pdata[i];
        SqlValueKind kind = type_value_kind(column->type_oid);
        g_ptr_array_add(source->names, g_strdup(column->name));
        g_array_append_val(source->kinds, kind);
    }
    g_ptr_array_add(source->names, NULL);
    int old = position_of(scope, name);
    if (old < 0) {
        g_ptr_array_add(scope->sources, source);
        return;
    }
    source_free(scope->sources->pdata[old]);
    scope->sources->pdata[old] = source;
}

const SqlScope *query_scope_sql(QueryScope *scope)
{
    return &scope->sql;
}

void query_scope_explain(QueryScope *scope, GError **error)
{
    if (error == NULL || *error == NULL || !scope->missed ||
        strstr((*error)->message, "there is no column") == NULL)
        return;
    g_autoptr(GString) names = g_string_new((*error)->message);
    for (guint s = 0; s < scope->sources->len; s++) {
        const Source *source = scope->sources->pdata[s];
        for (guint i = 0; source->names->pdata[i] != NULL; i++)
            g_string_append_printf(names, "%s%s%s%s", s + i == 0 ? "; there are: " : ", ",
                                   s > 0 ? source->name : "", s > 0 ? "." : "",
                                   (const char *)source->names->pdata[i]);
    }
    g_free((*error)->message);
    (*error)->message = g_string_free(g_steal_pointer(&names), FALSE);
}
