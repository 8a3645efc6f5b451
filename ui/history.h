/*
 * history: lines typed before, by field, kept in $XDG_STATE_HOME/redsmith/history.
 *
 * One "name<tab>text" a line, newest last, at most HISTORY_MAX per field; a line that equals the
 * last is not added. The file is 0600, written to a temporary name and renamed. Password fields
 * have no history.
 *
 * Threads: main thread.
 */
#ifndef REDSMITH_UI_HISTORY_H
#define REDSMITH_UI_HISTORY_H

#include <glib.h>

enum { HISTORY_MAX = 200 };

typedef struct History History;

/* path NULL: kept in memory only. A file that cannot be read is an empty one. */
History *history_new(const char *path);
/* Writes what was added, when anything was. */
void history_free(History *history);

const GPtrArray *history_lines(History *history, const char *name);
void history_add(History *history, const char *name, const char *text);

#endif
