#include "sandbox/copy_target.h"

#include <string.h>

#include "sandbox/pgcopy.h"

static void append_name(GString *out, const char *name)
{
    g_string_append_c(out, '"');
    for (; *name != '\0'; name++) {
        if (*name == '"')
            g_string_append_c(out, '"');
        g_string_append_c(out, *name);
    }
    g_string_append_c(out, '"');
}

static char *qualified(const char *schema, const char *table)
{
    GString *out = g_string_new(NULL);
    if (schema != NULL) {
        append_name(out, schema);
        g_string_append_c(out, '.');
    }
    append_name(out, table);
    return g_string_free(out, FALSE);
}

char *copy_target_name(const CopyTarget *target)
{
    return qualified(target->schema, target->table);
}

void copy_target_clear(CopyTarget *target)
{
    g_free(target->schema);
    g_free(target->table);
    g_clear_pointer(&target->columns, g_ptr_array_unref);
    *target = (CopyTarget){0};
}

/* --- the relation ------------------------------------------------------------------------------- */

typedef struct {
    CopyTarget *target;
    gboolean is_table;
} RelationRow;

static gboolean is_true(const char *value)
{
    return g_strcmp0(value, "t") == 0;
}

static gboolean note_relation(gpointer user, guint n, const char *const *values, const int *lengths)
{
    RelationRow *row = user;
    (void)n;
    (void)lengths;
    row->target->oid = g_ascii_strtoll(values[0], NULL, 10);
    row->target->schema = g_strdup(values[1]);
    row->target->table = g_strdup(values[2]);
    row->is_table = is_true(values[3]);
    row->target->empty = is_true(values[4]);
    row->target->owned = is_true(values[5]);
    return TRUE;
}

static gboolean find_relation(FrontSession *session, const CopyOptions *options, CopyTarget *target)
{
    RelationRow row = {.target = target};
    g_autofree char *name = qualified(options->schema, options->table);
    g_autoptr(GString) sql =
        g_string_new("SELECT c.oid, n.nspname, c.relname, c.relkind IN ('r', 'p'), "
                     "c.relkind IN ('r', 'p') AND pg_catalog.pg_relation_size(c.oid) = 0, "
                     "pg_catalog.pg_has_role(c.relowner, 'USAGE') FROM pg_catalog.pg_class c "
                     "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
                     "WHERE c.oid = pg_catalog.to_regclass(");
    pg_append_literal(sql, name, -1);
    g_string_append_c(sql, ')');
    if (!backend_query(session, sql->str, note_relation, &row))
        return FALSE;
    if (target->oid == 0)
        return front_fail(session, "42P01", "Cannot COPY into nonexistent table %s",
                          options->table);
    if (!row.is_table)
        return front_fail(session, "42809", "cannot copy to non-table relation \"%s\"",
                          options->table);
    return TRUE;
}

/* --- the columns -------------------------------------------------------------------------------- */

static gboolean note_column(gpointer user, guint n, const char *const *values, const int *lengths)
{
    (void)n;
    (void)lengths;
    LoadColumn *column = load_column_new(values[0], values[1], is_true(values[2]));
    column->identity_always = g_str_equal(values[3], "a");
    g_ptr_array_add(user, column);
    return TRUE;
}

static GPtrArray *all_columns(FrontSession *session, gint64 oid)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT attname, pg_catalog.format_type(atttypid, atttypmod), attnotnull, attidentity "
        "FROM pg_catalog.pg_attribute WHERE attrelid = %" G_GINT64_FORMAT
        " AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        oid);
    g_autoptr(GPtrArray) columns = g_ptr_array_new_with_free_func((GDestroyNotify)load_column_free);
    return backend_query(session, sql, note_column, columns) ? g_steal_pointer(&columns) : NULL;
}

/* Takes the column of that name out of those that are left. NULL when it is not among them. */
static LoadColumn *take_column(GPtrArray *columns, const char *name)
{
    for (guint i = 0; i < columns->len; i++)
        if (g_str_equal(((LoadColumn *)columns->pdata[i])->name, name))
            return g_ptr_array_steal_index(columns, i);
    return NULL;
}

static gboolean is_listed(const GPtrArray *columns, const char *name)
{
    for (guint i = 0; i < columns->len; i++)
        if (g_str_equal(((LoadColumn *)columns->pdata[i])->name, name))
            return TRUE;
    return FALSE;
}

static gboolean choose_listed(FrontSession *session, const CopyOptions *options, CopyTarget *target,
                              GPtrArray *all)
{
    for (guint i = 0; i < options->columns->len; i++) {
        const char *name = options->columns->pdata[i];
        if (is_listed(target->columns, name))
            return front_fail(session, "42701", "column \"%s\" specified more than once", name);
        LoadColumn *column = take_column(all, name);
        if (column == NULL)
            return front_fail(session, "42703", "column \"%s\" of relation \"%s\" does not exist",
                              name, target->table);
        g_ptr_array_add(target->columns, column);
        if (column->identity_always && !options->explicit_ids)
            return front_fail(session, "42601",
                              "IDENTITY column \"%s\" in the column list requires EXPLICIT_IDS",
                              name);
    }
    for (guint i = 0; options->explicit_ids && i < all->len; i++)
        if (((LoadColumn *)all->pdata[i])->identity_always)
            return front_fail(session, "42601",
                              "EXPLICIT_IDS requires IDENTITY column \"%s\" in the column list",
                              ((LoadColumn *)all->pdata[i])->name);
    return TRUE;
}

/* Without a list every column has its field, but for IDENTITY, whose values Redshift makes. */
static void choose_all(const CopyOptions *options, CopyTarget *target, GPtrArray *all)
{
    while (all->len > 0) {
        LoadColumn *column = g_ptr_array_steal_index(all, 0);
        if (column->identity_always && !options->explicit_ids)
            load_column_free(column);
        else
            g_ptr_array_add(target->columns, column);
    }
}

gboolean copy_target_find(FrontSession *session, const CopyOptions *options, CopyTarget *target)
{
    if (!find_relation(session, options, target))
        return FALSE;
    g_autoptr(GPtrArray) all = all_columns(session, target->oid);
    if (all == NULL)
        return FALSE;
    target->columns = g_ptr_array_new_with_free_func((GDestroyNotify)load_column_free);
    if (options->columns != NULL)
        return choose_listed(session, options, target, all);
    choose_all(options, target, all);
    return target->columns->len > 0 ||
           front_fail(session, "42601", "table \"%s\" has no column to load", target->table);
}

char *copy_target_statement(const CopyTarget *target)
{
    g_autofree char *name = copy_target_name(target);
    GString *out = g_string_new("COPY ");
    g_string_append_printf(out, "%s (", name);
    for (guint i = 0; i < target->columns->len; i++) {
        if (i > 0)
            g_string_append(out, ", ");
        append_name(out, ((LoadColumn *)target->columns->pdata[i])->name);
    }
    g_string_append(out, ") FROM STDIN (ENCODING 'UTF8')");
    return g_string_free(out, FALSE);
}
