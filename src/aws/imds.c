#include "aws/imds.h"

#include <string.h>

#include "aws/endpoint.h"
#include "base/error.h"
#include "base/secret.h"

#define IPV4_ENDPOINT "http://169.254.169.254"
#define IPV6_ENDPOINT "http://[fd00:ec2::254]"
#define TOKEN_SECONDS "21600"
#define PAUSE_MS 1000
#define ANSWER_LIMIT (64 << 10)

struct Imds {
    HttpClient *http;
    const AwsHooks *hooks;
    char *origin; /* scheme, host and path, without a slash at its end */
    guint connect_ms, total_ms, attempts;
    gboolean v1_allowed;
    gboolean v1;   /* version 2 is not offered, and we may do without */
    Secret *token; /* NULL: none yet */
};

/* --- settings ---------------------------------------------------------------------------------- */

static const char *either(const SharedConfig *config, const char *profile, const char *variable,
                          const char *key)
{
    const char *value = g_getenv(variable);
    if (value != NULL && *value != '\0')
        return value;
    value = config != NULL ? shared_config_get(config, profile, key, NULL) : NULL;
    return value != NULL && *value != '\0' ? value : NULL;
}

static gboolean read_number(const char *variable, guint64 most, guint64 *number, GError **error)
{
    const char *text = g_getenv(variable);
    if (text == NULL || *text == '\0' ||
        g_ascii_string_to_unsigned(text, 10, 1, most, number, NULL))
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                "%s is \"%s\"; expected a number from 1 to %" G_GUINT64_FORMAT, variable, text,
                most);
    return FALSE;
}

static gboolean find_endpoint(Imds *imds, const SharedConfig *config, const char *profile,
                              GError **error)
{
    g_auto(Endpoint) endpoint = {0};
    const char *mode = either(config, profile, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                              "ec2_metadata_service_endpoint_mode");
    const char *url = either(config, profile, "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                             "ec2_metadata_service_endpoint");
    gboolean ipv6 = mode != NULL && g_ascii_strcasecmp(mode, "IPv6") == 0;
    if (mode != NULL && !ipv6 && g_ascii_strcasecmp(mode, "IPv4") != 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE is \"%s\"; expected IPv4 or IPv6",
                    mode);
        return FALSE;
    }
    if (url == NULL)
        url = ipv6 ? IPV6_ENDPOINT : IPV4_ENDPOINT;
    if (!endpoint_parse(url, "AWS_EC2_METADATA_SERVICE_ENDPOINT", &endpoint, error))
        return FALSE;
    imds->origin = g_strconcat(endpoint.scheme, "://", endpoint.host, endpoint.path, NULL);
    return TRUE;
}

Imds *imds_new(const SharedConfig *config, const char *profile, HttpClient *http,
               const AwsHooks *hooks, GError **error)
{
    const char *off = g_getenv("AWS_EC2_METADATA_DISABLED");
    guint64 seconds = 0, attempts = 2;
    if (off != NULL && g_ascii_strcasecmp(off, "true") == 0) {
        g_set_error_literal(error, RS_ERROR, RS_ERROR_UNSUPPORTED,
                            "AWS_EC2_METADATA_DISABLED is true");
        return NULL;
    }
    const char *v1_disabled =
        either(config, profile, "AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled");
    if (!read_number("AWS_METADATA_SERVICE_TIMEOUT", 60, &seconds, error) ||
        !read_number("AWS_METADATA_SERVICE_NUM_ATTEMPTS", 20, &attempts, error))
        return NULL;
    g_autoptr(Imds) imds = g_new0(Imds, 1);
    imds->http = http;
    imds->hooks = hooks;
    imds->connect_ms = seconds != 0 ? (guint)seconds * 1000 : 1000;
    imds->total_ms = seconds != 0 ? (guint)seconds * 1000 : 2000;
    imds->attempts = (guint)attempts;
    imds->v1_allowed = v1_disabled != NULL && g_ascii_strcasecmp(v1_disabled, "false") == 0;
    return find_endpoint(imds, config, profile, error) ? g_steal_pointer(&imds) : NULL;
}

void imds_free(Imds *imds)
{
    if (imds == NULL)
        return;
    secret_unref(imds->token);
    g_free(imds->origin);
    g_free(imds);
}

/* --- asking ------------------------------------------------------------------------------------ */

/* One exchange, repeated while nobody answers or the service is out of order. */
static gboolean exchange(Imds *imds, const char *method, const char *path, const char *header,
                         const char *value, HttpResponse *response, GCancellable *cancellable,
                         GError **error)
{
    g_autofree char *url = g_strconcat(imds->origin, path, NULL);
    g_autoptr(GPtrArray) headers = sigv4_headers_new();
    if (header != NULL)
        sigv4_headers_add(headers, header, value);
    HttpRequest request = {.method = method,
                           .url = url,
                           .headers = headers,
                           .connect_ms = imds->connect_ms,
                           .total_ms = imds->total_ms,
                           .max_body = ANSWER_LIMIT};
    for (guint attempt = 1;; attempt++) {
        g_autoptr(GError) lost = NULL;
        http_response_clear(response);
        gboolean answered = http_send(imds->http, &request, response, cancellable, &lost);
        gboolean again = answered ? response->status >= 500 : rs_error_is_retryable(lost);
        if (again && attempt < imds->attempts) {
            aws_hooks_sleep(imds->hooks, PAUSE_MS, cancellable);
            continue;
        }
        if (!answered)
            g_propagate_error(error, g_steal_pointer(&lost));
        return answered;
    }
}

static gboolean refuse(RsErrorCode code, const char *what, int status, GError **error)
{
    g_set_error(error, RS_ERROR, (int)code, "the instance metadata service %s (HTTP %d)", what,
                status);
    return FALSE;
}

static gboolean do_without_token(Imds *imds, const char *why, GError **error)
{
    if (imds->v1_allowed) {
        imds->v1 = TRUE;
        return TRUE;
    }
    g_set_error(error, RS_ERROR, RS_ERROR_CONNECT,
                "no session token from the instance metadata service: %s. Inside a container its "
                "answer needs a hop limit of at least 2; version 1 is asked only with "
                "AWS_EC2_METADATA_V1_DISABLED=false",
                why);
    return FALSE;
}

static gboolean take_token(Imds *imds, GCancellable *cancellable, GError **error)
{
    g_autoptr(GError) lost = NULL;
    g_auto(HttpResponse) response = {0};
    if (imds->v1 || imds->token != NULL)
        return TRUE;
    if (!exchange(imds, "PUT", "/latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds",
                  TOKEN_SECONDS, &response, cancellable, &lost)) {
        if (!rs_error_is_cancelled(lost))
            return do_without_token(imds, lost->message, error);
        g_propagate_error(error, g_steal_pointer(&lost));
        return FALSE;
    }
    g_autofree char *status = g_strdup_printf("HTTP %d", response.status);
    const char *token = http_response_text(&response);
    if (response.status == 403 || response.status == 404 || response.status == 405)
        return do_without_token(imds, status, error);
    if (response.status != 200)
        return refuse(response.status >= 500 ? RS_ERROR_TRANSIENT : RS_ERROR_AUTH,
                      "refused to give a session token", response.status, error);
    if (*token == '\0' || strpbrk(token, "\r\n") != NULL || strlen(token) != response.body->len)
        return refuse(RS_ERROR_CORRUPT, "gave a token that is none", response.status, error);
    imds->token = secret_new(token, -1);
    return TRUE;
}

static gboolean ask(Imds *imds, const char *path, HttpResponse *response, GCancellable *cancellable,
                    GError **error)
{
    g_autofree char *full = g_strconcat("/latest/meta-data/", path, NULL);
    return take_token(imds, cancellable, error) &&
           exchange(imds, "GET", full, imds->token != NULL ? "X-aws-ec2-metadata-token" : NULL,
                    secret_peek(imds->token), response, cancellable, error);
}

static char *text_of(HttpResponse *response, const char *path, GError **error)
{
    g_autofree char *what = g_strdup_printf("has no %s", path);
    int status = response->status;
    char *text = NULL;
    if (status == 404)
        refuse(RS_ERROR_NOT_FOUND, what, status, error);
    else if (status != 200)
        refuse(status >= 500 ? RS_ERROR_TRANSIENT : RS_ERROR_AUTH, "refused to answer", status,
               error);
    else if (strlen(http_response_text(response)) != response->body->len)
        refuse(RS_ERROR_CORRUPT, "answered with no text", status, error);
    else
        text = g_strstrip(g_strdup(http_response_text(response)));
    if (response->body->len > 0)
        explicit_bzero(response->body->data, response->body->len);
    return text;
}

char *imds_get(Imds *imds, const char *path, GCancellable *cancellable, GError **error)
{
    g_auto(HttpResponse) response = {0};
    if (!ask(imds, path, &response, cancellable, error))
        return NULL;
    if (response.status == 401 && imds->token != NULL) { /* it has expired */
        g_clear_pointer(&imds->token, secret_unref);
        if (!ask(imds, path, &response, cancellable, error))
            return NULL;
    }
    return text_of(&response, path, error);
}
