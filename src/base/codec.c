#include "base/codec.h"

#include <zlib.h>
#include <zstd.h>

#include "base/error.h"

#define DECODED_CHUNK (128u << 10)

struct Decoder {
    CodecKind kind;
    DecoderSink sink;
    gpointer user;
    z_stream gzip;
    gboolean gzip_open; /* inflateInit2 has been called */
    ZSTD_DStream *zstd;
    gboolean inside; /* a frame or member has begun and not ended */
    char *out;
};

static GBytes *compress_zstd(int level, const char *bytes, gsize length, GError **error)
{
    gsize bound = ZSTD_compressBound(length);
    char *out = g_malloc(bound);
    gsize size = ZSTD_compress(out, bound, bytes, length, level != 0 ? level : 3);
    if (ZSTD_isError(size)) {
        g_set_error(error, RS_ERROR, RS_ERROR_INTERNAL, "zstd: %s", ZSTD_getErrorName(size));
        g_free(out);
        return NULL;
    }
    return g_bytes_new_take(g_realloc(out, MAX(size, 1)), size);
}

static GBytes *compress_gzip(int level, const char *bytes, gsize length, GError **error)
{
    z_stream stream = {0};
    if (length > G_MAXUINT / 2 ||
        deflateInit2(&stream, level != 0 ? level : Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        g_set_error(error, RS_ERROR, RS_ERROR_LIMIT, "gzip: %" G_GSIZE_FORMAT " bytes in one part",
                    length);
        return NULL;
    }
    gsize bound = deflateBound(&stream, length);
    char *out = g_malloc(bound);
    stream.next_in = (Bytef *)bytes;
    stream.avail_in = (uInt)length;
    stream.next_out = (Bytef *)out;
    stream.avail_out = (uInt)bound;
    int status = deflate(&stream, Z_FINISH);
    gsize size = bound - stream.avail_out;
    deflateEnd(&stream);
    if (status != Z_STREAM_END) {
        g_set_error(error, RS_ERROR, RS_ERROR_INTERNAL, "gzip: status %d", status);
        g_free(out);
        return NULL;
    }
    return g_bytes_new_take(out, size);
}

GBytes *codec_compress(CodecKind kind, int level, const char *bytes, gsize length, GError **error)
{
    switch (kind) {
    case CODEC_GZIP:
        return compress_gzip(level, bytes, length, error);
    case CODEC_ZSTD:
        return compress_zstd(level, bytes, length, error);
    case CODEC_NONE:
        break;
    }
    return g_bytes_new(bytes, length);
}

Decoder *decoder_new(CodecKind kind, DecoderSink sink, gpointer user)
{
    Decoder *decoder = g_new0(Decoder, 1);
    decoder->kind = kind;
    decoder->sink = sink;
    decoder->user = user;
    decoder->out = g_malloc(DECODED_CHUNK);
    if (kind == CODEC_GZIP)
        decoder->gzip_open = inflateInit2(&decoder->gzip, 15 + 16) == Z_OK;
    if (kind == CODEC_ZSTD)
        decoder->zstd = ZSTD_createDStream();
    return decoder;
}

void decoder_free(Decoder *decoder)
{
    if (decoder == NULL)
        return;
    if (decoder->gzip_open)
        inflateEnd(&decoder->gzip);
    ZSTD_freeDStream(decoder->zstd);
    g_free(decoder->out);
    g_free(decoder);
}

static gboolean feed_gzip(Decoder *decoder, const char *bytes, gsize length, GError **error)
{
    z_stream *stream = &decoder->gzip;
    stream->next_in = (Bytef *)bytes;
    stream->avail_in = (uInt)length;
    gboolean more = TRUE;
    while (stream->avail_in > 0 || more) {
        if (!decoder->inside && stream->avail_in == 0)
            break;
        if (!decoder->inside)
            inflateReset(stream);
        decoder->inside = TRUE;
        stream->next_out = (Bytef *)decoder->out;
        stream->avail_out = DECODED_CHUNK;
        int status = inflate(stream, Z_NO_FLUSH);
        if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
            g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "not gzip: %s",
                        stream->msg != NULL ? stream->msg : "bad data");
            return FALSE;
        }
        more = stream->avail_out == 0; /* a full buffer may hide more output */
        decoder->inside = status != Z_STREAM_END;
        gsize size = DECODED_CHUNK - stream->avail_out;
        if (size > 0 && !decoder->sink(decoder->user, decoder->out, size, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean feed_zstd(Decoder *decoder, const char *bytes, gsize length, GError **error)
{
    ZSTD_inBuffer in = {bytes, length, 0};
    gboolean more = FALSE;
    while (in.pos < in.size || more) {
        ZSTD_outBuffer out = {decoder->out, DECODED_CHUNK, 0};
        gsize hint = ZSTD_decompressStream(decoder->zstd, &out, &in);
        if (ZSTD_isError(hint)) {
            g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "not zstd: %s", ZSTD_getErrorName(hint));
            return FALSE;
        }
        more = out.pos == out.size;
        decoder->inside = hint != 0;
        if (out.pos > 0 && !decoder->sink(decoder->user, decoder->out, out.pos, error))
            return FALSE;
    }
    return TRUE;
}

gboolean decoder_feed(Decoder *decoder, const char *bytes, gsize length, GError **error)
{
    /* zlib counts in 32 bits */
    const gsize limit = 1u << 30;
    while (length > 0) {
        gsize piece = MIN(length, limit);
        gboolean ok = decoder->kind == CODEC_GZIP ? feed_gzip(decoder, bytes, piece, error)
                      : decoder->kind == CODEC_ZSTD
                          ? feed_zstd(decoder, bytes, piece, error)
                          : decoder->sink(decoder->user, bytes, piece, error);
        if (!ok)
            return FALSE;
        bytes += piece;
        length -= piece;
    }
    return TRUE;
}

gboolean decoder_end(Decoder *decoder, GError **error)
{
    if (!decoder->inside)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "the compressed data ends too early");
    return FALSE;
}
