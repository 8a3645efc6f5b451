#include "aws/provider.h"
#include "base/error.h"

/* Key, secret and token belong together, so they come from one file. */
static ProviderAnswer keys_in(ProviderContext *context, SharedFile file, const char *name,
                              Credentials **credentials, GError **error)
{
    static const char *const names[] = {"aws_access_key_id", "aws_secret_access_key",
                                        "aws_session_token", "aws_security_token"};
    const char *path = shared_config_path(context->config, file);
    const char *values[G_N_ELEMENTS(names)];
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        values[i] = shared_config_get_from(context->config, file, context->profile, names[i]);
        if (values[i] != NULL && *values[i] == '\0' && i >= 2)
            values[i] = NULL;
    }
    if (values[0] == NULL && values[1] == NULL)
        return PROVIDER_ABSENT;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *fault = values[i] != NULL ? provider_key_fault(values[i]) : NULL;
        if (fault == NULL)
            continue;
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s, profile %s: %s: %s", path,
                    context->profile, names[i], fault);
        return PROVIDER_FAILED;
    }
    for (gsize i = 0; i < 2; i++) {
        if (values[i] != NULL && *values[i] != '\0')
            continue;
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s, profile %s: %s is missing", path,
                    context->profile, names[i]);
        return PROVIDER_FAILED;
    }
    *credentials =
        credentials_new(values[0], values[1], values[2] != NULL ? values[2] : values[3], 0, name);
    (*credentials)->origin = g_strdup_printf("AWS profile %s in %s", context->profile, path);
    return PROVIDER_ANSWERED;
}

ProviderAnswer provider_credentials_file(ProviderContext *context, const char *name,
                                         Credentials **credentials, GCancellable *cancellable,
                                         GError **error)
{
    return keys_in(context, SHARED_CREDENTIALS_FILE, name, credentials, error);
}

ProviderAnswer provider_config_file(ProviderContext *context, const char *name,
                                    Credentials **credentials, GCancellable *cancellable,
                                    GError **error)
{
    return keys_in(context, SHARED_CONFIG_FILE, name, credentials, error);
}
