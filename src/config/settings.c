#include "config/settings.h"

#include "base/error.h"
#include "config/paths.h"

#define GROUP "redsmith"
#define AT(member) G_STRUCT_OFFSET(Settings, member)

static const FieldRow fields[] = {
    {"theme", FIELD_TEXT, AT(theme), .fallback = "default",
     .sentence = "the name of a theme file, without its suffix"},
    {"preview_rows", FIELD_NUMBER, AT(preview_rows), .least = 1, .most = 1000000,
     .fallback = "1000", .sentence = "rows that a preview reads before it is asked for more"},
    {"null_marker", FIELD_TEXT, AT(null_marker), .fallback = "∅",
     .sentence = "how NULL is shown in tables and grids"},
    {"empty_marker", FIELD_TEXT, AT(empty_marker), .fallback = "''",
     .sentence = "how the empty string is shown in tables and grids"},
    {"borders", FIELD_WORD, AT(borders), .words = "auto|unicode|ascii", .fallback = "auto",
     .sentence = "what lines are drawn with; auto follows the locale"},
    {"progress", FIELD_WORD, AT(progress), .words = "auto|plain|json|none", .fallback = "auto",
     .sentence = "how headless commands tell their progress"},
    {"log_file", FIELD_TEXT, AT(log_file), .sentence = "append a log to this file"},
    {"log_level", FIELD_WORD, AT(log_level), .words = "error|warning|info|debug",
     .fallback = "info", .sentence = "how much goes into the log"},
    {"show_system_schemas", FIELD_FLAG, AT(show_system_schemas), .fallback = "false",
     .sentence = "list pg_catalog and its like in the catalog"},
    {0},
};

const FieldRow *settings_fields(void)
{
    return fields;
}

Settings *settings_new(void)
{
    Settings *settings = g_new0(Settings, 1);
    field_set_fallbacks(fields, settings);
    return settings;
}

void settings_free(Settings *settings)
{
    if (settings == NULL)
        return;
    field_clear(fields, settings);
    g_free(settings);
}

static gboolean read_key(GKeyFile *file, const char *path, const char *key, Settings *settings,
                         GError **error)
{
    const FieldRow *row = field_find(fields, key);
    if (row == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                    "%s: %s is not a setting; see redsmith.conf(5)", path, key);
        return FALSE;
    }
    g_autofree char *value = g_key_file_get_value(file, GROUP, key, NULL);
    g_autofree char *where = g_strdup_printf("%s: %s", path, key);
    return field_set(row, settings, where, value, error);
}

static gboolean read_file(GKeyFile *file, const char *path, Settings *settings, GError **error)
{
    g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);
    for (guint i = 0; groups[i] != NULL; i++)
        if (g_strcmp0(groups[i], GROUP) != 0) {
            g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                        "%s: there is a group [%s]; the settings are in [" GROUP "]", path,
                        groups[i]);
            return FALSE;
        }
    g_auto(GStrv) keys = g_key_file_get_keys(file, GROUP, NULL, NULL);
    for (guint i = 0; keys != NULL && keys[i] != NULL; i++)
        if (!read_key(file, path, keys[i], settings, error))
            return FALSE;
    return TRUE;
}

Settings *settings_load(GError **error)
{
    g_autofree char *dir = paths_config_dir();
    g_autofree char *path = g_build_filename(dir, "redsmith.conf", NULL);
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) failure = NULL;
    g_autoptr(Settings) settings = settings_new();
    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &failure)) {
        if (g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return g_steal_pointer(&settings);
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "cannot read %s: %s", path, failure->message);
        return NULL;
    }
    return read_file(file, path, settings, error) ? g_steal_pointer(&settings) : NULL;
}
