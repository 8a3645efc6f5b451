#include "redshift/catalog.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "redshift/catalog_private.h"
#include "sql/ident.h"

/* --- values ------------------------------------------------------------------------------------ */

void catalog_schema_free(CatalogSchema *schema)
{
    if (schema == NULL)
        return;
    g_free(schema->name);
    g_free(schema->owner);
    g_free(schema);
}

static void relation_clear(CatalogRelation *relation)
{
    g_free(relation->schema);
    g_free(relation->name);
    g_free(relation->arguments);
    g_free(relation->owner);
    g_free(relation->comment);
}

void catalog_relation_free(CatalogRelation *relation)
{
    if (relation == NULL)
        return;
    relation_clear(relation);
    g_free(relation);
}

void catalog_column_free(CatalogColumn *column)
{
    if (column == NULL)
        return;
    g_free(column->name);
    g_free(column->type);
    g_free(column->default_value);
    g_free(column->identity);
    g_free(column->encoding);
    g_free(column->comment);
    g_free(column);
}

void catalog_table_free(CatalogTable *table)
{
    if (table == NULL)
        return;
    relation_clear(&table->relation);
    g_clear_pointer(&table->columns, g_ptr_array_unref);
    g_clear_pointer(&table->constraints, g_ptr_array_unref);
    g_clear_pointer(&table->grants, g_ptr_array_unref);
    g_clear_pointer(&table->dependent_views, g_ptr_array_unref);
    g_free(table->dist_style);
    g_free(table->view_definition);
    g_free(table->external_ddl);
    g_free(table);
}

gboolean catalog_parse_name(const char *text, char **schema, char **relation, GError **error)
{
    g_auto(GStrv) parts = sql_ident_split(text, error);
    if (parts == NULL)
        return FALSE;
    guint n = g_strv_length(parts);
    if (n > 2) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "\"%s\" has %u parts; expected table or schema.table of the connected database "
                    "(a dot that belongs to a name goes into double quotes)",
                    text, n);
        return FALSE;
    }
    *schema = g_strdup(n == 2 ? parts[0] : "public");
    *relation = g_strdup(parts[n - 1]);
    return TRUE;
}

/* --- words ------------------------------------------------------------------------------------- */

static const struct {
    const char *word, *name;
    gboolean has_rows;
} kinds[N_RELATION_KINDS] = {
    [RELATION_TABLE] = {"table", "table", TRUE},
    [RELATION_VIEW] = {"view", "view", TRUE},
    [RELATION_LATE_BINDING_VIEW] = {"late view", "late-binding view", TRUE},
    [RELATION_MATERIALIZED_VIEW] = {"mat. view", "materialized view", TRUE},
    [RELATION_EXTERNAL] = {"external", "external", TRUE},
    [RELATION_SHARED] = {"shared", "shared", TRUE},
    [RELATION_FUNCTION] = {"function", "function", FALSE},
    [RELATION_PROCEDURE] = {"procedure", "procedure", FALSE},
    [RELATION_SCHEMA] = {"schema", "schema", FALSE},
    [RELATION_DATABASE] = {"database", "database", FALSE},
};

const char *catalog_kind_word(RelationKind kind)
{
    return kinds[kind].word;
}

const char *catalog_kind_name(RelationKind kind)
{
    return kinds[kind].name;
}

gboolean catalog_kind_has_rows(RelationKind kind)
{
    return kinds[kind].has_rows;
}

char *catalog_estimate_text(gint64 rows)
{
    static const char units[] = {' ', 'k', 'M', 'G', 'T', 'P'};
    double value = (double)rows;
    gsize unit = 0;
    for (; value >= 999.5 && unit + 1 < G_N_ELEMENTS(units); unit++)
        value /= 1000;
    if (unit == 0)
        return g_strdup_printf("~%" G_GINT64_FORMAT, rows);
    return g_strdup_printf("~%.*f%c", value < 9.95 ? 1 : 0, value, units[unit]);
}

/* --- near misses ------------------------------------------------------------------------------- */

#define NAMES_SUGGESTED 3

typedef struct {
    const char *name;
    guint distance;
} NearName;

static int by_distance(gconstpointer a, gconstpointer b)
{
    const NearName *first = a, *second = b;
    if (first->distance != second->distance)
        return first->distance < second->distance ? -1 : 1;
    return strcmp(first->name, second->name);
}

char *catalog_near_misses(const char *name, const GPtrArray *names)
{
    g_autoptr(GArray) near = g_array_new(FALSE, FALSE, sizeof(NearName));
    g_autofree char *lower = g_utf8_strdown(name, -1);
    guint length = (guint)strlen(name);
    guint limit = length < 5 ? 1 : MAX(2, length / 3); /* two letters off "date" is anything */
    for (guint i = 0; i < names->len; i++) {
        NearName entry = {.name = names->pdata[i]};
        gboolean contains = length >= 3 && strstr(entry.name, lower) != NULL;
        entry.distance = contains ? 1 : text_distance(lower, entry.name);
        if (entry.distance <= limit)
            g_array_append_val(near, entry);
    }
    g_array_sort(near, by_distance);
    GString *text = g_string_new(NULL);
    guint n = MIN(near->len, NAMES_SUGGESTED);
    for (guint i = 0; i < n; i++)
        g_string_append_printf(text, "%s\"%s\"",
                               i == 0       ? "did you mean "
                               : i + 1 == n ? " or "
                                            : ", ",
                               g_array_index(near, NearName, i).name);
    g_string_append(text, n > 0 ? "?" : "");
    return g_string_free(text, FALSE);
}
