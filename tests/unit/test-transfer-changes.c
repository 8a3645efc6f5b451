/* Transfers of what changes under way, and what they leave behind. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/transfer.h"
#include "base/error.h"
#include "tests/unit/s3-fixture.h"

#define MIB (1u << 20)

static const TransferOptions in_parts = {
    .workers = 1, .multipart_above = 6 * MIB, .part_size = 5 * MIB, .resume = TRUE};

static char *path_in(const S3Fixture *fixture, const char *folder)
{
    g_autofree char *path = g_build_filename(fixture->dir, folder, NULL);
    g_assert_cmpint(g_mkdir_with_parents(path, 0700), ==, 0);
    return g_build_filename(path, "file", NULL);
}

static void write_file(const char *path, gsize length)
{
    g_autoptr(GBytes) bytes = s3_fixture_bytes(length, 3);
    g_assert_true(g_file_set_contents(path, g_bytes_get_data(bytes, NULL), (gssize)length, NULL));
}

static guint files_beside(const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    guint count = 0;
    while (g_dir_read_name(dir) != NULL)
        count++;
    return count;
}

static gboolean count_upload(gpointer user, const S3Upload *upload, GError **error)
{
    ++*(guint *)user;
    return TRUE;
}

static void assert_nothing_stored(const S3Fixture *fixture, const char *key)
{
    g_autoptr(S3Object) object = NULL;
    guint open = 0;
    g_assert_true(s3_find(fixture->client, "bucket", key, &object, NULL, NULL));
    g_assert_null(object);
    g_assert_true(
        s3_multipart_uploads(fixture->client, "bucket", key, count_upload, &open, NULL, NULL));
    g_assert_cmpuint(open, ==, 0);
}

static void move(const S3Fixture *fixture, TransferItem *item, const TransferCallbacks *callbacks,
                 GError **error)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func((GDestroyNotify)transfer_item_free);
    g_ptr_array_add(items, item);
    transfer_run(fixture->client, items, &in_parts, callbacks, NULL, error);
}

/* --- a file that is written while it is sent --------------------------------------------------- */

typedef struct {
    const char *path;
    off_t at; /* where a byte is written, -1: none is, and the file grows */
    gboolean changed;
} Writer;

static void write_once(gpointer user, guint64 bytes)
{
    Writer *writer = user;
    if (writer->changed)
        return;
    writer->changed = TRUE;
    int fd = open(writer->path, O_WRONLY);
    off_t at = writer->at < 0 ? lseek(fd, 0, SEEK_END) : writer->at;
    g_assert_cmpint(pwrite(fd, "!", 1, at), ==, 1);
    close(fd);
}

static void send_while_it_changes(const S3Fixture *fixture, const char *key, gsize length, off_t at,
                                  GError **error)
{
    g_autofree char *path = path_in(fixture, "sent");
    Writer writer = {.path = path, .at = at};
    TransferCallbacks callbacks = {.bytes = write_once, .user = &writer};
    write_file(path, length);
    /* Of another time than what is written, however coarse the file system's clock is. */
    const struct timespec past[] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    g_assert_cmpint(utimensat(AT_FDCWD, path, past, 0), ==, 0);
    move(fixture, transfer_item_new(TRANSFER_UPLOAD, "bucket", key, path), &callbacks, error);
    g_assert_true(writer.changed);
}

static void test_a_file_written_while_it_is_sent_is_told(gconstpointer data)
{
    const S3Fixture *fixture = data;
    static const struct {
        gsize length;
        off_t at;
    } cases[] = {{3 * MIB, 0}, {3 * MIB, 3 * MIB - 1}, {3 * MIB, -1}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        send_while_it_changes(fixture, "small", cases[i].length, cases[i].at, &error);
        g_assert_error(error, RS_ERROR, RS_ERROR_DATA);
        g_assert_nonnull(strstr(error->message, "changed while it was sent"));
    }
}

static void test_a_large_file_that_changes_is_not_stored(gconstpointer data)
{
    const S3Fixture *fixture = data;
    static const off_t places[] = {0, 11 * MIB, -1};
    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autoptr(GError) error = NULL;
        send_while_it_changes(fixture, "large", 12 * MIB, places[i], &error);
        g_assert_error(error, RS_ERROR, RS_ERROR_DATA);
        assert_nothing_stored(fixture, "large");
    }
}

/* --- an object that is stored again while it is fetched ---------------------------------------- */

typedef struct {
    const S3Fixture *fixture;
    gboolean changed;
} Replacer;

static void store_once(gpointer user, guint64 bytes)
{
    Replacer *replacer = user;
    if (replacer->changed)
        return;
    replacer->changed = TRUE;
    g_autoptr(GBytes) other = s3_fixture_bytes(12 * MIB, 8);
    g_assert_true(s3_put(replacer->fixture->client, "bucket", "moving", other, NULL, NULL));
}

static void test_an_object_that_changes_leaves_no_parts(gconstpointer data)
{
    const S3Fixture *fixture = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) body = s3_fixture_bytes(12 * MIB, 7);
    g_autofree char *path = path_in(fixture, "changed");
    Replacer replacer = {.fixture = fixture};
    TransferCallbacks callbacks = {.bytes = store_once, .user = &replacer};
    g_assert_true(s3_put(fixture->client, "bucket", "moving", body, NULL, NULL));
    move(fixture, transfer_item_new(TRANSFER_DOWNLOAD, "bucket", "moving", path), &callbacks,
         &error);
    g_assert_error(error, RS_ERROR, RS_ERROR_CONFLICT);
    g_assert_cmpuint(files_beside(path), ==, 0);
}

/* A limit on the size of files stands in for a full disk. */
static void test_a_full_disk_is_not_left_full(gconstpointer data)
{
    const S3Fixture *fixture = data;
    struct rlimit before, small;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) body = s3_fixture_bytes(12 * MIB, 7);
    g_autofree char *path = path_in(fixture, "full");
    g_assert_true(s3_put(fixture->client, "bucket", "filling", body, NULL, NULL));
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 8 * MIB;
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &small), ==, 0);
    move(fixture, transfer_item_new(TRANSFER_DOWNLOAD, "bucket", "filling", path), NULL, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    g_assert_error(error, RS_ERROR, RS_ERROR_LIMIT);
    g_assert_cmpuint(files_beside(path), ==, 0);
}

static void test_a_fetched_file_has_the_objects_time(gconstpointer data)
{
    const S3Fixture *fixture = data;
    static const gsize sizes[] = {0, 5, 12 * MIB};
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) body = s3_fixture_bytes(sizes[i], 7);
        g_autofree char *path = path_in(fixture, "timed");
        struct stat facts;
        g_assert_true(s3_put(fixture->client, "bucket", "timed", body, NULL, NULL));
        g_autoptr(S3Object) object = s3_head(fixture->client, "bucket", "timed", NULL, NULL);
        move(fixture, transfer_item_new(TRANSFER_DOWNLOAD, "bucket", "timed", path), NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpint(stat(path, &facts), ==, 0);
        g_assert_cmpint(facts.st_mtim.tv_sec, ==, object->modified);
        g_assert_cmpuint(files_beside(path), ==, 1);
    }
}

/* --- what is told of uploads ------------------------------------------------------------------- */

static gboolean note_state(gpointer user, TransferItem *item, TransferUploadState state,
                           const char *upload_id, guint64 part_size, GError **error)
{
    static const char *const names[] = {"seeking", "opening", "opened", "closed"};
    g_string_append_printf(user, "%s ", names[state]);
    return TRUE;
}

static void test_an_upload_is_sought_before_one_is_opened(gconstpointer data)
{
    const S3Fixture *fixture = data;
    static const struct {
        gsize length;
        const char *states;
    } cases[] = {{6 * MIB, ""}, {6 * MIB + 1, "seeking opening opened closed "}};
    g_autofree char *path = path_in(fixture, "sought");
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GString) states = g_string_new(NULL);
        TransferCallbacks callbacks = {.upload = note_state, .user = states};
        write_file(path, cases[i].length);
        move(fixture, transfer_item_new(TRANSFER_UPLOAD, "bucket", "sought", path), &callbacks,
             &error);
        g_assert_no_error(error);
        g_assert_cmpstr(states->str, ==, cases[i].states);
    }
}

/* --- exactly one object ------------------------------------------------------------------------ */

static void test_exactly_that_object_is_found(gconstpointer data)
{
    const S3Fixture *fixture = data;
    static const char *const keys[] = {"f/a", "f/a/b", "f/ab", "f/a!"};
    static const struct {
        const char *key;
        gboolean found;
    } cases[] = {{"f/a", TRUE},  {"f/a/b", TRUE}, {"f/a/", FALSE}, {"f/", FALSE},
                 {"f/b", FALSE}, {"", FALSE},     {"f/a!", TRUE}};
    g_autoptr(GBytes) body = g_bytes_new_static("x", 1);
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        g_assert_true(s3_put(fixture->client, "bucket", keys[i], body, NULL, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(S3Object) object = NULL;
        g_assert_true(s3_find(fixture->client, "bucket", cases[i].key, &object, NULL, NULL));
        g_assert_cmpstr(object != NULL ? object->key : NULL, ==,
                        cases[i].found ? cases[i].key : NULL);
    }
    g_autoptr(S3Object) none = NULL;
    g_autoptr(GError) error = NULL;
    g_assert_false(s3_find(fixture->client, "nobucket", "f", &none, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_NOT_FOUND);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        GTestDataFunc run;
    } tests[] = {
        {"/transfer/a-file-written-while-it-is-sent-is-told",
         test_a_file_written_while_it_is_sent_is_told},
        {"/transfer/a-large-file-that-changes-is-not-stored",
         test_a_large_file_that_changes_is_not_stored},
        {"/transfer/an-object-that-changes-leaves-no-parts",
         test_an_object_that_changes_leaves_no_parts},
        {"/transfer/a-full-disk-is-not-left-full", test_a_full_disk_is_not_left_full},
        {"/transfer/a-fetched-file-has-the-objects-time", test_a_fetched_file_has_the_objects_time},
        {"/transfer/an-upload-is-sought-before-one-is-opened",
         test_an_upload_is_sought_before_one_is_opened},
        {"/transfer/exactly-that-object-is-found", test_exactly_that_object_is_found},
    };
    S3Fixture fixture;
    g_test_init(&argc, &argv, NULL);
    s3_fixture_start(&fixture);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add_data_func(tests[i].name, &fixture, tests[i].run);
    int status = g_test_run();
    s3_fixture_stop(&fixture);
    return status;
}
