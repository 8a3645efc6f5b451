/* The option sets of the Spark connector. */
#include <string.h>

#include "base/error.h"
#include "config/import_private.h"

#define IN_STATEMENT                                                                               \
    "keys are not put into statements: set aws_iam_role, the role that Redshift uses"
#define OF_UNLOAD "it belongs to a job, see redsmith unload --help"
#define OF_WRITE "it belongs to a job, see redsmith write --help"
#define OF_SPARK "about Spark's own types and plans"

/* README of the connector, "Parameters", and its session settings. */
static const ImportRow spark_options[] = {
    {.option = "user", .field = "user"},
    {.option = "password", .field = "password"},
    {.option = "secret.id", .field = "secret_arn"},
    {.option = "secret.region", .field = "region"},
    {.option = "secret.vpcEndpointUrl",
     .field = "endpoint_url",
     .reason = "endpoint_url is the address of all AWS services, S3 too"},
    {.option = "secret.vpcEndpointRegion", .is_refused = TRUE, .reason = "region is the Region"},
    {.option = "data_api_database", .field = "database"},
    {.option = "data_api_cluster", .field = "cluster_identifier"},
    {.option = "data_api_workgroup", .field = "workgroup_name"},
    {.option = "data_api_user", .field = "db_user"},
    {.option = "data_api_region", .field = "region"},
    {.option = "data_api_endpoint",
     .field = "endpoint_url",
     .reason = "endpoint_url is the address of all AWS services, S3 too"},
    {.option = "data_api_retry_delay_min", .reason = "see poll_interval"},
    {.option = "data_api_retry_delay_max", .reason = "see poll_interval"},
    {.option = "data_api_retry_delay_mult", .reason = "see poll_interval"},
    {.option = "tempdir", .field = "tempdir"},
    {.option = "tempdir_region", .field = "tempdir_region"},
    {.option = "aws_iam_role", .field = "aws_iam_role"},
    {.option = "temporary_aws_access_key_id", .field = "access_key_id", .reason = IN_STATEMENT},
    {.option = "temporary_aws_secret_access_key", .field = "secret_access_key"},
    {.option = "temporary_aws_session_token", .field = "session_token"},
    {.option = "forward_spark_s3_credentials", .reason = IN_STATEMENT, .is_refused = TRUE},
    {.option = "reject_unsecure_jdbc_connection", .field = "require_tls"},
    {.option = "redshift_s3_connection_iam_role_only", .field = "iam_role_only"},
    {.option = "label", .field = "query_group"},
    {.option = "sse_kms_key", .reason = OF_UNLOAD},
    {.option = "unload_s3_format", .reason = OF_UNLOAD},
    {.option = "extraunloadoptions", .reason = OF_UNLOAD},
    {.option = "csvnullstring", .reason = OF_UNLOAD},
    {.option = "tempformat", .reason = OF_WRITE},
    {.option = "diststyle", .reason = OF_WRITE},
    {.option = "distkey", .reason = OF_WRITE},
    {.option = "sortkeyspec", .reason = OF_WRITE},
    {.option = "include_column_list", .reason = OF_WRITE},
    {.option = "description", .reason = OF_WRITE},
    {.option = "preactions", .reason = OF_WRITE},
    {.option = "postactions", .reason = OF_WRITE},
    {.option = "extracopyoptions", .reason = OF_WRITE},
    {.option = "usestagingtable", .reason = "an overwrite is one transaction, always"},
    {.option = "copyretrycount", .reason = "only what can succeed is tried again"},
    {.option = "copydelay", .reason = "only what can succeed is tried again"},
    {.option = "dbtable", .reason = "it names what to read, see redsmith preview and unload"},
    {.option = "query", .reason = "it says what to read, see redsmith query and unload"},
    {.option = "jdbcdriver", .reason = "there is no driver to choose"},
    {.option = "check_s3_bucket_usage", .reason = "\"redsmith profile test\" checks the bucket"},
    {.option = "autopushdown", .reason = OF_SPARK},
    {.option = "autopushdown.s3_result_cache", .reason = OF_SPARK},
    {.option = "autopushdown.lazyMode", .reason = OF_SPARK},
    {.option = "overridenullable", .reason = OF_SPARK},
    {.option = "legacy_jdbc_real_type_mapping", .reason = OF_SPARK},
    {.option = "legacy_mapping_short_to_int", .reason = OF_SPARK},
    {.option = "legacy_trim_csv_writes", .reason = OF_SPARK},
    {.option = "legacy_timestamp_handling", .reason = OF_SPARK},
    {.option = "host_connector", .reason = "a tag of the connector's own query group"},
    {.option = "trace_id", .reason = "a tag of the connector's own query group"},
    {0},
};

/* --- what the connector refuses ------------------------------------------------------------------ */

/* Names that no option has: facts about several. */
#define URL_LOGIN "(login in url)"
#define DATA_API "(any data_api_)"
#define JDBC_OPTION "(any jdbc.)"
#define FORWARD "forward_spark_s3_credentials"
#define TEMPORARY "temporary_aws_access_key_id"

/* Refused where both are given, or `have` without `lacks`. */
static const struct {
    const char *have, *also, *lacks, *text;
} rules[] = {
    {"dbtable", "query", NULL, "dbtable and query are both given: give one of them"},
    {NULL, NULL, "url or data_api",
     "url is missing: give url, or data_api_cluster or "
     "data_api_workgroup with data_api_database"},
    {DATA_API, "url", NULL,
     "url is not compatible with data_api_* options: remove url, or all data_api_* options"},
    {"data_api_cluster", "data_api_workgroup", NULL,
     "data_api_cluster and data_api_workgroup are both given: keep the one that the server is"},
    {DATA_API, NULL, "data_api_database",
     "data_api_database is missing: the Data API needs it, also beside a secret"},
    {"data_api_workgroup", "data_api_user", NULL,
     "data_api_user is not for data_api_workgroup, whose user is the IAM identity: remove "
     "data_api_user"},
    {"data_api_user", "secret.id", NULL,
     "data_api_user and secret.id are both given, and each is a login: remove one of them"},
    {DATA_API, "user", NULL,
     "user is not compatible with data_api_* options: use data_api_user or secret.id"},
    {DATA_API, "password", NULL,
     "password is not compatible with data_api_* options: put it into a secret and use secret.id"},
    {DATA_API, "jdbcdriver", NULL,
     "jdbcdriver is not compatible with data_api_* options: remove jdbcdriver"},
    {DATA_API, JDBC_OPTION, NULL,
     "jdbc.* options are not compatible with data_api_* options: remove them"},
    {DATA_API, "secret.region", NULL,
     "secret.region is not compatible with data_api_* options: use data_api_region"},
    {DATA_API, "secret.vpcEndpointUrl", NULL,
     "secret.vpcEndpointUrl is not compatible with data_api_* options: remove it"},
    {DATA_API, "secret.vpcEndpointRegion", NULL,
     "secret.vpcEndpointRegion is not compatible with data_api_* options: remove it"},
    {"secret.id", URL_LOGIN, NULL,
     "secret.id is given and url holds a login: remove user and password from url"},
    {"secret.id", "user", NULL,
     "secret.id and user are both given, and each is a login: remove user and password, or "
     "secret.id"},
    {"secret.id", "password", NULL,
     "secret.id and password are both given, and each is a login: remove password, or secret.id"},
    {"user", URL_LOGIN, NULL,
     "user is given and url holds a login: keep the one in url, or the options user and password"},
    {"password", URL_LOGIN, NULL,
     "password is given and url holds a login: keep the one in url, or the options user and "
     "password"},
    {"password", NULL, "user", "password is given without user: add user"},
    {"aws_iam_role", FORWARD, NULL,
     "aws_iam_role and forward_spark_s3_credentials are mutually exclusive: keep aws_iam_role"},
    {"aws_iam_role", TEMPORARY, NULL,
     "aws_iam_role and temporary_aws_access_key_id are mutually exclusive: keep aws_iam_role"},
    {FORWARD, TEMPORARY, NULL,
     "forward_spark_s3_credentials and temporary_aws_access_key_id are mutually exclusive: use "
     "aws_iam_role instead of both"},
    {TEMPORARY, NULL, "temporary_aws_secret_access_key",
     "temporary_aws_access_key_id is given without temporary_aws_secret_access_key: a temporary "
     "key has an id, a secret and a token"},
    {TEMPORARY, NULL, "temporary_aws_session_token",
     "temporary_aws_access_key_id is given without temporary_aws_session_token: a temporary key "
     "has an id, a secret and a token"},
    {"temporary_aws_secret_access_key", NULL, TEMPORARY,
     "temporary_aws_secret_access_key is given without temporary_aws_access_key_id: a temporary "
     "key has an id, a secret and a token"},
    {"temporary_aws_session_token", NULL, TEMPORARY,
     "temporary_aws_session_token is given without temporary_aws_access_key_id: a temporary key "
     "has an id, a secret and a token"},
    {"redshift_s3_connection_iam_role_only", FORWARD, NULL,
     "redshift_s3_connection_iam_role_only allows aws_iam_role only: remove "
     "forward_spark_s3_credentials"},
    {"redshift_s3_connection_iam_role_only", TEMPORARY, NULL,
     "redshift_s3_connection_iam_role_only allows aws_iam_role only: remove the temporary_aws_* "
     "options"},
    {"redshift_s3_connection_iam_role_only", NULL, "aws_iam_role",
     "redshift_s3_connection_iam_role_only needs aws_iam_role: add the role's ARN"},
    {"reject_unsecure_jdbc_connection", "(TLS off)", NULL,
     "reject_unsecure_jdbc_connection forbids ssl = false: remove ssl from url and jdbc.ssl"},
    {"reject_unsecure_jdbc_connection", "(other driver)", NULL,
     "reject_unsecure_jdbc_connection allows the drivers of Amazon only: remove jdbcdriver, and "
     "begin url with jdbc:redshift://"},
};

/* A switch that is off is as good as not given. */
static gboolean is_given(const GPtrArray *pairs, const char *option)
{
    static const char *const switches[] = {FORWARD, "reject_unsecure_jdbc_connection",
                                           "redshift_s3_connection_iam_role_only", NULL};
    const char *value = import_pairs_find(pairs, option);
    return value != NULL && *value != '\0' &&
           (!g_strv_contains(switches, option) || import_is_true(value));
}

static gboolean has_prefix(const GPtrArray *pairs, const char *prefix)
{
    for (guint i = 0; i < pairs->len; i++) {
        const ImportPair *pair = pairs->pdata[i];
        if (g_ascii_strncasecmp(pair->key, prefix, strlen(prefix)) == 0 &&
            strlen(pair->key) > strlen(prefix))
            return TRUE;
    }
    return FALSE;
}

static char *lower_url(const GPtrArray *pairs)
{
    const char *url = import_pairs_find(pairs, "url");
    return g_ascii_strdown(url != NULL ? url : "", -1);
}

/* As the connector looks for them: anywhere in the parameters, in any case. */
static gboolean is_login_in_url(const GPtrArray *pairs)
{
    g_autofree char *url = lower_url(pairs);
    return strstr(url, "user=") != NULL || strstr(url, "password=") != NULL ||
           strstr(url, "uid=") != NULL || strstr(url, "pwd=") != NULL;
}

static gboolean is_tls_off(const GPtrArray *pairs)
{
    g_autofree char *url = lower_url(pairs);
    const char *option = import_pairs_find(pairs, "jdbc.ssl");
    return strstr(url, "?ssl=false") != NULL || strstr(url, "&ssl=false") != NULL ||
           strstr(url, ";ssl=false") != NULL || (option != NULL && !import_is_true(option));
}

static gboolean is_other_driver(const GPtrArray *pairs)
{
    g_autofree char *url = lower_url(pairs);
    const char *driver = import_pairs_find(pairs, "jdbcdriver");
    return g_str_has_prefix(url, "jdbc:postgresql") ||
           (driver != NULL && !g_str_has_prefix(driver, "com.amazon."));
}

/* Facts first, then options by their names. */
static gboolean holds(const GPtrArray *pairs, const char *name)
{
    if (strcmp(name, URL_LOGIN) == 0)
        return is_login_in_url(pairs);
    if (strcmp(name, DATA_API) == 0)
        return is_given(pairs, "data_api_database") || is_given(pairs, "data_api_cluster") ||
               is_given(pairs, "data_api_workgroup") || is_given(pairs, "data_api_user");
    if (strcmp(name, JDBC_OPTION) == 0)
        return has_prefix(pairs, "jdbc.");
    if (strcmp(name, "(TLS off)") == 0)
        return is_tls_off(pairs);
    if (strcmp(name, "(other driver)") == 0)
        return is_other_driver(pairs);
    if (strcmp(name, "url or data_api") == 0)
        return is_given(pairs, "url") || holds(pairs, DATA_API);
    return is_given(pairs, name);
}

static gboolean check_rules(const GPtrArray *pairs, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++)
        if ((rules[i].have == NULL || holds(pairs, rules[i].have)) &&
            (rules[i].also == NULL || holds(pairs, rules[i].also)) &&
            (rules[i].lacks == NULL || !holds(pairs, rules[i].lacks))) {
            g_set_error_literal(error, RS_ERROR, RS_ERROR_CONFIG, rules[i].text);
            return FALSE;
        }
    return TRUE;
}

static gboolean check_word(const GPtrArray *pairs, const char *option, const char *words,
                           GError **error)
{
    const char *value = import_pairs_find(pairs, option);
    g_auto(GStrv) list = g_strsplit(words, ", ", -1);
    for (char **word = list; value != NULL && *word != NULL; word++)
        if (g_ascii_strcasecmp(*word, value) == 0)
            return TRUE;
    if (value == NULL)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s is \"%s\"; expected %s", option, value,
                words);
    return FALSE;
}

/* Letters, digits, '_' and the like: what may stand in the connector's query group. */
static gboolean check_label(const GPtrArray *pairs, const char *option, GError **error)
{
    const char *value = import_pairs_find(pairs, option);
    for (; value != NULL && *value != '\0'; value = g_utf8_next_char(value)) {
        gunichar character = g_utf8_get_char(value);
        if (g_unichar_isalnum(character) || g_unichar_ismark(character) || character == '_')
            continue;
        char shown[7] = "";
        g_unichar_to_utf8(character, shown);
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                    "%s holds \"%s\"; expected letters, digits and underscores only", option,
                    shown);
        return FALSE;
    }
    return TRUE;
}

/* --- reading ------------------------------------------------------------------------------------- */

static gboolean take_option(Import *import, const ImportPair *pair, GError **error)
{
    if (g_ascii_strcasecmp(pair->key, "url") == 0)
        return import_jdbc_url(import, pair->value, error);
    if (g_ascii_strncasecmp(pair->key, "jdbc.", 5) == 0)
        return pair->key[5] == '\0' ||
               import_jdbc_option(import, pair->key + 5, pair->value, error);
    if (g_ascii_strcasecmp(pair->key, FORWARD) == 0 && !import_is_true(pair->value))
        return TRUE;
    return import_take(import, spark_options, pair->key, pair->value, error);
}

/* secret.id beside a URL that has a host: the secret gives the rest. */
static gboolean settle(Import *import, const GPtrArray *pairs, GError **error)
{
    if (holds(pairs, DATA_API) && !import_set(import, "transport", "data_api_*", "data-api", error))
        return FALSE;
    if (is_given(pairs, "secret.id") && !import_set(import, "auth", "secret.id", "secret", error))
        return FALSE;
    if (import->profile->tempdir == NULL)
        import_note(import, IMPORT_IGNORED, "tempdir",
                    "it is missing: jobs that go through S3 need one");
    return TRUE;
}

gboolean import_spark(Import *import, const GPtrArray *pairs, GError **error)
{
    if (!check_rules(pairs, error) || !check_label(pairs, "label", error) ||
        !check_label(pairs, "host_connector", error) ||
        !check_word(pairs, "tempformat", "AVRO, CSV, CSV GZIP, PARQUET", error) ||
        !check_word(pairs, "unload_s3_format", "PARQUET, TEXT", error))
        return FALSE;
    for (guint i = 0; i < pairs->len; i++)
        if (!take_option(import, pairs->pdata[i], error))
            return FALSE;
    return settle(import, pairs, error);
}

/* --- text ---------------------------------------------------------------------------------------- */

/* .option("key", value), "key" -> value, "key": value: in Scala, Python and what looks like them. */
#define KEY "[\"']([A-Za-z][\\w.]*)[\"']\\s*(?:,|->|=>|:)\\s*"
#define LITERAL "(?:\"((?:[^\"\\\\]|\\\\.)*)\"|'((?:[^'\\\\]|\\\\.)*)'|([^\\s,)}\\]]+))"

/* Group 1 is the key, 2 and 3 quoted values, 4 a bare word. */
static gboolean add_match(const GMatchInfo *match, GPtrArray *pairs, GError **error)
{
    g_autofree char *key = g_match_info_fetch(match, 1);
    int start = -1, end = -1;
    for (int group = 2; group <= 4 && start < 0; group++) {
        g_match_info_fetch_pos(match, group, &start, &end);
        gboolean is_bare = group == 4 && start >= 0;
        const char *text = g_match_info_get_string(match);
        if (is_bare && !g_ascii_isdigit(text[start]) && strncasecmp(text + start, "true", 4) != 0 &&
            strncasecmp(text + start, "false", 5) != 0) {
            g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                        "%s is not a literal: put its value in quotes in place of the expression",
                        key);
            return FALSE;
        }
        if (start >= 0)
            import_pairs_add(pairs, key, -1, text + start, end - start);
    }
    return TRUE;
}

static gboolean read_code(const char *text, GPtrArray *pairs, GError **error)
{
    g_autoptr(GRegex) pattern = g_regex_new(KEY LITERAL, G_REGEX_OPTIMIZE, 0, error);
    g_autoptr(GMatchInfo) match = NULL;
    g_autoptr(GError) failure = NULL;
    if (pattern == NULL)
        return FALSE;
    g_regex_match_full(pattern, text, -1, 0, 0, &match, &failure);
    while (failure == NULL && g_match_info_matches(match)) {
        if (!add_match(match, pairs, error))
            return FALSE;
        g_match_info_next(match, &failure);
    }
    if (failure == NULL)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "cannot read the options: %s", failure->message);
    return FALSE;
}

/* spark.datasource.redshift.community.X and --conf X are X. */
static const char *plain_key(const char *key)
{
    static const char *const prefixes[] = {"--conf", "spark.datasource.redshift.community.",
                                           "spark.datasource.redshift.", NULL};
    for (gsize i = 0; prefixes[i] != NULL; i++)
        if (g_str_has_prefix(key, prefixes[i])) {
            key += strlen(prefixes[i]);
            key += strspn(key, " \t\"'");
        }
    return key;
}

static void add_line(const char *line, GPtrArray *pairs)
{
    const char *key = plain_key(line + strspn(line, " \t"));
    gsize length = strcspn(key, "=: \t");
    const char *value = key + length + strspn(key + length, " \t");
    if (*value == '=' || *value == ':')
        value++;
    value += strspn(value, " \t");
    gsize end = strlen(value);
    while (end > 0 && (g_ascii_isspace(value[end - 1]) || value[end - 1] == ','))
        end--;
    if (end >= 2 && (*value == '"' || *value == '\'') && value[end - 1] == *value) {
        value++;
        end -= 2;
    }
    if (length > 0 && *key != '#')
        import_pairs_add(pairs, key, (gssize)length, value, (gssize)end);
}

static gboolean is_code(const char *text)
{
    return strstr(text, "option") != NULL ? strchr(text, '(') != NULL : strstr(text, "->") != NULL;
}

gboolean import_spark_text(const char *text, GPtrArray *pairs, GError **error)
{
    if (is_code(text) && !read_code(text, pairs, error))
        return FALSE;
    const char *line = is_code(text) ? "" : text;
    while (*line != '\0') {
        gsize length = strcspn(line, "\n");
        char *copy = g_strndup(line, length);
        add_line(copy, pairs);
        explicit_bzero(copy, length);
        g_free(copy);
        line += length + (line[length] != '\0');
    }
    static const char *const known[] = {"url", "tempdir", "user", "secret.id", "aws_iam_role"};
    gboolean is_known = has_prefix(pairs, "data_api_");
    for (gsize i = 0; i < G_N_ELEMENTS(known) && !is_known; i++)
        is_known = import_pairs_find(pairs, known[i]) != NULL;
    if (is_known)
        return TRUE;
    g_set_error(
        error, RS_ERROR, RS_ERROR_CONFIG,
        "this is nothing that can be imported; expected a JDBC URL, a postgresql:// URI, a "
        "connection string or group of pg_service.conf, PG* variables, options of the Spark "
        "connector, or the JSON of the Data API connector");
    return FALSE;
}
