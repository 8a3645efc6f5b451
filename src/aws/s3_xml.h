/*
 * s3_xml: the XML bodies of S3, read and written.
 *
 * Read with expat; document type declarations, which no S3 answer has, are refused. Written with every
 * character escaped that XML would change on the way.
 *
 * Errors:  RS_ERROR_CORRUPT when a body is not the XML it should be.
 * Threads: pure.
 */
#ifndef REDSMITH_AWS_S3_XML_H
#define REDSMITH_AWS_S3_XML_H

#include "aws/s3.h"

/* One page of ListObjectsV2, asked for with encoding-type=url: keys are decoded here. */
typedef struct {
    GPtrArray *objects; /* of S3Object */
    char *next_token;   /* NULL: the last page */
    gboolean truncated;
} S3Page;

void s3_page_clear(S3Page *page);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(S3Page, s3_page_clear)

gboolean s3_xml_read_page(const char *xml, gsize length, S3Page *page, GError **error);

/* The UploadId of CreateMultipartUpload. Free with g_free. */
char *s3_xml_read_upload_id(const char *xml, gsize length, GError **error);

/* One page of ListMultipartUploads, asked for with encoding-type=url. */
typedef struct {
    GPtrArray *uploads; /* of S3Upload */
    char *next_key, *next_id;
    gboolean truncated;
} S3UploadPage;

void s3_upload_page_clear(S3UploadPage *page);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(S3UploadPage, s3_upload_page_clear)

gboolean s3_xml_read_uploads(const char *xml, gsize length, S3UploadPage *page, GError **error);

/* Appends the S3Parts of one page of ListParts; *next is the marker of the next page, or stays. */
gboolean s3_xml_read_parts(const char *xml, gsize length, GArray *parts, guint *next,
                           GError **error);

/* What DeleteObjects could not delete: the number of keys, and the first of them. */
typedef struct {
    guint failed;
    char *key, *code, *message; /* NULL when none failed */
} S3Refusals;

void s3_refusals_clear(S3Refusals *refusals);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(S3Refusals, s3_refusals_clear)

gboolean s3_xml_read_refusals(const char *xml, gsize length, S3Refusals *refusals, GError **error);

/* <Delete> for keys[first, first + count), of char *. Every key must pass s3_xml_can_hold. */
GBytes *s3_xml_write_delete(const GPtrArray *keys, guint first, guint count);

/* FALSE for keys that XML 1.0 has no way to write: control characters, invalid UTF-8. */
gboolean s3_xml_can_hold(const char *key);

/* <CompleteMultipartUpload>: part n has etags[n - 1], of char *, as the service gave them. */
GBytes *s3_xml_write_complete(const GPtrArray *etags);

#endif
