#include <signal.h>
#include <string.h>

#include "aws/transfer.h"
#include "base/codec.h"
#include "base/error.h"
#include "base/text.h"
#include "job/executor_private.h"
#include "job/fault.h"
#include "job/parts.h"

#define ZSTD_LEVEL 3

/* Where a part of a file lies, from a "file" line of the journal. */
typedef struct {
    guint64 offset, length, lines;
    gint64 records;
} DonePart;

/*
 * Workers take parts from one reader, in order, under `lock`, and compress and send them outside it.
 * So memory is bounded by workers x part, whatever the size of the files.
 */
typedef struct {
    Execution *run;
    const PlanStep *step;
    RecordRules rules;
    GMutex lock;
    GCond ended;
    guint file;         /* index of the file that is read */
    guint number;       /* of its next part */
    PartReader *reader; /* NULL: the file is not open yet */
    guint64 offset, line;
    guint n_running;
    GError *error;    /* the first one; all stop */
    guint n_sent;     /* parts finished in this run */
    GHashTable *done; /* name -> DonePart, of earlier runs */
} Upload;

typedef struct {
    char *name; /* in the stage */
    const PlanFile *file;
    Part part;
} Job;

static void job_clear(Job *job)
{
    g_free(job->name);
    part_clear(&job->part);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Job, job_clear)

static gint64 number_of(const cJSON *json, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    return cJSON_IsNumber(item) ? (gint64)item->valuedouble : 0;
}

static const char *text_of(const cJSON *json, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));
}

/* The files of this step that the journal shows as sent. */
static GHashTable *done_parts(Execution *run)
{
    GHashTable *done = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    const cJSON *event;
    cJSON_ArrayForEach(event, journal_events(run->journal))
    {
        if (g_strcmp0(text_of(event, "event"), "file") != 0 ||
            number_of(event, "step") != run->step)
            continue;
        DonePart *part = g_new0(DonePart, 1);
        part->offset = (guint64)number_of(event, "offset");
        part->length = (guint64)number_of(event, "length");
        part->lines = (guint64)number_of(event, "lines");
        part->records = number_of(event, "records");
        g_hash_table_replace(done, g_strdup(text_of(event, "key")), part);
    }
    return done;
}

static gboolean write_file_event(Execution *run, const char *name, const PlanFile *file,
                                 const Part *part, gint64 records, guint64 bytes, GError **error)
{
    cJSON *event = journal_event("file");
    cJSON_AddNumberToObject(event, "step", run->step);
    cJSON_AddStringToObject(event, "key", name);
    cJSON_AddStringToObject(event, "path", file->path);
    cJSON_AddNumberToObject(event, "offset", (double)part->offset);
    cJSON_AddNumberToObject(event, "length", (double)part->length);
    cJSON_AddNumberToObject(event, "first_line", (double)part->first_line);
    cJSON_AddNumberToObject(event, "lines", (double)part->lines);
    cJSON_AddNumberToObject(event, "records", (double)records);
    cJSON_AddNumberToObject(event, "bytes", (double)bytes);
    return execution_write(run, event, error);
}

static void count(Execution *run, guint64 bytes, gint64 records)
{
    atomic_fetch_add(&run->progress->bytes, (gint64)bytes);
    atomic_fetch_add(&run->progress->rows, MAX(records, 0));
    atomic_fetch_add(&run->progress->files, 1);
}

/* --- parts -------------------------------------------------------------------------------------- */

static gboolean open_file(Upload *upload, const PlanFile *file, GError **error)
{
    gint64 part_bytes = plan_number_detail(upload->run->plan, "part_bytes");
    upload->reader = part_reader_open(file->path, &upload->rules, file->length, file->mtime_us,
                                      (gsize)part_bytes, error);
    upload->offset = file->offset;
    upload->line = file->first_line;
    upload->number = 0;
    return upload->reader != NULL;
}

static char *part_name(const Upload *upload, const PlanFile *file)
{
    return g_strdup_printf("%s-%05u%s", file->key, upload->number,
                           plan_text_detail(upload->run->plan, "part_suffix"));
}

/* The next part that is not in the stage yet; *more is FALSE behind the last one. Under the lock. */
static gboolean next_job(Upload *upload, Job *job, gboolean *more, GError **error)
{
    while (upload->file < upload->step->files->len) {
        const PlanFile *file = upload->step->files->pdata[upload->file];
        if (upload->reader == NULL && !open_file(upload, file, error))
            return FALSE;
        g_autofree char *name = part_name(upload, file);
        const DonePart *done = g_hash_table_lookup(upload->done, name);
        if (done != NULL) {
            upload->offset += done->length;
            upload->line += done->lines;
            upload->number++;
            count(upload->run, done->length, done->records);
            continue;
        }
        part_reader_seek(upload->reader, upload->offset, upload->line);
        if (!part_reader_next(upload->reader, &job->part, more, error))
            return FALSE;
        if (*more) {
            job->name = g_steal_pointer(&name);
            job->file = file;
            upload->offset += job->part.length;
            upload->line += job->part.lines;
            upload->number++;
            return TRUE;
        }
        g_clear_pointer(&upload->reader, part_reader_free);
        upload->file++;
    }
    *more = FALSE;
    return TRUE;
}

static gboolean send_part(Upload *upload, Job *job, GError **error)
{
    Execution *run = upload->run;
    gsize length;
    const char *raw = g_bytes_get_data(job->part.bytes, &length);
    g_autoptr(GBytes) body = codec_compress(CODEC_ZSTD, ZSTD_LEVEL, raw, length, error);
    if (body == NULL)
        return FALSE;
    g_clear_pointer(&job->part.bytes, g_bytes_unref);
    if (!stage_put(run->stage, run->step, job->name, body, run->cancel, error))
        return FALSE;
    gint64 records = (gint64)job->part.records;
    if (plan_flag_detail(run->plan, "ignore_blank_lines"))
        records -= (gint64)job->part.blank_records;
    if (!write_file_event(run, job->name, job->file, &job->part, records, g_bytes_get_size(body),
                          error))
        return FALSE;
    count(run, job->part.length, records);
    return TRUE;
}

/* One part from reading to the journal. *more is FALSE when there is none, or the upload stops. */
static gboolean work_once(Upload *upload, gboolean *more, GError **error)
{
    g_auto(Job) job = {0};
    g_mutex_lock(&upload->lock);
    *more = upload->error == NULL && !rs_error_set_if_cancelled(upload->run->cancel, error);
    gboolean ok = *more && next_job(upload, &job, more, error);
    g_mutex_unlock(&upload->lock);
    if (!ok || !*more)
        return ok;
    if (!send_part(upload, &job, error))
        return FALSE;
    g_mutex_lock(&upload->lock);
    guint n = ++upload->n_sent;
    g_mutex_unlock(&upload->lock);
    fault_point("upload:file-%u", n);
    return TRUE;
}

static gpointer work(gpointer user)
{
    Upload *upload = user;
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    gboolean more = TRUE;
    GError *error = NULL;
    while (more && error == NULL && work_once(upload, &more, &error))
        ;
    g_mutex_lock(&upload->lock);
    if (error != NULL && upload->error == NULL)
        upload->error = g_steal_pointer(&error);
    upload->n_running--;
    g_cond_signal(&upload->ended);
    g_mutex_unlock(&upload->lock);
    g_clear_error(&error);
    return NULL;
}

/* The job's thread watches for a cancel meanwhile. */
static void await_workers(Upload *upload)
{
    g_mutex_lock(&upload->lock);
    while (upload->n_running > 0) {
        g_cond_wait_until(&upload->ended, &upload->lock, g_get_monotonic_time() + 300 * 1000);
        g_mutex_unlock(&upload->lock);
        execution_poll_cancel(upload->run);
        g_mutex_lock(&upload->lock);
    }
    g_mutex_unlock(&upload->lock);
}

static gboolean upload_parts(Execution *run, GError **error)
{
    const Plan *plan = run->plan;
    const char *delimiter = plan_text_detail(plan, "delimiter");
    const char *quote = plan_text_detail(plan, "quote");
    Upload upload = {
        .run = run,
        .step = execution_step(run),
        .rules = {.kind = (RecordKind)plan_number_detail(plan, "record_kind"),
                  .delimiter = delimiter != NULL ? delimiter[0] : 0,
                  .quote = quote != NULL ? quote[0] : '"',
                  .escape = plan_flag_detail(plan, "escape")},
        .done = done_parts(run),
    };
    g_mutex_init(&upload.lock);
    g_cond_init(&upload.ended);
    guint n = (guint)CLAMP(plan_number_detail(plan, "workers"), 1, 64);
    g_autoptr(GPtrArray) threads = g_ptr_array_new();
    upload.n_running = n;
    for (guint i = 0; i < n; i++)
        g_ptr_array_add(threads, g_thread_new("upload", work, &upload));
    await_workers(&upload);
    for (guint i = 0; i < n; i++)
        g_thread_join(threads->pdata[i]);
    part_reader_free(upload.reader);
    g_hash_table_destroy(upload.done);
    g_mutex_clear(&upload.lock);
    g_cond_clear(&upload.ended);
    if (upload.error == NULL)
        return TRUE;
    g_propagate_error(error, upload.error);
    return FALSE;
}

/* --- files as they are -------------------------------------------------------------------------- */

static const PlanFile *planned_file(const PlanStep *step, const char *path)
{
    for (guint i = 0; i < step->files->len; i++) {
        const PlanFile *file = step->files->pdata[i];
        if (strcmp(file->path, path) == 0)
            return file;
    }
    return NULL;
}

static gboolean file_sent(gpointer user, TransferItem *item, GError **error)
{
    Execution *run = user;
    const PlanFile *file = planned_file(execution_step(run), item->path);
    Part part = {.length = item->bytes, .first_line = 1};
    execution_poll_cancel(run);
    if (!write_file_event(run, file->key, file, &part, -1, item->bytes, error))
        return FALSE;
    atomic_fetch_add(&run->progress->files, 1);
    fault_point("upload:file-%d", (int)atomic_load(&run->progress->files));
    return TRUE;
}

static void bytes_sent(gpointer user, guint64 bytes)
{
    Execution *run = user;
    atomic_fetch_add(&run->progress->bytes, (gint64)bytes);
}

static gboolean upload_whole_files(Execution *run, GError **error)
{
    const PlanStep *step = execution_step(run);
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func((GDestroyNotify)transfer_item_free);
    for (guint i = 0; i < step->files->len; i++) {
        const PlanFile *file = step->files->pdata[i];
        if (journal_file_done(run->journal, run->step, file->key)) {
            count(run, file->length, 0);
            continue;
        }
        /* the same refusal of a changed file as for parts; its text is not cut */
        RecordRules rules = {0};
        g_autoptr(PartReader) check =
            part_reader_open(file->path, &rules, file->length, file->mtime_us, 0, error);
        if (check == NULL || !stage_announce(run->stage, run->step, file->key, error))
            return FALSE;
        g_autofree char *key = stage_key(run->stage, file->key);
        TransferItem *item =
            transfer_item_new(TRANSFER_UPLOAD, stage_bucket(run->stage), key, file->path);
        item->length = (gint64)file->length;
        g_ptr_array_add(items, item);
    }
    TransferOptions options = {.workers = (guint)plan_number_detail(run->plan, "workers")};
    TransferCallbacks callbacks = {.done = file_sent, .bytes = bytes_sent, .user = run};
    S3Client *s3 = execution_s3(run, error);
    return s3 != NULL && transfer_run(s3, items, &options, &callbacks, run->cancel, error);
}

/* --- manifest ----------------------------------------------------------------------------------- */

static void add_entry(cJSON *entries, const char *url, guint64 bytes)
{
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddStringToObject(entry, "url", url);
    cJSON_AddTrueToObject(entry, "mandatory");
    cJSON *meta = cJSON_AddObjectToObject(entry, "meta");
    cJSON_AddNumberToObject(meta, "content_length", (double)bytes);
    cJSON_AddItemToArray(entries, entry);
}

/* Every object that COPY is to read, and the records in them: *sent, -1 unknown. */
static cJSON *make_manifest(Execution *run, gint64 *sent)
{
    const PlanStep *step = execution_step(run);
    cJSON *manifest = cJSON_CreateObject();
    cJSON *entries = cJSON_AddArrayToObject(manifest, "entries");
    *sent = 0;
    if (plan_flag_detail(run->plan, "remote")) {
        *sent = -1;
        for (guint i = 0; i < step->files->len; i++) {
            const PlanFile *file = step->files->pdata[i];
            add_entry(entries, file->path, file->length);
        }
        return manifest;
    }
    const cJSON *event;
    cJSON_ArrayForEach(event, journal_events(run->journal))
    {
        if (g_strcmp0(text_of(event, "event"), "file") != 0 ||
            number_of(event, "step") != run->step)
            continue;
        g_autofree char *url = g_strconcat(run->plan->stage_url, text_of(event, "key"), NULL);
        add_entry(entries, url, (guint64)number_of(event, "bytes"));
        gint64 records = number_of(event, "records");
        *sent = records < 0 || *sent < 0 ? -1 : *sent + records;
    }
    return manifest;
}

static gboolean put_manifest(Execution *run, GError **error)
{
    gint64 sent;
    cJSON *manifest = make_manifest(run, &sent);
    char *text = cJSON_PrintUnformatted(manifest);
    g_autoptr(GBytes) body = g_bytes_new(text, strlen(text));
    cJSON_free(text);
    cJSON_Delete(manifest);
    if (!stage_put(run->stage, run->step, "manifest", body, run->cancel, error))
        return FALSE;
    g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, sent);
    return sent < 0 || execution_note(run, "sent", number, error);
}

static void set_totals(Execution *run)
{
    const PlanStep *step = execution_step(run);
    guint64 total = 0;
    for (guint i = 0; i < step->files->len; i++) {
        const PlanFile *file = step->files->pdata[i];
        total += file->length - MIN(file->offset, file->length);
    }
    if (plan_flag_detail(run->plan, "remote"))
        return;
    atomic_store(&run->progress->bytes_total, (gint64)total);
    if (!plan_flag_detail(run->plan, "split"))
        atomic_store(&run->progress->files_total, step->files->len);
}

static gboolean try_upload(Execution *run, GError **error)
{
    progress_begin_step(run->progress, run->step);
    set_totals(run);
    if (plan_flag_detail(run->plan, "remote"))
        return put_manifest(run, error);
    gboolean ok = plan_flag_detail(run->plan, "split") ? upload_parts(run, error)
                                                       : upload_whole_files(run, error);
    return ok && put_manifest(run, error);
}

gboolean execution_upload_step(Execution *run, GError **error)
{
    if (execution_stage(run, error) == NULL || !execution_begin(run, NULL, error))
        return FALSE;
    for (int attempt = 1;; attempt++) {
        GError *failure = NULL;
        if (try_upload(run, &failure))
            break;
        if (!execution_may_retry(run, attempt, failure, error))
            return FALSE;
    }
    fault_point("upload:after");
    return TRUE;
}
