/*
 * find: is a text in these bytes, whatever the case of its letters?
 *
 * Made for looking through millions of values: a text of ASCII is looked for in raw bytes. One with other
 * characters is compared after case folding, and bytes that are all ASCII cannot hold it. A text with a
 * capital means just what it says.
 *
 * Threads: a Finder is immutable; any thread may use it.
 */
#ifndef REDSMITH_BASE_FIND_H
#define REDSMITH_BASE_FIND_H

#include <glib.h>

typedef struct Finder Finder;

/* UTF-8; the empty text is everywhere. */
Finder *finder_new(const char *text);
void finder_free(Finder *finder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Finder, finder_free)

const char *finder_text(const Finder *finder);
gboolean finder_finds(const Finder *finder, const char *bytes, gsize length);

#endif
