/*
 * data_pane: the Data tab: a relation's rows, filtered and sorted by the server, as they arrive.
 *
 * A part of the browse view, not a view. It holds the structured query, the feed of its rows, the grid
 * over them, and says in one line what is shown: filters and whose they are, position, how many rows are
 * here or were counted, and who sorted.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_DATA_PANE_H
#define REDSMITH_UI_DATA_PANE_H

#include "redshift/row_writer.h"
#include "sql/query.h"
#include "ui/view.h"

typedef struct DataPane DataPane;

enum { DATA_PANE_MARKS = 9 };

/* view: the owner, told by view_touch(view, part) when something changed. */
DataPane *data_pane_new(View *view, guint part);
void data_pane_free(DataPane *pane);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DataPane, data_pane_free)

/* Runs the query of a relation; limited: a LIMIT bounds what the server reads (external tables are
 * billed by what is scanned). */
void data_pane_open(DataPane *pane, const char *schema, const char *relation, gboolean limited);
/* What is open now has no rows, as a function: the rows and the query of before are gone. */
void data_pane_close(DataPane *pane);
void data_pane_run(DataPane *pane);
/* Another query over what is open; takes it and runs it. */
void data_pane_set_query(DataPane *pane, SqlQuery *query);
void data_pane_stop(DataPane *pane);
/* Reads on without a cap. */
void data_pane_read_all(DataPane *pane);

/* NULL while nothing with rows is open. Owned by the pane. */
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

/* --- the columns -----------------------------------------------------------------------------------*/

/* Every column at its full width, or none. */
void data_pane_fit_all(DataPane *pane);
/* The current column: wider or narrower; hidden (FALSE: it is the last); one to the right or left. */
void data_pane_resize(DataPane *pane, int by);
gboolean data_pane_hide(DataPane *pane);
gboolean data_pane_move_column(DataPane *pane, int step);
/* How many were hidden. */
guint data_pane_show_all(DataPane *pane);
/* To the column whose name fits best, the next one where several do. */
gboolean data_pane_go_to_column(DataPane *pane, const char *text);
/* Names that hold the text, for a hint. Free with g_free. */
char *data_pane_columns_like(const DataPane *pane, const char *text);

/* --- in the rows that are here: nothing is asked of the server ---------------------------------------*/

/* To the next cell that holds the text; NULL goes on with the last one, "" forgets it. A long search
 * goes on by itself, until data_pane_stop; a message says when nothing was found. */
void data_pane_search(DataPane *pane, const char *text, gboolean forward);
/* FALSE when there was no search. */
gboolean data_pane_forget_search(DataPane *pane);
/* Only rows with a cell that holds the text; "column: text" looks at one column. "" shows all again. */
void data_pane_show_only(DataPane *pane, const char *text);
gboolean data_pane_has_only(const DataPane *pane);
/* From 1. FALSE when it is not here: then the nearest one. */
gboolean data_pane_go_to_row(DataPane *pane, guint64 number);
/* Marks 0 to 8, signed 1 to 9. Setting one that is set there takes it away. */
void data_pane_set_mark(DataPane *pane, guint mark);
gboolean data_pane_go_to_mark(DataPane *pane, guint mark);
/* Begins a range at the cursor, or ends it. TRUE when there is one now. */
gboolean data_pane_toggle_range(DataPane *pane);
gboolean data_pane_has_range(const DataPane *pane);

/* --- copying -----------------------------------------------------------------------------------------*/

/* page: the rows in sight; all: all rows that are here. Columns as they are shown. */
typedef enum { COPY_CELL, COPY_ROW, COPY_COLUMN, COPY_RANGE, COPY_PAGE, COPY_ALL } CopyPart;

typedef struct {
    CopyPart part;
    RowFormat format;
    gboolean header;
    char *path; /* NULL: the clipboard */
} CopyRequest;

/* "row csv", "range as json", "column text bare to names.txt". RS_ERROR_USAGE. */
gboolean copy_request_parse(CopyRequest *request, const char *text, GError **error);
void copy_request_clear(CopyRequest *request);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CopyRequest, copy_request_clear)

/* The text, at most limit bytes of it or RS_ERROR_LIMIT. Free with g_free. */
char *data_pane_copy(DataPane *pane, const CopyRequest *request, gsize limit, guint64 *rows,
                     GError **error);

/* --- values ------------------------------------------------------------------------------------------*/

/* A cell as the server wrote it; name and bytes are valid until something else is asked of the pane. */
typedef struct {
    const char *name, *bytes;
    gsize length;
    gboolean is_null;
    guint32 type_oid;
    int type_modifier;
} DataValue;

/* FALSE when there is none; what cannot be read back is a message. */
gboolean data_pane_value(DataPane *pane, guint64 row, guint column, DataValue *value);
guint data_pane_n_columns(const DataPane *pane);
guint64 data_pane_row(const DataPane *pane);
guint data_pane_current(const DataPane *pane);
gboolean data_pane_go_to(DataPane *pane, guint64 row, guint column);

const char *data_pane_column_name(const DataPane *pane);
/* The statement, a clause on each line. Free with g_free; NULL when there is none. */
char *data_pane_sql(const DataPane *pane);

#endif
