#include "ui/views/explain_view.h"

#include <math.h>

#include "base/error.h"
#include "redshift/query_plan.h"
#include "ui/app.h"
#include "ui/views/views.h"

enum { BAR = 10, NUMBERS = 34, NOTES_MAX = 4 };

typedef struct {
    View view;
    char *sql, *error;
    QueryPlan *plan; /* NULL until read */
    Scroll scroll;
    int height;
} ExplainView;

static ExplainView *explain_of(View *view)
{
    return (ExplainView *)view;
}

/* --- reading ------------------------------------------------------------------------------------*/

typedef struct {
    ExplainView *explain;
    Workbench *workbench;
    char *sql;
    QueryPlan *plan;
} Reading;

static void reading_free(gpointer data)
{
    Reading *reading = data;
    query_plan_free(reading->plan);
    g_free(reading->sql);
    g_free(reading);
}

static gboolean read_plan(gpointer data, GCancellable *cancellable, GError **error)
{
    Reading *reading = data;
    Session *session = workbench_take_session(reading->workbench, cancellable, error);
    if (session == NULL)
        return FALSE;
    reading->plan = query_plan_read(session, reading->sql, cancellable, error);
    workbench_give_session(reading->workbench, session);
    return reading->plan != NULL;
}

static void plan_read(gpointer data, TaskOutcome outcome, const GError *error)
{
    Reading *reading = data;
    ExplainView *explain = reading->explain;
    if (outcome == TASK_DONE)
        explain->plan = g_steal_pointer(&reading->plan);
    else
        explain->error = g_strdup(error->message);
    view_touch(&explain->view, ~0u);
}

/* --- the view's functions -----------------------------------------------------------------------*/

static const char *const *contexts(const View *view)
{
    static const char *const names[] = {"explain", "back", "move", "global", NULL};
    return names;
}

static guint count(const ExplainView *explain)
{
    return explain->plan == NULL ? 0 : explain->plan->explain->nodes->len;
}

static guint has(const View *view)
{
    return count((const ExplainView *)view) > 0 ? VIEW_HAS_ROW : 0;
}

static void move(View *view, Movement movement)
{
    ExplainView *explain = explain_of(view);
    scroll_move(&explain->scroll, movement, count(explain), explain->height);
    view_touch(view, ~0u);
}

static double whole_cost(const ExplainView *explain)
{
    const ExplainNode *top = g_ptr_array_index(explain->plan->explain->nodes, 0);
    return top->total_cost;
}

static Role role_of(const ExplainNode *node)
{
    if (node->distribution == NULL || node->distribution->weight == EXPLAIN_FREE)
        return ROLE_TEXT;
    return node->distribution->weight == EXPLAIN_HEAVY ? ROLE_ERROR : ROLE_WARNING;
}

static void draw_numbers(const ExplainView *explain, const Canvas *canvas, int y, guint index)
{
    const ExplainNode *node = g_ptr_array_index(explain->plan->explain->nodes, index);
    double whole = whole_cost(explain), own = explain_own_cost(explain->plan->explain, index);
    int percent = whole > 0 ? (int)lround(own * 100 / whole) : 0;
    int x = canvas->rect.columns - NUMBERS;
    g_autofree char *rows = node->rows < 0 ? g_strdup("") : text_count((guint64)node->rows);
    g_autofree char *share = g_strdup_printf("%d%%", CLAMP(percent, 0, 100));
    draw_bar(canvas, y, x, BAR, CLAMP(percent, 0, 100));
    draw_text(canvas, y, x + BAR, 6, ROLE_QUIET, TEXT_RIGHT, share);
    draw_text(canvas, y, x + BAR + 7, NUMBERS - BAR - 8, ROLE_TEXT, TEXT_RIGHT, rows);
}

static void draw_node(const ExplainView *explain, const Canvas *canvas, int y, guint index,
                      gboolean is_current)
{
    const ExplainNode *node = g_ptr_array_index(explain->plan->explain->nodes, index);
    int indent = 2 + (int)node->depth * 2, wide = canvas->rect.columns - NUMBERS - 1;
    draw_blank(canvas, y, 0, -1, ROLE_TEXT);
    if (is_current)
        draw_sign_at(canvas, y, 0, ROLE_MARK, SIGN_MARK);
    if (wide > indent)
        draw_text(canvas, y, indent, wide - indent, is_current ? ROLE_ACCENT : role_of(node),
                  TEXT_LEFT, node->operation);
    if (wide > 20)
        draw_numbers(explain, canvas, y, index);
}

/* What there is to say of the step under the cursor, and of the plan. */
static Pager *notes_of(const ExplainView *explain)
{
    Pager *pager = pager_new(TRUE);
    const Explain *tree = explain->plan->explain;
    const ExplainNode *node = g_ptr_array_index(tree->nodes, (guint)explain->scroll.cursor);
    if (node->distribution != NULL)
        pager_addf(pager, role_of(node) == ROLE_TEXT ? ROLE_GOOD : role_of(node), "%s: %s",
                   node->distribution->name, node->distribution->meaning);
    for (guint i = 0; i < node->details->len; i++)
        pager_add(pager, ROLE_SQL, node->details->pdata[i]);
    for (guint i = 0; i < tree->notes->len; i++)
        pager_add(pager, ROLE_WARNING, tree->notes->pdata[i]);
    return pager;
}

static void draw_waiting(const ExplainView *explain, const Canvas *canvas)
{
    g_autoptr(Pager) pager = pager_new(TRUE);
    pager_add(pager, explain->error != NULL ? ROLE_ERROR : ROLE_QUIET,
              explain->error != NULL ? explain->error : "asking the server for the plan");
    pager_draw(pager, canvas);
}

static void draw(View *view, Canvas *canvas, guint stale)
{
    ExplainView *explain = explain_of(view);
    Rect rect = canvas->rect;
    int notes = MIN(NOTES_MAX, MAX(rect.rows / 4, 1));
    Canvas body =
        canvas_part(canvas, (Rect){rect.y + 1, rect.x, rect.rows - 2 - notes, rect.columns});
    Canvas below =
        canvas_part(canvas, (Rect){rect.y + rect.rows - notes, rect.x, notes, rect.columns});
    draw_clear(canvas);
    draw_rule(canvas, 0, 0, rect.columns, "Plan: cost of each step, rows as the planner expects",
              TRUE);
    explain->height = MAX(body.rect.rows, 1);
    scroll_clamp(&explain->scroll, count(explain), explain->height);
    if (count(explain) == 0) {
        draw_waiting(explain, &body);
        return;
    }
    for (int y = 0; y < body.rect.rows && explain->scroll.top + y < count(explain); y++) {
        guint i = (guint)explain->scroll.top + (guint)y;
        draw_node(explain, &body, y, i, i == (guint)explain->scroll.cursor);
    }
    draw_rule(canvas, rect.rows - notes - 1, 0, rect.columns, NULL, FALSE);
    g_autoptr(Pager) pager = notes_of(explain);
    pager_draw(pager, &below);
    draw_cursor(&body, (int)(explain->scroll.cursor - explain->scroll.top), 0, FALSE);
}

static void free_view(View *view)
{
    ExplainView *explain = explain_of(view);
    query_plan_free(explain->plan);
    g_free(explain->sql);
    g_free(explain->error);
}

static const ViewClass explain_class = {
    .name = "explain",
    .draw = draw,
    .contexts = contexts,
    .move = move,
    .has = has,
    .free = free_view,
};

View *explain_view_new(App *app, const char *sql)
{
    ExplainView *explain = view_new(app, &explain_class, sizeof(ExplainView));
    explain->sql = g_strdup(sql);
    Reading *reading = g_new0(Reading, 1);
    reading->explain = explain;
    reading->workbench = app_workbench(app);
    reading->sql = g_strdup(sql);
    view_submit(&explain->view, "explain", read_plan, plan_read, reading, reading_free, NULL);
    return &explain->view;
}

/* --- actions ------------------------------------------------------------------------------------*/

static Consequence show_text(View *view, const char *argument)
{
    const ExplainView *explain = explain_of(view);
    Pager *pager = pager_new(FALSE);
    for (guint i = 0; i < explain->plan->lines->len; i++)
        pager_add(pager, ROLE_TEXT, explain->plan->lines->pdata[i]);
    return consequence_push(text_view_new(view->app, "Plan as text", pager, "the plan"));
}

static Consequence show_sql(View *view, const char *argument)
{
    Pager *pager = pager_new(TRUE);
    pager_add(pager, ROLE_SQL, explain_of(view)->sql);
    return consequence_push(text_view_new(view->app, "Statement", pager, "the statement"));
}

static Consequence copy(View *view, const char *argument)
{
    const ExplainView *explain = explain_of(view);
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < explain->plan->lines->len; i++)
        g_string_append_printf(text, "%s\n", (const char *)explain->plan->lines->pdata[i]);
    app_copy(view->app, "the plan", text->str);
    return consequence(CONSEQUENCE_DONE);
}

const Action explain_actions[] = {
    {"explain.text", "explain", "Enter t", "text", "show the plan as the server wrote it",
     ACTION_NEEDS_ROW, show_text},
    {"explain.sql", "explain", "S", "SQL", "show the statement", ACTION_PLAIN, show_sql},
    {"explain.copy", "explain", "y", "copy", "copy the plan as text", ACTION_NEEDS_ROW, copy},
    {0},
};
