/*
 * copy: COPY from S3 as a structure, checked against the combinations Redshift refuses, printed as
 * SQL. Source of the rules: Redshift guide, COPY.
 *
 * Ownership: strings in the struct are borrowed
 * Errors:    RS_ERROR_USAGE, before anything is sent
 * Threads:   pure
 */
#ifndef REDSMITH_SQL_COPY_H
#define REDSMITH_SQL_COPY_H

#include "sql/unload.h"

typedef struct {
    const char *schema, *table;
    const char *const *columns; /* NULL-terminated names, or NULL for the table's order */
    const char *from;           /* s3://bucket/key-or-prefix */
    const char *iam_role;
    SqlFormat format;
    SqlCompression compression;
    gboolean manifest;
    gboolean escape, remove_quotes, empty_as_null, blanks_as_null, fill_record, truncate_columns;
    gboolean trim_blanks, ignore_blank_lines, accept_any_date, explicit_ids, no_load, roundec;
    gboolean accept_inv_chars;
    const char *accept_inv_chars_as; /* one replacement character, or NULL */
    guint ignore_header;
    const char *delimiter, *quote, *null_as;
    const char *json_paths;  /* NULL: 'auto' */
    const char *date_format; /* NULL: default; "auto" */
    const char *time_format;
    int max_error;           /* 0: stop at the first */
    const char *comp_update; /* NULL, "ON", "OFF", "PRESET" */
    const char *stat_update; /* NULL, "ON", "OFF" */
    const char *region;
} SqlCopy;

/* The statement. RS_ERROR_USAGE names both options and the rule. Free with g_free. */
char *sql_copy_text(const SqlCopy *copy, GError **error);

#endif
