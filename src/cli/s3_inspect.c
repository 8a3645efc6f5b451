#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/s3.h"

/* Redshift guide, "Use multiple files": a multiple of the slices, each 1 MB to 1 GB after compression. */
#define FIT_LEAST 1000000u
#define FIT_MOST 1000000000u
#define DEFAULT_SLICES 4
#define SPLIT_ABOVE 128000000u /* what COPY would read in ranges, were it not compressed */

enum { SAMPLES = 8, SAMPLE_BYTES = 64 << 10, TEXT_BYTES = 16 << 10 };

static const struct {
    guint64 below;
    const char *name;
} sizes[] = {
    {1, "empty"},
    {1000, "below 1 kB"},
    {1000000, "1 kB to 1 MB"},
    {16000000, "1 MB to 16 MB"},
    {128000000, "16 MB to 128 MB"},
    {1000000000, "128 MB to 1 GB"},
    {5000000000, "1 GB to 5 GB"},
    {G_MAXUINT64, "5 GB and more"},
};

typedef struct {
    char *key;
    guint64 size;
    const char *compression, *format;
} Sample;

typedef struct {
    guint64 objects, bytes, smallest, largest, fitting_bytes, hidden, compressed_large, markers;
    guint64 histogram[G_N_ELEMENTS(sizes)];
    char *first_hidden;
    Sample samples[SAMPLES];
    GRand *random; /* with a fixed seed: the same prefix gives the same report */
} Report;

static void report_clear(Report *report)
{
    for (guint i = 0; i < SAMPLES; i++)
        g_free(report->samples[i].key);
    g_free(report->first_hidden);
    if (report->random != NULL)
        g_rand_free(report->random);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Report, report_clear)

/* --- counting ---------------------------------------------------------------------------------- */

/* Every object is as likely as any other to be in the sample, however many come. */
static void consider_sample(Report *report, const S3Object *object)
{
    guint64 place = report->objects - 1;
    if (place >= SAMPLES)
        place = (guint64)(g_rand_double(report->random) * (double)report->objects);
    if (place >= SAMPLES)
        return;
    g_free(report->samples[place].key);
    report->samples[place] = (Sample){.key = g_strdup(object->key), .size = object->size};
}

static gboolean is_hidden(const char *key)
{
    const char *slash = strrchr(key, '/');
    const char *name = slash != NULL ? slash + 1 : key;
    return *name == '_' || *name == '.';
}

static gboolean count_object(gpointer user, const S3Object *object, GError **error)
{
    Report *report = user;
    if (object->size == 0 && g_str_has_suffix(object->key, "/")) {
        report->markers++;
        return TRUE;
    }
    guint row = 0;
    while (object->size >= sizes[row].below)
        row++;
    report->histogram[row]++;
    report->smallest = report->objects == 0 ? object->size : MIN(report->smallest, object->size);
    report->largest = MAX(report->largest, object->size);
    report->objects++;
    report->bytes += object->size;
    if (object->size >= FIT_LEAST && object->size <= FIT_MOST)
        report->fitting_bytes += object->size;
    if (object->size > SPLIT_ABOVE && g_str_has_suffix(object->key, ".gz"))
        report->compressed_large++;
    if (is_hidden(object->key) && report->hidden++ == 0)
        report->first_hidden = g_strdup(object->key);
    consider_sample(report, object);
    return TRUE;
}

/* --- sniffing ---------------------------------------------------------------------------------- */

static const char *format_of_text(const char *text, gsize length)
{
    static const struct {
        char byte;
        const char *name;
    } delimiters[] = {{'|', "text, |"}, {'\t', "text, tab"}, {',', "csv"}, {';', "csv, ;"}};
    gsize line = 0, best = 0;
    const char *name = "text";
    while (line < length && g_ascii_isspace(text[line]))
        line++;
    if (line < length && (text[line] == '{' || text[line] == '['))
        return "json";
    if (memchr(text, '\0', length) != NULL)
        return "binary";
    const char *end = memchr(text, '\n', length);
    gsize first = end != NULL ? (gsize)(end - text) : length;
    for (gsize i = 0; i < G_N_ELEMENTS(delimiters); i++) {
        gsize count = 0;
        for (gsize at = 0; at < first; at++)
            count += text[at] == delimiters[i].byte;
        if (count > best)
            name = delimiters[i].name;
        best = MAX(best, count);
    }
    return name;
}

static gboolean keep_text(gpointer user, const char *bytes, gsize length, GError **error)
{
    GString *text = user;
    g_string_append_len(text, bytes, (gssize)MIN(length, TEXT_BYTES - text->len));
    return text->len < TEXT_BYTES;
}

/* Only the beginning is there, so that the stream ends too early is expected. */
static const char *format_inside(CodecKind kind, const char *bytes, gsize length)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(Decoder) decoder = decoder_new(kind, keep_text, text);
    decoder_feed(decoder, bytes, length, NULL);
    return text->len > 0 ? format_of_text(text->str, text->len) : "unknown";
}

static void sniff(Sample *sample, const char *bytes, gsize length)
{
    static const struct {
        const char *magic;
        gsize length;
        const char *compression, *format;
        CodecKind codec;
    } kinds[] = {
        {"\x1f\x8b", 2, "gzip", NULL, CODEC_GZIP},
        {"\x28\xb5\x2f\xfd", 4, "zstd", NULL, CODEC_ZSTD},
        {"BZh", 3, "bzip2", "unknown", CODEC_NONE},
        {"\x89LZO", 4, "lzop", "unknown", CODEC_NONE},
        {"PAR1", 4, "inside", "parquet", CODEC_NONE},
        {"ORC", 3, "inside", "orc", CODEC_NONE},
        {"Obj\x01", 4, "inside", "avro", CODEC_NONE},
    };
    sample->compression = "none";
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (length < kinds[i].length || memcmp(bytes, kinds[i].magic, kinds[i].length) != 0)
            continue;
        sample->compression = kinds[i].compression;
        sample->format = kinds[i].format != NULL ? kinds[i].format
                                                 : format_inside(kinds[i].codec, bytes, length);
        return;
    }
    sample->format = length == 0 ? "empty" : format_of_text(bytes, length);
}

static gboolean read_samples(CliContext *cli, S3Client *s3, const char *bucket, Report *report,
                             GError **error)
{
    for (guint i = 0; i < SAMPLES && report->samples[i].key != NULL; i++) {
        Sample *sample = &report->samples[i];
        g_autoptr(GError) failure = NULL;
        g_autoptr(GBytes) bytes =
            s3_get(s3, bucket, sample->key, 0, SAMPLE_BYTES, cli->cancellable, &failure);
        if (bytes == NULL && g_error_matches(failure, RS_ERROR, RS_ERROR_NOT_FOUND)) {
            sample->compression = sample->format = "gone";
            continue;
        }
        /* not ours to read, or archived: its size is known all the same */
        if (bytes == NULL && g_error_matches(failure, RS_ERROR, RS_ERROR_PERMISSION)) {
            sample->compression = sample->format = "denied";
            continue;
        }
        if (bytes == NULL) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        gsize length;
        const char *start = g_bytes_get_data(bytes, &length);
        sniff(sample, start != NULL ? start : "", length);
    }
    return TRUE;
}

/* --- judging ----------------------------------------------------------------------------------- */

/* The share of slices that are busy when each takes the next object, to the last round. */
static double even_share(const Report *report, guint64 slices)
{
    guint64 rounds = (report->objects + slices - 1) / slices;
    return rounds > 0 ? (double)report->objects / (double)(rounds * slices) : 0;
}

/* The share of the bytes that lie in objects of a size that COPY likes. */
static double sized_share(const Report *report)
{
    return report->bytes > 0 ? (double)report->fitting_bytes / (double)report->bytes : 0;
}

static guint percent(double share)
{
    return (guint)(100 * share + 0.5);
}

/* 0 to 100: how evenly the files fall on the slices, times how much of the data has a good size. */
static guint slices_fit(const Report *report, guint64 slices)
{
    return percent(even_share(report, slices) * sized_share(report));
}

static guint64 slices_of(const CliContext *cli)
{
    const S3Options *options = cli->options;
    return options->slices > 0 ? (guint64)options->slices : DEFAULT_SLICES;
}

static gboolean is_mixed(const Report *report)
{
    for (guint i = 1; i < SAMPLES && report->samples[i].key != NULL; i++)
        if (strcmp(report->samples[i].compression, report->samples[0].compression) != 0 ||
            strcmp(report->samples[i].format, report->samples[0].format) != 0)
            return TRUE;
    return FALSE;
}

static GPtrArray *warnings_of(const Report *report, guint64 slices)
{
    GPtrArray *warnings = g_ptr_array_new_with_free_func(g_free);
    guint64 large_gzip = report->compressed_large;
    for (guint i = 0; large_gzip == 0 && i < SAMPLES && report->samples[i].key != NULL; i++)
        large_gzip += report->samples[i].size > SPLIT_ABOVE &&
                      strcmp(report->samples[i].compression, "gzip") == 0;
    if (large_gzip > 0)
        g_ptr_array_add(warnings,
                        g_strdup("gzip files over 128 MB: one slice reads each, for gzip cannot be "
                                 "split; cut them into parts of equal size"));
    if (report->hidden > 0)
        g_ptr_array_add(
            warnings,
            g_strdup_printf("%" G_GUINT64_FORMAT " object%s whose name begins with _ or "
                            ". (%s): Spectrum and other readers leave them out",
                            report->hidden, report->hidden == 1 ? "" : "s", report->first_hidden));
    if (report->histogram[0] > 0)
        g_ptr_array_add(warnings, g_strdup_printf("%" G_GUINT64_FORMAT " empty object%s",
                                                  report->histogram[0],
                                                  report->histogram[0] == 1 ? "" : "s"));
    if (report->objects > 0 && report->objects % slices != 0)
        g_ptr_array_add(warnings, g_strdup_printf("%" G_GUINT64_FORMAT
                                                  " objects are no multiple of %" G_GUINT64_FORMAT
                                                  " slices: some slices wait for others",
                                                  report->objects, slices));
    if (is_mixed(report))
        g_ptr_array_add(warnings, g_strdup("the sample is of more than one format or compression: "
                                           "one COPY reads one kind only"));
    return warnings;
}

/* --- telling ----------------------------------------------------------------------------------- */

static void append_samples(GString *out, const char *bucket, const Report *report)
{
    for (guint i = 0; i < SAMPLES && report->samples[i].key != NULL; i++) {
        const Sample *sample = &report->samples[i];
        g_autofree char *key = text_printable(sample->key, -1);
        g_autofree char *size = text_bytes(sample->size);
        g_string_append_printf(out, "  %-10s %-10s %9s  s3://%s/%s\n", sample->format,
                               sample->compression, size, bucket, key);
    }
}

static char *report_text(const char *bucket, const Report *report, guint64 slices,
                         const GPtrArray *warnings)
{
    GString *out = g_string_new(NULL);
    g_autofree char *count = text_count(report->objects);
    g_autofree char *bytes = text_bytes(report->bytes);
    g_autofree char *smallest = text_bytes(report->smallest);
    g_autofree char *largest = text_bytes(report->largest);
    g_string_append_printf(out, "objects     %s\ntotal       %s\nsmallest    %s\nlargest     %s\n",
                           count, bytes, smallest, largest);
    g_string_append_printf(out,
                           "per slice   %.2f objects on %" G_GUINT64_FORMAT " slices\n"
                           "slices fit  %u of 100: %u %% by their number, %u %% of the bytes in "
                           "objects of 1 MB to 1 GB\n\nsizes\n",
                           (double)report->objects / (double)slices, slices,
                           slices_fit(report, slices), percent(even_share(report, slices)),
                           percent(sized_share(report)));
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        if (report->histogram[i] == 0)
            continue;
        g_autofree char *objects = text_count(report->histogram[i]);
        g_autofree char *bar =
            g_strnfill(MAX(1, (gsize)(40 * report->histogram[i] / report->objects)), '#');
        g_string_append_printf(out, "  %-16s %10s  %s\n", sizes[i].name, objects, bar);
    }
    g_string_append(out, "\nsample\n");
    append_samples(out, bucket, report);
    for (guint i = 0; i < warnings->len; i++) {
        g_autofree char *line = text_printable(warnings->pdata[i], -1);
        g_string_append_printf(out, "%swarning: %s\n", i == 0 ? "\n" : "", line);
    }
    return g_string_free(out, FALSE);
}

static void add_count(cJSON *object, const char *name, guint64 value)
{
    g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT, value);
    cJSON_AddRawToObject(object, name, text);
}

static void add_text(cJSON *object, const char *name, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    cJSON_AddStringToObject(object, name, valid);
}

static cJSON *report_json(const Report *report, guint64 slices, const GPtrArray *warnings)
{
    cJSON *json = cJSON_CreateObject();
    add_count(json, "objects", report->objects);
    add_count(json, "bytes", report->bytes);
    add_count(json, "smallest", report->smallest);
    add_count(json, "largest", report->largest);
    add_count(json, "slices", slices);
    add_count(json, "slices_fit", slices_fit(report, slices));
    cJSON *histogram = cJSON_AddObjectToObject(json, "sizes");
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++)
        add_count(histogram, sizes[i].name, report->histogram[i]);
    cJSON *samples = cJSON_AddArrayToObject(json, "sample");
    for (guint i = 0; i < SAMPLES && report->samples[i].key != NULL; i++) {
        cJSON *sample = cJSON_CreateObject();
        add_text(sample, "key", report->samples[i].key);
        add_count(sample, "bytes", report->samples[i].size);
        cJSON_AddStringToObject(sample, "format", report->samples[i].format);
        cJSON_AddStringToObject(sample, "compression", report->samples[i].compression);
        cJSON_AddItemToArray(samples, sample);
    }
    cJSON *list = cJSON_AddArrayToObject(json, "warnings");
    for (guint i = 0; i < warnings->len; i++)
        cJSON_AddItemToArray(list, cJSON_CreateString(warnings->pdata[i]));
    return json;
}

gboolean s3_inspect(CliContext *cli, S3Client *s3, GError **error)
{
    g_auto(Report) report = {.random = g_rand_new_with_seed(1)};
    g_autofree char *bucket = NULL, *key = NULL;
    guint64 slices = slices_of(cli);
    if (!s3_parse_url(cli->arguments[1], &bucket, &key, error) ||
        !s3_each_below(s3, bucket, key, count_object, &report, cli->cancellable, error))
        return FALSE;
    if (report.objects == 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND, "there is nothing at %s",
                    cli->arguments[1]);
        return FALSE;
    }
    if (!read_samples(cli, s3, bucket, &report, error))
        return FALSE;
    g_autoptr(GPtrArray) warnings = warnings_of(&report, slices);
    if (cli->globals.json)
        return cli_print_json(cli, report_json(&report, slices, warnings), error);
    g_autofree char *text = report_text(bucket, &report, slices, warnings);
    return cli_print_text(cli, text, error);
}
