/*
 * tree: rows with a depth, of which some can be opened. It draws and moves; its owner decides what
 * the rows are and gives them anew whenever something opened, closed or arrived. The cursor keeps to
 * its row by the row's key.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_TREE_H
#define REDSMITH_UI_TREE_H

#include "ui/draw.h"
#include "ui/widgets/scroll.h"

typedef struct {
    char *key; /* unique: what the row stands for */
    char *label;
    char *note; /* at the right edge, or NULL */
    int depth;
    gboolean opens, open;
    Role role;
} TreeRow;

typedef struct Tree Tree;

Tree *tree_new(void);
void tree_free(Tree *tree);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tree, tree_free)

/* Empties the rows; then tree_add in order, then tree_settle puts the cursor back. */
void tree_begin(Tree *tree);
/* Takes copies. */
void tree_add(Tree *tree, const TreeRow *row);
void tree_settle(Tree *tree);

/* NULL in an empty tree. Owned by the tree. */
const TreeRow *tree_current(const Tree *tree);
gboolean tree_go_to(Tree *tree, const char *key);
/* To the row that the current one lies under. */
void tree_go_to_parent(Tree *tree);
void tree_move(Tree *tree, Movement movement);

void tree_draw(Tree *tree, const Canvas *canvas, gboolean focused);

#endif
