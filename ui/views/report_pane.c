#include "ui/views/report_pane.h"

#include "redshift/dependents.h"
#include "redshift/storage.h"
#include "ui/app.h"
#include "ui/widgets/pager.h"

enum { BAR_COLUMNS = 20 };

struct ReportPane {
    View *view;
    guint part;
    ReportLoad load;
    char *schema, *relation;
    char *text, *error;
    GCancellable *reading; /* NULL: nothing is read */
    Pager *pager;
    gboolean ascii; /* as last drawn */
};

char *report_load_storage(Session *session, const char *schema, const char *relation,
                          gboolean ascii, GCancellable *cancellable, GError **error)
{
    g_autoptr(Storage) storage = storage_load(session, schema, relation, cancellable, error);
    return storage == NULL ? NULL : storage_text(storage, BAR_COLUMNS, ascii);
}

char *report_load_dependents(Session *session, const char *schema, const char *relation,
                             gboolean ascii, GCancellable *cancellable, GError **error)
{
    g_autoptr(GPtrArray) dependents =
        dependents_load(session, schema, relation, cancellable, error);
    return dependents == NULL ? NULL : dependents_text(dependents);
}

ReportPane *report_pane_new(View *view, guint part, ReportLoad load)
{
    ReportPane *pane = g_new0(ReportPane, 1);
    pane->view = view;
    pane->part = part;
    pane->load = load;
    pane->pager = pager_new(FALSE);
    pane->ascii = app_options(view->app)->ascii;
    return pane;
}

static void forget(ReportPane *pane)
{
    if (pane->reading != NULL)
        g_cancellable_cancel(pane->reading);
    g_clear_object(&pane->reading);
    g_clear_pointer(&pane->text, g_free);
    g_clear_pointer(&pane->error, g_free);
    pager_clear(pane->pager);
}

void report_pane_free(ReportPane *pane)
{
    if (pane == NULL)
        return;
    forget(pane);
    pager_free(pane->pager);
    g_free(pane->schema);
    g_free(pane->relation);
    g_free(pane);
}

void report_pane_set(ReportPane *pane, const char *schema, const char *relation)
{
    forget(pane);
    g_free(pane->schema);
    g_free(pane->relation);
    pane->schema = g_strdup(schema);
    pane->relation = g_strdup(relation);
}

/* --- reading ------------------------------------------------------------------------------------*/

typedef struct {
    ReportPane *pane; /* main thread only */
    Workbench *workbench;
    ReportLoad load;
    GCancellable *generation;
    char *schema, *relation, *text;
    gboolean ascii;
} Reading;

static void reading_free(gpointer data)
{
    Reading *reading = data;
    g_object_unref(reading->generation);
    g_free(reading->schema);
    g_free(reading->relation);
    g_free(reading->text);
    g_free(reading);
}

static gboolean read_report(gpointer data, GCancellable *cancellable, GError **error)
{
    Reading *reading = data;
    Session *session = workbench_take_session(reading->workbench, cancellable, error);
    if (session == NULL)
        return FALSE;
    reading->text = reading->load(session, reading->schema, reading->relation, reading->ascii,
                                  cancellable, error);
    workbench_give_session(reading->workbench, session);
    return reading->text != NULL;
}

static void report_read(gpointer data, TaskOutcome outcome, const GError *error)
{
    Reading *reading = data;
    ReportPane *pane = reading->pane;
    if (pane->reading != reading->generation)
        return; /* another relation is looked at by now */
    g_clear_object(&pane->reading);
    if (outcome == TASK_DONE) {
        pane->text = g_steal_pointer(&reading->text);
        pager_add(pane->pager, ROLE_TEXT, pane->text);
    } else {
        pane->error = g_strdup(error->message);
    }
    view_touch(pane->view, pane->part);
}

void report_pane_read(ReportPane *pane, gboolean anew)
{
    if (pane->relation == NULL || (!anew && (pane->text != NULL || pane->reading != NULL)))
        return;
    forget(pane);
    pane->reading = g_cancellable_new();
    Reading *reading = g_new0(Reading, 1);
    *reading = (Reading){.pane = pane,
                         .workbench = app_workbench(pane->view->app),
                         .load = pane->load,
                         .generation = g_object_ref(pane->reading),
                         .schema = g_strdup(pane->schema),
                         .relation = g_strdup(pane->relation),
                         .ascii = pane->ascii};
    view_submit(pane->view, "report", read_report, report_read, reading, reading_free,
                pane->reading);
    view_touch(pane->view, pane->part);
}

gboolean report_pane_cancel(ReportPane *pane)
{
    if (pane->reading == NULL)
        return FALSE;
    g_cancellable_cancel(pane->reading);
    return TRUE;
}

/* --- looking ------------------------------------------------------------------------------------*/

gboolean report_pane_is_waiting(const ReportPane *pane)
{
    return pane->reading != NULL;
}

void report_pane_move(ReportPane *pane, Movement movement)
{
    pager_move(pane->pager, movement);
    view_touch(pane->view, pane->part);
}

gboolean report_pane_search(ReportPane *pane, const char *text, gboolean forward)
{
    view_touch(pane->view, pane->part);
    return pager_search(pane->pager, text, forward);
}

const char *report_pane_text(const ReportPane *pane)
{
    return pane->text;
}

void report_pane_draw(ReportPane *pane, const Canvas *canvas)
{
    pane->ascii = canvas->ascii;
    if (pane->text != NULL) {
        pager_draw(pane->pager, canvas);
        return;
    }
    g_autoptr(Pager) pager = pager_new(TRUE);
    if (pane->error != NULL)
        pager_addf(pager, ROLE_ERROR, "%s\n\nR reads it again", pane->error);
    else if (pane->relation == NULL)
        pager_add(pager, ROLE_QUIET, "Choose a table in the catalog: Enter opens it");
    else
        pager_add(pager, ROLE_QUIET, "Reading the catalog");
    pager_draw(pager, canvas);
}
