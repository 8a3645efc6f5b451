#include "config.h"

#include "redshift/rowset.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "redshift/rowset_private.h"

#define DEFAULT_MEMORY_LIMIT (24 << 20)
/* Rows are kept and spilled in chunks of about this size, whatever the size of the pages they came
 * in: it is what reading one spilled row costs. */
#define CHUNK_BYTES (256 << 10)
#define READ_BACK_SLOTS 4

/* A sealed run of rows: their offsets (n_rows of guint32, host order), then their bytes. */
typedef struct {
    guint64 first_row;
    guint32 n_rows;
    gsize size;
    char *blob;       /* NULL once spilled */
    guint64 position; /* in the file, once spilled */
} Chunk;

typedef struct {
    guint chunk; /* index; G_MAXUINT: empty */
    char *blob;
} Slot;

struct RowSet {
    ResultColumn *columns;
    guint n_columns;
    gsize memory_limit, memory; /* memory: sealed chunks, the tail and the slots */
    GArray *chunks;             /* of Chunk, in order of their rows */
    guint first_held;           /* chunks before this one are in the file */
    RowPage *tail;              /* rows behind the last chunk */
    guint64 tail_first_row;
    int fd; /* -1 until the first spill */
    guint64 file_size;
    Slot slots[READ_BACK_SLOTS];
    guint next_slot, last_chunk;
};

/* --- the temporary file ------------------------------------------------------------------------ */

static int open_unlinked_in(const char *folder)
{
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    /* Not every file system knows O_TMPFILE. */
    g_autofree char *path = g_build_filename(folder, "redsmith-rows-XXXXXX", NULL);
    fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        g_unlink(path);
    return fd;
}

/* $TMPDIR where the user set it, else the cache folder: /tmp is often memory, which is what is to be
 * saved. /tmp comes last. */
static int open_unlinked(GError **error)
{
    const char *chosen = g_getenv("TMPDIR");
    g_autofree char *cache = g_build_filename(g_get_user_cache_dir(), "redsmith", NULL);
    const char *folders[] = {chosen != NULL && *chosen != '\0' ? chosen : cache, "/tmp"};
    int saved_errno = 0;
    if (folders[0] == cache)
        g_mkdir_with_parents(cache, 0700);
    for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
        int fd = open_unlinked_in(folders[i]);
        if (fd >= 0)
            return fd;
        saved_errno = saved_errno == 0 ? errno : saved_errno;
    }
    rs_error_set_errno(error, saved_errno, "cannot create a temporary file for rows in %s",
                       folders[0]);
    return -1;
}

static gboolean write_blob(int fd, const char *blob, gsize size, guint64 position, GError **error)
{
    while (size > 0) {
        ssize_t n = pwrite(fd, blob, size, (off_t)position);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            int saved_errno = errno;
            g_set_error(error, RS_ERROR, RS_ERROR_LIMIT,
                        "cannot keep more rows: %s in the folder for temporary files (TMPDIR); "
                        "what was read so far is still there",
                        g_strerror(saved_errno));
            return FALSE;
        }
        blob += n;
        size -= (gsize)n;
        position += (guint64)n;
    }
    return TRUE;
}

static gboolean read_blob(int fd, char *blob, gsize size, guint64 position, GError **error)
{
    while (size > 0) {
        ssize_t n = pread(fd, blob, size, (off_t)position);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return rs_error_set_errno(error, errno, "cannot read rows back");
        if (n == 0) {
            g_set_error(error, RS_ERROR, RS_ERROR_CORRUPT,
                        "cannot read rows back: the temporary file is too short");
            return FALSE;
        }
        blob += n;
        size -= (gsize)n;
        position += (guint64)n;
    }
    return TRUE;
}

/* --- the rowset -------------------------------------------------------------------------------- */

RowSet *rowset_new(const ResultColumn *columns, guint n_columns, gsize memory_limit)
{
    RowSet *rowset = g_new0(RowSet, 1);
    rowset->columns = g_new0(ResultColumn, (gsize)n_columns + 1);
    for (guint i = 0; i < n_columns; i++) {
        rowset->columns[i] = columns[i];
        rowset->columns[i].name = g_strdup(columns[i].name);
    }
    rowset->n_columns = n_columns;
    rowset->memory_limit = memory_limit == 0 ? DEFAULT_MEMORY_LIMIT : memory_limit;
    rowset->chunks = g_array_new(FALSE, FALSE, sizeof(Chunk));
    rowset->tail = row_page_new(n_columns);
    rowset->fd = -1;
    for (guint i = 0; i < READ_BACK_SLOTS; i++)
        rowset->slots[i].chunk = G_MAXUINT;
    return rowset;
}

void rowset_free(RowSet *rowset)
{
    if (rowset == NULL)
        return;
    for (guint i = 0; i < rowset->n_columns; i++)
        g_free(rowset->columns[i].name);
    for (guint i = 0; i < rowset->chunks->len; i++)
        g_free(g_array_index(rowset->chunks, Chunk, i).blob);
    for (guint i = 0; i < READ_BACK_SLOTS; i++)
        g_free(rowset->slots[i].blob);
    if (rowset->fd >= 0)
        close(rowset->fd);
    g_array_unref(rowset->chunks);
    row_page_free(rowset->tail);
    g_free(rowset->columns);
    g_free(rowset);
}

/* Moves the oldest chunks into the file until the rest fits. */
static gboolean spill(RowSet *rowset, GError **error)
{
    while (rowset->memory > rowset->memory_limit && rowset->first_held < rowset->chunks->len) {
        Chunk *chunk = &g_array_index(rowset->chunks, Chunk, rowset->first_held);
        if (rowset->fd < 0)
            rowset->fd = open_unlinked(error);
        if (rowset->fd < 0 ||
            !write_blob(rowset->fd, chunk->blob, chunk->size, rowset->file_size, error))
            return FALSE;
        chunk->position = rowset->file_size;
        rowset->file_size += chunk->size;
        rowset->memory -= chunk->size;
        g_clear_pointer(&chunk->blob, g_free);
        rowset->first_held++;
    }
    return TRUE;
}

/* Makes a chunk of the tail and begins a new one. */
static void seal(RowSet *rowset)
{
    RowPage *tail = rowset->tail;
    gsize index_size = tail->offsets->len * sizeof(guint32);
    Chunk chunk = {.first_row = rowset->tail_first_row,
                   .n_rows = tail->offsets->len,
                   .size = index_size + tail->bytes->len};
    if (chunk.n_rows == 0)
        return;
    chunk.blob = g_malloc(chunk.size);
    memcpy(chunk.blob, tail->offsets->data, index_size);
    if (tail->bytes->len > 0) /* rows of a result without columns take none */
        memcpy(chunk.blob + index_size, tail->bytes->data, tail->bytes->len);
    g_array_append_val(rowset->chunks, chunk);
    rowset->tail_first_row += chunk.n_rows;
    row_page_free(tail);
    rowset->tail = row_page_new(rowset->n_columns);
}

static void append_row(RowSet *rowset, const RowPage *page, guint row)
{
    guint32 from = g_array_index(page->offsets, guint32, row);
    guint32 to = row + 1 < page->offsets->len ? g_array_index(page->offsets, guint32, row + 1)
                                              : page->bytes->len;
    guint32 offset = rowset->tail->bytes->len;
    g_array_append_val(rowset->tail->offsets, offset);
    if (to > from)
        g_byte_array_append(rowset->tail->bytes, page->bytes->data + from, to - from);
    rowset->memory += to - from + sizeof(guint32);
}

gboolean rowset_take_page(RowSet *rowset, RowPage *page, GError **error)
{
    g_return_val_if_fail(page->n_columns == rowset->n_columns, FALSE);
    g_autoptr(RowPage) own = page;
    if (!spill(rowset, error))
        return FALSE;
    for (guint row = 0; row < own->offsets->len; row++) {
        append_row(rowset, own, row);
        if (row_page_bytes(rowset->tail) < CHUNK_BYTES)
            continue;
        seal(rowset);
        if (!spill(rowset, error))
            return FALSE;
    }
    return TRUE;
}

guint rowset_n_columns(const RowSet *rowset)
{
    return rowset->n_columns;
}

const ResultColumn *rowset_column(const RowSet *rowset, guint column)
{
    g_return_val_if_fail(column < rowset->n_columns, NULL);
    return &rowset->columns[column];
}

guint64 rowset_n_rows(const RowSet *rowset)
{
    return rowset->tail_first_row + rowset->tail->offsets->len;
}

gsize rowset_memory(const RowSet *rowset)
{
    return rowset->memory;
}

guint64 rowset_spilled(const RowSet *rowset)
{
    return rowset->file_size;
}

static gboolean chunk_holds(const RowSet *rowset, guint chunk, guint64 row)
{
    if (chunk >= rowset->chunks->len)
        return FALSE;
    const Chunk *at = &g_array_index(rowset->chunks, Chunk, chunk);
    return row >= at->first_row && row - at->first_row < at->n_rows;
}

/* The chunk with that row: mostly the last one used, else by bisection. */
static guint chunk_of(RowSet *rowset, guint64 row)
{
    if (chunk_holds(rowset, rowset->last_chunk, row))
        return rowset->last_chunk;
    guint low = 0, high = rowset->chunks->len;
    while (high - low > 1) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(rowset->chunks, Chunk, middle).first_row <= row)
            low = middle;
        else
            high = middle;
    }
    rowset->last_chunk = low;
    return low;
}

static const char *read_back(RowSet *rowset, guint index, const Chunk *chunk, GError **error)
{
    for (guint i = 0; i < READ_BACK_SLOTS; i++)
        if (rowset->slots[i].chunk == index)
            return rowset->slots[i].blob;
    Slot *slot = &rowset->slots[rowset->next_slot];
    rowset->next_slot = (rowset->next_slot + 1) % READ_BACK_SLOTS;
    if (slot->chunk != G_MAXUINT)
        rowset->memory -= g_array_index(rowset->chunks, Chunk, slot->chunk).size;
    slot->chunk = G_MAXUINT;
    g_free(slot->blob);
    slot->blob = g_malloc(chunk->size);
    if (!read_blob(rowset->fd, slot->blob, chunk->size, chunk->position, error)) {
        g_clear_pointer(&slot->blob, g_free);
        return NULL;
    }
    slot->chunk = index;
    rowset->memory += chunk->size;
    return slot->blob;
}

/* Where the row's cells begin. NULL with error set when it cannot be read back. */
static const guint8 *row_bytes(RowSet *rowset, guint64 row, GError **error)
{
    if (row >= rowset->tail_first_row) {
        guint at = (guint)(row - rowset->tail_first_row);
        return rowset->tail->bytes->data + g_array_index(rowset->tail->offsets, guint32, at);
    }
    guint index = chunk_of(rowset, row);
    const Chunk *chunk = &g_array_index(rowset->chunks, Chunk, index);
    const char *blob = chunk->blob != NULL ? chunk->blob : read_back(rowset, index, chunk, error);
    if (blob == NULL)
        return NULL;
    guint32 offset;
    memcpy(&offset, blob + (row - chunk->first_row) * sizeof offset, sizeof offset);
    return (const guint8 *)blob + (gsize)chunk->n_rows * sizeof offset + offset;
}

gboolean rowset_row(RowSet *rowset, guint64 row, const char **values, int *lengths, GError **error)
{
    g_return_val_if_fail(row < rowset_n_rows(rowset), FALSE);
    const guint8 *at = row_bytes(rowset, row, error);
    if (at == NULL)
        return FALSE;
    row_page_cells(at, rowset->n_columns, values, lengths);
    return TRUE;
}

gboolean rowset_cell(RowSet *rowset, guint64 row, guint column, const char **bytes, gsize *length,
                     gboolean *is_null, GError **error)
{
    g_return_val_if_fail(row < rowset_n_rows(rowset) && column < rowset->n_columns, FALSE);
    const guint8 *at = row_bytes(rowset, row, error);
    if (at == NULL)
        return FALSE;
    row_page_cell(at, column, bytes, length, is_null);
    return TRUE;
}
