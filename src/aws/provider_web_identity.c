#include "aws/provider.h"
#include "aws/sts.h"
#include "base/error.h"

#define TOKEN_FILE "AWS_WEB_IDENTITY_TOKEN_FILE"
#define ROLE "AWS_ROLE_ARN"

/* where names the setting of the token file, for messages. The file is read anew for each question:
 * whoever wrote it (a Kubernetes node, a CI runner) replaces it before its token expires. */
static ProviderAnswer exchange_token(const ProviderContext *context, const char *path,
                                     const char *role_arn, const char *session, const char *where,
                                     const char *name, Credentials **credentials,
                                     GCancellable *cancellable, GError **error)
{
    g_autoptr(Secret) token = provider_read_token_file(path, where, error);
    if (token == NULL)
        return PROVIDER_FAILED;
    g_autofree char *what =
        g_strdup_printf("%s: cannot assume %s with the token in %s", where, role_arn, path);
    g_autofree char *region = provider_region(context, error);
    if (region == NULL)
        return PROVIDER_FAILED;
    g_autofree char *own_session =
        session == NULL || *session == '\0' ? provider_session_name(context) : NULL;
    g_autoptr(StsClient) sts = sts_client_new(context->settings->endpoint_url, region, NULL);
    sts_client_set_profile(sts, context->chosen);
    sts_client_set_hooks(sts, context->hooks);
    StsRole role = {.role_arn = role_arn,
                    .session_name = own_session != NULL ? own_session : session,
                    .web_identity_token = token,
                    .what = what,
                    .provider = name};
    *credentials = sts_assume_role_with_web_identity(sts, &role, cancellable, error);
    return *credentials != NULL ? PROVIDER_ANSWERED : PROVIDER_FAILED;
}

ProviderAnswer provider_web_identity_environment(ProviderContext *context, const char *name,
                                                 Credentials **credentials,
                                                 GCancellable *cancellable, GError **error)
{
    const char *path = provider_variable(TOKEN_FILE), *role_arn = provider_variable(ROLE);
    if (context->profile_chosen || path == NULL)
        return PROVIDER_ABSENT;
    if (role_arn == NULL) {
        g_set_error_literal(error, RS_ERROR, RS_ERROR_CONFIG,
                            TOKEN_FILE " is set without " ROLE "; set both or neither");
        return PROVIDER_FAILED;
    }
    return exchange_token(context, path, role_arn, provider_variable("AWS_ROLE_SESSION_NAME"),
                          TOKEN_FILE, name, credentials, cancellable, error);
}

ProviderAnswer provider_web_identity(ProviderContext *context, const char *name,
                                     Credentials **credentials, GCancellable *cancellable,
                                     GError **error)
{
    const char *path = provider_setting(context, "web_identity_token_file");
    const char *role_arn = provider_setting(context, "role_arn");
    if (path == NULL)
        return PROVIDER_ABSENT;
    if (role_arn == NULL || *role_arn == '\0')
        return provider_refuse(context, "web_identity_token_file", error,
                               "it needs role_arn: which role is the token for?");
    g_autofree char *profile = provider_where(context, "web_identity_token_file");
    g_autofree char *where = g_strconcat(profile, ": web_identity_token_file", NULL);
    return exchange_token(context, path, role_arn, provider_setting(context, "role_session_name"),
                          where, name, credentials, cancellable, error);
}
