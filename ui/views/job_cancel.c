#include "base/error.h"
#include "job/journal.h"
#include "ui/app.h"
#include "ui/views/job_view.h"
#include "ui/views/views.h"

/* The question is a view of its own that holds the job's id, as the choices get nothing else. */
typedef struct {
    View view;
    char *id;
} Asker;

static void free_asker(View *view)
{
    g_free(((Asker *)view)->id);
}

static const ViewClass asker_class = {.name = "asker", .free = free_asker};

/* --- jobs of other processes: asked through a file beside the journal ---------------------------*/

typedef struct {
    App *app;
    char *id;
} Request;

static void request_free(gpointer data)
{
    g_free(((Request *)data)->id);
    g_free(data);
}

static gboolean request_cancel(gpointer data, GCancellable *cancellable, GError **error)
{
    return journal_request_cancel(((Request *)data)->id, error);
}

static void requested(gpointer data, TaskOutcome outcome, const GError *error)
{
    Request *request = data;
    if (outcome == TASK_DONE)
        app_message(request->app, MESSAGE_INFO, "The process that runs job %.8s was asked to stop",
                    request->id);
    else
        app_message_error(request->app, error);
}

static Consequence cancel_it(View *owner)
{
    const char *id = ((Asker *)owner)->id;
    Job *job = job_view_find(owner->app, id);
    if (job != NULL && job_progress(job).state <= JOB_CANCELLING) {
        job_cancel(job);
        app_message(owner->app, MESSAGE_INFO,
                    "Cancel sent for job %.8s; the server has not answered yet", id);
        return consequence(CONSEQUENCE_DONE);
    }
    Request *request = g_new0(Request, 1);
    request->app = owner->app;
    request->id = g_strdup(id);
    view_submit(app_bottom(owner->app), "cancel job", request_cancel, requested, request,
                request_free, NULL);
    return consequence(CONSEQUENCE_DONE);
}

/* A job of this process that has ended needs no question; one of another is asked in any case. */
static gboolean has_ended(View *view, const char *id)
{
    const Job *job = job_view_find(view->app, id);
    if (job == NULL || job_progress(job).state <= JOB_CANCELLING)
        return FALSE;
    app_message(view->app, MESSAGE_INFO, "Job %.8s has ended (%s); there is nothing to cancel", id,
                job_state_name(job_progress(job).state));
    return TRUE;
}

Consequence job_view_ask_to_cancel(View *view, const char *id)
{
    static const ConfirmChoice choices[] = {
        {'y', "cancel it on the server", cancel_it},
        {'n', "let it run", NULL},
        {0},
    };
    if (has_ended(view, id))
        return consequence(CONSEQUENCE_DONE);
    Asker *asker = view_new(view->app, &asker_class, sizeof(Asker));
    asker->id = g_strdup(id);
    g_autofree char *text = g_strdup_printf(
        "Cancel job %.8s? The statement is cancelled on the server; the target stays as it was.",
        id);
    View *dialog = confirm_view_new(view->app, &asker->view, text, choices);
    view_unref(&asker->view);
    return consequence_push(dialog);
}

Consequence job_view_resume(View *view, const char *id, gboolean resumable)
{
    if (!resumable) {
        app_message(view->app, MESSAGE_INFO, "Job %.8s has nothing left to resume", id);
        return consequence(CONSEQUENCE_DONE);
    }
    workbench_resume_job(app_workbench(view->app), id);
    app_task_began(view->app);
    app_message(view->app, MESSAGE_GOOD, "Job %.8s goes on", id);
    return consequence(CONSEQUENCE_DONE);
}
