#include "aws/shared_config.h"

#include <string.h>

#include "base/error.h"

#define SSO_SESSION "sso-session"
#define PROFILE "profile"
#define SERVICES "services"

struct SharedConfig {
    char *paths[SHARED_FILES];
    GHashTable *profiles[SHARED_FILES]; /* name -> GHashTable of key -> value */
    GHashTable *sso_sessions;           /* the same, of the config file */
    GHashTable *services;               /* the same; keys are nested: "s3.endpoint_url" */
};

static void value_free(gpointer value)
{
    explicit_bzero(value, strlen(value));
    g_free(value);
}

static GHashTable *sections_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                 (GDestroyNotify)g_hash_table_unref);
}

/* A section that comes twice goes on where it ended. */
static GHashTable *section_named(GHashTable *sections, const char *name)
{
    GHashTable *section = g_hash_table_lookup(sections, name);
    if (section == NULL) {
        section = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, value_free);
        g_hash_table_insert(sections, g_strdup(name), section);
    }
    return section;
}

static char *unquoted(const char *name)
{
    gsize length = strlen(name);
    if (length >= 2 && (*name == '"' || *name == '\'') && name[length - 1] == *name)
        return g_strndup(name + 1, length - 2);
    return g_strdup(name);
}

/* The x of "KIND x"; NULL for sections of another kind. */
static char *name_after(const char *section, const char *kind)
{
    gsize length = strlen(kind);
    if (!g_str_has_prefix(section, kind) || !g_ascii_isspace(section[length]))
        return NULL;
    g_autofree char *name = g_strstrip(g_strdup(section + length));
    return unquoted(name);
}

static gboolean bad_line(const char *path, guint number, const char *why, GError **error)
{
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s line %u: %s", path, number, why);
    return FALSE;
}

typedef struct {
    SharedConfig *config;
    SharedFile file;
    const char *path;
    GHashTable *section; /* NULL: a section that is of no use here */
    gboolean begun;      /* a section header was seen */
    char *parent;        /* the key without a value that indented lines belong to; NULL: none */
} FileReader;

static GHashTable *section_of_header(FileReader *reader, const char *header)
{
    SharedConfig *config = reader->config;
    GHashTable *profiles = config->profiles[reader->file];
    if (reader->file == SHARED_CREDENTIALS_FILE || strcmp(header, "default") == 0) {
        g_autofree char *name = unquoted(header);
        return section_named(profiles, name);
    }
    g_autofree char *profile = name_after(header, PROFILE);
    if (profile != NULL)
        return section_named(profiles, profile);
    g_autofree char *services = name_after(header, SERVICES);
    if (services != NULL)
        return section_named(config->services, services);
    g_autofree char *session = name_after(header, SSO_SESSION);
    return session != NULL ? section_named(config->sso_sessions, session) : NULL;
}

static gboolean read_header(FileReader *reader, char *line, guint number, GError **error)
{
    char *end = strchr(line, ']');
    if (end == NULL)
        return bad_line(reader->path, number, "a section header without its ]", error);
    *end = '\0';
    reader->section = section_of_header(reader, g_strstrip(line + 1));
    reader->begun = TRUE;
    g_clear_pointer(&reader->parent, g_free);
    return TRUE;
}

/* "  key = value" below "parent =" is parent.key; below a key that has a value it goes on with that value,
 * which nothing here needs. */
static void read_nested(FileReader *reader, char *line)
{
    char *equals = strchr(line, '=');
    if (reader->section == NULL || reader->parent == NULL || equals == NULL)
        return;
    *equals = '\0';
    g_strchomp(line);
    g_autofree char *key = g_ascii_strdown(line, -1);
    g_hash_table_insert(reader->section, g_strdup_printf("%s.%s", reader->parent, key),
                        g_strdup(g_strstrip(equals + 1)));
}

static void take_value(FileReader *reader, const char *key, const char *value)
{
    char *lower = g_ascii_strdown(key, -1);
    g_free(reader->parent);
    reader->parent = *value == '\0' ? g_strdup(lower) : NULL;
    g_hash_table_insert(reader->section, lower, g_strdup(value));
}

static gboolean read_line(FileReader *reader, char *line, guint number, GError **error)
{
    gboolean indented = g_ascii_isspace(*line);
    g_strstrip(line);
    if (*line == '\0' || *line == '#' || *line == ';')
        return TRUE;
    if (indented) {
        read_nested(reader, line);
        return TRUE;
    }
    if (*line == '[')
        return read_header(reader, line, number, error);
    char *equals = strchr(line, '=');
    if (equals == NULL)
        return bad_line(reader->path, number, "expected \"key = value\"", error);
    if (!reader->begun)
        return bad_line(reader->path, number, "a key before the first [section]", error);
    *equals = '\0';
    g_strchomp(line);
    if (*line == '\0')
        return bad_line(reader->path, number, "a value without a key", error);
    if (reader->section != NULL)
        take_value(reader, line, g_strstrip(equals + 1));
    return TRUE;
}

/* content is length bytes and a NUL; it is cut into lines in place. */
static gboolean read_content(SharedConfig *config, SharedFile file, char *content, gsize length,
                             GError **error)
{
    FileReader reader = {.config = config, .file = file, .path = config->paths[file]};
    guint number = 0;
    char *end = content + length;
    gboolean good = TRUE;
    for (char *line = content, *next; good && line < end; line = next) {
        char *newline = memchr(line, '\n', (gsize)(end - line));
        gsize width = (gsize)((newline != NULL ? newline : end) - line);
        next = line + width + 1;
        number++;
        good = memchr(line, '\0', width) == NULL && g_utf8_validate(line, (gssize)width, NULL);
        line[width] = '\0';
        good = good ? read_line(&reader, line, number, error)
                    : bad_line(reader.path, number, "it is not UTF-8 text", error);
    }
    g_free(reader.parent);
    return good;
}

static gboolean read_file(SharedConfig *config, SharedFile file, GError **error)
{
    g_autofree char *content = NULL;
    g_autoptr(GError) failure = NULL;
    gsize length;
    if (!g_file_get_contents(config->paths[file], &content, &length, &failure)) {
        if (g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT) ||
            g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOTDIR))
            return TRUE;
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "cannot read %s: %s", config->paths[file],
                    failure->message);
        return FALSE;
    }
    gboolean good = read_content(config, file, content, length, error);
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

static SharedConfig *config_new(void)
{
    SharedConfig *config = g_new0(SharedConfig, 1);
    config->paths[SHARED_CREDENTIALS_FILE] = path_of("AWS_SHARED_CREDENTIALS_FILE", "credentials");
    config->paths[SHARED_CONFIG_FILE] = path_of("AWS_CONFIG_FILE", "config");
    for (int file = 0; file < SHARED_FILES; file++)
        config->profiles[file] = sections_new();
    config->sso_sessions = sections_new();
    config->services = sections_new();
    return config;
}

SharedConfig *shared_config_load(GError **error)
{
    g_autoptr(SharedConfig) config = config_new();
    for (int file = 0; file < SHARED_FILES; file++)
        if (!read_file(config, (SharedFile)file, error))
            return NULL;
    return g_steal_pointer(&config);
}

SharedConfig *shared_config_parse(const char *config, gsize config_length, const char *credentials,
                                  gsize credentials_length, GError **error)
{
    g_autoptr(SharedConfig) parsed = config_new();
    const char *const texts[] = {config, credentials};
    const gsize lengths[] = {config_length, credentials_length};
    for (int file = 0; file < SHARED_FILES; file++) {
        if (texts[file] == NULL)
            continue;
        g_autofree char *copy = g_malloc(lengths[file] + 1);
        memcpy(copy, texts[file], lengths[file]);
        copy[lengths[file]] = '\0';
        if (!read_content(parsed, (SharedFile)file, copy, lengths[file], error))
            return NULL;
    }
    return g_steal_pointer(&parsed);
}

void shared_config_free(SharedConfig *config)
{
    if (config == NULL)
        return;
    for (int file = 0; file < SHARED_FILES; file++) {
        g_hash_table_unref(config->profiles[file]);
        g_free(config->paths[file]);
    }
    g_hash_table_unref(config->sso_sessions);
    g_hash_table_unref(config->services);
    g_free(config);
}

char *shared_config_chosen_profile(const char *chosen)
{
    const char *const choices[] = {chosen, g_getenv("AWS_PROFILE"), g_getenv("AWS_DEFAULT_PROFILE"),
                                   "default"};
    gsize i = 0;
    while (choices[i] == NULL || *choices[i] == '\0')
        i++;
    return g_strdup(choices[i]);
}

static const char *value_in(GHashTable *sections, const char *name, const char *key)
{
    GHashTable *section = g_hash_table_lookup(sections, name);
    return section != NULL ? g_hash_table_lookup(section, key) : NULL;
}

gboolean shared_config_has_profile(const SharedConfig *config, const char *profile)
{
    return g_hash_table_contains(config->profiles[SHARED_CONFIG_FILE], profile) ||
           g_hash_table_contains(config->profiles[SHARED_CREDENTIALS_FILE], profile);
}

const char *shared_config_get(const SharedConfig *config, const char *profile, const char *key,
                              const char **file)
{
    static const SharedFile order[] = {SHARED_CREDENTIALS_FILE, SHARED_CONFIG_FILE};
    for (gsize i = 0; i < G_N_ELEMENTS(order); i++) {
        const char *value = value_in(config->profiles[order[i]], profile, key);
        if (value == NULL)
            continue;
        if (file != NULL)
            *file = config->paths[order[i]];
        return value;
    }
    return NULL;
}

const char *shared_config_get_from(const SharedConfig *config, SharedFile file, const char *profile,
                                   const char *key)
{
    return value_in(config->profiles[file], profile, key);
}

gboolean shared_config_has_sso_session(const SharedConfig *config, const char *name)
{
    return g_hash_table_contains(config->sso_sessions, name);
}

const char *shared_config_get_sso(const SharedConfig *config, const char *name, const char *key)
{
    return value_in(config->sso_sessions, name, key);
}

const char *shared_config_endpoint_url(const SharedConfig *config, const char *profile,
                                       const char *service)
{
    const char *services = shared_config_get(config, profile, "services", NULL);
    const char *ignored =
        shared_config_get(config, profile, "ignore_configured_endpoint_urls", NULL);
    if (ignored != NULL && g_ascii_strcasecmp(ignored, "true") == 0)
        return NULL;
    g_autofree char *key = g_strconcat(service, ".endpoint_url", NULL);
    const char *own = services != NULL ? value_in(config->services, services, key) : NULL;
    return own != NULL && *own != '\0' ? own
                                       : shared_config_get(config, profile, "endpoint_url", NULL);
}

const char *shared_config_path(const SharedConfig *config, SharedFile file)
{
    return config->paths[file];
}

const char *shared_config_credentials_path(const SharedConfig *config)
{
    return config->paths[SHARED_CREDENTIALS_FILE];
}

const char *shared_config_config_path(const SharedConfig *config)
{
    return config->paths[SHARED_CONFIG_FILE];
}
