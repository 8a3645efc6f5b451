#include "config/profile.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/error.h"
#include "config/ini.h"
#include "config/paths.h"
#include "config/profile_check.h"
#include "config/profile_file.h"
#include "config/profile_private.h"

#define SANDBOX PROFILE_SANDBOX
#define ENVIRONMENT PROFILE_ENVIRONMENT

/* The keys of a running sandbox's own file that profiles call differently. */
static const struct {
    const char *key, *field;
} sandbox_keys[] = {{"iam_role", "aws_iam_role"}};

/* --- profiles.conf ------------------------------------------------------------------------------- */

/* The group that is looked for. */
typedef struct {
    const char *path;
    Profile *profile; /* its name is the group's */
    gboolean is_found;
} Reading;

static gboolean refuse_key(const Reading *reading, const IniEntry *entry, GError **error)
{
    const FieldRow *near = field_nearest(profile_fields(), entry->key);
    g_autoptr(GString) known = g_string_new(NULL);
    for (const FieldRow *row = profile_fields(); row->name != NULL; row++)
        g_string_append_printf(known, "%s%s", known->len > 0 ? ", " : "", row->name);
    g_set_error(
        error, RS_ERROR, RS_ERROR_CONFIG, "%s:%u: [%s] %s is not a setting of a profile; %s%s",
        reading->path, entry->line, entry->group, entry->key,
        near != NULL ? "did you mean " : "there are: ", near != NULL ? near->name : known->str);
    return FALSE;
}

/* As it stands: blanks at the end of a password are its own, elsewhere they are nothing. */
static gboolean read_value(const Reading *reading, const IniEntry *entry, const FieldRow *row,
                           GError **error)
{
    g_autofree char *where =
        g_strdup_printf("%s:%u: [%s] %s", reading->path, entry->line, entry->group, entry->key);
    if (row->type == FIELD_SECRET)
        return profile_file_check_private(reading->path, entry->group, error) &&
               field_set(row, reading->profile, where, entry->value, error);
    g_autofree char *value = g_strchomp(g_strdup(entry->value));
    return *value == '\0' || field_set(row, reading->profile, where, value, error);
}

/* An IniEach. */
static gboolean read_entry(gpointer user, const IniEntry *entry, GError **error)
{
    Reading *reading = user;
    if (strcmp(entry->group, reading->profile->name) != 0)
        return TRUE;
    reading->is_found = TRUE;
    if (entry->key == NULL)
        return TRUE;
    const FieldRow *row = field_find(profile_fields(), entry->key);
    if (row == NULL)
        return refuse_key(reading, entry, error);
    if (field_is_unset(row, reading->profile))
        return read_value(reading, entry, row, error);
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                "%s:%u: [%s] %s is given a second time; remove one of the lines", reading->path,
                entry->line, entry->group, entry->key);
    return FALSE;
}

/* Names the line of the field that the contradiction is about. */
static gboolean check_group(const char *text, const char *path, const Profile *profile,
                            GError **error)
{
    const char *field = NULL;
    if (profile_check(profile, &field, error))
        return TRUE;
    guint line = ini_line(text, profile->name, field);
    if (line == 0) /* the default of the field does not go with what is given */
        line = ini_line(text, profile->name, NULL);
    g_prefix_error(error, "%s:%u: [%s] ", path, line, profile->name);
    return FALSE;
}

/* The group as it is written; NULL without error when the file has none of that name. */
static Profile *read_group(const char *text, const char *path, const char *name, GError **error)
{
    g_autoptr(Profile) profile = profile_new(name);
    Reading reading = {path, profile, FALSE};
    if (!ini_read(text, path, read_entry, &reading, error) || !reading.is_found ||
        !check_group(text, path, profile, error))
        return NULL;
    return g_steal_pointer(&profile);
}

static void wipe_free(char *text)
{
    explicit_bzero(text, strlen(text));
    g_free(text);
}

static void set_not_found(const char *path, const char *name, GError **error);

Profile *profile_file_load(const char *name, GError **error)
{
    g_autofree char *path = profile_file_path();
    g_autoptr(GError) failure = NULL;
    char *text = profile_file_read(path, error);
    if (text == NULL)
        return NULL;
    Profile *profile = read_group(text, path, name, &failure);
    wipe_free(text);
    if (profile == NULL && failure == NULL)
        set_not_found(path, name, &failure);
    if (profile == NULL)
        g_propagate_error(error, g_steal_pointer(&failure));
    return profile;
}

static Profile *finish(Profile *profile, const char *where, GError **error)
{
    if (profile != NULL && profile_fill(profile, where, error))
        return profile;
    profile_free(profile);
    return NULL;
}

/* --- the sandbox --------------------------------------------------------------------------------- */

static char *sandbox_path(void)
{
    g_autofree char *dir = paths_sandbox_dir();
    return g_build_filename(dir, "sandbox.ini", NULL);
}

/* The sandbox's file outlives a crash of the machine; the process that it names does not. */
static gboolean is_sandbox_alive(GKeyFile *file)
{
    if (!g_key_file_has_key(file, "parts", "supervisor_pid", NULL))
        return g_key_file_has_group(file, SANDBOX);
    int pid = g_key_file_get_integer(file, "parts", "supervisor_pid", NULL);
    return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

static const FieldRow *find_sandbox_field(const char *key)
{
    for (gsize i = 0; i < G_N_ELEMENTS(sandbox_keys); i++)
        if (strcmp(key, sandbox_keys[i].key) == 0)
            key = sandbox_keys[i].field;
    return field_find(profile_fields(), key);
}

static gboolean read_sandbox(GKeyFile *file, const char *path, Profile *profile, GError **error)
{
    g_auto(GStrv) keys = g_key_file_get_keys(file, SANDBOX, NULL, NULL);
    for (guint i = 0; keys != NULL && keys[i] != NULL; i++) {
        const FieldRow *row = find_sandbox_field(keys[i]);
        g_autofree char *value = g_key_file_get_string(file, SANDBOX, keys[i], NULL);
        g_autofree char *where = g_strdup_printf("%s: [%s] %s", path, SANDBOX, keys[i]);
        if (row != NULL && value != NULL && !field_set(row, profile, where, value, error))
            return FALSE;
    }
    return TRUE;
}

/* The sandbox's own file, empty when there is none. */
static GKeyFile *open_sandbox(const char *path, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) failure = NULL;
    if (g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &failure) ||
        g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return g_steal_pointer(&file);
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "cannot read %s: %s", path, failure->message);
    return NULL;
}

static Profile *load_sandbox(GError **error)
{
    g_autofree char *path = sandbox_path();
    g_autoptr(GKeyFile) file = open_sandbox(path, error);
    if (file == NULL)
        return NULL;
    if (!is_sandbox_alive(file)) {
        g_autofree char *dir = paths_sandbox_dir();
        g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND,
                    "no sandbox runs in %s; start it with: redsmith sandbox start", dir);
        return NULL;
    }
    g_autoptr(Profile) profile = profile_new(SANDBOX);
    if (!read_sandbox(file, path, profile, error))
        return NULL;
    return finish(g_steal_pointer(&profile), path, error);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* --- names --------------------------------------------------------------------------------------- */

/* An IniEach that collects the groups. */
static gboolean note_group(gpointer user, const IniEntry *entry, GError **error)
{
    GPtrArray *names = user;
    if (entry->key == NULL &&
        !g_ptr_array_find_with_equal_func(names, entry->group, g_str_equal, NULL))
        g_ptr_array_add(names, g_strdup(entry->group));
    return TRUE;
}

static gboolean is_sandbox_running(void)
{
    g_autofree char *path = sandbox_path();
    g_autoptr(GKeyFile) file = open_sandbox(path, NULL);
    return file != NULL && is_sandbox_alive(file);
}

char **profile_names(GError **error)
{
    g_autofree char *path = profile_file_path();
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    char *text = profile_file_read(path, error);
    if (text == NULL)
        return NULL;
    gboolean is_read = ini_read(text, path, note_group, names, error);
    wipe_free(text);
    if (!is_read)
        return NULL;
    if (is_sandbox_running())
        note_group(names, &(const IniEntry){.group = SANDBOX}, NULL);
    g_ptr_array_sort(names, compare_names);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_steal(names, NULL);
}

static void set_not_found(const char *path, const char *name, GError **error)
{
    g_auto(GStrv) names = profile_names(NULL);
    g_autofree char *list = names != NULL ? g_strjoinv(", ", names) : g_strdup("");
    g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND, "%s%s%s in %s; %s%s",
                name != NULL ? "there is no profile \""
                             : "no profile is chosen and there is no [default",
                name != NULL ? name : "", name != NULL ? "\"" : "]", path,
                *list == '\0'  ? "there are none yet (try: redsmith sandbox start, then -p sandbox)"
                : name != NULL ? "there are: "
                               : "choose one with -p: ",
                list);
}

static Profile *load_named(const char *text, const char *path, const char *name, GError **error)
{
    g_autoptr(GError) failure = NULL;
    const char *group = name != NULL ? name : "default";
    g_autoptr(Profile) profile = read_group(text, path, group, &failure);
    if (failure != NULL) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }
    if (profile != NULL)
        return finish(g_steal_pointer(&profile), path, error);
    if (g_getenv("PGHOST") != NULL && (name == NULL || strcmp(name, ENVIRONMENT) == 0))
        return finish(profile_new(ENVIRONMENT), "the environment", error);
    set_not_found(path, name, error);
    return NULL;
}

Profile *profile_load(const char *name, GError **error)
{
    if (name == NULL)
        name = g_getenv("REDSMITH_PROFILE");
    if (name != NULL && *name == '\0')
        name = NULL;
    if (g_strcmp0(name, SANDBOX) == 0)
        return load_sandbox(error);
    g_autofree char *path = profile_file_path();
    char *text = profile_file_read(path, error);
    if (text == NULL)
        return NULL;
    Profile *profile = load_named(text, path, name, error);
    wipe_free(text);
    return profile;
}
