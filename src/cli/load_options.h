/*
 * load_options: the options of `write` and `merge` that describe their input files.
 *
 * Threads: pure. Errors: RS_ERROR_USAGE
 */
#ifndef REDSMITH_CLI_LOAD_OPTIONS_H
#define REDSMITH_CLI_LOAD_OPTIONS_H

#include "cli/cli.h"
#include "job/load_source.h"

typedef struct {
    char *format, *compression, *delimiter, *quote, *null_as, *columns, *date_format;
    char *time_format, *widen, *region, *iam_role, *tempdir;
    gint64 max_errors, part_mb, workers;
    gboolean header, no_header, no_escape, remove_quotes, truncate_columns, empty_as_null;
    gboolean blanks_as_null, fill_record, ignore_blank_lines, trim_blanks, accept_any_date;
    gboolean roundec, accept_inv_chars, explicit_ids, keep_stage;
    char **column_names; /* --columns, split; owned; freed by load_options_release */
} LoadOptions;

extern const CliOption load_options[];

/* paths is NULL-terminated; what source holds is borrowed from both. */
gboolean load_options_source(LoadOptions *options, char **paths, LoadSource *source,
                             GError **error);
void load_options_release(LoadOptions *options);

#endif
