/*
 * pgcopy: PostgreSQL's COPY text lines, which is how rows come from and go to the backend, and its
 * literals, which is how the engines fill the log tables.
 *
 * Threads: pure.
 */
#ifndef REDSMITH_SANDBOX_PGCOPY_H
#define REDSMITH_SANDBOX_PGCOPY_H

#include <glib.h>

typedef struct {
    const char *text; /* NULL: SQL NULL; not terminated */
    gsize length;
} PgField;

/*
 * Splits one line (without its newline) into fields. The texts live in buffer, which is overwritten,
 * and are valid until it changes. fields is emptied first; its elements are PgField.
 */
void pgcopy_split(const char *line, gsize length, GString *buffer, GArray *fields);

/* Appends one value, escaped; text NULL appends the NULL marker. The caller adds tabs and newlines. */
void pgcopy_append(GString *out, const char *text, gsize length);

/*
 * Appends a value as an SQL literal that means the same under either setting of
 * standard_conforming_strings (E'..'), or NULL. Bytes that are not UTF-8 become '?', because the
 * database is UTF-8 and what is noted there may come from a broken file.
 */
void pg_append_literal(GString *out, const char *text, gssize length);

#endif
