#include "config.h"

#include <glib/gstdio.h>
#include <langinfo.h>
#include <libpq-fe.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/sandbox.h"
#include "config/keyring.h"
#include "config/paths.h"
#include "redshift/types.h"

static gboolean tell(Output *output, const char *what, const char *text, GError **error)
{
    const char *const values[] = {what, text};
    return output_strings(output, values, error);
}

static char *system_text(void)
{
    struct utsname names;
    if (uname(&names) != 0)
        return g_strdup("unknown");
    return g_strdup_printf("%s %s %s", names.sysname, names.release, names.machine);
}

static char *libraries_text(void)
{
    int pq = PQlibVersion();
    return g_strdup_printf("GLib %u.%u.%u, libpq %d.%d, cJSON %s", glib_major_version,
                           glib_minor_version, glib_micro_version, pq / 10000, pq % 10000,
                           cJSON_Version());
}

static char *terminal_text(const CliContext *cli)
{
    const char *term = g_getenv("TERM");
    return g_strdup_printf("TERM=%s, %s%s%s", term != NULL ? term : "(unset)",
                           cli->out_is_terminal ? "output is a terminal" : "output is no terminal",
                           g_getenv("NO_COLOR") != NULL ? ", NO_COLOR" : "",
                           g_getenv("SSH_CONNECTION") != NULL ? ", over SSH" : "");
}

/* The folder, and whether others may look into it. */
static char *folder_text(char *folder)
{
    struct stat status;
    g_autofree char *own = folder;
    if (stat(own, &status) != 0)
        return g_strdup_printf("%s (not there yet)", own);
    return g_strdup_printf("%s (mode %04o)", own, (unsigned)status.st_mode & 07777);
}

static char *profiles_text(void)
{
    g_autoptr(GError) failure = NULL;
    g_auto(GStrv) names = profile_names(&failure);
    if (names == NULL)
        return g_strdup(failure->message);
    return names[0] == NULL ? g_strdup("none") : g_strjoinv(", ", names);
}

static char *settings_text(void)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(Settings) settings = settings_load(&failure);
    return g_strdup(settings != NULL ? "good" : failure->message);
}

static char *sandbox_text(void)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(Profile) profile = profile_load("sandbox", &failure);
    if (profile == NULL)
        return g_strdup(failure->message);
    return g_strdup_printf("runs on %s:%d", profile->host, profile->port);
}

static char *sandbox_program_text(void)
{
    g_autoptr(GError) failure = NULL;
    char *program = sandbox_find_program(&failure);
    return program != NULL ? program : g_strdup(failure->message);
}

/* A clock that is off by minutes makes every signature of AWS invalid. */
static char *clock_text(void)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    return g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
}

gboolean doctor_run(CliContext *cli, GError **error)
{
    static const ResultColumn columns[] = {{(char *)"what", TYPE_VARCHAR, -1},
                                           {(char *)"found", TYPE_VARCHAR, -1}};
    g_autoptr(Output) output = cli_output_new(cli, cli->globals.json ? OUTPUT_JSON : OUTPUT_TABLE,
                                              columns, G_N_ELEMENTS(columns), TRUE);
    const struct {
        const char *what;
        char *text;
    } facts[] = {
        {"redsmith", g_strdup(PACKAGE_VERSION)},
        {"system", system_text()},
        {"libraries", libraries_text()},
        {"terminal", terminal_text(cli)},
        {"locale", g_strdup(nl_langinfo(CODESET))},
        {"configuration", folder_text(paths_config_dir())},
        {"state", folder_text(paths_state_dir())},
        {"settings", settings_text()},
        {"profiles", profiles_text()},
        {"keyring", g_strdup(keyring_state())},
        {"clock (UTC)", clock_text()},
        {"sandbox program", sandbox_program_text()},
        {"sandbox", sandbox_text()},
    };
    gboolean told = TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(facts); i++) {
        told = told && tell(output, facts[i].what, facts[i].text, error);
        g_free(facts[i].text);
    }
    return told && output_end(output, error);
}
