#include "tests/unit/aws-stub.h"

#include <glib/gstdio.h>
#include <string.h>

#include "aws/sigv4_verify.h"

#define HOME_MARK "redsmith-home-"

static gint64 stub_now(gpointer user)
{
    AwsStub *stub = user;
    return STUB_NOW + g_atomic_int_get(&stub->now);
}

static double stub_random(gpointer user)
{
    return 0.5;
}

static void stub_sleep(gpointer user, guint ms, GCancellable *cancellable)
{
    AwsStub *stub = user;
    g_atomic_int_inc(&stub->slept);
}

static char *end_of_life(AwsStub *stub)
{
    g_autoptr(GDateTime) time =
        g_date_time_new_from_unix_utc(stub_now(stub) + g_atomic_int_get(&stub->life));
    return g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ");
}

/* The decoded value of a form's field. */
static char *field(const char *form, const char *name)
{
    return sigv4_query_value(form, name);
}

static StubAnswer refused(int status)
{
    char *body = g_strdup("<ErrorResponse><Error><Code>AccessDenied</Code><Message>stub says no"
                          "</Message></Error></ErrorResponse>");
    return (StubAnswer){status, body, NULL};
}

static StubAnswer answer_sts(AwsStub *stub, const StubRequest *request)
{
    g_autofree char *action = field(request->body, "Action");
    g_autofree char *arn = field(request->body, "RoleArn");
    g_autofree char *end = end_of_life(stub);
    if (g_atomic_int_get(&stub->status) != 0 || arn == NULL)
        return refused(g_atomic_int_get(&stub->status) != 0 ? g_atomic_int_get(&stub->status)
                                                            : 400);
    const char *role = strrchr(arn, '/') != NULL ? strrchr(arn, '/') + 1 : arn;
    gboolean web = strcmp(action, "AssumeRoleWithWebIdentity") == 0;
    char *body = g_strdup_printf(
        "<%sResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><%sResult><Credentials>"
        "<AccessKeyId>%s-%s</AccessKeyId><SecretAccessKey>hush</SecretAccessKey><SessionToken>"
        "token-of-%s</SessionToken><Expiration>%s</Expiration></Credentials></%sResult>"
        "</%sResponse>",
        action, action, web ? "WEB" : "ROLE", role, role, end, action, action);
    return (StubAnswer){200, body, NULL};
}

static StubAnswer answer_sso(AwsStub *stub, const StubRequest *request)
{
    g_autofree char *token = http_stub_header(request, "x-amz-sso_bearer_token");
    gint64 ms = (stub_now(stub) + g_atomic_int_get(&stub->life)) * 1000;
    if (g_strcmp0(token, "good") != 0 && g_strcmp0(token, "renewed") != 0)
        return (StubAnswer){401, g_strdup("{\"message\":\"Session token not found or invalid\"}"),
                            "x-amzn-ErrorType: UnauthorizedException\r\n"};
    return (StubAnswer){200,
                        g_strdup_printf("{\"roleCredentials\":{\"accessKeyId\":\"SSO\","
                                        "\"secretAccessKey\":\"hush\",\"sessionToken\":\"t\","
                                        "\"expiration\":%" G_GINT64_FORMAT "}}",
                                        ms),
                        NULL};
}

static StubAnswer answer_oidc(AwsStub *stub, const StubRequest *request)
{
    gboolean good = strstr(request->body, "\"refreshToken\":\"refresh\"") != NULL;
    if (!good)
        return (StubAnswer){400, g_strdup("{\"error\":\"invalid_grant\"}"), NULL};
    return (StubAnswer){200,
                        g_strdup("{\"accessToken\":\"renewed\",\"expiresIn\":28800,"
                                 "\"refreshToken\":\"refresh2\",\"tokenType\":\"Bearer\"}"),
                        NULL};
}

static StubAnswer answer_document(AwsStub *stub, const char *key)
{
    g_autofree char *end = end_of_life(stub);
    int status = g_atomic_int_get(&stub->status);
    if (status != 0)
        return (StubAnswer){status, g_strdup("{\"code\":\"Denied\",\"message\":\"stub says no\"}"),
                            NULL};
    if (stub->body != NULL)
        return (StubAnswer){200, g_strdup(stub->body), NULL};
    return (StubAnswer){200,
                        g_strdup_printf("{\"Code\":\"Success\",\"AccessKeyId\":\"%s\","
                                        "\"SecretAccessKey\":\"hush\",\"Token\":\"t\","
                                        "\"Expiration\":\"%s\"}",
                                        key, end),
                        NULL};
}

static StubAnswer answer_instance(AwsStub *stub, const StubRequest *request)
{
    int token_status = g_atomic_int_get(&stub->token_status);
    if (strcmp(request->target, "/latest/api/token") == 0)
        return token_status != 0 ? (StubAnswer){token_status, NULL, NULL}
                                 : (StubAnswer){200, g_strdup("imds-token"), NULL};
    g_autofree char *token = http_stub_header(request, "X-aws-ec2-metadata-token");
    gboolean known = token_status != 0 ? token == NULL : g_strcmp0(token, "imds-token") == 0;
    if (!known || g_atomic_int_get(&stub->stale_tokens) > 0) {
        g_atomic_int_add(&stub->stale_tokens, -1);
        return (StubAnswer){401, NULL, NULL};
    }
    if (g_str_has_suffix(request->target, "/placement/region"))
        return (StubAnswer){200, g_strdup("eu-north-1\n"), NULL};
    if (!g_str_has_suffix(request->target, "security-credentials/"))
        return answer_document(stub, "IMDS");
    const char *roles = stub->roles != NULL ? stub->roles : "role-of-instance\n";
    return *roles != '\0' ? (StubAnswer){200, g_strdup(roles), NULL}
                          : (StubAnswer){404, NULL, NULL};
}

static StubAnswer answer(gpointer user, const StubRequest *request)
{
    AwsStub *stub = user;
    if (g_str_has_prefix(request->target, "/latest/"))
        return answer_instance(stub, request);
    if (g_str_has_prefix(request->target, "/federation/"))
        return answer_sso(stub, request);
    if (strcmp(request->target, "/token") == 0)
        return answer_oidc(stub, request);
    if (g_str_has_prefix(request->target, "/box")) {
        g_mutex_lock(&stub->gate);
        g_mutex_unlock(&stub->gate);
        return answer_document(stub, "BOX");
    }
    return answer_sts(stub, request);
}

void aws_stub_start(AwsStub *stub)
{
    memset(stub, 0, sizeof *stub);
    g_mutex_init(&stub->gate);
    stub->hooks = (AwsHooks){stub_now, stub_random, stub_sleep, stub};
    stub->life = 3600;
    stub->dir = g_strdup(g_get_home_dir());
    g_assert_nonnull(strstr(stub->dir, HOME_MARK)); /* it will be emptied */
    stub->http = http_stub_start(answer, stub);
    aws_stub_files(stub, NULL, NULL);
}

static void remove_below(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        remove_below(child);
        g_remove(child);
    }
}

int aws_stub_main(int argc, char **argv, void (*add_tests)(void))
{
    g_autofree char *home = g_dir_make_tmp(HOME_MARK "XXXXXX", NULL);
    g_setenv("HOME", home, TRUE);
    g_test_init(&argc, &argv, NULL);
    add_tests();
    int status = g_test_run();
    g_rmdir(home);
    return status;
}

void aws_stub_stop(AwsStub *stub)
{
    http_stub_stop(stub->http);
    remove_below(stub->dir);
    g_mutex_clear(&stub->gate);
    g_free(stub->dir);
}

static char *expanded(AwsStub *stub, const char *text)
{
    GString *out = g_string_new(text);
    g_string_replace(out, "@DIR@", stub->dir, 0);
    g_string_replace(out, "@URL@", http_stub_url(stub->http), 0);
    return g_string_free(out, FALSE);
}

void aws_stub_write(AwsStub *stub, const char *name, const char *content)
{
    g_autofree char *path = g_build_filename(stub->dir, name, NULL);
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *text = expanded(stub, content);
    g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

char *aws_stub_read(AwsStub *stub, const char *name)
{
    g_autofree char *path = g_build_filename(stub->dir, name, NULL);
    char *content = NULL;
    g_assert_true(g_file_get_contents(path, &content, NULL, NULL));
    return content;
}

void aws_stub_setenv(AwsStub *stub, const char *name, const char *value)
{
    g_autofree char *text = expanded(stub, value);
    g_setenv(name, text, TRUE);
}

void aws_stub_files(AwsStub *stub, const char *config, const char *credentials)
{
    g_auto(GStrv) names = g_listenv();
    for (char **name = names; *name != NULL; name++)
        if (g_str_has_prefix(*name, "AWS_"))
            g_unsetenv(*name);
    remove_below(stub->dir);
    if (config != NULL)
        aws_stub_write(stub, ".aws/config", config);
    if (credentials != NULL)
        aws_stub_write(stub, ".aws/credentials", credentials);
    aws_stub_setenv(stub, "AWS_ENDPOINT_URL", "@URL@");
    aws_stub_setenv(stub, "AWS_EC2_METADATA_DISABLED", "true");
    aws_stub_setenv(stub, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "@URL@");
}

CredentialsSettings aws_stub_settings(AwsStub *stub)
{
    return (CredentialsSettings){.hooks = &stub->hooks,
                                 .process_limit_ms = 10 * 1000,
                                 .container_endpoint = http_stub_url(stub->http)};
}

char *aws_stub_token_name(const char *named)
{
    g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA1, named, -1);
    return g_strdup_printf(".aws/sso/cache/%s.json", sum);
}
