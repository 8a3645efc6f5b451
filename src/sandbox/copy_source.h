/*
 * copy_source: the files of a COPY: which they are, and their bytes as UTF-8.
 *
 * Read through the store on the same machine, decompressed and recoded as a stream.
 *
 * Threads: one per object.
 * Errors:  the store's and the codec's; RS_ERROR_CORRUPT for UTF-16 without its mark.
 */
#ifndef REDSMITH_SANDBOX_COPY_SOURCE_H
#define REDSMITH_SANDBOX_COPY_SOURCE_H

#include <glib.h>

#include "sandbox/copy_options.h"
#include "sandbox/store.h"

typedef struct {
    char *bucket, *key, *url;
    guint64 size; /* as stored */
} CopyFile;
void copy_file_free(CopyFile *file);

/* The objects whose key starts with the prefix. NULL with *error when the bucket is not there. */
GPtrArray *copy_files_by_prefix(Store *store, const char *bucket, const char *prefix,
                                GError **error);

/*
 * The objects that a manifest lists, in its order; what is missing and not mandatory is left out. NULL
 * with *refusal: no manifest, a mandatory entry is missing, or none of the entries exists.
 */
GPtrArray *copy_files_by_manifest(Store *store, const char *bucket, const char *key,
                                  Refusal *refusal);

/* A small object's bytes (a manifest, a jsonpaths file), with a NUL behind. Free with g_free. */
char *copy_read_object(Store *store, const char *bucket, const char *key, gsize *length,
                       GError **error);

typedef struct CopyStream CopyStream;
CopyStream *copy_stream_open(Store *store, const CopyFile *file, const CopyOptions *options,
                             GError **error);
/* A DecoderSource: user is the stream. A byte-order mark at the start is left out. */
gssize copy_stream_read(gpointer stream, void *bytes, gsize max, GError **error);
/* Stored bytes read so far. */
guint64 copy_stream_position(const CopyStream *stream);
void copy_stream_free(CopyStream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CopyStream, copy_stream_free)

#endif
