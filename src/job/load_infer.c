#include <string.h>

#include <cJSON.h>

#include "base/codec.h"
#include "base/error.h"
#include "job/load_source.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* What a column's values have all been so far: a set of these bits. */
enum {
    MAY_BOOLEAN = 1 << 0,
    MAY_INTEGER = 1 << 1,
    MAY_DECIMAL = 1 << 2,
    MAY_FLOAT = 1 << 3,
    MAY_DATE = 1 << 4,
    MAY_TIMESTAMP = 1 << 5,
    MAY_TIMESTAMPTZ = 1 << 6,
    MAY_ANYTHING = (1 << 7) - 1,
};

typedef struct {
    char *name;
    guint may;
    gboolean seen, super, wide; /* wide: an integer beyond 32 bits */
    guint digits, scale;        /* the most before and behind the point */
    gsize bytes;                /* the longest value */
} ColumnStat;

typedef struct {
    const LoadSource *source;
    LoadFacts *facts;
    RecordRules rules;
    RecordScanner scanner;
    GByteArray *pending; /* a record that is not whole yet */
    GPtrArray *stats;    /* of ColumnStat */
    GHashTable *by_name; /* JSON: name -> ColumnStat */
    gboolean skip_header;
    guint64 taken; /* raw bytes of the current input */
} Inference;

static void stat_free(gpointer data)
{
    ColumnStat *stat = data;
    g_free(stat->name);
    g_free(stat);
}

static ColumnStat *add_stat(Inference *inference, const char *name)
{
    ColumnStat *stat = g_new0(ColumnStat, 1);
    stat->name = g_strdup(name);
    stat->may = MAY_ANYTHING;
    g_ptr_array_add(inference->stats, stat);
    return stat;
}

/* --- one value ---------------------------------------------------------------------------------- */

static const char *skip_digits(const char *at, guint *n)
{
    *n = 0;
    for (; g_ascii_isdigit(*at); at++)
        (*n)++;
    return at;
}

/* Bits for a number's text. 007 is no number: its zeros mean something. */
static guint classify_number(const char *text, ColumnStat *stat)
{
    const char *at = *text == '-' || *text == '+' ? text + 1 : text;
    guint whole, behind = 0;
    if (at[0] == '0' && g_ascii_isdigit(at[1]))
        return 0;
    at = skip_digits(at, &whole);
    if (*at == '.')
        at = skip_digits(at + 1, &behind);
    if (whole + behind == 0)
        return 0;
    if (*at == 'e' || *at == 'E') {
        guint exponent;
        at++;
        at = skip_digits(*at == '-' || *at == '+' ? at + 1 : at, &exponent);
        return *at == '\0' && exponent > 0 ? MAY_FLOAT : 0;
    }
    if (*at != '\0')
        return 0;
    stat->digits = MAX(stat->digits, whole);
    stat->scale = MAX(stat->scale, behind);
    guint bits = MAY_FLOAT | MAY_DECIMAL;
    if (strchr(text, '.') == NULL) {
        errno = 0;
        gint64 value = g_ascii_strtoll(text, NULL, 10);
        bits |= errno == 0 ? MAY_INTEGER : 0;
        stat->wide |= value > G_MAXINT32 || value < G_MININT32;
    }
    return bits;
}

/* Two digits within bounds; *at moves behind them. */
static gboolean take_pair(const char **at, guint most)
{
    if (!g_ascii_isdigit((*at)[0]) || !g_ascii_isdigit((*at)[1]))
        return FALSE;
    guint value = (guint)((*at)[0] - '0') * 10 + (guint)((*at)[1] - '0');
    *at += 2;
    return value <= most;
}

static gboolean take_byte(const char **at, char byte)
{
    if (**at != byte)
        return FALSE;
    (*at)++;
    return TRUE;
}

static guint classify_zone(const char *at, gboolean automatic)
{
    if (*at == '\0')
        return MAY_TIMESTAMP | MAY_TIMESTAMPTZ;
    if (automatic && strcmp(at, "Z") == 0)
        return MAY_TIMESTAMPTZ;
    if (*at != '+' && *at != '-')
        return 0;
    at++;
    gboolean ok = take_pair(&at, 15);
    if (ok && *at != '\0') {
        take_byte(&at, ':');
        ok = take_pair(&at, 59);
    }
    return ok && *at == '\0' ? MAY_TIMESTAMPTZ : 0;
}

/* Only what COPY reads with the formats asked for. */
static guint classify_date(const char *text, const LoadSource *source)
{
    guint year_digits;
    const char *at = skip_digits(text, &year_digits);
    if (year_digits != 4 || !take_byte(&at, '-') || !take_pair(&at, 12) || !take_byte(&at, '-') ||
        !take_pair(&at, 31))
        return 0;
    g_autofree char *head = g_strndup(text, 10);
    GDate date;
    g_date_clear(&date, 1);
    guint y = (guint)g_ascii_strtoull(head, NULL, 10);
    guint m = (guint)g_ascii_strtoull(head + 5, NULL, 10);
    guint d = (guint)g_ascii_strtoull(head + 8, NULL, 10);
    if (!g_date_valid_dmy((GDateDay)d, (GDateMonth)m, (GDateYear)y))
        return 0;
    if (*at == '\0')
        return MAY_DATE | MAY_TIMESTAMP | MAY_TIMESTAMPTZ;
    gboolean automatic = g_strcmp0(source->time_format, "auto") == 0;
    if (!take_byte(&at, ' ') && !(automatic && take_byte(&at, 'T')))
        return 0;
    if (!take_pair(&at, 23) || !take_byte(&at, ':') || !take_pair(&at, 59) ||
        !take_byte(&at, ':') || !take_pair(&at, 59))
        return 0;
    guint fraction = 0;
    if (*at == '.')
        at = skip_digits(at + 1, &fraction);
    return fraction <= 6 ? classify_zone(at, automatic) : 0;
}

static gboolean is_boolean(const char *text)
{
    static const char *const words[] = {"t", "f", "true", "false", NULL};
    for (guint i = 0; words[i] != NULL; i++)
        if (g_ascii_strcasecmp(words[i], text) == 0)
            return TRUE;
    return FALSE;
}

static void take_value(Inference *inference, ColumnStat *stat, const char *text)
{
    const char *null_as = inference->source->null_as != NULL ? inference->source->null_as : "\\N";
    if (strcmp(text, null_as) == 0 || *text == '\0')
        return;
    guint bits = classify_number(text, stat) | classify_date(text, inference->source);
    if (is_boolean(text))
        bits |= MAY_BOOLEAN;
    stat->may &= bits;
    stat->seen = TRUE;
    stat->bytes = MAX(stat->bytes, strlen(text));
}

static char *stat_type(const ColumnStat *stat)
{
    if (stat->super)
        return g_strdup("SUPER");
    if (!stat->seen)
        return g_strdup("VARCHAR(256)");
    if (stat->may & MAY_BOOLEAN)
        return g_strdup("BOOLEAN");
    if (stat->may & MAY_INTEGER)
        return g_strdup(stat->wide ? "BIGINT" : "INTEGER");
    if ((stat->may & MAY_DECIMAL) && stat->digits + stat->scale <= 38)
        return g_strdup_printf("DECIMAL(%u,%u)", MAX(18, stat->digits + stat->scale), stat->scale);
    if (stat->may & MAY_FLOAT)
        return g_strdup("DOUBLE PRECISION");
    if (stat->may & MAY_DATE)
        return g_strdup("DATE");
    if (stat->may & MAY_TIMESTAMP)
        return g_strdup("TIMESTAMP");
    if (stat->may & MAY_TIMESTAMPTZ)
        return g_strdup("TIMESTAMPTZ");
    gsize width = (stat->bytes + stat->bytes / 4 + 7) / 8 * 8;
    return g_strdup_printf("VARCHAR(%" G_GSIZE_FORMAT ")", MIN(width, 65535));
}

/* --- records ------------------------------------------------------------------------------------ */

static void take_member(Inference *inference, const cJSON *member)
{
    ColumnStat *stat = g_hash_table_lookup(inference->by_name, member->string);
    if (stat == NULL) {
        stat = add_stat(inference, member->string);
        g_hash_table_insert(inference->by_name, stat->name, stat);
    }
    if (cJSON_IsNull(member))
        return;
    if (cJSON_IsObject(member) || cJSON_IsArray(member)) {
        stat->super = TRUE;
        return;
    }
    char *printed = cJSON_IsString(member) ? NULL : cJSON_PrintUnformatted(member);
    take_value(inference, stat, printed != NULL ? printed : member->valuestring);
    cJSON_free(printed);
}

static gboolean take_json(Inference *inference, const char *record, gsize length, GError **error)
{
    cJSON *json = cJSON_ParseWithLength(record, length);
    gboolean ok = cJSON_IsObject(json);
    if (!ok)
        g_set_error(error, RS_ERROR, RS_ERROR_DATA,
                    "record %" G_GUINT64_FORMAT " is not a JSON object",
                    inference->facts->inferred_records + 1);
    const cJSON *member;
    if (ok)
        cJSON_ArrayForEach(member, json) take_member(inference, member);
    cJSON_Delete(json);
    return ok;
}

static gboolean take_fields(Inference *inference, const char *record, gsize length, GError **error)
{
    g_autoptr(GPtrArray) fields = record_fields(&inference->rules, record, length, error);
    if (fields == NULL) {
        g_prefix_error(error, "record %" G_GUINT64_FORMAT ": ",
                       inference->facts->inferred_records + 1);
        return FALSE;
    }
    for (guint i = 0; i < MIN(fields->len, inference->stats->len); i++)
        take_value(inference, inference->stats->pdata[i], fields->pdata[i]);
    return TRUE;
}

static gboolean take_record(Inference *inference, const char *record, gsize length, GError **error)
{
    if (inference->skip_header) {
        inference->skip_header = FALSE;
        return TRUE;
    }
    gboolean ok = inference->rules.kind == RECORD_JSON
                      ? take_json(inference, record, length, error)
                      : take_fields(inference, record, length, error);
    inference->facts->inferred_records++;
    return ok;
}

/* A DecoderSink: cuts the text into records. Ends with PARTIAL_INPUT at the limit. */
static gboolean take_bytes(gpointer user, const char *bytes, gsize length, GError **error)
{
    Inference *inference = user;
    gboolean marked = inference->taken == 0 && length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0;
    gsize at = marked ? 3 : 0;
    while (at < length) {
        gssize end = record_scanner_next(&inference->scanner, bytes + at, length - at);
        gsize size = end < 0 ? length - at : (gsize)end;
        g_byte_array_append(inference->pending, (const guint8 *)bytes + at, (guint)size);
        at += size;
        if (end < 0)
            break;
        if (!take_record(inference, (char *)inference->pending->data, inference->pending->len,
                         error))
            return FALSE;
        g_byte_array_set_size(inference->pending, 0);
    }
    inference->taken += length;
    if (inference->taken < LOAD_INFER_LIMIT)
        return TRUE;
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT, "enough");
    return FALSE;
}

static gboolean feed_file(Decoder *decoder, int fd, GCancellable *cancellable, GError **error)
{
    g_autofree char *chunk = g_malloc(256 << 10);
    for (;;) {
        if (rs_error_set_if_cancelled(cancellable, error))
            return FALSE;
        gssize n = read(fd, chunk, 256 << 10);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return rs_error_set_errno(error, errno, "cannot read");
        if (n == 0)
            return decoder_end(decoder, error);
        if (!decoder_feed(decoder, chunk, (gsize)n, error))
            return FALSE;
    }
}

static gboolean scan_file(Inference *inference, const LoadFile *file, GCancellable *cancellable,
                          GError **error)
{
    int fd = open(file->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return rs_error_set_errno(error, errno, "cannot open %s", file->path);
    record_scanner_init(&inference->scanner, &inference->rules);
    g_byte_array_set_size(inference->pending, 0);
    inference->skip_header = inference->facts->has_header;
    inference->taken = 0;
    CodecKind kind = inference->facts->compression == SQL_COMPRESS_GZIP   ? CODEC_GZIP
                     : inference->facts->compression == SQL_COMPRESS_ZSTD ? CODEC_ZSTD
                                                                          : CODEC_NONE;
    g_autoptr(Decoder) decoder = decoder_new(kind, take_bytes, inference);
    g_autoptr(GError) local = NULL;
    gboolean ok = feed_file(decoder, fd, cancellable, &local);
    close(fd);
    gboolean enough = g_error_matches(local, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT);
    if (enough)
        inference->facts->inferred_all = FALSE;
    else if (ok && record_scanner_is_inside(&inference->scanner))
        ok = take_record(inference, (char *)inference->pending->data, inference->pending->len,
                         &local);
    if (ok || enough)
        return TRUE;
    g_propagate_prefixed_error(error, g_steal_pointer(&local), "%s: ", file->path);
    return FALSE;
}

static void column_free(gpointer data)
{
    LoadColumn *column = data;
    g_free(column->name);
    g_free(column->type);
    g_free(column);
}

static void name_columns(Inference *inference)
{
    LoadFacts *facts = inference->facts;
    const char *const *given = inference->source->columns;
    for (guint i = 0; inference->rules.kind != RECORD_JSON && i < facts->n_fields; i++) {
        g_autofree char *made = g_strdup_printf("c%u", i + 1);
        const char *name = given != NULL && i < g_strv_length((char **)given) ? given[i]
                           : facts->fields != NULL ? facts->fields->pdata[i]
                                                   : made;
        add_stat(inference, name);
    }
}

gboolean load_source_infer(const LoadSource *source, LoadFacts *facts, GCancellable *cancellable,
                           GError **error)
{
    if (facts->remote || facts->format == SQL_FORMAT_PARQUET) {
        g_set_error(error, RS_ERROR, RS_ERROR_UNSUPPORTED,
                    "column types are not guessed from %s: name a table to copy them from (--like) "
                    "or write them (--columns-ddl)",
                    facts->remote ? "objects in S3" : "Parquet");
        return FALSE;
    }
    Inference inference = {
        .source = source, .facts = facts, .rules = load_source_rules(source, facts)};
    inference.pending = g_byte_array_new();
    inference.stats = g_ptr_array_new_with_free_func(stat_free);
    inference.by_name = g_hash_table_new(g_str_hash, g_str_equal);
    facts->inferred_all = TRUE;
    facts->inferred_records = 0;
    name_columns(&inference);
    gboolean ok = TRUE;
    for (guint i = 0; ok && i < facts->files->len; i++)
        ok = scan_file(&inference, facts->files->pdata[i], cancellable, error);
    g_clear_pointer(&facts->columns, g_ptr_array_unref);
    facts->columns = g_ptr_array_new_with_free_func(column_free);
    for (guint i = 0; i < inference.stats->len; i++) {
        const ColumnStat *stat = inference.stats->pdata[i];
        LoadColumn *column = g_new0(LoadColumn, 1);
        column->name = g_strdup(stat->name);
        column->type = stat_type(stat);
        g_ptr_array_add(facts->columns, column);
    }
    g_hash_table_destroy(inference.by_name);
    g_ptr_array_unref(inference.stats);
    g_byte_array_unref(inference.pending);
    return ok;
}
