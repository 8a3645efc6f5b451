/* The hand on transfers that run: pause, rate and number of connections; and what is left behind by
 * requests whose answers were lost. */
#include <string.h>

#include "aws/transfer.h"
#include "base/error.h"
#include "tests/unit/s3-fixture.h"

#define MIB (1u << 20)
#define ITEMS 6u
#define DEADLINE_US (60 * G_TIME_SPAN_SECOND)
#define QUIET_US (200 * G_TIME_SPAN_MILLISECOND) /* in which nothing may happen */

typedef struct {
    S3Fixture *fixture;
    TransferControl *control;
    GCancellable *cancellable;
    GMutex mutex;
    GCond changed;
    guint produced, done, pause_at; /* 0: no pause */
    GError *error;
} Watched;

/* Pauses from within an item under way, on the only worker: that one ends, and no other begins. */
static GBytes *produce(gpointer user, GCancellable *cancellable, GError **error)
{
    Watched *watched = user;
    g_mutex_lock(&watched->mutex);
    if (++watched->produced == watched->pause_at)
        transfer_control_pause(watched->control, TRUE);
    g_cond_broadcast(&watched->changed);
    g_mutex_unlock(&watched->mutex);
    return s3_fixture_bytes(1000, watched->produced);
}

static gboolean on_done(gpointer user, TransferItem *item, GError **error)
{
    Watched *watched = user;
    g_mutex_lock(&watched->mutex);
    watched->done++;
    g_cond_broadcast(&watched->changed);
    g_mutex_unlock(&watched->mutex);
    return TRUE;
}

static void watched_init(Watched *watched, S3Fixture *fixture, guint64 rate)
{
    memset(watched, 0, sizeof *watched);
    watched->fixture = fixture;
    watched->control = transfer_control_new(rate);
    watched->cancellable = g_cancellable_new();
    g_mutex_init(&watched->mutex);
    g_cond_init(&watched->changed);
}

static void watched_clear(Watched *watched)
{
    transfer_control_free(watched->control);
    g_object_unref(watched->cancellable);
    g_mutex_clear(&watched->mutex);
    g_cond_clear(&watched->changed);
    g_clear_error(&watched->error);
}

static gpointer run(gpointer user)
{
    Watched *watched = user;
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func((GDestroyNotify)transfer_item_free);
    TransferOptions options = {.workers = 1, .control = watched->control};
    TransferCallbacks callbacks = {.done = on_done, .user = watched};
    for (guint i = 0; i < ITEMS; i++) {
        g_autofree char *key = g_strdup_printf("paused/%u", i);
        TransferItem *item = transfer_item_new(TRANSFER_UPLOAD, "bucket", key, NULL);
        item->produce = produce;
        item->user = watched;
        g_ptr_array_add(items, item);
    }
    transfer_run(watched->fixture->client, items, &options, &callbacks, watched->cancellable,
                 &watched->error);
    return NULL;
}

/* Waits until `count` items are done. */
static void wait_for_done(Watched *watched, guint count)
{
    gint64 deadline = g_get_monotonic_time() + DEADLINE_US;
    g_mutex_lock(&watched->mutex);
    while (watched->done < count)
        g_assert_true(g_cond_wait_until(&watched->changed, &watched->mutex, deadline));
    g_mutex_unlock(&watched->mutex);
}

static void assert_nothing_begins(Watched *watched, guint produced)
{
    gint64 deadline = g_get_monotonic_time() + QUIET_US;
    g_mutex_lock(&watched->mutex);
    while (watched->produced == produced &&
           g_cond_wait_until(&watched->changed, &watched->mutex, deadline))
        continue;
    g_assert_cmpuint(watched->produced, ==, produced);
    g_assert_cmpuint(watched->done, ==, produced);
    g_mutex_unlock(&watched->mutex);
}

static void test_a_pause_holds_until_it_is_lifted(gconstpointer data)
{
    Watched watched;
    watched_init(&watched, (S3Fixture *)data, 0);
    watched.pause_at = 3;
    GThread *thread = g_thread_new("run", run, &watched);
    wait_for_done(&watched, 3);
    assert_nothing_begins(&watched, 3);
    transfer_control_pause(watched.control, FALSE);
    g_thread_join(thread);
    g_assert_no_error(watched.error);
    g_assert_cmpuint(watched.done, ==, ITEMS);
    watched_clear(&watched);
}

static void test_a_paused_transfer_can_be_cancelled(gconstpointer data)
{
    Watched watched;
    watched_init(&watched, (S3Fixture *)data, 0);
    watched.pause_at = 1;
    GThread *thread = g_thread_new("run", run, &watched);
    wait_for_done(&watched, 1);
    g_cancellable_cancel(watched.cancellable);
    g_thread_join(thread);
    g_assert_error(watched.error, RS_ERROR, RS_ERROR_CANCELLED);
    g_assert_cmpuint(watched.done, ==, 1);
    watched_clear(&watched);
}

/* --- rate -------------------------------------------------------------------------------------- */

/* Sends, then fetches, one object with that control; the seconds of each. */
static void move(S3Fixture *fixture, TransferControl *control, guint64 length,
                 void (*bytes)(gpointer user, guint64 bytes), double seconds[2])
{
    g_autofree char *path = g_build_filename(fixture->dir, "limited", NULL);
    g_autoptr(GBytes) content = s3_fixture_bytes(length, 1);
    g_assert_true(g_file_set_contents(path, g_bytes_get_data(content, NULL), (gssize)length, NULL));
    const TransferKind kinds[] = {TRANSFER_UPLOAD, TRANSFER_DOWNLOAD};
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) items =
            g_ptr_array_new_with_free_func((GDestroyNotify)transfer_item_free);
        TransferOptions options = {.control = control};
        TransferCallbacks callbacks = {.bytes = bytes, .user = control};
        g_ptr_array_add(items, transfer_item_new(kinds[i], "bucket", "limited", path));
        gint64 began = g_get_monotonic_time();
        transfer_run(fixture->client, items, &options, &callbacks, NULL, &error);
        g_assert_no_error(error);
        seconds[i] = (double)(g_get_monotonic_time() - began) / G_USEC_PER_SEC;
    }
}

static void test_a_rate_is_not_exceeded(gconstpointer data)
{
    double seconds[2];
    g_autoptr(TransferControl) control = transfer_control_new(4 * MIB);
    move((S3Fixture *)data, control, 2 * MIB, NULL, seconds);
    /* Half a second but for the burst; a busy machine only makes it longer. */
    g_assert_cmpfloat(seconds[0], >=, 0.35);
    g_assert_cmpfloat(seconds[1], >=, 0.35);
}

static void lift_limit(gpointer user, guint64 bytes)
{
    transfer_control_set_rate(user, 0);
}

/* At the least rate 16 MiB would take four minutes. */
static void test_a_rate_can_be_lifted_under_way(gconstpointer data)
{
    double seconds[2];
    g_autoptr(TransferControl) control = transfer_control_new(1);
    move((S3Fixture *)data, control, 16 * MIB, lift_limit, seconds);
    g_assert_cmpfloat(seconds[0], <, 60);
    g_assert_cmpfloat(seconds[1], <, 60);
}

/* --- connections ------------------------------------------------------------------------------- */

static GBytes *produce_some(gpointer user, GCancellable *cancellable, GError **error)
{
    return s3_fixture_bytes(50000, 3);
}

static void test_workers_limit_the_connections(gconstpointer data)
{
    const S3Fixture *fixture = data;
    static const guint limits[] = {1, 2, 3};
    for (gsize i = 0; i < G_N_ELEMENTS(limits); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(S3Client) client =
            s3_client_new(fixture->endpoint, "us-east-1", fixture->credentials);
        g_autoptr(GPtrArray) items =
            g_ptr_array_new_with_free_func((GDestroyNotify)transfer_item_free);
        TransferOptions options = {.workers = limits[i]};
        for (guint j = 0; j < 30; j++) {
            g_autofree char *key = g_strdup_printf("many/%u", j);
            TransferItem *item = transfer_item_new(TRANSFER_UPLOAD, "bucket", key, NULL);
            item->produce = produce_some;
            g_ptr_array_add(items, item);
        }
        g_assert_true(transfer_run(client, items, &options, NULL, NULL, &error));
        g_assert_cmpuint(s3_client_connections(client), >=, 1);
        g_assert_cmpuint(s3_client_connections(client), <=, limits[i]);
    }
}

/* --- uploads whose ids were never heard -------------------------------------------------------- */

static gboolean count_upload(gpointer user, const S3Upload *upload, GError **error)
{
    *(guint *)user += strcmp(upload->key, "lost") == 0;
    return TRUE;
}

static guint open_uploads(S3Client *client)
{
    guint count = 0;
    g_autoptr(GError) error = NULL;
    s3_multipart_uploads(client, "bucket", "lost", count_upload, &count, NULL, &error);
    g_assert_no_error(error);
    return count;
}

static void test_only_uploads_that_can_be_ours_are_aborted(gconstpointer data)
{
    S3Client *client = ((S3Fixture *)data)->client;
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    static const struct {
        guint empty, used; /* uploads that are open: without parts, and with one */
        gint64 since, until;
        guint most, left;
    } cases[] = {
        {1, 0, -60, 3600, 1, 0}, /* the one that was lost */
        {1, 1, -60, 3600, 1, 1}, /* another writer's has parts */
        {3, 0, -60, 3600, 2, 3}, /* more than we can have begun */
        {2, 0, -60, 3600, 2, 0}, /* two attempts, two answers lost */
        {1, 0, -90, -60, 1, 1},  /* begun later than we asked */
        {1, 0, 60, 90, 1, 1},    /* begun before we asked */
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GBytes) part = s3_fixture_bytes(100, 1);
        for (guint j = 0; j < cases[i].empty + cases[i].used; j++)
            g_ptr_array_add(ids, s3_multipart_create(client, "bucket", "lost", NULL, NULL));
        for (guint j = 0; j < cases[i].used; j++)
            g_free(
                s3_multipart_upload(client, "bucket", "lost", ids->pdata[j], 1, part, NULL, NULL));
        s3_multipart_abort_lost(client, "bucket", "lost", now + cases[i].since,
                                now + cases[i].until, cases[i].most, NULL);
        g_assert_cmpuint(open_uploads(client), ==, cases[i].left);
        for (guint j = 0; j < ids->len; j++)
            g_assert_true(s3_multipart_abort(client, "bucket", "lost", ids->pdata[j], NULL, NULL));
    }
}

static void test_a_lost_answer_leaves_another_writers_upload(gconstpointer data)
{
    S3Fixture *fixture = (S3Fixture *)data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) part = s3_fixture_bytes(100, 2);
    g_autofree char *theirs = s3_multipart_create(fixture->client, "bucket", "lost", NULL, NULL);
    g_autofree char *etag =
        s3_multipart_upload(fixture->client, "bucket", "lost", theirs, 1, part, NULL, NULL);
    g_assert_nonnull(etag);
    s3_fixture_fault(fixture, "s3 CreateMultipartUpload nth=1 reset=after");
    g_autofree char *ours = s3_multipart_create(fixture->client, "bucket", "lost", NULL, &error);
    s3_fixture_clear_faults(fixture);
    g_assert_no_error(error);
    g_assert_cmpuint(open_uploads(fixture->client), ==, 2);
    g_assert_true(s3_multipart_abort(fixture->client, "bucket", "lost", ours, NULL, NULL));
    g_assert_true(s3_multipart_abort(fixture->client, "bucket", "lost", theirs, NULL, NULL));
}

static const struct {
    const char *name;
    GTestDataFunc run;
} tests[] = {
    {"/transfer/a-pause-holds-until-it-is-lifted", test_a_pause_holds_until_it_is_lifted},
    {"/transfer/a-paused-transfer-can-be-cancelled", test_a_paused_transfer_can_be_cancelled},
    {"/transfer/a-rate-is-not-exceeded", test_a_rate_is_not_exceeded},
    {"/transfer/a-rate-can-be-lifted-under-way", test_a_rate_can_be_lifted_under_way},
    {"/transfer/workers-limit-the-connections", test_workers_limit_the_connections},
    {"/transfer/only-uploads-that-can-be-ours-are-aborted",
     test_only_uploads_that_can_be_ours_are_aborted},
    {"/transfer/a-lost-answer-leaves-another-writers-upload",
     test_a_lost_answer_leaves_another_writers_upload},
};

int main(int argc, char **argv)
{
    S3Fixture fixture;
    g_test_init(&argc, &argv, NULL);
    s3_fixture_start(&fixture);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add_data_func(tests[i].name, &fixture, tests[i].run);
    int status = g_test_run();
    s3_fixture_stop(&fixture);
    return status;
}
