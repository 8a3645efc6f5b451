#include "redshift/activity_report.h"

#include <string.h>

#include "base/error.h"
#include "redshift/activity_sources.h"
#include "redshift/probe.h"

const ActivityPane *activity_pane(ActivityKind kind)
{
    return &activity_report_rows[kind].pane;
}

guint activity_pane_columns(const ActivityPane *pane)
{
    guint n = 0;
    while (pane->columns[n].name != NULL)
        n++;
    return n;
}

gboolean activity_kind_from_name(const char *name, ActivityKind *kind)
{
    for (guint i = 0; i < ACTIVITY_KINDS; i++) {
        if (!g_str_equal(activity_report_rows[i].pane.name, name))
            continue;
        *kind = (ActivityKind)i;
        return TRUE;
    }
    return FALSE;
}

void activity_report_free(ActivityReport *report)
{
    if (report == NULL)
        return;
    g_clear_pointer(&report->rows, g_ptr_array_unref);
    g_ptr_array_unref(report->notes);
    g_free(report->source);
    g_free(report);
}

/* --- reading ------------------------------------------------------------------------------------*/

enum { DEFAULT_LIMIT = 200, TREE_LIMIT = 2000 };

static char *source_text(const ActivitySource *source, const ActivityOptions *options, guint limit)
{
    GString *sql = g_string_new(source->sql);
    if (options != NULL && options->running_only && source->running != NULL)
        g_string_append_printf(sql, " AND %s", source->running);
    g_string_append_printf(sql, " ORDER BY %s LIMIT %u", source->order, limit);
    return g_string_free(sql, FALSE);
}

/* how: "cannot be read", or "shows nothing": a view may hide its rows instead of refusing. */
static void note_refusal(ActivityReport *report, const ActivitySource *source, const char *how)
{
    g_ptr_array_add(
        report->notes,
        g_strdup_printf("%s %s here; it is for %s", source->views, how,
                        source->opens != NULL ? source->opens : "clusters that have it"));
}

/* Whose rows these are: most views show an ordinary user only their own. */
static gboolean note_visibility(ActivityReport *report, Session *session, GCancellable *cancellable,
                                GError **error)
{
    g_autoptr(GPtrArray) rows =
        probe_query(session, "SELECT usesuper FROM pg_user WHERE usename = current_user", NULL,
                    cancellable, error);
    if (rows == NULL)
        return FALSE;
    const char *is_super = rows->len == 0 ? NULL : probe_text(rows, 0, 0);
    if (is_super == NULL || *is_super != 't')
        g_ptr_array_add(report->notes,
                        g_strdup("only your own rows may be here: others' show to superusers, to "
                                 "the role sys:monitor and after ALTER USER .. SYSLOG ACCESS "
                                 "UNRESTRICTED"));
    return TRUE;
}

static gboolean note_disks(ActivityReport *report, Session *session, GCancellable *cancellable,
                           GError **error)
{
    gboolean refused = FALSE;
    g_autoptr(GPtrArray) rows = probe_query(
        session, "SELECT sum(used), sum(capacity) FROM stv_partitions WHERE owner = host", &refused,
        cancellable, error);
    if (rows == NULL)
        return FALSE;
    gint64 used = rows->len == 0 ? -1 : probe_number(rows, 0, 0, -1);
    gint64 capacity = rows->len == 0 ? -1 : probe_number(rows, 0, 1, -1);
    if (used >= 0 && capacity > 0)
        g_ptr_array_add(report->notes,
                        g_strdup_printf("disks: %.1f of %.1f GB used, %" G_GINT64_FORMAT
                                        "%% (stv_partitions)",
                                        (double)used / 1000 * 1.048576,
                                        (double)capacity / 1000 * 1.048576, used * 100 / capacity));
    else
        g_ptr_array_add(report->notes, g_strdup("the disks cannot be seen here: stv_partitions is "
                                                "for superusers of provisioned clusters"));
    return TRUE;
}

/* What the sessions that hold or want locks run, or ran last. */
static GHashTable *statements_of(Session *session, const GPtrArray *locks,
                                 GCancellable *cancellable, GError **error)
{
    g_autoptr(GHashTable) texts = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    if (locks->len == 0)
        return g_steal_pointer(&texts);
    g_autoptr(GString) sql = g_string_new(
        "SELECT session_id, trim(query_text) FROM sys_query_history WHERE session_id IN (");
    for (guint i = 0; i < locks->len; i++)
        g_string_append_printf(sql, "%s%d", i > 0 ? ", " : "",
                               ((const ActivityLock *)locks->pdata[i])->pid);
    g_string_append(sql, ") ORDER BY start_time");
    g_autoptr(GPtrArray) rows = probe_query(session, sql->str, NULL, cancellable, error);
    if (rows == NULL)
        return NULL;
    for (guint i = 0; i < rows->len; i++)
        g_hash_table_insert(texts, GINT_TO_POINTER((int)probe_number(rows, i, 0, 0)),
                            g_strdup(probe_text(rows, i, 1)));
    return g_steal_pointer(&texts);
}

static void lock_free(gpointer data)
{
    ActivityLock *lock = data;
    g_free(lock->user);
    g_free(lock->relation);
    g_free(lock->mode);
    g_free(lock->started);
    g_free(lock);
}

static GPtrArray *locks_of(const GPtrArray *rows)
{
    GPtrArray *locks = g_ptr_array_new_with_free_func(lock_free);
    for (guint i = 0; i < rows->len; i++) {
        ActivityLock *lock = g_new0(ActivityLock, 1);
        lock->pid = (int)probe_number(rows, i, 0, 0);
        lock->user = g_strdup(probe_text(rows, i, 1));
        lock->relation = g_strdup(probe_text(rows, i, 2));
        lock->mode = g_strdup(probe_text(rows, i, 3));
        lock->started = g_strdup(probe_text(rows, i, 4));
        lock->age_ms = probe_number(rows, i, 5, 0);
        lock->transaction = probe_number(rows, i, 6, 0);
        const char *granted = probe_text(rows, i, 7);
        lock->granted = granted != NULL && *granted == 't';
        lock->relation_id = probe_number(rows, i, 8, 0);
        g_ptr_array_add(locks, lock);
    }
    return locks;
}

static gboolean make_tree(ActivityReport *report, Session *session, GCancellable *cancellable,
                          GError **error)
{
    g_autoptr(GPtrArray) locks = locks_of(report->rows);
    g_autoptr(GHashTable) statements = statements_of(session, locks, cancellable, error);
    if (statements == NULL)
        return FALSE;
    g_ptr_array_unref(report->rows);
    report->rows = activity_lock_tree(locks, statements);
    return TRUE;
}

/* Fills rows and source from the first source that answers. */
static gboolean read_sources(ActivityReport *report, Session *session, const ActivitySource *source,
                             const ActivityOptions *options, guint limit, GCancellable *cancellable,
                             GError **error)
{
    for (; source->views != NULL; source++) {
        g_autofree char *sql = source_text(source, options, limit);
        gboolean refused = FALSE;
        g_autoptr(GPtrArray) rows = probe_query(session, sql, &refused, cancellable, error);
        if (rows == NULL)
            return FALSE;
        if (refused) {
            if (source->opens != NULL || source[1].views == NULL)
                note_refusal(report, source, "cannot be read");
            continue;
        }
        gboolean tells_nothing =
            rows->len == 0 && source->is_never_empty && (options == NULL || !options->running_only);
        if (tells_nothing && source[1].views != NULL) {
            if (source->opens != NULL)
                note_refusal(report, source, "shows nothing");
            continue;
        }
        if (source->lacks != NULL)
            g_ptr_array_add(report->notes, g_strdup(source->lacks));
        report->rows = g_steal_pointer(&rows);
        report->source = g_strdup(source->views);
        return TRUE;
    }
    g_set_error(error, RS_ERROR, RS_ERROR_PERMISSION,
                "none of the views that tell of %s can be read: %s", report->pane->name,
                report->notes->len > 0 ? (const char *)report->notes->pdata[0] : "");
    return FALSE;
}

ActivityReport *activity_report_read(Session *session, ActivityKind kind,
                                     const ActivityOptions *options, GCancellable *cancellable,
                                     GError **error)
{
    g_autoptr(ActivityReport) report = g_new0(ActivityReport, 1);
    report->pane = &activity_report_rows[kind].pane;
    report->notes = g_ptr_array_new_with_free_func(g_free);
    guint limit = options == NULL || options->limit == 0 ? DEFAULT_LIMIT : options->limit;
    if (kind == ACTIVITY_LOCKS) /* a tree is not cut in the middle */
        limit = MAX(limit, TREE_LIMIT);
    if (!read_sources(report, session, activity_report_rows[kind].sources,
                      kind == ACTIVITY_LOCKS ? NULL : options, limit, cancellable, error) ||
        (kind == ACTIVITY_LOCKS && !make_tree(report, session, cancellable, error)) ||
        (kind == ACTIVITY_SPACE ? !note_disks(report, session, cancellable, error)
                                : !note_visibility(report, session, cancellable, error)))
        return NULL;
    if (report->rows->len >= limit)
        g_ptr_array_add(report->notes, g_strdup_printf("the first %u rows only", limit));
    return g_steal_pointer(&report);
}
