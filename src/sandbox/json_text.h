/*
 * json_text: JSON read and written as text, so that numbers keep their digits.
 *
 * A value is a piece of the text. Nothing is copied until it is asked for, and no number ever becomes a
 * double: COPY and UNLOAD must not change what they carry (RFC 8259 for the grammar).
 *
 * Threads: pure.
 */
#ifndef REDSMITH_SANDBOX_JSON_TEXT_H
#define REDSMITH_SANDBOX_JSON_TEXT_H

#include <glib.h>

/* Appends a JSON string, with its quotes. */
void json_append_string(GString *out, const char *text, gsize length);
/* Appends JSON text without the blanks between its tokens. */
void json_append_compact(GString *out, const char *text, gsize length);

const char *json_skip_blanks(const char *p, const char *end);

/* After the value that starts at p; NULL when it is not valid JSON. Depth is limited to 1000, as SUPER's. */
const char *json_after_value(const char *p, const char *end);

/* Is all of it one JSON value, blanks around it allowed? */
gboolean json_is_value(const char *text, gsize length);

/*
 * The members or elements of a valid object or array, one after another:
 *     JsonWalk walk = json_walk(p, end);
 *     while (json_walk_next(&walk)) ... walk.name (objects only, with quotes), walk.value
 */
typedef struct {
    const char *at, *end;
    gboolean object;
    const char *name, *name_end; /* the member's name, quotes included; NULL in an array */
    const char *value, *value_end;
} JsonWalk;
JsonWalk json_walk(const char *p, const char *end);
gboolean json_walk_next(JsonWalk *walk);

/* Appends what a valid JSON string (quotes included) means, as UTF-8. FALSE for one with \u0000. */
gboolean json_append_meaning(GString *out, const char *p, const char *end);

/* Does the string (quotes included) mean this text? ignore_case compares without regard to case. */
gboolean json_string_is(const char *p, const char *end, const char *text, gboolean ignore_case);

#endif
