#include "ui/theme.h"

#include <string.h>

#include "base/error.h"
#include "config/paths.h"

enum { INHERIT_MAX = 8, TRUE_COLORS = 1 << 24 };

static const char *const role_names[ROLE_COUNT] = {
    [ROLE_TEXT] = "text",       [ROLE_QUIET] = "quiet",     [ROLE_RULE] = "rule",
    [ROLE_TITLE] = "title",     [ROLE_ACCENT] = "accent",   [ROLE_CONTEXT] = "context",
    [ROLE_WARNING] = "warning", [ROLE_ERROR] = "error",     [ROLE_GOOD] = "good",
    [ROLE_HEADER] = "header",   [ROLE_CURSOR] = "cursor",   [ROLE_MARK] = "mark",
    [ROLE_NULL] = "null",       [ROLE_MATCH] = "match",     [ROLE_KEY] = "key",
    [ROLE_HINT] = "hint",       [ROLE_BAR] = "bar",         [ROLE_INPUT] = "input",
    [ROLE_SQL] = "sql",         [ROLE_KEYWORD] = "keyword", [ROLE_STRING] = "string",
    [ROLE_COMMENT] = "comment",
};

static const char *const color_names[] = {"black", "red",     "green", "yellow",
                                          "blue",  "magenta", "cyan",  "white"};

/* The sixteen colours as xterm shows them: what distances are measured against. */
static const guint32 sixteen[] = {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd,
                                  0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00,
                                  0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff};

static const struct {
    const char *name;
    guint bit;
} attribute_names[] = {
    {"bold", STYLE_BOLD},           {"dim", STYLE_DIM},         {"italic", STYLE_ITALIC},
    {"underline", STYLE_UNDERLINE}, {"reverse", STYLE_REVERSE},
};

static guint attribute_of(const char *word)
{
    for (gsize i = 0; i < G_N_ELEMENTS(attribute_names); i++)
        if (strcmp(attribute_names[i].name, word) == 0)
            return attribute_names[i].bit;
    return 0;
}

static gboolean parse_named_color(const char *word, int *color)
{
    gboolean bright = g_str_has_prefix(word, "bright-");
    const char *name = bright ? word + strlen("bright-") : word;
    for (gsize i = 0; i < G_N_ELEMENTS(color_names); i++) {
        if (strcmp(color_names[i], name) == 0) {
            *color = (int)i + (bright ? 8 : 0);
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean parse_color(const char *word, int *color)
{
    guint64 number;
    if (strcmp(word, "default") == 0) {
        *color = STYLE_DEFAULT_COLOR;
        return TRUE;
    }
    if (word[0] == '#' && strlen(word) == 7 &&
        g_ascii_string_to_unsigned(word + 1, 16, 0, 0xffffff, &number, NULL)) {
        *color = STYLE_RGB | (int)number;
        return TRUE;
    }
    if (g_ascii_string_to_unsigned(word, 10, 0, 255, &number, NULL)) {
        *color = (int)number;
        return TRUE;
    }
    return parse_named_color(word, color);
}

gboolean style_parse(const char *text, Style *style, GError **error)
{
    Style parsed = {.foreground = STYLE_DEFAULT_COLOR, .background = STYLE_DEFAULT_COLOR};
    int *color = &parsed.foreground;
    g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);
    for (char **word = words; *word != NULL; word++) {
        guint attribute = attribute_of(*word);
        parsed.attributes |= attribute;
        if (**word == '\0' || attribute != 0 || strcmp(*word, "plain") == 0)
            continue;
        if (strcmp(*word, "on") == 0) {
            color = &parsed.background;
        } else if (!parse_color(*word, color)) {
            g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                        "\"%s\" is neither an attribute nor a colour", *word);
            return FALSE;
        }
    }
    *style = parsed;
    return TRUE;
}

static gboolean read_roles(Theme *theme, const char *name, GKeyFile *file, GError **error)
{
    g_auto(GStrv) keys = g_key_file_get_keys(file, "roles", NULL, NULL);
    for (char **key = keys; key != NULL && *key != NULL; key++) {
        int role = 0;
        while (role < ROLE_COUNT && strcmp(role_names[role], *key) != 0)
            role++;
        if (role == ROLE_COUNT) {
            g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "theme %s: there is no role \"%s\"", name,
                        *key);
            return FALSE;
        }
        g_autofree char *value = g_key_file_get_string(file, "roles", *key, NULL);
        if (!style_parse(value, &theme->roles[role], error)) {
            g_prefix_error(error, "theme %s, role %s: ", name, *key);
            return FALSE;
        }
    }
    return TRUE;
}

static char *find_theme(const char *name, GError **error)
{
    g_autofree char *file = g_strconcat(name, ".theme", NULL);
    g_autofree char *folder = paths_config_dir();
    g_autofree char *path = g_build_filename(folder, "themes", file, NULL);
    char *text = NULL;
    if (strchr(name, '/') == NULL && g_file_get_contents(path, &text, NULL, NULL))
        return text;
    GString *known = g_string_new(NULL);
    for (const ThemeFile *builtin = theme_builtin; builtin->name != NULL; builtin++) {
        if (strcmp(builtin->name, name) == 0) {
            g_string_free(known, TRUE);
            return g_strdup(builtin->text);
        }
        g_string_append_printf(known, "%s%s", known->len > 0 ? ", " : "", builtin->name);
    }
    g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND,
                "There is no theme \"%s\"; built in are %s; others belong in %s", name, known->str,
                path);
    g_string_free(known, TRUE);
    return NULL;
}

static gboolean load_at_depth(Theme *theme, const char *name, guint depth, GError **error);

static gboolean read_at_depth(Theme *theme, const char *name, const char *text, guint depth,
                              GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) failure = NULL;
    if (!g_key_file_load_from_data(file, text, (gsize)-1, G_KEY_FILE_NONE, &failure)) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "theme %s: %s", name, failure->message);
        return FALSE;
    }
    g_autofree char *parent = g_key_file_get_string(file, "theme", "inherit", NULL);
    if (parent != NULL && !load_at_depth(theme, parent, depth + 1, error))
        return FALSE;
    return read_roles(theme, name, file, error);
}

static gboolean load_at_depth(Theme *theme, const char *name, guint depth, GError **error)
{
    if (depth > INHERIT_MAX) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "theme %s inherits itself", name);
        return FALSE;
    }
    g_autofree char *text = find_theme(name, error);
    return text != NULL && read_at_depth(theme, name, text, depth, error);
}

static void theme_init(Theme *theme)
{
    for (int role = 0; role < ROLE_COUNT; role++)
        theme->roles[role] =
            (Style){.foreground = STYLE_DEFAULT_COLOR, .background = STYLE_DEFAULT_COLOR};
}

gboolean theme_read(Theme *theme, const char *name, const char *text, GError **error)
{
    theme_init(theme);
    return read_at_depth(theme, name, text, 0, error);
}

gboolean theme_load(Theme *theme, const char *name, GError **error)
{
    theme_init(theme);
    return load_at_depth(theme, name, 0, error);
}

static guint32 rgb_of_index(int index)
{
    static const guint8 levels[] = {0, 95, 135, 175, 215, 255};
    if (index < 16)
        return sixteen[index];
    if (index < 232) {
        int cube = index - 16;
        return (guint32)(levels[cube / 36] << 16 | levels[cube / 6 % 6] << 8 | levels[cube % 6]);
    }
    guint32 grey = 8 + 10 * (guint32)(index - 232);
    return grey << 16 | grey << 8 | grey;
}

static int distance(guint32 a, guint32 b)
{
    int red = (int)(a >> 16 & 0xff) - (int)(b >> 16 & 0xff);
    int green = (int)(a >> 8 & 0xff) - (int)(b >> 8 & 0xff);
    int blue = (int)(a & 0xff) - (int)(b & 0xff);
    return 3 * red * red + 4 * green * green + 2 * blue * blue;
}

/* The first sixteen are skipped where the cube exists: users repaint them. */
static int nearest(guint32 rgb, int first, int count)
{
    int best = first;
    for (int i = first; i < count; i++)
        if (distance(rgb, rgb_of_index(i)) < distance(rgb, rgb_of_index(best)))
            best = i;
    return best;
}

static int degrade_color(int color, int colors)
{
    if (color < 0)
        return color;
    guint32 rgb = color & STYLE_RGB ? (guint32)(color & 0xffffff) : rgb_of_index(color);
    if (colors >= TRUE_COLORS) /* there the first eight values are the palette's own */
        return color < 8 ? color : (int)MAX(rgb, 8u);
    if (!(color & STYLE_RGB) && color < colors)
        return color;
    if (colors >= 256)
        return nearest(rgb, 16, 256);
    return nearest(rgb, 0, colors >= 16 ? 16 : 8);
}

Style style_degrade(Style style, int colors)
{
    if (colors < 8) {
        if (style.background >= 0)
            style.attributes |= STYLE_REVERSE;
        style.foreground = style.background = STYLE_DEFAULT_COLOR;
        return style;
    }
    style.foreground = degrade_color(style.foreground, colors);
    style.background = degrade_color(style.background, colors);
    /* A bright colour that lost its brightness keeps its weight; a foreground must not vanish. */
    if (style.foreground == style.background && style.foreground >= 0)
        style.foreground = style.background == 0 ? 7 : 0;
    return style;
}
