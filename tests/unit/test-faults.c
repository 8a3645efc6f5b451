#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "sandbox/faults.h"

typedef struct {
    char *dir;
    Faults *faults;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data)
{
    fixture->dir = g_dir_make_tmp("redsmith-faults-XXXXXX", NULL);
    fixture->faults = faults_open(fixture->dir);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    g_autofree char *path = g_build_filename(fixture->dir, "faults.conf", NULL);
    faults_close(fixture->faults);
    g_unlink(path);
    g_rmdir(fixture->dir);
    g_free(fixture->dir);
}

static void add(const Fixture *fixture, const char *rule)
{
    g_autoptr(GError) error = NULL;
    faults_add(fixture->dir, rule, &error);
    g_assert_no_error(error);
}

/* '1' for each of twelve operations that the rule fires for. */
static char *firings(Fixture *fixture, const char *operation)
{
    char *text = g_malloc0(13);
    FaultHit hit;
    for (int i = 0; i < 12; i++)
        text[i] = faults_match(fixture->faults, "s3", operation, &hit) ? '1' : '0';
    return text;
}

static void test_counting(Fixture *fixture, gconstpointer data)
{
    static const struct {
        const char *keys, *expected;
    } cases[] = {
        {"", "111111111111"},
        {" nth=3", "001000000000"},
        {" every=4", "000100010001"},
        {" nth=2 every=5", "010000100001"},
        {" count=2", "110000000000"},
        {" every=3 count=2", "001001000000"},
        {" nth=1 every=1 count=3", "111000000000"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *rule = g_strconcat("s3 GetObject status=503", cases[i].keys, NULL);
        g_assert_true(faults_clear(fixture->dir, NULL));
        add(fixture, rule);
        g_autofree char *others = firings(fixture, "PutObject");
        g_autofree char *fired = firings(fixture, "GetObject");
        g_assert_cmpstr(others, ==, "000000000000");
        g_assert_cmpstr(fired, ==, cases[i].expected);
    }
}

static void test_hits_say_what_the_rule_says(Fixture *fixture, gconstpointer data)
{
    FaultHit hit;
    add(fixture, "s3 * delay_ms=200");
    add(fixture, "s3 PutObject code=SlowDown delay_ms=5");
    add(fixture, "s3 PutObject reset=during # the first of the rest wins");
    g_assert_true(faults_match(fixture->faults, "s3", "PutObject", &hit));
    g_assert_cmpint(hit.delay_ms, ==, 205);
    g_assert_cmpint(hit.status, ==, 503);
    g_assert_cmpstr(hit.code, ==, "SlowDown");
    g_assert_cmpint(hit.reset, ==, FAULT_NO_RESET);
    g_assert_cmpint(hit.trickle, ==, 0);
    add(fixture, "s3 PutObject trickle=10 clock_s=-7200");
    g_assert_true(faults_match(fixture->faults, "s3", "PutObject", &hit));
    g_assert_cmpint(hit.trickle, ==, 10);
    g_assert_cmpint(hit.clock_s, ==, -7200);
    g_assert_cmpint(hit.status, ==, 503);
    g_assert_true(faults_match(fixture->faults, "s3", "HeadObject", &hit));
    g_assert_cmpint(hit.delay_ms, ==, 200);
    g_assert_cmpint(hit.status, ==, 0);
}

static void test_codes_bring_their_status(Fixture *fixture, gconstpointer data)
{
    static const struct {
        const char *code;
        int status;
    } cases[] = {{"SlowDown", 503},
                 {"ExpiredToken", 400},
                 {"ThrottlingException", 400},
                 {"RequestTimeTooSkewed", 403},
                 {"Whatever", 503}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        FaultHit hit;
        g_autofree char *rule = g_strdup_printf("sts * code=%s", cases[i].code);
        g_assert_true(faults_clear(fixture->dir, NULL));
        add(fixture, rule);
        g_assert_true(faults_match(fixture->faults, "sts", "AssumeRole", &hit));
        g_assert_cmpint(hit.status, ==, cases[i].status);
        g_assert_cmpstr(hit.code, ==, cases[i].code);
    }
}

static void test_numbers(Fixture *fixture, gconstpointer data)
{
    g_assert_cmpfloat(faults_number(fixture->faults, "unload", "rows_per_second"), ==, 0);
    add(fixture, "unload rows_per_second=2000");
    g_assert_cmpfloat(faults_number(fixture->faults, "unload", "rows_per_second"), ==, 2000);
    g_assert_cmpfloat(faults_number(fixture->faults, "copy", "rows_per_second"), ==, 0);
    add(fixture, "unload rows_per_second=0.5");
    g_assert_cmpfloat(faults_number(fixture->faults, "unload", "rows_per_second"), ==, 0.5);
    g_assert_true(faults_clear(fixture->dir, NULL));
    g_assert_cmpfloat(faults_number(fixture->faults, "unload", "rows_per_second"), ==, 0);
}

static void test_statements_match_by_prefix(Fixture *fixture, gconstpointer data)
{
    FaultHit hit;
    add(fixture, "wire drop statement='insert into t' when=after count=1");
    g_assert_false(faults_match_statement(fixture->faults, "select 1", &hit));
    g_assert_true(faults_match_statement(fixture->faults, "INSERT INTO t VALUES (1)", &hit));
    g_assert_true(hit.drop);
    g_assert_cmpint(hit.reset, ==, FAULT_RESET_AFTER);
    g_assert_false(faults_match_statement(fixture->faults, "insert into t values (2)", &hit));
    add(fixture, "wire drop after_bytes=100 count=1");
    g_assert_false(faults_match_bytes(fixture->faults, 99));
    g_assert_true(faults_match_bytes(fixture->faults, 250));
    g_assert_false(faults_match_bytes(fixture->faults, 300));
}

static void test_another_rule_does_not_restart_counting(Fixture *fixture, gconstpointer data)
{
    FaultHit hit;
    add(fixture, "s3 GetObject nth=2 status=500");
    g_assert_false(faults_match(fixture->faults, "s3", "GetObject", &hit));
    add(fixture, "copy rows_per_second=10");
    g_assert_true(faults_match(fixture->faults, "s3", "GetObject", &hit));
    g_assert_cmpint(hit.status, ==, 500);
}

static void test_refusals(Fixture *fixture, gconstpointer data)
{
    static const char *const rules[] = {
        "",
        "# only a comment",
        "disk full",
        "s3",
        "s3 GetObject",
        "s3 Get status=503",
        "s3 GetObject status=200",
        "s3 GetObject status=503 nth=0",
        "s3 GetObject status",
        "s3 GetObject colour=red",
        "s3 GetObject reset=soon",
        "s3 GetObject trickle=0",
        "s3 GetObject clock_s=0",
        "s3 GetObject clock_s=99999999",
        "metadata GetToken trickle=10",
        "metadata GetToken clock_s=10",
        "s3 GetObject code='Slow Down'",
        "wire drop",
        "wire cut after_bytes=1",
        "wire drop after_bytes=1 statement=x",
        "wire drop statement=x when=during",
        "unload",
        "unload rows_per_second=-1",
        "unload rows_per_second=nan",
        "copy speed=1",
        "s3 GetObject status=503\ns3 * status=500",
        "s3 GetObject code='open",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++) {
        g_autoptr(GError) error = NULL;
        g_test_message("%s", rules[i]);
        g_assert_false(faults_add(fixture->dir, rules[i], &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
    }
    g_autofree char *left = faults_list(fixture->dir, NULL);
    g_assert_cmpstr(left, ==, "");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(Fixture *, gconstpointer);
    } tests[] = {
        {"/faults/nth-every-count", test_counting},
        {"/faults/hits-say-what-the-rule-says", test_hits_say_what_the_rule_says},
        {"/faults/codes-bring-their-status", test_codes_bring_their_status},
        {"/faults/numbers", test_numbers},
        {"/faults/statements-match-by-prefix", test_statements_match_by_prefix},
        {"/faults/another-rule-does-not-restart-counting",
         test_another_rule_does_not_restart_counting},
        {"/faults/refusals", test_refusals},
    };
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].run, tear_down);
    return g_test_run();
}
