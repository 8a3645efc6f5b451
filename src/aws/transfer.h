/*
 * transfer: many files and large files, up and down, on a few worker threads.
 *
 * An item is one object and one local file, or a function that produces the object's bytes when a worker
 * is ready for them. Items start in their order. Files above `multipart_above` are cut: uploads become
 * multipart uploads, downloads ranges of one ETag, and all workers share the pieces, so one large file
 * is as fast as many small ones. What goes wrong with one item stops all: its multipart uploads are
 * aborted, its half-written files removed, and what was finished stays finished and was told.
 *
 * Uploads:   over https the MD5 of what was sent is compared with the ETag where that is one; over http the
 *            service itself compares the SHA-256, which is signed. What a lost answer may have left open is
 *            aborted, as s3_multipart_abort_lost says.
 * Downloads: written to a temporary name in the target's folder, checked (length, and MD5 where the ETag
 *            is one), synced, renamed, the folder synced. Files are 0600. Under the final name there is
 *            either the whole object or what was there before.
 * Memory:    1 MiB for each worker (libcurl's buffers, and 256 KiB that wait to be written), plus what its
 *            `produce` returns. Parts are read where they lie in the file and never held. An item takes
 *            about 300 bytes while it waits.
 * Resume:    with `resume`, the download of a large file that was interrupted goes on where it was: it
 *            grows under a name made of what it is, and beside it a map says which parts are there (of
 *            this boot of the machine only: after a power cut they are fetched again). Files then get the
 *            object's time. What there is is dropped when the disk is full or the object has changed. An
 *            upload goes on
 *            when the item names its upload_id; parts that the service has are compared by MD5 with the
 *            file and not sent again. Callers keep that id by way of the callback `upload`.
 * Cancel:    sending and receiving end within 100 ms. Multipart uploads that were begun are then aborted,
 *            which takes one request each (at most 5 s an attempt when the service is silent).
 * Changes:   a file that is written while it is sent is RS_ERROR_DATA, told by its size and time: what was
 *            sent of it would be neither its old nor its new content. A large one is not stored then; a small
 *            one may be. An object that is stored again while it is fetched is CONFLICT.
 * Errors:    RS_ERROR_LIMIT (disk full), NOT_FOUND and PERMISSION of local files too, DATA, CORRUPT
 *            (length or checksum), CONFLICT, CANCELLED, and those of s3.
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
    /* Upload: the multipart upload to go on with, and the size of its parts; a new one when it is gone. */
    char *upload_id;
    guint64 part_size;

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
    gboolean resume;   /* keep what there is of a large download, and go on with it */
    struct TransferControl *control; /* NULL: no pause and no limit. Borrowed */
} TransferOptions;

/*
 * A hand on transfers that run: any thread may pause them, let them go on and change their rate. A pause
 * lets the pieces finish that are under way; no new one begins. The rate (bytes a second, of all workers
 * together, 0: none) holds for what is sent and received the first time; at least TRANSFER_MIN_RATE, so
 * that no connection stands still long enough to look dead.
 */
#define TRANSFER_MIN_RATE 65536u
typedef struct TransferControl TransferControl;
TransferControl *transfer_control_new(guint64 rate);
void transfer_control_free(TransferControl *control);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TransferControl, transfer_control_free)
void transfer_control_set_rate(TransferControl *control, guint64 rate);
void transfer_control_pause(TransferControl *control, gboolean paused);

/* What happens to an item's multipart upload. */
typedef enum {
    TRANSFER_SEEKING, /* none is known yet: upload_id and part_size of the item may be filled now */
    TRANSFER_OPENING, /* is about to begin: no id yet */
    TRANSFER_OPENED,  /* has begun, with this id and size of parts */
    TRANSFER_CLOSED,  /* is complete, or aborted */
} TransferUploadState;

typedef struct {
    /* An item is finished and safe. On the caller's thread; FALSE with error set stops the transfer. */
    gboolean (*done)(gpointer user, TransferItem *item, GError **error);
    /* Bytes that moved, never told twice for the same bytes. On any worker. */
    void (*bytes)(gpointer user, guint64 bytes);
    gpointer user;
    /* For a journal of open uploads: told before the next step is taken. On any worker, or the caller's
     * thread. FALSE with error set stops the transfer; ignored for TRANSFER_CLOSED. */
    gboolean (*upload)(gpointer user, TransferItem *item, TransferUploadState state,
                       const char *upload_id, guint64 part_size, GError **error);
} TransferCallbacks;

/* The size of the parts that a file of that size is cut into; 0 when it is sent in one piece. */
guint64 transfer_part_size(const TransferOptions *options, guint64 size);

/* items: of TransferItem, borrowed. options and callbacks may be NULL, as may each callback. */
gboolean transfer_run(S3Client *client, GPtrArray *items, const TransferOptions *options,
                      const TransferCallbacks *callbacks, GCancellable *cancellable,
                      GError **error);

#endif
