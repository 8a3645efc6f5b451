/*
 * json: members of the JSON objects that commands print.
 *
 * What a server or a file system says may be no UTF-8, and what is not known is null: both are decided
 * here, so that every command's --json has the same answer.
 *
 * Call order:  cJSON_CreateObject, cli_json_add_..., cli_print_json (cli/cli.h), which frees it
 * Ownership:   texts are copied
 * Threads:     any; an object belongs to one thread at a time
 */
#ifndef REDSMITH_CLI_JSON_H
#define REDSMITH_CLI_JSON_H

#include <cJSON.h>
#include <glib.h>

/* A text, bytes that are no UTF-8 replaced; null for NULL. */
void cli_json_add_text(cJSON *object, const char *name, const char *text);

/* An array of such texts; an empty one for NULL. */
void cli_json_add_texts(cJSON *object, const char *name, const GPtrArray *texts);

/* A count, exact also above 2^53; null when it is negative, which is how "unknown" is counted. */
void cli_json_add_count(cJSON *object, const char *name, gint64 count);

/* A percentage or a ratio; null when it is negative. */
void cli_json_add_ratio(cJSON *object, const char *name, double ratio);

#endif
