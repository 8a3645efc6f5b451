#include "ui/widgets/grid.h"

#include <string.h>

#include "ui/widgets/grid_geometry.h"

enum {
    WIDTH_CAP = 32,
    WIDTH_MAX = 400, /* of a column that was asked to show everything */
    HEADER_ROWS = 2,
};

struct Grid {
    const GridModel *model;
    gpointer user;
    Scroll rows;
    guint column, first, frozen;
    GArray *widths;                   /* of int */
    GArray *unlimited;                /* of gboolean: the cap is lifted */
    char *null_marker, *empty_marker; /* NULL: the default */
    int sorted;
    gboolean descending;
    int height, columns;
    gint64 fitted_top, fitted_last; /* the rows that widths were last fitted to */
};

Grid *grid_new(const GridModel *model, gpointer user)
{
    Grid *grid = g_new0(Grid, 1);
    grid->model = model;
    grid->user = user;
    grid->widths = g_array_new(FALSE, TRUE, sizeof(int));
    grid->unlimited = g_array_new(FALSE, TRUE, sizeof(gboolean));
    grid->sorted = -1;
    grid->frozen = 1;
    grid->height = 1;
    return grid;
}

void grid_free(Grid *grid)
{
    if (grid == NULL)
        return;
    g_array_unref(grid->widths);
    g_array_unref(grid->unlimited);
    g_free(grid->null_marker);
    g_free(grid->empty_marker);
    g_free(grid);
}

void grid_set_markers(Grid *grid, const char *null_marker, const char *empty_marker)
{
    g_free(grid->null_marker);
    g_free(grid->empty_marker);
    grid->null_marker = null_marker != NULL ? text_printable(null_marker, -1) : NULL;
    grid->empty_marker = empty_marker != NULL ? text_printable(empty_marker, -1) : NULL;
}

void grid_reset(Grid *grid)
{
    g_array_set_size(grid->widths, 0);
    g_array_set_size(grid->unlimited, 0);
    grid->column = grid->first = 0;
    grid->sorted = -1;
    grid_rewind(grid);
}

void grid_rewind(Grid *grid)
{
    grid->rows = (Scroll){0};
    grid->fitted_last = -1;
}

static guint n_columns(const Grid *grid)
{
    return grid->model->n_columns(grid->user);
}

static gint64 n_rows(const Grid *grid)
{
    return (gint64)grid->model->n_rows(grid->user);
}

guint64 grid_row(const Grid *grid)
{
    return (guint64)grid->rows.cursor;
}

guint64 grid_top(const Grid *grid)
{
    return (guint64)grid->rows.top;
}

guint grid_column(const Grid *grid)
{
    return grid->column;
}

int grid_height(const Grid *grid)
{
    return grid->height;
}

guint grid_frozen(const Grid *grid)
{
    return grid->frozen;
}

void grid_freeze(Grid *grid, guint columns)
{
    grid->frozen = columns;
}

void grid_set_sort(Grid *grid, int column, gboolean descending)
{
    grid->sorted = column;
    grid->descending = descending;
    grid->fitted_last = -1;
}

/* The column in sight, once widths are known. */
static void show_column(Grid *grid)
{
    guint count = MIN(n_columns(grid), grid->widths->len);
    if (count == 0)
        return;
    grid->column = MIN(grid->column, count - 1);
    grid->first = grid_first_for((const int *)(gpointer)grid->widths->data, count, grid->frozen,
                                 grid->first, grid->column, grid->columns);
}

void grid_go_to(Grid *grid, guint64 row, guint column)
{
    scroll_to(&grid->rows, (gint64)row, n_rows(grid), grid->height);
    grid->column = column;
    show_column(grid);
}

void grid_move(Grid *grid, Movement movement)
{
    guint last = MAX(n_columns(grid), 1) - 1;
    switch (movement) {
    case MOVE_LEFT:
        grid->column -= grid->column > 0 ? 1 : 0;
        break;
    case MOVE_RIGHT:
        grid->column = MIN(grid->column + 1, last);
        break;
    case MOVE_LINE_START:
        grid->column = grid->first = 0;
        break;
    case MOVE_LINE_END:
        grid->column = last;
        break;
    default:
        scroll_move(&grid->rows, movement, n_rows(grid), grid->height);
    }
    show_column(grid);
}

void grid_fit_column(Grid *grid)
{
    if (grid->column >= grid->unlimited->len)
        return;
    gboolean *unlimited = &g_array_index(grid->unlimited, gboolean, grid->column);
    *unlimited = !*unlimited;
    g_array_index(grid->widths, int, grid->column) = 0;
    grid->fitted_last = -1;
}

/* The text of a cell as it is shown. */
static GridCell read_cell(const Grid *grid, const Canvas *canvas, guint64 row, guint column,
                          GString *text)
{
    gsize limit = g_array_index(grid->unlimited, gboolean, column) ? WIDTH_MAX * 4 : WIDTH_CAP * 4;
    g_string_truncate(text, 0);
    GridCell kind = grid->model->cell(grid->user, row, column, limit, text);
    if (kind == GRID_NULL) {
        gboolean own = grid->null_marker != NULL && !canvas->ascii;
        g_string_assign(text, own ? grid->null_marker : draw_sign(canvas, SIGN_NULL));
    } else if (kind == GRID_EMPTY && text->len == 0 && grid->empty_marker != NULL) {
        g_string_assign(text, grid->empty_marker);
    } else if (kind == GRID_EMPTY) { /* blanks are seen by the quotes around them */
        g_string_prepend_c(text, '\'');
        g_string_append_c(text, '\'');
    }
    return kind;
}

static int header_width(const Grid *grid, guint column)
{
    g_autofree char *name = text_printable(grid->model->name(grid->user, column), -1);
    return text_width(name) + ((int)column == grid->sorted ? 2 : 0);
}

static gboolean is_fitted(Grid *grid, gint64 last)
{
    if (grid->widths->len == n_columns(grid) && grid->fitted_top == grid->rows.top &&
        grid->fitted_last == last)
        return TRUE;
    grid->fitted_top = grid->rows.top;
    grid->fitted_last = last;
    return FALSE;
}

static void fit_columns(Grid *grid, const Canvas *canvas)
{
    guint count = n_columns(grid);
    gint64 last = MIN(grid->rows.top + grid->height, n_rows(grid));
    if (is_fitted(grid, last))
        return;
    g_autoptr(GString) text = g_string_new(NULL);
    g_array_set_size(grid->widths, count);
    g_array_set_size(grid->unlimited, count);
    for (guint column = 0; column < count; column++) {
        int *width = &g_array_index(grid->widths, int, column);
        int cap = g_array_index(grid->unlimited, gboolean, column) ? WIDTH_MAX : WIDTH_CAP;
        int wanted = MAX(*width, header_width(grid, column));
        for (gint64 row = grid->rows.top; row < last; row++) {
            read_cell(grid, canvas, (guint64)row, column, text);
            wanted = MAX(wanted, text_width(text->str));
        }
        *width = CLAMP(wanted, 1, cap);
    }
}

static void draw_header(const Grid *grid, const Canvas *canvas, const GridGeometry *geometry)
{
    draw_blank(canvas, 0, 0, -1, ROLE_TEXT);
    for (int x = 0; x < canvas->rect.columns; x++)
        draw_sign_at(canvas, 1, x, ROLE_RULE, SIGN_HORIZONTAL);
    for (guint i = 0; i < geometry->n_slots; i++) {
        const GridSlot *slot = &geometry->slots[i];
        gboolean number = grid->model->is_number(grid->user, slot->column);
        g_autofree char *printable =
            text_printable(grid->model->name(grid->user, slot->column), -1);
        g_autofree char *sorted = g_strdup_printf(
            "%s %s", printable, draw_sign(canvas, grid->descending ? SIGN_OPEN : SIGN_UP));
        draw_text(canvas, 0, slot->x, slot->width, ROLE_HEADER, number ? TEXT_RIGHT : TEXT_LEFT,
                  (int)slot->column == grid->sorted ? sorted : printable);
    }
    if (geometry->divider_x >= 0) {
        draw_sign_at(canvas, 0, geometry->divider_x, ROLE_RULE, SIGN_VERTICAL);
        draw_sign_at(canvas, 1, geometry->divider_x, ROLE_RULE, SIGN_CROSS);
    }
    if (geometry->more)
        draw_sign_at(canvas, 0, canvas->rect.columns - 1, ROLE_MARK, SIGN_CLOSED);
}

static void draw_cell(const Grid *grid, const Canvas *canvas, int y, guint64 row,
                      const GridSlot *slot, gboolean current, GString *text)
{
    GridCell kind = read_cell(grid, canvas, row, slot->column, text);
    const char *shown = text->str;
    gboolean number = grid->model->is_number(grid->user, slot->column);
    if (number && text_width(shown) > slot->width)
        shown = draw_sign(canvas, SIGN_CUT); /* half a number would be another number */
    Role role = current ? ROLE_CURSOR : kind == GRID_VALUE ? ROLE_TEXT : ROLE_NULL;
    draw_text(canvas, y, slot->x, slot->width, role, number ? TEXT_RIGHT : TEXT_LEFT, shown);
    if (current)
        draw_cursor(canvas, y, slot->x, FALSE);
}

static void draw_row(const Grid *grid, const Canvas *canvas, int y, const GridGeometry *geometry,
                     gboolean focused, GString *text)
{
    gint64 row = grid->rows.top + y - HEADER_ROWS;
    draw_blank(canvas, y, 0, -1, ROLE_TEXT);
    if (row >= n_rows(grid))
        return;
    gboolean current = row == grid->rows.cursor;
    if (current)
        draw_sign_at(canvas, y, 0, focused ? ROLE_MARK : ROLE_RULE, SIGN_MARK);
    for (guint i = 0; i < geometry->n_slots; i++)
        draw_cell(grid, canvas, y, (guint64)row, &geometry->slots[i],
                  current && focused && geometry->slots[i].column == grid->column, text);
    /* In the colour of the cells: where both sides change, curses writes it again, and two changes of
     * attributes on each row would be a fifth of all bytes of a page. */
    if (geometry->divider_x >= 0)
        draw_sign_at(canvas, y, geometry->divider_x, ROLE_TEXT, SIGN_VERTICAL);
}

void grid_draw(Grid *grid, const Canvas *canvas, gboolean focused)
{
    grid->height = MAX(canvas->rect.rows - HEADER_ROWS, 1);
    grid->columns = canvas->rect.columns;
    scroll_clamp(&grid->rows, n_rows(grid), grid->height);
    fit_columns(grid, canvas);
    show_column(grid);
    GridGeometry geometry =
        grid_geometry((const int *)(gpointer)grid->widths->data, grid->widths->len, grid->frozen,
                      grid->first, grid->columns);
    draw_header(grid, canvas, &geometry);
    g_autoptr(GString) text = g_string_new(NULL);
    for (int y = HEADER_ROWS; y < canvas->rect.rows; y++)
        draw_row(grid, canvas, y, &geometry, focused, text);
}
