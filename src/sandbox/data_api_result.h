/*
 * data_api_result: the rows of one statement of the Data API, in the shape in which they are answered.
 *
 * Rows go to a file of the sandbox's folder page by page (a page ends at 1,000 rows or 1 MiB), so a
 * result of any size takes the memory of one page. JSON pages are the elements of Records, rows of
 * one-member objects; CSV pages are the text of one CSVRecords, the first with the header row.
 * Numbers are written digit by digit as the database wrote them.
 *
 * Limits:  500 MB a result and 64 KB a row, as the service has them.
 * Threads: one writes until data_result_finish; after that any number read. Reference counted.
 * Errors:  RS_ERROR_LIMIT with the service's words, RS_ERROR_INTERNAL when the disk refuses.
 */
#ifndef REDSMITH_SANDBOX_DATA_API_RESULT_H
#define REDSMITH_SANDBOX_DATA_API_RESULT_H

#include "sandbox/logins.h"

typedef struct DataResult DataResult;

/* columns is the first PGresult of the statement; catalog (may be NULL) is a superuser's connection to
 * its database, which knows the names of types and tables. path is the file to be made. */
DataResult *data_result_new(const char *path, const PGresult *columns, PGconn *catalog,
                            gboolean csv, GError **error);
DataResult *data_result_ref(DataResult *result);
/* The last reference removes the file. */
void data_result_unref(DataResult *result);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DataResult, data_result_unref)

gboolean data_result_add(DataResult *result, const PGresult *rows, GError **error);
gboolean data_result_finish(DataResult *result, GError **error);

gint64 data_result_rows(const DataResult *result);
gint64 data_result_size(const DataResult *result);          /* bytes of the file */
guint data_result_pages(const DataResult *result);          /* 1 at least */
const char *data_result_metadata(const DataResult *result); /* the elements of ColumnMetadata */

/* The text of a page. Free with g_free. */
char *data_result_page(const DataResult *result, guint page, GError **error);

/* ColumnMetadata's elements for the columns of a table, of a query with the columns name, type,
 * type modifier, not null, default, schema, table, of its first n rows. Free with g_free. */
char *data_result_describe_columns(const PGresult *rows, int n);

#endif
