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

typedef struct {
    S3Move *move;
    Progress progress;
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

static gboolean compare_etags(Comparison *comparison, S3Pair *pair, int fd,
                              GCancellable *cancellable, GError **error)
{
    const char *path = pair->item->path;
    guint64 size = (guint64)pair->item->length, cuts[S3_ETAG_MAX_CUTS];
    guint64 ours = transfer_part_size(&comparison->move->options, size);
    guint n = s3_etag_cuts(pair->etag, size, ours, cuts);
    for (guint i = 0; i < n && !pair->same; i++) {
        g_autofree char *etag = s3_etag_of_file(fd, path, size, cuts[i], i == 0 ? on_bytes : NULL,
                                                comparison, cancellable, error);
        if (etag == NULL)
            return FALSE;
        pair->same = g_ascii_strcasecmp(etag, pair->etag) == 0;
    }
    return TRUE;
}

/* A get leaves the object's time on the file. That is believed where the ETag tells nothing of the bytes,
 * which the object's headers say; what it tells is never overruled. */
static gboolean compare_times(const S3Move *move, S3Pair *pair, const struct stat *facts,
                              GCancellable *cancellable, GError **error)
{
    const TransferItem *item = pair->item;
    /* A full second: what was written within the same one since then is told apart. */
    gboolean ours = facts->st_mtim.tv_sec == pair->modified && facts->st_mtim.tv_nsec == 0;
    if (pair->same || item->kind != TRANSFER_DOWNLOAD || !ours)
        return TRUE;
    g_autoptr(S3Object) object = s3_head(move->s3, item->bucket, item->key, cancellable, error);
    if (object == NULL)
        return FALSE;
    pair->same = !object->etag_is_md5 && object->modified == pair->modified;
    return TRUE;
}

static gboolean compare_open(Comparison *comparison, S3Pair *pair, int fd,
                             GCancellable *cancellable, GError **error)
{
    struct stat facts;
    if (fstat(fd, &facts) != 0)
        return rs_error_set_errno(error, errno, "cannot read %s", pair->item->path);
    return facts.st_size != pair->item->length ||
           (compare_etags(comparison, pair, fd, cancellable, error) &&
            compare_times(comparison->move, pair, &facts, cancellable, error));
}

static gboolean compare(gpointer user, gpointer task, GCancellable *cancellable, GError **error)
{
    Comparison *comparison = user;
    S3Move *move = comparison->move;
    S3Pair *pair = task;
    TransferItem *item = pair->item;
    int fd = open(item->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return rs_error_set_errno(error, errno, "cannot read %s", item->path);
    gboolean good = compare_open(comparison, pair, fd, cancellable, error);
    close(fd);
    atomic_fetch_add(&comparison->progress.files, 1);
    if (!good || !pair->same || item->kind != TRANSFER_UPLOAD || move->cli->globals.dry_run)
        return good;
    return s3_journal_drop(move, item, error);
}

/* --- all of them ------------------------------------------------------------------------------- */

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
    Comparison comparison = {.move = move};
    if (move->pairs->len == 0)
        return !rs_error_set_if_cancelled(move->cli->cancellable, error);
    announce(&comparison);
    narrator_begin_job(move->cli->narrator, NULL, &comparison.progress);
    gboolean good = s3_threads_run(move->pairs, move->options.workers, compare, &comparison,
                                   move->cli->cancellable, error);
    progress_end_job(&comparison.progress, good ? JOB_DONE : JOB_FAILED);
    narrator_end_job(move->cli->narrator);
    if (good)
        take_out_same(move);
    return good;
}
