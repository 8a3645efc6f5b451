#include "sandbox/front_session.h"

#include <poll.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"

#define CLIENT_CHECK_US 20000

FrontSession *front_session_new(FrontServer *server, int client_fd)
{
    FrontSession *session = g_new0(FrontSession, 1);
    session->server = server;
    session->client = wire_new(client_fd);
    session->status = 'I';
    session->varbytes = g_array_new(FALSE, FALSE, sizeof(int));
    return session;
}

void front_session_free(FrontSession *session)
{
    if (session == NULL)
        return;
    if (session->pid > 0) /* the pid may come again, with another session behind it */
        front_log(session, "DELETE FROM redsmith_sandbox.last_result WHERE session_id = %d",
                  session->pid);
    wire_free(session->client);
    wire_free(session->backend);
    front_error_clear(&session->failure);
    front_error_clear(&session->backend_failure);
    if (session->prepared != NULL)
        g_hash_table_unref(session->prepared);
    if (session->portals != NULL)
        g_hash_table_unref(session->portals);
    g_array_unref(session->varbytes);
    g_free(session->user);
    g_free(session->database);
    g_free(session->application_name);
    g_free(session->query_label);
    g_free(session);
}

void front_error_clear(FrontError *error)
{
    g_clear_pointer(&error->message, g_free);
    g_clear_pointer(&error->detail, g_free);
    g_clear_pointer(&error->hint, g_free);
    error->sqlstate[0] = '\0';
}

void front_error_set(FrontError *error, const char *sqlstate, const char *message,
                     const char *detail, const char *hint)
{
    FrontError fresh = {
        .message = g_strdup(message), .detail = g_strdup(detail), .hint = g_strdup(hint)};
    g_strlcpy(fresh.sqlstate, sqlstate, sizeof fresh.sqlstate);
    front_error_clear(error);
    *error = fresh;
}

gboolean front_fail(FrontSession *session, const char *sqlstate, const char *message_format, ...)
{
    va_list args;
    va_start(args, message_format);
    g_autofree char *message = g_strdup_vprintf(message_format, args);
    va_end(args);
    return front_fail_detail(session, sqlstate, message, NULL);
}

gboolean front_fail_detail(FrontSession *session, const char *sqlstate, const char *message,
                           const char *detail)
{
    front_error_set(&session->failure, sqlstate, message, detail, NULL);
    return FALSE;
}

const FrontError *front_statement_error(FrontSession *session)
{
    if (session->failure.message != NULL)
        return &session->failure;
    if (session->backend_failure.message == NULL)
        front_error_set(&session->backend_failure, "XX000", "The statement failed", NULL, NULL);
    return &session->backend_failure;
}

void front_send_error(FrontSession *session, const char *severity, const FrontError *error)
{
    ErrorFields fields = {.severity = severity != NULL ? severity : "ERROR",
                          .sqlstate = error->sqlstate,
                          .message = error->message,
                          .detail = error->detail,
                          .hint = error->hint};
    wire_send_error(session->client, 'E', &fields);
}

void front_send_problem(FrontSession *session, const char *severity, const char *sqlstate,
                        const char *message)
{
    ErrorFields fields = {.severity = severity, .sqlstate = sqlstate, .message = message};
    wire_send_error(session->client, 'E', &fields);
}

void front_send_complete(FrontSession *session, const char *tag)
{
    g_auto(Message) message = {0};
    message_begin(&message, 'C');
    message_string(&message, tag);
    message_send(&message, session->client);
}

void front_send_ready(FrontSession *session)
{
    g_auto(Message) message = {0};
    message_begin(&message, 'Z');
    message_byte(&message, session->status);
    message_send(&message, session->client);
    wire_flush(session->client);
}

void front_notice(FrontSession *session, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    ErrorFields fields = {.severity = "INFO", .sqlstate = "00000", .message = text};
    wire_send_error(session->client, 'N', &fields);
    wire_flush(session->client);
}

/* A client that is gone has cancelled: Redshift lets a lone COPY go on, but inside BEGIN it is rolled
 * back; here it ends either way. Asking the kernel costs a call, so it is done every 20 ms. */
gboolean front_cancelled(FrontSession *session)
{
    gint64 now = g_get_monotonic_time();
    if (now - session->client_checked_us >= CLIENT_CHECK_US) {
        struct pollfd client = {.fd = wire_fd(session->client), .events = POLLRDHUP};
        session->client_checked_us = now;
        if (poll(&client, 1, 0) > 0 && (client.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0)
            session->client_gone = TRUE;
    }
    return session->client_gone || !wire_is_open(session->client) ||
           g_atomic_int_get(&session->cancelled) != 0;
}

Store *front_store(FrontSession *session)
{
    return session->server->store;
}

const char *front_iam_role(const FrontSession *session)
{
    return session->server->state->iam_role;
}

const char *front_region(const FrontSession *session)
{
    return session->server->state->region;
}

int front_pid(const FrontSession *session)
{
    return session->pid;
}

const char *front_user(const FrontSession *session)
{
    return session->user;
}

const char *front_database(const FrontSession *session)
{
    return session->database;
}

double front_fault_number(FrontSession *session, const char *area, const char *name)
{
    return faults_number(session->server->faults, area, name);
}

gboolean front_log(FrontSession *session, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *sql = g_strdup_vprintf(format, args);
    va_end(args);
    return front_log_execute(session->server->log, sql);
}

/* The first call within a statement gets the id under which query_log has it already. */
gint64 front_next_query_id(FrontSession *session)
{
    if (session->query_id > 0 && !session->query_id_taken) {
        session->query_id_taken = TRUE;
        return session->query_id;
    }
    return front_log_next_id(session->server->log);
}

/* Noted twice: sql/system.sql (last_of_session) says why. */
static void set_last(FrontSession *session, const char *kind, gint64 query_id, gint64 rows)
{
    g_autofree char *setting =
        g_strdup_printf("SELECT pg_catalog.set_config('redsmith.last_%s', '%" G_GINT64_FORMAT
                        ":%" G_GINT64_FORMAT "', false)",
                        kind, query_id, rows);
    if (session->status != 'E')
        backend_query(session, setting, NULL, NULL);
    front_log(session,
              "INSERT INTO redsmith_sandbox.last_result (session_id, query_id, %s_id, %s_count) "
              "VALUES (%d, %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT ") "
              "ON CONFLICT (session_id) DO UPDATE SET query_id = EXCLUDED.query_id, "
              "%s_id = EXCLUDED.%s_id, %s_count = EXCLUDED.%s_count",
              kind, kind, session->pid, query_id, query_id, rows, kind, kind, kind, kind);
}

void front_set_last_copy(FrontSession *session, gint64 query_id, gint64 rows)
{
    set_last(session, "copy", query_id, rows);
}

void front_set_last_unload(FrontSession *session, gint64 query_id, gint64 rows)
{
    set_last(session, "unload", query_id, rows);
}
