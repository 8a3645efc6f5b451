/* copy_file_range */
#define _GNU_SOURCE
#include "sandbox/s3_server_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

static char *claim_path(const char *folder, guint number)
{
    return g_strdup_printf("%s/claim-%05u", folder, number);
}

char *s3_part_file_path(const char *folder, guint number, const char *etag)
{
    g_autofree char *lower = g_ascii_strdown(etag, -1);
    gboolean possible = strlen(lower) == 32 && strspn(lower, "0123456789abcdef") == 32;
    return g_strdup_printf("%s/part-%05u.%s", folder, number, possible ? lower : "none");
}

/* --- writing one ------------------------------------------------------------------------------- */

/* The size of the places, which the first part that could be in the middle decides; 0: none yet. */
static guint64 unit_of(const char *folder, guint64 length)
{
    g_autofree char *path = g_build_filename(folder, "unit", NULL);
    char text[32] = "";
    if (length >= S3_MIN_PART) {
        g_autofree char *ours = g_strdup_printf("%" G_GUINT64_FORMAT, length);
        if (symlink(ours, path) == 0)
            return length;
    }
    gssize got = readlink(path, text, sizeof text - 1);
    return got > 0 ? g_ascii_strtoull(text, NULL, 10) : 0;
}

/* FALSE when the part has no place in data, or not any more. */
static gboolean take_place(S3PartFile *file, const char *folder, guint number, guint64 length)
{
    guint64 unit = length > 0 ? unit_of(folder, length) : 0;
    if (length == 0 || length > unit)
        return FALSE;
    g_autofree char *claim = claim_path(folder, number);
    g_autofree char *data = g_build_filename(folder, "data", NULL);
    int claimed = open(claim, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (claimed < 0)
        return FALSE;
    close(claimed);
    file->fd = open(data, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file->fd < 0 || lseek(file->fd, (off_t)((number - 1) * unit), SEEK_SET) < 0) {
        if (file->fd >= 0)
            close(file->fd);
        file->fd = -1;
        g_unlink(claim);
        return FALSE;
    }
    file->path = g_steal_pointer(&claim);
    file->placed = TRUE;
    file->length = file->left = length;
    return TRUE;
}

gboolean s3_part_file_begin(S3PartFile *file, const char *folder, guint number, guint64 length)
{
    if (take_place(file, folder, number, length))
        return TRUE;
    file->path = g_build_filename(folder, "incoming-XXXXXX", NULL);
    file->fd = g_mkstemp_full(file->path, O_WRONLY | O_CLOEXEC, 0600);
    return file->fd >= 0;
}

gboolean s3_part_file_write(S3PartFile *file, const char *bytes, gsize length)
{
    if (file->placed && length > file->left) { /* would run into the next place */
        errno = EFBIG;
        return FALSE;
    }
    file->left -= file->placed ? length : 0;
    while (length > 0) {
        ssize_t written = write(file->fd, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return FALSE;
        bytes += written;
        length -= (gsize)written;
    }
    return TRUE;
}

/* Empty space of that length. */
static gboolean make_stand_in(const char *path, guint64 length)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    gboolean good = fd >= 0 && ftruncate(fd, (off_t)length) == 0;
    if (fd >= 0)
        close(fd);
    return good;
}

static gboolean write_claim(const char *path, const char *etag)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    gsize length = strlen(etag);
    gboolean good = fd >= 0 && write(fd, etag, length) == (gssize)length;
    if (fd >= 0)
        close(fd);
    return good;
}

/* The last upload of a number counts. */
static void remove_others(const char *folder, guint number, const char *keep)
{
    g_autofree char *prefix = g_strdup_printf("part-%05u.", number);
    g_autofree char *name = g_path_get_basename(keep);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *other; dir != NULL && (other = g_dir_read_name(dir)) != NULL;) {
        if (!g_str_has_prefix(other, prefix) || strcmp(other, name) == 0)
            continue;
        g_autofree char *path = g_build_filename(folder, other, NULL);
        g_unlink(path);
    }
}

gboolean s3_part_file_install(S3PartFile *file, const char *folder, guint number, const char *etag)
{
    g_autofree char *path = s3_part_file_path(folder, number, etag);
    if (file->placed && file->left > 0) {
        errno = EIO;
        return FALSE;
    }
    if (file->placed ? !write_claim(file->path, etag) || !make_stand_in(path, file->length)
                     : g_rename(file->path, path) != 0)
        return FALSE;
    g_clear_pointer(&file->path, g_free);
    remove_others(folder, number, path);
    return TRUE;
}

void s3_part_file_clear(S3PartFile *file)
{
    if (file->fd >= 0)
        close(file->fd);
    if (file->path != NULL)
        g_unlink(file->path);
    g_free(file->path);
    *file = (S3PartFile){.fd = -1};
}

/* --- joining all ------------------------------------------------------------------------------- */

typedef struct {
    char *path;
    guint64 size;
    gboolean placed;
    guint64 place; /* in data */
} Part;

static void part_clear(gpointer part)
{
    g_free(((Part *)part)->path);
}

static gboolean is_placed(const char *folder, guint number, const char *etag)
{
    g_autofree char *claim = claim_path(folder, number);
    g_autofree char *there = NULL;
    return g_file_get_contents(claim, &there, NULL, NULL) && g_ascii_strcasecmp(there, etag) == 0;
}

static GArray *look_at_parts(const char *folder, const GArray *numbers, const GPtrArray *etags,
                             guint64 unit, GError **error)
{
    g_autoptr(GArray) parts = g_array_new(FALSE, TRUE, sizeof(Part));
    g_array_set_clear_func(parts, part_clear);
    for (guint i = 0; i < numbers->len; i++) {
        guint number = g_array_index(numbers, guint, i);
        struct stat facts;
        Part part = {.path = s3_part_file_path(folder, number, etags->pdata[i]),
                     .placed = is_placed(folder, number, etags->pdata[i]),
                     .place = (number - 1) * unit};
        g_array_append_val(parts, part);
        if (stat(part.path, &facts) != 0) {
            rs_error_set_errno(error, errno, "cannot join a part");
            return NULL;
        }
        g_array_index(parts, Part, i).size = (guint64)facts.st_size;
    }
    return g_steal_pointer(&parts);
}

/* Is somebody still writing to a place? */
static gboolean is_busy(const char *folder)
{
    gboolean busy = FALSE;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; dir != NULL && !busy && (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        struct stat facts;
        busy = g_str_has_prefix(name, "claim-") && stat(path, &facts) == 0 && facts.st_size == 0;
    }
    return busy;
}

/* Does data, with every part in its place, hold them one after the other? */
static gboolean fits(const char *folder, const GArray *parts, const GArray *numbers, guint64 unit)
{
    g_autofree char *data = g_build_filename(folder, "data", NULL);
    for (guint i = 0; i < parts->len; i++) {
        guint64 size = g_array_index(parts, Part, i).size;
        if (g_array_index(numbers, guint, i) != i + 1 || size > unit ||
            (size < unit && i + 1 < parts->len))
            return FALSE;
    }
    struct stat facts; /* not access(): it asks for the real user, who may not pass here */
    return stat(data, &facts) == 0 && !is_busy(folder);
}

/* Bytes from one file to the other, inside the kernel. */
static gboolean copy_range(int from, guint64 start, int to, guint64 place, guint64 length,
                           GError **error)
{
    loff_t in = (loff_t)start, out = (loff_t)place;
    while (length > 0) {
        ssize_t moved = copy_file_range(from, &in, to, &out, length, 0);
        /* File systems that cannot do it say so in several ways; all can take it from the page cache. */
        if (moved < 0 && errno != EINTR && errno != ENOSPC && errno != EDQUOT &&
            lseek(to, out, SEEK_SET) >= 0) {
            moved = sendfile(to, from, &in, length);
            out += MAX(moved, 0);
        }
        if (moved < 0 && errno == EINTR)
            continue;
        if (moved <= 0)
            return rs_error_set_errno(error, moved < 0 ? errno : EIO, "cannot join a part");
        length -= (guint64)moved;
    }
    return TRUE;
}

static gboolean copy_part(const char *folder, const Part *part, int to, guint64 place,
                          GError **error)
{
    g_autofree char *data = g_build_filename(folder, "data", NULL);
    int fd = open(part->placed ? data : part->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return rs_error_set_errno(error, errno, "cannot join a part");
    gboolean good = copy_range(fd, part->placed ? part->place : 0, to, place, part->size, error);
    close(fd);
    return good;
}

/* Every part to the file, one after the other, but for those that are in it already. */
static gboolean fill(const char *folder, const GArray *parts, int to, gboolean in_place,
                     GError **error)
{
    guint64 place = 0;
    for (guint i = 0; i < parts->len; i++) {
        const Part *part = &g_array_index(parts, Part, i);
        if (!(in_place && part->placed) && !copy_part(folder, part, to, place, error))
            return FALSE;
        place += part->size;
    }
    return ftruncate(to, (off_t)place) == 0 ||
           rs_error_set_errno(error, errno, "cannot join the parts");
}

char *s3_part_files_join(const char *folder, const GArray *numbers, const GPtrArray *etags,
                         GError **error)
{
    guint64 unit = unit_of(folder, 0);
    g_autoptr(GArray) parts = look_at_parts(folder, numbers, etags, unit, error);
    g_autofree char *data = g_build_filename(folder, "data", NULL);
    g_autofree char *joined = g_build_filename(folder, "joined", NULL);
    if (parts == NULL)
        return NULL;
    gboolean in_place = fits(folder, parts, numbers, unit) && g_rename(data, joined) == 0;
    int fd = open(joined, O_WRONLY | O_CLOEXEC | (in_place ? 0 : O_CREAT | O_TRUNC), 0600);
    gboolean good = fd >= 0 || rs_error_set_errno(error, errno, "cannot join the parts");
    good = good && fill(folder, parts, fd, in_place, error);
    if (fd >= 0)
        close(fd);
    if (good)
        return g_steal_pointer(&joined);
    if (in_place)
        g_rename(joined, data);
    else
        g_unlink(joined);
    return NULL;
}
