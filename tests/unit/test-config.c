#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "config/keyring.h"
#include "config/paths.h"
#include "config/profile.h"
#include "config/settings.h"

static char *home; /* a fresh folder per test */

static void write_file(const char *name, const char *text, int mode)
{
    g_autofree char *path = g_build_filename(home, name, NULL);
    g_autofree char *dir = g_path_get_dirname(path);
    g_assert_cmpint(g_mkdir_with_parents(dir, 0700), ==, 0);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_assert_cmpint(g_chmod(path, mode), ==, 0);
}

static void set_up(gpointer *fixture, gconstpointer data)
{
    static const char *const cleared[] = {
        "PGHOST",           "PGPORT",           "PGDATABASE",          "PGUSER",
        "PGPASSWORD",       "PGSSLMODE",        "PGSSLROOTCERT",       "AWS_REGION",
        "AWS_PROFILE",      "AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION",  "REDSMITH_IAM_ROLE",
        "REDSMITH_TEMPDIR", "REDSMITH_PROFILE", "REDSMITH_SANDBOX_DIR"};
    for (gsize i = 0; i < G_N_ELEMENTS(cleared); i++)
        g_unsetenv(cleared[i]);
    home = g_dir_make_tmp("redsmith-config-XXXXXX", NULL);
    g_setenv("XDG_CONFIG_HOME", home, TRUE);
    g_setenv("XDG_STATE_HOME", home, TRUE);
}

static void tear_down(gpointer *fixture, gconstpointer data)
{
    static const char *const names[] = {"redsmith/profiles.conf",
                                        "redsmith/redsmith.conf",
                                        "redsmith/sandbox/sandbox.ini",
                                        "redsmith/sandbox",
                                        "redsmith",
                                        "made/deep",
                                        "made",
                                        ""};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(home, names[i], NULL);
        g_remove(path);
    }
    g_clear_pointer(&home, g_free);
}

static void write_profiles(const char *text, int mode)
{
    write_file("redsmith/profiles.conf", text, mode);
}

static void test_a_profile_and_its_defaults(gpointer *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    write_profiles("[work]\nhost=c.example\nuser=ana\nschema_filter = public, sales ,\n"
                   "statement_timeout=5min\nread_only=yes\ntempdir=s3://b/tmp\n",
                   0644);
    g_autoptr(Profile) profile = profile_load("work", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(profile->host, ==, "c.example");
    g_assert_cmpint(profile->port, ==, 5439);
    g_assert_cmpstr(profile->database, ==, "dev");
    g_assert_cmpstr(profile->sslmode, ==, "verify-full");
    g_assert_cmpstr(profile->transport, ==, "wire");
    g_assert_cmpstr(profile->auth, ==, "pgpass");
    g_assert_cmpint(profile->statement_timeout_ms, ==, 300000);
    g_assert_cmpint(profile->connect_timeout_ms, ==, 10000);
    g_assert_cmpint(profile->keepalive_s, ==, 60);
    g_assert_true(profile->read_only);
    g_assert_false(profile->production);
    g_assert_cmpstr(profile->schema_filter[1], ==, "sales");
    g_assert_null(profile->schema_filter[2]);
    g_assert_null(profile->password);
}

static void test_wrong_profiles_are_refused(gpointer *fixture, gconstpointer data)
{
    static const struct {
        const char *body;
        int code;
        const char *named;
    } cases[] = {
        {"hosst=x\nuser=a\n", RS_ERROR_CONFIG, "hosst"},
        {"host=x\nuser=a\nport=0\n", RS_ERROR_CONFIG, "1 to 65535"},
        {"host=x\nuser=a\nport=5439x\n", RS_ERROR_CONFIG, "port"},
        {"host=x\nuser=a\nsslmode=maybe\n", RS_ERROR_CONFIG, "verify-full"},
        {"host=x\nuser=a\nread_only=perhaps\n", RS_ERROR_CONFIG, "true or false"},
        {"host=x\nuser=a\nstatement_timeout=30\n", RS_ERROR_CONFIG, "unit"},
        {"host=x\nuser=a\nkeepalive=300\n", RS_ERROR_CONFIG, "5 to 299"},
        {"host=x\nuser=a\ntempdir=/tmp\n", RS_ERROR_CONFIG, "s3://"},
        {"host=x\nuser=a\nendpoint_url=localhost\n", RS_ERROR_CONFIG, "http"},
        {"host=x\nuser=a\nauth=magic\n", RS_ERROR_CONFIG, "keyring"},
        {"host=x\nuser=a\ntransport=http\n", RS_ERROR_CONFIG, "data-api"},
        {"auth=secret\nsecret_arn=s\npoll_interval=0.5\n", RS_ERROR_CONFIG, "100ms to 1min"},
        {"user=a\n", RS_ERROR_CONFIG, "host"},
        {"host=x\n", RS_ERROR_CONFIG, "user"},
        {"no equals sign\n", RS_ERROR_CONFIG, "profiles.conf"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = g_strconcat("[p]\n", cases[i].body, NULL);
        write_profiles(text, 0600);
        g_test_message("%s", cases[i].body);
        g_assert_null(profile_load("p", &error));
        g_assert_error(error, RS_ERROR, cases[i].code);
        g_assert_nonnull(strstr(error->message, cases[i].named));
        g_assert_nonnull(strstr(error->message, "profiles.conf"));
    }
}

static void test_a_password_needs_a_private_file(gpointer *fixture, gconstpointer data)
{
    const char *text = "[p]\nhost=x\nuser=a\npassword=se\\cret\n";
    g_autoptr(GError) error = NULL;
    write_profiles(text, 0640);
    g_assert_null(profile_load("p", &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CONFIG);
    g_assert_nonnull(strstr(error->message, "chmod 600"));
    g_clear_error(&error);

    write_profiles(text, 0600);
    g_autoptr(Profile) profile = profile_load("p", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(secret_peek(profile->password), ==, "se\\cret");
    g_assert_cmpstr(profile->auth, ==, "password");
    g_autofree char *text_shown = profile_describe(profile);
    g_assert_null(strstr(text_shown, "cret"));
    g_assert_nonnull(strstr(text_shown, "password = (set)"));
}

static void test_the_environment_fills_the_gaps(gpointer *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    write_profiles("[p]\nhost=mine\nuser=a\n", 0644);
    g_setenv("PGHOST", "other", TRUE);
    g_setenv("PGPORT", "5555", TRUE);
    g_setenv("PGPASSWORD", "pw", TRUE);
    g_setenv("AWS_REGION", "eu-west-1", TRUE);
    g_setenv("REDSMITH_TEMPDIR", "s3://b/t", TRUE);
    g_setenv("REDSMITH_IAM_ROLE", "default", TRUE);
    g_autoptr(Profile) profile = profile_load("p", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(profile->host, ==, "mine");
    g_assert_cmpint(profile->port, ==, 5555);
    g_assert_cmpstr(secret_peek(profile->password), ==, "pw");
    g_assert_cmpstr(profile->region, ==, "eu-west-1");
    g_assert_cmpstr(profile->tempdir, ==, "s3://b/t");
    g_assert_cmpstr(profile->aws_iam_role, ==, "default");

    g_setenv("PGUSER", "eva", TRUE);
    g_autoptr(Profile) made = profile_load(NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(made->name, ==, "environment");
    g_assert_cmpstr(made->host, ==, "other");
    g_setenv("PGPORT", "many", TRUE);
    g_assert_null(profile_load(NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CONFIG);
    g_assert_nonnull(strstr(error->message, "PGPORT"));
}

static void test_which_profile_is_the_default(gpointer *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(profile_load(NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_NOT_FOUND);
    g_clear_error(&error);
    write_profiles("[two]\nhost=t\nuser=a\n", 0644);
    g_assert_null(profile_load(NULL, &error));
    g_assert_nonnull(strstr(error->message, "choose one with -p: two"));
    g_clear_error(&error);
    write_profiles("[default]\nhost=d\nuser=a\n[two]\nhost=t\nuser=a\n", 0644);
    g_autoptr(Profile) by_file = profile_load(NULL, NULL);
    g_assert_cmpstr(by_file->name, ==, "default");
    g_setenv("REDSMITH_PROFILE", "two", TRUE);
    g_autoptr(Profile) by_variable = profile_load(NULL, NULL);
    g_assert_cmpstr(by_variable->host, ==, "t");
    g_assert_null(profile_load("three", &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_NOT_FOUND);
    g_assert_nonnull(strstr(error->message, "default, two"));
    g_auto(GStrv) names = profile_names(NULL);
    g_assert_cmpuint(g_strv_length(names), ==, 2);
}

static void write_sandbox(int pid)
{
    g_autofree char *text = g_strdup_printf(
        "[sandbox]\nhost=127.0.0.1\nport=15439\ndatabase=dev\nuser=awsuser\npassword=pa\\\\ss\n"
        "endpoint_url=http://127.0.0.1:9000\nregion=us-east-1\naccess_key_id=AK\n"
        "secret_access_key=SK\niam_role=arn:aws:iam::123456789012:role/r\n"
        "tempdir=s3://sandbox-stage/tmp\nsslmode=disable\naccount_id=123456789012\n"
        "[parts]\nsupervisor_pid=%d\n",
        pid);
    write_file("redsmith/sandbox/sandbox.ini", text, 0600);
}

static void test_the_sandbox_needs_no_file_of_ours(gpointer *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(profile_load("sandbox", &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_NOT_FOUND);
    g_assert_nonnull(strstr(error->message, "redsmith sandbox start"));
    g_clear_error(&error);

    write_sandbox(getpid());
    g_autoptr(Profile) profile = profile_load("sandbox", &error);
    g_assert_no_error(error);
    g_assert_cmpint(profile->port, ==, 15439);
    g_assert_cmpstr(profile->sslmode, ==, "disable");
    g_assert_cmpstr(profile->auth, ==, "password");
    g_assert_cmpstr(profile->aws_iam_role, ==, "arn:aws:iam::123456789012:role/r");
    g_assert_cmpstr(profile->access_key_id, ==, "AK");
    g_assert_cmpstr(secret_peek(profile->secret_access_key), ==, "SK");
    g_assert_cmpstr(secret_peek(profile->password), ==, "pa\\ss");
    g_auto(GStrv) names = profile_names(NULL);
    g_assert_true(g_strv_contains((const char *const *)names, "sandbox"));
    g_assert_cmpstr(profile->tempdir, ==, "s3://sandbox-stage/tmp");

    write_sandbox(0);
    g_assert_null(profile_load("sandbox", &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_NOT_FOUND);
}

static void test_every_field_is_told(gpointer *fixture, gconstpointer data)
{
    const FieldRow *tables[] = {profile_fields(), settings_fields()};
    for (gsize i = 0; i < G_N_ELEMENTS(tables); i++)
        for (const FieldRow *row = tables[i]; row->name != NULL; row++) {
            g_autofree char *range = field_range(row);
            g_assert_cmpuint(strlen(range), >, 0);
            g_assert_cmpuint(strlen(row->sentence), >, 10);
        }
}

static void test_settings(gpointer *fixture, gconstpointer data)
{
    static const char *const bad[] = {
        "[redsmith]\npreview_rows=0\n",
        "[redsmith]\nborders=thick\n",
        "[redsmith]\ncolor=red\n",
        "[other]\ntheme=x\n",
        "theme=x\n",
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(Settings) defaults = settings_load(&error);
    g_assert_no_error(error);
    g_assert_cmpint(defaults->preview_rows, ==, 1000);
    g_assert_cmpstr(defaults->empty_marker, ==, "''");
    write_file("redsmith/redsmith.conf", "# mine\n[redsmith]\npreview_rows = 50\ntheme=dark\n",
               0644);
    g_autoptr(Settings) settings = settings_load(&error);
    g_assert_no_error(error);
    g_assert_cmpint(settings->preview_rows, ==, 50);
    g_assert_cmpstr(settings->theme, ==, "dark");
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_clear_error(&error);
        write_file("redsmith/redsmith.conf", bad[i], 0644);
        g_assert_null(settings_load(&error));
        g_assert_error(error, RS_ERROR, RS_ERROR_CONFIG);
    }
}

static void test_folders_are_private(gpointer *fixture, gconstpointer data)
{
    struct stat status;
    g_autofree char *folder = g_build_filename(home, "made", "deep", NULL);
    g_assert_true(paths_make(folder, NULL));
    g_assert_true(paths_make(folder, NULL));
    g_assert_cmpint(stat(folder, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 0777, ==, 0700);
    g_autoptr(GError) error = NULL;
    g_assert_false(paths_make("/proc/nowhere/x", &error));
    g_assert_nonnull(error);
    g_setenv("XDG_STATE_HOME", "relative", TRUE);
    g_autofree char *state = paths_state_dir();
    g_assert_true(g_path_is_absolute(state));
    g_setenv("REDSMITH_SANDBOX_DIR", "/tmp/box", TRUE);
    g_autofree char *sandbox = paths_sandbox_dir();
    g_assert_cmpstr(sandbox, ==, "/tmp/box");
}

static void test_no_session_bus_is_no_keyring(gpointer *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *bus = g_strdup(g_getenv("DBUS_SESSION_BUS_ADDRESS"));
    g_setenv("DBUS_SESSION_BUS_ADDRESS", "", TRUE);
    gint64 before = g_get_monotonic_time();
    g_assert_null(keyring_lookup("h", 5439, "u", KEYRING_DEADLINE_MS, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_UNSUPPORTED);
    g_assert_cmpint(g_get_monotonic_time() - before, <, G_USEC_PER_SEC);
    g_assert_false(keyring_forget("h", 5439, "u", KEYRING_DEADLINE_MS, NULL, NULL));
    if (bus != NULL)
        g_setenv("DBUS_SESSION_BUS_ADDRESS", bus, TRUE);
    else
        g_unsetenv("DBUS_SESSION_BUS_ADDRESS");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*test)(gpointer *fixture, gconstpointer data);
    } tests[] = {
        {"/profile/a-profile-and-its-defaults", test_a_profile_and_its_defaults},
        {"/profile/wrong-ones-are-refused", test_wrong_profiles_are_refused},
        {"/profile/a-password-needs-a-private-file", test_a_password_needs_a_private_file},
        {"/profile/the-environment-fills-the-gaps", test_the_environment_fills_the_gaps},
        {"/profile/which-is-the-default", test_which_profile_is_the_default},
        {"/profile/the-sandbox-needs-no-file", test_the_sandbox_needs_no_file_of_ours},
        {"/config/every-field-is-told", test_every_field_is_told},
        {"/config/settings", test_settings},
        {"/config/folders-are-private", test_folders_are_private},
        {"/config/no-session-bus-is-no-keyring", test_no_session_bus_is_no_keyring},
    };
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].path, gpointer, NULL, set_up, tests[i].test, tear_down);
    return g_test_run();
}
