#include "base/error.h"
#include "cli/commands.h"
#include "cli/job_run.h"
#include "job/merge_plan.h"

#define AT(member) G_STRUCT_OFFSET(MergeOptions, member)

const CliOption merge_options[] = {
    {"into", 0, CLI_STRING, AT(into), "the table to change", "TABLE"},
    {"from", 0, CLI_STRING, AT(from), "take the rows from this table or view", "TABLE"},
    {"key", 0, CLI_STRING, AT(key), "columns that tell rows apart", "NAMES"},
    {"strategy", 0, CLI_STRING, AT(strategy), "merge, delete-insert or scd2", "NAME"},
    {"valid-from", 0, CLI_STRING, AT(valid_from), "scd2: column of a version's start", "NAME"},
    {"valid-to", 0, CLI_STRING, AT(valid_to), "scd2: column of its end", "NAME"},
    {"is-current", 0, CLI_STRING, AT(is_current), "scd2: column that marks the last one", "NAME"},
    {0},
};

static Plan *plan_merge(gpointer request, Session *session, S3Client *s3, GCancellable *cancellable,
                        GError **error)
{
    return merge_plan_new(request, session, s3, cancellable, error);
}

static gboolean check(CliContext *cli, const MergeOptions *options, SqlMergeStrategy *strategy,
                      GError **error)
{
    const char *wrong = NULL;
    *strategy = SQL_MERGE_MERGE;
    if ((cli->n_arguments == 0) == (options->from == NULL))
        wrong = "merge needs either files or --from TABLE";
    else if (options->into == NULL)
        wrong = "merge needs --into TABLE";
    else if (options->key == NULL)
        wrong = "merge needs --key COLUMNS";
    else if (options->strategy != NULL && !merge_strategy_from_name(options->strategy, strategy))
        wrong = "--strategy is none of: merge, delete-insert, scd2";
    if (wrong != NULL)
        g_set_error_literal(error, RS_ERROR, RS_ERROR_USAGE, wrong);
    return wrong == NULL;
}

static gboolean run_merge(CliContext *cli, MergeOptions *options, GError **error)
{
    g_autofree char *schema = NULL, *table = NULL, *from_schema = NULL, *from = NULL;
    MergeRequest request = {
        .profile = workbench_profile(cli->workbench),
        .valid_from = options->valid_from,
        .valid_to = options->valid_to,
        .is_current = options->is_current,
        .iam_role = options->load.iam_role,
        .tempdir = options->load.tempdir,
        .keep_stage = options->load.keep_stage,
    };
    char **paths = cli->n_arguments > 0 ? cli->arguments : NULL;
    if (!check(cli, options, &request.strategy, error) ||
        !load_options_source(&options->load, paths, &request.source, error) ||
        !catalog_parse_name(options->into, &schema, &table, error) ||
        (options->from != NULL && !catalog_parse_name(options->from, &from_schema, &from, error)))
        return FALSE;
    g_auto(GStrv) keys = select_names(options->key, error);
    if (keys == NULL)
        return FALSE;
    request.schema = schema;
    request.table = table;
    request.from_schema = from_schema;
    request.from_table = from;
    request.keys = (const char *const *)keys;
    return job_run_request(cli, plan_merge, &request, error);
}

gboolean merge_run(CliContext *cli, GError **error)
{
    MergeOptions *options = cli->options;
    gboolean done = run_merge(cli, options, error);
    load_options_release(&options->load);
    return done;
}
