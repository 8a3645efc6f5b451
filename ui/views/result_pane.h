/*
 * result_pane: the rows of whatever statement was typed, as they arrive.
 *
 * A part of the editor, not a view: a feed on a session of its own, a grid over its rows, and one line
 * that says what came of the statement: rows here and whether there are more, the server's tag, time,
 * notices, or why it failed.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_RESULT_PANE_H
#define REDSMITH_UI_RESULT_PANE_H

#include "ui/view.h"
#include "ui/views/feed.h"
#include "ui/widgets/pager.h"

typedef struct ResultPane ResultPane;

/* Called when a statement has ended, or has its first rows. */
typedef void (*ResultChanged)(gpointer user);

ResultPane *result_pane_new(View *view, guint part, ResultChanged changed, gpointer user);
void result_pane_free(ResultPane *pane);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ResultPane, result_pane_free)

/* to_the_end: reads all rows at once, whatever they are; else as many as the preview's cap. */
void result_pane_run(ResultPane *pane, const char *sql, gboolean to_the_end);
void result_pane_stop(ResultPane *pane);
/* Reads on without a cap. */
void result_pane_read_all(ResultPane *pane);

/* A statement is on the server and no row of it is here yet, or it is being read to the end. */
gboolean result_pane_is_busy(const ResultPane *pane);
FeedState result_pane_state(const ResultPane *pane);
const Feed *result_pane_feed(const ResultPane *pane);

gboolean result_pane_has_row(const ResultPane *pane);
void result_pane_move(ResultPane *pane, Movement movement);
void result_pane_draw(ResultPane *pane, const Canvas *canvas, gboolean focused);

/* The current cell whole; NULL when there is none or it is NULL. Free with g_free. */
char *result_pane_cell(ResultPane *pane, gboolean *is_null);
/* The current row as name and value lines; NULL when there is none. */
Pager *result_pane_record(ResultPane *pane);

#endif
