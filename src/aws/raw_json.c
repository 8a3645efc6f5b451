#include "aws/raw_json.h"

#include <string.h>

#include "base/error.h"

#define DEEPEST 512

/* --- the grammar -------------------------------------------------------------------------------- */

/* Each of these gives the position after what starts at p, or NULL with *bad where it went wrong. */
typedef struct {
    const char *end, *bad;
} Scan;

static const char *fail(Scan *scan, const char *at)
{
    scan->bad = at;
    return NULL;
}

static const char *skip_blanks(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
        p++;
    return p;
}

static const char *after_escape(Scan *scan, const char *p)
{
    if (p == scan->end || *p == '\0' || strchr("\"\\/bfnrtu", *p) == NULL)
        return fail(scan, p);
    if (*p != 'u')
        return p + 1;
    for (int i = 1; i <= 4; i++)
        if (p + i >= scan->end || !g_ascii_isxdigit(p[i]))
            return fail(scan, p);
    return p + 5;
}

static const char *after_string(Scan *scan, const char *p)
{
    const char *start = p++;
    while (p != NULL && p < scan->end && *p != '"') {
        if ((guchar)*p < 0x20)
            return fail(scan, p);
        p = *p == '\\' ? after_escape(scan, p + 1) : p + 1;
    }
    if (p == NULL)
        return NULL;
    return p < scan->end ? p + 1 : fail(scan, start);
}

static const char *after_digits(Scan *scan, const char *p)
{
    if (p == scan->end || !g_ascii_isdigit(*p))
        return fail(scan, p);
    while (p < scan->end && g_ascii_isdigit(*p))
        p++;
    return p;
}

static const char *after_number(Scan *scan, const char *p)
{
    p += *p == '-';
    const char *first = p;
    p = after_digits(scan, p);
    if (p != NULL && *first == '0' && p > first + 1)
        return fail(scan, first);
    if (p != NULL && p < scan->end && *p == '.')
        p = after_digits(scan, p + 1);
    if (p == NULL || p == scan->end || (*p | 0x20) != 'e')
        return p;
    p++;
    p += p < scan->end && (*p == '+' || *p == '-');
    return after_digits(scan, p);
}

static const char *after_word(Scan *scan, const char *p)
{
    static const char *const words[] = {"true", "false", "null"};
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        gsize length = strlen(words[i]);
        if ((gsize)(scan->end - p) >= length && memcmp(p, words[i], length) == 0)
            return p + length;
    }
    return fail(scan, p);
}

static const char *after_value(Scan *scan, const char *p, int depth);

static const char *after_name(Scan *scan, const char *p)
{
    if (p == scan->end || *p != '"')
        return fail(scan, p);
    p = after_string(scan, p);
    if (p == NULL)
        return NULL;
    p = skip_blanks(p, scan->end);
    return p < scan->end && *p == ':' ? skip_blanks(p + 1, scan->end) : fail(scan, p);
}

static const char *after_list(Scan *scan, const char *p, int depth)
{
    char close = *p == '{' ? '}' : ']';
    if (depth == DEEPEST)
        return fail(scan, p);
    p = skip_blanks(p + 1, scan->end);
    if (p < scan->end && *p == close)
        return p + 1;
    for (;;) {
        if (close == '}' && (p = after_name(scan, p)) == NULL)
            return NULL;
        if ((p = after_value(scan, p, depth + 1)) == NULL)
            return NULL;
        p = skip_blanks(p, scan->end);
        if (p < scan->end && *p == close)
            return p + 1;
        if (p == scan->end || *p != ',')
            return fail(scan, p);
        p = skip_blanks(p + 1, scan->end);
    }
}

static const char *after_value(Scan *scan, const char *p, int depth)
{
    if (p == scan->end)
        return fail(scan, p);
    if (*p == '{' || *p == '[')
        return after_list(scan, p, depth);
    if (*p == '"')
        return after_string(scan, p);
    return *p == '-' || g_ascii_isdigit(*p) ? after_number(scan, p) : after_word(scan, p);
}

gboolean raw_json_parse(const char *text, gsize length, RawJson *value, GError **error)
{
    Scan scan = {.end = text + length};
    const char *start = skip_blanks(text, scan.end), *invalid = NULL;
    const char *after = after_value(&scan, start, 0);
    if (after != NULL && skip_blanks(after, scan.end) != scan.end)
        scan.bad = after;
    if (scan.bad == NULL && !g_utf8_validate_len(text, length, &invalid))
        scan.bad = invalid;
    if (scan.bad != NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "the answer is not JSON from byte %zu on",
                    (gsize)(scan.bad - text));
        return FALSE;
    }
    *value = (RawJson){start, after};
    return TRUE;
}

/* --- walking ------------------------------------------------------------------------------------ */

RawJsonKind raw_json_kind(RawJson value)
{
    switch (*value.at) {
    case '{':
        return RAW_JSON_OBJECT;
    case '[':
        return RAW_JSON_ARRAY;
    case '"':
        return RAW_JSON_STRING;
    case 't':
    case 'f':
        return RAW_JSON_BOOLEAN;
    case 'n':
        return RAW_JSON_NULL;
    default:
        return RAW_JSON_NUMBER;
    }
}

RawJsonWalk raw_json_walk(RawJson value)
{
    RawJsonKind kind = raw_json_kind(value);
    if (kind != RAW_JSON_ARRAY && kind != RAW_JSON_OBJECT)
        return (RawJsonWalk){.at = value.end, .end = value.end};
    return (RawJsonWalk){.at = value.at + 1, .end = value.end - 1, .object = *value.at == '{'};
}

gboolean raw_json_next(RawJsonWalk *walk)
{
    Scan scan = {.end = walk->end};
    const char *p = skip_blanks(walk->at, walk->end);
    if (p < walk->end && *p == ',')
        p = skip_blanks(p + 1, walk->end);
    if (p >= walk->end)
        return FALSE;
    if (walk->object) {
        walk->name = (RawJson){p, after_string(&scan, p)};
        p = after_name(&scan, p);
    }
    walk->value = (RawJson){p, after_value(&scan, p, 0)};
    walk->at = walk->value.end;
    return TRUE;
}

gboolean raw_json_member(RawJson object, const char *name, RawJson *value)
{
    RawJsonWalk walk = raw_json_walk(object);
    while (walk.object && raw_json_next(&walk)) {
        if (raw_json_kind(walk.value) == RAW_JSON_NULL || !raw_json_string_is(walk.name, name))
            continue;
        *value = walk.value;
        return TRUE;
    }
    return FALSE;
}

/* --- values ------------------------------------------------------------------------------------- */

static guint hex4(const char *p)
{
    guint code = 0;
    for (int i = 0; i < 4; i++)
        code = code * 16 + (guint)g_ascii_xdigit_value(p[i]);
    return code;
}

/* After \u: appends the character; a half of a pair alone becomes U+FFFD. The position after it. */
static const char *append_code(GString *out, const char *p, const char *end)
{
    guint code = hex4(p);
    p += 4;
    if (code >= 0xd800 && code < 0xdc00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u') {
        guint low = hex4(p + 2);
        if (low >= 0xdc00 && low < 0xe000) {
            g_string_append_unichar(out, 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00));
            return p + 6;
        }
    }
    if (code >= 0xd800 && code < 0xe000)
        code = 0xfffd;
    if (code == 0)
        g_string_append_c(out, '\0'); /* append_unichar would write it in two bytes or none */
    else
        g_string_append_unichar(out, code);
    return p;
}

char *raw_json_string(RawJson value, gsize *length)
{
    static const char names[] = "bfnrt", letters[] = "\b\f\n\r\t";
    if (raw_json_kind(value) != RAW_JSON_STRING)
        return NULL;
    GString *out = g_string_sized_new((gsize)(value.end - value.at));
    const char *end = value.end - 1;
    for (const char *p = value.at + 1; p < end;) {
        const char *stop = memchr(p, '\\', (gsize)(end - p));
        g_string_append_len(out, p, (stop != NULL ? stop : end) - p);
        if (stop == NULL)
            break;
        p = stop + 2;
        const char *known = strchr(names, stop[1]);
        if (stop[1] == 'u')
            p = append_code(out, p, end);
        else
            g_string_append_c(out, known != NULL ? letters[known - names] : stop[1]);
    }
    if (length != NULL)
        *length = out->len;
    else if (strlen(out->str) != out->len)
        g_string_truncate(out, 0);
    gboolean kept = length != NULL || out->len > 0 || value.end - value.at == 2;
    return g_string_free(out, !kept);
}

gboolean raw_json_string_is(RawJson value, const char *text)
{
    gsize length = strlen(text);
    if (raw_json_kind(value) != RAW_JSON_STRING)
        return FALSE;
    if (memchr(value.at, '\\', (gsize)(value.end - value.at)) == NULL)
        return (gsize)(value.end - value.at) == length + 2 &&
               memcmp(value.at + 1, text, length) == 0;
    gsize got = 0;
    g_autofree char *meaning = raw_json_string(value, &got);
    return got == length && memcmp(meaning, text, length) == 0;
}

gboolean raw_json_int64(RawJson value, gint64 *number)
{
    gsize length = (gsize)(value.end - value.at);
    char digits[24];
    if (raw_json_kind(value) != RAW_JSON_NUMBER || length >= sizeof digits)
        return FALSE;
    memcpy(digits, value.at, length);
    digits[length] = '\0';
    return g_ascii_string_to_signed(digits, 10, G_MININT64, G_MAXINT64, number, NULL);
}

char *raw_json_text_of(RawJson object, const char *name)
{
    RawJson value;
    return raw_json_member(object, name, &value) ? raw_json_string(value, NULL) : NULL;
}

gint64 raw_json_int64_of(RawJson object, const char *name, gint64 missing)
{
    RawJson value;
    gint64 number;
    return raw_json_member(object, name, &value) && raw_json_int64(value, &number) ? number
                                                                                   : missing;
}

gboolean raw_json_boolean_of(RawJson object, const char *name)
{
    RawJson value;
    return raw_json_member(object, name, &value) && *value.at == 't';
}

gint64 raw_json_time_of(RawJson object, const char *name)
{
    RawJson value;
    if (!raw_json_member(object, name, &value) || raw_json_kind(value) != RAW_JSON_NUMBER)
        return 0;
    g_autofree char *text = g_strndup(value.at, (gsize)(value.end - value.at));
    double seconds = g_ascii_strtod(text, NULL);
    return seconds > 0 && seconds < 1e11 ? (gint64)(seconds * G_USEC_PER_SEC + 0.5) : 0;
}

void raw_json_append_string(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (; *text != '\0'; text++) {
        if ((guchar)*text < 0x20 || *text == '"' || *text == '\\' || *text == 0x7f)
            g_string_append_printf(out, "\\u%04x", (guint)(guchar)*text);
        else
            g_string_append_c(out, *text);
    }
    g_string_append_c(out, '"');
}
