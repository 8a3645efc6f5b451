/*
 * catalog_private: what the parts of the catalog share; nobody else but their tests includes it.
 *
 *     catalog.c        the values, words, names
 *     catalog_store.c  the Catalog: levels in memory, backed by the cache
 *     catalog_names.c  levels from a session: names first, sizes apart
 *     catalog_load.c   kinds, near misses, what does not exist
 *     catalog_columns.c  columns, encodings and keys
 *     catalog_table.c  everything about one relation
 *     catalog_external.c  CREATE EXTERNAL TABLE
 *     catalog_routine.c  functions and procedures
 *     catalog_ddl.c    DDL text (pure)
 *     catalog_acl.c    access lists as GRANT statements (pure)
 *
 * Threads: as the public header of the same part says.
 */
#ifndef REDSMITH_REDSHIFT_CATALOG_PRIVATE_H
#define REDSMITH_REDSHIFT_CATALOG_PRIVATE_H

#include "redshift/catalog_level.h"

/* The key of the list of schemas: see catalog_key. */
#define CATALOG_SCHEMAS "schemas"

/* A schema out of a list of them. Free with catalog_schema_free. */
CatalogSchema *catalog_schema_of(const CatalogRelation *relation);

/* Whether there is such a schema, and whether its tables are elsewhere. */
gboolean catalog_schema_exists(Session *session, const char *schema, gboolean *exists,
                               gboolean *external, GCancellable *cancellable, GError **error);
/* RS_ERROR_NOT_FOUND with near misses. Always FALSE. */
gboolean catalog_schema_not_found(Session *session, const char *schema, GCancellable *cancellable,
                                  GError **error);

/* GRANT statements, without a semicolon, for an access list as the catalog prints it:
 * {awsuser=arwdRxtD/awsuser,"group etl=r/awsuser"}, a star behind a letter being the grant option.
 * The owner's own entry is left out. target is the quoted name. Elements are freed with the array. */
GPtrArray *catalog_acl_grants(const char *acl, const char *owner, const char *target);

/* The elements of an array as the server prints it: {a,"b,c"}. Of char *, freed with the array. */
GPtrArray *catalog_array_elements(const char *text);

/* The definition and the estimate of an external table, where SVV_EXTERNAL_TABLES has them. */
gboolean catalog_load_external(Session *session, CatalogTable *table, GCancellable *cancellable,
                               GError **error);
/* numRows of an external table's parameters, a JSON object that crawlers and ALTER TABLE fill; -1. */
gint64 catalog_external_rows(const char *parameters);

/* An empty description. Free with catalog_table_free. */
CatalogTable *catalog_table_new(const char *schema, const char *relation);

/* "seed,step" out of "identity"(1234, 0, '1,1'::text) or default_identity(..); NULL for any other
 * default. *by_default tells the two. Free with g_free. */
char *catalog_identity(const char *default_value, gboolean *by_default);

/* Up to three of the names that are close to name, as `did you mean "a" or "b"?`; "" when none is.
 * names is of char *. Free with g_free. */
char *catalog_near_misses(const char *name, const GPtrArray *names);

/* The numbers of "{1,2}" or "1 2". Free with g_array_unref; elements are int. */
GArray *catalog_numbers(const char *text);

/* An estimate out of pg_class.reltuples: -1 for what was never analysed. */
gint64 catalog_estimate(const char *reltuples);

/* TRUE for the tables and columns that materialized views keep for themselves. */
gboolean catalog_is_internal_name(const char *name);

/* The relation's kind from its letter: r, v, l (late-binding), m, or e. */
RelationKind catalog_kind(const char *letter);

/* One row of the question that finds relations, its columns in the order of the select list. */
extern const char catalog_relation_select[];
enum {
    CATALOG_OID,
    CATALOG_NAME,
    CATALOG_KIND,
    CATALOG_OWNER,
    CATALOG_ROWS,
    CATALOG_COMMENT,
    CATALOG_DIST_STYLE,
    CATALOG_ACL,
};

/* The columns of a local relation, by its oid. */
GPtrArray *catalog_local_columns(Session *session, guint32 oid, GArray *numbers,
                                 GCancellable *cancellable, GError **error);

/* Fills the columns of a view or external table that pg_attribute does not know. */
gboolean catalog_remote_columns(Session *session, const char *schema, const char *relation,
                                GPtrArray *columns, GCancellable *cancellable, GError **error);

/* RS_ERROR_NOT_FOUND with near misses. Always FALSE. */
gboolean catalog_not_found(Session *session, const char *schema, const char *relation,
                           GCancellable *cancellable, GError **error);

/* Makes schema the search path and returns the statement that puts the former one back, for
 * catalog_leave_path. NULL with error set. Free with g_free. */
char *catalog_enter_path(Session *session, const char *schema, GCancellable *cancellable,
                         GError **error);
gboolean catalog_leave_path(Session *session, const char *restore, GError **error);

/* encoding, is_dist_key and sort_key of the columns, from PG_TABLE_DEF. */
gboolean catalog_load_keys(Session *session, const char *schema, const char *relation,
                           GPtrArray *columns, GCancellable *cancellable, GError **error);

#endif
