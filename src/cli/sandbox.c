#include "cli/sandbox.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/commands.h"

#define PROGRAM "redsmith-sandbox"

char *sandbox_find_program(GError **error)
{
    g_autofree char *own = g_file_read_link("/proc/self/exe", NULL);
    if (own != NULL) {
        g_autofree char *folder = g_path_get_dirname(own);
        g_autofree char *beside = g_build_filename(folder, PROGRAM, NULL);
        if (access(beside, X_OK) == 0)
            return g_steal_pointer(&beside);
    }
    char *found = g_find_program_in_path(PROGRAM);
    if (found == NULL)
        g_set_error(error, RS_ERROR, RS_ERROR_UNSUPPORTED,
                    "there is no " PROGRAM
                    " beside redsmith or on PATH; it is built by default and "
                    "left out by --disable-sandbox");
    return found;
}

gboolean sandbox_start(char **said, GError **error)
{
    g_autofree char *program = sandbox_find_program(error);
    if (program == NULL)
        return FALSE;
    const char *argv[] = {program, "start", NULL};
    g_autofree char *output = NULL, *complaint = NULL;
    g_autoptr(GError) failure = NULL;
    int status = 0;
    gboolean done = g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &output,
                                 &complaint, &status, &failure) &&
                    g_spawn_check_wait_status(status, &failure);
    if (!done) {
        g_set_error(error, RS_ERROR, RS_ERROR_CONNECT, "the sandbox did not start: %s",
                    complaint != NULL && *complaint != '\0' ? g_strchomp(complaint)
                                                            : failure->message);
        return FALSE;
    }
    if (said != NULL)
        *said = g_strdup(g_strchomp(output));
    return TRUE;
}

/* Becomes that program: its terminal, signals and exit status are ours. */
gboolean sandbox_run(CliContext *cli, GError **error)
{
    g_autofree char *program = sandbox_find_program(error);
    if (program == NULL)
        return FALSE;
    g_autofree char **argv = g_new0(char *, cli->n_arguments + 2);
    argv[0] = (char *)PROGRAM;
    memcpy(argv + 1, cli->arguments, cli->n_arguments * sizeof *argv);
    signal(SIGPIPE, SIG_DFL);
    execv(program, argv);
    return rs_error_set_errno(error, errno, "cannot run %s", program);
}
