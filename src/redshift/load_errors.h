/*
 * load_errors: why a COPY refused rows, from the server's own views.
 *
 * SYS_LOAD_ERROR_DETAIL first (serverless and provisioned), STL_LOAD_ERRORS with its raw line and
 * value where it is readable (Redshift guide, STL_LOAD_ERRORS). The two name a statement by different ids, so
 * rows are found by the session's backend pid, and joined by file, line and column.
 *
 * Threads: blocks on the session.
 */
#ifndef REDSMITH_REDSHIFT_LOAD_ERRORS_H
#define REDSMITH_REDSHIFT_LOAD_ERRORS_H

#include "redshift/session.h"

typedef struct {
    char *file;   /* s3://bucket/key as the server names it */
    guint64 line; /* from 1, in that object */
    char *column, *type;
    char *column_length;        /* "8", or "" */
    int position;               /* byte offset in the line */
    char *raw_line, *raw_value; /* STL only, else NULL */
    int code;
    char *reason;
    const char *source; /* "sys_load_error_detail" or "stl_load_errors"; static */
    /* filled by the job: where the line came from on this side */
    char *local_file;               /* NULL when unknown */
    guint64 local_line;             /* 0 when unknown */
    char *line_before, *line_after; /* its neighbours; NULL when unknown, or when there is none */
} LoadError;

void load_error_free(LoadError *load_error);

/* Errors of the last COPY of backend_pid that left any, in order of file and line. At most limit
 * (0: no limit). Elements are freed with the array. NULL on failure: RS_ERROR_PERMISSION when
 * neither view may be read. */
GPtrArray *load_errors_read(Session *session, int backend_pid, guint limit,
                            GCancellable *cancellable, GError **error);

/* What to do about it, in one sentence naming the column and its width. Free with g_free. */
char *load_error_advice(const LoadError *load_error);

#endif
