/*
 * parameters: the :names in a statement, and a statement with values in their places.
 *
 * What is a parameter is the lexer's business: not ::type, not in literals, comments or quoted names.
 * Values are put in as literals, so that no value can become SQL (sql/literal):
 *
 *     12, -3.5, 1e6    a number, as it stands
 *     null, true       the word itself, in any case; false too
 *     'O''Hara'        the text within the quotes
 *     anything else    a text: O'Hara, 2008-01-01, 12 apples; "" is the empty text
 *
 * Threads: pure.
 */
#ifndef REDSMITH_SQL_PARAMETERS_H
#define REDSMITH_SQL_PARAMETERS_H

#include <glib.h>

/* Each name once, in the order of the text, without the colon: char *, freed with the array. $1 is none:
 * it belongs to prepared statements. */
GPtrArray *sql_parameter_names(const char *text);

/* values: name to typed text. RS_ERROR_USAGE names what has no value. Free with g_free. */
char *sql_parameters_bind(const char *text, GHashTable *values, GError **error);

#endif
