/*
 * front_session: inside the wire front: one client, its backend, and what the front_*.c files share.
 *
 *     client  <-- Wire -->  FrontSession thread  <-- Wire -->  one PostgreSQL backend
 *
 * Everything is done in the order of the client's messages, one at a time: a message is sent to the
 * backend (with Flush in the extended protocol) and its answer read to the end before the next is
 * looked at. So there is never a moment when both sides could wait for each other, a slow client slows
 * its backend, and memory stays at four 64 KiB buffers and one statement.
 *
 * Threads: a session belongs to its thread; only `cancelled`, `busy` and the keys are read by the
 * thread of a cancel request, under server->lock.
 */
#ifndef REDSMITH_SANDBOX_FRONT_SESSION_H
#define REDSMITH_SANDBOX_FRONT_SESSION_H

#include "sandbox/faults.h"
#include "sandbox/front.h"
#include "sandbox/front_log.h"
#include "sandbox/front_tls.h"
#include "sandbox/protocol.h"
#include "sandbox/rewrite.h"
#include "sandbox/state.h"

typedef struct {
    const SandboxState *state;
    Store *store;
    Faults *faults;
    FrontLog *log;
    SSL_CTX *tls; /* NULL: --tls off */
    GMutex lock;
    GHashTable *sessions; /* FrontSession by the pid that its client knows */
} FrontServer;

struct FrontSession {
    FrontServer *server;
    Wire *client, *backend;
    char *user, *database, *application_name;
    gint32 pid, backend_key, key; /* the client knows pid and key, PostgreSQL pid and backend_key */
    char status;                  /* of the backend's transaction: I, T or E */
    gboolean implicit;            /* the block open in the backend is one that the front opened */
    gboolean client_gone;
    gboolean fatal_sent;  /* the client was told why the connection ends */
    gint cancelled, busy; /* atomic */
    gint64 client_checked_us;
    FrontError failure, backend_failure; /* message NULL: none */
    guint64 backend_error_line;
    gboolean copying_in, copy_failed;
    gint64 query_id, transaction_id;
    gboolean query_id_taken;
    char *query_label;
    LogRecord *record;
    GHashTable *prepared, *portals; /* front_extended.c */
    GArray *varbytes;               /* of int, front_varbyte.c: columns of the last row description */
    gboolean skip_to_sync;
    gboolean drop_after; /* a fault rule drops the connection after this statement */
    gboolean error_sent; /* the statement's error went to the client as it came */
};

/* How the answer to one message to the backend is handled. */
typedef struct {
    gboolean silent;    /* nothing reaches the client */
    gboolean explain;   /* the rows are a plan: they are sent when all are there */
    GPtrArray *plan;    /* of char *: those rows */
    gboolean rewritten; /* positions in the text mean nothing to the client */
    glong shift;        /* characters of the Query in front of this statement */
    char *tag;          /* out: the last command tag */
    guint64 rows;       /* out: DataRows */
    gboolean failed;    /* out: the backend answered with an error (kept in backend_failure) */
    gboolean empty;     /* out: EmptyQueryResponse */
    gboolean suspended; /* out: PortalSuspended, the portal has more rows */
    gboolean was_open;  /* out: BEGIN found a transaction open already */
} Relay;
void relay_clear(Relay *relay);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Relay, relay_clear)

/* Reads from the backend, and passes on to the client what concerns it, until a message whose type is
 * in `ends` was handled. Command tags are kept, not sent. FALSE when a connection was lost. */
gboolean relay_run(FrontSession *session, Relay *relay, const char *ends);

/* front_start.c: everything up to the first ReadyForQuery. FALSE: close the connection. */
gboolean front_start(FrontSession *session);
/* Asks PostgreSQL to cancel what the session's backend runs. */
void front_cancel_backend(const FrontSession *session);
/* Handles a CancelRequest that some other connection brought (front_main.c). */
void front_cancel_request(FrontServer *server, gint32 pid, gint32 key);

/* front_session.c */
FrontSession *front_session_new(FrontServer *server, int client_fd);
void front_session_free(FrontSession *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrontSession, front_session_free)
void front_error_clear(FrontError *error);
void front_error_set(FrontError *error, const char *sqlstate, const char *message,
                     const char *detail, const char *hint);
/* ErrorResponse to the client; severity NULL means ERROR. */
void front_send_error(FrontSession *session, const char *severity, const FrontError *error);
void front_send_problem(FrontSession *session, const char *severity, const char *sqlstate,
                        const char *message);
void front_send_complete(FrontSession *session, const char *tag);
void front_send_ready(FrontSession *session);
/* The error that ends the current statement: what front_fail kept, else the backend's. */
const FrontError *front_statement_error(FrontSession *session);

/* front_backend.c */
gboolean backend_execute(FrontSession *session,
                         const char *sql); /* simple Query, nothing to the client */
gboolean backend_send_query(FrontSession *session, const char *sql);
/* Makes the backend's open transaction a failed one, for an error that the front raised itself. */
void backend_poison(FrontSession *session);
/* Ends the open transaction and keeps the error that led here. */
void backend_rollback(FrontSession *session);

/* front_varbyte.c: a RowDescription ('T') and a DataRow ('D') to the client; VARBYTE as Redshift writes
 * it. A row with such a column is held whole. FALSE when a connection was lost. */
gboolean varbyte_pass_columns(FrontSession *session, const WireHead *head);
gboolean varbyte_pass_row(FrontSession *session, const WireHead *head);

/* front_statement.c: what simple and extended queries do alike. */
typedef struct {
    const char *text; /* as the client wrote it */
    glong shift;
    const Rewrite *rewrite;
} Statement;
/* Begins: clears errors and the cancelled flag, starts the log record, obeys "wire drop" rules.
 * FALSE: the connection is to be dropped. */
gboolean statement_begin(FrontSession *session, const Statement *statement);
/* Ends: the record's fate; tag NULL after an error. FALSE: drop the connection. */
gboolean statement_end(FrontSession *session, const Statement *statement, const char *tag,
                       guint64 rows);
/* Runs a kind that the backend does not see: UNLOAD, COPY, ANSWER, REFUSE. Sends nothing; the tag (to be
 * sent) or NULL and front_statement_error. */
const char *statement_run_front(FrontSession *session, const Statement *statement);
/* The tag as Redshift words it. Free with g_free. */
char *statement_tag(const Statement *statement, const char *tag);

gboolean front_simple_query(FrontSession *session, const char *text);
/* front_extended.c: Parse, Bind, Describe, Execute, Close, Flush, Sync. FALSE: drop the connection. */
gboolean front_extended_message(FrontSession *session, const WireHead *head, char *body);

#endif
