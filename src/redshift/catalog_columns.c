#include <string.h>

#include "base/error.h"
#include "redshift/catalog_private.h"
#include "redshift/probe.h"
#include "redshift/types.h"
#include "sql/literal.h"

/* --- columns ----------------------------------------------------------------------------------- */

enum {
    COLUMN_NAME,
    COLUMN_TYPE,
    COLUMN_OID,
    COLUMN_NOT_NULL,
    COLUMN_DEFAULT,
    COLUMN_COMMENT,
    COLUMN_NUMBER,
};

/* The name without a schema, and the oid that goes with it where the server's own says nothing: a
 * server that imitates Redshift's types has them under other numbers. */
static void set_type(CatalogColumn *column, const char *text, guint32 oid)
{
    const char *dot = strrchr(text, '.');
    guint32 named = 0;
    int modifier;
    column->type = g_strdup(dot == NULL ? text : dot + 1);
    column->type_oid = oid;
    if (strcmp(type_name(oid), "unknown") == 0 && type_parse(column->type, &named, &modifier))
        column->type_oid = named;
}

GPtrArray *catalog_local_columns(Session *session, guint32 oid, GArray *numbers,
                                 GCancellable *cancellable, GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.atttypid, a.attnotnull, "
        "pg_get_expr(d.adbin, d.adrelid), col_description(a.attrelid, a.attnum), a.attnum "
        "FROM pg_attribute a "
        "LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum "
        "WHERE a.attrelid = %u AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
        oid);
    g_autoptr(GPtrArray) rows = session_query(session, sql, 0, NULL, cancellable, error);
    if (rows == NULL)
        return NULL;
    GPtrArray *columns = g_ptr_array_new_with_free_func((GDestroyNotify)catalog_column_free);
    for (guint i = 0; i < rows->len; i++) {
        if (catalog_is_internal_name(probe_text(rows, i, COLUMN_NAME)))
            continue;
        CatalogColumn *column = g_new0(CatalogColumn, 1);
        const char *value = probe_text(rows, i, COLUMN_DEFAULT);
        int number = (int)probe_number(rows, i, COLUMN_NUMBER, 0);
        column->name = g_strdup(probe_text(rows, i, COLUMN_NAME));
        set_type(column, probe_text(rows, i, COLUMN_TYPE),
                 (guint32)probe_number(rows, i, COLUMN_OID, 0));
        column->not_null = g_strcmp0(probe_text(rows, i, COLUMN_NOT_NULL), "t") == 0;
        column->identity = catalog_identity(value, &column->identity_by_default);
        column->default_value = column->identity == NULL ? g_strdup(value) : NULL;
        column->comment = g_strdup(probe_text(rows, i, COLUMN_COMMENT));
        g_ptr_array_add(columns, column);
        if (numbers != NULL)
            g_array_append_val(numbers, number);
    }
    return columns;
}

/* Late-binding views have no rows in pg_attribute; external tables have a view of their own. */
gboolean catalog_remote_columns(Session *session, const char *schema, const char *relation,
                                GPtrArray *columns, GCancellable *cancellable, GError **error)
{
    g_autofree char *schema_literal = sql_literal(schema);
    g_autofree char *name_literal = sql_literal(relation);
    g_autofree char *late = g_strdup_printf(
        "SELECT col_name, col_type FROM pg_get_late_binding_view_cols() "
        "cols(view_schema name, view_name name, col_name name, col_type varchar, col_num int) "
        "WHERE view_schema = %s AND view_name = %s ORDER BY col_num",
        schema_literal, name_literal);
    g_autofree char *external =
        g_strdup_printf("SELECT columnname, external_type FROM svv_external_columns "
                        "WHERE schemaname = %s AND tablename = %s ORDER BY columnnum",
                        schema_literal, name_literal);
    const char *const questions[] = {late, external};
    for (gsize q = 0; q < G_N_ELEMENTS(questions) && columns->len == 0; q++) {
        g_autoptr(GPtrArray) rows = probe_query(session, questions[q], NULL, cancellable, error);
        if (rows == NULL)
            return FALSE;
        for (guint i = 0; i < rows->len; i++) {
            CatalogColumn *column = g_new0(CatalogColumn, 1);
            int modifier;
            column->name = g_strdup(probe_text(rows, i, 0));
            column->type = g_strdup(probe_text(rows, i, 1));
            type_parse(column->type == NULL ? "" : column->type, &column->type_oid, &modifier);
            g_ptr_array_add(columns, column);
        }
    }
    return TRUE;
}

/* --- encodings and keys ------------------------------------------------------------------------ */

/* SET search_path TO the elements of what SHOW search_path said: each as a string, which both
 * "$user" and odd names survive. */
static char *restore_path_sql(const char *path)
{
    GString *sql = g_string_new("SET search_path TO ");
    g_autoptr(GString) element = g_string_new(NULL);
    gboolean quoted = FALSE;
    guint n = 0;
    for (const char *p = path;; p++) {
        if (*p == '"')
            quoted = !quoted;
        else if (*p != '\0' && (quoted || *p != ','))
            g_string_append_c(element, *p);
        if (*p != '\0' && (quoted || *p != ','))
            continue;
        g_autofree char *literal = sql_literal(g_strstrip(element->str));
        g_string_append_printf(sql, "%s%s", n++ == 0 ? "" : ", ", literal);
        g_string_truncate(element, 0);
        if (*p == '\0')
            return g_string_free(sql, FALSE);
    }
}

static void apply_keys(GPtrArray *columns, const GPtrArray *rows)
{
    for (guint i = 0; i < columns->len; i++) {
        CatalogColumn *column = columns->pdata[i];
        for (guint r = 0; r < rows->len; r++) {
            if (g_strcmp0(probe_text(rows, r, 0), column->name) != 0)
                continue;
            const char *encoding = probe_text(rows, r, 1);
            column->encoding = encoding == NULL ? NULL : g_strchomp(g_strdup(encoding));
            column->is_dist_key = g_strcmp0(probe_text(rows, r, 2), "t") == 0;
            column->sort_key = (int)probe_number(rows, r, 3, 0);
        }
    }
}

char *catalog_enter_path(Session *session, const char *schema, GCancellable *cancellable,
                         GError **error)
{
    g_autofree char *path = session_query_value(session, "SHOW search_path", cancellable, NULL);
    g_autofree char *literal = sql_literal(schema);
    g_autofree char *set = g_strdup_printf("SET search_path TO %s", literal);
    if (!session_run(session, set, NULL, cancellable, error))
        return NULL;
    return restore_path_sql(path == NULL ? "public" : path);
}

gboolean catalog_leave_path(Session *session, const char *restore, GError **error)
{
    /* Put back also when the user has cancelled: the session goes on living. */
    return session_run(session, restore, NULL, NULL, error);
}

gboolean catalog_load_keys(Session *session, const char *schema, const char *relation,
                           GPtrArray *columns, GCancellable *cancellable, GError **error)
{
    g_autofree char *schema_literal = sql_literal(schema);
    g_autofree char *name_literal = sql_literal(relation);
    g_autofree char *sql =
        g_strdup_printf("SELECT \"column\", encoding, distkey, sortkey FROM pg_table_def "
                        "WHERE schemaname = %s AND tablename = %s",
                        schema_literal, name_literal);
    g_autofree char *restore = catalog_enter_path(session, schema, cancellable, error);
    if (restore == NULL)
        return FALSE;
    g_autoptr(GPtrArray) rows = probe_query(session, sql, NULL, cancellable, error);
    gboolean restored = catalog_leave_path(session, restore, rows == NULL ? NULL : error);
    if (rows == NULL || !restored)
        return FALSE;
    apply_keys(columns, rows);
    return TRUE;
}

static GPtrArray *load_exactly(Session *session, const char *schema, const char *relation,
                               GCancellable *cancellable, GError **error)
{
    g_autofree char *schema_literal = sql_literal(schema);
    g_autofree char *name_literal = sql_literal(relation);
    g_autofree char *sql = g_strconcat(catalog_relation_select, schema_literal,
                                       " AND c.relname = ", name_literal, NULL);
    g_autoptr(GPtrArray) rows = session_query(session, sql, 0, NULL, cancellable, error);
    if (rows == NULL)
        return NULL;
    g_autoptr(GPtrArray) columns = NULL;
    gboolean local = rows->len > 0;
    if (local)
        columns = catalog_local_columns(session, (guint32)probe_number(rows, 0, CATALOG_OID, 0),
                                        NULL, cancellable, error);
    else
        columns = g_ptr_array_new_with_free_func((GDestroyNotify)catalog_column_free);
    if (columns == NULL)
        return NULL;
    if (columns->len == 0 &&
        !catalog_remote_columns(session, schema, relation, columns, cancellable, error))
        return NULL;
    if (!local && columns->len == 0) {
        catalog_not_found(session, schema, relation, cancellable, error);
        return NULL;
    }
    gboolean table = local && catalog_kind(probe_text(rows, 0, CATALOG_KIND)) == RELATION_TABLE;
    if (table && !catalog_load_keys(session, schema, relation, columns, cancellable, error))
        return NULL;
    return g_steal_pointer(&columns);
}

GPtrArray *catalog_load_columns(Session *session, const char *schema, const char *relation,
                                GCancellable *cancellable, GError **error)
{
    g_autoptr(GError) local = NULL;
    g_autofree char *low_schema = NULL, *low_relation = NULL;
    GPtrArray *columns = load_exactly(session, schema, relation, cancellable, &local);
    if (columns == NULL && g_error_matches(local, RS_ERROR, RS_ERROR_NOT_FOUND) &&
        catalog_fold_names(session, schema, relation, &low_schema, &low_relation, cancellable))
        columns = load_exactly(session, low_schema, low_relation, cancellable, NULL);
    if (columns == NULL)
        g_propagate_error(error, g_steal_pointer(&local));
    return columns;
}
