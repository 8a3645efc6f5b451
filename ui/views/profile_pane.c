#include "ui/views/profile_pane.h"

#include "redshift/column_profile.h"
#include "ui/app.h"
#include "ui/widgets/grid.h"
#include "ui/widgets/pager.h"

enum { BAR_COLUMNS = 24 };

/* What is known of one column. */
typedef struct {
    ColumnProfile *profile;
    char *error;
    gboolean cancelled; /* which is what error says */
} Found;

struct ProfilePane {
    View *view;
    guint part;
    const CatalogTable *table; /* borrowed; NULL: none */
    GPtrArray *found;          /* of Found, one for each column */
    GCancellable *running;
    guint column; /* that is being profiled */
    gboolean all; /* go on with the next */
    Grid *grid;
    Pager *pager; /* of the column under the cursor */
    gboolean ascii, filled;
};

/* --- the columns as a grid ----------------------------------------------------------------------*/

enum {
    COLUMN_NAME,
    COLUMN_TYPE,
    COLUMN_ROWS,
    COLUMN_NULLS,
    COLUMN_DISTINCT,
    COLUMN_LEAST,
    COLUMN_GREATEST,
    COLUMN_BYTES,
    N_COLUMNS
};

static const char *const headers[N_COLUMNS] = {"column",   "type",  "rows",     "nulls",
                                               "distinct", "least", "greatest", "bytes"};

static guint64 model_rows(gpointer user)
{
    const ProfilePane *pane = user;
    return pane->table != NULL ? pane->table->columns->len : 0;
}

static gboolean model_is_number(gpointer user, guint column)
{
    return column == COLUMN_ROWS || column == COLUMN_NULLS || column == COLUMN_DISTINCT;
}

static char *bytes_text(const ColumnProfile *profile)
{
    if (profile->longest < 0)
        return NULL;
    if (profile->declared <= 0)
        return g_strdup_printf("%" G_GINT64_FORMAT, profile->longest);
    return g_strdup_printf("%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT, profile->longest,
                           profile->declared);
}

static char *figure_text(const ColumnProfile *profile, guint column)
{
    switch (column) {
    case COLUMN_ROWS:
        return text_count((guint64)profile->rows);
    case COLUMN_NULLS:
        return text_count((guint64)profile->nulls);
    case COLUMN_DISTINCT: {
        g_autofree char *count =
            profile->distinct < 0 ? NULL : text_count((guint64)profile->distinct);
        return count == NULL ? NULL : g_strconcat("~", count, NULL);
    }
    case COLUMN_LEAST:
        return g_strdup(profile->least);
    case COLUMN_GREATEST:
        return g_strdup(profile->greatest);
    default:
        return bytes_text(profile);
    }
}

static GridCell model_cell(gpointer user, guint64 row, guint column, gsize limit, GString *text)
{
    const ProfilePane *pane = user;
    const CatalogColumn *item = g_ptr_array_index(pane->table->columns, (guint)row);
    const Found *found = g_ptr_array_index(pane->found, (guint)row);
    g_autofree char *value = NULL;
    if (column == COLUMN_NAME)
        value = g_strdup(item->name);
    else if (column == COLUMN_TYPE)
        value = g_strdup(item->type);
    else if (found->profile != NULL)
        value = figure_text(found->profile, column);
    else if (column == COLUMN_ROWS && pane->running != NULL && pane->column == row)
        value = g_strdup("asking");
    else if (column == COLUMN_ROWS && found->error != NULL)
        value = g_strdup(found->cancelled ? "cancelled" : "failed");
    g_autofree char *printable = text_printable(value != NULL ? value : "", -1);
    g_string_append(text, printable);
    return GRID_VALUE;
}

static const GridModel model = {.headers = headers,
                                .n_headers = N_COLUMNS,
                                .n_rows = model_rows,
                                .is_number = model_is_number,
                                .cell = model_cell};

/* --- life ---------------------------------------------------------------------------------------*/

static void found_free(gpointer data)
{
    Found *found = data;
    g_clear_pointer(&found->profile, column_profile_free);
    g_free(found->error);
    g_free(found);
}

ProfilePane *profile_pane_new(View *view, guint part)
{
    ProfilePane *pane = g_new0(ProfilePane, 1);
    pane->view = view;
    pane->part = part;
    pane->found = g_ptr_array_new_with_free_func(found_free);
    pane->grid = grid_new(&model, pane);
    pane->pager = pager_new(FALSE);
    return pane;
}

static void forget(ProfilePane *pane)
{
    if (pane->running != NULL)
        g_cancellable_cancel(pane->running);
    g_clear_object(&pane->running);
    pane->all = pane->filled = FALSE;
    g_ptr_array_set_size(pane->found, 0);
    pager_clear(pane->pager);
    grid_rewind(pane->grid);
}

void profile_pane_free(ProfilePane *pane)
{
    if (pane == NULL)
        return;
    forget(pane);
    g_ptr_array_unref(pane->found);
    grid_free(pane->grid);
    pager_free(pane->pager);
    g_free(pane);
}

void profile_pane_set(ProfilePane *pane, const CatalogTable *table)
{
    forget(pane);
    pane->table = table;
    for (guint i = 0; table != NULL && i < table->columns->len; i++)
        g_ptr_array_add(pane->found, g_new0(Found, 1));
}

char *profile_pane_text(const ProfilePane *pane)
{
    guint64 row = grid_row(pane->grid);
    if (row >= pane->found->len)
        return NULL;
    const Found *found = g_ptr_array_index(pane->found, (guint)row);
    return found->profile == NULL ? NULL
                                  : column_profile_text(found->profile, BAR_COLUMNS, pane->ascii);
}

static void fill_pager(ProfilePane *pane)
{
    guint64 row = grid_row(pane->grid);
    const Found *found = row < pane->found->len ? g_ptr_array_index(pane->found, (guint)row) : NULL;
    g_autofree char *text = profile_pane_text(pane);
    pager_clear(pane->pager);
    if (text != NULL)
        pager_add(pane->pager, ROLE_TEXT, text);
    else if (found != NULL && found->error != NULL)
        pager_add(pane->pager, ROLE_ERROR, found->error);
    else if (pane->running != NULL)
        pager_add(pane->pager, ROLE_QUIET, "Asking the server; Ctrl-C cancels");
    else
        pager_add(pane->pager, ROLE_QUIET, "Enter profiles this column, P all of them");
    pane->filled = TRUE;
}

static void show_current(ProfilePane *pane)
{
    fill_pager(pane);
    view_touch(pane->view, pane->part);
}

/* --- asking -------------------------------------------------------------------------------------*/

typedef struct {
    ProfilePane *pane; /* main thread only */
    Workbench *workbench;
    Session *session;
    GCancellable *generation;
    CatalogRelation relation;
    CatalogColumn column;
    guint place;
    ColumnProfile *profile;
} Asking;

static void asking_free(gpointer data)
{
    Asking *asking = data;
    session_free(asking->session);
    g_object_unref(asking->generation);
    g_free(asking->relation.schema);
    g_free(asking->relation.name);
    g_free(asking->column.name);
    g_free(asking->column.type);
    g_clear_pointer(&asking->profile, column_profile_free);
    g_free(asking);
}

static gboolean ask(gpointer data, GCancellable *cancellable, GError **error)
{
    Asking *asking = data;
    if (asking->session == NULL)
        asking->session = workbench_open_session(asking->workbench, cancellable, error);
    if (asking->session == NULL)
        return FALSE;
    asking->profile = column_profile_load(asking->session, &asking->relation, &asking->column,
                                          cancellable, error);
    return asking->profile != NULL;
}

static void start(ProfilePane *pane, guint place);

/* Widths anew, the cursor where it was: figures are wider than no figures. */
static void fit_columns(ProfilePane *pane)
{
    guint64 row = grid_row(pane->grid);
    guint column = grid_column(pane->grid);
    grid_reset(pane->grid);
    grid_go_to(pane->grid, row, column);
}

/* With "all": the next column that was not asked for. */
static void go_on(ProfilePane *pane)
{
    for (guint i = 0; pane->all && i < pane->found->len; i++) {
        const Found *found = g_ptr_array_index(pane->found, i);
        if (found->profile == NULL && found->error == NULL) {
            start(pane, i);
            return;
        }
    }
    pane->all = FALSE;
}

static void answered(gpointer data, TaskOutcome outcome, const GError *error)
{
    Asking *asking = data;
    ProfilePane *pane = asking->pane;
    if (asking->session != NULL && session_is_alive(asking->session))
        app_put_spare_session(pane->view->app, g_steal_pointer(&asking->session));
    if (pane->running != asking->generation)
        return; /* another relation is looked at by now */
    g_clear_object(&pane->running);
    Found *found = g_ptr_array_index(pane->found, asking->place);
    g_clear_pointer(&found->profile, column_profile_free);
    g_clear_pointer(&found->error, g_free);
    found->cancelled = outcome == TASK_CANCELLED;
    if (outcome == TASK_DONE)
        found->profile = g_steal_pointer(&asking->profile);
    else
        found->error = g_strdup(error->message);
    pane->all = pane->all && outcome != TASK_CANCELLED;
    fit_columns(pane);
    go_on(pane);
    show_current(pane);
}

static void start(ProfilePane *pane, guint place)
{
    const CatalogColumn *column = g_ptr_array_index(pane->table->columns, place);
    const CatalogRelation *relation = &pane->table->relation;
    pane->running = g_cancellable_new();
    pane->column = place;
    Asking *asking = g_new0(Asking, 1);
    asking->pane = pane;
    asking->workbench = app_workbench(pane->view->app);
    asking->session = app_take_spare_session(pane->view->app);
    asking->generation = g_object_ref(pane->running);
    asking->relation = (CatalogRelation){.schema = g_strdup(relation->schema),
                                         .name = g_strdup(relation->name),
                                         .estimated_rows = relation->estimated_rows};
    asking->column =
        (CatalogColumn){.name = g_strdup(column->name), .type = g_strdup(column->type)};
    asking->place = place;
    view_submit(pane->view, "profile", ask, answered, asking, asking_free, pane->running);
}

void profile_pane_enter(ProfilePane *pane)
{
    guint64 row = grid_row(pane->grid);
    if (pane->running != NULL || row >= pane->found->len)
        return;
    start(pane, (guint)row);
    fit_columns(pane); /* "asking" is wider than no figure */
    show_current(pane);
}

void profile_pane_all(ProfilePane *pane)
{
    pane->all = TRUE;
    if (pane->running == NULL)
        go_on(pane);
    fit_columns(pane);
    show_current(pane);
}

gboolean profile_pane_cancel(ProfilePane *pane)
{
    pane->all = FALSE;
    if (pane->running == NULL)
        return FALSE;
    g_cancellable_cancel(pane->running);
    return TRUE;
}

/* --- looking ------------------------------------------------------------------------------------*/

gboolean profile_pane_is_waiting(const ProfilePane *pane)
{
    return pane->running != NULL;
}

void profile_pane_move(ProfilePane *pane, Movement movement)
{
    grid_move(pane->grid, movement);
    show_current(pane);
}

/* The columns in the upper part, at most half; the profile of the current one below. */
void profile_pane_draw(ProfilePane *pane, const Canvas *canvas, gboolean focused)
{
    Rect rect = canvas->rect;
    int wanted = (int)MIN(model_rows(pane) + 2, 1000);
    int upper = CLAMP(wanted, 3, MAX(rect.rows / 2, 3));
    if (pane->ascii != canvas->ascii || !pane->filled) {
        pane->ascii = canvas->ascii;
        fill_pager(pane);
    }
    Canvas grid = canvas_part(canvas, (Rect){rect.y, rect.x, upper, rect.columns});
    grid_draw(pane->grid, &grid, focused);
    if (rect.rows <= upper)
        return;
    Canvas lower =
        canvas_part(canvas, (Rect){rect.y + upper, rect.x, rect.rows - upper, rect.columns});
    pager_draw(pane->pager, &lower);
}
