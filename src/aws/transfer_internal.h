/*
 * transfer_internal: one item at work, shared by transfer.c (who does what when), transfer_upload.c and
 * transfer_download.c (how).
 */
#ifndef REDSMITH_AWS_TRANSFER_INTERNAL_H
#define REDSMITH_AWS_TRANSFER_INTERNAL_H

#include "aws/s3_internal.h"
#include "aws/transfer.h"

#define TRANSFER_MIN_PART (5u << 20) /* S3 API reference, "Amazon S3 multipart upload limits" */
#define TRANSFER_MAX_PARTS 10000u

/* What all workers share and none changes. */
typedef struct {
    S3Client *client;
    TransferOptions options; /* without zeros */
    TransferCallbacks callbacks;
    GCancellable *cancellable; /* the caller's or a failure's */
} TransferContext;

typedef struct {
    TransferItem *item;
    int fd;            /* -1: none */
    GBytes *bytes;     /* produced, or NULL */
    guint64 size;      /* of what is moved */
    gint64 mtime_ns;   /* of the file when it was opened to be sent, */
    guint64 file_size; /* and its size */
    guint64 part_size;
    guint parts;      /* 0: it was done in one piece */
    guint parts_left; /* under the scheduler's lock */
    char *upload_id;  /* while a multipart upload is open */
    GPtrArray *etags; /* of char *, one slot for each part */
    char *temporary;  /* the name under which a download grows, until it is renamed */
    S3Object *object; /* what is being downloaded */
    GPtrArray *known; /* of char *: ETags of the parts that a continued upload has, or NULL */
    char *map;        /* path of the file that says which parts of a download are there, or NULL */
    int map_fd;
    GByteArray *had; /* one byte for each part of a continued download: '1' when it is there */
    gboolean keeps;  /* what is half there may be used the next time */
    GMutex writing;  /* of the file that grows */
} TransferWork;

/* Begins an item: small ones are done when it returns, large ones have work->parts set. */
gboolean transfer_upload_begin(const TransferContext *context, TransferWork *work, GError **error);
gboolean transfer_download_begin(const TransferContext *context, TransferWork *work,
                                 GError **error);

/* One piece, numbered from 0. */
gboolean transfer_upload_part(const TransferContext *context, TransferWork *work, guint part,
                              GError **error);
gboolean transfer_download_part(const TransferContext *context, TransferWork *work, guint part,
                                GError **error);

/* After the last piece. */
gboolean transfer_upload_end(const TransferContext *context, TransferWork *work, GError **error);
gboolean transfer_download_end(const TransferContext *context, TransferWork *work, GError **error);

/* Pauses and limits: both return early when cancelled. control may be NULL. */
void transfer_control_wait(TransferControl *control, GCancellable *cancellable);
void transfer_control_take(TransferControl *control, guint64 bytes, GCancellable *cancellable);

/* Tells `bytes`, and waits as long as the rate wants it. */
void transfer_tell_bytes(const TransferContext *context, guint64 bytes);
/* Tells `upload`. */
gboolean transfer_tell_upload(const TransferContext *context, TransferWork *work,
                              TransferUploadState state, GError **error);

/* The MD5 of a part of the open file; NULL with error set. Free with g_free. */
char *transfer_range_md5(const TransferContext *context, const TransferWork *work, guint64 offset,
                         guint64 length, GError **error);

/* transfer_resume.c: the name under which a download grows when it may be continued, and its map. */
gboolean transfer_resume_open(TransferWork *work, GError **error);
gboolean transfer_resume_open_map(TransferWork *work, GError **error);
void transfer_resume_note(TransferWork *work, guint part);

/* Cuts work->size: sets part_size and parts. */
void transfer_cut(const TransferContext *context, TransferWork *work);
guint64 transfer_part_length(const TransferWork *work, guint part);

#endif
