#include <string.h>

#include "base/error.h"
#include "redshift/catalog_private.h"
#include "redshift/load_errors.h"

/* --- names ------------------------------------------------------------------------------------- */

static void test_names_are_split(void)
{
    static const struct {
        const char *text, *schema, *relation;
    } cases[] = {
        {"foo.bar", "foo", "bar"},
        {"foo", "public", "foo"},
        {"\"foo\"", "public", "foo"},
        {"\"\"\"foo\"\"\".bar", "\"foo\"", "bar"},
        {"\"foo.bar\".baz", "foo.bar", "baz"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *schema = NULL, *relation = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_true(catalog_parse_name(cases[i].text, &schema, &relation, &error));
        g_assert_cmpstr(schema, ==, cases[i].schema);
        g_assert_cmpstr(relation, ==, cases[i].relation);
    }
}

static void test_names_that_are_none_are_refused(void)
{
    static const char *const bad[] = {"", "a.b.c", "a.", ".b", "\"a", "a b"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *schema = NULL, *relation = NULL;
        g_autoptr(GError) error = NULL;
        g_assert_false(catalog_parse_name(bad[i], &schema, &relation, &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
        g_assert_null(schema);
    }
}

static void test_near_misses_are_named_nearest_first(void)
{
    static const char *const names[] = {"category", "date",       "event", "listing",
                                        "sales",    "sales_2024", "users", "venue"};
    static const struct {
        const char *name, *text;
    } cases[] = {
        {"sale", "did you mean \"sales\" or \"sales_2024\"?"},
        {"slaes", "did you mean \"sales\"?"},
        {"Venue", "did you mean \"venue\"?"},
        {"nothing_like_it", ""},
    };
    g_autoptr(GPtrArray) array = g_ptr_array_new();
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        g_ptr_array_add(array, (char *)names[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = catalog_near_misses(cases[i].name, array);
        g_assert_cmpstr(text, ==, cases[i].text);
    }
}

/* --- access lists ------------------------------------------------------------------------------ */

static void test_access_lists_become_grants(void)
{
    static const struct {
        const char *acl, *grants;
    } cases[] = {
        {NULL, ""},
        {"{}", ""},
        {"{awsuser=arwdRxtD/awsuser}", ""},
        {"{awsuser=arwdRxtD/awsuser,ann=r/awsuser}", "GRANT SELECT ON T TO \"ann\";"},
        {"{\"group etl=ra/awsuser\"}", "GRANT SELECT, INSERT ON T TO GROUP \"etl\";"},
        {"{=r/awsuser}", "GRANT SELECT ON T TO PUBLIC;"},
        {"{ann=r*w/awsuser}",
         "GRANT UPDATE ON T TO \"ann\";GRANT SELECT ON T TO \"ann\" WITH GRANT OPTION;"},
        {"{\"\\\"odd,name=x\\\"=d/awsuser\"}", "GRANT DELETE ON T TO \"odd,name=x\";"},
        {"{\"IAM:joe=D/awsuser\",bob=Rt/awsuser}", "GRANT DROP ON T TO \"IAM:joe\";"},
        {"garbage", ""},
        {"{ann", ""},
        {"{ann=", ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray) grants = catalog_acl_grants(cases[i].acl, "awsuser", "T");
        g_autoptr(GString) joined = g_string_new(NULL);
        for (guint g = 0; g < grants->len; g++)
            g_string_append_printf(joined, "%s;", (const char *)grants->pdata[g]);
        g_assert_cmpstr(joined->str, ==, cases[i].grants);
    }
}

static void test_identity_is_told_from_other_defaults(void)
{
    static const struct {
        const char *value, *identity;
        gboolean by_default;
    } cases[] = {
        {"\"identity\"(108234, 0, '1,1'::text)", "1,1", FALSE},
        {"\"identity\"(108234, 0, '100,10'::text)", "100,10", FALSE},
        {"default_identity(108234, 2, '0,1'::text)", "0,1", TRUE},
        {"'identity'::character varying", NULL, FALSE},
        {"0", NULL, FALSE},
        {NULL, NULL, FALSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        gboolean by_default = FALSE;
        g_autofree char *identity = catalog_identity(cases[i].value, &by_default);
        g_assert_cmpstr(identity, ==, cases[i].identity);
        g_assert_cmpint(by_default, ==, cases[i].by_default);
    }
}

static void test_estimates_are_unknown_before_the_first_analyze(void)
{
    g_assert_cmpint(catalog_estimate("0.001"), ==, -1);
    g_assert_cmpint(catalog_estimate("-1"), ==, -1);
    g_assert_cmpint(catalog_estimate(NULL), ==, -1);
    g_assert_cmpint(catalog_estimate("0"), ==, 0);
    g_assert_cmpint(catalog_estimate("172456"), ==, 172456);
    g_assert_cmpint(catalog_estimate("1.72456e+05"), ==, 172456);
}

/* --- DDL --------------------------------------------------------------------------------------- */

static CatalogColumn *column(const char *name, const char *type, const char *encoding, int sort_key)
{
    CatalogColumn *made = g_new0(CatalogColumn, 1);
    made->name = g_strdup(name);
    made->type = g_strdup(type);
    made->encoding = g_strdup(encoding);
    made->sort_key = sort_key;
    return made;
}

static CatalogTable *table_new(RelationKind kind, const char *name)
{
    CatalogTable *table = g_new0(CatalogTable, 1);
    table->relation.kind = kind;
    table->relation.schema = g_strdup("public");
    table->relation.name = g_strdup(name);
    table->relation.owner = g_strdup("awsuser");
    table->columns = g_ptr_array_new_with_free_func((GDestroyNotify)catalog_column_free);
    table->constraints = g_ptr_array_new_with_free_func(g_free);
    table->grants = g_ptr_array_new_with_free_func(g_free);
    return table;
}

static CatalogTable *sales_table(void)
{
    CatalogTable *table = table_new(RELATION_TABLE, "sales");
    CatalogColumn *id = column("salesid", "integer", "az64", 0);
    CatalogColumn *list = column("listid", "integer", "none", 1);
    CatalogColumn *note = column("odd \"name\"", "character varying(30)", "lzo", 2);
    id->identity = g_strdup("1,1");
    id->not_null = TRUE;
    list->is_dist_key = TRUE;
    note->default_value = g_strdup("'x'::character varying");
    note->comment = g_strdup("it's");
    g_ptr_array_add(table->columns, id);
    g_ptr_array_add(table->columns, list);
    g_ptr_array_add(table->columns, note);
    g_ptr_array_add(table->constraints, g_strdup("PRIMARY KEY (\"salesid\")"));
    g_ptr_array_add(table->grants, g_strdup("GRANT SELECT ON \"public\".\"sales\" TO PUBLIC"));
    table->dist_style = g_strdup("KEY");
    return table;
}

static void test_table_ddl_says_everything(void)
{
    g_autoptr(CatalogTable) table = sales_table();
    g_autofree char *ddl = catalog_table_ddl(table, NULL, NULL);
    g_assert_cmpstr(ddl, ==,
                    "CREATE TABLE \"public\".\"sales\" (\n"
                    "    \"salesid\" integer IDENTITY(1,1) NOT NULL ENCODE az64,\n"
                    "    \"listid\" integer ENCODE raw,\n"
                    "    \"odd \"\"name\"\"\" character varying(30) DEFAULT 'x'::character varying "
                    "ENCODE lzo,\n"
                    "    PRIMARY KEY (\"salesid\")\n"
                    ")\n"
                    "DISTSTYLE KEY\n"
                    "DISTKEY (\"listid\")\n"
                    "COMPOUND SORTKEY (\"listid\", \"odd \"\"name\"\"\");\n"
                    "COMMENT ON COLUMN \"public\".\"sales\".\"odd \"\"name\"\"\" IS 'it''s';\n"
                    "ALTER TABLE \"public\".\"sales\" OWNER TO \"awsuser\";\n"
                    "GRANT SELECT ON \"public\".\"sales\" TO PUBLIC;\n");
}

static void test_table_ddl_under_another_name(void)
{
    g_autoptr(CatalogTable) table = sales_table();
    g_autofree char *ddl = catalog_table_ddl(table, "new", "copy");
    g_assert_true(g_str_has_prefix(ddl, "CREATE TABLE \"new\".\"copy\" ("));
    g_assert_nonnull(strstr(ddl, "GRANT SELECT ON \"new\".\"copy\" TO PUBLIC;"));
    g_assert_null(strstr(ddl, "\"sales\""));
}

static void test_what_the_server_chooses_is_left_to_it(void)
{
    g_autoptr(CatalogTable) table = sales_table();
    g_free(table->dist_style);
    table->dist_style = g_strdup("AUTO");
    table->encode_auto = table->sort_auto = TRUE;
    g_autofree char *ddl = catalog_table_ddl(table, NULL, NULL);
    g_assert_nonnull(strstr(ddl, "DISTSTYLE AUTO\nSORTKEY AUTO;"));
    g_assert_null(strstr(ddl, "ENCODE"));
    g_assert_null(strstr(ddl, "DISTKEY"));
}

static void test_alternating_signs_are_an_interleaved_key(void)
{
    g_autoptr(CatalogTable) table = table_new(RELATION_TABLE, "t");
    g_ptr_array_add(table->columns, column("b", "integer", NULL, -2));
    g_ptr_array_add(table->columns, column("a", "integer", NULL, 1));
    g_autofree char *ddl = catalog_table_ddl(table, NULL, NULL);
    g_assert_nonnull(strstr(ddl, ")\nINTERLEAVED SORTKEY (\"a\", \"b\");"));
}

static void test_view_ddl_takes_every_kind_of_definition(void)
{
    static const struct {
        RelationKind kind;
        const char *definition, *ddl;
    } cases[] = {
        {RELATION_VIEW, " SELECT 1 AS a;", "CREATE VIEW \"n\".\"v\" AS\nSELECT 1 AS a;\n"},
        {RELATION_VIEW,
         "create or replace view public.\"My v\" as select 1 with no schema binding;",
         "CREATE VIEW \"n\".\"v\" AS\nselect 1 with no schema binding;\n"},
        {RELATION_MATERIALIZED_VIEW,
         "CREATE MATERIALIZED VIEW mv AUTO REFRESH YES AS SELECT a AS b FROM t;",
         "CREATE MATERIALIZED VIEW \"n\".\"v\" AUTO REFRESH YES AS\nSELECT a AS b FROM t;\n"},
        {RELATION_VIEW, "create view v", "CREATE VIEW \"n\".\"v\" AS\ncreate view v;\n"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(CatalogTable) table = table_new(cases[i].kind, "v");
        table->view_definition = g_strdup(cases[i].definition);
        g_autofree char *ddl = catalog_table_ddl(table, "n", NULL);
        g_assert_true(g_str_has_prefix(ddl, cases[i].ddl));
    }
}

/* --- load errors ------------------------------------------------------------------------------- */

static void test_advice_names_column_and_width(void)
{
    static const struct {
        LoadError error;
        const char *word;
    } cases[] = {
        {{.column = (char *)"name",
          .type = (char *)"varchar",
          .column_length = (char *)"8",
          .raw_value = (char *)"far-too-long-a-name",
          .code = 1204,
          .reason = (char *)"String length exceeds DDL length"},
         "Widen column \"name\" (the value has 19 bytes, it holds 8 bytes"},
        {{.column = (char *)"n",
          .type = (char *)"int4",
          .column_length = (char *)"",
          .code = 1204,
          .reason = (char *)""},
         "out of the range of column \"n\""},
        {{.column = (char *)"n",
          .type = (char *)"int4",
          .column_length = (char *)"",
          .reason = (char *)"Invalid digit, Value 'a', Pos 0, Type: Integer"},
         "Column \"n\" wants a whole number"},
        {{.column = (char *)"",
          .type = (char *)"",
          .column_length = (char *)"",
          .code = 4711,
          .reason = (char *)"?"},
         "MAXERROR"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *advice = load_error_advice(&cases[i].error);
        g_assert_nonnull(strstr(advice, cases[i].word));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/catalog/names-are-split", test_names_are_split);
    g_test_add_func("/catalog/names-that-are-none-are-refused",
                    test_names_that_are_none_are_refused);
    g_test_add_func("/catalog/near-misses-are-named-nearest-first",
                    test_near_misses_are_named_nearest_first);
    g_test_add_func("/catalog/access-lists-become-grants", test_access_lists_become_grants);
    g_test_add_func("/catalog/identity-is-told-from-other-defaults",
                    test_identity_is_told_from_other_defaults);
    g_test_add_func("/catalog/estimates-are-unknown-before-the-first-analyze",
                    test_estimates_are_unknown_before_the_first_analyze);
    g_test_add_func("/catalog/table-ddl-says-everything", test_table_ddl_says_everything);
    g_test_add_func("/catalog/table-ddl-under-another-name", test_table_ddl_under_another_name);
    g_test_add_func("/catalog/what-the-server-chooses-is-left-to-it",
                    test_what_the_server_chooses_is_left_to_it);
    g_test_add_func("/catalog/alternating-signs-are-an-interleaved-key",
                    test_alternating_signs_are_an_interleaved_key);
    g_test_add_func("/catalog/view-ddl-takes-every-kind-of-definition",
                    test_view_ddl_takes_every_kind_of_definition);
    g_test_add_func("/load-errors/advice-names-column-and-width",
                    test_advice_names_column_and_width);
    return g_test_run();
}
