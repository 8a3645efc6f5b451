#include "redshift/activity.h"

#include "redshift/probe.h"

/* The views that are asked; each is left out once it was refused. */
typedef enum {
    VIEW_UNLOAD_HISTORY,
    VIEW_UNLOAD_DETAIL,
    VIEW_LOAD_HISTORY,
    VIEW_LOAD_STATE,
    VIEWS
} ActivityView;

struct ActivityWatch {
    Session *session;
    int backend_pid;
    gboolean refused[VIEWS];
    gint64 unload_before, load_before; /* the ids that had ended when the watch began */
};

/* NULL: failed. Empty: nothing there, or the view is closed to us. */
static GPtrArray *ask(ActivityWatch *watch, ActivityView view, const char *sql,
                      GCancellable *cancellable, GError **error)
{
    if (watch->refused[view])
        return g_ptr_array_new_with_free_func(g_free);
    return probe_query(watch->session, sql, &watch->refused[view], cancellable, error);
}

static gint64 last_ended(ActivityWatch *watch, ActivityView view, const char *name)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT max(query_id) FROM %s WHERE session_id = %d AND status <> 'running'", name,
        watch->backend_pid);
    g_autoptr(GPtrArray) rows = ask(watch, view, sql, NULL, NULL);
    return rows == NULL || rows->len == 0 ? -1 : probe_number(rows, 0, 0, -1);
}

ActivityWatch *activity_watch_new(Session *session, int backend_pid)
{
    ActivityWatch *watch = g_new0(ActivityWatch, 1);
    watch->session = session;
    watch->backend_pid = backend_pid;
    watch->unload_before = last_ended(watch, VIEW_UNLOAD_HISTORY, "sys_unload_history");
    watch->load_before = last_ended(watch, VIEW_LOAD_HISTORY, "sys_load_history");
    return watch;
}

void activity_watch_free(ActivityWatch *watch)
{
    g_free(watch);
}

static void progress_reset(ActivityProgress *progress)
{
    *progress = (ActivityProgress){.query_id = -1,
                                   .rows = -1,
                                   .bytes = -1,
                                   .files = -1,
                                   .files_total = -1,
                                   .bytes_total = -1,
                                   .percent = -1};
}

static gboolean is_running(const char *status)
{
    return status != NULL && g_str_has_prefix(status, "running");
}

static void raise_to(gint64 *number, gint64 value)
{
    *number = MAX(*number, value);
}

/* The files that are closed: their rows may be ahead of the statement's own row, or behind. */
static gboolean add_unloaded_files(ActivityWatch *watch, ActivityProgress *progress,
                                   GCancellable *cancellable, GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT count(*), sum(line_count), sum(transfer_size) FROM sys_unload_detail "
        "WHERE query_id = %" G_GINT64_FORMAT,
        progress->query_id);
    g_autoptr(GPtrArray) rows = ask(watch, VIEW_UNLOAD_DETAIL, sql, cancellable, error);
    if (rows == NULL)
        return FALSE;
    if (rows->len == 0)
        return TRUE;
    raise_to(&progress->files, probe_number(rows, 0, 0, -1));
    raise_to(&progress->rows, probe_number(rows, 0, 1, -1));
    raise_to(&progress->bytes, probe_number(rows, 0, 2, -1));
    return TRUE;
}

gboolean activity_watch_unload(ActivityWatch *watch, ActivityProgress *progress,
                               GCancellable *cancellable, GError **error)
{
    progress_reset(progress);
    g_autofree char *sql = g_strdup_printf(
        "SELECT query_id, status, unloaded_rows, unloaded_files_count, unloaded_files_size "
        "FROM sys_unload_history WHERE session_id = %d AND query_id > %" G_GINT64_FORMAT
        " ORDER BY query_id DESC LIMIT 1",
        watch->backend_pid, watch->unload_before);
    g_autoptr(GPtrArray) rows = ask(watch, VIEW_UNLOAD_HISTORY, sql, cancellable, error);
    if (rows == NULL)
        return FALSE;
    if (rows->len == 0)
        return TRUE;
    progress->found = TRUE;
    progress->query_id = probe_number(rows, 0, 0, -1);
    progress->running = is_running(probe_text(rows, 0, 1));
    progress->rows = probe_number(rows, 0, 2, -1);
    progress->files = probe_number(rows, 0, 3, -1);
    progress->bytes = probe_number(rows, 0, 4, -1);
    return add_unloaded_files(watch, progress, cancellable, error);
}

/* Summed over the slices; rows of a running load only, provisioned clusters only. */
static gboolean add_load_state(ActivityWatch *watch, ActivityProgress *progress,
                               GCancellable *cancellable, GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT sum(lines), sum(bytes_loaded), sum(bytes_to_load), sum(num_files_complete), "
        "sum(num_files) FROM stv_load_state WHERE session = %d",
        watch->backend_pid);
    g_autoptr(GPtrArray) rows = ask(watch, VIEW_LOAD_STATE, sql, cancellable, error);
    if (rows == NULL)
        return FALSE;
    if (rows->len == 0 || probe_text(rows, 0, 0) == NULL)
        return TRUE;
    raise_to(&progress->rows, probe_number(rows, 0, 0, -1));
    raise_to(&progress->bytes, probe_number(rows, 0, 1, -1));
    raise_to(&progress->bytes_total, probe_number(rows, 0, 2, -1));
    raise_to(&progress->files, probe_number(rows, 0, 3, -1));
    raise_to(&progress->files_total, probe_number(rows, 0, 4, -1));
    return TRUE;
}

static int percent_of(gint64 part, gint64 whole)
{
    if (part < 0 || whole <= 0)
        return -1;
    return (int)CLAMP((double)part * 100.0 / (double)whole, 0.0, 100.0);
}

gboolean activity_watch_load(ActivityWatch *watch, ActivityProgress *progress,
                             GCancellable *cancellable, GError **error)
{
    progress_reset(progress);
    g_autofree char *sql = g_strdup_printf(
        "SELECT query_id, status, loaded_rows, file_bytes_scanned, source_file_bytes, "
        "file_count_scanned, source_file_count FROM sys_load_history "
        "WHERE session_id = %d AND query_id > %" G_GINT64_FORMAT " ORDER BY query_id DESC LIMIT 1",
        watch->backend_pid, watch->load_before);
    g_autoptr(GPtrArray) rows = ask(watch, VIEW_LOAD_HISTORY, sql, cancellable, error);
    if (rows == NULL)
        return FALSE;
    if (rows->len > 0) {
        progress->found = TRUE;
        progress->query_id = probe_number(rows, 0, 0, -1);
        progress->running = is_running(probe_text(rows, 0, 1));
        progress->rows = probe_number(rows, 0, 2, -1);
        progress->bytes = probe_number(rows, 0, 3, -1);
        progress->bytes_total = probe_number(rows, 0, 4, -1);
        progress->files = probe_number(rows, 0, 5, -1);
        progress->files_total = probe_number(rows, 0, 6, -1);
    }
    if (progress->running && !add_load_state(watch, progress, cancellable, error))
        return FALSE;
    progress->percent = percent_of(progress->bytes, progress->bytes_total);
    return TRUE;
}
