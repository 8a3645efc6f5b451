/*
 * data_pane_private: what the parts of the data pane share: data_pane.c (the query and its rows),
 * data_pane_look.c (searching, local filter, marks), data_pane_copy.c, data_pane_draw.c.
 *
 * Rows have two numbers: of the grid, which shows what the local filter leaves, and of the rowset.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_DATA_PANE_PRIVATE_H
#define REDSMITH_UI_DATA_PANE_PRIVATE_H

#include "redshift/row_scan.h"
#include "ui/views/data_pane.h"
#include "ui/views/feed.h"
#include "ui/widgets/grid.h"

struct DataPane {
    View *view;
    guint part;
    SqlQuery *query;
    Feed *feed;
    Grid *grid;
    char *search;
    RowFilter *only;                /* the local filter; NULL without */
    RowSearch *seeker;              /* a search that goes on; NULL without */
    guint scanning;                 /* the idle source of both; 0 when they rest */
    guint64 marks[DATA_PANE_MARKS]; /* row of the rowset + 1; 0: not set */
    gint64 counted;                 /* rows by count(*), -1 not counted */
    gboolean counting, limited;
    GCancellable *count_cancellable;
};

/* --- data_pane.c -----------------------------------------------------------------------------------*/

void data_pane_touch(DataPane *pane);
guint data_pane_columns(const DataPane *pane);
/* Rows of the grid; those of the rowset. */
guint64 data_pane_rows(const DataPane *pane);
guint64 data_pane_rows_here(const DataPane *pane);
const ResultColumn *data_pane_column(const DataPane *pane, guint column);
/* A row of the grid as one of the rowset. */
guint64 data_pane_row_of(const DataPane *pane, guint64 row);
/* The header's sign of the column that the server sorts by. */
void data_pane_show_sort(DataPane *pane);
/* Rows near the end of what is here: more are asked for. */
void data_pane_read_ahead(DataPane *pane);

/* --- data_pane_look.c ------------------------------------------------------------------------------*/

/* Other rows, or more rows: what searches and filters has to go on. */
void data_pane_restart_scan(DataPane *pane);
void data_pane_go_on_scan(DataPane *pane);
void data_pane_stop_scan(DataPane *pane);
char data_pane_mark_of(gpointer pane, guint64 row);

#endif
