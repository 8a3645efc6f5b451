/* JSON of row_writer. */
#include "redshift/row_writer_private.h"

#include <cJSON.h>
#include <string.h>

#include "base/text.h"

static void append_escaped(GString *out, gunichar c)
{
    if (c >= 0x10000) { /* JSON writes these as a pair of surrogates */
        g_string_append_printf(out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
                               0xdc00 + ((c - 0x10000) & 0x3ff));
        return;
    }
    static const char from[] = "\"\\\n\r\t", to[] = "\"\\nrt";
    const char *at = c > 0 && c < 0x80 ? strchr(from, (char)c) : NULL;
    if (at == NULL) {
        g_string_append_printf(out, "\\u%04x", c);
        return;
    }
    g_string_append_c(out, '\\');
    g_string_append_c(out, to[at - from]);
}

/* Bytes at the start that stand for themselves. */
static gsize plain_run(const char *bytes, gsize length)
{
    gsize n = 0;
    while (n < length && bytes[n] >= 0x20 && bytes[n] < 0x7f && bytes[n] != '"' && bytes[n] != '\\')
        n++;
    return n;
}

static void append_characters(GString *out, const char *valid)
{
    for (const char *p = valid; *p != '\0';) {
        gsize run = plain_run(p, strlen(p));
        g_string_append_len(out, p, (gssize)run);
        p += run;
        if (*p == '\0')
            break;
        gssize size = g_utf8_next_char(p) - p;
        if (*p == '"' || *p == '\\' || !text_is_printable(p, size))
            append_escaped(out, g_utf8_get_char(p));
        else
            g_string_append_len(out, p, size);
        p += size;
    }
}

void row_append_json_string(GString *out, const char *bytes, gsize length)
{
    g_string_append_c(out, '"');
    if (plain_run(bytes, length) == length) {
        g_string_append_len(out, bytes, (gssize)length);
    } else {
        g_autofree char *valid = g_utf8_make_valid(bytes, (gssize)length);
        append_characters(out, valid);
    }
    g_string_append_c(out, '"');
}

static gsize digits(const char *text, gsize length, gsize at)
{
    gsize n = 0;
    while (at + n < length && g_ascii_isdigit(text[at + n]))
        n++;
    return n;
}

gboolean row_is_json_number(const char *text, gsize length)
{
    gsize at = length > 0 && text[0] == '-' ? 1 : 0, n = digits(text, length, at);
    if (n == 0 || (n > 1 && text[at] == '0'))
        return FALSE;
    at += n;
    if (at < length && text[at] == '.') {
        n = digits(text, length, at + 1);
        if (n == 0)
            return FALSE;
        at += n + 1;
    }
    if (at < length && (text[at] | 0x20) == 'e') {
        at++;
        if (at < length && (text[at] == '+' || text[at] == '-'))
            at++;
        n = digits(text, length, at);
        if (n == 0)
            return FALSE;
        at += n;
    }
    return at == length;
}

static gboolean is_json_text(const char *value, gsize length)
{
    cJSON *json = cJSON_ParseWithLengthOpts(value, length + 1, NULL, TRUE);
    cJSON_Delete(json);
    return json != NULL;
}

static void append_value(GString *out, ColumnClass class, const char *value, gsize length)
{
    if (value == NULL)
        g_string_append(out, "null");
    else if (class == COLUMN_BOOLEAN && length == 1 && (*value == 't' || *value == 'f'))
        g_string_append(out, *value == 't' ? "true" : "false");
    else if (class == COLUMN_NUMBER && row_is_json_number(value, length))
        g_string_append_len(out, value, (gssize)length);
    else if (class == COLUMN_SUPER && text_is_printable(value, (gssize)length) &&
             is_json_text(value, length))
        g_string_append_len(out, value, (gssize)length);
    else
        row_append_json_string(out, value, length);
}

void json_row(const RowWriter *writer, const char *const *values, const int *lengths, GString *out)
{
    if (writer->format == ROW_FORMAT_JSON)
        g_string_append(out, writer->n_rows == 0 ? "[\n" : ",\n");
    g_string_append_c(out, '{');
    for (guint i = 0; i < writer->n_columns; i++) {
        g_string_append(out, writer->names[i] + (i == 0 ? strlen(", ") : 0));
        append_value(out, writer->classes[i], values[i], values[i] == NULL ? 0 : (gsize)lengths[i]);
    }
    g_string_append(out, writer->format == ROW_FORMAT_JSON ? "}" : "}\n");
}
