/*
 * write_plan: from "these files into that table" to a plan.
 *
 *   1 read         what the inputs are, and the target
 *   2 upload       parts and a manifest to the stage (for objects in S3: the manifest only)
 *   3 sql          CREATE TABLE "schema"."redsmith_ID" (done boolean): the commit marker
 *   4 transaction  LOCK marker, [CREATE TABLE target], COPY, rows copied = rows sent, the table grew by
 *                  as much, DROP marker
 *   5 check        the marker is gone: the commit is visible
 *   6 clean        the stage's objects
 *
 * Modes
 *   append      COPY into the target
 *   overwrite   fill a new table made by the target's own DDL and swap it in by rename, grants, owner and
 *               comments carried; DELETE + COPY in one transaction when bound views depend on the
 *               target, when it has an identity column, or when its DDL cannot be carried: the plan
 *               says which and why
 *   error       the target must not exist: RS_ERROR_EXISTS now, and again by CREATE in the transaction
 *   ignore      a target that exists: a plan of one read step, nothing is done
 * A missing target is created inside the transaction (append, overwrite, error, ignore): like another
 * table, from the given column list, else from what the scan of the input found.
 *
 * An input without a record loads nothing: overwrite then leaves an empty table, append does nothing.
 * The marker needs CREATE on the target's schema.
 *
 * Errors: RS_ERROR_USAGE, CONFIG (no tempdir, no IAM role), EXISTS, NOT_FOUND (a file, the table of
 *         --like), PERMISSION; those of load_source.h
 *
 * Threads: reading the facts waits for servers and belongs on a worker; building the plan is pure.
 */
#ifndef REDSMITH_JOB_WRITE_PLAN_H
#define REDSMITH_JOB_WRITE_PLAN_H

#include "aws/s3.h"
#include "config/profile.h"
#include "job/load_source.h"
#include "job/plan.h"
#include "redshift/catalog.h"
#include "redshift/session.h"

typedef enum { WRITE_APPEND, WRITE_OVERWRITE, WRITE_ERROR, WRITE_IGNORE } WriteMode;

/* "append" ... both ways. FALSE for an unknown name. */
gboolean write_mode_from_name(const char *name, WriteMode *mode);
const char *write_mode_name(WriteMode mode);

/* All strings and pointers borrowed; zeroed means every default. */
typedef struct {
    const Profile *profile;
    LoadSource source;
    const char *schema, *table; /* the target */
    WriteMode mode;
    const char *like_schema, *like_table;  /* a missing target is made LIKE this one; or NULL */
    const char *columns_ddl;               /* "a int, b varchar(10)": a missing target's columns */
    const char *comp_update, *stat_update; /* NULL, "ON", "OFF" (and "PRESET") */
    const char *iam_role, *tempdir;        /* NULL: the profile's */
    gboolean keep_stage;                   /* also after success, to look at it */
    gboolean skip_counts;                  /* no count(*) of the target in the transaction */
} WriteRequest;

typedef struct {
    CatalogTable *target; /* NULL: it does not exist */
    CatalogTable *like;   /* of like_table, or NULL */
    LoadFacts *input;
    gboolean owned;      /* the session's user may rename the target: its owner or a superuser */
    gboolean referenced; /* a foreign key of another table points at it */
} WriteFacts;

void write_facts_clear(WriteFacts *facts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WriteFacts, write_facts_clear)

/* Blocks. */
gboolean write_plan_read(const WriteRequest *request, Session *session, S3Client *s3,
                         WriteFacts *facts, GCancellable *cancellable, GError **error);
/* Pure. */
Plan *write_plan_build(const WriteRequest *request, const WriteFacts *facts, GError **error);
/* Both: for callers on a worker. */
Plan *write_plan_new(const WriteRequest *request, Session *session, S3Client *s3,
                     GCancellable *cancellable, GError **error);

#endif
