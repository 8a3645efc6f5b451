/*
 * cell_view: one value, whole: as text, as a tree when it is JSON, as bytes.
 *
 * The value is as the server wrote it. A tree can be folded; the path of the part under the cursor is
 * shown as SQL navigates to it, and can be copied. Bytes are those of the text, or of a VARBYTE or
 * GEOMETRY those that its hexadecimal digits stand for.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_CELL_VIEW_H
#define REDSMITH_UI_CELL_VIEW_H

#include "ui/action.h"
#include "ui/views/data_pane.h"

/* value is copied. */
View *cell_view_new(App *app, const DataValue *value);

extern const Action cell_actions[];

#endif
