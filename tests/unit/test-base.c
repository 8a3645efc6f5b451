#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/pool.h"
#include "base/secret.h"
#include "base/text.h"

static void test_hostile_bytes_become_visible(void)
{
    static const struct {
        const char *bytes;
        gssize length;
        const char *shown;
    } cases[] = {
        {"plain", -1, "plain"},
        {"\x1b[31mred\x1b[0m", -1, "\\x1b[31mred\\x1b[0m"},
        {"a\nb\tc\rd", -1, "a\\nb\\tc\\rd"},
        {"nul\0inside", 10, "nul\\x00inside"},
        {"bad \xff\xc3 end", -1, "bad \\xff\\xc3 end"},
        {"\xe2\x80\xae"
         "txt.exe",
         -1, "\\u{202e}txt.exe"},
        {"\xc2\x9b"
         "2J",
         -1, "\\u{009b}2J"},
        {"zero\xe2\x80\x8bwidth", -1, "zero\\u{200b}width"},
        {"樂 é 🎫", -1, "樂 é 🎫"},
        {"\xed\xa0\x80", -1, "\\xed\\xa0\\x80"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *shown = text_printable(cases[i].bytes, cases[i].length);
        g_assert_cmpstr(shown, ==, cases[i].shown);
        g_assert_true(text_is_printable(shown, -1));
    }
}

static void test_text_is_cut_and_padded_by_columns(void)
{
    static const struct {
        const char *text;
        int columns;
        TextAlign align;
        const char *fitted;
    } cases[] = {
        {"abc", 5, TEXT_LEFT, "abc  "},  {"abc", 5, TEXT_RIGHT, "  abc"},
        {"abcdef", 4, TEXT_LEFT, "abc…"}, {"樂樂樂", 4, TEXT_LEFT, "樂 …"},
        {"樂樂", 4, TEXT_LEFT, "樂樂"},   {"é", 2, TEXT_LEFT, "é "},
        {"x", 0, TEXT_LEFT, ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *fitted =
            text_fit(cases[i].text, cases[i].columns, cases[i].align, FALSE);
        g_assert_cmpstr(fitted, ==, cases[i].fitted);
        g_assert_cmpint(text_width(fitted), ==, cases[i].columns);
    }
}

static void test_numbers_carry_their_unit(void)
{
    static const struct {
        guint64 bytes;
        const char *shown;
    } bytes[] = {{0, "0 B"},           {999, "999 B"},        {1000, "1.0 kB"},
                 {1500, "1.5 kB"},     {112000, "112 kB"},    {999600, "1.0 MB"},
                 {1900000000, "1.9 GB"}};
    for (gsize i = 0; i < G_N_ELEMENTS(bytes); i++) {
        g_autofree char *shown = text_bytes(bytes[i].bytes);
        g_assert_cmpstr(shown, ==, bytes[i].shown);
    }
    g_autofree char *count = text_count(18204113);
    g_assert_cmpstr(count, ==, "18,204,113");
    g_autofree char *hours = text_duration(3723000);
    g_assert_cmpstr(hours, ==, "1:02:03");
    g_autofree char *seconds = text_duration(7900);
    g_assert_cmpstr(seconds, ==, "0:07");
}

static void test_logs_mask_credentials(void)
{
    static const struct {
        const char *text, *masked;
    } cases[] = {
        {"COPY t FROM 's3://b/k' CREDENTIALS 'aws_access_key_id=A;aws_secret_access_key=S' CSV",
         "COPY t FROM 's3://b/k' CREDENTIALS '***' CSV"},
        {"ACCESS_KEY_ID 'AK' secret_access_key 'it''s\\'x' SESSION_TOKEN 'T'",
         "ACCESS_KEY_ID '***' secret_access_key '***' SESSION_TOKEN '***'"},
        {"create user u password 'Geheim1'", "create user u password '***'"},
        {"host=h password=geheim user=u", "host=h password=*** user=u"},
        {"postgresql://me:geheim@host/db", "postgresql://me:***@host/db"},
        {"Authorization: AWS4-HMAC-SHA256 Credential=x", "Authorization: ***"},
        {"{\"AccessKeyId\": \"A\", \"SecretAccessKey\": \"S\\\"x\",\"SessionToken\":\"T\"}",
         "{\"AccessKeyId\": \"A\", \"SecretAccessKey\": ***,\"SessionToken\":***}"},
        {"SecretAccessKey: S, Token", "SecretAccessKey: ***, Token"},
        {"aws_session_token = T/x+= end", "aws_session_token = *** end"},
        {"{\"accessToken\":\"cut off", "{\"accessToken\":***"},
        {"<SecretAccessKey>", "<SecretAccessKey>"},
        {"IAM_ROLE 'arn:aws:iam::1:role/r'", "IAM_ROLE 'arn:aws:iam::1:role/r'"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *masked = log_redact(cases[i].text);
        g_assert_cmpstr(masked, ==, cases[i].masked);
    }
}

static void test_a_secret_keeps_its_bytes(void)
{
    g_autoptr(Secret) secret = secret_new_take(g_strdup("geheim"));
    g_autoptr(Secret) same = secret_ref(secret);
    g_assert_cmpstr(secret_peek(same), ==, "geheim");
    g_assert_cmpuint(secret_length(same), ==, 6);
    g_assert_null(secret_new(NULL, -1));
    g_assert_null(secret_peek(NULL));
}

static void test_error_codes_map_to_exit_statuses(void)
{
    static const struct {
        int code, status;
        gboolean retryable;
    } cases[] = {
        {RS_ERROR_USAGE, 2, FALSE},   {RS_ERROR_CONFIG, 2, FALSE},    {RS_ERROR_AUTH, 3, FALSE},
        {RS_ERROR_CONNECT, 3, TRUE},  {RS_ERROR_CANCELLED, 4, FALSE}, {RS_ERROR_MISMATCH, 5, FALSE},
        {RS_ERROR_DATA, 1, FALSE},    {RS_ERROR_CONFLICT, 1, TRUE},   {RS_ERROR_THROTTLED, 1, TRUE},
        {RS_ERROR_TRANSIENT, 1, TRUE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = g_error_new(RS_ERROR, cases[i].code, "x");
        g_assert_cmpint(rs_error_exit_status(error), ==, cases[i].status);
        g_assert_cmpint(rs_error_is_retryable(error), ==, cases[i].retryable);
    }
    g_autoptr(GError) cancelled = g_error_new(G_IO_ERROR, G_IO_ERROR_CANCELLED, "x");
    g_assert_cmpint(rs_error_exit_status(cancelled), ==, 4);
}

/* A task that waits until it is let go or cancelled, and notes how it came back. */
typedef struct {
    GMutex lock;
    GCond changed;
    gboolean started, released;
    guint done;
    TaskOutcome outcome;
    GThread *done_on;
    guint destroyed;
} Probe;

static gboolean probe_run(gpointer data, GCancellable *cancellable, GError **error)
{
    Probe *probe = data;
    g_mutex_lock(&probe->lock);
    probe->started = TRUE;
    g_cond_broadcast(&probe->changed);
    while (!probe->released && !g_cancellable_is_cancelled(cancellable))
        g_cond_wait_until(&probe->changed, &probe->lock, g_get_monotonic_time() + 1000);
    g_mutex_unlock(&probe->lock);
    return !rs_error_set_if_cancelled(cancellable, error);
}

static void probe_done(gpointer data, TaskOutcome outcome, const GError *error)
{
    Probe *probe = data;
    probe->done++;
    probe->outcome = outcome;
    probe->done_on = g_thread_self();
    g_assert_cmpint(outcome == TASK_DONE, ==, error == NULL);
}

static void probe_destroy(gpointer data)
{
    ((Probe *)data)->destroyed++;
}

static void wait_started(Probe *probe)
{
    g_mutex_lock(&probe->lock);
    while (!probe->started)
        g_cond_wait(&probe->changed, &probe->lock);
    g_mutex_unlock(&probe->lock);
}

static void release(Probe *probe)
{
    g_mutex_lock(&probe->lock);
    probe->released = TRUE;
    g_cond_broadcast(&probe->changed);
    g_mutex_unlock(&probe->lock);
}

static void drain(Pool *pool)
{
    while (pool_pending(pool) > 0)
        g_main_context_iteration(NULL, TRUE);
}

static void test_bulk_work_cannot_block_interactive_work(void)
{
    g_autoptr(Pool) pool = pool_new(NULL, 1, 1);
    Probe bulk = {0}, queued = {0}, quick = {.released = TRUE};
    pool_submit(pool, POOL_BULK, "bulk", probe_run, probe_done, &bulk, probe_destroy, NULL);
    pool_submit(pool, POOL_BULK, "queued", probe_run, probe_done, &queued, probe_destroy, NULL);
    wait_started(&bulk);
    pool_submit(pool, POOL_INTERACTIVE, "quick", probe_run, probe_done, &quick, probe_destroy,
                NULL);
    while (quick.done == 0)
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpuint(bulk.done, ==, 0);
    g_assert_true(quick.done_on == g_thread_self());
    release(&bulk);
    release(&queued);
    drain(pool);
    g_assert_cmpuint(bulk.done, ==, 1);
    g_assert_cmpuint(queued.done, ==, 1);
    g_assert_cmpuint(queued.destroyed, ==, 1);
}

static void test_queued_and_running_tasks_cancel_through_one_path(void)
{
    g_autoptr(Pool) pool = pool_new(NULL, 1, 1);
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    Probe running = {0}, queued = {0};
    pool_submit(pool, POOL_BULK, "running", probe_run, probe_done, &running, probe_destroy,
                cancellable);
    pool_submit(pool, POOL_BULK, "queued", probe_run, probe_done, &queued, probe_destroy,
                cancellable);
    wait_started(&running);
    g_cancellable_cancel(cancellable);
    drain(pool);
    g_assert_cmpint(running.outcome, ==, TASK_CANCELLED);
    g_assert_cmpint(queued.outcome, ==, TASK_CANCELLED);
    g_assert_false(queued.started);
    g_assert_cmpuint(running.done + queued.done, ==, 2);
    g_assert_cmpuint(running.destroyed + queued.destroyed, ==, 2);
}

static void test_closing_the_pool_delivers_every_completion(void)
{
    Pool *pool = pool_new(NULL, 1, 2);
    Probe probes[5] = {0};
    for (gsize i = 0; i < G_N_ELEMENTS(probes); i++)
        pool_submit(pool, POOL_BULK, "probe", probe_run, probe_done, &probes[i], probe_destroy,
                    NULL);
    pool_free(pool);
    for (gsize i = 0; i < G_N_ELEMENTS(probes); i++) {
        g_assert_cmpuint(probes[i].done, ==, 1);
        g_assert_cmpint(probes[i].outcome, ==, TASK_CANCELLED);
        g_assert_cmpuint(probes[i].destroyed, ==, 1);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/text/hostile-bytes-become-visible", test_hostile_bytes_become_visible);
    g_test_add_func("/text/cut-and-padded-by-columns", test_text_is_cut_and_padded_by_columns);
    g_test_add_func("/text/numbers-carry-their-unit", test_numbers_carry_their_unit);
    g_test_add_func("/log/credentials-are-masked", test_logs_mask_credentials);
    g_test_add_func("/secret/keeps-its-bytes", test_a_secret_keeps_its_bytes);
    g_test_add_func("/error/codes-map-to-exit-statuses", test_error_codes_map_to_exit_statuses);
    g_test_add_func("/pool/bulk-cannot-block-interactive",
                    test_bulk_work_cannot_block_interactive_work);
    g_test_add_func("/pool/one-path-for-cancel",
                    test_queued_and_running_tasks_cancel_through_one_path);
    g_test_add_func("/pool/closing-delivers-every-completion",
                    test_closing_the_pool_delivers_every_completion);
    return g_test_run();
}
