#include "ui/widgets/editor.h"

#include <string.h>

#include "ui/widgets/editor_private.h"

enum {
    CTRL_A = 1,
    CTRL_E = 5,
    CTRL_K = 11,
    CTRL_U = 21,
    CTRL_W = 23,
    TAB_WIDTH = 4,
    STEPS_MAX = 1000
};

/* `removed` at start became `inserted`. */
typedef struct {
    gsize start;
    char *removed, *inserted;
    gsize cursor;   /* before it */
    gboolean typed; /* one character at a time: the next may join it */
} Step;

static void step_free(gpointer data)
{
    Step *step = data;
    g_free(step->removed);
    g_free(step->inserted);
    g_free(step);
}

Editor *editor_new(const char *text)
{
    Editor *editor = g_new0(Editor, 1);
    editor->text = g_string_new(text);
    editor->cursor = editor->text->len;
    editor->mark = -1;
    editor->wish = -1;
    editor->height = 1;
    editor->steps = g_ptr_array_new_with_free_func(step_free);
    return editor;
}

void editor_free(Editor *editor)
{
    if (editor == NULL)
        return;
    g_string_free(editor->text, TRUE);
    g_ptr_array_unref(editor->steps);
    g_free(editor);
}

const char *editor_text(const Editor *editor)
{
    return editor->text->str;
}

gsize editor_cursor(const Editor *editor)
{
    return editor->cursor;
}

/* --- changes and their undoing ------------------------------------------------------------------*/

static void put(Editor *editor, gsize start, gsize length, const char *text)
{
    g_string_erase(editor->text, (gssize)start, (gssize)length);
    g_string_insert(editor->text, (gssize)start, text);
    editor->mark = -1;
    editor->wish = -1;
}

/* The last step takes the character in, when it goes on where that one ended. */
static gboolean joins(const Editor *editor, gsize start, gsize length, const char *text)
{
    if (editor->done == 0 || length > 0 || *text == '\n')
        return FALSE;
    const Step *last = editor->steps->pdata[editor->done - 1];
    return last->typed && last->start + strlen(last->inserted) == start &&
           !(*text != ' ' && g_str_has_suffix(last->inserted, " ")); /* a word is a step */
}

static void change(Editor *editor, gsize start, gsize length, const char *text, gboolean typed)
{
    if (length == 0 && *text == '\0')
        return;
    g_ptr_array_set_size(editor->steps, (gint)editor->done);
    if (typed && joins(editor, start, length, text)) {
        Step *last = editor->steps->pdata[editor->done - 1];
        char *longer = g_strconcat(last->inserted, text, NULL);
        g_free(last->inserted);
        last->inserted = longer;
    } else {
        Step *step = g_new0(Step, 1);
        *step = (Step){start, g_strndup(editor->text->str + start, length), g_strdup(text),
                       editor->cursor, typed};
        g_ptr_array_add(editor->steps, step);
        if (editor->steps->len > STEPS_MAX)
            g_ptr_array_remove_index(editor->steps, 0);
        editor->done = editor->steps->len;
    }
    put(editor, start, length, text);
    editor->cursor = start + strlen(text);
}

gboolean editor_undo(Editor *editor)
{
    if (editor->done == 0)
        return FALSE;
    const Step *step = editor->steps->pdata[--editor->done];
    put(editor, step->start, strlen(step->inserted), step->removed);
    editor->cursor = MIN(step->cursor, editor->text->len);
    return TRUE;
}

gboolean editor_redo(Editor *editor)
{
    if (editor->done >= editor->steps->len)
        return FALSE;
    const Step *step = editor->steps->pdata[editor->done++];
    put(editor, step->start, strlen(step->removed), step->inserted);
    editor->cursor = step->start + strlen(step->inserted);
    return TRUE;
}

void editor_set_text(Editor *editor, const char *text)
{
    change(editor, 0, editor->text->len, text, FALSE);
}

void editor_replace(Editor *editor, gsize start, gsize length, const char *text)
{
    change(editor, start, length, text, FALSE);
}

/* --- places -------------------------------------------------------------------------------------*/

static gsize before(const Editor *editor, gsize at)
{
    const char *text = editor->text->str;
    return at == 0 ? 0 : (gsize)(g_utf8_find_prev_char(text, text + at) - text);
}

static gsize after(const Editor *editor, gsize at)
{
    const char *text = editor->text->str;
    return at >= editor->text->len ? at : (gsize)(g_utf8_next_char(text + at) - text);
}

gsize editor_line_start(const Editor *editor, gsize at)
{
    while (at > 0 && editor->text->str[at - 1] != '\n')
        at--;
    return at;
}

static gsize line_end(const Editor *editor, gsize at)
{
    while (at < editor->text->len && editor->text->str[at] != '\n')
        at++;
    return at;
}

static gsize word_start(const Editor *editor, gsize at)
{
    const char *text = editor->text->str;
    while (at > 0 && g_ascii_isspace(text[at - 1]))
        at--;
    while (at > 0 && !g_ascii_isspace(text[at - 1]))
        at--;
    return at;
}

int editor_width(const Editor *editor, gsize from, gsize to)
{
    g_autofree char *part = g_strndup(editor->text->str + from, to - from);
    g_autofree char *printable = text_printable(part, -1);
    return text_width(printable);
}

int editor_line_number(const Editor *editor, gsize at)
{
    int n = 0;
    for (gsize i = 0; i < at; i++)
        n += editor->text->str[i] == '\n';
    return n;
}

static gsize line_at(const Editor *editor, int number)
{
    gsize at = 0;
    for (; number > 0 && at < editor->text->len; number--)
        at = MIN(line_end(editor, at) + 1, editor->text->len);
    return at;
}

/* The character of the line that stands nearest to a column. */
static gsize at_column(const Editor *editor, gsize start, int column)
{
    gsize end = line_end(editor, start), at = start;
    while (at < end && editor_width(editor, start, after(editor, at)) <= column)
        at = after(editor, at);
    return at;
}

static void move_lines(Editor *editor, int by)
{
    gsize start = editor_line_start(editor, editor->cursor);
    int wish = editor->wish >= 0 ? editor->wish : editor_width(editor, start, editor->cursor);
    int last = editor_line_number(editor, editor->text->len);
    int line = CLAMP(editor_line_number(editor, editor->cursor) + by, 0, last);
    editor->cursor = at_column(editor, line_at(editor, line), wish);
    editor->wish = wish;
}

static void go_to(Editor *editor, gsize at)
{
    editor->cursor = at;
    editor->wish = -1;
    if (editor->done > 0) /* what is typed elsewhere is a step of its own */
        ((Step *)editor->steps->pdata[editor->done - 1])->typed = FALSE;
}

char *editor_position(const Editor *editor)
{
    gsize start = editor_line_start(editor, editor->cursor);
    return g_strdup_printf("line %d, column %d", editor_line_number(editor, editor->cursor) + 1,
                           editor_width(editor, start, editor->cursor) + 1);
}

/* --- selection, brackets, comments, statements --------------------------------------------------*/

void editor_toggle_mark(Editor *editor)
{
    editor->mark = editor->mark < 0 ? (gssize)editor->cursor : -1;
}

gboolean editor_selection(const Editor *editor, gsize *start, gsize *length)
{
    if (editor->mark < 0 || (gsize)editor->mark == editor->cursor)
        return FALSE;
    *start = MIN((gsize)editor->mark, editor->cursor);
    *length = MAX((gsize)editor->mark, editor->cursor) - *start;
    return TRUE;
}

static char partner_of(char bracket)
{
    static const char pairs[] = "()[]";
    const char *found = bracket == '\0' ? NULL : strchr(pairs, bracket);
    return found == NULL ? '\0' : pairs[(found - pairs) ^ 1];
}

/* The mark tokens that are brackets, as offsets. */
static GArray *brackets_of(const Editor *editor)
{
    GArray *offsets = g_array_new(FALSE, FALSE, sizeof(gsize));
    SqlLexer lexer = sql_lexer(editor->text->str, (gssize)editor->text->len);
    SqlToken token;
    while (sql_next(&lexer, &token))
        if (token.kind == SQL_MARK && partner_of(editor->text->str[token.start]) != '\0')
            g_array_append_val(offsets, token.start);
    return offsets;
}

/* The bracket that belongs to the one at `at`; brackets in texts and comments do not count. */
gssize editor_partner(const Editor *editor, gsize at)
{
    g_autoptr(GArray) offsets = brackets_of(editor);
    const char *text = editor->text->str;
    guint i = 0;
    while (i < offsets->len && g_array_index(offsets, gsize, i) != at)
        i++;
    if (i == offsets->len)
        return -1;
    char own = text[at], other = partner_of(own);
    int step = own == '(' || own == '[' ? 1 : -1, depth = 0;
    for (gint64 j = i; j >= 0 && j < offsets->len; j += step) {
        gsize offset = g_array_index(offsets, gsize, j);
        depth += text[offset] == own ? 1 : text[offset] == other ? -1 : 0;
        if (depth == 0)
            return (gssize)offset;
    }
    return -1;
}

gboolean editor_to_bracket(Editor *editor)
{
    gssize partner = editor_partner(editor, editor->cursor);
    if (partner < 0)
        return FALSE;
    go_to(editor, (gsize)partner);
    return TRUE;
}

static gboolean is_commented(const char *lines)
{
    g_auto(GStrv) split = g_strsplit(lines, "\n", -1);
    for (char **line = split; *line != NULL; line++) {
        const char *text = *line + strspn(*line, " ");
        if (*text != '\0' && !g_str_has_prefix(text, "--"))
            return FALSE;
    }
    return TRUE;
}

static void toggle_line(GString *out, const char *line, gboolean commented)
{
    gsize indent = strspn(line, " ");
    const char *text = line + indent;
    g_string_append_len(out, line, (gssize)indent);
    if (*text == '\0')
        return;
    if (!commented)
        g_string_append_printf(out, "-- %s", text);
    else
        g_string_append(out, text + (g_str_has_prefix(text, "-- ") ? 3 : 2));
}

void editor_toggle_comment(Editor *editor)
{
    gsize from = editor->cursor, length = 0;
    editor_selection(editor, &from, &length);
    gsize start = editor_line_start(editor, from), end = line_end(editor, from + length);
    g_autofree char *lines = g_strndup(editor->text->str + start, end - start);
    gboolean commented = is_commented(lines);
    g_auto(GStrv) split = g_strsplit(lines, "\n", -1);
    g_autoptr(GString) out = g_string_new(NULL);
    for (char **line = split; *line != NULL; line++) {
        toggle_line(out, *line, commented);
        if (line[1] != NULL)
            g_string_append_c(out, '\n');
    }
    change(editor, start, end - start, out->str, FALSE);
}

gboolean editor_statement(const Editor *editor, SqlSpan *span)
{
    g_autoptr(GArray) spans = sql_split(editor->text->str, editor->text->len);
    gboolean found = FALSE;
    for (guint i = 0; i < spans->len; i++) {
        SqlSpan one = g_array_index(spans, SqlSpan, i);
        if (found && one.start > editor->cursor)
            break;
        *span = one;
        found = TRUE;
    }
    return found;
}

/* --- keys ---------------------------------------------------------------------------------------*/

static void erase(Editor *editor, gsize from, gsize to)
{
    gsize start = from, length = to - from;
    editor_selection(editor, &start, &length);
    change(editor, start, length, "", FALSE);
}

static void type(Editor *editor, const char *text, gboolean typed)
{
    gsize start = editor->cursor, length = 0;
    editor_selection(editor, &start, &length);
    change(editor, start, length, text, typed);
}

static void new_line(Editor *editor)
{
    gsize start = editor_line_start(editor, editor->cursor);
    gsize indent = strspn(editor->text->str + start, " ");
    indent = MIN(indent, editor->cursor - start);
    g_autofree char *blanks = g_strnfill(indent, ' ');
    g_autofree char *text = g_strconcat("\n", blanks, NULL);
    type(editor, text, FALSE);
}

static gboolean move_key(Editor *editor, Key key)
{
    switch (key) {
    case UI_KEY_LEFT:
        go_to(editor, before(editor, editor->cursor));
        return TRUE;
    case UI_KEY_RIGHT:
        go_to(editor, after(editor, editor->cursor));
        return TRUE;
    case UI_KEY_UP:
        move_lines(editor, -1);
        return TRUE;
    case UI_KEY_DOWN:
        move_lines(editor, 1);
        return TRUE;
    case UI_KEY_PAGE_UP:
        move_lines(editor, -editor->height);
        return TRUE;
    case UI_KEY_PAGE_DOWN:
        move_lines(editor, editor->height);
        return TRUE;
    case UI_KEY_HOME:
    case CTRL_A:
        go_to(editor, editor_line_start(editor, editor->cursor));
        return TRUE;
    case UI_KEY_END:
    case CTRL_E:
        go_to(editor, line_end(editor, editor->cursor));
        return TRUE;
    default:
        return FALSE;
    }
}

gboolean editor_key(Editor *editor, Key key)
{
    if (move_key(editor, key))
        return TRUE;
    gsize at = editor->cursor;
    switch (key) {
    case UI_KEY_ENTER:
        new_line(editor);
        return TRUE;
    case UI_KEY_BACKSPACE:
        erase(editor, before(editor, at), at);
        return TRUE;
    case UI_KEY_DELETE:
        erase(editor, at, after(editor, at));
        return TRUE;
    case CTRL_W:
        erase(editor, word_start(editor, at), at);
        return TRUE;
    case CTRL_U:
        erase(editor, editor_line_start(editor, at), at);
        return TRUE;
    case CTRL_K:
        erase(editor, at, line_end(editor, at) > at ? line_end(editor, at) : after(editor, at));
        return TRUE;
    default:
        break;
    }
    if (!key_is_text(key))
        return FALSE;
    char utf8[7];
    utf8[g_unichar_to_utf8(key, utf8)] = '\0';
    type(editor, utf8, TRUE);
    return TRUE;
}

void editor_paste(Editor *editor, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autoptr(GString) out = g_string_new(NULL);
    for (const char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if (c == '\t')
            g_string_append_printf(out, "%*s", TAB_WIDTH, "");
        else if (c == '\n' || key_is_text(c))
            g_string_append_unichar(out, c);
    }
    type(editor, out->str, FALSE);
}
