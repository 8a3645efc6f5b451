/*
 * http_auth: who is asking? Signature Version 4 in the Authorization header or in a presigned query.
 *
 * The one account is the sandbox's own: its key, and the temporary keys of sandbox/issued_keys until they
 * expire. The errors are those of the service that is asked (S3's codes, or the JSON and query
 * services').
 *
 * Threads: as http_exchange.
 */
#ifndef REDSMITH_SANDBOX_HTTP_AUTH_H
#define REDSMITH_SANDBOX_HTTP_AUTH_H

#include "sandbox/http_exchange.h"

/*
 * Checks the signature over the request with that payload hash. FALSE when it was refused: the exchange
 * is answered then. claim is filled on success; clear it with sigv4_claim_clear. exchange->caller is
 * set when the key is a temporary one.
 */
gboolean http_authenticate(HttpExchange *exchange, const char *payload_hash, SigV4Claim *claim);

/* The key that a claim was checked with. Borrows from both. */
SigV4Key http_key_of_claim(const HttpExchange *exchange, const SigV4Claim *claim);

#endif
