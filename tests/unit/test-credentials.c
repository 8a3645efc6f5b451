/* Every provider of credentials, alone and in precedence, and what each says when it fails. */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "aws/region.h"
#include "aws/sigv4_verify.h"
#include "aws/sts.h"
#include "base/error.h"
#include "tests/unit/aws-stub.h"

#define STATIC(profile, key)                                                                       \
    "[" profile "]\naws_access_key_id = " key "\naws_secret_access_key = hush\n"
#define ROLE "arn:aws:iam::111122223333:role/"
#define PRINTS "credential_process = /bin/cat @DIR@/keys.json\n"
#define LEGACY_SSO                                                                                 \
    "sso_start_url = https://start\nsso_region = us-east-1\nsso_account_id = 1\nsso_role_name = "  \
    "r\n"
#define GOOD_TOKEN "{\"accessToken\":\"good\",\"expiresAt\":\"2025-06-16T00:00:00Z\"}"

typedef struct {
    const char *name;
    const char *config, *credentials; /* the shared files */
    const char *variables;            /* "NAME=value;NAME=value" */
    const char *chosen;               /* the profile that the caller names */
    const char *key, *provider;       /* who answered ... */
    RsErrorCode code;                 /* ... or how it failed */
    const char *says;                 /* pieces of the message, ';' between them */
} Case;

static void set_variables(AwsStub *stub, const char *variables)
{
    g_auto(GStrv) pairs = g_strsplit(variables != NULL ? variables : "", ";", -1);
    for (char **pair = pairs; *pair != NULL; pair++) {
        g_auto(GStrv) words = g_strsplit(*pair, "=", 2);
        if (words[0] != NULL && words[1] != NULL)
            aws_stub_setenv(stub, words[0], words[1]);
    }
}

/* The files that cases refer to. */
static void write_files(AwsStub *stub)
{
    g_autofree char *legacy = aws_stub_token_name("https://start");
    aws_stub_write(stub, "keys.json",
                   "{\"Version\":1,\"AccessKeyId\":\"PROC\",\"SecretAccessKey\":\"hush\"}");
    aws_stub_write(stub, "web.jwt", "  web.identity.token\n");
    aws_stub_write(stub, "empty", "\n");
    aws_stub_write(stub, legacy, GOOD_TOKEN);
}

static Credentials *ask(AwsStub *stub, const Case *test, GError **error)
{
    CredentialsSettings settings = aws_stub_settings(stub);
    settings.aws_profile = test->chosen;
    g_autoptr(CredentialsSource) source = credentials_source_new_with(&settings);
    return credentials_source_get(source, NULL, error);
}

static void assert_says(const char *message, const char *says)
{
    g_auto(GStrv) pieces = g_strsplit(says, ";", -1);
    for (char **piece = pieces; *piece != NULL; piece++)
        if (strstr(message, *piece) == NULL)
            g_error("\"%s\" does not say \"%s\"", message, *piece);
    g_assert_null(strstr(message, "hush"));
}

static void run_cases(const Case *cases, gsize count)
{
    AwsStub stub;
    aws_stub_start(&stub);
    for (gsize i = 0; i < count; i++) {
        const Case *test = &cases[i];
        g_autoptr(GError) error = NULL;
        g_test_message("%s", test->name);
        aws_stub_files(&stub, test->config, test->credentials);
        write_files(&stub);
        set_variables(&stub, test->variables);
        g_autoptr(Credentials) credentials = ask(&stub, test, &error);
        if (test->key != NULL) {
            g_assert_no_error(error);
            g_assert_cmpstr(credentials->access_key_id, ==, test->key);
            g_assert_cmpstr(credentials->provider, ==, test->provider);
        } else {
            g_assert_null(credentials);
            g_assert_error(error, RS_ERROR, (int)test->code);
            assert_says(error->message, test->says);
        }
    }
    aws_stub_stop(&stub);
}

/* --- who answers ------------------------------------------------------------------------------- */

#define ENV_KEYS "AWS_ACCESS_KEY_ID=ENV;AWS_SECRET_ACCESS_KEY=s"
#define ENV_WEB "AWS_WEB_IDENTITY_TOKEN_FILE=@DIR@/web.jwt;AWS_ROLE_ARN=" ROLE "env"
#define BOX "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/box"
#define IMDS "AWS_EC2_METADATA_DISABLED=false"

static void test_each_provider_answers_alone(void)
{
    static const Case cases[] = {
        {"environment", NULL, NULL, ENV_KEYS, NULL, "ENV", "environment", 0, NULL},
        {"role by profile", "[default]\nrole_arn=" ROLE "a\nsource_profile=base\n",
         STATIC("base", "BASE"), NULL, NULL, "ROLE-a", "assumed role", 0, NULL},
        {"role by its own keys",
         "[profile p]\nrole_arn=" ROLE "a\nsource_profile=p\naws_access_key_id=k\n"
         "aws_secret_access_key=s\n",
         NULL, NULL, "p", "ROLE-a", "assumed role", 0, NULL},
        {"chain of roles",
         "[profile c]\nrole_arn=" ROLE "c\nsource_profile=b\n[profile b]\nrole_arn=" ROLE
         "b\nsource_profile=a\n",
         STATIC("a", "BASE"), NULL, "c", "ROLE-c", "assumed role", 0, NULL},
        {"role by environment, though the profile is chosen",
         "[profile e]\nrole_arn=" ROLE "e\ncredential_source=Environment\n", NULL, ENV_KEYS, "e",
         "ROLE-e", "assumed role", 0, NULL},
        {"role by container", "[default]\nrole_arn=" ROLE "e\ncredential_source=EcsContainer\n",
         NULL, BOX, NULL, "ROLE-e", "assumed role", 0, NULL},
        {"role by instance",
         "[default]\nrole_arn=" ROLE "e\ncredential_source=Ec2InstanceMetadata\n", NULL, IMDS, NULL,
         "ROLE-e", "assumed role", 0, NULL},
        {"role by process", "[default]\nrole_arn=" ROLE "e\nsource_profile=p\n[profile p]\n" PRINTS,
         NULL, NULL, NULL, "ROLE-e", "assumed role", 0, NULL},
        {"web identity of the environment", NULL, NULL, ENV_WEB, NULL, "WEB-env", "web identity", 0,
         NULL},
        {"web identity of a profile",
         "[default]\nrole_arn=" ROLE "w\nweb_identity_token_file=@DIR@/web.jwt\n", NULL, NULL, NULL,
         "WEB-w", "web identity", 0, NULL},
        {"single sign-on", "[profile s]\n" LEGACY_SSO, NULL, NULL, "s", "SSO", "single sign-on", 0,
         NULL},
        {"credentials file", NULL, STATIC("default", "FILE"), NULL, NULL, "FILE",
         "shared credentials file", 0, NULL},
        {"process", "[default]\n" PRINTS, NULL, NULL, NULL, "PROC", "credential process", 0, NULL},
        {"config file", STATIC("profile p", "CONF"), NULL, NULL, "p", "CONF", "shared config file",
         0, NULL},
        {"container, relative", NULL, NULL, BOX, NULL, "BOX", "container endpoint", 0, NULL},
        {"container, full", NULL, NULL, "AWS_CONTAINER_CREDENTIALS_FULL_URI=@URL@/box", NULL, "BOX",
         "container endpoint", 0, NULL},
        {"instance", NULL, NULL, IMDS, NULL, "IMDS", "instance metadata", 0, NULL},
    };
    run_cases(cases, G_N_ELEMENTS(cases));
}

/* Each case takes the winner of the one before it away. */
static void test_the_first_configured_provider_wins(void)
{
#define KEYS_FILE STATIC("default", "FILE") STATIC("base", "BASE")
    static const Case cases[] = {
        {"environment before all",
         "[default]\nrole_arn=" ROLE "a\nsource_profile=base\n" LEGACY_SSO, KEYS_FILE,
         ENV_KEYS ";" ENV_WEB ";" BOX ";" IMDS, NULL, "ENV", "environment", 0, NULL},
        {"a chosen profile sets the environment aside",
         "[default]\nrole_arn=" ROLE "a\nsource_profile=base\n" LEGACY_SSO, KEYS_FILE,
         ENV_KEYS ";" ENV_WEB, "default", "ROLE-a", "assumed role", 0, NULL},
        {"AWS_PROFILE does not", "[profile p]\n" LEGACY_SSO, NULL, ENV_KEYS ";AWS_PROFILE=p", NULL,
         "ENV", "environment", 0, NULL},
        {"role", "[default]\nrole_arn=" ROLE "a\nsource_profile=base\n" LEGACY_SSO, KEYS_FILE,
         ENV_WEB ";" BOX, NULL, "ROLE-a", "assumed role", 0, NULL},
        {"web identity", "[default]\n" LEGACY_SSO PRINTS, KEYS_FILE, ENV_WEB ";" BOX, NULL,
         "WEB-env", "web identity", 0, NULL},
        {"sign-on", "[default]\n" LEGACY_SSO PRINTS, KEYS_FILE, BOX, NULL, "SSO", "single sign-on",
         0, NULL},
        {"credentials file", STATIC("default", "CONF") PRINTS, KEYS_FILE, BOX, NULL, "FILE",
         "shared credentials file", 0, NULL},
        {"process", STATIC("default", "CONF") PRINTS, NULL, BOX, NULL, "PROC", "credential process",
         0, NULL},
        {"config file", STATIC("default", "CONF"), NULL, BOX ";" IMDS, NULL, "CONF",
         "shared config file", 0, NULL},
        {"relative before full", NULL, NULL,
         BOX ";" IMDS ";AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:1/no", NULL, "BOX",
         "container endpoint", 0, NULL},
        {"instance last", "[default]\nregion=x\n", NULL, IMDS, NULL, "IMDS", "instance metadata", 0,
         NULL},
        {"the source's own keys before its role",
         "[default]\nrole_arn=" ROLE "a\nsource_profile=b\n[profile b]\nrole_arn=bad\n",
         STATIC("b", "BASE"), NULL, NULL, "ROLE-a", "assumed role", 0, NULL},
    };
    run_cases(cases, G_N_ELEMENTS(cases));
}

/* --- what goes wrong --------------------------------------------------------------------------- */

static void test_failures_name_file_profile_and_key(void)
{
#define CONFIG ".aws/config, profile "
#define SOURCE_P(text) "[profile p]\nrole_arn=" ROLE "a\nsource_profile=b\n" text
    static const Case cases[] = {
        {"nobody", NULL, NULL, NULL, NULL, NULL, NULL, RS_ERROR_AUTH,
         "AWS_ACCESS_KEY_ID;default;AWS_EC2_METADATA_DISABLED"},
        {"missing profile", "[profile q]\n", NULL, NULL, "p", NULL, NULL, RS_ERROR_CONFIG,
         "\"p\";.aws/config;.aws/credentials"},
        {"missing AWS_PROFILE", NULL, NULL, "AWS_PROFILE=p", NULL, NULL, NULL, RS_ERROR_CONFIG,
         "\"p\""},
        {"damaged file", "[profile p\n", NULL, NULL, "p", NULL, NULL, RS_ERROR_CONFIG,
         ".aws/config line 1"},
        {"damaged other file", NULL, "[p]\nx\n", NULL, "p", NULL, NULL, RS_ERROR_CONFIG,
         ".aws/credentials line 2"},
        {"half a pair", NULL, "[p]\naws_access_key_id=a\n", NULL, "p", NULL, NULL, RS_ERROR_CONFIG,
         ".aws/credentials, profile p;aws_secret_access_key"},
        {"no source", "[profile p]\nrole_arn=" ROLE "a\n", NULL, NULL, "p", NULL, NULL,
         RS_ERROR_CONFIG, CONFIG "p: role_arn;source_profile;credential_source"},
        {"two sources", SOURCE_P("credential_source=Environment\n"), NULL, NULL, "p", NULL, NULL,
         RS_ERROR_CONFIG, CONFIG "p: source_profile;credential_source"},
        {"unknown source", SOURCE_P(""), NULL, NULL, "p", NULL, NULL, RS_ERROR_CONFIG,
         CONFIG "p: source_profile;\"b\""},
        {"empty source", SOURCE_P("[profile b]\nregion=x\n"), NULL, NULL, "p", NULL, NULL,
         RS_ERROR_CONFIG, CONFIG "b;source_profile;aws_access_key_id"},
        {"unknown credential_source", "[profile p]\nrole_arn=" ROLE "a\ncredential_source=Moon\n",
         NULL, NULL, "p", NULL, NULL, RS_ERROR_CONFIG,
         CONFIG "p;credential_source = Moon;EcsContainer"},
        {"absent credential_source",
         "[profile p]\nrole_arn=" ROLE "a\ncredential_source=EcsContainer\n", NULL, NULL, "p", NULL,
         NULL, RS_ERROR_CONFIG, CONFIG "p;EcsContainer;container endpoint"},
        {"instance turned off",
         "[profile p]\nrole_arn=" ROLE "a\ncredential_source=Ec2InstanceMetadata\n", NULL, NULL,
         "p", NULL, NULL, RS_ERROR_CONFIG, CONFIG "p;AWS_EC2_METADATA_DISABLED is true"},
        {"no ARN", "[profile p]\nrole_arn=admin\nsource_profile=b\n", NULL, NULL, "p", NULL, NULL,
         RS_ERROR_CONFIG, CONFIG "p: role_arn;\"admin\""},
        {"bad duration", SOURCE_P("duration_seconds=1h\n"), STATIC("b", "B"), NULL, "p", NULL, NULL,
         RS_ERROR_CONFIG, CONFIG "p: duration_seconds;\"1h\";900"},
        {"circle of two", SOURCE_P("[profile b]\nrole_arn=" ROLE "b\nsource_profile=p\n"), NULL,
         NULL, "p", NULL, NULL, RS_ERROR_CONFIG,
         CONFIG "b: source_profile;p -> b -> p;circle;aws_access_key_id"},
        {"circle of one", "[profile p]\nrole_arn=" ROLE "a\nsource_profile=p\n", NULL, NULL, "p",
         NULL, NULL, RS_ERROR_CONFIG, CONFIG "p: source_profile;p -> p"},
        {"circle further on",
         SOURCE_P("[profile b]\nrole_arn=" ROLE "b\nsource_profile=c\n[profile c]\nrole_arn=" ROLE
                  "c\nsource_profile=b\n"),
         NULL, NULL, "p", NULL, NULL, RS_ERROR_CONFIG, CONFIG "c: source_profile;p -> b -> c -> b"},
        {"MFA without anybody to ask", SOURCE_P("mfa_serial=arn:aws:iam::1:mfa/me\n"),
         STATIC("b", "B"), NULL, "p", NULL, NULL, RS_ERROR_AUTH,
         CONFIG "p: mfa_serial;arn:aws:iam::1:mfa/me"},
        {"token file without role", NULL, NULL, "AWS_WEB_IDENTITY_TOKEN_FILE=/x", NULL, NULL, NULL,
         RS_ERROR_CONFIG, "AWS_WEB_IDENTITY_TOKEN_FILE;AWS_ROLE_ARN"},
        {"missing token file", NULL, NULL,
         "AWS_WEB_IDENTITY_TOKEN_FILE=@DIR@/none;AWS_ROLE_ARN=" ROLE "a", NULL, NULL, NULL,
         RS_ERROR_CONFIG, "AWS_WEB_IDENTITY_TOKEN_FILE;/none"},
        {"empty token file",
         "[profile p]\nrole_arn=" ROLE "a\nweb_identity_token_file=@DIR@/empty\n", NULL, NULL, "p",
         NULL, NULL, RS_ERROR_CONFIG, CONFIG "p: web_identity_token_file;/empty;no token"},
        {"token file of no role", "[profile p]\nweb_identity_token_file=@DIR@/web.jwt\n", NULL,
         NULL, "p", NULL, NULL, RS_ERROR_CONFIG, CONFIG "p: web_identity_token_file;role_arn"},
        {"login session", "[profile p]\nlogin_session=x\n", NULL, NULL, "p", NULL, NULL,
         RS_ERROR_UNSUPPORTED, CONFIG "p;login_session"},
        {"relative path that is none", NULL, NULL, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=box",
         NULL, NULL, NULL, RS_ERROR_CONFIG, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI;\"box\""},
        {"plain http to a stranger", NULL, NULL,
         "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://example.com/x", NULL, NULL, NULL,
         RS_ERROR_CONFIG, "AWS_CONTAINER_CREDENTIALS_FULL_URI;example.com;https"},
        {"a host that only looks local", NULL, NULL,
         "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1.example.com/x", NULL, NULL, NULL,
         RS_ERROR_CONFIG, "AWS_CONTAINER_CREDENTIALS_FULL_URI"},
        {"no URL at all", NULL, NULL, "AWS_CONTAINER_CREDENTIALS_FULL_URI=file:///etc/passwd", NULL,
         NULL, NULL, RS_ERROR_CONFIG, "AWS_CONTAINER_CREDENTIALS_FULL_URI"},
        {"header smuggled in a token", NULL, NULL,
         BOX ";AWS_CONTAINER_AUTHORIZATION_TOKEN=a\r\nX: y", NULL, NULL, NULL, RS_ERROR_CONFIG,
         "AWS_CONTAINER_AUTHORIZATION_TOKEN"},
        {"missing container token file", NULL, NULL,
         BOX ";AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=@DIR@/none", NULL, NULL, NULL,
         RS_ERROR_CONFIG, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE;/none"},
        {"bad metadata mode", NULL, NULL, IMDS ";AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=v6", NULL,
         NULL, NULL, RS_ERROR_CONFIG, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE;\"v6\""},
        {"bad metadata timeout", NULL, NULL, IMDS ";AWS_METADATA_SERVICE_TIMEOUT=soon", NULL, NULL,
         NULL, RS_ERROR_CONFIG, "AWS_METADATA_SERVICE_TIMEOUT;\"soon\""},
    };
    run_cases(cases, G_N_ELEMENTS(cases));
}

static void test_a_failing_provider_is_not_skipped(void)
{
    AwsStub stub;
    aws_stub_start(&stub);
    static const char *const variables[] = {BOX, IMDS, ENV_WEB};
    static const Case none = {0};
    for (gsize i = 0; i < G_N_ELEMENTS(variables); i++) {
        g_autoptr(GError) error = NULL;
        aws_stub_files(&stub, NULL, NULL);
        write_files(&stub);
        set_variables(&stub, variables[i]);
        set_variables(&stub, IMDS);
        g_atomic_int_set(&stub.status, 403);
        guint before = http_stub_count(stub.http, "GET /latest/");
        g_assert_null(ask(&stub, &none, &error));
        g_assert_nonnull(error);
        guint metadata = http_stub_count(stub.http, "GET /latest/") - before;
        g_assert_cmpuint(metadata, ==, strcmp(variables[i], IMDS) == 0 ? 2 : 0);
    }
    aws_stub_stop(&stub);
}

/* --- credential_process ------------------------------------------------------------------------ */

static void test_processes_that_misbehave_are_refused_with_a_reason(void)
{
#define RUNS(command) "[profile p]\ncredential_process = " command "\n"
#define SAYS ".aws/config, profile p: credential_process"
    static const Case cases[] = {
        {"no program", RUNS(""), NULL, NULL, "p", NULL, NULL, RS_ERROR_CONFIG, SAYS},
        {"missing program", RUNS("/nonexistent/x"), NULL, NULL, "p", NULL, NULL, RS_ERROR_CONFIG,
         SAYS ";/nonexistent/x"},
        {"open quote", RUNS("/bin/echo 'x"), NULL, NULL, "p", NULL, NULL, RS_ERROR_CONFIG, SAYS},
        {"failure with a word", RUNS("/bin/sh -c 'echo log in first >&2; exit 3'"), NULL, NULL, "p",
         NULL, NULL, RS_ERROR_CONFIG, SAYS ";status 3;log in first"},
        {"killed", RUNS("/bin/sh -c 'kill -9 $$'"), NULL, NULL, "p", NULL, NULL, RS_ERROR_CONFIG,
         SAYS ";signal 9"},
        {"nothing", RUNS("/bin/true"), NULL, NULL, "p", NULL, NULL, RS_ERROR_CONFIG,
         SAYS ";not a JSON object"},
        {"garbage", RUNS("/bin/echo hush garbage"), NULL, NULL, "p", NULL, NULL, RS_ERROR_CONFIG,
         SAYS ";not a JSON object"},
        {"binary garbage", RUNS("/usr/bin/head -c 100000 /dev/urandom"), NULL, NULL, "p", NULL,
         NULL, RS_ERROR_CONFIG, SAYS ";not a JSON object"},
        {"endless garbage", RUNS("/usr/bin/yes"), NULL, NULL, "p", NULL, NULL, RS_ERROR_LIMIT,
         SAYS},
        {"another version", RUNS("/bin/echo '{\"Version\":2}'"), NULL, NULL, "p", NULL, NULL,
         RS_ERROR_CONFIG, SAYS ";Version 1"},
        {"no key", RUNS("/bin/echo '{\"Version\":1}'"), NULL, NULL, "p", NULL, NULL,
         RS_ERROR_CONFIG, SAYS ";AccessKeyId"},
        {"no secret", RUNS("/bin/echo '{\"Version\":1,\"AccessKeyId\":\"a\"}'"), NULL, NULL, "p",
         NULL, NULL, RS_ERROR_CONFIG, SAYS ";SecretAccessKey"},
        {"no time",
         RUNS("/bin/echo '{\"Version\":1,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"s\","
              "\"Expiration\":\"soon\"}'"),
         NULL, NULL, "p", NULL, NULL, RS_ERROR_CONFIG, SAYS ";Expiration"},
        {"expired",
         RUNS("/bin/echo '{\"Version\":1,\"AccessKeyId\":\"a\",\"SecretAccessKey\":\"s\","
              "\"Expiration\":\"2020-01-01T00:00:00Z\"}'"),
         NULL, NULL, "p", NULL, NULL, RS_ERROR_AUTH, "credential process;2020-01-01"},
        {"no shell", RUNS("/bin/echo $HOME"), NULL, NULL, "p", NULL, NULL, RS_ERROR_CONFIG, SAYS},
    };
    run_cases(cases, G_N_ELEMENTS(cases));
}

static void test_a_hanging_process_is_ended(void)
{
    AwsStub stub;
    aws_stub_start(&stub);
    aws_stub_files(
        &stub, "[default]\ncredential_process = /bin/sh -c '/usr/bin/tail -f /dev/null'\n", NULL);
    CredentialsSettings settings = aws_stub_settings(&stub);
    settings.process_limit_ms = 200;
    g_autoptr(CredentialsSource) source = credentials_source_new_with(&settings);
    g_autoptr(GError) error = NULL;
    g_assert_null(credentials_source_get(source, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_LIMIT);
    assert_says(error->message, "profile default: credential_process;/bin/sh;in time");
    aws_stub_stop(&stub);
}

static gpointer cancel_it(gpointer cancellable)
{
    g_cancellable_cancel(cancellable);
    return NULL;
}

static void test_a_hanging_process_can_be_cancelled(void)
{
    AwsStub stub;
    aws_stub_start(&stub);
    aws_stub_files(&stub, "[default]\ncredential_process = /usr/bin/tail -f /dev/null\n", NULL);
    CredentialsSettings settings = aws_stub_settings(&stub);
    g_autoptr(CredentialsSource) source = credentials_source_new_with(&settings);
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GError) error = NULL;
    GThread *thread = g_thread_new("cancel", cancel_it, cancellable);
    g_assert_null(credentials_source_get(source, cancellable, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CANCELLED);
    g_thread_join(thread);
    aws_stub_stop(&stub);
}

/* --- roles ------------------------------------------------------------------------------------- */

static void assert_field(const char *form, const char *name, const char *value)
{
    g_autofree char *got = sigv4_query_value(form, name);
    g_assert_cmpstr(got, ==, value);
}

static Secret *give_code(gpointer user, const char *serial, GCancellable *cancellable,
                         GError **error)
{
    int *asked = user;
    (*asked)++;
    g_assert_cmpstr(serial, ==, "arn:aws:iam::1:mfa/me");
    return secret_new("654321", -1);
}

static void test_a_role_is_asked_for_as_its_profile_says(void)
{
    AwsStub stub;
    int asked = 0;
    aws_stub_start(&stub);
    aws_stub_files(&stub,
                   "[default]\nrole_arn=" ROLE "a\nsource_profile=b\nexternal_id=ex/1\n"
                   "mfa_serial=arn:aws:iam::1:mfa/me\nrole_session_name=me@work\n"
                   "duration_seconds=7200\nregion=eu-west-3\n",
                   STATIC("b", "BASE"));
    CredentialsSettings settings = aws_stub_settings(&stub);
    settings.prompt = give_code;
    settings.prompt_user = &asked;
    g_autoptr(CredentialsSource) source = credentials_source_new_with(&settings);
    g_autoptr(GError) error = NULL;
    g_autoptr(Credentials) credentials = credentials_source_get(source, NULL, &error);
    g_assert_no_error(error);
    g_autofree char *form = http_stub_last_body(stub.http, "POST /");
    g_autofree char *head = http_stub_last_head(stub.http, "POST /");
    static const char *const fields[][2] = {{"Action", "AssumeRole"},
                                            {"Version", "2011-06-15"},
                                            {"RoleArn", ROLE "a"},
                                            {"ExternalId", "ex/1"},
                                            {"SerialNumber", "arn:aws:iam::1:mfa/me"},
                                            {"TokenCode", "654321"},
                                            {"RoleSessionName", "me@work"},
                                            {"DurationSeconds", "7200"}};
    for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
        assert_field(form, fields[i][0], fields[i][1]);
    g_assert_nonnull(strstr(head, "Credential=BASE/"));
    g_assert_nonnull(strstr(head, "/eu-west-3/sts/aws4_request"));
    g_assert_cmpint(asked, ==, 1);
    g_assert_true(credentials->attended);
    g_assert_cmpstr(secret_peek(credentials->session_token), ==, "token-of-a");
    g_assert_cmpint(credentials->expires_at, ==, STUB_NOW + 3600);
    aws_stub_stop(&stub);
}

static void test_web_identity_is_sent_unsigned(void)
{
    AwsStub stub;
    static const Case none = {0};
    aws_stub_start(&stub);
    write_files(&stub);
    set_variables(&stub, ENV_WEB);
    g_autoptr(Credentials) credentials = ask(&stub, &none, NULL);
    g_assert_nonnull(credentials);
    g_autofree char *form = http_stub_last_body(stub.http, "POST /");
    g_autofree char *head = http_stub_last_head(stub.http, "POST /");
    assert_field(form, "WebIdentityToken", "web.identity.token");
    g_assert_null(strstr(head, "Authorization"));
    g_autofree char *session = sigv4_query_value(form, "RoleSessionName");
    g_assert_true(g_str_has_prefix(session, "redsmith-"));
    aws_stub_stop(&stub);
}

static void test_the_token_of_a_container_is_sent_and_read_anew(void)
{
    AwsStub stub;
    static const Case none = {0};
    aws_stub_start(&stub);
    set_variables(&stub, BOX ";AWS_CONTAINER_AUTHORIZATION_TOKEN=ignored;"
                             "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=@DIR@/token");
    static const char *const tokens[] = {"first", "second"};
    for (gsize i = 0; i < G_N_ELEMENTS(tokens); i++) {
        aws_stub_write(&stub, "token", tokens[i]);
        g_autoptr(Credentials) credentials = ask(&stub, &none, NULL);
        g_assert_nonnull(credentials);
        g_autofree char *head = http_stub_last_head(stub.http, "GET /box");
        g_assert_nonnull(strstr(head, tokens[i]));
    }
    g_atomic_int_set(&stub.status, 500);
    g_autoptr(GError) error = NULL;
    g_assert_null(ask(&stub, &none, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_TRANSIENT);
    g_assert_cmpuint(http_stub_count(stub.http, "GET /box"), ==, 2 + 3);
    aws_stub_stop(&stub);
}

/* --- single sign-on ---------------------------------------------------------------------------- */

#define SESSION_SSO                                                                                \
    "[profile p]\nsso_session = work\nsso_account_id = 1\nsso_role_name = r\n"                     \
    "[sso-session work]\nsso_start_url = https://start\nsso_region = us-east-1\n"

static void test_sign_on_settings_and_tokens_are_checked(void)
{
    static const struct {
        const char *config, *token; /* of the session "work" */
        const char *says;
        RsErrorCode code;
    } cases[] = {
        {SESSION_SSO, NULL, "profile p;aws sso login --sso-session work", RS_ERROR_AUTH},
        {SESSION_SSO, "{", "sso/cache;not a single sign-on token", RS_ERROR_CONFIG},
        {SESSION_SSO, "{\"accessToken\":\"good\",\"expiresAt\":\"soon\"}", "sso/cache",
         RS_ERROR_CONFIG},
        {SESSION_SSO, "{\"accessToken\":\"good\",\"expiresAt\":\"2020-01-01T00:00:00UTC\"}",
         "expired;aws sso login --sso-session work", RS_ERROR_AUTH},
        {SESSION_SSO, "{\"accessToken\":\"revoked\",\"expiresAt\":\"2026-01-01T00:00:00Z\"}",
         "UnauthorizedException;aws sso login --sso-session work", RS_ERROR_AUTH},
        {"[profile p]\nsso_session = work\n", NULL, "profile p: sso_session;[sso-session work]",
         RS_ERROR_CONFIG},
        {"[profile p]\nsso_session = work\n[sso-session work]\nsso_region=x\n", NULL,
         "profile p: sso_session;sso_start_url", RS_ERROR_CONFIG},
        {"[profile p]\nsso_region = other\nsso_session = work\n[sso-session work]\n"
         "sso_start_url = u\nsso_region = x\n",
         NULL, "profile p: sso_region;\"other\";\"x\"", RS_ERROR_CONFIG},
        {"[profile p]\nsso_start_url = u\nsso_region = us-east-1\nsso_role_name = r\n", NULL,
         "profile p: sso_account_id", RS_ERROR_CONFIG},
    };
    AwsStub stub;
    aws_stub_start(&stub);
    g_autofree char *name = aws_stub_token_name("work");
    static const Case chosen = {.chosen = "p"};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        aws_stub_files(&stub, cases[i].config, NULL);
        if (cases[i].token != NULL)
            aws_stub_write(&stub, name, cases[i].token);
        g_assert_null(ask(&stub, &chosen, &error));
        g_assert_error(error, RS_ERROR, (int)cases[i].code);
        assert_says(error->message, cases[i].says);
    }
    aws_stub_stop(&stub);
}

static void test_an_old_sign_on_token_is_renewed_and_kept(void)
{
    AwsStub stub;
    aws_stub_start(&stub);
    aws_stub_files(&stub, SESSION_SSO, NULL);
    g_autofree char *name = aws_stub_token_name("work");
    aws_stub_write(
        &stub, name,
        "{\"accessToken\":\"old\",\"expiresAt\":\"2025-06-15T15:10:00Z\",\"clientId\":"
        "\"c\",\"clientSecret\":\"s\",\"registrationExpiresAt\":\"2025-09-01T00:00:00Z\","
        "\"refreshToken\":\"refresh\",\"startUrl\":\"https://start\"}");
    static const Case chosen = {.chosen = "p"};
    g_autoptr(GError) error = NULL;
    g_autoptr(Credentials) credentials = ask(&stub, &chosen, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(credentials->access_key_id, ==, "SSO");
    g_assert_cmpuint(http_stub_count(stub.http, "POST /token"), ==, 1);
    g_autofree char *kept = aws_stub_read(&stub, name);
    static const char *const parts[] = {"renewed", "refresh2", "https://start",
                                        "2025-06-15T23:06:40Z"};
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++)
        g_assert_nonnull(strstr(kept, parts[i]));
    g_autofree char *path = g_build_filename(stub.dir, name, NULL);
    struct stat status;
    g_assert_cmpint(stat(path, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 0777, ==, 0600);
    aws_stub_stop(&stub);
}

/* --- instance metadata ------------------------------------------------------------------------- */

static void test_instances_are_asked_with_tokens(void)
{
    static const struct {
        const char *name;
        int token_status, stale;
        const char *variables, *roles, *body;
        const char *key; /* or */
        const char *says;
    } cases[] = {
        {"as it should be", 0, 0, "", NULL, NULL, "IMDS", NULL},
        {"a token that expired", 0, 1, "", NULL, NULL, "IMDS", NULL},
        {"tokens that are never good", 0, 2, "", NULL, NULL, NULL, "HTTP 401"},
        {"no tokens", 404, 0, "", NULL, NULL, NULL, "hop limit"},
        {"version 1 when allowed", 404, 0, "AWS_EC2_METADATA_V1_DISABLED=false", NULL, NULL, "IMDS",
         NULL},
        {"version 1 when forbidden", 404, 0, "AWS_EC2_METADATA_V1_DISABLED=true", NULL, NULL, NULL,
         "hop limit"},
        {"a bad request", 400, 0, "AWS_EC2_METADATA_V1_DISABLED=false", NULL, NULL, NULL,
         "HTTP 400"},
        {"no role", 0, 0, "", "", NULL, NULL, "no iam/security-credentials"},
        {"an error inside", 0, 0, "", NULL,
         "{\"Code\":\"AssumeRoleUnauthorizedAccess\",\"Message\":\"trust\"}", NULL,
         "AssumeRoleUnauthorizedAccess"},
        {"no JSON", 0, 0, "", NULL, "<html>", NULL, "not a JSON object"},
        {"expired keys, which an outage makes good", 0, 0, "", NULL,
         "{\"Code\":\"Success\",\"AccessKeyId\":\"OLD\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","
         "\"Expiration\":\"2020-01-01T00:00:00Z\"}",
         "OLD", NULL},
    };
    static const Case none = {0};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        AwsStub stub;
        g_autoptr(GError) error = NULL;
        g_test_message("%s", cases[i].name);
        aws_stub_start(&stub);
        set_variables(&stub, IMDS);
        set_variables(&stub, cases[i].variables);
        stub.token_status = cases[i].token_status;
        stub.stale_tokens = cases[i].stale;
        stub.roles = cases[i].roles;
        stub.body = cases[i].body;
        g_autoptr(Credentials) credentials = ask(&stub, &none, &error);
        if (cases[i].key != NULL) {
            g_assert_no_error(error);
            g_assert_cmpstr(credentials->access_key_id, ==, cases[i].key);
            g_assert_cmpint(credentials->expires_at, >, STUB_NOW);
        } else {
            g_assert_null(credentials);
            assert_says(error->message, cases[i].says);
        }
        aws_stub_stop(&stub);
    }
}

static void test_metadata_passes_no_proxy(void)
{
    AwsStub stub;
    static const Case none = {0};
    aws_stub_start(&stub);
    set_variables(&stub, IMDS);
    g_setenv("http_proxy", "http://127.0.0.1:9", TRUE);
    g_autoptr(GError) error = NULL;
    g_autoptr(Credentials) credentials = ask(&stub, &none, &error);
    g_unsetenv("http_proxy");
    g_assert_no_error(error);
    g_assert_cmpstr(credentials->origin, ==, "instance role role-of-instance");
    aws_stub_stop(&stub);
}

/* --- Regions and identities -------------------------------------------------------------------- */

static void test_regions_are_found_in_order(void)
{
    static const struct {
        const char *given, *variables;
        gboolean ask_instance;
        const char *region;
    } cases[] = {
        {"a", "AWS_REGION=b;AWS_DEFAULT_REGION=c", FALSE, "a"},
        {NULL, "AWS_REGION=b;AWS_DEFAULT_REGION=c", FALSE, "b"},
        {NULL, "AWS_DEFAULT_REGION=c", FALSE, "c"},
        {NULL, "AWS_PROFILE=p", FALSE, "d"},
        {NULL, IMDS, TRUE, "eu-north-1"},
        {NULL, IMDS, FALSE, NULL},
        {NULL, "", TRUE, NULL},
    };
    AwsStub stub;
    aws_stub_start(&stub);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        aws_stub_files(&stub, "[profile p]\nregion = d\n", NULL);
        set_variables(&stub, cases[i].variables);
        g_autofree char *region =
            region_find(cases[i].given, NULL, cases[i].ask_instance, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(region, ==, cases[i].region);
    }
    aws_stub_stop(&stub);
}

static void add_tests(void)
{
    g_test_add_func("/credentials/each-provider-answers-alone", test_each_provider_answers_alone);
    g_test_add_func("/credentials/the-first-configured-provider-wins",
                    test_the_first_configured_provider_wins);
    g_test_add_func("/credentials/failures-name-file-profile-and-key",
                    test_failures_name_file_profile_and_key);
    g_test_add_func("/credentials/a-failing-provider-is-not-skipped",
                    test_a_failing_provider_is_not_skipped);
    g_test_add_func("/credentials/process/those-that-misbehave-are-refused-with-a-reason",
                    test_processes_that_misbehave_are_refused_with_a_reason);
    g_test_add_func("/credentials/process/a-hanging-one-is-ended", test_a_hanging_process_is_ended);
    g_test_add_func("/credentials/process/a-hanging-one-can-be-cancelled",
                    test_a_hanging_process_can_be_cancelled);
    g_test_add_func("/credentials/role/is-asked-for-as-its-profile-says",
                    test_a_role_is_asked_for_as_its_profile_says);
    g_test_add_func("/credentials/web-identity/is-sent-unsigned",
                    test_web_identity_is_sent_unsigned);
    g_test_add_func("/credentials/container/its-token-is-sent-and-read-anew",
                    test_the_token_of_a_container_is_sent_and_read_anew);
    g_test_add_func("/credentials/sso/settings-and-tokens-are-checked",
                    test_sign_on_settings_and_tokens_are_checked);
    g_test_add_func("/credentials/sso/an-old-token-is-renewed-and-kept",
                    test_an_old_sign_on_token_is_renewed_and_kept);
    g_test_add_func("/credentials/instance/is-asked-with-tokens",
                    test_instances_are_asked_with_tokens);
    g_test_add_func("/credentials/instance/passes-no-proxy", test_metadata_passes_no_proxy);
    g_test_add_func("/region/is-found-in-order", test_regions_are_found_in_order);
}

int main(int argc, char **argv)
{
    return aws_stub_main(argc, argv, add_tests);
}
