/*
 * grid_copy: what leaves the grid: cells, rows and their SQL, to the clipboard, into a file, to an export.
 *
 * The functions of actions whose rows stand in grid_actions.c. The clipboard takes 74 kB, a copied file
 * 16 MiB of the rows that are here; the export form reads the server to the end.
 *
 * Threads: main thread; files are written in the pool.
 */
#ifndef REDSMITH_UI_GRID_COPY_H
#define REDSMITH_UI_GRID_COPY_H

#include "ui/view.h"

/* As the argument says ("rows csv to FILE"), else asks how. */
Consequence grid_copy(View *view, const char *argument);
/* The range as text, or the value of the cell. */
Consequence grid_copy_cell(View *view, const char *argument);
/* The form that exports all rows of the query. */
Consequence grid_export(View *view, const char *argument);
Consequence grid_copy_sql(View *view, const char *argument);
Consequence grid_view_sql(View *view, const char *argument);

#endif
