/*
 * store: the sandbox's object store, a folder on disk shared by its processes.
 *
 * <dir>/s3/<bucket>/objects/<hex of the key>.meta is an object: a key file with size, etag, content
 * type, time and the generation, which names the data file beside it, <hex of the key>.<generation>.
 * The hex of a long key goes on in a folder "<first digits>-". Objects appear and are replaced by one
 * rename of the .meta file, whole or not at all, so the HTTP server and the UNLOAD/COPY engine (another
 * process) never see half of one, nor one's data with another's description. Nothing holds an object
 * in memory. Only the latest state of a key is kept: there are no versions.
 *
 * Nothing is synced to the disk: the sandbox's data is disposable, and a sync would take longer than all the
 * rest of a small PUT. A killed process loses nothing; a power cut may lose what was stored last.
 *
 * Threads:  any, each with its own Store or sharing one. What a shared one gains is listings: it keeps the
 *           sorted keys of the bucket listed last (some 60 bytes a key) while its folders do not change.
 * Errors:   RS_ERROR_NOT_FOUND (bucket or key), RS_ERROR_LIMIT (disk full), RS_ERROR_USAGE (a name that
 *           S3 would not take: buckets 3 to 63 of a-z 0-9 . -, keys 1 to 1024 bytes).
 * Units:    bytes; times are epoch ms.
 */
#ifndef REDSMITH_SANDBOX_STORE_H
#define REDSMITH_SANDBOX_STORE_H

#include <glib.h>

#include "aws/sigv4_digest.h"

typedef struct Store Store;

/* dir is the sandbox's folder. */
Store *store_open(const char *dir, GError **error);
void store_free(Store *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_free)

gboolean store_create_bucket(Store *store, const char *bucket,
                             GError **error); /* fine when there */
gboolean store_has_bucket(Store *store, const char *bucket);
char **store_buckets(Store *store);

typedef struct {
    char *key;
    guint64 size;
    char *etag; /* without quotes */
    char *content_type;
    gint64 modified_ms;
    char *kms_key; /* ARN of the key that encrypts it; NULL: S3's own (SSE-S3) */
} StoreObject;
void store_object_free(StoreObject *object);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreObject, store_object_free)

/* NULL with RS_ERROR_NOT_FOUND. */
StoreObject *store_head(Store *store, const char *bucket, const char *key, GError **error);

/* Objects whose key starts with prefix and is greater than after (NULL: all), in byte order of the
 * keys, at most max (0: all). Free with g_ptr_array_unref. */
GPtrArray *store_list(Store *store, const char *bucket, const char *prefix, const char *after,
                      guint max, GError **error);

/* A descriptor open for reading at offset 0; the caller closes it. -1 on failure. */
int store_read(Store *store, const char *bucket, const char *key, StoreObject **object,
               GError **error);

/* Writing: begin, write any number of times, then commit (object appears) or abort. */
typedef struct StoreWriter StoreWriter;
StoreWriter *store_write_begin(Store *store, const char *bucket, const char *key,
                               const char *content_type, GError **error);
/* Instead of begin and write: the file at path, on the store's file system, becomes the object's data. It
 * is the writer's from here on, to be removed by abort; commit then needs an etag. */
StoreWriter *store_write_adopt(Store *store, const char *bucket, const char *key,
                               const char *content_type, const char *path, GError **error);
/* Before the first byte: the object is encrypted with a key of KMS (NULL: it is not). Its ETag is then no
 * MD5 (S3 API reference, Object), and none is computed. */
void store_write_encrypt(StoreWriter *writer, const char *kms_key);
gboolean store_write(StoreWriter *writer, const void *bytes, gsize length, GError **error);
/* The MD5 of what was written; when its end was asked for, nothing can be written any more. The
 * writer's; NULL when none is computed. */
Digest *store_write_md5(StoreWriter *writer);
/* etag NULL: the MD5 of what was written, or with a key of KMS store_opaque_etag. *object may be NULL. Frees
 * the writer either way. */
gboolean store_write_commit(StoreWriter *writer, const char *etag, StoreObject **object,
                            GError **error);
void store_write_abort(StoreWriter *writer);

/* An ETag that says nothing about the bytes: 32 digits, as those of MD5s are. Free with g_free. */
char *store_opaque_etag(void);

/* Fine when the key is not there (S3 answers 204 as well). */
gboolean store_delete(Store *store, const char *bucket, const char *key, GError **error);

#endif
