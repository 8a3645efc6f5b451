/*
 * view: one screen or dialog, as a table of at most ten functions.
 *
 * The app keeps a stack of views; keys go to the topmost. A key is first offered to the view's own
 * key function (text fields take their characters there); what it leaves goes through the key map
 * to an Action. Handlers never draw and never touch the stack: they mark what is stale by view_touch
 * and return a Consequence, which the app applies.
 *
 * Work that blocks goes to the pool by view_submit. The task holds the view; when the view was
 * closed meanwhile, its completion is dropped.
 *
 * Ownership: view_new gives one reference, which passes to the app with consequence_push. free is
 *            called with the last reference, possibly after the app has gone: it must not use it.
 * Threads:   main thread.
 */
#ifndef REDSMITH_UI_VIEW_H
#define REDSMITH_UI_VIEW_H

#include "base/pool.h"
#include "ui/draw.h"
#include "ui/key.h"
#include "workbench.h"

typedef struct App App;
typedef struct View View;

/* What a handler wants to happen. */
typedef enum {
    CONSEQUENCE_NONE = 0,   /* the key means nothing here */
    CONSEQUENCE_DONE = 1,   /* handled */
    CONSEQUENCE_REDRAW = 2, /* all of the view is stale */
    CONSEQUENCE_POP = 4,    /* close the view that handled it */
    CONSEQUENCE_QUIT = 8,   /* leave the program */
} ConsequenceFlags;

typedef struct {
    guint flags;
    View *push; /* opened on top, after a pop; may be NULL */
} Consequence;

static inline Consequence consequence(guint flags)
{
    return (Consequence){.flags = flags};
}

static inline Consequence consequence_push(View *view)
{
    return (Consequence){.flags = CONSEQUENCE_DONE, .push = view};
}

/* What a view can offer to an action, as a mask: see ActionFlags. */
typedef enum {
    VIEW_HAS_CONNECTION = 1,
    VIEW_HAS_RELATION = 2,
    VIEW_HAS_ROW = 4,
    VIEW_HAS_JOB = 8,
    VIEW_TAKES_TEXT = 16, /* characters are typed into it: no action has them as its key */
} ViewHas;

/* Where to go, for every view that has a cursor or scrolls. */
typedef enum {
    MOVE_UP,
    MOVE_DOWN,
    MOVE_LEFT,
    MOVE_RIGHT,
    MOVE_PAGE_UP,
    MOVE_PAGE_DOWN,
    MOVE_HALF_UP,
    MOVE_HALF_DOWN,
    MOVE_TOP,
    MOVE_BOTTOM,
    MOVE_LINE_START,
    MOVE_LINE_END,
} Movement;

typedef struct {
    const char *name;
    /* Draws what is stale: a mask that view_touch collected, ~0u for everything. */
    void (*draw)(View *view, Canvas *canvas, guint stale);
    /* Contexts for the key map, most specific first, NULL-terminated; "move" when move is set, and
     * "global" where the global keys work. */
    const char *const *(*contexts)(const View *view);
    /* The rest may be NULL. */
    Consequence (*key)(View *view, Key key);
    Consequence (*paste)(View *view, const char *text);
    void (*move)(View *view, Movement movement);
    guint (*has)(const View *view);
    /* Rows that a dialog wants at the bottom of the screen; a view without it fills the screen. */
    int (*height)(const View *view, int columns);
    /* About ten times a second while a job runs, four times while something is awaited. */
    void (*tick)(View *view);
    void (*job_changed)(View *view, Job *job);
    void (*free)(View *view);
} ViewClass;

/* How a view is searched: see ui/views/search. */
typedef struct {
    const char *label;   /* of the prompt */
    const char *nowhere; /* the message where the text is not found */
    /* Goes to the next place of text, or to the one before; FALSE when there is none. */
    gboolean (*find)(View *view, const char *text, gboolean forward);
} ViewSearch;

/* The head of every view's own struct. */
struct View {
    const ViewClass *class;
    App *app;
    guint references;
    gboolean closed; /* popped: completions are dropped */
    guint stale;
    GCancellable *cancellable; /* cancelled when the view closes */
    const ViewSearch *search;  /* static; NULL: it is not searched */
    char *searched;            /* what was looked for last */
};

/* size bytes, zeroed, with the head filled in; one reference. */
gpointer view_new(App *app, const ViewClass *class, gsize size);
View *view_ref(View *view);
void view_unref(View *view);

/* Marks parts as stale and asks for a frame. */
void view_touch(View *view, guint parts);

/*
 * Runs in the pool's interactive lane. done is called on the main thread unless the view was closed
 * meanwhile; data is destroyed in any case. cancellable NULL: the view's own.
 */
void view_submit(View *view, const char *name, PoolRun run, PoolDone done, gpointer data,
                 GDestroyNotify destroy, GCancellable *cancellable);

#endif
