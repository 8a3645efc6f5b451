/*
 * tree_private: what the parts of the tree pane share; nobody else includes it.
 *
 *     tree_pane.c     life, moving, search, drawing
 *     tree_rows.c     which rows there are and what they look like
 *     tree_reading.c  levels and sizes from the server
 *
 * Threads: main thread; tree_reading's tasks take what they need with them.
 */
#ifndef REDSMITH_UI_TREE_PRIVATE_H
#define REDSMITH_UI_TREE_PRIVATE_H

#include "redshift/catalog_level.h"
#include "ui/views/tree_pane.h"
#include "ui/widgets/tree.h"

/* A node's type. */
enum {
    TREE_DATABASE, /* item: NULL for the connected one, else its CatalogRelation */
    TREE_OTHERS,   /* "other databases" */
    TREE_SCHEMA,   /* item: its CatalogRelation; place: name of another database, or NULL */
    TREE_GROUP,    /* item: as the schema's; detail: the RelationKind, or TREE_ROUTINES */
    TREE_RELATION, /* item: CatalogRelation; place: as the schema's; detail: TreeMark */
    TREE_NOTE,     /* item: text; place: name of the schema it is about; detail: the Role */
};

enum { TREE_ROUTINES = N_RELATION_KINDS };

/* How a relation's row is shown. */
enum { TREE_PLAIN, TREE_GONE, TREE_MATCH };

struct TreePane {
    View *view;
    guint part;
    Tree *tree;
    GHashTable *toggled; /* set of row keys that are not as they are at first */
    GHashTable *reading; /* level key -> start in ms (as a boxed gint64) */
    GHashTable *errors;  /* level key -> message */
    GPtrArray *notes;    /* texts of the rows */
    char *filter;        /* what was typed, or NULL */
    GArray *matches;     /* of CatalogMatch */
    guint n_matches, n_searched;
    gboolean system;
    char *current; /* key of the cursor's row */
    char *schema;  /* of the cursor's row, when it is in the connected database */
    char *wanted;  /* key to go to once it is there */
};

Catalog *tree_catalog(const TreePane *pane);

/* A row's key: what it stands for, over readings. Free with g_free. */
char *tree_row_key(const TreeNode *node);
char *tree_relation_key(const char *schema, const char *relation);
char *tree_schema_key(const char *schema);
/* The key of the level that a row's children are; NULL for rows without. Free with g_free. */
char *tree_level_key(const TreeNode *node);
/* Open as it is at first, or as it was left. */
gboolean tree_is_open(const TreePane *pane, const TreeNode *node);
void tree_set_open(TreePane *pane, const TreeNode *node, gboolean open);

/* TRUE for schemas that the profile's filter and the toggle let through. */
gboolean tree_shows(const TreePane *pane, const CatalogRelation *schema);

/* Notes what the cursor is on, after it moved. */
void tree_note_current(TreePane *pane);

/* Makes all rows anew, the cursor where it was. */
void tree_build(TreePane *pane);
/* A TreeDescribe. */
void tree_describe(gpointer pane, const TreeNode *node, TreeRow *row);

/* Asks the server for a level, unless that is under way. */
void tree_read(TreePane *pane, const char *key);
/* Asks for what is open and was not read in this session. */
void tree_read_open(TreePane *pane);

#endif
