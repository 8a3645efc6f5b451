#include <string.h>

#include "ui/app.h"
#include "ui/keymap.h"
#include "ui/views/views.h"

enum { KEYS_COLUMNS = 16, HELP_COLUMNS = 56 };

static const char *context_title(const char *context)
{
    static const struct {
        const char *context, *title;
    } titles[] = {
        {"tree", "In the catalog"},        {"grid", "In the rows"},
        {"details", "In columns and DDL"}, {"jobs", "On a job"},
        {"browse", "In this view"},        {"move", "Moving"},
        {"global", "Everywhere"},          {"back", "Leaving"},
        {"plan", "On the plan"},           {"form", "In the form"},
        {"text", "In the text"},           {"job", "On the job"},
        {"job-list", "On a job"},          {"composer", "In the composer"},
        {"s3", "On the objects"},          {"job-error", "On the refused row"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(titles); i++)
        if (strcmp(titles[i].context, context) == 0)
            return titles[i].title;
    return context;
}

/* What cannot run now is listed with the reason, for one looks for it here. */
static void add_action(Pager *pager, App *app, const Action *action, const char *keys, guint has)
{
    g_autofree char *fitted = text_fit(keys, KEYS_COLUMNS, TEXT_LEFT, FALSE);
    const char *missing = action_missing(action, has, app_profile(app)->read_only);
    int columns = MAX(HELP_COLUMNS, text_width(action->help));
    g_autofree char *help = text_fit(action->help, columns, TEXT_LEFT, FALSE);
    if (missing != NULL)
        pager_addf(pager, ROLE_QUIET, "  %s %s  (%s)", fitted, action->help, missing);
    else
        pager_addf(pager, ROLE_TEXT, "  %s %s %s", fitted, help, action->name);
}

/* Nothing of an action all of whose keys mean something else here. */
static void add_context(Pager *pager, App *app, const char *context, const char *const *contexts,
                        guint has)
{
    const GPtrArray *actions = app_actions(app);
    gboolean titled = FALSE;
    for (guint i = 0; i < actions->len; i++) {
        const Action *action = g_ptr_array_index(actions, i);
        g_autofree char *all = keymap_keys(app_keymap(app), action, NULL);
        g_autofree char *keys = keymap_keys(app_keymap(app), action, contexts);
        if (strcmp(action->context, context) != 0 || (*keys == '\0' && *all != '\0'))
            continue;
        if (!titled)
            pager_addf(pager, ROLE_HEADER, "%s", context_title(context));
        titled = TRUE;
        add_action(pager, app, action, keys, has);
    }
    if (titled)
        pager_add(pager, ROLE_TEXT, "");
}

View *help_view_new(App *app, const View *below)
{
    Pager *pager = pager_new(FALSE);
    guint has = app_has(app, below);
    const char *const *contexts = below->class->contexts(below);
    for (const char *const *context = contexts; *context != NULL; context++)
        add_context(pager, app, *context, contexts, has);
    pager_add(pager, ROLE_QUIET,
              "Every action has a name, for : and for keys.conf in the configuration folder.");
    pager_add(pager, ROLE_QUIET,
              "The mouse is left to the terminal: select and copy as you are used to.");
    return text_view_new(app, "Keys that work here", pager, "the help");
}

/* --- the statement log and the messages ---------------------------------------------------------*/

View *log_view_new(App *app)
{
    Pager *pager = pager_new(TRUE);
    pager_set_hanging(pager, TRUE);
    g_autoptr(GPtrArray) entries = workbench_statements(app_workbench(app));
    for (guint i = 0; i < entries->len; i++) {
        const StatementLogEntry *entry = g_ptr_array_index(entries, i);
        g_autofree char *time = app_time_of_day(app, entry->at / 1000);
        gint64 ms = app_is_scripted(app) ? 0 : entry->duration_ms;
        pager_addf(pager, ROLE_QUIET, "%s  %" G_GINT64_FORMAT " ms", time, ms);
        pager_addf(pager, ROLE_SQL, "  %s", entry->sql);
        if (entry->error != NULL)
            pager_addf(pager, ROLE_ERROR, "  %s", entry->error);
    }
    if (entries->len == 0)
        pager_add(pager, ROLE_QUIET, "No statement was sent yet");
    pager_follow(pager);
    return text_view_new(app, "Statements that were sent, newest last", pager, "the log");
}

View *messages_view_new(App *app)
{
    Pager *pager = pager_new(TRUE);
    const GPtrArray *messages = app_messages(app);
    for (guint i = 0; i < messages->len; i++)
        pager_add(pager, ROLE_TEXT, g_ptr_array_index(messages, i));
    if (messages->len == 0)
        pager_add(pager, ROLE_QUIET, "No message yet");
    pager_follow(pager);
    return text_view_new(app, "Messages, newest last", pager, "the messages");
}
