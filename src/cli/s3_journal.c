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
struct S3Lock {
    TransferItem *item;
    char *path;
    int fd;
    gint64 began; /* epoch seconds, of an upload that was about to begin; else 0 */
};

void s3_lock_free(S3Lock *lock)
{
    close(lock->fd);
    g_free(lock->path);
    g_free(lock);
}

static char *uploads_folder(void)
{
    g_autofree char *state = paths_state_dir();
    return g_build_filename(state, "transfers", NULL);
}

static char *upload_path(const TransferItem *item)
{
    g_autofree char *folder = uploads_folder();
    g_autofree char *source = g_canonicalize_filename(item->path, NULL);
    g_autofree char *text = g_strdup_printf("%s\n%s\n%s", item->bucket, item->key, source);
    g_autofree char *hash = sigv4_sha256(text, strlen(text));
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

static S3Lock *find_lock(S3Move *move, TransferItem *item)
{
    g_mutex_lock(&move->mutex);
    S3Lock *lock = g_hash_table_lookup(move->locks, item);
    g_mutex_unlock(&move->mutex);
    return lock;
}

static void add_lock(S3Move *move, S3Lock *lock)
{
    g_mutex_lock(&move->mutex);
    g_hash_table_insert(move->locks, lock->item, lock);
    g_mutex_unlock(&move->mutex);
}

static void end_journal(S3Move *move, S3Lock *lock)
{
    g_unlink(lock->path);
    g_mutex_lock(&move->mutex);
    g_hash_table_remove(move->locks, lock->item);
    g_mutex_unlock(&move->mutex);
}

static gboolean begin_journal(S3Move *move, TransferItem *item, GError **error)
{
    g_autofree char *folder = uploads_folder(), *path = upload_path(item);
    int fd = paths_make(folder, error) ? open_locked(path, item, error) : -1;
    if (fd < 0)
        return FALSE;
    S3Lock *lock = g_new0(S3Lock, 1);
    lock->item = item;
    lock->path = g_steal_pointer(&path);
    lock->fd = fd;
    add_lock(move, lock);
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
    S3Move *move = user;
    if (state == TRANSFER_SEEKING)
        return begin_journal(move, item, error);
    S3Lock *lock = find_lock(move, item);
    if (lock != NULL && state == TRANSFER_CLOSED)
        end_journal(move, lock);
    return lock == NULL || state == TRANSFER_CLOSED ||
           write_journal(lock, upload_id, part_size, error);
}

gboolean s3_journal_drop(S3Move *move, TransferItem *item, GError **error)
{
    g_autofree char *path = upload_path(item);
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return TRUE;
    if (!begin_journal(move, item, error))
        return FALSE;
    if (item->upload_id != NULL &&
        !s3_multipart_abort(move->s3, item->bucket, item->key, item->upload_id,
                            move->cli->cancellable, error))
        return FALSE;
    end_journal(move, find_lock(move, item));
    return TRUE;
}
