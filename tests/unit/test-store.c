#include <glib/gstdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include "base/error.h"
#include "sandbox/store.h"

typedef struct {
    char *dir;
    Store *store;
} Fixture;

static void remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        remove_tree(inner);
    }
    g_remove(path);
}

static void set_up(Fixture *fixture, gconstpointer data)
{
    (void)data;
    fixture->dir = g_dir_make_tmp("store-XXXXXX", NULL);
    fixture->store = store_open(fixture->dir, NULL);
    g_assert_nonnull(fixture->store);
    g_assert_true(store_create_bucket(fixture->store, "lake", NULL));
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    (void)data;
    store_free(fixture->store);
    remove_tree(fixture->dir);
    g_free(fixture->dir);
}

static void put(Store *store, const char *key, const char *text)
{
    g_autoptr(GError) error = NULL;
    StoreWriter *writer = store_write_begin(store, "lake", key, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(store_write(writer, text, strlen(text), NULL));
    g_assert_true(store_write_commit(writer, NULL, NULL, NULL));
}

static char *get(Store *store, const char *key)
{
    g_autoptr(StoreObject) object = NULL;
    int fd = store_read(store, "lake", key, &object, NULL);
    if (fd < 0)
        return NULL;
    char *text = g_malloc0(object->size + 1);
    g_assert_cmpint(read(fd, text, object->size + 1), ==, (gssize)object->size);
    close(fd);
    return text;
}

static char *keys(Store *store, const char *prefix, const char *after, guint max)
{
    g_autoptr(GPtrArray) list = store_list(store, "lake", prefix, after, max, NULL);
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < list->len; i++)
        g_string_append_printf(out, "%s%s", i > 0 ? " " : "", ((StoreObject *)list->pdata[i])->key);
    return g_string_free(out, FALSE);
}

static void test_an_object_reads_as_it_was_written(Fixture *fixture, gconstpointer data)
{
    (void)data;
    StoreWriter *writer = store_write_begin(fixture->store, "lake", "a/b.txt", "text/plain", NULL);
    g_assert_true(store_write(writer, "hel", 3, NULL));
    g_assert_null(get(fixture->store, "a/b.txt")); /* not yet there */
    g_assert_true(store_write(writer, "lo", 2, NULL));
    g_autoptr(StoreObject) made = NULL;
    g_assert_true(store_write_commit(writer, NULL, &made, NULL));
    g_assert_cmpstr(made->etag, ==, "5d41402abc4b2a76b9719d911017c592");
    g_autoptr(StoreObject) head = store_head(fixture->store, "lake", "a/b.txt", NULL);
    g_assert_cmpuint(head->size, ==, 5);
    g_assert_cmpstr(head->etag, ==, made->etag);
    g_assert_cmpstr(head->content_type, ==, "text/plain");
    g_assert_cmpint(head->modified_ms, ==, made->modified_ms);
    g_autofree char *text = get(fixture->store, "a/b.txt");
    g_assert_cmpstr(text, ==, "hello");
}

static void test_a_replaced_object_stays_whole_for_its_reader(Fixture *fixture, gconstpointer data)
{
    (void)data;
    put(fixture->store, "k", "old");
    int fd = store_read(fixture->store, "lake", "k", NULL, NULL);
    put(fixture->store, "k", "newer");
    char bytes[8] = "";
    g_assert_cmpint(read(fd, bytes, sizeof(bytes)), ==, 3);
    g_assert_cmpstr(bytes, ==, "old");
    close(fd);
    g_autofree char *text = get(fixture->store, "k");
    g_assert_cmpstr(text, ==, "newer");
}

static void test_an_aborted_write_leaves_nothing(Fixture *fixture, gconstpointer data)
{
    (void)data;
    StoreWriter *writer = store_write_begin(fixture->store, "lake", "k", NULL, NULL);
    g_assert_true(store_write(writer, "x", 1, NULL));
    store_write_abort(writer);
    g_autofree char *list = keys(fixture->store, "", NULL, 0);
    g_assert_cmpstr(list, ==, "");
    g_autofree char *incoming = g_build_filename(fixture->dir, "s3", "lake", "incoming", NULL);
    g_autoptr(GDir) dir = g_dir_open(incoming, 0, NULL);
    g_assert_null(g_dir_read_name(dir));
}

static void test_keys_are_listed_in_byte_order(Fixture *fixture, gconstpointer data)
{
    (void)data;
    static const char *const names[] = {"b", "a/2", "a", "a/10", "a-", "\xc3\xa9", "..", "a/../b"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        put(fixture->store, names[i], names[i]);
    static const struct {
        const char *prefix, *after;
        guint max;
        const char *keys;
    } cases[] = {
        {"", NULL, 0, ".. a a- a/../b a/10 a/2 b \xc3\xa9"},
        {"a/", NULL, 0, "a/../b a/10 a/2"},
        {"a", "a/10", 0, "a/2"},
        {"", "a", 2, "a- a/../b"},
        {"zz", NULL, 0, ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *list = keys(fixture->store, cases[i].prefix, cases[i].after, cases[i].max);
        g_assert_cmpstr(list, ==, cases[i].keys);
    }
}

static void test_the_longest_key_works(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autofree char *longest = g_strnfill(1024, 'k');
    g_autofree char *shorter = g_strnfill(117, 'k');
    put(fixture->store, longest, "long");
    put(fixture->store, shorter, "short");
    g_autofree char *text = get(fixture->store, longest);
    g_assert_cmpstr(text, ==, "long");
    g_autoptr(GPtrArray) list = store_list(fixture->store, "lake", "kk", NULL, 0, NULL);
    g_assert_cmpuint(list->len, ==, 2);
    g_assert_cmpstr(((StoreObject *)list->pdata[1])->key, ==, longest);
    g_autofree char *beyond = g_strnfill(1025, 'k');
    g_autoptr(GError) error = NULL;
    g_assert_null(store_write_begin(fixture->store, "lake", beyond, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
}

static void test_deleting_is_final_and_repeatable(Fixture *fixture, gconstpointer data)
{
    (void)data;
    put(fixture->store, "k", "x");
    g_assert_true(store_delete(fixture->store, "lake", "k", NULL));
    g_assert_true(store_delete(fixture->store, "lake", "k", NULL));
    g_autoptr(GError) error = NULL;
    g_assert_null(store_head(fixture->store, "lake", "k", &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_NOT_FOUND);
    g_autofree char *objects = g_build_filename(fixture->dir, "s3", "lake", "objects", NULL);
    g_autoptr(GDir) dir = g_dir_open(objects, 0, NULL);
    g_assert_null(g_dir_read_name(dir));
}

static void test_bucket_names_cannot_leave_the_folder(Fixture *fixture, gconstpointer data)
{
    (void)data;
    static const char *const bad[] = {"", "..", "a", "../lake", "la/ke", "Lake", "-lake", "a..b"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(store_create_bucket(fixture->store, bad[i], &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
        g_assert_false(store_has_bucket(fixture->store, bad[i]));
    }
    g_autoptr(GError) error = NULL;
    g_assert_null(store_list(fixture->store, "absent", "", NULL, 0, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_NOT_FOUND);
    g_auto(GStrv) buckets = store_buckets(fixture->store);
    g_assert_cmpuint(g_strv_length(buckets), ==, 1);
    g_assert_cmpstr(buckets[0], ==, "lake");
}

/* As if nothing had happened in the folder for an hour: then what was read of it is kept. */
static void let_settle(const Fixture *fixture)
{
    g_autofree char *objects = g_build_filename(fixture->dir, "s3", "lake", "objects", NULL);
    struct utimbuf times = {time(NULL) - 3600, time(NULL) - 3600};
    g_assert_cmpint(utime(objects, &times), ==, 0);
}

static void test_a_kept_listing_sees_every_change(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(Store) other = store_open(fixture->dir, NULL); /* as another process has it */
    g_autofree char *longest = g_strnfill(1024, 'l');
    put(fixture->store, "b", "1");
    put(fixture->store, "d", "1");
    const struct {
        const char *put, *deleted, *keys;
    } steps[] = {
        {NULL, NULL, "b d"},  {"a", NULL, "a b d"}, {"c", NULL, "a b c d"},
        {NULL, "b", "a c d"}, {"c", NULL, "a c d"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        let_settle(fixture);
        g_free(keys(fixture->store, "", NULL, 0));
        if (steps[i].put != NULL)
            put(other, steps[i].put, "2");
        if (steps[i].deleted != NULL)
            g_assert_true(store_delete(other, "lake", steps[i].deleted, NULL));
        g_autofree char *listed = keys(fixture->store, "", NULL, 0);
        g_assert_cmpstr(listed, ==, steps[i].keys);
    }
    let_settle(fixture);
    g_autofree char *page = keys(fixture->store, "", "a", 1);
    g_assert_cmpstr(page, ==, "c");
    put(other, longest, "deep");
    g_autofree char *deep = keys(fixture->store, "ll", NULL, 0);
    g_assert_cmpstr(deep, ==, longest);
}

static void test_a_file_can_become_an_object(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autoptr(StoreObject) object = NULL;
    g_autofree char *path = g_build_filename(fixture->dir, "joined", NULL);
    g_assert_true(g_file_set_contents(path, "all of it", -1, NULL));
    StoreWriter *writer = store_write_adopt(fixture->store, "lake", "k", NULL, path, &error);
    g_assert_no_error(error);
    g_assert_true(store_write_commit(writer, "etag-2", &object, &error));
    g_assert_cmpuint(object->size, ==, 9);
    g_assert_cmpstr(object->etag, ==, "etag-2");
    g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
    g_autofree char *text = get(fixture->store, "k");
    g_assert_cmpstr(text, ==, "all of it");
    g_assert_null(store_write_adopt(fixture->store, "lake", "k", NULL, path, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_NOT_FOUND);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add("/store/" path, Fixture, NULL, set_up, function, tear_down)
    ADD("reads-as-written", test_an_object_reads_as_it_was_written);
    ADD("replaced-whole", test_a_replaced_object_stays_whole_for_its_reader);
    ADD("aborted-leaves-nothing", test_an_aborted_write_leaves_nothing);
    ADD("byte-order", test_keys_are_listed_in_byte_order);
    ADD("longest-key", test_the_longest_key_works);
    ADD("deleting", test_deleting_is_final_and_repeatable);
    ADD("kept-listing", test_a_kept_listing_sees_every_change);
    ADD("adopted-file", test_a_file_can_become_an_object);
    ADD("bucket-names", test_bucket_names_cannot_leave_the_folder);
#undef ADD
    return g_test_run();
}
