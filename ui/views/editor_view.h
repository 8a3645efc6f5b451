/*
 * editor_view: SQL typed by the user, and what comes of it (editor_view_new in views.h).
 *
 *     editor_view.c    the view: text above, rows below, its actions
 *     editor_run.c     statements on their way: parameters asked for, destructive ones confirmed, one
 *                      after the other, each put into the history
 *     editor_lists.c   history, saved queries
 *     editor_complete.c  what may stand at the cursor, from the catalog's names
 *
 * All statements of one editor run on a session of its own, so that transactions, settings and
 * temporary tables last until it is closed. The text outlives the view: app_draft.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_EDITOR_VIEW_H
#define REDSMITH_UI_EDITOR_VIEW_H

#include "ui/action.h"
#include "ui/views/result_pane.h"
#include "ui/widgets/editor.h"

extern const Action editor_actions[];

/* --- for the files of the editor view only -------------------------------------------------------*/

enum { EDITOR_TEXT = 1, EDITOR_ROWS = 2 }; /* parts, for view_touch */

typedef struct {
    View view;
    Editor *editor;
    ResultPane *result;
    gboolean on_rows; /* the keys go to the rows */
    GPtrArray *queue; /* of char *: statements that are still to run */
    guint next, total;
    gboolean stopped;     /* the user asked to stop: the queue ends with the statement */
    GHashTable *values;   /* parameters given so far: name to text */
    GPtrArray *asking;    /* of char *: names still to be asked for; NULL: none are */
    char *running;        /* the statement that is on the server, or was last */
    gboolean in_history;  /* its outcome has been put there */
    gboolean list_wanted; /* the history's list opens once what was run is in it */
    gint64 began;         /* epoch seconds */
    GHashTable *columns;  /* "schema\nrelation" to names, for completion */
    gboolean completing;  /* columns are on their way to a completion that was asked for */
} EditorView;

static inline EditorView *editor_view_of(View *view)
{
    return (EditorView *)view;
}

/* editor_run.c */

/* Runs the statements of a text, one after the other, after asking what has to be asked. */
void editor_run_text(EditorView *editor, const char *sql);
/* A statement has ended or has its first rows. */
void editor_run_changed(EditorView *editor);
/* Cancels what runs and forgets what was to run. */
void editor_run_stop(EditorView *editor);

/* editor_lists.c */
Consequence editor_list_history(View *view, const char *argument);
/* The last entry is in the history: an editor at the top that waits for it shows its list. */
void editor_list_awaited(View *top);
Consequence editor_list_saved(View *view, const char *argument);
Consequence editor_save_query(View *view, const char *argument);

/* editor_complete.c */
Consequence editor_complete(View *view, const char *argument);
/* Columns have arrived: a completion that waits for them goes on. */
void editor_complete_again(EditorView *editor);

#endif
