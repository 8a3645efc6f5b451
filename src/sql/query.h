/*
 * query: a structured SELECT. Text comes out of it; it is not text.
 *
 * A SqlQuery is built by the screens and the headless options, printed by sql_query_text, and changed
 * clause by clause. What a clause holds is an expression (sql/expression); identifiers are quoted by
 * sql/ident, values by sql/literal, and nothing else is pasted, except the raw condition the user typed
 * as SQL (--where), which is put in parentheses.
 *
 * It holds all of the shapes that Spark's connector pushes down: a relation or a sub-query, joins, a
 * tree of conditions, grouping with aggregates, HAVING, DISTINCT, order, limit, and UNION, INTERSECT and
 * EXCEPT with other queries; semi and anti joins are EXISTS and NOT EXISTS; rows of the client's own are
 * a UNION ALL of queries that read nothing. Each element of a clause can be off: kept in the
 * composer, left out of the text.
 *
 * A column without a qualifier belongs to the relation the query reads first; one of a joined
 * relation carries that relation's name or alias. In the order it may be the alias of a column.
 *
 * Threads: pure; a SqlQuery belongs to one thread.
 * Errors:  RS_ERROR_USAGE, naming the text or the element
 *
 * Example:
 *     SqlQuery *query = sql_query_new("public", "sales");
 *     sql_query_parse_filter(query, "qtysold >= 4 or pricepaid > 100", kind_of, user, &error);
 *     sql_query_parse_order(query, "-pricepaid", &error);
 *     char *sql = sql_query_text(query, &error);
 */
#ifndef REDSMITH_SQL_QUERY_H
#define REDSMITH_SQL_QUERY_H

#include "sql/expression.h"

/* A condition of WHERE or HAVING. */
typedef struct {
    SqlExpr *expr;
    gboolean off;
} SqlFilter;

/* An element of the column list, or of GROUP BY, where it has no alias. */
typedef struct {
    SqlExpr *expr;
    char *alias; /* NULL: as the server names it */
    gboolean off;
} SqlColumn;

typedef enum { SQL_NULLS_DEFAULT, SQL_NULLS_FIRST, SQL_NULLS_LAST } SqlNulls;

typedef struct {
    SqlExpr *expr;
    char *column; /* the column's name; of another expression its text */
    gboolean descending;
    SqlNulls nulls;
    gboolean off;
} SqlOrder;

typedef enum {
    SQL_JOIN_INNER,
    SQL_JOIN_LEFT,
    SQL_JOIN_RIGHT,
    SQL_JOIN_FULL,
    SQL_JOIN_CROSS
} SqlJoinKind;

typedef struct {
    SqlJoinKind kind;
    char *schema, *relation;
    SqlQuery *query; /* instead of a relation; needs the alias */
    char *alias;     /* NULL: the relation's name */
    SqlExpr *on;     /* NULL for a cross join only */
    gboolean off;
} SqlJoin;

typedef enum { SQL_SET_UNION, SQL_SET_UNION_ALL, SQL_SET_INTERSECT, SQL_SET_EXCEPT } SqlSetKind;

typedef struct {
    SqlSetKind kind;
    SqlQuery *query;
} SqlSet;

struct SqlQuery {
    char *schema, *relation; /* relation and from NULL: a query that reads nothing */
    SqlQuery *from;          /* instead of a relation */
    char *alias;
    GPtrArray *joins;   /* of SqlJoin */
    GPtrArray *columns; /* of SqlColumn; none: all, as *; with groups: those and count(*) */
    GPtrArray *filters; /* of SqlFilter, joined by AND */
    char *where;        /* raw SQL condition, or NULL */
    GPtrArray *groups;  /* of SqlColumn */
    GPtrArray *havings; /* of SqlFilter, joined by AND */
    GPtrArray *sets;    /* of SqlSet, all of one kind */
    GPtrArray *orders;  /* of SqlOrder */
    gint64 limit;       /* -1: none */
    gboolean limit_off;
    gboolean distinct;
};

SqlQuery *sql_query_new(const char *schema, const char *relation);
SqlQuery *sql_query_copy(const SqlQuery *query);
void sql_query_free(SqlQuery *query);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SqlQuery, sql_query_free)

/* What a column of the first relation is qualified with: alias, or the relation's name; NULL when the
 * query reads nothing. */
const char *sql_query_name(const SqlQuery *query);

/* Takes nothing; values is of n strings. A NULL among them is NULL. An alias stands for its expression,
 * and one of an aggregate makes the filter a HAVING: what is shown can be filtered by. */
SqlFilter *sql_query_add_filter(SqlQuery *query, const char *column, SqlOperator op,
                                const char *const *values, guint n, SqlValueKind kind);
/* These take the expression. alias may be NULL. */
SqlFilter *sql_query_add_condition(SqlQuery *query, SqlExpr *condition);
SqlFilter *sql_query_add_having(SqlQuery *query, SqlExpr *condition);
SqlColumn *sql_query_add_column(SqlQuery *query, SqlExpr *expr, const char *alias);
SqlColumn *sql_query_add_group(SqlQuery *query, SqlExpr *expr);
SqlOrder *sql_query_add_ordering(SqlQuery *query, SqlExpr *expr, gboolean descending,
                                 SqlNulls nulls);
SqlJoin *sql_query_add_join(SqlQuery *query, SqlJoinKind kind, const char *schema,
                            const char *relation, const char *alias, SqlExpr *on);
/* Takes other. */
void sql_query_add_set(SqlQuery *query, SqlSetKind kind, SqlQuery *other);

void sql_query_add_order(SqlQuery *query, const char *column, gboolean descending);
void sql_query_clear_orders(SqlQuery *query);
/* The values of one column with the number of their rows, the most frequent first: replaces columns,
 * groups, HAVING and order; filters and joins stay. */
void sql_query_count_by(SqlQuery *query, const char *column, SqlValueKind kind);

/* Reads "qtysold >= 4", "eventname contains 'Rock'", "buyerid is null", "state in (CA, 'NY')",
 * "price between 10 and 20", "city like 'San%'", and conditions made of them by and, or, not and
 * parentheses (sql/expression.h). The kind of the values follows from the column's type by kind_of
 * (NULL: text is compared as typed: a bare number is a number). RS_ERROR_USAGE says where the text
 * stops making sense. kind_of knows the first relation's columns. */
typedef gboolean (*SqlKindOf)(gpointer user, const char *column, SqlValueKind *kind);
gboolean sql_query_parse_filter(SqlQuery *query, const char *text, SqlKindOf kind_of, gpointer user,
                                GError **error);

/* Reads "-pricepaid,salesid" or "sum(qtysold) desc nulls last": a leading minus is descending. */
gboolean sql_query_parse_order(SqlQuery *query, const char *text, GError **error);

/*
 * The other clauses as typed; scope NULL takes every name. All of them add, and change nothing when
 * they fail.
 *     conditions  as filters
 *     columns     "city, sum(pricepaid) as total, payload.name"; group: without "as"
 *     order       as sql_query_parse_order; a name may be the alias of a column
 *     join        "event on sales.eventid = event.eventid", "left venue as v on venueid", "cross x":
 *                 one column alone is compared with the one of that name in the joined relation
 * names in a join's "on" and in HAVING are columns to the right of a comparison too; an alias in
 * HAVING stands for its expression.
 */
gboolean sql_query_parse_condition(SqlQuery *query, const char *text, const SqlScope *scope,
                                   GError **error);
gboolean sql_query_parse_having(SqlQuery *query, const char *text, const SqlScope *scope,
                                GError **error);
gboolean sql_query_parse_columns(SqlQuery *query, const char *text, const SqlScope *scope,
                                 GError **error);
gboolean sql_query_parse_groups(SqlQuery *query, const char *text, const SqlScope *scope,
                                GError **error);
gboolean sql_query_parse_orders(SqlQuery *query, const char *text, const SqlScope *scope,
                                GError **error);
gboolean sql_query_parse_join(SqlQuery *query, const char *text, const SqlScope *scope,
                              GError **error);
/* The relation's name in a join's text and the alias it goes by, without reading the rest: for who has
 * to know the relation's columns first. alias may be NULL. */
gboolean sql_query_join_target(const char *text, char **schema, char **relation, char **alias,
                               GError **error);

/* The text of a join names a relation and says not on what: the declared keys may. */
gboolean sql_query_join_is_bare(const char *text);

/* The SELECT on one line. RS_ERROR_USAGE for a value that is not of its kind. */
char *sql_query_text(const SqlQuery *query, GError **error);
/* The same with a line per clause, for the screens. */
char *sql_query_pretty(const SqlQuery *query, GError **error);
/* One element as the user would type it, for the status line and the composer. */
char *sql_filter_text(const SqlFilter *filter);
char *sql_column_text(const SqlColumn *column);
char *sql_order_text(const SqlOrder *order);
char *sql_join_text(const SqlJoin *join);
/* Without ORDER BY and LIMIT, as SELECT count(*): how many rows it would give. */
char *sql_query_count_text(const SqlQuery *query, GError **error);
/* EXPLAIN of it. */
char *sql_query_explain_text(const SqlQuery *query, GError **error);

#endif
