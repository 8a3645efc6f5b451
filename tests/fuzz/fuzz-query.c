#include "sql/ident.h"
#include "sql/lexer.h"
#include "sql/query.h"
#include "tests/fuzz/fuzz.h"

static const FuzzSeed seeds[] = {
    FUZZ_SEED("qtysold >= 4"),
    FUZZ_SEED("eventname contains 'Rock'"),
    FUZZ_SEED("\"odd \"\"name\" in (CA, 'N''Y', 3)"),
    FUZZ_SEED("price between 10 and 20.5"),
    FUZZ_SEED("city like 'San\\\\%' "),
    FUZZ_SEED("a is not null"),
    FUZZ_SEED("t starts '\\'; drop table x; --'"),
    FUZZ_SEED("-pricepaid,salesid"),
    FUZZ_SEED("not (a = 1 or b contains '%') and c in last 7 days"),
    FUZZ_SEED("case when a > 1 then 'x' else lower(b) end <=> null"),
    FUZZ_SEED("approximate count(distinct a), listagg(b, ';') as c"),
    FUZZ_SEED("left s.t as x on t.a = x.b and doc.k[0]['y'] > - 2.5e3"),
    FUZZ_SEED("cast(a + b * c / d as decimal(8,2)) desc nulls last"),
    FUZZ_SEED("db.\"sche.ma\".tab\"\"le"),
};

const FuzzSeed *fuzz_seeds(gsize *n_seeds)
{
    *n_seeds = G_N_ELEMENTS(seeds);
    return seeds;
}

/* Whatever was typed or named: the text that comes out is one statement, and one that only reads. */
static void assert_one_select(const char *sql)
{
    g_autoptr(GArray) spans = sql_split(sql, -1);
    g_assert_cmpuint(spans->len, ==, 1);
    g_assert_cmpint(sql_classify(sql, -1), ==, SQL_READS);
    SqlLexer lexer = sql_lexer(sql, -1);
    SqlToken token;
    while (sql_next_raw(&lexer, &token))
        g_assert_true(token.kind != SQL_INVALID && token.kind != SQL_COMMENT);
}

static void try_filter(const char *text)
{
    g_autoptr(SqlQuery) query = sql_query_new("public", "sales");
    if (!sql_query_parse_filter(query, text, NULL, NULL, NULL))
        return;
    g_autofree char *sql = sql_query_text(query, NULL);
    if (sql != NULL)
        assert_one_select(sql);
    const SqlFilter *filter = g_ptr_array_index(query->filters, query->filters->len - 1);
    g_autofree char *shown = sql_filter_text(filter);
    g_assert_nonnull(shown);
}

static void try_clauses(const char *text)
{
    static gboolean (*const parsers[])(SqlQuery *, const char *, const SqlScope *, GError **) = {
        sql_query_parse_columns, sql_query_parse_groups, sql_query_parse_having,
        sql_query_parse_orders,  sql_query_parse_join,
    };
    for (gsize i = 0; i < G_N_ELEMENTS(parsers); i++) {
        g_autoptr(SqlQuery) query = sql_query_new("public", "sales");
        if (!parsers[i](query, text, NULL, NULL))
            continue;
        g_autoptr(SqlQuery) copy = sql_query_copy(query);
        g_autofree char *sql = sql_query_text(copy, NULL);
        if (sql != NULL)
            assert_one_select(sql);
    }
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    if (!g_utf8_validate(text, -1, NULL))
        return 0;
    try_filter(text);
    try_clauses(text);
    g_autoptr(SqlQuery) query = sql_query_new(text, text);
    sql_query_parse_order(query, text, NULL);
    const char *values[] = {text, text};
    sql_query_add_filter(query, text, SQL_OP_IN, values, 2, SQL_VALUE_TEXT);
    sql_query_add_filter(query, text, SQL_OP_CONTAINS, values, 1, SQL_VALUE_TEXT);
    sql_query_add_filter(query, text, SQL_OP_BETWEEN, values, 2, SQL_VALUE_INTEGER);
    g_autofree char *sql = sql_query_text(query, NULL);
    if (sql != NULL)
        assert_one_select(sql);
    g_auto(GStrv) parts = sql_ident_split(text, NULL);
    g_assert_cmpuint(parts == NULL ? 1 : g_strv_length(parts), <=, 3);
    return 0;
}
