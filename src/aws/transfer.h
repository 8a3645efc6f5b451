/*
 * transfer: many files and large files, up and down, on a few worker threads.
 *
 * An item is one object and one local file, or a function that produces the object's bytes when a worker
 * is ready for them. Items start in their order. Files above `multipart_above` are cut: uploads become
 * multipart uploads, downloads ranges of one ETag, and all workers share the pieces, so one large file
 * is as fast as many small ones. What goes wrong with one item stops all: its multipart uploads are
 * aborted, its half-written files removed, and what was finished stays finished and was told.
 *
 * Uploads:   the MD5 of what was sent is compared with the ETag where that is one.
 * Downloads: written to a temporary name in the target's folder, checked (length, and MD5 where the ETag
 *            is one), synced, renamed, the folder synced. Files are 0600. Under the final name there is
 *            either the whole object or what was there before.
 * Memory:    1 MiB for each worker, plus what its `produce` returns. Parts are read and written where
 *            they lie in the file, never held.
 * Cancel:    sending and receiving end within 100 ms. Multipart uploads that were begun are then aborted,
 *            which takes one request each (at most 5 s an attempt when the service is silent).
 * Errors:    RS_ERROR_LIMIT (disk full), NOT_FOUND and PERMISSION of local files too, DATA (a file that
 *            changes while it is sent), CORRUPT (length or checksum), CANCELLED, and those of s3.
 * Threads:   transfer_run blocks its caller's thread and calls `done` on it; `bytes` and `produce` are
 *            called on workers. Workers run with signals blocked.
 */
#ifndef REDSMITH_AWS_TRANSFER_H
#define REDSMITH_AWS_TRANSFER_H

#include "aws/s3.h"

typedef enum { TRANSFER_UPLOAD, TRANSFER_DOWNLOAD } TransferKind;

typedef struct {
    TransferKind kind;
    char *bucket, *key;
    char *path;     /* local file; with produce only a name for messages, or NULL */
    guint64 offset; /* upload: where in the file to begin */
    gint64 length;  /* upload: bytes to send, -1 to the end. Download: what to expect, -1 unknown */
    /* Upload: makes the bytes, on a worker, once. NULL with error set stops the transfer. */
    GBytes *(*produce)(gpointer user, GCancellable *cancellable, GError **error);
    gpointer user;

    /* What became of it, filled before done. */
    guint64 bytes; /* sent or received */
    char *etag;    /* without quotes */
} TransferItem;

/* Copies the strings; path may be NULL. Free with transfer_item_free. */
TransferItem *transfer_item_new(TransferKind kind, const char *bucket, const char *key,
                                const char *path);
void transfer_item_free(TransferItem *item);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TransferItem, transfer_item_free)

/* Zeros mean the values in brackets. */
typedef struct {
    guint workers;           /* threads, each with one connection [4] */
    guint64 multipart_above; /* bytes [64 MiB] */
    guint64 part_size; /* bytes, at least 5 MiB; more where 10,000 parts would not do [16 MiB] */
} TransferOptions;

typedef struct {
    /* An item is finished and safe. On the caller's thread; FALSE with error set stops the transfer. */
    gboolean (*done)(gpointer user, TransferItem *item, GError **error);
    /* Bytes that moved, never told twice for the same bytes. On any worker. */
    void (*bytes)(gpointer user, guint64 bytes);
    gpointer user;
} TransferCallbacks;

/* items: of TransferItem, borrowed. options and callbacks may be NULL, as may each callback. */
gboolean transfer_run(S3Client *client, GPtrArray *items, const TransferOptions *options,
                      const TransferCallbacks *callbacks, GCancellable *cancellable,
                      GError **error);

#endif
