/* The statements that were run: written one line each, read newest first, without secrets. */
#include <glib/gstdio.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>

#include "redshift/query_history.h"

static char *state_dir;

static char *history_path(void)
{
    return g_build_filename(state_dir, "redsmith", "queries.jsonl", NULL);
}

static void add(const char *sql, const char *outcome, gint64 rows)
{
    g_autoptr(GError) error = NULL;
    QueryHistoryEntry entry = {1700000000, 12, rows, (char *)"dev", (char *)sql, (char *)outcome};
    g_assert_true(query_history_add(&entry, &error));
    g_assert_no_error(error);
}

static void forget(void)
{
    g_autofree char *path = history_path();
    g_unlink(path);
}

static void test_newest_first(void)
{
    forget();
    add("select 1", "done", 1);
    add("select\n'two'", "done", -1);
    add("selekt 3", "syntax error", -1);
    g_autoptr(GPtrArray) entries = query_history_read(2, NULL);
    g_assert_cmpuint(entries->len, ==, 2);
    const QueryHistoryEntry *last = entries->pdata[0], *before = entries->pdata[1];
    g_assert_cmpstr(last->sql, ==, "selekt 3");
    g_assert_cmpstr(last->outcome, ==, "syntax error");
    g_assert_cmpstr(before->sql, ==, "select\n'two'");
    g_assert_cmpint(before->rows, ==, -1);
    g_assert_cmpint(before->duration_ms, ==, 12);
    g_assert_cmpint(before->at, ==, 1700000000);
    g_assert_cmpstr(before->profile, ==, "dev");
}

static void test_no_secret_and_no_reader(void)
{
    forget();
    add("copy t from 's3://b/k' credentials 'aws_secret_access_key=HUSHHUSH'", "done", 0);
    add("alter user u password 'HUSHHUSH1'", "done", 0);
    g_autofree char *path = history_path();
    g_autofree char *bytes = NULL;
    struct stat status;
    g_assert_true(g_file_get_contents(path, &bytes, NULL, NULL));
    g_assert_null(strstr(bytes, "HUSHHUSH"));
    g_assert_nonnull(strstr(bytes, "copy t from"));
    g_assert_cmpint(stat(path, &status), ==, 0);
    g_assert_cmpuint(status.st_mode & 0777, ==, 0600);
}

static void test_what_is_no_entry_is_skipped(void)
{
    forget();
    add("select 1", "done", 1);
    g_autofree char *path = history_path();
    g_autofree char *bytes = NULL;
    g_file_get_contents(path, &bytes, NULL, NULL);
    g_autofree char *worse =
        g_strconcat("{}\nnot json\n", bytes, "{\"at\":1,\"sql\":7}\n{\"at\":", NULL);
    g_assert_true(g_file_set_contents(path, worse, -1, NULL));
    g_autoptr(GPtrArray) entries = query_history_read(10, NULL);
    g_assert_cmpuint(entries->len, ==, 1);
}

static void test_no_file_is_no_history(void)
{
    forget();
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) entries = query_history_read(10, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(entries->len, ==, 0);
}

static void test_a_long_file_is_cut_to_its_newer_half(void)
{
    forget();
    g_autofree char *filler = g_strnfill(1024 * 1024, 'x');
    for (int i = 0; i < 5; i++)
        add(filler, "done", i);
    g_autofree char *path = history_path();
    struct stat status;
    g_assert_cmpint(stat(path, &status), ==, 0);
    g_assert_cmpint(status.st_size, <, 4 * 1024 * 1024);
    g_autoptr(GPtrArray) entries = query_history_read(10, NULL);
    g_assert_cmpuint(entries->len, >=, 1);
    g_assert_cmpint(((QueryHistoryEntry *)entries->pdata[0])->rows, ==, 4);
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "C.UTF-8");
    state_dir = g_dir_make_tmp("redsmith-history-XXXXXX", NULL);
    g_setenv("XDG_STATE_HOME", state_dir, TRUE);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/query-history/newest-first", test_newest_first);
    g_test_add_func("/query-history/no-secret-and-no-reader", test_no_secret_and_no_reader);
    g_test_add_func("/query-history/what-is-no-entry-is-skipped", test_what_is_no_entry_is_skipped);
    g_test_add_func("/query-history/no-file-is-no-history", test_no_file_is_no_history);
    g_test_add_func("/query-history/a-long-file-is-cut", test_a_long_file_is_cut_to_its_newer_half);
    int status = g_test_run();
    forget();
    g_autofree char *folder = g_build_filename(state_dir, "redsmith", NULL);
    g_rmdir(folder);
    g_rmdir(state_dir);
    g_free(state_dir);
    return status;
}
