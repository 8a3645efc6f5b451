#include "sandbox/copy_source.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "sandbox/manifest.h"

#define SMALL_OBJECT_BYTES ((guint64)16 * 1024 * 1024)
#define INPUT_BYTES ((gsize)64 * 1024)

/* --- which files -------------------------------------------------------------------------------- */

void copy_file_free(CopyFile *file)
{
    if (file == NULL)
        return;
    g_free(file->bucket);
    g_free(file->key);
    g_free(file->url);
    g_free(file);
}

static CopyFile *file_new(const char *bucket, const StoreObject *object)
{
    CopyFile *file = g_new0(CopyFile, 1);
    file->bucket = g_strdup(bucket);
    file->key = g_strdup(object->key);
    file->url = g_strdup_printf("s3://%s/%s", bucket, object->key);
    file->size = object->size;
    return file;
}

GPtrArray *copy_files_by_prefix(Store *store, const char *bucket, const char *prefix,
                                GError **error)
{
    g_autoptr(GPtrArray) objects = store_list(store, bucket, prefix, NULL, 0, error);
    if (objects == NULL)
        return NULL;
    GPtrArray *files = g_ptr_array_new_with_free_func((GDestroyNotify)copy_file_free);
    for (guint i = 0; i < objects->len; i++)
        g_ptr_array_add(files, file_new(bucket, objects->pdata[i]));
    return files;
}

char *copy_read_object(Store *store, const char *bucket, const char *key, gsize *length,
                       GError **error)
{
    g_autoptr(StoreObject) object = NULL;
    int fd = store_read(store, bucket, key, &object, error);
    if (fd < 0)
        return NULL;
    if (object->size > SMALL_OBJECT_BYTES) {
        close(fd);
        g_set_error(error, RS_ERROR, RS_ERROR_LIMIT, "s3://%s/%s is larger than 16 MB", bucket,
                    key);
        return NULL;
    }
    g_autofree char *text = g_malloc0(object->size + 1);
    gsize got = 0;
    while (got < object->size) {
        ssize_t part = read(fd, text + got, object->size - got);
        if (part < 0 && errno == EINTR)
            continue;
        if (part <= 0)
            break;
        got += (gsize)part;
    }
    int saved_errno = errno;
    close(fd);
    if (got < object->size) {
        rs_error_set_errno(error, saved_errno, "cannot read s3://%s/%s", bucket, key);
        return NULL;
    }
    *length = got;
    return g_steal_pointer(&text);
}

static gboolean add_entry(Store *store, const ManifestEntry *entry, GPtrArray *files,
                          Refusal *refusal)
{
    g_autofree char *bucket = NULL;
    g_autofree char *key = NULL;
    if (!option_split_url(entry->url, &bucket, &key))
        return refuse(refusal, "XX000", "Manifest entry %s is not an s3:// url", entry->url);
    g_autoptr(StoreObject) object = store_head(store, bucket, key, NULL);
    if (object != NULL)
        g_ptr_array_add(files, file_new(bucket, object));
    else if (entry->mandatory)
        return refuse(refusal, "XX000",
                      "Problem reading manifest file - S3ServiceException:The specified key does "
                      "not exist.,Status 404,Error NoSuchKey: %s is mandatory",
                      entry->url);
    return TRUE;
}

GPtrArray *copy_files_by_manifest(Store *store, const char *bucket, const char *key,
                                  Refusal *refusal)
{
    gsize length = 0;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = copy_read_object(store, bucket, key, &length, &error);
    if (text == NULL) {
        refuse(refusal, "XX000",
               "Problem reading manifest file - S3ServiceException:The specified key does not "
               "exist.,Status 404,Error NoSuchKey: %s",
               error->message);
        return NULL;
    }
    g_autoptr(GPtrArray) entries = manifest_read(text, length, refusal);
    if (entries == NULL)
        return NULL;
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func((GDestroyNotify)copy_file_free);
    for (guint i = 0; i < entries->len; i++)
        if (!add_entry(store, entries->pdata[i], files, refusal))
            return NULL;
    if (files->len == 0 && entries->len > 0) {
        refuse(refusal, "XX000", "None of the files of manifest s3://%s/%s exists", bucket, key);
        return NULL;
    }
    return g_steal_pointer(&files);
}

/* --- bytes -------------------------------------------------------------------------------------- */

struct CopyStream {
    int fd;
    char *url;
    guint64 position;
    Decoder *decoder;
    CopyEncoding encoding;
    GIConv convert; /* (GIConv)-1 for UTF-8 */
    char *input;    /* bytes of another encoding, not yet recoded */
    gsize input_length;
    gboolean started, input_ended;
};

static gssize read_stored(gpointer user, void *bytes, gsize max, GError **error)
{
    CopyStream *stream = user;
    ssize_t got;
    while ((got = read(stream->fd, bytes, max)) < 0 && errno == EINTR)
        continue;
    if (got < 0) {
        rs_error_set_errno(error, errno, "cannot read %s", stream->url);
        return -1;
    }
    stream->position += (guint64)got;
    return got;
}

CopyStream *copy_stream_open(Store *store, const CopyFile *file, const CopyOptions *options,
                             GError **error)
{
    int fd = store_read(store, file->bucket, file->key, NULL, error);
    if (fd < 0)
        return NULL;
    CopyStream *stream = g_new0(CopyStream, 1);
    stream->fd = fd;
    stream->url = g_strdup(file->url);
    /* An object without a byte is an empty file in any compression. */
    CodecKind codec = file->size > 0 ? options->codec : CODEC_NONE;
    stream->decoder = decoder_new(codec, read_stored, stream);
    stream->encoding = options->encoding;
    stream->convert = (GIConv)-1;
    if (options->encoding != COPY_UTF8)
        stream->input = g_malloc(INPUT_BYTES);
    return stream;
}

void copy_stream_free(CopyStream *stream)
{
    if (stream == NULL)
        return;
    if (stream->convert != (GIConv)-1)
        g_iconv_close(stream->convert);
    decoder_free(stream->decoder);
    close(stream->fd);
    g_free(stream->input);
    g_free(stream->url);
    g_free(stream);
}

guint64 copy_stream_position(const CopyStream *stream)
{
    return stream->position;
}

static gssize read_decoded(CopyStream *stream, void *bytes, gsize max, GError **error)
{
    gssize got = decoder_read(stream->decoder, bytes, max, error);
    if (got < 0 && error != NULL)
        g_prefix_error(error, "%s: ", stream->url);
    return got;
}

/* At least `least` bytes unless the file ends before. -1 on failure. */
static gssize read_at_least(CopyStream *stream, char *bytes, gsize least, gsize max, GError **error)
{
    gsize total = 0;
    while (total < least) {
        gssize got = read_decoded(stream, bytes + total, max - total, error);
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        total += (gsize)got;
    }
    return (gssize)total;
}

static gsize drop_mark(char *bytes, gsize length)
{
    if (length < 3 || memcmp(bytes, "\xef\xbb\xbf", 3) != 0)
        return length;
    memmove(bytes, bytes + 3, length - 3);
    return length - 3;
}

static gssize read_utf8(CopyStream *stream, char *bytes, gsize max, GError **error)
{
    if (stream->started)
        return read_decoded(stream, bytes, max, error);
    stream->started = TRUE;
    gssize got = read_at_least(stream, bytes, 3, max, error);
    if (got <= 0)
        return got;
    gsize left = drop_mark(bytes, (gsize)got);
    return left > 0 ? (gssize)left : read_decoded(stream, bytes, max, error);
}

static gboolean start_recoding(CopyStream *stream, GError **error)
{
    static const char *const charsets[] = {
        [COPY_UTF16LE] = "UTF-16LE", [COPY_UTF16BE] = "UTF-16BE", [COPY_ISO88591] = "ISO-8859-1"};
    CopyEncoding encoding = stream->encoding;
    gssize got = read_at_least(stream, stream->input, 2, INPUT_BYTES, error);
    if (got < 0)
        return FALSE;
    stream->input_length = (gsize)got;
    stream->input_ended = got == 0;
    gboolean little = got >= 2 && memcmp(stream->input, "\xff\xfe", 2) == 0;
    gboolean big = got >= 2 && memcmp(stream->input, "\xfe\xff", 2) == 0;
    if (encoding == COPY_UTF16 && got > 0 && !little && !big) {
        g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT,
                    "%s: ENCODING UTF16 needs a byte order mark at the start of the file",
                    stream->url);
        return FALSE;
    }
    if (encoding == COPY_UTF16)
        encoding = big ? COPY_UTF16BE : COPY_UTF16LE;
    if ((encoding == COPY_UTF16LE && little) || (encoding == COPY_UTF16BE && big)) {
        stream->input_length -= 2;
        memmove(stream->input, stream->input + 2, stream->input_length);
    }
    stream->convert = g_iconv_open("UTF-8", charsets[encoding]);
    stream->started = TRUE;
    return TRUE;
}

static gboolean refill_input(CopyStream *stream, GError **error)
{
    if (stream->input_ended)
        return TRUE;
    gssize got = read_decoded(stream, stream->input + stream->input_length,
                              INPUT_BYTES - stream->input_length, error);
    if (got < 0)
        return FALSE;
    stream->input_length += (gsize)got;
    stream->input_ended = got == 0;
    return TRUE;
}

/* What cannot be recoded goes on as a byte that is never UTF-8, so that it is a bad value downstream. */
static void pass_invalid(char **in, gsize *in_left, char **out, gsize *out_left)
{
    gsize unit = MIN((gsize)2, *in_left);
    *in += unit;
    *in_left -= unit;
    *(*out)++ = '\xff';
    (*out_left)--;
}

static gssize read_recoded(CopyStream *stream, char *bytes, gsize max, GError **error)
{
    if (!stream->started && !start_recoding(stream, error))
        return -1;
    for (;;) {
        char *in = stream->input, *out = bytes;
        gsize in_left = stream->input_length, out_left = max;
        while (in_left > 0 && out_left > 0) {
            if (g_iconv(stream->convert, &in, &in_left, &out, &out_left) != (gsize)-1)
                continue;
            if (errno == E2BIG || (errno == EINVAL && !stream->input_ended))
                break;
            if (out_left > 0)
                pass_invalid(&in, &in_left, &out, &out_left);
        }
        memmove(stream->input, in, in_left);
        stream->input_length = in_left;
        if (out > bytes)
            return out - bytes;
        if (in_left == 0 && stream->input_ended)
            return 0;
        if (!refill_input(stream, error))
            return -1;
    }
}

gssize copy_stream_read(gpointer user, void *bytes, gsize max, GError **error)
{
    CopyStream *stream = user;
    return stream->encoding == COPY_UTF8 ? read_utf8(stream, bytes, max, error)
                                         : read_recoded(stream, bytes, max, error);
}
