#include <poll.h>
#include <string.h>

#include "redshift/server_error.h"
#include "redshift/wire_private.h"

/* How long a statement that was cancelled may take to say so. */
#define CANCEL_LIMIT_MS 5000
/* How long a reader that has enough waits for the end before it cancels: a result that ends at the
 * wanted row must not cost a cancel, which would fail an open transaction block. */
#define END_GRACE_MS 100

typedef struct {
    Statement head;
    const char *sql; /* the caller's in start, then head.sql */
    ResultColumn *columns;
    guint n_columns;
    gboolean has_columns; /* the first result set has been described */
    gboolean set_over;    /* ... and has ended: rows of later ones are dropped */
    gboolean dropping;    /* cancelled or finished: no row is wanted any more */
    gboolean ended;       /* the server waits for the next statement, or is lost */
    char *cancel_failure; /* why the cancel request could not be delivered */
    PGresult *held;       /* a result with rows that were not handed out yet */
    int held_row;
    char *tag;
    gint64 affected;
    GError *failure; /* the first error of the string */
    guint interval_ms;
    SessionTick tick;
    gpointer tick_user;
    const char **values;
    int *lengths;
} WireStatement;

static WireSession *session_of(const WireStatement *statement)
{
    return (WireSession *)statement->head.session;
}

/* --- reading ----------------------------------------------------------------------------------- */

static void give_up(WireStatement *statement)
{
    statement->ended = TRUE;
    session_of(statement)->dead = TRUE;
}

static void keep_failure(WireStatement *statement, GError *failure)
{
    if (statement->failure == NULL)
        statement->failure = failure;
    else
        g_error_free(failure);
}

static void connection_lost(WireStatement *statement, const char *why)
{
    WireSession *session = session_of(statement);
    g_autofree char *valid = g_utf8_make_valid(why, -1);
    keep_failure(statement,
                 g_error_new(RS_ERROR, RS_ERROR_CONNECT,
                             "the connection to %s:%d was lost while a statement ran: %s\n"
                             "The server may still be working on it.",
                             session->host, session->head.info.port, g_strchomp(valid)));
    give_up(statement);
}

/* "Specified types or functions (one per INFO message) not supported": the messages are the news. */
static char *notices_as_hint(const WireSession *session, const char *sqlstate)
{
    if (g_strcmp0(sqlstate, "0A000") != 0 || session->notices->len == 0)
        return NULL;
    GString *hint = g_string_new(NULL);
    for (guint i = 0; i < session->notices->len; i++)
        g_string_append_printf(hint, "%s%s", i == 0 ? "" : "\n",
                               (const char *)session->notices->pdata[i]);
    return g_string_free(hint, FALSE);
}

static void take_error(WireStatement *statement, const PGresult *result)
{
    WireSession *session = session_of(statement);
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (sqlstate == NULL && PQstatus(session->conn) == CONNECTION_BAD) {
        connection_lost(statement, PQresultErrorMessage(result));
        return;
    }
    if (statement->failure != NULL)
        return;
    const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
    const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
    g_autofree char *notices = notices_as_hint(session, sqlstate);
    ServerReport report = {
        .sqlstate = sqlstate,
        .message = message != NULL ? message : PQresultErrorMessage(result),
        .detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL),
        .hint = hint != NULL ? hint : notices,
        .sql = statement->sql,
        .position = position == NULL ? 0 : (int)g_ascii_strtoll(position, NULL, 10),
    };
    g_strlcpy(session->sqlstate, sqlstate == NULL ? "" : sqlstate, sizeof session->sqlstate);
    server_error_set(&statement->failure, &report);
}

static void describe(WireStatement *statement, const PGresult *result)
{
    int n = PQnfields(result);
    statement->has_columns = TRUE;
    statement->n_columns = (guint)n;
    statement->columns = g_new0(ResultColumn, (gsize)n + 1);
    statement->values = g_new0(const char *, (gsize)n + 1);
    statement->lengths = g_new0(int, (gsize)n + 1);
    for (int i = 0; i < n; i++) {
        statement->columns[i].name = g_strdup(PQfname(result, i));
        statement->columns[i].type_oid = PQftype(result, i);
        statement->columns[i].type_modifier = PQfmod(result, i);
    }
}

/* Takes the result: holds it when it has rows that are wanted, else frees it. */
static void take_rows(WireStatement *statement, PGresult *result)
{
    gboolean last = PQresultStatus(result) == PGRES_TUPLES_OK;
    if (!statement->has_columns)
        describe(statement, result);
    gboolean wanted = !statement->set_over && !statement->dropping && PQntuples(result) > 0;
    if (last) {
        statement->set_over = TRUE;
        statement->affected = -1;
        g_free(statement->tag);
        statement->tag = g_strdup(PQcmdStatus(result));
    }
    if (!wanted) {
        PQclear(result);
        return;
    }
    statement->held = result;
    statement->held_row = 0;
}

static void take_tag(WireStatement *statement, PGresult *result)
{
    const char *count = PQcmdTuples(result);
    g_free(statement->tag);
    statement->tag = g_strdup(PQcmdStatus(result));
    statement->affected = *count == '\0' ? -1 : g_ascii_strtoll(count, NULL, 10);
}

/* Redshift has no COPY through the connection; other servers might start one. */
static void refuse_copy(WireStatement *statement, ExecStatusType status)
{
    keep_failure(statement, g_error_new(RS_ERROR, RS_ERROR_UNSUPPORTED,
                                        "COPY through the connection is not supported: Redshift "
                                        "copies from and unloads to S3"));
    if (status == PGRES_COPY_IN) {
        PQputCopyEnd(session_of(statement)->conn, "not supported by the client");
        return;
    }
    give_up(statement);
}

static void take_result(WireStatement *statement, PGresult *result)
{
    WireSession *session = session_of(statement);
    ExecStatusType status = PQresultStatus(result);
    switch (status) {
    case PGRES_SINGLE_TUPLE:
    case PGRES_TUPLES_OK:
        take_rows(statement, result);
        return;
    case PGRES_COMMAND_OK:
        take_tag(statement, result);
        break;
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
        refuse_copy(statement, status);
        break;
    case PGRES_EMPTY_QUERY:
        break;
    default:
        take_error(statement, result);
        if (PQstatus(session->conn) == CONNECTION_BAD)
            give_up(statement);
        break;
    }
    PQclear(result);
}

static void end_of_string(WireStatement *statement)
{
    WireSession *session = session_of(statement);
    statement->ended = TRUE;
    PGTransactionStatusType status = PQtransactionStatus(session->conn);
    session->in_transaction = status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
    if (PQstatus(session->conn) == CONNECTION_BAD)
        session->dead = TRUE;
}

/* Until libpq can give a result without reading. FALSE when the wait ended for another reason. */
static gboolean wait_result(WireStatement *statement, WireWaiter *waiter, WireEvent *event)
{
    PGconn *conn = session_of(statement)->conn;
    *event = WIRE_READY;
    for (;;) {
        int unsent = PQflush(conn);
        if (unsent < 0) {
            connection_lost(statement, PQerrorMessage(conn));
            return FALSE;
        }
        if (unsent == 0 && !PQisBusy(conn))
            return TRUE;
        short events = unsent > 0 ? POLLIN | POLLOUT : POLLIN;
        *event = wire_wait(waiter, PQsocket(conn), events);
        if (*event != WIRE_READY)
            return FALSE;
        if (!PQconsumeInput(conn) && PQisBusy(conn)) {
            connection_lost(statement, PQerrorMessage(conn));
            return FALSE;
        }
    }
}

/* Takes the next result, or notes the end. Anything but WIRE_READY: nothing was taken. */
static WireEvent read_step(WireStatement *statement, WireWaiter *waiter)
{
    WireEvent event;
    if (!wait_result(statement, waiter, &event))
        return event;
    PGresult *result = PQgetResult(session_of(statement)->conn);
    if (result == NULL)
        end_of_string(statement);
    else
        take_result(statement, result);
    return WIRE_READY;
}

static void drop_held(WireStatement *statement)
{
    g_clear_pointer(&statement->held, PQclear);
    statement->dropping = TRUE;
}

/* Reads and drops to the end. FALSE when the deadline came first. */
static gboolean drain(WireStatement *statement, gint64 deadline_us)
{
    WireWaiter waiter;
    drop_held(statement);
    wire_waiter_begin(&waiter, NULL, deadline_us);
    WireEvent event = WIRE_READY;
    while (!statement->ended && event == WIRE_READY) {
        event = read_step(statement, &waiter);
        if (g_get_monotonic_time() >= deadline_us)
            event = WIRE_TIMED_OUT; /* a server that keeps sending never makes us wait */
    }
    wire_waiter_end(&waiter);
    return statement->ended;
}

/*
 * Asks the server to stop and reads to the end of what it still sends. A request that is under way
 * when the statement has ended could hit the next one: then the session is given up.
 */
static gboolean cancel_and_drain(WireStatement *statement)
{
    gint64 deadline_us = g_get_monotonic_time() + CANCEL_LIMIT_MS * 1000;
    WireCancel *request = wire_cancel_send(session_of(statement)->conn);
    gboolean answered = drain(statement, deadline_us);
    if (request != NULL && !wire_cancel_wait(request, deadline_us))
        session_of(statement)->dead = TRUE;
    if (!answered)
        give_up(statement);
    if (request != NULL && statement->cancel_failure == NULL)
        statement->cancel_failure = wire_cancel_failure(request);
    g_clear_pointer(&request, wire_cancel_unref);
    return answered;
}

/* What the user's cancel came to. Leaves failure NULL when the statement was completed after all. */
static void cancel(WireStatement *statement)
{
    WireSession *session = session_of(statement);
    gboolean answered = cancel_and_drain(statement);
    gboolean confirmed = answered && strcmp(session->sqlstate, "57014") == 0;
    if (answered && statement->failure == NULL && !statement->has_columns)
        return;
    if (answered && statement->failure != NULL && !confirmed)
        return; /* it failed by itself, or the connection broke: that is the better news */
    g_clear_error(&statement->failure);
    if (!answered && statement->cancel_failure != NULL)
        g_set_error(&statement->failure, RS_ERROR, RS_ERROR_CANCELLED,
                    "the cancel could not be sent (%s): the statement may go on; this session is "
                    "given up",
                    statement->cancel_failure);
    else
        g_set_error_literal(&statement->failure, RS_ERROR, RS_ERROR_CANCELLED,
                            confirmed  ? "cancelled, confirmed by the server"
                            : answered ? "cancelled; the server had already finished the statement"
                                       : "cancel sent, the server has not answered yet; this "
                                         "session is given up");
}

/* --- the vtable's functions -------------------------------------------------------------------- */

static void statement_free(WireStatement *statement)
{
    session_of(statement)->current = NULL;
    for (guint i = 0; i < statement->n_columns; i++)
        g_free(statement->columns[i].name);
    g_free(statement->columns);
    g_free(statement->values);
    g_free(statement->lengths);
    g_free(statement->tag);
    g_free(statement->cancel_failure);
    g_clear_pointer(&statement->held, PQclear);
    g_clear_error(&statement->failure);
    g_free(statement);
}

static gboolean may_start(WireSession *session, GCancellable *cancellable, GError **error)
{
    session->sqlstate[0] = '\0';
    if (session->current != NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_INTERNAL,
                    "a statement was started while another one of the same session is open");
        return FALSE;
    }
    if (!wire_session_check(session)) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONNECT,
                    "the connection to %s:%d was lost; the statement was not sent", session->host,
                    session->head.info.port);
        return FALSE;
    }
    return !rs_error_set_if_cancelled(cancellable, error);
}

/* Reads until a row is held or the string has ended; a cancel is carried out on the way. */
static void read_row(WireStatement *statement, WireWaiter *waiter)
{
    while (statement->held == NULL && !statement->ended)
        if (read_step(statement, waiter) == WIRE_CANCELLED)
            cancel(statement);
}

Statement *wire_statement_start(Session *head, const char *sql, guint interval_ms, SessionTick tick,
                                gpointer user, GCancellable *cancellable, GError **error)
{
    WireSession *session = (WireSession *)head;
    if (!may_start(session, cancellable, error))
        return NULL;
    WireStatement *statement = g_new0(WireStatement, 1);
    *statement = (WireStatement){.head.session = head,
                                 .sql = sql,
                                 .affected = -1,
                                 .interval_ms = interval_ms,
                                 .tick = tick,
                                 .tick_user = user};
    session->current = &statement->head;
    g_ptr_array_set_size(session->notices, 0);
    WireWaiter waiter;
    wire_waiter_begin(&waiter, cancellable, 0);
    wire_waiter_tick(&waiter, interval_ms, tick, user);
    if (PQsendQuery(session->conn, sql)) {
        PQsetSingleRowMode(session->conn);
        read_row(statement, &waiter);
    } else {
        connection_lost(statement, PQerrorMessage(session->conn));
    }
    wire_waiter_end(&waiter);
    statement->sql = NULL;
    if (statement->failure == NULL)
        return &statement->head;
    g_propagate_error(error, g_steal_pointer(&statement->failure));
    statement_free(statement);
    return NULL;
}

const ResultColumn *wire_statement_columns(const Statement *head, guint *n_columns)
{
    const WireStatement *statement = (const WireStatement *)head;
    if (n_columns != NULL)
        *n_columns = statement->n_columns;
    return statement->n_columns == 0 ? NULL : statement->columns;
}

static gboolean hand_out(WireStatement *statement, RowFunction row, gpointer user, GError **error)
{
    const PGresult *result = statement->held;
    int at = statement->held_row++;
    for (guint i = 0; i < statement->n_columns; i++) {
        gboolean null = PQgetisnull(result, at, (int)i);
        statement->values[i] = null ? NULL : PQgetvalue(result, at, (int)i);
        statement->lengths[i] = null ? 0 : PQgetlength(result, at, (int)i);
    }
    gboolean taken = row(user, statement->n_columns, statement->values, statement->lengths, error);
    if (statement->held_row >= PQntuples(result))
        g_clear_pointer(&statement->held, PQclear);
    return taken;
}

/* Sees the end when it has arrived already, so that a result of exactly max_rows is finished. */
static void look_ahead(WireStatement *statement, WireWaiter *waiter)
{
    PGconn *conn = session_of(statement)->conn;
    if (statement->held == NULL && !statement->ended && PQisBusy(conn))
        PQconsumeInput(conn);
    while (statement->held == NULL && !statement->ended && !PQisBusy(conn))
        read_step(statement, waiter);
}

static gboolean fetch_rows(WireStatement *statement, WireWaiter *waiter, guint64 max_rows,
                           RowFunction row, gpointer user, GError **error)
{
    for (guint64 n = 0; max_rows == 0 || n < max_rows; n++) {
        if (g_cancellable_is_cancelled(waiter->cancellable) && !statement->ended)
            cancel(statement);
        read_row(statement, waiter);
        if (statement->held == NULL)
            return TRUE;
        if (!hand_out(statement, row, user, error))
            return FALSE;
    }
    look_ahead(statement, waiter);
    return TRUE;
}

gboolean wire_statement_fetch(Statement *head, guint64 max_rows, RowFunction row, gpointer user,
                              gboolean *finished, GCancellable *cancellable, GError **error)
{
    WireStatement *statement = (WireStatement *)head;
    WireWaiter waiter;
    statement->sql = head->sql;
    wire_waiter_begin(&waiter, cancellable, 0);
    wire_waiter_tick(&waiter, statement->interval_ms, statement->tick, statement->tick_user);
    gboolean taken = fetch_rows(statement, &waiter, max_rows, row, user, error);
    wire_waiter_end(&waiter);
    *finished = statement->ended && statement->held == NULL;
    if (!taken)
        return FALSE;
    if (statement->failure == NULL || statement->held != NULL)
        return TRUE;
    g_propagate_error(error, g_error_copy(statement->failure));
    return FALSE;
}

/* Ends what is not over: by itself within the grace, else by a cancel, whose error is no news. */
static void end_early(WireStatement *statement)
{
    if (drain(statement, g_get_monotonic_time() + END_GRACE_MS * 1000))
        return;
    WireSession *session = session_of(statement);
    if (!cancel_and_drain(statement)) {
        keep_failure(statement,
                     g_error_new(RS_ERROR, RS_ERROR_CONNECT,
                                 "the rest of the rows was given up, but the server has not "
                                 "answered the cancel yet; this session is given up"));
        return;
    }
    if (strcmp(session->sqlstate, "57014") == 0) {
        session->sqlstate[0] = '\0';
        g_clear_error(&statement->failure);
    }
}

gboolean wire_statement_finish(Statement *head, StatementOutcome *outcome, GError **error)
{
    WireStatement *statement = (WireStatement *)head;
    WireSession *session = session_of(statement);
    statement->sql = NULL; /* session.c has taken head.sql; late errors go without the caret */
    if (!statement->ended)
        end_early(statement);
    if (outcome != NULL) {
        outcome->tag = statement->tag == NULL ? g_strdup("") : g_steal_pointer(&statement->tag);
        outcome->affected = statement->affected;
        outcome->notices = session->notices;
        session->notices = g_ptr_array_new_with_free_func(g_free);
    }
    GError *failure = g_steal_pointer(&statement->failure);
    statement_free(statement);
    if (failure == NULL)
        return TRUE;
    g_propagate_error(error, failure);
    return FALSE;
}
