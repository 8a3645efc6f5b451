#include "aws/s3_internal.h"

#include <string.h>

#include "aws/s3_xml.h"

#define IN_MEMORY_LIMIT (64u << 20)
#define DELETE_BATCH 1000

/* --- listing ----------------------------------------------------------------------------------- */

static char *list_query(const char *prefix, const char *token, gboolean folders)
{
    g_autofree char *encoded = sigv4_uri_encode(prefix, -1, FALSE);
    g_autofree char *next = token != NULL ? sigv4_uri_encode(token, -1, FALSE) : NULL;
    return g_strconcat(next != NULL ? "continuation-token=" : "", next != NULL ? next : "",
                       next != NULL ? "&" : "", folders ? "delimiter=%2F&" : "",
                       "encoding-type=url&list-type=2&max-keys=1000", "&prefix=", encoded, NULL);
}

static gboolean fetch_page(S3Client *client, const char *bucket, const char *prefix,
                           const char *token, gboolean folders, S3Page *page,
                           GCancellable *cancellable, GError **error)
{
    g_auto(S3Call) call = {0};
    g_autofree char *query = list_query(prefix, token, folders);
    if (!s3_call_init(&call, client, "GET", "list", bucket, "", query, error) ||
        !s3_call_send(&call, cancellable, error))
        return FALSE;
    if (s3_xml_read_page(http_response_text(&call.response), call.response.body->len, page, error))
        return TRUE;
    g_prefix_error(error, "%s: ", call.what);
    return FALSE;
}

/* The key that is the prefix comes before all others. */
gboolean s3_find(S3Client *client, const char *bucket, const char *key, S3Object **object,
                 GCancellable *cancellable, GError **error)
{
    g_auto(S3Page) page = {0};
    *object = NULL;
    if (!fetch_page(client, bucket, key, NULL, FALSE, &page, cancellable, error))
        return FALSE;
    const S3Object *first = page.objects->len > 0 ? page.objects->pdata[0] : NULL;
    if (first != NULL && strcmp(first->key, key) == 0)
        *object = g_ptr_array_steal_index(page.objects, 0);
    return TRUE;
}

static gboolean list(S3Client *client, const char *bucket, const char *prefix, gboolean folders,
                     S3ListFunction each, gpointer user, GCancellable *cancellable, GError **error)
{
    g_autofree char *token = NULL;
    do {
        g_auto(S3Page) page = {0};
        if (!fetch_page(client, bucket, prefix, token, folders, &page, cancellable, error))
            return FALSE;
        for (guint i = 0; i < page.objects->len; i++)
            if (!each(user, page.objects->pdata[i], error))
                return FALSE;
        g_free(token);
        token = page.truncated ? g_steal_pointer(&page.next_token) : NULL;
    } while (token != NULL);
    return TRUE;
}

gboolean s3_list(S3Client *client, const char *bucket, const char *prefix, S3ListFunction each,
                 gpointer user, GCancellable *cancellable, GError **error)
{
    return list(client, bucket, prefix, FALSE, each, user, cancellable, error);
}

gboolean s3_list_folder(S3Client *client, const char *bucket, const char *prefix,
                        S3ListFunction each, gpointer user, GCancellable *cancellable,
                        GError **error)
{
    return list(client, bucket, prefix, TRUE, each, user, cancellable, error);
}

typedef struct {
    GPtrArray *objects;
    guint limit;
} Collection;

static gboolean collect(gpointer user, const S3Object *object, GError **error)
{
    Collection *collection = user;
    if (collection->objects->len >= collection->limit) {
        g_set_error(error, RS_ERROR, RS_ERROR_LIMIT,
                    "there are more than %u objects; name a longer prefix", collection->limit);
        return FALSE;
    }
    S3Object *copy = g_new0(S3Object, 1);
    *copy = (S3Object){.key = g_strdup(object->key),
                       .size = object->size,
                       .etag = g_strdup(object->etag),
                       .modified = object->modified};
    g_ptr_array_add(collection->objects, copy);
    return TRUE;
}

GPtrArray *s3_list_all(S3Client *client, const char *bucket, const char *prefix, guint limit,
                       GCancellable *cancellable, GError **error)
{
    Collection collection = {g_ptr_array_new_with_free_func((GDestroyNotify)s3_object_free), limit};
    if (s3_list(client, bucket, prefix, collect, &collection, cancellable, error))
        return collection.objects;
    g_prefix_error(error, "s3://%s/%s: ", bucket, prefix);
    g_ptr_array_unref(collection.objects);
    return NULL;
}

/* --- reading ----------------------------------------------------------------------------------- */

S3Object *s3_head(S3Client *client, const char *bucket, const char *key, GCancellable *cancellable,
                  GError **error)
{
    g_auto(S3Call) call = {0};
    if (!s3_call_init(&call, client, "HEAD", "look at", bucket, key, NULL, error) ||
        !s3_call_send(&call, cancellable, error))
        return NULL;
    return s3_call_object(&call);
}

/* Range header, if one is needed. */
static void ask_for_range(S3Call *call, guint64 offset, guint64 length)
{
    g_autofree char *range = NULL;
    if (length > 0)
        range = g_strdup_printf("bytes=%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT, offset,
                                offset + length - 1);
    else if (offset > 0)
        range = g_strdup_printf("bytes=%" G_GUINT64_FORMAT "-", offset);
    if (range != NULL)
        sigv4_headers_add(call->request.headers, "Range", range);
}

/* A server that leaves Range out of account answers 200 with the whole object. */
static gboolean check_range_kept(const S3Call *call, guint64 offset, guint64 length, GError **error)
{
    if (call->response.status == 206 || (offset == 0 && length == 0))
        return TRUE;
    const char *whole = http_response_header(&call->response, "Content-Length");
    if (offset == 0 && whole != NULL && g_ascii_strtoull(whole, NULL, 10) <= length)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT,
                "%s: the server did not keep to the range that was asked for", call->what);
    return FALSE;
}

GBytes *s3_get(S3Client *client, const char *bucket, const char *key, guint64 offset,
               guint64 length, GCancellable *cancellable, GError **error)
{
    g_auto(S3Call) call = {0};
    g_autoptr(GError) failure = NULL;
    if (length > IN_MEMORY_LIMIT) {
        g_set_error(error, RS_ERROR, RS_ERROR_LIMIT,
                    "s3://%s/%s: %" G_GUINT64_FORMAT " bytes are too many to hold in memory",
                    bucket, key, length);
        return NULL;
    }
    if (!s3_call_init(&call, client, "GET", "read", bucket, key, NULL, error))
        return NULL;
    ask_for_range(&call, offset, length);
    call.request.max_body = IN_MEMORY_LIMIT;
    if (!s3_call_send(&call, cancellable, &failure)) {
        /* No range of an empty object can be satisfied, not even its first bytes. */
        if (offset == 0 && call.response.status == 416)
            return g_bytes_new(NULL, 0);
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }
    if (!check_range_kept(&call, offset, length, error))
        return NULL;
    return g_byte_array_free_to_bytes(g_steal_pointer(&call.response.body));
}

/* The caller's data function behind the checksum of the whole. */
typedef struct {
    S3Call *call;
    S3DataFunction data;
    S3RestartFunction restart;
    gpointer user;
    guint64 offset, length;
    gboolean begun, compares;
    Digest *md5; /* NULL when only a range is read */
} Stream;

static gboolean stream_data(gpointer user, const char *bytes, gsize length, GError **error)
{
    Stream *stream = user;
    if (!stream->begun && !check_range_kept(stream->call, stream->offset, stream->length, error))
        return FALSE;
    if (!stream->begun)
        stream->compares = stream->md5 != NULL && s3_call_etag_is_md5(stream->call);
    stream->begun = TRUE;
    if (stream->compares)
        digest_update(stream->md5, bytes, length);
    return stream->data(stream->user, bytes, length, error);
}

static gboolean stream_restart(gpointer user)
{
    Stream *stream = user;
    if (stream->restart == NULL || !stream->restart(stream->user))
        return FALSE;
    stream->begun = FALSE;
    if (stream->md5 != NULL)
        digest_reset(stream->md5);
    return TRUE;
}

gboolean s3_get_range(S3Client *client, const char *bucket, const char *key, guint64 offset,
                      guint64 length, const char *if_match, S3DataFunction data,
                      S3RestartFunction restart, gpointer user, S3Object **object,
                      GCancellable *cancellable, GError **error)
{
    g_auto(S3Call) call = {0};
    g_autoptr(Digest) md5 = offset == 0 && length == 0 ? digest_new(DIGEST_MD5) : NULL;
    Stream stream = {&call, data, restart, user, offset, length, FALSE, FALSE, md5};
    if (!s3_call_init(&call, client, "GET", "read", bucket, key, NULL, error))
        return FALSE;
    ask_for_range(&call, offset, length);
    if (if_match != NULL) {
        g_autofree char *quoted = g_strdup_printf("\"%s\"", if_match);
        sigv4_headers_add(call.request.headers, "If-Match", quoted);
    }
    call.request.data = stream_data;
    call.request.restart = stream_restart;
    call.request.data_user = &stream;
    if (!s3_call_send(&call, cancellable, error) ||
        (md5 != NULL && !s3_call_check_md5(&call, md5, error)))
        return FALSE;
    if (object != NULL)
        *object = s3_call_object(&call);
    return TRUE;
}

char *s3_presign(S3Client *client, const char *bucket, const char *key, guint seconds,
                 GCancellable *cancellable, GError **error)
{
    g_auto(S3Call) call = {0};
    if (seconds == 0 || seconds > SIGV4_MAX_EXPIRES) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "a signed URL lives from 1 to %d seconds, not %u", SIGV4_MAX_EXPIRES, seconds);
        return NULL;
    }
    if (!s3_call_init(&call, client, "GET", "sign a URL for", bucket, key, NULL, error))
        return NULL;
    g_autoptr(Credentials) credentials =
        credentials_source_get(client->credentials, cancellable, error);
    if (credentials == NULL)
        return NULL;
    const AwsRequest *request = &call.request;
    SigV4Key signer = {.access_key_id = credentials->access_key_id,
                       .secret_access_key = secret_peek(credentials->secret_access_key),
                       .session_token = secret_peek(credentials->session_token),
                       .region = request->region,
                       .service = "s3",
                       .time = aws_client_now(client->aws, request->host)};
    sigv4_headers_add(request->headers, "Host", request->host);
    SigV4Request to_sign = {
        "GET", request->path, NULL, request->headers, SIGV4_UNSIGNED_PAYLOAD, SIGV4_PATH_S3};
    g_auto(SigV4Result) result = {0};
    sigv4_presign(&to_sign, &signer, seconds, &result);
    return g_strconcat(request->scheme, "://", request->host, request->path, "?", result.query,
                       NULL);
}

/* --- deleting ---------------------------------------------------------------------------------- */

static gboolean delete_one(S3Client *client, const char *bucket, const char *key,
                           GCancellable *cancellable, GError **error)
{
    g_auto(S3Call) call = {0};
    return s3_call_init(&call, client, "DELETE", "delete", bucket, key, NULL, error) &&
           s3_call_send(&call, cancellable, error);
}

static gboolean check_refusals(const S3Call *call, const S3Refusals *refusals, guint count,
                               GError **error)
{
    if (refusals->failed == 0)
        return TRUE;
    AwsFailure failure = {.status = 200, .code = refusals->code, .message = refusals->message};
    g_set_error(error, RS_ERROR, (int)aws_failure_code(&failure),
                "cannot delete s3://%s/%s: %s: %s (and %u of %u keys in all)", call->bucket,
                refusals->key != NULL ? refusals->key : "?",
                refusals->code != NULL ? refusals->code : "no code",
                refusals->message != NULL ? refusals->message : "no message", refusals->failed,
                count);
    return FALSE;
}

static gboolean delete_batch(S3Client *client, const char *bucket, const GPtrArray *keys,
                             guint first, guint count, GCancellable *cancellable, GError **error)
{
    g_auto(S3Call) call = {0};
    g_auto(S3Refusals) refusals = {0};
    g_autoptr(GBytes) xml = s3_xml_write_delete(keys, first, count);
    HttpBody body = {.bytes = xml, .length = g_bytes_get_size(xml)};
    guint8 digest[16];
    gsize size = sizeof digest;
    g_autoptr(GChecksum) md5 = g_checksum_new(G_CHECKSUM_MD5);
    g_checksum_update(md5, g_bytes_get_data(xml, NULL), (gssize)body.length);
    g_checksum_get_digest(md5, digest, &size);
    g_autofree char *content_md5 = g_base64_encode(digest, size);
    if (!s3_call_init(&call, client, "POST", "delete from", bucket, "", "delete=", error))
        return FALSE;
    call.request.body = &body;
    sigv4_headers_add(call.request.headers, "Content-Type", "application/xml");
    sigv4_headers_add(call.request.headers, "Content-MD5", content_md5);
    return s3_call_send(&call, cancellable, error) &&
           s3_xml_read_refusals(http_response_text(&call.response), call.response.body->len,
                                &refusals, error) &&
           check_refusals(&call, &refusals, count, error);
}

gboolean s3_delete(S3Client *client, const char *bucket, const GPtrArray *keys,
                   GCancellable *cancellable, GError **error)
{
    g_autoptr(GPtrArray) writable = g_ptr_array_new();
    for (guint i = 0; i < keys->len; i++) {
        if (s3_xml_can_hold(keys->pdata[i]))
            g_ptr_array_add(writable, keys->pdata[i]);
        else if (!delete_one(client, bucket, keys->pdata[i], cancellable, error))
            return FALSE;
    }
    for (guint first = 0; first < writable->len; first += DELETE_BATCH) {
        guint count = MIN(DELETE_BATCH, writable->len - first);
        if (!delete_batch(client, bucket, writable, first, count, cancellable, error))
            return FALSE;
    }
    return TRUE;
}

/* --- buckets ----------------------------------------------------------------------------------- */

char *s3_bucket_region(S3Client *client, const char *bucket, GCancellable *cancellable,
                       GError **error)
{
    g_auto(S3Call) call = {0};
    g_autoptr(GError) failure = NULL;
    if (!s3_call_init(&call, client, "HEAD", "find the Region of", bucket, "", NULL, error))
        return NULL;
    gboolean good = s3_call_send(&call, cancellable, &failure);
    /* Told even to those who may do nothing else with the bucket. */
    const char *region = http_response_header(&call.response, "x-amz-bucket-region");
    if (region != NULL && endpoint_is_region(region))
        return g_strdup(region);
    if (good)
        return g_strdup(call.request.region);
    g_propagate_error(error, g_steal_pointer(&failure));
    return NULL;
}

/* The codes of a 404 that mean "there is none", not "there is no such bucket". */
static gboolean has_none(const GError *failure)
{
    static const char *const codes[] = {"NoSuchLifecycleConfiguration",
                                        "NoSuchPublicAccessBlockConfiguration",
                                        "ServerSideEncryptionConfigurationNotFoundError"};
    for (gsize i = 0; i < G_N_ELEMENTS(codes); i++)
        if (strstr(failure->message, codes[i]) != NULL)
            return TRUE;
    return FALSE;
}

char *s3_bucket_setting(S3Client *client, const char *bucket, const char *name,
                        GCancellable *cancellable, GError **error)
{
    g_auto(S3Call) call = {0};
    g_autoptr(GError) failure = NULL;
    g_autofree char *verb = g_strdup_printf("look at the %s of", name);
    g_autofree char *query = g_strconcat(name, "=", NULL);
    if (!s3_call_init(&call, client, "GET", verb, bucket, "", query, error))
        return NULL;
    if (s3_call_send(&call, cancellable, &failure))
        return g_strdup(http_response_text(&call.response));
    if (!has_none(failure))
        g_propagate_error(error, g_steal_pointer(&failure));
    return NULL;
}
