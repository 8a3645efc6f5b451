#include "ui/app_private.h"

#include <string.h>

#include "base/error.h"

const char *const *app_contexts(const View *view)
{
    return view->class->contexts(view);
}

View *app_top(const App *app)
{
    return g_ptr_array_index(app->views, app->views->len - 1);
}

guint app_has(const App *app, const View *view)
{
    guint has = view->class->has != NULL ? view->class->has(view) : 0;
    return has | (app->connected ? VIEW_HAS_CONNECTION : 0);
}

View *app_bottom(const App *app)
{
    return g_ptr_array_index(app->views, 0);
}

View *app_below(const App *app, const View *view)
{
    guint index;
    if (!g_ptr_array_find(app->views, view, &index))
        return app->views->len > 0 ? app_top(app) : NULL;
    return index > 0 ? g_ptr_array_index(app->views, index - 1) : NULL;
}

void app_open(App *app, View *view)
{
    app_push(app, view);
}

void app_close(App *app, View *view)
{
    guint index;
    if (!g_ptr_array_find(app->views, view, &index))
        return;
    view->closed = TRUE;
    g_cancellable_cancel(view->cancellable);
    g_ptr_array_remove_index(app->views, index);
    app->all_stale = TRUE;
    app->cursor.rows = 0;
    app_request_frame(app);
}

void app_push(App *app, View *view)
{
    g_ptr_array_add(app->views, view);
    view->stale = ~0u;
    app->cursor.rows = 0;
    app_request_frame(app);
}

void app_apply(App *app, View *view, Consequence what)
{
    if (what.flags & CONSEQUENCE_REDRAW)
        view_touch(view, ~0u);
    if (what.flags & CONSEQUENCE_POP)
        app_close(app, view);
    if (what.push != NULL)
        app_push(app, what.push);
    if (what.flags & CONSEQUENCE_QUIT || app->views->len == 0) {
        app->ended = TRUE;
        if (app->loop != NULL)
            g_main_loop_quit(app->loop);
    }
    app_request_frame(app);
}

static void run_action(App *app, const Action *action, const char *argument)
{
    View *view = app_top(app);
    const char *missing = action_missing(action, app_has(app, view), app_profile(app)->read_only);
    if (missing != NULL) {
        app_message(app, MESSAGE_WARNING, "Cannot %s: %s", action->help, missing);
        return;
    }
    view_ref(view);
    app_apply(app, view, action->run(view, argument));
    view_unref(view);
}

static void run_queued(App *app)
{
    if (app->queued == NULL || app->ended)
        return;
    const Action *action = app->queued;
    g_autofree char *argument = g_steal_pointer(&app->queued_argument);
    app->queued = NULL;
    run_action(app, action, argument);
}

void app_queue_action(App *app, const Action *action, const char *argument)
{
    app->queued = action;
    g_free(app->queued_argument);
    app->queued_argument = g_strdup(argument);
}

static void say_unknown_key(App *app, Key key)
{
    g_autofree char *name = key_to_text(key);
    app_message(app, MESSAGE_INFO, "%s does nothing here; ? lists the keys that do", name);
}

static void key_to_keymap(App *app, Key key)
{
    if (app->n_pending > 0 && key == UI_KEY_ESCAPE) {
        app->n_pending = 0;
        return;
    }
    app->pending[app->n_pending++] = key;
    const Action *action = NULL;
    KeymapMatch match =
        keymap_find(app->keymap, app_contexts(app_top(app)), app->pending, app->n_pending, &action);
    if (match == KEYMAP_PREFIX && app->n_pending < KEY_SEQUENCE_MAX)
        return;
    app->n_pending = 0;
    if (match != KEYMAP_BOUND) {
        say_unknown_key(app, key);
        return;
    }
    char argument[7] = "";
    if (action->flags & ACTION_KEY_ARGUMENT && key_is_text(key))
        argument[g_unichar_to_utf8(key, argument)] = '\0';
    run_action(app, action, argument[0] != '\0' ? argument : NULL);
}

static void forget_message(App *app)
{
    if (app->message == NULL)
        return;
    g_clear_pointer(&app->message, g_free);
    app->all_stale = TRUE;
}

static gboolean is_usable(const App *app)
{
    int rows, columns;
    terminal_size(app->terminal, &rows, &columns);
    return layout_is_usable(rows, columns);
}

void app_key(App *app, Key key)
{
    forget_message(app);
    app_request_frame(app);
    if (!is_usable(app)) { /* what cannot be seen must not be operated */
        if ((key == 'q' || key == 3) && workbench_running_jobs(app->workbench) == 0)
            app_apply(app, app_top(app), app_leave(app));
        return; /* what becomes of running jobs is a question that has to be seen */
    }
    View *view = view_ref(app_top(app));
    Consequence what = consequence(CONSEQUENCE_NONE);
    if (app->n_pending == 0 && view->class->key != NULL)
        what = view->class->key(view, key);
    if (what.flags != CONSEQUENCE_NONE || what.push != NULL)
        app_apply(app, view, what);
    else
        key_to_keymap(app, key);
    view_unref(view);
    run_queued(app);
}

void app_paste(App *app, const char *text)
{
    forget_message(app);
    app->n_pending = 0;
    View *view = view_ref(app_top(app));
    if (view->class->paste != NULL && is_usable(app))
        app_apply(app, view, view->class->paste(view, text));
    else
        app_message(app, MESSAGE_INFO, "Pasted text has no place here; nothing was run");
    view_unref(view);
    app_request_frame(app);
}

gboolean app_run_action(App *app, const char *name, const char *argument, GError **error)
{
    const Action *action = action_find(app->actions, name);
    if (action == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "There is no action \"%s\"", name);
        return FALSE;
    }
    if (!g_strv_contains(app_contexts(app_top(app)), action->context)) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "\"%s\" does not work here (%s)", name,
                    app_top(app)->class->name);
        return FALSE;
    }
    forget_message(app);
    run_action(app, action, argument);
    run_queued(app);
    return TRUE;
}
