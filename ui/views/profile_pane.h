/*
 * profile_pane: the Profile tab: what is in the columns, column by column, on demand.
 *
 * A part of the details pane. The columns stand in a grid; Enter profiles the one under the cursor by
 * one statement on a session of its own, and what was found stands below. Profiles stay until another
 * relation is opened. Nothing is asked by merely looking at the tab. Ctrl-C cancels on the server.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_PROFILE_PANE_H
#define REDSMITH_UI_PROFILE_PANE_H

#include "ui/view.h"

typedef struct ProfilePane ProfilePane;

ProfilePane *profile_pane_new(View *view, guint part);
void profile_pane_free(ProfilePane *pane);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProfilePane, profile_pane_free)

/* The table whose columns are shown, NULL for none; it must outlive its being shown. */
void profile_pane_set(ProfilePane *pane, const CatalogTable *table);
/* Profiles the column under the cursor, again if it was. */
void profile_pane_enter(ProfilePane *pane);
/* Profiles all columns that were not, one after another. */
void profile_pane_all(ProfilePane *pane);
gboolean profile_pane_cancel(ProfilePane *pane);

gboolean profile_pane_is_waiting(const ProfilePane *pane);
void profile_pane_move(ProfilePane *pane, Movement movement);
/* The profile of the column under the cursor; NULL when there is none. Free with g_free. */
char *profile_pane_text(const ProfilePane *pane);
void profile_pane_draw(ProfilePane *pane, const Canvas *canvas, gboolean focused);

#endif
