#include <errno.h>
#include <string.h>

#include "sandbox/load_time_parts.h"

/* Redshift's own bounds: 4713 BC to 294276 AD. */
#define FIRST_YEAR (-4712)
#define LAST_YEAR 294276

gboolean load_time_format(const char *text, gboolean time, LoadTimeFormat *format)
{
    static const struct {
        const char *word;
        LoadTimeKind kind;
        gboolean time_only;
    } words[] = {{"auto", LOAD_TIME_AUTO, FALSE},
                 {"epochsecs", LOAD_TIME_EPOCHSECS, TRUE},
                 {"epochmillisecs", LOAD_TIME_EPOCHMILLISECS, TRUE}};
    g_clear_pointer(&format->pattern, g_free);
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        if (g_str_equal(text, words[i].word) && (time || !words[i].time_only)) {
            format->kind = words[i].kind;
            return TRUE;
        }
    char *pattern = g_ascii_strup(text, -1);
    format->kind = LOAD_TIME_PATTERN;
    format->pattern = pattern;
    gboolean good = strstr(pattern, "YY") != NULL || strstr(pattern, "DD") != NULL ||
                    strstr(pattern, "MM") != NULL || strstr(pattern, "MON") != NULL;
    if (!good)
        g_clear_pointer(&format->pattern, g_free);
    return good;
}

/* --- the default -------------------------------------------------------------------------------- */

static gboolean read_iso_date(const char **p, const char *end, LoadMoment *moment)
{
    return moment_read_digits(p, end, 4, 6, &moment->year) && moment_read_char(p, end, '-') &&
           moment_read_digits(p, end, 1, 2, &moment->month) && moment_read_char(p, end, '-') &&
           moment_read_digits(p, end, 1, 2, &moment->day);
}

static gboolean read_default(gboolean zone, const char *p, const char *end, LoadMoment *moment)
{
    if (!read_iso_date(&p, end, moment))
        return FALSE;
    if (p < end && g_ascii_isspace(*p)) {
        moment_skip_blanks(&p, end);
        if (p < end && g_ascii_isdigit(*p) && !moment_read_clock(&p, end, moment))
            return FALSE;
    }
    if (zone) {
        moment_skip_blanks(&p, end);
        moment_read_zone(&p, end, moment);
    }
    moment_read_era(&p, end, moment);
    return p == end;
}

/* --- format strings ----------------------------------------------------------------------------- */

typedef enum {
    PART_YEAR4,
    PART_YEAR2,
    PART_MONTH,
    PART_NAME,
    PART_DAY,
    PART_HOUR,
    PART_MINUTE,
    PART_SECOND,
    PART_MERIDIEM,
    PART_OFFSET
} PatternPart;

static const struct {
    const char *text;
    PatternPart part;
} parts[] = {
    {"YYYY", PART_YEAR4},  {"YY", PART_YEAR2},  {"MONTH", PART_NAME}, {"MON", PART_NAME},
    {"MM", PART_MONTH},    {"MI", PART_MINUTE}, {"DD", PART_DAY},     {"HH24", PART_HOUR},
    {"HH12", PART_HOUR},   {"HH", PART_HOUR},   {"SS", PART_SECOND},  {"AM", PART_MERIDIEM},
    {"PM", PART_MERIDIEM}, {"OF", PART_OFFSET}, {"TZ", PART_OFFSET},
};

static gboolean read_part(PatternPart part, const char **p, const char *end, LoadMoment *moment,
                          int *meridiem)
{
    switch (part) {
    case PART_YEAR4:
        return moment_read_digits(p, end, 4, 4, &moment->year);
    case PART_YEAR2:
        if (!moment_read_digits(p, end, 2, 2, &moment->year))
            return FALSE;
        moment_expand_year(moment);
        return TRUE;
    case PART_MONTH:
        return moment_read_digits(p, end, 1, 2, &moment->month);
    case PART_NAME:
        return moment_read_month_name(p, end, &moment->month);
    case PART_DAY:
        return moment_read_digits(p, end, 1, 2, &moment->day);
    case PART_HOUR:
        return moment_read_digits(p, end, 1, 2, &moment->hour);
    case PART_MINUTE:
        return moment_read_digits(p, end, 1, 2, &moment->minute);
    case PART_SECOND:
        return moment_read_digits(p, end, 1, 2, &moment->second) &&
               moment_read_fraction(p, end, moment);
    case PART_MERIDIEM:
        if (end - *p < 2 || ((*p)[1] | 0x20) != 'm' ||
            (((*p)[0] | 0x20) != 'a' && ((*p)[0] | 0x20) != 'p'))
            return FALSE;
        *meridiem = ((*p)[0] | 0x20) == 'p' ? 2 : 1;
        *p += 2;
        return TRUE;
    case PART_OFFSET:
        return moment_read_zone(p, end, moment);
    }
    return FALSE;
}

static gboolean read_pattern(const char *pattern, const char *p, const char *end,
                             LoadMoment *moment)
{
    int meridiem = 0;
    moment->month = moment->day = 1;
    while (*pattern != '\0') {
        gsize i = 0;
        while (i < G_N_ELEMENTS(parts) && !g_str_has_prefix(pattern, parts[i].text))
            i++;
        if (i < G_N_ELEMENTS(parts)) {
            if (!read_part(parts[i].part, &p, end, moment, &meridiem))
                return FALSE;
            pattern += strlen(parts[i].text);
        } else if (p < end && g_ascii_toupper(*p) == *pattern) {
            p++;
            pattern++;
        } else {
            return FALSE;
        }
    }
    if (meridiem != 0)
        moment_apply_meridiem(moment, meridiem == 2);
    return p == end;
}

/* --- since 1970 --------------------------------------------------------------------------------- */

static gboolean read_epoch(gint64 per_second, const char *p, const char *end, LoadMoment *moment)
{
    g_autofree char *text = g_strndup(p, (gsize)(end - p));
    char *rest = NULL;
    errno = 0;
    gint64 whole = g_ascii_strtoll(text, &rest, 10);
    if (rest == text || errno != 0 || ABS(whole) > G_MAXINT64 / 1000000)
        return FALSE;
    LoadMoment fraction = {0};
    const char *q = rest, *stop = text + strlen(text);
    if (!moment_read_fraction(&q, stop, &fraction) || q != stop)
        return FALSE;
    gint64 micros = whole * (1000000 / per_second);
    gint64 below = fraction.microsecond / per_second;
    micros += text[0] == '-' ? -below : below;
    gint64 seconds = micros / 1000000;
    moment->microsecond = (int)(micros % 1000000);
    if (moment->microsecond < 0) {
        moment->microsecond += 1000000;
        seconds--;
    }
    gint64 days = seconds / 86400, of_day = seconds % 86400;
    if (of_day < 0) {
        of_day += 86400;
        days--;
    }
    if (ABS(days) > (gint64)366 * LAST_YEAR)
        return FALSE;
    moment_set_days_since_epoch(moment, days);
    moment->hour = (int)(of_day / 3600);
    moment->minute = (int)(of_day / 60 % 60);
    moment->second = (int)(of_day % 60);
    moment->has_zone = TRUE;
    return TRUE;
}

static gboolean is_date(const LoadMoment *moment)
{
    return moment->year >= FIRST_YEAR && moment->year <= LAST_YEAR && moment->month >= 1 &&
           moment->month <= 12 && moment->day >= 1 &&
           moment->day <= moment_days_of_month(moment->year, moment->month);
}

static gboolean is_clock(const LoadMoment *moment)
{
    return moment->hour <= 23 && moment->minute <= 59 && moment->second <= 59;
}

/* --- reading ------------------------------------------------------------------------------------ */

static void trim(const char **p, const char **end)
{
    moment_skip_blanks(p, *end);
    while (*end > *p && g_ascii_isspace((*end)[-1]))
        (*end)--;
}

static gboolean read_any(const LoadTimeFormat *format, gboolean zone, const char *p,
                         const char *end, LoadMoment *moment)
{
    switch (format->kind) {
    case LOAD_TIME_DEFAULT:
        return read_default(zone, p, end, moment);
    case LOAD_TIME_AUTO:
        return load_time_read_auto(p, end, moment);
    case LOAD_TIME_EPOCHSECS:
        return read_epoch(1, p, end, moment);
    case LOAD_TIME_EPOCHMILLISECS:
        return read_epoch(1000, p, end, moment);
    case LOAD_TIME_PATTERN:
        return read_pattern(format->pattern, p, end, moment);
    }
    return FALSE;
}

gboolean load_timestamp_read(const LoadTimeFormat *format, gboolean zone, const char *text,
                             gsize length, LoadMoment *moment)
{
    const char *end = text + length;
    *moment = (LoadMoment){0};
    trim(&text, &end);
    return read_any(format, zone, text, end, moment) && is_date(moment) && is_clock(moment);
}

/* A date may carry a time behind it, which is dropped. */
gboolean load_date_read(const LoadTimeFormat *format, const char *text, gsize length,
                        LoadMoment *moment)
{
    return load_timestamp_read(format, TRUE, text, length, moment);
}

gboolean load_clock_read(gboolean zone, const char *text, gsize length, LoadMoment *moment)
{
    const char *end = text + length;
    *moment = (LoadMoment){0};
    trim(&text, &end);
    if (!moment_read_clock(&text, end, moment))
        return FALSE;
    moment_skip_blanks(&text, end);
    if (zone)
        moment_read_zone(&text, end, moment);
    return text == end && is_clock(moment);
}

/* --- writing ------------------------------------------------------------------------------------ */

static void append_date(GString *out, const LoadMoment *moment)
{
    int year = moment->year > 0 ? moment->year : 1 - moment->year;
    g_string_append_printf(out, "%04d-%02d-%02d", year, moment->month, moment->day);
}

static void append_clock(GString *out, const LoadMoment *moment, gboolean zone)
{
    g_string_append_printf(out, "%02d:%02d:%02d", moment->hour, moment->minute, moment->second);
    if (moment->microsecond != 0)
        g_string_append_printf(out, ".%06d", moment->microsecond);
    if (!zone || !moment->has_zone)
        return;
    int east = ABS(moment->zone_seconds);
    g_string_append_printf(out, "%c%02d:%02d", moment->zone_seconds < 0 ? '-' : '+', east / 3600,
                           east / 60 % 60);
    if (east % 60 != 0)
        g_string_append_printf(out, ":%02d", east % 60);
}

static void append_era(GString *out, const LoadMoment *moment)
{
    if (moment->year <= 0)
        g_string_append(out, " BC");
}

void load_date_append(GString *out, const LoadMoment *moment)
{
    append_date(out, moment);
    append_era(out, moment);
}

void load_timestamp_append(GString *out, const LoadMoment *moment, gboolean zone)
{
    append_date(out, moment);
    g_string_append_c(out, ' ');
    append_clock(out, moment, zone);
    append_era(out, moment);
}

void load_clock_append(GString *out, const LoadMoment *moment, gboolean zone)
{
    append_clock(out, moment, zone);
}
