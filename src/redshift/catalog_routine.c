#include "base/error.h"
#include "redshift/catalog_private.h"
#include "redshift/probe.h"
#include "sql/ident.h"
#include "sql/literal.h"

enum {
    ROUTINE_OID,
    ROUTINE_PROCEDURE,
    ROUTINE_OWNER,
    ROUTINE_ARGUMENTS,
    ROUTINE_NAMES,
    ROUTINE_RESULT,
    ROUTINE_VOLATILITY,
    ROUTINE_STRICT,
    ROUTINE_LANGUAGE,
    ROUTINE_BODY,
    ROUTINE_ACL,
    ROUTINE_SECURITY,
};

/* A tag that the body does not have. */
static char *dollar_tag(const char *body)
{
    for (int i = 0;; i++) {
        char *tag = i == 0 ? g_strdup("$$") : g_strdup_printf("$body%d$", i);
        if (g_strstr_len(body, -1, tag) == NULL)
            return tag;
        g_free(tag);
    }
}

/* "a integer, b date" out of {a,b} and "integer, date"; unnamed arguments have types only. Argument
 * types do not hold commas but inside parentheses, which oidvectortypes leaves out. */
static char *argument_list(const char *names, const char *types)
{
    if (types == NULL || *types == '\0')
        return g_strdup("");
    g_auto(GStrv) each = g_strsplit(types, ", ", -1);
    g_autoptr(GPtrArray) named = catalog_array_elements(names);
    GString *list = g_string_new(NULL);
    for (guint i = 0; each[i] != NULL; i++) {
        const char *name = i < named->len ? named->pdata[i] : "";
        g_autofree char *quoted = *name == '\0' ? NULL : sql_ident(name);
        g_string_append_printf(list, "%s%s%s%s", i == 0 ? "" : ", ", quoted == NULL ? "" : quoted,
                               quoted == NULL ? "" : " ", each[i]);
    }
    return g_string_free(list, FALSE);
}

/* Redshift guide, CREATE FUNCTION and CREATE PROCEDURE. */
static char *routine_text(const CatalogRelation *routine, const GPtrArray *rows)
{
    gboolean procedure = routine->kind == RELATION_PROCEDURE;
    const char *volatility = probe_text(rows, 0, ROUTINE_VOLATILITY);
    const char *body = probe_text(rows, 0, ROUTINE_BODY);
    g_autofree char *target = sql_ident_pair(routine->schema, routine->name);
    g_autofree char *arguments =
        argument_list(probe_text(rows, 0, ROUTINE_NAMES), routine->arguments);
    g_autofree char *tag = dollar_tag(body == NULL ? "" : body);
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "CREATE OR REPLACE %s %s(%s)\n",
                           procedure ? "PROCEDURE" : "FUNCTION", target, arguments);
    if (!procedure)
        g_string_append_printf(out, "RETURNS %s\n%s\n", probe_text(rows, 0, ROUTINE_RESULT),
                               g_strcmp0(volatility, "i") == 0   ? "IMMUTABLE"
                               : g_strcmp0(volatility, "s") == 0 ? "STABLE"
                                                                 : "VOLATILE");
    g_string_append_printf(out, "AS %s%s%s LANGUAGE %s%s;\n", tag, body == NULL ? "" : body, tag,
                           probe_text(rows, 0, ROUTINE_LANGUAGE),
                           procedure && g_strcmp0(probe_text(rows, 0, ROUTINE_SECURITY), "t") == 0
                               ? " SECURITY DEFINER"
                               : "");
    return g_string_free(out, FALSE);
}

/* A statement for the routines of that name. PG_PROC_INFO knows procedures (Redshift guide,
 * PG_PROC_INFO); where it is not there, what has no result is one. */
static char *question(const char *schema, const char *name, const char *arguments)
{
    g_autofree char *schema_literal = sql_literal(schema);
    g_autofree char *name_literal = sql_literal(name);
    g_autofree char *types = arguments == NULL ? NULL : sql_literal(arguments);
    return g_strdup_printf(
        "SELECT p.oid, CASE WHEN p.prorettype IN (0, 2278) THEN 'p' ELSE 'f' END, "
        "pg_get_userbyid(p.proowner), oidvectortypes(p.proargtypes), p.proargnames, "
        "format_type(p.prorettype, NULL), p.provolatile, p.proisstrict, l.lanname, p.prosrc, "
        "p.proacl, p.prosecdef FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
        "JOIN pg_language l ON l.oid = p.prolang WHERE n.nspname = %s AND p.proname = %s%s%s "
        "ORDER BY 4",
        schema_literal, name_literal,
        types == NULL ? "" : " AND oidvectortypes(p.proargtypes) = ", types == NULL ? "" : types);
}

CatalogTable *catalog_load_routine(Session *session, const char *schema, const char *name,
                                   const char *arguments, GCancellable *cancellable, GError **error)
{
    g_autofree char *sql = question(schema, name, arguments);
    g_autoptr(GPtrArray) rows = session_query(session, sql, 0, NULL, cancellable, error);
    if (rows == NULL)
        return NULL;
    if (rows->len != 1) {
        g_set_error(error, RS_ERROR, rows->len == 0 ? RS_ERROR_NOT_FOUND : RS_ERROR_USAGE,
                    rows->len == 0 ? "there is no function or procedure \"%s\" in schema \"%s\""
                                   : "several functions are called \"%s\" in schema \"%s\": "
                                     "name the types of the arguments, as ls prints them",
                    name, schema);
        return NULL;
    }
    CatalogTable *table = catalog_table_new(schema, name);
    CatalogRelation *routine = &table->relation;
    routine->oid = (guint32)probe_number(rows, 0, ROUTINE_OID, 0);
    routine->kind =
        *probe_text(rows, 0, ROUTINE_PROCEDURE) == 'p' ? RELATION_PROCEDURE : RELATION_FUNCTION;
    routine->owner = g_strdup(probe_text(rows, 0, ROUTINE_OWNER));
    routine->arguments = g_strdup(probe_text(rows, 0, ROUTINE_ARGUMENTS));
    g_autofree char *target = sql_ident_pair(schema, name);
    g_autofree char *full =
        g_strdup_printf("%s %s(%s)", routine->kind == RELATION_PROCEDURE ? "PROCEDURE" : "FUNCTION",
                        target, routine->arguments);
    g_ptr_array_unref(table->grants);
    table->grants = catalog_acl_grants(probe_text(rows, 0, ROUTINE_ACL), routine->owner, full);
    table->view_definition = routine_text(routine, rows);
    return table;
}
