/*
 * unload: UNLOAD as a structure, checked against the combinations Redshift refuses, printed as SQL.
 *
 * Source of the rules: Redshift guide, UNLOAD. The refusals are a table: option, with what, why.
 * sql_unload_text refuses before anything is sent.
 *
 * Threads: pure. Strings in the struct are borrowed.
 */
#ifndef REDSMITH_SQL_UNLOAD_H
#define REDSMITH_SQL_UNLOAD_H

#include <glib.h>

typedef enum {
    SQL_FORMAT_TEXT,
    SQL_FORMAT_CSV,
    SQL_FORMAT_JSON,
    SQL_FORMAT_PARQUET,
    SQL_FORMAT_ORC,
    SQL_FORMAT_AVRO
} SqlFormat;
typedef enum {
    SQL_COMPRESS_NONE,
    SQL_COMPRESS_GZIP,
    SQL_COMPRESS_ZSTD,
    SQL_COMPRESS_BZIP2,
    SQL_COMPRESS_LZOP
} SqlCompression;

/* "csv", "zstd" ... both ways. FALSE for an unknown name. Names are static. */
gboolean sql_format_from_name(const char *name, SqlFormat *format);
const char *sql_format_name(SqlFormat format);
gboolean sql_compression_from_name(const char *name, SqlCompression *compression);
const char *sql_compression_name(SqlCompression compression);
const char *
sql_compression_suffix(SqlCompression compression); /* "", ".gz", ".zst", ".bz2", ".lzo" */

typedef struct {
    const char *query;    /* one SELECT, without semicolon */
    const char *to;       /* s3://bucket/prefix, used literally */
    const char *iam_role; /* ARN, comma-chained ARNs, or "default" */
    SqlFormat format;
    SqlCompression compression;
    gboolean header, addquotes, escape, manifest, manifest_verbose;
    gboolean allow_overwrite, clean_path, parallel_off;
    const char *delimiter;   /* NULL: the format's own */
    const char *null_as;     /* NULL: the format's own; text and CSV only */
    double max_file_size_mb; /* 0: default (6.2 GB) */
    const char *region;      /* NULL: the cluster's */
    const char *extension;
    const char *kms_key_id;
    const char *const *partition_by; /* NULL-terminated names, or NULL */
    gboolean partition_include;
} SqlUnload;

/* The statement. RS_ERROR_USAGE names both options and the rule; RS_ERROR_UNSUPPORTED for an outer
 * LIMIT or TOP (wrap it in a subquery: sql_unload_wrap_limit). Free with g_free. */
char *sql_unload_text(const SqlUnload *unload, GError **error);

/* The query as is, or wrapped as SELECT * FROM (query) when its outer level has LIMIT or TOP, which
 * UNLOAD refuses ("Limit clause is not supported", SQLSTATE 42601). Free with g_free. */
char *sql_unload_wrap_limit(const char *query);

#endif
