/*
 * serverless_server: Redshift Serverless of the sandbox: GetCredentials, GetWorkgroup, ListWorkgroups,
 * GetNamespace, ListNamespaces. One workgroup and one namespace, which are the sandbox's own database.
 *
 * Source:  Redshift Serverless API reference, 2021-04-21.
 * Threads: any.
 */
#ifndef REDSMITH_SANDBOX_SERVERLESS_SERVER_H
#define REDSMITH_SANDBOX_SERVERLESS_SERVER_H

#include "sandbox/http_exchange.h"

void serverless_server_finish(HttpExchange *exchange);

#endif
