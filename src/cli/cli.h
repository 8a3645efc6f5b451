/*
 * cli: the headless twins of what the screens do. stdout is data, stderr is narration.
 *
 * A command is one row of a table (commands.c) and one file. Its options are rows too: name, type,
 * the place in the command's own struct, one line of help; global options may stand before or after
 * the command. The command runs on a worker while the main thread runs the GLib loop, takes SIGINT and
 * SIGTERM (cancel; a second SIGINT exits at once) and shows progress.
 *
 * Exit statuses are an interface: 0 done, 1 failed, 2 usage or configuration, 3 connection or
 * authentication, 4 cancelled, 5 a check did not agree (base/error.h maps every error to one).
 *
 * Threads: cli_main on the main thread; a command's run function and all it calls on one worker.
 *
 * Call order:  main() calls cli_main with the hook that opens the workbench's screens, so that nothing
 *              here knows of curses.
 */
#ifndef REDSMITH_CLI_CLI_H
#define REDSMITH_CLI_CLI_H

#include <stdio.h>

#include "cli/narrator.h"
#include "cli/output.h"
#include "config/settings.h"
#include "workbench.h"

typedef struct CliContext CliContext;

/* One option, stored at offset in the options struct of its group. Strings are raw bytes. */
typedef struct {
    const char *name;
    char letter; /* 0: none */
    enum {
        CLI_FLAG,   /* gboolean */
        CLI_STRING, /* char * */
        CLI_LIST,   /* char **, one more each time it is given */
        CLI_NUMBER, /* gint64 */
        CLI_REAL,   /* double */
    } kind;
    gsize offset;
    const char *help, *value; /* value: what stands for it in the help: "FILE" */
} CliOption;

/* Rows that end with a NULL name, relative to base in the command's struct. */
typedef struct {
    const CliOption *rows;
    gsize base;
} CliOptionGroup;

enum {
    CLI_NEEDS_PROFILE = 1 << 0, /* loads the profile and makes the workbench */
    CLI_PASSES_WORDS = 1 << 1,  /* what follows the command is another program's business */
    CLI_HIDDEN = 1 << 2,        /* left out of the list of commands */
};

typedef struct {
    const char *name, *arguments, *summary;
    const char *details; /* more lines for --help, or NULL */
    guint flags;
    guint least, most; /* number of arguments */
    CliOptionGroup groups[4];
    gsize options_size;
    /* Rows that are made at run time, relative to the command's struct, or NULL. Options of that kind may
     * be written with '_' for '-'. */
    const CliOption *(*more_options)(void);
    /* On the worker. FALSE with error set; exit_status of the context overrides a success. */
    gboolean (*run)(CliContext *cli, GError **error);
} CliCommand;

/* Options that every command takes. */
typedef struct {
    char *profile, *progress, *log_file, *log_level;
    gboolean json, dry_run, yes, help, version;
} CliGlobals;

/* Options of the screens, when no command is given. */
typedef struct {
    char *theme, *script, *relation;
    gint64 script_rows, script_columns;
    gboolean no_color, ascii, list_actions;
} CliScreenOptions;

/* What the program lends to the commands. */
typedef struct {
    /* Runs the screens until the user leaves. Main thread. */
    gboolean (*open_screens)(Workbench *workbench, const Settings *settings,
                             const CliScreenOptions *options, GError **error);
    /* Asks on the screen which profile it is to be; *choice NULL: none. Main thread. Free with g_free. */
    gboolean (*choose_profile)(const Settings *settings, const CliScreenOptions *options,
                               char **choice, GError **error);
    /* The table of the screens' actions, a line each. Free with g_free. */
    char *(*list_actions)(void);
} CliHooks;

struct CliContext {
    const CliHooks *hooks;
    const CliCommand *command;
    CliGlobals globals;
    gpointer options; /* the command's struct */
    char **arguments; /* NULL-terminated */
    guint n_arguments;
    Settings *settings;
    Workbench *workbench; /* NULL without CLI_NEEDS_PROFILE */
    FILE *out, *err;
    gboolean in_is_terminal, out_is_terminal, err_is_terminal;
    gboolean ascii; /* the locale is not UTF-8 */
    Narrator *narrator;
    GCancellable *cancellable;
    int exit_status;
    gboolean open_screens; /* a command that ends by opening the screens (demo) */
};

/* The whole program but for the screens. Returns the exit status. */
int cli_main(int argc, char **argv, const CliHooks *hooks);

/* All commands, ending with a NULL name; static. */
const CliCommand *cli_commands(void);
const CliCommand *cli_find_command(const char *name);

/* Loads a profile and makes the context's workbench of it, replacing one that is there. */
gboolean cli_use_profile(CliContext *cli, const char *name, GError **error);

/* Runs the context's command on a worker; the loop runs meanwhile. TRUE when it went well. */
gboolean cli_run_command(CliContext *cli, GError **error);

/* "json" from --json, else the named format, else the table. RS_ERROR_USAGE for an unknown name. */
gboolean cli_output_format(const CliContext *cli, const char *name, OutputFormat *format,
                           GError **error);
/* The style of an output on the context's stdout, as wide as its terminal; and such an output. */
OutputStyle cli_output_style(const CliContext *cli, gboolean header);
Output *cli_output_new(const CliContext *cli, OutputFormat format, const ResultColumn *columns,
                       guint n_columns, gboolean header);

/* The metadata session of the workbench, given back by cli_give_session; NULL with error set. */
Session *cli_take_session(CliContext *cli, GError **error);
void cli_give_session(CliContext *cli, Session *session);

/* The value of an option or argument is UTF-8, as everything sent to the server is. */
gboolean cli_check_text(const char *text, const char *what, GError **error);

/* Prints a JSON value and a line end on stdout; takes it. FALSE when stdout cannot take it. */
gboolean cli_print_json(const CliContext *cli, cJSON *json, GError **error);
/* The same for text as it stands. */
gboolean cli_print_text(const CliContext *cli, const char *text, GError **error);

#endif
