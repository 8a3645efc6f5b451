/*
 * theme: which role looks how.
 *
 * Views name roles, never colours. A theme file maps roles to a style and may inherit another theme:
 *
 *     [theme]
 *     inherit = default
 *     [roles]
 *     accent  = bold cyan
 *     warning = bold white on red
 *     cursor  = reverse
 *
 * A style is attributes (bold dim italic underline reverse), a colour, and "on" with a background.
 * Colours are the eight names with or without "bright-", 0-255, #rrggbb or "default". They degrade
 * by distance to what the terminal has: 2^24, 256, 16, 8 or none. Without colours (mono terminals,
 * NO_COLOR) the attributes stay and a background becomes reverse, so that no meaning is lost.
 *
 * Themes are looked for in $XDG_CONFIG_HOME/redsmith/themes, then among those built in.
 *
 * Threads: pure but for reading files.
 */
#ifndef REDSMITH_UI_THEME_H
#define REDSMITH_UI_THEME_H

#include <glib.h>

typedef enum {
    ROLE_TEXT,    /* ordinary text, cells */
    ROLE_QUIET,   /* what may be overlooked */
    ROLE_RULE,    /* lines between panes */
    ROLE_TITLE,   /* titles of panes that have no focus */
    ROLE_ACCENT,  /* the focused pane's title */
    ROLE_CONTEXT, /* the top row */
    ROLE_WARNING, /* production, risk */
    ROLE_ERROR,   /* what failed */
    ROLE_GOOD,    /* what went well */
    ROLE_HEADER,  /* column names */
    ROLE_CURSOR,  /* the current cell or line */
    ROLE_MARK,    /* the gutter's mark */
    ROLE_NULL,    /* ∅ and '' */
    ROLE_MATCH,   /* found text */
    ROLE_KEY,     /* keys in the footer and the help */
    ROLE_HINT,    /* words beside them */
    ROLE_BAR,     /* progress bars */
    ROLE_INPUT,   /* text fields */
    ROLE_SQL,     /* statements */
    ROLE_KEYWORD, /* in the editor: SQL's own words */
    ROLE_STRING,  /* in the editor: texts */
    ROLE_COMMENT, /* in the editor: comments */
    ROLE_COUNT
} Role;

enum {
    STYLE_BOLD = 1,
    STYLE_DIM = 2,
    STYLE_ITALIC = 4,
    STYLE_UNDERLINE = 8,
    STYLE_REVERSE = 16,
};

/* A colour: -1 the terminal's default, 0-255 of the palette, or STYLE_RGB with 0xrrggbb. */
enum { STYLE_DEFAULT_COLOR = -1, STYLE_RGB = 1 << 24 };

typedef struct {
    guint attributes;
    int foreground, background;
} Style;

typedef struct {
    Style roles[ROLE_COUNT];
} Theme;

typedef struct {
    const char *name, *text;
} ThemeFile;

/* The themes built in, ended by a NULL name; made from themes/ when the program is built. */
extern const ThemeFile theme_builtin[];

/* RS_ERROR_CONFIG names the file, the role and the word. */
gboolean theme_read(Theme *theme, const char *name, const char *text, GError **error);

/* By name, with what it inherits. RS_ERROR_NOT_FOUND lists the themes there are. */
gboolean theme_load(Theme *theme, const char *name, GError **error);

/* RS_ERROR_CONFIG for a word that is neither attribute nor colour. */
gboolean style_parse(const char *text, Style *style, GError **error);

/* The style for a terminal of that many colours (0 or 1: none): every colour an index below
 * `colors`, or 0xrrggbb itself when there are 2^24, or -1. */
Style style_degrade(Style style, int colors);

#endif
