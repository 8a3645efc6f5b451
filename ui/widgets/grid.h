/*
 * grid: rows and columns with a cell cursor, a frozen header and frozen first columns.
 *
 * It knows nothing of where cells come from: a GridModel answers for them. Columns can be hidden, moved,
 * widened and narrowed; a column is always named by its number in the model. Widths of the columns in
 * sight are fitted to what is shown, up to a cap, and only ever grow while the same rows are looked at,
 * so that a page does not jump; columns out of sight cost nothing, however many there are. A moved cursor changes two cells and two marks in the gutter, not two rows: what a
 * key costs on a slow line.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_GRID_H
#define REDSMITH_UI_GRID_H

#include "ui/draw.h"
#include "ui/widgets/scroll.h"

typedef enum {
    GRID_VALUE,
    GRID_NULL,
    GRID_EMPTY, /* '' or nothing but blanks: shown in quotes */
} GridCell;

typedef struct {
    /* The columns: always the same ones, or as n_columns and name say. */
    const char *const *headers; /* NULL: ask; else n_headers of them */
    guint n_headers;
    guint (*n_columns)(gpointer user);
    const char *(*name)(gpointer user, guint column);
    gboolean (*is_number)(gpointer user, guint column);
    guint64 (*n_rows)(gpointer user);
    /* Appends the cell's text, at most about `limit` bytes of it, printable. */
    GridCell (*cell)(gpointer user, guint64 row, guint column, gsize limit, GString *text);
} GridModel;

/* The sign of a marked row, 0 for none. */
typedef char (*GridMark)(gpointer user, guint64 row);

typedef struct Grid Grid;

/* The model is borrowed; user is given to its functions. */
Grid *grid_new(const GridModel *model, gpointer user);
void grid_free(Grid *grid);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Grid, grid_free)

/* How NULL and the empty string are shown: "∅" and "''" unless set. Copied; NULL keeps the default. */
void grid_set_markers(Grid *grid, const char *null_marker, const char *empty_marker);

/* Rows that carry a sign in the gutter; user is the model's. */
void grid_set_marks(Grid *grid, GridMark mark);

/* Other columns: widths, sort mark and column cursor start anew; rows back to the top. */
void grid_reset(Grid *grid);
/* The same columns with other rows: the column stays. */
void grid_rewind(Grid *grid);

void grid_move(Grid *grid, Movement movement);
guint64 grid_row(const Grid *grid);
guint grid_column(const Grid *grid);
void grid_go_to(Grid *grid, guint64 row, guint column);

/* How many rows are seen below the header, as last drawn. */
int grid_height(const Grid *grid);
/* The first row that is seen. */
guint64 grid_top(const Grid *grid);

/* columns that stay at the left; 0 none. */
void grid_freeze(Grid *grid, guint columns);
guint grid_frozen(const Grid *grid);
/* Toggles the current column between the cap and its full width. */
void grid_fit_column(Grid *grid);
/* The same for every column: to full width, unless they have it. */
void grid_fit_all(Grid *grid);
/* The current column by so many columns of the screen wider, or narrower; until it is fitted again. */
void grid_resize_column(Grid *grid, int by);

/* FALSE when it is the last one that is shown. */
gboolean grid_hide_column(Grid *grid);
/* Shows all again; returns how many were hidden. */
guint grid_show_columns(Grid *grid);
/* The current column one to the right (1) or left (-1), the cursor with it. FALSE at the edge. */
gboolean grid_move_column(Grid *grid, int step);
guint grid_n_shown(const Grid *grid);
guint grid_n_hidden(const Grid *grid);
/* The column that stands at a position of those shown. */
guint grid_shown_column(const Grid *grid, guint position);

/* A range of cells from here to wherever the cursor goes; grid_rewind and grid_reset end it. */
void grid_begin_range(Grid *grid);
void grid_end_range(Grid *grid);
typedef struct {
    guint64 first_row, last_row;
    guint first, last; /* positions */
} GridRange;
/* FALSE when there is none; *range is then the current cell. */
gboolean grid_range(const Grid *grid, GridRange *range);
/* The sorted column, -1 none. */
void grid_set_sort(Grid *grid, int column, gboolean descending);

void grid_draw(Grid *grid, const Canvas *canvas, gboolean focused);

#endif
