#include "ui/views/feed.h"

#include "base/error.h"
#include "ui/app.h"

/*
 * One statement. It outlives its feed while a task works on it: then feed is NULL, and what is left to
 * do is to end the statement and hand the session on.
 */
typedef struct {
    Feed *feed;
    View *view; /* while a task works, and once let go, a reference; NULL when the app is gone */
    Workbench *workbench;
    GCancellable *cancellable;
    char *sql;
    Session *session;
    Statement *statement;
    Statement *previous;   /* of the same kept session, with rows left: ended before ours begins */
    ResultColumn *columns; /* of the worker's first answer; taken by the main thread */
    guint n_columns;
    RowPage *page;                       /* of the worker's last answer */
    guint64 ask;                         /* rows that the next task fetches */
    StatementOutcome outcome;            /* once it has ended */
    gboolean working, finished, private; /* private: nobody else gets the session */
} Run;

struct Feed {
    View *view;
    FeedChanged changed;
    gpointer user;
    Run *run; /* NULL: nothing runs */
    RowSet *rows;
    char *sql;
    GError *error;
    FeedState state;
    guint64 wanted, cap;
    gint64 waiting_since;
    StatementOutcome outcome;
    gboolean keeps, in_transaction;
    Session *session; /* kept between statements; NULL while one has it */
};

static void columns_free(ResultColumn *columns, guint n_columns)
{
    for (guint i = 0; i < n_columns; i++)
        g_free(columns[i].name);
    g_free(columns);
}

static void hand_session_on(Run *run)
{
    if (run->session == NULL)
        return;
    if (run->private || run->view == NULL || run->view->closed || !session_is_alive(run->session) ||
        workbench_awaits_session(run->workbench))
        session_free(run->session);
    else
        app_put_spare_session(run->view->app, run->session);
    run->session = NULL;
}

static void run_free(Run *run)
{
    if (run->previous != NULL)
        statement_finish(run->previous, NULL, NULL);
    if (run->statement != NULL)
        statement_finish(run->statement, NULL, NULL);
    hand_session_on(run);
    columns_free(run->columns, run->n_columns);
    row_page_free(run->page);
    statement_outcome_clear(&run->outcome);
    g_free(run->sql);
    g_object_unref(run->cancellable);
    view_unref(run->view);
    g_free(run);
}

/* --- on a worker --------------------------------------------------------------------------------*/

static gboolean end_statement(Run *run, GError **error)
{
    return run->statement == NULL ||
           statement_finish(g_steal_pointer(&run->statement), &run->outcome, error);
}

static void note_columns(Run *run)
{
    const ResultColumn *columns = statement_columns(run->statement, &run->n_columns);
    run->columns = g_new0(ResultColumn, MAX(run->n_columns, 1));
    for (guint i = 0; i < run->n_columns; i++) {
        run->columns[i] = columns[i];
        run->columns[i].name = g_strdup(columns[i].name);
    }
}

static gboolean drop_row(gpointer user, guint n_columns, const char *const *values,
                         const int *lengths, GError **error)
{
    return TRUE;
}

/* Rows that nobody wants are cancelled, but in a transaction block, which a cancel would fail: there
 * they are read and dropped. What becomes of the old statement is not the new one's failure. */
static gboolean end_previous(Run *run, GCancellable *cancellable, GError **error)
{
    if (run->previous == NULL)
        return TRUE;
    gboolean finished = FALSE;
    if (session_in_transaction(run->session))
        statement_fetch(run->previous, 0, drop_row, NULL, &finished, cancellable, NULL);
    statement_finish(g_steal_pointer(&run->previous), NULL, NULL);
    return !rs_error_set_if_cancelled(cancellable, error);
}

static gboolean start(Run *run, GCancellable *cancellable, GError **error)
{
    if (!end_previous(run, cancellable, error))
        return FALSE;
    if (run->session == NULL)
        run->session = workbench_open_session(run->workbench, cancellable, error);
    else if (!session_is_alive(run->session))
        run->session = workbench_reopen_session(run->workbench, run->session, cancellable, error);
    if (run->session == NULL)
        return FALSE;
    run->statement = session_start(run->session, run->sql, cancellable, error);
    if (run->statement == NULL)
        return FALSE;
    note_columns(run);
    return TRUE;
}

static gboolean fetch(gpointer data, GCancellable *cancellable, GError **error)
{
    Run *run = data;
    if (run->statement == NULL && !start(run, cancellable, error))
        return FALSE;
    run->page = row_page_new(run->n_columns);
    if (!statement_fetch(run->statement, run->ask, row_page_add, run->page, &run->finished,
                         cancellable, error)) {
        end_statement(run, NULL);
        return FALSE;
    }
    return !run->finished || end_statement(run, error);
}

/* Ending is no cancelled thing to do: the task's own cancellable is not looked at. */
static gboolean end(gpointer data, GCancellable *cancellable, GError **error)
{
    end_statement(data, NULL);
    return TRUE;
}

/* --- on the main thread -------------------------------------------------------------------------*/

static void end_destroy(gpointer data)
{
    run_free(data);
}

/* The run goes its own way: what it holds is ended and freed by a task. */
static void let_go(Run *run)
{
    run->feed = NULL;
    g_cancellable_cancel(run->cancellable);
    if (run->working)
        return; /* its completion comes back here */
    run->view = run->view->closed ? NULL : view_ref(run->view);
    if (run->statement == NULL)
        run_free(run);
    else
        pool_submit(workbench_pool(run->workbench), POOL_INTERACTIVE, "end statement", end, NULL,
                    run, end_destroy, NULL);
}

/* What an ended run leaves to its feed: the outcome, and a kept session. */
static void take_leavings(Feed *feed, Run *run)
{
    statement_outcome_clear(&feed->outcome);
    feed->outcome = run->outcome;
    run->outcome = (StatementOutcome){0};
    if (!feed->keeps || run->session == NULL || run->statement != NULL)
        return;
    feed->in_transaction = session_is_alive(run->session) && session_in_transaction(run->session);
    feed->session = g_steal_pointer(&run->session);
}

static void set_state(Feed *feed, FeedState state)
{
    feed->state = state;
    feed->changed(feed->user);
}

static gboolean take_answer(Feed *feed, Run *run, GError **error)
{
    if (feed->rows == NULL && run->columns != NULL)
        feed->rows = rowset_new(run->columns, run->n_columns, 0);
    if (run->page == NULL || feed->rows == NULL)
        return TRUE;
    return rowset_take_page(feed->rows, g_steal_pointer(&run->page), error);
}

static void ask_for_more(Feed *feed);

static void take_outcome(Run *run, TaskOutcome outcome, const GError *error)
{
    Feed *feed = run->feed;
    if (feed == NULL || run->view->closed) {
        if (feed != NULL)
            feed->run = NULL;
        let_go(run);
        return;
    }
    g_autoptr(GError) failure = NULL;
    gboolean stored = take_answer(feed, run, &failure);
    if (outcome == TASK_DONE && stored && !run->finished) {
        feed->state = FEED_PAUSED;
        ask_for_more(feed);
        feed->changed(feed->user);
        return;
    }
    feed->run = NULL;
    take_leavings(feed, run);
    let_go(run);
    if (outcome == TASK_DONE && stored) {
        set_state(feed, FEED_FINISHED);
        return;
    }
    feed->error = g_error_copy(error != NULL ? error : failure);
    set_state(feed, outcome == TASK_CANCELLED ? FEED_CANCELLED : FEED_FAILED);
}

static void fetched(gpointer data, TaskOutcome outcome, const GError *error)
{
    Run *run = data;
    View *view = run->view;
    run->working = FALSE;
    take_outcome(run, outcome, error);
    view_unref(view); /* the task's */
}

static void submit(Feed *feed, Run *run, guint64 ask)
{
    run->ask = ask;
    run->working = TRUE;
    view_ref(run->view);
    feed->waiting_since = app_now_ms(feed->view->app);
    pool_submit(workbench_pool(run->workbench), POOL_INTERACTIVE, "rows", fetch, fetched, run, NULL,
                run->cancellable);
    app_task_began(feed->view->app);
}

static void ask_for_more(Feed *feed)
{
    Run *run = feed->run;
    if (run == NULL || run->working || feed->rows == NULL)
        return;
    guint64 have = rowset_n_rows(feed->rows);
    guint64 limit = feed->cap > 0 ? MIN(feed->wanted, feed->cap) : feed->wanted;
    if (have >= limit)
        return;
    feed->state = FEED_READING;
    guint64 page = FEED_PAGE - have % FEED_PAGE; /* the first few rows are part of a page */
    submit(feed, run, feed->cap > 0 ? MIN(page, feed->cap - have) : page);
}

Feed *feed_new(View *view, FeedChanged changed, gpointer user)
{
    Feed *feed = g_new0(Feed, 1);
    feed->view = view;
    feed->changed = changed;
    feed->user = user;
    return feed;
}

static void abandon(Feed *feed)
{
    if (feed->run != NULL)
        let_go(g_steal_pointer(&feed->run));
}

void feed_free(Feed *feed)
{
    if (feed == NULL)
        return;
    abandon(feed);
    session_free(feed->session);
    rowset_free(feed->rows);
    statement_outcome_clear(&feed->outcome);
    g_clear_error(&feed->error);
    g_free(feed->sql);
    g_free(feed);
}

/* The kept session, and the statement that still has rows on it. */
static void inherit(Feed *feed, Run *run)
{
    Run *old = feed->run;
    if (old != NULL && !old->working) {
        run->session = g_steal_pointer(&old->session);
        run->previous = g_steal_pointer(&old->statement);
    } else {
        run->session = g_steal_pointer(&feed->session);
    }
}

/* A kept session begins as a new one, and rows that are left behind end beside the next statement; where
 * the profile allows no further session, both make do with what is there. */
static void find_session(Feed *feed, Run *run)
{
    App *app = feed->view->app;
    gboolean left = workbench_has_session_left(app_workbench(app));
    if (feed->keeps)
        inherit(feed, run);
    if (run->session == NULL && (!feed->keeps || !left))
        run->session = app_take_spare_session(app);
    if (run->session == NULL && !left)
        inherit(feed, run);
}

void feed_start(Feed *feed, const char *sql, guint64 cap)
{
    Run *run = g_new0(Run, 1);
    find_session(feed, run);
    abandon(feed);
    g_clear_pointer(&feed->rows, rowset_free);
    g_clear_error(&feed->error);
    statement_outcome_clear(&feed->outcome);
    g_autofree char *copy = g_strdup(sql); /* sql may be our own */
    g_free(feed->sql);
    feed->sql = g_steal_pointer(&copy);
    feed->cap = cap;
    feed->wanted = FEED_PAGE;
    run->feed = feed;
    run->view = feed->view;
    run->workbench = app_workbench(feed->view->app);
    run->cancellable = g_cancellable_new();
    run->sql = g_strdup(feed->sql);
    run->private = feed->keeps;
    feed->run = run;
    submit(feed, run, cap > 0 ? MIN(FEED_FIRST, cap) : FEED_FIRST);
    set_state(feed, FEED_STARTING);
}

void feed_stop(Feed *feed)
{
    Run *run = feed->run;
    if (run == NULL)
        return;
    if (run->working) {
        g_cancellable_cancel(run->cancellable);
        return; /* the completion says what the server answered */
    }
    abandon(feed);
    feed->error = g_error_new(RS_ERROR, RS_ERROR_CANCELLED, "cancelled; the rest was not read");
    set_state(feed, FEED_CANCELLED);
}

void feed_want(Feed *feed, guint64 rows)
{
    if (rows <= feed->wanted)
        return;
    feed->wanted = rows;
    ask_for_more(feed);
}

void feed_set_cap(Feed *feed, guint64 cap)
{
    feed->cap = cap;
    ask_for_more(feed);
}

FeedState feed_state(const Feed *feed)
{
    return feed->state;
}

gboolean feed_is_capped(const Feed *feed)
{
    return feed->state == FEED_PAUSED && feed->cap > 0 && rowset_n_rows(feed->rows) >= feed->cap;
}

RowSet *feed_rows(const Feed *feed)
{
    return feed->rows;
}

const char *feed_sql(const Feed *feed)
{
    return feed->sql;
}

const GError *feed_error(const Feed *feed)
{
    return feed->error;
}

void feed_keep_session(Feed *feed)
{
    feed->keeps = TRUE;
}

gboolean feed_in_transaction(const Feed *feed)
{
    return feed->in_transaction;
}

const char *feed_tag(const Feed *feed)
{
    return feed->outcome.tag != NULL ? feed->outcome.tag : "";
}

gint64 feed_affected(const Feed *feed)
{
    return feed->outcome.tag != NULL ? feed->outcome.affected : -1;
}

gint64 feed_duration_ms(const Feed *feed)
{
    return feed->outcome.duration_ms;
}

const GPtrArray *feed_notices(const Feed *feed)
{
    return feed->outcome.notices;
}

gint64 feed_waiting_ms(const Feed *feed)
{
    return app_now_ms(feed->view->app) - feed->waiting_since;
}
