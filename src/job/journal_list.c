/* Journals of others: the list of jobs, one job's lines, and the request to cancel it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "job/journal_private.h"

static void summary_free(gpointer data)
{
    JournalSummary *summary = data;
    g_free(summary->id);
    g_free(summary->kind);
    g_free(summary->title);
    g_free(summary->profile);
    g_free(summary->message);
    g_free(summary);
}

static gboolean is_locked(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return FALSE;
    gboolean locked = flock(fd, LOCK_SH | LOCK_NB) != 0;
    close(fd);
    return locked;
}

static JobState state_from_name(const char *name)
{
    static const JobState ends[] = {JOB_DONE, JOB_FAILED, JOB_CANCELLED};
    for (gsize i = 0; i < G_N_ELEMENTS(ends); i++)
        if (g_strcmp0(name, job_state_name(ends[i])) == 0)
            return ends[i];
    return JOB_FAILED;
}

static void summarize_event(JournalSummary *summary, const cJSON *event)
{
    gint64 at = journal_number(event, "at", 0) / 1000;
    if (journal_event_is(event, "begin"))
        summary->step = (int)journal_number(event, "step", 0) + 1;
    if (journal_event_is(event, "failed") || journal_event_is(event, "end")) {
        g_free(summary->message);
        summary->message = g_strdup(journal_text(event, "message"));
    }
    if (!journal_event_is(event, "end") && !journal_event_is(event, "run"))
        return;
    gboolean end = journal_event_is(event, "end");
    summary->ended = end ? at : 0;
    summary->state = end ? state_from_name(journal_text(event, "state")) : JOB_FAILED;
    summary->resumable = !end || cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(event, "resumable"));
}

static JournalSummary *summarize(const char *id, const char *path)
{
    gsize whole;
    cJSON *events = journal_read_lines(path, &whole, NULL);
    const cJSON *first = cJSON_GetArrayItem(events, 0);
    const cJSON *plan = cJSON_GetObjectItemCaseSensitive(first, "plan");
    JournalSummary *summary = g_new0(JournalSummary, 1);
    summary->id = g_strdup(id);
    summary->kind = g_strdup(plan != NULL ? journal_text(plan, "kind") : "unknown");
    summary->title = g_strdup(plan != NULL ? journal_text(plan, "title") : "unreadable journal");
    summary->profile = g_strdup(journal_text(plan, "profile"));
    summary->started = journal_number(first, "at", 0) / 1000;
    summary->n_steps = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(plan, "steps"));
    summary->state = JOB_FAILED;
    const cJSON *event;
    cJSON_ArrayForEach(event, events) summarize_event(summary, event);
    if (plan == NULL || cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(first, "masked")))
        summary->resumable = FALSE;
    if (is_locked(path)) {
        summary->state = JOB_RUNNING;
        summary->resumable = FALSE;
    } else if (summary->ended == 0) {
        g_free(summary->message);
        summary->message =
            g_strdup(summary->resumable ? "interrupted; it can be resumed" : "interrupted");
    }
    cJSON_Delete(events);
    return summary;
}

static int newest_first(gconstpointer a, gconstpointer b)
{
    const JournalSummary *left = *(JournalSummary *const *)a;
    const JournalSummary *right = *(JournalSummary *const *)b;
    if (left->started != right->started)
        return left->started < right->started ? 1 : -1;
    return strcmp(left->id, right->id);
}

GPtrArray *journal_list(void)
{
    g_autoptr(GPtrArray) ids = journal_ids();
    GPtrArray *list = g_ptr_array_new_with_free_func(summary_free);
    for (guint i = 0; i < ids->len; i++) {
        g_autofree char *path = journal_path(ids->pdata[i], ".jsonl");
        g_ptr_array_add(list, summarize(ids->pdata[i], path));
    }
    g_ptr_array_sort(list, newest_first);
    return list;
}

cJSON *journal_read(const char *id, GError **error)
{
    g_autofree char *full = journal_resolve(id, error);
    if (full == NULL)
        return NULL;
    g_autofree char *path = journal_path(full, ".jsonl");
    gsize whole;
    return journal_read_lines(path, &whole, error);
}

gboolean journal_request_cancel(const char *id, GError **error)
{
    g_autofree char *full = journal_resolve(id, error);
    if (full == NULL)
        return FALSE;
    g_autofree char *path = journal_path(full, ".jsonl");
    if (!is_locked(path)) {
        g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND, "job %s is not running", full);
        return FALSE;
    }
    g_autofree char *cancel = g_strconcat(path, ".cancel", NULL);
    int fd = open(cancel, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return rs_error_set_errno(error, errno, "cannot ask job %s to cancel", full);
    close(fd);
    return TRUE;
}
