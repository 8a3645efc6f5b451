#include "cli/commands.h"
#include "cli/rows.h"

#define AT(member) G_STRUCT_OFFSET(RowsOptions, member)

const CliOption preview_options[] = {
    {"format", 0, CLI_STRING, AT(format), "table, csv, tsv, json or jsonl", "FORMAT"},
    {"no-header", 0, CLI_FLAG, AT(no_header), "leave out the line of names", NULL},
    {0},
};

static gboolean print_preview(CliContext *cli, Session *session, GError **error)
{
    const RowsOptions *options = cli->options;
    OutputFormat format;
    if (!cli_output_format(cli, options->format, &format, error))
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
    return rows_print(cli, session, sql, format, !options->no_header, error);
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
