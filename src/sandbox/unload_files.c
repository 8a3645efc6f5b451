#include "sandbox/unload_files.h"

#include "base/error.h"

/* Rows that one slice takes before it is the next one's turn. */
#define TURN_ROWS 32

typedef struct {
    UnloadFile *file; /* NULL: none open */
    StoreWriter *writer;
    Encoder *encoder;
} OpenFile;

struct UnloadFiles {
    Store *store;
    const UnloadOptions *options;
    const GPtrArray *columns;
    char *prefix;
    char *folder; /* of the open files; NULL before the first row */
    guint slices;
    guint64 turn; /* rows written to this folder */
    guint64 rows;
    OpenFile open[UNLOAD_SLICES];
    GHashTable *parts; /* "folder slice" -> the next part's number */
    GPtrArray *list;
};

static void file_free(UnloadFile *file)
{
    g_free(file->key);
    g_free(file);
}

char *unload_base_prefix(const UnloadOptions *options)
{
    gboolean ends = options->prefix[0] == '\0' || g_str_has_suffix(options->prefix, "/");
    return g_strconcat(options->prefix, options->partition_by != NULL && !ends ? "/" : "", NULL);
}

UnloadFiles *unload_files_new(Store *store, const UnloadOptions *options, const GPtrArray *columns)
{
    UnloadFiles *files = g_new0(UnloadFiles, 1);
    files->store = store;
    files->options = options;
    files->columns = columns;
    files->prefix = unload_base_prefix(options);
    files->slices = options->parallel && !options->ordered ? UNLOAD_SLICES : 1;
    files->parts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    files->list = g_ptr_array_new_with_free_func((GDestroyNotify)file_free);
    return files;
}

static gboolean to_store(gpointer user, const void *bytes, gsize length, GError **error)
{
    return store_write(user, bytes, length, error);
}

/* --- names -------------------------------------------------------------------------------------- */

static guint next_part(UnloadFiles *files, const char *folder, guint slice)
{
    char *name = g_strdup_printf("%s %u", folder, slice);
    guint part = GPOINTER_TO_UINT(g_hash_table_lookup(files->parts, name));
    g_hash_table_insert(files->parts, name, GUINT_TO_POINTER(part + 1));
    return part;
}

static char *make_key(UnloadFiles *files, const char *folder, guint slice)
{
    guint part = next_part(files, folder, slice);
    const char *suffix = unload_options_suffix(files->options);
    if (!files->options->parallel)
        return g_strdup_printf("%s%s%03u%s", files->prefix, folder, part, suffix);
    return g_strdup_printf("%s%s%04u_part_%02u%s", files->prefix, folder, slice, part, suffix);
}

/* --- opening and closing ------------------------------------------------------------------------ */

static const char *content_type(const UnloadOptions *options)
{
    return options->codec == CODEC_NONE ? "text/plain" : "application/octet-stream";
}

static gboolean write_bytes(OpenFile *open, const char *bytes, gsize length, GError **error)
{
    if (!encoder_write(open->encoder, bytes, length, error))
        return FALSE;
    open->file->lines++;
    open->file->bytes = encoder_output(open->encoder);
    return TRUE;
}

static gboolean open_file(UnloadFiles *files, guint slice, GError **error)
{
    g_autofree char *key = make_key(files, files->folder, slice);
    StoreWriter *writer = store_write_begin(files->store, files->options->bucket, key,
                                            content_type(files->options), error);
    if (writer == NULL)
        return FALSE;
    store_write_encrypt(writer, files->options->kms_key);
    UnloadFile *file = g_new0(UnloadFile, 1);
    file->slice = (int)slice;
    file->key = g_steal_pointer(&key);
    file->started_us = g_get_real_time();
    g_ptr_array_add(files->list, file);
    OpenFile *open = &files->open[slice];
    open->file = file;
    open->writer = writer;
    open->encoder = encoder_new(files->options->codec, to_store, writer);
    if (!files->options->header)
        return TRUE;
    g_autoptr(GString) header = g_string_new(NULL);
    unload_append_header(header, files->columns, files->options);
    return write_bytes(open, header->str, header->len, error);
}

static gboolean close_file(OpenFile *open, GError **error)
{
    if (open->file == NULL)
        return TRUE;
    gboolean good = encoder_finish(open->encoder, error);
    open->file->bytes = encoder_output(open->encoder);
    open->file->ended_us = g_get_real_time();
    if (good)
        good = store_write_commit(open->writer, NULL, NULL, error);
    else
        store_write_abort(open->writer);
    encoder_free(open->encoder);
    *open = (OpenFile){0};
    return good;
}

static gboolean close_all(UnloadFiles *files, GError **error)
{
    gboolean good = TRUE;
    for (guint slice = 0; slice < files->slices; slice++)
        good &= close_file(&files->open[slice], good ? error : NULL);
    return good;
}

gboolean unload_clean(Store *store, const char *bucket, const char *prefix, GError **error)
{
    g_autoptr(GPtrArray) old = store_list(store, bucket, prefix, NULL, 0, error);
    for (guint i = 0; old != NULL && i < old->len; i++)
        if (!store_delete(store, bucket, ((StoreObject *)old->pdata[i])->key, error))
            return FALSE;
    return old != NULL;
}

/* CLEANPATH with PARTITION BY empties only the folders that receive files, when they first do. */
static gboolean enter_folder(UnloadFiles *files, const char *folder, GError **error)
{
    if (!close_all(files, error))
        return FALSE;
    g_free(files->folder);
    files->folder = g_strdup(folder);
    files->turn = 0;
    g_autofree char *first = g_strdup_printf("%s 0", folder);
    if (!files->options->clean_path || folder[0] == '\0' ||
        g_hash_table_contains(files->parts, first))
        return TRUE;
    g_autofree char *path = g_strconcat(files->prefix, folder, NULL);
    return unload_clean(files->store, files->options->bucket, path, error);
}

/* --- rows --------------------------------------------------------------------------------------- */

gboolean unload_files_write(UnloadFiles *files, const char *folder, const char *row, gsize length,
                            GError **error)
{
    if (g_strcmp0(files->folder, folder) != 0 && !enter_folder(files, folder, error))
        return FALSE;
    guint slice = (guint)(files->turn++ / TURN_ROWS % files->slices);
    OpenFile *open = &files->open[slice];
    if (open->file != NULL && open->file->rows > 0 &&
        open->file->bytes + length > files->options->max_file_size && !close_file(open, error))
        return FALSE;
    if (open->file == NULL && !open_file(files, slice, error))
        return FALSE;
    if (!write_bytes(open, row, length, error))
        return FALSE;
    open->file->rows++;
    files->rows++;
    return TRUE;
}

/* JSON and partitions have no files without rows. */
static gboolean open_empty(UnloadFiles *files, GError **error)
{
    if (files->options->format == UNLOAD_JSON || files->options->partition_by != NULL)
        return TRUE;
    if (files->folder == NULL)
        files->folder = g_strdup("");
    for (guint slice = 0; slice < files->slices; slice++) {
        g_autofree char *name = g_strdup_printf(" %u", slice);
        if (!g_hash_table_contains(files->parts, name) && !open_file(files, slice, error))
            return FALSE;
    }
    return TRUE;
}

gboolean unload_files_finish(UnloadFiles *files, gboolean complete, GError **error)
{
    if (complete && !open_empty(files, error))
        return FALSE;
    return close_all(files, error);
}

const GPtrArray *unload_files_list(const UnloadFiles *files)
{
    return files->list;
}

guint64 unload_files_rows(const UnloadFiles *files)
{
    return files->rows;
}

guint64 unload_files_bytes(const UnloadFiles *files)
{
    guint64 bytes = 0;
    for (guint i = 0; i < files->list->len; i++)
        bytes += ((UnloadFile *)files->list->pdata[i])->bytes;
    return bytes;
}

void unload_files_free(UnloadFiles *files)
{
    if (files == NULL)
        return;
    for (guint slice = 0; slice < UNLOAD_SLICES; slice++) {
        store_write_abort(files->open[slice].writer);
        encoder_free(files->open[slice].encoder);
    }
    g_hash_table_destroy(files->parts);
    g_ptr_array_unref(files->list);
    g_free(files->prefix);
    g_free(files->folder);
    g_free(files);
}
