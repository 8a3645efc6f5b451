/*
 * executor: runs any plan, step by step, and writes the journal as it goes.
 *
 * One executor for all kinds of jobs: dry run, progress, cancel, journal, resume and clean-up come
 * from here and not from the plans. Runs on one thread (a bulk worker, or the headless command's);
 * opens its own sessions: one that works and one that watches (redshift/activity) while it does.
 *
 * Order of every step: journal "step begun" (synced) -> was it done already? -> do it -> journal
 * "step done" with counts (synced). A crash anywhere is met by executor_run on the same journal.
 *
 * Success is claimed only when the final status, the manifest and the server's counts agree.
 *
 * Retries: conflicts (1023, locks), lost connections and transient faults, a few times with growing
 * pauses, the whole step each time; every step may be done twice, or knows that it was done. After a
 * lost connection the marker alone decides whether a COMMIT happened. COMMIT itself is never cancelled,
 * and nothing is once it is done.
 *
 * After a failure: kept for `jobs resume` (stage, marker) when the same plan can still succeed;
 * removed at once after a cancel and after failures of the input or of the plan itself (RS_ERROR_DATA,
 * USAGE, UNSUPPORTED, EXISTS, MISMATCH), unless the plan says keep_stage.
 *
 * For tests: REDSMITH_TEST_CRASH=POINT kills the process (SIGKILL) at
 *     upload:file-N (N parts or files sent), upload:after (manifest stored, not journalled as done)
 *     sql:after, copy:after (inside the transaction), transaction:before-commit (announced),
 *     transaction:after-commit (not journalled), both also with @N for step N only, unload:after (no count read yet),
 *     download:file-N, download:publish, download:placed-N, download:after, clean:after,
 *     batch:sent (the Data API has taken the transaction and works on it),
 *     step:N (step N, from 1, done and journalled)
 */
#ifndef REDSMITH_JOB_EXECUTOR_H
#define REDSMITH_JOB_EXECUTOR_H

#include <gio/gio.h>

#include "aws/s3.h"
#include "job/journal.h"
#include "job/plan.h"
#include "job/progress.h"
#include "redshift/load_errors.h"
#include "redshift/session.h"

/* What the executor needs from its surroundings. All borrowed, valid during executor_run. */
typedef struct {
    /* A new session of the plan's profile; called on the executor's thread. */
    Session *(*open_session)(gpointer user, GCancellable *cancellable, GError **error);
    S3Client *(*s3)(gpointer user, GError **error);
    /* One line for the job's log pane; any time, on the executor's thread. May be NULL. */
    void (*log)(gpointer user, const char *line);
    gpointer user;
    /* Before the first retry of a step; doubled each time. 0: 300. */
    guint retry_pause_ms;
} ExecutorContext;

/* What a job leaves behind. */
typedef struct {
    gint64 rows_loaded, rows_unloaded, rows_updated, rows_inserted; /* -1: does not apply, or not known */
    guint64 bytes, files;
    GPtrArray *load_errors; /* of LoadError, refused or skipped rows; NULL when there are none */
    gboolean begun;         /* FALSE: refused before anything was done */
    gboolean committed;     /* a failed job: the target has its rows, only what follows is left */
    gboolean resumable;     /* a failed job: `jobs resume` may finish it */
    char *summary;          /* "2,704 rows in 4 files, 112 kB, to out/" */
} JobResult;

void job_result_clear(JobResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(JobResult, job_result_clear)

/*
 * Runs the plan from the first step that the journal does not show as done. FALSE with error set:
 * the target is as before, the stage is kept (cancelled jobs clean it) and the job can be resumed
 * unless the error is of the input (RS_ERROR_DATA). result is filled either way.
 */
gboolean executor_run(const Plan *plan, Journal *journal, const ExecutorContext *context,
                      Progress *progress, JobResult *result, GCancellable *cancellable,
                      GError **error);

/* Removes what a job left: its stage's objects, its marker or staging tables, half-written files, an
 * UNLOAD that still runs. For jobs that will not be resumed. What was committed stays. */
gboolean executor_clean(const Plan *plan, Journal *journal, const ExecutorContext *context,
                        GCancellable *cancellable, GError **error);

#endif
