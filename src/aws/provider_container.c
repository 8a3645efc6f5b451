#include <string.h>

#include "aws/endpoint.h"
#include "aws/provider.h"
#include "aws/secret_json.h"
#include "base/error.h"
#include "base/text.h"

#define RELATIVE "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
#define FULL "AWS_CONTAINER_CREDENTIALS_FULL_URI"
#define TOKEN "AWS_CONTAINER_AUTHORIZATION_TOKEN"
#define TOKEN_FILE "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
#define ECS_ENDPOINT "http://169.254.170.2"

#define ATTEMPTS 3
#define PAUSE_MS 1000
#define CONNECT_MS 1000
#define TOTAL_MS 2000
#define ANSWER_LIMIT (64 << 10)

/* Over plain http the token and the keys may only travel inside the machine. */
static const char *const plain_hosts[] = {"169.254.170.2", "169.254.170.23", "fd00:ec2::23",
                                          "localhost", NULL};

static gboolean host_is_allowed(const char *host)
{
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(host);
    return g_strv_contains(plain_hosts, host) ||
           (address != NULL && g_inet_address_get_is_loopback(address));
}

static gboolean check_url(const char *url, GError **error)
{
    g_autofree char *scheme = NULL, *user = NULL, *host = NULL;
    gboolean read =
        g_uri_split(url, G_URI_FLAGS_ENCODED, &scheme, &user, &host, NULL, NULL, NULL, NULL, NULL);
    if (!read || host == NULL || *host == '\0' || user != NULL ||
        (g_strcmp0(scheme, "http") != 0 && g_strcmp0(scheme, "https") != 0)) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                    FULL " is not a URL; expected http[s]://host[:port]/path");
        return FALSE;
    }
    g_autofree char *lower = g_ascii_strdown(host, -1);
    if (strcmp(scheme, "https") == 0 || host_is_allowed(lower))
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                FULL ": plain http is not allowed to %s, only to this machine and to the "
                     "addresses of ECS and EKS; use https",
                lower);
    return FALSE;
}

static char *find_url(const ProviderContext *context, GError **error)
{
    const char *relative = provider_variable(RELATIVE), *full = provider_variable(FULL);
    const char *base = context->settings->container_endpoint;
    if (relative != NULL && *relative != '/') {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                    RELATIVE " is \"%s\"; expected a path that begins with /", relative);
        return NULL;
    }
    if (relative != NULL)
        return g_strconcat(base != NULL ? base : ECS_ENDPOINT, relative, NULL);
    return check_url(full, error) ? g_strdup(full) : NULL;
}

/* The Authorization header, or NULL without an error when none is wanted. */
static Secret *find_token(GError **error)
{
    const char *path = provider_variable(TOKEN_FILE), *token = provider_variable(TOKEN);
    g_autoptr(Secret) secret =
        path != NULL ? provider_read_token_file(path, TOKEN_FILE, error) : secret_new(token, -1);
    if (secret == NULL || strpbrk(secret_peek(secret), "\r\n") == NULL)
        return g_steal_pointer(&secret);
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s holds a line end, which no header may",
                path != NULL ? TOKEN_FILE : TOKEN);
    return NULL;
}

/* "code: message" of an error document, or NULL. */
static char *refusal_text(HttpResponse *response)
{
    cJSON *object = secret_json_parse(http_response_text(response), response->body->len);
    const char *code = secret_json_text(object, "code");
    const char *message = secret_json_text(object, "message");
    g_autofree char *text =
        code != NULL || message != NULL
            ? g_strconcat(code != NULL ? code : "", code != NULL && message != NULL ? ": " : "",
                          message, NULL)
            : NULL;
    secret_json_free(object);
    return text != NULL ? text_printable(text, -1) : NULL;
}

static Credentials *read_answer(HttpResponse *response, const char *what, const char *name,
                                GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (response->status != 200) {
        g_autofree char *text = refusal_text(response);
        RsErrorCode code = response->status >= 500   ? RS_ERROR_TRANSIENT
                           : response->status == 404 ? RS_ERROR_NOT_FOUND
                                                     : RS_ERROR_AUTH;
        g_set_error(error, RS_ERROR, (int)code, "%s: HTTP %d%s%s%s", what, response->status,
                    text != NULL ? ", " : "", text != NULL ? text : "",
                    response->status == 401 || response->status == 403 ? "; check " TOKEN
                                                                         " and " TOKEN_FILE
                                                                       : "");
        return NULL;
    }
    g_autofree char *document = g_strconcat(what, ": the answer", NULL);
    Credentials *credentials = provider_read_document(
        http_response_text(response), response->body->len, "Token", name, document, &failure);
    if (failure != NULL)
        g_propagate_error(error, g_steal_pointer(&failure));
    return credentials;
}

static Credentials *ask_once(ProviderContext *context, const char *url, const Secret *token,
                             const char *name, GCancellable *cancellable, GError **error)
{
    g_autoptr(GPtrArray) headers = sigv4_headers_new();
    g_auto(HttpResponse) response = {0};
    g_autofree char *what =
        g_strdup_printf("%s: cannot get credentials from the container endpoint",
                        provider_variable(RELATIVE) != NULL ? RELATIVE : FULL);
    sigv4_headers_add(headers, "Accept", "application/json");
    if (token != NULL)
        sigv4_headers_add(headers, "Authorization", secret_peek(token));
    HttpRequest request = {.method = "GET",
                           .url = url,
                           .headers = headers,
                           .connect_ms = CONNECT_MS,
                           .total_ms = TOTAL_MS,
                           .max_body = ANSWER_LIMIT};
    gboolean answered = http_send(context->http, &request, &response, cancellable, error);
    if (!answered)
        g_prefix_error(error, "%s: ", what);
    Credentials *credentials = answered ? read_answer(&response, what, name, error) : NULL;
    if (response.body->len > 0)
        explicit_bzero(response.body->data, response.body->len);
    return credentials;
}

static Credentials *ask(ProviderContext *context, const char *url, const Secret *token,
                        const char *name, GCancellable *cancellable, GError **error)
{
    for (int attempt = 1;; attempt++) {
        g_autoptr(GError) failure = NULL;
        Credentials *credentials = ask_once(context, url, token, name, cancellable, &failure);
        if (credentials != NULL)
            return credentials;
        if (attempt == ATTEMPTS || !rs_error_is_retryable(failure)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return NULL;
        }
        aws_hooks_sleep(context->hooks, PAUSE_MS, cancellable);
    }
}

ProviderAnswer provider_container(ProviderContext *context, const char *name,
                                  Credentials **credentials, GCancellable *cancellable,
                                  GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (provider_variable(RELATIVE) == NULL && provider_variable(FULL) == NULL)
        return PROVIDER_ABSENT;
    g_autofree char *url = find_url(context, error);
    if (url == NULL)
        return PROVIDER_FAILED;
    g_autoptr(Secret) token = find_token(&failure);
    if (failure != NULL) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return PROVIDER_FAILED;
    }
    *credentials = ask(context, url, token, name, cancellable, error);
    return *credentials != NULL ? PROVIDER_ANSWERED : PROVIDER_FAILED;
}
