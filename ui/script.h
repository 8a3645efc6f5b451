/*
 * script: a file of keys and actions that drives the workbench, and looks at what it shows.
 *
 * The screen has a fixed size and no terminal, the clock of shown durations stands still, and
 * waiting is for a condition, never for time. One command a line, # begins a comment:
 *
 *     key NAME...             keys by name, blanks between them: key Down Down Enter gg
 *     type TEXT               the characters of the rest of the line
 *     paste TEXT              the same as one paste; \n is a line end
 *     action NAME [ARGUMENT]  an action of the table
 *     wait idle               until no task is under way and the screen is painted
 *     wait text "TEXT"        until TEXT is on the screen
 *     wait gone "TEXT"        until it is not, or the workbench was left
 *     expect "TEXT"           TEXT must be on the screen now
 *     reject "TEXT"           TEXT must not be
 *     resize COLUMNSxROWS
 *     dump FILE | -           writes the screen as text
 *     deadline SECONDS        for the waits that follow; 30 at first
 *
 * In quotes \" and \\ stand for themselves and ${NAME} for a variable of the environment. A line that
 * cannot be read or does not hold ends the script: the screen goes to standard output, with the
 * file, the line and what was wanted.
 *
 * Threads: main thread; runs the default main context.
 */
#ifndef REDSMITH_UI_SCRIPT_H
#define REDSMITH_UI_SCRIPT_H

#include <glib.h>

#include "ui/view.h"

typedef enum {
    SCRIPT_KEY,
    SCRIPT_TYPE,
    SCRIPT_PASTE,
    SCRIPT_ACTION,
    SCRIPT_WAIT_IDLE,
    SCRIPT_WAIT_TEXT,
    SCRIPT_WAIT_GONE,
    SCRIPT_EXPECT,
    SCRIPT_REJECT,
    SCRIPT_RESIZE,
    SCRIPT_DUMP,
    SCRIPT_DEADLINE,
} ScriptVerb;

typedef struct {
    guint line;
    ScriptVerb verb;
    char *text; /* the argument, unquoted */
    char *rest; /* SCRIPT_ACTION: the action's argument, or NULL */
    int a, b;   /* SCRIPT_RESIZE: columns, rows; SCRIPT_DEADLINE: seconds */
} ScriptCommand;

/* Of ScriptCommand. RS_ERROR_USAGE names the line. Free with g_ptr_array_unref. */
GPtrArray *script_parse(const char *name, const char *text, GError **error);

/* RS_ERROR_MISMATCH when an expectation or a wait did not hold. */
gboolean script_run(App *app, const char *path, GError **error);

#endif
