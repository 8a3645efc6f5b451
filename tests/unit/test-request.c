/* What aws/request does when a service refuses, is lost, hangs, or has another clock. */
#include <string.h>

#include "aws/request.h"
#include "base/error.h"
#include "tests/unit/aws-stub.h"

#define SERVER_NOW (STUB_NOW + 7200) /* the server's clock, where it is off */
#define DATE_OF_SERVER "Date: Sun, 15 Jun 2025 17:06:40 GMT\r\n"
#define DATE_OF_CLIENT "Date: Sun, 15 Jun 2025 15:06:40 GMT\r\n"
#define LONGEST_MS 30000 /* a hanging request never ends by itself */

/* A service whose answers are a table's, the last of them again and again. */
typedef struct {
    AwsStub keys; /* environment and clock */
    HttpStub *http;
    CredentialsSource *source;
    AwsClient *client;
    const StubAnswer *answers;
    gsize count;
    gint asked;           /* atomic */
    gint clock;           /* of the server; 0: it does not look. Atomic */
    const char *good_key; /* NULL: any */
    const char *name;     /* as requests are signed for */
    GMutex gate;          /* held by a test, it keeps the service from answering */
    guint slept_ms;       /* asked for by the last retry */
    guint sleeps;
} Service;

static gboolean is_skewed(Service *service, const StubRequest *request)
{
    gint clock = g_atomic_int_get(&service->clock);
    g_autofree char *text = http_stub_header(request, "X-Amz-Date");
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text != NULL ? text : "", utc);
    return clock != 0 && (time == NULL || ABS(g_date_time_to_unix(time) - clock) > 300);
}

static gboolean has_good_key(Service *service, const StubRequest *request)
{
    g_autofree char *wanted = g_strdup_printf("Credential=%s/", service->good_key);
    return service->good_key == NULL || strstr(request->head, wanted) != NULL;
}

static StubAnswer copy_of(const StubAnswer *answer)
{
    return (StubAnswer){answer->status, g_strdup(answer->body), answer->head};
}

static StubAnswer answer(gpointer user, const StubRequest *request)
{
    static const StubAnswer good = {200, NULL, NULL};
    Service *service = user;
    gsize number = (gsize)g_atomic_int_add(&service->asked, 1);
    g_mutex_lock(&service->gate);
    g_mutex_unlock(&service->gate);
    if (service->count == 0)
        return good;
    if (number >= service->count)
        number = service->count - 1;
    gboolean refuses = is_skewed(service, request) || !has_good_key(service, request);
    gboolean looks = service->clock != 0 || service->good_key != NULL;
    return copy_of(looks && !refuses ? &good : &service->answers[number]);
}

static void note_sleep(gpointer user, guint ms, GCancellable *cancellable)
{
    Service *service = user;
    service->slept_ms = ms;
    service->sleeps++;
}

static gint64 service_now(gpointer user)
{
    return STUB_NOW;
}

static double service_random(gpointer user)
{
    return 0.5;
}

static void service_start(Service *service, const StubAnswer *answers, gsize count)
{
    memset(service, 0, sizeof *service);
    aws_stub_start(&service->keys);
    g_mutex_init(&service->gate);
    service->name = "x";
    service->answers = answers;
    service->count = count;
    aws_stub_setenv(&service->keys, "AWS_ACCESS_KEY_ID", "OLD");
    aws_stub_setenv(&service->keys, "AWS_SECRET_ACCESS_KEY", "hush");
    service->http = http_stub_start(answer, service);
    service->source = credentials_source_new(NULL, NULL, NULL);
    service->client = aws_client_new(service->source);
    AwsHooks hooks = {service_now, service_random, note_sleep, service};
    aws_client_set_hooks(service->client, &hooks);
}

static void service_stop(Service *service)
{
    aws_client_free(service->client);
    credentials_source_free(service->source);
    http_stub_stop(service->http);
    g_mutex_clear(&service->gate);
    aws_stub_stop(&service->keys);
}

static gboolean ask_with(Service *service, const char *method, gboolean once,
                         GCancellable *cancellable, GError **error)
{
    g_auto(HttpResponse) response = {0};
    g_auto(AwsRequest) request = {.what = "cannot ask",
                                  .method = method,
                                  .scheme = g_strdup("http"),
                                  .host = g_strdup(http_stub_url(service->http) + 7),
                                  .path = g_strdup("/"),
                                  .region = g_strdup("us-east-1"),
                                  .service = service->name,
                                  .path_mode = SIGV4_PATH_DOUBLE,
                                  .once = once,
                                  .read_failure = aws_failure_read_json};
    return aws_send(service->client, &request, &response, cancellable, error);
}

static gboolean ask(Service *service, const char *method, GError **error)
{
    return ask_with(service, method, FALSE, NULL, error);
}

/* --- clocks and keys --------------------------------------------------------------------------- */

static void test_a_clock_that_is_off_is_learnt_and_remembered(void)
{
    static const struct {
        const char *method;
        StubAnswer answer;
        gint clock;
        guint asked; /* for the first request; 0: it fails */
        guint tried;
    } cases[] = {
        {"GET", {403, "{\"__type\":\"RequestTimeTooSkewed\"}", DATE_OF_SERVER}, SERVER_NOW, 2, 2},
        {"GET", {400, "{\"__type\":\"RequestExpired\"}", DATE_OF_SERVER}, SERVER_NOW, 2, 2},
        {"GET",
         {403, "{\"__type\":\"InvalidSignatureException\"}", DATE_OF_SERVER},
         SERVER_NOW,
         2,
         2},
        {"HEAD", {403, NULL, DATE_OF_SERVER}, SERVER_NOW, 2, 2},
        /* The same words where the clock is right, and without a Date: not tried again. */
        {"GET", {403, "{\"__type\":\"RequestTimeTooSkewed\"}", DATE_OF_CLIENT}, SERVER_NOW, 0, 1},
        {"GET", {403, "{\"__type\":\"RequestTimeTooSkewed\"}", NULL}, SERVER_NOW, 0, 1},
        {"HEAD", {403, NULL, DATE_OF_CLIENT}, SERVER_NOW, 0, 1},
        {"GET", {403, "{\"__type\":\"AccessDenied\"}", DATE_OF_SERVER}, SERVER_NOW, 0, 1},
        /* A service that is never content: once more, and no more. */
        {"GET", {403, "{\"__type\":\"RequestTimeTooSkewed\"}", DATE_OF_SERVER}, 1, 0, 2},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Service service;
        g_autoptr(GError) error = NULL;
        service_start(&service, &cases[i].answer, 1);
        service.clock = cases[i].clock;
        g_assert_cmpint(ask(&service, cases[i].method, &error), ==, cases[i].asked != 0);
        g_assert_cmpint(g_atomic_int_get(&service.asked), ==, (gint)cases[i].tried);
        if (cases[i].asked != 0) {
            g_assert_true(ask(&service, "GET", NULL));
            g_assert_cmpint(g_atomic_int_get(&service.asked), ==, (gint)cases[i].tried + 1);
        }
        g_assert_cmpuint(service.sleeps, ==, 0);
        service_stop(&service);
    }
}

static void test_expired_keys_are_replaced_once(void)
{
    static const struct {
        const char *method;
        StubAnswer answer;
        gboolean renewed; /* the environment has other keys by then */
        gint asked;
    } cases[] = {
        {"GET", {400, "{\"__type\":\"ExpiredToken\"}", NULL}, TRUE, 2},
        {"GET", {403, "{\"__type\":\"ExpiredTokenException\"}", NULL}, TRUE, 2},
        {"HEAD", {400, NULL, NULL}, TRUE, 2},
        {"GET", {400, "{\"__type\":\"ExpiredToken\"}", NULL}, FALSE, 2},
        {"GET", {400, NULL, NULL}, TRUE, 1},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Service service;
        g_autoptr(GError) error = NULL;
        service_start(&service, &cases[i].answer, 1);
        g_autoptr(Credentials) old = credentials_source_get(service.source, NULL, NULL);
        g_assert_cmpstr(old->access_key_id, ==, "OLD");
        service.good_key = "NEW";
        if (cases[i].renewed)
            g_setenv("AWS_ACCESS_KEY_ID", "NEW", TRUE);
        gboolean good = ask(&service, cases[i].method, &error);
        g_assert_cmpint(good, ==, cases[i].renewed && cases[i].asked > 1);
        g_assert_cmpint(g_atomic_int_get(&service.asked), ==, cases[i].asked);
        service_stop(&service);
    }
}

static void test_refused_keys_are_named_with_their_place_and_without_themselves(void)
{
    static const StubAnswer refusal = {403, "{\"__type\":\"UnrecognizedClientException\"}", NULL};
    Service service;
    g_autoptr(GError) error = NULL;
    service_start(&service, &refusal, 1);
    g_assert_false(ask(&service, "GET", &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_AUTH);
    g_assert_nonnull(strstr(error->message, "the keys came from the environment"));
    g_assert_nonnull(strstr(error->message, "AWS_ACCESS_KEY_ID"));
    g_assert_null(strstr(error->message, "hush"));
    service_stop(&service);
}

/* --- repetition -------------------------------------------------------------------------------- */

static void test_what_is_sent_again_and_how_often(void)
{
    static const struct {
        const char *name, *method;
        StubAnswer first, then;
        gboolean once;
        const char *attempts; /* AWS_MAX_ATTEMPTS */
        gboolean good;
        gint asked;
        guint slept_ms; /* before the last attempt */
    } cases[] = {
        {"500", "GET", {500, NULL, NULL}, {200, NULL, NULL}, FALSE, NULL, TRUE, 2, 500},
        {"503 for ever", "GET", {503, NULL, NULL}, {503, NULL, NULL}, FALSE, NULL, FALSE, 3, 1000},
        {"one attempt", "GET", {503, NULL, NULL}, {200, NULL, NULL}, FALSE, "1", FALSE, 1, 0},
        {"five", "GET", {503, NULL, NULL}, {503, NULL, NULL}, FALSE, "5", FALSE, 5, 4000},
        {"501", "GET", {501, NULL, NULL}, {200, NULL, NULL}, FALSE, NULL, FALSE, 1, 0},
        {"denied", "GET", {403, NULL, NULL}, {200, NULL, NULL}, FALSE, NULL, FALSE, 1, 0},
        {"throttled",
         "GET",
         {400, "{\"__type\":\"ThrottlingException\"}", NULL},
         {200, NULL, NULL},
         FALSE,
         NULL,
         TRUE,
         2,
         500},
        {"lost", "GET", {0, NULL, NULL}, {200, NULL, NULL}, FALSE, NULL, TRUE, 2, 500},
        {"no redirect is followed",
         "GET",
         {301, NULL, "Location: /x\r\n"},
         {200, NULL, NULL},
         FALSE,
         NULL,
         FALSE,
         1,
         0},
        {"told when",
         "GET",
         {503, NULL, "Retry-After: 7\r\n"},
         {200, NULL, NULL},
         FALSE,
         NULL,
         TRUE,
         2,
         7000},
        {"told when in ms",
         "GET",
         {503, NULL, "x-amz-retry-after: 1700\r\n"},
         {200, NULL, NULL},
         FALSE,
         NULL,
         TRUE,
         2,
         1700},
        {"told a time",
         "GET",
         {503, NULL, DATE_OF_CLIENT "Retry-After: Sun, 15 Jun 2025 15:06:49 GMT\r\n"},
         {200, NULL, NULL},
         FALSE,
         NULL,
         TRUE,
         2,
         9000},
        {"told a time in the past",
         "GET",
         {503, NULL, DATE_OF_CLIENT "Retry-After: Sun, 15 Jun 2025 15:00:00 GMT\r\n"},
         {200, NULL, NULL},
         FALSE,
         NULL,
         TRUE,
         2,
         500},
        {"told to wait for ever",
         "GET",
         {503, NULL, "Retry-After: 99999\r\n"},
         {200, NULL, NULL},
         FALSE,
         NULL,
         TRUE,
         2,
         20000},
        /* What may not be doubled is repeated only when it surely was not done. */
        {"once and 500", "POST", {500, NULL, NULL}, {200, NULL, NULL}, TRUE, NULL, FALSE, 1, 0},
        {"once and lost", "POST", {0, NULL, NULL}, {200, NULL, NULL}, TRUE, NULL, FALSE, 1, 0},
        {"once and throttled",
         "POST",
         {400, "{\"__type\":\"ThrottlingException\"}", NULL},
         {200, NULL, NULL},
         TRUE,
         NULL,
         TRUE,
         2,
         500},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Service service;
        const StubAnswer answers[] = {cases[i].first, cases[i].then};
        g_test_message("%s", cases[i].name);
        service_start(&service, answers, G_N_ELEMENTS(answers));
        if (cases[i].attempts != NULL)
            g_setenv("AWS_MAX_ATTEMPTS", cases[i].attempts, TRUE);
        g_autoptr(GError) error = NULL;
        gboolean good = ask_with(&service, cases[i].method, cases[i].once, NULL, &error);
        g_assert_cmpint(good, ==, cases[i].good);
        g_assert_cmpint(g_atomic_int_get(&service.asked), ==, cases[i].asked);
        g_assert_cmpuint(service.slept_ms, ==, cases[i].slept_ms);
        service_stop(&service);
    }
}

/* 500 tokens, five for each of the two retries: then broken services get one request each. */
static void test_a_broken_service_is_not_flooded(void)
{
    static const StubAnswer broken = {500, NULL, NULL};
    Service service;
    service_start(&service, &broken, 1);
    for (gint i = 0; i < 50; i++)
        g_assert_false(ask(&service, "GET", NULL));
    g_assert_cmpint(g_atomic_int_get(&service.asked), ==, 150);
    g_assert_false(ask(&service, "GET", NULL));
    g_assert_cmpint(g_atomic_int_get(&service.asked), ==, 151);
    AwsClient *other = aws_client_new(service.source); /* it has no quota of its own */
    AwsHooks hooks = {service_now, service_random, note_sleep, &service};
    aws_client_set_hooks(other, &hooks);
    aws_client_free(g_steal_pointer(&service.client));
    service.client = other;
    g_assert_false(ask(&service, "GET", NULL));
    g_assert_cmpint(g_atomic_int_get(&service.asked), ==, 152);
    service.name = "y"; /* another service has one */
    g_assert_false(ask(&service, "GET", NULL));
    g_assert_cmpint(g_atomic_int_get(&service.asked), ==, 155);
    service_stop(&service);
}

static void test_a_wrong_setting_is_told_before_anything_is_sent(void)
{
    Service service;
    g_autoptr(GError) error = NULL;
    service_start(&service, NULL, 0);
    g_setenv("AWS_MAX_ATTEMPTS", "many", TRUE);
    g_assert_false(ask(&service, "GET", &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CONFIG);
    g_assert_cmpint(g_atomic_int_get(&service.asked), ==, 0);
    service_stop(&service);
}

/* --- cancelling -------------------------------------------------------------------------------- */

typedef struct {
    Service *service;
    GCancellable *cancellable;
    GError *error;
    gint64 ended; /* monotonic */
} Hanging;

static gpointer ask_and_hang(gpointer data)
{
    Hanging *hanging = data;
    ask_with(hanging->service, "GET", FALSE, hanging->cancellable, &hanging->error);
    hanging->ended = g_get_monotonic_time();
    return NULL;
}

static void test_a_hanging_request_ends_when_it_is_cancelled(void)
{
    Service service;
    service_start(&service, NULL, 0);
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    Hanging hanging = {.service = &service, .cancellable = cancellable};
    g_mutex_lock(&service.gate);
    GThread *thread = g_thread_new("hanging", ask_and_hang, &hanging);
    while (g_atomic_int_get(&service.asked) == 0)
        g_thread_yield();
    gint64 begun = g_get_monotonic_time();
    g_cancellable_cancel(cancellable);
    g_thread_join(thread);
    gint64 ms = (hanging.ended - begun) / 1000;
    g_test_message("cancelled after %" G_GINT64_FORMAT " ms", ms);
    g_assert_error(hanging.error, RS_ERROR, RS_ERROR_CANCELLED);
    g_assert_cmpint(ms, <, LONGEST_MS);
    g_error_free(hanging.error);
    g_mutex_unlock(&service.gate);
    service_stop(&service);
}

static void test_nothing_is_sent_after_cancelling(void)
{
    Service service;
    service_start(&service, NULL, 0);
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GError) error = NULL;
    g_cancellable_cancel(cancellable);
    g_assert_false(ask_with(&service, "GET", FALSE, cancellable, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CANCELLED);
    g_assert_cmpint(g_atomic_int_get(&service.asked), ==, 0);
    service_stop(&service);
}

static void add_tests(void)
{
    g_test_add_func("/request/a-clock-that-is-off-is-learnt-and-remembered",
                    test_a_clock_that_is_off_is_learnt_and_remembered);
    g_test_add_func("/request/expired-keys-are-replaced-once", test_expired_keys_are_replaced_once);
    g_test_add_func("/request/refused-keys-are-named-with-their-place-and-without-themselves",
                    test_refused_keys_are_named_with_their_place_and_without_themselves);
    g_test_add_func("/request/what-is-sent-again-and-how-often",
                    test_what_is_sent_again_and_how_often);
    g_test_add_func("/request/a-broken-service-is-not-flooded",
                    test_a_broken_service_is_not_flooded);
    g_test_add_func("/request/a-wrong-setting-is-told-before-anything-is-sent",
                    test_a_wrong_setting_is_told_before_anything_is_sent);
    g_test_add_func("/http/a-hanging-request-ends-when-it-is-cancelled",
                    test_a_hanging_request_ends_when_it_is_cancelled);
    g_test_add_func("/http/nothing-is-sent-after-cancelling",
                    test_nothing_is_sent_after_cancelling);
}

int main(int argc, char **argv)
{
    return aws_stub_main(argc, argv, add_tests);
}
