#include "base/error.h"
#include "base/log.h"
#include "redshift/login_private.h"

enum {
    EARLY_SECONDS = 60, /* what connecting may take, and how far clocks may be apart */
    WAIT_SLICE_US = 100 * 1000,
};

struct LoginMemory {
    GMutex mutex;
    GCond ended;
    gboolean known, asking;
    LoginTarget target;
    gint64 received_at; /* epoch seconds */
};

LoginMemory *login_memory_new(void)
{
    LoginMemory *memory = g_new0(LoginMemory, 1);
    g_mutex_init(&memory->mutex);
    g_cond_init(&memory->ended);
    return memory;
}

void login_memory_free(LoginMemory *memory)
{
    if (memory == NULL)
        return;
    login_target_clear(&memory->target);
    g_cond_clear(&memory->ended);
    g_mutex_clear(&memory->mutex);
    g_free(memory);
}

void login_target_clear(LoginTarget *target)
{
    g_free(target->host);
    g_free(target->database);
    g_free(target->user);
    secret_unref(target->password);
    g_free(target->origin);
    *target = (LoginTarget){0};
}

static void copy_target(LoginTarget *copy, const LoginTarget *target)
{
    *copy = *target;
    copy->host = g_strdup(target->host);
    copy->database = g_strdup(target->database);
    copy->user = g_strdup(target->user);
    copy->password = secret_ref(target->password);
    copy->origin = g_strdup(target->origin);
}

static gint64 now(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

static gboolean is_fresh(const LoginMemory *memory)
{
    gint64 expires_at = memory->target.expires_at;
    gint64 early = MIN(EARLY_SECONDS, (expires_at - memory->received_at) / 3);
    return memory->known && (expires_at == 0 || now() < expires_at - early);
}

static gboolean still_works(const LoginMemory *memory)
{
    return memory->known && now() < memory->target.expires_at;
}

/* With the mutex held, which is released while AWS is asked. */
static gboolean renew(const LoginContext *context, LoginAsk ask, GCancellable *cancellable,
                      GError **error)
{
    LoginMemory *memory = context->memory;
    g_autoptr(GError) failure = NULL;
    LoginTarget fresh = {0};
    memory->asking = TRUE;
    g_mutex_unlock(&memory->mutex);
    gboolean good = ask(context, &fresh, cancellable, &failure);
    g_mutex_lock(&memory->mutex);
    memory->asking = FALSE;
    g_cond_broadcast(&memory->ended);
    if (good) {
        login_target_clear(&memory->target);
        memory->target = fresh;
        memory->known = TRUE;
        memory->received_at = now();
        return TRUE;
    }
    login_target_clear(&fresh);
    if (!rs_error_is_cancelled(failure) && still_works(memory)) {
        log_write(LOG_LEVEL_WARNING,
                  "the login could not be renewed yet, going on with the old: %s",
                  failure->message);
        return TRUE;
    }
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

/* With the mutex held: until nobody asks. */
static gboolean wait_for_answer(LoginMemory *memory, GCancellable *cancellable, GError **error)
{
    while (memory->asking) {
        if (rs_error_set_if_cancelled(cancellable, error))
            return FALSE;
        g_cond_wait_until(&memory->ended, &memory->mutex, g_get_monotonic_time() + WAIT_SLICE_US);
    }
    return TRUE;
}

gboolean login_memory_get(const LoginContext *context, LoginAsk ask, LoginTarget *target,
                          gboolean *fresh, GCancellable *cancellable, GError **error)
{
    LoginMemory *memory = context->memory;
    *fresh = TRUE;
    if (memory == NULL)
        return ask(context, target, cancellable, error);
    g_mutex_lock(&memory->mutex);
    gboolean good = wait_for_answer(memory, cancellable, error);
    *fresh = !is_fresh(memory);
    if (good && *fresh)
        good = renew(context, ask, cancellable, error);
    if (good)
        copy_target(target, &memory->target);
    g_mutex_unlock(&memory->mutex);
    return good;
}

void login_memory_refuse(const LoginContext *context, const Secret *password)
{
    LoginMemory *memory = context->memory;
    if (memory == NULL)
        return;
    g_mutex_lock(&memory->mutex);
    if (memory->target.password == password)
        memory->known = FALSE;
    g_mutex_unlock(&memory->mutex);
}
