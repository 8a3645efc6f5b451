/*
 * preflight_private: what the checks share; nobody else includes it.
 *
 *     preflight.c         the table, time limits, the sum of it all
 *     preflight_server.c  the way to the server, and the server
 *     preflight_s3.c      keys, stage, bucket
 *
 * Threads: as preflight.h says.
 */
#ifndef REDSMITH_REDSHIFT_PREFLIGHT_PRIVATE_H
#define REDSMITH_REDSHIFT_PREFLIGHT_PRIVATE_H

#include "redshift/preflight.h"

/* What earlier lines found out for later ones. */
typedef struct {
    const PreflightContext *context;
    const Profile *profile;
    gboolean by_wire;
    LoginTarget target;
    char *addresses;
    Session *session;
    char *bucket, *prefix; /* of tempdir; the prefix ends in "/" or is empty */
    char *bucket_region;
    gboolean can_sign, can_write;
    gint64 deadline_us; /* of the line */
} PreflightRun;

/* The answer, free with g_free; NULL with error set when it failed. A check fills of and as, and may set
 * another state than OK and a remedy. */
typedef char *(*PreflightCheck)(PreflightRun *run, PreflightLine *line, GCancellable *cancellable,
                                GError **error);

/* Sets the state, and the remedy unless NULL. Returns the answer, formatted. */
char *preflight_note(PreflightLine *line, PreflightState state, const char *remedy,
                     const char *format, ...) G_GNUC_PRINTF(4, 5);

char *preflight_find_login(PreflightRun *, PreflightLine *, GCancellable *, GError **);
char *preflight_resolve(PreflightRun *, PreflightLine *, GCancellable *, GError **);
char *preflight_reach(PreflightRun *, PreflightLine *, GCancellable *, GError **);
char *preflight_tls(PreflightRun *, PreflightLine *, GCancellable *, GError **);
char *preflight_login(PreflightRun *, PreflightLine *, GCancellable *, GError **);
char *preflight_identity(PreflightRun *, PreflightLine *, GCancellable *, GError **);
char *preflight_server(PreflightRun *, PreflightLine *, GCancellable *, GError **);
char *preflight_catalog(PreflightRun *, PreflightLine *, GCancellable *, GError **);
char *preflight_credentials(PreflightRun *, PreflightLine *, GCancellable *, GError **);
char *preflight_aws_identity(PreflightRun *, PreflightLine *, GCancellable *, GError **);
char *preflight_tempdir(PreflightRun *, PreflightLine *, GCancellable *, GError **);
char *preflight_role(PreflightRun *, PreflightLine *, GCancellable *, GError **);
char *preflight_region(PreflightRun *, PreflightLine *, GCancellable *, GError **);
char *preflight_lifecycle(PreflightRun *, PreflightLine *, GCancellable *, GError **);
char *preflight_public(PreflightRun *, PreflightLine *, GCancellable *, GError **);
char *preflight_encryption(PreflightRun *, PreflightLine *, GCancellable *, GError **);

#endif
