#include "base/error.h"
#include "cli/commands.h"
#include "cli/job_run.h"
#include "job/unload_plan.h"

#define AT(member) G_STRUCT_OFFSET(UnloadOptions, member)

const CliOption unload_options[] = {
    {"command", 'c', CLI_STRING, AT(sql), "unload this SELECT instead of a table", "SQL"},
    {"to", 0, CLI_STRING, AT(to), "s3://bucket/prefix, used as it stands, or a folder", "PLACE"},
    {"format", 0, CLI_STRING, AT(format), "csv (the default), text, json or parquet", "FORMAT"},
    {"compression", 0, CLI_STRING, AT(compression), "none, gzip, zstd or bzip2", "KIND"},
    {"header", 0, CLI_FLAG, AT(header), "a line of names in every file", NULL},
    {"delimiter", 0, CLI_STRING, AT(delimiter), "between fields", "CHAR"},
    {"null-as", 0, CLI_STRING, AT(null_as), "what stands for NULL; else \\N", "TEXT"},
    {"no-escape", 0, CLI_FLAG, AT(no_escape), "text: write backslashes and delimiters as they are",
     NULL},
    {"addquotes", 0, CLI_FLAG, AT(addquotes), "text: put fields into quotes", NULL},
    {"serial", 0, CLI_FLAG, AT(serial), "one file after the other, in the query's order", NULL},
    {"max-file-size", 0, CLI_REAL, AT(max_file_size), "5 to 6348 MB", "MB"},
    {"overwrite", 0, CLI_FLAG, AT(overwrite), "replace files of the same name", NULL},
    {"clean-path", 0, CLI_FLAG, AT(clean_path), "S3: empty the destination first", NULL},
    {"partition-by", 0, CLI_STRING, AT(partition_by), "S3: a folder for each value", "NAMES"},
    {"partition-include", 0, CLI_FLAG, AT(partition_include), "keep those columns in the files",
     NULL},
    {"extension", 0, CLI_STRING, AT(extension), "S3: end of the files' names", "TEXT"},
    {"kms-key-id", 0, CLI_STRING, AT(kms_key_id), "S3: encrypt with this key", "KEY"},
    {"region", 0, CLI_STRING, AT(region), "of the destination's bucket", "REGION"},
    {"iam-role", 0, CLI_STRING, AT(iam_role), "instead of the profile's", "ARN"},
    {"tempdir", 0, CLI_STRING, AT(tempdir), "instead of the profile's", "URL"},
    {"keep-stage", 0, CLI_FLAG, AT(keep_stage), "leave the stage in S3 for a look", NULL},
    {"skip-null-check", 0, CLI_FLAG, AT(skip_null_check), "CSV: do not look for \\N in the data",
     NULL},
    {0},
};

static Plan *plan_unload(gpointer request, Session *session, S3Client *s3,
                         GCancellable *cancellable, GError **error)
{
    return unload_plan_new(request, session, s3, cancellable, error);
}

static gboolean check(CliContext *cli, const UnloadOptions *options, GError **error)
{
    const char *wrong = NULL;
    if ((cli->n_arguments == 0) == (options->sql == NULL))
        wrong = "unload needs either a TABLE or -c SQL";
    else if (options->to == NULL)
        wrong = "unload needs --to s3://BUCKET/PREFIX or --to FOLDER";
    else if (options->sql != NULL && select_is_used(&options->select))
        wrong = "--columns, --filter, --order and the like belong to a TABLE; with -c write them "
                "into the SQL";
    if (wrong != NULL)
        g_set_error_literal(error, RS_ERROR, RS_ERROR_USAGE, wrong);
    return wrong == NULL && cli_check_text(options->sql, "-c", error);
}

static gboolean read_formats(const UnloadOptions *options, UnloadRequest *request, GError **error)
{
    request->format = SQL_FORMAT_CSV;
    if (options->format != NULL && !sql_format_from_name(options->format, &request->format)) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "there is no format \"%s\"; UNLOAD writes csv, text, json and parquet",
                    options->format);
        return FALSE;
    }
    if (options->compression != NULL &&
        !sql_compression_from_name(options->compression, &request->compression)) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "there is no compression \"%s\"; UNLOAD knows none, gzip, zstd and bzip2",
                    options->compression);
        return FALSE;
    }
    return TRUE;
}

static UnloadRequest request_of(CliContext *cli, const UnloadOptions *options)
{
    return (UnloadRequest){
        .profile = workbench_profile(cli->workbench),
        .sql = options->sql,
        .to = options->to,
        .header = options->header,
        .delimiter = options->delimiter,
        .null_as = options->null_as,
        .no_escape = options->no_escape,
        .addquotes = options->addquotes,
        .serial = options->serial,
        .max_file_size_mb = options->max_file_size,
        .overwrite = options->overwrite,
        .clean_path = options->clean_path,
        .partition_include = options->partition_include,
        .extension = options->extension,
        .kms_key_id = options->kms_key_id,
        .region = options->region,
        .iam_role = options->iam_role,
        .tempdir = options->tempdir,
        .keep_stage = options->keep_stage,
        .skip_null_check = options->skip_null_check,
    };
}

static SqlQuery *table_query(CliContext *cli, const UnloadOptions *options, GError **error)
{
    Session *session = cli_take_session(cli, error);
    if (session == NULL)
        return NULL;
    SqlQuery *query = select_query(cli, &options->select, cli->arguments[0], -1, session, error);
    cli_give_session(cli, session);
    return query;
}

gboolean unload_run(CliContext *cli, GError **error)
{
    const UnloadOptions *options = cli->options;
    UnloadRequest request = request_of(cli, options);
    if (!check(cli, options, error) || !read_formats(options, &request, error))
        return FALSE;
    g_auto(GStrv) partitions =
        options->partition_by == NULL ? NULL : select_names(options->partition_by, error);
    if (options->partition_by != NULL && partitions == NULL)
        return FALSE;
    request.partition_by = (const char *const *)partitions;
    g_autoptr(SqlQuery) query = cli->n_arguments == 0 ? NULL : table_query(cli, options, error);
    if (cli->n_arguments > 0 && query == NULL)
        return FALSE;
    request.query = query;
    if (query != NULL)
        select_show(cli, &options->select, query);
    return job_run_request(cli, plan_unload, &request, error);
}
