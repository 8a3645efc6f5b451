#include "sandbox/front_log.h"

#include <libpq-fe.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "sql/lexer.h"

#define QUEUE_MAX 2000 /* statements that wait to be written before their sessions do */
/* A short statement's start and end are one write, if nobody asks for them before. */
#define LINGER_US 5000
#define TEXT_MAX (64 * 1024)   /* bytes of a statement that are kept */
#define ID_CHUNK 1000          /* ids that are taken from the sequence at once */
#define KEPT_STATEMENTS 100000 /* older rows of query_log are removed */

struct LogRecord {
    gint64 query_id, transaction_id, start_us, end_us, rows;
    char *user, *database, *label, *text, *error_message;
    const char *type, *status;
    int session_id;
    gboolean queued, ended;
};

struct FrontLog {
    const SandboxState *state;
    GMutex direct_lock; /* the engines' connection */
    PGconn *direct;
    PGconn *written; /* the thread's own */
    GThread *thread;
    GMutex lock; /* all that follows */
    GCond wake, idle;
    GQueue queue; /* of LogRecord */
    gboolean writing, closing;
    gboolean hurry; /* somebody waits for what is queued */
    gint64 next_id, last_id;
};

static void record_free(LogRecord *record)
{
    g_free(record->user);
    g_free(record->database);
    g_free(record->label);
    g_free(record->text);
    g_free(record->error_message);
    g_free(record);
}

static PGconn *log_connect(const SandboxState *state)
{
    g_autofree char *port = g_strdup_printf("%d", SANDBOX_PG_PORT);
    const char *names[] = {
        "host", "port", "user", "dbname", "application_name", "client_encoding", "options", NULL};
    const char *values[] = {state->socket_dir,
                            port,
                            state->superuser,
                            state->database,
                            "redsmith-sandbox log",
                            "UTF8",
                            "-c standard_conforming_strings=on",
                            NULL};
    return PQconnectdbParams(names, values, 0);
}

/* Runs it, after a reconnect where the connection was lost. NULL when it did not work. */
static PGresult *run(PGconn *connection, const char *sql)
{
    if (PQstatus(connection) != CONNECTION_OK)
        PQreset(connection);
    PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return result;
    log_write(LOG_LEVEL_WARNING, "the sandbox's log: %s", PQerrorMessage(connection));
    PQclear(result);
    return NULL;
}

gboolean front_log_execute(FrontLog *log, const char *sql)
{
    g_mutex_lock(&log->direct_lock);
    PGresult *result = run(log->direct, sql);
    g_mutex_unlock(&log->direct_lock);
    gboolean done = result != NULL;
    PQclear(result);
    return done;
}

char *front_log_get(FrontLog *log, const char *sql)
{
    g_mutex_lock(&log->direct_lock);
    PGresult *result = run(log->direct, sql);
    g_mutex_unlock(&log->direct_lock);
    char *value = NULL;
    if (result != NULL && PQntuples(result) > 0 && PQnfields(result) > 0 &&
        !PQgetisnull(result, 0, 0))
        value = g_strdup(PQgetvalue(result, 0, 0));
    PQclear(result);
    return value;
}

/* One call to the sequence per chunk; what is left of a chunk at the end is never used, as on
 * Redshift, whose ids have gaps too. */
gint64 front_log_next_id(FrontLog *log)
{
    g_mutex_lock(&log->lock);
    if (log->next_id >= log->last_id) {
        g_autofree char *value =
            front_log_get(log, "SELECT setval('redsmith_sandbox.query_id', "
                               "nextval('redsmith_sandbox.query_id') + " G_STRINGIFY(ID_CHUNK) ")");
        gint64 last = value != NULL ? g_ascii_strtoll(value, NULL, 10) : 0;
        log->last_id = MAX(last, log->last_id + ID_CHUNK);
        log->next_id = log->last_id - ID_CHUNK;
        g_autofree char *clean = g_strdup_printf(
            "DELETE FROM redsmith_sandbox.query_log WHERE query_id < %" G_GINT64_FORMAT,
            log->next_id - KEPT_STATEMENTS);
        front_log_execute(log, clean);
    }
    gint64 id = log->next_id++;
    g_mutex_unlock(&log->lock);
    return id;
}

static void append_literal(GString *sql, PGconn *connection, const char *text)
{
    g_autofree char *valid = text != NULL ? g_utf8_make_valid(text, -1) : NULL;
    char *literal = valid != NULL ? PQescapeLiteral(connection, valid, strlen(valid)) : NULL;
    g_string_append(sql, literal != NULL ? literal : "NULL");
    PQfreemem(literal);
}

static void append_time(GString *sql, gint64 us)
{
    if (us == 0)
        g_string_append(sql, "NULL");
    else
        g_string_append_printf(sql, "timestamp 'epoch' + %" G_GINT64_FORMAT " * interval '1 us'",
                               us);
}

/* Masking costs a millisecond, so it is done only where a word hints at a credential. */
static char *without_secrets(const char *text)
{
    static const char *const hints[] = {"key", "password", "credential", "token"};
    g_autofree char *lower = g_ascii_strdown(text, -1);
    for (gsize i = 0; i < G_N_ELEMENTS(hints); i++)
        if (strstr(lower, hints[i]) != NULL)
            return log_redact(text);
    return g_strdup(text);
}

static void append_record(GString *sql, PGconn *connection, const LogRecord *record)
{
    g_autofree char *text = without_secrets(record->text);
    g_string_append_printf(
        sql,
        "INSERT INTO redsmith_sandbox.query_log (query_id, transaction_id, session_id, user_id, "
        "user_name, database_name, query_label, query_type, status, start_time, end_time, "
        "error_message, returned_rows, query_text) VALUES (%" G_GINT64_FORMAT ", %" G_GINT64_FORMAT
        ", %d, (SELECT usesysid::int FROM pg_user WHERE usename = ",
        record->query_id, record->transaction_id, record->session_id);
    append_literal(sql, connection, record->user);
    g_string_append(sql, "), ");
    append_literal(sql, connection, record->user);
    g_string_append(sql, ", ");
    append_literal(sql, connection, record->database);
    g_string_append(sql, ", ");
    append_literal(sql, connection, record->label);
    g_string_append_printf(sql, ", '%s', '%s', ", record->type, record->status);
    append_time(sql, record->start_us);
    g_string_append(sql, ", ");
    append_time(sql, record->end_us);
    g_string_append(sql, ", ");
    append_literal(sql, connection, record->error_message);
    g_string_append_printf(sql, ", %" G_GINT64_FORMAT ", ", record->rows);
    append_literal(sql, connection, text);
    g_string_append(sql,
                    ") ON CONFLICT (query_id) DO UPDATE SET status = EXCLUDED.status, end_time = "
                    "EXCLUDED.end_time, error_message = EXCLUDED.error_message, "
                    "returned_rows = EXCLUDED.returned_rows;\n");
}

/* What pg_last_query_id() answers. */
static void append_last(GString *sql, const LogRecord *record)
{
    g_string_append_printf(
        sql,
        "INSERT INTO redsmith_sandbox.last_result (session_id, query_id) VALUES (%d, "
        "%" G_GINT64_FORMAT ") ON CONFLICT (session_id) DO UPDATE SET query_id = "
        "EXCLUDED.query_id;\n",
        record->session_id, record->query_id);
}

/* Takes all that is queued into one text; a record that has ended is done with. Holds the lock. */
static char *take_queue(FrontLog *log)
{
    GString *sql = g_string_new(NULL);
    LogRecord *record;
    while ((record = g_queue_pop_head(&log->queue)) != NULL) {
        append_record(sql, log->written, record);
        append_last(sql, record);
        record->queued = FALSE;
        if (record->ended)
            record_free(record);
    }
    return g_string_free(sql, FALSE);
}

static gpointer write_queue(gpointer user)
{
    FrontLog *log = user;
    g_mutex_lock(&log->lock);
    for (;;) {
        while (g_queue_is_empty(&log->queue) && !log->closing)
            g_cond_wait(&log->wake, &log->lock);
        if (g_queue_is_empty(&log->queue))
            break;
        gint64 end = g_get_monotonic_time() + LINGER_US;
        while (!log->hurry && !log->closing && g_cond_wait_until(&log->wake, &log->lock, end))
            continue;
        g_autofree char *sql = take_queue(log);
        log->writing = TRUE;
        g_mutex_unlock(&log->lock);
        PQclear(run(log->written, sql));
        g_mutex_lock(&log->lock);
        log->writing = FALSE;
        log->hurry = log->hurry && !g_queue_is_empty(&log->queue);
        g_cond_broadcast(&log->idle);
    }
    g_mutex_unlock(&log->lock);
    return NULL;
}

static void wait_until_written(FrontLog *log)
{
    while (log->writing || !g_queue_is_empty(&log->queue)) {
        log->hurry = TRUE;
        g_cond_signal(&log->wake);
        g_cond_wait(&log->idle, &log->lock);
    }
}

static void enqueue(FrontLog *log, LogRecord *record, gboolean wait)
{
    if (!record->queued) {
        record->queued = TRUE;
        g_queue_push_tail(&log->queue, record);
        if (g_queue_get_length(&log->queue) == 1)
            g_cond_signal(&log->wake);
    }
    if (wait || g_queue_get_length(&log->queue) > QUEUE_MAX)
        wait_until_written(log);
}

static const char *query_type(const char *sql)
{
    static const char *const types[][2] = {
        {"select", "SELECT"}, {"with", "SELECT"}, {"insert", "INSERT"}, {"update", "UPDATE"},
        {"delete", "DELETE"}, {"merge", "MERGE"}, {"copy", "COPY"},     {"unload", "UNLOAD"},
        {"create", "DDL"},    {"drop", "DDL"},    {"alter", "DDL"},     {"truncate", "DDL"},
        {"comment", "DDL"},   {"grant", "DDL"},   {"revoke", "DDL"},    {"fetch", "SELECT"},
    };
    SqlLexer lexer = sql_lexer(sql, -1);
    SqlToken token;
    if (sql_next(&lexer, &token))
        for (gsize i = 0; i < G_N_ELEMENTS(types); i++)
            if (sql_token_is(&lexer, &token, types[i][0]))
                return types[i][1];
    return "UTILITY";
}

/* No more than TEXT_MAX bytes, cut between characters. */
static char *cut(const char *text)
{
    gsize length = strlen(text);
    if (length > TEXT_MAX)
        length = (gsize)(g_utf8_find_prev_char(text, text + TEXT_MAX) - text);
    return g_strndup(text, length);
}

LogRecord *front_log_begin(FrontLog *log, const LogStart *start, gboolean wait)
{
    LogRecord *record = g_new0(LogRecord, 1);
    record->query_id = start->query_id;
    record->transaction_id = start->transaction_id;
    record->session_id = start->session_id;
    record->user = g_strdup(start->user);
    record->database = g_strdup(start->database);
    record->label = g_strdup(start->label != NULL ? start->label : "default");
    record->text = cut(start->text);
    record->type = query_type(start->text);
    record->status = "running";
    record->start_us = g_get_real_time();
    g_mutex_lock(&log->lock);
    enqueue(log, record, wait);
    g_mutex_unlock(&log->lock);
    return record;
}

void front_log_end(FrontLog *log, LogRecord *record, const char *status, const char *error_message,
                   gint64 rows, gboolean wait)
{
    g_mutex_lock(&log->lock);
    record->status = status;
    record->error_message = g_strdup(error_message);
    record->rows = rows;
    record->end_us = g_get_real_time();
    record->ended = TRUE;
    enqueue(log, record, wait);
    g_mutex_unlock(&log->lock);
}

void front_log_settle(FrontLog *log)
{
    g_mutex_lock(&log->lock);
    wait_until_written(log);
    g_mutex_unlock(&log->lock);
}

static gboolean is_system_name(const char *word, gsize length)
{
    static const char *const prefixes[] = {"stl_",  "stv_", "svv_", "svl_",
                                           "svcs_", "sys_", "pg_",  "last_user_query_id"};
    for (gsize i = 0; i < G_N_ELEMENTS(prefixes); i++) {
        gsize prefix = strlen(prefixes[i]);
        if (length >= prefix && g_ascii_strncasecmp(word, prefixes[i], prefix) == 0)
            return TRUE;
    }
    return (length == strlen("redsmith_sandbox") &&
            g_ascii_strncasecmp(word, "redsmith_sandbox", length) == 0) ||
           (length == strlen("information_schema") &&
            g_ascii_strncasecmp(word, "information_schema", length) == 0);
}

/* By words: a function such as pg_sleep() is no view, so that alone does not keep it out of the log;
 * pg_last_query_id() and its like still need the log to be settled. */
gboolean front_log_reads_system(const char *sql, gboolean *only)
{
    SqlLexer lexer = sql_lexer(sql, -1), ahead;
    SqlToken token, next;
    gboolean reads = FALSE, views = FALSE;
    while (sql_next(&lexer, &token)) {
        if (token.kind != SQL_WORD || !is_system_name(sql + token.start, token.length))
            continue;
        ahead = lexer;
        gboolean call = sql_next(&ahead, &next) && sql_token_is(&ahead, &next, "(");
        reads = TRUE;
        views = views || !call;
    }
    *only = views && sql_classify(sql, -1) == SQL_READS;
    return reads;
}

FrontLog *front_log_open(const SandboxState *state, GError **error)
{
    FrontLog *log = g_new0(FrontLog, 1);
    log->state = state;
    g_mutex_init(&log->lock);
    g_mutex_init(&log->direct_lock);
    g_cond_init(&log->wake);
    g_cond_init(&log->idle);
    g_queue_init(&log->queue);
    log->direct = log_connect(state);
    log->written = log_connect(state);
    static const char orphans[] =
        "UPDATE redsmith_sandbox.query_log SET status = 'canceled', end_time = "
        "clock_timestamp() AT TIME ZONE 'UTC' WHERE status = 'running';"
        "UPDATE redsmith_sandbox.unload_log SET status = 'aborted' WHERE status = 'running';"
        "UPDATE redsmith_sandbox.load_log SET status = 'aborted' WHERE status = 'running';"
        "DELETE FROM redsmith_sandbox.load_state; DELETE FROM redsmith_sandbox.last_result";
    if (PQstatus(log->written) != CONNECTION_OK || !front_log_execute(log, orphans)) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONNECT, "The log connection failed: %s",
                    PQerrorMessage(log->direct));
        front_log_close(log);
        return NULL;
    }
    log->thread = g_thread_new("log", write_queue, log);
    return log;
}

void front_log_close(FrontLog *log)
{
    if (log == NULL)
        return;
    g_mutex_lock(&log->lock);
    log->closing = TRUE;
    g_cond_signal(&log->wake);
    g_mutex_unlock(&log->lock);
    if (log->thread != NULL)
        g_thread_join(log->thread);
    PQfinish(log->direct);
    PQfinish(log->written);
    g_queue_clear_full(&log->queue, (GDestroyNotify)record_free);
    g_mutex_clear(&log->lock);
    g_mutex_clear(&log->direct_lock);
    g_cond_clear(&log->wake);
    g_cond_clear(&log->idle);
    g_free(log);
}
