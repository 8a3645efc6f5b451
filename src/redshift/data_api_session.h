/*
 * data_api_session: a session over HTTPS, by the Redshift Data API: no network path to the cluster is
 * needed, and no database password.
 *
 * The first statement opens a session of the service (SessionKeepAliveSeconds), in which the others run:
 * SET and temporary tables hold. A statement has ended on the server before its first row is seen; rows are
 * then fetched page by page as they are wanted. Rows are taken as JSON and not as CSV, of which it is
 * nowhere said that it tells NULL from ''; values come out as the wire gives them ("t", digits as they
 * are, VARBYTE in hexadecimal).
 *
 * Refused, RS_ERROR_UNSUPPORTED with the reason: BEGIN .. COMMIT statement by statement (each call of the
 *          service is a transaction; session_run_batch sends one whole), cursors, and several statements
 *          in one text. session_can says so.
 * Limits:  of the service: 24 hours, 500 MB and 64 KB a row of a result, 100 KB of text, 40 statements of a
 *          batch, so many active statements and sessions: RS_ERROR_LIMIT names the one that was met and
 *          what to do. An idle session is closed by the service: the next statement is not sent,
 *          RS_ERROR_CONNECT, and a new session is to be opened.
 * SQLSTATE: the service tells none; the known texts of the server are given theirs.
 * Notices: the service tells none.
 * Threads: one at a time, as every session (session.h); each call blocks on the service.
 * Source:  Amazon Redshift Data API reference; Redshift guide, "Using the Amazon Redshift Data API".
 */
#ifndef REDSMITH_REDSHIFT_DATA_API_SESSION_H
#define REDSMITH_REDSHIFT_DATA_API_SESSION_H

#include "aws/credentials.h"
#include "redshift/session.h"

/* All borrowed: credentials until the session is freed, the rest during the call. */
typedef struct {
    CredentialsSource *credentials;
    const char *endpoint_url; /* NULL: see aws/endpoint */
    const char *region;
    const char *cluster, *workgroup; /* one of them */
    const char *database;
    const char *db_user;     /* with a cluster: temporary credentials of that user */
    const char *secret_arn;  /* instead of db_user; ARN or name */
    const char *query_group; /* a label for the server's query views, or NULL */
    guint statement_timeout_ms;
    guint poll_interval_ms, max_polls; /* see DataApiWaiting */
} DataApiOptions;

/* NULL with error set: those of aws/data_api, and RS_ERROR_AUTH for a login that the database refuses. */
Session *data_api_session_open(const DataApiOptions *options, GCancellable *cancellable,
                               GError **error);

#endif
