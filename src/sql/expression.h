/*
 * expression: a value or a condition of a query, as a tree. Text comes out of it; it is not text.
 *
 * Columns (with a path into SUPER), typed literals, arithmetic, functions and aggregates of one table
 * (sql/function), casts, CASE, comparisons, AND, OR, NOT, and sub-queries. Each node knows what kind
 * of value it gives, as far as that can be known, because Redshift needs it: whole numbers divide as
 * numbers (Spark's rule), a BOOLEAN cannot be cast to VARCHAR, a SUPER is compared as what it is
 * compared with.
 *
 * Two texts come out. sql_expr_sql is the SQL: names quoted, values typed literals, LIKE patterns
 * escaped. sql_expr_text is what a user would type for it, and the parsers of sql/query read that back:
 *
 *     qtysold >= 4 and (eventname contains 'Rock' or not buyerid is null)
 *     state in (CA, 'NY')      price between 10 and 20      city like 'San%'      x ~ '^a'
 *     saletime in last 7 days  saletime in this month       saletime in yesterday
 *     a <=> b                  "Odd name".x[0].y = 1        lower(city) = oslo
 *     sum(pricepaid * 2) > 100 count(distinct buyerid)      cast(x as date) = 2008-01-31
 *
 * To the right of a comparison a bare word is a value (state = CA), unless it is no value of the
 * left side's kind and names a column (a_smallint < an_integer); "a name in double quotes" or
 * table.column is always a column. Elsewhere a bare word is a column.
 *
 * Null-safe equality is not Redshift's: a <=> b is written with IS NULL. IN with no value is FALSE.
 *
 * Ownership: constructors take the expressions they are given and copy the strings; a node owns its
 * parts. Threads: pure. Errors: RS_ERROR_USAGE.
 */
#ifndef REDSMITH_SQL_EXPRESSION_H
#define REDSMITH_SQL_EXPRESSION_H

#include <glib.h>

#include "sql/literal.h"

typedef struct SqlQuery SqlQuery;
typedef struct SqlExpr SqlExpr;

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
    SQL_OP_SAME,    /* null-safe equality: NULL is the same as NULL */
    SQL_OP_DURING,  /* within a range relative to now */
} SqlOperator;

typedef enum {
    SQL_EXPR_COLUMN,
    SQL_EXPR_VALUE,
    SQL_EXPR_CALL,    /* a function or aggregate; count(*) has no part */
    SQL_EXPR_OPERATE, /* + - * / % ||, or - alone */
    SQL_EXPR_CAST,
    SQL_EXPR_CASE, /* when, then, when, then, ...; an odd last part is ELSE */
    SQL_EXPR_TEST, /* the first part compared with the others */
    SQL_EXPR_ALL,  /* AND; of no part TRUE */
    SQL_EXPR_ANY,  /* OR; of no part FALSE */
    SQL_EXPR_NOT,
    SQL_EXPR_EXISTS, /* query */
    SQL_EXPR_QUERY,  /* one value, or what IN looks in */
} SqlExprKind;

typedef enum { SQL_LAST, SQL_NEXT, SQL_THIS, SQL_PREVIOUS } SqlRangeWhich;

/* "last 7 days" is from now backwards; "this month" and "previous month" are the calendar's. */
typedef struct {
    SqlRangeWhich which;
    gint64 count; /* of SQL_LAST and SQL_NEXT */
    char *unit;   /* "day": one of sql_range_units */
} SqlRange;

/* One step of a path into SUPER. */
typedef struct {
    char *field; /* NULL: an index */
    gint64 index;
} SqlStep;

struct SqlExpr {
    SqlExprKind kind;
    SqlValueKind value; /* what it gives; SQL_VALUE_UNKNOWN when that is not known */
    SqlOperator op;     /* of SQL_EXPR_TEST */
    char *qualifier;    /* of a column: the relation's name or alias, or NULL */
    char *name; /* a column's, function's, operator's or type's; a value's text, NULL for NULL */
    gboolean distinct, approximate; /* of an aggregate */
    GPtrArray *parts;               /* of SqlExpr */
    GPtrArray *path;                /* of SqlStep; NULL without */
    SqlRange range;                 /* of SQL_OP_DURING */
    SqlQuery *query;
};

/* "second" to "year"; NULL-terminated. */
extern const char *const sql_range_units[];

SqlExpr *sql_expr_column(const char *qualifier, const char *name, SqlValueKind kind);
/* The column's path goes on with a field, or with an index when field is NULL. */
void sql_expr_step(SqlExpr *column, const char *field, gint64 index);
/* text NULL is NULL. A text that is no such value is refused when it is printed. */
SqlExpr *sql_expr_value(SqlValueKind kind, const char *text);
SqlExpr *sql_expr_call(const char *function);
/* b NULL: minus a. */
SqlExpr *sql_expr_operate(const char *op, SqlExpr *a, SqlExpr *b);
/* type as Redshift writes it: "varchar(20)", "decimal(8,2)"; it is checked when it is printed. */
SqlExpr *sql_expr_cast(SqlExpr *expr, const char *type);
SqlExpr *sql_expr_case(void);
/* right NULL for IS NULL and IS NOT NULL; IN and BETWEEN take more by sql_expr_add. */
SqlExpr *sql_expr_test(SqlExpr *left, SqlOperator op, SqlExpr *right);
SqlExpr *sql_expr_during(SqlExpr *left, SqlRangeWhich which, gint64 count, const char *unit);
SqlExpr *sql_expr_all(void);
SqlExpr *sql_expr_any(void);
SqlExpr *sql_expr_not(SqlExpr *condition);
SqlExpr *sql_expr_exists(SqlQuery *query);
SqlExpr *sql_expr_query(SqlQuery *query);
/* Takes part and returns expr. */
SqlExpr *sql_expr_add(SqlExpr *expr, SqlExpr *part);

SqlExpr *sql_expr_copy(const SqlExpr *expr);
void sql_expr_free(SqlExpr *expr);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SqlExpr, sql_expr_free)

/* True or false comes out of it. A column counts when it is known to be a BOOLEAN. */
gboolean sql_expr_is_condition(const SqlExpr *expr);
/* An aggregate is in it, outside sub-queries. */
gboolean sql_expr_is_aggregate(const SqlExpr *expr);
/* A column and nothing else. */
gboolean sql_expr_is_column(const SqlExpr *expr);

/* What the user would type. Free with g_free. */
char *sql_expr_text(const SqlExpr *expr);

/* Which columns there are. column says whether there is one, and sets its kind; *qualifier (owned by
 * the scope) may be set to the relation's name where the text had none. NULL: every name is good. */
typedef struct {
    gboolean (*column)(gpointer user, const char **qualifier, const char *name, SqlValueKind *kind);
    gpointer user;
} SqlScope;

#endif
