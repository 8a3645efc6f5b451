#include <string.h>

#include "base/error.h"
#include "config/profile_check.h"

/* A profile of "key = value" lines. */
static Profile *profile_of(const char *body)
{
    Profile *profile = profile_new("p");
    g_auto(GStrv) lines = g_strsplit(body, "\n", -1);
    for (char **line = lines; *line != NULL && **line != '\0'; line++) {
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) pair = g_strsplit(*line, "=", 2);
        const FieldRow *row = field_find(profile_fields(), pair[0]);
        g_assert_nonnull(row);
        field_set(row, profile, pair[0], pair[1], &error);
        g_assert_no_error(error);
    }
    return profile;
}

#define API "transport=data-api\ndatabase=dev\n"
#define API_CLUSTER API "cluster_identifier=c\n"
#define HERE "host=h\nuser=u\n"
#define CLUSTER_HOST "host=one.abc.eu-west-1.redshift.amazonaws.com\n"
#define WORKGROUP_HOST "host=wg.123456789012.us-east-2.redshift-serverless.amazonaws.com\n"
#define ROLE "arn:aws:iam::123456789012:role/r"

/* What must be refused, the field that is named, and the remedy that the text gives. */
static const struct {
    const char *body, *field, *remedy;
} contradictions[] = {
    {"cluster_identifier=c\nworkgroup_name=w\n", "workgroup_name", "remove workgroup_name for"},
    {API "cluster_identifier=c\nworkgroup_name=w\n", "workgroup_name", "cluster_identifier for"},
    {API_CLUSTER "host=h\n", "host", "use transport = wire"},
    {API_CLUSTER "port=5439\n", "port", "remove port"},
    {API_CLUSTER "password=x\n", "password", "Secrets Manager"},
    {API_CLUSTER "user=u\n", "user", "call it db_user"},
    {API_CLUSTER "auth=password\n", "auth", "auth = password does not go"},
    {API_CLUSTER "auth=pgpass\n", "auth", "use auth = secret, iam or serverless"},
    {API_CLUSTER "auth=prompt\n", "auth", "auth = prompt does not go"},
    {API_CLUSTER "auth=keyring\n", "auth", "auth = keyring does not go"},
    {API_CLUSTER "sslmode=require\n", "sslmode", "remove sslmode"},
    {API_CLUSTER "sslrootcert=/x\n", "sslrootcert", "AWS_CA_BUNDLE"},
    {API_CLUSTER "db_user=a\ndb_groups=g\n", "db_groups", "transport = wire with auth = iam"},
    {API_CLUSTER "db_user=a\nauto_create=yes\n", "auto_create", "transport = wire with auth = iam"},
    {API_CLUSTER "db_user=a\nsecret_arn=s\n", "db_user", "remove secret_arn"},
    {API "workgroup_name=w\ndb_user=a\n", "db_user", "remove db_user"},
    {HERE "poll_interval=2s\n", "poll_interval", "use transport = data-api"},
    {HERE "max_poll_attempts=300\n", "max_poll_attempts", "use statement_timeout"},
    {"workgroup_name=w\ndb_user=a\n", "db_user", "remove db_user"},
    {"secret_arn=s\ndb_user=a\n", "db_user", "use auth = iam"},
    {HERE "password=x\nsecret_arn=s\n", "password", "remove the one that is not meant"},
    {HERE "password=x\nauth=pgpass\n", "password", "use auth = password"},
    {HERE "password=x\nauth=prompt\n", "password", "remove password"},
    {HERE "password=x\nauth=keyring\n", "password", "redsmith profile login"},
    {"password=x\nauth=iam\ncluster_identifier=c\n", "password", "remove password"},
    {"password=x\nauth=serverless\nworkgroup_name=w\n", "password", "remove password"},
    {HERE "secret_arn=s\nauth=prompt\n", "secret_arn", "use auth = secret"},
    {"secret_arn=s\nauth=iam\ncluster_identifier=c\n", "secret_arn", "use auth = secret"},
    {"secret_arn=s\nauth=serverless\nworkgroup_name=w\n", "secret_arn", "remove secret_arn"},
    {"auth=iam\nworkgroup_name=w\n", "auth", "use auth = serverless"},
    {"auth=serverless\ncluster_identifier=c\n", "auth", "use auth = iam"},
    {"auth=iam\n" WORKGROUP_HOST, "auth", "use auth = serverless"},
    {"auth=serverless\n" CLUSTER_HOST, "auth", "use auth = iam"},
    {"auth=iam\ncluster_identifier=c\nuser=u\n", "user", "call it db_user"},
    {"auth=serverless\nworkgroup_name=w\nuser=u\n", "user", "remove user"},
    {HERE "auth=prompt\ndb_user=a\n", "db_user", "call it user"},
    {"auth=serverless\ndb_user=a\n" WORKGROUP_HOST, "db_user", "remove db_user"},
    {HERE "auth=prompt\ndb_groups=a,b\n", "db_groups", "use auth = iam"},
    {HERE "auth=pgpass\nauto_create=true\n", "auto_create", "use auth = iam"},
    {"auth=iam\ncluster_identifier=c\ndb_groups=a\n", "db_groups", "add db_user"},
    {"auth=iam\ncluster_identifier=c\nauto_create=on\n", "auto_create", "add db_user"},
    {"auth=iam\ncluster_identifier=two\n" CLUSTER_HOST, "cluster_identifier", "remove one"},
    {"auth=serverless\nworkgroup_name=other\n" WORKGROUP_HOST, "workgroup_name", "remove one"},
    {"user=u\nregion=us-east-1\n" CLUSTER_HOST, "region", "remove region"},
    {HERE "access_key_id=AK\n", "secret_access_key", "half a pair"},
    {HERE "secret_access_key=x\n", "access_key_id", "half a pair"},
    {HERE "session_token=x\n", "session_token", "has all three"},
    {HERE "access_key_id=AK\nsecret_access_key=x\naws_profile=work\n", "aws_profile",
     "remove one of them"},
    {HERE "external_id=x\n", "external_id", "add role_arn"},
    {HERE "require_tls=yes\nsslmode=disable\n", "sslmode", "remove sslmode"},
    {HERE "require_tls=yes\nsslmode=prefer\n", "sslmode", "use sslmode = require"},
    {HERE "require_tls=yes\nsslmode=allow\n", "sslmode", "remove require_tls"},
    {HERE "sslmode=disable\nsslrootcert=/x\n", "sslrootcert", "use sslmode = verify-full"},
    {HERE "tempdir_region=us-east-1\n", "tempdir_region", "add tempdir"},
};

static void test_contradictions_are_refused(void)
{
    g_assert_cmpuint(G_N_ELEMENTS(contradictions), >=, 30);
    for (gsize i = 0; i < G_N_ELEMENTS(contradictions); i++) {
        const char *field = NULL;
        g_autoptr(GError) error = NULL;
        g_autoptr(Profile) profile = profile_of(contradictions[i].body);
        g_test_message("%s", contradictions[i].body);
        g_assert_false(profile_check(profile, &field, &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_CONFIG);
        g_assert_cmpstr(field, ==, contradictions[i].field);
        g_assert_nonnull(strstr(error->message, contradictions[i].field));
        g_assert_nonnull(strstr(error->message, contradictions[i].remedy));
        g_autoptr(GPtrArray) problems = profile_problems(profile);
        g_assert_cmpuint(problems->len, >=, 1);
    }
}

static void test_gaps_are_named(void)
{
    static const struct {
        const char *body, *remedy;
    } cases[] = {
        {API, "add cluster_identifier or workgroup_name"},
        {"transport=data-api\ncluster_identifier=c\n", "needs database"},
        {"auth=secret\n", "needs secret_arn"},
        {"auth=iam\nhost=localhost\n", "needs cluster_identifier"},
        {"auth=serverless\nhost=localhost\n", "needs workgroup_name"},
        {"user=u\n", "host is missing"},
        {"host=h\nauth=prompt\n", "user is missing"},
        {HERE "iam_role_only=yes\ntempdir=s3://b/p\n", "iam_role_only needs aws_iam_role"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Profile) profile = profile_of(cases[i].body);
        g_test_message("%s", cases[i].body);
        g_assert_true(profile_check(profile, NULL, NULL));
        g_assert_false(profile_check_complete(profile, &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_CONFIG);
        g_assert_nonnull(strstr(error->message, cases[i].remedy));
    }
}

/* Every login on every transport that makes sense. */
static void test_sound_profiles_pass(void)
{
    static const struct {
        const char *body, *auth;
    } cases[] = {
        {HERE, "pgpass"},
        {HERE "password=x\n", "password"},
        {HERE "auth=prompt\n", "prompt"},
        {HERE "auth=keyring\nrequire_tls=yes\n", "keyring"},
        {"cluster_identifier=c\nregion=eu-west-1\n", "iam"},
        {"cluster_identifier=c\ndb_user=a\ndb_groups=x,y\nauto_create=yes\n", "iam"},
        {"auth=iam\n" CLUSTER_HOST, "iam"},
        {"auth=iam\ncluster_identifier=ONE\nregion=eu-west-1\n" CLUSTER_HOST, "iam"},
        {"workgroup_name=w\n", "serverless"},
        {"auth=serverless\n" WORKGROUP_HOST, "serverless"},
        {"secret_arn=s\n", "secret"},
        {"secret_arn=s\nhost=h\nport=1\nuser=u\ndatabase=d\n", "secret"},
        {API_CLUSTER, "iam"},
        {API_CLUSTER "db_user=a\npoll_interval=500ms\nmax_poll_attempts=300\n", "iam"},
        {API_CLUSTER "secret_arn=s\n", "secret"},
        {API "workgroup_name=w\n", "serverless"},
        {API "workgroup_name=w\nsecret_arn=s\n", "secret"},
        {HERE "access_key_id=A\nsecret_access_key=b\nsession_token=c\n", "pgpass"},
        {HERE "role_arn=" ROLE "\nexternal_id=x\naws_iam_role=" ROLE "," ROLE "\n", "pgpass"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Profile) profile = profile_of(cases[i].body);
        g_test_message("%s", cases[i].body);
        profile_check(profile, NULL, &error);
        g_assert_no_error(error);
        profile_check_complete(profile, &error);
        g_assert_no_error(error);
        g_autoptr(GPtrArray) problems = profile_problems(profile);
        g_assert_cmpuint(problems->len, ==, 0);
        g_assert_cmpstr(profile_guess_auth(profile), !=, NULL);
        if (profile->auth == NULL)
            g_assert_cmpstr(profile_guess_auth(profile), ==, cases[i].auth);
    }
}

static void test_values_are_held_to_their_type(void)
{
    static const struct {
        const char *name, *good, *bad, *expected;
    } cases[] = {
        {"host", "::1", "https://h", "without scheme"},
        {"host", "c.example", "c.example:5439", "without scheme"},
        {"tempdir", "s3://b/p", "s3://KEY:SECRET@b/p", "s3://bucket"},
        {"tempdir", "s3a://b/p", "file:///tmp", "s3://bucket"},
        {"tempdir", "S3N://b", "s3:///x", "s3://bucket"},
        {"aws_iam_role", "default", "arn:aws:iam::12:role/r", "role/NAME"},
        {"aws_iam_role", ROLE, ROLE "'", "role/NAME"},
        {"role_arn", ROLE, "default", "role/NAME"},
        {"query_group", "nightly", "a\nb", "text"},
        {"auth", "secret", "kerberos", "serverless"},
        {"poll_interval", "2s", "2", "with a unit"},
        {"max_poll_attempts", "300", "0", "1 to 1000000"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Profile) profile = profile_new("p");
        const FieldRow *row = field_find(profile_fields(), cases[i].name);
        g_test_message("%s", cases[i].name);
        g_assert_true(field_set(row, profile, row->name, cases[i].good, NULL));
        g_assert_false(field_set(row, profile, row->name, cases[i].bad, &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_CONFIG);
        g_assert_nonnull(strstr(error->message, cases[i].expected));
        g_assert_null(strstr(error->message, "SECRET"));
    }
    g_autoptr(Profile) profile = profile_of("tempdir=s3a://b/p\n");
    g_assert_cmpstr(profile->tempdir, ==, "s3://b/p");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/profile-check/contradictions-are-refused", test_contradictions_are_refused);
    g_test_add_func("/profile-check/gaps-are-named", test_gaps_are_named);
    g_test_add_func("/profile-check/sound-profiles-pass", test_sound_profiles_pass);
    g_test_add_func("/profile-check/values-are-held-to-their-type",
                    test_values_are_held_to_their_type);
    return g_test_run();
}
