#include <string.h>

#include "sandbox/rewrite.h"
#include "tests/fuzz/fuzz.h"

static const FuzzSeed seeds[] = {
    FUZZ_SEED("create table s.t (a int identity(1,1) encode zstd, b varchar(max) default 'x') "
              "diststyle key distkey(a) compound sortkey(a, b)"),
    FUZZ_SEED(
        "select top 3 nvl(a, 1), getdate(), listagg(b, ',') within group (order by b) from t"),
    FUZZ_SEED(
        "merge into t using s on t.a = s.a when matched then update set b = s.b when not matched "
        "then insert values (s.a, s.b)"),
    FUZZ_SEED("alter table t append from s; alter table t add column c super"),
    FUZZ_SEED("set query_group to 'x'; show search_path; unload ('select 1') to 's3://b/p'"),
    FUZZ_SEED("truncate t; vacuum full t to 99 percent; analyze t; lock t; begin read write"),
    FUZZ_SEED("select dateadd(day, 1, d), a::varchar(3), $$x$$ from \"T\" -- c"),
};

const FuzzSeed *fuzz_seeds(gsize *n_seeds)
{
    *n_seeds = G_N_ELEMENTS(seeds);
    return seeds;
}

/* Every statement has an answer that is whole for its kind. */
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *sql = g_strndup((const char *)data, size);
    g_autoptr(Rewrite) rewrite = rewrite_statement(sql);
    g_assert_nonnull(rewrite);
    switch (rewrite->kind) {
    case REWRITE_PASS:
        g_assert_nonnull(rewrite->sql);
        break;
    case REWRITE_ANSWER:
        g_assert_nonnull(rewrite->tag);
        break;
    case REWRITE_REFUSE:
        g_assert_nonnull(rewrite->message);
        g_assert_cmpuint(strlen(rewrite->sqlstate), ==, 5);
        break;
    case REWRITE_UNLOAD:
    case REWRITE_COPY:
        break;
    }
    return 0;
}
