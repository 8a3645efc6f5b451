#include <string.h>

#include "aws/shared_config.h"
#include "base/error.h"
#include "tests/fuzz/fuzz.h"

static const FuzzSeed seeds[] = {
    FUZZ_SEED("[default]\nregion = us-east-1\n"),
    FUZZ_SEED("[profile \"two words\"]\nrole_arn=a\nsource_profile = x\ns3 =\n  max = 3\n"),
    FUZZ_SEED("[sso-session s]\nsso_start_url = https://x\n# comment\n; other\n"),
    FUZZ_SEED("[x]\r\naws_access_key_id=A\r\naws_secret_access_key = s=cr/et \r\n"),
    FUZZ_SEED("[profile]\n[]\n= x\n[default"),
    FUZZ_SEED("[a]\nk=\xff\n\0\n"),
    FUZZ_SEED("\xef\xbb\xbf[default]\n  region: a\n  s3 =\n    x = y\n\n    z\n[services s]\n"),
    FUZZ_SEED("[a]\nk = v\n goes on\n\tand on\n  [b]\nl = w\n"),
};

const FuzzSeed *fuzz_seeds(gsize *n_seeds)
{
    *n_seeds = G_N_ELEMENTS(seeds);
    return seeds;
}

/* The first half is the config file, the rest the credentials file. What parses answers every question;
 * what does not names the line, and never quotes a value. */
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(GError) error = NULL;
    const char *text = (const char *)data;
    gsize half = size / 2;
    g_autoptr(SharedConfig) config =
        shared_config_parse(text, half, text + half, size - half, &error);
    if (config == NULL) {
        g_assert_error(error, RS_ERROR, RS_ERROR_CONFIG);
        g_assert_nonnull(strstr(error->message, " line "));
        return 0;
    }
    static const char *const profiles[] = {"default", "two words", "x", "", "a"};
    for (gsize i = 0; i < G_N_ELEMENTS(profiles); i++) {
        const char *file = NULL;
        const char *region = shared_config_get(config, profiles[i], "region", &file);
        g_assert_cmpint(region == NULL, ==, file == NULL);
        if (region != NULL)
            g_assert_true(shared_config_has_profile(config, profiles[i]));
        shared_config_get_sso(config, profiles[i], "sso_start_url");
    }
    return 0;
}
