#include "aws/shared_config.h"

#include <string.h>

#include "aws/small_file.h"
#include "base/error.h"

#define SSO_SESSION "sso-session"
#define PROFILE "profile"
#define SERVICES "services"
#define LONGEST_VALUE (64u << 10)
#define BYTE_ORDER_MARK "\xef\xbb\xbf" /* which editors of Windows put first */

struct SharedConfig {
    char *paths[SHARED_FILES];
    GHashTable *profiles[SHARED_FILES]; /* name -> GHashTable of key -> value */
    GHashTable *sso_sessions;           /* the same, of the config file */
    GHashTable *services;               /* the same; keys are nested: "s3.endpoint_url" */
    GHashTable *strays;                 /* names of the config file's other sections */
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
    char *key;           /* the one that lines indented further belong to; NULL: none yet */
    gsize indent;        /* of its line */
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
    if (session == NULL)
        g_hash_table_add(config->strays, g_strdup(header));
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
    g_clear_pointer(&reader->key, g_free);
    return TRUE;
}

/* Both signs part a key from its value for the AWS tools, and the first of them counts. */
static char *cut_at_sign(char *line)
{
    char *sign = strpbrk(line, "=:");
    if (sign == NULL)
        return NULL;
    *sign = '\0';
    g_strchomp(line);
    return g_strstrip(sign + 1);
}

/* "  key = value" below "parent =" is parent.key; below a key that has a value it goes on with it. */
static gboolean read_indented(FileReader *reader, char *line, guint number, GError **error)
{
    const char *begun =
        reader->section != NULL ? g_hash_table_lookup(reader->section, reader->key) : NULL;
    if (begun == NULL)
        return TRUE;
    if (strlen(begun) > LONGEST_VALUE)
        return bad_line(reader->path, number, "a value that goes on for too long", error);
    if (*begun != '\0') {
        g_hash_table_insert(reader->section, g_strdup(reader->key),
                            g_strconcat(begun, "\n", line, NULL));
        return TRUE;
    }
    char *value = cut_at_sign(line);
    g_autofree char *key = g_ascii_strdown(line, -1);
    if (value != NULL)
        g_hash_table_insert(reader->section, g_strdup_printf("%s.%s", reader->key, key),
                            g_strdup(value));
    return TRUE;
}

static gboolean read_key(FileReader *reader, char *line, guint number, GError **error)
{
    char *value = cut_at_sign(line);
    if (value == NULL)
        return bad_line(reader->path, number, "expected \"key = value\"", error);
    if (!reader->begun)
        return bad_line(reader->path, number, "a key before the first [section]", error);
    if (*line == '\0')
        return bad_line(reader->path, number, "a value without a key", error);
    g_free(reader->key);
    reader->key = g_ascii_strdown(line, -1);
    if (reader->section != NULL)
        g_hash_table_insert(reader->section, g_strdup(reader->key), g_strdup(value));
    return TRUE;
}

/* What an indentation means depends on the line before, as for the AWS tools: a section may be indented as a
 * whole. */
static gboolean read_line(FileReader *reader, char *line, guint number, GError **error)
{
    gsize indent = strspn(line, " \t");
    g_strstrip(line);
    if (*line == '\0' || *line == '#' || *line == ';')
        return TRUE;
    if (reader->key != NULL && indent > reader->indent)
        return read_indented(reader, line, number, error);
    reader->indent = indent;
    return *line == '[' ? read_header(reader, line, number, error)
                        : read_key(reader, line, number, error);
}

/* content is length bytes and a NUL; it is cut into lines in place. */
static gboolean read_content(SharedConfig *config, SharedFile file, char *content, gsize length,
                             GError **error)
{
    FileReader reader = {.config = config, .file = file, .path = config->paths[file]};
    guint number = 0;
    char *end = content + length;
    gboolean good = TRUE;
    gsize mark = g_str_has_prefix(content, BYTE_ORDER_MARK) ? strlen(BYTE_ORDER_MARK) : 0;
    for (char *line = content + mark, *next; good && line < end; line = next) {
        char *newline = memchr(line, '\n', (gsize)(end - line));
        gsize width = (gsize)((newline != NULL ? newline : end) - line);
        next = line + width + 1;
        number++;
        good = memchr(line, '\0', width) == NULL && g_utf8_validate(line, (gssize)width, NULL);
        line[width] = '\0';
        good = good ? read_line(&reader, line, number, error)
                    : bad_line(reader.path, number, "it is not UTF-8 text", error);
    }
    g_free(reader.key);
    return good;
}

static gboolean read_file(SharedConfig *config, SharedFile file, GError **error)
{
    g_autoptr(GError) failure = NULL;
    gsize length = 0;
    char *content = small_file_read(config->paths[file], SMALL_FILE_LIMIT, &length, &failure);
    if (content == NULL && g_error_matches(failure, RS_ERROR, RS_ERROR_NOT_FOUND))
        return TRUE;
    if (content == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "cannot read %s: %s", config->paths[file],
                    failure->message);
        return FALSE;
    }
    gboolean good = read_content(config, file, content, length, error);
    small_file_free(content, length);
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
    config->strays = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
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
    g_hash_table_unref(config->strays);
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

gboolean shared_config_has_services(const SharedConfig *config, const char *name)
{
    return g_hash_table_contains(config->services, name);
}

const char *shared_config_get_services(const SharedConfig *config, const char *name,
                                       const char *key)
{
    return value_in(config->services, name, key);
}

gboolean shared_config_has_stray(const SharedConfig *config, const char *name)
{
    return g_hash_table_contains(config->strays, name);
}

char *shared_config_where(const SharedConfig *config, const char *profile, const char *key)
{
    const char *file = config->paths[SHARED_CONFIG_FILE];
    shared_config_get(config, profile, key, &file);
    return g_strdup_printf("%s, profile %s: %s", file, profile, key);
}

const char *shared_config_path(const SharedConfig *config, SharedFile file)
{
    return config->paths[file];
}
