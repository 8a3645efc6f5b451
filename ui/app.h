/*
 * app: the workbench on a terminal: main loop, view stack, frames, messages.
 *
 * app_run takes the terminal, paints the first frame before anything touches the network, and lets
 * the browse view connect through the pool. It sleeps in one poll when nothing happens: no timer
 * exists unless a task or a job runs. Frames are asked for (app_request_frame), at most 30 a second,
 * and none while the terminal has not taken the last one.
 *
 * Signals: SIGWINCH, SIGTERM, SIGHUP and SIGINT through g_unix_signal_add, SIGTSTP and SIGCONT
 *          through a signalfd (GLib does not offer them).
 * Threads: main thread, which is that of the default main context.
 * Errors:  those of terminal.h, theme.h, keymap.h and script.h; RS_ERROR_MISMATCH when a script's
 *          expectation did not hold (what was on the screen is on standard output)
 *
 * Call order:  workbench_new, app_run, workbench_free
 */
#ifndef REDSMITH_UI_APP_H
#define REDSMITH_UI_APP_H

#include "config/settings.h"
#include "ui/action.h"
#include "ui/view.h"

/* Zeroed means every default. Strings are borrowed for the run. */
typedef struct {
    const Settings *settings; /* NULL: redsmith.conf is read */
    const char *theme;        /* NULL: the settings' */
    const char *keys_file;    /* NULL: $XDG_CONFIG_HOME/redsmith/keys.conf */
    const char *relation;     /* "schema.table" to open at once, or NULL */
    gboolean no_color;        /* NO_COLOR is honoured as well */
    gboolean ascii;           /* no character beyond ASCII, whatever the locale */
    guint64 row_cap;    /* rows that are read without being asked; 0: the settings' preview_rows */
    const char *script; /* a file of keys and actions (script.h) instead of a terminal */
    int script_rows, script_columns; /* 0: 30 x 100 */
    /* Not NULL: no profile was chosen, and the screens ask for one. *choice gets its name, to be freed
     * with g_free, or stays NULL when the user leaves. "sandbox" may have to be started first. */
    char **choice;
} AppOptions;

/* Returns when the user leaves. The workbench is borrowed. */
gboolean app_run(Workbench *workbench, const AppOptions *options, GError **error);

/* --- for the views -------------------------------------------------------------------------------*/

Workbench *app_workbench(const App *app);
const AppOptions *app_options(const App *app);
const Settings *app_settings(const App *app);
const Profile *app_profile(const App *app);

/* Asks for a frame; any number of calls make one. */
void app_request_frame(App *app);
/* Everything is painted anew in the next frame. */
void app_repaint(App *app);
/* A task was submitted: views get ticks while it runs. */
void app_task_began(App *app);

typedef enum { MESSAGE_INFO, MESSAGE_GOOD, MESSAGE_WARNING, MESSAGE_ERROR } MessageKind;

/* What the user should read, at the bottom until the next key, and kept for `:messages`. */
void app_message(App *app, MessageKind kind, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* An error as the message line words it: what, why, and the hint of its kind. */
void app_message_error(App *app, const GError *error);
/* All messages so far, newest last: of char *. Owned by the app. */
const GPtrArray *app_messages(const App *app);

/* Who we are connected as. Strings are copied. */
void app_set_connection(App *app, const SessionInfo *info);
/* The breadcrumb behind the profile's name: "dev ▸ public ▸ sales", parts separated by '\n'. */
void app_set_place(App *app, const char *place);

/* Copies to the user's clipboard and says so, or why not. what: "the cell". */
void app_copy(App *app, const char *what, const char *text);

/* Runs an action on the topmost view once the current key has been dealt with. */
void app_queue_action(App *app, const Action *action, const char *argument);
/* Sends a key as if it had been typed; a paste as if it had been pasted. For scripts. */
void app_key(App *app, Key key);
void app_paste(App *app, const char *text);
/* Runs an action if it works in the topmost view's contexts. FALSE with RS_ERROR_USAGE when not. */
gboolean app_run_action(App *app, const char *name, const char *argument, GError **error);

/* Leaves, after asking when jobs run. */
Consequence app_leave(App *app);
/* Leaves once no job runs any more. */
void app_leave_when_idle(App *app);
/* Leaves at once without a word to the jobs: the journal lets them be resumed. */
void app_abandon_jobs(App *app);

const GPtrArray *app_actions(const App *app);
const struct Keymap *app_keymap(const App *app);
View *app_top(const App *app);
View *app_bottom(const App *app);
/* The view that lies under this one, or the topmost when this one is not on the stack yet. */
View *app_below(const App *app, const View *view);
/* What a completion opens; handlers return consequence_push instead. Takes the view. */
void app_open(App *app, View *view);
/* Closes a view wherever it is on the stack; nothing happens when it is not. */
void app_close(App *app, View *view);
/* What the view offers to actions, the connection included. */
guint app_has(const App *app, const View *view);

/*
 * Opens text in $VISUAL or $EDITOR (vi without them), which has the screen until it ends, and returns what
 * was saved. NULL with error set when it could not be run. Free with g_free.
 */
char *app_edit_outside(App *app, const char *text, GError **error);

/* What the editor held last, in this run or the one before ($XDG_STATE_HOME/redsmith/draft.sql, written a
 * moment after each change and at the end of a run, with credentials masked); "" at first. Owned by the app. */
const char *app_draft(App *app);
void app_set_draft(App *app, const char *text);

/* Lines typed before in a field of that name, oldest first; text is added unless it is the last.
 * Owned by the app. */
const GPtrArray *app_history(App *app, const char *name);
void app_remember(App *app, const char *name, const char *text);

/* Durations and rates for the screen. In scripts the clock stands still: "0:00" and "-". */
char *app_duration(const App *app, gint64 ms);
char *app_rate(const App *app, gint64 bytes, gint64 ms);
/* Time of day, "14:02:31"; at: epoch seconds. */
char *app_time_of_day(const App *app, gint64 at);
gint64 app_now_ms(const App *app); /* monotonic; 0 in scripts */
gboolean app_is_scripted(const App *app);

/* A session that a finished statement left behind, for the next one; NULL when there is none. The
 * caller owns what it takes; what is put back belongs to the app. */
Session *app_take_spare_session(App *app);
void app_put_spare_session(App *app, Session *session);

/* Statements on their way into the query history's file: change is 1 when one begins, -1 when it has ended,
 * 0 to ask. Gives how many there are now. */
guint app_history_writes(App *app, int change);

/* TRUE when no task is under way and no frame is due. */
gboolean app_is_idle(const App *app);

#endif
