#include "base/error.h"
#include "cli/profile_words.h"
#include "cli/terminal.h"
#include "config/keyring.h"

/* The keyring files a password under host, port and user: all three must be known without asking AWS. */
static gboolean has_place(const Profile *profile, GError **error)
{
    static const char *const by_aws[] = {"iam", "serverless", "secret", NULL};
    if (profile->host != NULL && profile->user != NULL && !g_strv_contains(by_aws, profile->auth))
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_CONFIG,
                "profile \"%s\" logs in with auth = %s, which needs no stored password",
                profile->name, profile->auth);
    return FALSE;
}

static gboolean begin(CliContext *cli, const char *name, const Profile **profile, GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (!cli_use_profile(cli, name, error))
        return FALSE;
    *profile = workbench_profile(cli->workbench);
    if (!has_place(*profile, error))
        return FALSE;
    if (keyring_is_there(&failure))
        return TRUE;
    g_set_error(
        error, RS_ERROR, RS_ERROR_UNSUPPORTED,
        "%s\nUse auth = prompt, auth = pgpass (a line in ~/.pgpass), or auth = secret (Secrets "
        "Manager).",
        failure->message);
    return FALSE;
}

/* Nothing in the program reads the keyring for another auth: say so rather than look done. */
static void say_what_for(CliContext *cli, const Profile *profile)
{
    if (g_strcmp0(profile->auth, "keyring") != 0)
        narrator_say(cli->narrator,
                     "the profile says auth = %s: set auth = keyring to log in with it",
                     profile->auth);
}

gboolean profile_login(CliContext *cli, const char *name, GError **error)
{
    const Profile *profile = NULL;
    if (!begin(cli, name, &profile, error))
        return FALSE;
    g_autoptr(Secret) password = terminal_ask_password(cli, profile, cli->cancellable, error);
    if (password == NULL)
        return FALSE;
    if (secret_length(password) == 0) {
        g_set_error(error, RS_ERROR, RS_ERROR_USAGE, "an empty password is not stored");
        return FALSE;
    }
    if (!keyring_store(profile->host, profile->port, profile->user, password, KEYRING_DEADLINE_MS,
                       cli->cancellable, error))
        return FALSE;
    narrator_say(cli->narrator, "stored the password of %s at %s:%d in the keyring", profile->user,
                 profile->host, profile->port);
    say_what_for(cli, profile);
    return TRUE;
}

gboolean profile_forget(CliContext *cli, const char *name, GError **error)
{
    const Profile *profile = NULL;
    if (!begin(cli, name, &profile, error) ||
        !keyring_forget(profile->host, profile->port, profile->user, KEYRING_DEADLINE_MS,
                        cli->cancellable, error))
        return FALSE;
    narrator_say(cli->narrator, "the keyring has forgotten the password of %s at %s:%d",
                 profile->user, profile->host, profile->port);
    return TRUE;
}
