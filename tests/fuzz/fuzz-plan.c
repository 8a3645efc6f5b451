#include "base/error.h"
#include "job/plan.h"
#include "tests/fuzz/fuzz.h"

static const FuzzSeed seeds[] = {
    FUZZ_SEED("{\"id\":\"91c07f3a\",\"kind\":\"write\",\"title\":\"t\",\"steps\":[]}"),
    FUZZ_SEED(
        "{\"id\":\"a\",\"kind\":\"unload\",\"destructive\":true,\"details\":{\"n\":1},\"steps\":["
        "{\"kind\":\"unload\",\"title\":\"x\",\"actions\":[{\"kind\":\"unload\",\"sql\":\"s\"}]}]"
        "}"),
    FUZZ_SEED(
        "{\"id\":\"a\",\"kind\":\"write\",\"steps\":[{\"kind\":\"upload\",\"files\":[{\"path\":"
        "\"/p\",\"key\":\"k\",\"offset\":-1,\"length\":1e300,\"records\":null}]}]}"),
    FUZZ_SEED(
        "{\"id\":\"a\",\"kind\":\"merge\",\"details\":[],\"steps\":{\"x\":{\"kind\":\"clean\","
        "\"actions\":\"no list\",\"files\":{}}}}"),
    FUZZ_SEED("before + copied - removed"),
};

const FuzzSeed *fuzz_seeds(gsize *n_seeds)
{
    *n_seeds = G_N_ELEMENTS(seeds);
    return seeds;
}

static gboolean value_of(gpointer user, const char *name, gint64 *value)
{
    *value = *name;
    return TRUE;
}

/* A plan that was read is printed as text, and read again from what it is written as. */
int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    gint64 value;
    plan_evaluate(text, value_of, NULL, &value, NULL);
    cJSON *json = cJSON_Parse(text);
    if (json == NULL)
        return 0;
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = plan_from_json(json, &error);
    cJSON_Delete(json);
    if (plan == NULL) {
        g_assert_error(error, RS_ERROR, RS_ERROR_CORRUPT);
        return 0;
    }
    g_autofree char *sheet = plan_text(plan);
    cJSON *written = plan_to_json(plan);
    g_autoptr(Plan) again = plan_from_json(written, &error);
    g_assert_no_error(error);
    g_autofree char *same = plan_text(again);
    g_assert_cmpstr(sheet, ==, same);
    cJSON_Delete(written);
    return 0;
}
