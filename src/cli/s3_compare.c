#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/s3_etag.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/s3.h"

#define TOLD_ABOVE (64u << 20) /* bytes that take long enough to be worth a word */

/* A file and its object, of one size. */
struct S3Pair {
    TransferItem *item;
    char *etag;
    gint64 modified; /* of the object, epoch seconds */
    gboolean same;
};

/* What the threads that compare share. */
typedef struct {
    S3Move *move;
    GCancellable *cancellable; /* the caller's or a failure's */
    Progress progress;
    GMutex mutex;
    GError *failure; /* the first one, under the mutex */
} Comparison;

void s3_pair_free(S3Pair *pair)
{
    g_free(pair->etag);
    g_free(pair);
}

const char *s3_pair_path(const S3Pair *pair)
{
    return pair->item->path;
}

void s3_compare_add(S3Move *move, TransferItem *item, const S3Object *object)
{
    S3Pair *pair = g_new0(S3Pair, 1);
    pair->item = item;
    pair->etag = g_strdup(object->etag);
    pair->modified = object->modified;
    g_ptr_array_add(move->pairs, pair);
}

/* --- one pair ---------------------------------------------------------------------------------- */

static void on_bytes(gpointer user, guint64 bytes)
{
    Comparison *comparison = user;
    atomic_fetch_add(&comparison->progress.bytes, (long long)bytes);
}

static gboolean compare_etags(Comparison *comparison, S3Pair *pair, int fd, GError **error)
{
    const char *path = pair->item->path;
    guint64 size = (guint64)pair->item->length, cuts[S3_ETAG_MAX_CUTS];
    guint64 ours = transfer_part_size(&comparison->move->options, size);
    guint n = s3_etag_cuts(pair->etag, size, ours, cuts);
    for (guint i = 0; i < n && !pair->same; i++) {
        g_autofree char *etag = s3_etag_of_file(fd, path, size, cuts[i], i == 0 ? on_bytes : NULL,
                                                comparison, comparison->cancellable, error);
        if (etag == NULL)
            return FALSE;
        pair->same = g_ascii_strcasecmp(etag, pair->etag) == 0;
    }
    return TRUE;
}

/* A get leaves the object's time on the file. That is believed where the ETag tells nothing of the bytes,
 * which the object's headers say; what it tells is never overruled. */
static gboolean compare_times(Comparison *comparison, S3Pair *pair, const struct stat *facts,
                              GError **error)
{
    const TransferItem *item = pair->item;
    if (pair->same || item->kind != TRANSFER_DOWNLOAD || facts->st_mtim.tv_sec != pair->modified)
        return TRUE;
    g_autoptr(S3Object) object =
        s3_head(comparison->move->s3, item->bucket, item->key, comparison->cancellable, error);
    if (object == NULL)
        return FALSE;
    pair->same = !object->etag_is_md5 && object->modified == pair->modified;
    return TRUE;
}

static gboolean compare_open(Comparison *comparison, S3Pair *pair, int fd, GError **error)
{
    struct stat facts;
    if (fstat(fd, &facts) != 0)
        return rs_error_set_errno(error, errno, "cannot read %s", pair->item->path);
    return facts.st_size != pair->item->length || (compare_etags(comparison, pair, fd, error) &&
                                                   compare_times(comparison, pair, &facts, error));
}

static gboolean compare(Comparison *comparison, S3Pair *pair, GError **error)
{
    S3Move *move = comparison->move;
    int fd = open(pair->item->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return rs_error_set_errno(error, errno, "cannot read %s", pair->item->path);
    gboolean good = compare_open(comparison, pair, fd, error);
    close(fd);
    gboolean sent = good && pair->same && pair->item->kind == TRANSFER_UPLOAD;
    return good &&
           (!sent || move->cli->globals.dry_run || s3_journal_drop(move, pair->item, error));
}

/* --- all of them ------------------------------------------------------------------------------- */

static void compare_on_thread(gpointer data, gpointer user)
{
    Comparison *comparison = user;
    GError *error = NULL;
    if (g_cancellable_is_cancelled(comparison->cancellable))
        return;
    if (compare(comparison, data, &error)) {
        atomic_fetch_add(&comparison->progress.files, 1);
        return;
    }
    g_mutex_lock(&comparison->mutex);
    if (comparison->failure == NULL)
        comparison->failure = g_steal_pointer(&error);
    g_mutex_unlock(&comparison->mutex);
    g_clear_error(&error);
    g_cancellable_cancel(comparison->cancellable);
}

static void forward_cancel(GCancellable *theirs, gpointer ours)
{
    g_cancellable_cancel(ours);
}

/* Returns when all are compared, or one failed. */
static void compare_all(Comparison *comparison)
{
    const S3Move *move = comparison->move;
    GThreadPool *threads =
        g_thread_pool_new(compare_on_thread, comparison, (gint)move->options.workers, FALSE, NULL);
    gulong link = g_cancellable_connect(move->cli->cancellable, G_CALLBACK(forward_cancel),
                                        comparison->cancellable, NULL);
    for (guint i = 0; i < move->pairs->len; i++)
        g_thread_pool_push(threads, move->pairs->pdata[i], NULL);
    g_thread_pool_free(threads, FALSE, TRUE);
    g_cancellable_disconnect(move->cli->cancellable, link);
}

static void announce(Comparison *comparison)
{
    const S3Move *move = comparison->move;
    guint64 bytes = 0;
    for (guint i = 0; i < move->pairs->len; i++)
        bytes += (guint64)((const S3Pair *)move->pairs->pdata[i])->item->length;
    progress_begin_job(&comparison->progress);
    atomic_store(&comparison->progress.files_total, move->pairs->len);
    atomic_store(&comparison->progress.bytes_total, (long long)bytes);
    if (bytes < TOLD_ABOVE)
        return;
    g_autofree char *files = text_count(move->pairs->len);
    g_autofree char *size = text_bytes(bytes);
    narrator_say(move->cli->narrator, "comparing %s file%s, %s, with what is there", files,
                 move->pairs->len == 1 ? "" : "s", size);
}

static GPtrArray *without(GPtrArray *items, GHashTable *left_out)
{
    GPtrArray *rest = g_ptr_array_new_with_free_func((GDestroyNotify)transfer_item_free);
    g_ptr_array_set_free_func(items, NULL);
    for (guint i = 0; i < items->len; i++) {
        if (g_hash_table_contains(left_out, items->pdata[i]))
            transfer_item_free(items->pdata[i]);
        else
            g_ptr_array_add(rest, items->pdata[i]);
    }
    g_ptr_array_unref(items);
    return rest;
}

static void take_out_same(S3Move *move)
{
    g_autoptr(GHashTable) same = g_hash_table_new(NULL, NULL);
    g_autoptr(GPtrArray) pairs = g_steal_pointer(&move->pairs);
    move->pairs = g_ptr_array_new_with_free_func((GDestroyNotify)s3_pair_free);
    g_ptr_array_set_free_func(pairs, NULL);
    for (guint i = 0; i < pairs->len; i++) {
        S3Pair *pair = pairs->pdata[i];
        if (!pair->same) {
            g_ptr_array_add(move->pairs, pair);
            continue;
        }
        move->there++;
        move->there_bytes += (guint64)pair->item->length;
        g_hash_table_add(same, pair->item);
        s3_pair_free(pair);
    }
    move->items = without(move->items, same);
}

gboolean s3_compare_run(S3Move *move, GError **error)
{
    if (move->pairs->len == 0)
        return !rs_error_set_if_cancelled(move->cli->cancellable, error);
    Comparison comparison = {.move = move, .cancellable = g_cancellable_new()};
    g_mutex_init(&comparison.mutex);
    announce(&comparison);
    narrator_begin_job(move->cli->narrator, NULL, &comparison.progress);
    compare_all(&comparison);
    progress_end_job(&comparison.progress, JOB_DONE);
    narrator_end_job(move->cli->narrator);
    g_mutex_clear(&comparison.mutex);
    g_object_unref(comparison.cancellable);
    if (rs_error_set_if_cancelled(move->cli->cancellable, error)) {
        g_clear_error(&comparison.failure);
        return FALSE;
    }
    if (comparison.failure != NULL) {
        g_propagate_error(error, comparison.failure);
        return FALSE;
    }
    take_out_same(move);
    return TRUE;
}
