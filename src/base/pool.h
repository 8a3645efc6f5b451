/*
 * pool: worker threads that take tasks in and hand results back on the main thread.
 *
 * A task is a value: its data belongs to the pool from pool_submit on, is touched by one worker in
 * run, and comes back exactly once, on the main context's thread, in done, whatever became of it:
 * done, failed or cancelled. After done the data is destroyed. Nothing else is shared.
 *
 * Two lanes. The interactive lane (catalog, previews, metadata) has workers of its own; bulk work
 * (jobs, transfers) can never take them. Within a lane tasks start in the order of submission.
 *
 * Cancelling: cancel the GCancellable given to pool_submit. A queued task then completes without
 * having run; a running one is expected to look at its cancellable wherever it blocks.
 *
 * Call order:  pool_new, pool_submit ..., pool_free (cancels what is left, waits for the workers,
 *              delivers every outstanding completion, then returns)
 * Threads:     pool_submit and pool_free on the main thread only; workers run with signals blocked
 */
#ifndef REDSMITH_BASE_POOL_H
#define REDSMITH_BASE_POOL_H

#include <gio/gio.h>

typedef struct Pool Pool;

typedef enum { POOL_INTERACTIVE, POOL_BULK, POOL_LANES } PoolLane;

typedef enum { TASK_DONE, TASK_FAILED, TASK_CANCELLED } TaskOutcome;

/* On a worker. FALSE with error set when it fails. */
typedef gboolean (*PoolRun)(gpointer data, GCancellable *cancellable, GError **error);

/* On the main thread. error is NULL when outcome is TASK_DONE; it belongs to the pool. */
typedef void (*PoolDone)(gpointer data, TaskOutcome outcome, const GError *error);

/* context NULL is the default main context. Each lane gets at least one worker. */
Pool *pool_new(GMainContext *context, guint interactive_workers, guint bulk_workers);

/*
 * name appears in the log and must outlive the task (a literal). done and destroy may be NULL, and
 * so may cancellable; the pool takes a reference to it. The cancellable that run sees is also
 * cancelled by pool_free.
 */
void pool_submit(Pool *pool, PoolLane lane, const char *name, PoolRun run, PoolDone done,
                 gpointer data, GDestroyNotify destroy, GCancellable *cancellable);

/* Tasks submitted and not yet completed on the main thread: zero means idle. */
guint pool_pending(const Pool *pool);

void pool_free(Pool *pool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pool, pool_free)

#endif
