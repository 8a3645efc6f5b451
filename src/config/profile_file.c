#include "config/profile_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "config/ini.h"
#include "config/paths.h"
#include "config/profile_check.h"
#include "config/profile_private.h"

char *profile_file_path(void)
{
    g_autofree char *dir = paths_config_dir();
    return g_build_filename(dir, "profiles.conf", NULL);
}

char *profile_file_read(const char *path, GError **error)
{
    char *text = NULL;
    gsize length;
    g_autoptr(GError) failure = NULL;
    if (!g_file_get_contents(path, &text, &length, &failure)) {
        if (g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return g_strdup("");
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "cannot read %s: %s", path, failure->message);
        return NULL;
    }
    if (strlen(text) == length && g_utf8_validate(text, (gssize)length, NULL))
        return text;
    explicit_bzero(text, length);
    g_free(text);
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "%s is not UTF-8 text", path);
    return NULL;
}

gboolean profile_file_check_private(const char *path, const char *group, GError **error)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return rs_error_set_errno(error, errno, "cannot look at %s", path);
    if ((status.st_mode & 077) == 0)
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                "%s holds a secret of [%s] and others may read it (mode %04o): chmod 600 %s", path,
                group, (unsigned)status.st_mode & 07777, path);
    return FALSE;
}

static void wipe_free(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    g_free(text);
}

/* A lock on a file of its own: profiles.conf is replaced, and a lock on it would go with it. */
static int take_lock(const char *path, GError **error)
{
    g_autofree char *name = g_strconcat(path, ".lock", NULL);
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX) == 0)
        return fd;
    rs_error_set_errno(error, errno, "cannot lock %s", name);
    if (fd >= 0)
        close(fd);
    return -1;
}

static gboolean write_file(const char *path, const char *text, GError **error)
{
    g_autofree char *real = NULL;
    char *found = realpath(path, NULL);
    real = g_strdup(found != NULL ? found : path);
    free(found);
    g_autoptr(GError) failure = NULL;
    if (g_file_set_contents_full(real, text, -1,
                                 G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600,
                                 &failure))
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "cannot write %s: %s", real, failure->message);
    return FALSE;
}

/* Makes the new text of the old one. NULL with error set changes nothing. */
typedef char *(*Edit)(const char *text, gconstpointer request, GError **error);

static gboolean change_locked(const char *path, Edit edit, gconstpointer request, GError **error)
{
    char *text = profile_file_read(path, error);
    if (text == NULL)
        return FALSE;
    char *changed = edit(text, request, error);
    gboolean written = changed != NULL && write_file(path, changed, error);
    wipe_free(text);
    wipe_free(changed);
    return written;
}

static gboolean change(Edit edit, gconstpointer request, GError **error)
{
    g_autofree char *dir = paths_config_dir(), *path = profile_file_path();
    if (!paths_make(dir, error))
        return FALSE;
    int lock = take_lock(path, error);
    if (lock < 0)
        return FALSE;
    gboolean changed = change_locked(path, edit, request, error);
    close(lock);
    return changed;
}

static gboolean check_name(const char *name, GError **error)
{
    if (strcmp(name, PROFILE_SANDBOX) == 0 || strcmp(name, PROFILE_ENVIRONMENT) == 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                    "\"%s\" is the name of a profile that needs no file; choose another", name);
        return FALSE;
    }
    if (ini_is_group(name))
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                "a profile cannot be called \"%s\"; expected a name without brackets, control "
                "characters and blanks at its ends",
                name);
    return FALSE;
}

static gboolean has_group(const char *text, const char *name)
{
    return ini_line(text, name, NULL) > 0;
}

static gboolean need_group(const char *text, const char *name, GError **error)
{
    if (has_group(text, name))
        return TRUE;
    g_autofree char *path = profile_file_path();
    g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND, "there is no profile \"%s\" in %s", name,
                path);
    return FALSE;
}

static gboolean refuse_existing(const char *text, const char *name, GError **error)
{
    if (!has_group(text, name))
        return TRUE;
    g_autofree char *path = profile_file_path();
    g_set_error(error, RS_ERROR, RS_ERROR_EXISTS, "%s has a profile \"%s\" already", path, name);
    return FALSE;
}

/* --- save --------------------------------------------------------------------------------------- */

typedef struct {
    const Profile *profile;
    gboolean replace, keep_secrets;
} Save;

static void wipe_pairs(gpointer data)
{
    wipe_free(data);
}

/* Of IniPair, ending with a NULL key; the values belong to `values`. */
static GArray *pairs_of(const Save *save, GPtrArray *values)
{
    GArray *pairs = g_array_new(TRUE, TRUE, sizeof(IniPair));
    for (const FieldRow *row = profile_fields(); row->name != NULL; row++) {
        gboolean is_secret = row->type == FIELD_SECRET;
        if (field_is_unset(row, save->profile) || (is_secret && !save->keep_secrets))
            continue;
        char *value =
            is_secret ? g_strdup(field_secret(row, save->profile)) : field_text(row, save->profile);
        g_ptr_array_add(values, value);
        IniPair pair = {row->name, value};
        g_array_append_val(pairs, pair);
    }
    return pairs;
}

static char *edit_save(const char *text, gconstpointer request, GError **error)
{
    const Save *save = request;
    const char *name = save->profile->name;
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(wipe_pairs);
    if (!save->replace && !refuse_existing(text, name, error))
        return NULL;
    g_autoptr(GArray) pairs = pairs_of(save, values);
    return ini_put(text, name, (const IniPair *)pairs->data);
}

gboolean profile_file_save(const Profile *profile, gboolean replace, gboolean keep_secrets,
                           GError **error)
{
    const Save save = {profile, replace, keep_secrets};
    return check_name(profile->name, error) && profile_check(profile, NULL, error) &&
           change(edit_save, &save, error);
}

/* --- remove, rename ------------------------------------------------------------------------------ */

static char *edit_remove(const char *text, gconstpointer request, GError **error)
{
    const char *name = request;
    return need_group(text, name, error) ? ini_remove(text, name) : NULL;
}

gboolean profile_file_remove(const char *name, GError **error)
{
    return change(edit_remove, name, error);
}

static char *edit_rename(const char *text, gconstpointer request, GError **error)
{
    const char *const *names = request;
    return need_group(text, names[0], error) && refuse_existing(text, names[1], error)
               ? ini_rename(text, names[0], names[1])
               : NULL;
}

gboolean profile_file_rename(const char *name, const char *new_name, GError **error)
{
    const char *const names[] = {name, new_name};
    return check_name(new_name, error) && change(edit_rename, names, error);
}
