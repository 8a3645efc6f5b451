#include "sandbox/s3_server.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "sandbox/s3_server_internal.h"

#define MEMORY_LIMIT (2u << 20)

/* The first row that fits counts, so the special ones of a method stand before its plain one. */
static const S3Operation operations[] = {
    {"ListBuckets", "GET", S3_SERVICE, NULL, NULL, S3_BODY_NONE, NULL, s3_list_buckets},

    {"GetBucketLocation", "GET", S3_BUCKET, "location", NULL, S3_BODY_NONE, NULL, s3_get_location},
    {"GetBucketLifecycleConfiguration", "GET", S3_BUCKET, "lifecycle", NULL, S3_BODY_NONE, NULL,
     s3_get_lifecycle},
    {"GetPublicAccessBlock", "GET", S3_BUCKET, "publicAccessBlock", NULL, S3_BODY_NONE, NULL,
     s3_get_public_access},
    {"GetBucketEncryption", "GET", S3_BUCKET, "encryption", NULL, S3_BODY_NONE, NULL,
     s3_get_encryption},
    {"ListMultipartUploads", "GET", S3_BUCKET, "uploads", NULL, S3_BODY_NONE, NULL,
     s3_list_uploads},
    {"ListObjectsV2", "GET", S3_BUCKET, "list-type", NULL, S3_BODY_NONE, NULL, s3_list_objects_v2},
    {"ListObjects", "GET", S3_BUCKET, NULL, NULL, S3_BODY_NONE, NULL, s3_list_objects},
    {"HeadBucket", "HEAD", S3_BUCKET, NULL, NULL, S3_BODY_NONE, NULL, s3_head_bucket},
    {"PutBucketLifecycleConfiguration", "PUT", S3_BUCKET, "lifecycle", NULL, S3_BODY_MEMORY, NULL,
     s3_put_lifecycle},
    {"CreateBucket", "PUT", S3_BUCKET, NULL, NULL, S3_BODY_MEMORY, NULL, s3_create_bucket},
    {"DeleteBucketLifecycle", "DELETE", S3_BUCKET, "lifecycle", NULL, S3_BODY_NONE, NULL,
     s3_delete_lifecycle},
    {"DeleteBucket", "DELETE", S3_BUCKET, NULL, NULL, S3_BODY_NONE, NULL, s3_delete_bucket},
    {"DeleteObjects", "POST", S3_BUCKET, "delete", NULL, S3_BODY_MEMORY, NULL, s3_delete_objects},

    {"ListParts", "GET", S3_OBJECT, "uploadId", NULL, S3_BODY_NONE, NULL, s3_list_parts},
    {"GetObjectTagging", "GET", S3_OBJECT, "tagging", NULL, S3_BODY_NONE, NULL, s3_get_tagging},
    {"GetObject", "GET", S3_OBJECT, NULL, NULL, S3_BODY_NONE, NULL, s3_get_object},
    {"HeadObject", "HEAD", S3_OBJECT, NULL, NULL, S3_BODY_NONE, NULL, s3_head_object},
    {"UploadPartCopy", "PUT", S3_OBJECT, "uploadId", "x-amz-copy-source", S3_BODY_NONE,
     s3_upload_part_begin, s3_upload_part_copy},
    {"UploadPart", "PUT", S3_OBJECT, "uploadId", NULL, S3_BODY_OBJECT, s3_upload_part_begin,
     s3_upload_part},
    {"CopyObject", "PUT", S3_OBJECT, NULL, "x-amz-copy-source", S3_BODY_NONE, NULL, s3_copy_object},
    {"PutObject", "PUT", S3_OBJECT, NULL, NULL, S3_BODY_OBJECT, s3_put_object_begin, s3_put_object},
    {"CreateMultipartUpload", "POST", S3_OBJECT, "uploads", NULL, S3_BODY_NONE, NULL,
     s3_create_upload},
    {"CompleteMultipartUpload", "POST", S3_OBJECT, "uploadId", NULL, S3_BODY_MEMORY, NULL,
     s3_complete_upload},
    {"AbortMultipartUpload", "DELETE", S3_OBJECT, "uploadId", NULL, S3_BODY_NONE, NULL,
     s3_abort_upload},
    {"DeleteObject", "DELETE", S3_OBJECT, NULL, NULL, S3_BODY_NONE, NULL, s3_delete_object},
};

/* Query names that make another operation of a request: what no row above names is not offered. */
static const char *const other_operations[] = {"accelerate",
                                               "acl",
                                               "analytics",
                                               "attributes",
                                               "cors",
                                               "encryption",
                                               "intelligent-tiering",
                                               "inventory",
                                               "legal-hold",
                                               "lifecycle",
                                               "location",
                                               "logging",
                                               "metrics",
                                               "notification",
                                               "object-lock",
                                               "ownershipControls",
                                               "policy",
                                               "policyStatus",
                                               "publicAccessBlock",
                                               "replication",
                                               "requestPayment",
                                               "restore",
                                               "retention",
                                               "select",
                                               "tagging",
                                               "torrent",
                                               "uploads",
                                               "versionId",
                                               "versioning",
                                               "versions",
                                               "website",
                                               "delete",
                                               "partNumber",
                                               "session"};

/* Headers that would change what is stored, with the one value that is as good as none. */
static const struct {
    const char *prefix, *allowed;
} other_headers[] = {
    {"x-amz-acl", "private"},
    {"x-amz-grant-", NULL},
    {"x-amz-object-lock-", NULL},
    {"x-amz-server-side-encryption-bucket-key-enabled", "false"},
    {"x-amz-server-side-encryption-context", NULL},
    {"x-amz-server-side-encryption-customer-", NULL},
    {"x-amz-copy-source-server-side-encryption", NULL},
    {"x-amz-storage-class", "STANDARD"},
    {"x-amz-tagging", NULL},
    {"x-amz-website-redirect-location", NULL},
    {"x-amz-write-offset-bytes", NULL},
    {"x-amz-copy-source-if-modified-since", NULL},
    {"x-amz-copy-source-if-unmodified-since", NULL},
};

/* --- what is asked for ------------------------------------------------------------------------- */

/* "/bucket/key" decoded. FALSE for names that no bucket or key can have. */
static gboolean read_path(HttpExchange *exchange, S3Work *work)
{
    const char *rest = exchange->path;
    gsize bucket_length, key_length;
    while (*rest == '/' && rest == exchange->path)
        rest++;
    gsize length = strcspn(rest, "/");
    if (length == 0)
        return TRUE;
    work->level = S3_BUCKET;
    work->bucket = sigv4_uri_decode(rest, (gssize)length, FALSE, &bucket_length);
    if (rest[length] == '/' && rest[length + 1] != '\0') {
        work->level = S3_OBJECT;
        work->key = sigv4_uri_decode(rest + length + 1, -1, FALSE, &key_length);
        return strlen(work->key) == key_length && strlen(work->bucket) == bucket_length;
    }
    return strlen(work->bucket) == bucket_length;
}

static const S3Operation *choose_operation(const HttpExchange *exchange, S3Level level)
{
    for (gsize i = 0; i < G_N_ELEMENTS(operations); i++) {
        const S3Operation *row = &operations[i];
        if (row->level == level && strcmp(row->method, exchange->method) == 0 &&
            (row->parameter == NULL || http_has_parameter(exchange, row->parameter)) &&
            (row->header == NULL || http_header(exchange, row->header) != NULL))
            return row;
    }
    return NULL;
}

/* Its headers say how the object is to be encrypted; a part is encrypted as its upload. */
static gboolean makes_object(const S3Operation *operation)
{
    return operation->finish == s3_put_object || operation->finish == s3_copy_object ||
           operation->finish == s3_create_upload;
}

/* A name or header that the chosen row does not speak for; NULL: none. */
static const char *unsupported_part(const HttpExchange *exchange, const S3Operation *operation)
{
    gboolean parts = operation->parameter != NULL && strcmp(operation->parameter, "uploadId") == 0;
    for (gsize i = 0; i < G_N_ELEMENTS(other_operations); i++) {
        const char *name = other_operations[i];
        if (http_has_parameter(exchange, name) && g_strcmp0(operation->parameter, name) != 0 &&
            !(parts && strcmp(name, "partNumber") == 0))
            return name;
    }
    for (guint i = 0; i < exchange->headers->len; i++) {
        const SigV4Header *header = exchange->headers->pdata[i];
        if (!makes_object(operation) &&
            (g_ascii_strcasecmp(header->name, "x-amz-server-side-encryption") == 0 ||
             g_ascii_strcasecmp(header->name, "x-amz-server-side-encryption-aws-kms-key-id") == 0))
            return header->name;
        for (gsize j = 0; j < G_N_ELEMENTS(other_headers); j++)
            if (g_ascii_strncasecmp(header->name, other_headers[j].prefix,
                                    strlen(other_headers[j].prefix)) == 0 &&
                g_strcmp0(header->value, other_headers[j].allowed) != 0)
                return header->name;
    }
    return NULL;
}

static void refuse_unsupported_part(HttpExchange *exchange, const char *part)
{
    g_autofree char *message = g_strdup_printf("%s is not supported by the sandbox.", part);
    http_answer_error(exchange, 501, "NotImplemented", message, NULL);
}

/* --- the exchange ------------------------------------------------------------------------------ */

static gboolean check_signature(HttpExchange *exchange, S3Work *work)
{
    const char *hash = http_header(exchange, "x-amz-content-sha256");
    gboolean in_header = http_header(exchange, "Authorization") != NULL;
    if (in_header && hash == NULL) {
        http_answer_error(exchange, 400, "InvalidRequest",
                          "Missing required header for this request: x-amz-content-sha256", NULL);
        return FALSE;
    }
    return http_authenticate(exchange, hash != NULL ? hash : SIGV4_UNSIGNED_PAYLOAD, &work->claim);
}

void s3_server_begin(HttpExchange *exchange)
{
    S3Work *work = g_new0(S3Work, 1);
    work->part.fd = -1;
    exchange->work = work;
    if (!read_path(exchange, work)) {
        http_answer_error(exchange, 400, "InvalidURI", "Couldn't parse the specified URI.", NULL);
        return;
    }
    work->operation = choose_operation(exchange, work->level);
    if (http_meet_fault(exchange, "s3", work->operation != NULL ? work->operation->name : "Other"))
        return;
    if (!check_signature(exchange, work))
        return;
    if (work->operation == NULL) {
        http_answer_error(exchange, 405, "MethodNotAllowed",
                          "The specified method is not allowed against this resource.", NULL);
        return;
    }
    const char *part = unsupported_part(exchange, work->operation);
    if (part != NULL) {
        refuse_unsupported_part(exchange, part);
        return;
    }
    if (makes_object(work->operation) && !s3_encryption_read(exchange, &work->kms_key))
        return;
    work->body = s3_body_new(exchange, &work->claim, work->operation->body == S3_BODY_OBJECT);
    if (work->body != NULL && work->operation->begin != NULL)
        work->operation->begin(exchange);
}

static gboolean keep_bytes(HttpExchange *exchange, const char *bytes, gsize length)
{
    S3Work *work = exchange->work;
    if (work->operation->body == S3_BODY_NONE)
        return TRUE;
    if (work->memory == NULL)
        work->memory = g_byte_array_new();
    if (work->memory->len + length > MEMORY_LIMIT) {
        http_answer_error(exchange, 400, "MaxMessageLengthExceeded", "Your request was too large.",
                          NULL);
        return FALSE;
    }
    g_byte_array_append(work->memory, (const guint8 *)bytes, (guint)length);
    return TRUE;
}

static gboolean on_decoded(gpointer user, const char *bytes, gsize length)
{
    HttpExchange *exchange = user;
    S3Work *work = exchange->work;
    g_autoptr(GError) error = NULL;
    if (work->operation->body != S3_BODY_OBJECT)
        return keep_bytes(exchange, bytes, length);
    if (work->writer == NULL)
        return s3_upload_part_body(exchange, bytes, length);
    if (store_write(work->writer, bytes, length, &error))
        return TRUE;
    s3_answer_error(exchange, error);
    return FALSE;
}

/* A reset "during" a request that has a body: when the first half of it is here. */
static gboolean resets_now(const HttpExchange *exchange)
{
    const char *length = http_header(exchange, "Content-Length");
    return exchange->fault.reset == FAULT_RESET_DURING && length != NULL &&
           exchange->received * 2 >= g_ascii_strtoull(length, NULL, 10);
}

void s3_server_body(HttpExchange *exchange, const char *bytes, gsize length)
{
    if (resets_now(exchange))
        http_drop(exchange);
    else
        s3_body_feed(s3_work(exchange)->body, bytes, length, on_decoded, exchange);
}

void s3_server_finish(HttpExchange *exchange)
{
    S3Work *work = exchange->work;
    Digest *md5 = work->writer != NULL ? store_write_md5(work->writer) : work->part_md5;
    if (s3_body_end(work->body, md5))
        work->operation->finish(exchange);
    /* With no body either way, the middle of the request is between its work and its answer. */
    if (exchange->fault.reset == FAULT_RESET_DURING && work->operation->finish != s3_get_object)
        http_drop(exchange);
}

void s3_server_clear(HttpExchange *exchange)
{
    S3Work *work = exchange->work;
    if (work == NULL)
        return;
    if (work->writer != NULL)
        store_write_abort(work->writer);
    s3_part_file_clear(&work->part);
    digest_free(work->part_md5);
    g_free(work->kms_key);
    g_clear_pointer(&work->memory, g_byte_array_unref);
    s3_body_free(work->body);
    sigv4_claim_clear(&work->claim);
    g_free(work->bucket);
    g_free(work->key);
    g_free(work);
    exchange->work = NULL;
}
