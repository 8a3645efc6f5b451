/* EXPLAIN's text as a tree. */
#include <locale.h>

#include "sql/explain.h"

/* "depth operation|..." of the nodes, then the notes. */
static void check(const char *text, const char *expected)
{
    g_auto(GStrv) split = g_strsplit(text, "\n", -1);
    g_autoptr(GPtrArray) lines = g_ptr_array_new();
    for (char **line = split; *line != NULL; line++)
        g_ptr_array_add(lines, *line);
    g_autoptr(Explain) explain = explain_parse(lines);
    g_autoptr(GString) got = g_string_new(NULL);
    for (guint i = 0; i < explain->nodes->len; i++) {
        const ExplainNode *node = explain->nodes->pdata[i];
        g_string_append_printf(got, "%u %s", node->depth, node->operation);
        for (guint j = 0; j < node->details->len; j++)
            g_string_append_printf(got, " [%s]", (char *)node->details->pdata[j]);
        g_string_append_c(got, '\n');
    }
    for (guint i = 0; i < explain->notes->len; i++)
        g_string_append_printf(got, "note %s\n", (char *)explain->notes->pdata[i]);
    g_assert_cmpstr(got->str, ==, expected);
}

#define JOIN                                                                                       \
    "XN Merge  (cost=1000000000100.00..1000000000100.02 rows=10 width=27)\n"                       \
    "  Merge Key: sum(sales.pricepaid)\n"                                                          \
    "  ->  XN Network  (cost=1000000000090.00..1000000000090.02 rows=10 width=27)\n"               \
    "        Send to leader\n"                                                                     \
    "        ->  XN Hash Join DS_BCAST_INNER  (cost=112.50..3272334142.59 rows=170771 width=84)\n" \
    "              Hash Cond: (\"outer\".venueid = \"inner\".venueid)\n"                           \
    "              ->  XN Seq Scan on sales  (cost=0.00..1724.56 rows=172456 width=8)\n"           \
    "              ->  XN Hash  (cost=2.02..2.02 rows=202 width=76)\n"                             \
    "                    ->  XN Seq Scan on venue  (cost=0.00..2.02 rows=202 width=76)\n"          \
    "----- Tables missing statistics: venue -----"

static void test_tree(void)
{
    check(JOIN, "0 XN Merge [Merge Key: sum(sales.pricepaid)]\n"
                "1 XN Network [Send to leader]\n"
                "2 XN Hash Join DS_BCAST_INNER [Hash Cond: (\"outer\".venueid = "
                "\"inner\".venueid)]\n"
                "3 XN Seq Scan on sales\n"
                "3 XN Hash\n"
                "4 XN Seq Scan on venue\n"
                "note Tables missing statistics: venue\n");
}

static void test_odd_texts(void)
{
    check("", "");
    check("LD Seq Scan on pg_class", "0 LD Seq Scan on pg_class\n");
    check("no plan at all\nand a second line", "0 no plan at all\nnote and a second line\n");
    check("  Filter: x\n->  A\n->  B", "0 Filter: x\n0 A\n0 B\n");
}

static Explain *join(void)
{
    g_auto(GStrv) split = g_strsplit(JOIN, "\n", -1);
    g_autoptr(GPtrArray) lines = g_ptr_array_new();
    for (char **line = split; *line != NULL; line++)
        g_ptr_array_add(lines, *line);
    return explain_parse(lines);
}

static void test_numbers(void)
{
    g_autoptr(Explain) explain = join();
    const ExplainNode *node = explain->nodes->pdata[2];
    g_assert_cmpfloat(node->start_cost, ==, 112.50);
    g_assert_cmpfloat(node->total_cost, ==, 3272334142.59);
    g_assert_cmpint(node->rows, ==, 170771);
    g_assert_cmpint(node->width, ==, 84);
    g_assert_cmpfloat_with_epsilon(explain_own_cost(explain, 2), 3272334142.59 - 1724.56 - 2.02,
                                   0.001);
    g_assert_cmpfloat(explain_own_cost(explain, 4), ==, 0);
}

static void test_distributions(void)
{
    g_autoptr(Explain) explain = join();
    const ExplainNode *node = explain->nodes->pdata[2], *scan = explain->nodes->pdata[3];
    g_assert_nonnull(node->distribution);
    g_assert_cmpstr(node->distribution->name, ==, "DS_BCAST_INNER");
    g_assert_cmpint(node->distribution->weight, ==, EXPLAIN_HEAVY);
    g_assert_null(scan->distribution);
    g_assert_cmpint(explain_distribution("DS_DIST_NONE")->weight, ==, EXPLAIN_FREE);
    g_assert_cmpint(explain_distribution("DS_DIST_OUTER")->weight, ==, EXPLAIN_MOVES);
    g_assert_null(explain_distribution("DS_DIST"));
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "C.UTF-8");
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/explain/indentation-makes-the-tree", test_tree);
    g_test_add_func("/explain/any-text-is-taken", test_odd_texts);
    g_test_add_func("/explain/costs-and-rows-are-read", test_numbers);
    g_test_add_func("/explain/joins-say-what-moves", test_distributions);
    return g_test_run();
}
