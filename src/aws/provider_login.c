#include "aws/provider.h"
#include "base/error.h"

/* Sessions of "aws login" are bound to a key of that tool: they are known, and not offered. */
ProviderAnswer provider_login(ProviderContext *context, const char *name, Credentials **credentials,
                              GCancellable *cancellable, GError **error)
{
    if (provider_setting(context, "login_session") == NULL)
        return PROVIDER_ABSENT;
    g_autofree char *where = provider_where(context, "login_session");
    g_set_error(error, RS_ERROR, RS_ERROR_UNSUPPORTED,
                "%s: login_session is not supported; put \"credential_process = aws configure "
                "export-credentials --profile %s\" into a profile of its own and use that",
                where, context->profile);
    return PROVIDER_FAILED;
}
