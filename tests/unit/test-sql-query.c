#include <string.h>

#include "base/error.h"
#include "sql/query.h"

static gboolean kind_of(gpointer user, const char *column, SqlValueKind *kind)
{
    static const struct {
        const char *column;
        SqlValueKind kind;
    } columns[] = {
        {"salesid", SQL_VALUE_INTEGER},   {"qtysold", SQL_VALUE_INTEGER},
        {"pricepaid", SQL_VALUE_DECIMAL}, {"saletime", SQL_VALUE_TIMESTAMP},
        {"eventname", SQL_VALUE_TEXT},    {"is_open", SQL_VALUE_BOOLEAN},
        {"Odd \"name", SQL_VALUE_TEXT},   {"rate", SQL_VALUE_REAL},
        {"day", SQL_VALUE_DATE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(columns); i++)
        if (g_strcmp0(columns[i].column, column) == 0) {
            *kind = columns[i].kind;
            return TRUE;
        }
    return FALSE;
}

static void test_filters_as_typed(void)
{
    static const struct {
        const char *text, *condition, *typed; /* typed NULL: as text */
    } cases[] = {
        {"qtysold >= 4", "\"qtysold\" >= 4", NULL},
        {"qtysold>=4", "\"qtysold\" >= 4", "qtysold >= 4"},
        {"QtySold = -1", "\"qtysold\" = -1", "qtysold = -1"},
        {"qtysold > 3.5", "\"qtysold\" > 3.5", NULL},
        {"qtysold != 4", "\"qtysold\" <> 4", "qtysold <> 4"},
        {"pricepaid between 10 and 20.5", "\"pricepaid\" BETWEEN 10 AND 20.5", NULL},
        {"rate = 0.1", "\"rate\" = 0.1::float4", NULL},
        {"eventname = 'It''s \\ 100%'", "\"eventname\" = 'It''s \\\\ 100%'", NULL},
        {"eventname = 42", "\"eventname\" = '42'", "eventname = '42'"},
        {"eventname contains 'Rock'", "\"eventname\" LIKE '%Rock%'", NULL},
        {"eventname starts with 50%", "\"eventname\" LIKE '50\\\\%%'", "eventname starts '50%'"},
        {"eventname ends 'a_b'", "\"eventname\" LIKE '%a\\\\_b'", NULL},
        {"eventname like 'San%'", "\"eventname\" LIKE 'San%'", NULL},
        {"eventname not like '%x'", "\"eventname\" NOT LIKE '%x'", NULL},
        {"eventname ~ '^a.*\\\\d$'", "\"eventname\" ~ '^a.*\\\\\\\\d$'", NULL},
        {"eventname matches 'x'", "\"eventname\" ~ 'x'", "eventname ~ 'x'"},
        {"eventname is null", "\"eventname\" IS NULL", NULL},
        {"eventname IS NOT NULL", "\"eventname\" IS NOT NULL", "eventname is not null"},
        {"eventname in (CA, 'NY', 'a,b', CA)", "\"eventname\" IN ('CA', 'NY', 'a,b')",
         "eventname in ('CA', 'NY', 'a,b', 'CA')"},
        {"qtysold in (1,2)", "\"qtysold\" IN (1, 2)", "qtysold in (1, 2)"},
        {"salesid contains 12", "CAST(\"salesid\" AS VARCHAR) LIKE '%12%'",
         "salesid contains '12'"},
        {"is_open = yes", "\"is_open\" = TRUE", NULL},
        {"day >= 2008-01-01", "\"day\" >= DATE '2008-01-01'", "day >= '2008-01-01'"},
        {"saletime < '2008-02-01 10:11:12.5'", "\"saletime\" < TIMESTAMP '2008-02-01 10:11:12.5'",
         NULL},
        {"\"Odd \"\"name\" = ''", "\"Odd \"\"name\" = ''", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SqlQuery) query = sql_query_new(NULL, "t");
        g_test_message("%s", cases[i].text);
        g_assert_true(sql_query_parse_filter(query, cases[i].text, kind_of, NULL, &error));
        g_assert_no_error(error);
        g_autofree char *sql = sql_query_text(query, &error);
        g_assert_no_error(error);
        g_autofree char *expected =
            g_strconcat("SELECT * FROM \"t\" WHERE ", cases[i].condition, NULL);
        g_assert_cmpstr(sql, ==, expected);

        g_autofree char *typed = sql_filter_text(query->filters->pdata[0]);
        g_assert_cmpstr(typed, ==, cases[i].typed != NULL ? cases[i].typed : cases[i].text);
        g_autoptr(SqlQuery) again = sql_query_new(NULL, "t");
        g_assert_true(sql_query_parse_filter(again, typed, kind_of, NULL, &error));
        g_autofree char *same = sql_query_text(again, &error);
        g_assert_cmpstr(same, ==, expected);
    }
}

static void test_values_without_a_type_are_what_they_look_like(void)
{
    static const struct {
        const char *text, *condition;
    } cases[] = {
        {"a = 4", "\"a\" = 4"},
        {"a = '4'", "\"a\" = '4'"},
        {"a = 1.5", "\"a\" = 1.5"},
        {"a = 1e5", "\"a\" = 1e5"},
        {"a = x", "\"a\" = 'x'"},
        {"a in (1, x)", "\"a\" IN ('1', 'x')"},
        {"a contains 4", "\"a\" LIKE '%4%'"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(SqlQuery) query = sql_query_new(NULL, "t");
        g_assert_true(sql_query_parse_filter(query, cases[i].text, NULL, NULL, NULL));
        g_autofree char *sql = sql_query_text(query, NULL);
        g_assert_true(g_str_has_suffix(sql, cases[i].condition));
    }
}

static void test_filters_that_make_no_sense_are_refused(void)
{
    static const char *const bad[] = {
        "",
        "qtysold",
        "qtysold =",
        "qtysold = many",
        "qtysold = 1 or 2",
        "qtysold = 1 or",
        "(qtysold = 1",
        "not qtysold",
        "qtysold + 1",
        "nosuch(qtysold) = 1",
        "saletime in last 7 fortnights",
        "cast(qtysold as money) = 1",
        "qtysold = null",
        "qtysold between 1",
        "qtysold between 1 or 2",
        "qtysold in 1",
        "qtysold in (1",
        "qtysold in (1 2)",
        "eventname = New York",
        "eventname = 'open",
        "eventname = \"x\"",
        "eventname is nullx",
        "nosuch = 1",
        "\"qtysold = 1",
        "= 4",
        "day = 2008-02-30",
        "is_open = maybe",
        "eventname ; drop table x",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SqlQuery) query = sql_query_new(NULL, "t");
        g_test_message("%s", bad[i]);
        g_assert_false(sql_query_parse_filter(query, bad[i], kind_of, NULL, &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
        g_assert_cmpuint(query->filters->len, ==, 0);
    }
}

static SqlQuery *sample(void)
{
    SqlQuery *query = sql_query_new("public", "sales");
    static const char *const columns[] = {"salesid", "qtysold", "pricepaid"};
    for (gsize i = 0; i < G_N_ELEMENTS(columns); i++)
        sql_query_add_column(query, sql_expr_column(NULL, columns[i], SQL_VALUE_UNKNOWN), NULL);
    g_assert_true(sql_query_parse_filter(query, "qtysold >= 4", kind_of, NULL, NULL));
    g_assert_true(sql_query_parse_order(query, "-pricepaid,salesid", NULL));
    query->limit = 5;
    return query;
}

static void test_a_whole_query(void)
{
    g_autoptr(SqlQuery) query = sample();
    g_autofree char *text = sql_query_text(query, NULL);
    g_assert_cmpstr(text, ==,
                    "SELECT \"salesid\", \"qtysold\", \"pricepaid\" FROM \"public\".\"sales\""
                    " WHERE \"qtysold\" >= 4 ORDER BY \"pricepaid\" DESC, \"salesid\" LIMIT 5");
    query->where = g_strdup("a = 1 -- or\n or b = (2)");
    g_autofree char *pretty = sql_query_pretty(query, NULL);
    g_assert_cmpstr(pretty, ==,
                    "SELECT \"salesid\", \"qtysold\", \"pricepaid\"\n  FROM \"public\".\"sales\"\n"
                    " WHERE \"qtysold\" >= 4\n   AND (a = 1   or b = (2))\n"
                    " ORDER BY \"pricepaid\" DESC, \"salesid\"\n LIMIT 5");
    g_autofree char *count = sql_query_count_text(query, NULL);
    g_assert_cmpstr(count, ==,
                    "SELECT count(*) FROM \"public\".\"sales\" WHERE \"qtysold\" >= 4"
                    " AND (a = 1   or b = (2))");
    ((SqlFilter *)query->filters->pdata[0])->off = TRUE;
    query->distinct = TRUE;
    g_autofree char *distinct = sql_query_count_text(query, NULL);
    g_assert_cmpstr(distinct, ==,
                    "SELECT count(*) FROM (SELECT DISTINCT \"salesid\", \"qtysold\", \"pricepaid\""
                    " FROM \"public\".\"sales\" WHERE (a = 1   or b = (2))) AS redsmith_rows");
}

static void test_a_copy_is_a_query_of_its_own(void)
{
    g_autoptr(SqlQuery) query = sample();
    query->where = g_strdup("1 = 1");
    g_autoptr(SqlQuery) copy = sql_query_copy(query);
    g_autofree char *text = sql_query_text(query, NULL);
    sql_query_clear_orders(query);
    g_ptr_array_set_size(query->columns, 0);
    g_autofree char *copied = sql_query_text(copy, NULL);
    g_assert_cmpstr(copied, ==, text);
}

static void test_a_raw_condition_stays_in_its_parentheses(void)
{
    static const char *const bad[] = {
        "1=1) or (1=1", "a = 'open", "a = 1; drop table x", "(a = 1", "", "/* all */", "a /* b",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SqlQuery) query = sql_query_new(NULL, "t");
        query->where = g_strdup(bad[i]);
        g_assert_null(sql_query_text(query, &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
    }
}

static void test_orders(void)
{
    static const struct {
        const char *text, *clause; /* NULL: refused */
    } cases[] = {
        {"a", "\"a\""},
        {"-a, b", "\"a\" DESC, \"b\""},
        {"\"A,b\",+c", "\"A,b\", \"c\""},
        {"a desc nulls last", "\"a\" DESC NULLS LAST"},
        {"a asc nulls first,-b", "\"a\" NULLS FIRST, \"b\" DESC"},
        {"", NULL},
        {"a,", NULL},
        {"a b", NULL},
        {"-", NULL},
        {"a; b", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SqlQuery) query = sql_query_new(NULL, "t");
        gboolean read = sql_query_parse_order(query, cases[i].text, &error);
        g_test_message("%s", cases[i].text);
        g_assert_cmpint(read, ==, cases[i].clause != NULL);
        if (!read) {
            g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
            g_assert_cmpuint(query->orders->len, ==, 0);
            continue;
        }
        g_autofree char *text = sql_query_text(query, NULL);
        g_autofree char *expected =
            g_strconcat("SELECT * FROM \"t\" ORDER BY ", cases[i].clause, NULL);
        g_assert_cmpstr(text, ==, expected);
    }
}

static void test_wrong_values_and_names_are_refused_when_printed(void)
{
    const char *const values[] = {"x", "y"};
    g_autofree char *long_name = g_strnfill(128, 'x');
    const struct {
        const char *column;
        SqlOperator op;
        guint n;
        SqlValueKind kind;
    } bad[] = {
        {"a", SQL_OP_EQ, 1, SQL_VALUE_INTEGER},    {"a", SQL_OP_EQ, 0, SQL_VALUE_TEXT},
        {"a", SQL_OP_EQ, 2, SQL_VALUE_TEXT},       {"a", SQL_OP_BETWEEN, 1, SQL_VALUE_TEXT},
        {"a", SQL_OP_IS_NULL, 1, SQL_VALUE_TEXT},  {"", SQL_OP_EQ, 1, SQL_VALUE_TEXT},
        {long_name, SQL_OP_EQ, 1, SQL_VALUE_TEXT},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SqlQuery) query = sql_query_new(NULL, "t");
        sql_query_add_filter(query, bad[i].column, bad[i].op, values, bad[i].n, bad[i].kind);
        g_assert_null(sql_query_text(query, &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
    }
}

/* --- conditions, expressions and clauses --------------------------------------------------------*/

static gboolean scope_column(gpointer user, const char **qualifier, const char *name,
                             SqlValueKind *kind)
{
    static const struct {
        const char *relation, *column;
        SqlValueKind kind;
    } columns[] = {
        {"event", "eventid", SQL_VALUE_INTEGER}, {"event", "eventname", SQL_VALUE_TEXT},
        {"e", "eventid", SQL_VALUE_INTEGER},     {"sales", "eventid", SQL_VALUE_INTEGER},
        {"sales", "doc", SQL_VALUE_SUPER},       {"sales", "raw", SQL_VALUE_BYTES},
        {"sales", "city", SQL_VALUE_TEXT},
    };
    gboolean own = *qualifier == NULL || g_strcmp0(*qualifier, "sales") == 0;
    if (own && kind_of(NULL, name, kind))
        return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(columns); i++) {
        gboolean here = *qualifier != NULL ? strcmp(*qualifier, columns[i].relation) == 0
                                           : strcmp("sales", columns[i].relation) == 0;
        if (here && strcmp(columns[i].column, name) == 0) {
            *kind = columns[i].kind;
            return TRUE;
        }
    }
    return FALSE;
}

static const SqlScope scope = {scope_column, NULL};

static void test_conditions_are_trees(void)
{
    static const struct {
        const char *text, *condition, *typed; /* typed NULL: as text */
    } cases[] = {
        {"qtysold = 1 or qtysold = 2 and is_open",
         "(\"qtysold\" = 1 OR (\"qtysold\" = 2 AND \"is_open\"))",
         "qtysold = 1 or (qtysold = 2 and is_open)"},
        {"(qtysold = 1 or qtysold = 2) and not is_open",
         "(\"qtysold\" = 1 OR \"qtysold\" = 2) AND NOT \"is_open\"", NULL},
        {"not (qtysold in (1, null) or city like 'a%')",
         "NOT (\"qtysold\" IN (1, NULL) OR \"city\" LIKE 'a%')",
         "not (qtysold in (1, (null)) or city like 'a%')"},
        {"qtysold not in (1, 2)", "\"qtysold\" NOT IN (1, 2)", "not (qtysold in (1, 2))"},
        {"qtysold in ()", "FALSE", NULL},
        {"not qtysold in ()", "TRUE", "not (qtysold in ())"},
        {"city <=> null", "\"city\" IS NULL", "city <=> (null)"},
        {"city <=> 'x'", "(\"city\" IS NOT NULL AND \"city\" = 'x')", NULL},
        {"qtysold <=> salesid",
         "((\"qtysold\" IS NULL AND \"salesid\" IS NULL) OR (\"salesid\" IS NOT NULL AND "
         "\"qtysold\" IS NOT NULL AND \"qtysold\" = \"salesid\"))",
         "qtysold <=> \"salesid\""},
        {"saletime in last 7 days",
         "(\"saletime\" > DATEADD(day, -7, GETDATE()) AND \"saletime\" <= GETDATE())", NULL},
        {"day in next 2 weeks",
         "(\"day\" > CURRENT_DATE AND \"day\" <= DATEADD(week, 2, CURRENT_DATE))", NULL},
        {"saletime in yesterday",
         "(\"saletime\" >= DATEADD(day, -1, DATE_TRUNC('day', GETDATE())) AND \"saletime\" < "
         "DATE_TRUNC('day', GETDATE()))",
         "saletime in previous day"},
        {"saletime in this month",
         "(\"saletime\" >= DATE_TRUNC('month', GETDATE()) AND \"saletime\" < DATEADD(month, 1, "
         "DATE_TRUNC('month', GETDATE())))",
         NULL},
        {"qtysold / 2 > 1.5", "(CAST(\"qtysold\" AS FLOAT8) / 2) > 1.5",
         "(qtysold / 2) > 1.5"},
        {"qtysold >= 4 + 2", "\"qtysold\" >= (4 + 2)", "qtysold >= (4 + 2)"},
        {"qtysold - -5 = - salesid", "(\"qtysold\" - -5) = (- \"salesid\")",
         "(qtysold - -5) = (- salesid)"},
        {"lower(city) = oslo", "LOWER(\"city\") = 'oslo'", "lower(city) = 'oslo'"},
        {"city contains \"eventname\"",
         "\"city\" LIKE '%' || REPLACE(REPLACE(REPLACE(\"eventname\", '\\\\', '\\\\\\\\'), '%', "
         "'\\\\%'), '_', '\\\\_') || '%'",
         NULL},
        {"is_open contains 'tr'",
         "CASE WHEN \"is_open\" THEN 'true' WHEN NOT \"is_open\" THEN 'false' END LIKE '%tr%'",
         NULL},
        {"raw = 00ff", "\"raw\" = TO_VARBYTE('00ff', 'hex')", "raw = '00ff'"},
        {"raw starts '5c'", "FROM_VARBYTE(\"raw\", 'hex') LIKE '5c%'", NULL},
        {"doc.a[0].\"B c\" = 'x'", "CAST(\"sales\".\"doc\".\"a\"[0].\"B c\" AS VARCHAR(MAX)) = 'x'",
         NULL},
        {"doc['k'] > 2", "CAST(\"sales\".\"doc\".\"k\" AS DECIMAL(38,10)) > 2", "doc.k > 2"},
        {"doc = '[1,2]'", "JSON_SERIALIZE(\"doc\") = '[1,2]'", NULL},
        {"cast(salesid as varchar(10)) = '7'", "CAST(\"salesid\" AS VARCHAR(10)) = '7'", NULL},
        {"case when is_open then 1 else 2 end = 1", "CASE WHEN \"is_open\" THEN 1 ELSE 2 END = 1",
         NULL},
        {"rate = NaN", "\"rate\" = 'NaN'::float4", NULL},
        {"true or 1 = 0", "(TRUE OR 1 = 0)", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SqlQuery) query = sql_query_new(NULL, "sales");
        g_test_message("%s", cases[i].text);
        g_assert_true(sql_query_parse_condition(query, cases[i].text, &scope, &error));
        g_assert_no_error(error);
        g_autofree char *sql = sql_query_text(query, &error);
        g_assert_no_error(error);
        g_autofree char *expected =
            g_strconcat("SELECT * FROM \"sales\" WHERE ", cases[i].condition, NULL);
        g_assert_cmpstr(sql, ==, expected);
        g_autofree char *typed = sql_filter_text(query->filters->pdata[0]);
        g_assert_cmpstr(typed, ==, cases[i].typed != NULL ? cases[i].typed : cases[i].text);
        g_autoptr(SqlQuery) again = sql_query_new(NULL, "sales");
        g_assert_true(sql_query_parse_condition(again, typed, &scope, &error));
        g_autofree char *same = sql_query_text(again, NULL);
        g_assert_cmpstr(same, ==, expected);
    }
}

static void test_clauses_as_typed(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SqlQuery) query = sql_query_new("public", "sales");
    g_assert_true(sql_query_parse_join(query, "left public.event as e on eventid", &scope, &error));
    g_assert_true(
        sql_query_parse_groups(query, "city, date_trunc('month', saletime)", &scope, &error));
    g_assert_true(sql_query_parse_columns(
        query,
        "city, avg(qtysold) as mean, approximate count(distinct salesid), listagg(city, ';')",
        &scope, &error));
    g_assert_true(sql_query_parse_having(query, "mean > 2", &scope, &error));
    g_assert_true(sql_query_parse_orders(query, "mean desc nulls last, -city", &scope, &error));
    g_assert_no_error(error);
    query->limit = 7;
    g_autofree char *sql = sql_query_text(query, &error);
    g_assert_cmpstr(
        sql, ==,
        "SELECT \"sales\".\"city\", AVG(CAST(\"sales\".\"qtysold\" AS FLOAT8)) AS \"mean\", "
        "APPROXIMATE COUNT(DISTINCT \"sales\".\"salesid\"), LISTAGG(\"sales\".\"city\", ';') "
        "WITHIN "
        "GROUP (ORDER BY \"sales\".\"city\") FROM \"public\".\"sales\" LEFT JOIN "
        "\"public\".\"event\" "
        "AS \"e\" ON \"sales\".\"eventid\" = \"e\".\"eventid\" GROUP BY \"sales\".\"city\", "
        "DATE_TRUNC('month', \"sales\".\"saletime\") HAVING AVG(CAST(\"sales\".\"qtysold\" AS "
        "FLOAT8)) > 2 "
        "ORDER BY \"mean\" DESC NULLS LAST, \"sales\".\"city\" DESC LIMIT 7");
    g_autofree char *join = sql_join_text(query->joins->pdata[0]);
    g_assert_cmpstr(join, ==, "left public.event as e on sales.eventid = e.eventid");

    ((SqlJoin *)query->joins->pdata[0])->off = TRUE;
    g_autofree char *without = sql_query_count_text(query, &error);
    g_assert_true(g_str_has_prefix(without, "SELECT count(*) FROM (SELECT \"city\", AVG("));
}

static void test_a_column_of_a_join_that_is_off_is_refused(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SqlQuery) query = sql_query_new("public", "sales");
    g_assert_true(sql_query_parse_join(query, "event on eventid", &scope, &error));
    g_assert_true(sql_query_parse_condition(query, "event.eventname is null", &scope, &error));
    g_autofree char *sql = sql_query_text(query, &error);
    g_assert_nonnull(sql);
    ((SqlJoin *)query->joins->pdata[0])->off = TRUE;
    g_assert_null(sql_query_text(query, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
}

static void test_two_relations_of_one_name_are_refused(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SqlQuery) query = sql_query_new("public", "sales");
    sql_query_add_join(query, SQL_JOIN_CROSS, "other", "sales", NULL, NULL);
    g_assert_null(sql_query_text(query, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
}

static void test_clauses_that_make_no_sense_change_nothing(void)
{
    static const struct {
        gboolean (*parse)(SqlQuery *query, const char *text, const SqlScope *scope, GError **error);
        const char *text;
    } bad[] = {
        {sql_query_parse_columns, "city,"},
        {sql_query_parse_columns, "city as"},
        {sql_query_parse_columns, "city, nosuch"},
        {sql_query_parse_columns, "pg_sleep(10)"},
        {sql_query_parse_columns, "city; drop table x"},
        {sql_query_parse_groups, "city as x"},
        {sql_query_parse_orders, "city down"},
        {sql_query_parse_having, "city"},
        {sql_query_parse_join, "event"},
        {sql_query_parse_join, "cross event on eventid"},
        {sql_query_parse_join, "event on"},
        {sql_query_parse_join, "event on eventid = event.nosuch"},
    };
    g_autofree char *deep = g_strnfill(5000, '(');
    g_autoptr(SqlQuery) query = sql_query_new(NULL, "sales");
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_test_message("%s", bad[i].text);
        g_assert_false(bad[i].parse(query, bad[i].text, &scope, &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
    }
    g_autoptr(GError) error = NULL;
    g_assert_false(sql_query_parse_condition(query, deep, &scope, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
    g_autofree char *sql = sql_query_text(query, NULL);
    g_assert_cmpstr(sql, ==, "SELECT * FROM \"sales\"");
}

static void test_counting_by_a_column(void)
{
    g_autoptr(SqlQuery) query = sample();
    sql_query_count_by(query, "qtysold", SQL_VALUE_INTEGER);
    const char *const values[] = {"3"};
    sql_query_add_filter(query, "count", SQL_OP_EQ, values, 1, SQL_VALUE_INTEGER);
    g_autofree char *sql = sql_query_text(query, NULL);
    g_assert_cmpstr(sql, ==,
                    "SELECT \"qtysold\", COUNT(*) AS \"count\" FROM \"public\".\"sales\" WHERE "
                    "\"qtysold\" >= 4 GROUP BY \"qtysold\" HAVING COUNT(*) = 3 ORDER BY \"count\" "
                    "DESC, \"qtysold\" LIMIT 5");
}

static void test_sets_and_sub_queries(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(SqlQuery) query = sql_query_new(NULL, "a");
    sql_query_add_set(query, SQL_SET_UNION_ALL, sql_query_new(NULL, "b"));
    SqlQuery *inner = sql_query_new(NULL, "c");
    sql_query_add_column(inner, sql_expr_column(NULL, "x", SQL_VALUE_TEXT), NULL);
    sql_query_add_condition(inner,
                            sql_expr_test(sql_expr_column("a", "y", SQL_VALUE_TEXT), SQL_OP_EQ,
                                          sql_expr_column("c", "x", SQL_VALUE_TEXT)));
    sql_query_add_condition(query, sql_expr_not(sql_expr_exists(inner)));
    g_autoptr(SqlQuery) copy = sql_query_copy(query);
    g_autofree char *sql = sql_query_text(copy, &error);
    g_assert_cmpstr(
        sql, ==,
        "SELECT * FROM \"a\" WHERE NOT EXISTS (SELECT \"x\" FROM \"c\" WHERE \"a\".\"y\" = "
        "\"c\".\"x\") UNION ALL SELECT * FROM \"b\"");
    sql_query_add_set(copy, SQL_SET_EXCEPT, sql_query_new(NULL, "d"));
    g_assert_null(sql_query_text(copy, &error));
    g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/query/filters-as-typed", test_filters_as_typed);
    g_test_add_func("/query/values-without-a-type",
                    test_values_without_a_type_are_what_they_look_like);
    g_test_add_func("/query/senseless-filters-are-refused",
                    test_filters_that_make_no_sense_are_refused);
    g_test_add_func("/query/a-whole-query", test_a_whole_query);
    g_test_add_func("/query/a-copy-is-its-own", test_a_copy_is_a_query_of_its_own);
    g_test_add_func("/query/a-raw-condition-stays-in-its-parentheses",
                    test_a_raw_condition_stays_in_its_parentheses);
    g_test_add_func("/query/orders", test_orders);
    g_test_add_func("/query/wrong-values-are-refused-when-printed",
                    test_wrong_values_and_names_are_refused_when_printed);
    g_test_add_func("/query/conditions-are-trees", test_conditions_are_trees);
    g_test_add_func("/query/clauses-as-typed", test_clauses_as_typed);
    g_test_add_func("/query/a-column-of-a-join-that-is-off-is-refused",
                    test_a_column_of_a_join_that_is_off_is_refused);
    g_test_add_func("/query/two-relations-of-one-name-are-refused",
                    test_two_relations_of_one_name_are_refused);
    g_test_add_func("/query/senseless-clauses-change-nothing",
                    test_clauses_that_make_no_sense_change_nothing);
    g_test_add_func("/query/counting-by-a-column", test_counting_by_a_column);
    g_test_add_func("/query/sets-and-sub-queries", test_sets_and_sub_queries);
    return g_test_run();
}
