/*
 * workbench: the one facade over everything below: profile, sessions, catalog, pool, jobs.
 *
 * ui/ and cli/ hold one Workbench and reach the lower floors through it; there are no globals. What
 * blocks (sessions, S3, a job that is waited for) is called by workers: a headless command's own, or a task
 * that a screen gave to the pool (base/pool). Jobs of the screens run in the bulk lane; the screens read
 * their Progress and are told by callbacks on the main thread.
 *
 * Call order:  workbench_new, workbench_set_... (before the first session), then anything;
 *              session_free for every session that was opened, workbench_free
 * Ownership:   the workbench owns the profile, the pool, the catalog, the clients of AWS and its jobs
 * Threads:     main thread, but for the functions marked "any thread"
 */
#ifndef REDSMITH_WORKBENCH_H
#define REDSMITH_WORKBENCH_H

#include "aws/s3.h"
#include "base/pool.h"
#include "config/profile.h"
#include "job/executor.h"
#include "redshift/catalog.h"
#include "redshift/login.h"
#include "redshift/preflight.h"
#include "redshift/session.h"

typedef struct Workbench Workbench;

/* Takes the profile. Touches no network. */
Workbench *workbench_new(Profile *profile);
void workbench_free(Workbench *workbench);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Workbench, workbench_free)

const Profile *workbench_profile(const Workbench *workbench); /* any thread */
Pool *workbench_pool(Workbench *workbench);
Catalog *workbench_catalog(Workbench *workbench);

/*
 * How a password is asked for when the profile says so: called on the thread that connects, once for
 * all sessions, and again after the server refused the answer. NULL: nobody to ask. Set before the
 * first session.
 */
void workbench_set_prompt(Workbench *workbench, LoginSecret prompt, gpointer user);

/*
 * The same for the code of an MFA device that an AWS role wants: called on the thread that signs. NULL:
 * nobody to ask, and the role's profile is refused with what to do instead. May be set again: the
 * latest counts.
 */
void workbench_set_code_prompt(Workbench *workbench, CredentialsPrompt prompt, gpointer user);

/*
 * What is told when a login was done otherwise than the profile says (no keyring here: asked instead), or
 * when something was lost with a connection: one line, on the thread that connects. Set before the first
 * session.
 */
void workbench_set_note(Workbench *workbench, void (*note)(gpointer user, const char *line),
                        gpointer user);

/* A new session of the profile, logged in the statement log. Any thread. Free with session_free, before the
 * workbench. RS_ERROR_LIMIT when max_sessions are open and none is closed within two seconds: its message
 * lists them, with what each did last. */
Session *workbench_open_session(Workbench *workbench, GCancellable *cancellable, GError **error);

/* TRUE when max_sessions allows one more at this moment. Any thread. */
gboolean workbench_has_session_left(Workbench *workbench);

/* TRUE while somebody waits at the limit: an idle session is better closed than kept. Any thread. */
gboolean workbench_awaits_session(Workbench *workbench);

/* A session in the place of one that was lost, which is freed in any case; what was lost with it is told by
 * the note, also when there is no new session. Any thread. */
Session *workbench_reopen_session(Workbench *workbench, Session *lost, GCancellable *cancellable,
                                  GError **error);

/*
 * The metadata session: opened when first needed, reused, reopened when lost. A worker takes it,
 * uses it and gives it back; a second taker waits. Any thread.
 */
Session *workbench_take_session(Workbench *workbench, GCancellable *cancellable, GError **error);
void workbench_give_session(Workbench *workbench, Session *session);

/* Every check of the profile, line by line: see redshift/preflight. Any thread. */
gboolean workbench_preflight(Workbench *workbench, PreflightReport report, gpointer user,
                             GCancellable *cancellable, GError **error);

/* The source of the AWS credentials of the profile, made when first needed; asks nobody yet. Any thread.
 * Owned by the workbench. */
CredentialsSource *workbench_credentials(Workbench *workbench);

/* The AWS Region of the profile, also where it says nothing: see aws/region. Any thread. Free with g_free. */
char *workbench_region(Workbench *workbench);

/* The S3 client of the profile, made when first needed. Any thread. Owned by the workbench. */
S3Client *workbench_s3(Workbench *workbench, GError **error);

/* The last statements that were sent, oldest first, credentials masked: for the statement log. */
typedef struct {
    gint64 at; /* epoch ms */
    char *sql;
    gint64 duration_ms;
    char *error; /* NULL when it went well */
} StatementLogEntry;
GPtrArray *workbench_statements(Workbench *workbench); /* any thread; free with g_ptr_array_unref */

/* Jobs of this process. A Job stays until the workbench is freed. */
typedef struct Job Job;

/* On the main thread whenever the job's state, step or log changed; not for mere numbers. */
typedef void (*JobChanged)(gpointer user, Job *job);

/* Takes the plan; journals and runs it in the bulk lane. A journal that cannot be written ends the
 * job before its first step, with that error. Owned by the workbench. */
Job *workbench_start_job(Workbench *workbench, Plan *plan);
/* Resumes a job of the journal; id may be a unique prefix. What is wrong with the id ends the job. Until
 * the journal was read the job's plan is NULL. */
Job *workbench_resume_job(Workbench *workbench, const char *id);
void workbench_on_job_changed(Workbench *workbench, JobChanged changed, gpointer user);
const GPtrArray *workbench_jobs(const Workbench *workbench); /* of Job, oldest first */
guint workbench_running_jobs(const Workbench *workbench);

/*
 * The same for a caller that waits, a headless command on its worker: journals the plan (not taken) and
 * runs it, or resumes the journalled job `id` when plan is NULL. log gets each line as it happens, on
 * the calling thread; it and *progress may be NULL. Any thread.
 */
typedef void (*JobLogLine)(gpointer user, const char *line);
gboolean workbench_run_job(Workbench *workbench, const Plan *plan, const char *id,
                           Progress *progress, JobLogLine log, gpointer user, JobResult *result,
                           GCancellable *cancellable, GError **error);
/* Removes what a job left behind: its stage, its marker or staging tables. Any thread. */
gboolean workbench_clean_job(Workbench *workbench, const char *id, JobLogLine log, gpointer user,
                             GCancellable *cancellable, GError **error);

const char *job_id(const Job *job);
const Plan *job_plan(const Job *job); /* NULL while a resumed job's journal is being read */
/* An ended state only once result and error are there, too. */
ProgressSnapshot job_progress(const Job *job);
const GPtrArray *job_log(const Job *job);    /* of char *, oldest first */
const JobResult *job_result(const Job *job); /* filled once it has ended */
const GError *job_error(const Job *job);     /* NULL unless failed or cancelled */
/* Asks it to stop: the statement is cancelled on the server. Returns at once. */
void job_cancel(Job *job);

#endif
