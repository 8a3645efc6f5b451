#include "base/text.h"
#include "redshift/storage.h"

enum { NAME_WIDTH = 24, LABEL_WIDTH = 14 };

/* What a percentage or ratio means for the user; "" when it is fine. */
static const char *meaning(double value, double bad, const char *text)
{
    return value >= bad ? text : "";
}

static void append_figure(GString *out, const char *name, const char *value, const char *remark)
{
    g_autofree char *printable = text_printable(value, -1);
    g_string_append_printf(out, "%-*s %s%s%s\n", LABEL_WIDTH, name, printable,
                           *remark == '\0' ? "" : "  ", remark);
}

static void append_percent(GString *out, const char *name, double percent, int width,
                           gboolean ascii, const char *remark)
{
    if (percent < 0)
        return;
    g_autofree char *bar = text_bar((gint64)(percent * 100), 100 * 100, width, ascii);
    g_autofree char *padded = text_fit(bar, width, TEXT_LEFT, ascii);
    g_autofree char *text = g_strdup_printf("%s %6.2f%%", padded, percent);
    append_figure(out, name, text, remark);
}

static void append_info(GString *out, const Storage *storage, int width, gboolean ascii)
{
    if (storage->rows >= 0) {
        g_autofree char *rows = text_count((guint64)storage->rows);
        g_autofree char *visible =
            storage->visible_rows < 0 ? NULL : text_count((guint64)storage->visible_rows);
        g_autofree char *remark = visible == NULL || storage->visible_rows == storage->rows
                                      ? g_strdup("")
                                      : g_strdup_printf("est. %s visible; the rest waits for "
                                                        "VACUUM",
                                                        visible);
        append_figure(out, "rows", rows, remark);
    }
    if (storage->size_mb >= 0) {
        g_autofree char *size = text_bytes((guint64)storage->size_mb * 1024 * 1024);
        g_autofree char *blocks = text_count((guint64)storage->size_mb);
        g_autofree char *remark = g_strdup_printf("%s blocks of 1 MB", blocks);
        append_figure(out, "size", size, remark);
    }
    append_percent(out, "of the disks", storage->pct_used, width, ascii, "");
    append_percent(out, "unsorted", storage->unsorted, width, ascii,
                   meaning(storage->unsorted, 20, "VACUUM SORT would help range scans"));
    append_percent(out, "stats off", storage->stats_off, width, ascii,
                   meaning(storage->stats_off, 10, "ANALYZE: the planner works with old figures"));
    if (storage->skew_rows >= 0) {
        g_autofree char *skew = g_strdup_printf("%.2f", storage->skew_rows);
        append_figure(out, "row skew", skew,
                      meaning(storage->skew_rows, 4,
                              "the fullest slice has many times the rows of the emptiest"));
    }
    if (storage->skew_sortkey1 >= 0) {
        g_autofree char *skew = g_strdup_printf("%.2f", storage->skew_sortkey1);
        append_figure(out, "sort key skew", skew,
                      meaning(storage->skew_sortkey1, 4,
                              "the sort key is stored much larger than the other columns"));
    }
}

static void append_words(GString *out, const Storage *storage)
{
    const struct {
        const char *name, *value;
    } words[] = {{"diststyle", storage->dist_style},
                 {"sort key", storage->sortkey1},
                 {"encoded", storage->encoded},
                 {"risk", storage->risk},
                 {"created", storage->created}};
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        if (words[i].value != NULL && *words[i].value != '\0')
            append_figure(out, words[i].name, words[i].value, "");
}

static void append_slices(GString *out, const Storage *storage, int width, gboolean ascii)
{
    gint64 most = 0;
    for (guint i = 0; i < storage->slices->len; i++)
        most = MAX(most, g_array_index(storage->slices, gint64, i));
    if (storage->slices->len > 0)
        g_string_append(out, "\nrows of each slice\n");
    for (guint i = 0; i < storage->slices->len; i++) {
        gint64 rows = g_array_index(storage->slices, gint64, i);
        g_autofree char *bar = text_bar(rows, most, width, ascii);
        g_autofree char *padded = text_fit(bar, width, TEXT_LEFT, ascii);
        g_autofree char *count = text_count((guint64)MAX(rows, 0));
        g_string_append_printf(out, "  %4u %s %14s\n", i, padded, count);
    }
}

static void append_columns(GString *out, const Storage *storage, int width, gboolean ascii)
{
    gint64 most = 0;
    for (guint i = 0; i < storage->columns->len; i++)
        most = MAX(most, ((StorageColumn *)storage->columns->pdata[i])->blocks);
    g_string_append(out, "\nencodings of the columns\n");
    for (guint i = 0; i < storage->columns->len; i++) {
        const StorageColumn *column = storage->columns->pdata[i];
        g_autofree char *printable = text_printable(column->name, -1);
        g_autofree char *name = text_fit(printable, NAME_WIDTH, TEXT_LEFT, ascii);
        g_string_append_printf(out, "  %s %-10s", name,
                               column->encoding == NULL ? "unknown" : column->encoding);
        if (column->blocks >= 0) {
            g_autofree char *bar = text_bar(column->blocks, most, width, ascii);
            g_autofree char *padded = text_fit(bar, width, TEXT_LEFT, ascii);
            g_string_append_printf(out, " %s %6" G_GINT64_FORMAT " MB", padded, column->blocks);
        }
        if (column->advice != NULL)
            g_string_append_printf(out, "  %s", column->advice);
        g_string_append_c(out, '\n');
    }
}

static void append_lines(GString *out, const char *title, const GPtrArray *lines)
{
    if (lines->len > 0)
        g_string_append_printf(out, "\n%s\n", title);
    for (guint i = 0; i < lines->len; i++) {
        g_autofree char *line = text_printable(lines->pdata[i], -1);
        g_string_append_printf(out, "  %s\n", line);
    }
}

char *storage_text(const Storage *storage, int width, gboolean ascii)
{
    GString *out = g_string_new(NULL);
    if (!storage->is_table)
        return g_string_free(
            g_string_append(out, "Not a table of this cluster: it has no storage of its own.\n"),
            FALSE);
    if (!storage->is_listed && storage->missing->len == 0)
        g_string_append(out,
                        "SVV_TABLE_INFO shows no row of it: the table is empty, or rows of this "
                        "view are hidden from this user (it takes a superuser or the role "
                        "sys:monitor).\n");
    append_info(out, storage, width, ascii);
    append_words(out, storage);
    append_slices(out, storage, width, ascii);
    append_columns(out, storage, width, ascii);
    append_lines(out, "the server recommends", storage->recommendations);
    append_lines(out, "not shown", storage->missing);
    return g_string_free(out, FALSE);
}
