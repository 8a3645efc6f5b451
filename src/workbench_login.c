/* Who is asked for what a login needs, and the login itself. */
#include "workbench_private.h"

#include "base/error.h"
#include "base/log.h"
#include "config/keyring.h"

void workbench_set_prompt(Workbench *workbench, LoginSecret prompt, gpointer user)
{
    workbench->prompt = prompt;
    workbench->prompt_user = user;
}

void workbench_set_code_prompt(Workbench *workbench, CredentialsPrompt prompt, gpointer user)
{
    workbench->code_prompt = prompt;
    workbench->code_prompt_user = user;
}

/* A CredentialsPrompt: any thread. Keys outlive the screens that could ask for a code, so who is there to ask
 * is found out each time. */
Secret *workbench_ask_code(gpointer user, const char *mfa_serial, GCancellable *cancellable,
                           GError **error)
{
    Workbench *workbench = user;
    if (workbench->code_prompt != NULL)
        return workbench->code_prompt(workbench->code_prompt_user, mfa_serial, cancellable, error);
    g_set_error(
        error, RS_ERROR, RS_ERROR_AUTH,
        "the role wants a code of the MFA device %s, and there is nobody to ask for it here; "
        "set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN to temporary "
        "keys",
        mfa_serial);
    return NULL;
}

void workbench_set_note(Workbench *workbench, void (*note)(gpointer user, const char *line),
                        gpointer user)
{
    workbench->note = note;
    workbench->note_user = user;
}

/* A LoginSecret: any thread. */
static Secret *ask_once(gpointer user, const Profile *profile, GCancellable *cancellable,
                        GError **error)
{
    Workbench *workbench = user;
    g_mutex_lock(&workbench->prompt_lock);
    if (workbench->prompted == NULL)
        workbench->prompted =
            workbench->prompt(workbench->prompt_user, profile, cancellable, error);
    Secret *secret = secret_ref(workbench->prompted);
    g_mutex_unlock(&workbench->prompt_lock);
    return secret;
}

static void forget_answer(Workbench *workbench)
{
    g_mutex_lock(&workbench->prompt_lock);
    g_clear_pointer(&workbench->prompted, secret_unref);
    g_mutex_unlock(&workbench->prompt_lock);
}

static Secret *ask_keyring(gpointer user, const Profile *profile, GCancellable *cancellable,
                           GError **error)
{
    return keyring_lookup(profile->host, profile->port, profile->user, KEYRING_DEADLINE_MS,
                          cancellable, error);
}

/* Any thread. */
void workbench_tell(Workbench *workbench, const char *line)
{
    log_write(LOG_LEVEL_INFO, "%s", line);
    if (workbench->note != NULL)
        workbench->note(workbench->note_user, line);
}

/* The same thing is said once, however many sessions do it. Any thread. */
static void tell_note(gpointer user, const char *line)
{
    Workbench *workbench = user;
    g_mutex_lock(&workbench->lock);
    gboolean said = g_strcmp0(workbench->last_note, line) == 0;
    if (!said) {
        g_free(workbench->last_note);
        workbench->last_note = g_strdup(line);
    }
    g_mutex_unlock(&workbench->lock);
    if (!said)
        workbench_tell(workbench, line);
}

static LoginSecrets login_secrets(Workbench *workbench)
{
    return (LoginSecrets){
        .prompt = workbench->prompt == NULL ? NULL : ask_once,
        .keyring = ask_keyring,
        .note = tell_note,
        .user = workbench,
    };
}

static LoginContext login_context(Workbench *workbench, const LoginSecrets *secrets,
                                  const char *region)
{
    return (LoginContext){.profile = workbench->profile,
                          .secrets = secrets,
                          .credentials = workbench_credentials(workbench),
                          .region = region,
                          .memory = workbench->logins,
                          .application = "redsmith"};
}

Session *workbench_log_in(Workbench *workbench, GCancellable *cancellable, GError **error)
{
    const LoginSecrets secrets = login_secrets(workbench);
    g_autofree char *region = workbench_region(workbench);
    const LoginContext login = login_context(workbench, &secrets, region);
    g_autoptr(GError) failure = NULL;
    Session *session = login_open(&login, cancellable, &failure);
    if (session != NULL)
        return session;
    if (g_error_matches(failure, RS_ERROR, RS_ERROR_AUTH))
        forget_answer(workbench);
    g_propagate_error(error, g_steal_pointer(&failure));
    return NULL;
}

static Session *open_for_preflight(gpointer user, GCancellable *cancellable, GError **error)
{
    return workbench_open_session(user, cancellable, error);
}

gboolean workbench_preflight(Workbench *workbench, PreflightReport report, gpointer user,
                             GCancellable *cancellable, GError **error)
{
    const LoginSecrets secrets = login_secrets(workbench);
    g_autofree char *region = workbench_region(workbench);
    const LoginContext login = login_context(workbench, &secrets, region);
    const PreflightContext context = {.login = &login,
                                      .open_session = open_for_preflight,
                                      .user = workbench,
                                      .s3 = workbench_s3(workbench, error)};
    return context.s3 != NULL && preflight_run(&context, report, user, cancellable, error);
}
