#include "config/paths.h"

#include <errno.h>

#include "base/error.h"

static char *base_dir(const char *variable, const char *below_home)
{
    const char *value = g_getenv(variable);
    if (value != NULL && g_path_is_absolute(value))
        return g_build_filename(value, "redsmith", NULL);
    return g_build_filename(g_get_home_dir(), below_home, "redsmith", NULL);
}

char *paths_config_dir(void)
{
    return base_dir("XDG_CONFIG_HOME", ".config");
}

char *paths_state_dir(void)
{
    return base_dir("XDG_STATE_HOME", ".local/state");
}

char *paths_cache_dir(void)
{
    return base_dir("XDG_CACHE_HOME", ".cache");
}

char *paths_sandbox_dir(void)
{
    const char *dir = g_getenv("REDSMITH_SANDBOX_DIR");
    if (dir != NULL && *dir != '\0')
        return g_strdup(dir);
    g_autofree char *state = paths_state_dir();
    return g_build_filename(state, "sandbox", NULL);
}

gboolean paths_make(const char *folder, GError **error)
{
    if (g_mkdir_with_parents(folder, 0700) == 0)
        return TRUE;
    return rs_error_set_errno(error, errno, "cannot make the folder %s", folder);
}
