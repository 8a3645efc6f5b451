/*
 * redshift_server: the Redshift control plane of the sandbox: DescribeClusters, GetClusterCredentials,
 * GetClusterCredentialsWithIAM. One cluster, CLUSTER_ID, which is the sandbox's own database.
 *
 * Source:  Redshift API reference, 2012-12-01.
 * Threads: any.
 */
#ifndef REDSMITH_SANDBOX_REDSHIFT_SERVER_H
#define REDSMITH_SANDBOX_REDSHIFT_SERVER_H

#include "sandbox/http_exchange.h"

void redshift_server_finish(HttpExchange *exchange);

#endif
