/*
 * key: what one press is called.
 *
 * A Key is a Unicode character, or one of the named values above the Unicode range. Control
 * characters keep their code (Ctrl-D is 4), but for those that have a key of their own: Tab, Enter,
 * Esc and Backspace. Key names are an interface: keys.conf, scripts, the help and the man page use
 * the same ones: "j", "Ctrl-D", "PgUp", "Enter", "Space", "F1".
 *
 * A sequence is one name, or several plain characters in a row: "gg", "z3".
 *
 * Threads: pure functions.
 */
#ifndef REDSMITH_UI_KEY_H
#define REDSMITH_UI_KEY_H

#include <glib.h>

typedef guint32 Key;

enum {
    UI_KEY_NONE = 0,
    UI_KEY_FIRST = 0x110000, /* past the last Unicode character */
    UI_KEY_UP = UI_KEY_FIRST,
    UI_KEY_DOWN,
    UI_KEY_LEFT,
    UI_KEY_RIGHT,
    UI_KEY_HOME,
    UI_KEY_END,
    UI_KEY_PAGE_UP,
    UI_KEY_PAGE_DOWN,
    UI_KEY_INSERT,
    UI_KEY_DELETE,
    UI_KEY_BACKSPACE,
    UI_KEY_ENTER,
    UI_KEY_TAB,
    UI_KEY_BACK_TAB,
    UI_KEY_ESCAPE,
    UI_KEY_F1,
    UI_KEY_F12 = UI_KEY_F1 + 11,
    UI_KEY_LAST
};

/* The longest sequence that a binding may have. */
enum { KEY_SEQUENCE_MAX = 3 };

/* "Ctrl-D"; free with g_free. */
char *key_to_text(Key key);

/* FALSE when the text is no key name. Letters are case-sensitive, names are not. */
gboolean key_parse(const char *text, Key *key);

/* As key_parse, and "gg" as well. Returns the number of keys, 0 when the text is none. */
guint key_parse_sequence(const char *text, Key keys[KEY_SEQUENCE_MAX]);

/* TRUE for a character that belongs into a text field. */
gboolean key_is_text(Key key);

/* Esc and Ctrl-C: what closes a dialog without an answer. */
gboolean key_is_dismissal(Key key);

#endif
