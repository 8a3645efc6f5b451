/*
 * merge_plan: from "bring these rows into that table by key" to a plan.
 *
 *   1 read         what the inputs are, and the target
 *   2 upload       parts and a manifest to the stage (files only)
 *   3 sql          CREATE TABLE "schema"."redsmith_ID": staging, and its own commit marker
 *   4 transaction  LOCK staging, DELETE it, COPY (or INSERT .. SELECT) into it: may be repeated
 *   5 check        no key twice, no key NULL; offending keys are named, nothing was changed
 *   6 transaction  LOCK staging, counts before, the merge, counts after = before + new, DROP staging
 *   7 check        staging is gone: the commit is visible
 *   8 clean        the stage's objects
 *
 * Columns go by name, never by position. A column of the target that the input does not bring keeps its
 * value in rows that MERGE updates, and takes its default (or NULL) in inserted rows and in those that
 * delete-insert replaces; a NOT NULL column without default that is not brought is refused at plan
 * time. Of JSON files the members of all objects count, and an absent one is NULL.
 *
 * Errors: as write_plan; RS_ERROR_USAGE for a key that is no column of target and input;
 *         RS_ERROR_NOT_FOUND when the target does not exist; RS_ERROR_DATA (while running) for
 *         duplicate or NULL keys
 *
 * Threads: reading the facts waits for servers and belongs on a worker; building the plan is pure.
 */
#ifndef REDSMITH_JOB_MERGE_PLAN_H
#define REDSMITH_JOB_MERGE_PLAN_H

#include "aws/s3.h"
#include "config/profile.h"
#include "job/load_source.h"
#include "job/plan.h"
#include "redshift/catalog.h"
#include "redshift/session.h"
#include "sql/merge.h"

/* "merge", "delete-insert", "scd2". FALSE for an unknown name. */
gboolean merge_strategy_from_name(const char *name, SqlMergeStrategy *strategy);
const char *merge_strategy_name(SqlMergeStrategy strategy);

/* All strings and pointers borrowed; zeroed means every default. */
typedef struct {
    const Profile *profile;
    LoadSource source;                    /* files; paths NULL when from_table is set */
    const char *from_schema, *from_table; /* rows come from this table or view */
    const char *schema, *table;           /* the target */
    const char *const *keys;              /* NULL-terminated, at least one */
    SqlMergeStrategy strategy;
    const char *valid_from, *valid_to, *is_current; /* SCD2; NULL: columns of these names */
    const char *iam_role, *tempdir;                 /* NULL: the profile's */
    gboolean keep_stage;
} MergeRequest;

typedef struct {
    CatalogTable *target;
    GPtrArray *from_columns; /* of char *: of the source table; NULL for files */
    LoadFacts *input;        /* NULL for a table */
    gboolean counts_late;    /* the session tells the rows of a statement behind the commit only */
} MergeFacts;

void merge_facts_clear(MergeFacts *facts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MergeFacts, merge_facts_clear)

/* Blocks. */
gboolean merge_plan_read(const MergeRequest *request, Session *session, S3Client *s3,
                         MergeFacts *facts, GCancellable *cancellable, GError **error);
/* Pure. */
Plan *merge_plan_build(const MergeRequest *request, const MergeFacts *facts, GError **error);
/* Both: for callers on a worker. */
Plan *merge_plan_new(const MergeRequest *request, Session *session, S3Client *s3,
                     GCancellable *cancellable, GError **error);

#endif
