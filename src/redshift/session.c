#include "redshift/session.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "sql/keys.h"
#include "sql/lexer.h"

void statement_outcome_clear(StatementOutcome *outcome)
{
    if (outcome == NULL)
        return;
    g_clear_pointer(&outcome->tag, g_free);
    g_clear_pointer(&outcome->notices, g_ptr_array_unref);
    outcome->affected = -1;
    outcome->duration_ms = 0;
}

const SessionInfo *session_info(const Session *session)
{
    return &session->info;
}

gboolean session_can(const Session *session, SessionAbility ability)
{
    return session->class->can(session, ability);
}

static void log_statement(Session *session, const char *sql, gint64 began_us, const GError *error)
{
    if (session->log != NULL)
        session->log(session->log_user, sql, (g_get_monotonic_time() - began_us) / 1000, error);
}

void session_set_read_only(Session *session, gboolean read_only)
{
    session->read_only = read_only;
}

void session_set_iam_role_only(Session *session, gboolean iam_role_only)
{
    session->iam_role_only = iam_role_only;
}

static gboolean is_allowed(const Session *session, const char *sql, GError **error)
{
    if (session->iam_role_only && sql_holds_keys(sql)) {
        g_set_error(error, RS_ERROR, RS_ERROR_PERMISSION,
                    "the profile is iam_role_only and this statement holds AWS keys; it was not sent: "
                    "use IAM_ROLE");
        return FALSE;
    }
    if (!session->read_only)
        return TRUE;
    g_autoptr(GArray) spans = sql_split(sql, strlen(sql));
    for (guint i = 0; i < spans->len; i++) {
        SqlSpan span = g_array_index(spans, SqlSpan, i);
        SqlClass class = sql_classify(sql + span.start, span.length);
        if (class == SQL_READS || class == SQL_SESSION)
            continue;
        g_autofree char *masked = log_redact(sql + span.start);
        g_set_error(error, RS_ERROR, RS_ERROR_PERMISSION,
                    "the profile is read_only and this statement writes; it was not sent: %.80s",
                    masked);
        return FALSE;
    }
    return TRUE;
}

static Statement *start(Session *session, const char *sql, guint interval_ms, SessionTick tick,
                        gpointer user, GCancellable *cancellable, GError **error)
{
    gint64 began_us = g_get_monotonic_time();
    GError *failure = NULL;
    if (!is_allowed(session, sql, error))
        return NULL;
    Statement *statement =
        session->class->start(session, sql, interval_ms, tick, user, cancellable, &failure);
    if (statement == NULL) {
        log_statement(session, sql, began_us, failure);
        g_propagate_error(error, failure);
        return NULL;
    }
    statement->sql = g_strdup(sql);
    statement->began_us = began_us;
    return statement;
}

Statement *session_start(Session *session, const char *sql, GCancellable *cancellable,
                         GError **error)
{
    return start(session, sql, 0, NULL, NULL, cancellable, error);
}

const ResultColumn *statement_columns(const Statement *statement, guint *n_columns)
{
    return statement->session->class->columns(statement, n_columns);
}

gboolean statement_fetch(Statement *statement, guint64 max_rows, RowFunction row, gpointer user,
                         gboolean *finished, GCancellable *cancellable, GError **error)
{
    GError *failure = NULL;
    if (statement->session->class->fetch(statement, max_rows, row, user, finished, cancellable,
                                         &failure))
        return TRUE;
    if (statement->failure == NULL)
        statement->failure = g_error_copy(failure);
    g_propagate_error(error, failure);
    return FALSE;
}

/* CREATE TEMP[ORARY] TABLE, CREATE TABLE #name, SELECT .. INTO TEMP or #name: before the first bracket, for a
 * column may be called temp too. */
static gboolean makes_temporary(const char *sql)
{
    SqlLexer lexer = sql_lexer(sql, -1);
    SqlToken token;
    gboolean makes = FALSE;
    while (sql_next(&lexer, &token) && !sql_token_is(&lexer, &token, "(")) {
        gboolean names = lexer.text[token.start] == '#' || sql_token_is(&lexer, &token, "temp") ||
                         sql_token_is(&lexer, &token, "temporary");
        if (makes && token.kind == SQL_WORD && names)
            return TRUE;
        makes =
            makes || sql_token_is(&lexer, &token, "create") || sql_token_is(&lexer, &token, "into");
    }
    return FALSE;
}

gboolean statement_finish(Statement *statement, StatementOutcome *outcome, GError **error)
{
    Session *session = statement->session;
    g_autofree char *sql = g_steal_pointer(&statement->sql);
    GError *failure = g_steal_pointer(&statement->failure);
    gint64 began_us = statement->began_us;
    StatementOutcome filled = {.affected = -1};
    GError *late = NULL;
    if (!session->class->finish(statement, &filled, &late) && failure == NULL)
        failure = g_steal_pointer(&late);
    g_clear_error(&late);
    filled.duration_ms = (g_get_monotonic_time() - began_us) / 1000;
    log_statement(session, sql, began_us, failure);
    if (failure == NULL && sql != NULL && !session->has_temporary)
        session->has_temporary = makes_temporary(sql);
    if (outcome != NULL)
        *outcome = filled;
    else
        statement_outcome_clear(&filled);
    if (failure == NULL)
        return TRUE;
    g_propagate_error(error, failure);
    return FALSE;
}

static gboolean drop_row(gpointer user, guint n_columns, const char *const *values,
                         const int *lengths, GError **error)
{
    return TRUE;
}

gboolean session_run_with_tick(Session *session, const char *sql, guint interval_ms,
                               SessionTick tick, gpointer user, StatementOutcome *outcome,
                               GCancellable *cancellable, GError **error)
{
    if (outcome != NULL)
        *outcome = (StatementOutcome){.affected = -1};
    Statement *statement = start(session, sql, interval_ms, tick, user, cancellable, error);
    if (statement == NULL)
        return FALSE;
    gboolean finished = FALSE;
    statement_fetch(statement, 0, drop_row, NULL, &finished, cancellable, NULL);
    return statement_finish(statement, outcome, error);
}

gboolean session_run(Session *session, const char *sql, StatementOutcome *outcome,
                     GCancellable *cancellable, GError **error)
{
    return session_run_with_tick(session, sql, 0, NULL, NULL, outcome, cancellable, error);
}

typedef struct {
    GPtrArray *rows;
    guint limit;
} Collector;

static gsize value_length(const char *const *values, const int *lengths, guint i)
{
    return lengths == NULL ? strlen(values[i]) : (gsize)lengths[i];
}

char **session_row_new(guint n_columns, const char *const *values, const int *lengths)
{
    gsize size = (n_columns + 1) * sizeof(char *);
    for (guint i = 0; i < n_columns; i++)
        size += values[i] == NULL ? 0 : value_length(values, lengths, i) + 1;
    char **row = g_malloc(size);
    char *bytes = (char *)(row + n_columns + 1);
    for (guint i = 0; i < n_columns; i++) {
        row[i] = values[i] == NULL ? NULL : bytes;
        if (values[i] == NULL)
            continue;
        gsize length = value_length(values, lengths, i);
        memcpy(bytes, values[i], length);
        bytes[length] = '\0';
        bytes += length + 1;
    }
    row[n_columns] = NULL;
    return row;
}

static gboolean collect_row(gpointer user, guint n_columns, const char *const *values,
                            const int *lengths, GError **error)
{
    Collector *collector = user;
    if (collector->limit > 0 && collector->rows->len >= collector->limit) {
        g_set_error(error, RS_ERROR, RS_ERROR_LIMIT,
                    "more than %u rows arrived where at most that "
                    "many were expected",
                    collector->limit);
        return FALSE;
    }
    g_ptr_array_add(collector->rows, session_row_new(n_columns, values, lengths));
    return TRUE;
}

GPtrArray *session_query(Session *session, const char *sql, guint limit, guint *n_columns,
                         GCancellable *cancellable, GError **error)
{
    Statement *statement = session_start(session, sql, cancellable, error);
    if (statement == NULL)
        return NULL;
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(g_free);
    Collector collector = {rows, limit};
    gboolean finished = FALSE;
    guint width = 0;
    statement_columns(statement, &width);
    statement_fetch(statement, 0, collect_row, &collector, &finished, cancellable, NULL);
    if (!statement_finish(statement, NULL, error))
        return NULL;
    if (n_columns != NULL)
        *n_columns = width;
    return g_steal_pointer(&rows);
}

char *session_query_value(Session *session, const char *sql, GCancellable *cancellable,
                          GError **error)
{
    guint n_columns = 0;
    g_autoptr(GPtrArray) rows = session_query(session, sql, 0, &n_columns, cancellable, error);
    if (rows == NULL || rows->len == 0 || n_columns == 0)
        return NULL;
    return g_strdup(((char **)rows->pdata[0])[0]);
}

static void part_clear(gpointer pointer)
{
    g_clear_pointer(&((SessionPart *)pointer)->rows, g_ptr_array_unref);
}

void session_batch_clear(SessionBatch *batch)
{
    g_clear_pointer(&batch->id, g_free);
    g_clear_pointer(&batch->parts, g_array_unref);
}

char *session_token_new(void)
{
    return g_uuid_string_random();
}

static void log_batch(Session *session, const SessionBatchRequest *request, gint64 began_us,
                      const GError *failure)
{
    if (request->sqls == NULL)
        return;
    g_autofree char *text = g_strjoinv(";\n", (char **)request->sqls);
    g_autofree char *whole = g_strdup_printf("BEGIN;\n%s;\nCOMMIT", text);
    log_statement(session, whole, began_us, failure);
}

gboolean session_run_batch(Session *session, const SessionBatchRequest *request,
                           SessionBatch *batch, GCancellable *cancellable, GError **error)
{
    gint64 began_us = g_get_monotonic_time();
    GError *failure = NULL;
    *batch = (SessionBatch){
        .id = g_strdup(""), .failed = -1, .parts = g_array_new(FALSE, TRUE, sizeof(SessionPart))};
    g_array_set_clear_func(batch->parts, part_clear);
    if (session->class->run_batch == NULL) {
        g_set_error(
            error, RS_ERROR, RS_ERROR_UNSUPPORTED,
            "a session of the transport \"%s\" takes its transactions statement by statement",
            session->class->name);
        return FALSE;
    }
    for (guint i = 0; request->sqls != NULL && request->sqls[i] != NULL; i++)
        if (!is_allowed(session, request->sqls[i], error))
            return FALSE;
    gboolean done = session->class->run_batch(session, request, batch, cancellable, &failure);
    log_batch(session, request, began_us, failure);
    if (failure != NULL)
        g_propagate_error(error, failure);
    return done;
}

const char *session_sqlstate(const Session *session)
{
    return session->class->sqlstate(session);
}

gboolean session_in_transaction(const Session *session)
{
    return session->class->in_transaction(session);
}

gboolean session_is_alive(const Session *session)
{
    return session->class->is_alive(session);
}

void session_set_log(Session *session, StatementLog log, gpointer user)
{
    session->log = log;
    session->log_user = user;
}

const char *session_losses(const Session *session)
{
    gboolean open = session_in_transaction(session);
    if (open)
        return session->has_temporary ? "an open transaction and its temporary tables"
                                      : "an open transaction";
    return session->has_temporary ? "its temporary tables" : NULL;
}

void session_on_closed(Session *session, void (*closed)(gpointer user), gpointer user)
{
    session->closed = closed;
    session->closed_user = user;
}

void session_free(Session *session)
{
    if (session == NULL)
        return;
    void (*closed)(gpointer user) = session->closed;
    gpointer user = session->closed_user;
    session->class->free(session);
    if (closed != NULL)
        closed(user);
}
