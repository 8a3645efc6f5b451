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
    case 'l':
        return RELATION_LATE_BINDING_VIEW;
    case 'm':
        return RELATION_MATERIALIZED_VIEW;
    case 'e':
        return RELATION_EXTERNAL;
    default:
        return RELATION_TABLE;
    }
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

gboolean catalog_schema_exists(Session *session, const char *schema, gboolean *exists,
                               gboolean *external, GCancellable *cancellable, GError **error)
{
    g_autofree char *literal = sql_literal(schema);
    g_autofree char *sql =
        g_strdup_printf("SELECT 1 FROM pg_namespace WHERE nspname = %s", literal);
    g_autoptr(GPtrArray) rows = session_query(session, sql, 0, NULL, cancellable, error);
    if (rows == NULL)
        return FALSE;
    g_autofree char *probe =
        g_strdup_printf("SELECT 1 FROM svv_external_schemas WHERE schemaname = %s", literal);
    g_autoptr(GPtrArray) found = probe_query(session, probe, NULL, cancellable, error);
    *external = found != NULL && found->len > 0;
    *exists = rows->len > 0 || *external;
    return found != NULL;
}

gboolean catalog_schema_not_found(Session *session, const char *schema, GCancellable *cancellable,
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
    gboolean exists = FALSE, external = FALSE;
    if (!catalog_schema_exists(session, schema, &exists, &external, cancellable, error))
        return FALSE;
    if (!exists)
        return catalog_schema_not_found(session, schema, cancellable, error);
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

/* Redshift keeps a late-binding or materialized view as a view whose definition says so. */
const char catalog_relation_select[] =
    "SELECT c.oid, c.relname, "
    "CASE WHEN c.relkind <> 'v' THEN c.relkind::varchar(1) "
    "WHEN pg_get_viewdef(c.oid) ILIKE '%create materialized view%' THEN 'm' "
    "WHEN pg_get_viewdef(c.oid) ILIKE '%with no schema binding%' THEN 'l' ELSE 'v' END, "
    "pg_get_userbyid(c.relowner), c.reltuples, obj_description(c.oid, 'pg_class'), "
    "c.reldiststyle, c.relacl "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE c.relkind IN ('r', 'v', 'm') AND n.nspname = ";
