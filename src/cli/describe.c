#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "redshift/types.h"
#include "sql/ident.h"

const CliOption describe_options[] = {
    {"ddl", 0, CLI_FLAG, G_STRUCT_OFFSET(DescribeOptions, ddl), "print the statements that make it",
     NULL},
    {"storage", 0, CLI_FLAG, G_STRUCT_OFFSET(DescribeOptions, storage),
     "size, sorting, statistics, skew and encodings", NULL},
    {"dependents", 0, CLI_FLAG, G_STRUCT_OFFSET(DescribeOptions, dependents),
     "views, foreign keys, constraints and grants that hang on it", NULL},
    {"contents", 0, CLI_FLAG, G_STRUCT_OFFSET(DescribeOptions, profile),
     "what is in the columns, or in COLUMN: one statement each; large tables are sampled", NULL},
    {"format", 0, CLI_STRING, G_STRUCT_OFFSET(DescribeOptions, format),
     "of the columns: table, csv, tsv, json or jsonl", "FORMAT"},
    {0},
};

/* "dist, sort 1" */
static char *key_text(const CatalogColumn *column)
{
    if (column->sort_key == 0)
        return g_strdup(column->is_dist_key ? "dist" : NULL);
    return g_strdup_printf("%s%s %d", column->is_dist_key ? "dist, " : "",
                           column->sort_key < 0 ? "interleaved" : "sort", ABS(column->sort_key));
}

static gboolean print_columns(CliContext *cli, const CatalogTable *table, OutputFormat format,
                              GError **error)
{
    static const ResultColumn headings[] = {
        {(char *)"column", TYPE_VARCHAR, -1},   {(char *)"type", TYPE_VARCHAR, -1},
        {(char *)"null", TYPE_VARCHAR, -1},     {(char *)"default", TYPE_VARCHAR, -1},
        {(char *)"identity", TYPE_VARCHAR, -1}, {(char *)"encode", TYPE_VARCHAR, -1},
        {(char *)"key", TYPE_VARCHAR, -1},      {(char *)"comment", TYPE_VARCHAR, -1},
    };
    g_autoptr(Output) output = cli_output_new(cli, format, headings, G_N_ELEMENTS(headings), TRUE);
    for (guint i = 0; i < table->columns->len; i++) {
        const CatalogColumn *column = table->columns->pdata[i];
        g_autofree char *key = key_text(column);
        const char *const values[] = {column->name,
                                      column->type,
                                      column->not_null ? "not null" : "null",
                                      column->default_value,
                                      column->identity,
                                      column->encoding,
                                      key,
                                      column->comment};
        if (!output_strings(output, values, error))
            return FALSE;
    }
    return output_end(output, error);
}

static void append_fact(GString *out, const char *name, const char *value)
{
    if (value == NULL || *value == '\0')
        return;
    g_autofree char *printable = text_printable(value, -1);
    g_string_append_printf(out, "%-12s %s\n", name, printable);
}

static void append_facts(GString *out, const char *name, const GPtrArray *values)
{
    for (guint i = 0; values != NULL && i < values->len; i++)
        append_fact(out, i == 0 ? name : "", values->pdata[i]);
}

static gboolean print_facts(CliContext *cli, const CatalogTable *table, GError **error)
{
    g_autoptr(GString) out = g_string_new("\n");
    append_fact(out, "kind", catalog_kind_name(table->relation.kind));
    append_fact(out, "owner", table->relation.owner);
    append_fact(out, "comment", table->relation.comment);
    append_fact(out, "diststyle", table->dist_style);
    if (table->relation.estimated_rows >= 0) {
        g_autofree char *count = text_count((guint64)table->relation.estimated_rows);
        g_string_append_printf(out, "%-12s est. %s\n", "rows", count);
    }
    if (table->size_mb >= 0)
        g_string_append_printf(out, "%-12s %" G_GINT64_FORMAT " MB\n", "size", table->size_mb);
    append_facts(out, "constraints", table->constraints);
    append_facts(out, "grants", table->grants);
    append_facts(out, "views", table->dependent_views);
    return cli_print_text(cli, out->str, error);
}

static cJSON *column_json(const CatalogColumn *column)
{
    cJSON *object = cJSON_CreateObject();
    cli_json_add_text(object, "name", column->name);
    cli_json_add_text(object, "type", column->type);
    cJSON_AddBoolToObject(object, "not_null", column->not_null);
    cli_json_add_text(object, "default", column->default_value);
    cli_json_add_text(object, "identity", column->identity);
    cli_json_add_text(object, "encoding", column->encoding);
    cJSON_AddBoolToObject(object, "dist_key", column->is_dist_key);
    cJSON_AddNumberToObject(object, "sort_key", column->sort_key);
    cli_json_add_text(object, "comment", column->comment);
    return object;
}

static cJSON *table_json(const CatalogTable *table)
{
    cJSON *object = cJSON_CreateObject();
    cli_json_add_text(object, "schema", table->relation.schema);
    cli_json_add_text(object, "name", table->relation.name);
    cli_json_add_text(object, "kind", catalog_kind_name(table->relation.kind));
    cli_json_add_text(object, "owner", table->relation.owner);
    cli_json_add_text(object, "comment", table->relation.comment);
    cli_json_add_text(object, "dist_style", table->dist_style);
    cJSON_AddNumberToObject(object, "estimated_rows", (double)table->relation.estimated_rows);
    cJSON_AddNumberToObject(object, "size_mb", (double)table->size_mb);
    cJSON *columns = cJSON_AddArrayToObject(object, "columns");
    for (guint i = 0; i < table->columns->len; i++)
        cJSON_AddItemToArray(columns, column_json(table->columns->pdata[i]));
    cli_json_add_texts(object, "constraints", table->constraints);
    cli_json_add_texts(object, "grants", table->grants);
    cli_json_add_texts(object, "dependent_views", table->dependent_views);
    return object;
}

static gboolean print_table(CliContext *cli, const CatalogTable *table, GError **error)
{
    const DescribeOptions *options = cli->options;
    OutputFormat format;
    if (!cli_output_format(cli, options->format, &format, error))
        return FALSE;
    if (options->ddl) {
        g_autofree char *ddl = catalog_table_ddl(table, NULL, NULL);
        if (cli->globals.json) {
            cJSON *object = cJSON_CreateObject();
            cli_json_add_text(object, "ddl", ddl);
            return cli_print_json(cli, object, error);
        }
        g_autofree char *line = g_strconcat(ddl, g_str_has_suffix(ddl, "\n") ? "" : "\n", NULL);
        return cli_print_text(cli, line, error);
    }
    if (cli->globals.json && options->format == NULL)
        return cli_print_json(cli, table_json(table), error);
    if (!print_columns(cli, table, format, error))
        return FALSE;
    return format != OUTPUT_TABLE || print_facts(cli, table, error);
}

/* A name with arguments, f(integer, date), is a routine's. */
static CatalogTable *load_routine(CliContext *cli, Session *session, const char *text,
                                  const char *open, GError **error)
{
    g_autofree char *name = g_strndup(text, (gsize)(open - text));
    g_autofree char *schema = NULL, *routine = NULL;
    if (!g_str_has_suffix(text, ")")) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "\"%s\" lacks a ) at its end: schema.function(integer, date)", text);
        return NULL;
    }
    if (!catalog_parse_name(name, &schema, &routine, error))
        return NULL;
    g_autofree char *types = g_strndup(open + 1, strlen(open + 1) - 1);
    return catalog_load_routine(session, schema, routine, types, cli->cancellable, error);
}

static gboolean describe(CliContext *cli, Session *session, const char *schema,
                         const char *relation, GError **error)
{
    const DescribeOptions *options = cli->options;
    if (options->storage || options->dependents || options->profile)
        return describe_report(cli, session, schema, relation, error);
    g_autoptr(CatalogTable) table =
        catalog_load_table(session, schema, relation, cli->cancellable, error);
    return table != NULL && print_table(cli, table, error);
}

static gboolean check_reports(CliContext *cli, GError **error)
{
    const DescribeOptions *options = cli->options;
    if (options->ddl + options->storage + options->dependents + options->profile > 1) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "--ddl, --storage, --dependents and --contents are separate reports: give one");
        return FALSE;
    }
    if (options->format != NULL &&
        options->ddl + options->storage + options->dependents + options->profile > 0) {
        g_set_error(
            error, RS_ERROR, RS_ERROR_USAGE,
            "--format is for the list of columns; this report is text, or JSON with --json");
        return FALSE;
    }
    if (cli->n_arguments > 1 && !options->profile) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "a column is for --contents: describe %s "
                    "--contents %s",
                    cli->arguments[0], cli->arguments[1]);
        return FALSE;
    }
    return TRUE;
}

gboolean describe_run(CliContext *cli, GError **error)
{
    g_autofree char *schema = NULL, *relation = NULL;
    const char *open = strchr(cli->arguments[0], '(');
    gboolean routine = open != NULL && strchr(cli->arguments[0], '"') == NULL;
    if (!check_reports(cli, error) ||
        (!routine && !catalog_parse_name(cli->arguments[0], &schema, &relation, error)))
        return FALSE;
    Session *session = cli_take_session(cli, error);
    if (session == NULL)
        return FALSE;
    g_autoptr(CatalogTable) table =
        routine ? load_routine(cli, session, cli->arguments[0], open, error) : NULL;
    gboolean described = routine ? table != NULL && print_table(cli, table, error)
                                 : describe(cli, session, schema, relation, error);
    cli_give_session(cli, session);
    return described;
}
