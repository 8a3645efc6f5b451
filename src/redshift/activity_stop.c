#include "base/error.h"
#include "redshift/activity_report.h"
#include "redshift/probe.h"

enum { LOOK_EVERY_MS = 200 };

/* What a backend does right now, told by when it began: the older views, then those of Serverless. The
 * pid goes behind. */
static const char *const questions[][2] = {
    [ACTIVITY_CANCEL] = {"SELECT starttime FROM stv_recents WHERE status = 'Running' AND pid = ",
                         "SELECT max(start_time) FROM sys_query_history WHERE status IN "
                         "('planning', 'queued', 'running', 'returning') AND session_id = "},
    [ACTIVITY_TERMINATE] = {"SELECT starttime FROM stv_sessions WHERE process = ",
                            "SELECT max(start_time) FROM sys_session_history WHERE end_time IS "
                            "NULL AND session_id = "},
};

/* Sets *began to NULL when it does nothing. RS_ERROR_PERMISSION when neither view answers. */
static gboolean look(Session *session, ActivityStop stop, int pid, char **began,
                     GCancellable *cancellable, GError **error)
{
    gboolean answered = FALSE;
    *began = NULL;
    for (guint i = 0; i < 2 && *began == NULL; i++) {
        g_autofree char *sql = g_strdup_printf("%s%d", questions[stop][i], pid);
        gboolean refused = FALSE;
        g_autoptr(GPtrArray) rows = probe_query(session, sql, &refused, cancellable, error);
        if (rows == NULL)
            return FALSE;
        answered = answered || !refused;
        if (rows->len > 0)
            *began = g_strdup(probe_text(rows, 0, 0));
    }
    if (!answered)
        g_set_error(error, RS_ERROR, RS_ERROR_PERMISSION,
                    "neither stv_recents and stv_sessions nor the SYS history views can be read, "
                    "so what backend %d does cannot be seen",
                    pid);
    return answered;
}

static gboolean pause_ms(guint ms, GCancellable *cancellable, GError **error)
{
    GPollFD wake;
    if (g_cancellable_make_pollfd(cancellable, &wake)) {
        g_poll(&wake, 1, (gint)ms);
        g_cancellable_release_fd(cancellable);
    } else {
        g_usleep((gulong)ms * 1000);
    }
    return !rs_error_set_if_cancelled(cancellable, error);
}

/* The server's own word is not enough: what it says of a backend that just ended differs by release. */
static gboolean wait_until_gone(Session *session, ActivityStop stop, int pid, const char *began,
                                guint wait_ms, ActivityAnswer *answer, GCancellable *cancellable,
                                GError **error)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)wait_ms * 1000;
    for (;;) {
        g_autofree char *now = NULL;
        if (!look(session, stop, pid, &now, cancellable, error))
            return FALSE;
        *answer = g_strcmp0(now, began) != 0 ? ACTIVITY_CONFIRMED : ACTIVITY_UNANSWERED;
        if (*answer == ACTIVITY_CONFIRMED || g_get_monotonic_time() >= deadline)
            return TRUE;
        if (!pause_ms(LOOK_EVERY_MS, cancellable, error))
            return FALSE;
    }
}

gboolean activity_stop(Session *session, ActivityStop stop, int pid, guint wait_ms,
                       ActivityAnswer *answer, GCancellable *cancellable, GError **error)
{
    if (pid <= 0 || pid == session_info(session)->backend_pid) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    pid <= 0 ? "%d is no backend's pid"
                             : "%d is the session that asks; it does not stop itself",
                    pid);
        return FALSE;
    }
    g_autofree char *began = NULL;
    if (!look(session, stop, pid, &began, cancellable, error))
        return FALSE;
    *answer = ACTIVITY_NOT_THERE;
    if (began == NULL)
        return TRUE;
    g_autofree char *sql = g_strdup_printf(
        "SELECT %s(%d)", stop == ACTIVITY_CANCEL ? "pg_cancel_backend" : "pg_terminate_backend",
        pid);
    g_autoptr(GPtrArray) rows = session_query(session, sql, 0, NULL, cancellable, error);
    if (rows == NULL)
        return FALSE;
    return wait_until_gone(session, stop, pid, began, wait_ms, answer, cancellable, error);
}
