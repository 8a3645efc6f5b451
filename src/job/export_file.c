#include "config.h"

#include "job/export_file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

/* Blocks on their way: enough that neither side waits for the other's hiccups. */
enum { BLOCKS = 4 };

struct ExportFile {
    char *path, *folder;
    char *temporary; /* the name beside the target; NULL: the file has none */
    CodecKind codec;
    gboolean overwrite;
    int fd;
    GThread *writer;
    GAsyncQueue *full, *empty; /* of GString; `last` in full ends the writer */
    GString *last;
    int failed;      /* atomic: the writer drops what comes */
    GError *failure; /* the writer's, valid once failed or joined */
    guint64 bytes;   /* the writer's, valid once joined */
};

/* --- the writer -----------------------------------------------------------------------------------*/

static gboolean write_all(ExportFile *file, const char *bytes, gsize length, GError **error)
{
    while (length > 0) {
        ssize_t n = write(file->fd, bytes, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return rs_error_set_errno(error, errno, "cannot write %s; nothing was left of it",
                                      file->path);
        bytes += n;
        length -= (gsize)n;
        file->bytes += (guint64)n;
    }
    return TRUE;
}

static gboolean write_block(ExportFile *file, const GString *block, GError **error)
{
    if (file->codec == CODEC_NONE)
        return write_all(file, block->str, block->len, error);
    g_autoptr(GBytes) packed = codec_compress(file->codec, 0, block->str, block->len, error);
    if (packed == NULL)
        return FALSE;
    gsize length;
    const char *bytes = g_bytes_get_data(packed, &length);
    return write_all(file, bytes, length, error);
}

static gpointer run_writer(gpointer data)
{
    ExportFile *file = data;
    for (;;) {
        GString *block = g_async_queue_pop(file->full);
        if (block == file->last)
            return NULL;
        if (file->failure == NULL && !write_block(file, block, &file->failure))
            g_atomic_int_set(&file->failed, TRUE);
        g_string_truncate(block, 0);
        g_async_queue_push(file->empty, block);
    }
}

static void end_writer(ExportFile *file)
{
    if (file->writer == NULL)
        return;
    g_async_queue_push(file->full, file->last);
    g_thread_join(g_steal_pointer(&file->writer));
}

/* --- opening ----------------------------------------------------------------------------------------*/

gboolean export_file_check(const char *path, gboolean overwrite, GError **error)
{
    GStatBuf status;
    g_autofree char *folder = g_path_get_dirname(path);
    if (*path == '\0' || g_str_has_suffix(path, "/")) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "\"%s\" names no file", path);
        return FALSE;
    }
    if (g_stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "%s is no regular file", path);
        return FALSE;
    }
    if (!overwrite && g_access(path, F_OK) == 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_EXISTS,
                    "%s is there already: say overwrite to replace it, or choose another name",
                    path);
        return FALSE;
    }
    if (g_access(folder, W_OK | X_OK) == 0)
        return TRUE;
    return rs_error_set_errno(error, errno, "cannot write into the folder %s", folder);
}

static gboolean open_file(ExportFile *file, GError **error)
{
    file->fd = open(file->folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (file->fd >= 0)
        return TRUE;
    g_autofree char *base = g_path_get_basename(file->path);
    g_autofree char *name = g_strdup_printf(".%s.XXXXXX", base);
    file->temporary = g_build_filename(file->folder, name, NULL);
    file->fd = g_mkstemp_full(file->temporary, O_WRONLY | O_CLOEXEC, 0600);
    if (file->fd >= 0)
        return TRUE;
    int saved_errno = errno;
    g_clear_pointer(&file->temporary, g_free);
    return rs_error_set_errno(error, saved_errno, "cannot make a file in %s", file->folder);
}

ExportFile *export_file_new(const char *path, CodecKind codec, gboolean overwrite, GError **error)
{
    if (!export_file_check(path, overwrite, error))
        return NULL;
    g_autoptr(ExportFile) file = g_new0(ExportFile, 1);
    file->path = g_strdup(path);
    file->folder = g_path_get_dirname(path);
    file->codec = codec;
    file->overwrite = overwrite;
    file->full = g_async_queue_new();
    file->empty = g_async_queue_new();
    file->last = g_string_new(NULL);
    file->fd = -1;
    if (!open_file(file, error))
        return NULL;
    for (int i = 0; i < BLOCKS; i++)
        g_async_queue_push(file->empty, g_string_new(NULL));
    file->writer = g_thread_new("export", run_writer, file);
    return g_steal_pointer(&file);
}

gboolean export_file_write(ExportFile *file, GString *block, GError **error)
{
    if (block->len == 0)
        return TRUE;
    GString *spare = g_async_queue_pop(file->empty);
    if (g_atomic_int_get(&file->failed)) {
        g_async_queue_push(file->empty, spare);
        g_propagate_error(error, g_error_copy(file->failure));
        return FALSE;
    }
    GString taken = *block; /* only the text changes hands */
    *block = *spare;
    *spare = taken;
    g_async_queue_push(file->full, spare);
    return TRUE;
}

/* --- publishing -------------------------------------------------------------------------------------*/

/* A name for the file that had none, in its folder. */
static gboolean name_temporary(ExportFile *file, const char *from, GError **error)
{
    g_autofree char *base = g_path_get_basename(file->path);
    g_autofree char *name = g_strdup_printf(".%s.%08x%08x", base, g_random_int(), g_random_int());
    g_autofree char *path = g_build_filename(file->folder, name, NULL);
    if (linkat(AT_FDCWD, from, AT_FDCWD, path, AT_SYMLINK_FOLLOW) != 0)
        return rs_error_set_errno(error, errno, "cannot name a file in %s", file->folder);
    file->temporary = g_steal_pointer(&path);
    return TRUE;
}

/* linkat refuses a name that is taken, which no check beforehand can promise. */
static gboolean link_new(ExportFile *file, const char *from, int flags, GError **error)
{
    if (linkat(AT_FDCWD, from, AT_FDCWD, file->path, flags) == 0)
        return TRUE;
    if (errno != EEXIST)
        return rs_error_set_errno(error, errno, "cannot make %s", file->path);
    g_set_error(error, RS_ERROR, RS_ERROR_EXISTS,
                "%s has appeared meanwhile and is not replaced; nothing was written", file->path);
    return FALSE;
}

static gboolean put_in_place(ExportFile *file, GError **error)
{
    g_autofree char *unnamed = g_strdup_printf("/proc/self/fd/%d", file->fd);
    if (!file->overwrite)
        return file->temporary == NULL ? link_new(file, unnamed, AT_SYMLINK_FOLLOW, error)
                                       : link_new(file, file->temporary, 0, error);
    if (file->temporary == NULL && !name_temporary(file, unnamed, error))
        return FALSE;
    if (rename(file->temporary, file->path) != 0)
        return rs_error_set_errno(error, errno, "cannot replace %s", file->path);
    g_clear_pointer(&file->temporary, g_free);
    return TRUE;
}

static gboolean sync_folder(const char *folder, GError **error)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gboolean synced = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);
    int saved_errno = errno;
    if (fd >= 0)
        close(fd);
    return synced || rs_error_set_errno(error, saved_errno, "cannot sync the folder %s", folder);
}

gboolean export_file_publish(ExportFile *file, guint64 *bytes, GError **error)
{
    end_writer(file);
    if (file->failure != NULL) {
        g_propagate_error(error, g_error_copy(file->failure));
        return FALSE;
    }
    if (bytes != NULL)
        *bytes = file->bytes;
    if (fsync(file->fd) != 0)
        return rs_error_set_errno(error, errno, "cannot sync %s; nothing was left of it",
                                  file->path);
    return put_in_place(file, error) && sync_folder(file->folder, error);
}

static void free_block(gpointer block)
{
    g_string_free(block, TRUE);
}

static void free_queue(GAsyncQueue *queue, const GString *last)
{
    GString *block;
    while ((block = g_async_queue_try_pop(queue)) != NULL)
        if (block != last)
            free_block(block);
    g_async_queue_unref(queue);
}

void export_file_free(ExportFile *file)
{
    if (file == NULL)
        return;
    g_atomic_int_set(&file->failed, TRUE);
    end_writer(file);
    if (file->temporary != NULL)
        g_unlink(file->temporary);
    if (file->fd >= 0)
        close(file->fd);
    free_queue(file->full, file->last);
    free_queue(file->empty, file->last);
    free_block(file->last);
    g_clear_error(&file->failure);
    g_free(file->temporary);
    g_free(file->folder);
    g_free(file->path);
    g_free(file);
}
