#include "aws/provider.h"
#include "base/error.h"

#define KEY "AWS_ACCESS_KEY_ID"
#define SECRET "AWS_SECRET_ACCESS_KEY"
#define EXPIRY "AWS_CREDENTIAL_EXPIRATION"

static gboolean read_expiry(gint64 *expires_at, GError **error)
{
    const char *text = provider_variable(EXPIRY);
    *expires_at = text != NULL ? provider_parse_time(text) : 0;
    if (text == NULL || *expires_at != 0)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                EXPIRY " is \"%s\"; expected a time like 2026-01-31T12:00:00Z", text);
    return FALSE;
}

static gboolean check(const char *name, const char *value, GError **error)
{
    const char *fault = value != NULL ? provider_key_fault(value) : NULL;
    if (fault != NULL)
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s: %s", name, fault);
    return fault == NULL;
}

ProviderAnswer provider_environment(ProviderContext *context, const char *name,
                                    Credentials **credentials, GCancellable *cancellable,
                                    GError **error)
{
    const char *key = provider_variable(KEY), *secret = provider_variable(SECRET);
    const char *token = provider_variable("AWS_SESSION_TOKEN");
    gint64 expires_at;
    if (context->profile_chosen || (key == NULL && secret == NULL))
        return PROVIDER_ABSENT;
    if (key == NULL || secret == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s is set without %s; set both or neither",
                    key != NULL ? KEY : SECRET, key != NULL ? SECRET : KEY);
        return PROVIDER_FAILED;
    }
    if (!read_expiry(&expires_at, error))
        return PROVIDER_FAILED;
    if (token == NULL)
        token = provider_variable("AWS_SECURITY_TOKEN"); /* its name in old tools */
    if (!check(KEY, key, error) || !check(SECRET, secret, error) ||
        !check("AWS_SESSION_TOKEN", token, error))
        return PROVIDER_FAILED;
    *credentials = credentials_new(key, secret, token, expires_at, name);
    (*credentials)->origin = g_strdup(KEY);
    return PROVIDER_ANSWERED;
}
