/*
 * front: what the parts of the sandbox's wire front share: one client connection and its backend.
 *
 * A client speaks Redshift's protocol to a FrontSession; behind it stands one PostgreSQL backend on the
 * private Unix socket. Statements are split and looked at one by one: most pass through (rewritten by
 * sandbox/rewrite), UNLOAD and COPY are run by sandbox/unload and sandbox/copy on the same backend, so
 * they see the session's transaction and temporary tables, as on Redshift.
 *
 * An engine talks to the backend with backend_* and to the client with front_notice; the result of the
 * statement (command tag or error) is its return value, which the front sends.
 *
 * Threads: one thread per session; everything here is called on it.
 */
#ifndef REDSMITH_SANDBOX_FRONT_H
#define REDSMITH_SANDBOX_FRONT_H

#include <glib.h>

#include "sandbox/store.h"

typedef struct FrontSession FrontSession;

/* What a failing statement sends to the client. The domain of the GErrors that engines return is
 * FRONT_ERROR with code 0; the SQLSTATE and the rest travel here. */
typedef struct {
    char sqlstate[6];
    char *message, *detail, *hint; /* detail and hint may be NULL */
} FrontError;

/* Fills error so that the front answers with this SQLSTATE and text. Always returns FALSE. */
gboolean front_fail(FrontSession *session, const char *sqlstate, const char *message_format, ...)
    G_GNUC_PRINTF(3, 4);
/* The same with a DETAIL; either may hold any text. Always returns FALSE. */
gboolean front_fail_detail(FrontSession *session, const char *sqlstate, const char *message,
                           const char *detail);

/* An INFO notice to the client. */
void front_notice(FrontSession *session, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Has the client asked to cancel? Engines look between rows; then they stop, leave what they wrote
 * (as Redshift leaves partial files) and return front_fail(session, "57014", ...). */
gboolean front_cancelled(FrontSession *session);

Store *front_store(FrontSession *session);
const char *front_iam_role(const FrontSession *session); /* the one role that exists */
const char *front_region(const FrontSession *session);
int front_pid(const FrontSession *session); /* what pg_backend_pid() says */
const char *front_user(const FrontSession *session);
const char *front_database(const FrontSession *session);

/* The value of a fault rule such as "unload" "rows_per_second" that applies now, or 0. */
double front_fault_number(FrontSession *session, const char *area, const char *name);

/* One statement on the session's own backend, in its transaction; rows to each (NULL: dropped).
 * values[i] NULL is SQL NULL. FALSE after the backend's error, which is kept for the client. */
typedef gboolean (*BackendRow)(gpointer user, guint n, const char *const *values,
                               const int *lengths);
gboolean backend_query(FrontSession *session, const char *sql, BackendRow row, gpointer user);

/* The columns of a query without running it: name, type oid, type modifier (Parse + Describe). */
typedef struct {
    char *name;
    guint32 type_oid;
    int type_modifier;
} BackendColumn;
GPtrArray *backend_describe(FrontSession *session, const char *sql); /* NULL after an error */

/* COPY (query) TO STDOUT (FORMAT text): one call per line, without the newline. FALSE from line stops. */
typedef gboolean (*BackendLine)(gpointer user, const char *line, gsize length);
gboolean backend_copy_out(FrontSession *session, const char *copy_sql, BackendLine line,
                          gpointer user, guint64 *rows);

/* COPY .. FROM STDIN (FORMAT text): begin, any number of chunks of whole lines, end. On an error of
 * the backend end returns FALSE, the error is kept for the client, and *error_line is the line number
 * from PostgreSQL's CONTEXT (0: none), so that it can be traced to its source. */
gboolean backend_copy_in_begin(FrontSession *session, const char *copy_sql);
/* FALSE: the backend has given up, and what follows would be thrown away; call end, which says why. */
gboolean backend_copy_in_data(FrontSession *session, const char *bytes, gsize length);
gboolean backend_copy_in_end(FrontSession *session, guint64 *rows, guint64 *error_line);
void backend_copy_in_abort(FrontSession *session, const char *reason);
/* The kept backend error's SQLSTATE and text, for an engine that wants to say it differently. */
const FrontError *backend_error(FrontSession *session);
void backend_error_clear(FrontSession *session);

/*
 * The log connection: a second, superuser connection in autocommit, so that what it writes is seen
 * by others at once, even while this session's transaction is open. For the system views' tables.
 * Its literals are standard ones: only the quote is doubled.
 */
gboolean front_log(FrontSession *session, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The next query id (SYS-style) of the sandbox, and what pg_last_*() report for this session. */
gint64 front_next_query_id(FrontSession *session);
void front_set_last_copy(FrontSession *session, gint64 query_id, gint64 rows);
void front_set_last_unload(FrontSession *session, gint64 query_id, gint64 rows);

/* Engines, one function each: TRUE sends the tag, FALSE sends what front_fail kept. */
gboolean unload_statement(FrontSession *session, const char *sql); /* tag "UNLOAD" */
gboolean copy_statement(FrontSession *session, const char *sql);   /* tag "COPY" */

#endif
