/*
 * activity: how far a statement of another session has come, from the server's own views.
 *
 * UNLOAD: SYS_UNLOAD_HISTORY and SYS_UNLOAD_DETAIL by the worker's pid; COPY: SYS_LOAD_HISTORY and,
 * where readable, STV_LOAD_STATE summed over slices (Redshift guide, STV_LOAD_STATE).
 * A view that may not be read is asked once and then left out.
 *
 * Threads: blocks on the session, which is not the one that works.
 */
#ifndef REDSMITH_REDSHIFT_ACTIVITY_H
#define REDSMITH_REDSHIFT_ACTIVITY_H

#include "redshift/session.h"

typedef struct {
    gboolean found; /* a row for that pid was there */
    gboolean running;
    gint64 query_id;                                     /* SYS-style id */
    gint64 rows, bytes, files, files_total, bytes_total; /* -1 unknown */
    int percent;                                         /* -1 unknown */
} ActivityProgress;

typedef struct ActivityWatch ActivityWatch;

/* session is borrowed and must outlive the watch. Asks once what that backend has finished before,
 * so that an earlier statement's row is never taken for the one to be watched. */
ActivityWatch *activity_watch_new(Session *session, int backend_pid);
gboolean activity_watch_unload(ActivityWatch *watch, ActivityProgress *progress,
                               GCancellable *cancellable, GError **error);
gboolean activity_watch_load(ActivityWatch *watch, ActivityProgress *progress,
                             GCancellable *cancellable, GError **error);
void activity_watch_free(ActivityWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ActivityWatch, activity_watch_free)

#endif
