#include "cli/commands.h"
#include "cli/rows.h"

#define AT(member) G_STRUCT_OFFSET(RowsOptions, member)

const CliOption preview_options[] = {
    {"format", 0, CLI_STRING, AT(format),
     "table, csv, tsv, json, jsonl, psql, insert, markdown or text", "FORMAT"},
    {"no-header", 0, CLI_FLAG, AT(no_header), "leave out the line of names", NULL},
    {"output", 'o', CLI_STRING, AT(output),
     "write the rows to a file: format by its suffix, .gz or .zst behind it", "FILE"},
    {"overwrite", 0, CLI_FLAG, AT(overwrite), "replace the FILE that is there", NULL},
    {0},
};

static gboolean print_preview(CliContext *cli, Session *session, GError **error)
{
    const RowsOptions *options = cli->options;
    OutputFormat format = OUTPUT_TABLE;
    ExportRequest request = {.header = !options->no_header, .overwrite = options->overwrite};
    if (options->output != NULL
            ? !export_request_init(&request, options->output, options->format, error)
            : !cli_output_format(cli, options->format, &format, error))
        return FALSE;
    g_autoptr(SqlQuery) query = select_query(cli, &options->select, cli->arguments[0],
                                             cli->settings->preview_rows, session, error);
    g_autofree char *sql = query == NULL ? NULL : sql_query_text(query, error);
    if (sql == NULL)
        return FALSE;
    if (cli->globals.dry_run) {
        g_autofree char *line = g_strconcat(sql, "\n", NULL);
        return cli_print_text(cli, line, error);
    }
    select_show(cli, &options->select, query);
    if (options->output == NULL)
        return rows_print(cli, session, sql,
                          &(RowsShape){format, !options->no_header, query->schema, query->relation},
                          error);
    request.sql = sql;
    request.schema = query->schema;
    request.relation = query->relation;
    return rows_export(cli, session, &request, error);
}

gboolean preview_run(CliContext *cli, GError **error)
{
    Session *session = cli_take_session(cli, error);
    if (session == NULL)
        return FALSE;
    gboolean printed = print_preview(cli, session, error);
    cli_give_session(cli, session);
    return printed;
}
