#include "cli/commands.h"
#include "cli/profile_options.h"
#include "cli/s3.h"

#define AT(type, member) G_STRUCT_OFFSET(type, member)
#define ANY G_MAXUINT

static const CliCommand commands[] = {
    {.name = "demo",
     .arguments = "",
     .summary = "start the sandbox and open the workbench on it, or tour it without a terminal",
     .details =
         "Without a terminal the tour lists, previews, filters, unloads, loads and merges rows\n"
         "of the sandbox, checks counts and sums on both sides, and cleans up. It ends with 0\n"
         "when every check held and with 5 when one did not.",
     .run = demo_run},
    {.name = "sandbox",
     .arguments = "start|stop|status|env|reset [--dir DIR]",
     .summary = "the local stand-in for Redshift and S3; see redsmith-sandbox(1)",
     .flags = CLI_PASSES_WORDS,
     .run = sandbox_run},
    {.name = "profile",
     .arguments = "list | show [NAME] | add NAME | set NAME | import NAME [FILE|-] |\n"
                  "       rename NAME NEW-NAME | remove NAME | test [NAME] | login [NAME] | forget [NAME]",
     .summary = "connection settings, and whether they work",
     .details =
         "add makes a profile of the options, import reads one out of a file or standard input: a\n"
         "JDBC URL, a postgresql:// URI, a connection string, a group of pg_service.conf, PG*\n"
         "variables, options of the Spark connector, the JSON of the Data API connector. Both name\n"
         "every option that they ignore or refuse; --dry-run writes nothing. Passwords and AWS keys\n"
         "are left out unless --keep-secret. set changes fields; an empty value takes one back.",
     .least = 1,
     .most = 3,
     .options_size = sizeof(ProfileOptions),
     .more_options = profile_option_rows,
     .run = profile_run},
    {.name = "ls",
     .arguments = "[SCHEMA[.TABLE]]",
     .summary = "schemas, tables, columns",
     .flags = CLI_NEEDS_PROFILE,
     .most = 1,
     .groups = {{ls_options, 0}},
     .options_size = sizeof(LsOptions),
     .run = ls_run},
    {.name = "describe",
     .arguments = "TABLE [COLUMN]",
     .summary = "columns, DDL, storage, dependents or contents of a table",
     .flags = CLI_NEEDS_PROFILE,
     .least = 1,
     .most = 2,
     .groups = {{describe_options, 0}},
     .options_size = sizeof(DescribeOptions),
     .run = describe_run},
    {.name = "preview",
     .arguments = "TABLE",
     .summary = "rows of a table or view",
     .flags = CLI_NEEDS_PROFILE,
     .least = 1,
     .most = 1,
     .groups = {{select_options, AT(RowsOptions, select)}, {preview_options, 0}},
     .options_size = sizeof(RowsOptions),
     .run = preview_run},
    {.name = "query",
     .arguments = "-c SQL | -f FILE",
     .summary = "run SQL and print the rows",
     .details = "A FILE of - is standard input. Several statements run one after the other in one\n"
                "session; the first that fails ends the run.",
     .flags = CLI_NEEDS_PROFILE,
     .groups = {{query_options, 0}},
     .options_size = sizeof(RowsOptions),
     .run = query_run},
    {.name = "unload",
     .arguments = "TABLE | -c SQL, --to s3://BUCKET/PREFIX | FOLDER",
     .summary = "write rows to S3 or to a folder",
     .flags = CLI_NEEDS_PROFILE,
     .most = 1,
     .groups = {{select_options, AT(UnloadOptions, select)}, {unload_options, 0}},
     .options_size = sizeof(UnloadOptions),
     .run = unload_run},
    {.name = "write",
     .arguments = "FILE... | s3://BUCKET/KEY..., --into TABLE",
     .summary = "load files into a table",
     .details =
         "Modes: append (the default), overwrite, error (the table must not exist), ignore (do\n"
         "nothing when it exists). A missing table is made from --columns-ddl, --like, or from\n"
         "what the files hold.",
     .flags = CLI_NEEDS_PROFILE,
     .least = 1,
     .most = ANY,
     .groups = {{load_options, AT(WriteOptions, load)}, {write_options, 0}},
     .options_size = sizeof(WriteOptions),
     .run = write_run},
    {.name = "merge",
     .arguments = "FILE... | --from TABLE, --into TABLE --key COLUMNS",
     .summary = "update and insert rows by key",
     .details =
         "Strategies: merge (the default), delete-insert, scd2 (old versions are kept and ended).",
     .flags = CLI_NEEDS_PROFILE,
     .most = ANY,
     .groups = {{load_options, AT(MergeOptions, load)}, {merge_options, 0}},
     .options_size = sizeof(MergeOptions),
     .run = merge_run},
    {.name = "jobs",
     .arguments = "list | show ID | resume ID | cancel ID | clean ID",
     .summary = "what jobs did, and those that did not end",
     .details =
         "An ID may be shortened to what makes it unique. show prints the plan and what ran,\n"
         "when and as whom; resume goes on with a job that was interrupted or failed, without\n"
         "losing or doubling a row; cancel asks the process that runs it; clean removes what it\n"
         "left behind and ends it.",
     .least = 1,
     .most = 2,
     .run = jobs_run},
    {.name = "s3",
     .arguments = "ls | inspect | get | put | rm",
     .summary = "objects and files: list, examine, fetch, send, delete",
     .details = "ls s3://BUCKET/PREFIX                       objects, sizes and times\n"
                "inspect s3://BUCKET/PREFIX                  counts, sizes, formats, fit for COPY\n"
                "get s3://BUCKET/KEY-OR-PREFIX [TARGET]      into a file or folder\n"
                "put FILE|FOLDER... s3://BUCKET/KEY-OR-PREFIX\n"
                "rm s3://BUCKET/KEY                          shows what it deletes, and asks\n"
                "A get or put that was interrupted goes on where it was when it is run again.",
     .flags = CLI_NEEDS_PROFILE,
     .least = 1,
     .most = ANY,
     .groups = {{s3_options, 0}},
     .options_size = sizeof(S3Options),
     .run = s3_run},
    {.name = "doctor",
     .arguments = "",
     .summary = "a report for a bug report, without secrets",
     .run = doctor_run},
    {.name = "activity",
     .arguments = "sessions|queries|locks|loads|unloads|space|wlm | cancel PID | terminate PID",
     .summary = "what the cluster is doing, and who does it",
     .details = "cancel stops what a session runs, terminate ends the session; both ask for the pid\n"
                "again, and say whether the server's own views confirm it. Durations are in ms,\n"
                "sizes in bytes. What could not be read, and what would open it, is on stderr.",
     .flags = CLI_NEEDS_PROFILE,
     .least = 1,
     .most = 2,
     .groups = {{activity_options, 0}},
     .options_size = sizeof(ActivityCommandOptions),
     .run = activity_run},
    {.name = "check",
     .arguments = "A B",
     .summary = "compare the rows of two tables or queries",
     .details =
         "A and B are tables or SELECT statements. The server counts the rows and takes the\n"
         "fingerprint of each column of both sides in one statement: values that are not NULL,\n"
         "least, greatest, bytes of text, and a hash that knows no order; one more hash covers\n"
         "whole rows. Ends with 5 when something differs.",
     .flags = CLI_NEEDS_PROFILE,
     .least = 2,
     .most = 2,
     .groups = {{comparison_options, 0}},
     .options_size = sizeof(CheckOptions),
     .run = check_run},
    {0},
};

const CliCommand *cli_commands(void)
{
    return commands;
}
