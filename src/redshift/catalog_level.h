/*
 * catalog_level: the names in one place of the catalog, in one block of memory.
 *
 * A place is the list of schemas, a schema, its routines, or the same of another database. A level of
 * 100,000 tables takes about 15 MB: its records are one array, their strings share one arena (or the
 * file that they were read from, see catalog_cache.h), and beside them stand the names folded for the
 * search (catalog_search.h), packed in a row.
 *
 * Call order:  catalog_level_new, catalog_level_add per name, catalog_level_finish; then it is read
 *              by any number of holders of a reference
 * Threads:     built on one thread; immutable after catalog_level_finish, but for the two functions
 *              marked "main thread", which fill in what arrives later
 */
#ifndef REDSMITH_REDSHIFT_CATALOG_LEVEL_H
#define REDSMITH_REDSHIFT_CATALOG_LEVEL_H

#include "redshift/catalog.h"

/* One reference. schema is what all its relations say as theirs. */
CatalogLevel *catalog_level_new(const char *schema);
/* One whose strings lie in bytes: catalog_level_add takes no copies of them. */
CatalogLevel *catalog_level_new_in(const char *schema, GBytes *bytes);
void catalog_level_add(CatalogLevel *level, const CatalogRelation *relation);
/* How many were added so far. */
guint catalog_level_count(const CatalogLevel *level);
/* Sorts by kind and name and folds the names. read_at: epoch seconds. */
void catalog_level_finish(CatalogLevel *level, gint64 read_at);

CatalogLevel *catalog_level_ref(CatalogLevel *level);
void catalog_level_unref(CatalogLevel *level);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CatalogLevel, catalog_level_unref)

const char *catalog_level_schema(const CatalogLevel *level);
/* Of CatalogRelation, sorted by name within each kind; owned by the level. */
const GPtrArray *catalog_level_relations(const CatalogLevel *level);
gint64 catalog_level_read_at(const CatalogLevel *level);

/* The first relation of a kind and how many there are of it. */
guint catalog_level_of_kind(const CatalogLevel *level, RelationKind kind, guint *first);
/* NULL when there is none of that name. */
const CatalogRelation *catalog_level_find(const CatalogLevel *level, const char *name);

/* The folded name of the i-th relation, and the set of characters in it: see catalog_search.h. */
const char *catalog_level_folded(const CatalogLevel *level, guint i);
guint64 catalog_level_mask(const CatalogLevel *level, guint i);

/*
 * Main thread: marks what was not in the level before, and returns what has vanished since, of
 * CatalogRelation owned by `before`, which the caller keeps as long; NULL when nothing has.
 */
GPtrArray *catalog_level_compare(CatalogLevel *level, const CatalogLevel *before);

/* Main thread: rows and sizes by oid, as catalog_load_sizes returns them. */
void catalog_level_take_sizes(CatalogLevel *level, GHashTable *sizes);

#endif
