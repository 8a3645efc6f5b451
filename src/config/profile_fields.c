#include "config/profile_private.h"

#define AT(member) G_STRUCT_OFFSET(Profile, member)

enum { DAY_MS = 86400000, MINUTE_MS = 60000 };

/* The order is that of the form, of `profile show` and of redsmith.conf(5). */
static const FieldRow fields[] = {
    {"host", FIELD_HOST, AT(host), .group = "Server",
     .sentence = "the cluster's or workgroup's endpoint, without port"},
    {"port", FIELD_NUMBER, AT(port), .least = 1, .most = 65535, .fallback = "5439",
     .sentence = "the port of the endpoint"},
    {"database", FIELD_TEXT, AT(database), .fallback = "dev", .sentence = "the database to open"},
    {"transport", FIELD_WORD, AT(transport), .words = "wire|data-api", .fallback = "wire",
     .sentence = "how statements reach the server: a connection to it, or the Data API over HTTPS"},
    {"cluster_identifier", FIELD_TEXT, AT(cluster_identifier),
     .sentence = "the provisioned cluster; without it, the one that host names"},
    {"workgroup_name", FIELD_TEXT, AT(workgroup_name),
     .sentence = "the Serverless workgroup; without it, the one that host names"},
    {"region", FIELD_TEXT, AT(region),
     .sentence = "the AWS Region of the cluster; without it, the one that host names"},
    {"auth", FIELD_WORD, AT(auth), .group = "Login",
     .words = "password|pgpass|prompt|keyring|iam|serverless|secret",
     .sentence = "where the login comes from; without it, what the other fields say, else pgpass"},
    {"user", FIELD_TEXT, AT(user), .sentence = "the database user"},
    {"password", FIELD_SECRET, AT(password),
     .sentence = "the password; the file must then be readable by its owner only"},
    {"secret_arn", FIELD_TEXT, AT(secret_arn),
     .sentence = "ARN or name of the secret in Secrets Manager that holds the login"},
    {"db_user", FIELD_TEXT, AT(db_user),
     .sentence = "the database user to ask credentials for; without it the IAM identity's own"},
    {"db_groups", FIELD_LIST, AT(db_groups), .sentence = "groups that db_user joins at login"},
    {"auto_create", FIELD_FLAG, AT(auto_create), .fallback = "false",
     .sentence = "create db_user when there is none"},
    {"sslmode", FIELD_WORD, AT(sslmode), .group = "TLS",
     .words = "disable|allow|prefer|require|verify-ca|verify-full", .fallback = "verify-full",
     .sentence = "how much of TLS is demanded, in libpq's words"},
    {"sslrootcert", FIELD_TEXT, AT(sslrootcert),
     .sentence = "the file of root certificates; without it the system's"},
    {"require_tls", FIELD_FLAG, AT(require_tls), .fallback = "false",
     .sentence = "refuse the profile when its sslmode could log in without TLS"},
    {"aws_profile", FIELD_TEXT, AT(aws_profile), .group = "AWS",
     .sentence = "the profile of ~/.aws whose keys sign requests"},
    {"role_arn", FIELD_ROLE, AT(role_arn),
     .sentence = "the role that is assumed before anything is signed"},
    {"external_id", FIELD_TEXT, AT(external_id),
     .sentence = "the external id that the trust policy of role_arn asks for"},
    {"access_key_id", FIELD_TEXT, AT(access_key_id),
     .sentence = "an AWS key of the profile's own; aws_profile is better"},
    {"secret_access_key", FIELD_SECRET, AT(secret_access_key),
     .sentence = "the secret of that key; the file must then be readable by its owner only"},
    {"session_token", FIELD_SECRET, AT(session_token),
     .sentence = "the session token of that key, when it is a temporary one"},
    {"endpoint_url", FIELD_WEB_URL, AT(endpoint_url),
     .sentence = "another address for S3 and the other AWS services"},
    {"tempdir", FIELD_S3_URL, AT(tempdir), .group = "S3",
     .sentence = "where jobs put their stages in S3"},
    {"tempdir_region", FIELD_TEXT, AT(tempdir_region),
     .sentence = "the Region of tempdir's bucket, when it is not the cluster's"},
    {"aws_iam_role", FIELD_ROLE, AT(aws_iam_role), .words = "default",
     .sentence = "the role that Redshift reads and writes S3 with"},
    {"iam_role_only", FIELD_FLAG, AT(iam_role_only), .fallback = "false",
     .sentence = "refuse keys in statements: Redshift reaches S3 by aws_iam_role only"},
    {"schema_filter", FIELD_LIST, AT(schema_filter), .group = "Work",
     .sentence = "show only these schemas"},
    {"read_only", FIELD_FLAG, AT(read_only), .fallback = "false",
     .sentence = "refuse whatever writes"},
    {"production", FIELD_FLAG, AT(production), .fallback = "false",
     .sentence = "mark the screen, and ask for the name before anything destructive"},
    {"query_group", FIELD_TEXT, AT(query_group),
     .sentence = "a label on the statements, for the server's query views and its queues"},
    {"statement_timeout", FIELD_DURATION, AT(statement_timeout_ms), .most = DAY_MS, .fallback = "0",
     .sentence = "cancel statements that take longer; 0 never does"},
    {"connect_timeout", FIELD_DURATION, AT(connect_timeout_ms), .least = 100,
     .most = 10 * MINUTE_MS, .fallback = "10s", .sentence = "give up connecting after this time"},
    {"keepalive", FIELD_NUMBER, AT(keepalive_s), .least = 5, .most = 299, .fallback = "60",
     .sentence = "seconds of silence after which TCP asks whether the server is there"},
    {"max_sessions", FIELD_NUMBER, AT(max_sessions), .least = 2, .most = 500, .fallback = "20",
     .sentence = "sessions that one redsmith opens at once, jobs included"},
    {"poll_interval", FIELD_DURATION, AT(poll_interval_ms), .least = 100, .most = MINUTE_MS,
     .sentence = "how often the Data API is asked whether a statement is done; without it, first "
                 "often and then less often"},
    {"max_poll_attempts", FIELD_NUMBER, AT(max_poll_attempts), .least = 1, .most = 1000000,
     .sentence = "cancel a statement of the Data API after so many questions; without it, never"},
    {0},
};

const FieldRow *profile_fields(void)
{
    return fields;
}

Profile *profile_new(const char *name)
{
    Profile *profile = g_new0(Profile, 1);
    profile->name = g_strdup(name);
    return profile;
}

void profile_free(Profile *profile)
{
    if (profile == NULL)
        return;
    field_clear(fields, profile);
    g_free(profile->name);
    g_free(profile);
}

char *profile_describe(const Profile *profile)
{
    GString *out = g_string_new(NULL);
    for (const FieldRow *row = fields; row->name != NULL; row++) {
        g_autofree char *text = field_text(row, profile);
        if (text != NULL && (row->fallback != NULL || !field_is_unset(row, profile)))
            g_string_append_printf(out, "%s = %s\n", row->name, text);
    }
    return g_string_free(out, FALSE);
}
