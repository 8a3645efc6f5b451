/*
 * journal: a job's append-only file on disk, $XDG_STATE_HOME/redsmith/jobs/<id>.jsonl.
 *
 * One JSON object a line, synced before the step that it announces: "plan" (first), "begin", "session"
 * (where the statements behind it run, and as whom), "file", "note", "done", "failed", "end". What resume
 * and audit read. No secret ever enters: SQL is masked on its way in; roles are named, keys never. The
 * writer holds a lock on the file, so that two processes cannot run one job; a torn last line (a crash in
 * the middle of a write) is dropped on reading.
 *
 * Threads: one thread at a time. Every write syncs and belongs on a worker.
 *
 * Errors:  the errno's error for a disk that fails, RS_ERROR_CORRUPT for a file that is no journal.
 */
#ifndef REDSMITH_JOB_JOURNAL_H
#define REDSMITH_JOB_JOURNAL_H

#include <cJSON.h>
#include <gio/gio.h>

#include "job/plan.h"
#include "job/progress.h"

typedef struct Journal Journal;

/* A new job's journal with its plan as the first line. RS_ERROR_EXISTS when the id is taken. */
Journal *journal_create(const Plan *plan, GError **error);

/* An existing one, locked for writing. RS_ERROR_CONFLICT names the process that runs it;
 * RS_ERROR_NOT_FOUND lists near ids. id may be a unique prefix. */
Journal *journal_open(const char *id, GError **error);

/*
 * Says that this process runs the job again: a line with its number, and what an earlier request to
 * cancel has left is removed. Once for each time that the journal is held; journal_create has done it.
 * A job that is only refused or cleaned is not run: its outcome must stay the last word.
 */
gboolean journal_begin_run(Journal *journal, GError **error);

/* The plan as it was given to journal_create or read from the first line. */
const Plan *journal_plan(const Journal *journal);
/* The plan that was read had credentials masked in its SQL: it cannot be run again from here. */
gboolean journal_plan_is_masked(const Journal *journal);

/* One line; takes event. FALSE on a full disk: the job must stop before the step. */
gboolean journal_write(Journal *journal, cJSON *event, GError **error);

/* What the lines so far say. */
gboolean journal_step_begun(const Journal *journal, int step);
gboolean journal_step_done(const Journal *journal, int step);
gboolean journal_file_done(const Journal *journal, int step, const char *key);
/* A noted value, or NULL. Owned by the journal. */
const char *journal_note(const Journal *journal, const char *name);
/* How often the step was begun, and the last of those lines; NULL when it never was. */
int journal_attempts(const Journal *journal, int step);
const cJSON *journal_last_begin(const Journal *journal, int step);
/* Every line so far, an array of objects in order. Owned by the journal. */
const cJSON *journal_events(const Journal *journal);
/* A new line's object with that event name, for journal_write. */
cJSON *journal_event(const char *event);
/* Notes a value: one line. */
gboolean journal_write_note(Journal *journal, int step, const char *name, const char *value,
                            GError **error);
/* $XDG_STATE_HOME/redsmith/jobs. Free with g_free. */
char *journal_folder(void);
/* Unlocks and closes; NULL is allowed. */
void journal_free(Journal *journal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Journal, journal_free)

/* A line of `jobs list`, read without locking. */
typedef struct {
    char *id, *kind, *title, *profile;
    JobState state; /* JOB_RUNNING only when a live process holds it */
    gboolean
        resumable; /* a failed or interrupted job that journal_open and executor_run can finish */
    gint64 started, ended; /* epoch seconds, 0 unknown */
    char *message;         /* the outcome or the error */
    int step, n_steps;     /* the last step that was begun, from 1; 0 none */
} JournalSummary;

/* Of JournalSummary, newest first; a journal that cannot be read says so in its title. Free with
 * g_ptr_array_unref. */
GPtrArray *journal_list(void);
/* All lines of one journal as an array of objects, for `jobs show`. Free with cJSON_Delete. */
cJSON *journal_read(const char *id, GError **error);

/*
 * The whole lines of a journal's text as an array of objects; *whole is where they end, in bytes. A last
 * line that is torn (no line feed, or not JSON after a crash) is left out; a bad line before it is
 * RS_ERROR_CORRUPT, which names path. Pure. Free with cJSON_Delete.
 */
cJSON *journal_parse(const char *path, const char *bytes, gsize length, gsize *whole,
                     GError **error);

/* Asks the process that runs the job to cancel it (a file beside the journal that the executor looks
 * for while it waits). RS_ERROR_NOT_FOUND when nothing runs it. */
gboolean journal_request_cancel(const char *id, GError **error);
gboolean journal_cancel_requested(const Journal *journal);

#endif
