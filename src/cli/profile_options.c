#include "cli/profile_options.h"

#include <string.h>

#include "base/error.h"

#define AT(member) G_STRUCT_OFFSET(ProfileOptions, member)

static const CliOption own_options[] = {
    {"from", 0, CLI_STRING, AT(from),
     "start from a URL, service=NAME of pg_service.conf, or environment", "SOURCE"},
    {"keep-secret", 0, CLI_FLAG, AT(keep_secret),
     "write secrets into profiles.conf, which is then 0600", NULL},
    {"replace", 0, CLI_FLAG, AT(replace), "replace a profile of that name", NULL},
    {0},
};

/* "the port of the endpoint", and on a second line what it takes. */
static char *help_of(const FieldRow *row)
{
    if (row->type == FIELD_SECRET)
        return g_strdup("never on the command line, where every user of the machine can read it");
    g_autofree char *range = field_range(row);
    return g_strdup_printf("%s\n%*s(%s%s%s)", row->sentence, 30, "", range,
                           row->fallback != NULL ? "; default " : "",
                           row->fallback != NULL ? row->fallback : "");
}

static CliOption *make_rows(void)
{
    GArray *rows = g_array_new(TRUE, TRUE, sizeof(CliOption));
    for (gsize i = 0; own_options[i].name != NULL; i++)
        g_array_append_val(rows, own_options[i]);
    gsize n = 0;
    for (const FieldRow *row = profile_fields(); row->name != NULL; row++, n++) {
        CliOption option = {
            .name = g_strdelimit(g_strdup(row->name), "_", '-'),
            .kind = CLI_STRING,
            .offset = AT(values) + n * sizeof(char *),
            .help = help_of(row),
            .value = "VALUE",
        };
        g_assert(n < PROFILE_FIELDS_MOST);
        g_array_append_val(rows, option);
    }
    return (CliOption *)(gpointer)g_array_free(rows, FALSE);
}

const CliOption *profile_option_rows(void)
{
    static CliOption *rows;
    if (g_once_init_enter(&rows))
        g_once_init_leave(&rows, make_rows());
    return rows;
}

gboolean profile_options_are_given(const ProfileOptions *options)
{
    gboolean is_given = options->from != NULL || options->keep_secret || options->replace;
    for (gsize i = 0; i < PROFILE_FIELDS_MOST && !is_given; i++)
        is_given = options->values[i] != NULL;
    return is_given;
}

static gboolean apply(const FieldRow *row, const char *value, Profile *profile, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *option = g_strconcat("--", row->name, NULL);
    if (row->type == FIELD_SECRET) {
        g_set_error(
            error, RS_ERROR, RS_ERROR_USAGE,
            "%s on the command line would be seen in the list of processes: leave it out; "
            "auth = prompt asks for a password, --keep-secret asks for it once and writes it",
            option);
        return FALSE;
    }
    if (*value == '\0') {
        field_unset(row, profile);
        return TRUE;
    }
    if (cli_check_text(value, option, error) && field_set(row, profile, option, value, &failure))
        return TRUE;
    if (failure != NULL)
        g_set_error_literal(error, RS_ERROR, RS_ERROR_USAGE, failure->message);
    return FALSE;
}

gboolean profile_options_apply(const ProfileOptions *options, Profile *profile, GError **error)
{
    const FieldRow *rows = profile_fields();
    for (gsize i = 0; rows[i].name != NULL; i++)
        if (options->values[i] != NULL && !apply(&rows[i], options->values[i], profile, error))
            return FALSE;
    return TRUE;
}
