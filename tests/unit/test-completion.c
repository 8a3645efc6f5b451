/* What may stand at the cursor, marked by | in the text. */
#include <locale.h>
#include <string.h>

#include "sql/completion.h"

typedef struct {
    const char *text, *prefix, *qualifier;
    SqlWant want;
    const char *scope; /* "schema.relation alias" separated by ", " */
} Case;

static const Case cases[] = {
    {"|", "", NULL, SQL_WANT_ANY, ""},
    {"sel|", "sel", NULL, SQL_WANT_ANY, ""},
    {"select * from |", "", NULL, SQL_WANT_RELATION, ""},
    {"select * from sa|", "sa", NULL, SQL_WANT_RELATION, "sa"},
    {"select * from public.|", "", "public", SQL_WANT_RELATION, "public"},
    {"select * from public.sa|", "sa", "public", SQL_WANT_RELATION, "public.sa"},
    {"select | from sales s", "", NULL, SQL_WANT_COLUMN, "sales s"},
    {"select s.q| from sales s", "q", "s", SQL_WANT_COLUMN, "sales s"},
    {"select a, b| from t", "b", NULL, SQL_WANT_COLUMN, "t"},
    {"select 1 from a, |", "", NULL, SQL_WANT_RELATION, "a"},
    {"select 1 from a x, b as y where x.|", "", "x", SQL_WANT_COLUMN, "a x, b y"},
    {"select 1 from a join \"B c\" on |", "", NULL, SQL_WANT_COLUMN, "a, B c"},
    {"select 1 from t where x = |", "", NULL, SQL_WANT_COLUMN, "t"},
    {"select 1 from t |", "", NULL, SQL_WANT_ANY, "t"},
    {"select 1 from t order by |", "", NULL, SQL_WANT_COLUMN, "t"},
    {"select 1 from t group by a, |", "", NULL, SQL_WANT_COLUMN, "t"},
    {"update t set |", "", NULL, SQL_WANT_COLUMN, "t"},
    {"insert into |", "", NULL, SQL_WANT_RELATION, ""},
    {"delete from s.t where |", "", NULL, SQL_WANT_COLUMN, "s.t"},
    {"select 'a|b'", "", NULL, SQL_WANT_NOTHING, ""},
    {"select 12|", "", NULL, SQL_WANT_NOTHING, ""},
    {"-- from |x", "", NULL, SQL_WANT_NOTHING, ""},
    {"select 1 from a; select | from b", "", NULL, SQL_WANT_COLUMN, "b"},
    {"select 1 from a;\n|", "", NULL, SQL_WANT_ANY, ""},
    {"select (select max(z) from u) from t where |", "", NULL, SQL_WANT_COLUMN, "u, t"},
};

static void test_case(gconstpointer data)
{
    const Case *one = data;
    const char *mark = strchr(one->text, '|');
    g_autofree char *text = g_strdup_printf("%.*s%s", (int)(mark - one->text), one->text, mark + 1);
    g_autoptr(SqlCompletion) got = sql_completion(text, (gsize)(mark - one->text));
    g_autoptr(GString) scope = g_string_new(NULL);
    for (guint i = 0; i < got->scope->len; i++) {
        const SqlScope *table = got->scope->pdata[i];
        g_string_append_printf(
            scope, "%s%s%s%s%s%s", i > 0 ? ", " : "", table->schema != NULL ? table->schema : "",
            table->schema != NULL ? "." : "", table->relation, table->alias != NULL ? " " : "",
            table->alias != NULL ? table->alias : "");
    }
    g_assert_cmpstr(got->prefix, ==, one->prefix);
    g_assert_cmpstr(got->qualifier, ==, one->qualifier);
    g_assert_cmpint(got->want, ==, one->want);
    g_assert_cmpstr(scope->str, ==, one->scope);
    g_assert_cmpuint(got->start + strlen(got->prefix), ==, (gsize)(mark - one->text));
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "C.UTF-8");
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/completion/%02u", i);
        g_test_add_data_func(path, &cases[i], test_case);
    }
    return g_test_run();
}
