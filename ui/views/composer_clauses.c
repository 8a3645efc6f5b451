#include "ui/views/composer_clauses.h"

#include <string.h>

#include "base/error.h"

static const struct {
    const char *name, *hint;
} clauses[N_CLAUSES] = {
    [CLAUSE_COLUMNS] = {"columns",
                        "names or expressions: city, sum(pricepaid) as total; none: all"},
    [CLAUSE_JOIN] = {"join", "event on eventid   left venue as v on event.venueid = v.venueid"},
    [CLAUSE_WHERE] = {"where", "qtysold >= 4   not (state in (CA, NY) or city contains 'San')   "
                               "saletime in last 7 days"},
    [CLAUSE_GROUP] = {"group", "city, date_trunc('month', saletime)"},
    [CLAUSE_HAVING] = {"having", "sum(qtysold) > 100   count > 5"},
    [CLAUSE_ORDER] = {"order", "pricepaid desc nulls last, salesid"},
    [CLAUSE_LIMIT] = {"limit", "a number of rows, or all"},
    [CLAUSE_DISTINCT] = {"distinct", "each row once"},
};

const char *clause_name(Clause clause)
{
    return clauses[clause].name;
}

const char *clause_hint(Clause clause)
{
    return clauses[clause].hint;
}

static GPtrArray *elements_of(const SqlQuery *query, Clause clause)
{
    switch (clause) {
    case CLAUSE_COLUMNS:
        return query->columns;
    case CLAUSE_JOIN:
        return query->joins;
    case CLAUSE_WHERE:
        return query->filters;
    case CLAUSE_GROUP:
        return query->groups;
    case CLAUSE_HAVING:
        return query->havings;
    case CLAUSE_ORDER:
        return query->orders;
    default:
        return NULL;
    }
}

static gboolean *off_of(Clause clause, gpointer element)
{
    switch (clause) {
    case CLAUSE_COLUMNS:
    case CLAUSE_GROUP:
        return &((SqlColumn *)element)->off;
    case CLAUSE_JOIN:
        return &((SqlJoin *)element)->off;
    case CLAUSE_ORDER:
        return &((SqlOrder *)element)->off;
    default:
        return &((SqlFilter *)element)->off;
    }
}

static char *text_of(Clause clause, gconstpointer element)
{
    switch (clause) {
    case CLAUSE_COLUMNS:
    case CLAUSE_GROUP:
        return sql_column_text(element);
    case CLAUSE_JOIN:
        return sql_join_text(element);
    case CLAUSE_ORDER:
        return sql_order_text(element);
    default:
        return sql_filter_text(element);
    }
}

static void row_free(gpointer data)
{
    ClauseRow *row = data;
    g_free(row->text);
    g_free(row);
}

/* Takes text. */
static void add_row(GPtrArray *rows, Clause clause, int index, gboolean off, char *text)
{
    ClauseRow *row = g_new0(ClauseRow, 1);
    *row = (ClauseRow){clause, index, off, text};
    g_ptr_array_add(rows, row);
}

GPtrArray *clause_rows(const SqlQuery *query)
{
    GPtrArray *rows = g_ptr_array_new_with_free_func(row_free);
    for (Clause clause = 0; clause < CLAUSE_LIMIT; clause++) {
        GPtrArray *elements = elements_of(query, clause);
        for (guint i = 0; i < elements->len; i++)
            add_row(rows, clause, (int)i, *off_of(clause, elements->pdata[i]),
                    text_of(clause, elements->pdata[i]));
        add_row(rows, clause, CLAUSE_ADD, FALSE, NULL);
    }
    char *limit = query->limit < 0 ? NULL : g_strdup_printf("%" G_GINT64_FORMAT, query->limit);
    add_row(rows, CLAUSE_LIMIT, limit != NULL ? 0 : CLAUSE_ADD, query->limit_off, limit);
    add_row(rows, CLAUSE_DISTINCT, 0, !query->distinct, g_strdup("each row once"));
    return rows;
}

static gpointer element_at(SqlQuery *query, Clause clause, int index)
{
    GPtrArray *elements = elements_of(query, clause);
    if (elements == NULL || index < 0 || (guint)index >= elements->len)
        return NULL;
    return elements->pdata[index];
}

gboolean clause_toggle(SqlQuery *query, Clause clause, int index)
{
    if (clause == CLAUSE_DISTINCT) {
        query->distinct = !query->distinct;
        return TRUE;
    }
    if (clause == CLAUSE_LIMIT) {
        query->limit_off = !query->limit_off;
        return query->limit >= 0;
    }
    gpointer element = element_at(query, clause, index);
    if (element == NULL)
        return FALSE;
    gboolean *off = off_of(clause, element);
    *off = !*off;
    return TRUE;
}

gboolean clause_delete(SqlQuery *query, Clause clause, int index)
{
    if (clause == CLAUSE_LIMIT) {
        gboolean had = query->limit >= 0;
        query->limit = -1;
        query->limit_off = FALSE;
        return had;
    }
    if (element_at(query, clause, index) == NULL)
        return FALSE;
    g_ptr_array_remove_index(elements_of(query, clause), (guint)index);
    return TRUE;
}

gboolean clause_move(SqlQuery *query, Clause clause, int index, int step)
{
    if (element_at(query, clause, index) == NULL || element_at(query, clause, index + step) == NULL)
        return FALSE;
    gpointer *elements = elements_of(query, clause)->pdata;
    gpointer moved = elements[index];
    elements[index] = elements[index + step];
    elements[index + step] = moved;
    return TRUE;
}

void clause_prune(SqlQuery *query)
{
    for (Clause clause = 0; clause < CLAUSE_LIMIT; clause++) {
        GPtrArray *elements = elements_of(query, clause);
        for (guint i = elements->len; i > 0; i--)
            if (*off_of(clause, elements->pdata[i - 1]))
                g_ptr_array_remove_index(elements, i - 1);
    }
    if (query->limit_off)
        clause_delete(query, CLAUSE_LIMIT, 0);
}

static gboolean type_limit(SqlQuery *query, const char *text, GError **error)
{
    gint64 limit = -1;
    if (*text != '\0' && strcmp(text, "all") != 0 &&
        !g_ascii_string_to_signed(text, 10, 0, G_MAXINT64, &limit, NULL)) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "the limit is \"%s\"; expected a number of rows, or all", text);
        return FALSE;
    }
    query->limit = limit;
    query->limit_off = FALSE;
    return TRUE;
}

static gboolean parse(SqlQuery *query, Clause clause, const char *text, const SqlScope *scope,
                      GError **error)
{
    switch (clause) {
    case CLAUSE_COLUMNS:
        return sql_query_parse_columns(query, text, scope, error);
    case CLAUSE_JOIN:
        return sql_query_parse_join(query, text, scope, error);
    case CLAUSE_WHERE:
        return sql_query_parse_condition(query, text, scope, error);
    case CLAUSE_GROUP:
        return sql_query_parse_groups(query, text, scope, error);
    case CLAUSE_HAVING:
        return sql_query_parse_having(query, text, scope, error);
    default:
        return sql_query_parse_orders(query, text, scope, error);
    }
}

/* What was parsed stands at the end; it goes where the old one was, and is on as that was. */
static void put_in_place(GPtrArray *elements, Clause clause, guint before, int index)
{
    gboolean off = *off_of(clause, elements->pdata[index]);
    g_ptr_array_remove_index(elements, (guint)index);
    for (guint i = before - 1, to = (guint)index; i < elements->len; i++, to++) {
        gpointer element = g_ptr_array_steal_index(elements, i);
        *off_of(clause, element) = off;
        g_ptr_array_insert(elements, (gint)to, element);
    }
}

gboolean clause_type(SqlQuery *query, Clause clause, int index, const char *text,
                     const SqlScope *scope, guint *added, GError **error)
{
    if (added != NULL)
        *added = 1;
    if (clause == CLAUSE_LIMIT)
        return type_limit(query, text, error);
    GPtrArray *elements = elements_of(query, clause);
    guint before = elements->len;
    if (!parse(query, clause, text, scope, error))
        return FALSE;
    if (added != NULL)
        *added = elements->len - before;
    if (index >= 0)
        put_in_place(elements, clause, before, index);
    return TRUE;
}
