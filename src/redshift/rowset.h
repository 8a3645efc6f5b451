/*
 * rowset: the rows of one result, append-only, any row in constant time, memory bounded.
 *
 * Rows arrive in pages. A RowPage is filled by a worker (statement_fetch's row function) and handed
 * over whole; the rowset itself lives on one thread, the main one. The newest pages stay in memory up
 * to memory_limit; older ones are written to an unlinked temporary file and read back, one page at a
 * time, when a row of theirs is asked for. NULL and the empty string are different everywhere.
 *
 * Threads:  a RowPage belongs to one thread at a time; a RowSet to the main thread
 * Errors:   a full disk is RS_ERROR_LIMIT and leaves the rows held so far usable
 * Units:    bytes, rows
 *
 * Call order:  rowset_new, [worker: row_page_new, row_page_add...], rowset_take_page...,
 *              rowset_cell..., rowset_free
 */
#ifndef REDSMITH_REDSHIFT_ROWSET_H
#define REDSMITH_REDSHIFT_ROWSET_H

#include "redshift/session.h"

typedef struct RowPage RowPage;
typedef struct RowSet RowSet;

RowPage *row_page_new(guint n_columns);

/* A RowFunction: user is the RowPage. Copies the values. RS_ERROR_LIMIT for a row over 1 GiB. */
gboolean row_page_add(gpointer user, guint n_columns, const char *const *values, const int *lengths,
                      GError **error);

guint row_page_rows(const RowPage *page);
gsize row_page_bytes(const RowPage *page);
void row_page_free(RowPage *page);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RowPage, row_page_free)

/* columns are copied. memory_limit in bytes, 0 for the default of 24 MiB. */
RowSet *rowset_new(const ResultColumn *columns, guint n_columns, gsize memory_limit);

/* Takes the page, also on failure. */
gboolean rowset_take_page(RowSet *rowset, RowPage *page, GError **error);

guint rowset_n_columns(const RowSet *rowset);
const ResultColumn *rowset_column(const RowSet *rowset, guint column);
guint64 rowset_n_rows(const RowSet *rowset);

/*
 * The bytes of one cell, NUL-terminated, valid until the next call on this rowset; *length may be
 * NULL. *is_null tells NULL from ''. FALSE with error when the page cannot be read back.
 */
gboolean rowset_cell(RowSet *rowset, guint64 row, guint column, const char **bytes, gsize *length,
                     gboolean *is_null, GError **error);

/* All cells of a row at once, as a RowFunction has them: values NULL is NULL. Both arrays have room for
 * every column; what they point to is valid until the next call on this rowset. */
gboolean rowset_row(RowSet *rowset, guint64 row, const char **values, int *lengths,
                    GError **error);

/* Bytes held in memory and in the temporary file. */
gsize rowset_memory(const RowSet *rowset);
guint64 rowset_spilled(const RowSet *rowset);

void rowset_free(RowSet *rowset);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RowSet, rowset_free)

#endif
