/* main: the commands, and the screens that only this program links. */
#include "cli/cli.h"
#include "ui/app.h"

static gboolean open_screens(Workbench *workbench, const Settings *settings,
                             const CliScreenOptions *options, GError **error)
{
    const AppOptions app = {
        .theme = options->theme != NULL ? options->theme : settings->theme,
        .relation = options->relation,
        .no_color = options->no_color,
        .ascii = options->ascii || g_strcmp0(settings->borders, "ascii") == 0,
        .script = options->script,
        .script_rows = (int)options->script_rows,
        .script_columns = (int)options->script_columns,
    };
    return app_run(workbench, &app, error);
}

int main(int argc, char **argv)
{
    static const CliHooks hooks = {.open_screens = open_screens};
    return cli_main(argc, argv, &hooks);
}
