/*
 * load_widen: the step that makes a VARCHAR of the target wider before a load, for values that did not fit.
 *
 * ALTER TABLE ... ALTER COLUMN ... TYPE cannot run in a transaction block, so it is a step of its own
 * before the load's transaction, and stays when that fails; widening loses nothing. Redshift changes the
 * length of a VARCHAR only, and of none with a default value or one of the encodings BYTEDICT, RUNLENGTH,
 * TEXT255 and TEXT32K (Redshift guide, ALTER TABLE): those are refused before anything is done.
 *
 * Threads: pure.
 */
#ifndef REDSMITH_JOB_LOAD_WIDEN_H
#define REDSMITH_JOB_LOAD_WIDEN_H

#include "job/plan.h"

enum { LOAD_VARCHAR_MAX = 65535 }; /* bytes; Redshift guide, "Character types" */

/*
 * wish: "COLUMN=BYTES", or NULL for none; columns of CatalogColumn, the target's, NULL when it is still to
 * be made. Adds nothing when the column is that wide already. RS_ERROR_USAGE for a wish that is none or a
 * column that is not there; RS_ERROR_UNSUPPORTED for one that cannot be widened in place.
 */
gboolean load_widen_add(Plan *plan, const char *wish, const char *schema, const char *table,
                        const GPtrArray *columns, GError **error);

/* What a failed load leaves: the words of plan->on_failure, with the wider column if there is one. Free with
 * g_free. */
char *load_widen_on_failure(const Plan *plan);

/*
 * The length to ask for so that `bytes` fit: rounded up to eighths of it, at least to a multiple of 8;
 * 0: how long the value is was not told, so twice the present length. 0 when no VARCHAR is that long.
 */
guint load_widen_length(gsize bytes, guint present);

#endif
