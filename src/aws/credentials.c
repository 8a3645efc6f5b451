#include "aws/credentials.h"

#include "aws/provider.h"
#include "base/error.h"
#include "base/log.h"

#define RETRY_SECONDS 60 /* between questions in the advisory window, and up to as much again */

typedef enum { WINDOW_FRESH, WINDOW_ADVISORY, WINDOW_MANDATORY } Window;

struct CredentialsSource {
    CredentialsSettings settings; /* its texts are copies */
    AwsHooks hooks;
    char *profile;
    HttpClient *http;
    ProviderMemory memory; /* of the thread that is asking */
    GMutex mutex;
    GCond ended;
    GHashTable *quotas; /* service -> RetryQuota */
    Credentials *fixed;
    Credentials *current;
    gint64 received_at; /* when current came */
    gint64 not_before;  /* the next question in the advisory window */
    gboolean asking;
    guint64 questions; /* ended ones */
    GError *failure;   /* of the last question, for those who waited for it */
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
    g_free(credentials->origin);
    g_free(credentials);
}

/* --- the source -------------------------------------------------------------------------------- */

CredentialsSource *credentials_source_new_with(const CredentialsSettings *settings)
{
    CredentialsSource *source = g_new0(CredentialsSource, 1);
    const Secret *secret = settings->secret_access_key;
    g_mutex_init(&source->mutex);
    g_cond_init(&source->ended);
    source->settings = *settings;
    source->settings.access_key_id = g_strdup(settings->access_key_id);
    source->settings.secret_access_key =
        secret_new(secret_peek(secret), (gssize)secret_length(secret));
    source->settings.session_token = secret_new(secret_peek(settings->session_token), -1);
    source->settings.role_arn = g_strdup(settings->role_arn);
    source->settings.external_id = g_strdup(settings->external_id);
    source->settings.aws_profile = g_strdup(settings->aws_profile);
    source->settings.region = g_strdup(settings->region);
    source->settings.endpoint_url = g_strdup(settings->endpoint_url);
    source->settings.container_endpoint = g_strdup(settings->container_endpoint);
    source->hooks = settings->hooks != NULL ? *settings->hooks : *aws_hooks_real();
    source->profile = shared_config_chosen_profile(settings->aws_profile);
    source->http = http_client_new();
    source->quotas =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)retry_quota_free);
    return source;
}

CredentialsSource *credentials_source_new(const char *access_key_id,
                                          const Secret *secret_access_key, const char *aws_profile)
{
    CredentialsSettings settings = {.access_key_id = access_key_id,
                                    .secret_access_key = secret_access_key,
                                    .aws_profile = aws_profile};
    return credentials_source_new_with(&settings);
}

CredentialsSource *credentials_source_new_fixed(Credentials *credentials)
{
    CredentialsSource *source = credentials_source_new(NULL, NULL, NULL);
    source->fixed = credentials_ref(credentials);
    return source;
}

void credentials_source_free(CredentialsSource *source)
{
    if (source == NULL)
        return;
    credentials_unref(source->fixed);
    credentials_unref(source->current);
    g_clear_error(&source->failure);
    g_free((char *)source->settings.access_key_id);
    secret_unref((Secret *)source->settings.secret_access_key);
    secret_unref((Secret *)source->settings.session_token);
    g_free((char *)source->settings.role_arn);
    g_free((char *)source->settings.external_id);
    g_free((char *)source->settings.aws_profile);
    g_free((char *)source->settings.region);
    g_free((char *)source->settings.endpoint_url);
    g_free((char *)source->settings.container_endpoint);
    g_free(source->profile);
    http_client_free(source->http);
    g_hash_table_unref(source->quotas);
    g_cond_clear(&source->ended);
    g_mutex_clear(&source->mutex);
    g_free(source);
}

/* --- asking ------------------------------------------------------------------------------------ */

static Credentials *ask_providers(CredentialsSource *source, GCancellable *cancellable,
                                  GError **error)
{
    g_autoptr(GPtrArray) visited = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) notes = g_string_new(NULL);
    ProviderContext context = {.settings = &source->settings,
                               .hooks = &source->hooks,
                               .http = source->http,
                               .memory = &source->memory,
                               .profile = source->profile,
                               .chosen = source->profile,
                               .profile_chosen = source->settings.aws_profile != NULL,
                               .visited = visited,
                               .notes = notes};
    g_autoptr(Credentials) base = provider_ask_chain(&context, cancellable, error);
    return base == NULL ? NULL : provider_assume_chain(&context, base, cancellable, error);
}

/* What some provider gave and no request can carry. */
static gboolean check_keys(const Credentials *keys, GError **error)
{
    const struct {
        const char *name, *text;
    } parts[] = {{"access key id", keys->access_key_id},
                 {"secret access key", secret_peek(keys->secret_access_key)},
                 {"session token", secret_peek(keys->session_token)}};
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        const char *fault = parts[i].text != NULL ? provider_key_fault(parts[i].text) : NULL;
        if (fault == NULL)
            continue;
        g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "the %s from the %s is of no use: %s",
                    parts[i].name, keys->provider, fault);
        return FALSE;
    }
    return TRUE;
}

/* New ones, unless they have expired already. */
static Credentials *renewed(CredentialsSource *source, GCancellable *cancellable, GError **error)
{
    g_autoptr(Credentials) credentials = ask_providers(source, cancellable, error);
    if (credentials == NULL || !check_keys(credentials, error))
        return NULL;
    if (credentials->expires_at == 0 || credentials->expires_at > aws_hooks_now(&source->hooks))
        return g_steal_pointer(&credentials);
    g_autoptr(GDateTime) end = g_date_time_new_from_unix_utc(credentials->expires_at);
    g_autofree char *text = end != NULL ? g_date_time_format_iso8601(end) : g_strdup("long ago");
    const char *origin = credentials->origin;
    g_set_error(error, RS_ERROR, RS_ERROR_AUTH,
                "the AWS credentials from the %s%s%s%s expired at %s; get new ones and try again",
                credentials->provider, origin != NULL ? " (" : "", origin != NULL ? origin : "",
                origin != NULL ? ")" : "", text);
    return NULL;
}

static Window window_of(const CredentialsSource *source)
{
    const Credentials *current = source->current;
    if (current == NULL)
        return WINDOW_MANDATORY;
    if (current->expires_at == 0)
        return WINDOW_FRESH;
    gint64 left = current->expires_at - aws_hooks_now(&source->hooks);
    gint64 life = current->expires_at - source->received_at;
    if (left <= MIN(CREDENTIALS_MANDATORY_SECONDS, life / 3))
        return WINDOW_MANDATORY;
    gboolean advisory = left <= MIN(CREDENTIALS_ADVISORY_SECONDS, life / 2) && !current->attended;
    return advisory ? WINDOW_ADVISORY : WINDOW_FRESH;
}

static void take_answer(CredentialsSource *source, Credentials *fresh)
{
    credentials_unref(source->current);
    source->current = fresh;
    source->received_at = aws_hooks_now(&source->hooks);
    source->not_before = 0;
}

static void put_off(CredentialsSource *source, const GError *failure)
{
    double random = aws_hooks_random(&source->hooks);
    source->not_before =
        aws_hooks_now(&source->hooks) + RETRY_SECONDS + (gint64)(random * RETRY_SECONDS);
    log_write(LOG_LEVEL_WARNING,
              "new AWS credentials could not be had yet, going on with the old: %s",
              failure->message);
}

/* With the mutex held, which is released while a provider is asked. */
static Credentials *ask(CredentialsSource *source, gboolean advisory, GCancellable *cancellable,
                        GError **error)
{
    g_autoptr(GError) failure = NULL;
    source->asking = TRUE;
    g_mutex_unlock(&source->mutex);
    Credentials *fresh = renewed(source, cancellable, &failure);
    g_mutex_lock(&source->mutex);
    source->asking = FALSE;
    source->questions++;
    g_clear_error(&source->failure);
    if (fresh != NULL)
        take_answer(source, fresh);
    else if (advisory && source->current != NULL)
        put_off(source, failure);
    else if (!rs_error_is_cancelled(failure))
        source->failure = g_error_copy(failure); /* a cancellation is its caller's own */
    g_cond_broadcast(&source->ended);
    gboolean good = fresh != NULL || (advisory && source->current != NULL);
    if (!good)
        g_propagate_error(error, g_steal_pointer(&failure));
    return good && source->current != NULL ? credentials_ref(source->current) : NULL;
}

/* Until the question that is under way has ended. FALSE with its error, or when cancelled. */
static gboolean wait_for_answer(CredentialsSource *source, GCancellable *cancellable,
                                GError **error)
{
    guint64 seen = source->questions;
    while (source->questions == seen) {
        if (rs_error_set_if_cancelled(cancellable, error))
            return FALSE;
        g_cond_wait(&source->ended, &source->mutex);
    }
    if (source->failure == NULL)
        return TRUE;
    g_propagate_error(error, g_error_copy(source->failure));
    return FALSE;
}

static Credentials *get_locked(CredentialsSource *source, GCancellable *cancellable, GError **error)
{
    for (;;) {
        Window window = window_of(source);
        gboolean put_off_yet = aws_hooks_now(&source->hooks) < source->not_before;
        if (window == WINDOW_FRESH ||
            (window == WINDOW_ADVISORY && (source->asking || put_off_yet)))
            return credentials_ref(source->current);
        if (!source->asking)
            return ask(source, window == WINDOW_ADVISORY, cancellable, error);
        if (!wait_for_answer(source, cancellable, error))
            return NULL;
    }
}

static void on_cancelled(GCancellable *cancellable, gpointer user)
{
    CredentialsSource *source = user;
    g_mutex_lock(&source->mutex);
    g_cond_broadcast(&source->ended);
    g_mutex_unlock(&source->mutex);
}

Credentials *credentials_source_get(CredentialsSource *source, GCancellable *cancellable,
                                    GError **error)
{
    if (source->fixed != NULL)
        return credentials_ref(source->fixed);
    gulong link = 0;
    if (cancellable != NULL)
        link = g_cancellable_connect(cancellable, G_CALLBACK(on_cancelled), source, NULL);
    g_mutex_lock(&source->mutex);
    Credentials *answer = get_locked(source, cancellable, error);
    g_mutex_unlock(&source->mutex);
    if (cancellable != NULL)
        g_cancellable_disconnect(cancellable, link);
    return answer;
}

RetryQuota *credentials_source_quota(CredentialsSource *source, const char *service)
{
    g_mutex_lock(&source->mutex);
    RetryQuota *quota = g_hash_table_lookup(source->quotas, service);
    if (quota == NULL) {
        quota = retry_quota_new();
        g_hash_table_insert(source->quotas, g_strdup(service), quota);
    }
    g_mutex_unlock(&source->mutex);
    return quota;
}

const char *credentials_source_profile(const CredentialsSource *source)
{
    return source->profile;
}

void credentials_source_invalidate(CredentialsSource *source, const Credentials *refused)
{
    g_mutex_lock(&source->mutex);
    if (source->current == refused)
        g_clear_pointer(&source->current, credentials_unref);
    g_mutex_unlock(&source->mutex);
}
