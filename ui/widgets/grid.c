#include "ui/widgets/grid.h"

#include <string.h>

#include "ui/widgets/grid_columns.h"
#include "ui/widgets/grid_geometry.h"

enum {
    WIDTH_CAP = 32,
    WIDTH_MAX = 400, /* of a column that was asked to show everything */
    WIDTH_LEAST = 3, /* of one that was narrowed */
    HEADER_ROWS = 2,
};

typedef struct {
    int width;          /* 0: never fitted */
    gboolean unlimited; /* the cap is lifted */
    gboolean set;       /* the user's width: not fitted */
    guint fitting;      /* the grid's when it was fitted */
} Fit;

struct Grid {
    const GridModel *model;
    gpointer user;
    Scroll rows;
    GridColumns *columns_shown;
    guint column, first, frozen; /* positions; frozen: a number of them */
    GArray *fits;                /* of Fit, by column of the model */
    GArray *widths;              /* of int, by position: what the geometry takes */
    GridMark mark;               /* may be NULL */
    gboolean all_unlimited;
    gboolean has_range;
    guint64 range_row;
    guint range_column;               /* position */
    char *null_marker, *empty_marker; /* NULL: the default */
    int sorted;
    gboolean descending;
    int height, columns;
    gint64 fitted_top, fitted_last; /* the rows that widths were last fitted to */
    guint fitting;                  /* counts those fittings */
    gboolean ascii;
};

Grid *grid_new(const GridModel *model, gpointer user)
{
    Grid *grid = g_new0(Grid, 1);
    grid->model = model;
    grid->user = user;
    grid->columns_shown = grid_columns_new();
    grid->fits = g_array_new(FALSE, TRUE, sizeof(Fit));
    grid->widths = g_array_new(FALSE, TRUE, sizeof(int));
    grid->sorted = -1;
    grid->frozen = 1;
    grid->height = 1;
    return grid;
}

void grid_free(Grid *grid)
{
    if (grid == NULL)
        return;
    grid_columns_free(grid->columns_shown);
    g_array_unref(grid->fits);
    g_array_unref(grid->widths);
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

void grid_set_marks(Grid *grid, GridMark mark)
{
    grid->mark = mark;
}

void grid_reset(Grid *grid)
{
    grid_columns_reset(grid->columns_shown, 0);
    g_array_set_size(grid->fits, 0);
    grid->all_unlimited = FALSE;
    grid->column = grid->first = 0;
    grid->sorted = -1;
    grid_rewind(grid);
}

void grid_rewind(Grid *grid)
{
    grid->rows = (Scroll){0};
    grid->fitted_last = -1;
    grid->has_range = FALSE;
}

static guint n_columns(const Grid *grid)
{
    const GridModel *model = grid->model;
    return model->headers != NULL ? model->n_headers : model->n_columns(grid->user);
}

static const char *name_of(const Grid *grid, guint column)
{
    const GridModel *model = grid->model;
    return model->headers != NULL ? model->headers[column] : model->name(grid->user, column);
}

/* The model's columns as they are by now: it has none before its first answer. */
static guint update_columns(const Grid *grid)
{
    guint count = n_columns(grid);
    if (grid_columns_total(grid->columns_shown) != count) {
        grid_columns_reset(grid->columns_shown, count);
        g_array_set_size(grid->fits, 0);
    }
    if (grid->fits->len != count)
        g_array_set_size(grid->fits, count);
    return grid_columns_shown(grid->columns_shown);
}

static Fit *fit_at(const Grid *grid, guint position)
{
    return &g_array_index(grid->fits, Fit, grid_columns_at(grid->columns_shown, position));
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
    guint shown = update_columns(grid);
    return shown == 0 ? grid->column
                      : grid_columns_at(grid->columns_shown, MIN(grid->column, shown - 1));
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

/* --- the cursor ---------------------------------------------------------------------------------*/

static void fit_column(Grid *grid, guint position);

/* The current column in sight: it and what stands before it on the screen are fitted first. */
static void show_column(Grid *grid)
{
    guint count = update_columns(grid);
    if (count == 0)
        return;
    grid->column = MIN(grid->column, count - 1);
    g_array_set_size(grid->widths, count);
    int *widths = (int *)(gpointer)grid->widths->data;
    int used = 0;
    for (guint i = 0; i < count; i++)
        widths[i] = MAX(fit_at(grid, i)->width, 1);
    for (guint i = 0; i < MIN(grid->frozen, count); i++)
        fit_column(grid, i);
    for (guint i = grid->column + 1; i > 0 && used <= grid->columns; i--) {
        fit_column(grid, i - 1);
        used += widths[i - 1] + GRID_GAP;
    }
    grid->first =
        grid_first_for(widths, count, grid->frozen, grid->first, grid->column, grid->columns);
}

void grid_go_to(Grid *grid, guint64 row, guint column)
{
    guint position;
    scroll_to(&grid->rows, (gint64)row, n_rows(grid), grid->height);
    update_columns(grid);
    if (grid_columns_find(grid->columns_shown, column, &position))
        grid->column = position;
    show_column(grid);
}

void grid_move(Grid *grid, Movement movement)
{
    guint last = MAX(update_columns(grid), 1) - 1;
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

/* --- the columns --------------------------------------------------------------------------------*/

void grid_fit_column(Grid *grid)
{
    if (grid->column >= update_columns(grid))
        return;
    Fit *fit = fit_at(grid, grid->column);
    *fit = (Fit){.unlimited = fit->set ? fit->unlimited : !fit->unlimited};
}

void grid_fit_all(Grid *grid)
{
    update_columns(grid);
    grid->all_unlimited = !grid->all_unlimited;
    for (guint i = 0; i < grid->fits->len; i++)
        g_array_index(grid->fits, Fit, i) = (Fit){.unlimited = grid->all_unlimited};
}

void grid_resize_column(Grid *grid, int by)
{
    if (grid->column >= update_columns(grid))
        return;
    Fit *fit = fit_at(grid, grid->column);
    fit->width = CLAMP(fit->width + by, WIDTH_LEAST, WIDTH_MAX);
    fit->set = TRUE;
}

gboolean grid_hide_column(Grid *grid)
{
    guint count = update_columns(grid);
    if (!grid_columns_hide(grid->columns_shown, grid->column))
        return FALSE;
    if (grid->column < grid->frozen)
        grid->frozen--;
    grid->column = MIN(grid->column, count - 2);
    grid->has_range = FALSE;
    return TRUE;
}

guint grid_show_columns(Grid *grid)
{
    guint column = grid_column(grid);
    guint hidden = grid_columns_show_all(grid->columns_shown);
    grid_columns_find(grid->columns_shown, column, &grid->column);
    return hidden;
}

gboolean grid_move_column(Grid *grid, int step)
{
    update_columns(grid);
    if (!grid_columns_move(grid->columns_shown, grid->column, step))
        return FALSE;
    grid->column = (guint)((int)grid->column + step);
    grid->has_range = FALSE;
    show_column(grid);
    return TRUE;
}

guint grid_n_shown(const Grid *grid)
{
    return update_columns(grid);
}

guint grid_n_hidden(const Grid *grid)
{
    return n_columns(grid) - update_columns(grid);
}

guint grid_shown_column(const Grid *grid, guint position)
{
    return grid_columns_at(grid->columns_shown, position);
}

/* --- the range ----------------------------------------------------------------------------------*/

void grid_begin_range(Grid *grid)
{
    grid->has_range = TRUE;
    grid->range_row = grid_row(grid);
    grid->range_column = grid->column;
}

void grid_end_range(Grid *grid)
{
    grid->has_range = FALSE;
}

gboolean grid_range(const Grid *grid, GridRange *range)
{
    guint64 row = grid->has_range ? grid->range_row : grid_row(grid);
    guint column = grid->has_range ? grid->range_column : grid->column;
    *range = (GridRange){.first_row = MIN(row, grid_row(grid)),
                         .last_row = MAX(row, grid_row(grid)),
                         .first = MIN(column, grid->column),
                         .last = MAX(column, grid->column)};
    return grid->has_range;
}

/* --- cells --------------------------------------------------------------------------------------*/

/* The text of a cell as it is shown. limit: columns of the screen that it may take. */
static GridCell read_cell(const Grid *grid, guint64 row, guint column, int limit, GString *text)
{
    const Canvas signs = {.ascii = grid->ascii};
    g_string_truncate(text, 0);
    GridCell kind = grid->model->cell(grid->user, row, column, (gsize)limit * 4, text);
    if (kind == GRID_NULL) {
        gboolean own = grid->null_marker != NULL && !grid->ascii;
        g_string_assign(text, own ? grid->null_marker : draw_sign(&signs, SIGN_NULL));
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
    g_autofree char *name = text_printable(name_of(grid, column), -1);
    return text_width(name) + ((int)column == grid->sorted ? 2 : 0);
}

/* Other rows, or more of them, are in sight: what is shown is to be fitted to them. */
static void note_rows(Grid *grid)
{
    gint64 last = MIN(grid->rows.top + grid->height, n_rows(grid));
    if (grid->fitted_top == grid->rows.top && grid->fitted_last == last)
        return;
    grid->fitted_top = grid->rows.top;
    grid->fitted_last = last;
    grid->fitting++;
}

static void fit_column(Grid *grid, guint position)
{
    guint column = grid_columns_at(grid->columns_shown, position);
    Fit *fit = fit_at(grid, position);
    if (!fit->set && (fit->width == 0 || fit->fitting != grid->fitting)) {
        int cap = fit->unlimited ? WIDTH_MAX : WIDTH_CAP;
        int wanted = MAX(fit->width, header_width(grid, column));
        gint64 last = MIN(grid->rows.top + grid->height, n_rows(grid));
        g_autoptr(GString) text = g_string_new(NULL);
        for (gint64 row = grid->rows.top; row < last && wanted < cap; row++) {
            read_cell(grid, (guint64)row, column, cap, text);
            wanted = MAX(wanted, text_width(text->str));
        }
        fit->width = CLAMP(wanted, 1, cap);
        fit->fitting = grid->fitting;
    }
    g_array_index(grid->widths, int, position) = fit->width;
}

/* What is seen decides what is fitted, and fitting what is seen: wider columns push others out. */
static GridGeometry fit_geometry(Grid *grid)
{
    guint count = update_columns(grid);
    const int *widths = (const int *)(gpointer)grid->widths->data;
    GridGeometry geometry = {.divider_x = -1};
    for (guint i = 0; i < count && i < GRID_SLOTS_MAX; i++) {
        geometry = grid_geometry(widths, count, grid->frozen, grid->first, grid->columns);
        gboolean changed = FALSE;
        for (guint slot = 0; slot < geometry.n_slots; slot++) {
            int before = widths[geometry.slots[slot].column];
            fit_column(grid, geometry.slots[slot].column);
            changed |= widths[geometry.slots[slot].column] != before;
        }
        if (!changed)
            break;
    }
    return geometry;
}

/* --- drawing ------------------------------------------------------------------------------------*/

static void draw_header(const Grid *grid, const Canvas *canvas, const GridGeometry *geometry)
{
    draw_blank(canvas, 0, 0, -1, ROLE_TEXT);
    for (int x = 0; x < canvas->rect.columns; x++)
        draw_sign_at(canvas, 1, x, ROLE_RULE, SIGN_HORIZONTAL);
    for (guint i = 0; i < geometry->n_slots; i++) {
        const GridSlot *slot = &geometry->slots[i];
        guint column = grid_columns_at(grid->columns_shown, slot->column);
        gboolean number = grid->model->is_number(grid->user, column);
        g_autofree char *printable = text_printable(name_of(grid, column), -1);
        g_autofree char *sorted = g_strdup_printf(
            "%s %s", printable, draw_sign(canvas, grid->descending ? SIGN_OPEN : SIGN_UP));
        draw_text(canvas, 0, slot->x, slot->width, ROLE_HEADER, number ? TEXT_RIGHT : TEXT_LEFT,
                  (int)column == grid->sorted ? sorted : printable);
    }
    if (geometry->divider_x >= 0) {
        draw_sign_at(canvas, 0, geometry->divider_x, ROLE_RULE, SIGN_VERTICAL);
        draw_sign_at(canvas, 1, geometry->divider_x, ROLE_RULE, SIGN_CROSS);
    }
    if (geometry->more)
        draw_sign_at(canvas, 0, canvas->rect.columns - 1, ROLE_MARK, SIGN_CLOSED);
}

static gboolean is_in_range(const Grid *grid, guint64 row, guint position)
{
    GridRange range;
    return grid_range(grid, &range) && row >= range.first_row && row <= range.last_row &&
           position >= range.first && position <= range.last;
}

static void draw_cell(const Grid *grid, const Canvas *canvas, int y, guint64 row,
                      const GridSlot *slot, gboolean current, GString *text)
{
    guint column = grid_columns_at(grid->columns_shown, slot->column);
    GridCell kind = read_cell(grid, row, column, slot->width, text);
    const char *shown = text->str;
    gboolean number = grid->model->is_number(grid->user, column);
    if (number && text_width(shown) > slot->width)
        shown = draw_sign(canvas, SIGN_CUT); /* half a number would be another number */
    Role role = current                                ? ROLE_CURSOR
                : is_in_range(grid, row, slot->column) ? ROLE_MATCH
                : kind == GRID_VALUE                   ? ROLE_TEXT
                                                       : ROLE_NULL;
    draw_text(canvas, y, slot->x, slot->width, role, number ? TEXT_RIGHT : TEXT_LEFT, shown);
    if (current)
        draw_cursor(canvas, y, slot->x, FALSE);
}

static void draw_gutter(const Grid *grid, const Canvas *canvas, int y, guint64 row,
                        gboolean focused)
{
    char mark = grid->mark != NULL ? grid->mark(grid->user, row) : '\0';
    gboolean current = (gint64)row == grid->rows.cursor;
    if (mark != '\0')
        draw_words(canvas, y, 0, current && focused ? ROLE_CURSOR : ROLE_MARK,
                   (const char[]){mark, '\0'});
    else if (current)
        draw_sign_at(canvas, y, 0, focused ? ROLE_MARK : ROLE_RULE, SIGN_MARK);
}

static void draw_row(const Grid *grid, const Canvas *canvas, int y, const GridGeometry *geometry,
                     gboolean focused, GString *text)
{
    gint64 row = grid->rows.top + y - HEADER_ROWS;
    draw_blank(canvas, y, 0, -1, ROLE_TEXT);
    if (row >= n_rows(grid))
        return;
    gboolean current = row == grid->rows.cursor && focused;
    draw_gutter(grid, canvas, y, (guint64)row, focused);
    for (guint i = 0; i < geometry->n_slots; i++)
        draw_cell(grid, canvas, y, (guint64)row, &geometry->slots[i],
                  current && geometry->slots[i].column == grid->column, text);
    /* In the colour of the cells: where both sides change, curses writes it again, and two changes of
     * attributes on each row would be a fifth of all bytes of a page. */
    if (geometry->divider_x >= 0)
        draw_sign_at(canvas, y, geometry->divider_x, ROLE_TEXT, SIGN_VERTICAL);
}

void grid_draw(Grid *grid, const Canvas *canvas, gboolean focused)
{
    grid->height = MAX(canvas->rect.rows - HEADER_ROWS, 1);
    grid->columns = canvas->rect.columns;
    grid->ascii = canvas->ascii;
    scroll_clamp(&grid->rows, n_rows(grid), grid->height);
    note_rows(grid);
    show_column(grid);
    GridGeometry geometry = fit_geometry(grid);
    draw_header(grid, canvas, &geometry);
    g_autoptr(GString) text = g_string_new(NULL);
    for (int y = HEADER_ROWS; y < canvas->rect.rows; y++)
        draw_row(grid, canvas, y, &geometry, focused, text);
}
