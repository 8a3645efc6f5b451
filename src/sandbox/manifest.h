/*
 * manifest: the lists of files that UNLOAD writes and COPY reads (Redshift guide, "Using a manifest").
 *
 * Ownership: entries own their URL; lists of them free them
 * Errors:    a Refusal (sandbox/options.h), in Redshift's words
 * Threads:   pure.
 */
#ifndef REDSMITH_SANDBOX_MANIFEST_H
#define REDSMITH_SANDBOX_MANIFEST_H

#include <glib.h>

#include "sandbox/options.h"

typedef struct {
    char *url;
    gint64 content_length; /* -1: not said */
    gint64 record_count;   /* -1: not said */
    gboolean mandatory;
} ManifestEntry;

ManifestEntry *manifest_entry_new(const char *url, gint64 content_length, gint64 record_count);
void manifest_entry_free(ManifestEntry *entry);

/*
 * What UNLOAD writes. columns (elements UnloadColumn) makes it the VERBOSE shape, with record counts,
 * schema, totals and author; NULL the plain one. Free with g_free.
 */
char *manifest_write(const GPtrArray *entries, const GPtrArray *columns);

/* What COPY reads: elements ManifestEntry in order. NULL with *refusal filled when it is none. */
GPtrArray *manifest_read(const char *text, gsize length, Refusal *refusal);

#endif
