/*
 * Rows on their way to the user: formats of files and copies, searching and filtering what is here,
 * the tree of a SUPER value, and the columns of a grid.
 */
#include <string.h>

#include "base/error.h"
#include "base/find.h"
#include "redshift/row_scan.h"
#include "redshift/row_writer.h"
#include "sql/super.h"

enum {
    OID_BOOL = 16,
    OID_INT = 23,
    OID_NUMERIC = 1700,
    OID_TEXT = 1043,
    OID_SUPER = 4000,
    OID_VARBYTE = 6551,
    OID_HLL = 2935,
};

/* --- formats --------------------------------------------------------------------------------------*/

static ResultColumn four[] = {
    {"id", OID_INT, -1}, {"Name", OID_TEXT, -1}, {"ok", OID_BOOL, -1}, {"doc", OID_SUPER, -1}};

static char *written(RowFormat format, gboolean header, const char *const (*rows)[4], guint n_rows)
{
    const RowStyle style = {.header = header, .schema = "public", .relation = "t"};
    g_autoptr(RowWriter) writer = row_writer_new(format, four, 4, &style, NULL);
    GString *out = g_string_new(NULL);
    for (guint row = 0; row < n_rows; row++) {
        int lengths[4];
        for (guint i = 0; i < 4; i++)
            lengths[i] = rows[row][i] == NULL ? 0 : (int)strlen(rows[row][i]);
        row_writer_row(writer, rows[row], lengths, out);
    }
    row_writer_end(writer, out);
    g_assert_cmpuint(row_writer_rows(writer), ==, n_rows);
    return g_string_free(out, FALSE);
}

static void test_each_format_tells_null_from_empty(void)
{
    static const char *const rows[][4] = {{"1", "", "t", "{\"a\":1.50}"},
                                          {"-2", NULL, "f", NULL},
                                          {NULL, "a,\"b\"|\\\t\nc", NULL, "[1]"}};
    static const struct {
        RowFormat format;
        const char *text;
    } cases[] = {
        {ROW_FORMAT_CSV, "id,Name,ok,doc\n1,\"\",t,\"{\"\"a\"\":1.50}\"\n-2,,f,\n"
                         ",\"a,\"\"b\"\"|\\\t\nc\",,[1]\n"},
        {ROW_FORMAT_TSV, "id\tName\tok\tdoc\n1\t\tt\t{\"a\":1.50}\n-2\t\\N\tf\t\\N\n"
                         "\\N\ta,\"b\"|\\\\\\t\\nc\t\\N\t[1]\n"},
        {ROW_FORMAT_TEXT, "id\tName\tok\tdoc\n1\t\tt\t{\"a\":1.50}\n-2\t\tf\t\n"
                          "\ta,\"b\"|\\  c\t\t[1]\n"},
        {ROW_FORMAT_JSONL,
         "{\"id\": 1, \"Name\": \"\", \"ok\": true, \"doc\": {\"a\":1.50}}\n"
         "{\"id\": -2, \"Name\": null, \"ok\": false, \"doc\": null}\n"
         "{\"id\": null, \"Name\": \"a,\\\"b\\\"|\\\\\\t\\nc\", \"ok\": null, \"doc\": [1]}\n"},
        {ROW_FORMAT_INSERT,
         "INSERT INTO \"public\".\"t\" (\"id\", \"Name\", \"ok\", \"doc\") VALUES\n"
         "(1, '', TRUE, JSON_PARSE('{\"a\":1.50}')),\n"
         "(-2, NULL, FALSE, NULL),\n"
         "(NULL, 'a,\"b\"|\\\\\t\nc', NULL, JSON_PARSE('[1]'));\n"},
        {ROW_FORMAT_MARKDOWN, "| id | Name | ok | doc |\n| ---: | --- | --- | --- |\n"
                              "| 1 |  | t | {\"a\":1.50} |\n| -2 | *NULL* | f | *NULL* |\n"
                              "| *NULL* | a,\"b\"\\|\\\\ <br>c | *NULL* | \\[1\\] |\n"},
        {ROW_FORMAT_PSQL, " id |     Name     | ok |    doc     \n"
                          "----+--------------+----+------------\n"
                          "  1 |              | t  | {\"a\":1.50}\n"
                          " -2 | ∅            | f  | ∅\n"
                          "  ∅ | a,\"b\"|\\\\t\\nc | ∅  | [1]\n(3 rows)\n"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = written(cases[i].format, TRUE, rows, 3);
        g_assert_cmpstr(text, ==, cases[i].text);
    }
}

static void test_no_rows_are_still_a_file(void)
{
    g_autofree char *csv = written(ROW_FORMAT_CSV, TRUE, NULL, 0);
    g_autofree char *json = written(ROW_FORMAT_JSON, TRUE, NULL, 0);
    g_autofree char *insert = written(ROW_FORMAT_INSERT, TRUE, NULL, 0);
    g_autofree char *bare = written(ROW_FORMAT_CSV, FALSE, NULL, 0);
    g_assert_cmpstr(csv, ==, "id,Name,ok,doc\n");
    g_assert_cmpstr(json, ==, "[]\n");
    g_assert_cmpstr(insert, ==, "");
    g_assert_cmpstr(bare, ==, "");
}

static void test_an_insert_statement_stays_small(void)
{
    const RowStyle style = {.relation = "t"};
    g_autoptr(RowWriter) writer = row_writer_new(ROW_FORMAT_INSERT, four, 1, &style, NULL);
    g_autoptr(GString) out = g_string_new(NULL);
    for (int i = 0; i < 1200; i++)
        row_writer_row(writer, (const char *const[]){"7"}, (const int[]){1}, out);
    row_writer_end(writer, out);
    g_auto(GStrv) statements = g_strsplit(out->str, ";\n", -1);
    g_assert_cmpuint(g_strv_length(statements), ==, 4); /* 500, 500, 200 and nothing */
    g_assert_true(g_str_has_prefix(statements[2], "INSERT INTO \"t\" (\"id\") VALUES\n(7),\n(7)"));
}

static void test_what_no_insert_can_write_is_refused(void)
{
    g_autoptr(GError) error = NULL;
    const ResultColumn sketch = {"sketch", OID_HLL, -1};
    const RowStyle style = {0};
    g_assert_null(row_writer_new(ROW_FORMAT_INSERT, &sketch, 1, &style, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_UNSUPPORTED);
    g_assert_nonnull(strstr(error->message, "sketch"));
    g_autoptr(RowWriter) csv = row_writer_new(ROW_FORMAT_CSV, &sketch, 1, &style, NULL);
    g_assert_nonnull(csv);
}

static void test_a_path_says_format_and_compression(void)
{
    static const struct {
        const char *path;
        gboolean known;
        RowFormat format;
        CodecKind codec;
    } cases[] = {
        {"a.csv", TRUE, ROW_FORMAT_CSV, CODEC_NONE},
        {"A.CSV.GZ", TRUE, ROW_FORMAT_CSV, CODEC_GZIP},
        {"x/y.jsonl.zst", TRUE, ROW_FORMAT_JSONL, CODEC_ZSTD},
        {"y.ndjson", TRUE, ROW_FORMAT_JSONL, CODEC_NONE},
        {"y.sql", TRUE, ROW_FORMAT_INSERT, CODEC_NONE},
        {"y.md.zstd", TRUE, ROW_FORMAT_MARKDOWN, CODEC_ZSTD},
        {"y.gz", FALSE, ROW_FORMAT_TEXT, CODEC_GZIP},
        {"csv", FALSE, ROW_FORMAT_TEXT, CODEC_NONE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        RowFormat format = ROW_FORMAT_TEXT;
        CodecKind codec = CODEC_NONE;
        g_assert_cmpint(row_format_from_path(cases[i].path, &format, &codec), ==, cases[i].known);
        g_assert_cmpint(format, ==, cases[i].format);
        g_assert_cmpint(codec, ==, cases[i].codec);
    }
}

/* --- finding ----------------------------------------------------------------------------------------*/

static void test_finding_regards_case_only_when_asked(void)
{
    static const struct {
        const char *text, *in;
        gboolean found;
    } cases[] = {
        {"rock", "Hard ROCK", TRUE},
        {"Rock", "hard rock", FALSE},
        {"Rock", "Rocky", TRUE},
        {"", "x", TRUE},
        {"ü", "ÜBER", TRUE},
        {"ü", "uber", FALSE},
        {"abc", "ab", FALSE},
        {"ab", "aab", TRUE},
        {"b",
         "\xff\xfe"
         "b",
         TRUE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Finder) finder = finder_new(cases[i].text);
        g_assert_cmpint(finder_finds(finder, cases[i].in, strlen(cases[i].in)), ==, cases[i].found);
    }
}

/* Rows "0", "1" ... with a second column that is NULL but in every hundredth. */
static RowSet *numbers(guint n)
{
    RowSet *rows = rowset_new(four, 2, 64 << 10);
    RowPage *page = row_page_new(2);
    for (guint i = 0; i < n; i++) {
        g_autofree char *number = g_strdup_printf("%u", i);
        const char *const values[] = {number, i % 100 == 0 ? "Found" : NULL};
        const int lengths[] = {(int)strlen(number), i % 100 == 0 ? 5 : 0};
        g_assert_true(row_page_add(page, 2, values, lengths, NULL));
    }
    g_assert_true(rowset_take_page(rows, page, NULL));
    return rows;
}

static void test_a_filter_goes_on_where_it_was(void)
{
    const guint columns[] = {0, 1};
    g_autoptr(RowSet) rows = numbers(100000);
    g_autoptr(RowFilter) filter = row_filter_new("found", columns, 2);
    guint slices = 0;
    while (!row_filter_scan(filter, rows, 0)) /* its time is always over: a slice is a look */
        slices++;
    g_assert_cmpuint(slices, >, 10);
    g_assert_cmpuint(row_filter_matches(filter), ==, 1000);
    g_assert_cmpuint(row_filter_row(filter, 999), ==, 99900);
    g_assert_cmpuint(row_filter_find(filter, 250), ==, 3);
    row_filter_rewind(filter);
    g_assert_cmpuint(row_filter_matches(filter), ==, 0);
    g_autoptr(RowFilter) hidden = row_filter_new("found", columns, 1);
    g_assert_true(row_filter_scan(hidden, rows, G_MAXINT64));
    g_assert_cmpuint(row_filter_matches(hidden), ==, 0);
}

static void test_a_search_goes_round_both_ways(void)
{
    static const struct {
        guint64 from;
        guint position;
        gboolean forward;
        const char *text;
        RowSearchState state;
        guint64 row;
        guint found;
    } cases[] = {
        {0, 0, TRUE, "found", ROW_SEARCH_FOUND, 0, 1},
        {0, 1, TRUE, "found", ROW_SEARCH_FOUND, 100, 1},
        {99950, 0, TRUE, "found", ROW_SEARCH_FOUND, 0, 1},
        {50, 0, FALSE, "found", ROW_SEARCH_FOUND, 0, 1},
        {0, 0, FALSE, "found", ROW_SEARCH_FOUND, 99900, 1},
        {5, 0, TRUE, "99999", ROW_SEARCH_FOUND, 99999, 0},
        {5, 0, TRUE, "nowhere", ROW_SEARCH_NOT_FOUND, 0, 0},
    };
    const guint columns[] = {0, 1};
    g_autoptr(RowSet) rows = numbers(100000);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(RowSearch) search = row_search_new(cases[i].text, columns, 2, NULL, cases[i].from,
                                                     cases[i].position, cases[i].forward);
        g_assert_cmpint(row_search_go_on(search, rows, G_MAXINT64), ==, cases[i].state);
        if (cases[i].state != ROW_SEARCH_FOUND)
            continue;
        g_assert_cmpuint(row_search_row(search), ==, cases[i].row);
        g_assert_cmpuint(row_search_position(search), ==, cases[i].found);
    }
}

static void test_a_row_comes_whole(void)
{
    g_autoptr(RowSet) rows = numbers(50000); /* most of them in the file */
    const char *values[2];
    int lengths[2];
    g_assert_cmpuint(rowset_spilled(rows), >, 0);
    g_assert_true(rowset_row(rows, 100, values, lengths, NULL));
    g_assert_cmpstr(values[0], ==, "100");
    g_assert_cmpstr(values[1], ==, "Found");
    g_assert_cmpint(lengths[1], ==, 5);
    g_assert_true(rowset_row(rows, 49999, values, lengths, NULL));
    g_assert_cmpstr(values[0], ==, "49999");
    g_assert_null(values[1]);
}

/* --- SUPER ------------------------------------------------------------------------------------------*/

static void test_a_tree_keeps_every_digit_and_knows_its_paths(void)
{
    static const char text[] =
        " {\"a\": [1, 2.50, {\"B \\\"c\": \"x\"}], \"n\": null, \"e\": {}, \"b\": 1e400}";
    static const struct {
        guint node;
        SuperKind kind;
        const char *text, *path;
    } cases[] = {
        {1, SUPER_ARRAY, "[1, 2.50, {\"B \\\"c\": \"x\"}]", "\"doc\".\"a\""},
        {3, SUPER_NUMBER, "2.50", "\"doc\".\"a\"[1]"},
        {5, SUPER_STRING, "\"x\"", "\"doc\".\"a\"[2].\"B \"\"c\""},
        {6, SUPER_WORD, "null", "\"doc\".\"n\""},
        {7, SUPER_OBJECT, "{}", "\"doc\".\"e\""},
        {8, SUPER_NUMBER, "1e400", "\"doc\".\"b\""},
    };
    g_autoptr(GArray) nodes = sql_super_parse(text, strlen(text), NULL);
    g_assert_nonnull(nodes);
    g_assert_cmpuint(nodes->len, ==, 9);
    g_assert_cmpuint(g_array_index(nodes, SuperNode, 0).children, ==, 4);
    g_assert_cmpuint(g_array_index(nodes, SuperNode, 1).end, ==, 6);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const SuperNode *node = &g_array_index(nodes, SuperNode, cases[i].node);
        g_autofree char *own = g_strndup(text + node->start, node->length);
        g_autofree char *path = sql_super_path("doc", text, nodes, cases[i].node);
        g_assert_cmpint(node->kind, ==, cases[i].kind);
        g_assert_cmpstr(own, ==, cases[i].text);
        g_assert_cmpstr(path, ==, cases[i].path);
    }
}

static void test_what_is_no_json_is_no_tree(void)
{
    static const char *const bad[] = {"",      "{",        "[1,]",  "[1 2]", "{\"a\"}", "{a:1}",
                                      "\"abc", "{\"a\":}", "[nul]", "[] x",  "[\"\\",   "[1e]"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(sql_super_parse(bad[i], strlen(bad[i]), &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_DATA);
    }
    g_autofree char *deep = g_strnfill(5000, '[');
    g_autoptr(GError) error = NULL;
    g_assert_null(sql_super_parse(deep, 5000, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_LIMIT);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rows/formats/null", test_each_format_tells_null_from_empty);
    g_test_add_func("/rows/formats/none", test_no_rows_are_still_a_file);
    g_test_add_func("/rows/formats/insert", test_an_insert_statement_stays_small);
    g_test_add_func("/rows/formats/refused", test_what_no_insert_can_write_is_refused);
    g_test_add_func("/rows/formats/path", test_a_path_says_format_and_compression);
    g_test_add_func("/rows/find", test_finding_regards_case_only_when_asked);
    g_test_add_func("/rows/filter", test_a_filter_goes_on_where_it_was);
    g_test_add_func("/rows/search", test_a_search_goes_round_both_ways);
    g_test_add_func("/rows/whole", test_a_row_comes_whole);
    g_test_add_func("/rows/super/tree", test_a_tree_keeps_every_digit_and_knows_its_paths);
    g_test_add_func("/rows/super/refused", test_what_is_no_json_is_no_tree);
    return g_test_run();
}
