/*
 * tree: rows with a depth, of which some can be opened. It draws and moves; its owner decides what
 * the rows are and gives them anew whenever something opened, closed or arrived.
 *
 * A row is a small value, not a text: what it looks like is asked for only when it is drawn, so that
 * 100,000 rows are given in a millisecond. Where the cursor belongs among new rows is the owner's to
 * say (tree_go_to_row).
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_TREE_H
#define REDSMITH_UI_TREE_H

#include "ui/draw.h"
#include "ui/widgets/scroll.h"

/* type, detail, item and place are the owner's; item and place must outlive the row. */
typedef struct {
    guint8 type, detail, depth;
    guint8 opens, open; /* booleans */
    gconstpointer item;
    gconstpointer place;
} TreeNode;

/* What a row looks like. */
typedef struct {
    const char *label; /* any bytes; borrowed until the row is drawn */
    char *note;        /* at the right edge, or NULL; taken */
    Role role;
} TreeRow;

typedef void (*TreeDescribe)(gpointer user, const TreeNode *node, TreeRow *row);

typedef struct Tree Tree;

Tree *tree_new(TreeDescribe describe, gpointer user);
void tree_free(Tree *tree);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tree, tree_free)

/* Empties the rows; then tree_add in order, then tree_settle puts the cursor inside. */
void tree_begin(Tree *tree);
/* Takes a copy. */
void tree_add(Tree *tree, const TreeNode *node);
void tree_settle(Tree *tree);

guint tree_count(const Tree *tree);
const TreeNode *tree_node(const Tree *tree, guint row);
/* NULL in an empty tree. */
const TreeNode *tree_current(const Tree *tree);
void tree_go_to_row(Tree *tree, guint row);
/* To the row that the current one lies under. */
void tree_go_to_parent(Tree *tree);
void tree_move(Tree *tree, Movement movement);

void tree_draw(Tree *tree, const Canvas *canvas, gboolean focused);

#endif
