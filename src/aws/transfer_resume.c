#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/transfer_internal.h"
#include "base/log.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define IDENTITY_DIGITS 12

/* Where the object, its version and its cutting are told apart: another of them is another name. */
static char *identity_of(const TransferWork *work)
{
    const TransferItem *item = work->item;
    const char *etag = work->object != NULL ? work->object->etag : "";
    g_autofree char *text =
        g_strdup_printf("%s\n%s\n%s\n%" G_GUINT64_FORMAT "\n%" G_GUINT64_FORMAT, item->bucket,
                        item->key, etag, work->size, work->part_size);
    char *hash = sigv4_sha256(text, strlen(text));
    hash[IDENTITY_DIGITS] = '\0';
    return hash;
}

/* Opened, and still the file of that name once it is ours alone. */
static int open_locked(const char *path, GError **error)
{
    for (;;) {
        struct stat facts;
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0) {
            rs_error_set_errno(error, errno, "cannot create %s", path);
            return -1;
        }
        if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
            close(fd);
            g_set_error(error, RS_ERROR, RS_ERROR_CONFLICT,
                        "another transfer is writing %s; wait for it to end", path);
            return -1;
        }
        if (fstat(fd, &facts) == 0 && facts.st_nlink > 0)
            return fd;
        close(fd); /* its last owner has renamed or removed it in between */
    }
}

/* What is left of other versions of a large object is of no use any more. */
static void remove_outdated(const char *folder, const char *prefix, const char *keep)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
        const char *rest = g_str_has_prefix(name, prefix) ? name + strlen(prefix) : "";
        if (strspn(rest, "0123456789abcdef") != IDENTITY_DIGITS || strcmp(name, keep) == 0 ||
            (strcmp(rest + IDENTITY_DIGITS, ".part") != 0 &&
             strcmp(rest + IDENTITY_DIGITS, ".map") != 0))
            continue;
        g_autofree char *path = g_build_filename(folder, name, NULL);
        int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
            g_unlink(path);
        if (fd >= 0)
            close(fd);
    }
}

gboolean transfer_resume_open(TransferWork *work, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(work->item->path);
    g_autofree char *base = g_path_get_basename(work->item->path);
    g_autofree char *identity = identity_of(work);
    g_autofree char *prefix = g_strdup_printf(".%.200s.", base);
    g_autofree char *name = g_strconcat(prefix, identity, ".part", NULL);
    g_autofree char *path = g_build_filename(folder, name, NULL);
    work->fd = open_locked(path, error);
    if (work->fd < 0)
        return FALSE;
    work->temporary = g_steal_pointer(&path);
    if (work->parts == 0)
        return ftruncate(work->fd, 0) == 0 ||
               rs_error_set_errno(error, errno, "cannot write %s", work->item->path);
    remove_outdated(folder, prefix, name);
    work->map = g_strconcat(folder, "/", prefix, identity, ".map", NULL);
    return TRUE;
}

/* The map: a line that names this boot of the machine, and one byte for each part. What was written before
 * a power cut may never have reached the disk. */
gboolean transfer_resume_open_map(TransferWork *work, GError **error)
{
    g_autofree char *boot = NULL;
    struct stat facts;
    if (!g_file_get_contents(BOOT_ID, &boot, NULL, NULL))
        boot = g_strdup("unknown\n");
    gsize head = strlen(boot), length = head + work->parts;
    g_autofree char *text = g_malloc(length);
    work->map_fd = open(work->map, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (work->map_fd < 0)
        return rs_error_set_errno(error, errno, "cannot create %s", work->map);
    gboolean known = strcmp(boot, "unknown\n") != 0 && fstat(work->fd, &facts) == 0 &&
                     (guint64)facts.st_size == work->size &&
                     pread(work->map_fd, text, length, 0) == (gssize)length &&
                     memcmp(text, boot, head) == 0;
    if (!known) {
        memcpy(text, boot, head);
        memset(text + head, '0', work->parts);
        if (ftruncate(work->map_fd, 0) != 0 ||
            pwrite(work->map_fd, text, length, 0) != (gssize)length)
            return rs_error_set_errno(error, errno, "cannot write %s", work->map);
    }
    work->had = g_byte_array_append(g_byte_array_new(), (guint8 *)text + head, work->parts);
    return TRUE;
}

/* Best effort: a part that is not noted is fetched again. */
void transfer_resume_note(TransferWork *work, guint part)
{
    struct stat facts;
    if (work->had == NULL || fstat(work->map_fd, &facts) != 0)
        return;
    if (pwrite(work->map_fd, "1", 1, facts.st_size - (off_t)work->parts + (off_t)part) != 1)
        log_write(LOG_LEVEL_INFO, "cannot note a finished part in %s", work->map);
}
