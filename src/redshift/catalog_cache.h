/*
 * catalog_cache: levels of the catalog on disk, so that the tree is there before the network is.
 *
 * One file per level in $XDG_CACHE_HOME/redsmith/catalog/<profile and database>/, 0600 in folders of
 * 0700, replaced as a whole. A file is a header, one record of fixed size per name and the strings
 * behind them, in the machine's own byte order; 100,000 names are about 6 MB and are read without a
 * copy of any string. The header holds a version, what the profile points at, the level's key and a
 * checksum. A file that is damaged, of another version or of another cluster is as good as none: it
 * is ignored, and replaced by the next reading.
 *
 * Keys:    "schemas", "databases", "s:SCHEMA", "f:SCHEMA" (routines), "x:DATABASE" and
 *          "x:DATABASE\nSCHEMA" of other databases; any string will do
 * Threads: any; a CatalogCache is immutable
 * Errors:  writing only: RS_ERROR_CONFIG naming the file
 */
#ifndef REDSMITH_REDSHIFT_CATALOG_CACHE_H
#define REDSMITH_REDSHIFT_CATALOG_CACHE_H

#include "redshift/catalog_level.h"

typedef struct CatalogCache CatalogCache;

/* target: what the profile points at ("host:port", a cluster, a workgroup): files of another are not
 * read. Touches no file. */
CatalogCache *catalog_cache_new(const char *profile, const char *target, const char *database);
void catalog_cache_free(CatalogCache *cache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CatalogCache, catalog_cache_free)

gboolean catalog_cache_write(const CatalogCache *cache, const char *key, const CatalogLevel *level,
                             GError **error);

/* NULL when there is none that can be used. One reference. */
CatalogLevel *catalog_cache_read(const CatalogCache *cache, const char *key);

/* The file of a level, whether it is there or not. Free with g_free. */
char *catalog_cache_path(const CatalogCache *cache, const char *key);

#endif
