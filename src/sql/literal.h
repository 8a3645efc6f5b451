/*
 * literal: values as SQL. The only place that quotes strings.
 *
 * Backslash is an escape in every Redshift literal (standard_conforming_strings is off and never
 * reported), and E'..' does not exist: so quotes and backslashes are both doubled inside plain
 * quotes.
 *
 * Threads: pure. Results are freed with g_free.
 */
#ifndef REDSMITH_SQL_LITERAL_H
#define REDSMITH_SQL_LITERAL_H

#include <glib.h>

/* 'text', with ' and \ doubled; a NULL pointer gives the word NULL. */
char *sql_literal(const char *text);

/*
 * As sql_literal, with control characters written as escapes ('\t', '\005') which the server's own
 * lexer resolves: for delimiters and the like that must survive copying by hand.
 */
char *sql_control_literal(const char *text);

/* The kinds a value of a filter can be written as. */
typedef enum {
    SQL_VALUE_TEXT,
    SQL_VALUE_INTEGER, /* validated digits, any size: never through a C number */
    SQL_VALUE_DECIMAL,
    SQL_VALUE_FLOAT, /* 'NaN'::float8, 'Infinity' and '-Infinity' included */
    SQL_VALUE_BOOLEAN,
    SQL_VALUE_DATE,
    SQL_VALUE_TIMESTAMP,
    SQL_VALUE_TIMESTAMPTZ,
    SQL_VALUE_TIME,
    SQL_VALUE_BYTES, /* hex digits, as VARBYTE */
    SQL_VALUE_REAL,  /* as FLOAT, cast to float4: 0.1 and 0.1::float4 are different numbers */
    /* Quoted text that the server reads; they say what a column is. */
    SQL_VALUE_SUPER,
    SQL_VALUE_OTHER,   /* TIMETZ, intervals, GEOMETRY, HLLSKETCH */
    SQL_VALUE_UNKNOWN, /* an expression's, where nothing says more */
} SqlValueKind;

/* A typed literal such as 42, TRUE, DATE '2008-01-01'. RS_ERROR_USAGE, naming the text and what was
 * expected, when the text is no such value. */
char *sql_typed_literal(SqlValueKind kind, const char *text, GError **error);

/* The value kind that a column of this type oid is compared with. */
SqlValueKind sql_value_kind(guint32 type_oid);

/* A LIKE pattern literal for text that is to be found as it stands: % _ \ are escaped. */
typedef enum { SQL_LIKE_CONTAINS, SQL_LIKE_STARTS, SQL_LIKE_ENDS } SqlLikeKind;
char *sql_like_literal(SqlLikeKind kind, const char *text);

#endif
