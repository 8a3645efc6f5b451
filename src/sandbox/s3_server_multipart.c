/*
 * Multipart uploads: <dir>/s3/<bucket>/uploads/<id>/upload.ini says what is being uploaded, and the parts
 * lie beside it (s3_server_parts). Completing joins them and gives the file to the store, where the object
 * appears at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "sandbox/s3_server_internal.h"

#define GROUP "upload"
#define COPY_BUFFER (1u << 20)

/* An open upload. */
typedef struct {
    char *id, *folder;
    char *key, *content_type, *headers;
    char *kms_key; /* NULL: SSE-S3 */
    gint64 started_ms;
} Upload;

static void upload_clear(Upload *upload)
{
    g_free(upload->id);
    g_free(upload->folder);
    g_free(upload->key);
    g_free(upload->content_type);
    g_free(upload->headers);
    g_free(upload->kms_key);
    memset(upload, 0, sizeof *upload);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Upload, upload_clear)

static gboolean load_upload(const HttpExchange *exchange, const char *id, Upload *upload)
{
    memset(upload, 0, sizeof *upload);
    if (*id == '\0' || strspn(id, "0123456789abcdef") != strlen(id))
        return FALSE;
    g_autofree char *uploads = s3_bucket_path(exchange, "uploads");
    g_autofree char *folder = g_build_filename(uploads, id, NULL);
    g_autofree char *path = g_build_filename(folder, "upload.ini", NULL);
    g_autoptr(GKeyFile) file = g_key_file_new();
    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, NULL))
        return FALSE;
    upload->id = g_strdup(id);
    upload->folder = g_steal_pointer(&folder);
    upload->key = g_key_file_get_string(file, GROUP, "key", NULL);
    upload->content_type = g_key_file_get_string(file, GROUP, "content-type", NULL);
    upload->headers = g_key_file_get_string(file, GROUP, "headers", NULL);
    upload->kms_key = g_key_file_get_string(file, GROUP, "kms-key", NULL);
    upload->started_ms = g_key_file_get_int64(file, GROUP, "started-ms", NULL);
    if (upload->key != NULL)
        return TRUE;
    upload_clear(upload);
    return FALSE;
}

/* The upload that uploadId names, for the key of the path. FALSE after NoSuchBucket or NoSuchUpload. */
static gboolean need_upload(HttpExchange *exchange, Upload *upload)
{
    const S3Work *work = exchange->work;
    g_autofree char *id = http_parameter(exchange, "uploadId");
    if (!s3_need_bucket(exchange))
        return FALSE;
    if (load_upload(exchange, id, upload) && strcmp(upload->key, work->key) == 0)
        return TRUE;
    upload_clear(upload);
    g_autofree char *shown = http_xml_escape(id);
    g_autofree char *extra = g_strdup_printf("<UploadId>%s</UploadId>", shown);
    http_answer_error(exchange, 404, "NoSuchUpload",
                      "The specified upload does not exist. The upload ID may be invalid, or the "
                      "upload may have been aborted or completed.",
                      extra);
    return FALSE;
}

static void answer_errno(HttpExchange *exchange, int reason)
{
    http_answer_error(exchange, 500, "InternalError", g_strerror(reason), NULL);
}

/* --- CreateMultipartUpload --------------------------------------------------------------------- */

static gboolean save_upload(const HttpExchange *exchange, const char *folder, GError **error)
{
    const S3Work *work = exchange->work;
    const char *type = http_header(exchange, "Content-Type");
    g_autofree char *headers = s3_kept_headers(exchange);
    g_autofree char *path = g_build_filename(folder, "upload.ini", NULL);
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_key_file_set_string(file, GROUP, "key", work->key);
    if (type != NULL)
        g_key_file_set_string(file, GROUP, "content-type", type);
    g_key_file_set_string(file, GROUP, "headers", headers);
    if (work->kms_key != NULL)
        g_key_file_set_string(file, GROUP, "kms-key", work->kms_key);
    g_key_file_set_int64(file, GROUP, "started-ms", g_get_real_time() / 1000);
    if (g_mkdir_with_parents(folder, 0700) != 0)
        return rs_error_set_errno(error, errno, "cannot create %s", folder);
    return g_key_file_save_to_file(file, path, error);
}

void s3_create_upload(HttpExchange *exchange)
{
    const S3Work *work = exchange->work;
    g_autoptr(GError) error = NULL;
    if (!s3_need_bucket(exchange))
        return;
    if (strlen(work->key) > 1024) {
        http_answer_error(exchange, 400, "KeyTooLongError", "Your key is too long", NULL);
        return;
    }
    g_autofree char *uploads = s3_bucket_path(exchange, "uploads");
    g_autofree char *id = g_strdup_printf("%016" G_GINT64_MODIFIER "x%08x%08x", g_get_real_time(),
                                          g_random_int(), g_random_int());
    g_autofree char *folder = g_build_filename(uploads, id, NULL);
    if (!save_upload(exchange, folder, &error)) {
        http_answer_error(exchange, 500, "InternalError", error->message, NULL);
        return;
    }
    g_autoptr(GString) xml =
        g_string_new(S3_XML_HEAD "<InitiateMultipartUploadResult " S3_XMLNS ">");
    s3_append_element(xml, "Bucket", work->bucket);
    s3_append_element(xml, "Key", work->key);
    s3_append_element(xml, "UploadId", id);
    g_string_append(xml, "</InitiateMultipartUploadResult>");
    s3_answer_xml(exchange, 200, xml->str);
    s3_encryption_add(exchange->answer, work->kms_key);
}

/* --- UploadPart -------------------------------------------------------------------------------- */

static gboolean read_part_number(HttpExchange *exchange, guint *number)
{
    g_autofree char *text = http_parameter(exchange, "partNumber");
    guint64 value = 0;
    if (text != NULL && g_ascii_string_to_unsigned(text, 10, 1, S3_MAX_PARTS, &value, NULL)) {
        *number = (guint)value;
        return TRUE;
    }
    http_answer_error(exchange, 400, "InvalidArgument",
                      "Part number must be an integer between 1 and 10000, inclusive", NULL);
    return FALSE;
}

/* The bytes that will come, as the headers have it; 0 when they do not say, or when it is a copy. */
static guint64 told_length(const HttpExchange *exchange)
{
    const char *decoded = http_header(exchange, "x-amz-decoded-content-length");
    const char *length = decoded != NULL ? decoded : http_header(exchange, "Content-Length");
    guint64 bytes = 0;
    if (length != NULL && http_header(exchange, "x-amz-copy-source") == NULL)
        g_ascii_string_to_unsigned(length, 10, 0, G_MAXINT64, &bytes, NULL);
    return bytes;
}

void s3_upload_part_begin(HttpExchange *exchange)
{
    S3Work *work = exchange->work;
    g_auto(Upload) upload = {0};
    guint number;
    if (!need_upload(exchange, &upload) || !read_part_number(exchange, &number))
        return;
    work->kms_key = g_steal_pointer(&upload.kms_key);
    if (work->kms_key == NULL)
        work->part_md5 = digest_new(DIGEST_MD5);
    else
        s3_body_keep_md5(work->body);
    if (!s3_part_file_begin(&work->part, upload.folder, number, told_length(exchange)))
        answer_errno(exchange, errno);
}

gboolean s3_upload_part_body(HttpExchange *exchange, const char *bytes, gsize length)
{
    S3Work *work = exchange->work;
    if (work->part_md5 != NULL)
        digest_update(work->part_md5, bytes, length);
    if (s3_part_file_write(&work->part, bytes, length))
        return TRUE;
    answer_errno(exchange, errno);
    return FALSE;
}

/* Puts what was written in place as that part. Its ETag without quotes, or NULL when answered. */
static char *install_part(HttpExchange *exchange)
{
    S3Work *work = exchange->work;
    g_auto(Upload) upload = {0};
    guint number;
    if (!need_upload(exchange, &upload) || !read_part_number(exchange, &number))
        return NULL;
    g_autofree char *etag =
        work->part_md5 != NULL ? g_strdup(digest_hex(work->part_md5)) : store_opaque_etag();
    if (s3_part_file_install(&work->part, upload.folder, number, etag))
        return g_steal_pointer(&etag);
    answer_errno(exchange, errno);
    return NULL;
}

void s3_upload_part(HttpExchange *exchange)
{
    const S3Work *work = exchange->work;
    g_autofree char *bare = install_part(exchange);
    if (bare == NULL)
        return;
    g_autofree char *etag = g_strdup_printf("\"%s\"", bare);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
    http_add_header(response, "ETag", etag);
    s3_encryption_add(response, work->kms_key);
    s3_body_add_checksum(work->body, response);
    http_answer(exchange, 200, response);
}

/* "bytes=a-b" within the source; without the header all of it. FALSE when answered. */
static gboolean read_copy_range(HttpExchange *exchange, guint64 size, guint64 *first,
                                guint64 *length)
{
    const char *text = http_header(exchange, "x-amz-copy-source-range");
    guint64 last = 0;
    *first = 0;
    *length = size;
    if (text == NULL)
        return TRUE;
    g_auto(GStrv) ends =
        g_strsplit(g_str_has_prefix(text, "bytes=") ? text + strlen("bytes=") : "", "-", 2);
    if (g_strv_length(ends) == 2 &&
        g_ascii_string_to_unsigned(ends[0], 10, 0, G_MAXUINT64, first, NULL) &&
        g_ascii_string_to_unsigned(ends[1], 10, *first, G_MAXUINT64, &last, NULL) && last < size) {
        *length = last - *first + 1;
        return TRUE;
    }
    http_answer_error(exchange, 400, "InvalidArgument",
                      "The x-amz-copy-source-range value must be of the form bytes=first-last and "
                      "within the source",
                      NULL);
    return FALSE;
}

static gboolean copy_range(HttpExchange *exchange, int fd, guint64 first, guint64 length)
{
    g_autofree char *buffer = g_malloc(COPY_BUFFER);
    while (length > 0) {
        ssize_t got = pread(fd, buffer, MIN(length, COPY_BUFFER), (off_t)first);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            answer_errno(exchange, got < 0 ? errno : EIO);
            return FALSE;
        }
        if (!s3_upload_part_body(exchange, buffer, (gsize)got))
            return FALSE;
        first += (guint64)got;
        length -= (guint64)got;
    }
    return TRUE;
}

static gboolean copy_source(HttpExchange *exchange)
{
    g_autofree char *bucket = NULL, *key = NULL;
    g_autoptr(StoreObject) object = NULL;
    g_autoptr(GError) error = NULL;
    guint64 first, length;
    if (!s3_read_copy_source(exchange, &bucket, &key))
        return FALSE;
    int fd = store_read(exchange->server->store, bucket, key, &object, &error);
    if (fd < 0) {
        s3_answer_error(exchange, error);
        return FALSE;
    }
    gboolean good = s3_check_copy_source(exchange, object) &&
                    read_copy_range(exchange, object->size, &first, &length) &&
                    copy_range(exchange, fd, first, length);
    close(fd);
    return good;
}

void s3_upload_part_copy(HttpExchange *exchange)
{
    g_autofree char *bare = copy_source(exchange) ? install_part(exchange) : NULL;
    if (bare == NULL)
        return;
    g_autofree char *etag = g_strdup_printf("\"%s\"", bare);
    g_autofree char *modified = s3_iso_time(g_get_real_time() / 1000);
    g_autoptr(GString) xml = g_string_new(S3_XML_HEAD "<CopyPartResult " S3_XMLNS ">");
    s3_append_element(xml, "LastModified", modified);
    s3_append_element(xml, "ETag", etag);
    g_string_append(xml, "</CopyPartResult>");
    s3_answer_xml(exchange, 200, xml->str);
    s3_encryption_add(exchange->answer, s3_work(exchange)->kms_key);
}

/* --- CompleteMultipartUpload ------------------------------------------------------------------- */

/* The list of parts as the client gives it. */
typedef struct {
    GArray *numbers;  /* of guint */
    GPtrArray *etags; /* of char *, without quotes */
    gboolean malformed;
} PartList;

static void note_part(gpointer user, const char *parent, const char *name, const char *text)
{
    PartList *list = user;
    guint64 number;
    if (strcmp(parent, "Part") != 0)
        return;
    if (strcmp(name, "PartNumber") == 0) {
        if (!g_ascii_string_to_unsigned(text, 10, 1, S3_MAX_PARTS, &number, NULL))
            list->malformed = TRUE;
        guint value = list->malformed ? 0 : (guint)number;
        g_array_append_val(list->numbers, value);
    } else if (strcmp(name, "ETag") == 0) {
        gsize length = strlen(text);
        gboolean quoted = length >= 2 && text[0] == '"' && text[length - 1] == '"';
        g_ptr_array_add(list->etags, quoted ? g_strndup(text + 1, length - 2) : g_strdup(text));
    }
}

static gboolean refuse_parts(HttpExchange *exchange, const char *code, const char *message)
{
    http_answer_error(exchange, 400, code, message, NULL);
    return FALSE;
}

/* Every part there, in order, with the ETag it was given, and large enough. */
static gboolean check_parts(HttpExchange *exchange, const Upload *upload, const PartList *list)
{
    for (guint i = 0; i < list->numbers->len; i++) {
        guint number = g_array_index(list->numbers, guint, i);
        if (i > 0 && number <= g_array_index(list->numbers, guint, i - 1))
            return refuse_parts(exchange, "InvalidPartOrder",
                                "The list of parts was not in ascending order.");
        g_autofree char *path = s3_part_file_path(upload->folder, number, list->etags->pdata[i]);
        struct stat facts;
        if (stat(path, &facts) != 0)
            return refuse_parts(exchange, "InvalidPart",
                                "One or more of the specified parts could not be found.");
        if (i + 1 < list->numbers->len && facts.st_size < (off_t)S3_MIN_PART)
            return refuse_parts(exchange, "EntityTooSmall",
                                "Your proposed upload is smaller than the minimum allowed size");
    }
    return TRUE;
}

static char *joined_etag(const PartList *list)
{
    g_autoptr(Digest) md5 = digest_new(DIGEST_MD5);
    for (guint i = 0; i < list->etags->len; i++)
        for (const char *digits = list->etags->pdata[i]; *digits != '\0'; digits += 2) {
            guchar byte =
                (guchar)(g_ascii_xdigit_value(digits[0]) * 16 + g_ascii_xdigit_value(digits[1]));
            digest_update(md5, &byte, 1);
        }
    return g_strdup_printf("%s-%u", digest_hex(md5), list->etags->len);
}

static StoreObject *join_parts(HttpExchange *exchange, const Upload *upload, const PartList *list,
                               GError **error)
{
    const S3Work *work = exchange->work;
    StoreObject *object = NULL;
    g_autofree char *joined = s3_part_files_join(upload->folder, list->numbers, list->etags, error);
    StoreWriter *writer = joined != NULL
                              ? store_write_adopt(exchange->server->store, work->bucket, work->key,
                                                  upload->content_type, joined, error)
                              : NULL;
    if (writer != NULL)
        store_write_encrypt(writer, upload->kms_key);
    g_autofree char *etag = joined_etag(list);
    return writer != NULL && store_write_commit(writer, etag, &object, error) ? object : NULL;
}

static void remove_upload(const Upload *upload)
{
    g_autoptr(GDir) dir = g_dir_open(upload->folder, 0, NULL);
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *path = g_build_filename(upload->folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(upload->folder);
}

/* Completing and aborting take turns: who comes second finds no upload. -1 when it is gone. */
static int lock_upload(const Upload *upload)
{
    g_autofree char *path = g_build_filename(upload->folder, "upload.ini", NULL);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && flock(fd, LOCK_EX) != 0 && errno == EINTR)
        continue;
    return fd;
}

static void answer_completed(HttpExchange *exchange, const StoreObject *object)
{
    const S3Work *work = exchange->work;
    g_autofree char *etag = g_strdup_printf("\"%s\"", object->etag);
    g_autofree char *location =
        g_strconcat(exchange->server->state->endpoint_url, exchange->path, NULL);
    g_autoptr(GString) xml =
        g_string_new(S3_XML_HEAD "<CompleteMultipartUploadResult " S3_XMLNS ">");
    s3_append_element(xml, "Location", location);
    s3_append_element(xml, "Bucket", work->bucket);
    s3_append_element(xml, "Key", work->key);
    s3_append_element(xml, "ETag", etag);
    g_string_append(xml, "</CompleteMultipartUploadResult>");
    s3_answer_xml(exchange, 200, xml->str);
    s3_encryption_add(exchange->answer, object->kms_key);
}

static void complete(HttpExchange *exchange, const PartList *list)
{
    const S3Work *work = exchange->work;
    g_auto(Upload) upload = {0}, still = {0};
    g_autoptr(GError) error = NULL;
    if (!need_upload(exchange, &upload))
        return;
    int lock = lock_upload(&upload);
    if (need_upload(exchange, &still) && check_parts(exchange, &upload, list)) {
        g_autoptr(StoreObject) object = join_parts(exchange, &upload, list, &error);
        if (object != NULL) {
            s3_headers_save(exchange, work->key, object->etag, upload.headers);
            remove_upload(&upload);
            answer_completed(exchange, object);
        } else {
            s3_answer_error(exchange, error);
        }
    }
    if (lock >= 0)
        close(lock);
}

void s3_complete_upload(HttpExchange *exchange)
{
    const S3Work *work = exchange->work;
    PartList list = {g_array_new(FALSE, FALSE, sizeof(guint)),
                     g_ptr_array_new_with_free_func(g_free), FALSE};
    gboolean read = s3_read_xml(work->memory, "CompleteMultipartUpload", note_part, &list);
    if (!read || list.malformed || list.numbers->len == 0 || list.numbers->len != list.etags->len)
        refuse_parts(exchange, "MalformedXML",
                     "The XML you provided was not well-formed or did not validate against our "
                     "published schema");
    else
        complete(exchange, &list);
    g_array_unref(list.numbers);
    g_ptr_array_unref(list.etags);
}

void s3_abort_upload(HttpExchange *exchange)
{
    g_auto(Upload) upload = {0}, still = {0};
    if (!need_upload(exchange, &upload))
        return;
    int lock = lock_upload(&upload);
    if (need_upload(exchange, &still)) {
        remove_upload(&upload);
        http_answer_empty(exchange, 204);
    }
    if (lock >= 0)
        close(lock);
}

/* --- listing ----------------------------------------------------------------------------------- */

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *sorted_names(const char *folder, const char *prefix)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;)
        if (g_str_has_prefix(name, prefix))
            g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, compare_names);
    return names;
}

static void append_part_facts(GString *xml, const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *etag = g_strdup_printf("\"%s\"", strrchr(name, '.') + 1);
    struct stat facts;
    if (stat(path, &facts) != 0)
        return;
    g_autofree char *modified = s3_iso_time((gint64)facts.st_mtime * 1000);
    g_string_append_printf(xml, "<Part><PartNumber>%d</PartNumber>",
                           (int)g_ascii_strtoll(name + strlen("part-"), NULL, 10));
    s3_append_element(xml, "LastModified", modified);
    s3_append_element(xml, "ETag", etag);
    g_string_append_printf(xml, "<Size>%" G_GINT64_FORMAT "</Size></Part>", (gint64)facts.st_size);
}

void s3_list_parts(HttpExchange *exchange)
{
    const S3Work *work = exchange->work;
    g_auto(Upload) upload = {0};
    guint64 maximum, marker, count = 0, last = 0;
    if (!need_upload(exchange, &upload) ||
        !s3_parameter_number(exchange, "max-parts", 1000, 1000, &maximum) ||
        !s3_parameter_number(exchange, "part-number-marker", 0, S3_MAX_PARTS, &marker))
        return;
    g_autoptr(GPtrArray) names = sorted_names(upload.folder, "part-");
    g_autoptr(GString) parts = g_string_new(NULL);
    gboolean truncated = FALSE;
    for (guint i = 0; i < names->len && !truncated; i++) {
        const char *name = names->pdata[i];
        guint64 number = g_ascii_strtoull(name + strlen("part-"), NULL, 10);
        if (number <= marker)
            continue;
        truncated = count == maximum;
        if (truncated)
            break;
        append_part_facts(parts, upload.folder, name);
        count++;
        last = number;
    }
    g_autoptr(GString) xml = g_string_new(S3_XML_HEAD "<ListPartsResult " S3_XMLNS ">");
    s3_append_element(xml, "Bucket", work->bucket);
    s3_append_element(xml, "Key", work->key);
    s3_append_element(xml, "UploadId", upload.id);
    g_string_append_printf(xml,
                           "<PartNumberMarker>%" G_GUINT64_FORMAT "</PartNumberMarker>"
                           "<NextPartNumberMarker>%" G_GUINT64_FORMAT "</NextPartNumberMarker>"
                           "<MaxParts>%" G_GUINT64_FORMAT "</MaxParts>",
                           marker, last, maximum);
    s3_append_element(xml, "IsTruncated", truncated ? "true" : "false");
    g_string_append_printf(xml, "%s</ListPartsResult>", parts->str);
    s3_answer_xml(exchange, 200, xml->str);
}

/* In the order of their ids, which is that of their beginning. All of them: no pages. */
void s3_list_uploads(HttpExchange *exchange)
{
    const S3Work *work = exchange->work;
    g_autofree char *prefix = http_parameter(exchange, "prefix");
    g_autofree char *encoding = http_parameter(exchange, "encoding-type");
    if (!s3_need_bucket(exchange))
        return;
    g_autofree char *folder = s3_bucket_path(exchange, "uploads");
    g_autoptr(GPtrArray) ids = sorted_names(folder, "");
    g_autoptr(GString) xml = g_string_new(S3_XML_HEAD "<ListMultipartUploadsResult " S3_XMLNS ">");
    s3_append_element(xml, "Bucket", work->bucket);
    s3_append_key(xml, "Prefix", prefix, encoding != NULL);
    if (encoding != NULL)
        g_string_append(xml, "<EncodingType>url</EncodingType>");
    g_string_append(xml, "<MaxUploads>1000</MaxUploads><IsTruncated>false</IsTruncated>");
    for (guint i = 0; i < ids->len; i++) {
        g_auto(Upload) upload = {0};
        if (!load_upload(exchange, ids->pdata[i], &upload) ||
            (prefix != NULL && !g_str_has_prefix(upload.key, prefix)))
            continue;
        g_autofree char *started = s3_iso_time(upload.started_ms);
        g_string_append(xml, "<Upload>");
        s3_append_key(xml, "Key", upload.key, encoding != NULL);
        s3_append_element(xml, "UploadId", upload.id);
        s3_append_element(xml, "StorageClass", "STANDARD");
        s3_append_element(xml, "Initiated", started);
        g_string_append(xml, "</Upload>");
    }
    g_string_append(xml, "</ListMultipartUploadsResult>");
    s3_answer_xml(exchange, 200, xml->str);
}
