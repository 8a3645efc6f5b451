/*
 * endpoint: which host speaks for a service in a Region.
 *
 * An override wins: the caller's own URL, AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, and through
 * endpoint_override what the AWS profile says (all but the first not when
 * AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is true). Otherwise the Regional host of the Region's
 * partition, with AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT honoured.
 *
 * Source:   AWS SDKs and Tools Reference Guide, "Service-specific endpoints"; the botocore rule sets.
 * Threads:  pure apart from reading the environment and, endpoint_override, the shared config file.
 */
#ifndef REDSMITH_AWS_ENDPOINT_H
#define REDSMITH_AWS_ENDPOINT_H

#include <glib.h>

typedef struct {
    char *scheme; /* "http" or "https" */
    char
        *host; /* lower case, with the port unless it is the scheme's own: what is signed as Host */
    char *path;      /* prefix of every path, without a slash at its end; mostly "" */
    gboolean custom; /* an override, not an AWS host */
} Endpoint;

void endpoint_clear(Endpoint *endpoint);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Endpoint, endpoint_clear)

/* An http(s) URL without user, query or fragment; else RS_ERROR_CONFIG, naming `source` (where the URL
 * was written). */
gboolean endpoint_parse(const char *url, const char *source, Endpoint *endpoint, GError **error);

/* A service as the tables know it. */
typedef struct {
    const char *id;     /* "S3", "REDSHIFT_DATA": as in AWS_ENDPOINT_URL_<id> */
    const char *prefix; /* "s3", "redshift-data", "elasticmapreduce": first label of the host */
} EndpointService;

/* The endpoint of a service; explicit_url NULL: none. RS_ERROR_CONFIG for a bad URL or Region, and
 * for FIPS or dual stack together with an override. */
gboolean endpoint_resolve(const EndpointService *service, const char *explicit_url,
                          const char *region, Endpoint *endpoint, GError **error);

/*
 * What to hand to endpoint_resolve as explicit_url, so that the shared config file counts too: explicit_url
 * itself where there is one, NULL where the environment decides, else what the profile (NULL: the chosen
 * one, see shared_config) has for the service. RS_ERROR_CONFIG for a damaged file. Free with g_free.
 */
gboolean endpoint_override(const EndpointService *service, const char *explicit_url,
                           const char *aws_profile, char **url, GError **error);

/* explicit, else AWS_REGION, AWS_DEFAULT_REGION, "us-east-1". Free with g_free. */
char *endpoint_region(const char *explicit_region);

/* Letters, digits and '-': nothing that could lead a host name astray. */
gboolean endpoint_is_region(const char *region);

#endif
