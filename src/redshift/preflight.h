/*
 * preflight: every check of a profile, one line each: what was asked, of whom, as whom, the answer, and
 * what helps when it is not the right one.
 *
 * The checks are rows of a table, in the order in which a job meets what they look at: the login and its
 * way there, the server, the keys that sign, the stage in S3 for us and for Redshift, the bucket. A check
 * whose ground is missing (no session, no tempdir) is skipped and says so. Each has a time limit. What is
 * written to S3 has a name of its own and is removed.
 *
 * Threads: blocks; belongs on a worker. report is called on the same thread, line by line.
 * Errors:  when a line failed: that of the first one that could not connect or log in (RS_ERROR_CONNECT,
 *          AUTH, CONFIG), else RS_ERROR_MISMATCH which names those that failed. Warnings do not count.
 */
#ifndef REDSMITH_REDSHIFT_PREFLIGHT_H
#define REDSMITH_REDSHIFT_PREFLIGHT_H

#include "aws/s3.h"
#include "redshift/login.h"

typedef enum {
    PREFLIGHT_OK,
    PREFLIGHT_WARNING,
    PREFLIGHT_FAILED,
    PREFLIGHT_SKIPPED
} PreflightState;

/* "ok", "warning", "failed", "skipped". Static. */
const char *preflight_state_name(PreflightState state);

typedef struct {
    const char *name, *asked; /* static: "TLS", "is the certificate trusted?" */
    PreflightState state;
    char *of, *as;         /* of whom, as whom; as may be NULL */
    char *answer, *remedy; /* remedy may be NULL */
    gint64 took_ms;
} PreflightLine;

/* The line is the caller's during the call only. FALSE with error set ends the preflight. */
typedef gboolean (*PreflightReport)(gpointer user, const PreflightLine *line, GError **error);

/* All borrowed. */
typedef struct {
    const LoginContext *login;
    /* A session as the program opens it. NULL: login_open. */
    Session *(*open_session)(gpointer user, GCancellable *cancellable, GError **error);
    gpointer user;
    S3Client *s3;
} PreflightContext;

guint preflight_checks(void);
gboolean preflight_run(const PreflightContext *context, PreflightReport report, gpointer user,
                       GCancellable *cancellable, GError **error);

#endif
