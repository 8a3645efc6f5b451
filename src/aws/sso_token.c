#include "aws/sso_token.h"

#include <string.h>

#include "aws/request.h"
#include "aws/secret_json.h"
#include "aws/small_file.h"
#include "base/error.h"
#include "base/log.h"

#define EARLY_SECONDS 900
#define PAUSE_SECONDS 60

static const EndpointService oidc = {"SSO_OIDC", "oidc"};

char *sso_token_path(const SsoLogin *login)
{
    const char *named = login->session != NULL ? login->session : login->start_url;
    g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA1, named, -1);
    g_autofree char *file = g_strconcat(sum, ".json", NULL);
    return g_build_filename(g_get_home_dir(), ".aws", "sso", "cache", file, NULL);
}

char *sso_token_remedy(const ProviderContext *context, const SsoLogin *login)
{
    if (login->session != NULL)
        return g_strdup_printf("run: aws sso login --sso-session %s", login->session);
    return g_strdup_printf("run: aws sso login --profile %s", context->profile);
}

static gint64 time_of(const cJSON *token, const char *name)
{
    const char *text = secret_json_text(token, name);
    return text != NULL ? provider_parse_time(text) : 0;
}

/* --- renewing ---------------------------------------------------------------------------------- */

static gboolean may_renew(const ProviderContext *context, const SsoLogin *login, const cJSON *token)
{
    gint64 now = aws_hooks_now(context->hooks);
    return login->session != NULL && secret_json_text(token, "refreshToken") != NULL &&
           secret_json_text(token, "clientId") != NULL &&
           secret_json_text(token, "clientSecret") != NULL &&
           time_of(token, "registrationExpiresAt") > now &&
           now - context->memory->sso_tried_at >= PAUSE_SECONDS;
}

/* The body of CreateToken; wiped and freed by the caller with cJSON_free. */
static char *renewal_request(const cJSON *token)
{
    static const char *const names[] = {"clientId", "clientSecret", "refreshToken"};
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "grantType", "refresh_token");
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        cJSON_AddStringToObject(object, names[i], secret_json_text(token, names[i]));
    char *text = cJSON_PrintUnformatted(object);
    secret_json_free(object);
    return text;
}

static cJSON *send_renewal(ProviderContext *context, const SsoLogin *login, const char *text,
                           GCancellable *cancellable, GError **error)
{
    g_auto(Endpoint) endpoint = {0};
    g_auto(EndpointChoice) choice = {0};
    if (!endpoint_choose(&oidc, NULL, context->chosen, &choice, error) ||
        !endpoint_resolve(&oidc, &choice, login->region, &endpoint, error))
        return NULL;
    g_autoptr(AwsClient) client = aws_client_new(NULL);
    aws_client_set_profile(client, context->chosen);
    aws_client_set_hooks(client, context->hooks);
    g_autoptr(GBytes) bytes = g_bytes_new_static(text, strlen(text));
    HttpBody body = {.bytes = bytes, .length = strlen(text)};
    g_auto(HttpResponse) response = {0};
    g_auto(AwsRequest) request = {.what = "cannot renew the single sign-on token",
                                  .method = "POST",
                                  .scheme = g_steal_pointer(&endpoint.scheme),
                                  .host = g_steal_pointer(&endpoint.host),
                                  .path = g_strconcat(endpoint.path, "/token", NULL),
                                  .headers = sigv4_headers_new(),
                                  .body = &body,
                                  .once = TRUE, /* a refresh token may be good for one use */
                                  .total_ms = 30 * 1000,
                                  .read_failure = aws_failure_read_json};
    sigv4_headers_add(request.headers, "Content-Type", "application/json");
    cJSON *answer = NULL;
    if (aws_send(client, &request, &response, cancellable, error)) {
        answer = secret_json_parse(http_response_text(&response), response.body->len);
        if (answer == NULL)
            g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "%s: the answer is not a JSON object",
                        request.what);
    }
    if (response.body != NULL && response.body->len > 0)
        explicit_bzero(response.body->data, response.body->len);
    return answer;
}

static void set_text(cJSON *object, const char *name, const char *text)
{
    cJSON *old = cJSON_DetachItemFromObjectCaseSensitive(object, name);
    secret_json_free(old);
    cJSON_AddStringToObject(object, name, text);
}

/* The other members of the file stay as they are: they belong to the tool that logged in. */
static gboolean merge_renewal(cJSON *token, const cJSON *answer, gint64 now, GError **error)
{
    const char *access = secret_json_text(answer, "accessToken");
    const char *refresh = secret_json_text(answer, "refreshToken");
    const cJSON *seconds = cJSON_GetObjectItemCaseSensitive(answer, "expiresIn");
    if (access == NULL || !cJSON_IsNumber(seconds) || seconds->valuedouble < 1 ||
        seconds->valuedouble > 366.0 * 86400) {
        g_set_error_literal(error, RS_ERROR, RS_ERROR_CORRUPT,
                            "the renewed single sign-on token lacks accessToken or expiresIn");
        return FALSE;
    }
    g_autoptr(GDateTime) end = g_date_time_new_from_unix_utc(now + (gint64)seconds->valuedouble);
    g_autofree char *expires = g_date_time_format(end, "%Y-%m-%dT%H:%M:%SZ");
    set_text(token, "accessToken", access);
    set_text(token, "expiresAt", expires);
    if (refresh != NULL)
        set_text(token, "refreshToken", refresh);
    return TRUE;
}

/* A token that cannot be written back is still good for this process. */
static void write_back(const cJSON *token, const char *path)
{
    g_autoptr(GError) reason = NULL;
    char *text = cJSON_Print(token);
    if (!g_file_set_contents_full(path, text, -1,
                                  G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                  0600, &reason))
        log_write(LOG_LEVEL_WARNING, "the renewed single sign-on token was not kept: %s",
                  reason->message);
    explicit_bzero(text, strlen(text));
    cJSON_free(text);
}

static gboolean renew(ProviderContext *context, const SsoLogin *login, cJSON *token,
                      const char *path, GCancellable *cancellable, GError **error)
{
    char *text = renewal_request(token);
    context->memory->sso_tried_at = aws_hooks_now(context->hooks);
    cJSON *answer = send_renewal(context, login, text, cancellable, error);
    explicit_bzero(text, strlen(text));
    cJSON_free(text);
    gboolean good =
        answer != NULL && merge_renewal(token, answer, aws_hooks_now(context->hooks), error);
    secret_json_free(answer);
    if (good)
        write_back(token, path);
    return good;
}

/* --- the token --------------------------------------------------------------------------------- */

static cJSON *load(const ProviderContext *context, const SsoLogin *login, const char *path,
                   GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autofree char *remedy = sso_token_remedy(context, login);
    gsize length = 0;
    char *content = small_file_read(path, SMALL_FILE_LIMIT, &length, &reason);
    if (content == NULL) {
        gboolean absent = g_error_matches(reason, RS_ERROR, RS_ERROR_NOT_FOUND);
        g_autofree char *where = provider_where(context, "sso_start_url");
        g_set_error(error, RS_ERROR, absent ? RS_ERROR_AUTH : RS_ERROR_CONFIG,
                    absent ? "%s: nobody is logged in by single sign-on (no %s); %s"
                           : "%s: cannot read %s: %s",
                    where, path, absent ? remedy : reason->message);
        return NULL;
    }
    cJSON *token = secret_json_parse(content, length);
    if (secret_json_text(token, "accessToken") == NULL || time_of(token, "expiresAt") == 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                    "%s is not a single sign-on token (accessToken and expiresAt); %s", path,
                    remedy);
        secret_json_free(token);
        token = NULL;
    }
    small_file_free(content, length);
    return token;
}

/* Makes the token good, or says what to do. */
static gboolean freshen(ProviderContext *context, const SsoLogin *login, cJSON *token,
                        const char *path, GCancellable *cancellable, GError **error)
{
    g_autoptr(GError) failure = NULL;
    gint64 left = time_of(token, "expiresAt") - aws_hooks_now(context->hooks);
    if (left > EARLY_SECONDS)
        return TRUE;
    if (may_renew(context, login, token) &&
        renew(context, login, token, path, cancellable, &failure))
        return TRUE;
    if (left > 0) {
        if (failure != NULL)
            log_write(LOG_LEVEL_WARNING, "%s", failure->message);
        return TRUE;
    }
    if (failure != NULL && rs_error_is_cancelled(failure)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    g_autofree char *where = provider_where(context, "sso_start_url");
    g_autofree char *remedy = sso_token_remedy(context, login);
    g_set_error(error, RS_ERROR, RS_ERROR_AUTH,
                "%s: the single sign-on token has expired%s%s%s; %s", where,
                failure != NULL ? " (" : "", failure != NULL ? failure->message : "",
                failure != NULL ? ")" : "", remedy);
    return FALSE;
}

Secret *sso_token_get(ProviderContext *context, const SsoLogin *login, GCancellable *cancellable,
                      GError **error)
{
    g_autofree char *path = sso_token_path(login);
    cJSON *token = load(context, login, path, error);
    Secret *secret = NULL;
    if (token != NULL && freshen(context, login, token, path, cancellable, error))
        secret = secret_new(secret_json_text(token, "accessToken"), -1);
    secret_json_free(token);
    if (secret == NULL || strpbrk(secret_peek(secret), "\r\n") == NULL)
        return secret;
    secret_unref(secret);
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s: accessToken holds a line end", path);
    return NULL;
}
