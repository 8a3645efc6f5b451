#include "ui/script.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "ui/app_private.h"

typedef struct {
    App *app;
    const char *name;
    int deadline_s;
} Script;

static gboolean wake(gpointer woken)
{
    *(gboolean *)woken = TRUE;
    return G_SOURCE_REMOVE;
}

static gboolean fail(const Script *script, const ScriptCommand *command, GError **error,
                     const char *what)
{
    g_autofree char *screen = draw_dump_screen();
    g_print("%s:%u: %s \"%s\"; the screen:\n%s", script->name, command->line, what, command->text,
            screen);
    g_set_error(error, RS_ERROR, RS_ERROR_MISMATCH, "%s:%u: %s \"%s\"", script->name, command->line,
                what, command->text);
    return FALSE;
}

static gboolean screen_has(const char *text)
{
    g_autofree char *screen = draw_dump_screen();
    return strstr(screen, text) != NULL;
}

/* Idle means that nothing is pending, now and after what is ready has been handled. */
static gboolean holds(const Script *script, const ScriptCommand *command)
{
    switch (command->verb) {
    case SCRIPT_WAIT_TEXT:
        return screen_has(command->text);
    case SCRIPT_WAIT_GONE:
        return !screen_has(command->text);
    default:
        return app_is_idle(script->app) && !g_main_context_pending(NULL);
    }
}

static gboolean wait_for(const Script *script, const ScriptCommand *command, GError **error)
{
    gboolean late = FALSE;
    guint alarm = g_timeout_add_seconds((guint)script->deadline_s, wake, &late);
    while (!holds(script, command) && !late && !script->app->ended)
        g_main_context_iteration(NULL, TRUE);
    if (!late)
        g_source_remove(alarm);
    if (holds(script, command) || script->app->ended)
        return TRUE;
    return fail(script, command, error,
                command->verb == SCRIPT_WAIT_GONE   ? "waited in vain for the end of"
                : command->verb == SCRIPT_WAIT_TEXT ? "waited in vain for"
                                                    : "waited in vain to be idle");
}

/* Everything that is ready, and the frame that follows from it. */
static void settle(const Script *script)
{
    App *app = script->app;
    while (!app->ended && (g_main_context_pending(NULL) || app->frame_source != 0))
        g_main_context_iteration(NULL, TRUE);
}

static gboolean send_keys(const Script *script, const ScriptCommand *command, GError **error)
{
    g_auto(GStrv) names = g_strsplit(command->text, " ", -1);
    for (char **name = names; *name != NULL; name++) {
        Key keys[KEY_SEQUENCE_MAX];
        guint n_keys = **name == '\0' ? 0 : key_parse_sequence(*name, keys);
        if (n_keys == 0 && **name != '\0') {
            g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "%s:%u: \"%s\" is no key", script->name,
                        command->line, *name);
            return FALSE;
        }
        for (guint i = 0; i < n_keys && !script->app->ended; i++)
            app_key(script->app, keys[i]);
    }
    return TRUE;
}

static void type_text(const Script *script, const char *text)
{
    for (; *text != '\0' && !script->app->ended; text = g_utf8_next_char(text))
        app_key(script->app, g_utf8_get_char(text));
}

static void paste_text(const Script *script, const char *text)
{
    g_autofree char *unescaped = g_strcompress(text);
    app_paste(script->app, unescaped);
}

static gboolean dump(const char *path, GError **error)
{
    g_autofree char *screen = draw_dump_screen();
    if (strcmp(path, "-") != 0)
        return g_file_set_contents(path, screen, -1, error);
    g_print("%s", screen);
    return TRUE;
}

static gboolean run_command(Script *script, const ScriptCommand *command, GError **error)
{
    switch (command->verb) {
    case SCRIPT_KEY:
        return send_keys(script, command, error);
    case SCRIPT_TYPE:
        type_text(script, command->text);
        return TRUE;
    case SCRIPT_PASTE:
        paste_text(script, command->text);
        return TRUE;
    case SCRIPT_ACTION:
        return app_run_action(script->app, command->text, command->rest, error);
    case SCRIPT_WAIT_IDLE:
    case SCRIPT_WAIT_TEXT:
    case SCRIPT_WAIT_GONE:
        return wait_for(script, command, error);
    case SCRIPT_EXPECT:
        return screen_has(command->text) || fail(script, command, error, "expected");
    case SCRIPT_REJECT:
        return !screen_has(command->text) || fail(script, command, error, "did not expect");
    case SCRIPT_RESIZE:
        terminal_resize(script->app->terminal, command->b, command->a);
        app_repaint(script->app);
        return TRUE;
    case SCRIPT_DUMP:
        return dump(command->text, error);
    case SCRIPT_DEADLINE:
        script->deadline_s = command->a;
        return TRUE;
    }
    return FALSE;
}

gboolean script_run(App *app, const char *path, GError **error)
{
    g_autofree char *text = NULL;
    g_autofree char *name = g_path_get_basename(path);
    g_autoptr(GError) failure = NULL;
    if (!g_file_get_contents(path, &text, NULL, &failure)) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "Cannot read the script: %s",
                    failure->message);
        return FALSE;
    }
    g_autoptr(GPtrArray) commands = script_parse(name, text, error);
    if (commands == NULL)
        return FALSE;
    Script script = {.app = app, .name = name, .deadline_s = 30};
    for (guint i = 0; i < commands->len; i++) {
        const ScriptCommand *command = g_ptr_array_index(commands, i);
        settle(&script);
        if (app->ended && command->verb == SCRIPT_WAIT_GONE)
            continue; /* whether it left during the wait or just before is chance */
        if (app->ended)
            return fail(&script, command, error, "the workbench was left before");
        if (!run_command(&script, command, error))
            return FALSE;
    }
    settle(&script);
    return TRUE;
}
