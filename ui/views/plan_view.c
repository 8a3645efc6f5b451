#include "ui/views/plan_view.h"

#include <sys/stat.h>

#include <string.h>

#include "base/error.h"
#include "ui/app.h"
#include "ui/views/views.h"
#include "ui/widgets/pager.h"

typedef struct {
    View view;
    View *form; /* a reference */
    Plan *plan; /* NULL once it runs */
    char *text, *command, *title;
    Pager *pager;
} PlanView;

static PlanView *plan_of(View *view)
{
    return (PlanView *)view;
}

static const char *const *contexts(const View *view)
{
    static const char *const names[] = {"plan", "move", NULL};
    return names;
}

static void move(View *view, Movement movement)
{
    pager_move(plan_of(view)->pager, movement);
    view_touch(view, ~0u);
}

static void draw(View *view, Canvas *canvas, guint stale)
{
    PlanView *plan = plan_of(view);
    Rect rect = canvas->rect;
    Canvas body = canvas_part(canvas, (Rect){rect.y + 1, rect.x, rect.rows - 2, rect.columns});
    draw_rule(canvas, 0, 0, rect.columns, plan->title, TRUE);
    pager_draw(plan->pager, &body);
    g_autofree char *position = pager_position(plan->pager);
    gboolean destructive = plan->plan != NULL && plan->plan->destructive;
    draw_blank(canvas, rect.rows - 1, 0, -1, ROLE_TEXT);
    int x = draw_words(canvas, rect.rows - 1, 1, ROLE_QUIET, position) + 2;
    if (destructive)
        draw_words(canvas, rect.rows - 1, x, ROLE_WARNING,
                   " replaces what is there: asks for the target's name ");
    draw_cursor(canvas, 1, 0, FALSE);
}

static void free_view(View *view)
{
    PlanView *plan = plan_of(view);
    plan_free(plan->plan);
    pager_free(plan->pager);
    g_free(plan->text);
    g_free(plan->command);
    g_free(plan->title);
    view_unref(plan->form);
}

static const ViewClass plan_class = {
    .name = "plan",
    .draw = draw,
    .contexts = contexts,
    .move = move,
    .free = free_view,
};

/* Steps stand out, what belongs to them is quieter. */
static void add_lines(Pager *pager, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        const char *p = *line;
        while (*p == ' ')
            p++;
        gboolean step = g_ascii_isdigit(*p) && p - *line <= 3;
        if (**line != '\0' || line[1] != NULL)
            pager_add(pager, step ? ROLE_HEADER : ROLE_TEXT, *line);
    }
}

View *plan_sheet_new(App *app, View *form, Plan *plan, const char *command)
{
    PlanView *view = view_new(app, &plan_class, sizeof(PlanView));
    view->form = view_ref(form);
    view->plan = plan;
    view->command = g_strdup(command);
    view->text = plan_text(plan);
    view->title = g_strdup_printf("Plan %.4s: %s", plan->id, plan->title);
    view->pager = pager_new(TRUE);
    pager_set_hanging(view->pager, TRUE);
    add_lines(view->pager, view->text);
    return &view->view;
}

/* --- actions ------------------------------------------------------------------------------------*/

static void start_job(PlanView *plan)
{
    App *app = plan->view.app;
    if (plan->plan == NULL)
        return;
    Job *job = workbench_start_job(app_workbench(app), g_steal_pointer(&plan->plan));
    app_close(app, plan->form);
    app_close(app, &plan->view);
    app_task_began(app);
    app_message(app, MESSAGE_GOOD, "Job %.4s was started; J lists the jobs", job_id(job));
}

/* The target as the plan has it, or the same without its quotes. */
static gboolean names_target(const Plan *plan, const char *text)
{
    g_auto(GStrv) parts = g_strsplit(plan->target != NULL ? plan->target : "", "\"", -1);
    g_autofree char *bare = g_strjoinv("", parts);
    return plan->target != NULL && (strcmp(text, plan->target) == 0 || strcmp(text, bare) == 0) &&
           *text != '\0';
}

static gboolean accept_name(View *owner, const char *text, char **complaint)
{
    PlanView *plan = plan_of(owner);
    if (plan->plan != NULL && !names_target(plan->plan, text)) {
        *complaint =
            g_strdup_printf("That is not %s; nothing was done. Esc goes back.", plan->plan->target);
        return FALSE;
    }
    start_job(plan);
    return TRUE;
}

static Consequence run(View *view, const char *argument)
{
    static const PromptOptions options = {
        .label = "this replaces what is there: type the target's name to run it",
        .hint_rows = 1,
        .accept = accept_name};
    PlanView *plan = plan_of(view);
    if (plan->plan != NULL && plan->plan->destructive)
        return consequence_push(prompt_view_new(view->app, view, &options));
    start_job(plan);
    return consequence(CONSEQUENCE_DONE);
}

static Consequence edit(View *view, const char *argument)
{
    return consequence(CONSEQUENCE_POP);
}

static Consequence give_up(View *view, const char *argument)
{
    app_close(view->app, plan_of(view)->form);
    app_message(view->app, MESSAGE_INFO, "Nothing was done");
    return consequence(CONSEQUENCE_POP);
}

static Consequence copy(View *view, const char *argument)
{
    app_copy(view->app, "the plan", plan_of(view)->text);
    return consequence(CONSEQUENCE_DONE);
}

/* The plan as comments and the headless command that does the same. */
static char *script_text(const PlanView *plan)
{
    GString *out = g_string_new("#!/bin/sh\n");
    g_auto(GStrv) lines = g_strsplit(plan->text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        g_autofree char *printable = text_printable(*line, -1);
        g_string_append_printf(out, "#%s%s\n", *printable != '\0' ? " " : "", printable);
    }
    g_string_append_printf(out, "exec %s\n", plan->command);
    return g_string_free(out, FALSE);
}

static gboolean accept_file(View *owner, const char *text, char **complaint)
{
    g_autofree char *script = script_text(plan_of(owner));
    g_autoptr(GError) error = NULL;
    if (*text == '\0')
        return TRUE;
    if (g_file_test(text, G_FILE_TEST_EXISTS)) {
        *complaint = g_strdup_printf("%s exists; choose another name", text);
        return FALSE;
    }
    if (!g_file_set_contents_full(text, script, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0700, &error)) {
        *complaint = g_strdup(error->message);
        return FALSE;
    }
    app_message(owner->app, MESSAGE_GOOD, "Saved as %s", text);
    return TRUE;
}

static Consequence save(View *view, const char *argument)
{
    const PlanView *plan = plan_of(view);
    if (plan->plan == NULL)
        return consequence(CONSEQUENCE_DONE);
    g_autofree char *initial = g_strdup_printf("%s-%.4s.sh", plan->plan->kind, plan->plan->id);
    const PromptOptions options = {.label = "save as a script",
                                   .history = "file",
                                   .initial = initial,
                                   .hint_rows = 1,
                                   .accept = accept_file};
    return consequence_push(prompt_view_new(view->app, view, &options));
}

const Action plan_actions[] = {
    {"plan.run", "plan", "Y", "run", "run the plan", ACTION_DESTRUCTIVE, run},
    {"plan.edit", "plan", "e", "edit options", "go back to the form", ACTION_PLAIN, edit},
    {"plan.save", "plan", "s", "save as script",
     "save the plan and its headless command as a script", ACTION_PLAIN, save},
    {"plan.copy", "plan", "y", "copy", "copy the plan to the clipboard", ACTION_PLAIN, copy},
    {"plan.close", "plan", "Esc q", "not now", "go back; nothing was done", ACTION_PLAIN, give_up},
    {0},
};
