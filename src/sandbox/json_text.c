#include "sandbox/json_text.h"

#include <string.h>

#define MAX_DEPTH 1000

/* --- writing ------------------------------------------------------------------------------------ */

void json_append_string(GString *out, const char *text, gsize length)
{
    static const char letters[] = "\b\f\n\r\t", names[] = "bfnrt";
    g_string_append_c(out, '"');
    for (gsize i = 0; i < length; i++) {
        char c = text[i];
        const char *known = c != '\0' ? strchr(letters, c) : NULL;
        if (c == '"' || c == '\\') {
            g_string_append_c(out, '\\');
            g_string_append_c(out, c);
        } else if (known != NULL) {
            g_string_append_c(out, '\\');
            g_string_append_c(out, names[known - letters]);
        } else if ((guchar)c < 0x20) {
            g_string_append_printf(out, "\\u%04x", (guint)c);
        } else {
            g_string_append_c(out, c);
        }
    }
    g_string_append_c(out, '"');
}

void json_append_compact(GString *out, const char *text, gsize length)
{
    gboolean inside = FALSE;
    for (gsize i = 0; i < length; i++) {
        char c = text[i];
        if (inside && c == '\\' && i + 1 < length) {
            g_string_append_c(out, c);
            c = text[++i];
        } else if (c == '"') {
            inside = !inside;
        } else if (!inside && g_ascii_isspace(c)) {
            continue;
        }
        g_string_append_c(out, c);
    }
}

/* --- reading ------------------------------------------------------------------------------------ */

const char *json_skip_blanks(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
        p++;
    return p;
}

static const char *after_string(const char *p, const char *end)
{
    for (p++; p < end; p++) {
        if (*p == '"')
            return p + 1;
        if ((guchar)*p < 0x20)
            return NULL;
        if (*p != '\\')
            continue;
        if (++p == end)
            return NULL;
        if (*p == 'u') {
            for (int i = 0; i < 4; i++)
                if (++p == end || !g_ascii_isxdigit(*p))
                    return NULL;
        } else if (*p == '\0' || strchr("\"\\/bfnrt", *p) == NULL) {
            return NULL;
        }
    }
    return NULL;
}

static const char *after_digits(const char *p, const char *end)
{
    if (p == end || !g_ascii_isdigit(*p))
        return NULL;
    while (p < end && g_ascii_isdigit(*p))
        p++;
    return p;
}

static const char *after_number(const char *p, const char *end)
{
    if (*p == '-')
        p++;
    const char *first = p;
    p = after_digits(p, end);
    if (p == NULL || (*first == '0' && p > first + 1))
        return NULL;
    if (p < end && *p == '.' && (p = after_digits(p + 1, end)) == NULL)
        return NULL;
    if (p < end && (*p | 0x20) == 'e') {
        p++;
        if (p < end && (*p == '+' || *p == '-'))
            p++;
        p = after_digits(p, end);
    }
    return p;
}

static const char *after_word(const char *p, const char *end)
{
    static const char *const words[] = {"true", "false", "null"};
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        gsize length = strlen(words[i]);
        if ((gsize)(end - p) >= length && memcmp(p, words[i], length) == 0)
            return p + length;
    }
    return NULL;
}

static const char *after_nested(const char *p, const char *end, int depth);

static const char *after_list(const char *p, const char *end, int depth)
{
    gboolean object = *p == '{';
    char close = object ? '}' : ']';
    p = json_skip_blanks(p + 1, end);
    if (p < end && *p == close)
        return p + 1;
    for (;;) {
        if (object) {
            if (p == end || *p != '"' || (p = after_string(p, end)) == NULL)
                return NULL;
            p = json_skip_blanks(p, end);
            if (p == end || *p != ':')
                return NULL;
            p = json_skip_blanks(p + 1, end);
        }
        p = after_nested(p, end, depth + 1);
        if (p == NULL)
            return NULL;
        p = json_skip_blanks(p, end);
        if (p == end || (*p != ',' && *p != close))
            return NULL;
        if (*p++ == close)
            return p;
        p = json_skip_blanks(p, end);
    }
}

static const char *after_nested(const char *p, const char *end, int depth)
{
    if (p == end || depth > MAX_DEPTH)
        return NULL;
    if (*p == '{' || *p == '[')
        return after_list(p, end, depth);
    if (*p == '"')
        return after_string(p, end);
    if (*p == '-' || g_ascii_isdigit(*p))
        return after_number(p, end);
    return after_word(p, end);
}

const char *json_after_value(const char *p, const char *end)
{
    return after_nested(p, end, 0);
}

gboolean json_is_value(const char *text, gsize length)
{
    const char *end = text + length;
    const char *after = json_after_value(json_skip_blanks(text, end), end);
    return after != NULL && json_skip_blanks(after, end) == end;
}

JsonWalk json_walk(const char *p, const char *end)
{
    return (JsonWalk){.at = p + 1, .end = end, .object = *p == '{'};
}

gboolean json_walk_next(JsonWalk *walk)
{
    walk->at = json_skip_blanks(walk->at, walk->end);
    if (walk->at < walk->end && *walk->at == ',')
        walk->at = json_skip_blanks(walk->at + 1, walk->end);
    if (walk->at == walk->end || *walk->at == '}' || *walk->at == ']')
        return FALSE;
    if (walk->object) {
        walk->name = walk->at;
        walk->name_end = after_string(walk->at, walk->end);
        if (walk->name_end == NULL)
            return FALSE;
        walk->at = json_skip_blanks(walk->name_end, walk->end);
        walk->at = json_skip_blanks(walk->at + 1, walk->end); /* the colon */
    }
    walk->value = walk->at;
    walk->value_end = json_after_value(walk->at, walk->end);
    walk->at = walk->value_end;
    return walk->value_end != NULL;
}

/* --- strings ------------------------------------------------------------------------------------ */

static gunichar hex4(const char *p)
{
    gunichar value = 0;
    for (int i = 0; i < 4; i++)
        value = value << 4 | (gunichar)g_ascii_xdigit_value(p[i]);
    return value;
}

/* At the u of an escape; returns after it. A surrogate without its partner becomes U+FFFD. */
static const char *append_unicode(GString *out, const char *p, const char *end)
{
    gunichar unit = hex4(p + 1);
    p += 5;
    if (unit >= 0xd800 && unit < 0xdc00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
        gunichar low = hex4(p + 2);
        if (low >= 0xdc00 && low < 0xe000) {
            unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
            p += 6;
        }
    }
    g_string_append_unichar(out, unit >= 0xd800 && unit < 0xe000 ? 0xfffd : unit);
    return p;
}

gboolean json_append_meaning(GString *out, const char *p, const char *end)
{
    static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
    for (p++, end--; p < end;) {
        if (*p != '\\') {
            g_string_append_c(out, *p++);
            continue;
        }
        p++;
        if (*p == 'u') {
            if (hex4(p + 1) == 0)
                return FALSE;
            p = append_unicode(out, p, end);
            continue;
        }
        const char *known = strchr(letters, *p);
        g_string_append_c(out, known != NULL ? meanings[known - letters] : *p);
        p++;
    }
    return TRUE;
}

gboolean json_string_is(const char *p, const char *end, const char *text, gboolean ignore_case)
{
    g_autoptr(GString) meaning = g_string_new(NULL);
    if (!json_append_meaning(meaning, p, end))
        return FALSE;
    if (!ignore_case)
        return g_str_equal(meaning->str, text);
    g_autofree char *folded = g_utf8_strdown(meaning->str, -1);
    g_autofree char *wanted = g_utf8_strdown(text, -1);
    return g_str_equal(folded, wanted);
}
