/*
 * settings: redsmith.conf, what the user likes and what no profile decides.
 *
 * File: $XDG_CONFIG_HOME/redsmith/redsmith.conf, group [redsmith]; a missing file means every default.
 * One table (settings_fields) feeds the parser, the messages and redsmith.conf(5).
 *
 * Threads: immutable after loading; any thread may read.
 */
#ifndef REDSMITH_CONFIG_SETTINGS_H
#define REDSMITH_CONFIG_SETTINGS_H

#include "config/field.h"

typedef struct {
    char *theme;
    int preview_rows;   /* rows that a preview reads before it is asked for more */
    char *null_marker;  /* how NULL is shown in tables and grids */
    char *empty_marker; /* how the empty string is shown there */
    char *borders;      /* auto | unicode | ascii */
    char *progress;     /* auto | plain | json | none: headless commands */
    char *log_file;     /* NULL: no log */
    char *log_level;    /* error | warning | info | debug */
    gboolean show_system_schemas;
} Settings;

/* RS_ERROR_CONFIG names file, key and what was expected. Free with settings_free. */
Settings *settings_load(GError **error);

/* Every default, without looking at any file. */
Settings *settings_new(void);

/* Ends with a NULL name; static. */
const FieldRow *settings_fields(void);

void settings_free(Settings *settings);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Settings, settings_free)

#endif
