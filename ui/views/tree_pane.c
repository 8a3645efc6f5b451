#include "ui/views/tree_pane.h"

#include <string.h>

#include "base/error.h"
#include "ui/app.h"
#include "ui/widgets/tree.h"

struct TreePane {
    View *view;
    guint part;
    Tree *tree;
    GHashTable *open;    /* set of schema names */
    GHashTable *reading; /* schema name -> start in ms (as a boxed gint64); "" is the list */
    GHashTable *errors;  /* schema name -> message */
    char *filter;
    gboolean system;
    char *schema; /* of the cursor's row */
    char *wanted; /* key to go to once it is there */
};

/* Keys of rows: "s:schema", "r:schema\nrelation", "n:..." for notes. */
static char *schema_key(const char *schema)
{
    return g_strconcat("s:", schema, NULL);
}

static char *relation_key(const char *schema, const char *relation)
{
    return g_strconcat("r:", schema, "\n", relation, NULL);
}

static Catalog *catalog(const TreePane *pane)
{
    return workbench_catalog(app_workbench(pane->view->app));
}

TreePane *tree_pane_new(View *view, guint part)
{
    TreePane *pane = g_new0(TreePane, 1);
    pane->view = view;
    pane->part = part;
    pane->tree = tree_new();
    pane->open = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    pane->reading = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    pane->errors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    pane->system = app_settings(view->app)->show_system_schemas;
    g_hash_table_add(pane->open, g_strdup("public"));
    return pane;
}

void tree_pane_free(TreePane *pane)
{
    if (pane == NULL)
        return;
    tree_free(pane->tree);
    g_hash_table_destroy(pane->open);
    g_hash_table_destroy(pane->reading);
    g_hash_table_destroy(pane->errors);
    g_free(pane->filter);
    g_free(pane->schema);
    g_free(pane->wanted);
    g_free(pane);
}

/* --- rows ---------------------------------------------------------------------------------------*/

static gboolean matches(const TreePane *pane, const char *name)
{
    if (pane->filter == NULL)
        return TRUE;
    g_autofree char *folded = g_utf8_casefold(name, -1);
    return strstr(folded, pane->filter) != NULL;
}

static gboolean is_shown(const TreePane *pane, const CatalogSchema *schema)
{
    char **filter = app_profile(pane->view->app)->schema_filter;
    if (filter != NULL && filter[0] != NULL)
        return g_strv_contains((const char *const *)filter, schema->name);
    return pane->system || !schema->is_system;
}

static void add_note(TreePane *pane, const char *schema, int depth, Role role, const char *text)
{
    g_autofree char *key = g_strconcat("n:", schema, NULL);
    tree_add(pane->tree,
             &(TreeRow){.key = key, .label = (char *)text, .depth = depth, .role = role});
}

static char *relation_note(const CatalogRelation *relation)
{
    switch (relation->kind) {
    case RELATION_VIEW:
        return g_strdup("view");
    case RELATION_MATERIALIZED_VIEW:
        return g_strdup("mat. view");
    case RELATION_EXTERNAL:
        return g_strdup("external");
    default:
        return relation->estimated_rows >= 0 ? text_count((guint64)relation->estimated_rows) : NULL;
    }
}

static void add_relation(TreePane *pane, const CatalogRelation *relation)
{
    g_autofree char *key = relation_key(relation->schema, relation->name);
    g_autofree char *note = relation_note(relation);
    tree_add(pane->tree,
             &(TreeRow){
                 .key = key, .label = relation->name, .note = note, .depth = 2, .role = ROLE_TEXT});
}

static void add_relations(TreePane *pane, const char *schema, gboolean whole)
{
    const GPtrArray *relations = catalog_relations(catalog(pane), schema);
    const char *error = g_hash_table_lookup(pane->errors, schema);
    const gint64 *since = g_hash_table_lookup(pane->reading, schema);
    for (guint i = 0; relations != NULL && i < relations->len; i++) {
        const CatalogRelation *relation = g_ptr_array_index(relations, i);
        if (whole || matches(pane, relation->name))
            add_relation(pane, relation);
    }
    if (since != NULL && relations == NULL) {
        g_autofree char *text = app_duration(pane->view->app, app_now_ms(pane->view->app) - *since);
        g_autofree char *note = g_strconcat("reading ", text, NULL);
        add_note(pane, schema, 2, ROLE_QUIET, note);
    } else if (error != NULL) {
        add_note(pane, schema, 2, ROLE_ERROR, error);
    } else if (relations != NULL && relations->len == 0) {
        add_note(pane, schema, 2, ROLE_QUIET, "empty");
    }
}

static gboolean has_match_inside(const TreePane *pane, const char *schema)
{
    const GPtrArray *relations = catalog_relations(catalog(pane), schema);
    for (guint i = 0; pane->filter != NULL && relations != NULL && i < relations->len; i++)
        if (matches(pane, ((const CatalogRelation *)g_ptr_array_index(relations, i))->name))
            return TRUE;
    return FALSE;
}

static void add_schema(TreePane *pane, const CatalogSchema *schema)
{
    gboolean named = matches(pane, schema->name);
    gboolean inside = has_match_inside(pane, schema->name);
    if (!is_shown(pane, schema) || (!named && !inside))
        return;
    const GPtrArray *relations = catalog_relations(catalog(pane), schema->name);
    gboolean open = g_hash_table_contains(pane->open, schema->name) || inside;
    g_autofree char *key = schema_key(schema->name);
    g_autofree char *note = schema->is_external ? g_strdup("external")
                            : relations != NULL ? text_count(relations->len)
                                                : NULL;
    tree_add(pane->tree, &(TreeRow){.key = key,
                                    .label = schema->name,
                                    .note = note,
                                    .depth = 1,
                                    .opens = TRUE,
                                    .open = open,
                                    .role = schema->is_system ? ROLE_QUIET : ROLE_TEXT});
    if (open)
        add_relations(pane, schema->name, named && !inside);
}

static void note_schema(TreePane *pane)
{
    const TreeRow *row = tree_current(pane->tree);
    g_clear_pointer(&pane->schema, g_free);
    if (row == NULL || row->depth == 0)
        return;
    const char *name = row->key + 2;
    const char *end = strchr(name, '\n');
    pane->schema = end != NULL ? g_strndup(name, (gsize)(end - name)) : g_strdup(name);
}

static void add_top_note(TreePane *pane)
{
    const gint64 *since = g_hash_table_lookup(pane->reading, "");
    const char *error = g_hash_table_lookup(pane->errors, "");
    if (since != NULL) {
        g_autofree char *text = app_duration(pane->view->app, app_now_ms(pane->view->app) - *since);
        g_autofree char *note = g_strconcat("connecting ", text, NULL);
        add_note(pane, "", 1, ROLE_QUIET, note);
    } else if (error != NULL) {
        add_note(pane, "", 1, ROLE_ERROR, "no connection");
        g_autofree char *key = g_strdup("n:retry");
        tree_add(pane->tree,
                 &(TreeRow){
                     .key = key, .label = (char *)"R tries again", .depth = 1, .role = ROLE_QUIET});
    }
}

static void build(TreePane *pane)
{
    const GPtrArray *schemas = catalog_schemas(catalog(pane));
    const char *database = app_profile(pane->view->app)->database;
    tree_begin(pane->tree);
    tree_add(pane->tree, &(TreeRow){.key = (char *)"d:",
                                    .label = (char *)(database != NULL ? database : "database"),
                                    .opens = TRUE,
                                    .open = TRUE,
                                    .role = ROLE_TEXT});
    for (guint i = 0; schemas != NULL && i < schemas->len; i++)
        add_schema(pane, g_ptr_array_index(schemas, i));
    if (schemas == NULL)
        add_top_note(pane);
    tree_settle(pane->tree);
    if (pane->wanted != NULL && tree_go_to(pane->tree, pane->wanted))
        g_clear_pointer(&pane->wanted, g_free);
    note_schema(pane);
    view_touch(pane->view, pane->part);
}

/* --- reading ------------------------------------------------------------------------------------*/

typedef struct {
    TreePane *pane; /* main thread only; valid while the view is open */
    Workbench *workbench;
    char *schema; /* "" for the list of schemas */
    GPtrArray *found;
    char *user, *transport;
    gboolean tls;
} Reading;

static void reading_free(gpointer data)
{
    Reading *reading = data;
    g_clear_pointer(&reading->found, g_ptr_array_unref);
    g_free(reading->schema);
    g_free(reading->user);
    g_free(reading->transport);
    g_free(reading);
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
    reading->found = *reading->schema == '\0'
                         ? catalog_load_schemas(session, cancellable, error)
                         : catalog_load_relations(session, reading->schema, cancellable, error);
    workbench_give_session(reading->workbench, session);
    return reading->found != NULL;
}

static void read_schema(TreePane *pane, const char *schema);

/* Schemas that were open keep being so: what is in them is read as soon as they are known. */
static void read_open_schemas(TreePane *pane)
{
    const GPtrArray *schemas = catalog_schemas(catalog(pane));
    for (guint i = 0; i < schemas->len; i++) {
        const CatalogSchema *schema = g_ptr_array_index(schemas, i);
        if (g_hash_table_contains(pane->open, schema->name) &&
            catalog_relations(catalog(pane), schema->name) == NULL)
            read_schema(pane, schema->name);
    }
}

static void level_read(gpointer data, TaskOutcome outcome, const GError *error)
{
    Reading *reading = data;
    TreePane *pane = reading->pane;
    App *app = pane->view->app;
    g_hash_table_remove(pane->reading, reading->schema);
    if (reading->user != NULL)
        app_set_connection(app, &(SessionInfo){.user = reading->user,
                                               .transport = reading->transport,
                                               .tls = reading->tls});
    if (outcome == TASK_DONE) {
        g_hash_table_remove(pane->errors, reading->schema);
        if (*reading->schema == '\0') {
            catalog_take_schemas(catalog(pane), g_steal_pointer(&reading->found));
            read_open_schemas(pane);
        } else {
            catalog_take_relations(catalog(pane), reading->schema,
                                   g_steal_pointer(&reading->found));
        }
    } else {
        g_hash_table_insert(pane->errors, g_strdup(reading->schema), g_strdup(error->message));
        app_message_error(app, error);
    }
    build(pane);
}

static void read_schema(TreePane *pane, const char *schema)
{
    if (g_hash_table_contains(pane->reading, schema))
        return;
    gint64 *since = g_new(gint64, 1);
    *since = app_now_ms(pane->view->app);
    g_hash_table_insert(pane->reading, g_strdup(schema), since);
    Reading *reading = g_new0(Reading, 1);
    reading->pane = pane;
    reading->workbench = app_workbench(pane->view->app);
    reading->schema = g_strdup(schema);
    view_submit(pane->view, "catalog", read_level, level_read, reading, reading_free, NULL);
    build(pane);
}

void tree_pane_connect(TreePane *pane)
{
    read_schema(pane, "");
}

void tree_pane_refresh(TreePane *pane)
{
    gboolean list = catalog_schemas(catalog(pane)) == NULL || pane->schema == NULL;
    read_schema(pane, list ? "" : pane->schema);
}

/* --- moving -------------------------------------------------------------------------------------*/

void tree_pane_move(TreePane *pane, Movement movement)
{
    tree_move(pane->tree, movement);
    note_schema(pane);
    view_touch(pane->view, pane->part);
}

static void open_schema(TreePane *pane, const char *schema)
{
    g_hash_table_add(pane->open, g_strdup(schema));
    if (catalog_relations(catalog(pane), schema) == NULL)
        read_schema(pane, schema);
}

gboolean tree_pane_enter(TreePane *pane)
{
    const TreeRow *row = tree_current(pane->tree);
    if (row == NULL || row->key[0] == 'n')
        return FALSE;
    if (row->key[0] == 'r')
        return TRUE;
    if (row->key[0] == 'd')
        return FALSE;
    g_autofree char *schema = g_strdup(row->key + 2);
    if (row->open)
        g_hash_table_remove(pane->open, schema);
    else
        open_schema(pane, schema);
    build(pane);
    return FALSE;
}

void tree_pane_leave(TreePane *pane)
{
    const TreeRow *row = tree_current(pane->tree);
    if (row != NULL && row->key[0] == 's' && row->open)
        tree_pane_enter(pane);
    else
        tree_go_to_parent(pane->tree);
    note_schema(pane);
    view_touch(pane->view, pane->part);
}

static const CatalogRelation *find_relation(const TreePane *pane, const char *schema,
                                            const char *name)
{
    const GPtrArray *relations = catalog_relations(catalog(pane), schema);
    for (guint i = 0; relations != NULL && i < relations->len; i++) {
        const CatalogRelation *relation = g_ptr_array_index(relations, i);
        if (strcmp(relation->name, name) == 0)
            return relation;
    }
    return NULL;
}

const CatalogRelation *tree_pane_relation(const TreePane *pane)
{
    const TreeRow *row = tree_current(pane->tree);
    if (row == NULL || row->key[0] != 'r' || pane->schema == NULL)
        return NULL;
    return find_relation(pane, pane->schema, strchr(row->key, '\n') + 1);
}

const char *tree_pane_schema(const TreePane *pane)
{
    return pane->schema;
}

void tree_pane_go_to(TreePane *pane, const char *schema, const char *relation)
{
    g_free(pane->wanted);
    pane->wanted = relation_key(schema, relation);
    g_hash_table_add(pane->open, g_strdup(schema));
    if (catalog_schemas(catalog(pane)) != NULL)
        open_schema(pane, schema);
    build(pane);
}

void tree_pane_filter(TreePane *pane, const char *text)
{
    g_clear_pointer(&pane->filter, g_free);
    if (text != NULL && *text != '\0')
        pane->filter = g_utf8_casefold(text, -1);
    build(pane);
}

gboolean tree_pane_toggle_system(TreePane *pane)
{
    pane->system = !pane->system;
    build(pane);
    return pane->system;
}

gboolean tree_pane_is_waiting(const TreePane *pane)
{
    return g_hash_table_size(pane->reading) > 0;
}

void tree_pane_tick(TreePane *pane)
{
    if (tree_pane_is_waiting(pane))
        build(pane);
}

/* --- drawing ------------------------------------------------------------------------------------*/

/* When the level under the cursor was read: a time of day stays true while nothing is drawn. */
static void draw_age(const TreePane *pane, const Canvas *canvas, int y)
{
    gint64 age = catalog_age(catalog(pane), pane->schema);
    if (age < 0)
        age = catalog_age(catalog(pane), NULL);
    draw_blank(canvas, y, 0, -1, ROLE_TEXT);
    if (pane->filter != NULL) {
        g_autofree char *text = g_strconcat("names with ", pane->filter, NULL);
        draw_text(canvas, y, 1, -1, ROLE_QUIET, TEXT_LEFT, text);
        return;
    }
    if (age < 0)
        return;
    gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    g_autofree char *time = app_time_of_day(pane->view->app, now - age);
    g_autofree char *text = g_strdup_printf("est. counts, %s", time);
    draw_text(canvas, y, 1, -1, ROLE_QUIET, TEXT_LEFT, text);
}

void tree_pane_draw(TreePane *pane, const Canvas *canvas, gboolean focused)
{
    Rect rect = canvas->rect;
    Canvas rows = canvas_part(canvas, (Rect){rect.y, rect.x, rect.rows - 1, rect.columns});
    tree_draw(pane->tree, &rows, focused);
    draw_age(pane, canvas, rect.rows - 1);
}
