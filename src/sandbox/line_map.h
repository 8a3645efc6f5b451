/*
 * line_map: from the number of a row that was sent back to the file and line it came from.
 *
 * Rows of a file mostly lie on consecutive lines, so only the places where they do not are kept. After a
 * million of those the map keeps no more, and answers for what it has.
 *
 * Threads: one.
 */
#ifndef REDSMITH_SANDBOX_LINE_MAP_H
#define REDSMITH_SANDBOX_LINE_MAP_H

#include <glib.h>

typedef struct LineMap LineMap;

LineMap *line_map_new(void);
/* The next row, counted from 1. */
void line_map_add(LineMap *map, guint file, guint64 line);
gboolean line_map_find(const LineMap *map, guint64 row, guint *file, guint64 *line);
void line_map_free(LineMap *map);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LineMap, line_map_free)

#endif
