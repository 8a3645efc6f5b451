/*
 * unload_files: the files of one UNLOAD: names, slices, parts, compression (Redshift guide, UNLOAD).
 *
 * Four slices write in turns of a few rows, each its own file and, past MAXFILESIZE, the next part;
 * with PARALLEL OFF, or an outermost ORDER BY, one does. Rows of a partition come together, so only
 * one folder's files are open at a time; a folder that comes back goes on with its next part.
 *
 * Call order: unload_files_new, unload_files_write per row, unload_files_finish, unload_files_list.
 * Threads:    one. Not even the numbers may be read elsewhere.
 * Errors:     the store's and the codec's.
 */
#ifndef REDSMITH_SANDBOX_UNLOAD_FILES_H
#define REDSMITH_SANDBOX_UNLOAD_FILES_H

#include <glib.h>

#include "sandbox/store.h"
#include "sandbox/unload_format.h"
#include "sandbox/unload_options.h"

#define UNLOAD_SLICES 4

typedef struct {
    int slice;
    char *key;
    guint64 rows;                      /* data rows */
    guint64 lines;                     /* with the header line: what a manifest counts */
    guint64 bytes;                     /* in the store, after compression */
    gint64 started_us, ended_us;       /* epoch; ended_us 0 while it is open */
    guint64 logged_rows, logged_bytes; /* for who reports: what was said last */
    gboolean logged, logged_end;
} UnloadFile;

typedef struct UnloadFiles UnloadFiles;

/* store, options and columns must outlive it. */
UnloadFiles *unload_files_new(Store *store, const UnloadOptions *options, const GPtrArray *columns);

/* One row, as unload_append_row made it. folder is "" or the partition's "k=v/". */
gboolean unload_files_write(UnloadFiles *files, const char *folder, const char *row, gsize length,
                            GError **error);

/*
 * Ends the open files. complete: slices that never had a row write their empty file, as text and CSV
 * do on Redshift; else (after a failure) what was written so far stays behind as it is.
 */
gboolean unload_files_finish(UnloadFiles *files, gboolean complete, GError **error);

/* Elements UnloadFile, in the order in which they were opened. Owned by files. */
const GPtrArray *unload_files_list(const UnloadFiles *files);
guint64 unload_files_rows(const UnloadFiles *files);
guint64 unload_files_bytes(const UnloadFiles *files);

void unload_files_free(UnloadFiles *files);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(UnloadFiles, unload_files_free)

/* The prefix under which files go: with PARTITION BY it ends in '/'. Free with g_free. */
char *unload_base_prefix(const UnloadOptions *options);

/* Deletes every object under a prefix, for CLEANPATH. */
gboolean unload_clean(Store *store, const char *bucket, const char *prefix, GError **error);

#endif
