/*
 * data_api_private: what the files of redshift/data_api_session share: the connection behind a Session, and
 * each file's part of it.
 *
 * Ownership: the connection owns its strings and its clients; a Statement borrows it
 * Errors:    those that session.h promises
 * Threads:   one at a time, as every session
 */
#ifndef REDSMITH_REDSHIFT_DATA_API_PRIVATE_H
#define REDSMITH_REDSHIFT_DATA_API_PRIVATE_H

#include "aws/data_api.h"
#include "redshift/data_api_session.h"

#define DATA_API_KEEP_ALIVE_S 3600 /* how long the service keeps an idle session */
#define DATA_API_BATCH_MAX 40      /* statements, the service's limit */

typedef struct {
    Session head;
    AwsClient *client;
    DataApi *api;
    char *cluster, *workgroup, *database, *db_user, *secret_arn;
    char *user, *version, *session_id; /* session_id NULL: the first statement opens one */
    guint poll_interval_ms, max_polls;
    char sqlstate[6];
    gboolean dead, busy; /* busy: one statement at a time */
} DataApiConnection;

/* --- data_api_statement.c: the vtable's functions ----------------------------------------------- */

Statement *data_api_statement_start(Session *session, const char *sql, guint interval_ms,
                                    SessionTick tick, gpointer user, GCancellable *cancellable,
                                    GError **error);
const ResultColumn *data_api_statement_columns(const Statement *statement, guint *n_columns);
gboolean data_api_statement_fetch(Statement *statement, guint64 max_rows, RowFunction row,
                                  gpointer user, gboolean *finished, GCancellable *cancellable,
                                  GError **error);
gboolean data_api_statement_finish(Statement *statement, StatementOutcome *outcome, GError **error);

/* Hands the texts over and waits for the end, which *remote tells. FALSE with the error that session.h
 * promises; the session is given up where the service no longer says what runs in it. */
gboolean data_api_run(DataApiConnection *connection, const DataApiRequest *request,
                      const DataApiWaiting *waiting, DataApiStatement *remote,
                      GCancellable *cancellable, GError **error);
/* The second half, for a statement that was handed over before. sql may be NULL. */
gboolean data_api_await(DataApiConnection *connection, const char *sql,
                        const DataApiWaiting *waiting, DataApiStatement *remote,
                        GCancellable *cancellable, GError **error);

/* --- data_api_value.c --------------------------------------------------------------------------- */

/* A column as the wire would describe it. */
void data_api_column_describe(const DataApiColumn *from, ResultColumn *to);
/* The value as the wire would send it; NULL is SQL NULL. May change the field's text. */
const char *data_api_value_text(DataApiField *field, guint32 type_oid, int *length);

/* --- data_api_failure.c ------------------------------------------------------------------------- */

/* The server's words ("ERROR: .. Position: 12") as an error; sqlstate, 6 bytes, receives the code that
 * such words have. */
void data_api_failure_set(GError **error, const char *words, const char *sql, char *sqlstate);
/* A refusal of the service itself, with what to do about a limit; RS_ERROR_CONNECT when it could not be
 * reached. Takes failure. */
GError *data_api_refusal(GError *failure);

/* --- data_api_batch.c --------------------------------------------------------------------------- */

gboolean data_api_batch_run(Session *session, const SessionBatchRequest *request,
                            SessionBatch *batch, GCancellable *cancellable, GError **error);

#endif
