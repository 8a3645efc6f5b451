/*
 * ident: names as SQL. The only place that quotes identifiers.
 *
 * Names are always quoted, so mixed case, dots, quotes and reserved words are all one case. Redshift
 * identifiers hold 1-127 bytes and fold to lower case even when quoted unless
 * enable_case_sensitive_identifier is on (Redshift guide): we never fold ourselves.
 *
 * Threads: pure. Results are freed with g_free.
 */
#ifndef REDSMITH_SQL_IDENT_H
#define REDSMITH_SQL_IDENT_H

#include <glib.h>

#define SQL_IDENT_MAX_BYTES 127

/* "name" with inner quotes doubled. */
char *sql_ident(const char *name);

/* "schema"."name"; schema NULL gives "name" alone. */
char *sql_ident_pair(const char *schema, const char *name);

/* "a", "b", "c" of n names, each preceded by "alias". when alias is not NULL. */
char *sql_ident_list(const char *const *names, guint n, const char *alias);

/* RS_ERROR_USAGE for an empty name, one over 127 bytes, invalid UTF-8 or a NUL, naming `what`. */
gboolean sql_ident_check(const char *name, const char *what, GError **error);

/* Name parts of a.b.c with Redshift's quoting: "a""b".c; folded where unquoted. NULL-terminated.
 * RS_ERROR_USAGE when malformed or of more than three parts. */
char **sql_ident_split(const char *text, GError **error);

#endif
