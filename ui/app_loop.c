/* What the main loop brings: frames that are due, ticks, keys, signals. */
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <glib-unix.h>

#include "ui/app_private.h"

enum {
    FRAME_US = 33 * 1000, /* at most 30 frames a second */
    JOB_TICK_MS = 100,    /* progress of running jobs */
    WAIT_TICK_MS = 250,   /* elapsed time while something is awaited */
};

/* --- frames -----------------------------------------------------------------------------------*/

static gboolean on_drained(gint fd, GIOCondition condition, gpointer user)
{
    App *app = user;
    app->drain_source = 0;
    app_request_frame(app);
    return G_SOURCE_REMOVE;
}

static gboolean draw_due_frame(gpointer user)
{
    App *app = user;
    app->frame_source = 0;
    if (!terminal_has_drained(app->terminal)) {
        if (app->drain_source == 0)
            app->drain_source = g_unix_fd_add(STDOUT_FILENO, G_IO_OUT, on_drained, app);
        return G_SOURCE_REMOVE;
    }
    app->last_frame_us = g_get_monotonic_time();
    app_draw(app);
    return G_SOURCE_REMOVE;
}

void app_request_frame(App *app)
{
    if (app->frame_source != 0 || app->drain_source != 0 || app->terminal == NULL || app->ended)
        return;
    g_return_if_fail(!app->drawing); /* a view that is stale by being drawn would never rest */
    gint64 due = app_is_scripted(app) ? 0 : app->last_frame_us + FRAME_US - g_get_monotonic_time();
    /* Idle priority: what has arrived meanwhile goes into the same frame. */
    app->frame_source = due <= 0 ? g_idle_add(draw_due_frame, app)
                                 : g_timeout_add((guint)(due / 1000) + 1, draw_due_frame, app);
}

void app_repaint(App *app)
{
    app->all_stale = TRUE;
    terminal_repaint(app->terminal);
    app_request_frame(app);
}

/* --- ticks: only while something is under way ---------------------------------------------------*/

static guint tick_interval(const App *app)
{
    if (workbench_running_jobs(app->workbench) > 0)
        return JOB_TICK_MS;
    return pool_pending(workbench_pool(app->workbench)) > 0 ? WAIT_TICK_MS : 0;
}

static void start_ticking(App *app);

/* A session that only waits for its next use gives way to somebody who waits at max_sessions. */
static void yield_spare_session(App *app)
{
    if (app->spare != NULL && workbench_awaits_session(app->workbench))
        g_clear_pointer(&app->spare, session_free);
}

static gboolean on_tick(gpointer user)
{
    App *app = user;
    yield_spare_session(app);
    for (guint i = 0; i < app->views->len; i++) {
        View *view = g_ptr_array_index(app->views, i);
        if (view->class->tick != NULL)
            view->class->tick(view);
    }
    app_request_frame(app);
    app->tick_source = 0;
    start_ticking(app); /* the interval may have changed, or nothing be left to wait for */
    return G_SOURCE_REMOVE;
}

static void start_ticking(App *app)
{
    guint interval = tick_interval(app);
    if (app->tick_source == 0 && interval > 0 && !app->ended)
        app->tick_source = g_timeout_add(interval, on_tick, app);
}

void app_task_began(App *app)
{
    start_ticking(app);
}

gboolean app_is_idle(const App *app)
{
    return app->frame_source == 0 && app->drain_source == 0 &&
           pool_pending(workbench_pool(app->workbench)) == 0;
}

/* --- signals and input --------------------------------------------------------------------------*/

static gboolean on_input(gint fd, GIOCondition condition, gpointer user)
{
    App *app = user;
    Key key;
    char *paste;
    while (!app->ended && terminal_read(app->terminal, &key, &paste)) {
        if (paste != NULL)
            app_paste(app, paste);
        else
            app_key(app, key);
        g_free(paste);
    }
    if (condition & (G_IO_HUP | G_IO_ERR | G_IO_NVAL) || terminal_is_gone(app->terminal)) {
        app->ended = TRUE;
        g_main_loop_quit(app->loop);
        app->input_source = 0;
        return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

static gboolean on_resize(gpointer user)
{
    App *app = user;
    terminal_measure(app->terminal);
    app_repaint(app);
    return G_SOURCE_CONTINUE;
}

/* SIGTERM, SIGHUP, SIGINT: leave as if told to, without asking. */
static gboolean on_end(gpointer user)
{
    App *app = user;
    app->ended = TRUE;
    g_main_loop_quit(app->loop);
    return G_SOURCE_CONTINUE;
}

static gboolean on_stop_or_continue(gint fd, GIOCondition condition, gpointer user)
{
    App *app = user;
    struct signalfd_siginfo info;
    while (read(fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGTSTP)
            terminal_stop(app->terminal);
        else
            terminal_retake(app->terminal);
        app_repaint(app);
    }
    return G_SOURCE_CONTINUE;
}

static void listen_to_signals(App *app)
{
    static const int ends[] = {SIGTERM, SIGHUP, SIGINT};
    for (gsize i = 0; i < G_N_ELEMENTS(ends); i++)
        app->signal_sources[i] = g_unix_signal_add(ends[i], on_end, app);
    app->signal_sources[3] = g_unix_signal_add(SIGWINCH, on_resize, app);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTSTP);
    sigaddset(&set, SIGCONT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    app->stop_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (app->stop_fd >= 0)
        app->stop_source = g_unix_fd_add(app->stop_fd, G_IO_IN, on_stop_or_continue, app);
}

void app_listen(App *app)
{
    listen_to_signals(app);
    app->input_source = g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR, on_input, app);
}

static void remove_source(guint *source)
{
    if (*source != 0)
        g_source_remove(*source);
    *source = 0;
}

void app_stop_listening(App *app)
{
    for (gsize i = 0; i < G_N_ELEMENTS(app->signal_sources); i++)
        remove_source(&app->signal_sources[i]);
    remove_source(&app->stop_source);
    remove_source(&app->input_source);
    remove_source(&app->frame_source);
    remove_source(&app->drain_source);
    remove_source(&app->tick_source);
    remove_source(&app->draft_source);
    if (app->stop_fd >= 0)
        close(app->stop_fd);
}
