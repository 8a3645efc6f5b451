#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "base/log.h"
#include "sandbox/front_session.h"

#define SSL_REQUEST 80877103
#define GSS_REQUEST 80877104
#define CANCEL_REQUEST 80877102
#define PROTOCOL_3_0 (3 << 16)

/* AuthenticationRequest's codes. */
enum { AUTH_MD5 = 5, AUTH_DIGEST = 13, AUTH_TOKEN = 14 };

#define START_SECONDS 60 /* for what a client says before it is let in, and for its handshake */

/* Redshift reads client_encoding as any of these; all mean UTF-8. */
static const char *const utf8_names[] = {"utf8", "utf-8", "unicode", NULL};

/* Start-up options that Redshift takes (guide, wire facts): those that reach PostgreSQL under the same
 * name, and those that Amazon's drivers send about themselves, which change nothing. */
static const char *const passed_options[] = {
    "application_name",   "datestyle",           "timezone", "search_path", "statement_timeout",
    "extra_float_digits", "client_min_messages", NULL};
static const char *const ignored_options[] = {"client_protocol_version", "driver_version",
                                              "os_version", "plugin_name", NULL};

typedef struct {
    char *user, *database, *client_encoding;
    GPtrArray *passed; /* name, value, name, value ... */
} Request;

static void request_clear(Request *request)
{
    g_free(request->user);
    g_free(request->database);
    g_free(request->client_encoding);
    g_clear_pointer(&request->passed, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Request, request_clear)

static gboolean refuse(FrontSession *session, const char *sqlstate, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static gboolean refuse(FrontSession *session, const char *sqlstate, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *message = g_strdup_vprintf(format, args);
    va_end(args);
    front_send_problem(session, "FATAL", sqlstate, message);
    wire_flush(session->client);
    return FALSE;
}

static gboolean is_one_of(const char *const *names, const char *name)
{
    g_autofree char *lower = g_ascii_strdown(name, -1);
    return g_strv_contains(names, lower);
}

static gboolean read_option(FrontSession *session, Request *request, const char *name,
                            const char *value);

/* options='-c name=value --name=value', blanks escaped by backslashes. */
static gboolean read_options(FrontSession *session, Request *request, const char *options)
{
    g_auto(GStrv) words = NULL;
    if (*options == '\0' || strspn(options, " \t\n") == strlen(options))
        return TRUE;
    if (!g_shell_parse_argv(options, NULL, &words, NULL))
        return refuse(session, "42601", "invalid command-line arguments for server process: %s",
                      options);
    for (char **word = words; *word != NULL; word++) {
        const char *setting = *word;
        if (strcmp(setting, "-c") == 0 && word[1] != NULL)
            setting = *++word;
        else if (g_str_has_prefix(setting, "--") || g_str_has_prefix(setting, "-c"))
            setting += 2;
        else
            return refuse(session, "42601", "invalid command-line arguments for server process: %s",
                          options);
        const char *equals = strchr(setting, '=');
        if (equals == NULL)
            return refuse(session, "42601", "-c %s requires a value", setting);
        g_autofree char *name = g_strndup(setting, (gsize)(equals - setting));
        if (!read_option(session, request, name, equals + 1))
            return FALSE;
    }
    return TRUE;
}

static gboolean read_option(FrontSession *session, Request *request, const char *name,
                            const char *value)
{
    if (is_one_of(ignored_options, name))
        return TRUE;
    if (g_ascii_strcasecmp(name, "client_encoding") == 0) {
        g_free(request->client_encoding);
        request->client_encoding = g_strdup(value);
        return TRUE;
    }
    if (!is_one_of(passed_options, name))
        return refuse(session, "42704", "unrecognized configuration parameter \"%s\"", name);
    g_ptr_array_add(request->passed, g_strdup(name));
    g_ptr_array_add(request->passed, g_strdup(value));
    return TRUE;
}

static gboolean read_request(FrontSession *session, Request *request, Fields *fields)
{
    while (!fields->failed && fields->at < fields->end && *fields->at != '\0') {
        const char *name = fields_string(fields), *value = fields_string(fields);
        gboolean good = TRUE;
        if (fields->failed)
            break;
        if (strcmp(name, "user") == 0) {
            g_free(request->user);
            request->user = g_strdup(value);
        } else if (strcmp(name, "database") == 0) {
            g_free(request->database);
            request->database = g_strdup(value);
        } else if (strcmp(name, "options") == 0) {
            good = read_options(session, request, value);
        } else if (strcmp(name, "replication") == 0) {
            good = refuse(session, "0A000", "replication connections are not supported");
        } else {
            good = read_option(session, request, name, value);
        }
        if (!good)
            return FALSE;
    }
    if (fields->failed)
        return refuse(session, "08P01", "invalid startup packet layout");
    if (request->user == NULL || *request->user == '\0')
        return refuse(session, "28000", "no user name specified in startup packet");
    if (request->database == NULL || *request->database == '\0') {
        g_free(request->database);
        request->database = g_strdup(request->user);
    }
    return TRUE;
}

/* The md5(password + name) of every password that opens the account now, as 32 hex digits each; NULL when
 * there is none. Accounts live in PostgreSQL, where CREATE USER puts them; its superuser has no password.
 * Temporary users have as many passwords as were asked for (sandbox/logins). */
static char **account_hashes(FrontSession *session, const char *user)
{
    gboolean temporary = g_str_has_prefix(user, "IAM:") || g_str_has_prefix(user, "IAMA:") ||
                         g_str_has_prefix(user, "IAMR:");
    const char *format =
        temporary ? "SELECT string_agg(hash, ',') FROM redsmith_sandbox.temporary_logins "
                    "WHERE user_name = '%s' AND expires_at > now()"
                  : "SELECT substr(rolpassword, 4) FROM pg_catalog.pg_authid WHERE rolname = '%s' "
                    "AND rolcanlogin AND rolpassword LIKE 'md5%' "
                    "AND (rolvaliduntil IS NULL OR rolvaliduntil > now())";
    g_auto(GStrv) parts = g_strsplit(user, "'", -1);
    g_autofree char *quoted = g_strjoinv("''", parts);
    g_auto(GStrv) around = g_strsplit(format, "%s", 2);
    g_autofree char *sql = g_strconcat(around[0], quoted, around[1], NULL);
    if (!g_utf8_validate(user, -1, NULL))
        return NULL;
    g_autofree char *found = front_log_get(session->server->log, sql);
    return found != NULL ? g_strsplit(found, ",", -1) : NULL;
}

static char *md5_hex(const char *text, gsize length, const guchar *more, gsize more_length)
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_MD5);
    g_checksum_update(checksum, (const guchar *)text, (gssize)length);
    g_checksum_update(checksum, more, (gssize)more_length);
    return g_strdup(g_checksum_get_string(checksum));
}

static gboolean random_bytes(void *bytes, int length)
{
    return RAND_bytes(bytes, length) == 1;
}

/* Is the answer the salted hash of one of the account's passwords? */
static gboolean is_right(FrontSession *session, const char *user, const char *answer,
                         const guchar *salt, gsize salt_length)
{
    g_auto(GStrv) hashes = account_hashes(session, user);
    gboolean right = FALSE;
    for (guint i = 0; hashes != NULL && hashes[i] != NULL; i++) {
        g_autofree char *expected = md5_hex(hashes[i], strlen(hashes[i]), salt, salt_length);
        right = right || (g_str_has_prefix(answer, "md5") && strcmp(answer + 3, expected) == 0);
    }
    return right;
}

/* How the user proves who they are: AuthenticationRequest's code. A password set as sha256|.. takes
 * Redshift's own digest exchange, a user of an identity provider its token. */
static int authentication_code(FrontSession *session, const char *user)
{
    if (g_str_has_prefix(user, "AWSIDC:"))
        return AUTH_TOKEN;
    if (!g_utf8_validate(user, -1, NULL))
        return AUTH_MD5;
    g_auto(GStrv) parts = g_strsplit(user, "'", -1);
    g_autofree char *quoted = g_strjoinv("''", parts);
    g_autofree char *sql =
        g_strconcat("SELECT password_kind FROM redsmith_sandbox.user_note n "
                    "JOIN pg_catalog.pg_roles r ON r.oid = n.role_oid WHERE rolname = '",
                    quoted, "'", NULL);
    g_autofree char *kind = front_log_get(session->server->log, sql);
    return g_strcmp0(kind, "sha256") == 0 ? AUTH_DIGEST : AUTH_MD5;
}

/* The request for SHA-256: algorithm, salt, the server's nonce. What the client makes of it is read and
 * refused: the sandbox keeps no password that it could be compared with. Clients of libpq end here. */
static gboolean ask_in_vain(FrontSession *session, const Request *request, int code)
{
    guchar salt[16], nonce[16];
    WireHead head;
    g_auto(Message) message = {0};
    if (!random_bytes(salt, sizeof salt) || !random_bytes(nonce, sizeof nonce))
        return FALSE;
    message_begin(&message, 'R');
    message_int32(&message, code);
    if (code == AUTH_DIGEST) {
        message_int32(&message, 0);
        message_int32(&message, sizeof salt);
        message_bytes(&message, salt, sizeof salt);
        message_int32(&message, sizeof nonce);
        message_bytes(&message, nonce, sizeof nonce);
    }
    if (!message_send(&message, session->client) || !wire_flush(session->client) ||
        !wire_next(session->client, &head))
        return FALSE;
    return refuse(session, "28P01", "password authentication failed for user \"%s\"",
                  request->user);
}

static gboolean authenticate(FrontSession *session, const Request *request)
{
    guchar salt[4];
    WireHead head;
    g_auto(Message) message = {0};
    int code = authentication_code(session, request->user);
    if (code != AUTH_MD5)
        return ask_in_vain(session, request, code);
    if (!random_bytes(salt, sizeof salt))
        return FALSE;
    message_begin(&message, 'R');
    message_int32(&message, AUTH_MD5);
    message_bytes(&message, salt, sizeof salt);
    if (!message_send(&message, session->client) || !wire_flush(session->client) ||
        !wire_next(session->client, &head))
        return FALSE;
    if (head.type != 'p' || head.length > 1000)
        return refuse(session, "08P01", "expected password response");
    const char *answer = wire_body(session->client, &head);
    if (answer == NULL)
        return FALSE;
    if (is_right(session, request->user, answer, salt, sizeof salt))
        return TRUE;
    return refuse(session, "28P01", "password authentication failed for user \"%s\"",
                  request->user);
}

static int connect_postgres(const SandboxState *state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.%d", state->socket_dir,
               SANDBOX_PG_PORT);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

void front_cancel_backend(const FrontSession *session)
{
    int fd = connect_postgres(session->server->state);
    if (fd < 0)
        return;
    g_autoptr(Wire) wire = wire_new(fd);
    g_auto(Message) message = {0};
    WireHead head;
    message_begin(&message, 0);
    message_int32(&message, CANCEL_REQUEST);
    message_int32(&message, session->pid);
    message_int32(&message, session->backend_key);
    if (message_send(&message, wire) && wire_flush(wire))
        wire_next(wire,
                  &head); /* no answer comes: the end of the connection says that it is done */
}

static void send_parameter(FrontSession *session, const char *name, const char *value)
{
    g_auto(Message) message = {0};
    message_begin(&message, 'S');
    message_string(&message, name);
    message_string(&message, value);
    message_send(&message, session->client);
}

static void add_setting(Message *message, const char *name, const char *value)
{
    message_string(message, name);
    message_string(message, value);
}

static gboolean send_backend_startup(FrontSession *session, const Request *request)
{
    gboolean utf8 =
        request->client_encoding == NULL || is_one_of(utf8_names, request->client_encoding);
    g_auto(Message) message = {0};
    message_begin(&message, 0);
    message_int32(&message, PROTOCOL_3_0);
    add_setting(&message, "user", request->user);
    add_setting(&message, "database", request->database);
    add_setting(&message, "client_encoding", utf8 ? "UTF8" : request->client_encoding);
    /* Redshift reads backslashes in plain literals, and says nothing about it. */
    add_setting(&message, "standard_conforming_strings", "off");
    add_setting(&message, "escape_string_warning", "off");
    add_setting(&message, "backslash_quote", "on");
    for (guint i = 0; i + 1 < request->passed->len; i += 2)
        add_setting(&message, request->passed->pdata[i], request->passed->pdata[i + 1]);
    message_byte(&message, '\0');
    return message_send(&message, session->backend) && wire_flush(session->backend);
}

/* PostgreSQL's side of the start-up: keys and the settings that the client is told. */
static gboolean read_backend_startup(FrontSession *session)
{
    WireHead head;
    do {
        if (!wire_next(session->backend, &head))
            return FALSE;
        if (head.type != 'K' && head.type != 'R') {
            char *body = wire_body(session->backend, &head);
            if (body == NULL)
                return FALSE;
            if (head.type == 'E') {
                ErrorFields fields = error_fields(body, head.length);
                return refuse(session, fields.sqlstate, "%s", fields.message);
            }
            if (head.type == 'S') {
                Fields fields = fields_of(body, head.length);
                const char *name = fields_string(&fields);
                if (strcmp(name, "TimeZone") == 0 || strcmp(name, "DateStyle") == 0 ||
                    strcmp(name, "is_superuser") == 0 || strcmp(name, "application_name") == 0 ||
                    strcmp(name, "session_authorization") == 0)
                    send_parameter(session, name, fields_string(&fields));
            }
            continue;
        }
        char *body = wire_body(session->backend, &head);
        Fields fields = fields_of(body, body != NULL ? head.length : 0);
        gint32 first = fields_int32(&fields);
        if (head.type == 'R' && first != 0)
            return refuse(session, "XX000", "the sandbox's database does not let its front in");
        if (head.type == 'K') {
            session->pid = first;
            session->backend_key = fields_int32(&fields);
        }
    } while (head.type != 'Z');
    return TRUE;
}

static void send_parameters(FrontSession *session, const Request *request)
{
    g_autofree char *session_id = g_uuid_string_random();
    send_parameter(session, "server_version", "8.0.2");
    send_parameter(session, "server_encoding", "UNICODE");
    send_parameter(session, "client_encoding",
                   request->client_encoding != NULL ? request->client_encoding : "UNICODE");
    send_parameter(session, "integer_datetimes", "on");
    send_parameter(session, "padb_version", "");
    send_parameter(session, "padb_revision", "");
    send_parameter(session, "max_numeric_precision", "38");
    send_parameter(session, "max_varchar_size", "65535");
    send_parameter(session, "datashare_enabled", "off");
    send_parameter(session, "case_sensitive", "off");
    send_parameter(session, "session_id", session_id);
}

static gboolean send_greeting(FrontSession *session, const Request *request)
{
    g_auto(Message) message = {0};
    send_parameters(session, request);
    if (!random_bytes(&session->key, sizeof session->key))
        return FALSE;
    message_begin(&message, 'K');
    message_int32(&message, session->pid);
    message_int32(&message, session->key);
    return message_send(&message, session->client);
}

/* What came in the clear behind the request must not count as if it had come through TLS: it may be
 * somebody else's. */
static gboolean start_tls(FrontSession *session)
{
    if (wire_has_input(session->client))
        return refuse(session, "08P01", "received unencrypted data after SSL request");
    return wire_write(session->client, "S", 1) && wire_flush(session->client) &&
           front_tls_accept(session->server->tls, session->client, START_SECONDS);
}

/* The packets before the start-up packet proper. TRUE with the start-up packet in *fields. */
static gboolean read_first_packets(FrontSession *session, Fields *fields)
{
    WireHead head;
    for (int requests = 0; requests < 3; requests++) {
        if (!wire_next_startup(session->client, &head))
            return FALSE;
        char *body = wire_body(session->client, &head);
        if (body == NULL)
            return FALSE;
        *fields = fields_of(body, head.length);
        gint32 code = fields_int32(fields);
        if (code == CANCEL_REQUEST) {
            gint32 pid = fields_int32(fields), key = fields_int32(fields);
            if (!fields->failed)
                front_cancel_request(session->server, pid, key);
            return FALSE;
        }
        if (code != SSL_REQUEST && code != GSS_REQUEST) {
            if (code == PROTOCOL_3_0)
                return TRUE;
            return refuse(session, "0A000",
                          "unsupported frontend protocol %u.%u: server supports 3.0 to 3.0",
                          (guint)code >> 16, (guint)code & 0xffff);
        }
        if (code == SSL_REQUEST && session->server->tls != NULL && !wire_has_tls(session->client)) {
            if (!start_tls(session))
                return FALSE;
        } else if (!wire_write(session->client, "N", 1) || !wire_flush(session->client)) {
            return FALSE;
        }
    }
    return FALSE;
}

/* As a cluster with require_ssl answers. */
static gboolean check_tls(FrontSession *session, const Request *request)
{
    if (session->server->state->tls != TLS_REQUIRE || wire_has_tls(session->client))
        return TRUE;
    return refuse(session, "28000",
                  "no pg_hba.conf entry for host \"127.0.0.1\", user \"%s\", database \"%s\", "
                  "SSL off",
                  request->user, request->database);
}

/* A client that connects and stays silent must not hold a thread for ever. */
static void set_deadline(const FrontSession *session, int seconds)
{
    struct timeval limit = {.tv_sec = seconds};
    setsockopt(wire_fd(session->client), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

gboolean front_start(FrontSession *session)
{
    Fields fields;
    g_auto(Request) request = {.passed = g_ptr_array_new_with_free_func(g_free)};
    set_deadline(session, START_SECONDS);
    if (!read_first_packets(session, &fields) || !read_request(session, &request, &fields) ||
        !check_tls(session, &request) || !authenticate(session, &request))
        return FALSE;
    set_deadline(session, 0);
    int fd = connect_postgres(session->server->state);
    if (fd < 0)
        return refuse(session, "57P03", "the database system is not running");
    session->backend = wire_new(fd);
    g_auto(Message) message = {0};
    message_begin(&message, 'R');
    message_int32(&message, 0);
    session->user = g_strdup(request.user);
    session->database = g_strdup(request.database);
    return send_backend_startup(session, &request) && message_send(&message, session->client) &&
           read_backend_startup(session) && send_greeting(session, &request);
}
