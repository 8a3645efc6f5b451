#include <string.h>

#include "ui/app.h"
#include "ui/views/job_view_private.h"
#include "ui/views/jobs_pane.h"

typedef struct {
    const char *state;
    Role role;
    gint64 ms, rows, bytes, files; /* -1 unknown */
    int percent;                   /* -1: no bar */
} StepState;

static StepState journal_step_state(const JobView *view, int step)
{
    const cJSON *done = job_view_last_event(view, "done", step);
    const cJSON *failed = job_view_last_event(view, "failed", step);
    StepState state = {"", ROLE_QUIET, -1, -1, -1, -1, -1};
    if (done != NULL) {
        state.state = "done";
        state.role = ROLE_GOOD;
        state.ms = job_view_number(done, "ms", -1);
        state.rows = job_view_number(done, "rows", -1);
        state.bytes = job_view_number(done, "bytes", -1);
        state.files = job_view_number(done, "files", -1);
    } else if (failed != NULL) {
        gboolean cancelled = g_strcmp0(job_view_text(job_view_last_event(view, "end", -1), "state"),
                                       "cancelled") == 0;
        state.state = cancelled ? "cancelled" : "failed";
        state.role = cancelled ? ROLE_TEXT : ROLE_ERROR;
    } else if (job_view_last_event(view, "begin", step) != NULL) {
        state.state = "begun";
        state.role = ROLE_TEXT;
    }
    return state;
}

static StepState step_state(const JobView *view, int step)
{
    const Job *job = job_view_live(view);
    StepState state = journal_step_state(view, step);
    if (job == NULL)
        return state;
    ProgressSnapshot now = job_progress(job);
    if (now.step != step || (now.state != JOB_RUNNING && now.state != JOB_CANCELLING))
        return state;
    return (StepState){.state = now.state == JOB_RUNNING ? "running" : "cancelling",
                       .role = ROLE_ACCENT,
                       .ms = now.step_ms,
                       .rows = now.rows,
                       .bytes = now.bytes,
                       .files = now.files,
                       .percent = progress_percent(&now)};
}

static char *amounts_text(const JobView *view, const StepState *state)
{
    GString *out = g_string_new(NULL);
    if (state->ms >= 0) {
        g_autofree char *time = app_duration(view->view.app, state->ms);
        g_string_append_printf(out, "%s", time);
    }
    if (state->rows > 0) {
        g_autofree char *rows = job_rows_text(state->rows);
        g_string_append_printf(out, "  %s", rows);
    }
    if (state->bytes > 0) {
        g_autofree char *bytes = text_bytes((guint64)state->bytes);
        g_string_append_printf(out, "  %s", bytes);
    }
    if (state->files > 0)
        g_string_append_printf(out, "  %" G_GINT64_FORMAT " file%s", state->files,
                               state->files == 1 ? "" : "s");
    return g_string_free(out, FALSE);
}

void job_step_draw(const JobView *view, const Canvas *canvas, int y, int number)
{
    const PlanStep *step = g_ptr_array_index(job_view_plan(view)->steps, (guint)number);
    StepState state = step_state(view, number);
    gboolean current = number == view->steps.cursor;
    g_autofree char *amounts = amounts_text(view, &state);
    g_autofree char *index = g_strdup_printf("%2d", number + 1);
    int right = MIN(text_width(amounts), canvas->rect.columns / 2);
    int bar = state.percent >= 0 && canvas->rect.columns > 90 ? 18 : 0;
    draw_blank(canvas, y, 0, -1, ROLE_TEXT);
    if (current)
        draw_sign_at(canvas, y, 0, ROLE_MARK, SIGN_MARK);
    draw_words(canvas, y, 1, ROLE_QUIET, index);
    draw_text(canvas, y, 4, 11, current ? ROLE_ACCENT : ROLE_TEXT, TEXT_LEFT,
              step_kind_name(step->kind));
    draw_text(canvas, y, 16, 10, state.role, TEXT_LEFT, state.state);
    draw_text(canvas, y, 27, canvas->rect.columns - 27 - right - bar - 3, ROLE_TEXT, TEXT_LEFT,
              step->title != NULL ? step->title : "");
    if (bar > 0)
        draw_bar(canvas, y, canvas->rect.columns - right - bar - 1, bar - 2, state.percent);
    draw_text(canvas, y, canvas->rect.columns - right - 1, right, ROLE_QUIET, TEXT_RIGHT, amounts);
}
