/*
 * load_time_parts: what dates and times are made of, for every notation that load_time reads.
 *
 * A reader moves *p on, never to end, and says whether it found what it wants; where it did not, *p may have
 * moved, and the text is refused.
 *
 * Units:   years are astronomical (0 is 1 BC), zones seconds east
 * Threads: pure
 */
#ifndef REDSMITH_SANDBOX_LOAD_TIME_PARTS_H
#define REDSMITH_SANDBOX_LOAD_TIME_PARTS_H

#include "sandbox/load_time.h"

gboolean moment_is_leap(int year);
int moment_days_of_month(int year, int month);
/* Year, month and day from days since 1970-01-01. */
void moment_set_days_since_epoch(LoadMoment *moment, gint64 days);
/* A year of two digits means 1970 to 2069. */
void moment_expand_year(LoadMoment *moment);
/* An hour of twelve and AM or PM. */
void moment_apply_meridiem(LoadMoment *moment, gboolean afternoon);

void moment_skip_blanks(const char **p, const char *end);
/* From least to most digits. */
gboolean moment_read_digits(const char **p, const char *end, int least, int most, int *value);
gboolean moment_read_char(const char **p, const char *end, char wanted);
/* .ffffff behind seconds, or nothing; digits beyond microseconds are dropped. */
gboolean moment_read_fraction(const char **p, const char *end, LoadMoment *moment);
/* HH:MI[:SS[.f]] */
gboolean moment_read_clock(const char **p, const char *end, LoadMoment *moment);
/* +HH[[:]MI[:SS]] */
gboolean moment_read_offset(const char **p, const char *end, LoadMoment *moment);
/* UTC, EST, ...; and either of the two. */
gboolean moment_read_zone_name(const char **p, const char *end, LoadMoment *moment);
gboolean moment_read_zone(const char **p, const char *end, LoadMoment *moment);
/* AD, BC */
gboolean moment_read_era(const char **p, const char *end, LoadMoment *moment);
/* A word that begins as a month's name does, with three letters or more. */
gboolean moment_read_month_name(const char **p, const char *end, int *month);

/* How many letters begin here, and whether they are that word, in any case. */
gsize moment_word_length(const char *p, const char *end);
gboolean moment_word_is(const char *p, gsize length, const char *word);

/* load_time_auto.c: all of the text; FALSE where it is no date. */
gboolean load_time_read_auto(const char *p, const char *end, LoadMoment *moment);

#endif
