#include "sandbox/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/sigv4_digest.h"
#include "base/error.h"

#define GROUP "object"
#define META_SUFFIX ".meta"
#define DEFAULT_TYPE "binary/octet-stream" /* what S3 says when a PUT names none */
/* Hex digits in one file name; with the longest suffix it stays below the 255 bytes of NAME_MAX. */
#define NAME_DIGITS 232
#define KEY_MAX_BYTES 1024

/*
 * All keys of a bucket, sorted, as long as nothing has changed since they were read: so a page costs its own
 * size and not the bucket's. What is changed by way of the same Store is counted. Other processes write to
 * the folders too, and there the folders' times tell; those are as coarse as the kernel's clock ticks, so
 * what was read less than SETTLE_US after a change is used once and not kept.
 */
#define SETTLE_US (2 * G_TIME_SPAN_SECOND)

typedef struct {
    char *path;
    gint64 changed_us;
} Folder;

typedef struct {
    char *bucket;
    GArray *folders; /* of Folder */
    GPtrArray *keys; /* of char *, sorted */
    guint changes;   /* of the store, when the reading began */
} Snapshot;

struct Store {
    char *root; /* <dir>/s3 */
    GMutex mutex;
    Snapshot *snapshot; /* of the bucket that was listed last, or NULL */
    guint changes;      /* objects that came and went by way of this store */
};

struct StoreWriter {
    Store *store;
    char *bucket, *key, *content_type;
    char *kms_key; /* NULL: none */
    char *path;    /* of the temporary file */
    int fd;
    guint64 size;
    Digest *md5; /* NULL: not computed */
};

static void folder_clear(gpointer data)
{
    g_free(((Folder *)data)->path);
}

static Snapshot *snapshot_new(const char *bucket)
{
    Snapshot *snapshot = g_new0(Snapshot, 1);
    snapshot->bucket = g_strdup(bucket);
    snapshot->folders = g_array_new(FALSE, FALSE, sizeof(Folder));
    g_array_set_clear_func(snapshot->folders, folder_clear);
    snapshot->keys = g_ptr_array_new_with_free_func(g_free);
    return snapshot;
}

static void snapshot_free(Snapshot *snapshot)
{
    if (snapshot == NULL)
        return;
    g_free(snapshot->bucket);
    g_array_unref(snapshot->folders);
    g_ptr_array_unref(snapshot->keys);
    g_free(snapshot);
}

static gboolean make_folder(const char *path, GError **error)
{
    if (g_mkdir_with_parents(path, 0700) == 0)
        return TRUE;
    return rs_error_set_errno(error, errno, "cannot create %s", path);
}

Store *store_open(const char *dir, GError **error)
{
    g_autofree char *root = g_build_filename(dir, "s3", NULL);
    if (!make_folder(root, error))
        return NULL;
    Store *store = g_new0(Store, 1);
    store->root = g_steal_pointer(&root);
    g_mutex_init(&store->mutex);
    return store;
}

void store_free(Store *store)
{
    if (store == NULL)
        return;
    snapshot_free(store->snapshot);
    g_mutex_clear(&store->mutex);
    g_free(store->root);
    g_free(store);
}

/* --- buckets ------------------------------------------------------------------------------------ */

/* S3's own rule for names; it also keeps a name from leaving the store's folder. */
static gboolean is_bucket_name(const char *bucket)
{
    gsize length = strlen(bucket);
    if (length < 3 || length > 63 || !g_ascii_isalnum(bucket[0]) ||
        !g_ascii_isalnum(bucket[length - 1]) || strstr(bucket, "..") != NULL)
        return FALSE;
    return strspn(bucket, "abcdefghijklmnopqrstuvwxyz0123456789.-") == length;
}

static char *objects_folder(const Store *store, const char *bucket)
{
    return g_build_filename(store->root, bucket, "objects", NULL);
}

static char *incoming_folder(const Store *store, const char *bucket)
{
    return g_build_filename(store->root, bucket, "incoming", NULL);
}

gboolean store_create_bucket(Store *store, const char *bucket, GError **error)
{
    if (!is_bucket_name(bucket)) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "\"%s\" is not a valid bucket name", bucket);
        return FALSE;
    }
    g_autofree char *incoming = incoming_folder(store, bucket);
    g_autofree char *objects = objects_folder(store, bucket);
    return make_folder(incoming, error) && make_folder(objects, error);
}

gboolean store_has_bucket(Store *store, const char *bucket)
{
    if (!is_bucket_name(bucket))
        return FALSE;
    g_autofree char *objects = objects_folder(store, bucket);
    return g_file_test(objects, G_FILE_TEST_IS_DIR);
}

static gboolean need_bucket(Store *store, const char *bucket, GError **error)
{
    if (store_has_bucket(store, bucket))
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND, "bucket \"%s\" does not exist", bucket);
    return FALSE;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char **store_buckets(Store *store)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autoptr(GDir) dir = g_dir_open(store->root, 0, NULL);
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;)
        if (store_has_bucket(store, name))
            g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, compare_names);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

/* --- keys and file names ------------------------------------------------------------------------ */

static void append_hex(GString *out, const char *bytes)
{
    static const char digits[] = "0123456789abcdef";
    for (; *bytes != '\0'; bytes++) {
        g_string_append_c(out, digits[(guchar)*bytes >> 4]);
        g_string_append_c(out, digits[(guchar)*bytes & 15]);
    }
}

/*
 * The path of a key's files, without suffix. A key may have 1024 bytes and a file name only 255, so
 * the hex of a long key goes on in a folder named by its first digits and a '-'.
 */
static char *stem_of_key(const Store *store, const char *bucket, const char *key)
{
    g_autoptr(GString) hex = g_string_new(NULL);
    append_hex(hex, key);
    GString *stem = g_string_new(NULL);
    g_string_printf(stem, "%s/%s/objects/", store->root, bucket);
    gsize at = 0;
    for (; hex->len - at > NAME_DIGITS; at += NAME_DIGITS) {
        g_string_append_len(stem, hex->str + at, NAME_DIGITS);
        g_string_append(stem, "-/");
    }
    g_string_append(stem, hex->str + at);
    return g_string_free(stem, FALSE);
}

/* Appends what the digits mean. FALSE when they are not the hex of bytes without a NUL. */
static gboolean append_unhex(GString *out, const char *digits, gsize length)
{
    if (length % 2 != 0)
        return FALSE;
    for (gsize i = 0; i < length; i += 2) {
        int high = g_ascii_xdigit_value(digits[i]), low = g_ascii_xdigit_value(digits[i + 1]);
        if (high < 0 || low < 0 || (high == 0 && low == 0))
            return FALSE;
        g_string_append_c(out, (char)(high << 4 | low));
    }
    return TRUE;
}

static gboolean need_key(const char *key, GError **error)
{
    gsize length = strlen(key);
    if (length > 0 && length <= KEY_MAX_BYTES)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "an object key has 1 to %d bytes, not %zu",
                KEY_MAX_BYTES, length);
    return FALSE;
}

/* --- objects ------------------------------------------------------------------------------------ */

void store_object_free(StoreObject *object)
{
    if (object == NULL)
        return;
    g_free(object->key);
    g_free(object->etag);
    g_free(object->content_type);
    g_free(object->kms_key);
    g_free(object);
}

/*
 * The .meta file is the object: it names the data file of its generation, so that one rename replaces
 * both together. *data (may be NULL) receives that file's path.
 */
static StoreObject *load_object(const char *stem, const char *bucket, const char *key, char **data,
                                GError **error)
{
    g_autofree char *path = g_strconcat(stem, META_SUFFIX, NULL);
    g_autoptr(GKeyFile) meta = g_key_file_new();
    g_autoptr(GError) reason = NULL;
    if (!g_key_file_load_from_file(meta, path, G_KEY_FILE_NONE, &reason)) {
        gboolean missing = g_error_matches(reason, G_FILE_ERROR, G_FILE_ERROR_NOENT);
        if (missing)
            g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND, "s3://%s/%s does not exist", bucket,
                        key);
        else
            g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "s3://%s/%s: %s", bucket, key,
                        reason->message);
        return NULL;
    }
    g_autofree char *generation = g_key_file_get_string(meta, GROUP, "generation", NULL);
    if (generation == NULL || strchr(generation, '/') != NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "s3://%s/%s: %s names no data", bucket, key,
                    path);
        return NULL;
    }
    StoreObject *object = g_new0(StoreObject, 1);
    object->key = g_strdup(key);
    object->size = g_key_file_get_uint64(meta, GROUP, "size", NULL);
    object->etag = g_key_file_get_string(meta, GROUP, "etag", NULL);
    object->content_type = g_key_file_get_string(meta, GROUP, "content-type", NULL);
    if (object->etag == NULL)
        object->etag = g_strdup("");
    if (object->content_type == NULL)
        object->content_type = g_strdup(DEFAULT_TYPE);
    object->modified_ms = g_key_file_get_int64(meta, GROUP, "modified-ms", NULL);
    object->kms_key = g_key_file_get_string(meta, GROUP, "kms-key", NULL);
    if (data != NULL)
        *data = g_strconcat(stem, ".", generation, NULL);
    return object;
}

StoreObject *store_head(Store *store, const char *bucket, const char *key, GError **error)
{
    if (!need_bucket(store, bucket, error) || !need_key(key, error))
        return NULL;
    g_autofree char *stem = stem_of_key(store, bucket, key);
    return load_object(stem, bucket, key, NULL, error);
}

int store_read(Store *store, const char *bucket, const char *key, StoreObject **object,
               GError **error)
{
    if (!need_bucket(store, bucket, error) || !need_key(key, error))
        return -1;
    g_autofree char *stem = stem_of_key(store, bucket, key);
    for (;;) {
        g_autofree char *data = NULL;
        g_autoptr(StoreObject) found = load_object(stem, bucket, key, &data, error);
        if (found == NULL)
            return -1;
        int fd = open(data, O_RDONLY | O_CLOEXEC);
        if (fd >= 0) {
            if (object != NULL)
                *object = g_steal_pointer(&found);
            return fd;
        }
        /* Replaced between the two looks: the meta file now names another generation, or is gone. */
        g_autofree char *again = NULL;
        int saved_errno = errno;
        g_autoptr(StoreObject) now = load_object(stem, bucket, key, &again, error);
        if (now == NULL)
            return -1;
        if (saved_errno != ENOENT || g_str_equal(data, again)) {
            rs_error_set_errno(error, saved_errno, "cannot read s3://%s/%s", bucket, key);
            return -1;
        }
    }
}

/* --- listing ------------------------------------------------------------------------------------ */

static void count_change(Store *store)
{
    g_mutex_lock(&store->mutex);
    store->changes++;
    g_mutex_unlock(&store->mutex);
}

static gint64 changed_us(const char *folder)
{
    struct stat facts;
    return stat(folder, &facts) == 0
               ? facts.st_mtim.tv_sec * G_USEC_PER_SEC + facts.st_mtim.tv_nsec / 1000
               : -1;
}

static void collect_keys(const char *folder, const char *start, Snapshot *snapshot)
{
    Folder seen = {g_strdup(folder), changed_us(folder)}; /* before it is read */
    g_array_append_val(snapshot->folders, seen);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
        g_autoptr(GString) key = g_string_new(start);
        if (g_str_has_suffix(name, META_SUFFIX)) {
            if (append_unhex(key, name, strlen(name) - strlen(META_SUFFIX)))
                g_ptr_array_add(snapshot->keys, g_string_free(g_steal_pointer(&key), FALSE));
        } else if (g_str_has_suffix(name, "-") && append_unhex(key, name, strlen(name) - 1)) {
            g_autofree char *deeper = g_build_filename(folder, name, NULL);
            collect_keys(deeper, key->str, snapshot);
        }
    }
}

static gboolean is_current(const Store *store, const Snapshot *snapshot)
{
    if (snapshot->changes != store->changes)
        return FALSE;
    for (guint i = 0; i < snapshot->folders->len; i++) {
        const Folder *folder = &g_array_index(snapshot->folders, Folder, i);
        if (changed_us(folder->path) != folder->changed_us)
            return FALSE;
    }
    return TRUE;
}

/* Had the folders been left alone for long enough when the reading began? */
static gboolean had_settled(const Snapshot *snapshot, gint64 began)
{
    for (guint i = 0; i < snapshot->folders->len; i++)
        if (g_array_index(snapshot->folders, Folder, i).changed_us > began - SETTLE_US)
            return FALSE;
    return TRUE;
}

/* The bucket's keys now. Nobody changes the array; free it with g_ptr_array_unref. */
static GPtrArray *current_keys(Store *store, const char *bucket)
{
    g_mutex_lock(&store->mutex);
    if (store->snapshot != NULL && strcmp(store->snapshot->bucket, bucket) == 0 &&
        is_current(store, store->snapshot)) {
        GPtrArray *keys = g_ptr_array_ref(store->snapshot->keys);
        g_mutex_unlock(&store->mutex);
        return keys;
    }
    g_clear_pointer(&store->snapshot, snapshot_free);
    Snapshot *snapshot = snapshot_new(bucket);
    snapshot->changes = store->changes;
    g_mutex_unlock(&store->mutex);
    gint64 began = g_get_real_time();
    g_autofree char *objects = objects_folder(store, bucket);
    collect_keys(objects, "", snapshot);
    g_ptr_array_sort(snapshot->keys, compare_names);
    GPtrArray *keys = g_ptr_array_ref(snapshot->keys);
    if (!had_settled(snapshot, began)) {
        snapshot_free(snapshot);
        return keys;
    }
    g_mutex_lock(&store->mutex);
    snapshot_free(store->snapshot);
    store->snapshot = snapshot;
    g_mutex_unlock(&store->mutex);
    return keys;
}

/* The first place whose key is not before `from`, or is after it when `beyond`. */
static guint find_place(const GPtrArray *keys, const char *from, gboolean beyond)
{
    guint low = 0, high = keys->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        int order = strcmp(keys->pdata[middle], from);
        if (order < 0 || (beyond && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

GPtrArray *store_list(Store *store, const char *bucket, const char *prefix, const char *after,
                      guint max, GError **error)
{
    if (!need_bucket(store, bucket, error))
        return NULL;
    g_autoptr(GPtrArray) keys = current_keys(store, bucket);
    const char *start = prefix != NULL ? prefix : "";
    guint place = find_place(keys, start, FALSE);
    if (after != NULL)
        place = MAX(place, find_place(keys, after, TRUE));
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)store_object_free);
    for (; place < keys->len && g_str_has_prefix(keys->pdata[place], start) &&
           (max == 0 || list->len < max);
         place++) {
        const char *key = keys->pdata[place];
        g_autofree char *stem = stem_of_key(store, bucket, key);
        StoreObject *object = load_object(stem, bucket, key, NULL, NULL);
        if (object != NULL) /* else deleted since */
            g_ptr_array_add(list, object);
    }
    return list;
}

/* --- writing ------------------------------------------------------------------------------------ */

static void writer_free(StoreWriter *writer)
{
    if (writer->fd >= 0)
        close(writer->fd);
    digest_free(writer->md5);
    g_free(writer->bucket);
    g_free(writer->key);
    g_free(writer->content_type);
    g_free(writer->kms_key);
    g_free(writer->path);
    g_free(writer);
}

void store_write_abort(StoreWriter *writer)
{
    if (writer == NULL)
        return;
    unlink(writer->path);
    writer_free(writer);
}

static StoreWriter *writer_new(Store *store, const char *bucket, const char *key,
                               const char *content_type)
{
    StoreWriter *writer = g_new0(StoreWriter, 1);
    writer->store = store;
    writer->bucket = g_strdup(bucket);
    writer->key = g_strdup(key);
    writer->content_type = g_strdup(content_type != NULL ? content_type : DEFAULT_TYPE);
    writer->fd = -1;
    return writer;
}

StoreWriter *store_write_begin(Store *store, const char *bucket, const char *key,
                               const char *content_type, GError **error)
{
    if (!need_bucket(store, bucket, error) || !need_key(key, error))
        return NULL;
    g_autofree char *incoming = incoming_folder(store, bucket);
    g_autofree char *path = g_build_filename(incoming, "write-XXXXXX", NULL);
    int fd = g_mkstemp_full(path, O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0) {
        rs_error_set_errno(error, errno, "cannot write s3://%s/%s", bucket, key);
        return NULL;
    }
    StoreWriter *writer = writer_new(store, bucket, key, content_type);
    writer->path = g_steal_pointer(&path);
    writer->fd = fd;
    writer->md5 = digest_new(DIGEST_MD5);
    return writer;
}

StoreWriter *store_write_adopt(Store *store, const char *bucket, const char *key,
                               const char *content_type, const char *path, GError **error)
{
    struct stat facts;
    if (!need_bucket(store, bucket, error) || !need_key(key, error))
        return NULL;
    if (stat(path, &facts) != 0) {
        rs_error_set_errno(error, errno, "cannot read %s", path);
        return NULL;
    }
    StoreWriter *writer = writer_new(store, bucket, key, content_type);
    writer->path = g_strdup(path);
    writer->size = (guint64)facts.st_size;
    return writer;
}

void store_write_encrypt(StoreWriter *writer, const char *kms_key)
{
    if (kms_key == NULL)
        return;
    g_free(writer->kms_key);
    writer->kms_key = g_strdup(kms_key);
    g_clear_pointer(&writer->md5, digest_free);
}

char *store_opaque_etag(void)
{
    return g_strdup_printf("%08x%08x%08x%08x", g_random_int(), g_random_int(), g_random_int(),
                           g_random_int());
}

Digest *store_write_md5(StoreWriter *writer)
{
    return writer->md5;
}

gboolean store_write(StoreWriter *writer, const void *bytes, gsize length, GError **error)
{
    const char *p = bytes;
    if (writer->md5 != NULL)
        digest_update(writer->md5, bytes, length);
    writer->size += length;
    while (length > 0) {
        ssize_t written = write(writer->fd, p, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return rs_error_set_errno(error, errno, "cannot write s3://%s/%s", writer->bucket,
                                      writer->key);
        p += written;
        length -= (gsize)written;
    }
    return TRUE;
}

/* Commits and deletions of one bucket take turns, so that a generation is removed exactly once. */
static int lock_bucket(const Store *store, const char *bucket, GError **error)
{
    g_autofree char *path = g_build_filename(store->root, bucket, "lock", NULL);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) {
        int result;
        while ((result = flock(fd, LOCK_EX)) < 0 && errno == EINTR)
            continue;
        if (result == 0)
            return fd;
    }
    int saved_errno = errno;
    if (fd >= 0)
        close(fd);
    rs_error_set_errno(error, saved_errno, "cannot lock bucket %s", bucket);
    return -1;
}

/* Written aside and renamed. Not synced, which GLib would do: it takes longer than all the rest. */
static gboolean write_aside(const StoreWriter *writer, const char *path, const char *text,
                            gsize length, GError **error)
{
    g_autofree char *incoming = incoming_folder(writer->store, writer->bucket);
    g_autofree char *aside = g_build_filename(incoming, "meta-XXXXXX", NULL);
    int fd = g_mkstemp_full(aside, O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        return rs_error_set_errno(error, errno, "cannot write an object's description");
    gboolean good = write(fd, text, length) == (gssize)length && rename(aside, path) == 0;
    if (!good) {
        rs_error_set_errno(error, errno, "cannot write an object's description");
        unlink(aside);
    }
    close(fd);
    return good;
}

static gboolean save_meta(const StoreWriter *writer, const StoreObject *object,
                          const char *generation, const char *path, GError **error)
{
    g_autoptr(GKeyFile) meta = g_key_file_new();
    g_key_file_set_uint64(meta, GROUP, "size", object->size);
    g_key_file_set_string(meta, GROUP, "etag", object->etag);
    g_key_file_set_string(meta, GROUP, "content-type", object->content_type);
    g_key_file_set_int64(meta, GROUP, "modified-ms", object->modified_ms);
    g_key_file_set_string(meta, GROUP, "generation", generation);
    if (object->kms_key != NULL)
        g_key_file_set_string(meta, GROUP, "kms-key", object->kms_key);
    gsize length;
    g_autofree char *text = g_key_file_to_data(meta, &length, NULL);
    return write_aside(writer, path, text, length, error);
}

/* Puts the written file and its description in place of what was there. The bucket is locked. */
static gboolean install(StoreWriter *writer, const StoreObject *object, GError **error)
{
    g_autofree char *stem = stem_of_key(writer->store, writer->bucket, writer->key);
    g_autofree char *folder = g_path_get_dirname(stem);
    g_autofree char *generation =
        g_strdup_printf("%06x%06x", g_random_int() & 0xffffff, g_random_int() & 0xffffff);
    g_autofree char *data = g_strconcat(stem, ".", generation, NULL);
    g_autofree char *meta = g_strconcat(stem, META_SUFFIX, NULL);
    g_autofree char *old = NULL;
    store_object_free(load_object(stem, writer->bucket, writer->key, &old, NULL));
    if (!make_folder(folder, error))
        return FALSE;
    if (rename(writer->path, data) < 0)
        return rs_error_set_errno(error, errno, "cannot write s3://%s/%s", writer->bucket,
                                  writer->key);
    if (!save_meta(writer, object, generation, meta, error)) {
        unlink(data);
        return FALSE;
    }
    if (old != NULL)
        unlink(old);
    return TRUE;
}

gboolean store_write_commit(StoreWriter *writer, const char *etag, StoreObject **object,
                            GError **error)
{
    g_autoptr(StoreObject) made = g_new0(StoreObject, 1);
    made->key = g_strdup(writer->key);
    made->size = writer->size;
    made->etag = etag != NULL          ? g_strdup(etag)
                 : writer->md5 != NULL ? g_strdup(digest_hex(writer->md5))
                                       : store_opaque_etag();
    made->kms_key = g_strdup(writer->kms_key);
    made->content_type = g_strdup(writer->content_type);
    made->modified_ms = g_get_real_time() / 1000;
    int lock = lock_bucket(writer->store, writer->bucket, error);
    gboolean installed = lock >= 0 && install(writer, made, error);
    if (lock >= 0)
        close(lock);
    if (!installed) {
        store_write_abort(writer);
        return FALSE;
    }
    count_change(writer->store);
    writer_free(writer);
    if (object != NULL)
        *object = g_steal_pointer(&made);
    return TRUE;
}

gboolean store_delete(Store *store, const char *bucket, const char *key, GError **error)
{
    if (!need_bucket(store, bucket, error) || !need_key(key, error))
        return FALSE;
    int lock = lock_bucket(store, bucket, error);
    if (lock < 0)
        return FALSE;
    g_autofree char *stem = stem_of_key(store, bucket, key);
    g_autofree char *meta = g_strconcat(stem, META_SUFFIX, NULL);
    g_autofree char *data = NULL;
    store_object_free(load_object(stem, bucket, key, &data, NULL));
    gboolean gone = unlink(meta) == 0 || errno == ENOENT;
    if (!gone)
        rs_error_set_errno(error, errno, "cannot delete s3://%s/%s", bucket, key);
    else if (data != NULL)
        unlink(data);
    close(lock);
    count_change(store);
    return gone;
}
