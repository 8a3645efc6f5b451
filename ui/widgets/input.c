#include "ui/widgets/input.h"

#include <string.h>

#include "ui/view.h"

struct Input {
    GString *text;
    gsize at; /* byte offset of the cursor, always between characters */
    const GPtrArray *history;
    guint line; /* in the history; its length means the own draft */
    char *draft;
    gboolean secret;
};

Input *input_new(const char *text, const GPtrArray *history, gboolean secret)
{
    Input *input = g_new0(Input, 1);
    input->text = g_string_new(text);
    input->at = input->text->len;
    input->history = history;
    input->line = history != NULL ? history->len : 0;
    input->secret = secret;
    return input;
}

void input_free(Input *input)
{
    if (input == NULL)
        return;
    if (input->secret)
        explicit_bzero(input->text->str, input->text->allocated_len);
    g_string_free(input->text, TRUE);
    g_free(input->draft);
    g_free(input);
}

static gsize before(const Input *input)
{
    const char *p = g_utf8_find_prev_char(input->text->str, input->text->str + input->at);
    return p != NULL ? (gsize)(p - input->text->str) : 0;
}

static gsize after(const Input *input)
{
    if (input->at >= input->text->len)
        return input->text->len;
    return (gsize)(g_utf8_next_char(input->text->str + input->at) - input->text->str);
}

static void erase(Input *input, gsize from, gsize to)
{
    g_string_erase(input->text, (gssize)from, (gssize)(to - from));
    input->at = from;
}

static gsize word_start(const Input *input)
{
    gsize at = input->at;
    const char *text = input->text->str;
    while (at > 0 && text[at - 1] == ' ')
        at--;
    while (at > 0 && text[at - 1] != ' ')
        at--;
    return at;
}

static void go_through_history(Input *input, int step)
{
    guint count = input->history != NULL ? input->history->len : 0;
    if (count == 0 || (step < 0 && input->line == 0) || (step > 0 && input->line >= count))
        return;
    if (input->line == count) {
        g_free(input->draft);
        input->draft = g_strdup(input->text->str);
    }
    input->line = (guint)((int)input->line + step);
    input_set_text(input, input->line == count ? input->draft
                                               : g_ptr_array_index(input->history, input->line));
}

enum {
    CTRL_A = 1,
    CTRL_B = 2,
    CTRL_D = 4,
    CTRL_E = 5,
    CTRL_F = 6,
    CTRL_K = 11,
    CTRL_N = 14,
    CTRL_P = 16,
    CTRL_U = 21,
    CTRL_W = 23
};

gboolean input_key(Input *input, Key key)
{
    switch (key) {
    case UI_KEY_LEFT:
    case CTRL_B:
        input->at = before(input);
        return TRUE;
    case UI_KEY_RIGHT:
    case CTRL_F:
        input->at = after(input);
        return TRUE;
    case UI_KEY_HOME:
    case CTRL_A:
        input->at = 0;
        return TRUE;
    case UI_KEY_END:
    case CTRL_E:
        input->at = input->text->len;
        return TRUE;
    case UI_KEY_BACKSPACE:
        erase(input, before(input), input->at);
        return TRUE;
    case UI_KEY_DELETE:
    case CTRL_D:
        erase(input, input->at, after(input));
        return TRUE;
    case CTRL_W:
        erase(input, word_start(input), input->at);
        return TRUE;
    case CTRL_U:
        erase(input, 0, input->at);
        return TRUE;
    case CTRL_K:
        erase(input, input->at, input->text->len);
        return TRUE;
    case UI_KEY_UP:
    case CTRL_P:
        go_through_history(input, -1);
        return TRUE;
    case UI_KEY_DOWN:
    case CTRL_N:
        go_through_history(input, 1);
        return TRUE;
    default:
        break;
    }
    if (!key_is_text(key))
        return FALSE;
    char utf8[7];
    int length = g_unichar_to_utf8(key, utf8);
    g_string_insert_len(input->text, (gssize)input->at, utf8, length);
    input->at += (gsize)length;
    return TRUE;
}

void input_paste(Input *input, const char *text)
{
    for (; *text != '\0'; text = g_utf8_next_char(text)) {
        gunichar c = g_utf8_get_char(text);
        Key key = c == '\n' || c == '\t' ? ' ' : c;
        if (key_is_text(key))
            input_key(input, key);
    }
}

const char *input_text(const Input *input)
{
    return input->text->str;
}

void input_set_text(Input *input, const char *text)
{
    g_string_assign(input->text, text);
    input->at = input->text->len;
}

/* What is shown, and the columns before the cursor. */
static char *shown(const Input *input, int *cursor)
{
    g_autofree char *head = g_strndup(input->text->str, input->at);
    if (input->secret) {
        *cursor = (int)g_utf8_strlen(head, -1);
        return g_strnfill((gsize)g_utf8_strlen(input->text->str, -1), '*');
    }
    g_autofree char *printable = text_printable(head, -1);
    *cursor = text_width(printable);
    return text_printable(input->text->str, -1);
}

void input_draw(const Input *input, const Canvas *canvas, int y, int x, int columns,
                gboolean focused)
{
    int cursor;
    g_autofree char *text = shown(input, &cursor);
    int hidden = MAX(cursor - columns + 1, 0); /* columns scrolled out at the left */
    const char *from = text;
    for (int skipped = 0; skipped < hidden && *from != '\0'; from = g_utf8_next_char(from))
        skipped += text_char_width(g_utf8_get_char(from));
    g_autofree char *fitted = text_fit(from, columns, TEXT_LEFT, canvas->ascii);
    draw_text(canvas, y, x, columns, ROLE_INPUT, TEXT_LEFT, fitted);
    if (focused)
        draw_cursor(canvas, y, x + cursor - hidden, TRUE);
}
