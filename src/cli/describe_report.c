#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "redshift/column_profile.h"
#include "redshift/dependents.h"
#include "redshift/storage.h"

enum { BAR_COLUMNS = 24 };

/* --- storage ------------------------------------------------------------------------------------ */

static cJSON *storage_json(const Storage *storage)
{
    cJSON *object = cJSON_CreateObject();
    cli_json_add_text(object, "schema", storage->schema);
    cli_json_add_text(object, "name", storage->name);
    cli_json_add_count(object, "rows", storage->rows);
    cli_json_add_count(object, "estimated_visible_rows", storage->visible_rows);
    cli_json_add_count(object, "size_mb", storage->size_mb);
    cli_json_add_ratio(object, "pct_used", storage->pct_used);
    cli_json_add_ratio(object, "unsorted", storage->unsorted);
    cli_json_add_ratio(object, "stats_off", storage->stats_off);
    cli_json_add_ratio(object, "skew_rows", storage->skew_rows);
    cli_json_add_ratio(object, "skew_sortkey1", storage->skew_sortkey1);
    cli_json_add_text(object, "encoded", storage->encoded);
    cli_json_add_text(object, "dist_style", storage->dist_style);
    cli_json_add_text(object, "sortkey1", storage->sortkey1);
    cJSON *slices = cJSON_AddArrayToObject(object, "slice_rows");
    for (guint i = 0; i < storage->slices->len; i++)
        cJSON_AddItemToArray(slices,
                             cJSON_CreateNumber((double)g_array_index(storage->slices, gint64, i)));
    cJSON *columns = cJSON_AddArrayToObject(object, "columns");
    for (guint i = 0; i < storage->columns->len; i++) {
        const StorageColumn *column = storage->columns->pdata[i];
        cJSON *item = cJSON_CreateObject();
        cli_json_add_text(item, "name", column->name);
        cli_json_add_text(item, "type", column->type);
        cli_json_add_text(item, "encoding", column->encoding);
        cli_json_add_count(item, "blocks", column->blocks);
        cli_json_add_text(item, "advice", column->advice);
        cJSON_AddItemToArray(columns, item);
    }
    cli_json_add_texts(object, "recommendations", storage->recommendations);
    cli_json_add_texts(object, "not_readable", storage->missing);
    return object;
}

static gboolean print_storage(CliContext *cli, Session *session, const char *schema,
                              const char *relation, GError **error)
{
    g_autoptr(Storage) storage = storage_load(session, schema, relation, cli->cancellable, error);
    if (storage == NULL)
        return FALSE;
    if (cli->globals.json)
        return cli_print_json(cli, storage_json(storage), error);
    g_autofree char *text = storage_text(storage, BAR_COLUMNS, cli->ascii);
    return cli_print_text(cli, text, error);
}

/* --- dependents --------------------------------------------------------------------------------- */

static cJSON *dependents_json(const GPtrArray *dependents)
{
    cJSON *array = cJSON_CreateArray();
    for (guint i = 0; i < dependents->len; i++) {
        const Dependent *dependent = dependents->pdata[i];
        cJSON *object = cJSON_CreateObject();
        cli_json_add_text(object, "kind", dependent_kind_word(dependent->kind));
        cli_json_add_text(object, "text", dependent->text);
        cli_json_add_text(object, "source", dependent->source);
        cJSON_AddItemToArray(array, object);
    }
    return array;
}

static gboolean print_dependents(CliContext *cli, Session *session, const char *schema,
                                 const char *relation, GError **error)
{
    g_autoptr(GPtrArray) dependents =
        dependents_load(session, schema, relation, cli->cancellable, error);
    if (dependents == NULL)
        return FALSE;
    if (cli->globals.json)
        return cli_print_json(cli, dependents_json(dependents), error);
    g_autofree char *text = dependents_text(dependents);
    return cli_print_text(cli, text, error);
}

/* --- profile ------------------------------------------------------------------------------------ */

static cJSON *profile_json(const ColumnProfile *profile)
{
    cJSON *object = cJSON_CreateObject();
    cli_json_add_text(object, "column", profile->column);
    cli_json_add_text(object, "type", profile->type);
    cli_json_add_ratio(object, "sample", profile->sample);
    cli_json_add_count(object, "estimated_table_rows", profile->table_rows);
    cli_json_add_count(object, "rows", profile->rows);
    cli_json_add_count(object, "nulls", profile->nulls);
    cli_json_add_count(object, "approximate_distinct", profile->distinct);
    cli_json_add_text(object, "min", profile->least);
    cli_json_add_text(object, "max", profile->greatest);
    cli_json_add_count(object, "min_bytes", profile->shortest);
    cli_json_add_count(object, "max_bytes", profile->longest);
    cli_json_add_ratio(object, "average_bytes", profile->average_length);
    cli_json_add_count(object, "declared_bytes", profile->declared);
    cJSON *top = cJSON_AddArrayToObject(object, "most_frequent");
    for (guint i = 0; i < profile->top->len; i++) {
        const ColumnProfileValue *value = profile->top->pdata[i];
        cJSON *item = cJSON_CreateObject();
        cli_json_add_text(item, "value", value->value);
        cli_json_add_count(item, "count", value->count);
        cJSON_AddItemToArray(top, item);
    }
    cJSON *histogram = cJSON_AddArrayToObject(object, "histogram");
    for (int i = 0; profile->has_histogram && i < COLUMN_PROFILE_BUCKETS; i++)
        cJSON_AddItemToArray(histogram, cJSON_CreateNumber((double)profile->histogram[i]));
    return object;
}

static gboolean column_is_wanted(const CliContext *cli, const CatalogColumn *column)
{
    return cli->n_arguments < 2 || g_ascii_strcasecmp(cli->arguments[1], column->name) == 0;
}

/* One statement a column; what is there is printed before the next is asked. */
static gboolean print_profiles(CliContext *cli, Session *session, const CatalogTable *table,
                               cJSON *array, guint *found, GError **error)
{
    for (guint i = 0; i < table->columns->len; i++) {
        const CatalogColumn *column = table->columns->pdata[i];
        if (!column_is_wanted(cli, column))
            continue;
        g_autoptr(ColumnProfile) profile =
            column_profile_load(session, &table->relation, column, cli->cancellable, error);
        if (profile == NULL)
            return FALSE;
        if (array != NULL) {
            cJSON_AddItemToArray(array, profile_json(profile));
        } else {
            g_autofree char *text = column_profile_text(profile, BAR_COLUMNS, cli->ascii);
            g_autofree char *apart = g_strconcat(*found > 0 ? "\n" : "", text, NULL);
            if (!cli_print_text(cli, apart, error))
                return FALSE;
        }
        (*found)++;
    }
    return TRUE;
}

static gboolean print_profile(CliContext *cli, Session *session, const char *schema,
                              const char *relation, GError **error)
{
    guint found = 0;
    g_autoptr(CatalogTable) table =
        catalog_load_table(session, schema, relation, cli->cancellable, error);
    if (table == NULL)
        return FALSE;
    cJSON *array = cli->globals.json ? cJSON_CreateArray() : NULL;
    gboolean printed = print_profiles(cli, session, table, array, &found, error);
    if (printed && found == 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND, "%s.%s has no column \"%s\"", schema,
                    relation, cli->arguments[1]);
        printed = FALSE;
    }
    if (printed && array != NULL)
        return cli_print_json(cli, array, error);
    cJSON_Delete(array);
    return printed;
}

gboolean describe_report(CliContext *cli, Session *session, const char *schema,
                         const char *relation, GError **error)
{
    const DescribeOptions *options = cli->options;
    if (options->storage)
        return print_storage(cli, session, schema, relation, error);
    if (options->dependents)
        return print_dependents(cli, session, schema, relation, error);
    return print_profile(cli, session, schema, relation, error);
}
