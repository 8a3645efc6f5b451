/*
 * action: everything a user can do, one table row each.
 *
 * Keys, the `:` palette, the `?` help, the footer, scripts, the key table of the man page and the
 * tests all come from these rows. A view contributes the rows of its own contexts (its file holds
 * them, so that the functions stay private); action_all gathers them.
 *
 * A name is "group.verb". The context says where the action's keys work; a view lists its contexts,
 * most specific first, and "global" is the last of all.
 *
 * Threads: main thread; the tables are constant.
 */
#ifndef REDSMITH_UI_ACTION_H
#define REDSMITH_UI_ACTION_H

#include <glib.h>

#include "ui/view.h"

typedef enum {
    ACTION_PLAIN = 0,
    ACTION_NEEDS_CONNECTION = VIEW_HAS_CONNECTION, /* the server must have answered once */
    ACTION_NEEDS_RELATION = VIEW_HAS_RELATION,     /* a table or view must be open or selected */
    ACTION_NEEDS_ROW = VIEW_HAS_ROW,               /* the cursor must be on a row */
    ACTION_NEEDS_JOB = VIEW_HAS_JOB,               /* a job must be selected */
    ACTION_NEEDS = 0xff,                           /* mask of the needs */
    ACTION_CHANGES = 0x100,      /* changes data: refused when the profile is read-only */
    ACTION_DESTRUCTIVE = 0x200,  /* asks before it acts */
    ACTION_KEY_ARGUMENT = 0x400, /* the last key of its sequence is its argument: "z3" */
    ACTION_HIDDEN = 0x800,       /* movement and the like: listed in the help, not in the footer */
} ActionFlags;

typedef struct Action {
    const char *name;    /* "grid.filter-cell" */
    const char *context; /* "grid" */
    const char *keys;    /* default keys, blanks between alternatives; "" for none */
    const char *label;   /* two words at most for the footer */
    const char *help;    /* one sentence, lower case, no full stop */
    guint flags;
    Consequence (*run)(View *view, const char *argument); /* argument may be NULL */
} Action;

/* A group of actions, ended by a row without a name. */
typedef const Action *ActionGroup;

/* All actions in the order of their groups. Elements are constant, the array is the caller's. */
GPtrArray *action_gather(const ActionGroup *groups);

/* Every action of the program (views.c knows them); free with g_ptr_array_unref. */
GPtrArray *action_all(void);

/* NULL when there is none of that name. */
const Action *action_find(const GPtrArray *actions, const char *name);

/* NULL when the action can run with what is there (a mask of VIEW_HAS_*), else why not: "needs a
 * row". Static. */
const char *action_missing(const Action *action, guint has, gboolean read_only);

/* The table as text for the man page and `--list-actions`: name, keys, help, with tabs between.
 * Free with g_free. */
char *action_dump(void);

/* app_actions.c: what works everywhere. */
extern const Action app_global_actions[];

#endif
