#include <string.h>

#include "base/error.h"
#include "config/import.h"

#define ROLE "arn:aws:iam::123456789012:role/r"
#define SPARK "url = jdbc:redshift://h:5439/dev\ntempdir = s3://b/t\naws_iam_role = " ROLE "\n"
#define SPARK_API "data_api_database = dev\ndata_api_cluster = c\ntempdir = s3://b/t\n"

static const struct {
    const char *text;
    const char *profile; /* profile_describe's lines that were not there before */
    const char *notes;   /* "fate option" of each note, in order, with commas */
} sources[] = {
    {"jdbc:redshift://h.example:5440/sales?user=ana&password=p%26q", /* UID and PWD are the same */
     "host = h.example\nport = 5440\ndatabase = sales\nuser = ana\npassword = (set)\n", ""},
    {"jdbc:redshift://h/dev;UID=ana;PWD=x;ssl=true;sslMode=verify-ca;LogLevel=1",
     "host = h\ndatabase = dev\nuser = ana\npassword = (set)\nsslmode = verify-ca\n",
     "changed ssl,ignored LogLevel"},
    {"jdbc:redshift://h/dev?ssl=false&frob=1", "host = h\ndatabase = dev\nsslmode = disable\n",
     "changed ssl,ignored frob"},
    {"jdbc:redshift:iam://mycluster:us-west-2/dev?DbUser=ana&AutoCreate=true&DbGroups=a:b"
     "&Profile=work",
     "database = dev\ncluster_identifier = mycluster\nregion = us-west-2\nauth = iam\n"
     "db_user = ana\ndb_groups = a, b\nauto_create = true\naws_profile = work\n",
     ""},
    {"jdbc:redshift:iam://one.abc123.eu-west-1.redshift.amazonaws.com:5439/dev",
     "host = one.abc123.eu-west-1.redshift.amazonaws.com\nport = 5439\ndatabase = dev\n"
     "cluster_identifier = one\nregion = eu-west-1\nauth = iam\n",
     ""},
    {"jdbc:redshift:iam://wg.123456789012.us-east-2.redshift-serverless.amazonaws.com:5439/dev",
     "host = wg.123456789012.us-east-2.redshift-serverless.amazonaws.com\nport = 5439\n"
     "database = dev\nworkgroup_name = wg\nregion = us-east-2\nauth = serverless\n",
     ""},
    {"jdbc:redshift:iam://h.example:5439/dev?ClusterID=c&Region=eu-west-1&plugin_name=x.Browser",
     "host = h.example\nport = 5439\ndatabase = dev\ncluster_identifier = c\nregion = eu-west-1\n"
     "auth = iam\n",
     "refused plugin_name"},
    {"jdbc:postgresql://h:5439/dev?user=ana&sslfactory=org.postgresql.ssl.NonValidatingFactory",
     "host = h\nport = 5439\ndatabase = dev\nuser = ana\nsslmode = require\n",
     "changed sslfactory"},
    {"postgresql://ana:s%40x@h:5439/dev?sslmode=require&connect_timeout=10&application_name=x",
     "host = h\nport = 5439\ndatabase = dev\nuser = ana\npassword = (set)\nsslmode = require\n"
     "connect_timeout = 10s\n",
     "ignored application_name"},
    {"postgres://[::1]/", "host = ::1\n", ""},
    {"redshift+psycopg2://ana@h/dev", "host = h\ndatabase = dev\nuser = ana\n", ""},
    {"host=h port=5439 dbname='my db' user=ana password='it\\'s'",
     "host = h\nport = 5439\ndatabase = my db\nuser = ana\npassword = (set)\n", ""},
    {"[analytics]\nhost=h\ndbname=dev\nuser=ana\noptions=-c a=b\n",
     "host = h\ndatabase = dev\nuser = ana\n", "refused options"},
    {"export PGHOST=h\nexport PGUSER='ana'\nPGPASSWORD=\"x y\"\nPGSSLMODE=require\nPGTZ=UTC\n",
     "host = h\nuser = ana\npassword = (set)\nsslmode = require\n", "ignored PGTZ"},
    {SPARK "user = ana\npassword = x\ntempformat = CSV GZIP\ntempdri = s3://x\n",
     "host = h\nport = 5439\ndatabase = dev\nuser = ana\npassword = (set)\ntempdir = s3://b/t\n"
     "aws_iam_role = " ROLE "\n",
     "ignored tempformat,ignored tempdri"},
    {"df.write.format(\"io.github.spark_redshift_community.spark.redshift\")\n"
     "  .option(\"url\", \"jdbc:redshift://h:5439/dev?user=ana&password=x\")\n"
     "  .option('tempdir', 's3n://b/t') .option(\"forward_spark_s3_credentials\", true)\n"
     "  .option(\"dbtable\", \"t\").mode(\"append\").save()",
     "host = h\nport = 5439\ndatabase = dev\nuser = ana\npassword = (set)\ntempdir = s3://b/t\n",
     "refused forward_spark_s3_credentials,ignored dbtable"},
    {"Map(\"url\" -> \"jdbc:redshift:iam://c:eu-west-1/dev\", \"tempdir\" -> \"s3a://b/t\")",
     "database = dev\ncluster_identifier = c\nregion = eu-west-1\nauth = iam\n"
     "tempdir = s3://b/t\n",
     ""},
    {"{\"url\":\"jdbc:redshift://h/dev\",\"secret.id\":\"s\",\"secret.region\":\"eu-west-1\","
     "\"tempdir\":\"s3://b/t\",\"tempdir_region\":\"us-west-2\"}",
     "host = h\ndatabase = dev\nregion = eu-west-1\nauth = secret\nsecret_arn = s\n"
     "tempdir = s3://b/t\ntempdir_region = us-west-2\n",
     ""},
    {SPARK_API "data_api_user = ana\ndata_api_region = eu-west-1\nlabel = nightly\n",
     "database = dev\ntransport = data-api\ncluster_identifier = c\nregion = eu-west-1\n"
     "db_user = ana\ntempdir = s3://b/t\nquery_group = nightly\n",
     ""},
    {"spark.datasource.redshift.community.url jdbc:redshift://h/dev?user=u\n"
     "--conf spark.datasource.redshift.community.reject_unsecure_jdbc_connection=true\n"
     "spark.datasource.redshift.community.tempdir s3://b/t\n",
     "host = h\ndatabase = dev\nuser = u\nrequire_tls = true\ntempdir = s3://b/t\n", ""},
    {SPARK_API "temporary_aws_access_key_id = A\ntemporary_aws_secret_access_key = b\n"
               "temporary_aws_session_token = c\n",
     "database = dev\ntransport = data-api\ncluster_identifier = c\naccess_key_id = A\n"
     "secret_access_key = (set)\nsession_token = (set)\ntempdir = s3://b/t\n",
     "changed temporary_aws_access_key_id"},
    {"{\"region\":\"eu-west-1\",\"database\":\"dev\",\"workgroup_name\":\"wg\","
     "\"schema_filter\":\"public, sales\",\"poll_interval\":\"2\",\"max_poll_attempts\":300,"
     "\"limit\":5}",
     "database = dev\ntransport = data-api\nworkgroup_name = wg\nregion = eu-west-1\n"
     "schema_filter = public, sales\npoll_interval = 2s\nmax_poll_attempts = 300\n",
     "ignored limit"},
    {"{\"region\":\"eu-west-1\",\"database\":\"dev\",\"cluster_identifier\":\"c\","
     "\"access_key_id\":\"A\",\"secret_access_key\":\"b\",\"session_token\":\"c\"}",
     "database = dev\ntransport = data-api\ncluster_identifier = c\nregion = eu-west-1\n"
     "access_key_id = A\nsecret_access_key = (set)\nsession_token = (set)\n",
     ""},
};

/* The given fields only: a profile with nothing given shows some, too. */
static char *given_text(const Profile *profile)
{
    GString *out = g_string_new(NULL);
    for (const FieldRow *row = profile_fields(); row->name != NULL; row++) {
        g_autofree char *text = field_text(row, profile);
        if (!field_is_unset(row, profile))
            g_string_append_printf(out, "%s = %s\n", row->name, text);
    }
    return g_string_free(out, FALSE);
}

static char *notes_text(const Import *import)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < import->notes->len; i++) {
        const ImportNote *note = import->notes->pdata[i];
        g_assert_cmpuint(strlen(note->reason), >, 5);
        g_string_append_printf(out, "%s%s %s", i > 0 ? "," : "", import_fate_name(note->fate),
                               note->option);
    }
    return g_string_free(out, FALSE);
}

static void test_every_source_becomes_a_profile(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(sources); i++) {
        g_autoptr(GError) error = NULL;
        g_test_message("%s", sources[i].text);
        g_autoptr(Import) import = import_parse("p", sources[i].text, &error);
        g_assert_no_error(error);
        g_autofree char *profile = given_text(import->profile);
        g_autofree char *notes = notes_text(import);
        g_assert_cmpstr(profile, ==, sources[i].profile);
        g_assert_cmpstr(notes, ==, sources[i].notes);
        g_assert_cmpstr(import->profile->name, ==, "p");
    }
}

/* What the other systems refuse, and what the text must say of it. */
static const struct {
    const char *text, *expected;
} refusals[] = {
    {"", "nothing that can be imported"},
    {"hello world", "nothing that can be imported"},
    {"jdbc:mysql://h/d", "protocol \"jdbc:mysql:\" is not supported"},
    {"jdbc:redshift://h:port/d", "port is \"port\"; expected 1 to 65535"},
    {"jdbc:redshift://h/d?sslMode=maybe", "sslMode is \"maybe\"; expected disable"},
    {"jdbc:redshift://h/d?user=%zz", "broken %-escape"},
    {"postgresql://a,b/d", "several hosts"},
    {"postgresql://%2Ftmp/d", "expected a host name"},
    {"host=/tmp user=x", "Unix socket"},
    {"host='x", "keyword=value"},
    {"tempdir = s3://b\naws_iam_role = " ROLE, "url is missing"},
    {SPARK "data_api_database = d\ndata_api_cluster = c", "url is not compatible with data_api_*"},
    {SPARK_API "data_api_workgroup = w", "data_api_cluster and data_api_workgroup"},
    {"data_api_workgroup = w\ndata_api_database = d\ndata_api_user = u", "not for data_api_work"},
    {SPARK_API "data_api_user = u\nsecret.id = s", "data_api_user and secret.id"},
    {"data_api_cluster = c\ntempdir = s3://b", "data_api_database is missing"},
    {SPARK_API "user = u", "user is not compatible"},
    {SPARK_API "password = x", "password is not compatible"},
    {SPARK_API "jdbcdriver = x", "jdbcdriver is not compatible"},
    {SPARK_API "jdbc.ssl = true", "jdbc.* options are not compatible"},
    {SPARK_API "secret.id = s\nsecret.region = r", "use data_api_region"},
    {SPARK_API "secret.id = s\nsecret.vpcEndpointUrl = x", "secret.vpcEndpointUrl is not"},
    {SPARK_API "secret.id = s\nsecret.vpcEndpointRegion = x", "secret.vpcEndpointRegion is not"},
    {"url = jdbc:redshift://h/d?user=u\nsecret.id = s", "remove user and password from url"},
    {SPARK "secret.id = s\nuser = u", "remove user and password, or secret.id"},
    {SPARK "secret.id = s\npassword = x", "remove password, or secret.id"},
    {"url = jdbc:redshift://h/d?user=u&password=x\nuser = u", "keep the one in url"},
    {"url = jdbc:redshift://h/d?PASSWORD=x\npassword = y", "keep the one in url"},
    {SPARK "password = x", "add user"},
    {SPARK "forward_spark_s3_credentials = true", "mutually exclusive: keep aws_iam_role"},
    {SPARK "temporary_aws_access_key_id = A", "aws_iam_role and temporary_aws_access_key_id"},
    {SPARK_API "temporary_aws_access_key_id = A\nforward_spark_s3_credentials = true",
     "use aws_iam_role instead of both"},
    {SPARK_API "temporary_aws_access_key_id = A\ntemporary_aws_session_token = t",
     "without temporary_aws_secret_access_key"},
    {SPARK_API "temporary_aws_access_key_id = A\ntemporary_aws_secret_access_key = s",
     "without temporary_aws_session_token"},
    {SPARK_API "temporary_aws_secret_access_key = s", "without temporary_aws_access_key_id"},
    {SPARK_API "temporary_aws_session_token = s", "without temporary_aws_access_key_id"},
    {SPARK_API "redshift_s3_connection_iam_role_only = true\nforward_spark_s3_credentials = true",
     "remove forward_spark_s3_credentials"},
    {SPARK_API "redshift_s3_connection_iam_role_only = true", "add the role's ARN"},
    {SPARK "reject_unsecure_jdbc_connection = true\njdbc.ssl = false", "forbids ssl = false"},
    {"url = jdbc:redshift://h/d?user=u&SSL=false\nreject_unsecure_jdbc_connection = true",
     "forbids ssl = false"},
    {"url = jdbc:postgresql://h/d?user=u\nreject_unsecure_jdbc_connection = true",
     "drivers of Amazon only"},
    {SPARK "dbtable = a\nquery = select 1", "dbtable and query"},
    {SPARK "tempformat = XML", "AVRO, CSV, CSV GZIP, PARQUET"},
    {SPARK "unload_s3_format = ORC", "PARQUET, TEXT"},
    {SPARK "label = hello!", "label holds \"!\""},
    {SPARK "host_connector = a b", "host_connector holds \" \""},
    {"url = jdbc:redshift://h/d\ntempdir = hdfs://b", "expected s3://bucket/prefix"},
    {"url = jdbc:redshift://h/d\ntempdir = s3://", "expected s3://bucket/prefix"},
    {"url = jdbc:redshift://h/d\naws_iam_role = r", "role/NAME"},
    {"x.option(\"url\", jdbcUrl)", "url is not a literal"},
    {"{\"database\":\"d\",\"cluster_identifier\":\"c\"}", "region is missing"},
    {"{\"region\":\"r\",\"cluster_identifier\":\"c\"}", "database is missing"},
    {"{\"region\":\"r\",\"database\":\"d\"}", "add cluster_identifier for"},
    {"{\"region\":\"r\",\"database\":\"d\",\"cluster_identifier\":\"c\",\"workgroup_name\":\"w\"}",
     "remove workgroup_name for"},
    {"{\"region\":\"r\",\"database\":\"d\",\"cluster_identifier\":\"c\",\"access_key_id\":\"A\"}",
     "half a pair of keys"},
    {"{\"region\":\"r\",\"database\":\"d\",\"workgroup_name\":\"w\",\"db_user\":\"u\"}",
     "remove db_user"},
    {"{\"region\":\"r\",\"database\":\"d\",\"workgroup_name\":\"w\",\"poll_interval\":0.5}",
     "whole number of seconds"},
    {"{\"region\":\"r\",\"database\":\"d\",\"workgroup_name\":\"w\",\"max_poll_attempts\":\"x\"}",
     "max_poll_attempts is \"x\""},
    {"{\"region\":[\"r\"]}", "not a list"},
    {"{\"region\":", "no JSON object"},
    {"[", "the service file"},
    {"[]", "the service file"},
    {"[a", "the service file"},
};

static void test_what_other_systems_refuse_is_refused(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(refusals); i++) {
        g_autoptr(GError) error = NULL;
        g_test_message("%s", refusals[i].text);
        g_autoptr(Import) import = import_parse("p", refusals[i].text, &error);
        g_assert_null(import);
        g_assert_error(error, RS_ERROR, RS_ERROR_CONFIG);
        g_test_message("-> %s", error->message);
        g_assert_nonnull(strstr(error->message, refusals[i].expected));
    }
}

static void test_secrets_are_left_out(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Import) import =
        import_parse("p", "jdbc:redshift://h/d?user=u&password=hunter2", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(secret_peek(import->profile->password), ==, "hunter2");
    import_drop_secrets(import);
    g_assert_null(import->profile->password);
    g_assert_cmpstr(import->profile->auth, ==, "prompt");
    g_autofree char *notes = notes_text(import);
    g_assert_cmpstr(notes, ==, "left out password");
}

static void test_messages_hold_no_secret(void)
{
    static const char *const texts[] = {
        "jdbc:redshift://h/d?user=u&password=hunter2&sslMode=x",
        "postgresql://u:hunter2@h:x/d",
        "url = jdbc:redshift://h/d\nuser = u\npassword = hunter2\ntempdir = s3n://AK:hunter2@b/p",
        "{\"region\":\"\",\"secret_access_key\":\"hunter2\"}",
        "host=h password=hunter2 user='",
        "PGPASSWORD=hunter2\nPGPORT=x\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(import_parse("p", texts[i], &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_CONFIG);
        g_assert_null(strstr(error->message, "hunter2"));
    }
}

static void test_services_are_found_by_name(void)
{
    g_autoptr(GError) error = NULL;
    const char *text = "# mine\n[one]\nhost=a\n[two]\nhost=b\nuser=u\n";
    g_autoptr(Import) import = import_service("p", "two", text, "FILE", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(import->profile->host, ==, "b");
    g_assert_null(import_service("p", "three", text, "FILE", &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_null(import_service("p", "two", "[two]\nhost\n", "FILE", &error));
    g_assert_nonnull(strstr(error->message, "FILE:2"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/import/every-source-becomes-a-profile", test_every_source_becomes_a_profile);
    g_test_add_func("/import/what-other-systems-refuse-is-refused",
                    test_what_other_systems_refuse_is_refused);
    g_test_add_func("/import/secrets-are-left-out", test_secrets_are_left_out);
    g_test_add_func("/import/messages-hold-no-secret", test_messages_hold_no_secret);
    g_test_add_func("/import/services-are-found-by-name", test_services_are_found_by_name);
    return g_test_run();
}
