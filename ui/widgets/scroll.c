#include "ui/widgets/scroll.h"

static gint64 target(gint64 from, Movement movement, gint64 count, int rows)
{
    switch (movement) {
    case MOVE_UP:
        return from - 1;
    case MOVE_DOWN:
        return from + 1;
    case MOVE_PAGE_UP:
        return from - rows;
    case MOVE_PAGE_DOWN:
        return from + rows;
    case MOVE_HALF_UP:
        return from - MAX(rows / 2, 1);
    case MOVE_HALF_DOWN:
        return from + MAX(rows / 2, 1);
    case MOVE_TOP:
        return 0;
    case MOVE_BOTTOM:
        return count - 1;
    default:
        return from;
    }
}

void scroll_clamp(Scroll *scroll, gint64 count, int rows)
{
    rows = MAX(rows, 1);
    scroll->cursor = CLAMP(scroll->cursor, 0, MAX(count - 1, 0));
    if (scroll->cursor < scroll->top)
        scroll->top = scroll->cursor;
    if (scroll->cursor >= scroll->top + rows)
        scroll->top = scroll->cursor - rows + 1;
    scroll->top = CLAMP(scroll->top, 0, MAX(count - rows, 0));
}

void scroll_to(Scroll *scroll, gint64 item, gint64 count, int rows)
{
    scroll->cursor = item;
    scroll_clamp(scroll, count, rows);
}

void scroll_move(Scroll *scroll, Movement movement, gint64 count, int rows)
{
    /* A page moves what is seen, so that the cursor keeps its place on the screen. */
    if (movement == MOVE_PAGE_DOWN || movement == MOVE_PAGE_UP)
        scroll->top =
            CLAMP(target(scroll->top, movement, count, rows), 0, MAX(count - MAX(rows, 1), 0));
    scroll_to(scroll, target(scroll->cursor, movement, count, rows), count, rows);
}

void scroll_page(Scroll *scroll, Movement movement, gint64 count, int rows)
{
    gint64 last = MAX(count - MAX(rows, 1), 0);
    gint64 top = movement == MOVE_BOTTOM ? last : target(scroll->top, movement, count, rows);
    scroll->top = CLAMP(top, 0, last);
}
