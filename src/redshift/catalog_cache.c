#include "redshift/catalog_cache.h"

#include <string.h>

#include "base/error.h"
#include "config/paths.h"

/* Another layout is another version: files of the old one are ignored. */
#define MAGIC "RScatlg1"

enum {
    NONE = 0, /* offset of a string that is NULL: the block begins with an unused byte */
    MOST_NAMES = 1 << 24,
    NAME_LENGTH = 32, /* hexadecimal digits of a key's hash */
};

typedef struct {
    char magic[8];
    guint32 byte_order; /* as this machine writes 1 */
    guint32 n_records;
    guint64 hash; /* of everything behind the header */
    guint64 length;
    gint64 read_at;
    guint32 target, key, schema; /* offsets */
    guint32 unused;
} Header;

typedef struct {
    guint32 name, arguments, owner, comment; /* offsets */
    guint32 oid;
    guint8 kind, flags, unused[2];
    gint64 rows, size_mb;
} Record;

struct CatalogCache {
    char *folder;
    char *target;
};

static char *hashed(const char *text)
{
    char *digits = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
    digits[NAME_LENGTH] = '\0';
    return digits;
}

CatalogCache *catalog_cache_new(const char *profile, const char *target, const char *database)
{
    CatalogCache *cache = g_new(CatalogCache, 1);
    g_autofree char *base = paths_cache_dir();
    g_autofree char *both = g_strconcat(profile, "\n", database, NULL);
    g_autofree char *name = hashed(both);
    cache->folder = g_build_filename(base, "catalog", name, NULL);
    cache->target = g_strdup(target);
    return cache;
}

void catalog_cache_free(CatalogCache *cache)
{
    if (cache == NULL)
        return;
    g_free(cache->folder);
    g_free(cache->target);
    g_free(cache);
}

char *catalog_cache_path(const CatalogCache *cache, const char *key)
{
    g_autofree char *name = hashed(key);
    return g_build_filename(cache->folder, name, NULL);
}

/* A word at a time: finds damage, not malice; who can write here can write the whole file. */
static guint64 hash_of(const char *bytes, gsize length)
{
    guint64 hash = 0x9e3779b97f4a7c15ULL ^ length;
    guint64 word;
    for (; length >= sizeof word; bytes += sizeof word, length -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        hash = (hash ^ word) * 0xff51afd7ed558ccdULL;
        hash ^= hash >> 32;
    }
    word = 0;
    memcpy(&word, bytes, length);
    hash = (hash ^ word) * 0xc4ceb9fe1a85ec53ULL;
    return hash ^ (hash >> 29);
}

/* --- writing ----------------------------------------------------------------------------------- */

static guint32 put_text(GString *text, GHashTable *shared, const char *value)
{
    gpointer at;
    if (value == NULL)
        return NONE;
    if (shared != NULL && g_hash_table_lookup_extended(shared, value, NULL, &at))
        return GPOINTER_TO_UINT(at);
    guint32 offset = (guint32)text->len;
    g_string_append_len(text, value, (gssize)strlen(value) + 1);
    if (shared != NULL)
        g_hash_table_insert(shared, (gpointer)value, GUINT_TO_POINTER(offset));
    return offset;
}

static Record record_of(const CatalogRelation *relation, GString *text, GHashTable *owners)
{
    return (Record){
        .name = put_text(text, NULL, relation->name),
        .arguments = put_text(text, NULL, relation->arguments),
        .owner = put_text(text, owners, relation->owner),
        .comment = put_text(text, NULL, relation->comment),
        .oid = relation->oid,
        .kind = (guint8)relation->kind,
        .flags = (guint8)relation->flags,
        .rows = relation->estimated_rows,
        .size_mb = relation->size_mb,
    };
}

static GString *file_of(const CatalogCache *cache, const char *key, const CatalogLevel *level)
{
    const GPtrArray *relations = catalog_level_relations(level);
    g_autoptr(GHashTable) owners = g_hash_table_new(g_str_hash, g_str_equal);
    GString *file = g_string_sized_new(sizeof(Header) + relations->len * (sizeof(Record) + 24));
    GString *text = g_string_sized_new((gsize)relations->len * 24);
    Header header = {
        .byte_order = 1, .n_records = relations->len, .read_at = catalog_level_read_at(level)};
    memcpy(header.magic, MAGIC, sizeof header.magic);
    g_string_append_c(text, '\0'); /* NONE */
    header.target = put_text(text, NULL, cache->target);
    header.key = put_text(text, NULL, key);
    header.schema = put_text(text, NULL, catalog_level_schema(level));
    g_string_append_len(file, (const char *)&header, sizeof header);
    for (guint i = 0; i < relations->len; i++) {
        Record record = record_of(relations->pdata[i], text, owners);
        g_string_append_len(file, (const char *)&record, sizeof record);
    }
    g_string_append_len(file, text->str, (gssize)text->len);
    g_string_free(text, TRUE);
    header.length = file->len - sizeof header;
    header.hash = hash_of(file->str + sizeof header, header.length);
    memcpy(file->str, &header, sizeof header);
    return file;
}

gboolean catalog_cache_write(const CatalogCache *cache, const char *key, const CatalogLevel *level,
                             GError **error)
{
    g_autofree char *path = catalog_cache_path(cache, key);
    if (!paths_make(cache->folder, error))
        return FALSE;
    g_autoptr(GError) failure = NULL;
    GString *file = file_of(cache, key, level);
    gboolean written = g_file_set_contents_full(path, file->str, (gssize)file->len,
                                                G_FILE_SET_CONTENTS_CONSISTENT, 0600, &failure);
    g_string_free(file, TRUE);
    if (!written)
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "cannot write the catalog's cache: %s",
                    failure->message);
    return written;
}

/* --- reading ----------------------------------------------------------------------------------- */

typedef struct {
    const Header *header;
    const Record *records;
    const char *text;
    gsize text_length;
} Layout;

/* Every offset is checked against the block once: then the strings need no further look. */
static gboolean lay_out(GBytes *bytes, Layout *layout)
{
    gsize length;
    const char *data = g_bytes_get_data(bytes, &length);
    const Header *header = (const Header *)data;
    if (length < sizeof *header || memcmp(header->magic, MAGIC, sizeof header->magic) != 0 ||
        header->byte_order != 1 || header->n_records > MOST_NAMES ||
        header->length != length - sizeof *header)
        return FALSE;
    gsize records = header->n_records * sizeof(Record);
    if (records >= header->length || data[length - 1] != '\0' ||
        hash_of(data + sizeof *header, header->length) != header->hash)
        return FALSE;
    *layout = (Layout){.header = header,
                       .records = (const Record *)(data + sizeof *header),
                       .text = data + sizeof *header + records,
                       .text_length = header->length - records};
    return TRUE;
}

/* NULL for NONE; *bad becomes TRUE for an offset beyond the block. */
static char *text_at(const Layout *layout, guint32 offset, gboolean *bad)
{
    *bad |= offset >= layout->text_length;
    return offset == NONE || *bad ? NULL : (char *)layout->text + offset;
}

static gboolean is_ours(const CatalogCache *cache, const char *key, const Layout *layout)
{
    gboolean bad = FALSE;
    const char *target = text_at(layout, layout->header->target, &bad);
    const char *own = text_at(layout, layout->header->key, &bad);
    return !bad && g_strcmp0(target, cache->target) == 0 && g_strcmp0(own, key) == 0;
}

static CatalogLevel *level_of(GBytes *bytes, const Layout *layout)
{
    gboolean bad = FALSE;
    const char *schema = text_at(layout, layout->header->schema, &bad);
    g_autoptr(CatalogLevel) level = catalog_level_new_in(schema == NULL ? "" : schema, bytes);
    for (guint32 i = 0; i < layout->header->n_records && !bad; i++) {
        const Record *record = &layout->records[i];
        CatalogRelation relation = {
            .name = text_at(layout, record->name, &bad),
            .arguments = text_at(layout, record->arguments, &bad),
            .owner = text_at(layout, record->owner, &bad),
            .comment = text_at(layout, record->comment, &bad),
            .oid = record->oid,
            .kind = record->kind,
            .flags = record->flags,
            .estimated_rows = record->rows,
            .size_mb = record->size_mb,
        };
        bad |= relation.name == NULL || record->kind >= N_RELATION_KINDS;
        if (!bad)
            catalog_level_add(level, &relation);
    }
    if (bad)
        return NULL;
    catalog_level_finish(level, layout->header->read_at);
    return g_steal_pointer(&level);
}

CatalogLevel *catalog_cache_read(const CatalogCache *cache, const char *key)
{
    g_autofree char *path = catalog_cache_path(cache, key);
    char *data = NULL;
    gsize length = 0;
    Layout layout;
    if (!g_file_get_contents(path, &data, &length, NULL))
        return NULL;
    g_autoptr(GBytes) bytes = g_bytes_new_take(data, length);
    if (!lay_out(bytes, &layout) || !is_ours(cache, key, &layout))
        return NULL;
    return level_of(bytes, &layout);
}
