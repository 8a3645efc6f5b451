/*
 * sigv4: AWS Signature Version 4, as arithmetic.
 *
 * No I/O, no clock, no credentials source: what goes in is the request exactly as it will be on the wire
 * and the key to sign with, what comes out is every stage of the calculation, so that a refused signature
 * can be compared line by line with the one the service expected. It is a library of its own, because
 * servers (sandbox/, tests) recompute signatures with it and need nothing else of this floor; the
 * checking side is in aws/sigv4_verify.h.
 *
 * libcurl's own signer is not used: in the versions that Debian 12 and Amazon Linux ship it mis-signs
 * unsorted queries, valueless names, escaped paths and prefixed header names.
 *
 * Example, header signing:
 *     g_autoptr(GPtrArray) headers = sigv4_headers_new();
 *     sigv4_headers_add(headers, "Host", "examplebucket.s3.amazonaws.com");
 *     sigv4_add_headers(headers, &key, payload_hash, TRUE);
 *     sigv4_sign(&request, &key, &result);
 *     sigv4_headers_add(headers, "Authorization", result.authorization);
 *     sigv4_result_clear(&result);
 *
 * Source:   AWS General Reference, "Create a signed AWS API request"; S3 API reference, "Authenticating
 *           Requests (AWS Signature Version 4)".
 * Threads:  pure functions.
 * Units:    epoch seconds.
 */
#ifndef REDSMITH_AWS_SIGV4_H
#define REDSMITH_AWS_SIGV4_H

#include <glib.h>

#define SIGV4_ALGORITHM "AWS4-HMAC-SHA256"
#define SIGV4_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"
#define SIGV4_EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SIGV4_MAX_EXPIRES 604800 /* seconds: a presigned request lives seven days at most */

/* How the canonical path is made from the path on the wire. */
typedef enum {
    SIGV4_PATH_S3,         /* as it is: we encode keys once, and send what we sign */
    SIGV4_PATH_S3_SERVICE, /* decoded and encoded again, as S3 itself does: for checking others */
    SIGV4_PATH_DOUBLE,     /* dot segments and // removed, then encoded again: all other services */
    SIGV4_PATH_UNNORMALIZED, /* encoded again, nothing removed: the AWS suite's second mode */
} SigV4PathMode;

/* One header. A list of them is a GPtrArray that owns its elements. */
typedef struct {
    char *name, *value;
} SigV4Header;

GPtrArray *sigv4_headers_new(void);
void sigv4_headers_add(GPtrArray *headers, const char *name, const char *value);
/* The first value of that name, in any case, or NULL. */
const char *sigv4_headers_get(const GPtrArray *headers, const char *name);

/* The request. All borrowed. */
typedef struct {
    const char *method;
    const char *path;         /* as on the wire, percent-encoded; "" counts as "/" */
    const char *query;        /* as on the wire, without '?'; NULL: none */
    const GPtrArray *headers; /* of SigV4Header: what is sent; unsignable ones are left out */
    const char *payload_hash; /* hex SHA-256 of the body, or UNSIGNED-PAYLOAD and its like */
    SigV4PathMode path_mode;
} SigV4Request;

/* The key and what it is good for. All borrowed. */
typedef struct {
    const char *access_key_id;
    const char *secret_access_key;
    const char *session_token; /* NULL: none */
    const char *region, *service;
    gint64 time; /* epoch seconds, already corrected for the server's clock */
} SigV4Key;

/* Every stage of one calculation. */
typedef struct {
    char *canonical_request;
    char *string_to_sign;
    char *signed_headers;
    char *signature;     /* lower-case hex */
    char *authorization; /* the header's value; NULL for presigned queries */
    char *query;         /* presigned: the whole query to send, signature last; else NULL */
} SigV4Result;

void sigv4_result_clear(SigV4Result *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SigV4Result, sigv4_result_clear)

/* Adds what signing needs and is not there yet: X-Amz-Date, X-Amz-Security-Token when the key has one,
 * and X-Amz-Content-SHA256 when asked for (S3 insists on it). */
void sigv4_add_headers(GPtrArray *headers, const SigV4Key *key, const char *payload_hash,
                       gboolean content_sha256);

/* Signs the request as it stands: its headers hold X-Amz-Date for key->time. */
void sigv4_sign(const SigV4Request *request, const SigV4Key *key, SigV4Result *result);

/* The same as a query that needs no further header than those in the request (Host at least). */
void sigv4_presign(const SigV4Request *request, const SigV4Key *key, guint expires,
                   SigV4Result *result);

/* The signature of one chunk of a STREAMING-AWS4-HMAC-SHA256-PAYLOAD body, after that of the chunk
 * before it (the first follows the request's own signature). Free with g_free. */
char *sigv4_chunk_signature(const SigV4Key *key, const char *previous, const char *chunk_sha256);

/* The stages alone. signed_names is of char *: lower case and sorted. Free results with g_free. */
GPtrArray *sigv4_signable_names(const GPtrArray *headers);
char *sigv4_canonical_request(const SigV4Request *request, const GPtrArray *signed_names);
char *sigv4_string_to_sign(const SigV4Key *key, const char *canonical_request);
char *sigv4_signature(const SigV4Key *key, const char *string_to_sign);
char *sigv4_canonical_path(const char *path, SigV4PathMode mode);
char *sigv4_canonical_query(const char *query);

/* "20260102T030405Z" and back. */
char *sigv4_date(gint64 time);
gboolean sigv4_parse_date(const char *date, gint64 *time);

/* Percent-encoding of everything but A-Za-z0-9-._~ (and '/' when kept), upper-case hex. length -1:
 * up to the NUL. Decoding leaves malformed escapes as they are; *length may be NULL. */
char *sigv4_uri_encode(const char *bytes, gssize length, gboolean keep_slash);
char *sigv4_uri_decode(const char *text, gssize text_length, gboolean plus_is_space, gsize *length);

/* Lower-case hex of the SHA-256 of bytes. Free with g_free. */
char *sigv4_sha256(const void *bytes, gsize length);
char *sigv4_hex(const guint8 *bytes, gsize length);

#endif
