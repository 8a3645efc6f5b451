#include "base/pool.h"

#include <signal.h>

#include "base/error.h"
#include "base/log.h"

typedef struct {
    Pool *pool;
    const char *name;
    PoolRun run;
    PoolDone done;
    gpointer data;
    GDestroyNotify destroy;
    GCancellable *cancellable; /* the task's own; pool_free may cancel it */
    GCancellable *theirs;      /* the caller's, linked to it, or NULL */
    gulong link;
    gboolean succeeded;
    GError *error;
} Task;

struct Pool {
    GMainContext *context;
    GAsyncQueue *queues[POOL_LANES]; /* of Task, or of &stop */
    GPtrArray *threads[POOL_LANES];  /* of GThread */
    GHashTable *outstanding;         /* set of Task; main thread only */
    gboolean closing;                /* main thread only */
};

static char stop; /* its address in a queue tells one worker to end */

static void task_free(Task *task)
{
    if (task->destroy != NULL)
        task->destroy(task->data);
    g_clear_error(&task->error);
    g_cancellable_disconnect(task->theirs, task->link);
    g_clear_object(&task->theirs);
    g_object_unref(task->cancellable);
    g_free(task);
}

static gboolean complete(gpointer user_data)
{
    Task *task = user_data;
    TaskOutcome outcome = task->succeeded                      ? TASK_DONE
                          : rs_error_is_cancelled(task->error) ? TASK_CANCELLED
                                                               : TASK_FAILED;
    g_hash_table_remove(task->pool->outstanding, task);
    if (task->done != NULL)
        task->done(task->data, outcome, task->error);
    task_free(task);
    return G_SOURCE_REMOVE;
}

static void run_task(Task *task)
{
    if (!rs_error_set_if_cancelled(task->cancellable, &task->error))
        task->succeeded = task->run(task->data, task->cancellable, &task->error);
    if (!task->succeeded && task->error == NULL)
        g_set_error(&task->error, RS_ERROR, RS_ERROR_INTERNAL, "%s failed without saying why",
                    task->name);
    if (task->succeeded)
        g_clear_error(&task->error);
    else
        log_write(LOG_LEVEL_INFO, "%s: %s", task->name, task->error->message);
    /* A source of its own, not g_main_context_invoke: done must never run on this thread. */
    GSource *source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, complete, task, NULL);
    g_source_attach(source, task->pool->context);
    g_source_unref(source);
}

static gpointer work(gpointer user_data)
{
    GAsyncQueue *queue = user_data;
    for (;;) {
        gpointer item = g_async_queue_pop(queue);
        if (item == &stop)
            return NULL;
        run_task(item);
    }
}

static void start_workers(Pool *pool, PoolLane lane, guint count, const char *name)
{
    for (guint i = 0; i < MAX(count, 1); i++)
        g_ptr_array_add(pool->threads[lane], g_thread_new(name, work, pool->queues[lane]));
}

Pool *pool_new(GMainContext *context, guint interactive_workers, guint bulk_workers)
{
    Pool *pool = g_new0(Pool, 1);
    pool->context = context != NULL ? g_main_context_ref(context)
                                    : g_main_context_ref(g_main_context_default());
    pool->outstanding = g_hash_table_new(NULL, NULL);
    for (int lane = 0; lane < POOL_LANES; lane++) {
        pool->queues[lane] = g_async_queue_new();
        pool->threads[lane] = g_ptr_array_new();
    }
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* threads inherit the mask */
    start_workers(pool, POOL_INTERACTIVE, interactive_workers, "interactive");
    start_workers(pool, POOL_BULK, bulk_workers, "bulk");
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pool;
}

static void forward_cancel(GCancellable *theirs, gpointer ours)
{
    g_cancellable_cancel(ours);
}

static void link_cancellable(Task *task, GCancellable *theirs)
{
    task->cancellable = g_cancellable_new();
    if (theirs == NULL)
        return;
    task->theirs = g_object_ref(theirs);
    task->link = g_cancellable_connect(theirs, G_CALLBACK(forward_cancel),
                                       g_object_ref(task->cancellable), g_object_unref);
}

void pool_submit(Pool *pool, PoolLane lane, const char *name, PoolRun run, PoolDone done,
                 gpointer data, GDestroyNotify destroy, GCancellable *cancellable)
{
    g_return_if_fail(lane < POOL_LANES);
    Task *task = g_new0(Task, 1);
    *task = (Task){
        .pool = pool, .name = name, .run = run, .done = done, .data = data, .destroy = destroy};
    link_cancellable(task, cancellable);
    g_hash_table_add(pool->outstanding, task);
    if (pool->closing)
        g_cancellable_cancel(task->cancellable);
    g_async_queue_push(pool->queues[lane], task);
}

guint pool_pending(const Pool *pool)
{
    return g_hash_table_size(pool->outstanding);
}

static void cancel_outstanding(Pool *pool)
{
    GHashTableIter iter;
    gpointer task;
    g_hash_table_iter_init(&iter, pool->outstanding);
    while (g_hash_table_iter_next(&iter, &task, NULL))
        g_cancellable_cancel(((Task *)task)->cancellable);
}

void pool_free(Pool *pool)
{
    if (pool == NULL)
        return;
    pool->closing = TRUE;
    cancel_outstanding(pool);
    while (pool_pending(pool) > 0)
        g_main_context_iteration(pool->context, TRUE);
    for (int lane = 0; lane < POOL_LANES; lane++) {
        for (guint i = 0; i < pool->threads[lane]->len; i++)
            g_async_queue_push(pool->queues[lane], &stop);
        for (guint i = 0; i < pool->threads[lane]->len; i++)
            g_thread_join(g_ptr_array_index(pool->threads[lane], i));
        g_ptr_array_free(pool->threads[lane], TRUE);
        g_async_queue_unref(pool->queues[lane]);
    }
    g_hash_table_destroy(pool->outstanding);
    g_main_context_unref(pool->context);
    g_free(pool);
}
