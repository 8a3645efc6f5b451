#include "ui/views/details_pane.h"

#include <string.h>

#include "ui/app.h"
#include "ui/views/profile_pane.h"
#include "ui/views/report_pane.h"
#include "ui/widgets/grid.h"
#include "ui/widgets/pager.h"

struct DetailsPane {
    View *view;
    guint part;
    CatalogRelation relation; /* its schema, name, arguments and kind; name NULL: none */
    CatalogTable *table;
    char *ddl, *error;
    GCancellable *reading; /* NULL: nothing is read */
    Grid *columns;
    Pager *pager;
    ProfilePane *profile;
    ReportPane *storage, *dependents;
};

/* --- the columns as a grid ----------------------------------------------------------------------*/

enum {
    COLUMN_NAME,
    COLUMN_TYPE,
    COLUMN_NULL,
    COLUMN_DEFAULT,
    COLUMN_ENCODING,
    COLUMN_DIST,
    COLUMN_SORT,
    COLUMN_COMMENT,
    N_COLUMNS
};

static const char *const headers[N_COLUMNS] = {"name",     "type", "null", "default",
                                               "encoding", "dist", "sort", "comment"};

static guint64 model_rows(gpointer user)
{
    const DetailsPane *pane = user;
    return pane->table != NULL ? pane->table->columns->len : 0;
}

static gboolean model_is_number(gpointer user, guint column)
{
    return column == COLUMN_SORT;
}

static char *sort_text(int sort_key)
{
    if (sort_key == 0)
        return g_strdup("");
    return g_strdup_printf("%d%s", ABS(sort_key), sort_key < 0 ? " interleaved" : "");
}

/* In the place of the default, which such a column cannot have beside it. */
static char *identity_text(const CatalogColumn *column)
{
    if (column->identity == NULL)
        return NULL;
    return g_strdup_printf("identity(%s)%s", column->identity,
                           column->identity_by_default ? " by default" : "");
}

static GridCell model_cell(gpointer user, guint64 row, guint column, gsize limit, GString *text)
{
    const DetailsPane *pane = user;
    const CatalogColumn *item = g_ptr_array_index(pane->table->columns, (guint)row);
    g_autofree char *sort = sort_text(item->sort_key);
    g_autofree char *identity = identity_text(item);
    const char *const values[N_COLUMNS] = {
        [COLUMN_NAME] = item->name,
        [COLUMN_TYPE] = item->type,
        [COLUMN_NULL] = item->not_null ? "no" : "yes",
        [COLUMN_DEFAULT] = identity != NULL ? identity : item->default_value,
        [COLUMN_ENCODING] = item->encoding,
        [COLUMN_DIST] = item->is_dist_key ? "key" : "",
        [COLUMN_SORT] = sort,
        [COLUMN_COMMENT] = item->comment,
    };
    const char *value = values[column] != NULL ? values[column] : "";
    g_autofree char *printable = text_printable(value, -1);
    g_string_append(text, printable);
    return GRID_VALUE;
}

static const GridModel model = {.headers = headers,
                                .n_headers = N_COLUMNS,
                                .n_rows = model_rows,
                                .is_number = model_is_number,
                                .cell = model_cell};

/* --- life ---------------------------------------------------------------------------------------*/

DetailsPane *details_pane_new(View *view, guint part)
{
    DetailsPane *pane = g_new0(DetailsPane, 1);
    pane->view = view;
    pane->part = part;
    pane->columns = grid_new(&model, pane);
    pane->pager = pager_new(FALSE);
    pane->profile = profile_pane_new(view, part);
    pane->storage = report_pane_new(view, part, report_load_storage);
    pane->dependents = report_pane_new(view, part, report_load_dependents);
    return pane;
}

static void forget(DetailsPane *pane)
{
    if (pane->reading != NULL)
        g_cancellable_cancel(pane->reading);
    g_clear_object(&pane->reading);
    profile_pane_set(pane->profile, NULL);
    g_clear_pointer(&pane->table, catalog_table_free);
    g_clear_pointer(&pane->ddl, g_free);
    g_clear_pointer(&pane->error, g_free);
    pager_clear(pane->pager);
}

static CatalogRelation name_copy(const CatalogRelation *relation)
{
    return (CatalogRelation){.schema = g_strdup(relation->schema),
                             .name = g_strdup(relation->name),
                             .arguments = g_strdup(relation->arguments),
                             .kind = relation->kind};
}

static void name_clear(CatalogRelation *relation)
{
    g_free(relation->schema);
    g_free(relation->name);
    g_free(relation->arguments);
}

void details_pane_free(DetailsPane *pane)
{
    if (pane == NULL)
        return;
    forget(pane);
    grid_free(pane->columns);
    pager_free(pane->pager);
    profile_pane_free(pane->profile);
    report_pane_free(pane->storage);
    report_pane_free(pane->dependents);
    name_clear(&pane->relation);
    g_free(pane);
}

void details_pane_set(DetailsPane *pane, const CatalogRelation *relation)
{
    CatalogRelation own = name_copy(relation); /* it may be ours */
    gboolean rows = catalog_kind_has_rows(relation->kind);
    forget(pane);
    grid_rewind(pane->columns);
    name_clear(&pane->relation);
    pane->relation = own;
    report_pane_set(pane->storage, rows ? own.schema : NULL, rows ? own.name : NULL);
    report_pane_set(pane->dependents, rows ? own.schema : NULL, rows ? own.name : NULL);
}

/* --- reading ------------------------------------------------------------------------------------*/

typedef struct {
    DetailsPane *pane;
    Workbench *workbench;
    GCancellable *generation;
    CatalogRelation relation;
    CatalogTable *table;
} Reading;

static void reading_free(gpointer data)
{
    Reading *reading = data;
    catalog_table_free(reading->table);
    g_object_unref(reading->generation);
    name_clear(&reading->relation);
    g_free(reading);
}

static gboolean read_table(gpointer data, GCancellable *cancellable, GError **error)
{
    Reading *reading = data;
    Session *session = workbench_take_session(reading->workbench, cancellable, error);
    if (session == NULL)
        return FALSE;
    const CatalogRelation *named = &reading->relation;
    reading->table =
        catalog_kind_has_rows(named->kind)
            ? catalog_load_table(session, named->schema, named->name, cancellable, error)
            : catalog_load_routine(session, named->schema, named->name, named->arguments,
                                   cancellable, error);
    workbench_give_session(reading->workbench, session);
    return reading->table != NULL;
}

static void table_read(gpointer data, TaskOutcome outcome, const GError *error)
{
    Reading *reading = data;
    DetailsPane *pane = reading->pane;
    if (pane->reading != reading->generation)
        return; /* another relation is looked at by now */
    g_clear_object(&pane->reading);
    if (outcome == TASK_DONE) {
        pane->table = g_steal_pointer(&reading->table);
        pane->ddl = catalog_table_ddl(pane->table, NULL, NULL);
        pager_add(pane->pager, ROLE_SQL, pane->ddl);
        profile_pane_set(pane->profile, pane->table);
    } else {
        pane->error = g_strdup(error->message);
    }
    view_touch(pane->view, pane->part);
}

static void read_description(DetailsPane *pane, gboolean anew)
{
    if (!anew && (pane->table != NULL || pane->reading != NULL))
        return;
    forget(pane);
    pane->reading = g_cancellable_new();
    Reading *reading = g_new0(Reading, 1);
    *reading = (Reading){.pane = pane,
                         .workbench = app_workbench(pane->view->app),
                         .generation = g_object_ref(pane->reading),
                         .relation = name_copy(&pane->relation)};
    view_submit(pane->view, "describe", read_table, table_read, reading, reading_free,
                pane->reading);
    view_touch(pane->view, pane->part);
}

void details_pane_read(DetailsPane *pane, DetailsTab tab, gboolean anew)
{
    if (pane->relation.name == NULL)
        return;
    if (tab == DETAILS_STORAGE)
        report_pane_read(pane->storage, anew);
    else if (tab == DETAILS_DEPENDENTS)
        report_pane_read(pane->dependents, anew);
    else
        read_description(pane, anew);
}

gboolean details_pane_cancel(DetailsPane *pane)
{
    gboolean reading = pane->reading != NULL;
    if (reading)
        g_cancellable_cancel(pane->reading);
    /* each in its turn: all that runs is cancelled */
    gboolean profile = profile_pane_cancel(pane->profile);
    gboolean storage = report_pane_cancel(pane->storage);
    gboolean dependents = report_pane_cancel(pane->dependents);
    return reading || profile || storage || dependents;
}

/* --- looking ------------------------------------------------------------------------------------*/

void details_pane_enter(DetailsPane *pane, DetailsTab tab)
{
    if (tab == DETAILS_PROFILE && pane->table != NULL)
        profile_pane_enter(pane->profile);
}

void details_pane_profile_all(DetailsPane *pane)
{
    if (pane->table != NULL)
        profile_pane_all(pane->profile);
}

/* The report of a tab, or NULL for the tabs that are none. */
static ReportPane *report_of(const DetailsPane *pane, DetailsTab tab)
{
    return tab == DETAILS_STORAGE      ? pane->storage
           : tab == DETAILS_DEPENDENTS ? pane->dependents
                                       : NULL;
}

void details_pane_move(DetailsPane *pane, DetailsTab tab, Movement movement)
{
    ReportPane *report = report_of(pane, tab);
    if (report != NULL)
        report_pane_move(report, movement);
    else if (tab == DETAILS_COLUMNS)
        grid_move(pane->columns, movement);
    else if (tab == DETAILS_PROFILE)
        profile_pane_move(pane->profile, movement);
    else
        pager_move(pane->pager, movement);
    view_touch(pane->view, pane->part);
}

gboolean details_pane_search(DetailsPane *pane, DetailsTab tab, const char *text, gboolean forward)
{
    ReportPane *report = report_of(pane, tab);
    view_touch(pane->view, pane->part);
    return report != NULL ? report_pane_search(report, text, forward)
                          : pager_search(pane->pager, text, forward);
}

char *details_pane_text(const DetailsPane *pane, DetailsTab tab, const char **what)
{
    const ReportPane *report = report_of(pane, tab);
    *what = report != NULL ? "the report" : tab == DETAILS_PROFILE ? "the profile" : "the DDL";
    if (report != NULL)
        return g_strdup(report_pane_text(report));
    return tab == DETAILS_PROFILE ? profile_pane_text(pane->profile) : g_strdup(pane->ddl);
}

gboolean details_pane_is_waiting(const DetailsPane *pane)
{
    return pane->reading != NULL || profile_pane_is_waiting(pane->profile) ||
           report_pane_is_waiting(pane->storage) || report_pane_is_waiting(pane->dependents);
}

static char *columns_summary(const CatalogTable *table)
{
    GString *out = g_string_new(NULL);
    g_autofree char *count = text_count(table->columns->len);
    g_string_append_printf(out, "%s columns", count);
    if (table->dist_style != NULL)
        g_string_append_printf(out, ", diststyle %s", table->dist_style);
    if (table->size_mb >= 0)
        g_string_append_printf(out, ", %" G_GINT64_FORMAT " MB", table->size_mb);
    if (table->relation.owner != NULL)
        g_string_append_printf(out, ", owner %s", table->relation.owner);
    return g_string_free(out, FALSE);
}

static void draw_message(const DetailsPane *pane, const Canvas *canvas)
{
    g_autoptr(Pager) pager = pager_new(TRUE);
    if (pane->error != NULL)
        pager_addf(pager, ROLE_ERROR, "%s\n\nR reads it again", pane->error);
    else if (pane->relation.name == NULL)
        pager_add(pager, ROLE_QUIET, "Choose a table in the catalog: Enter opens it");
    else
        pager_add(pager, ROLE_QUIET, "Reading the catalog");
    pager_draw(pager, canvas);
}

void details_pane_draw(DetailsPane *pane, DetailsTab tab, const Canvas *canvas, gboolean focused)
{
    if (focused)
        draw_cursor(canvas, 0, 0, FALSE);
    ReportPane *report = report_of(pane, tab);
    if (report != NULL) {
        report_pane_draw(report, canvas);
        return;
    }
    if (pane->table == NULL) {
        draw_message(pane, canvas);
        return;
    }
    if (tab == DETAILS_PROFILE) {
        profile_pane_draw(pane->profile, canvas, focused);
        return;
    }
    Rect rect = canvas->rect;
    Canvas upper = canvas_part(canvas, (Rect){rect.y, rect.x, rect.rows - 1, rect.columns});
    g_autofree char *status = NULL;
    if (tab == DETAILS_COLUMNS) {
        grid_draw(pane->columns, &upper, focused);
        status = columns_summary(pane->table);
    } else {
        pager_draw(pane->pager, &upper);
        status = pager_position(pane->pager);
    }
    draw_blank(canvas, rect.rows - 1, 0, -1, ROLE_TEXT);
    draw_text(canvas, rect.rows - 1, 1, -1, ROLE_QUIET, TEXT_LEFT, status);
}
