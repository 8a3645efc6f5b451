/*
 * login: from a profile to an open session.
 *
 * Where the login comes from is the profile's `auth`:
 *     password    the profile's own, else PGPASSWORD and ~/.pgpass, which libpq reads itself
 *     pgpass      PGPASSWORD and ~/.pgpass only
 *     prompt      asks, through the caller's function; asked for each session, so that callers keep
 *                 the Secret they were given if they open several
 *     keyring     asks the caller's keyring function; where the keyring cannot answer the login goes on
 *                 with secret_arn, ~/.pgpass or the prompt, the first that there is, and says so
 *     iam         a temporary user of a provisioned cluster: GetClusterCredentials when db_user is set,
 *                 GetClusterCredentialsWithIAM else
 *     serverless  the same of a workgroup: GetCredentials
 *     secret      user and password out of Secrets Manager, and host, port and database where the
 *                 profile leaves them out
 * cluster_identifier and workgroup_name fill in the host and port that are left out.
 *
 * What AWS gave is remembered in a LoginMemory and used for further sessions. A temporary password is
 * renewed before the next connection needs it (a minute early, or a third of its life when that is
 * shorter), by one thread while the others wait; sessions outlive it. What the server refuses is asked
 * for once more: a secret may have been rotated.
 *
 * Without sslrootcert the modes that verify use ~/.postgresql/root.crt where it exists, as psql does,
 * and the system's bundle otherwise: it holds the authorities that sign Redshift's endpoints.
 *
 * Policies: require_tls refuses an sslmode that would do without, and a session that got none.
 *
 * Threads: blocks; belongs on a worker. Everything in the context may be shared.
 * Errors:  those of wire_session_open and of the AWS service that was asked; RS_ERROR_CONFIG for a
 *          profile that lacks what its auth needs; RS_ERROR_AUTH when a password is needed and nobody
 *          can be asked; RS_ERROR_UNSUPPORTED for what is not built in.
 * Source:  Redshift management guide, "Using IAM authentication to generate database user credentials".
 */
#ifndef REDSMITH_REDSHIFT_LOGIN_H
#define REDSMITH_REDSHIFT_LOGIN_H

#include "aws/credentials.h"
#include "config/profile.h"
#include "redshift/session.h"

/* A new reference to the password of that profile, on the calling thread. NULL with error set when
 * there is none or the user gave up (RS_ERROR_CANCELLED). */
typedef Secret *(*LoginSecret)(gpointer user, const Profile *profile, GCancellable *cancellable,
                               GError **error);

typedef struct {
    LoginSecret prompt;  /* NULL: nobody to ask, as in scripts */
    LoginSecret keyring; /* NULL: not built in */
    /* What was done instead of what the profile says, one line, on the calling thread. NULL: nobody
     * wants to know. */
    void (*note)(gpointer user, const char *line);
    gpointer user;
} LoginSecrets;

/* What was found out for one profile. Any thread. */
typedef struct LoginMemory LoginMemory;
LoginMemory *login_memory_new(void);
void login_memory_free(LoginMemory *memory);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoginMemory, login_memory_free)

/* All borrowed. */
typedef struct {
    const Profile *profile;
    const LoginSecrets *secrets; /* may be NULL */
    CredentialsSource
        *credentials;        /* NULL: nothing can be signed: iam, serverless, secret are refused */
    const char *region;      /* of the cluster and of what is asked about it */
    LoginMemory *memory;     /* NULL: everything is asked anew */
    const char *application; /* what the server shows as application_name */
} LoginContext;

/* Free the session with session_free. */
Session *login_open(const LoginContext *context, GCancellable *cancellable, GError **error);

/* Where a session would go, and as whom: for messages and checks. Strings may be NULL where nobody said. */
typedef struct {
    char *host, *database, *user;
    int port;
    Secret *password;  /* NULL: libpq's own ways */
    char *origin;      /* what gave it, such as "GetClusterCredentials of cluster etl" */
    gint64 expires_at; /* epoch seconds; 0: it does not */
} LoginTarget;

void login_target_clear(LoginTarget *target);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LoginTarget, login_target_clear)

/* The target of the next login, asking whoever the profile names. */
gboolean login_find_target(const LoginContext *context, LoginTarget *target,
                           GCancellable *cancellable, GError **error);

/* The file of root certificates that a login of the profile trusts; NULL leaves the choice to libpq, or
 * nothing is verified. Free with g_free. */
char *login_trusted_roots(const Profile *profile);

#endif
