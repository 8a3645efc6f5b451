#include "ui/view.h"

#include "ui/app.h"

gpointer view_new(App *app, const ViewClass *class, gsize size)
{
    View *view = g_malloc0(size);
    view->class = class;
    view->app = app;
    view->references = 1;
    view->stale = ~0u;
    view->cancellable = g_cancellable_new();
    return view;
}

View *view_ref(View *view)
{
    view->references++;
    return view;
}

void view_unref(View *view)
{
    if (view == NULL || --view->references > 0)
        return;
    if (view->class->free != NULL)
        view->class->free(view);
    g_object_unref(view->cancellable);
    g_free(view->searched);
    g_free(view);
}

void view_touch(View *view, guint parts)
{
    if (view->closed)
        return;
    view->stale |= parts;
    app_request_frame(view->app);
}

typedef struct {
    View *view;
    PoolRun run;
    PoolDone done;
    gpointer data;
    GDestroyNotify destroy;
} ViewTask;

static gboolean run_task(gpointer data, GCancellable *cancellable, GError **error)
{
    ViewTask *task = data;
    return task->run(task->data, cancellable, error);
}

static void task_done(gpointer data, TaskOutcome outcome, const GError *error)
{
    ViewTask *task = data;
    if (task->view->closed)
        return;
    if (task->done != NULL)
        task->done(task->data, outcome, error);
}

static void task_free(gpointer data)
{
    ViewTask *task = data;
    if (task->destroy != NULL)
        task->destroy(task->data);
    view_unref(task->view);
    g_free(task);
}

void view_submit(View *view, const char *name, PoolRun run, PoolDone done, gpointer data,
                 GDestroyNotify destroy, GCancellable *cancellable)
{
    ViewTask *task = g_new0(ViewTask, 1);
    *task = (ViewTask){
        .view = view_ref(view), .run = run, .done = done, .data = data, .destroy = destroy};
    pool_submit(workbench_pool(app_workbench(view->app)), POOL_INTERACTIVE, name, run_task,
                task_done, task, task_free, cancellable != NULL ? cancellable : view->cancellable);
    app_task_began(view->app);
}
