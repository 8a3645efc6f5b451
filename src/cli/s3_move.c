#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "aws/sigv4_digest.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/s3.h"

enum { OID_TEXT = 1043, OID_BIGINT = 20, WORKERS = 4, READ_BYTES = 1 << 20 };

gboolean s3_move_init(S3Move *move, CliContext *cli, S3Client *s3, const char *verb, GError **error)
{
    const S3Options *options = cli->options;
    memset(move, 0, sizeof *move);
    move->cli = cli;
    move->s3 = s3;
    move->verb = verb;
    move->items = g_ptr_array_new_with_free_func((GDestroyNotify)transfer_item_free);
    move->options.workers = options->concurrency > 0 ? (guint)options->concurrency : WORKERS;
    move->options.resume = TRUE;
    move->options.control = transfer_control_new((guint64)options->limit_rate);
    s3_client_set_encryption(s3, options->sse, options->sse_kms_key_id);
    return !rs_error_set_if_cancelled(cli->cancellable, error);
}

void s3_move_clear(S3Move *move)
{
    g_clear_pointer(&move->locks, g_ptr_array_unref);
    g_clear_pointer(&move->items, g_ptr_array_unref);
    transfer_control_free(move->options.control);
}

/* --- is it there already? ---------------------------------------------------------------------- */

/* The MD5 of the file, or, with a part size, the ETag that its parts would have. NULL with error set. */
static char *etag_of_file(int fd, guint64 size, guint64 part_size, GCancellable *cancellable,
                          GError **error)
{
    g_autofree char *buffer = g_malloc(READ_BYTES);
    g_autoptr(Digest) md5 = digest_new(DIGEST_MD5);
    g_autoptr(GPtrArray) etags = g_ptr_array_new_with_free_func(g_free);
    guint64 done = 0, part_end = part_size > 0 ? MIN(part_size, size) : size;
    while (done < size) {
        if (rs_error_set_if_cancelled(cancellable, error))
            return NULL;
        gssize got = pread(fd, buffer, MIN((guint64)READ_BYTES, part_end - done), (off_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            rs_error_set_errno(error, got < 0 ? errno : EIO, "cannot read the local file");
            return NULL;
        }
        digest_update(md5, buffer, (gsize)got);
        done += (guint64)got;
        if (part_size > 0 && done == part_end) {
            g_ptr_array_add(etags, g_strdup(digest_hex(md5)));
            digest_reset(md5);
            part_end = MIN(part_end + part_size, size);
        }
    }
    return part_size > 0 ? s3_multipart_etag(etags) : g_strdup(digest_hex(md5));
}

/* The part size that an ETag of that many parts may come from: ours, or what other tools use. */
static guint64 likely_part_size(const S3Move *move, guint64 size, guint parts, guint candidate)
{
    static const guint mib[] = {16, 8, 5, 15, 32, 64, 100, 128, 256, 512};
    guint64 ours = transfer_part_size(&move->options, size);
    for (guint i = 0, found = 0; i <= G_N_ELEMENTS(mib); i++) {
        guint64 part = i == 0 ? ours : (guint64)mib[i - 1] << 20;
        gboolean fits = part > 0 && (size + part - 1) / part == parts;
        if (fits && (i == 0 || part != ours) && found++ == candidate)
            return part;
    }
    return 0;
}

static gboolean compare(const S3Move *move, int fd, guint64 size, const char *etag, gboolean *same,
                        gboolean *known, GError **error)
{
    const char *dash = strchr(etag, '-');
    guint parts = dash != NULL ? (guint)g_ascii_strtoull(dash + 1, NULL, 10) : 0;
    *same = *known = FALSE;
    for (guint candidate = 0; !*same; candidate++) {
        guint64 part = parts > 0 ? likely_part_size(move, size, parts, candidate) : 0;
        if ((parts > 0 && part == 0) || (parts == 0 && (candidate > 0 || !s3_etag_is_md5(etag))))
            return TRUE;
        g_autofree char *ours = etag_of_file(fd, size, part, move->cli->cancellable, error);
        if (ours == NULL)
            return FALSE;
        *same = g_ascii_strcasecmp(ours, etag) == 0;
        *known = *same || parts == 0;
    }
    return TRUE;
}

gboolean s3_move_is_same(const S3Move *move, const char *path, guint64 size, const char *etag,
                         gboolean *same, gboolean *known, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return rs_error_set_errno(error, errno, "cannot read %s", path);
    gboolean good = compare(move, fd, size, etag, same, known, error);
    close(fd);
    return good;
}

/* --- moving ------------------------------------------------------------------------------------ */

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
    narrator_begin_job(cli->narrator, NULL, &run.progress);
    gboolean done =
        transfer_run(move->s3, move->items, &move->options, &callbacks, cli->cancellable, error);
    progress_end_job(&run.progress, done ? JOB_DONE : JOB_FAILED);
    narrator_end_job(cli->narrator);
    return done && print_outcome(move, &run, error);
}
