/*
 * copy_values: one field checked against its column and turned into what PostgreSQL's COPY reads.
 *
 * Everything that can be wrong with a value is found here, with Redshift's load error code, reason and
 * position, so that PostgreSQL only ever sees rows it takes: bad rows can be counted and skipped.
 * VARCHAR(n) counts bytes, CHAR takes single-byte characters, decimals are cut (not rounded) to their
 * scale unless ROUNDEC (Redshift guide, COPY data conversion parameters).
 *
 * Threads: pure.
 */
#ifndef REDSMITH_SANDBOX_COPY_VALUES_H
#define REDSMITH_SANDBOX_COPY_VALUES_H

#include <glib.h>

#include "sandbox/copy_options.h"
#include "sandbox/copy_records.h"

typedef enum {
    LOAD_INTEGER,
    LOAD_DECIMAL,
    LOAD_FLOAT,
    LOAD_BOOLEAN,
    LOAD_CHAR,
    LOAD_VARCHAR,
    LOAD_DATE,
    LOAD_TIMESTAMP,
    LOAD_TIMESTAMPTZ,
    LOAD_TIME,
    LOAD_TIMETZ,
    LOAD_SUPER,
    LOAD_VARBYTE,
    LOAD_OTHER /* passed on as it is */
} LoadKind;

typedef struct {
    char *name;
    const char *type; /* as stl_load_errors names it: "int4", "varchar" */
    char *length;     /* "20", "12,2" or "" */
    LoadKind kind;
    int bytes;            /* of integers and floats */
    int max_length;       /* bytes; -1: none */
    int precision, scale; /* -1: any */
    gboolean not_null, identity, identity_always;
} LoadColumn;

/* A column from its type as format_type() prints it, such as "numeric(12,2)". */
LoadColumn *load_column_new(const char *name, const char *type, gboolean not_null);
void load_column_free(LoadColumn *column);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LoadColumn, load_column_free)

typedef struct {
    int code;
    int position; /* in the field, from 0 */
    char reason[160];
} LoadProblem;

/*
 * Appends the value, escaped for COPY. FALSE with *problem when it cannot be: out then holds a part
 * of it, which the caller cuts off.
 */
gboolean load_value(GString *out, const LoadColumn *column, const CopyOptions *options,
                    const CopyField *field, LoadProblem *problem);

#endif
