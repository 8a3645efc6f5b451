#include "aws/endpoint.h"

#include <string.h>

#include "aws/shared_config.h"
#include "base/error.h"

/* The first row whose prefix fits; Regions that no row knows belong to the last, "aws". */
typedef struct {
    const char *region_prefix, *dns, *dual_dns;
} Partition;

static const Partition partitions[] = {
    {"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    {"us-gov-", "amazonaws.com", "api.aws"},
    {"eusc-", "amazonaws.eu", "api.amazonwebservices.eu"},
    {"us-iso-", "c2s.ic.gov", "api.aws.ic.gov"},
    {"us-isob-", "sc2s.sgov.gov", "api.aws.scloud"},
    {"eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
    {"us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
    {"", "amazonaws.com", "api.aws"},
};

/* Services whose FIPS host in aws-us-gov is their ordinary one. */
static const char *const gov_without_fips[] = {"redshift", "sts", "elasticmapreduce", "portal.sso",
                                               "oidc"};

static const Partition *partition_of(const char *region)
{
    const Partition *partition = partitions;
    while (!g_str_has_prefix(region, partition->region_prefix))
        partition++;
    return partition;
}

static gboolean is_true(const char *variable)
{
    const char *value = g_getenv(variable);
    return value != NULL && g_ascii_strcasecmp(value, "true") == 0;
}

static gboolean bad_url(const char *url, const char *source, const char *why, GError **error)
{
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                "%s: \"%s\" is not an endpoint URL (%s); expected http[s]://host[:port]", source,
                url, why);
    return FALSE;
}

gboolean endpoint_parse(const char *url, const char *source, Endpoint *endpoint, GError **error)
{
    g_autofree char *scheme = NULL, *user = NULL, *host = NULL, *path = NULL, *query = NULL,
                    *fragment = NULL;
    g_autoptr(GError) why = NULL;
    int port = -1;
    memset(endpoint, 0, sizeof *endpoint);
    if (!g_uri_split(url, G_URI_FLAGS_ENCODED, &scheme, &user, &host, &port, &path, &query,
                     &fragment, &why))
        return bad_url(url, source, why->message, error);
    if (g_strcmp0(scheme, "http") != 0 && g_strcmp0(scheme, "https") != 0)
        return bad_url(url, source, "the scheme must be http or https", error);
    if (host == NULL || *host == '\0')
        return bad_url(url, source, "it has no host", error);
    if (user != NULL || query != NULL || fragment != NULL)
        return bad_url(url, source, "it may hold no user, query or fragment", error);
    while (g_str_has_suffix(path, "/"))
        path[strlen(path) - 1] = '\0';
    g_autofree char *lower = g_ascii_strdown(host, -1);
    gboolean v6 = strchr(lower, ':') != NULL;
    gboolean plain_port = port == -1 || port == (strcmp(scheme, "http") == 0 ? 80 : 443);
    g_autofree char *suffix = plain_port ? g_strdup("") : g_strdup_printf(":%d", port);
    endpoint->host = g_strconcat(v6 ? "[" : "", lower, v6 ? "]" : "", suffix, NULL);
    endpoint->scheme = g_steal_pointer(&scheme);
    endpoint->path = g_steal_pointer(&path);
    endpoint->custom = TRUE;
    return TRUE;
}

gboolean endpoint_is_region(const char *region)
{
    gsize length = strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return length > 0 && length < 64 && region[length] == '\0';
}

char *endpoint_region(const char *explicit_region)
{
    const char *const choices[] = {explicit_region, g_getenv("AWS_REGION"),
                                   g_getenv("AWS_DEFAULT_REGION"), "us-east-1"};
    gsize i = 0;
    while (choices[i] == NULL || *choices[i] == '\0')
        i++;
    return g_strdup(choices[i]);
}

static char *regional_host(const EndpointService *service, const char *region, gboolean fips,
                           gboolean dual)
{
    const Partition *partition = partition_of(region);
    gboolean s3 = strcmp(service->prefix, "s3") == 0;
    gboolean own_dual = dual && !s3 && strcmp(service->prefix, "secretsmanager") != 0;
    if (fips && strcmp(partition->region_prefix, "us-gov-") == 0)
        for (gsize i = 0; i < G_N_ELEMENTS(gov_without_fips); i++)
            fips = fips && strcmp(service->prefix, gov_without_fips[i]) != 0;
    return g_strdup_printf("%s%s%s.%s.%s", service->prefix, fips ? "-fips" : "",
                           dual && s3 ? ".dualstack" : "", region,
                           own_dual ? partition->dual_dns : partition->dns);
}

/* The override that is configured, and where; NULL: none. */
static const char *override_url(const EndpointService *service, const char *explicit_url,
                                char **source)
{
    if (explicit_url != NULL && *explicit_url != '\0') {
        *source = g_strdup("endpoint_url");
        return explicit_url;
    }
    if (is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"))
        return NULL;
    g_autofree char *own = g_strconcat("AWS_ENDPOINT_URL_", service->id, NULL);
    const char *const variables[] = {own, "AWS_ENDPOINT_URL"};
    for (gsize i = 0; i < G_N_ELEMENTS(variables); i++) {
        const char *value = g_getenv(variables[i]);
        if (value != NULL && *value != '\0') {
            *source = g_strdup(variables[i]);
            return value;
        }
    }
    return NULL;
}

gboolean endpoint_override(const EndpointService *service, const char *explicit_url,
                           const char *aws_profile, char **url, GError **error)
{
    g_autofree char *source = NULL;
    const char *first = override_url(service, explicit_url, &source);
    *url = NULL;
    if (first != NULL || is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) {
        *url = g_strdup(explicit_url);
        return TRUE;
    }
    g_autoptr(SharedConfig) config = shared_config_load(error);
    if (config == NULL)
        return FALSE;
    g_autofree char *profile = shared_config_chosen_profile(aws_profile);
    g_autofree char *key = g_ascii_strdown(service->id, -1);
    *url = g_strdup(shared_config_endpoint_url(config, profile, key));
    return TRUE;
}

gboolean endpoint_resolve(const EndpointService *service, const char *explicit_url,
                          const char *region, Endpoint *endpoint, GError **error)
{
    gboolean fips = is_true("AWS_USE_FIPS_ENDPOINT"), dual = is_true("AWS_USE_DUALSTACK_ENDPOINT");
    g_autofree char *source = NULL;
    memset(endpoint, 0, sizeof *endpoint);
    if (!endpoint_is_region(region)) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                    "\"%s\" is not an AWS Region; expected a name such as us-east-1", region);
        return FALSE;
    }
    const char *url = override_url(service, explicit_url, &source);
    if (url != NULL && (fips || dual)) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                    "%s cannot be combined with %s; unset one of them", source,
                    fips ? "AWS_USE_FIPS_ENDPOINT" : "AWS_USE_DUALSTACK_ENDPOINT");
        return FALSE;
    }
    if (url != NULL)
        return endpoint_parse(url, source, endpoint, error);
    endpoint->scheme = g_strdup("https");
    endpoint->host = regional_host(service, region, fips, dual);
    endpoint->path = g_strdup("");
    return TRUE;
}

void endpoint_clear(Endpoint *endpoint)
{
    g_free(endpoint->scheme);
    g_free(endpoint->host);
    g_free(endpoint->path);
    memset(endpoint, 0, sizeof *endpoint);
}
