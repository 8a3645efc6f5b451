/*
 * ini: INI text by its lines, for messages that name a line and for changes that keep comments.
 *
 * GKeyFile reads the same files; it forgets where a key stood, and loses the comments of a group that
 * is written again. A line is a [group], a "key = value", a comment (# or ;) or blank. Values are taken
 * as they stand, without blanks in front; a line that ends in CR LF loses both.
 *
 * Threads: pure functions. Texts are freed with g_free; one that held a secret is the caller's to wipe.
 * Errors:  RS_ERROR_CONFIG, naming the source and the line
 */
#ifndef REDSMITH_CONFIG_INI_H
#define REDSMITH_CONFIG_INI_H

#include <glib.h>

typedef struct {
    const char *group, *key, *value; /* key and value NULL: the line opens the group */
    guint line;                      /* from 1 */
} IniEntry;

/* FALSE with error set stops the reading. */
typedef gboolean (*IniEach)(gpointer user, const IniEntry *entry, GError **error);

/* Every group and key in order. source names the text in messages: its path. */
gboolean ini_read(const char *text, const char *source, IniEach each, gpointer user,
                  GError **error);

/* The line of a key, or of the group when key is NULL; 0 when there is none. */
guint ini_line(const char *text, const char *group, const char *key);

typedef struct {
    const char *key, *value;
} IniPair;

/*
 * The text with exactly these pairs in the group, made at the end when it is not there. Keys that stay
 * keep their line, keys that go lose theirs, new ones follow the last; comments and other groups stay
 * byte by byte. pairs ends with a NULL key.
 */
char *ini_put(const char *text, const char *group, const IniPair *pairs);

/* The text without the group, and without the comment lines that stand directly above it. */
char *ini_remove(const char *text, const char *group);

char *ini_rename(const char *text, const char *group, const char *new_name);

/* A name that can stand between brackets: not empty, no brackets, no control characters, no blanks at
 * its ends. */
gboolean ini_is_group(const char *name);

#endif
