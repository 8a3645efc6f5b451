#include "sql/lexer.h"
#include "tests/fuzz/fuzz.h"

static const FuzzSeed seeds[] = {
    FUZZ_SEED("select a.b, 'it''s', \"Q\"\"\", $$x$$, :p, $1, 1.5e-3 from t -- c"),
    FUZZ_SEED("with x as (select 1) delete from y using x where a = $t$;$t$;"),
    FUZZ_SEED("/* a /* b */ */ unload ('select ''x\\'' ') to 's3://b/p' iam_role default"),
    FUZZ_SEED("insert into t values (E'\\101', 'open"),
    FUZZ_SEED("\xe6\xa8\x82 ; ; begin; update t set a = 1"),
};

const FuzzSeed *fuzz_seeds(gsize *n_seeds)
{
    *n_seeds = G_N_ELEMENTS(seeds);
    return seeds;
}

/* Tokens cover the text without gaps, and every view of them stays inside it. */
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    SqlLexer lexer = sql_lexer(text, (gssize)size);
    SqlToken token;
    gsize covered = 0;
    while (sql_next_raw(&lexer, &token)) {
        g_assert_cmpuint(token.start, ==, covered);
        g_assert_cmpuint(token.length, >, 0);
        covered += token.length;
        g_autofree char *value = sql_token_value(&lexer, &token);
        g_assert_nonnull(value);
    }
    g_assert_cmpuint(covered, ==, size);
    g_autoptr(GArray) spans = sql_split(text, (gssize)size);
    for (guint i = 0; i < spans->len; i++) {
        SqlSpan span = g_array_index(spans, SqlSpan, i);
        g_assert_cmpuint(span.start + span.length, <=, size);
        sql_classify(text + span.start, (gssize)span.length);
    }
    return 0;
}
