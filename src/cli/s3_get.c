#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "cli/s3.h"

/* What to fetch, and into which file. */
typedef struct {
    S3Move *move;
    const char *bucket, *key, *target;
    gsize prefix; /* bytes of a key that do not become part of a path */
    gboolean into_folder;
    guint objects, differing;
    char *first; /* of the files that differ */
} Fetching;

/* "..", "." and empty steps would leave the target or name other files. */
static gboolean is_safe_path(const char *relative)
{
    g_auto(GStrv) steps = g_strsplit(relative, "/", -1);
    for (guint i = 0; steps[i] != NULL; i++)
        if (*steps[i] == '\0' || strcmp(steps[i], ".") == 0 || strcmp(steps[i], "..") == 0)
            return FALSE;
    return steps[0] != NULL;
}

static char *path_for(const Fetching *fetching, const char *key, GError **error)
{
    const char *slash = strrchr(key, '/');
    gboolean exact = strcmp(key, fetching->key) == 0;
    const char *relative = exact ? (slash != NULL ? slash + 1 : key) : key + fetching->prefix;
    if (exact && !fetching->into_folder)
        return g_strdup(fetching->target);
    if (is_safe_path(relative))
        return g_build_filename(fetching->target, relative, NULL);
    g_set_error(error, RS_ERROR, RS_ERROR_DATA,
                "s3://%s/%s has no safe file name below %s; get it alone, to a file of your choice",
                fetching->bucket, key, fetching->target);
    return NULL;
}

/* A file that is there: the same, or another one that may only be replaced on request. */
static gboolean check_there(Fetching *fetching, const char *path, const S3Object *object,
                            gboolean *same, GError **error)
{
    S3Move *move = fetching->move;
    const S3Options *options = move->cli->options;
    struct stat facts;
    gboolean known = FALSE;
    *same = FALSE;
    if (lstat(path, &facts) != 0)
        return errno == ENOENT || errno == ENOTDIR ||
               rs_error_set_errno(error, errno, "cannot look at %s", path);
    if (S_ISREG(facts.st_mode) && (guint64)facts.st_size == object->size &&
        !s3_move_is_same(move, path, object->size, object->etag, same, &known, error))
        return FALSE;
    if (*same || (options->overwrite && S_ISREG(facts.st_mode)))
        return TRUE;
    if (fetching->differing++ == 0)
        fetching->first = g_strdup(path);
    return TRUE;
}

static gboolean add_object(gpointer user, const S3Object *object, GError **error)
{
    Fetching *fetching = user;
    S3Move *move = fetching->move;
    gboolean same;
    if (g_str_has_suffix(object->key, "/") && object->size == 0)
        return TRUE; /* what consoles put where they want to show a folder */
    fetching->objects++;
    g_autofree char *path = path_for(fetching, object->key, error);
    if (path == NULL || !check_there(fetching, path, object, &same, error))
        return FALSE;
    if (same) {
        move->there++;
        move->there_bytes += object->size;
        return TRUE;
    }
    TransferItem *item = transfer_item_new(TRANSFER_DOWNLOAD, fetching->bucket, object->key, path);
    item->length = (gint64)object->size;
    g_ptr_array_add(move->items, item);
    return TRUE;
}

static gboolean check_found(const Fetching *fetching, GError **error)
{
    if (fetching->objects == 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND, "there is nothing at s3://%s/%s",
                    fetching->bucket, fetching->key);
        return FALSE;
    }
    if (fetching->differing == 0)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_EXISTS,
                "%s is there and not the same%s; nothing was fetched. --overwrite replaces it",
                fetching->first, fetching->differing > 1 ? ", and it is not the only one" : "");
    return FALSE;
}

gboolean s3_get_files(CliContext *cli, S3Client *s3, GError **error)
{
    g_auto(S3Move) move = {0};
    g_autofree char *bucket = NULL, *key = NULL, *first = NULL;
    const char *target = cli->n_arguments > 2 ? cli->arguments[2] : ".";
    if (!s3_parse_url(cli->arguments[1], &bucket, &key, error) ||
        !s3_move_init(&move, cli, s3, "get", error))
        return FALSE;
    gsize length = strlen(key);
    gboolean open = length == 0 || key[length - 1] == '/';
    Fetching fetching = {.move = &move,
                         .bucket = bucket,
                         .key = key,
                         .target = target,
                         .prefix = open ? length : length + 1,
                         .into_folder = g_str_has_suffix(target, "/") ||
                                        g_file_test(target, G_FILE_TEST_IS_DIR)};
    gboolean good =
        s3_each_below(s3, bucket, key, add_object, &fetching, cli->cancellable, error) &&
        check_found(&fetching, error);
    first = fetching.first;
    return good && s3_move_run(&move, error);
}
