#include "ui/views/browse.h"

#include <string.h>

#include "base/text.h"
#include "redshift/catalog.h"
#include "ui/app.h"
#include "ui/views/views.h"

enum { TREE_COLUMNS = 26, TAB_SHORT_COLUMNS = 5 };

static const char *const tab_names[N_TABS] = {"Data",    "Columns", "DDL",
                                              "Profile", "Storage", "Dependents"};

static BrowseView *browse_of(View *view)
{
    return (BrowseView *)view;
}

/* --- what is shown ------------------------------------------------------------------------------*/

/* A name as a line of the place: it may have line ends of its own. */
static char *place_line(const char *name)
{
    return name != NULL ? text_printable(name, -1) : g_strdup("");
}

static void tell_place(BrowseView *browse)
{
    g_autofree char *database = place_line(app_profile(browse->view.app)->database);
    g_autofree char *schema = place_line(browse->schema);
    g_autofree char *relation = place_line(browse->relation);
    g_autofree char *place = g_strdup_printf("%s\n%s\n%s", database, schema, relation);
    app_set_place(browse->view.app, place);
}

DetailsTab browse_details_tab(const BrowseView *browse)
{
    return browse->tab == TAB_DATA ? DETAILS_COLUMNS : (DetailsTab)(browse->tab - TAB_COLUMNS);
}

void browse_open(BrowseView *browse, const CatalogRelation *relation)
{
    g_free(browse->schema);
    g_free(browse->relation);
    browse->schema = g_strdup(relation->schema);
    browse->relation = g_strdup(relation->name);
    details_pane_set(browse->details, relation);
    if (catalog_kind_has_rows(relation->kind)) {
        data_pane_open(browse->data, relation->schema, relation->name,
                       relation->kind == RELATION_EXTERNAL);
    } else {
        data_pane_close(browse->data);
        browse->tab = TAB_DDL; /* a function or procedure */
    }
    if (browse->tab != TAB_DATA)
        details_pane_read(browse->details, browse_details_tab(browse), FALSE);
    tell_place(browse);
    view_touch(&browse->view, PART_BODY | PART_FRAME);
}

void browse_show_tab(BrowseView *browse, BrowseTab tab)
{
    browse->tab = tab;
    if (tab != TAB_DATA)
        details_pane_read(browse->details, browse_details_tab(browse), FALSE);
    browse_set_focus(browse, FOCUS_BODY);
}

void browse_set_focus(BrowseView *browse, BrowseFocus focus)
{
    browse->focus = focus;
    view_touch(&browse->view, ~0u);
}

static gboolean can_focus(const BrowseView *browse, BrowseFocus focus)
{
    return focus == FOCUS_BODY || (focus == FOCUS_TREE && !browse->tree_hidden) ||
           (focus == FOCUS_JOBS && jobs_pane_rows(browse->view.app) > 0);
}

void browse_turn_focus(BrowseView *browse, int step)
{
    int focus = browse->focus;
    do
        focus = (focus + step + 3) % 3;
    while (!can_focus(browse, (BrowseFocus)focus));
    browse_set_focus(browse, (BrowseFocus)focus);
}

/* --- the view's functions -----------------------------------------------------------------------*/

static const char *const *contexts(const View *view)
{
    static const char *const tree[] = {"tree", "browse", "move", "global", NULL};
    static const char *const data[] = {"grid", "browse", "move", "global", NULL};
    static const char *const details[] = {"details", "browse", "move", "global", NULL};
    static const char *const jobs[] = {"jobs", "browse", "move", "global", NULL};
    const BrowseView *browse = (const BrowseView *)view;
    if (browse->focus == FOCUS_TREE)
        return tree;
    if (browse->focus == FOCUS_JOBS)
        return jobs;
    return browse->tab == TAB_DATA ? data : details;
}

static guint has(const View *view)
{
    const BrowseView *browse = (const BrowseView *)view;
    gboolean relation = browse->relation != NULL || tree_pane_relation(browse->tree) != NULL;
    return (relation ? VIEW_HAS_RELATION : 0) |
           (data_pane_has_row(browse->data) ? VIEW_HAS_ROW : 0) |
           (jobs_pane_current(&browse->jobs, view->app) != NULL ? VIEW_HAS_JOB : 0);
}

static void move(View *view, Movement movement)
{
    BrowseView *browse = browse_of(view);
    if (browse->focus == FOCUS_TREE)
        tree_pane_move(browse->tree, movement);
    else if (browse->focus == FOCUS_JOBS)
        jobs_pane_move(&browse->jobs, view->app, movement);
    else if (browse->tab == TAB_DATA)
        data_pane_move(browse->data, movement);
    else
        details_pane_move(browse->details, browse_details_tab(browse), movement);
    view_touch(view, browse->focus == FOCUS_JOBS ? PART_JOBS : 0);
}

static void tick(View *view)
{
    BrowseView *browse = browse_of(view);
    tree_pane_tick(browse->tree);
    if (data_pane_is_waiting(browse->data) || details_pane_is_waiting(browse->details))
        view_touch(view, PART_BODY);
    if (workbench_running_jobs(app_workbench(view->app)) > 0)
        view_touch(view, PART_JOBS);
}

static void job_changed(View *view, Job *job)
{
    view_touch(view, ~0u); /* the pane may have grown */
}

static void free_view(View *view)
{
    BrowseView *browse = browse_of(view);
    tree_pane_free(browse->tree);
    data_pane_free(browse->data);
    details_pane_free(browse->details);
    g_free(browse->schema);
    g_free(browse->relation);
    sql_query_free(browse->draft);
    g_free(browse->draft_shown);
}

/* --- drawing ------------------------------------------------------------------------------------*/

/* "1 Data ─ 2 Columns ─ 3 DDL", the shown one in the accent when it has the focus. */
/* Where the names do not fit, the tabs but the one that is shown keep the beginnings of theirs. */
static int tab_name_columns(int columns)
{
    int least = 0;
    for (int tab = 0; tab < N_TABS; tab++)
        least += (int)strlen(tab_names[tab]) + 5;
    return least <= columns ? INT_MAX : TAB_SHORT_COLUMNS;
}

static void draw_tabs(const BrowseView *browse, const Canvas *canvas)
{
    draw_rule(canvas, 0, 0, canvas->rect.columns, NULL, FALSE);
    int x = 1, most = tab_name_columns(canvas->rect.columns);
    for (int tab = 0; tab < N_TABS; tab++) {
        gboolean shown = (int)browse->tab == tab;
        Role role = !shown ? ROLE_TITLE : browse->focus == FOCUS_BODY ? ROLE_ACCENT : ROLE_HEADER;
        int length = shown ? INT_MAX : most;
        g_autofree char *text = g_strdup_printf(shown && canvas->ascii ? "[%d %.*s]" : "%d %.*s",
                                                tab + 1, length, tab_names[tab]);
        x = draw_words(canvas, 0, x, ROLE_RULE, " ");
        x = draw_words(canvas, 0, x, role, text);
        if (most == INT_MAX || tab == N_TABS - 1)
            x = draw_words(canvas, 0, x, ROLE_RULE, " ") + (most == INT_MAX);
    }
}

static void draw_frame(const BrowseView *browse, const Canvas *canvas, const Layout *layout)
{
    Canvas tabs = canvas_part(canvas, layout->body_title);
    draw_tabs(browse, &tabs);
    if (layout->tree_title.columns > 0) {
        Canvas title = canvas_part(canvas, layout->tree_title);
        draw_rule(&title, 0, 0, title.rect.columns, "Catalog", browse->focus == FOCUS_TREE);
        Canvas divider = canvas_part(canvas, layout->divider);
        draw_vertical(&divider, 1, 0, divider.rect.rows - 1);
        draw_sign_at(&divider, 0, 0, ROLE_RULE, SIGN_TEE_DOWN);
    }
    if (layout->jobs_title.rows > 0) {
        Canvas title = canvas_part(canvas, layout->jobs_title);
        draw_rule(&title, 0, 0, title.rect.columns, "Jobs", browse->focus == FOCUS_JOBS);
        if (layout->tree_title.columns > 0)
            draw_sign_at(&title, 0, layout->tree_title.columns, ROLE_RULE, SIGN_TEE_UP);
    }
}

static void draw_body(BrowseView *browse, const Canvas *canvas)
{
    gboolean focused = browse->focus == FOCUS_BODY;
    if (browse->tab == TAB_DATA)
        data_pane_draw(browse->data, canvas, focused);
    else
        details_pane_draw(browse->details, browse_details_tab(browse), canvas, focused);
}

static void draw(View *view, Canvas *canvas, guint stale)
{
    BrowseView *browse = browse_of(view);
    LayoutWish wish = {.tree_columns = browse->tree_hidden ? 0 : TREE_COLUMNS,
                       .jobs_rows = jobs_pane_rows(view->app)};
    Layout layout = layout_browse(canvas->rect, wish);
    if (stale & PART_FRAME)
        draw_frame(browse, canvas, &layout);
    if (stale & PART_TREE && layout.tree.columns > 0) {
        Canvas tree = canvas_part(canvas, layout.tree);
        tree_pane_draw(browse->tree, &tree, browse->focus == FOCUS_TREE);
    }
    if (stale & PART_BODY) {
        Canvas body = canvas_part(canvas, layout.body);
        draw_body(browse, &body);
    }
    if (stale & PART_JOBS && layout.jobs.rows > 0) {
        Canvas jobs = canvas_part(canvas, layout.jobs);
        jobs_pane_draw(&browse->jobs, view->app, &jobs, browse->focus == FOCUS_JOBS);
    }
}

static const ViewClass browse_class = {
    .name = "browse",
    .draw = draw,
    .contexts = contexts,
    .move = move,
    .has = has,
    .tick = tick,
    .job_changed = job_changed,
    .free = free_view,
};

/* A relation given on the command line: opened without waiting for the catalog. */
static void open_first(BrowseView *browse, const char *name)
{
    g_autofree char *schema = NULL;
    g_autofree char *relation = NULL;
    g_autoptr(GError) error = NULL;
    if (!catalog_parse_name(name, &schema, &relation, &error)) {
        app_message_error(browse->view.app, error);
        return;
    }
    CatalogRelation wanted = {.schema = schema, .name = relation, .kind = RELATION_TABLE};
    browse_open(browse, &wanted);
    browse->focus = FOCUS_BODY;
    tree_pane_go_to(browse->tree, schema, relation);
}

static gboolean find_in_details(View *view, const char *text, gboolean forward)
{
    BrowseView *browse = (BrowseView *)view;
    return details_pane_search(browse->details, browse_details_tab(browse), text, forward);
}

static const ViewSearch details_search = {"find", "Not found", find_in_details};

View *browse_view_new(App *app)
{
    BrowseView *browse = view_new(app, &browse_class, sizeof(BrowseView));
    browse->tree = tree_pane_new(&browse->view, PART_TREE);
    browse->data = data_pane_new(&browse->view, PART_BODY);
    browse->details = details_pane_new(&browse->view, PART_BODY);
    browse->view.search = &details_search;
    tell_place(browse);
    tree_pane_connect(browse->tree);
    if (app_options(app)->relation != NULL)
        open_first(browse, app_options(app)->relation);
    return &browse->view;
}
