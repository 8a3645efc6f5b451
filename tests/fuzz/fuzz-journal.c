#include "base/error.h"
#include "job/journal.h"
#include "tests/fuzz/fuzz.h"

#define PLAN                                                                                       \
    "{\"event\":\"plan\",\"at\":1,\"plan\":{\"id\":\"f0000000\",\"kind\":\"write\",\"steps\":[]}}" \
    "\n"

static const FuzzSeed seeds[] = {
    FUZZ_SEED(PLAN
              "{\"event\":\"begin\",\"step\":0}\n{\"event\":\"note\",\"step\":0,\"name\":\"n\","
              "\"value\":\"1\"}\n{\"event\":\"file\",\"step\":0,\"key\":\"k\"}\n"),
    FUZZ_SEED(PLAN
              "{\"event\":\"failed\",\"message\":\"m\"}\n{\"event\":\"run\",\"pid\":1}\n{\"ev"),
    FUZZ_SEED("{\"event\":\"end\",\"state\":\"done\",\"resumable\":true}\n[]\n7\n"),
    FUZZ_SEED(
        "{\"event\":\"note\",\"name\":1,\"value\":{}}\n\n{\"event\":\"begin\",\"step\":1e99}\n"),
};

const FuzzSeed *fuzz_seeds(gsize *n_seeds)
{
    *n_seeds = G_N_ELEMENTS(seeds);
    return seeds;
}

/* Whole lines that are objects, and the same again when read without the torn rest; or corrupt. */
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autoptr(GError) error = NULL;
    gsize whole = 0, again_whole = 0;
    cJSON *events = journal_parse("f.jsonl", (const char *)data, size, &whole, &error);
    if (events == NULL) {
        g_assert_error(error, RS_ERROR, RS_ERROR_CORRUPT);
        return 0;
    }
    g_assert_cmpuint(whole, <=, size);
    g_assert_true(whole == 0 || data[whole - 1] == '\n');
    for (const cJSON *event = events->child; event != NULL; event = event->next)
        g_assert_true(cJSON_IsObject(event));
    cJSON *again = journal_parse("f.jsonl", (const char *)data, whole, &again_whole, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(again_whole, ==, whole);
    g_assert_cmpint(cJSON_GetArraySize(again), ==, cJSON_GetArraySize(events));
    cJSON_Delete(events);
    cJSON_Delete(again);
    return 0;
}
