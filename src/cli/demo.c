/* The guided tour of the sandbox: the same functions as the commands, and a check of every result. */
#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/job_run.h"
#include "cli/rows.h"
#include "cli/sandbox.h"
#include "job/merge_plan.h"
#include "job/unload_plan.h"
#include "job/write_plan.h"
#include "sql/ident.h"

#define FILTER "qtysold >= 4"
#define SCHEMA "public"
#define BUCKET "sandbox-data"

enum { PREVIEW_ROWS = 5, NEW_KEY_OFFSET = 1000000 };

typedef struct {
    CliContext *cli;
    int step;
    int checks, failed;
    char *table;  /* made by the tour, in SCHEMA */
    char *prefix; /* of its objects in BUCKET */
    char *folder; /* of its files */
} Tour;

static gboolean say(Tour *tour, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);

static gboolean say(Tour *tour, GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    return cli_print_text(tour->cli, text, error);
}

static gboolean begin_step(Tour *tour, const char *title, GError **error)
{
    return say(tour, error, "\n%d. %s\n\n", ++tour->step, title);
}

/* Prints both sides; a disagreement is counted and told at the end. */
static gboolean check(Tour *tour, const char *what, const char *left, const char *right,
                      GError **error)
{
    gboolean agrees = g_strcmp0(left, right) == 0;
    tour->checks++;
    tour->failed += !agrees;
    return say(tour, error, "%s  %s: %s%s%s\n", agrees ? "ok    " : "DIFFER", what,
               left != NULL ? left : "NULL", agrees ? "" : " and ",
               agrees          ? ""
               : right != NULL ? right
                               : "NULL");
}

static gboolean run_sql(Tour *tour, const char *sql, GError **error)
{
    Session *session = cli_take_session(tour->cli, error);
    gboolean done =
        session != NULL && session_run(session, sql, NULL, tour->cli->cancellable, error);
    cli_give_session(tour->cli, session);
    return done;
}

static char *query_value(Tour *tour, const char *sql, GError **error)
{
    Session *session = cli_take_session(tour->cli, error);
    if (session == NULL)
        return NULL;
    char *value = session_query_value(session, sql, tour->cli->cancellable, error);
    cli_give_session(tour->cli, session);
    if (value == NULL && error != NULL && *error == NULL)
        value = g_strdup("");
    return value;
}

/* Prints the plan, runs it, and leaves its result. */
static gboolean run_job(Tour *tour, JobPlanner planner, gpointer request, JobResult *result,
                        GError **error)
{
    CliContext *cli = tour->cli;
    S3Client *s3 = workbench_s3(cli->workbench, error);
    Session *session = s3 == NULL ? NULL : cli_take_session(cli, error);
    if (session == NULL)
        return FALSE;
    g_autoptr(Plan) plan = planner(request, session, s3, cli->cancellable, error);
    cli_give_session(cli, session);
    if (plan == NULL)
        return FALSE;
    g_autofree char *text = plan_text(plan);
    return say(tour, error, "%s%s\n", text, g_str_has_suffix(text, "\n") ? "" : "\n") &&
           job_run_plan(cli, plan, result, error);
}

static Plan *plan_unload(gpointer request, Session *session, S3Client *s3,
                         GCancellable *cancellable, GError **error)
{
    return unload_plan_new(request, session, s3, cancellable, error);
}

static Plan *plan_write(gpointer request, Session *session, S3Client *s3, GCancellable *cancellable,
                        GError **error)
{
    return write_plan_new(request, session, s3, cancellable, error);
}

static Plan *plan_merge(gpointer request, Session *session, S3Client *s3, GCancellable *cancellable,
                        GError **error)
{
    return merge_plan_new(request, session, s3, cancellable, error);
}

static SqlQuery *filtered_sales(Tour *tour, GError **error)
{
    const char *const filters[] = {FILTER, NULL};
    const SelectOptions options = {.filters = (char **)filters};
    Session *session = cli_take_session(tour->cli, error);
    if (session == NULL)
        return NULL;
    SqlQuery *query = select_query(tour->cli, &options, SCHEMA ".sales", -1, session, error);
    cli_give_session(tour->cli, session);
    return query;
}

/* Prints a statement and its rows, as the commands ls, preview and query do. */
static gboolean show_rows(Tour *tour, const char *sql, GError **error)
{
    Session *session = cli_take_session(tour->cli, error);
    gboolean shown =
        session != NULL && rows_print(tour->cli, session, sql,
                                      &(RowsShape){.format = OUTPUT_TABLE, .header = TRUE}, error);
    cli_give_session(tour->cli, session);
    return shown;
}

static gboolean list_tables(Tour *tour, GError **error)
{
    static const char *const tables[] = {"category", "date",  "event", "listing",
                                         "sales",    "users", "venue"};
    if (!begin_step(tour, "What the schema holds (redsmith ls public)", error))
        return FALSE;
    Session *session = cli_take_session(tour->cli, error);
    if (session == NULL)
        return FALSE;
    g_autoptr(GPtrArray) relations =
        catalog_load_relations(session, SCHEMA, tour->cli->cancellable, error);
    cli_give_session(tour->cli, session);
    guint found = 0;
    for (guint i = 0; relations != NULL && i < relations->len; i++) {
        const CatalogRelation *relation = relations->pdata[i];
        for (gsize j = 0; j < G_N_ELEMENTS(tables); j++)
            found += strcmp(relation->name, tables[j]) == 0;
        g_autofree char *name = text_printable(relation->name, -1);
        if (!say(tour, error, "  %s\n", name))
            return FALSE;
    }
    g_autofree char *count = g_strdup_printf("%u", found);
    return relations != NULL && check(tour, "tables of the sample data", count, "7", error);
}

static gboolean preview_sales(Tour *tour, GError **error)
{
    if (!begin_step(tour, "Rows of sales with " FILTER ", the dearest first (redsmith preview)",
                    error))
        return FALSE;
    g_autoptr(SqlQuery) query = filtered_sales(tour, error);
    if (query == NULL)
        return FALSE;
    static const char *const columns[] = {"salesid", "qtysold", "pricepaid", "saletime"};
    for (gsize i = 0; i < G_N_ELEMENTS(columns); i++)
        sql_query_add_column(query, sql_expr_column(NULL, columns[i], SQL_VALUE_UNKNOWN), NULL);
    sql_query_add_order(query, "pricepaid", TRUE);
    sql_query_add_order(query, "salesid", FALSE);
    query->limit = PREVIEW_ROWS;
    g_autofree char *sql = sql_query_text(query, error);
    return sql != NULL && say(tour, error, "%s\n\n", sql) && show_rows(tour, sql, error);
}

static gboolean check_rows(Tour *tour, const char *what, gint64 rows, const char *expected,
                           GError **error)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, rows);
    return check(tour, what, text, expected, error);
}

static gboolean unload_sales(Tour *tour, const char *title, const char *to, const char *expected,
                             GError **error)
{
    g_auto(JobResult) result = {0};
    if (!begin_step(tour, title, error))
        return FALSE;
    g_autoptr(SqlQuery) query = filtered_sales(tour, error);
    if (query == NULL)
        return FALSE;
    UnloadRequest request = {.profile = workbench_profile(tour->cli->workbench),
                             .query = query,
                             .to = to,
                             .format = SQL_FORMAT_CSV,
                             .compression = SQL_COMPRESS_GZIP,
                             .header = TRUE};
    return run_job(tour, plan_unload, &request, &result, error) &&
           check_rows(tour, "rows unloaded and rows that the filter counts", result.rows_unloaded,
                      expected, error);
}

static int compare_paths(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The files of a folder, sorted; NULL-terminated. */
static char **files_of(const char *folder, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, error);
    if (dir == NULL)
        return NULL;
    g_autoptr(GPtrArray) paths = g_ptr_array_new();
    const char *name;
    while ((name = g_dir_read_name(dir)) != NULL)
        if (*name != '.')
            g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
    g_ptr_array_sort(paths, compare_paths);
    g_ptr_array_add(paths, NULL);
    return (char **)g_ptr_array_steal(paths, NULL);
}

#define TOTALS "count(*) || ' rows, ' || sum(qtysold) || ' tickets, ' || sum(pricepaid) || ' paid'"

static gboolean check_totals(Tour *tour, const char *what, const char *expected_sql, GError **error)
{
    g_autofree char *left = query_value(tour, expected_sql, error);
    g_autofree char *table = sql_ident_pair(SCHEMA, tour->table);
    g_autofree char *sql = g_strdup_printf("SELECT " TOTALS " FROM %s", table);
    g_autofree char *right = left == NULL ? NULL : query_value(tour, sql, error);
    return right != NULL && check(tour, what, left, right, error);
}

static gboolean load_table(Tour *tour, const char *folder, const char *expected, GError **error)
{
    g_auto(JobResult) result = {0};
    g_auto(GStrv) files = files_of(folder, error);
    if (files == NULL ||
        !begin_step(tour, "Load those files into a new table (redsmith write)", error))
        return FALSE;
    WriteRequest request = {.profile = workbench_profile(tour->cli->workbench),
                            .source = {.paths = (const char *const *)files},
                            .schema = SCHEMA,
                            .table = tour->table,
                            .mode = WRITE_ERROR,
                            .like_schema = SCHEMA,
                            .like_table = "sales"};
    return run_job(tour, plan_write, &request, &result, error) &&
           check_rows(tour, "rows loaded and rows unloaded", result.rows_loaded, expected, error) &&
           check_totals(tour, "sales and the new table",
                        "SELECT " TOTALS " FROM \"public\".\"sales\" WHERE qtysold >= 4", error);
}

#define CHANGED "mod(salesid, 50) = 0"
#define ADDED "mod(salesid, 70) = 0"

/* Changed and new rows, as files: every 50th sale costs 1 more, every 70th happens once more. */
static gboolean write_changes(Tour *tour, const char *folder, GError **error)
{
    g_auto(JobResult) result = {0};
    g_autofree char *table = sql_ident_pair(SCHEMA, tour->table);
    g_autofree char *sql = g_strdup_printf(
        "SELECT salesid, listid, sellerid, buyerid, eventid, dateid, qtysold, "
        "pricepaid + 1 AS pricepaid, commission, saletime FROM %s WHERE " CHANGED " UNION ALL "
        "SELECT salesid + %d, listid, sellerid, buyerid, eventid, dateid, qtysold, pricepaid, "
        "commission, saletime FROM %s WHERE " ADDED,
        table, NEW_KEY_OFFSET, table);
    UnloadRequest request = {.profile = workbench_profile(tour->cli->workbench),
                             .sql = sql,
                             .to = folder,
                             .format = SQL_FORMAT_CSV,
                             .header = TRUE};
    return begin_step(tour, "Make files of changed and of new rows (redsmith unload -c SQL)",
                      error) &&
           run_job(tour, plan_unload, &request, &result, error);
}

static gboolean merge_changes(Tour *tour, const char *folder, GError **error)
{
    static const char *const keys[] = {"salesid", NULL};
    g_auto(JobResult) result = {0};
    g_auto(GStrv) files = files_of(folder, error);
    if (files == NULL ||
        !begin_step(tour, "Merge them by salesid (redsmith merge --key salesid)", error))
        return FALSE;
    MergeRequest request = {.profile = workbench_profile(tour->cli->workbench),
                            .source = {.paths = (const char *const *)files},
                            .schema = SCHEMA,
                            .table = tour->table,
                            .keys = keys};
    g_autofree char *changed = query_value(
        tour, "SELECT count(*) FROM \"public\".\"sales\" WHERE qtysold >= 4 AND " CHANGED, error);
    g_autofree char *added =
        changed == NULL
            ? NULL
            : query_value(tour,
                          "SELECT count(*) FROM \"public\".\"sales\" WHERE qtysold >= 4 AND " ADDED,
                          error);
    return added != NULL && run_job(tour, plan_merge, &request, &result, error) &&
           check_rows(tour, "rows updated", result.rows_updated, changed, error) &&
           check_rows(tour, "rows inserted", result.rows_inserted, added, error) &&
           check_totals(tour, "what sales says there should be, and the table",
                        "SELECT " TOTALS " FROM (SELECT qtysold, CASE WHEN " CHANGED
                        " THEN pricepaid + 1 ELSE pricepaid END AS pricepaid FROM "
                        "\"public\".\"sales\" WHERE qtysold >= 4 UNION ALL SELECT qtysold, "
                        "pricepaid FROM \"public\".\"sales\" WHERE qtysold >= 4 AND " ADDED
                        ") AS s",
                        error);
}

static gboolean add_key(gpointer user, const S3Object *object, GError **error)
{
    g_ptr_array_add(user, g_strdup(object->key));
    return TRUE;
}

/* The prefix is the tour's own: its name was made for it. */
static gboolean remove_objects(Tour *tour, GError **error)
{
    g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
    S3Client *s3 = workbench_s3(tour->cli->workbench, error);
    return s3 != NULL && s3_list(s3, BUCKET, tour->prefix, add_key, keys, NULL, error) &&
           (keys->len == 0 || s3_delete(s3, BUCKET, keys, NULL, error));
}

static void remove_folder(const char *folder)
{
    g_auto(GStrv) files = files_of(folder, NULL);
    for (guint i = 0; files != NULL && files[i] != NULL; i++)
        g_remove(files[i]);
    g_rmdir(folder);
}

static gboolean clean_up(Tour *tour, GError **error)
{
    static const char *const folders[] = {"sales", "changes", NULL};
    for (guint i = 0; folders[i] != NULL; i++) {
        g_autofree char *folder = g_build_filename(tour->folder, folders[i], NULL);
        remove_folder(folder);
    }
    g_rmdir(tour->folder);
    g_autofree char *table = sql_ident_pair(SCHEMA, tour->table);
    g_autofree char *sql = g_strconcat("DROP TABLE IF EXISTS ", table, NULL);
    return run_sql(tour, sql, error) && remove_objects(tour, error);
}

static gboolean visit(Tour *tour, GError **error)
{
    g_autofree char *sales = g_build_filename(tour->folder, "sales", NULL);
    g_autofree char *changes = g_build_filename(tour->folder, "changes", NULL);
    g_autofree char *url = g_strdup_printf("s3://" BUCKET "/%s", tour->prefix);
    if (!list_tables(tour, error) || !preview_sales(tour, error))
        return FALSE;
    g_autofree char *expected =
        query_value(tour, "SELECT count(*) FROM \"public\".\"sales\" WHERE qtysold >= 4", error);
    return expected != NULL &&
           unload_sales(tour, "Unload them to S3 (redsmith unload --to s3://...)", url, expected,
                        error) &&
           unload_sales(tour, "Unload them to a folder (redsmith unload --to FOLDER)", sales,
                        expected, error) &&
           load_table(tour, sales, expected, error) && write_changes(tour, changes, error) &&
           merge_changes(tour, changes, error);
}

static gboolean end_tour(Tour *tour, GError **error)
{
    if (!begin_step(tour, "Clean up", error) || !clean_up(tour, error) ||
        !say(tour, error, "the table, the files and the objects of the tour are gone\n\n"))
        return FALSE;
    if (tour->failed > 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_MISMATCH, "%d of %d checks did not agree",
                    tour->failed, tour->checks);
        return FALSE;
    }
    return say(tour, error, "%d checks, all agree. Now with a terminal: redsmith demo\n",
               tour->checks);
}

static gboolean run_tour(CliContext *cli, GError **error)
{
    Tour tour = {.cli = cli, .table = g_strdup_printf("tour_%08x", g_random_int())};
    tour.prefix = g_strconcat(tour.table, "/sales_", NULL);
    tour.folder = g_dir_make_tmp("redsmith-tour-XXXXXX", error);
    gboolean done = tour.folder != NULL && visit(&tour, error);
    if (done)
        done = end_tour(&tour, error);
    else if (tour.folder != NULL)
        clean_up(&tour, NULL);
    g_free(tour.table);
    g_free(tour.prefix);
    g_free(tour.folder);
    return done;
}

gboolean demo_run(CliContext *cli, GError **error)
{
    g_autofree char *said = NULL;
    narrator_say(cli->narrator, "starting the sandbox (the first start makes its data)");
    if (!sandbox_start(&said, error))
        return FALSE;
    narrator_say(cli->narrator, "%s", said);
    if (!cli_use_profile(cli, "sandbox", error))
        return FALSE;
    if (cli->in_is_terminal && cli->out_is_terminal) {
        cli->open_screens = TRUE;
        return TRUE;
    }
    return run_tour(cli, error);
}
