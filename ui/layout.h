/*
 * layout: who gets which rows and columns. Pure arithmetic, tested without a terminal.
 *
 *     context ......................................
 *     title of the tree   title of the body
 *     tree               │ body
 *     title of the jobs ............................
 *     jobs .........................................
 *     footer .......................................
 *
 * Below LAYOUT_MIN_ROWS x LAYOUT_MIN_COLUMNS nothing is laid out and the screen explains itself.
 *
 * Threads: pure. Units: terminal rows and columns.
 */
#ifndef REDSMITH_UI_LAYOUT_H
#define REDSMITH_UI_LAYOUT_H

#include <glib.h>

enum { LAYOUT_MIN_ROWS = 12, LAYOUT_MIN_COLUMNS = 60 };

typedef struct {
    int y, x, rows, columns;
} Rect;

/* What the content would like; the layout cuts it down to what is there. */
typedef struct {
    int tree_columns; /* 0: no tree */
    int jobs_rows;    /* 0: no jobs pane */
} LayoutWish;

typedef struct {
    Rect tree_title, tree;
    Rect divider; /* the column between tree and body; no columns without a tree */
    Rect body_title, body;
    Rect jobs_title, jobs;
} Layout;

/* FALSE when the screen is too small for anything but an explanation. */
gboolean layout_is_usable(int rows, int columns);

/* area: what the app leaves to the view. */
Layout layout_browse(Rect area, LayoutWish wish);

/* Two panes above each other; the upper one gets `share` per cent, the title row of each included.
 * Neither gets less than min_rows while there are twice as many. */
void layout_split(Rect area, int share, int min_rows, Rect *upper, Rect *lower);

#endif
