#include "redshift/login.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "redshift/wire_session.h"

/* Where distributions keep the authorities they trust: Debian, then Red Hat and Amazon Linux. */
static const char *const system_bundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
};

static gboolean require(const Profile *profile, const char *key, const char *value, GError **error)
{
    if (value != NULL && *value != '\0')
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                "profile \"%s\" has no %s: add \"%s = ...\" to it in profiles.conf", profile->name,
                key, key);
    return FALSE;
}

static gboolean is_usable(const Profile *profile, GError **error)
{
    if (g_strcmp0(profile->transport, "wire") != 0 && profile->transport != NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_UNSUPPORTED,
                    "profile \"%s\": transport \"%s\" is not supported; use transport = wire",
                    profile->name, profile->transport);
        return FALSE;
    }
    return require(profile, "host", profile->host, error) &&
           require(profile, "database", profile->database, error) &&
           require(profile, "user", profile->user, error);
}

static gboolean ask(const Profile *profile, LoginSecret function, gpointer user, Secret **password,
                    GCancellable *cancellable, GError **error)
{
    *password = function(user, profile, cancellable, error);
    return *password != NULL;
}

/* *password NULL with TRUE: libpq's own ways. */
static gboolean find_password(const Profile *profile, const LoginSecrets *secrets,
                              Secret **password, GCancellable *cancellable, GError **error)
{
    const char *auth = profile->auth == NULL ? "password" : profile->auth;
    LoginSecrets none = {NULL, NULL, NULL};
    secrets = secrets == NULL ? &none : secrets;
    *password = NULL;
    if (strcmp(auth, "pgpass") == 0)
        return TRUE;
    if (strcmp(auth, "password") == 0) {
        *password = secret_ref(profile->password);
        return TRUE;
    }
    if (strcmp(auth, "prompt") == 0 && secrets->prompt != NULL)
        return ask(profile, secrets->prompt, secrets->user, password, cancellable, error);
    if (strcmp(auth, "keyring") == 0 && secrets->keyring != NULL)
        return ask(profile, secrets->keyring, secrets->user, password, cancellable, error);
    if (strcmp(auth, "prompt") == 0)
        g_set_error(error, RS_ERROR, RS_ERROR_AUTH,
                    "profile \"%s\" asks for its password, and there is no terminal to ask on: set "
                    "PGPASSWORD or add a line to ~/.pgpass and use auth = pgpass",
                    profile->name);
    else
        g_set_error(
            error, RS_ERROR, RS_ERROR_UNSUPPORTED,
            "profile \"%s\": auth = %s is not supported by this build; use password, pgpass "
            "or prompt",
            profile->name, auth);
    return FALSE;
}

/* NULL leaves the choice to libpq. */
static const char *trusted_roots(const Profile *profile)
{
    if (profile->sslrootcert != NULL && *profile->sslrootcert != '\0')
        return profile->sslrootcert;
    const char *mode = profile->sslmode == NULL ? "verify-full" : profile->sslmode;
    g_autofree char *own = g_build_filename(g_get_home_dir(), ".postgresql", "root.crt", NULL);
    if (!g_str_has_prefix(mode, "verify") || g_getenv("PGSSLROOTCERT") != NULL ||
        access(own, R_OK) == 0)
        return NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(system_bundles); i++)
        if (access(system_bundles[i], R_OK) == 0)
            return system_bundles[i];
    return NULL;
}

Session *login_open(const Profile *profile, const LoginSecrets *secrets, const char *application,
                    GCancellable *cancellable, GError **error)
{
    g_autoptr(Secret) password = NULL;
    if (!is_usable(profile, error) ||
        !find_password(profile, secrets, &password, cancellable, error))
        return NULL;
    WireOptions options = {
        .host = profile->host,
        .port = profile->port > 0 ? profile->port : 5439,
        .database = profile->database,
        .user = profile->user,
        .password = password,
        .sslmode = profile->sslmode == NULL ? "verify-full" : profile->sslmode,
        .sslrootcert = trusted_roots(profile),
        .application = application,
        .connect_timeout_ms = (guint)MAX(profile->connect_timeout_ms, 0),
        .keepalive_s = (guint)MAX(profile->keepalive_s, 0),
        .statement_timeout_ms = (guint)MAX(profile->statement_timeout_ms, 0),
    };
    return wire_session_open(&options, cancellable, error);
}
