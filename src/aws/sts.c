#include "aws/sts.h"

#include <string.h>

#include "aws/provider.h"
#include "aws/query_call.h"
#include "base/error.h"
#include "base/text.h"

struct StsClient {
    AwsClient *client;
    char *endpoint_url;
    char *region;
};

static const QueryService service = {{"STS", "sts"}, "sts", "2011-06-15"};

StsClient *sts_client_new(const char *endpoint_url, const char *region,
                          CredentialsSource *credentials)
{
    StsClient *client = g_new0(StsClient, 1);
    client->client = aws_client_new(credentials);
    client->endpoint_url = g_strdup(endpoint_url);
    client->region = endpoint_region(region);
    return client;
}

void sts_client_free(StsClient *client)
{
    if (client == NULL)
        return;
    aws_client_free(client->client);
    g_free(client->endpoint_url);
    g_free(client->region);
    g_free(client);
}

void sts_client_set_profile(StsClient *client, const char *aws_profile)
{
    aws_client_set_profile(client->client, aws_profile);
}

void sts_client_set_hooks(StsClient *client, const AwsHooks *hooks)
{
    aws_client_set_hooks(client->client, hooks);
}

static QueryNode *send(StsClient *client, QueryCall *call, const StsRole *role,
                       GCancellable *cancellable, GError **error)
{
    PostTarget target = {.client = client->client,
                         .endpoint_url = client->endpoint_url,
                         .region = client->region,
                         .what = role != NULL ? role->what : NULL,
                         /* A code of an MFA device is good for one call. */
                         .once = role != NULL && role->token_code != NULL};
    return query_call_send(call, &target, cancellable, error);
}

static void add_role(QueryCall *call, const StsRole *role)
{
    query_call_add(call, "RoleArn", role->role_arn);
    query_call_add(call, "RoleSessionName", role->session_name);
    if (role->duration_seconds != 0)
        query_call_add_number(call, "DurationSeconds", role->duration_seconds);
}

static Credentials *read_credentials(const QueryNode *result, const StsRole *role, GError **error)
{
    const char *key = query_node_text(result, "Credentials/AccessKeyId");
    const char *secret = query_node_text(result, "Credentials/SecretAccessKey");
    const char *token = query_node_text(result, "Credentials/SessionToken");
    const char *expiry = query_node_text(result, "Credentials/Expiration");
    gint64 expires_at = expiry != NULL ? provider_parse_time(expiry) : 0;
    if (key == NULL || secret == NULL || token == NULL || expires_at == 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT,
                    "%s: the answer of STS lacks a key, a token or their expiration",
                    role->what != NULL ? role->what : "STS");
        return NULL;
    }
    return credentials_new(key, secret, token, expires_at,
                           role->provider != NULL ? role->provider : "STS");
}

Credentials *sts_assume_role(StsClient *client, const StsRole *role, GCancellable *cancellable,
                             GError **error)
{
    g_autoptr(QueryCall) call = query_call_new(&service, "AssumeRole");
    add_role(call, role);
    query_call_add(call, "ExternalId", role->external_id);
    query_call_add(call, "SerialNumber", role->serial_number);
    query_call_add(call, "TokenCode", secret_peek(role->token_code));
    g_autoptr(QueryNode) result = send(client, call, role, cancellable, error);
    return result != NULL ? read_credentials(result, role, error) : NULL;
}

Credentials *sts_assume_role_with_web_identity(StsClient *client, const StsRole *role,
                                               GCancellable *cancellable, GError **error)
{
    g_autoptr(QueryCall) call = query_call_new(&service, "AssumeRoleWithWebIdentity");
    add_role(call, role);
    query_call_add(call, "WebIdentityToken", secret_peek(role->web_identity_token));
    g_autoptr(QueryNode) result = send(client, call, role, cancellable, error);
    return result != NULL ? read_credentials(result, role, error) : NULL;
}

static char *printable(const QueryNode *result, const char *path)
{
    const char *text = query_node_text(result, path);
    return text != NULL ? text_printable(text, -1) : NULL;
}

gboolean sts_get_caller_identity(StsClient *client, StsIdentity *identity,
                                 GCancellable *cancellable, GError **error)
{
    g_autoptr(QueryCall) call = query_call_new(&service, "GetCallerIdentity");
    memset(identity, 0, sizeof *identity);
    g_autoptr(QueryNode) result = send(client, call, NULL, cancellable, error);
    if (result == NULL)
        return FALSE;
    identity->user_id = printable(result, "UserId");
    identity->account = printable(result, "Account");
    identity->arn = printable(result, "Arn");
    if (identity->arn != NULL)
        return TRUE;
    sts_identity_clear(identity);
    g_set_error_literal(error, RS_ERROR, RS_ERROR_CORRUPT,
                        "STS GetCallerIdentity: the answer names no ARN");
    return FALSE;
}

void sts_identity_clear(StsIdentity *identity)
{
    g_clear_pointer(&identity->user_id, g_free);
    g_clear_pointer(&identity->account, g_free);
    g_clear_pointer(&identity->arn, g_free);
}
