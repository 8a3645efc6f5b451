/* What the user's files and environment say of endpoints, retries and keys, and where they say it wrong. */
#include <glib/gstdio.h>
#include <string.h>

#include "aws/endpoint.h"
#include "aws/retry.h"
#include "aws/shared_config.h"
#include "aws/small_file.h"
#include "base/error.h"
#include "tests/unit/aws-stub.h"

/* --- the files --------------------------------------------------------------------------------- */

static SharedConfig *parse(const char *config, const char *credentials, GError **error)
{
    return shared_config_parse(config, config != NULL ? strlen(config) : 0, credentials,
                               credentials != NULL ? strlen(credentials) : 0, error);
}

static void test_files_are_read_however_they_are_written(void)
{
    static const struct {
        const char *name, *config, *profile, *key, *value;
    } cases[] = {
        {"mark", "\xef\xbb\xbf[default]\nregion=a\n", "default", "region", "a"},
        {"lines of Windows", "[default]\r\nregion = a\r\n", "default", "region", "a"},
        {"no line end", "[default]\nregion=a", "default", "region", "a"},
        {"indented keys", "[default]\n  region=a\n  output=b\n", "default", "output", "b"},
        {"indented by tabs", "[default]\n\tregion=a\n\toutput=b\n", "default", "output", "b"},
        {"indented section", "  [default]\n  region=a\n  [profile p]\n  region=b\n", "p", "region",
         "b"},
        {"colons", "[default]\nregion: a\n", "default", "region", "a"},
        {"the first sign parts", "[default]\nrole_arn = arn:aws:x=y\n", "default", "role_arn",
         "arn:aws:x=y"},
        {"or the colon", "[default]\nsecret: a=b\n", "default", "secret", "a=b"},
        {"key twice", "[default]\nregion=a\nregion=b\n", "default", "region", "b"},
        {"section twice", "[default]\nregion=a\n[profile p]\n[default]\noutput=b\n", "default",
         "region", "a"},
        {"capitals", "[default]\nREGION=a\n", "default", "region", "a"},
        {"comment lines", "# a\n[default]\n; b\n  # c\nregion=a\n", "default", "region", "a"},
        {"nothing behind a value is a comment", "[default]\nregion=a # b\n", "default", "region",
         "a # b"},
        {"nested", "[default]\ns3 =\n  endpoint_url = u\n  x=y\nregion=a\n", "default",
         "s3.endpoint_url", "u"},
        {"nested below an indented key", "[default]\n  s3 =\n    endpoint_url = u\n  region=a\n",
         "default", "region", "a"},
        {"nested over a blank line", "[default]\ns3 =\n\n  endpoint_url = u\n", "default",
         "s3.endpoint_url", "u"},
        {"a value that goes on", "[default]\ncredential_process = a\n  b\n", "default",
         "credential_process", "a\nb"},
        {"what is nested is no key", "[default]\ns3 =\n  region = u\n", "default", "region", NULL},
        {"quoted name", "[profile 'a b']\nregion=a\n", "a b", "region", "a"},
        {"the default may be called a profile", "[profile default]\nregion=a\n", "default",
         "region", "a"},
        {"no profile without the word", "[p]\nregion=a\n", "p", "region", NULL},
        {"behind the bracket", "[default] # mine\nregion=a\n", "default", "region", "a"},
        {"empty value", "[default]\nregion=\n", "default", "region", ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_test_message("%s", cases[i].name);
        g_autoptr(SharedConfig) config = parse(cases[i].config, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(shared_config_get(config, cases[i].profile, cases[i].key, NULL), ==,
                        cases[i].value);
    }
}

static void test_damage_is_named_by_its_line(void)
{
    g_autofree char *endless = g_strnfill(70000, 'x');
    g_autofree char *goes_on = g_strdup_printf("[default]\na=%s\n b\n", endless);
    const struct {
        const char *config, *says;
    } cases[] = {
        {"[default\n", "line 1"},
        {"[default]\n\nnonsense\n", "line 3"},
        {"a=b\n[default]\n", "line 1"},
        {"[default]\n= b\n", "line 2"},
        {"[default]\na=\xff\n", "line 2"},
        {"\xef\xbb\xbfregion=a\n", "line 1"},
        {goes_on, "line 3"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(parse(cases[i].config, NULL, &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_CONFIG);
        g_assert_nonnull(strstr(error->message, cases[i].says));
    }
}

static void test_small_files_have_an_end(void)
{
    gsize length = 0;
    g_autoptr(GError) endless = NULL, folder = NULL, absent = NULL;
    g_assert_null(small_file_read("/dev/zero", 1000, &length, &endless));
    g_assert_error(endless, RS_ERROR, RS_ERROR_LIMIT);
    g_assert_null(small_file_read("/", 1000, &length, &folder));
    g_assert_error(folder, RS_ERROR, RS_ERROR_CONFIG);
    g_assert_null(small_file_read("/nonexistent/x", 1000, &length, &absent));
    g_assert_error(absent, RS_ERROR, RS_ERROR_NOT_FOUND);
    char *nothing = small_file_read("/dev/null", 1000, &length, NULL);
    g_assert_cmpstr(nothing, ==, "");
    g_assert_cmpuint(length, ==, 0);
    small_file_free(nothing, length);
}

/* --- endpoints --------------------------------------------------------------------------------- */

static const EndpointService s3 = {"S3", "s3"}, sts = {"STS", "sts"},
                             data = {"REDSHIFT_DATA", "redshift-data"};

static void set_variables(AwsStub *stub, const char *variables)
{
    g_unsetenv("AWS_ENDPOINT_URL");
    g_auto(GStrv) pairs = g_strsplit(variables != NULL ? variables : "", ";", -1);
    for (char **pair = pairs; *pair != NULL; pair++) {
        g_auto(GStrv) words = g_strsplit(*pair, "=", 2);
        if (words[0] != NULL && words[1] != NULL)
            aws_stub_setenv(stub, words[0], words[1]);
    }
}

static void test_endpoints_follow_files_and_environment(void)
{
#define LOCAL "[services local]\ns3 =\n  endpoint_url = http://one\n"
    static const struct {
        const char *name;
        const EndpointService *service;
        const char *config, *variables, *region;
        const char *host; /* or what the message says, ';' between the pieces */
        gboolean good;
    } cases[] = {
        {"nothing", &sts, NULL, NULL, "eu-west-1", "sts.eu-west-1.amazonaws.com", TRUE},
        {"China", &data, NULL, NULL, "cn-north-1", "redshift-data.cn-north-1.amazonaws.com.cn",
         TRUE},
        {"government", &s3, NULL, NULL, "us-gov-west-1", "s3.us-gov-west-1.amazonaws.com", TRUE},
        {"FIPS of the file", &sts, "[default]\nuse_fips_endpoint = true\n", NULL, "us-east-1",
         "sts-fips.us-east-1.amazonaws.com", TRUE},
        {"dual stack of the file", &data, "[default]\nuse_dualstack_endpoint = True\n", NULL,
         "us-east-1", "redshift-data.us-east-1.api.aws", TRUE},
        {"the environment before the file", &sts, "[default]\nuse_fips_endpoint = true\n",
         "AWS_USE_FIPS_ENDPOINT=false", "us-east-1", "sts.us-east-1.amazonaws.com", TRUE},
        {"of the profile that is chosen", &sts, "[profile p]\nuse_fips_endpoint = true\n",
         "AWS_PROFILE=p", "us-east-1", "sts-fips.us-east-1.amazonaws.com", TRUE},
        {"a URL of the environment leaves the file alone", &sts,
         "[default]\nuse_fips_endpoint = true\n", "AWS_ENDPOINT_URL=http://h", "us-east-1", "h",
         TRUE},
        {"and does not need it", &sts, "[default\n", "AWS_ENDPOINT_URL=http://h", "us-east-1", "h",
         TRUE},
        {"that of the service first", &sts, NULL,
         "AWS_ENDPOINT_URL=http://h;AWS_ENDPOINT_URL_STS=http://i", "us-east-1", "i", TRUE},
        {"that of another service is not asked", &s3, NULL, "AWS_ENDPOINT_URL_STS=http://i",
         "us-east-1", "s3.us-east-1.amazonaws.com", TRUE},
        {"the profile's services", &s3,
         "[default]\nservices=local\nendpoint_url=http://two\n" LOCAL, NULL, "us-east-1", "one",
         TRUE},
        {"all ignored", &s3, "[default]\nservices=local\n" LOCAL,
         "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true;AWS_ENDPOINT_URL=http://h", "us-east-1",
         "s3.us-east-1.amazonaws.com", TRUE},
        {"ignored by the file", &s3,
         "[default]\nignore_configured_endpoint_urls=true\nendpoint_url=http://two\n", NULL,
         "us-east-1", "s3.us-east-1.amazonaws.com", TRUE},

        {"bad URL of the file", &s3, "[profile p]\nendpoint_url = localhost:9\n", "AWS_PROFILE=p",
         "us-east-1", ".aws/config, profile p: endpoint_url;localhost:9", FALSE},
        {"bad URL of services", &s3,
         "[default]\nservices=x\n[services x]\ns3 =\n  endpoint_url = ftp://h\n", NULL, "us-east-1",
         ".aws/config, [services x]: endpoint_url of s3;ftp://h", FALSE},
        {"bad URL of the environment", &s3, NULL, "AWS_ENDPOINT_URL_S3=h", "us-east-1",
         "AWS_ENDPOINT_URL_S3", FALSE},
        {"services that are not there", &s3, "[default]\nservices = x\n", NULL, "us-east-1",
         ".aws/config, profile default: services;[services x]", FALSE},
        {"damaged file", &s3, "[default\n", NULL, "us-east-1", ".aws/config line 1", FALSE},
        {"no switch", &s3, NULL, "AWS_USE_FIPS_ENDPOINT=1", "us-east-1",
         "AWS_USE_FIPS_ENDPOINT;\"1\"", FALSE},
        {"no switch of the file", &s3, "[default]\nuse_fips_endpoint = yes\n", NULL, "us-east-1",
         ".aws/config, profile default: use_fips_endpoint;\"yes\"", FALSE},
        {"no switch to ignore", &s3, NULL, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=maybe", "us-east-1",
         "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS;\"maybe\"", FALSE},
        {"FIPS and a URL", &s3, NULL, "AWS_ENDPOINT_URL=http://h;AWS_USE_FIPS_ENDPOINT=true",
         "us-east-1", "AWS_ENDPOINT_URL;AWS_USE_FIPS_ENDPOINT", FALSE},
        {"dual stack and a URL", &s3, NULL,
         "AWS_ENDPOINT_URL=http://h;AWS_USE_DUALSTACK_ENDPOINT=true", "us-east-1",
         "AWS_ENDPOINT_URL;AWS_USE_DUALSTACK_ENDPOINT", FALSE},
        {"no FIPS for S3 in China", &s3, NULL, "AWS_USE_FIPS_ENDPOINT=true", "cn-north-1",
         "cn-north-1;AWS_USE_FIPS_ENDPOINT", FALSE},
        {"no Region", &s3, NULL, NULL, "us east", "\"us east\"", FALSE},
    };
    AwsStub stub;
    aws_stub_start(&stub);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(EndpointChoice) choice = {0};
        g_auto(Endpoint) endpoint = {0};
        g_autoptr(GError) error = NULL;
        g_test_message("%s", cases[i].name);
        aws_stub_files(&stub, cases[i].config, NULL);
        set_variables(&stub, cases[i].variables);
        gboolean good =
            endpoint_choose(cases[i].service, NULL, NULL, &choice, &error) &&
            endpoint_resolve(cases[i].service, &choice, cases[i].region, &endpoint, &error);
        g_assert_cmpint(good, ==, cases[i].good);
        if (good) {
            g_assert_cmpstr(endpoint.host, ==, cases[i].host);
            continue;
        }
        g_assert_error(error, RS_ERROR, RS_ERROR_CONFIG);
        g_auto(GStrv) pieces = g_strsplit(cases[i].host, ";", -1);
        for (char **piece = pieces; *piece != NULL; piece++)
            if (strstr(error->message, *piece) == NULL)
                g_error("\"%s\" does not say \"%s\"", error->message, *piece);
    }
    aws_stub_stop(&stub);
}

/* --- retries ----------------------------------------------------------------------------------- */

static void test_attempts_follow_mode_and_number(void)
{
    static const struct {
        const char *config, *variables;
        guint attempts;   /* 0: refused ... */
        const char *says; /* ... with these words */
    } cases[] = {
        {NULL, NULL, 3, NULL},
        {NULL, "AWS_RETRY_MODE=standard", 3, NULL},
        {NULL, "AWS_RETRY_MODE=adaptive", 3, NULL},
        {NULL, "AWS_RETRY_MODE=legacy", 5, NULL},
        {NULL, "AWS_RETRY_MODE=legacy;AWS_MAX_ATTEMPTS=2", 2, NULL},
        {NULL, "AWS_MAX_ATTEMPTS=1", 1, NULL},
        {NULL, "AWS_MAX_ATTEMPTS=100", 100, NULL},
        {NULL, "AWS_MAX_ATTEMPTS=", 3, NULL},
        {"[default]\nmax_attempts = 7\n", NULL, 7, NULL},
        {"[default]\nmax_attempts = 7\n", "AWS_MAX_ATTEMPTS=4", 4, NULL},
        {"[default]\nretry_mode = legacy\n", NULL, 5, NULL},
        {"[default]\nretry_mode = legacy\n", "AWS_RETRY_MODE=standard", 3, NULL},
        {"[profile p]\nmax_attempts = 7\n", NULL, 3, NULL},
        {"[profile p]\nmax_attempts = 7\n", "AWS_PROFILE=p", 7, NULL},
        {"[damaged\n", NULL, 3, NULL},
        {NULL, "AWS_MAX_ATTEMPTS=0", 0, "AWS_MAX_ATTEMPTS"},
        {NULL, "AWS_MAX_ATTEMPTS=101", 0, "AWS_MAX_ATTEMPTS"},
        {NULL, "AWS_MAX_ATTEMPTS=-1", 0, "AWS_MAX_ATTEMPTS"},
        {NULL, "AWS_MAX_ATTEMPTS=many", 0, "\"many\""},
        {NULL, "AWS_RETRY_MODE=Standard", 0, "AWS_RETRY_MODE"},
        {"[default]\nretry_mode = fast\n", NULL, 0, ".aws/config, profile default: retry_mode"},
        {"[default]\nmax_attempts = x\n", NULL, 0, ".aws/config, profile default: max_attempts"},
    };
    AwsStub stub;
    aws_stub_start(&stub);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint attempts = 0;
        g_autoptr(GError) error = NULL;
        aws_stub_files(&stub, cases[i].config, NULL);
        set_variables(&stub, cases[i].variables);
        gboolean good = retry_find_attempts(NULL, &attempts, &error);
        g_assert_cmpint(good, ==, cases[i].attempts != 0);
        if (good) {
            g_assert_cmpuint(attempts, ==, cases[i].attempts);
            continue;
        }
        g_assert_error(error, RS_ERROR, RS_ERROR_CONFIG);
        g_assert_nonnull(strstr(error->message, cases[i].says));
    }
    aws_stub_stop(&stub);
}

/* --- keys -------------------------------------------------------------------------------------- */

static Secret *nobody_answers(gpointer user, const char *serial, GCancellable *cancellable,
                              GError **error)
{
    g_set_error(error, RS_ERROR, RS_ERROR_AUTH, "nobody knows the code of %s", serial);
    return NULL;
}

static Credentials *ask_for_keys(AwsStub *stub, GError **error)
{
    CredentialsSettings settings = aws_stub_settings(stub);
    settings.prompt = nobody_answers;
    g_autoptr(CredentialsSource) source = credentials_source_new_with(&settings);
    return credentials_source_get(source, NULL, error);
}

static void assert_says(const GError *error, const char *says)
{
    g_auto(GStrv) pieces = g_strsplit(says, ";", -1);
    for (char **piece = pieces; *piece != NULL; piece++)
        if (strstr(error->message, *piece) == NULL)
            g_error("\"%s\" does not say \"%s\"", error->message, *piece);
    g_assert_null(strstr(error->message, "hush"));
}

static void test_mistakes_in_keys_are_named_where_they_stand(void)
{
#define FILE_P ".aws/credentials, profile default: "
#define BASE "[base]\naws_access_key_id=B\naws_secret_access_key=hush\n"
#define ROLE "role_arn=arn:aws:iam::1:role/a\nsource_profile=base\n"
#define SSO "sso_account_id=1\nsso_role_name=r\n"
    static const struct {
        const char *config, *credentials, *variables, *says;
    } cases[] = {
        {NULL, "[default]\naws_access_key_id = A # mine\naws_secret_access_key = hush\n", NULL,
         FILE_P "aws_access_key_id;blank;comment"},
        {NULL, "[default]\naws_access_key_id = A\naws_secret_access_key = hush ; b\n", NULL,
         FILE_P "aws_secret_access_key;blank"},
        {NULL, "[default]\naws_access_key_id = 'A'\naws_secret_access_key = hush\n", NULL,
         FILE_P "aws_access_key_id;quotation mark"},
        {NULL, "[default]\naws_access_key_id = A\n  aws_secret_access_key = hush\n", NULL,
         FILE_P "aws_access_key_id;indented"},
        {NULL,
         "[default]\naws_access_key_id=A\naws_secret_access_key=h\naws_session_token=\xc3\xa9\n",
         NULL, FILE_P "aws_session_token;character"},
        {NULL, NULL, "AWS_ACCESS_KEY_ID=A\nX: y;AWS_SECRET_ACCESS_KEY=hush", "AWS_ACCESS_KEY_ID"},
        {NULL, NULL, "AWS_ACCESS_KEY_ID=A;AWS_SECRET_ACCESS_KEY=\"hush\"",
         "AWS_SECRET_ACCESS_KEY;quotation"},
        {NULL, "[profile p]\naws_access_key_id=A\n", "AWS_PROFILE=p",
         "\"p\" (AWS_PROFILE);.aws/credentials its section must be [p]"},
        {"[p]\nregion=a\n", NULL, "AWS_DEFAULT_PROFILE=p",
         "\"p\" (AWS_DEFAULT_PROFILE);.aws/config its section must be [profile p]"},
        {"[default]\nregion=us east\n" ROLE, BASE, NULL,
         ".aws/config, profile default: region;\"us east\""},
        {"[default]\n" ROLE, BASE, "AWS_REGION=US", "AWS_REGION;\"US\""},
        {"[default]\nsso_start_url=https://s\nsso_region=Narnia\n" SSO, NULL, NULL,
         ".aws/config, profile default: sso_region;\"Narnia\""},
        {"[default]\nsso_session=w\n" SSO "[sso-session w]\nsso_start_url=s\nsso_region=Narnia\n",
         NULL, NULL, ".aws/config, profile default: sso_session;[sso-session w]: sso_region"},
        {"[default]\nmfa_serial=m\n" ROLE, BASE, NULL,
         ".aws/config, profile default: mfa_serial;nobody knows the code of m"},
        {NULL, NULL, "AWS_CONFIG_FILE=/", "cannot read /"},
        {NULL, NULL, "AWS_SHARED_CREDENTIALS_FILE=/dev/zero", "cannot read /dev/zero;longer"},
        {NULL, NULL, "AWS_WEB_IDENTITY_TOKEN_FILE=/dev/zero;AWS_ROLE_ARN=arn:aws:iam::1:role/a",
         "AWS_WEB_IDENTITY_TOKEN_FILE;/dev/zero;longer"},
        {"[default]\ncredential_process = /bin/sh -c 'echo SecretAccessKey: hush >&2; exit 1'\n",
         NULL, NULL, ".aws/config, profile default: credential_process;status 1"},
        {"[default]\ncredential_process = /bin/echo '{\"Version\":1,\"AccessKeyId\":\"A\\r\\nX: "
         "y\","
         "\"SecretAccessKey\":\"hush\"}'\n",
         NULL, NULL, "credential process;character"},
    };
    AwsStub stub;
    aws_stub_start(&stub);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        aws_stub_files(&stub, cases[i].config, cases[i].credentials);
        set_variables(&stub, cases[i].variables);
        g_assert_null(ask_for_keys(&stub, &error));
        assert_says(error, cases[i].says);
    }
    aws_stub_stop(&stub);
}

/* A profile's own endpoint is that of its role's STS too, whoever gives the first keys. */
static void test_a_role_is_asked_for_where_its_profile_says(void)
{
    AwsStub stub;
    aws_stub_start(&stub);
    aws_stub_files(&stub, "[profile p]\n" ROLE "endpoint_url=@URL@\nregion=eu-west-3\n", BASE);
    g_unsetenv("AWS_ENDPOINT_URL");
    CredentialsSettings settings = aws_stub_settings(&stub);
    settings.aws_profile = "p";
    g_autoptr(CredentialsSource) source = credentials_source_new_with(&settings);
    g_autoptr(GError) error = NULL;
    g_autoptr(Credentials) credentials = credentials_source_get(source, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(credentials->access_key_id, ==, "ROLE-a");
    aws_stub_stop(&stub);
}

static void add_tests(void)
{
    g_test_add_func("/settings/mistakes-in-keys-are-named-where-they-stand",
                    test_mistakes_in_keys_are_named_where_they_stand);
    g_test_add_func("/settings/a-role-is-asked-for-where-its-profile-says",
                    test_a_role_is_asked_for_where_its_profile_says);
    g_test_add_func("/settings/files-are-read-however-they-are-written",
                    test_files_are_read_however_they_are_written);
    g_test_add_func("/settings/damage-is-named-by-its-line", test_damage_is_named_by_its_line);
    g_test_add_func("/settings/small-files-have-an-end", test_small_files_have_an_end);
    g_test_add_func("/settings/endpoints-follow-files-and-environment",
                    test_endpoints_follow_files_and_environment);
    g_test_add_func("/settings/attempts-follow-mode-and-number",
                    test_attempts_follow_mode_and_number);
}

int main(int argc, char **argv)
{
    return aws_stub_main(argc, argv, add_tests);
}
