/*
 * dependents: what hangs on a relation: what breaks, or is lost, when it is dropped.
 *
 * Bound views come from pg_depend, views on views included; constraints, grants and foreign keys that
 * point here from the catalog. Late-binding views (WITH NO SCHEMA BINDING) leave no trace in pg_depend:
 * they are found by their text, which names the relation, so that one more or less may be shown than
 * there is; such lines say that they are a text search.
 *
 * Threads: dependents_load blocks on the session
 */
#ifndef REDSMITH_REDSHIFT_DEPENDENTS_H
#define REDSMITH_REDSHIFT_DEPENDENTS_H

#include "redshift/session.h"

typedef enum {
    DEPENDENT_VIEW,
    DEPENDENT_LATE_BINDING_VIEW,
    DEPENDENT_FOREIGN_KEY, /* of another table, to this one */
    DEPENDENT_CONSTRAINT,
    DEPENDENT_GRANT,
    N_DEPENDENT_KINDS
} DependentKind;

typedef struct {
    DependentKind kind;
    char *text;   /* the quoted name of a view or table; SQL text of a constraint or grant */
    char *source; /* how it is known: "catalog" or "text search" */
} Dependent;

/* One word for JSON: "view", "late_binding_view", "foreign_key", "constraint", "grant"; static. */
const char *dependent_kind_word(DependentKind kind);

/* Of Dependent, sorted by kind. Free with g_ptr_array_unref. */
GPtrArray *dependents_load(Session *session, const char *schema, const char *relation,
                           GCancellable *cancellable, GError **error);

/* The list as lines of text under their titles; printable. Free with g_free. */
char *dependents_text(const GPtrArray *dependents);

/* TRUE when the SQL text names the relation: as schema.relation, or alone. Pure. */
gboolean dependents_mentions(const char *sql, const char *schema, const char *relation);

#endif
