/*
 * plan: what a job will do, as data, made before anything runs. Printing it is the dry run.
 *
 * A plan is an ordered list of steps. Each step is one thing that is done and knows how to see whether
 * it was done already, so that the one executor can run, journal, cancel and resume every kind of job.
 * Plans are built by pure functions (unload_plan, write_plan, merge_plan) from a request and the facts
 * that were read beforehand, and they survive in the journal as JSON: plan_to_json / plan_from_json.
 *
 * Crash safety, in the plan's own terms:
 *   - a transaction step with a marker: the marker table is created before (a sql step), locked first
 *     and dropped last inside the transaction. Marker still there: not committed. Marker gone after the
 *     step was begun: committed. LOCK makes a resume wait for a server session that is still at it.
 *   - an unload step writes under a prefix of its own attempt, so a partial one is never in the way
 *   - upload and download steps are per file: finished files are in the journal and not sent again
 *   - the clean step removes exactly the keys the stage noted
 *
 * Threads: a Plan is immutable once built; any thread may read it.
 */
#ifndef REDSMITH_JOB_PLAN_H
#define REDSMITH_JOB_PLAN_H

#include <cJSON.h>
#include <glib.h>

typedef enum {
    STEP_READ,        /* what was read to make the plan: nothing is done */
    STEP_UPLOAD,      /* local files to the stage */
    STEP_SQL,         /* statements outside a transaction, each idempotent or undone by clean */
    STEP_TRANSACTION, /* statements and checks in one transaction, with a marker */
    STEP_UNLOAD,      /* one UNLOAD */
    STEP_DOWNLOAD,    /* files of the unload's manifest to a folder */
    STEP_CHECK,       /* counts that must agree */
    STEP_CLEAN,       /* the stage's objects and leftover tables */
    STEP_EXPORT,      /* rows of a query to a local file: job/export.h */
} StepKind;

const char *step_kind_name(StepKind kind); /* "upload" ... static */

/* One line inside a step: what the plan sheet shows and the executor runs. */
typedef enum {
    ACTION_SQL,             /* run sql */
    ACTION_COPY,            /* run sql (a COPY); its row count is compared with rows_expected */
    ACTION_UNLOAD,          /* run sql (an UNLOAD) */
    ACTION_EXPECT_VALUE,    /* sql gives one value, which must equal `expected` */
    ACTION_EXPECT_NONE,     /* sql gives no row; each row that it gives is named in the error */
    ACTION_NOTE_VALUE,      /* sql gives one value, kept in the journal under `name` */
    ACTION_EXPECT_MANIFEST, /* the unload's manifest agrees with the objects and the server's count */
} ActionKind;

const char *action_kind_name(ActionKind kind); /* "copy", "check" ... static */

typedef struct {
    ActionKind kind;
    char *title; /* short: "copy", "drop marker" */
    char *sql;
    char
        *name; /* ACTION_NOTE_VALUE: the name; ACTION_EXPECT_VALUE: a noted name when sql is NULL */
    char *expected;       /* numbers and noted names joined by + and -: "before + new" */
    gint64 rows_expected; /* ACTION_COPY: rows sent, -1 unknown */
    char *failure;        /* what to say when a check does not hold */
    gboolean of_input;    /* a failed check is RS_ERROR_DATA (bad input), else RS_ERROR_MISMATCH */
} PlanAction;

/* One input of an upload: the parts it is cut into are found, and journalled, while it runs. */
typedef struct {
    char *path; /* local file, or s3://bucket/key of an object that is loaded where it is */
    char *key;  /* name of its object in the stage, or the stem of its parts; "" for an object */
    guint64 offset, length; /* the part of the file, bytes */
    guint64 first_line;     /* line number of the part's first line in the file, from 1 */
    gint64 records;         /* records in the part, -1 unknown */
    gint64 mtime_us; /* when the file was last changed; a resume refuses another; 0 unknown */
} PlanFile;

typedef struct {
    StepKind kind;
    char *title;                        /* "8 parts, zstd, about 480 MB, to s3://stage/91c0/" */
    GPtrArray *actions;                 /* of PlanAction */
    GPtrArray *files;                   /* of PlanFile */
    char *marker_schema, *marker_table; /* STEP_TRANSACTION: the marker; else NULL */
    char *done_sql; /* STEP_SQL: gives a row when the step was done already, or NULL */
} PlanStep;

typedef struct {
    char *id;    /* 8 hex digits, unique per machine: "91c07f3a" */
    char *kind;  /* "unload", "write", "merge", "export" */
    char *title; /* "write orders.csv into public.orders, append" */
    char *profile;
    char *stage_url;      /* s3://bucket/prefix/id/ or NULL */
    char *target;         /* quoted relation, or the destination: typed to confirm */
    gboolean destructive; /* asks for the target's name before it runs */
    GPtrArray *steps;     /* of PlanStep */
    char *locks;          /* "public.orders for writing during step 4", or NULL */
    char *on_failure;     /* "target unchanged, stage kept, resume possible" */
    cJSON *details;       /* what the kind's own steps need: formats, compression, folder ... */
} Plan;

Plan *plan_new(const char *kind, const char *profile);
PlanStep *plan_add_step(Plan *plan, StepKind kind, const char *title_format, ...)
    G_GNUC_PRINTF(3, 4);
PlanAction *plan_step_add_action(PlanStep *step, ActionKind kind, const char *title,
                                 const char *sql);
PlanFile *plan_step_add_file(PlanStep *step, const char *path, const char *key);

/* Facts for the steps of the plan's own kind, kept in details. NULL removes nothing and adds none. */
void plan_set_text(Plan *plan, const char *name, const char *value);
void plan_set_number(Plan *plan, const char *name, gint64 value);
void plan_set_flag(Plan *plan, const char *name, gboolean value);
/* NULL, 0 and FALSE when absent. */
const char *plan_text_detail(const Plan *plan, const char *name);
gint64 plan_number_detail(const Plan *plan, const char *name);
gboolean plan_flag_detail(const Plan *plan, const char *name);

/*
 * The value of an expression such as "before + copied" over noted names; value_of gives a name's
 * value. RS_ERROR_INTERNAL for a malformed expression or a name without a value.
 */
typedef gboolean (*PlanValueOf)(gpointer user, const char *name, gint64 *value);
gboolean plan_evaluate(const char *expression, PlanValueOf value_of, gpointer user, gint64 *value,
                       GError **error);

/* The plan sheet as text: numbered steps, SQL with credentials masked, files, locks. */
char *plan_text(const Plan *plan);

cJSON *plan_to_json(const Plan *plan);
Plan *plan_from_json(const cJSON *json, GError **error);
void plan_free(Plan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plan, plan_free)

#endif
