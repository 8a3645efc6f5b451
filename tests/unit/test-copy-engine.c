#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "sandbox/codec.h"
#include "sandbox/copy_json.h"
#include "sandbox/copy_options.h"
#include "sandbox/copy_records.h"
#include "sandbox/copy_source.h"
#include "sandbox/copy_values.h"
#include "sandbox/line_map.h"

#define FROM " from 's3://wb-lake/x' iam_role default "

static void parse(const char *clauses, CopyOptions *options)
{
    g_auto(Refusal) refusal = {0};
    g_autofree char *sql = g_strconcat("copy t" FROM, clauses, NULL);
    if (!copy_options_parse(sql, options, &refusal))
        g_error("%s: %s", sql, refusal.message);
}

/* --- statements --------------------------------------------------------------------------------- */

static void test_statements_are_taken_or_refused(void)
{
    static const struct {
        const char *sql, *sqlstate; /* NULL: accepted */
    } cases[] = {
        {"copy sales from 's3://wb-lake/eu/' iam_role default csv gzip ignoreheader 1;", NULL},
        {"copy sales (sale_id, region, amount) from 's3://wb-lake/out/sales_manifest' iam_role "
         "'arn:aws:iam::111122223333:role/wb-io' manifest delimiter ',' escape removequotes "
         "maxerror as 10 compupdate off;",
         NULL},
        {"copy stage_sales from 's3://wb-lake/p/' iam_role default format as parquet;", NULL},
        {"copy stage_sales from 's3://wb-lake/p/' iam_role default format as parquet "
         "truncatecolumns;",
         "0A000"},
        {"copy sales from 's3://wb-lake/out/' iam_role default access_key_id 'AKIAEXAMPLE' "
         "secret_access_key 'example';",
         "42601"},
        {"copy sales from 's3://wb-lake/j_' iam_role default json 'auto' delimiter ',';", "0A000"},
        {"copy sales from 's3://wb-lake/out/' iam_role default maxerror 100001;", "42601"},
        {"copy sales from stdin;", "0A000"},
        {"copy sales from 's3://wb-lake/eu/' iam_role default csv removequotes;", "0A000"},
        /* beyond the table of cases */
        {"copy sales to stdout", "0A000"},
        {"copy sales from '/tmp/x' iam_role default", "0A000"},
        {"copy sales from 'dynamodb://t' iam_role default", "0A000"},
        {"copy sales from 's3://b/x'", "42601"},
        {"copy db.public.\"Sales\" (\"A\", b)" FROM "csv quote as '%' delimiter '|~|'", NULL},
        {"copy a.b.c.d" FROM, "42601"},
        {"copy sales ()" FROM, "42601"},
        {"copy sales (select 1)" FROM, "42601"},
        {"copy t" FROM "quote '%'", "0A000"},
        {"copy t" FROM "fixedwidth 'a:1,b:2' escape", "0A000"},
        {"copy t" FROM "json 'auto' csv", "0A000"},
        {"copy t" FROM "json null as 'x'", "0A000"},
        {"copy t" FROM "json 'auto ignorecase' truncatecolumns", NULL},
        {"copy t" FROM "maxerror 5 ignoreallerrors", "0A000"},
        {"copy t" FROM "gzip zstd", "0A000"},
        {"copy t" FROM "encrypted", "42601"},
        {"copy t" FROM "readratio 50", "0A000"},
        {"copy t" FROM "dateformat 'auto' timeformat as 'epochmillisecs' acceptanydate", NULL},
        {"copy t" FROM "dateformat 'epochsecs'", "42601"},
        {"copy t" FROM "timeformat 'nonsense'", "42601"},
        {"copy t" FROM "encoding utf16le acceptinvchars as '^' acceptinvchars", "42601"},
        {"copy t" FROM "encoding as 'UTF16' acceptinvchars", NULL},
        {"copy t" FROM "encoding latin1", "42601"},
        {"copy t" FROM "null as '\\000' emptyasnull blanksasnull fillrecord trimblanks", NULL},
        {"copy t" FROM "null '\\n'", "42601"},
        {"copy t" FROM "comprows 10", "42601"},
        {"copy t" FROM "compupdate preset statupdate on comprows 1000 noload roundec", NULL},
        {"copy t" FROM "statupdate false explicit_ids ignoreblanklines region as 'us-east-1'",
         NULL},
        {"copy t" FROM "format delimiter as '\\t'", NULL},
        {"copy t" FROM "format", "42601"},
        {"copy t" FROM "delimiter ''", "42601"},
        {"copy t" FROM "job create j auto on", "0A000"},
        {"copy t" FROM "csv, gzip", "42601"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(CopyOptions) options = {0};
        g_auto(Refusal) refusal = {0};
        gboolean good = copy_options_parse(cases[i].sql, &options, &refusal);
        g_test_message("%s -> %s %s", cases[i].sql, refusal.sqlstate,
                       refusal.message != NULL ? refusal.message : "accepted");
        g_assert_cmpint(good, ==, cases[i].sqlstate == NULL);
        if (!good)
            g_assert_cmpstr(refusal.sqlstate, ==, cases[i].sqlstate);
    }
}

static void test_the_measured_text_of_a_columnar_refusal(void)
{
    g_auto(CopyOptions) options = {0};
    g_auto(Refusal) refusal = {0};
    g_assert_false(copy_options_parse("copy t" FROM "parquet compupdate off", &options, &refusal));
    g_assert_cmpstr(refusal.message, ==,
                    "COMPUPDATE argument is not supported for PARQUET based COPY");
}

static void test_what_the_sandbox_lacks_is_refused_by_name(void)
{
    static const char *const cases[][2] = {{"parquet", "PARQUET"},  {"orc", "ORC"},
                                           {"avro 'auto'", "AVRO"}, {"shapefile", "SHAPEFILE"},
                                           {"csv bzip2", "BZIP2"},  {"lzop", "LZOP"}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(CopyOptions) options = {0};
        g_auto(Refusal) refusal = {0};
        parse(cases[i][0], &options);
        g_assert_false(copy_options_supported(&options, &refusal));
        g_assert_cmpstr(refusal.sqlstate, ==, "0A000");
        g_assert_nonnull(strstr(refusal.message, cases[i][1]));
    }
}

/* --- records ------------------------------------------------------------------------------------ */

typedef struct {
    const char *text;
    gsize length, at, step;
} Bytes;

static gssize read_bytes(gpointer user, void *out, gsize max, GError **error)
{
    Bytes *bytes = user;
    (void)error;
    gsize part = MIN(MIN(bytes->step, max), bytes->length - bytes->at);
    memcpy(out, bytes->text + bytes->at, part);
    bytes->at += part;
    return (gssize)part;
}

/* Records as "line[field|field]" with ~ for NULL and "line!code" for malformed ones. */
static char *records_of(const char *clauses, guint columns, const char *text, gsize length,
                        gsize step)
{
    g_auto(CopyOptions) options = {0};
    parse(clauses, &options);
    Bytes bytes = {.text = text, .length = length, .step = step};
    g_autoptr(RecordReader) reader = record_reader_new(&options, columns, read_bytes, &bytes);
    GString *out = g_string_new(NULL);
    CopyRecord record;
    while (record_reader_next(reader, &record, NULL) == RECORD_READ) {
        g_string_append_printf(out, "%s%" G_GUINT64_FORMAT, out->len > 0 ? " " : "", record.line);
        if (record.error_code != 0) {
            g_string_append_printf(out, "!%d", record.error_code);
            continue;
        }
        for (guint i = 0; i < record.fields->len; i++) {
            const CopyField *field = &g_array_index(record.fields, CopyField, i);
            g_string_append_c(out, i == 0 ? '[' : '|');
            if (field->text == NULL)
                g_string_append_c(out, '~');
            else
                g_string_append_len(out, field->text, (gssize)field->length);
        }
        g_string_append(out, record.fields->len > 0 ? "]" : "[]");
    }
    return g_string_free(out, FALSE);
}

static void test_files_are_cut_into_records(void)
{
    static const struct {
        const char *clauses;
        guint columns;
        const char *text, *records;
    } cases[] = {
        /* text */
        {"", 2, "a|b\nc|d", "1[a|b] 2[c|d]"},
        {"", 2, "a|\\N\r\n\\N|d\r\n", "1[a|~] 2[~|d]"},
        {"", 2, "a\\|b|c\n", "1[a\\|b|c]"},
        {"", 2, "a|b\n\nc|d\n", "1[a|b] 2!1211 3[c|d]"},
        {"", 1, "a\n\nb\n", "1[a] 2[] 3[b]"},
        {"ignoreblanklines", 2, "a|b\n\r\n\nc|d\n", "1[a|b] 4[c|d]"},
        {"ignoreheader 2", 2, "h|i\nh2\na|b\n", "3[a|b]"},
        {"ignoreheader 5", 2, "h|i\na|b", ""},
        {"delimiter '|~|'", 2, "a|b|~|c\n", "1[a|b|c]"},
        {"null as 'none'", 2, "none|nonE\n", "1[~|nonE]"},
        {"null as ''", 2, "|x\n", "1[~|x]"},
        {"", 0, "", ""},
        /* ESCAPE */
        {"escape", 2, "a\\|b|c\\\nd\n\\N|\\\\N\n", "1[a|b|c\nd] 3[~|\\N]"},
        {"escape", 2, "a\\\\|b\\\r\n", "1[a\\|b\r]"},
        {"escape", 1, "a\\\r\n", "1[a\r]"},
        {"escape", 1, "a\\nb\n", "1[anb]"},
        /* REMOVEQUOTES */
        {"removequotes", 3, "\"a|b\"|'c'|d\"\n", "1[a|b|c|d\"]"},
        {"removequotes", 2, "\"a|b\nc|d\n", "1!1214 2[c|d]"},
        {"removequotes escape", 2, "\"a\\\"|b\"|\"\"\n", "1[a\"|b|]"},
        {"removequotes", 2, "\"\\N\"|\\N\n", "1[\\N|~]"},
        /* CSV */
        {"csv", 2, "a,\"b,\"\"c\"\"\nd\"\ne,f\n", "1[a|b,\"c\"\nd] 3[e|f]"},
        {"csv", 2, "a, \"b\" ,c\n", "1[a|b|c]"},
        {"csv", 2, " a,b \n", "1[ a|b ]"},
        {"csv", 2, "a\"b,c\nd,e\n", "1!1214 2[d|e]"},
        {"csv", 2, "\"a\"b,c\nd,e\n", "1!1214 2[d|e]"},
        {"csv", 2, "a,\"b\nc,d\n", "1!1214"},
        {"csv", 2, "\"\",\r\n\"\\N\",x\r\n", "1[|] 2[~|x]"},
        {"csv quote '%'", 2, "%a,%%%,\"b\"\n", "1[a,%|\"b\"]"},
        {"csv delimiter '\\t'", 2, "a\t\"b\tc\"\n", "1[a|b\tc]"},
        {"csv delimiter '|~|'", 2, "\"a|~|\"|~|b|~c\n", "1[a|~||b|~c]"},
        /* FIXEDWIDTH */
        {"fixedwidth 'a:3,b:2'", 2,
         "ab cd\n\xc3\xa9"
         "bcd\n",
         "1[ab |cd] 2[\xc3\xa9"
         "bc|d]"},
        {"fixedwidth 'a:3,b:2'", 2, "abcdef\n", "1!1202"},
        {"fixedwidth 'a:3,b:2'", 2, "\\N x \n", "1[~|x ]"},
        /* JSON: only the records here */
        {"json", 2, "{\"a\":\"}\\\"\n\"} [1]\n oops\n{\"b\":\n1}{}", "1!1216 2[] 3!1216 4[] 5[]"},
        {"json", 2, "{\"a\":\"}\\\"\"} [1]\n {\"a\":1]\n{\"b\":2", "1[] 1[] 2!1216 3!1216"},
    };
    static const gsize steps[] = {1, 3, 1000};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        for (gsize step = 0; step < G_N_ELEMENTS(steps); step++) {
            g_autofree char *records = records_of(cases[i].clauses, cases[i].columns, cases[i].text,
                                                  strlen(cases[i].text), steps[step]);
            g_test_message("%s: %s", cases[i].clauses, cases[i].text);
            g_assert_cmpstr(records, ==, cases[i].records);
        }
}

static void test_a_nul_byte_can_stand_for_null(void)
{
    static const char text[] = "a|\0|b\n";
    g_autofree char *records = records_of("null as '\\000'", 3, text, sizeof(text) - 1, 2);
    g_assert_cmpstr(records, ==, "1[a|~|b]");
}

static void test_a_long_record_is_read_whole(void)
{
    g_autofree char *value = g_strnfill(300000, 'x');
    g_autofree char *text = g_strdup_printf("\"%s\n%s\",1\nb,2\n", value, value);
    g_autofree char *records = records_of("csv", 2, text, strlen(text), 70000);
    g_autofree char *wanted = g_strdup_printf("1[%s\n%s|1] 3[b|2]", value, value);
    g_assert_cmpstr(records, ==, wanted);
}

/* --- values ------------------------------------------------------------------------------------- */

static void test_values_load_or_are_refused_with_their_code(void)
{
    static const struct {
        const char *clauses, *type, *value; /* NULL: SQL NULL */
        const char *loaded;                 /* NULL: refused */
        int code, position;
    } cases[] = {
        {"", "integer", " 42 ", "42", 0, 0},
        {"", "integer", "", "\\N", 0, 0},
        {"", "integer", "  ", "\\N", 0, 0},
        {"", "integer", "+007", "7", 0, 0},
        {"", "integer", "-2147483648", "-2147483648", 0, 0},
        {"", "integer", "2147483648", NULL, LOAD_ERROR_OVERFLOW, 0},
        {"", "smallint", "-32769", NULL, LOAD_ERROR_OVERFLOW, 0},
        {"", "bigint", "9223372036854775807", "9223372036854775807", 0, 0},
        {"", "bigint", "99999999999999999999999", NULL, LOAD_ERROR_OVERFLOW, 0},
        {"", "integer", "a", NULL, LOAD_ERROR_DIGIT, 0},
        {"", "integer", "12.5", NULL, LOAD_ERROR_DIGIT, 2},
        {"", "integer", "-", NULL, LOAD_ERROR_DIGIT, 1},
        {"", "numeric(5,2)", "20.259", "20.25", 0, 0},
        {"roundec", "numeric(5,2)", "20.259", "20.26", 0, 0},
        {"roundec", "numeric(5,2)", "-99.995", "-100.00", 0, 0},
        {"roundec", "numeric(5,2)", "999.995", NULL, LOAD_ERROR_LENGTH, 0},
        {"", "numeric(5,2)", "999.999", "999.99", 0, 0},
        {"", "numeric(5,2)", "-.5", "-0.50", 0, 0},
        {"", "numeric(5,2)", "0001.", "1.00", 0, 0},
        {"", "numeric(5,0)", "12.9", "12", 0, 0},
        {"", "numeric(5,2)", "1000", NULL, LOAD_ERROR_LENGTH, 0},
        {"", "numeric(5,2)", "1e3", NULL, LOAD_ERROR_DIGIT, 1},
        {"", "numeric(38,10)", "1234567890123456789012345678.1234567890",
         "1234567890123456789012345678.1234567890", 0, 0},
        {"", "double precision", "1.5e-3", "1.5e-3", 0, 0},
        {"", "double precision", "NaN", "NaN", 0, 0},
        {"", "double precision", "0x10", NULL, LOAD_ERROR_FLOAT, 1},
        {"", "double precision", "1.5.2", NULL, LOAD_ERROR_FLOAT, 3},
        {"", "double precision", "1e400", NULL, LOAD_ERROR_LENGTH, 0},
        {"", "double precision", "1e-400", "0", 0, 0},
        {"", "real", "1e39", NULL, LOAD_ERROR_LENGTH, 0},
        {"", "real", "-3.4028235e+38", "-3.4028235e+38", 0, 0},
        {"", "real", "1e-60", "0", 0, 0},
        {"", "boolean", "TRUE", "t", 0, 0},
        {"", "boolean", "0", "f", 0, 0},
        {"", "boolean", "maybe", NULL, LOAD_ERROR_BOOLEAN, 0},
        {"", "character varying(4)",
         "h\xc3\xa9"
         "h",
         "h\xc3\xa9"
         "h",
         0, 0},
        {"", "character varying(4)", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", 0, 0},
        {"", "character varying(3)", "\xf0\x9f\x98\x80", NULL, LOAD_ERROR_LENGTH, 0},
        {"truncatecolumns", "character varying(3)", "ab\xc3\xa9", "ab", 0, 0},
        {"truncatecolumns", "character varying(4)", "ab\xc3\xa9x", "ab\xc3\xa9", 0, 0},
        {"", "character varying(9)", "", "", 0, 0},
        {"emptyasnull", "character varying(9)", "", "\\N", 0, 0},
        {"blanksasnull", "character varying(9)", " \t", "\\N", 0, 0},
        {"trimblanks", "character varying(3)", "abc  ", "abc", 0, 0},
        {"", "character varying(9)", "a\tb\n\\", "a\\tb\\n\\\\", 0, 0},
        {"", "character varying(9)", "\\N", "\\\\N", 0, 0},
        {"", "character varying(9)", "ab\xff", NULL, LOAD_ERROR_UTF8, 2},
        {"", "character varying(9)", "\xed\xa0\x80", NULL, LOAD_ERROR_UTF8, 0},
        {"acceptinvchars", "character varying(9)",
         "a\xff\xfe"
         "b",
         "a??b", 0, 0},
        {"acceptinvchars '^'", "character varying(9)", "\xe2\x82", "^^", 0, 0},
        {"", "character(3)", "ab", "ab", 0, 0},
        {"", "character(3)", "abc  ", "abc", 0, 0},
        {"", "character(3)", "abcd", NULL, LOAD_ERROR_LENGTH, 0},
        {"", "character(3)", "\xc3\xa9", NULL, LOAD_ERROR_CHAR, 0},
        {"acceptinvchars", "character(3)", "\xff", NULL, LOAD_ERROR_CHAR, 0},
        {"", "date", "2024-02-29", "2024-02-29", 0, 0},
        {"", "date", "2023-02-29", NULL, LOAD_ERROR_DATE, 0},
        {"", "date", "29/02/2024", NULL, LOAD_ERROR_DATE, 0},
        {"acceptanydate", "date", "29/02/2024", "\\N", 0, 0},
        {"dateformat 'DD/MM/YYYY'", "date", "29/02/2024", "2024-02-29", 0, 0},
        {"", "timestamp without time zone", "2024-01-02 03:04:05.5", "2024-01-02 03:04:05.500000",
         0, 0},
        {"", "timestamp without time zone", "2024-01-02T03:04:05", NULL, LOAD_ERROR_TIMESTAMP, 0},
        {"", "timestamp with time zone", "2024-01-02 03:04:05+05:30", "2024-01-02 03:04:05+05:30",
         0, 0},
        {"", "timestamp with time zone", "1880-01-02 03:04:05-04:56:02",
         "1880-01-02 03:04:05-04:56:02", 0, 0},
        {"timeformat 'epochmillisecs'", "timestamp without time zone", "1700000000123",
         "2023-11-14 22:13:20.123000", 0, 0},
        {"", "time without time zone", "23:59:59", "23:59:59", 0, 0},
        {"", "super", "{\"a\": [1, null]}", "{\"a\": [1, null]}", 0, 0},
        {"", "super", "{a:1}", NULL, LOAD_ERROR_SUPER, 0},
        {"", "redsmith_catalog.varbyte(3)", "0aFF", "\\\\x0aFF", 0, 0},
        {"", "varbyte(3)", "0aF", NULL, LOAD_ERROR_TYPE, 3},
        {"", "varbyte(1)", "0aff", NULL, LOAD_ERROR_LENGTH, 0},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(CopyOptions) options = {0};
        parse(cases[i].clauses, &options);
        g_autoptr(LoadColumn) column = load_column_new("c", cases[i].type, FALSE);
        g_autoptr(GString) out = g_string_new(NULL);
        CopyField field = {.text = cases[i].value, .length = strlen(cases[i].value)};
        LoadProblem problem = {0};
        g_test_message("%s %s '%s'", cases[i].clauses, cases[i].type, cases[i].value);
        gboolean good = load_value(out, column, &options, &field, &problem);
        g_assert_cmpint(problem.code, ==, cases[i].code);
        g_assert_cmpint(good, ==, cases[i].loaded != NULL);
        if (good)
            g_assert_cmpstr(out->str, ==, cases[i].loaded);
        else
            g_assert_cmpint(problem.position, ==, cases[i].position);
    }
}

static void test_null_is_refused_where_a_value_is_needed(void)
{
    g_auto(CopyOptions) options = {0};
    parse("emptyasnull", &options);
    static const char *const types[] = {"integer", "character varying(9)", "character(2)", "date"};
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        g_autoptr(LoadColumn) column = load_column_new("c", types[i], TRUE);
        g_autoptr(GString) out = g_string_new(NULL);
        const CopyField null = {.text = NULL}, empty = {.text = ""};
        LoadProblem problem = {0};
        g_assert_false(load_value(out, column, &options, &null, &problem));
        g_assert_cmpint(problem.code, ==, LOAD_ERROR_NOT_NULL);
        problem.code = 0;
        g_assert_false(load_value(out, column, &options, &empty, &problem));
        g_assert_cmpint(problem.code, ==, LOAD_ERROR_NOT_NULL);
    }
}

static void test_reasons_are_redshifts(void)
{
    g_auto(CopyOptions) options = {0};
    parse("", &options);
    g_autoptr(LoadColumn) column = load_column_new("c", "integer", FALSE);
    g_autoptr(GString) out = g_string_new(NULL);
    CopyField field = {.text = "a", .length = 1};
    LoadProblem problem = {0};
    g_assert_false(load_value(out, column, &options, &field, &problem));
    g_assert_cmpstr(problem.reason, ==, "Invalid digit, Value 'a', Pos 0, Type: Integer");
    g_autoptr(LoadColumn) name = load_column_new("n", "character(1)", FALSE);
    field = (CopyField){.text = "ab", .length = 2};
    g_assert_false(load_value(out, name, &options, &field, &problem));
    g_assert_cmpstr(problem.reason, ==, "Char length exceeds DDL length");
}

/* --- dates -------------------------------------------------------------------------------------- */

static void test_dates_and_times_in_their_formats(void)
{
    static const struct {
        const char *format, *text, *timestamp; /* NULL: refused */
    } cases[] = {
        {NULL, "2024-01-02", "2024-01-02 00:00:00"},
        {NULL, "2024-01-02 03:04:05", "2024-01-02 03:04:05"},
        {NULL, "2024-01-02 03:04:05.123456789", "2024-01-02 03:04:05.123456"},
        {NULL, "2024-01-02 25:04:05", NULL},
        {NULL, "0044-03-15 00:00:00 BC", "0044-03-15 00:00:00 BC"},
        {NULL, "2024-13-02", NULL},
        {NULL, "x", NULL},
        {"MM.DD.YYYY HH:MI:SS", "12.31.2023 01:02:03.5", "2023-12-31 01:02:03.500000"},
        {"DD-MON-YY HH12:MI:SS AM", "05-Mar-24 12:00:01 am", "2024-03-05 00:00:01"},
        {"DD-MON-YY HH12:MI:SS PM", "05-MAR-70 12:00:01 PM", "1970-03-05 12:00:01"},
        {"YYYYMMDDHH24MISS", "20240102030405", "2024-01-02 03:04:05"},
        {"YYYY-MM-DDTHH24:MI:SS", "2024-01-02T03:04:05", "2024-01-02 03:04:05"},
        {"YYYY-MM-DD", "2024-01-02 03:04:05", NULL},
        {"auto", "2024-01-02T03:04:05.5Z", "2024-01-02 03:04:05.500000"},
        {"auto", "1996-01-08 04:05:06.789", "1996-01-08 04:05:06.789000"},
        {"auto", "January 8, 1996 4:05 PM", "1996-01-08 16:05:00"},
        {"auto", "08-JAN-96", "1996-01-08 00:00:00"},
        {"auto", "Mon Jan 08 04:05:06 1996", "1996-01-08 04:05:06"},
        {"auto", "1/8/1999", "1999-01-08 00:00:00"},
        {"auto", "18/1/1999", "1999-01-18 00:00:00"},
        {"auto", "19960108 040809", "1996-01-08 04:08:09"},
        {"auto", "960108 040809", "1996-01-08 04:08:09"},
        {"auto", "1996.366", "1996-12-31 00:00:00"},
        {"auto", "1995.366", NULL},
        {"auto", "J2451187", "1999-01-08 00:00:00"},
        {"auto", "Jan-08-95 BC", "0095-01-08 00:00:00 BC"},
        {"auto", "nonsense", NULL},
        {"epochsecs", "0", "1970-01-01 00:00:00"},
        {"epochsecs", "1700000000.25", "2023-11-14 22:13:20.250000"},
        {"epochsecs", "-1", "1969-12-31 23:59:59"},
        {"epochsecs", "12x", NULL},
        {"epochmillisecs", "-1", "1969-12-31 23:59:59.999000"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        LoadTimeFormat format = {0};
        if (cases[i].format != NULL)
            g_assert_true(load_time_format(cases[i].format, TRUE, &format));
        LoadMoment moment;
        g_test_message("%s: %s", cases[i].format, cases[i].text);
        gboolean good =
            load_timestamp_read(&format, FALSE, cases[i].text, strlen(cases[i].text), &moment);
        g_assert_cmpint(good, ==, cases[i].timestamp != NULL);
        g_autoptr(GString) out = g_string_new(NULL);
        if (good) {
            load_timestamp_append(out, &moment, FALSE);
            g_assert_cmpstr(out->str, ==, cases[i].timestamp);
        }
        g_free(format.pattern);
    }
}

/* --- JSON --------------------------------------------------------------------------------------- */

static GPtrArray *json_columns(void)
{
    GPtrArray *columns = g_ptr_array_new_with_free_func((GDestroyNotify)load_column_free);
    g_ptr_array_add(columns, load_column_new("id", "bigint", FALSE));
    g_ptr_array_add(columns, load_column_new("name", "character varying(20)", FALSE));
    g_ptr_array_add(columns, load_column_new("doc", "super", FALSE));
    return columns;
}

static void test_json_records_become_rows(void)
{
    static const struct {
        const char *clauses, *paths, *record, *fields;
    } cases[] = {
        {"json", NULL,
         "{\"id\":12345678901234567890,\"name\":\"a\\\"\\u00e9\\ud83d\\ude00\","
         "\"doc\":{\"k\":\"v\"}}",
         "12345678901234567890;a\"\xc3\xa9\xf0\x9f\x98\x80;{\"k\":\"v\"}"},
        {"json", NULL, "{\"name\":null,\"other\":[1,2],\"doc\":\"x\"}", "~;~;\"x\""},
        {"json", NULL, "{\"Id\":1,\"NAME\":\"x\"}", "~;~;~"},
        {"json 'auto ignorecase'", NULL, "{\"Id\":1,\"NAME\":\"\"}", "1;;~"},
        {"json", NULL, "{\"id\":true,\"name\":{\"a\":1}}", "true;{\"a\":1};~"},
        {"json 's3://b/p'", "{\"jsonpaths\":[\"$.a.b\",\"$['x'][1]\",\"$\"]}",
         "{\"a\":{\"b\":7},\"x\":[1,\"two\"]}", "7;two;{\"a\":{\"b\":7},\"x\":[1,\"two\"]}"},
        {"json 's3://b/p'", "{\"jsonpaths\":[\"$[0]\",\"$[2]\",\"$[9]\"]}", "[5,6,\"s\"]", "5;s;~"},
        {"json 's3://b/p'", "{\"jsonpaths\":[\"$.a\",\"$.a\",\"$.a\"]}",
         "{\"a\":\"a long enough string\"}",
         "a long enough string;a long enough string;\"a long enough string\""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(CopyOptions) options = {0};
        g_auto(Refusal) refusal = {0};
        parse(cases[i].clauses, &options);
        g_autoptr(GPtrArray) columns = json_columns();
        const char *paths = cases[i].paths;
        g_autoptr(JsonMap) map =
            json_map_new(&options, columns, paths, paths != NULL ? strlen(paths) : 0, &refusal);
        g_assert_nonnull(map);
        g_autoptr(GArray) fields = g_array_new(FALSE, FALSE, sizeof(CopyField));
        g_autoptr(GString) scratch = g_string_new(NULL), out = g_string_new(NULL);
        CopyRecord record = {
            .raw = cases[i].record, .raw_length = strlen(cases[i].record), .fields = fields};
        g_assert_true(json_fields(map, &record, scratch));
        for (guint column = 0; column < fields->len; column++) {
            const CopyField *field = &g_array_index(fields, CopyField, column);
            g_string_append(out, column > 0 ? ";" : "");
            if (field->text == NULL)
                g_string_append_c(out, '~');
            else
                g_string_append_len(out, field->text, (gssize)field->length);
        }
        g_assert_cmpstr(out->str, ==, cases[i].fields);
    }
}

static void test_bad_json_maps_are_refused(void)
{
    static const char *const cases[][2] = {
        {"json 's3://b/p'", "{\"jsonpaths\":[\"$.a\"]}"},
        {"json 's3://b/p'", "{\"jsonpaths\":[\"a\",\"b\",\"c\"]}"},
        {"json 's3://b/p'", "[]"},
        {"json 'noshred'", ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(CopyOptions) options = {0};
        g_auto(Refusal) refusal = {0};
        parse(cases[i][0], &options);
        g_autoptr(GPtrArray) columns = json_columns();
        g_assert_null(json_map_new(&options, columns, cases[i][1], strlen(cases[i][1]), &refusal));
        g_assert_nonnull(refusal.message);
    }
}

/* --- files -------------------------------------------------------------------------------------- */

static gboolean to_string(gpointer user, const void *bytes, gsize length, GError **error)
{
    (void)error;
    g_string_append_len(user, bytes, (gssize)length);
    return TRUE;
}

static void compress(CodecKind kind, const char *text, gsize length, GString *out)
{
    g_autoptr(Encoder) encoder = encoder_new(kind, to_string, out);
    g_assert_true(encoder_write(encoder, text, length, NULL));
    g_assert_true(encoder_finish(encoder, NULL));
}

static void test_compressed_files_read_as_they_were(void)
{
    static const CodecKind kinds[] = {CODEC_NONE, CODEC_GZIP, CODEC_ZSTD};
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i < 60000; i++)
        g_string_append_printf(text, "%d|%x\n", i, i * 2654435761u);
    for (gsize kind = 0; kind < G_N_ELEMENTS(kinds); kind++) {
        g_autoptr(GString) stored = g_string_new(NULL), read = g_string_new(NULL);
        compress(kinds[kind], text->str, text->len, stored);
        compress(kinds[kind], "tail", 4, stored); /* a second member or frame */
        Bytes bytes = {.text = stored->str, .length = stored->len, .step = 777};
        g_autoptr(Decoder) decoder = decoder_new(kinds[kind], read_bytes, &bytes);
        char part[1000];
        gssize got;
        while ((got = decoder_read(decoder, part, sizeof(part), NULL)) > 0)
            g_string_append_len(read, part, got);
        g_assert_cmpint(got, ==, 0);
        g_string_append(text, "tail");
        g_assert_cmpstr(read->str, ==, text->str);
        g_string_truncate(text, text->len - 4);
    }
}

static void test_damaged_files_are_an_error_and_not_an_end(void)
{
    static const CodecKind kinds[] = {CODEC_GZIP, CODEC_ZSTD};
    for (gsize kind = 0; kind < G_N_ELEMENTS(kinds); kind++)
        for (int damage = 0; damage < 3; damage++) {
            g_autoptr(GString) stored = g_string_new(NULL);
            compress(kinds[kind], "0123456789", 10, stored);
            if (damage == 0)
                g_string_truncate(stored, stored->len - 3);
            else if (damage == 1)
                g_string_assign(stored, "plain text");
            else
                g_string_truncate(stored, 0);
            Bytes bytes = {.text = stored->str, .length = stored->len, .step = 7};
            g_autoptr(Decoder) decoder = decoder_new(kinds[kind], read_bytes, &bytes);
            g_autoptr(GError) error = NULL;
            char part[100];
            gssize got;
            while ((got = decoder_read(decoder, part, sizeof(part), &error)) > 0)
                continue;
            g_assert_cmpint(got, ==, -1);
            g_assert_error(error, RS_ERROR, RS_ERROR_CORRUPT);
        }
}

static void remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        remove_tree(inner);
    }
    g_remove(path);
}

static void put(Store *store, const char *key, const char *bytes, gsize length)
{
    StoreWriter *writer = store_write_begin(store, "lake", key, NULL, NULL);
    g_assert_true(store_write(writer, bytes, length, NULL));
    g_assert_true(store_write_commit(writer, NULL, NULL, NULL));
}

static void test_encodings_become_utf8(void)
{
#define ENCODED(clause, bytes, text)                                                               \
    {                                                                                              \
        clause, bytes, sizeof(bytes) - 1, text                                                     \
    }
    static const struct {
        const char *clauses, *bytes;
        gsize length;
        const char *text; /* NULL: an error */
    } cases[] = {
        ENCODED("",
                "\xef\xbb\xbf"
                "a\xc3\xa9",
                "a\xc3\xa9"),
        ENCODED("", "\xef", "\xef"),
        ENCODED("", "", ""),
        ENCODED("encoding iso88591", "a\xe9", "a\xc3\xa9"),
        ENCODED("encoding utf16",
                "\xff\xfe"
                "a\0\xe9\0",
                "a\xc3\xa9"),
        ENCODED("encoding utf16", "\xfe\xff\0a\xd8\x3d\xde\x00", "a\xf0\x9f\x98\x80"),
        ENCODED("encoding utf16", "a\0", NULL),
        ENCODED("encoding utf16le", "a\0", "a"),
        ENCODED("encoding utf16be", "\xfe\xff\0a", "a"),
        ENCODED("encoding utf16le",
                "a\0\x00\xdc"
                "b\0",
                "a\xff"
                "b"),
    };
#undef ENCODED
    g_autofree char *dir = g_dir_make_tmp("copy-XXXXXX", NULL);
    g_autoptr(Store) store = store_open(dir, NULL);
    g_assert_true(store_create_bucket(store, "lake", NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(CopyOptions) options = {0};
        parse(cases[i].clauses, &options);
        put(store, "k", cases[i].bytes, cases[i].length);
        g_autoptr(GPtrArray) files = copy_files_by_prefix(store, "lake", "k", NULL);
        g_autoptr(CopyStream) stream = copy_stream_open(store, files->pdata[0], &options, NULL);
        g_autoptr(GString) read = g_string_new(NULL);
        g_autoptr(GError) error = NULL;
        char part[64];
        gssize got;
        while ((got = copy_stream_read(stream, part, sizeof(part), &error)) > 0)
            g_string_append_len(read, part, got);
        g_assert_cmpint(got, ==, cases[i].text != NULL ? 0 : -1);
        if (cases[i].text != NULL)
            g_assert_cmpstr(read->str, ==, cases[i].text);
    }
    remove_tree(dir);
}

static void test_a_manifest_names_the_files(void)
{
    static const struct {
        const char *manifest;
        int files; /* -1: refused */
    } cases[] = {
        {"{\"entries\":[{\"url\":\"s3://lake/d/1\"},{\"url\":\"s3://lake/d/2\"}]}", 2},
        {"{\"entries\":[{\"url\":\"s3://lake/d/1\"},{\"url\":\"s3://lake/d/1\"}]}", 2},
        {"{\"entries\":[{\"url\":\"s3://lake/d/1\"},{\"url\":\"s3://lake/absent\"}]}", 1},
        {"{\"entries\":[{\"url\":\"s3://lake/d/1\"},{\"url\":\"s3://lake/absent\","
         "\"mandatory\":true}]}",
         -1},
        {"{\"entries\":[{\"url\":\"s3://lake/absent\"}]}", -1},
        {"{\"entries\":[]}", 0},
        {"data|not|json", -1},
    };
    g_autofree char *dir = g_dir_make_tmp("copy-XXXXXX", NULL);
    g_autoptr(Store) store = store_open(dir, NULL);
    g_assert_true(store_create_bucket(store, "lake", NULL));
    put(store, "d/1", "a", 1);
    put(store, "d/2", "b", 1);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Refusal) refusal = {0};
        put(store, "m", cases[i].manifest, strlen(cases[i].manifest));
        g_autoptr(GPtrArray) files = copy_files_by_manifest(store, "lake", "m", &refusal);
        g_assert_cmpint(files != NULL ? (int)files->len : -1, ==, cases[i].files);
        g_assert_cmpint(refusal.message != NULL, ==, files == NULL);
    }
    remove_tree(dir);
}

static void test_rows_lead_back_to_their_lines(void)
{
    g_autoptr(LineMap) map = line_map_new();
    for (guint64 line = 2; line < 1000; line++)
        line_map_add(map, 0, line);
    line_map_add(map, 0, 1005);
    line_map_add(map, 3, 1);
    line_map_add(map, 3, 2);
    static const struct {
        guint64 row;
        guint file;
        guint64 line;
    } cases[] = {{1, 0, 2}, {998, 0, 999}, {999, 0, 1005}, {1000, 3, 1}, {1001, 3, 2}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint file = 99;
        guint64 line = 0;
        g_assert_true(line_map_find(map, cases[i].row, &file, &line));
        g_assert_cmpuint(file, ==, cases[i].file);
        g_assert_cmpuint(line, ==, cases[i].line);
    }
    guint file;
    guint64 line;
    g_assert_false(line_map_find(map, 0, &file, &line));
    g_assert_false(line_map_find(map, 1002, &file, &line));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/copy/statements", test_statements_are_taken_or_refused);
    g_test_add_func("/copy/columnar-refusal", test_the_measured_text_of_a_columnar_refusal);
    g_test_add_func("/copy/unsupported", test_what_the_sandbox_lacks_is_refused_by_name);
    g_test_add_func("/copy/records", test_files_are_cut_into_records);
    g_test_add_func("/copy/nul-as-null", test_a_nul_byte_can_stand_for_null);
    g_test_add_func("/copy/long-record", test_a_long_record_is_read_whole);
    g_test_add_func("/copy/values", test_values_load_or_are_refused_with_their_code);
    g_test_add_func("/copy/not-null", test_null_is_refused_where_a_value_is_needed);
    g_test_add_func("/copy/reasons", test_reasons_are_redshifts);
    g_test_add_func("/copy/times", test_dates_and_times_in_their_formats);
    g_test_add_func("/copy/json", test_json_records_become_rows);
    g_test_add_func("/copy/bad-json-maps", test_bad_json_maps_are_refused);
    g_test_add_func("/copy/compressed", test_compressed_files_read_as_they_were);
    g_test_add_func("/copy/damaged", test_damaged_files_are_an_error_and_not_an_end);
    g_test_add_func("/copy/encodings", test_encodings_become_utf8);
    g_test_add_func("/copy/manifests", test_a_manifest_names_the_files);
    g_test_add_func("/copy/line-map", test_rows_lead_back_to_their_lines);
    return g_test_run();
}
