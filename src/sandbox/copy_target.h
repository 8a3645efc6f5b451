/*
 * copy_target: the table that a COPY loads, from the backend's catalog.
 *
 * Ownership: a found target owns its strings and columns: copy_target_clear
 * Threads:   the session's.
 */
#ifndef REDSMITH_SANDBOX_COPY_TARGET_H
#define REDSMITH_SANDBOX_COPY_TARGET_H

#include "sandbox/copy_options.h"
#include "sandbox/copy_values.h"
#include "sandbox/front.h"

typedef struct {
    char *schema, *table;
    gint64 oid;
    gboolean empty;     /* no page yet */
    gboolean owned;     /* by the session's user: it may be analyzed */
    GPtrArray *columns; /* LoadColumn, those that are loaded, in the order of the fields */
} CopyTarget;

/* FALSE with the reason given to the front: no such table or column, IDENTITY without EXPLICIT_IDS. */
gboolean copy_target_find(FrontSession *session, const CopyOptions *options, CopyTarget *target);
void copy_target_clear(CopyTarget *target);

/* COPY "s"."t" ("a", ..) FROM STDIN, in UTF-8 whatever the client's encoding. Free with g_free. */
char *copy_target_statement(const CopyTarget *target);
/* "s"."t", quoted. Free with g_free. */
char *copy_target_name(const CopyTarget *target);

#endif
