/*
 * host: what the name of a Redshift endpoint tells.
 *
 *     CLUSTER.HASH.REGION.redshift.amazonaws.com                a provisioned cluster
 *     WORKGROUP.ACCOUNT.REGION.redshift-serverless.amazonaws.com   a Serverless workgroup
 *
 * and the same under amazonaws.com.cn. A custom domain name tells nothing.
 *
 * Source:  Redshift management guide, "Finding your cluster connection string".
 * Threads: pure.
 */
#ifndef REDSMITH_CONFIG_HOST_H
#define REDSMITH_CONFIG_HOST_H

#include <glib.h>

typedef struct {
    char *cluster, *workgroup; /* one of them, or none */
    char *region;
} HostParts;

/* All NULL for a host that is not of AWS. Clear with host_parts_clear. */
HostParts host_parse(const char *host);
void host_parts_clear(HostParts *parts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HostParts, host_parts_clear)

#endif
