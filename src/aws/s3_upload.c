#include "aws/s3_internal.h"

#include <string.h>

#include "aws/retry.h"
#include "aws/s3_xml.h"
#include "base/log.h"

/* Joining the parts can take minutes, with a blank now and then to show that it is still going on. */
#define COMPLETE_STALL_SECONDS 300

/* An abort is an afterthought, often of somebody who wants to leave. */
#define ABORT_MS 5000
#define CREATE_MS 10000

/* The MD5 of a body that was sent without computing it. */
static gboolean digest_body(const HttpBody *body, Digest *md5, GError **error)
{
    if (body->bytes != NULL) {
        const char *bytes = g_bytes_get_data(body->bytes, NULL);
        digest_update(md5, bytes + body->offset, body->length);
        return TRUE;
    }
    return s3_digest_range(md5, body->fd, "what was sent", body->offset, body->length, NULL, error);
}

/* Is the payload's SHA-256 signed? Then the service has compared it before it answered with success. */
static gboolean is_hashed(const S3Call *call)
{
    return strcmp(call->request.scheme, "https") != 0;
}

/* With keys of KMS no ETag is an MD5, and computing one for every body would be in vain: then it is left
 * out until an ETag turns up that is one, which is checked by reading the body again. */
static gboolean check_stored(const S3Call *call, const HttpBody *body, Digest *md5, GError **error)
{
    gboolean is_md5 = s3_call_etag_is_md5(call);
    if (is_hashed(call))
        return TRUE;
    s3_bucket_learn_md5(call->client, call->bucket, is_md5);
    if (!is_md5)
        return TRUE;
    return (body->md5 != NULL || digest_body(body, md5, error)) &&
           s3_call_check_md5(call, md5, error);
}

char *s3_put_body(S3Client *client, const char *bucket, const char *key, const char *query,
                  HttpBody *body, GCancellable *cancellable, GError **error)
{
    g_auto(S3Call) call = {0};
    g_autoptr(Digest) md5 = digest_new(DIGEST_MD5);
    if (!s3_call_init(&call, client, "PUT", "store", bucket, key, query, error))
        return NULL;
    body->md5 = is_hashed(&call) || s3_bucket_has_no_md5(client, bucket) ? NULL : md5;
    call.request.body = body;
    if (query == NULL) {
        sigv4_headers_add(call.request.headers, "Content-Type", "binary/octet-stream");
        s3_call_add_encryption(&call);
    }
    if (!s3_call_send(&call, cancellable, error) || !check_stored(&call, body, md5, error))
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

gboolean s3_put(S3Client *client, const char *bucket, const char *key, GBytes *bytes,
                GCancellable *cancellable, GError **error)
{
    HttpBody body = body_of_bytes(bytes);
    g_autofree char *etag = s3_put_body(client, bucket, key, NULL, &body, cancellable, error);
    return etag != NULL;
}

/* --- multipart --------------------------------------------------------------------------------- */

typedef struct {
    const char *key, *except;
    gint64 since, until;
    GPtrArray *ids;
} Strays;

static gboolean note_stray(gpointer user, const S3Upload *upload, GError **error)
{
    Strays *strays = user;
    if (strcmp(upload->key, strays->key) == 0 && upload->started >= strays->since &&
        upload->started <= strays->until && g_strcmp0(upload->id, strays->except) != 0)
        g_ptr_array_add(strays->ids, g_strdup(upload->id));
    return TRUE;
}

/* Nobody sends parts to an upload whose id was never heard: one that has parts is another writer's. */
static gboolean drop_used(S3Client *client, const char *bucket, const char *key, GPtrArray *ids,
                          GError **error)
{
    for (guint i = ids->len; i > 0; i--) {
        g_autoptr(GError) failure = NULL;
        g_autoptr(GArray) parts =
            s3_multipart_parts(client, bucket, key, ids->pdata[i - 1], NULL, &failure);
        gboolean gone = parts == NULL && g_error_matches(failure, RS_ERROR, RS_ERROR_NOT_FOUND);
        if (parts == NULL && !gone) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        if (gone || parts->len > 0)
            g_ptr_array_remove_index(ids, i - 1);
    }
    return TRUE;
}

void s3_multipart_abort_lost(S3Client *client, const char *bucket, const char *key, gint64 since,
                             gint64 until, guint most, const char *except)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    Strays strays = {key, except, since, until, ids};
    gboolean good = s3_multipart_uploads(client, bucket, key, note_stray, &strays, NULL, &error) &&
                    drop_used(client, bucket, key, ids, &error);
    if (good && ids->len > (most > 0 ? most : aws_client_attempts(client->aws))) {
        log_write(LOG_LEVEL_WARNING,
                  "%u uploads of s3://%s/%s began just now, and some are not ours: all were left",
                  ids->len, bucket, key);
        return;
    }
    for (guint i = 0; good && i < ids->len; i++)
        good = s3_multipart_abort(client, bucket, key, ids->pdata[i], NULL, &error);
    if (!good)
        log_write(LOG_LEVEL_WARNING, "an upload of s3://%s/%s may have stayed open: %s", bucket,
                  key, error->message);
}

/* With a key of KMS the bucket's ETags are no MD5s, and the first parts need not be hashed to learn it. */
static void learn_encryption(const S3Call *call)
{
    const char *sse = http_response_header(&call->response, "x-amz-server-side-encryption");
    if (sse != NULL && g_str_has_prefix(sse, "aws:"))
        s3_bucket_learn_md5(call->client, call->bucket, FALSE);
}

char *s3_multipart_create(S3Client *client, const char *bucket, const char *key,
                          GCancellable *cancellable, GError **error)
{
    g_auto(S3Call) call = {0};
    if (!s3_call_init(&call, client, "POST", "begin an upload of", bucket, key, "uploads=", error))
        return NULL;
    sigv4_headers_add(call.request.headers, "Content-Type", "binary/octet-stream");
    s3_call_add_encryption(&call);
    call.request.total_ms = CREATE_MS;
    call.request.fresh = TRUE;
    gint64 began = aws_client_now(client->aws, call.request.host) - 1;
    if (rs_error_set_if_cancelled(cancellable, error))
        return NULL;
    /* Not to be cancelled under way: an upload whose id nobody has heard could not be aborted. */
    gboolean sent = s3_call_send(&call, NULL, error);
    char *id = !sent ? NULL
                     : s3_xml_read_upload_id(http_response_text(&call.response),
                                             call.response.body->len, error);
    /* So it is with an attempt whose answer got lost. */
    if (call.request.attempts > 1 || (!sent && call.response.status == 0))
        s3_multipart_abort_lost(client, bucket, key, began,
                                aws_client_now(client->aws, call.request.host) + 1,
                                call.request.attempts - (id != NULL ? 1 : 0), id);
    if (sent)
        learn_encryption(&call);
    if (sent && id == NULL)
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

/* --- what is open ------------------------------------------------------------------------------ */

static char *uploads_query(const char *prefix, const char *key_marker, const char *id_marker)
{
    g_autofree char *encoded = sigv4_uri_encode(prefix, -1, FALSE);
    g_autoptr(GString) query = g_string_new("encoding-type=url");
    if (key_marker != NULL) {
        g_autofree char *key = sigv4_uri_encode(key_marker, -1, FALSE);
        g_string_append_printf(query, "&key-marker=%s", key);
    }
    g_string_append_printf(query, "&prefix=%s", encoded);
    if (key_marker != NULL && id_marker != NULL) {
        g_autofree char *id = sigv4_uri_encode(id_marker, -1, FALSE);
        g_string_append_printf(query, "&upload-id-marker=%s", id);
    }
    g_string_append(query, "&uploads=");
    return g_string_free(g_steal_pointer(&query), FALSE);
}

gboolean s3_multipart_uploads(S3Client *client, const char *bucket, const char *prefix,
                              S3UploadFunction each, gpointer user, GCancellable *cancellable,
                              GError **error)
{
    g_autofree char *key_marker = NULL, *id_marker = NULL;
    gboolean more = TRUE;
    while (more) {
        g_auto(S3Call) call = {0};
        g_auto(S3UploadPage) page = {0};
        g_autofree char *query = uploads_query(prefix, key_marker, id_marker);
        if (!s3_call_init(&call, client, "GET", "list the open uploads of", bucket, "", query,
                          error) ||
            !s3_call_send(&call, cancellable, error) ||
            !s3_xml_read_uploads(http_response_text(&call.response), call.response.body->len, &page,
                                 error))
            return FALSE;
        for (guint i = 0; i < page.uploads->len; i++)
            if (!each(user, page.uploads->pdata[i], error))
                return FALSE;
        g_free(key_marker);
        g_free(id_marker);
        key_marker = g_steal_pointer(&page.next_key);
        id_marker = g_steal_pointer(&page.next_id);
        more = page.truncated;
    }
    return TRUE;
}

GArray *s3_multipart_parts(S3Client *client, const char *bucket, const char *key,
                           const char *upload_id, GCancellable *cancellable, GError **error)
{
    g_autoptr(GArray) parts = g_array_new(FALSE, TRUE, sizeof(S3Part));
    g_array_set_clear_func(parts, s3_part_clear);
    g_autofree char *upload = upload_query(upload_id);
    for (guint next = 0, before = G_MAXUINT; next != before;) {
        g_auto(S3Call) call = {0};
        g_autofree char *query = g_strdup_printf("part-number-marker=%u&%s", next, upload);
        before = next;
        if (!s3_call_init(&call, client, "GET", "list the parts of", bucket, key, query, error) ||
            !s3_call_send(&call, cancellable, error) ||
            !s3_xml_read_parts(http_response_text(&call.response), call.response.body->len, parts,
                               &next, error))
            return NULL;
    }
    return g_steal_pointer(&parts);
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
