#include "aws/s3_internal.h"

#include <curl/curl.h>
#include <string.h>

#include "base/text.h"

static const EndpointService service = {"S3", "s3"};

static void place_free(gpointer data)
{
    BucketPlace *place = data;
    g_free(place->region);
    g_free(place);
}

S3Client *s3_client_new(const char *endpoint_url, const char *region,
                        CredentialsSource *credentials)
{
    S3Client *client = g_new0(S3Client, 1);
    g_auto(Endpoint) endpoint = {0};
    client->aws = aws_client_new(credentials);
    client->credentials = credentials;
    client->region = endpoint_region(region);
    client->places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, place_free);
    g_mutex_init(&client->mutex);
    if (endpoint_choose(&service, endpoint_url, aws_client_profile(client->aws), &client->choice,
                        &client->broken))
        endpoint_resolve(&service, &client->choice, client->region, &endpoint, &client->broken);
    return client;
}

void s3_client_free(S3Client *client)
{
    if (client == NULL)
        return;
    aws_client_free(client->aws);
    g_hash_table_unref(client->places);
    g_mutex_clear(&client->mutex);
    g_clear_error(&client->broken);
    endpoint_choice_clear(&client->choice);
    g_free(client->sse);
    g_free(client->sse_kms_key_id);
    g_free(client->region);
    g_free(client);
}

void s3_client_set_hooks(S3Client *client, const AwsHooks *hooks)
{
    aws_client_set_hooks(client->aws, hooks);
}

void s3_client_set_encryption(S3Client *client, const char *sse, const char *kms_key_id)
{
    g_free(client->sse);
    g_free(client->sse_kms_key_id);
    client->sse = g_strdup(sse);
    client->sse_kms_key_id = g_strdup(kms_key_id);
}

guint s3_client_connections(S3Client *client)
{
    return aws_client_connections(client->aws);
}

void s3_object_free(S3Object *object)
{
    if (object == NULL)
        return;
    g_free(object->key);
    g_free(object->etag);
    g_free(object);
}

void s3_upload_free(S3Upload *upload)
{
    if (upload == NULL)
        return;
    g_free(upload->key);
    g_free(upload->id);
    g_free(upload);
}

void s3_part_clear(gpointer part)
{
    g_free(((S3Part *)part)->etag);
}

/* --- addresses --------------------------------------------------------------------------------- */

gboolean s3_parse_url(const char *url, char **bucket, char **key, GError **error)
{
    static const char *const schemes[] = {"s3://", "s3a://", "s3n://"};
    const char *rest = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(schemes) && rest == NULL; i++)
        if (g_ascii_strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
            rest = url + strlen(schemes[i]);
    gsize length = rest != NULL ? strcspn(rest, "/") : 0;
    if (length == 0) {
        g_autofree char *shown = text_printable(url, -1);
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "\"%s\" is not an S3 URL; expected s3://bucket/key", shown);
        return FALSE;
    }
    *bucket = g_strndup(rest, length);
    *key = g_strdup(rest[length] == '/' ? rest + length + 1 : "");
    return TRUE;
}

/* A bucket's name as a host label that the wildcard certificate covers: no dots, no capitals. */
static gboolean is_host_label(const char *bucket)
{
    gsize length = strlen(bucket);
    return length >= 3 && length <= 63 && bucket[0] != '-' && bucket[length - 1] != '-' &&
           strspn(bucket, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

gboolean s3_address(const S3Client *client, const char *bucket, const char *key, const char *region,
                    S3Address *address, GError **error)
{
    g_auto(Endpoint) endpoint = {0};
    if (*bucket == '\0' || strchr(bucket, '/') != NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "\"%s\" is not a bucket name", bucket);
        return FALSE;
    }
    if (!endpoint_resolve(&service, &client->choice, region, &endpoint, error))
        return FALSE;
    g_autofree char *encoded = sigv4_uri_encode(key, -1, TRUE);
    g_autofree char *name = sigv4_uri_encode(bucket, -1, FALSE);
    gboolean virtual_host = !endpoint.custom && is_host_label(bucket) && strcmp(key, "soap") != 0;
    address->scheme = g_strdup(endpoint.scheme);
    address->host =
        virtual_host ? g_strdup_printf("%s.%s", bucket, endpoint.host) : g_strdup(endpoint.host);
    address->path = virtual_host   ? g_strconcat("/", encoded, NULL)
                    : *key != '\0' ? g_strconcat(endpoint.path, "/", name, "/", encoded, NULL)
                                   : g_strconcat(endpoint.path, "/", name, NULL);
    return TRUE;
}

static BucketPlace bucket_place(S3Client *client, const char *bucket)
{
    g_mutex_lock(&client->mutex);
    const BucketPlace *known = g_hash_table_lookup(client->places, bucket);
    BucketPlace copy = {g_strdup(known != NULL ? known->region : client->region),
                        known != NULL && known->proven, known != NULL && known->no_md5};
    g_mutex_unlock(&client->mutex);
    return copy;
}

static void learn_place(S3Client *client, const char *bucket, const char *region, gboolean proven)
{
    g_mutex_lock(&client->mutex);
    const BucketPlace *known = g_hash_table_lookup(client->places, bucket);
    if (known == NULL || strcmp(known->region, region) != 0 || known->proven != proven) {
        BucketPlace *place = g_new0(BucketPlace, 1);
        place->region = g_strdup(region);
        place->proven = proven;
        place->no_md5 = known != NULL && known->no_md5;
        g_hash_table_insert(client->places, g_strdup(bucket), place);
    }
    g_mutex_unlock(&client->mutex);
}

gboolean s3_bucket_has_no_md5(S3Client *client, const char *bucket)
{
    g_mutex_lock(&client->mutex);
    const BucketPlace *known = g_hash_table_lookup(client->places, bucket);
    gboolean no_md5 = known != NULL && known->no_md5;
    g_mutex_unlock(&client->mutex);
    return no_md5;
}

void s3_bucket_learn_md5(S3Client *client, const char *bucket, gboolean is_md5)
{
    g_mutex_lock(&client->mutex);
    BucketPlace *known = g_hash_table_lookup(client->places, bucket);
    if (known != NULL)
        known->no_md5 = !is_md5;
    g_mutex_unlock(&client->mutex);
}

/* --- going where the bucket is ----------------------------------------------------------------- */

static gboolean move_to_region(S3Call *call, AwsRequest *request, const char *region)
{
    S3Address address = {0};
    if (!endpoint_is_region(region) || strcmp(region, request->region) == 0 ||
        !s3_address(call->client, call->bucket, call->key, region, &address, NULL))
        return FALSE;
    learn_place(call->client, call->bucket, region, FALSE);
    g_free(request->scheme);
    g_free(request->host);
    g_free(request->path);
    g_free(request->region);
    request->scheme = address.scheme;
    request->host = address.host;
    request->path = address.path;
    request->region = g_strdup(region);
    return TRUE;
}

/* 307: only for now, so nothing is learnt. The path stays ours; TLS is never given up. */
static gboolean move_to_host(AwsRequest *request, const char *location)
{
    g_auto(Endpoint) endpoint = {0};
    const char *host = location != NULL ? strstr(location, "://") : NULL;
    if (host == NULL)
        return FALSE;
    gsize length = (gsize)(host - location) + 3 + strcspn(host + 3, "/?");
    g_autofree char *origin = g_strndup(location, length);
    if (!endpoint_parse(origin, "Location", &endpoint, NULL) ||
        strcmp(endpoint.scheme, request->scheme) != 0 || strcmp(endpoint.host, request->host) == 0)
        return FALSE;
    g_free(request->host);
    request->host = g_steal_pointer(&endpoint.host);
    return TRUE;
}

static gboolean relocate(gpointer user, AwsRequest *request, const HttpResponse *response,
                         const AwsFailure *failure)
{
    if (response->status == 307)
        return move_to_host(request, http_response_header(response, "Location"));
    if (response->status != 301 && response->status != 400)
        return FALSE;
    return failure->region != NULL && move_to_region(user, request, failure->region);
}

/* --- calls ------------------------------------------------------------------------------------- */

gboolean s3_call_init(S3Call *call, S3Client *client, const char *method, const char *verb,
                      const char *bucket, const char *key, const char *query, GError **error)
{
    memset(call, 0, sizeof *call);
    if (client->broken != NULL) {
        g_propagate_error(error, g_error_copy(client->broken));
        return FALSE;
    }
    S3Address address = {0};
    BucketPlace place = bucket_place(client, bucket);
    if (!s3_address(client, bucket, key, place.region, &address, error)) {
        g_free(place.region);
        return FALSE;
    }
    g_autofree char *url = g_strdup_printf("s3://%s/%s", bucket, key);
    g_autofree char *shown = text_printable(url, -1);
    call->client = client;
    call->bucket = bucket;
    call->key = key;
    call->what = g_strdup_printf("cannot %s %s", verb, shown);
    call->request = (AwsRequest){.what = call->what,
                                 .method = method,
                                 .scheme = address.scheme,
                                 .host = address.host,
                                 .path = address.path,
                                 .query = g_strdup(query),
                                 .region = place.region,
                                 .service = "s3",
                                 .path_mode = SIGV4_PATH_S3,
                                 .headers = sigv4_headers_new(),
                                 .s3 = TRUE,
                                 .expect_continue = !place.proven,
                                 .read_failure = aws_failure_read_xml,
                                 .relocate = relocate,
                                 .relocate_user = call};
    return TRUE;
}

gboolean s3_call_send(S3Call *call, GCancellable *cancellable, GError **error)
{
    /* Asking first is worth a round trip only for a body that a redirect would waste. */
    gsize asks_above = 1 << 20;
    AwsRequest *request = &call->request;
    if (request->body == NULL || request->body->length <= asks_above)
        request->expect_continue = FALSE;
    if (!aws_send(call->client->aws, request, &call->response, cancellable, error))
        return FALSE;
    learn_place(call->client, call->bucket, request->region, TRUE);
    return TRUE;
}

void s3_call_clear(S3Call *call)
{
    aws_request_clear(&call->request);
    http_response_clear(&call->response);
    g_clear_pointer(&call->what, g_free);
}

/* With keys of KMS or of the customer the ETag looks like an MD5 and is none. */
static gboolean etag_is_md5_here(const S3Call *call, const char *etag)
{
    const char *sse = http_response_header(&call->response, "x-amz-server-side-encryption");
    return s3_etag_is_md5(etag) && (sse == NULL || !g_str_has_prefix(sse, "aws:")) &&
           http_response_header(&call->response,
                                "x-amz-server-side-encryption-customer-algorithm") == NULL;
}

gboolean s3_call_etag_is_md5(const S3Call *call)
{
    const char *header = http_response_header(&call->response, "ETag");
    g_autofree char *etag = header != NULL ? s3_bare_etag(header) : NULL;
    return etag != NULL && etag_is_md5_here(call, etag);
}

void s3_call_add_encryption(S3Call *call)
{
    const S3Client *client = call->client;
    if (client->sse != NULL)
        sigv4_headers_add(call->request.headers, "x-amz-server-side-encryption", client->sse);
    if (client->sse_kms_key_id != NULL)
        sigv4_headers_add(call->request.headers, "x-amz-server-side-encryption-aws-kms-key-id",
                          client->sse_kms_key_id);
}

gboolean s3_call_check_md5(const S3Call *call, Digest *md5, GError **error)
{
    const char *header = http_response_header(&call->response, "ETag");
    g_autofree char *etag = header != NULL ? s3_bare_etag(header) : NULL;
    if (etag == NULL || !etag_is_md5_here(call, etag))
        return TRUE;
    const char *ours = digest_hex(md5);
    if (g_ascii_strcasecmp(etag, ours) == 0)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT,
                "%s: its MD5 is %s here and %s there; the bytes were changed on the way",
                call->what, ours, etag);
    return FALSE;
}

S3Object *s3_call_object(const S3Call *call)
{
    const char *range = http_response_header(&call->response, "Content-Range");
    const char *length = http_response_header(&call->response, "Content-Length");
    const char *etag = http_response_header(&call->response, "ETag");
    const char *modified = http_response_header(&call->response, "Last-Modified");
    const char *total = range != NULL ? strchr(range, '/') : NULL;
    const char *size = total != NULL ? total + 1 : length;
    S3Object *object = g_new0(S3Object, 1);
    object->key = g_strdup(call->key);
    object->size = size != NULL ? g_ascii_strtoull(size, NULL, 10) : 0;
    object->etag = etag != NULL ? s3_bare_etag(etag) : g_strdup("");
    object->etag_is_md5 = etag_is_md5_here(call, object->etag);
    object->modified = modified != NULL ? MAX(0, (gint64)curl_getdate(modified, NULL)) : 0;
    return object;
}
