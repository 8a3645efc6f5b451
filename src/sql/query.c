#include "sql/query.h"

#include <string.h>

#include "base/error.h"
#include "sql/ident.h"
#include "sql/lexer.h"

/* How an operator is written as SQL and by the user. */
static const struct {
    const char *sql, *typed;
} operators[] = {
    [SQL_OP_EQ] = {"=", "="},
    [SQL_OP_NE] = {"<>", "<>"},
    [SQL_OP_LT] = {"<", "<"},
    [SQL_OP_LE] = {"<=", "<="},
    [SQL_OP_GT] = {">", ">"},
    [SQL_OP_GE] = {">=", ">="},
    [SQL_OP_LIKE] = {"LIKE", "like"},
    [SQL_OP_NOT_LIKE] = {"NOT LIKE", "not like"},
    [SQL_OP_CONTAINS] = {"LIKE", "contains"},
    [SQL_OP_STARTS] = {"LIKE", "starts"},
    [SQL_OP_ENDS] = {"LIKE", "ends"},
    [SQL_OP_IN] = {"IN", "in"},
    [SQL_OP_BETWEEN] = {"BETWEEN", "between"},
    [SQL_OP_IS_NULL] = {"IS NULL", "is null"},
    [SQL_OP_IS_NOT_NULL] = {"IS NOT NULL", "is not null"},
    [SQL_OP_MATCHES] = {"~", "~"},
};

static void filter_free(gpointer data)
{
    SqlFilter *filter = data;
    g_free(filter->column);
    g_ptr_array_unref(filter->values);
    g_free(filter);
}

static void order_free(gpointer data)
{
    SqlOrder *order = data;
    g_free(order->column);
    g_free(order);
}

SqlQuery *sql_query_new(const char *schema, const char *relation)
{
    SqlQuery *query = g_new0(SqlQuery, 1);
    query->schema = g_strdup(schema);
    query->relation = g_strdup(relation);
    query->columns = g_ptr_array_new_with_free_func(g_free);
    query->filters = g_ptr_array_new_with_free_func(filter_free);
    query->orders = g_ptr_array_new_with_free_func(order_free);
    query->limit = -1;
    return query;
}

SqlQuery *sql_query_copy(const SqlQuery *query)
{
    SqlQuery *copy = sql_query_new(query->schema, query->relation);
    for (guint i = 0; i < query->columns->len; i++)
        g_ptr_array_add(copy->columns, g_strdup(query->columns->pdata[i]));
    for (guint i = 0; i < query->filters->len; i++) {
        const SqlFilter *filter = query->filters->pdata[i];
        sql_query_add_filter(copy, filter->column, filter->op,
                             (const char *const *)filter->values->pdata, filter->values->len,
                             filter->kind)
            ->off = filter->off;
    }
    for (guint i = 0; i < query->orders->len; i++) {
        const SqlOrder *order = query->orders->pdata[i];
        sql_query_add_order(copy, order->column, order->descending);
        ((SqlOrder *)copy->orders->pdata[i])->nulls = order->nulls;
    }
    copy->where = g_strdup(query->where);
    copy->limit = query->limit;
    copy->distinct = query->distinct;
    return copy;
}

void sql_query_free(SqlQuery *query)
{
    if (query == NULL)
        return;
    g_free(query->schema);
    g_free(query->relation);
    g_free(query->where);
    g_ptr_array_unref(query->columns);
    g_ptr_array_unref(query->filters);
    g_ptr_array_unref(query->orders);
    g_free(query);
}

SqlFilter *sql_query_add_filter(SqlQuery *query, const char *column, SqlOperator op,
                                const char *const *values, guint n, SqlValueKind kind)
{
    SqlFilter *filter = g_new0(SqlFilter, 1);
    filter->column = g_strdup(column);
    filter->op = op;
    filter->kind = kind;
    filter->values = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < n; i++)
        g_ptr_array_add(filter->values, g_strdup(values[i]));
    g_ptr_array_add(query->filters, filter);
    return filter;
}

void sql_query_add_order(SqlQuery *query, const char *column, gboolean descending)
{
    SqlOrder *order = g_new0(SqlOrder, 1);
    order->column = g_strdup(column);
    order->descending = descending;
    g_ptr_array_add(query->orders, order);
}

void sql_query_clear_orders(SqlQuery *query)
{
    g_ptr_array_set_size(query->orders, 0);
}

/* Operators that compare text, whatever the column's type. */
static gboolean is_text_operator(SqlOperator op)
{
    return op == SQL_OP_LIKE || op == SQL_OP_NOT_LIKE || op == SQL_OP_CONTAINS ||
           op == SQL_OP_STARTS || op == SQL_OP_ENDS || op == SQL_OP_MATCHES;
}

static gboolean check_value_count(const SqlFilter *filter, GError **error)
{
    guint n = filter->values->len;
    gboolean right;
    switch (filter->op) {
    case SQL_OP_IS_NULL:
    case SQL_OP_IS_NOT_NULL:
        right = n == 0;
        break;
    case SQL_OP_BETWEEN:
        right = n == 2;
        break;
    case SQL_OP_IN:
        right = n > 0;
        break;
    default:
        right = n == 1;
    }
    if (!right)
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "the filter on \"%s\" with \"%s\" has %u values", filter->column,
                    operators[filter->op].typed, n);
    return right;
}

static char *filter_value(const SqlFilter *filter, guint i, GError **error)
{
    const char *value = filter->values->pdata[i];
    switch (filter->op) {
    case SQL_OP_CONTAINS:
        return sql_like_literal(SQL_LIKE_CONTAINS, value);
    case SQL_OP_STARTS:
        return sql_like_literal(SQL_LIKE_STARTS, value);
    case SQL_OP_ENDS:
        return sql_like_literal(SQL_LIKE_ENDS, value);
    default:
        if (is_text_operator(filter->op))
            return sql_literal(value);
        return sql_typed_literal(filter->kind, value, error);
    }
}

/* A value that stands before in the same list says nothing new. */
static gboolean is_repeated(const SqlFilter *filter, guint i)
{
    for (guint j = 0; j < i; j++)
        if (strcmp(filter->values->pdata[i], filter->values->pdata[j]) == 0)
            return TRUE;
    return FALSE;
}

static gboolean append_values(GString *out, const SqlFilter *filter, GError **error)
{
    const char *separator = filter->op == SQL_OP_BETWEEN ? " AND " : ", ";
    gboolean is_list = filter->op == SQL_OP_IN;
    g_string_append(out, is_list ? " (" : " ");
    for (guint i = 0; i < filter->values->len; i++) {
        if (is_list && is_repeated(filter, i))
            continue;
        g_autofree char *value = filter_value(filter, i, error);
        if (value == NULL) {
            g_prefix_error(error, "filter on \"%s\": ", filter->column);
            return FALSE;
        }
        g_string_append_printf(out, "%s%s", i > 0 ? separator : "", value);
    }
    g_string_append(out, is_list ? ")" : "");
    return TRUE;
}

static gboolean append_filter(GString *out, const SqlFilter *filter, GError **error)
{
    if (!sql_ident_check(filter->column, "column", error) || !check_value_count(filter, error))
        return FALSE;
    g_autofree char *column = sql_ident(filter->column);
    gboolean cast = is_text_operator(filter->op) && filter->kind != SQL_VALUE_TEXT;
    g_string_append_printf(out, cast ? "CAST(%s AS VARCHAR) %s" : "%s %s", column,
                           operators[filter->op].sql);
    return filter->values->len == 0 || append_values(out, filter, error);
}

/* The user's own condition: one expression that cannot leave its parentheses. */
static gboolean append_where(GString *out, const char *where, GError **error)
{
    SqlLexer lexer = sql_lexer(where, -1);
    SqlToken token;
    GString *text = g_string_new(NULL);
    int depth = 0;
    gboolean sound = TRUE;
    while (sound && sql_next_raw(&lexer, &token)) {
        depth += sql_token_is(&lexer, &token, "(") - sql_token_is(&lexer, &token, ")");
        sound = depth >= 0 && token.kind != SQL_INVALID && !sql_token_is(&lexer, &token, ";");
        if (token.kind == SQL_COMMENT || token.kind == SQL_SPACE)
            g_string_append_c(text, ' ');
        else
            g_string_append_len(text, where + token.start, (gssize)token.length);
    }
    g_strstrip(text->str);
    sound = sound && depth == 0 && *text->str != '\0';
    if (sound)
        g_string_append_printf(out, "(%s)", text->str);
    else
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "the condition \"%s\" is not one SQL expression: check its quotes, comments, "
                    "parentheses and semicolons",
                    where);
    g_string_free(text, TRUE);
    return sound;
}

/* What separates the clauses: one line, or one clause a line. */
typedef struct {
    const char *select, *from, *where, *and, *order, *limit;
} Layout;

static const Layout one_line = {"SELECT ", " FROM ", " WHERE ", " AND ", " ORDER BY ", " LIMIT "};
static const Layout lines = {"SELECT ",   "\n  FROM ",    "\n WHERE ",
                             "\n   AND ", "\n ORDER BY ", "\n LIMIT "};

static gboolean append_conditions(GString *out, const SqlQuery *query, const Layout *layout,
                                  GError **error)
{
    const char *word = layout->where;
    for (guint i = 0; i < query->filters->len; i++) {
        const SqlFilter *filter = query->filters->pdata[i];
        if (filter->off)
            continue;
        g_string_append(out, word);
        word = layout->and;
        if (!append_filter(out, filter, error))
            return FALSE;
    }
    if (query->where == NULL)
        return TRUE;
    g_string_append(out, word);
    return append_where(out, query->where, error);
}

static gboolean append_select(GString *out, const SqlQuery *query, const Layout *layout,
                              GError **error)
{
    for (guint i = 0; i < query->columns->len; i++)
        if (!sql_ident_check(query->columns->pdata[i], "column", error))
            return FALSE;
    g_string_append(out, layout->select);
    g_string_append(out, query->distinct ? "DISTINCT " : "");
    g_autofree char *columns =
        sql_ident_list((const char *const *)query->columns->pdata, query->columns->len, NULL);
    g_string_append(out, query->columns->len > 0 ? columns : "*");
    return TRUE;
}

static gboolean append_from(GString *out, const SqlQuery *query, const Layout *layout,
                            GError **error)
{
    if (!sql_ident_check(query->relation, "table", error) ||
        (query->schema != NULL && !sql_ident_check(query->schema, "schema", error)))
        return FALSE;
    g_autofree char *relation = sql_ident_pair(query->schema, query->relation);
    g_string_append_printf(out, "%s%s", layout->from, relation);
    return append_conditions(out, query, layout, error);
}

static gboolean append_orders(GString *out, const SqlQuery *query, const Layout *layout,
                              GError **error)
{
    static const char *const nulls[] = {
        [SQL_NULLS_DEFAULT] = "",
        [SQL_NULLS_FIRST] = " NULLS FIRST",
        [SQL_NULLS_LAST] = " NULLS LAST",
    };
    for (guint i = 0; i < query->orders->len; i++) {
        const SqlOrder *order = query->orders->pdata[i];
        if (!sql_ident_check(order->column, "column", error))
            return FALSE;
        g_autofree char *column = sql_ident(order->column);
        g_string_append_printf(out, "%s%s%s%s", i > 0 ? ", " : layout->order, column,
                               order->descending ? " DESC" : "", nulls[order->nulls]);
    }
    return TRUE;
}

static char *query_text(const SqlQuery *query, const Layout *layout, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    if (!append_select(out, query, layout, error) || !append_from(out, query, layout, error) ||
        !append_orders(out, query, layout, error))
        return NULL;
    if (query->limit >= 0)
        g_string_append_printf(out, "%s%" G_GINT64_FORMAT, layout->limit, query->limit);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

char *sql_query_text(const SqlQuery *query, GError **error)
{
    return query_text(query, &one_line, error);
}

char *sql_query_pretty(const SqlQuery *query, GError **error)
{
    return query_text(query, &lines, error);
}

char *sql_query_count_text(const SqlQuery *query, GError **error)
{
    g_autoptr(GString) out =
        g_string_new(query->distinct ? "SELECT count(*) FROM (" : "SELECT count(*)");
    if ((query->distinct && !append_select(out, query, &one_line, error)) ||
        !append_from(out, query, &one_line, error))
        return NULL;
    if (query->distinct)
        g_string_append(out, ") AS redsmith_rows");
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static gboolean is_plain_name(const char *name)
{
    gsize length = strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789$");
    return name[length] == '\0' && !g_ascii_isdigit(*name) && *name != '\0';
}

static void append_typed(GString *out, const char *value, gboolean quoted)
{
    if (!quoted) {
        g_string_append(out, value);
        return;
    }
    g_string_append_c(out, '\'');
    for (; *value != '\0'; value++) {
        if (*value == '\'')
            g_string_append_c(out, '\'');
        g_string_append_c(out, *value);
    }
    g_string_append_c(out, '\'');
}

/* Numbers and truth values stay bare; anything else is quoted so that it reads back as it was. */
static gboolean is_quoted(const SqlFilter *filter)
{
    static const SqlValueKind bare[] = {SQL_VALUE_INTEGER, SQL_VALUE_DECIMAL, SQL_VALUE_FLOAT,
                                        SQL_VALUE_REAL, SQL_VALUE_BOOLEAN};
    if (is_text_operator(filter->op))
        return TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(bare); i++)
        if (bare[i] == filter->kind)
            return FALSE;
    return TRUE;
}

char *sql_filter_text(const SqlFilter *filter)
{
    g_autofree char *quoted = is_plain_name(filter->column) ? NULL : sql_ident(filter->column);
    GString *out = g_string_new(quoted != NULL ? quoted : filter->column);
    g_string_append_printf(out, " %s", operators[filter->op].typed);
    gboolean is_list = filter->op == SQL_OP_IN;
    g_string_append(out, is_list ? " (" : "");
    for (guint i = 0; i < filter->values->len; i++) {
        const char *separator = filter->op == SQL_OP_BETWEEN ? " and " : ", ";
        g_string_append(out, i > 0 ? separator : is_list ? "" : " ");
        append_typed(out, filter->values->pdata[i], is_quoted(filter));
    }
    g_string_append(out, is_list ? ")" : "");
    return g_string_free(out, FALSE);
}
