/*
 * load_time: dates and times as COPY reads them (Redshift guide, DATEFORMAT and TIMEFORMAT strings).
 *
 * Four ways: the default (YYYY-MM-DD, YYYY-MM-DD HH:MI:SS with an optional fraction), a format string,
 * 'auto', which knows many spellings, and seconds or milliseconds since 1970. What was read comes out
 * as ISO text for PostgreSQL. A value that is no date of the calendar is not read.
 *
 * Threads: pure.
 */
#ifndef REDSMITH_SANDBOX_LOAD_TIME_H
#define REDSMITH_SANDBOX_LOAD_TIME_H

#include <glib.h>

typedef enum {
    LOAD_TIME_DEFAULT,
    LOAD_TIME_AUTO,
    LOAD_TIME_EPOCHSECS,
    LOAD_TIME_EPOCHMILLISECS,
    LOAD_TIME_PATTERN
} LoadTimeKind;

typedef struct {
    LoadTimeKind kind;
    char *pattern; /* upper case; NULL unless LOAD_TIME_PATTERN */
} LoadTimeFormat;

/* Reads the argument of DATEFORMAT (time FALSE) or TIMEFORMAT. FALSE when it holds no date part. The
 * pattern is freed with g_free. 'auto' and its sisters are known in lower case only, as on Redshift. */
gboolean load_time_format(const char *text, gboolean time, LoadTimeFormat *format);

typedef struct {
    int year; /* 1 BC is 0 */
    int month, day, hour, minute, second, microsecond;
    gboolean has_zone;
    int zone_seconds; /* east of UTC */
} LoadMoment;

/* FALSE when the text is not one. zone: is a zone allowed, as in TIMESTAMPTZ? Blanks around are fine. */
gboolean load_date_read(const LoadTimeFormat *format, const char *text, gsize length,
                        LoadMoment *moment);
gboolean load_timestamp_read(const LoadTimeFormat *format, gboolean zone, const char *text,
                             gsize length, LoadMoment *moment);
/* HH:MI[:SS[.ffffff]] with an optional zone. */
gboolean load_clock_read(gboolean zone, const char *text, gsize length, LoadMoment *moment);

/* As ISO text for PostgreSQL. */
void load_date_append(GString *out, const LoadMoment *moment);
void load_timestamp_append(GString *out, const LoadMoment *moment, gboolean zone);
void load_clock_append(GString *out, const LoadMoment *moment, gboolean zone);

#endif
