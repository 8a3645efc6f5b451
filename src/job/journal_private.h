/*
 * journal_private: what the files of the journal share: journal.c the job that this process runs,
 * journal_list.c what is known of the others, journal_lines.c where both find and how they read the files.
 *
 * Errors:  RS_ERROR_NOT_FOUND for a file or a job that is not there, RS_ERROR_CORRUPT for one that cannot
 *          be read
 * Threads: any; each call reads the disk
 */
#ifndef REDSMITH_JOB_JOURNAL_PRIVATE_H
#define REDSMITH_JOB_JOURNAL_PRIVATE_H

#include "job/journal.h"

/* "<folder>/<id><suffix>". Free with g_free. */
char *journal_path(const char *id, const char *suffix);
/* Ids of all journals, sorted; of char *. Free with g_ptr_array_unref. */
GPtrArray *journal_ids(void);
/* The full id that a prefix means. RS_ERROR_USAGE when it means several. Free with g_free. */
char *journal_resolve(const char *prefix, GError **error);

/* The whole lines of a file, see journal_parse. Free with cJSON_Delete. */
cJSON *journal_read_lines(const char *path, gsize *whole, GError **error);

/* Of one line: a text or NULL, a number or otherwise, and whether it is of that event. json may be NULL. */
const char *journal_text(const cJSON *json, const char *name);
gint64 journal_number(const cJSON *json, const char *name, gint64 otherwise);
gboolean journal_event_is(const cJSON *json, const char *event);

#endif
