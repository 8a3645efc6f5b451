#include "redshift/join_keys.h"

#include <string.h>

#include "base/error.h"
#include "redshift/catalog.h"
#include "sql/ident.h"
#include "sql/lexer.h"

/* The names up to the closing parenthesis, or a dotted name; the lexer stands behind it. */
static GPtrArray *read_names(SqlLexer *lexer, const char *separator)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    SqlToken token;
    while (sql_next(lexer, &token)) {
        g_ptr_array_add(names, sql_token_value(lexer, &token));
        SqlLexer before = *lexer;
        if (!sql_next(lexer, &token) || !sql_token_is(lexer, &token, separator)) {
            if (!sql_token_is(lexer, &token, ")"))
                *lexer = before;
            break;
        }
    }
    return names;
}

static gboolean read_words(SqlLexer *lexer, const char *const *words)
{
    SqlToken token;
    for (; *words != NULL; words++)
        if (!sql_next(lexer, &token) || !sql_token_is(lexer, &token, *words))
            return FALSE;
    return TRUE;
}

static char *conditions(const GPtrArray *ours, const GPtrArray *theirs, const JoinSide *from,
                        const JoinSide *to)
{
    GString *on = g_string_new(NULL);
    for (guint i = 0; i < ours->len; i++) {
        g_autofree char *a = sql_ident_pair(from->name, ours->pdata[i]);
        g_autofree char *b = sql_ident_pair(to->name, theirs->pdata[i]);
        g_string_append_printf(on, "%s%s = %s", i > 0 ? " and " : "", a, b);
    }
    return g_string_free(on, FALSE);
}

char *join_keys_of_constraint(const char *constraint, const JoinSide *from, const JoinSide *to)
{
    static const char *const begin[] = {"foreign", "key", "(", NULL};
    static const char *const references[] = {"references", NULL};
    static const char *const open[] = {"(", NULL};
    SqlLexer lexer = sql_lexer(constraint, -1);
    if (!read_words(&lexer, begin))
        return NULL;
    g_autoptr(GPtrArray) ours = read_names(&lexer, ",");
    if (!read_words(&lexer, references))
        return NULL;
    g_autoptr(GPtrArray) target = read_names(&lexer, ".");
    const char *relation = target->len > 0 ? target->pdata[target->len - 1] : NULL;
    const char *schema = target->len > 1 ? target->pdata[target->len - 2] : NULL;
    if (g_strcmp0(relation, to->relation) != 0 ||
        (schema != NULL && to->schema != NULL && strcmp(schema, to->schema) != 0))
        return NULL;
    if (!read_words(&lexer, open)) /* the same names on both sides */
        return conditions(ours, ours, from, to);
    g_autoptr(GPtrArray) theirs = read_names(&lexer, ",");
    return theirs->len == ours->len ? conditions(ours, theirs, from, to) : NULL;
}

/* The first key of from to the other: NULL without an error when it declares none. */
static char *declared_by(Session *session, const JoinSide *from, const JoinSide *to,
                         GCancellable *cancellable, GError **error)
{
    g_autoptr(CatalogTable) table =
        catalog_load_table(session, from->schema, from->relation, cancellable, error);
    char *on = NULL;
    for (guint i = 0; table != NULL && on == NULL && i < table->constraints->len; i++)
        on = join_keys_of_constraint(table->constraints->pdata[i], from, to);
    return on;
}

char *join_keys_declared(Session *session, const JoinSide *one, const JoinSide *other,
                         GCancellable *cancellable, GError **error)
{
    GError *failure = NULL;
    char *on = declared_by(session, one, other, cancellable, &failure);
    if (on == NULL && failure == NULL)
        on = declared_by(session, other, one, cancellable, &failure);
    if (on == NULL && failure == NULL)
        g_set_error(
            &failure, RS_ERROR, RS_ERROR_USAGE,
            "no foreign key is declared between %s and %s: add \"on\" and the columns, such "
            "as: %s on id",
            one->relation, other->relation, other->relation);
    if (failure != NULL)
        g_propagate_error(error, failure);
    return on;
}
