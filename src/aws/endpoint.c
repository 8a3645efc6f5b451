#include "aws/endpoint.h"

#include <string.h>

#include "aws/shared_config.h"
#include "base/error.h"
#include "base/text.h"

#define IGNORE "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
#define FIPS "AWS_USE_FIPS_ENDPOINT"
#define DUAL "AWS_USE_DUALSTACK_ENDPOINT"

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

/* "true" or "false". A word that somebody took for one of them must not turn FIPS off unheard. */
static gboolean read_flag(const char *source, const char *text, gboolean *flag, GError **error)
{
    gboolean yes = g_ascii_strcasecmp(text, "true") == 0;
    if (yes || g_ascii_strcasecmp(text, "false") == 0) {
        *flag = yes;
        return TRUE;
    }
    g_autofree char *shown = text_printable(text, -1);
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s: expected true or false, not \"%s\"", source,
                shown);
    return FALSE;
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

/* --- what is configured ------------------------------------------------------------------------ */

/* The environment and, once somebody asks for it, the shared config file. */
typedef struct {
    const char *aws_profile;
    SharedConfig *config; /* NULL: not read yet */
    char *profile;
} Settings;

static void settings_clear(Settings *settings)
{
    g_clear_pointer(&settings->config, shared_config_free);
    g_free(settings->profile);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Settings, settings_clear)

static gboolean need_config(Settings *settings, GError **error)
{
    if (settings->config == NULL) {
        settings->config = shared_config_load(error);
        settings->profile = shared_config_chosen_profile(settings->aws_profile);
    }
    return settings->config != NULL;
}

static const char *variable(const char *name)
{
    const char *value = g_getenv(name);
    return value != NULL && *value != '\0' ? value : NULL;
}

/* A switch of the environment, else of the profile. */
static gboolean find_flag(Settings *settings, const char *name, const char *key, gboolean *flag,
                          GError **error)
{
    const char *text = variable(name);
    if (text != NULL)
        return read_flag(name, text, flag, error);
    if (!need_config(settings, error))
        return FALSE;
    text = shared_config_get(settings->config, settings->profile, key, NULL);
    if (text == NULL || *text == '\0')
        return TRUE;
    g_autofree char *where = shared_config_where(settings->config, settings->profile, key);
    return read_flag(where, text, flag, error);
}

static void choose_url(EndpointChoice *choice, const char *url, char *source)
{
    choice->url = g_strdup(url);
    choice->source = source;
}

/* [services NAME] of the profile, for that service. FALSE only when the profile names one in vain. */
static gboolean url_of_services(const Settings *settings, const EndpointService *service,
                                EndpointChoice *choice, GError **error)
{
    const SharedConfig *config = settings->config;
    const char *name = shared_config_get(config, settings->profile, "services", NULL);
    if (name == NULL || *name == '\0')
        return TRUE;
    if (!shared_config_has_services(config, name)) {
        g_autofree char *where = shared_config_where(config, settings->profile, "services");
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s: there is no [services %s] in %s", where,
                    name, shared_config_path(config, SHARED_CONFIG_FILE));
        return FALSE;
    }
    g_autofree char *id = g_ascii_strdown(service->id, -1);
    g_autofree char *key = g_strconcat(id, ".endpoint_url", NULL);
    const char *url = shared_config_get_services(config, name, key);
    if (url != NULL && *url != '\0')
        choose_url(choice, url,
                   g_strdup_printf("%s, [services %s]: endpoint_url of %s",
                                   shared_config_path(config, SHARED_CONFIG_FILE), name, id));
    return TRUE;
}

static gboolean url_of_profile(Settings *settings, const EndpointService *service,
                               EndpointChoice *choice, GError **error)
{
    if (!need_config(settings, error) || !url_of_services(settings, service, choice, error))
        return FALSE;
    const char *url = shared_config_get(settings->config, settings->profile, "endpoint_url", NULL);
    if (choice->url == NULL && url != NULL && *url != '\0')
        choose_url(choice, url,
                   shared_config_where(settings->config, settings->profile, "endpoint_url"));
    return TRUE;
}

static gboolean find_url(Settings *settings, const EndpointService *service, EndpointChoice *choice,
                         GError **error)
{
    g_autofree char *own = g_strconcat("AWS_ENDPOINT_URL_", service->id, NULL);
    const char *const names[] = {own, "AWS_ENDPOINT_URL"};
    gboolean ignored = FALSE;
    if (variable(IGNORE) != NULL && !read_flag(IGNORE, variable(IGNORE), &ignored, error))
        return FALSE;
    for (gsize i = 0; !ignored && choice->url == NULL && i < G_N_ELEMENTS(names); i++)
        if (variable(names[i]) != NULL)
            choose_url(choice, variable(names[i]), g_strdup(names[i]));
    if (choice->url != NULL || ignored)
        return TRUE;
    return find_flag(settings, IGNORE, "ignore_configured_endpoint_urls", &ignored, error) &&
           (ignored || url_of_profile(settings, service, choice, error));
}

/* A file is read only where the environment leaves a question open: a damaged one is no obstacle to those
 * who do not need it. */
static gboolean find_variant(Settings *settings, EndpointChoice *choice, GError **error)
{
    const char *fips = variable(FIPS), *dual = variable(DUAL);
    if (choice->url == NULL)
        return find_flag(settings, FIPS, "use_fips_endpoint", &choice->fips, error) &&
               find_flag(settings, DUAL, "use_dualstack_endpoint", &choice->dual, error);
    if ((fips != NULL && !read_flag(FIPS, fips, &choice->fips, error)) ||
        (dual != NULL && !read_flag(DUAL, dual, &choice->dual, error)))
        return FALSE;
    if (!choice->fips && !choice->dual)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                "%s cannot be combined with %s; unset one of them", choice->source,
                choice->fips ? FIPS : DUAL);
    return FALSE;
}

gboolean endpoint_choose(const EndpointService *service, const char *explicit_url,
                         const char *aws_profile, EndpointChoice *choice, GError **error)
{
    g_auto(Settings) settings = {.aws_profile = aws_profile};
    g_auto(Endpoint) tried = {0};
    memset(choice, 0, sizeof *choice);
    if (explicit_url != NULL && *explicit_url != '\0')
        choose_url(choice, explicit_url, g_strdup("endpoint_url"));
    else if (!find_url(&settings, service, choice, error))
        return FALSE;
    return find_variant(&settings, choice, error) &&
           (choice->url == NULL || endpoint_parse(choice->url, choice->source, &tried, error));
}

void endpoint_choice_clear(EndpointChoice *choice)
{
    g_free(choice->url);
    g_free(choice->source);
    memset(choice, 0, sizeof *choice);
}

/* --- the endpoint ------------------------------------------------------------------------------ */

gboolean endpoint_resolve(const EndpointService *service, const EndpointChoice *choice,
                          const char *region, Endpoint *endpoint, GError **error)
{
    memset(endpoint, 0, sizeof *endpoint);
    if (!endpoint_is_region(region)) {
        g_autofree char *shown = text_printable(region, -1);
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                    "\"%s\" is not an AWS Region; expected a name such as us-east-1", shown);
        return FALSE;
    }
    if (choice->url != NULL)
        return endpoint_parse(choice->url, choice->source, endpoint, error);
    if (choice->fips && g_str_has_prefix(region, "cn-") && strcmp(service->prefix, "s3") == 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                    "S3 has no FIPS endpoint in %s; unset " FIPS " and use_fips_endpoint", region);
        return FALSE;
    }
    endpoint->scheme = g_strdup("https");
    endpoint->host = regional_host(service, region, choice->fips, choice->dual);
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
