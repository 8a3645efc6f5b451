#include <string.h>

#include "redshift/login_private.h"

/* One field of "host:port:database:user:password", where \ takes the next character as it is. The rest
 * after the colon, or NULL when the field is another. */
static const char *match_field(const char *at, const char *wanted)
{
    if (at[0] == '*' && at[1] == ':')
        return at + 2;
    for (; *at != '\0' && *at != ':'; at++, wanted++) {
        if (*at == '\\' && at[1] != '\0')
            at++;
        if (*at != *wanted)
            return NULL;
    }
    return *at == ':' && *wanted == '\0' ? at + 1 : NULL;
}

static gboolean matches(const char *line, const char *const *wanted)
{
    for (guint i = 0; i < 4 && line != NULL; i++)
        line = match_field(line, wanted[i]);
    return line != NULL && *line != '\0';
}

static char *file_path(void)
{
    const char *named = g_getenv("PGPASSFILE");
    return named != NULL ? g_strdup(named) : g_build_filename(g_get_home_dir(), ".pgpass", NULL);
}

gboolean login_pgpass_has(const char *host, int port, const char *database, const char *user)
{
    g_autofree char *path = file_path();
    g_autofree char *text = NULL;
    gsize length = 0;
    if (g_getenv("PGPASSWORD") != NULL)
        return TRUE;
    if (!g_file_get_contents(path, &text, &length, NULL))
        return FALSE;
    g_autofree char *number = g_strdup_printf("%d", port);
    const char *const wanted[] = {host, number, database, user};
    gboolean found = FALSE;
    char *rest = NULL;
    for (char *line = strtok_r(text, "\r\n", &rest); line != NULL && !found;
         line = strtok_r(NULL, "\r\n", &rest))
        found = *line != '#' && matches(line, wanted);
    explicit_bzero(text, length);
    return found;
}
