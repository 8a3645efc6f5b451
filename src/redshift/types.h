/*
 * types: what the numbers in a result's description mean.
 *
 * PostgreSQL's own types that Redshift has, and Redshift's additions (SUPER 4000, VARBYTE 6551,
 * GEOMETRY 3000, GEOGRAPHY 3001, HLLSKETCH 2935, the two intervals), as the server describes its columns. An
 * unknown oid is text with no name of its own.
 *
 * Threads: pure.
 */
#ifndef REDSMITH_REDSHIFT_TYPES_H
#define REDSMITH_REDSHIFT_TYPES_H

#include "sql/literal.h"

/* The oids that more than the table of types speaks of. */
enum {
    TYPE_BOOLEAN = 16,
    TYPE_BIGINT = 20,
    TYPE_INTEGER = 23,
    TYPE_UNKNOWN = 705,
    TYPE_BPCHAR = 1042,
    TYPE_VARCHAR = 1043,
    TYPE_TIMESTAMP = 1114,
    TYPE_NUMERIC = 1700,
    TYPE_HLLSKETCH = 2935,
    TYPE_GEOMETRY = 3000,
    TYPE_GEOGRAPHY = 3001,
    TYPE_SUPER = 4000,
    TYPE_VARBYTE = 6551,
};

/* "integer", "character varying", "super"; "unknown" for an oid we do not know. Static. */
const char *type_name(guint32 oid);

/* With its modifier: "character varying(30)", "numeric(8,2)". Free with g_free. */
char *type_text(guint32 oid, int modifier);

/* Numbers are aligned to the right. */
gboolean type_is_numeric(guint32 oid);

/* How a value of a filter on such a column is written. */
SqlValueKind type_value_kind(guint32 oid);

/* The bytes that a CHAR, VARCHAR or VARBYTE column holds; -1 for other types or without a limit. */
int type_max_bytes(guint32 oid, int modifier);

/* The oid and modifier of a type as the catalog writes it: "character varying(30)", "numeric(8,2)",
 * "int4", "varchar". FALSE (705, unknown) for any other word. */
gboolean type_parse(const char *text, guint32 *oid, int *modifier);

#endif
