#include <string.h>

#include "base/csv.h"
#include "tests/fuzz/fuzz.h"

static const FuzzSeed seeds[] = {
    FUZZ_SEED("id,name\n1,\"a \"\"b\"\"\nc\"\r\n2,\n\n3"),
    FUZZ_SEED("1|a\\\nb|\\\\|\\|\r\n2|\"x\n"),
    FUZZ_SEED("{\"a\":\"}\\\"\",\"b\":[1,{}]}\n{\"a\":2}{} "),
    FUZZ_SEED(" \"x\" ,5\" pipe, \"y\"\n\"open"),
    FUZZ_SEED("a\tb\r\r\n\0c\n"),
};

static const RecordRules rules[] = {
    {.kind = RECORD_CSV, .delimiter = ','},
    {.kind = RECORD_CSV, .delimiter = '|', .quote = '\''},
    {.kind = RECORD_TEXT, .delimiter = '|'},
    {.kind = RECORD_TEXT, .delimiter = '|', .escape = TRUE},
    {.kind = RECORD_JSON},
};

const FuzzSeed *fuzz_seeds(gsize *n_seeds)
{
    *n_seeds = G_N_ELEMENTS(seeds);
    return seeds;
}

/* Where the records end when the text comes in pieces of that size: gsize. */
static GArray *ends_in_pieces(RecordScanner *scanner, const RecordRules *of, const char *text,
                              gsize size, gsize piece)
{
    GArray *ends = g_array_new(FALSE, FALSE, sizeof(gsize));
    record_scanner_init(scanner, of);
    for (gsize at = 0; at < size;) {
        gsize length = MIN(piece, size - at);
        gssize end = record_scanner_next(scanner, text + at, length);
        g_assert_cmpint(end, !=, 0);
        g_assert_cmpint(end, <=, (gssize)length);
        at += end < 0 ? length : (gsize)end;
        if (end >= 0)
            g_array_append_val(ends, at);
    }
    return ends;
}

static void read_fields(const RecordRules *of, const char *text, const GArray *ends)
{
    gsize start = 0;
    for (guint i = 0; i < ends->len; i++) {
        gsize end = g_array_index(ends, gsize, i);
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) fields = record_fields(of, text + start, end - start, &error);
        g_assert_true((fields == NULL) == (error != NULL));
        start = end;
    }
}

/* Pieces of any size give the same records, counts and open end; every record is fields or an error. */
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    const char *text = (const char *)data;
    for (gsize r = 0; r < G_N_ELEMENTS(rules); r++) {
        RecordScanner whole, cut;
        g_autoptr(GArray) ends = ends_in_pieces(&whole, &rules[r], text, size, size);
        g_autoptr(GArray) same = ends_in_pieces(&cut, &rules[r], text, size, 1 + size % 5);
        g_assert_cmpmem(ends->data, ends->len * sizeof(gsize), same->data,
                        same->len * sizeof(gsize));
        g_assert_cmpuint(whole.records, ==, cut.records);
        g_assert_cmpuint(whole.blanks, ==, cut.blanks);
        g_assert_cmpuint(whole.lines, ==, cut.lines);
        g_assert_true(record_scanner_is_inside(&whole) == record_scanner_is_inside(&cut));
        g_assert_true(record_scanner_is_open(&whole) == record_scanner_is_open(&cut));
        if (rules[r].kind != RECORD_JSON)
            read_fields(&rules[r], text, ends);
    }
    return 0;
}
