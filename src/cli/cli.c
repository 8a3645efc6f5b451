#include "config.h"
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/parse.h"
#include "cli/terminal.h"

enum { DEFAULT_WIDTH = 80 };

gboolean cli_check_text(const char *text, const char *what, GError **error)
{
    if (text == NULL || g_utf8_validate(text, -1, NULL))
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "%s is not valid UTF-8", what);
    return FALSE;
}

static void tell_note(gpointer user, const char *line)
{
    narrator_say(((CliContext *)user)->narrator, "%s", line);
}

gboolean cli_use_profile(CliContext *cli, const char *name, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(Profile) profile = profile_load(name, &failure);
    if (profile == NULL) {
        /* A profile that is not there is wrong configuration to a caller of commands. */
        gboolean is_missing = g_error_matches(failure, RS_ERROR, RS_ERROR_NOT_FOUND);
        g_set_error_literal(error, RS_ERROR, is_missing ? RS_ERROR_CONFIG : failure->code,
                            failure->message);
        return FALSE;
    }
    workbench_free(cli->workbench);
    cli->workbench = workbench_new(g_steal_pointer(&profile));
    workbench_set_prompt(cli->workbench, terminal_ask_password, cli);
    workbench_set_note(cli->workbench, tell_note, cli);
    workbench_set_code_prompt(cli->workbench, terminal_ask_code, cli);
    return TRUE;
}

static int terminal_width(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return DEFAULT_WIDTH;
}

gboolean cli_output_format(const CliContext *cli, const char *name, OutputFormat *format,
                           GError **error)
{
    *format = cli->globals.json ? OUTPUT_JSON : OUTPUT_TABLE;
    if (name == NULL || output_format_from_name(name, format))
        return TRUE;
    g_autofree char *names = output_format_names();
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "there is no output format \"%s\"; there are: %s",
                name, names);
    return FALSE;
}

OutputStyle cli_output_style(const CliContext *cli, gboolean header)
{
    return (OutputStyle){
        .header = header,
        .width = cli->out_is_terminal ? terminal_width() : 0,
        .ascii = cli->ascii,
        .terminal = cli->out_is_terminal,
        .dim = cli->out_is_terminal && g_getenv("NO_COLOR") == NULL,
        .null_marker = cli->settings->null_marker,
        .empty_marker = cli->settings->empty_marker,
    };
}

Output *cli_output_new(const CliContext *cli, OutputFormat format, const ResultColumn *columns,
                       guint n_columns, gboolean header)
{
    OutputStyle style = cli_output_style(cli, header);
    return output_new(format, cli->out, columns, n_columns, &style);
}

Session *cli_take_session(CliContext *cli, GError **error)
{
    return workbench_take_session(cli->workbench, cli->cancellable, error);
}

void cli_give_session(CliContext *cli, Session *session)
{
    if (session != NULL)
        workbench_give_session(cli->workbench, session);
}

/* A terminal would obey what a name or a statement holds; a file or a pipe gets every byte. */
static gboolean write_text(const CliContext *cli, const char *text, GError **error)
{
    g_autofree char *shown = cli->out_is_terminal ? text_printable_lines(text, -1) : NULL;
    errno = 0;
    if (fputs(shown != NULL ? shown : text, cli->out) >= 0 && fflush(cli->out) == 0)
        return TRUE;
    if (errno != EPIPE)
        return rs_error_set_errno(error, errno, "cannot write to standard output");
    g_set_error(error, RS_ERROR, RS_ERROR_CANCELLED, "the reader of standard output has gone away");
    return FALSE;
}

gboolean cli_print_text(const CliContext *cli, const char *text, GError **error)
{
    return write_text(cli, text, error);
}

gboolean cli_print_json(const CliContext *cli, cJSON *json, GError **error)
{
    char *printed = cJSON_Print(json);
    g_autofree char *line = g_strconcat(printed, "\n", NULL);
    cJSON_free(printed);
    cJSON_Delete(json);
    return write_text(cli, line, error);
}

const CliCommand *cli_find_command(const char *name)
{
    for (const CliCommand *command = cli_commands(); command->name != NULL; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

static gboolean refuse_command(const char *name, GError **error)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (const CliCommand *command = cli_commands(); command->name != NULL; command++)
        if ((command->flags & CLI_HIDDEN) == 0)
            g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", command->name);
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "there is no command \"%s\"; there are: %s", name,
                names->str);
    return FALSE;
}

static gboolean find_command(CliContext *cli, const char *name, GError **error)
{
    cli->command = cli_find_command(name);
    return cli->command != NULL || refuse_command(name, error);
}

/* Settings, then what the options say over them: progress and the log. */
static gboolean prepare(CliContext *cli, GError **error)
{
    settings_free(cli->settings);
    cli->settings = settings_load(error);
    if (cli->settings == NULL)
        return FALSE;
    const CliGlobals *globals = &cli->globals;
    const char *progress = globals->progress != NULL ? globals->progress : cli->settings->progress;
    NarratorMode mode;
    if (!narrator_mode_from_name(progress, cli->err_is_terminal, &mode)) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "--progress is \"%s\"; expected auto, plain, json or none", progress);
        return FALSE;
    }
    narrator_free(cli->narrator);
    cli->narrator = narrator_new(cli->err, mode);
    const char *level_name =
        globals->log_level != NULL ? globals->log_level : cli->settings->log_level;
    const char *log_file = globals->log_file != NULL ? globals->log_file : cli->settings->log_file;
    LogLevel level;
    if (!log_level_from_name(level_name, &level)) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "--log-level is \"%s\"; expected error, warning, info or debug", level_name);
        return FALSE;
    }
    return log_file == NULL || log_open(log_file, level, error);
}

/* Nobody said which profile, and there is no default. */
static gboolean is_profile_open_to_choice(const CliContext *cli)
{
    g_autoptr(GError) failure = NULL;
    const char *variable = g_getenv("REDSMITH_PROFILE");
    if (cli->globals.profile != NULL || (variable != NULL && *variable != '\0') ||
        cli->hooks->choose_profile == NULL)
        return FALSE;
    g_autoptr(Profile) profile = profile_load(NULL, &failure);
    return profile == NULL && g_error_matches(failure, RS_ERROR, RS_ERROR_NOT_FOUND);
}

static gboolean run_words(CliContext *cli, const CliScreenOptions *screens, char **words,
                          GError **error);
static gboolean open_screens(CliContext *cli, const CliScreenOptions *screens, GError **error);

/* The sandbox may have to be started first, which is what the demo does. */
static gboolean choose_and_open(CliContext *cli, const CliScreenOptions *screens, GError **error)
{
    char *demo[] = {(char *)"demo", NULL};
    g_autofree char *choice = NULL;
    g_autoptr(GError) failure = NULL;
    if (!cli->hooks->choose_profile(cli->settings, screens, &choice, error))
        return FALSE;
    if (choice == NULL || screens->script != NULL)
        return TRUE;
    if (cli_use_profile(cli, choice, &failure))
        return open_screens(cli, screens, error);
    if (strcmp(choice, "sandbox") == 0)
        return run_words(cli, screens, demo, error);
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static gboolean open_screens(CliContext *cli, const CliScreenOptions *screens, GError **error)
{
    gboolean has_terminal = cli->in_is_terminal && cli->out_is_terminal;
    if (!has_terminal && screens->script == NULL) {
        fputs("redsmith: the workbench needs a terminal; without one give a command:\n"
              "  redsmith demo | ls | preview | query | unload | write | merge | jobs ...\n"
              "  redsmith --help lists them all\n",
              cli->err);
        cli->exit_status = 2;
        return TRUE;
    }
    if (cli->workbench == NULL && is_profile_open_to_choice(cli))
        return choose_and_open(cli, screens, error);
    if (cli->workbench == NULL && !cli_use_profile(cli, cli->globals.profile, error))
        return FALSE;
    workbench_set_note(cli->workbench, tell_note, cli);
    workbench_set_code_prompt(cli->workbench, NULL, NULL); /* the terminal is the screens' now */
    return cli->hooks->open_screens(cli->workbench, cli->settings, screens, error);
}

/* A command, from its name on. */
static gboolean run_words(CliContext *cli, const CliScreenOptions *screens, char **words,
                          GError **error)
{
    if (!find_command(cli, words[0], error))
        return FALSE;
    if ((cli->command->flags & CLI_PASSES_WORDS) != 0) {
        cli->arguments = g_strdupv(words + 1);
        cli->n_arguments = g_strv_length(cli->arguments);
        return cli->command->run(cli, error);
    }
    if (!parse_command(cli, words + 1, error))
        return FALSE;
    if (cli->globals.help) {
        g_autofree char *usage = parse_command_usage(cli->command);
        return cli_print_text(cli, usage, error);
    }
    if (!prepare(cli, error))
        return FALSE;
    if ((cli->command->flags & CLI_NEEDS_PROFILE) != 0 &&
        !cli_use_profile(cli, cli->globals.profile, error))
        return FALSE;
    if (!cli_run_command(cli, error))
        return FALSE;
    return !cli->open_screens || open_screens(cli, screens, error);
}

static gboolean run_program(CliContext *cli, CliScreenOptions *screens, char **words,
                            GError **error)
{
    if (!parse_leading(cli, screens, &words, error))
        return FALSE;
    if (cli->globals.version)
        return cli_print_text(cli, PACKAGE_NAME " " PACKAGE_VERSION "\n", error);
    if (screens->list_actions) {
        g_autofree char *actions = cli->hooks->list_actions();
        return cli_print_text(cli, actions, error);
    }
    if (words[0] != NULL)
        return run_words(cli, screens, words, error);
    if (cli->globals.help) {
        g_autofree char *usage = parse_usage();
        return cli_print_text(cli, usage, error);
    }
    return prepare(cli, error) && open_screens(cli, screens, error);
}

static void free_context(CliContext *cli)
{
    workbench_free(cli->workbench);
    narrator_free(cli->narrator);
    settings_free(cli->settings);
    g_object_unref(cli->cancellable);
    parse_clear(cli);
    log_close();
}

/*
 * A standard stream that the caller has closed would be the number of the next socket, and output would
 * go to the server. What is opened in its place refuses writes, so that output still fails.
 */
static void fill_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDONLY) != fd)
            _exit(2);
}

int cli_main(int argc, char **argv, const CliHooks *hooks)
{
    fill_standard_streams();
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C");
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* what reaches `ulimit -f` is a write that failed, and is told as one */
    CliContext cli = {
        .hooks = hooks,
        .out = stdout,
        .err = stderr,
        .in_is_terminal = isatty(STDIN_FILENO),
        .out_is_terminal = isatty(STDOUT_FILENO),
        .err_is_terminal = isatty(STDERR_FILENO),
        .ascii = !g_get_charset(NULL),
        .settings = settings_new(),
        .cancellable = g_cancellable_new(),
    };
    cli.narrator = narrator_new(stderr, cli.err_is_terminal ? NARRATE_LINE : NARRATE_PLAIN);
    CliScreenOptions screens = {0};
    g_autoptr(GError) error = NULL;
    gboolean done = run_program(&cli, &screens, argv + (argc > 0), &error);
    int status = done ? cli.exit_status : rs_error_exit_status(error);
    if (!done)
        narrator_fail(cli.narrator, error);
    parse_clear_screens(&screens);
    free_context(&cli);
    return status;
}
