/*
 * logins: database users with a password that expires, as GetClusterCredentials makes them.
 *
 * Each call makes one more password; all that have not expired open the door, so two programs that ask
 * for the same user do not shut each other out. The passwords' md5 hashes are rows of
 * redsmith_sandbox.temporary_logins, where the wire front looks up users named IAM:, IAMA: and IAMR:;
 * the roles themselves have no password.
 *
 * "IAM:bob" acts as bob from its first statement, as on Redshift: what it creates is bob's. The user of an
 * IAM identity ("IAM:sandbox", "IAMR:role") is itself, with the rights of the sandbox's own user.
 *
 * With --credential-seconds every password lasts that long, whatever was asked for.
 *
 * Threads: any; blocks on PostgreSQL.
 * Errors:  RS_ERROR_CONNECT, RS_ERROR_USAGE (a name that the service refuses), RS_ERROR_NOT_FOUND
 *          (a group), RS_ERROR_INTERNAL.
 */
#ifndef REDSMITH_SANDBOX_LOGINS_H
#define REDSMITH_SANDBOX_LOGINS_H

#include <libpq-fe.h>

#include "sandbox/state.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PGconn, PQfinish)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PGresult, PQclear)

typedef struct {
    char *user, *password;
    gint64 expires; /* epoch seconds; 0: never */
} Login;

void login_clear(Login *login);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Login, login_clear)

/* For DbUser; groups is of char * or NULL. Without auto_create a user that does not exist gets a
 * password that opens nothing, as the service gives it. */
gboolean login_for_user(const SandboxState *state, const char *db_user, gboolean auto_create,
                        const GPtrArray *groups, gint64 seconds, Login *login, GError **error);

/* For an IAM identity, "IAM:name" or "IAMR:role". */
gboolean login_for_identity(const SandboxState *state, const char *identity, gint64 seconds,
                            Login *login, GError **error);

/* A superuser's connection over the private socket. */
PGconn *login_superuser(const SandboxState *state, const char *database, GError **error);

/* A connection through the wire front, as any client makes it. */
PGconn *login_connect(const SandboxState *state, const Login *login, const char *database,
                      const char *application, GError **error);

#endif
