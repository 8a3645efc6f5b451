#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "config/paths.h"
#include "ui/app_private.h"

enum { DRAFT_PAUSE_MS = 1000 };

/* --- the editor's text, kept from one opening to the next, and from one run to the next ------------*/

static char *draft_path(void)
{
    g_autofree char *dir = paths_state_dir();
    return g_build_filename(dir, "draft.sql", NULL);
}

const char *app_draft(App *app)
{
    g_autofree char *path = draft_path();
    if (app->draft == NULL && !app_is_scripted(app))
        g_file_get_contents(path, &app->draft, NULL, NULL);
    if (app->draft == NULL || !g_utf8_validate(app->draft, -1, NULL)) {
        g_free(app->draft);
        app->draft = g_strdup("");
    }
    return app->draft;
}

/* Credentials do not outlive the program, not even the user's own typing. */
static gboolean write_draft(gpointer text, GCancellable *cancellable, GError **error)
{
    g_autofree char *path = draft_path();
    g_autofree char *dir = g_path_get_dirname(path);
    g_autofree char *masked = log_redact(text);
    return paths_make(dir, error) &&
           g_file_set_contents_full(path, masked, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

/* After a pause in typing, so that a crash takes no more than what was typed last. */
static gboolean write_draft_in_pool(gpointer user)
{
    App *app = user;
    app->draft_source = 0;
    view_submit(app_bottom(app), "draft", write_draft, NULL, g_strdup(app->draft), g_free, NULL);
    return G_SOURCE_REMOVE;
}

void app_set_draft(App *app, const char *text)
{
    if (g_strcmp0(app->draft, text) == 0)
        return;
    g_free(app->draft);
    app->draft = g_strdup(text);
    app->draft_changed = TRUE;
    if (app->draft_source == 0 && !app_is_scripted(app))
        app->draft_source = g_timeout_add(DRAFT_PAUSE_MS, write_draft_in_pool, app);
}

void app_keep_draft(App *app)
{
    if (app->draft_changed && !app_is_scripted(app))
        write_draft(app->draft, NULL, NULL);
}

/* --- $EDITOR --------------------------------------------------------------------------------------*/

/* A file of our own in the user's run-time or temporary folder, 0600; the name ends in .sql so that the
 * program knows what it is. */
static char *write_file(const char *text, GError **error)
{
    const char *dir = g_getenv("XDG_RUNTIME_DIR");
    if (dir == NULL || g_access(dir, W_OK) != 0)
        dir = g_get_tmp_dir();
    g_autofree char *path = g_build_filename(dir, "redsmith-XXXXXX.sql", NULL);
    int fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) {
        rs_error_set_errno(error, errno, "cannot make a file in %s", dir);
        return NULL;
    }
    gsize length = strlen(text);
    gboolean written = write(fd, text, length) == (ssize_t)length;
    int failure = errno;
    close(fd);
    if (written)
        return g_steal_pointer(&path);
    rs_error_set_errno(error, failure, "cannot write %s", path);
    g_unlink(path);
    return NULL;
}

static const char *editor_command(void)
{
    const char *visual = g_getenv("VISUAL"), *editor = g_getenv("EDITOR");
    return visual != NULL && *visual != '\0'   ? visual
           : editor != NULL && *editor != '\0' ? editor
                                               : "vi";
}

/* The command's words, as a shell would cut them, and the file. */
static char **command_line(const char *path, GError **error)
{
    g_auto(GStrv) words = NULL;
    int count = 0;
    g_autoptr(GError) failure = NULL;
    if (!g_shell_parse_argv(editor_command(), &count, &words, &failure)) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "$VISUAL or $EDITOR: %s", failure->message);
        return NULL;
    }
    words = g_renew(char *, words, count + 2);
    words[count] = g_strdup(path);
    words[count + 1] = NULL;
    return g_steal_pointer(&words);
}

char *app_edit_outside(App *app, const char *text, GError **error)
{
    g_autofree char *path = write_file(text, error);
    if (path == NULL)
        return NULL;
    g_auto(GStrv) command = command_line(path, error);
    char *edited = NULL;
    if (command != NULL && terminal_lend(app->terminal, command, error))
        g_file_get_contents(path, &edited, NULL, error);
    g_unlink(path);
    app_repaint(app);
    return edited;
}
