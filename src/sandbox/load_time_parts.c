#include "sandbox/load_time_parts.h"

#include <string.h>

static const char *const months[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                     "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};

/* --- the calendar ------------------------------------------------------------------------------- */

gboolean moment_is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int moment_days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && moment_is_leap(year) ? 1 : 0);
}

/* Howard Hinnant's civil_from_days, the inverse of counting days since 1970-01-01. */
void moment_set_days_since_epoch(LoadMoment *moment, gint64 days)
{
    days += 719468;
    gint64 era = (days >= 0 ? days : days - 146096) / 146097;
    gint64 of_era = days - era * 146097;
    gint64 year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    gint64 of_year = of_era - (365 * year + year / 4 - year / 100);
    gint64 month = (5 * of_year + 2) / 153;
    moment->day = (int)(of_year - (153 * month + 2) / 5 + 1);
    moment->month = (int)(month < 10 ? month + 3 : month - 9);
    moment->year = (int)(year + era * 400 + (moment->month <= 2 ? 1 : 0));
}

/* --- what is written ---------------------------------------------------------------------------- */

gboolean moment_read_digits(const char **p, const char *end, int least, int most, int *value)
{
    int digits = 0, number = 0;
    for (; digits < most && *p < end && g_ascii_isdigit(**p); digits++)
        number = number * 10 + (*(*p)++ - '0');
    *value = number;
    return digits >= least;
}

void moment_skip_blanks(const char **p, const char *end)
{
    while (*p < end && g_ascii_isspace(**p))
        (*p)++;
}

gboolean moment_read_char(const char **p, const char *end, char wanted)
{
    if (*p == end || **p != wanted)
        return FALSE;
    (*p)++;
    return TRUE;
}

/* .ffffff after seconds; digits beyond microseconds are dropped. */
gboolean moment_read_fraction(const char **p, const char *end, LoadMoment *moment)
{
    if (!moment_read_char(p, end, '.'))
        return TRUE;
    int digits = 0;
    moment->microsecond = 0;
    for (; *p < end && g_ascii_isdigit(**p); (*p)++, digits++)
        if (digits < 6)
            moment->microsecond = moment->microsecond * 10 + (**p - '0');
    for (int i = digits; i < 6; i++)
        moment->microsecond *= 10;
    return digits > 0;
}

/* HH:MI[:SS[.f]] */
gboolean moment_read_clock(const char **p, const char *end, LoadMoment *moment)
{
    if (!moment_read_digits(p, end, 1, 2, &moment->hour) || !moment_read_char(p, end, ':') ||
        !moment_read_digits(p, end, 2, 2, &moment->minute))
        return FALSE;
    if (!moment_read_char(p, end, ':'))
        return TRUE;
    return moment_read_digits(p, end, 2, 2, &moment->second) &&
           moment_read_fraction(p, end, moment);
}

gboolean moment_read_offset(const char **p, const char *end, LoadMoment *moment)
{
    if (*p == end || (**p != '+' && **p != '-'))
        return FALSE;
    int sign = *(*p)++ == '-' ? -1 : 1, hours, minutes = 0, seconds = 0;
    if (!moment_read_digits(p, end, 1, 2, &hours))
        return FALSE;
    moment_read_char(p, end, ':');
    if (*p < end && g_ascii_isdigit(**p) && !moment_read_digits(p, end, 2, 2, &minutes))
        return FALSE;
    /* Zones of the time before zones have seconds. */
    if (moment_read_char(p, end, ':') && !moment_read_digits(p, end, 2, 2, &seconds))
        return FALSE;
    moment->has_zone = TRUE;
    moment->zone_seconds = sign * (hours * 3600 + minutes * 60 + seconds);
    return hours <= 15 && minutes <= 59 && seconds <= 59;
}

gsize moment_word_length(const char *p, const char *end)
{
    gsize length = 0;
    while (p + length < end && g_ascii_isalpha(p[length]))
        length++;
    return length;
}

gboolean moment_word_is(const char *p, gsize length, const char *word)
{
    return strlen(word) == length && g_ascii_strncasecmp(p, word, length) == 0;
}

gboolean moment_read_zone_name(const char **p, const char *end, LoadMoment *moment)
{
    static const struct {
        const char *name;
        int hours;
    } zones[] = {{"Z", 0},    {"UTC", 0},  {"GMT", 0},  {"EST", -5}, {"EDT", -4},
                 {"CST", -6}, {"CDT", -5}, {"MST", -7}, {"MDT", -6}, {"PST", -8},
                 {"PDT", -7}, {"CET", 1},  {"CEST", 2}, {"JST", 9}};
    gsize length = moment_word_length(*p, end);
    for (gsize i = 0; i < G_N_ELEMENTS(zones); i++) {
        if (!moment_word_is(*p, length, zones[i].name))
            continue;
        *p += length;
        moment->has_zone = TRUE;
        moment->zone_seconds = zones[i].hours * 3600;
        return TRUE;
    }
    return FALSE;
}

gboolean moment_read_zone(const char **p, const char *end, LoadMoment *moment)
{
    return moment_read_offset(p, end, moment) || moment_read_zone_name(p, end, moment);
}

gboolean moment_read_era(const char **p, const char *end, LoadMoment *moment)
{
    const char *q = *p;
    moment_skip_blanks(&q, end);
    gsize length = moment_word_length(q, end);
    if (moment_word_is(q, length, "BC"))
        moment->year = 1 - moment->year;
    else if (!moment_word_is(q, length, "AD"))
        return FALSE;
    *p = q + length;
    return TRUE;
}

gboolean moment_read_month_name(const char **p, const char *end, int *month)
{
    gsize length = moment_word_length(*p, end);
    for (int i = 0; length >= 3 && i < 12; i++)
        if (g_ascii_strncasecmp(*p, months[i], 3) == 0) {
            *p += length;
            *month = i + 1;
            return TRUE;
        }
    return FALSE;
}

void moment_expand_year(LoadMoment *moment)
{
    moment->year += moment->year < 70 ? 2000 : 1900;
}

void moment_apply_meridiem(LoadMoment *moment, gboolean afternoon)
{
    moment->hour = moment->hour % 12 + (afternoon ? 12 : 0);
}
