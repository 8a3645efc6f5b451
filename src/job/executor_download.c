#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/transfer.h"
#include "base/error.h"
#include "job/executor_private.h"
#include "job/fault.h"

#define DOWNLOAD_WORKERS 4

/* Files come into DIR/.redsmith-ID/ first and move to DIR when all are there. */
static char *waiting_folder(const Execution *run)
{
    const char *folder = plan_text_detail(run->plan, "folder");
    g_autofree char *name = g_strconcat(".redsmith-", run->plan->id, NULL);
    return g_build_filename(folder, name, NULL);
}

/* "0003_part_01.zst" as "sales_0003_part_01.csv.zst". */
static char *local_name(const Execution *run, const char *key)
{
    g_autofree char *base = g_path_get_basename(key);
    const char *compression = plan_text_detail(run->plan, "compression_suffix");
    if (compression != NULL && *compression != '\0' && g_str_has_suffix(base, compression))
        base[strlen(base) - strlen(compression)] = '\0';
    return g_strconcat(plan_text_detail(run->plan, "stem"), "_", base,
                       plan_text_detail(run->plan, "suffix"), NULL);
}

/* Where a file is: waiting, or already in place after an interrupted publication. */
static gboolean is_here(const Execution *run, const char *name)
{
    g_autofree char *folder = waiting_folder(run);
    g_autofree char *waiting = g_build_filename(folder, name, NULL);
    g_autofree char *placed = g_build_filename(plan_text_detail(run->plan, "folder"), name, NULL);
    return access(waiting, F_OK) == 0 ||
           (journal_note(run->journal, "publishing") != NULL && access(placed, F_OK) == 0);
}

static gboolean file_received(gpointer user, TransferItem *item, GError **error)
{
    Execution *run = user;
    execution_poll_cancel(run);
    g_autofree char *name = g_path_get_basename(item->path);
    cJSON *event = journal_event("file");
    cJSON_AddNumberToObject(event, "step", run->step);
    cJSON_AddStringToObject(event, "key", name);
    cJSON_AddNumberToObject(event, "bytes", (double)item->bytes);
    if (!execution_write(run, event, error))
        return FALSE;
    atomic_fetch_add(&run->progress->files, 1);
    fault_point("download:file-%d", (int)atomic_load(&run->progress->files));
    return TRUE;
}

static void bytes_received(gpointer user, guint64 bytes)
{
    Execution *run = user;
    atomic_fetch_add(&run->progress->bytes, (gint64)bytes);
}

/* What is still to come. names is of all files that belong to the result. */
static GPtrArray *missing_items(Execution *run, const GPtrArray *entries, const char *bucket,
                                GPtrArray *names)
{
    GPtrArray *items = g_ptr_array_new_with_free_func((GDestroyNotify)transfer_item_free);
    g_autofree char *folder = waiting_folder(run);
    gint64 total = 0;
    for (guint i = 0; i < entries->len; i++) {
        const ManifestEntry *entry = entries->pdata[i];
        if (entry->records == 0)
            continue;
        char *name = local_name(run, entry->key);
        g_ptr_array_add(names, name);
        total += MAX(entry->bytes, 0);
        if (journal_file_done(run->journal, run->step, name) && is_here(run, name)) {
            atomic_fetch_add(&run->progress->files, 1);
            atomic_fetch_add(&run->progress->bytes, MAX(entry->bytes, 0));
            continue;
        }
        g_autofree char *path = g_build_filename(folder, name, NULL);
        TransferItem *item = transfer_item_new(TRANSFER_DOWNLOAD, bucket, entry->key, path);
        item->length = entry->bytes;
        g_ptr_array_add(items, item);
    }
    atomic_store(&run->progress->bytes_total, total);
    atomic_store(&run->progress->files_total, names->len);
    return items;
}

static gboolean make_folder(const char *folder, GError **error)
{
    if (g_mkdir_with_parents(folder, 0700) == 0)
        return TRUE;
    return rs_error_set_errno(error, errno, "cannot make the folder %s", folder);
}

static gboolean sync_folder(const char *folder, GError **error)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gboolean ok = fd >= 0 && fsync(fd) == 0;
    int saved = errno;
    if (fd >= 0)
        close(fd);
    return ok || rs_error_set_errno(error, saved, "cannot sync the folder %s", folder);
}

/* Into place; somebody else's file is never replaced unless the plan said so. */
static gboolean place_file(Execution *run, const char *name, GError **error)
{
    const char *folder = plan_text_detail(run->plan, "folder");
    g_autofree char *from_folder = waiting_folder(run);
    g_autofree char *from = g_build_filename(from_folder, name, NULL);
    g_autofree char *to = g_build_filename(folder, name, NULL);
    gboolean replace = plan_flag_detail(run->plan, "replace");
    if (access(from, F_OK) != 0 && access(to, F_OK) == 0)
        return TRUE; /* placed before an interruption */
    if (!replace && access(to, F_OK) == 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_EXISTS,
                    "%s has appeared since the job was planned; move it away and resume", to);
        return FALSE;
    }
    if (rename(from, to) == 0)
        return TRUE;
    return rs_error_set_errno(error, errno, "cannot move %s into %s", name, folder);
}

/* Files of an earlier unload of the same stem and format that this result does not have. */
static void remove_stale(Execution *run, const GPtrArray *names)
{
    const char *folder = plan_text_detail(run->plan, "folder");
    g_autofree char *stem = g_regex_escape_string(plan_text_detail(run->plan, "stem"), -1);
    g_autofree char *suffix = g_regex_escape_string(plan_text_detail(run->plan, "suffix"), -1);
    g_autofree char *pattern =
        g_strdup_printf("^%s_([0-9]{4}_part_[0-9]{2,}|[0-9]{3,4})%s$", stem, suffix);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        if (!g_regex_match_simple(pattern, name, 0, 0) ||
            g_ptr_array_find_with_equal_func((GPtrArray *)names, name, g_str_equal, NULL))
            continue;
        g_autofree char *path = g_build_filename(folder, name, NULL);
        if (unlink(path) == 0)
            execution_log(run, "removed %s of an earlier unload", name);
    }
}

/* From here on the folder changes: "publishing" tells a resume that missing files may be in place. */
static gboolean publish(Execution *run, const GPtrArray *names, GError **error)
{
    const char *folder = plan_text_detail(run->plan, "folder");
    if (!execution_note(run, "publishing", "yes", error))
        return FALSE;
    fault_point("download:publish");
    for (guint i = 0; i < names->len; i++) {
        if (!place_file(run, names->pdata[i], error))
            return FALSE;
        fault_point("download:placed-%u", i + 1);
    }
    if (plan_flag_detail(run->plan, "replace"))
        remove_stale(run, names);
    /* a killed download leaves its temporary files there too */
    execution_remove_download(run);
    return sync_folder(folder, error);
}

static gboolean try_download(Execution *run, GError **error)
{
    progress_begin_step(run->progress, run->step);
    g_autofree char *bucket = NULL;
    g_autoptr(GPtrArray) entries = execution_read_manifest(run, &bucket, error);
    if (entries == NULL)
        return FALSE;
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) items = missing_items(run, entries, bucket, names);
    gboolean stale = names->len == 0 && plan_flag_detail(run->plan, "replace");
    if (stale)
        remove_stale(run, names);
    if (names->len == 0) {
        execution_log(run, "no rows: nothing was written");
        return TRUE;
    }
    g_autofree char *folder = waiting_folder(run);
    S3Client *s3 = execution_s3(run, error);
    if (s3 == NULL || !make_folder(folder, error))
        return FALSE;
    TransferOptions options = {.workers = DOWNLOAD_WORKERS};
    TransferCallbacks callbacks = {.done = file_received, .bytes = bytes_received, .user = run};
    return transfer_run(s3, items, &options, &callbacks, run->cancel, error) &&
           publish(run, names, error);
}

gboolean execution_download_step(Execution *run, GError **error)
{
    if (!execution_begin(run, NULL, error))
        return FALSE;
    for (int attempt = 1;; attempt++) {
        GError *failure = NULL;
        if (try_download(run, &failure))
            break;
        if (!execution_may_retry(run, attempt, failure, error))
            return FALSE;
    }
    fault_point("download:after");
    return TRUE;
}

void execution_remove_download(Execution *run)
{
    if (plan_text_detail(run->plan, "folder") == NULL)
        return;
    g_autofree char *waiting = waiting_folder(run);
    g_autoptr(GDir) dir = g_dir_open(waiting, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(waiting, name, NULL);
        unlink(path);
    }
    rmdir(waiting);
}
