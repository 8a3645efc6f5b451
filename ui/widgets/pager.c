#include "ui/widgets/pager.h"

#include <string.h>

typedef struct {
    char *text; /* printable */
    Role role;
    gboolean goes_on; /* the next row belongs to the same line */
} Row;

struct Pager {
    GPtrArray *lines; /* of Row: as given */
    GPtrArray *rows;  /* of Row: as shown at `columns`; NULL when stale */
    gboolean wrap, follow, hanging;
    int columns, height;
    Scroll scroll;
    int left;
    gint64 found; /* row, -1 none */
};

static Row *row_new(const char *text, Role role)
{
    Row *row = g_new0(Row, 1);
    row->text = text_printable(text, -1);
    row->role = role;
    return row;
}

static void row_free(gpointer data)
{
    Row *row = data;
    g_free(row->text);
    g_free(row);
}

Pager *pager_new(gboolean wrap)
{
    Pager *pager = g_new0(Pager, 1);
    pager->lines = g_ptr_array_new_with_free_func(row_free);
    pager->wrap = wrap;
    pager->found = -1;
    pager->height = 1;
    return pager;
}

void pager_free(Pager *pager)
{
    if (pager == NULL)
        return;
    g_clear_pointer(&pager->rows, g_ptr_array_unref);
    g_ptr_array_unref(pager->lines);
    g_free(pager);
}

void pager_set_hanging(Pager *pager, gboolean hanging)
{
    pager->hanging = hanging;
    g_clear_pointer(&pager->rows, g_ptr_array_unref);
}

void pager_clear(Pager *pager)
{
    g_clear_pointer(&pager->rows, g_ptr_array_unref);
    g_ptr_array_set_size(pager->lines, 0);
    pager->found = -1;
}

void pager_add(Pager *pager, Role role, const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, "\n", -1);
    guint count = g_strv_length(parts);
    if (count > 1 && *parts[count - 1] == '\0')
        count--; /* a final line end does not make a line */
    for (guint i = 0; i < count; i++) {
        g_autoptr(GString) line = g_string_new(NULL);
        for (const char *p = parts[i]; *p != '\0'; p++) { /* indentation is meant to be seen */
            if (*p == '\t')
                g_string_append(line, "    ");
            else if (*p != '\r' || p[1] != '\0')
                g_string_append_c(line, *p);
        }
        g_ptr_array_add(pager->lines, row_new(line->str, role));
    }
    if (count == 0)
        g_ptr_array_add(pager->lines, row_new("", role));
    g_clear_pointer(&pager->rows, g_ptr_array_unref);
}

void pager_addf(Pager *pager, Role role, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    pager_add(pager, role, text);
}

/* Where a row that begins at `text` ends: at the last blank that fits, else where it is full. */
static const char *row_end(const char *text, int columns)
{
    const char *p = text, *blank = NULL;
    int used = 0;
    for (; *p != '\0'; p = g_utf8_next_char(p)) {
        used += text_char_width(g_utf8_get_char(p));
        if (used > columns)
            return blank != NULL ? blank : (p == text ? g_utf8_next_char(p) : p);
        if (*p == ' ' && p > text)
            blank = p + 1;
    }
    return p;
}

enum { LABEL_MAX = 24 };

/* Where the text of a line begins: behind the last two blanks of its first columns. */
static int hanging_indent(const char *text, int columns)
{
    int indent = 0;
    for (int i = 0; i < LABEL_MAX && text[i] != '\0'; i++)
        if (text[i] == ' ' && text[i + 1] != ' ' && (i == 0 || text[i - 1] == ' '))
            indent = i + 1;
    return MIN(indent, columns / 3);
}

static void wrap_line(GPtrArray *rows, const Row *line, int columns, int indent)
{
    const char *text = line->text;
    g_autofree char *blanks = g_strnfill((gsize)indent, ' ');
    do {
        gboolean first = text == line->text;
        const char *end = row_end(text, columns - (first ? 0 : indent));
        g_autofree char *part = g_strndup(text, (gsize)(end - text));
        Row *row = g_new0(Row, 1);
        row->text = g_strconcat(first ? "" : blanks, part, NULL);
        row->role = line->role;
        row->goes_on = *end != '\0';
        g_ptr_array_add(rows, row);
        text = end;
    } while (*text != '\0');
}

static void lay_out(Pager *pager, int columns)
{
    if (pager->rows != NULL && pager->columns == columns)
        return;
    g_clear_pointer(&pager->rows, g_ptr_array_unref);
    pager->columns = columns;
    pager->found = -1;
    if (!pager->wrap) {
        pager->rows = g_ptr_array_ref(pager->lines);
        return;
    }
    pager->rows = g_ptr_array_new_with_free_func(row_free);
    for (guint i = 0; i < pager->lines->len; i++) {
        const Row *line = g_ptr_array_index(pager->lines, i);
        int indent = pager->hanging ? hanging_indent(line->text, columns) : 0;
        wrap_line(pager->rows, line, MAX(columns, 1), indent);
    }
}

static gint64 count(const Pager *pager)
{
    return pager->rows != NULL ? pager->rows->len : pager->lines->len;
}

void pager_move(Pager *pager, Movement movement)
{
    switch (movement) {
    case MOVE_LEFT:
        pager->left = MAX(pager->left - 8, 0);
        break;
    case MOVE_RIGHT:
        pager->left += pager->wrap ? 0 : 8;
        break;
    case MOVE_LINE_START:
        pager->left = 0;
        break;
    default:
        scroll_page(&pager->scroll, movement, count(pager), pager->height);
    }
    pager->follow = pager->scroll.top >= count(pager) - pager->height;
}

void pager_follow(Pager *pager)
{
    pager->follow = TRUE;
}

static gboolean row_has(const Row *row, const char *text)
{
    g_autofree char *lower = g_utf8_strdown(text, -1);
    if (strcmp(lower, text) != 0)
        return strstr(row->text, text) != NULL;
    g_autofree char *folded = g_utf8_strdown(row->text, -1);
    return strstr(folded, lower) != NULL;
}

gboolean pager_search(Pager *pager, const char *text, gboolean forward)
{
    gint64 rows = count(pager);
    gint64 start = pager->found >= 0 ? pager->found : pager->scroll.top + (forward ? -1 : 1);
    for (gint64 step = 1; pager->rows != NULL && step <= rows; step++) {
        gint64 i = ((start + (forward ? step : -step)) % rows + rows) % rows;
        if (!row_has(g_ptr_array_index(pager->rows, (guint)i), text))
            continue;
        pager->found = i;
        if (i < pager->scroll.top || i >= pager->scroll.top + pager->height)
            pager->scroll.top = CLAMP(i - pager->height / 3, 0, MAX(rows - pager->height, 0));
        return TRUE;
    }
    return FALSE;
}

static const char *skip_columns(const char *text, int columns)
{
    for (; columns > 0 && *text != '\0'; text = g_utf8_next_char(text))
        columns -= text_char_width(g_utf8_get_char(text));
    return text;
}

void pager_draw(Pager *pager, const Canvas *canvas)
{
    lay_out(pager, canvas->rect.columns - 2);
    pager->height = MAX(canvas->rect.rows, 1);
    if (pager->follow)
        pager->scroll.top = count(pager);
    pager->scroll.top = CLAMP(pager->scroll.top, 0, MAX(count(pager) - pager->height, 0));
    for (int y = 0; y < canvas->rect.rows; y++) {
        gint64 i = pager->scroll.top + y;
        draw_blank(canvas, y, 0, -1, ROLE_TEXT);
        if (i >= count(pager))
            continue;
        const Row *row = g_ptr_array_index(pager->rows, (guint)i);
        if (i == pager->found)
            draw_sign_at(canvas, y, 0, ROLE_MARK, SIGN_MARK);
        Role role = i == pager->found ? ROLE_MATCH : row->role;
        const char *text = skip_columns(row->text, pager->left);
        if (text_width(text) > canvas->rect.columns - 1)
            draw_text(canvas, y, 1, -1, role, TEXT_LEFT, text);
        else
            draw_words(canvas, y, 1, role, text);
    }
}

char *pager_position(const Pager *pager)
{
    gint64 rows = count(pager);
    if (rows == 1)
        return g_strdup("one line");
    if (rows <= pager->height)
        return g_strdup_printf("all %" G_GINT64_FORMAT " lines", rows);
    return g_strdup_printf("lines %" G_GINT64_FORMAT "-%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT,
                           pager->scroll.top + 1, MIN(pager->scroll.top + pager->height, rows),
                           rows);
}

char *pager_text(const Pager *pager)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < pager->lines->len; i++)
        g_string_append_printf(out, "%s%s", i > 0 ? "\n" : "",
                               ((const Row *)g_ptr_array_index(pager->lines, i))->text);
    return g_string_free(out, FALSE);
}
