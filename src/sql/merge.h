/*
 * merge: the statements that bring a staging table's rows into a target, and the checks before it.
 *
 * Redshift's MERGE: both WHEN branches once each, no alias on the target, SET columns unqualified, a
 * target row matched twice is refused (Redshift guide). Names, never positions.
 *
 * Threads: pure. Strings are borrowed; results are freed with g_free.
 */
#ifndef REDSMITH_SQL_MERGE_H
#define REDSMITH_SQL_MERGE_H

#include <glib.h>

typedef enum { SQL_MERGE_MERGE, SQL_MERGE_DELETE_INSERT, SQL_MERGE_SCD2 } SqlMergeStrategy;

typedef struct {
    const char *target_schema, *target;
    const char *stage_schema, *stage;
    const char *const *columns; /* NULL-terminated: every column the stage brings */
    const char *const *keys;    /* NULL-terminated: a subset of columns */
    SqlMergeStrategy strategy;
    /* SCD2 only: the target's columns that hold the row's life */
    const char *valid_from, *valid_to, *is_current;
} SqlMerge;

/* The statements to run in one transaction, in order: of char *. RS_ERROR_USAGE when a key is not
 * among the columns, there is no key, or MERGE has no column to update besides the keys (then only
 * the insert half remains and delete-insert is named as the way). Free with g_ptr_array_unref. */
GPtrArray *sql_merge_statements(const SqlMerge *merge, GError **error);

/* Keys that occur more than once in the stage, with their count, at most `limit` rows. */
char *sql_merge_duplicates_text(const SqlMerge *merge, guint limit);
/* The number of stage rows with a NULL key. */
char *sql_merge_null_keys_text(const SqlMerge *merge);
/* The number of stage rows whose key is already in the target (for SCD2: current rows that differ). */
char *sql_merge_matched_text(const SqlMerge *merge);
/* The number of target rows whose key is in the stage: what delete-insert deletes. */
char *sql_merge_deleted_text(const SqlMerge *merge);
/* SCD2, asked behind the expiry: the number of versions that its insert adds. */
char *sql_merge_versions_text(const SqlMerge *merge);

#endif
