#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "redshift/catalog_cache.h"
#include "ui/app.h"
#include "ui/views/tree_private.h"

/* SVV_TABLE_INFO works for every table of the schema: beyond this many its answer is not worth the
 * server's time unasked, and the planner's estimates stay. */
enum {
    SIZED_TABLES = 2000,
    SIZING_SECONDS = 10, /* after which the server is not kept at it */
};

typedef struct {
    TreePane *pane; /* main thread only; valid while the view is open */
    Workbench *workbench;
    const CatalogCache *cache; /* the workbench's */
    char *key;
    CatalogLevel *level;
    char *user, *transport;
    gboolean tls;
} Reading;

static void reading_free(gpointer data)
{
    Reading *reading = data;
    catalog_level_unref(reading->level);
    g_free(reading->key);
    g_free(reading->user);
    g_free(reading->transport);
    g_free(reading);
}

/* What was read is kept on disk by the worker, too. A disk that is full costs the next start's first
 * look, nothing else. */
static void keep_on_disk(const Reading *reading)
{
    g_autoptr(GError) failure = NULL;
    if (reading->cache != NULL &&
        !catalog_cache_write(reading->cache, reading->key, reading->level, &failure))
        log_write(LOG_LEVEL_WARNING, "%s", failure->message);
}

static gboolean read_level(gpointer data, GCancellable *cancellable, GError **error)
{
    Reading *reading = data;
    Session *session = workbench_take_session(reading->workbench, cancellable, error);
    if (session == NULL)
        return FALSE;
    const SessionInfo *info = session_info(session);
    reading->user = g_strdup(info->user);
    reading->transport = g_strdup(info->transport);
    reading->tls = info->tls;
    reading->level = catalog_load_level(session, reading->key, cancellable, error);
    workbench_give_session(reading->workbench, session);
    if (reading->level != NULL)
        keep_on_disk(reading);
    return reading->level != NULL;
}

/* --- sizes, afterwards --------------------------------------------------------------------------*/

typedef struct {
    TreePane *pane;
    Workbench *workbench;
    Session *session; /* what a finished statement left, or opened here */
    char *schema;
    CatalogLevel *level; /* the one that the sizes are for */
    GHashTable *sizes;
    GCancellable *limit;
    guint timer; /* main thread only */
} Sizing;

static void sizing_free(gpointer data)
{
    Sizing *sizing = data;
    session_free(sizing->session);
    catalog_level_unref(sizing->level);
    g_clear_pointer(&sizing->sizes, g_hash_table_unref);
    g_object_unref(sizing->limit);
    g_free(sizing->schema);
    g_free(sizing);
}

static gboolean read_sizes(gpointer data, GCancellable *cancellable, GError **error)
{
    Sizing *sizing = data;
    if (sizing->session == NULL)
        sizing->session = workbench_open_session(sizing->workbench, cancellable, error);
    if (sizing->session == NULL)
        return FALSE;
    sizing->sizes = catalog_load_sizes(sizing->session, sizing->schema, cancellable, error);
    return sizing->sizes != NULL;
}

static gboolean sized_too_long(gpointer limit)
{
    g_cancellable_cancel(limit);
    return G_SOURCE_REMOVE;
}

/* Without sizes the estimates of the planner stay: no message for that. */
static void sizes_read(gpointer data, TaskOutcome outcome, const GError *error)
{
    Sizing *sizing = data;
    TreePane *pane = sizing->pane;
    if (!g_cancellable_is_cancelled(sizing->limit)) /* else the timer has fired */
        g_source_remove(sizing->timer);
    if (sizing->session != NULL && session_is_alive(sizing->session))
        app_put_spare_session(pane->view->app, g_steal_pointer(&sizing->session));
    if (outcome == TASK_DONE)
        catalog_level_take_sizes(sizing->level, sizing->sizes);
    view_touch(pane->view, pane->part);
}

static void want_sizes(TreePane *pane, const char *key, CatalogLevel *level)
{
    guint first, tables = catalog_level_of_kind(level, RELATION_TABLE, &first);
    if (!g_str_has_prefix(key, "s:") || tables == 0 || tables > SIZED_TABLES)
        return;
    Sizing *sizing = g_new0(Sizing, 1);
    sizing->pane = pane;
    sizing->workbench = app_workbench(pane->view->app);
    sizing->session = app_take_spare_session(pane->view->app);
    sizing->schema = g_strdup(catalog_level_schema(level));
    sizing->level = catalog_level_ref(level);
    sizing->limit = g_cancellable_new();
    sizing->timer = g_timeout_add_seconds_full(G_PRIORITY_DEFAULT, SIZING_SECONDS, sized_too_long,
                                               g_object_ref(sizing->limit), g_object_unref);
    view_submit(pane->view, "sizes", read_sizes, sizes_read, sizing, sizing_free, sizing->limit);
}

/* --- levels -------------------------------------------------------------------------------------*/

static void level_read(gpointer data, TaskOutcome outcome, const GError *error)
{
    Reading *reading = data;
    TreePane *pane = reading->pane;
    App *app = pane->view->app;
    g_hash_table_remove(pane->reading, reading->key);
    if (reading->user != NULL)
        app_set_connection(app, &(SessionInfo){.user = reading->user,
                                               .transport = reading->transport,
                                               .tls = reading->tls});
    if (outcome == TASK_DONE) {
        CatalogLevel *level = catalog_level_ref(reading->level);
        g_hash_table_remove(pane->errors, reading->key);
        catalog_take_level(tree_catalog(pane), reading->key, level);
        want_sizes(pane, reading->key, level);
        tree_read_open(pane);
    } else {
        g_hash_table_insert(pane->errors, g_strdup(reading->key), g_strdup(error->message));
        app_message_error(app, error);
    }
    if (pane->filter != NULL) { /* the matches lie in the levels */
        g_autofree char *filter = g_strdup(pane->filter);
        tree_pane_filter(pane, filter);
        return;
    }
    tree_build(pane);
}

void tree_read(TreePane *pane, const char *key)
{
    if (g_hash_table_contains(pane->reading, key))
        return;
    gint64 *since = g_new(gint64, 1);
    *since = app_now_ms(pane->view->app);
    g_hash_table_insert(pane->reading, g_strdup(key), since);
    Reading *reading = g_new0(Reading, 1);
    reading->pane = pane;
    reading->workbench = app_workbench(pane->view->app);
    reading->cache = catalog_cache(tree_catalog(pane));
    reading->key = g_strdup(key);
    view_submit(pane->view, "catalog", read_level, level_read, reading, reading_free, NULL);
}

/* Schemas that are open keep being so: what is in them is read as soon as they are known. */
void tree_read_open(TreePane *pane)
{
    const CatalogLevel *level = catalog_level(tree_catalog(pane), "schemas");
    const GPtrArray *schemas = level == NULL ? NULL : catalog_level_relations(level);
    if (!catalog_is_fresh(tree_catalog(pane), "schemas"))
        return;
    for (guint i = 0; schemas != NULL && i < schemas->len; i++) {
        TreeNode node = {.type = TREE_SCHEMA, .item = schemas->pdata[i]};
        g_autofree char *key = tree_level_key(&node);
        if (tree_shows(pane, schemas->pdata[i]) && tree_is_open(pane, &node) &&
            !catalog_is_fresh(tree_catalog(pane), key) && !g_hash_table_contains(pane->errors, key))
            tree_read(pane, key);
    }
}
