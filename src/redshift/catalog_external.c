#include <cjson/cJSON.h>
#include <string.h>

#include "redshift/catalog_private.h"
#include "redshift/probe.h"
#include "sql/ident.h"
#include "sql/literal.h"

/* A column as CREATE EXTERNAL TABLE takes it: the data catalog's "string" is not one of its types
 * (Redshift guide, CREATE EXTERNAL TABLE). */
static void append_column(GString *list, const char *name, const char *type)
{
    g_autofree char *quoted = sql_ident(name);
    gboolean string = g_ascii_strcasecmp(type, "string") == 0;
    g_string_append_printf(list, "%s    %s %s", list->len == 0 ? "" : ",\n", quoted,
                           string ? "varchar(65535)" : type);
}

/* ('name'='value', ...) out of a JSON object; NULL when it has no members. */
static char *property_list(const char *json)
{
    cJSON *object = json == NULL ? NULL : cJSON_Parse(json);
    GString *list = g_string_new(NULL);
    const cJSON *member;
    cJSON_ArrayForEach(member, object)
    {
        g_autofree char *number = cJSON_IsString(member) ? NULL : cJSON_PrintUnformatted(member);
        g_autofree char *name = sql_literal(member->string);
        g_autofree char *value = sql_literal(number != NULL ? number : member->valuestring);
        g_string_append_printf(list, "%s%s=%s", list->len == 0 ? "" : ", ", name, value);
    }
    cJSON_Delete(object);
    gboolean none = list->len == 0;
    char *text = g_string_free(list, none);
    return none ? NULL : text;
}

static void append_clause(GString *out, const char *before, const char *value)
{
    if (value == NULL || *value == '\0')
        return;
    g_autofree char *literal = sql_literal(value);
    g_string_append_printf(out, "%s%s", before, literal);
}

static void append_properties(GString *out, const char *before, const char *json)
{
    g_autofree char *list = property_list(json);
    if (list != NULL)
        g_string_append_printf(out, "%s (%s)", before, list);
}

enum {
    TABLE_LOCATION,
    TABLE_INPUT,
    TABLE_OUTPUT,
    TABLE_SERDE,
    TABLE_SERDE_PARAMETERS,
    TABLE_PARAMETERS
};

static char *statement(const CatalogRelation *relation, const GPtrArray *table,
                       const GPtrArray *columns)
{
    g_autoptr(GString) plain = g_string_new(NULL);
    g_autoptr(GString) keys = g_string_new(NULL);
    g_autofree char *target = sql_ident_pair(relation->schema, relation->name);
    for (guint i = 0; i < columns->len; i++) {
        const char *type = probe_text(columns, i, 1);
        append_column(probe_number(columns, i, 2, 0) > 0 ? keys : plain, probe_text(columns, i, 0),
                      type == NULL ? "varchar" : type);
    }
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "CREATE EXTERNAL TABLE %s (\n%s\n)", target, plain->str);
    if (keys->len > 0)
        g_string_append_printf(out, "\nPARTITIONED BY (\n%s\n)", keys->str);
    append_clause(out, "\nROW FORMAT SERDE ", probe_text(table, 0, TABLE_SERDE));
    append_properties(out, "\nWITH SERDEPROPERTIES", probe_text(table, 0, TABLE_SERDE_PARAMETERS));
    append_clause(out, "\nSTORED AS INPUTFORMAT ", probe_text(table, 0, TABLE_INPUT));
    append_clause(out, " OUTPUTFORMAT ", probe_text(table, 0, TABLE_OUTPUT));
    append_clause(out, "\nLOCATION ", probe_text(table, 0, TABLE_LOCATION));
    append_properties(out, "\nTABLE PROPERTIES", probe_text(table, 0, TABLE_PARAMETERS));
    g_string_append(out, ";\n");
    return g_string_free(out, FALSE);
}

gboolean catalog_load_external(Session *session, CatalogTable *table, GCancellable *cancellable,
                               GError **error)
{
    g_autofree char *schema = sql_literal(table->relation.schema);
    g_autofree char *name = sql_literal(table->relation.name);
    g_autofree char *about = g_strdup_printf(
        "SELECT location, input_format, output_format, serialization_lib, serde_parameters, "
        "parameters FROM svv_external_tables WHERE schemaname = %s AND tablename = %s",
        schema, name);
    g_autofree char *parts =
        g_strdup_printf("SELECT columnname, external_type, part_key FROM svv_external_columns "
                        "WHERE schemaname = %s AND tablename = %s ORDER BY part_key, columnnum",
                        schema, name);
    g_autoptr(GPtrArray) rows = probe_query(session, about, NULL, cancellable, error);
    g_autoptr(GPtrArray) columns =
        rows == NULL ? NULL : probe_query(session, parts, NULL, cancellable, error);
    if (columns == NULL)
        return FALSE;
    if (rows->len > 0)
        table->relation.estimated_rows =
            catalog_external_rows(probe_text(rows, 0, TABLE_PARAMETERS));
    /* A federated table has no place in S3: nothing that this statement could make again. */
    if (rows->len > 0 && columns->len > 0 && probe_text(rows, 0, TABLE_LOCATION) != NULL &&
        *probe_text(rows, 0, TABLE_LOCATION) != '\0')
        table->external_ddl = statement(&table->relation, rows, columns);
    return TRUE;
}
