#include "sql/lexer.h"

/* The kinds and texts of all tokens, as "W:select S:'a'" ... */
static char *tokens_of(const char *text)
{
    static const char letters[] = "E-CWQSNPOM!";
    SqlLexer lexer = sql_lexer(text, -1);
    SqlToken token;
    GString *out = g_string_new(NULL);
    while (sql_next(&lexer, &token))
        g_string_append_printf(out, "%s%c:%.*s", out->len > 0 ? " " : "", letters[token.kind],
                               (int)token.length, text + token.start);
    return g_string_free(out, FALSE);
}

static void test_tokens(void)
{
    static const struct {
        const char *sql, *tokens;
    } cases[] = {
        {"select a.b,1.5e3", "W:select W:a M:. W:b M:, N:1.5e3"},
        {"'it''s' 'a\\'b' \"q\"\"r\"", "S:'it''s' S:'a\\'b' Q:\"q\"\"r\""},
        {"$$x'y$$ $t$a$$b$t$", "S:$$x'y$$ S:$t$a$$b$t$"},
        {"a--c\n/* x /* y */ z */b", "W:a W:b"},
        {"x::int<>:name and y=$1", "W:x O::: W:int O:<> P::name W:and W:y O:= P:$1"},
        {"#temp 'open", "W:#temp !:'open"},
        {"a>=-1 b-- end", "W:a O:>=- N:1 W:b"},
        {"/* open", "!:/* open"},
        {"樂.\"x\"", "W:樂 M:. Q:\"x\""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *tokens = tokens_of(cases[i].sql);
        g_assert_cmpstr(tokens, ==, cases[i].tokens);
    }
}

static void test_literals_mean_what_redshift_reads(void)
{
    static const struct {
        const char *sql, *value;
    } cases[] = {
        {"'it''s'", "it's"},     {"'a\\'b\\\\c\\n'", "a'b\\c\n"}, {"'\\011x'", "\tx"},
        {"$$a'b\\n$$", "a'b\\n"}, {"\"A\"\"b\"", "A\"b"},          {"SeLect", "select"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        SqlLexer lexer = sql_lexer(cases[i].sql, -1);
        SqlToken token;
        g_assert_true(sql_next(&lexer, &token));
        g_autofree char *value = sql_token_value(&lexer, &token);
        g_assert_cmpstr(value, ==, cases[i].value);
    }
}

static void test_split_knows_literals_and_comments(void)
{
    const char *text = " select ';' ; -- a;b\n\n update t set a=$$;$$;;/* ; */ end ; ";
    static const char *const statements[] = {"select ';'", "update t set a=$$;$$", "end"};
    g_autoptr(GArray) spans = sql_split(text, -1);
    g_assert_cmpuint(spans->len, ==, G_N_ELEMENTS(statements));
    for (guint i = 0; i < spans->len; i++) {
        SqlSpan span = g_array_index(spans, SqlSpan, i);
        g_autofree char *statement = g_strndup(text + span.start, span.length);
        g_assert_cmpstr(statement, ==, statements[i]);
    }
}

static void test_statements_are_classed_by_what_they_can_do(void)
{
    static const struct {
        const char *sql;
        SqlClass class;
    } cases[] = {
        {"select 'drop table x'", SQL_READS},
        {"select * into t2 from t", SQL_WRITES},
        {"with a as (select 1) select * from a", SQL_READS},
        {"with a as (delete from t) insert into b select * from a", SQL_WRITES},
        {"(select 1)", SQL_READS},
        {"explain delete from t", SQL_READS},
        {"set query_group to 'x'", SQL_SESSION},
        {"BEGIN", SQL_SESSION},
        {"delete from t", SQL_DESTRUCTIVE},
        {"delete from t where a = 1", SQL_WRITES},
        {"update t set a = (select 1 where true)", SQL_DESTRUCTIVE},
        {"/* x */ DROP TABLE t", SQL_DESTRUCTIVE},
        {"truncate t", SQL_DESTRUCTIVE},
        {"alter table t add column a int", SQL_WRITES},
        {"alter table t drop column a", SQL_DESTRUCTIVE},
        {"unload ('select 1') to 's3://b/p' iam_role default", SQL_WRITES},
        {"unload ('select 1') to 's3://b/p' iam_role default cleanpath", SQL_DESTRUCTIVE},
        {"frobnicate", SQL_UNKNOWN},
        {"", SQL_UNKNOWN},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].sql);
        g_assert_cmpint(sql_classify(cases[i].sql, -1), ==, cases[i].class);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lexer/tokens", test_tokens);
    g_test_add_func("/lexer/literals", test_literals_mean_what_redshift_reads);
    g_test_add_func("/lexer/split", test_split_knows_literals_and_comments);
    g_test_add_func("/lexer/classes", test_statements_are_classed_by_what_they_can_do);
    return g_test_run();
}
