/*
 * catalog: what the database holds: schemas, relations, columns, and their DDL.
 *
 * Two halves. The catalog_load_* functions read one level each from a session (on a worker) and return
 * plain values; nothing is read that was not asked for. The Catalog keeps loaded levels with their age
 * for the screens (on the main thread).
 *
 * Sources: local objects from pg_namespace, pg_class, pg_attribute (the fast path: 1.6 s against 2.5
 * min from the SVV views on one cluster, field facts need 10), encoding, distribution and sort keys
 * from PG_TABLE_DEF (which shows only schemas on the search_path, redshift-sql facts 6.1), sizes from
 * SVV_TABLE_INFO where it is readable. Counts are the server's estimates and are marked so.
 *
 * Threads:  loaders block and use the session's thread; a Catalog belongs to the main thread; values
 *           are immutable once loaded and freed by their owner
 */
#ifndef REDSMITH_REDSHIFT_CATALOG_H
#define REDSMITH_REDSHIFT_CATALOG_H

#include "redshift/session.h"

typedef enum { RELATION_TABLE, RELATION_VIEW, RELATION_MATERIALIZED_VIEW, RELATION_EXTERNAL } RelationKind;

typedef struct {
    char *name;
    char *owner;
    gboolean is_system; /* pg_*, information_schema, catalog_history: hidden by default */
    gboolean is_external;
} CatalogSchema;

typedef struct {
    guint32 oid;
    char *schema, *name;
    RelationKind kind;
    char *owner;
    gint64 estimated_rows; /* the server's estimate, or -1 when it has none */
    char *comment;         /* may be NULL */
} CatalogRelation;

typedef struct {
    char *name;
    char *type;      /* as the server writes it: "character varying(30)" */
    guint32 type_oid;
    gboolean not_null;
    char *default_value; /* SQL text, or NULL */
    char *encoding;      /* "none", "az64" ...; NULL when unknown */
    gboolean is_dist_key;
    int sort_key;        /* 1-based position, negative in an interleaved key, 0 when none */
    char *comment;       /* may be NULL */
} CatalogColumn;

/* Everything the DDL tab, the plan builders and `describe` need to know of one relation. */
typedef struct {
    CatalogRelation relation;
    GPtrArray *columns;     /* of CatalogColumn */
    char *dist_style;       /* "AUTO", "EVEN", "KEY", "ALL" or NULL when unknown */
    GPtrArray *constraints; /* of char *: "PRIMARY KEY (\"a\")" ... as DDL text */
    GPtrArray *grants;      /* of char *: "GRANT SELECT ON ... TO ..." as SQL text */
    GPtrArray *dependent_views; /* of char *, quoted "schema"."view" that are bound to it */
    gboolean has_identity;
    char *view_definition;  /* SQL text of a view, else NULL */
    gint64 size_mb;         /* SVV_TABLE_INFO, -1 when not readable */
} CatalogTable;

/* Arrays of the structs above; the elements belong to the array. Sorted by name. */
GPtrArray *catalog_load_schemas(Session *session, GCancellable *cancellable, GError **error);
GPtrArray *catalog_load_relations(Session *session, const char *schema, GCancellable *cancellable,
                                  GError **error);
GPtrArray *catalog_load_columns(Session *session, const char *schema, const char *relation,
                                GCancellable *cancellable, GError **error);

/* NULL with RS_ERROR_NOT_FOUND when there is no such relation (the message names near misses). */
CatalogTable *catalog_load_table(Session *session, const char *schema, const char *relation,
                                 GCancellable *cancellable, GError **error);
void catalog_table_free(CatalogTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CatalogTable, catalog_table_free)

/* CREATE TABLE .. with dist, sort, encode, identity, defaults, constraints, comments, owner and
 * grants, or CREATE VIEW ..; replayable. name_as NULL, or "schema.name" parts to create it under. */
char *catalog_table_ddl(const CatalogTable *table, const char *schema_as, const char *name_as);

/* "schema.table", "table" (public) or quoted forms, split as spark-redshift facts 8 (13-17) say.
 * RS_ERROR_USAGE for more than two parts or a malformed name. Free both with g_free. */
gboolean catalog_parse_name(const char *text, char **schema, char **relation, GError **error);

typedef struct Catalog Catalog;

Catalog *catalog_new(void);
/* Replaces a level and notes the time; takes the array. */
void catalog_take_schemas(Catalog *catalog, GPtrArray *schemas);
void catalog_take_relations(Catalog *catalog, const char *schema, GPtrArray *relations);
/* NULL when the level was never loaded. Owned by the catalog. */
const GPtrArray *catalog_schemas(const Catalog *catalog);
const GPtrArray *catalog_relations(const Catalog *catalog, const char *schema);
/* Seconds since the level was loaded, -1 when never. schema NULL asks for the list of schemas. */
gint64 catalog_age(const Catalog *catalog, const char *schema);
void catalog_forget(Catalog *catalog, const char *schema);
void catalog_free(Catalog *catalog);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Catalog, catalog_free)

#endif
