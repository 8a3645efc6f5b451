#include <string.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/profile_options.h"
#include "cli/profile_words.h"
#include "redshift/types.h"

static gboolean profile_list(CliContext *cli, const char *name, GError **error)
{
    static const ResultColumn columns[] = {
        {(char *)"profile", TYPE_VARCHAR, -1},   {(char *)"host", TYPE_VARCHAR, -1},
        {(char *)"port", TYPE_INTEGER, -1},      {(char *)"database", TYPE_VARCHAR, -1},
        {(char *)"user", TYPE_VARCHAR, -1},      {(char *)"auth", TYPE_VARCHAR, -1},
        {(char *)"transport", TYPE_VARCHAR, -1}, {(char *)"problem", TYPE_VARCHAR, -1},
    };
    g_auto(GStrv) names = profile_names(error);
    if (names == NULL)
        return FALSE;
    g_autoptr(Output) output = cli_output_new(cli, cli->globals.json ? OUTPUT_JSON : OUTPUT_TABLE,
                                              columns, G_N_ELEMENTS(columns), TRUE);
    for (guint i = 0; names[i] != NULL; i++) {
        g_autoptr(GError) problem = NULL;
        g_autoptr(Profile) profile = profile_load(names[i], &problem);
        gboolean good = profile != NULL;
        g_autofree char *port =
            good && profile->port > 0 ? g_strdup_printf("%d", profile->port) : NULL;
        const char *const values[] = {names[i],
                                      good ? profile->host : NULL,
                                      port,
                                      good ? profile->database : NULL,
                                      good ? profile->user : NULL,
                                      good ? profile->auth : NULL,
                                      good ? profile->transport : NULL,
                                      good ? NULL : problem->message};
        if (!output_strings(output, values, error))
            return FALSE;
    }
    return output_end(output, error);
}

typedef gboolean (*IsShown)(const FieldRow *row, const Profile *profile);

static gboolean is_in_force(const FieldRow *row, const Profile *profile)
{
    return row->fallback != NULL || !field_is_unset(row, profile);
}

static gboolean is_given(const FieldRow *row, const Profile *profile)
{
    return !field_is_unset(row, profile);
}

static gboolean print_json(CliContext *cli, const Profile *profile, IsShown is_shown,
                           GError **error)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "name", profile->name);
    for (const FieldRow *row = profile_fields(); row->name != NULL; row++) {
        g_autofree char *text = field_text(row, profile);
        if (text != NULL && is_shown(row, profile))
            cJSON_AddStringToObject(object, row->name, text);
    }
    return cli_print_json(cli, object, error);
}

static gboolean print(CliContext *cli, const Profile *profile, IsShown is_shown, GError **error)
{
    if (cli->globals.json)
        return print_json(cli, profile, is_shown, error);
    g_autoptr(GString) out = g_string_new(NULL);
    g_string_append_printf(out, "[%s]\n", profile->name);
    for (const FieldRow *row = profile_fields(); row->name != NULL; row++) {
        g_autofree char *text = field_text(row, profile);
        if (text != NULL && is_shown(row, profile))
            g_string_append_printf(out, "%s = %s\n", row->name, text);
    }
    return cli_print_text(cli, out->str, error);
}

gboolean profile_print(CliContext *cli, const Profile *profile, GError **error)
{
    return print(cli, profile, is_given, error);
}

static gboolean profile_show(CliContext *cli, const char *name, GError **error)
{
    return cli_use_profile(cli, name, error) &&
           print(cli, workbench_profile(cli->workbench), is_in_force, error);
}

/* One row per word; each takes the profile's name, or NULL for the chosen one. */
static const struct {
    const char *word, *arguments;
    guint most; /* arguments, with the word */
    gboolean has_options;
    gboolean (*run)(CliContext *cli, const char *name, GError **error);
} words[] = {
    {"list", "", 1, FALSE, profile_list},
    {"show", " [NAME]", 2, FALSE, profile_show},
    {"add", " NAME", 2, TRUE, profile_add},
    {"set", " NAME", 2, TRUE, profile_set},
    {"import", " NAME [FILE|-]", 3, TRUE, profile_import},
    {"rename", " NAME NEW-NAME", 3, FALSE, profile_rename},
    {"remove", " NAME", 2, FALSE, profile_remove},
    {"test", " [NAME]", 2, FALSE, profile_test},
    {"login", " [NAME]", 2, FALSE, profile_login},
    {"forget", " [NAME]", 2, FALSE, profile_forget},
};

static gboolean refuse_word(const char *word, GError **error)
{
    g_autoptr(GString) known = g_string_new(NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        g_string_append_printf(known, "%s%s%s", i > 0 ? ", " : "", words[i].word,
                               words[i].arguments);
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "profile: expected %s, not \"%s\"", known->str,
                word);
    return FALSE;
}

gboolean profile_run(CliContext *cli, GError **error)
{
    const char *word = cli->arguments[0];
    const char *name = cli->n_arguments > 1 ? cli->arguments[1] : cli->globals.profile;
    gsize i = 0;
    while (i < G_N_ELEMENTS(words) && strcmp(word, words[i].word) != 0)
        i++;
    if (i == G_N_ELEMENTS(words))
        return refuse_word(word, error);
    if (cli->n_arguments > words[i].most) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "profile %s: \"%s\" is one word too many",
                    word, cli->arguments[words[i].most]);
        return FALSE;
    }
    if (!words[i].has_options && profile_options_are_given(cli->options)) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "profile %s takes no options of a profile: they belong to add, set and import",
                    word);
        return FALSE;
    }
    return words[i].run(cli, name, error);
}
