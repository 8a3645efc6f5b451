#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "redshift/catalog.h"
#include "redshift/fingerprint.h"
#include "redshift/types.h"
#include "sql/ident.h"
#include "sql/lexer.h"

enum { NAMED = 10 };

const CliOption comparison_options[] = {
    {"columns", 0, CLI_STRING, G_STRUCT_OFFSET(CheckOptions, columns), "compare these columns only",
     "NAMES"},
    {"format", 0, CLI_STRING, G_STRUCT_OFFSET(CheckOptions, format),
     "table, csv, tsv, json or jsonl", "FORMAT"},
    {0},
};

/* --- the two sides ------------------------------------------------------------------------------ */

static gboolean is_query(const char *text)
{
    SqlLexer lexer = sql_lexer(text, -1);
    SqlToken token;
    return sql_next(&lexer, &token) &&
           (sql_token_is(&lexer, &token, "select") || sql_token_is(&lexer, &token, "with"));
}

/* A table's name, or one SELECT. Free with g_free. */
static char *source_of(const char *text, GError **error)
{
    if (!is_query(text)) {
        g_autofree char *schema = NULL, *relation = NULL;
        if (!catalog_parse_name(text, &schema, &relation, error))
            return NULL;
        g_autofree char *name = sql_ident_pair(schema, relation);
        return g_strdup_printf("SELECT * FROM %s", name);
    }
    g_autoptr(GArray) spans = sql_split(text, -1);
    SqlSpan span = g_array_index(spans, SqlSpan, 0);
    if (spans->len == 1 && sql_classify(text + span.start, (gssize)span.length) == SQL_READS)
        return g_strndup(text + span.start, span.length);
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                "check takes tables and queries that only read, one statement each");
    return NULL;
}

/* --- what came out ------------------------------------------------------------------------------ */

static gboolean disagrees(const FingerprintLine *line)
{
    return line->verdict != FINGERPRINT_AGREES && line->verdict != FINGERPRINT_COUNTED;
}

static const char *line_name(const FingerprintLine *line)
{
    return line->kind == FINGERPRINT_ROWS ? "(rows)" : line->name;
}

static gboolean print_figure(Output *output, const FingerprintLine *line, const char *figure,
                             const char *a, const char *b, GError **error)
{
    const char *const values[] = {line_name(line), fingerprint_verdict_name(line->verdict), figure,
                                  a, b};
    return output_strings(output, values, error);
}

/* One line of what agrees; of what does not, each figure that tells why. */
static gboolean print_line(Output *output, const FingerprintLine *line, GError **error)
{
    if (!disagrees(line))
        return print_figure(output, line, fingerprint_figure_name(FINGERPRINT_COUNT),
                            line->figures[0][FINGERPRINT_COUNT],
                            line->figures[1][FINGERPRINT_COUNT], error);
    if (g_strcmp0(line->types[0], line->types[1]) != 0 &&
        !print_figure(output, line, "type", line->types[0], line->types[1], error))
        return FALSE;
    for (guint i = 0; i < FINGERPRINT_FIGURES; i++)
        if (g_strcmp0(line->figures[0][i], line->figures[1][i]) != 0 &&
            !print_figure(output, line, fingerprint_figure_name(i), line->figures[0][i],
                          line->figures[1][i], error))
            return FALSE;
    return TRUE;
}

static gboolean print_lines(CliContext *cli, const GPtrArray *lines, OutputFormat format,
                            GError **error)
{
    static const ResultColumn columns[] = {{(char *)"column", TYPE_VARCHAR, -1},
                                           {(char *)"verdict", TYPE_VARCHAR, -1},
                                           {(char *)"figure", TYPE_VARCHAR, -1},
                                           {(char *)"a", TYPE_VARCHAR, -1},
                                           {(char *)"b", TYPE_VARCHAR, -1}};
    g_autoptr(Output) output = cli_output_new(cli, format, columns, G_N_ELEMENTS(columns), TRUE);
    for (guint i = 0; i < lines->len; i++)
        if (!print_line(output, lines->pdata[i], error))
            return FALSE;
    return output_end(output, error);
}

/* Says it in one line, and fails where the sides are not the same. */
static gboolean judge(CliContext *cli, const GPtrArray *lines, GError **error)
{
    g_autoptr(GString) names = g_string_new(NULL);
    guint n = 0, counted = 0;
    for (guint i = 0; i < lines->len; i++) {
        const FingerprintLine *line = lines->pdata[i];
        counted += line->verdict == FINGERPRINT_COUNTED;
        if (!disagrees(line))
            continue;
        g_autofree char *name = text_printable(line_name(line), -1);
        if (n++ < NAMED)
            g_string_append_printf(names, "%s%s", n > 1 ? ", " : "", name);
    }
    if (n > 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_MISMATCH, "%s and %s differ in %s%s",
                    cli->arguments[0], cli->arguments[1], names->str, n > NAMED ? " and more" : "");
        return FALSE;
    }
    narrator_say(
        cli->narrator, "the two sides agree%s",
        counted > 0 ? "; columns that are counted have a type whose values are not compared" : "");
    return TRUE;
}

static gboolean compare(CliContext *cli, Session *session, const char *const *sources,
                        const char *const *names, OutputFormat format, GError **error)
{
    g_autoptr(Fingerprint) fingerprint =
        fingerprint_new(session, sources[0], sources[1], names, cli->cancellable, error);
    if (fingerprint == NULL)
        return FALSE;
    if (cli->globals.dry_run) {
        g_autofree char *sql = fingerprint_sql(fingerprint);
        return cli_print_text(cli, sql, error);
    }
    g_autoptr(GPtrArray) lines = fingerprint_compare(fingerprint, session, cli->cancellable, error);
    return lines != NULL && print_lines(cli, lines, format, error) && judge(cli, lines, error);
}

gboolean check_run(CliContext *cli, GError **error)
{
    const CheckOptions *options = cli->options;
    OutputFormat format;
    g_autofree char *a = source_of(cli->arguments[0], error);
    g_autofree char *b = a != NULL ? source_of(cli->arguments[1], error) : NULL;
    if (b == NULL || !cli_check_text(options->columns, "--columns", error) ||
        !cli_output_format(cli, options->format, &format, error))
        return FALSE;
    g_auto(GStrv) names = options->columns != NULL ? select_names(options->columns, error) : NULL;
    if (options->columns != NULL && names == NULL)
        return FALSE;
    Session *session = cli_take_session(cli, error);
    if (session == NULL)
        return FALSE;
    const char *const sources[] = {a, b};
    gboolean same = compare(cli, session, sources, (const char *const *)names, format, error);
    cli_give_session(cli, session);
    return same;
}
