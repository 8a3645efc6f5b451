#include <string.h>

#include "ui/app_private.h"
#include "ui/views/views.h"

static Consequence open_help(View *view, const char *argument)
{
    return consequence_push(help_view_new(view->app, view));
}

static Consequence open_palette(View *view, const char *argument)
{
    return consequence_push(palette_view_new(view->app));
}

static Consequence open_jobs(View *view, const char *argument)
{
    return consequence_push(jobs_view_new(view->app));
}

/* On the screen that chooses a profile there is no server to ask yet. */
static gboolean has_server(const View *view)
{
    if (view->app->options.choice == NULL)
        return TRUE;
    app_message(view->app, MESSAGE_INFO, "Choose a profile first");
    return FALSE;
}

static Consequence open_s3(View *view, const char *url)
{
    g_autoptr(GError) error = NULL;
    if (url == NULL && g_str_equal(view->class->name, "s3"))
        return consequence(CONSEQUENCE_DONE);
    View *s3 = s3_view_new(view->app, url, &error);
    if (s3 != NULL)
        return consequence_push(s3);
    app_message_error(view->app, error);
    return consequence(CONSEQUENCE_DONE);
}

static Consequence open_activity(View *view, const char *argument)
{
    if (g_str_equal(view->class->name, "activity") || !has_server(view))
        return consequence(CONSEQUENCE_DONE);
    return consequence_push(activity_view_new(view->app));
}

static Consequence open_editor(View *view, const char *argument)
{
    if (g_str_equal(view->class->name, "editor") || !has_server(view))
        return consequence(CONSEQUENCE_DONE);
    return consequence_push(editor_view_new(view->app, NULL));
}

static Consequence open_preflight(View *view, const char *argument)
{
    return consequence_push(preflight_view_new(view->app));
}

static Consequence open_log(View *view, const char *argument)
{
    return consequence_push(log_view_new(view->app));
}

static Consequence open_messages(View *view, const char *argument)
{
    return consequence_push(messages_view_new(view->app));
}

static Consequence repaint(View *view, const char *argument)
{
    terminal_measure(view->app->terminal);
    app_repaint(view->app);
    return consequence(CONSEQUENCE_DONE);
}

static Consequence stop(View *view, const char *argument)
{
    terminal_stop(view->app->terminal);
    app_repaint(view->app);
    return consequence(CONSEQUENCE_DONE);
}

static Consequence leave(View *view, const char *argument)
{
    return app_leave(view->app);
}

static Consequence back(View *view, const char *argument)
{
    return consequence(CONSEQUENCE_POP);
}

static Consequence go(View *view, Movement movement)
{
    if (view->class->move != NULL)
        view->class->move(view, movement);
    return consequence(CONSEQUENCE_DONE);
}

static Consequence up(View *view, const char *argument)
{
    return go(view, MOVE_UP);
}

static Consequence down(View *view, const char *argument)
{
    return go(view, MOVE_DOWN);
}

static Consequence left(View *view, const char *argument)
{
    return go(view, MOVE_LEFT);
}

static Consequence right(View *view, const char *argument)
{
    return go(view, MOVE_RIGHT);
}

static Consequence page_up(View *view, const char *argument)
{
    return go(view, MOVE_PAGE_UP);
}

static Consequence page_down(View *view, const char *argument)
{
    return go(view, MOVE_PAGE_DOWN);
}

static Consequence half_up(View *view, const char *argument)
{
    return go(view, MOVE_HALF_UP);
}

static Consequence half_down(View *view, const char *argument)
{
    return go(view, MOVE_HALF_DOWN);
}

static Consequence top(View *view, const char *argument)
{
    return go(view, MOVE_TOP);
}

static Consequence bottom(View *view, const char *argument)
{
    return go(view, MOVE_BOTTOM);
}

static Consequence line_start(View *view, const char *argument)
{
    return go(view, MOVE_LINE_START);
}

static Consequence line_end(View *view, const char *argument)
{
    return go(view, MOVE_LINE_END);
}

const Action app_global_actions[] = {
    {"app.jobs", "global", "J", "jobs", "list the jobs of now and before", ACTION_PLAIN, open_jobs},
    {"app.activity", "global", "a", "activity", "what the cluster is doing: sessions, queries, locks",
     ACTION_PLAIN, open_activity},
    {"app.editor", "global", "e", "SQL", "type SQL, run it, see its rows", ACTION_PLAIN, open_editor},
    {"app.s3", "global", "B", "S3", "look at objects in S3, the stages or s3://bucket/prefix",
     ACTION_PLAIN, open_s3},
    {"app.palette", "global", ":", "command", "run any action by its name", ACTION_PLAIN,
     open_palette},
    {"app.help", "global", "? F1", "help", "list the keys that work here", ACTION_PLAIN, open_help},
    {"app.log", "global", "L", "log", "show every statement that was sent", ACTION_HIDDEN,
     open_log},
    {"app.preflight", "global", "", "preflight", "check everything that this profile needs",
     ACTION_HIDDEN, open_preflight},
    {"app.messages", "global", "", "messages", "show the messages so far", ACTION_HIDDEN,
     open_messages},
    {"app.repaint", "global", "Ctrl-L", "repaint", "paint the screen again", ACTION_HIDDEN,
     repaint},
    {"app.suspend", "global", "Ctrl-Z", "suspend", "stop the program; fg brings it back",
     ACTION_HIDDEN, stop},
    {"app.quit", "global", "q", "quit", "leave the program, asking when jobs run", ACTION_PLAIN,
     leave},
    {"view.back", "back", "q Esc", "back", "go back", ACTION_PLAIN, back},
    {"move.up", "move", "k Up", "up", "go up", ACTION_HIDDEN, up},
    {"move.down", "move", "j Down", "down", "go down", ACTION_HIDDEN, down},
    {"move.left", "move", "h Left", "left", "go left, by column in a grid", ACTION_HIDDEN, left},
    {"move.right", "move", "l Right", "right", "go right, by column in a grid", ACTION_HIDDEN,
     right},
    {"move.page-up", "move", "PgUp Ctrl-B", "page up", "go a page up", ACTION_HIDDEN, page_up},
    {"move.page-down", "move", "PgDn Ctrl-F", "page down", "go a page down", ACTION_HIDDEN,
     page_down},
    {"move.half-up", "move", "Ctrl-U", "half up", "go half a page up", ACTION_HIDDEN, half_up},
    {"move.half-down", "move", "Ctrl-D", "half down", "go half a page down", ACTION_HIDDEN,
     half_down},
    {"move.top", "move", "gg Home", "top", "go to the first line", ACTION_HIDDEN, top},
    {"move.bottom", "move", "G End", "bottom", "go to the last line that is here", ACTION_HIDDEN,
     bottom},
    {"move.line-start", "move", "^", "line start", "go to the first column", ACTION_HIDDEN,
     line_start},
    {"move.line-end", "move", "$", "line end", "go to the last column", ACTION_HIDDEN, line_end},
    {0},
};
