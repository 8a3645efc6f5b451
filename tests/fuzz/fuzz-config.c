#include "base/error.h"
#include "config/profile.h"
#include "tests/fuzz/fuzz.h"

static const FuzzSeed seeds[] = {
    FUZZ_SEED("[default]\nhost = h\nport=5439\nuser=u\ndatabase=d\npassword=p\\q\n"),
    FUZZ_SEED("# c\n[default]\nhost=h\nuser=u\nstatement_timeout=30s\nread_only=yes\n"
              "tempdir=s3://b/p\nschema_filter=a, b\n[other]\nhost=x\n"),
    FUZZ_SEED("[default]\nhost\n=\n[\n[default\n"),
    FUZZ_SEED("[default]\nhost=h\nuser=u\nport=99999999999\nauth=iam\nsslmode=none\nunknown=1\n"),
};

const FuzzSeed *fuzz_seeds(gsize *n_seeds)
{
    *n_seeds = G_N_ELEMENTS(seeds);
    return seeds;
}

/* What was taken is shown as it would be typed, and what is typed so is taken again. */
static void try_key(Profile *profile, const FieldRow *row, const char *text)
{
    g_autoptr(GError) error = NULL;
    if (!field_set(row, profile, "FILE: [x] key", text, &error)) {
        g_assert_true(g_error_matches(error, RS_ERROR, RS_ERROR_CONFIG) ||
                      g_error_matches(error, RS_ERROR, RS_ERROR_UNSUPPORTED));
        return;
    }
    g_autofree char *shown = field_text(row, profile);
    if (shown != NULL && row->type != FIELD_SECRET) {
        field_set(row, profile, "again", shown, &error);
        g_assert_no_error(error);
    }
}

/* Every key of an INI text that is a field of a profile is read or refused. */
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    if (!g_key_file_load_from_data(file, (const char *)data, size, G_KEY_FILE_NONE, NULL))
        return 0;
    Profile *profile = g_new0(Profile, 1);
    g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);
    for (char **group = groups; *group != NULL; group++) {
        g_auto(GStrv) keys = g_key_file_get_keys(file, *group, NULL, NULL);
        for (char **key = keys; keys != NULL && *key != NULL; key++) {
            const FieldRow *row = field_find(profile_fields(), *key);
            g_autofree char *text = g_key_file_get_value(file, *group, *key, NULL);
            if (row != NULL && text != NULL)
                try_key(profile, row, text);
        }
    }
    g_autofree char *shown = profile_describe(profile);
    g_assert_nonnull(shown);
    profile_free(profile);
    return 0;
}
