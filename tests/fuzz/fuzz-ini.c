#include <string.h>

#include "config/ini.h"
#include "tests/fuzz/fuzz.h"

static const FuzzSeed seeds[] = {
    FUZZ_SEED("# head\n[a]\nhost = h\n# of the key\nport=1\n\n# of b\n[b]\nhost=x\n"),
    FUZZ_SEED("[a]\r\nhost=h\r\n[b]\r\n"),
    FUZZ_SEED("[a]\nhost=h\n[a]\nport=2"),
    FUZZ_SEED("; c\n\n[b]\n[a"),
};

const FuzzSeed *fuzz_seeds(gsize *n_seeds)
{
    *n_seeds = G_N_ELEMENTS(seeds);
    return seeds;
}

/* An IniEach that counts the keys of other groups than [a]. */
static gboolean count(gpointer user, const IniEntry *entry, GError **error)
{
    if (entry->key != NULL && strcmp(entry->group, "a") != 0)
        ++*(guint *)user;
    return TRUE;
}

/* What is put is found again, other groups lose nothing, and putting twice is putting once. */
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    static const IniPair pairs[] = {{"host", "new"}, {"user", "u"}, {NULL, NULL}};
    g_autofree char *text = g_strndup((const char *)data, size);
    guint before = 0, after = 0, removed = 0;
    if (!ini_read(text, "x", count, &before, NULL))
        return 0;
    g_autofree char *once = ini_put(text, "a", pairs), *twice = ini_put(once, "a", pairs);
    g_assert_cmpstr(once, ==, twice);
    g_assert_cmpuint(ini_line(once, "a", "user"), >, 0);
    g_assert_cmpuint(ini_line(once, "a", "port"), ==, 0);
    g_assert_true(ini_read(once, "x", count, &after, NULL));
    g_assert_cmpuint(after, ==, before);
    g_autofree char *gone = ini_remove(once, "a");
    g_assert_cmpuint(ini_line(gone, "a", NULL), ==, 0);
    g_assert_true(ini_read(gone, "x", count, &removed, NULL));
    g_assert_cmpuint(removed, ==, before);
    return 0;
}
