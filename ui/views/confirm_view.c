#include "ui/app.h"
#include "ui/views/views.h"
#include "ui/widgets/pager.h"

typedef struct {
    View view;
    View *owner;
    char *text;
    const ConfirmChoice *choices;
} ConfirmView;

static ConfirmView *confirm_of(View *view)
{
    return (ConfirmView *)view;
}

static const char *const *contexts(const View *view)
{
    static const char *const names[] = {"dialog", NULL};
    return names;
}

/* One answer at x of line y, or at the beginning of the next line; canvas NULL: it is only measured. */
static void lay_answer(const Canvas *canvas, int first, int columns, int *y, int *x, Key key,
                       const char *label)
{
    g_autofree char *name = key_to_text(key);
    int width = text_width(name) + 1 + text_width(label);
    if (*x > 1 && *x + width > columns) {
        *x = 1;
        ++*y;
    }
    if (canvas != NULL) {
        int end = draw_words(canvas, first + *y, *x, ROLE_KEY, name);
        draw_words(canvas, first + *y, end + 1, ROLE_TEXT, label);
    }
    *x += width + 3;
}

/* The answers from line `first` on; gives the lines they take. */
static int lay_answers(const ConfirmView *confirm, const Canvas *canvas, int first, int columns)
{
    int x = 1, y = 0;
    for (const ConfirmChoice *choice = confirm->choices; choice->key != 0; choice++)
        lay_answer(canvas, first, columns, &y, &x, choice->key, choice->label);
    lay_answer(canvas, first, columns, &y, &x, UI_KEY_ESCAPE, "go back");
    return y + 1;
}

static int height(const View *view, int columns)
{
    const ConfirmView *confirm = (const ConfirmView *)view;
    int rows = 2 + lay_answers(confirm, NULL, 0, columns);
    g_auto(GStrv) lines = g_strsplit(confirm->text, "\n", -1);
    for (char **line = lines; *line != NULL; line++)
        rows += 1 + text_width(*line) / MAX(columns - 3, 1);
    return rows;
}

static void draw(View *view, Canvas *canvas, guint stale)
{
    ConfirmView *confirm = confirm_of(view);
    Rect rect = canvas->rect;
    draw_clear(canvas);
    draw_rule(canvas, 0, 0, rect.columns, NULL, TRUE);
    int answers = MIN(lay_answers(confirm, NULL, 0, rect.columns), MAX(rect.rows - 1, 1));
    Canvas text =
        canvas_part(canvas, (Rect){rect.y + 1, rect.x, rect.rows - 1 - answers, rect.columns});
    g_autoptr(Pager) pager = pager_new(TRUE);
    pager_add(pager, ROLE_TEXT, confirm->text);
    pager_draw(pager, &text);
    lay_answers(confirm, canvas, rect.rows - answers, rect.columns);
    draw_cursor(canvas, rect.rows - 1, 1, FALSE);
}

static Consequence key(View *view, Key key_pressed)
{
    ConfirmView *confirm = confirm_of(view);
    if (key_is_dismissal(key_pressed))
        return consequence(CONSEQUENCE_POP);
    for (const ConfirmChoice *choice = confirm->choices; choice->key != 0; choice++) {
        if (choice->key != key_pressed)
            continue;
        Consequence what = choice->run != NULL && !confirm->owner->closed
                               ? choice->run(confirm->owner)
                               : consequence(CONSEQUENCE_NONE);
        what.flags |= CONSEQUENCE_POP;
        return what;
    }
    return consequence(CONSEQUENCE_NONE);
}

static void free_view(View *view)
{
    ConfirmView *confirm = confirm_of(view);
    g_free(confirm->text);
    view_unref(confirm->owner);
}

static const ViewClass confirm_class = {
    .name = "dialog",
    .draw = draw,
    .contexts = contexts,
    .key = key,
    .height = height,
    .free = free_view,
};

View *confirm_view_new(App *app, View *owner, const char *text, const ConfirmChoice *choices)
{
    ConfirmView *confirm = view_new(app, &confirm_class, sizeof(ConfirmView));
    confirm->owner = view_ref(owner);
    confirm->text = g_strdup(text);
    confirm->choices = choices;
    return &confirm->view;
}

/* --- leaving while jobs run ---------------------------------------------------------------------*/

static Consequence wait_for_jobs(View *owner)
{
    app_leave_when_idle(owner->app);
    return consequence(CONSEQUENCE_NONE);
}

static Consequence cancel_jobs(View *owner)
{
    const GPtrArray *jobs = workbench_jobs(app_workbench(owner->app));
    for (guint i = 0; i < jobs->len; i++) {
        Job *job = g_ptr_array_index(jobs, i);
        if (job_progress(job).state == JOB_RUNNING)
            job_cancel(job);
    }
    return wait_for_jobs(owner);
}

static Consequence leave_jobs(View *owner)
{
    app_abandon_jobs(owner->app);
    return consequence(CONSEQUENCE_QUIT);
}

View *leave_view_new(App *app)
{
    static const ConfirmChoice choices[] = {
        {'w', "wait for them, then leave", wait_for_jobs},
        {'c', "cancel them on the server, then leave", cancel_jobs},
        {'l', "leave them: resume later", leave_jobs},
        {0},
    };
    guint running = workbench_running_jobs(app_workbench(app));
    g_autofree char *text =
        g_strdup_printf("%u %s still running.\nLeft alone, the target stays as it was or becomes "
                        "complete; redsmith jobs resume ID goes on.",
                        running, running == 1 ? "job is" : "jobs are");
    return confirm_view_new(app, app_top(app), text, choices);
}
