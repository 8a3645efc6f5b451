#include "aws/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

#define OUTPUT_LIMIT (1u << 20)
#define MESSAGE_LIMIT 4096u
#define REAP_MS 10 /* how often to look for the end of a program that has closed its output */

typedef struct {
    GPid pid;
    int fds[2]; /* its output and messages; -1 once at their end */
    gint64 deadline;
    gboolean reaped;
} Child;

/* In the child, between fork and exec: only what is safe there. Workers start with signals blocked, and
 * programs expect them not to be. */
static void on_fork(gpointer user)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setsid();
}

static gboolean start(Child *child, char **argv, GError **error)
{
    g_autoptr(GError) reason = NULL;
    GSpawnFlags flags = G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH | G_SPAWN_CLOEXEC_PIPES;
    if (!g_spawn_async_with_pipes(NULL, argv, NULL, flags, on_fork, NULL, &child->pid, NULL,
                                  &child->fds[0], &child->fds[1], &reason)) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s", reason->message);
        return FALSE;
    }
    return TRUE;
}

/* What is left of the time, in ms from 1; 0 when it has run out. */
static int time_left(const Child *child)
{
    gint64 left = child->deadline - g_get_monotonic_time();
    return left > 0 ? (int)MIN(left / 1000 + 1, G_MAXINT) : 0;
}

static gboolean drain(Child *child, int which, GString *text, gsize limit, GError **error)
{
    char bytes[4096];
    ssize_t got = read(child->fds[which], bytes, sizeof bytes);
    if (got < 0 && errno == EINTR)
        return TRUE;
    if (got <= 0) {
        close(child->fds[which]);
        child->fds[which] = -1;
        return TRUE;
    }
    gsize room = limit - text->len;
    g_string_append_len(text, bytes, (gssize)MIN(room, (gsize)got));
    explicit_bzero(bytes, (gsize)got);
    if ((gsize)got <= room || limit == MESSAGE_LIMIT)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_LIMIT, "it printed more than %u bytes", OUTPUT_LIMIT);
    return FALSE;
}

static gboolean out_of_time(GError **error)
{
    g_set_error_literal(error, RS_ERROR, RS_ERROR_LIMIT, "it did not end in time and was stopped");
    return FALSE;
}

static gboolean read_output(Child *child, ProcessResult *result, GPollFD *cancelled,
                            GCancellable *cancellable, GError **error)
{
    while (child->fds[0] >= 0 || child->fds[1] >= 0) {
        GPollFD fds[] = {{child->fds[0], G_IO_IN | G_IO_HUP, 0},
                         {child->fds[1], G_IO_IN | G_IO_HUP, 0},
                         *cancelled};
        int left = time_left(child);
        if (left == 0)
            return out_of_time(error);
        g_poll(fds, G_N_ELEMENTS(fds), left);
        if (rs_error_set_if_cancelled(cancellable, error))
            return FALSE;
        if (fds[0].revents != 0 && !drain(child, 0, result->output, OUTPUT_LIMIT, error))
            return FALSE;
        if (fds[1].revents != 0 && !drain(child, 1, result->messages, MESSAGE_LIMIT, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean wait_for_end(Child *child, ProcessResult *result, GPollFD *cancelled,
                             GCancellable *cancellable, GError **error)
{
    pid_t ended;
    while ((ended = waitpid(child->pid, &result->wait_status, WNOHANG)) == 0 ||
           (ended < 0 && errno == EINTR)) {
        int left = time_left(child);
        if (left == 0)
            return out_of_time(error);
        g_poll(cancelled, 1, MIN(left, REAP_MS));
        if (rs_error_set_if_cancelled(cancellable, error))
            return FALSE;
    }
    child->reaped = TRUE;
    return TRUE;
}

/* Ends a child that has not ended, and whatever it started. */
static void stop(Child *child)
{
    for (int i = 0; i < 2; i++)
        if (child->fds[i] >= 0)
            close(child->fds[i]);
    if (child->reaped)
        return;
    kill(-child->pid, SIGKILL);
    kill(child->pid, SIGKILL); /* before its setsid there is no group of that number */
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

gboolean process_run(char **argv, guint limit_ms, ProcessResult *result, GCancellable *cancellable,
                     GError **error)
{
    Child child = {.fds = {-1, -1}, .deadline = g_get_monotonic_time() + (gint64)limit_ms * 1000};
    GPollFD cancelled = {-1, 0, 0};
    result->output = g_string_sized_new(OUTPUT_LIMIT); /* never moved, so no copy is left behind */
    result->messages = g_string_new(NULL);
    result->wait_status = 0;
    if (rs_error_set_if_cancelled(cancellable, error) || !start(&child, argv, error))
        return FALSE;
    gboolean has_fd = cancellable != NULL && g_cancellable_make_pollfd(cancellable, &cancelled);
    gboolean good = read_output(&child, result, &cancelled, cancellable, error) &&
                    wait_for_end(&child, result, &cancelled, cancellable, error);
    if (has_fd)
        g_cancellable_release_fd(cancellable);
    stop(&child);
    g_spawn_close_pid(child.pid);
    return good;
}

void process_result_clear(ProcessResult *result)
{
    if (result->output != NULL) {
        explicit_bzero(result->output->str, result->output->len);
        g_string_free(result->output, TRUE);
    }
    if (result->messages != NULL)
        g_string_free(result->messages, TRUE);
    memset(result, 0, sizeof *result);
}
