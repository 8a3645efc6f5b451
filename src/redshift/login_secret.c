#include <string.h>

#include "aws/secrets_manager.h"
#include "base/error.h"
#include "redshift/login_private.h"

static void take_text(char **into, const char *text)
{
    if (*into == NULL && text != NULL && *text != '\0')
        *into = g_strdup(text);
}

/* A password belongs to one user: another one beside it is a mistake, not a wish. */
static gboolean agrees(const Profile *profile, const SecretLogin *login, GError **error)
{
    if (profile->user == NULL || strcmp(profile->user, login->user) == 0)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                "profile \"%s\": user = %s, but the secret %s is the login of %s: remove user, or "
                "name the other user's secret",
                profile->name, profile->user, profile->secret_arn, login->user);
    return FALSE;
}

static gboolean read_secret(const LoginContext *context, SecretLogin *login,
                            GCancellable *cancellable, GError **error)
{
    const Profile *profile = context->profile;
    g_autoptr(AwsClient) client = aws_client_new(context->credentials);
    SecretsClient secrets = {client, profile->endpoint_url, context->region};
    g_auto(SecretValue) value = {0};
    return secrets_get_value(&secrets, profile->secret_arn, &value, cancellable, error) &&
           secret_login_parse(&value, login, error);
}

gboolean login_ask_secret(const LoginContext *context, LoginTarget *target,
                          GCancellable *cancellable, GError **error)
{
    const Profile *profile = context->profile;
    g_auto(SecretLogin) login = {0};
    if (profile->secret_arn == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                    "profile \"%s\": auth = secret needs the secret's name or ARN: add "
                    "\"secret_arn = ...\"",
                    profile->name);
        return FALSE;
    }
    if (!login_can_sign(context, error) || !read_secret(context, &login, cancellable, error) ||
        !agrees(profile, &login, error))
        return FALSE;
    login_target_take_profile(target, profile);
    take_text(&target->host, login.host);
    take_text(&target->database, login.database);
    if (target->port == 0 && profile->host == NULL)
        target->port = login.host != NULL ? login.port : 0;
    target->user = g_steal_pointer(&login.user);
    target->password = g_steal_pointer(&login.password);
    target->origin = g_strdup_printf("the secret %s", profile->secret_arn);
    /* Managed secrets hold user and password only. */
    return login_fill_address(context, login.cluster, target, cancellable, error);
}
