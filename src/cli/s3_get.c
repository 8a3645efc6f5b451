#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "cli/s3.h"

/* What a relative path is taken by. */
enum { TAKEN_FILE = 1, TAKEN_FOLDER };

/* What to fetch, and into which file. */
typedef struct {
    S3Move *move;
    const char *bucket, *key, *target;
    gsize prefix; /* bytes of a key that do not become part of a path */
    gboolean into_folder;
    GHashTable *taken; /* paths below the target -> TAKEN_FILE, TAKEN_FOLDER */
    guint objects, differing;
    char *first; /* of the files that differ */
} Fetching;

/* "..", "." and empty steps would leave the target or name other files; a step has its limit. */
static gboolean is_safe_path(const char *relative)
{
    g_auto(GStrv) steps = g_strsplit(relative, "/", -1);
    for (guint i = 0; steps[i] != NULL; i++)
        if (*steps[i] == '\0' || strcmp(steps[i], ".") == 0 || strcmp(steps[i], "..") == 0 ||
            strlen(steps[i]) > NAME_MAX)
            return FALSE;
    return steps[0] != NULL;
}

/* The file, and the folders it lies in. FALSE when something is a file and a folder, or two files. */
static gboolean take_path(Fetching *fetching, const char *relative)
{
    GHashTable *taken = fetching->taken;
    for (const char *slash = relative; (slash = strchr(slash, '/')) != NULL; slash++) {
        char *folder = g_strndup(relative, (gsize)(slash - relative));
        int by = GPOINTER_TO_INT(g_hash_table_lookup(taken, folder));
        if (by == 0)
            g_hash_table_insert(taken, folder, GINT_TO_POINTER(TAKEN_FOLDER));
        else
            g_free(folder);
        if (by == TAKEN_FILE)
            return FALSE;
    }
    return !g_hash_table_contains(taken, relative) &&
           g_hash_table_insert(taken, g_strdup(relative), GINT_TO_POINTER(TAKEN_FILE));
}

static char *path_for(Fetching *fetching, const char *key, GError **error)
{
    const char *slash = strrchr(key, '/');
    gboolean exact = strcmp(key, fetching->key) == 0;
    const char *relative = exact ? (slash != NULL ? slash + 1 : key) : key + fetching->prefix;
    if (exact && !fetching->into_folder && *relative != '\0')
        return g_strdup(fetching->target);
    if (!is_safe_path(relative)) {
        g_set_error(error, RS_ERROR, RS_ERROR_DATA, "s3://%s/%s has no safe file name below %s%s",
                    fetching->bucket, key, fetching->target,
                    g_str_has_suffix(key, "/") ? "" : "; get it alone, to a file of your choice");
        return NULL;
    }
    if (take_path(fetching, relative))
        return g_build_filename(fetching->target, relative, NULL);
    g_set_error(error, RS_ERROR, RS_ERROR_DATA,
                "s3://%s/%s would be %s below %s, where another object needs that name; "
                "get one of them alone, to a file of your choice",
                fetching->bucket, key, relative, fetching->target);
    return NULL;
}

/* What is at a path: nothing, a file that may be the same, or one that must be allowed to be replaced. */
static gboolean check_there(Fetching *fetching, const char *path, const S3Object *object,
                            gboolean *may_be_same, GError **error)
{
    const S3Options *options = fetching->move->cli->options;
    struct stat facts;
    *may_be_same = FALSE;
    if (lstat(path, &facts) != 0)
        return errno == ENOENT || rs_error_set_errno(error, errno, "cannot write %s", path);
    if (!S_ISREG(facts.st_mode)) {
        g_set_error(error, RS_ERROR, RS_ERROR_EXISTS,
                    "%s is there and no regular file: it is not replaced; name another target",
                    path);
        return FALSE;
    }
    *may_be_same = (guint64)facts.st_size == object->size;
    if (*may_be_same || options->overwrite)
        return TRUE;
    if (fetching->differing++ == 0)
        fetching->first = g_strdup(path);
    return TRUE;
}

static gboolean add_object(gpointer user, const S3Object *object, GError **error)
{
    Fetching *fetching = user;
    S3Move *move = fetching->move;
    gboolean may_be_same;
    if (g_str_has_suffix(object->key, "/") && object->size == 0)
        return TRUE; /* what consoles put where they want to show a folder */
    fetching->objects++;
    g_autofree char *path = path_for(fetching, object->key, error);
    if (path == NULL || !check_there(fetching, path, object, &may_be_same, error))
        return FALSE;
    TransferItem *item = transfer_item_new(TRANSFER_DOWNLOAD, fetching->bucket, object->key, path);
    item->length = (gint64)object->size;
    g_ptr_array_add(move->items, item);
    if (may_be_same)
        s3_compare_add(move, item, object);
    return TRUE;
}

static gboolean check_found(const Fetching *fetching, GError **error)
{
    if (fetching->objects > 0)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND, "there is nothing at s3://%s/%s",
                fetching->bucket, fetching->key);
    return FALSE;
}

/* Nothing is fetched when one file would have to be replaced unasked. */
static gboolean check_differing(Fetching *fetching, GError **error)
{
    const S3Move *move = fetching->move;
    const S3Options *options = move->cli->options;
    guint differing = fetching->differing + move->pairs->len;
    if (options->overwrite || differing == 0)
        return TRUE;
    const char *first =
        fetching->first != NULL ? fetching->first : s3_pair_path(move->pairs->pdata[0]);
    g_set_error(error, RS_ERROR, RS_ERROR_EXISTS,
                "%s is there and not the same%s; nothing was fetched. --overwrite replaces it",
                first, differing > 1 ? ", and it is not the only one" : "");
    return FALSE;
}

/* Into a file, and where the bucket may not be listed, an object is fetched alone. */
static gboolean find_objects(Fetching *fetching, GError **error)
{
    S3Client *s3 = fetching->move->s3;
    GCancellable *cancellable = fetching->move->cli->cancellable;
    const char *bucket = fetching->bucket, *key = fetching->key;
    g_autoptr(S3Object) object = NULL;
    gboolean listed;
    if (*key == '\0' || g_str_has_suffix(key, "/"))
        return s3_list(s3, bucket, key, add_object, fetching, cancellable, error);
    if (!s3_find_object(s3, bucket, key, &object, &listed, cancellable, error) ||
        (object != NULL && !add_object(fetching, object, error)))
        return FALSE;
    g_autofree char *below = g_strconcat(key, "/", NULL);
    return (object != NULL && (!fetching->into_folder || !listed)) ||
           s3_list(s3, bucket, below, add_object, fetching, cancellable, error);
}

static gboolean fetch(Fetching *fetching, GError **error)
{
    S3Move *move = fetching->move;
    return find_objects(fetching, error) && check_found(fetching, error) &&
           s3_compare_run(move, error) && check_differing(fetching, error) &&
           s3_move_run(move, error);
}

gboolean s3_get_files(CliContext *cli, S3Client *s3, GError **error)
{
    g_autofree char *bucket = NULL, *key = NULL;
    const char *target = cli->n_arguments > 2 ? cli->arguments[2] : ".";
    if (!s3_parse_url(cli->arguments[1], &bucket, &key, error))
        return FALSE;
    if (*target == '\0') {
        g_set_error_literal(error, RS_ERROR, RS_ERROR_USAGE,
                            "the name of the target is empty; . is the current folder");
        return FALSE;
    }
    g_auto(S3Move) move;
    s3_move_init(&move, cli, s3, "get");
    g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    gsize length = strlen(key);
    gboolean open = length == 0 || key[length - 1] == '/';
    Fetching fetching = {.move = &move,
                         .bucket = bucket,
                         .key = key,
                         .target = target,
                         .prefix = open ? length : length + 1,
                         .taken = taken,
                         .into_folder = g_str_has_suffix(target, "/") ||
                                        g_file_test(target, G_FILE_TEST_IS_DIR)};
    gboolean good = fetch(&fetching, error);
    g_free(fetching.first);
    return good;
}
