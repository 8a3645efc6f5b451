#include <string.h>

#include "base/error.h"
#include "redshift/catalog_private.h"
#include "redshift/probe.h"
#include "redshift/types.h"
#include "sql/literal.h"

gboolean catalog_is_internal_name(const char *name)
{
    return g_str_has_prefix(name, "mv_tbl__") || g_str_has_prefix(name, "padb_internal_");
}

gint64 catalog_estimate(const char *reltuples)
{
    double rows = reltuples == NULL ? -1 : g_ascii_strtod(reltuples, NULL);
    /* Redshift writes 0.001 and PostgreSQL -1 until the first ANALYZE. */
    if (rows != 0 && rows < 1)
        return -1;
    return (gint64)rows;
}

RelationKind catalog_kind(const char *letter)
{
    switch (letter == NULL ? 'r' : *letter) {
    case 'v':
        return RELATION_VIEW;
    case 'm':
        return RELATION_MATERIALIZED_VIEW;
    case 'e':
        return RELATION_EXTERNAL;
    default:
        return RELATION_TABLE;
    }
}

/* --- schemas ----------------------------------------------------------------------------------- */

static gboolean is_system_schema(const char *name)
{
    return g_str_has_prefix(name, "pg_") || strcmp(name, "information_schema") == 0 ||
           strcmp(name, "catalog_history") == 0;
}

static GHashTable *external_schemas(Session *session, GCancellable *cancellable, GError **error)
{
    g_autoptr(GPtrArray) rows = probe_query(session, "SELECT schemaname FROM svv_external_schemas",
                                            NULL, cancellable, error);
    if (rows == NULL)
        return NULL;
    GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < rows->len; i++)
        g_hash_table_add(names, g_strdup(probe_text(rows, i, 0)));
    return names;
}

GPtrArray *catalog_load_schemas(Session *session, GCancellable *cancellable, GError **error)
{
    g_autoptr(GPtrArray) rows = session_query(session,
                                              "SELECT n.nspname, pg_get_userbyid(n.nspowner) "
                                              "FROM pg_namespace n ORDER BY n.nspname",
                                              0, NULL, cancellable, error);
    g_autoptr(GHashTable) external =
        rows == NULL ? NULL : external_schemas(session, cancellable, error);
    if (external == NULL)
        return NULL;
    GPtrArray *schemas = g_ptr_array_new_with_free_func((GDestroyNotify)catalog_schema_free);
    for (guint i = 0; i < rows->len; i++) {
        CatalogSchema *schema = g_new0(CatalogSchema, 1);
        schema->name = g_strdup(probe_text(rows, i, 0));
        schema->owner = g_strdup(probe_text(rows, i, 1));
        schema->is_system = is_system_schema(schema->name);
        schema->is_external = g_hash_table_contains(external, schema->name);
        g_ptr_array_add(schemas, schema);
    }
    return schemas;
}

/* --- near misses ------------------------------------------------------------------------------- */

/* The names that one question lists; empty when it fails: a hint must not hide the news. */
static GPtrArray *names_of(Session *session, const char *sql, GCancellable *cancellable)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) rows = session_query(session, sql, 0, NULL, cancellable, NULL);
    for (guint i = 0; rows != NULL && i < rows->len; i++)
        if (!catalog_is_internal_name(probe_text(rows, i, 0)))
            g_ptr_array_add(names, g_strdup(probe_text(rows, i, 0)));
    return names;
}

static gboolean schema_exists(Session *session, const char *schema, GCancellable *cancellable,
                              gboolean *exists, GError **error)
{
    g_autofree char *literal = sql_literal(schema);
    g_autofree char *sql =
        g_strdup_printf("SELECT 1 FROM pg_namespace WHERE nspname = %s", literal);
    g_autoptr(GPtrArray) rows = session_query(session, sql, 0, NULL, cancellable, error);
    *exists = rows != NULL && rows->len > 0;
    return rows != NULL;
}

static gboolean schema_not_found(Session *session, const char *schema, GCancellable *cancellable,
                                 GError **error)
{
    g_autoptr(GPtrArray) names =
        names_of(session, "SELECT nspname FROM pg_namespace ORDER BY nspname", cancellable);
    g_autofree char *near = catalog_near_misses(schema, names);
    g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND,
                "there is no schema \"%s\" in database \"%s\"%s%s", schema,
                session_info(session)->database, *near == '\0' ? "" : ": ", near);
    return FALSE;
}

gboolean catalog_fold_names(Session *session, const char *schema, const char *relation,
                            char **low_schema, char **low_relation, GCancellable *cancellable)
{
    g_autofree char *lower_schema = g_ascii_strdown(schema, -1);
    g_autofree char *lower_relation = g_ascii_strdown(relation, -1);
    if (strcmp(lower_schema, schema) == 0 && strcmp(lower_relation, relation) == 0)
        return FALSE;
    g_autofree char *setting =
        session_query_value(session, "SHOW enable_case_sensitive_identifier", cancellable, NULL);
    if (setting == NULL || g_ascii_strcasecmp(setting, "off") != 0)
        return FALSE;
    *low_schema = g_steal_pointer(&lower_schema);
    *low_relation = g_steal_pointer(&lower_relation);
    return TRUE;
}

gboolean catalog_not_found(Session *session, const char *schema, const char *relation,
                           GCancellable *cancellable, GError **error)
{
    gboolean exists = FALSE;
    if (!schema_exists(session, schema, cancellable, &exists, error))
        return FALSE;
    if (!exists)
        return schema_not_found(session, schema, cancellable, error);
    g_autofree char *literal = sql_literal(schema);
    g_autofree char *sql = g_strdup_printf(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = %s AND c.relkind IN ('r', 'v', 'm') ORDER BY c.relname",
        literal);
    g_autoptr(GPtrArray) names = names_of(session, sql, cancellable);
    g_autofree char *near = catalog_near_misses(relation, names);
    g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND,
                "there is no table or view \"%s\" in schema \"%s\" of database \"%s\"%s%s",
                relation, schema, session_info(session)->database, *near == '\0' ? "" : ": ", near);
    return FALSE;
}

/* --- relations --------------------------------------------------------------------------------- */

/* Redshift keeps a materialized view as a view whose definition says so. */
const char catalog_relation_select[] =
    "SELECT c.oid, c.relname, "
    "CASE WHEN c.relkind <> 'v' THEN c.relkind::varchar(1) "
    "WHEN pg_get_viewdef(c.oid) ILIKE '%create materialized view%' THEN 'm' ELSE 'v' END, "
    "pg_get_userbyid(c.relowner), c.reltuples, obj_description(c.oid, 'pg_class'), "
    "c.reldiststyle, c.relacl "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relkind IN ('r', 'v', 'm') AND n.nspname = ";

/* What SVV_TABLE_INFO counts, by oid: better than reltuples, where it may be read. */
static GHashTable *row_counts(Session *session, const char *schema, GCancellable *cancellable,
                              GError **error)
{
    g_autofree char *literal = sql_literal(schema);
    g_autofree char *sql =
        g_strdup_printf("SELECT table_id, coalesce(estimated_visible_rows, tbl_rows) "
                        "FROM svv_table_info WHERE \"schema\" = %s",
                        literal);
    g_autoptr(GPtrArray) rows = probe_query(session, sql, NULL, cancellable, error);
    if (rows == NULL)
        return NULL;
    GHashTable *counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (guint i = 0; i < rows->len; i++) {
        gint64 *count = g_new(gint64, 1);
        *count = probe_number(rows, i, 1, -1);
        g_hash_table_insert(counts, g_strdup(probe_text(rows, i, 0)), count);
    }
    return counts;
}

static CatalogRelation *relation_of(const GPtrArray *rows, guint i, const char *schema,
                                    GHashTable *counts)
{
    CatalogRelation *relation = g_new0(CatalogRelation, 1);
    const char *oid = probe_text(rows, i, CATALOG_OID);
    const gint64 *count = g_hash_table_lookup(counts, oid);
    relation->oid = (guint32)g_ascii_strtoull(oid, NULL, 10);
    relation->schema = g_strdup(schema);
    relation->name = g_strdup(probe_text(rows, i, CATALOG_NAME));
    relation->kind = catalog_kind(probe_text(rows, i, CATALOG_KIND));
    relation->owner = g_strdup(probe_text(rows, i, CATALOG_OWNER));
    relation->comment = g_strdup(probe_text(rows, i, CATALOG_COMMENT));
    relation->estimated_rows =
        count != NULL ? *count : catalog_estimate(probe_text(rows, i, CATALOG_ROWS));
    if (relation->kind == RELATION_VIEW)
        relation->estimated_rows = -1;
    return relation;
}

/* numRows of the table's parameters, a JSON object that crawlers and ALTER TABLE fill. */
static gint64 external_rows(const char *parameters)
{
    g_autoptr(GRegex) regex =
        g_regex_new("\"numRows\"\\s*:\\s*\"?([0-9]+)", G_REGEX_CASELESS, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    if (parameters == NULL || !g_regex_match(regex, parameters, 0, &match))
        return -1;
    g_autofree char *number = g_match_info_fetch(match, 1);
    return g_ascii_strtoll(number, NULL, 10);
}

/* The tables of an external schema; none for a local one. */
static gboolean add_external(Session *session, const char *schema, GPtrArray *relations,
                             GCancellable *cancellable, GError **error)
{
    g_autofree char *literal = sql_literal(schema);
    g_autofree char *sql = g_strdup_printf("SELECT tablename, parameters FROM svv_external_tables "
                                           "WHERE schemaname = %s ORDER BY tablename",
                                           literal);
    g_autoptr(GPtrArray) rows = probe_query(session, sql, NULL, cancellable, error);
    for (guint i = 0; rows != NULL && i < rows->len; i++) {
        CatalogRelation *relation = g_new0(CatalogRelation, 1);
        relation->schema = g_strdup(schema);
        relation->name = g_strdup(probe_text(rows, i, 0));
        relation->kind = RELATION_EXTERNAL;
        relation->estimated_rows = external_rows(probe_text(rows, i, 1));
        g_ptr_array_add(relations, relation);
    }
    return rows != NULL;
}

/* Nothing local: an external schema, an empty one, or none. */
static gboolean look_further(Session *session, const char *schema, GPtrArray *relations,
                             GCancellable *cancellable, GError **error)
{
    gboolean exists = FALSE;
    if (!schema_exists(session, schema, cancellable, &exists, error))
        return FALSE;
    if (!exists)
        return schema_not_found(session, schema, cancellable, error);
    return add_external(session, schema, relations, cancellable, error);
}

GPtrArray *catalog_load_relations(Session *session, const char *schema, GCancellable *cancellable,
                                  GError **error)
{
    g_autofree char *literal = sql_literal(schema);
    g_autofree char *sql =
        g_strconcat(catalog_relation_select, literal, " ORDER BY c.relname", NULL);
    g_autoptr(GPtrArray) rows = session_query(session, sql, 0, NULL, cancellable, error);
    g_autoptr(GHashTable) counts =
        rows == NULL ? NULL : row_counts(session, schema, cancellable, error);
    if (counts == NULL)
        return NULL;
    g_autoptr(GPtrArray) relations =
        g_ptr_array_new_with_free_func((GDestroyNotify)catalog_relation_free);
    for (guint i = 0; i < rows->len; i++)
        if (!catalog_is_internal_name(probe_text(rows, i, CATALOG_NAME)))
            g_ptr_array_add(relations, relation_of(rows, i, schema, counts));
    if (rows->len == 0 && !look_further(session, schema, relations, cancellable, error))
        return NULL;
    return g_steal_pointer(&relations);
}
