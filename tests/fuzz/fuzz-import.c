#include "base/error.h"
#include "config/import.h"
#include "config/profile_check.h"
#include "tests/fuzz/fuzz.h"

static const FuzzSeed seeds[] = {
    FUZZ_SEED("jdbc:redshift://h:5439/d?user=u&password=p%20q&ssl=true;sslMode=verify-ca"),
    FUZZ_SEED("jdbc:redshift:iam://c:us-west-2/d?DbUser=u&DbGroups=a:b&AutoCreate=true"),
    FUZZ_SEED("jdbc:redshift:iam://w.1.eu-west-1.redshift-serverless.amazonaws.com:5439/d"),
    FUZZ_SEED("postgresql://u:p%40@[::1]:5439/d?sslmode=require&options=-c%20a"),
    FUZZ_SEED("host=h port=5439 dbname='d d' user=u password='\\'\\\\'"),
    FUZZ_SEED("[svc]\nhost=h\nuser=u\n# c\n[other]\nport=1\n"),
    FUZZ_SEED("export PGHOST=h\nPGUSER='u'\nPGPASSWORD=\"x\"\nPGOPTIONS=-c\n"),
    FUZZ_SEED("url = jdbc:redshift://h/d\nuser = u\npassword: p\ntempdir s3a://b/p\nlabel = x\n"),
    FUZZ_SEED(".option(\"url\", \"jdbc:redshift://h/d\").option('tempdir','s3://b') \"a\" -> 1"),
    FUZZ_SEED("{\"region\":\"r\",\"database\":\"d\",\"cluster_identifier\":\"c\",\"db_user\":\"u\","
              "\"poll_interval\":2,\"access_key_id\":\"A\",\"secret_access_key\":\"s\"}"),
    FUZZ_SEED("data_api_database = d\ndata_api_workgroup = w\nsecret.id = s\njdbc. = x\n"),
};

const FuzzSeed *fuzz_seeds(gsize *n_seeds)
{
    *n_seeds = G_N_ELEMENTS(seeds);
    return seeds;
}

/* Whatever is pasted is read into a sound profile or refused with a reason. */
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(Import) import = import_parse("p", text, &error);
    if (import == NULL) {
        g_assert_nonnull(error);
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        return 0;
    }
    g_assert_true(profile_check(import->profile, NULL, NULL));
    import_drop_secrets(import);
    const Profile *profile = import->profile;
    g_assert_true(profile->password == NULL && profile->secret_access_key == NULL &&
                  profile->session_token == NULL);
    for (guint i = 0; i < import->notes->len; i++)
        g_assert_nonnull(((ImportNote *)import->notes->pdata[i])->reason);
    return 0;
}
