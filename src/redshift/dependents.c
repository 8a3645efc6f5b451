#include "redshift/dependents.h"

#include <string.h>

#include "base/text.h"
#include "redshift/catalog.h"
#include "redshift/probe.h"
#include "sql/ident.h"
#include "sql/lexer.h"
#include "sql/literal.h"

static const struct {
    const char *title, *word;
} kinds[N_DEPENDENT_KINDS] = {
    [DEPENDENT_VIEW] = {"views bound to it", "view"},
    [DEPENDENT_LATE_BINDING_VIEW] = {"late-binding views that name it", "late_binding_view"},
    [DEPENDENT_FOREIGN_KEY] = {"foreign keys to it", "foreign_key"},
    [DEPENDENT_CONSTRAINT] = {"its constraints", "constraint"},
    [DEPENDENT_GRANT] = {"grants on it", "grant"},
};

const char *dependent_kind_word(DependentKind kind)
{
    return kinds[kind].word;
}

static void dependent_free(gpointer data)
{
    Dependent *dependent = data;
    g_free(dependent->text);
    g_free(dependent->source);
    g_free(dependent);
}

static void add(GPtrArray *list, DependentKind kind, char *text, const char *source)
{
    Dependent *dependent = g_new(Dependent, 1);
    *dependent = (Dependent){kind, text, g_strdup(source)};
    g_ptr_array_add(list, dependent);
}

static void add_all(GPtrArray *list, DependentKind kind, const GPtrArray *texts)
{
    for (guint i = 0; texts != NULL && i < texts->len; i++)
        add(list, kind, g_strdup(texts->pdata[i]), "catalog");
}

/* --- late-binding views ------------------------------------------------------------------------- */

/* The name that a word or a quoted token stands for; NULL for other tokens. */
static char *name_of(const SqlLexer *lexer, const SqlToken *token)
{
    gboolean name = token->kind == SQL_WORD || token->kind == SQL_QUOTED;
    return name ? sql_token_value(lexer, token) : NULL;
}

gboolean dependents_mentions(const char *sql, const char *schema, const char *relation)
{
    SqlLexer lexer = sql_lexer(sql, -1);
    SqlToken token;
    g_autofree char *before = NULL; /* the name before a dot */
    g_autofree char *last = NULL;
    gboolean behind_dot = FALSE;
    while (sql_next(&lexer, &token)) {
        if (sql_token_is(&lexer, &token, ".")) {
            g_free(before);
            before = g_steal_pointer(&last);
            behind_dot = TRUE;
            continue;
        }
        g_free(last);
        last = name_of(&lexer, &token);
        gboolean same = last != NULL && g_ascii_strcasecmp(last, relation) == 0;
        gboolean ours = !behind_dot || (before != NULL && g_ascii_strcasecmp(before, schema) == 0);
        if (same && ours)
            return TRUE;
        behind_dot = FALSE;
    }
    return FALSE;
}

static gboolean add_late(Session *session, const CatalogTable *table, GPtrArray *list,
                         GCancellable *cancellable, GError **error)
{
    g_autofree char *name = sql_literal(table->relation.name);
    g_autofree char *sql = g_strdup_printf(
        "SELECT n.nspname, c.relname, pg_get_viewdef(c.oid) FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'v' AND c.oid <> %u "
        "AND pg_get_viewdef(c.oid) ILIKE '%%with no schema binding%%' "
        "AND position(lower(%s) IN lower(pg_get_viewdef(c.oid))) > 0 ORDER BY 1, 2",
        table->relation.oid, name);
    g_autoptr(GPtrArray) rows = probe_query(session, sql, NULL, cancellable, error);
    for (guint i = 0; rows != NULL && i < rows->len; i++)
        if (dependents_mentions(probe_text(rows, i, 2), table->relation.schema,
                                table->relation.name))
            add(list, DEPENDENT_LATE_BINDING_VIEW,
                sql_ident_pair(probe_text(rows, i, 0), probe_text(rows, i, 1)), "text search");
    return rows != NULL;
}

/* --- foreign keys ------------------------------------------------------------------------------- */

static gboolean add_foreign_keys(Session *session, const CatalogTable *table, GPtrArray *list,
                                 GCancellable *cancellable, GError **error)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT n.nspname, c.relname, k.conname FROM pg_constraint k "
        "JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE k.confrelid = %u AND k.contype = 'f' ORDER BY n.nspname, c.relname, k.conname",
        table->relation.oid);
    g_autoptr(GPtrArray) rows = probe_query(session, sql, NULL, cancellable, error);
    for (guint i = 0; rows != NULL && i < rows->len; i++) {
        g_autofree char *name = sql_ident_pair(probe_text(rows, i, 0), probe_text(rows, i, 1));
        g_autofree char *constraint = sql_ident(probe_text(rows, i, 2));
        add(list, DEPENDENT_FOREIGN_KEY, g_strdup_printf("%s constraint %s", name, constraint),
            "catalog");
    }
    return rows != NULL;
}

GPtrArray *dependents_load(Session *session, const char *schema, const char *relation,
                           GCancellable *cancellable, GError **error)
{
    g_autoptr(CatalogTable) table =
        catalog_load_table(session, schema, relation, cancellable, error);
    if (table == NULL)
        return NULL;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(dependent_free);
    add_all(list, DEPENDENT_VIEW, table->dependent_views);
    if (!add_late(session, table, list, cancellable, error))
        return NULL;
    if (table->relation.oid != 0 && !add_foreign_keys(session, table, list, cancellable, error))
        return NULL;
    add_all(list, DEPENDENT_CONSTRAINT, table->constraints);
    add_all(list, DEPENDENT_GRANT, table->grants);
    return g_steal_pointer(&list);
}

char *dependents_text(const GPtrArray *dependents)
{
    GString *out = g_string_new(NULL);
    for (guint kind = 0; kind < N_DEPENDENT_KINDS; kind++) {
        gboolean any = FALSE;
        g_string_append_printf(out, "%s%s%s\n", kind == 0 ? "" : "\n", kinds[kind].title,
                               kind == DEPENDENT_LATE_BINDING_VIEW
                                   ? " (a text search: the server keeps no record of them)"
                                   : "");
        for (guint i = 0; i < dependents->len; i++) {
            const Dependent *dependent = dependents->pdata[i];
            g_autofree char *text = text_printable(dependent->text, -1);
            if (dependent->kind != kind)
                continue;
            g_string_append_printf(out, "  %s\n", text);
            any = TRUE;
        }
        if (!any)
            g_string_append(out, "  none\n");
    }
    return g_string_free(out, FALSE);
}
