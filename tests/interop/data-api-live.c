/*
 * Sessions over the Data API against the sandbox whose exports are in the environment: run by
 * test-data-api-live.sh, which starts one.
 */
#include <string.h>

#include "base/error.h"
#include "redshift/data_api_session.h"

static CredentialsSource *credentials;

static Session *open_with(const DataApiOptions *more)
{
    g_autoptr(GError) error = NULL;
    DataApiOptions options = *more;
    options.credentials = credentials;
    options.region = g_getenv("AWS_REGION");
    options.cluster = g_getenv("REDSMITH_CLUSTER_IDENTIFIER");
    options.database = "dev";
    options.db_user = "awsuser";
    Session *session = data_api_session_open(&options, NULL, &error);
    g_assert_no_error(error);
    return session;
}

static Session *open_session(void)
{
    return open_with(&(DataApiOptions){0});
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

static void test_who_and_where_is_known(void)
{
    g_autoptr(Session) session = open_session();
    const SessionInfo *info = session_info(session);
    g_assert_cmpstr(info->transport, ==, "data-api");
    g_assert_cmpstr(info->host, ==, "sandbox-cluster");
    g_assert_cmpstr(info->user, ==, "awsuser");
    g_assert_true(g_str_has_prefix(info->server_version, "Redshift "));
    g_assert_cmpint(info->backend_pid, >, 0);
    g_assert_false(session_can(session, SESSION_CAN_TRANSACTIONS));
    g_assert_false(session_can(session, SESSION_CAN_CURSORS));
    g_assert_false(session_can(session, SESSION_CAN_STREAM));
}

static void test_settings_and_temporary_tables_hold(void)
{
    DataApiOptions options = {.query_group = "it's a label", .statement_timeout_ms = 61000};
    g_autoptr(Session) session = open_with(&options);
    g_autofree char *label = value(session, "show query_group");
    g_assert_cmpstr(label, ==, "it's a label");
    g_autofree char *timeout = value(session, "show statement_timeout");
    g_assert_true(strcmp(timeout, "61000") == 0 || strcmp(timeout, "61s") == 0);
    run(session, "create temp table held (n int)");
    run(session, "insert into held values (1), (2)");
    g_autofree char *count = value(session, "select count(*) from held");
    g_assert_cmpstr(count, ==, "2");
}

typedef struct {
    guint rows;
    gint64 last;
} Seen;

static gboolean see(gpointer user, guint n_columns, const char *const *values, const int *lengths,
                    GError **error)
{
    Seen *seen = user;
    seen->rows++;
    seen->last = g_ascii_strtoll(values[0], NULL, 10);
    g_assert_cmpuint(n_columns, ==, 3);
    g_assert_null(values[1]);
    g_assert_cmpstr(values[2], ==, "");
    g_assert_cmpint(lengths[2], ==, 0);
    return TRUE;
}

static void test_rows_come_as_they_are_wanted(void)
{
    g_autoptr(Session) session = open_session();
    g_autoptr(GError) error = NULL;
    Seen seen = {0};
    gboolean finished = TRUE;
    g_auto(StatementOutcome) outcome = {0};
    Statement *statement =
        session_start(session, "select g, null, '' from generate_series(1, 2500) g", NULL, &error);
    g_assert_no_error(error);
    guint n;
    const ResultColumn *columns = statement_columns(statement, &n);
    g_assert_cmpuint(n, ==, 3);
    g_assert_cmpuint(columns[0].type_oid, ==, 23);
    static const guint wanted[] = {10, 989, 1, 1000, 500};
    guint total = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(wanted); i++) {
        total += wanted[i];
        statement_fetch(statement, wanted[i], see, &seen, &finished, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(seen.rows, ==, total);
        g_assert_cmpint(seen.last, ==, total);
        g_assert_cmpint(finished, ==, total == 2500);
    }
    g_assert_true(statement_finish(statement, &outcome, &error));
    g_assert_cmpstr(outcome.tag, ==, "SELECT 2500");
    g_assert_cmpint(outcome.affected, ==, -1);
}

static void test_a_statement_may_be_left_before_its_last_row(void)
{
    g_autoptr(Session) session = open_session();
    g_autoptr(GError) error = NULL;
    Seen seen = {0};
    gboolean finished;
    Statement *statement =
        session_start(session, "select g, null, '' from generate_series(1, 2500) g", NULL, &error);
    statement_fetch(statement, 5, see, &seen, &finished, NULL, &error);
    g_assert_false(finished);
    g_assert_true(statement_finish(statement, NULL, &error));
    g_autofree char *one = value(session, "select 1");
    g_assert_cmpstr(one, ==, "1");
}

static void test_refusals_say_why(void)
{
    static const struct {
        const char *sql;
        int code;
        const char *sqlstate, *words;
    } rows[] = {
        {"begin", RS_ERROR_UNSUPPORTED, "", "transport = wire"},
        {" -- a\n commit", RS_ERROR_UNSUPPORTED, "", "transactions"},
        {"declare c cursor for select 1", RS_ERROR_UNSUPPORTED, "", "cursors"},
        {"select 1; select 2", RS_ERROR_UNSUPPORTED, "", "one statement at a time"},
        {"select * from nix", RS_ERROR_NOT_FOUND, "42P01", "nix"},
        {"selec 1", RS_ERROR_USAGE, "42601", "^"},
        {"select nix from public.sales", RS_ERROR_USAGE, "42703", "nix"},
        {"select 1/0", RS_ERROR_DATA, "22012", "zero"},
        {"create table public.sales (n int)", RS_ERROR_EXISTS, "42P07", "sales"},
        {"select repeat('x', 70000)", RS_ERROR_LIMIT, "", "UNLOAD"},
    };
    g_autoptr(Session) session = open_session();
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(session_run(session, rows[i].sql, NULL, NULL, &error));
        g_assert_error(error, RS_ERROR, rows[i].code);
        g_assert_cmpstr(session_sqlstate(session), ==, rows[i].sqlstate);
        g_assert_nonnull(strstr(error->message, rows[i].words));
        g_assert_true(session_is_alive(session));
    }
}

static void test_a_text_over_the_limit_is_a_limit(void)
{
    g_autoptr(Session) session = open_session();
    g_autoptr(GError) error = NULL;
    g_autofree char *filler = g_strnfill(120 * 1024, 'x');
    g_autofree char *sql = g_strdup_printf("select '%s'", filler);
    g_assert_false(session_run(session, sql, NULL, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_LIMIT);
    g_assert_nonnull(strstr(error->message, "COPY"));
}

static void cancel_on_tick(gpointer user)
{
    g_cancellable_cancel(user);
}

static void test_a_cancel_is_confirmed_and_the_session_goes_on(void)
{
    g_autoptr(Session) session = open_session();
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GError) error = NULL;
    g_assert_false(session_run_with_tick(session, "select pg_sleep(60)", 100, cancel_on_tick,
                                         cancellable, NULL, cancellable, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CANCELLED);
    g_assert_cmpstr(error->message, ==, "cancelled, confirmed by the server");
    g_assert_true(session_is_alive(session));
    g_autofree char *one = value(session, "select 1");
    g_assert_cmpstr(one, ==, "1");
}

static void test_time_limits_hold(void)
{
    DataApiOptions polls = {.poll_interval_ms = 100, .max_polls = 3};
    DataApiOptions timeout = {.statement_timeout_ms = 200};
    g_autoptr(Session) polled = open_with(&polls);
    g_autoptr(Session) timed = open_with(&timeout);
    g_autoptr(GError) error = NULL;
    g_assert_false(session_run(polled, "select pg_sleep(60)", NULL, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_LIMIT);
    g_assert_nonnull(strstr(error->message, "confirmed by the server"));
    g_clear_error(&error);
    g_assert_false(session_run(timed, "select pg_sleep(60)", NULL, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CANCELLED);
    g_assert_cmpstr(session_sqlstate(timed), ==, "57014");
}

static gboolean note_id(gpointer user, const char *id, GError **error)
{
    *(char **)user = g_strdup(id);
    return error != NULL;
}

static void test_a_batch_is_one_transaction(void)
{
    static const char *const sqls[] = {"insert into public.batch_live values (1), (2)",
                                       "select count(*) from public.batch_live",
                                       "delete from public.batch_live where n = 1", NULL};
    g_autoptr(Session) session = open_session();
    g_autoptr(GError) error = NULL;
    g_autofree char *token = session_token_new();
    g_autofree char *id = NULL;
    g_auto(SessionBatch) batch = {0}, again = {0};
    run(session, "drop table if exists public.batch_live");
    run(session, "create table public.batch_live (n int)");
    SessionBatchRequest request = {.sqls = sqls, .token = token, .sent = note_id, .user = &id};
    session_run_batch(session, &request, &batch, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(batch.id, ==, id);
    g_assert_cmpuint(batch.parts->len, ==, 3);
    g_assert_cmpint(g_array_index(batch.parts, SessionPart, 0).affected, ==, 2);
    const GPtrArray *rows = g_array_index(batch.parts, SessionPart, 1).rows;
    g_assert_cmpstr(((char **)rows->pdata[0])[0], ==, "2");
    g_assert_cmpint(g_array_index(batch.parts, SessionPart, 2).affected, ==, 1);
    SessionBatchRequest look = {.id = id};
    session_run_batch(session, &look, &again, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpint(g_array_index(again.parts, SessionPart, 0).affected, ==, 2);
    g_autofree char *left = value(session, "select count(*) from public.batch_live");
    g_assert_cmpstr(left, ==, "1");
}

static void test_a_batch_that_fails_names_the_statement(void)
{
    static const char *const sqls[] = {"create table public.batch_gone (n int)", "select 1/0",
                                       "select 2", NULL};
    g_autoptr(Session) session = open_session();
    g_autoptr(GError) error = NULL;
    g_auto(SessionBatch) batch = {0}, long_one = {0};
    SessionBatchRequest request = {.sqls = sqls};
    g_assert_false(session_run_batch(session, &request, &batch, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_DATA);
    g_assert_cmpint(batch.failed, ==, 1);
    g_assert_false(batch.unknown);
    g_clear_error(&error);
    g_assert_false(session_run(session, "select * from public.batch_gone", NULL, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_NOT_FOUND);
    g_clear_error(&error);
    const char *many[42];
    for (gsize i = 0; i < G_N_ELEMENTS(many); i++)
        many[i] = i + 1 < G_N_ELEMENTS(many) ? "select 1" : NULL;
    SessionBatchRequest too_long = {.sqls = many};
    g_assert_false(session_run_batch(session, &too_long, &long_one, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_LIMIT);
}

static void test_logins_that_cannot_be_are_refused(void)
{
    static const struct {
        DataApiOptions options;
        int code;
    } rows[] = {
        {{.cluster = "sandbox-cluster", .workgroup = "sandbox-workgroup", .database = "dev"},
         RS_ERROR_CONFIG},
        {{.workgroup = "sandbox-workgroup", .database = "dev", .db_user = "awsuser"},
         RS_ERROR_CONFIG},
        {{.cluster = "sandbox-cluster"}, RS_ERROR_CONFIG},
        {{.cluster = "nobody", .database = "dev"}, RS_ERROR_USAGE},
        {{.cluster = "sandbox-cluster", .database = "nix"}, RS_ERROR_NOT_FOUND},
        {{.cluster = "sandbox-cluster", .database = "dev", .db_user = "nobody"}, RS_ERROR_AUTH},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        DataApiOptions options = rows[i].options;
        options.credentials = credentials;
        options.region = g_getenv("AWS_REGION");
        g_assert_null(data_api_session_open(&options, NULL, &error));
        g_test_message("%s", error->message);
        g_assert_error(error, RS_ERROR, rows[i].code);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    credentials = credentials_source_new(NULL, NULL, NULL);
    g_test_add_func("/data-api-session/who and where is known", test_who_and_where_is_known);
    g_test_add_func("/data-api-session/settings and temporary tables hold",
                    test_settings_and_temporary_tables_hold);
    g_test_add_func("/data-api-session/rows come as they are wanted",
                    test_rows_come_as_they_are_wanted);
    g_test_add_func("/data-api-session/a statement may be left before its last row",
                    test_a_statement_may_be_left_before_its_last_row);
    g_test_add_func("/data-api-session/refusals say why", test_refusals_say_why);
    g_test_add_func("/data-api-session/a text over the limit is a limit",
                    test_a_text_over_the_limit_is_a_limit);
    g_test_add_func("/data-api-session/a cancel is confirmed, and the session goes on",
                    test_a_cancel_is_confirmed_and_the_session_goes_on);
    g_test_add_func("/data-api-session/time limits hold", test_time_limits_hold);
    g_test_add_func("/data-api-session/a batch is one transaction",
                    test_a_batch_is_one_transaction);
    g_test_add_func("/data-api-session/a batch that fails names the statement",
                    test_a_batch_that_fails_names_the_statement);
    g_test_add_func("/data-api-session/logins that cannot be are refused",
                    test_logins_that_cannot_be_are_refused);
    int status = g_test_run();
    credentials_source_free(credentials);
    return status;
}
