/*
 * text: what strings look like on a terminal: width, sanitising, cutting, units.
 *
 * Everything that comes from a server or a file is hostile to the terminal until text_printable has
 * seen it. Widths are terminal columns, computed from Unicode properties and not from the host's
 * locale, so that tests and machines agree.
 *
 * Threads: pure functions. Results are freed with g_free.
 */
#ifndef REDSMITH_BASE_TEXT_H
#define REDSMITH_BASE_TEXT_H

#include <glib.h>

typedef enum { TEXT_LEFT, TEXT_RIGHT } TextAlign;

/*
 * Valid UTF-8 that no terminal obeys: control bytes become \n \t \r or \xNN, invalid bytes \xNN, and
 * bidi controls, other format characters, private-use, line separators and unassigned code points
 * \u{NNNN}. Everything else is unchanged. length -1 means up to the NUL; a NUL inside becomes \x00.
 */
char *text_printable(const char *bytes, gssize length);

/* The same with line ends and tabs as they are: for text of many lines on its way to a terminal. */
char *text_printable_lines(const char *bytes, gssize length);

/* True when text_printable would change nothing. */
gboolean text_is_printable(const char *bytes, gssize length);

/* Columns that a printable UTF-8 string takes: 2 for wide, 0 for combining and zero-width. */
int text_width(const char *utf8);

/* Columns of one character: 0, 1 or 2. */
int text_char_width(gunichar character);

/*
 * A printable string cut or padded with blanks to exactly `columns` columns. A cut ends in "…"
 * (or "~" when ascii is TRUE). A wide character that does not fit is replaced by a blank.
 */
char *text_fit(const char *utf8, int columns, TextAlign align, gboolean ascii);

/* "18,204,113" */
char *text_count(guint64 number);

/* "1 row", "2,704 rows": for nouns that take an s. */
char *text_quantity(guint64 number, const char *noun);

/* Decimal units, three digits: "0 B", "999 B", "1.5 kB", "310 MB", "1.9 GB". */
char *text_bytes(guint64 bytes);

/* "88 MB/s"; "-" when ms is 0. */
char *text_rate(guint64 bytes, guint64 ms);

/* "0:07", "12:30", "1:02:03" */
char *text_duration(guint64 ms);

/* A bar for count of most, the longest `width` columns: eighths of blocks, or '#' when ascii is TRUE.
 * What is more than nothing shows. */
char *text_bar(gint64 count, gint64 most, int width, gboolean ascii);

/* Levenshtein's distance in bytes: how far a mistyped name is from one that exists. */
guint text_distance(const char *a, const char *b);

#endif
