/*
 * imds: what an EC2 instance can be asked about itself, version 2 of its metadata service.
 *
 * Each question is preceded by one for a session token; an old token is replaced once. Without tokens
 * (version 1) nothing is asked, since any program that can be tricked into a GET could do so too, unless
 * AWS_EC2_METADATA_V1_DISABLED or the profile's ec2_metadata_v1_disabled says "false".
 *
 * AWS_EC2_METADATA_DISABLED=true turns it off. AWS_EC2_METADATA_SERVICE_ENDPOINT names another address,
 * AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPv6 its IPv6 one; the profile's ec2_metadata_service_endpoint
 * and ec2_metadata_service_endpoint_mode likewise.
 *
 * Limits:  1 s to connect, 2 s in all, two attempts; AWS_METADATA_SERVICE_TIMEOUT (seconds) and
 *          AWS_METADATA_SERVICE_NUM_ATTEMPTS set others. Never through a proxy.
 * Source:  EC2 user guide, "Use the Instance Metadata Service".
 * Errors:  RS_ERROR_UNSUPPORTED (turned off), RS_ERROR_CONNECT (nobody there), RS_ERROR_NOT_FOUND (no such
 *          item), RS_ERROR_CONFIG (a bad address or number), RS_ERROR_AUTH (refused), RS_ERROR_TRANSIENT.
 * Threads: an Imds belongs to one thread.
 */
#ifndef REDSMITH_AWS_IMDS_H
#define REDSMITH_AWS_IMDS_H

#include "aws/hooks.h"
#include "aws/http.h"
#include "aws/shared_config.h"

typedef struct Imds Imds;

/* Borrows http; config and profile are read at once. */
Imds *imds_new(const SharedConfig *config, const char *profile, HttpClient *http,
               const AwsHooks *hooks, GError **error);
void imds_free(Imds *imds);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Imds, imds_free)

/* The text of /latest/meta-data/<path>, without blanks at its ends. Free with g_free. */
char *imds_get(Imds *imds, const char *path, GCancellable *cancellable, GError **error);

#endif
