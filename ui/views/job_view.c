#include "ui/views/job_view.h"

#include <string.h>

#include "base/log.h"
#include "job/journal.h"
#include "ui/app.h"
#include "ui/views/job_retry.h"
#include "ui/views/job_view_private.h"
#include "ui/views/jobs_pane.h"
#include "ui/views/load_errors_text.h"
#include "ui/views/views.h"
#include "ui/widgets/pager.h"

static JobView *job_of(View *view)
{
    return (JobView *)view;
}

Job *job_view_find(const App *app, const char *id)
{
    const GPtrArray *jobs = workbench_jobs(app_workbench(app));
    for (guint i = jobs->len; i-- > 0;) {
        Job *job = g_ptr_array_index(jobs, i);
        if (strcmp(job_id(job), id) == 0)
            return job;
    }
    return NULL;
}

const Job *job_view_live(const JobView *view)
{
    return job_view_find(view->view.app, view->id);
}

const Plan *job_view_plan(const JobView *view)
{
    const Job *job = job_view_live(view);
    return job != NULL && job_plan(job) != NULL ? job_plan(job) : view->plan;
}

static const GPtrArray *load_errors(const JobView *view)
{
    const Job *job = job_view_live(view);
    if (job == NULL || job_progress(job).state < JOB_DONE)
        return NULL;
    const GPtrArray *errors = job_result(job)->load_errors;
    return errors != NULL && errors->len > 0 ? errors : NULL;
}

/* --- the journal --------------------------------------------------------------------------------*/

const char *job_view_text(const cJSON *event, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(event, name));
}

gint64 job_view_number(const cJSON *event, const char *name, gint64 otherwise)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(event, name);
    return cJSON_IsNumber(item) ? (gint64)item->valuedouble : otherwise;
}

/* The last line of that kind about a step; step -1: about the job. */
const cJSON *job_view_last_event(const JobView *view, const char *kind, int step)
{
    const cJSON *event, *found = NULL;
    cJSON_ArrayForEach(event, view->events)
    {
        if (g_strcmp0(job_view_text(event, "event"), kind) == 0 &&
            (step < 0 || job_view_number(event, "step", -1) == step))
            found = event;
    }
    return found;
}

typedef struct {
    JobView *view;
    char *id;
    cJSON *events;
} Reading;

static void reading_free(gpointer data)
{
    Reading *reading = data;
    cJSON_Delete(reading->events);
    g_free(reading->id);
    g_free(reading);
}

static gboolean read_events(gpointer data, GCancellable *cancellable, GError **error)
{
    Reading *reading = data;
    reading->events = journal_read(reading->id, error);
    return reading->events != NULL;
}

static void start_reading(JobView *view);

static void events_read(gpointer data, TaskOutcome outcome, const GError *error)
{
    Reading *reading = data;
    JobView *view = reading->view;
    view->reading = FALSE;
    g_clear_pointer(&view->error, g_free);
    if (outcome == TASK_DONE) {
        cJSON_Delete(view->events);
        view->events = g_steal_pointer(&reading->events);
        const cJSON *plan =
            cJSON_GetObjectItemCaseSensitive(job_view_last_event(view, "plan", -1), "plan");
        if (view->plan == NULL && plan != NULL)
            view->plan = plan_from_json(plan, NULL);
    } else if (job_view_live(view) == NULL) {
        view->error = g_strdup(error->message);
    }
    view->pager_stale = TRUE;
    view_touch(&view->view, ~0u);
    if (view->read_again)
        start_reading(view);
}

static void start_reading(JobView *view)
{
    view->read_again = view->reading;
    if (view->reading)
        return;
    view->reading = TRUE;
    Reading *reading = g_new0(Reading, 1);
    reading->view = view;
    reading->id = g_strdup(view->id);
    view_submit(&view->view, "journal", read_events, events_read, reading, reading_free, NULL);
}

/* --- the lower half -----------------------------------------------------------------------------*/

static void fill_log(JobView *view)
{
    const Job *job = job_view_live(view);
    const GPtrArray *lines = job != NULL ? job_log(job) : NULL;
    for (guint i = 0; lines != NULL && i < lines->len; i++)
        pager_add(view->pager, ROLE_TEXT, g_ptr_array_index(lines, i));
    const cJSON *event;
    for (event = lines == NULL && view->events != NULL ? view->events->child : NULL; event != NULL;
         event = event->next) {
        const char *kind = job_view_text(event, "event");
        const char *message = job_view_text(event, "message");
        gint64 step = job_view_number(event, "step", -1);
        g_autofree char *time =
            app_time_of_day(view->view.app, job_view_number(event, "at", 0) / 1000);
        if (step >= 0)
            pager_addf(view->pager, ROLE_TEXT, "%s  step %" G_GINT64_FORMAT " %s %s", time,
                       step + 1, kind, message != NULL ? message : "");
        else
            pager_addf(view->pager, ROLE_TEXT, "%s  %s %s", time, kind,
                       message != NULL ? message : "");
    }
    pager_follow(view->pager);
}

static void fill_sql(JobView *view)
{
    const Plan *plan = job_view_plan(view);
    if (plan == NULL || view->steps.cursor >= plan->steps->len)
        return;
    const PlanStep *step = g_ptr_array_index(plan->steps, (guint)view->steps.cursor);
    for (guint i = 0; i < step->actions->len; i++) {
        const PlanAction *action = g_ptr_array_index(step->actions, i);
        g_autofree char *masked = log_redact(action->sql != NULL ? action->sql : "");
        pager_add(view->pager, ROLE_QUIET, action->title != NULL ? action->title : "");
        pager_addf(view->pager, ROLE_SQL, "  %s", masked);
    }
    if (step->actions->len == 0)
        pager_add(view->pager, ROLE_QUIET, "This step sends no SQL");
    for (guint i = 0; i < step->files->len; i++) {
        const PlanFile *file = g_ptr_array_index(step->files, i);
        pager_addf(view->pager, ROLE_TEXT, "  %s  %s", file->path, file->key);
    }
}

static FailedLoad failed_load(const JobView *view)
{
    const GPtrArray *errors = load_errors(view);
    const LoadError *shown =
        errors != NULL ? errors->pdata[MIN(view->shown_error, errors->len - 1)] : NULL;
    return (FailedLoad){view->id, job_view_plan(view), errors, shown};
}

/* What the keys would do; each shows its plan first. */
static void add_ways_out(JobView *view, const FailedLoad *load)
{
    const char *reason;
    g_autofree char *wider = job_retry_wider(load, &reason);
    const char *sign = wider != NULL ? strrchr(wider, '=') : NULL;
    if (sign != NULL)
        pager_addf(view->pager, ROLE_HINT,
                   "W plans the load again with %.*s as varchar(%s), T with the values cut, S "
                   "without the bad rows",
                   (int)(sign - wider), wider, sign + 1);
    else
        pager_add(view->pager, ROLE_HINT,
                  "S plans the load again without the bad rows, E opens its form");
}

static void fill_errors(JobView *view)
{
    const GPtrArray *errors = load_errors(view);
    if (errors == NULL)
        return;
    FailedLoad load = failed_load(view);
    view->shown_error = MIN(view->shown_error, errors->len - 1);
    load_error_add_lines(view->pager, load.shown, view->shown_error + 1, errors->len,
                         view->columns);
    if (job_progress(job_view_live(view)).state == JOB_FAILED)
        add_ways_out(view, &load);
}

static void fill_pager(JobView *view)
{
    if (!view->pager_stale)
        return;
    view->pager_stale = FALSE;
    pager_clear(view->pager);
    if (view->lower == LOWER_ERRORS && load_errors(view) == NULL)
        view->lower = LOWER_LOG;
    if (view->lower == LOWER_ERRORS)
        fill_errors(view);
    else if (view->lower == LOWER_LOG)
        fill_log(view);
    else
        fill_sql(view);
}

/* --- the view's functions -----------------------------------------------------------------------*/

static const char *const *contexts(const View *view)
{
    static const char *const names[] = {"job-error", "job", "back", "move", "global", NULL};
    return ((const JobView *)view)->lower == LOWER_ERRORS ? names : names + 1;
}

static guint has(const View *view)
{
    return VIEW_HAS_JOB;
}

static int n_steps(const JobView *view)
{
    const Plan *plan = job_view_plan(view);
    return plan != NULL ? (int)plan->steps->len : 0;
}

static void move(View *view, Movement movement)
{
    JobView *job = job_of(view);
    if (movement == MOVE_UP || movement == MOVE_DOWN) {
        scroll_move(&job->steps, movement, n_steps(job), job->steps_height);
        job->pager_stale |= job->lower == LOWER_SQL;
    } else {
        pager_move(job->pager, movement);
    }
    view_touch(view, ~0u);
}

/* How it stands, in one sentence: what failed, where, and what that means for the target. */
static char *title_text(const JobView *view, Role *role)
{
    const Job *job = job_view_live(view);
    const Plan *plan = job_view_plan(view);
    const cJSON *end = job_view_last_event(view, "end", -1);
    const char *what = plan != NULL ? plan->title : "";
    *role = ROLE_TEXT;
    if (job == NULL && end == NULL)
        return g_strdup_printf("Job %.8s: %s", view->id, what);
    ProgressSnapshot now = {.state = JOB_PLANNED};
    if (job != NULL)
        now = job_progress(job);
    const char *state = job != NULL ? job_state_name(now.state) : job_view_text(end, "state");
    const char *message = job != NULL && job_error(job) != NULL  ? job_error(job)->message
                          : job != NULL && now.state == JOB_DONE ? job_result(job)->summary
                          : job == NULL                          ? job_view_text(end, "message")
                                                                 : NULL;
    if (g_strcmp0(state, "failed") == 0)
        *role = ROLE_ERROR;
    else if (g_strcmp0(state, "done") == 0)
        *role = ROLE_GOOD;
    return g_strdup_printf("%s: %s%s%s", state, what, message != NULL ? "\n" : "",
                           message != NULL ? message : "");
}

static void draw_summary(const JobView *view, const Canvas *canvas)
{
    Role role;
    g_autofree char *text = title_text(view, &role);
    g_autoptr(Pager) pager = pager_new(TRUE);
    const Plan *plan = job_view_plan(view);
    char *place = view->lower == LOWER_ERRORS ? strstr(text, " is unchanged: ") : NULL;
    if (place != NULL)
        place[strlen(" is unchanged")] = '\0'; /* the rows are shown below */
    pager_add(pager, role, view->error != NULL ? view->error : text);
    if (role == ROLE_ERROR && plan != NULL && plan->on_failure != NULL)
        pager_add(pager, ROLE_QUIET, plan->on_failure);
    pager_draw(pager, canvas);
}

static void draw_lower_title(const JobView *view, const Canvas *canvas)
{
    static const char *const names[N_LOWERS] = {"Refused rows", "Log", "SQL of the step"};
    draw_rule(canvas, 0, 0, canvas->rect.columns, names[view->lower], FALSE);
}

static void draw(View *view, Canvas *canvas, guint stale)
{
    JobView *job = job_of(view);
    Rect rect = canvas->rect, upper, lower;
    g_autofree char *title = g_strdup_printf("Job %.8s", job->id);
    int summary = MIN(job->lower == LOWER_ERRORS ? 2 : 4, rect.rows / 4);
    Rect rest = {rect.y + 1 + summary, rect.x, rect.rows - 1 - summary, rect.columns};
    int wanted = (n_steps(job) * 100 + rest.rows - 1) / MAX(rest.rows, 1);
    layout_split(rest, MIN(wanted, 60), 3, &upper, &lower);
    job->columns = rect.columns;
    draw_clear(canvas);
    draw_rule(canvas, 0, 0, rect.columns, title, TRUE);
    Canvas text = canvas_part(canvas, (Rect){rect.y + 1, rect.x, summary, rect.columns});
    draw_summary(job, &text);
    Canvas steps = canvas_part(canvas, upper);
    job->steps_height = MAX(upper.rows, 1);
    scroll_clamp(&job->steps, n_steps(job), job->steps_height);
    for (int y = 0; y < upper.rows && job->steps.top + y < n_steps(job); y++)
        job_step_draw(job, &steps, y, (int)job->steps.top + y);
    draw_cursor(&steps, (int)(job->steps.cursor - job->steps.top), 0, FALSE);
    fill_pager(job);
    Canvas below = canvas_part(canvas, lower);
    draw_lower_title(job, &below);
    Canvas page = canvas_part(canvas, (Rect){lower.y + 1, lower.x, lower.rows - 1, lower.columns});
    pager_draw(job->pager, &page);
}

static void tick(View *view)
{
    const Job *job = job_view_live(job_of(view));
    if (job != NULL && job_progress(job).state <= JOB_CANCELLING)
        view_touch(view, ~0u);
}

static void job_changed(View *view, Job *changed)
{
    JobView *job = job_of(view);
    if (changed != job_view_live(job))
        return;
    if (job_progress(changed).state == JOB_FAILED && load_errors(job) != NULL)
        job->lower = LOWER_ERRORS;
    job->pager_stale = TRUE;
    start_reading(job);
    view_touch(view, ~0u);
}

static void free_view(View *view)
{
    JobView *job = job_of(view);
    cJSON_Delete(job->events);
    plan_free(job->plan);
    pager_free(job->pager);
    g_free(job->id);
    g_free(job->error);
}

static const ViewClass job_class = {
    .name = "job",
    .draw = draw,
    .contexts = contexts,
    .move = move,
    .has = has,
    .tick = tick,
    .job_changed = job_changed,
    .free = free_view,
};

View *job_view_new(App *app, const char *id)
{
    JobView *job = view_new(app, &job_class, sizeof(JobView));
    job->id = g_strdup(id);
    job->pager = pager_new(TRUE);
    pager_set_hanging(job->pager, TRUE);
    job->pager_stale = TRUE;
    start_reading(job);
    return &job->view;
}

/* --- actions ------------------------------------------------------------------------------------*/

static Consequence show_log(View *view, const char *argument)
{
    job_of(view)->lower = LOWER_LOG;
    job_of(view)->pager_stale = TRUE;
    return consequence(CONSEQUENCE_REDRAW);
}

static Consequence show_sql(View *view, const char *argument)
{
    job_of(view)->lower = LOWER_SQL;
    job_of(view)->pager_stale = TRUE;
    return consequence(CONSEQUENCE_REDRAW);
}

static Consequence next_error(View *view, const char *argument)
{
    JobView *job = job_of(view);
    const GPtrArray *errors = load_errors(job);
    if (errors == NULL) {
        app_message(view->app, MESSAGE_INFO, "No refused rows are known of this job");
        return consequence(CONSEQUENCE_DONE);
    }
    if (job->lower == LOWER_ERRORS)
        job->shown_error = (job->shown_error + 1) % errors->len;
    job->lower = LOWER_ERRORS;
    job->pager_stale = TRUE;
    return consequence(CONSEQUENCE_REDRAW);
}

static Consequence copy_audit(View *view, const char *argument)
{
    const cJSON *events = job_of(view)->events;
    if (events == NULL)
        return consequence(CONSEQUENCE_DONE);
    char *text = cJSON_PrintUnformatted(events);
    app_copy(view->app, "the audit record", text);
    cJSON_free(text);
    return consequence(CONSEQUENCE_DONE);
}

static Consequence cancel(View *view, const char *argument)
{
    return job_view_ask_to_cancel(view, job_of(view)->id);
}

static Consequence resume(View *view, const char *argument)
{
    JobView *job = job_of(view);
    const cJSON *end = job_view_last_event(job, "end", -1);
    const Job *running = job_view_live(job);
    gboolean resumable =
        running != NULL
            ? job_progress(running).state > JOB_DONE && job_result(running)->resumable
            : end == NULL || cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(end, "resumable"));
    return job_view_resume(view, job->id, resumable);
}

static Consequence widen(View *view, const char *argument)
{
    FailedLoad load = failed_load(job_of(view));
    return job_retry_widen(view, &load);
}

static Consequence cut_values(View *view, const char *argument)
{
    FailedLoad load = failed_load(job_of(view));
    return job_retry_truncate(view, &load);
}

static gboolean accept_skip(View *owner, const char *text, char **complaint)
{
    gint64 rows;
    if (!g_ascii_string_to_signed(text, 10, 2, 100000, &rows, NULL)) {
        *complaint = g_strdup("a whole number from 2 to 100000: that many bad rows fail the load");
        return FALSE;
    }
    FailedLoad load = failed_load(job_of(owner));
    Consequence then = job_retry_skip(owner, &load, text);
    if (then.push != NULL)
        app_open(owner->app, then.push);
    return TRUE;
}

static Consequence skip_rows(View *view, const char *argument)
{
    static const PromptOptions options = {
        .label = "leave bad rows out, fewer than", .initial = "100", .accept = accept_skip};
    return consequence_push(prompt_view_new(view->app, view, &options));
}

static Consequence edit_again(View *view, const char *argument)
{
    FailedLoad load = failed_load(job_of(view));
    return job_retry_edit(view, &load);
}

const Action job_actions[] = {
    {"job-error.next", "job-error", "Enter", "next row",
     "show the next row that was refused, and why", ACTION_PLAIN, next_error},
    {"job-error.widen", "job-error", "W", "widen",
     "plan the load again with the column made long enough", ACTION_CHANGES, widen},
    {"job-error.truncate", "job-error", "T", "truncate",
     "plan the load again with values cut to their columns: loses data", ACTION_CHANGES,
     cut_values},
    {"job-error.skip", "job-error", "S", "skip rows",
     "plan the load again without the bad rows, up to a number", ACTION_CHANGES, skip_rows},
    {"job.log", "job", "1", "log", "show the log", ACTION_PLAIN, show_log},
    {"job.sql", "job", "2 Enter", "SQL", "show the SQL of the selected step", ACTION_PLAIN,
     show_sql},
    {"job.errors", "job", "3 n", "refused rows", "show the next row that was refused, and why",
     ACTION_PLAIN, next_error},
    {"job.cancel", "job", "c", "cancel", "cancel the job on the server, after asking",
     ACTION_DESTRUCTIVE, cancel},
    {"job.resume", "job", "r", "resume", "go on with a job that did not end", ACTION_CHANGES,
     resume},
    {"job.again", "job", "E", "edit again",
     "open the form of this write or merge as it was filled in", ACTION_CHANGES, edit_again},
    {"job.copy", "job", "y", "copy record", "copy the audit record to the clipboard", ACTION_PLAIN,
     copy_audit},
    {0},
};
