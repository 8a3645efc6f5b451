/*
 * sigv4_verify: the service's side of Signature Version 4: what a request claims, and whether it holds.
 *
 * Two steps, because a server looks up the secret in between and has its own errors for an unknown key,
 * a foreign Region or a clock that is off:
 *     sigv4_claim_read(&request, &claim, &detail)      what is claimed, from header or query
 *     ... find the secret of claim.access_key_id, check claim.region, claim.time, claim.expires ...
 *     sigv4_verify(&request, &claim, secret, &result)  recomputed and compared
 * result holds our canonical request and string to sign, for the error answer.
 *
 * The request's path and query are the raw ones from the request line, its headers all that arrived.
 *
 * Threads: pure functions.
 */
#ifndef REDSMITH_AWS_SIGV4_VERIFY_H
#define REDSMITH_AWS_SIGV4_VERIFY_H

#include "aws/sigv4.h"

typedef enum {
    SIGV4_GOOD,
    SIGV4_UNSIGNED,        /* neither an Authorization header nor X-Amz-Signature */
    SIGV4_OTHER_ALGORITHM, /* signed, but not with AWS4-HMAC-SHA256 */
    SIGV4_MALFORMED,       /* a part is missing or cannot be read; detail names it */
    SIGV4_UNSIGNED_HEADER, /* host or an x-amz-* header came unsigned; detail names it */
    SIGV4_MISSING_HEADER,  /* a signed header did not arrive; detail names it */
    SIGV4_BAD_SIGNATURE,   /* the secret is another one, or something was changed on the way */
} SigV4Verdict;

typedef struct {
    gboolean presigned;
    char *access_key_id;
    char *day, *region, *service; /* of the scope */
    gint64 time;                  /* X-Amz-Date, else Date */
    gint64 expires;               /* presigned: seconds after time; else 0 */
    char *session_token;          /* as sent, or NULL */
    GPtrArray *signed_names;      /* of char *, as claimed */
    char *signature;
} SigV4Claim;

void sigv4_claim_clear(SigV4Claim *claim);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SigV4Claim, sigv4_claim_clear)

/* SIGV4_GOOD when there is a well-formed claim; else what is wrong, with *detail naming the part (free
 * with g_free) and the claim cleared. */
SigV4Verdict sigv4_claim_read(const SigV4Request *request, SigV4Claim *claim, char **detail);

/* Compares in constant time. result is filled for SIGV4_GOOD and SIGV4_BAD_SIGNATURE. */
SigV4Verdict sigv4_verify(const SigV4Request *request, const SigV4Claim *claim,
                          const char *secret_access_key, SigV4Result *result, char **detail);

/* The decoded value of a query parameter of the raw query, or NULL. Free with g_free. */
char *sigv4_query_value(const char *query, const char *name);

#endif
