/*
 * wire_session: a session over libpq, Redshift's own wire protocol.
 *
 * Non-blocking connect with our own deadline (libpq's connect_timeout is honoured by the blocking
 * call only), simple protocol with single-row mode, PQcancel on the session's own thread. No start-up
 * option that Redshift refuses; client_encoding is always asked for as UTF8.
 *
 * Errors: RS_ERROR_CONNECT (name resolution, refused, time-out, lost), RS_ERROR_AUTH (28000, 28P01,
 * and "authentication method 13": a password stored as SHA-256, with the remedy).
 */
#ifndef REDSMITH_REDSHIFT_WIRE_SESSION_H
#define REDSMITH_REDSHIFT_WIRE_SESSION_H

#include "base/secret.h"
#include "redshift/session.h"

typedef struct {
    const char *host;
    int port;
    const char *database, *user;
    const Secret *password;     /* NULL: libpq's own ways (pgpass, PGPASSWORD) */
    const char *sslmode;        /* disable ... verify-full */
    const char *sslrootcert;    /* NULL: libpq's default */
    const char *application;    /* application_name */
    const char *query_group;    /* label of the statements, or NULL */
    guint connect_timeout_ms;   /* 0: 10,000 */
    guint keepalive_s;          /* 0: 60; always below 300 */
    guint statement_timeout_ms; /* 0: none */
} WireOptions;

/* NULL with error set. */
Session *wire_session_open(const WireOptions *options, GCancellable *cancellable, GError **error);

#endif
