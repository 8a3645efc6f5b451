#include "sandbox/logins.h"

#include <openssl/rand.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"

#define NAME_LIMIT 63 /* PostgreSQL's: a longer name would be cut, and be somebody else's */
#define LOCK 4711     /* advisory: two calls never create the same role */

void login_clear(Login *login)
{
    g_free(login->user);
    if (login->password != NULL)
        explicit_bzero(login->password, strlen(login->password));
    g_free(login->password);
    *login = (Login){0};
}

static gboolean fail(PGconn *connection, const char *what, RsErrorCode code, GError **error)
{
    g_autofree char *words = g_strchomp(g_strdup(PQerrorMessage(connection)));
    g_set_error(error, RS_ERROR, (int)code, "%s: %s", what, words);
    return FALSE;
}

PGconn *login_superuser(const SandboxState *state, const char *database, GError **error)
{
    static const char *const keys[] = {
        "host", "user", "dbname", "client_encoding", "options", "application_name", NULL};
    const char *const values[] = {
        state->socket_dir,
        state->superuser,
        database,
        "UTF8",
        "-c client_min_messages=warning -c standard_conforming_strings=on",
        "redsmith-sandbox aws",
        NULL};
    g_autoptr(PGconn) connection = PQconnectdbParams(keys, values, 0);
    if (PQstatus(connection) == CONNECTION_OK)
        return g_steal_pointer(&connection);
    fail(connection, "the sandbox's PostgreSQL does not answer", RS_ERROR_CONNECT, error);
    return NULL;
}

PGconn *login_connect(const SandboxState *state, const Login *login, const char *database,
                      const char *application, GError **error)
{
    g_autofree char *port = g_strdup_printf("%d", state->port);
    /* "allow" is plaintext, unless the front requires TLS. */
    static const char *const keys[] = {"host",
                                       "port",
                                       "user",
                                       "password",
                                       "dbname",
                                       "sslmode",
                                       "gssencmode",
                                       "client_encoding",
                                       "application_name",
                                       "connect_timeout",
                                       NULL};
    const char *const values[] = {state->host, port,    login->user, login->password,
                                  database,    "allow", "disable",   "UTF8",
                                  application, "10",    NULL};
    g_autoptr(PGconn) connection = PQconnectdbParams(keys, values, 0);
    if (PQstatus(connection) == CONNECTION_OK)
        return g_steal_pointer(&connection);
    fail(connection, "connection failed", RS_ERROR_CONNECT, error);
    return NULL;
}

static gboolean run(PGconn *connection, const char *sql, GError **error)
{
    g_autoptr(PGresult) result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
           fail(connection, "the user cannot be prepared", RS_ERROR_INTERNAL, error);
}

/* The format's %s are identifiers, quoted here. two may be NULL. */
static gboolean run_named(PGconn *connection, const char *format, const char *one, const char *two,
                          GError **error)
{
    g_auto(GStrv) parts = g_strsplit(format, "%s", -1);
    const char *const names[] = {one, two};
    g_autoptr(GString) sql = g_string_new(parts[0]);
    for (guint i = 1; parts[i] != NULL; i++) {
        const char *name = names[MIN(i - 1, 1)];
        char *quoted = PQescapeIdentifier(connection, name, strlen(name));
        g_string_append_printf(sql, "%s%s", quoted != NULL ? quoted : "\"\"", parts[i]);
        PQfreemem(quoted);
    }
    return run(connection, sql->str, error);
}

static gboolean role_exists(PGconn *connection, const char *name)
{
    g_autoptr(PGresult) result =
        PQexecParams(connection, "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1", 1, NULL,
                     &name, NULL, NULL, 0);
    return PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1;
}

static gboolean ensure_role(PGconn *connection, const char *name, GError **error)
{
    return role_exists(connection, name) ||
           run_named(connection, "CREATE ROLE %s LOGIN", name, NULL, error);
}

/* 48 letters: too long to guess, and longer than small buffers. */
static char *random_password(void)
{
    guchar bytes[36];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return NULL;
    return g_base64_encode(bytes, sizeof bytes);
}

static gboolean store_password(PGconn *connection, const Login *login, GError **error)
{
    g_autoptr(GChecksum) md5 = g_checksum_new(G_CHECKSUM_MD5);
    g_checksum_update(md5, (const guchar *)login->password, -1);
    g_checksum_update(md5, (const guchar *)login->user, -1);
    g_autofree char *expires = g_strdup_printf("%" G_GINT64_FORMAT, login->expires);
    const char *const values[] = {login->user, g_checksum_get_string(md5), expires};
    g_autoptr(PGresult) result =
        PQexecParams(connection,
                     "INSERT INTO redsmith_sandbox.temporary_logins (user_name, hash, expires_at) "
                     "VALUES ($1, $2, to_timestamp($3::bigint))",
                     3, NULL, values, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        return fail(connection, "the password cannot be kept", RS_ERROR_INTERNAL, error);
    log_write(LOG_LEVEL_INFO, "aws: %s has a new password for %" G_GINT64_FORMAT " s", login->user,
              login->expires - g_get_real_time() / G_USEC_PER_SEC);
    return TRUE;
}

/* A transaction in which the roles are made and the password is kept. */
static PGconn *begin(const SandboxState *state, GError **error)
{
    g_autoptr(PGconn) connection = login_superuser(state, state->database, error);
    if (connection == NULL ||
        !run(connection,
             "BEGIN; SELECT pg_advisory_xact_lock(" G_STRINGIFY(
                 LOCK) "); "
                       "CREATE TABLE IF NOT EXISTS redsmith_sandbox.temporary_logins ("
                       "user_name text NOT NULL, hash text NOT NULL, expires_at timestamptz NOT "
                       "NULL); "
                       "DELETE FROM redsmith_sandbox.temporary_logins WHERE expires_at < now()",
             error))
        return NULL;
    return g_steal_pointer(&connection);
}

static gboolean new_password(const SandboxState *state, Login *login, char *user, gint64 seconds,
                             GError **error)
{
    if (state->credential_seconds > 0)
        seconds = state->credential_seconds;
    login->user = user;
    login->password = random_password();
    login->expires = g_get_real_time() / G_USEC_PER_SEC + seconds;
    if (strlen(user) > NAME_LIMIT) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "The user name %s is longer than the %d bytes that the sandbox keeps", user,
                    NAME_LIMIT);
        return FALSE;
    }
    if (login->password != NULL)
        return TRUE;
    g_set_error_literal(error, RS_ERROR, RS_ERROR_INTERNAL, "There are no random numbers");
    return FALSE;
}

/* DbUser's rules, as the service states them. */
static gboolean is_user_name(const char *name)
{
    gsize length = strlen(name);
    return length >= 1 && length <= 64 && g_ascii_isalpha(*name) &&
           g_ascii_strcasecmp(name, "public") != 0 &&
           strspn(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_+.@-") == length;
}

static gboolean join_groups(PGconn *connection, const char *user, const GPtrArray *groups,
                            GError **error)
{
    for (guint i = 0; groups != NULL && i < groups->len; i++) {
        const char *group = groups->pdata[i];
        if (!role_exists(connection, group)) {
            g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND,
                        "The database group %s does not exist in the sandbox", group);
            return FALSE;
        }
        if (!run_named(connection, "GRANT %s TO %s", group, user, error))
            return FALSE;
    }
    return TRUE;
}

gboolean login_for_user(const SandboxState *state, const char *db_user, gboolean auto_create,
                        const GPtrArray *groups, gint64 seconds, Login *login, GError **error)
{
    g_autofree char *name = g_ascii_strdown(db_user, -1);
    if (!is_user_name(name) || strcmp(name, state->superuser) == 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "%s is not a name for a database user",
                    db_user);
        return FALSE;
    }
    char *user = g_strconcat(auto_create ? "IAMA:" : "IAM:", name, NULL);
    if (!new_password(state, login, user, seconds, error))
        return FALSE;
    g_autoptr(PGconn) connection = begin(state, error);
    if (connection == NULL)
        return FALSE;
    if (auto_create && !ensure_role(connection, name, error))
        return FALSE;
    if (!role_exists(connection, name))
        return run(connection, "COMMIT",
                   error); /* there is nobody whom the password would let in */
    return ensure_role(connection, user, error) &&
           run_named(connection, "GRANT %s TO %s", name, user, error) &&
           run_named(connection, "ALTER ROLE %s SET role = %s", user, name, error) &&
           join_groups(connection, auto_create ? name : user, groups, error) &&
           store_password(connection, login, error) && run(connection, "COMMIT", error);
}

gboolean login_for_identity(const SandboxState *state, const char *identity, gint64 seconds,
                            Login *login, GError **error)
{
    if (!new_password(state, login, g_strdup(identity), seconds, error))
        return FALSE;
    g_autoptr(PGconn) connection = begin(state, error);
    return connection != NULL && ensure_role(connection, identity, error) &&
           run_named(connection, "GRANT %s TO %s", state->user, identity, error) &&
           store_password(connection, login, error) && run(connection, "COMMIT", error);
}
