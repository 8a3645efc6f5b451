/*
 * Our clients of Redshift, Redshift Serverless, Secrets Manager and the Data API against the sandbox whose
 * exports are in the environment: run by test-aws-live.sh, which starts one.
 */
#include <string.h>

#include "aws/data_api.h"
#include "aws/redshift_api.h"
#include "aws/redshift_serverless.h"
#include "aws/secrets_manager.h"
#include "base/error.h"
#include "redshift/wire_session.h"

typedef struct {
    CredentialsSource *source;
    AwsClient *client;
    RedshiftApi redshift;
    DataApi *data;
    const char *cluster, *workgroup, *secret;
} Live;

static void live_begin(Live *live)
{
    *live = (Live){.source = credentials_source_new(NULL, NULL, NULL),
                   .cluster = g_getenv("REDSMITH_CLUSTER_IDENTIFIER"),
                   .workgroup = g_getenv("REDSMITH_WORKGROUP_NAME"),
                   .secret = g_getenv("REDSMITH_SECRET_ARN")};
    live->client = aws_client_new(live->source);
    live->redshift = (RedshiftApi){live->client, NULL, g_getenv("AWS_REGION")};
    live->data = data_api_new(live->client, NULL, g_getenv("AWS_REGION"));
}

static void live_end(Live *live)
{
    data_api_free(live->data);
    aws_client_free(live->client);
    credentials_source_free(live->source);
}

static gboolean run(Live *live, const DataApiRequest *request, const char *session,
                    DataApiStatement *statement, GError **error)
{
    DataApiTarget target = {
        .cluster = live->cluster, .database = "dev", .db_user = "awsuser", .session_id = session};
    return data_api_execute(live->data, &target, request, statement, NULL, error) &&
           data_api_wait(live->data, statement, NULL, error);
}

/* --- temporary users ---------------------------------------------------------------------------- */

/* Who the server says it is that logs in so. */
static char *who_is(const RedshiftLogin *login, const char *sql, GError **error)
{
    WireOptions options = {.host = g_getenv("PGHOST"),
                           .port = (int)g_ascii_strtoll(g_getenv("PGPORT"), NULL, 10),
                           .database = g_getenv("PGDATABASE"),
                           .user = login->user,
                           .password = login->password,
                           .sslmode = "prefer",
                           .application = "aws-live"};
    g_autoptr(Session) session = wire_session_open(&options, NULL, error);
    return session == NULL ? NULL : session_query_value(session, sql, NULL, error);
}

static void check_expiry(const RedshiftLogin *login, gint64 seconds)
{
    gint64 left = login->expires_at - g_get_real_time() / G_USEC_PER_SEC;
    g_assert_cmpint(left, >, seconds - 300);
    g_assert_cmpint(left, <=, seconds + 60);
}

static void test_a_named_user_logs_in(void)
{
    Live live;
    g_autoptr(GError) error = NULL;
    g_auto(RedshiftLogin) login = {0};
    live_begin(&live);
    RedshiftLoginRequest request = {
        .cluster = live.cluster, .user = "awsuser", .database = "dev", .duration_seconds = 1800};
    redshift_get_login(&live.redshift, &request, &login, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(login.user, ==, "IAM:awsuser");
    check_expiry(&login, 1800);
    g_autofree char *user = who_is(&login, "select current_user", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(user, ==, "awsuser");
    live_end(&live);
}

static void test_a_user_is_created_and_joins_groups(void)
{
    static const char *const groups[] = {"aws_live_readers", "aws_live_writers", NULL};
    static const char *const make[] = {"create group aws_live_readers",
                                       "create group aws_live_writers", NULL};
    Live live;
    g_autoptr(GError) error = NULL;
    g_auto(RedshiftLogin) login = {0}, refused = {0};
    g_auto(DataApiStatement) made = {0};
    live_begin(&live);
    DataApiRequest create = {.sqls = make};
    run(&live, &create, NULL, &made, &error);
    g_assert_no_error(error);
    RedshiftLoginRequest request = {.cluster = live.cluster, .user = "newcomer", .database = "dev"};
    redshift_get_login(&live.redshift, &request, &refused, NULL, &error);
    g_assert_no_error(error); /* the API does not look; the login does */
    g_autofree char *nobody = who_is(&refused, "select 1", &error);
    g_assert_null(nobody);
    g_assert_error(error, RS_ERROR, RS_ERROR_AUTH);
    g_clear_error(&error);
    request.auto_create = TRUE;
    request.groups = groups;
    redshift_get_login(&live.redshift, &request, &login, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(login.user, ==, "IAMA:newcomer");
    g_autofree char *user = who_is(&login, "select current_user", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(user, ==, "newcomer");
    g_autofree char *member = who_is(&login,
                                     "select count(*) from pg_group g, pg_user u where "
                                     "u.usename = 'newcomer' and u.usesysid = any (g.grolist) "
                                     "and g.groname like 'aws_live_%'",
                                     &error);
    g_assert_no_error(error);
    g_assert_cmpstr(member, ==, "2");
    live_end(&live);
}

static void test_the_iam_identity_logs_in(void)
{
    Live live;
    g_autoptr(GError) error = NULL;
    g_auto(RedshiftLogin) login = {0}, serverless = {0};
    live_begin(&live);
    RedshiftLoginRequest request = {.cluster = live.cluster, .database = "dev"};
    redshift_get_login(&live.redshift, &request, &login, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(g_str_has_prefix(login.user, "IAM:"));
    check_expiry(&login, 900);
    g_autofree char *first = who_is(&login, "select 1", &error);
    g_assert_no_error(error);
    serverless_get_login(&live.redshift, live.workgroup, "dev", 3600, &serverless, NULL, &error);
    g_assert_no_error(error);
    check_expiry(&serverless, 3600);
    g_autofree char *second = who_is(&serverless, "select 1", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(first, ==, second);
    live_end(&live);
}

/* --- clusters and workgroups -------------------------------------------------------------------- */

static void test_addresses_are_found(void)
{
    Live live;
    g_autoptr(GError) error = NULL;
    live_begin(&live);
    int port = (int)g_ascii_strtoll(g_getenv("PGPORT"), NULL, 10);
    g_autoptr(GPtrArray) clusters = redshift_describe_clusters(&live.redshift, NULL, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(clusters->len, ==, 1);
    const RedshiftCluster *cluster = clusters->pdata[0];
    g_assert_cmpstr(cluster->id, ==, live.cluster);
    g_assert_cmpstr(cluster->host, ==, g_getenv("PGHOST"));
    g_assert_cmpint(cluster->port, ==, port);
    g_assert_cmpstr(cluster->iam_roles[0], ==, g_getenv("REDSMITH_IAM_ROLE"));
    g_autoptr(Workgroup) workgroup =
        serverless_get_workgroup(&live.redshift, live.workgroup, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(workgroup->status, ==, "AVAILABLE");
    g_assert_cmpint(workgroup->port, ==, port);
    g_autoptr(GPtrArray) all = serverless_list_workgroups(&live.redshift, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(all->len, ==, 1);
    live_end(&live);
}

static void test_what_does_not_exist_is_not_found(void)
{
    Live live;
    g_autoptr(GError) error = NULL;
    g_auto(RedshiftLogin) login = {0};
    live_begin(&live);
    RedshiftLoginRequest request = {.cluster = "nobody", .user = "awsuser"};
    g_assert_false(redshift_get_login(&live.redshift, &request, &login, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_null(redshift_describe_clusters(&live.redshift, "nobody", NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_null(serverless_get_workgroup(&live.redshift, "nobody", NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_NOT_FOUND);
    live_end(&live);
}

/* --- secrets ------------------------------------------------------------------------------------ */

static void test_secrets_by_name_and_by_arn_log_in(void)
{
    Live live;
    live_begin(&live);
    const char *const ids[] = {"redsmith/sandbox", live.secret};
    SecretsClient client = {live.client, NULL, g_getenv("AWS_REGION")};
    for (gsize i = 0; i < G_N_ELEMENTS(ids); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(SecretValue) value = {0};
        g_auto(SecretLogin) login = {0};
        secrets_get_value(&client, ids[i], &value, NULL, &error);
        g_assert_no_error(error);
        secret_login_parse(&value, &login, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(login.cluster, ==, live.cluster);
        g_assert_cmpstr(login.database, ==, "dev");
        RedshiftLogin user = {login.user, login.password, 0};
        g_autofree char *one = who_is(&user, "select 1", &error);
        g_assert_no_error(error);
        g_assert_cmpstr(one, ==, "1");
    }
    live_end(&live);
}

static void test_secrets_are_listed_by_filters(void)
{
    static const char *const by_cluster[] = {"redshift!", NULL};
    static const char *const not_by_cluster[] = {"!redshift!", NULL};
    static const char *const nothing[] = {"nothing begins so", NULL};
    static const struct {
        const char *const *values;
        guint n;
    } rows[] = {{by_cluster, 1}, {not_by_cluster, 1}, {nothing, 0}};
    Live live;
    g_autoptr(GError) error = NULL;
    live_begin(&live);
    SecretsClient client = {live.client, NULL, g_getenv("AWS_REGION")};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        SecretFilter filter = {"name", rows[i].values};
        g_autoptr(GPtrArray) found = secrets_list(&client, &filter, 1, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(found->len, ==, rows[i].n);
    }
    g_auto(SecretValue) value = {0};
    g_assert_false(secrets_get_value(&client, "nobody", &value, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_NOT_FOUND);
    live_end(&live);
}

/* --- the Data API ------------------------------------------------------------------------------- */

static gboolean count_row(gpointer user, const DataApiField *fields, guint n, GError **error)
{
    ++*(guint *)user;
    return n > 0 || error != NULL;
}

static void test_pages_are_fetched_to_the_last(void)
{
    static const char *const sqls[] = {"select g, 'x' from generate_series(1, 2500) g", NULL};
    Live live;
    live_begin(&live);
    for (gboolean csv = FALSE; csv <= TRUE; csv++) {
        g_autoptr(GError) error = NULL;
        g_auto(DataApiStatement) statement = {0};
        DataApiRequest request = {.sqls = sqls, .csv = csv};
        run(&live, &request, NULL, &statement, &error);
        g_assert_no_error(error);
        g_assert_cmpint(statement.rows, ==, 2500);
        g_autofree char *token = NULL;
        guint pages = 0, rows = 0;
        do {
            g_autoptr(DataApiPage) page =
                data_api_fetch(live.data, statement.id, csv, token, NULL, &error);
            g_assert_no_error(error);
            g_assert_cmpint(data_api_page_total(page), ==, 2500);
            gsize length = 0;
            g_autofree char *text = csv ? data_api_page_csv(page, &length) : NULL;
            for (const char *at = text; at != NULL && *at != '\0'; at++)
                rows += *at == '\n';
            if (!csv)
                data_api_page_rows(page, count_row, &rows, &error);
            g_assert_no_error(error);
            g_free(token);
            token = g_strdup(data_api_page_next(page));
            pages++;
        } while (token != NULL);
        g_assert_cmpuint(rows, ==, csv ? 2501 : 2500); /* CSV begins with the names */
        g_assert_cmpuint(pages, ==, 3);
    }
    live_end(&live);
}

static void test_parameters_and_digits_arrive_as_they_are(void)
{
    static const char *const sqls[] = {
        "select :n::bigint, :text, null, '', 12345678901234567890.12345::numeric(30,5), true",
        NULL};
    static const char *const texts[] = {"9007199254740993",
                                        "it's :n \\ \"\xc3\xa9",
                                        NULL,
                                        "",
                                        "12345678901234567890.12345",
                                        "true"};
    static const DataApiParameter parameters[] = {{"n", "9007199254740993"},
                                                  {"text", "it's :n \\ \"\xc3\xa9"}};
    Live live;
    g_autoptr(GError) error = NULL;
    g_auto(DataApiStatement) statement = {0};
    live_begin(&live);
    DataApiRequest request = {.sqls = sqls, .parameters = parameters, .n_parameters = 2};
    run(&live, &request, NULL, &statement, &error);
    g_assert_no_error(error);
    g_autoptr(DataApiPage) page =
        data_api_fetch(live.data, statement.id, FALSE, NULL, NULL, &error);
    g_assert_no_error(error);
    guint n;
    const DataApiField *fields = data_api_page_next_row(page, &n, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(n, ==, G_N_ELEMENTS(texts));
    for (guint i = 0; i < n; i++)
        g_assert_cmpstr(fields[i].text, ==, texts[i]);
    g_assert_null(data_api_page_next_row(page, &n, &error));
    g_assert_no_error(error);
    live_end(&live);
}

static void test_sessions_keep_what_was_set(void)
{
    static const char *const open[] = {"create temp table kept as select 7 as n", NULL};
    static const char *const use[] = {"select n from kept", NULL};
    Live live;
    g_autoptr(GError) error = NULL;
    g_auto(DataApiStatement) first = {0}, second = {0}, third = {0};
    live_begin(&live);
    DataApiRequest request = {.sqls = open, .keep_session = TRUE, .keep_alive_seconds = 60};
    run(&live, &request, NULL, &first, &error);
    g_assert_no_error(error);
    g_assert_nonnull(first.session_id);
    DataApiRequest reuse = {.sqls = use};
    run(&live, &reuse, first.session_id, &second, &error);
    g_assert_no_error(error);
    g_assert_cmpint(second.pid, ==, first.pid);
    g_autoptr(GPtrArray) sessions = data_api_list_sessions(live.data, NULL, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(sessions->len, >=, 1);
    g_assert_false(
        run(&live, &reuse, NULL, &third, &error)); /* another session knows nothing of it */
    g_assert_error(error, RS_ERROR, RS_ERROR_DATA);
    live_end(&live);
}

static void test_a_batch_is_all_or_nothing_unless_it_commits_each(void)
{
    static const char *const sqls[] = {"insert into public.aws_live values (1)",
                                       "insert into public.aws_live values ('x')",
                                       "insert into public.aws_live values (2)", NULL};
    static const char *const make[] = {"drop table if exists public.aws_live",
                                       "create table public.aws_live (n int)", NULL};
    static const char *const count[] = {"select count(*) from public.aws_live", NULL};
    static const struct {
        gboolean auto_commit;
        const char *rows;
    } rows[] = {{FALSE, "0"}, {TRUE, "2"}};
    Live live;
    live_begin(&live);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(DataApiStatement) made = {0}, ran = {0}, counted = {0};
        DataApiRequest first = {.sqls = make, .auto_commit = TRUE};
        run(&live, &first, NULL, &made, &error);
        g_assert_no_error(error);
        DataApiRequest second = {.sqls = sqls, .auto_commit = rows[i].auto_commit};
        g_assert_false(run(&live, &second, NULL, &ran, &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_DATA);
        g_clear_error(&error);
        g_assert_cmpuint(ran.parts->len, ==, 3);
        g_assert_cmpint(((DataApiStatement *)ran.parts->pdata[1])->state, ==, DATA_API_FAILED);
        DataApiRequest third = {.sqls = count};
        run(&live, &third, NULL, &counted, &error);
        g_assert_no_error(error);
        g_autoptr(DataApiPage) page =
            data_api_fetch(live.data, counted.id, FALSE, NULL, NULL, &error);
        guint n;
        const DataApiField *fields = data_api_page_next_row(page, &n, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(fields[0].text, ==, rows[i].rows);
    }
    live_end(&live);
}

static void test_a_token_never_runs_twice(void)
{
    static const char *const sqls[] = {"create table public.aws_live_once (n int)", NULL};
    static const char *const drop[] = {"drop table if exists public.aws_live_once", NULL};
    Live live;
    g_autoptr(GError) error = NULL;
    g_auto(DataApiStatement) dropped = {0}, first = {0}, second = {0};
    g_autofree char *token = data_api_token_new();
    live_begin(&live);
    DataApiRequest clear = {.sqls = drop};
    run(&live, &clear, NULL, &dropped, &error);
    g_assert_no_error(error);
    DataApiRequest request = {.sqls = sqls, .client_token = token};
    run(&live, &request, NULL, &first, &error);
    g_assert_no_error(error);
    run(&live, &request, NULL, &second, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(first.id, ==, second.id);
    live_end(&live);
}

static void cancel_on_tick(gpointer user)
{
    g_cancellable_cancel(user);
}

static void test_a_cancel_is_confirmed(void)
{
    static const char *const sqls[] = {"select pg_sleep(60)", NULL};
    Live live;
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_auto(DataApiStatement) statement = {0};
    live_begin(&live);
    DataApiTarget target = {.workgroup = live.workgroup, .database = "dev"};
    DataApiRequest request = {.sqls = sqls};
    data_api_execute(live.data, &target, &request, &statement, NULL, &error);
    g_assert_no_error(error);
    DataApiWaiting waiting = {.tick = cancel_on_tick, .user = cancellable};
    g_assert_false(data_api_wait_as(live.data, &statement, &waiting, cancellable, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CANCELLED);
    g_assert_cmpstr(error->message, ==, "cancelled, confirmed by the server");
    g_assert_cmpint(statement.state, ==, DATA_API_ABORTED);
    live_end(&live);
}

static void test_the_catalog_is_listed(void)
{
    Live live;
    g_autoptr(GError) error = NULL;
    live_begin(&live);
    DataApiTarget target = {.cluster = live.cluster, .database = "dev", .secret_arn = live.secret};
    g_autoptr(GPtrArray) databases = data_api_list_databases(live.data, &target, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(databases->len, >=, 1);
    g_autoptr(GPtrArray) schemas =
        data_api_list_schemas(live.data, &target, NULL, "pub%", NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(schemas->len, ==, 1);
    g_autoptr(GPtrArray) tables =
        data_api_list_tables(live.data, &target, NULL, "public", "sal%", NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(tables->len, ==, 1);
    g_assert_cmpstr(((DataApiTable *)tables->pdata[0])->name, ==, "sales");
    g_autoptr(GPtrArray) columns =
        data_api_describe_table(live.data, &target, NULL, "public", "sales", NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(columns->len, ==, 10);
    g_autoptr(GPtrArray) statements =
        data_api_list_statements(live.data, "ALL", NULL, 3, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(statements->len, ==, 3);
    live_end(&live);
}

static void test_refusals_have_their_codes(void)
{
    static const char *const sqls[] = {"select 1", NULL};
    static const struct {
        DataApiTarget target;
        int code;
    } rows[] = {
        {{.cluster = "sandbox-cluster", .workgroup = "x", .database = "dev"}, RS_ERROR_USAGE},
        {{.cluster = "nobody", .database = "dev"}, RS_ERROR_USAGE},
        {{.session_id = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"}, RS_ERROR_NOT_FOUND},
    };
    Live live;
    live_begin(&live);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(DataApiStatement) statement = {0};
        DataApiRequest request = {.sqls = sqls};
        g_assert_false(
            data_api_execute(live.data, &rows[i].target, &request, &statement, NULL, &error));
        g_assert_error(error, RS_ERROR, rows[i].code);
    }
    live_end(&live);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/redshift/a named user logs in", test_a_named_user_logs_in);
    g_test_add_func("/redshift/a user is created and joins groups",
                    test_a_user_is_created_and_joins_groups);
    g_test_add_func("/redshift/the IAM identity logs in", test_the_iam_identity_logs_in);
    g_test_add_func("/redshift/addresses are found", test_addresses_are_found);
    g_test_add_func("/redshift/what does not exist is not found",
                    test_what_does_not_exist_is_not_found);
    g_test_add_func("/secrets/by name and by ARN log in", test_secrets_by_name_and_by_arn_log_in);
    g_test_add_func("/secrets/are listed by filters", test_secrets_are_listed_by_filters);
    g_test_add_func("/data-api/pages are fetched to the last", test_pages_are_fetched_to_the_last);
    g_test_add_func("/data-api/parameters and digits arrive as they are",
                    test_parameters_and_digits_arrive_as_they_are);
    g_test_add_func("/data-api/sessions keep what was set", test_sessions_keep_what_was_set);
    g_test_add_func("/data-api/a batch is all or nothing, unless it commits each",
                    test_a_batch_is_all_or_nothing_unless_it_commits_each);
    g_test_add_func("/data-api/a token never runs twice", test_a_token_never_runs_twice);
    g_test_add_func("/data-api/a cancel is confirmed", test_a_cancel_is_confirmed);
    g_test_add_func("/data-api/the catalog is listed", test_the_catalog_is_listed);
    g_test_add_func("/data-api/refusals have their codes", test_refusals_have_their_codes);
    return g_test_run();
}
