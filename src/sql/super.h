/*
 * super: what a SUPER value holds, and how SQL names a part of it.
 *
 * The text of a JSON value is cut into nodes that point into it, in the order of the text: numbers keep
 * every digit, for nothing is converted. A node's subtree is the nodes from it up to its `end`.
 *
 * Threads: pure.
 * Errors:  RS_ERROR_DATA for text that is no JSON, RS_ERROR_LIMIT above a million nodes or 1,000 levels
 */
#ifndef REDSMITH_SQL_SUPER_H
#define REDSMITH_SQL_SUPER_H

#include <glib.h>

typedef enum { SUPER_OBJECT, SUPER_ARRAY, SUPER_STRING, SUPER_NUMBER, SUPER_WORD } SuperKind;

typedef struct {
    SuperKind kind;
    gint64 parent; /* node, -1 for the top */
    guint depth, end, children;
    guint position;        /* among its parent's children */
    gsize start, length;   /* of its text */
    gsize key, key_length; /* the member's name with its quotes; length 0 in an array */
} SuperNode;

/* Of SuperNode. Free with g_array_unref. */
GArray *sql_super_parse(const char *text, gsize length, GError **error);

/* The way to a node as Redshift navigates (Redshift guide, "Querying semistructured data"):
 * "column"."member"[3]. Free with g_free. */
char *sql_super_path(const char *column, const char *text, const GArray *nodes, guint node);

#endif
