/*
 * unload_format: one row as UNLOAD writes it: text, CSV, JSON or fixed width.
 *
 * Values arrive as PostgreSQL prints them (ISO dates, t/f, shortest exact floats) and leave as the
 * Redshift guide describes: trailing blanks of CHAR dropped, ESCAPE only for CHAR and VARCHAR, a CSV
 * field quoted only when it must be, JSON numbers with the very digits, SUPER as compact JSON.
 *
 * Threads: pure; a row is written by one thread at a time.
 */
#ifndef REDSMITH_SANDBOX_UNLOAD_FORMAT_H
#define REDSMITH_SANDBOX_UNLOAD_FORMAT_H

#include <glib.h>

#include "sandbox/json_text.h"
#include "sandbox/pgcopy.h"
#include "sandbox/unload_options.h"

typedef enum {
    VALUE_INTEGER,
    VALUE_DECIMAL,
    VALUE_FLOAT,
    VALUE_BOOLEAN,
    VALUE_CHAR,
    VALUE_VARCHAR,
    VALUE_SUPER,
    VALUE_VARBYTE,
    VALUE_OTHER /* dates, times, intervals: printed as they are */
} ValueKind;

typedef struct {
    char *name;
    char *base; /* the long SQL name, such as "character varying" */
    ValueKind kind;
    gboolean real;                    /* a FLOAT of 4 bytes */
    int max_length, precision, scale; /* -1: does not apply */
    gboolean written;                 /* FALSE: a partition column that stays out of the files */
} UnloadColumn;

/* A column from its name and its type as format_type() prints it: "character varying(20)". */
UnloadColumn *unload_column_new(const char *name, const char *type);
void unload_column_free(UnloadColumn *column);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UnloadColumn, unload_column_free)

/* The first column of that name, in any case; -1 when there is none. */
int unload_column_index(const GPtrArray *columns, const char *name);

/*
 * What can only be checked with the result's columns at hand (elements UnloadColumn): PARTITION BY,
 * duplicate names in JSON, the number of widths, types that a format does not take. Sets written.
 */
gboolean unload_columns_check(GPtrArray *columns, const UnloadOptions *options, Refusal *refusal);

/* Appends the HEADER line, newline included. */
void unload_append_header(GString *out, const GPtrArray *columns, const UnloadOptions *options);

/* Appends one row, newline included. FALSE when a value does not fit its FIXEDWIDTH. */
gboolean unload_append_row(GString *out, const GPtrArray *columns, const PgField *fields,
                           const UnloadOptions *options, Refusal *refusal);

/* Appends the folder "k1=v1/k2=v2/" of the row. Bytes that a key's folder cannot hold are %XX. */
void unload_append_partition(GString *out, const GPtrArray *columns, const PgField *fields,
                             const UnloadOptions *options);

#endif
