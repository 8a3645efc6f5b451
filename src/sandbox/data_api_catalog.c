#include "sandbox/data_api_server.h"

#include <string.h>

/*
 * ListDatabases, ListSchemas, ListTables, DescribeTable: one query each, over a connection of their own as
 * the user that the request means, so they show what that user may see.
 */

#define MAX_RESULTS 1000

static const char databases_sql[] =
    "SELECT datname FROM pg_catalog.pg_database WHERE datallowconn AND datname NOT IN "
    "('template0', 'template1', 'postgres') ORDER BY 1 LIMIT $1::bigint OFFSET $2::bigint";
static const char schemas_sql[] =
    "SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname NOT LIKE 'pg\\\\_t%' AND nspname "
    "NOT LIKE 'redsmith\\\\_%' AND nspname LIKE coalesce($3, '%') ORDER BY 1 LIMIT $1::bigint "
    "OFFSET $2::bigint";
static const char tables_sql[] =
    "SELECT table_name, CASE WHEN table_schema IN ('pg_catalog', 'information_schema') THEN "
    "'SYSTEM ' ELSE '' END || CASE WHEN table_type = 'VIEW' THEN 'VIEW' WHEN table_type = 'LOCAL "
    "TEMPORARY' THEN 'LOCAL TEMPORARY' ELSE 'TABLE' END, table_schema "
    "FROM information_schema.tables WHERE table_schema NOT LIKE 'redsmith\\\\_%' "
    "AND table_schema LIKE coalesce($3, '%') AND table_name LIKE coalesce($4, '%') "
    "ORDER BY 3, 1 LIMIT $1::bigint OFFSET $2::bigint";
static const char columns_sql[] =
    "SELECT a.attname, t.typname, a.atttypmod, a.attnotnull, "
    "pg_catalog.pg_get_expr(d.adbin, d.adrelid), n.nspname, c.relname "
    "FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid "
    "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    "JOIN pg_catalog.pg_type t ON t.oid = a.atttypid "
    "LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum "
    "WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'v', 'm', 'p', 'f') "
    "AND n.nspname = coalesce($3, 'public') AND c.relname = $4 "
    "ORDER BY a.attnum LIMIT $1::bigint OFFSET $2::bigint";

typedef struct {
    PGresult *rows; /* one more than are answered, when there is a next page */
    gint64 most, position;
} Page;

static void page_clear(Page *page)
{
    if (page->rows != NULL)
        PQclear(page->rows);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Page, page_clear)

static gboolean read_page(ServiceCall *call, Page *page)
{
    page->most = MAX_RESULTS;
    page->position = service_read_mark(service_text(call, "NextToken"));
    if (!service_number(call, "MaxResults", 0, MAX_RESULTS, &page->most))
        return FALSE;
    page->most = page->most == 0 ? MAX_RESULTS : page->most;
    if (page->position >= 0)
        return TRUE;
    data_refuse(call, "NextToken is not one that was given out.");
    return FALSE;
}

static PGconn *connect_for(ServiceCall *call)
{
    DataTarget target = {0};
    g_auto(Login) login = {0};
    g_autoptr(GError) error = NULL;
    g_autofree char *caller = service_caller(call);
    PGconn *connection = NULL;
    if (!data_read_target(call, TRUE, &target))
        return NULL;
    if (data_engine_login(call->state, &target, caller, &login, &error))
        /* ConnectedDatabase is where Redshift would look from: here each database is its own. */
        connection = login_connect(call->state, &login, target.database, "Redshift Data API",
                                   &error);
    if (connection == NULL)
        service_refuse(call, 500, "DatabaseConnectionException", "%s", error->message);
    data_target_clear(&target);
    return connection;
}

/* Runs sql with $1 and $2 for the page, $3 and $4 for the two patterns. FALSE, refused. */
static gboolean query(ServiceCall *call, const char *sql, int n, const char *third,
                      const char *fourth, Page *page)
{
    if (!read_page(call, page))
        return FALSE;
    g_autoptr(PGconn) connection = connect_for(call);
    if (connection == NULL)
        return FALSE;
    g_autofree char *limit = g_strdup_printf("%" G_GINT64_FORMAT, page->most + 1);
    g_autofree char *offset = g_strdup_printf("%" G_GINT64_FORMAT, page->position);
    const char *const values[] = {limit, offset, third, fourth};
    page->rows = PQexecParams(connection, sql, n, NULL, values, NULL, NULL, 0);
    if (PQresultStatus(page->rows) == PGRES_TUPLES_OK)
        return TRUE;
    g_autofree char *words = g_strchomp(g_strdup(PQerrorMessage(connection)));
    service_refuse(call, 500, "DatabaseConnectionException", "%s", words);
    return FALSE;
}

static int shown(const Page *page)
{
    return (int)MIN((gint64)PQntuples(page->rows), page->most);
}

static void add_next(GString *out, const Page *page)
{
    if (PQntuples(page->rows) <= page->most)
        return;
    g_autofree char *mark = service_mark(page->position + page->most);
    service_add_text(out, "NextToken", mark);
}

static void answer_names(ServiceCall *call, const char *list, const Page *page)
{
    g_autoptr(GString) out = service_object();
    service_open(out, list, '[');
    for (int i = 0; i < shown(page); i++)
        service_add_text(out, NULL, PQgetvalue(page->rows, i, 0));
    service_close(out, ']');
    add_next(out, page);
    service_answer_json(call, out);
}

void data_list_databases(ServiceCall *call)
{
    g_auto(Page) page = {0};
    if (query(call, databases_sql, 2, NULL, NULL, &page))
        answer_names(call, "Databases", &page);
}

void data_list_schemas(ServiceCall *call)
{
    g_auto(Page) page = {0};
    if (query(call, schemas_sql, 3, service_text(call, "SchemaPattern"), NULL, &page))
        answer_names(call, "Schemas", &page);
}

void data_list_tables(ServiceCall *call)
{
    g_auto(Page) page = {0};
    if (!query(call, tables_sql, 4, service_text(call, "SchemaPattern"),
               service_text(call, "TablePattern"), &page))
        return;
    g_autoptr(GString) out = service_object();
    service_open(out, "Tables", '[');
    for (int i = 0; i < shown(&page); i++) {
        service_open(out, NULL, '{');
        service_add_text(out, "name", PQgetvalue(page.rows, i, 0));
        service_add_text(out, "schema", PQgetvalue(page.rows, i, 2));
        service_add_text(out, "type", PQgetvalue(page.rows, i, 1));
        service_close(out, '}');
    }
    service_close(out, ']');
    add_next(out, &page);
    service_answer_json(call, out);
}

void data_describe_table(ServiceCall *call)
{
    g_auto(Page) page = {0};
    if (!service_require(call, "Table") ||
        !query(call, columns_sql, 4, service_text(call, "Schema"), service_text(call, "Table"),
               &page))
        return;
    g_autofree char *columns = data_result_describe_columns(page.rows, shown(&page));
    g_autoptr(GString) out = service_object();
    service_open(out, "ColumnList", '[');
    g_string_append(out, columns);
    service_close(out, ']');
    service_add_text(out, "TableName", service_text(call, "Table"));
    add_next(out, &page);
    service_answer_json(call, out);
}
