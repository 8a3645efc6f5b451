/*
 * draw: text, rules and bars on a rectangle of the screen.
 *
 * The one gate to curses' cells. Whatever text is given passes text_printable here, so that no byte
 * of a server or a file can reach the terminal raw, whoever forgot it before. Widths are those of
 * base/text; a character on whose width the C library disagrees is drawn as a replacement mark, for a
 * shifted line is worse. Lines and blocks are wide characters, not the alternate character set, and
 * ASCII where the locale is not UTF-8.
 *
 * Threads: main thread. Coordinates are relative to the canvas; what lies outside is cut.
 */
#ifndef REDSMITH_UI_DRAW_H
#define REDSMITH_UI_DRAW_H

#include "base/text.h"
#include "ui/layout.h"
#include "ui/theme.h"

/* Signs with an ASCII stand-in. */
typedef enum {
    SIGN_HORIZONTAL, /* ─ */
    SIGN_VERTICAL,   /* │ */
    SIGN_TEE_DOWN,   /* ┬ */
    SIGN_TEE_UP,     /* ┴ */
    SIGN_CROSS,      /* ┼ */
    SIGN_MARK,       /* ▌ */
    SIGN_OPEN,       /* ▾ */
    SIGN_CLOSED,     /* ▸ */
    SIGN_UP,         /* ▴ */
    SIGN_NULL,       /* ∅ */
    SIGN_DOT,        /* · */
    SIGN_CUT,        /* … */
    SIGN_ARROW,      /* → */
    SIGN_FAST,       /* ▲ */
    SIGN_COUNT
} Sign;

typedef struct Canvas Canvas;
struct Canvas {
    Rect rect;
    gboolean ascii;
    const guint64 *styles; /* of the roles, as draw.c packs them */
    Rect *cursor;          /* where the terminal's cursor goes; rows 0 hides it */
};

/* What the roles look like on this terminal. */
typedef struct Palette Palette;
Palette *palette_new(const Theme *theme, gboolean no_color);
void palette_free(Palette *palette);

/* The whole screen. cursor is the app's; it must outlive the canvas. */
Canvas canvas_screen(const Palette *palette, gboolean ascii, Rect rect, Rect *cursor);
/* A part of it, in the screen's coordinates, cut to the outer one. */
Canvas canvas_part(const Canvas *canvas, Rect rect);

/* "▾" or its stand-in; static. */
const char *draw_sign(const Canvas *canvas, Sign sign);

/* Exactly `columns` columns: cut with "…" or padded. columns -1: to the edge. */
void draw_text(const Canvas *canvas, int y, int x, int columns, Role role, TextAlign align,
               const char *text);

/* As many columns as the text takes, cut at the edge. Returns the column after it. */
int draw_words(const Canvas *canvas, int y, int x, Role role, const char *text);

void draw_blank(const Canvas *canvas, int y, int x, int columns, Role role);
void draw_clear(const Canvas *canvas);

/* A thin line with a title set into it: "─ Jobs ────". title may be NULL. */
void draw_rule(const Canvas *canvas, int y, int x, int columns, const char *title,
               gboolean focused);
void draw_vertical(const Canvas *canvas, int y, int x, int rows);
void draw_sign_at(const Canvas *canvas, int y, int x, Role role, Sign sign);

/* A bar of eighths, `percent` of `columns` filled; "#" in ASCII. */
void draw_bar(const Canvas *canvas, int y, int x, int columns, int percent);

/* The terminal's cursor, for text fields (visible) and as a reading mark (not). */
void draw_cursor(const Canvas *canvas, int y, int x, gboolean visible);

/* The screen as it was last drawn, a line per row, blanks at the ends cut. Free with g_free. */
char *draw_dump_screen(void);

#endif
