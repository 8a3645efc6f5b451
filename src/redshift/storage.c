#include "redshift/storage.h"

#include <string.h>

#include "redshift/catalog.h"
#include "redshift/probe.h"

/* A column takes at least one block on each slice, however it is encoded: on smaller tables no
 * encoding saves anything. */
enum { ROWS_WORTH_ENCODING = 10000 };

static void column_free(gpointer data)
{
    StorageColumn *column = data;
    g_free(column->name);
    g_free(column->type);
    g_free(column->encoding);
    g_free(column->advice);
    g_free(column);
}

void storage_free(Storage *storage)
{
    if (storage == NULL)
        return;
    g_free(storage->schema);
    g_free(storage->name);
    g_free(storage->encoded);
    g_free(storage->dist_style);
    g_free(storage->sortkey1);
    g_free(storage->risk);
    g_free(storage->created);
    g_ptr_array_unref(storage->columns);
    g_array_unref(storage->slices);
    g_ptr_array_unref(storage->recommendations);
    g_ptr_array_unref(storage->missing);
    g_free(storage);
}

char *storage_missing_text(const char *view, const char *what)
{
    return g_strdup_printf("%s: %s may not be read (superuser, role sys:monitor, or GRANT SELECT "
                           "ON %s)",
                           what, view, view);
}

const char *storage_encoding_advice(const char *type, const char *encoding, int sort_key)
{
    static const char *const packed[] = {"smallint", "integer", "bigint",
                                         "numeric",  "date",    "time"};
    static const char *const text[] = {"character", "binary varying", "super"};
    if (encoding == NULL || strcmp(encoding, "none") != 0 || ABS(sort_key) == 1)
        return NULL; /* the first sort column is better left raw: range scans skip by it */
    for (gsize i = 0; i < G_N_ELEMENTS(packed); i++)
        if (g_str_has_prefix(type, packed[i]))
            return "not compressed: ENCODE az64 would take less";
    for (gsize i = 0; i < G_N_ELEMENTS(text); i++)
        if (g_str_has_prefix(type, text[i]))
            return "not compressed: ENCODE zstd would take less";
    return NULL;
}

/* --- the questions ------------------------------------------------------------------------------ */

static double real_at(const GPtrArray *rows, guint column)
{
    const char *text = probe_text(rows, 0, column);
    return text == NULL ? -1 : g_ascii_strtod(text, NULL);
}

/* Rows of a view that may be closed; then a line in `missing`. */
static GPtrArray *ask(Session *session, Storage *storage, const char *view, const char *what,
                      const char *sql, GCancellable *cancellable, GError **error)
{
    gboolean refused = FALSE;
    GPtrArray *rows = probe_query(session, sql, &refused, cancellable, error);
    if (rows != NULL && refused)
        g_ptr_array_add(storage->missing, storage_missing_text(view, what));
    return rows;
}

static gboolean load_info(Session *session, Storage *storage, guint32 oid,
                          GCancellable *cancellable, GError **error)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT tbl_rows, estimated_visible_rows, \"size\", pct_used, unsorted, "
                        "stats_off, skew_rows, "
                        "skew_sortkey1, encoded, diststyle, sortkey1, risk_event, create_time "
                        "FROM svv_table_info WHERE table_id = %u",
                        oid);
    g_autoptr(GPtrArray) rows =
        ask(session, storage, "svv_table_info", "rows, size, sorting, statistics, skew", sql,
            cancellable, error);
    if (rows == NULL)
        return FALSE;
    storage->is_listed = rows->len > 0;
    if (rows->len == 0)
        return TRUE;
    storage->rows = probe_number(rows, 0, 0, -1);
    storage->visible_rows = probe_number(rows, 0, 1, -1);
    storage->size_mb = probe_number(rows, 0, 2, -1);
    storage->pct_used = real_at(rows, 3);
    storage->unsorted = real_at(rows, 4);
    storage->stats_off = real_at(rows, 5);
    storage->skew_rows = real_at(rows, 6);
    storage->skew_sortkey1 = real_at(rows, 7);
    storage->encoded = g_strdup(probe_text(rows, 0, 8));
    storage->dist_style = g_strdup(probe_text(rows, 0, 9));
    storage->sortkey1 = g_strdup(probe_text(rows, 0, 10));
    storage->risk = g_strdup(probe_text(rows, 0, 11));
    storage->created = g_strdup(probe_text(rows, 0, 12));
    return TRUE;
}

static gboolean load_slices(Session *session, Storage *storage, guint32 oid,
                            GCancellable *cancellable, GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT slice, sum(rows) FROM stv_tbl_perm WHERE id = %u GROUP BY slice ORDER BY slice",
        oid);
    g_autoptr(GPtrArray) rows =
        ask(session, storage, "stv_tbl_perm", "rows of each slice", sql, cancellable, error);
    for (guint i = 0; rows != NULL && i < rows->len; i++) {
        gint64 count = probe_number(rows, i, 1, 0);
        g_array_append_val(storage->slices, count);
    }
    return rows != NULL;
}

static gboolean load_blocks(Session *session, Storage *storage, guint32 oid,
                            GCancellable *cancellable, GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT col, count(*) FROM stv_blocklist WHERE tbl = %u GROUP BY col ORDER BY col", oid);
    g_autoptr(GPtrArray) rows =
        ask(session, storage, "stv_blocklist", "blocks of each column", sql, cancellable, error);
    for (guint i = 0; rows != NULL && i < rows->len; i++) {
        gint64 column = probe_number(rows, i, 0, -1); /* behind ours are the server's own three */
        if (column >= 0 && column < storage->columns->len)
            ((StorageColumn *)storage->columns->pdata[column])->blocks =
                probe_number(rows, i, 1, -1);
    }
    return rows != NULL;
}

static gboolean load_recommendations(Session *session, Storage *storage, guint32 oid,
                                     GCancellable *cancellable, GError **error)
{
    g_autofree char *sql =
        g_strdup_printf("SELECT ddl FROM svv_alter_table_recommendations WHERE table_id = %u", oid);
    g_autoptr(GPtrArray) rows = ask(session, storage, "svv_alter_table_recommendations",
                                    "the server's own advice", sql, cancellable, error);
    for (guint i = 0; rows != NULL && i < rows->len; i++)
        if (probe_text(rows, i, 0) != NULL)
            g_ptr_array_add(storage->recommendations, g_strchomp(g_strdup(probe_text(rows, i, 0))));
    return rows != NULL;
}

/* --- the whole ---------------------------------------------------------------------------------- */

static Storage *storage_of(const CatalogTable *table)
{
    Storage *storage = g_new0(Storage, 1);
    storage->schema = g_strdup(table->relation.schema);
    storage->name = g_strdup(table->relation.name);
    storage->is_table = table->relation.kind == RELATION_TABLE;
    storage->rows = storage->visible_rows = storage->size_mb = -1;
    storage->pct_used = storage->unsorted = storage->stats_off = -1;
    storage->skew_rows = storage->skew_sortkey1 = -1;
    storage->columns = g_ptr_array_new_with_free_func(column_free);
    storage->slices = g_array_new(FALSE, FALSE, sizeof(gint64));
    storage->recommendations = g_ptr_array_new_with_free_func(g_free);
    storage->missing = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < table->columns->len; i++) {
        const CatalogColumn *from = table->columns->pdata[i];
        StorageColumn *column = g_new0(StorageColumn, 1);
        column->name = g_strdup(from->name);
        column->type = g_strdup(from->type);
        column->encoding = g_strdup(from->encoding);
        column->blocks = -1;
        g_ptr_array_add(storage->columns, column);
    }
    return storage;
}

static void add_advice(Storage *storage, const CatalogTable *table)
{
    gint64 rows = storage->rows >= 0 ? storage->rows : table->relation.estimated_rows;
    for (guint i = 0; rows >= ROWS_WORTH_ENCODING && i < storage->columns->len; i++) {
        const CatalogColumn *from = table->columns->pdata[i];
        StorageColumn *column = storage->columns->pdata[i];
        column->advice =
            g_strdup(storage_encoding_advice(from->type, from->encoding, from->sort_key));
    }
}

Storage *storage_load(Session *session, const char *schema, const char *relation,
                      GCancellable *cancellable, GError **error)
{
    g_autoptr(CatalogTable) table =
        catalog_load_table(session, schema, relation, cancellable, error);
    if (table == NULL)
        return NULL;
    g_autoptr(Storage) storage = storage_of(table);
    guint32 oid = table->relation.oid;
    if (!storage->is_table)
        return g_steal_pointer(&storage);
    if (!load_info(session, storage, oid, cancellable, error) ||
        !load_slices(session, storage, oid, cancellable, error) ||
        !load_blocks(session, storage, oid, cancellable, error) ||
        !load_recommendations(session, storage, oid, cancellable, error))
        return NULL;
    add_advice(storage, table);
    return g_steal_pointer(&storage);
}
