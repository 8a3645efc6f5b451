#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "redshift/login_private.h"
#include "redshift/wire_session.h"

#define DEFAULT_DATABASE "dev"
#define DEFAULT_PORT 5439

/* Where distributions keep the authorities they trust. */
static const char *const system_bundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",                /* Debian, Ubuntu, Arch */
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* Red Hat, Amazon Linux, Fedora */
    "/etc/pki/tls/certs/ca-bundle.crt",                  /* the same, older */
    "/etc/ssl/ca-bundle.pem",                            /* SUSE */
    "/var/lib/ca-certificates/ca-bundle.pem",            /* the same, newer */
    "/etc/ssl/cert.pem",                                 /* Alpine, OpenSSL's own place */
};

static const char *auth_of(const Profile *profile)
{
    return profile->auth == NULL ? "password" : profile->auth;
}

static const char *sslmode_of(const Profile *profile)
{
    return profile->sslmode == NULL ? "verify-full" : profile->sslmode;
}

char *login_trusted_roots(const Profile *profile)
{
    if (profile->sslrootcert != NULL && *profile->sslrootcert != '\0')
        return g_strdup(profile->sslrootcert);
    g_autofree char *own = g_build_filename(g_get_home_dir(), ".postgresql", "root.crt", NULL);
    if (!g_str_has_prefix(sslmode_of(profile), "verify") || g_getenv("PGSSLROOTCERT") != NULL ||
        access(own, R_OK) == 0)
        return NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(system_bundles); i++)
        if (access(system_bundles[i], R_OK) == 0)
            return g_strdup(system_bundles[i]);
    return NULL;
}

/* --- passwords ---------------------------------------------------------------------------------- */

static const LoginSecrets *secrets_of(const LoginContext *context)
{
    static const LoginSecrets none = {0};
    return context->secrets == NULL ? &none : context->secrets;
}

static gboolean take_answer(LoginSecret function, const LoginContext *context, LoginTarget *target,
                            GCancellable *cancellable, GError **error)
{
    const LoginSecrets *secrets = secrets_of(context);
    target->password = function(secrets->user, context->profile, cancellable, error);
    return target->password != NULL;
}

static gboolean ask_person(const LoginContext *context, LoginTarget *target,
                           GCancellable *cancellable, GError **error)
{
    const LoginSecrets *secrets = secrets_of(context);
    if (secrets->prompt != NULL) {
        target->origin = g_strdup("the password that was typed");
        return take_answer(secrets->prompt, context, target, cancellable, error);
    }
    g_set_error(error, RS_ERROR, RS_ERROR_AUTH,
                "profile \"%s\" asks for its password, and there is no terminal to ask on: set "
                "PGPASSWORD or add a line to ~/.pgpass and use auth = pgpass",
                context->profile->name);
    return FALSE;
}

static gboolean ask_file(const LoginContext *context, LoginTarget *target,
                         GCancellable *cancellable, GError **error)
{
    target->origin = g_strdup("PGPASSWORD or ~/.pgpass");
    return TRUE;
}

static gboolean ask_profile(const LoginContext *context, LoginTarget *target,
                            GCancellable *cancellable, GError **error)
{
    if (context->profile->password == NULL)
        return ask_file(context, target, cancellable, error);
    target->password = secret_ref(context->profile->password);
    target->origin = g_strdup("the profile's password");
    return TRUE;
}

static void say_instead(const LoginContext *context, const GError *failure, const char *instead)
{
    const LoginSecrets *secrets = secrets_of(context);
    g_autofree char *line = g_strdup_printf("%s; %s", failure->message, instead);
    if (secrets->note != NULL)
        secrets->note(secrets->user, line);
}

static gboolean set_no_way(const LoginContext *context, const GError *failure, GError **error)
{
    g_set_error(
        error, RS_ERROR, RS_ERROR_AUTH,
        "profile \"%s\": %s, and there is nothing else to log in with here\nSet PGPASSWORD, "
        "add a line to ~/.pgpass, or give the profile secret_arn.",
        context->profile->name, failure->message);
    return FALSE;
}

/* The keyring, and what a machine without one has: a secret, a password file, a person. */
static gboolean ask_keyring(const LoginContext *context, LoginTarget *target,
                            GCancellable *cancellable, GError **error)
{
    const LoginSecrets *secrets = secrets_of(context);
    g_autoptr(GError) failure = NULL;
    if (secrets->keyring == NULL)
        g_set_error(&failure, RS_ERROR, RS_ERROR_UNSUPPORTED, "there is no keyring here");
    else if (take_answer(secrets->keyring, context, target, cancellable, &failure)) {
        target->origin = g_strdup("the keyring");
        return TRUE;
    }
    if (rs_error_is_cancelled(failure)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (context->profile->secret_arn != NULL && context->credentials != NULL) {
        say_instead(context, failure, "taking the login from Secrets Manager instead");
        login_target_clear(target);
        return login_ask_secret(context, target, cancellable, error);
    }
    if (login_pgpass_has(target->host, target->port, target->database, target->user)) {
        say_instead(context, failure, "taking the password from PGPASSWORD or ~/.pgpass instead");
        return ask_file(context, target, cancellable, error);
    }
    if (secrets->prompt == NULL)
        return set_no_way(context, failure, error);
    say_instead(context, failure, "asking for the password instead");
    return ask_person(context, target, cancellable, error);
}

/* --- the target --------------------------------------------------------------------------------- */

static gboolean require(const Profile *profile, const char *key, const char *value, GError **error)
{
    if (value != NULL && *value != '\0')
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                "profile \"%s\" has no %s: add \"%s = ...\" to it in profiles.conf", profile->name,
                key, key);
    return FALSE;
}

/* How each auth finds its target; those of AWS fill in what the profile leaves out. */
static const struct {
    const char *auth;
    LoginAsk ask;
    gboolean by_aws;
} ways[] = {
    {"password", ask_profile, FALSE},   {"pgpass", ask_file, FALSE},
    {"prompt", ask_person, FALSE},      {"keyring", ask_keyring, FALSE},
    {"iam", login_ask_cluster, TRUE},   {"serverless", login_ask_workgroup, TRUE},
    {"secret", login_ask_secret, TRUE},
};

static gboolean ask_way(const LoginContext *context, gsize way, LoginTarget *target,
                        gboolean *fresh, GCancellable *cancellable, GError **error)
{
    const Profile *profile = context->profile;
    *fresh = TRUE;
    if (ways[way].by_aws)
        return login_memory_get(context, ways[way].ask, target, fresh, cancellable, error);
    login_target_take_profile(target, profile);
    target->user = g_strdup(profile->user);
    if (target->host == NULL && !login_fill_address(context, NULL, target, cancellable, error))
        return FALSE;
    return require(profile, "host", target->host, error) &&
           require(profile, "user", target->user, error) &&
           ways[way].ask(context, target, cancellable, error);
}

static gboolean find_target(const LoginContext *context, LoginTarget *target, gboolean *fresh,
                            GCancellable *cancellable, GError **error)
{
    const Profile *profile = context->profile;
    gsize way = 0;
    while (way < G_N_ELEMENTS(ways) && strcmp(ways[way].auth, auth_of(profile)) != 0)
        way++;
    if (way == G_N_ELEMENTS(ways)) {
        g_set_error(error, RS_ERROR, RS_ERROR_UNSUPPORTED,
                    "profile \"%s\": auth = %s is not supported; use password, pgpass, prompt, "
                    "keyring, iam, serverless or secret",
                    profile->name, auth_of(profile));
        return FALSE;
    }
    if (!ask_way(context, way, target, fresh, cancellable, error) ||
        !require(profile, "host", target->host, error))
        return FALSE;
    if (target->database == NULL)
        target->database = g_strdup(DEFAULT_DATABASE);
    if (target->port <= 0)
        target->port = DEFAULT_PORT;
    return TRUE;
}

gboolean login_find_target(const LoginContext *context, LoginTarget *target,
                           GCancellable *cancellable, GError **error)
{
    gboolean fresh;
    return find_target(context, target, &fresh, cancellable, error);
}

/* --- opening ------------------------------------------------------------------------------------ */

static gboolean check_policy(const Profile *profile, GError **error)
{
    const char *mode = sslmode_of(profile);
    gboolean demands_tls = strcmp(mode, "require") == 0 || g_str_has_prefix(mode, "verify");
    if (!profile->require_tls || demands_tls)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                "profile \"%s\": sslmode = %s would log in without TLS, which require_tls forbids: "
                "set sslmode = verify-full (or require), or remove require_tls",
                profile->name, mode);
    return FALSE;
}

static Session *connect_to(const LoginContext *context, const LoginTarget *target,
                           GCancellable *cancellable, GError **error)
{
    const Profile *profile = context->profile;
    g_autofree char *roots = login_trusted_roots(profile);
    WireOptions options = {
        .host = target->host,
        .port = target->port,
        .database = target->database,
        .user = target->user,
        .password = target->password,
        .sslmode = sslmode_of(profile),
        .sslrootcert = roots,
        .application = context->application,
        .query_group = profile->query_group,
        .connect_timeout_ms = (guint)MAX(profile->connect_timeout_ms, 0),
        .keepalive_s = (guint)MAX(profile->keepalive_s, 0),
        .statement_timeout_ms = (guint)MAX(profile->statement_timeout_ms, 0),
    };
    return wire_session_open(&options, cancellable, error);
}

/* With what is known; what the server refuses is asked for once more. */
static Session *open_wire(const LoginContext *context, GCancellable *cancellable, GError **error)
{
    if (!check_policy(context->profile, error))
        return NULL;
    for (gboolean again = FALSE;; again = TRUE) {
        g_auto(LoginTarget) target = {0};
        g_autoptr(GError) failure = NULL;
        gboolean fresh = TRUE;
        if (!find_target(context, &target, &fresh, cancellable, error))
            return NULL;
        Session *session = connect_to(context, &target, cancellable, &failure);
        if (session != NULL)
            return session;
        gboolean refused = g_error_matches(failure, RS_ERROR, RS_ERROR_AUTH);
        if (refused)
            login_memory_refuse(context, target.password);
        if (refused && !fresh && !again)
            continue;
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }
}

Session *login_open(const LoginContext *context, GCancellable *cancellable, GError **error)
{
    /* One row for each transport: its name in the profile, and who opens it. */
    static const struct {
        const char *transport;
        Session *(*open)(const LoginContext *context, GCancellable *cancellable, GError **error);
    } transports[] = {{"wire", open_wire}, {"data-api", login_open_data_api}};
    const Profile *profile = context->profile;
    const char *name = profile->transport == NULL ? "wire" : profile->transport;
    for (gsize i = 0; i < G_N_ELEMENTS(transports); i++) {
        if (strcmp(name, transports[i].transport) != 0)
            continue;
        Session *session = transports[i].open(context, cancellable, error);
        if (session != NULL) {
            session_set_read_only(session, profile->read_only);
            session_set_iam_role_only(session, profile->iam_role_only);
        }
        return session;
    }
    g_set_error(error, RS_ERROR, RS_ERROR_UNSUPPORTED,
                "profile \"%s\": transport \"%s\" is not supported; use wire or data-api",
                profile->name, name);
    return NULL;
}
