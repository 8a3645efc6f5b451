#include <glib/gstdio.h>
#include <string.h>

#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "aws/failure.h"
#include "aws/http.h"
#include "aws/retry.h"
#include "aws/shared_config.h"
#include "base/error.h"

/* --- retries ----------------------------------------------------------------------------------- */

static void test_answers_are_classified(void)
{
    static const struct {
        int status;
        const char *code;
        RetryKind kind;
    } cases[] = {
        {500, NULL, RETRY_TRANSIENT},
        {502, NULL, RETRY_TRANSIENT},
        {503, "ServiceUnavailable", RETRY_TRANSIENT},
        {503, "SlowDown", RETRY_THROTTLED},
        {400, "ThrottlingException", RETRY_THROTTLED},
        {400, "RequestTimeout", RETRY_TRANSIENT},
        {403, "RequestTimeTooSkewed", RETRY_SKEW},
        {400, "ExpiredToken", RETRY_EXPIRED},
        {403, "AccessDenied", RETRY_NEVER},
        {404, NULL, RETRY_NEVER},
        {501, NULL, RETRY_NEVER},
        {400, "ValidationException", RETRY_NEVER},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpint(retry_classify(cases[i].status, cases[i].code), ==, cases[i].kind);
}

static void test_delays_are_full_jitter_below_a_doubling_ceiling(void)
{
    static const struct {
        guint attempt;
        double random;
        guint ms;
    } cases[] = {{1, 0.0, 0},    {1, 0.5, 500},   {2, 0.5, 1000},  {3, 0.25, 1000},
                 {5, 0.5, 8000}, {6, 0.5, 10000}, {40, 0.5, 10000}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpuint(retry_delay_ms(cases[i].attempt, cases[i].random), ==, cases[i].ms);
}

static void test_retry_after_is_obeyed_within_reason(void)
{
    static const struct {
        const char *seconds, *ms;
        guint expected;
    } cases[] = {{NULL, NULL, 0},
                 {"3", NULL, 3000},
                 {"3", "250", 250},
                 {"9999", NULL, 20000},
                 {"Fri, 02 Jan 2026 03:04:05 GMT", NULL, 0},
                 {"-1", NULL, 0}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpuint(retry_after_ms(cases[i].seconds, cases[i].ms), ==, cases[i].expected);
}

static void test_quota_runs_out_and_comes_back(void)
{
    RetryQuota *quota = retry_quota_new();
    for (int i = 0; i < 49; i++)
        g_assert_cmpuint(retry_quota_take(quota, TRUE), ==, 10);
    g_assert_cmpuint(retry_quota_take(quota, FALSE), ==, 5);
    g_assert_cmpuint(retry_quota_take(quota, TRUE), ==, 0);
    g_assert_cmpuint(retry_quota_take(quota, FALSE), ==, 5);
    g_assert_cmpuint(retry_quota_take(quota, FALSE), ==, 0);
    retry_quota_give(quota, 10);
    retry_quota_give(quota, 0);
    g_assert_cmpuint(retry_quota_left(quota), ==, 11);
    for (int i = 0; i < 100; i++)
        retry_quota_give(quota, 10);
    g_assert_cmpuint(retry_quota_left(quota), ==, 500);
    retry_quota_free(quota);
}

/* --- endpoints --------------------------------------------------------------------------------- */

static void clear_environment(void)
{
    static const char *const names[] = {"AWS_ACCESS_KEY_ID",
                                        "AWS_SECRET_ACCESS_KEY",
                                        "AWS_SESSION_TOKEN",
                                        "AWS_SECURITY_TOKEN",
                                        "AWS_CREDENTIAL_EXPIRATION",
                                        "AWS_PROFILE",
                                        "AWS_DEFAULT_PROFILE",
                                        "AWS_REGION",
                                        "AWS_DEFAULT_REGION",
                                        "AWS_ENDPOINT_URL",
                                        "AWS_ENDPOINT_URL_S3",
                                        "AWS_CONFIG_FILE",
                                        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                                        "AWS_SHARED_CREDENTIALS_FILE",
                                        "AWS_USE_FIPS_ENDPOINT",
                                        "AWS_USE_DUALSTACK_ENDPOINT",
                                        "AWS_MAX_ATTEMPTS"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        g_unsetenv(names[i]);
    g_setenv("AWS_EC2_METADATA_DISABLED", "true", TRUE);
}

static void test_hosts_follow_partition_and_variant(void)
{
    static const EndpointService s3 = {"S3", "s3"}, sts = {"STS", "sts"},
                                 data = {"REDSHIFT_DATA", "redshift-data"};
    static const struct {
        const EndpointService *service;
        const char *region, *fips, *dual, *host;
    } cases[] = {
        {&s3, "eu-west-1", NULL, NULL, "s3.eu-west-1.amazonaws.com"},
        {&s3, "us-east-1", "true", NULL, "s3-fips.us-east-1.amazonaws.com"},
        {&s3, "us-east-1", "true", "true", "s3-fips.dualstack.us-east-1.amazonaws.com"},
        {&s3, "cn-north-1", NULL, "true", "s3.dualstack.cn-north-1.amazonaws.com.cn"},
        {&data, "us-east-1", "true", NULL, "redshift-data-fips.us-east-1.amazonaws.com"},
        {&data, "eu-west-1", NULL, "true", "redshift-data.eu-west-1.api.aws"},
        {&sts, "us-gov-west-1", "true", NULL, "sts.us-gov-west-1.amazonaws.com"},
        {&sts, "us-isob-east-1", NULL, NULL, "sts.us-isob-east-1.sc2s.sgov.gov"},
        {&sts, "eusc-de-east-1", NULL, NULL, "sts.eusc-de-east-1.amazonaws.eu"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Endpoint) endpoint = {0};
        g_autoptr(GError) error = NULL;
        clear_environment();
        if (cases[i].fips != NULL)
            g_setenv("AWS_USE_FIPS_ENDPOINT", cases[i].fips, TRUE);
        if (cases[i].dual != NULL)
            g_setenv("AWS_USE_DUALSTACK_ENDPOINT", cases[i].dual, TRUE);
        g_auto(EndpointChoice) choice = {0};
        g_assert_true(endpoint_choose(cases[i].service, NULL, NULL, &choice, &error));
        endpoint_resolve(cases[i].service, &choice, cases[i].region, &endpoint, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(endpoint.host, ==, cases[i].host);
        g_assert_false(endpoint.custom);
    }
    clear_environment();
}

static void test_overrides_win_in_order(void)
{
    static const EndpointService s3 = {"S3", "s3"};
    static const struct {
        const char *explicit_url, *own, *all, *ignore, *host;
    } cases[] = {
        {"http://a:1", "http://b:2", "http://c:3", NULL, "a:1"},
        {NULL, "http://b:2", "http://c:3", NULL, "b:2"},
        {NULL, NULL, "http://c:3", NULL, "c:3"},
        {NULL, "http://b:2", "http://c:3", "true", "s3.us-east-1.amazonaws.com"},
        {"http://a:1", "http://b:2", NULL, "true", "a:1"},
        {NULL, "", "", NULL, "s3.us-east-1.amazonaws.com"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Endpoint) endpoint = {0};
        clear_environment();
        if (cases[i].own != NULL)
            g_setenv("AWS_ENDPOINT_URL_S3", cases[i].own, TRUE);
        if (cases[i].all != NULL)
            g_setenv("AWS_ENDPOINT_URL", cases[i].all, TRUE);
        if (cases[i].ignore != NULL)
            g_setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", cases[i].ignore, TRUE);
        g_auto(EndpointChoice) choice = {0};
        g_assert_true(endpoint_choose(&s3, cases[i].explicit_url, NULL, &choice, NULL));
        g_assert_true(endpoint_resolve(&s3, &choice, "us-east-1", &endpoint, NULL));
        g_assert_cmpstr(endpoint.host, ==, cases[i].host);
    }
    clear_environment();
}

static void test_endpoint_urls_are_read(void)
{
    static const struct {
        const char *url, *scheme, *host, *path;
    } cases[] = {
        {"http://127.0.0.1:9000", "http", "127.0.0.1:9000", ""},
        {"https://Example.COM:443/", "https", "example.com", ""},
        {"https://h/prefix/", "https", "h", "/prefix"},
        {"http://[::1]:80", "http", "[::1]", ""},
    };
    static const char *const bad[] = {"",
                                      "localhost:9000",
                                      "ftp://h",
                                      "http://",
                                      "http://u:p@h",
                                      "http://h?x=1",
                                      "http://h:99999"};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Endpoint) endpoint = {0};
        g_assert_true(endpoint_parse(cases[i].url, "test", &endpoint, NULL));
        g_assert_cmpstr(endpoint.scheme, ==, cases[i].scheme);
        g_assert_cmpstr(endpoint.host, ==, cases[i].host);
        g_assert_cmpstr(endpoint.path, ==, cases[i].path);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_auto(Endpoint) endpoint = {0};
        g_autoptr(GError) error = NULL;
        g_assert_false(endpoint_parse(bad[i], "test", &endpoint, &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_CONFIG);
    }
}

static void test_regions_cannot_lead_hosts_astray(void)
{
    static const EndpointService s3 = {"S3", "s3"};
    static const char *const bad[] = {"evil.com/", "us-east-1.evil", "us east", "", "US-EAST-1"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_auto(Endpoint) endpoint = {0};
        g_autoptr(GError) error = NULL;
        EndpointChoice none = {0};
        g_assert_false(endpoint_resolve(&s3, &none, bad[i], &endpoint, &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_CONFIG);
    }
}

static void test_local_hosts_pass_no_proxy(void)
{
    static const char *const local[] = {"localhost", "127.0.0.1",       "127.9.9.9",
                                        "[::1]",     "169.254.169.254", "169.254.170.2",
                                        "[fe80::1]", "[fd00:ec2::254]"};
    static const char *const remote[] = {"s3.us-east-1.amazonaws.com", "10.0.0.1", "[2001:db8::1]",
                                         "localhost.example.com"};
    for (gsize i = 0; i < G_N_ELEMENTS(local); i++)
        g_assert_true(http_host_is_local(local[i]));
    for (gsize i = 0; i < G_N_ELEMENTS(remote); i++)
        g_assert_false(http_host_is_local(remote[i]));
}

/* --- failures ---------------------------------------------------------------------------------- */

static void test_xml_errors_of_both_protocols_are_read(void)
{
    static const struct {
        int status;
        const char *body, *code, *message, *region;
        RsErrorCode error;
        gboolean is_error;
    } cases[] = {
        {404,
         "<?xml version=\"1.0\"?>\n<Error><Code>NoSuchKey</Code><Message>a &amp; b</Message>"
         "</Error>",
         "NoSuchKey", "a & b", NULL, RS_ERROR_NOT_FOUND, TRUE},
        {400, "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>",
         "AuthorizationHeaderMalformed", NULL, "eu-west-1", RS_ERROR_CONFIG, TRUE},
        {403,
         "<ErrorResponse xmlns=\"x\"><Error><Type>Sender</Type><Code>ExpiredToken</Code>"
         "<Message>m</Message></Error><RequestId>r</RequestId></ErrorResponse>",
         "ExpiredToken", "m", NULL, RS_ERROR_AUTH, TRUE},
        {503, "<Error><Code>SlowDown</Code></Error>", "SlowDown", NULL, NULL, RS_ERROR_THROTTLED,
         TRUE},
        {403, "", NULL, NULL, NULL, RS_ERROR_PERMISSION, TRUE},
        {502, "<html>Bad gateway", NULL, NULL, NULL, RS_ERROR_TRANSIENT, TRUE},
        {200, "<Result><Code>no error</Code></Result>", NULL, NULL, NULL, RS_ERROR_INTERNAL, FALSE},
        {400, "<Error><Code>Esc\x1b[31m</Code><Message>late</Message></Error>", NULL, NULL, NULL,
         RS_ERROR_INTERNAL, TRUE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(HttpResponse) response = {.status = cases[i].status};
        g_auto(AwsFailure) failure = {0};
        response.headers = sigv4_headers_new();
        response.body = g_byte_array_new();
        g_byte_array_append(response.body, (const guint8 *)cases[i].body,
                            (guint)strlen(cases[i].body));
        g_assert_cmpint(aws_failure_read_xml(&response, &failure), ==, cases[i].is_error);
        g_assert_cmpstr(failure.code, ==, cases[i].code);
        g_assert_cmpstr(failure.message, ==, cases[i].message);
        g_assert_cmpstr(failure.region, ==, cases[i].region);
        g_assert_cmpint(aws_failure_code(&failure), ==, cases[i].error);
    }
}

static void test_messages_name_object_code_and_request(void)
{
    AwsFailure failure = {.status = 403,
                          .code = (char *)"AccessDenied",
                          .message = (char *)"Access Denied",
                          .request_id = (char *)"4A2B"};
    g_autoptr(GError) error = aws_failure_error(&failure, "cannot read s3://bucket/key");
    g_assert_error(error, RS_ERROR, RS_ERROR_PERMISSION);
    const char *const parts[] = {"cannot read s3://bucket/key", "AccessDenied", "Access Denied",
                                 "HTTP 403", "4A2B"};
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
        g_assert_nonnull(strstr(error->message, parts[i]));
}

/* --- credentials ------------------------------------------------------------------------------- */

typedef struct {
    char *folder, *credentials, *config;
} Files;

static void files_set_up(Files *files, const char *credentials, const char *config)
{
    clear_environment();
    files->folder = g_dir_make_tmp("redsmith-aws-XXXXXX", NULL);
    files->credentials = g_build_filename(files->folder, "credentials", NULL);
    files->config = g_build_filename(files->folder, "config", NULL);
    if (credentials != NULL)
        g_assert_true(g_file_set_contents(files->credentials, credentials, -1, NULL));
    if (config != NULL)
        g_assert_true(g_file_set_contents(files->config, config, -1, NULL));
    g_setenv("AWS_SHARED_CREDENTIALS_FILE", files->credentials, TRUE);
    g_setenv("AWS_CONFIG_FILE", files->config, TRUE);
}

static void files_tear_down(Files *files)
{
    g_unlink(files->credentials);
    g_unlink(files->config);
    g_rmdir(files->folder);
    g_free(files->folder);
    g_free(files->credentials);
    g_free(files->config);
    clear_environment();
}

static void test_shared_files_are_read_as_the_aws_tools_do(void)
{
    Files files;
    files_set_up(&files,
                 "# comment\n[default]\naws_access_key_id=AKD\nAWS_Secret_Access_Key = s=cr/et \n"
                 "[work]\naws_access_key_id = AKW\n",
                 "[default]\nregion = eu-west-1\naws_access_key_id = other\n"
                 "s3 =\n  aws_access_key_id = nested\n  max = 3\n"
                 "[profile work]\nregion=us-east-2\n"
                 "[profile \"two words\"]\nregion=x\n[sso-session work]\nregion=sso\n");
    g_autoptr(GError) error = NULL;
    g_autoptr(SharedConfig) config = shared_config_load(&error);
    g_assert_no_error(error);
    static const struct {
        const char *profile, *key, *value;
    } cases[] = {
        {"default", "aws_access_key_id", "AKD"},
        {"default", "aws_secret_access_key", "s=cr/et"},
        {"default", "region", "eu-west-1"},
        {"default", "max", NULL},
        {"work", "aws_access_key_id", "AKW"},
        {"work", "region", "us-east-2"},
        {"two words", "region", "x"},
        {"nobody", "region", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpstr(shared_config_get(config, cases[i].profile, cases[i].key, NULL), ==,
                        cases[i].value);
    files_tear_down(&files);
}

static void test_endpoints_of_profiles_and_services_are_read(void)
{
    static const EndpointService s3 = {"S3", "s3"}, data = {"REDSHIFT_DATA", "redshift-data"};
    static const struct {
        const EndpointService *service;
        const char *profile, *explicit_url, *variable, *url;
    } cases[] = {
        {&s3, "dev", NULL, NULL, "http://s3.example:9"},
        {&data, "dev", NULL, NULL, "https://data.example"},
        {&s3, "plain", NULL, NULL, "http://all.example"},
        {&data, "plain", NULL, NULL, "http://all.example"},
        {&s3, "mixed", NULL, NULL, "http://s3.example:9"},
        {&s3, "ignoring", NULL, NULL, NULL},
        {&s3, NULL, NULL, NULL, NULL},
        {&s3, "dev", "http://mine", NULL, "http://mine"},
        {&s3, "dev", NULL, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", NULL},
    };
    Files files;
    files_set_up(&files, NULL,
                 "[default]\nregion = eu-west-1\n"
                 "[profile dev]\nservices = local\n"
                 "[profile plain]\nendpoint_url = http://all.example\n"
                 "[profile mixed]\nservices=local\nendpoint_url = http://all.example\n"
                 "[profile ignoring]\nservices=local\nignore_configured_endpoint_urls = true\n"
                 "[services local]\ns3 =\n  # a comment\n  endpoint_url = http://s3.example:9\n"
                 "  addressing_style=path\nRedshift_Data =\n\tEndpoint_URL=https://data.example\n"
                 "endpoint_url = http://not.nested\n");
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(EndpointChoice) choice = {0};
        if (cases[i].variable != NULL)
            g_setenv(cases[i].variable, "true", TRUE);
        g_assert_true(endpoint_choose(cases[i].service, cases[i].explicit_url, cases[i].profile,
                                      &choice, &error));
        g_assert_cmpstr(choice.url, ==, cases[i].url);
        if (cases[i].variable != NULL)
            g_unsetenv(cases[i].variable);
    }
    files_tear_down(&files);
}

static void test_damaged_files_are_named_with_the_line(void)
{
    static const struct {
        const char *content, *line;
    } cases[] = {{"[default\nkey=1\n", "line 1"},
                 {"[default]\n\nnonsense\n", "line 3"},
                 {"key = value\n[default]\n", "line 1"}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Files files;
        files_set_up(&files, cases[i].content, NULL);
        g_autoptr(GError) error = NULL;
        g_assert_null(shared_config_load(&error));
        g_assert_error(error, RS_ERROR, RS_ERROR_CONFIG);
        g_assert_nonnull(strstr(error->message, cases[i].line));
        g_assert_nonnull(strstr(error->message, files.credentials));
        files_tear_down(&files);
    }
}

/* Who answers, for every combination of what is set. */
static void test_credentials_come_in_order(void)
{
    static const char file[] = "[default]\naws_access_key_id=FD\naws_secret_access_key=s\n"
                               "[work]\naws_access_key_id=FW\naws_secret_access_key=s\n"
                               "aws_session_token=t\n";
    static const struct {
        const char *explicit_key, *chosen, *env_key, *env_secret, *env_profile;
        const char *id, *provider, *token;
    } cases[] = {
        {"EX", NULL, "EN", "s", NULL, "EX", "profile", NULL},
        {"EX", "work", NULL, NULL, NULL, "EX", "profile", NULL},
        {NULL, NULL, "EN", "s", NULL, "EN", "environment", NULL},
        {NULL, NULL, "EN", "s", "work", "EN", "environment", NULL},
        {NULL, "work", "EN", "s", NULL, "FW", "shared credentials file", "t"},
        {NULL, NULL, NULL, NULL, "work", "FW", "shared credentials file", "t"},
        {NULL, NULL, NULL, NULL, NULL, "FD", "shared credentials file", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Files files;
        files_set_up(&files, file, NULL);
        if (cases[i].env_key != NULL)
            g_setenv("AWS_ACCESS_KEY_ID", cases[i].env_key, TRUE);
        if (cases[i].env_secret != NULL)
            g_setenv("AWS_SECRET_ACCESS_KEY", cases[i].env_secret, TRUE);
        if (cases[i].env_profile != NULL)
            g_setenv("AWS_PROFILE", cases[i].env_profile, TRUE);
        g_autoptr(Secret) secret = secret_new("s", -1);
        g_autoptr(CredentialsSource) source = credentials_source_new(
            cases[i].explicit_key, cases[i].explicit_key != NULL ? secret : NULL, cases[i].chosen);
        g_autoptr(GError) error = NULL;
        g_autoptr(Credentials) credentials = credentials_source_get(source, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(credentials->access_key_id, ==, cases[i].id);
        g_assert_cmpstr(credentials->provider, ==, cases[i].provider);
        g_assert_cmpstr(secret_peek(credentials->session_token), ==, cases[i].token);
        g_assert_cmpstr(secret_peek(credentials->secret_access_key), ==, "s");
        files_tear_down(&files);
    }
}

static void test_missing_or_broken_credentials_say_what_to_mend(void)
{
    static const struct {
        const char *file, *chosen, *env_key, *env_secret, *env_expiry;
        RsErrorCode code;
        const char *names;
    } cases[] = {
        {NULL, NULL, NULL, NULL, NULL, RS_ERROR_AUTH, "AWS_ACCESS_KEY_ID"},
        {NULL, NULL, "EN", NULL, NULL, RS_ERROR_CONFIG, "AWS_SECRET_ACCESS_KEY"},
        {NULL, NULL, NULL, "s", NULL, RS_ERROR_CONFIG, "AWS_ACCESS_KEY_ID"},
        {NULL, NULL, "EN", "s", "soon", RS_ERROR_CONFIG, "AWS_CREDENTIAL_EXPIRATION"},
        {NULL, NULL, "EN", "s", "2020-01-01T00:00:00Z", RS_ERROR_AUTH, "2020-01-01"},
        {"[default]\n", "work", NULL, NULL, NULL, RS_ERROR_CONFIG, "work"},
        {"[default]\naws_access_key_id=a\n", NULL, NULL, NULL, NULL, RS_ERROR_CONFIG,
         "aws_secret_access_key"},
        {"[default]\ncredential_process=/bin/false\n", NULL, NULL, NULL, NULL, RS_ERROR_CONFIG,
         "credential_process"},
        {"[w]\nrole_arn=a\naws_access_key_id=a\naws_secret_access_key=s\n", "w", NULL, NULL, NULL,
         RS_ERROR_CONFIG, "role_arn"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Files files;
        files_set_up(&files, cases[i].file, NULL);
        if (cases[i].env_key != NULL)
            g_setenv("AWS_ACCESS_KEY_ID", cases[i].env_key, TRUE);
        if (cases[i].env_secret != NULL)
            g_setenv("AWS_SECRET_ACCESS_KEY", cases[i].env_secret, TRUE);
        if (cases[i].env_expiry != NULL)
            g_setenv("AWS_CREDENTIAL_EXPIRATION", cases[i].env_expiry, TRUE);
        g_autoptr(CredentialsSource) source = credentials_source_new(NULL, NULL, cases[i].chosen);
        g_autoptr(GError) error = NULL;
        g_assert_null(credentials_source_get(source, NULL, &error));
        g_assert_error(error, RS_ERROR, (int)cases[i].code);
        g_assert_nonnull(strstr(error->message, cases[i].names));
        files_tear_down(&files);
    }
}

static void test_invalidated_credentials_are_asked_for_again(void)
{
    clear_environment();
    g_setenv("AWS_ACCESS_KEY_ID", "first", TRUE);
    g_setenv("AWS_SECRET_ACCESS_KEY", "s", TRUE);
    g_autoptr(CredentialsSource) source = credentials_source_new(NULL, NULL, NULL);
    g_autoptr(Credentials) one = credentials_source_get(source, NULL, NULL);
    g_setenv("AWS_ACCESS_KEY_ID", "second", TRUE);
    g_autoptr(Credentials) kept = credentials_source_get(source, NULL, NULL);
    credentials_source_invalidate(source, kept);
    g_autoptr(Credentials) two = credentials_source_get(source, NULL, NULL);
    g_setenv("AWS_ACCESS_KEY_ID", "third", TRUE);
    credentials_source_invalidate(source, kept); /* another thread was refused with them too */
    g_autoptr(Credentials) still = credentials_source_get(source, NULL, NULL);
    g_assert_true(still == two);
    g_assert_cmpstr(one->access_key_id, ==, "first");
    g_assert_cmpstr(kept->access_key_id, ==, "first");
    g_assert_cmpstr(two->access_key_id, ==, "second");
    clear_environment();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/retry/answers-are-classified", test_answers_are_classified);
    g_test_add_func("/retry/delays-are-full-jitter-below-a-doubling-ceiling",
                    test_delays_are_full_jitter_below_a_doubling_ceiling);
    g_test_add_func("/retry/retry-after-is-obeyed-within-reason",
                    test_retry_after_is_obeyed_within_reason);
    g_test_add_func("/retry/quota-runs-out-and-comes-back", test_quota_runs_out_and_comes_back);
    g_test_add_func("/endpoint/hosts-follow-partition-and-variant",
                    test_hosts_follow_partition_and_variant);
    g_test_add_func("/endpoint/overrides-win-in-order", test_overrides_win_in_order);
    g_test_add_func("/endpoint/urls-are-read", test_endpoint_urls_are_read);
    g_test_add_func("/endpoint/regions-cannot-lead-hosts-astray",
                    test_regions_cannot_lead_hosts_astray);
    g_test_add_func("/endpoint/local-hosts-pass-no-proxy", test_local_hosts_pass_no_proxy);
    g_test_add_func("/failure/xml-errors-of-both-protocols-are-read",
                    test_xml_errors_of_both_protocols_are_read);
    g_test_add_func("/failure/messages-name-object-code-and-request",
                    test_messages_name_object_code_and_request);
    g_test_add_func("/credentials/shared-files-are-read-as-the-aws-tools-do",
                    test_shared_files_are_read_as_the_aws_tools_do);
    g_test_add_func("/shared-config/endpoints-of-profiles-and-services-are-read",
                    test_endpoints_of_profiles_and_services_are_read);
    g_test_add_func("/credentials/damaged-files-are-named-with-the-line",
                    test_damaged_files_are_named_with_the_line);
    g_test_add_func("/credentials/come-in-order", test_credentials_come_in_order);
    g_test_add_func("/credentials/missing-or-broken-ones-say-what-to-mend",
                    test_missing_or_broken_credentials_say_what_to_mend);
    g_test_add_func("/credentials/invalidated-ones-are-asked-for-again",
                    test_invalidated_credentials_are_asked_for_again);
    return g_test_run();
}
