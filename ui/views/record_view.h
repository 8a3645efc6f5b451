/*
 * record_view: one row of the grid, a column on each line; left and right go to other rows.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_RECORD_VIEW_H
#define REDSMITH_UI_RECORD_VIEW_H

#include "ui/action.h"
#include "ui/views/data_pane.h"

/* The row and column under the pane's cursor, which follows. owner holds the pane and is referenced. */
View *record_view_new(App *app, View *owner, DataPane *pane);

extern const Action record_actions[];

#endif
