#include <string.h>

#include "base/error.h"
#include "job/plan.h"
#include "job/progress.h"

static Plan *sample_plan(void)
{
    Plan *plan = plan_new("write", "sandbox");
    plan->title = g_strdup("write a.csv into public.t, append");
    plan->stage_url = g_strdup("s3://stage/x/");
    plan->target = g_strdup("public.t");
    plan->destructive = TRUE;
    plan->locks = g_strdup("public.t for writing during step 2");
    plan->on_failure = g_strdup("target unchanged");
    plan_set_text(plan, "folder", "/tmp/out");
    plan_set_number(plan, "part_bytes", G_GINT64_CONSTANT(2251799813685247));
    plan_set_flag(plan, "split", TRUE);
    PlanStep *upload = plan_add_step(plan, STEP_UPLOAD, "%d parts", 3);
    PlanFile *file = plan_step_add_file(upload, "/tmp/a \"b\".csv", "data/0000");
    file->offset = 12;
    file->length = G_GUINT64_CONSTANT(123456789012345);
    file->first_line = 2;
    file->records = 7;
    file->mtime_us = G_GINT64_CONSTANT(1700000000123456);
    PlanStep *step = plan_add_step(plan, STEP_TRANSACTION, "load");
    step->marker_schema = g_strdup("public");
    step->marker_table = g_strdup("redsmith_1");
    PlanAction *copy = plan_step_add_action(step, ACTION_COPY, "copy", "COPY \"t\" FROM 's3://x'");
    copy->rows_expected = 5;
    PlanAction *check = plan_step_add_action(step, ACTION_EXPECT_VALUE, "check", NULL);
    check->name = g_strdup("copied");
    check->expected = g_strdup("sent");
    check->failure = g_strdup("rows lost");
    check->of_input = TRUE;
    return plan;
}

static void test_json_gives_back_the_plan(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = sample_plan();
    cJSON *json = plan_to_json(plan);
    char *printed = cJSON_PrintUnformatted(json);
    cJSON *parsed = cJSON_Parse(printed);
    g_autoptr(Plan) back = plan_from_json(parsed, &error);
    g_assert_no_error(error);
    cJSON *again = plan_to_json(back);
    char *printed_again = cJSON_PrintUnformatted(again);
    g_assert_cmpstr(printed, ==, printed_again);

    const PlanFile *file = ((PlanStep *)back->steps->pdata[0])->files->pdata[0];
    g_assert_cmpuint(file->length, ==, G_GUINT64_CONSTANT(123456789012345));
    g_assert_cmpint(file->mtime_us, ==, G_GINT64_CONSTANT(1700000000123456));
    const PlanStep *step = back->steps->pdata[1];
    g_assert_cmpint(step->kind, ==, STEP_TRANSACTION);
    g_assert_cmpstr(step->marker_table, ==, "redsmith_1");
    g_assert_true(((PlanAction *)step->actions->pdata[1])->of_input);
    g_assert_cmpint(plan_number_detail(back, "part_bytes"), ==,
                    G_GINT64_CONSTANT(2251799813685247));
    g_assert_true(plan_flag_detail(back, "split"));
    g_assert_cmpstr(plan_text_detail(back, "folder"), ==, "/tmp/out");
    g_assert_null(plan_text_detail(back, "nothing"));
    cJSON_Delete(json);
    cJSON_Delete(parsed);
    cJSON_Delete(again);
    cJSON_free(printed);
    cJSON_free(printed_again);
}

static void test_json_that_is_no_plan_is_corrupt(void)
{
    static const char *const bad[] = {
        "{}",
        "{\"id\":\"1\"}",
        "{\"id\":\"1\",\"kind\":\"write\",\"steps\":[{\"kind\":\"dance\"}]}",
        "{\"id\":\"1\",\"kind\":\"write\",\"steps\":[{\"kind\":\"sql\",\"actions\":[{}]}]}",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        cJSON *json = cJSON_Parse(bad[i]);
        g_assert_null(plan_from_json(json, &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_CORRUPT);
        cJSON_Delete(json);
    }
}

static void test_text_shows_every_step_and_no_secret(void)
{
    g_autoptr(Plan) plan = sample_plan();
    PlanStep *step = plan->steps->pdata[1];
    plan_step_add_action(step, ACTION_SQL, "sql",
                         "COPY t FROM 's3://x' SECRET_ACCESS_KEY 'hush\x1b[2J'");
    g_autofree char *text = plan_text(plan);
    static const char *const wanted[] = {"Plan ",  " 1 upload",  "3 parts",
                                         "begin",  "COPY \"t\"", "copied = sent",
                                         "commit", "locks",      "target unchanged"};
    for (gsize i = 0; i < G_N_ELEMENTS(wanted); i++)
        if (strstr(text, wanted[i]) == NULL)
            g_error("\"%s\" is missing in:\n%s", wanted[i], text);
    g_assert_null(strstr(text, "hush"));
    g_assert_null(strchr(text, '\x1b'));
}

static void test_ids_are_eight_hex_digits_and_differ(void)
{
    g_autoptr(Plan) a = plan_new("write", "p");
    g_autoptr(Plan) b = plan_new("write", "p");
    g_assert_cmpuint(strlen(a->id), ==, 8);
    g_assert_cmpuint(strspn(a->id, "0123456789abcdef"), ==, 8);
    g_assert_cmpstr(a->id, !=, b->id);
}

static gboolean value_of(gpointer user, const char *name, gint64 *value)
{
    (void)user;
    if (strcmp(name, "before") == 0)
        *value = 10;
    else if (strcmp(name, "new") == 0)
        *value = 3;
    else
        return FALSE;
    return TRUE;
}

static void test_expressions_over_notes(void)
{
    static const struct {
        const char *expression;
        gint64 value; /* -1: refused */
    } cases[] = {
        {"7", 7},      {"before", 10},     {"before + new", 13}, {"before - new + 5", 12},
        {"other", -1}, {"", -1},           {"before +", -1},     {"before * new", -1},
        {"1x", -1},    {"before new", -1},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        gint64 value = 0;
        gboolean ok = plan_evaluate(cases[i].expression, value_of, NULL, &value, &error);
        g_assert_cmpint(ok, ==, cases[i].value >= 0);
        if (ok)
            g_assert_cmpint(value, ==, cases[i].value);
        else
            g_assert_error(error, RS_ERROR, RS_ERROR_INTERNAL);
    }
}

static void test_percent_comes_from_the_best_total(void)
{
    static const struct {
        gint64 bytes, bytes_total, rows, rows_total, files, files_total;
        int percent;
    } cases[] = {
        {50, 200, 0, -1, 0, -1, 25}, {0, -1, 3, 4, 0, -1, 75},      {0, -1, 0, -1, 1, 2, 50},
        {5, -1, 5, -1, 5, -1, -1},   {300, 200, 0, -1, 0, -1, 100}, {0, 0, 0, -1, 0, -1, -1},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        ProgressSnapshot snapshot = {.bytes = cases[i].bytes,
                                     .bytes_total = cases[i].bytes_total,
                                     .rows = cases[i].rows,
                                     .rows_total = cases[i].rows_total,
                                     .files = cases[i].files,
                                     .files_total = cases[i].files_total};
        g_assert_cmpint(progress_percent(&snapshot), ==, cases[i].percent);
    }
}

static void test_progress_of_a_step_starts_anew(void)
{
    Progress progress = {0};
    progress_begin_job(&progress);
    atomic_store(&progress.rows, 5);
    atomic_store(&progress.bytes_total, 50);
    progress_begin_step(&progress, 2);
    ProgressSnapshot now = progress_read(&progress);
    g_assert_cmpint(now.state, ==, JOB_RUNNING);
    g_assert_cmpint(now.step, ==, 2);
    g_assert_cmpint(now.rows, ==, 0);
    g_assert_cmpint(now.bytes_total, ==, -1);
    progress_end_job(&progress, JOB_CANCELLED);
    g_assert_cmpint(progress_read(&progress).state, ==, JOB_CANCELLED);
    g_assert_cmpstr(job_state_name(JOB_CANCELLED), ==, "cancelled");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/plan/json-gives-back-the-plan", test_json_gives_back_the_plan);
    g_test_add_func("/plan/json-that-is-no-plan-is-corrupt", test_json_that_is_no_plan_is_corrupt);
    g_test_add_func("/plan/text-shows-every-step-and-no-secret",
                    test_text_shows_every_step_and_no_secret);
    g_test_add_func("/plan/ids-are-eight-hex-digits-and-differ",
                    test_ids_are_eight_hex_digits_and_differ);
    g_test_add_func("/plan/expressions-over-notes", test_expressions_over_notes);
    g_test_add_func("/progress/percent-comes-from-the-best-total",
                    test_percent_comes_from_the_best_total);
    g_test_add_func("/progress/of-a-step-starts-anew", test_progress_of_a_step_starts_anew);
    return g_test_run();
}
