/* Cells, rows, columns and ranges as text: for the clipboard or a small file. */
#include "ui/views/data_pane_private.h"

#include <string.h>

#include "base/error.h"

static const char *const part_names[] = {
    [COPY_CELL] = "cell",   [COPY_ROW] = "row",   [COPY_COLUMN] = "column",
    [COPY_RANGE] = "range", [COPY_PAGE] = "page", [COPY_ALL] = "all",
};

static gboolean part_from_name(const char *name, CopyPart *part)
{
    for (gsize i = 0; i < G_N_ELEMENTS(part_names); i++)
        if (strcmp(name, part_names[i]) == 0) {
            *part = (CopyPart)i;
            return TRUE;
        }
    return FALSE;
}

static gboolean refuse(GError **error, const char *word)
{
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                "\"%s\": say cell, row, column, range, page or all; then text, csv, tsv, json, "
                "jsonl, psql, insert or markdown; bare leaves out names; to FILE writes it there",
                word);
    return FALSE;
}

gboolean copy_request_parse(CopyRequest *request, const char *text, GError **error)
{
    g_auto(GStrv) words = NULL;
    g_autoptr(GError) failure = NULL;
    *request = (CopyRequest){.part = COPY_CELL, .format = ROW_FORMAT_TEXT, .header = TRUE};
    if (!g_shell_parse_argv(text, NULL, &words, &failure))
        return refuse(error, text);
    for (char **word = words; *word != NULL; word++) {
        if (strcmp(*word, "bare") == 0)
            request->header = FALSE;
        else if (strcmp(*word, "to") == 0 && word[1] != NULL)
            request->path = g_strdup(*++word);
        else if (strcmp(*word, "as") != 0 && !part_from_name(*word, &request->part) &&
                 !row_format_from_name(*word, &request->format))
            return refuse(error, *word);
    }
    return TRUE;
}

void copy_request_clear(CopyRequest *request)
{
    g_clear_pointer(&request->path, g_free);
}

/* --- what is copied -----------------------------------------------------------------------------------*/

static gboolean range_of(const DataPane *pane, CopyPart part, GridRange *range, GError **error)
{
    guint64 rows = data_pane_rows(pane), top = grid_top(pane->grid);
    guint columns = grid_n_shown(pane->grid);
    gboolean has_range = grid_range(pane->grid, range);
    if (rows == 0 || columns == 0 || (part == COPY_RANGE && !has_range)) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    rows == 0 || columns == 0 ? "there is no row to copy"
                                              : "there is no range: V begins one");
        return FALSE;
    }
    if (part != COPY_RANGE) {
        grid_end_range(pane->grid);
        grid_range(pane->grid, range); /* the cell */
    }
    if (part == COPY_ROW || part == COPY_PAGE || part == COPY_ALL) {
        range->first = 0;
        range->last = columns - 1;
    }
    if (part == COPY_PAGE) {
        range->first_row = top;
        range->last_row = MIN(top + (guint64)grid_height(pane->grid), rows) - 1;
    }
    if (part == COPY_COLUMN || part == COPY_ALL) {
        range->first_row = 0;
        range->last_row = rows - 1;
    }
    return TRUE;
}

typedef struct {
    guint n;
    guint *columns; /* of the rowset */
    ResultColumn *described;
    const char **values, **picked;
    int *lengths, *picked_lengths;
} Picker;

static void picker_clear(Picker *picker)
{
    g_free(picker->columns);
    g_free(picker->described);
    g_free(picker->values);
    g_free(picker->picked);
    g_free(picker->lengths);
    g_free(picker->picked_lengths);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Picker, picker_clear)

static Picker picker_of(const DataPane *pane, const GridRange *range)
{
    gsize all = (gsize)data_pane_columns(pane) + 1;
    Picker picker = {.n = range->last - range->first + 1};
    picker.columns = g_new(guint, picker.n);
    picker.described = g_new0(ResultColumn, picker.n);
    picker.values = g_new0(const char *, all);
    picker.picked = g_new0(const char *, all);
    picker.lengths = g_new0(int, all);
    picker.picked_lengths = g_new0(int, all);
    for (guint i = 0; i < picker.n; i++) {
        picker.columns[i] = grid_shown_column(pane->grid, range->first + i);
        picker.described[i] = *data_pane_column(pane, picker.columns[i]);
    }
    return picker;
}

static gboolean pick(const DataPane *pane, Picker *picker, guint64 row, GError **error)
{
    if (!rowset_row(feed_rows(pane->feed), data_pane_row_of(pane, row), picker->values,
                    picker->lengths, error))
        return FALSE;
    for (guint i = 0; i < picker->n; i++) {
        picker->picked[i] = picker->values[picker->columns[i]];
        picker->picked_lengths[i] = picker->lengths[picker->columns[i]];
    }
    return TRUE;
}

static gboolean check_size(const GString *out, gsize limit, GError **error)
{
    if (out->len <= limit)
        return TRUE;
    g_autofree char *size = text_bytes(limit);
    g_set_error(error, RS_ERROR, RS_ERROR_LIMIT,
                "that is more than the %s that can be copied so: copy less, add \"to FILE\", or "
                "export with O",
                size);
    return FALSE;
}

char *data_pane_copy(DataPane *pane, const CopyRequest *request, gsize limit, guint64 *rows,
                     GError **error)
{
    GridRange range;
    if (!range_of(pane, request->part, &range, error))
        return NULL;
    g_auto(Picker) picker = picker_of(pane, &range);
    /* a cell, and cells as text, are wanted for what they are */
    gboolean names = request->header && request->format != ROW_FORMAT_TEXT;
    const RowStyle style = {
        .header = names, .schema = pane->query->schema, .relation = pane->query->relation};
    g_autoptr(RowWriter) writer =
        row_writer_new(request->format, picker.described, picker.n, &style, error);
    if (writer == NULL)
        return NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    for (guint64 row = range.first_row; row <= range.last_row; row++) {
        if (!pick(pane, &picker, row, error))
            return NULL;
        row_writer_row(writer, picker.picked, picker.picked_lengths, out);
        if (!check_size(out, limit, error))
            return NULL;
    }
    row_writer_end(writer, out);
    *rows = row_writer_rows(writer);
    if (request->format == ROW_FORMAT_TEXT && out->len > 0)
        g_string_truncate(out, out->len - 1); /* the last line end is none of the text */
    return check_size(out, limit, error) ? g_string_free(g_steal_pointer(&out), FALSE) : NULL;
}
