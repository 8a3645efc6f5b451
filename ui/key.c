#include "ui/key.h"

#include <string.h>

static const struct {
    const char *name;
    Key key;
} names[] = {
    {"Up", UI_KEY_UP},
    {"Down", UI_KEY_DOWN},
    {"Left", UI_KEY_LEFT},
    {"Right", UI_KEY_RIGHT},
    {"Home", UI_KEY_HOME},
    {"End", UI_KEY_END},
    {"PgUp", UI_KEY_PAGE_UP},
    {"PgDn", UI_KEY_PAGE_DOWN},
    {"Insert", UI_KEY_INSERT},
    {"Delete", UI_KEY_DELETE},
    {"Backspace", UI_KEY_BACKSPACE},
    {"Enter", UI_KEY_ENTER},
    {"Tab", UI_KEY_TAB},
    {"Shift-Tab", UI_KEY_BACK_TAB},
    {"Esc", UI_KEY_ESCAPE},
    {"Space", ' '},
};

char *key_to_text(Key key)
{
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (names[i].key == key)
            return g_strdup(names[i].name);
    if (key >= UI_KEY_F1 && key <= UI_KEY_F12)
        return g_strdup_printf("F%u", key - UI_KEY_F1 + 1);
    if (key > 0 && key < ' ')
        return g_strdup_printf("Ctrl-%c", (char)(key + '@'));
    char utf8[7] = "";
    if (key < UI_KEY_FIRST)
        utf8[g_unichar_to_utf8(key, utf8)] = '\0';
    return g_strdup(utf8);
}

static gboolean parse_control(const char *text, Key *key)
{
    if (g_ascii_strncasecmp(text, "Ctrl-", 5) != 0 || strlen(text) != 6)
        return FALSE;
    char letter = g_ascii_toupper(text[5]);
    if (letter < '@' || letter > '_')
        return FALSE;
    *key = (Key)(letter - '@');
    return *key != 0;
}

static gboolean parse_function_key(const char *text, Key *key)
{
    guint64 number;
    if (g_ascii_toupper(text[0]) != 'F' ||
        !g_ascii_string_to_unsigned(text + 1, 10, 1, 12, &number, NULL))
        return FALSE;
    *key = UI_KEY_F1 + (Key)number - 1;
    return TRUE;
}

gboolean key_parse(const char *text, Key *key)
{
    if (g_utf8_validate(text, -1, NULL) && g_utf8_strlen(text, -1) == 1) {
        *key = g_utf8_get_char(text);
        return key_is_text(*key);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_ascii_strcasecmp(names[i].name, text) == 0) {
            *key = names[i].key;
            return TRUE;
        }
    }
    return parse_control(text, key) || parse_function_key(text, key);
}

guint key_parse_sequence(const char *text, Key keys[KEY_SEQUENCE_MAX])
{
    if (key_parse(text, &keys[0]))
        return 1;
    if (!g_utf8_validate(text, -1, NULL))
        return 0;
    guint count = 0;
    for (; *text != '\0'; text = g_utf8_next_char(text)) {
        gunichar c = g_utf8_get_char(text);
        if (count == KEY_SEQUENCE_MAX || !key_is_text(c) || c == ' ')
            return 0;
        keys[count++] = c;
    }
    return count;
}

gboolean key_is_text(Key key)
{
    return key < UI_KEY_FIRST && g_unichar_isprint(key);
}

gboolean key_is_dismissal(Key key)
{
    enum { CTRL_C = 3 };
    return key == UI_KEY_ESCAPE || key == CTRL_C;
}
