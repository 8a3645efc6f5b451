#include <string.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "job/parts.h"

static const RecordRules csv = {.kind = RECORD_CSV, .delimiter = ','};
static const RecordRules text = {.kind = RECORD_TEXT, .delimiter = '|', .escape = TRUE};
static const RecordRules json = {.kind = RECORD_JSON};

static char *write_file(const char *bytes, gsize length)
{
    char *path = NULL;
    int fd = g_file_open_tmp("test-parts-XXXXXX", &path, NULL);
    g_close(fd, NULL);
    g_assert_true(g_file_set_contents(path, bytes, (gssize)length, NULL));
    return path;
}

typedef struct {
    const char *name;
    const RecordRules *rules;
    const char *input;
    gsize part_bytes;
    const char *parts; /* joined by ~ */
    guint64 records;
} PartCase;

static const PartCase cases[] = {
    {"each-line", &csv, "a\nb\nc\n", 1, "a\n~b\n~c\n", 3},
    {"two-a-part", &csv, "a\nb\nc\n", 3, "a\nb\n~c\n", 3},
    {"no-final-newline", &csv, "a\nb", 1, "a\n~b", 2},
    {"crlf", &csv, "a\r\nb\r\n", 1, "a\r\n~b\r\n", 2},
    {"newline-in-quotes", &csv, "\"a\nb\"\nc\n", 1, "\"a\nb\"\n~c\n", 2},
    {"escaped-newline", &text, "a\\\nb\nc\n", 1, "a\\\nb\n~c\n", 2},
    {"json", &json, "{\"a\":1}\n{\"a\":2}\n", 1, "{\"a\":1}~\n{\"a\":2}", 2},
    {"nothing", &csv, "", 1, "", 0},
    {"one-record-larger-than-a-part", &csv, "0123456789\nx\n", 4, "0123456789\n~x\n", 2},
};

static char *join_parts(const PartCase *test, const char *path, guint64 *records, guint64 *lines)
{
    g_autoptr(GError) error = NULL;
    gsize length = strlen(test->input);
    g_autoptr(PartReader) reader =
        part_reader_open(path, test->rules, length, 0, test->part_bytes, &error);
    g_assert_no_error(error);
    GString *joined = g_string_new(NULL);
    guint64 offset = 0, line = 1;
    gboolean more = TRUE;
    while (more) {
        g_auto(Part) part = {0};
        g_assert_true(part_reader_next(reader, &part, &more, &error));
        g_assert_no_error(error);
        if (!more)
            break;
        g_assert_cmpuint(part.offset, ==, offset);
        g_assert_cmpuint(part.first_line, ==, line);
        offset += part.length;
        line += part.lines;
        *records += part.records;
        g_string_append(joined, joined->len > 0 ? "~" : "");
        g_string_append_len(joined, g_bytes_get_data(part.bytes, NULL), (gssize)part.length);
    }
    *lines = line;
    return g_string_free(joined, FALSE);
}

static void test_parts_end_at_record_ends(gconstpointer user)
{
    const PartCase *test = user;
    g_autofree char *path = write_file(test->input, strlen(test->input));
    guint64 records = 0, lines = 0;
    g_autofree char *joined = join_parts(test, path, &records, &lines);
    g_assert_cmpstr(joined, ==, test->parts);
    g_assert_cmpuint(records, ==, test->records);
    g_unlink(path);
}

/* A file of 2 MB with quoted newlines: cut from the start and from the end of any part, the parts are
 * the same. */
static void test_a_resume_finds_the_same_parts(void)
{
    g_autoptr(GString) input = g_string_new(NULL);
    for (guint i = 0; input->len < 2000000; i++)
        g_string_append_printf(input, "%u,\"line one\nline \"\"two\"\" %u\",x\r\n", i, i * 7);
    g_autofree char *path = write_file(input->str, input->len);
    g_autoptr(GError) error = NULL;
    g_autoptr(PartReader) reader = part_reader_open(path, &csv, input->len, 0, 300000, &error);
    g_autoptr(GArray) starts = g_array_new(FALSE, FALSE, sizeof(Part));
    gboolean more = TRUE;
    while (more) {
        Part part = {0};
        g_assert_true(part_reader_next(reader, &part, &more, &error));
        g_clear_pointer(&part.bytes, g_bytes_unref);
        if (more)
            g_array_append_val(starts, part);
    }
    g_assert_cmpuint(starts->len, ==, 7);
    for (guint i = 0; i < starts->len; i++) {
        const Part *wanted = &g_array_index(starts, Part, i);
        g_auto(Part) part = {0};
        part_reader_seek(reader, wanted->offset, wanted->first_line);
        g_assert_true(part_reader_next(reader, &part, &more, &error));
        g_assert_cmpuint(part.length, ==, wanted->length);
        g_assert_cmpuint(part.records, ==, wanted->records);
        g_assert_cmpuint(part.first_line, ==, wanted->first_line);
        g_assert_cmpuint(part.lines, ==, 2 * part.records);
    }
    g_unlink(path);
}

static void test_cut_off_files_are_refused(void)
{
    static const struct {
        const RecordRules *rules;
        const char *input;
    } bad[] = {{&csv, "a\nb,\"c\nd\n"}, {&text, "a\nb\\"}, {&json, "{\"a\":1}{\"b\":"}};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *path = write_file(bad[i].input, strlen(bad[i].input));
        g_autoptr(PartReader) reader =
            part_reader_open(path, bad[i].rules, strlen(bad[i].input), 0, 1 << 20, &error);
        g_auto(Part) part = {0};
        gboolean more;
        g_assert_false(part_reader_next(reader, &part, &more, &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_DATA);
        g_assert_nonnull(strstr(error->message, path));
        g_unlink(path);
    }
}

static void test_a_record_without_end_is_refused_in_bounded_memory(void)
{
    gsize length = PART_RECORD_LIMIT + (4u << 20);
    g_autofree char *bytes = g_malloc(length);
    memset(bytes, 'x', length);
    bytes[0] = '"';
    g_autofree char *path = write_file(bytes, length);
    g_autoptr(GError) error = NULL;
    g_autoptr(PartReader) reader = part_reader_open(path, &csv, length, 0, 0, &error);
    g_auto(Part) part = {0};
    gboolean more;
    g_assert_false(part_reader_next(reader, &part, &more, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_DATA);
    g_unlink(path);
}

static void test_a_changed_file_is_refused(void)
{
    g_autofree char *path = write_file("a\nb\n", 4);
    g_autoptr(GError) error = NULL;
    g_assert_null(part_reader_open(path, &csv, 5, 0, 0, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CONFLICT);
    g_clear_error(&error);
    g_assert_null(part_reader_open(path, &csv, 4, 12345, 0, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CONFLICT);
    g_unlink(path);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strconcat("/parts/end-at-record-ends/", cases[i].name, NULL);
        g_test_add_data_func(path, &cases[i], test_parts_end_at_record_ends);
    }
    g_test_add_func("/parts/a-resume-finds-the-same-parts", test_a_resume_finds_the_same_parts);
    g_test_add_func("/parts/cut-off-files-are-refused", test_cut_off_files_are_refused);
    g_test_add_func("/parts/a-record-without-end-is-refused",
                    test_a_record_without_end_is_refused_in_bounded_memory);
    g_test_add_func("/parts/a-changed-file-is-refused", test_a_changed_file_is_refused);
    return g_test_run();
}
