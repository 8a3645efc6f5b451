#include <string.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "job/load_source.h"

typedef struct {
    char *folder;
} Folder;

static void folder_set_up(Folder *folder, gconstpointer user)
{
    (void)user;
    folder->folder = g_dir_make_tmp("test-load-XXXXXX", NULL);
}

static void folder_tear_down(Folder *folder, gconstpointer user)
{
    (void)user;
    g_autoptr(GDir) dir = g_dir_open(folder->folder, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder->folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(folder->folder);
    g_free(folder->folder);
}

static char *put(const Folder *folder, const char *name, const char *text)
{
    char *path = g_build_filename(folder->folder, name, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    return path;
}

static GPtrArray *names_of(const char *list)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) words = g_strsplit(list, ",", -1);
    for (guint i = 0; words[i] != NULL; i++)
        g_ptr_array_add(names, g_strdup(words[i]));
    return names;
}

static LoadFacts *read_one(const char *path, LoadSource source, const char *columns, GError **error)
{
    const char *const paths[] = {path, NULL};
    source.paths = paths;
    g_autoptr(GPtrArray) names = columns != NULL ? names_of(columns) : NULL;
    return load_source_read(&source, names, NULL, NULL, error);
}

static void test_suffixes_say_format_and_compression(Folder *folder, gconstpointer user)
{
    (void)user;
    static const struct {
        const char *name;
        SqlFormat format;
        const char *delimiter;
    } cases[] = {
        {"a.csv", SQL_FORMAT_CSV, ","},
        {"a.TSV", SQL_FORMAT_TEXT, "\t"},
        {"a.txt", SQL_FORMAT_TEXT, "|"},
        {"a.jsonl", SQL_FORMAT_JSON, ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *path =
            put(folder, cases[i].name, cases[i].format == SQL_FORMAT_JSON ? "{\"a\":1}" : "1\n");
        g_autoptr(LoadFacts) facts = read_one(path, (LoadSource){0}, NULL, &error);
        g_assert_no_error(error);
        g_assert_cmpint(facts->format, ==, cases[i].format);
        g_assert_cmpstr(facts->delimiter, ==, cases[i].delimiter);
        g_assert_cmpint(facts->compression, ==, SQL_COMPRESS_NONE);
        g_assert_false(facts->empty);
    }
}

static void test_headers(Folder *folder, gconstpointer user)
{
    (void)user;
    static const struct {
        const char *text, *columns;
        LoadHeader asked;
        int header; /* -1: refused */
        guint64 data_offset;
    } cases[] = {
        {"id,name\n1,x\n", "id,name,day", LOAD_HEADER_AUTO, TRUE, 8},
        {"ID,Name\n1,x\n", "id,name", LOAD_HEADER_AUTO, TRUE, 8},
        {"1,x\n", "id,name", LOAD_HEADER_AUTO, FALSE, 0},
        {"id,other\n1,x\n", "id,name", LOAD_HEADER_AUTO, -1, 0},
        {"id,other\n1,x\n", "id,name", LOAD_HEADER_NO, FALSE, 0},
        {"id,other\n1,x\n", "id,name", LOAD_HEADER_YES, TRUE, 9},
        {"id,name\n1,x\n", NULL, LOAD_HEADER_AUTO, TRUE, 8},
        {"1,x\n", NULL, LOAD_HEADER_AUTO, FALSE, 0},
        {"a,a\n1,x\n", NULL, LOAD_HEADER_AUTO, FALSE, 0},
        {"\xef\xbb\xbfid,name\r\n1,x\n", "id,name", LOAD_HEADER_AUTO, TRUE, 12},
        {"\"id\",\"na\nme\"\n1,x\n", "id,na\nme", LOAD_HEADER_AUTO, TRUE, 13},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *path = put(folder, "a.csv", cases[i].text);
        g_autoptr(LoadFacts) facts =
            read_one(path, (LoadSource){.header = cases[i].asked}, cases[i].columns, &error);
        if (cases[i].header < 0) {
            g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
            continue;
        }
        g_assert_no_error(error);
        g_assert_cmpint(facts->has_header, ==, cases[i].header);
        const LoadFile *file = facts->files->pdata[0];
        g_assert_cmpuint(file->data_offset, ==, cases[i].data_offset);
        g_assert_cmpuint(facts->n_fields, ==, 2);
    }
}

static void test_blank_lines_come_before_the_header(Folder *folder, gconstpointer user)
{
    (void)user;
    static const char text[] = "\xef\xbb\xbf\r\n\nid,name\n\n1,one\n";
    g_autofree char *path = put(folder, "blank.csv", text);
    g_autoptr(GError) error = NULL;
    g_autoptr(LoadFacts) facts =
        read_one(path, (LoadSource){.ignore_blank_lines = TRUE}, "id,name", &error);
    g_assert_no_error(error);
    g_assert_true(facts->has_header);
    g_assert_cmpuint(facts->n_fields, ==, 2);
    const LoadFile *file = facts->files->pdata[0];
    g_assert_cmpstr(text + file->data_offset, ==, "\n1,one\n");
    g_assert_cmpuint(file->data_line, ==, 4);
    g_autoptr(LoadFacts) kept = read_one(path, (LoadSource){0}, "id,name", &error);
    g_assert_no_error(error);
    g_assert_false(kept->has_header);
}

static void test_inputs_without_a_record_are_empty(Folder *folder, gconstpointer user)
{
    (void)user;
    static const struct {
        const char *name, *text;
        gboolean empty;
    } cases[] = {
        {"a.csv", "", TRUE},        {"a.csv", "id,name\n", TRUE},
        {"a.csv", "id,name", TRUE}, {"a.csv", "id,name\n1,x", FALSE},
        {"a.json", " \n", TRUE},    {"a.json", "{}", FALSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *path = put(folder, cases[i].name, cases[i].text);
        g_autoptr(LoadFacts) facts = read_one(path, (LoadSource){0}, "id,name", &error);
        g_assert_no_error(error);
        g_assert_cmpint(facts->empty, ==, cases[i].empty);
    }
}

static void test_refusals(Folder *folder, gconstpointer user)
{
    (void)user;
    g_autofree char *csv = put(folder, "a.csv", "id\n1\n");
    g_autofree char *other = put(folder, "b.csv", "name\n1\n");
    g_autofree char *json = put(folder, "a.json", "{\"a\":1}");
    g_autofree char *array = put(folder, "b.json", "[{\"a\":1}]");
    g_autofree char *nameless = put(folder, "data", "1\n");
    g_autofree char *missing = g_build_filename(folder->folder, "none.csv", NULL);
    g_autofree char *bad = put(folder, "c.csv", "\"a\"b\n");
    g_autofree char *commas = g_strnfill(1600, ',');
    g_autofree char *wide = put(folder, "wide.csv", commas);
    const struct {
        const char *first, *second;
        LoadSource source;
        RsErrorCode code;
    } cases[] = {
        {"-", NULL, {0}, RS_ERROR_USAGE},
        {missing, NULL, {0}, RS_ERROR_NOT_FOUND},
        {folder->folder, NULL, {0}, RS_ERROR_USAGE},
        {nameless, NULL, {0}, RS_ERROR_USAGE},
        {csv, json, {0}, RS_ERROR_USAGE},
        {csv, other, {.header = LOAD_HEADER_YES}, RS_ERROR_USAGE},
        {csv, "s3://bucket/key.csv", {0}, RS_ERROR_USAGE},
        {array, NULL, {0}, RS_ERROR_DATA},
        {bad, NULL, {0}, RS_ERROR_DATA},
        {wide, NULL, {0}, RS_ERROR_DATA},
        {csv, NULL, {.format = "xml"}, RS_ERROR_USAGE},
        {csv, NULL, {.compression = "zip"}, RS_ERROR_USAGE},
        {csv, NULL, {.delimiter = "||"}, RS_ERROR_USAGE},
        {json, NULL, {.null_as = "x"}, RS_ERROR_USAGE},
        {csv, NULL, {.max_errors = -1}, RS_ERROR_USAGE},
        {csv, NULL, {.compression = "gzip"}, RS_ERROR_DATA},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        const char *const paths[] = {cases[i].first, cases[i].second, NULL};
        LoadSource source = cases[i].source;
        source.paths = paths;
        g_assert_null(load_source_read(&source, NULL, NULL, NULL, &error));
        g_assert_error(error, RS_ERROR, (gint)cases[i].code);
    }
}

static void test_types_are_inferred_from_values(Folder *folder, gconstpointer user)
{
    (void)user;
    static const struct {
        const char *values; /* one a line */
        const char *type;
    } cases[] = {
        {"1\n-2\n", "INTEGER"},
        {"1\n3000000000\n", "BIGINT"},
        {"99999999999999999999\n", "DECIMAL(20,0)"},
        {"1\n2.50\n", "DECIMAL(18,2)"},
        {"1e5\n2\n", "DOUBLE PRECISION"},
        {"007\n", "VARCHAR(8)"},
        {"t\nFALSE\n", "BOOLEAN"},
        {"2024-02-29\n", "DATE"},
        {"2023-02-29\n", "VARCHAR(16)"},
        {"2024-02-29\n2024-02-29 10:11:12\n", "TIMESTAMP"},
        {"2024-02-29 10:11:12.123456\n", "TIMESTAMP"},
        {"2024-02-29 10:11:12+02\n", "TIMESTAMPTZ"},
        {"2024-02-29T10:11:12Z\n", "VARCHAR(32)"},
        {"\\N\n5\n", "INTEGER"},
        {"\\N\n", "VARCHAR(256)"},
        {"été\n", "VARCHAR(8)"},
        {"1\nx\n", "VARCHAR(8)"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = g_strconcat("Value\n", cases[i].values, NULL);
        g_autofree char *path = put(folder, "a.csv", text);
        const char *const paths[] = {path, NULL};
        LoadSource source = {.paths = paths};
        g_autoptr(LoadFacts) facts = load_source_read(&source, NULL, NULL, NULL, &error);
        g_assert_no_error(error);
        g_assert_true(load_source_infer(&source, facts, NULL, &error));
        const LoadColumn *column = facts->columns->pdata[0];
        g_assert_cmpstr(column->name, ==, "Value");
        g_assert_cmpstr(column->type, ==, cases[i].type);
        g_assert_true(facts->inferred_all);
    }
}

static void test_json_members_of_all_objects_are_columns(Folder *folder, gconstpointer user)
{
    (void)user;
    g_autoptr(GError) error = NULL;
    g_autofree char *path =
        put(folder, "a.json", "{\"a\":1,\"b\":\"x\"}\n{\"a\":null,\"c\":{\"d\":1},\"e\":1.5}");
    const char *const paths[] = {path, NULL};
    LoadSource source = {.paths = paths};
    g_autoptr(LoadFacts) facts = load_source_read(&source, NULL, NULL, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(load_source_infer(&source, facts, NULL, &error));
    static const char *const wanted[][2] = {
        {"a", "INTEGER"}, {"b", "VARCHAR(8)"}, {"c", "SUPER"}, {"e", "DECIMAL(18,1)"}};
    g_assert_cmpuint(facts->columns->len, ==, G_N_ELEMENTS(wanted));
    for (gsize i = 0; i < G_N_ELEMENTS(wanted); i++) {
        const LoadColumn *column = facts->columns->pdata[i];
        g_assert_cmpstr(column->name, ==, wanted[i][0]);
        g_assert_cmpstr(column->type, ==, wanted[i][1]);
    }
}

static void test_copy_options_read_what_unload_writes(Folder *folder, gconstpointer user)
{
    (void)user;
    g_autoptr(GError) error = NULL;
    g_autofree char *csv = put(folder, "a.csv", "id\n1\n");
    g_autofree char *text = put(folder, "a.txt", "1|x\n");
    g_autofree char *json = put(folder, "a.json", "{\"Id\":1}");
    g_autoptr(LoadFacts) csv_facts = read_one(csv, (LoadSource){0}, "id", &error);
    g_autoptr(LoadFacts) text_facts = read_one(text, (LoadSource){0}, "id,name", &error);
    g_autoptr(LoadFacts) json_facts = read_one(json, (LoadSource){0}, "id", &error);
    g_assert_no_error(error);
    LoadSource source = {0};
    SqlCopy copy = load_source_copy(&source, csv_facts);
    g_assert_cmpstr(copy.null_as, ==, "\\N");
    g_assert_cmpint(copy.compression, ==, SQL_COMPRESS_ZSTD);
    g_assert_cmpuint(copy.ignore_header, ==, 0);
    copy = load_source_copy(&source, text_facts);
    g_assert_true(copy.escape);
    g_assert_cmpstr(copy.delimiter, ==, "|");
    copy = load_source_copy(&source, json_facts);
    g_assert_null(copy.null_as);
    g_assert_cmpstr(copy.json_paths, ==, "auto ignorecase");
}

#define ADD(name, function)                                                                        \
    g_test_add("/load/" name, Folder, NULL, folder_set_up, function, folder_tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("suffixes-say-format-and-compression", test_suffixes_say_format_and_compression);
    ADD("headers", test_headers);
    ADD("blank-lines-come-before-the-header", test_blank_lines_come_before_the_header);
    ADD("inputs-without-a-record-are-empty", test_inputs_without_a_record_are_empty);
    ADD("refusals", test_refusals);
    ADD("types-are-inferred-from-values", test_types_are_inferred_from_values);
    ADD("json-members-of-all-objects-are-columns", test_json_members_of_all_objects_are_columns);
    ADD("copy-options-read-what-unload-writes", test_copy_options_read_what_unload_writes);
    return g_test_run();
}
