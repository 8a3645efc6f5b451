/*
 * driver: runs a fuzz target (LLVMFuzzerTestOneInput) without a fuzzer: every seed as it is, then
 * mutations of the seeds by a fixed random sequence, so that a failure can be repeated. Under
 * sanitizers, and as long as FUZZ_ROUNDS says (default 20,000 inputs), it is a test; with clang's
 * -fsanitize=fuzzer the same targets link without this file. TAP on standard output.
 */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_INPUT = 4096 };

static void mutate(GRand *random, GByteArray *input, const FuzzSeed *seeds, gsize n_seeds)
{
    static const char spice[] = "'\"\\;$-/*(){}[],:\n\r\t|=<>%\0\x80\xff\x1b";
    guint changes = 1 + (guint)g_rand_int_range(random, 0, 8);
    for (guint i = 0; i < changes; i++) {
        guint at = input->len > 0 ? (guint)g_rand_int_range(random, 0, (gint32)input->len) : 0;
        guint8 byte = (guint8)spice[g_rand_int_range(random, 0, sizeof spice - 1)];
        const FuzzSeed *other = &seeds[g_rand_int_range(random, 0, (gint32)n_seeds)];
        switch (g_rand_int_range(random, 0, 6)) {
        case 0:
            if (input->len > 0)
                input->data[at] = (guint8)g_rand_int_range(random, 0, 256);
            break;
        case 1:
            if (input->len > 0)
                input->data[at] = byte;
            break;
        case 2:
            if (input->len > 0)
                g_byte_array_remove_index(input, at);
            break;
        case 3:
            g_byte_array_set_size(input, at); /* cut */
            break;
        case 4:
            g_byte_array_append(input, &byte, 1);
            break;
        default:
            if (input->len + other->length < LONGEST_INPUT)
                g_byte_array_append(input, (const guint8 *)other->bytes, (guint)other->length);
        }
    }
}

int main(void)
{
    const char *rounds_text = g_getenv("FUZZ_ROUNDS");
    guint64 rounds = rounds_text != NULL ? g_ascii_strtoull(rounds_text, NULL, 10) : 20000;
    gsize n_seeds = 0;
    const FuzzSeed *seeds = fuzz_seeds(&n_seeds);
    g_autoptr(GRand) random = g_rand_new_with_seed(42);
    printf("1..2\n");
    for (gsize i = 0; i < n_seeds; i++)
        LLVMFuzzerTestOneInput((const guint8 *)seeds[i].bytes, seeds[i].length);
    printf("ok 1 - %" G_GSIZE_FORMAT " seeds\n", n_seeds);
    for (guint64 round = 0; round < rounds; round++) {
        const FuzzSeed *seed = &seeds[g_rand_int_range(random, 0, (gint32)n_seeds)];
        g_autoptr(GByteArray) input = g_byte_array_new();
        g_byte_array_append(input, (const guint8 *)seed->bytes, (guint)seed->length);
        mutate(random, input, seeds, n_seeds);
        LLVMFuzzerTestOneInput(input->data, input->len);
    }
    printf("ok 2 - %" G_GUINT64_FORMAT " mutations\n", rounds);
    return 0;
}
