#include "sandbox/front_main.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "sandbox/front_session.h"

#define SESSIONS_MAX 500
#define LINGER_MS 2 /* how long output may wait for more before a read that blocks */

/* Before a read from the backend blocks: what the client should have is sent, and a client that has
 * gone ends the wait and what the backend runs. */
static gboolean wait_for_backend(gpointer user)
{
    FrontSession *session = user;
    struct pollfd fds[] = {{.fd = wire_fd(session->backend), .events = POLLIN},
                           {.fd = wire_fd(session->client), .events = POLLRDHUP}};
    for (;;) {
        gboolean pending = wire_has_output(session->client);
        int ready = poll(fds, 2, pending ? LINGER_MS : -1);
        if (ready < 0 && errno != EINTR)
            return FALSE;
        if (ready > 0 && fds[0].revents != 0)
            return TRUE;
        if (ready > 0) {
            session->client_gone = TRUE;
            front_cancel_backend(session);
            return FALSE;
        }
        if (ready == 0 && pending && !wire_flush(session->client))
            return FALSE;
    }
}

static gboolean count_sent(gpointer user, guint64 total)
{
    FrontSession *session = user;
    return !faults_match_bytes(session->server->faults, total);
}

static gboolean register_session(FrontSession *session)
{
    FrontServer *server = session->server;
    g_mutex_lock(&server->lock);
    gboolean room = g_hash_table_size(server->sessions) < SESSIONS_MAX;
    if (room)
        g_hash_table_insert(server->sessions, GINT_TO_POINTER(session->pid), session);
    g_mutex_unlock(&server->lock);
    return room;
}

static void unregister_session(FrontSession *session)
{
    FrontServer *server = session->server;
    g_mutex_lock(&server->lock);
    if (g_hash_table_lookup(server->sessions, GINT_TO_POINTER(session->pid)) == session)
        g_hash_table_remove(server->sessions, GINT_TO_POINTER(session->pid));
    g_mutex_unlock(&server->lock);
}

void front_cancel_request(FrontServer *server, gint32 pid, gint32 key)
{
    FrontSession target = {.server = server, .pid = pid};
    gboolean busy = FALSE;
    g_mutex_lock(&server->lock);
    FrontSession *session = g_hash_table_lookup(server->sessions, GINT_TO_POINTER(pid));
    if (session != NULL && session->key == key && g_atomic_int_get(&session->busy) != 0) {
        g_atomic_int_set(&session->cancelled, 1);
        target.backend_key = session->backend_key;
        busy = TRUE;
    }
    g_mutex_unlock(&server->lock);
    if (busy)
        front_cancel_backend(&target);
}

/* What an idle backend says of its own accord: a changed setting, or that it ends. */
static gboolean hear_backend(FrontSession *session)
{
    WireHead head;
    if (!wire_next(session->backend, &head))
        return FALSE;
    char *body = wire_body(session->backend, &head);
    if (body == NULL)
        return FALSE;
    if (head.type == 'E' || head.type == 'N') {
        ErrorFields fields = error_fields(body, head.length);
        session->fatal_sent = head.type == 'E';
        wire_send_error(session->client, head.type, &fields);
        wire_flush(session->client);
    }
    return TRUE;
}

/* Until the client speaks. FALSE when one side has gone. */
static gboolean wait_for_client(FrontSession *session)
{
    struct pollfd fds[] = {{.fd = wire_fd(session->client), .events = POLLIN},
                           {.fd = wire_fd(session->backend), .events = POLLIN}};
    while (!wire_has_input(session->client)) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return FALSE;
        if (fds[1].revents != 0 && !hear_backend(session))
            return FALSE;
        if (fds[0].revents != 0)
            return TRUE;
    }
    return TRUE;
}

static gboolean refuse_message(FrontSession *session, const char *severity, const char *sqlstate,
                               const char *message)
{
    front_send_problem(session, severity, sqlstate, message);
    return strcmp(severity, "FATAL") != 0;
}

static gboolean refuse_large(FrontSession *session, const WireHead *head)
{
    g_autofree char *text = g_strdup_printf("Statement is too large. Statement Size: %u bytes. "
                                            "Maximum Allowed: %d bytes",
                                            head->length, WIRE_STATEMENT_MAX);
    if (!wire_skip(session->client, head))
        return FALSE;
    if (session->skip_to_sync)
        return TRUE;
    refuse_message(session, "ERROR", "54000", text);
    if (session->status == 'T')
        backend_poison(session);
    if (head->type == 'Q')
        front_send_ready(session);
    else
        session->skip_to_sync = TRUE;
    return TRUE;
}

static gboolean handle_message(FrontSession *session, const WireHead *head)
{
    if (head->length > WIRE_STATEMENT_MAX && strchr("QPB", head->type) != NULL)
        return refuse_large(session, head);
    if (head->length > WIRE_STATEMENT_MAX)
        return refuse_message(session, "FATAL", "08P01", "invalid message length");
    char *body = wire_body(session->client, head);
    if (body == NULL)
        return FALSE;
    switch (head->type) {
    case 'Q':
        return session->skip_to_sync || front_simple_query(session, body);
    case 'X':
        return FALSE;
    case 'F':
        if (session->skip_to_sync)
            return TRUE;
        refuse_message(session, "ERROR", "0A000", "function calls by protocol are not supported");
        front_send_ready(session);
        return TRUE;
    case 'd':
    case 'c':
    case 'f': /* the rest of a COPY that was refused */
        return TRUE;
    default:
        if (strchr("PBDECHS", head->type) != NULL)
            return front_extended_message(session, head, body);
        return refuse_message(session, "FATAL", "08P01", "invalid frontend message type");
    }
}

static void serve_client(FrontSession *session)
{
    WireHead head;
    wire_on_wait(session->backend, wait_for_backend, session);
    wire_on_sent(session->client, count_sent, session);
    front_send_ready(session);
    while (wait_for_client(session) && wire_next(session->client, &head) &&
           handle_message(session, &head))
        continue;
    if (session->record != NULL)
        front_log_end(session->server->log, g_steal_pointer(&session->record), "canceled",
                      "the connection was lost", 0, FALSE);
    if (!wire_is_open(session->backend) && wire_is_open(session->client) && !session->fatal_sent)
        refuse_message(session, "FATAL", "57P01",
                       "terminating connection due to administrator command");
    if (wire_is_open(session->client))
        wire_flush(session->client);
}

static gpointer session_thread(gpointer user)
{
    g_autoptr(FrontSession) session = user;
    if (!front_start(session))
        return NULL;
    if (!register_session(session)) {
        refuse_message(session, "FATAL", "53300", "connection limit \"500\" exceeded");
        wire_flush(session->client);
        return NULL;
    }
    serve_client(session);
    unregister_session(session);
    return NULL;
}

static void accept_client(FrontServer *server, int listen_fd)
{
    int one = 1;
    int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
    g_autoptr(GError) error = NULL;
    FrontSession *session = front_session_new(server, fd);
    GThread *thread = g_thread_try_new("session", session_thread, session, &error);
    if (thread == NULL) {
        log_write(LOG_LEVEL_ERROR, "a client was turned away: %s", error->message);
        front_session_free(session);
        return;
    }
    g_thread_unref(thread);
}

static void accept_until_told(FrontServer *server, int listen_fd)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    struct pollfd fds[] = {{.fd = listen_fd, .events = POLLIN},
                           {.fd = signalfd(-1, &signals, SFD_CLOEXEC), .events = POLLIN}};
    while (poll(fds, 2, -1) >= 0 || errno == EINTR) {
        if (fds[1].revents != 0)
            return;
        if (fds[0].revents != 0)
            accept_client(server, listen_fd);
    }
}

int front_main(const SandboxState *state, int listen_fd, int ready_fd)
{
    g_autoptr(GError) error = NULL;
    FrontServer server = {.state = state, .faults = faults_open(state->dir)};
    g_mutex_init(&server.lock);
    server.sessions = g_hash_table_new(NULL, NULL);
    server.store = store_open(state->dir, &error);
    if (server.store != NULL)
        server.log = front_log_open(state, &error);
    if (server.log != NULL && state->tls != TLS_OFF)
        server.tls = front_tls_open(state, &error);
    if (error != NULL) {
        log_write(LOG_LEVEL_ERROR, "the wire front cannot start: %s", error->message);
        return 1;
    }
    if (write(ready_fd, "+", 1) != 1)
        return 1;
    close(ready_fd);
    accept_until_told(&server, listen_fd);
    front_log_settle(server.log);
    log_write(LOG_LEVEL_INFO, "the wire front ends");
    return 0; /* sessions end with the process, and their backends roll back */
}
