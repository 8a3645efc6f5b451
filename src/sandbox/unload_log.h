/*
 * unload_log: what the system views see of an UNLOAD: one row in unload_log, one per file in
 * unload_file, from its start on.
 *
 * Threads: the session's.
 */
#ifndef REDSMITH_SANDBOX_UNLOAD_LOG_H
#define REDSMITH_SANDBOX_UNLOAD_LOG_H

#include "sandbox/front.h"
#include "sandbox/unload_files.h"

typedef struct {
    FrontSession *session;
    const UnloadOptions *options;
    UnloadFiles *files;
    gint64 query_id;
    char *identity; /* user, session, transaction and database, as SQL */
} UnloadLog;

void unload_log_begin(UnloadLog *log, FrontSession *session, const UnloadOptions *options,
                      UnloadFiles *files, gint64 query_id);
/* Says what has changed since the last time. */
void unload_log_update(UnloadLog *log);
/* status: "completed" or "aborted"; message NULL when completed. Frees what the log holds. */
void unload_log_end(UnloadLog *log, const char *status, const char *message);

#endif
