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
    int fd;        /* -1: none */
    GBytes *bytes; /* produced, or NULL */
    guint64 size;  /* of what is moved */
    guint64 part_size;
    guint parts;      /* 0: it was done in one piece */
    guint parts_left; /* under the scheduler's lock */
    char *upload_id;  /* while a multipart upload is open */
    GPtrArray *etags; /* of char *, one slot for each part */
    char *temporary;  /* the name under which a download grows, until it is renamed */
    S3Object *object; /* what is being downloaded */
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

/* Cuts work->size: sets part_size and parts. */
void transfer_cut(const TransferContext *context, TransferWork *work);
guint64 transfer_part_length(const TransferWork *work, guint part);

#endif
