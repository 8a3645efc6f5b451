/*
 * details_pane: the tabs beside Data: what the catalog knows of one relation, and what is in it.
 *
 * A part of the browse view. Columns and DDL (and the list of columns in Profile) share one description,
 * read once, when one of them is first looked at, and again on refresh. Storage and Dependents
 * (report_pane.h) are read when they are looked at; Profile (profile_pane.h) asks for a column when told.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_DETAILS_PANE_H
#define REDSMITH_UI_DETAILS_PANE_H

#include "ui/view.h"

typedef enum {
    DETAILS_COLUMNS,
    DETAILS_DDL,
    DETAILS_PROFILE,
    DETAILS_STORAGE,
    DETAILS_DEPENDENTS
} DetailsTab;

typedef struct DetailsPane DetailsPane;

DetailsPane *details_pane_new(View *view, guint part);
void details_pane_free(DetailsPane *pane);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DetailsPane, details_pane_free)

/* Another relation; nothing is read yet. */
void details_pane_set(DetailsPane *pane, const CatalogRelation *relation);
/* Reads what the tab needs unless it was read; anew: in any case. */
void details_pane_read(DetailsPane *pane, DetailsTab tab, gboolean anew);
/* Cancels what runs for these tabs. FALSE when nothing does. */
gboolean details_pane_cancel(DetailsPane *pane);

/* What Enter means: in Profile, to profile the column under the cursor. */
void details_pane_enter(DetailsPane *pane, DetailsTab tab);
void details_pane_profile_all(DetailsPane *pane);

void details_pane_move(DetailsPane *pane, DetailsTab tab, Movement movement);
gboolean details_pane_search(DetailsPane *pane, DetailsTab tab, const char *text, gboolean forward);
/* The text of a tab and what it is called; NULL when there is none. Free with g_free. */
char *details_pane_text(const DetailsPane *pane, DetailsTab tab, const char **what);
gboolean details_pane_is_waiting(const DetailsPane *pane);
void details_pane_draw(DetailsPane *pane, DetailsTab tab, const Canvas *canvas, gboolean focused);

#endif
