#include "redshift/types.h"

static void test_types_are_named_with_their_modifiers(void)
{
    static const struct {
        guint32 oid;
        int modifier;
        const char *text;
        gboolean numeric;
        SqlValueKind kind;
        int max_bytes;
    } cases[] = {
        {23, -1, "integer", TRUE, SQL_VALUE_INTEGER, -1},
        {20, -1, "bigint", TRUE, SQL_VALUE_INTEGER, -1},
        {1700, (8 << 16 | 2) + 4, "numeric(8,2)", TRUE, SQL_VALUE_DECIMAL, -1},
        {1700, (38 << 16 | 37) + 4, "numeric(38,37)", TRUE, SQL_VALUE_DECIMAL, -1},
        {1700, -1, "numeric", TRUE, SQL_VALUE_DECIMAL, -1},
        {1043, 34, "character varying(30)", FALSE, SQL_VALUE_TEXT, 30},
        {1043, -1, "character varying", FALSE, SQL_VALUE_TEXT, -1},
        {1043, 65539, "character varying(65535)", FALSE, SQL_VALUE_TEXT, 65535},
        {1042, 5, "character(1)", FALSE, SQL_VALUE_TEXT, 1},
        {16, -1, "boolean", FALSE, SQL_VALUE_BOOLEAN, -1},
        {1114, -1, "timestamp without time zone", FALSE, SQL_VALUE_TIMESTAMP, -1},
        {4000, 16384000, "super", FALSE, SQL_VALUE_SUPER, -1},
        {6551, 64004, "binary varying(64000)", FALSE, SQL_VALUE_BYTES, 64000},
        {3000, -1, "geometry", FALSE, SQL_VALUE_OTHER, -1},
        {2935, -1, "hllsketch", FALSE, SQL_VALUE_OTHER, -1},
        {999999, -1, "unknown", FALSE, SQL_VALUE_TEXT, -1},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = type_text(cases[i].oid, cases[i].modifier);
        g_assert_cmpstr(text, ==, cases[i].text);
        g_assert_cmpint(type_is_numeric(cases[i].oid), ==, cases[i].numeric);
        g_assert_cmpint(type_value_kind(cases[i].oid), ==, cases[i].kind);
        g_assert_cmpint(type_max_bytes(cases[i].oid, cases[i].modifier), ==, cases[i].max_bytes);
    }
}

static void test_written_types_are_read(void)
{
    static const struct {
        const char *text;
        gboolean known;
        guint32 oid;
        int modifier;
    } cases[] = {
        {"character varying(30)", TRUE, 1043, 34},
        {"VARCHAR(65535)", TRUE, 1043, 65539},
        {"numeric(8,2)", TRUE, 1700, (8 << 16 | 2) + 4},
        {"decimal(18, 0)", TRUE, 1700, (18 << 16) + 4},
        {"double precision", TRUE, 701, -1},
        {"int4", TRUE, 23, -1},
        {"integer(3)", TRUE, 23, -1},
        {"varchar(x)", TRUE, 1043, -1},
        {"varchar(-3)", TRUE, 1043, -1},
        {"super", TRUE, 4000, -1},
        {"struct<a:int>", FALSE, 705, -1},
        {"", FALSE, 705, -1},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint32 oid = 0;
        int modifier = 0;
        g_assert_cmpint(type_parse(cases[i].text, &oid, &modifier), ==, cases[i].known);
        g_assert_cmpuint(oid, ==, cases[i].oid);
        g_assert_cmpint(modifier, ==, cases[i].modifier);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/types/types-are-named-with-their-modifiers",
                    test_types_are_named_with_their_modifiers);
    g_test_add_func("/types/written-types-are-read", test_written_types_are_read);
    return g_test_run();
}
