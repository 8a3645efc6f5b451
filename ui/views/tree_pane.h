/*
 * tree_pane: the catalog at the left: databases, schemas, kinds, and the relations of what was opened.
 *
 * A part of the browse view. What an earlier session read is shown at once, from the cache; opening a
 * schema then asks the server for its names, once in a session and again on refresh, and for its sizes
 * afterwards and apart, on another session: names never wait for sizes. A node that is being read says
 * so and for how long. Counts are the server's estimates and look like it ("~172k"). After a refresh
 * new names say "new" and vanished ones stay, as "gone", until the next. Without a connection the tree
 * shows what it has and how old that is. Cursor and open nodes survive a refresh. System schemas are
 * hidden unless asked for; the profile's schema_filter is honoured.
 *
 * Schemas with objects of several kinds group them; functions and procedures, and other databases, are
 * asked for when their node is opened.
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
/* Opens or closes a node. TRUE when the cursor is on a relation: the caller shows it. */
gboolean tree_pane_enter(TreePane *pane);
void tree_pane_leave(TreePane *pane); /* closes, or goes to the parent */

/* The relation under the cursor, if it can be shown; NULL otherwise. Owned by the catalog. */
const CatalogRelation *tree_pane_relation(const TreePane *pane);
/* The schema the cursor is in or on, or NULL. Owned by the pane. */
const char *tree_pane_schema(const TreePane *pane);
/* Opens the schema and goes to the relation once it was read. */
void tree_pane_go_to(TreePane *pane, const char *schema, const char *relation);

/* The names that fit the text, best first (catalog_search.h), over everything that is loaded or in
 * the cache; NULL or "" shows the tree. */
void tree_pane_filter(TreePane *pane, const char *text);
/* The text was entered: a "schema.table" that there is, or whose schema was not read yet, is gone to
 * in the tree; for anything else the list of names stays. */
void tree_pane_accept(TreePane *pane, const char *text);
/* Shows or hides system schemas; returns whether they are shown now. */
gboolean tree_pane_toggle_system(TreePane *pane);

gboolean tree_pane_is_waiting(const TreePane *pane);
/* Brings elapsed times up to date. */
void tree_pane_tick(TreePane *pane);
void tree_pane_draw(TreePane *pane, const Canvas *canvas, gboolean focused);

#endif
