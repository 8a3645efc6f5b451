#include "redshift/wire_session.h"

#include <poll.h>
#include <string.h>

#include "base/error.h"
#include "redshift/server_error.h"
#include "redshift/wire_private.h"
#include "redshift/wire_tls.h"
#include "sql/literal.h"

#define DEFAULT_CONNECT_TIMEOUT_MS 10000
#define DEFAULT_KEEPALIVE_S 60
/* Network paths drop silent connections from about 300 s on (Redshift management guide, "Connecting from
 * outside of Amazon EC2: firewall timeout issue"). */
#define KEEPALIVE_MAX_S 240
#define KEEPALIVE_INTERVAL_S "15"
#define KEEPALIVE_PROBES "4"
/* More notices than this per statement are not kept: a server can send any number. */
#define NOTICES_MAX 1000

static gboolean wire_can(const Session *session, SessionAbility ability)
{
    return TRUE;
}

static const char *wire_sqlstate(const Session *session)
{
    return ((const WireSession *)session)->sqlstate;
}

static gboolean wire_in_transaction(const Session *session)
{
    return ((const WireSession *)session)->in_transaction;
}

gboolean wire_session_check(WireSession *session)
{
    if (session->dead || PQstatus(session->conn) == CONNECTION_BAD)
        return FALSE;
    if (session->current != NULL)
        return TRUE;
    struct pollfd fd = {.fd = PQsocket(session->conn), .events = POLLIN};
    /* Nothing is due between statements but a notice, a parameter or the end of the connection. */
    if (poll(&fd, 1, 0) > 0 &&
        (!PQconsumeInput(session->conn) || PQstatus(session->conn) == CONNECTION_BAD))
        session->dead = TRUE;
    return !session->dead;
}

static gboolean wire_is_alive(const Session *session)
{
    return wire_session_check((WireSession *)session);
}

static void wire_free(Session *head)
{
    WireSession *session = (WireSession *)head;
    g_clear_pointer(&session->conn, PQfinish);
    g_ptr_array_unref(session->notices);
    g_free(session->host);
    g_free(session->database);
    g_free(session->user);
    g_free(session->version);
    g_free(session);
}

static const SessionClass wire_class = {
    .name = "wire",
    .can = wire_can,
    .start = wire_statement_start,
    .columns = wire_statement_columns,
    .fetch = wire_statement_fetch,
    .finish = wire_statement_finish,
    .sqlstate = wire_sqlstate,
    .in_transaction = wire_in_transaction,
    .is_alive = wire_is_alive,
    .free = wire_free,
};

static void keep_notice(void *user, const PGresult *result)
{
    WireSession *session = user;
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (text == NULL || session->notices->len >= NOTICES_MAX)
        return;
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    gboolean warns = g_strcmp0(severity, "WARNING") == 0;
    g_ptr_array_add(session->notices, g_strconcat(warns ? "WARNING: " : "", valid, NULL));
}

typedef struct {
    const char *keywords[24], *values[24];
    guint n;
} Parameters;

static void add(Parameters *parameters, const char *keyword, const char *value)
{
    g_assert(parameters->n + 1 < G_N_ELEMENTS(parameters->keywords));
    parameters->keywords[parameters->n] = keyword;
    parameters->values[parameters->n++] = value;
}

/* "name,name,..", as many as there are addresses: libpq pairs the two lists. */
static char *repeat_host(const char *host, guint n)
{
    GString *list = g_string_new(host);
    for (guint i = 1; i < n; i++)
        g_string_append_printf(list, ",%s", host);
    return g_string_free(list, FALSE);
}

/* Starts connecting; everything here is quick, the name has been resolved. */
static PGconn *start_connection(const WireOptions *options, const char *addresses,
                                guint n_addresses)
{
    g_autofree char *hosts = repeat_host(options->host, MAX(n_addresses, 1));
    g_autofree char *port = g_strdup_printf("%d", options->port);
    guint idle = options->keepalive_s == 0 ? DEFAULT_KEEPALIVE_S : options->keepalive_s;
    g_autofree char *keepalive = g_strdup_printf("%u", MIN(idle, KEEPALIVE_MAX_S));
    Parameters parameters = {.n = 0};
    add(&parameters, "host", hosts);
    add(&parameters, "hostaddr", addresses);
    add(&parameters, "port", port);
    add(&parameters, "dbname", options->database);
    add(&parameters, "user", options->user);
    add(&parameters, "password", secret_peek(options->password));
    add(&parameters, "sslmode", options->sslmode);
    add(&parameters, "sslrootcert", options->sslrootcert);
    add(&parameters, "gssencmode", "disable");
    add(&parameters, "client_encoding", "UTF8");
    add(&parameters, "application_name", options->application);
    add(&parameters, "keepalives", "1");
    add(&parameters, "keepalives_idle", keepalive);
    add(&parameters, "keepalives_interval", KEEPALIVE_INTERVAL_S);
    add(&parameters, "keepalives_count", KEEPALIVE_PROBES);
    add(&parameters, "target_session_attrs", "any");
    return PQconnectStartParams(parameters.keywords, parameters.values, 0);
}

static WireEvent poll_connection(PGconn *conn, WireWaiter *waiter)
{
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    while (status != PGRES_POLLING_OK && status != PGRES_POLLING_FAILED) {
        short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        WireEvent event = wire_wait(waiter, PQsocket(conn), events);
        if (event != WIRE_READY)
            return event;
        status = PQconnectPoll(conn);
    }
    return WIRE_READY;
}

/* libpq's text of a login that failed, and why a certificate is not trusted, which it keeps for itself.
 * Free with g_free. */
static char *login_failure(const WireSession *session, const WireOptions *options,
                           const char *addresses, const WireWaiter *waiter)
{
    const char *text = PQerrorMessage(session->conn);
    g_auto(WireTls) tls = {0};
    if (strstr(text, "certificate verify failed") == NULL || options->sslrootcert == NULL)
        return g_strdelimit(g_strdup(text), "\t", ' '); /* libpq indents its further lines */
    wire_tls_probe(options->host, addresses == NULL ? options->host : addresses, options->port,
                   options->sslrootcert, &tls, waiter->deadline_us, waiter->cancellable, NULL);
    return g_strdup(tls.problem != NULL ? tls.problem : text);
}

static gboolean login(WireSession *session, const WireOptions *options, const char *addresses,
                      guint timeout_ms, WireWaiter *waiter, GError **error)
{
    g_autofree char *where = g_strdup_printf("%s:%d", options->host, options->port);
    WireEvent event = WIRE_READY;
    if (PQstatus(session->conn) != CONNECTION_BAD)
        event = poll_connection(session->conn, waiter);
    if (event == WIRE_CANCELLED)
        return !rs_error_set_if_cancelled(waiter->cancellable, error);
    if (event == WIRE_TIMED_OUT) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONNECT,
                    "cannot connect to %s as %s: no answer within %.1f s\nCheck that the network "
                    "lets you through (security group, VPN, tunnel) and that the cluster is not "
                    "paused, or raise connect_timeout.",
                    where, options->user, timeout_ms / 1000.0);
        return FALSE;
    }
    if (PQstatus(session->conn) == CONNECTION_OK)
        return TRUE;
    g_autofree char *text = login_failure(session, options, addresses, waiter);
    server_error_set_login(error, text, where, options->user, session->sqlstate);
    return FALSE;
}

/* "Redshift 1.0.12345" out of what version() says, else its first two words. */
static char *short_version(const char *text)
{
    const char *redshift = strstr(text, "Redshift");
    if (redshift != NULL)
        return g_strndup(redshift, strcspn(redshift, ",\n"));
    const char *space = strchr(text, ' ');
    gsize length =
        space == NULL ? strlen(text) : (gsize)(space - text) + 1 + strcspn(space + 1, " ,");
    return g_strndup(text, length);
}

/* The settings that a start-up packet cannot carry. */
static gboolean apply_settings(WireSession *session, const WireOptions *options,
                               GCancellable *cancellable, GError **error)
{
    g_autofree char *label =
        options->query_group != NULL ? sql_literal(options->query_group) : NULL;
    g_autofree char *group = label == NULL ? NULL : g_strdup_printf("SET query_group TO %s", label);
    g_autofree char *limit =
        options->statement_timeout_ms == 0
            ? NULL
            : g_strdup_printf("SET statement_timeout TO %u", options->statement_timeout_ms);
    return (group == NULL || session_run(&session->head, group, NULL, cancellable, error)) &&
           (limit == NULL || session_run(&session->head, limit, NULL, cancellable, error));
}

/* What the server is. */
static gboolean introduce(WireSession *session, const WireOptions *options,
                          GCancellable *cancellable, GError **error)
{
    guint n_columns = 0;
    g_autoptr(GPtrArray) rows = session_query(&session->head, "SELECT version(), pg_backend_pid()",
                                              0, &n_columns, cancellable, error);
    if (rows == NULL)
        return FALSE;
    char **row = rows->len > 0 && n_columns == 2 ? rows->pdata[0] : NULL;
    const char *text = row != NULL && row[0] != NULL ? row[0] : "unknown";
    session->version = short_version(text);
    session->head.info.server_version = session->version;
    session->head.info.backend_pid = row == NULL || row[1] == NULL
                                         ? PQbackendPID(session->conn)
                                         : (int)g_ascii_strtoll(row[1], NULL, 10);
    return apply_settings(session, options, cancellable, error);
}

static WireSession *session_new(const WireOptions *options)
{
    WireSession *session = g_new0(WireSession, 1);
    session->head.class = &wire_class;
    session->host = g_strdup(options->host);
    session->database = g_strdup(options->database);
    session->user = g_strdup(options->user);
    session->notices = g_ptr_array_new_with_free_func(g_free);
    session->head.info = (SessionInfo){.transport = wire_class.name,
                                       .host = session->host,
                                       .database = session->database,
                                       .user = session->user,
                                       .server_version = "",
                                       .port = options->port};
    return session;
}

/* A socket path or a numeric address needs no name server. */
static gboolean needs_resolving(const char *host)
{
    return *host != '/' && *host != '@' && !g_hostname_is_ip_address(host);
}

static gboolean connect_within(WireSession *session, const WireOptions *options, guint timeout_ms,
                               GCancellable *cancellable, GError **error)
{
    gint64 deadline_us = g_get_monotonic_time() + (gint64)timeout_ms * 1000;
    g_autofree char *addresses = NULL;
    guint n_addresses = 0;
    if (needs_resolving(options->host)) {
        addresses = wire_resolve(options->host, &n_addresses, deadline_us, cancellable, error);
        if (addresses == NULL)
            return FALSE;
    }
    session->conn = start_connection(options, addresses, n_addresses);
    if (session->conn == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_LIMIT, "no memory for a connection");
        return FALSE;
    }
    /* Only the verbose form of an error carries its SQLSTATE while logging in. */
    PQsetErrorVerbosity(session->conn, PQERRORS_VERBOSE);
    PQsetNoticeReceiver(session->conn, keep_notice, session);
    WireWaiter waiter;
    wire_waiter_begin(&waiter, cancellable, deadline_us);
    gboolean connected = login(session, options, addresses, timeout_ms, &waiter, error);
    wire_waiter_end(&waiter);
    return connected;
}

/* libpq keeps the password for a PQreset, which is never asked for: a core file would have it. */
static void wipe_password(PGconn *conn)
{
    char *password = PQpass(conn);
    if (password != NULL)
        explicit_bzero(password, strlen(password));
}

Session *wire_session_open(const WireOptions *options, GCancellable *cancellable, GError **error)
{
    guint timeout_ms =
        options->connect_timeout_ms == 0 ? DEFAULT_CONNECT_TIMEOUT_MS : options->connect_timeout_ms;
    g_return_val_if_fail(options->host != NULL && options->database != NULL, NULL);
    g_return_val_if_fail(options->user != NULL, NULL);
    if (rs_error_set_if_cancelled(cancellable, error))
        return NULL;
    WireSession *session = session_new(options);
    if (!connect_within(session, options, timeout_ms, cancellable, error)) {
        wire_free(&session->head);
        return NULL;
    }
    wipe_password(session->conn);
    PQsetErrorVerbosity(session->conn, PQERRORS_DEFAULT);
    PQsetnonblocking(session->conn, 1);
    session->head.info.tls = PQsslInUse(session->conn);
    if (!introduce(session, options, cancellable, error)) {
        wire_free(&session->head);
        return NULL;
    }
    return &session->head;
}
