/* A command on a worker, the loop and the signals around it. */
#include "cli/cli.h"

#include <glib-unix.h>
#include <unistd.h>

#include "base/error.h"

enum { STATUS_CANCELLED = 4 };

typedef struct {
    CliContext *cli;
    GMainLoop *loop;
    guint signals; /* how often we were asked to stop */
    gboolean done;
    GError *error;
} Run;

static gboolean run_command(gpointer data, GCancellable *cancellable, GError **error)
{
    Run *run = data;
    return run->cli->command->run(run->cli, error);
}

static void on_done(gpointer data, TaskOutcome outcome, const GError *error)
{
    Run *run = data;
    run->done = outcome == TASK_DONE;
    if (!run->done && error != NULL)
        run->error = g_error_copy(error);
    g_main_loop_quit(run->loop);
}

static gboolean on_signal(gpointer data)
{
    Run *run = data;
    if (run->signals++ > 0)
        _exit(STATUS_CANCELLED);
    narrator_say(run->cli->narrator, "cancelling; once more stops at once");
    g_cancellable_cancel(run->cli->cancellable);
    return G_SOURCE_CONTINUE;
}

static gboolean on_terminate(gpointer data)
{
    Run *run = data;
    g_cancellable_cancel(run->cli->cancellable);
    return G_SOURCE_CONTINUE;
}

gboolean cli_run_command(CliContext *cli, GError **error)
{
    Run run = {.cli = cli, .loop = g_main_loop_new(NULL, FALSE)};
    guint interrupt = g_unix_signal_add(SIGINT, on_signal, &run);
    guint terminate = g_unix_signal_add(SIGTERM, on_terminate, &run);
    guint hang_up = g_unix_signal_add(SIGHUP, on_terminate, &run);
    Pool *pool = pool_new(NULL, 1, 1);
    pool_submit(pool, POOL_BULK, cli->command->name, run_command, on_done, &run, NULL,
                cli->cancellable);
    g_main_loop_run(run.loop);
    pool_free(pool);
    g_source_remove(interrupt);
    g_source_remove(terminate);
    g_source_remove(hang_up);
    g_main_loop_unref(run.loop);
    if (run.done)
        return TRUE;
    if (run.error != NULL)
        g_propagate_error(error, run.error);
    else
        rs_error_set_if_cancelled(cli->cancellable, error);
    return FALSE;
}
