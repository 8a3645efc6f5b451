#include "aws/provider.h"
#include "base/error.h"

ProviderAnswer provider_explicit(ProviderContext *context, const char *name,
                                 Credentials **credentials, GCancellable *cancellable,
                                 GError **error)
{
    const CredentialsSettings *settings = context->settings;
    if (settings->access_key_id == NULL)
        return PROVIDER_ABSENT;
    if (settings->secret_access_key == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                    "the profile sets access_key_id %s without secret_access_key",
                    settings->access_key_id);
        return PROVIDER_FAILED;
    }
    const Secret *token = settings->session_token;
    *credentials =
        credentials_new(settings->access_key_id, secret_peek(settings->secret_access_key),
                        token != NULL ? secret_peek(token) : NULL, 0, name);
    return PROVIDER_ANSWERED;
}
