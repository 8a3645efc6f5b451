#include "base/error.h"
#include "base/log.h"
#include "job/executor_private.h"

/* The watching session, opened when a statement has run for one tick. A failure never fails the job. */
static ActivityWatch *open_watch(Execution *run)
{
    if (run->watch != NULL || run->watch_failed)
        return run->watch;
    g_autoptr(GError) error = NULL;
    if (run->watch_session == NULL)
        run->watch_session = run->context->open_session(run->context->user, run->cancel, &error);
    if (run->watch_session == NULL) {
        run->watch_failed = TRUE;
        log_write(LOG_LEVEL_WARNING, "job %s: no second session for progress: %s", run->plan->id,
                  error->message);
        return NULL;
    }
    run->watch = activity_watch_new(run->watch_session, session_info(run->session)->backend_pid);
    return run->watch;
}

static void set_known(atomic_llong *counter, gint64 value)
{
    if (value >= 0)
        atomic_store(counter, value);
}

static void show(Execution *run, const ActivityProgress *seen)
{
    set_known(&run->progress->rows, seen->rows);
    set_known(&run->progress->bytes, seen->bytes);
    set_known(&run->progress->files, seen->files);
    set_known(&run->progress->files_total, seen->files_total);
    set_known(&run->progress->bytes_total, seen->bytes_total);
    atomic_store(&run->progress->source, PROGRESS_SERVER);
}

void execution_tick(gpointer user)
{
    Execution *run = user;
    execution_poll_cancel(run);
    if (run->watching == WATCH_NONE || g_cancellable_is_cancelled(run->cancel))
        return;
    ActivityWatch *watch = open_watch(run);
    if (watch == NULL)
        return;
    ActivityProgress seen = {0};
    g_autoptr(GError) error = NULL;
    gboolean ok = run->watching == WATCH_LOAD
                      ? activity_watch_load(watch, &seen, run->cancel, &error)
                      : activity_watch_unload(watch, &seen, run->cancel, &error);
    if (ok && seen.found)
        show(run, &seen);
    if (!ok && !session_is_alive(run->watch_session)) {
        run->watch_failed = TRUE;
        log_write(LOG_LEVEL_WARNING, "job %s: progress is lost: %s", run->plan->id, error->message);
    }
}

/* Half a second, or less when cancelled. */
static gboolean wait_a_little(Execution *run, GError **error)
{
    GPollFD poll_fd = {0};
    execution_poll_cancel(run);
    if (g_cancellable_make_pollfd(run->cancel, &poll_fd)) {
        g_poll(&poll_fd, 1, 500);
        g_cancellable_release_fd(run->cancel);
    } else {
        g_usleep(500 * 1000);
    }
    return !rs_error_set_if_cancelled(run->cancel, error);
}

gboolean execution_await_unload(Execution *run, int backend_pid, gint64 *rows, GError **error)
{
    *rows = -1;
    if (backend_pid == 0)
        return TRUE;
    g_autoptr(ActivityWatch) watch = activity_watch_new(run->session, backend_pid);
    gboolean told = FALSE;
    for (;;) {
        ActivityProgress seen = {0};
        if (!activity_watch_unload(watch, &seen, run->cancel, error))
            return FALSE;
        if (seen.found) {
            *rows = seen.rows;
            show(run, &seen);
        }
        if (!seen.found || !seen.running)
            return TRUE;
        if (!told)
            execution_log(run,
                          "the interrupted UNLOAD still runs on the server (session %d): "
                          "waiting for it",
                          backend_pid);
        told = TRUE;
        if (!wait_a_little(run, error))
            return FALSE;
    }
}
