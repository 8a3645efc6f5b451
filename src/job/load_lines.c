#include "job/load_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/error.h"

enum { CHUNK_BYTES = 64 << 10 };

/* What passes by: line numbers are counted until the wanted one is near. */
typedef struct {
    guint64 wanted, at; /* lines, from 1 */
    guint64 *budget;
    GString *lines[3]; /* before, wanted, after */
    gboolean begun[3];
    gboolean done;
} Scan;

static void scan_begin(Scan *scan, guint64 wanted, guint64 *budget)
{
    *scan = (Scan){.wanted = wanted, .at = 1, .budget = budget};
    for (gsize i = 0; i < G_N_ELEMENTS(scan->lines); i++)
        scan->lines[i] = g_string_new(NULL);
}

static char *scan_take(Scan *scan, gsize i)
{
    return scan->begun[i] ? g_strdup(g_strchomp(scan->lines[i]->str)) : NULL;
}

static void scan_end(Scan *scan, LoadLines *lines)
{
    *lines = (LoadLines){scan_take(scan, 0), scan_take(scan, 1), scan_take(scan, 2)};
    for (gsize i = 0; i < G_N_ELEMENTS(scan->lines); i++)
        g_string_free(scan->lines[i], TRUE);
}

/* A piece of the line that scan->at counts. */
static void keep(Scan *scan, const char *bytes, gsize length)
{
    if (scan->at + 1 < scan->wanted || scan->at > scan->wanted + 1)
        return;
    guint i = (guint)(scan->at + 1 - scan->wanted);
    gsize room = LOAD_LINE_SHOWN - MIN(scan->lines[i]->len, (gsize)LOAD_LINE_SHOWN);
    g_string_append_len(scan->lines[i], bytes, (gssize)MIN(length, room));
    scan->begun[i] = TRUE;
}

/* A DecoderSink; FALSE with G_IO_ERROR_PARTIAL_INPUT once there is enough. */
static gboolean scan_bytes(gpointer user, const char *bytes, gsize length, GError **error)
{
    Scan *scan = user;
    const char *end = bytes + length;
    while (bytes < end && !scan->done) {
        const char *feed = memchr(bytes, '\n', (gsize)(end - bytes));
        keep(scan, bytes, (gsize)((feed != NULL ? feed : end) - bytes));
        bytes = feed != NULL ? feed + 1 : end;
        if (feed != NULL)
            scan->done = scan->at++ == scan->wanted + 1;
    }
    if (!scan->done && *scan->budget > length) {
        *scan->budget -= length;
        return TRUE;
    }
    if (!scan->done)
        *scan->budget = 0;
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT, "enough");
    return FALSE;
}

static gboolean read_local(const LoadPlace *place, Decoder *decoder, GCancellable *cancellable,
                           GError **error)
{
    int fd = open(place->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return rs_error_set_errno(error, errno, "cannot open %s", place->path);
    g_autofree char *chunk = g_malloc(CHUNK_BYTES);
    off_t at = (off_t)place->offset;
    gboolean ok = TRUE;
    gssize got = 1;
    while (ok && got > 0) {
        got = pread(fd, chunk, CHUNK_BYTES, at);
        if (got < 0 && errno != EINTR)
            ok = rs_error_set_errno(error, errno, "cannot read %s", place->path);
        at += MAX(got, 0);
        got = got < 0 ? 1 : got;
        ok = ok && !rs_error_set_if_cancelled(cancellable, error) &&
             decoder_feed(decoder, chunk, (gsize)got, error);
    }
    close(fd);
    return ok;
}

static gboolean feed_decoder(gpointer user, const char *bytes, gsize length, GError **error)
{
    return decoder_feed(user, bytes, length, error);
}

static gboolean refuse_restart(gpointer user)
{
    return FALSE;
}

static gboolean read_remote(const LoadPlace *place, S3Client *s3, Decoder *decoder,
                            GCancellable *cancellable, GError **error)
{
    g_autofree char *bucket = NULL, *key = NULL;
    return s3_parse_url(place->path, &bucket, &key, error) &&
           s3_get_range(s3, bucket, key, place->offset, 0, NULL, feed_decoder, refuse_restart,
                        decoder, NULL, cancellable, error);
}

static gboolean check_found(const Scan *scan, const LoadPlace *place, GError **error)
{
    if (scan->begun[1])
        return TRUE;
    if (*scan->budget == 0)
        g_set_error(error, RS_ERROR, RS_ERROR_LIMIT, "%s: line %" G_GUINT64_FORMAT " is too far",
                    place->path, place->line);
    else
        g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND, "%s ends before line %" G_GUINT64_FORMAT,
                    place->path, place->line);
    return FALSE;
}

void load_lines_clear(LoadLines *lines)
{
    g_free(lines->before);
    g_free(lines->line);
    g_free(lines->after);
    *lines = (LoadLines){0};
}

gboolean load_lines_read(const LoadPlace *place, S3Client *s3, guint64 *budget, LoadLines *lines,
                         GCancellable *cancellable, GError **error)
{
    gboolean remote = g_str_has_prefix(place->path, "s3://");
    g_return_val_if_fail(place->line > 0 && (!remote || s3 != NULL), FALSE);
    CodecKind kind = g_str_has_suffix(place->path, ".gz")    ? CODEC_GZIP
                     : g_str_has_suffix(place->path, ".zst") ? CODEC_ZSTD
                                                             : CODEC_NONE;
    Scan scan;
    scan_begin(&scan, place->line, budget);
    g_autoptr(Decoder) decoder = decoder_new(kind, scan_bytes, &scan);
    g_autoptr(GError) failure = NULL;
    gboolean read = remote ? read_remote(place, s3, decoder, cancellable, &failure)
                           : read_local(place, decoder, cancellable, &failure);
    gboolean enough = g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT);
    gboolean found = (read || enough) && check_found(&scan, place, error);
    scan_end(&scan, lines);
    if (!read && !enough)
        g_propagate_error(error, g_steal_pointer(&failure));
    if (!found)
        load_lines_clear(lines);
    return found;
}
