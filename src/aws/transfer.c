#include "aws/transfer_internal.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define WORKERS 4
#define MULTIPART_ABOVE (64u << 20)
#define PART_SIZE (16u << 20)
#define GATHER_US (10 * G_TIME_SPAN_MILLISECOND) /* small files are told of by the dozen */

/* What a worker does next: begin an item, or one piece of one that was begun. */
typedef struct {
    TransferWork *work;
    int part; /* -1: begin */
} Task;

typedef struct {
    TransferContext context;
    GPtrArray *works; /* of TransferWork, in the items' order */
    GMutex mutex;
    GCond changed;
    guint next;          /* the first item that nobody has begun */
    guint beginning;     /* items that may yet be cut into pieces */
    GQueue pieces;       /* of Task: before any new item */
    GError *failure;     /* the first one */
    GPtrArray *finished; /* of TransferWork: those that the caller was not told of */
    guint running;       /* workers */
    GCond news;          /* finished was empty, or nobody runs any more */
} Scheduler;

TransferItem *transfer_item_new(TransferKind kind, const char *bucket, const char *key,
                                const char *path)
{
    TransferItem *item = g_new0(TransferItem, 1);
    item->kind = kind;
    item->bucket = g_strdup(bucket);
    item->key = g_strdup(key);
    item->path = g_strdup(path);
    item->length = -1;
    return item;
}

void transfer_item_free(TransferItem *item)
{
    if (item == NULL)
        return;
    g_free(item->bucket);
    g_free(item->key);
    g_free(item->path);
    g_free(item->etag);
    g_free(item->upload_id);
    g_free(item);
}

/* --- cutting ----------------------------------------------------------------------------------- */

static guint64 part_size_for(const TransferOptions *options, guint64 size)
{
    const guint64 unit = 1 << 20;
    guint64 needed = (size + TRANSFER_MAX_PARTS - 1) / TRANSFER_MAX_PARTS;
    return (MAX(options->part_size, needed) + unit - 1) / unit * unit;
}

void transfer_cut(const TransferContext *context, TransferWork *work)
{
    work->part_size = part_size_for(&context->options, work->size);
    work->parts = (guint)((work->size + work->part_size - 1) / work->part_size);
}

guint64 transfer_part_length(const TransferWork *work, guint part)
{
    return MIN(work->part_size, work->size - part * work->part_size);
}

/* --- what is told ------------------------------------------------------------------------------ */

void transfer_tell_bytes(const TransferContext *context, guint64 bytes)
{
    if (context->callbacks.bytes != NULL)
        context->callbacks.bytes(context->callbacks.user, bytes);
    transfer_control_take(context->options.control, bytes, context->cancellable);
}

gboolean transfer_tell_upload(const TransferContext *context, TransferWork *work,
                              TransferUploadState state, GError **error)
{
    const TransferCallbacks *callbacks = &context->callbacks;
    return callbacks->upload == NULL || callbacks->upload(callbacks->user, work->item, state,
                                                          work->upload_id, work->part_size, error);
}

/* --- who does what when ------------------------------------------------------------------------ */

static void stop(Scheduler *scheduler, GError *failure)
{
    if (failure == NULL)
        failure = g_error_new_literal(RS_ERROR, RS_ERROR_INTERNAL,
                                      "the transfer was stopped without a reason");
    g_mutex_lock(&scheduler->mutex);
    if (scheduler->failure == NULL)
        scheduler->failure = g_steal_pointer(&failure);
    g_cond_broadcast(&scheduler->changed);
    g_mutex_unlock(&scheduler->mutex);
    g_clear_error(&failure);
    g_cancellable_cancel(scheduler->context.cancellable);
}

/* FALSE when there is nothing left for this worker, now or later. */
static gboolean take_task(Scheduler *scheduler, Task *task)
{
    gboolean found = FALSE;
    g_mutex_lock(&scheduler->mutex);
    for (;;) {
        Task *piece = NULL;
        if (g_cancellable_is_cancelled(scheduler->context.cancellable))
            break;
        if (scheduler->context.options.control != NULL) {
            g_mutex_unlock(&scheduler->mutex);
            transfer_control_wait(scheduler->context.options.control,
                                  scheduler->context.cancellable);
            g_mutex_lock(&scheduler->mutex);
        }
        if ((piece = g_queue_pop_head(&scheduler->pieces)) != NULL) {
            *task = *piece;
            g_free(piece);
            found = TRUE;
        } else if (scheduler->next < scheduler->works->len) {
            *task = (Task){scheduler->works->pdata[scheduler->next++], -1};
            scheduler->beginning++;
            found = TRUE;
        } else if (scheduler->beginning > 0) {
            g_cond_wait(&scheduler->changed, &scheduler->mutex);
            continue;
        }
        break;
    }
    g_mutex_unlock(&scheduler->mutex);
    return found;
}

static void offer_pieces(Scheduler *scheduler, TransferWork *work)
{
    g_mutex_lock(&scheduler->mutex);
    work->parts_left = work->parts;
    for (guint part = 0; part < work->parts; part++) {
        Task *piece = g_new(Task, 1);
        *piece = (Task){work, (int)part};
        g_queue_push_tail(&scheduler->pieces, piece);
    }
    scheduler->beginning--;
    g_cond_broadcast(&scheduler->changed);
    g_mutex_unlock(&scheduler->mutex);
}

/* Files are closed as they finish: a thousand items do not keep a thousand descriptors. */
static void finish(Scheduler *scheduler, TransferWork *work)
{
    g_clear_pointer(&work->bytes, g_bytes_unref);
    if (work->fd >= 0)
        close(work->fd);
    work->fd = -1;
    g_mutex_lock(&scheduler->mutex);
    g_ptr_array_add(scheduler->finished, work);
    if (scheduler->finished->len == 1)
        g_cond_signal(&scheduler->news);
    g_mutex_unlock(&scheduler->mutex);
}

static gboolean begin(Scheduler *scheduler, TransferWork *work, GError **error)
{
    const TransferContext *context = &scheduler->context;
    gboolean good = work->item->kind == TRANSFER_UPLOAD
                        ? transfer_upload_begin(context, work, error)
                        : transfer_download_begin(context, work, error);
    if (!good)
        work->parts = 0;
    offer_pieces(scheduler, work);
    if (good && work->parts == 0)
        finish(scheduler, work);
    return good;
}

static gboolean do_piece(Scheduler *scheduler, TransferWork *work, guint part, GError **error)
{
    const TransferContext *context = &scheduler->context;
    gboolean upload = work->item->kind == TRANSFER_UPLOAD;
    if (!(upload ? transfer_upload_part(context, work, part, error)
                 : transfer_download_part(context, work, part, error)))
        return FALSE;
    g_mutex_lock(&scheduler->mutex);
    gboolean last = --work->parts_left == 0;
    g_mutex_unlock(&scheduler->mutex);
    if (!last)
        return TRUE;
    if (!(upload ? transfer_upload_end(context, work, error)
                 : transfer_download_end(context, work, error)))
        return FALSE;
    finish(scheduler, work);
    return TRUE;
}

static gpointer work_on(gpointer user)
{
    Scheduler *scheduler = user;
    Task task;
    while (take_task(scheduler, &task)) {
        GError *error = NULL;
        gboolean good = task.part < 0 ? begin(scheduler, task.work, &error)
                                      : do_piece(scheduler, task.work, (guint)task.part, &error);
        if (!good)
            stop(scheduler, error);
    }
    g_mutex_lock(&scheduler->mutex);
    if (--scheduler->running == 0)
        g_cond_signal(&scheduler->news);
    g_mutex_unlock(&scheduler->mutex);
    return NULL;
}

/* --- the caller's side ------------------------------------------------------------------------- */

static void work_free(gpointer data)
{
    TransferWork *work = data;
    /* Removed before the lock on it goes: who gets the lock next sees that the name is gone. */
    if (work->temporary != NULL && !work->keeps)
        g_unlink(work->temporary);
    if (work->map != NULL && !work->keeps)
        g_unlink(work->map);
    if (work->map_fd >= 0)
        close(work->map_fd);
    if (work->fd >= 0)
        close(work->fd);
    g_clear_pointer(&work->bytes, g_bytes_unref);
    g_clear_pointer(&work->etags, g_ptr_array_unref);
    g_clear_pointer(&work->known, g_ptr_array_unref);
    g_clear_pointer(&work->had, g_byte_array_unref);
    s3_object_free(work->object);
    g_mutex_clear(&work->writing);
    g_free(work->map);
    g_free(work->temporary);
    g_free(work->upload_id);
    g_free(work);
}

/* Whatever stopped us, nobody shall pay for parts that nothing will ever join. */
static void abort_uploads(Scheduler *scheduler)
{
    for (guint i = 0; i < scheduler->works->len; i++) {
        TransferWork *work = scheduler->works->pdata[i];
        g_autoptr(GError) error = NULL;
        if (work->upload_id == NULL)
            continue;
        if (!s3_multipart_abort(scheduler->context.client, work->item->bucket, work->item->key,
                                work->upload_id, NULL, &error))
            log_write(LOG_LEVEL_WARNING, "an upload stays open: %s (upload id %s)", error->message,
                      work->upload_id);
        else
            transfer_tell_upload(&scheduler->context, work, TRANSFER_CLOSED, NULL);
    }
}

static GPtrArray *start_workers(Scheduler *scheduler)
{
    sigset_t all, before;
    GPtrArray *threads = g_ptr_array_new();
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (guint i = 0; i < scheduler->context.options.workers; i++)
        g_ptr_array_add(threads, g_thread_new("transfer", work_on, scheduler));
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return threads;
}

static void tell_done(Scheduler *scheduler, GPtrArray *works)
{
    const TransferCallbacks *callbacks = &scheduler->context.callbacks;
    for (guint i = 0; callbacks->done != NULL && i < works->len; i++) {
        const TransferWork *work = works->pdata[i];
        GError *error = NULL;
        if (!callbacks->done(callbacks->user, work->item, &error))
            stop(scheduler, error);
    }
}

/* What has finished since the last time, after a moment in which more may; NULL when nothing will. */
static GPtrArray *take_finished(Scheduler *scheduler)
{
    GPtrArray *works = NULL;
    g_mutex_lock(&scheduler->mutex);
    while (scheduler->finished->len == 0 && scheduler->running > 0)
        g_cond_wait(&scheduler->news, &scheduler->mutex);
    gint64 until = g_get_monotonic_time() + GATHER_US;
    while (scheduler->running > 0 && g_cond_wait_until(&scheduler->news, &scheduler->mutex, until))
        continue;
    if (scheduler->finished->len > 0) {
        works = scheduler->finished;
        scheduler->finished = g_ptr_array_new();
    }
    g_mutex_unlock(&scheduler->mutex);
    return works;
}

static void collect_results(Scheduler *scheduler)
{
    scheduler->running = scheduler->context.options.workers;
    GPtrArray *threads = start_workers(scheduler);
    for (GPtrArray *works; (works = take_finished(scheduler)) != NULL;) {
        tell_done(scheduler, works);
        g_ptr_array_unref(works);
    }
    for (guint i = 0; i < threads->len; i++)
        g_thread_join(threads->pdata[i]);
    g_ptr_array_unref(threads);
}

static TransferOptions with_defaults(const TransferOptions *given)
{
    TransferOptions options = given != NULL ? *given : (TransferOptions){0};
    if (options.workers == 0)
        options.workers = WORKERS;
    if (options.multipart_above == 0)
        options.multipart_above = MULTIPART_ABOVE;
    if (options.part_size == 0)
        options.part_size = PART_SIZE;
    options.part_size = MAX(options.part_size, TRANSFER_MIN_PART);
    return options;
}

static void forward_cancel(GCancellable *theirs, gpointer ours)
{
    g_cancellable_cancel(ours);
}

static void scheduler_init(Scheduler *scheduler, S3Client *client, GPtrArray *items,
                           const TransferOptions *options, const TransferCallbacks *callbacks)
{
    scheduler->context.client = client;
    scheduler->context.options = with_defaults(options);
    scheduler->context.cancellable = g_cancellable_new();
    if (callbacks != NULL)
        scheduler->context.callbacks = *callbacks;
    scheduler->works = g_ptr_array_new_with_free_func(work_free);
    scheduler->finished = g_ptr_array_new();
    g_mutex_init(&scheduler->mutex);
    g_cond_init(&scheduler->changed);
    g_cond_init(&scheduler->news);
    g_queue_init(&scheduler->pieces);
    for (guint i = 0; i < items->len; i++) {
        TransferWork *work = g_new0(TransferWork, 1);
        work->item = items->pdata[i];
        work->item->bytes = 0;
        g_clear_pointer(&work->item->etag, g_free);
        work->fd = -1;
        work->map_fd = -1;
        g_mutex_init(&work->writing);
        g_ptr_array_add(scheduler->works, work);
    }
}

static void scheduler_clear(Scheduler *scheduler)
{
    g_queue_clear_full(&scheduler->pieces, g_free);
    g_ptr_array_unref(scheduler->works);
    g_ptr_array_unref(scheduler->finished);
    g_object_unref(scheduler->context.cancellable);
    g_mutex_clear(&scheduler->mutex);
    g_cond_clear(&scheduler->changed);
    g_cond_clear(&scheduler->news);
}

guint64 transfer_part_size(const TransferOptions *options, guint64 size)
{
    TransferOptions full = with_defaults(options);
    return size <= full.multipart_above ? 0 : part_size_for(&full, size);
}

gboolean transfer_run(S3Client *client, GPtrArray *items, const TransferOptions *options,
                      const TransferCallbacks *callbacks, GCancellable *cancellable, GError **error)
{
    Scheduler scheduler = {0};
    gulong link = 0;
    scheduler_init(&scheduler, client, items, options, callbacks);
    if (cancellable != NULL)
        link = g_cancellable_connect(cancellable, G_CALLBACK(forward_cancel),
                                     scheduler.context.cancellable, NULL);
    collect_results(&scheduler);
    g_cancellable_disconnect(cancellable, link);
    abort_uploads(&scheduler);
    GError *failure = g_steal_pointer(&scheduler.failure);
    scheduler_clear(&scheduler);
    if (rs_error_set_if_cancelled(cancellable, error)) {
        g_clear_error(&failure);
        return FALSE;
    }
    if (failure != NULL)
        g_propagate_error(error, failure);
    return failure == NULL;
}
