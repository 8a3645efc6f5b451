#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cJSON.h>

#include "base/error.h"
#include "cli/job_run.h"
#include "cli/narrator.h"
#include "cli/output.h"
#include "cli/parse.h"

enum {
    OID_BOOL = 16,
    OID_INT = 23,
    OID_NUMERIC = 1700,
    OID_FLOAT = 701,
    OID_TEXT = 1043,
    OID_SUPER = 4000
};

typedef struct {
    const char *bytes;
    int length; /* -1: NULL; 0 with bytes NULL ends nothing */
} Value;

#define TEXT(s)                                                                                    \
    {                                                                                              \
        s, (int)sizeof(s) - 1                                                                      \
    }
#define NOTHING                                                                                    \
    {                                                                                              \
        NULL, -1                                                                                   \
    }

/* What rows of columns come out as. values holds n_rows times n_columns cells. */
static char *printed(OutputFormat format, const OutputStyle *style, const ResultColumn *columns,
                     guint n_columns, const Value *cells, guint n_rows)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);
    g_autoptr(Output) output = output_new(format, out, columns, n_columns, style);
    for (guint row = 0; row < n_rows; row++) {
        const char *values[8];
        int lengths[8];
        for (guint i = 0; i < n_columns; i++) {
            values[i] = cells[row * n_columns + i].bytes;
            lengths[i] = MAX(cells[row * n_columns + i].length, 0);
        }
        g_assert_true(output_row(output, n_columns, values, lengths, NULL));
    }
    g_assert_true(output_end(output, NULL));
    g_assert_cmpuint(output_n_rows(output), ==, n_rows);
    fclose(out);
    char *text = g_strndup(bytes, size);
    free(bytes);
    return text;
}

static const ResultColumn two[] = {{(char *)"id", OID_INT, -1}, {(char *)"name", OID_TEXT, -1}};
static const OutputStyle plain = {.header = TRUE};

static void test_csv_is_what_psql_writes(void)
{
    static const Value cells[] = {
        TEXT("1"), TEXT("plain text"),
        TEXT("2"), TEXT("a,b"),
        TEXT("3"), TEXT("say \"x\""),
        TEXT("4"), TEXT("two\nlines"),
        TEXT("5"), TEXT("\r"),
        TEXT("6"), TEXT("\\."),
        TEXT("7"), NOTHING,
        TEXT("8"), TEXT(""),
        TEXT("9"), TEXT(" \\N "),
        NOTHING,   TEXT("\xf0\x9f\x98\x80"),
    };
    g_autofree char *text = printed(OUTPUT_CSV, &plain, two, 2, cells, 10);
    g_assert_cmpstr(text, ==,
                    "id,name\n1,plain text\n2,\"a,b\"\n3,\"say \"\"x\"\"\"\n4,\"two\nlines\"\n"
                    "5,\"\r\"\n6,\"\\.\"\n7,\n8,\"\"\n9, \\N \n,\xf0\x9f\x98\x80\n");
    g_autofree char *empty = printed(OUTPUT_CSV, &plain, two, 2, cells, 0);
    g_assert_cmpstr(empty, ==, "id,name\n");
    const OutputStyle no_header = {0};
    g_autofree char *bare = printed(OUTPUT_CSV, &no_header, two, 2, cells, 1);
    g_assert_cmpstr(bare, ==, "1,plain text\n");
}

static void test_tsv_is_copys_text(void)
{
    static const Value cells[] = {TEXT("1"), TEXT("a\tb\\c\nd\re"), TEXT("2"), NOTHING, TEXT("3"),
                                  TEXT("")};
    g_autofree char *text = printed(OUTPUT_TSV, &plain, two, 2, cells, 3);
    g_assert_cmpstr(text, ==, "id\tname\n1\ta\\tb\\\\c\\nd\\re\n2\t\\N\n3\t\n");
}

static void test_json_keeps_values_as_they_are(void)
{
    static const ResultColumn columns[] = {
        {(char *)"n", OID_NUMERIC, -1}, {(char *)"f", OID_FLOAT, -1}, {(char *)"b", OID_BOOL, -1},
        {(char *)"t", OID_TEXT, -1},    {(char *)"s", OID_SUPER, -1}, {(char *)"t", OID_TEXT, -1}};
    static const Value cells[] = {TEXT("12345678901234567890.1200"),
                                  TEXT("NaN"),
                                  TEXT("t"),
                                  TEXT("a\"b\\\n\x01"),
                                  TEXT("{\"a\":[1,2]}"),
                                  TEXT("007"),
                                  NOTHING,
                                  TEXT("1e+20"),
                                  TEXT("f"),
                                  TEXT("\xe2\x80\xae\xff\xf3\xa0\x80\x81"),
                                  TEXT("not json"),
                                  TEXT("")};
    g_autofree char *lines = printed(OUTPUT_JSONL, &plain, columns, 6, cells, 2);
    g_assert_cmpstr(
        lines, ==,
        "{\"n\": 12345678901234567890.1200, \"f\": \"NaN\", \"b\": true, "
        "\"t\": \"a\\\"b\\\\\\n\\u0001\", \"s\": {\"a\":[1,2]}, \"t_2\": \"007\"}\n"
        "{\"n\": null, \"f\": 1e+20, \"b\": false, "
        "\"t\": \"\\u202e\xef\xbf\xbd\\udb40\\udc01\", \"s\": \"not json\", \"t_2\": \"\"}\n");
    g_autofree char *array = printed(OUTPUT_JSON, &plain, columns, 6, cells, 2);
    cJSON *json = cJSON_Parse(array);
    g_assert_cmpint(cJSON_GetArraySize(json), ==, 2);
    cJSON_Delete(json);
    g_autofree char *empty = printed(OUTPUT_JSON, &plain, columns, 6, cells, 0);
    g_assert_cmpstr(empty, ==, "[]\n");
}

static void test_json_numbers(void)
{
    static const char *const good[] = {"0", "-1", "12.50", "1e5", "1.5E-10", "1e+20"};
    static const char *const bad[] = {"", "-", "01", ".5", "5.", "1e", "NaN", "+1", "1 ", "0x1"};
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
        g_assert_true(row_is_json_number(good[i], strlen(good[i])));
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(row_is_json_number(bad[i], strlen(bad[i])));
}

static void test_a_table_tells_null_from_empty(void)
{
    static const Value cells[] = {TEXT("1"), NOTHING, TEXT("20"), TEXT(""), NOTHING, TEXT("x")};
    g_autofree char *text = printed(OUTPUT_TABLE, &plain, two, 2, cells, 3);
    g_assert_cmpstr(text, ==, "id  name\n──  ────\n 1  ∅\n20  ''\n ∅  x\n");
    const OutputStyle ascii = {.header = TRUE, .ascii = TRUE};
    g_autofree char *in_ascii = printed(OUTPUT_TABLE, &ascii, two, 2, cells, 1);
    g_assert_cmpstr(in_ascii, ==, "id  name\n--  ------\n 1  (null)\n");
}

static void test_a_table_never_obeys_its_cells(void)
{
    static const ResultColumn columns[] = {{(char *)"na\x1b[31mme", OID_TEXT, -1}};
    static const Value cells[] = {TEXT("\x1b]0;title\x07"),
                                  TEXT("a\xe2\x80\xae"
                                       "b"),
                                  TEXT("nul\0byte"),
                                  TEXT("\xff\xfe"),
                                  TEXT("two\nlines"),
                                  TEXT("\xc2\x9b"
                                       "1m")};
    g_autofree char *text = printed(OUTPUT_TABLE, &plain, columns, 1, cells, 6);
    for (const char *p = text; *p != '\0'; p++)
        g_assert_true(*p == '\n' || (guchar)*p >= 0x20);
    g_assert_true(g_utf8_validate(text, -1, NULL));
    g_assert_null(strstr(text, "\xe2\x80\xae"));
    g_assert_null(strstr(text, "\xc2\x9b"));
    g_assert_nonnull(strstr(text, "nul\\x00byte"));
    g_assert_nonnull(strstr(text, "two\\nlines"));
}

static void test_a_table_fits_its_terminal(void)
{
    static const ResultColumn columns[] = {
        {(char *)"a", OID_TEXT, -1}, {(char *)"b", OID_TEXT, -1}, {(char *)"c", OID_TEXT, -1}};
    static const Value cells[] = {TEXT("123456789012345678901234567890"),
                                  TEXT("abcdefghijklmnopqrstuvwxyz"), TEXT("z")};
    for (int width = 1; width < 80; width++) {
        const OutputStyle style = {.header = TRUE, .width = width};
        g_autofree char *text = printed(OUTPUT_TABLE, &style, columns, 3, cells, 1);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        for (guint i = 0; lines[i] != NULL; i++)
            g_assert_cmpint(g_utf8_strlen(lines[i], -1), <=, width);
    }
    g_autofree char *free_text = printed(OUTPUT_TABLE, &plain, columns, 3, cells, 1);
    g_assert_nonnull(strstr(free_text, "123456789012345678901234567890  abc"));
}

static void test_rows_after_the_sample_are_still_printed(void)
{
    Value *cells = g_new0(Value, 600);
    for (guint i = 0; i < 600; i++)
        cells[i] = (Value){i % 2 == 0 ? "7" : "a longer name than before", i % 2 == 0 ? 1
                                                                           : i < 590  ? 1
                                                                                      : 25};
    g_autofree char *text = printed(OUTPUT_TABLE, &plain, two, 2, cells, 300);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, 303);
    g_assert_nonnull(strstr(text, "a longer name than before"));
    g_free(cells);
}

static void test_a_reader_that_left_is_a_cancellation(void)
{
    signal(SIGPIPE, SIG_IGN);
    int fds[2];
    g_assert_cmpint(pipe(fds), ==, 0);
    close(fds[0]);
    FILE *out = fdopen(fds[1], "w");
    g_autoptr(GError) error = NULL;
    g_autoptr(Output) output = output_new(OUTPUT_CSV, out, two, 2, &plain);
    const char *const values[] = {"1", "x"};
    gboolean written = TRUE;
    for (int i = 0; written && i < 10000; i++)
        written = output_strings(output, values, &error);
    g_assert_false(written && output_end(output, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_CANCELLED);
    fclose(out);
}

/* The table holds its first rows back: they are more than a stream's buffer when they come at the end. */
/* Exact in a file, harmless on a terminal; line ends and tabs are the format's own. */
static void test_no_format_is_obeyed_by_a_terminal(void)
{
    static const ResultColumn named[] = {{(char *)"a\033[2J", OID_TEXT, -1},
                                         {(char *)"b", OID_TEXT, -1}};
    static const Value cells[] = {TEXT("x\033]0;t\a\u202ey"), TEXT("1\n2")};
    static const struct {
        OutputFormat format;
        gboolean terminal;
        const char *text;
    } rows[] = {
        {OUTPUT_CSV, FALSE, "a\033[2J,b\nx\033]0;t\a\u202ey,\"1\n2\"\n"},
        {OUTPUT_CSV, TRUE, "a\\x1b[2J,b\nx\\x1b]0;t\\x07\\u{202e}y,\"1\n2\"\n"},
        {OUTPUT_TSV, TRUE, "a\\x1b[2J\tb\nx\\x1b]0;t\\x07\\u{202e}y\t1\\n2\n"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        OutputStyle style = {.header = TRUE, .terminal = rows[i].terminal};
        g_autofree char *text = printed(rows[i].format, &style, named, 2, cells, 1);
        g_assert_cmpstr(text, ==, rows[i].text);
    }
}

static void test_a_full_disk_is_named_whenever_it_is_met(void)
{
    for (int n_rows = 1; n_rows <= 10000; n_rows *= 10) {
        FILE *out = fopen("/dev/full", "w");
        if (out == NULL) {
            g_test_skip("there is no /dev/full");
            return;
        }
        g_autoptr(GError) error = NULL;
        g_autoptr(Output) output = output_new(OUTPUT_TABLE, out, two, 2, &plain);
        const char *const values[] = {"1",
                                      "a value of some length, so that few rows fill a buffer"};
        gboolean written = TRUE;
        for (int i = 0; written && i < n_rows; i++)
            written = output_strings(output, values, &error);
        g_assert_false(written && output_end(output, &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_LIMIT);
        fclose(out);
    }
}

static void test_format_names(void)
{
    OutputFormat format;
    g_assert_true(output_format_from_name("jsonl", &format) && format == OUTPUT_JSONL);
    g_assert_false(output_format_from_name("xml", &format));
    NarratorMode mode;
    g_assert_true(narrator_mode_from_name("auto", TRUE, &mode) && mode == NARRATE_LINE);
    g_assert_true(narrator_mode_from_name("auto", FALSE, &mode) && mode == NARRATE_PLAIN);
    g_assert_false(narrator_mode_from_name("loud", TRUE, &mode));
}

static void test_progress_as_json_and_text(void)
{
    ProgressSnapshot snapshot = {.state = JOB_RUNNING,
                                 .step = 2,
                                 .source = PROGRESS_SERVER,
                                 .rows = 4100,
                                 .rows_total = 8200,
                                 .bytes = 9007199254740993,
                                 .bytes_total = -1,
                                 .files = 2,
                                 .files_total = -1,
                                 .step_ms = 1000,
                                 .job_ms = 61000};
    g_autofree char *text = narrator_progress_json(NULL, &snapshot);
    cJSON *json = cJSON_Parse(text);
    g_assert_nonnull(json);
    g_assert_cmpfloat(cJSON_GetObjectItem(json, "step")->valuedouble, ==, 3);
    g_assert_cmpfloat(cJSON_GetObjectItem(json, "rows")->valuedouble, ==, 4100);
    g_assert_true(cJSON_IsNull(cJSON_GetObjectItem(json, "bytes_total")));
    g_assert_cmpstr(cJSON_GetObjectItem(json, "source")->valuestring, ==, "server");
    g_assert_nonnull(strstr(text, "9007199254740993"));
    cJSON_Delete(json);
    g_autofree char *line = narrator_progress_text(NULL, &snapshot);
    g_assert_true(g_str_has_prefix(line, "50%  4,100 of 8,200 rows"));
    g_assert_nonnull(strstr(line, "4,100 of 8,200 rows"));
    g_assert_nonnull(strstr(line, "1:01"));
}

static void test_a_bad_row_is_shown_with_a_caret(void)
{
    LoadError bad = {.file = (char *)"s3://b/k",
                     .line = 3,
                     .local_file = (char *)"orders/2024-03.csv",
                     .local_line = 48213,
                     .column = (char *)"name",
                     .type = (char *)"varchar",
                     .column_length = (char *)"8",
                     .raw_line = (char *)"1048212,far-too-long-a-name,2024-03-01",
                     .raw_value = (char *)"far-too-long-a-name",
                     .code = 1204,
                     .reason = (char *)"String length exceeds DDL length",
                     .source = "stl_load_errors"};
    g_autofree char *text = job_load_error_text(&bad);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_assert_cmpstr(lines[0], ==,
                    "  orders/2024-03.csv  line 48,213  column name  varchar(8)  stl_load_errors");
    g_assert_cmpstr(lines[1], ==, "   48213  1048212,far-too-long-a-name,2024-03-01");
    g_assert_cmpstr(lines[2], ==,
                    "                  ^^^^^^^^^^^^^^^^^^^ 19 bytes, the column holds 8");
    g_assert_cmpstr(lines[3], ==, "  String length exceeds DDL length (1204)");
}

static void test_every_command_is_told(void)
{
    for (const CliCommand *command = cli_commands(); command->name != NULL; command++) {
        g_autofree char *usage = parse_command_usage(command);
        g_assert_nonnull(strstr(usage, command->summary));
        g_assert_nonnull(command->run);
        for (const CliOptionGroup *group = command->groups; group->rows != NULL; group++)
            for (const CliOption *row = group->rows; row->name != NULL; row++)
                g_assert_cmpuint(row->offset + group->base, <, command->options_size);
    }
    g_autofree char *usage = parse_usage();
    g_assert_nonnull(strstr(usage, "unload"));
    g_assert_nonnull(strstr(usage, "activity "));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/output/csv-is-what-psql-writes", test_csv_is_what_psql_writes);
    g_test_add_func("/output/tsv-is-copys-text", test_tsv_is_copys_text);
    g_test_add_func("/output/json-keeps-values", test_json_keeps_values_as_they_are);
    g_test_add_func("/output/json-numbers", test_json_numbers);
    g_test_add_func("/output/a-table-tells-null-from-empty", test_a_table_tells_null_from_empty);
    g_test_add_func("/output/a-table-never-obeys-its-cells", test_a_table_never_obeys_its_cells);
    g_test_add_func("/output/a-table-fits-its-terminal", test_a_table_fits_its_terminal);
    g_test_add_func("/output/rows-after-the-sample", test_rows_after_the_sample_are_still_printed);
    g_test_add_func("/output/a-reader-that-left", test_a_reader_that_left_is_a_cancellation);
    g_test_add_func("/output/no-format-is-obeyed-by-a-terminal",
                    test_no_format_is_obeyed_by_a_terminal);
    g_test_add_func("/output/a-full-disk", test_a_full_disk_is_named_whenever_it_is_met);
    g_test_add_func("/output/names", test_format_names);
    g_test_add_func("/narrator/progress", test_progress_as_json_and_text);
    g_test_add_func("/jobs/a-bad-row-is-shown-with-a-caret", test_a_bad_row_is_shown_with_a_caret);
    g_test_add_func("/commands/every-one-is-told", test_every_command_is_told);
    return g_test_run();
}
