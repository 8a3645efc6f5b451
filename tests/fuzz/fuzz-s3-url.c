#include <string.h>

#include "aws/s3.h"
#include "base/error.h"
#include "tests/fuzz/fuzz.h"

static const FuzzSeed seeds[] = {
    FUZZ_SEED("s3://bucket/a/key"),  FUZZ_SEED("s3a://b.c-d/"), FUZZ_SEED("S3N://bucket"),
    FUZZ_SEED("s3://bucket//a?b#c"), FUZZ_SEED("s3:///key"),    FUZZ_SEED("https://host/key"),
};

const FuzzSeed *fuzz_seeds(gsize *n_seeds)
{
    *n_seeds = G_N_ELEMENTS(seeds);
    return seeds;
}

/* A bucket and a key that make up the URL again, or a usage error and neither. */
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *url = g_strndup((const char *)data, size);
    g_autofree char *bucket = NULL, *key = NULL;
    g_autoptr(GError) error = NULL;
    if (!s3_parse_url(url, &bucket, &key, &error)) {
        g_assert_error(error, RS_ERROR, RS_ERROR_USAGE);
        g_assert_null(bucket);
        g_assert_null(key);
        return 0;
    }
    g_assert_cmpstr(bucket, !=, "");
    g_assert_null(strchr(bucket, '/'));
    g_autofree char *rest = g_strjoin("/", bucket, key, NULL);
    const char *written = strstr(url, "://") + 3;
    g_assert_true(g_str_has_prefix(rest, written));
    g_assert_cmpuint(strlen(rest) - strlen(written), <=, 1);
    return 0;
}
