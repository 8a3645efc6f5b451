#include "config/profile.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "config/paths.h"

#define SANDBOX "sandbox"
#define ENVIRONMENT "environment"

#define AT(member) G_STRUCT_OFFSET(Profile, member)

static const FieldRow fields[] = {
    {"host", FIELD_TEXT, AT(host),
     .sentence = "the cluster's or workgroup's endpoint, without port"},
    {"port", FIELD_NUMBER, AT(port), .least = 1, .most = 65535, .fallback = "5439",
     .sentence = "the port of the endpoint"},
    {"database", FIELD_TEXT, AT(database), .fallback = "dev", .sentence = "the database to open"},
    {"user", FIELD_TEXT, AT(user), .sentence = "the database user"},
    {"password", FIELD_SECRET, AT(password),
     .sentence = "the password; the file must then be readable by its owner only"},
    {"auth", FIELD_WORD, AT(auth), .words = "password|pgpass|prompt|keyring|iam|serverless|secret",
     .sentence =
         "where the login comes from; without it, what the other fields of the profile say"},
    {"transport", FIELD_WORD, AT(transport), .words = "wire|data-api", .fallback = "wire",
     .sentence = "how statements reach the server"},
    {"sslmode", FIELD_WORD, AT(sslmode),
     .words = "disable|allow|prefer|require|verify-ca|verify-full", .fallback = "verify-full",
     .sentence = "how much of TLS is demanded, in libpq's words"},
    {"sslrootcert", FIELD_TEXT, AT(sslrootcert),
     .sentence = "the file of root certificates; without it libpq's own"},
    {"region", FIELD_TEXT, AT(region), .sentence = "the AWS Region of the cluster"},
    {"tempdir", FIELD_S3_URL, AT(tempdir), .sentence = "where jobs put their stages in S3"},
    {"aws_iam_role", FIELD_TEXT, AT(aws_iam_role),
     .sentence = "the role that Redshift reads and writes S3 with: ARN, or default"},
    {"endpoint_url", FIELD_WEB_URL, AT(endpoint_url),
     .sentence = "another address for S3 and the other AWS services"},
    {"aws_profile", FIELD_TEXT, AT(aws_profile),
     .sentence = "the profile of ~/.aws whose keys sign requests to S3"},
    {"schema_filter", FIELD_LIST, AT(schema_filter), .sentence = "show only these schemas"},
    {"read_only", FIELD_FLAG, AT(read_only), .fallback = "false",
     .sentence = "refuse whatever writes"},
    {"production", FIELD_FLAG, AT(production), .fallback = "false",
     .sentence = "mark the screen, and ask for the name before anything destructive"},
    {"statement_timeout", FIELD_DURATION, AT(statement_timeout_ms), .most = 86400000,
     .fallback = "0", .sentence = "cancel statements that take longer; 0 never does"},
    {"connect_timeout", FIELD_DURATION, AT(connect_timeout_ms), .least = 100, .most = 600000,
     .fallback = "10s", .sentence = "give up connecting after this time"},
    {"keepalive", FIELD_NUMBER, AT(keepalive_s), .least = 5, .most = 299, .fallback = "60",
     .sentence = "seconds of silence after which TCP asks whether the server is there"},
    {"cluster_identifier", FIELD_TEXT, AT(cluster_identifier),
     .sentence = "the provisioned cluster, for auth = iam and transport = data-api"},
    {"workgroup_name", FIELD_TEXT, AT(workgroup_name),
     .sentence = "the Serverless workgroup, for auth = serverless and transport = data-api"},
    {"secret_arn", FIELD_TEXT, AT(secret_arn),
     .sentence = "ARN or name of the secret that holds the login"},
    {"db_user", FIELD_TEXT, AT(db_user),
     .sentence = "the database user to ask credentials for; without it the IAM identity's own"},
    {"db_groups", FIELD_LIST, AT(db_groups),
     .sentence = "groups that db_user joins for the session"},
    {"auto_create", FIELD_FLAG, AT(auto_create), .fallback = "false",
     .sentence = "create db_user when it does not exist"},
    {"role_arn", FIELD_TEXT, AT(role_arn),
     .sentence = "the role that is assumed before anything is signed"},
    {"external_id", FIELD_TEXT, AT(external_id),
     .sentence = "the external id that the trust policy of role_arn asks for"},
    {"access_key_id", FIELD_TEXT, AT(access_key_id),
     .sentence = "an AWS key of the profile's own; aws_profile is better"},
    {"secret_access_key", FIELD_SECRET, AT(secret_access_key),
     .sentence = "its secret; the file must then be readable by its owner only"},
    {"session_token", FIELD_SECRET, AT(session_token),
     .sentence = "its session token, when the key is a temporary one"},
    {"tempdir_region", FIELD_TEXT, AT(tempdir_region),
     .sentence = "the Region of tempdir's bucket, when it is not the cluster's"},
    {"query_group", FIELD_TEXT, AT(query_group),
     .sentence = "a label on the statements, for the server's query views and its queues"},
    {"require_tls", FIELD_FLAG, AT(require_tls), .fallback = "false",
     .sentence = "refuse to log in without TLS, whatever sslmode says"},
    {"iam_role_only", FIELD_FLAG, AT(iam_role_only), .fallback = "false",
     .sentence = "refuse keys in statements: Redshift reaches S3 by aws_iam_role only"},
    {"poll_interval", FIELD_DURATION, AT(poll_interval_ms), .least = 100, .most = 60000,
     .fallback = "2s", .sentence = "how often the Data API is asked whether a statement is done"},
    {"max_poll_attempts", FIELD_NUMBER, AT(max_poll_attempts), .most = 1000000, .fallback = "0",
     .sentence = "cancel a Data API statement after so many questions; 0 never does"},
    {0},
};

/* The keys of a running sandbox's own file that profiles call differently. */
static const FieldRow sandbox_fields[] = {
    {"iam_role", FIELD_TEXT, AT(aws_iam_role), .sentence = "the one role"},
    {0},
};

const FieldRow *profile_fields(void)
{
    return fields;
}

static Profile *profile_new(const char *name)
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

Profile *profile_copy(const Profile *profile)
{
    Profile *copy = profile_new(profile->name);
    field_copy(fields, copy, profile);
    return copy;
}

/* What the environment gives where the profile is silent; each where its own tools honour it. */
static const struct {
    const char *variable, *field;
} variables[] = {
    {"PGHOST", "host"},
    {"PGPORT", "port"},
    {"PGDATABASE", "database"},
    {"PGUSER", "user"},
    {"PGPASSWORD", "password"},
    {"PGSSLMODE", "sslmode"},
    {"PGSSLROOTCERT", "sslrootcert"},
    {"AWS_REGION", "region"},
    {"AWS_DEFAULT_REGION", "region"},
    {"AWS_ENDPOINT_URL", "endpoint_url"},
    {"REDSMITH_IAM_ROLE", "aws_iam_role"},
    {"REDSMITH_TEMPDIR", "tempdir"},
};

/* What the profile says of the login when it does not say auth. */
static const char *guess_auth(const Profile *profile)
{
    if (profile->password != NULL)
        return "password";
    if (profile->secret_arn != NULL)
        return "secret";
    if (profile->workgroup_name != NULL)
        return "serverless";
    return profile->cluster_identifier != NULL ? "iam" : "pgpass";
}

/* Who fills in what the profile leaves out: TRUE when that is not PG* and the table's fallbacks. */
static gboolean is_filled_by_login(const Profile *profile, const FieldRow *row)
{
    static const char *const of_secret[] = {"host", "port", "database", "user", "password", NULL};
    static const char *const of_server[] = {"user", "password", NULL};
    static const char *const of_api[] = {"host", "port", "user", "password", NULL};
    gboolean by_api = g_strcmp0(profile->transport, "data-api") == 0;
    if (strcmp(profile->auth, "secret") == 0)
        return g_strv_contains(by_api ? of_api : of_secret, row->name);
    if (strcmp(profile->auth, "iam") != 0 && strcmp(profile->auth, "serverless") != 0)
        return FALSE;
    gboolean is_named = profile->cluster_identifier != NULL || profile->workgroup_name != NULL;
    return g_strv_contains(by_api || (is_named && profile->host == NULL) ? of_api : of_server,
                           row->name);
}

static gboolean apply_environment(Profile *profile, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(variables); i++) {
        const char *value = g_getenv(variables[i].variable);
        const FieldRow *row = field_find(fields, variables[i].field);
        if (value == NULL || *value == '\0' || !field_is_unset(row, profile) ||
            is_filled_by_login(profile, row))
            continue;
        g_autofree char *where =
            g_strconcat("the environment variable ", variables[i].variable, NULL);
        if (!field_set(row, profile, where, value, error))
            return FALSE;
    }
    return TRUE;
}

/* read_only and production may be unset or FALSE, which is the same; the others are unset at 0. */
static void apply_fallbacks(Profile *profile)
{
    for (const FieldRow *row = fields; row->name != NULL; row++)
        if (row->fallback != NULL && field_is_unset(row, profile) &&
            !is_filled_by_login(profile, row))
            field_set(row, profile, row->name, row->fallback, NULL);
}

static gboolean is_missing(const Profile *profile, const char *name)
{
    const FieldRow *row = field_find(fields, name);
    return field_is_unset(row, profile) && !is_filled_by_login(profile, row);
}

static Profile *finish(Profile *profile, const char *where, GError **error)
{
    g_autoptr(Profile) owned = profile;
    gboolean is_guessed = profile->auth == NULL;
    if (is_guessed)
        profile->auth = g_strdup(guess_auth(profile));
    if (!apply_environment(profile, error))
        return NULL;
    if (is_guessed && profile->password != NULL) {
        g_free(profile->auth);
        profile->auth = g_strdup("password");
    }
    apply_fallbacks(profile);
    const char *missing = is_missing(profile, "host")   ? "host"
                          : is_missing(profile, "user") ? "user"
                                                        : NULL;
    if (missing != NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s: [%s] has no %s", where, profile->name,
                    missing);
        return NULL;
    }
    return g_steal_pointer(&owned);
}

static char *profiles_path(void)
{
    g_autofree char *dir = paths_config_dir();
    return g_build_filename(dir, "profiles.conf", NULL);
}

/* The file, empty when there is none. */
static GKeyFile *load_file(const char *path, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) failure = NULL;
    if (g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &failure) ||
        g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return g_steal_pointer(&file);
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "cannot read %s: %s", path, failure->message);
    return NULL;
}

static gboolean check_private(const char *path, const char *group, GError **error)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return rs_error_set_errno(error, errno, "cannot look at %s", path);
    if ((status.st_mode & 077) == 0)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                "%s holds the password of [%s] and others may read it (mode %04o): chmod 600 %s",
                path, group, (unsigned)status.st_mode & 07777, path);
    return FALSE;
}

static gboolean refuse_key(const char *path, const char *group, const char *key, GError **error)
{
    g_autoptr(GString) known = g_string_new(NULL);
    for (const FieldRow *row = fields; row->name != NULL; row++)
        g_string_append_printf(known, "%s%s", known->len > 0 ? ", " : "", row->name);
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                "%s: [%s] %s is not a setting of a profile; there are: %s", path, group, key,
                known->str);
    return FALSE;
}

static gboolean read_group(GKeyFile *file, const char *path, const char *group, Profile *profile,
                           GError **error)
{
    g_auto(GStrv) keys = g_key_file_get_keys(file, group, NULL, NULL);
    for (guint i = 0; keys[i] != NULL; i++) {
        const FieldRow *row = field_find(fields, keys[i]);
        if (row == NULL)
            return refuse_key(path, group, keys[i], error);
        if (row->type == FIELD_SECRET && !check_private(path, group, error))
            return FALSE;
        /* As it stands: GKeyFile's escapes would change a password that holds a backslash. */
        g_autofree char *value = g_key_file_get_value(file, group, keys[i], NULL);
        g_autofree char *where = g_strdup_printf("%s: [%s] %s", path, group, keys[i]);
        gboolean set = field_set(row, profile, where, value, error);
        if (row->type == FIELD_SECRET)
            explicit_bzero(value, strlen(value));
        if (!set)
            return FALSE;
    }
    return TRUE;
}

static Profile *load_from_file(GKeyFile *file, const char *path, const char *name, GError **error)
{
    g_autoptr(Profile) profile = profile_new(name);
    if (!read_group(file, path, name, profile, error))
        return NULL;
    return finish(g_steal_pointer(&profile), path, error);
}

static char *sandbox_path(void)
{
    g_autofree char *dir = paths_sandbox_dir();
    return g_build_filename(dir, "sandbox.ini", NULL);
}

/* The sandbox's file outlives a crash of the machine; the process that it names does not. */
static gboolean is_sandbox_alive(GKeyFile *file)
{
    if (!g_key_file_has_key(file, "parts", "supervisor_pid", NULL))
        return g_key_file_has_group(file, SANDBOX);
    int pid = g_key_file_get_integer(file, "parts", "supervisor_pid", NULL);
    return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

static gboolean read_sandbox(GKeyFile *file, const char *path, Profile *profile, GError **error)
{
    g_auto(GStrv) keys = g_key_file_get_keys(file, SANDBOX, NULL, NULL);
    for (guint i = 0; keys != NULL && keys[i] != NULL; i++) {
        const FieldRow *row = field_find(sandbox_fields, keys[i]);
        if (row == NULL)
            row = field_find(fields, keys[i]);
        g_autofree char *value = g_key_file_get_string(file, SANDBOX, keys[i], NULL);
        g_autofree char *where = g_strdup_printf("%s: [%s] %s", path, SANDBOX, keys[i]);
        if (row != NULL && value != NULL && !field_set(row, profile, where, value, error))
            return FALSE;
    }
    return TRUE;
}

static Profile *load_sandbox(GError **error)
{
    g_autofree char *path = sandbox_path();
    g_autoptr(GKeyFile) file = load_file(path, error);
    if (file == NULL)
        return NULL;
    if (!is_sandbox_alive(file)) {
        g_autofree char *dir = paths_sandbox_dir();
        g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND,
                    "no sandbox runs in %s; start it with: redsmith sandbox start", dir);
        return NULL;
    }
    g_autoptr(Profile) profile = profile_new(SANDBOX);
    if (!read_sandbox(file, path, profile, error))
        return NULL;
    return finish(g_steal_pointer(&profile), path, error);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char **names_of(GKeyFile *file)
{
    g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);
    g_autofree char *path = sandbox_path();
    g_autoptr(GKeyFile) sandbox = load_file(path, NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; groups[i] != NULL; i++)
        g_ptr_array_add(names, g_strdup(groups[i]));
    if (sandbox != NULL && is_sandbox_alive(sandbox) && !g_key_file_has_group(file, SANDBOX))
        g_ptr_array_add(names, g_strdup(SANDBOX));
    g_ptr_array_sort(names, compare_names);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_steal(names, NULL);
}

char **profile_names(GError **error)
{
    g_autofree char *path = profiles_path();
    g_autoptr(GKeyFile) file = load_file(path, error);
    return file == NULL ? NULL : names_of(file);
}

static void set_not_found(GKeyFile *file, const char *path, const char *name, GError **error)
{
    g_auto(GStrv) names = names_of(file);
    g_autofree char *list = g_strjoinv(", ", names);
    g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND, "%s%s%s in %s; %s%s",
                name != NULL ? "there is no profile \""
                             : "no profile is chosen and there is no "
                               "[default",
                name != NULL ? name : "", name != NULL ? "\"" : "]", path,
                *list != '\0' ? "there are: "
                              : "there are none yet (try: redsmith sandbox start, then -p sandbox)",
                list);
}

Profile *profile_load(const char *name, GError **error)
{
    g_autofree char *path = profiles_path();
    g_autoptr(GKeyFile) file = load_file(path, error);
    if (file == NULL)
        return NULL;
    if (name == NULL)
        name = g_getenv("REDSMITH_PROFILE");
    if (name != NULL && *name == '\0')
        name = NULL;
    if (g_strcmp0(name, SANDBOX) == 0)
        return load_sandbox(error);
    if (name == NULL && g_key_file_has_group(file, "default"))
        name = "default";
    if (name != NULL && g_key_file_has_group(file, name))
        return load_from_file(file, path, name, error);
    if (g_getenv("PGHOST") != NULL && (name == NULL || strcmp(name, ENVIRONMENT) == 0))
        return finish(profile_new(ENVIRONMENT), "the environment", error);
    set_not_found(file, path, name, error);
    return NULL;
}

char *profile_describe(const Profile *profile)
{
    GString *out = g_string_new(NULL);
    for (const FieldRow *row = fields; row->name != NULL; row++) {
        g_autofree char *text = field_text(row, profile);
        if (text != NULL)
            g_string_append_printf(out, "%s = %s\n", row->name, text);
    }
    return g_string_free(out, FALSE);
}
