/*
 * query: a structured SELECT. Text comes out of it; it is not text.
 *
 * A SqlQuery is built by the screens and the headless options, printed by sql_query_text, and changed
 * clause by clause. Identifiers are quoted by sql/ident, values by sql/literal, and nothing else is
 * pasted, except the raw condition the user typed as SQL (--where), which is put in parentheses.
 *
 * Threads: pure; a SqlQuery belongs to one thread.
 */
#ifndef REDSMITH_SQL_QUERY_H
#define REDSMITH_SQL_QUERY_H

#include <glib.h>

#include "sql/literal.h"

typedef enum {
    SQL_OP_EQ,
    SQL_OP_NE,
    SQL_OP_LT,
    SQL_OP_LE,
    SQL_OP_GT,
    SQL_OP_GE,
    SQL_OP_LIKE,
    SQL_OP_NOT_LIKE,
    SQL_OP_CONTAINS,
    SQL_OP_STARTS,
    SQL_OP_ENDS,
    SQL_OP_IN,
    SQL_OP_BETWEEN,
    SQL_OP_IS_NULL,
    SQL_OP_IS_NOT_NULL,
    SQL_OP_MATCHES, /* ~ regex */
} SqlOperator;

typedef struct {
    char *column;
    SqlOperator op;
    GPtrArray *values; /* of char *: none for IS NULL, two for BETWEEN, any for IN, else one */
    SqlValueKind kind; /* how the values are written */
    gboolean off;      /* kept in the composer, left out of the text */
} SqlFilter;

typedef struct {
    char *column;
    gboolean descending;
    enum { SQL_NULLS_DEFAULT, SQL_NULLS_FIRST, SQL_NULLS_LAST } nulls;
} SqlOrder;

typedef struct {
    char *schema, *relation;
    GPtrArray *columns; /* of char *; empty: all, as * */
    GPtrArray *filters; /* of SqlFilter, joined by AND */
    char *where;        /* raw SQL condition, or NULL */
    GPtrArray *orders;  /* of SqlOrder */
    gint64 limit;       /* -1: none */
    gboolean distinct;
} SqlQuery;

SqlQuery *sql_query_new(const char *schema, const char *relation);
SqlQuery *sql_query_copy(const SqlQuery *query);
void sql_query_free(SqlQuery *query);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SqlQuery, sql_query_free)

/* Takes nothing; values is of n strings. */
SqlFilter *sql_query_add_filter(SqlQuery *query, const char *column, SqlOperator op,
                                const char *const *values, guint n, SqlValueKind kind);
void sql_query_add_order(SqlQuery *query, const char *column, gboolean descending);
void sql_query_clear_orders(SqlQuery *query);

/* Reads "qtysold >= 4", "eventname contains 'Rock'", "buyerid is null", "state in (CA, 'NY')",
 * "price between 10 and 20", "city like 'San%'". The kind of the values follows from the column's
 * type by kind_of (NULL: text is compared as typed: a bare number is a number). RS_ERROR_USAGE says
 * where the text stops making sense. */
typedef gboolean (*SqlKindOf)(gpointer user, const char *column, SqlValueKind *kind);
gboolean sql_query_parse_filter(SqlQuery *query, const char *text, SqlKindOf kind_of, gpointer user,
                                GError **error);

/* Reads "-pricepaid,salesid": a leading minus is descending. */
gboolean sql_query_parse_order(SqlQuery *query, const char *text, GError **error);

/* The SELECT on one line. RS_ERROR_USAGE for a value that is not of its kind. */
char *sql_query_text(const SqlQuery *query, GError **error);
/* The same with a line per clause, for the screens. */
char *sql_query_pretty(const SqlQuery *query, GError **error);
/* One filter as the user would type it, for the status line. */
char *sql_filter_text(const SqlFilter *filter);
/* Without ORDER BY and LIMIT, as SELECT count(*): how many rows it would give. */
char *sql_query_count_text(const SqlQuery *query, GError **error);

#endif
