/*
 * option: which options of one statement go together. The refusals of UNLOAD and COPY are tables of
 * these rows; the check and its message are here, once, and so is what both print the same way. Private
 * to the sql floor.
 *
 * A statement's options are bits of one guint64. A row refuses `option` together with any bit of
 * `with`, and `option` without any bit of `needs` (0: nothing is needed).
 *
 * Ownership: texts are borrowed, but for the literal of sql_append_option.
 * Threads:   pure.
 */
#ifndef REDSMITH_SQL_OPTION_H
#define REDSMITH_SQL_OPTION_H

#include <glib.h>

#include "sql/unload.h"

typedef struct {
    guint64 bit;
    const char *name; /* as the statement writes it: "FORMAT CSV" */
} SqlOptionName;

typedef struct {
    guint64 option, with, needs;
    const char *rule; /* one sentence: why */
} SqlRefusal;

/* RS_ERROR_USAGE "STATEMENT: OPTION cannot be used with OTHER: rule" for the first row that refuses
 * what is present. names ends with a NULL name, refusals with a NULL rule. */
gboolean sql_options_check(const char *statement, guint64 present, const SqlOptionName *names,
                           const SqlRefusal *refusals, GError **error);

/* Appends " OPTION literal"; takes literal, which is quoted already. */
void sql_append_option(GString *out, const char *option, char *literal);

/* Appends " GZIP" and its sisters; nothing for SQL_COMPRESS_NONE. */
void sql_append_compression(GString *out, SqlCompression compression);

/* Appends " IAM_ROLE ..". RS_ERROR_USAGE for what is neither ARN(s), "default" nor "session". */
gboolean sql_append_role(GString *out, const char *iam_role, GError **error);

/* RS_ERROR_USAGE unless it is s3://bucket/..; `what` names the option. */
gboolean sql_check_s3_url(const char *url, const char *what, GError **error);

#endif
