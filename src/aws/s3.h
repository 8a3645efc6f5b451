/*
 * s3: the S3 requests that redsmith makes, one function each.
 *
 * An S3Client holds what all requests share (endpoint, Region, credentials source, bucket Regions
 * learned from redirects) and may be used from any thread; each thread gets its own connection.
 * Custom endpoints are addressed path-style. Keys are UTF-8 bytes and are percent-encoded once.
 *
 * Errors: RS_ERROR_NOT_FOUND (NoSuchKey, NoSuchBucket), PERMISSION (AccessDenied), AUTH
 * (SignatureDoesNotMatch, InvalidAccessKeyId, ExpiredToken), THROTTLED (SlowDown), TRANSIENT,
 * CONNECT, CORRUPT (a length or checksum that does not agree), CANCELLED. The message names
 * s3://bucket/key, the S3 code, the request id and a remedy. Retries follow the AWS standard mode
 * inside each call; a body that cannot be sent again is never retried.
 *
 * Units: bytes.
 */
#ifndef REDSMITH_AWS_S3_H
#define REDSMITH_AWS_S3_H

#include <gio/gio.h>

#include "aws/credentials.h"
#include "aws/request.h"

typedef struct S3Client S3Client;

/* endpoint_url NULL: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, else the Regional host. region NULL:
 * AWS_REGION, AWS_DEFAULT_REGION, else "us-east-1". Takes no ownership of credentials, which must
 * outlive the client. */
S3Client *s3_client_new(const char *endpoint_url, const char *region,
                        CredentialsSource *credentials);
void s3_client_free(S3Client *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(S3Client, s3_client_free)

/* Time and chance for the retries, before the first call: what tests put in place of the real ones. */
void s3_client_set_hooks(S3Client *client, const AwsHooks *hooks);

/* How new objects are encrypted from now on: sse is "AES256" or "aws:kms", kms_key_id is for the latter;
 * NULL: as the bucket says. Before the first call. */
void s3_client_set_encryption(S3Client *client, const char *sse, const char *kms_key_id);

/* Connections opened so far; workers that keep theirs alive open one each. */
guint s3_client_connections(S3Client *client);

/* s3://bucket/key split; s3a and s3n are read as s3. The key may be empty.
 * RS_ERROR_USAGE when it is no S3 URL. Free both with g_free. */
gboolean s3_parse_url(const char *url, char **bucket, char **key, GError **error);

typedef struct {
    char *key;
    guint64 size;
    char *etag;           /* without quotes */
    gint64 modified;      /* epoch seconds */
    gboolean etag_is_md5; /* of the whole object; FALSE also where that is not known (listings) */
    gboolean is_prefix;   /* s3_list_folder: no object, but what stands before a further "/" */
} S3Object;
void s3_object_free(S3Object *object);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(S3Object, s3_object_free)

/* One call per object, in key order. FALSE with error set stops the listing. */
typedef gboolean (*S3ListFunction)(gpointer user, const S3Object *object, GError **error);

/* All keys that start with prefix, page by page: memory does not grow with their number. */
gboolean s3_list(S3Client *client, const char *bucket, const char *prefix, S3ListFunction each,
                 gpointer user, GCancellable *cancellable, GError **error);

/* One level only, as if "/" made folders: keys without a further "/", and for the others, once each, the
 * prefix up to it (is_prefix). */
gboolean s3_list_folder(S3Client *client, const char *bucket, const char *prefix,
                        S3ListFunction each, gpointer user, GCancellable *cancellable,
                        GError **error);

/* The same as an array of S3Object, for prefixes known to be small (RS_ERROR_LIMIT over limit). */
GPtrArray *s3_list_all(S3Client *client, const char *bucket, const char *prefix, guint limit,
                       GCancellable *cancellable, GError **error);

/* Exactly that object, from the listing: for those who may list and not read. *object is NULL when there is
 * none. */
gboolean s3_find(S3Client *client, const char *bucket, const char *key, S3Object **object,
                 GCancellable *cancellable, GError **error);

/* NULL with RS_ERROR_NOT_FOUND when there is no such object. */
S3Object *s3_head(S3Client *client, const char *bucket, const char *key, GCancellable *cancellable,
                  GError **error);

/* A range of an object in memory (length 0: to the end); RS_ERROR_LIMIT over 64 MiB. */
GBytes *s3_get(S3Client *client, const char *bucket, const char *key, guint64 offset,
               guint64 length, GCancellable *cancellable, GError **error);

/* Bytes as they arrive. FALSE with error set stops the transfer. */
typedef gboolean (*S3DataFunction)(gpointer user, const char *bytes, gsize length, GError **error);
/* After a retry the data starts again at offset 0: restart is called first, FALSE forbids it. */
typedef gboolean (*S3RestartFunction)(gpointer user);

/* The bytes [offset, offset + length) of an object (length 0: to its end), as they arrive; if_match, an
 * ETag, makes a changed object RS_ERROR_CONFLICT. *object, when wanted, gets the whole object's facts. */
gboolean s3_get_range(S3Client *client, const char *bucket, const char *key, guint64 offset,
                      guint64 length, const char *if_match, S3DataFunction data,
                      S3RestartFunction restart, gpointer user, S3Object **object,
                      GCancellable *cancellable, GError **error);

/* Stores bytes under key; the answer's ETag is checked against the MD5 where it is one. */
gboolean s3_put(S3Client *client, const char *bucket, const char *key, GBytes *body,
                GCancellable *cancellable, GError **error);

/* Multipart: create, upload parts (numbers from 1), complete or abort. etags is of char *. Creating takes
 * one short request that cannot be cancelled under way; when an answer to it gets lost, the upload that it
 * may have begun is found (by key and time) and aborted. */
char *s3_multipart_create(S3Client *client, const char *bucket, const char *key,
                          GCancellable *cancellable, GError **error);
char *s3_multipart_upload(S3Client *client, const char *bucket, const char *key,
                          const char *upload_id, guint part_number, GBytes *body,
                          GCancellable *cancellable, GError **error); /* the part's ETag */
gboolean s3_multipart_complete(S3Client *client, const char *bucket, const char *key,
                               const char *upload_id, const GPtrArray *etags,
                               GCancellable *cancellable, GError **error);
gboolean s3_multipart_abort(S3Client *client, const char *bucket, const char *key,
                            const char *upload_id, GCancellable *cancellable, GError **error);

/* A multipart upload that was neither completed nor aborted. */
typedef struct {
    char *key, *id;
    gint64 started; /* epoch seconds */
} S3Upload;
void s3_upload_free(S3Upload *upload);

typedef gboolean (*S3UploadFunction)(gpointer user, const S3Upload *upload, GError **error);
gboolean s3_multipart_uploads(S3Client *client, const char *bucket, const char *prefix,
                              S3UploadFunction each, gpointer user, GCancellable *cancellable,
                              GError **error);

/* The parts of an open upload, of S3Part. Free with g_array_unref. NOT_FOUND: no such upload. */
typedef struct {
    guint number;
    guint64 size;
    char *etag; /* as the service wrote it */
} S3Part;
void s3_part_clear(gpointer part);
GArray *s3_multipart_parts(S3Client *client, const char *bucket, const char *key,
                           const char *upload_id, GCancellable *cancellable, GError **error);

/*
 * After CreateMultipartUpload requests whose answers were lost: aborts the uploads of exactly that key that
 * began from `since` to `until` (epoch seconds of the service), have no parts, and are not `except` (may be
 * NULL). S3 tells nothing by which an upload could be known for certain as ours; so when there are more of
 * them than the `most` that we can have begun (0: the attempts of one call), another writer is at that key
 * and all are left, which the log says. What remains is this: a writer who began the same key in the same
 * seconds and has sent nothing yet may be told NoSuchUpload with its first part. What fails is logged.
 */
void s3_multipart_abort_lost(S3Client *client, const char *bucket, const char *key, gint64 since,
                             gint64 until, guint most, const char *except);

/* Deletes exactly these keys (of char *), 1,000 a request; keys that are gone already are fine.
 * FALSE names the first key that could not be deleted and how many. */
gboolean s3_delete(S3Client *client, const char *bucket, const GPtrArray *keys,
                   GCancellable *cancellable, GError **error);

/* A signed URL that reads the object for `seconds` (at most 604,800) without further credentials.
 * Free with g_free. */
char *s3_presign(S3Client *client, const char *bucket, const char *key, guint seconds,
                 GCancellable *cancellable, GError **error);

/* The bucket's Region by HeadBucket. Free with g_free. */
char *s3_bucket_region(S3Client *client, const char *bucket, GCancellable *cancellable,
                       GError **error);

/* A setting of the bucket as the service wrote it: name is "lifecycle", "publicAccessBlock" or
 * "encryption". NULL without an error when the bucket has none. Free with g_free. */
char *s3_bucket_setting(S3Client *client, const char *bucket, const char *name,
                        GCancellable *cancellable, GError **error);

#endif
