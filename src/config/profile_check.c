#include "config/profile_check.h"

#include <string.h>

#include "base/error.h"
#include "config/host.h"

/* What is known of a profile, a bit each. The first ones are the fields that are given. */
typedef enum {
    HOST,
    PORT,
    DATABASE,
    USER,
    PASSWORD,
    SSLMODE,
    SSLROOTCERT,
    REGION,
    TEMPDIR,
    TEMPDIR_REGION,
    IAM_ROLE,
    AWS_PROFILE,
    CLUSTER,
    WORKGROUP,
    SECRET,
    DB_USER,
    DB_GROUPS,
    AUTO_CREATE,
    ROLE,
    EXTERNAL_ID,
    KEY_ID,
    KEY_SECRET,
    KEY_TOKEN,
    POLL_INTERVAL,
    POLL_ATTEMPTS,
    REQUIRE_TLS,
    ROLE_ONLY,
    N_FIELDS,
    BY_PASSWORD = N_FIELDS,
    BY_PGPASS,
    BY_PROMPT,
    BY_KEYRING,
    BY_IAM,
    BY_SERVERLESS,
    BY_SECRET,
    WIRE,
    DATA_API,
    TLS_OFF,      /* sslmode = disable */
    TLS_MAY_FAIL, /* allow, prefer */
    CLUSTER_HOST, /* the host's name is that of a provisioned cluster */
    WORKGROUP_HOST,
    OTHER_CLUSTER, /* the host is of another cluster, workgroup, Region than the fields say */
    OTHER_WORKGROUP,
    OTHER_REGION,
} Fact;

#define F(fact) (G_GUINT64_CONSTANT(1) << (fact))

static const char *const given[N_FIELDS] = {
    [HOST] = "host",
    [PORT] = "port",
    [DATABASE] = "database",
    [USER] = "user",
    [PASSWORD] = "password",
    [SSLMODE] = "sslmode",
    [SSLROOTCERT] = "sslrootcert",
    [REGION] = "region",
    [TEMPDIR] = "tempdir",
    [TEMPDIR_REGION] = "tempdir_region",
    [IAM_ROLE] = "aws_iam_role",
    [AWS_PROFILE] = "aws_profile",
    [CLUSTER] = "cluster_identifier",
    [WORKGROUP] = "workgroup_name",
    [SECRET] = "secret_arn",
    [DB_USER] = "db_user",
    [DB_GROUPS] = "db_groups",
    [AUTO_CREATE] = "auto_create",
    [ROLE] = "role_arn",
    [EXTERNAL_ID] = "external_id",
    [KEY_ID] = "access_key_id",
    [KEY_SECRET] = "secret_access_key",
    [KEY_TOKEN] = "session_token",
    [POLL_INTERVAL] = "poll_interval",
    [POLL_ATTEMPTS] = "max_poll_attempts",
    [REQUIRE_TLS] = "require_tls",
    [ROLE_ONLY] = "iam_role_only",
};

/* Broken where all of `all`, one of `any` (0: does not matter) and none of `none` hold. */
typedef struct {
    guint64 all, any, none;
    const char *field, *text;
} Rule;

#define BY_TYPED (F(BY_PASSWORD) | F(BY_PGPASS) | F(BY_PROMPT) | F(BY_KEYRING))

static const Rule contradictions[] = {
    {F(CLUSTER) | F(WORKGROUP), 0, 0, "workgroup_name",
     "cluster_identifier and workgroup_name are both given, and a server is one or the other: "
     "remove workgroup_name for a provisioned cluster, cluster_identifier for Serverless"},
    /* what the Data API has no use for */
    {F(DATA_API) | F(HOST), 0, 0, "host",
     "host is given with transport = data-api, which has no connection to a host: remove host, or "
     "use transport = wire"},
    {F(DATA_API) | F(PORT), 0, 0, "port",
     "port is given with transport = data-api, which has no connection to a port: remove port, or "
     "use transport = wire"},
    {F(DATA_API) | F(PASSWORD), 0, 0, "password",
     "password is given with transport = data-api, which takes no password: put it into Secrets "
     "Manager and name the secret in secret_arn, or use transport = wire"},
    {F(DATA_API) | F(USER), 0, 0, "user",
     "user is given with transport = data-api: call it db_user for a provisioned cluster, or "
     "remove it"},
    {F(DATA_API) | F(BY_PASSWORD), 0, 0, "auth",
     "auth = password does not go with transport = data-api: use auth = secret, iam or serverless"},
    {F(DATA_API) | F(BY_PGPASS), 0, 0, "auth",
     "auth = pgpass does not go with transport = data-api: use auth = secret, iam or serverless"},
    {F(DATA_API) | F(BY_PROMPT), 0, 0, "auth",
     "auth = prompt does not go with transport = data-api: use auth = secret, iam or serverless"},
    {F(DATA_API) | F(BY_KEYRING), 0, 0, "auth",
     "auth = keyring does not go with transport = data-api: use auth = secret, iam or serverless"},
    {F(DATA_API) | F(SSLMODE), 0, 0, "sslmode",
     "sslmode is given with transport = data-api, which always verifies HTTPS: remove sslmode"},
    {F(DATA_API) | F(SSLROOTCERT), 0, 0, "sslrootcert",
     "sslrootcert is given with transport = data-api, whose roots are those of AWS_CA_BUNDLE or "
     "the system: remove sslrootcert"},
    {F(DATA_API) | F(DB_GROUPS), 0, 0, "db_groups",
     "db_groups is given with transport = data-api, which joins no groups: remove db_groups, or "
     "use transport = wire with auth = iam"},
    {F(DATA_API) | F(AUTO_CREATE), 0, 0, "auto_create",
     "auto_create is given with transport = data-api, which creates no users: remove auto_create, "
     "or use transport = wire with auth = iam"},
    {F(WIRE) | F(POLL_INTERVAL), 0, 0, "poll_interval",
     "poll_interval is given with transport = wire, where nothing is polled: remove poll_interval, "
     "or use transport = data-api"},
    {F(WIRE) | F(POLL_ATTEMPTS), 0, 0, "max_poll_attempts",
     "max_poll_attempts is given with transport = wire, where nothing is polled: use "
     "statement_timeout instead, or transport = data-api"},
    /* two logins at once */
    {F(DB_USER) | F(SECRET), 0, 0, "db_user",
     "db_user and secret_arn are both given, and each is a login of its own: remove db_user, or "
     "remove secret_arn and use auth = iam"},
    {F(WORKGROUP) | F(DB_USER), 0, 0, "db_user",
     "db_user is given with workgroup_name, and Serverless takes its user from the IAM identity: "
     "remove db_user"},
    {F(PASSWORD) | F(SECRET), 0, 0, "password",
     "password and secret_arn are both given, and each is a login of its own: remove the one that "
     "is not meant"},
    {F(PASSWORD) | F(BY_PGPASS), 0, 0, "password",
     "password is given with auth = pgpass, which reads ~/.pgpass: remove password, or use auth = "
     "password"},
    {F(PASSWORD) | F(BY_PROMPT), 0, 0, "password",
     "password is given with auth = prompt, which asks for it: remove password, or use auth = "
     "password"},
    {F(PASSWORD) | F(BY_KEYRING), 0, 0, "password",
     "password is given with auth = keyring: store it with \"redsmith profile login\" and remove "
     "password, or use auth = password"},
    {F(PASSWORD) | F(BY_IAM), 0, 0, "password",
     "password is given with auth = iam, which gets a temporary one from AWS: remove password, or "
     "use auth = password"},
    {F(PASSWORD) | F(BY_SERVERLESS), 0, 0, "password",
     "password is given with auth = serverless, which gets a temporary one from AWS: remove "
     "password, or use auth = password"},
    {F(SECRET), BY_TYPED, F(BY_KEYRING),
     "secret_arn", /* a keyring that is not there gives way to it */
     "secret_arn is given and auth does not use it: use auth = secret, or remove secret_arn"},
    {F(SECRET) | F(BY_IAM), 0, 0, "secret_arn",
     "secret_arn is given with auth = iam, and each is a login of its own: use auth = secret, or "
     "remove secret_arn"},
    {F(SECRET) | F(BY_SERVERLESS), 0, 0, "secret_arn",
     "secret_arn is given with auth = serverless, and each is a login of its own: use auth = "
     "secret, or remove secret_arn"},
    /* IAM */
    {F(WORKGROUP) | F(BY_IAM), 0, 0, "auth",
     "auth = iam is for provisioned clusters and workgroup_name is given: use auth = serverless"},
    {F(CLUSTER) | F(BY_SERVERLESS), 0, 0, "auth",
     "auth = serverless is for workgroups and cluster_identifier is given: use auth = iam"},
    {F(BY_IAM) | F(WORKGROUP_HOST), 0, 0, "auth",
     "auth = iam is for provisioned clusters and host is a Serverless endpoint: use auth = "
     "serverless"},
    {F(BY_SERVERLESS) | F(CLUSTER_HOST), 0, 0, "auth",
     "auth = serverless is for workgroups and host is a provisioned cluster: use auth = iam"},
    {F(USER) | F(BY_IAM), 0, 0, "user",
     "user is given with auth = iam: call it db_user to ask credentials for it, or remove it to "
     "log in as the IAM identity"},
    {F(USER) | F(BY_SERVERLESS), 0, 0, "user",
     "user is given with auth = serverless, which takes its user from the IAM identity: remove "
     "user"},
    {F(DB_USER), BY_TYPED, 0, "db_user",
     "db_user is for auth = iam: call it user for this auth, or use auth = iam"},
    {F(DB_USER) | F(BY_SERVERLESS), 0, 0, "db_user",
     "db_user is given with auth = serverless, which takes its user from the IAM identity: remove "
     "db_user"},
    {F(DB_GROUPS), BY_TYPED | F(BY_SERVERLESS) | F(BY_SECRET), 0, "db_groups",
     "db_groups is for auth = iam with db_user: remove db_groups, or use auth = iam"},
    {F(AUTO_CREATE), BY_TYPED | F(BY_SERVERLESS) | F(BY_SECRET), 0, "auto_create",
     "auto_create is for auth = iam with db_user: remove auto_create, or use auth = iam"},
    {F(DB_GROUPS), 0, F(DB_USER), "db_groups",
     "db_groups is given without db_user, and only a named user joins groups: add db_user, or "
     "remove db_groups"},
    {F(AUTO_CREATE), 0, F(DB_USER), "auto_create",
     "auto_create is given without db_user, the user to create: add db_user, or remove "
     "auto_create"},
    /* what host says by itself */
    {F(OTHER_CLUSTER), 0, 0, "cluster_identifier",
     "cluster_identifier is not the cluster that host names: remove one of them"},
    {F(OTHER_WORKGROUP), 0, 0, "workgroup_name",
     "workgroup_name is not the workgroup that host names: remove one of them"},
    {F(OTHER_REGION), 0, 0, "region",
     "region is not the Region that host names: remove region, or correct host"},
    /* AWS keys */
    {F(KEY_ID), 0, F(KEY_SECRET), "secret_access_key",
     "access_key_id is given without secret_access_key, half a pair of keys: add the other half, "
     "or use aws_profile"},
    {F(KEY_SECRET), 0, F(KEY_ID), "access_key_id",
     "secret_access_key is given without access_key_id, half a pair of keys: add the other half, "
     "or use aws_profile"},
    {F(KEY_TOKEN), 0, F(KEY_ID), "session_token",
     "session_token is given without access_key_id and secret_access_key: a temporary key has all "
     "three"},
    {F(KEY_ID) | F(AWS_PROFILE), 0, 0, "aws_profile",
     "access_key_id and aws_profile are both given, and requests are signed with one key: remove "
     "one of them"},
    {F(EXTERNAL_ID), 0, F(ROLE), "external_id",
     "external_id is given without role_arn, the role whose policy asks for it: add role_arn, or "
     "remove external_id"},
    /* policies */
    {F(REQUIRE_TLS) | F(TLS_OFF), 0, 0, "sslmode",
     "sslmode = disable breaks require_tls: remove sslmode, which then is verify-full, or remove "
     "require_tls"},
    {F(REQUIRE_TLS) | F(TLS_MAY_FAIL), 0, 0, "sslmode",
     "sslmode may go on without TLS, which breaks require_tls: use sslmode = require, verify-ca or "
     "verify-full, or remove require_tls"},
    {F(SSLROOTCERT) | F(TLS_OFF), 0, 0, "sslrootcert",
     "sslrootcert is given with sslmode = disable, which asks for no certificate: remove "
     "sslrootcert, or use sslmode = verify-full"},
    {F(TEMPDIR_REGION), 0, F(TEMPDIR), "tempdir_region",
     "tempdir_region is given without tempdir, whose Region it is: add tempdir, or remove "
     "tempdir_region"},
};

static const Rule gaps[] = {
    {F(DATA_API), 0, F(CLUSTER) | F(WORKGROUP), "cluster_identifier",
     "transport = data-api needs to know the server: add cluster_identifier or workgroup_name"},
    {F(DATA_API), 0, F(DATABASE) | F(SECRET), "database",
     "transport = data-api needs database: add it, the Data API has no default of its own"},
    {F(BY_SECRET), 0, F(SECRET), "secret_arn",
     "auth = secret needs secret_arn: add the ARN or the name of the secret"},
    {F(WIRE) | F(BY_IAM), 0, F(CLUSTER) | F(CLUSTER_HOST), "cluster_identifier",
     "auth = iam needs cluster_identifier: add it, host does not name a cluster of AWS"},
    {F(WIRE) | F(BY_SERVERLESS), 0, F(WORKGROUP) | F(WORKGROUP_HOST), "workgroup_name",
     "auth = serverless needs workgroup_name: add it, host does not name a workgroup of AWS"},
    {F(WIRE), BY_TYPED, F(HOST), "host",
     "host is missing: add the endpoint, or use auth = iam, serverless or secret, which find it "
     "out"},
    {F(WIRE), BY_TYPED, F(USER), "user",
     "user is missing: add the database user, or use auth = iam, serverless or secret"},
    {F(ROLE_ONLY) | F(TEMPDIR), 0, F(IAM_ROLE), "aws_iam_role",
     "iam_role_only needs aws_iam_role: add the role that Redshift reaches tempdir with, or remove "
     "iam_role_only"},
};

const char *profile_guess_auth(const Profile *profile)
{
    if (profile->password != NULL)
        return "password";
    if (profile->secret_arn != NULL)
        return "secret";
    if (profile->workgroup_name != NULL)
        return "serverless";
    gboolean is_of_aws = profile->cluster_identifier != NULL || profile->db_user != NULL ||
                         g_strcmp0(profile->transport, "data-api") == 0;
    return is_of_aws ? "iam" : "pgpass";
}

static guint64 word_fact(const char *word, const char *const *words, guint n, Fact first)
{
    for (guint i = 0; i < n; i++)
        if (strcmp(words[i], word) == 0)
            return F(first + i);
    return 0;
}

static guint64 host_facts(const Profile *profile)
{
    g_auto(HostParts) parts = host_parse(profile->host);
    const struct {
        const char *own, *given;
        guint64 facts, other;
    } rows[] = {
        {parts.cluster, profile->cluster_identifier, F(CLUSTER_HOST), F(OTHER_CLUSTER)},
        {parts.workgroup, profile->workgroup_name, F(WORKGROUP_HOST), F(OTHER_WORKGROUP)},
        {parts.region, profile->region, 0, F(OTHER_REGION)},
    };
    guint64 facts = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (rows[i].own != NULL)
            facts |= rows[i].facts |
                     (rows[i].given != NULL && g_ascii_strcasecmp(rows[i].given, rows[i].own) != 0
                          ? rows[i].other
                          : 0);
    return facts;
}

static guint64 tls_facts(const char *sslmode)
{
    if (g_strcmp0(sslmode, "disable") == 0)
        return F(TLS_OFF);
    return g_strcmp0(sslmode, "allow") == 0 || g_strcmp0(sslmode, "prefer") == 0 ? F(TLS_MAY_FAIL)
                                                                                 : 0;
}

static guint64 facts_of(const Profile *profile)
{
    static const char *const auths[] = {"password", "pgpass",     "prompt", "keyring",
                                        "iam",      "serverless", "secret"};
    static const char *const transports[] = {"wire", "data-api"};
    guint64 facts = host_facts(profile) | tls_facts(profile->sslmode);
    for (guint i = 0; i < N_FIELDS; i++)
        if (!field_is_unset(field_find(profile_fields(), given[i]), profile))
            facts |= F(i);
    const char *auth = profile->auth != NULL ? profile->auth : profile_guess_auth(profile);
    const char *transport = profile->transport != NULL ? profile->transport : "wire";
    return facts | word_fact(auth, auths, G_N_ELEMENTS(auths), BY_PASSWORD) |
           word_fact(transport, transports, G_N_ELEMENTS(transports), WIRE);
}

static gboolean is_broken(const Rule *rule, guint64 facts)
{
    return (facts & rule->all) == rule->all && (rule->any == 0 || (facts & rule->any) != 0) &&
           (facts & rule->none) == 0;
}

static const Rule *find_broken(const Rule *rules, gsize n, guint64 facts)
{
    for (gsize i = 0; i < n; i++)
        if (is_broken(&rules[i], facts))
            return &rules[i];
    return NULL;
}

static void problem_free(gpointer data)
{
    ProfileProblem *problem = data;
    g_free(problem->text);
    g_free(problem);
}

static void add_problems(GPtrArray *problems, const Rule *rules, gsize n, guint64 facts)
{
    for (gsize i = 0; i < n; i++)
        if (is_broken(&rules[i], facts)) {
            ProfileProblem *problem = g_new0(ProfileProblem, 1);
            problem->field = rules[i].field;
            problem->text = g_strdup(rules[i].text);
            g_ptr_array_add(problems, problem);
        }
}

GPtrArray *profile_problems(const Profile *profile)
{
    guint64 facts = facts_of(profile);
    GPtrArray *problems = g_ptr_array_new_with_free_func(problem_free);
    add_problems(problems, contradictions, G_N_ELEMENTS(contradictions), facts);
    add_problems(problems, gaps, G_N_ELEMENTS(gaps), facts);
    return problems;
}

gboolean profile_check(const Profile *profile, const char **field, GError **error)
{
    const Rule *broken =
        find_broken(contradictions, G_N_ELEMENTS(contradictions), facts_of(profile));
    if (broken == NULL)
        return TRUE;
    if (field != NULL)
        *field = broken->field;
    g_set_error_literal(error, RS_ERROR, RS_ERROR_CONFIG, broken->text);
    return FALSE;
}

gboolean profile_check_complete(const Profile *profile, GError **error)
{
    const Rule *broken = find_broken(gaps, G_N_ELEMENTS(gaps), facts_of(profile));
    if (broken == NULL)
        return TRUE;
    g_set_error_literal(error, RS_ERROR, RS_ERROR_CONFIG, broken->text);
    return FALSE;
}
