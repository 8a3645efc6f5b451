#include <string.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/rows.h"
#include "cli/terminal.h"
#include "job/export_file.h"
#include "sql/lexer.h"

#define AT(member) G_STRUCT_OFFSET(RowsOptions, member)

enum {
    MAX_STATEMENT_BYTES = 16 << 20, /* Redshift guide, "Quotas and limits": one statement */
    NAMED = 60,                     /* characters of a statement that a message shows */
};

const CliOption query_options[] = {
    {"command", 'c', CLI_STRING, AT(sql), "the SQL to run", "SQL"},
    {"file", 'f', CLI_STRING, AT(file), "read the SQL from a file; - is standard input", "FILE"},
    {"format", 0, CLI_STRING, AT(format),
     "table, csv, tsv, json, jsonl, psql, insert, markdown or text", "FORMAT"},
    {"no-header", 0, CLI_FLAG, AT(no_header), "leave out the line of names", NULL},
    {"output", 'o', CLI_STRING, AT(output),
     "write the rows to a file: format by its suffix, .gz or .zst behind it", "FILE"},
    {"overwrite", 0, CLI_FLAG, AT(overwrite), "replace the FILE that is there", NULL},
    {0},
};

static char *read_input(FILE *in, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char buffer[65536];
    gsize n;
    while ((n = fread(buffer, 1, sizeof buffer, in)) > 0) {
        g_string_append_len(text, buffer, (gssize)n);
        if (text->len > MAX_STATEMENT_BYTES) {
            g_set_error(error, RS_ERROR, RS_ERROR_LIMIT, "the SQL is longer than Redshift's 16 MB");
            return NULL;
        }
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *read_sql(const RowsOptions *options, GError **error)
{
    if ((options->sql == NULL) == (options->file == NULL)) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "query needs either -c SQL or -f FILE");
        return NULL;
    }
    if (options->sql != NULL)
        return g_strdup(options->sql);
    if (strcmp(options->file, "-") == 0)
        return read_input(stdin, error);
    char *text = NULL;
    g_autoptr(GError) failure = NULL;
    if (!g_file_get_contents(options->file, &text, NULL, &failure))
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "%s", failure->message);
    return text;
}

/* The first characters of a statement, for a message. Free with g_free. */
static char *start_of(const char *sql)
{
    return g_utf8_substring(sql, 0, MIN(NAMED, g_utf8_strlen(sql, -1)));
}

/* What the profile lets through: nothing that writes when it is read-only. */
static gboolean check_statement(CliContext *cli, const char *sql, GError **error)
{
    const Profile *profile = workbench_profile(cli->workbench);
    SqlClass class = sql_classify(sql, -1);
    g_autofree char *start = start_of(sql);
    if (profile->read_only && class != SQL_READS && class != SQL_SESSION) {
        g_set_error(error, RS_ERROR, RS_ERROR_PERMISSION,
                    "profile \"%s\" is read_only and the statement writes: %s", profile->name,
                    start);
        return FALSE;
    }
    const RowsOptions *options = cli->options;
    if (options->output != NULL && class != SQL_READS && class != SQL_SESSION) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "--output takes rows, and this statement gives none: %s", start);
        return FALSE;
    }
    if (profile->production && class == SQL_DESTRUCTIVE)
        return terminal_confirm(cli, start, profile->name, error);
    return TRUE;
}

static gboolean run_statement(CliContext *cli, Session *session, const char *sql,
                              OutputFormat format, GError **error)
{
    const RowsOptions *options = cli->options;
    if (cli->globals.dry_run) {
        g_autofree char *line = g_strconcat(sql, ";\n", NULL);
        return cli_print_text(cli, line, error);
    }
    if (options->output == NULL)
        return rows_print(cli, session, sql,
                          &(RowsShape){.format = format, .header = !options->no_header}, error);
    ExportRequest request = {
        .sql = sql, .header = !options->no_header, .overwrite = options->overwrite};
    return export_request_init(&request, options->output, options->format, error) &&
           rows_export(cli, session, &request, error);
}

static gboolean run_statements(CliContext *cli, const char *text, const GArray *spans,
                               OutputFormat format, GError **error)
{
    Session *session = cli->globals.dry_run ? NULL : cli_take_session(cli, error);
    if (session == NULL && !cli->globals.dry_run)
        return FALSE;
    gboolean done = TRUE;
    for (guint i = 0; done && i < spans->len; i++) {
        SqlSpan span = g_array_index(spans, SqlSpan, i);
        g_autofree char *sql = g_strndup(text + span.start, span.length);
        done = run_statement(cli, session, sql, format, error);
    }
    cli_give_session(cli, session);
    return done;
}

/* The words of the options, before anything is sent. */
static gboolean check_format(CliContext *cli, OutputFormat *format, GError **error)
{
    const RowsOptions *options = cli->options;
    ExportRequest request = {0};
    if (options->output == NULL)
        return cli_output_format(cli, options->format, format, error);
    *format = OUTPUT_TABLE;
    return export_request_init(&request, options->output, options->format, error) &&
           export_file_check(options->output, options->overwrite, error);
}

static gboolean check_count(CliContext *cli, guint n_statements, GError **error)
{
    const RowsOptions *options = cli->options;
    if (n_statements == 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "the SQL holds no statement");
        return FALSE;
    }
    if (n_statements == 1 || options->output == NULL)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                "--output takes the rows of one statement, and the SQL holds %u", n_statements);
    return FALSE;
}

gboolean query_run(CliContext *cli, GError **error)
{
    const RowsOptions *options = cli->options;
    OutputFormat format;
    g_autofree char *text = read_sql(options, error);
    if (text == NULL || !cli_check_text(text, "the SQL", error) ||
        !check_format(cli, &format, error))
        return FALSE;
    g_autoptr(GArray) spans = sql_split(text, -1);
    if (!check_count(cli, spans->len, error))
        return FALSE;
    for (guint i = 0; i < spans->len; i++) {
        SqlSpan span = g_array_index(spans, SqlSpan, i);
        g_autofree char *sql = g_strndup(text + span.start, span.length);
        if (!check_statement(cli, sql, error))
            return FALSE;
    }
    return run_statements(cli, text, spans, format, error);
}
