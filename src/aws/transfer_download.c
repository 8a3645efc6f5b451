#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "aws/transfer_internal.h"

/* libcurl hands on 16 KiB at a time. Writers of one file exclude one another in the kernel, and spin there
 * while they wait: so the pieces of a large object are collected to this much, and wait for their turn
 * asleep. */
#define WRITE_BYTES (256u << 10)

/* Where the bytes of one piece go. */
typedef struct {
    const TransferContext *context;
    TransferWork *work;
    guint64 start, limit; /* of the piece, within the file */
    guint64 position;     /* where the next bytes belong, those in the buffer included */
    guint64 told;         /* bytes of the piece that were told to `bytes` */
    char *buffer; /* of WRITE_BYTES, or NULL: bytes before position that are not written yet */
    gsize held;
} Sink;

static gboolean write_at(TransferWork *work, const char *bytes, gsize length, guint64 position,
                         GError **error)
{
    while (length > 0) {
        gssize written = pwrite(work->fd, bytes, length, (off_t)position);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return rs_error_set_errno(error, errno, "cannot write %s", work->item->path);
        bytes += written;
        length -= (gsize)written;
        position += (guint64)written;
    }
    return TRUE;
}

static gboolean write_in_turn(Sink *sink, const char *bytes, gsize length, guint64 position,
                              GError **error)
{
    g_mutex_lock(&sink->work->writing);
    gboolean good = write_at(sink->work, bytes, length, position, error);
    g_mutex_unlock(&sink->work->writing);
    return good;
}

static gboolean flush(Sink *sink, GError **error)
{
    gsize held = sink->held;
    sink->held = 0;
    return held == 0 || write_in_turn(sink, sink->buffer, held, sink->position - held, error);
}

static gboolean keep_bytes(Sink *sink, const char *bytes, gsize length, GError **error)
{
    if (sink->buffer == NULL || length >= WRITE_BYTES)
        return flush(sink, error) && write_at(sink->work, bytes, length, sink->position, error);
    if (sink->held + length > WRITE_BYTES && !flush(sink, error))
        return FALSE;
    memcpy(sink->buffer + sink->held, bytes, length);
    sink->held += length;
    return TRUE;
}

static gboolean on_bytes(gpointer user, const char *bytes, gsize length, GError **error)
{
    Sink *sink = user;
    if (length > sink->limit - sink->position) {
        g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "s3://%s/%s is longer than expected",
                    sink->work->item->bucket, sink->work->item->key);
        return FALSE;
    }
    if (!keep_bytes(sink, bytes, length, error))
        return FALSE;
    sink->position += length;
    guint64 done = sink->position - sink->start;
    if (done > sink->told)
        transfer_tell_bytes(sink->context, done - sink->told);
    sink->told = MAX(sink->told, done);
    return TRUE;
}

static gboolean on_restart(gpointer user)
{
    Sink *sink = user;
    sink->position = sink->start;
    sink->held = 0;
    return TRUE;
}

static gboolean wrong_length(const TransferWork *work, guint64 got, guint64 expected,
                             GError **error)
{
    g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT,
                "s3://%s/%s: %" G_GUINT64_FORMAT " bytes came, %" G_GUINT64_FORMAT " were expected",
                work->item->bucket, work->item->key, got, expected);
    return FALSE;
}

/* A new file beside the target, so that the rename stays on one file system. */
static gboolean open_temporary(const TransferContext *context, TransferWork *work, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(work->item->path);
    g_autofree char *name = g_path_get_basename(work->item->path);
    if (g_mkdir_with_parents(folder, 0700) != 0)
        return rs_error_set_errno(error, errno, "cannot create the folder %s", folder);
    if (context->options.resume)
        return transfer_resume_open(work, error);
    /* A long name is cut so that the temporary one still fits the file system's 255 bytes. */
    work->temporary = g_strdup_printf("%s/.%.200s.XXXXXX", folder, name);
    work->fd = g_mkstemp_full(work->temporary, O_RDWR | O_CLOEXEC, 0600);
    if (work->fd >= 0)
        return TRUE;
    int reason = errno;
    g_clear_pointer(&work->temporary, g_free);
    return rs_error_set_errno(error, reason, "cannot create a file in %s", folder);
}

static gboolean sync_folder(const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return rs_error_set_errno(error, errno, "cannot open the folder %s", folder);
    /* Some network file systems cannot sync a folder and say EINVAL: then the rename has to do. */
    int result = fsync(fd), reason = errno;
    close(fd);
    if (result != 0 && reason != EINVAL)
        return rs_error_set_errno(error, reason, "cannot sync the folder %s", folder);
    return TRUE;
}

static gboolean publish(const TransferContext *context, TransferWork *work, GError **error)
{
    const char *path = work->item->path;
    /* By its time a later run knows the file again where the ETag tells nothing. */
    const struct timespec times[] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = work->object->modified}};
    if (context->options.resume && work->object->modified > 0)
        futimens(work->fd, times);
    if (fsync(work->fd) != 0)
        return rs_error_set_errno(error, errno, "cannot write %s to disk", path);
    if (g_rename(work->temporary, path) != 0)
        return rs_error_set_errno(error, errno, "cannot put %s in place", path);
    g_clear_pointer(&work->temporary, g_free);
    work->keeps = FALSE;
    work->item->bytes = work->size;
    work->item->etag = g_strdup(work->object->etag);
    return sync_folder(path, error);
}

/* In one request; the client compares the MD5 as the bytes go by. */
static gboolean download_whole(const TransferContext *context, TransferWork *work, GError **error)
{
    TransferItem *item = work->item;
    guint64 limit = item->length >= 0 ? (guint64)item->length : G_MAXUINT64;
    Sink sink = {.context = context, .work = work, .limit = limit};
    if (!s3_get_range(context->client, item->bucket, item->key, 0, 0, NULL, on_bytes, on_restart,
                      &sink, &work->object, context->cancellable, error))
        return FALSE;
    work->size = sink.position;
    if (item->length >= 0 && work->size != (guint64)item->length)
        return wrong_length(work, work->size, (guint64)item->length, error);
    /* A retry may have written more than the last, shorter answer. */
    if (ftruncate(work->fd, (off_t)work->size) != 0)
        return rs_error_set_errno(error, errno, "cannot write %s", item->path);
    return publish(context, work, error);
}

/* Where files are pages of memory, to reserve space is to fill it, as slow as writing. */
static gboolean is_in_memory(int fd)
{
    struct statfs facts;
    return fstatfs(fd, &facts) == 0 && facts.f_type == TMPFS_MAGIC;
}

/* Takes the space before the pieces come, so that a full disk is noticed at once. */
static gboolean reserve(TransferWork *work, GError **error)
{
    int reason =
        is_in_memory(work->fd) ? EOPNOTSUPP : posix_fallocate(work->fd, 0, (off_t)work->size);
    if (reason == EOPNOTSUPP || reason == EINVAL)
        reason = ftruncate(work->fd, (off_t)work->size) != 0 ? errno : 0;
    if (reason != 0)
        return rs_error_set_errno(error, reason, "cannot write %s", work->item->path);
    return TRUE;
}

gboolean transfer_download_begin(const TransferContext *context, TransferWork *work, GError **error)
{
    TransferItem *item = work->item;
    gboolean small = item->length >= 0 && (guint64)item->length <= context->options.multipart_above;
    if (!small) {
        work->object =
            s3_head(context->client, item->bucket, item->key, context->cancellable, error);
        if (work->object == NULL)
            return FALSE;
        work->size = work->object->size;
        if (item->length >= 0 && work->size != (guint64)item->length)
            return wrong_length(work, work->size, (guint64)item->length, error);
        small = work->size <= context->options.multipart_above;
    }
    if (!small)
        transfer_cut(context, work);
    if (!open_temporary(context, work, error))
        return FALSE;
    if (small) {
        g_clear_pointer(&work->object, s3_object_free);
        return download_whole(context, work, error);
    }
    if (context->options.resume && !transfer_resume_open_map(work, error))
        return FALSE;
    if (!reserve(work, error))
        return FALSE;
    work->keeps = context->options.resume;
    return TRUE;
}

static gboolean fetch_part(const TransferContext *context, TransferWork *work, guint part,
                           GError **error)
{
    TransferItem *item = work->item;
    guint64 start = part * work->part_size, length = transfer_part_length(work, part);
    g_autofree char *buffer = g_malloc(WRITE_BYTES);
    Sink sink = {.context = context,
                 .work = work,
                 .start = start,
                 .position = start,
                 .limit = start + length,
                 .buffer = buffer};
    if (work->had != NULL && work->had->data[part] == '1') {
        if (context->callbacks.bytes != NULL)
            context->callbacks.bytes(context->callbacks.user, length);
        return TRUE;
    }
    if (!s3_get_range(context->client, item->bucket, item->key, start, length, work->object->etag,
                      on_bytes, on_restart, &sink, NULL, context->cancellable, error) ||
        !flush(&sink, error))
        return FALSE;
    if (sink.position != sink.limit)
        return wrong_length(work, sink.position - start, length, error);
    transfer_resume_note(work, part);
    return TRUE;
}

gboolean transfer_download_part(const TransferContext *context, TransferWork *work, guint part,
                                GError **error)
{
    GError *failure = NULL;
    if (fetch_part(context, work, part, &failure))
        return TRUE;
    /* A full disk shall not stay full, and parts of an object that has changed are of no use. */
    if (g_error_matches(failure, RS_ERROR, RS_ERROR_LIMIT) ||
        g_error_matches(failure, RS_ERROR, RS_ERROR_CONFLICT)) {
        g_mutex_lock(&work->writing);
        work->keeps = FALSE;
        g_mutex_unlock(&work->writing);
    }
    g_propagate_error(error, failure);
    return FALSE;
}

/* The pieces came in any order, so the MD5 of the whole is taken from the file. */
static gboolean check_file(const TransferContext *context, TransferWork *work, GError **error)
{
    g_autofree char *ours = transfer_range_md5(context, work, 0, work->size, error);
    if (ours == NULL)
        return FALSE;
    if (g_ascii_strcasecmp(ours, work->object->etag) == 0)
        return TRUE;
    work->keeps = FALSE;
    g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT,
                "s3://%s/%s: the MD5 of what came is %s, that of the object %s", work->item->bucket,
                work->item->key, ours, work->object->etag);
    return FALSE;
}

gboolean transfer_download_end(const TransferContext *context, TransferWork *work, GError **error)
{
    if (work->object->etag_is_md5 && !check_file(context, work, error))
        return FALSE;
    return publish(context, work, error);
}
