#include "sandbox/load_time.h"

#include <errno.h>
#include <string.h>

/* Redshift's own bounds: 4713 BC to 294276 AD. */
#define FIRST_YEAR (-4712)
#define LAST_YEAR 294276

static const char *const months[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                     "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};

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

/* --- the calendar ------------------------------------------------------------------------------- */

static gboolean is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

static gboolean is_date(const LoadMoment *moment)
{
    return moment->year >= FIRST_YEAR && moment->year <= LAST_YEAR && moment->month >= 1 &&
           moment->month <= 12 && moment->day >= 1 &&
           moment->day <= days_of_month(moment->year, moment->month);
}

static gboolean is_clock(const LoadMoment *moment)
{
    return moment->hour <= 23 && moment->minute <= 59 && moment->second <= 59;
}

/* Howard Hinnant's civil_from_days, the inverse of counting days since 1970-01-01. */
static void set_days_since_epoch(LoadMoment *moment, gint64 days)
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

/* --- small readers: each moves *p on and says whether it found what it wants --------------------- */

static gboolean read_digits(const char **p, const char *end, int least, int most, int *value)
{
    int digits = 0, number = 0;
    for (; digits < most && *p < end && g_ascii_isdigit(**p); digits++)
        number = number * 10 + (*(*p)++ - '0');
    *value = number;
    return digits >= least;
}

static void skip_blanks(const char **p, const char *end)
{
    while (*p < end && g_ascii_isspace(**p))
        (*p)++;
}

static gboolean read_char(const char **p, const char *end, char wanted)
{
    if (*p == end || **p != wanted)
        return FALSE;
    (*p)++;
    return TRUE;
}

/* .ffffff after seconds; digits beyond microseconds are dropped. */
static gboolean read_fraction(const char **p, const char *end, LoadMoment *moment)
{
    if (!read_char(p, end, '.'))
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
static gboolean read_clock(const char **p, const char *end, LoadMoment *moment)
{
    if (!read_digits(p, end, 1, 2, &moment->hour) || !read_char(p, end, ':') ||
        !read_digits(p, end, 2, 2, &moment->minute))
        return FALSE;
    if (!read_char(p, end, ':'))
        return TRUE;
    return read_digits(p, end, 2, 2, &moment->second) && read_fraction(p, end, moment);
}

static gboolean read_offset(const char **p, const char *end, LoadMoment *moment)
{
    if (*p == end || (**p != '+' && **p != '-'))
        return FALSE;
    int sign = *(*p)++ == '-' ? -1 : 1, hours, minutes = 0, seconds = 0;
    if (!read_digits(p, end, 1, 2, &hours))
        return FALSE;
    read_char(p, end, ':');
    if (*p < end && g_ascii_isdigit(**p) && !read_digits(p, end, 2, 2, &minutes))
        return FALSE;
    /* Zones of the time before zones have seconds. */
    if (read_char(p, end, ':') && !read_digits(p, end, 2, 2, &seconds))
        return FALSE;
    moment->has_zone = TRUE;
    moment->zone_seconds = sign * (hours * 3600 + minutes * 60 + seconds);
    return hours <= 15 && minutes <= 59 && seconds <= 59;
}

static gsize word_length(const char *p, const char *end)
{
    gsize length = 0;
    while (p + length < end && g_ascii_isalpha(p[length]))
        length++;
    return length;
}

static gboolean word_is(const char *p, gsize length, const char *word)
{
    return strlen(word) == length && g_ascii_strncasecmp(p, word, length) == 0;
}

static gboolean read_zone_name(const char **p, const char *end, LoadMoment *moment)
{
    static const struct {
        const char *name;
        int hours;
    } zones[] = {{"Z", 0},    {"UTC", 0},  {"GMT", 0},  {"EST", -5}, {"EDT", -4},
                 {"CST", -6}, {"CDT", -5}, {"MST", -7}, {"MDT", -6}, {"PST", -8},
                 {"PDT", -7}, {"CET", 1},  {"CEST", 2}, {"JST", 9}};
    gsize length = word_length(*p, end);
    for (gsize i = 0; i < G_N_ELEMENTS(zones); i++) {
        if (!word_is(*p, length, zones[i].name))
            continue;
        *p += length;
        moment->has_zone = TRUE;
        moment->zone_seconds = zones[i].hours * 3600;
        return TRUE;
    }
    return FALSE;
}

static gboolean read_zone(const char **p, const char *end, LoadMoment *moment)
{
    return read_offset(p, end, moment) || read_zone_name(p, end, moment);
}

static gboolean read_era(const char **p, const char *end, LoadMoment *moment)
{
    const char *q = *p;
    skip_blanks(&q, end);
    gsize length = word_length(q, end);
    if (word_is(q, length, "BC"))
        moment->year = 1 - moment->year;
    else if (!word_is(q, length, "AD"))
        return FALSE;
    *p = q + length;
    return TRUE;
}

static gboolean read_month_name(const char **p, const char *end, int *month)
{
    gsize length = word_length(*p, end);
    for (int i = 0; length >= 3 && i < 12; i++)
        if (g_ascii_strncasecmp(*p, months[i], 3) == 0) {
            *p += length;
            *month = i + 1;
            return TRUE;
        }
    return FALSE;
}

static void expand_year(LoadMoment *moment)
{
    moment->year += moment->year < 70 ? 2000 : 1900;
}

static void apply_meridiem(LoadMoment *moment, gboolean afternoon)
{
    moment->hour = moment->hour % 12 + (afternoon ? 12 : 0);
}

/* --- the default -------------------------------------------------------------------------------- */

static gboolean read_iso_date(const char **p, const char *end, LoadMoment *moment)
{
    return read_digits(p, end, 4, 6, &moment->year) && read_char(p, end, '-') &&
           read_digits(p, end, 1, 2, &moment->month) && read_char(p, end, '-') &&
           read_digits(p, end, 1, 2, &moment->day);
}

static gboolean read_default(gboolean zone, const char *p, const char *end, LoadMoment *moment)
{
    if (!read_iso_date(&p, end, moment))
        return FALSE;
    if (p < end && g_ascii_isspace(*p)) {
        skip_blanks(&p, end);
        if (p < end && g_ascii_isdigit(*p) && !read_clock(&p, end, moment))
            return FALSE;
    }
    if (zone) {
        skip_blanks(&p, end);
        read_zone(&p, end, moment);
    }
    read_era(&p, end, moment);
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
        return read_digits(p, end, 4, 4, &moment->year);
    case PART_YEAR2:
        if (!read_digits(p, end, 2, 2, &moment->year))
            return FALSE;
        expand_year(moment);
        return TRUE;
    case PART_MONTH:
        return read_digits(p, end, 1, 2, &moment->month);
    case PART_NAME:
        return read_month_name(p, end, &moment->month);
    case PART_DAY:
        return read_digits(p, end, 1, 2, &moment->day);
    case PART_HOUR:
        return read_digits(p, end, 1, 2, &moment->hour);
    case PART_MINUTE:
        return read_digits(p, end, 1, 2, &moment->minute);
    case PART_SECOND:
        return read_digits(p, end, 1, 2, &moment->second) && read_fraction(p, end, moment);
    case PART_MERIDIEM:
        if (end - *p < 2 || ((*p)[1] | 0x20) != 'm' ||
            (((*p)[0] | 0x20) != 'a' && ((*p)[0] | 0x20) != 'p'))
            return FALSE;
        *meridiem = ((*p)[0] | 0x20) == 'p' ? 2 : 1;
        *p += 2;
        return TRUE;
    case PART_OFFSET:
        return read_zone(p, end, moment);
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
        apply_meridiem(moment, meridiem == 2);
    return p == end;
}

/* --- 'auto' ------------------------------------------------------------------------------------- */

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
    gsize length = word_length(*p, end);
    if (words->month == 0 && read_month_name(p, end, &words->month))
        return TRUE;
    if (word_is(*p, length, "AM") || word_is(*p, length, "PM"))
        *meridiem = ((*p)[0] | 0x20) == 'p' ? 2 : 1;
    else if (word_is(*p, length, "BC"))
        words->bc = TRUE;
    else if (word_is(*p, length, "T") || word_is(*p, length, "AD") || is_day_name(*p, length))
        (void)length;
    else
        return read_zone_name(p, end, moment);
    *p += length;
    return TRUE;
}

static gboolean read_number(const char **p, const char *end, DateWords *words, gboolean dot)
{
    const char *start = *p;
    Number number = {.dot_before = dot};
    if (words->count == (int)G_N_ELEMENTS(words->numbers) ||
        !read_digits(p, end, 1, 9, &number.value))
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
        expand_year(moment);
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
    if (day < 1 || day > (is_leap(year) ? 366 : 365))
        return FALSE;
    moment->year = year;
    for (moment->month = 1; day > days_of_month(year, moment->month); moment->month++)
        day -= days_of_month(year, moment->month);
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
    if (!read_digits(&p, end, 1, 9, &day) || p != end)
        return FALSE;
    set_days_since_epoch(moment, (gint64)day - 2440588);
    return TRUE;
}

static gboolean read_auto(const char *p, const char *end, LoadMoment *moment)
{
    DateWords words = {0};
    int meridiem = 0;
    gboolean clock = FALSE, dot = FALSE;
    if (read_julian(p, end, moment))
        return TRUE;
    while (p < end) {
        gboolean good = TRUE;
        if (g_ascii_isdigit(*p) && !clock && at_clock(p, end)) {
            good = read_clock(&p, end, moment);
            clock = TRUE;
        } else if (g_ascii_isdigit(*p)) {
            good = read_number(&p, end, &words, dot);
        } else if (g_ascii_isalpha(*p)) {
            good = read_word(&p, end, &words, moment, &meridiem);
        } else if (*p == '+' || (*p == '-' && clock)) {
            good = read_offset(&p, end, moment);
        } else if (words.count == 2 && *p == '.' && words.numbers[1].digits == 6) {
            good = read_fraction(&p, end, moment);
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
        apply_meridiem(moment, meridiem == 2);
    return TRUE;
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
    if (!read_fraction(&q, stop, &fraction) || q != stop)
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
    set_days_since_epoch(moment, days);
    moment->hour = (int)(of_day / 3600);
    moment->minute = (int)(of_day / 60 % 60);
    moment->second = (int)(of_day % 60);
    moment->has_zone = TRUE;
    return TRUE;
}

/* --- reading ------------------------------------------------------------------------------------ */

static void trim(const char **p, const char **end)
{
    skip_blanks(p, *end);
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
        return read_auto(p, end, moment);
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
    if (!read_clock(&text, end, moment))
        return FALSE;
    skip_blanks(&text, end);
    if (zone)
        read_zone(&text, end, moment);
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
