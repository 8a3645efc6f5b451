/*
 * copy_options: one COPY statement, read and checked (Redshift guide, COPY).
 *
 * Reading knows the whole grammar of a COPY from S3 and the combinations that Redshift refuses without
 * looking at the catalog. What Redshift takes and the sandbox does not (Parquet, ORC, Avro, BZIP2 ..)
 * is parsed like the rest and refused by name afterwards, by copy_options_supported.
 *
 * Threads: pure.
 */
#ifndef REDSMITH_SANDBOX_COPY_OPTIONS_H
#define REDSMITH_SANDBOX_COPY_OPTIONS_H

#include <glib.h>

#include "sandbox/codec.h"
#include "sandbox/load_time.h"
#include "sandbox/options.h"

typedef enum { COPY_TEXT, COPY_CSV, COPY_FIXEDWIDTH, COPY_JSON, COPY_OTHER } CopyFormat;

typedef enum { COPY_JSON_AUTO, COPY_JSON_IGNORECASE, COPY_JSON_NOSHRED, COPY_JSON_PATHS } CopyJson;

typedef enum {
    COPY_UTF8,
    COPY_UTF16, /* byte order from the mark, which must be there */
    COPY_UTF16LE,
    COPY_UTF16BE,
    COPY_ISO88591
} CopyEncoding;

typedef struct {
    char *schema, *table; /* folded; schema NULL: by search_path */
    GPtrArray *columns;   /* char *, folded; NULL: all */
    char *url, *bucket, *prefix;
    AuthClause auth;
    CopyFormat format;
    const char *unsupported; /* the name of what the sandbox lacks, or NULL */
    CodecKind codec;
    char *delimiter;
    char quote;
    GArray *widths;
    CopyJson json;
    char *json_paths; /* url */
    gboolean manifest;
    gboolean accept_any_date, blanks_as_null, empty_as_null, escape, explicit_ids, fill_record;
    gboolean ignore_blank_lines, remove_quotes, round_decimals, trim_blanks, truncate_columns;
    char accept_invalid; /* the replacement character; 0: not accepted */
    LoadTimeFormat date_format, time_format;
    CopyEncoding encoding;
    gint64 ignore_header;
    char *null_as;        /* never NULL */
    gboolean null_is_nul; /* NULL AS '\0': a field of one NUL byte */
    gint64 max_error;     /* rows; the load fails when as many were bad */
    gboolean ignore_all_errors, no_load, no_statistics;
    char *region;
} CopyOptions;

/* Reads a whole statement. FALSE with *refusal filled. Clear with copy_options_clear either way. */
gboolean copy_options_parse(const char *sql, CopyOptions *options, Refusal *refusal);
void copy_options_clear(CopyOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CopyOptions, copy_options_clear)

/* Refuses by name what the sandbox does not do. */
gboolean copy_options_supported(const CopyOptions *options, Refusal *refusal);

/* As the system views call it: "text", "csv", "fixedwidth", "json". Static. */
const char *copy_options_format_name(const CopyOptions *options);

#endif
