#include "sandbox/data_engine.h"

#include <string.h>

#include "base/error.h"
#include "sandbox/secrets_server.h"

#define LOGIN_SECONDS 900
#define QUERY_CANCELED "57014"

/* --- as whom ------------------------------------------------------------------------------------ */

gboolean data_engine_login(const SandboxState *state, const DataTarget *target, const char *caller,
                           Login *login, GError **error)
{
    if (target->secret_arn != NULL) {
        if (secrets_find(state, target->secret_arn) < 0) {
            g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND,
                        "Secrets Manager can't find the specified secret.");
            return FALSE;
        }
        *login = (Login){g_strdup(state->user), g_strdup(state->password), 0};
        return TRUE;
    }
    if (target->db_user != NULL)
        return login_for_user(state, target->db_user, FALSE, NULL, LOGIN_SECONDS, login, error);
    return login_for_identity(state, caller, LOGIN_SECONDS, login, error);
}

static PGconn *connect_as_target(DataEngine *api, const DataStatement *statement, GError **error)
{
    g_auto(Login) login = {0};
    if (!data_engine_login(api->state, &statement->target, statement->caller, &login, error))
        return NULL;
    return login_connect(api->state, &login, statement->target.database, "Redshift Data API",
                         error);
}

/* The session's connection, or a new one. */
static PGconn *take_connection(DataEngine *api, DataStatement *statement, GError **error)
{
    PGconn *connection = NULL;
    g_mutex_lock(&api->lock);
    if (statement->session != NULL)
        connection = g_steal_pointer(&statement->session->connection);
    g_mutex_unlock(&api->lock);
    return connection != NULL ? connection : connect_as_target(api, statement, error);
}

/* --- states ------------------------------------------------------------------------------------- */

static void set_state(DataEngine *api, DataStatement *statement, DataState state)
{
    g_mutex_lock(&api->lock);
    statement->state = state;
    statement->updated_us = g_get_real_time();
    g_cond_broadcast(&api->changed);
    g_mutex_unlock(&api->lock);
}

static gboolean is_cancelled(DataEngine *api, DataStatement *statement)
{
    g_mutex_lock(&api->lock);
    gboolean cancelled = statement->cancelled;
    g_mutex_unlock(&api->lock);
    return cancelled;
}

/* "ERROR: message Detail: .. Hint: .. Position: 12", as DescribeStatement shows it. */
static char *error_words(const PGresult *result, PGconn *connection)
{
    static const struct {
        int field;
        const char *name;
    } more[] = {{PG_DIAG_MESSAGE_DETAIL, "Detail"},
                {PG_DIAG_MESSAGE_HINT, "Hint"},
                {PG_DIAG_STATEMENT_POSITION, "Position"}};
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (message == NULL)
        return g_strchomp(g_strdup(PQerrorMessage(connection)));
    GString *words = g_string_new("ERROR: ");
    g_string_append(words, message);
    for (gsize i = 0; i < G_N_ELEMENTS(more); i++) {
        const char *text = PQresultErrorField(result, more[i].field);
        if (text != NULL)
            g_string_append_printf(words, " %s: %s", more[i].name, text);
    }
    return g_string_free(words, FALSE);
}

/* --- one part ----------------------------------------------------------------------------------- */

typedef struct {
    DataEngine *api;
    DataStatement *statement;
    PGconn *connection;
    DataResult *result;
    char *error;
    gboolean stopped; /* the server said that it was cancelled */
    gint64 rows;
} Run;

static DataResult *new_result(const Run *run, const DataPart *part, const PGresult *columns,
                              GError **error)
{
    g_autofree char *name = g_strdup_printf("data-api/%s-%p", run->statement->id, (void *)part);
    g_autofree char *path = state_path(run->api->state, name);
    g_autoptr(PGconn) catalog =
        login_superuser(run->api->state, run->statement->target.database, NULL);
    return data_result_new(path, columns, catalog, run->statement->csv, error);
}

static void take_rows(Run *run, const DataPart *part, const PGresult *rows)
{
    g_autoptr(GError) error = NULL;
    char words[256];
    if (run->error != NULL)
        return;
    if (run->result == NULL)
        run->result = new_result(run, part, rows, &error);
    if (run->result != NULL && data_result_add(run->result, rows, &error))
        return;
    run->error = g_strdup(error->message);
    PGcancel *cancel = PQgetCancel(run->connection);
    PQcancel(cancel, words, sizeof words); /* nobody wants the rest */
    PQfreeCancel(cancel);
}

static void take_result(Run *run, const DataPart *part, const PGresult *result)
{
    switch (PQresultStatus(result)) {
    case PGRES_SINGLE_TUPLE:
    case PGRES_TUPLES_OK:
        take_rows(run, part, result);
        run->rows = run->result != NULL ? data_result_rows(run->result) : -1;
        break;
    case PGRES_COMMAND_OK:
        run->rows = *PQcmdTuples((PGresult *)result) != '\0'
                        ? g_ascii_strtoll(PQcmdTuples((PGresult *)result), NULL, 10)
                        : -1;
        break;
    case PGRES_EMPTY_QUERY:
        break;
    default:
        if (run->error == NULL)
            run->error = error_words(result, run->connection);
        run->stopped = g_strcmp0(PQresultErrorField(result, PG_DIAG_SQLSTATE), QUERY_CANCELED) == 0;
    }
}

/* Sends it and takes all that comes back. TRUE when it was done. */
static gboolean send_part(Run *run, const DataPart *part)
{
    g_autoptr(GError) error = NULL;
    if (!PQsendQueryParams(run->connection, part->text, (int)part->values->len, NULL,
                           (const char *const *)part->values->pdata, NULL, NULL, 0)) {
        run->error = g_strchomp(g_strdup(PQerrorMessage(run->connection)));
        return FALSE;
    }
    PQsetSingleRowMode(run->connection);
    for (PGresult *result; (result = PQgetResult(run->connection)) != NULL; PQclear(result))
        take_result(run, part, result);
    if (run->result != NULL && run->error == NULL && !data_result_finish(run->result, &error))
        run->error = g_strdup(error->message);
    return run->error == NULL;
}

static gint64 last_query_id(PGconn *connection)
{
    if (PQtransactionStatus(connection) == PQTRANS_INERROR)
        return -1;
    g_autoptr(PGresult) result = PQexec(connection, "SELECT pg_last_query_id()");
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1)
        return -1;
    return g_ascii_strtoll(PQgetvalue(result, 0, 0), NULL, 10);
}

static void begin_part(Run *run, DataPart *part)
{
    g_mutex_lock(&run->api->lock);
    part->state = DATA_STARTED;
    part->created_us = part->updated_us = g_get_real_time();
    g_mutex_unlock(&run->api->lock);
}

/* What it came to; the result goes to the part. */
static void end_part(Run *run, DataPart *part, gboolean good, gint64 duration_us)
{
    gint64 query_id = good ? last_query_id(run->connection) : -1;
    g_mutex_lock(&run->api->lock);
    gboolean aborted = !good && run->stopped && run->statement->cancelled;
    part->state = good ? DATA_FINISHED : aborted ? DATA_ABORTED : DATA_FAILED;
    part->updated_us = g_get_real_time();
    part->duration_ns = MAX(duration_us, 1) * 1000;
    part->query_id = query_id;
    if (good) {
        part->rows = run->rows;
        part->result = g_steal_pointer(&run->result);
    } else {
        part->error = g_strdup(run->error);
    }
    g_mutex_unlock(&run->api->lock);
}

static gboolean run_part(DataEngine *api, DataStatement *statement, PGconn *connection,
                         DataPart *part)
{
    Run run = {.api = api, .statement = statement, .connection = connection, .rows = -1};
    gint64 start = g_get_monotonic_time();
    begin_part(&run, part);
    gboolean good = send_part(&run, part);
    end_part(&run, part, good, g_get_monotonic_time() - start);
    data_result_unref(run.result);
    g_free(run.error);
    return good;
}

/* --- the whole statement ------------------------------------------------------------------------ */

static gboolean control(PGconn *connection, const char *sql)
{
    g_autoptr(PGresult) result = PQexec(connection, sql);
    return PQresultStatus(result) == PGRES_COMMAND_OK;
}

/* Runs the parts in order; how many have failed. In a transaction the first failure is the last. */
static guint run_parts(DataEngine *api, DataStatement *statement, PGconn *connection)
{
    guint failed = 0;
    for (guint i = 0; i < statement->parts->len; i++) {
        if ((failed > 0 && !statement->auto_commit) || is_cancelled(api, statement))
            break;
        failed += !run_part(api, statement, connection, statement->parts->pdata[i]);
    }
    return failed;
}

/* Parts that never ran. */
static void abort_rest(DataEngine *api, DataStatement *statement)
{
    g_mutex_lock(&api->lock);
    for (guint i = 0; i < statement->parts->len; i++) {
        DataPart *part = statement->parts->pdata[i];
        if (!data_state_is_final(part->state))
            part->state = DATA_ABORTED;
    }
    g_mutex_unlock(&api->lock);
}

/* What failed beside the parts goes to commit_error. */
static void run_batch(DataEngine *api, DataStatement *statement, PGconn *connection,
                      char **commit_error)
{
    gboolean transaction = statement->batch && !statement->auto_commit;
    /* Redshift's transactions see one snapshot (Redshift guide, "Isolation levels") */
    if (transaction && !control(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ")) {
        *commit_error = g_strchomp(g_strdup(PQerrorMessage(connection)));
        return;
    }
    guint failed = run_parts(api, statement, connection);
    if (!transaction)
        return;
    if (failed > 0 || is_cancelled(api, statement))
        control(connection, "ROLLBACK");
    else if (!control(connection, "COMMIT"))
        *commit_error = g_strchomp(g_strdup(PQerrorMessage(connection)));
}

/* Under the lock: the statement's own state and error, from its parts'. */
static void sum_up(DataStatement *statement, const char *failure)
{
    guint unfinished = 0;
    gboolean aborted = FALSE;
    statement->error = g_strdup(failure);
    for (guint i = 0; i < statement->parts->len; i++) {
        const DataPart *part = statement->parts->pdata[i];
        unfinished += part->state != DATA_FINISHED;
        aborted = aborted || (part->state == DATA_ABORTED && statement->cancelled);
        statement->duration_ns += part->duration_ns;
        if (part->state != DATA_FAILED || statement->error != NULL)
            continue;
        statement->error = statement->batch
                               ? g_strdup_printf("Query #%u failed with %s", i + 1, part->error)
                               : g_strdup(part->error);
    }
    statement->state = statement->error != NULL ? DATA_FAILED
                       : aborted                ? DATA_ABORTED
                       : unfinished > 0         ? DATA_FAILED
                                                : DATA_FINISHED;
    statement->updated_us = g_get_real_time();
}

/* Under the lock. A connection that cannot be used again closes its session. */
static void return_connection(DataStatement *statement, PGconn *connection)
{
    DataSession *session = statement->session;
    if (session == NULL) {
        PQfinish(connection);
        return;
    }
    session->busy = FALSE;
    session->updated_us = g_get_real_time();
    session->closed = connection == NULL || PQstatus(connection) != CONNECTION_OK;
    session->connection = connection;
}

static void end(DataEngine *api, DataStatement *statement, PGconn *connection, const char *failure)
{
    if (statement->session == NULL)
        g_clear_pointer(&connection, PQfinish); /* outside the lock: it sends a message */
    abort_rest(api, statement);
    g_mutex_lock(&api->lock);
    return_connection(statement, connection);
    sum_up(statement, failure);
    api->active--;
    g_cond_broadcast(&api->changed);
    g_mutex_unlock(&api->lock);
}

static void start(DataEngine *api, DataStatement *statement, PGconn *connection)
{
    g_mutex_lock(&api->lock);
    statement->pid = PQbackendPID(connection);
    statement->cancel = PQgetCancel(connection);
    g_mutex_unlock(&api->lock);
    set_state(api, statement, DATA_STARTED);
}

gpointer data_engine_run(gpointer user)
{
    g_autofree DataWork *work = user;
    DataEngine *api = work->api;
    g_autoptr(DataStatement) statement = work->statement;
    g_autoptr(GError) error = NULL;
    g_autofree char *failure = NULL;
    set_state(api, statement, DATA_PICKED);
    PGconn *connection = take_connection(api, statement, &error);
    if (connection == NULL) {
        failure = g_strdup(error->message);
    } else {
        start(api, statement, connection);
        run_batch(api, statement, connection, &failure);
    }
    end(api, statement, connection, failure);
    return NULL;
}
