/*
 * tree_pane: the catalog at the left: schemas, and relations of those that were opened.
 *
 * A part of the browse view. Only what is opened is read, through the pool; a node that is being read
 * says so and for how long. Counts are the server's estimates and are marked so in the title line of
 * the tree. Cursor and open schemas survive a refresh. System schemas are hidden unless asked for;
 * the profile's schema_filter is honoured.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_TREE_PANE_H
#define REDSMITH_UI_TREE_PANE_H

#include "ui/view.h"

typedef struct TreePane TreePane;

TreePane *tree_pane_new(View *view, guint part);
void tree_pane_free(TreePane *pane);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TreePane, tree_pane_free)

/* Reads the list of schemas: the first thing that needs the network. */
void tree_pane_connect(TreePane *pane);
/* Reads the current schema again, or the list of schemas. */
void tree_pane_refresh(TreePane *pane);

void tree_pane_move(TreePane *pane, Movement movement);
/* Opens or closes a schema. TRUE when the cursor is on a relation: the caller shows it. */
gboolean tree_pane_enter(TreePane *pane);
void tree_pane_leave(TreePane *pane); /* closes, or goes to the parent */

/* The relation under the cursor; NULL when it is on something else. Owned by the catalog. */
const CatalogRelation *tree_pane_relation(const TreePane *pane);
/* The schema the cursor is in or on, or NULL. Owned by the pane. */
const char *tree_pane_schema(const TreePane *pane);
/* Opens the schema and goes to the relation once it was read. */
void tree_pane_go_to(TreePane *pane, const char *schema, const char *relation);

/* Only names that contain the text, ignoring case; NULL or "" shows all. */
void tree_pane_filter(TreePane *pane, const char *text);
/* Shows or hides system schemas; returns whether they are shown now. */
gboolean tree_pane_toggle_system(TreePane *pane);

gboolean tree_pane_is_waiting(const TreePane *pane);
/* Brings elapsed times up to date. */
void tree_pane_tick(TreePane *pane);
void tree_pane_draw(TreePane *pane, const Canvas *canvas, gboolean focused);

#endif
