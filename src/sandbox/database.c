#include "sandbox/database.h"

#include <libpq-fe.h>
#include <string.h>

#include "base/error.h"
#include "sandbox/state.h"
#include "src/sandbox/scripts.inc"

/* Changes when a script does in a way that an existing folder cannot be used with. */
#define LAYOUT "3"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PGconn, PQfinish)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PGresult, PQclear)

typedef struct {
    const char *name, *text;
} Script;

static const Script scripts[] = {
    {"log", script_log},           {"types", script_types},   {"functions", script_functions},
    {"notes", script_notes},       {"users", script_users},   {"objects", script_objects},
    {"catalog", script_catalog},   {"ddl", script_ddl},       {"system", script_system},
    {"workload", script_workload}, {"tickit", script_tickit}, {"awkward", script_awkward},
    {"grants", script_grants},
};

static char *server_words(PGconn *connection)
{
    return g_strchomp(g_strdup(PQerrorMessage(connection)));
}

static PGconn *connect_to(const char *socket_dir, const char *superuser, const char *database,
                          GError **error)
{
    static const char *const keys[] = {"host",    "user", "dbname", "client_encoding",
                                       "options", NULL};
    const char *const values[] = {
        socket_dir,
        superuser,
        database,
        "UTF8",
        "-c client_min_messages=warning -c standard_conforming_strings=on",
        NULL};
    g_autoptr(PGconn) connection = PQconnectdbParams(keys, values, 0);
    if (PQstatus(connection) != CONNECTION_OK) {
        g_autofree char *words = server_words(connection);
        g_set_error(error, RS_ERROR, RS_ERROR_CONNECT,
                    "the sandbox's PostgreSQL does not answer in %s: %s", socket_dir, words);
        return NULL;
    }
    return g_steal_pointer(&connection);
}

static gboolean run(PGconn *connection, const char *what, const char *sql, GError **error)
{
    g_autoptr(PGresult) result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY)
        return TRUE;
    g_autofree char *words = server_words(connection);
    g_set_error(error, RS_ERROR, RS_ERROR_INTERNAL, "preparing the sandbox's database: %s: %s",
                what, words);
    return FALSE;
}

/* before, the name as an identifier, after. */
static gboolean run_named(PGconn *connection, const char *before, const char *name,
                          const char *after, GError **error)
{
    char *quoted = PQescapeIdentifier(connection, name, strlen(name));
    g_autofree char *sql = g_strconcat(before, quoted != NULL ? quoted : "\"\"", after, NULL);
    PQfreemem(quoted);
    return run(connection, name, sql, error);
}

/* One value, or NULL when there is none. Free with g_free. */
static char *look_up(PGconn *connection, const char *sql, const char *parameter)
{
    g_autoptr(PGresult) result =
        PQexecParams(connection, sql, parameter != NULL ? 1 : 0, NULL, &parameter, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) == 0 ||
        PQgetisnull(result, 0, 0))
        return NULL;
    return g_strdup(PQgetvalue(result, 0, 0));
}

/* "md5" and the hash of password and name: PostgreSQL stores it as it is, and never sees the password. */
static char *md5_password(const char *user, const char *password)
{
    g_autoptr(GChecksum) md5 = g_checksum_new(G_CHECKSUM_MD5);
    g_checksum_update(md5, (const guchar *)password, -1);
    g_checksum_update(md5, (const guchar *)user, -1);
    return g_strconcat("md5", g_checksum_get_string(md5), NULL);
}

static gboolean prepare_role(PGconn *connection, const char *user, const char *password,
                             GError **error)
{
    g_autofree char *found = look_up(connection, "SELECT 1 FROM pg_roles WHERE rolname = $1", user);
    if (found == NULL && !run_named(connection, "CREATE ROLE ", user, " LOGIN", error))
        return FALSE;
    g_autofree char *hash = md5_password(user, password);
    g_autofree char *after = g_strdup_printf(" LOGIN PASSWORD '%s'", hash);
    return run_named(connection, "ALTER ROLE ", user, after, error);
}

/* Redshift compares bytes whatever the host's locale is (Redshift guide, "Collation sequences"). There are no
 * indexes: where the planner takes many rows for few, a nested loop would run for minutes. */
static gboolean prepare_database(PGconn *connection, const char *database, const char *user,
                                 GError **error)
{
    static const char *const settings[] = {
        " SET search_path = \"$user\", public, redsmith_catalog",
        " SET standard_conforming_strings = off",
        " SET backslash_quote = on",
        " SET escape_string_warning = off",
        " SET timezone = 'UTC'",
        " SET intervalstyle = postgres",
        " SET extra_float_digits = 1",
        " SET enable_nestloop = off",
    };
    g_autofree char *found =
        look_up(connection, "SELECT 1 FROM pg_database WHERE datname = $1", database);
    if (found == NULL &&
        !run_named(connection, "CREATE DATABASE ", database,
                   " TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'", error))
        return FALSE;
    char *quoted = PQescapeIdentifier(connection, user, strlen(user));
    g_autofree char *owner = g_strconcat(" OWNER TO ", quoted != NULL ? quoted : "\"\"", NULL);
    PQfreemem(quoted);
    if (!run_named(connection, "ALTER DATABASE ", database, owner, error))
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(settings); i++)
        if (!run_named(connection, "ALTER DATABASE ", database, settings[i], error))
            return FALSE;
    return TRUE;
}

/* In one transaction: either all of it is there or nothing. */
static gboolean fill(PGconn *connection, const char *user, GError **error)
{
    if (!run(connection, "begin", "BEGIN; SET LOCAL search_path = public", error))
        return FALSE;
    g_free(look_up(connection, "SELECT set_config('redsmith.user', $1, false)", user));
    for (gsize i = 0; i < G_N_ELEMENTS(scripts); i++)
        if (!run(connection, scripts[i].name, scripts[i].text, error))
            return FALSE;
    return run(connection, "commit",
               "INSERT INTO redsmith_sandbox.prepared (layout) VALUES (" LAYOUT "); COMMIT",
               error) &&
           run(connection, "analyze", "ANALYZE", error);
}

static gboolean is_filled(PGconn *connection)
{
    g_autofree char *found =
        look_up(connection, "SELECT to_regclass('redsmith_sandbox.prepared')", NULL);
    return found != NULL;
}

static gboolean check_layout(PGconn *connection, GError **error)
{
    g_autofree char *layout =
        look_up(connection, "SELECT max(layout) FROM redsmith_sandbox.prepared", NULL);
    if (g_strcmp0(layout, LAYOUT) == 0)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                "the sandbox's folder was made by another version of the program (layout %s, not "
                "%s); make it anew with: redsmith sandbox reset",
                layout != NULL ? layout : "unknown", LAYOUT);
    return FALSE;
}

gboolean database_prepare(const char *socket_dir, const char *superuser, const char *database,
                          const char *user, const char *password, GError **error)
{
    g_autoptr(PGconn) server = connect_to(socket_dir, superuser, "postgres", error);
    if (server == NULL || !prepare_role(server, user, password, error) ||
        !prepare_database(server, database, user, error))
        return FALSE;
    g_autoptr(PGconn) inside = connect_to(socket_dir, superuser, database, error);
    if (inside == NULL)
        return FALSE;
    return is_filled(inside) ? check_layout(inside, error) : fill(inside, user, error);
}
