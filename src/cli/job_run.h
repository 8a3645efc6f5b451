/*
 * job_run: from a plan to its outcome, the same for every kind of job.
 *
 * --dry-run prints the plan and does nothing. A destructive plan is confirmed by the target's name.
 * While the job runs its progress is narrated; a refused load prints file, line, column, value and
 * reason of each bad row, with the line and a caret under the value.
 *
 * Threads: a worker; blocks until the job has ended.
 */
#ifndef REDSMITH_CLI_JOB_RUN_H
#define REDSMITH_CLI_JOB_RUN_H

#include "cli/cli.h"

/* A job's request, made into a plan by one of the plan builders. */
typedef Plan *(*JobPlanner)(gpointer request, Session *session, S3Client *s3,
                            GCancellable *cancellable, GError **error);

/* Reads the facts, builds the plan, and does what job_run says above. */
gboolean job_run_request(CliContext *cli, JobPlanner planner, gpointer request, GError **error);

/* The same for a plan that is there. result may be NULL; it is to be zeroed. */
gboolean job_run_plan(CliContext *cli, const Plan *plan, JobResult *result, GError **error);

/* The plan as text, or as JSON with --json. */
gboolean job_run_print_plan(CliContext *cli, const Plan *plan, GError **error);

/* Goes on with a journalled job. */
gboolean job_run_resume(CliContext *cli, const char *id, GError **error);

/* The text of screens' "a load that failed": one bad row. Free with g_free. */
char *job_load_error_text(const LoadError *load_error);

#endif
