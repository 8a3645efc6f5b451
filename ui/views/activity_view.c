#include "ui/views/activity_view.h"

#include <string.h>

#include "base/error.h"
#include "redshift/activity_report.h"
#include "ui/app.h"
#include "ui/views/views.h"
#include "ui/widgets/grid.h"
#include "ui/widgets/pager.h"

enum { WAIT_FOR_ANSWER_MS = 10000, NOTE_ROWS = 2 };

typedef struct {
    View view;
    ActivityKind kind;
    gboolean running_only, reading;
    guint generation;       /* answers to older questions are dropped */
    ActivityReport *report; /* NULL until read */
    char *error;
    gint64 read_at; /* epoch seconds */
    Grid *grid;
    ActivityStop asked; /* what the prompt on top is about */
    int asked_pid;
} ActivityView;

static ActivityView *activity_of(View *view)
{
    return (ActivityView *)view;
}

/* --- the grid's model ---------------------------------------------------------------------------*/

static guint model_columns(gpointer user)
{
    const ActivityView *activity = user;
    return activity->report == NULL ? 0 : activity_pane_columns(activity->report->pane);
}

static guint64 model_rows(gpointer user)
{
    const ActivityView *activity = user;
    return activity->report == NULL ? 0 : activity->report->rows->len;
}

/* "duration_ms" is shown as "duration": the cells say their unit. */
static const char *model_name(gpointer user, guint column)
{
    const ActivityColumn *columns = ((const ActivityView *)user)->report->pane->columns;
    if (columns[column].unit != ACTIVITY_MILLISECONDS)
        return columns[column].name;
    g_autofree char *bare = g_strndup(columns[column].name, strlen(columns[column].name) - 3);
    return g_intern_string(bare);
}

static gboolean model_is_number(gpointer user, guint column)
{
    ActivityUnit unit = ((const ActivityView *)user)->report->pane->columns[column].unit;
    return unit == ACTIVITY_NUMBER || unit == ACTIVITY_BYTES || unit == ACTIVITY_MILLISECONDS;
}

static const char *raw_cell(const ActivityView *activity, guint64 row, guint column)
{
    return ((char **)g_ptr_array_index(activity->report->rows, (guint)row))[column];
}

/* Durations stand still in scripts, as everywhere. */
static char *shown_cell(const ActivityView *activity, const char *raw, ActivityUnit unit)
{
    gint64 number = 0;
    gboolean counts = g_ascii_string_to_signed(raw, 10, 0, G_MAXINT64, &number, NULL);
    if (counts && unit == ACTIVITY_BYTES)
        return text_bytes((guint64)number);
    if (counts && unit == ACTIVITY_MILLISECONDS)
        return app_duration(activity->view.app, number);
    return text_printable(raw, -1);
}

static GridCell model_cell(gpointer user, guint64 row, guint column, gsize limit, GString *text)
{
    const ActivityView *activity = user;
    const char *raw = raw_cell(activity, row, column);
    if (raw == NULL)
        return GRID_NULL;
    g_autofree char *shown =
        shown_cell(activity, raw, activity->report->pane->columns[column].unit);
    g_string_append_len(text, shown, (gssize)MIN(strlen(shown), limit + 8));
    if (text->len > 0 && !g_utf8_validate(text->str, (gssize)text->len, NULL)) {
        const char *end;
        g_utf8_validate(text->str, (gssize)text->len, &end);
        g_string_truncate(text, (gsize)(end - text->str));
    }
    return *raw == '\0' ? GRID_EMPTY : GRID_VALUE;
}

static const GridModel model = {.n_columns = model_columns,
                                .n_rows = model_rows,
                                .name = model_name,
                                .is_number = model_is_number,
                                .cell = model_cell};

/* --- reading ------------------------------------------------------------------------------------*/

typedef struct {
    ActivityView *activity;
    Workbench *workbench;
    ActivityKind kind;
    ActivityOptions options;
    guint generation;
    ActivityReport *report;
} Reading;

static void reading_free(gpointer data)
{
    Reading *reading = data;
    activity_report_free(reading->report);
    g_free(reading);
}

static gboolean read_report(gpointer data, GCancellable *cancellable, GError **error)
{
    Reading *reading = data;
    Session *session = workbench_take_session(reading->workbench, cancellable, error);
    if (session == NULL)
        return FALSE;
    reading->report =
        activity_report_read(session, reading->kind, &reading->options, cancellable, error);
    workbench_give_session(reading->workbench, session);
    return reading->report != NULL;
}

static void report_read(gpointer data, TaskOutcome outcome, const GError *error)
{
    Reading *reading = data;
    ActivityView *activity = reading->activity;
    if (reading->generation != activity->generation)
        return;
    gboolean same = activity->report != NULL && outcome == TASK_DONE &&
                    activity->report->pane == reading->report->pane;
    activity->reading = FALSE;
    g_clear_pointer(&activity->error, g_free);
    if (outcome == TASK_DONE) {
        activity_report_free(activity->report);
        activity->report = g_steal_pointer(&reading->report);
        activity->read_at = g_get_real_time() / G_USEC_PER_SEC;
        if (!same)
            grid_reset(activity->grid);
    } else {
        activity->error = g_strdup(error->message);
    }
    view_touch(&activity->view, ~0u);
}

static void start_reading(ActivityView *activity)
{
    Reading *reading = g_new0(Reading, 1);
    reading->activity = activity;
    reading->workbench = app_workbench(activity->view.app);
    reading->kind = activity->kind;
    reading->options.running_only = activity->running_only;
    reading->generation = ++activity->generation;
    activity->reading = TRUE;
    view_submit(&activity->view, "activity", read_report, report_read, reading, reading_free, NULL);
    view_touch(&activity->view, ~0u);
}

/* --- the view's functions -----------------------------------------------------------------------*/

static const char *const *contexts(const View *view)
{
    static const char *const names[] = {"activity", "back", "move", "global", NULL};
    return names;
}

static gboolean has_row(const ActivityView *activity)
{
    return activity->report != NULL && grid_row(activity->grid) < activity->report->rows->len;
}

static guint has(const View *view)
{
    return has_row((const ActivityView *)view) ? VIEW_HAS_ROW : 0;
}

static void move(View *view, Movement movement)
{
    grid_move(activity_of(view)->grid, movement);
    view_touch(view, ~0u);
}

static void draw_tabs(const ActivityView *activity, const Canvas *canvas)
{
    draw_rule(canvas, 0, 0, canvas->rect.columns, NULL, FALSE);
    int x = 2;
    for (guint i = 0; i < ACTIVITY_KINDS; i++) {
        g_autofree char *title = g_strdup_printf(" %u %s ", i + 1, activity_pane(i)->title);
        x = draw_words(canvas, 0, x, i == (guint)activity->kind ? ROLE_ACCENT : ROLE_QUIET, title);
        x++;
    }
}

static char *status_text(const ActivityView *activity)
{
    const ActivityPane *pane = activity_pane(activity->kind);
    if (activity->reading)
        return g_strdup_printf("%s: asking the server", pane->summary);
    if (activity->report == NULL)
        return g_strdup(pane->summary);
    g_autofree char *at = app_time_of_day(activity->view.app, activity->read_at);
    return g_strdup_printf("%s%s: %u row%s from %s at %s, R reads again", pane->summary,
                           activity->running_only ? ", only what has not ended" : "",
                           activity->report->rows->len, activity->report->rows->len == 1 ? "" : "s",
                           activity->report->source, at);
}

static void draw_notes(const ActivityView *activity, const Canvas *canvas)
{
    g_autoptr(Pager) pager = pager_new(TRUE);
    g_autofree char *status = status_text(activity);
    pager_add(pager, ROLE_QUIET, status);
    if (activity->error != NULL)
        pager_add(pager, ROLE_ERROR, activity->error);
    else if (activity->report != NULL)
        for (guint i = 0; i < activity->report->notes->len; i++)
            pager_add(pager, ROLE_WARNING, activity->report->notes->pdata[i]);
    pager_draw(pager, canvas);
}

/* An empty report says so, and what may be behind it. */
static void draw_nothing(const ActivityView *activity, const Canvas *body)
{
    if (activity->report->rows->len > 0 || activity->reading || body->rect.rows < 3)
        return;
    draw_words(body, 2, 2, ROLE_QUIET,
               activity->running_only ? "Nothing that has not ended; r shows the rest"
                                      : "Nothing here now; R asks again");
}

static int note_rows(const ActivityView *activity, int rows, int columns)
{
    g_autofree char *status = status_text(activity);
    int wanted =
        1 + text_width(status) / MAX(columns - 2, 1) + (activity->error != NULL ? NOTE_ROWS : 0);
    if (activity->report != NULL)
        wanted += (int)activity->report->notes->len * NOTE_ROWS;
    return CLAMP(wanted, 1, MAX(rows / 3, 1));
}

static void draw(View *view, Canvas *canvas, guint stale)
{
    ActivityView *activity = activity_of(view);
    Rect rect = canvas->rect;
    int notes = note_rows(activity, rect.rows, rect.columns);
    Canvas body =
        canvas_part(canvas, (Rect){rect.y + 1, rect.x, rect.rows - 1 - notes, rect.columns});
    Canvas below =
        canvas_part(canvas, (Rect){rect.y + rect.rows - notes, rect.x, notes, rect.columns});
    draw_clear(canvas);
    draw_tabs(activity, canvas);
    if (activity->report != NULL && activity->report->pane == activity_pane(activity->kind)) {
        grid_draw(activity->grid, &body, TRUE);
        draw_nothing(activity, &body);
    }
    draw_notes(activity, &below);
}

static void free_view(View *view)
{
    ActivityView *activity = activity_of(view);
    grid_free(activity->grid);
    activity_report_free(activity->report);
    g_free(activity->error);
}

static const ViewClass activity_class = {
    .name = "activity",
    .draw = draw,
    .contexts = contexts,
    .move = move,
    .has = has,
    .free = free_view,
};

View *activity_view_new(App *app)
{
    ActivityView *activity = view_new(app, &activity_class, sizeof(ActivityView));
    activity->grid = grid_new(&model, activity);
    grid_set_markers(activity->grid, app_settings(app)->null_marker,
                     app_settings(app)->empty_marker);
    start_reading(activity);
    return &activity->view;
}

/* --- stopping a statement or a session ----------------------------------------------------------*/

typedef struct {
    ActivityView *activity;
    Workbench *workbench;
    ActivityStop stop;
    int pid;
    ActivityAnswer answer;
} Stopping;

static gboolean stop_backend(gpointer data, GCancellable *cancellable, GError **error)
{
    Stopping *stopping = data;
    Session *session = workbench_take_session(stopping->workbench, cancellable, error);
    if (session == NULL)
        return FALSE;
    gboolean asked = activity_stop(session, stopping->stop, stopping->pid, WAIT_FOR_ANSWER_MS,
                                   &stopping->answer, cancellable, error);
    workbench_give_session(stopping->workbench, session);
    return asked;
}

static void backend_stopped(gpointer data, TaskOutcome outcome, const GError *error)
{
    const Stopping *stopping = data;
    App *app = stopping->activity->view.app;
    const char *done = stopping->stop == ACTIVITY_CANCEL ? "cancelled" : "terminated";
    const char *asked = stopping->stop == ACTIVITY_CANCEL ? "cancel" : "terminate";
    if (outcome != TASK_DONE)
        app_message_error(app, error);
    else if (stopping->answer == ACTIVITY_CONFIRMED)
        app_message(app, MESSAGE_GOOD, "Backend %d: %s, confirmed by the server", stopping->pid,
                    done);
    else if (stopping->answer == ACTIVITY_NOT_THERE)
        app_message(app, MESSAGE_INFO, "Backend %d %s", stopping->pid,
                    stopping->stop == ACTIVITY_CANCEL ? "runs nothing now" : "has left already");
    else
        app_message(app, MESSAGE_WARNING, "Backend %d: %s sent, the server has not answered yet",
                    stopping->pid, asked);
    start_reading(stopping->activity);
}

static gboolean accept_pid(View *owner, const char *text, char **complaint)
{
    ActivityView *activity = activity_of(owner);
    g_autofree char *pid = g_strdup_printf("%d", activity->asked_pid);
    if (strcmp(text, pid) != 0) {
        *complaint = g_strdup_printf("that is not %s: nothing was sent", pid);
        return FALSE;
    }
    Stopping *stopping = g_new0(Stopping, 1);
    *stopping = (Stopping){activity, app_workbench(owner->app), activity->asked,
                           activity->asked_pid, ACTIVITY_UNANSWERED};
    view_submit(owner, "stop", stop_backend, backend_stopped, stopping, g_free, NULL);
    return TRUE;
}

static Consequence ask_to_stop(View *view, ActivityStop stop)
{
    ActivityView *activity = activity_of(view);
    const ActivityPane *pane = activity->report->pane;
    const char *text =
        pane->pid < 0 ? NULL : raw_cell(activity, grid_row(activity->grid), (guint)pane->pid);
    gint64 pid = 0;
    g_autofree char *bare = text == NULL ? NULL : g_strstrip(g_strdup(text));
    if (bare == NULL || !g_ascii_string_to_signed(bare, 10, 1, G_MAXINT, &pid, NULL)) {
        app_message(view->app, MESSAGE_INFO, "This row names no session; Sessions (1) does");
        return consequence(CONSEQUENCE_DONE);
    }
    activity->asked = stop;
    activity->asked_pid = (int)pid;
    g_autofree char *label = g_strdup_printf(
        stop == ACTIVITY_CANCEL ? "Cancel what backend %d runs: type its pid"
                                : "End session %d and roll back its transaction: type its pid",
        (int)pid);
    PromptOptions options = {.label = label, .accept = accept_pid};
    return consequence_push(prompt_view_new(view->app, view, &options));
}

static Consequence cancel_statement(View *view, const char *argument)
{
    return ask_to_stop(view, ACTIVITY_CANCEL);
}

static Consequence end_session(View *view, const char *argument)
{
    return ask_to_stop(view, ACTIVITY_TERMINATE);
}

/* --- the other actions --------------------------------------------------------------------------*/

static Consequence choose(View *view, const char *argument)
{
    ActivityView *activity = activity_of(view);
    guint number = argument == NULL ? 0 : (guint)g_ascii_digit_value(*argument);
    if (number < 1 || number > ACTIVITY_KINDS)
        return consequence(CONSEQUENCE_NONE);
    activity->kind = (ActivityKind)(number - 1);
    start_reading(activity);
    return consequence(CONSEQUENCE_DONE);
}

static Consequence next_report(View *view, const char *argument)
{
    ActivityView *activity = activity_of(view);
    activity->kind = (ActivityKind)((activity->kind + 1) % ACTIVITY_KINDS);
    start_reading(activity);
    return consequence(CONSEQUENCE_DONE);
}

static Consequence refresh(View *view, const char *argument)
{
    start_reading(activity_of(view));
    return consequence(CONSEQUENCE_DONE);
}

static Consequence toggle_running(View *view, const char *argument)
{
    ActivityView *activity = activity_of(view);
    activity->running_only = !activity->running_only;
    start_reading(activity);
    return consequence(CONSEQUENCE_DONE);
}

static Consequence show_row(View *view, const char *argument)
{
    const ActivityView *activity = activity_of(view);
    const ActivityPane *pane = activity->report->pane;
    Pager *pager = pager_new(TRUE);
    for (guint i = 0; i < activity_pane_columns(pane); i++) {
        const char *raw = raw_cell(activity, grid_row(activity->grid), i);
        g_autofree char *shown = raw == NULL ? g_strdup(app_settings(view->app)->null_marker)
                                             : shown_cell(activity, raw, pane->columns[i].unit);
        if ((int)i == pane->statement)
            pager_add(pager, ROLE_TEXT, "");
        pager_addf(pager, (int)i == pane->statement ? ROLE_SQL : ROLE_TEXT, "%-18s %s",
                   pane->columns[i].name, shown);
    }
    return consequence_push(text_view_new(view->app, pane->title, pager, "the row"));
}

static Consequence copy_statement(View *view, const char *argument)
{
    const ActivityView *activity = activity_of(view);
    int column = activity->report->pane->statement;
    guint shown = column >= 0 ? (guint)column : grid_column(activity->grid);
    const char *raw = raw_cell(activity, grid_row(activity->grid), shown);
    app_copy(view->app, column >= 0 ? "the statement" : "the cell", raw == NULL ? "" : raw);
    return consequence(CONSEQUENCE_DONE);
}

const Action activity_actions[] = {
    {"activity.choose", "activity", "1 2 3 4 5 6 7", "report", "show another report",
     ACTION_KEY_ARGUMENT, choose},
    {"activity.next", "activity", "Tab", "next", "show the next report", ACTION_HIDDEN,
     next_report},
    {"activity.show", "activity", "Enter", "details", "show the row with its whole statement",
     ACTION_NEEDS_ROW, show_row},
    {"activity.running", "activity", "r", "running", "show only what has not ended, or all",
     ACTION_PLAIN, toggle_running},
    {"activity.refresh", "activity", "R", "refresh", "ask the server again", ACTION_PLAIN, refresh},
    {"activity.cancel", "activity", "c", "cancel", "cancel the row's statement, after asking",
     ACTION_NEEDS_ROW | ACTION_CHANGES | ACTION_DESTRUCTIVE, cancel_statement},
    {"activity.terminate", "activity", "X", "end session",
     "end the row's session and roll back its transaction, after asking",
     ACTION_NEEDS_ROW | ACTION_CHANGES | ACTION_DESTRUCTIVE, end_session},
    {"activity.copy", "activity", "y", "copy", "copy the row's statement", ACTION_NEEDS_ROW,
     copy_statement},
    {0},
};
