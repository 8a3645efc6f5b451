/* Our S3 client and transfers against the sandbox's own endpoint, in fair weather and in foul. */
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aws/transfer.h"
#include "base/error.h"
#include "tests/unit/s3-fixture.h"

#define MIB (1u << 20)

static const char *const awkward_keys[] = {
    "plain.csv",           "with space",  "a+b=c&d",         "100%/%2F/%zz",     "Grüße/樂 🎫",
    "quote'\"<>\\|`{}^",   "//double//a", "dot/./../up",     "tilde~(x)!*$,;:@", "soap",
    "tab\tline\nreturn\r", "bell\a",      "ends/with/slash/"};

static GBytes *get_all(S3Client *client, const char *key)
{
    g_autoptr(GError) error = NULL;
    GBytes *bytes = s3_get(client, "bucket", key, 0, 0, NULL, &error);
    g_assert_no_error(error);
    return bytes;
}

static void put_text(S3Client *client, const char *key, const char *text)
{
    g_autoptr(GBytes) body = g_bytes_new(text, strlen(text));
    g_autoptr(GError) error = NULL;
    s3_put(client, "bucket", key, body, NULL, &error);
    g_assert_no_error(error);
}

static void delete_all(S3Client *client)
{
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) objects = s3_list_all(client, "bucket", "", 10000, NULL, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < objects->len; i++)
        g_ptr_array_add(keys, ((S3Object *)objects->pdata[i])->key);
    s3_delete(client, "bucket", keys, NULL, &error);
    g_assert_no_error(error);
    g_autoptr(GPtrArray) left = s3_list_all(client, "bucket", "", 10, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(left->len, ==, 0);
}

static guint open_uploads(const S3Fixture *fixture)
{
    g_autofree char *path = g_build_filename(fixture->dir, "s3", "bucket", "uploads", NULL);
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    guint count = 0;
    while (dir != NULL && g_dir_read_name(dir) != NULL)
        count++;
    return count;
}

/* --- one request ------------------------------------------------------------------------------- */

static void test_every_key_survives_the_way_there_and_back(gconstpointer data)
{
    S3Client *client = ((S3Fixture *)data)->client;
    for (gsize i = 0; i < G_N_ELEMENTS(awkward_keys); i++)
        put_text(client, awkward_keys[i], awkward_keys[i]);
    g_autoptr(GPtrArray) objects = s3_list_all(client, "bucket", "", 100, NULL, NULL);
    g_assert_cmpuint(objects->len, ==, G_N_ELEMENTS(awkward_keys));
    for (guint i = 1; i < objects->len; i++)
        g_assert_cmpstr(((S3Object *)objects->pdata[i - 1])->key, <,
                        ((S3Object *)objects->pdata[i])->key);
    for (gsize i = 0; i < G_N_ELEMENTS(awkward_keys); i++) {
        g_autoptr(GBytes) bytes = get_all(client, awkward_keys[i]);
        g_autoptr(GPtrArray) found =
            s3_list_all(client, "bucket", awkward_keys[i], 100, NULL, NULL);
        g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), awkward_keys[i],
                        strlen(awkward_keys[i]));
        g_assert_cmpuint(found->len, ==, 1);
        g_assert_cmpstr(((S3Object *)found->pdata[0])->key, ==, awkward_keys[i]);
    }
    delete_all(client);
}

static void test_facts_of_an_object(gconstpointer data)
{
    S3Client *client = ((S3Fixture *)data)->client;
    put_text(client, "facts", "abc");
    g_autoptr(GError) error = NULL;
    g_autoptr(S3Object) object = s3_head(client, "bucket", "facts", NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(object->size, ==, 3);
    g_assert_cmpstr(object->etag, ==, "900150983cd24fb0d6963f7d28e17f72");
    g_assert_true(object->etag_is_md5);
    gint64 age = g_get_real_time() / G_USEC_PER_SEC - object->modified;
    g_assert_cmpint(ABS(age), <, 60);
    g_autofree char *region = s3_bucket_region(client, "bucket", NULL, NULL);
    g_assert_cmpstr(region, ==, "us-east-1");
    delete_all(client);
}

static void test_ranges(gconstpointer data)
{
    S3Client *client = ((S3Fixture *)data)->client;
    static const struct {
        const char *key;
        guint64 offset, length;
        const char *text;
    } cases[] = {
        {"digits", 0, 0, "0123456789"},
        {"digits", 0, 4, "0123"},
        {"digits", 3, 4, "3456"},
        {"digits", 8, 100, "89"},
        {"digits", 9, 0, "9"},
        {"digits", 0, 100, "0123456789"},
        {"empty", 0, 0, ""},
        {"empty", 0, 5, ""},
    };
    put_text(client, "digits", "0123456789");
    put_text(client, "empty", "");
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes =
            s3_get(client, "bucket", cases[i].key, cases[i].offset, cases[i].length, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), cases[i].text,
                        strlen(cases[i].text));
    }
    g_autoptr(GError) error = NULL;
    g_assert_null(s3_get(client, "bucket", "digits", 10, 1, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_DATA);
    delete_all(client);
}

static gboolean count_object(gpointer user, const S3Object *object, GError **error)
{
    guint *count = user;
    g_autofree char *expected = g_strdup_printf("page/%04u", (*count)++);
    g_assert_cmpstr(object->key, ==, expected);
    return TRUE;
}

static void test_listings_go_on_over_pages(gconstpointer data)
{
    S3Client *client = ((S3Fixture *)data)->client;
    guint count = 0;
    for (guint i = 0; i < 1010; i++) {
        g_autofree char *key = g_strdup_printf("page/%04u", i);
        put_text(client, key, "");
    }
    put_text(client, "other", "");
    g_autoptr(GError) error = NULL;
    s3_list(client, "bucket", "page/", count_object, &count, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(count, ==, 1010);
    g_assert_null(s3_list_all(client, "bucket", "page/", 1009, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_LIMIT);
    delete_all(client);
}

static void test_one_worker_keeps_its_connection(gconstpointer data)
{
    const S3Fixture *fixture = data;
    g_autoptr(S3Client) client = s3_client_new(fixture->endpoint, NULL, fixture->credentials);
    for (int i = 0; i < 20; i++)
        put_text(client, "same", "connection");
    g_assert_cmpuint(s3_client_connections(client), ==, 1);
    delete_all(client);
}

static void test_refusals_have_their_codes(gconstpointer data)
{
    const S3Fixture *fixture = data;
    static const struct {
        const char *key_id, *secret, *bucket;
        RsErrorCode code;
        const char *says;
    } cases[] = {
        {FIXTURE_KEY, FIXTURE_SECRET, "bucket", RS_ERROR_NOT_FOUND, "NoSuchKey"},
        {FIXTURE_KEY, FIXTURE_SECRET, "nobucket", RS_ERROR_NOT_FOUND, "NoSuchBucket"},
        {FIXTURE_KEY, "another", "bucket", RS_ERROR_AUTH, "SignatureDoesNotMatch"},
        {"AKOTHER", FIXTURE_SECRET, "bucket", RS_ERROR_AUTH, "InvalidAccessKeyId"},
        {FIXTURE_KEY, FIXTURE_SECRET, "", RS_ERROR_USAGE, "bucket"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Secret) secret = secret_new(cases[i].secret, -1);
        g_autoptr(CredentialsSource) source = credentials_source_new(cases[i].key_id, secret, NULL);
        g_autoptr(S3Client) client = s3_client_new(fixture->endpoint, NULL, source);
        g_autoptr(GError) error = NULL;
        g_assert_null(s3_get(client, cases[i].bucket, "no such", 0, 0, NULL, &error));
        g_assert_error(error, RS_ERROR, (int)cases[i].code);
        g_assert_nonnull(strstr(error->message, cases[i].says));
    }
    g_autoptr(S3Client) unsigned_client = s3_client_new(fixture->endpoint, NULL, NULL);
    g_autoptr(GError) error = NULL;
    g_assert_null(s3_get(unsigned_client, "bucket", "key", 0, 0, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_PERMISSION);
}

static void test_an_unreachable_endpoint_is_a_connect_error(gconstpointer data)
{
    const S3Fixture *fixture = data;
    g_autoptr(S3Client) client = s3_client_new("http://127.0.0.1:9", NULL, fixture->credentials);
    g_autoptr(GError) error = NULL;
    g_assert_null(s3_head(client, "bucket", "key", NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CONNECT);
}

static void test_the_buckets_region_is_learnt(gconstpointer data)
{
    const S3Fixture *fixture = data;
    g_autoptr(S3Client) client =
        s3_client_new(fixture->endpoint, "eu-west-1", fixture->credentials);
    put_text(client, "elsewhere", "found");
    g_autofree char *region = s3_bucket_region(client, "bucket", NULL, NULL);
    g_assert_cmpstr(region, ==, "us-east-1");
    delete_all(client);
}

static gint64 an_hour_ago(gpointer user)
{
    return g_get_real_time() / G_USEC_PER_SEC - 3600;
}

static double no_chance(gpointer user)
{
    return 0;
}

static void no_sleep(gpointer user, guint ms, GCancellable *cancellable)
{
}

static void test_a_wrong_clock_is_corrected_by_the_servers(gconstpointer data)
{
    const S3Fixture *fixture = data;
    AwsHooks hooks = {an_hour_ago, no_chance, no_sleep, NULL};
    g_autoptr(S3Client) client = s3_client_new(fixture->endpoint, NULL, fixture->credentials);
    s3_client_set_hooks(client, &hooks);
    put_text(client, "late", "but in time");
    delete_all(client);
}

static void test_signed_urls_work_until_they_are_changed(gconstpointer data)
{
    const S3Fixture *fixture = data;
    put_text(fixture->client, "a b+é", "signed");
    g_autoptr(GError) error = NULL;
    g_autofree char *url = s3_presign(fixture->client, "bucket", "a b+é", 60, NULL, &error);
    g_assert_no_error(error);
    g_autoptr(GString) changed = g_string_new(url);
    g_string_replace(changed, "Expires=60", "Expires=61", 0);
    const struct {
        const char *url;
        int status;
    } cases[] = {{url, 200}, {changed->str, 403}};
    g_autoptr(HttpClient) http = http_client_new();
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        HttpRequest request = {.method = "GET", .url = cases[i].url};
        g_auto(HttpResponse) response = {0};
        g_assert_true(http_send(http, &request, &response, NULL, NULL));
        g_assert_cmpint(response.status, ==, cases[i].status);
        g_assert_cmpint(strcmp(http_response_text(&response), "signed") == 0, ==,
                        cases[i].status == 200);
    }
    g_assert_null(s3_presign(fixture->client, "bucket", "k", 604801, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
    delete_all(fixture->client);
}

/* --- multipart --------------------------------------------------------------------------------- */

static void test_multipart_uploads_join_their_parts(gconstpointer data)
{
    const S3Fixture *fixture = data;
    S3Client *client = fixture->client;
    g_autoptr(GBytes) whole = s3_fixture_bytes(11 * MIB, 1);
    g_autoptr(GPtrArray) etags = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_autofree char *id = s3_multipart_create(client, "bucket", "big", NULL, &error);
    g_assert_no_error(error);
    for (guint part = 0; part < 3; part++) {
        gsize offset = part * 5 * MIB;
        g_autoptr(GBytes) bytes =
            g_bytes_new_from_bytes(whole, offset, MIN(5 * MIB, 11 * MIB - offset));
        char *etag =
            s3_multipart_upload(client, "bucket", "big", id, part + 1, bytes, NULL, &error);
        g_assert_no_error(error);
        g_ptr_array_add(etags, etag);
    }
    g_assert_cmpuint(open_uploads(fixture), ==, 1);
    s3_multipart_complete(client, "bucket", "big", id, etags, NULL, &error);
    g_assert_no_error(error);
    g_autoptr(GBytes) back = get_all(client, "big");
    g_autoptr(S3Object) object = s3_head(client, "bucket", "big", NULL, NULL);
    g_assert_true(g_bytes_equal(whole, back));
    g_assert_true(g_str_has_suffix(object->etag, "-3"));
    g_assert_false(object->etag_is_md5);
    g_assert_cmpuint(open_uploads(fixture), ==, 0);
    delete_all(client);
}

static void test_bad_multipart_uploads_are_refused(gconstpointer data)
{
    const S3Fixture *fixture = data;
    S3Client *client = fixture->client;
    g_autoptr(GError) error = NULL;
    g_autofree char *id = s3_multipart_create(client, "bucket", "bad", NULL, NULL);
    g_autoptr(GBytes) small = s3_fixture_bytes(10, 1);
    g_autoptr(GPtrArray) etags = g_ptr_array_new_with_free_func(g_free);
    for (guint part = 1; part <= 2; part++)
        g_ptr_array_add(etags,
                        s3_multipart_upload(client, "bucket", "bad", id, part, small, NULL, NULL));
    g_assert_false(s3_multipart_complete(client, "bucket", "bad", id, etags, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_LIMIT); /* EntityTooSmall */
    g_clear_error(&error);
    g_ptr_array_add(etags, g_strdup("\"00000000000000000000000000000000\""));
    g_assert_false(s3_multipart_complete(client, "bucket", "bad", id, etags, NULL, &error));
    g_clear_error(&error);
    g_assert_true(s3_multipart_abort(client, "bucket", "bad", id, NULL, NULL));
    g_assert_true(s3_multipart_abort(client, "bucket", "bad", id, NULL, NULL)); /* gone is fine */
    g_assert_null(s3_multipart_upload(client, "bucket", "bad", id, 1, small, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_NOT_FOUND);
    g_assert_cmpuint(open_uploads(fixture), ==, 0);
}

/* --- faults ------------------------------------------------------------------------------------ */

static void test_passing_failures_are_retried(gconstpointer data)
{
    S3Fixture *fixture = (S3Fixture *)data;
    static const char *const rules[] = {
        "s3 PutObject nth=1 status=503 code=SlowDown",
        "s3 PutObject nth=1 status=500",
        "s3 PutObject nth=1 reset=before",
        "s3 PutObject nth=1 reset=during",
        "s3 PutObject nth=1 reset=after",
        "s3 GetObject nth=1 status=503",
        "s3 GetObject nth=1 reset=before",
        "s3 GetObject nth=1 reset=during",
        "s3 PutObject nth=1 status=400 code=RequestTimeout",
    };
    g_autoptr(GBytes) body = s3_fixture_bytes(3 * MIB + 17, 7);
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++) {
        g_autoptr(GError) error = NULL;
        g_test_message("%s", rules[i]);
        s3_fixture_clear_faults(fixture);
        s3_fixture_fault(fixture, rules[i]);
        s3_put(fixture->client, "bucket", "retried", body, NULL, &error);
        g_assert_no_error(error);
        g_autoptr(GBytes) back = get_all(fixture->client, "retried");
        g_assert_true(g_bytes_equal(body, back));
        /* A kept connection that is reset is replaced by libcurl without asking us. */
        g_assert_cmpuint(fixture->slept, <=, 1);
        if (strstr(rules[i], "status") != NULL)
            g_assert_cmpuint(fixture->slept, ==, 1);
    }
    s3_fixture_clear_faults(fixture);
    delete_all(fixture->client);
}

static void test_lasting_failures_are_given_up_with_their_code(gconstpointer data)
{
    S3Fixture *fixture = (S3Fixture *)data;
    static const struct {
        const char *rule;
        RsErrorCode code;
        guint slept;
    } cases[] = {
        {"s3 HeadObject status=503 code=SlowDown", RS_ERROR_TRANSIENT, 2}, /* HEAD has no body */
        {"s3 GetObject status=503 code=SlowDown", RS_ERROR_THROTTLED, 2},
        {"s3 GetObject status=500", RS_ERROR_TRANSIENT, 2},
        {"s3 GetObject reset=before", RS_ERROR_TRANSIENT, 2},
        {"s3 GetObject status=403 code=AccessDenied", RS_ERROR_PERMISSION, 0},
        {"s3 GetObject status=400 code=ExpiredToken", RS_ERROR_AUTH, 0},
        {"s3 GetObject status=403 code=RequestTimeTooSkewed", RS_ERROR_AUTH, 0},
    };
    put_text(fixture->client, "there", "x");
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        s3_fixture_clear_faults(fixture);
        s3_fixture_fault(fixture, cases[i].rule);
        if (strstr(cases[i].rule, "Head") != NULL)
            g_assert_null(s3_head(fixture->client, "bucket", "there", NULL, &error));
        else
            g_assert_null(s3_get(fixture->client, "bucket", "there", 0, 0, NULL, &error));
        g_assert_error(error, RS_ERROR, (int)cases[i].code);
        g_assert_cmpuint(fixture->slept, ==, cases[i].slept);
    }
    s3_fixture_clear_faults(fixture);
    delete_all(fixture->client);
}

static void test_expired_credentials_are_renewed_once(gconstpointer data)
{
    S3Fixture *fixture = (S3Fixture *)data;
    put_text(fixture->client, "k", "x");
    s3_fixture_fault(fixture, "s3 GetObject nth=1 status=400 code=ExpiredToken");
    g_autoptr(GBytes) bytes = get_all(fixture->client, "k");
    g_assert_cmpuint(g_bytes_get_size(bytes), ==, 1);
    s3_fixture_clear_faults(fixture);
    delete_all(fixture->client);
}

static void test_a_lost_answer_to_a_completion_is_no_failure(gconstpointer data)
{
    S3Fixture *fixture = (S3Fixture *)data;
    g_autoptr(GBytes) bytes = s3_fixture_bytes(1000, 3);
    g_autoptr(GPtrArray) etags = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    g_autofree char *id = s3_multipart_create(fixture->client, "bucket", "lost", NULL, NULL);
    g_ptr_array_add(
        etags, s3_multipart_upload(fixture->client, "bucket", "lost", id, 1, bytes, NULL, NULL));
    s3_fixture_fault(fixture, "s3 CompleteMultipartUpload nth=1 reset=after");
    s3_multipart_complete(fixture->client, "bucket", "lost", id, etags, NULL, &error);
    g_assert_no_error(error);
    s3_fixture_clear_faults(fixture);
    delete_all(fixture->client);
}

/* A server that takes the request and never answers it: it cancels instead. */
typedef struct {
    int listener, connection;
    GCancellable *cancellable;
    gint64 cancelled_at; /* monotonic, us */
} MuteServer;

static gpointer take_and_cancel(gpointer data)
{
    MuteServer *server = data;
    char byte;
    server->connection = accept(server->listener, NULL, NULL);
    g_assert_cmpint(read(server->connection, &byte, 1), ==, 1);
    server->cancelled_at = g_get_monotonic_time();
    g_cancellable_cancel(server->cancellable);
    return NULL;
}

static void test_cancelling_takes_no_longer_than_100_ms(gconstpointer data)
{
    const S3Fixture *fixture = data;
    int port;
    g_autoptr(GError) error = NULL;
    MuteServer server = {.listener = s3_fixture_listen(&port), .cancellable = g_cancellable_new()};
    g_autofree char *endpoint = g_strdup_printf("http://127.0.0.1:%d", port);
    g_autoptr(S3Client) client = s3_client_new(endpoint, NULL, fixture->credentials);
    GThread *thread = g_thread_new("mute", take_and_cancel, &server);
    g_assert_null(s3_get(client, "bucket", "key", 0, 0, server.cancellable, &error));
    gint64 now = g_get_monotonic_time();
    g_thread_join(thread);
    g_assert_error(error, RS_ERROR, RS_ERROR_CANCELLED);
    g_assert_cmpint((now - server.cancelled_at) / 1000, <, 100);
    close(server.connection);
    close(server.listener);
    g_object_unref(server.cancellable);
}

/* --- transfers --------------------------------------------------------------------------------- */

typedef struct {
    guint done;
    guint64 bytes; /* atomic */
    GThread *thread;
} Observed;

static gboolean on_done(gpointer user, TransferItem *item, GError **error)
{
    Observed *observed = user;
    g_assert_true(g_thread_self() == observed->thread);
    g_assert_nonnull(item->etag);
    observed->done++;
    return TRUE;
}

static void on_bytes(gpointer user, guint64 bytes)
{
    Observed *observed = user;
    __atomic_add_fetch(&observed->bytes, bytes, __ATOMIC_RELAXED);
}

static Observed run(S3Client *client, GPtrArray *items, const TransferOptions *options,
                    GCancellable *cancellable, GError **error)
{
    Observed observed = {.thread = g_thread_self()};
    TransferCallbacks callbacks = {.done = on_done, .bytes = on_bytes, .user = &observed};
    transfer_run(client, items, options, &callbacks, cancellable, error);
    return observed;
}

static GPtrArray *items_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)transfer_item_free);
}

/* Files of many sizes in a new folder under the fixture's; their total in *total. */
static char *make_files(const S3Fixture *fixture, guint count, gsize step, guint64 *total)
{
    char *folder = g_build_filename(fixture->dir, "files", NULL);
    g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
    *total = 0;
    for (guint i = 0; i < count; i++) {
        g_autofree char *path = g_strdup_printf("%s/f%03u", folder, i);
        g_autoptr(GBytes) bytes = s3_fixture_bytes(i * step, i);
        gsize size;
        const char *start = g_bytes_get_data(bytes, &size);
        g_assert_true(g_file_set_contents(path, start != NULL ? start : "", (gssize)size, NULL));
        *total += size;
    }
    return folder;
}

static GPtrArray *items_for(TransferKind kind, const char *folder, guint count)
{
    GPtrArray *items = items_new();
    for (guint i = 0; i < count; i++) {
        g_autofree char *path = g_strdup_printf("%s/f%03u", folder, i);
        g_autofree char *key = g_strdup_printf("up/f%03u", i);
        g_ptr_array_add(items, transfer_item_new(kind, "bucket", key, path));
    }
    return items;
}

static void assert_same_files(const char *one, const char *other, guint count)
{
    for (guint i = 0; i < count; i++) {
        g_autofree char *a = g_strdup_printf("%s/f%03u", one, i);
        g_autofree char *b = g_strdup_printf("%s/f%03u", other, i);
        g_autofree char *in_a = NULL, *in_b = NULL;
        gsize size_a, size_b;
        g_assert_true(g_file_get_contents(a, &in_a, &size_a, NULL));
        g_assert_true(g_file_get_contents(b, &in_b, &size_b, NULL));
        g_assert_cmpmem(in_a, size_a, in_b, size_b);
    }
}

static guint files_in(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    guint count = 0;
    while (dir != NULL && g_dir_read_name(dir) != NULL)
        count++;
    return count;
}

/* Up and down again; counts what was told on the way. */
static void round_trip(S3Fixture *fixture, guint count, gsize step, const TransferOptions *options)
{
    guint64 total;
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = make_files(fixture, count, step, &total);
    g_autofree char *name = g_strdup_printf("back-%zu", step);
    g_autofree char *back = g_build_filename(fixture->dir, name, "deeper", NULL);
    g_autoptr(GPtrArray) up = items_for(TRANSFER_UPLOAD, folder, count);
    g_autoptr(GPtrArray) down = items_for(TRANSFER_DOWNLOAD, back, count);
    Observed sent = run(fixture->client, up, options, NULL, &error);
    g_assert_no_error(error);
    Observed received = run(fixture->client, down, options, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(sent.done, ==, count);
    g_assert_cmpuint(sent.bytes, ==, total);
    g_assert_cmpuint(received.done, ==, count);
    g_assert_cmpuint(received.bytes, ==, total);
    assert_same_files(folder, back, count);
    g_assert_cmpuint(files_in(back), ==, count);
    g_assert_cmpuint(open_uploads(fixture), ==, 0);
    delete_all(fixture->client);
}

static void test_many_files_arrive_identical(gconstpointer data)
{
    round_trip((S3Fixture *)data, 60, 4099, NULL);
}

static void test_large_files_travel_in_pieces(gconstpointer data)
{
    TransferOptions options = {.workers = 3, .multipart_above = 6 * MIB, .part_size = 5 * MIB};
    round_trip((S3Fixture *)data, 4, 6 * MIB + 1, &options);
}

static void test_faults_on_the_way_change_nothing(gconstpointer data)
{
    S3Fixture *fixture = (S3Fixture *)data;
    TransferOptions options = {.workers = 3, .multipart_above = 6 * MIB, .part_size = 5 * MIB};
    s3_fixture_fault(fixture, "s3 UploadPart nth=2 every=6 reset=during");
    s3_fixture_fault(fixture, "s3 PutObject nth=2 every=5 status=503 code=SlowDown");
    s3_fixture_fault(fixture, "s3 GetObject nth=3 every=4 reset=during");
    s3_fixture_fault(fixture, "s3 CompleteMultipartUpload nth=1 reset=after");
    s3_fixture_fault(fixture, "s3 HeadObject nth=2 status=500");
    round_trip(fixture, 5, 5 * MIB, &options);
    g_assert_cmpuint(fixture->slept, >, 3);
    s3_fixture_clear_faults(fixture);
}

static void test_a_failed_upload_leaves_nothing_open(gconstpointer data)
{
    S3Fixture *fixture = (S3Fixture *)data;
    guint64 total;
    TransferOptions options = {.multipart_above = 6 * MIB, .part_size = 5 * MIB};
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = make_files(fixture, 3, 8 * MIB, &total);
    g_autoptr(GPtrArray) items = items_for(TRANSFER_UPLOAD, folder, 3);
    s3_fixture_fault(fixture, "s3 UploadPart nth=3 status=403 code=AccessDenied");
    run(fixture->client, items, &options, NULL, &error);
    g_assert_error(error, RS_ERROR, RS_ERROR_PERMISSION);
    g_assert_cmpuint(open_uploads(fixture), ==, 0);
    s3_fixture_clear_faults(fixture);
    delete_all(fixture->client);
}

static void test_a_failed_download_leaves_no_file(gconstpointer data)
{
    S3Fixture *fixture = (S3Fixture *)data;
    g_autofree char *folder = g_build_filename(fixture->dir, "empty", NULL);
    static const struct {
        const char *key;
        gint64 length;
        const char *rule;
        RsErrorCode code;
    } cases[] = {
        {"none", -1, NULL, RS_ERROR_NOT_FOUND},
        {"none", 10, NULL, RS_ERROR_NOT_FOUND},
        {"some", 10, NULL, RS_ERROR_CORRUPT},
        {"some", 3, NULL, RS_ERROR_CORRUPT},
        {"some", 4, "s3 GetObject status=403 code=AccessDenied", RS_ERROR_PERMISSION},
        {"some", 4, "s3 GetObject reset=during", RS_ERROR_TRANSIENT},
    };
    put_text(fixture->client, "some", "four");
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) items = items_new();
        g_autofree char *path = g_build_filename(folder, "file", NULL);
        TransferItem *item = transfer_item_new(TRANSFER_DOWNLOAD, "bucket", cases[i].key, path);
        item->length = cases[i].length;
        g_ptr_array_add(items, item);
        if (cases[i].rule != NULL)
            s3_fixture_fault(fixture, cases[i].rule);
        Observed observed = run(fixture->client, items, NULL, NULL, &error);
        g_assert_error(error, RS_ERROR, (int)cases[i].code);
        g_assert_cmpuint(observed.done, ==, 0);
        g_assert_cmpuint(files_in(folder), ==, 0);
        s3_fixture_clear_faults(fixture);
    }
    delete_all(fixture->client);
}

/* A file size limit stands in for a full disk: the kernel says no in the middle of writing. */
static void test_a_full_disk_is_a_clear_limit(gconstpointer data)
{
    S3Fixture *fixture = (S3Fixture *)data;
    struct rlimit before, small;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) body = s3_fixture_bytes(2 * MIB, 9);
    g_autofree char *folder = g_build_filename(fixture->dir, "full", NULL);
    g_autofree char *path = g_build_filename(folder, "file", NULL);
    g_autoptr(GPtrArray) items = items_new();
    g_assert_true(s3_put(fixture->client, "bucket", "big", body, NULL, NULL));
    g_ptr_array_add(items, transfer_item_new(TRANSFER_DOWNLOAD, "bucket", "big", path));
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = MIB;
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &small), ==, 0);
    run(fixture->client, items, NULL, NULL, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    g_assert_error(error, RS_ERROR, RS_ERROR_LIMIT);
    g_assert_cmpuint(files_in(folder), ==, 0);
    delete_all(fixture->client);
}

static GBytes *produce(gpointer user, GCancellable *cancellable, GError **error)
{
    if (user == NULL) {
        g_set_error_literal(error, RS_ERROR, RS_ERROR_DATA, "nothing to produce");
        return NULL;
    }
    return s3_fixture_bytes(GPOINTER_TO_UINT(user), 5);
}

static void test_produced_bytes_are_stored(gconstpointer data)
{
    S3Fixture *fixture = (S3Fixture *)data;
    TransferOptions options = {.multipart_above = 6 * MIB, .part_size = 5 * MIB};
    static const guint sizes[] = {1, 100000, 11 * MIB + 3};
    g_autoptr(GPtrArray) items = items_new();
    g_autoptr(GError) error = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autofree char *key = g_strdup_printf("made/%zu", i);
        TransferItem *item = transfer_item_new(TRANSFER_UPLOAD, "bucket", key, NULL);
        item->produce = produce;
        item->user = GUINT_TO_POINTER(sizes[i]);
        g_ptr_array_add(items, item);
    }
    run(fixture->client, items, &options, NULL, &error);
    g_assert_no_error(error);
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autofree char *key = g_strdup_printf("made/%zu", i);
        g_autoptr(GBytes) expected = s3_fixture_bytes(sizes[i], 5);
        g_autoptr(GBytes) got = get_all(fixture->client, key);
        g_assert_true(g_bytes_equal(expected, got));
    }
    ((TransferItem *)items->pdata[1])->user = NULL;
    run(fixture->client, items, &options, NULL, &error);
    g_assert_error(error, RS_ERROR, RS_ERROR_DATA);
    g_assert_cmpuint(open_uploads(fixture), ==, 0);
    delete_all(fixture->client);
}

static void cancel_on_bytes(gpointer user, guint64 bytes)
{
    g_cancellable_cancel(user);
}

static void test_a_cancelled_transfer_stops_and_cleans_up(gconstpointer data)
{
    S3Fixture *fixture = (S3Fixture *)data;
    guint64 total;
    TransferOptions options = {.multipart_above = 6 * MIB, .part_size = 5 * MIB};
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = make_files(fixture, 3, 8 * MIB, &total);
    g_autoptr(GPtrArray) items = items_for(TRANSFER_UPLOAD, folder, 3);
    TransferCallbacks callbacks = {.bytes = cancel_on_bytes, .user = cancellable};
    g_assert_false(transfer_run(fixture->client, items, &options, &callbacks, cancellable, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CANCELLED);
    g_assert_cmpuint(open_uploads(fixture), ==, 0);
    delete_all(fixture->client);
}

static void test_local_files_that_cannot_be_read_are_named(gconstpointer data)
{
    S3Fixture *fixture = (S3Fixture *)data;
    g_autofree char *none = g_build_filename(fixture->dir, "none", NULL);
    const struct {
        const char *path;
        gint64 length;
        RsErrorCode code;
    } cases[] = {{none, -1, RS_ERROR_NOT_FOUND},
                 {fixture->dir, -1, RS_ERROR_USAGE},
                 {"/proc/self/cmdline", 10, RS_ERROR_DATA}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray) items = items_new();
        g_autoptr(GError) error = NULL;
        TransferItem *item = transfer_item_new(TRANSFER_UPLOAD, "bucket", "k", cases[i].path);
        item->length = cases[i].length;
        g_ptr_array_add(items, item);
        run(fixture->client, items, NULL, NULL, &error);
        g_assert_error(error, RS_ERROR, (int)cases[i].code);
        g_assert_nonnull(strstr(error->message, cases[i].path));
    }
}

static const struct {
    const char *name;
    GTestDataFunc run;
} tests[] = {
    {"/s3-client/every-key-survives-the-way-there-and-back",
     test_every_key_survives_the_way_there_and_back},
    {"/s3-client/facts-of-an-object", test_facts_of_an_object},
    {"/s3-client/ranges", test_ranges},
    {"/s3-client/listings-go-on-over-pages", test_listings_go_on_over_pages},
    {"/s3-client/one-worker-keeps-its-connection", test_one_worker_keeps_its_connection},
    {"/s3-client/refusals-have-their-codes", test_refusals_have_their_codes},
    {"/s3-client/an-unreachable-endpoint-is-a-connect-error",
     test_an_unreachable_endpoint_is_a_connect_error},
    {"/s3-client/the-buckets-region-is-learnt", test_the_buckets_region_is_learnt},
    {"/s3-client/a-wrong-clock-is-corrected-by-the-servers",
     test_a_wrong_clock_is_corrected_by_the_servers},
    {"/s3-client/signed-urls-work-until-they-are-changed",
     test_signed_urls_work_until_they_are_changed},
    {"/s3-client/multipart-uploads-join-their-parts", test_multipart_uploads_join_their_parts},
    {"/s3-client/bad-multipart-uploads-are-refused", test_bad_multipart_uploads_are_refused},
    {"/s3-client/passing-failures-are-retried", test_passing_failures_are_retried},
    {"/s3-client/lasting-failures-are-given-up-with-their-code",
     test_lasting_failures_are_given_up_with_their_code},
    {"/s3-client/expired-credentials-are-renewed-once", test_expired_credentials_are_renewed_once},
    {"/s3-client/a-lost-answer-to-a-completion-is-no-failure",
     test_a_lost_answer_to_a_completion_is_no_failure},
    {"/s3-client/cancelling-takes-no-longer-than-100-ms",
     test_cancelling_takes_no_longer_than_100_ms},
    {"/transfer/many-files-arrive-identical", test_many_files_arrive_identical},
    {"/transfer/large-files-travel-in-pieces", test_large_files_travel_in_pieces},
    {"/transfer/faults-on-the-way-change-nothing", test_faults_on_the_way_change_nothing},
    {"/transfer/a-failed-upload-leaves-nothing-open", test_a_failed_upload_leaves_nothing_open},
    {"/transfer/a-failed-download-leaves-no-file", test_a_failed_download_leaves_no_file},
    {"/transfer/a-full-disk-is-a-clear-limit", test_a_full_disk_is_a_clear_limit},
    {"/transfer/produced-bytes-are-stored", test_produced_bytes_are_stored},
    {"/transfer/a-cancelled-transfer-stops-and-cleans-up",
     test_a_cancelled_transfer_stops_and_cleans_up},
    {"/transfer/local-files-that-cannot-be-read-are-named",
     test_local_files_that_cannot_be_read_are_named},
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
