/*
 * sts_server: AssumeRole, AssumeRoleWithWebIdentity and GetCallerIdentity.
 *
 * Any role of the sandbox's own account may be assumed; one of another account is AccessDenied. The keys
 * are kept by sandbox/issued_keys and open every service of the endpoint until they expire: after
 * DurationSeconds (900 to 43,200, at most an hour from a role to a role), or earlier when a fault rule
 * says so:
 *     sts AssumeRole ttl_s=2
 * An MFA device shows the code 123456. A web identity token is a JWT that has not expired; nobody's
 * signature on it is checked, since there is no identity provider. Session policies, tags and source
 * identities are refused: the sandbox has no policies that they could restrict.
 *
 * Source:  AWS Security Token Service API reference.
 * Threads: as sandbox/http_exchange.
 */
#ifndef REDSMITH_SANDBOX_STS_SERVER_H
#define REDSMITH_SANDBOX_STS_SERVER_H

#include "sandbox/http_exchange.h"

/* Checks the signature, but for AssumeRoleWithWebIdentity, which has none. */
void sts_server_begin(HttpExchange *exchange);
void sts_server_finish(HttpExchange *exchange);

#endif
