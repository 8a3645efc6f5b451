#include "sql/literal.h"

#include <string.h>

#include "base/error.h"

static void append_escaped(GString *out, char c)
{
    if (c == '\'' || c == '\\')
        g_string_append_c(out, c);
    g_string_append_c(out, c);
}

char *sql_literal(const char *text)
{
    if (text == NULL)
        return g_strdup("NULL");
    GString *out = g_string_sized_new(strlen(text) + 2);
    g_string_append_c(out, '\'');
    for (; *text != '\0'; text++)
        append_escaped(out, *text);
    g_string_append_c(out, '\'');
    return g_string_free(out, FALSE);
}

char *sql_control_literal(const char *text)
{
    GString *out = g_string_new("'");
    for (; *text != '\0'; text++) {
        if (*text == '\t')
            g_string_append(out, "\\t");
        else if ((guchar)*text < ' ' || *text == 0x7f)
            g_string_append_printf(out, "\\%03o", (guchar)*text);
        else
            append_escaped(out, *text);
    }
    g_string_append_c(out, '\'');
    return g_string_free(out, FALSE);
}

/* Each skip_* returns what follows the element at p, or NULL when it is not there. */

static const char *skip_digits(const char *p, int least, int most)
{
    int n = 0;
    while (g_ascii_isdigit(p[n]) && (most < 0 || n < most))
        n++;
    return n < least || g_ascii_isdigit(p[n]) ? NULL : p + n;
}

static const char *skip_sign(const char *p)
{
    return *p == '+' || *p == '-' ? p + 1 : p;
}

static gboolean is_integer(const char *text)
{
    const char *end = skip_digits(skip_sign(text), 1, -1);
    return end != NULL && *end == '\0';
}

/* 12, 12.5, 12. and .5 */
static const char *skip_decimal(const char *p)
{
    const char *start = skip_sign(p), *end = skip_digits(start, 0, -1);
    gboolean any = end > start;
    if (*end == '.') {
        const char *fraction = end + 1;
        end = skip_digits(fraction, 0, -1);
        any = any || end > fraction;
    }
    return any ? end : NULL;
}

static gboolean is_decimal(const char *text)
{
    const char *end = skip_decimal(text);
    return end != NULL && *end == '\0';
}

static gboolean is_float(const char *text)
{
    const char *end = skip_decimal(text);
    if (end != NULL && (*end | 0x20) == 'e')
        end = skip_digits(skip_sign(end + 1), 1, -1);
    return end != NULL && *end == '\0';
}

/* The server's spelling of a float that is no number, or NULL. */
static const char *special_float(const char *text)
{
    static const struct {
        const char *text, *value;
    } specials[] = {
        {"nan", "NaN"},        {"infinity", "Infinity"}, {"+infinity", "Infinity"},
        {"inf", "Infinity"},   {"+inf", "Infinity"},     {"-infinity", "-Infinity"},
        {"-inf", "-Infinity"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(specials); i++)
        if (g_ascii_strcasecmp(text, specials[i].text) == 0)
            return specials[i].value;
    return NULL;
}

static const char *boolean_word(const char *text)
{
    static const char *const yes[] = {"t", "true", "y", "yes", "on", "1", NULL};
    static const char *const no[] = {"f", "false", "n", "no", "off", "0", NULL};
    g_autofree char *lower = g_ascii_strdown(text, -1);
    if (g_strv_contains(yes, lower))
        return "TRUE";
    return g_strv_contains(no, lower) ? "FALSE" : NULL;
}

/* Two digits up to most. */
static const char *skip_two(const char *p, int most)
{
    if (p == NULL || !g_ascii_isdigit(p[0]) || !g_ascii_isdigit(p[1]))
        return NULL;
    return (p[0] - '0') * 10 + (p[1] - '0') <= most ? p + 2 : NULL;
}

static const char *skip_char(const char *p, char c)
{
    return p != NULL && *p == c ? p + 1 : NULL;
}

/* YYYY-MM-DD; years have four to six digits. */
static const char *skip_date(const char *p)
{
    const char *month = skip_char(skip_digits(p, 4, 6), '-');
    const char *day = skip_char(skip_two(month, 12), '-');
    const char *end = skip_two(day, 31);
    if (end == NULL)
        return NULL;
    gint64 year = g_ascii_strtoll(p, NULL, 10);
    /* Leap years repeat every 400 years; GDate's own years end at 65535. */
    GDateYear cycle = (GDateYear)(2000 + year % 400);
    gboolean valid =
        year > 0 && g_date_valid_dmy((GDateDay)g_ascii_strtoll(day, NULL, 10),
                                     (GDateMonth)g_ascii_strtoll(month, NULL, 10), cycle);
    return valid ? end : NULL;
}

/* HH:MM[:SS[.ffffff]] */
static const char *skip_time(const char *p)
{
    const char *end = skip_two(skip_char(skip_two(p, 23), ':'), 59);
    if (end == NULL || *end != ':')
        return end;
    end = skip_two(end + 1, 59);
    return end != NULL && *end == '.' ? skip_digits(end + 1, 1, 6) : end;
}

/* A date, or a date and a time behind a blank or a T. */
static const char *skip_timestamp(const char *p)
{
    const char *end = skip_date(p);
    if (end != NULL && (*end == ' ' || *end == 'T'))
        return skip_time(end + 1);
    return end;
}

/* Nothing, Z, +HH, +HHMM or +HH:MM */
static const char *skip_zone(const char *p)
{
    if (p == NULL || *p == '\0')
        return p;
    if (*p == 'Z' || *p == 'z')
        return p + 1;
    const char *end = skip_sign(p) == p ? NULL : skip_two(p + 1, 15);
    if (end == NULL || *end == '\0')
        return end;
    return skip_two(*end == ':' ? end + 1 : end, 59);
}

static gboolean is_date(const char *text)
{
    const char *end = skip_date(text);
    return end != NULL && *end == '\0';
}

static gboolean is_timestamp(const char *text)
{
    const char *end = skip_timestamp(text);
    return end != NULL && *end == '\0';
}

static gboolean is_timestamptz(const char *text)
{
    const char *end = skip_zone(skip_timestamp(text));
    return end != NULL && *end == '\0';
}

static gboolean is_time(const char *text)
{
    const char *end = skip_time(text);
    return end != NULL && *end == '\0';
}

static gboolean is_hex(const char *text)
{
    gsize length = strspn(text, "0123456789abcdefABCDEF");
    return text[length] == '\0' && length % 2 == 0;
}

static char *print_number(const char *text)
{
    return g_strdup(*text == '+' ? text + 1 : text);
}

static char *print_float(const char *text)
{
    const char *special = special_float(text);
    return special != NULL ? g_strdup_printf("'%s'::float8", special) : print_number(text);
}

static char *print_real(const char *text)
{
    const char *special = special_float(text);
    if (special != NULL)
        return g_strdup_printf("'%s'::float4", special);
    g_autofree char *number = print_number(text);
    return g_strconcat(number, "::float4", NULL);
}

static char *print_boolean(const char *text)
{
    return g_strdup(boolean_word(text));
}

static char *print_date(const char *text)
{
    return g_strdup_printf("DATE '%s'", text);
}

static char *print_timestamp(const char *text)
{
    return g_strdup_printf("TIMESTAMP '%s'", text);
}

static char *print_timestamptz(const char *text)
{
    return g_strdup_printf("TIMESTAMPTZ '%s'", text);
}

static char *print_time(const char *text)
{
    return g_strdup_printf("TIME '%s'", text);
}

static char *print_bytes(const char *text)
{
    return g_strdup_printf("TO_VARBYTE('%s', 'hex')", text);
}

static gboolean is_any_float(const char *text)
{
    return is_float(text) || special_float(text) != NULL;
}

static gboolean is_boolean(const char *text)
{
    return boolean_word(text) != NULL;
}

typedef struct {
    gboolean (*is)(const char *text);
    char *(*print)(const char *text);
    const char *expected;
} KindRow;

static const KindRow kinds[] = {
    [SQL_VALUE_TEXT] = {NULL, sql_literal, "text"},
    [SQL_VALUE_INTEGER] = {is_integer, print_number, "a whole number such as 42"},
    [SQL_VALUE_DECIMAL] = {is_decimal, print_number, "a decimal number such as 12.50"},
    [SQL_VALUE_FLOAT] = {is_any_float, print_float,
                         "a number such as 1.5 or 2e10, NaN, Infinity or -Infinity"},
    [SQL_VALUE_BOOLEAN] = {is_boolean, print_boolean, "true or false"},
    [SQL_VALUE_DATE] = {is_date, print_date, "a date such as 2008-01-31"},
    [SQL_VALUE_TIMESTAMP] = {is_timestamp, print_timestamp,
                             "a timestamp such as 2008-01-31 13:45:00.123456"},
    [SQL_VALUE_TIMESTAMPTZ] = {is_timestamptz, print_timestamptz,
                               "a timestamp such as 2008-01-31 13:45:00+01:00"},
    [SQL_VALUE_TIME] = {is_time, print_time, "a time such as 13:45:00.123456"},
    [SQL_VALUE_BYTES] = {is_hex, print_bytes, "an even number of hex digits such as 00ff"},
    [SQL_VALUE_REAL] = {is_any_float, print_real,
                        "a number such as 1.5 or 2e10, NaN, Infinity or -Infinity"},
    [SQL_VALUE_SUPER] = {NULL, sql_literal, "text"},
    [SQL_VALUE_OTHER] = {NULL, sql_literal, "text"},
    [SQL_VALUE_UNKNOWN] = {NULL, sql_literal, "text"},
};

char *sql_typed_literal(SqlValueKind kind, const char *text, GError **error)
{
    g_return_val_if_fail((gsize)kind < G_N_ELEMENTS(kinds), NULL);
    if (text == NULL)
        return g_strdup("NULL");
    if (kinds[kind].is == NULL || kinds[kind].is(text))
        return kinds[kind].print(text);
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "\"%s\" is not %s", text, kinds[kind].expected);
    return NULL;
}

SqlValueKind sql_value_kind(guint32 type_oid)
{
    static const struct {
        guint32 oid;
        SqlValueKind kind;
    } types[] = {
        {16, SQL_VALUE_BOOLEAN},   {17, SQL_VALUE_BYTES},       {20, SQL_VALUE_INTEGER},
        {21, SQL_VALUE_INTEGER},   {23, SQL_VALUE_INTEGER},     {26, SQL_VALUE_INTEGER},
        {700, SQL_VALUE_REAL},     {701, SQL_VALUE_FLOAT},      {1082, SQL_VALUE_DATE},
        {1083, SQL_VALUE_TIME},    {1114, SQL_VALUE_TIMESTAMP}, {1184, SQL_VALUE_TIMESTAMPTZ},
        {1186, SQL_VALUE_OTHER},   {1188, SQL_VALUE_OTHER},     {1190, SQL_VALUE_OTHER},
        {1266, SQL_VALUE_OTHER},   {1700, SQL_VALUE_DECIMAL},   {2935, SQL_VALUE_OTHER},
        {3000, SQL_VALUE_OTHER},   {3001, SQL_VALUE_OTHER},     {4000, SQL_VALUE_SUPER},
        {6551, SQL_VALUE_BYTES},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++)
        if (types[i].oid == type_oid)
            return types[i].kind;
    return SQL_VALUE_TEXT;
}

char *sql_like_literal(SqlLikeKind kind, const char *text)
{
    GString *pattern = g_string_new(kind == SQL_LIKE_STARTS ? "" : "%");
    for (; *text != '\0'; text++) {
        if (strchr("%_\\", *text) != NULL)
            g_string_append_c(pattern, '\\');
        g_string_append_c(pattern, *text);
    }
    if (kind != SQL_LIKE_ENDS)
        g_string_append_c(pattern, '%');
    char *literal = sql_literal(pattern->str);
    g_string_free(pattern, TRUE);
    return literal;
}
