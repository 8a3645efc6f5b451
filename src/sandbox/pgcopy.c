#include "sandbox/pgcopy.h"

#include <string.h>

static char unescaped(char c)
{
    static const char letters[] = "bfnrtv", meanings[] = "\b\f\n\r\t\v";
    const char *at = c != '\0' ? strchr(letters, c) : NULL;
    return at != NULL ? meanings[at - letters] : c;
}

static void add_field(const char *start, const char *end, GString *buffer, GArray *fields)
{
    PgField field = {.text = buffer->str + buffer->len};
    gsize before = buffer->len;
    if (end - start == 2 && start[0] == '\\' && start[1] == 'N') {
        field.text = NULL;
        g_array_append_val(fields, field);
        return;
    }
    while (start < end) {
        const char *escape = memchr(start, '\\', (gsize)(end - start));
        const char *stop = escape != NULL ? escape : end;
        g_string_append_len(buffer, start, stop - start);
        start = stop;
        if (escape != NULL && escape + 1 < end) {
            g_string_append_c(buffer, unescaped(escape[1]));
            start = escape + 2;
        } else if (escape != NULL) {
            start = end;
        }
    }
    field.length = buffer->len - before;
    g_array_append_val(fields, field);
}

void pgcopy_split(const char *line, gsize length, GString *buffer, GArray *fields)
{
    /* Unescaping only shortens, so with this much room no field moves while others are added. */
    g_string_set_size(buffer, length);
    g_string_truncate(buffer, 0);
    g_array_set_size(fields, 0);
    const char *end = line + length;
    for (;;) {
        const char *tab = memchr(line, '\t', (gsize)(end - line));
        add_field(line, tab != NULL ? tab : end, buffer, fields);
        if (tab == NULL)
            return;
        line = tab + 1;
    }
}

void pgcopy_append(GString *out, const char *text, gsize length)
{
    if (text == NULL) {
        g_string_append_len(out, "\\N", 2);
        return;
    }
    const char *end = text + length;
    for (const char *run = text; text < end; run = text) {
        while (text < end && *text != '\\' && *text != '\n' && *text != '\r' && *text != '\t')
            text++;
        g_string_append_len(out, run, text - run);
        if (text == end)
            return;
        g_string_append_c(out, '\\');
        g_string_append_c(out, *text == '\n'   ? 'n'
                               : *text == '\r' ? 'r'
                               : *text == '\t' ? 't'
                                               : '\\');
        text++;
    }
}

void pg_append_literal(GString *out, const char *text, gssize length)
{
    if (text == NULL) {
        g_string_append(out, "NULL");
        return;
    }
    const char *end = text + (length < 0 ? strlen(text) : (gsize)length);
    g_string_append(out, "E'");
    while (text < end) {
        gunichar character = g_utf8_get_char_validated(text, end - text);
        if (*text == '\0' || character == (gunichar)-1 || character == (gunichar)-2) {
            g_string_append_c(out, '?');
            text++;
            continue;
        }
        const char *next = g_utf8_next_char(text);
        if (*text == '\'' || *text == '\\')
            g_string_append_c(out, *text);
        g_string_append_len(out, text, next - text);
        text = next;
    }
    g_string_append_c(out, '\'');
}
