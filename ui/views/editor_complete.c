#include <string.h>

#include "base/error.h"
#include "sql/completion.h"
#include "sql/ident.h"
#include "sql/keywords.h"
#include "ui/app.h"
#include "ui/views/choice_view.h"
#include "ui/views/editor_view.h"

enum { INDENT = 4, OFFERED_MAX = 500 };

/* --- columns: read when they are first asked for, and kept as long as the editor ----------------*/

typedef struct {
    EditorView *editor;
    Workbench *workbench;
    char *schema, *relation;
    GPtrArray *columns; /* of CatalogColumn */
} Reading;

static void reading_free(gpointer data)
{
    Reading *reading = data;
    g_clear_pointer(&reading->columns, g_ptr_array_unref);
    g_free(reading->schema);
    g_free(reading->relation);
    g_free(reading);
}

static gboolean read_columns(gpointer data, GCancellable *cancellable, GError **error)
{
    Reading *reading = data;
    Session *session = workbench_take_session(reading->workbench, cancellable, error);
    if (session == NULL)
        return FALSE;
    reading->columns =
        catalog_load_columns(session, reading->schema, reading->relation, cancellable, error);
    workbench_give_session(reading->workbench, session);
    return reading->columns != NULL;
}

static char *key_of(const char *schema, const char *relation)
{
    return g_strdup_printf("%s\n%s", schema != NULL ? schema : "public", relation);
}

static void columns_read(gpointer data, TaskOutcome outcome, const GError *error)
{
    Reading *reading = data;
    EditorView *editor = reading->editor;
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; outcome == TASK_DONE && i < reading->columns->len; i++)
        g_ptr_array_add(names, g_strdup(((CatalogColumn *)reading->columns->pdata[i])->name));
    g_hash_table_replace(editor->columns, key_of(reading->schema, reading->relation), names);
    if (outcome == TASK_DONE)
        editor_complete_again(editor);
    else if (outcome == TASK_FAILED)
        app_message_error(editor->view.app, error);
}

/* NULL while they are on their way. */
static const GPtrArray *columns_of(EditorView *editor, const SqlScope *scope)
{
    g_autofree char *key = key_of(scope->schema, scope->relation);
    const GPtrArray *names = g_hash_table_lookup(editor->columns, key);
    if (names != NULL)
        return names;
    Reading *reading = g_new0(Reading, 1);
    *reading = (Reading){editor, app_workbench(editor->view.app),
                         g_strdup(scope->schema != NULL ? scope->schema : "public"),
                         g_strdup(scope->relation), NULL};
    view_submit(&editor->view, "columns", read_columns, columns_read, reading, reading_free, NULL);
    return NULL;
}

/* --- what can stand there -----------------------------------------------------------------------*/

typedef struct {
    EditorView *editor;
    const SqlCompletion *place;
    GPtrArray *entries; /* of ChoiceEntry */
    GHashTable *seen;   /* texts that are in */
    gboolean waiting;   /* columns are on their way */
} Offer;

static gboolean begins_with(const char *name, const char *prefix)
{
    g_autofree char *a = g_utf8_casefold(name, -1);
    g_autofree char *b = g_utf8_casefold(prefix, -1);
    return g_str_has_prefix(a, b);
}

/* As it has to be written: plain where the server reads it so. */
static char *written(const char *name)
{
    gboolean plain = (g_ascii_islower(*name) || *name == '_') &&
                     name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0' &&
                     !sql_is_keyword(name, strlen(name));
    return plain ? g_strdup(name) : sql_ident(name);
}

static void offer(Offer *offered, const char *name, const char *text, const char *detail)
{
    if (!begins_with(name, offered->place->prefix) || offered->entries->len >= OFFERED_MAX ||
        !g_hash_table_add(offered->seen, g_strdup(text)))
        return;
    choice_entries_add(offered->entries, text, detail, text);
}

static void offer_columns(Offer *offered, const SqlScope *scope)
{
    const GPtrArray *names = columns_of(offered->editor, scope);
    offered->waiting = offered->waiting || names == NULL;
    for (guint i = 0; names != NULL && i < names->len; i++) {
        g_autofree char *text = written(names->pdata[i]);
        offer(offered, names->pdata[i], text, scope->relation);
    }
}

static void offer_relations(Offer *offered, const char *schema)
{
    Catalog *catalog = workbench_catalog(app_workbench(offered->editor->view.app));
    const GPtrArray *relations = catalog_relations(catalog, schema);
    for (guint i = 0; relations != NULL && i < relations->len; i++) {
        const CatalogRelation *relation = relations->pdata[i];
        g_autofree char *text = written(relation->name);
        offer(offered, relation->name, text, schema);
    }
}

static void offer_schemas(Offer *offered)
{
    Catalog *catalog = workbench_catalog(app_workbench(offered->editor->view.app));
    const GPtrArray *schemas = catalog_schemas(catalog);
    for (guint i = 0; schemas != NULL && i < schemas->len; i++) {
        g_autofree char *text = written(((const CatalogSchema *)schemas->pdata[i])->name);
        offer(offered, ((const CatalogSchema *)schemas->pdata[i])->name, text, "schema");
    }
}

static void offer_keywords(Offer *offered)
{
    for (const char *const *word = sql_keywords(); *word != NULL; word++) {
        g_autofree char *low = g_ascii_strdown(*word, -1);
        const char *prefix = offered->place->prefix;
        offer(offered, *word, g_ascii_isupper(*prefix) ? *word : low, "SQL");
    }
}

/* Behind a dot: columns of the alias or table, or tables of the schema. */
static void offer_members(Offer *offered)
{
    const char *qualifier = offered->place->qualifier;
    for (guint i = 0; i < offered->place->scope->len; i++) {
        const SqlScope *scope = offered->place->scope->pdata[i];
        if (g_strcmp0(scope->alias, qualifier) == 0 ||
            (scope->alias == NULL && strcmp(scope->relation, qualifier) == 0))
            offer_columns(offered, scope);
    }
    if (offered->entries->len == 0)
        offer_relations(offered, qualifier);
}

static void gather(Offer *offered)
{
    const SqlCompletion *place = offered->place;
    if (place->qualifier != NULL) {
        offer_members(offered);
        return;
    }
    for (guint i = 0; place->want != SQL_WANT_RELATION && i < place->scope->len; i++)
        offer_columns(offered, place->scope->pdata[i]);
    if (place->want == SQL_WANT_ANY)
        offer_keywords(offered);
    if (place->want != SQL_WANT_COLUMN) {
        offer_relations(offered, "public");
        offer_schemas(offered);
    } else {
        offer_keywords(offered);
    }
}

/* --- putting it in ------------------------------------------------------------------------------*/

static void insert(View *owner, const char *value)
{
    EditorView *editor = editor_view_of(owner);
    gsize cursor = editor_cursor(editor->editor);
    g_autoptr(SqlCompletion) place = sql_completion(editor_text(editor->editor), cursor);
    editor_replace(editor->editor, place->start, cursor - place->start, value);
    view_touch(owner, ~0u);
}

static void complete(EditorView *editor, const SqlCompletion *place)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GPtrArray) entries = choice_entries_new();
    Offer offered = {editor, place, entries, seen, FALSE};
    gather(&offered);
    editor->completing = offered.waiting;
    if (offered.waiting)
        return; /* goes on when the columns are here */
    if (entries->len == 1)
        insert(&editor->view, ((const ChoiceEntry *)entries->pdata[0])->value);
    else if (entries->len == 0)
        app_message(editor->view.app, MESSAGE_INFO, "Nothing known begins with \"%s\"",
                    place->prefix);
    else
        app_open(editor->view.app,
                 choice_view_new(editor->view.app, &editor->view, "Complete: type to narrow",
                                 g_steal_pointer(&entries), insert));
}

void editor_complete_again(EditorView *editor)
{
    if (!editor->completing || app_top(editor->view.app) != &editor->view)
        return;
    g_autoptr(SqlCompletion) place =
        sql_completion(editor_text(editor->editor), editor_cursor(editor->editor));
    complete(editor, place);
}

Consequence editor_complete(View *view, const char *argument)
{
    EditorView *editor = editor_view_of(view);
    g_autoptr(SqlCompletion) place =
        sql_completion(editor_text(editor->editor), editor_cursor(editor->editor));
    const char *text = editor_text(editor->editor);
    gsize cursor = editor_cursor(editor->editor);
    gboolean at_start = cursor == 0 || text[cursor - 1] == '\n' || text[cursor - 1] == ' ';
    if (place->want == SQL_WANT_NOTHING ||
        (at_start && *place->prefix == '\0' && place->want == SQL_WANT_ANY)) {
        g_autofree char *blanks = g_strnfill(INDENT, ' ');
        editor_replace(editor->editor, cursor, 0, blanks);
        return consequence(CONSEQUENCE_REDRAW);
    }
    complete(editor, place);
    return consequence(CONSEQUENCE_DONE);
}
