/* DATEFORMAT and TIMEFORMAT 'auto': a date in whatever order it is written in. */
#include <string.h>

#include "sandbox/load_time_parts.h"

typedef struct {
    int value, digits;
    gboolean dot_before; /* as in YYYY.DDD */
} Number;

typedef struct {
    Number numbers[6];
    int count;
    int month; /* by name; 0: none */
    gboolean bc;
} DateWords;

static gboolean is_day_name(const char *p, gsize length)
{
    static const char *const days[] = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};
    for (gsize i = 0; length >= 3 && i < G_N_ELEMENTS(days); i++)
        if (g_ascii_strncasecmp(p, days[i], 3) == 0)
            return TRUE;
    return FALSE;
}

static gboolean read_word(const char **p, const char *end, DateWords *words, LoadMoment *moment,
                          int *meridiem)
{
    gsize length = moment_word_length(*p, end);
    if (words->month == 0 && moment_read_month_name(p, end, &words->month))
        return TRUE;
    if (moment_word_is(*p, length, "AM") || moment_word_is(*p, length, "PM"))
        *meridiem = ((*p)[0] | 0x20) == 'p' ? 2 : 1;
    else if (moment_word_is(*p, length, "BC"))
        words->bc = TRUE;
    else if (moment_word_is(*p, length, "T") || moment_word_is(*p, length, "AD") ||
             is_day_name(*p, length))
        (void)length;
    else
        return moment_read_zone_name(p, end, moment);
    *p += length;
    return TRUE;
}

static gboolean read_number(const char **p, const char *end, DateWords *words, gboolean dot)
{
    const char *start = *p;
    Number number = {.dot_before = dot};
    if (words->count == (int)G_N_ELEMENTS(words->numbers) ||
        !moment_read_digits(p, end, 1, 9, &number.value))
        return FALSE;
    number.digits = (int)(*p - start);
    words->numbers[words->count++] = number;
    return TRUE;
}

/* Is a clock next: one or two digits and a colon? */
static gboolean at_clock(const char *p, const char *end)
{
    int digits = 0;
    while (p < end && g_ascii_isdigit(*p) && digits < 3) {
        p++;
        digits++;
    }
    return digits >= 1 && digits <= 2 && p < end && *p == ':';
}

/* Two digits mean a century near ours, but not before Christ. */
static gboolean set_year(const DateWords *words, LoadMoment *moment, Number number)
{
    moment->year = number.value;
    if (words->bc)
        moment->year = 1 - moment->year;
    else if (number.digits <= 2)
        moment_expand_year(moment);
    return TRUE;
}

/* HHMISS or HHMI in digits only, after a date in digits only. */
static gboolean set_compact_clock(LoadMoment *moment, Number number)
{
    if (number.digits != 6 && number.digits != 4)
        return FALSE;
    int value = number.digits == 4 ? number.value * 100 : number.value;
    moment->hour = value / 10000;
    moment->minute = value / 100 % 100;
    moment->second = value % 100;
    return TRUE;
}

static gboolean set_compact_date(const DateWords *words, LoadMoment *moment, Number number)
{
    Number year = {.value = number.value / 10000, .digits = number.digits - 4};
    moment->month = number.value / 100 % 100;
    moment->day = number.value % 100;
    return set_year(words, moment, year);
}

static gboolean set_day_of_year(LoadMoment *moment, int year, int day)
{
    if (day < 1 || day > (moment_is_leap(year) ? 366 : 365))
        return FALSE;
    moment->year = year;
    for (moment->month = 1; day > moment_days_of_month(year, moment->month); moment->month++)
        day -= moment_days_of_month(year, moment->month);
    moment->day = day;
    return TRUE;
}

/* Decides which number is what. Without a name the order is that of DateStyle "ISO, MDY". */
static gboolean settle_date(const DateWords *words, LoadMoment *moment)
{
    const Number *n = words->numbers;
    if (words->month != 0) {
        if (words->count < 2)
            return FALSE;
        gboolean year_first = n[0].digits > 2 || n[0].value > 31;
        moment->month = words->month;
        moment->day = n[year_first ? 1 : 0].value;
        return words->count == 2 && set_year(words, moment, n[year_first ? 0 : 1]);
    }
    if (words->count >= 1 && (n[0].digits == 8 || n[0].digits == 6))
        return set_compact_date(words, moment, n[0]) &&
               (words->count == 1 || (words->count == 2 && set_compact_clock(moment, n[1])));
    if (words->count == 2 && n[0].digits == 4 && n[1].digits == 3 && n[1].dot_before)
        return set_day_of_year(moment, n[0].value, n[1].value);
    if (words->count != 3)
        return FALSE;
    if (n[0].digits > 2) {
        moment->month = n[1].value;
        moment->day = n[2].value;
        return set_year(words, moment, n[0]);
    }
    gboolean day_first = n[0].value > 12;
    moment->month = n[day_first ? 1 : 0].value;
    moment->day = n[day_first ? 0 : 1].value;
    return set_year(words, moment, n[2]);
}

static gboolean read_julian(const char *p, const char *end, LoadMoment *moment)
{
    int day;
    if (p == end || (*p | 0x20) != 'j')
        return FALSE;
    p++;
    if (!moment_read_digits(&p, end, 1, 9, &day) || p != end)
        return FALSE;
    moment_set_days_since_epoch(moment, (gint64)day - 2440588);
    return TRUE;
}

gboolean load_time_read_auto(const char *p, const char *end, LoadMoment *moment)
{
    DateWords words = {0};
    int meridiem = 0;
    gboolean clock = FALSE, dot = FALSE;
    if (read_julian(p, end, moment))
        return TRUE;
    while (p < end) {
        gboolean good = TRUE;
        if (g_ascii_isdigit(*p) && !clock && at_clock(p, end)) {
            good = moment_read_clock(&p, end, moment);
            clock = TRUE;
        } else if (g_ascii_isdigit(*p)) {
            good = read_number(&p, end, &words, dot);
        } else if (g_ascii_isalpha(*p)) {
            good = read_word(&p, end, &words, moment, &meridiem);
        } else if (*p == '+' || (*p == '-' && clock)) {
            good = moment_read_offset(&p, end, moment);
        } else if (words.count == 2 && *p == '.' && words.numbers[1].digits == 6) {
            good = moment_read_fraction(&p, end, moment);
        } else {
            dot = *p == '.';
            good = g_ascii_isspace(*p) || strchr("-/.,", *p) != NULL;
            p++;
            if (good)
                continue;
        }
        dot = FALSE;
        if (!good)
            return FALSE;
    }
    if (!settle_date(&words, moment))
        return FALSE;
    if (meridiem != 0)
        moment_apply_meridiem(moment, meridiem == 2);
    return TRUE;
}
