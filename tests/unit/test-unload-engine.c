#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "sandbox/manifest.h"
#include "sandbox/unload_files.h"
#include "sandbox/unload_format.h"
#include "sandbox/unload_options.h"

/* --- statements --------------------------------------------------------------------------------- */

#define TO " to 's3://wb-lake/out_' iam_role default "

static void test_statements_are_taken_or_refused(void)
{
    static const struct {
        const char *sql, *sqlstate; /* NULL: accepted */
    } cases[] = {
        {"unload ('select * from sales') to 's3://wb-lake/out/sales_' iam_role default;", NULL},
        {"unload ('select region, amount from sales where region = ''EU'' order by amount') to "
         "'s3://wb-lake/eu/' iam_role 'arn:aws:iam::111122223333:role/wb-io' format as csv header "
         "gzip parallel off;",
         NULL},
        {"unload ($$select * from sales where region = 'EU'$$) to 's3://wb-lake/p/' iam_role "
         "default parquet;",
         NULL},
        {"unload ('select * from sales limit 100')" TO, "42601"},
        {"unload ('select * from sales where sale_id in (select sale_id from sales order by amount "
         "desc limit 100)')" TO "csv",
         NULL},
        {"unload ('select * from sales') to 's3://wb-lake/part' iam_role default parquet partition "
         "by (region) include manifest verbose;",
         NULL},
        {"unload ('select * from sales')" TO "parquet gzip;", "0A000"},
        {"unload ('select * from sales')" TO "json header;", "0A000"},
        {"unload ('select a from t')" TO "fixedwidth '0:10,1:20' delimiter ',';", "0A000"},
        {"unload ('select * from sales')" TO "csv cleanpath allowoverwrite;", "0A000"},
        {"unload ('select * from sales')" TO "maxfilesize 4 mb;", "42601"},
        {"unload ('select 1')" TO "kms_key_id '1234abcd-12ab-34cd-56ef-1234567890ab';", "42601"},
        {"unload ('select * from sales')" TO "csv verbose manifest;", "42601"},
        {"unload ('select * from sales') to 's3://wb-lake/n_' csv;", "42601"},
        {"unload ('select * from sales')" TO "parquet rowgroupsize 256 mb;", "42601"},
        /* beyond the table of cases */
        {"UNLOAD('select 1')TO's3://b/p'IAM_ROLE'r'DELIMITER'\\t'NULL'\\N'ESCAPE", NULL},
        {"unload ('select 1')" TO "delimiter as '\\\\011' addquotes null as 'x'", NULL},
        {"unload ('select 1') to 's3://b/p' with credentials as 'aws_iam_role=r' gzip", NULL},
        {"unload ('select 1') to 's3://b/p' access_key_id 'a' secret_access_key 's' session_token "
         "'t'",
         NULL},
        {"unload ('select 1') to 's3://b/p' access_key_id 'a'", "42601"},
        {"unload ('select 1')" TO "credentials 'aws_iam_role=r'", "42601"},
        {"unload ('select 1')" TO "access_key_id 'a' secret_access_key 's'", "42601"},
        {"unload ('select 1') to 's3://b/p' iam_role 'session'", NULL},
        {"unload ('select 1')" TO "parallel false maxfilesize as 6.2 gb", NULL},
        {"unload ('select 1')" TO "parallel maxfilesize 200 region as 'us-east-1'", NULL},
        {"unload ('select 1')" TO "maxfilesize 6.3 gb", "42601"},
        {"unload ('select 1')" TO "format csv escape", "0A000"},
        {"unload ('select 1')" TO "csv addquotes", "0A000"},
        {"unload ('select 1')" TO "csv fixedwidth 'a:1'", "0A000"},
        {"unload ('select 1')" TO "json null as 'x'", "0A000"},
        {"unload ('select 1')" TO "csv json", "0A000"},
        {"unload ('select 1')" TO "gzip zstd", "0A000"},
        {"unload ('select 1')" TO "gzip gzip", "42601"},
        {"unload ('select 1')" TO "fixedwidth 'a:1' header", "0A000"},
        {"unload ('select 1')" TO "fixedwidth 'a'", "42601"},
        {"unload ('select 1')" TO "delimiter '|~'", "42601"},
        {"unload ('select 1')" TO "delimiter ''", "42601"},
        {"unload ('select 1')" TO "encrypted auto kms_key_id 'k'", "0A000"},
        {"unload ('select 1')" TO "encrypted kms_key_id 'k'", NULL},
        {"unload ('select 1')" TO "parquet encrypted", "0A000"},
        {"unload ('select 1')" TO "rowgroupsize 64 mb", "0A000"},
        {"unload ('select 1')" TO "format xml", "42601"},
        {"unload ('select 1')" TO "csv, header", "42601"},
        {"unload ('select 1') to '/tmp/x' iam_role default", "XX000"},
        {"unload (select 1)" TO, "42601"},
        {"unload ('select 1'", "42601"},
        {"unload ('select top 5 a from t')" TO, "42601"},
        {"unload ('select distinct top 5 a from t')" TO, "42601"},
        {"unload ('select top from t')" TO, NULL},
        {"unload ('(select a from t limit 1)')" TO, "42601"},
        {"unload ('with a as (select 1 limit 1) select * from a')" TO, NULL},
        {"unload ('select a -- limit 1')" TO, NULL},
        {"unload ('select ''limit 1'' as x')" TO, NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(UnloadOptions) options = {0};
        g_auto(Refusal) refusal = {0};
        gboolean good = unload_options_parse(cases[i].sql, &options, &refusal);
        g_test_message("%s -> %s %s", cases[i].sql, refusal.sqlstate,
                       refusal.message != NULL ? refusal.message : "accepted");
        g_assert_cmpint(good, ==, cases[i].sqlstate == NULL);
        g_assert_cmpint(refusal.message == NULL, ==, good);
        if (!good)
            g_assert_cmpstr(refusal.sqlstate, ==, cases[i].sqlstate);
    }
}

static void test_what_the_sandbox_lacks_is_refused_by_name(void)
{
    static const struct {
        const char *options, *name;
    } cases[] = {
        {"parquet", "PARQUET"},
        {"bzip2", "BZIP2"},
        {"encrypted master_symmetric_key 'k'", "MASTER_SYMMETRIC_KEY"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(UnloadOptions) options = {0};
        g_auto(Refusal) refusal = {0};
        g_autofree char *sql = g_strconcat("unload ('select 1')" TO, cases[i].options, NULL);
        g_assert_true(unload_options_parse(sql, &options, &refusal));
        g_assert_false(unload_options_supported(&options, &refusal));
        g_assert_cmpstr(refusal.sqlstate, ==, "0A000");
        g_assert_nonnull(strstr(refusal.message, cases[i].name));
        g_assert_true(g_str_has_suffix(refusal.message, "is not supported by the sandbox"));
    }
}

static void test_options_mean_what_they_say(void)
{
    g_auto(UnloadOptions) options = {0};
    g_auto(Refusal) refusal = {0};
    g_assert_true(unload_options_parse(
        "unload ('select a, b from t order by a;') to 's3://Lake/x/y' iam_role default "
        "delimiter '\\t' null as '\\N' partition by (A, \"b\") include manifest verbose zstd "
        "maxfilesize 5 mb extension 'tsv'",
        &options, &refusal));
    g_assert_cmpstr(options.query, ==, "select a, b from t order by a");
    g_assert_cmpstr(options.bucket, ==, "Lake");
    g_assert_cmpstr(options.prefix, ==, "x/y");
    g_assert_cmpint(options.delimiter, ==, '\t');
    g_assert_cmpstr(options.null_as, ==, "\\N");
    g_assert_cmpstr(options.partition_by->pdata[0], ==, "a");
    g_assert_cmpstr(options.partition_by->pdata[1], ==, "b");
    g_assert_true(options.include && options.manifest && options.verbose && options.ordered);
    g_assert_cmpuint(options.max_file_size, ==, 5 * 1024 * 1024);
    g_assert_cmpstr(unload_options_suffix(&options), ==, "tsv");
}

static void test_only_the_sandbox_role_can_be_assumed(void)
{
    static const struct {
        AuthKind kind;
        const char *roles;
        gboolean good;
    } cases[] = {
        {AUTH_ROLE, "default", TRUE},    {AUTH_ROLE, "arn:r", TRUE},
        {AUTH_ROLE, "arn:other", FALSE}, {AUTH_ROLE, "arn:r,arn:other", FALSE},
        {AUTH_ROLE, "", FALSE},          {AUTH_SESSION, "session", FALSE},
        {AUTH_KEYS, NULL, FALSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Refusal) refusal = {0};
        AuthClause auth = {.kind = cases[i].kind, .roles = (char *)cases[i].roles};
        g_assert_cmpint(auth_resolve(&auth, "arn:r", "us-east-1", "dev", 7, 1, &refusal), ==,
                        cases[i].good);
    }
}

/* --- values ------------------------------------------------------------------------------------- */

static GPtrArray *columns_of(const char *const *names_and_types)
{
    GPtrArray *columns = g_ptr_array_new_with_free_func((GDestroyNotify)unload_column_free);
    for (; *names_and_types != NULL; names_and_types += 2)
        g_ptr_array_add(columns, unload_column_new(names_and_types[0], names_and_types[1]));
    return columns;
}

static const char *const wide[] = {
    "i", "integer",          "n", "numeric(10,2)",         "b", "boolean",
    "c", "character(6)",     "v", "character varying(50)", "s", "redsmith_catalog.super",
    "f", "double precision", "x", "varbyte(10)",           NULL};
#define NULLS "\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N"

static void test_rows_are_written_as_the_guide_says(void)
{
    static const struct {
        const char *options, *line, *row;
    } cases[] = {
        {"", "1\t2.50\tt\tab    \tx|y\\\\z\t{\"a\": [1, \"b c\"]}\t1e+20\t\\\\x00ff",
         "1|2.50|t|ab|x|y\\z|{\"a\":[1,\"b c\"]}|1e+20|00ff\n"},
        {"escape", "1\t-0.01\tf\ta|    \tx|y\\\\z\\n\"\t\"a|b\"\t0.1\t\\\\x",
         "1|-0.01|f|a\\||x\\|y\\\\z\\\n\"|\"a|b\"|0.1|\n"},
        {"escape addquotes", "1\t0.00\tf\t      \t\"it's\\r\"\t1\t1\t\\N",
         "\"1\"|\"0.00\"|\"f\"|\"\"|\"\\\"it\\'s\\\r\\\"\"|\"1\"|\"1\"|\n"},
        {"null as '\\N'", NULLS, "\\N|\\N|\\N|\\N|\\N|\\N|\\N|\\N\n"},
        {"", NULLS, "|||||||\n"},
        {"csv", "1\t2.50\tt\ta,b\tsay \"hi\"\\nthere\t{\"a\": 1, \"b\": 2}\tNaN\t\\N",
         "1,2.50,t,\"a,b\",\"say \"\"hi\"\"\nthere\",\"{\"\"a\"\":1,\"\"b\"\":2}\",NaN,\n"},
        {"csv", "1\t1.00\tt\t\ta|b c'\t\\N\t1\t\\N", "1,1.00,t,,a|b c',,1,\n"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(UnloadOptions) options = {0};
        g_auto(Refusal) refusal = {0};
        g_autofree char *sql = g_strconcat("unload ('select 1')" TO, cases[i].options, NULL);
        g_assert_true(unload_options_parse(sql, &options, &refusal));
        g_autoptr(GPtrArray) columns = columns_of(wide);
        g_autoptr(GArray) fields = g_array_new(FALSE, FALSE, sizeof(PgField));
        g_autoptr(GString) buffer = g_string_new(NULL), row = g_string_new(NULL);
        pgcopy_split(cases[i].line, strlen(cases[i].line), buffer, fields);
        g_assert_cmpuint(fields->len, ==, columns->len);
        g_assert_true(unload_append_row(row, columns, &g_array_index(fields, PgField, 0), &options,
                                        &refusal));
        g_assert_cmpstr(row->str, ==, cases[i].row);
    }
}

static void test_json_rows_keep_digits_and_types(void)
{
    static const char *const types[] = {
        "i", "bigint",       "n", "numeric(38,10)",       "b", "boolean",
        "c", "character(4)", "v", "character varying(9)", "s", "super",
        "f", "real",         "g", "double precision",     NULL};
    static const struct {
        const char *line, *row;
    } cases[] = {
        {"9223372036854775807\t12345678901234567890.1234567890\tt\tab  \tq\"\\\\\\n\t{\"k\": "
         "[null, \"a  b\"]}\t1.5\tInfinity",
         "{\"i\":9223372036854775807,\"n\":12345678901234567890.1234567890,\"b\":\"t\",\"c\":"
         "\"ab\","
         "\"v\":\"q\\\"\\\\\\n\",\"s\":{\"k\":[null,\"a  b\"]},\"f\":1.5,\"g\":\"Infinity\"}\n"},
        {NULLS, "{\"i\":null,\"n\":null,\"b\":null,\"c\":null,\"v\":null,\"s\":null,\"f\":null,"
                "\"g\":null}\n"},
    };
    g_auto(UnloadOptions) options = {0};
    g_auto(Refusal) refusal = {0};
    g_assert_true(unload_options_parse("unload ('select 1')" TO "json", &options, &refusal));
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray) columns = columns_of(types);
        g_autoptr(GArray) fields = g_array_new(FALSE, FALSE, sizeof(PgField));
        g_autoptr(GString) buffer = g_string_new(NULL), row = g_string_new(NULL);
        pgcopy_split(cases[i].line, strlen(cases[i].line), buffer, fields);
        g_assert_true(unload_append_row(row, columns, &g_array_index(fields, PgField, 0), &options,
                                        &refusal));
        g_assert_cmpstr(row->str, ==, cases[i].row);
    }
}

static void test_fixed_width_pads_and_never_cuts(void)
{
    static const char *const types[] = {"a", "integer", "b", "character varying(9)", NULL};
    g_auto(UnloadOptions) options = {0};
    g_auto(Refusal) refusal = {0};
    g_assert_true(unload_options_parse(
        "unload ('select 1')" TO "fixedwidth 'a:3,b:4' null as 'none!'", &options, &refusal));
    static const struct {
        PgField fields[2];
        const char *row; /* NULL: refused */
    } cases[] = {
        {{{"12", 2}, {"\xc3\xa9t", 3}}, "12 \xc3\xa9t  \n"},
        {{{NULL, 0}, {"", 0}}, "       \n"},
        {{{"1234", 4}, {"", 0}}, NULL},
        {{{"1", 1}, {NULL, 0}}, NULL},
    };
    g_autoptr(GPtrArray) columns = columns_of(types);
    g_assert_true(unload_columns_check(columns, &options, &refusal));
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) row = g_string_new(NULL);
        gboolean good = unload_append_row(row, columns, cases[i].fields, &options, &refusal);
        g_assert_cmpint(good, ==, cases[i].row != NULL);
        if (good)
            g_assert_cmpstr(row->str, ==, cases[i].row);
    }
}

static void test_columns_decide_what_only_they_can(void)
{
    static const char *const types[] = {"a", "integer",          "b", "character varying(9)",
                                        "d", "double precision", NULL};
    static const char *const doubled[] = {"a", "integer", "a", "integer", NULL};
    static const char *const hex[] = {"a", "varbyte", NULL};
    static const struct {
        const char *options;
        const char *const *types;
        gboolean good;
    } cases[] = {
        {"partition by (b)", types, TRUE},
        {"partition by (absent)", types, FALSE},
        {"partition by (d)", types, FALSE},
        {"partition by (a, b) include", types, TRUE},
        {"json", doubled, FALSE},
        {"csv", doubled, TRUE},
        {"json", hex, FALSE},
        {"fixedwidth 'a:1'", types, FALSE},
        {"fixedwidth 'a:1'", hex, FALSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(UnloadOptions) options = {0};
        g_auto(Refusal) refusal = {0};
        g_autofree char *sql = g_strconcat("unload ('select 1')" TO, cases[i].options, NULL);
        g_assert_true(unload_options_parse(sql, &options, &refusal));
        g_autoptr(GPtrArray) columns = columns_of(cases[i].types);
        g_assert_cmpint(unload_columns_check(columns, &options, &refusal), ==, cases[i].good);
    }
}

/* --- files -------------------------------------------------------------------------------------- */

static void remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        remove_tree(inner);
    }
    g_remove(path);
}

/* "key:rows/bytes ..." of what an UNLOAD with these options leaves after n rows in each folder. */
static char *files_after(const char *clauses, guint n, gsize row_length, const char *const *folders)
{
    g_autofree char *dir = g_dir_make_tmp("unload-XXXXXX", NULL);
    g_autoptr(Store) store = store_open(dir, NULL);
    g_assert_true(store_create_bucket(store, "wb-lake", NULL));
    g_auto(UnloadOptions) options = {0};
    g_auto(Refusal) refusal = {0};
    g_autofree char *sql =
        g_strconcat("unload ('select 1') to 's3://wb-lake/o' iam_role default ", clauses, NULL);
    g_assert_true(unload_options_parse(sql, &options, &refusal));
    static const char *const types[] = {"v", "character varying(9)", NULL};
    g_autoptr(GPtrArray) columns = columns_of(types);
    g_autoptr(UnloadFiles) files = unload_files_new(store, &options, columns);
    g_autofree char *row = g_strnfill(row_length, 'x');
    for (; *folders != NULL; folders++)
        for (guint i = 0; i < n; i++)
            g_assert_true(unload_files_write(files, *folders, row, row_length, NULL));
    g_assert_true(unload_files_finish(files, TRUE, NULL));
    g_autoptr(GPtrArray) list = store_list(store, "wb-lake", "", NULL, 0, NULL);
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < list->len; i++) {
        const StoreObject *object = list->pdata[i];
        g_string_append_printf(out, "%s%s:%" G_GUINT64_FORMAT, i > 0 ? " " : "", object->key,
                               object->size);
    }
    remove_tree(dir);
    return g_string_free(out, FALSE);
}

static void test_files_are_named_as_redshift_names_them(void)
{
    static const char *const none[] = {"", NULL};
    static const char *const partitions[] = {"r=a/", "r=b/", "r=a/", NULL};
    const gsize megabyte = 1024 * 1024;
    const struct {
        const char *clauses;
        guint rows;
        gsize row_length;
        const char *const *folders;
        const char *files;
    } cases[] = {
        {"", 33, 10, none, "o0000_part_00:320 o0001_part_00:10 o0002_part_00:0 o0003_part_00:0"},
        {"parallel off", 33, 10, none, "o000:330"},
        {"parallel off extension '.txt'", 1, 10, none, "o000.txt:10"},
        {"csv header parallel off", 1, 10, none, "o000:12"},
        {"parallel off maxfilesize 5 mb", 11, megabyte, none,
         "o000:5242880 o001:5242880 o002:1048576"},
        {"json", 1, 10, none, "o0000_part_00:10"},
        {"json", 0, 10, none, ""},
        {"parallel off", 0, 10, none, "o000:0"},
        {"partition by (r)", 1, 10, partitions,
         "o/r=a/0000_part_00:10 o/r=a/0000_part_01:10 o/r=b/0000_part_00:10"},
        {"partition by (r) parallel off", 1, 10, partitions,
         "o/r=a/000:10 o/r=a/001:10 o/r=b/000:10"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *files =
            files_after(cases[i].clauses, cases[i].rows, cases[i].row_length, cases[i].folders);
        g_assert_cmpstr(files, ==, cases[i].files);
    }
}

static void test_a_partition_folder_holds_any_value(void)
{
    static const char *const types[] = {"a", "character varying(9)", "b", "character(4)", NULL};
    g_auto(UnloadOptions) options = {0};
    g_auto(Refusal) refusal = {0};
    g_assert_true(unload_options_parse("unload ('select 1')" TO "partition by (b, a) include",
                                       &options, &refusal));
    g_autoptr(GPtrArray) columns = columns_of(types);
    const PgField first[] = {{"x/y=1", 5}, {"q   ", 4}}, second[] = {{NULL, 0}, {NULL, 0}};
    g_autoptr(GString) out = g_string_new(NULL);
    unload_append_partition(out, columns, first, &options);
    unload_append_partition(out, columns, second, &options);
    g_assert_cmpstr(out->str, ==,
                    "b=q/a=x%2Fy%3D1/b=__HIVE_DEFAULT_PARTITION__/a=__HIVE_DEFAULT_PARTITION__/");
}

/* --- manifests ---------------------------------------------------------------------------------- */

static void test_manifests_read_as_they_were_written(void)
{
    static const char *const types[] = {"i", "integer",       "v", "character varying(20)",
                                        "n", "numeric(12,2)", NULL};
    g_autoptr(GPtrArray) columns = columns_of(types);
    g_autoptr(GPtrArray) entries =
        g_ptr_array_new_with_free_func((GDestroyNotify)manifest_entry_free);
    g_ptr_array_add(entries, manifest_entry_new("s3://b/p/0000_part_00", 10, 2));
    g_ptr_array_add(entries, manifest_entry_new("s3://b/p/\"q\"", 20, 3));
    g_autofree char *plain = manifest_write(entries, NULL);
    g_autofree char *verbose = manifest_write(entries, columns);
    g_assert_null(strstr(plain, "record_count"));
    g_assert_nonnull(strstr(verbose, "\"meta\":{\"content_length\":30,\"record_count\":5}"));
    g_assert_nonnull(strstr(verbose, "{\"base\":\"character varying\", \"max_length\":20}"));
    g_assert_nonnull(strstr(verbose, "{\"base\":\"numeric\", \"precision\":12, \"scale\":2}"));
    g_assert_nonnull(strstr(verbose, "\"name\":\"Amazon Redshift\", \"version\":\"1.0.0\""));
    g_auto(Refusal) refusal = {0};
    g_autoptr(GPtrArray) read = manifest_read(verbose, strlen(verbose), &refusal);
    g_assert_cmpuint(read->len, ==, 2);
    const ManifestEntry *second = read->pdata[1];
    g_assert_cmpstr(second->url, ==, "s3://b/p/\"q\"");
    g_assert_cmpint(second->content_length, ==, 20);
    g_assert_false(second->mandatory);
}

static void test_bad_manifests_are_refused(void)
{
    static const char *const bad[] = {
        "",
        "x",
        "{}",
        "{\"entries\":{}}",
        "{\"entries\":[{}]}",
        "{\"entries\":[{\"url\":\"http://b/k\"}]}",
        "{\"entries\":[{\"url\":\"s3://b\"}]}",
        "{\"entries\":[{\"url\":\"s3://b/folder/\"}]}",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_auto(Refusal) refusal = {0};
        g_assert_null(manifest_read(bad[i], strlen(bad[i]), &refusal));
        g_assert_nonnull(refusal.message);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/unload/statements", test_statements_are_taken_or_refused);
    g_test_add_func("/unload/unsupported", test_what_the_sandbox_lacks_is_refused_by_name);
    g_test_add_func("/unload/options", test_options_mean_what_they_say);
    g_test_add_func("/unload/roles", test_only_the_sandbox_role_can_be_assumed);
    g_test_add_func("/unload/rows", test_rows_are_written_as_the_guide_says);
    g_test_add_func("/unload/json", test_json_rows_keep_digits_and_types);
    g_test_add_func("/unload/fixed-width", test_fixed_width_pads_and_never_cuts);
    g_test_add_func("/unload/columns", test_columns_decide_what_only_they_can);
    g_test_add_func("/unload/files", test_files_are_named_as_redshift_names_them);
    g_test_add_func("/unload/partition-folders", test_a_partition_folder_holds_any_value);
    g_test_add_func("/unload/manifests", test_manifests_read_as_they_were_written);
    g_test_add_func("/unload/bad-manifests", test_bad_manifests_are_refused);
    return g_test_run();
}
