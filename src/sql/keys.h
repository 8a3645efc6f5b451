/*
 * keys: does a statement hand AWS keys to the server?
 *
 * COPY, UNLOAD and CREATE .. SCHEMA/MODEL can be given keys instead of a role, as ACCESS_KEY_ID 'x'
 * SECRET_ACCESS_KEY 'y' or in a string 'aws_access_key_id=x;aws_secret_access_key=y'.
 *
 * Source:  Redshift guide, COPY, "Authorization parameters".
 * Threads: pure.
 */
#ifndef REDSMITH_SQL_KEYS_H
#define REDSMITH_SQL_KEYS_H

#include <glib.h>

/* TRUE when one of the statements of the text does. Queries are not looked at: a column may be called so. */
gboolean sql_holds_keys(const char *text);

#endif
