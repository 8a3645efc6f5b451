/*
 * narrator: what a headless command says on standard error while it works.
 *
 * Lines come from the worker; the progress of a running job is read from its atomics by a timer of the
 * main loop, which exists only while a job runs. Everything said passes text_printable.
 *
 *   line   on a terminal: lines, and below them one progress line that is rewritten
 *   plain  lines, and every few seconds a progress line
 *   json   every line on standard error is one JSON object: progress at least twice a second with
 *          job, step, steps, kind, title, state, rows, bytes, files, their totals, percent, source,
 *          ms; texts as {"message": ..}; the failure as {"error": .., "code": ..}
 *   none   failures only
 *
 * Threads: any, but for narrator_new and narrator_free (main thread).
 */
#ifndef REDSMITH_CLI_NARRATOR_H
#define REDSMITH_CLI_NARRATOR_H

#include <stdio.h>

#include "job/plan.h"
#include "job/progress.h"

typedef enum { NARRATE_LINE, NARRATE_PLAIN, NARRATE_JSON, NARRATE_NONE } NarratorMode;

typedef struct Narrator Narrator;

/* "auto" (by is_terminal), "plain", "json", "none". FALSE for any other word. */
gboolean narrator_mode_from_name(const char *name, gboolean is_terminal, NarratorMode *mode);

/* out is borrowed. */
Narrator *narrator_new(FILE *out, NarratorMode mode);
void narrator_free(Narrator *narrator);

/* One message of one or more lines. */
void narrator_say(Narrator *narrator, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* More about a failure, of one or more lines; said in every mode. */
void narrator_complain(Narrator *narrator, const char *text);

/* What went wrong, with its hint; said in every mode. */
void narrator_fail(Narrator *narrator, const GError *error);

/* Shows a job's progress until narrator_end_job. plan (may be NULL) and progress are borrowed. */
void narrator_begin_job(Narrator *narrator, const Plan *plan, const Progress *progress);
void narrator_end_job(Narrator *narrator);

/* A progress line as `line` and `plain` show it. Free with g_free. */
char *narrator_progress_text(const Plan *plan, const ProgressSnapshot *snapshot);
/* The object of `json`, without a line end. Free with g_free. */
char *narrator_progress_json(const Plan *plan, const ProgressSnapshot *snapshot);

#endif
