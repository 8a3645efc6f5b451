/*
 * unload_options: one UNLOAD statement, read and checked (Redshift guide, UNLOAD).
 *
 * Reading knows the whole grammar and every combination that Redshift refuses without looking at the
 * catalog. What Redshift takes and the sandbox does not (Parquet, BZIP2, client-side encryption) is
 * parsed like the rest and refused by name afterwards, by unload_options_supported.
 *
 * Threads: pure.
 */
#ifndef REDSMITH_SANDBOX_UNLOAD_OPTIONS_H
#define REDSMITH_SANDBOX_UNLOAD_OPTIONS_H

#include <glib.h>

#include "sandbox/codec.h"
#include "sandbox/options.h"

typedef enum { UNLOAD_TEXT, UNLOAD_CSV, UNLOAD_JSON, UNLOAD_PARQUET } UnloadFormat;

typedef struct {
    char *query; /* the inner SELECT, without a closing semicolon */
    char *bucket, *prefix;
    AuthClause auth;
    UnloadFormat format;
    CodecKind codec;
    gboolean bzip2;
    char delimiter;
    char *null_as;           /* NULL: not given, which means empty */
    GArray *widths;          /* int, FIXEDWIDTH; NULL when not given */
    GPtrArray *partition_by; /* char *, folded; NULL when not given */
    gboolean include;
    gboolean header, add_quotes, escape;
    gboolean manifest, verbose;
    gboolean allow_overwrite, clean_path;
    gboolean parallel;
    guint64 max_file_size;    /* bytes */
    char *region, *extension; /* NULL: not given */
    char *kms_key;            /* of KMS_KEY_ID; NULL: not given */
    gboolean master_key;
    gboolean ordered; /* the query has an outermost ORDER BY */
} UnloadOptions;

/* Reads a whole statement. FALSE with *refusal filled. Clear with unload_options_clear either way. */
gboolean unload_options_parse(const char *sql, UnloadOptions *options, Refusal *refusal);
void unload_options_clear(UnloadOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(UnloadOptions, unload_options_clear)

/* Refuses by name what the sandbox does not do. */
gboolean unload_options_supported(const UnloadOptions *options, Refusal *refusal);

/* ".gz", ".zst", EXTENSION as typed, or "": what follows the part number. Static or in options. */
const char *unload_options_suffix(const UnloadOptions *options);

/* As the system views call them: "Text", "CSV", "JSON"; "none", "gzip", "zstd". Static. */
const char *unload_options_format_name(const UnloadOptions *options);

#endif
