#include "ui/widgets/tree.h"

#include <string.h>

struct Tree {
    GPtrArray *rows; /* of TreeRow */
    Scroll scroll;
    int height;
    char *wanted; /* the cursor's key while the rows are given anew */
};

static void row_free(gpointer data)
{
    TreeRow *row = data;
    g_free(row->key);
    g_free(row->label);
    g_free(row->note);
    g_free(row);
}

Tree *tree_new(void)
{
    Tree *tree = g_new0(Tree, 1);
    tree->rows = g_ptr_array_new_with_free_func(row_free);
    tree->height = 1;
    return tree;
}

void tree_free(Tree *tree)
{
    if (tree == NULL)
        return;
    g_ptr_array_unref(tree->rows);
    g_free(tree->wanted);
    g_free(tree);
}

void tree_begin(Tree *tree)
{
    const TreeRow *current = tree_current(tree);
    g_free(tree->wanted);
    tree->wanted = g_strdup(current != NULL ? current->key : NULL);
    g_ptr_array_set_size(tree->rows, 0);
}

void tree_add(Tree *tree, const TreeRow *row)
{
    TreeRow *copy = g_memdup2(row, sizeof *row);
    copy->key = g_strdup(row->key);
    copy->label = text_printable(row->label, -1);
    copy->note = g_strdup(row->note);
    g_ptr_array_add(tree->rows, copy);
}

void tree_settle(Tree *tree)
{
    if (tree->wanted != NULL)
        tree_go_to(tree, tree->wanted);
    scroll_clamp(&tree->scroll, tree->rows->len, tree->height);
}

const TreeRow *tree_current(const Tree *tree)
{
    if (tree->scroll.cursor >= tree->rows->len)
        return NULL;
    return g_ptr_array_index(tree->rows, (guint)tree->scroll.cursor);
}

gboolean tree_go_to(Tree *tree, const char *key)
{
    for (guint i = 0; i < tree->rows->len; i++) {
        const TreeRow *row = g_ptr_array_index(tree->rows, i);
        if (strcmp(row->key, key) == 0) {
            scroll_to(&tree->scroll, i, tree->rows->len, tree->height);
            return TRUE;
        }
    }
    return FALSE;
}

void tree_go_to_parent(Tree *tree)
{
    const TreeRow *current = tree_current(tree);
    for (gint64 i = tree->scroll.cursor - 1; current != NULL && i >= 0; i--) {
        const TreeRow *row = g_ptr_array_index(tree->rows, (guint)i);
        if (row->depth < current->depth) {
            scroll_to(&tree->scroll, i, tree->rows->len, tree->height);
            return;
        }
    }
}

void tree_move(Tree *tree, Movement movement)
{
    scroll_move(&tree->scroll, movement, tree->rows->len, tree->height);
}

static void draw_row(const Canvas *canvas, int y, const TreeRow *row, gboolean current,
                     gboolean focused)
{
    int x = 1 + 2 * row->depth;
    int note = row->note != NULL ? text_width(row->note) + 1 : 0;
    Role role = current && focused ? ROLE_ACCENT : row->role;
    draw_blank(canvas, y, 0, -1, ROLE_TEXT);
    if (current)
        draw_sign_at(canvas, y, MAX(x - 2, 0), focused ? ROLE_MARK : ROLE_RULE, SIGN_MARK);
    if (row->opens)
        draw_sign_at(canvas, y, x, ROLE_QUIET, row->open ? SIGN_OPEN : SIGN_CLOSED);
    int label_x = row->opens ? x + 2 : x;
    int space = canvas->rect.columns - label_x - note - 1;
    if (space < 6) { /* a name is worth more than its count */
        space += note;
        note = 0;
    }
    draw_text(canvas, y, label_x, space, role, TEXT_LEFT, row->label);
    if (note > 0)
        draw_words(canvas, y, canvas->rect.columns - note, ROLE_QUIET, row->note);
}

void tree_draw(Tree *tree, const Canvas *canvas, gboolean focused)
{
    tree->height = MAX(canvas->rect.rows, 1);
    scroll_clamp(&tree->scroll, tree->rows->len, tree->height);
    for (int y = 0; y < canvas->rect.rows; y++) {
        gint64 i = tree->scroll.top + y;
        if (i < tree->rows->len)
            draw_row(canvas, y, g_ptr_array_index(tree->rows, (guint)i), i == tree->scroll.cursor,
                     focused);
        else
            draw_blank(canvas, y, 0, -1, ROLE_TEXT);
    }
    if (focused)
        draw_cursor(canvas, (int)(tree->scroll.cursor - tree->scroll.top), 0, FALSE);
}
