/*
 * probe: questions to views that may not be there or may not be read.
 *
 * Which system views exist and open depends on the kind of cluster and on the user (Redshift guide,
 * "Visibility of data in system tables and views"). A probe tells "refused" from "failed", so that its
 * caller can do without.
 *
 * Threads: blocks on the session.
 */
#ifndef REDSMITH_REDSHIFT_PROBE_H
#define REDSMITH_REDSHIFT_PROBE_H

#include "redshift/session.h"

/* TRUE when the server knows the question and does not answer it: no privilege, no such view, column
 * or function, not supported. */
gboolean probe_is_refusal(const GError *error);

/*
 * As session_query without a limit. A refusal is an empty array and *refused TRUE (refused may be
 * NULL); so is a session in a transaction block, which the refusal would fail: it is not asked. NULL
 * with error set only for what really failed.
 */
GPtrArray *probe_query(Session *session, const char *sql, gboolean *refused,
                       GCancellable *cancellable, GError **error);

/* Cells of such rows: NULL reads as the fallback. */
const char *probe_text(const GPtrArray *rows, guint row, guint column);
gint64 probe_number(const GPtrArray *rows, guint row, guint column, gint64 fallback);

#endif
