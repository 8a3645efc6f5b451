/*
 * paths: where redsmith keeps its files. The XDG base folders, each with redsmith/ below:
 *
 *     $XDG_CONFIG_HOME/redsmith/  profiles.conf, redsmith.conf, keys.conf, themes/
 *     $XDG_STATE_HOME/redsmith/   jobs/ID.jsonl, history, sandbox/
 *     $XDG_CACHE_HOME/redsmith/   catalog
 *
 * The variables are read at every call and not cached, so that a test can point them elsewhere. A
 * relative or empty value is ignored, as the XDG specification asks.
 *
 * Threads: any. Results are freed with g_free.
 */
#ifndef REDSMITH_CONFIG_PATHS_H
#define REDSMITH_CONFIG_PATHS_H

#include <glib.h>

char *paths_config_dir(void);
char *paths_state_dir(void);
char *paths_cache_dir(void);

/* $REDSMITH_SANDBOX_DIR, else sandbox/ in the state folder. */
char *paths_sandbox_dir(void);

/* Makes the folder and its missing parents, 0700. The errno's error, naming the folder. */
gboolean paths_make(const char *folder, GError **error);

#endif
