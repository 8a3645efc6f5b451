#include "job/load_source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cJSON.h>

#include "base/codec.h"
#include "base/error.h"
#include "base/text.h"
#include "job/load_sample.h"

static void file_free(gpointer data)
{
    LoadFile *file = data;
    g_free(file->path);
    g_free(file);
}

static LoadFacts *facts_new(void)
{
    LoadFacts *facts = g_new0(LoadFacts, 1);
    facts->files = g_ptr_array_new_with_free_func(file_free);
    return facts;
}

void load_facts_free(LoadFacts *facts)
{
    if (facts == NULL)
        return;
    g_ptr_array_unref(facts->files);
    g_clear_pointer(&facts->fields, g_ptr_array_unref);
    g_clear_pointer(&facts->columns, g_ptr_array_unref);
    g_free(facts);
}

/* --- which inputs ------------------------------------------------------------------------------- */

static gboolean is_url(const char *path)
{
    return g_ascii_strncasecmp(path, "s3", 2) == 0 && strstr(path, "://") != NULL;
}

static gboolean add_local(LoadFacts *facts, const char *path, GError **error)
{
    if (strcmp(path, "-") == 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "standard input cannot be loaded: a resume could not read it again; "
                    "write it to a file first");
        return FALSE;
    }
    struct stat status;
    if (stat(path, &status) != 0) {
        gboolean missing = errno == ENOENT || errno == ENOTDIR;
        if (missing)
            g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND, "no file %s", path);
        else
            rs_error_set_errno(error, errno, "cannot look at %s", path);
        return FALSE;
    }
    if (!S_ISREG(status.st_mode)) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "%s is not a regular file", path);
        return FALSE;
    }
    LoadFile *file = g_new0(LoadFile, 1);
    file->path = g_canonicalize_filename(path, NULL);
    file->size = (guint64)status.st_size;
    file->mtime_us = (gint64)status.st_mtim.tv_sec * G_USEC_PER_SEC + status.st_mtim.tv_nsec / 1000;
    file->data_line = 1;
    g_ptr_array_add(facts->files, file);
    facts->bytes += file->size;
    return TRUE;
}

/* UNLOAD's manifest and folder markers lie beside the data and are none. */
static gboolean is_data_key(const char *key)
{
    return !g_str_has_suffix(key, "/") && !g_str_has_suffix(key, "manifest");
}

static void add_object(LoadFacts *facts, const char *bucket, const S3Object *object)
{
    LoadFile *file = g_new0(LoadFile, 1);
    file->path = g_strdup_printf("s3://%s/%s", bucket, object->key);
    file->size = object->size;
    file->data_line = 1;
    g_ptr_array_add(facts->files, file);
    facts->bytes += object->size;
}

#define LOAD_OBJECT_LIMIT 100000

/* The object of that key alone when there is one, else all whose keys begin with it. */
static gboolean add_remote(LoadFacts *facts, const char *url, S3Client *s3,
                           GCancellable *cancellable, GError **error)
{
    g_autofree char *bucket = NULL, *key = NULL;
    if (!s3_parse_url(url, &bucket, &key, error))
        return FALSE;
    g_autoptr(GPtrArray) objects =
        s3_list_all(s3, bucket, key, LOAD_OBJECT_LIMIT, cancellable, error);
    if (objects == NULL)
        return FALSE;
    guint before = facts->files->len;
    for (guint i = 0; i < objects->len; i++) {
        const S3Object *object = objects->pdata[i];
        if (strcmp(object->key, key) == 0 && *key != '\0') {
            add_object(facts, bucket, object);
            return TRUE;
        }
    }
    for (guint i = 0; i < objects->len; i++) {
        const S3Object *object = objects->pdata[i];
        if (is_data_key(object->key))
            add_object(facts, bucket, object);
    }
    if (facts->files->len > before)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND, "no object at or under %s", url);
    return FALSE;
}

static gboolean add_inputs(const LoadSource *source, LoadFacts *facts, S3Client *s3,
                           GCancellable *cancellable, GError **error)
{
    if (source->paths == NULL || source->paths[0] == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "no input file was named");
        return FALSE;
    }
    facts->remote = is_url(source->paths[0]);
    for (guint i = 0; source->paths[i] != NULL; i++) {
        const char *path = source->paths[i];
        if (is_url(path) != facts->remote) {
            g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                        "%s and %s: local files and objects cannot be mixed in one job",
                        source->paths[0], path);
            return FALSE;
        }
        if (facts->remote ? !add_remote(facts, path, s3, cancellable, error)
                          : !add_local(facts, path, error))
            return FALSE;
    }
    return TRUE;
}

/* --- format and compression --------------------------------------------------------------------- */

static const struct {
    const char *suffix;
    SqlFormat format;
    char delimiter;
} formats[] = {
    {".csv", SQL_FORMAT_CSV, ','},       {".tsv", SQL_FORMAT_TEXT, '\t'},
    {".tab", SQL_FORMAT_TEXT, '\t'},     {".txt", SQL_FORMAT_TEXT, '|'},
    {".text", SQL_FORMAT_TEXT, '|'},     {".json", SQL_FORMAT_JSON, 0},
    {".jsonl", SQL_FORMAT_JSON, 0},      {".ndjson", SQL_FORMAT_JSON, 0},
    {".parquet", SQL_FORMAT_PARQUET, 0}, {".orc", SQL_FORMAT_ORC, 0},
    {".avro", SQL_FORMAT_AVRO, 0},
};

static const struct {
    const char *suffix;
    SqlCompression compression;
} compressions[] = {
    {".gz", SQL_COMPRESS_GZIP},
    {".zst", SQL_COMPRESS_ZSTD},
    {".bz2", SQL_COMPRESS_BZIP2},
    {".lzo", SQL_COMPRESS_LZOP},
};

static char default_delimiter(SqlFormat format)
{
    return format == SQL_FORMAT_TEXT ? '|' : ',';
}

/* What a name's suffixes say. format_known is FALSE when they say nothing of the format. */
static void sniff_name(const char *path, SqlFormat *format, char *delimiter, gboolean *format_known,
                       SqlCompression *compression)
{
    g_autofree char *name = g_ascii_strdown(path, -1);
    *compression = SQL_COMPRESS_NONE;
    for (gsize i = 0; i < G_N_ELEMENTS(compressions); i++)
        if (g_str_has_suffix(name, compressions[i].suffix)) {
            *compression = compressions[i].compression;
            name[strlen(name) - strlen(compressions[i].suffix)] = '\0';
            break;
        }
    *format_known = FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++)
        if (g_str_has_suffix(name, formats[i].suffix)) {
            *format = formats[i].format;
            *delimiter = formats[i].delimiter;
            *format_known = TRUE;
        }
}

static gboolean refuse_usage(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static gboolean refuse_usage(GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, RS_ERROR, RS_ERROR_USAGE, message);
    return FALSE;
}

/* The options' words over the suffixes'; all inputs must then agree. */
static gboolean decide_format(const LoadSource *source, LoadFacts *facts, GError **error)
{
    SqlFormat named = SQL_FORMAT_CSV;
    if (source->format != NULL && !sql_format_from_name(source->format, &named))
        return refuse_usage(error, "format \"%s\" is none of csv, text, json, parquet",
                            source->format);
    SqlCompression forced = SQL_COMPRESS_NONE;
    if (source->compression != NULL && !sql_compression_from_name(source->compression, &forced))
        return refuse_usage(error, "compression \"%s\" is none of none, gzip, zstd, bzip2",
                            source->compression);
    for (guint i = 0; i < facts->files->len; i++) {
        const LoadFile *file = facts->files->pdata[i], *first = facts->files->pdata[0];
        SqlFormat format = named;
        SqlCompression compression;
        char delimiter = 0;
        gboolean known;
        sniff_name(file->path, &format, &delimiter, &known, &compression);
        if (!known && source->format == NULL)
            return refuse_usage(error, "%s: the name does not tell the format; say --format",
                                file->path);
        if (source->format != NULL) {
            delimiter = known && format == named ? delimiter : default_delimiter(named);
            format = named;
        }
        if (source->compression != NULL)
            compression = forced;
        if (i > 0 && (format != facts->format || delimiter != facts->delimiter[0]))
            return refuse_usage(error, "%s and %s have different formats; load them one by one",
                                first->path, file->path);
        if (i > 0 && compression != facts->compression)
            return refuse_usage(error, "%s and %s are compressed differently; load them one by one",
                                first->path, file->path);
        facts->format = format;
        facts->compression = compression;
        facts->delimiter[0] = delimiter;
    }
    if (source->delimiter != NULL)
        facts->delimiter[0] = source->delimiter[0];
    return TRUE;
}

static gboolean check_options(const LoadSource *source, const LoadFacts *facts, GError **error)
{
    gboolean text = facts->format == SQL_FORMAT_TEXT, csv = facts->format == SQL_FORMAT_CSV;
    const struct {
        gboolean bad;
        const char *why;
    } rules[] = {
        {source->delimiter != NULL && !text && !csv, "--delimiter is for CSV and text"},
        {source->delimiter != NULL &&
             (strlen(source->delimiter) != 1 || !g_str_is_ascii(source->delimiter)),
         "--delimiter must be one ASCII character"},
        {source->quote != NULL && !csv, "--quote is for CSV"},
        {source->quote != NULL && strlen(source->quote) != 1, "--quote must be one character"},
        {source->null_as != NULL && !text && !csv, "--null-as is for CSV and text"},
        {source->header == LOAD_HEADER_YES && !text && !csv, "only CSV and text have a header"},
        {source->remove_quotes && !text, "--remove-quotes is for text"},
        {source->max_errors < 0 || source->max_errors > 100000, "--max-errors must be 0 to 100000"},
        {facts->format == SQL_FORMAT_ORC || facts->format == SQL_FORMAT_AVRO,
         "ORC and Avro files are not supported"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++)
        if (rules[i].bad)
            return refuse_usage(error, "%s", rules[i].why);
    return TRUE;
}

RecordRules load_source_rules(const LoadSource *source, const LoadFacts *facts)
{
    return (RecordRules){
        .kind = facts->format == SQL_FORMAT_CSV    ? RECORD_CSV
                : facts->format == SQL_FORMAT_JSON ? RECORD_JSON
                                                   : RECORD_TEXT,
        .delimiter = facts->delimiter[0],
        .quote = source->quote != NULL ? source->quote[0] : '"',
        .escape = !source->no_escape,
    };
}

/* --- headers ------------------------------------------------------------------------------------ */

/* Names of the target that a field may mean, whatever its case. */
static gboolean is_column(const GPtrArray *columns, const char *field)
{
    for (guint i = 0; i < columns->len; i++)
        if (g_ascii_strcasecmp(columns->pdata[i], field) == 0)
            return TRUE;
    return FALSE;
}

static gboolean is_name(const char *field)
{
    if (*field == '\0' || (!g_ascii_isalpha(*field) && *field != '_' && !(*field & 0x80)))
        return FALSE;
    return strlen(field) <= 127 && strpbrk(field, "\n\r\t") == NULL;
}

/* Names, and each once: the look of a header where no target tells. */
static gboolean looks_like_header(const GPtrArray *fields)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < fields->len; i++)
        if (!is_name(fields->pdata[i]) ||
            !g_hash_table_add(seen, g_ascii_strdown(fields->pdata[i], -1)))
            return FALSE;
    return TRUE;
}

static char *join_names(const GPtrArray *names)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *shown = text_printable(names->pdata[i], -1);
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", shown);
    }
    return g_string_free(text, FALSE);
}

static gboolean decide_header(const LoadSource *source, const GPtrArray *fields,
                              const GPtrArray *columns, const char *path, gboolean *header,
                              GError **error)
{
    *header = source->header == LOAD_HEADER_YES;
    if (source->header != LOAD_HEADER_AUTO)
        return TRUE;
    if (columns == NULL) {
        *header = looks_like_header(fields);
        return TRUE;
    }
    guint hits = 0;
    for (guint i = 0; i < fields->len; i++)
        hits += is_column(columns, fields->pdata[i]);
    *header = hits == fields->len;
    if (hits == fields->len || hits * 2 < fields->len || !looks_like_header(fields))
        return TRUE;
    g_autofree char *file_names = join_names(fields);
    g_autofree char *table_names = join_names(columns);
    return refuse_usage(error,
                        "%s begins with names (%s) of which the target has only some (%s); say "
                        "--no-header when that is data, or name the target's columns with "
                        "--header and --columns",
                        path, file_names, table_names);
}

/* Adds the members of one object that are not known yet. */
static gboolean add_members(GPtrArray *fields, const char *record, gsize length, const char *path,
                            GError **error)
{
    cJSON *json = cJSON_ParseWithLength(record, length);
    gboolean object = cJSON_IsObject(json);
    if (!object)
        g_set_error(error, RS_ERROR, RS_ERROR_DATA,
                    cJSON_IsArray(json)
                        ? "%s is one JSON array; COPY reads objects one after the other: unwrap "
                          "it first (jq -c '.[]')"
                        : "%s does not hold JSON objects one after the other",
                    path);
    for (const cJSON *member = object ? json->child : NULL; member != NULL; member = member->next)
        if (!g_ptr_array_find_with_equal_func(fields, member->string, g_str_equal, NULL))
            g_ptr_array_add(fields, g_strdup(member->string));
    cJSON_Delete(json);
    return object;
}

/* The members of all whole objects in the sample: the first one may not have them all. */
static GPtrArray *json_fields(const LoadSample *sample, const char *path, GError **error)
{
    static const RecordRules rules = {.kind = RECORD_JSON};
    g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func(g_free);
    RecordScanner scanner;
    record_scanner_init(&scanner, &rules);
    const char *at = sample->record;
    gsize left = sample->bytes->len - sample->skipped;
    gssize end;
    while ((end = record_scanner_next(&scanner, at, left)) >= 0) {
        if (!add_members(fields, at, (gsize)end, path, error))
            return NULL;
        at += end;
        left -= (gsize)end;
    }
    if (scanner.records == 0 &&
        !add_members(fields, sample->record, sample->record_length, path, error))
        return NULL;
    return g_steal_pointer(&fields);
}

static gboolean same_fields(const GPtrArray *a, const GPtrArray *b)
{
    for (guint i = 0; i < MIN(a->len, b->len); i++)
        if (strcmp(a->pdata[i], b->pdata[i]) != 0)
            return FALSE;
    return a->len == b->len;
}

/* The first file with a record sets names and count; the others must agree with it. */
static gboolean take_fields(LoadFacts *facts, GPtrArray *fields, gboolean header, LoadFile *file,
                            GError **error)
{
    gboolean first = facts->n_fields == 0;
    gboolean agree = first || facts->format == SQL_FORMAT_JSON ||
                     (header == facts->has_header && fields->len == facts->n_fields &&
                      (!header || same_fields(fields, facts->fields)));
    if (!agree)
        refuse_usage(error, "%s: the first record does not agree with that of %s", file->path,
                     ((LoadFile *)facts->files->pdata[0])->path);
    if (first) {
        facts->n_fields = fields->len;
        facts->has_header = header && facts->format != SQL_FORMAT_JSON;
        if (header || facts->format == SQL_FORMAT_JSON)
            facts->fields = g_ptr_array_ref(fields);
    }
    return agree;
}

/* The most columns of a table (Redshift guide, CREATE TABLE, Limits). JSON may have more members. */
#define MOST_FIELDS 1600

static gboolean check_most_fields(const GPtrArray *fields, const char *path, GError **error)
{
    if (fields->len <= MOST_FIELDS)
        return TRUE;
    g_autofree char *count = text_count(fields->len);
    g_set_error(error, RS_ERROR, RS_ERROR_DATA,
                "%s: the first record has %s fields, and a table has 1,600 columns at most; is the "
                "delimiter right?",
                path, count);
    return FALSE;
}

static gboolean read_first_record(const LoadSource *source, LoadFacts *facts, LoadFile *file,
                                  const GPtrArray *columns, const LoadSample *sample,
                                  GError **error)
{
    if (sample->record_length == 0)
        return TRUE;
    RecordRules rules = load_source_rules(source, facts);
    g_autoptr(GError) local = NULL;
    g_autoptr(GPtrArray) fields =
        rules.kind == RECORD_JSON
            ? json_fields(sample, file->path, error)
            : record_fields(&rules, sample->record, sample->record_length, &local);
    if (fields == NULL && local != NULL)
        g_set_error(error, RS_ERROR, RS_ERROR_DATA, "%s, line 1: %s", file->path, local->message);
    if (fields == NULL ||
        (rules.kind != RECORD_JSON && !check_most_fields(fields, file->path, error)))
        return FALSE;
    gboolean header = FALSE;
    if (rules.kind != RECORD_JSON &&
        !decide_header(source, fields, columns, file->path, &header, error))
        return FALSE;
    file->data_offset = sample->skipped;
    for (gsize i = 0; i < sample->skipped; i++)
        file->data_line += sample->bytes->data[i] == '\n';
    if (header) {
        file->data_offset += sample->record_length;
        for (gsize i = 0; i < sample->record_length; i++)
            file->data_line += sample->record[i] == '\n';
    }
    facts->empty = facts->empty && header && !sample->more;
    return take_fields(facts, fields, header, file, error);
}

LoadFacts *load_source_read(const LoadSource *source, const GPtrArray *target_columns, S3Client *s3,
                            GCancellable *cancellable, GError **error)
{
    g_autoptr(LoadFacts) facts = facts_new();
    facts->empty = TRUE;
    if (!add_inputs(source, facts, s3, cancellable, error) ||
        !decide_format(source, facts, error) || !check_options(source, facts, error))
        return NULL;
    if (facts->format == SQL_FORMAT_PARQUET) {
        facts->empty = FALSE;
        return g_steal_pointer(&facts);
    }
    RecordRules rules = load_source_rules(source, facts);
    for (guint i = 0; i < facts->files->len; i++) {
        LoadFile *file = facts->files->pdata[i];
        /* of many objects the first says enough: each would be one more request */
        if (facts->remote && facts->n_fields > 0) {
            facts->empty = FALSE;
            break;
        }
        g_auto(LoadSample) sample = {0};
        /* what is sent as it is has its header where COPY counts it */
        gboolean skip_blank =
            source->ignore_blank_lines && !facts->remote && facts->compression == SQL_COMPRESS_NONE;
        if (!load_sample_read(&sample, file->path, facts->compression, &rules, skip_blank,
                              facts->remote ? s3 : NULL, cancellable, error) ||
            !read_first_record(source, facts, file, target_columns, &sample, error))
            return NULL;
    }
    return g_steal_pointer(&facts);
}

/* --- COPY --------------------------------------------------------------------------------------- */

SqlCopy load_source_copy(const LoadSource *source, const LoadFacts *facts)
{
    gboolean text = facts->format == SQL_FORMAT_TEXT, csv = facts->format == SQL_FORMAT_CSV;
    /* local text goes up as zstd parts without its header; the rest as it is */
    gboolean parts = !facts->remote && facts->compression == SQL_COMPRESS_NONE &&
                     facts->format != SQL_FORMAT_PARQUET;
    SqlCopy copy = {
        .format = facts->format,
        .compression = parts ? SQL_COMPRESS_ZSTD : facts->compression,
        .escape = text && !source->no_escape,
        .remove_quotes = source->remove_quotes,
        .empty_as_null = source->empty_as_null,
        .blanks_as_null = source->blanks_as_null,
        .fill_record = source->fill_record,
        .truncate_columns = source->truncate_columns,
        .trim_blanks = source->trim_blanks,
        .ignore_blank_lines = source->ignore_blank_lines,
        .accept_any_date = source->accept_any_date,
        .explicit_ids = source->explicit_ids,
        .roundec = source->roundec,
        .accept_inv_chars = source->accept_inv_chars,
        .ignore_header = !parts && facts->has_header ? 1 : 0,
        .date_format = source->date_format,
        .time_format = source->time_format,
        .max_error = source->max_errors,
        .region = source->region,
    };
    if (facts->format == SQL_FORMAT_PARQUET)
        copy.compression = SQL_COMPRESS_NONE;
    if (text || csv)
        copy.null_as = source->null_as != NULL ? source->null_as : "\\N";
    if (csv)
        copy.quote = source->quote;
    if (text || (csv && strcmp(facts->delimiter, ",") != 0))
        copy.delimiter = facts->delimiter;
    /* plain 'auto' would drop a member that is not all lower case, without a word */
    if (facts->format == SQL_FORMAT_JSON)
        copy.json_paths = "auto ignorecase";
    return copy;
}
