/*
 * s3_internal: what the files of the S3 client and of transfer share, and nobody else includes.
 */
#ifndef REDSMITH_AWS_S3_INTERNAL_H
#define REDSMITH_AWS_S3_INTERNAL_H

#include "aws/s3.h"
#include "aws/s3_etag.h"

struct S3Client {
    AwsClient *aws;
    CredentialsSource *credentials;
    EndpointChoice choice;
    char *region;
    GError *broken; /* what was wrong with endpoint or Region: the answer to every call */
    GMutex mutex;
    GHashTable *places;         /* bucket -> BucketPlace */
    char *sse, *sse_kms_key_id; /* what new objects are encrypted with, or NULL */
};

/* Where a bucket is. */
typedef struct {
    char *region;
    gboolean proven; /* a request was answered there: no need to ask before sending a body */
    gboolean no_md5; /* the last ETag of a stored body was no MD5 (KMS): none is computed ahead */
} BucketPlace;

/* Host and path for a key of a bucket ("" for the bucket itself) in a Region. */
typedef struct {
    char *scheme, *host, *path;
} S3Address;
gboolean s3_address(const S3Client *client, const char *bucket, const char *key, const char *region,
                    S3Address *address, GError **error);

/* One request in the making; its strings are the caller's. Clear with s3_call_clear. */
typedef struct {
    AwsRequest request;
    HttpResponse response;
    S3Client *client;
    const char *bucket, *key;
    char *what;
} S3Call;

/* verb: "read", "store": for "cannot <verb> s3://bucket/key". query: encoded, or NULL. */
gboolean s3_call_init(S3Call *call, S3Client *client, const char *method, const char *verb,
                      const char *bucket, const char *key, const char *query, GError **error);
gboolean s3_call_send(S3Call *call, GCancellable *cancellable, GError **error);
void s3_call_clear(S3Call *call);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(S3Call, s3_call_clear)

/* The answer's ETag against the MD5 of what was transferred; TRUE also where it is no MD5. */
gboolean s3_call_check_md5(const S3Call *call, Digest *md5, GError **error);
/* Is the answer's ETag an MD5 of the bytes? */
gboolean s3_call_etag_is_md5(const S3Call *call);

/* Are the ETags of what is stored in the bucket known to be no MD5s? And what the last one taught. */
gboolean s3_bucket_has_no_md5(S3Client *client, const char *bucket);
void s3_bucket_learn_md5(S3Client *client, const char *bucket, gboolean is_md5);

/* The headers that ask for the client's encryption of new objects. */
void s3_call_add_encryption(S3Call *call);

/* Stores any body, as the object (query NULL) or as one part of an upload. The ETag as the service wrote
 * it, checked against the MD5 of what was sent; free with g_free. */
char *s3_put_body(S3Client *client, const char *bucket, const char *key, const char *query,
                  HttpBody *body, GCancellable *cancellable, GError **error);
/* The query of one part. Free with g_free. */
char *s3_part_query(const char *upload_id, guint part_number);

/* The facts of the object that the answer is about; size from Content-Range or Content-Length. */
S3Object *s3_call_object(const S3Call *call);

#endif
