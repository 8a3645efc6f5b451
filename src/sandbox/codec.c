#include "sandbox/codec.h"

#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/error.h"

#define BUFFER_BYTES ((gsize)128 * 1024)
/* zlib's window argument that means a gzip wrapper around the largest window. */
#define GZIP_WINDOW (15 + 16)
/* The fastest level of each: the sandbox's reader is on the same machine. */
#define LEVEL 1

const char *codec_suffix(CodecKind kind)
{
    static const char *const suffixes[] = {"", ".gz", ".zst"};
    return suffixes[kind];
}

const char *codec_name(CodecKind kind)
{
    static const char *const codec_names[] = {"none", "gzip", "zstd"};
    return codec_names[kind];
}

/* --- encoder ------------------------------------------------------------------------------------ */

struct Encoder {
    CodecKind kind;
    EncoderSink sink;
    gpointer user;
    z_stream zlib;
    ZSTD_CCtx *zstd;
    guchar *buffer;
    guint64 output;
};

Encoder *encoder_new(CodecKind kind, EncoderSink sink, gpointer user)
{
    Encoder *encoder = g_new0(Encoder, 1);
    encoder->kind = kind;
    encoder->sink = sink;
    encoder->user = user;
    if (kind != CODEC_NONE)
        encoder->buffer = g_malloc(BUFFER_BYTES);
    if (kind == CODEC_GZIP &&
        deflateInit2(&encoder->zlib, LEVEL, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        g_error("out of memory for gzip");
    if (kind == CODEC_ZSTD) {
        encoder->zstd = ZSTD_createCCtx();
        ZSTD_CCtx_setParameter(encoder->zstd, ZSTD_c_compressionLevel, LEVEL);
    }
    return encoder;
}

void encoder_free(Encoder *encoder)
{
    if (encoder == NULL)
        return;
    if (encoder->kind == CODEC_GZIP)
        deflateEnd(&encoder->zlib);
    ZSTD_freeCCtx(encoder->zstd);
    g_free(encoder->buffer);
    g_free(encoder);
}

static gboolean emit(Encoder *encoder, const void *bytes, gsize length, GError **error)
{
    if (length == 0)
        return TRUE;
    encoder->output += length;
    return encoder->sink(encoder->user, bytes, length, error);
}

static gboolean deflate_all(Encoder *encoder, int flush, GError **error)
{
    z_stream *zlib = &encoder->zlib;
    do {
        zlib->next_out = encoder->buffer;
        zlib->avail_out = BUFFER_BYTES;
        deflate(zlib, flush);
        if (!emit(encoder, encoder->buffer, BUFFER_BYTES - zlib->avail_out, error))
            return FALSE;
    } while (zlib->avail_out == 0);
    return TRUE;
}

static gboolean compress_all(Encoder *encoder, ZSTD_inBuffer *in, ZSTD_EndDirective mode,
                             GError **error)
{
    gsize left;
    do {
        ZSTD_outBuffer out = {.dst = encoder->buffer, .size = BUFFER_BYTES};
        left = ZSTD_compressStream2(encoder->zstd, &out, in, mode);
        if (ZSTD_isError(left)) {
            g_set_error(error, RS_ERROR, RS_ERROR_INTERNAL, "zstd: %s", ZSTD_getErrorName(left));
            return FALSE;
        }
        if (!emit(encoder, encoder->buffer, out.pos, error))
            return FALSE;
    } while (in->pos < in->size || (mode == ZSTD_e_end && left > 0));
    return TRUE;
}

gboolean encoder_write(Encoder *encoder, const void *bytes, gsize length, GError **error)
{
    if (encoder->kind == CODEC_NONE)
        return emit(encoder, bytes, length, error);
    if (encoder->kind == CODEC_ZSTD) {
        ZSTD_inBuffer in = {.src = bytes, .size = length};
        return compress_all(encoder, &in, ZSTD_e_continue, error);
    }
    const guchar *p = bytes;
    while (length > 0) {
        guint now = (guint)MIN(length, (gsize)G_MAXINT);
        encoder->zlib.next_in = (Bytef *)p;
        encoder->zlib.avail_in = now;
        if (!deflate_all(encoder, Z_NO_FLUSH, error))
            return FALSE;
        p += now;
        length -= now;
    }
    return TRUE;
}

gboolean encoder_finish(Encoder *encoder, GError **error)
{
    if (encoder->kind == CODEC_GZIP) {
        encoder->zlib.avail_in = 0;
        return deflate_all(encoder, Z_FINISH, error);
    }
    if (encoder->kind == CODEC_ZSTD) {
        ZSTD_inBuffer in = {.src = "", .size = 0};
        return compress_all(encoder, &in, ZSTD_e_end, error);
    }
    return TRUE;
}

guint64 encoder_output(const Encoder *encoder)
{
    return encoder->output;
}

/* --- decoder ------------------------------------------------------------------------------------ */

struct Decoder {
    CodecKind kind;
    DecoderSource source;
    gpointer user;
    z_stream zlib;
    ZSTD_DCtx *zstd;
    guchar *buffer;
    gsize start, end; /* what of the buffer is not yet decoded */
    gboolean source_ended;
    gboolean inside; /* a member or frame has begun and not ended */
    gboolean any;    /* at least one was there */
};

Decoder *decoder_new(CodecKind kind, DecoderSource source, gpointer user)
{
    Decoder *decoder = g_new0(Decoder, 1);
    decoder->kind = kind;
    decoder->source = source;
    decoder->user = user;
    if (kind != CODEC_NONE)
        decoder->buffer = g_malloc(BUFFER_BYTES);
    if (kind == CODEC_GZIP && inflateInit2(&decoder->zlib, GZIP_WINDOW) != Z_OK)
        g_error("out of memory for gzip");
    if (kind == CODEC_ZSTD)
        decoder->zstd = ZSTD_createDCtx();
    return decoder;
}

void decoder_free(Decoder *decoder)
{
    if (decoder == NULL)
        return;
    if (decoder->kind == CODEC_GZIP)
        inflateEnd(&decoder->zlib);
    ZSTD_freeDCtx(decoder->zstd);
    g_free(decoder->buffer);
    g_free(decoder);
}

static gssize corrupt(const Decoder *decoder, const char *reason, GError **error)
{
    g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "not valid %s data: %s",
                codec_name(decoder->kind), reason);
    return -1;
}

/* FALSE on failure; at the source's end the buffer stays empty. */
static gboolean refill(Decoder *decoder, GError **error)
{
    if (decoder->start < decoder->end || decoder->source_ended)
        return TRUE;
    gssize got = decoder->source(decoder->user, decoder->buffer, BUFFER_BYTES, error);
    if (got < 0)
        return FALSE;
    decoder->start = 0;
    decoder->end = (gsize)got;
    decoder->source_ended = got == 0;
    return TRUE;
}

static gssize inflate_some(Decoder *decoder, void *bytes, gsize max, GError **error)
{
    z_stream *zlib = &decoder->zlib;
    zlib->next_in = decoder->buffer + decoder->start;
    zlib->avail_in = (guint)(decoder->end - decoder->start);
    zlib->next_out = bytes;
    zlib->avail_out = (guint)MIN(max, (gsize)G_MAXINT);
    guint room = zlib->avail_out;
    decoder->inside = TRUE;
    int result = inflate(zlib, Z_NO_FLUSH);
    decoder->start = decoder->end - zlib->avail_in;
    if (result == Z_STREAM_END) {
        decoder->inside = FALSE;
        inflateReset(zlib);
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
        return corrupt(decoder, zlib->msg != NULL ? zlib->msg : "bad stream", error);
    }
    return (gssize)(room - zlib->avail_out);
}

static gssize decompress_some(Decoder *decoder, void *bytes, gsize max, GError **error)
{
    ZSTD_inBuffer in = {.src = decoder->buffer, .size = decoder->end, .pos = decoder->start};
    ZSTD_outBuffer out = {.dst = bytes, .size = max};
    gsize left = ZSTD_decompressStream(decoder->zstd, &out, &in);
    decoder->start = in.pos;
    if (ZSTD_isError(left))
        return corrupt(decoder, ZSTD_getErrorName(left), error);
    decoder->inside = left != 0;
    return (gssize)out.pos;
}

gssize decoder_read(Decoder *decoder, void *bytes, gsize max, GError **error)
{
    if (decoder->kind == CODEC_NONE)
        return decoder->source(decoder->user, bytes, max, error);
    for (;;) {
        if (!refill(decoder, error))
            return -1;
        if (decoder->start == decoder->end && !decoder->inside) {
            if (decoder->any)
                return 0;
            return corrupt(decoder, "the file is empty", error);
        }
        decoder->any = TRUE;
        gssize got = decoder->kind == CODEC_GZIP ? inflate_some(decoder, bytes, max, error)
                                                 : decompress_some(decoder, bytes, max, error);
        if (got != 0)
            return got;
        if (decoder->start == decoder->end && decoder->source_ended && decoder->inside)
            return corrupt(decoder, "it ends too early", error);
    }
}
