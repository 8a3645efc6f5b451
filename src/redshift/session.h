/*
 * session: one open connection to a database, whatever carries it.
 *
 * A transport implements the vtable below: wire_session (libpq) and data_api_session (HTTPS). Everything above this header works with either and asks session_can for what differs.
 *
 * Two ways to run a statement:
 *     session_run      rows are not wanted, or few: waits for the end
 *     session_start    rows are wanted as the reader needs them: statement_fetch takes the next few
 *                      and leaves the rest on the server (back-pressure by not reading);
 *                      statement_finish ends it, cancelling on the server when rows are left
 *
 * Threads:  a session belongs to one thread at a time; ownership may pass between tasks. All calls
 *           block (connecting, name resolution and cancelling too) and belong on a worker.
 * Cancel:   every call takes a GCancellable; cancelling it wakes the call at once, sends the cancel
 *           to the server, and waits (a few seconds at most) for the server's word. The error is
 *           RS_ERROR_CANCELLED, its message says "cancelled, confirmed by the server" or "cancel
 *           sent, the server has not answered yet"; after the latter the session is not alive. A
 *           statement without rows that the server completed before the cancel reached it has
 *           succeeded and is reported so: a COMMIT must never be called cancelled when it happened.
 * Ticks:    while session_run waits it calls a tick function about every interval_ms on the same
 *           thread: the place to read progress through another session.
 * Errors:   the server's SQLSTATE is mapped to RsErrorCode (28xxx auth; 42501 permission; 42P01,
 *           3F000, 3D000 not-found; 42P07 exists; 40001, 40P01, 55P03 and texts with 1023 conflict;
 *           57014 cancelled; 08xxx, 57P0x connect; 22xxx, 23xxx data; 53xxx, 54xxx limit; 0A000
 *           unsupported; 42xxx usage; anything else internal unless its text says better). The
 *           message carries the server's own text, detail and hint. session_sqlstate has the code.
 * Unit:     times in ms, sizes in bytes.
 */
#ifndef REDSMITH_REDSHIFT_SESSION_H
#define REDSMITH_REDSHIFT_SESSION_H

#include <gio/gio.h>

typedef struct Session Session;
typedef struct Statement Statement;

/* One column of a result, as the server describes it. */
typedef struct {
    char *name;
    guint32 type_oid; /* PostgreSQL/Redshift type oid; see redshift/types.h */
    int type_modifier;
} ResultColumn;

/* What is known once a statement has ended. */
typedef struct {
    char *tag;          /* command tag, such as "INSERT 0 5"; may be "" */
    gint64 affected;    /* rows the tag counts, or -1 when it counts none (SELECT, COPY, UNLOAD) */
    gint64 duration_ms; /* wall time as we saw it */
    GPtrArray *notices; /* of char *, in order: the texts, "WARNING: " before those that warn */
} StatementOutcome;

void statement_outcome_clear(StatementOutcome *outcome);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(StatementOutcome, statement_outcome_clear)

/*
 * Takes one row: values[i] NULL is SQL NULL; lengths in bytes; values are NUL-terminated and valid
 * only during the call. FALSE with error set stops the fetch.
 */
typedef gboolean (*RowFunction)(gpointer user, guint n_columns, const char *const *values,
                                const int *lengths, GError **error);

/* Called while session_run waits. Must not use the same session. */
typedef void (*SessionTick)(gpointer user);

/* What differs between transports. */
typedef enum {
    SESSION_CAN_STREAM,       /* rows arrive as they are read; FALSE: only whole results */
    SESSION_CAN_TRANSACTIONS, /* interactive BEGIN .. COMMIT */
    SESSION_CAN_CURSORS,
} SessionAbility;

/* Who and where, for the title line, the journal and the audit record. All owned by the session. */
typedef struct {
    const char *transport;                               /* "wire" or "data-api" */
    const char *host, *database, *user, *server_version; /* version: "Redshift 1.0.x" or the text */
    int port;
    int backend_pid; /* pg_backend_pid(), 0 when unknown */
    gboolean tls;
} SessionInfo;

const SessionInfo *session_info(const Session *session);
gboolean session_can(const Session *session, SessionAbility ability);

/*
 * From now on whatever writes is refused with RS_ERROR_PERMISSION before it is sent, in every call below:
 * for profiles that say read_only. Statements are judged by sql_classify, which takes what it does not
 * know for a write. A function that writes when it is selected cannot be told from one that does not.
 */
void session_set_read_only(Session *session, gboolean read_only);

/* The same for statements that hand AWS keys to the server: for profiles that say iam_role_only. */
void session_set_iam_role_only(Session *session, gboolean iam_role_only);

/* Runs one statement to its end; rows are dropped. outcome may be NULL. */
gboolean session_run(Session *session, const char *sql, StatementOutcome *outcome,
                     GCancellable *cancellable, GError **error);

/* As session_run, calling tick(user) about every interval_ms while the server works. */
gboolean session_run_with_tick(Session *session, const char *sql, guint interval_ms,
                               SessionTick tick, gpointer user, StatementOutcome *outcome,
                               GCancellable *cancellable, GError **error);

/* All rows of a small result, each an array of n_columns char * where NULL
 * is SQL NULL. Elements are char ** freed with the array. NULL with error set on failure.
 * RS_ERROR_LIMIT when more than `limit` rows arrive (0: no limit). */
GPtrArray *session_query(Session *session, const char *sql, guint limit, guint *n_columns,
                         GCancellable *cancellable, GError **error);

/* A row of that shape: one allocation holds the pointers and the bytes they point to, so that g_free
 * frees all. lengths NULL: values end with a NUL. */
char **session_row_new(guint n_columns, const char *const *values, const int *lengths);

/* The first column of the first row; NULL without error when there is no row or it is NULL. */
char *session_query_value(Session *session, const char *sql, GCancellable *cancellable,
                          GError **error);

/* Sends a statement and waits for its first row or its end. NULL on failure. One at a time. */
Statement *session_start(Session *session, const char *sql, GCancellable *cancellable,
                         GError **error);

/* The result's columns; NULL and 0 for a statement without a result set. Owned by the statement. */
const ResultColumn *statement_columns(const Statement *statement, guint *n_columns);

/* Hands up to max_rows rows (0: all) to row. *finished is TRUE when no row is left. */
gboolean statement_fetch(Statement *statement, guint64 max_rows, RowFunction row, gpointer user,
                         gboolean *finished, GCancellable *cancellable, GError **error);

/*
 * Ends and frees the statement; the session is free for the next one. Rows not fetched are given up
 * by a cancel on the server, which also fails an open transaction block. outcome may be NULL. FALSE
 * when the statement itself failed late; the failure that statement_fetch reported is repeated.
 */
gboolean statement_finish(Statement *statement, StatementOutcome *outcome, GError **error);

/* --- a whole transaction at once ----------------------------------------------------------------- */

/* What one statement of a batch came to. */
typedef struct {
    gint64 affected; /* rows that it changed; -1: none counted */
    GPtrArray *rows; /* of char **, as session_query gives them; NULL: no result */
} SessionPart;

typedef struct {
    char *id;         /* the server's name of it, "" when it was not taken */
    gboolean unknown; /* the call failed, and what became of the batch was not seen */
    int failed;       /* the index of the statement that failed; -1: none did, or the COMMIT */
    GArray *parts;    /* of SessionPart; filled once all have run */
} SessionBatch;

void session_batch_clear(SessionBatch *batch);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SessionBatch, session_batch_clear)

/* All borrowed. */
typedef struct {
    const char *const *sqls; /* NULL-terminated */
    const char *id;          /* looks at the batch of that name, which was sent before; NULL: sends it */
    const char *token;       /* the same token never runs twice; see session_token_new */
    /* As soon as the server has taken it: what to note for later. FALSE gives it up. May be NULL. */
    gboolean (*sent)(gpointer user, const char *id, GError **error);
    guint interval_ms; /* of tick; 0: none */
    SessionTick tick;
    gpointer user;
} SessionBatchRequest;

/*
 * Runs the statements in one transaction that is committed behind the last and rolled back by the first
 * failure: for sessions without SESSION_CAN_TRANSACTIONS; RS_ERROR_UNSUPPORTED otherwise. A cancel that
 * comes behind the commit is too late: TRUE. RS_ERROR_LIMIT for more statements than the transport
 * takes, before anything is sent. batch is filled either way.
 */
gboolean session_run_batch(Session *session, const SessionBatchRequest *request,
                           SessionBatch *batch, GCancellable *cancellable, GError **error);

/* A token for one batch. Free with g_free. */
char *session_token_new(void);

/* SQLSTATE of the last failed statement, "" when there was none. Owned by the session. */
const char *session_sqlstate(const Session *session);

/* In a transaction block, failed or not, as the server last reported. */
gboolean session_in_transaction(const Session *session);

/* FALSE once the connection is lost: reconnect by opening a new session. */
gboolean session_is_alive(const Session *session);

/* What ends with the connection: "an open transaction", "its temporary tables" or both; NULL: nothing. Static. */
const char *session_losses(const Session *session);

/* Called once, when the session is freed, on that thread. Set once. */
void session_on_closed(Session *session, void (*closed)(gpointer user), gpointer user);

/* A line per statement that was sent, for the statement log. Set once, before the first statement.
 * Called on the session's thread after each statement; sql is unmasked. */
typedef void (*StatementLog)(gpointer user, const char *sql, gint64 duration_ms,
                             const GError *error);
void session_set_log(Session *session, StatementLog log, gpointer user);

/* Closes and frees; NULL is allowed. Blocks for the time of one socket write, or of one request (two seconds
 * at most) over HTTPS. */
void session_free(Session *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Session, session_free)

/* What a transport fills in. Each function has the contract of its public twin above. */
typedef struct {
    const char *name;
    gboolean (*can)(const Session *session, SessionAbility ability);
    Statement *(*start)(Session *session, const char *sql, guint interval_ms, SessionTick tick,
                        gpointer user, GCancellable *cancellable, GError **error);
    const ResultColumn *(*columns)(const Statement *statement, guint *n_columns);
    gboolean (*fetch)(Statement *statement, guint64 max_rows, RowFunction row, gpointer user,
                      gboolean *finished, GCancellable *cancellable, GError **error);
    gboolean (*finish)(Statement *statement, StatementOutcome *outcome, GError **error);
    /* NULL: none. */
    gboolean (*run_batch)(Session *session, const SessionBatchRequest *request,
                          SessionBatch *batch, GCancellable *cancellable, GError **error);
    const char *(*sqlstate)(const Session *session);
    gboolean (*in_transaction)(const Session *session);
    gboolean (*is_alive)(const Session *session);
    void (*free)(Session *session);
} SessionClass;

/* The heads of every transport's own structs. A transport fills class and info, and session of its
 * statements; the rest belongs to session.c. */
struct Session {
    const SessionClass *class;
    SessionInfo info;
    StatementLog log;
    gpointer log_user;
    gboolean has_temporary; /* it has made temporary tables */
    void (*closed)(gpointer user);
    gpointer closed_user;
    gboolean read_only, iam_role_only;
};

struct Statement {
    Session *session;
    char *sql;       /* for the log */
    gint64 began_us; /* monotonic */
    GError *failure; /* the first failure that a fetch reported */
};

#endif
