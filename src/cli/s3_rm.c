#include "base/error.h"
#include "base/text.h"
#include "cli/s3.h"
#include "cli/terminal.h"

enum { OID_TEXT = 1043, SHOWN_KEYS = 10, BATCH_KEYS = 1000 };

typedef struct {
    GPtrArray *keys;
    guint64 bytes;
} Removal;

static gboolean note_removal(gpointer user, const S3Object *object, GError **error)
{
    Removal *removal = user;
    g_ptr_array_add(removal->keys, g_strdup(object->key));
    removal->bytes += object->size;
    return TRUE;
}

static gboolean find_removal(CliContext *cli, S3Client *s3, const char *bucket, const char *key,
                             Removal *removal, GError **error)
{
    const S3Options *options = cli->options;
    g_autoptr(S3Object) object = NULL;
    if (options->recursive)
        return s3_each_below(s3, bucket, key, note_removal, removal, cli->cancellable, error);
    gboolean listed;
    return s3_find_object(s3, bucket, key, &object, &listed, cli->cancellable, error) &&
           (object == NULL || note_removal(removal, object, error));
}

static gboolean print_keys(CliContext *cli, const char *bucket, const GPtrArray *keys,
                           GError **error)
{
    static const ResultColumn columns[] = {{(char *)"object", OID_TEXT, -1}};
    g_autoptr(Output) output = cli_output_new(cli, cli->globals.json ? OUTPUT_JSON : OUTPUT_TABLE,
                                              columns, G_N_ELEMENTS(columns), TRUE);
    for (guint i = 0; i < keys->len; i++) {
        g_autofree char *url = g_strdup_printf("s3://%s/%s", bucket, (char *)keys->pdata[i]);
        const char *const values[] = {url};
        if (!output_strings(output, values, error))
            return FALSE;
    }
    return output_end(output, error);
}

static gboolean print_removed(CliContext *cli, const Removal *removal, GError **error)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "action", "rm");
    cJSON_AddNumberToObject(json, "objects", removal->keys->len);
    cJSON_AddNumberToObject(json, "bytes", (double)removal->bytes);
    return cli_print_json(cli, json, error);
}

/* --- deleting ---------------------------------------------------------------------------------- */

typedef struct {
    S3Client *s3;
    const char *bucket;
    Progress progress;
} Deletion;

static gboolean delete_some(gpointer user, gpointer task, GCancellable *cancellable, GError **error)
{
    Deletion *deletion = user;
    const GPtrArray *keys = task;
    if (!s3_delete(deletion->s3, deletion->bucket, keys, cancellable, error))
        return FALSE;
    atomic_fetch_add(&deletion->progress.files, keys->len);
    return TRUE;
}

/* As many as one request takes, each a task. */
static GPtrArray *in_batches(const GPtrArray *keys)
{
    GPtrArray *batches = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    for (guint first = 0; first < keys->len; first += BATCH_KEYS) {
        GPtrArray *batch = g_ptr_array_new();
        for (guint i = first; i < MIN(keys->len, first + BATCH_KEYS); i++)
            g_ptr_array_add(batch, keys->pdata[i]);
        g_ptr_array_add(batches, batch);
    }
    return batches;
}

static gboolean delete_all(CliContext *cli, S3Client *s3, const char *bucket, const GPtrArray *keys,
                           GError **error)
{
    Deletion deletion = {.s3 = s3, .bucket = bucket};
    g_autoptr(GPtrArray) batches = in_batches(keys);
    progress_begin_job(&deletion.progress);
    atomic_store(&deletion.progress.files_total, keys->len);
    narrator_begin_job(cli->narrator, NULL, &deletion.progress);
    gboolean good = s3_threads_run(batches, s3_threads_number(cli), delete_some, &deletion,
                                   cli->cancellable, error);
    progress_end_job(&deletion.progress, good ? JOB_DONE : JOB_FAILED);
    narrator_end_job(cli->narrator);
    if (!good && keys->len > BATCH_KEYS)
        narrator_say(cli->narrator, "%lld of %u objects are known to be deleted",
                     atomic_load(&deletion.progress.files), keys->len);
    return good;
}

static gboolean remove_shown(CliContext *cli, S3Client *s3, const char *bucket,
                             const Removal *removal, GError **error)
{
    const GPtrArray *keys = removal->keys;
    g_autofree char *count = text_count(keys->len);
    g_autofree char *bytes = text_bytes(removal->bytes);
    g_autofree char *what = g_strdup_printf("delete %s object%s, %s, of %s", count,
                                            keys->len == 1 ? "" : "s", bytes, cli->arguments[1]);
    for (guint i = 0; i < MIN(keys->len, SHOWN_KEYS); i++) {
        g_autofree char *key = text_printable(keys->pdata[i], -1); /* its line ends too */
        narrator_say(cli->narrator, "  s3://%s/%s", bucket, key);
    }
    if (keys->len > SHOWN_KEYS)
        narrator_say(cli->narrator, "  and %u more (--dry-run lists all)", keys->len - SHOWN_KEYS);
    if (!terminal_confirm(cli, what, cli->arguments[1], error) ||
        !delete_all(cli, s3, bucket, keys, error))
        return FALSE;
    if (cli->globals.json)
        return print_removed(cli, removal, error);
    narrator_say(cli->narrator, "deleted %s object%s, %s", count, keys->len == 1 ? "" : "s", bytes);
    return TRUE;
}

gboolean s3_rm(CliContext *cli, S3Client *s3, GError **error)
{
    const S3Options *options = cli->options;
    g_autofree char *bucket = NULL, *key = NULL;
    g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
    if (!s3_parse_url(cli->arguments[1], &bucket, &key, error))
        return FALSE;
    Removal removal = {.keys = keys};
    if (!options->recursive && (*key == '\0' || g_str_has_suffix(key, "/"))) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "%s is no object; add --recursive to delete what is below it",
                    cli->arguments[1]);
        return FALSE;
    }
    if (!s3_may_write(cli, error) || !find_removal(cli, s3, bucket, key, &removal, error))
        return FALSE;
    if (keys->len == 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND, "%s: there is no such object%s",
                    cli->arguments[1],
                    options->recursive ? "" : "; --recursive takes what is below it");
        return FALSE;
    }
    return cli->globals.dry_run ? print_keys(cli, bucket, keys, error)
                                : remove_shown(cli, s3, bucket, &removal, error);
}
