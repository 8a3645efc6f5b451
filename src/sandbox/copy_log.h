/*
 * copy_log: what the system views see of a COPY: load_log, load_file and, while it runs, load_state;
 * and load_error, one row per refused record, as a DBA reads it in stl_load_errors.
 *
 * line_number is the line of the file on which the record starts, from 1, header lines counted.
 *
 * Threads: the session's.
 */
#ifndef REDSMITH_SANDBOX_COPY_LOG_H
#define REDSMITH_SANDBOX_COPY_LOG_H

#include "sandbox/copy_records.h"
#include "sandbox/copy_source.h"
#include "sandbox/copy_target.h"
#include "sandbox/front.h"

#define COPY_SLICES 4

typedef struct {
    gint64 started_us, ended_us;
    guint64 bytes, lines;
    gboolean logged, logged_end;
} CopyFileProgress;

typedef struct {
    FrontSession *session;
    gint64 query_id;
    const GPtrArray *files;     /* CopyFile */
    CopyFileProgress *progress; /* one per file; file i belongs to slice i % COPY_SLICES */
    guint current;
    guint64 rows, errors;
    GString *pending; /* INSERTs of load_error */
} CopyLog;

void copy_log_begin(CopyLog *log, FrontSession *session, const CopyOptions *options,
                    const CopyTarget *target, const GPtrArray *files, gint64 query_id);
void copy_log_update(CopyLog *log);

typedef struct {
    guint file;
    guint64 line;
    const LoadColumn *column; /* NULL: the record as a whole */
    const char *raw;
    gsize raw_length;
    const char *value; /* NULL: none */
    gsize value_length;
    int code, position;
    const char *reason;
} CopyRowError;
/* Noted at the next update. */
void copy_log_error(CopyLog *log, const CopyRowError *error);

/* status: "completed" or "aborted", whose rows were not loaded. Frees what the log holds. */
void copy_log_end(CopyLog *log, const char *status);

#endif
