/* profile add, set, import, remove, rename. */
#include <string.h>

#include "base/error.h"
#include "cli/profile_options.h"
#include "cli/profile_words.h"
#include "cli/terminal.h"
#include "config/import.h"
#include "config/profile_check.h"
#include "config/profile_file.h"

enum { IMPORT_MOST_BYTES = 1 << 20 };

static const char *need_name(const CliContext *cli, GError **error)
{
    if (cli->arguments[1] != NULL)
        return cli->arguments[1];
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "profile %s needs the NAME of the profile",
                cli->arguments[0]);
    return NULL;
}

/* --- where it comes from ------------------------------------------------------------------------- */

/* The file that libpq would look into. */
static char *service_path(void)
{
    const char *named = g_getenv("PGSERVICEFILE");
    g_autofree char *own = g_build_filename(g_get_home_dir(), ".pg_service.conf", NULL);
    if (named != NULL && *named != '\0')
        return g_strdup(named);
    const char *folder = g_getenv("PGSYSCONFDIR");
    return g_file_test(own, G_FILE_TEST_EXISTS) || folder == NULL
               ? g_steal_pointer(&own)
               : g_build_filename(folder, "pg_service.conf", NULL);
}

static void wipe_free(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    g_free(text);
}

static char *read_source(const char *path, GError **error)
{
    char *text = NULL;
    gsize length = 0;
    g_autoptr(GError) failure = NULL;
    if (!g_file_get_contents(path, &text, &length, &failure))
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "cannot read %s: %s", path, failure->message);
    else if (length > IMPORT_MOST_BYTES || strlen(text) != length)
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "%s is no text of a connection", path);
    else
        return text;
    g_free(text);
    return NULL;
}

static char *read_input(GError **error)
{
    GString *text = g_string_new(NULL);
    char buffer[4096];
    gsize n;
    while (text->len <= IMPORT_MOST_BYTES && (n = fread(buffer, 1, sizeof buffer, stdin)) > 0)
        g_string_append_len(text, buffer, (gssize)n);
    explicit_bzero(buffer, sizeof buffer);
    if (text->len <= IMPORT_MOST_BYTES && strlen(text->str) == text->len)
        return g_string_free(text, FALSE);
    g_string_free(text, TRUE);
    g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "standard input is no text of a connection");
    return NULL;
}

static Import *import_from_service(const char *name, const char *service, GError **error)
{
    g_autofree char *path = service_path();
    char *text = read_source(path, error);
    if (text == NULL)
        return NULL;
    Import *import = import_service(name, service, text, path, error);
    wipe_free(text);
    return import;
}

static Import *import_text(const char *name, char *text, GError **error)
{
    if (text == NULL)
        return NULL;
    Import *import = import_parse(name, text, error);
    wipe_free(text);
    return import;
}

/* "environment", "service=NAME", a URL or "-". */
static Import *import_from(const char *name, const char *source, GError **error)
{
    if (strcmp(source, "environment") == 0)
        return import_environment(name, error);
    if (g_str_has_prefix(source, "service="))
        return import_from_service(name, source + strlen("service="), error);
    return import_text(name, strcmp(source, "-") == 0 ? read_input(error) : g_strdup(source),
                       error);
}

/* --- what is written ----------------------------------------------------------------------------- */

static void tell_notes(CliContext *cli, const Import *import)
{
    narrator_say(cli->narrator, "read as %s", import->format);
    for (guint i = 0; i < import->notes->len; i++) {
        const ImportNote *note = import->notes->pdata[i];
        narrator_say(cli->narrator, "%s: %s: %s", import_fate_name(note->fate), note->option,
                     note->reason);
    }
}

/* All that is wrong: the first as the error, the others before it. */
static gboolean check_all(CliContext *cli, const Profile *profile, GError **error)
{
    g_autoptr(GPtrArray) problems = profile_problems(profile);
    if (problems->len == 0)
        return TRUE;
    for (guint i = 1; i < problems->len; i++)
        narrator_complain(cli->narrator, ((ProfileProblem *)problems->pdata[i])->text);
    const ProfileProblem *first = problems->pdata[0];
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG, "[%s] %s", profile->name, first->text);
    return FALSE;
}

static gboolean ask_secret(CliContext *cli, Profile *profile, gboolean keep_secret, GError **error)
{
    const char *auth = profile->auth != NULL ? profile->auth : profile_guess_auth(profile);
    if (!keep_secret || profile->password != NULL || strcmp(auth, "password") != 0)
        return TRUE;
    profile->password = terminal_ask_password(cli, profile, cli->cancellable, error);
    return profile->password != NULL;
}

static gboolean finish(CliContext *cli, Profile *profile, gboolean replace, gboolean keep_secret,
                       GError **error)
{
    g_autofree char *path = profile_file_path();
    if (!check_all(cli, profile, error))
        return FALSE;
    if (cli->globals.dry_run) {
        narrator_say(cli->narrator, "nothing is written to %s", path);
        return profile_print(cli, profile, error);
    }
    g_autoptr(GError) failure = NULL;
    if (!profile_file_save(profile, replace, keep_secret, &failure)) {
        gboolean exists = g_error_matches(failure, RS_ERROR, RS_ERROR_EXISTS);
        g_set_error(error, failure->domain, failure->code, "%s%s", failure->message,
                    exists ? "; --replace replaces it, \"profile set\" changes it" : "");
        return FALSE;
    }
    narrator_say(cli->narrator, "[%s] is in %s; try it with: redsmith profile test %s",
                 profile->name, path, profile->name);
    return !cli->globals.json || profile_print(cli, profile, error);
}

/* The import's profile (or an empty one) with the options over it. */
static gboolean add_profile(CliContext *cli, Import *import, Profile *profile, GError **error)
{
    const ProfileOptions *options = cli->options;
    if (import != NULL && !options->keep_secret)
        import_drop_secrets(import);
    if (import != NULL)
        tell_notes(cli, import);
    return profile_options_apply(options, profile, error) &&
           ask_secret(cli, profile, options->keep_secret, error) &&
           finish(cli, profile, options->replace, options->keep_secret, error);
}

gboolean profile_add(CliContext *cli, const char *name, GError **error)
{
    const ProfileOptions *options = cli->options;
    name = need_name(cli, error);
    if (name == NULL)
        return FALSE;
    if (options->from == NULL) {
        g_autoptr(Profile) profile = profile_new(name);
        return add_profile(cli, NULL, profile, error);
    }
    g_autoptr(Import) import = import_from(name, options->from, error);
    return import != NULL && add_profile(cli, import, import->profile, error);
}

gboolean profile_import(CliContext *cli, const char *name, GError **error)
{
    const ProfileOptions *options = cli->options;
    name = need_name(cli, error);
    if (name == NULL)
        return FALSE;
    if (options->from != NULL)
        return profile_add(cli, name, error);
    const char *file = cli->arguments[2];
    g_autoptr(Import) import = import_text(
        name, file == NULL || strcmp(file, "-") == 0 ? read_input(error) : read_source(file, error),
        error);
    return import != NULL && add_profile(cli, import, import->profile, error);
}

gboolean profile_set(CliContext *cli, const char *name, GError **error)
{
    const ProfileOptions *options = cli->options;
    name = need_name(cli, error);
    if (name == NULL)
        return FALSE;
    if (options->from != NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE,
                    "--from makes a profile: use profile add with --replace");
        return FALSE;
    }
    g_autoptr(Profile) profile = profile_file_load(name, error);
    return profile != NULL && profile_options_apply(options, profile, error) &&
           ask_secret(cli, profile, options->keep_secret, error) &&
           finish(cli, profile, TRUE, TRUE, error);
}

/* --- the others ---------------------------------------------------------------------------------- */

gboolean profile_remove(CliContext *cli, const char *name, GError **error)
{
    g_autofree char *path = profile_file_path();
    name = need_name(cli, error);
    if (name == NULL)
        return FALSE;
    g_autofree char *what = g_strdup_printf("removes [%s] from %s", name, path);
    if (cli->globals.dry_run) {
        narrator_say(cli->narrator, "%s", what);
        return TRUE;
    }
    if (!terminal_confirm(cli, what, name, error) || !profile_file_remove(name, error))
        return FALSE;
    narrator_say(cli->narrator, "[%s] is gone from %s", name, path);
    return TRUE;
}

gboolean profile_rename(CliContext *cli, const char *name, GError **error)
{
    name = need_name(cli, error);
    if (name == NULL)
        return FALSE;
    if (cli->arguments[2] == NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "profile rename needs NAME and the new name");
        return FALSE;
    }
    if (!profile_file_rename(name, cli->arguments[2], error))
        return FALSE;
    narrator_say(cli->narrator, "[%s] is now [%s]", name, cli->arguments[2]);
    return TRUE;
}
