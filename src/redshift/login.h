/*
 * login: from a profile to an open session.
 *
 * Where the password comes from is the profile's `auth`:
 *     password   the profile's own, else PGPASSWORD and ~/.pgpass, which libpq reads itself
 *     pgpass     PGPASSWORD and ~/.pgpass only
 *     prompt     asks, through the caller's function; asked for each session, so that callers keep
 *                the Secret they were given if they open several
 *     keyring    asks the caller's keyring function
 * Without sslrootcert the modes that verify use ~/.postgresql/root.crt where it exists, as psql does,
 * and the system's bundle otherwise: it holds the authorities that sign Redshift's endpoints.
 *
 * Threads: blocks; belongs on a worker. The profile may be shared.
 * Errors:  those of wire_session_open; RS_ERROR_CONFIG for a profile without host, database or user;
 *          RS_ERROR_AUTH when a password is needed and nobody can be asked; RS_ERROR_UNSUPPORTED for
 *          a transport or an auth that is not built in.
 */
#ifndef REDSMITH_REDSHIFT_LOGIN_H
#define REDSMITH_REDSHIFT_LOGIN_H

#include "config/profile.h"
#include "redshift/session.h"

/* A new reference to the password of that profile, on the calling thread. NULL with error set when
 * there is none or the user gave up (RS_ERROR_CANCELLED). */
typedef Secret *(*LoginSecret)(gpointer user, const Profile *profile, GCancellable *cancellable,
                               GError **error);

typedef struct {
    LoginSecret prompt;  /* NULL: nobody to ask, as in scripts */
    LoginSecret keyring; /* NULL: not built in */
    gpointer user;
} LoginSecrets;

/* secrets may be NULL. application is what the server shows as application_name. Free the session
 * with session_free. */
Session *login_open(const Profile *profile, const LoginSecrets *secrets, const char *application,
                    GCancellable *cancellable, GError **error);

#endif
