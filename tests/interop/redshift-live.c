/*
 * Catalog, sessions, load errors and activity against the sandbox whose exports are in the environment:
 * run by test-redshift-live.sh, which starts one.
 */
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "redshift/activity.h"
#include "redshift/catalog.h"
#include "redshift/load_errors.h"
#include "redshift/wire_session.h"

/* No statement here is long: one that is would otherwise hold up the tests for ever. */
#define STATEMENT_TIMEOUT_MS 120000

static Session *open_session(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Secret) password = secret_new(g_getenv("PGPASSWORD"), -1);
    const char *host = g_getenv("PGHOST");
    WireOptions options = {
        .host = host == NULL ? "127.0.0.1" : host,
        .port = (int)g_ascii_strtoll(g_getenv("PGPORT"), NULL, 10),
        .database = g_getenv("PGDATABASE"),
        .user = g_getenv("PGUSER"),
        .password = password,
        .sslmode = "prefer",
        .application = "redshift-live",
        .statement_timeout_ms = STATEMENT_TIMEOUT_MS,
    };
    Session *session = wire_session_open(&options, NULL, &error);
    g_assert_no_error(error);
    return session;
}

static void run(Session *session, const char *sql)
{
    g_autoptr(GError) error = NULL;
    session_run(session, sql, NULL, NULL, &error);
    g_assert_no_error(error);
}

static char *value(Session *session, const char *sql)
{
    g_autoptr(GError) error = NULL;
    char *text = session_query_value(session, sql, NULL, &error);
    g_assert_no_error(error);
    return text;
}

/* --- sessions ---------------------------------------------------------------------------------- */

static void test_the_server_says_that_it_is_redshift(void)
{
    g_autoptr(Session) session = open_session();
    g_assert_true(g_str_has_prefix(session_info(session)->server_version, "Redshift "));
    g_assert_cmpint(session_info(session)->backend_pid, >, 0);
}

static void test_a_wrong_password_is_an_auth_error(void)
{
    g_autoptr(Session) session = open_session();
    g_autoptr(GError) error = NULL;
    g_autoptr(Secret) password = secret_new("not the password", -1);
    const SessionInfo *info = session_info(session);
    WireOptions options = {.host = info->host,
                           .port = info->port,
                           .database = info->database,
                           .user = info->user,
                           .password = password,
                           .sslmode = "prefer"};
    g_assert_null(wire_session_open(&options, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_AUTH);
}

static void cancel_on_tick(gpointer user)
{
    g_cancellable_cancel(user);
}

static void test_a_long_statement_is_cancelled_on_the_server(void)
{
    g_autoptr(Session) session = open_session();
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GError) error = NULL;
    g_assert_false(session_run_with_tick(
        session, "SELECT count(*) FROM sales a, sales b WHERE a.salesid <> b.listid", 20,
        cancel_on_tick, cancellable, NULL, cancellable, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CANCELLED);
    g_assert_cmpstr(error->message, ==, "cancelled, confirmed by the server");
    g_autofree char *one = value(session, "SELECT 1");
    g_assert_cmpstr(one, ==, "1");
}

/* --- catalog ----------------------------------------------------------------------------------- */

static const CatalogColumn *column_named(const GPtrArray *columns, const char *name)
{
    for (guint i = 0; i < columns->len; i++)
        if (strcmp(((CatalogColumn *)columns->pdata[i])->name, name) == 0)
            return columns->pdata[i];
    g_error("no column %s", name);
}

static void test_schemas_and_relations_are_listed(void)
{
    static const char *const names[] = {"category", "date",  "event", "listing",
                                        "sales",    "users", "venue"};
    g_autoptr(Session) session = open_session();
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) schemas = catalog_load_schemas(session, NULL, &error);
    g_assert_no_error(error);
    guint public = 0;
    for (guint i = 0; i < schemas->len; i++) {
        const CatalogSchema *schema = schemas->pdata[i];
        public += strcmp(schema->name, "public") == 0 && !schema->is_system;
        g_assert_cmpint(schema->is_system || !g_str_has_prefix(schema->name, "pg_"), ==, TRUE);
    }
    g_assert_cmpuint(public, ==, 1);
    g_autoptr(GPtrArray) relations = catalog_load_relations(session, "public", NULL, &error);
    g_assert_no_error(error);
    guint found = 0;
    for (guint i = 0; i < relations->len; i++) {
        const CatalogRelation *relation = relations->pdata[i];
        if (found < G_N_ELEMENTS(names) && strcmp(relation->name, names[found]) == 0)
            found++;
        if (strcmp(relation->name, "sales") == 0)
            g_assert_cmpint(relation->estimated_rows, ==, 172456);
    }
    g_assert_cmpuint(found, ==, G_N_ELEMENTS(names));
}

static void test_keys_and_encodings_are_known(void)
{
    g_autoptr(Session) session = open_session();
    g_autoptr(GError) error = NULL;
    g_autofree char *before = value(session, "SHOW search_path");
    g_autoptr(CatalogTable) table = catalog_load_table(session, "public", "sales", NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(table->columns->len, ==, 10);
    g_assert_cmpstr(table->dist_style, ==, "KEY");
    g_assert_true(column_named(table->columns, "listid")->is_dist_key);
    g_assert_cmpint(column_named(table->columns, "dateid")->sort_key, ==, 1);
    g_assert_nonnull(column_named(table->columns, "pricepaid")->encoding);
    g_assert_cmpstr(column_named(table->columns, "pricepaid")->type, ==, "numeric(8,2)");
    g_assert_true(column_named(table->columns, "salesid")->not_null);
    g_autofree char *after = value(session, "SHOW search_path");
    g_assert_cmpstr(after, ==, before);
}

static void test_what_does_not_exist_is_said_with_near_misses(void)
{
    g_autoptr(Session) session = open_session();
    g_autoptr(GError) error = NULL;
    g_assert_null(catalog_load_table(session, "public", "slaes", NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_NOT_FOUND);
    g_assert_nonnull(strstr(error->message, "did you mean \"sales\""));
    g_clear_error(&error);
    g_assert_null(catalog_load_relations(session, "publik", NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_NOT_FOUND);
    g_assert_nonnull(strstr(error->message, "did you mean \"public\""));
    g_clear_error(&error);
    g_assert_null(catalog_load_columns(session, "public", "nothing", NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_NOT_FOUND);
}

static char *ddl_of(Session *session, const char *schema, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CatalogTable) table = catalog_load_table(session, schema, name, NULL, &error);
    g_assert_no_error(error);
    return catalog_table_ddl(table, NULL, NULL);
}

/* Runs a DDL text statement by statement: its lines end in ";" where a statement does. */
static void replay(Session *session, const char *ddl)
{
    g_auto(GStrv) statements = g_strsplit(ddl, ";\n", -1);
    for (char **statement = statements; *statement != NULL; statement++)
        if (**statement != '\0')
            run(session, *statement);
}

static void test_ddl_can_be_replayed(void)
{
    g_autoptr(Session) session = open_session();
    run(session, "DROP SCHEMA IF EXISTS live CASCADE");
    run(session, "CREATE SCHEMA live");
    run(session, "CREATE TABLE live.parent (id bigint NOT NULL, PRIMARY KEY (id)) DISTSTYLE ALL");
    run(session, "CREATE TABLE live.\"odd name\" ("
                 "id bigint IDENTITY(5,3), parent bigint REFERENCES live.parent (id), "
                 "k varchar(40) DEFAULT 'it''s' ENCODE zstd NOT NULL, amount decimal(12,2), "
                 "\"select\" timestamp, UNIQUE (k)) "
                 "DISTSTYLE KEY DISTKEY (k) COMPOUND SORTKEY (\"select\", id)");
    run(session, "COMMENT ON TABLE live.\"odd name\" IS 'what''s in it'");
    run(session, "COMMENT ON COLUMN live.\"odd name\".\"select\" IS 'when'");
    run(session, "GRANT SELECT ON live.\"odd name\" TO PUBLIC");
    run(session, "CREATE VIEW live.v AS SELECT id, k FROM live.\"odd name\"");
    run(session, "CREATE VIEW live.w AS SELECT id FROM live.v");
    g_autofree char *table_before = ddl_of(session, "live", "odd name");
    g_autofree char *view_before = ddl_of(session, "live", "v");
    g_assert_nonnull(strstr(table_before, "IDENTITY(5,3)"));
    g_assert_nonnull(
        strstr(table_before, "FOREIGN KEY (\"parent\") REFERENCES \"live\".\"parent\""));
    g_assert_nonnull(strstr(table_before, "DISTKEY (\"k\")"));
    g_assert_nonnull(strstr(table_before, "COMPOUND SORTKEY (\"select\", \"id\")"));
    g_assert_nonnull(strstr(table_before, "ENCODE zstd"));
    g_autoptr(CatalogTable) table = catalog_load_table(session, "live", "odd name", NULL, NULL);
    g_assert_true(table->has_identity);
    g_assert_cmpuint(table->dependent_views->len, ==, 2);
    g_assert_cmpstr(table->dependent_views->pdata[0], ==, "\"live\".\"v\"");
    run(session, "DROP VIEW live.w");
    run(session, "DROP VIEW live.v");
    run(session, "DROP TABLE live.\"odd name\"");
    replay(session, table_before);
    replay(session, view_before);
    g_autofree char *table_after = ddl_of(session, "live", "odd name");
    g_autofree char *view_after = ddl_of(session, "live", "v");
    g_assert_cmpstr(table_after, ==, table_before);
    g_assert_cmpstr(view_after, ==, view_before);
    run(session, "DROP SCHEMA live CASCADE");
}

/* --- loads and unloads ------------------------------------------------------------------------- */

static char *stage_url(const char *name)
{
    const char *tempdir = g_getenv("REDSMITH_TEMPDIR");
    return g_strdup_printf("%s%slive-%d/%s", tempdir, g_str_has_suffix(tempdir, "/") ? "" : "/",
                           (int)getpid(), name);
}

static char *unload_sql(const char *query, const char *url)
{
    return g_strdup_printf("UNLOAD ($$%s$$) TO '%s' IAM_ROLE '%s' FORMAT CSV ALLOWOVERWRITE", query,
                           url, g_getenv("REDSMITH_IAM_ROLE"));
}

static void test_reasons_of_a_refused_load_are_read(void)
{
    g_autoptr(Session) session = open_session();
    g_autoptr(GError) error = NULL;
    g_autofree char *url = stage_url("venue_");
    g_autofree char *unload = unload_sql("SELECT venueid, venuename FROM venue", url);
    g_autofree char *copy = g_strdup_printf("COPY narrow_venue FROM '%s' IAM_ROLE '%s' FORMAT CSV",
                                            url, g_getenv("REDSMITH_IAM_ROLE"));
    run(session, unload);
    run(session, "CREATE TEMP TABLE narrow_venue (venueid smallint, venuename varchar(8))");
    g_assert_false(session_run(session, copy, NULL, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_DATA);
    g_clear_error(&error);
    g_autoptr(Session) reader = open_session();
    g_autoptr(GPtrArray) errors =
        load_errors_read(reader, session_info(session)->backend_pid, 10, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(errors->len, >, 0);
    const LoadError *first = errors->pdata[0];
    g_assert_true(g_str_has_prefix(first->file, "s3://"));
    g_assert_cmpstr(first->column, ==, "venuename");
    g_assert_cmpstr(first->column_length, ==, "8");
    g_assert_cmpuint(first->line, >, 0);
    g_assert_cmpint(first->code, ==, 1204);
    g_assert_nonnull(first->raw_value);
    g_autofree char *advice = load_error_advice(first);
    g_assert_nonnull(strstr(advice, "\"venuename\""));
}

static void test_an_unload_is_seen_by_another_session(void)
{
    g_autoptr(Session) session = open_session();
    g_autoptr(GError) error = NULL;
    g_autoptr(Session) watcher = open_session();
    g_autofree char *url = stage_url("sales_");
    g_autofree char *unload = unload_sql("SELECT * FROM sales WHERE qtysold >= 4", url);
    run(session, unload);
    g_autoptr(ActivityWatch) watch =
        activity_watch_new(watcher, session_info(session)->backend_pid);
    ActivityProgress progress;
    g_assert_true(activity_watch_unload(watch, &progress, NULL, &error));
    g_assert_false(progress.found); /* it ended before we began to watch */
    run(session, unload);
    g_assert_true(activity_watch_unload(watch, &progress, NULL, &error));
    g_assert_no_error(error);
    g_assert_true(progress.found);
    g_assert_false(progress.running);
    g_autofree char *rows = value(session, "SELECT pg_last_unload_count()");
    g_assert_cmpint(progress.rows, ==, g_ascii_strtoll(rows, NULL, 10));
    g_assert_cmpint(progress.rows, >, 0);
    g_assert_cmpint(progress.files, >, 0);
    g_assert_cmpint(progress.bytes, >, progress.rows);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/live/the-server-says-that-it-is-redshift",
                    test_the_server_says_that_it_is_redshift);
    g_test_add_func("/live/a-wrong-password-is-an-auth-error",
                    test_a_wrong_password_is_an_auth_error);
    g_test_add_func("/live/a-long-statement-is-cancelled-on-the-server",
                    test_a_long_statement_is_cancelled_on_the_server);
    g_test_add_func("/live/schemas-and-relations-are-listed",
                    test_schemas_and_relations_are_listed);
    g_test_add_func("/live/keys-and-encodings-are-known", test_keys_and_encodings_are_known);
    g_test_add_func("/live/what-does-not-exist-is-said-with-near-misses",
                    test_what_does_not_exist_is_said_with_near_misses);
    g_test_add_func("/live/ddl-can-be-replayed", test_ddl_can_be_replayed);
    g_test_add_func("/live/reasons-of-a-refused-load-are-read",
                    test_reasons_of_a_refused_load_are_read);
    g_test_add_func("/live/an-unload-is-seen-by-another-session",
                    test_an_unload_is_seen_by_another_session);
    return g_test_run();
}
