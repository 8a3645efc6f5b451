/* The sessions that are open, the one that metadata is read with, and the statements they sent. */
#include "workbench_private.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

enum {
    STATEMENTS_KEPT = 500,
    LAST_BYTES = 60, /* of a statement, where sessions are listed */
    LISTED_MAX = 10,
    WAIT_SLICE_US = 100 * 1000, /* how late a cancel may be noticed while waiting for a session */
    WAIT_SLICES_MAX = 20,       /* at the limit, for one that is being left just now */
};

/* What is known of a session that is open, or on its way. */
typedef struct {
    Workbench *workbench;
    gint64 since; /* monotonic, us */
    char *last;   /* how its last statement begins; NULL before the first */
} OpenSession;

void workbench_statement_free(gpointer data)
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
        workbench_statement_free(g_queue_pop_head(&workbench->statements));
    g_mutex_unlock(&workbench->lock);
}

GPtrArray *workbench_statements(Workbench *workbench)
{
    GPtrArray *statements = g_ptr_array_new_with_free_func(workbench_statement_free);
    g_mutex_lock(&workbench->lock);
    for (const GList *l = workbench->statements.head; l != NULL; l = l->next)
        g_ptr_array_add(statements, statement_entry_copy(l->data));
    g_mutex_unlock(&workbench->lock);
    return statements;
}

/* The session is closed, or was not opened. */
static void forget_session(gpointer user)
{
    OpenSession *open = user;
    Workbench *workbench = open->workbench;
    g_mutex_lock(&workbench->lock);
    g_ptr_array_remove(workbench->open_sessions, open);
    g_cond_broadcast(&workbench->session_closed);
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
    g_set_error(
        error, RS_ERROR, RS_ERROR_LIMIT,
        "max_sessions allows no more than the %u sessions that profile \"%s\" has open: set "
        "max_sessions = %u or more in that profile (profiles.conf, or :profile.edit), or "
        "wait for a job to end, leave an editor, or read rows to their end%s",
        n, profile->name, n + 1, list);
    return FALSE;
}

gboolean workbench_has_session_left(Workbench *workbench)
{
    g_mutex_lock(&workbench->lock);
    gboolean left = is_session_allowed(workbench, NULL);
    g_mutex_unlock(&workbench->lock);
    return left;
}

gboolean workbench_awaits_session(Workbench *workbench)
{
    g_mutex_lock(&workbench->lock);
    gboolean awaited = workbench->session_waiters > 0;
    g_mutex_unlock(&workbench->lock);
    return awaited;
}

/* With the lock held: rows that were left a moment ago may still have theirs. */
static void wait_for_place(Workbench *workbench, GCancellable *cancellable)
{
    workbench->session_waiters++;
    for (int i = 0; i < WAIT_SLICES_MAX && !is_session_allowed(workbench, NULL) &&
                    !g_cancellable_is_cancelled(cancellable);
         i++)
        g_cond_wait_until(&workbench->session_closed, &workbench->lock,
                          g_get_monotonic_time() + WAIT_SLICE_US);
    workbench->session_waiters--;
}

/* NULL when the profile allows no more. */
static OpenSession *remember_session(Workbench *workbench, GCancellable *cancellable,
                                     GError **error)
{
    OpenSession *open = NULL;
    g_mutex_lock(&workbench->lock);
    if (!is_session_allowed(workbench, NULL))
        wait_for_place(workbench, cancellable);
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
    OpenSession *open = remember_session(workbench, cancellable, error);
    if (open == NULL)
        return NULL;
    Session *session = workbench_log_in(workbench, cancellable, error);
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
    workbench_tell(workbench, line);
    return session;
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
