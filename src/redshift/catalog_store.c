#include <string.h>

#include "redshift/catalog_cache.h"
#include "redshift/catalog_private.h"

#define SCHEMA_PREFIX "s:"
#define ROUTINES_PREFIX "f:"

/* A level with what was before it: vanished names belong to that. */
typedef struct {
    CatalogLevel *level; /* NULL: the cache was looked into and has none */
    CatalogLevel *before;
    GPtrArray *vanished;
    gboolean fresh;
} Place;

struct Catalog {
    CatalogCache *cache;
    GHashTable *places; /* key -> Place */
    GPtrArray *schemas; /* of CatalogSchema, from the level of schemas */
};

char *catalog_key(const char *database, const char *schema)
{
    if (database != NULL)
        return schema == NULL ? g_strconcat("x:", database, NULL)
                              : g_strconcat("x:", database, "\n", schema, NULL);
    return schema == NULL ? g_strdup(CATALOG_SCHEMAS) : g_strconcat(SCHEMA_PREFIX, schema, NULL);
}

char *catalog_routines_key(const char *schema)
{
    return g_strconcat(ROUTINES_PREFIX, schema, NULL);
}

static void place_free(gpointer data)
{
    Place *place = data;
    g_clear_pointer(&place->vanished, g_ptr_array_unref);
    catalog_level_unref(place->level);
    catalog_level_unref(place->before);
    g_free(place);
}

Catalog *catalog_new(void)
{
    Catalog *catalog = g_new0(Catalog, 1);
    catalog->places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, place_free);
    return catalog;
}

void catalog_free(Catalog *catalog)
{
    if (catalog == NULL)
        return;
    catalog_cache_free(catalog->cache);
    g_hash_table_destroy(catalog->places);
    g_clear_pointer(&catalog->schemas, g_ptr_array_unref);
    g_free(catalog);
}

void catalog_use_cache(Catalog *catalog, CatalogCache *cache)
{
    catalog_cache_free(catalog->cache);
    catalog->cache = cache;
}

const CatalogCache *catalog_cache(const Catalog *catalog)
{
    return catalog->cache;
}

/* The list that other modules read: see catalog_schemas. */
static void note_schemas(Catalog *catalog, const CatalogLevel *level)
{
    const GPtrArray *relations = catalog_level_relations(level);
    g_clear_pointer(&catalog->schemas, g_ptr_array_unref);
    catalog->schemas = g_ptr_array_new_with_free_func((GDestroyNotify)catalog_schema_free);
    for (guint i = 0; i < relations->len; i++)
        g_ptr_array_add(catalog->schemas, catalog_schema_of(relations->pdata[i]));
}

static Place *add_place(Catalog *catalog, const char *key, CatalogLevel *level)
{
    Place *place = g_new0(Place, 1);
    place->level = level;
    g_hash_table_insert(catalog->places, g_strdup(key), place);
    if (level != NULL && strcmp(key, CATALOG_SCHEMAS) == 0)
        note_schemas(catalog, level);
    return place;
}

/* Looks into the cache once. */
static Place *find_place(Catalog *catalog, const char *key)
{
    Place *place = g_hash_table_lookup(catalog->places, key);
    if (place == NULL && catalog->cache != NULL)
        place = add_place(catalog, key, catalog_cache_read(catalog->cache, key));
    return place;
}

void catalog_take_level(Catalog *catalog, const char *key, CatalogLevel *level)
{
    Place *old = find_place(catalog, key);
    CatalogLevel *before = old == NULL ? NULL : catalog_level_ref(old->level);
    Place *place = add_place(catalog, key, level); /* frees old */
    place->fresh = TRUE;
    place->before = before;
    if (before != NULL)
        place->vanished = catalog_level_compare(level, before);
    if (place->vanished == NULL)
        g_clear_pointer(&place->before, catalog_level_unref);
}

CatalogLevel *catalog_level(Catalog *catalog, const char *key)
{
    const Place *place = find_place(catalog, key);
    return place == NULL ? NULL : place->level;
}

gboolean catalog_is_fresh(const Catalog *catalog, const char *key)
{
    const Place *place = g_hash_table_lookup(catalog->places, key);
    return place != NULL && place->fresh;
}

const GPtrArray *catalog_vanished(const Catalog *catalog, const char *key)
{
    const Place *place = g_hash_table_lookup(catalog->places, key);
    return place == NULL ? NULL : place->vanished;
}

/* --- lists ------------------------------------------------------------------------------------- */

const GPtrArray *catalog_schemas(Catalog *catalog)
{
    return catalog_level(catalog, CATALOG_SCHEMAS) == NULL ? NULL : catalog->schemas;
}

const GPtrArray *catalog_relations(Catalog *catalog, const char *schema)
{
    g_autofree char *key = catalog_key(NULL, schema);
    const CatalogLevel *level = catalog_level(catalog, key);
    return level == NULL ? NULL : catalog_level_relations(level);
}

gint64 catalog_age(Catalog *catalog, const char *schema)
{
    g_autofree char *key = catalog_key(NULL, schema);
    const CatalogLevel *level = catalog_level(catalog, key);
    if (level == NULL)
        return -1;
    return MAX(g_get_real_time() / G_USEC_PER_SEC - catalog_level_read_at(level), 0);
}

