/*
 * s3_checksum: the algorithms of x-amz-checksum-<name>, fed piece by piece.
 *
 * Source:  Amazon S3 user guide, "Checking object integrity".
 * Threads: a S3Checksum belongs to one thread.
 */
#ifndef REDSMITH_SANDBOX_S3_CHECKSUM_H
#define REDSMITH_SANDBOX_S3_CHECKSUM_H

#include <glib.h>

typedef struct S3Checksum S3Checksum;

/* "crc32", "crc32c", "crc64nvme", "sha1", "sha256", in any case; NULL for any other name. */
S3Checksum *s3_checksum_new(const char *name);
void s3_checksum_update(S3Checksum *checksum, const char *bytes, gsize length);
/* Base64 of the big-endian value. Free with g_free. */
char *s3_checksum_base64(const S3Checksum *checksum);
const char *s3_checksum_name(const S3Checksum *checksum);
void s3_checksum_free(S3Checksum *checksum);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(S3Checksum, s3_checksum_free)

#endif
