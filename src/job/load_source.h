/*
 * load_source: the input of a write or merge job: which files or objects, in which format, and what
 * a look at them tells.
 *
 * A LoadSource says what the user asked for; load_source_read opens the files (or reads the first
 * bytes of the objects) and gives LoadFacts: sizes, the format and compression that the names or
 * options say, header names, the number of fields of the first record, and, when a target has to be
 * made, column types found by scanning. Nothing is changed anywhere.
 *
 * Formats by suffix: .csv, .tsv and .tab (text, tab), .txt and .text (text, |), .json and .jsonl,
 * .parquet; with .gz, .zst or .bz2 behind it for a compressed one. All inputs of one job must agree in
 * format and compression. Local files that are not compressed are split at record ends and sent as
 * zstd parts; compressed and columnar ones are sent as they are; objects are not moved at all.
 *
 * Defaults, which read back exactly what unload_plan writes by default: CSV with NULL AS '\N', quote ",
 * text with ESCAPE and NULL AS '\N', JSON 'auto ignorecase'.
 *
 * Errors: RS_ERROR_USAGE (mixed or unknown formats, header that does not fit), NOT_FOUND (a file or
 *         object), DATA (an unreadable first record, invalid UTF-8 header), LIMIT
 * Threads: reading blocks and belongs on a worker; the structs are plain values.
 * Units:   bytes, records, lines from 1
 */
#ifndef REDSMITH_JOB_LOAD_SOURCE_H
#define REDSMITH_JOB_LOAD_SOURCE_H

#include <gio/gio.h>

#include "aws/s3.h"
#include "base/csv.h"
#include "sql/copy.h"

typedef enum { LOAD_HEADER_AUTO, LOAD_HEADER_YES, LOAD_HEADER_NO } LoadHeader;

/* All strings borrowed; zeroed means every default. */
typedef struct {
    const char *const
        *paths;         /* NULL-terminated: local files, or s3:// keys and prefixes; not mixed */
    const char *format; /* "csv", "text", "json", "parquet"; NULL: by suffix */
    const char *compression; /* "none", "gzip", "zstd", "bzip2"; NULL: by suffix */
    LoadHeader header;
    const char *delimiter;      /* NULL: the format's own: , in CSV, | in text, tab in .tsv */
    const char *quote;          /* CSV; NULL: " */
    const char *null_as;        /* NULL: \N; not for JSON */
    gboolean no_escape;         /* text: backslash is an ordinary byte */
    gboolean remove_quotes;     /* text written with ADDQUOTES */
    const char *const *columns; /* the target's column for each field of the file, in file order;
                                   NULL: by header names, else the table's order */
    const char *date_format;    /* NULL: YYYY-MM-DD; "auto" */
    const char *time_format;    /* NULL: YYYY-MM-DD HH:MI:SS; "auto", "epochsecs" ... */
    const char *widen;          /* "COLUMN=BYTES": makes that VARCHAR longer before; or NULL */
    int max_errors;             /* 0: stop at the first bad row; n: skip fewer than n of them */
    gboolean truncate_columns, empty_as_null, blanks_as_null, fill_record;
    gboolean ignore_blank_lines, trim_blanks, accept_any_date, roundec;
    gboolean accept_inv_chars;
    gboolean explicit_ids; /* the file brings values for an IDENTITY column */
    const char *region;    /* of the bucket that is read, when it is not the cluster's */
    guint64 part_bytes;    /* raw bytes of one uploaded part; 0: 16 MiB */
    guint workers;         /* parallel uploads; 0: 4 */
} LoadSource;

typedef struct {
    char *path; /* local path, or s3://bucket/key */
    guint64 size;
    gint64 mtime_us;     /* local files: refuses to resume when the file changed; else 0 */
    guint64 data_offset; /* where the first record after the header starts */
    guint64 data_line;   /* its line number, from 1 */
} LoadFile;

/* What a scan says of one field. */
typedef struct {
    char *name; /* the header's, or "c1" ... */
    char *type; /* "BIGINT", "DECIMAL(18,2)", "VARCHAR(48)" ... */
} LoadColumn;

typedef struct {
    gboolean remote; /* the inputs are objects */
    SqlFormat format;
    SqlCompression compression; /* of the inputs */
    gboolean has_header;
    char delimiter[2]; /* one ASCII byte as a string; "" in JSON and Parquet */
    GPtrArray *files;  /* of LoadFile */
    guint64 bytes;
    GPtrArray *fields;     /* of char *: names in the header or in the JSON objects of the sample */
    guint n_fields;        /* fields of the first record; 0 unknown */
    gboolean empty;        /* no record in any input */
    GPtrArray *columns;    /* of LoadColumn: only after load_source_infer */
    gboolean inferred_all; /* the scan reached the end of all inputs */
    guint64 inferred_records;
} LoadFacts;

void load_facts_free(LoadFacts *facts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoadFacts, load_facts_free)

/*
 * Looks at every input. target_columns (of char *, NULL when the target is still to be made) decides
 * what `auto` means for a header: the first record is one when all its fields are names of the target,
 * in any case; a record where only some are is refused with both sides named. Without a target it is
 * one when its fields are distinct names and not values. "-" is refused: standard input cannot be read
 * again by a resume.
 * s3 may be NULL when all inputs are local.
 */
LoadFacts *load_source_read(const LoadSource *source, const GPtrArray *target_columns, S3Client *s3,
                            GCancellable *cancellable, GError **error);

/*
 * Fills facts->columns by scanning local inputs up to LOAD_INFER_LIMIT bytes of raw text each.
 * Types: BOOLEAN, INTEGER, BIGINT, DECIMAL(18,s) or wider, DOUBLE PRECISION, DATE, TIMESTAMP,
 * TIMESTAMPTZ, SUPER (JSON objects and arrays), else
 * VARCHAR with the longest value in bytes plus a quarter, rounded up to 8 (65535 at most); a column
 * that held no value is VARCHAR(256). RS_ERROR_UNSUPPORTED for objects in S3 and columnar files: say
 * --like or --columns-ddl.
 */
#define LOAD_INFER_LIMIT (256u << 20)
gboolean load_source_infer(const LoadSource *source, LoadFacts *facts, GCancellable *cancellable,
                           GError **error);

/* The COPY options that source and facts mean; strings in the result are borrowed from both. Fill
 * in schema, table, columns, from, iam_role, manifest. */
SqlCopy load_source_copy(const LoadSource *source, const LoadFacts *facts);

/* Where records end in this input. */
RecordRules load_source_rules(const LoadSource *source, const LoadFacts *facts);

#endif
