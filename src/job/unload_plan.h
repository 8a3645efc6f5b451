/*
 * unload_plan: from "these rows to that place" to a plan.
 *
 * To s3://bucket/prefix: one UNLOAD straight to the destination. To a folder: UNLOAD into the job's
 * stage, under a prefix of the attempt, then a parallel download and the stage's clean-up.
 *
 *   1 read       the result's columns
 *   2 check      no character value equals the NULL marker (CSV with the default marker only)
 *   3 unload     UNLOAD ... MANIFEST VERBOSE
 *   4 check      the manifest's records, the server's count and the objects' sizes agree
 *   5 download   files of the manifest into the folder (folders only)
 *   6 clean      the stage's objects (folders only)
 *
 * Lossless by default: text has ESCAPE and NULL AS '\N'; CSV has NULL AS '\N'; JSON is as it is. The
 * defaults of load_source read exactly that back, apart from what Redshift itself cannot: an empty VARBYTE
 * comes back as NULL, a NULL of SUPER as JSON null (NULL AS does not reach it), and floats as far as the
 * server prints their digits. ESCAPE leaves SUPER alone while COPY unescapes it, so text refuses SUPER columns.
 * A downloaded file appears under its name only when all
 * files are there: until then they are in DIR/.redsmith-ID/. Files without a row are left out. Names:
 * STEM_0000_part_00.csv.zst; STEM is the relation's name, or "query".
 *
 * Without overwrite the folder must be absent or empty and no key may start with the S3 prefix. With
 * it, S3 gets ALLOWOVERWRITE (files of the same name are replaced, no others), and a folder loses the
 * files of an earlier unload with the same stem and format; such plans are destructive.
 *
 * Errors: RS_ERROR_USAGE (refused combinations, see sql/unload.h), CONFIG (no tempdir, no IAM role),
 *         EXISTS (the destination is not empty), UNSUPPORTED (Parquet to a folder) and those of the
 *         session for a query that does not parse
 *
 * Threads: reading the facts waits for servers and belongs on a worker; building the plan is pure.
 */
#ifndef REDSMITH_JOB_UNLOAD_PLAN_H
#define REDSMITH_JOB_UNLOAD_PLAN_H

#include "aws/s3.h"
#include "config/profile.h"
#include "job/plan.h"
#include "redshift/session.h"
#include "sql/query.h"
#include "sql/unload.h"

/* All strings and pointers borrowed; zeroed means every default. */
typedef struct {
    const Profile *profile;
    const SqlQuery *query; /* this, or */
    const char *sql;       /* one SELECT */
    const char *to;        /* s3://bucket/prefix or a folder */
    SqlFormat format;      /* text, CSV, JSON; Parquet to S3 only */
    SqlCompression compression;
    gboolean header;
    const char *delimiter;   /* NULL: | in text, comma in CSV */
    const char *null_as;     /* NULL: \N in text and CSV */
    gboolean no_escape;      /* text: lossy where values hold delimiters or newlines */
    gboolean addquotes;      /* text */
    gboolean serial;         /* PARALLEL OFF: one file after the other, in the query's order */
    double max_file_size_mb; /* 0: the server's default */
    gboolean overwrite;
    gboolean clean_path;             /* S3 only: CLEANPATH, empties the destination first */
    const char *const *partition_by; /* NULL-terminated names; S3 only */
    gboolean partition_include;
    const char *extension, *kms_key_id; /* S3 only */
    const char *region;   /* of the destination's bucket, when it is not the cluster's */
    const char *iam_role; /* NULL: the profile's */
    const char *tempdir;  /* NULL: the profile's */
    gboolean keep_stage;
    gboolean skip_null_check;
} UnloadRequest;

/* What has to be known beforehand. */
typedef struct {
    char **columns; /* names of the result, NULL-terminated */
    guint32 *types; /* their type oids */
    guint n_columns;
    gboolean destination_used; /* keys under the prefix, or files in the folder */
    char *destination_example; /* one of them, or NULL */
} UnloadFacts;

void unload_facts_clear(UnloadFacts *facts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(UnloadFacts, unload_facts_clear)

/* Blocks: asks the session for the columns and S3 or the disk for the destination. */
gboolean unload_plan_read(const UnloadRequest *request, Session *session, S3Client *s3,
                          UnloadFacts *facts, GCancellable *cancellable, GError **error);

/* Pure. */
Plan *unload_plan_build(const UnloadRequest *request, const UnloadFacts *facts, GError **error);

/* Both: for callers on a worker. s3 may be NULL for a folder. */
Plan *unload_plan_new(const UnloadRequest *request, Session *session, S3Client *s3,
                      GCancellable *cancellable, GError **error);

#endif
