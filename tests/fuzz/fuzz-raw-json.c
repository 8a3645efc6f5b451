#include <string.h>

#include "aws/data_api.h"
#include "tests/fuzz/fuzz.h"

static const FuzzSeed seeds[] = {
    FUZZ_SEED("{\"Records\":[[{\"longValue\":9223372036854775807},{\"isNull\":true}]],"
              "\"ColumnMetadata\":[{\"name\":\"a\",\"typeName\":\"int8\"},{\"name\":\"b\"}],"
              "\"TotalNumRows\":1,\"NextToken\":\"x\"}"),
    FUZZ_SEED("{\"Records\":[[{\"stringValue\":\"a\\u00e9\\ud83c\\udfab\\u0000b\\n\"}]]}"),
    FUZZ_SEED("{\"Records\":[[{\"blobValue\":\"AAEC/w==\"},{\"doubleValue\":-1.5e-300}]]}"),
    FUZZ_SEED("{\"Records\":[{\"CSVRecords\":\"a,b\\r\\n1,\\\"\\\"\\r\\n\"}]}"),
    FUZZ_SEED(" { \"a\" : [ 1 , 2.5 , { } , [ ] , null , true , false ] } "),
};

const FuzzSeed *fuzz_seeds(gsize *n_seeds)
{
    *n_seeds = G_N_ELEMENTS(seeds);
    return seeds;
}

/* What is a number came as one, digit by digit; every text ends where its length says. */
static gboolean check_row(gpointer user, const DataApiField *fields, guint n, GError **error)
{
    for (guint i = 0; i < n; i++) {
        const DataApiField *field = &fields[i];
        g_assert_true((field->text == NULL) == (field->kind == DATA_API_NULL));
        if (field->text == NULL)
            continue;
        g_assert_cmpint(field->text[field->length], ==, '\0');
        if (field->kind == DATA_API_LONG)
            g_assert_nonnull(strstr(user, field->text));
    }
    return TRUE;
}

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autofree char *bytes = g_malloc0(size + 1);
    memcpy(bytes, data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(DataApiPage) page = data_api_page_parse(bytes, size, &error);
    g_assert_true((page == NULL) == (error != NULL));
    if (page == NULL)
        return 0;
    gsize length = 0;
    g_autofree char *csv = data_api_page_csv(page, &length);
    g_assert_cmpint(csv[length], ==, '\0');
    g_autoptr(GError) refusal = NULL;
    g_assert_true(data_api_page_rows(page, check_row, text, &refusal) == (refusal == NULL));
    return 0;
}
