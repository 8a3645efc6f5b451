/* What ETags tell of files: how they may have been cut, and what a file's own would be. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "aws/s3_etag.h"
#include "base/error.h"

#define MD5 "d41d8cd98f00b204e9800998ecf8427e"
#define MIB ((guint64)1 << 20)

static void test_cuts_fit_the_number_of_parts(void)
{
    static const struct {
        const char *etag;
        guint64 size, ours;
        guint n;
        guint64 cuts[3];
    } cases[] = {
        {MD5, 5, 0, 1, {0}},
        {MD5, 0, 0, 1, {0}},
        {NULL, 5, 0, 0, {0}},
        {"", 5, 0, 0, {0}},
        {"no-md5", 5, 0, 0, {0}},
        {"short-2", 20 * MIB, 16 * MIB, 0, {0}},
        {"d41d8cd98f00b204e9800998ecf8427z-2", 20 * MIB, 16 * MIB, 0, {0}},
        {MD5 "-", 20 * MIB, 16 * MIB, 0, {0}},
        {MD5 "-0", 20 * MIB, 16 * MIB, 0, {0}},
        {MD5 "-2x", 20 * MIB, 16 * MIB, 0, {0}},
        {MD5 "-10001", 20 * MIB, 16 * MIB, 0, {0}},
        /* One part is the whole, whatever the size of part was: one cut, read once. */
        {MD5 "-1", 5 * MIB, 16 * MIB, 1, {5 * MIB}},
        {MD5 "-1", 0, 16 * MIB, 1, {1}},
        {MD5 "-5", 80 * MIB, 16 * MIB, 1, {16 * MIB}},
        {MD5 "-2", 20 * MIB, 12 * MIB, 3, {12 * MIB, 16 * MIB, 15 * MIB}},
        {MD5 "-2", 20 * MIB, 0, 2, {16 * MIB, 15 * MIB}},
        {MD5 "-9", 20 * MIB, 16 * MIB, 0, {0}},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint64 cuts[S3_ETAG_MAX_CUTS];
        guint n = s3_etag_cuts(cases[i].etag, cases[i].size, cases[i].ours, cuts);
        g_assert_cmpuint(n, ==, cases[i].n);
        for (guint k = 0; k < n; k++)
            g_assert_cmpuint(cuts[k], ==, cases[i].cuts[k]);
    }
}

static int file_of(const char *text)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("redsmith-etag-XXXXXX", &path, NULL);
    g_assert_cmpint(fd, >=, 0);
    g_unlink(path);
    g_assert_cmpint(write(fd, text, strlen(text)), ==, (gssize)strlen(text));
    return fd;
}

static void add_bytes(gpointer user, guint64 bytes)
{
    *(guint64 *)user += bytes;
}

static void test_files_get_the_etag_that_they_would_have(void)
{
    static const struct {
        const char *text;
        guint64 cut;
        const char *etag;
    } cases[] = {
        {"", 0, MD5},
        {"a", 0, "0cc175b9c0f1b6a831c399e269772661"},
        {"ab", 1, "96e024ba2074fe77e8e965ba43a704be-2"}, /* md5(md5("a") md5("b")) */
        {"a", 1, "b6ff9a06b7e20bcb2858c5b8ff744aea-1"},
        {"", 1, "59adb24ef3cdbe0297f05b395827453f-1"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        guint64 size = strlen(cases[i].text), told = 0;
        int fd = file_of(cases[i].text);
        g_autofree char *etag =
            s3_etag_of_file(fd, "file", size, cases[i].cut, add_bytes, &told, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(etag, ==, cases[i].etag);
        g_assert_cmpuint(told, ==, size);
        close(fd);
    }
}

static void test_a_file_that_ends_too_early_is_named(void)
{
    g_autoptr(GError) error = NULL;
    int fd = file_of("four");
    g_assert_null(s3_etag_of_file(fd, "some/file", 5, 0, NULL, NULL, NULL, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_DATA);
    g_assert_nonnull(strstr(error->message, "some/file"));
    close(fd);
}

static void test_reading_can_be_cancelled(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    int fd = file_of("four");
    g_cancellable_cancel(cancellable);
    g_assert_null(s3_etag_of_file(fd, "file", 4, 2, NULL, NULL, cancellable, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CANCELLED);
    close(fd);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/s3-etag/cuts-fit-the-number-of-parts", test_cuts_fit_the_number_of_parts);
    g_test_add_func("/s3-etag/files-get-the-etag-that-they-would-have",
                    test_files_get_the_etag_that_they_would_have);
    g_test_add_func("/s3-etag/a-file-that-ends-too-early-is-named",
                    test_a_file_that_ends_too_early_is_named);
    g_test_add_func("/s3-etag/reading-can-be-cancelled", test_reading_can_be_cancelled);
    return g_test_run();
}
