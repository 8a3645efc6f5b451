#include <string.h>

#include "aws/request.h"
#include "aws/secret_json.h"
#include "aws/sso_token.h"
#include "base/error.h"

static const EndpointService portal = {"SSO", "portal.sso"};

/* --- settings ---------------------------------------------------------------------------------- */

static gboolean is_set(const char *value)
{
    return value != NULL && *value != '\0';
}

/* A key of the profile's sso-session; where the profile has it too, both must agree. */
static const char *session_setting(const ProviderContext *context, const char *session,
                                   const char *key, GError **error)
{
    const char *value = shared_config_get_sso(context->config, session, key);
    const char *own = provider_setting(context, key);
    if (!is_set(value))
        provider_refuse(context, "sso_session", error, "[sso-session %s] has no %s", session, key);
    else if (is_set(own) && strcmp(own, value) != 0)
        provider_refuse(context, key, error, "it is \"%s\" here and \"%s\" in [sso-session %s]",
                        own, value, session);
    else
        return value;
    return NULL;
}

static gboolean read_session(const ProviderContext *context, SsoLogin *login, GError **error)
{
    if (!shared_config_has_sso_session(context->config, login->session)) {
        provider_refuse(context, "sso_session", error, "there is no [sso-session %s] in %s",
                        login->session, shared_config_path(context->config, SHARED_CONFIG_FILE));
        return FALSE;
    }
    login->start_url = session_setting(context, login->session, "sso_start_url", error);
    if (login->start_url == NULL)
        return FALSE;
    login->region = session_setting(context, login->session, "sso_region", error);
    return login->region != NULL;
}

static gboolean check_region(const ProviderContext *context, const SsoLogin *login, GError **error)
{
    if (endpoint_is_region(login->region))
        return TRUE;
    g_autofree char *place = login->session != NULL
                                 ? g_strdup_printf("[sso-session %s]: sso_region", login->session)
                                 : g_strdup("sso_region");
    provider_refuse(context, login->session != NULL ? "sso_session" : "sso_region", error,
                    "%s is \"%s\", which is not an AWS Region; expected a name such as us-east-1",
                    place, login->region);
    return FALSE;
}

static gboolean read_login(const ProviderContext *context, SsoLogin *login, GError **error)
{
    static const char *const needed[] = {"sso_start_url", "sso_region", "sso_account_id",
                                         "sso_role_name"};
    login->session = provider_setting(context, "sso_session");
    if (login->session != NULL && !read_session(context, login, error))
        return FALSE;
    if (login->session == NULL) {
        login->start_url = provider_setting(context, "sso_start_url");
        login->region = provider_setting(context, "sso_region");
    }
    for (gsize i = login->session != NULL ? 2 : 0; i < G_N_ELEMENTS(needed); i++) {
        if (is_set(provider_setting(context, needed[i])))
            continue;
        provider_refuse(context, needed[i], error, "it is missing; single sign-on needs it");
        return FALSE;
    }
    return check_region(context, login, error);
}

/* --- the portal -------------------------------------------------------------------------------- */

static Credentials *read_role(const cJSON *object, const char *name, const char *what,
                              GError **error)
{
    const cJSON *role = cJSON_GetObjectItemCaseSensitive(object, "roleCredentials");
    const char *key = secret_json_text(role, "accessKeyId");
    const char *secret = secret_json_text(role, "secretAccessKey");
    const char *token = secret_json_text(role, "sessionToken");
    const cJSON *ms = cJSON_GetObjectItemCaseSensitive(role, "expiration");
    if (key != NULL && secret != NULL && token != NULL && cJSON_IsNumber(ms) &&
        ms->valuedouble >= 1000 && ms->valuedouble < 1e15)
        return credentials_new(key, secret, token, (gint64)(ms->valuedouble / 1000), name);
    g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT,
                "%s: the answer lacks a key, a token or their expiration", what);
    return NULL;
}

static Credentials *read_answer(HttpResponse *response, const char *name, const char *what,
                                GError **error)
{
    cJSON *object = secret_json_parse(http_response_text(response), response->body->len);
    Credentials *credentials = read_role(object, name, what, error);
    secret_json_free(object);
    explicit_bzero(response->body->data, response->body->len);
    return credentials;
}

static gboolean prepare(const ProviderContext *context, const SsoLogin *login, const Secret *token,
                        AwsRequest *request, GError **error)
{
    g_auto(Endpoint) endpoint = {0};
    g_auto(EndpointChoice) choice = {0};
    if (!endpoint_choose(&portal, NULL, context->chosen, &choice, error) ||
        !endpoint_resolve(&portal, &choice, login->region, &endpoint, error))
        return FALSE;
    g_autofree char *role = sigv4_uri_encode(provider_setting(context, "sso_role_name"), -1, FALSE);
    g_autofree char *account =
        sigv4_uri_encode(provider_setting(context, "sso_account_id"), -1, FALSE);
    request->method = "GET";
    request->path = g_strconcat(endpoint.path, "/federation/credentials", NULL);
    request->query = g_strdup_printf("role_name=%s&account_id=%s", role, account);
    request->scheme = g_steal_pointer(&endpoint.scheme);
    request->host = g_steal_pointer(&endpoint.host);
    request->headers = sigv4_headers_new();
    sigv4_headers_add(request->headers, "x-amz-sso_bearer_token", secret_peek(token));
    request->total_ms = 30 * 1000;
    request->read_failure = aws_failure_read_json;
    return TRUE;
}

static Credentials *ask_portal(const ProviderContext *context, const SsoLogin *login,
                               const Secret *token, const char *name, GCancellable *cancellable,
                               GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *where = provider_where(context, "sso_role_name");
    g_autofree char *what = g_strdup_printf("%s: cannot get credentials for sso_role_name %s",
                                            where, provider_setting(context, "sso_role_name"));
    g_auto(AwsRequest) request = {.what = what};
    g_auto(HttpResponse) response = {0};
    if (!prepare(context, login, token, &request, error))
        return NULL;
    g_autoptr(AwsClient) client = aws_client_new(NULL);
    aws_client_set_profile(client, context->chosen);
    aws_client_set_hooks(client, context->hooks);
    if (aws_send(client, &request, &response, cancellable, &failure))
        return read_answer(&response, name, what, error);
    g_autofree char *remedy = sso_token_remedy(context, login);
    if (response.status == 401)
        g_set_error(error, RS_ERROR, RS_ERROR_AUTH, "%s; %s", failure->message, remedy);
    else
        g_propagate_error(error, g_steal_pointer(&failure));
    return NULL;
}

ProviderAnswer provider_sso(ProviderContext *context, const char *name, Credentials **credentials,
                            GCancellable *cancellable, GError **error)
{
    SsoLogin login = {0};
    if (provider_setting(context, "sso_session") == NULL &&
        provider_setting(context, "sso_start_url") == NULL)
        return PROVIDER_ABSENT;
    if (!read_login(context, &login, error))
        return PROVIDER_FAILED;
    g_autoptr(Secret) token = sso_token_get(context, &login, cancellable, error);
    if (token == NULL)
        return PROVIDER_FAILED;
    *credentials = ask_portal(context, &login, token, name, cancellable, error);
    return *credentials != NULL ? PROVIDER_ANSWERED : PROVIDER_FAILED;
}
