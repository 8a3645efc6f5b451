#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "config/ini.h"
#include "config/profile_file.h"

static char *home; /* a fresh folder per test */

static void set_up(gpointer *fixture, gconstpointer data)
{
    static const char *const cleared[] = {"PGHOST", "PGUSER", "PGPASSWORD", "AWS_REGION",
                                          "REDSMITH_PROFILE"};
    for (gsize i = 0; i < G_N_ELEMENTS(cleared); i++)
        g_unsetenv(cleared[i]);
    home = g_dir_make_tmp("redsmith-profile-XXXXXX", NULL);
    g_setenv("XDG_CONFIG_HOME", home, TRUE);
    g_setenv("XDG_STATE_HOME", home, TRUE);
}

static void tear_down(gpointer *fixture, gconstpointer data)
{
    static const char *const names[] = {"redsmith/profiles.conf", "redsmith/profiles.conf.lock",
                                        "redsmith", "real.conf", ""};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(home, names[i], NULL);
        g_remove(path);
    }
    g_clear_pointer(&home, g_free);
}

static void write_profiles(const char *text, int mode)
{
    g_autofree char *path = profile_file_path(), *dir = g_path_get_dirname(path);
    g_assert_cmpint(g_mkdir_with_parents(dir, 0700), ==, 0);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    g_assert_cmpint(g_chmod(path, mode), ==, 0);
}

static void assert_profiles(const char *expected)
{
    g_autofree char *path = profile_file_path(), *text = NULL;
    struct stat status;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, expected);
    g_assert_cmpint(stat(path, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 0777, ==, 0600);
}

static Profile *profile_of(const char *name, const char *host, const char *user)
{
    Profile *profile = profile_new(name);
    profile->host = g_strdup(host);
    profile->user = g_strdup(user);
    return profile;
}

static void test_a_change_keeps_what_is_not_its_own(gpointer *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    write_profiles("# mine\n[a]\nhost = x\n# of the port\nport = 1\n\n# of b\n[b]\nhost=y\n", 0644);
    g_autoptr(Profile) profile = profile_of("a", "new", "ana");
    profile->production = TRUE;
    profile_file_save(profile, TRUE, FALSE, &error);
    g_assert_no_error(error);
    assert_profiles("# mine\n[a]\nhost = new\nuser = ana\nproduction = true\n# of the port\n\n"
                    "# of b\n[b]\nhost=y\n");
    g_autoptr(Profile) other = profile_of("c", "z", "u");
    g_assert_true(profile_file_save(other, FALSE, FALSE, NULL));
    g_assert_true(profile_file_rename("c", "d", NULL));
    g_assert_true(profile_file_remove("a", NULL));
    assert_profiles("# of b\n[b]\nhost=y\n\n[d]\nhost = z\nuser = u\n");
}

static void test_secrets_are_written_on_request_only(gpointer *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) profile = profile_of("p", "h", "u");
    profile->password = secret_new("hunter2", -1);
    g_assert_true(profile_file_save(profile, FALSE, FALSE, NULL));
    assert_profiles("[p]\nhost = h\nuser = u\n");
    g_assert_true(profile_file_save(profile, TRUE, TRUE, NULL));
    assert_profiles("[p]\nhost = h\nuser = u\npassword = hunter2\n");
    g_autoptr(Profile) back = profile_file_load("p", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(secret_peek(back->password), ==, "hunter2");
    g_autofree char *path = profile_file_path();
    g_chmod(path, 0644);
    g_assert_null(profile_file_load("p", &error));
    g_assert_nonnull(strstr(error->message, "chmod 600"));
}

static void test_wrong_changes_change_nothing(gpointer *fixture, gconstpointer data)
{
    const char *text = "[a]\nhost = x\nuser = u\n";
    g_autoptr(GError) error = NULL;
    write_profiles(text, 0600);
    g_autoptr(Profile) same = profile_of("a", "y", "u");
    g_assert_false(profile_file_save(same, FALSE, FALSE, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_EXISTS);
    g_clear_error(&error);
    static const char *const names[] = {"sandbox", "environment", "", " a", "a]b", "a\nb"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(Profile) bad = profile_of(names[i], "h", "u");
        g_assert_false(profile_file_save(bad, FALSE, FALSE, &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_CONFIG);
        g_clear_error(&error);
    }
    g_assert_false(profile_file_remove("b", &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_false(profile_file_rename("a", "a", &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_EXISTS);
    g_clear_error(&error);
    g_autoptr(Profile) contradictory = profile_of("c", "h", "u");
    contradictory->transport = g_strdup("data-api");
    g_assert_false(profile_file_save(contradictory, FALSE, FALSE, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CONFIG);
    assert_profiles(text);
}

static void test_a_link_stays_a_link(gpointer *fixture, gconstpointer data)
{
    g_autofree char *path = profile_file_path(), *dir = g_path_get_dirname(path);
    g_autofree char *real = g_build_filename(home, "real.conf", NULL);
    g_assert_cmpint(g_mkdir_with_parents(dir, 0700), ==, 0);
    g_assert_true(g_file_set_contents(real, "[a]\nhost = x\nuser = u\n", -1, NULL));
    g_assert_cmpint(symlink(real, path), ==, 0);
    g_assert_true(profile_file_remove("a", NULL));
    g_assert_true(g_file_test(path, G_FILE_TEST_IS_SYMLINK));
    assert_profiles("");
}

static void test_errors_name_the_line(gpointer *fixture, gconstpointer data)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"[p]\nhost = h\nuser = u\nport = 0\n",
         "profiles.conf:4: [p] port is \"0\"; expected 1 to"},
        {"# c\n[p]\nhosst = h\n",
         "profiles.conf:3: [p] hosst is not a setting of a profile; did you "
         "mean host"},
        {"[p]\nzzzzzzz = h\n", "there are: host, port"},
        {"[p]\nhost = h\nhost = i\n", "profiles.conf:3: [p] host is given a second time"},
        {"[p]\nhost = h\n\ntransport = data-api\n", "profiles.conf:2: [p] host is given with"},
        {"[p]\nhost\n", "profiles.conf:2: expected [group]"},
        {"host = h\n", "profiles.conf:1: expected a [group]"},
        {"[p]\nuser = u\n", "profiles.conf: [p] host is missing"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        write_profiles(cases[i].text, 0600);
        g_assert_null(profile_load("p", &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_CONFIG);
        g_test_message("%s", error->message);
        g_assert_nonnull(strstr(error->message, cases[i].expected));
    }
}

static void test_what_the_login_finds_out_is_left_to_it(gpointer *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_setenv("PGHOST", "other", TRUE);
    g_setenv("PGUSER", "somebody", TRUE);
    g_setenv("AWS_REGION", "us-east-1", TRUE);
    write_profiles("[s]\nsecret_arn = x\n"
                   "[i]\nauth = iam\nhost = c.abc.eu-west-1.redshift.amazonaws.com\n"
                   "[w]\nworkgroup_name = w\n",
                   0600);
    g_autoptr(Profile) secret = profile_load("s", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(secret->auth, ==, "secret");
    g_assert_null(secret->host);
    g_assert_null(secret->user);
    g_assert_null(secret->database);
    g_assert_cmpint(secret->port, ==, 0);
    g_autoptr(Profile) iam = profile_load("i", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(iam->cluster_identifier, ==, "c");
    g_assert_cmpstr(iam->region, ==, "eu-west-1");
    g_assert_null(iam->user);
    g_assert_cmpint(iam->port, ==, 5439);
    g_autoptr(Profile) serverless = profile_load("w", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(serverless->auth, ==, "serverless");
    g_assert_cmpstr(serverless->region, ==, "us-east-1");
    g_assert_null(serverless->host);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *path;
        void (*test)(gpointer *fixture, gconstpointer data);
    } tests[] = {
        {"/profile-file/a-change-keeps-what-is-not-its-own",
         test_a_change_keeps_what_is_not_its_own},
        {"/profile-file/secrets-are-written-on-request-only",
         test_secrets_are_written_on_request_only},
        {"/profile-file/wrong-changes-change-nothing", test_wrong_changes_change_nothing},
        {"/profile-file/a-link-stays-a-link", test_a_link_stays_a_link},
        {"/profile-file/errors-name-the-line", test_errors_name_the_line},
        {"/profile-file/what-the-login-finds-out-is-left-to-it",
         test_what_the_login_finds_out_is_left_to_it},
    };
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].path, gpointer, NULL, set_up, tests[i].test, tear_down);
    return g_test_run();
}
