/* When a source asks for new credentials, and who waits, by a virtual clock. */
#include "base/error.h"
#include "tests/unit/aws-stub.h"

#define BOX "GET /box"

static CredentialsSource *start(AwsStub *stub)
{
    aws_stub_start(stub);
    aws_stub_setenv(stub, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/box");
    CredentialsSettings settings = aws_stub_settings(stub);
    return credentials_source_new_with(&settings);
}

static guint asked(AwsStub *stub)
{
    return http_stub_count(stub->http, BOX);
}

static void get_good(CredentialsSource *source)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Credentials) credentials = credentials_source_get(source, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(credentials->access_key_id, ==, "BOX");
}

static void test_windows_decide_when_to_ask(void)
{
    static const struct {
        gint life, at; /* seconds: of the first credentials, and of the second question */
        guint asked;
    } cases[] = {
        {3600, 0, 1},
        {3600, 2699, 1},
        {3600, 2700, 2},
        {3600, 3000, 2},
        {3600, 3700, 2},
        {21600, 20699, 1},
        {21600, 20700, 2},
        /* Short lives have windows of a half and a third. */
        {900, 449, 1},
        {900, 450, 2},
        {2, 0, 1},
        {2, 1, 2},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        AwsStub stub;
        g_autoptr(CredentialsSource) source = start(&stub);
        stub.life = cases[i].life;
        get_good(source);
        g_atomic_int_set(&stub.now, cases[i].at);
        get_good(source);
        g_assert_cmpuint(asked(&stub), ==, cases[i].asked);
        aws_stub_stop(&stub);
    }
}

static void test_stale_credentials_survive_a_failed_advisory_refresh(void)
{
    AwsStub stub;
    g_autoptr(CredentialsSource) source = start(&stub);
    get_good(source);
    g_atomic_int_set(&stub.status, 403);
    static const struct {
        gint at;
        guint asked;
    } steps[] = {{2700, 2}, {2701, 2}, {2789, 2}, {2790, 3}, {2800, 3}};
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_atomic_int_set(&stub.now, steps[i].at);
        get_good(source);
        g_assert_cmpuint(asked(&stub), ==, steps[i].asked);
    }
    g_atomic_int_set(&stub.now, 3000);
    g_autoptr(GError) error = NULL;
    g_assert_null(credentials_source_get(source, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_AUTH);
    g_atomic_int_set(&stub.status, 0);
    get_good(source);
    aws_stub_stop(&stub);
}

static void test_invalidated_credentials_are_asked_for_at_once(void)
{
    AwsStub stub;
    g_autoptr(CredentialsSource) source = start(&stub);
    g_autoptr(Credentials) refused = credentials_source_get(source, NULL, NULL);
    credentials_source_invalidate(source, refused);
    get_good(source);
    g_assert_cmpuint(asked(&stub), ==, 2);
    aws_stub_stop(&stub);
}

static void test_credentials_that_come_expired_are_refused(void)
{
    AwsStub stub;
    g_autoptr(CredentialsSource) source = start(&stub);
    stub.life = -1;
    g_autoptr(GError) error = NULL;
    g_assert_null(credentials_source_get(source, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_AUTH);
    aws_stub_stop(&stub);
}

/* --- several callers --------------------------------------------------------------------------- */

typedef struct {
    CredentialsSource *source;
    GCancellable *cancellable;
    Credentials *credentials;
    GError *error;
    gint done;
} Caller;

static gpointer call(gpointer data)
{
    Caller *caller = data;
    caller->credentials =
        credentials_source_get(caller->source, caller->cancellable, &caller->error);
    g_atomic_int_set(&caller->done, 1);
    return NULL;
}

static void caller_clear(Caller *caller)
{
    credentials_unref(caller->credentials);
    g_clear_error(&caller->error);
}

/* Until the container was asked that often: whoever asks then waits at its gate. */
static void wait_for_questions(AwsStub *stub, guint count)
{
    gint64 deadline = g_get_monotonic_time() + 30 * G_USEC_PER_SEC;
    while (asked(stub) < count && g_get_monotonic_time() < deadline)
        g_thread_yield();
    g_assert_cmpuint(asked(stub), ==, count);
}

static void test_one_asks_and_the_others_wait_when_they_must(void)
{
    AwsStub stub;
    g_autoptr(CredentialsSource) source = start(&stub);
    for (int failing = 0; failing < 2; failing++) {
        Caller callers[4] = {0};
        GThread *threads[G_N_ELEMENTS(callers)];
        guint before = asked(&stub);
        g_autoptr(Credentials) old = before > 0 ? credentials_source_get(source, NULL, NULL) : NULL;
        credentials_source_invalidate(source, old);
        g_atomic_int_set(&stub.status, failing ? 403 : 0);
        g_mutex_lock(&stub.gate);
        for (gsize i = 0; i < G_N_ELEMENTS(callers); i++) {
            callers[i].source = source;
            threads[i] = g_thread_new("caller", call, &callers[i]);
            if (i == 0)
                wait_for_questions(&stub, before + 1);
        }
        for (gsize i = 0; i < G_N_ELEMENTS(callers); i++)
            g_assert_cmpint(g_atomic_int_get(&callers[i].done), ==, 0);
        g_mutex_unlock(&stub.gate);
        for (gsize i = 0; i < G_N_ELEMENTS(callers); i++) {
            g_thread_join(threads[i]);
            g_assert_cmpint(callers[i].credentials == NULL, ==, failing);
            if (failing)
                g_assert_error(callers[i].error, RS_ERROR, RS_ERROR_AUTH);
            caller_clear(&callers[i]);
        }
        /* A caller that came after the failed answer may have asked once more, for itself. */
        g_assert_cmpuint(asked(&stub), <=, before + (failing ? G_N_ELEMENTS(callers) : 1));
    }
    aws_stub_stop(&stub);
}

static void test_the_others_use_the_old_ones_when_they_may(void)
{
    AwsStub stub;
    g_autoptr(CredentialsSource) source = start(&stub);
    get_good(source);
    g_atomic_int_set(&stub.now, 2800);
    g_mutex_lock(&stub.gate);
    Caller caller = {.source = source};
    GThread *thread = g_thread_new("caller", call, &caller);
    wait_for_questions(&stub, 2);
    g_autoptr(Credentials) old = credentials_source_get(source, NULL, NULL);
    g_assert_cmpint(old->expires_at, ==, STUB_NOW + 3600);
    g_assert_cmpint(g_atomic_int_get(&caller.done), ==, 0);
    g_mutex_unlock(&stub.gate);
    g_thread_join(thread);
    g_assert_cmpint(caller.credentials->expires_at, ==, STUB_NOW + 2800 + 3600);
    caller_clear(&caller);
    g_assert_cmpuint(asked(&stub), ==, 2);
    aws_stub_stop(&stub);
}

static void test_a_waiting_caller_can_be_cancelled(void)
{
    AwsStub stub;
    g_autoptr(CredentialsSource) source = start(&stub);
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    Caller first = {.source = source}, second = {.source = source, .cancellable = cancellable};
    g_mutex_lock(&stub.gate);
    GThread *asker = g_thread_new("first", call, &first);
    wait_for_questions(&stub, 1);
    GThread *waiter = g_thread_new("second", call, &second);
    g_cancellable_cancel(cancellable);
    g_thread_join(waiter);
    g_assert_error(second.error, RS_ERROR, RS_ERROR_CANCELLED);
    g_assert_cmpint(g_atomic_int_get(&first.done), ==, 0);
    g_mutex_unlock(&stub.gate);
    g_thread_join(asker);
    g_assert_nonnull(first.credentials);
    caller_clear(&first);
    caller_clear(&second);
    aws_stub_stop(&stub);
}

static void test_the_askers_cancellation_is_not_the_others(void)
{
    AwsStub stub;
    g_autoptr(CredentialsSource) source = start(&stub);
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    Caller first = {.source = source, .cancellable = cancellable}, second = {.source = source};
    g_mutex_lock(&stub.gate);
    GThread *asker = g_thread_new("first", call, &first);
    wait_for_questions(&stub, 1);
    GThread *waiter = g_thread_new("second", call, &second);
    g_cancellable_cancel(cancellable);
    g_thread_join(asker);
    g_assert_error(first.error, RS_ERROR, RS_ERROR_CANCELLED);
    g_mutex_unlock(&stub.gate);
    g_thread_join(waiter);
    g_assert_no_error(second.error);
    g_assert_nonnull(second.credentials);
    caller_clear(&first);
    caller_clear(&second);
    aws_stub_stop(&stub);
}

/* --- people ------------------------------------------------------------------------------------ */

static Secret *give_code(gpointer user, const char *serial, GCancellable *cancellable,
                         GError **error)
{
    gint *codes = user;
    (*codes)++;
    return secret_new("123456", -1);
}

static void test_people_are_asked_only_when_it_must_be(void)
{
    AwsStub stub;
    gint codes = 0;
    aws_stub_start(&stub);
    aws_stub_files(&stub,
                   "[default]\nrole_arn=arn:aws:iam::1:role/a\nsource_profile=b\nmfa_serial=m\n",
                   "[b]\naws_access_key_id=k\naws_secret_access_key=s\n");
    CredentialsSettings settings = aws_stub_settings(&stub);
    settings.prompt = give_code;
    settings.prompt_user = &codes;
    g_autoptr(CredentialsSource) source = credentials_source_new_with(&settings);
    static const struct {
        gint at, codes;
    } steps[] = {{0, 1}, {2700, 1}, {2999, 1}, {3000, 2}};
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_atomic_int_set(&stub.now, steps[i].at);
        g_autoptr(Credentials) credentials = credentials_source_get(source, NULL, NULL);
        g_assert_nonnull(credentials);
        g_assert_cmpint(codes, ==, steps[i].codes);
    }
    aws_stub_stop(&stub);
}

static void add_tests(void)
{
    g_test_add_func("/refresh/windows-decide-when-to-ask", test_windows_decide_when_to_ask);
    g_test_add_func("/refresh/stale-ones-survive-a-failed-advisory-refresh",
                    test_stale_credentials_survive_a_failed_advisory_refresh);
    g_test_add_func("/refresh/invalidated-ones-are-asked-for-at-once",
                    test_invalidated_credentials_are_asked_for_at_once);
    g_test_add_func("/refresh/those-that-come-expired-are-refused",
                    test_credentials_that_come_expired_are_refused);
    g_test_add_func("/refresh/one-asks-and-the-others-wait-when-they-must",
                    test_one_asks_and_the_others_wait_when_they_must);
    g_test_add_func("/refresh/the-others-use-the-old-ones-when-they-may",
                    test_the_others_use_the_old_ones_when_they_may);
    g_test_add_func("/refresh/a-waiting-caller-can-be-cancelled",
                    test_a_waiting_caller_can_be_cancelled);
    g_test_add_func("/refresh/the-askers-cancellation-is-not-the-others",
                    test_the_askers_cancellation_is_not_the_others);
    g_test_add_func("/refresh/people-are-asked-only-when-it-must-be",
                    test_people_are_asked_only_when_it_must_be);
}

int main(int argc, char **argv)
{
    return aws_stub_main(argc, argv, add_tests);
}
