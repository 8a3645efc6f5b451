#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/transfer_internal.h"

/* What `sent` of a body is told, for one piece. */
static void on_sent(gpointer user, gsize bytes)
{
    const TransferContext *context = user;
    if (context->callbacks.bytes != NULL)
        context->callbacks.bytes(context->callbacks.user, bytes);
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

gboolean transfer_upload_begin(const TransferContext *context, TransferWork *work, GError **error)
{
    TransferItem *item = work->item;
    if (!get_source(context, work, error))
        return FALSE;
    item->bytes = work->size;
    if (work->size <= context->options.multipart_above) {
        HttpBody body = piece_of(context, work, 0, work->size);
        g_autofree char *etag = s3_put_body(context->client, item->bucket, item->key, NULL, &body,
                                            context->cancellable, error);
        item->etag = etag != NULL ? s3_bare_etag(etag) : NULL;
        return etag != NULL;
    }
    transfer_cut(context, work);
    work->etags = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_set_size(work->etags, (gint)work->parts);
    work->upload_id =
        s3_multipart_create(context->client, item->bucket, item->key, context->cancellable, error);
    return work->upload_id != NULL;
}

gboolean transfer_upload_part(const TransferContext *context, TransferWork *work, guint part,
                              GError **error)
{
    HttpBody body =
        piece_of(context, work, part * work->part_size, transfer_part_length(work, part));
    g_autofree char *query = s3_part_query(work->upload_id, part + 1);
    char *etag = s3_put_body(context->client, work->item->bucket, work->item->key, query, &body,
                             context->cancellable, error);
    work->etags->pdata[part] = etag;
    return etag != NULL;
}

gboolean transfer_upload_end(const TransferContext *context, TransferWork *work, GError **error)
{
    TransferItem *item = work->item;
    if (!s3_multipart_complete(context->client, item->bucket, item->key, work->upload_id,
                               work->etags, context->cancellable, error))
        return FALSE;
    g_clear_pointer(&work->upload_id, g_free);
    item->etag = s3_multipart_etag(work->etags);
    return TRUE;
}
