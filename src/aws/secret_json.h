/*
 * secret_json: JSON that holds secrets, wiped when it is freed.
 *
 * Threads: a tree belongs to one thread.
 */
#ifndef REDSMITH_AWS_SECRET_JSON_H
#define REDSMITH_AWS_SECRET_JSON_H

#include <cjson/cJSON.h>
#include <glib.h>

/* NULL when the text is not one JSON object with nothing after it but blanks. */
cJSON *secret_json_parse(const char *text, gsize length);

/* The text of a member, owned by the object; NULL when it is missing, empty or not a string. */
const char *secret_json_text(const cJSON *object, const char *name);

/* Overwrites every string in it first. NULL is allowed. */
void secret_json_free(cJSON *object);

#endif
