#include "cli/parse.h"

#include <string.h>

#include "base/error.h"

#define GLOBAL(member) G_STRUCT_OFFSET(CliGlobals, member)
#define SCREEN(member) G_STRUCT_OFFSET(CliScreenOptions, member)

static const CliOption global_options[] = {
    {"profile", 'p', CLI_STRING, GLOBAL(profile), "use this profile", "NAME"},
    {"json", 0, CLI_FLAG, GLOBAL(json), "print the result as JSON", NULL},
    {"dry-run", 0, CLI_FLAG, GLOBAL(dry_run), "print what would be done, and do nothing", NULL},
    {"yes", 'y', CLI_FLAG, GLOBAL(yes), "do not ask before what cannot be undone", NULL},
    {"progress", 0, CLI_STRING, GLOBAL(progress), "auto, plain, json or none", "KIND"},
    {"log", 0, CLI_STRING, GLOBAL(log_file), "append a log to this file", "FILE"},
    {"log-level", 0, CLI_STRING, GLOBAL(log_level), "error, warning, info or debug", "LEVEL"},
    {"help", 'h', CLI_FLAG, GLOBAL(help), "say what the command does and takes", NULL},
    {"version", 0, CLI_FLAG, GLOBAL(version), "say which redsmith this is", NULL},
    {0},
};

static const CliOption screen_options[] = {
    {"theme", 0, CLI_STRING, SCREEN(theme), "colours of the workbench", "NAME"},
    {"relation", 0, CLI_STRING, SCREEN(relation), "open this table at once", "TABLE"},
    {"no-color", 0, CLI_FLAG, SCREEN(no_color), "no colours", NULL},
    {"ascii", 0, CLI_FLAG, SCREEN(ascii), "draw with ASCII characters only", NULL},
    {"script", 0, CLI_STRING, SCREEN(script), "replay keys and actions from a file", "FILE"},
    {"script-rows", 0, CLI_NUMBER, SCREEN(script_rows), "height of the script's screen", "N"},
    {"list-actions", 0, CLI_FLAG, SCREEN(list_actions),
     "print every action of the screens: name, where, keys, help", NULL},
    {"script-columns", 0, CLI_NUMBER, SCREEN(script_columns), "width of the script's screen", "N"},
    {0},
};

static const GOptionArg arg_kinds[] = {
    [CLI_FLAG] = G_OPTION_ARG_NONE,
    [CLI_STRING] = G_OPTION_ARG_FILENAME, /* as typed: STRING converts from the locale */
    [CLI_LIST] = G_OPTION_ARG_FILENAME_ARRAY,
    [CLI_NUMBER] = G_OPTION_ARG_INT64,
    [CLI_REAL] = G_OPTION_ARG_DOUBLE,
};

static void add_options(GOptionContext *context, const CliOption *rows, gpointer base)
{
    g_autoptr(GArray) entries = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));
    for (; rows->name != NULL; rows++) {
        GOptionEntry entry = {
            .long_name = rows->name,
            .short_name = rows->letter,
            .arg = arg_kinds[rows->kind],
            .arg_data = (char *)base + rows->offset,
            .description = rows->help,
            .arg_description = rows->value,
        };
        g_array_append_val(entries, entry);
    }
    g_option_context_add_main_entries(context, (const GOptionEntry *)entries->data, NULL);
}

static void clear_options(const CliOption *rows, gpointer base)
{
    for (; rows->name != NULL; rows++) {
        gpointer at = (char *)base + rows->offset;
        if (rows->kind == CLI_STRING)
            g_clear_pointer((char **)at, g_free);
        else if (rows->kind == CLI_LIST)
            g_clear_pointer((char ***)at, g_strfreev);
    }
}

/* GOption wants a program's name in front, and shifts the pointers of the vector it is given. */
static char **with_program(char **words)
{
    guint n = g_strv_length(words);
    char **vector = g_new0(char *, n + 2);
    vector[0] = (char *)"redsmith";
    memcpy(vector + 1, words, n * sizeof *words);
    return vector;
}

static GOptionContext *new_context(void)
{
    GOptionContext *context = g_option_context_new(NULL);
    g_option_context_set_help_enabled(context, FALSE);
    return context;
}

static gboolean parse_words(GOptionContext *context, char **vector, int *count, GError **error)
{
    char **own = vector;
    *count = (int)g_strv_length(vector);
    g_autoptr(GError) failure = NULL;
    if (g_option_context_parse(context, count, &own, &failure))
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "%s", failure->message);
    return FALSE;
}

gboolean parse_leading(CliContext *cli, CliScreenOptions *screens, char ***words, GError **error)
{
    g_autoptr(GOptionContext) context = new_context();
    g_option_context_set_strict_posix(context, TRUE);
    add_options(context, global_options, &cli->globals);
    add_options(context, screen_options, screens);
    g_autofree char **vector = with_program(*words);
    int count;
    if (!parse_words(context, vector, &count, error))
        return FALSE;
    *words += (int)g_strv_length(*words) - (count - 1);
    return TRUE;
}

/* Called with every group of the command's options, the made ones last. */
typedef void (*EachGroup)(gpointer user, const CliOption *rows, gsize base);

static void for_each_group(const CliCommand *command, EachGroup each, gpointer user)
{
    for (const CliOptionGroup *group = command->groups; group->rows != NULL; group++)
        each(user, group->rows, group->base);
    if (command->more_options != NULL)
        each(user, command->more_options(), 0);
}

/* --aws_iam_role is --aws-iam-role: the fields of a profile are spelled with '_' everywhere else. */
static void spell_with_dashes(char **words)
{
    for (; *words != NULL && strcmp(*words, "--") != 0; words++)
        if (g_str_has_prefix(*words, "--"))
            for (char *at = *words; *at != '\0' && *at != '='; at++)
                *at = *at == '_' ? '-' : *at;
}

typedef struct {
    GOptionContext *context;
    gpointer options;
} AddGroup;

static void add_group(gpointer user, const CliOption *rows, gsize base)
{
    const AddGroup *add = user;
    add_options(add->context, rows, (char *)add->options + base);
}

static void clear_group(gpointer options, const CliOption *rows, gsize base)
{
    clear_options(rows, (char *)options + base);
}

static gboolean check_count(const CliContext *cli, GError **error)
{
    const CliCommand *command = cli->command;
    if (cli->n_arguments < command->least) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "%s needs %s", command->name,
                    command->arguments);
        return FALSE;
    }
    if (cli->n_arguments > command->most) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "%s: \"%s\" is one word too many",
                    command->name, cli->arguments[command->most]);
        return FALSE;
    }
    for (guint i = 0; i < cli->n_arguments; i++)
        if (!cli_check_text(cli->arguments[i], "an argument", error))
            return FALSE;
    return TRUE;
}

gboolean parse_command(CliContext *cli, char **words, GError **error)
{
    const CliCommand *command = cli->command;
    g_autoptr(GOptionContext) context = new_context();
    cli->options = g_malloc0(command->options_size + 1);
    add_options(context, global_options, &cli->globals);
    AddGroup add = {context, cli->options};
    for_each_group(command, add_group, &add);
    if (command->more_options != NULL)
        spell_with_dashes(words);
    g_autofree char **vector = with_program(words);
    int count;
    if (!parse_words(context, vector, &count, error)) {
        g_prefix_error(error, "%s: ", command->name);
        return FALSE;
    }
    cli->arguments = g_new0(char *, (gsize)count + 1);
    for (int i = 1; i < count; i++)
        if (strcmp(vector[i], "--") != 0)
            cli->arguments[cli->n_arguments++] = g_strdup(vector[i]);
    return cli->globals.help || check_count(cli, error);
}

void parse_clear(CliContext *cli)
{
    clear_options(global_options, &cli->globals);
    if (cli->options != NULL)
        for_each_group(cli->command, clear_group, cli->options);
    g_free(cli->options);
    g_strfreev(cli->arguments);
}

void parse_clear_screens(CliScreenOptions *screens)
{
    clear_options(screen_options, screens);
}

static void append_options(GString *out, const CliOption *rows)
{
    for (; rows->name != NULL; rows++) {
        g_autofree char *word =
            g_strdup_printf("%s%s%s", rows->name, rows->value != NULL ? "=" : "",
                            rows->value != NULL ? rows->value : "");
        if (rows->letter != 0)
            g_string_append_printf(out, "  -%c, --%-21s %s\n", rows->letter, word, rows->help);
        else
            g_string_append_printf(out, "      --%-21s %s\n", word, rows->help);
    }
}

static void append_group(gpointer out, const CliOption *rows, gsize base)
{
    append_options(out, rows);
}

char *parse_usage(void)
{
    GString *out = g_string_new("usage: redsmith [OPTIONS] [COMMAND ...]\n\n"
                                "Without a command the workbench opens.\n\ncommands\n");
    for (const CliCommand *command = cli_commands(); command->name != NULL; command++)
        if ((command->flags & CLI_HIDDEN) == 0)
            g_string_append_printf(out, "  %-9s %s\n", command->name, command->summary);
    g_string_append(out, "\noptions of every command\n");
    append_options(out, global_options);
    g_string_append(out, "\noptions of the workbench\n");
    append_options(out, screen_options);
    g_string_append(out,
                    "\nexit status: 0 done, 1 failed, 2 usage or configuration, 3 connection or "
                    "authentication,\n4 cancelled, 5 a check did not agree. "
                    "redsmith COMMAND --help says more.\n");
    return g_string_free(out, FALSE);
}

char *parse_command_usage(const CliCommand *command)
{
    GString *out = g_string_new(NULL);
    gboolean has_options = command->groups[0].rows != NULL || command->more_options != NULL;
    g_string_append_printf(out, "usage: redsmith %s%s%s%s\n\n%s\n", command->name,
                           has_options ? " [OPTIONS]" : "",
                           *command->arguments != '\0' ? " " : "", command->arguments,
                           command->summary);
    if (command->details != NULL)
        g_string_append_printf(out, "\n%s\n", command->details);
    if (has_options)
        g_string_append(out, "\noptions\n");
    for_each_group(command, append_group, out);
    g_string_append(out, "\noptions of every command\n");
    append_options(out, global_options);
    return g_string_free(out, FALSE);
}
