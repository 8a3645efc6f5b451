#include "job/load_widen.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "redshift/catalog.h"
#include "sql/ident.h"
#include "sql/literal.h"

guint load_widen_length(gsize bytes, guint present)
{
    gsize wanted = bytes > 0 ? bytes : (gsize)present * 2;
    gsize grain = 8;
    while (grain * 16 <= wanted)
        grain *= 2;
    gsize length = (wanted + grain - 1) / grain * grain;
    if (wanted == 0 || wanted > LOAD_VARCHAR_MAX)
        return 0;
    return (guint)MIN(length, (gsize)LOAD_VARCHAR_MAX);
}

/* A name may hold an equals sign, a length not. */
static gboolean parse_wish(const char *wish, char **column, gint64 *bytes, GError **error)
{
    const char *sign = strrchr(wish, '=');
    if (sign != NULL && sign > wish &&
        g_ascii_string_to_signed(sign + 1, 10, 1, LOAD_VARCHAR_MAX, bytes, NULL)) {
        *column = g_strndup(wish, (gsize)(sign - wish));
        return TRUE;
    }
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                "widen: \"%s\" is no COLUMN=BYTES with 1 to %d bytes, such as name=64", wish,
                LOAD_VARCHAR_MAX);
    return FALSE;
}

static const CatalogColumn *find_column(const GPtrArray *columns, const char *name)
{
    const CatalogColumn *similar = NULL;
    for (guint i = 0; i < columns->len; i++) {
        const CatalogColumn *column = columns->pdata[i];
        if (strcmp(column->name, name) == 0)
            return column;
        if (g_ascii_strcasecmp(column->name, name) == 0)
            similar = column;
    }
    return similar;
}

/* The length of a VARCHAR as the server writes its type; 0 for all other types. */
static guint varchar_length(const char *type)
{
    static const char varchar[] = "character varying(";
    return g_str_has_prefix(type, varchar)
               ? (guint)g_ascii_strtoull(type + strlen(varchar), NULL, 10)
               : 0;
}

/* Why the server would refuse, or NULL. */
static char *obstacle(const CatalogColumn *column)
{
    static const char *const encodings[] = {"bytedict", "runlength", "text255", "text32k", NULL};
    if (varchar_length(column->type) == 0)
        return g_strdup_printf("it is %s, and only a VARCHAR can be made longer", column->type);
    if (column->default_value != NULL)
        return g_strdup("it has a default value");
    if (column->encoding != NULL && g_strv_contains(encodings, column->encoding))
        return g_strdup_printf("its encoding is %s", column->encoding);
    return NULL;
}

static void add_step(Plan *plan, const char *schema, const char *table, const char *column,
                     gint64 bytes)
{
    g_autofree char *target = sql_ident_pair(schema, table);
    g_autofree char *name = sql_ident(column);
    g_autofree char *schema_literal = sql_literal(schema);
    g_autofree char *table_literal = sql_literal(table);
    g_autofree char *column_literal = sql_literal(column);
    g_autofree char *sql = g_strdup_printf(
        "ALTER TABLE %s ALTER COLUMN %s TYPE varchar(%" G_GINT64_FORMAT ")", target, name, bytes);
    PlanStep *step = plan_add_step(plan, STEP_SQL,
                                   "widen %s of %s to %" G_GINT64_FORMAT " bytes; it stays wider",
                                   name, target, bytes);
    plan_step_add_action(step, ACTION_SQL, "widen", sql);
    /* the server keeps a VARCHAR's length plus four */
    step->done_sql = g_strdup_printf(
        "SELECT 1 FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid "
        "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s AND "
        "c.relname = %s AND a.attname = %s AND a.atttypmod >= %" G_GINT64_FORMAT,
        schema_literal, table_literal, column_literal, bytes + 4);
    plan_set_flag(plan, "widens", TRUE);
}

gboolean load_widen_add(Plan *plan, const char *wish, const char *schema, const char *table,
                        const GPtrArray *columns, GError **error)
{
    g_autofree char *name = NULL;
    gint64 bytes;
    if (wish == NULL)
        return TRUE;
    if (!parse_wish(wish, &name, &bytes, error))
        return FALSE;
    const CatalogColumn *column = columns != NULL ? find_column(columns, name) : NULL;
    if (column == NULL) {
        g_autofree char *shown = text_printable(name, -1);
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    columns == NULL
                        ? "widen: %s.%s is still to be made, so there is no column \"%s\""
                        : "widen: %s.%s has no column \"%s\"",
                    schema, table, shown);
        return FALSE;
    }
    g_autofree char *reason = obstacle(column);
    if (reason != NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_UNSUPPORTED,
                    "column \"%s\" of %s.%s cannot be widened in place: %s", column->name, schema,
                    table, reason);
        return FALSE;
    }
    if ((gint64)varchar_length(column->type) < bytes)
        add_step(plan, schema, table, column->name, bytes);
    return TRUE;
}

char *load_widen_on_failure(const Plan *plan)
{
    return g_strdup_printf("target unchanged%s, stage kept, resume possible",
                           plan_flag_detail(plan, "widens") ? " but for the wider column" : "");
}
