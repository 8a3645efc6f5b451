#include <string.h>

#include "sandbox/copy_options.h"
#include "sandbox/unload_options.h"
#include "tests/fuzz/fuzz.h"

static const FuzzSeed seeds[] = {
    FUZZ_SEED(
        "unload ('select * from t order by 1') to 's3://b/p' iam_role default csv header gzip"),
    FUZZ_SEED(
        "unload ($$select 1$$) to 's3://b/p' iam_role 'arn:aws:iam::1:role/r' delimiter '\\t' "
        "null as '\\N' escape addquotes parallel off maxfilesize 6.2 gb manifest verbose"),
    FUZZ_SEED(
        "unload ('select 1') to 's3://b/p' credentials 'aws_iam_role=x' partition by (a,\"B\") "
        "include fixedwidth 'a:1,b:2' region 'r' extension '.x' cleanpath encrypted auto"),
    FUZZ_SEED(
        "copy s.t (a, b) from 's3://b/p' iam_role default format as csv quote '%' ignoreheader 1 "
        "zstd null as '\\0' dateformat 'auto' timeformat 'YYYY' acceptinvchars '^' maxerror 10"),
    FUZZ_SEED("copy t from 's3://b/p' access_key_id 'a' secret_access_key 'b' json 's3://b/paths' "
              "encoding utf16le compupdate preset statupdate off noload fillrecord;"),
    FUZZ_SEED("copy d.s.t from 's3://b/m' with credentials as 'x=y' manifest delimiter as '\\011'"),
};

const FuzzSeed *fuzz_seeds(gsize *n_seeds)
{
    *n_seeds = G_N_ELEMENTS(seeds);
    return seeds;
}

static void assert_refused(gboolean good, const Refusal *refusal)
{
    g_assert_true(good == (refusal->message == NULL));
    g_assert_cmpuint(strlen(refusal->sqlstate), ==, good ? 0 : 5);
}

static void try_unload(const char *sql)
{
    g_auto(UnloadOptions) options = {0};
    g_auto(Refusal) refusal = {0};
    gboolean good = unload_options_parse(sql, &options, &refusal);
    assert_refused(good, &refusal);
    if (!good)
        return;
    g_assert_nonnull(options.query);
    g_assert_cmpstr(options.bucket, !=, "");
    g_assert_cmpint(options.auth.kind, !=, AUTH_NONE);
    g_assert_nonnull(unload_options_suffix(&options));
    assert_refused(unload_options_supported(&options, &refusal), &refusal);
}

static void try_copy(const char *sql)
{
    g_auto(CopyOptions) options = {0};
    g_auto(Refusal) refusal = {0};
    gboolean good = copy_options_parse(sql, &options, &refusal);
    assert_refused(good, &refusal);
    if (!good)
        return;
    g_assert_nonnull(options.table);
    g_assert_nonnull(options.null_as);
    g_assert_cmpstr(options.delimiter, !=, "");
    g_assert_cmpint(options.auth.kind, !=, AUTH_NONE);
    assert_refused(copy_options_supported(&options, &refusal), &refusal);
}

/* Options that can be used, or a reason with its SQLSTATE; never both, never neither. */
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *sql = g_strndup((const char *)data, size);
    try_unload(sql);
    try_copy(sql);
    return 0;
}
