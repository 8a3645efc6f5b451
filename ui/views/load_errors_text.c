#include "ui/views/load_errors_text.h"

#include <string.h>

enum { NUMBER_COLUMNS = 8 };

static char *place_text(const LoadError *error)
{
    gboolean local = error->local_file != NULL && error->local_line > 0;
    g_autofree char *line = text_count(local ? error->local_line : error->line);
    gboolean sized = error->column_length != NULL && *error->column_length != '\0' &&
                     strcmp(error->column_length, "0") != 0;
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "%s  line %s", local ? error->local_file : error->file, line);
    if (error->column != NULL && *error->column != '\0')
        g_string_append_printf(out, "  column %s", error->column);
    if (error->type != NULL && *error->type != '\0')
        g_string_append_printf(out, "  %s", error->type);
    if (sized && error->type != NULL && strchr(error->type, '(') == NULL)
        g_string_append_printf(out, "(%s)", error->column_length);
    return g_string_free(out, FALSE);
}

/* Where the value begins in the line: at the server's position, else at its first occurrence. */
static gssize value_offset(const LoadError *error)
{
    const char *line = error->raw_line;
    const char *value = error->raw_value;
    gsize length = strlen(line);
    if (value == NULL || *value == '\0')
        return error->position > 0 && (gsize)error->position < length ? error->position : -1;
    if (error->position >= 0 && (gsize)error->position < length &&
        g_str_has_prefix(line + error->position, value))
        return error->position;
    const char *found = strstr(line, value);
    return found != NULL ? found - line : -1;
}

/* What is seen of a line whose first `skip` columns are out of sight. */
static char *visible_part(const char *line, int skip, int space)
{
    g_autofree char *whole = text_printable(line, -1);
    const char *from = whole;
    for (int skipped = 0; skipped < skip && *from != '\0'; from = g_utf8_next_char(from))
        skipped += text_char_width(g_utf8_get_char(from));
    return text_fit(from, MIN(text_width(from), space), TEXT_LEFT, FALSE);
}

static void add_numbered(Pager *pager, Role role, guint64 number, const char *line, int skip,
                         int space)
{
    g_autofree char *shown = visible_part(line, skip, space);
    pager_addf(pager, role, "%*" G_GUINT64_FORMAT "  %s", NUMBER_COLUMNS, number, shown);
}

/* " 19 bytes, the column holds 8"; of a number the length is its precision, which bytes say nothing of. */
static char *size_text(const LoadError *error)
{
    const char *value = error->raw_value, *length = error->column_length;
    if (value == NULL || *value == '\0')
        return g_strdup("");
    gsize bytes = strlen(value);
    gboolean too_long = length != NULL && *length != '\0' && strchr(length, ',') == NULL &&
                        bytes > g_ascii_strtoull(length, NULL, 10);
    return g_strdup_printf(" %" G_GSIZE_FORMAT " byte%s%s%s", bytes, bytes == 1 ? "" : "s",
                           too_long ? ", the column holds " : "", too_long ? length : "");
}

static void add_source_line(Pager *pager, const LoadError *error, int columns)
{
    gssize offset = value_offset(error);
    gsize length = strlen(error->raw_line);
    g_autofree char *head = text_printable(error->raw_line, offset >= 0 ? offset : (gssize)length);
    g_autofree char *value = text_printable(error->raw_value != NULL ? error->raw_value : "", -1);
    int space = MAX(columns - NUMBER_COLUMNS - 2, 10);
    int skip =
        offset < 0 ? 0 : MAX(text_width(head) + MIN(text_width(value), space / 2) - space, 0);
    guint64 number = error->local_line > 0 ? error->local_line : error->line;
    if (error->line_before != NULL)
        add_numbered(pager, ROLE_QUIET, number - 1, error->line_before, skip, space);
    add_numbered(pager, ROLE_TEXT, number, error->raw_line, skip, space);
    if (offset >= 0) {
        int start = MAX(text_width(head) - skip, 0);
        int width = CLAMP(text_width(value), 1, MAX(space - start, 1));
        g_autofree char *blanks = g_strnfill((gsize)(NUMBER_COLUMNS + 2 + start), ' ');
        g_autofree char *carets = g_strnfill((gsize)width, '^');
        g_autofree char *size = size_text(error);
        pager_addf(pager, ROLE_ERROR, "%s%s%s", blanks, carets, size);
    }
    if (error->line_after != NULL)
        add_numbered(pager, ROLE_QUIET, number + 1, error->line_after, skip, space);
}

void load_error_add_lines(Pager *pager, const LoadError *error, guint number, guint count,
                          int columns)
{
    g_autofree char *place = place_text(error);
    g_autofree char *advice = load_error_advice(error);
    pager_addf(pager, ROLE_HEADER, "Refused row %u of %u   %s", number, count, error->source);
    pager_add(pager, ROLE_TEXT, place);
    if (error->raw_line != NULL && *error->raw_line != '\0')
        add_source_line(pager, error, columns);
    else if (error->raw_value != NULL)
        pager_addf(pager, ROLE_TEXT, "value: %s", error->raw_value);
    pager_addf(pager, ROLE_ERROR, "%s (%d)",
               error->reason != NULL ? error->reason : "no reason given", error->code);
    if (advice != NULL)
        pager_add(pager, ROLE_TEXT, advice);
}
