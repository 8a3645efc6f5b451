#include <string.h>

#include "ui/app.h"
#include "ui/views/browse.h"
#include "ui/views/search.h"
#include "ui/views/views.h"

static BrowseView *browse_of(View *view)
{
    return (BrowseView *)view;
}

static Consequence done(void)
{
    return consequence(CONSEQUENCE_DONE);
}

/* --- tree ---------------------------------------------------------------------------------------*/

static Consequence tree_enter(View *view, const char *argument)
{
    BrowseView *browse = browse_of(view);
    if (tree_pane_enter(browse->tree)) {
        browse_open(browse, tree_pane_relation(browse->tree));
        browse_set_focus(browse, FOCUS_BODY);
    }
    return done();
}

static Consequence tree_preview(View *view, const char *argument)
{
    BrowseView *browse = browse_of(view);
    const CatalogRelation *relation = tree_pane_relation(browse->tree);
    if (relation != NULL)
        browse_open(browse, relation);
    else
        tree_pane_enter(browse->tree);
    return done();
}

static Consequence tree_leave(View *view, const char *argument)
{
    tree_pane_leave(browse_of(view)->tree);
    return done();
}

static char *tree_filter_hint(View *owner, const char *text, gboolean *bad)
{
    tree_pane_filter(browse_of(owner)->tree, text);
    return NULL;
}

static gboolean tree_filter_accept(View *owner, const char *text, char **complaint)
{
    tree_pane_accept(browse_of(owner)->tree, text);
    return TRUE;
}

static void tree_filter_dismiss(View *owner)
{
    tree_pane_filter(browse_of(owner)->tree, NULL);
}

static Consequence tree_filter(View *view, const char *argument)
{
    static const PromptOptions options = {.label = "name, or schema.name",
                                          .hint = tree_filter_hint,
                                          .accept = tree_filter_accept,
                                          .dismiss = tree_filter_dismiss};
    if (argument != NULL) {
        tree_pane_accept(browse_of(view)->tree, argument);
        return done();
    }
    return consequence_push(prompt_view_new(view->app, view, &options));
}

static Consequence tree_clear_filter(View *view, const char *argument)
{
    tree_pane_filter(browse_of(view)->tree, NULL);
    return done();
}

static Consequence tree_system(View *view, const char *argument)
{
    gboolean shown = tree_pane_toggle_system(browse_of(view)->tree);
    app_message(view->app, MESSAGE_INFO, "System schemas are %s", shown ? "shown" : "hidden");
    return done();
}

/* --- the whole view -----------------------------------------------------------------------------*/

static Consequence browse_refresh(View *view, const char *argument)
{
    BrowseView *browse = browse_of(view);
    if (browse->focus == FOCUS_BODY && browse->tab != TAB_DATA)
        details_pane_read(browse->details, browse_details_tab(browse), TRUE);
    else
        tree_pane_refresh(browse->tree);
    return done();
}

static Consequence show_data(View *view, const char *argument)
{
    browse_show_tab(browse_of(view), TAB_DATA);
    return done();
}

static Consequence show_columns(View *view, const char *argument)
{
    BrowseView *browse = browse_of(view);
    const CatalogRelation *relation = tree_pane_relation(browse->tree);
    if (browse->relation == NULL && relation != NULL)
        browse_open(browse, relation);
    browse_show_tab(browse, TAB_COLUMNS);
    return done();
}

static Consequence show_ddl(View *view, const char *argument)
{
    show_columns(view, argument);
    browse_show_tab(browse_of(view), TAB_DDL);
    return done();
}

static Consequence show_profile(View *view, const char *argument)
{
    show_columns(view, argument);
    browse_show_tab(browse_of(view), TAB_PROFILE);
    return done();
}

static Consequence show_storage(View *view, const char *argument)
{
    show_columns(view, argument);
    browse_show_tab(browse_of(view), TAB_STORAGE);
    return done();
}

static Consequence show_dependents(View *view, const char *argument)
{
    show_columns(view, argument);
    browse_show_tab(browse_of(view), TAB_DEPENDENTS);
    return done();
}

static Consequence next_pane(View *view, const char *argument)
{
    browse_turn_focus(browse_of(view), 1);
    return done();
}

static Consequence previous_pane(View *view, const char *argument)
{
    browse_turn_focus(browse_of(view), -1);
    return done();
}

static Consequence to_tree(View *view, const char *argument)
{
    BrowseView *browse = browse_of(view);
    browse->tree_hidden = FALSE;
    browse_set_focus(browse, FOCUS_TREE);
    return done();
}

static Consequence hide_tree(View *view, const char *argument)
{
    BrowseView *browse = browse_of(view);
    browse->tree_hidden = !browse->tree_hidden;
    browse_set_focus(browse, browse->tree_hidden ? FOCUS_BODY : FOCUS_TREE);
    return done();
}

static Consequence browse_cancel(View *view, const char *argument)
{
    BrowseView *browse = browse_of(view);
    if (data_pane_is_waiting(browse->data)) {
        data_pane_stop(browse->data);
        app_message(view->app, MESSAGE_INFO, "Cancel sent to the server");
    } else if (details_pane_cancel(browse->details)) {
        app_message(view->app, MESSAGE_INFO, "Cancel sent to the server");
    } else {
        app_message(view->app, MESSAGE_INFO, "Nothing to cancel here; q leaves");
    }
    return done();
}

/* What a form starts from: the open relation, or the one under the cursor. */
static void form_target(BrowseView *browse, const char **schema, const char **relation)
{
    const CatalogRelation *under = tree_pane_relation(browse->tree);
    gboolean from_tree = under != NULL && (browse->focus == FOCUS_TREE || browse->relation == NULL);
    *schema = from_tree ? under->schema : browse->schema;
    *relation = from_tree ? under->name : browse->relation;
    if (*schema == NULL)
        *schema = tree_pane_schema(browse->tree);
}

/* FALSE, with a word to the user, for a function or procedure; no target at all is the form's business. */
static gboolean target_has_rows(BrowseView *browse)
{
    const CatalogRelation *under = tree_pane_relation(browse->tree);
    gboolean from_tree = under != NULL && (browse->focus == FOCUS_TREE || browse->relation == NULL);
    gboolean rows = from_tree ? catalog_kind_has_rows(under->kind)
                              : browse->relation == NULL || data_pane_query(browse->data) != NULL;
    if (!rows)
        app_message(browse->view.app, MESSAGE_INFO, "%s is a routine: it has no rows",
                    from_tree ? under->name : browse->relation);
    return rows;
}

static Consequence start_unload(View *view, const char *argument)
{
    BrowseView *browse = browse_of(view);
    const char *schema, *relation;
    if (!target_has_rows(browse))
        return done();
    form_target(browse, &schema, &relation);
    const SqlQuery *shown = data_pane_query(browse->data);
    gboolean same = shown != NULL && relation == browse->relation;
    g_autoptr(SqlQuery) query = same ? sql_query_copy(shown) : sql_query_new(schema, relation);
    return consequence_push(unload_form_new(view->app, query));
}

static Consequence start_write(View *view, const char *argument)
{
    const char *schema, *relation;
    if (!target_has_rows(browse_of(view)))
        return done();
    form_target(browse_of(view), &schema, &relation);
    return consequence_push(write_form_new(view->app, schema, relation));
}

static Consequence start_merge(View *view, const char *argument)
{
    const char *schema, *relation;
    if (!target_has_rows(browse_of(view)))
        return done();
    form_target(browse_of(view), &schema, &relation);
    return consequence_push(merge_form_new(view->app, schema, relation));
}

static Consequence open_job(View *view, const char *argument)
{
    Job *job = jobs_pane_current(&browse_of(view)->jobs, view->app);
    return consequence_push(job_view_new(view->app, job_id(job)));
}

/* --- details ------------------------------------------------------------------------------------*/

static Consequence copy_ddl(View *view, const char *argument)
{
    const BrowseView *browse = browse_of(view);
    const char *what = "";
    g_autofree char *text = details_pane_text(browse->details, browse_details_tab(browse), &what);
    if (text != NULL)
        app_copy(view->app, what, text);
    return done();
}

static Consequence details_enter(View *view, const char *argument)
{
    BrowseView *browse = browse_of(view);
    details_pane_enter(browse->details, browse_details_tab(browse));
    return done();
}

static Consequence details_all(View *view, const char *argument)
{
    BrowseView *browse = browse_of(view);
    details_pane_profile_all(browse->details);
    browse_show_tab(browse, TAB_PROFILE);
    return done();
}

const Action browse_actions[] = {
    {"tree.open", "tree", "Enter l Right", "open", "open the schema, table or view", ACTION_PLAIN,
     tree_enter},
    {"tree.preview", "tree", "Space", "preview", "show its rows and stay in the catalog",
     ACTION_PLAIN, tree_preview},
    {"tree.close", "tree", "h Left", "close", "close the schema, or go up to it", ACTION_HIDDEN,
     tree_leave},
    {"tree.filter", "tree", "/", "find name", "find names by their letters, or go to schema.table",
     ACTION_PLAIN, tree_filter},
    {"tree.show-all", "tree", "Esc", "show all", "show the tree again", ACTION_HIDDEN,
     tree_clear_filter},
    {"tree.system", "tree", ".", "system", "show or hide system schemas", ACTION_HIDDEN,
     tree_system},
    {"details.copy", "details", "y", "copy", "copy what is shown: the DDL, the report",
     ACTION_NEEDS_RELATION, copy_ddl},
    {"details.find", "details", "/", "find", "find a text in what is shown", ACTION_NEEDS_RELATION,
     search_ask},
    {"details.profile", "details", "Enter", "profile", "profile the column under the cursor",
     ACTION_NEEDS_RELATION, details_enter},
    {"details.profile-all", "details", "P", "profile all",
     "profile every column, one after another", ACTION_NEEDS_RELATION, details_all},
    {"details.next", "details", "n", "next", "go to the next place it was found", ACTION_HIDDEN,
     search_next},
    {"details.previous", "details", "N", "previous", "go to the one before", ACTION_HIDDEN,
     search_previous},
    {"jobs.open", "jobs", "Enter l Right", "details", "show steps, log and errors of the job",
     ACTION_NEEDS_JOB, open_job},
    {"job.unload", "browse", "u", "unload", "unload the rows that are shown to S3 or a folder",
     ACTION_NEEDS_RELATION, start_unload},
    {"job.write", "browse", "w", "write", "write files into a table", ACTION_CHANGES, start_write},
    {"job.merge", "browse", "m", "merge", "merge files or a table into a table by key",
     ACTION_CHANGES, start_merge},
    {"browse.data", "browse", "1", "data", "show the rows", ACTION_HIDDEN, show_data},
    {"browse.columns", "browse", "2", "columns", "show the columns with types, keys and encodings",
     ACTION_HIDDEN, show_columns},
    {"browse.ddl", "browse", "3", "DDL", "show the statements that would make it again",
     ACTION_HIDDEN, show_ddl},
    {"browse.profile", "browse", "4", "profile", "show what is in the columns", ACTION_HIDDEN,
     show_profile},
    {"browse.storage", "browse", "5", "storage",
     "show size, sorting, statistics, skew and encodings", ACTION_HIDDEN, show_storage},
    {"browse.dependents", "browse", "6", "dependents",
     "show views, grants, constraints and keys that hang on it", ACTION_HIDDEN, show_dependents},
    {"browse.next-pane", "browse", "Tab", "next pane", "go to the next pane", ACTION_PLAIN,
     next_pane},
    {"browse.previous-pane", "browse", "Shift-Tab", "previous pane", "go to the pane before",
     ACTION_HIDDEN, previous_pane},
    {"browse.catalog", "browse", "0", "catalog", "go to the catalog", ACTION_HIDDEN, to_tree},
    {"browse.hide-catalog", "browse", "Ctrl-T", "hide catalog",
     "hide the catalog, or show it again", ACTION_HIDDEN, hide_tree},
    {"browse.refresh", "browse", "R", "refresh", "read the catalog again", ACTION_PLAIN,
     browse_refresh},
    {"browse.cancel", "browse", "Ctrl-C", "cancel", "cancel the running query on the server",
     ACTION_HIDDEN, browse_cancel},
    {0},
};
