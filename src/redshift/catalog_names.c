#include <string.h>

#include "base/error.h"
#include "redshift/catalog_level.h"
#include "redshift/catalog_private.h"
#include "redshift/probe.h"
#include "sql/literal.h"

/* --- rows into a level ------------------------------------------------------------------------- */

/* Makes a relation of one row; FALSE leaves it out. Strings are borrowed from the row. */
typedef gboolean (*RelationOfRow)(const char *const *values, CatalogRelation *relation);

typedef struct {
    CatalogLevel *level;
    RelationOfRow relation_of;
} Reading;

static gboolean take_row(gpointer user, guint n_columns, const char *const *values,
                         const int *lengths, GError **error)
{
    const Reading *reading = user;
    CatalogRelation relation = {.estimated_rows = -1, .size_mb = -1};
    if (reading->relation_of(values, &relation))
        catalog_level_add(reading->level, &relation);
    return TRUE;
}

/* Straight from the socket into the level: 100,000 rows are never held as rows. */
static gboolean read_into(Session *session, const char *sql, CatalogLevel *level,
                          RelationOfRow relation_of, GCancellable *cancellable, GError **error)
{
    Reading reading = {level, relation_of};
    gboolean finished = FALSE;
    Statement *statement = session_start(session, sql, cancellable, error);
    if (statement == NULL)
        return FALSE;
    gboolean fetched =
        statement_fetch(statement, 0, take_row, &reading, &finished, cancellable, error);
    return statement_finish(statement, NULL, fetched ? error : NULL) && fetched;
}

/* The same from a view that may not be there or not be readable: then it adds nothing. */
static gboolean probe_into(Session *session, const char *sql, CatalogLevel *level,
                           RelationOfRow relation_of, gboolean *refused, GCancellable *cancellable,
                           GError **error)
{
    g_autoptr(GPtrArray) rows = probe_query(session, sql, refused, cancellable, error);
    Reading reading = {level, relation_of};
    for (guint i = 0; rows != NULL && i < rows->len; i++)
        take_row(&reading, 0, (const char *const *)rows->pdata[i], NULL, NULL);
    return rows != NULL;
}

static CatalogLevel *finished(CatalogLevel *level, gboolean read)
{
    if (read) {
        catalog_level_finish(level, g_get_real_time() / G_USEC_PER_SEC);
        return level;
    }
    catalog_level_unref(level);
    return NULL;
}

/* --- schemas and databases --------------------------------------------------------------------- */

static gboolean is_system_schema(const char *name)
{
    return g_str_has_prefix(name, "pg_") || strcmp(name, "information_schema") == 0 ||
           strcmp(name, "catalog_history") == 0;
}

/* name, owner, eskind: of SVV_EXTERNAL_SCHEMAS; 4 and 5 are other databases of Redshift. */
static gboolean schema_of_row(const char *const *values, CatalogRelation *relation)
{
    relation->kind = RELATION_SCHEMA;
    relation->name = (char *)values[0];
    relation->owner = (char *)values[1];
    if (is_system_schema(values[0]))
        relation->flags |= CATALOG_SYSTEM;
    if (values[2] != NULL)
        relation->flags |= CATALOG_EXTERNAL;
    if (values[2] != NULL && (*values[2] == '4' || *values[2] == '5'))
        relation->flags |= CATALOG_SHARED;
    return TRUE;
}

CatalogSchema *catalog_schema_of(const CatalogRelation *relation)
{
    CatalogSchema *schema = g_new0(CatalogSchema, 1);
    schema->name = g_strdup(relation->name);
    schema->owner = g_strdup(relation->owner);
    schema->is_system = (relation->flags & CATALOG_SYSTEM) != 0;
    schema->is_external = (relation->flags & CATALOG_EXTERNAL) != 0;
    schema->is_shared = (relation->flags & CATALOG_SHARED) != 0;
    return schema;
}

/* schema name -> eskind */
static GHashTable *external_kinds(Session *session, GCancellable *cancellable, GError **error)
{
    g_autoptr(GPtrArray) rows = probe_query(
        session, "SELECT schemaname, eskind FROM svv_external_schemas", NULL, cancellable, error);
    if (rows == NULL)
        return NULL;
    GHashTable *kinds = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (guint i = 0; i < rows->len; i++) {
        const char *kind = probe_text(rows, i, 1);
        g_hash_table_insert(kinds, g_strdup(probe_text(rows, i, 0)),
                            g_strdup(kind == NULL ? "1" : kind));
    }
    return kinds;
}

static CatalogLevel *load_schemas(Session *session, GCancellable *cancellable, GError **error)
{
    g_autoptr(GPtrArray) rows = session_query(session,
                                              "SELECT n.nspname, pg_get_userbyid(n.nspowner) "
                                              "FROM pg_namespace n ORDER BY n.nspname",
                                              0, NULL, cancellable, error);
    g_autoptr(GHashTable) external =
        rows == NULL ? NULL : external_kinds(session, cancellable, error);
    if (external == NULL)
        return NULL;
    CatalogLevel *level = catalog_level_new("");
    Reading reading = {level, schema_of_row};
    for (guint i = 0; i < rows->len; i++) {
        const char *const values[] = {probe_text(rows, i, 0), probe_text(rows, i, 1),
                                      g_hash_table_lookup(external, probe_text(rows, i, 0))};
        take_row(&reading, 0, values, NULL, NULL);
    }
    return finished(level, TRUE);
}

static gboolean database_of_row(const char *const *values, CatalogRelation *relation)
{
    relation->kind = RELATION_DATABASE;
    relation->name = (char *)values[0];
    relation->flags = g_strcmp0(values[1], "shared") == 0 ? CATALOG_SHARED : 0;
    return strcmp(values[0], "padb_harvest") != 0 && !g_str_has_prefix(values[0], "template");
}

/* Datashare databases are only in SVV_REDSHIFT_DATABASES. */
static CatalogLevel *load_databases(Session *session, GCancellable *cancellable, GError **error)
{
    CatalogLevel *level = catalog_level_new("");
    gboolean refused = FALSE;
    gboolean read =
        probe_into(session, "SELECT database_name, database_type FROM svv_redshift_databases",
                   level, database_of_row, &refused, cancellable, error);
    if (read && refused)
        read = read_into(session, "SELECT datname, 'local' FROM pg_database", level,
                         database_of_row, cancellable, error);
    return finished(level, read);
}

/* --- relations --------------------------------------------------------------------------------- */

/* Redshift keeps a late-binding or materialized view as a view whose definition says so. */
static const char names_select[] =
    "SELECT c.oid, c.relname, "
    "CASE WHEN c.relkind <> 'v' THEN c.relkind::varchar(1) "
    "WHEN pg_get_viewdef(c.oid) ILIKE '%create materialized view%' THEN 'm' "
    "WHEN pg_get_viewdef(c.oid) ILIKE '%with no schema binding%' THEN 'l' ELSE 'v' END, "
    "pg_get_userbyid(c.relowner), c.reltuples, d.description "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "LEFT JOIN pg_description d ON d.objoid = c.oid AND d.objsubid = 0 AND d.classoid = 1259 "
    "WHERE c.relkind IN ('r', 'v', 'm') AND n.nspname = ";

static gboolean relation_of_row(const char *const *values, CatalogRelation *relation)
{
    if (catalog_is_internal_name(values[1]))
        return FALSE;
    relation->oid = (guint32)g_ascii_strtoull(values[0], NULL, 10);
    relation->name = (char *)values[1];
    relation->kind = catalog_kind(values[2]);
    relation->owner = (char *)values[3];
    relation->comment = (char *)values[5];
    if (relation->kind == RELATION_TABLE || relation->kind == RELATION_MATERIALIZED_VIEW)
        relation->estimated_rows = catalog_estimate(values[4]);
    return TRUE;
}

gint64 catalog_external_rows(const char *parameters)
{
    g_autoptr(GRegex) regex =
        g_regex_new("\"numRows\"\\s*:\\s*\"?([0-9]+)", G_REGEX_CASELESS, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    if (parameters == NULL || !g_regex_match(regex, parameters, 0, &match))
        return -1;
    g_autofree char *number = g_match_info_fetch(match, 1);
    return g_ascii_strtoll(number, NULL, 10);
}

static gboolean external_of_row(const char *const *values, CatalogRelation *relation)
{
    relation->name = (char *)values[0];
    relation->kind = RELATION_EXTERNAL;
    relation->estimated_rows = catalog_external_rows(values[1]);
    return TRUE;
}

static gboolean shared_of_row(const char *const *values, CatalogRelation *relation)
{
    relation->name = (char *)values[0];
    relation->kind = RELATION_SHARED;
    return TRUE;
}

/* Nothing local: an external schema, one of a datashare, an empty one, or none. */
static gboolean look_further(Session *session, const char *schema, CatalogLevel *level,
                             GCancellable *cancellable, GError **error)
{
    gboolean exists = FALSE, external = FALSE;
    if (!catalog_schema_exists(session, schema, &exists, &external, cancellable, error))
        return FALSE;
    if (!exists)
        return catalog_schema_not_found(session, schema, cancellable, error);
    if (!external)
        return TRUE;
    g_autofree char *literal = sql_literal(schema);
    g_autofree char *tables = g_strdup_printf("SELECT tablename, parameters "
                                              "FROM svv_external_tables WHERE schemaname = %s",
                                              literal);
    g_autofree char *shared =
        g_strdup_printf("SELECT table_name FROM svv_all_tables "
                        "WHERE database_name = current_database() AND schema_name = %s",
                        literal);
    if (!probe_into(session, tables, level, external_of_row, NULL, cancellable, error))
        return FALSE;
    return catalog_level_count(level) > 0 ||
           probe_into(session, shared, level, shared_of_row, NULL, cancellable, error);
}

static CatalogLevel *load_schema(Session *session, const char *schema, GCancellable *cancellable,
                                 GError **error)
{
    CatalogLevel *level = catalog_level_new(schema);
    g_autofree char *literal = sql_literal(schema);
    g_autofree char *sql = g_strconcat(names_select, literal, NULL);
    gboolean read = read_into(session, sql, level, relation_of_row, cancellable, error);
    if (read && catalog_level_count(level) == 0)
        read = look_further(session, schema, level, cancellable, error);
    return finished(level, read);
}

/* --- routines ---------------------------------------------------------------------------------- */

static gboolean routine_of_row(const char *const *values, CatalogRelation *relation)
{
    if (catalog_is_internal_name(values[1]))
        return FALSE;
    relation->oid = (guint32)g_ascii_strtoull(values[0], NULL, 10);
    relation->name = (char *)values[1];
    relation->kind = g_strcmp0(values[2], "p") == 0 ? RELATION_PROCEDURE : RELATION_FUNCTION;
    relation->owner = (char *)values[3];
    relation->arguments = (char *)(values[4] == NULL ? "" : values[4]);
    return TRUE;
}

/* PG_PROC_INFO tells procedures from functions (Redshift guide, PG_PROC_INFO); PG_PROC has both. */
static CatalogLevel *load_routines(Session *session, const char *schema, GCancellable *cancellable,
                                   GError **error)
{
    CatalogLevel *level = catalog_level_new(schema);
    g_autofree char *literal = sql_literal(schema);
    g_autofree char *info =
        g_strdup_printf("SELECT p.prooid, p.proname, p.prokind, pg_get_userbyid(p.proowner), "
                        "oidvectortypes(p.proargtypes) FROM pg_proc_info p "
                        "JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = %s",
                        literal);
    g_autofree char *plain =
        g_strdup_printf("SELECT p.oid, p.proname, 'f', pg_get_userbyid(p.proowner), "
                        "oidvectortypes(p.proargtypes) FROM pg_proc p "
                        "JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = %s",
                        literal);
    gboolean refused = FALSE;
    gboolean read = probe_into(session, info, level, routine_of_row, &refused, cancellable, error);
    if (read && refused)
        read = read_into(session, plain, level, routine_of_row, cancellable, error);
    return finished(level, read);
}

/* --- other databases --------------------------------------------------------------------------- */

static gboolean foreign_schema_of_row(const char *const *values, CatalogRelation *relation)
{
    const char *const row[] = {values[0], NULL, NULL};
    schema_of_row(row, relation);
    relation->flags |= CATALOG_SHARED;
    return TRUE;
}

static CatalogLevel *load_foreign(Session *session, const char *place, GCancellable *cancellable,
                                  GError **error)
{
    const char *line = strchr(place, '\n');
    g_autofree char *database =
        line == NULL ? g_strdup(place) : g_strndup(place, (gsize)(line - place));
    g_autofree char *database_literal = sql_literal(database);
    g_autofree char *schema_literal = sql_literal(line == NULL ? "" : line + 1);
    g_autofree char *sql =
        line == NULL
            ? g_strdup_printf("SELECT schema_name FROM svv_all_schemas WHERE database_name = %s",
                              database_literal)
            : g_strdup_printf("SELECT table_name FROM svv_all_tables "
                              "WHERE database_name = %s AND schema_name = %s",
                              database_literal, schema_literal);
    CatalogLevel *level = catalog_level_new(line == NULL ? "" : line + 1);
    return finished(level, read_into(session, sql, level,
                                     line == NULL ? foreign_schema_of_row : shared_of_row,
                                     cancellable, error));
}

CatalogLevel *catalog_load_level(Session *session, const char *key, GCancellable *cancellable,
                                 GError **error)
{
    if (strcmp(key, CATALOG_SCHEMAS) == 0)
        return load_schemas(session, cancellable, error);
    if (strcmp(key, CATALOG_DATABASES) == 0)
        return load_databases(session, cancellable, error);
    switch (*key) {
    case 's':
        return load_schema(session, key + 2, cancellable, error);
    case 'f':
        return load_routines(session, key + 2, cancellable, error);
    default:
        return load_foreign(session, key + 2, cancellable, error);
    }
}

/* --- sizes ------------------------------------------------------------------------------------- */

GHashTable *catalog_load_sizes(Session *session, const char *schema, GCancellable *cancellable,
                               GError **error)
{
    g_autofree char *literal = sql_literal(schema);
    g_autofree char *sql =
        g_strdup_printf("SELECT table_id, coalesce(estimated_visible_rows, tbl_rows), \"size\" "
                        "FROM svv_table_info WHERE \"schema\" = %s",
                        literal);
    g_autoptr(GPtrArray) rows = probe_query(session, sql, NULL, cancellable, error);
    if (rows == NULL)
        return NULL;
    GHashTable *sizes = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    for (guint i = 0; i < rows->len; i++) {
        CatalogSize *size = g_new(CatalogSize, 1);
        size->rows = probe_number(rows, i, 1, -1);
        size->size_mb = probe_number(rows, i, 2, -1);
        g_hash_table_insert(sizes, GUINT_TO_POINTER((guint)probe_number(rows, i, 0, 0)), size);
    }
    return sizes;
}

/* --- the same as lists ------------------------------------------------------------------------- */

GPtrArray *catalog_load_schemas(Session *session, GCancellable *cancellable, GError **error)
{
    g_autoptr(CatalogLevel) level = load_schemas(session, cancellable, error);
    if (level == NULL)
        return NULL;
    GPtrArray *schemas = g_ptr_array_new_with_free_func((GDestroyNotify)catalog_schema_free);
    const GPtrArray *relations = catalog_level_relations(level);
    for (guint i = 0; i < relations->len; i++)
        g_ptr_array_add(schemas, catalog_schema_of(relations->pdata[i]));
    return schemas;
}

static gpointer relation_copy(const CatalogRelation *relation)
{
    CatalogRelation *copy = g_memdup2(relation, sizeof *relation);
    copy->schema = g_strdup(relation->schema);
    copy->name = g_strdup(relation->name);
    copy->arguments = g_strdup(relation->arguments);
    copy->owner = g_strdup(relation->owner);
    copy->comment = g_strdup(relation->comment);
    return copy;
}

static int by_name(gconstpointer a, gconstpointer b)
{
    const CatalogRelation *first = *(CatalogRelation *const *)a;
    const CatalogRelation *second = *(CatalogRelation *const *)b;
    return strcmp(first->name, second->name);
}

GPtrArray *catalog_load_relations(Session *session, const char *schema, GCancellable *cancellable,
                                  GError **error)
{
    g_autoptr(CatalogLevel) level = load_schema(session, schema, cancellable, error);
    g_autoptr(GHashTable) sizes =
        level == NULL ? NULL : catalog_load_sizes(session, schema, cancellable, error);
    if (sizes == NULL)
        return NULL;
    catalog_level_take_sizes(level, sizes);
    GPtrArray *relations = g_ptr_array_new_with_free_func((GDestroyNotify)catalog_relation_free);
    const GPtrArray *items = catalog_level_relations(level);
    for (guint i = 0; i < items->len; i++)
        g_ptr_array_add(relations, relation_copy(items->pdata[i]));
    g_ptr_array_sort(relations, by_name);
    return relations;
}
