/*
 * composer_view: the query of the rows that are shown, clause by clause (composer_view_new in views.h).
 *
 *     composer_clauses.c  the query as rows, without a screen
 *     composer_view.c     the view: rows above, the SQL that they make below
 *     composer_read.c     what is asked of the server: the columns of what is read, the planner's estimate
 *     compose_actions.c   what keys do, here and on the grid
 *
 * The composer works on a copy. Running it hands the copy to the data pane; leaving it keeps the copy
 * with the browse view, for when it is opened again on the same rows.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_COMPOSER_VIEW_H
#define REDSMITH_UI_COMPOSER_VIEW_H

#include "redshift/query_scope.h"
#include "ui/action.h"
#include "ui/views/browse.h"
#include "ui/views/composer_clauses.h"
#include "ui/widgets/scroll.h"

extern const Action composer_actions[];
/* Opened from the grid. */
extern const Action compose_grid_actions[];

/* --- for the files of the composer only ----------------------------------------------------------*/

typedef struct {
    View view;
    BrowseView *browse; /* a reference */
    SqlQuery *query;
    char *shown; /* the SQL of the rows that were shown when it was opened */
    QueryScope *scope;
    guint reading;   /* relations whose columns are on their way */
    GPtrArray *rows; /* of ClauseRow, of the query as it is */
    Scroll scroll;
    int list_rows; /* rows of the screen for the list, as last drawn */
    Clause clause; /* what the open prompt edits */
    int index;
    char *estimate;   /* the planner's, of the query as it is; NULL: not asked for */
    guint generation; /* of the query: an estimate of another one is dropped */
} ComposerView;

ComposerView *composer_of(View *view);
const ClauseRow *composer_row(const ComposerView *composer);
/* After the query was changed: rows anew, estimate gone. */
void composer_changed(ComposerView *composer);
/* The cursor on an element, the last one for an index behind it, or on the row that adds. */
void composer_go_to(ComposerView *composer, Clause clause, int index);

/* Asks for a relation's columns; name is what the query knows it by. join, when not NULL, is typed into
 * the query as a join once they are here, at the composer's index. */
void composer_read_columns(ComposerView *composer, const char *schema, const char *relation,
                           const char *name, const char *join);
void composer_read_estimate(ComposerView *composer);

#endif
