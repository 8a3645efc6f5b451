#include "base/text.h"

#include <string.h>

static gboolean is_hostile(gunichar c)
{
    if (c < 0x20 || (c >= 0x7f && c < 0xa0))
        return TRUE;
    switch (g_unichar_type(c)) {
    case G_UNICODE_CONTROL:
    case G_UNICODE_FORMAT: /* bidi overrides and isolates, zero-width joiners, soft hyphen, tags */
    case G_UNICODE_SURROGATE:
    case G_UNICODE_PRIVATE_USE:
    case G_UNICODE_UNASSIGNED:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
        return TRUE;
    default:
        return FALSE;
    }
}

static void append_visible(GString *out, gunichar c)
{
    switch (c) {
    case '\n':
        g_string_append(out, "\\n");
        return;
    case '\t':
        g_string_append(out, "\\t");
        return;
    case '\r':
        g_string_append(out, "\\r");
        return;
    default:
        g_string_append_printf(out, c < 0x80 ? "\\x%02x" : "\\u{%04x}", c);
    }
}

/* The length of the valid character at p, or 0 when the byte there belongs to none. */
static gsize valid_char(const char *p, const char *end, gunichar *c)
{
    if ((guchar)*p < 0x80) { /* g_utf8_get_char_validated treats NUL as the end */
        *c = (guchar)*p;
        return 1;
    }
    *c = g_utf8_get_char_validated(p, end - p);
    if (*c == (gunichar)-1 || *c == (gunichar)-2)
        return 0;
    return (gsize)(g_utf8_next_char(p) - p);
}

static char *printable(const char *bytes, gssize length, const char *kept)
{
    const char *end = bytes + (length < 0 ? (gssize)strlen(bytes) : length);
    GString *out = g_string_sized_new((gsize)(end - bytes) + 1);
    while (bytes < end) {
        gunichar c;
        gsize size = valid_char(bytes, end, &c);
        if (size == 0) {
            g_string_append_printf(out, "\\x%02x", (guchar)*bytes);
            size = 1;
        } else if (is_hostile(c) && (*bytes == '\0' || strchr(kept, *bytes) == NULL)) {
            append_visible(out, c);
        } else {
            g_string_append_len(out, bytes, (gssize)size);
        }
        bytes += size;
    }
    return g_string_free(out, FALSE);
}

char *text_printable(const char *bytes, gssize length)
{
    return printable(bytes, length, "");
}

char *text_printable_lines(const char *bytes, gssize length)
{
    return printable(bytes, length, "\n\t");
}

gboolean text_is_printable(const char *bytes, gssize length)
{
    const char *end = bytes + (length < 0 ? (gssize)strlen(bytes) : length);
    while (bytes < end) {
        gunichar c;
        gsize size = valid_char(bytes, end, &c);
        if (size == 0 || is_hostile(c))
            return FALSE;
        bytes += size;
    }
    return TRUE;
}

int text_char_width(gunichar c)
{
    if (g_unichar_iszerowidth(c) || g_unichar_ismark(c))
        return g_unichar_type(c) == G_UNICODE_SPACING_MARK ? 1 : 0;
    return g_unichar_iswide(c) ? 2 : 1;
}

int text_width(const char *utf8)
{
    int width = 0;
    for (; *utf8 != '\0'; utf8 = g_utf8_next_char(utf8))
        width += text_char_width(g_utf8_get_char(utf8));
    return width;
}

/* Appends what fits into `columns` and returns the columns used. */
static int append_prefix(GString *out, const char *utf8, int columns)
{
    int used = 0;
    for (; *utf8 != '\0'; utf8 = g_utf8_next_char(utf8)) {
        gunichar c = g_utf8_get_char(utf8);
        int width = text_char_width(c);
        if (used + width > columns)
            break;
        g_string_append_unichar(out, c);
        used += width;
    }
    return used;
}

static void append_blanks(GString *out, int count)
{
    for (int i = 0; i < count; i++)
        g_string_append_c(out, ' ');
}

char *text_fit(const char *utf8, int columns, TextAlign align, gboolean ascii)
{
    GString *out = g_string_new(NULL);
    if (columns <= 0)
        return g_string_free(out, FALSE);
    int width = text_width(utf8);
    if (width > columns) {
        int used = append_prefix(out, utf8, columns - 1);
        append_blanks(out, columns - 1 - used);
        g_string_append(out, ascii ? "~" : "…");
        return g_string_free(out, FALSE);
    }
    if (align == TEXT_RIGHT)
        append_blanks(out, columns - width);
    g_string_append(out, utf8);
    if (align == TEXT_LEFT)
        append_blanks(out, columns - width);
    return g_string_free(out, FALSE);
}

char *text_count(guint64 number)
{
    g_autofree char *digits = g_strdup_printf("%" G_GUINT64_FORMAT, number);
    gsize length = strlen(digits);
    GString *out = g_string_new(NULL);
    for (gsize i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            g_string_append_c(out, ',');
        g_string_append_c(out, digits[i]);
    }
    return g_string_free(out, FALSE);
}

char *text_quantity(guint64 number, const char *noun)
{
    g_autofree char *count = text_count(number);
    return g_strdup_printf("%s %s%s", count, noun, number == 1 ? "" : "s");
}

char *text_bytes(guint64 bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    if (bytes < 1000)
        return g_strdup_printf("%" G_GUINT64_FORMAT " B", bytes);
    double value = (double)bytes;
    gsize unit = 0;
    while (value >= 999.5 && unit + 1 < G_N_ELEMENTS(units)) {
        value /= 1000;
        unit++;
    }
    return g_strdup_printf(value < 9.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

char *text_rate(guint64 bytes, guint64 ms)
{
    if (ms == 0)
        return g_strdup("-");
    g_autofree char *amount = text_bytes((guint64)((double)bytes * 1000.0 / (double)ms));
    return g_strconcat(amount, "/s", NULL);
}

char *text_duration(guint64 ms)
{
    guint64 seconds = ms / 1000;
    if (seconds < 3600)
        return g_strdup_printf("%d:%02d", (int)(seconds / 60), (int)(seconds % 60));
    return g_strdup_printf("%" G_GUINT64_FORMAT ":%02d:%02d", seconds / 3600,
                           (int)(seconds / 60 % 60), (int)(seconds % 60));
}

/* One row of the table at a time. */
guint text_distance(const char *a, const char *b)
{
    gsize length = strlen(b);
    g_autofree guint *row = g_new(guint, length + 1);
    for (gsize j = 0; j <= length; j++)
        row[j] = (guint)j;
    for (gsize i = 0; a[i] != '\0'; i++) {
        guint diagonal = row[0];
        row[0] = (guint)i + 1;
        for (gsize j = 0; j < length; j++) {
            guint change = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = MIN(MIN(row[j], row[j + 1]) + 1, change);
        }
    }
    return row[length];
}

char *text_bar(gint64 count, gint64 most, int width, gboolean ascii)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    GString *bar = g_string_new(NULL);
    gint64 parts = most <= 0 || count <= 0
                       ? 0
                       : (gint64)((double)MIN(count, most) / (double)most * width * 8 + 0.5);
    parts = count > 0 ? MAX(parts, 1) : parts;
    if (ascii) {
        for (gint64 i = 0; i < (parts + 7) / 8; i++)
            g_string_append_c(bar, '#');
        return g_string_free(bar, FALSE);
    }
    for (gint64 i = 0; i < parts / 8; i++)
        g_string_append(bar, "█");
    g_string_append(bar, eighths[parts % 8]);
    return g_string_free(bar, FALSE);
}
