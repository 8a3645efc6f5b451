/*
 * workbench_private: the insides of a Workbench, shared by its four files.
 *
 * workbench.c makes and frees it and holds what AWS is asked with; workbench_login.c asks for passwords and
 * codes and logs in; workbench_sessions.c counts sessions, lends the metadata session and keeps the
 * statement log; workbench_jobs.c runs jobs.
 *
 * Threads: main thread, but for what stands below a lock: any thread that holds it.
 */
#ifndef REDSMITH_WORKBENCH_PRIVATE_H
#define REDSMITH_WORKBENCH_PRIVATE_H

#include "workbench.h"

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
    GCond session_given, session_closed;
    guint session_waiters; /* for a place below max_sessions */
    Session *session; /* the metadata session, NULL until needed or while it is out */
    gboolean session_out;
    GQueue statements; /* of StatementLogEntry */
    CredentialsSource *credentials;
    S3Client *s3;
    char *last_note;
    GPtrArray
        *open_sessions; /* of what workbench_sessions.c knows of each; each goes with its session */
};

/* Logs in, once: no count of sessions, no statement log. Forgets an answer that was refused. Any thread. */
Session *workbench_log_in(Workbench *workbench, GCancellable *cancellable, GError **error);

/* Asks whoever was set with workbench_set_code_prompt last; user is the workbench. Any thread. */
Secret *workbench_ask_code(gpointer user, const char *mfa_serial, GCancellable *cancellable,
                           GError **error);

/* One line for the log and for whoever was set with workbench_set_note. Any thread. */
void workbench_tell(Workbench *workbench, const char *line);

/* Frees a StatementLogEntry. */
void workbench_statement_free(gpointer entry);

/* The jobs of a workbench. Freeing them parts them from it: log lines on their way may still hold one. */
GPtrArray *workbench_jobs_new(void);
void workbench_jobs_free(GPtrArray *jobs);

#endif
