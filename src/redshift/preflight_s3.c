#include <string.h>

#include "aws/query_call.h"
#include "aws/sts.h"
#include "base/error.h"
#include "base/text.h"
#include "redshift/preflight_private.h"
#include "sql/unload.h"

enum { LISTED_MAX = 20 };

/* --- who signs ---------------------------------------------------------------------------------- */

static char *time_to(gint64 expires_at)
{
    gint64 left = expires_at - g_get_real_time() / G_USEC_PER_SEC;
    g_autofree char *text = text_duration((guint64)MAX(left, 0) * 1000);
    return expires_at == 0 ? g_strdup("they do not expire")
                           : g_strdup_printf("they expire in %s", text);
}

/* Who gave the keys that sign requests; never the keys themselves. */
char *preflight_credentials(PreflightRun *run, PreflightLine *line, GCancellable *cancellable,
                            GError **error)
{
    CredentialsSource *source = run->context->login->credentials;
    line->of = g_strdup("the providers of AWS credentials");
    if (source == NULL)
        return preflight_note(line, PREFLIGHT_SKIPPED, NULL, "nothing is signed here");
    g_autoptr(GError) failure = NULL;
    g_autoptr(Credentials) credentials = credentials_source_get(source, cancellable, &failure);
    if (credentials == NULL) {
        /* What is set wrong somewhere is mended there. */
        gboolean set_wrong = g_error_matches(failure, RS_ERROR, RS_ERROR_CONFIG);
        g_set_error(error, failure->domain, failure->code, "%s%s", failure->message,
                    set_wrong ? "\nmend what is named there" : "");
        return NULL;
    }
    run->can_sign = TRUE;
    g_autofree char *end = time_to(credentials->expires_at);
    const char *origin = credentials->origin;
    return g_strdup_printf("from the %s%s%s%s, key id %s; %s", credentials->provider,
                           origin != NULL ? " (" : "", origin != NULL ? origin : "",
                           origin != NULL ? ")" : "", credentials->access_key_id, end);
}

static char *skip_keys(PreflightLine *line)
{
    return preflight_note(line, PREFLIGHT_SKIPPED, NULL, "not asked: there are no AWS credentials");
}

char *preflight_aws_identity(PreflightRun *run, PreflightLine *line, GCancellable *cancellable,
                             GError **error)
{
    const LoginContext *login = run->context->login;
    line->of = g_strdup("STS");
    if (!run->can_sign)
        return skip_keys(line);
    g_auto(StsIdentity) identity = {0};
    g_autoptr(StsClient) sts =
        sts_client_new(run->profile->endpoint_url, login->region, login->credentials);
    if (!sts_get_caller_identity(sts, &identity, cancellable, error))
        return NULL;
    return g_steal_pointer(&identity.arn);
}

/* --- the stage ---------------------------------------------------------------------------------- */

static gboolean find_bucket(PreflightRun *run, GError **error)
{
    g_autofree char *prefix = NULL;
    if (run->bucket != NULL)
        return TRUE;
    if (!s3_parse_url(run->profile->tempdir, &run->bucket, &prefix, error))
        return FALSE;
    gboolean closed = *prefix == '\0' || g_str_has_suffix(prefix, "/");
    run->prefix = g_strconcat(prefix, closed ? "" : "/", NULL);
    return TRUE;
}

/* NULL when the line goes on, else the answer of one that does not. */
static char *skip_stage(PreflightRun *run, PreflightLine *line, GError **error)
{
    if (run->profile->tempdir == NULL)
        return preflight_note(line, PREFLIGHT_SKIPPED,
                              "set tempdir = s3://bucket/prefix to unload and to load",
                              "tempdir is not set: jobs have no stage");
    if (!run->can_sign)
        return skip_keys(line);
    find_bucket(run, error);
    return NULL;
}

static char *own_key(const PreflightRun *run, const char *end)
{
    return g_strdup_printf("%sredsmith-test-%08x%s", run->prefix, g_random_int(), end);
}

static gboolean remove_key(PreflightRun *run, const char *key, GCancellable *cancellable,
                           GError **error)
{
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    g_ptr_array_add(keys, (char *)key);
    return s3_delete(run->context->s3, run->bucket, keys, cancellable, error);
}

/* Writes, reads and removes one small object: what every job does with its stage. */
char *preflight_tempdir(PreflightRun *run, PreflightLine *line, GCancellable *cancellable,
                        GError **error)
{
    GError *bad = NULL;
    line->of = g_strdup("S3");
    line->as = g_strdup("the AWS identity");
    char *skipped = skip_stage(run, line, &bad);
    if (skipped != NULL)
        return skipped;
    if (bad != NULL) {
        g_propagate_error(error, bad);
        return NULL;
    }
    g_autofree char *key = own_key(run, "");
    g_autoptr(GBytes) body = g_bytes_new_static("redsmith\n", 9);
    S3Client *s3 = run->context->s3;
    if (!s3_put(s3, run->bucket, key, body, cancellable, error))
        return NULL;
    g_autoptr(GBytes) back = s3_get(s3, run->bucket, key, 0, 0, cancellable, error);
    gboolean removed = remove_key(run, key, NULL, back != NULL ? error : NULL);
    if (back == NULL || !removed)
        return NULL;
    if (!g_bytes_equal(body, back)) {
        g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT, "s3://%s/%s came back changed", run->bucket,
                    key);
        return NULL;
    }
    run->can_write = TRUE;
    return g_strdup_printf("%s: written, read and removed one object", run->profile->tempdir);
}

/* Reads the one row back and removes whatever the UNLOAD left, whether it went well or not. */
static gboolean take_back(PreflightRun *run, const char *prefix, gboolean *found,
                          GCancellable *cancellable, GError **error)
{
    S3Client *s3 = run->context->s3;
    g_autoptr(GPtrArray) objects =
        s3_list_all(s3, run->bucket, prefix, LISTED_MAX, cancellable, error);
    gboolean good = objects != NULL;
    for (guint i = 0; good && i < objects->len; i++) {
        const S3Object *object = objects->pdata[i];
        g_autoptr(GBytes) bytes = s3_get(s3, run->bucket, object->key, 0, 0, cancellable, error);
        gsize size = 0;
        const char *text = bytes == NULL ? NULL : g_bytes_get_data(bytes, &size);
        if (size > 0 && g_strstr_len(text, (gssize)size, "redsmith") != NULL)
            *found = TRUE;
        good = bytes != NULL;
    }
    for (guint i = 0; objects != NULL && i < objects->len; i++)
        if (!remove_key(run, ((S3Object *)objects->pdata[i])->key, NULL, good ? error : NULL))
            good = FALSE;
    return good;
}

static gboolean unload_row(PreflightRun *run, const char *prefix, GCancellable *cancellable,
                           GError **error)
{
    g_autofree char *url = g_strdup_printf("s3://%s/%s", run->bucket, prefix);
    gboolean other = run->profile->tempdir_region != NULL &&
                     g_strcmp0(run->profile->tempdir_region, run->profile->region) != 0;
    const SqlUnload unload = {.query = "SELECT 'redsmith' AS preflight",
                              .to = url,
                              .iam_role = run->profile->aws_iam_role,
                              .format = SQL_FORMAT_CSV,
                              .region = other ? run->profile->tempdir_region : NULL};
    g_autofree char *sql = sql_unload_text(&unload, error);
    return sql != NULL && session_run(run->session, sql, NULL, cancellable, error);
}

/* Redshift writes one row with its role; we read and remove it. */
char *preflight_role(PreflightRun *run, PreflightLine *line, GCancellable *cancellable,
                     GError **error)
{
    const char *role = run->profile->aws_iam_role;
    line->of = g_strdup("Redshift, by UNLOAD");
    line->as = g_strdup(role);
    if (role == NULL)
        return preflight_note(line, PREFLIGHT_SKIPPED,
                              "set aws_iam_role to a role that is attached to the cluster, or to "
                              "default",
                              "aws_iam_role is not set: Redshift cannot read or write S3");
    if (run->session == NULL || !run->can_write)
        return preflight_note(line, PREFLIGHT_SKIPPED, NULL, "not asked: it needs %s",
                              run->session == NULL ? "a session" : "tempdir");
    g_autofree char *prefix = own_key(run, "/");
    g_autoptr(GError) failure = NULL;
    gboolean found = FALSE;
    gboolean unloaded = unload_row(run, prefix, cancellable, &failure);
    gboolean taken = take_back(run, prefix, &found, NULL, unloaded ? &failure : NULL);
    if (unloaded && taken && !found)
        g_set_error(&failure, RS_ERROR, RS_ERROR_CORRUPT,
                    "UNLOAD succeeded, and its row is not in s3://%s/%s", run->bucket, prefix);
    if (failure == NULL)
        return g_strdup_printf("%s: one row unloaded, read back and removed", role);
    g_propagate_error(error, g_steal_pointer(&failure));
    return NULL;
}

/* --- the bucket --------------------------------------------------------------------------------- */

static gboolean about_bucket(PreflightRun *run, PreflightLine *line, char **answer)
{
    line->as = g_strdup("the AWS identity");
    *answer = skip_stage(run, line, NULL);
    if (*answer == NULL && run->bucket == NULL)
        *answer = preflight_note(line, PREFLIGHT_SKIPPED, NULL, "tempdir is no S3 URL");
    line->of = run->bucket == NULL ? g_strdup("S3") : g_strdup_printf("bucket %s", run->bucket);
    return *answer == NULL;
}

char *preflight_region(PreflightRun *run, PreflightLine *line, GCancellable *cancellable,
                       GError **error)
{
    char *answer;
    if (!about_bucket(run, line, &answer))
        return answer;
    run->bucket_region = s3_bucket_region(run->context->s3, run->bucket, cancellable, error);
    if (run->bucket_region == NULL)
        return NULL;
    const char *ours = run->context->login->region;
    if (g_strcmp0(run->bucket_region, ours) == 0)
        return g_strdup_printf("both are in %s", ours);
    return preflight_note(
        line, PREFLIGHT_WARNING,
        "use a bucket in the cluster's Region: crossing costs money and time, and "
        "Parquet cannot be loaded across; else set tempdir_region",
        "the bucket is in %s, the cluster in %s", run->bucket_region, ours);
}

/* A setting that we may not look at is no fault: said as it is. */
static char *setting(PreflightRun *run, PreflightLine *line, const char *name, gboolean *unknown,
                     char **answer, GCancellable *cancellable, GError **error)
{
    g_autoptr(GError) failure = NULL;
    char *xml = s3_bucket_setting(run->context->s3, run->bucket, name, cancellable, &failure);
    *unknown = failure != NULL;
    if (g_error_matches(failure, RS_ERROR, RS_ERROR_PERMISSION) ||
        g_error_matches(failure, RS_ERROR, RS_ERROR_UNSUPPORTED))
        *answer =
            preflight_note(line, PREFLIGHT_SKIPPED, NULL, "may not be asked: %s", failure->message);
    else if (failure != NULL)
        g_propagate_error(error, g_steal_pointer(&failure));
    return xml;
}

/* Does an enabled rule that expires objects cover the prefix? */
static gboolean covers(const QueryNode *rule, const char *prefix)
{
    const char *status = query_node_text(rule, "Status");
    const char *own = query_node_text(rule, "Filter/Prefix");
    if (own == NULL)
        own = query_node_text(rule, "Prefix");
    gboolean plain =
        query_node_find(rule, "Filter/Tag") == NULL && query_node_find(rule, "Filter/And") == NULL;
    return g_strcmp0(status, "Enabled") == 0 && query_node_find(rule, "Expiration") != NULL &&
           plain && (own == NULL || g_str_has_prefix(prefix, own));
}

static char *lifecycle_days(const QueryNode *root, const char *prefix)
{
    for (guint i = 0; root != NULL && i < query_node_children(root); i++) {
        const QueryNode *rule = query_node_child(root, i);
        if (strcmp(query_node_name(rule), "Rule") != 0 || !covers(rule, prefix))
            continue;
        const char *days = query_node_text(rule, "Expiration/Days");
        return g_strdup(days != NULL ? days : "some");
    }
    return NULL;
}

char *preflight_lifecycle(PreflightRun *run, PreflightLine *line, GCancellable *cancellable,
                          GError **error)
{
    char *answer;
    gboolean unknown;
    if (!about_bucket(run, line, &answer))
        return answer;
    g_autofree char *xml = setting(run, line, "lifecycle", &unknown, &answer, cancellable, error);
    if (unknown)
        return answer;
    g_autoptr(QueryNode) root = xml == NULL ? NULL : query_node_parse(xml, strlen(xml), NULL);
    g_autofree char *days = lifecycle_days(root, run->prefix);
    if (days != NULL)
        return g_strdup_printf("objects below %s expire after %s days", run->profile->tempdir,
                               days);
    return preflight_note(line, PREFLIGHT_WARNING,
                          "add a rule that expires the prefix after some days, and one that aborts "
                          "incomplete multipart uploads",
                          "no rule expires what is left below %s", run->profile->tempdir);
}

char *preflight_public(PreflightRun *run, PreflightLine *line, GCancellable *cancellable,
                       GError **error)
{
    static const char *const flags[] = {"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy",
                                        "RestrictPublicBuckets"};
    char *answer;
    gboolean unknown;
    if (!about_bucket(run, line, &answer))
        return answer;
    g_autofree char *xml =
        setting(run, line, "publicAccessBlock", &unknown, &answer, cancellable, error);
    if (unknown)
        return answer;
    g_autoptr(QueryNode) root = xml == NULL ? NULL : query_node_parse(xml, strlen(xml), NULL);
    guint set = 0;
    for (gsize i = 0; root != NULL && i < G_N_ELEMENTS(flags); i++)
        set += g_strcmp0(query_node_text(root, flags[i]), "true") == 0;
    if (set == G_N_ELEMENTS(flags))
        return g_strdup("all four ways are blocked");
    return preflight_note(line, PREFLIGHT_WARNING,
                          "block public access of the bucket, unless the account does",
                          "%u of %u ways are blocked", set, (guint)G_N_ELEMENTS(flags));
}

char *preflight_encryption(PreflightRun *run, PreflightLine *line, GCancellable *cancellable,
                           GError **error)
{
    static const char path[] = "Rule/ApplyServerSideEncryptionByDefault/SSEAlgorithm";
    char *answer;
    gboolean unknown;
    if (!about_bucket(run, line, &answer))
        return answer;
    g_autofree char *xml = setting(run, line, "encryption", &unknown, &answer, cancellable, error);
    if (unknown)
        return answer;
    g_autoptr(QueryNode) root = xml == NULL ? NULL : query_node_parse(xml, strlen(xml), NULL);
    const char *algorithm = root == NULL ? NULL : query_node_text(root, path);
    if (algorithm != NULL)
        return g_strdup_printf("new objects are encrypted: %s", algorithm);
    return preflight_note(line, PREFLIGHT_WARNING, "set a default encryption of the bucket",
                          "the bucket has no default encryption");
}
