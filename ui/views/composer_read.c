/* What the composer asks of the server: columns when it is opened or a join is typed, the planner's
 * estimate when its key is pressed. */
#include "redshift/join_keys.h"
#include "sql/explain.h"
#include "ui/app.h"
#include "ui/views/composer_view.h"

typedef struct {
    ComposerView *composer; /* main thread */
    App *app;
    Workbench *workbench;
    Session *session; /* a spare one at first, then the one that was used */
    char *schema, *relation, *name, *join;
    char *own_schema, *own_relation, *own_name; /* what a bare join is joined to, else NULL */
    char *sql;                                  /* of an estimate */
    char *answer;                               /* the plan's first line */
    guint generation;
    GPtrArray *columns;
} Asking;

static void asking_free(gpointer data)
{
    Asking *asking = data;
    session_free(asking->session);
    g_free(asking->schema);
    g_free(asking->relation);
    g_free(asking->name);
    g_free(asking->join);
    g_free(asking->own_schema);
    g_free(asking->own_relation);
    g_free(asking->own_name);
    g_free(asking->sql);
    g_free(asking->answer);
    g_clear_pointer(&asking->columns, g_ptr_array_unref);
    g_free(asking);
}

static Asking *asking_new(ComposerView *composer)
{
    Asking *asking = g_new0(Asking, 1);
    asking->composer = composer;
    asking->app = composer->view.app;
    asking->workbench = app_workbench(asking->app);
    asking->session = app_take_spare_session(asking->app);
    return asking;
}

static gboolean need_session(Asking *asking, GCancellable *cancellable, GError **error)
{
    if (asking->session == NULL)
        asking->session = workbench_open_session(asking->workbench, cancellable, error);
    return asking->session != NULL;
}

static void give_back(Asking *asking, TaskOutcome outcome)
{
    if (outcome == TASK_DONE && asking->session != NULL)
        app_put_spare_session(asking->app, g_steal_pointer(&asking->session));
}

/* --- columns ------------------------------------------------------------------------------------*/

/* A join that does not say on what goes along the declared foreign key. */
static gboolean read_keys(Asking *asking, GCancellable *cancellable, GError **error)
{
    if (asking->own_relation == NULL)
        return TRUE;
    JoinSide own = {asking->own_schema, asking->own_relation, asking->own_name};
    JoinSide other = {asking->schema, asking->relation, asking->name};
    g_autofree char *on = join_keys_declared(asking->session, &own, &other, cancellable, error);
    if (on == NULL)
        return FALSE;
    g_autofree char *bare = asking->join;
    asking->join = g_strconcat(bare, " on ", on, NULL);
    return TRUE;
}

static gboolean read_columns(gpointer data, GCancellable *cancellable, GError **error)
{
    Asking *asking = data;
    if (!need_session(asking, cancellable, error))
        return FALSE;
    asking->columns =
        catalog_load_columns(asking->session, asking->schema, asking->relation, cancellable, error);
    return asking->columns != NULL && read_keys(asking, cancellable, error);
}

static void type_join(ComposerView *composer, const Asking *asking)
{
    g_autoptr(GError) error = NULL;
    int index = composer->index;
    if (!clause_type(composer->query, CLAUSE_JOIN, index, asking->join,
                     query_scope_sql(composer->scope), NULL, &error)) {
        query_scope_explain(composer->scope, &error);
        app_message_error(composer->view.app, error);
        return;
    }
    if (index == CLAUSE_ADD)
        index = (int)composer->query->joins->len - 1;
    SqlJoin *join = g_ptr_array_index(composer->query->joins, index);
    if (join->schema == NULL)
        join->schema = g_strdup(asking->schema);
    composer_changed(composer);
    composer_go_to(composer, CLAUSE_JOIN, index);
}

static void columns_read(gpointer data, TaskOutcome outcome, const GError *error)
{
    Asking *asking = data;
    ComposerView *composer = asking->composer;
    composer->reading--;
    give_back(asking, outcome);
    view_touch(&composer->view, ~0u);
    if (outcome != TASK_DONE) {
        if (error != NULL)
            app_message_error(composer->view.app, error);
        return;
    }
    query_scope_add(composer->scope, asking->name, asking->columns);
    if (asking->join != NULL)
        type_join(composer, asking);
}

void composer_read_columns(ComposerView *composer, const char *schema, const char *relation,
                           const char *name, const char *join)
{
    Asking *asking = asking_new(composer);
    asking->schema = g_strdup(schema);
    asking->relation = g_strdup(relation);
    asking->name = g_strdup(name);
    asking->join = g_strdup(join);
    if (join != NULL && sql_query_join_is_bare(join)) {
        asking->own_schema = g_strdup(composer->query->schema);
        asking->own_relation = g_strdup(composer->query->relation);
        asking->own_name = g_strdup(sql_query_name(composer->query));
    }
    composer->reading++;
    view_submit(&composer->view, "columns", read_columns, columns_read, asking, asking_free, NULL);
}

/* --- the estimate -------------------------------------------------------------------------------*/

static gboolean read_estimate(gpointer data, GCancellable *cancellable, GError **error)
{
    Asking *asking = data;
    if (!need_session(asking, cancellable, error))
        return FALSE;
    GError *failure = NULL;
    asking->answer = session_query_value(asking->session, asking->sql, cancellable, &failure);
    if (failure == NULL)
        return TRUE;
    g_propagate_error(error, failure);
    return FALSE;
}

static char *estimate_text(const char *line)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new();
    if (line != NULL)
        g_ptr_array_add(lines, (gpointer)line);
    g_autoptr(Explain) explain = explain_parse(lines);
    const ExplainNode *top = explain->nodes->len > 0 ? explain->nodes->pdata[0] : NULL;
    if (top == NULL || top->rows < 0)
        return g_strdup("the planner gives no estimate");
    g_autofree char *count = text_count((guint64)top->rows);
    return g_strdup_printf("est. %s row%s, cost %.0f", count, top->rows == 1 ? "" : "s",
                           top->total_cost);
}

static void estimate_read(gpointer data, TaskOutcome outcome, const GError *error)
{
    Asking *asking = data;
    ComposerView *composer = asking->composer;
    give_back(asking, outcome);
    if (outcome != TASK_DONE) {
        if (error != NULL)
            app_message_error(composer->view.app, error);
        return;
    }
    if (asking->generation != composer->generation)
        return; /* the query is another one by now */
    g_free(composer->estimate);
    composer->estimate = estimate_text(asking->answer);
    view_touch(&composer->view, ~0u);
}

void composer_read_estimate(ComposerView *composer)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *sql = sql_query_explain_text(composer->query, &error);
    if (sql == NULL) {
        app_message_error(composer->view.app, error);
        return;
    }
    Asking *asking = asking_new(composer);
    asking->sql = g_steal_pointer(&sql);
    asking->generation = composer->generation;
    view_submit(&composer->view, "estimate", read_estimate, estimate_read, asking, asking_free,
                NULL);
}
