/* What a login remembers of AWS's answers, and what a session says is lost with it. */
#include "base/error.h"
#include "redshift/login_private.h"

/* An AWS that counts its answers; each lasts that many seconds. */
static int asked;
static gint64 lasts;
static gboolean fails;

static gboolean answer(const LoginContext *context, LoginTarget *target, GCancellable *cancellable,
                       GError **error)
{
    g_atomic_int_inc(&asked);
    if (fails) {
        g_set_error(error, RS_ERROR, RS_ERROR_TRANSIENT, "AWS is away");
        return FALSE;
    }
    g_autofree char *password = g_strdup_printf("password %d", g_atomic_int_get(&asked));
    target->user = g_strdup("IAM:bob");
    target->password = secret_new(password, -1);
    target->expires_at = lasts == 0 ? 0 : g_get_real_time() / G_USEC_PER_SEC + lasts;
    return TRUE;
}

static char *take(LoginMemory *memory, gboolean *fresh, GError **error)
{
    const LoginContext context = {.memory = memory};
    g_auto(LoginTarget) target = {0};
    if (!login_memory_get(&context, answer, &target, fresh, NULL, error))
        return NULL;
    return g_strdup(secret_peek(target.password));
}

static void begin(gint64 seconds)
{
    asked = 0;
    lasts = seconds;
    fails = FALSE;
}

static void test_kept(void)
{
    begin(900);
    g_autoptr(LoginMemory) memory = login_memory_new();
    gboolean fresh = FALSE;
    g_autofree char *first = take(memory, &fresh, NULL);
    g_assert_true(fresh);
    g_autofree char *second = take(memory, &fresh, NULL);
    g_assert_false(fresh);
    g_assert_cmpstr(first, ==, second);
    g_assert_cmpint(asked, ==, 1);
}

static void test_renewed(void)
{
    begin(0);
    g_autoptr(LoginMemory) memory = login_memory_new();
    lasts = -10; /* expired when it came */
    gboolean fresh = FALSE;
    g_autofree char *first = take(memory, &fresh, NULL);
    g_autofree char *second = take(memory, &fresh, NULL);
    g_assert_cmpstr(first, !=, second);
    g_assert_true(fresh);
    g_assert_cmpint(asked, ==, 2);
}

static void test_refused(void)
{
    begin(900);
    g_autoptr(LoginMemory) memory = login_memory_new();
    const LoginContext context = {.memory = memory};
    g_auto(LoginTarget) old = {0}, now = {0};
    gboolean fresh = FALSE;
    g_assert_true(login_memory_get(&context, answer, &old, &fresh, NULL, NULL));
    login_memory_refuse(&context, old.password);
    g_assert_true(login_memory_get(&context, answer, &now, &fresh, NULL, NULL));
    g_assert_true(fresh);
    g_assert_true(old.password != now.password);
    login_memory_refuse(&context, old.password); /* somebody else's news of the old one */
    g_auto(LoginTarget) same = {0};
    g_assert_true(login_memory_get(&context, answer, &same, &fresh, NULL, NULL));
    g_assert_true(same.password == now.password);
    g_assert_cmpint(asked, ==, 2);
}

static void test_failure(void)
{
    begin(900);
    fails = TRUE;
    g_autoptr(LoginMemory) memory = login_memory_new();
    g_autoptr(GError) error = NULL;
    gboolean fresh = FALSE;
    g_assert_null(take(memory, &fresh, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_TRANSIENT);
    fails = FALSE;
    g_autofree char *now = take(memory, &fresh, NULL);
    g_assert_nonnull(now);
}

static gpointer take_on_thread(gpointer memory)
{
    gboolean fresh = FALSE;
    return take(memory, &fresh, NULL);
}

static void test_one_question(void)
{
    begin(900);
    g_autoptr(LoginMemory) memory = login_memory_new();
    GThread *threads[8];
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("taker", take_on_thread, memory);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++) {
        g_autofree char *password = g_thread_join(threads[i]);
        g_assert_cmpstr(password, ==, "password 1");
    }
    g_assert_cmpint(asked, ==, 1);
}

/* --- what is lost ------------------------------------------------------------------------------- */

static gboolean open_transaction;

static Statement *fake_start(Session *session, const char *sql, guint interval_ms, SessionTick tick,
                             gpointer user, GCancellable *cancellable, GError **error)
{
    Statement *statement = g_new0(Statement, 1);
    statement->session = session;
    return statement;
}

static gboolean fake_fetch(Statement *statement, guint64 max_rows, RowFunction row, gpointer user,
                           gboolean *finished, GCancellable *cancellable, GError **error)
{
    *finished = TRUE;
    return TRUE;
}

static gboolean fake_finish(Statement *statement, StatementOutcome *outcome, GError **error)
{
    g_free(statement);
    return TRUE;
}

static gboolean fake_in_transaction(const Session *session)
{
    return open_transaction;
}

static void fake_free(Session *session)
{
    g_free(session);
}

static const SessionClass fake = {.name = "fake",
                                  .start = fake_start,
                                  .fetch = fake_fetch,
                                  .finish = fake_finish,
                                  .in_transaction = fake_in_transaction,
                                  .free = fake_free};

static void test_losses(void)
{
    static const struct {
        const char *sql;
        gboolean is_temporary;
    } cases[] = {
        {"select 1", FALSE},
        {"create temp table t (a int)", TRUE},
        {"CREATE LOCAL TEMPORARY TABLE t (a int)", TRUE},
        {"create table #t (a int)", TRUE},
        {"select * into #t from s", TRUE},
        {"select * into temp t from s", TRUE},
        {"create table t (temp int)", FALSE},
        {"select temp from t", FALSE},
        {"create table t as select '#temp'", FALSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Session *session = g_new0(Session, 1);
        session->class = &fake;
        open_transaction = FALSE;
        g_assert_true(session_run(session, cases[i].sql, NULL, NULL, NULL));
        g_assert_cmpstr(session_losses(session), ==,
                        cases[i].is_temporary ? "its temporary tables" : NULL);
        open_transaction = TRUE;
        g_assert_cmpstr(session_losses(session), ==,
                        cases[i].is_temporary ? "an open transaction and its temporary tables"
                                              : "an open transaction");
        session_free(session);
    }
}

static void note_closed(gpointer user)
{
    (*(int *)user)++;
}

static void test_closed(void)
{
    int closed = 0;
    Session *session = g_new0(Session, 1);
    session->class = &fake;
    session_on_closed(session, note_closed, &closed);
    g_assert_cmpint(closed, ==, 0);
    session_free(session);
    g_assert_cmpint(closed, ==, 1);
    session_free(NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/login/a-password-that-lasts-is-asked-for-once", test_kept);
    g_test_add_func("/login/one-that-expires-is-asked-for-again", test_renewed);
    g_test_add_func("/login/one-that-was-refused-is-asked-for-again-once", test_refused);
    g_test_add_func("/login/a-failure-is-not-remembered", test_failure);
    g_test_add_func("/login/eight-threads-ask-one-question", test_one_question);
    g_test_add_func("/session/temporary-tables-and-transactions-are-lost", test_losses);
    g_test_add_func("/session/whoever-counts-it-hears-of-its-end", test_closed);
    return g_test_run();
}
