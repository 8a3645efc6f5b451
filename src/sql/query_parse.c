/* The texts that users type for filters and orders, read into a query's structure. */
#include "sql/query.h"

#include <string.h>

#include "base/error.h"

/* Where we are in the text, for reading and for saying where it stops making sense. */
typedef struct {
    const char *text, *p;
} Reader;

static gboolean fail(const Reader *reader, GError **error, const char *expected)
{
    if (*reader->p == '\0')
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "\"%s\": expected %s at the end", reader->text,
                    expected);
    else
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "\"%s\": expected %s at \"%s\"", reader->text,
                    expected, reader->p);
    return FALSE;
}

static void skip_blanks(Reader *reader)
{
    while (g_ascii_isspace(*reader->p))
        reader->p++;
}

static gboolean is_word_byte(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '$' || c == '#' || (guchar)c >= 0x80;
}

/* Text between quotes, where a doubled quote stands for one. Backslashes mean themselves. */
static char *read_quoted(Reader *reader, char quote, GError **error)
{
    GString *out = g_string_new(NULL);
    const char *p = reader->p + 1;
    for (; *p != '\0'; p++) {
        if (*p == quote && p[1] != quote) {
            reader->p = p + 1;
            return g_string_free(out, FALSE);
        }
        if (*p == quote)
            p++;
        g_string_append_c(out, *p);
    }
    g_string_free(out, TRUE);
    fail(reader, error, quote == '\'' ? "a closing single quote" : "a closing double quote");
    return NULL;
}

static char *read_column(Reader *reader, GError **error)
{
    skip_blanks(reader);
    if (*reader->p == '"')
        return read_quoted(reader, '"', error);
    const char *start = reader->p;
    while (is_word_byte(*reader->p))
        reader->p++;
    if (reader->p == start) {
        fail(reader, error, "a column name");
        return NULL;
    }
    return g_ascii_strdown(start, reader->p - start);
}

/* The words of a phrase such as "is not null", each ending at a word boundary. */
static gboolean read_phrase(Reader *reader, const char *phrase)
{
    const char *p = reader->p;
    while (*phrase != '\0') {
        if (*phrase == ' ') {
            if (!g_ascii_isspace(*p))
                return FALSE;
            while (g_ascii_isspace(*p))
                p++;
            phrase++;
        } else if (g_ascii_tolower(*p++) != *phrase++) {
            return FALSE;
        }
    }
    if (is_word_byte(p[-1]) && is_word_byte(*p))
        return FALSE;
    reader->p = p;
    return TRUE;
}

static gboolean read_operator(Reader *reader, SqlOperator *op, GError **error)
{
    /* Longer spellings stand before their beginnings. */
    static const struct {
        const char *phrase;
        SqlOperator op;
    } spellings[] = {
        {"is not null", SQL_OP_IS_NOT_NULL},
        {"is null", SQL_OP_IS_NULL},
        {"not like", SQL_OP_NOT_LIKE},
        {"like", SQL_OP_LIKE},
        {"contains", SQL_OP_CONTAINS},
        {"starts with", SQL_OP_STARTS},
        {"starts", SQL_OP_STARTS},
        {"ends with", SQL_OP_ENDS},
        {"ends", SQL_OP_ENDS},
        {"in", SQL_OP_IN},
        {"between", SQL_OP_BETWEEN},
        {"matches", SQL_OP_MATCHES},
        {"<=", SQL_OP_LE},
        {"<>", SQL_OP_NE},
        {"<", SQL_OP_LT},
        {">=", SQL_OP_GE},
        {">", SQL_OP_GT},
        {"!=", SQL_OP_NE},
        {"==", SQL_OP_EQ},
        {"=", SQL_OP_EQ},
        {"~", SQL_OP_MATCHES},
    };
    skip_blanks(reader);
    for (gsize i = 0; i < G_N_ELEMENTS(spellings); i++)
        if (read_phrase(reader, spellings[i].phrase)) {
            *op = spellings[i].op;
            return TRUE;
        }
    return fail(reader, error,
                "=, <>, <, <=, >, >=, ~, like, not like, contains, starts, ends, in (..), "
                "between .. and .., is null or is not null");
}

/* One value, quoted or a single word. *bare tells which. */
static char *read_value(Reader *reader, gboolean *bare, GError **error)
{
    skip_blanks(reader);
    *bare = *reader->p != '\'';
    if (!*bare)
        return read_quoted(reader, '\'', error);
    const char *start = reader->p;
    while (*reader->p != '\0' && strchr(",()'\"", *reader->p) == NULL &&
           !g_ascii_isspace(*reader->p))
        reader->p++;
    if (reader->p == start) {
        fail(reader, error, "a value (text in single quotes)");
        return NULL;
    }
    char *value = g_strndup(start, (gsize)(reader->p - start));
    if (g_ascii_strcasecmp(value, "null") == 0) {
        g_free(value);
        reader->p = start;
        fail(reader, error, "a value; nothing equals NULL: use \"is null\" or \"is not null\"");
        return NULL;
    }
    return value;
}

static gboolean add_value(Reader *reader, GPtrArray *values, gboolean *all_bare, GError **error)
{
    gboolean bare;
    char *value = read_value(reader, &bare, error);
    if (value == NULL)
        return FALSE;
    g_ptr_array_add(values, value);
    *all_bare = *all_bare && bare;
    return TRUE;
}

static gboolean read_list(Reader *reader, GPtrArray *values, gboolean *all_bare, GError **error)
{
    skip_blanks(reader);
    if (*reader->p != '(')
        return fail(reader, error, "( and a list of values");
    do {
        reader->p++;
        if (!add_value(reader, values, all_bare, error))
            return FALSE;
        skip_blanks(reader);
    } while (*reader->p == ',');
    if (*reader->p != ')')
        return fail(reader, error, ", or )");
    reader->p++;
    return TRUE;
}

static gboolean read_values(Reader *reader, SqlOperator op, GPtrArray *values, gboolean *all_bare,
                            GError **error)
{
    switch (op) {
    case SQL_OP_IS_NULL:
    case SQL_OP_IS_NOT_NULL:
        return TRUE;
    case SQL_OP_IN:
        return read_list(reader, values, all_bare, error);
    case SQL_OP_BETWEEN:
        if (!add_value(reader, values, all_bare, error))
            return FALSE;
        skip_blanks(reader);
        if (!read_phrase(reader, "and"))
            return fail(reader, error, "\"and\" between two values");
        return add_value(reader, values, all_bare, error);
    default:
        return add_value(reader, values, all_bare, error);
    }
}

static gboolean all_are(const GPtrArray *values, SqlValueKind kind)
{
    for (guint i = 0; i < values->len; i++) {
        g_autofree char *literal = sql_typed_literal(kind, values->pdata[i], NULL);
        if (literal == NULL)
            return FALSE;
    }
    return values->len > 0;
}

/* Without a column's type a value is what it looks like. */
static SqlValueKind kind_as_typed(const GPtrArray *values, gboolean all_bare)
{
    static const SqlValueKind kinds[] = {SQL_VALUE_INTEGER, SQL_VALUE_DECIMAL, SQL_VALUE_FLOAT};
    for (gsize i = 0; all_bare && i < G_N_ELEMENTS(kinds); i++)
        if (all_are(values, kinds[i]))
            return kinds[i];
    return SQL_VALUE_TEXT;
}

/* The values of a whole-number column may have decimals: qtysold >= 3.5 is a sound question. */
static gboolean check_kind(const GPtrArray *values, SqlValueKind *kind, GError **error)
{
    if (*kind == SQL_VALUE_INTEGER && !all_are(values, SQL_VALUE_INTEGER) &&
        all_are(values, SQL_VALUE_DECIMAL))
        *kind = SQL_VALUE_DECIMAL;
    for (guint i = 0; i < values->len; i++) {
        g_autofree char *literal = sql_typed_literal(*kind, values->pdata[i], error);
        if (literal == NULL)
            return FALSE;
    }
    return TRUE;
}

static gboolean compares_values(SqlOperator op)
{
    return op <= SQL_OP_GE || op == SQL_OP_IN || op == SQL_OP_BETWEEN;
}

gboolean sql_query_parse_filter(SqlQuery *query, const char *text, SqlKindOf kind_of, gpointer user,
                                GError **error)
{
    Reader reader = {text, text};
    g_autofree char *column = read_column(&reader, error);
    SqlOperator op = SQL_OP_EQ;
    if (column == NULL || !read_operator(&reader, &op, error))
        return FALSE;
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
    gboolean all_bare = TRUE;
    if (!read_values(&reader, op, values, &all_bare, error))
        return FALSE;
    skip_blanks(&reader);
    if (*reader.p != '\0')
        return fail(&reader, error,
                    "nothing more (put text of several words into single quotes, and give one "
                    "filter per condition)");
    SqlValueKind kind = SQL_VALUE_TEXT;
    if (kind_of == NULL) {
        kind = compares_values(op) ? kind_as_typed(values, all_bare) : SQL_VALUE_TEXT;
    } else if (!kind_of(user, column, &kind)) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "\"%s\": there is no column \"%s\"", text,
                    column);
        return FALSE;
    }
    if (compares_values(op) && !check_kind(values, &kind, error)) {
        g_prefix_error(error, "\"%s\": ", text);
        return FALSE;
    }
    sql_query_add_filter(query, column, op, (const char *const *)values->pdata, values->len, kind);
    return TRUE;
}

/* "desc", "asc", "nulls first" and "nulls last" may follow the name. */
static void read_order_words(Reader *reader, SqlOrder *order)
{
    skip_blanks(reader);
    if (read_phrase(reader, "desc"))
        order->descending = TRUE;
    else
        read_phrase(reader, "asc");
    skip_blanks(reader);
    if (read_phrase(reader, "nulls first"))
        order->nulls = SQL_NULLS_FIRST;
    else if (read_phrase(reader, "nulls last"))
        order->nulls = SQL_NULLS_LAST;
    skip_blanks(reader);
}

static gboolean read_order(Reader *reader, SqlQuery *query, GError **error)
{
    skip_blanks(reader);
    gboolean descending = *reader->p == '-';
    if (descending || *reader->p == '+')
        reader->p++;
    g_autofree char *column = read_column(reader, error);
    if (column == NULL)
        return FALSE;
    sql_query_add_order(query, column, descending);
    read_order_words(reader, query->orders->pdata[query->orders->len - 1]);
    return TRUE;
}

gboolean sql_query_parse_order(SqlQuery *query, const char *text, GError **error)
{
    Reader reader = {text, text};
    guint before = query->orders->len;
    gboolean read;
    while ((read = read_order(&reader, query, error)) && *reader.p == ',')
        reader.p++;
    if (read && *reader.p != '\0')
        read = fail(&reader, error, "a comma or the end");
    if (!read)
        g_ptr_array_set_size(query->orders, (int)before);
    return read;
}
