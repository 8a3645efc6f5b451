#include <string.h>

#include "sql/keywords.h"
#include "ui/widgets/editor_private.h"

static Role role_of(const Editor *editor, const SqlToken *token)
{
    switch (token->kind) {
    case SQL_COMMENT:
        return ROLE_COMMENT;
    case SQL_STRING:
        return ROLE_STRING;
    case SQL_WORD:
        return sql_is_keyword(editor->text->str + token->start, token->length) ? ROLE_KEYWORD
                                                                               : ROLE_TEXT;
    case SQL_PARAMETER:
        return ROLE_MARK;
    case SQL_INVALID:
        return ROLE_ERROR;
    default:
        return ROLE_TEXT;
    }
}

/* What the drawing of one frame knows. */
typedef struct {
    Editor *editor;
    const Canvas *canvas;
    int y, x; /* of the next character, scrolled */
} Pen;

/* Part of a line in one role; what lies left of the corner is not drawn. */
static void draw_piece(Pen *pen, Role role, const char *bytes, gsize length)
{
    g_autofree char *piece = g_strndup(bytes, length);
    g_autofree char *printable = text_printable(piece, -1);
    const char *from = printable;
    while (pen->x < 0 && *from != '\0') {
        pen->x += text_char_width(g_utf8_get_char(from));
        from = g_utf8_next_char(from);
    }
    if (*from != '\0' && pen->x < pen->canvas->rect.columns && pen->y >= 0 &&
        pen->y < pen->canvas->rect.rows)
        draw_words(pen->canvas, pen->y, pen->x, role, from);
    pen->x += text_width(from);
}

static void draw_span(Pen *pen, Role role, gsize start, gsize end)
{
    const char *text = pen->editor->text->str;
    while (start < end) {
        const char *found = memchr(text + start, '\n', end - start);
        gsize stop = found == NULL ? end : (gsize)(found - text);
        draw_piece(pen, role, text + start, stop - start);
        if (found != NULL) {
            pen->y++;
            pen->x = -pen->editor->left;
            stop++;
        }
        start = stop;
    }
}

/* A token, in three parts where the selection or a bracket cuts it. */
static void draw_token(Pen *pen, Role role, const SqlToken *token, gsize from, gsize to)
{
    gsize end = token->start + token->length;
    gsize cut = CLAMP(from, token->start, end), stop = CLAMP(to, token->start, end);
    draw_span(pen, role, token->start, cut);
    draw_span(pen, ROLE_CURSOR, cut, stop);
    draw_span(pen, role, stop, end);
}

static void scroll_into_sight(Editor *editor, const Canvas *canvas)
{
    int line = editor_line_number(editor, editor->cursor);
    int column = editor_width(editor, editor_line_start(editor, editor->cursor), editor->cursor);
    editor->height = MAX(canvas->rect.rows, 1);
    editor->top = CLAMP(editor->top, line - editor->height + 1, line);
    editor->left = CLAMP(editor->left, MAX(column - canvas->rect.columns + 1, 0), column);
}

void editor_draw(Editor *editor, const Canvas *canvas, gboolean focused)
{
    scroll_into_sight(editor, canvas);
    draw_clear(canvas);
    gsize from = 0, length = 0;
    editor_selection(editor, &from, &length);
    gssize partner = focused ? editor_partner(editor, editor->cursor) : -1;
    Pen pen = {editor, canvas, -editor->top, -editor->left};
    SqlLexer lexer = sql_lexer(editor->text->str, (gssize)editor->text->len);
    SqlToken token;
    while (sql_next_raw(&lexer, &token) && pen.y < canvas->rect.rows) {
        gboolean matches =
            partner >= 0 && (token.start == (gsize)partner || token.start == editor->cursor);
        draw_token(&pen, matches ? ROLE_MATCH : role_of(editor, &token), &token, from,
                   from + length);
    }
    if (!focused)
        return;
    gsize start = editor_line_start(editor, editor->cursor);
    draw_cursor(canvas, editor_line_number(editor, editor->cursor) - editor->top,
                editor_width(editor, start, editor->cursor) - editor->left, TRUE);
}
