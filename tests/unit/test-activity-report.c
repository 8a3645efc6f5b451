/* The lock tree: who waits for whom, out of a list of locks. */
#include <locale.h>

#include "redshift/activity_report.h"

#define MAX_LOCKS 6

typedef struct {
    int pid;
    gint64 relation;
    const char *mode;
    gboolean granted;
} Given;

typedef struct {
    const char *name;
    Given locks[MAX_LOCKS];
    const char *expected; /* "pid state waits-for" with the pid's indent, separated by '|' */
} Case;

#define SHARE "AccessShareLock"
#define WRITE "ShareRowExclusiveLock"
#define EXCLUSIVE "AccessExclusiveLock"

static const Case cases[] = {
    {"no locks, no rows", {{0}}, ""},
    {"holders that block nobody are listed",
     {{1, 7, SHARE, TRUE}, {2, 7, SHARE, TRUE}},
     "1 holds -|2 holds -"},
    {"a writer waits for a writer",
     {{1, 7, WRITE, TRUE}, {2, 7, WRITE, FALSE}},
     "1 holds -|  2 waits 1"},
    {"a reader does not wait for a writer",
     {{1, 7, WRITE, TRUE}, {2, 7, SHARE, TRUE}},
     "1 holds -|2 holds -"},
    {"another table is no reason to wait",
     {{1, 7, WRITE, TRUE}, {2, 8, WRITE, FALSE}},
     "1 holds -|2 waits -"},
    {"a chain is indented step by step",
     {{3, 9, WRITE, FALSE}, {2, 9, WRITE, TRUE}, {2, 7, EXCLUSIVE, FALSE}, {1, 7, SHARE, TRUE}},
     "1 holds -|  2 waits 1|    3 waits 2|2 holds -"},
    {"two wait for one",
     {{1, 7, EXCLUSIVE, TRUE}, {2, 7, SHARE, FALSE}, {3, 7, SHARE, FALSE}},
     "1 holds -|  2 waits 1|  3 waits 1"},
    {"a circle ends where it closes",
     {{1, 7, WRITE, TRUE}, {1, 8, WRITE, FALSE}, {2, 8, WRITE, TRUE}, {2, 7, WRITE, FALSE}},
     "1 holds -|  2 waits 1|    1 waits 2|2 holds -"},
};

static void lock_free(gpointer data)
{
    g_free(data);
}

static GPtrArray *locks_of(const Case *one)
{
    GPtrArray *locks = g_ptr_array_new_with_free_func(lock_free);
    for (guint i = 0; i < MAX_LOCKS && one->locks[i].pid != 0; i++) {
        const Given *given = &one->locks[i];
        ActivityLock *lock = g_new0(ActivityLock, 1);
        lock->pid = given->pid;
        lock->relation_id = given->relation;
        lock->mode = (char *)given->mode;
        lock->granted = given->granted;
        g_ptr_array_add(locks, lock);
    }
    return locks;
}

static void test_tree(gconstpointer data)
{
    const Case *one = data;
    g_autoptr(GPtrArray) locks = locks_of(one);
    g_autoptr(GHashTable) statements = g_hash_table_new(NULL, NULL);
    g_autoptr(GPtrArray) rows = activity_lock_tree(locks, statements);
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < rows->len; i++) {
        char **cells = rows->pdata[i];
        g_string_append_printf(text, "%s%s %s %s", i > 0 ? "|" : "", cells[0], cells[2],
                               cells[3] != NULL ? cells[3] : "-");
    }
    g_assert_cmpstr(text->str, ==, one->expected);
}

static void test_statements_go_with_their_session(void)
{
    static const Case one = {"", {{5, 7, WRITE, TRUE}}, ""};
    g_autoptr(GPtrArray) locks = locks_of(&one);
    g_autoptr(GHashTable) statements = g_hash_table_new(NULL, NULL);
    g_hash_table_insert(statements, GINT_TO_POINTER(5), (gpointer) "DELETE FROM t");
    g_autoptr(GPtrArray) rows = activity_lock_tree(locks, statements);
    g_assert_cmpuint(rows->len, ==, 1);
    g_assert_cmpstr(((char **)rows->pdata[0])[8], ==, "DELETE FROM t");
}

static void test_modes(void)
{
    static const struct {
        const char *held, *wanted;
        gboolean conflict;
    } pairs[] = {
        {SHARE, SHARE, FALSE},
        {SHARE, WRITE, FALSE},
        {SHARE, EXCLUSIVE, TRUE},
        {WRITE, WRITE, TRUE},
        {WRITE, EXCLUSIVE, TRUE},
        {EXCLUSIVE, SHARE, TRUE},
        {"RowExclusiveLock", "RowExclusiveLock", FALSE},
        {"RowExclusiveLock", WRITE, TRUE},
        {"ShareLock", "ShareLock", FALSE},
        {"a mode of later times", SHARE, TRUE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(pairs); i++) {
        g_test_message("%s against %s", pairs[i].held, pairs[i].wanted);
        g_assert_cmpint(activity_modes_conflict(pairs[i].held, pairs[i].wanted), ==,
                        pairs[i].conflict);
    }
}

static void test_every_pane_names_its_columns(void)
{
    for (guint i = 0; i < ACTIVITY_KINDS; i++) {
        const ActivityPane *pane = activity_pane((ActivityKind)i);
        ActivityKind found;
        g_assert_true(activity_kind_from_name(pane->name, &found));
        g_assert_cmpuint(found, ==, i);
        int n = (int)activity_pane_columns(pane);
        g_assert_cmpint(pane->pid, <, n);
        g_assert_cmpint(pane->statement, <, n);
        if (pane->pid >= 0)
            g_assert_cmpstr(pane->columns[pane->pid].name, ==, "pid");
        if (pane->statement >= 0)
            g_assert_cmpstr(pane->columns[pane->statement].name, ==, "statement");
    }
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "C.UTF-8");
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/activity/tree/%s", cases[i].name);
        g_test_add_data_func(path, &cases[i], test_tree);
    }
    g_test_add_func("/activity/statements-go-with-their-session",
                    test_statements_go_with_their_session);
    g_test_add_func("/activity/modes-conflict-as-the-manual-says", test_modes);
    g_test_add_func("/activity/every-pane-names-its-columns", test_every_pane_names_its_columns);
    return g_test_run();
}
