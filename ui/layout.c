#include "ui/layout.h"

gboolean layout_is_usable(int rows, int columns)
{
    return rows >= LAYOUT_MIN_ROWS && columns >= LAYOUT_MIN_COLUMNS;
}

static int jobs_rows_that_fit(Rect area, int wanted)
{
    /* The grid keeps a header, five rows, its status line and the titles. */
    int spare = area.rows - 10;
    return CLAMP(wanted, 0, MAX(spare, MIN(wanted, 1)));
}

static int tree_columns_that_fit(Rect area, int wanted)
{
    if (wanted <= 0)
        return 0;
    return CLAMP(wanted, 16, MAX(area.columns * 2 / 5, 16));
}

Layout layout_browse(Rect area, LayoutWish wish)
{
    Layout layout;
    int jobs = jobs_rows_that_fit(area, wish.jobs_rows);
    int jobs_block = jobs > 0 ? jobs + 1 : 0;
    int tree = tree_columns_that_fit(area, wish.tree_columns);
    int upper = MAX(area.rows - jobs_block, 1);
    int body_x = area.x + (tree > 0 ? tree + 1 : 0);
    int body_columns = area.x + area.columns - body_x;

    layout.tree_title = (Rect){area.y, area.x, 1, tree};
    layout.tree = (Rect){area.y + 1, area.x, upper - 1, tree};
    layout.divider = (Rect){area.y, area.x + tree, upper, tree > 0 ? 1 : 0};
    layout.body_title = (Rect){area.y, body_x, 1, body_columns};
    layout.body = (Rect){area.y + 1, body_x, upper - 1, body_columns};
    layout.jobs_title = (Rect){area.y + upper, area.x, jobs > 0 ? 1 : 0, area.columns};
    layout.jobs = (Rect){area.y + upper + 1, area.x, jobs, area.columns};
    return layout;
}

void layout_split(Rect area, int share, int min_rows, Rect *upper, Rect *lower)
{
    int rows = area.rows * share / 100;
    if (area.rows >= 2 * min_rows)
        rows = CLAMP(rows, min_rows, area.rows - min_rows);
    rows = CLAMP(rows, 0, area.rows);
    *upper = (Rect){area.y, area.x, rows, area.columns};
    *lower = (Rect){area.y + rows, area.x, area.rows - rows, area.columns};
}
