#include "redshift/catalog_level.h"

#include <string.h>

#include "redshift/catalog_search.h"

enum { CHUNK = 64 * 1024 };

struct CatalogLevel {
    char *schema;
    GArray *records;    /* of CatalogRelation */
    GPtrArray *items;   /* into records, once finished */
    GStringChunk *text; /* the strings; NULL when they lie in bytes */
    GBytes *bytes;
    GString *folded; /* NUL-terminated names in the order of items */
    guint32 *folded_at;
    guint64 *masks;
    guint first[N_RELATION_KINDS + 1]; /* where each kind begins */
    gint64 read_at;
};

CatalogLevel *catalog_level_new_in(const char *schema, GBytes *bytes)
{
    CatalogLevel *level = g_atomic_rc_box_new0(CatalogLevel);
    level->schema = g_strdup(schema);
    level->records = g_array_new(FALSE, FALSE, sizeof(CatalogRelation));
    level->items = g_ptr_array_new();
    level->bytes = bytes == NULL ? NULL : g_bytes_ref(bytes);
    return level;
}

CatalogLevel *catalog_level_new(const char *schema)
{
    CatalogLevel *level = catalog_level_new_in(schema, NULL);
    level->text = g_string_chunk_new(CHUNK);
    return level;
}

static void level_clear(gpointer data)
{
    CatalogLevel *level = data;
    g_free(level->schema);
    g_array_unref(level->records);
    g_ptr_array_unref(level->items);
    g_clear_pointer(&level->text, g_string_chunk_free);
    g_clear_pointer(&level->bytes, g_bytes_unref);
    if (level->folded != NULL)
        g_string_free(level->folded, TRUE);
    g_free(level->folded_at);
    g_free(level->masks);
}

CatalogLevel *catalog_level_ref(CatalogLevel *level)
{
    return level == NULL ? NULL : g_atomic_rc_box_acquire(level);
}

void catalog_level_unref(CatalogLevel *level)
{
    if (level != NULL)
        g_atomic_rc_box_release_full(level, level_clear);
}

static char *keep(CatalogLevel *level, const char *text, gboolean shared)
{
    if (text == NULL || level->text == NULL)
        return (char *)text;
    return shared ? g_string_chunk_insert_const(level->text, text)
                  : g_string_chunk_insert(level->text, text);
}

void catalog_level_add(CatalogLevel *level, const CatalogRelation *relation)
{
    CatalogRelation record = *relation;
    record.schema = level->schema;
    record.name = keep(level, relation->name, FALSE);
    record.arguments = keep(level, relation->arguments, FALSE);
    record.owner = keep(level, relation->owner, TRUE); /* few owners, many tables */
    record.comment = keep(level, relation->comment, FALSE);
    g_array_append_val(level->records, record);
}

guint catalog_level_count(const CatalogLevel *level)
{
    return level->records->len;
}

/* --- finishing --------------------------------------------------------------------------------- */

static int compare(const CatalogRelation *a, const CatalogRelation *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    int names = strcmp(a->name, b->name);
    return names != 0 ? names : g_strcmp0(a->arguments, b->arguments);
}

static int by_kind_and_name(gconstpointer a, gconstpointer b)
{
    return compare(*(CatalogRelation *const *)a, *(CatalogRelation *const *)b);
}

static void fold_names(CatalogLevel *level)
{
    guint n = level->items->len;
    level->folded = g_string_sized_new((gsize)n * 16);
    level->folded_at = g_new(guint32, n);
    level->masks = g_new(guint64, n);
    for (guint i = 0; i < n; i++) {
        const CatalogRelation *relation = level->items->pdata[i];
        level->folded_at[i] = (guint32)level->folded->len;
        level->masks[i] = catalog_search_fold(relation->name, level->folded);
        g_string_append_c(level->folded, '\0');
    }
}

void catalog_level_finish(CatalogLevel *level, gint64 read_at)
{
    guint n = level->records->len;
    gboolean sorted = TRUE;
    level->read_at = read_at;
    for (guint i = 0; i < n; i++) {
        CatalogRelation *record = &g_array_index(level->records, CatalogRelation, i);
        g_ptr_array_add(level->items, record);
        sorted &= i == 0 || compare(record - 1, record) <= 0;
    }
    if (!sorted) /* what comes from a cache is */
        g_ptr_array_sort(level->items, by_kind_and_name);
    guint at = 0;
    for (guint kind = 0; kind < N_RELATION_KINDS; kind++) {
        level->first[kind] = at;
        while (at < n && ((CatalogRelation *)level->items->pdata[at])->kind == kind)
            at++;
    }
    level->first[N_RELATION_KINDS] = at;
    fold_names(level);
}

/* --- reading ----------------------------------------------------------------------------------- */

const char *catalog_level_schema(const CatalogLevel *level)
{
    return level->schema;
}

const GPtrArray *catalog_level_relations(const CatalogLevel *level)
{
    return level->items;
}

gint64 catalog_level_read_at(const CatalogLevel *level)
{
    return level->read_at;
}

guint catalog_level_of_kind(const CatalogLevel *level, RelationKind kind, guint *first)
{
    *first = level->first[kind];
    return level->first[kind + 1] - level->first[kind];
}

/* The first within [low, high) that is not before the wanted one. */
static guint lower_bound(const CatalogLevel *level, guint low, guint high,
                         const CatalogRelation *wanted)
{
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (compare(level->items->pdata[middle], wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const CatalogRelation *catalog_level_find(const CatalogLevel *level, const char *name)
{
    for (guint kind = 0; kind < N_RELATION_KINDS; kind++) {
        CatalogRelation wanted = {.kind = kind, .name = (char *)name};
        guint end = level->first[kind + 1];
        guint i = lower_bound(level, level->first[kind], end, &wanted);
        if (i < end && strcmp(((CatalogRelation *)level->items->pdata[i])->name, name) == 0)
            return level->items->pdata[i];
    }
    return NULL;
}

const char *catalog_level_folded(const CatalogLevel *level, guint i)
{
    return level->folded->str + level->folded_at[i];
}

guint64 catalog_level_mask(const CatalogLevel *level, guint i)
{
    return level->masks[i];
}

/* --- what changed ------------------------------------------------------------------------------ */

GPtrArray *catalog_level_compare(CatalogLevel *level, const CatalogLevel *before)
{
    GPtrArray *vanished = NULL;
    const GPtrArray *old = before->items, *now = level->items;
    for (guint i = 0, j = 0; i < old->len || j < now->len;) {
        int order = i == old->len ? 1 : j == now->len ? -1 : compare(old->pdata[i], now->pdata[j]);
        if (order > 0)
            ((CatalogRelation *)now->pdata[j])->is_new = TRUE;
        if (order < 0) {
            vanished = vanished == NULL ? g_ptr_array_new() : vanished;
            g_ptr_array_add(vanished, old->pdata[i]);
        }
        i += order <= 0;
        j += order >= 0;
    }
    return vanished;
}

void catalog_level_take_sizes(CatalogLevel *level, GHashTable *sizes)
{
    for (guint i = 0; i < level->records->len; i++) {
        CatalogRelation *relation = &g_array_index(level->records, CatalogRelation, i);
        const CatalogSize *size =
            g_hash_table_lookup(sizes, GUINT_TO_POINTER((guint)relation->oid));
        if (relation->kind != RELATION_TABLE || size == NULL)
            continue;
        relation->estimated_rows = size->rows;
        relation->size_mb = size->size_mb;
    }
}
