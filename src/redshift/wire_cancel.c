#include "redshift/wire_private.h"

/* PQcancel blocks on a connection of its own for as long as the network likes, so it gets a thread
 * that nobody has to wait for. */
struct WireCancel {
    gatomicrefcount references;
    GMutex mutex;
    GCond ended_cond;
    PGcancel *request;
    gboolean ended, sent;
    char reason[256];
};

void wire_cancel_unref(WireCancel *cancel)
{
    if (!g_atomic_ref_count_dec(&cancel->references))
        return;
    PQfreeCancel(cancel->request);
    g_mutex_clear(&cancel->mutex);
    g_cond_clear(&cancel->ended_cond);
    g_free(cancel);
}

static gpointer cancel_run(gpointer data)
{
    WireCancel *cancel = data;
    char reason[256] = "";
    gboolean sent = PQcancel(cancel->request, reason, sizeof reason) == 1;
    g_mutex_lock(&cancel->mutex);
    cancel->ended = TRUE;
    cancel->sent = sent;
    g_strlcpy(cancel->reason, reason, sizeof cancel->reason);
    g_cond_signal(&cancel->ended_cond);
    g_mutex_unlock(&cancel->mutex);
    wire_cancel_unref(cancel);
    return NULL;
}

WireCancel *wire_cancel_send(PGconn *conn)
{
    PGcancel *request = PQgetCancel(conn);
    if (request == NULL)
        return NULL;
    WireCancel *cancel = g_new0(WireCancel, 1);
    g_atomic_ref_count_init(&cancel->references);
    g_atomic_ref_count_inc(&cancel->references);
    g_mutex_init(&cancel->mutex);
    g_cond_init(&cancel->ended_cond);
    cancel->request = request;
    g_thread_unref(g_thread_new("wire-cancel", cancel_run, cancel));
    return cancel;
}

gboolean wire_cancel_wait(WireCancel *cancel, gint64 deadline_us)
{
    g_mutex_lock(&cancel->mutex);
    while (!cancel->ended && g_cond_wait_until(&cancel->ended_cond, &cancel->mutex, deadline_us))
        ;
    gboolean ended = cancel->ended;
    g_mutex_unlock(&cancel->mutex);
    return ended;
}

char *wire_cancel_failure(WireCancel *cancel)
{
    g_mutex_lock(&cancel->mutex);
    gboolean failed = cancel->ended && !cancel->sent;
    char *reason = failed ? g_utf8_make_valid(cancel->reason, -1) : NULL;
    g_mutex_unlock(&cancel->mutex);
    return reason == NULL ? NULL : g_strchomp(reason);
}
