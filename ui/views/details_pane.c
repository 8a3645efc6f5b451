#include "ui/views/details_pane.h"

#include <string.h>

#include "ui/app.h"
#include "ui/widgets/grid.h"
#include "ui/widgets/pager.h"

struct DetailsPane {
    View *view;
    guint part;
    char *schema, *relation;
    CatalogTable *table;
    char *ddl, *error;
    GCancellable *reading; /* NULL: nothing is read */
    Grid *columns;
    Pager *pager;
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

static guint model_columns(gpointer user)
{
    return N_COLUMNS;
}

static guint64 model_rows(gpointer user)
{
    const DetailsPane *pane = user;
    return pane->table != NULL ? pane->table->columns->len : 0;
}

static const char *model_name(gpointer user, guint column)
{
    return headers[column];
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

static GridCell model_cell(gpointer user, guint64 row, guint column, gsize limit, GString *text)
{
    const DetailsPane *pane = user;
    const CatalogColumn *item = g_ptr_array_index(pane->table->columns, (guint)row);
    g_autofree char *sort = sort_text(item->sort_key);
    const char *const values[N_COLUMNS] = {
        [COLUMN_NAME] = item->name,
        [COLUMN_TYPE] = item->type,
        [COLUMN_NULL] = item->not_null ? "no" : "yes",
        [COLUMN_DEFAULT] = item->default_value,
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

static const GridModel model = {model_columns, model_rows, model_name, model_is_number, model_cell};

/* --- life ---------------------------------------------------------------------------------------*/

DetailsPane *details_pane_new(View *view, guint part)
{
    DetailsPane *pane = g_new0(DetailsPane, 1);
    pane->view = view;
    pane->part = part;
    pane->columns = grid_new(&model, pane);
    pane->pager = pager_new(FALSE);
    return pane;
}

static void forget(DetailsPane *pane)
{
    if (pane->reading != NULL)
        g_cancellable_cancel(pane->reading);
    g_clear_object(&pane->reading);
    g_clear_pointer(&pane->table, catalog_table_free);
    g_clear_pointer(&pane->ddl, g_free);
    g_clear_pointer(&pane->error, g_free);
    pager_clear(pane->pager);
}

void details_pane_free(DetailsPane *pane)
{
    if (pane == NULL)
        return;
    forget(pane);
    grid_free(pane->columns);
    pager_free(pane->pager);
    g_free(pane->schema);
    g_free(pane->relation);
    g_free(pane);
}

void details_pane_set(DetailsPane *pane, const char *schema, const char *relation)
{
    g_autofree char *own_schema = g_strdup(schema); /* both may be ours */
    g_autofree char *own_relation = g_strdup(relation);
    forget(pane);
    grid_rewind(pane->columns);
    g_free(pane->schema);
    g_free(pane->relation);
    pane->schema = g_steal_pointer(&own_schema);
    pane->relation = g_steal_pointer(&own_relation);
}

/* --- reading ------------------------------------------------------------------------------------*/

typedef struct {
    DetailsPane *pane;
    Workbench *workbench;
    GCancellable *generation;
    char *schema, *relation;
    CatalogTable *table;
} Reading;

static void reading_free(gpointer data)
{
    Reading *reading = data;
    catalog_table_free(reading->table);
    g_object_unref(reading->generation);
    g_free(reading->schema);
    g_free(reading->relation);
    g_free(reading);
}

static gboolean read_table(gpointer data, GCancellable *cancellable, GError **error)
{
    Reading *reading = data;
    Session *session = workbench_take_session(reading->workbench, cancellable, error);
    if (session == NULL)
        return FALSE;
    reading->table =
        catalog_load_table(session, reading->schema, reading->relation, cancellable, error);
    workbench_give_session(reading->workbench, session);
    return reading->table != NULL;
}

static void table_read(gpointer data, TaskOutcome outcome, const GError *error)
{
    Reading *reading = data;
    if (g_cancellable_is_cancelled(reading->generation))
        return; /* another relation is looked at by now */
    DetailsPane *pane = reading->pane;
    g_clear_object(&pane->reading);
    if (outcome == TASK_DONE) {
        pane->table = g_steal_pointer(&reading->table);
        pane->ddl = catalog_table_ddl(pane->table, NULL, NULL);
        pager_add(pane->pager, ROLE_SQL, pane->ddl);
    } else {
        pane->error = g_strdup(error->message);
    }
    view_touch(pane->view, pane->part);
}

void details_pane_read(DetailsPane *pane, gboolean anew)
{
    if (pane->relation == NULL || (!anew && (pane->table != NULL || pane->reading != NULL)))
        return;
    forget(pane);
    pane->reading = g_cancellable_new();
    Reading *reading = g_new0(Reading, 1);
    *reading = (Reading){.pane = pane,
                         .workbench = app_workbench(pane->view->app),
                         .generation = g_object_ref(pane->reading),
                         .schema = g_strdup(pane->schema),
                         .relation = g_strdup(pane->relation)};
    view_submit(pane->view, "describe", read_table, table_read, reading, reading_free,
                pane->reading);
    view_touch(pane->view, pane->part);
}

/* --- looking ------------------------------------------------------------------------------------*/

void details_pane_move(DetailsPane *pane, DetailsTab tab, Movement movement)
{
    if (tab == DETAILS_COLUMNS)
        grid_move(pane->columns, movement);
    else
        pager_move(pane->pager, movement);
    view_touch(pane->view, pane->part);
}

gboolean details_pane_search(DetailsPane *pane, const char *text, gboolean forward)
{
    view_touch(pane->view, pane->part);
    return pager_search(pane->pager, text, forward);
}

const char *details_pane_ddl(const DetailsPane *pane)
{
    return pane->ddl;
}

gboolean details_pane_is_waiting(const DetailsPane *pane)
{
    return pane->reading != NULL;
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
    else if (pane->relation == NULL)
        pager_add(pager, ROLE_QUIET, "Choose a table in the catalog: Enter opens it");
    else
        pager_add(pager, ROLE_QUIET, "Reading the catalog");
    pager_draw(pager, canvas);
}

void details_pane_draw(DetailsPane *pane, DetailsTab tab, const Canvas *canvas, gboolean focused)
{
    if (focused)
        draw_cursor(canvas, 0, 0, FALSE);
    if (pane->table == NULL) {
        draw_message(pane, canvas);
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
