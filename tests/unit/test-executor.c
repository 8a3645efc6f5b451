#include <string.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "job/executor.h"
#include "job/merge_plan.h"

/*
 * A server in memory, as far as a merge from a table needs one: the target's rows, the staging table,
 * one transaction. It fails at the n-th statement that begins with a text, in one of the ways below.
 */
typedef enum {
    FAIL_NOT,
    FAIL_LOST_BEFORE, /* the connection is lost, the statement was not run */
    FAIL_LOST_AFTER,  /* it was run, and the answer is lost */
    FAIL_CONFLICT,    /* 1023 */
    FAIL_SYNTAX,
} Failure;

typedef struct {
    gint64 target_rows, staged_rows;
    gboolean staging;                      /* committed: the staging table exists */
    gint64 pending_target, pending_staged; /* of the open transaction */
    gboolean pending_drop;
    gint64 matched, null_keys;
    const char *duplicates; /* a key that occurs twice, or NULL */
    gint64 lost_rows;       /* a merge that goes wrong by as many */
    const char *fail_at;
    guint fail_from, fail_times; /* from its n-th occurrence, so often */
    Failure failure;
    guint seen, sessions, begins;
    GCancellable *cancel_at_failure;
    gboolean batches; /* takes transactions as a whole only */
    gboolean forgets; /* does not tell of a batch a second time */
    char *token;      /* of the last batch that was committed */
    GArray *parts;    /* what it came to */
    GPtrArray *notes; /* of char **: the table of notes of the batch that runs */
} Server;

typedef struct {
    Session base;
    Server *server;
    gboolean alive, in_transaction;
} FakeSession;

typedef struct {
    Statement base;
    char *value; /* the one value of the one row; NULL: no row */
    gint64 affected;
} FakeStatement;

static gboolean starts(const char *sql, const char *text)
{
    return g_str_has_prefix(sql, text);
}

static void roll_back(Server *server)
{
    server->pending_target = server->pending_staged = 0;
    server->pending_drop = FALSE;
}

static char *number(gint64 value)
{
    return g_strdup_printf("%" G_GINT64_FORMAT, value);
}

/* What a query gives. */
static char *answer(const Server *server, const char *sql)
{
    gint64 staged = server->staged_rows + server->pending_staged;
    if (strstr(sql, "pg_class") != NULL)
        return server->staging && !server->pending_drop ? g_strdup("1") : NULL;
    if (strstr(sql, "IS NULL") != NULL)
        return number(server->null_keys);
    if (strstr(sql, "HAVING") != NULL)
        return g_strdup(server->duplicates);
    if (strstr(sql, "EXISTS") != NULL)
        return number(server->matched);
    if (strstr(sql, "FROM \"public\".\"redsmith_") != NULL)
        return number(staged);
    return number(server->target_rows + server->pending_target);
}

static gint64 run(FakeSession *session, const char *sql)
{
    Server *server = session->server;
    if (starts(sql, "BEGIN")) {
        session->in_transaction = TRUE;
        server->begins++;
    } else if (starts(sql, "ROLLBACK")) {
        session->in_transaction = FALSE;
        roll_back(server);
    } else if (starts(sql, "COMMIT")) {
        session->in_transaction = FALSE;
        server->target_rows += server->pending_target;
        server->staged_rows += server->pending_staged;
        server->staging = server->staging && !server->pending_drop;
        roll_back(server);
    } else if (starts(sql, "CREATE TABLE")) {
        server->staging = TRUE;
    } else if (starts(sql, "DELETE")) {
        server->pending_staged = -server->staged_rows;
    } else if (starts(sql, "INSERT")) {
        server->pending_staged += 3;
        return 3;
    } else if (starts(sql, "MERGE")) {
        server->pending_target += 3 - server->matched - server->lost_rows;
    } else if (starts(sql, "DROP TABLE")) {
        if (session->in_transaction)
            server->pending_drop = TRUE;
        else
            server->staging = FALSE;
    }
    return -1;
}

static gboolean lose(FakeSession *session, GError **error)
{
    session->alive = session->in_transaction = FALSE;
    roll_back(session->server);
    g_set_error(error, RS_ERROR, RS_ERROR_CONNECT, "the connection was lost");
    return FALSE;
}

/* Fails as the server was told to. TRUE: go on. */
static gboolean pass(FakeSession *session, const char *sql, GError **error)
{
    Server *server = session->server;
    if (server->fail_at == NULL || !starts(sql, server->fail_at) ||
        ++server->seen < MAX(server->fail_from, 1) ||
        server->seen >= MAX(server->fail_from, 1) + server->fail_times)
        return TRUE;
    if (server->cancel_at_failure != NULL)
        g_cancellable_cancel(server->cancel_at_failure);
    switch (server->failure) {
    case FAIL_LOST_AFTER:
        run(session, sql);
        return lose(session, error);
    case FAIL_LOST_BEFORE:
        return lose(session, error);
    case FAIL_CONFLICT:
        g_set_error(error, RS_ERROR, RS_ERROR_CONFLICT, "1023 serializable isolation violation");
        return FALSE;
    case FAIL_SYNTAX:
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "syntax error");
        return FALSE;
    case FAIL_NOT:
        break;
    }
    return TRUE;
}

static gboolean check_lock(const FakeSession *session, const char *sql, GError **error)
{
    if (!starts(sql, "LOCK") || session->server->staging)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND, "relation does not exist");
    return FALSE;
}

static Statement *fake_start(Session *base, const char *sql, guint interval_ms, SessionTick tick,
                             gpointer user, GCancellable *cancellable, GError **error)
{
    (void)interval_ms;
    (void)tick;
    (void)user;
    FakeSession *session = (FakeSession *)base;
    if (rs_error_set_if_cancelled(cancellable, error) || !pass(session, sql, error) ||
        !check_lock(session, sql, error))
        return NULL;
    FakeStatement *statement = g_new0(FakeStatement, 1);
    statement->base.session = base;
    statement->value = starts(sql, "SELECT") ? answer(session->server, sql) : NULL;
    statement->affected = run(session, sql);
    return &statement->base;
}

static const ResultColumn *fake_columns(const Statement *statement, guint *n_columns)
{
    static ResultColumn column = {(char *)"value", 25, -1};
    *n_columns = ((const FakeStatement *)statement)->value != NULL;
    return &column;
}

static gboolean fake_fetch(Statement *base, guint64 max_rows, RowFunction row, gpointer user,
                           gboolean *finished, GCancellable *cancellable, GError **error)
{
    (void)max_rows;
    (void)cancellable;
    const FakeStatement *statement = (FakeStatement *)base;
    *finished = TRUE;
    if (statement->value == NULL)
        return TRUE;
    const char *const values[] = {statement->value};
    const int lengths[] = {(int)strlen(statement->value)};
    return row(user, 1, values, lengths, error);
}

static gboolean fake_finish(Statement *base, StatementOutcome *outcome, GError **error)
{
    (void)error;
    FakeStatement *statement = (FakeStatement *)base;
    outcome->affected = statement->affected;
    g_free(statement->value);
    g_free(statement);
    return TRUE;
}

/* --- whole transactions ------------------------------------------------------------------------- */

static GPtrArray *one_row(guint n, const char *const *values)
{
    GPtrArray *rows = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(rows, session_row_new(n, values, NULL));
    return rows;
}

/* "INSERT INTO notes SELECT 'name', .." */
static void keep_note(Server *server, const char *sql)
{
    g_auto(GStrv) words = g_strsplit(sql, "'", 3);
    g_autofree char *value = answer(server, sql);
    const char *const row[] = {words[1], value};
    g_ptr_array_add(server->notes, session_row_new(2, row, NULL));
}

/* One statement of a batch. FALSE: it fails, for a guard that does not hold. */
static gboolean run_in_batch(FakeSession *session, const char *sql, SessionPart *part,
                             GError **error)
{
    Server *server = session->server;
    g_autofree char *value = NULL;
    *part = (SessionPart){.affected = -1};
    if (starts(sql, "SELECT 1 / (")) {
        if (server->lost_rows == 0)
            return TRUE;
        g_set_error(error, RS_ERROR, RS_ERROR_DATA, "division by zero");
        return FALSE;
    }
    if (starts(sql, "SELECT name, value")) {
        part->rows = g_ptr_array_ref(server->notes);
    } else if (strstr(sql, "_notes\"") != NULL) {
        if (starts(sql, "INSERT"))
            keep_note(server, sql);
    } else if (starts(sql, "SELECT")) {
        value = answer(server, sql);
        part->rows = one_row(1, (const char *const[]){value});
    } else {
        part->affected = run(session, sql);
    }
    return TRUE;
}

/* Fails at this statement, or at the COMMIT behind the last (sql NULL). */
static gboolean step_of_batch(FakeSession *session, const char *sql, SessionBatch *batch,
                              GError **error)
{
    SessionPart part = {.affected = -1};
    const char *text = sql != NULL ? sql : "COMMIT";
    gboolean ok = pass(session, text, error) && check_lock(session, text, error) &&
                  (sql == NULL || run_in_batch(session, sql, &part, error));
    if (ok && sql != NULL)
        g_array_append_val(batch->parts, part);
    return ok;
}

static gboolean fake_run_batch(Session *base, const SessionBatchRequest *request,
                               SessionBatch *batch, GCancellable *cancellable, GError **error)
{
    FakeSession *session = (FakeSession *)base;
    Server *server = session->server;
    gint64 before = server->target_rows + server->staged_rows + server->staging;
    (void)cancellable;
    if (server->forgets && server->token != NULL && strcmp(server->token, request->token) == 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND, "no such statement");
        return FALSE;
    }
    if (server->token != NULL && strcmp(server->token, request->token) == 0) {
        g_array_unref(batch->parts);
        batch->parts = g_array_ref(server->parts);
        return TRUE;
    }
    server->begins++;
    session->in_transaction = TRUE;
    server->notes = g_ptr_array_new_with_free_func(g_free);
    gboolean ok = TRUE;
    guint i = 0;
    for (; ok && request->sqls[i] != NULL; i++)
        ok = step_of_batch(session, request->sqls[i], batch, error);
    batch->failed = ok ? -1 : (int)i - 1;
    ok = ok && step_of_batch(session, NULL, batch, error);
    if (ok)
        run(session, "COMMIT");
    g_ptr_array_unref(server->notes);
    batch->unknown = !session->alive;
    roll_back(server);
    session->in_transaction = FALSE;
    if (before == server->target_rows + server->staged_rows + server->staging && !ok)
        return FALSE;
    g_free(server->token);
    g_clear_pointer(&server->parts, g_array_unref);
    server->token = g_strdup(request->token);
    server->parts = g_array_ref(batch->parts);
    return ok;
}

static gboolean fake_can(const Session *session, SessionAbility ability)
{
    return ability != SESSION_CAN_TRANSACTIONS || !((const FakeSession *)session)->server->batches;
}

static void server_clear(Server *server)
{
    g_clear_pointer(&server->token, g_free);
    g_clear_pointer(&server->parts, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Server, server_clear)

static gboolean fake_in_transaction(const Session *session)
{
    return ((const FakeSession *)session)->in_transaction;
}

static gboolean fake_is_alive(const Session *session)
{
    return ((const FakeSession *)session)->alive;
}

static void fake_free(Session *base)
{
    FakeSession *session = (FakeSession *)base;
    if (session->in_transaction)
        roll_back(session->server);
    g_free(session);
}

static const SessionClass fake_class = {.name = "fake",
                                        .can = fake_can,
                                        .run_batch = fake_run_batch,
                                        .start = fake_start,
                                        .columns = fake_columns,
                                        .fetch = fake_fetch,
                                        .finish = fake_finish,
                                        .in_transaction = fake_in_transaction,
                                        .is_alive = fake_is_alive,
                                        .free = fake_free};

static Session *open_session(gpointer user, GCancellable *cancellable, GError **error)
{
    (void)cancellable;
    (void)error;
    FakeSession *session = g_new0(FakeSession, 1);
    session->base.class = &fake_class;
    session->base.info = (SessionInfo){.transport = "wire",
                                       .host = "etl",
                                       .port = 5439,
                                       .database = "dev",
                                       .user = "loader",
                                       .backend_pid = 100 + (int)((Server *)user)->sessions++};
    session->server = user;
    session->alive = TRUE;
    return &session->base;
}

static S3Client *no_s3(gpointer user, GError **error)
{
    (void)user;
    g_set_error(error, RS_ERROR, RS_ERROR_INTERNAL, "there is no S3 in this test");
    return NULL;
}

/* A merge of public.u into public.t by id: 3 rows, 1 of them known. */
static Plan *merge_plan(void)
{
    static const Profile profile = {.name = (char *)"fake"};
    static const char *const keys[] = {"id", NULL};
    g_autoptr(CatalogTable) table = g_new0(CatalogTable, 1);
    table->relation.schema = g_strdup("public");
    table->relation.name = g_strdup("t");
    table->columns = g_ptr_array_new_with_free_func((GDestroyNotify)catalog_column_free);
    MergeFacts facts = {.target = table};
    facts.from_columns = g_ptr_array_new();
    static const char *const names[] = {"id", "name"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        CatalogColumn *column = g_new0(CatalogColumn, 1);
        column->name = g_strdup(names[i]);
        column->type = g_strdup("integer");
        g_ptr_array_add(table->columns, column);
        g_ptr_array_add(facts.from_columns, column->name);
    }
    MergeRequest request = {.profile = &profile,
                            .schema = "public",
                            .table = "t",
                            .from_schema = "public",
                            .from_table = "u",
                            .keys = keys};
    g_autoptr(GError) error = NULL;
    Plan *plan = merge_plan_build(&request, &facts, &error);
    g_assert_no_error(error);
    g_ptr_array_unref(facts.from_columns);
    return plan;
}

static gboolean run_job(Server *server, Journal *journal, JobResult *result,
                        GCancellable *cancellable, GError **error)
{
    ExecutorContext context = {open_session, no_s3, NULL, server, 1};
    Progress progress = {0};
    gboolean ok = executor_run(journal_plan(journal), journal, &context, &progress, result,
                               cancellable, error);
    JobState state = progress_read(&progress).state;
    g_assert_cmpint(state, ==,
                    ok                                                     ? JOB_DONE
                    : rs_error_is_cancelled(error != NULL ? *error : NULL) ? JOB_CANCELLED
                                                                           : JOB_FAILED);
    return ok;
}

typedef struct {
    const char *name;
    const char *fail_at;
    guint fail_from, fail_times;
    Failure failure;
    RsErrorCode code; /* of the outcome; ignored when it ends well */
    gboolean ok;
} FailCase;

static const FailCase fail_cases[] = {
    {"nothing-fails", NULL, 0, 0, FAIL_NOT, 0, TRUE},
    {"a-conflict-is-tried-again", "MERGE", 1, 2, FAIL_CONFLICT, 0, TRUE},
    {"a-conflict-at-commit-is-tried-again", "COMMIT", 2, 1, FAIL_CONFLICT, 0, TRUE},
    {"a-connection-lost-in-the-load", "INSERT", 1, 1, FAIL_LOST_BEFORE, 0, TRUE},
    {"a-commit-of-the-load-lost-after", "COMMIT", 1, 1, FAIL_LOST_AFTER, 0, TRUE},
    {"a-connection-lost-in-the-merge", "MERGE", 1, 1, FAIL_LOST_BEFORE, 0, TRUE},
    {"a-commit-lost-before", "COMMIT", 2, 1, FAIL_LOST_BEFORE, 0, TRUE},
    {"a-commit-lost-after", "COMMIT", 2, 1, FAIL_LOST_AFTER, 0, TRUE},
    {"a-create-lost-after", "CREATE", 1, 1, FAIL_LOST_AFTER, 0, TRUE},
    {"a-label-that-fails-does-not-matter", "SET", 1, 9, FAIL_SYNTAX, 0, TRUE},
    {"a-syntax-error-is-not-tried-again", "MERGE", 1, 9, FAIL_SYNTAX, RS_ERROR_USAGE, FALSE},
};

/* Each way ends with the merge done once, or not at all, and no staging table. */
static void merge_once(const FailCase *test, gboolean batches)
{
    g_auto(Server) server = {.target_rows = 10,
                             .batches = batches,
                             .matched = 1,
                             .fail_at = test->fail_at,
                             .fail_from = test->fail_from,
                             .fail_times = test->fail_times,
                             .failure = test->failure};
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = merge_plan();
    g_autoptr(Journal) journal = journal_create(plan, &error);
    g_auto(JobResult) result = {0};
    gboolean ok = run_job(&server, journal, &result, NULL, &error);
    g_assert_cmpint(ok, ==, test->ok);
    if (ok) {
        g_assert_no_error(error);
        g_assert_cmpint(result.rows_updated, ==, 1);
        g_assert_cmpint(result.rows_inserted, ==, 2);
    } else {
        g_assert_error(error, RS_ERROR, (gint)test->code);
    }
    g_assert_cmpint(server.target_rows, ==, ok ? 12 : 10);
    g_assert_false(server.staging);
}

static void test_a_merge_happens_once(gconstpointer user)
{
    merge_once(user, FALSE);
}

static void test_a_merge_in_batches_happens_once(gconstpointer user)
{
    merge_once(user, TRUE);
}

/* Committed, and nobody tells any more how many rows: no number is made up. */
static void test_counts_that_were_lost_are_not_made_up(void)
{
    g_auto(Server) server = {.target_rows = 10,
                             .batches = TRUE,
                             .forgets = TRUE,
                             .matched = 1,
                             .fail_at = "COMMIT",
                             .fail_from = 2,
                             .fail_times = 1,
                             .failure = FAIL_LOST_AFTER};
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = merge_plan();
    g_autoptr(Journal) journal = journal_create(plan, &error);
    g_auto(JobResult) result = {0};
    g_assert_true(run_job(&server, journal, &result, NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpint(server.target_rows, ==, 12);
    g_assert_cmpint(result.rows_loaded, ==, 3);
    g_assert_cmpint(result.rows_updated, ==, -1);
    g_assert_cmpint(result.rows_inserted, ==, -1);
    g_assert_nonnull(strstr(result.summary, "not known"));
}

static void expect_failure(Server server, RsErrorCode code)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = merge_plan();
    g_autoptr(Journal) journal = journal_create(plan, &error);
    g_auto(JobResult) result = {0};
    g_assert_false(run_job(&server, journal, &result, NULL, &error));
    g_assert_error(error, RS_ERROR, (gint)code);
    g_assert_false(result.resumable);
    g_assert_cmpint(server.target_rows, ==, 10);
    g_assert_false(server.staging);
    server_clear(&server);
}

static void test_checks_stop_the_job_before_it_changes_anything(void)
{
    expect_failure((Server){.target_rows = 10, .null_keys = 2}, RS_ERROR_DATA);
    expect_failure((Server){.target_rows = 10, .duplicates = "7"}, RS_ERROR_DATA);
    expect_failure((Server){.target_rows = 10, .lost_rows = 1}, RS_ERROR_MISMATCH);
    expect_failure((Server){.target_rows = 10, .lost_rows = 1, .batches = TRUE}, RS_ERROR_MISMATCH);
}

static void test_a_cancel_leaves_nothing(void)
{
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    Server server = {.target_rows = 10,
                     .fail_at = "MERGE",
                     .fail_times = 1,
                     .failure = FAIL_CONFLICT,
                     .cancel_at_failure = cancellable};
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = merge_plan();
    g_autoptr(Journal) journal = journal_create(plan, &error);
    g_auto(JobResult) result = {0};
    g_assert_false(run_job(&server, journal, &result, cancellable, &error));
    g_assert_true(rs_error_is_cancelled(error));
    g_assert_cmpint(server.target_rows, ==, 10);
    g_assert_false(server.staging);
}

static void test_a_cancel_behind_the_commit_is_too_late(void)
{
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    Server server = {.target_rows = 10,
                     .fail_at = "COMMIT",
                     .fail_from = 2,
                     .fail_times = 1,
                     .failure = FAIL_LOST_AFTER,
                     .cancel_at_failure = cancellable};
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = merge_plan();
    g_autoptr(Journal) journal = journal_create(plan, &error);
    g_auto(JobResult) result = {0};
    gboolean ok = run_job(&server, journal, &result, cancellable, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    g_assert_cmpint(server.target_rows, ==, 13);
}

/* More failures than one run tries: the job stops, and the same journal finishes it later. */
static void test_a_failed_job_is_resumed_from_its_journal(void)
{
    Server server = {.target_rows = 10,
                     .matched = 1,
                     .fail_at = "MERGE",
                     .fail_times = 6,
                     .failure = FAIL_LOST_BEFORE};
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = merge_plan();
    g_autoptr(Journal) journal = journal_create(plan, &error);
    g_auto(JobResult) result = {0};
    g_assert_false(run_job(&server, journal, &result, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CONNECT);
    g_assert_true(result.resumable);
    g_assert_true(server.staging);
    g_clear_error(&error);
    g_clear_pointer(&journal, journal_free);
    job_result_clear(&result);

    guint begins = server.begins;
    journal = journal_open(plan->id, &error);
    g_assert_no_error(error);
    g_assert_true(run_job(&server, journal, &result, NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(server.begins, ==, begins + 1); /* the load was not repeated */
    g_assert_cmpint(server.target_rows, ==, 12);
    g_assert_false(server.staging);
    job_result_clear(&result);
    g_assert_false(run_job(&server, journal, &result, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
}

/* Somebody dropped the staging table: without a COMMIT of ours that is no commit. */
static void test_the_journal_names_every_session(void)
{
    Server server = {
        .target_rows = 10, .fail_at = "MERGE", .fail_times = 1, .failure = FAIL_LOST_BEFORE};
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = merge_plan();
    g_autoptr(Journal) journal = journal_create(plan, &error);
    g_auto(JobResult) result = {0};
    g_assert_true(run_job(&server, journal, &result, NULL, &error));
    g_assert_no_error(error);
    g_autoptr(GString) seen = g_string_new(NULL);
    const cJSON *event;
    cJSON_ArrayForEach(event, journal_events(journal))
    {
        const char *name = cJSON_GetStringValue(cJSON_GetObjectItem(event, "event"));
        if (strcmp(name, "session") == 0)
            g_string_append_printf(seen, "%s %s@%s/%s %d\n",
                                   cJSON_GetStringValue(cJSON_GetObjectItem(event, "transport")),
                                   cJSON_GetStringValue(cJSON_GetObjectItem(event, "user")),
                                   cJSON_GetStringValue(cJSON_GetObjectItem(event, "host")),
                                   cJSON_GetStringValue(cJSON_GetObjectItem(event, "database")),
                                   cJSON_GetObjectItem(event, "backend_pid")->valueint);
    }
    g_assert_cmpstr(seen->str, ==, "wire loader@etl/dev 100\nwire loader@etl/dev 101\n");
}

static void test_a_marker_that_others_dropped_is_no_commit(void)
{
    Server server = {
        .target_rows = 10, .fail_at = "MERGE", .fail_times = 6, .failure = FAIL_LOST_BEFORE};
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = merge_plan();
    g_autoptr(Journal) journal = journal_create(plan, &error);
    g_auto(JobResult) result = {0};
    g_assert_false(run_job(&server, journal, &result, NULL, &error));
    g_clear_error(&error);
    server.staging = FALSE;
    job_result_clear(&result);
    g_assert_false(run_job(&server, journal, &result, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_NOT_FOUND);
    g_assert_cmpint(server.target_rows, ==, 10);
}

static void test_clean_drops_what_a_failed_job_left(void)
{
    Server server = {
        .target_rows = 10, .fail_at = "MERGE", .fail_times = 6, .failure = FAIL_LOST_BEFORE};
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = merge_plan();
    g_autoptr(Journal) journal = journal_create(plan, &error);
    g_auto(JobResult) result = {0};
    g_assert_false(run_job(&server, journal, &result, NULL, &error));
    g_clear_error(&error);
    g_assert_true(server.staging);
    ExecutorContext context = {open_session, no_s3, NULL, &server, 1};
    g_assert_true(executor_clean(journal_plan(journal), journal, &context, NULL, &error));
    g_assert_no_error(error);
    g_assert_false(server.staging);
    job_result_clear(&result);
    g_assert_false(run_job(&server, journal, &result, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
}

static void remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        remove_tree(child);
    }
    g_remove(path);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autofree char *state = g_dir_make_tmp("test-executor-XXXXXX", NULL);
    g_setenv("XDG_STATE_HOME", state, TRUE);
    for (gsize i = 0; i < G_N_ELEMENTS(fail_cases); i++) {
        g_autofree char *path = g_strconcat("/executor/once/", fail_cases[i].name, NULL);
        g_autofree char *batch =
            g_strconcat("/executor/once-in-batches/", fail_cases[i].name, NULL);
        g_test_add_data_func(path, &fail_cases[i], test_a_merge_happens_once);
        g_test_add_data_func(batch, &fail_cases[i], test_a_merge_in_batches_happens_once);
    }
    g_test_add_func("/executor/counts-that-were-lost-are-not-made-up",
                    test_counts_that_were_lost_are_not_made_up);
    g_test_add_func("/executor/checks-stop-the-job-before-it-changes-anything",
                    test_checks_stop_the_job_before_it_changes_anything);
    g_test_add_func("/executor/a-cancel-leaves-nothing", test_a_cancel_leaves_nothing);
    g_test_add_func("/executor/a-cancel-behind-the-commit-is-too-late",
                    test_a_cancel_behind_the_commit_is_too_late);
    g_test_add_func("/executor/a-failed-job-is-resumed-from-its-journal",
                    test_a_failed_job_is_resumed_from_its_journal);
    g_test_add_func("/executor/the-journal-names-every-session",
                    test_the_journal_names_every_session);
    g_test_add_func("/executor/a-marker-that-others-dropped-is-no-commit",
                    test_a_marker_that_others_dropped_is_no_commit);
    g_test_add_func("/executor/clean-drops-what-a-failed-job-left",
                    test_clean_drops_what_a_failed_job_left);
    int status = g_test_run();
    remove_tree(state);
    return status;
}
