/*
 * catalog_search: names that fit what was typed, best first, among all that are loaded.
 *
 * A name fits when it has the typed letters in their order, whatever is between them; capitals do
 * not matter. Better are, in this order: the name itself, names that begin with the text, a word of
 * the name that begins with it (behind '_' or a digit's end), names that contain it, and then those
 * with the fewest and shortest gaps; among equals the shorter name. "schema.name" asks for both parts.
 *
 * 100,000 names take a few milliseconds: a set of the characters in each name, as 64 bits, rules out
 * most of them before a byte of the name is read, and scores are small numbers, sorted by counting.
 *
 * Threads: pure, on levels that are not changed meanwhile.
 */
#ifndef REDSMITH_REDSHIFT_CATALOG_SEARCH_H
#define REDSMITH_REDSHIFT_CATALOG_SEARCH_H

#include "redshift/catalog.h"

/* Appends the name as it is compared (lower case, Unicode's simple folding) and returns the set of
 * characters in it: a-z, 0-9, '_', and one bit for all others. */
guint64 catalog_search_fold(const char *name, GString *out);

typedef struct {
    const CatalogRelation *relation;
    const CatalogLevel *level;
} CatalogMatch;

/*
 * The best `limit` matches, of CatalogMatch (0: all), valid as long as the levels are. levels is of
 * CatalogLevel. *total is how many fit, *searched how many names there were; both may be NULL. An
 * empty text fits nothing. Free with g_array_unref.
 */
GArray *catalog_search(const GPtrArray *levels, const char *text, guint limit, guint *total,
                       guint *searched);

/* The score of one folded name against a folded text: 0 best, -1 when it does not fit. */
int catalog_search_score(const char *folded, const char *text);

#endif
