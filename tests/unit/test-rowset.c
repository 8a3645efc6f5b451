#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "base/error.h"
#include "redshift/rowset.h"

static const ResultColumn columns[] = {{(char *)"id", 23, -1}, {(char *)"name", 1043, 34}};

static void add_row(RowPage *page, const char *id, const char *name)
{
    g_autoptr(GError) error = NULL;
    const char *values[] = {id, name};
    int lengths[] = {id == NULL ? 0 : (int)strlen(id), name == NULL ? 0 : (int)strlen(name)};
    g_assert_true(row_page_add(page, 2, values, lengths, &error));
    g_assert_no_error(error);
}

static char *name_of(guint64 row)
{
    if (row % 7 == 0)
        return NULL;
    return row % 5 == 0 ? g_strdup("") : g_strdup_printf("the name of row %" G_GUINT64_FORMAT, row);
}

static gboolean fill(RowSet *rowset, guint64 from, guint64 to, guint page_rows, GError **error)
{
    while (from < to) {
        RowPage *page = row_page_new(2);
        for (guint i = 0; i < page_rows && from < to; i++, from++) {
            g_autofree char *id = g_strdup_printf("%" G_GUINT64_FORMAT, from);
            g_autofree char *name = name_of(from);
            add_row(page, id, name);
        }
        if (!rowset_take_page(rowset, page, error))
            return FALSE;
    }
    return TRUE;
}

static void check_row(RowSet *rowset, guint64 row)
{
    g_autoptr(GError) error = NULL;
    const char *bytes = NULL;
    gsize length = 0;
    gboolean is_null = FALSE;
    g_autofree char *id = g_strdup_printf("%" G_GUINT64_FORMAT, row);
    g_autofree char *name = name_of(row);
    g_assert_true(rowset_cell(rowset, row, 0, &bytes, &length, &is_null, &error));
    g_assert_cmpstr(bytes, ==, id);
    g_assert_cmpuint(length, ==, strlen(id));
    g_assert_true(rowset_cell(rowset, row, 1, &bytes, NULL, &is_null, &error));
    g_assert_cmpint(is_null, ==, name == NULL);
    g_assert_cmpstr(bytes, ==, name == NULL ? "" : name);
}

static void test_null_empty_and_bytes_are_kept(void)
{
    g_autoptr(RowSet) rowset = rowset_new(columns, 2, 0);
    g_autofree char *long_name = g_strnfill(70000, 'x');
    RowPage *page = row_page_new(2);
    add_row(page, "1", NULL);
    add_row(page, "2", "");
    add_row(page, NULL, "a\x1b\xff");
    add_row(page, "", long_name);
    g_assert_cmpuint(row_page_rows(page), ==, 4);
    g_assert_true(rowset_take_page(rowset, page, NULL));
    const char *bytes = NULL;
    gsize length = 0;
    gboolean is_null = FALSE;
    g_assert_true(rowset_cell(rowset, 0, 1, &bytes, &length, &is_null, NULL));
    g_assert_true(is_null);
    g_assert_true(rowset_cell(rowset, 1, 1, &bytes, &length, &is_null, NULL));
    g_assert_false(is_null);
    g_assert_cmpuint(length, ==, 0);
    g_assert_true(rowset_cell(rowset, 2, 1, &bytes, &length, &is_null, NULL));
    g_assert_cmpmem(bytes, length, "a\x1b\xff", 3);
    g_assert_true(rowset_cell(rowset, 2, 0, &bytes, &length, &is_null, NULL));
    g_assert_true(is_null);
    g_assert_true(rowset_cell(rowset, 3, 1, &bytes, &length, &is_null, NULL));
    g_assert_cmpuint(length, ==, 70000);
    g_assert_cmpstr(bytes, ==, long_name);
    g_assert_cmpstr(rowset_column(rowset, 1)->name, ==, "name");
}

static void test_memory_stays_bounded_and_every_row_is_reachable(void)
{
    static const guint page_rows[] = {1, 1000, 200000};
    const gsize limit = 1 << 20;
    for (gsize i = 0; i < G_N_ELEMENTS(page_rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(RowSet) rowset = rowset_new(columns, 2, limit);
        g_assert_true(fill(rowset, 0, 200000, page_rows[i], &error));
        g_assert_no_error(error);
        g_assert_cmpuint(rowset_n_rows(rowset), ==, 200000);
        g_assert_cmpuint(rowset_spilled(rowset), >, 2 << 20);
        g_assert_cmpuint(rowset_memory(rowset), <=, limit + (512 << 10));
        guint64 row = 1;
        for (guint n = 0; n < 2000; n++, row = (row * 7919 + 13) % 200000)
            check_row(rowset, row);
        g_assert_cmpuint(rowset_memory(rowset), <=, limit + (2 << 20));
        check_row(rowset, 0);
        check_row(rowset, 199999);
    }
}

static void test_rows_can_be_read_while_more_arrive(void)
{
    g_autoptr(RowSet) rowset = rowset_new(columns, 2, 1 << 20);
    for (guint64 from = 0; from < 100000; from += 10000) {
        g_assert_true(fill(rowset, from, from + 10000, 500, NULL));
        check_row(rowset, from);
        check_row(rowset, from / 2);
        check_row(rowset, from + 9999);
    }
}

static void test_a_full_disk_keeps_what_is_held(void)
{
    struct rlimit before, small;
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &before), ==, 0);
    small = before;
    small.rlim_cur = 600 << 10;
    signal(SIGXFSZ, SIG_IGN);
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &small), ==, 0);
    g_autoptr(GError) error = NULL;
    g_autoptr(RowSet) rowset = rowset_new(columns, 2, 1 << 20);
    gboolean filled = fill(rowset, 0, 200000, 1000, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    g_assert_false(filled);
    g_assert_error(error, RS_ERROR, RS_ERROR_LIMIT);
    guint64 n = rowset_n_rows(rowset);
    g_assert_cmpuint(n, >, 20000);
    g_assert_cmpuint(n, <, 200000);
    for (guint64 row = 0; row < n; row += 97)
        check_row(rowset, row);
    check_row(rowset, n - 1);
    /* There is room again: it goes on where it stopped. */
    g_clear_error(&error);
    g_assert_true(fill(rowset, n, n + 5000, 1000, &error));
    g_assert_cmpuint(rowset_n_rows(rowset), ==, n + 5000);
    check_row(rowset, n + 4999);
}

static void test_a_missing_tmpdir_is_no_obstacle(void)
{
    /* TMPDIR that does not exist: /tmp is the way out. */
    g_setenv("TMPDIR", "/nonexistent/folder", TRUE);
    g_autoptr(RowSet) rowset = rowset_new(columns, 2, 64 << 10);
    g_assert_true(fill(rowset, 0, 50000, 1000, NULL));
    g_assert_cmpuint(rowset_spilled(rowset), >, 0);
    check_row(rowset, 1);
    g_unsetenv("TMPDIR");
}

static void test_a_result_without_columns_has_rows(void)
{
    g_autoptr(RowSet) rowset = rowset_new(NULL, 0, 0);
    RowPage *page = row_page_new(0);
    g_assert_true(row_page_add(page, 0, NULL, NULL, NULL));
    g_assert_true(rowset_take_page(rowset, page, NULL));
    g_assert_true(rowset_take_page(rowset, row_page_new(0), NULL));
    g_assert_cmpuint(rowset_n_rows(rowset), ==, 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rowset/null-empty-and-bytes-are-kept", test_null_empty_and_bytes_are_kept);
    g_test_add_func("/rowset/memory-stays-bounded-and-every-row-is-reachable",
                    test_memory_stays_bounded_and_every_row_is_reachable);
    g_test_add_func("/rowset/rows-can-be-read-while-more-arrive",
                    test_rows_can_be_read_while_more_arrive);
    g_test_add_func("/rowset/a-full-disk-keeps-what-is-held", test_a_full_disk_keeps_what_is_held);
    g_test_add_func("/rowset/a-missing-tmpdir-is-no-obstacle",
                    test_a_missing_tmpdir_is_no_obstacle);
    g_test_add_func("/rowset/a-result-without-columns-has-rows",
                    test_a_result_without_columns_has_rows);
    return g_test_run();
}
