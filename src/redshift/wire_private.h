/*
 * wire_private: what the parts of the wire transport share; nobody else includes it.
 *
 *     wire_session.c    connecting, the vtable
 *     wire_statement.c  one statement: sending, reading, giving up
 *     wire_cancel.c     the cancel request
 *     wire_wait.c       the one place that sleeps: a socket, the cancellable, a deadline, ticks
 *     wire_resolve.c    name resolution under a deadline
 *
 * Threads: as the public header of the same part says.
 */
#ifndef REDSMITH_REDSHIFT_WIRE_PRIVATE_H
#define REDSMITH_REDSHIFT_WIRE_PRIVATE_H

#include <libpq-fe.h>

#include "redshift/session.h"

typedef enum { WIRE_READY, WIRE_TIMED_OUT, WIRE_CANCELLED } WireEvent;

/* What one operation waits under. Set up by wire_waiter_begin, given back by wire_waiter_end. */
typedef struct {
    GCancellable *cancellable; /* NULL: cannot be cancelled */
    GPollFD cancel_fd;
    gboolean has_cancel_fd;
    gint64 deadline_us; /* monotonic; 0: none */
    guint interval_ms;  /* 0: no ticks */
    SessionTick tick;
    gpointer tick_user;
    gint64 next_tick_us;
} WireWaiter;

void wire_waiter_begin(WireWaiter *waiter, GCancellable *cancellable, gint64 deadline_us);
void wire_waiter_tick(WireWaiter *waiter, guint interval_ms, SessionTick tick, gpointer user);
void wire_waiter_end(WireWaiter *waiter);

/* Until fd shows one of events (POLLIN, POLLOUT). fd -1 waits for the other reasons only. */
WireEvent wire_wait(WireWaiter *waiter, int fd, short events);

/* The addresses of host, numeric and separated by commas, at most 16. Free with g_free. */
char *wire_resolve(const char *host, guint *n_addresses, gint64 deadline_us,
                   GCancellable *cancellable, GError **error);

/* A cancel request on its way; it goes on without us when we stop waiting for it. */
typedef struct WireCancel WireCancel;

/* NULL when the connection has nothing to cancel. Give back with wire_cancel_unref. */
WireCancel *wire_cancel_send(PGconn *conn);
/* TRUE once the request has been delivered or has failed, FALSE at the deadline. */
gboolean wire_cancel_wait(WireCancel *cancel, gint64 deadline_us);
/* Why it could not be delivered, or NULL. Free with g_free. */
char *wire_cancel_failure(WireCancel *cancel);
void wire_cancel_unref(WireCancel *cancel);

typedef struct {
    Session head;
    PGconn *conn;
    char *host, *database, *user, *version; /* what head.info points to */
    char sqlstate[6];
    gboolean dead;
    gboolean in_transaction;
    Statement *current; /* the statement in progress, or NULL */
    GPtrArray *notices; /* of char *: those of the current statement */
} WireSession;

/* TRUE when the connection can take a statement: looks at the socket without waiting. */
gboolean wire_session_check(WireSession *session);

Statement *wire_statement_start(Session *session, const char *sql, guint interval_ms,
                                SessionTick tick, gpointer user, GCancellable *cancellable,
                                GError **error);
const ResultColumn *wire_statement_columns(const Statement *statement, guint *n_columns);
gboolean wire_statement_fetch(Statement *statement, guint64 max_rows, RowFunction row,
                              gpointer user, gboolean *finished, GCancellable *cancellable,
                              GError **error);
gboolean wire_statement_finish(Statement *statement, StatementOutcome *outcome, GError **error);

#endif
