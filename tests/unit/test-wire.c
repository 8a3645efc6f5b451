/* The wire session against a scripted server: a thread that speaks just enough of protocol 3.0. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "redshift/server_error.h"
#include "redshift/wire_session.h"

/* --- the scripted server ----------------------------------------------------------------------- */

typedef struct Fake Fake;

/* Answers one statement. FALSE closes the connection. */
typedef gboolean (*Answer)(Fake *fake, int fd, const char *sql);

/* What the server does instead of letting the client in; NULL lets it in. FALSE closes. */
typedef gboolean (*Door)(Fake *fake, int fd);

struct Fake {
    int listener, port;
    Answer answer;
    Door door;
    GThread *thread;
    GPtrArray *threads;
    GMutex mutex;
    GCond changed;
    gboolean cancel_seen, stopping;
    GPtrArray *statements;
    GCancellable *at_door; /* cancelled when somebody stands before a mute door */
};

static gboolean read_all(int fd, void *bytes, gsize length)
{
    char *at = bytes;
    while (length > 0) {
        ssize_t n = recv(fd, at, length, 0);
        if (n <= 0)
            return FALSE;
        at += n;
        length -= (gsize)n;
    }
    return TRUE;
}

static gboolean write_all(int fd, const void *bytes, gsize length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t n = send(fd, at, length, MSG_NOSIGNAL);
        if (n <= 0)
            return FALSE;
        at += n;
        length -= (gsize)n;
    }
    return TRUE;
}

static void put32(GString *out, guint32 number)
{
    guint32 big = htonl(number);
    g_string_append_len(out, (const char *)&big, 4);
}

static void put16(GString *out, guint16 number)
{
    guint16 big = htons(number);
    g_string_append_len(out, (const char *)&big, 2);
}

static void put_text(GString *out, const char *text)
{
    g_string_append_len(out, text, (gssize)strlen(text) + 1);
}

static gboolean send_message(int fd, char type, const GString *body)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_string_append_c(out, type);
    put32(out, (guint32)body->len + 4);
    g_string_append_len(out, body->str, (gssize)body->len);
    return write_all(fd, out->str, out->len);
}

static gboolean send_ready(int fd, char state)
{
    g_autoptr(GString) body = g_string_new(NULL);
    g_string_append_c(body, state);
    return send_message(fd, 'Z', body);
}

static gboolean send_complete(int fd, const char *tag)
{
    g_autoptr(GString) body = g_string_new(NULL);
    put_text(body, tag);
    return send_message(fd, 'C', body);
}

static gboolean send_columns(int fd, const char *const *names, guint n)
{
    g_autoptr(GString) body = g_string_new(NULL);
    put16(body, (guint16)n);
    for (guint i = 0; i < n; i++) {
        put_text(body, names[i]);
        put32(body, 0);
        put16(body, 0);
        put32(body, 1043);
        put16(body, (guint16)-1);
        put32(body, 34);
        put16(body, 0);
    }
    return send_message(fd, 'T', body);
}

static gboolean send_row(int fd, const char *const *values, guint n)
{
    g_autoptr(GString) body = g_string_new(NULL);
    put16(body, (guint16)n);
    for (guint i = 0; i < n; i++) {
        put32(body, values[i] == NULL ? (guint32)-1 : (guint32)strlen(values[i]));
        if (values[i] != NULL)
            g_string_append(body, values[i]);
    }
    return send_message(fd, 'D', body);
}

/* fields: pairs of a field letter and its text, such as "SERROR". NULL ends the list. */
static gboolean send_report(int fd, char type, const char *const *fields)
{
    g_autoptr(GString) body = g_string_new(NULL);
    for (; *fields != NULL; fields++)
        put_text(body, *fields);
    g_string_append_c(body, '\0');
    return send_message(fd, type, body);
}

static gboolean send_parameter(int fd, const char *name, const char *value)
{
    g_autoptr(GString) body = g_string_new(NULL);
    put_text(body, name);
    put_text(body, value);
    return send_message(fd, 'S', body);
}

static gboolean send_auth(int fd, guint32 method)
{
    g_autoptr(GString) body = g_string_new(NULL);
    put32(body, method);
    return send_message(fd, 'R', body);
}

static gboolean send_greeting(int fd)
{
    g_autoptr(GString) key = g_string_new(NULL);
    put32(key, 4711);
    put32(key, 815);
    return send_auth(fd, 0) && send_parameter(fd, "server_version", "8.0.2") &&
           send_parameter(fd, "client_encoding", "UTF8") && send_message(fd, 'K', key) &&
           send_ready(fd, 'I');
}

static gboolean answer_version(int fd)
{
    static const char *const names[] = {"version", "pg_backend_pid"};
    static const char *const row[] = {
        "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC, Redshift 1.0.436211",
        "1073742000"};
    return send_columns(fd, names, 2) && send_row(fd, row, 2) && send_complete(fd, "SELECT") &&
           send_ready(fd, 'I');
}

static void await_cancel(Fake *fake)
{
    g_mutex_lock(&fake->mutex);
    while (!fake->cancel_seen && !fake->stopping)
        g_cond_wait(&fake->changed, &fake->mutex);
    g_mutex_unlock(&fake->mutex);
}

static void note(Fake *fake, const char *sql, gboolean cancel)
{
    g_mutex_lock(&fake->mutex);
    if (sql != NULL)
        g_ptr_array_add(fake->statements, g_strdup(sql));
    fake->cancel_seen |= cancel;
    g_cond_broadcast(&fake->changed);
    g_mutex_unlock(&fake->mutex);
}

static gboolean serve_statement(Fake *fake, int fd)
{
    char type;
    guint32 big;
    if (!read_all(fd, &type, 1) || !read_all(fd, &big, 4))
        return FALSE;
    gsize length = ntohl(big) - 4;
    g_autofree char *body = g_malloc0(length + 1);
    if (!read_all(fd, body, length) || type != 'Q')
        return FALSE;
    if (strstr(body, "version()") != NULL)
        return answer_version(fd);
    note(fake, body, FALSE);
    return fake->answer != NULL ? fake->answer(fake, fd, body)
                                : send_complete(fd, "SET") && send_ready(fd, 'I');
}

typedef struct {
    Fake *fake;
    int fd;
} Connection;

static gpointer serve(gpointer data)
{
    Connection *connection = data;
    Fake *fake = connection->fake;
    int fd = connection->fd;
    guint32 head[2];
    g_free(connection);
    while (read_all(fd, head, 8)) {
        gsize rest = ntohl(head[0]) - 8;
        g_autofree char *body = g_malloc0(rest + 1);
        if (!read_all(fd, body, rest))
            break;
        guint32 code = ntohl(head[1]);
        if (code == 80877102) {
            note(fake, NULL, TRUE);
            break;
        }
        if (code != 196608) { /* TLS or GSS asked for: not here */
            write_all(fd, "N", 1);
            continue;
        }
        if (fake->door != NULL ? fake->door(fake, fd) : send_greeting(fd))
            while (serve_statement(fake, fd))
                ;
        break;
    }
    close(fd);
    return NULL;
}

static gpointer accept_all(gpointer data)
{
    Fake *fake = data;
    for (;;) {
        int fd = accept(fake->listener, NULL, NULL);
        if (fd < 0)
            return NULL;
        Connection *connection = g_new(Connection, 1);
        *connection = (Connection){fake, fd};
        g_ptr_array_add(fake->threads, g_thread_new("fake", serve, connection));
    }
}

static Fake *fake_new(Door door, Answer answer)
{
    Fake *fake = g_new0(Fake, 1);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    fake->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(fake->listener, (struct sockaddr *)&address, length), ==, 0);
    g_assert_cmpint(listen(fake->listener, 8), ==, 0);
    getsockname(fake->listener, (struct sockaddr *)&address, &length);
    fake->port = ntohs(address.sin_port);
    fake->door = door;
    fake->answer = answer;
    g_mutex_init(&fake->mutex);
    g_cond_init(&fake->changed);
    fake->threads = g_ptr_array_new();
    fake->statements = g_ptr_array_new_with_free_func(g_free);
    fake->thread = g_thread_new("fake-accept", accept_all, fake);
    return fake;
}

/* Clients have to be gone by now: the threads end with their connections. */
static void fake_free(Fake *fake)
{
    g_mutex_lock(&fake->mutex);
    fake->stopping = TRUE;
    g_cond_broadcast(&fake->changed);
    g_mutex_unlock(&fake->mutex);
    shutdown(fake->listener, SHUT_RDWR);
    g_thread_join(fake->thread);
    close(fake->listener);
    for (guint i = 0; i < fake->threads->len; i++)
        g_thread_join(fake->threads->pdata[i]);
    g_ptr_array_unref(fake->threads);
    g_ptr_array_unref(fake->statements);
    g_mutex_clear(&fake->mutex);
    g_cond_clear(&fake->changed);
    g_free(fake);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fake, fake_free)

static WireOptions options_of(const Fake *fake)
{
    return (WireOptions){.host = "127.0.0.1",
                         .port = fake->port,
                         .database = "dev",
                         .user = "awsuser",
                         .sslmode = "disable",
                         .application = "test",
                         .connect_timeout_ms = 5000};
}

static Session *open_fake(const Fake *fake)
{
    g_autoptr(GError) error = NULL;
    WireOptions options = options_of(fake);
    Session *session = wire_session_open(&options, NULL, &error);
    g_assert_no_error(error);
    return session;
}

/* --- logging in -------------------------------------------------------------------------------- */

static void test_login_tells_who_the_server_is(void)
{
    g_autoptr(Fake) fake = fake_new(NULL, NULL);
    g_autoptr(Session) session = open_fake(fake);
    const SessionInfo *info = session_info(session);
    g_assert_cmpstr(info->server_version, ==, "Redshift 1.0.436211");
    g_assert_cmpint(info->backend_pid, ==, 1073742000);
    g_assert_cmpstr(info->transport, ==, "wire");
    g_assert_false(info->tls);
    g_assert_true(session_is_alive(session));
    g_assert_false(session_in_transaction(session));
}

static void test_names_are_resolved(void)
{
    g_autoptr(Fake) fake = fake_new(NULL, NULL);
    g_autoptr(GError) error = NULL;
    WireOptions options = options_of(fake);
    options.host = "localhost";
    g_autoptr(Session) session = wire_session_open(&options, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(session_info(session)->host, ==, "localhost");
}

static void test_statement_timeout_is_set_after_login(void)
{
    g_autoptr(Fake) fake = fake_new(NULL, NULL);
    g_autoptr(GError) error = NULL;
    WireOptions options = options_of(fake);
    options.statement_timeout_ms = 90000;
    g_autoptr(Session) session = wire_session_open(&options, NULL, &error);
    g_assert_no_error(error);
    g_assert_nonnull(session);
    g_assert_cmpuint(fake->statements->len, ==, 1);
    g_assert_cmpstr(fake->statements->pdata[0], ==, "SET statement_timeout TO 90000");
}

static gboolean mute_door(Fake *fake, int fd)
{
    char byte;
    g_cancellable_cancel(g_atomic_pointer_get(&fake->at_door));
    return read_all(fd, &byte, 1); /* until the client goes */
}

static gboolean door_13(Fake *fake, int fd)
{
    return send_auth(fd, 13);
}

static gboolean door_wrong_password(Fake *fake, int fd)
{
    static const char *const fields[] = {
        "SFATAL",  "VFATAL", "C28P01",       "Mpassword authentication failed for user \"awsuser\"",
        "Fauth.c", "L338",   "Rauth_failed", NULL};
    send_report(fd, 'E', fields);
    return FALSE;
}

static gboolean door_no_database(Fake *fake, int fd)
{
    static const char *const fields[] = {"SFATAL", "C3D000", "Mdatabase \"dev\" does not exist",
                                         NULL};
    send_report(fd, 'E', fields);
    return FALSE;
}

static gboolean door_too_many(Fake *fake, int fd)
{
    static const char *const fields[] = {"SFATAL", "C53300", "Msorry, too many clients already",
                                         NULL};
    send_report(fd, 'E', fields);
    return FALSE;
}

static gboolean door_slams(Fake *fake, int fd)
{
    return FALSE;
}

static void test_refused_logins_are_told_apart(void)
{
    static const struct {
        Door door;
        guint timeout_ms;
        int code;
        const char *text;
    } cases[] = {
        {mute_door, 300, RS_ERROR_CONNECT, "no answer within 0.3 s"},
        {door_13, 5000, RS_ERROR_AUTH, "stored as SHA-256"},
        {door_wrong_password, 5000, RS_ERROR_AUTH, "awsuser\" (SQLSTATE 28P01)"},
        {door_no_database, 5000, RS_ERROR_NOT_FOUND, "(SQLSTATE 3D000)"},
        {door_too_many, 5000, RS_ERROR_LIMIT, "too many clients"},
        {door_slams, 5000, RS_ERROR_CONNECT, "closed the connection"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Fake) fake = fake_new(cases[i].door, NULL);
        g_autoptr(GError) error = NULL;
        WireOptions options = options_of(fake);
        options.connect_timeout_ms = cases[i].timeout_ms;
        g_assert_null(wire_session_open(&options, NULL, &error));
        g_assert_error(error, RS_ERROR, cases[i].code);
        g_assert_nonnull(strstr(error->message, cases[i].text));
        g_assert_null(strstr(error->message, "LOCATION"));
    }
}

static void test_nobody_listening_is_a_connect_error(void)
{
    Fake *fake = fake_new(NULL, NULL);
    WireOptions options = options_of(fake);
    fake_free(fake);
    g_autoptr(GError) error = NULL;
    g_assert_null(wire_session_open(&options, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CONNECT);
}

static void test_connecting_can_be_cancelled(void)
{
    /* Before the server, so that it outlives the server's thread, which may still be inside
     * g_cancellable_cancel() when the client has already come back. */
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(Fake) fake = fake_new(mute_door, NULL);
    g_autoptr(GError) error = NULL;
    WireOptions options = options_of(fake);
    options.connect_timeout_ms = 60000;
    g_atomic_pointer_set(&fake->at_door, cancellable);
    gint64 began = g_get_monotonic_time();
    g_assert_null(wire_session_open(&options, cancellable, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CANCELLED);
    g_assert_cmpint(g_get_monotonic_time() - began, <, 30 * G_USEC_PER_SEC);
}

/* --- statements -------------------------------------------------------------------------------- */

static const char *const one_name[] = {"a"};
static const char *const two_names[] = {"a", "b"};
static const char *const report_cancelled[] = {"SERROR", "C57014",
                                               "MQuery (168) cancelled on user's request", NULL};

static gboolean answer_rows(Fake *fake, int fd, const char *sql)
{
    static const char *const rows[][2] = {{"1", NULL}, {"2", ""}, {"3", "x'y"}};
    send_columns(fd, two_names, 2);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        send_row(fd, rows[i], 2);
    return send_complete(fd, "SELECT") && send_ready(fd, 'I');
}

static void test_null_and_empty_stay_different(void)
{
    g_autoptr(Fake) fake = fake_new(NULL, answer_rows);
    g_autoptr(Session) session = open_fake(fake);
    g_autoptr(GError) error = NULL;
    guint n = 0;
    g_autoptr(GPtrArray) rows = session_query(session, "select a, b", 0, &n, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(n, ==, 2);
    g_assert_cmpuint(rows->len, ==, 3);
    g_assert_null(((char **)rows->pdata[0])[1]);
    g_assert_cmpstr(((char **)rows->pdata[1])[1], ==, "");
    g_assert_cmpstr(((char **)rows->pdata[2])[1], ==, "x'y");
    g_assert_null(session_query(session, "select a, b", 2, &n, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_LIMIT);
    g_autofree char *value = session_query_value(session, "select a", NULL, NULL);
    g_assert_cmpstr(value, ==, "1");
}

static gboolean count_row(gpointer user, guint n_columns, const char *const *values,
                          const int *lengths, GError **error)
{
    (*(guint64 *)user)++;
    return TRUE;
}

static void test_rows_are_handed_out_as_asked(void)
{
    g_autoptr(Fake) fake = fake_new(NULL, answer_rows);
    g_autoptr(Session) session = open_fake(fake);
    g_autoptr(GError) error = NULL;
    Statement *statement = session_start(session, "select", NULL, &error);
    guint n = 0;
    const ResultColumn *columns = statement_columns(statement, &n);
    g_assert_cmpuint(n, ==, 2);
    g_assert_cmpstr(columns[1].name, ==, "b");
    g_assert_cmpuint(columns[1].type_oid, ==, 1043);
    g_assert_cmpint(columns[1].type_modifier, ==, 34);
    guint64 rows = 0;
    gboolean finished = TRUE;
    g_assert_true(statement_fetch(statement, 2, count_row, &rows, &finished, NULL, &error));
    g_assert_cmpuint(rows, ==, 2);
    g_assert_false(finished);
    g_assert_true(statement_fetch(statement, 2, count_row, &rows, &finished, NULL, &error));
    g_assert_cmpuint(rows, ==, 3);
    g_assert_true(finished);
    g_auto(StatementOutcome) outcome = {0};
    g_assert_true(statement_finish(statement, &outcome, &error));
    g_assert_cmpstr(outcome.tag, ==, "SELECT");
    g_assert_cmpint(outcome.affected, ==, -1);
}

static gboolean answer_insert(Fake *fake, int fd, const char *sql)
{
    static const char *const info[] = {"SINFO", "C00000", "MLoad completed", NULL};
    static const char *const warning[] = {"SWARNING", "C01000", "Mbeware", NULL};
    return send_report(fd, 'N', info) && send_report(fd, 'N', warning) &&
           send_complete(fd, "INSERT 0 5") && send_ready(fd, 'T');
}

static void test_outcome_has_tag_count_and_notices(void)
{
    g_autoptr(Fake) fake = fake_new(NULL, answer_insert);
    g_autoptr(Session) session = open_fake(fake);
    g_autoptr(GError) error = NULL;
    g_auto(StatementOutcome) outcome = {0};
    g_assert_true(session_run(session, "insert", &outcome, NULL, &error));
    g_assert_cmpstr(outcome.tag, ==, "INSERT 0 5");
    g_assert_cmpint(outcome.affected, ==, 5);
    g_assert_cmpuint(outcome.notices->len, ==, 2);
    g_assert_cmpstr(outcome.notices->pdata[0], ==, "Load completed");
    g_assert_cmpstr(outcome.notices->pdata[1], ==, "WARNING: beware");
    g_assert_true(session_in_transaction(session));
}

static gboolean answer_error(Fake *fake, int fd, const char *sql)
{
    static const char *const fields[] = {
        "SERROR", "C42P01", "Mrelation \"t\" does not exist", "Dsome detail", "Hsome hint",
        "P15",    NULL};
    return send_report(fd, 'E', fields) && send_ready(fd, 'E');
}

static void test_errors_keep_the_servers_words(void)
{
    g_autoptr(Fake) fake = fake_new(NULL, answer_error);
    g_autoptr(Session) session = open_fake(fake);
    g_autoptr(GError) error = NULL;
    g_assert_false(session_run(session, "select * from t", NULL, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_NOT_FOUND);
    g_assert_cmpstr(error->message, ==,
                    "relation \"t\" does not exist (SQLSTATE 42P01)\ndetail: some detail\n"
                    "hint: some hint\n  select * from t\n                ^");
    g_assert_cmpstr(session_sqlstate(session), ==, "42P01");
    g_assert_true(session_in_transaction(session));
    g_assert_true(session_is_alive(session));
}

static gboolean answer_many(Fake *fake, int fd, const char *sql)
{
    static const char *const first[] = {"1"}, *const second[] = {"2"};
    static const char *const failed[] = {"SERROR", "C22012", "Mdivision by zero", NULL};
    return send_columns(fd, one_name, 1) && send_row(fd, first, 1) && send_complete(fd, "SELECT") &&
           send_columns(fd, one_name, 1) && send_row(fd, second, 1) &&
           send_complete(fd, "SELECT") &&
           (strstr(sql, "fail") == NULL || send_report(fd, 'E', failed)) && send_ready(fd, 'I');
}

static void test_several_results_run_to_the_end(void)
{
    g_autoptr(Fake) fake = fake_new(NULL, answer_many);
    g_autoptr(Session) session = open_fake(fake);
    g_autoptr(GError) error = NULL;
    guint n = 0;
    g_autoptr(GPtrArray) rows = session_query(session, "select 1; select 2", 0, &n, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(rows->len, ==, 1);
    g_assert_null(session_query(session, "select 1; select 2; fail", 0, &n, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_DATA);
}

static gboolean answer_drop(Fake *fake, int fd, const char *sql)
{
    static const char *const row[] = {"1"};
    send_columns(fd, one_name, 1);
    send_row(fd, row, 1);
    return FALSE;
}

static void test_a_lost_connection_is_recognised(void)
{
    g_autoptr(Fake) fake = fake_new(NULL, answer_drop);
    g_autoptr(Session) session = open_fake(fake);
    g_autoptr(GError) error = NULL;
    guint n = 0;
    g_assert_null(session_query(session, "select", 0, &n, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CONNECT);
    g_assert_false(session_is_alive(session));
    g_clear_error(&error);
    g_assert_false(session_run(session, "select", NULL, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CONNECT);
    g_assert_cmpuint(fake->statements->len, ==, 1);
}

static gboolean door_closes_after_greeting(Fake *fake, int fd)
{
    return send_greeting(fd) && serve_statement(fake, fd) && FALSE;
}

static void test_a_connection_closed_while_idle_is_seen_before_sending(void)
{
    g_autoptr(Fake) fake = fake_new(door_closes_after_greeting, NULL);
    g_autoptr(Session) session = open_fake(fake);
    gint64 deadline = g_get_monotonic_time() + 10 * G_USEC_PER_SEC;
    while (session_is_alive(session) && g_get_monotonic_time() < deadline)
        g_thread_yield();
    g_autoptr(GError) error = NULL;
    g_assert_false(session_run(session, "insert", NULL, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CONNECT);
    g_assert_nonnull(strstr(error->message, "was not sent"));
}

/* --- cancelling -------------------------------------------------------------------------------- */

static gboolean answer_when_cancelled(Fake *fake, int fd, const char *sql)
{
    await_cancel(fake);
    return send_report(fd, 'E', report_cancelled) && send_ready(fd, 'I');
}

static void cancel_on_tick(gpointer user)
{
    g_cancellable_cancel(user);
}

static void test_cancel_is_confirmed_by_the_server(void)
{
    g_autoptr(Fake) fake = fake_new(NULL, answer_when_cancelled);
    g_autoptr(Session) session = open_fake(fake);
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GError) error = NULL;
    g_assert_false(session_run_with_tick(session, "unload", 10, cancel_on_tick, cancellable, NULL,
                                         cancellable, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CANCELLED);
    g_assert_cmpstr(error->message, ==, "cancelled, confirmed by the server");
    g_assert_true(session_is_alive(session));
}

static gboolean answer_completes_anyway(Fake *fake, int fd, const char *sql)
{
    await_cancel(fake);
    return send_complete(fd, "COMMIT") && send_ready(fd, 'I');
}

static void test_what_completed_before_the_cancel_has_succeeded(void)
{
    g_autoptr(Fake) fake = fake_new(NULL, answer_completes_anyway);
    g_autoptr(Session) session = open_fake(fake);
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GError) error = NULL;
    g_auto(StatementOutcome) outcome = {0};
    g_assert_true(session_run_with_tick(session, "commit", 10, cancel_on_tick, cancellable,
                                        &outcome, cancellable, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(outcome.tag, ==, "COMMIT");
}

static gboolean answer_never(Fake *fake, int fd, const char *sql)
{
    char byte;
    return read_all(fd, &byte, 1);
}

static void test_a_cancel_that_is_not_answered_ends_the_session(void)
{
    g_autoptr(Fake) fake = fake_new(NULL, answer_never);
    g_autoptr(Session) session = open_fake(fake);
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GError) error = NULL;
    g_assert_false(session_run_with_tick(session, "unload", 10, cancel_on_tick, cancellable, NULL,
                                         cancellable, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CANCELLED);
    g_assert_nonnull(strstr(error->message, "has not answered yet"));
    g_assert_false(session_is_alive(session));
}

static gboolean answer_endless_rows(Fake *fake, int fd, const char *sql)
{
    static const char *const row[] = {"a value of some length, so that the buffers fill soon"};
    if (strcmp(sql, "select") != 0)
        return send_complete(fd, "SET") && send_ready(fd, 'I');
    send_columns(fd, one_name, 1);
    gboolean cancelled = FALSE;
    while (!cancelled && send_row(fd, row, 1)) {
        g_mutex_lock(&fake->mutex);
        cancelled = fake->cancel_seen;
        g_mutex_unlock(&fake->mutex);
    }
    return cancelled && send_report(fd, 'E', report_cancelled) && send_ready(fd, 'I');
}

static void test_rows_that_nobody_wants_are_given_up(void)
{
    g_autoptr(Fake) fake = fake_new(NULL, answer_endless_rows);
    g_autoptr(Session) session = open_fake(fake);
    g_autoptr(GError) error = NULL;
    Statement *statement = session_start(session, "select", NULL, &error);
    guint64 rows = 0;
    gboolean finished = TRUE;
    g_assert_true(statement_fetch(statement, 1000, count_row, &rows, &finished, NULL, &error));
    g_assert_cmpuint(rows, ==, 1000);
    g_assert_false(finished);
    g_assert_true(statement_finish(statement, NULL, &error));
    g_assert_no_error(error);
    g_assert_true(session_run(session, "set", NULL, NULL, &error));
}

/* --- the statement log ------------------------------------------------------------------------- */

static void keep_log(gpointer user, const char *sql, gint64 duration_ms, const GError *error)
{
    g_string_append_printf(user, "%s:%s;", sql, error == NULL ? "ok" : "failed");
}

static void test_every_statement_is_logged_once(void)
{
    g_autoptr(Fake) fake = fake_new(NULL, answer_many);
    g_autoptr(Session) session = open_fake(fake);
    g_autoptr(GString) log = g_string_new(NULL);
    session_set_log(session, keep_log, log);
    session_run(session, "one", NULL, NULL, NULL);
    session_run(session, "two fail", NULL, NULL, NULL);
    g_assert_cmpstr(log->str, ==, "one:ok;two fail:failed;");
}

/* --- pure: codes and messages ------------------------------------------------------------------ */

static void test_sqlstates_and_texts_map_to_codes(void)
{
    static const struct {
        const char *sqlstate, *message;
        RsErrorCode code;
    } cases[] = {
        {"28P01", "", RS_ERROR_AUTH},
        {"42501", "permission denied for relation x", RS_ERROR_PERMISSION},
        {"3F000", "", RS_ERROR_NOT_FOUND},
        {"42P07", "", RS_ERROR_EXISTS},
        {"40001", "", RS_ERROR_CONFLICT},
        {"57014", "", RS_ERROR_CANCELLED},
        {"57P01", "", RS_ERROR_CONNECT},
        {"08006", "", RS_ERROR_CONNECT},
        {"22001", "", RS_ERROR_DATA},
        {"53100", "", RS_ERROR_LIMIT},
        {"0A000", "", RS_ERROR_UNSUPPORTED},
        {"42601", "", RS_ERROR_USAGE},
        {"XX000", "ERROR: 1023 DETAIL: Serializable isolation violation", RS_ERROR_CONFLICT},
        {"XX000", "value 10230 is odd", RS_ERROR_INTERNAL},
        {"XX000", "Load into table 'x' failed.  Check 'stl_load_errors' system table for details.",
         RS_ERROR_DATA},
        {"XX000", "Specified unload destination on S3 is not empty.", RS_ERROR_EXISTS},
        {"XX000", "S3ServiceException:Access Denied,Status 403,Error AccessDenied",
         RS_ERROR_PERMISSION},
        {"XX000", "Relation t does not exist in the database.", RS_ERROR_NOT_FOUND},
        {NULL, "anything", RS_ERROR_INTERNAL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpint(server_error_code(cases[i].sqlstate, cases[i].message, NULL), ==,
                        cases[i].code);
}

static void test_messages_lose_the_box_and_never_hold_credentials(void)
{
    ServerReport report = {.sqlstate = "XX000",
                           .message = "Query failed\n",
                           .detail =
                               "\n  ----------\n  error:  bad\n  code:   15001\n  ----------\n",
                           .sql = "copy t from 's3://b' credentials 'aws_secret_access_key=hush'",
                           .position = 1};
    g_autofree char *text = server_error_text(&report);
    g_assert_cmpstr(text, ==,
                    "Query failed (SQLSTATE XX000)\ndetail: error:  bad\n  code:   15001");
}

static void test_read_only_sends_no_writes(void)
{
    static const struct {
        const char *sql;
        gboolean allowed;
    } cases[] = {
        {"select 1", TRUE},
        {"begin", TRUE},
        {"insert into t values (1)", FALSE},
        {"select 1; drop table t", FALSE},
        {"select * into u from t", FALSE},
        {"unload ('select 1') to 's3://b/p' iam_role default", FALSE},
        {"frobnicate", FALSE},
    };
    g_autoptr(Fake) fake = fake_new(NULL, answer_rows);
    g_autoptr(GError) opening = NULL;
    WireOptions options = options_of(fake);
    g_autoptr(Session) session = wire_session_open(&options, NULL, &opening);
    g_assert_no_error(opening);
    session_set_read_only(session, TRUE);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        guint before = fake->statements->len;
        g_test_message("%s", cases[i].sql);
        g_assert_cmpint(session_run(session, cases[i].sql, NULL, NULL, &error), ==,
                        cases[i].allowed);
        g_assert_cmpuint(fake->statements->len - before, ==, cases[i].allowed ? 1 : 0);
        if (!cases[i].allowed)
            g_assert_error(error, RS_ERROR, RS_ERROR_PERMISSION);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/wire/login-tells-who-the-server-is", test_login_tells_who_the_server_is);
    g_test_add_func("/wire/names-are-resolved", test_names_are_resolved);
    g_test_add_func("/wire/statement-timeout-is-set-after-login",
                    test_statement_timeout_is_set_after_login);
    g_test_add_func("/wire/refused-logins-are-told-apart", test_refused_logins_are_told_apart);
    g_test_add_func("/wire/nobody-listening-is-a-connect-error",
                    test_nobody_listening_is_a_connect_error);
    g_test_add_func("/wire/connecting-can-be-cancelled", test_connecting_can_be_cancelled);
    g_test_add_func("/wire/null-and-empty-stay-different", test_null_and_empty_stay_different);
    g_test_add_func("/wire/rows-are-handed-out-as-asked", test_rows_are_handed_out_as_asked);
    g_test_add_func("/wire/outcome-has-tag-count-and-notices",
                    test_outcome_has_tag_count_and_notices);
    g_test_add_func("/wire/errors-keep-the-servers-words", test_errors_keep_the_servers_words);
    g_test_add_func("/wire/several-results-run-to-the-end", test_several_results_run_to_the_end);
    g_test_add_func("/wire/a-lost-connection-is-recognised", test_a_lost_connection_is_recognised);
    g_test_add_func("/wire/a-connection-closed-while-idle-is-seen-before-sending",
                    test_a_connection_closed_while_idle_is_seen_before_sending);
    g_test_add_func("/wire/cancel-is-confirmed-by-the-server",
                    test_cancel_is_confirmed_by_the_server);
    g_test_add_func("/wire/what-completed-before-the-cancel-has-succeeded",
                    test_what_completed_before_the_cancel_has_succeeded);
    g_test_add_func("/wire/a-cancel-that-is-not-answered-ends-the-session",
                    test_a_cancel_that_is_not_answered_ends_the_session);
    g_test_add_func("/wire/rows-that-nobody-wants-are-given-up",
                    test_rows_that_nobody_wants_are_given_up);
    g_test_add_func("/wire/read-only-sends-no-writes", test_read_only_sends_no_writes);
    g_test_add_func("/wire/every-statement-is-logged-once", test_every_statement_is_logged_once);
    g_test_add_func("/server-error/sqlstates-and-texts-map-to-codes",
                    test_sqlstates_and_texts_map_to_codes);
    g_test_add_func("/server-error/messages-lose-the-box-and-never-hold-credentials",
                    test_messages_lose_the_box_and_never_hold_credentials);
    return g_test_run();
}
