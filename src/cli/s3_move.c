#include <string.h>

#include "base/text.h"
#include "cli/s3.h"

enum { OID_TEXT = 1043, OID_BIGINT = 20 };

void s3_move_init(S3Move *move, CliContext *cli, S3Client *s3, const char *verb)
{
    const S3Options *options = cli->options;
    memset(move, 0, sizeof *move);
    move->cli = cli;
    move->s3 = s3;
    move->verb = verb;
    move->items = g_ptr_array_new_with_free_func((GDestroyNotify)transfer_item_free);
    move->pairs = g_ptr_array_new_with_free_func((GDestroyNotify)s3_pair_free);
    move->locks = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)s3_lock_free);
    g_mutex_init(&move->mutex);
    move->options.workers = s3_threads_number(cli);
    move->options.resume = TRUE;
    move->options.control = transfer_control_new((guint64)options->limit_rate);
    s3_client_set_encryption(s3, options->sse, options->sse_kms_key_id);
}

void s3_move_clear(S3Move *move)
{
    g_ptr_array_unref(move->pairs);
    g_ptr_array_unref(move->items);
    g_hash_table_unref(move->locks);
    g_mutex_clear(&move->mutex);
    transfer_control_free(move->options.control);
}

/* What runs, as its callbacks see it. */
typedef struct {
    S3Move *move;
    Progress progress;
} Run;

static gboolean on_done(gpointer user, TransferItem *item, GError **error)
{
    Run *run = user;
    atomic_fetch_add(&run->progress.files, 1);
    return TRUE;
}

static void on_bytes(gpointer user, guint64 bytes)
{
    Run *run = user;
    atomic_fetch_add(&run->progress.bytes, (long long)bytes);
}

static gboolean on_upload(gpointer user, TransferItem *item, TransferUploadState state,
                          const char *upload_id, guint64 part_size, GError **error)
{
    Run *run = user;
    return s3_journal_note(run->move, item, state, upload_id, part_size, error);
}

static guint64 total_bytes(const S3Move *move)
{
    guint64 bytes = 0;
    for (guint i = 0; i < move->items->len; i++)
        bytes += (guint64)((const TransferItem *)move->items->pdata[i])->length;
    return bytes;
}

/* All of a file is sent as it is when its turn comes, not as much as it was when it was found. */
static void send_to_the_end(S3Move *move)
{
    for (guint i = 0; i < move->items->len; i++) {
        TransferItem *item = move->items->pdata[i];
        if (item->kind == TRANSFER_UPLOAD)
            item->length = -1;
    }
}

static gboolean print_plan(const S3Move *move, GError **error)
{
    static const ResultColumn columns[] = {{(char *)"action", OID_TEXT, -1},
                                           {(char *)"bytes", OID_BIGINT, -1},
                                           {(char *)"file", OID_TEXT, -1},
                                           {(char *)"object", OID_TEXT, -1}};
    CliContext *cli = move->cli;
    g_autoptr(Output) output = cli_output_new(cli, cli->globals.json ? OUTPUT_JSON : OUTPUT_TABLE,
                                              columns, G_N_ELEMENTS(columns), TRUE);
    for (guint i = 0; i < move->items->len; i++) {
        const TransferItem *item = move->items->pdata[i];
        g_autofree char *url = g_strdup_printf("s3://%s/%s", item->bucket, item->key);
        g_autofree char *size = g_strdup_printf("%" G_GINT64_FORMAT, item->length);
        const char *const values[] = {move->verb, size, item->path, url};
        if (!output_strings(output, values, error))
            return FALSE;
    }
    return output_end(output, error);
}

static gboolean print_outcome(const S3Move *move, const Run *run, GError **error)
{
    ProgressSnapshot moved = progress_read(&run->progress);
    CliContext *cli = move->cli;
    if (cli->globals.json) {
        cJSON *json = cJSON_CreateObject();
        cJSON_AddStringToObject(json, "action", move->verb);
        cJSON_AddNumberToObject(json, "files", (double)moved.files);
        cJSON_AddNumberToObject(json, "bytes", (double)moved.bytes);
        cJSON_AddNumberToObject(json, "files_there", (double)move->there);
        cJSON_AddNumberToObject(json, "bytes_there", (double)move->there_bytes);
        cJSON_AddNumberToObject(json, "ms", (double)moved.job_ms);
        return cli_print_json(cli, json, error);
    }
    g_autofree char *files = text_count((guint64)moved.files);
    g_autofree char *bytes = text_bytes((guint64)moved.bytes);
    g_autofree char *rate = text_rate((guint64)moved.bytes, (guint64)moved.job_ms);
    g_autofree char *time = text_duration((guint64)moved.job_ms);
    g_autofree char *there = text_count(move->there);
    narrator_say(cli->narrator, "%s %s file%s, %s in %s (%s)%s%s%s", move->verb, files,
                 moved.files == 1 ? "" : "s", bytes, time, rate, move->there > 0 ? "; " : "",
                 move->there > 0 ? there : "", move->there > 0 ? " there already" : "");
    return TRUE;
}

gboolean s3_move_run(S3Move *move, GError **error)
{
    CliContext *cli = move->cli;
    Run run = {.move = move};
    if (cli->globals.dry_run)
        return print_plan(move, error);
    TransferCallbacks callbacks = {
        .done = on_done, .bytes = on_bytes, .upload = on_upload, .user = &run};
    progress_begin_job(&run.progress);
    atomic_store(&run.progress.files_total, move->items->len);
    atomic_store(&run.progress.bytes_total, (long long)total_bytes(move));
    send_to_the_end(move);
    narrator_begin_job(cli->narrator, NULL, &run.progress);
    gboolean done =
        transfer_run(move->s3, move->items, &move->options, &callbacks, cli->cancellable, error);
    progress_end_job(&run.progress, done ? JOB_DONE : JOB_FAILED);
    narrator_end_job(cli->narrator);
    return done && print_outcome(move, &run, error);
}
