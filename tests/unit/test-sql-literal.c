#include "base/error.h"
#include "sql/ident.h"
#include "sql/lexer.h"
#include "sql/literal.h"

static const char *const awkward[] = {
    "",
    "plain",
    "it's",
    "back\\slash",
    "\\",
    "'",
    "\\'",
    "''\\\\",
    "line\nfeed\r\ttab",
    "Unicode's\xe6\xa8\x82\xe8\xb6\xa3 \xf0\x9f\x98\x80",
    "$$dollar$$",
    "-- comment",
    "/* open",
    "\x01\x1b[31m",
    "E'x'",
};

/* What the server's lexer makes of a literal. */
static char *read_back(const char *literal)
{
    SqlLexer lexer = sql_lexer(literal, -1);
    SqlToken token;
    g_assert_true(sql_next(&lexer, &token));
    g_assert_cmpint(token.kind, ==, SQL_STRING);
    g_assert_cmpuint(token.length, ==, lexer.length);
    return sql_token_value(&lexer, &token);
}

static void test_every_text_survives_its_literal(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(awkward); i++) {
        g_autofree char *literal = sql_literal(awkward[i]);
        g_autofree char *value = read_back(literal);
        g_assert_cmpstr(value, ==, awkward[i]);
        g_autofree char *control = sql_control_literal(awkward[i]);
        g_autofree char *control_value = read_back(control);
        g_assert_cmpstr(control_value, ==, awkward[i]);
    }
}

static void test_literals_as_written(void)
{
    static const struct {
        const char *text, *literal, *control;
    } cases[] = {
        {"it's", "'it''s'", "'it''s'"},
        {"a\\b", "'a\\\\b'", "'a\\\\b'"},
        {"\t", "'\t'", "'\\t'"},
        {"\x05", "'\x05'", "'\\005'"},
        {"\x7f", "'\x7f'", "'\\177'"},
        {"\\N", "'\\\\N'", "'\\\\N'"},
        {"|", "'|'", "'|'"},
    };
    g_autofree char *null = sql_literal(NULL);
    g_assert_cmpstr(null, ==, "NULL");
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *literal = sql_literal(cases[i].text);
        g_autofree char *control = sql_control_literal(cases[i].text);
        g_assert_cmpstr(literal, ==, cases[i].literal);
        g_assert_cmpstr(control, ==, cases[i].control);
    }
}

static void test_typed_literals(void)
{
    static const struct {
        SqlValueKind kind;
        const char *text, *literal; /* NULL: refused */
    } cases[] = {
        {SQL_VALUE_TEXT, "a'b", "'a''b'"},
        {SQL_VALUE_INTEGER, "42", "42"},
        {SQL_VALUE_INTEGER, "-1", "-1"},
        {SQL_VALUE_INTEGER, "+7", "7"},
        {SQL_VALUE_INTEGER, "123456789012345678901234567890123456789",
         "123456789012345678901234567890123456789"},
        {SQL_VALUE_INTEGER, "", NULL},
        {SQL_VALUE_INTEGER, "4.5", NULL},
        {SQL_VALUE_INTEGER, "1e3", NULL},
        {SQL_VALUE_INTEGER, "4 or 1=1", NULL},
        {SQL_VALUE_INTEGER, "0x10", NULL},
        {SQL_VALUE_DECIMAL, "12.50", "12.50"},
        {SQL_VALUE_DECIMAL, ".5", ".5"},
        {SQL_VALUE_DECIMAL, "5.", "5."},
        {SQL_VALUE_DECIMAL, "-99999999999999999999999999999999999.999",
         "-99999999999999999999999999999999999.999"},
        {SQL_VALUE_DECIMAL, ".", NULL},
        {SQL_VALUE_DECIMAL, "1,5", NULL},
        {SQL_VALUE_DECIMAL, "NaN", NULL},
        {SQL_VALUE_FLOAT, "2e10", "2e10"},
        {SQL_VALUE_FLOAT, "1.7976931348623157E308", "1.7976931348623157E308"},
        {SQL_VALUE_FLOAT, "-1.5e-3", "-1.5e-3"},
        {SQL_VALUE_FLOAT, "nan", "'NaN'::float8"},
        {SQL_VALUE_FLOAT, "Infinity", "'Infinity'::float8"},
        {SQL_VALUE_FLOAT, "-inf", "'-Infinity'::float8"},
        {SQL_VALUE_FLOAT, "1e", NULL},
        {SQL_VALUE_FLOAT, "e5", NULL},
        {SQL_VALUE_REAL, "1.0", "1.0::float4"},
        {SQL_VALUE_REAL, "NaN", "'NaN'::float4"},
        {SQL_VALUE_BOOLEAN, "t", "TRUE"},
        {SQL_VALUE_BOOLEAN, "FALSE", "FALSE"},
        {SQL_VALUE_BOOLEAN, "maybe", NULL},
        {SQL_VALUE_DATE, "2008-01-31", "DATE '2008-01-31'"},
        {SQL_VALUE_DATE, "2008-02-29", "DATE '2008-02-29'"},
        {SQL_VALUE_DATE, "294276-12-31", "DATE '294276-12-31'"},
        {SQL_VALUE_DATE, "2007-02-29", NULL},
        {SQL_VALUE_DATE, "2008-13-01", NULL},
        {SQL_VALUE_DATE, "2008-1-1", NULL},
        {SQL_VALUE_DATE, "0000-01-01", NULL},
        {SQL_VALUE_DATE, "2008-01-01'", NULL},
        {SQL_VALUE_TIMESTAMP, "2015-07-01 00:00:00.001", "TIMESTAMP '2015-07-01 00:00:00.001'"},
        {SQL_VALUE_TIMESTAMP, "2015-07-01T12:34", "TIMESTAMP '2015-07-01T12:34'"},
        {SQL_VALUE_TIMESTAMP, "2015-07-01", "TIMESTAMP '2015-07-01'"},
        {SQL_VALUE_TIMESTAMP, "2015-07-01 00:00:00.1234567", NULL},
        {SQL_VALUE_TIMESTAMP, "2015-07-01 24:00:00", NULL},
        {SQL_VALUE_TIMESTAMP, "2015-07-01 00:00:00+01", NULL},
        {SQL_VALUE_TIMESTAMPTZ, "2015-07-01 00:00:00+01", "TIMESTAMPTZ '2015-07-01 00:00:00+01'"},
        {SQL_VALUE_TIMESTAMPTZ, "2015-07-01 00:00:00.5-05:30",
         "TIMESTAMPTZ '2015-07-01 00:00:00.5-05:30'"},
        {SQL_VALUE_TIMESTAMPTZ, "2015-07-01T00:00:00Z", "TIMESTAMPTZ '2015-07-01T00:00:00Z'"},
        {SQL_VALUE_TIMESTAMPTZ, "2015-07-01 00:00:00 Mars", NULL},
        {SQL_VALUE_TIME, "13:45:00.123456", "TIME '13:45:00.123456'"},
        {SQL_VALUE_TIME, "25:00", NULL},
        {SQL_VALUE_BYTES, "00fF", "TO_VARBYTE('00fF', 'hex')"},
        {SQL_VALUE_BYTES, "0", NULL},
        {SQL_VALUE_BYTES, "zz", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *literal = sql_typed_literal(cases[i].kind, cases[i].text, &error);
        g_test_message("%s", cases[i].text);
        g_assert_cmpstr(literal, ==, cases[i].literal);
        if (cases[i].literal == NULL)
            g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
    }
}

/* Whether the pattern, as LIKE reads it with backslash as its escape, matches the text. */
static gboolean like(const char *pattern, const char *text)
{
    if (*pattern == '\0')
        return *text == '\0';
    if (*pattern == '%')
        return like(pattern + 1, text) || (*text != '\0' && like(pattern, text + 1));
    if (*text == '\0')
        return FALSE;
    if (*pattern == '_')
        return like(pattern + 1, text + 1);
    if (*pattern == '\\')
        pattern++;
    return *pattern == *text && like(pattern + 1, text + 1);
}

static void test_like_finds_the_text_as_it_stands(void)
{
    static const char *const texts[] = {"50%", "a_b",  "c:\\dir\\", "%", "_",
                                        "\\",  "it's", "\\%",       "x"};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autofree char *around = g_strconcat("<", texts[i], ">", NULL);
        g_autofree char *front = g_strconcat(texts[i], ">", NULL);
        g_autofree char *back = g_strconcat("<", texts[i], NULL);
        const struct {
            SqlLikeKind kind;
            const char *yes, *no;
        } cases[] = {
            {SQL_LIKE_CONTAINS, around, "<50x aab c:/dir/>"},
            {SQL_LIKE_STARTS, front, back},
            {SQL_LIKE_ENDS, back, front},
        };
        for (gsize j = 0; j < G_N_ELEMENTS(cases); j++) {
            g_autofree char *literal = sql_like_literal(cases[j].kind, texts[i]);
            g_autofree char *pattern = read_back(literal);
            g_assert_true(like(pattern, cases[j].yes));
            if (g_strcmp0(texts[i], "x") != 0)
                g_assert_false(like(pattern, cases[j].no));
        }
    }
    g_autofree char *written = sql_like_literal(SQL_LIKE_CONTAINS, "50%\\");
    g_assert_cmpstr(written, ==, "'%50\\\\%\\\\\\\\%'");
}

static void test_kinds_of_columns(void)
{
    static const struct {
        guint32 oid;
        SqlValueKind kind;
    } cases[] = {
        {16, SQL_VALUE_BOOLEAN},   {20, SQL_VALUE_INTEGER},     {21, SQL_VALUE_INTEGER},
        {23, SQL_VALUE_INTEGER},   {700, SQL_VALUE_REAL},       {701, SQL_VALUE_FLOAT},
        {1042, SQL_VALUE_TEXT},    {1043, SQL_VALUE_TEXT},      {1082, SQL_VALUE_DATE},
        {1083, SQL_VALUE_TIME},    {1114, SQL_VALUE_TIMESTAMP}, {1184, SQL_VALUE_TIMESTAMPTZ},
        {1700, SQL_VALUE_DECIMAL}, {4000, SQL_VALUE_SUPER},      {6551, SQL_VALUE_BYTES},
        {0, SQL_VALUE_TEXT},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpint(sql_value_kind(cases[i].oid), ==, cases[i].kind);
}

static void test_names_are_quoted(void)
{
    static const struct {
        const char *schema, *name, *quoted;
    } cases[] = {
        {NULL, "sales", "\"sales\""},
        {"public", "sales", "\"public\".\"sales\""},
        {"\"foo\"", "bar", "\"\"\"foo\"\"\".\"bar\""},
        {"foo.bar", "b a z", "\"foo.bar\".\"b a z\""},
        {NULL, "select", "\"select\""},
        {NULL, "a\\b'c", "\"a\\b'c\""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *quoted = sql_ident_pair(cases[i].schema, cases[i].name);
        g_assert_cmpstr(quoted, ==, cases[i].quoted);
    }
    const char *const names[] = {"a", "b\"c"};
    g_autofree char *list = sql_ident_list(names, 2, "t");
    g_assert_cmpstr(list, ==, "\"t\".\"a\", \"t\".\"b\"\"c\"");
}

static void test_names_are_split(void)
{
    static const struct {
        const char *text, *parts; /* joined by |; NULL: refused */
    } cases[] = {
        {"foo", "foo"},
        {"Foo.BAR", "foo|bar"},
        {"\"Foo\"", "Foo"},
        {"\"\"\"foo\"\"\".bar", "\"foo\"|bar"},
        {"\"foo.bar\".baz", "foo.bar|baz"},
        {"awsdatacatalog.glue_db.\"public.my_table\"", "awsdatacatalog|glue_db|public.my_table"},
        {"#temp", "#temp"},
        {"my-table", "my-table"},
        {"\xe6\xa8\x82.x", "\xe6\xa8\x82|x"},
        {"", NULL},
        {".", NULL},
        {"a.", NULL},
        {".a", NULL},
        {"a..b", NULL},
        {"a.b.c.d", NULL},
        {"\"a", NULL},
        {"\"a\"b", NULL},
        {"a\"b\"", NULL},
        {"a b", NULL},
        {"a;drop table b", NULL},
        {"\"\"", NULL},
        {"a\xff", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) parts = sql_ident_split(cases[i].text, &error);
        g_autofree char *joined = parts == NULL ? NULL : g_strjoinv("|", parts);
        g_test_message("%s", cases[i].text);
        g_assert_cmpstr(joined, ==, cases[i].parts);
        if (cases[i].parts == NULL)
            g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
    }
}

static void test_names_hold_127_bytes(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *longest = g_strnfill(127, 'x');
    g_autofree char *longer = g_strnfill(128, 'x');
    g_assert_true(sql_ident_check(longest, "table", NULL));
    g_assert_false(sql_ident_check(longer, "table", &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
    g_assert_false(sql_ident_check("", "table", NULL));
    g_assert_false(sql_ident_check("\xc3", "table", NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/literal/every-text-survives", test_every_text_survives_its_literal);
    g_test_add_func("/literal/as-written", test_literals_as_written);
    g_test_add_func("/literal/typed", test_typed_literals);
    g_test_add_func("/literal/like-finds-the-text-as-it-stands",
                    test_like_finds_the_text_as_it_stands);
    g_test_add_func("/literal/kinds-of-columns", test_kinds_of_columns);
    g_test_add_func("/ident/names-are-quoted", test_names_are_quoted);
    g_test_add_func("/ident/names-are-split", test_names_are_split);
    g_test_add_func("/ident/names-hold-127-bytes", test_names_hold_127_bytes);
    return g_test_run();
}
