/*
 * commands: the run functions that the command table names, one file each. See cli.h.
 */
#ifndef REDSMITH_CLI_COMMANDS_H
#define REDSMITH_CLI_COMMANDS_H

#include "cli/cli.h"
#include "cli/load_options.h"
#include "cli/select.h"

typedef struct {
    gboolean all; /* system schemas too */
    gboolean routines;
    char *format;
} LsOptions;
extern const CliOption ls_options[];
gboolean ls_run(CliContext *cli, GError **error);

typedef struct {
    gboolean ddl, storage, dependents, profile;
    char *format;
} DescribeOptions;
extern const CliOption describe_options[];
gboolean describe_run(CliContext *cli, GError **error);
/* describe --storage, --dependents and --contents [COLUMN], on the relation of the arguments. */
gboolean describe_report(CliContext *cli, Session *session, const char *schema,
                         const char *relation, GError **error);

/* preview and query */
typedef struct {
    SelectOptions select;
    char *format, *sql, *file, *output;
    gboolean no_header, overwrite;
} RowsOptions;
extern const CliOption preview_options[];
gboolean preview_run(CliContext *cli, GError **error);
extern const CliOption query_options[];
gboolean query_run(CliContext *cli, GError **error);

typedef struct {
    SelectOptions select;
    char *sql, *to, *format, *compression, *delimiter, *null_as, *partition_by, *extension;
    char *kms_key_id, *region, *iam_role, *tempdir;
    double max_file_size;
    gboolean header, no_escape, addquotes, serial, overwrite, clean_path, partition_include;
    gboolean keep_stage, skip_null_check;
} UnloadOptions;
extern const CliOption unload_options[];
gboolean unload_run(CliContext *cli, GError **error);

typedef struct {
    LoadOptions load;
    char *into, *mode, *like, *columns_ddl, *compupdate, *statupdate;
    gboolean skip_counts;
} WriteOptions;
extern const CliOption write_options[];
gboolean write_run(CliContext *cli, GError **error);

typedef struct {
    LoadOptions load;
    char *into, *from, *key, *strategy, *valid_from, *valid_to, *is_current;
} MergeOptions;
extern const CliOption merge_options[];
gboolean merge_run(CliContext *cli, GError **error);

typedef struct {
    gboolean running;
    gint64 limit;
    char *format;
} ActivityCommandOptions;
extern const CliOption activity_options[];
gboolean activity_run(CliContext *cli, GError **error);

typedef struct {
    char *columns, *format;
} CheckOptions;
extern const CliOption comparison_options[];
gboolean check_run(CliContext *cli, GError **error);

gboolean jobs_run(CliContext *cli, GError **error);
gboolean profile_run(CliContext *cli, GError **error);
gboolean sandbox_run(CliContext *cli, GError **error);
gboolean demo_run(CliContext *cli, GError **error);
gboolean doctor_run(CliContext *cli, GError **error);
gboolean s3_run(CliContext *cli, GError **error);

#endif
