#include <string.h>

#include "aws/json_call.h"
#include "aws/secrets_manager.h"
#include "base/error.h"

static const JsonService service = {{"X", "x"}, "x", "X."};

static void test_integers_survive_exactly(void)
{
    static const struct {
        const char *text;
        gboolean good;
        gint64 value;
    } cases[] = {
        {"9223372036854775807", TRUE, G_MAXINT64},
        {"-9223372036854775808", TRUE, G_MININT64},
        {"9007199254740993", TRUE, G_GINT64_CONSTANT(9007199254740993)},
        {"0", TRUE, 0},
        {"9223372036854775808", FALSE, 0},
        {"1.5", FALSE, 0},
        {"1e3", FALSE, 0},
        {"\"1\"", FALSE, 0},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        RawJson value;
        gint64 number = 0;
        g_assert_true(raw_json_parse(cases[i].text, strlen(cases[i].text), &value, NULL));
        g_assert_true(raw_json_int64(value, &number) == cases[i].good);
        if (cases[i].good)
            g_assert_cmpint(number, ==, cases[i].value);
    }
}

static void test_what_is_no_json_is_refused(void)
{
    static const char *const cases[] = {"",         "{",          "{\"a\"}", "[1,]",      "01",
                                        "1.",       "\"\\x\"",    "\"a",     "nul",       "{} x",
                                        "[1 2]",    "\"\n\"",     "{a:1}",   "\"\\u12\"", "+1",
                                        "\"\xff\"", "[[[[[1]]]]", "{\"a\":}"};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        RawJson value;
        g_autoptr(GError) error = NULL;
        g_assert_false(raw_json_parse(cases[i], strlen(cases[i]), &value, &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_CORRUPT);
    }
}

static void test_nesting_is_limited(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    RawJson value;
    for (int i = 0; i < 100000; i++)
        g_string_append_c(text, '[');
    g_assert_false(raw_json_parse(text->str, text->len, &value, NULL));
}

static void test_strings_mean_what_they_say(void)
{
    static const struct {
        const char *json, *meaning;
    } cases[] = {
        {"\"plain\"", "plain"},
        {"\"\"", ""},
        {"\"a\\n\\\"\\\\\\/\\t\"", "a\n\"\\/\t"},
        {"\"\\u00e9\\ud83c\\udfab\"", "é🎫"},
        {"\"\\ud83c\"", "\xef\xbf\xbd"},
        {"\"a\\u0000b\"", NULL},
        {"1", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        RawJson value;
        g_assert_true(raw_json_parse(cases[i].json, strlen(cases[i].json), &value, NULL));
        g_autofree char *meaning = raw_json_string(value, NULL);
        g_assert_cmpstr(meaning, ==, cases[i].meaning);
    }
}

static void test_members_are_found(void)
{
    static const char text[] = " {\"a\": null, \"b\" : [1, {\"c\":2}], \"\\u0061\":7, \"t\":1.25} ";
    RawJson root, list;
    g_assert_true(raw_json_parse(text, strlen(text), &root, NULL));
    g_assert_cmpint(raw_json_int64_of(root, "a", -1), ==, 7);
    g_assert_cmpint(raw_json_time_of(root, "t"), ==, 1250000);
    g_assert_true(raw_json_member(root, "b", &list));
    g_assert_false(raw_json_member(root, "none", &list));
}

static void test_requests_are_json(void)
{
    static const char *const texts[] = {"x", "y\"", NULL};
    g_autoptr(JsonCall) call = json_call_new(&service, "Op");
    g_autofree char *empty = json_call_body(call);
    json_call_add_text(call, "T", "a\"\\\n\x01é");
    json_call_add_text(call, "None", NULL);
    json_call_add_number(call, "N", G_MAXINT64);
    json_call_add_texts(call, "L", texts);
    g_autofree char *body = json_call_body(call);
    g_assert_cmpstr(empty, ==, "{}");
    g_assert_cmpstr(
        body, ==,
        "{\"T\":\"a\\u0022\\u005c\\u000a\\u0001é\",\"N\":9223372036854775807,"
        "\"L\":[\"x\",\"y\\u0022\"]}");
}

static void test_errors_are_read_in_every_shape(void)
{
    static const struct {
        int status;
        const char *body, *header, *code, *message;
        RsErrorCode error;
    } cases[] = {
        {400, "{\"__type\":\"ValidationException\",\"Message\":\"m\"}", NULL, "ValidationException",
         "m", RS_ERROR_USAGE},
        {400, "{\"__type\":\"com.amazon#ResourceNotFoundException\",\"message\":\"m\"}", NULL,
         "ResourceNotFoundException", "m", RS_ERROR_NOT_FOUND},
        {400, "{\"__type\":\"ThrottlingException:http://x/\",\"message\":\"Rate exceeded\"}", NULL,
         "ThrottlingException", "Rate exceeded", RS_ERROR_THROTTLED},
        {403, "{\"message\":\"m\"}", "AccessDeniedException:x", "AccessDeniedException", "m",
         RS_ERROR_PERMISSION},
        {400, "{\"__type\":\"ExpiredTokenException\"}", NULL, "ExpiredTokenException", NULL,
         RS_ERROR_AUTH},
        {400, "{\"__type\":\"ActiveStatementsExceededException\"}", NULL,
         "ActiveStatementsExceededException", NULL, RS_ERROR_LIMIT},
        {500, "{\"__type\":\"InternalServerException\"}", NULL, "InternalServerException", NULL,
         RS_ERROR_TRANSIENT},
        {502, "<html>bad gateway", NULL, NULL, "<html>bad gateway", RS_ERROR_TRANSIENT},
        {503, "", NULL, NULL, NULL, RS_ERROR_TRANSIENT},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(AwsFailure) failure = {0};
        g_auto(HttpResponse) response = {
            .status = cases[i].status, .headers = sigv4_headers_new(), .body = g_byte_array_new()};
        sigv4_headers_add(response.headers, "x-amzn-RequestId", "id-1");
        if (cases[i].header != NULL)
            sigv4_headers_add(response.headers, "x-amzn-ErrorType", cases[i].header);
        g_byte_array_append(response.body, (const guint8 *)cases[i].body,
                            (guint)strlen(cases[i].body));
        g_assert_true(json_call_read_failure(&response, &failure));
        g_assert_cmpstr(failure.code, ==, cases[i].code);
        g_assert_cmpstr(failure.message, ==, cases[i].message);
        g_assert_cmpstr(failure.request_id, ==, "id-1");
        g_assert_cmpint(aws_failure_code(&failure), ==, cases[i].error);
    }
}

static void test_a_secret_is_a_login(void)
{
    static const struct {
        const char *text;
        int port; /* -1: refused */
    } cases[] = {
        {"{\"username\":\"u\",\"password\":\"p\",\"port\":5440}", 5440},
        {"{\"username\":\"u\",\"password\":\"p\",\"port\":\"5441\"}", 5441},
        {"{\"username\":\"u\",\"password\":\"p\"}", 0},
        {"{\"username\":\"u\"}", -1},
        {"{\"password\":\"p\"}", -1},
        {"just text", -1},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(SecretValue) value = {.bytes = secret_new(cases[i].text, -1)};
        g_auto(SecretLogin) login = {0};
        g_autoptr(GError) error = NULL;
        gboolean good = secret_login_parse(&value, &login, &error);
        g_assert_true(good == (cases[i].port >= 0));
        if (good)
            g_assert_cmpint(login.port, ==, cases[i].port);
        else
            g_assert_error(error, RS_ERROR, RS_ERROR_DATA);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/raw-json/integers survive exactly", test_integers_survive_exactly);
    g_test_add_func("/raw-json/what is no JSON is refused", test_what_is_no_json_is_refused);
    g_test_add_func("/raw-json/nesting is limited", test_nesting_is_limited);
    g_test_add_func("/raw-json/strings mean what they say", test_strings_mean_what_they_say);
    g_test_add_func("/raw-json/members are found", test_members_are_found);
    g_test_add_func("/json-call/requests are JSON", test_requests_are_json);
    g_test_add_func("/json-call/errors are read in every shape",
                    test_errors_are_read_in_every_shape);
    g_test_add_func("/secrets/a secret is a login", test_a_secret_is_a_login);
    return g_test_run();
}
