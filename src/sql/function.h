/*
 * function: the functions and aggregates that an expression may call.
 *
 * One row each: how the user spells it, how Redshift does, how many arguments it takes and what comes
 * out. It holds everything that Spark pushes down to Redshift (the connector's aggregate, string, math
 * and date functions) and what Redshift adds: MEDIAN, LISTAGG, APPROXIMATE COUNT(DISTINCT ..).
 * What is not in the table is refused, so no name reaches the server unread.
 *
 * Threads: pure; the table is constant.
 */
#ifndef REDSMITH_SQL_FUNCTION_H
#define REDSMITH_SQL_FUNCTION_H

#include "sql/literal.h"

typedef enum {
    SQL_FUNCTION_PLAIN,    /* NAME(a, b) */
    SQL_FUNCTION_BARE,     /* NAME, without parentheses */
    SQL_FUNCTION_JOINED,   /* a || b */
    SQL_FUNCTION_ADD_DAYS, /* a date, days later */
    SQL_FUNCTION_SUB_DAYS,
    SQL_FUNCTION_IF,        /* condition, then, else */
    SQL_FUNCTION_UNIT,      /* the first argument is a unit such as 'month' */
    SQL_FUNCTION_AGGREGATE, /* takes DISTINCT */
    SQL_FUNCTION_MEAN,      /* an aggregate that would cut whole numbers */
    SQL_FUNCTION_COUNT,     /* may have no argument: count(*) */
    SQL_FUNCTION_LIST,      /* LISTAGG: (value, separator) in the order of the value */
} SqlFunctionForm;

typedef struct {
    const char *name, *sql;
    SqlFunctionForm form;
    guint least, most;   /* arguments; most 0: any number */
    SqlValueKind result; /* SQL_VALUE_UNKNOWN: as the (last) argument */
} SqlFunction;

/* In any case of letters; NULL when there is none. */
const SqlFunction *sql_function(const char *name);
gboolean sql_function_is_aggregate(const SqlFunction *function);
/* The names of all, for a message: "abs, acos, ...". Free with g_free. */
char *sql_function_names(void);

/* "VARCHAR(20)" for "varchar(20)", and its value kind; NULL when it is no type of a column. */
char *sql_type_checked(const char *type, SqlValueKind *kind);

#endif
