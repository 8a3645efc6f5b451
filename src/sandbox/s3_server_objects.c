#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "sandbox/s3_server_internal.h"

#define COPY_BUFFER (1u << 20)
#define STREAM_BLOCK (128u << 10)

/* --- GetObject and HeadObject ------------------------------------------------------------------ */

/* Which bytes of an object are asked for. */
typedef struct {
    gboolean partial;
    guint64 first, length;
} Range;

/* "bytes=a-b", "bytes=a-", "bytes=-n". Other forms (several ranges, units) count as none, as on S3.
 * FALSE when no byte of the object is in the range. */
static gboolean read_range(const char *text, guint64 size, Range *range)
{
    *range = (Range){FALSE, 0, size};
    if (text == NULL || !g_str_has_prefix(text, "bytes=") || strchr(text, ',') != NULL)
        return TRUE;
    g_auto(GStrv) ends = g_strsplit(text + strlen("bytes="), "-", 2);
    guint64 first = 0, last = G_MAXUINT64;
    if (g_strv_length(ends) != 2 || (*ends[0] == '\0' && *ends[1] == '\0') ||
        (*ends[0] != '\0' &&
         !g_ascii_string_to_unsigned(ends[0], 10, 0, G_MAXUINT64, &first, NULL)) ||
        (*ends[1] != '\0' &&
         !g_ascii_string_to_unsigned(ends[1], 10, 0, G_MAXUINT64, &last, NULL)) ||
        first > last)
        return TRUE;
    if (*ends[0] == '\0') {
        guint64 wanted = MIN(last, size);
        *range = (Range){TRUE, size - wanted, wanted};
        return wanted > 0;
    }
    if (first >= size)
        return FALSE;
    *range = (Range){TRUE, first, MIN(last, size - 1) - first + 1};
    return TRUE;
}

static gboolean etag_matches(const char *list, const char *etag)
{
    g_auto(GStrv) parts = g_strsplit(list, ",", -1);
    for (char **part = parts; *part != NULL; part++) {
        const char *one = g_strstrip(*part);
        gsize length = strlen(etag);
        one += *one == '"';
        if (strcmp(one, "*") == 0 ||
            (strncmp(one, etag, length) == 0 && (one[length] == '\0' || one[length] == '"')))
            return TRUE;
    }
    return FALSE;
}

/* FALSE after 304 or 412. */
static gboolean check_conditions(HttpExchange *exchange, const StoreObject *object)
{
    const char *match = http_header(exchange, "If-Match");
    const char *none = http_header(exchange, "If-None-Match");
    if (match != NULL && !etag_matches(match, object->etag)) {
        http_answer_error(exchange, 412, "PreconditionFailed",
                          "At least one of the pre-conditions you specified did not hold",
                          "<Condition>If-Match</Condition>");
        return FALSE;
    }
    if (none == NULL || !etag_matches(none, object->etag))
        return TRUE;
    http_answer_empty(exchange, 304);
    return FALSE;
}

static void add_object_headers(HttpExchange *exchange, struct MHD_Response *response,
                               const StoreObject *object, const Range *range)
{
    const S3Work *work = exchange->work;
    g_autofree char *etag = g_strdup_printf("\"%s\"", object->etag);
    g_autofree char *modified = s3_http_time(object->modified_ms);
    g_autofree char *kept = s3_headers_load(exchange, work->bucket, work->key, object->etag);
    g_autofree char *type = http_parameter(exchange, "response-content-type");
    http_add_header(response, "ETag", etag);
    http_add_header(response, "Last-Modified", modified);
    http_add_header(response, "Accept-Ranges", "bytes");
    http_add_header(response, "Content-Type", type != NULL ? type : object->content_type);
    s3_headers_add(response, kept);
    s3_encryption_add(response, object->kms_key);
    if (range->partial) {
        g_autofree char *text =
            g_strdup_printf("bytes %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT,
                            range->first, range->first + range->length - 1, object->size);
        http_add_header(response, "Content-Range", text);
    }
}

/* Bytes of an object that are read as they are sent. */
typedef struct {
    FaultHit fault;
    int fd;
    guint64 offset;
    guint64 breaks_at; /* the answer breaks off there, as told by a fault rule */
} Stream;

static ssize_t read_stream(void *user, uint64_t position, char *buffer, size_t size)
{
    Stream *stream = user;
    if (position >= stream->breaks_at)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    gsize wanted = http_pace(&stream->fault, MIN(size, stream->breaks_at - position));
    ssize_t got = pread(stream->fd, buffer, wanted, (off_t)(stream->offset + position));
    return got > 0 ? got : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void free_stream(void *user)
{
    Stream *stream = user;
    close(stream->fd);
    g_free(stream);
}

/* Takes the descriptor. */
static struct MHD_Response *object_response(const HttpExchange *exchange, int fd,
                                            const Range *range)
{
    gboolean breaks = exchange->fault.reset == FAULT_RESET_DURING;
    /* The kernel sends the file by itself; over TLS the library would go through it by 4 KiB. */
    if (!breaks && !exchange->server->tls && exchange->fault.trickle == 0)
        return MHD_create_response_from_fd_at_offset64(range->length, fd, range->first);
    Stream *stream = g_new(Stream, 1);
    *stream = (Stream){exchange->fault, fd, range->first,
                       breaks ? range->length / 2 : G_MAXUINT64};
    return MHD_create_response_from_callback(range->length, STREAM_BLOCK, read_stream, stream,
                                             free_stream);
}

static void answer_object(HttpExchange *exchange)
{
    const S3Work *work = exchange->work;
    g_autoptr(StoreObject) object = NULL;
    g_autoptr(GError) error = NULL;
    Range range;
    int fd = store_read(exchange->server->store, work->bucket, work->key, &object, &error);
    if (fd < 0) {
        s3_answer_error(exchange, error);
        return;
    }
    if (!check_conditions(exchange, object)) {
        close(fd);
        return;
    }
    if (!read_range(http_header(exchange, "Range"), object->size, &range)) {
        close(fd);
        g_autofree char *extra = g_strdup_printf(
            "<ActualObjectSize>%" G_GUINT64_FORMAT "</ActualObjectSize>", object->size);
        http_answer_error(exchange, 416, "InvalidRange", "The requested range is not satisfiable",
                          extra);
        return;
    }
    struct MHD_Response *response = object_response(exchange, fd, &range);
    add_object_headers(exchange, response, object, &range);
    http_answer(exchange, range.partial ? 206 : 200, response);
}

void s3_get_object(HttpExchange *exchange)
{
    answer_object(exchange);
}

void s3_head_object(HttpExchange *exchange)
{
    answer_object(exchange); /* the server library leaves the body out */
}

/* Tags cannot be set here, so every object has none: what awscli asks before it copies. */
void s3_get_tagging(HttpExchange *exchange)
{
    const S3Work *work = exchange->work;
    g_autoptr(GError) error = NULL;
    g_autoptr(StoreObject) object =
        store_head(exchange->server->store, work->bucket, work->key, &error);
    if (object == NULL)
        s3_answer_error(exchange, error);
    else
        s3_answer_xml(exchange, 200, S3_XML_HEAD "<Tagging " S3_XMLNS "><TagSet/></Tagging>");
}

/* --- PutObject --------------------------------------------------------------------------------- */

static gboolean check_new_key(HttpExchange *exchange)
{
    const S3Work *work = exchange->work;
    const char *none = http_header(exchange, "If-None-Match");
    if (none == NULL)
        return TRUE;
    if (strcmp(none, "*") != 0) {
        http_answer_error(exchange, 501, "NotImplemented", "If-None-Match takes only * for a PUT.",
                          NULL);
        return FALSE;
    }
    g_autoptr(StoreObject) there =
        store_head(exchange->server->store, work->bucket, work->key, NULL);
    if (there == NULL)
        return TRUE;
    http_answer_error(exchange, 412, "PreconditionFailed",
                      "At least one of the pre-conditions you specified did not hold",
                      "<Condition>If-None-Match</Condition>");
    return FALSE;
}

static gboolean has_length(HttpExchange *exchange)
{
    if (http_header(exchange, "Content-Length") != NULL ||
        http_header(exchange, "x-amz-decoded-content-length") != NULL)
        return TRUE;
    http_answer_error(exchange, 411, "MissingContentLength",
                      "You must provide the Content-Length HTTP header.", NULL);
    return FALSE;
}

void s3_put_object_begin(HttpExchange *exchange)
{
    S3Work *work = exchange->work;
    g_autoptr(GError) error = NULL;
    if (!has_length(exchange) || !s3_need_bucket(exchange) || !check_new_key(exchange))
        return;
    if (http_header(exchange, "If-Match") != NULL) {
        http_answer_error(exchange, 501, "NotImplemented",
                          "If-Match for a PUT is not supported by the sandbox.", NULL);
        return;
    }
    work->writer = store_write_begin(exchange->server->store, work->bucket, work->key,
                                     http_header(exchange, "Content-Type"), &error);
    if (work->writer == NULL) {
        s3_answer_error(exchange, error);
        return;
    }
    store_write_encrypt(work->writer, work->kms_key);
    if (work->kms_key != NULL)
        s3_body_keep_md5(work->body);
}

static void answer_stored(HttpExchange *exchange, const StoreObject *object)
{
    const S3Work *work = exchange->work;
    g_autofree char *etag = g_strdup_printf("\"%s\"", object->etag);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
    http_add_header(response, "ETag", etag);
    s3_encryption_add(response, object->kms_key);
    s3_body_add_checksum(work->body, response);
    http_answer(exchange, 200, response);
}

void s3_put_object(HttpExchange *exchange)
{
    S3Work *work = exchange->work;
    g_autoptr(StoreObject) object = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *headers = s3_kept_headers(exchange);
    if (!check_new_key(exchange))
        return;
    if (!store_write_commit(g_steal_pointer(&work->writer), NULL, &object, &error)) {
        s3_answer_error(exchange, error);
        return;
    }
    s3_headers_save(exchange, work->key, object->etag, headers);
    answer_stored(exchange, object);
}

/* --- CopyObject -------------------------------------------------------------------------------- */

/* "/bucket/key" or "bucket/key", percent-encoded. */
gboolean s3_read_copy_source(HttpExchange *exchange, char **bucket, char **key)
{
    const char *source = http_header(exchange, "x-amz-copy-source");
    source += *source == '/';
    g_autofree char *decoded = sigv4_uri_decode(source, -1, FALSE, NULL);
    const char *slash = strchr(decoded, '/');
    if (slash == NULL || slash[1] == '\0' || strstr(source, "?versionId=") != NULL) {
        http_answer_error(exchange, 400, "InvalidArgument",
                          "Copy Source must mention the source bucket and key: sourcebucket/key",
                          NULL);
        return FALSE;
    }
    *bucket = g_strndup(decoded, (gsize)(slash - decoded));
    *key = g_strdup(slash + 1);
    return TRUE;
}

gboolean s3_check_copy_source(HttpExchange *exchange, const StoreObject *source)
{
    const char *match = http_header(exchange, "x-amz-copy-source-if-match");
    const char *none = http_header(exchange, "x-amz-copy-source-if-none-match");
    if ((match == NULL || etag_matches(match, source->etag)) &&
        (none == NULL || !etag_matches(none, source->etag)))
        return TRUE;
    http_answer_error(exchange, 412, "PreconditionFailed",
                      "At least one of the pre-conditions you specified did not hold",
                      match != NULL ? "<Condition>x-amz-copy-source-If-Match</Condition>"
                                    : "<Condition>x-amz-copy-source-If-None-Match</Condition>");
    return FALSE;
}

static gboolean copy_bytes(int fd, StoreWriter *writer, GError **error)
{
    g_autofree char *buffer = g_malloc(COPY_BUFFER);
    for (;;) {
        ssize_t got = read(fd, buffer, COPY_BUFFER);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return rs_error_set_errno(error, errno, "cannot read the object");
        if (got == 0)
            return TRUE;
        if (!store_write(writer, buffer, (gsize)got, error))
            return FALSE;
    }
}

/* The new object, or NULL: answered. */
static StoreObject *copy_to_key(HttpExchange *exchange, int fd, const char *type)
{
    const S3Work *work = exchange->work;
    StoreObject *made = NULL;
    g_autoptr(GError) error = NULL;
    StoreWriter *writer =
        store_write_begin(exchange->server->store, work->bucket, work->key, type, &error);
    if (writer != NULL)
        store_write_encrypt(writer, work->kms_key);
    if (writer == NULL || !copy_bytes(fd, writer, &error))
        store_write_abort(writer);
    else if (store_write_commit(writer, NULL, &made, &error))
        return made;
    s3_answer_error(exchange, error);
    return NULL;
}

static StoreObject *copy(HttpExchange *exchange, const char *bucket, const char *key)
{
    const S3Work *work = exchange->work;
    gboolean replace = g_strcmp0(http_header(exchange, "x-amz-metadata-directive"), "REPLACE") == 0;
    g_autoptr(StoreObject) source = NULL;
    g_autoptr(GError) error = NULL;
    StoreObject *made = NULL;
    int fd = store_read(exchange->server->store, bucket, key, &source, &error);
    if (fd < 0) {
        s3_answer_error(exchange, error);
        return NULL;
    }
    const char *type = replace ? http_header(exchange, "Content-Type") : source->content_type;
    if (s3_check_copy_source(exchange, source))
        made = copy_to_key(exchange, fd, type);
    close(fd);
    if (made == NULL)
        return NULL;
    g_autofree char *headers =
        replace ? s3_kept_headers(exchange) : s3_headers_load(exchange, bucket, key, source->etag);
    s3_headers_save(exchange, work->key, made->etag, headers);
    return made;
}

void s3_copy_object(HttpExchange *exchange)
{
    g_autofree char *bucket = NULL, *key = NULL;
    if (!s3_read_copy_source(exchange, &bucket, &key) || !s3_need_bucket(exchange))
        return;
    g_autoptr(StoreObject) object = copy(exchange, bucket, key);
    if (object == NULL)
        return;
    g_autofree char *modified = s3_iso_time(object->modified_ms);
    g_autofree char *etag = g_strdup_printf("\"%s\"", object->etag);
    g_autoptr(GString) xml = g_string_new(S3_XML_HEAD "<CopyObjectResult " S3_XMLNS ">");
    s3_append_element(xml, "LastModified", modified);
    s3_append_element(xml, "ETag", etag);
    g_string_append(xml, "</CopyObjectResult>");
    s3_answer_xml(exchange, 200, xml->str);
    s3_encryption_add(exchange->answer, object->kms_key);
}

/* --- deleting ---------------------------------------------------------------------------------- */

void s3_delete_object(HttpExchange *exchange)
{
    const S3Work *work = exchange->work;
    g_autoptr(GError) error = NULL;
    if (!s3_need_bucket(exchange))
        return;
    if (!store_delete(exchange->server->store, work->bucket, work->key, &error)) {
        s3_answer_error(exchange, error);
        return;
    }
    s3_headers_save(exchange, work->key, "", NULL);
    http_answer_empty(exchange, 204);
}

typedef struct {
    GPtrArray *keys; /* of char * */
    gboolean quiet, versions;
} Deletion;

static void note_deletion(gpointer user, const char *parent, const char *name, const char *text)
{
    Deletion *deletion = user;
    if (strcmp(parent, "Object") == 0 && strcmp(name, "Key") == 0)
        g_ptr_array_add(deletion->keys, g_strdup(text));
    else if (strcmp(parent, "Object") == 0 && strcmp(name, "VersionId") == 0)
        deletion->versions = TRUE;
    else if (strcmp(parent, "Delete") == 0 && strcmp(name, "Quiet") == 0)
        deletion->quiet = strcmp(text, "true") == 0;
}

static gboolean check_deletion(HttpExchange *exchange, const Deletion *deletion, gboolean read)
{
    const S3Work *work = exchange->work;
    if (!s3_body_has_checksum(work->body))
        http_answer_error(exchange, 400, "InvalidRequest",
                          "Missing required header for this request: Content-MD5 OR "
                          "x-amz-checksum-*",
                          NULL);
    else if (!read || deletion->keys->len == 0 || deletion->keys->len > 1000)
        http_answer_error(exchange, 400, "MalformedXML",
                          "The XML you provided was not well-formed or did not validate against "
                          "our published schema",
                          NULL);
    else if (deletion->versions)
        http_answer_error(exchange, 501, "NotImplemented",
                          "Versions are not supported by the sandbox.", NULL);
    else
        return s3_need_bucket(exchange);
    return FALSE;
}

void s3_delete_objects(HttpExchange *exchange)
{
    const S3Work *work = exchange->work;
    Deletion deletion = {.keys = g_ptr_array_new_with_free_func(g_free)};
    gboolean read = s3_read_xml(work->memory, "Delete", note_deletion, &deletion);
    g_autoptr(GString) xml = g_string_new(S3_XML_HEAD "<DeleteResult " S3_XMLNS ">");
    gboolean good = check_deletion(exchange, &deletion, read);
    for (guint i = 0; good && i < deletion.keys->len; i++) {
        const char *key = deletion.keys->pdata[i];
        g_autoptr(GError) error = NULL;
        gboolean gone = store_delete(exchange->server->store, work->bucket, key, &error);
        if (gone && deletion.quiet)
            continue;
        g_string_append(xml, gone ? "<Deleted>" : "<Error>");
        s3_append_element(xml, "Key", key);
        s3_append_element(xml, "Code", gone ? NULL : "InternalError");
        s3_append_element(xml, "Message", gone ? NULL : error->message);
        g_string_append(xml, gone ? "</Deleted>" : "</Error>");
    }
    g_string_append(xml, "</DeleteResult>");
    if (good)
        s3_answer_xml(exchange, 200, xml->str);
    g_ptr_array_unref(deletion.keys);
}
