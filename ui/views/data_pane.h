/*
 * data_pane: the Data tab: a relation's rows, filtered and sorted by the server, as they arrive.
 *
 * A part of the browse view, not a view. It holds the structured query, the feed of its rows, the grid
 * over them, and says in one line what is shown: filter, position, how many rows are here or were
 * counted, and who sorted.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_DATA_PANE_H
#define REDSMITH_UI_DATA_PANE_H

#include "sql/query.h"
#include "ui/view.h"
#include "ui/widgets/pager.h"

typedef struct DataPane DataPane;

/* view: the owner, told by view_touch(view, part) when something changed. */
DataPane *data_pane_new(View *view, guint part);
void data_pane_free(DataPane *pane);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DataPane, data_pane_free)

/* Runs the query of a relation; limited: a LIMIT bounds what the server reads (external tables are
 * billed by what is scanned). */
void data_pane_open(DataPane *pane, const char *schema, const char *relation, gboolean limited);
void data_pane_run(DataPane *pane);
void data_pane_stop(DataPane *pane);
/* Reads on without a cap. */
void data_pane_read_all(DataPane *pane);

/* NULL until a relation was opened. Owned by the pane. */
const SqlQuery *data_pane_query(const DataPane *pane);
gboolean data_pane_has_row(const DataPane *pane);
gboolean data_pane_is_waiting(const DataPane *pane);

void data_pane_move(DataPane *pane, Movement movement);
void data_pane_draw(DataPane *pane, const Canvas *canvas, gboolean focused);

/* On the current column: ascending, descending, as it was. */
void data_pane_sort(DataPane *pane);
void data_pane_filter_by_cell(DataPane *pane, gboolean without);
/* Adds conditions typed by the user; parses only when run is FALSE. The statement that it makes is
 * *sql, one that cannot be is an error. */
gboolean data_pane_filter(DataPane *pane, const char *text, gboolean run, char **sql,
                          GError **error);
/* The last one, or all. FALSE when there is none. */
gboolean data_pane_drop_filter(DataPane *pane, gboolean all);
void data_pane_count(DataPane *pane);
void data_pane_freeze(DataPane *pane, const char *argument);
void data_pane_fit(DataPane *pane);

/* In the rows that are here. NULL goes on with the last text. FALSE when nothing was found. */
gboolean data_pane_search(DataPane *pane, const char *text, gboolean forward);

/* The current cell whole, and whether it is NULL. Free with g_free; NULL when there is none. */
char *data_pane_cell(DataPane *pane, gboolean *is_null);
const char *data_pane_column_name(const DataPane *pane);
/* The current row as name and value lines. NULL when there is none. */
Pager *data_pane_record(DataPane *pane);
/* The statement, a clause on each line. Free with g_free; NULL when there is none. */
char *data_pane_sql(const DataPane *pane);

#endif
