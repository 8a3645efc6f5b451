#include "base/text.h"
#include "ui/app.h"
#include "ui/views/views.h"
#include "ui/widgets/pager.h"

/* The checks of the profile, line by line as they are made. */
typedef struct Sheet Sheet;
typedef struct {
    View view;
    Pager *pager;
    Sheet *sheet;
    guint done;
    gboolean ended;
} PreflightView;

/* What the worker's lines are sent to: the view is NULL once it is gone. Main thread, but for its
 * references. */
struct Sheet {
    PreflightView *view;
};

/* The task, and one line on its way. */
typedef struct {
    Workbench *workbench;
    Sheet *sheet;
} Task;

typedef struct {
    Sheet *sheet;
    PreflightState state;
    char *line, *remedy; /* remedy NULL: none */
} Arrival;

static PreflightView *preflight_of(View *view)
{
    return (PreflightView *)view;
}

static const char *const *contexts(const View *view)
{
    static const char *const names[] = {"back", "move", "global", NULL};
    return names;
}

static void move(View *view, Movement movement)
{
    pager_move(preflight_of(view)->pager, movement);
    view_touch(view, ~0u);
}

static void draw(View *view, Canvas *canvas, guint stale)
{
    PreflightView *preflight = preflight_of(view);
    Rect rect = canvas->rect;
    Canvas body = canvas_part(canvas, (Rect){rect.y + 1, rect.x, rect.rows - 2, rect.columns});
    g_autofree char *title = g_strdup_printf("Preflight of %s", app_profile(view->app)->name);
    g_autofree char *status =
        preflight->ended
            ? pager_position(preflight->pager)
            : g_strdup_printf("%u of %u checks made", preflight->done, preflight_checks());
    draw_rule(canvas, 0, 0, rect.columns, title, TRUE);
    pager_draw(preflight->pager, &body);
    draw_blank(canvas, rect.rows - 1, 0, -1, ROLE_TEXT);
    draw_text(canvas, rect.rows - 1, 1, -1, ROLE_QUIET, TEXT_LEFT, status);
    draw_cursor(canvas, 1, 0, FALSE);
}

static void free_view(View *view)
{
    PreflightView *preflight = preflight_of(view);
    preflight->sheet->view = NULL;
    g_atomic_rc_box_release(preflight->sheet);
    pager_free(preflight->pager);
}

static const ViewClass preflight_class = {
    .name = "preflight",
    .draw = draw,
    .contexts = contexts,
    .move = move,
    .free = free_view,
};

/* --- lines -------------------------------------------------------------------------------------- */

static Role role_of(PreflightState state)
{
    static const Role roles[] = {[PREFLIGHT_OK] = ROLE_TEXT,
                                 [PREFLIGHT_WARNING] = ROLE_WARNING,
                                 [PREFLIGHT_FAILED] = ROLE_ERROR,
                                 [PREFLIGHT_SKIPPED] = ROLE_QUIET};
    return roles[state];
}

static void arrival_free(gpointer data)
{
    Arrival *arrival = data;
    g_atomic_rc_box_release(arrival->sheet);
    g_free(arrival->line);
    g_free(arrival->remedy);
    g_free(arrival);
}

static gboolean arrive(gpointer data)
{
    const Arrival *arrival = data;
    PreflightView *preflight = arrival->sheet->view;
    if (preflight == NULL)
        return G_SOURCE_REMOVE;
    pager_add(preflight->pager, role_of(arrival->state), arrival->line);
    if (arrival->remedy != NULL)
        pager_add(preflight->pager, ROLE_QUIET, arrival->remedy);
    preflight->done++;
    view_touch(&preflight->view, ~0u);
    return G_SOURCE_REMOVE;
}

/* A PreflightReport, on the worker. */
static gboolean send_line(gpointer user, const PreflightLine *line, GError **error)
{
    const Task *task = user;
    Arrival *arrival = g_new0(Arrival, 1);
    g_autofree char *answer = text_printable(line->answer, -1);
    gboolean good = line->state == PREFLIGHT_OK;
    g_autofree char *whom = line->as == NULL ? NULL : g_strconcat(", as ", line->as, NULL);
    arrival->sheet = g_atomic_rc_box_acquire(task->sheet);
    arrival->state = line->state;
    arrival->line =
        g_strdup_printf("%-8s %-17s  %s", preflight_state_name(line->state), line->name, answer);
    if (!good && line->remedy != NULL)
        arrival->remedy = g_strdup_printf("%-8s %s\n%-8s asked of %s%s", "", line->remedy, "",
                                          line->of, whom == NULL ? "" : whom);
    g_idle_add_full(G_PRIORITY_DEFAULT, arrive, arrival, arrival_free);
    return TRUE;
}

/* --- the task ----------------------------------------------------------------------------------- */

static gboolean run(gpointer data, GCancellable *cancellable, GError **error)
{
    Task *task = data;
    return workbench_preflight(task->workbench, send_line, task, cancellable, error);
}

static void done(gpointer data, TaskOutcome outcome, const GError *error)
{
    PreflightView *preflight = ((Task *)data)->sheet->view;
    if (preflight == NULL)
        return;
    preflight->ended = TRUE;
    if (error != NULL)
        pager_add(preflight->pager, ROLE_ERROR, error->message);
    else
        pager_add(preflight->pager, ROLE_GOOD, "Nothing is in the way.");
    view_touch(&preflight->view, ~0u);
}

static void task_free(gpointer data)
{
    Task *task = data;
    g_atomic_rc_box_release(task->sheet);
    g_free(task);
}

View *preflight_view_new(App *app)
{
    PreflightView *preflight = view_new(app, &preflight_class, sizeof(PreflightView));
    Task *task = g_new0(Task, 1);
    preflight->pager = pager_new(TRUE);
    pager_set_hanging(preflight->pager, TRUE);
    preflight->sheet = g_atomic_rc_box_new0(Sheet);
    preflight->sheet->view = preflight;
    task->workbench = app_workbench(app);
    task->sheet = g_atomic_rc_box_acquire(preflight->sheet);
    view_submit(&preflight->view, "preflight", run, done, task, task_free, NULL);
    return &preflight->view;
}
