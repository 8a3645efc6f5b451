/*
 * codec: gzip and zstd as streams, for the files of UNLOAD and COPY.
 *
 * An encoder pushes what it makes to a sink; a decoder pulls what it needs from a source. Both hold one
 * small buffer, so files of any size pass. Several members or frames in one file are read as one
 * stream, as gzip and zstd define; a file that ends inside one is an error, never a short result.
 *
 * Threads: one at a time per object.
 * Errors:  RS_ERROR_CORRUPT for bytes that are not of the kind; the sink's and the source's own.
 */
#ifndef REDSMITH_SANDBOX_CODEC_H
#define REDSMITH_SANDBOX_CODEC_H

#include <glib.h>

typedef enum { CODEC_NONE, CODEC_GZIP, CODEC_ZSTD } CodecKind;

/* "", ".gz", ".zst" and "none", "gzip", "zstd". Static. */
const char *codec_suffix(CodecKind kind);
const char *codec_name(CodecKind kind);

typedef gboolean (*EncoderSink)(gpointer user, const void *bytes, gsize length, GError **error);

typedef struct Encoder Encoder;
Encoder *encoder_new(CodecKind kind, EncoderSink sink, gpointer user);
gboolean encoder_write(Encoder *encoder, const void *bytes, gsize length, GError **error);
/* Ends the stream; nothing may be written after it. */
gboolean encoder_finish(Encoder *encoder, GError **error);
/* Bytes given to the sink so far. */
guint64 encoder_output(const Encoder *encoder);
void encoder_free(Encoder *encoder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Encoder, encoder_free)

/* Up to max bytes; 0 at the end, -1 on failure. */
typedef gssize (*DecoderSource)(gpointer user, void *bytes, gsize max, GError **error);

typedef struct Decoder Decoder;
Decoder *decoder_new(CodecKind kind, DecoderSource source, gpointer user);
/* Up to max bytes; 0 at the end, -1 on failure. */
gssize decoder_read(Decoder *decoder, void *bytes, gsize max, GError **error);
void decoder_free(Decoder *decoder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Decoder, decoder_free)

#endif
