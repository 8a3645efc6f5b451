#include <string.h>

#include "aws/sts.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/profile_words.h"

enum { OID_TEXT = 1043 };

/* One line of the test: what was asked, of whom, and the answer. */
typedef struct {
    CliContext *cli;
    Session *session;
    Output *output;
    GError *failure; /* the first */
} Preflight;

static gboolean report(Preflight *preflight, const char *what, char *answer, GError *failure,
                       GError **error)
{
    const char *const values[] = {what, failure == NULL ? "ok" : "failed",
                                  failure == NULL ? answer : failure->message};
    gboolean printed = output_strings(preflight->output, values, error);
    g_free(answer);
    if (failure != NULL && preflight->failure == NULL)
        preflight->failure = failure;
    else
        g_clear_error(&failure);
    return printed;
}

static char *test_login(Preflight *preflight, GError **error)
{
    preflight->session =
        workbench_open_session(preflight->cli->workbench, preflight->cli->cancellable, error);
    if (preflight->session == NULL)
        return NULL;
    const SessionInfo *info = session_info(preflight->session);
    return g_strdup_printf("%s at %s:%d/%s, %s, %s", info->user, info->host, info->port,
                           info->database, info->transport, info->tls ? "TLS" : "no TLS");
}

static char *need_session(Preflight *preflight, GError **error)
{
    if (preflight->session != NULL)
        return (char *)"";
    g_set_error(error, RS_ERROR, RS_ERROR_CONNECT, "not asked: there is no session");
    return NULL;
}

static char *test_version(Preflight *preflight, GError **error)
{
    if (need_session(preflight, error) == NULL)
        return NULL;
    const char *version = session_info(preflight->session)->server_version;
    return g_strdup(version != NULL ? version : "unknown");
}

static char *test_catalog(Preflight *preflight, GError **error)
{
    if (need_session(preflight, error) == NULL)
        return NULL;
    g_autoptr(GPtrArray) schemas =
        catalog_load_schemas(preflight->session, preflight->cli->cancellable, error);
    return schemas == NULL ? NULL : g_strdup_printf("%u schemas", schemas->len);
}

static char *test_role(Preflight *preflight, GError **error)
{
    const Profile *profile = workbench_profile(preflight->cli->workbench);
    if (profile->aws_iam_role != NULL)
        return g_strdup(profile->aws_iam_role);
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                "aws_iam_role is not set: Redshift cannot read or write S3");
    return NULL;
}

static char *time_to(gint64 expires_at)
{
    gint64 left = expires_at - g_get_real_time() / G_USEC_PER_SEC;
    g_autofree char *text = text_duration((guint64)MAX(left, 0) * 1000);
    return expires_at == 0 ? g_strdup("they do not expire")
                           : g_strdup_printf("they expire in %s", text);
}

/* Who gave the keys that sign requests; never the keys themselves. */
static char *test_credentials(Preflight *preflight, GError **error)
{
    CliContext *cli = preflight->cli;
    g_autoptr(Credentials) credentials =
        credentials_source_get(workbench_credentials(cli->workbench), cli->cancellable, error);
    if (credentials == NULL)
        return NULL;
    g_autofree char *end = time_to(credentials->expires_at);
    const char *origin = credentials->origin;
    return g_strdup_printf("from the %s%s%s%s, key id %s; %s", credentials->provider,
                           origin != NULL ? " (" : "", origin != NULL ? origin : "",
                           origin != NULL ? ")" : "", credentials->access_key_id, end);
}

static char *test_identity(Preflight *preflight, GError **error)
{
    CliContext *cli = preflight->cli;
    g_auto(StsIdentity) identity = {0};
    g_autofree char *region = workbench_region(cli->workbench);
    g_autoptr(StsClient) sts = sts_client_new(workbench_profile(cli->workbench)->endpoint_url,
                                              region, workbench_credentials(cli->workbench));
    if (!sts_get_caller_identity(sts, &identity, cli->cancellable, error))
        return NULL;
    return g_steal_pointer(&identity.arn);
}

/* Writes, reads and removes one small object: what every job does with its stage. */
static char *test_tempdir(Preflight *preflight, GError **error)
{
    CliContext *cli = preflight->cli;
    const Profile *profile = workbench_profile(cli->workbench);
    if (profile->tempdir == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "tempdir is not set: jobs have no stage");
        return NULL;
    }
    g_autofree char *bucket = NULL, *prefix = NULL;
    S3Client *s3 = workbench_s3(cli->workbench, error);
    if (s3 == NULL || !s3_parse_url(profile->tempdir, &bucket, &prefix, error))
        return NULL;
    g_autofree char *name = g_strdup_printf("redsmith-test-%08x", g_random_int());
    g_autofree char *key =
        *prefix == '\0' ? g_strdup(name)
                        : g_strconcat(prefix, g_str_has_suffix(prefix, "/") ? "" : "/", name, NULL);
    g_autoptr(GBytes) body = g_bytes_new_static("redsmith\n", 9);
    if (!s3_put(s3, bucket, key, body, cli->cancellable, error))
        return NULL;
    g_autoptr(GBytes) back = s3_get(s3, bucket, key, 0, 0, cli->cancellable, error);
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    g_ptr_array_add(keys, key);
    gboolean removed = s3_delete(s3, bucket, keys, cli->cancellable, back != NULL ? error : NULL);
    if (back == NULL || !removed)
        return NULL;
    if (!g_bytes_equal(body, back)) {
        g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "%s/%s came back changed", bucket, key);
        return NULL;
    }
    return g_strdup_printf("%s: written, read and removed one object", profile->tempdir);
}

static gboolean run_tests(Preflight *preflight, GError **error)
{
    static const struct {
        const char *what;
        char *(*test)(Preflight *preflight, GError **error);
    } tests[] = {{"log in", test_login},
                 {"server", test_version},
                 {"read the catalog", test_catalog},
                 {"AWS credentials", test_credentials},
                 {"AWS identity", test_identity},
                 {"IAM role", test_role},
                 {"tempdir", test_tempdir}};
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
        GError *failure = NULL;
        char *answer = tests[i].test(preflight, &failure);
        if (!report(preflight, tests[i].what, answer, failure, error))
            return FALSE;
    }
    return output_end(preflight->output, error);
}

gboolean profile_test(CliContext *cli, const char *name, GError **error)
{
    static const ResultColumn columns[] = {{(char *)"check", OID_TEXT, -1},
                                           {(char *)"state", OID_TEXT, -1},
                                           {(char *)"answer", OID_TEXT, -1}};
    if (!cli_use_profile(cli, name, error))
        return FALSE;
    g_autoptr(Output) output = cli_output_new(cli, cli->globals.json ? OUTPUT_JSON : OUTPUT_TABLE,
                                              columns, G_N_ELEMENTS(columns), TRUE);
    Preflight preflight = {.cli = cli, .output = output};
    gboolean printed = run_tests(&preflight, error);
    session_free(preflight.session);
    if (printed && preflight.failure != NULL)
        g_propagate_error(error, g_steal_pointer(&preflight.failure));
    else if (printed)
        return TRUE;
    g_clear_error(&preflight.failure);
    return FALSE;
}
