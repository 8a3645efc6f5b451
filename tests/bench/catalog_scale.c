/*
 * catalog_scale: what a catalog of many tables costs us: our own time and memory, not the server's.
 *
 *     catalog_scale [TABLES]            100000 unless said; names made here
 *
 * Prints one line each: building the level from rows, writing and reading the cache, the slowest of the
 * search's keystrokes, and the process' greatest size. A folder of its own under TMPDIR holds the cache.
 */
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "redshift/catalog_cache.h"
#include "redshift/catalog_search.h"

static gint64 since(gint64 start)
{
    return g_get_monotonic_time() - start;
}

static void report(const char *what, gint64 us, const char *bound)
{
    printf("%-44s %8.2f ms   %s\n", what, (double)us / 1000, bound);
}

/* Names as they are in the field: a subject, a thing, a period. */
static char *name_of(guint i)
{
    static const char *const subjects[] = {"sales",     "orders", "customer", "web_clicks",
                                           "inventory", "ledger", "shipment", "returns",
                                           "marketing", "hr"};
    static const char *const things[] = {"fact", "dim", "stage", "history", "daily", "agg", "raw"};
    return g_strdup_printf("%s_%s_%05u", subjects[i % G_N_ELEMENTS(subjects)],
                           things[i / 10 % G_N_ELEMENTS(things)], i);
}

static CatalogLevel *build(guint n)
{
    CatalogLevel *level = catalog_level_new("public");
    for (guint i = 0; i < n; i++) {
        g_autofree char *name = name_of(i);
        catalog_level_add(level, &(CatalogRelation){.oid = 100000 + i,
                                                    .name = name,
                                                    .owner = (char *)"awsuser",
                                                    .kind = RELATION_TABLE,
                                                    .estimated_rows = i,
                                                    .size_mb = -1});
    }
    catalog_level_finish(level, g_get_real_time() / G_USEC_PER_SEC);
    return level;
}

/* Every beginning of a few texts, as it is typed. */
static gint64 slowest_keystroke(CatalogLevel *level)
{
    static const char *const texts[] = {"sales_fact_00010", "wclk", "public.cust", "zzz", "_0",
                                        "hrdim99"};
    g_autoptr(GPtrArray) levels = g_ptr_array_new();
    gint64 slowest = 0;
    g_ptr_array_add(levels, level);
    for (gsize t = 0; t < G_N_ELEMENTS(texts); t++)
        for (gsize length = 1; length <= strlen(texts[t]); length++) {
            g_autofree char *typed = g_strndup(texts[t], length);
            gint64 start = g_get_monotonic_time();
            g_autoptr(GArray) found = catalog_search(levels, typed, 1000, NULL, NULL);
            slowest = MAX(slowest, found->len > 0 || *typed != '\0' ? since(start) : 0);
        }
    return slowest;
}

int main(int argc, char **argv)
{
    guint n = argc > 1 ? (guint)atoi(argv[1]) : 100000;
    g_autofree char *folder = g_dir_make_tmp("redsmith-scale-XXXXXX", NULL);
    g_setenv("XDG_CACHE_HOME", folder, TRUE);
    g_autoptr(CatalogCache) cache = catalog_cache_new("bench", "nowhere:5439", "dev");
    g_autoptr(GError) error = NULL;

    printf("%u tables\n", n);
    gint64 start = g_get_monotonic_time();
    g_autoptr(CatalogLevel) level = build(n);
    report("rows into a level, sorted and folded", since(start), "of 1000 ms for a cold schema");

    start = g_get_monotonic_time();
    if (!catalog_cache_write(cache, "s:public", level, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    report("the cache written (by a worker, synced)", since(start), "");

    start = g_get_monotonic_time();
    g_autoptr(CatalogLevel) read = catalog_cache_read(cache, "s:public");
    report("the cache read: what the first paint waits for", since(start), "");

    report("the slowest keystroke of the search", slowest_keystroke(read), "of 16 ms, a frame");

    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%-44s %8.1f MiB  of 150 MiB (two copies of the level are held here)\n",
           "greatest size of the process", (double)usage.ru_maxrss / 1024);
    g_autofree char *path = catalog_cache_path(cache, "s:public");
    g_autofree char *below = g_path_get_dirname(path);
    g_autofree char *middle = g_path_get_dirname(below);
    g_autofree char *upper = g_path_get_dirname(middle);
    g_unlink(path);
    g_rmdir(below);
    g_rmdir(middle);
    g_rmdir(upper);
    g_rmdir(folder);
    return 0;
}
