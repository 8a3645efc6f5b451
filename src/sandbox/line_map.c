#include "sandbox/line_map.h"

#define MAX_RUNS 1000000

typedef struct {
    guint64 row, line; /* of its first row */
    guint file;
} Run;

struct LineMap {
    GArray *runs;
    guint64 rows;
    gboolean full;
};

LineMap *line_map_new(void)
{
    LineMap *map = g_new0(LineMap, 1);
    map->runs = g_array_new(FALSE, FALSE, sizeof(Run));
    return map;
}

void line_map_free(LineMap *map)
{
    if (map == NULL)
        return;
    g_array_unref(map->runs);
    g_free(map);
}

void line_map_add(LineMap *map, guint file, guint64 line)
{
    if (map->full)
        return;
    map->rows++;
    if (map->runs->len > 0) {
        const Run *last = &g_array_index(map->runs, Run, map->runs->len - 1);
        if (last->file == file && last->line + (map->rows - last->row) == line)
            return;
    }
    if (map->runs->len == MAX_RUNS) {
        map->rows--;
        map->full = TRUE;
        return;
    }
    Run run = {.row = map->rows, .line = line, .file = file};
    g_array_append_val(map->runs, run);
}

gboolean line_map_find(const LineMap *map, guint64 row, guint *file, guint64 *line)
{
    if (row == 0 || row > map->rows)
        return FALSE;
    guint low = 0, high = map->runs->len;
    while (high - low > 1) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(map->runs, Run, middle).row <= row)
            low = middle;
        else
            high = middle;
    }
    const Run *run = &g_array_index(map->runs, Run, low);
    *file = run->file;
    *line = run->line + (row - run->row);
    return TRUE;
}
