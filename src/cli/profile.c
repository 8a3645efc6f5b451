#include <string.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/profile_words.h"

enum { OID_TEXT = 1043, OID_INTEGER = 23 };

static gboolean profile_list(CliContext *cli, const char *name, GError **error)
{
    static const ResultColumn columns[] = {
        {(char *)"profile", OID_TEXT, -1}, {(char *)"host", OID_TEXT, -1},
        {(char *)"port", OID_INTEGER, -1}, {(char *)"database", OID_TEXT, -1},
        {(char *)"user", OID_TEXT, -1},    {(char *)"auth", OID_TEXT, -1},
        {(char *)"problem", OID_TEXT, -1},
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
        g_autofree char *port = good ? g_strdup_printf("%d", profile->port) : NULL;
        const char *const values[] = {names[i],
                                      good ? profile->host : NULL,
                                      port,
                                      good ? profile->database : NULL,
                                      good ? profile->user : NULL,
                                      good ? profile->auth : NULL,
                                      good ? NULL : problem->message};
        if (!output_strings(output, values, error))
            return FALSE;
    }
    return output_end(output, error);
}

static cJSON *profile_json(const Profile *profile)
{
    g_autofree char *text = profile_describe(profile);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "name", profile->name);
    for (guint i = 0; lines[i] != NULL; i++) {
        g_auto(GStrv) pair = g_strsplit(lines[i], " = ", 2);
        if (g_strv_length(pair) == 2)
            cJSON_AddStringToObject(object, pair[0], pair[1]);
    }
    return object;
}

static gboolean profile_show(CliContext *cli, const char *name, GError **error)
{
    if (!cli_use_profile(cli, name, error))
        return FALSE;
    const Profile *profile = workbench_profile(cli->workbench);
    if (cli->globals.json)
        return cli_print_json(cli, profile_json(profile), error);
    g_autofree char *text = profile_describe(profile);
    g_autofree char *out = g_strdup_printf("[%s]\n%s", profile->name, text);
    return cli_print_text(cli, out, error);
}

/* One row per word; each takes the profile's name, or NULL for the chosen one. */
static const struct {
    const char *word, *arguments;
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

gboolean profile_run(CliContext *cli, GError **error)
{
    g_autoptr(GString) known = g_string_new(NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        g_string_append_printf(known, "%s%s%s", i > 0 ? ", " : "", words[i].word,
                               words[i].arguments);
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "profile: expected %s, not \"%s\"", known->str,
                word);
    return FALSE;
}
