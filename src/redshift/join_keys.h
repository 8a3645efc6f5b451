/*
 * join_keys: on which columns two relations belong together, as their foreign keys declare.
 *
 * Redshift does not enforce foreign keys; where they are declared, they say how to join (Redshift guide,
 * "Defining table constraints").
 *
 * Threads: blocks; uses the session's thread.
 * Errors:  RS_ERROR_USAGE when neither declares a key to the other, RS_ERROR_NOT_FOUND when there is
 *          no such relation
 */
#ifndef REDSMITH_REDSHIFT_JOIN_KEYS_H
#define REDSMITH_REDSHIFT_JOIN_KEYS_H

#include "redshift/session.h"

/* A relation and the name the query knows it by. */
typedef struct {
    const char *schema, *relation, *name;
} JoinSide;

/* "sales"."eventid" = "event"."eventid", and-ed, as sql_query_parse_join reads it. Free with g_free. */
char *join_keys_declared(Session *session, const JoinSide *one, const JoinSide *other,
                         GCancellable *cancellable, GError **error);

/* The same from one constraint of from, "FOREIGN KEY (..) REFERENCES .. (..)"; NULL when it is no key to
 * the other. Pure. */
char *join_keys_of_constraint(const char *constraint, const JoinSide *from, const JoinSide *to);

#endif
