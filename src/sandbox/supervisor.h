/*
 * supervisor: the process that owns a sandbox: PostgreSQL, the wire front and the AWS endpoint.
 *
 *     supervisor --- postgres            (its own program)
 *               \--- wire front          (sandbox/front, a fork: threads, one per client)
 *               \--- AWS endpoint        (sandbox/http, a fork)
 *
 * It notices when a part ends unasked, logs that and writes it to sandbox.ini; the others go on, so
 * that what happened can be looked at. Children die with it, also when it is killed.
 *
 * A lock on <dir>/sandbox.lock says that a supervisor runs, one on alive.lock that any process of the
 * sandbox does (children inherit it), so a start never meets what an earlier run left behind.
 *
 * Threads: one.
 */
#ifndef REDSMITH_SANDBOX_SUPERVISOR_H
#define REDSMITH_SANDBOX_SUPERVISOR_H

#include <glib.h>
#include <sys/types.h>

#include "sandbox/state.h"

/* The pid of the supervisor of that folder, 0 when none runs. */
pid_t supervisor_find(const char *dir);

/* How the sandbox is to be this time; each holds until it stops. */
typedef struct {
    const char *
        template_dir; /* NULL: none. A cache: the prepared database is copied from it when this same
                                 program made it, and put there when not. */
    SandboxTls tls;
    CertificateKind tls_certificate;
    gint64 credential_seconds; /* 0: as the services say */
} SupervisorOptions;

/*
 * Becomes the supervisor: returns after SIGTERM or SIGINT, with everything stopped. Calls ready once
 * when all parts serve.
 */
typedef void (*SupervisorReady)(gpointer user);
gboolean supervisor_run(const char *dir, const SupervisorOptions *options, SupervisorReady ready,
                        gpointer user, GError **error);

/* Starts a supervisor of its own session, holding nothing of the caller's; waits until it is ready. */
gboolean supervisor_launch(const char *dir, const SupervisorOptions *options, GError **error);

/* Stops it and waits until no process is left. FALSE in *was_running when there was none. */
gboolean supervisor_stop(const char *dir, gboolean *was_running, GError **error);

#endif
