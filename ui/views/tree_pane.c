#include "ui/views/tree_pane.h"

#include <string.h>

#include "base/error.h"
#include "redshift/catalog_search.h"
#include "sql/ident.h"
#include "ui/app.h"
#include "ui/views/tree_private.h"

/* More names than anybody scrolls through: the next letter brings the better ones up. */
enum { MOST_MATCHES = 1000 };

Catalog *tree_catalog(const TreePane *pane)
{
    return workbench_catalog(app_workbench(pane->view->app));
}

TreePane *tree_pane_new(View *view, guint part)
{
    TreePane *pane = g_new0(TreePane, 1);
    pane->view = view;
    pane->part = part;
    pane->tree = tree_new(tree_describe, pane);
    pane->toggled = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    pane->reading = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    pane->errors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    pane->notes = g_ptr_array_new_with_free_func(g_free);
    pane->system = app_settings(view->app)->show_system_schemas;
    return pane;
}

void tree_pane_free(TreePane *pane)
{
    if (pane == NULL)
        return;
    tree_free(pane->tree);
    g_hash_table_destroy(pane->toggled);
    g_hash_table_destroy(pane->reading);
    g_hash_table_destroy(pane->errors);
    g_ptr_array_unref(pane->notes);
    g_clear_pointer(&pane->matches, g_array_unref);
    g_free(pane->filter);
    g_free(pane->current);
    g_free(pane->schema);
    g_free(pane->wanted);
    g_free(pane);
}

void tree_pane_connect(TreePane *pane)
{
    g_autofree char *key = catalog_key(NULL, NULL);
    tree_read(pane, key);
    tree_build(pane);
}

/* --- moving -------------------------------------------------------------------------------------*/

/* The schema that a row of the connected database is or lies in. */
static const char *schema_of(const TreeNode *node)
{
    const CatalogRelation *item = node->item;
    switch (node->type) {
    case TREE_SCHEMA:
    case TREE_GROUP:
        return node->place == NULL ? item->name : NULL;
    case TREE_RELATION:
        return node->place == NULL ? item->schema : NULL;
    default:
        return NULL;
    }
}

void tree_note_current(TreePane *pane)
{
    const TreeNode *node = tree_current(pane->tree);
    g_clear_pointer(&pane->current, g_free);
    g_clear_pointer(&pane->schema, g_free);
    if (node == NULL)
        return;
    pane->current = tree_row_key(node);
    pane->schema = g_strdup(schema_of(node));
    view_touch(pane->view, pane->part);
}

void tree_pane_move(TreePane *pane, Movement movement)
{
    tree_move(pane->tree, movement);
    tree_note_current(pane);
}

void tree_pane_refresh(TreePane *pane)
{
    const TreeNode *node = tree_current(pane->tree);
    g_autofree char *root = catalog_key(NULL, NULL);
    gboolean list = catalog_level(tree_catalog(pane), root) == NULL || node == NULL;
    g_autofree char *key = list ? NULL : tree_level_key(node);
    if (key == NULL && !list && pane->schema != NULL)
        key = catalog_key(NULL, pane->schema);
    /* Without a connection any refresh is about that. */
    if (g_hash_table_contains(pane->errors, root))
        g_clear_pointer(&key, g_free);
    g_hash_table_remove_all(pane->errors);
    tree_read(pane, key == NULL ? root : key);
    tree_build(pane);
}

/* Opening a node asks the server once in a session; what the cache has is there meanwhile. */
static void open_node(TreePane *pane, const TreeNode *node)
{
    g_autofree char *key = tree_level_key(node);
    tree_set_open(pane, node, TRUE);
    if (key != NULL && !catalog_is_fresh(tree_catalog(pane), key))
        tree_read(pane, key);
}

static gboolean enter_relation(TreePane *pane, const TreeNode *node)
{
    const CatalogRelation *relation = node->item;
    App *app = pane->view->app;
    if (node->detail == TREE_GONE) {
        app_message(app, MESSAGE_WARNING, "%s was no longer there when the schema was read",
                    relation->name);
        return FALSE;
    }
    if (node->place == NULL)
        return TRUE;
    g_autofree char *database = sql_ident(node->place);
    g_autofree char *name = sql_ident_pair(relation->schema, relation->name);
    app_message(app, MESSAGE_INFO,
                "%s.%s is of another database: a profile with database = %s shows it, and queries "
                "may name it so",
                database, name, (const char *)node->place);
    return FALSE;
}

gboolean tree_pane_enter(TreePane *pane)
{
    const TreeNode *current = tree_current(pane->tree);
    if (current == NULL || current->type == TREE_NOTE)
        return FALSE;
    TreeNode node = *current;
    if (node.type == TREE_RELATION)
        return enter_relation(pane, &node);
    if (pane->filter != NULL && node.type == TREE_SCHEMA) { /* found: show where it is */
        g_autofree char *schema = g_strdup(((const CatalogRelation *)node.item)->name);
        tree_pane_go_to(pane, schema, NULL);
        return FALSE;
    }
    if (pane->filter != NULL)
        return FALSE;
    if (node.open)
        tree_set_open(pane, &node, FALSE);
    else
        open_node(pane, &node);
    tree_build(pane);
    return FALSE;
}

void tree_pane_leave(TreePane *pane)
{
    const TreeNode *node = tree_current(pane->tree);
    if (node != NULL && node->opens && node->open && node->depth > 0)
        tree_pane_enter(pane);
    else
        tree_go_to_parent(pane->tree);
    tree_note_current(pane);
}

const CatalogRelation *tree_pane_relation(const TreePane *pane)
{
    const TreeNode *node = tree_current(pane->tree);
    if (node == NULL || node->type != TREE_RELATION || node->detail == TREE_GONE ||
        node->place != NULL)
        return NULL;
    return node->item;
}

const char *tree_pane_schema(const TreePane *pane)
{
    return pane->schema;
}

/* --- searching ----------------------------------------------------------------------------------*/

/* What is searched: the schemas' own names, and the names in those that are shown. */
static GPtrArray *searched_levels(TreePane *pane)
{
    Catalog *catalog = tree_catalog(pane);
    g_autofree char *root = catalog_key(NULL, NULL);
    CatalogLevel *list = catalog_level(catalog, root);
    GPtrArray *levels = g_ptr_array_new();
    const GPtrArray *schemas = list == NULL ? NULL : catalog_level_relations(list);
    for (guint i = 0; schemas != NULL && i < schemas->len; i++) {
        const CatalogRelation *schema = schemas->pdata[i];
        if (!tree_shows(pane, schema))
            continue;
        g_autofree char *key = catalog_key(NULL, schema->name);
        g_autofree char *routines = catalog_routines_key(schema->name);
        CatalogLevel *names = catalog_level(catalog, key);
        CatalogLevel *more = catalog_level(catalog, routines);
        if (names != NULL)
            g_ptr_array_add(levels, names);
        if (more != NULL)
            g_ptr_array_add(levels, more);
    }
    if (list != NULL)
        g_ptr_array_add(levels, list);
    return levels;
}

static void drop_hidden_schemas(TreePane *pane)
{
    for (guint i = pane->matches->len; i-- > 0;) {
        const CatalogRelation *found = g_array_index(pane->matches, CatalogMatch, i).relation;
        if (found->kind == RELATION_SCHEMA && !tree_shows(pane, found)) {
            g_array_remove_index(pane->matches, i);
            pane->n_matches--;
        }
    }
}

void tree_pane_filter(TreePane *pane, const char *text)
{
    g_autofree char *copy = g_strdup(text); /* may be ours */
    g_clear_pointer(&pane->matches, g_array_unref);
    g_clear_pointer(&pane->filter, g_free);
    if (copy == NULL || *copy == '\0') {
        tree_build(pane);
        return;
    }
    g_autoptr(GPtrArray) levels = searched_levels(pane);
    pane->filter = g_steal_pointer(&copy);
    pane->matches =
        catalog_search(levels, pane->filter, MOST_MATCHES, &pane->n_matches, &pane->n_searched);
    drop_hidden_schemas(pane);
    g_clear_pointer(&pane->current, g_free);
    tree_build(pane);
    tree_go_to_row(pane->tree, 1); /* the best */
    tree_note_current(pane);
}

/* The schema of that name in the list, or NULL. */
static const CatalogRelation *find_schema(TreePane *pane, const char *name)
{
    g_autofree char *root = catalog_key(NULL, NULL);
    const CatalogLevel *list = catalog_level(tree_catalog(pane), root);
    return list == NULL ? NULL : catalog_level_find(list, name);
}

void tree_pane_go_to(TreePane *pane, const char *schema, const char *relation)
{
    g_free(pane->wanted);
    pane->wanted = relation == NULL ? tree_schema_key(schema) : tree_relation_key(schema, relation);
    g_clear_pointer(&pane->filter, g_free);
    g_clear_pointer(&pane->matches, g_array_unref);
    CatalogRelation named = {.name = (char *)schema};
    TreeNode node = {.type = TREE_SCHEMA, .item = &named};
    tree_set_open(pane, &node, TRUE);
    if (find_schema(pane, schema) != NULL)
        open_node(pane, &node);
    tree_build(pane);
}

void tree_pane_accept(TreePane *pane, const char *text)
{
    g_auto(GStrv) parts = sql_ident_split(text, NULL);
    const CatalogRelation *schema =
        parts == NULL || g_strv_length(parts) != 2 ? NULL : find_schema(pane, parts[0]);
    if (schema == NULL) {
        tree_pane_filter(pane, text);
        return;
    }
    g_autofree char *key = catalog_key(NULL, parts[0]);
    const CatalogLevel *level = catalog_level(tree_catalog(pane), key);
    if (level == NULL || catalog_level_find(level, parts[1]) != NULL)
        tree_pane_go_to(pane, parts[0], parts[1]);
    else
        tree_pane_filter(pane, text);
}

gboolean tree_pane_toggle_system(TreePane *pane)
{
    pane->system = !pane->system;
    tree_build(pane);
    return pane->system;
}

gboolean tree_pane_is_waiting(const TreePane *pane)
{
    return g_hash_table_size(pane->reading) > 0;
}

void tree_pane_tick(TreePane *pane)
{
    if (tree_pane_is_waiting(pane))
        tree_build(pane);
}

/* --- drawing ------------------------------------------------------------------------------------*/

/* "3 h", of what is older than a clock shows. */
static char *age_text(gint64 seconds)
{
    if (seconds < 60)
        return g_strdup_printf("%d s", (int)seconds);
    if (seconds < 60 * 60)
        return g_strdup_printf("%d min", (int)(seconds / 60));
    if (seconds < 48 * 60 * 60)
        return g_strdup_printf("%d h", (int)(seconds / (60 * 60)));
    return g_strdup_printf("%d days", (int)(seconds / (24 * 60 * 60)));
}

static guint count_new(const CatalogLevel *level)
{
    const GPtrArray *relations = catalog_level_relations(level);
    guint n = 0;
    for (guint i = 0; i < relations->len; i++)
        n += ((const CatalogRelation *)relations->pdata[i])->is_new;
    return n;
}

/* When the level under the cursor was read: a time of day stays true while nothing is drawn. */
static char *status_text(const TreePane *pane)
{
    Catalog *catalog = tree_catalog(pane);
    if (pane->filter != NULL)
        return g_strdup_printf("%u of %u names with %s", pane->n_matches, pane->n_searched,
                               pane->filter);
    g_autofree char *key = catalog_key(NULL, pane->schema);
    g_autofree char *root = catalog_key(NULL, NULL);
    gint64 age = catalog_age(catalog, pane->schema);
    if (age < 0) {
        age = catalog_age(catalog, NULL);
        g_free(key);
        key = g_strdup(root);
    }
    if (age < 0)
        return NULL;
    g_autofree char *old = age_text(age);
    if (!catalog_is_fresh(catalog, key))
        return g_strdup_printf(
            "%s, %s old", g_hash_table_contains(pane->errors, root) ? "offline" : "cached", old);
    const GPtrArray *vanished = catalog_vanished(catalog, key);
    guint fresh = count_new(catalog_level(catalog, key));
    guint gone = vanished == NULL ? 0 : vanished->len;
    if (fresh > 0 && gone > 0)
        return g_strdup_printf("est. counts, %u new, %u gone", fresh, gone);
    if (fresh > 0 || gone > 0)
        return g_strdup_printf("est. counts, %u %s", MAX(fresh, gone), fresh > 0 ? "new" : "gone");
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    g_autofree char *time = app_time_of_day(pane->view->app, now - age);
    return g_strdup_printf("est. counts, %s", time);
}

void tree_pane_draw(TreePane *pane, const Canvas *canvas, gboolean focused)
{
    Rect rect = canvas->rect;
    Canvas rows = canvas_part(canvas, (Rect){rect.y, rect.x, rect.rows - 1, rect.columns});
    g_autofree char *status = status_text(pane);
    tree_draw(pane->tree, &rows, focused);
    draw_blank(canvas, rect.rows - 1, 0, -1, ROLE_TEXT);
    if (status != NULL)
        draw_text(canvas, rect.rows - 1, 1, -1, ROLE_QUIET, TEXT_LEFT, status);
}
