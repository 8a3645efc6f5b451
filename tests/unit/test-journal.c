#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "job/journal.h"

static Plan *small_plan(void)
{
    Plan *plan = plan_new("write", "sandbox");
    plan->title = g_strdup("write a into b");
    plan_add_step(plan, STEP_READ, "read");
    plan_add_step(plan, STEP_SQL, "sql");
    return plan;
}

static char *file_of(const char *id)
{
    g_autofree char *folder = journal_folder();
    g_autofree char *name = g_strconcat(id, ".jsonl", NULL);
    return g_build_filename(folder, name, NULL);
}

static void write_step(Journal *journal, const char *event, int step)
{
    g_autoptr(GError) error = NULL;
    cJSON *json = journal_event(event);
    cJSON_AddNumberToObject(json, "step", step);
    g_assert_true(journal_write(journal, json, &error));
    g_assert_no_error(error);
}

/* A journal of a plan, with step 0 done and step 1 begun; its id. */
static char *make_journal(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = small_plan();
    g_autoptr(Journal) journal = journal_create(plan, &error);
    g_assert_no_error(error);
    write_step(journal, "begin", 0);
    write_step(journal, "done", 0);
    write_step(journal, "begin", 1);
    g_assert_true(journal_write_note(journal, 1, "sent", "42", &error));
    return g_strdup(plan->id);
}

static void test_reopened_journal_says_what_was_written(void)
{
    g_autofree char *id = make_journal();
    g_autoptr(GError) error = NULL;
    g_autoptr(Journal) journal = journal_open(id, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(journal_plan(journal)->id, ==, id);
    g_assert_true(journal_step_done(journal, 0));
    g_assert_false(journal_step_done(journal, 1));
    g_assert_true(journal_step_begun(journal, 1));
    g_assert_cmpint(journal_attempts(journal, 1), ==, 1);
    g_assert_cmpstr(journal_note(journal, "sent"), ==, "42");
    g_assert_null(journal_note(journal, "other"));
}

static void test_torn_last_line_is_dropped(void)
{
    static const char *const tails[] = {"{\"event\":\"done\",\"st", "{\"event\":\"done\",\"st\n",
                                        "garbage", "\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(tails); i++) {
        g_autofree char *id = make_journal();
        g_autofree char *path = file_of(id);
        int fd = g_open(path, O_WRONLY | O_APPEND, 0);
        g_assert_cmpint(write(fd, tails[i], strlen(tails[i])), ==, (gssize)strlen(tails[i]));
        close(fd);
        g_autoptr(GError) error = NULL;
        g_autoptr(Journal) journal = journal_open(id, &error);
        g_assert_no_error(error);
        g_assert_false(journal_step_done(journal, 1));
        write_step(journal, "done", 1);
        g_clear_pointer(&journal, journal_free);
        journal = journal_open(id, &error);
        g_assert_no_error(error);
        g_assert_true(journal_step_done(journal, 1));
    }
}

static void test_bad_line_in_the_middle_is_corrupt(void)
{
    g_autofree char *id = make_journal();
    g_autofree char *path = file_of(id);
    int fd = g_open(path, O_WRONLY | O_APPEND, 0);
    g_assert_cmpint(write(fd, "oops\n{\"event\":\"x\"}\n", 19), ==, 19);
    close(fd);
    g_autoptr(GError) error = NULL;
    g_assert_null(journal_open(id, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CORRUPT);
    g_unlink(path);
}

static void test_one_process_holds_a_job(void)
{
    g_autofree char *id = make_journal();
    g_autoptr(GError) error = NULL;
    g_autoptr(Journal) journal = journal_open(id, &error);
    g_assert_nonnull(journal);
    g_assert_no_error(error);
    g_assert_null(journal_open(id, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CONFLICT);
    g_autofree char *pid = g_strdup_printf("%d", (int)getpid());
    g_assert_nonnull(strstr(error->message, pid));
}

static void test_ids_by_prefix(void)
{
    g_autofree char *id = make_journal();
    g_autoptr(GError) error = NULL;
    g_autofree char *prefix = g_strndup(id, 7);
    g_autoptr(Journal) journal = journal_open(prefix, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(journal_plan(journal)->id, ==, id);
    g_assert_null(journal_open("zzzz", &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_assert_null(journal_open("", &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_NOT_FOUND);
}

static void test_an_id_is_taken_once(void)
{
    g_autoptr(Plan) plan = small_plan();
    g_autoptr(GError) error = NULL;
    g_autoptr(Journal) journal = journal_create(plan, &error);
    g_assert_nonnull(journal);
    g_assert_no_error(error);
    g_assert_null(journal_create(plan, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_EXISTS);
}

static void test_credentials_are_masked_and_such_a_plan_is_marked(void)
{
    g_autoptr(Plan) plan = small_plan();
    plan_step_add_action(plan->steps->pdata[1], ACTION_SQL, "sql",
                         "COPY t FROM 's3://b' ACCESS_KEY_ID 'AK' SECRET_ACCESS_KEY 'hush'");
    g_autoptr(GError) error = NULL;
    g_autoptr(Journal) journal = journal_create(plan, &error);
    g_assert_no_error(error);
    const PlanStep *step = journal_plan(journal)->steps->pdata[1];
    g_assert_nonnull(strstr(((PlanAction *)step->actions->pdata[0])->sql, "hush"));
    g_assert_false(journal_plan_is_masked(journal));
    g_assert_true(journal_write_note(journal, 0, "url", "https://user:hush@host/", &error));
    g_clear_pointer(&journal, journal_free);

    g_autofree char *path = file_of(plan->id);
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_null(strstr(text, "hush"));
    journal = journal_open(plan->id, &error);
    g_assert_no_error(error);
    g_assert_true(journal_plan_is_masked(journal));
}

/* The journal's file may not grow past a few bytes more: as on a full disk. In a child, because the
 * limit cannot be raised again. */
static void test_full_disk_stops_the_job_and_leaves_whole_lines(void)
{
    g_autofree char *id = make_journal();
    g_autofree char *path = file_of(id);
    pid_t child = fork();
    if (child == 0) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Journal) journal = journal_open(id, &error);
        GStatBuf status;
        if (journal == NULL || g_stat(path, &status) != 0)
            _exit(2);
        struct rlimit limit = {(rlim_t)status.st_size + 20, (rlim_t)status.st_size + 20};
        signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
            _exit(3);
        gboolean ok = journal_write_note(journal, 1, "rows", "1234567890", &error);
        _exit(!ok && error != NULL && journal_note(journal, "rows") == NULL ? 0 : 4);
    }
    int status = 0;
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 0);
    g_autofree char *text = NULL;
    gsize length;
    g_assert_true(g_file_get_contents(path, &text, &length, NULL));
    g_assert_cmpint(text[length - 1], ==, '\n');
    g_autoptr(GError) error = NULL;
    g_autoptr(Journal) journal = journal_open(id, &error);
    g_assert_nonnull(journal);
    g_assert_no_error(error);
}

static const JournalSummary *find_summary(const GPtrArray *list, const char *id)
{
    for (guint i = 0; i < list->len; i++)
        if (strcmp(((JournalSummary *)list->pdata[i])->id, id) == 0)
            return list->pdata[i];
    return NULL;
}

static void write_end(Journal *journal, const char *state, gboolean resumable)
{
    cJSON *json = journal_event("end");
    cJSON_AddStringToObject(json, "state", state);
    cJSON_AddStringToObject(json, "message", "words");
    cJSON_AddBoolToObject(json, "resumable", resumable);
    g_assert_true(journal_write(journal, json, NULL));
}

static void test_list_tells_running_interrupted_and_ended(void)
{
    g_autofree char *interrupted = make_journal();
    g_autofree char *running = make_journal();
    g_autofree char *done = make_journal();
    g_autofree char *failed = make_journal();
    g_autofree char *resumed = make_journal();
    g_autoptr(Journal) held = journal_open(running, NULL);
    g_assert_nonnull(held);
    Journal *journal = journal_open(done, NULL);
    write_end(journal, "done", FALSE);
    journal_free(journal);
    /* only opened, as a resume that is refused or a clean-up does */
    journal_free(journal_open(done, NULL));
    journal = journal_open(resumed, NULL);
    write_end(journal, "failed", FALSE);
    g_assert_true(journal_begin_run(journal, NULL));
    journal_free(journal);
    journal = journal_open(failed, NULL);
    write_end(journal, "failed", TRUE);
    journal_free(journal);

    g_autoptr(GPtrArray) list = journal_list();
    const struct {
        const char *id;
        JobState state;
        gboolean resumable;
    } cases[] = {{interrupted, JOB_FAILED, TRUE},
                 {running, JOB_RUNNING, FALSE},
                 {done, JOB_DONE, FALSE},
                 {failed, JOB_FAILED, TRUE},
                 {resumed, JOB_FAILED, TRUE}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const JournalSummary *summary = find_summary(list, cases[i].id);
        g_assert_nonnull(summary);
        g_assert_cmpint(summary->state, ==, cases[i].state);
        g_assert_cmpint(summary->resumable, ==, cases[i].resumable);
        g_assert_cmpstr(summary->kind, ==, "write");
        g_assert_cmpint(summary->n_steps, ==, 2);
        g_assert_cmpint(summary->started, >, 0);
    }
}

static void test_cancel_reaches_a_running_job_only(void)
{
    g_autofree char *id = make_journal();
    g_autoptr(GError) error = NULL;
    g_assert_false(journal_request_cancel(id, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_NOT_FOUND);
    g_clear_error(&error);
    g_autoptr(Journal) journal = journal_open(id, &error);
    g_assert_false(journal_cancel_requested(journal));
    g_assert_true(journal_request_cancel(id, &error));
    g_assert_true(journal_cancel_requested(journal));
    /* an old request does not cancel the next run */
    g_clear_pointer(&journal, journal_free);
    journal = journal_open(id, &error);
    g_assert_true(journal_begin_run(journal, &error));
    g_assert_false(journal_cancel_requested(journal));
}

static void remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        remove_tree(child);
    }
    g_remove(path);
}

static void test_who_dies_while_making_one_leaves_no_job(void)
{
    g_autoptr(Plan) plan = small_plan();
    g_autoptr(GError) error = NULL;
    int status;
    pid_t child = fork();
    if (child == 0) {
        g_setenv("REDSMITH_TEST_CRASH", "journal:unnamed", TRUE);
        journal_create(plan, NULL);
        _exit(0);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    g_autoptr(Journal) journal = journal_open(plan->id, &error);
    g_assert_null(journal);
    g_assert_error(error, RS_ERROR, RS_ERROR_NOT_FOUND);

    g_autofree char *folder = journal_folder();
    g_autofree char *name = g_strconcat(plan->id, ".new", NULL);
    g_autofree char *left = g_build_filename(folder, name, NULL);
    struct utimbuf long_ago = {1000000, 1000000};
    g_assert_true(g_file_test(left, G_FILE_TEST_EXISTS));
    g_assert_cmpint(g_utime(left, &long_ago), ==, 0);
    g_autofree char *next = make_journal();
    g_assert_nonnull(next);
    g_assert_false(g_file_test(left, G_FILE_TEST_EXISTS));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autofree char *state = g_dir_make_tmp("test-journal-XXXXXX", NULL);
    g_setenv("XDG_STATE_HOME", state, TRUE);
    g_test_add_func("/journal/reopened-says-what-was-written",
                    test_reopened_journal_says_what_was_written);
    g_test_add_func("/journal/torn-last-line-is-dropped", test_torn_last_line_is_dropped);
    g_test_add_func("/journal/bad-line-in-the-middle-is-corrupt",
                    test_bad_line_in_the_middle_is_corrupt);
    g_test_add_func("/journal/one-process-holds-a-job", test_one_process_holds_a_job);
    g_test_add_func("/journal/ids-by-prefix", test_ids_by_prefix);
    g_test_add_func("/journal/an-id-is-taken-once", test_an_id_is_taken_once);
    g_test_add_func("/journal/who-dies-while-making-one-leaves-no-job",
                    test_who_dies_while_making_one_leaves_no_job);
    g_test_add_func("/journal/credentials-are-masked",
                    test_credentials_are_masked_and_such_a_plan_is_marked);
    g_test_add_func("/journal/full-disk-leaves-whole-lines",
                    test_full_disk_stops_the_job_and_leaves_whole_lines);
    g_test_add_func("/journal/list-tells-running-interrupted-and-ended",
                    test_list_tells_running_interrupted_and_ended);
    g_test_add_func("/journal/cancel-reaches-a-running-job-only",
                    test_cancel_reaches_a_running_job_only);
    int status = g_test_run();
    remove_tree(state);
    return status;
}
