#include "base/error.h"
#include "redshift/data_api_private.h"

/* Rows that are taken of one statement of a batch: such results are counts. */
#define ROWS_TAKEN 1000

static gboolean check_request(const DataApiConnection *connection,
                              const SessionBatchRequest *request, GError **error)
{
    guint n = request->id == NULL ? g_strv_length((char **)request->sqls) : 0;
    if (connection->dead) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONNECT,
                    "the session of the Data API on %s was lost; nothing was sent",
                    connection->head.info.host);
        return FALSE;
    }
    if (n <= DATA_API_BATCH_MAX)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_LIMIT,
                "the transaction has %u statements, and the Data API takes %d in one: use "
                "transport = wire for this job",
                n, DATA_API_BATCH_MAX);
    return FALSE;
}

/* --- results ------------------------------------------------------------------------------------ */

static gboolean take_row(gpointer user, const DataApiField *fields, guint n, GError **error)
{
    GPtrArray *rows = user;
    g_autofree const char **values = g_new0(const char *, n + 1);
    g_autofree int *lengths = g_new0(int, n + 1);
    (void)error;
    for (guint i = 0; i < n; i++)
        values[i] = data_api_value_text((DataApiField *)&fields[i], 0, &lengths[i]);
    if (rows->len < ROWS_TAKEN)
        g_ptr_array_add(rows, session_row_new(n, values, lengths));
    return TRUE;
}

static GPtrArray *take_rows(DataApiConnection *connection, const char *id,
                            GCancellable *cancellable, GError **error)
{
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(DataApiPage) page =
        data_api_fetch(connection->api, id, FALSE, NULL, cancellable, error);
    if (page == NULL || !data_api_page_rows(page, take_row, rows, error))
        return NULL;
    return g_steal_pointer(&rows);
}

/* The counts and small results of each statement, in order. What ran is committed by now: a result that
 * cannot be fetched is missing, and that is for the caller to judge. */
static void take_parts(DataApiConnection *connection, const DataApiStatement *remote,
                       SessionBatch *batch, GCancellable *cancellable)
{
    for (guint i = 0; remote->parts != NULL && i < remote->parts->len; i++) {
        const DataApiStatement *part = remote->parts->pdata[i];
        SessionPart taken = {.affected = part->has_result ? -1 : part->rows};
        g_autoptr(GError) failure = NULL;
        if (part->has_result)
            taken.rows = take_rows(connection, part->id, cancellable, &failure);
        g_array_append_val(batch->parts, taken);
    }
}

/* --- failures ----------------------------------------------------------------------------------- */

/* Words of the statement that failed say more than those of the whole. */
static void explain(DataApiConnection *connection, const DataApiStatement *remote,
                    const SessionBatchRequest *request, SessionBatch *batch, GError **error)
{
    for (guint i = 0; remote->parts != NULL && i < remote->parts->len; i++) {
        const DataApiStatement *part = remote->parts->pdata[i];
        if (part->state != DATA_API_FAILED)
            continue;
        batch->failed = (int)i;
        g_clear_error(error);
        data_api_failure_set(error, part->error != NULL ? part->error : remote->error,
                             request->sqls != NULL ? request->sqls[i] : part->sql,
                             connection->sqlstate);
        return;
    }
}

/* --- the batch ---------------------------------------------------------------------------------- */

/* After such a failure the batch may run, have run, or never have arrived. */
static gboolean says_nothing(const GError *failure)
{
    return g_error_matches(failure, RS_ERROR, RS_ERROR_CONNECT) ||
           g_error_matches(failure, RS_ERROR, RS_ERROR_THROTTLED) || rs_error_is_cancelled(failure);
}

static gboolean send(DataApiConnection *connection, const SessionBatchRequest *request,
                     DataApiStatement *remote, SessionBatch *batch, GCancellable *cancellable,
                     GError **error)
{
    DataApiRequest call = {.sqls = request->sqls, .batch = TRUE, .client_token = request->token};
    g_autoptr(GError) failure = NULL;
    if (!data_api_run(connection, &call, NULL, remote, cancellable, &failure)) {
        batch->unknown = says_nothing(failure);
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    g_free(batch->id);
    batch->id = g_strdup(remote->id);
    if (request->sent == NULL || request->sent(request->user, remote->id, error))
        return TRUE;
    data_api_cancel(connection->api, remote->id, &(gboolean){FALSE}, NULL, NULL);
    connection->dead = batch->unknown = TRUE;
    return FALSE;
}

static gboolean look_at(DataApiConnection *connection, const SessionBatchRequest *request,
                        DataApiStatement *remote, SessionBatch *batch, GCancellable *cancellable,
                        GError **error)
{
    GError *failure = NULL;
    g_free(batch->id);
    batch->id = g_strdup(request->id);
    if (data_api_describe(connection->api, request->id, remote, cancellable, &failure))
        return TRUE;
    failure = data_api_refusal(failure);
    batch->unknown = says_nothing(failure);
    g_propagate_error(error, failure);
    return FALSE;
}

gboolean data_api_batch_run(Session *session, const SessionBatchRequest *request,
                            SessionBatch *batch, GCancellable *cancellable, GError **error)
{
    DataApiConnection *connection = (DataApiConnection *)session;
    DataApiWaiting waiting = {.tick = request->interval_ms > 0 ? request->tick : NULL,
                              .user = request->user};
    g_auto(DataApiStatement) remote = {0};
    GError *failure = NULL;
    gboolean old = request->id != NULL;
    if (!check_request(connection, request, error) ||
        !(old ? look_at(connection, request, &remote, batch, cancellable, error)
              : send(connection, request, &remote, batch, cancellable, error)))
        return FALSE;
    if (!data_api_await(connection, NULL, &waiting, &remote, cancellable, &failure)) {
        batch->unknown = remote.state == DATA_API_RUNNING;
        if (remote.state == DATA_API_FAILED)
            explain(connection, &remote, request, batch, &failure);
        g_propagate_error(error, failure);
        return FALSE;
    }
    /* a FINISHED that came with the first look has its parts already; the counts are worth a cancel */
    take_parts(connection, &remote, batch, NULL);
    return TRUE;
}
