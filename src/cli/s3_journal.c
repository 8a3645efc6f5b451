#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/sigv4.h"
#include "base/error.h"
#include "cli/s3.h"
#include "config/paths.h"

#define GROUP "upload"
#define CLOCK_SECONDS 5 /* between our clock and the service's, which tells when an upload began */
#define BEGIN_SECONDS 120 /* in which an upload that was asked for has begun, or never does */

/* The journal of one upload, ours as long as it is open. */
typedef struct {
    TransferItem *item;
    char *path;
    int fd;
    gint64 began; /* epoch seconds, of an upload that was about to begin; else 0 */
} S3Lock;

static void lock_free(gpointer data)
{
    S3Lock *lock = data;
    close(lock->fd);
    g_free(lock->path);
    g_free(lock);
}

static char *journal_path(const TransferItem *item, GError **error)
{
    g_autofree char *state = paths_state_dir();
    g_autofree char *folder = g_build_filename(state, "transfers", NULL);
    g_autofree char *source = g_canonicalize_filename(item->path, NULL);
    g_autofree char *text = g_strdup_printf("%s\n%s\n%s", item->bucket, item->key, source);
    g_autofree char *hash = sigv4_sha256(text, strlen(text));
    if (!paths_make(folder, error))
        return NULL;
    return g_strdup_printf("%s/%.32s.upload", folder, hash);
}

static int open_locked(const char *path, const TransferItem *item, GError **error)
{
    for (;;) {
        struct stat facts;
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0) {
            rs_error_set_errno(error, errno, "cannot open the journal %s", path);
            return -1;
        }
        if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
            close(fd);
            g_set_error(error, RS_ERROR, RS_ERROR_CONFLICT,
                        "%s is being sent to s3://%s/%s by another redsmith; wait for it to end",
                        item->path, item->bucket, item->key);
            return -1;
        }
        if (fstat(fd, &facts) == 0 && facts.st_nlink > 0)
            return fd;
        close(fd); /* its last owner has ended and removed it */
    }
}

static void read_journal(S3Lock *lock)
{
    char text[4096];
    g_autoptr(GKeyFile) file = g_key_file_new();
    gssize length = pread(lock->fd, text, sizeof text, 0);
    if (length <= 0 || !g_key_file_load_from_data(file, text, (gsize)length, G_KEY_FILE_NONE, NULL))
        return;
    TransferItem *item = lock->item;
    lock->began = g_key_file_get_int64(file, GROUP, "began", NULL);
    g_free(item->upload_id);
    item->upload_id = g_key_file_get_string(file, GROUP, "id", NULL);
    item->part_size = g_key_file_get_uint64(file, GROUP, "part-size", NULL);
}

static S3Lock *find_lock(const S3Move *move, const TransferItem *item)
{
    for (guint i = 0; i < move->locks->len; i++) {
        S3Lock *lock = move->locks->pdata[i];
        if (lock->item == item)
            return lock;
    }
    return NULL;
}

gboolean s3_journal_begin(S3Move *move, TransferItem *item, GError **error)
{
    g_autofree char *path = journal_path(item, error);
    int fd = path != NULL ? open_locked(path, item, error) : -1;
    if (fd < 0)
        return FALSE;
    if (move->locks == NULL)
        move->locks = g_ptr_array_new_with_free_func(lock_free);
    S3Lock *lock = g_new0(S3Lock, 1);
    lock->item = item;
    lock->path = g_steal_pointer(&path);
    lock->fd = fd;
    g_ptr_array_add(move->locks, lock);
    read_journal(lock);
    /* Killed after it asked for an upload and before it heard of its id. */
    if (item->upload_id == NULL && lock->began > 0)
        s3_multipart_abort_lost(move->s3, item->bucket, item->key, lock->began - CLOCK_SECONDS,
                                lock->began + BEGIN_SECONDS, 0, NULL);
    return TRUE;
}

/* In one write, so that a kill leaves the old text or the new one. */
static gboolean write_journal(const S3Lock *lock, const char *upload_id, guint64 part_size,
                              GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    gsize length;
    g_key_file_set_int64(file, GROUP, "began", g_get_real_time() / G_USEC_PER_SEC);
    if (upload_id != NULL) {
        g_key_file_set_string(file, GROUP, "id", upload_id);
        g_key_file_set_uint64(file, GROUP, "part-size", part_size);
    }
    g_autofree char *text = g_key_file_to_data(file, &length, NULL);
    if (pwrite(lock->fd, text, length, 0) != (gssize)length ||
        ftruncate(lock->fd, (off_t)length) != 0 || fdatasync(lock->fd) != 0)
        return rs_error_set_errno(error, errno, "cannot write the journal %s", lock->path);
    return TRUE;
}

gboolean s3_journal_note(gpointer user, TransferItem *item, TransferUploadState state,
                         const char *upload_id, guint64 part_size, GError **error)
{
    const S3Lock *lock = find_lock(user, item);
    if (lock == NULL)
        return TRUE;
    if (state == TRANSFER_CLOSED)
        return g_unlink(lock->path) == 0;
    return write_journal(lock, upload_id, part_size, error);
}

gboolean s3_journal_drop(S3Move *move, TransferItem *item, GError **error)
{
    if (item->upload_id != NULL &&
        !s3_multipart_abort(move->s3, item->bucket, item->key, item->upload_id,
                            move->cli->cancellable, error))
        return FALSE;
    return s3_journal_note(move, item, TRANSFER_CLOSED, NULL, 0, NULL) || TRUE;
}
