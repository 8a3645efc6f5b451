/*
 * scroll: a cursor in a list, and the part of the list that is seen. Pure arithmetic.
 *
 * Units: items; rows of the screen show one item each.
 */
#ifndef REDSMITH_UI_SCROLL_H
#define REDSMITH_UI_SCROLL_H

#include "ui/view.h"

typedef struct {
    gint64 cursor, top;
} Scroll;

/* Up, down, pages, halves, top and bottom; other movements do nothing. */
void scroll_move(Scroll *scroll, Movement movement, gint64 count, int rows);

/* The cursor on an item, in sight. */
void scroll_to(Scroll *scroll, gint64 item, gint64 count, int rows);

/* For text without a cursor: moves the top, never past the last page. */
void scroll_page(Scroll *scroll, Movement movement, gint64 count, int rows);

/* Puts both back inside after count or rows changed. */
void scroll_clamp(Scroll *scroll, gint64 count, int rows);

#endif
