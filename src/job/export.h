/*
 * export: the rows of a query straight into a local file, without S3.
 *
 * One thread reads from the session and formats (redshift/row_writer), another compresses and writes
 * (export_file). For a large table UNLOAD is faster, for the leader node hands out rows one by one; this
 * is for what one looks at. The file is there whole or not at all.
 *
 * A plan of kind "export" has one step that does this, so that it is a job as every other: shown before
 * it runs, with progress, cancel and a journal.
 *
 * Threads: export_run blocks and belongs on a worker; the rest is pure.
 * Errors:  those of the session, of row_writer_new and of export_file.h; RS_ERROR_USAGE for a statement
 *          without rows or a path that says no format
 *
 * Call order:  export_request_init, export_run; or export_plan_new, and the executor
 */
#ifndef REDSMITH_JOB_EXPORT_H
#define REDSMITH_JOB_EXPORT_H

#include "job/plan.h"
#include "job/progress.h"
#include "redshift/row_writer.h"

/* Strings are borrowed. */
typedef struct {
    const char *sql, *path;
    const char *schema, *relation; /* of INSERT statements; NULL: "rows" */
    RowFormat format;
    CodecKind codec;
    gboolean header, overwrite;
} ExportRequest;

/* Format and compression: by name where one is given, else by the path's suffix. "psql", "csv.gz" is
 * no name: compression always comes from the suffix. */
gboolean export_request_init(ExportRequest *request, const char *path, const char *format_name,
                             GError **error);

typedef struct {
    guint64 rows, bytes; /* bytes: of the file */
} ExportResult;

/* Runs the statement and writes the file. rows and bytes (before compression) are counted in progress,
 * tick is called some times a second while rows arrive; both may be NULL. */
gboolean export_run(Session *session, const ExportRequest *request, Progress *progress,
                    SessionTick tick, gpointer user, ExportResult *result,
                    GCancellable *cancellable, GError **error);

/* The plan of that job; refuses what export_file_check refuses. source: what is exported, for the
 * title. */
Plan *export_plan_new(const ExportRequest *request, const char *profile, const char *source,
                      GError **error);
/* The request as the plan keeps it; strings belong to the plan. */
gboolean export_request_of_plan(const Plan *plan, ExportRequest *request, GError **error);

#endif
