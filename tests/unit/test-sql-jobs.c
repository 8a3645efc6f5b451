#include <string.h>

#include "base/error.h"
#include "sql/copy.h"
#include "sql/lexer.h"
#include "sql/merge.h"
#include "sql/unload.h"

static const char *const role = "arn:aws:iam::111122223333:role/wb-io";

/* The value of the nth string literal of a statement, as the server reads it. */
static char *nth_string(const char *sql, guint n)
{
    SqlLexer lexer = sql_lexer(sql, -1);
    SqlToken token;
    while (sql_next(&lexer, &token))
        if (token.kind == SQL_STRING && n-- == 0)
            return sql_token_value(&lexer, &token);
    return NULL;
}

static void test_every_query_survives_unload(void)
{
    static const char *const queries[] = {
        "select * from sales where region = 'EU'",
        "SELECT * FROM t WHERE a = 'it''s' AND b = 'back\\\\slash'",
        "SELECT \"a\"\"b\" FROM t WHERE c LIKE '50\\\\%%'",
        "select 1 -- a comment\n from t",
        "select E from t where x = $$a'b$$",
        "with a as (select 1 as x limit 5) select x from a",
        "select 'limit 5'",
        "(select 1) union all (select 2)",
        "select '\xe6\xa8\x82\n\ttab'",
        "select * from sales where sale_id in (select sale_id from sales order by amount desc "
        "limit "
        "100)",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(queries); i++) {
        g_autoptr(GError) error = NULL;
        SqlUnload unload = {.query = queries[i], .to = "s3://b/it's/", .iam_role = role};
        g_autofree char *sql = sql_unload_text(&unload, &error);
        g_assert_no_error(error);
        g_autofree char *query = nth_string(sql, 0);
        g_autofree char *to = nth_string(sql, 1);
        g_assert_cmpstr(query, ==, queries[i]);
        g_assert_cmpstr(to, ==, "s3://b/it's/");
    }
}

static void test_unload_as_written(void)
{
    static const char *const partition[] = {"region", NULL};
    const struct {
        SqlUnload unload;
        const char *tail;
    } cases[] = {
        {{.iam_role = "default"}, " IAM_ROLE DEFAULT"},
        {{.iam_role = "session"}, " IAM_ROLE 'SESSION'"},
        {{.iam_role = role,
          .format = SQL_FORMAT_CSV,
          .header = TRUE,
          .compression = SQL_COMPRESS_GZIP,
          .parallel_off = TRUE},
         " IAM_ROLE 'arn:aws:iam::111122223333:role/wb-io' FORMAT AS CSV HEADER GZIP PARALLEL OFF"},
        {{.iam_role = "default",
          .format = SQL_FORMAT_PARQUET,
          .partition_by = partition,
          .partition_include = TRUE,
          .manifest = TRUE,
          .manifest_verbose = TRUE},
         " IAM_ROLE DEFAULT FORMAT AS PARQUET PARTITION BY (\"region\") INCLUDE MANIFEST VERBOSE"},
        {{.iam_role = "default",
          .delimiter = "\t",
          .null_as = "\\N",
          .escape = TRUE,
          .addquotes = TRUE,
          .allow_overwrite = TRUE},
         " IAM_ROLE DEFAULT DELIMITER AS '\\t' NULL AS '\\\\N' ADDQUOTES ESCAPE ALLOWOVERWRITE"},
        {{.iam_role = "default", .delimiter = "\x05"}, " IAM_ROLE DEFAULT DELIMITER AS '\\005'"},
        {{.iam_role = "default", .delimiter = "'"}, " IAM_ROLE DEFAULT DELIMITER AS ''''"},
        {{.iam_role = "default",
          .format = SQL_FORMAT_JSON,
          .compression = SQL_COMPRESS_ZSTD,
          .clean_path = TRUE,
          .max_file_size_mb = 5.5,
          .region = "eu-west-1",
          .extension = "csv.zst"},
         " IAM_ROLE DEFAULT FORMAT AS JSON ZSTD CLEANPATH MAXFILESIZE AS 5.5 MB REGION AS "
         "'eu-west-1' EXTENSION 'csv.zst'"},
        {{.iam_role = "default", .kms_key_id = "1234abcd"},
         " IAM_ROLE DEFAULT ENCRYPTED KMS_KEY_ID '1234abcd'"},
        {{.iam_role = "arn:aws:iam::1:role/a,arn:aws:iam::1:role/b"},
         " IAM_ROLE 'arn:aws:iam::1:role/a,arn:aws:iam::1:role/b'"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        SqlUnload unload = cases[i].unload;
        unload.query = "select 1;";
        unload.to = "s3://b/p";
        g_autofree char *sql = sql_unload_text(&unload, &error);
        g_assert_no_error(error);
        g_autofree char *expected =
            g_strconcat("UNLOAD ('select 1') TO 's3://b/p'", cases[i].tail, NULL);
        g_assert_cmpstr(sql, ==, expected);
    }
}

static void test_unload_refusals(void)
{
    static const char *const partition[] = {"region", NULL}, *const nothing[] = {NULL};
    const struct {
        SqlUnload unload;
        const char *query, *to;
        int code;
    } cases[] = {
        {{.format = SQL_FORMAT_CSV, .escape = TRUE}, NULL, NULL, RS_ERROR_USAGE},
        {{.format = SQL_FORMAT_CSV, .addquotes = TRUE}, NULL, NULL, RS_ERROR_USAGE},
        {{.format = SQL_FORMAT_PARQUET, .compression = SQL_COMPRESS_GZIP},
         NULL,
         NULL,
         RS_ERROR_USAGE},
        {{.format = SQL_FORMAT_PARQUET, .header = TRUE}, NULL, NULL, RS_ERROR_USAGE},
        {{.format = SQL_FORMAT_PARQUET, .null_as = ""}, NULL, NULL, RS_ERROR_USAGE},
        {{.format = SQL_FORMAT_JSON, .header = TRUE}, NULL, NULL, RS_ERROR_USAGE},
        {{.format = SQL_FORMAT_JSON, .delimiter = ","}, NULL, NULL, RS_ERROR_USAGE},
        {{.format = SQL_FORMAT_ORC}, NULL, NULL, RS_ERROR_USAGE},
        {{.compression = SQL_COMPRESS_LZOP}, NULL, NULL, RS_ERROR_USAGE},
        {{.clean_path = TRUE, .allow_overwrite = TRUE}, NULL, NULL, RS_ERROR_USAGE},
        {{.manifest_verbose = TRUE}, NULL, NULL, RS_ERROR_USAGE},
        {{.partition_include = TRUE}, NULL, NULL, RS_ERROR_USAGE},
        {{.partition_by = nothing}, NULL, NULL, RS_ERROR_USAGE},
        {{.max_file_size_mb = 4}, NULL, NULL, RS_ERROR_USAGE},
        {{.max_file_size_mb = 6400}, NULL, NULL, RS_ERROR_USAGE},
        {{.max_file_size_mb = -1}, NULL, NULL, RS_ERROR_USAGE},
        {{.delimiter = "||"}, NULL, NULL, RS_ERROR_USAGE},
        {{.delimiter = ""}, NULL, NULL, RS_ERROR_USAGE},
        {{.delimiter = "\xc3\xa9"}, NULL, NULL, RS_ERROR_USAGE},
        {{0}, NULL, "http://b/p", RS_ERROR_USAGE},
        {{0}, NULL, "s3:///p", RS_ERROR_USAGE},
        {{0}, "select * from sales limit 100", NULL, RS_ERROR_UNSUPPORTED},
        {{0}, "select top 5 * from sales", NULL, RS_ERROR_UNSUPPORTED},
        {{0}, "select 1 union select distinct top 5 2", NULL, RS_ERROR_UNSUPPORTED},
        {{0}, "select 1; select 2", NULL, RS_ERROR_USAGE},
        {{0}, "", NULL, RS_ERROR_USAGE},
        {{0}, "delete from sales", NULL, RS_ERROR_USAGE},
        {{0}, "select * into x from sales", NULL, RS_ERROR_USAGE},
        {{0}, "select 'open", NULL, RS_ERROR_USAGE},
        {{.partition_by = partition, .iam_role = "wb io"}, NULL, NULL, RS_ERROR_USAGE},
        {{.iam_role = "arn:aws:iam::1:role/a, arn:aws:iam::1:role/b"}, NULL, NULL, RS_ERROR_USAGE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        SqlUnload unload = cases[i].unload;
        unload.query = cases[i].query != NULL ? cases[i].query : "select 1";
        unload.to = cases[i].to != NULL ? cases[i].to : "s3://b/p";
        unload.iam_role = unload.iam_role != NULL ? unload.iam_role : "default";
        g_test_message("case %d", (int)i);
        g_assert_null(sql_unload_text(&unload, &error));
        g_assert_error(error, RS_ERROR, cases[i].code);
    }
    g_autoptr(GError) error = NULL;
    SqlUnload no_role = {.query = "select 1", .to = "s3://b/p"};
    g_assert_null(sql_unload_text(&no_role, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
}

static void test_a_refusal_names_both_options_and_the_rule(void)
{
    g_autoptr(GError) error = NULL;
    SqlUnload unload = {.query = "select 1",
                        .to = "s3://b/p",
                        .iam_role = role,
                        .format = SQL_FORMAT_CSV,
                        .escape = TRUE};
    g_assert_null(sql_unload_text(&unload, &error));
    g_assert_nonnull(strstr(error->message, "FORMAT CSV cannot be used with ESCAPE: "));
}

static void test_an_outer_limit_is_wrapped(void)
{
    static const struct {
        const char *query, *wrapped;
    } cases[] = {
        {"select 1", "select 1"},
        {"select * from (select 1 limit 5) a", "select * from (select 1 limit 5) a"},
        {"select 1 limit 5;", "SELECT * FROM (select 1 limit 5\n) AS redsmith_rows"},
        {"select top 5 x from t -- y", "SELECT * FROM (select top 5 x from t\n) AS redsmith_rows"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *wrapped = sql_unload_wrap_limit(cases[i].query);
        g_assert_cmpstr(wrapped, ==, cases[i].wrapped);
        SqlUnload unload = {.query = wrapped, .to = "s3://b/p", .iam_role = role};
        g_autofree char *sql = sql_unload_text(&unload, &error);
        g_assert_no_error(error);
        g_assert_nonnull(sql);
    }
}

static void test_copy_as_written(void)
{
    static const char *const columns[] = {"sale_id", "Odd\"one", NULL};
    const struct {
        SqlCopy copy;
        const char *sql;
    } cases[] = {
        {{.schema = "public",
          .format = SQL_FORMAT_CSV,
          .compression = SQL_COMPRESS_GZIP,
          .ignore_header = 1},
         "COPY \"public\".\"sales\" FROM 's3://b/k' IAM_ROLE DEFAULT FORMAT AS CSV GZIP "
         "IGNOREHEADER AS 1"},
        {{.columns = columns,
          .manifest = TRUE,
          .delimiter = ",",
          .escape = TRUE,
          .remove_quotes = TRUE,
          .max_error = 10,
          .comp_update = "OFF",
          .stat_update = "ON"},
         "COPY \"sales\" (\"sale_id\", \"Odd\"\"one\") FROM 's3://b/k' IAM_ROLE DEFAULT MANIFEST "
         "DELIMITER AS ',' ESCAPE REMOVEQUOTES MAXERROR AS 10 COMPUPDATE OFF STATUPDATE ON"},
        {{.format = SQL_FORMAT_PARQUET, .fill_record = TRUE},
         "COPY \"sales\" FROM 's3://b/k' IAM_ROLE DEFAULT FORMAT AS PARQUET FILLRECORD"},
        {{.format = SQL_FORMAT_JSON},
         "COPY \"sales\" FROM 's3://b/k' IAM_ROLE DEFAULT FORMAT AS JSON 'auto'"},
        {{.format = SQL_FORMAT_JSON,
          .json_paths = "s3://b/paths",
          .date_format = "auto",
          .time_format = "epochsecs"},
         "COPY \"sales\" FROM 's3://b/k' IAM_ROLE DEFAULT FORMAT AS JSON 's3://b/paths' DATEFORMAT "
         "AS "
         "'auto' TIMEFORMAT AS 'epochsecs'"},
        {{.delimiter = "\t",
          .null_as = "\\N",
          .empty_as_null = TRUE,
          .accept_inv_chars = TRUE,
          .region = "eu-west-1"},
         "COPY \"sales\" FROM 's3://b/k' IAM_ROLE DEFAULT DELIMITER AS '\\t' NULL AS '\\\\N' "
         "EMPTYASNULL ACCEPTINVCHARS REGION AS 'eu-west-1'"},
        {{.format = SQL_FORMAT_CSV, .quote = "'", .accept_inv_chars_as = "^"},
         "COPY \"sales\" FROM 's3://b/k' IAM_ROLE DEFAULT FORMAT AS CSV QUOTE AS '''' "
         "ACCEPTINVCHARS "
         "AS '^'"},
        {{.delimiter = "|~|"},
         "COPY \"sales\" FROM 's3://b/k' IAM_ROLE DEFAULT DELIMITER AS '|~|'"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        SqlCopy copy = cases[i].copy;
        copy.table = "sales";
        copy.from = "s3://b/k";
        copy.iam_role = "default";
        g_autofree char *sql = sql_copy_text(&copy, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(sql, ==, cases[i].sql);
    }
}

static void test_copy_refusals(void)
{
    const SqlCopy cases[] = {
        {.format = SQL_FORMAT_PARQUET, .truncate_columns = TRUE},
        {.format = SQL_FORMAT_PARQUET, .region = "eu-west-1"},
        {.format = SQL_FORMAT_ORC, .comp_update = "ON"},
        {.format = SQL_FORMAT_JSON, .delimiter = ","},
        {.format = SQL_FORMAT_JSON, .null_as = "x"},
        {.format = SQL_FORMAT_JSON, .fill_record = TRUE},
        {.format = SQL_FORMAT_CSV, .remove_quotes = TRUE},
        {.format = SQL_FORMAT_CSV, .escape = TRUE},
        {.quote = "'"},
        {.format = SQL_FORMAT_CSV, .quote = "''"},
        {.json_paths = "s3://b/paths"},
        {.max_error = 100001},
        {.max_error = -1},
        {.comp_update = "MAYBE"},
        {.stat_update = "PRESET"},
        {.delimiter = ""},
        {.null_as = "a\nb"},
        {.accept_inv_chars_as = "??"},
        {.table = ""},
        {.from = "file:///tmp/x"},
        {.iam_role = "nobody"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        SqlCopy copy = cases[i];
        copy.table = copy.table != NULL ? copy.table : "sales";
        copy.from = copy.from != NULL ? copy.from : "s3://b/k";
        copy.iam_role = copy.iam_role != NULL ? copy.iam_role : "default";
        g_test_message("case %d", (int)i);
        g_assert_null(sql_copy_text(&copy, &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
    }
}

static void test_names_of_formats(void)
{
    SqlFormat format;
    SqlCompression compression;
    g_assert_true(sql_format_from_name("CSV", &format) && format == SQL_FORMAT_CSV);
    g_assert_true(sql_compression_from_name("zstd", &compression) &&
                  compression == SQL_COMPRESS_ZSTD);
    g_assert_false(sql_format_from_name("xml", &format));
    g_assert_false(sql_compression_from_name("rar", &compression));
    g_assert_cmpstr(sql_compression_suffix(SQL_COMPRESS_ZSTD), ==, ".zst");
    g_assert_cmpstr(sql_format_name(SQL_FORMAT_PARQUET), ==, "parquet");
}

static const char *const columns[] = {"id", "status", "name", NULL};
static const char *const keys[] = {"id", NULL};

static SqlMerge sample(SqlMergeStrategy strategy)
{
    return (SqlMerge){.target_schema = "public",
                      .target = "users",
                      .stage_schema = "public",
                      .stage = "redsmith_7f3a",
                      .columns = columns,
                      .keys = keys,
                      .strategy = strategy,
                      .valid_from = "valid_from",
                      .valid_to = "valid_to",
                      .is_current = "is_current"};
}

static void test_merge_statements(void)
{
    static const struct {
        SqlMergeStrategy strategy;
        const char *statements[3];
    } cases[] = {
        {SQL_MERGE_MERGE,
         {"MERGE INTO \"public\".\"users\" USING \"public\".\"redsmith_7f3a\" AS \"redsmith_new\" "
          "ON "
          "\"users\".\"id\" = \"redsmith_new\".\"id\" WHEN MATCHED THEN UPDATE SET \"status\" = "
          "\"redsmith_new\".\"status\", \"name\" = \"redsmith_new\".\"name\" WHEN NOT MATCHED THEN "
          "INSERT (\"id\", \"status\", \"name\") VALUES (\"redsmith_new\".\"id\", "
          "\"redsmith_new\".\"status\", \"redsmith_new\".\"name\")"}},
        {SQL_MERGE_DELETE_INSERT,
         {"DELETE FROM \"public\".\"users\" USING \"public\".\"redsmith_7f3a\" AS \"redsmith_new\" "
          "WHERE \"users\".\"id\" = \"redsmith_new\".\"id\"",
          "INSERT INTO \"public\".\"users\" (\"id\", \"status\", \"name\") SELECT \"id\", "
          "\"status\", \"name\" FROM \"public\".\"redsmith_7f3a\""}},
        {SQL_MERGE_SCD2,
         {"UPDATE \"public\".\"users\" SET \"valid_to\" = SYSDATE, \"is_current\" = FALSE FROM "
          "\"public\".\"redsmith_7f3a\" AS \"redsmith_new\" WHERE \"users\".\"id\" = "
          "\"redsmith_new\".\"id\" AND \"users\".\"is_current\" = TRUE AND (\"users\".\"status\" "
          "<> "
          "\"redsmith_new\".\"status\" OR (\"users\".\"status\" IS NULL AND "
          "\"redsmith_new\".\"status\" IS NOT NULL) OR (\"users\".\"status\" IS NOT NULL AND "
          "\"redsmith_new\".\"status\" IS NULL) OR \"users\".\"name\" <> \"redsmith_new\".\"name\" "
          "OR "
          "(\"users\".\"name\" IS NULL AND \"redsmith_new\".\"name\" IS NOT NULL) OR "
          "(\"users\".\"name\" IS NOT NULL AND \"redsmith_new\".\"name\" IS NULL))",
          "INSERT INTO \"public\".\"users\" (\"id\", \"status\", \"name\", \"valid_from\", "
          "\"valid_to\", \"is_current\") SELECT \"redsmith_new\".\"id\", "
          "\"redsmith_new\".\"status\", \"redsmith_new\".\"name\", SYSDATE, NULL, TRUE FROM "
          "\"public\".\"redsmith_7f3a\" AS \"redsmith_new\" WHERE NOT EXISTS (SELECT 1 FROM "
          "\"public\".\"users\" AS \"redsmith_old\" WHERE \"redsmith_old\".\"id\" = "
          "\"redsmith_new\".\"id\" AND \"redsmith_old\".\"is_current\" = TRUE)"}},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        SqlMerge merge = sample(cases[i].strategy);
        g_autoptr(GPtrArray) statements = sql_merge_statements(&merge, &error);
        g_assert_no_error(error);
        guint n = 0;
        for (; n < statements->len; n++)
            g_assert_cmpstr(statements->pdata[n], ==, cases[i].statements[n]);
        g_assert_null(cases[i].statements[n]);
    }
}

static void test_merge_refusals(void)
{
    static const char *const none[] = {NULL}, *const other[] = {"nosuch", NULL};
    static const char *const twice[] = {"id", "id", NULL}, *const life[] = {"id", "valid_to", NULL};
    const struct {
        SqlMergeStrategy strategy;
        const char *const *columns, *const *keys;
    } cases[] = {
        {SQL_MERGE_MERGE, columns, none},       {SQL_MERGE_MERGE, columns, NULL},
        {SQL_MERGE_MERGE, columns, other},      {SQL_MERGE_MERGE, keys, keys},
        {SQL_MERGE_DELETE_INSERT, twice, keys}, {SQL_MERGE_SCD2, life, keys},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        SqlMerge merge = sample(cases[i].strategy);
        merge.columns = cases[i].columns;
        merge.keys = cases[i].keys;
        g_assert_null(sql_merge_statements(&merge, &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
    }
    SqlMerge merge = sample(SQL_MERGE_SCD2);
    merge.valid_to = NULL;
    g_assert_null(sql_merge_statements(&merge, NULL));
}

static void test_merge_checks(void)
{
    static const char *const two[] = {"id", "name", NULL};
    SqlMerge merge = sample(SQL_MERGE_MERGE);
    merge.keys = two;
    g_autofree char *duplicates = sql_merge_duplicates_text(&merge, 5);
    g_assert_cmpstr(duplicates, ==,
                    "SELECT \"id\", \"name\", count(*) FROM \"public\".\"redsmith_7f3a\" GROUP BY "
                    "\"id\", \"name\" HAVING count(*) > 1 ORDER BY count(*) DESC, \"id\", \"name\" "
                    "LIMIT 5");
    g_autofree char *nulls = sql_merge_null_keys_text(&merge);
    g_assert_cmpstr(nulls, ==,
                    "SELECT count(*) FROM \"public\".\"redsmith_7f3a\" WHERE \"id\" IS NULL OR "
                    "\"name\" IS NULL");
    g_autofree char *matched = sql_merge_matched_text(&merge);
    g_assert_cmpstr(matched, ==,
                    "SELECT count(*) FROM \"public\".\"redsmith_7f3a\" AS \"redsmith_new\" WHERE "
                    "EXISTS (SELECT 1 FROM \"public\".\"users\" AS \"redsmith_old\" WHERE "
                    "\"redsmith_old\".\"id\" = \"redsmith_new\".\"id\" AND "
                    "\"redsmith_old\".\"name\" = \"redsmith_new\".\"name\")");
    g_autofree char *deleted = sql_merge_deleted_text(&merge);
    g_assert_cmpstr(deleted, ==,
                    "SELECT count(*) FROM \"public\".\"users\" WHERE EXISTS (SELECT 1 FROM "
                    "\"public\".\"redsmith_7f3a\" AS \"redsmith_new\" WHERE "
                    "\"users\".\"id\" = \"redsmith_new\".\"id\" AND "
                    "\"users\".\"name\" = \"redsmith_new\".\"name\")");
    merge.strategy = SQL_MERGE_SCD2;
    g_autofree char *versions = sql_merge_versions_text(&merge);
    g_assert_cmpstr(
        versions, ==,
        "SELECT count(*) FROM \"public\".\"redsmith_7f3a\" AS \"redsmith_new\" WHERE NOT "
        "EXISTS (SELECT 1 FROM \"public\".\"users\" AS \"redsmith_old\" WHERE "
        "\"redsmith_old\".\"id\" = \"redsmith_new\".\"id\" AND "
        "\"redsmith_old\".\"name\" = \"redsmith_new\".\"name\" AND "
        "\"redsmith_old\".\"is_current\" = TRUE)");
    g_autofree char *changed = sql_merge_matched_text(&merge);
    g_assert_nonnull(strstr(changed, "\"redsmith_old\".\"is_current\" = TRUE AND "
                                     "(\"redsmith_old\".\"status\" <> "));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/unload/every-query-survives", test_every_query_survives_unload);
    g_test_add_func("/unload/as-written", test_unload_as_written);
    g_test_add_func("/unload/refusals", test_unload_refusals);
    g_test_add_func("/unload/refusal-names-both", test_a_refusal_names_both_options_and_the_rule);
    g_test_add_func("/unload/outer-limit-is-wrapped", test_an_outer_limit_is_wrapped);
    g_test_add_func("/copy/as-written", test_copy_as_written);
    g_test_add_func("/copy/refusals", test_copy_refusals);
    g_test_add_func("/sql/names-of-formats", test_names_of_formats);
    g_test_add_func("/merge/statements", test_merge_statements);
    g_test_add_func("/merge/refusals", test_merge_refusals);
    g_test_add_func("/merge/checks", test_merge_checks);
    return g_test_run();
}
