#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/transfer_internal.h"

/* What `sent` of a body is told, for one piece. */
static void on_sent(gpointer user, gsize bytes)
{
    transfer_tell_bytes(user, bytes);
}

static HttpBody piece_of(const TransferContext *context, TransferWork *work, guint64 offset,
                         guint64 length)
{
    return (HttpBody){.bytes = work->bytes,
                      .fd = work->fd,
                      .offset = offset + (work->bytes == NULL ? work->item->offset : 0),
                      .length = length,
                      .sent = on_sent,
                      .user = (gpointer)context};
}

static gint64 mtime_ns(const struct stat *facts)
{
    return (gint64)facts->st_mtim.tv_sec * 1000000000 + facts->st_mtim.tv_nsec;
}

/* FALSE, whatever the error was before, when the file was written since it was opened. */
static gboolean check_unchanged(const TransferWork *work, GError **error)
{
    const TransferItem *item = work->item;
    struct stat facts;
    if (work->bytes != NULL ||
        (fstat(work->fd, &facts) == 0 && mtime_ns(&facts) == work->mtime_ns &&
         (guint64)facts.st_size == work->file_size))
        return TRUE;
    g_clear_error(error);
    g_set_error(
        error, RS_ERROR, RS_ERROR_DATA,
        "%s changed while it was sent to s3://%s/%s%s; send it again when nothing writes to it",
        item->path, item->bucket, item->key,
        work->upload_id != NULL ? "" : ", where there may be some of both now");
    return FALSE;
}

static gboolean open_file(TransferWork *work, GError **error)
{
    const TransferItem *item = work->item;
    struct stat facts;
    work->fd = open(item->path, O_RDONLY | O_CLOEXEC);
    if (work->fd < 0 || fstat(work->fd, &facts) != 0)
        return rs_error_set_errno(error, errno, "cannot read %s", item->path);
    if (!S_ISREG(facts.st_mode)) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "%s is not a regular file", item->path);
        return FALSE;
    }
    guint64 size = (guint64)facts.st_size;
    guint64 wanted = item->length >= 0 ? (guint64)item->length : size - MIN(size, item->offset);
    if (item->offset > size || wanted > size - item->offset) {
        g_set_error(error, RS_ERROR, RS_ERROR_DATA,
                    "%s has become shorter: %" G_GUINT64_FORMAT " bytes", item->path, size);
        return FALSE;
    }
    work->size = wanted;
    work->mtime_ns = mtime_ns(&facts);
    work->file_size = size;
    return TRUE;
}

static gboolean get_source(const TransferContext *context, TransferWork *work, GError **error)
{
    if (work->item->produce == NULL)
        return open_file(work, error);
    work->bytes = work->item->produce(work->item->user, context->cancellable, error);
    if (work->bytes == NULL)
        return FALSE;
    work->size = g_bytes_get_size(work->bytes);
    return TRUE;
}

static gboolean open_upload(const TransferContext *context, TransferWork *work, GError **error)
{
    const TransferItem *item = work->item;
    transfer_cut(context, work);
    if (!transfer_tell_upload(context, work, TRANSFER_OPENING, error))
        return FALSE;
    work->upload_id =
        s3_multipart_create(context->client, item->bucket, item->key, context->cancellable, error);
    return work->upload_id != NULL && transfer_tell_upload(context, work, TRANSFER_OPENED, error);
}

/* Finds out what there is of the upload that the item names. TRUE without work->upload_id when it is gone,
 * or was cut in a way that does not fit the file any more; then it is aborted. */
static gboolean continue_upload(const TransferContext *context, TransferWork *work, GError **error)
{
    const TransferItem *item = work->item;
    g_autoptr(GError) failure = NULL;
    guint64 size = item->part_size;
    guint64 parts = size > 0 ? (work->size + size - 1) / size : 0;
    if (work->bytes != NULL || size < TRANSFER_MIN_PART || parts > TRANSFER_MAX_PARTS)
        return s3_multipart_abort(context->client, item->bucket, item->key, item->upload_id,
                                  context->cancellable, error);
    g_autoptr(GArray) there = s3_multipart_parts(context->client, item->bucket, item->key,
                                                 item->upload_id, context->cancellable, &failure);
    if (there == NULL && !g_error_matches(failure, RS_ERROR, RS_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (there == NULL)
        return TRUE;
    work->upload_id = g_strdup(item->upload_id);
    work->part_size = size;
    work->parts = (guint)parts;
    work->known = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_set_size(work->known, (gint)parts);
    for (guint i = 0; i < there->len; i++) {
        const S3Part *part = &g_array_index(there, S3Part, i);
        if (part->number <= parts && work->known->pdata[part->number - 1] == NULL &&
            part->size == transfer_part_length(work, part->number - 1))
            work->known->pdata[part->number - 1] = g_strdup(part->etag);
    }
    return TRUE;
}

static gboolean upload_whole(const TransferContext *context, TransferWork *work, GError **error)
{
    TransferItem *item = work->item;
    HttpBody body = piece_of(context, work, 0, work->size);
    g_autofree char *etag = s3_put_body(context->client, item->bucket, item->key, NULL, &body,
                                        context->cancellable, error);
    item->etag = etag != NULL ? s3_bare_etag(etag) : NULL;
    return check_unchanged(work, error) && etag != NULL;
}

gboolean transfer_upload_begin(const TransferContext *context, TransferWork *work, GError **error)
{
    TransferItem *item = work->item;
    if (!get_source(context, work, error))
        return FALSE;
    item->bytes = work->size;
    if (work->size <= context->options.multipart_above)
        return upload_whole(context, work, error);
    if (item->upload_id == NULL && !transfer_tell_upload(context, work, TRANSFER_SEEKING, error))
        return FALSE;
    if (item->upload_id != NULL && !continue_upload(context, work, error))
        return FALSE;
    if (work->upload_id == NULL && !open_upload(context, work, error))
        return FALSE;
    work->etags = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_set_size(work->etags, (gint)work->parts);
    return TRUE;
}

/* A part that the service has from before, when it holds what the file holds now. */
static gboolean keep_part(const TransferContext *context, TransferWork *work, guint part,
                          gboolean *kept, GError **error)
{
    const char *etag = work->known != NULL ? work->known->pdata[part] : NULL;
    guint64 start = part * work->part_size, length = transfer_part_length(work, part);
    *kept = FALSE;
    if (etag == NULL)
        return TRUE;
    g_autofree char *theirs = s3_bare_etag(etag);
    g_autofree char *ours =
        transfer_range_md5(context, work, work->item->offset + start, length, error);
    if (ours == NULL)
        return FALSE;
    if (g_ascii_strcasecmp(ours, theirs) != 0)
        return TRUE;
    work->etags->pdata[part] = g_strdup(etag);
    if (context->callbacks.bytes != NULL)
        context->callbacks.bytes(context->callbacks.user, length);
    *kept = TRUE;
    return TRUE;
}

gboolean transfer_upload_part(const TransferContext *context, TransferWork *work, guint part,
                              GError **error)
{
    gboolean kept;
    if (!keep_part(context, work, part, &kept, error))
        return FALSE;
    if (kept)
        return TRUE;
    HttpBody body =
        piece_of(context, work, part * work->part_size, transfer_part_length(work, part));
    g_autofree char *query = s3_part_query(work->upload_id, part + 1);
    char *etag = s3_put_body(context->client, work->item->bucket, work->item->key, query, &body,
                             context->cancellable, error);
    work->etags->pdata[part] = etag;
    return check_unchanged(work, error) && etag != NULL;
}

gboolean transfer_upload_end(const TransferContext *context, TransferWork *work, GError **error)
{
    TransferItem *item = work->item;
    if (!check_unchanged(work, error) ||
        !s3_multipart_complete(context->client, item->bucket, item->key, work->upload_id,
                               work->etags, context->cancellable, error))
        return FALSE;
    transfer_tell_upload(context, work, TRANSFER_CLOSED, NULL);
    g_clear_pointer(&work->upload_id, g_free);
    item->etag = s3_multipart_etag(work->etags);
    return TRUE;
}
