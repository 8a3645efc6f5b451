/* :names in statements, and values in their places. */
#include <locale.h>

#include "base/error.h"
#include "sql/parameters.h"

static void test_names(void)
{
    static const struct {
        const char *text, *names;
    } cases[] = {
        {"select 1", ""},
        {"select :a", "a"},
        {"select :a, :b, :a", "a b"},
        {"select x::int, :y::date", "y"},
        {"select ':no', \":neither\", 1 -- :nor\n/* :this */, :yes", "yes"},
        {"select $1, a[1:2]", ""},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GPtrArray) names = sql_parameter_names(cases[i].text);
        g_ptr_array_add(names, NULL);
        g_autofree char *joined = g_strjoinv(" ", (char **)names->pdata);
        g_test_message("%s", cases[i].text);
        g_assert_cmpstr(joined, ==, cases[i].names);
    }
}

static void test_bind(void)
{
    static const struct {
        const char *value, *text;
    } cases[] = {
        {"12", "select 12"},
        {"-3.5", "select (-3.5)"},
        {"1e6", "select 1e6"},
        {"null", "select NULL"},
        {"True", "select TRUE"},
        {"", "select ''"},
        {"O'Hara", "select 'O''Hara'"},
        {"'O''Hara'", "select 'O''Hara'"},
        {"2008-01-01", "select '2008-01-01'"},
        {"12 apples", "select '12 apples'"},
        {"a\\b", "select 'a\\\\b'"},
        {"1; drop table t", "select '1; drop table t'"},
        {"'a' or 'b'", "select '''a'' or ''b'''"},
        {":v", "select ':v'"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GHashTable) values = g_hash_table_new(g_str_hash, g_str_equal);
        g_autoptr(GError) error = NULL;
        g_hash_table_insert(values, (gpointer) "v", (gpointer)cases[i].value);
        g_autofree char *text = sql_parameters_bind("select :v", values, &error);
        g_assert_no_error(error);
        g_assert_cmpstr(text, ==, cases[i].text);
    }
}

static void test_blanks_and_comments_stay(void)
{
    g_autoptr(GHashTable) values = g_hash_table_new(g_str_hash, g_str_equal);
    g_hash_table_insert(values, (gpointer) "n", (gpointer) "7");
    g_autofree char *text = sql_parameters_bind("-- :n\nselect  :n ,\t':n'", values, NULL);
    g_assert_cmpstr(text, ==, "-- :n\nselect  7 ,\t':n'");
}

static void test_missing_value(void)
{
    g_autoptr(GHashTable) values = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GError) error = NULL;
    g_assert_null(sql_parameters_bind("select :v", values, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
    g_assert_nonnull(g_strrstr(error->message, ":v"));
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "C.UTF-8");
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/parameters/names-are-found-once", test_names);
    g_test_add_func("/parameters/values-become-literals", test_bind);
    g_test_add_func("/parameters/blanks-and-comments-stay", test_blanks_and_comments_stay);
    g_test_add_func("/parameters/a-missing-value-is-named", test_missing_value);
    return g_test_run();
}
