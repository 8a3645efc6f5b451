#include <string.h>

#include "redshift/catalog_search.h"
#include "ui/app.h"
#include "ui/views/tree_private.h"

/* --- keys ---------------------------------------------------------------------------------------*/

char *tree_schema_key(const char *schema)
{
    return g_strconcat("s:\n", schema, NULL);
}

char *tree_relation_key(const char *schema, const char *relation)
{
    return g_strconcat("r:\n", schema, "\n", relation, NULL);
}

char *tree_row_key(const TreeNode *node)
{
    const CatalogRelation *item = node->type == TREE_NOTE ? NULL : node->item;
    const char *place = node->place != NULL ? node->place : "";
    switch (node->type) {
    case TREE_DATABASE:
        return g_strconcat("d:", item == NULL ? "" : item->name, NULL);
    case TREE_OTHERS:
        return g_strdup("o:");
    case TREE_SCHEMA:
        return g_strconcat("s:", place, "\n", item->name, NULL);
    case TREE_GROUP:
        return g_strdup_printf("g:%s\n%s\n%d", place, item->name, node->detail);
    case TREE_RELATION:
        return g_strconcat("r:", place, "\n", item->schema, "\n", item->name, item->arguments,
                           NULL);
    default:
        return g_strconcat("n:", place, NULL);
    }
}

char *tree_level_key(const TreeNode *node)
{
    const CatalogRelation *item = node->item;
    switch (node->type) {
    case TREE_DATABASE:
        return catalog_key(item == NULL ? NULL : item->name, NULL);
    case TREE_OTHERS:
        return g_strdup(CATALOG_DATABASES);
    case TREE_SCHEMA:
        return catalog_key(node->place, item->name);
    case TREE_GROUP:
        return node->detail == TREE_ROUTINES ? catalog_routines_key(item->name) : NULL;
    default:
        return NULL;
    }
}

/* At first the connected database, its public schema and all kinds but routines are open. */
static gboolean opens_at_first(const TreeNode *node)
{
    const CatalogRelation *item = node->item;
    switch (node->type) {
    case TREE_DATABASE:
        return item == NULL;
    case TREE_SCHEMA:
        return node->place == NULL && strcmp(item->name, "public") == 0;
    case TREE_GROUP:
        return node->detail != TREE_ROUTINES;
    default:
        return FALSE;
    }
}

gboolean tree_is_open(const TreePane *pane, const TreeNode *node)
{
    g_autofree char *key = tree_row_key(node);
    return opens_at_first(node) != g_hash_table_contains(pane->toggled, key);
}

void tree_set_open(TreePane *pane, const TreeNode *node, gboolean open)
{
    char *key = tree_row_key(node);
    if (opens_at_first(node) != open)
        g_hash_table_add(pane->toggled, key);
    else {
        g_hash_table_remove(pane->toggled, key);
        g_free(key);
    }
}

gboolean tree_shows(const TreePane *pane, const CatalogRelation *schema)
{
    char **filter = app_profile(pane->view->app)->schema_filter;
    if (filter != NULL && filter[0] != NULL)
        return g_strv_contains((const char *const *)filter, schema->name);
    return pane->system || (schema->flags & CATALOG_SYSTEM) == 0;
}

/* --- rows ---------------------------------------------------------------------------------------*/

static void add_note(TreePane *pane, const TreeNode *under, Role role, char *text)
{
    const CatalogRelation *item = under->item;
    g_ptr_array_add(pane->notes, text);
    tree_add(pane->tree, &(TreeNode){.type = TREE_NOTE,
                                     .detail = (guint8)role,
                                     .depth = under->depth + 1,
                                     .item = text,
                                     .place = item == NULL ? "" : item->name});
}

/* What is the matter with a node's level: being read, refused, or empty. */
static void add_state(TreePane *pane, const TreeNode *node, const char *key,
                      const CatalogLevel *level)
{
    const gint64 *since = g_hash_table_lookup(pane->reading, key);
    const char *error = g_hash_table_lookup(pane->errors, key);
    if (since != NULL && level == NULL) {
        g_autofree char *text = app_duration(pane->view->app, app_now_ms(pane->view->app) - *since);
        add_note(pane, node, ROLE_QUIET, g_strconcat("reading ", text, NULL));
    } else if (error != NULL) {
        add_note(pane, node, ROLE_ERROR, g_strdup(error));
    } else if (level != NULL && catalog_level_count(level) == 0 && node->type != TREE_SCHEMA) {
        add_note(pane, node, ROLE_QUIET, g_strdup("none"));
    }
}

static void add_relation(TreePane *pane, const TreeNode *under, const CatalogRelation *relation,
                         guint8 mark)
{
    tree_add(pane->tree, &(TreeNode){.type = TREE_RELATION,
                                     .detail = mark,
                                     .depth = under->depth + 1,
                                     .item = relation,
                                     .place = under->place});
}

/* The relations of one kind, those that vanished where they would stand. Both are sorted. */
static void add_kind(TreePane *pane, const TreeNode *under, RelationKind kind,
                     const CatalogLevel *level, const GPtrArray *vanished)
{
    guint first, n = catalog_level_of_kind(level, kind, &first);
    const GPtrArray *relations = catalog_level_relations(level);
    guint gone = 0;
    for (guint i = 0; i <= n; i++) {
        const CatalogRelation *next = i < n ? relations->pdata[first + i] : NULL;
        for (; vanished != NULL && gone < vanished->len; gone++) {
            const CatalogRelation *lost = vanished->pdata[gone];
            if (lost->kind != kind)
                continue;
            if (next != NULL && strcmp(lost->name, next->name) > 0)
                break;
            add_relation(pane, under, lost, TREE_GONE);
        }
        if (next != NULL)
            add_relation(pane, under, next, TREE_PLAIN);
    }
}

static guint count_kinds(const CatalogLevel *level)
{
    guint kinds = 0, first;
    for (guint kind = 0; kind < N_RELATION_KINDS; kind++)
        kinds += catalog_level_of_kind(level, kind, &first) > 0;
    return kinds;
}

static TreeNode group_node(const TreePane *pane, const TreeNode *schema, guint8 kind)
{
    TreeNode node = {.type = TREE_GROUP,
                     .detail = kind,
                     .depth = schema->depth + 1,
                     .opens = TRUE,
                     .item = schema->item,
                     .place = schema->place};
    node.open = tree_is_open(pane, &node);
    return node;
}

/* One kind alone needs no heading. */
static void add_kinds(TreePane *pane, const TreeNode *schema, const CatalogLevel *level,
                      const GPtrArray *vanished)
{
    gboolean headings = count_kinds(level) > 1;
    guint first;
    for (guint8 kind = 0; kind < N_RELATION_KINDS; kind++) {
        TreeNode group = group_node(pane, schema, kind);
        gboolean heading = headings && catalog_level_of_kind(level, kind, &first) > 0;
        if (heading)
            tree_add(pane->tree, &group);
        if (!heading || group.open)
            add_kind(pane, heading ? &group : schema, kind, level, vanished);
    }
}

static void add_routines(TreePane *pane, const TreeNode *schema)
{
    const CatalogRelation *item = schema->item;
    if (schema->place != NULL || (item->flags & (CATALOG_EXTERNAL | CATALOG_SYSTEM)) != 0)
        return;
    TreeNode group = group_node(pane, schema, TREE_ROUTINES);
    g_autofree char *key = tree_level_key(&group);
    const CatalogLevel *level = catalog_level(tree_catalog(pane), key);
    tree_add(pane->tree, &group);
    if (!group.open)
        return;
    for (guint8 kind = RELATION_FUNCTION; level != NULL && kind <= RELATION_PROCEDURE; kind++)
        add_kind(pane, &group, kind, level, catalog_vanished(tree_catalog(pane), key));
    add_state(pane, &group, key, level);
}

static void add_schema(TreePane *pane, const CatalogRelation *schema, const char *database,
                       guint8 depth)
{
    TreeNode node = {
        .type = TREE_SCHEMA, .depth = depth, .opens = TRUE, .item = schema, .place = database};
    node.open = tree_is_open(pane, &node);
    tree_add(pane->tree, &node);
    if (!node.open)
        return;
    g_autofree char *key = tree_level_key(&node);
    const CatalogLevel *level = catalog_level(tree_catalog(pane), key);
    if (level != NULL)
        add_kinds(pane, &node, level, catalog_vanished(tree_catalog(pane), key));
    add_state(pane, &node, key, level);
    if (level != NULL)
        add_routines(pane, &node);
}

static void add_schemas(TreePane *pane, const TreeNode *database, const char *key, const char *name)
{
    const CatalogLevel *level = catalog_level(tree_catalog(pane), key);
    const GPtrArray *schemas = level == NULL ? NULL : catalog_level_relations(level);
    for (guint i = 0; schemas != NULL && i < schemas->len; i++)
        if (tree_shows(pane, schemas->pdata[i]))
            add_schema(pane, schemas->pdata[i], name, database->depth + 1);
}

static void add_others(TreePane *pane)
{
    TreeNode others = {.type = TREE_OTHERS, .opens = TRUE};
    others.open = tree_is_open(pane, &others);
    tree_add(pane->tree, &others);
    if (!others.open)
        return;
    const CatalogLevel *level = catalog_level(tree_catalog(pane), CATALOG_DATABASES);
    const GPtrArray *databases = level == NULL ? NULL : catalog_level_relations(level);
    const char *own = app_profile(pane->view->app)->database;
    for (guint i = 0; databases != NULL && i < databases->len; i++) {
        const CatalogRelation *database = databases->pdata[i];
        TreeNode node = {.type = TREE_DATABASE, .depth = 1, .opens = TRUE, .item = database};
        node.open = tree_is_open(pane, &node);
        if (g_strcmp0(database->name, own) == 0)
            continue;
        tree_add(pane->tree, &node);
        g_autofree char *key = tree_level_key(&node);
        if (node.open)
            add_schemas(pane, &node, key, database->name);
        if (node.open)
            add_state(pane, &node, key, catalog_level(tree_catalog(pane), key));
    }
    if (databases == NULL || databases->len <= 1)
        add_state(pane, &others, CATALOG_DATABASES, NULL);
    if (databases != NULL && databases->len <= 1)
        add_note(pane, &others, ROLE_QUIET, g_strdup("none"));
}

/* How it goes with the connection: while it is made, and when there is none. */
static void add_connection(TreePane *pane, const TreeNode *root, const char *key)
{
    const CatalogLevel *level = catalog_level(tree_catalog(pane), key);
    const gint64 *since = g_hash_table_lookup(pane->reading, key);
    if (since != NULL && level == NULL) {
        g_autofree char *text = app_duration(pane->view->app, app_now_ms(pane->view->app) - *since);
        add_note(pane, root, ROLE_QUIET, g_strconcat("connecting ", text, NULL));
    } else if (g_hash_table_contains(pane->errors, key)) {
        add_note(pane, root, ROLE_ERROR, g_strdup("no connection"));
        add_note(pane, root, ROLE_QUIET, g_strdup("R tries again"));
    }
}

static void add_tree(TreePane *pane)
{
    TreeNode root = {.type = TREE_DATABASE, .opens = TRUE};
    root.open = tree_is_open(pane, &root);
    tree_add(pane->tree, &root);
    g_autofree char *key = tree_level_key(&root);
    if (root.open) {
        add_connection(pane, &root, key);
        add_schemas(pane, &root, key, NULL);
    }
    if (catalog_level(tree_catalog(pane), key) != NULL)
        add_others(pane);
}

static void add_matches(TreePane *pane)
{
    TreeNode root = {.type = TREE_DATABASE, .opens = TRUE, .open = TRUE};
    tree_add(pane->tree, &root);
    for (guint i = 0; i < pane->matches->len; i++) {
        const CatalogRelation *found = g_array_index(pane->matches, CatalogMatch, i).relation;
        TreeNode node = {.type = TREE_RELATION, .detail = TREE_MATCH, .depth = 1, .item = found};
        if (found->kind == RELATION_SCHEMA) {
            node.type = TREE_SCHEMA;
            node.opens = TRUE;
        }
        tree_add(pane->tree, &node);
    }
    if (pane->matches->len == 0)
        add_note(pane, &root, ROLE_QUIET, g_strdup("no such name is loaded"));
}

/* Rules out most rows without making their keys. */
static gboolean may_have_key(const TreeNode *node, const char *key)
{
    if (node->type != TREE_RELATION)
        return key[0] != 'r';
    return key[0] == 'r' && strstr(key, ((const CatalogRelation *)node->item)->name) != NULL;
}

/* To the row with that key; FALSE when it is not there. */
static gboolean go_to_key(TreePane *pane, const char *key)
{
    for (guint i = 0; i < tree_count(pane->tree); i++) {
        const TreeNode *node = tree_node(pane->tree, i);
        if (!may_have_key(node, key))
            continue;
        g_autofree char *own = tree_row_key(node);
        if (strcmp(own, key) == 0) {
            tree_go_to_row(pane->tree, i);
            return TRUE;
        }
    }
    return FALSE;
}

void tree_build(TreePane *pane)
{
    tree_begin(pane->tree);
    g_ptr_array_set_size(pane->notes, 0);
    if (pane->filter != NULL)
        add_matches(pane);
    else
        add_tree(pane);
    tree_settle(pane->tree);
    if (pane->wanted != NULL && go_to_key(pane, pane->wanted))
        g_clear_pointer(&pane->wanted, g_free);
    else if (pane->current != NULL)
        go_to_key(pane, pane->current);
    tree_note_current(pane);
}

/* --- looks --------------------------------------------------------------------------------------*/

static char *schema_note(const TreePane *pane, const TreeNode *node)
{
    const CatalogRelation *schema = node->item;
    g_autofree char *key = tree_level_key(node);
    const CatalogLevel *level = catalog_level(tree_catalog(pane), key);
    g_autofree char *count = level == NULL ? NULL : text_count(catalog_level_count(level));
    const char *origin = schema->flags & CATALOG_SHARED     ? "shared"
                         : schema->flags & CATALOG_EXTERNAL ? "external"
                         : schema->flags & CATALOG_SYSTEM   ? "system"
                         : level == NULL                    ? "local"
                                                            : NULL;
    if (origin == NULL || count == NULL)
        return g_strdup(origin != NULL ? origin : count);
    return g_strconcat(origin, " ", count, NULL);
}

static char *relation_note(const CatalogRelation *relation, guint8 mark)
{
    if (mark == TREE_GONE)
        return g_strdup("gone");
    if (mark == TREE_MATCH)
        return relation->kind == RELATION_TABLE
                   ? g_strdup(relation->schema)
                   : g_strconcat(catalog_kind_word(relation->kind), " ", relation->schema, NULL);
    g_autofree char *rows =
        relation->estimated_rows < 0 ? NULL : catalog_estimate_text(relation->estimated_rows);
    const char *word =
        relation->kind == RELATION_TABLE && rows != NULL ? NULL : catalog_kind_word(relation->kind);
    const char *note = word != NULL ? word : rows;
    return relation->is_new ? g_strconcat("new ", note, NULL) : g_strdup(note);
}

static const char *const group_names[TREE_ROUTINES + 1] = {
    [RELATION_TABLE] = "tables",
    [RELATION_VIEW] = "views",
    [RELATION_LATE_BINDING_VIEW] = "late-binding",
    [RELATION_MATERIALIZED_VIEW] = "materialized",
    [RELATION_EXTERNAL] = "external tables",
    [RELATION_SHARED] = "shared objects",
    [RELATION_FUNCTION] = "functions",
    [RELATION_PROCEDURE] = "procedures",
    [TREE_ROUTINES] = "functions, procs",
};

static char *group_note(const TreePane *pane, const TreeNode *node)
{
    const CatalogRelation *schema = node->item;
    g_autofree char *own = tree_level_key(node);
    g_autofree char *key = own != NULL ? g_strdup(own) : catalog_key(node->place, schema->name);
    const CatalogLevel *level = catalog_level(tree_catalog(pane), key);
    guint first;
    if (level == NULL)
        return NULL;
    return text_count(own != NULL ? catalog_level_count(level)
                                  : catalog_level_of_kind(level, node->detail, &first));
}

static void describe_relation(const TreePane *pane, const TreeNode *node, TreeRow *row)
{
    const CatalogRelation *relation = node->item;
    row->label = relation->name;
    row->note = relation_note(relation, node->detail);
    row->role = node->detail == TREE_GONE ? ROLE_QUIET : ROLE_TEXT;
}

void tree_describe(gpointer user, const TreeNode *node, TreeRow *row)
{
    const TreePane *pane = user;
    const CatalogRelation *item = node->item;
    const char *database = app_profile(pane->view->app)->database;
    switch (node->type) {
    case TREE_DATABASE:
        row->label = item != NULL ? item->name : database != NULL ? database : "database";
        row->note =
            item == NULL ? NULL : g_strdup(item->flags & CATALOG_SHARED ? "shared" : "local");
        break;
    case TREE_OTHERS:
        row->label = "other databases";
        row->role = ROLE_QUIET;
        break;
    case TREE_SCHEMA:
        row->label = item->name;
        row->note = schema_note(pane, node);
        row->role = item->flags & CATALOG_SYSTEM ? ROLE_QUIET : ROLE_TEXT;
        break;
    case TREE_GROUP:
        row->label = group_names[node->detail];
        row->note = group_note(pane, node);
        row->role = ROLE_QUIET;
        break;
    case TREE_RELATION:
        describe_relation(pane, node, row);
        break;
    default:
        row->label = node->item;
        row->role = node->detail;
    }
}
