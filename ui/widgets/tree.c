#include "ui/widgets/tree.h"

#include <string.h>

struct Tree {
    GArray *nodes; /* of TreeNode */
    TreeDescribe describe;
    gpointer user;
    Scroll scroll;
    int height;
};

Tree *tree_new(TreeDescribe describe, gpointer user)
{
    Tree *tree = g_new0(Tree, 1);
    tree->nodes = g_array_new(FALSE, FALSE, sizeof(TreeNode));
    tree->describe = describe;
    tree->user = user;
    tree->height = 1;
    return tree;
}

void tree_free(Tree *tree)
{
    if (tree == NULL)
        return;
    g_array_unref(tree->nodes);
    g_free(tree);
}

void tree_begin(Tree *tree)
{
    g_array_set_size(tree->nodes, 0);
}

void tree_add(Tree *tree, const TreeNode *node)
{
    g_array_append_vals(tree->nodes, node, 1);
}

void tree_settle(Tree *tree)
{
    scroll_clamp(&tree->scroll, tree->nodes->len, tree->height);
}

guint tree_count(const Tree *tree)
{
    return tree->nodes->len;
}

const TreeNode *tree_node(const Tree *tree, guint row)
{
    return &g_array_index(tree->nodes, TreeNode, row);
}

const TreeNode *tree_current(const Tree *tree)
{
    if (tree->scroll.cursor >= tree->nodes->len)
        return NULL;
    return tree_node(tree, (guint)tree->scroll.cursor);
}

void tree_go_to_row(Tree *tree, guint row)
{
    scroll_to(&tree->scroll, row, tree->nodes->len, tree->height);
}

void tree_go_to_parent(Tree *tree)
{
    const TreeNode *current = tree_current(tree);
    for (gint64 i = tree->scroll.cursor - 1; current != NULL && i >= 0; i--) {
        if (tree_node(tree, (guint)i)->depth < current->depth) {
            tree_go_to_row(tree, (guint)i);
            return;
        }
    }
}

void tree_move(Tree *tree, Movement movement)
{
    scroll_move(&tree->scroll, movement, tree->nodes->len, tree->height);
}

static void draw_row(const Tree *tree, const Canvas *canvas, int y, const TreeNode *node,
                     gboolean current, gboolean focused)
{
    TreeRow row = {.label = "", .role = ROLE_TEXT};
    tree->describe(tree->user, node, &row);
    int x = 1 + 2 * node->depth;
    int note = row.note != NULL ? text_width(row.note) + 1 : 0;
    Role role = current && focused ? ROLE_ACCENT : row.role;
    draw_blank(canvas, y, 0, -1, ROLE_TEXT);
    if (current)
        draw_sign_at(canvas, y, MAX(x - 2, 0), focused ? ROLE_MARK : ROLE_RULE, SIGN_MARK);
    if (node->opens)
        draw_sign_at(canvas, y, x, ROLE_QUIET, node->open ? SIGN_OPEN : SIGN_CLOSED);
    int label_x = node->opens ? x + 2 : x;
    int space = canvas->rect.columns - label_x - note - 1;
    if (space < 6) { /* a name is worth more than its count */
        space += note;
        note = 0;
    }
    g_autofree char *label = text_printable(row.label, -1);
    draw_text(canvas, y, label_x, space, role, TEXT_LEFT, label);
    if (note > 0)
        draw_words(canvas, y, canvas->rect.columns - note, ROLE_QUIET, row.note);
    g_free(row.note);
}

void tree_draw(Tree *tree, const Canvas *canvas, gboolean focused)
{
    tree->height = MAX(canvas->rect.rows, 1);
    scroll_clamp(&tree->scroll, tree->nodes->len, tree->height);
    for (int y = 0; y < canvas->rect.rows; y++) {
        gint64 i = tree->scroll.top + y;
        if (i < tree->nodes->len)
            draw_row(tree, canvas, y, tree_node(tree, (guint)i), i == tree->scroll.cursor, focused);
        else
            draw_blank(canvas, y, 0, -1, ROLE_TEXT);
    }
    if (focused)
        draw_cursor(canvas, (int)(tree->scroll.cursor - tree->scroll.top), 0, FALSE);
}
