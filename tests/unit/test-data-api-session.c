#include <string.h>

#include "base/error.h"
#include "redshift/data_api_session.h"
#include "tests/unit/http-stub.h"

#define ID "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"

/* What the service says next; the first statement, which opens the session, always succeeds. */
typedef struct {
    const char *execute; /* NULL: it is taken */
    int status;          /* of that answer */
    const char *describe, *result;
    gint opened; /* atomic */
    GMutex mutex;
    GCond spoken;
    gboolean mute; /* no answer comes until this is FALSE, or 30 s have passed */
} Service;

static StubAnswer say(int status, const char *body)
{
    return (StubAnswer){.status = status, .body = g_strdup(body)};
}

static void wait_while_mute(Service *service)
{
    gint64 end = g_get_monotonic_time() + 30 * G_USEC_PER_SEC;
    g_mutex_lock(&service->mutex);
    while (service->mute && g_cond_wait_until(&service->spoken, &service->mutex, end))
        continue;
    g_mutex_unlock(&service->mutex);
}

static void set_mute(Service *service, gboolean mute)
{
    g_mutex_lock(&service->mutex);
    service->mute = mute;
    g_cond_broadcast(&service->spoken);
    g_mutex_unlock(&service->mutex);
}

static StubAnswer serve(gpointer user, const StubRequest *request)
{
    static const char introduction[] =
        "{\"ColumnMetadata\":[{\"name\":\"version\",\"typeName\":\"varchar\"},"
        "{\"name\":\"pid\",\"typeName\":\"int4\"},{\"name\":\"user\",\"typeName\":\"name\"}],"
        "\"Records\":[[{\"stringValue\":\"PostgreSQL 8.0.2, Redshift 1.0.7\"},{\"longValue\":77},"
        "{\"stringValue\":\"IAM:me\"}]],\"TotalNumRows\":1}";
    Service *service = user;
    g_autofree char *target = http_stub_header(request, "X-Amz-Target");
    gboolean opened = g_atomic_int_get(&service->opened) != 0;
    wait_while_mute(service);
    if (g_str_has_suffix(target, "ExecuteStatement"))
        return opened && service->execute != NULL
                   ? say(service->status, service->execute)
                   : say(200, "{\"Id\":\"" ID "\",\"SessionId\":\"s-1\"}");
    if (g_str_has_suffix(target, "DescribeStatement"))
        return say(200, opened ? service->describe
                               : "{\"Id\":\"" ID
                                 "\",\"Status\":\"FINISHED\",\"HasResultSet\":true}");
    g_atomic_int_set(&service->opened, 1);
    return say(200, opened ? service->result : introduction);
}

typedef struct {
    Service service;
    HttpStub *stub;
    CredentialsSource *source;
    Session *session;
} Fixture;

static void fixture_begin(Fixture *fixture, const Service *service)
{
    g_autoptr(GError) error = NULL;
    *fixture = (Fixture){.service = *service};
    g_mutex_init(&fixture->service.mutex);
    g_cond_init(&fixture->service.spoken);
    fixture->stub = http_stub_start(serve, &fixture->service);
    g_autoptr(Credentials) keys = credentials_new("AKIAEXAMPLE", "secret", NULL, 0, "test");
    fixture->source = credentials_source_new_fixed(keys);
    DataApiOptions options = {.credentials = fixture->source,
                              .endpoint_url = http_stub_url(fixture->stub),
                              .region = "us-east-1",
                              .cluster = "etl",
                              .database = "dev"};
    fixture->session = data_api_session_open(&options, NULL, &error);
    g_assert_no_error(error);
}

static void fixture_end(Fixture *fixture)
{
    session_free(fixture->session);
    credentials_source_free(fixture->source);
    http_stub_stop(fixture->stub);
    g_mutex_clear(&fixture->service.mutex);
    g_cond_clear(&fixture->service.spoken);
}

static void test_the_session_is_named_in_what_follows(void)
{
    Fixture fixture;
    g_autoptr(GError) error = NULL;
    fixture_begin(&fixture, &(Service){.describe = "{\"Id\":\"" ID "\",\"Status\":\"FINISHED\"}"});
    g_assert_cmpstr(session_info(fixture.session)->server_version, ==, "Redshift 1.0.7");
    g_assert_cmpstr(session_info(fixture.session)->user, ==, "IAM:me");
    g_assert_cmpint(session_info(fixture.session)->backend_pid, ==, 77);
    g_assert_false(session_info(fixture.session)->tls);
    g_assert_true(session_run(fixture.session, "SET x TO 1", NULL, NULL, &error));
    session_free(g_steal_pointer(&fixture.session));
    /* the last call lets the session end, and says nothing but whose it is */
    g_autofree char *last = http_stub_last_body(fixture.stub, "POST");
    g_assert_nonnull(strstr(last, "\"SessionId\":\"s-1\""));
    g_assert_nonnull(strstr(last, "\"SessionKeepAliveSeconds\":1"));
    g_assert_null(strstr(last, "ClusterIdentifier"));
    fixture_end(&fixture);
}

static void test_the_end_of_a_session_waits_for_nobody(void)
{
    Fixture fixture;
    fixture_begin(&fixture, &(Service){0});
    set_mute(&fixture.service, TRUE);
    gint64 began = g_get_monotonic_time();
    session_free(g_steal_pointer(&fixture.session));
    gint64 took = g_get_monotonic_time() - began;
    set_mute(&fixture.service, FALSE);
    /* the service would be silent for 30 s */
    g_assert_cmpint(took, <, 20 * G_USEC_PER_SEC);
    fixture_end(&fixture);
}

#define FAILED(words) "{\"Id\":\"" ID "\",\"Status\":\"FAILED\",\"Error\":\"" words "\"}"

static void test_words_of_the_server_have_codes(void)
{
    static const struct {
        const char *describe;
        int code;
        const char *sqlstate, *words;
    } rows[] = {
        {FAILED("ERROR: relation \\\"x\\\" does not exist"), RS_ERROR_NOT_FOUND, "42P01", "\"x\""},
        {FAILED("ERROR: syntax error at or near \\\"x\\\"\\n  Position: 8"), RS_ERROR_USAGE,
         "42601", "       ^"},
        {FAILED("ERROR: permission denied for relation x Hint: ask Position: 3"),
         RS_ERROR_PERMISSION, "42501", "hint: ask"},
        {FAILED("ERROR: 1023 Detail: Serializable isolation violation on table 1"),
         RS_ERROR_CONFLICT, "", "detail: Serializable"},
        {FAILED("ERROR: Query (12) cancelled on user's request"), RS_ERROR_CANCELLED, "57014", ""},
        {FAILED("ERROR: Divide by zero"), RS_ERROR_DATA, "22012", ""},
        {FAILED("FATAL: remaining connection slots are reserved"), RS_ERROR_LIMIT, "53300",
         "slots"},
        {FAILED("ERROR: schema \\\"x\\\" does not exist"), RS_ERROR_NOT_FOUND, "3F000", ""},
        {FAILED("Database response exceeded size limit"), RS_ERROR_LIMIT, "", "500 MB"},
        {FAILED("Packet for query is too large"), RS_ERROR_LIMIT, "", "UNLOAD"},
        {"{\"Id\":\"" ID "\",\"Status\":\"FAILED\"}", RS_ERROR_INTERNAL, "", "does not say why"},
        {"{\"Id\":\"" ID "\",\"Status\":\"ABORTED\"}", RS_ERROR_CANCELLED, "57014", "aborted"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Fixture fixture;
        g_autoptr(GError) error = NULL;
        fixture_begin(&fixture, &(Service){.describe = rows[i].describe});
        g_assert_false(session_run(fixture.session, "select x", NULL, NULL, &error));
        g_assert_error(error, RS_ERROR, rows[i].code);
        g_assert_cmpstr(session_sqlstate(fixture.session), ==, rows[i].sqlstate);
        g_assert_nonnull(strstr(error->message, rows[i].words));
        g_assert_true(session_is_alive(fixture.session));
        fixture_end(&fixture);
    }
}

#define REFUSAL(type, words) "{\"__type\":\"" type "\",\"message\":\"" words "\"}"

static void test_refusals_of_the_service_have_codes(void)
{
    static const struct {
        const char *answer;
        int status; /* 0: the connection is closed without an answer */
        int code;
        const char *words;
        gboolean alive;
    } rows[] = {
        {REFUSAL("ActiveStatementsExceededException", "The number of active statements exceeds .."),
         400, RS_ERROR_LIMIT, "transport = wire", TRUE},
        {REFUSAL("ValidationException", "Cannot process query string larger than 100kB"), 400,
         RS_ERROR_LIMIT, "COPY", TRUE},
        {REFUSAL("ResourceNotFoundException", "Session is not available."), 400, RS_ERROR_CONNECT,
         "has ended this session", FALSE},
        {REFUSAL("AccessDeniedException", "no"), 400, RS_ERROR_PERMISSION, "no", TRUE},
        {"", 0, RS_ERROR_CONNECT, "may have been started, or not", FALSE},
        {REFUSAL("InternalServerException", "oh"), 500, RS_ERROR_CONNECT, "was lost", FALSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Fixture fixture;
        g_autoptr(GError) error = NULL, again = NULL;
        fixture_begin(&fixture, &(Service){.execute = rows[i].answer, .status = rows[i].status});
        g_assert_false(session_run(fixture.session, "select 1", NULL, NULL, &error));
        g_assert_error(error, RS_ERROR, rows[i].code);
        g_assert_nonnull(strstr(error->message, rows[i].words));
        g_assert_cmpint(session_is_alive(fixture.session), ==, rows[i].alive);
        if (!rows[i].alive) { /* and the next is not sent */
            g_assert_false(session_run(fixture.session, "select 1", NULL, NULL, &again));
            g_assert_error(again, RS_ERROR, RS_ERROR_CONNECT);
        }
        fixture_end(&fixture);
    }
}

static void test_values_come_as_on_the_wire(void)
{
    static const struct {
        const char *type, *field, *text;
        guint32 oid;
    } cells[] = {
        {"bool", "{\"booleanValue\":true}", "t", 16},
        {"bool", "{\"booleanValue\":false}", "f", 16},
        {"int8", "{\"longValue\":-9007199254740993}", "-9007199254740993", 20},
        {"float8", "{\"doubleValue\":21.0}", "21", 701},
        {"float8", "{\"doubleValue\":0.1}", "0.1", 701},
        {"float8", "{\"stringValue\":\"NaN\"}", "NaN", 701},
        {"numeric", "{\"stringValue\":\"3.140\"}", "3.140", 1700},
        {"varbyte", "{\"blobValue\":\"YWJj\"}", "616263", 6551},
        {"super", "{\"stringValue\":\"{\\\"a\\\":1}\"}", "{\"a\":1}", 4000},
        {"bpchar", "{\"stringValue\":\"\"}", "", 1042},
        {"varchar", "{\"isNull\":true}", NULL, 1043},
        {"nobody knows", "{\"newValue\":[1]}", "[1]", 705},
    };
    g_autoptr(GString) columns = g_string_new(NULL), row = g_string_new(NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cells); i++) {
        g_string_append_printf(columns, "%s{\"name\":\"c\",\"typeName\":\"%s\"}", i > 0 ? "," : "",
                               cells[i].type);
        g_string_append_printf(row, "%s%s", i > 0 ? "," : "", cells[i].field);
    }
    g_autofree char *result = g_strdup_printf(
        "{\"ColumnMetadata\":[%s],\"Records\":[[%s]],\"TotalNumRows\":1}", columns->str, row->str);
    Fixture fixture;
    g_autoptr(GError) error = NULL;
    fixture_begin(&fixture, &(Service){.describe = "{\"Id\":\"" ID "\",\"Status\":\"FINISHED\","
                                                   "\"HasResultSet\":true}",
                                       .result = result});
    Statement *statement = session_start(fixture.session, "select", NULL, &error);
    g_assert_no_error(error);
    guint n;
    const ResultColumn *described = statement_columns(statement, &n);
    g_assert_cmpuint(n, ==, G_N_ELEMENTS(cells));
    for (guint i = 0; i < n; i++)
        g_assert_cmpuint(described[i].type_oid, ==, cells[i].oid);
    g_assert_true(statement_finish(statement, NULL, &error));
    g_autoptr(GPtrArray) rows = session_query(fixture.session, "select", 0, &n, NULL, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < n; i++)
        g_assert_cmpstr(((char **)rows->pdata[0])[i], ==, cells[i].text);
    fixture_end(&fixture);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/data-api-session/the session is named in what follows",
                    test_the_session_is_named_in_what_follows);
    g_test_add_func("/data-api-session/the end of a session waits for nobody",
                    test_the_end_of_a_session_waits_for_nobody);
    g_test_add_func("/data-api-session/words of the server have codes",
                    test_words_of_the_server_have_codes);
    g_test_add_func("/data-api-session/refusals of the service have codes",
                    test_refusals_of_the_service_have_codes);
    g_test_add_func("/data-api-session/values come as on the wire",
                    test_values_come_as_on_the_wire);
    return g_test_run();
}
