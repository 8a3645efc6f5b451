#include "ui/views/cell_view.h"

#include <string.h>

#include "base/find.h"
#include "redshift/types.h"
#include "sql/super.h"
#include "ui/app.h"
#include "ui/views/search.h"
#include "ui/views/views.h"
#include "ui/widgets/pager.h"

enum {
    DUMP_BYTES = 16,
    DUMP_MOST = 1 << 20,  /* bytes that are shown as such */
    OPEN_NODES = 2000,    /* a larger tree begins folded */
    PREVIEW_BYTES = 4096, /* of a value in the tree */
};

typedef enum { SHOW_TREE, SHOW_TEXT, SHOW_BYTES, N_SHOWS } Show;

static const char *const show_names[] = {"tree", "text", "bytes"};

typedef struct {
    View view;
    char *name, *title, *bytes;
    gsize length;
    guint32 type_oid;
    gboolean is_null, wrap;
    Show show;
    Pager *pager;     /* text or bytes */
    GArray *nodes;    /* of SuperNode; NULL when it is no JSON */
    gboolean *folded; /* by node */
    GArray *rows;     /* of guint: the nodes that are not inside a folded one */
    Scroll scroll;
    int height;
} CellView;

static CellView *cell_of(View *view)
{
    return (CellView *)view;
}

static const char *const *contexts(const View *view)
{
    static const char *const tree[] = {"cell-tree", "cell", "back", "move", "global", NULL};
    static const char *const text[] = {"cell", "back", "move", "global", NULL};
    return ((const CellView *)view)->show == SHOW_TREE ? tree : text;
}

/* --- text and bytes -------------------------------------------------------------------------------*/

static gboolean is_hexadecimal(const CellView *cell)
{
    return (cell->type_oid == TYPE_VARBYTE || cell->type_oid == TYPE_GEOMETRY) &&
           cell->length % 2 == 0;
}

static void add_text(CellView *cell)
{
    if (cell->is_null)
        pager_add(cell->pager, ROLE_NULL, "∅  NULL: no value");
    else if (cell->length == 0)
        pager_add(cell->pager, ROLE_NULL, "''  the empty string");
    else
        pager_add(cell->pager, ROLE_TEXT, cell->bytes);
}

/* The bytes that the digits stand for. NULL when they are no digits. */
static char *from_hexadecimal(const CellView *cell, gsize *length)
{
    g_autofree char *bytes = g_malloc(cell->length / 2 + 1);
    for (gsize i = 0; i < cell->length / 2; i++) {
        int high = g_ascii_xdigit_value(cell->bytes[2 * i]);
        int low = g_ascii_xdigit_value(cell->bytes[2 * i + 1]);
        if (high < 0 || low < 0)
            return NULL;
        bytes[i] = (char)(high << 4 | low);
    }
    *length = cell->length / 2;
    return g_steal_pointer(&bytes);
}

static void add_dump_line(CellView *cell, const char *bytes, gsize at, gsize length)
{
    g_autoptr(GString) line = g_string_new(NULL);
    g_string_append_printf(line, "%08" G_GINT64_MODIFIER "x ", (guint64)at);
    for (gsize i = 0; i < DUMP_BYTES; i++) {
        g_string_append(line, i == DUMP_BYTES / 2 ? "  " : " ");
        if (at + i < length)
            g_string_append_printf(line, "%02x", (guint8)bytes[at + i]);
        else
            g_string_append(line, "  ");
    }
    g_string_append(line, "  ");
    for (gsize i = at; i < MIN(at + DUMP_BYTES, length); i++)
        g_string_append_c(line, g_ascii_isprint(bytes[i]) ? bytes[i] : '.');
    pager_add(cell->pager, ROLE_TEXT, line->str);
}

static void add_bytes(CellView *cell)
{
    gsize length = cell->length;
    g_autofree char *decoded = is_hexadecimal(cell) ? from_hexadecimal(cell, &length) : NULL;
    const char *bytes = decoded != NULL ? decoded : cell->bytes;
    for (gsize at = 0; at < MIN(length, DUMP_MOST); at += DUMP_BYTES)
        add_dump_line(cell, bytes, at, length);
    if (length > DUMP_MOST)
        pager_add(cell->pager, ROLE_QUIET, "... and more: the first MiB is shown");
    if (length == 0)
        add_text(cell);
}

static void fill_pager(CellView *cell)
{
    g_clear_pointer(&cell->pager, pager_free);
    cell->pager = pager_new(cell->show == SHOW_TEXT && cell->wrap);
    if (cell->show == SHOW_BYTES)
        add_bytes(cell);
    else
        add_text(cell);
}

/* --- the tree -------------------------------------------------------------------------------------*/

static const SuperNode *node_of(const CellView *cell, guint node)
{
    return &g_array_index(cell->nodes, SuperNode, node);
}

static guint current_node(const CellView *cell)
{
    return g_array_index(cell->rows, guint, (guint)cell->scroll.cursor);
}

static void lay_out(CellView *cell)
{
    g_array_set_size(cell->rows, 0);
    for (guint node = 0; node < cell->nodes->len;
         node = cell->folded[node] ? node_of(cell, node)->end : node + 1)
        g_array_append_val(cell->rows, node);
    scroll_clamp(&cell->scroll, cell->rows->len, cell->height);
}

/* The cursor to a node, its parents unfolded. */
static void go_to_node(CellView *cell, guint node)
{
    for (gint64 at = node_of(cell, node)->parent; at >= 0; at = node_of(cell, (guint)at)->parent)
        cell->folded[at] = FALSE;
    lay_out(cell);
    for (guint i = 0; i < cell->rows->len; i++)
        if (g_array_index(cell->rows, guint, i) == node)
            scroll_to(&cell->scroll, i, cell->rows->len, cell->height);
}

static char *node_text(const CellView *cell, const SuperNode *node)
{
    return g_strndup(cell->bytes + node->start, node->length);
}

static void draw_node(const CellView *cell, const Canvas *canvas, int y, guint index)
{
    const SuperNode *node = node_of(cell, index);
    gboolean opens = node->children > 0, current = index == current_node(cell);
    int x = 2 + (int)MIN(node->depth * 2, (guint)canvas->rect.columns / 2);
    g_autofree char *key = g_strndup(cell->bytes + node->key, node->key_length);
    g_autofree char *value = g_strndup(cell->bytes + node->start, MIN(node->length, PREVIEW_BYTES));
    draw_blank(canvas, y, 0, -1, ROLE_TEXT);
    if (current)
        draw_sign_at(canvas, y, 0, ROLE_MARK, SIGN_MARK);
    if (opens)
        draw_sign_at(canvas, y, x, ROLE_QUIET, cell->folded[index] ? SIGN_CLOSED : SIGN_OPEN);
    x += 2;
    if (node->key_length > 0)
        x = draw_words(canvas, y, draw_words(canvas, y, x, ROLE_HEADER, key), ROLE_TEXT, ": ");
    else if (node->parent >= 0) {
        g_autofree char *position = g_strdup_printf("[%u] ", node->position);
        x = draw_words(canvas, y, x, ROLE_QUIET, position);
    }
    gboolean list = node->kind == SUPER_OBJECT || node->kind == SUPER_ARRAY;
    if (list) {
        g_autofree char *count = text_count(node->children);
        g_autofree char *size = g_strdup_printf(node->kind == SUPER_OBJECT ? "{ %s }" : "[ %s ]",
                                                node->children > 0 ? count : "");
        x = draw_words(canvas, y, x, ROLE_QUIET, size) + 1;
    }
    if (!list || (cell->folded[index] && opens))
        draw_text(canvas, y, x, MAX(canvas->rect.columns - x, 0),
                  list                       ? ROLE_QUIET
                  : node->kind == SUPER_WORD ? ROLE_NULL
                                             : ROLE_TEXT,
                  TEXT_LEFT, value);
    if (current)
        draw_cursor(canvas, y, 0, FALSE);
}

static void draw_tree(CellView *cell, const Canvas *canvas)
{
    cell->height = MAX(canvas->rect.rows, 1);
    scroll_clamp(&cell->scroll, cell->rows->len, cell->height);
    for (int y = 0; y < canvas->rect.rows; y++) {
        gint64 row = cell->scroll.top + y;
        if (row < cell->rows->len)
            draw_node(cell, canvas, y, g_array_index(cell->rows, guint, (guint)row));
        else
            draw_blank(canvas, y, 0, -1, ROLE_TEXT);
    }
}

/* --- the view -------------------------------------------------------------------------------------*/

static void show(CellView *cell, Show what)
{
    cell->show = what;
    if (what != SHOW_TREE)
        fill_pager(cell);
    view_touch(&cell->view, ~0u);
}

static void move(View *view, Movement movement)
{
    CellView *cell = cell_of(view);
    if (cell->show != SHOW_TREE)
        pager_move(cell->pager, movement);
    else if (movement == MOVE_LEFT && node_of(cell, current_node(cell))->parent >= 0)
        go_to_node(cell, (guint)node_of(cell, current_node(cell))->parent);
    else
        scroll_move(&cell->scroll, movement, cell->rows->len, cell->height);
    view_touch(view, ~0u);
}

static char *path_of_current(const CellView *cell)
{
    return sql_super_path(cell->name, cell->bytes, cell->nodes, current_node(cell));
}

static void draw(View *view, Canvas *canvas, guint stale)
{
    CellView *cell = cell_of(view);
    Rect rect = canvas->rect;
    Canvas body = canvas_part(canvas, (Rect){rect.y + 1, rect.x, rect.rows - 2, rect.columns});
    g_autofree char *title = g_strdup_printf("%s, as %s", cell->title, show_names[cell->show]);
    draw_rule(canvas, 0, 0, rect.columns, title, TRUE);
    if (cell->show == SHOW_TREE)
        draw_tree(cell, &body);
    else
        pager_draw(cell->pager, &body);
    g_autofree char *line =
        cell->show == SHOW_TREE ? path_of_current(cell) : pager_position(cell->pager);
    draw_blank(canvas, rect.rows - 1, 0, -1, ROLE_TEXT);
    draw_text(canvas, rect.rows - 1, 1, -1, ROLE_QUIET, TEXT_LEFT, line);
    if (cell->show != SHOW_TREE)
        draw_cursor(canvas, 1, 0, FALSE);
}

static void free_view(View *view)
{
    CellView *cell = cell_of(view);
    pager_free(cell->pager);
    g_clear_pointer(&cell->nodes, g_array_unref);
    g_clear_pointer(&cell->rows, g_array_unref);
    g_free(cell->folded);
    g_free(cell->bytes);
    g_free(cell->title);
    g_free(cell->name);
}

static const ViewClass cell_class = {
    .name = "cell",
    .draw = draw,
    .contexts = contexts,
    .move = move,
    .free = free_view,
};

static gboolean node_has(const CellView *cell, guint index, const Finder *finder)
{
    const SuperNode *node = node_of(cell, index);
    gboolean list = node->kind == SUPER_OBJECT || node->kind == SUPER_ARRAY;
    return finder_finds(finder, cell->bytes + node->key, node->key_length) ||
           (!list && finder_finds(finder, cell->bytes + node->start, node->length));
}

static gboolean find_node(CellView *cell, const char *text, gboolean forward)
{
    g_autoptr(Finder) finder = finder_new(text);
    guint count = cell->nodes->len, node = current_node(cell);
    for (guint i = 0; i < count; i++) {
        node = forward ? (node + 1) % count : (node + count - 1) % count;
        if (node_has(cell, node, finder)) {
            go_to_node(cell, node);
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean find(View *view, const char *text, gboolean forward)
{
    CellView *cell = cell_of(view);
    return cell->show == SHOW_TREE ? find_node(cell, text, forward)
                                   : pager_search(cell->pager, text, forward);
}

static const ViewSearch cell_search = {"find", "Not found", find};

static char *title_of(const CellView *cell, int modifier)
{
    g_autofree char *name = text_printable(cell->name, -1);
    g_autofree char *type = type_text(cell->type_oid, modifier);
    g_autofree char *size = text_bytes(is_hexadecimal(cell) ? cell->length / 2 : cell->length);
    gboolean known = strcmp(type, "unknown") != 0;
    return g_strdup_printf("%s%s%s, %s", name, known ? " " : "", known ? type : "",
                           cell->is_null ? "NULL" : size);
}

/* A tree only where there is something to unfold: a number is better read as text. */
static void parse(CellView *cell)
{
    gsize blanks = strspn(cell->bytes, " \t\r\n");
    if (cell->is_null || blanks >= cell->length || strchr("{[", cell->bytes[blanks]) == NULL)
        return;
    cell->nodes = sql_super_parse(cell->bytes, cell->length, NULL);
    if (cell->nodes == NULL)
        return;
    cell->folded = g_new0(gboolean, cell->nodes->len);
    cell->rows = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < cell->nodes->len && cell->nodes->len > OPEN_NODES; i++)
        cell->folded[i] = node_of(cell, i)->depth > 0 && node_of(cell, i)->children > 0;
    lay_out(cell);
}

View *cell_view_new(App *app, const DataValue *value)
{
    CellView *cell = view_new(app, &cell_class, sizeof(CellView));
    cell->name = g_strdup(value->name);
    cell->bytes = g_strndup(value->bytes, value->length);
    cell->length = value->length;
    cell->type_oid = value->type_oid;
    cell->is_null = value->is_null;
    cell->title = title_of(cell, value->type_modifier);
    cell->wrap = TRUE;
    cell->height = 1;
    cell->view.search = &cell_search;
    parse(cell);
    show(cell, cell->nodes != NULL ? SHOW_TREE : SHOW_TEXT);
    return &cell->view;
}

/* --- actions --------------------------------------------------------------------------------------*/

static Consequence done(void)
{
    return consequence(CONSEQUENCE_DONE);
}

static Consequence next_show(View *view, const char *argument)
{
    CellView *cell = cell_of(view);
    Show next = (Show)((cell->show + 1) % N_SHOWS);
    show(cell, next == SHOW_TREE && cell->nodes == NULL ? SHOW_TEXT : next);
    return done();
}

static Consequence wrap(View *view, const char *argument)
{
    CellView *cell = cell_of(view);
    cell->wrap = !cell->wrap;
    show(cell, SHOW_TEXT);
    return done();
}

static Consequence bytes(View *view, const char *argument)
{
    CellView *cell = cell_of(view);
    show(cell, cell->show != SHOW_BYTES ? SHOW_BYTES : cell->nodes != NULL ? SHOW_TREE : SHOW_TEXT);
    return done();
}

static Consequence copy(View *view, const char *argument)
{
    const CellView *cell = cell_of(view);
    if (cell->is_null)
        app_message(view->app, MESSAGE_INFO, "The cell is NULL: nothing was copied");
    else
        app_copy(view->app, "the value", cell->bytes);
    return done();
}

static Consequence fold(View *view, const char *argument)
{
    CellView *cell = cell_of(view);
    guint node = current_node(cell);
    if (node_of(cell, node)->children > 0)
        cell->folded[node] = !cell->folded[node];
    lay_out(cell);
    view_touch(view, ~0u);
    return done();
}

static Consequence fold_all(View *view, const char *argument)
{
    CellView *cell = cell_of(view);
    guint node = current_node(cell);
    gboolean any = FALSE;
    for (guint i = 0; i < cell->nodes->len; i++)
        any |= cell->folded[i];
    for (guint i = 1; i < cell->nodes->len; i++)
        cell->folded[i] = !any && node_of(cell, i)->children > 0;
    cell->folded[0] = FALSE;
    while (!any && node_of(cell, node)->depth > 1)
        node = (guint)node_of(cell, node)->parent;
    go_to_node(cell, node);
    view_touch(view, ~0u);
    return done();
}

static Consequence copy_path(View *view, const char *argument)
{
    g_autofree char *path = path_of_current(cell_of(view));
    app_copy(view->app, "the path", path);
    return done();
}

static Consequence copy_part(View *view, const char *argument)
{
    const CellView *cell = cell_of(view);
    g_autofree char *text = node_text(cell, node_of(cell, current_node(cell)));
    app_copy(view->app, "this part", text);
    return done();
}

const Action cell_actions[] = {
    {"cell.fold", "cell-tree", "Enter Space", "fold", "fold this part, or unfold it", ACTION_PLAIN,
     fold},
    {"cell.fold-all", "cell-tree", "a", "fold all", "fold all parts, or unfold them", ACTION_PLAIN,
     fold_all},
    {"cell.copy-path", "cell-tree", "p", "copy path", "copy the path as SQL navigates to this part",
     ACTION_PLAIN, copy_path},
    {"cell.copy-part", "cell-tree", "c", "copy part", "copy the text of this part", ACTION_PLAIN,
     copy_part},
    {"cell.show", "cell", "Tab", "tree/text/bytes", "show it as a tree, as text, as bytes",
     ACTION_PLAIN, next_show},
    {"cell.wrap", "cell", "w", "wrap", "wrap long lines, or cut them", ACTION_PLAIN, wrap},
    {"cell.bytes", "cell", "x", "bytes", "show the bytes, or the value again", ACTION_HIDDEN,
     bytes},
    {"cell.find", "cell", "/", "find", "find a text", ACTION_PLAIN, search_ask},
    {"cell.next", "cell", "n", "next", "go to the next place it was found", ACTION_HIDDEN,
     search_next},
    {"cell.previous", "cell", "N", "previous", "go to the one before", ACTION_HIDDEN,
     search_previous},
    {"cell.copy", "cell", "y", "copy", "copy the whole value to the clipboard", ACTION_PLAIN, copy},
    {0},
};
