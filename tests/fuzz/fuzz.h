/*
 * fuzz: what a fuzz target offers: seeds, and one function that takes any bytes and must come back,
 * leave nothing behind, and keep the promises it asserts.
 */
#ifndef REDSMITH_TESTS_FUZZ_H
#define REDSMITH_TESTS_FUZZ_H

#include <glib.h>

typedef struct {
    const char *bytes;
    gsize length;
} FuzzSeed;

#define FUZZ_SEED(literal)              \
    {                                   \
        (literal), sizeof(literal) - 1  \
    }

const FuzzSeed *fuzz_seeds(gsize *n_seeds);

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

#endif
