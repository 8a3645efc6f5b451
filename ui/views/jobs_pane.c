#include "ui/views/jobs_pane.h"

#include <string.h>

#include "ui/app.h"

enum {
    ROWS_MAX = 4,
    BAR_COLUMNS = 16,
    TITLE_COLUMNS = 44,
    ETA_AFTER_MS = 3000, /* before that a rate is a guess */
    ETA_AFTER_PERCENT = 5,
};

int jobs_pane_rows(const App *app)
{
    return (int)MIN(workbench_jobs(app_workbench(app))->len, ROWS_MAX);
}

static guint n_jobs(const App *app)
{
    return workbench_jobs(app_workbench(app))->len;
}

static Job *nth_newest(const App *app, gint64 n)
{
    const GPtrArray *jobs = workbench_jobs(app_workbench(app));
    return n < jobs->len ? g_ptr_array_index(jobs, jobs->len - 1 - (guint)n) : NULL;
}

void jobs_pane_move(JobsPane *pane, const App *app, Movement movement)
{
    scroll_move(&pane->scroll, movement, n_jobs(app), pane->height);
}

Job *jobs_pane_current(const JobsPane *pane, const App *app)
{
    return nth_newest(app, pane->scroll.cursor);
}

char *job_rows_text(gint64 rows)
{
    if (rows < 100000) {
        g_autofree char *count = text_count((guint64)MAX(rows, 0));
        return g_strdup_printf("%s row%s", count, rows == 1 ? "" : "s");
    }
    if (rows < 1000000)
        return g_strdup_printf("%.0f k rows", (double)rows / 1e3);
    if (rows < 1000000000)
        return g_strdup_printf("%.1f M rows", (double)rows / 1e6);
    return g_strdup_printf("%.2f G rows", (double)rows / 1e9);
}

char *job_phase_text(const Job *job)
{
    ProgressSnapshot progress = job_progress(job);
    const Plan *plan = job_plan(job);
    if (plan == NULL)
        return g_strdup("reading the journal");
    if (progress.state != JOB_RUNNING && progress.state != JOB_CANCELLING)
        return g_strdup(job_state_name(progress.state));
    if (progress.step < 0 || progress.step >= (int)plan->steps->len)
        return g_strdup("starting");
    const PlanStep *step = g_ptr_array_index(plan->steps, (guint)progress.step);
    const char *name = step_kind_name(step->kind);
    if (progress.state == JOB_CANCELLING)
        return g_strdup_printf("cancelling %s", name);
    if (progress.files_total > 0)
        return g_strdup_printf("%s %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT, name, progress.files,
                               progress.files_total);
    return g_strdup(name);
}

static Role state_role(JobState state)
{
    switch (state) {
    case JOB_DONE:
        return ROLE_GOOD;
    case JOB_FAILED:
        return ROLE_ERROR;
    default:
        return ROLE_TEXT;
    }
}

static void append_amounts(const App *app, const ProgressSnapshot *progress, GString *out)
{
    if (progress->rows > 0) {
        g_autofree char *rows = job_rows_text(progress->rows);
        g_string_append_printf(out, "  %s", rows);
    }
    if (progress->bytes > 0) {
        g_autofree char *bytes = text_bytes((guint64)progress->bytes);
        g_autofree char *rate = app_rate(app, progress->bytes, progress->step_ms);
        g_string_append_printf(out, "  %s", bytes);
        if (strcmp(rate, "-") != 0)
            g_string_append_printf(out, "  %s", rate);
    }
}

static void append_times(const App *app, const ProgressSnapshot *progress, int percent,
                         GString *out)
{
    static const char *const sources[] = {
        [PROGRESS_COUNTED] = "", [PROGRESS_SERVER] = "  server", [PROGRESS_ESTIMATE] = "  est."};
    g_autofree char *elapsed = app_duration(app, progress->job_ms);
    g_string_append_printf(out, "  %s", elapsed);
    if (percent >= ETA_AFTER_PERCENT && percent < 100 && progress->step_ms > ETA_AFTER_MS) {
        gint64 left = progress->step_ms * (100 - percent) / percent;
        g_autofree char *eta = app_duration(app, left);
        g_string_append_printf(out, "  eta %s", eta);
    }
    if (progress->rows > 0 || progress->bytes > 0)
        g_string_append(out, sources[progress->source]);
}

static char *ended_text(const App *app, const Job *job, const ProgressSnapshot *progress)
{
    g_autofree char *elapsed = app_duration(app, progress->job_ms);
    const JobResult *result = job_result(job);
    const GError *error = job_error(job);
    const char *what = error != NULL                               ? error->message
                       : result != NULL && result->summary != NULL ? result->summary
                                                                   : "";
    return g_strdup_printf("  %s  %s", elapsed, what);
}

/* Everything behind the title. */
static void draw_state(const App *app, const Job *job, const Canvas *canvas, int y, int x)
{
    ProgressSnapshot progress = job_progress(job);
    gboolean runs = progress.state == JOB_RUNNING || progress.state == JOB_CANCELLING;
    int percent = runs ? progress_percent(&progress) : -1;
    g_autofree char *phase = job_phase_text(job);
    g_autoptr(GString) rest = g_string_new(NULL);
    if (percent >= 0) {
        draw_bar(canvas, y, x, BAR_COLUMNS, percent);
        g_autofree char *text = g_strdup_printf("%4d%%", percent);
        x = draw_words(canvas, y, x + BAR_COLUMNS, ROLE_TEXT, text) + 2;
    }
    x = draw_words(canvas, y, x, state_role(progress.state), phase);
    if (runs) {
        append_amounts(app, &progress, rest);
        append_times(app, &progress, percent, rest);
    } else {
        g_autofree char *text = ended_text(app, job, &progress);
        g_string_append(rest, text);
    }
    draw_text(canvas, y, x, -1, ROLE_TEXT, TEXT_LEFT, rest->str);
}

void job_line_draw(const App *app, const Job *job, const Canvas *canvas, int y, gboolean current,
                   gboolean focused)
{
    const Plan *plan = job_plan(job);
    g_autofree char *id = g_strndup(job_id(job), 4);
    int title = CLAMP(canvas->rect.columns * 3 / 10, 16, TITLE_COLUMNS);
    draw_blank(canvas, y, 0, -1, ROLE_TEXT);
    if (current)
        draw_sign_at(canvas, y, 0, focused ? ROLE_MARK : ROLE_RULE, SIGN_MARK);
    draw_words(canvas, y, 2, ROLE_QUIET, id);
    draw_text(canvas, y, 7, title, current && focused ? ROLE_ACCENT : ROLE_TEXT, TEXT_LEFT,
              plan != NULL ? plan->title : "resumed job");
    draw_state(app, job, canvas, y, 7 + title + 1);
}

void jobs_pane_draw(JobsPane *pane, const App *app, const Canvas *canvas, gboolean focused)
{
    pane->height = MAX(canvas->rect.rows, 1);
    scroll_clamp(&pane->scroll, n_jobs(app), pane->height);
    for (int y = 0; y < canvas->rect.rows; y++) {
        const Job *job = nth_newest(app, pane->scroll.top + y);
        if (job == NULL)
            draw_blank(canvas, y, 0, -1, ROLE_TEXT);
        else
            job_line_draw(app, job, canvas, y, pane->scroll.top + y == pane->scroll.cursor,
                          focused);
    }
    if (focused)
        draw_cursor(canvas, (int)(pane->scroll.cursor - pane->scroll.top), 0, FALSE);
}
