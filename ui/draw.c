#include "ui/draw.h"

#include <curses.h>
#include <string.h>
#include <wchar.h>

struct Palette {
    guint64 styles[ROLE_COUNT]; /* attributes below, colour pair above */
};

enum { PAIR_SHIFT = 32 };

static const struct {
    const char *wide, *ascii;
} signs[SIGN_COUNT] = {
    [SIGN_HORIZONTAL] = {"─", "-"}, [SIGN_VERTICAL] = {"│", "|"}, [SIGN_TEE_DOWN] = {"┬", "+"},
    [SIGN_TEE_UP] = {"┴", "+"},     [SIGN_CROSS] = {"┼", "+"},    [SIGN_MARK] = {"▌", ">"},
    [SIGN_OPEN] = {"▾", "v"},       [SIGN_CLOSED] = {"▸", ">"},   [SIGN_UP] = {"▴", "^"},
    [SIGN_NULL] = {"∅", "NULL"},    [SIGN_DOT] = {"·", "-"},      [SIGN_CUT] = {"…", "~"},
    [SIGN_ARROW] = {"→", "->"},     [SIGN_FAST] = {"▲", "^"},
};

static attr_t curses_attributes(guint attributes)
{
    return (attributes & STYLE_BOLD ? A_BOLD : 0) | (attributes & STYLE_DIM ? A_DIM : 0) |
           (attributes & STYLE_ITALIC ? A_ITALIC : 0) |
           (attributes & STYLE_UNDERLINE ? A_UNDERLINE : 0) |
           (attributes & STYLE_REVERSE ? A_REVERSE : 0);
}

/* Pair 0 is the terminal's own; equal styles share one, for pairs are few on old terminals. */
static int pair_for(Palette *palette, const Style *styles, Role role, int *next)
{
    Style style = styles[role];
    if (style.foreground < 0 && style.background < 0)
        return 0;
    for (int other = 0; other < (int)role; other++)
        if (styles[other].foreground == style.foreground &&
            styles[other].background == style.background)
            return (int)(palette->styles[other] >> PAIR_SHIFT);
    if (*next >= COLOR_PAIRS ||
        init_extended_pair(*next, style.foreground, style.background) == ERR)
        return 0;
    return (*next)++;
}

Palette *palette_new(const Theme *theme, gboolean no_color)
{
    Palette *palette = g_new0(Palette, 1);
    int colors = has_colors() && !no_color ? COLORS : 0;
    Style styles[ROLE_COUNT];
    int next = 1;
    for (int role = 0; role < ROLE_COUNT; role++) {
        styles[role] = style_degrade(theme->roles[role], colors);
        int pair = colors > 0 ? pair_for(palette, styles, (Role)role, &next) : 0;
        palette->styles[role] =
            (guint64)pair << PAIR_SHIFT | (guint32)curses_attributes(styles[role].attributes);
    }
    return palette;
}

void palette_free(Palette *palette)
{
    g_free(palette);
}

Canvas canvas_screen(const Palette *palette, gboolean ascii, Rect rect, Rect *cursor)
{
    return (Canvas){.rect = rect, .ascii = ascii, .styles = palette->styles, .cursor = cursor};
}

Canvas canvas_part(const Canvas *canvas, Rect rect)
{
    Canvas part = *canvas;
    int bottom = MIN(rect.y + rect.rows, canvas->rect.y + canvas->rect.rows);
    int right = MIN(rect.x + rect.columns, canvas->rect.x + canvas->rect.columns);
    part.rect = (Rect){rect.y, rect.x, MAX(bottom - rect.y, 0), MAX(right - rect.x, 0)};
    return part;
}

const char *draw_sign(const Canvas *canvas, Sign sign)
{
    return canvas->ascii ? signs[sign].ascii : signs[sign].wide;
}

/* A base character and the marks on it as one cell. Returns the text after it. */
static const char *next_cell(const char *utf8, wchar_t cell[CCHARW_MAX + 1], int *width)
{
    int used = 0;
    gunichar c = g_utf8_get_char(utf8);
    *width = text_char_width(c);
    if (*width == 0) { /* a mark without a base */
        cell[used++] = L' ';
        *width = 1;
    }
    cell[used++] = (wchar_t)c;
    for (utf8 = g_utf8_next_char(utf8); *utf8 != '\0'; utf8 = g_utf8_next_char(utf8)) {
        c = g_utf8_get_char(utf8);
        if (text_char_width(c) != 0)
            break;
        if (used < CCHARW_MAX && wcwidth((wchar_t)c) == 0)
            cell[used++] = (wchar_t)c;
    }
    cell[used] = L'\0';
    return utf8;
}

static void put_cell(const Canvas *canvas, int y, int x, Role role, wchar_t *cell, int width)
{
    attr_t attributes = (attr_t)(guint32)canvas->styles[role];
    int pair = (int)(canvas->styles[role] >> PAIR_SHIFT);
    if (canvas->ascii && cell[0] >= 0x80) {
        wcscpy(cell, L"?");
    } else if (!canvas->ascii && wcwidth(cell[0]) != width) {
        wcscpy(cell, L"\uFFFD");
    }
    cchar_t packed;
    setcchar(&packed, cell, attributes, 0, &pair);
    mvadd_wch(canvas->rect.y + y, canvas->rect.x + x, &packed);
    if (width == 2 && wcwidth(cell[0]) == 1) {
        setcchar(&packed, L" ", attributes, 0, &pair);
        mvadd_wch(canvas->rect.y + y, canvas->rect.x + x + 1, &packed);
    }
}

/* Printable text from column x on, as far as the canvas reaches. Returns the column after it. */
static int put(const Canvas *canvas, int y, int x, Role role, const char *printable)
{
    if (y < 0 || y >= canvas->rect.rows || x < 0)
        return x;
    while (*printable != '\0') {
        wchar_t cell[CCHARW_MAX + 2];
        int width;
        printable = next_cell(printable, cell, &width);
        if (x + width > canvas->rect.columns)
            break;
        put_cell(canvas, y, x, role, cell, width);
        x += width;
    }
    return x;
}

void draw_text(const Canvas *canvas, int y, int x, int columns, Role role, TextAlign align,
               const char *text)
{
    if (columns < 0)
        columns = canvas->rect.columns - x;
    columns = MIN(columns, canvas->rect.columns - x);
    if (columns <= 0)
        return;
    g_autofree char *printable = text_printable(text, -1);
    g_autofree char *fitted = text_fit(printable, columns, align, canvas->ascii);
    put(canvas, y, x, role, fitted);
}

int draw_words(const Canvas *canvas, int y, int x, Role role, const char *text)
{
    g_autofree char *printable = text_printable(text, -1);
    return put(canvas, y, x, role, printable);
}

void draw_blank(const Canvas *canvas, int y, int x, int columns, Role role)
{
    draw_text(canvas, y, x, columns, role, TEXT_LEFT, "");
}

void draw_clear(const Canvas *canvas)
{
    for (int y = 0; y < canvas->rect.rows; y++)
        draw_blank(canvas, y, 0, -1, ROLE_TEXT);
}

void draw_sign_at(const Canvas *canvas, int y, int x, Role role, Sign sign)
{
    put(canvas, y, x, role, draw_sign(canvas, sign));
}

void draw_rule(const Canvas *canvas, int y, int x, int columns, const char *title, gboolean focused)
{
    columns = MIN(columns, canvas->rect.columns - x);
    for (int i = 0; i < columns; i++)
        draw_sign_at(canvas, y, x + i, ROLE_RULE, SIGN_HORIZONTAL);
    if (title == NULL || columns < 4)
        return;
    g_autofree char *printable = text_printable(title, -1);
    int width = MIN(text_width(printable), columns - 3);
    draw_words(canvas, y, x + 1, ROLE_RULE, " ");
    draw_text(canvas, y, x + 2, width, focused ? ROLE_ACCENT : ROLE_TITLE, TEXT_LEFT, printable);
    draw_words(canvas, y, x + 2 + width, ROLE_RULE, " ");
}

void draw_vertical(const Canvas *canvas, int y, int x, int rows)
{
    for (int i = 0; i < rows; i++)
        draw_sign_at(canvas, y + i, x, ROLE_RULE, SIGN_VERTICAL);
}

void draw_bar(const Canvas *canvas, int y, int x, int columns, int percent)
{
    static const char *const eighths[] = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
    int filled = CLAMP(percent, 0, 100) * columns * 8 / 100;
    for (int i = 0; i < columns; i++) {
        int part = CLAMP(filled - i * 8, 0, 8);
        put(canvas, y, x + i, ROLE_BAR, canvas->ascii ? (part >= 4 ? "#" : ".") : eighths[part]);
    }
}

void draw_cursor(const Canvas *canvas, int y, int x, gboolean visible)
{
    *canvas->cursor = (Rect){.y = canvas->rect.y + CLAMP(y, 0, MAX(canvas->rect.rows - 1, 0)),
                             .x = canvas->rect.x + CLAMP(x, 0, MAX(canvas->rect.columns - 1, 0)),
                             .rows = visible};
}

static void append_cell(GString *out, const cchar_t *packed, int *skip)
{
    wchar_t text[CCHARW_MAX + 1] = L"";
    attr_t attributes;
    short pair;
    int extended;
    if (*skip > 0) { /* the second half of a wide character */
        (*skip)--;
        return;
    }
    getcchar(packed, text, &attributes, &pair, &extended);
    for (const wchar_t *c = text; *c != L'\0'; c++)
        g_string_append_unichar(out, (gunichar)*c);
    *skip = text[0] != L'\0' && wcwidth(text[0]) == 2 ? 1 : 0;
}

char *draw_dump_screen(void)
{
    GString *out = g_string_new(NULL);
    for (int y = 0; y < LINES; y++) {
        GString *line = g_string_new(NULL);
        int skip = 0;
        for (int x = 0; x < COLS; x++) {
            cchar_t packed;
            if (mvwin_wch(stdscr, y, x, &packed) != ERR)
                append_cell(line, &packed, &skip);
        }
        g_string_append_printf(out, "%s\n", g_strchomp(line->str));
        g_string_free(line, TRUE);
    }
    return g_string_free(out, FALSE);
}
