/*
 * login_private: what the parts of the login share; nobody else includes it.
 *
 *     login.c            policies, passwords, and the dispatch over transports
 *     login_memory.c     what was found out, until it expires
 *     login_temporary.c  temporary users of clusters and workgroups, and their addresses
 *     login_secret.c     Secrets Manager
 *     login_data_api.c   the transport data-api
 *     login_pgpass.c     would libpq find a password?
 *
 * Threads: as login.h says.
 */
#ifndef REDSMITH_REDSHIFT_LOGIN_PRIVATE_H
#define REDSMITH_REDSHIFT_LOGIN_PRIVATE_H

#include "redshift/login.h"

/* Fills an empty target. */
typedef gboolean (*LoginAsk)(const LoginContext *context, LoginTarget *target,
                             GCancellable *cancellable, GError **error);

/* What ask says, remembered in context->memory. *fresh is TRUE when it was asked just now. */
gboolean login_memory_get(const LoginContext *context, LoginAsk ask, LoginTarget *target,
                          gboolean *fresh, GCancellable *cancellable, GError **error);
/* The server refused that password: forgotten, unless there is another by now. */
void login_memory_refuse(const LoginContext *context, const Secret *password);

/* Each is a LoginAsk. */
gboolean login_ask_cluster(const LoginContext *context, LoginTarget *target,
                           GCancellable *cancellable, GError **error);
gboolean login_ask_workgroup(const LoginContext *context, LoginTarget *target,
                             GCancellable *cancellable, GError **error);
gboolean login_ask_secret(const LoginContext *context, LoginTarget *target,
                          GCancellable *cancellable, GError **error);

/* A session of the transport data-api; contract of login_open. */
Session *login_open_data_api(const LoginContext *context, GCancellable *cancellable, GError **error);

/* Fills host, port and database where they are missing from the cluster or workgroup that the profile
 * (or cluster, which may be NULL) names; leaves them where nothing is named. */
gboolean login_fill_address(const LoginContext *context, const char *cluster, LoginTarget *target,
                            GCancellable *cancellable, GError **error);

/* The profile's own host, port and database. */
void login_target_take_profile(LoginTarget *target, const Profile *profile);

/* The credentials are there; auth says for what they are needed. */
gboolean login_can_sign(const LoginContext *context, GError **error);

/* PGPASSWORD is set, or a line of the password file fits. */
gboolean login_pgpass_has(const char *host, int port, const char *database, const char *user);

#endif
