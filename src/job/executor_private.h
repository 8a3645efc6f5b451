/*
 * executor_private: what the parts of the executor share. One Execution is one run of one plan, on one
 * thread; upload workers reach it through `lock`.
 */
#ifndef REDSMITH_JOB_EXECUTOR_PRIVATE_H
#define REDSMITH_JOB_EXECUTOR_PRIVATE_H

#include "job/executor.h"
#include "job/stage.h"
#include "redshift/activity.h"

typedef enum { WATCH_NONE, WATCH_LOAD, WATCH_UNLOAD } WatchKind;

typedef struct {
    const Plan *plan;
    Journal *journal;
    const ExecutorContext *context;
    Progress *progress;
    JobResult *result;
    GCancellable *cancel; /* of this run: the caller's, and other processes' word */
    GMutex lock;          /* journal, while upload workers run */
    int step;             /* index of the current one */
    Session *session;
    char *label; /* the session's query_group */
    Session *watch_session;
    ActivityWatch *watch;
    gboolean watch_failed;
    WatchKind watching;
    Stage *stage;
} Execution;

/* --- executor.c: words of the run ----------------------------------------------------------------- */

void execution_log(Execution *run, const char *format, ...) G_GNUC_PRINTF(2, 3);
const PlanStep *execution_step(const Execution *run);
/* Journals a note, or an event; under the lock. */
gboolean execution_note(Execution *run, const char *name, const char *value, GError **error);
gboolean execution_write(Execution *run, cJSON *event, GError **error);
/* A noted number. FALSE when it was never noted. A PlanValueOf. */
gboolean execution_number(gpointer run, const char *name, gint64 *value);
S3Client *execution_s3(Execution *run, GError **error);
Stage *execution_stage(Execution *run, GError **error);
/* "begin" of the current step, with the stage's prefix of an unload attempt or NULL. */
gboolean execution_begin(Execution *run, const char *stage_prefix, GError **error);
/* Cancels the run when another process asked for it. */
void execution_poll_cancel(Execution *run);
/* Notes that a step is tried again and waits a little longer each time. FALSE when cancelled, or when
 * error is not worth another try; it then propagates failure into error. Takes failure. */
gboolean execution_may_retry(Execution *run, int attempt, GError *failure, GError **error);

/* --- executor_sql.c ------------------------------------------------------------------------------- */

/* An open, labelled session; reopened when it was lost. */
gboolean execution_session(Execution *run, GError **error);
void execution_close_sessions(Execution *run);
/* Runs one action on the open session. */
gboolean execution_action(Execution *run, const PlanAction *action, GError **error);
gboolean execution_sql_step(Execution *run, GError **error);
gboolean execution_check_step(Execution *run, GError **error);
/* Runs a statement with progress and cancel; outcome may be NULL. */
gboolean execution_statement(Execution *run, const char *sql, WatchKind watch,
                             StatementOutcome *outcome, GError **error);

/* --- executor_transaction.c ----------------------------------------------------------------------- */

gboolean execution_transaction_step(Execution *run, GError **error);
/* The marker of the step's transaction exists on the server. */
gboolean execution_marker_exists(Execution *run, const PlanStep *step, gboolean *exists,
                                 GError **error);

/* --- executor_batch.c ------------------------------------------------------------------------------
 * The transaction of a step for a session that takes it as a whole. Checks become statements that fail
 * the batch; a check of counts that the server tells with the end only (the tag of a statement, in a plan
 * that was made for another transport) is made behind the commit. The journal notes a token before the batch is sent and its id behind: a resume finds the
 * batch that is under way instead of sending a second one. */

/* One try: sends the batch, or waits for the one that was sent before. */
gboolean execution_batch(Execution *run, GError **error);
/* The batch was committed and its counts were not journalled: fetches them where the service still tells. */
gboolean execution_batch_recall(Execution *run, GError **error);

/* --- executor_watch.c ----------------------------------------------------------------------------- */

/* A SessionTick: progress of the working session's statement from the watching one, and cancel. */
void execution_tick(gpointer run);
/* Waits until no UNLOAD of that backend runs any more; *rows what it says it unloaded, -1 unknown. */
gboolean execution_await_unload(Execution *run, int backend_pid, gint64 *rows, GError **error);

/* --- executor_upload.c ---------------------------------------------------------------------------- */

gboolean execution_upload_step(Execution *run, GError **error);

/* --- executor_unload.c ---------------------------------------------------------------------------- */

gboolean execution_unload_step(Execution *run, GError **error);
/* The manifest's entries agree with the objects and with the server's count. */
gboolean execution_check_manifest(Execution *run, GError **error);
/* Files that an unload to S3 left at its destination, when it did not end well. */
gboolean execution_remove_partial_files(Execution *run, GError **error);

/* Ends an UNLOAD that a process which died has left running on the server. */
gboolean execution_stop_unload(Execution *run, GError **error);

/* An entry of the unload's manifest. */
typedef struct {
    char *key;
    gint64 bytes;   /* -1 unknown */
    gint64 records; /* without header lines, -1 unknown */
} ManifestEntry;
/* Of ManifestEntry; empty when there is no manifest (no rows). *bucket is the files'. */
GPtrArray *execution_read_manifest(Execution *run, char **bucket, GError **error);

/* --- executor_download.c -------------------------------------------------------------------------- */

gboolean execution_download_step(Execution *run, GError **error);
/* The folder of files that are not all there yet. */
void execution_remove_download(Execution *run);

/* --- executor_export.c ---------------------------------------------------------------------------- */

gboolean execution_export_step(Execution *run, GError **error);

/* --- executor_errors.c ---------------------------------------------------------------------------- */

/* Reads why a COPY was refused, traces lines to the user's files into result->load_errors, and sets
 * RS_ERROR_DATA from the first one. Takes failure, which stays the error when nothing is known. */
void execution_explain_copy(Execution *run, GError *failure, GError **error);
/* The rows that MAXERROR skipped. */
void execution_note_skipped(Execution *run);

/* --- executor_clean.c ----------------------------------------------------------------------------- */

gboolean execution_clean_step(Execution *run, GError **error);
/* All that the job left: tables, objects, half-written files. */
gboolean execution_clean_all(Execution *run, GError **error);

#endif
