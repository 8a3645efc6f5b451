#include <string.h>

#include "aws/data_api.h"
#include "base/error.h"

/* --- a server that says what it was told to say ------------------------------------------------- */

typedef struct {
    int status;
    const char *body;
    const char *expected; /* the request must have this in it; NULL: anything */
} Answer;

typedef struct {
    const Answer *answers;
    guint n, served;
    GSocketListener *listener;
    GThread *thread;
    CredentialsSource *source;
    AwsClient *client;
    DataApi *api;
    guint slept_ms;
    guint16 port;
} Fixture;

/* Headers and the body that Content-Length promises. */
static char *read_request(GInputStream *in)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char buffer[4096];
    const char *end = NULL;
    gsize body = 0;
    while (end == NULL || strlen(end + 4) < body) {
        gssize got = g_input_stream_read(in, buffer, sizeof buffer, NULL, NULL);
        if (got <= 0)
            break;
        g_string_append_len(text, buffer, got);
        end = strstr(text->str, "\r\n\r\n");
        const char *length = strstr(text->str, "Content-Length: ");
        body = length != NULL ? (gsize)g_ascii_strtoull(length + 16, NULL, 10) : 0;
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static gpointer serve(gpointer user)
{
    Fixture *fixture = user;
    for (guint i = 0; i < fixture->n; i++) {
        g_autoptr(GSocketConnection) connection =
            g_socket_listener_accept(fixture->listener, NULL, NULL, NULL);
        const Answer *answer = &fixture->answers[i];
        g_autofree char *request =
            read_request(g_io_stream_get_input_stream(G_IO_STREAM(connection)));
        if (answer->expected != NULL && strstr(request, answer->expected) == NULL)
            g_error("request %u has no %s: %s", i, answer->expected, request);
        g_autofree char *text =
            g_strdup_printf("HTTP/1.1 %d X\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
                            answer->status, strlen(answer->body), answer->body);
        g_output_stream_write_all(g_io_stream_get_output_stream(G_IO_STREAM(connection)), text,
                                  strlen(text), NULL, NULL, NULL);
        fixture->served++;
    }
    return NULL;
}

static gint64 fake_now(gpointer user)
{
    return 1000000000;
}

static double fake_random(gpointer user)
{
    return 0.5;
}

static void fake_sleep(gpointer user, guint ms, GCancellable *cancellable)
{
    ((Fixture *)user)->slept_ms += ms;
}

static void fixture_begin(Fixture *fixture, const Answer *answers, guint n)
{
    *fixture = (Fixture){.answers = answers, .n = n, .listener = g_socket_listener_new()};
    fixture->port = g_socket_listener_add_any_inet_port(fixture->listener, NULL, NULL);
    g_assert_cmpint(fixture->port, !=, 0);
    g_autofree char *url = g_strdup_printf("http://127.0.0.1:%u", fixture->port);
    AwsHooks hooks = {fake_now, fake_random, fake_sleep, fixture};
    Credentials *keys = credentials_new("AKIAEXAMPLE", "secret", NULL, 0, "test");
    fixture->source = credentials_source_new_fixed(keys);
    credentials_unref(keys);
    fixture->client = aws_client_new(fixture->source);
    fixture->api = data_api_new(fixture->client, url, "us-east-1");
    data_api_set_hooks(fixture->api, &hooks);
    aws_client_set_hooks(fixture->client, &hooks);
    fixture->thread = g_thread_new("server", serve, fixture);
}

static void fixture_end(Fixture *fixture)
{
    g_thread_join(fixture->thread);
    g_assert_cmpuint(fixture->served, ==, fixture->n);
    data_api_free(fixture->api);
    aws_client_free(fixture->client);
    credentials_source_free(fixture->source);
    g_object_unref(fixture->listener);
}

/* --- statements --------------------------------------------------------------------------------- */

#define ID "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
#define STATUS(name) "{\"Id\":\"" ID "\",\"Status\":\"" name "\"}"

static gboolean run(Fixture *fixture, DataApiStatement *statement, GError **error)
{
    static const char *const sqls[] = {"select 1", NULL};
    DataApiTarget target = {.cluster = "c", .database = "dev"};
    DataApiRequest request = {.sqls = sqls, .client_token = "token-1"};
    return data_api_execute(fixture->api, &target, &request, statement, NULL, error) &&
           data_api_wait(fixture->api, statement, NULL, error);
}

static void test_a_refused_wait_falls_back_to_polling(void)
{
    static const Answer answers[] = {
        {200, "{\"Id\":\"" ID "\"}", "\"ClientToken\":\"token-1\""},
        {400, "{\"__type\":\"ValidationException\",\"message\":\"WaitTimeSeconds\"}",
         "WaitTimeSeconds"},
        {200, STATUS("STARTED"), "DescribeStatement"},
        {200, STATUS("SOMETHING_NEW"), NULL},
        {200, STATUS("FINISHED"), NULL},
    };
    Fixture fixture;
    g_auto(DataApiStatement) statement = {0};
    g_autoptr(GError) error = NULL;
    fixture_begin(&fixture, answers, G_N_ELEMENTS(answers));
    g_assert_true(run(&fixture, &statement, &error));
    g_assert_no_error(error);
    g_assert_cmpint(statement.state, ==, DATA_API_FINISHED);
    g_assert_cmpuint(fixture.slept_ms, >=, 250 + 375 + 562);
    fixture_end(&fixture);
}

static void test_a_failed_statement_is_a_data_error(void)
{
    static const Answer answers[] = {
        {200, "{\"Id\":\"" ID "\"}", "ExecuteStatement"},
        {200,
         "{\"Id\":\"" ID "\",\"Status\":\"FAILED\",\"Error\":\"ERROR: syntax error Position: 3\"}",
         "WaitTimeSeconds"},
    };
    Fixture fixture;
    g_auto(DataApiStatement) statement = {0};
    g_autoptr(GError) error = NULL;
    fixture_begin(&fixture, answers, G_N_ELEMENTS(answers));
    g_assert_false(run(&fixture, &statement, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_DATA);
    g_assert_nonnull(strstr(error->message, "ERROR: syntax error Position: 3"));
    fixture_end(&fixture);
}

/* What a cancelled wait says, by what DescribeStatement says behind the cancel. */
static void test_a_cancelled_wait_says_what_became_of_it(void)
{
    static const struct {
        const char *body;
        int code; /* -1: it has succeeded */
        const char *words;
    } rows[] = {
        {STATUS("ABORTED"), RS_ERROR_CANCELLED, "cancelled, confirmed by the server"},
        {STATUS("FINISHED"), -1, NULL},
        {"{\"Id\":\"" ID "\",\"Status\":\"FINISHED\",\"HasResultSet\":true}", RS_ERROR_CANCELLED,
         "already finished"},
        {"{\"Id\":\"" ID "\",\"Status\":\"FINISHED\",\"HasResultSet\":true,\"SubStatements\":[]}",
         -1, NULL},
        {"{\"Id\":\"" ID "\",\"Status\":\"FAILED\",\"Error\":\"ERROR: nix\"}", RS_ERROR_DATA,
         "nix"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const Answer answers[] = {{200, "{\"Status\":true}", "CancelStatement"},
                                  {200, STATUS("STARTED"), "DescribeStatement"},
                                  {200, rows[i].body, "DescribeStatement"}};
        Fixture fixture;
        g_autoptr(GCancellable) cancellable = g_cancellable_new();
        g_auto(DataApiStatement) statement = {.id = g_strdup(ID)};
        g_autoptr(GError) error = NULL;
        fixture_begin(&fixture, answers, G_N_ELEMENTS(answers));
        g_cancellable_cancel(cancellable);
        gboolean done = data_api_wait(fixture.api, &statement, cancellable, &error);
        g_assert_cmpint(done, ==, rows[i].code < 0);
        if (!done) {
            g_assert_error(error, RS_ERROR, rows[i].code);
            g_assert_nonnull(strstr(error->message, rows[i].words));
        }
        fixture_end(&fixture);
    }
}

static void test_a_cancel_that_is_refused_is_not_called_one(void)
{
    static const Answer answers[] = {
        {400, "{\"__type\":\"ValidationException\",\"message\":\"no\"}", "CancelStatement"},
        {400, "{\"__type\":\"ValidationException\",\"message\":\"no\"}", "DescribeStatement"},
    };
    Fixture fixture;
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_auto(DataApiStatement) statement = {.id = g_strdup(ID)};
    g_autoptr(GError) error = NULL;
    fixture_begin(&fixture, answers, G_N_ELEMENTS(answers));
    g_cancellable_cancel(cancellable);
    g_assert_false(data_api_wait(fixture.api, &statement, cancellable, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CANCELLED);
    g_assert_nonnull(strstr(error->message, "could not be sent"));
    g_assert_null(strstr(error->message, "confirmed"));
    fixture_end(&fixture);
}

static void test_a_cancel_without_an_answer_is_said_to_be_one(void)
{
    Answer answers[8] = {{200, "{\"Status\":true}", "CancelStatement"}};
    Fixture fixture;
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_auto(DataApiStatement) statement = {.id = g_strdup(ID)};
    g_autoptr(GError) error = NULL;
    for (gsize i = 1; i < G_N_ELEMENTS(answers); i++)
        answers[i] = (Answer){200, STATUS("STARTED"), "DescribeStatement"};
    fixture_begin(&fixture, answers, G_N_ELEMENTS(answers));
    g_cancellable_cancel(cancellable);
    g_assert_false(data_api_wait(fixture.api, &statement, cancellable, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CANCELLED);
    g_assert_nonnull(strstr(error->message, "has not answered yet"));
    g_assert_cmpint(statement.state, ==, DATA_API_RUNNING);
    fixture_end(&fixture);
}

static void test_polls_are_counted_and_then_the_statement_is_cancelled(void)
{
    static const Answer answers[] = {
        {200, STATUS("STARTED"), "DescribeStatement"},
        {200, STATUS("STARTED"), "DescribeStatement"},
        {200, "{\"Status\":true}", "CancelStatement"},
        {200, STATUS("ABORTED"), "DescribeStatement"},
    };
    Fixture fixture;
    DataApiWaiting waiting = {.poll_interval_ms = 700, .max_polls = 2};
    g_auto(DataApiStatement) statement = {.id = g_strdup(ID)};
    g_autoptr(GError) error = NULL;
    fixture_begin(&fixture, answers, G_N_ELEMENTS(answers));
    g_assert_false(data_api_wait_as(fixture.api, &statement, &waiting, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_LIMIT);
    g_assert_nonnull(strstr(error->message, "max_poll_attempts"));
    g_assert_cmpuint(fixture.slept_ms, ==, 1400);
    fixture_end(&fixture);
}

static void test_lists_are_read_to_the_last_page(void)
{
    static const Answer answers[] = {
        {200, "{\"Databases\":[\"a\",\"b\"],\"NextToken\":\"t2\"}", "ListDatabases"},
        {200, "{\"Databases\":[\"c\"]}", "\"NextToken\":\"t2\""},
    };
    Fixture fixture;
    DataApiTarget target = {.workgroup = "w", .database = "dev"};
    g_autoptr(GError) error = NULL;
    fixture_begin(&fixture, answers, G_N_ELEMENTS(answers));
    g_autoptr(GPtrArray) names = data_api_list_databases(fixture.api, &target, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(names->len, ==, 3);
    g_assert_cmpstr(names->pdata[2], ==, "c");
    fixture_end(&fixture);
}

/* --- fields ------------------------------------------------------------------------------------- */

static void test_fields_keep_their_kind_and_digits(void)
{
    static const struct {
        const char *json;
        DataApiKind kind;
        const char *text;
    } cases[] = {
        {"{\"longValue\":9007199254740993}", DATA_API_LONG, "9007199254740993"},
        {"{\"longValue\":-9223372036854775808}", DATA_API_LONG, "-9223372036854775808"},
        {"{\"doubleValue\":0.1000000000000000055}", DATA_API_DOUBLE, "0.1000000000000000055"},
        {"{\"booleanValue\":false}", DATA_API_BOOLEAN, "false"},
        {"{\"isNull\":true}", DATA_API_NULL, NULL},
        {"{\"stringValue\":\"\"}", DATA_API_STRING, ""},
        {"{\"stringValue\":\"\\u00e9\"}", DATA_API_STRING, "é"},
        {"{\"blobValue\":\"aGk=\"}", DATA_API_BLOB, "hi"},
        {"{\"newValue\":[1]}", DATA_API_UNKNOWN, "[1]"},
        {"{\"longValue\":\"1\"}", DATA_API_UNKNOWN, "\"1\""},
        {"{}", DATA_API_UNKNOWN, "{}"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        RawJson json;
        g_auto(DataApiField) field = {0};
        g_assert_true(raw_json_parse(cases[i].json, strlen(cases[i].json), &json, NULL));
        g_assert_true(data_api_field_read(json, &field, NULL));
        g_assert_cmpint(field.kind, ==, cases[i].kind);
        g_assert_cmpstr(field.text, ==, cases[i].text);
    }
}

static gboolean count_rows(gpointer user, const DataApiField *fields, guint n, GError **error)
{
    ++*(guint *)user;
    return TRUE;
}

static void test_rows_must_fit_the_columns(void)
{
    static const struct {
        const char *text;
        gboolean good;
        guint rows;
    } cases[] = {
        {"{\"Records\":[[{\"isNull\":true}]],\"ColumnMetadata\":[{\"name\":\"a\",\"type\":4}]}",
         TRUE, 1},
        {"{\"Records\":[],\"ColumnMetadata\":[{\"name\":\"a\"}]}", TRUE, 0},
        {"{\"Records\":[[]],\"ColumnMetadata\":[{\"name\":\"a\"}]}", FALSE, 0},
        {"{\"Records\":[7]}", FALSE, 0},
        {"{\"Records\":[[7]]}", FALSE, 0},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint rows = 0;
        g_autoptr(GError) error = NULL;
        g_autoptr(DataApiPage) page =
            data_api_page_parse(cases[i].text, strlen(cases[i].text), NULL);
        g_assert_nonnull(page);
        g_assert_true(data_api_page_rows(page, count_rows, &rows, &error) == cases[i].good);
        g_assert_cmpuint(rows, ==, cases[i].rows);
        if (!cases[i].good)
            g_assert_error(error, RS_ERROR, RS_ERROR_CORRUPT);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/data-api/a refused wait falls back to polling",
                    test_a_refused_wait_falls_back_to_polling);
    g_test_add_func("/data-api/a failed statement is a data error",
                    test_a_failed_statement_is_a_data_error);
    g_test_add_func("/data-api/a cancelled wait says what became of it",
                    test_a_cancelled_wait_says_what_became_of_it);
    g_test_add_func("/data-api/a cancel that is refused is not called one",
                    test_a_cancel_that_is_refused_is_not_called_one);
    g_test_add_func("/data-api/a cancel without an answer is said to be one",
                    test_a_cancel_without_an_answer_is_said_to_be_one);
    g_test_add_func("/data-api/polls are counted, and then the statement is cancelled",
                    test_polls_are_counted_and_then_the_statement_is_cancelled);
    g_test_add_func("/data-api/lists are read to the last page",
                    test_lists_are_read_to_the_last_page);
    g_test_add_func("/data-api/fields keep their kind and digits",
                    test_fields_keep_their_kind_and_digits);
    g_test_add_func("/data-api/rows must fit the columns", test_rows_must_fit_the_columns);
    return g_test_run();
}
