#include "base/error.h"
#include "cli/s3.h"

enum { THREADS = 4 };

/* What the threads share. */
typedef struct {
    S3TaskFunction each;
    gpointer user;
    GCancellable *cancellable; /* the caller's or a failure's */
    GMutex mutex;
    GError *failure; /* the first one, under the mutex */
} Work;

static void run_task(gpointer task, gpointer user)
{
    Work *work = user;
    GError *error = NULL;
    if (g_cancellable_is_cancelled(work->cancellable) ||
        work->each(work->user, task, work->cancellable, &error))
        return;
    g_mutex_lock(&work->mutex);
    if (work->failure == NULL)
        work->failure = g_steal_pointer(&error);
    g_mutex_unlock(&work->mutex);
    g_clear_error(&error);
    g_cancellable_cancel(work->cancellable);
}

static void forward_cancel(GCancellable *theirs, gpointer ours)
{
    g_cancellable_cancel(ours);
}

static void run_all(Work *work, GPtrArray *tasks, guint threads, GCancellable *cancellable)
{
    GThreadPool *pool = g_thread_pool_new(run_task, work, (gint)threads, FALSE, NULL);
    gulong link =
        g_cancellable_connect(cancellable, G_CALLBACK(forward_cancel), work->cancellable, NULL);
    for (guint i = 0; i < tasks->len; i++)
        g_thread_pool_push(pool, tasks->pdata[i], NULL);
    g_thread_pool_free(pool, FALSE, TRUE);
    g_cancellable_disconnect(cancellable, link);
}

gboolean s3_threads_run(GPtrArray *tasks, guint threads, S3TaskFunction each, gpointer user,
                        GCancellable *cancellable, GError **error)
{
    Work work = {.each = each, .user = user, .cancellable = g_cancellable_new()};
    g_mutex_init(&work.mutex);
    run_all(&work, tasks, threads, cancellable);
    g_mutex_clear(&work.mutex);
    g_object_unref(work.cancellable);
    if (rs_error_set_if_cancelled(cancellable, error)) {
        g_clear_error(&work.failure);
        return FALSE;
    }
    if (work.failure != NULL)
        g_propagate_error(error, work.failure);
    return work.failure == NULL;
}

guint s3_threads_number(const CliContext *cli)
{
    const S3Options *options = cli->options;
    return options->concurrency > 0 ? (guint)options->concurrency : THREADS;
}
