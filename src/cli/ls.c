#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "redshift/catalog_level.h"
#include "redshift/types.h"
#include "sql/ident.h"

const CliOption ls_options[] = {
    {"all", 'a', CLI_FLAG, G_STRUCT_OFFSET(LsOptions, all), "the system's own schemas too", NULL},
    {"routines", 0, CLI_FLAG, G_STRUCT_OFFSET(LsOptions, routines),
     "functions and procedures of the schema instead", NULL},
    {"format", 0, CLI_STRING, G_STRUCT_OFFSET(LsOptions, format), "table, csv, tsv, json or jsonl",
     "FORMAT"},
    {0},
};

static gboolean is_listed(const CliContext *cli, const CatalogSchema *schema)
{
    const LsOptions *options = cli->options;
    char **filter = workbench_profile(cli->workbench)->schema_filter;
    if (filter != NULL && *filter != NULL)
        return g_strv_contains((const char *const *)filter, schema->name);
    return options->all || cli->settings->show_system_schemas || !schema->is_system;
}

static gboolean list_schemas(CliContext *cli, Session *session, OutputFormat format, GError **error)
{
    static const ResultColumn columns[] = {{(char *)"schema", TYPE_VARCHAR, -1},
                                           {(char *)"owner", TYPE_VARCHAR, -1},
                                           {(char *)"kind", TYPE_VARCHAR, -1}};
    g_autoptr(GPtrArray) schemas = catalog_load_schemas(session, cli->cancellable, error);
    if (schemas == NULL)
        return FALSE;
    g_autoptr(Output) output = cli_output_new(cli, format, columns, G_N_ELEMENTS(columns), TRUE);
    for (guint i = 0; i < schemas->len; i++) {
        const CatalogSchema *schema = schemas->pdata[i];
        const char *const values[] = {schema->name, schema->owner,
                                      schema->is_shared     ? "shared"
                                      : schema->is_external ? "external"
                                      : schema->is_system   ? "system"
                                                            : "local"};
        if (is_listed(cli, schema) && !output_strings(output, values, error))
            return FALSE;
    }
    return output_end(output, error);
}

static gboolean list_relations(CliContext *cli, Session *session, const char *schema,
                               OutputFormat format, GError **error)
{
    static const ResultColumn columns[] = {{(char *)"name", TYPE_VARCHAR, -1},
                                           {(char *)"kind", TYPE_VARCHAR, -1},
                                           {(char *)"estimated_rows", TYPE_BIGINT, -1},
                                           {(char *)"owner", TYPE_VARCHAR, -1},
                                           {(char *)"comment", TYPE_VARCHAR, -1}};
    g_autoptr(GPtrArray) relations =
        catalog_load_relations(session, schema, cli->cancellable, error);
    if (relations == NULL)
        return FALSE;
    g_autoptr(Output) output = cli_output_new(cli, format, columns, G_N_ELEMENTS(columns), TRUE);
    for (guint i = 0; i < relations->len; i++) {
        const CatalogRelation *relation = relations->pdata[i];
        g_autofree char *rows = g_strdup_printf("%" G_GINT64_FORMAT, relation->estimated_rows);
        const char *const values[] = {relation->name, catalog_kind_name(relation->kind),
                                      relation->estimated_rows < 0 ? NULL : rows, relation->owner,
                                      relation->comment};
        if (!output_strings(output, values, error))
            return FALSE;
    }
    return output_end(output, error);
}

static gboolean list_routines(CliContext *cli, Session *session, const char *schema,
                              OutputFormat format, GError **error)
{
    static const ResultColumn columns[] = {{(char *)"name", TYPE_VARCHAR, -1},
                                           {(char *)"arguments", TYPE_VARCHAR, -1},
                                           {(char *)"kind", TYPE_VARCHAR, -1},
                                           {(char *)"owner", TYPE_VARCHAR, -1}};
    g_autofree char *key = catalog_routines_key(schema);
    g_autoptr(CatalogLevel) level = catalog_load_level(session, key, cli->cancellable, error);
    if (level == NULL)
        return FALSE;
    const GPtrArray *routines = catalog_level_relations(level);
    g_autoptr(Output) output = cli_output_new(cli, format, columns, G_N_ELEMENTS(columns), TRUE);
    for (guint i = 0; i < routines->len; i++) {
        const CatalogRelation *routine = routines->pdata[i];
        const char *const values[] = {routine->name, routine->arguments,
                                      catalog_kind_name(routine->kind), routine->owner};
        if (!output_strings(output, values, error))
            return FALSE;
    }
    return output_end(output, error);
}

static gboolean list_columns(CliContext *cli, Session *session, const char *schema,
                             const char *relation, OutputFormat format, GError **error)
{
    static const ResultColumn headings[] = {{(char *)"column", TYPE_VARCHAR, -1},
                                            {(char *)"type", TYPE_VARCHAR, -1},
                                            {(char *)"null", TYPE_VARCHAR, -1},
                                            {(char *)"comment", TYPE_VARCHAR, -1}};
    g_autoptr(GPtrArray) columns =
        catalog_load_columns(session, schema, relation, cli->cancellable, error);
    if (columns == NULL)
        return FALSE;
    g_autoptr(Output) output = cli_output_new(cli, format, headings, G_N_ELEMENTS(headings), TRUE);
    for (guint i = 0; i < columns->len; i++) {
        const CatalogColumn *column = columns->pdata[i];
        const char *const values[] = {column->name, column->type,
                                      column->not_null ? "not null" : "null", column->comment};
        if (!output_strings(output, values, error))
            return FALSE;
    }
    return output_end(output, error);
}

static gboolean list(CliContext *cli, Session *session, char **parts, GError **error)
{
    const LsOptions *options = cli->options;
    OutputFormat format;
    if (!cli_output_format(cli, options->format, &format, error))
        return FALSE;
    if (options->routines && (parts == NULL || parts[1] != NULL)) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "--routines wants a schema: redsmith ls SCHEMA --routines");
        return FALSE;
    }
    if (options->routines)
        return list_routines(cli, session, parts[0], format, error);
    if (parts == NULL)
        return list_schemas(cli, session, format, error);
    if (parts[1] == NULL)
        return list_relations(cli, session, parts[0], format, error);
    return list_columns(cli, session, parts[0], parts[1], format, error);
}

gboolean ls_run(CliContext *cli, GError **error)
{
    g_auto(GStrv) parts = NULL;
    if (cli->n_arguments > 0) {
        parts = sql_ident_split(cli->arguments[0], error);
        if (parts == NULL)
            return FALSE;
        if (g_strv_length(parts) > 2) {
            g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                        "\"%s\" has three parts; ls takes SCHEMA or SCHEMA.TABLE of the profile's "
                        "database",
                        cli->arguments[0]);
            return FALSE;
        }
    }
    Session *session = cli_take_session(cli, error);
    if (session == NULL)
        return FALSE;
    gboolean listed = list(cli, session, parts, error);
    cli_give_session(cli, session);
    return listed;
}
