#include "job/load_sample.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/error.h"

#define SAMPLE_BYTES (1u << 20)

void load_sample_clear(LoadSample *sample)
{
    g_clear_pointer(&sample->bytes, g_byte_array_unref);
    *sample = (LoadSample){0};
}

static GBytes *read_local(const char *path, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        rs_error_set_errno(error, errno, "cannot open %s", path);
        return NULL;
    }
    char *bytes = g_malloc(SAMPLE_BYTES);
    gsize held = 0;
    gssize n = 1;
    while (held < SAMPLE_BYTES && n != 0) {
        n = read(fd, bytes + held, SAMPLE_BYTES - held);
        if (n < 0 && errno != EINTR)
            break;
        held += (gsize)MAX(n, 0);
    }
    int saved = errno;
    close(fd);
    if (n < 0) {
        g_free(bytes);
        rs_error_set_errno(error, saved, "cannot read %s", path);
        return NULL;
    }
    return g_bytes_new_take(bytes, held);
}

static GBytes *read_remote(const char *url, S3Client *s3, GCancellable *cancellable, GError **error)
{
    g_autofree char *bucket = NULL, *key = NULL;
    if (!s3_parse_url(url, &bucket, &key, error))
        return NULL;
    S3Object *object = s3_head(s3, bucket, key, cancellable, error);
    if (object == NULL)
        return NULL;
    guint64 length = MIN(object->size, (guint64)SAMPLE_BYTES);
    s3_object_free(object);
    /* an empty object has no range to ask for */
    return length == 0 ? g_bytes_new(NULL, 0)
                       : s3_get(s3, bucket, key, 0, length, cancellable, error);
}

static gboolean take_decoded(gpointer user, const char *bytes, gsize length, GError **error)
{
    GByteArray *held = user;
    gsize room = SAMPLE_BYTES - MIN(held->len, SAMPLE_BYTES);
    g_byte_array_append(held, (const guint8 *)bytes, (guint)MIN(length, room));
    if (length <= room)
        return TRUE;
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT, "enough");
    return FALSE;
}

static gboolean decode(LoadSample *sample, GBytes *raw, SqlCompression compression,
                       const char *path, GError **error)
{
    if (compression != SQL_COMPRESS_NONE && compression != SQL_COMPRESS_GZIP &&
        compression != SQL_COMPRESS_ZSTD) {
        g_set_error(error, RS_ERROR, RS_ERROR_UNSUPPORTED,
                    "%s: %s cannot be looked into; recompress it as gzip or zstd", path,
                    sql_compression_name(compression));
        return FALSE;
    }
    CodecKind kind = compression == SQL_COMPRESS_GZIP   ? CODEC_GZIP
                     : compression == SQL_COMPRESS_ZSTD ? CODEC_ZSTD
                                                        : CODEC_NONE;
    sample->bytes = g_byte_array_new();
    g_autoptr(Decoder) decoder = decoder_new(kind, take_decoded, sample->bytes);
    g_autoptr(GError) local = NULL;
    gsize length;
    const char *bytes = g_bytes_get_data(raw, &length);
    if (!decoder_feed(decoder, bytes, length, &local) &&
        !g_error_matches(local, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT)) {
        g_set_error(error, RS_ERROR, RS_ERROR_DATA, "%s: %s", path, local->message);
        return FALSE;
    }
    return TRUE;
}

/* Where the first line that is not empty begins. */
static gsize after_blank_lines(const char *bytes, gsize at, gsize length)
{
    for (;;) {
        gsize next = at;
        while (next < length && bytes[next] == '\r')
            next++;
        if (next >= length || bytes[next] != '\n')
            return at;
        at = next + 1;
    }
}

static gboolean cut_record(LoadSample *sample, const RecordRules *rules, gboolean skip_blank,
                           const char *path, GError **error)
{
    const char *bytes = (const char *)sample->bytes->data;
    gsize length = sample->bytes->len;
    if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        sample->skipped = 3;
    if (skip_blank)
        sample->skipped = after_blank_lines(bytes, sample->skipped, length);
    RecordScanner scanner;
    record_scanner_init(&scanner, rules);
    sample->record = bytes + sample->skipped;
    gsize left = length - sample->skipped;
    gssize end = record_scanner_next(&scanner, sample->record, left);
    if (end < 0 && length >= SAMPLE_BYTES) {
        g_set_error(error, RS_ERROR, RS_ERROR_DATA,
                    "%s: the first record does not end within 1 MiB (is there a quote that is "
                    "never closed?)",
                    path);
        return FALSE;
    }
    gboolean holds = end >= 0 || record_scanner_is_inside(&scanner);
    sample->record_length = !holds ? 0 : end >= 0 ? (gsize)end : left;
    sample->more = sample->record_length < left;
    return TRUE;
}

gboolean load_sample_read(LoadSample *sample, const char *path, SqlCompression compression,
                          const RecordRules *rules, gboolean skip_blank, S3Client *s3,
                          GCancellable *cancellable, GError **error)
{
    g_autoptr(GBytes) raw =
        s3 != NULL ? read_remote(path, s3, cancellable, error) : read_local(path, error);
    if (raw == NULL || !decode(sample, raw, compression, path, error))
        return FALSE;
    return cut_record(sample, rules, skip_blank, path, error);
}
