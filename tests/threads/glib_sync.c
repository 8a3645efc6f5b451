/* RTLD_NEXT */
#define _GNU_SOURCE
/*
 * glib_sync: tells the thread sanitizer what GLib's locks, queues and sources order.
 *
 * Debian's GLib is not built with the sanitizer and locks by futex, which the sanitizer does not see: every
 * correct use of a GMutex would be reported. This library is preloaded; it stands before GLib's functions,
 * calls them, and tells the sanitizer who waited for whom. Where GLib orders two threads by one queue or
 * one main context, it tells of one order for all queues of that kind: a race between them may be missed,
 * none is invented.
 *
 * Only calls from our own code come by here, since GLib binds its own among themselves.
 */
#include <dlfcn.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <stdlib.h>

void __tsan_acquire(void *address) __attribute__((weak));
void __tsan_release(void *address) __attribute__((weak));

static void acquire(const volatile void *address)
{
    if (__tsan_acquire != NULL)
        __tsan_acquire((void *)address);
}

static void release(const volatile void *address)
{
    if (__tsan_release != NULL)
        __tsan_release((void *)address);
}

/* The address of GLib's own function, looked up once. */
#define REAL(function)                                                                             \
    ({                                                                                             \
        static void *found;                                                                        \
        if (__atomic_load_n(&found, __ATOMIC_RELAXED) == NULL)                                     \
            __atomic_store_n(&found, dlsym(RTLD_NEXT, #function), __ATOMIC_RELAXED);               \
        if (found == NULL)                                                                         \
            abort();                                                                               \
        (__typeof__(&function))found;                                                              \
    })

/* --- locks ------------------------------------------------------------------------------------- */

void g_mutex_lock(GMutex *mutex)
{
    REAL(g_mutex_lock)(mutex);
    acquire(mutex);
}

gboolean g_mutex_trylock(GMutex *mutex)
{
    gboolean locked = REAL(g_mutex_trylock)(mutex);
    if (locked)
        acquire(mutex);
    return locked;
}

void g_mutex_unlock(GMutex *mutex)
{
    release(mutex);
    REAL(g_mutex_unlock)(mutex);
}

void g_cond_wait(GCond *cond, GMutex *mutex)
{
    release(mutex);
    REAL(g_cond_wait)(cond, mutex);
    acquire(mutex);
}

gboolean g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end)
{
    release(mutex);
    gboolean woken = REAL(g_cond_wait_until)(cond, mutex, end);
    acquire(mutex);
    return woken;
}

#undef g_once_init_enter
#undef g_once_init_leave
gboolean(g_once_init_enter)(volatile void *location)
{
    gboolean first = REAL(g_once_init_enter)(location);
    acquire(location);
    return first;
}

void(g_once_init_leave)(volatile void *location, gsize result)
{
    release(location);
    REAL(g_once_init_leave)(location, result);
}

/* --- queues and pools -------------------------------------------------------------------------- */

void g_async_queue_push(GAsyncQueue *queue, gpointer data)
{
    release(queue);
    REAL(g_async_queue_push)(queue, data);
}

gpointer g_async_queue_pop(GAsyncQueue *queue)
{
    gpointer data = REAL(g_async_queue_pop)(queue);
    acquire(queue);
    return data;
}

gpointer g_async_queue_try_pop(GAsyncQueue *queue)
{
    gpointer data = REAL(g_async_queue_try_pop)(queue);
    acquire(queue);
    return data;
}

typedef struct {
    GFunc function;
    gpointer user;
} PoolCall;

static char pool_token, done_token, source_token;

static void in_pool(gpointer data, gpointer user)
{
    PoolCall *call = user;
    acquire(&pool_token);
    call->function(data, call->user);
    release(&done_token);
}

/* The call lives as long as the process, as the few pools do. */
GThreadPool *g_thread_pool_new(GFunc function, gpointer user, gint most, gboolean exclusive,
                               GError **error)
{
    PoolCall *call = g_new(PoolCall, 1);
    *call = (PoolCall){function, user};
    release(&pool_token);
    return REAL(g_thread_pool_new)(in_pool, call, most, exclusive, error);
}

gboolean g_thread_pool_push(GThreadPool *pool, gpointer data, GError **error)
{
    release(&pool_token);
    return REAL(g_thread_pool_push)(pool, data, error);
}

void g_thread_pool_free(GThreadPool *pool, gboolean immediate, gboolean wait)
{
    REAL(g_thread_pool_free)(pool, immediate, wait);
    acquire(&done_token);
}

/* --- sources of the main loop ------------------------------------------------------------------ */

typedef struct {
    GCallback function;
    gpointer user;
    GDestroyNotify notify;
} SourceCall;

static gboolean in_source(gpointer data)
{
    SourceCall *call = data;
    acquire(&source_token);
    return ((GSourceFunc)call->function)(call->user);
}

static gboolean in_fd_source(gint fd, GIOCondition condition, gpointer data)
{
    SourceCall *call = data;
    acquire(&source_token);
    return ((GUnixFDSourceFunc)call->function)(fd, condition, call->user);
}

static void free_call(gpointer data)
{
    SourceCall *call = data;
    acquire(&source_token);
    if (call->notify != NULL)
        call->notify(call->user);
    g_free(call);
}

static SourceCall *source_call(GCallback function, gpointer user, GDestroyNotify notify)
{
    SourceCall *call = g_new(SourceCall, 1);
    *call = (SourceCall){function, user, notify};
    release(&source_token);
    return call;
}

/* Sources of other kinds give their functions other arguments. */
void g_source_set_callback(GSource *source, GSourceFunc function, gpointer user,
                           GDestroyNotify notify)
{
    release(&source_token);
    if (source->source_funcs == &g_idle_funcs || source->source_funcs == &g_timeout_funcs)
        REAL(g_source_set_callback)
    (source, in_source, source_call(G_CALLBACK(function), user, notify), free_call);
    else REAL(g_source_set_callback)(source, function, user, notify);
}

guint g_source_attach(GSource *source, GMainContext *context)
{
    release(&source_token);
    return REAL(g_source_attach)(source, context);
}

guint g_idle_add_full(gint priority, GSourceFunc function, gpointer user, GDestroyNotify notify)
{
    return REAL(g_idle_add_full)(priority, in_source,
                                 source_call(G_CALLBACK(function), user, notify), free_call);
}

guint g_idle_add(GSourceFunc function, gpointer user)
{
    return g_idle_add_full(G_PRIORITY_DEFAULT_IDLE, function, user, NULL);
}

guint g_timeout_add_full(gint priority, guint ms, GSourceFunc function, gpointer user,
                         GDestroyNotify notify)
{
    return REAL(g_timeout_add_full)(priority, ms, in_source,
                                    source_call(G_CALLBACK(function), user, notify), free_call);
}

guint g_timeout_add(guint ms, GSourceFunc function, gpointer user)
{
    return g_timeout_add_full(G_PRIORITY_DEFAULT, ms, function, user, NULL);
}

guint g_unix_fd_add(gint fd, GIOCondition condition, GUnixFDSourceFunc function, gpointer user)
{
    return g_unix_fd_add_full(G_PRIORITY_DEFAULT, fd, condition, in_fd_source,
                              source_call(G_CALLBACK(function), user, NULL), free_call);
}

void g_main_loop_quit(GMainLoop *loop)
{
    release(loop);
    REAL(g_main_loop_quit)(loop);
}

void g_main_loop_run(GMainLoop *loop)
{
    REAL(g_main_loop_run)(loop);
    acquire(loop);
}

/* --- cancelling -------------------------------------------------------------------------------- */

void g_cancellable_cancel(GCancellable *cancellable)
{
    if (cancellable != NULL) {
        acquire(cancellable); /* its handlers run in here */
        release(cancellable);
    }
    REAL(g_cancellable_cancel)(cancellable);
    if (cancellable != NULL)
        release(cancellable);
}

gboolean g_cancellable_is_cancelled(GCancellable *cancellable)
{
    gboolean cancelled = REAL(g_cancellable_is_cancelled)(cancellable);
    if (cancelled)
        acquire(cancellable);
    return cancelled;
}

gulong g_cancellable_connect(GCancellable *cancellable, GCallback callback, gpointer user,
                             GDestroyNotify notify)
{
    release(cancellable);
    return REAL(g_cancellable_connect)(cancellable, callback, user, notify);
}

void g_cancellable_disconnect(GCancellable *cancellable, gulong handler)
{
    REAL(g_cancellable_disconnect)(cancellable, handler);
    if (cancellable != NULL)
        acquire(cancellable);
}

/* --- counted references: the last one frees what all have used --------------------------------- */

static void give_up(const volatile void *counted)
{
    if (counted == NULL)
        return;
    release(counted);
    acquire(counted);
}

#undef g_atomic_ref_count_dec
gboolean g_atomic_ref_count_dec(gatomicrefcount *count)
{
    give_up(count);
    return REAL(g_atomic_ref_count_dec)(count);
}

#undef g_atomic_rc_box_release_full
void g_atomic_rc_box_release_full(gpointer box, GDestroyNotify clear)
{
    give_up(box);
    REAL(g_atomic_rc_box_release_full)(box, clear);
}

#undef g_atomic_rc_box_release
void g_atomic_rc_box_release(gpointer box)
{
    give_up(box);
    REAL(g_atomic_rc_box_release)(box);
}

void g_bytes_unref(GBytes *bytes)
{
    give_up(bytes);
    REAL(g_bytes_unref)(bytes);
}

void g_object_unref(gpointer object)
{
    give_up(object);
    REAL(g_object_unref)(object);
}

void g_ptr_array_unref(GPtrArray *array)
{
    give_up(array);
    REAL(g_ptr_array_unref)(array);
}

void g_hash_table_unref(GHashTable *table)
{
    give_up(table);
    REAL(g_hash_table_unref)(table);
}

void g_async_queue_unref(GAsyncQueue *queue)
{
    give_up(queue);
    REAL(g_async_queue_unref)(queue);
}
