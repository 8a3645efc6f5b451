/*
 * front_log: what the front writes into redsmith_sandbox's log tables, and the ids of queries.
 *
 * Two superuser connections per process, both in autocommit, to the sandbox's first database: one for
 * statements of the engines, at once, and one behind a queue and a thread for query_log, so that
 * logging costs a `select 1` next to nothing. A statement that reads system views first waits until
 * the queue is written, so nobody sees the log lag.
 *
 * Threads: any.
 */
#ifndef REDSMITH_SANDBOX_FRONT_LOG_H
#define REDSMITH_SANDBOX_FRONT_LOG_H

#include <glib.h>

#include "sandbox/state.h"

typedef struct FrontLog FrontLog;
typedef struct LogRecord LogRecord;

/* Connects, and marks what an earlier run left as running. NULL when the database does not answer. */
FrontLog *front_log_open(const SandboxState *state, GError **error);
void front_log_close(FrontLog *log);

/* Ids that grow through restarts too. */
gint64 front_log_next_id(FrontLog *log);

gboolean front_log_execute(FrontLog *log, const char *sql);
/* First value of the first row; NULL when there is none. Free with g_free. */
char *front_log_get(FrontLog *log, const char *sql);

typedef struct {
    gint64 query_id, transaction_id;
    const char *user, *database, *label, *text;
    int session_id;
} LogStart;

/* A statement starts. wait: its row is there when this returns. */
LogRecord *front_log_begin(FrontLog *log, const LogStart *start, gboolean wait);
/* It ended: status success, failed or canceled. Frees the record. */
void front_log_end(FrontLog *log, LogRecord *record, const char *status, const char *error_message,
                   gint64 rows, gboolean wait);
/* Returns when all that was said so far is in the table. */
void front_log_settle(FrontLog *log);

/* Does the statement read the system's own views, and does it read nothing else? */
gboolean front_log_reads_system(const char *sql, gboolean *only);

#endif
