#include "ui/password.h"

#include "base/error.h"
#include "ui/app.h"
#include "ui/views/views.h"

enum { WAIT_SLICE_US = 100 * 1000 }; /* how late a cancelled attempt is noticed */

/* Shared by the app and by questions on their way: app is NULL once the screens are gone. */
struct PasswordAsker {
    App *app; /* main thread */
};

/* One question. The worker and the main thread hold a reference each. */
typedef struct {
    PasswordAsker *asker;
    char *label;
    GMutex lock; /* guards the rest */
    GCond answered;
    gboolean done;
    Secret *secret; /* NULL: given up */
} Question;

/* The prompt's owner: a view that never is on the stack, and carries the question. */
typedef struct {
    View view;
    Question *question;
} QuestionView;

static void question_clear(gpointer data)
{
    Question *question = data;
    g_mutex_clear(&question->lock);
    g_cond_clear(&question->answered);
    secret_unref(question->secret);
    g_free(question->label);
    g_atomic_rc_box_release(question->asker);
}

static void question_unref(gpointer question)
{
    g_atomic_rc_box_release_full(question, question_clear);
}

static void answer(Question *question, const char *text)
{
    g_mutex_lock(&question->lock);
    if (!question->done && text != NULL)
        question->secret = secret_new(text, -1);
    question->done = TRUE;
    g_cond_signal(&question->answered);
    g_mutex_unlock(&question->lock);
}

static gboolean accept(View *owner, const char *text, char **complaint)
{
    answer(((QuestionView *)owner)->question, text);
    return TRUE;
}

static void dismiss(View *owner)
{
    answer(((QuestionView *)owner)->question, NULL);
}

static void free_view(View *view)
{
    Question *question = ((QuestionView *)view)->question;
    answer(question, NULL); /* whatever closed the prompt: nobody waits for ever */
    question_unref(question);
}

static const ViewClass question_class = {.name = "question", .free = free_view};

static gboolean open_prompt(gpointer data)
{
    Question *question = data;
    App *app = question->asker->app;
    if (app == NULL) {
        answer(question, NULL);
        return G_SOURCE_REMOVE;
    }
    const PromptOptions options = {
        .label = question->label, .secret = TRUE, .accept = accept, .dismiss = dismiss};
    QuestionView *owner = view_new(app, &question_class, sizeof(QuestionView));
    owner->question = g_atomic_rc_box_acquire(question);
    app_open(app, prompt_view_new(app, &owner->view, &options));
    view_unref(&owner->view);
    return G_SOURCE_REMOVE;
}

PasswordAsker *password_asker_new(App *app)
{
    PasswordAsker *asker = g_atomic_rc_box_new0(PasswordAsker);
    asker->app = app;
    return asker;
}

void password_asker_close(PasswordAsker *asker)
{
    asker->app = NULL;
    g_atomic_rc_box_release(asker);
}

static Secret *wait_for_answer(Question *question, GCancellable *cancellable)
{
    g_mutex_lock(&question->lock);
    while (!question->done && !g_cancellable_is_cancelled(cancellable))
        g_cond_wait_until(&question->answered, &question->lock,
                          g_get_monotonic_time() + WAIT_SLICE_US);
    Secret *secret = g_steal_pointer(&question->secret);
    question->done = TRUE;
    g_mutex_unlock(&question->lock);
    return secret;
}

/* Takes the label. NULL: nothing was given. */
static Secret *ask(PasswordAsker *asker, char *label, GCancellable *cancellable)
{
    Question *question = g_atomic_rc_box_new0(Question);
    question->asker = g_atomic_rc_box_acquire(asker);
    question->label = label;
    g_mutex_init(&question->lock);
    g_cond_init(&question->answered);
    g_idle_add_full(G_PRIORITY_DEFAULT, open_prompt, g_atomic_rc_box_acquire(question),
                    question_unref);
    Secret *secret = wait_for_answer(question, cancellable);
    question_unref(question);
    return secret;
}

Secret *password_ask(gpointer user, const Profile *profile, GCancellable *cancellable,
                     GError **error)
{
    char *label = g_strdup_printf("password of %s at %s", profile->user, profile->host);
    Secret *secret = ask(user, label, cancellable);
    if (secret == NULL)
        g_set_error(error, RS_ERROR, RS_ERROR_CANCELLED,
                    "Not connected: no password was given for %s", profile->user);
    return secret;
}

Secret *password_ask_code(gpointer user, const char *mfa_serial, GCancellable *cancellable,
                          GError **error)
{
    Secret *code = ask(user, g_strdup_printf("code of the MFA device %s", mfa_serial), cancellable);
    if (code == NULL)
        g_set_error(error, RS_ERROR, RS_ERROR_CANCELLED,
                    "No AWS credentials: no code was given for the MFA device %s", mfa_serial);
    return code;
}

/* A line on its way to the main thread. */
typedef struct {
    PasswordAsker *asker;
    char *line;
} Note;

static gboolean show_note(gpointer data)
{
    const Note *note = data;
    if (note->asker->app != NULL)
        app_message(note->asker->app, MESSAGE_INFO, "%s", note->line);
    return G_SOURCE_REMOVE;
}

static void note_free(gpointer data)
{
    Note *note = data;
    g_atomic_rc_box_release(note->asker);
    g_free(note->line);
    g_free(note);
}

void password_note(gpointer user, const char *line)
{
    Note *note = g_new0(Note, 1);
    note->asker = g_atomic_rc_box_acquire(user);
    note->line = g_strdup(line);
    g_idle_add_full(G_PRIORITY_DEFAULT, show_note, note, note_free);
}
