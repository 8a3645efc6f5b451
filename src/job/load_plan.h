/*
 * load_plan: what the builders of write and merge plans share: the upload, the COPY's column list, the
 * marker, and where the stage and the role come from.
 *
 * Threads: pure.
 */
#ifndef REDSMITH_JOB_LOAD_PLAN_H
#define REDSMITH_JOB_LOAD_PLAN_H

#include "config/profile.h"
#include "job/load_source.h"
#include "job/plan.h"
#include "redshift/catalog.h"

/* override, else the profile's. RS_ERROR_CONFIG when there is none. Borrowed. */
const char *load_plan_role(const Profile *profile, const char *iam_role, GError **error);

/* Sets plan->stage_url under tempdir, else the profile's. RS_ERROR_CONFIG. */
gboolean load_plan_set_stage(Plan *plan, const Profile *profile, const char *tempdir,
                             GError **error);

/* "redsmith_<id>", the name of the job's marker or staging table. Free with g_free. */
char *load_plan_marker(const Plan *plan);

/* Gives a row when the table exists. Free with g_free. */
char *load_plan_exists_sql(const char *schema, const char *table);

/* The read step's line on the inputs: "3 files, 1.9 GB, CSV, header". Free with g_free. */
char *load_plan_input_title(const LoadSource *source, const LoadFacts *facts);

/* The local inputs to the stage, or a manifest of the objects. */
void load_plan_add_upload(Plan *plan, const LoadSource *source, const LoadFacts *facts);

/* The clean step, and what the executor does with the stage after success. */
void load_plan_add_clean(Plan *plan, gboolean keep_stage);

/* The check after the commit: the marker is gone. */
void load_plan_add_commit_check(Plan *plan, const char *schema, const char *marker);

/* A column that numbers itself: left out unless the file brings its values. */
gboolean load_plan_is_identity(const CatalogColumn *column);

/*
 * The target's columns for the fields of the input, NULL-terminated, in file order: the names given,
 * those of the header (in any case), else the table's own order. RS_ERROR_USAGE, both sides named, when
 * a name is no column, one is named twice, or the number of fields is another. NULL without error when
 * COPY needs no list (JSON and Parquet: all columns). columns is of CatalogColumn. Free with
 * g_strfreev.
 */
gboolean load_plan_columns(const LoadSource *source, const LoadFacts *facts,
                           const GPtrArray *columns, const char *table, char ***names,
                           GError **error);

/* The source with the Region of its stage, which is tempdir's; objects that are not staged are where the
 * user says. Borrows what source does. */
LoadSource load_plan_source(const LoadSource *source, const LoadFacts *facts,
                            const Profile *profile);

/* COPY from the stage's manifest; copies the records sent into the note "sent". NULL with error. */
char *load_plan_copy_sql(const Plan *plan, const LoadSource *source, const LoadFacts *facts,
                         const char *schema, const char *table, const char *const *columns,
                         const char *iam_role, const char *comp_update, const char *stat_update,
                         GError **error);

/* The number of records is known once everything is uploaded: parts are counted, objects not. */
gboolean load_plan_counts_records(const LoadSource *source, const LoadFacts *facts);

/* The actions that follow a COPY: its count noted as "copied", and compared with "sent" if known. */
void load_plan_add_copy_checks(PlanStep *step, const LoadSource *source, const LoadFacts *facts);

#endif
