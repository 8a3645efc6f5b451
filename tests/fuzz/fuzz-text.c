#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "tests/fuzz/fuzz.h"

static const FuzzSeed seeds[] = {
    FUZZ_SEED("plain"),
    FUZZ_SEED("\x1b[2J\x1b]0;title\x07\xc2\x9b"),
    FUZZ_SEED("a\xe2\x80\xae" "b\xef\xbb\xbf\xf0\x9f\x8e\xab\xff\xed\xa0\x80"),
    FUZZ_SEED("nul\0inside"),
    FUZZ_SEED("password=x secret_access_key 'y' https://u:p@h/"),
    FUZZ_SEED("e\xcc\x81\xe6\xa8\x82\xe6\xa8\x82"),
};

const FuzzSeed *fuzz_seeds(gsize *n_seeds)
{
    *n_seeds = G_N_ELEMENTS(seeds);
    return seeds;
}

/* What is printable holds no byte that a terminal obeys, and is as wide as it says. */
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *printable = text_printable((const char *)data, (gssize)size);
    g_assert_true(g_utf8_validate(printable, -1, NULL));
    for (const char *p = printable; *p != '\0'; p++)
        g_assert_false((guchar)*p < 0x20 || *p == 0x7f);
    g_assert_true(text_is_printable(printable, -1));
    for (int columns = 0; columns < 12; columns += 3) {
        g_autofree char *fitted = text_fit(printable, columns, TEXT_LEFT, size % 2 == 0);
        g_assert_cmpint(text_width(fitted), ==, columns);
    }
    g_autofree char *redacted = log_redact(printable);
    g_assert_nonnull(redacted);
    return 0;
}
