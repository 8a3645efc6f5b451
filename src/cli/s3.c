#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"

enum { OID_TEXT = 1043, OID_BIGINT = 20 };

typedef struct {
    Output *output;
    const char *bucket;
    guint64 bytes;
} Listing;

static gboolean print_object(gpointer user, const S3Object *object, GError **error)
{
    Listing *listing = user;
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(object->modified);
    g_autofree char *modified =
        time == NULL ? NULL : g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ");
    g_autofree char *size = g_strdup_printf("%" G_GUINT64_FORMAT, object->size);
    g_autofree char *url = g_strdup_printf("s3://%s/%s", listing->bucket, object->key);
    const char *const values[] = {modified, size, url};
    listing->bytes += object->size;
    return output_strings(listing->output, values, error);
}

static gboolean s3_ls(CliContext *cli, const char *url, GError **error)
{
    static const ResultColumn columns[] = {{(char *)"modified", OID_TEXT, -1},
                                           {(char *)"bytes", OID_BIGINT, -1},
                                           {(char *)"object", OID_TEXT, -1}};
    g_autofree char *bucket = NULL, *prefix = NULL;
    S3Client *s3 = workbench_s3(cli->workbench, error);
    if (s3 == NULL || !s3_parse_url(url, &bucket, &prefix, error))
        return FALSE;
    g_autoptr(Output) output = cli_output_new(cli, cli->globals.json ? OUTPUT_JSON : OUTPUT_TABLE,
                                              columns, G_N_ELEMENTS(columns), TRUE);
    Listing listing = {.output = output, .bucket = bucket};
    if (!s3_list(s3, bucket, prefix, print_object, &listing, cli->cancellable, error) ||
        !output_end(output, error))
        return FALSE;
    g_autofree char *count = text_count(output_n_rows(output));
    g_autofree char *bytes = text_bytes(listing.bytes);
    narrator_say(cli->narrator, "%s objects, %s", count, bytes);
    return TRUE;
}

gboolean s3_run(CliContext *cli, GError **error)
{
    static const char *const later[] = {"inspect", "get", "put", "rm", NULL};
    const char *word = cli->arguments[0];
    if (strcmp(word, "ls") == 0 && cli->n_arguments == 2)
        return s3_ls(cli, cli->arguments[1], error);
    if (g_strv_contains(later, word))
        g_set_error(error, RS_ERROR, RS_ERROR_UNSUPPORTED,
                    "\"s3 %s\" is not offered yet by this version of redsmith", word);
    else
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "s3: expected ls s3://BUCKET/PREFIX");
    return FALSE;
}
