#include "aws/s3_internal.h"

#include <string.h>

#include "aws/s3_xml.h"

/* Joining the parts can take minutes, with a blank now and then to show that it is still going on. */
#define COMPLETE_STALL_SECONDS 300

/* An abort is an afterthought, often of somebody who wants to leave. */
#define ABORT_MS 5000

char *s3_put_body(S3Client *client, const char *bucket, const char *key, const char *query,
                  HttpBody *body, GCancellable *cancellable, GError **error)
{
    g_auto(S3Call) call = {0};
    g_autoptr(GChecksum) md5 = g_checksum_new(G_CHECKSUM_MD5);
    body->md5 = md5;
    if (!s3_call_init(&call, client, "PUT", "store", bucket, key, query, error))
        return NULL;
    call.request.body = body;
    if (query == NULL)
        sigv4_headers_add(call.request.headers, "Content-Type", "binary/octet-stream");
    if (!s3_call_send(&call, cancellable, error) || !s3_call_check_md5(&call, md5, error))
        return NULL;
    const char *etag = http_response_header(&call.response, "ETag");
    if (etag == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "%s: the answer has no ETag", call.what);
        return NULL;
    }
    return g_strdup(etag);
}

static HttpBody body_of_bytes(GBytes *bytes)
{
    return (HttpBody){.bytes = bytes, .length = g_bytes_get_size(bytes)};
}

static HttpBody body_of_file(int fd, guint64 offset, guint64 length,
                             void (*sent)(gpointer user, gsize bytes), gpointer user)
{
    return (HttpBody){.fd = fd, .offset = offset, .length = length, .sent = sent, .user = user};
}

gboolean s3_put(S3Client *client, const char *bucket, const char *key, GBytes *bytes,
                GCancellable *cancellable, GError **error)
{
    HttpBody body = body_of_bytes(bytes);
    g_autofree char *etag = s3_put_body(client, bucket, key, NULL, &body, cancellable, error);
    return etag != NULL;
}

gboolean s3_put_file(S3Client *client, const char *bucket, const char *key, int fd, guint64 offset,
                     guint64 length, void (*sent)(gpointer user, gsize bytes), gpointer user,
                     GCancellable *cancellable, GError **error)
{
    HttpBody body = body_of_file(fd, offset, length, sent, user);
    g_autofree char *etag = s3_put_body(client, bucket, key, NULL, &body, cancellable, error);
    return etag != NULL;
}

/* --- multipart --------------------------------------------------------------------------------- */

char *s3_multipart_create(S3Client *client, const char *bucket, const char *key,
                          GCancellable *cancellable, GError **error)
{
    g_auto(S3Call) call = {0};
    if (!s3_call_init(&call, client, "POST", "begin an upload of", bucket, key, "uploads=", error))
        return NULL;
    sigv4_headers_add(call.request.headers, "Content-Type", "binary/octet-stream");
    if (!s3_call_send(&call, cancellable, error))
        return NULL;
    char *id =
        s3_xml_read_upload_id(http_response_text(&call.response), call.response.body->len, error);
    if (id == NULL)
        g_prefix_error(error, "%s: ", call.what);
    return id;
}

static char *upload_query(const char *upload_id)
{
    g_autofree char *encoded = sigv4_uri_encode(upload_id, -1, FALSE);
    return g_strdup_printf("uploadId=%s", encoded);
}

char *s3_part_query(const char *upload_id, guint part_number)
{
    g_autofree char *upload = upload_query(upload_id);
    return g_strdup_printf("partNumber=%u&%s", part_number, upload);
}

char *s3_multipart_upload(S3Client *client, const char *bucket, const char *key,
                          const char *upload_id, guint part_number, GBytes *bytes,
                          GCancellable *cancellable, GError **error)
{
    HttpBody body = body_of_bytes(bytes);
    g_autofree char *query = s3_part_query(upload_id, part_number);
    return s3_put_body(client, bucket, key, query, &body, cancellable, error);
}

char *s3_multipart_upload_file(S3Client *client, const char *bucket, const char *key,
                               const char *upload_id, guint part_number, int fd, guint64 offset,
                               guint64 length, void (*sent)(gpointer user, gsize bytes),
                               gpointer user, GCancellable *cancellable, GError **error)
{
    HttpBody body = body_of_file(fd, offset, length, sent, user);
    g_autofree char *query = s3_part_query(upload_id, part_number);
    return s3_put_body(client, bucket, key, query, &body, cancellable, error);
}

char *s3_multipart_etag(const GPtrArray *etags)
{
    g_autoptr(GChecksum) md5 = g_checksum_new(G_CHECKSUM_MD5);
    for (guint i = 0; i < etags->len; i++) {
        g_autofree char *bare = s3_bare_etag(etags->pdata[i]);
        if (!s3_etag_is_md5(bare))
            return NULL;
        for (const char *digits = bare; *digits != '\0'; digits += 2) {
            guchar byte =
                (guchar)(g_ascii_xdigit_value(digits[0]) * 16 + g_ascii_xdigit_value(digits[1]));
            g_checksum_update(md5, &byte, 1);
        }
    }
    return g_strdup_printf("%s-%u", g_checksum_get_string(md5), etags->len);
}

/* When the answer to a success got lost, the repeated request finds the upload gone and the object
 * there. */
static gboolean is_complete_already(S3Client *client, const char *bucket, const char *key,
                                    const GPtrArray *etags, GCancellable *cancellable)
{
    g_autofree char *expected = s3_multipart_etag(etags);
    g_autoptr(S3Object) object =
        expected != NULL ? s3_head(client, bucket, key, cancellable, NULL) : NULL;
    return object != NULL && strcmp(object->etag, expected) == 0;
}

gboolean s3_multipart_complete(S3Client *client, const char *bucket, const char *key,
                               const char *upload_id, const GPtrArray *etags,
                               GCancellable *cancellable, GError **error)
{
    g_auto(S3Call) call = {0};
    g_autoptr(GError) failure = NULL;
    g_autofree char *query = upload_query(upload_id);
    g_autoptr(GBytes) xml = s3_xml_write_complete(etags);
    HttpBody body = body_of_bytes(xml);
    if (!s3_call_init(&call, client, "POST", "complete the upload of", bucket, key, query, error))
        return FALSE;
    sigv4_headers_add(call.request.headers, "Content-Type", "application/xml");
    call.request.body = &body;
    call.request.error_in_200 = TRUE;
    call.request.stall_seconds = COMPLETE_STALL_SECONDS;
    if (s3_call_send(&call, cancellable, &failure))
        return TRUE;
    if (g_error_matches(failure, RS_ERROR, RS_ERROR_NOT_FOUND) &&
        is_complete_already(client, bucket, key, etags, cancellable))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

gboolean s3_multipart_abort(S3Client *client, const char *bucket, const char *key,
                            const char *upload_id, GCancellable *cancellable, GError **error)
{
    g_auto(S3Call) call = {0};
    g_autoptr(GError) failure = NULL;
    g_autofree char *query = upload_query(upload_id);
    if (!s3_call_init(&call, client, "DELETE", "abort the upload of", bucket, key, query, error))
        return FALSE;
    call.request.total_ms = ABORT_MS;
    /* Already gone is what was wanted. */
    if (s3_call_send(&call, cancellable, &failure) ||
        g_error_matches(failure, RS_ERROR, RS_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}
