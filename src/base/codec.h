/*
 * codec: gzip and zstd, whole buffers out and streams in.
 *
 * Compressing takes a part in memory and gives its bytes. Decoding takes pieces of any size as they
 * arrive and hands on what they decode to; several gzip members or zstd frames in a row are one text.
 *
 * Errors:  RS_ERROR_CORRUPT for bytes that are not of the codec or end too early; RS_ERROR_UNSUPPORTED
 *          for a codec that is not built in
 * Threads: pure; a Decoder belongs to one thread
 */
#ifndef REDSMITH_BASE_CODEC_H
#define REDSMITH_BASE_CODEC_H

#include <glib.h>

typedef enum { CODEC_NONE, CODEC_GZIP, CODEC_ZSTD } CodecKind;

/* The bytes compressed, as one frame or member. Level 0 is the codec's own default. */
GBytes *codec_compress(CodecKind kind, int level, const char *bytes, gsize length, GError **error);

typedef struct Decoder Decoder;

/* Takes decoded bytes. FALSE with error set stops. */
typedef gboolean (*DecoderSink)(gpointer user, const char *bytes, gsize length, GError **error);

Decoder *decoder_new(CodecKind kind, DecoderSink sink, gpointer user);
gboolean decoder_feed(Decoder *decoder, const char *bytes, gsize length, GError **error);
/* Nothing more comes: RS_ERROR_CORRUPT when the stream is cut off. */
gboolean decoder_end(Decoder *decoder, GError **error);
void decoder_free(Decoder *decoder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Decoder, decoder_free)

#endif
