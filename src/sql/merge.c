#include "sql/merge.h"

#include <string.h>

#include "base/error.h"
#include "sql/ident.h"

/* What the stage is called in the statements. A target of that very name gets the other one. */
static const char *stage_alias(const SqlMerge *merge)
{
    return strcmp(merge->target, "redsmith_new") == 0 ? "redsmith_stage" : "redsmith_new";
}

static gboolean is_key(const SqlMerge *merge, const char *column)
{
    return g_strv_contains(merge->keys, column);
}

/* The columns that are not keys; borrowed names. Free with g_ptr_array_unref. */
static GPtrArray *tracked_columns(const SqlMerge *merge)
{
    GPtrArray *tracked = g_ptr_array_new();
    for (guint i = 0; merge->columns[i] != NULL; i++)
        if (!is_key(merge, merge->columns[i]))
            g_ptr_array_add(tracked, (gpointer)merge->columns[i]);
    return tracked;
}

/* "a"."k" = "b"."k" AND ... */
static void append_key_match(GString *out, const SqlMerge *merge, const char *a, const char *b)
{
    for (guint i = 0; merge->keys[i] != NULL; i++) {
        g_autofree char *left = sql_ident_pair(a, merge->keys[i]);
        g_autofree char *right = sql_ident_pair(b, merge->keys[i]);
        g_string_append_printf(out, "%s%s = %s", i > 0 ? " AND " : "", left, right);
    }
}

/* Redshift has no IS DISTINCT FROM: NULL against a value is a difference, NULL against NULL none. */
static void append_differs(GString *out, const GPtrArray *columns, const char *a, const char *b)
{
    g_string_append_c(out, '(');
    for (guint i = 0; i < columns->len; i++) {
        g_autofree char *left = sql_ident_pair(a, columns->pdata[i]);
        g_autofree char *right = sql_ident_pair(b, columns->pdata[i]);
        g_string_append_printf(out,
                               "%s%s <> %s OR (%s IS NULL AND %s IS NOT NULL)"
                               " OR (%s IS NOT NULL AND %s IS NULL)",
                               i > 0 ? " OR " : "", left, right, left, right, left, right);
    }
    g_string_append_c(out, ')');
}

static char *target_name(const SqlMerge *merge)
{
    return sql_ident_pair(merge->target_schema, merge->target);
}

static char *stage_name(const SqlMerge *merge)
{
    return sql_ident_pair(merge->stage_schema, merge->stage);
}

static char *column_list(const SqlMerge *merge, const char *alias)
{
    return sql_ident_list(merge->columns, g_strv_length((char **)merge->columns), alias);
}

static char *merge_statement(const SqlMerge *merge, const GPtrArray *tracked)
{
    const char *alias = stage_alias(merge);
    g_autofree char *target = target_name(merge);
    g_autofree char *stage = stage_name(merge);
    g_autofree char *columns = column_list(merge, NULL);
    g_autofree char *values = column_list(merge, alias);
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "MERGE INTO %s USING %s AS \"%s\" ON ", target, stage, alias);
    append_key_match(out, merge, merge->target, alias);
    g_string_append(out, " WHEN MATCHED THEN UPDATE SET ");
    for (guint i = 0; i < tracked->len; i++) {
        g_autofree char *column = sql_ident(tracked->pdata[i]);
        g_autofree char *value = sql_ident_pair(alias, tracked->pdata[i]);
        g_string_append_printf(out, "%s%s = %s", i > 0 ? ", " : "", column, value);
    }
    g_string_append_printf(out, " WHEN NOT MATCHED THEN INSERT (%s) VALUES (%s)", columns, values);
    return g_string_free(out, FALSE);
}

static char *delete_statement(const SqlMerge *merge)
{
    const char *alias = stage_alias(merge);
    g_autofree char *target = target_name(merge);
    g_autofree char *stage = stage_name(merge);
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "DELETE FROM %s USING %s AS \"%s\" WHERE ", target, stage, alias);
    append_key_match(out, merge, merge->target, alias);
    return g_string_free(out, FALSE);
}

static char *insert_statement(const SqlMerge *merge)
{
    g_autofree char *target = target_name(merge);
    g_autofree char *stage = stage_name(merge);
    g_autofree char *columns = column_list(merge, NULL);
    return g_strdup_printf("INSERT INTO %s (%s) SELECT %s FROM %s", target, columns, columns,
                           stage);
}

/* SYSDATE is the transaction's start: the end of the old version is the start of the new one. */
static char *expire_statement(const SqlMerge *merge, const GPtrArray *tracked)
{
    const char *alias = stage_alias(merge);
    g_autofree char *target = target_name(merge);
    g_autofree char *stage = stage_name(merge);
    g_autofree char *valid_to = sql_ident(merge->valid_to);
    g_autofree char *is_current = sql_ident(merge->is_current);
    g_autofree char *was_current = sql_ident_pair(merge->target, merge->is_current);
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "UPDATE %s SET %s = SYSDATE, %s = FALSE FROM %s AS \"%s\" WHERE ",
                           target, valid_to, is_current, stage, alias);
    append_key_match(out, merge, merge->target, alias);
    g_string_append_printf(out, " AND %s = TRUE AND ", was_current);
    append_differs(out, tracked, merge->target, alias);
    return g_string_free(out, FALSE);
}

/* After the expiry: every stage row whose key has no current version is a new version or a new key. */
static void append_versions(GString *out, const SqlMerge *merge)
{
    const char *alias = stage_alias(merge), *old = "redsmith_old";
    g_autofree char *target = target_name(merge);
    g_autofree char *stage = stage_name(merge);
    g_autofree char *is_current = sql_ident_pair(old, merge->is_current);
    g_string_append_printf(out,
                           " FROM %s AS \"%s\" WHERE NOT EXISTS (SELECT 1 FROM %s AS \"%s\" WHERE ",
                           stage, alias, target, old);
    append_key_match(out, merge, old, alias);
    g_string_append_printf(out, " AND %s = TRUE)", is_current);
}

static char *insert_versions_statement(const SqlMerge *merge)
{
    g_autofree char *target = target_name(merge);
    g_autofree char *columns = column_list(merge, NULL);
    g_autofree char *values = column_list(merge, stage_alias(merge));
    const char *const life[] = {merge->valid_from, merge->valid_to, merge->is_current};
    g_autofree char *life_columns = sql_ident_list(life, G_N_ELEMENTS(life), NULL);
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "INSERT INTO %s (%s, %s) SELECT %s, SYSDATE, NULL, TRUE", target,
                           columns, life_columns, values);
    append_versions(out, merge);
    return g_string_free(out, FALSE);
}

static gboolean check_columns(const SqlMerge *merge, GError **error)
{
    for (guint i = 0; merge->columns[i] != NULL; i++) {
        if (!sql_ident_check(merge->columns[i], "column", error))
            return FALSE;
        for (guint j = 0; j < i; j++)
            if (strcmp(merge->columns[i], merge->columns[j]) == 0) {
                g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "column \"%s\" is named twice",
                            merge->columns[i]);
                return FALSE;
            }
    }
    for (guint i = 0; merge->keys[i] != NULL; i++)
        if (!g_strv_contains(merge->columns, merge->keys[i])) {
            g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                        "key column \"%s\" is not among the columns of the new rows",
                        merge->keys[i]);
            return FALSE;
        }
    return TRUE;
}

static gboolean check_life(const SqlMerge *merge, GError **error)
{
    const struct {
        const char *column, *what;
    } life[] = {
        {merge->valid_from, "valid-from column"},
        {merge->valid_to, "valid-to column"},
        {merge->is_current, "is-current column"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(life); i++) {
        if (!sql_ident_check(life[i].column, life[i].what, error))
            return FALSE;
        if (g_strv_contains(merge->columns, life[i].column)) {
            g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                        "the %s \"%s\" is kept by the merge and may not be among the new rows' "
                        "columns",
                        life[i].what, life[i].column);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean check_merge(const SqlMerge *merge, const GPtrArray *tracked, GError **error)
{
    if (merge->strategy == SQL_MERGE_SCD2 && !check_life(merge, error))
        return FALSE;
    if (merge->strategy == SQL_MERGE_MERGE && tracked->len == 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "every column is a key, so MERGE has nothing to update; use the strategy "
                    "delete-insert");
        return FALSE;
    }
    return TRUE;
}

GPtrArray *sql_merge_statements(const SqlMerge *merge, GError **error)
{
    if (merge->keys == NULL || merge->keys[0] == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "a merge needs at least one key column");
        return NULL;
    }
    if (!sql_ident_check(merge->target, "target", error) ||
        !sql_ident_check(merge->stage, "staging table", error) || !check_columns(merge, error))
        return NULL;
    g_autoptr(GPtrArray) tracked = tracked_columns(merge);
    if (!check_merge(merge, tracked, error))
        return NULL;
    GPtrArray *statements = g_ptr_array_new_with_free_func(g_free);
    switch (merge->strategy) {
    case SQL_MERGE_MERGE:
        g_ptr_array_add(statements, merge_statement(merge, tracked));
        break;
    case SQL_MERGE_DELETE_INSERT:
        g_ptr_array_add(statements, delete_statement(merge));
        g_ptr_array_add(statements, insert_statement(merge));
        break;
    case SQL_MERGE_SCD2:
        if (tracked->len > 0)
            g_ptr_array_add(statements, expire_statement(merge, tracked));
        g_ptr_array_add(statements, insert_versions_statement(merge));
        break;
    }
    return statements;
}

char *sql_merge_duplicates_text(const SqlMerge *merge, guint limit)
{
    g_autofree char *stage = stage_name(merge);
    g_autofree char *keys = sql_ident_list(merge->keys, g_strv_length((char **)merge->keys), NULL);
    return g_strdup_printf("SELECT %s, count(*) FROM %s GROUP BY %s HAVING count(*) > 1 "
                           "ORDER BY count(*) DESC, %s LIMIT %u",
                           keys, stage, keys, keys, limit);
}

char *sql_merge_null_keys_text(const SqlMerge *merge)
{
    g_autofree char *stage = stage_name(merge);
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "SELECT count(*) FROM %s WHERE ", stage);
    for (guint i = 0; merge->keys[i] != NULL; i++) {
        g_autofree char *key = sql_ident(merge->keys[i]);
        g_string_append_printf(out, "%s%s IS NULL", i > 0 ? " OR " : "", key);
    }
    return g_string_free(out, FALSE);
}

char *sql_merge_matched_text(const SqlMerge *merge)
{
    const char *alias = stage_alias(merge), *old = "redsmith_old";
    g_autoptr(GPtrArray) tracked = tracked_columns(merge);
    g_autofree char *target = target_name(merge);
    g_autofree char *stage = stage_name(merge);
    GString *out = g_string_new(NULL);
    g_string_append_printf(out,
                           "SELECT count(*) FROM %s AS \"%s\" WHERE EXISTS (SELECT 1 FROM %s AS "
                           "\"%s\" WHERE ",
                           stage, alias, target, old);
    append_key_match(out, merge, old, alias);
    if (merge->strategy == SQL_MERGE_SCD2) {
        g_autofree char *is_current = sql_ident_pair(old, merge->is_current);
        g_string_append_printf(out, " AND %s = TRUE AND ", is_current);
        if (tracked->len > 0)
            append_differs(out, tracked, old, alias);
        else
            g_string_append(out, "FALSE");
    }
    g_string_append_c(out, ')');
    return g_string_free(out, FALSE);
}

char *sql_merge_deleted_text(const SqlMerge *merge)
{
    const char *alias = stage_alias(merge);
    g_autofree char *target = target_name(merge);
    g_autofree char *stage = stage_name(merge);
    GString *out = g_string_new(NULL);
    g_string_append_printf(
        out, "SELECT count(*) FROM %s WHERE EXISTS (SELECT 1 FROM %s AS \"%s\" WHERE ", target,
        stage, alias);
    append_key_match(out, merge, merge->target, alias);
    g_string_append_c(out, ')');
    return g_string_free(out, FALSE);
}

char *sql_merge_versions_text(const SqlMerge *merge)
{
    GString *out = g_string_new("SELECT count(*)");
    append_versions(out, merge);
    return g_string_free(out, FALSE);
}
