/*
 * query_history: the statements that were run from the editor: when, how long, how many rows, what came
 * of it. Kept in $XDG_STATE_HOME/redsmith/queries.jsonl, one JSON object a line, credentials masked
 * before they are written; the file is 0600 and is cut to its newer half above 4 MiB.
 *
 * Threads: any, one at a time per process; other processes may append at the same time (one write a line).
 * Errors:  those of the file; a line that is no entry is skipped.
 */
#ifndef REDSMITH_REDSHIFT_QUERY_HISTORY_H
#define REDSMITH_REDSHIFT_QUERY_HISTORY_H

#include <glib.h>

typedef struct {
    gint64 at; /* epoch seconds */
    gint64 duration_ms;
    gint64 rows; /* -1: unknown */
    char *profile, *sql;
    char *outcome; /* "done", or the error's words */
} QueryHistoryEntry;

/* entry's sql and outcome are masked by this call. */
gboolean query_history_add(const QueryHistoryEntry *entry, GError **error);

/* The newest `limit`, newest first: of QueryHistoryEntry, freed with the array. Empty without a file. */
GPtrArray *query_history_read(guint limit, GError **error);

#endif
