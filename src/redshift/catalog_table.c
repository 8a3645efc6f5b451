#include <string.h>

#include "base/error.h"
#include "redshift/catalog_private.h"
#include "redshift/probe.h"
#include "sql/ident.h"
#include "sql/literal.h"

/* Views on views on views: deeper than anybody nests them. */
#define DEPENDENTS_DEPTH 20

GArray *catalog_numbers(const char *text)
{
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(int));
    while (text != NULL && *text != '\0') {
        char *end = NULL;
        int number = (int)g_ascii_strtoll(text, &end, 10);
        if (end == text) {
            text++;
            continue;
        }
        g_array_append_val(numbers, number);
        text = end;
    }
    return numbers;
}

/* --- constraints ------------------------------------------------------------------------------- */

/* "a", "b" of the columns with these numbers; NULL when one is not there. */
static char *key_columns(const GPtrArray *columns, const GArray *attribute_numbers, const char *key)
{
    g_autoptr(GArray) wanted = catalog_numbers(key);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint w = 0; w < wanted->len; w++)
        for (guint i = 0; i < columns->len; i++)
            if (g_array_index(attribute_numbers, int, i) == g_array_index(wanted, int, w))
                g_ptr_array_add(names, ((CatalogColumn *)columns->pdata[i])->name);
    if (names->len == 0 || names->len != wanted->len)
        return NULL;
    return sql_ident_list((const char *const *)names->pdata, names->len, NULL);
}

enum {
    CONSTRAINT_TYPE,
    CONSTRAINT_KEY,
    CONSTRAINT_FOREIGN_OID,
    CONSTRAINT_FOREIGN_KEY,
    CONSTRAINT_FOREIGN_SCHEMA,
    CONSTRAINT_FOREIGN_NAME
};

static char *foreign_key(Session *session, const GPtrArray *rows, guint i, const char *names,
                         GCancellable *cancellable, GError **error)
{
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(int));
    guint32 oid = (guint32)probe_number(rows, i, CONSTRAINT_FOREIGN_OID, 0);
    g_autoptr(GPtrArray) columns = catalog_local_columns(session, oid, numbers, cancellable, error);
    if (columns == NULL)
        return NULL;
    g_autofree char *target = sql_ident_pair(probe_text(rows, i, CONSTRAINT_FOREIGN_SCHEMA),
                                             probe_text(rows, i, CONSTRAINT_FOREIGN_NAME));
    g_autofree char *theirs =
        key_columns(columns, numbers, probe_text(rows, i, CONSTRAINT_FOREIGN_KEY));
    if (theirs == NULL)
        return g_strdup_printf("FOREIGN KEY (%s) REFERENCES %s", names, target);
    return g_strdup_printf("FOREIGN KEY (%s) REFERENCES %s (%s)", names, target, theirs);
}

static gboolean load_constraints(Session *session, CatalogTable *table, const GArray *numbers,
                                 GCancellable *cancellable, GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT k.contype, k.conkey, k.confrelid, k.confkey, n.nspname, f.relname "
        "FROM pg_constraint k LEFT JOIN pg_class f ON f.oid = k.confrelid "
        "LEFT JOIN pg_namespace n ON n.oid = f.relnamespace "
        "WHERE k.conrelid = %u AND k.contype IN ('p', 'u', 'f') ORDER BY k.contype DESC, k.conname",
        table->relation.oid);
    g_autoptr(GPtrArray) rows = session_query(session, sql, 0, NULL, cancellable, error);
    for (guint i = 0; rows != NULL && i < rows->len; i++) {
        char type = *probe_text(rows, i, CONSTRAINT_TYPE);
        g_autofree char *names =
            key_columns(table->columns, numbers, probe_text(rows, i, CONSTRAINT_KEY));
        if (names == NULL)
            continue;
        char *text = type == 'p'   ? g_strdup_printf("PRIMARY KEY (%s)", names)
                     : type == 'u' ? g_strdup_printf("UNIQUE (%s)", names)
                                   : foreign_key(session, rows, i, names, cancellable, error);
        if (text == NULL)
            return FALSE;
        /* The primary key comes first, wherever its letter sorts. */
        g_ptr_array_insert(table->constraints, type == 'p' ? 0 : -1, text);
    }
    return rows != NULL;
}

/* --- views that hang on it --------------------------------------------------------------------- */

/* One level: the views over the relations of `oids`; adds what is new to seen, names and next. */
static gboolean dependents_of(Session *session, const char *oids, GHashTable *seen,
                              GPtrArray *names, GString *next, GCancellable *cancellable,
                              GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT DISTINCT v.oid, n.nspname, v.relname FROM pg_depend d "
        "JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class v ON v.oid = r.ev_class "
        "JOIN pg_namespace n ON n.oid = v.relnamespace "
        "WHERE d.refobjid IN (%s) AND d.classid = 'pg_rewrite'::regclass "
        "AND d.refclassid = 'pg_class'::regclass AND v.relkind IN ('v', 'm') "
        "ORDER BY n.nspname, v.relname",
        oids);
    g_autoptr(GPtrArray) rows = session_query(session, sql, 0, NULL, cancellable, error);
    for (guint i = 0; rows != NULL && i < rows->len; i++) {
        if (!g_hash_table_add(seen, g_strdup(probe_text(rows, i, 0))))
            continue;
        g_ptr_array_add(names, sql_ident_pair(probe_text(rows, i, 1), probe_text(rows, i, 2)));
        g_string_append_printf(next, "%s%s", next->len == 0 ? "" : ", ", probe_text(rows, i, 0));
    }
    return rows != NULL;
}

static gboolean load_dependents(Session *session, CatalogTable *table, GCancellable *cancellable,
                                GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *own = g_strdup_printf("%u", table->relation.oid);
    g_autoptr(GString) oids = g_string_new(own);
    g_hash_table_add(seen, g_steal_pointer(&own));
    for (guint depth = 0; oids->len > 0 && depth < DEPENDENTS_DEPTH; depth++) {
        g_autoptr(GString) next = g_string_new(NULL);
        if (!dependents_of(session, oids->str, seen, table->dependent_views, next, cancellable,
                           error))
            return FALSE;
        g_string_assign(oids, next->str);
    }
    return TRUE;
}

/* --- the rest ---------------------------------------------------------------------------------- */

/* pg_class.reldiststyle: Redshift guide, "Viewing distribution styles". */
static char *dist_style_of(const char *number)
{
    if (number == NULL)
        return NULL;
    gint64 style = g_ascii_strtoll(number, NULL, 10);
    return g_strdup(style == 0 ? "EVEN" : style == 1 ? "KEY" : style == 8 ? "ALL" : "AUTO");
}

static gboolean load_table_info(Session *session, CatalogTable *table, GCancellable *cancellable,
                                GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT \"size\", coalesce(estimated_visible_rows, tbl_rows), encoded, diststyle, sortkey1 "
        "FROM svv_table_info WHERE table_id = %u",
        table->relation.oid);
    g_autoptr(GPtrArray) rows = probe_query(session, sql, NULL, cancellable, error);
    if (rows == NULL)
        return FALSE;
    if (rows->len == 0)
        return TRUE; /* not readable, or an empty table, which the view leaves out */
    const char *encoded = probe_text(rows, 0, 2), *style = probe_text(rows, 0, 3);
    const char *sort = probe_text(rows, 0, 4);
    table->size_mb = probe_number(rows, 0, 0, -1);
    table->relation.estimated_rows = probe_number(rows, 0, 1, table->relation.estimated_rows);
    table->encode_auto = encoded != NULL && strstr(encoded, "AUTO") != NULL;
    table->sort_auto = sort != NULL && g_str_has_prefix(sort, "AUTO(");
    if (style != NULL && g_str_has_prefix(style, "AUTO")) {
        g_free(table->dist_style);
        table->dist_style = g_strdup("AUTO");
    }
    return TRUE;
}

/* Access lists name users and groups; roles stand in a view that newer clusters have. */
static gboolean load_role_grants(Session *session, CatalogTable *table, const char *target,
                                 GCancellable *cancellable, GError **error)
{
    g_autofree char *schema = sql_literal(table->relation.schema);
    g_autofree char *name = sql_literal(table->relation.name);
    g_autofree char *sql = g_strdup_printf(
        "SELECT privilege_type, identity_name FROM svv_relation_privileges "
        "WHERE identity_type = 'role' AND namespace_name = %s AND relation_name = %s "
        "ORDER BY identity_name, privilege_type",
        schema, name);
    g_autoptr(GPtrArray) rows = probe_query(session, sql, NULL, cancellable, error);
    for (guint i = 0; rows != NULL && i < rows->len; i++) {
        g_autofree char *role = sql_ident(probe_text(rows, i, 1));
        g_ptr_array_add(table->grants, g_strdup_printf("GRANT %s ON %s TO ROLE %s",
                                                       probe_text(rows, i, 0), target, role));
    }
    return rows != NULL;
}

static gboolean load_grants(Session *session, CatalogTable *table, const char *acl,
                            GCancellable *cancellable, GError **error)
{
    g_autofree char *target = sql_ident_pair(table->relation.schema, table->relation.name);
    g_clear_pointer(&table->grants, g_ptr_array_unref);
    table->grants = catalog_acl_grants(acl, table->relation.owner, target);
    return load_role_grants(session, table, target, cancellable, error);
}

CatalogTable *catalog_table_new(const char *schema, const char *relation)
{
    CatalogTable *table = g_new0(CatalogTable, 1);
    table->relation.schema = g_strdup(schema);
    table->relation.name = g_strdup(relation);
    table->relation.estimated_rows = -1;
    table->size_mb = -1;
    table->columns = g_ptr_array_new_with_free_func((GDestroyNotify)catalog_column_free);
    table->constraints = g_ptr_array_new_with_free_func(g_free);
    table->grants = g_ptr_array_new_with_free_func(g_free);
    table->dependent_views = g_ptr_array_new_with_free_func(g_free);
    return table;
}

/* Asked with nothing but the catalog on the search path, so that the definition names the schemas of
 * its relations and can be replayed anywhere. */
static gboolean fill_view(Session *session, CatalogTable *table, GCancellable *cancellable,
                          GError **error)
{
    g_autofree char *sql = g_strdup_printf("SELECT pg_get_viewdef(%u)", table->relation.oid);
    g_autofree char *restore = catalog_enter_path(session, "pg_catalog", cancellable, error);
    if (restore == NULL)
        return FALSE;
    GError *failure = NULL;
    table->view_definition = session_query_value(session, sql, cancellable, &failure);
    gboolean restored = catalog_leave_path(session, restore, failure == NULL ? &failure : NULL);
    if (failure != NULL)
        g_propagate_error(error, failure);
    return failure == NULL && restored;
}

static gboolean fill_table(Session *session, CatalogTable *table, const GArray *numbers,
                           GCancellable *cancellable, GError **error)
{
    const CatalogRelation *relation = &table->relation;
    for (guint i = 0; i < table->columns->len; i++)
        table->has_identity |= ((CatalogColumn *)table->columns->pdata[i])->identity != NULL;
    return catalog_load_keys(session, relation->schema, relation->name, table->columns, cancellable,
                             error) &&
           load_constraints(session, table, numbers, cancellable, error) &&
           load_table_info(session, table, cancellable, error);
}

static gboolean fill_local(Session *session, CatalogTable *table, const GPtrArray *rows,
                           GCancellable *cancellable, GError **error)
{
    CatalogRelation *relation = &table->relation;
    relation->oid = (guint32)probe_number(rows, 0, CATALOG_OID, 0);
    relation->kind = catalog_kind(probe_text(rows, 0, CATALOG_KIND));
    relation->owner = g_strdup(probe_text(rows, 0, CATALOG_OWNER));
    relation->comment = g_strdup(probe_text(rows, 0, CATALOG_COMMENT));
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(int));
    GPtrArray *columns = catalog_local_columns(session, relation->oid, numbers, cancellable, error);
    if (columns == NULL)
        return FALSE;
    g_ptr_array_unref(table->columns);
    table->columns = columns;
    if (relation->kind == RELATION_TABLE) {
        relation->estimated_rows = catalog_estimate(probe_text(rows, 0, CATALOG_ROWS));
        table->dist_style = dist_style_of(probe_text(rows, 0, CATALOG_DIST_STYLE));
        if (!fill_table(session, table, numbers, cancellable, error))
            return FALSE;
    } else if (!fill_view(session, table, cancellable, error)) {
        return FALSE;
    }
    return load_grants(session, table, probe_text(rows, 0, CATALOG_ACL), cancellable, error) &&
           load_dependents(session, table, cancellable, error);
}

static CatalogTable *load_exactly(Session *session, const char *schema, const char *relation,
                                  GCancellable *cancellable, GError **error)
{
    g_autofree char *schema_literal = sql_literal(schema);
    g_autofree char *name_literal = sql_literal(relation);
    g_autofree char *sql = g_strconcat(catalog_relation_select, schema_literal,
                                       " AND c.relname = ", name_literal, NULL);
    g_autoptr(GPtrArray) rows = session_query(session, sql, 0, NULL, cancellable, error);
    if (rows == NULL)
        return NULL;
    g_autoptr(CatalogTable) table = catalog_table_new(schema, relation);
    if (rows->len > 0 && !fill_local(session, table, rows, cancellable, error))
        return NULL;
    if (table->columns->len == 0 &&
        !catalog_remote_columns(session, schema, relation, table->columns, cancellable, error))
        return NULL;
    if (rows->len == 0 && table->columns->len == 0) {
        catalog_not_found(session, schema, relation, cancellable, error);
        return NULL;
    }
    if (rows->len == 0) {
        table->relation.kind = RELATION_EXTERNAL;
        if (!catalog_load_external(session, table, cancellable, error))
            return NULL;
    }
    return g_steal_pointer(&table);
}

CatalogTable *catalog_load_table(Session *session, const char *schema, const char *relation,
                                 GCancellable *cancellable, GError **error)
{
    g_autoptr(GError) local = NULL;
    g_autofree char *low_schema = NULL, *low_relation = NULL;
    CatalogTable *table = load_exactly(session, schema, relation, cancellable, &local);
    if (table == NULL && g_error_matches(local, RS_ERROR, RS_ERROR_NOT_FOUND) &&
        catalog_fold_names(session, schema, relation, &low_schema, &low_relation, cancellable))
        table = load_exactly(session, low_schema, low_relation, cancellable, NULL);
    if (table == NULL)
        g_propagate_error(error, g_steal_pointer(&local));
    return table;
}
