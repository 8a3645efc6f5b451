#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/s3.h"

enum { MAX_DEPTH = 100, MAX_KEY_BYTES = 1024 };

/* What to send, and to which key. */
typedef struct {
    S3Move *move;
    const char *bucket;
    GHashTable *by_key; /* key -> TransferItem */
    guint skipped;      /* what is neither file nor folder */
} Sending;

static gboolean add_file(Sending *sending, const char *path, const char *key, guint64 size,
                         GError **error)
{
    GPtrArray *items = sending->move->items;
    if (!g_utf8_validate(key, -1, NULL) || strlen(key) > MAX_KEY_BYTES) {
        g_set_error(error, RS_ERROR, RS_ERROR_DATA,
                    "%s: a key is UTF-8 of at most %d bytes; rename the file", path, MAX_KEY_BYTES);
        return FALSE;
    }
    /* Better now than when half of the others are sent. */
    if (access(path, R_OK) != 0)
        return rs_error_set_errno(error, errno, "cannot read %s", path);
    TransferItem *item = transfer_item_new(TRANSFER_UPLOAD, sending->bucket, key, path);
    item->length = (gint64)size;
    g_ptr_array_add(items, item);
    if (g_hash_table_insert(sending->by_key, item->key, item))
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "two files would become s3://%s/%s",
                sending->bucket, key);
    return FALSE;
}

static gboolean add_folder(Sending *sending, const char *folder, const char *prefix, guint depth,
                           GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, &reason);
    if (dir == NULL || depth > MAX_DEPTH) {
        g_set_error(error, RS_ERROR, RS_ERROR_PERMISSION, "cannot read the folder %s: %s", folder,
                    dir == NULL ? reason->message : "too deep");
        return FALSE;
    }
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *key = g_strconcat(prefix, name, NULL);
        g_autofree char *deeper = g_strconcat(key, "/", NULL);
        struct stat facts, itself;
        if (rs_error_set_if_cancelled(sending->move->cli->cancellable, error))
            return FALSE;
        if (lstat(path, &itself) != 0 || stat(path, &facts) != 0)
            return rs_error_set_errno(error, errno, "cannot read %s", path);
        if (S_ISREG(facts.st_mode)) {
            if (!add_file(sending, path, key, (guint64)facts.st_size, error))
                return FALSE;
        } else if (S_ISDIR(itself.st_mode)) { /* links to folders could lead in circles */
            if (!add_folder(sending, path, deeper, depth + 1, error))
                return FALSE;
        } else {
            sending->skipped++;
        }
    }
    return TRUE;
}

static gboolean add_source(Sending *sending, const char *path, const char *key, gboolean only,
                           GError **error)
{
    struct stat facts;
    gboolean folder_key = *key == '\0' || g_str_has_suffix(key, "/");
    if (stat(path, &facts) != 0)
        return rs_error_set_errno(error, errno, "cannot read %s", path);
    g_autofree char *prefix = folder_key ? g_strdup(key) : g_strconcat(key, "/", NULL);
    if (S_ISDIR(facts.st_mode))
        return add_folder(sending, path, prefix, 0, error);
    if (!S_ISREG(facts.st_mode)) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "%s is neither a file nor a folder", path);
        return FALSE;
    }
    g_autofree char *name = g_path_get_basename(path);
    g_autofree char *inside = g_strconcat(prefix, name, NULL);
    return add_file(sending, path, only && !folder_key ? key : inside, (guint64)facts.st_size,
                    error);
}

/* --- what is there ----------------------------------------------------------------------------- */

enum { FEW_FILES = 8 };

static gboolean note_there(gpointer user, const S3Object *object, GError **error)
{
    Sending *sending = user;
    TransferItem *item = g_hash_table_lookup(sending->by_key, object->key);
    if (item != NULL && (guint64)item->length == object->size)
        s3_compare_add(sending->move, item, object);
    return TRUE;
}

/* The order of a folder's entries is chance; that of the keys is the same every time. */
static int compare_keys(gconstpointer a, gconstpointer b)
{
    const TransferItem *one = *(const TransferItem *const *)a;
    const TransferItem *other = *(const TransferItem *const *)b;
    return strcmp(one->key, other->key);
}

/* The longest start that all keys share, which the first and the last of them tell. */
static char *common_prefix(const GPtrArray *sorted)
{
    char *prefix = g_strdup(((const TransferItem *)sorted->pdata[0])->key);
    const char *last = ((const TransferItem *)sorted->pdata[sorted->len - 1])->key;
    gsize same = 0;
    while (prefix[same] != '\0' && prefix[same] == last[same])
        same++;
    prefix[same] = '\0';
    while (!g_utf8_validate(prefix, -1, NULL)) /* not to the middle of a character */
        prefix[strlen(prefix) - 1] = '\0';
    return prefix;
}

/* Then folders beside the files, however much they hold, need not be listed. */
static gboolean is_one_level(const GPtrArray *items, gsize prefix)
{
    for (guint i = 0; i < items->len; i++)
        if (strchr(((const TransferItem *)items->pdata[i])->key + prefix, '/') != NULL)
            return FALSE;
    return TRUE;
}

/* Few files are looked for one by one: a listing of what their keys share could be the whole bucket. */
static gboolean look_for(Sending *sending, GError **error)
{
    const S3Move *move = sending->move;
    GCancellable *cancellable = move->cli->cancellable;
    if (move->items->len > FEW_FILES) {
        g_autofree char *prefix = common_prefix(move->items);
        gboolean flat = is_one_level(move->items, strlen(prefix));
        return (flat ? s3_list_folder : s3_list)(move->s3, sending->bucket, prefix, note_there,
                                                 sending, cancellable, error);
    }
    for (guint i = 0; i < move->items->len; i++) {
        const TransferItem *item = move->items->pdata[i];
        g_autoptr(S3Object) object = NULL;
        if (!s3_find(move->s3, sending->bucket, item->key, &object, cancellable, error) ||
            (object != NULL && !note_there(sending, object, error)))
            return FALSE;
    }
    return TRUE;
}

static gboolean find_there(Sending *sending, GError **error)
{
    const S3Move *move = sending->move;
    GError *failure = NULL;
    g_ptr_array_sort(move->items, compare_keys);
    if (look_for(sending, &failure))
        return TRUE;
    if (!g_error_matches(failure, RS_ERROR, RS_ERROR_PERMISSION)) {
        g_propagate_error(error, failure);
        return FALSE;
    }
    narrator_say(move->cli->narrator,
                 "s3://%s may not be listed, so that all is sent, whatever is there",
                 sending->bucket);
    g_error_free(failure);
    g_ptr_array_set_size(move->pairs, 0);
    return TRUE;
}

gboolean s3_put_files(CliContext *cli, S3Client *s3, GError **error)
{
    g_autofree char *bucket = NULL, *key = NULL;
    guint sources = cli->n_arguments - 2;
    if (!s3_may_write(cli, error) ||
        !s3_parse_url(cli->arguments[cli->n_arguments - 1], &bucket, &key, error))
        return FALSE;
    g_auto(S3Move) move;
    s3_move_init(&move, cli, s3, "put");
    g_autoptr(GHashTable) by_key = g_hash_table_new(g_str_hash, g_str_equal);
    Sending sending = {.move = &move, .bucket = bucket, .by_key = by_key};
    for (guint i = 1; i <= sources; i++)
        if (!add_source(&sending, cli->arguments[i], key, sources == 1, error))
            return FALSE;
    if (sending.skipped > 0)
        narrator_say(cli->narrator, "%u entries that are neither files nor folders are left out",
                     sending.skipped);
    if (move.items->len == 0)
        narrator_say(cli->narrator, "there are no files to send");
    return find_there(&sending, error) && s3_compare_run(&move, error) && s3_move_run(&move, error);
}
