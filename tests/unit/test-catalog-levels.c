#include <glib/gstdio.h>
#include <string.h>

#include "redshift/catalog_cache.h"
#include "redshift/catalog_private.h"
#include "redshift/catalog_search.h"
#include "redshift/column_profile.h"
#include "redshift/dependents.h"
#include "redshift/storage.h"

/* --- levels ---------------------------------------------------------------------------------- */

static CatalogLevel *level_of(const char *schema, const char *names)
{
    CatalogLevel *level = catalog_level_new(schema);
    g_auto(GStrv) each = g_strsplit(names, " ", -1);
    for (guint i = 0; each[i] != NULL; i++)
        if (*each[i] != '\0')
            catalog_level_add(level, &(CatalogRelation){.oid = 100 + i,
                                                        .name = each[i],
                                                        .owner = (char *)"awsuser",
                                                        .estimated_rows = -1,
                                                        .size_mb = -1});
    catalog_level_finish(level, g_get_real_time() / G_USEC_PER_SEC);
    return level;
}

static const char *name_at(const GPtrArray *relations, guint i)
{
    return ((const CatalogRelation *)relations->pdata[i])->name;
}

static void test_levels_are_kept_with_their_age(void)
{
    g_autoptr(Catalog) catalog = catalog_new();
    g_assert_null(catalog_schemas(catalog));
    g_assert_cmpint(catalog_age(catalog, NULL), ==, -1);
    g_assert_cmpint(catalog_age(catalog, "public"), ==, -1);
    catalog_take_level(catalog, "s:public", level_of("public", "a"));
    catalog_take_level(catalog, "s:public", level_of("public", "b"));
    g_assert_cmpstr(name_at(catalog_relations(catalog, "public"), 0), ==, "b");
    g_assert_cmpint(catalog_age(catalog, "public"), >=, 0);
}

static void test_a_refresh_marks_what_is_new_and_what_vanished(void)
{
    g_autoptr(Catalog) catalog = catalog_new();
    catalog_take_level(catalog, "s:n", level_of("n", "kept lost"));
    const CatalogRelation *first = catalog_relations(catalog, "n")->pdata[0];
    g_assert_false(first->is_new);
    g_assert_null(catalog_vanished(catalog, "s:n"));
    catalog_take_level(catalog, "s:n", level_of("n", "added kept"));
    const GPtrArray *now = catalog_relations(catalog, "n");
    g_assert_cmpstr(name_at(now, 0), ==, "added");
    g_assert_true(((const CatalogRelation *)now->pdata[0])->is_new);
    g_assert_false(((const CatalogRelation *)now->pdata[1])->is_new);
    const GPtrArray *gone = catalog_vanished(catalog, "s:n");
    g_assert_cmpuint(gone->len, ==, 1);
    g_assert_cmpstr(name_at(gone, 0), ==, "lost");
    catalog_take_level(catalog, "s:n", level_of("n", "added kept"));
    g_assert_null(catalog_vanished(catalog, "s:n"));
    g_assert_false(((const CatalogRelation *)catalog_relations(catalog, "n")->pdata[0])->is_new);
}

static void test_kinds_come_in_their_order_and_are_found(void)
{
    g_autoptr(CatalogLevel) level = catalog_level_new("n");
    static const struct {
        const char *name;
        RelationKind kind;
    } items[] = {{"z", RELATION_TABLE},
                 {"v", RELATION_VIEW},
                 {"a", RELATION_TABLE},
                 {"f", RELATION_PROCEDURE}};
    for (gsize i = 0; i < G_N_ELEMENTS(items); i++)
        catalog_level_add(level,
                          &(CatalogRelation){.name = (char *)items[i].name, .kind = items[i].kind});
    catalog_level_finish(level, 0);
    guint first;
    g_assert_cmpuint(catalog_level_of_kind(level, RELATION_TABLE, &first), ==, 2);
    g_assert_cmpstr(name_at(catalog_level_relations(level), first), ==, "a");
    g_assert_cmpuint(catalog_level_of_kind(level, RELATION_VIEW, &first), ==, 1);
    g_assert_cmpuint(first, ==, 2);
    g_assert_cmpuint(catalog_level_of_kind(level, RELATION_SHARED, &first), ==, 0);
    g_assert_cmpint(catalog_level_find(level, "f")->kind, ==, RELATION_PROCEDURE);
    g_assert_null(catalog_level_find(level, "g"));
}

static void test_sizes_arrive_later_by_oid(void)
{
    g_autoptr(CatalogLevel) level = level_of("n", "a b");
    g_autoptr(GHashTable) sizes = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    CatalogSize *size = g_new(CatalogSize, 1);
    *size = (CatalogSize){172456, 12};
    g_hash_table_insert(sizes, GUINT_TO_POINTER(101), size);
    catalog_level_take_sizes(level, sizes);
    g_assert_cmpint(catalog_level_find(level, "a")->estimated_rows, ==, -1);
    g_assert_cmpint(catalog_level_find(level, "b")->estimated_rows, ==, 172456);
    g_assert_cmpint(catalog_level_find(level, "b")->size_mb, ==, 12);
}

static void test_estimates_look_like_estimates(void)
{
    static const struct {
        gint64 rows;
        const char *text;
    } cases[] = {{0, "~0"},         {11, "~11"},        {999, "~999"},
                 {1000, "~1.0k"},   {8798, "~8.8k"},    {172456, "~172k"},
                 {999600, "~1.0M"}, {4123456, "~4.1M"}, {1000000000, "~1.0G"}};
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = catalog_estimate_text(cases[i].rows);
        g_assert_cmpstr(text, ==, cases[i].text);
    }
}

/* --- on disk ----------------------------------------------------------------------------------- */

/* A cache folder of the test's own. */
static char *cache_begin(void)
{
    char *folder = g_dir_make_tmp("redsmith-cache-XXXXXX", NULL);
    g_assert_nonnull(folder);
    g_setenv("XDG_CACHE_HOME", folder, TRUE);
    return folder;
}

static void remove_tree(const char *path)
{
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    const char *name;
    while (folder != NULL && (name = g_dir_read_name(folder)) != NULL) {
        g_autofree char *below = g_build_filename(path, name, NULL);
        remove_tree(below);
    }
    g_remove(path);
}

static void test_a_level_comes_back_from_disk_as_it_was(void)
{
    g_autofree char *folder = cache_begin();
    g_autoptr(CatalogCache) cache = catalog_cache_new("p", "host:5439", "dev");
    g_autoptr(CatalogLevel) level = catalog_level_new("odd \"schema\"");
    catalog_level_add(level, &(CatalogRelation){.oid = 7,
                                                .name = (char *)"späßig",
                                                .owner = (char *)"ann",
                                                .comment = (char *)"",
                                                .kind = RELATION_LATE_BINDING_VIEW,
                                                .estimated_rows = -1,
                                                .size_mb = 3});
    catalog_level_finish(level, 1234567);
    g_assert_null(catalog_cache_read(cache, "s:x"));
    g_autoptr(GError) error = NULL;
    g_assert_true(catalog_cache_write(cache, "s:x", level, &error));
    g_autofree char *path = catalog_cache_path(cache, "s:x");
    GStatBuf info;
    g_assert_cmpint(g_stat(path, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 0777, ==, 0600);
    g_autoptr(CatalogLevel) back = catalog_cache_read(cache, "s:x");
    g_assert_cmpstr(catalog_level_schema(back), ==, "odd \"schema\"");
    g_assert_cmpint(catalog_level_read_at(back), ==, 1234567);
    const CatalogRelation *relation = catalog_level_find(back, "späßig");
    g_assert_cmpuint(relation->oid, ==, 7);
    g_assert_cmpstr(relation->owner, ==, "ann");
    g_assert_cmpstr(relation->comment, ==, "");
    g_assert_null(relation->arguments);
    g_assert_cmpint(relation->kind, ==, RELATION_LATE_BINDING_VIEW);
    g_assert_cmpint(relation->estimated_rows, ==, -1);
    g_assert_cmpint(relation->size_mb, ==, 3);
    remove_tree(folder);
}

/* Every byte of the file, and every length of it: damaged is as good as not there, and never a crash. */
static void test_a_damaged_file_is_as_good_as_none(void)
{
    g_autofree char *folder = cache_begin();
    g_autoptr(CatalogCache) cache = catalog_cache_new("p", "host:5439", "dev");
    g_autoptr(CatalogLevel) level = level_of("n", "a bb ccc");
    g_assert_true(catalog_cache_write(cache, "s:n", level, NULL));
    g_autofree char *path = catalog_cache_path(cache, "s:n");
    g_autofree char *data = NULL;
    gsize length = 0;
    g_assert_true(g_file_get_contents(path, &data, &length, NULL));
    enum { READ_AT = 32 }; /* eight bytes of the header that no checksum covers */
    for (gsize i = 0; i < length; i++) {
        if (i >= READ_AT && i < READ_AT + 8)
            continue;
        data[i] ^= 0x55;
        g_assert_true(g_file_set_contents(path, data, (gssize)length, NULL));
        data[i] ^= 0x55;
        CatalogLevel *back = catalog_cache_read(cache, "s:n");
        if (back != NULL) /* an unused byte of the header */
            g_assert_cmpuint(catalog_level_relations(back)->len, ==, 3);
        g_assert_true(back == NULL || i < 56);
        catalog_level_unref(back);
    }
    for (gsize cut = 0; cut < length; cut++) {
        g_assert_true(g_file_set_contents(path, data, (gssize)cut, NULL));
        g_assert_null(catalog_cache_read(cache, "s:n"));
    }
    g_assert_true(catalog_cache_write(cache, "s:n", level, NULL));
    g_autoptr(CatalogLevel) again = catalog_cache_read(cache, "s:n");
    g_assert_nonnull(again);
    remove_tree(folder);
}

static void test_another_cluster_or_key_has_no_part_in_it(void)
{
    g_autofree char *folder = cache_begin();
    g_autoptr(CatalogCache) cache = catalog_cache_new("p", "one:5439", "dev");
    g_autoptr(CatalogCache) moved = catalog_cache_new("p", "two:5439", "dev");
    g_autoptr(CatalogCache) other = catalog_cache_new("p", "one:5439", "prod");
    g_autoptr(CatalogLevel) level = level_of("n", "a");
    g_assert_true(catalog_cache_write(cache, "s:n", level, NULL));
    g_assert_null(catalog_cache_read(moved, "s:n"));
    g_assert_null(catalog_cache_read(other, "s:n"));
    g_assert_null(catalog_cache_read(cache, "f:n"));
    g_autoptr(Catalog) catalog = catalog_new();
    catalog_use_cache(catalog, g_steal_pointer(&cache));
    g_assert_cmpuint(catalog_relations(catalog, "n")->len, ==, 1);
    g_assert_false(catalog_is_fresh(catalog, "s:n"));
    catalog_take_level(catalog, "s:n", level_of("n", "a b"));
    g_assert_true(catalog_is_fresh(catalog, "s:n"));
    remove_tree(folder);
}

/* --- search ------------------------------------------------------------------------------------ */

static void test_the_better_name_comes_first(void)
{
    static const struct {
        const char *text, *found;
    } cases[] = {
        {"", ""},
        {"sales", "sales sales_2024 old_sales presales sXaXlXes"},
        {"SALES", "sales sales_2024 old_sales presales sXaXlXes"},
        {"s2", "sales_2024"},
        {"os", "old_sales"},
        {"xyz", ""},
        {"n.sales", "sales sales_2024 old_sales presales sXaXlXes"},
        {"other.sales", ""},
        {"n.", "sales presales sXaXlXes old_sales sales_2024"},
    };
    g_autoptr(CatalogLevel) level = level_of("n", "sales sales_2024 old_sales presales sXaXlXes");
    g_autoptr(GPtrArray) levels = g_ptr_array_new();
    g_ptr_array_add(levels, level);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint total = 99, searched = 99;
        g_autoptr(GArray) found = catalog_search(levels, cases[i].text, 0, &total, &searched);
        g_autoptr(GString) names = g_string_new(NULL);
        for (guint f = 0; f < found->len; f++)
            g_string_append_printf(names, "%s%s", f == 0 ? "" : " ",
                                   g_array_index(found, CatalogMatch, f).relation->name);
        g_assert_cmpstr(names->str, ==, cases[i].found);
        g_assert_cmpuint(total, ==, found->len);
    }
}

static void test_a_limit_keeps_the_best(void)
{
    g_autoptr(CatalogLevel) level = level_of("n", "aab ab b");
    g_autoptr(GPtrArray) levels = g_ptr_array_new();
    g_ptr_array_add(levels, level);
    guint total = 0, searched = 0;
    g_autoptr(GArray) found = catalog_search(levels, "b", 1, &total, &searched);
    g_assert_cmpuint(found->len, ==, 1);
    g_assert_cmpstr(g_array_index(found, CatalogMatch, 0).relation->name, ==, "b");
    g_assert_cmpuint(total, ==, 3);
    g_assert_cmpuint(searched, ==, 3);
}

/* --- what hangs on it, and what is in it -------------------------------------------------------- */

static void test_a_text_names_the_relation_or_not(void)
{
    static const struct {
        const char *sql;
        gboolean mentions;
    } cases[] = {
        {"create view v as select * from public.sales with no schema binding", TRUE},
        {"create view v as select * from \"public\".\"sales\" s", TRUE},
        {"select * from sales", TRUE},
        {"select * from PUBLIC.Sales", TRUE},
        {"select * from other.sales", FALSE},
        {"select 'public.sales' from t", FALSE},
        {"select * from presales /* sales */", FALSE},
        {"select * from public . sales", TRUE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpint(dependents_mentions(cases[i].sql, "public", "sales"), ==,
                        cases[i].mentions);
}

static void test_large_tables_are_sampled(void)
{
    g_assert_cmpfloat(column_profile_sample(-1), ==, 1);
    g_assert_cmpfloat(column_profile_sample(COLUMN_PROFILE_SAMPLE), ==, 1);
    g_assert_cmpfloat(column_profile_sample(10 * (gint64)COLUMN_PROFILE_SAMPLE), ==, 0.1);
    CatalogColumn wanted = {.name = (char *)"a \"b\"", .type = (char *)"integer"};
    g_autofree char *all = column_profile_sql("s", "t", &wanted, 1);
    g_autofree char *part = column_profile_sql("s", "t", &wanted, 0.1);
    g_assert_nonnull(strstr(all, "SELECT \"a \"\"b\"\"\" AS v FROM \"s\".\"t\")"));
    g_assert_null(strstr(all, "RANDOM"));
    g_assert_nonnull(strstr(part, "WHERE RANDOM() < 0.100000000"));
}

static void test_types_are_asked_for_what_they_can_tell(void)
{
    static const struct {
        const char *type;
        gboolean histogram, distinct, length;
    } cases[] = {
        {"integer", TRUE, TRUE, FALSE},
        {"character varying(30)", FALSE, TRUE, TRUE},
        {"date", TRUE, TRUE, FALSE},
        {"boolean", FALSE, TRUE, FALSE},
        {"super", FALSE, FALSE, FALSE},
        {"binary varying(10)", FALSE, FALSE, TRUE},
        {"geometry", FALSE, FALSE, FALSE},
        {"timestamp without time zone", TRUE, TRUE, FALSE},
        {"time with time zone", FALSE, TRUE, FALSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        CatalogColumn wanted = {.name = (char *)"c", .type = (char *)cases[i].type};
        g_autofree char *sql = column_profile_sql("s", "t", &wanted, 1);
        g_assert_cmpint(strstr(sql, "'bucket'") != NULL, ==, cases[i].histogram);
        g_assert_cmpint(strstr(sql, "APPROXIMATE") != NULL, ==, cases[i].distinct);
        g_assert_cmpint(strstr(sql, "OCTET_LENGTH") != NULL, ==, cases[i].length);
    }
}

static void test_only_columns_that_gain_are_advised(void)
{
    g_assert_nonnull(storage_encoding_advice("integer", "none", 0));
    g_assert_nonnull(storage_encoding_advice("character varying(9)", "none", 2));
    g_assert_null(storage_encoding_advice("integer", "none", 1));
    g_assert_null(storage_encoding_advice("integer", "az64", 0));
    g_assert_null(storage_encoding_advice("boolean", "none", 0));
    g_assert_null(storage_encoding_advice("integer", NULL, 0));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/catalog/levels-are-kept-with-their-age", test_levels_are_kept_with_their_age);
    g_test_add_func("/catalog/a-refresh-marks-what-is-new-and-what-vanished",
                    test_a_refresh_marks_what_is_new_and_what_vanished);
    g_test_add_func("/catalog/kinds-come-in-their-order-and-are-found",
                    test_kinds_come_in_their_order_and_are_found);
    g_test_add_func("/catalog/sizes-arrive-later-by-oid", test_sizes_arrive_later_by_oid);
    g_test_add_func("/catalog/estimates-look-like-estimates", test_estimates_look_like_estimates);
    g_test_add_func("/catalog/a-level-comes-back-from-disk-as-it-was",
                    test_a_level_comes_back_from_disk_as_it_was);
    g_test_add_func("/catalog/a-damaged-file-is-as-good-as-none",
                    test_a_damaged_file_is_as_good_as_none);
    g_test_add_func("/catalog/another-cluster-or-key-has-no-part-in-it",
                    test_another_cluster_or_key_has_no_part_in_it);
    g_test_add_func("/catalog/the-better-name-comes-first", test_the_better_name_comes_first);
    g_test_add_func("/catalog/a-limit-keeps-the-best", test_a_limit_keeps_the_best);
    g_test_add_func("/catalog/a-text-names-the-relation-or-not",
                    test_a_text_names_the_relation_or_not);
    g_test_add_func("/catalog/large-tables-are-sampled", test_large_tables_are_sampled);
    g_test_add_func("/catalog/types-are-asked-for-what-they-can-tell",
                    test_types_are_asked_for_what_they_can_tell);
    g_test_add_func("/catalog/only-columns-that-gain-are-advised",
                    test_only_columns_that_gain_are_advised);
    return g_test_run();
}
