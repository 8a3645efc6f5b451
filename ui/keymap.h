/*
 * keymap: which keys mean which action, in which context.
 *
 * Built from the default keys of the action table, then changed by keys.conf:
 *
 *     # action = keys, with blanks between alternatives
 *     grid.filter-cell = f
 *     grid.top = gg Home
 *     app.suspend =            # no key
 *
 * A line that cannot be used is reported with file and line and left out. A key that a line takes
 * from another action of the same context is reported too, and the file wins; so does the last of
 * two lines.
 *
 * Threads: main thread. The actions must outlive the key map.
 */
#ifndef REDSMITH_UI_KEYMAP_H
#define REDSMITH_UI_KEYMAP_H

#include "ui/action.h"

typedef struct Keymap Keymap;

typedef enum {
    KEYMAP_UNBOUND,
    KEYMAP_PREFIX, /* the beginning of a longer sequence */
    KEYMAP_BOUND,
} KeymapMatch;

/* actions: of const Action; borrowed. */
Keymap *keymap_new(const GPtrArray *actions);
void keymap_free(Keymap *keymap);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Keymap, keymap_free)

/* Reads the text of a keys.conf; name is how complaints call it. Appends char * to complaints. */
void keymap_read(Keymap *keymap, const char *name, const char *text, GPtrArray *complaints);

/* As keymap_read from a file; a file that does not exist is no error. */
gboolean keymap_load(Keymap *keymap, const char *path, GPtrArray *complaints, GError **error);

/* The action that a sequence means in the first of the contexts that knows it. */
KeymapMatch keymap_find(const Keymap *keymap, const char *const *contexts, const Key *keys,
                        guint n_keys, const Action **action);

/* The keys of an action as text, "f" or "j, Down"; "" for none. With contexts only those that no nearer one
 * takes; NULL: all. Free with g_free. */
char *keymap_keys(const Keymap *keymap, const Action *action, const char *const *contexts);

#endif
