#include "base/error.h"
#include "cli/commands.h"
#include "cli/job_run.h"
#include "job/write_plan.h"

#define AT(member) G_STRUCT_OFFSET(WriteOptions, member)

const CliOption write_options[] = {
    {"into", 0, CLI_STRING, AT(into), "the table to load", "TABLE"},
    {"mode", 0, CLI_STRING, AT(mode), "append, overwrite, error or ignore", "MODE"},
    {"like", 0, CLI_STRING, AT(like), "make a missing table like this one", "TABLE"},
    {"columns-ddl", 0, CLI_STRING, AT(columns_ddl), "make a missing table of these columns", "SQL"},
    {"compupdate", 0, CLI_STRING, AT(compupdate), "on, off or preset", "WORD"},
    {"statupdate", 0, CLI_STRING, AT(statupdate), "on or off", "WORD"},
    {"skip-counts", 0, CLI_FLAG, AT(skip_counts), "do not count the table before and after", NULL},
    {0},
};

static Plan *plan_write(gpointer request, Session *session, S3Client *s3, GCancellable *cancellable,
                        GError **error)
{
    return write_plan_new(request, session, s3, cancellable, error);
}

static gboolean read_mode(const WriteOptions *options, WriteMode *mode, GError **error)
{
    *mode = WRITE_APPEND;
    if (options->into == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "write needs --into TABLE");
        return FALSE;
    }
    if (options->mode == NULL || write_mode_from_name(options->mode, mode))
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                "--mode is \"%s\"; expected append, overwrite, error or ignore", options->mode);
    return FALSE;
}

static char *upper(const char *word)
{
    return word == NULL ? NULL : g_ascii_strup(word, -1);
}

static gboolean run_write(CliContext *cli, WriteOptions *options, GError **error)
{
    g_autofree char *schema = NULL, *table = NULL, *like_schema = NULL, *like = NULL;
    g_autofree char *compupdate = upper(options->compupdate);
    g_autofree char *statupdate = upper(options->statupdate);
    WriteRequest request = {
        .profile = workbench_profile(cli->workbench),
        .columns_ddl = options->columns_ddl,
        .comp_update = compupdate,
        .stat_update = statupdate,
        .iam_role = options->load.iam_role,
        .tempdir = options->load.tempdir,
        .keep_stage = options->load.keep_stage,
        .skip_counts = options->skip_counts,
    };
    if (!read_mode(options, &request.mode, error) ||
        !load_options_source(&options->load, cli->arguments, &request.source, error) ||
        !catalog_parse_name(options->into, &schema, &table, error) ||
        (options->like != NULL && !catalog_parse_name(options->like, &like_schema, &like, error)))
        return FALSE;
    request.schema = schema;
    request.table = table;
    request.like_schema = like_schema;
    request.like_table = like;
    return job_run_request(cli, plan_write, &request, error);
}

gboolean write_run(CliContext *cli, GError **error)
{
    WriteOptions *options = cli->options;
    gboolean done = run_write(cli, options, error);
    load_options_release(&options->load);
    return done;
}
