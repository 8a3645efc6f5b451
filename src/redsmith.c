/* main: the commands, and the screens that only this program links. */
#include "cli/cli.h"
#include "ui/action.h"
#include "ui/app.h"

static AppOptions app_options_of(const Settings *settings, const CliScreenOptions *options)
{
    return (AppOptions){
        .theme = options->theme != NULL ? options->theme : settings->theme,
        .relation = options->relation,
        .no_color = options->no_color,
        .ascii = options->ascii || g_strcmp0(settings->borders, "ascii") == 0,
        .script = options->script,
        .script_rows = (int)options->script_rows,
        .script_columns = (int)options->script_columns,
    };
}

static gboolean open_screens(Workbench *workbench, const Settings *settings,
                             const CliScreenOptions *options, GError **error)
{
    AppOptions app = app_options_of(settings, options);
    return app_run(workbench, &app, error);
}

/* The screens want a workbench; this one is never asked to connect. */
static gboolean choose_profile(const Settings *settings, const CliScreenOptions *options,
                               char **choice, GError **error)
{
    AppOptions app = app_options_of(settings, options);
    g_autoptr(Workbench) nobody = workbench_new(profile_new("no profile"));
    app.choice = choice;
    return app_run(nobody, &app, error);
}

int main(int argc, char **argv)
{
    static const CliHooks hooks = {.open_screens = open_screens,
                                   .choose_profile = choose_profile,
                                   .list_actions = action_dump};
    return cli_main(argc, argv, &hooks);
}
