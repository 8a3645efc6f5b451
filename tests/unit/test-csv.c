#include <string.h>

#include "base/codec.h"
#include "base/csv.h"
#include "base/error.h"

static const RecordRules csv = {.kind = RECORD_CSV, .delimiter = ','};
static const RecordRules text = {.kind = RECORD_TEXT, .delimiter = '|', .escape = TRUE};
static const RecordRules plain = {.kind = RECORD_TEXT, .delimiter = '|'};
static const RecordRules json = {.kind = RECORD_JSON};

typedef struct {
    const char *name;
    const RecordRules *rules;
    const char *input;
    const char *records; /* each followed by ~ ; what is left without an end behind the last one */
    gboolean inside, open;
} RecordCase;

static const RecordCase record_cases[] = {
    {"lines", &csv, "a,b\nc,d\n", "a,b\n~c,d\n~", FALSE, FALSE},
    {"no-final-newline", &csv, "a\nb", "a\n~b", TRUE, FALSE},
    {"crlf", &csv, "a\r\nb\r\n", "a\r\n~b\r\n~", FALSE, FALSE},
    {"newline-in-quotes", &csv, "1,\"x\ny\",2\n3\n", "1,\"x\ny\",2\n~3\n~", FALSE, FALSE},
    {"crlf-in-quotes", &csv, "\"x\r\ny\"\r\n", "\"x\r\ny\"\r\n~", FALSE, FALSE},
    {"doubled-quotes", &csv, "\"a\"\"\n\"\"b\"\nc\n", "\"a\"\"\n\"\"b\"\n~c\n~", FALSE, FALSE},
    {"quote-inside-a-field-is-a-byte", &csv, "5\" pipe,x\ny\n", "5\" pipe,x\n~y\n~", FALSE, FALSE},
    {"blanks-before-a-quote", &csv, "a, \"x\ny\"\nb\n", "a, \"x\ny\"\n~b\n~", FALSE, FALSE},
    {"empty-lines", &csv, "\n\na\n", "\n~\n~a\n~", FALSE, FALSE},
    {"unclosed-quote", &csv, "a,\"b\nc\n", "a,\"b\nc\n", TRUE, TRUE},
    {"escaped-newline", &text, "a|b\\\nc\nd\n", "a|b\\\nc\n~d\n~", FALSE, FALSE},
    {"escaped-backslash-before-newline", &text, "a\\\\\nb\n", "a\\\\\n~b\n~", FALSE, FALSE},
    {"quotes-mean-nothing-in-text", &text, "\"a\nb\"\n", "\"a\n~b\"\n~", FALSE, FALSE},
    {"no-escape", &plain, "a\\\nb\n", "a\\\n~b\n~", FALSE, FALSE},
    {"json-lines", &json, "{\"a\":1}\n{\"a\":2}\n", "{\"a\":1}~\n{\"a\":2}~\n", FALSE, FALSE},
    {"json-without-newlines", &json, "{}{\"a\":[1,{}]}", "{}~{\"a\":[1,{}]}~", FALSE, FALSE},
    {"json-brackets-in-strings", &json, "{\"a\":\"}\\\"]\"}{}", "{\"a\":\"}\\\"]\"}~{}~", FALSE,
     FALSE},
    {"json-over-lines", &json, "{\n \"a\": 1\n}\n", "{\n \"a\": 1\n}~\n", FALSE, FALSE},
    {"json-cut-off", &json, "{\"a\":1}{\"b\":", "{\"a\":1}~{\"b\":", TRUE, TRUE},
};

/* The records of input, fed in pieces of `piece` bytes, each followed by ~. */
static char *cut(const RecordCase *test, gsize piece, RecordScanner *scanner)
{
    GString *out = g_string_new(NULL);
    record_scanner_init(scanner, test->rules);
    gsize length = strlen(test->input);
    for (gsize at = 0; at < length;) {
        gsize size = MIN(piece, length - at);
        gssize end = record_scanner_next(scanner, test->input + at, size);
        gsize taken = end < 0 ? size : (gsize)end;
        g_string_append_len(out, test->input + at, (gssize)taken);
        if (end >= 0)
            g_string_append_c(out, '~');
        at += taken;
    }
    return g_string_free(out, FALSE);
}

static void test_records_end_where_copy_ends_them(gconstpointer user)
{
    const RecordCase *test = user;
    for (gsize piece = 1; piece <= strlen(test->input); piece++) {
        RecordScanner scanner;
        g_autofree char *records = cut(test, piece, &scanner);
        g_assert_cmpstr(records, ==, test->records);
        g_assert_cmpint(record_scanner_is_inside(&scanner), ==, test->inside);
        g_assert_cmpint(record_scanner_is_open(&scanner), ==, test->open);
    }
}

static void test_counts_of_records_blanks_and_lines(void)
{
    RecordScanner scanner;
    record_scanner_init(&scanner, &csv);
    const char *input = "a\n\r\n\"x\ny\"\n\n";
    while (*input != '\0')
        input += record_scanner_next(&scanner, input, strlen(input));
    g_assert_cmpuint(scanner.records, ==, 4);
    g_assert_cmpuint(scanner.blanks, ==, 2);
    g_assert_cmpuint(scanner.lines, ==, 5);
}

static void test_fields(void)
{
    static const struct {
        const RecordRules *rules;
        const char *record;
        const char *fields; /* joined by ~ */
    } cases[] = {
        {&csv, "a,b,c\n", "a~b~c"},
        {&csv, "a,,\r\n", "a~~"},
        {&csv, "", ""},
        {&csv, "\"a,\"\"b\"\"\",\"\nx\"", "a,\"b\"~\nx"},
        {&csv, " \"a\", b", "a~ b"},
        {&csv, "5\" pipe,x", "5\" pipe~x"},
        {&text, "a\\|b|c\\\\|\\\nd\n", "a|b~c\\~\nd"},
        {&plain, "a\\|b\n", "a\\~b"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) fields =
            record_fields(cases[i].rules, cases[i].record, strlen(cases[i].record), &error);
        g_assert_no_error(error);
        g_ptr_array_add(fields, NULL);
        g_autofree char *joined = g_strjoinv("~", (char **)fields->pdata);
        g_ptr_array_set_size(fields, (gint)fields->len - 1);
        g_assert_cmpstr(joined, ==, cases[i].fields);
    }
}

static void test_malformed_fields_are_refused(void)
{
    static const char *const bad[] = {"\"a", "\"a\"b,c", "x,\"y\"\"", "\"a\" ,b"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(record_fields(&csv, bad[i], strlen(bad[i]), &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_DATA);
    }
}

static gboolean collect(gpointer user, const char *bytes, gsize length, GError **error)
{
    (void)error;
    g_byte_array_append(user, (const guint8 *)bytes, (guint)length);
    return TRUE;
}

static GBytes *repeated(gsize length)
{
    char *bytes = g_malloc(length);
    for (gsize i = 0; i < length; i++)
        bytes[i] = (char)("abcdefgh\n,"[i % 10] + (i / 1000) % 3);
    return g_bytes_new_take(bytes, length);
}

static void test_codecs_give_back_what_they_took(void)
{
    static const CodecKind kinds[] = {CODEC_NONE, CODEC_GZIP, CODEC_ZSTD};
    static const gsize sizes[] = {0, 1, 1000, 400000};
    static const gsize pieces[] = {1 << 20, 37};
    for (gsize k = 0; k < G_N_ELEMENTS(kinds); k++)
        for (gsize s = 0; s < G_N_ELEMENTS(sizes); s++)
            for (gsize p = 0; p < G_N_ELEMENTS(pieces); p++) {
                g_autoptr(GError) error = NULL;
                g_autoptr(GBytes) raw = repeated(sizes[s]);
                gsize length, packed_length;
                const char *bytes = g_bytes_get_data(raw, &length);
                /* two frames in a row are one text */
                g_autoptr(GBytes) packed =
                    codec_compress(kinds[k], 0, bytes != NULL ? bytes : "", length, &error);
                g_assert_no_error(error);
                const char *data = g_bytes_get_data(packed, &packed_length);
                g_autoptr(GByteArray) out = g_byte_array_new();
                g_autoptr(Decoder) decoder = decoder_new(kinds[k], collect, out);
                for (int twice = 0; twice < 2; twice++)
                    for (gsize at = 0; at < packed_length; at += pieces[p])
                        g_assert_true(decoder_feed(decoder, data + at,
                                                   MIN(pieces[p], packed_length - at), &error));
                g_assert_true(decoder_end(decoder, &error));
                g_assert_no_error(error);
                g_assert_cmpuint(out->len, ==, 2 * length);
                if (length > 0)
                    g_assert_true(memcmp(out->data + length, bytes, length) == 0);
            }
}

static void test_bad_and_cut_off_streams_are_corrupt(void)
{
    static const CodecKind kinds[] = {CODEC_GZIP, CODEC_ZSTD};
    for (gsize k = 0; k < G_N_ELEMENTS(kinds); k++) {
        g_autoptr(GByteArray) out = g_byte_array_new();
        g_autoptr(GError) error = NULL;
        g_autoptr(Decoder) decoder = decoder_new(kinds[k], collect, out);
        g_assert_false(decoder_feed(decoder, "this is plain text", 18, &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_CORRUPT);
        g_clear_error(&error);
        g_autoptr(GBytes) packed = codec_compress(kinds[k], 0, "hello, hello, hello", 19, &error);
        gsize length;
        const char *data = g_bytes_get_data(packed, &length);
        g_autoptr(Decoder) half = decoder_new(kinds[k], collect, out);
        g_assert_true(decoder_feed(half, data, length - 3, &error));
        g_assert_false(decoder_end(half, &error));
        g_assert_error(error, RS_ERROR, RS_ERROR_CORRUPT);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(record_cases); i++) {
        g_autofree char *path = g_strconcat("/csv/records/", record_cases[i].name, NULL);
        g_test_add_data_func(path, &record_cases[i], test_records_end_where_copy_ends_them);
    }
    g_test_add_func("/csv/counts-of-records-blanks-and-lines",
                    test_counts_of_records_blanks_and_lines);
    g_test_add_func("/csv/fields", test_fields);
    g_test_add_func("/csv/malformed-fields-are-refused", test_malformed_fields_are_refused);
    g_test_add_func("/codec/give-back-what-they-took", test_codecs_give_back_what_they_took);
    g_test_add_func("/codec/bad-and-cut-off-streams-are-corrupt",
                    test_bad_and_cut_off_streams_are_corrupt);
    return g_test_run();
}
