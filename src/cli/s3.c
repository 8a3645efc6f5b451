#include "cli/s3.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"

#define AT(member) G_STRUCT_OFFSET(S3Options, member)

enum { OID_TEXT = 1043, OID_BIGINT = 20, MAX_CONCURRENCY = 64, MAX_SLICES = 100000 };

const CliOption s3_options[] = {
    {"recursive", 'r', CLI_FLAG, AT(recursive), "ls: all levels; rm: all that is below", NULL},
    {"overwrite", 0, CLI_FLAG, AT(overwrite), "get: replace files that differ", NULL},
    {"concurrency", 0, CLI_NUMBER, AT(concurrency),
     "get, put, rm: connections at once, 1 to 64; else 4", "N"},
    {"limit-rate", 0, CLI_NUMBER, AT(limit_rate),
     "get, put: bytes a second, all together; from 65536", "BYTES"},
    {"sse", 0, CLI_STRING, AT(sse), "put: encrypt as AES256 or aws:kms", "KIND"},
    {"sse-kms-key-id", 0, CLI_STRING, AT(sse_kms_key_id), "put: the key of aws:kms", "KEY"},
    {"slices", 0, CLI_NUMBER, AT(slices), "inspect: slices of the cluster; else 4", "N"},
    {0},
};

/* --- ls ---------------------------------------------------------------------------------------- */

typedef struct {
    Output *output;
    const char *bucket;
    guint64 bytes, objects, folders;
} Listing;

static gboolean print_object(gpointer user, const S3Object *object, GError **error)
{
    Listing *listing = user;
    g_autofree char *url = g_strdup_printf("s3://%s/%s", listing->bucket, object->key);
    if (object->is_prefix) {
        const char *const folder[] = {NULL, NULL, url};
        listing->folders++;
        return output_strings(listing->output, folder, error);
    }
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(object->modified);
    g_autofree char *modified =
        time == NULL ? NULL : g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ");
    g_autofree char *size = g_strdup_printf("%" G_GUINT64_FORMAT, object->size);
    const char *const values[] = {modified, size, url};
    listing->bytes += object->size;
    listing->objects++;
    return output_strings(listing->output, values, error);
}

gboolean s3_ls(CliContext *cli, S3Client *s3, GError **error)
{
    static const ResultColumn columns[] = {{(char *)"modified", OID_TEXT, -1},
                                           {(char *)"bytes", OID_BIGINT, -1},
                                           {(char *)"object", OID_TEXT, -1}};
    const S3Options *options = cli->options;
    g_autofree char *bucket = NULL, *prefix = NULL;
    if (!s3_parse_url(cli->arguments[1], &bucket, &prefix, error))
        return FALSE;
    g_autoptr(Output) output = cli_output_new(cli, cli->globals.json ? OUTPUT_JSON : OUTPUT_TABLE,
                                              columns, G_N_ELEMENTS(columns), TRUE);
    Listing listing = {.output = output, .bucket = bucket};
    gboolean listed =
        options->recursive
            ? s3_list(s3, bucket, prefix, print_object, &listing, cli->cancellable, error)
            : s3_list_folder(s3, bucket, prefix, print_object, &listing, cli->cancellable, error);
    if (!listed || !output_end(output, error))
        return FALSE;
    g_autofree char *count = text_count(listing.objects);
    g_autofree char *bytes = text_bytes(listing.bytes);
    g_autofree char *folders = text_count(listing.folders);
    narrator_say(cli->narrator, "%s object%s, %s", count, listing.objects == 1 ? "" : "s", bytes);
    if (listing.folders > 0)
        narrator_say(cli->narrator, "%s folder%s not looked into; --recursive does", folders,
                     listing.folders == 1 ? "" : "s");
    return TRUE;
}

/* --- what a URL means -------------------------------------------------------------------------- */

gboolean s3_find_object(S3Client *s3, const char *bucket, const char *key, S3Object **object,
                        gboolean *listed, GCancellable *cancellable, GError **error)
{
    GError *failure = NULL;
    *listed = s3_find(s3, bucket, key, object, cancellable, &failure);
    if (*listed)
        return TRUE;
    if (g_error_matches(failure, RS_ERROR, RS_ERROR_PERMISSION))
        *object = s3_head(s3, bucket, key, cancellable, NULL);
    if (*object != NULL)
        g_clear_error(&failure);
    else
        g_propagate_error(error, failure);
    return *object != NULL;
}

gboolean s3_each_below(S3Client *s3, const char *bucket, const char *key, S3ListFunction each,
                       gpointer user, GCancellable *cancellable, GError **error)
{
    g_autoptr(S3Object) object = NULL;
    if (*key == '\0' || g_str_has_suffix(key, "/"))
        return s3_list(s3, bucket, key, each, user, cancellable, error);
    g_autofree char *below = g_strconcat(key, "/", NULL);
    return s3_find(s3, bucket, key, &object, cancellable, error) &&
           (object == NULL || each(user, object, error)) &&
           s3_list(s3, bucket, below, each, user, cancellable, error);
}

gboolean s3_may_write(const CliContext *cli, GError **error)
{
    const Profile *profile = workbench_profile(cli->workbench);
    if (!profile->read_only)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_PERMISSION,
                "profile \"%s\" is read_only: it stores and deletes nothing", profile->name);
    return FALSE;
}

/* --- the command ------------------------------------------------------------------------------- */

static gboolean check_number(const char *name, gint64 value, gint64 least, gint64 most,
                             GError **error)
{
    if (value == 0 || (value >= least && value <= most))
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                "--%s is %" G_GINT64_FORMAT "; expected %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
                name, value, least, most);
    return FALSE;
}

/* An option that would do nothing is a mistake, not a wish. */
static gboolean check_words(const S3Options *options, const char *word, GError **error)
{
    const struct {
        gboolean given;
        const char *option, *words;
    } rows[] = {
        {options->recursive, "recursive", "ls get put rm"}, /* which a get and a put are anyway */
        {options->overwrite, "overwrite", "get"},
        {options->concurrency != 0, "concurrency", "get put rm"},
        {options->limit_rate != 0, "limit-rate", "get put"},
        {options->sse != NULL, "sse", "put"},
        {options->sse_kms_key_id != NULL, "sse-kms-key-id", "put"},
        {options->slices != 0, "slices", "inspect"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(GStrv) words = g_strsplit(rows[i].words, " ", -1);
        if (!rows[i].given || g_strv_contains((const char *const *)words, word))
            continue;
        g_autofree char *list = g_strjoinv(" and ", words);
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "--%s is for %s, not for %s", rows[i].option,
                    list, word);
        return FALSE;
    }
    return TRUE;
}

static gboolean check_s3_options(const S3Options *options, const char *word, GError **error)
{
    static const char *const kinds[] = {"AES256", "aws:kms", NULL};
    if (options->sse != NULL && !g_strv_contains(kinds, options->sse)) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "--sse takes AES256 or aws:kms, not \"%s\"",
                    options->sse);
        return FALSE;
    }
    if (options->sse_kms_key_id != NULL && g_strcmp0(options->sse, "aws:kms") != 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "--sse-kms-key-id needs --sse aws:kms");
        return FALSE;
    }
    return check_words(options, word, error) &&
           check_number("concurrency", options->concurrency, 1, MAX_CONCURRENCY, error) &&
           check_number("slices", options->slices, 1, MAX_SLICES, error) &&
           check_number("limit-rate", options->limit_rate, TRANSFER_MIN_RATE, G_MAXINT64, error);
}

gboolean s3_run(CliContext *cli, GError **error)
{
    static const struct {
        const char *word, *arguments;
        guint least, most;
        gboolean (*run)(CliContext *cli, S3Client *s3, GError **error);
    } rows[] = {
        {"ls", "s3://BUCKET/PREFIX", 2, 2, s3_ls},
        {"inspect", "s3://BUCKET/PREFIX", 2, 2, s3_inspect},
        {"get", "s3://BUCKET/KEY-OR-PREFIX [FILE|FOLDER]", 2, 3, s3_get_files},
        {"put", "FILE|FOLDER... s3://BUCKET/KEY-OR-PREFIX", 3, G_MAXUINT, s3_put_files},
        {"rm", "s3://BUCKET/KEY", 2, 2, s3_rm},
    };
    const char *word = cli->arguments[0];
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (strcmp(word, rows[i].word) != 0)
            continue;
        if (cli->n_arguments < rows[i].least || cli->n_arguments > rows[i].most) {
            g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "s3: expected %s %s", word,
                        rows[i].arguments);
            return FALSE;
        }
        S3Client *s3 = check_s3_options(cli->options, word, error)
                           ? workbench_s3(cli->workbench, error)
                           : NULL;
        return s3 != NULL && rows[i].run(cli, s3, error);
    }
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                "s3: \"%s\" is not known; expected ls, inspect, get, put or rm", word);
    return FALSE;
}
