#include <string.h>

#include "base/error.h"
#include "redshift/data_api_private.h"
#include "sql/lexer.h"

typedef struct {
    Statement head;
    DataApiStatement remote;
    DataApiPage *page; /* NULL: no result */
    ResultColumn *columns;
    guint n_columns;
    const char **values;
    int *lengths;
    guint64 left; /* rows that were not handed out, when the service says how many there are */
    char *tag;
    gint64 affected;
    gboolean finished;
} ApiStatement;

static DataApiConnection *connection_of(const ApiStatement *statement)
{
    return (DataApiConnection *)statement->head.session;
}

/* --- what cannot be ----------------------------------------------------------------------------- */

static const struct {
    const char *word, *reason;
} refused[] = {
    {"begin", "transactions"}, {"start", "transactions"}, {"commit", "transactions"},
    {"end", "transactions"},   {"abort", "transactions"}, {"rollback", "transactions"},
    {"declare", "cursors"},    {"fetch", "cursors"},      {"close", "cursors"},
};

/* The first word of the text, in lower case; "" for none. Free with g_free. */
static char *first_word(const char *sql)
{
    SqlLexer lexer = sql_lexer(sql, -1);
    SqlToken token;
    while (sql_next(&lexer, &token))
        if (token.kind == SQL_WORD)
            return sql_token_value(&lexer, &token);
    return g_strdup("");
}

static gboolean check_text(const char *sql, GError **error)
{
    g_autofree char *word = first_word(sql);
    g_autoptr(GArray) spans = sql_split(sql, -1);
    const char *what = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++)
        if (strcmp(refused[i].word, word) == 0)
            what = refused[i].reason;
    if (what != NULL) {
        g_set_error(
            error, RS_ERROR, RS_ERROR_UNSUPPORTED,
            "%s cannot be used over the Data API: each of its calls is a transaction of its own "
            "and returns a whole result. Jobs send theirs as one batch; for interactive %s use "
            "transport = wire",
            what, what);
        return FALSE;
    }
    if (spans->len <= 1)
        return TRUE;
    g_set_error(
        error, RS_ERROR, RS_ERROR_UNSUPPORTED,
        "the Data API takes one statement at a time, and this text has %u: send them one by "
        "one, or use transport = wire",
        spans->len);
    return FALSE;
}

/* --- running ------------------------------------------------------------------------------------ */

static void give_up(DataApiConnection *connection)
{
    connection->dead = TRUE;
}

/* After a failed wait: the statement may still run, and then its session is of no use. */
static void note_state(DataApiConnection *connection, const DataApiStatement *remote)
{
    if (remote->pid > 0 && connection->head.info.backend_pid == 0)
        connection->head.info.backend_pid = (int)remote->pid;
    if (remote->state == DATA_API_RUNNING)
        give_up(connection);
}

static gboolean is_lost_session(const GError *failure)
{
    return g_error_matches(failure, RS_ERROR, RS_ERROR_NOT_FOUND) &&
           strstr(failure->message, "ession") != NULL;
}

/* What a refused or unanswered execute means for the session. Takes failure. */
static GError *explain(DataApiConnection *connection, GError *failure)
{
    if (connection->session_id == NULL)
        return data_api_refusal(failure);
    if (is_lost_session(failure)) {
        give_up(connection);
        GError *ended =
            g_error_new(RS_ERROR, RS_ERROR_CONNECT,
                        "the service has ended this session of the Data API (idle for %d min, or "
                        "24 hours old); "
                        "the statement was not sent, SET and temporary tables are gone: %s",
                        DATA_API_KEEP_ALIVE_S / 60, failure->message);
        g_error_free(failure);
        return ended;
    }
    failure = data_api_refusal(failure);
    gboolean lost = g_error_matches(failure, RS_ERROR, RS_ERROR_CONNECT);
    if (lost)
        g_prefix_error(&failure, "the statement may have been started, or not: ");
    if (lost || rs_error_is_cancelled(failure))
        give_up(connection);
    return failure;
}

gboolean data_api_await(DataApiConnection *connection, const char *sql,
                        const DataApiWaiting *waiting, DataApiStatement *remote,
                        GCancellable *cancellable, GError **error)
{
    GError *failure = NULL;
    DataApiWaiting how = waiting != NULL ? *waiting : (DataApiWaiting){0};
    how.poll_interval_ms = connection->poll_interval_ms;
    how.max_polls = connection->max_polls;
    connection->sqlstate[0] = '\0';
    gboolean done = data_api_wait_as(connection->api, remote, &how, cancellable, &failure);
    note_state(connection, remote);
    if (done)
        return TRUE;
    if (remote->state == DATA_API_FAILED) {
        g_clear_error(&failure);
        data_api_failure_set(error, remote->error, sql, connection->sqlstate);
        return FALSE;
    }
    failure = data_api_refusal(failure);
    if (remote->state == DATA_API_RUNNING && g_error_matches(failure, RS_ERROR, RS_ERROR_CONNECT))
        g_prefix_error(&failure, "statement %s may go on: ", remote->id);
    g_propagate_error(error, failure);
    if (remote->state == DATA_API_ABORTED)
        g_strlcpy(connection->sqlstate, "57014", sizeof connection->sqlstate);
    return FALSE;
}

/* The service may know a cluster's session and answer for it, or open one with this call. */
static DataApiTarget target_of(const DataApiConnection *connection)
{
    return (DataApiTarget){.cluster = connection->cluster,
                           .workgroup = connection->workgroup,
                           .database = connection->database,
                           .db_user = connection->db_user,
                           .secret_arn = connection->secret_arn,
                           .session_id = connection->session_id};
}

gboolean data_api_run(DataApiConnection *connection, const DataApiRequest *request,
                      const DataApiWaiting *waiting, DataApiStatement *remote,
                      GCancellable *cancellable, GError **error)
{
    DataApiTarget target = target_of(connection);
    DataApiRequest keeping = *request;
    GError *failure = NULL;
    keeping.keep_session = connection->session_id == NULL;
    keeping.keep_alive_seconds = DATA_API_KEEP_ALIVE_S;
    if (!data_api_execute(connection->api, &target, &keeping, remote, cancellable, &failure)) {
        g_propagate_error(error, explain(connection, failure));
        return FALSE;
    }
    if (connection->session_id == NULL)
        connection->session_id = g_strdup(remote->session_id);
    return waiting == NULL ||
           data_api_await(connection, request->sqls[0], waiting, remote, cancellable, error);
}

/* --- the result --------------------------------------------------------------------------------- */

static void describe(ApiStatement *statement)
{
    const GPtrArray *columns = data_api_page_columns(statement->page);
    statement->n_columns = columns->len;
    statement->columns = g_new0(ResultColumn, columns->len + 1);
    statement->values = g_new0(const char *, columns->len + 1);
    statement->lengths = g_new0(int, columns->len + 1);
    for (guint i = 0; i < columns->len; i++)
        data_api_column_describe(columns->pdata[i], &statement->columns[i]);
}

static gboolean take_page(ApiStatement *statement, const char *token, GCancellable *cancellable,
                          GError **error)
{
    GError *failure = NULL;
    DataApiPage *page = data_api_fetch(connection_of(statement)->api, statement->remote.id, FALSE,
                                       token, cancellable, &failure);
    if (page == NULL) {
        g_propagate_error(error, data_api_refusal(failure));
        return FALSE;
    }
    data_api_page_free(statement->page);
    statement->page = page;
    return TRUE;
}

/* "INSERT 0 5", "CREATE TABLE", "SELECT 3": the service tells the number only. */
static char *tag_of(const char *sql, const DataApiStatement *remote)
{
    static const char *const counted[] = {"update", "delete", "merge", "select", NULL};
    static const char *const paired[] = {"create", "drop", "alter", "truncate", "lock", NULL};
    SqlLexer lexer = sql_lexer(sql, -1);
    SqlToken token;
    if (!sql_next(&lexer, &token) || token.kind != SQL_WORD)
        return g_strdup("");
    g_autofree char *lower = sql_token_value(&lexer, &token);
    g_autofree char *word = g_ascii_strup(lower, -1);
    if (strcmp(lower, "insert") == 0 && remote->rows >= 0)
        return g_strdup_printf("INSERT 0 %" G_GINT64_FORMAT, remote->rows);
    if (g_strv_contains(counted, lower) && remote->rows >= 0)
        return g_strdup_printf("%s %" G_GINT64_FORMAT, word, remote->rows);
    gboolean pair = g_strv_contains(paired, lower) && sql_next(&lexer, &token);
    if (!pair || token.kind != SQL_WORD)
        return g_steal_pointer(&word);
    g_autofree char *kind = sql_token_value(&lexer, &token);
    g_autofree char *second = g_ascii_strup(kind, -1);
    return g_strdup_printf("%s %s", word, second);
}

/* Statements whose rows are counted; of COPY and UNLOAD the number means nothing. */
static gint64 affected_of(const char *sql, const DataApiStatement *remote)
{
    static const char *const changing[] = {"insert", "update", "delete", "merge",
                                           "create", "select", "with",   NULL};
    g_autofree char *word = first_word(sql);
    return !remote->has_result && g_strv_contains(changing, word) ? remote->rows : -1;
}

static void statement_free(ApiStatement *statement)
{
    connection_of(statement)->busy = FALSE;
    for (guint i = 0; i < statement->n_columns; i++)
        g_free(statement->columns[i].name);
    g_free(statement->columns);
    g_free(statement->values);
    g_free(statement->lengths);
    g_free(statement->tag);
    data_api_page_free(statement->page);
    data_api_statement_clear(&statement->remote);
    g_free(statement);
}

/* --- the vtable's functions --------------------------------------------------------------------- */

static gboolean may_start(DataApiConnection *connection, const char *sql, GCancellable *cancellable,
                          GError **error)
{
    connection->sqlstate[0] = '\0';
    if (connection->busy) {
        g_set_error(error, RS_ERROR, RS_ERROR_INTERNAL,
                    "a statement was started while another one of the same session is open");
        return FALSE;
    }
    if (connection->dead) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONNECT,
                    "the session of the Data API on %s was lost; the statement was not sent",
                    connection->head.info.host);
        return FALSE;
    }
    return check_text(sql, error) && !rs_error_set_if_cancelled(cancellable, error);
}

static gboolean run(ApiStatement *statement, const char *sql, const DataApiWaiting *waiting,
                    GCancellable *cancellable, GError **error)
{
    const char *const sqls[] = {sql, NULL};
    DataApiRequest request = {.sqls = sqls};
    if (!data_api_run(connection_of(statement), &request, waiting, &statement->remote, cancellable,
                      error))
        return FALSE;
    statement->tag = tag_of(sql, &statement->remote);
    statement->affected = affected_of(sql, &statement->remote);
    if (!statement->remote.has_result) {
        statement->finished = TRUE;
        return TRUE;
    }
    if (!take_page(statement, NULL, cancellable, error))
        return FALSE;
    describe(statement);
    statement->left = (guint64)MAX(data_api_page_total(statement->page), 0);
    return TRUE;
}

Statement *data_api_statement_start(Session *session, const char *sql, guint interval_ms,
                                    SessionTick tick, gpointer user, GCancellable *cancellable,
                                    GError **error)
{
    DataApiConnection *connection = (DataApiConnection *)session;
    DataApiWaiting waiting = {.tick = interval_ms > 0 ? tick : NULL, .user = user};
    if (!may_start(connection, sql, cancellable, error))
        return NULL;
    ApiStatement *statement = g_new0(ApiStatement, 1);
    statement->head.session = session;
    connection->busy = TRUE;
    if (run(statement, sql, &waiting, cancellable, error))
        return &statement->head;
    statement_free(statement);
    return NULL;
}

const ResultColumn *data_api_statement_columns(const Statement *head, guint *n_columns)
{
    const ApiStatement *statement = (const ApiStatement *)head;
    if (n_columns != NULL)
        *n_columns = statement->n_columns;
    return statement->n_columns == 0 ? NULL : statement->columns;
}

static gboolean hand_out(ApiStatement *statement, DataApiField *fields, guint n, RowFunction row,
                         gpointer user, GError **error)
{
    for (guint i = 0; i < n; i++)
        statement->values[i] =
            data_api_value_text(&fields[i], statement->columns[i].type_oid, &statement->lengths[i]);
    statement->left -= statement->left > 0;
    return row(user, n, statement->values, statement->lengths, error);
}

/* The next row, of this page or the next; NULL without error behind the last. */
static DataApiField *next_row(ApiStatement *statement, guint *n, GCancellable *cancellable,
                              GError **error)
{
    GError *failure = NULL;
    for (;;) {
        const DataApiField *fields = data_api_page_next_row(statement->page, n, &failure);
        if (fields != NULL)
            return (DataApiField *)fields;
        g_autofree char *token = g_strdup(data_api_page_next(statement->page));
        if (failure == NULL && token == NULL) {
            statement->finished = TRUE;
            return NULL;
        }
        if (failure != NULL || !take_page(statement, token, cancellable, &failure)) {
            g_propagate_error(error, failure);
            return NULL;
        }
    }
}

gboolean data_api_statement_fetch(Statement *head, guint64 max_rows, RowFunction row, gpointer user,
                                  gboolean *finished, GCancellable *cancellable, GError **error)
{
    ApiStatement *statement = (ApiStatement *)head;
    GError *failure = NULL;
    guint n;
    *finished = FALSE;
    for (guint64 i = 0; !statement->finished && (max_rows == 0 || i < max_rows); i++) {
        if (rs_error_set_if_cancelled(cancellable, error))
            return FALSE;
        DataApiField *fields = next_row(statement, &n, cancellable, &failure);
        if (failure != NULL) {
            g_propagate_error(error, failure);
            return FALSE;
        }
        if (fields != NULL && !hand_out(statement, fields, n, row, user, error))
            return FALSE;
    }
    /* a result of exactly max_rows is finished */
    statement->finished = statement->finished || (statement->left == 0 && statement->page != NULL &&
                                                  data_api_page_next(statement->page) == NULL &&
                                                  data_api_page_total(statement->page) >= 0);
    *finished = statement->finished;
    return TRUE;
}

/* Nothing is left to stop: the statement had ended before its first row was seen. */
gboolean data_api_statement_finish(Statement *head, StatementOutcome *outcome, GError **error)
{
    ApiStatement *statement = (ApiStatement *)head;
    (void)error;
    if (outcome != NULL) {
        outcome->tag = g_steal_pointer(&statement->tag);
        outcome->affected = statement->affected;
        outcome->notices = g_ptr_array_new_with_free_func(g_free);
    }
    statement_free(statement);
    return TRUE;
}
