#include "aws/credentials.h"

#include <string.h>

#include "aws/shared_config.h"
#include "base/error.h"

#define REFRESH_SECONDS                                                                            \
    600 /* ask again this long before the end: the AWS tools' mandatory window */

typedef enum { PROVIDER_ABSENT, PROVIDER_ANSWERED, PROVIDER_FAILED } ProviderAnswer;

struct CredentialsSource {
    GMutex mutex;
    char *access_key_id; /* explicit keys, or NULL */
    Secret *secret_access_key;
    char *profile;
    gboolean
        profile_chosen; /* by the caller, not by AWS_PROFILE: then the environment is not asked */
    Credentials *current;
};

/* --- snapshots --------------------------------------------------------------------------------- */

Credentials *credentials_new(const char *access_key_id, const char *secret_access_key,
                             const char *session_token, gint64 expires_at, const char *provider)
{
    Credentials *credentials = g_new0(Credentials, 1);
    g_atomic_ref_count_init(&credentials->references);
    credentials->access_key_id = g_strdup(access_key_id);
    credentials->secret_access_key = secret_new(secret_access_key, -1);
    credentials->session_token = secret_new(session_token, -1);
    credentials->expires_at = expires_at;
    credentials->provider = provider;
    return credentials;
}

Credentials *credentials_ref(Credentials *credentials)
{
    g_atomic_ref_count_inc(&credentials->references);
    return credentials;
}

void credentials_unref(Credentials *credentials)
{
    if (credentials == NULL || !g_atomic_ref_count_dec(&credentials->references))
        return;
    g_free(credentials->access_key_id);
    secret_unref(credentials->secret_access_key);
    secret_unref(credentials->session_token);
    g_free(credentials);
}

/* --- providers: one function and one row each -------------------------------------------------- */

static const char *variable(const char *name)
{
    const char *value = g_getenv(name);
    return value != NULL && *value != '\0' ? value : NULL;
}

static ProviderAnswer ask_explicit(CredentialsSource *source, const char *name,
                                   Credentials **credentials, GCancellable *cancellable,
                                   GError **error)
{
    if (source->access_key_id == NULL)
        return PROVIDER_ABSENT;
    if (source->secret_access_key == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                    "the profile sets access_key_id %s without secret_access_key",
                    source->access_key_id);
        return PROVIDER_FAILED;
    }
    *credentials = credentials_new(source->access_key_id, secret_peek(source->secret_access_key),
                                   NULL, 0, name);
    return PROVIDER_ANSWERED;
}

static gboolean environment_expiry(gint64 *expires_at, GError **error)
{
    const char *text = variable("AWS_CREDENTIAL_EXPIRATION");
    if (text == NULL)
        return TRUE;
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, utc);
    if (time == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                    "AWS_CREDENTIAL_EXPIRATION is \"%s\"; expected a time like "
                    "2026-01-31T12:00:00Z",
                    text);
        return FALSE;
    }
    *expires_at = g_date_time_to_unix(time);
    return TRUE;
}

static ProviderAnswer ask_environment(CredentialsSource *source, const char *name,
                                      Credentials **credentials, GCancellable *cancellable,
                                      GError **error)
{
    const char *key = variable("AWS_ACCESS_KEY_ID"), *secret = variable("AWS_SECRET_ACCESS_KEY");
    const char *token = variable("AWS_SESSION_TOKEN");
    gint64 expires_at = 0;
    if (source->profile_chosen || (key == NULL && secret == NULL))
        return PROVIDER_ABSENT;
    if (key == NULL || secret == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s is set without %s; set both or neither",
                    key != NULL ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                    key != NULL ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
        return PROVIDER_FAILED;
    }
    if (!environment_expiry(&expires_at, error))
        return PROVIDER_FAILED;
    if (token == NULL)
        token = variable("AWS_SECURITY_TOKEN");
    *credentials = credentials_new(key, secret, token, expires_at, name);
    return PROVIDER_ANSWERED;
}

/* Settings of a profile that promise credentials in a way we do not offer. */
static const char *const other_ways[] = {"role_arn",      "web_identity_token_file",
                                         "sso_session",   "sso_start_url",
                                         "login_session", "credential_process"};

static gboolean refuse_other_ways(const SharedConfig *config, const char *profile, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(other_ways); i++) {
        const char *file;
        if (shared_config_get(config, profile, other_ways[i], &file) == NULL)
            continue;
        g_set_error(error, RS_ERROR, RS_ERROR_UNSUPPORTED,
                    "%s, profile %s: %s is not supported; put temporary keys into "
                    "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN instead "
                    "(\"aws configure export-credentials --format env\" prints them)",
                    file, profile, other_ways[i]);
        return FALSE;
    }
    return TRUE;
}

static ProviderAnswer keys_of_profile(const SharedConfig *config, const char *profile,
                                      const char *name, Credentials **credentials, GError **error)
{
    const char *file = NULL;
    const char *key = shared_config_get(config, profile, "aws_access_key_id", &file);
    const char *secret = shared_config_get(config, profile, "aws_secret_access_key", &file);
    if (shared_config_get(config, profile, "role_arn", NULL) != NULL)
        return refuse_other_ways(config, profile, error) ? PROVIDER_ABSENT : PROVIDER_FAILED;
    if (key == NULL && secret == NULL)
        return refuse_other_ways(config, profile, error) ? PROVIDER_ABSENT : PROVIDER_FAILED;
    if (key == NULL || secret == NULL || *key == '\0' || *secret == '\0') {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s, profile %s: %s is missing", file,
                    profile,
                    key == NULL || *key == '\0' ? "aws_access_key_id" : "aws_secret_access_key");
        return PROVIDER_FAILED;
    }
    const char *token = shared_config_get(config, profile, "aws_session_token", NULL);
    *credentials = credentials_new(key, secret, token, 0, name);
    return PROVIDER_ANSWERED;
}

static ProviderAnswer ask_shared_files(CredentialsSource *source, const char *name,
                                       Credentials **credentials, GCancellable *cancellable,
                                       GError **error)
{
    g_autoptr(SharedConfig) config = shared_config_load(error);
    if (config == NULL)
        return PROVIDER_FAILED;
    if (shared_config_has_profile(config, source->profile))
        return keys_of_profile(config, source->profile, name, credentials, error);
    if (strcmp(source->profile, "default") == 0)
        return PROVIDER_ABSENT;
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                "the AWS profile \"%s\" is neither in %s nor in %s", source->profile,
                shared_config_credentials_path(config), shared_config_config_path(config));
    return PROVIDER_FAILED;
}

/* In the order in which the AWS tools ask. The first that is configured answers; its error is the
 * chain's error, since signing as somebody else would be a surprise. */
static const struct {
    const char *name;
    ProviderAnswer (*ask)(CredentialsSource *source, const char *name, Credentials **credentials,
                          GCancellable *cancellable, GError **error);
} providers[] = {
    {"profile", ask_explicit},
    {"environment", ask_environment},
    {"shared credentials file", ask_shared_files},
};

/* --- the source -------------------------------------------------------------------------------- */

CredentialsSource *credentials_source_new(const char *access_key_id,
                                          const Secret *secret_access_key, const char *aws_profile)
{
    CredentialsSource *source = g_new0(CredentialsSource, 1);
    g_mutex_init(&source->mutex);
    source->access_key_id = g_strdup(access_key_id);
    source->secret_access_key =
        secret_new(secret_peek(secret_access_key), (gssize)secret_length(secret_access_key));
    source->profile_chosen = aws_profile != NULL;
    const char *choices[] = {aws_profile, variable("AWS_PROFILE"), variable("AWS_DEFAULT_PROFILE"),
                             "default"};
    gsize i = 0;
    while (choices[i] == NULL)
        i++;
    source->profile = g_strdup(choices[i]);
    return source;
}

void credentials_source_free(CredentialsSource *source)
{
    if (source == NULL)
        return;
    credentials_unref(source->current);
    g_free(source->access_key_id);
    secret_unref(source->secret_access_key);
    g_free(source->profile);
    g_mutex_clear(&source->mutex);
    g_free(source);
}

static Credentials *ask_providers(CredentialsSource *source, GCancellable *cancellable,
                                  GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(providers); i++) {
        Credentials *credentials = NULL;
        if (providers[i].ask(source, providers[i].name, &credentials, cancellable, error) !=
            PROVIDER_ABSENT)
            return credentials;
    }
    g_set_error(error, RS_ERROR, RS_ERROR_AUTH,
                "no AWS credentials: %sthe AWS profile \"%s\" holds no keys; set "
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run: aws configure",
                source->profile_chosen ? "" : "AWS_ACCESS_KEY_ID is not set and ", source->profile);
    return NULL;
}

static gint64 now(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

static gboolean is_fresh(const Credentials *credentials)
{
    return credentials != NULL &&
           (credentials->expires_at == 0 || credentials->expires_at - REFRESH_SECONDS > now());
}

/* New ones, unless they have expired already; old ones near their end are better than none. */
static Credentials *renewed(CredentialsSource *source, GCancellable *cancellable, GError **error)
{
    g_autoptr(Credentials) credentials = ask_providers(source, cancellable, error);
    if (credentials == NULL)
        return NULL;
    if (credentials->expires_at == 0 || credentials->expires_at > now())
        return g_steal_pointer(&credentials);
    g_autoptr(GDateTime) end = g_date_time_new_from_unix_utc(credentials->expires_at);
    g_autofree char *text = g_date_time_format_iso8601(end);
    g_set_error(error, RS_ERROR, RS_ERROR_AUTH,
                "the AWS credentials from the %s expired at %s; get new ones and try again",
                credentials->provider, text);
    return NULL;
}

Credentials *credentials_source_get(CredentialsSource *source, GCancellable *cancellable,
                                    GError **error)
{
    g_mutex_lock(&source->mutex);
    if (!is_fresh(source->current)) {
        Credentials *fresh = renewed(source, cancellable, error);
        credentials_unref(source->current);
        source->current = fresh;
    }
    Credentials *answer = source->current != NULL ? credentials_ref(source->current) : NULL;
    g_mutex_unlock(&source->mutex);
    return answer;
}

void credentials_source_invalidate(CredentialsSource *source)
{
    g_mutex_lock(&source->mutex);
    g_clear_pointer(&source->current, credentials_unref);
    g_mutex_unlock(&source->mutex);
}
