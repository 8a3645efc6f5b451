#include <string.h>

#include "base/error.h"
#include "redshift/catalog.h"
#include "redshift/join_keys.h"
#include "redshift/query_scope.h"

static void test_declared_keys_become_conditions(void)
{
    static const JoinSide sales = {"public", "sales", "s"}, event = {"public", "event", "event"};
    static const struct {
        const char *constraint, *on; /* NULL: no key to the other */
    } cases[] = {
        {"FOREIGN KEY (\"eventid\") REFERENCES \"public\".\"event\" (\"id\")",
         "\"s\".\"eventid\" = \"event\".\"id\""},
        {"FOREIGN KEY (\"eventid\") REFERENCES \"public\".\"event\"",
         "\"s\".\"eventid\" = \"event\".\"eventid\""},
        {"FOREIGN KEY (\"a\", \"b \"\"c\"\"\") REFERENCES \"event\" (\"x\", \"y, z\")",
         "\"s\".\"a\" = \"event\".\"x\" and \"s\".\"b \"\"c\"\"\" = \"event\".\"y, z\""},
        {"FOREIGN KEY (\"eventid\") REFERENCES \"other\".\"event\" (\"id\")", NULL},
        {"FOREIGN KEY (\"eventid\") REFERENCES \"public\".\"venue\" (\"id\")", NULL},
        {"FOREIGN KEY (\"a\", \"b\") REFERENCES \"public\".\"event\" (\"id\")", NULL},
        {"PRIMARY KEY (\"eventid\")", NULL},
        {"", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *on = join_keys_of_constraint(cases[i].constraint, &sales, &event);
        g_assert_cmpstr(on, ==, cases[i].on);
    }
}

static GPtrArray *columns_of(const char *const *names, guint32 type_oid)
{
    GPtrArray *columns = g_ptr_array_new_with_free_func((GDestroyNotify)catalog_column_free);
    for (; *names != NULL; names++) {
        CatalogColumn *column = g_new0(CatalogColumn, 1);
        column->name = g_strdup(*names);
        column->type_oid = type_oid;
        g_ptr_array_add(columns, column);
    }
    return columns;
}

static void test_a_bare_name_is_the_first_relation_that_has_it(void)
{
    static const char *const ours[] = {"id", "eventid", NULL}, *const theirs[] = {"id", "name",
                                                                                  NULL};
    g_autoptr(GPtrArray) sales = columns_of(ours, 23);
    g_autoptr(GPtrArray) event = columns_of(theirs, 1043);
    g_autoptr(QueryScope) scope = query_scope_new();
    query_scope_add(scope, "sales", sales);
    query_scope_add(scope, "event", event);
    static const struct {
        const char *typed, *sql; /* NULL: refused */
    } cases[] = {
        {"id = 1", "\"id\" = 1"},
        {"name = 1", "\"event\".\"name\" = '1'"},
        {"event.id = 1", "\"event\".\"id\" = '1'"},
        {"sales.name = 1", NULL},
        {"nosuch = 1", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SqlQuery) query = sql_query_new(NULL, "sales");
        gboolean read =
            sql_query_parse_condition(query, cases[i].typed, query_scope_sql(scope), &error);
        g_assert_cmpint(read, ==, cases[i].sql != NULL);
        if (!read) {
            query_scope_explain(scope, &error);
            g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
            g_assert_nonnull(strstr(error->message, "id, eventid, event.id, event.name"));
            continue;
        }
        sql_query_add_join(query, SQL_JOIN_CROSS, NULL, "event", NULL, NULL);
        g_autofree char *sql = sql_query_text(query, &error);
        g_assert_no_error(error);
        g_assert_true(g_str_has_suffix(sql, i == 0 ? "\"sales\".\"id\" = 1" : cases[i].sql));
    }
}

static void test_a_relation_that_is_added_again_is_replaced(void)
{
    static const char *const before[] = {"old", NULL}, *const after[] = {"new", NULL};
    g_autoptr(GPtrArray) first = columns_of(before, 23);
    g_autoptr(GPtrArray) second = columns_of(after, 23);
    g_autoptr(QueryScope) scope = query_scope_new();
    query_scope_add(scope, "t", first);
    query_scope_add(scope, "t", second);
    g_assert_true(query_scope_has(scope, "t"));
    const SqlScope *sql = query_scope_sql(scope);
    const char *qualifier = NULL;
    SqlValueKind kind;
    g_assert_true(sql->column(sql->user, &qualifier, "new", &kind));
    g_assert_false(sql->column(sql->user, &qualifier, "old", &kind));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/query-scope/declared-keys-become-conditions",
                    test_declared_keys_become_conditions);
    g_test_add_func("/query-scope/a-bare-name-is-the-first-relation-that-has-it",
                    test_a_bare_name_is_the_first_relation_that_has_it);
    g_test_add_func("/query-scope/a-relation-that-is-added-again-is-replaced",
                    test_a_relation_that_is_added_again_is_replaced);
    return g_test_run();
}
