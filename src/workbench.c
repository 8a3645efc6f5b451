#include "workbench.h"

#include <string.h>

#include "aws/region.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "config/keyring.h"
#include "redshift/catalog_cache.h"

enum {
    INTERACTIVE_WORKERS = 3, /* metadata, preview, and one to cancel with */
    BULK_WORKERS = 3,        /* jobs at once; each has its own transfer workers */
    STATEMENTS_KEPT = 500,
    LAST_BYTES = 60, /* of a statement, where sessions are listed */
    LISTED_MAX = 10,
    WAIT_SLICE_US = 100 * 1000, /* how late a cancel may be noticed while waiting for a session */
};

struct Workbench {
    Profile *profile;
    Pool *pool;
    Catalog *catalog;
    LoginSecret prompt;
    gpointer prompt_user;
    CredentialsPrompt code_prompt;
    gpointer code_prompt_user;
    void (*note)(gpointer user, const char *line);
    gpointer note_user;
    LoginMemory *logins; /* what AWS gave to log in with */
    GMutex prompt_lock;  /* held while the user is asked: one question, however many sessions */
    Secret *prompted;    /* the answer, until the server refuses it */
    GPtrArray *jobs;     /* of Job; main thread */
    JobChanged changed;
    gpointer changed_user;
    GMutex lock; /* guards everything below */
    GCond session_given;
    Session *session; /* the metadata session, NULL until needed or while it is out */
    gboolean session_out;
    GQueue statements; /* of StatementLogEntry */
    CredentialsSource *credentials;
    S3Client *s3;
    char *last_note;
    GPtrArray *open_sessions; /* of OpenSession, not owned: each goes with its session */
};

/* What is known of a session that is open, or on its way. */
typedef struct {
    Workbench *workbench;
    gint64 since; /* monotonic, us */
    char *last;   /* how its last statement begins; NULL before the first */
} OpenSession;

/*
 * Main thread, but for: the executor's thread reads workbench, id, plan and cancellable, writes
 * progress (atomics), journal and result until its task completes, and pushes into fresh_lines.
 * Reference counted (GRcBox, atomic) because log lines may be on their way when the workbench goes.
 */
struct Job {
    Workbench *workbench; /* NULL once the workbench is gone; main thread */
    char *id;
    Plan *plan;
    Journal *journal;
    Progress progress;
    JobResult result;
    GError *error;
    GPtrArray *lines;         /* of char * */
    GAsyncQueue *fresh_lines; /* of char *, from the executor's thread */
    GCancellable *cancellable;
};

static void statement_entry_free(gpointer data)
{
    StatementLogEntry *entry = data;
    g_free(entry->sql);
    g_free(entry->error);
    g_free(entry);
}

static StatementLogEntry *statement_entry_copy(const StatementLogEntry *entry)
{
    StatementLogEntry *copy = g_memdup2(entry, sizeof *entry);
    copy->sql = g_strdup(entry->sql);
    copy->error = g_strdup(entry->error);
    return copy;
}

/* A StatementLog: any thread. */
static void note_statement(gpointer user, const char *sql, gint64 duration_ms, const GError *error)
{
    OpenSession *open = user;
    Workbench *workbench = open->workbench;
    StatementLogEntry *entry = g_new0(StatementLogEntry, 1);
    entry->at = g_get_real_time() / 1000 - duration_ms;
    entry->sql = log_redact(sql);
    entry->duration_ms = duration_ms;
    entry->error = error == NULL ? NULL : g_strdup(error->message);
    log_write(LOG_LEVEL_DEBUG, "%" G_GINT64_FORMAT " ms: %s", duration_ms, sql);
    g_mutex_lock(&workbench->lock);
    g_free(open->last);
    open->last = text_printable(entry->sql, (gssize)MIN(strlen(entry->sql), LAST_BYTES));
    g_queue_push_tail(&workbench->statements, entry);
    if (workbench->statements.length > STATEMENTS_KEPT)
        statement_entry_free(g_queue_pop_head(&workbench->statements));
    g_mutex_unlock(&workbench->lock);
}

static void job_unref(gpointer job);

/* What the catalog's cache is a picture of: an edited profile must not show another cluster's. */
static char *cache_target(const Profile *profile)
{
    return g_strdup_printf("%s:%d %s %s", profile->host != NULL ? profile->host : "", profile->port,
                           profile->cluster_identifier != NULL ? profile->cluster_identifier : "",
                           profile->workgroup_name != NULL ? profile->workgroup_name : "");
}

Workbench *workbench_new(Profile *profile)
{
    Workbench *workbench = g_new0(Workbench, 1);
    workbench->profile = profile;
    workbench->pool = pool_new(NULL, INTERACTIVE_WORKERS, BULK_WORKERS);
    workbench->catalog = catalog_new();
    g_autofree char *target = cache_target(profile);
    catalog_use_cache(workbench->catalog,
                      catalog_cache_new(profile->name != NULL ? profile->name : "", target,
                                        profile->database != NULL ? profile->database : ""));
    workbench->logins = login_memory_new();
    workbench->jobs = g_ptr_array_new_with_free_func(job_unref);
    g_mutex_init(&workbench->prompt_lock);
    g_mutex_init(&workbench->lock);
    g_cond_init(&workbench->session_given);
    g_queue_init(&workbench->statements);
    workbench->open_sessions = g_ptr_array_new();
    return workbench;
}

void workbench_free(Workbench *workbench)
{
    if (workbench == NULL)
        return;
    workbench->changed = NULL;
    pool_free(workbench->pool); /* cancels what runs and waits for it: nothing uses us after this */
    for (guint i = 0; i < workbench->jobs->len; i++)
        ((Job *)g_ptr_array_index(workbench->jobs, i))->workbench = NULL;
    g_ptr_array_unref(workbench->jobs);
    session_free(workbench->session);
    s3_client_free(workbench->s3);
    credentials_source_free(workbench->credentials);
    login_memory_free(workbench->logins);
    g_free(workbench->last_note);
    catalog_free(workbench->catalog);
    g_queue_clear_full(&workbench->statements, statement_entry_free);
    g_ptr_array_unref(workbench->open_sessions);
    g_cond_clear(&workbench->session_given);
    g_mutex_clear(&workbench->lock);
    g_mutex_clear(&workbench->prompt_lock);
    secret_unref(workbench->prompted);
    profile_free(workbench->profile);
    g_free(workbench);
}

const Profile *workbench_profile(const Workbench *workbench)
{
    return workbench->profile;
}

Pool *workbench_pool(Workbench *workbench)
{
    return workbench->pool;
}

Catalog *workbench_catalog(Workbench *workbench)
{
    return workbench->catalog;
}

void workbench_set_prompt(Workbench *workbench, LoginSecret prompt, gpointer user)
{
    workbench->prompt = prompt;
    workbench->prompt_user = user;
}

void workbench_set_code_prompt(Workbench *workbench, CredentialsPrompt prompt, gpointer user)
{
    workbench->code_prompt = prompt;
    workbench->code_prompt_user = user;
}

/* A LoginSecret: any thread. */
static Secret *ask_once(gpointer user, const Profile *profile, GCancellable *cancellable,
                        GError **error)
{
    Workbench *workbench = user;
    g_mutex_lock(&workbench->prompt_lock);
    if (workbench->prompted == NULL)
        workbench->prompted =
            workbench->prompt(workbench->prompt_user, profile, cancellable, error);
    Secret *secret = secret_ref(workbench->prompted);
    g_mutex_unlock(&workbench->prompt_lock);
    return secret;
}

static void forget_answer(Workbench *workbench)
{
    g_mutex_lock(&workbench->prompt_lock);
    g_clear_pointer(&workbench->prompted, secret_unref);
    g_mutex_unlock(&workbench->prompt_lock);
}

static Secret *ask_keyring(gpointer user, const Profile *profile, GCancellable *cancellable,
                           GError **error)
{
    return keyring_lookup(profile->host, profile->port, profile->user, KEYRING_DEADLINE_MS,
                          cancellable, error);
}

/* Any thread. */
static void say(Workbench *workbench, const char *line)
{
    log_write(LOG_LEVEL_INFO, "%s", line);
    if (workbench->note != NULL)
        workbench->note(workbench->note_user, line);
}

/* The same thing is said once, however many sessions do it. Any thread. */
static void tell_note(gpointer user, const char *line)
{
    Workbench *workbench = user;
    g_mutex_lock(&workbench->lock);
    gboolean said = g_strcmp0(workbench->last_note, line) == 0;
    if (!said) {
        g_free(workbench->last_note);
        workbench->last_note = g_strdup(line);
    }
    g_mutex_unlock(&workbench->lock);
    if (!said)
        say(workbench, line);
}

void workbench_set_note(Workbench *workbench, void (*note)(gpointer user, const char *line),
                        gpointer user)
{
    workbench->note = note;
    workbench->note_user = user;
}

static LoginSecrets login_secrets(Workbench *workbench)
{
    return (LoginSecrets){
        .prompt = workbench->prompt == NULL ? NULL : ask_once,
        .keyring = ask_keyring,
        .note = tell_note,
        .user = workbench,
    };
}

static LoginContext login_context(Workbench *workbench, const LoginSecrets *secrets,
                                  const char *region)
{
    return (LoginContext){.profile = workbench->profile,
                          .secrets = secrets,
                          .credentials = workbench_credentials(workbench),
                          .region = region,
                          .memory = workbench->logins,
                          .application = "redsmith"};
}

static Session *open_session(Workbench *workbench, GCancellable *cancellable, GError **error)
{
    const LoginSecrets secrets = login_secrets(workbench);
    g_autofree char *region = workbench_region(workbench);
    const LoginContext login = login_context(workbench, &secrets, region);
    g_autoptr(GError) failure = NULL;
    Session *session = login_open(&login, cancellable, &failure);
    if (session != NULL)
        return session;
    if (g_error_matches(failure, RS_ERROR, RS_ERROR_AUTH))
        forget_answer(workbench);
    g_propagate_error(error, g_steal_pointer(&failure));
    return NULL;
}

/* The session is closed, or was not opened. */
static void forget_session(gpointer user)
{
    OpenSession *open = user;
    Workbench *workbench = open->workbench;
    g_mutex_lock(&workbench->lock);
    g_ptr_array_remove(workbench->open_sessions, open);
    g_mutex_unlock(&workbench->lock);
    g_free(open->last);
    g_free(open);
}

/* With the lock held: which sessions are open, the oldest first. */
static char *list_sessions(const Workbench *workbench)
{
    GString *list = g_string_new(NULL);
    gint64 now = g_get_monotonic_time();
    for (guint i = 0; i < workbench->open_sessions->len && i < LISTED_MAX; i++) {
        const OpenSession *open = workbench->open_sessions->pdata[i];
        g_string_append_printf(list, "\n  open for %" G_GINT64_FORMAT " s, last statement: %s",
                               (now - open->since) / G_USEC_PER_SEC,
                               open->last != NULL ? open->last : "none yet");
    }
    if (workbench->open_sessions->len > LISTED_MAX)
        g_string_append_printf(list, "\n  and %u more", workbench->open_sessions->len - LISTED_MAX);
    return g_string_free(list, FALSE);
}

/* With the lock held. */
static gboolean is_session_allowed(const Workbench *workbench, GError **error)
{
    const Profile *profile = workbench->profile;
    guint n = workbench->open_sessions->len;
    if (profile->max_sessions <= 0 || n < (guint)profile->max_sessions)
        return TRUE;
    g_autofree char *list = list_sessions(workbench);
    g_set_error(error, RS_ERROR, RS_ERROR_LIMIT,
                "profile \"%s\" has %u sessions open, and max_sessions allows no more: wait for "
                "a job to end, close an editor, or raise max_sessions%s",
                profile->name, n, list);
    return FALSE;
}

/* NULL when the profile allows no more. */
static OpenSession *remember_session(Workbench *workbench, GError **error)
{
    OpenSession *open = NULL;
    g_mutex_lock(&workbench->lock);
    if (is_session_allowed(workbench, error)) {
        open = g_new0(OpenSession, 1);
        open->workbench = workbench;
        open->since = g_get_monotonic_time();
        g_ptr_array_add(workbench->open_sessions, open);
    }
    g_mutex_unlock(&workbench->lock);
    return open;
}

Session *workbench_open_session(Workbench *workbench, GCancellable *cancellable, GError **error)
{
    OpenSession *open = remember_session(workbench, error);
    if (open == NULL)
        return NULL;
    Session *session = open_session(workbench, cancellable, error);
    if (session == NULL) {
        forget_session(open);
        return NULL;
    }
    session_set_log(session, note_statement, open);
    session_on_closed(session, forget_session, open);
    return session;
}

Session *workbench_reopen_session(Workbench *workbench, Session *lost, GCancellable *cancellable,
                                  GError **error)
{
    const char *losses = session_losses(lost);
    g_autofree char *host = g_strdup(session_info(lost)->host);
    session_free(lost);
    Session *session = workbench_open_session(workbench, cancellable, error);
    if (session == NULL && losses == NULL)
        return NULL; /* the error says all that there is to say */
    /* Whoever tries again has no lost session any more: what went with it is said now, or never. */
    g_autofree char *line = g_strdup_printf(
        "%s %s%s%s", session != NULL ? "Reconnected to" : "Disconnected from", host,
        losses == NULL ? "" : "; lost with the old session: ", losses == NULL ? "" : losses);
    say(workbench, line);
    return session;
}

static Session *open_for_preflight(gpointer user, GCancellable *cancellable, GError **error)
{
    return workbench_open_session(user, cancellable, error);
}

gboolean workbench_preflight(Workbench *workbench, PreflightReport report, gpointer user,
                             GCancellable *cancellable, GError **error)
{
    const LoginSecrets secrets = login_secrets(workbench);
    g_autofree char *region = workbench_region(workbench);
    const LoginContext login = login_context(workbench, &secrets, region);
    const PreflightContext context = {.login = &login,
                                      .open_session = open_for_preflight,
                                      .user = workbench,
                                      .s3 = workbench_s3(workbench, error)};
    return context.s3 != NULL && preflight_run(&context, report, user, cancellable, error);
}

/* Waits until the metadata session is in; then it is out, and ours. */
static gboolean claim_session(Workbench *workbench, Session **session, GCancellable *cancellable,
                              GError **error)
{
    g_mutex_lock(&workbench->lock);
    while (workbench->session_out) {
        if (g_cancellable_is_cancelled(cancellable)) {
            g_mutex_unlock(&workbench->lock);
            return !rs_error_set_if_cancelled(cancellable, error);
        }
        g_cond_wait_until(&workbench->session_given, &workbench->lock,
                          g_get_monotonic_time() + WAIT_SLICE_US);
    }
    workbench->session_out = TRUE;
    *session = g_steal_pointer(&workbench->session);
    g_mutex_unlock(&workbench->lock);
    return TRUE;
}

Session *workbench_take_session(Workbench *workbench, GCancellable *cancellable, GError **error)
{
    Session *session = NULL;
    if (!claim_session(workbench, &session, cancellable, error))
        return NULL;
    if (session == NULL)
        session = workbench_open_session(workbench, cancellable, error);
    else if (!session_is_alive(session))
        session = workbench_reopen_session(workbench, session, cancellable, error);
    if (session == NULL)
        workbench_give_session(workbench, NULL);
    return session;
}

void workbench_give_session(Workbench *workbench, Session *session)
{
    if (session != NULL && !session_is_alive(session))
        g_clear_pointer(&session, session_free);
    g_mutex_lock(&workbench->lock);
    workbench->session = session;
    workbench->session_out = FALSE;
    g_cond_signal(&workbench->session_given);
    g_mutex_unlock(&workbench->lock);
}

char *workbench_region(Workbench *workbench)
{
    const Profile *profile = workbench->profile;
    g_autoptr(GError) damaged = NULL;
    char *region = region_find(profile->region, profile->aws_profile, FALSE, NULL, &damaged);
    if (damaged != NULL) /* whoever needs the file for its keys will say so aloud */
        log_write(LOG_LEVEL_WARNING, "%s", damaged->message);
    return region != NULL ? region : endpoint_region(NULL);
}

/* With the lock held. */
static CredentialsSource *open_credentials(Workbench *workbench)
{
    const Profile *profile = workbench->profile;
    if (workbench->credentials != NULL)
        return workbench->credentials;
    g_autofree char *region = workbench_region(workbench);
    CredentialsSettings settings = {.access_key_id = profile->access_key_id,
                                    .secret_access_key = profile->secret_access_key,
                                    .session_token = profile->session_token,
                                    .role_arn = profile->role_arn,
                                    .external_id = profile->external_id,
                                    .aws_profile = profile->aws_profile,
                                    .region = region,
                                    .endpoint_url = profile->endpoint_url,
                                    .prompt = workbench->code_prompt,
                                    .prompt_user = workbench->code_prompt_user};
    workbench->credentials = credentials_source_new_with(&settings);
    return workbench->credentials;
}

CredentialsSource *workbench_credentials(Workbench *workbench)
{
    g_mutex_lock(&workbench->lock);
    CredentialsSource *credentials = open_credentials(workbench);
    g_mutex_unlock(&workbench->lock);
    return credentials;
}

S3Client *workbench_s3(Workbench *workbench, GError **error)
{
    g_mutex_lock(&workbench->lock);
    if (workbench->s3 == NULL) {
        const char *own = workbench->profile->tempdir_region;
        g_autofree char *region = own != NULL ? g_strdup(own) : workbench_region(workbench);
        workbench->s3 =
            s3_client_new(workbench->profile->endpoint_url, region, open_credentials(workbench));
    }
    g_mutex_unlock(&workbench->lock);
    return workbench->s3;
}

GPtrArray *workbench_statements(Workbench *workbench)
{
    GPtrArray *statements = g_ptr_array_new_with_free_func(statement_entry_free);
    g_mutex_lock(&workbench->lock);
    for (const GList *l = workbench->statements.head; l != NULL; l = l->next)
        g_ptr_array_add(statements, statement_entry_copy(l->data));
    g_mutex_unlock(&workbench->lock);
    return statements;
}

/* --- jobs ----------------------------------------------------------------------------------- */

/* What an ExecutorContext's user points to. */
typedef struct {
    Workbench *workbench;
    JobLogLine log;
    gpointer log_user;
} RunContext;

static Session *run_open_session(gpointer user, GCancellable *cancellable, GError **error)
{
    return workbench_open_session(((RunContext *)user)->workbench, cancellable, error);
}

static S3Client *run_s3(gpointer user, GError **error)
{
    return workbench_s3(((RunContext *)user)->workbench, error);
}

static void run_log(gpointer user, const char *line)
{
    const RunContext *run = user;
    if (run->log != NULL)
        run->log(run->log_user, line);
}

static ExecutorContext executor_context(RunContext *run)
{
    return (ExecutorContext){
        .open_session = run_open_session, .s3 = run_s3, .log = run_log, .user = run};
}

gboolean workbench_run_job(Workbench *workbench, const Plan *plan, const char *id,
                           Progress *progress, JobLogLine log, gpointer user, JobResult *result,
                           GCancellable *cancellable, GError **error)
{
    g_autoptr(Journal) journal =
        plan != NULL ? journal_create(plan, error) : journal_open(id, error);
    if (journal == NULL)
        return FALSE;
    RunContext run = {workbench, log, user};
    ExecutorContext context = executor_context(&run);
    Progress own = {0};
    return executor_run(journal_plan(journal), journal, &context,
                        progress != NULL ? progress : &own, result, cancellable, error);
}

gboolean workbench_clean_job(Workbench *workbench, const char *id, JobLogLine log, gpointer user,
                             GCancellable *cancellable, GError **error)
{
    g_autoptr(Journal) journal = journal_open(id, error);
    if (journal == NULL)
        return FALSE;
    RunContext run = {workbench, log, user};
    ExecutorContext context = executor_context(&run);
    return executor_clean(journal_plan(journal), journal, &context, cancellable, error);
}

static void job_clear(gpointer data)
{
    Job *job = data;
    g_free(job->id);
    plan_free(job->plan);
    journal_free(job->journal);
    job_result_clear(&job->result);
    g_clear_error(&job->error);
    g_ptr_array_unref(job->lines);
    g_async_queue_unref(job->fresh_lines);
    g_object_unref(job->cancellable);
}

static void job_unref(gpointer job)
{
    g_atomic_rc_box_release_full(job, job_clear);
}

static void tell_changed(Job *job)
{
    if (job->workbench != NULL && job->workbench->changed != NULL)
        job->workbench->changed(job->workbench->changed_user, job);
}

static gboolean take_lines(gpointer user)
{
    Job *job = user;
    char *line;
    guint taken = 0;
    for (; (line = g_async_queue_try_pop(job->fresh_lines)) != NULL; taken++)
        g_ptr_array_add(job->lines, line);
    if (taken > 0)
        tell_changed(job);
    return G_SOURCE_REMOVE;
}

/* A JobLogLine on the executor's thread. */
static void push_line(gpointer user, const char *line)
{
    Job *job = user;
    g_async_queue_push(job->fresh_lines, log_redact(line));
    GSource *source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, take_lines, g_atomic_rc_box_acquire(job), job_unref);
    g_source_attach(source, NULL);
    g_source_unref(source);
}

/* On a worker: the plan's journal is created, or an existing one opened, and then run. */
static gboolean run_job(gpointer data, GCancellable *cancellable, GError **error)
{
    Job *job = data;
    Journal *journal =
        job->plan != NULL ? journal_create(job->plan, error) : journal_open(job->id, error);
    if (journal == NULL) {
        progress_end_job(&job->progress, JOB_FAILED);
        return FALSE;
    }
    g_atomic_pointer_set(&job->journal, journal); /* the screens may ask for the plan from now on */
    RunContext run = {job->workbench, push_line, job};
    ExecutorContext context = executor_context(&run);
    return executor_run(journal_plan(journal), journal, &context, &job->progress, &job->result,
                        cancellable, error);
}

static void job_ended(gpointer data, TaskOutcome outcome, const GError *error)
{
    Job *job = data;
    if (error != NULL)
        job->error = g_error_copy(error);
    if (outcome == TASK_CANCELLED && job->journal == NULL) /* it never got a worker */
        progress_end_job(&job->progress, JOB_CANCELLED);
    if (job->plan == NULL && job->journal != NULL) {
        g_free(job->id);
        job->id = g_strdup(journal_plan(job->journal)->id);
    }
    take_lines(job);
    tell_changed(job);
}

static Job *submit_job(Workbench *workbench, const char *id, Plan *plan)
{
    Job *job = g_atomic_rc_box_new0(Job);
    job->workbench = workbench;
    job->id = g_strdup(id);
    job->plan = plan;
    job->lines = g_ptr_array_new_with_free_func(g_free);
    job->fresh_lines = g_async_queue_new_full(g_free);
    job->cancellable = g_cancellable_new();
    progress_begin_job(&job->progress);
    g_ptr_array_add(workbench->jobs, job);
    pool_submit(workbench->pool, POOL_BULK, "job", run_job, job_ended, job, NULL, job->cancellable);
    return job;
}

Job *workbench_start_job(Workbench *workbench, Plan *plan)
{
    return submit_job(workbench, plan->id, plan);
}

Job *workbench_resume_job(Workbench *workbench, const char *id)
{
    return submit_job(workbench, id, NULL);
}

void workbench_on_job_changed(Workbench *workbench, JobChanged changed, gpointer user)
{
    workbench->changed = changed;
    workbench->changed_user = user;
}

const GPtrArray *workbench_jobs(const Workbench *workbench)
{
    return workbench->jobs;
}

guint workbench_running_jobs(const Workbench *workbench)
{
    guint running = 0;
    for (guint i = 0; i < workbench->jobs->len; i++) {
        ProgressSnapshot now = job_progress(g_ptr_array_index(workbench->jobs, i));
        running += now.state <= JOB_CANCELLING;
    }
    return running;
}

const char *job_id(const Job *job)
{
    return job->id;
}

const Plan *job_plan(const Job *job)
{
    if (job->plan != NULL)
        return job->plan;
    const Journal *journal = g_atomic_pointer_get((gpointer *)&job->journal);
    return journal == NULL ? NULL : journal_plan(journal);
}

ProgressSnapshot job_progress(const Job *job)
{
    return progress_read(&job->progress);
}

const GPtrArray *job_log(const Job *job)
{
    return job->lines;
}

const JobResult *job_result(const Job *job)
{
    return &job->result;
}

const GError *job_error(const Job *job)
{
    return job->error;
}

void job_cancel(Job *job)
{
    g_cancellable_cancel(job->cancellable);
}
