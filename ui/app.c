#include "ui/app.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "config/paths.h"
#include "ui/app_private.h"
#include "ui/password.h"
#include "ui/script.h"
#include "ui/views/views.h"

enum {
    SCRIPT_ROWS = 30,
    SCRIPT_COLUMNS = 100,
    MESSAGES_KEPT = 200,
};

/* --- messages -----------------------------------------------------------------------------------*/

void app_message(App *app, MessageKind kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_free(app->message);
    app->message = g_strdup_vprintf(format, args);
    va_end(args);
    app->message_kind = kind;
    if (app->messages->len == MESSAGES_KEPT)
        g_ptr_array_remove_index(app->messages, 0);
    g_ptr_array_add(app->messages, g_strdup(app->message));
    app->all_stale = TRUE;
    app_request_frame(app);
}

void app_message_error(App *app, const GError *error)
{
    if (rs_error_is_cancelled(error)) {
        app_message(app, MESSAGE_INFO, "%s", error->message);
        return;
    }
    const char *hint = rs_error_hint(error);
    app_message(app, MESSAGE_ERROR, "%s%s%s%s", error->message, hint != NULL ? " (" : "",
                hint != NULL ? hint : "", hint != NULL ? ")" : "");
}

const GPtrArray *app_messages(const App *app)
{
    return app->messages;
}

void app_copy(App *app, const char *what, const char *text)
{
    g_autoptr(GError) error = NULL;
    if (terminal_copy(app->terminal, text, &error))
        app_message(app, MESSAGE_GOOD, "Copied %s, %" G_GSIZE_FORMAT " bytes, to the clipboard",
                    what, strlen(text));
    else
        app_message_error(app, error);
}

/* --- what the views ask for ---------------------------------------------------------------------*/

Workbench *app_workbench(const App *app)
{
    return app->workbench;
}

const AppOptions *app_options(const App *app)
{
    return &app->options;
}

const Settings *app_settings(const App *app)
{
    return app->options.settings != NULL ? app->options.settings : app->settings;
}

const Profile *app_profile(const App *app)
{
    return workbench_profile(app->workbench);
}

const GPtrArray *app_actions(const App *app)
{
    return app->actions;
}

const Keymap *app_keymap(const App *app)
{
    return app->keymap;
}

void app_set_connection(App *app, const SessionInfo *info)
{
    app->connected = TRUE;
    app->tls = info->tls;
    g_free(app->user);
    g_free(app->transport);
    app->user = g_strdup(info->user);
    app->transport = g_strdup(info->transport);
    app_request_frame(app);
}

void app_set_place(App *app, const char *place)
{
    g_free(app->place);
    app->place = g_strdup(place);
    app_request_frame(app);
}

const GPtrArray *app_history(App *app, const char *name)
{
    return history_lines(app->history, name);
}

void app_remember(App *app, const char *name, const char *text)
{
    history_add(app->history, name, text);
}

gboolean app_is_scripted(const App *app)
{
    return app->options.script != NULL;
}

char *app_duration(const App *app, gint64 ms)
{
    return text_duration(app_is_scripted(app) ? 0 : (guint64)MAX(ms, 0));
}

char *app_rate(const App *app, gint64 bytes, gint64 ms)
{
    gboolean known = !app_is_scripted(app) && bytes > 0 && ms > 0;
    return known ? text_rate((guint64)bytes, (guint64)ms) : g_strdup("-");
}

char *app_time_of_day(const App *app, gint64 at)
{
    if (app_is_scripted(app))
        return g_strdup("12:00:00");
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(at);
    return time != NULL ? g_date_time_format(time, "%H:%M:%S") : g_strdup("-");
}

gint64 app_now_ms(const App *app)
{
    return app_is_scripted(app) ? 0 : g_get_monotonic_time() / 1000;
}

Session *app_take_spare_session(App *app)
{
    return g_steal_pointer(&app->spare);
}

void app_put_spare_session(App *app, Session *session)
{
    session_free(app->spare);
    app->spare = session;
}

guint app_history_writes(App *app, int change)
{
    app->history_writes += (guint)change;
    return app->history_writes;
}

/* --- jobs ---------------------------------------------------------------------------------------*/

/* Once for each job: how it ended. */
static void tell_end(App *app, Job *job)
{
    JobState state = job_progress(job).state;
    if (state < JOB_DONE || !g_hash_table_add(app->ended_jobs, job))
        return;
    const char *summary = job_result(job)->summary;
    const char *why = job_error(job) != NULL ? job_error(job)->message : "";
    if (state == JOB_DONE)
        app_message(app, MESSAGE_GOOD, "Job %.4s is done: %s", job_id(job),
                    summary != NULL ? summary : "");
    /* "cancelled, confirmed by the server" */
    else if (g_str_has_prefix(why, job_state_name(state)))
        app_message(app, MESSAGE_INFO, "Job %.4s: %s  J lists the jobs, Enter shows more",
                    job_id(job), why);
    else
        app_message(app, state == JOB_FAILED ? MESSAGE_ERROR : MESSAGE_INFO,
                    "Job %.4s %s: %s  J lists the jobs, Enter shows more", job_id(job),
                    job_state_name(state), why);
}

static void on_job_changed(gpointer user, Job *job)
{
    App *app = user;
    tell_end(app, job);
    for (guint i = 0; i < app->views->len; i++) {
        View *view = g_ptr_array_index(app->views, i);
        if (view->class->job_changed != NULL)
            view->class->job_changed(view, job);
    }
    app_task_began(app);
    app_request_frame(app);
    if (app->leaving_when_idle && workbench_running_jobs(app->workbench) == 0)
        app_apply(app, app_top(app), consequence(CONSEQUENCE_QUIT));
}

void app_leave_when_idle(App *app)
{
    if (workbench_running_jobs(app->workbench) == 0) {
        app_apply(app, app_top(app), consequence(CONSEQUENCE_QUIT));
        return;
    }
    app->leaving_when_idle = TRUE;
    app_message(app, MESSAGE_INFO, "Leaving as soon as no job runs; q asks again");
}

void app_abandon_jobs(App *app)
{
    app->abandoned = TRUE;
}

Consequence app_leave(App *app)
{
    if (workbench_running_jobs(app->workbench) == 0)
        return consequence(CONSEQUENCE_QUIT);
    return consequence_push(leave_view_new(app));
}

/* --- life ---------------------------------------------------------------------------------------*/

static GLogWriterOutput write_log(GLogLevelFlags level, const GLogField *fields, gsize n_fields,
                                  gpointer user)
{
    for (gsize i = 0; i < n_fields; i++)
        if (strcmp(fields[i].key, "MESSAGE") == 0)
            log_write(LOG_LEVEL_WARNING, "%s", (const char *)fields[i].value);
    if (level & (G_LOG_LEVEL_ERROR | G_LOG_FLAG_FATAL))
        return g_log_writer_standard_streams(level, fields, n_fields, user);
    return G_LOG_WRITER_HANDLED;
}

static gboolean load_keys(App *app, GPtrArray *complaints, GError **error)
{
    app->keymap = keymap_new(app->actions);
    g_autofree char *folder = paths_config_dir();
    g_autofree char *usual = g_build_filename(folder, "keys.conf", NULL);
    return keymap_load(app->keymap, app->options.keys_file != NULL ? app->options.keys_file : usual,
                       complaints, error);
}

static gboolean open_terminal(App *app, GError **error)
{
    const AppOptions *options = &app->options;
    if (options->script != NULL)
        app->terminal = terminal_open_null(
            options->script_rows > 0 ? options->script_rows : SCRIPT_ROWS,
            options->script_columns > 0 ? options->script_columns : SCRIPT_COLUMNS, error);
    else
        app->terminal = terminal_open(error);
    if (app->terminal == NULL)
        return FALSE;
    app->ascii = options->ascii || !terminal_is_utf8(app->terminal) ||
                 strcmp(app_settings(app)->borders, "ascii") == 0;
    return TRUE;
}

static void app_free(App *app)
{
    for (guint i = 0; i < app->views->len; i++) {
        View *view = g_ptr_array_index(app->views, i);
        view->closed = TRUE;
        g_cancellable_cancel(view->cancellable);
    }
    app_stop_listening(app);
    workbench_on_job_changed(app->workbench, NULL, NULL);
    workbench_set_prompt(app->workbench, NULL, NULL);
    workbench_set_code_prompt(app->workbench, NULL, NULL);
    workbench_set_note(app->workbench, NULL, NULL);
    if (app->asker != NULL)
        password_asker_close(app->asker);
    terminal_close(app->terminal);
    g_ptr_array_unref(app->views);
    session_free(app->spare);
    palette_free(app->palette);
    keymap_free(app->keymap);
    history_free(app->history);
    settings_free(app->settings);
    g_ptr_array_unref(app->actions);
    g_ptr_array_unref(app->messages);
    g_hash_table_destroy(app->ended_jobs);
    g_clear_pointer(&app->loop, g_main_loop_unref);
    g_free(app->message);
    g_free(app->queued_argument);
    g_free(app->user);
    g_free(app->transport);
    app_keep_draft(app);
    g_free(app->draft);
    g_free(app->place);
    g_free(app);
}

static App *app_new(Workbench *workbench, const AppOptions *options)
{
    App *app = g_new0(App, 1);
    app->workbench = workbench;
    app->options = *options;
    app->stop_fd = -1;
    app->actions = action_all();
    app->views = g_ptr_array_new_with_free_func((GDestroyNotify)view_unref);
    app->messages = g_ptr_array_new_with_free_func(g_free);
    app->ended_jobs = g_hash_table_new(NULL, NULL);
    g_autofree char *folder = paths_state_dir();
    g_autofree char *path = g_build_filename(folder, "history", NULL);
    app->history = history_new(options->script != NULL ? NULL : path);
    app->all_stale = TRUE;
    return app;
}

static void show_complaints(App *app, const GPtrArray *complaints)
{
    for (guint i = 0; i < complaints->len; i++)
        app_message(app, MESSAGE_WARNING, "%s", (char *)g_ptr_array_index(complaints, i));
}

static gboolean app_start(App *app, GError **error)
{
    g_autoptr(GPtrArray) complaints = g_ptr_array_new_with_free_func(g_free);
    if (app->options.settings == NULL && (app->settings = settings_load(error)) == NULL)
        return FALSE;
    const char *name = app->options.theme != NULL ? app->options.theme : app_settings(app)->theme;
    const char *no_color = g_getenv("NO_COLOR");
    gboolean plain = app->options.no_color || (no_color != NULL && *no_color != '\0');
    Theme theme;
    if (!theme_load(&theme, name, error) || !load_keys(app, complaints, error) ||
        !open_terminal(app, error))
        return FALSE;
    app->palette = palette_new(&theme, plain);
    workbench_on_job_changed(app->workbench, on_job_changed, app);
    app->asker = password_asker_new(app);
    workbench_set_note(app->workbench, password_note, app->asker);
    if (!app_is_scripted(app)) {
        workbench_set_prompt(app->workbench, password_ask, app->asker);
        workbench_set_code_prompt(app->workbench, password_ask_code, app->asker);
    }
    app_push(app, app->options.choice != NULL ? welcome_view_new(app) : browse_view_new(app));
    show_complaints(app, complaints);
    app_draw(app); /* the first frame, before the loop hears of anything */
    app->last_frame_us = g_get_monotonic_time();
    return TRUE;
}

static void say_what_was_left(App *app)
{
    const GPtrArray *jobs = workbench_jobs(app->workbench);
    for (guint i = 0; i < jobs->len; i++) {
        const Job *job = g_ptr_array_index(jobs, i);
        if (job_progress(job).state == JOB_RUNNING)
            g_print("left: job %s; go on with: redsmith jobs resume %s\n", job_id(job),
                    job_id(job));
    }
}

static gboolean run_interactively(App *app)
{
    app->loop = g_main_loop_new(NULL, FALSE);
    app_listen(app);
    app_task_began(app);
    g_main_loop_run(app->loop);
    return TRUE;
}

gboolean app_run(Workbench *workbench, const AppOptions *options, GError **error)
{
    setlocale(LC_CTYPE, "");
    App *app = app_new(workbench, options);
    static gsize is_log_taken; /* GLib takes a writer once, and the screens may run twice */
    if (options->script == NULL && g_once_init_enter(&is_log_taken)) {
        g_log_set_writer_func(write_log, NULL, NULL);
        g_once_init_leave(&is_log_taken, 1);
    }
    gboolean held = app_start(app, error);
    if (held)
        held = options->script != NULL ? script_run(app, options->script, error)
                                       : run_interactively(app);
    if (app->abandoned) {
        /* Freeing the workbench would cancel what runs. The journal is written for just this end. */
        terminal_close(g_steal_pointer(&app->terminal));
        say_what_was_left(app);
        fflush(NULL);
        _exit(0);
    }
    app_free(app);
    return held;
}
