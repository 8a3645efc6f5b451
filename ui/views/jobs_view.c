#include "ui/views/jobs_view.h"

#include <string.h>

#include "base/error.h"
#include "job/journal.h"
#include "ui/app.h"
#include "ui/views/job_view.h"
#include "ui/views/jobs_pane.h"
#include "ui/views/views.h"
#include "ui/widgets/pager.h"

typedef struct {
    View view;
    GPtrArray *entries; /* of JournalSummary, newest first; NULL until read */
    char *error;
    gboolean reading;
    Scroll scroll;
    int height;
} JobsView;

static JobsView *jobs_of(View *view)
{
    return (JobsView *)view;
}

/* --- reading the journal ------------------------------------------------------------------------*/

typedef struct {
    JobsView *jobs;
    GPtrArray *entries;
} Reading;

static void reading_free(gpointer data)
{
    Reading *reading = data;
    g_clear_pointer(&reading->entries, g_ptr_array_unref);
    g_free(reading);
}

static gboolean read_journal(gpointer data, GCancellable *cancellable, GError **error)
{
    Reading *reading = data;
    reading->entries = journal_list();
    return TRUE;
}

static void journal_read_done(gpointer data, TaskOutcome outcome, const GError *error)
{
    Reading *reading = data;
    JobsView *jobs = reading->jobs;
    jobs->reading = FALSE;
    g_clear_pointer(&jobs->error, g_free);
    if (outcome == TASK_DONE) {
        g_clear_pointer(&jobs->entries, g_ptr_array_unref);
        jobs->entries = g_steal_pointer(&reading->entries);
    } else {
        jobs->error = g_strdup(error->message);
    }
    view_touch(&jobs->view, ~0u);
}

static void start_reading(JobsView *jobs)
{
    if (jobs->reading)
        return;
    jobs->reading = TRUE;
    Reading *reading = g_new0(Reading, 1);
    reading->jobs = jobs;
    view_submit(&jobs->view, "journal", read_journal, journal_read_done, reading, reading_free,
                NULL);
}

/* --- the view's functions -----------------------------------------------------------------------*/

static guint count(const JobsView *jobs)
{
    return jobs->entries != NULL ? jobs->entries->len : 0;
}

static const JournalSummary *current(const JobsView *jobs)
{
    if (jobs->scroll.cursor >= count(jobs))
        return NULL;
    return g_ptr_array_index(jobs->entries, (guint)jobs->scroll.cursor);
}

static const char *const *contexts(const View *view)
{
    static const char *const names[] = {"job-list", "back", "move", "global", NULL};
    return names;
}

static guint has(const View *view)
{
    return current((const JobsView *)view) != NULL ? VIEW_HAS_JOB : 0;
}

static void move(View *view, Movement movement)
{
    JobsView *jobs = jobs_of(view);
    scroll_move(&jobs->scroll, movement, count(jobs), jobs->height);
    view_touch(view, ~0u);
}

static Role role_of(JobState state)
{
    return state == JOB_DONE ? ROLE_GOOD : state == JOB_FAILED ? ROLE_ERROR : ROLE_TEXT;
}

/* Our own jobs are known better than by their journal, which is locked until they are put away. */
static JobState state_of(const JobsView *jobs, const JournalSummary *entry)
{
    const Job *job = job_view_find(jobs->view.app, entry->id);
    return job != NULL ? job_progress(job).state : entry->state;
}

static gboolean is_resumable(const JobsView *jobs, const JournalSummary *entry)
{
    const Job *job = job_view_find(jobs->view.app, entry->id);
    if (job == NULL)
        return entry->resumable;
    return job_progress(job).state > JOB_DONE && job_result(job)->resumable;
}

static void draw_entry(const JobsView *jobs, const Canvas *canvas, int y,
                       const JournalSummary *entry, gboolean is_current)
{
    g_autoptr(GDateTime) started = g_date_time_new_from_unix_local(entry->started);
    g_autofree char *day = app_is_scripted(jobs->view.app) || started == NULL
                               ? g_strdup("today")
                               : g_date_time_format(started, "%m-%d %H:%M");
    g_autofree char *id = g_strndup(entry->id, 8);
    int title = CLAMP(canvas->rect.columns / 2 - 20, 20, 60);
    draw_sign_at(canvas, y, 0, ROLE_MARK, SIGN_MARK);
    if (!is_current)
        draw_blank(canvas, y, 0, 1, ROLE_TEXT);
    draw_text(canvas, y, 2, 8, ROLE_QUIET, TEXT_LEFT, id);
    draw_text(canvas, y, 11, 11, ROLE_QUIET, TEXT_LEFT, day);
    JobState state = state_of(jobs, entry);
    draw_text(canvas, y, 23, 10, role_of(state), TEXT_LEFT,
              is_resumable(jobs, entry) ? "resumable" : job_state_name(state));
    draw_text(canvas, y, 34, title, is_current ? ROLE_ACCENT : ROLE_TEXT, TEXT_LEFT, entry->title);
    draw_text(canvas, y, 36 + title, -1, ROLE_QUIET, TEXT_LEFT,
              entry->message != NULL ? entry->message : "");
}

static void draw_nothing(const JobsView *jobs, const Canvas *canvas)
{
    g_autoptr(Pager) pager = pager_new(TRUE);
    if (jobs->error != NULL)
        pager_add(pager, ROLE_ERROR, jobs->error);
    else
        pager_add(pager, ROLE_QUIET,
                  jobs->entries == NULL ? "Reading the journal"
                                        : "No job yet: u unloads, w writes, m merges");
    pager_draw(pager, canvas);
}

static void draw(View *view, Canvas *canvas, guint stale)
{
    JobsView *jobs = jobs_of(view);
    Rect rect = canvas->rect;
    Canvas body = canvas_part(canvas, (Rect){rect.y + 1, rect.x, rect.rows - 1, rect.columns});
    jobs->height = MAX(body.rect.rows, 1);
    scroll_clamp(&jobs->scroll, count(jobs), jobs->height);
    draw_rule(canvas, 0, 0, rect.columns, "Jobs, newest first", TRUE);
    draw_clear(&body);
    if (count(jobs) == 0)
        draw_nothing(jobs, &body);
    for (int y = 0; y < body.rect.rows && jobs->scroll.top + y < count(jobs); y++) {
        gint64 i = jobs->scroll.top + y;
        draw_entry(jobs, &body, y, g_ptr_array_index(jobs->entries, (guint)i),
                   i == jobs->scroll.cursor);
    }
    draw_cursor(&body, (int)(jobs->scroll.cursor - jobs->scroll.top), 0, FALSE);
}

static void job_changed(View *view, Job *job)
{
    start_reading(jobs_of(view));
}

static void free_view(View *view)
{
    JobsView *jobs = jobs_of(view);
    g_clear_pointer(&jobs->entries, g_ptr_array_unref);
    g_free(jobs->error);
}

static const ViewClass jobs_class = {
    .name = "jobs",
    .draw = draw,
    .contexts = contexts,
    .move = move,
    .has = has,
    .job_changed = job_changed,
    .free = free_view,
};

View *jobs_view_new(App *app)
{
    JobsView *jobs = view_new(app, &jobs_class, sizeof(JobsView));
    start_reading(jobs);
    return &jobs->view;
}

/* --- actions ------------------------------------------------------------------------------------*/

static Consequence open_job(View *view, const char *argument)
{
    return consequence_push(job_view_new(view->app, current(jobs_of(view))->id));
}

static Consequence refresh(View *view, const char *argument)
{
    start_reading(jobs_of(view));
    return consequence(CONSEQUENCE_DONE);
}

static Consequence cancel(View *view, const char *argument)
{
    return job_view_ask_to_cancel(view, current(jobs_of(view))->id);
}

static Consequence resume(View *view, const char *argument)
{
    const JournalSummary *entry = current(jobs_of(view));
    return job_view_resume(view, entry->id, is_resumable(jobs_of(view), entry));
}

const Action jobs_actions[] = {
    {"job-list.open", "job-list", "Enter l", "details", "show steps, log and errors of the job",
     ACTION_NEEDS_JOB, open_job},
    {"job-list.cancel", "job-list", "c", "cancel", "cancel the job on the server, after asking",
     ACTION_NEEDS_JOB | ACTION_DESTRUCTIVE, cancel},
    {"job-list.resume", "job-list", "r", "resume", "go on with a job that did not end",
     ACTION_NEEDS_JOB | ACTION_CHANGES, resume},
    {"job-list.refresh", "job-list", "R", "refresh", "read the journal again", ACTION_PLAIN,
     refresh},
    {0},
};
