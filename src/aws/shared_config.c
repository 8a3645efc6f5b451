#include "aws/shared_config.h"

#include <string.h>

#include "base/error.h"

typedef struct {
    char *value;
    const char *file; /* one of the two paths */
} Entry;

struct SharedConfig {
    char *credentials_path, *config_path;
    GHashTable *profiles; /* name -> GHashTable of key -> Entry */
};

static void entry_free(gpointer data)
{
    Entry *entry = data;
    explicit_bzero(entry->value, strlen(entry->value));
    g_free(entry->value);
    g_free(entry);
}

static GHashTable *profile_table(SharedConfig *config, const char *name)
{
    GHashTable *table = g_hash_table_lookup(config->profiles, name);
    if (table == NULL) {
        table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
        g_hash_table_insert(config->profiles, g_strdup(name), table);
    }
    return table;
}

static char *unquoted(const char *name)
{
    gsize length = strlen(name);
    if (length >= 2 && (*name == '"' || *name == '\'') && name[length - 1] == *name)
        return g_strndup(name + 1, length - 2);
    return g_strdup(name);
}

/* The profile that a section of that file is about; NULL for the other kinds of sections. */
static char *profile_of_section(const char *section, gboolean is_config)
{
    if (!is_config || strcmp(section, "default") == 0)
        return unquoted(section);
    if (!g_str_has_prefix(section, "profile") || !g_ascii_isspace(section[strlen("profile")]))
        return NULL;
    g_autofree char *name = g_strstrip(g_strdup(section + strlen("profile")));
    return unquoted(name);
}

static gboolean bad_line(const char *path, guint number, const char *why, GError **error)
{
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s line %u: %s", path, number, why);
    return FALSE;
}

typedef struct {
    SharedConfig *config;
    const char *path;
    gboolean is_config;
    GHashTable *section; /* NULL: a section that is not a profile */
    gboolean begun;      /* a section header was seen */
} FileReader;

static gboolean read_section(FileReader *reader, char *line, guint number, GError **error)
{
    char *end = strchr(line, ']');
    if (end == NULL)
        return bad_line(reader->path, number, "a section header without its ]", error);
    *end = '\0';
    g_autofree char *profile = profile_of_section(g_strstrip(line + 1), reader->is_config);
    reader->section = profile != NULL ? profile_table(reader->config, profile) : NULL;
    reader->begun = TRUE;
    return TRUE;
}

static gboolean read_line(FileReader *reader, char *line, guint number, GError **error)
{
    gboolean indented = g_ascii_isspace(*line);
    g_strstrip(line);
    if (*line == '\0' || *line == '#' || *line == ';' || indented)
        return TRUE;
    if (*line == '[')
        return read_section(reader, line, number, error);
    char *equals = strchr(line, '=');
    if (equals == NULL)
        return bad_line(reader->path, number, "expected \"key = value\"", error);
    if (!reader->begun)
        return bad_line(reader->path, number, "a key before the first [section]", error);
    if (reader->section == NULL)
        return TRUE;
    *equals = '\0';
    Entry *entry = g_new0(Entry, 1);
    entry->value = g_strdup(g_strstrip(equals + 1));
    entry->file = reader->path;
    g_hash_table_insert(reader->section, g_ascii_strdown(g_strchomp(line), -1), entry);
    return TRUE;
}

static gboolean read_file(SharedConfig *config, const char *path, gboolean is_config,
                          GError **error)
{
    g_autofree char *content = NULL;
    g_autoptr(GError) failure = NULL;
    gsize length;
    if (!g_file_get_contents(path, &content, &length, &failure)) {
        if (g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT) ||
            g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOTDIR))
            return TRUE;
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "cannot read %s: %s", path, failure->message);
        return FALSE;
    }
    FileReader reader = {.config = config, .path = path, .is_config = is_config};
    guint number = 0;
    gboolean good = TRUE;
    for (char *line = content, *next; good && line != NULL; line = next) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        good = read_line(&reader, line, ++number, error);
    }
    explicit_bzero(content, length);
    return good;
}

static char *path_of(const char *variable, const char *name)
{
    const char *value = g_getenv(variable);
    if (value == NULL || *value == '\0')
        return g_build_filename(g_get_home_dir(), ".aws", name, NULL);
    if (g_str_has_prefix(value, "~/"))
        return g_build_filename(g_get_home_dir(), value + 2, NULL);
    return g_strdup(value);
}

SharedConfig *shared_config_load(GError **error)
{
    g_autoptr(SharedConfig) config = g_new0(SharedConfig, 1);
    config->credentials_path = path_of("AWS_SHARED_CREDENTIALS_FILE", "credentials");
    config->config_path = path_of("AWS_CONFIG_FILE", "config");
    config->profiles =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_hash_table_unref);
    if (!read_file(config, config->config_path, TRUE, error) ||
        !read_file(config, config->credentials_path, FALSE, error))
        return NULL;
    return g_steal_pointer(&config);
}

void shared_config_free(SharedConfig *config)
{
    if (config == NULL)
        return;
    g_hash_table_unref(config->profiles);
    g_free(config->credentials_path);
    g_free(config->config_path);
    g_free(config);
}

gboolean shared_config_has_profile(const SharedConfig *config, const char *profile)
{
    return g_hash_table_contains(config->profiles, profile);
}

const char *shared_config_get(const SharedConfig *config, const char *profile, const char *key,
                              const char **file)
{
    GHashTable *table = g_hash_table_lookup(config->profiles, profile);
    const Entry *entry = table != NULL ? g_hash_table_lookup(table, key) : NULL;
    if (entry != NULL && file != NULL)
        *file = entry->file;
    return entry != NULL ? entry->value : NULL;
}

const char *shared_config_credentials_path(const SharedConfig *config)
{
    return config->credentials_path;
}

const char *shared_config_config_path(const SharedConfig *config)
{
    return config->config_path;
}
