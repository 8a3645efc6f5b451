/*
 * secrets_server: Secrets Manager of the sandbox: the secrets of its one database user.
 *
 * "redsmith/sandbox" is what a person or the console makes (engine, host, port, username, password,
 * dbname, dbClusterIdentifier); "redshift!sandbox-cluster-awsuser" is what a managed cluster makes: user
 * name and password only. Both are made of the sandbox's state whenever they are asked for, so there is
 * nothing to write; operations that would are refused.
 *
 * Source:  Secrets Manager API reference, 2017-10-17; Redshift guide, "Using AWS Secrets Manager".
 * Threads: any.
 */
#ifndef REDSMITH_SANDBOX_SECRETS_SERVER_H
#define REDSMITH_SANDBOX_SECRETS_SERVER_H

#include "sandbox/http_exchange.h"

void secrets_server_finish(HttpExchange *exchange);

typedef enum { SECRET_OWN, SECRET_MANAGED, SECRET_COUNT } SandboxSecret;

/* The ARN, with the six letters that Secrets Manager ends it with. Free with g_free. */
char *secrets_arn(const SandboxState *state, SandboxSecret secret);

/* Which secret a name, a full ARN or an ARN without its last letters means; -1: none. */
int secrets_find(const SandboxState *state, const char *id);

#endif
