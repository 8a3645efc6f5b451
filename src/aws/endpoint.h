/*
 * endpoint: which host speaks for a service in a Region.
 *
 * An override wins: the caller's own URL, AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, [services x] of the
 * AWS profile and its endpoint_url (all but the first not when AWS_IGNORE_CONFIGURED_ENDPOINT_URLS or
 * ignore_configured_endpoint_urls is true). Otherwise the Regional host of the Region's partition, with
 * AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT, or use_fips_endpoint and use_dualstack_endpoint of
 * the profile, honoured. An override goes with neither; one of the caller or the environment leaves what a
 * file says of them unread.
 *
 * Example:
 *     g_auto(EndpointChoice) choice = {0};
 *     g_auto(Endpoint) endpoint = {0};
 *     if (endpoint_choose(&service, profile->endpoint_url, profile->aws_profile, &choice, &error) &&
 *         endpoint_resolve(&service, &choice, "eu-west-1", &endpoint, &error)) ...
 *
 * Source:   AWS SDKs and Tools Reference Guide, "Service-specific endpoints"; the botocore rule sets.
 * Threads:  endpoint_choose reads the environment and the shared config file; the rest is pure.
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

/* What is configured for a service, whatever the Region. */
typedef struct {
    char *url; /* NULL: AWS's own hosts */
    char
        *source; /* where the URL is written: "AWS_ENDPOINT_URL"; "FILE, profile x: endpoint_url" */
    gboolean fips, dual;
} EndpointChoice;

void endpoint_choice_clear(EndpointChoice *choice);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(EndpointChoice, endpoint_choice_clear)

/* explicit_url NULL: none; aws_profile NULL: the chosen one, see shared_config. RS_ERROR_CONFIG names where
 * a bad URL or switch stands, and FIPS or dual stack together with an override. */
gboolean endpoint_choose(const EndpointService *service, const char *explicit_url,
                         const char *aws_profile, EndpointChoice *choice, GError **error);

/* The endpoint in that Region. RS_ERROR_CONFIG for what is no Region, and where there is no such host. */
gboolean endpoint_resolve(const EndpointService *service, const EndpointChoice *choice,
                          const char *region, Endpoint *endpoint, GError **error);

/* explicit, else AWS_REGION, AWS_DEFAULT_REGION, "us-east-1". Free with g_free. */
char *endpoint_region(const char *explicit_region);

/* Letters, digits and '-': nothing that could lead a host name astray. */
gboolean endpoint_is_region(const char *region);

#endif
