#include <string.h>

#include "base/error.h"
#include "redshift/types.h"
#include "ui/app.h"
#include "ui/views/composer_view.h"
#include "ui/views/views.h"

static Consequence done(void)
{
    return consequence(CONSEQUENCE_DONE);
}

/* --- typing into a clause -----------------------------------------------------------------------*/

/* A join whose columns are not here yet is read first: then the text is taken at its word for now. */
static gboolean needs_columns(const ComposerView *composer, const char *text)
{
    g_autofree char *schema = NULL, *relation = NULL, *alias = NULL;
    return composer->clause == CLAUSE_JOIN &&
           sql_query_join_target(text, &schema, &relation, &alias, NULL) &&
           !query_scope_has(composer->scope, alias != NULL ? alias : relation);
}

/* What the query would be with the text in its place; NULL with error set. */
static SqlQuery *tried(ComposerView *composer, const char *text, guint *added, GError **error)
{
    g_autoptr(SqlQuery) query = sql_query_copy(composer->query);
    const SqlScope *scope = needs_columns(composer, text) ? NULL : query_scope_sql(composer->scope);
    if (clause_type(query, composer->clause, composer->index, text, scope, added, error)) {
        g_autofree char *sql = sql_query_text(query, error);
        return sql != NULL ? g_steal_pointer(&query) : NULL;
    }
    query_scope_explain(composer->scope, error);
    return NULL;
}

static gboolean is_bare_join(const ComposerView *composer, const char *text)
{
    return composer->clause == CLAUSE_JOIN && sql_query_join_is_bare(text);
}

static char *type_hint(View *owner, const char *text, gboolean *bad)
{
    ComposerView *composer = composer_of(owner);
    g_autoptr(GError) error = NULL;
    if (*text == '\0')
        return g_strdup(clause_hint(composer->clause));
    if (is_bare_join(composer, text))
        return g_strdup("along the declared foreign key, when there is one; else add: on COLUMN");
    g_autoptr(SqlQuery) query = tried(composer, text, NULL, &error);
    *bad = query == NULL;
    return query != NULL ? sql_query_text(query, NULL) : g_strdup(error->message);
}

static void read_join(ComposerView *composer, const char *text)
{
    g_autofree char *schema = NULL, *relation = NULL, *alias = NULL;
    if (sql_query_join_target(text, &schema, &relation, &alias, NULL))
        composer_read_columns(composer, schema != NULL ? schema : composer->query->schema, relation,
                              alias != NULL ? alias : relation, text);
}

static gboolean type_accept(View *owner, const char *text, char **complaint)
{
    ComposerView *composer = composer_of(owner);
    g_autoptr(GError) error = NULL;
    guint added = 1;
    if (*text == '\0' && composer->clause != CLAUSE_LIMIT)
        return TRUE;
    if (is_bare_join(composer, text)) {
        read_join(composer, text);
        return TRUE;
    }
    SqlQuery *query = tried(composer, text, &added, &error);
    if (query == NULL) {
        *complaint = g_strdup(error->message);
        return FALSE;
    }
    if (needs_columns(composer, text)) {
        sql_query_free(query);
        read_join(composer, text);
        return TRUE;
    }
    sql_query_free(composer->query);
    composer->query = query;
    if (composer->clause == CLAUSE_JOIN && composer->index != CLAUSE_ADD) {
        SqlJoin *join = g_ptr_array_index(query->joins, composer->index);
        if (join->schema == NULL)
            join->schema = g_strdup(query->schema);
    }
    composer_changed(composer);
    composer_go_to(composer, composer->clause,
                   composer->index == CLAUSE_ADD ? G_MAXINT : composer->index);
    return TRUE;
}

static Consequence type_into(ComposerView *composer, Clause clause, int index, const char *text)
{
    if (composer->reading > 0) {
        app_message(composer->view.app, MESSAGE_INFO, "The columns are being read");
        return done();
    }
    composer->clause = clause;
    composer->index = index;
    const PromptOptions options = {.label = clause_name(clause),
                                   .history = clause_name(clause),
                                   .initial = text,
                                   .hint_rows = 4,
                                   .hint = type_hint,
                                   .accept = type_accept};
    return consequence_push(prompt_view_new(composer->view.app, &composer->view, &options));
}

static Consequence edit(View *view, const char *argument)
{
    ComposerView *composer = composer_of(view);
    const ClauseRow *row = composer_row(composer);
    if (row->clause == CLAUSE_DISTINCT) {
        clause_toggle(composer->query, row->clause, row->index);
        composer_changed(composer);
        return done();
    }
    return type_into(composer, row->clause, row->index, row->text != NULL ? row->text : "");
}

static Consequence add(View *view, const char *argument)
{
    ComposerView *composer = composer_of(view);
    Clause clause = composer_row(composer)->clause;
    if (clause == CLAUSE_DISTINCT || clause == CLAUSE_LIMIT)
        return edit(view, argument);
    return type_into(composer, clause, CLAUSE_ADD, "");
}

/* "having total > 100": a clause and what is added to it, for the palette and scripts. */
static Consequence type_clause(View *view, const char *argument)
{
    ComposerView *composer = composer_of(view);
    g_auto(GStrv) words = g_strsplit(argument != NULL ? argument : "", " ", 2);
    for (Clause clause = 0; clause < CLAUSE_DISTINCT && g_strv_length(words) == 2; clause++) {
        g_autofree char *complaint = NULL;
        if (strcmp(words[0], clause_name(clause)) != 0)
            continue;
        composer->clause = clause;
        composer->index = CLAUSE_ADD;
        if (!type_accept(view, words[1], &complaint))
            app_message(view->app, MESSAGE_ERROR, "%s", complaint);
        return done();
    }
    app_message(view->app, MESSAGE_INFO,
                "A clause and what to add: columns, join, where, group, having, order or limit");
    return done();
}

/* --- rows ---------------------------------------------------------------------------------------*/

static Consequence toggle(View *view, const char *argument)
{
    ComposerView *composer = composer_of(view);
    const ClauseRow *row = composer_row(composer);
    if (clause_toggle(composer->query, row->clause, row->index))
        composer_changed(composer);
    return done();
}

static Consequence delete_row(View *view, const char *argument)
{
    ComposerView *composer = composer_of(view);
    const ClauseRow *row = composer_row(composer);
    if (clause_delete(composer->query, row->clause, row->index))
        composer_changed(composer);
    return done();
}

static void shift(View *view, int step)
{
    ComposerView *composer = composer_of(view);
    const ClauseRow *row = composer_row(composer);
    if (!clause_move(composer->query, row->clause, row->index, step))
        return;
    composer->scroll.cursor += step;
    composer_changed(composer);
}

static Consequence row_up(View *view, const char *argument)
{
    shift(view, -1);
    return done();
}

static Consequence row_down(View *view, const char *argument)
{
    shift(view, 1);
    return done();
}

/* --- what becomes of the query ------------------------------------------------------------------*/

/* NULL after saying why not. */
static char *sql_of(ComposerView *composer)
{
    g_autoptr(GError) error = NULL;
    char *sql = sql_query_text(composer->query, &error);
    if (sql == NULL)
        app_message_error(composer->view.app, error);
    return sql;
}

static Consequence run(View *view, const char *argument)
{
    ComposerView *composer = composer_of(view);
    g_autofree char *sql = sql_of(composer);
    if (sql == NULL)
        return done();
    SqlQuery *shown = sql_query_copy(composer->query);
    clause_prune(shown);
    data_pane_set_query(composer->browse->data, shown);
    g_free(composer->shown);
    composer->shown = g_steal_pointer(&sql);
    return consequence(CONSEQUENCE_POP);
}

static Consequence copy_sql(View *view, const char *argument)
{
    g_autofree char *sql = sql_query_pretty(composer_of(view)->query, NULL);
    if (sql != NULL)
        app_copy(view->app, "the SQL", sql);
    return done();
}

static Consequence explain(View *view, const char *argument)
{
    g_autofree char *sql = sql_of(composer_of(view));
    return sql == NULL ? done() : consequence_push(explain_view_new(view->app, sql));
}

static Consequence estimate(View *view, const char *argument)
{
    composer_read_estimate(composer_of(view));
    return done();
}

static Consequence to_editor(View *view, const char *argument)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *sql = sql_query_pretty(composer_of(view)->query, &error);
    if (sql != NULL)
        return consequence_push(editor_view_new(view->app, sql));
    app_message_error(view->app, error);
    return done();
}

static Consequence unload(View *view, const char *argument)
{
    g_autofree char *sql = sql_of(composer_of(view));
    if (sql == NULL)
        return done();
    return consequence_push(unload_form_new(view->app, composer_of(view)->query));
}

static Consequence start_again(View *view, const char *argument)
{
    ComposerView *composer = composer_of(view);
    sql_query_free(composer->query);
    composer->query = sql_query_copy(data_pane_query(composer->browse->data));
    composer_changed(composer);
    return done();
}

const Action composer_actions[] = {
    {"composer.run", "composer", "r", "run", "show the rows of this query", ACTION_PLAIN, run},
    {"composer.toggle", "composer", "Space", "on/off", "turn the row off, or on again",
     ACTION_PLAIN, toggle},
    {"composer.edit", "composer", "Enter", "edit", "change the row, or add one", ACTION_PLAIN,
     edit},
    {"composer.add", "composer", "a", "add", "add to this clause", ACTION_PLAIN, add},
    {"composer.delete", "composer", "d Delete", "delete", "take the row away", ACTION_PLAIN,
     delete_row},
    {"composer.up", "composer", "K", "move up", "move the row up in its clause", ACTION_PLAIN,
     row_up},
    {"composer.down", "composer", "J", "move down", "move the row down in its clause", ACTION_PLAIN,
     row_down},
    {"composer.explain", "composer", "x", "explain", "show the planner's tree for it", ACTION_PLAIN,
     explain},
    {"composer.estimate", "composer", "n", "estimate", "ask the planner how many rows it gives",
     ACTION_PLAIN, estimate},
    {"composer.editor", "composer", "e", "editor", "take its SQL to the editor", ACTION_PLAIN,
     to_editor},
    {"composer.unload", "composer", "u", "unload this", "unload its rows to S3 or a folder",
     ACTION_PLAIN, unload},
    {"composer.copy", "composer", "y", "copy SQL", "copy the SQL", ACTION_PLAIN, copy_sql},
    {"composer.type", "composer", "", "type", "add to a clause: composer.type having total > 100",
     ACTION_HIDDEN, type_clause},
    {"composer.reset", "composer", "X", "start again",
     "back to the query of the rows that are shown", ACTION_HIDDEN, start_again},
    {0},
};

/* --- from the grid ------------------------------------------------------------------------------*/

static Consequence compose(View *view, const char *argument)
{
    BrowseView *browse = (BrowseView *)view;
    if (data_pane_query(browse->data) == NULL)
        return done();
    return consequence_push(composer_view_new(view->app, view));
}

static Consequence group_by(View *view, const char *argument)
{
    DataPane *data = ((BrowseView *)view)->data;
    const char *column = data_pane_column_name(data);
    DataValue value;
    if (column == NULL)
        return done();
    SqlValueKind kind = SQL_VALUE_UNKNOWN;
    if (data_pane_value(data, data_pane_row(data), data_pane_current(data), &value))
        kind = type_value_kind(value.type_oid);
    SqlQuery *query = sql_query_copy(data_pane_query(data));
    sql_query_count_by(query, column, kind);
    data_pane_set_query(data, query);
    return done();
}

const Action compose_grid_actions[] = {
    {"grid.compose", "grid", "o", "compose", "compose the query clause by clause",
     ACTION_NEEDS_RELATION, compose},
    {"grid.group-by", "grid", "b", "group by", "count the rows of each value of this column",
     ACTION_NEEDS_ROW, group_by},
    {0},
};
