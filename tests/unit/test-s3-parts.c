/* Parts of a multipart upload on disk: whatever comes in whatever order, what is joined is what was sent
 * last. */
#include <glib/gstdio.h>
#include <string.h>

#include "aws/sigv4_digest.h"
#include "base/error.h"
#include "sandbox/s3_server_parts.h"

#define UNIT (5u << 20)

typedef enum { WHOLE, BROKEN_OFF, LENGTH_UNKNOWN } How;

/* One UploadPart: a byte that fills it, and how it goes. */
typedef struct {
    guint number, length;
    char byte;
    How how;
} Sent;

typedef struct {
    const char *name;
    Sent sent[6];
    guint listed[4];   /* numbers in the list of the completion */
    const char *bytes; /* that they hold */
} Case;

static const Case cases[] = {
    {"in order",
     {{1, UNIT, 'a', WHOLE}, {2, UNIT, 'b', WHOLE}, {3, 10, 'c', WHOLE}},
     {1, 2, 3},
     "abc"},
    {"backwards",
     {{3, 10, 'c', WHOLE}, {2, UNIT, 'b', WHOLE}, {1, UNIT, 'a', WHOLE}},
     {1, 2, 3},
     "abc"},
    {"the last one first, and large",
     {{2, UNIT, 'b', WHOLE}, {1, UNIT + 9, 'a', WHOLE}},
     {1, 2},
     "ab"},
    {"different sizes",
     {{1, UNIT, 'a', WHOLE}, {2, UNIT + 7, 'b', WHOLE}, {3, UNIT, 'c', WHOLE}},
     {1, 2, 3},
     "abc"},
    {"a gap", {{1, UNIT, 'a', WHOLE}, {7, UNIT, 'b', WHOLE}}, {1, 7}, "ab"},
    {"one left out",
     {{1, UNIT, 'a', WHOLE}, {2, UNIT, 'x', WHOLE}, {3, UNIT, 'b', WHOLE}},
     {1, 3},
     "ab"},
    {"the end left out",
     {{1, UNIT, 'a', WHOLE}, {2, UNIT, 'b', WHOLE}, {3, UNIT, 'x', WHOLE}},
     {1, 2},
     "ab"},
    {"sent again",
     {{1, UNIT, 'x', WHOLE}, {2, UNIT, 'b', WHOLE}, {1, UNIT, 'a', WHOLE}},
     {1, 2},
     "ab"},
    {"sent again, shorter",
     {{1, UNIT, 'a', WHOLE}, {2, UNIT, 'x', WHOLE}, {2, 100, 'b', WHOLE}},
     {1, 2},
     "ab"},
    {"sent a third time",
     {{1, UNIT, 'a', WHOLE}, {1, UNIT, 'x', WHOLE}, {1, UNIT, 'a', WHOLE}},
     {1},
     "a"},
    {"broken off, then whole",
     {{1, UNIT, 'x', BROKEN_OFF}, {1, UNIT, 'a', WHOLE}, {2, 5, 'b', WHOLE}},
     {1, 2},
     "ab"},
    {"whole, then broken off",
     {{1, UNIT, 'a', WHOLE}, {1, UNIT, 'x', BROKEN_OFF}, {2, 5, 'b', WHOLE}},
     {1, 2},
     "ab"},
    {"copied from elsewhere",
     {{1, UNIT, 'a', WHOLE}, {2, UNIT, 'b', LENGTH_UNKNOWN}, {3, UNIT, 'c', WHOLE}},
     {1, 2, 3},
     "abc"},
    {"one small part", {{1, 3, 'a', WHOLE}}, {1}, "a"},
};

/* The MD5, or NULL when it broke off. */
static char *send(const char *folder, const Sent *sent)
{
    S3PartFile file = {.fd = -1};
    g_autoptr(Digest) md5 = digest_new(DIGEST_MD5);
    g_autofree char *bytes = g_malloc(sent->length);
    memset(bytes, sent->byte, sent->length);
    digest_update(md5, bytes, sent->length);
    g_assert_true(s3_part_file_begin(&file, folder, sent->number,
                                     sent->how == LENGTH_UNKNOWN ? 0 : sent->length));
    gsize half = sent->length / 2;
    g_assert_true(s3_part_file_write(&file, bytes, half));
    if (sent->how != BROKEN_OFF) {
        g_assert_true(s3_part_file_write(&file, bytes + half, sent->length - half));
        g_assert_true(s3_part_file_install(&file, folder, sent->number, digest_hex(md5)));
    }
    s3_part_file_clear(&file);
    return sent->how == BROKEN_OFF ? NULL : g_strdup(digest_hex(md5));
}

static const Sent *last_sent(const Case *row, guint number)
{
    const Sent *found = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(row->sent); i++)
        if (row->sent[i].number == number && row->sent[i].how != BROKEN_OFF)
            found = &row->sent[i];
    return found;
}

static void assert_holds(const char *path, const Case *row)
{
    g_autofree char *text = NULL;
    gsize length, at = 0;
    g_assert_true(g_file_get_contents(path, &text, &length, NULL));
    for (gsize i = 0; row->bytes[i] != '\0'; i++) {
        const Sent *sent = last_sent(row, row->listed[i]);
        g_assert_cmpuint(at + sent->length, <=, length);
        for (guint j = 0; j < sent->length; j++)
            if (text[at + j] != row->bytes[i])
                g_error("%s: part %u, byte %u: %c", row->name, sent->number, j, text[at + j]);
        at += sent->length;
    }
    g_assert_cmpuint(at, ==, length);
}

static void empty(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_remove(path);
    }
}

static void test_what_was_sent_last_is_joined(void)
{
    g_autofree char *folder = g_dir_make_tmp("parts-XXXXXX", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint));
        g_autoptr(GPtrArray) etags = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GHashTable) md5s = g_hash_table_new_full(NULL, NULL, NULL, g_free);
        g_autoptr(GError) error = NULL;
        g_test_message("%s", cases[i].name);
        for (gsize j = 0; j < G_N_ELEMENTS(cases[i].sent) && cases[i].sent[j].number > 0; j++) {
            char *md5 = send(folder, &cases[i].sent[j]);
            if (md5 != NULL)
                g_hash_table_insert(md5s, GUINT_TO_POINTER(cases[i].sent[j].number), md5);
        }
        for (gsize j = 0; cases[i].bytes[j] != '\0'; j++) {
            guint number = cases[i].listed[j];
            g_array_append_val(numbers, number);
            g_ptr_array_add(etags, g_strdup(g_hash_table_lookup(md5s, GUINT_TO_POINTER(number))));
        }
        g_autofree char *joined = s3_part_files_join(folder, numbers, etags, &error);
        g_assert_no_error(error);
        assert_holds(joined, &cases[i]);
        empty(folder);
    }
    g_rmdir(folder);
}

static void test_a_part_cannot_run_into_the_next(void)
{
    g_autofree char *folder = g_dir_make_tmp("parts-XXXXXX", NULL);
    g_autofree char *bytes = g_malloc0(UNIT);
    S3PartFile file = {.fd = -1};
    g_assert_true(s3_part_file_begin(&file, folder, 1, UNIT));
    g_assert_true(s3_part_file_write(&file, bytes, UNIT));
    g_assert_false(s3_part_file_write(&file, bytes, 1));
    s3_part_file_clear(&file);
    g_assert_true(s3_part_file_begin(&file, folder, 1, UNIT));
    g_assert_true(s3_part_file_write(&file, bytes, 10));
    g_assert_false(s3_part_file_install(&file, folder, 1, "5289df737df57326fcdd22597afb1fac"));
    s3_part_file_clear(&file);
    empty(folder);
    g_rmdir(folder);
}

static void test_a_missing_part_changes_nothing(void)
{
    g_autofree char *folder = g_dir_make_tmp("parts-XXXXXX", NULL);
    g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GPtrArray) etags = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    const Sent sent = {1, UNIT, 'a', WHOLE};
    const guint one = 1, two = 2;
    g_ptr_array_add(etags, send(folder, &sent));
    g_ptr_array_add(etags, g_strdup("5289df737df57326fcdd22597afb1fac"));
    g_array_append_val(numbers, one);
    g_array_append_val(numbers, two);
    g_assert_null(s3_part_files_join(folder, numbers, etags, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_NOT_FOUND);
    g_array_set_size(numbers, 1);
    g_autofree char *joined = s3_part_files_join(folder, numbers, etags, NULL);
    g_assert_nonnull(joined);
    empty(folder);
    g_rmdir(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/s3-parts/what-was-sent-last-is-joined", test_what_was_sent_last_is_joined);
    g_test_add_func("/s3-parts/a-part-cannot-run-into-the-next",
                    test_a_part_cannot_run_into_the_next);
    g_test_add_func("/s3-parts/a-missing-part-changes-nothing",
                    test_a_missing_part_changes_nothing);
    return g_test_run();
}
