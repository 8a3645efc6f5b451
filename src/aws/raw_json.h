/*
 * raw_json: JSON read where it lies, so that numbers keep their digits.
 *
 * A RawJson is a piece of a text that was checked as a whole; members and elements are found by walking
 * over it, and nothing is copied until a string is asked for. No number ever becomes a double on the
 * way: an int8 beyond 2^53 comes out as it went in.
 *
 * Example:
 *     RawJson root, rows, row;
 *     if (!raw_json_parse(text, length, &root, &error)) ...
 *     if (raw_json_member(root, "Records", &rows))
 *         for (RawJsonWalk walk = raw_json_walk(rows); raw_json_next(&walk);) ... walk.value
 *
 * Source:  RFC 8259; nesting is limited to 512 levels.
 * Threads: pure. A RawJson borrows the text.
 */
#ifndef REDSMITH_AWS_RAW_JSON_H
#define REDSMITH_AWS_RAW_JSON_H

#include <glib.h>

typedef struct {
    const char *at, *end; /* one value, without blanks around it */
} RawJson;

typedef enum {
    RAW_JSON_NULL,
    RAW_JSON_BOOLEAN,
    RAW_JSON_NUMBER,
    RAW_JSON_STRING,
    RAW_JSON_ARRAY,
    RAW_JSON_OBJECT
} RawJsonKind;

/* The text must be one JSON value in valid UTF-8; RS_ERROR_CORRUPT says where it is not. */
gboolean raw_json_parse(const char *text, gsize length, RawJson *value, GError **error);

RawJsonKind raw_json_kind(RawJson value);

/* The members of an object or the elements of an array, one after another; nothing for other kinds. */
typedef struct {
    const char *at, *end;
    gboolean object;
    RawJson name; /* a string; objects only */
    RawJson value;
} RawJsonWalk;
RawJsonWalk raw_json_walk(RawJson value);
gboolean raw_json_next(RawJsonWalk *walk);

/* The first member of that name whose value is not null. */
gboolean raw_json_member(RawJson object, const char *name, RawJson *value);

/* What a string means, NUL-terminated; NULL for other kinds and for strings with a NUL in them, unless
 * length is not NULL. Free with g_free. */
char *raw_json_string(RawJson value, gsize *length);
gboolean raw_json_string_is(RawJson value, const char *text);

/* A whole number without loss: FALSE for other kinds, for fractions, and beyond gint64. */
gboolean raw_json_int64(RawJson value, gint64 *number);

/* Members by name, with what is returned when they are missing or of another kind. */
char *raw_json_text_of(RawJson object, const char *name); /* NULL */
gint64 raw_json_int64_of(RawJson object, const char *name, gint64 missing);
gboolean raw_json_boolean_of(RawJson object, const char *name); /* FALSE */
/* Seconds of the epoch with a fraction, as microseconds; 0. */
gint64 raw_json_time_of(RawJson object, const char *name);

/* Appends a JSON string with its quotes. */
void raw_json_append_string(GString *out, const char *text);

#endif
