/*
 * details_pane: the Columns and DDL tabs: what the catalog knows of one relation.
 *
 * A part of the browse view. The relation's description is read once, when one of the tabs is first
 * looked at, and again on refresh.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_DETAILS_PANE_H
#define REDSMITH_UI_DETAILS_PANE_H

#include "ui/view.h"

typedef enum { DETAILS_COLUMNS, DETAILS_DDL } DetailsTab;

typedef struct DetailsPane DetailsPane;

DetailsPane *details_pane_new(View *view, guint part);
void details_pane_free(DetailsPane *pane);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DetailsPane, details_pane_free)

/* Another relation; nothing is read yet. */
void details_pane_set(DetailsPane *pane, const char *schema, const char *relation);
/* Reads it unless it was read; anew: in any case. */
void details_pane_read(DetailsPane *pane, gboolean anew);

void details_pane_move(DetailsPane *pane, DetailsTab tab, Movement movement);
gboolean details_pane_search(DetailsPane *pane, const char *text, gboolean forward);
/* NULL until read. Owned by the pane. */
const char *details_pane_ddl(const DetailsPane *pane);
gboolean details_pane_is_waiting(const DetailsPane *pane);
void details_pane_draw(DetailsPane *pane, DetailsTab tab, const Canvas *canvas, gboolean focused);

#endif
