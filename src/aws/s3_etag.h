/*
 * s3_etag: what an ETag tells of an object's bytes.
 *
 * The ETag of an object that was stored in one piece is its MD5; of one that was joined from parts, the MD5
 * of their MD5s and their number (S3 user guide, "Checking object integrity"). With keys of KMS or of the
 * customer it looks the same and tells nothing, which only the object's headers say (S3Object.etag_is_md5).
 * How an object was cut is not written anywhere: s3_etag_cuts guesses.
 *
 * Errors:  those of reading files; RS_ERROR_DATA for a file that ends too early; CANCELLED.
 * Threads: any.
 */
#ifndef REDSMITH_AWS_S3_ETAG_H
#define REDSMITH_AWS_S3_ETAG_H

#include <gio/gio.h>

#include "aws/sigv4_digest.h"

/* An ETag without quotes and weakness mark. Free with g_free. */
char *s3_bare_etag(const char *etag);

/* True when the ETag looks like the MD5 of the object: 32 hex digits (multipart ETags end in "-<parts>"). */
gboolean s3_etag_is_md5(const char *etag);

/* The ETag of the joined parts; NULL when one of etags (of char *) is no MD5. Free with g_free. */
char *s3_multipart_etag(const GPtrArray *etags);

/*
 * In which sizes of part an object of that size and bare ETag may have been stored: `ours` first (0: none),
 * then those of other tools, but only such as give the ETag's number of parts, and no two that cut alike.
 * 0 stands for one piece. Returns how many were written to cuts, 0 where the ETag (may be NULL) tells
 * nothing.
 */
#define S3_ETAG_MAX_CUTS 16
guint s3_etag_cuts(const char *etag, guint64 size, guint64 ours, guint64 *cuts);

/* The ETag that a file of that size would get when it is cut so (0: not at all). `told` (may be NULL) hears
 * of bytes as they are read; name is for messages. Free with g_free. */
char *s3_etag_of_file(int fd, const char *name, guint64 size, guint64 cut,
                      void (*told)(gpointer user, guint64 bytes), gpointer user,
                      GCancellable *cancellable, GError **error);

/* Adds a range of an open file to a digest, by pread. */
gboolean s3_digest_range(Digest *digest, int fd, const char *name, guint64 offset, guint64 length,
                         GCancellable *cancellable, GError **error);

#endif
