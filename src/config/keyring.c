#include "config.h"
#include "config/keyring.h"

#include "base/error.h"

static gboolean has_session_bus(void)
{
    const char *address = g_getenv("DBUS_SESSION_BUS_ADDRESS");
    if (address != NULL)
        return *address != '\0';
    g_autofree char *socket = g_build_filename(g_get_user_runtime_dir(), "bus", NULL);
    return g_file_test(socket, G_FILE_TEST_EXISTS);
}

#ifdef HAVE_LIBSECRET

#include <libsecret/secret.h>

typedef enum { CALL_LOOKUP, CALL_STORE, CALL_FORGET } CallKind;

/* Shared by the caller and the thread that asks; the last of the two frees it. */
typedef struct {
    gatomicrefcount references;
    GMutex lock;
    GCond ended_cond;
    gboolean ended;
    CallKind kind;
    char *host, *port, *user;
    Secret *password; /* in for a store, out for a lookup */
    gboolean found;
    GError *failure;
    GCancellable *cancellable;
} Call;

static const SecretSchema schema = {
    .name = "org.redsmith.Password",
    .flags = SECRET_SCHEMA_NONE,
    .attributes = {{"host", SECRET_SCHEMA_ATTRIBUTE_STRING},
                   {"port", SECRET_SCHEMA_ATTRIBUTE_STRING},
                   {"user", SECRET_SCHEMA_ATTRIBUTE_STRING},
                   {NULL, 0}},
};

static void call_unref(Call *call)
{
    if (!g_atomic_ref_count_dec(&call->references))
        return;
    g_free(call->host);
    g_free(call->port);
    g_free(call->user);
    secret_unref(call->password);
    g_clear_error(&call->failure);
    g_object_unref(call->cancellable);
    g_mutex_clear(&call->lock);
    g_cond_clear(&call->ended_cond);
    g_free(call);
}

static void lookup(Call *call)
{
    char *password = secret_password_lookup_nonpageable_sync(
        &schema, call->cancellable, &call->failure, "host", call->host, "port", call->port, "user",
        call->user, NULL);
    call->found = password != NULL;
    call->password = secret_new(password, -1);
    secret_password_free(password);
}

static void store(Call *call)
{
    g_autofree char *label =
        g_strdup_printf("redsmith: %s at %s:%s", call->user, call->host, call->port);
    call->found = secret_password_store_sync(
        &schema, SECRET_COLLECTION_DEFAULT, label, secret_peek(call->password), call->cancellable,
        &call->failure, "host", call->host, "port", call->port, "user", call->user, NULL);
}

static void forget(Call *call)
{
    call->found =
        secret_password_clear_sync(&schema, call->cancellable, &call->failure, "host", call->host,
                                   "port", call->port, "user", call->user, NULL);
}

static gpointer run_call(gpointer data)
{
    Call *call = data;
    static void (*const runs[])(Call *) = {
        [CALL_LOOKUP] = lookup, [CALL_STORE] = store, [CALL_FORGET] = forget};
    runs[call->kind](call);
    g_mutex_lock(&call->lock);
    call->ended = TRUE;
    g_cond_signal(&call->ended_cond);
    g_mutex_unlock(&call->lock);
    call_unref(call);
    return NULL;
}

static gboolean wait_for(Call *call, guint deadline_ms, GCancellable *cancellable)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)deadline_ms * 1000;
    g_mutex_lock(&call->lock);
    while (!call->ended && g_get_monotonic_time() < deadline &&
           !g_cancellable_is_cancelled(cancellable)) {
        gint64 slice = g_get_monotonic_time() + 100 * 1000; /* how late a cancel is noticed */
        g_cond_wait_until(&call->ended_cond, &call->lock, MIN(slice, deadline));
    }
    gboolean ended = call->ended;
    g_mutex_unlock(&call->lock);
    if (!ended)
        g_cancellable_cancel(call->cancellable);
    return ended;
}

static gboolean set_outcome(Call *call, gboolean ended, GCancellable *cancellable, GError **error)
{
    if (rs_error_set_if_cancelled(cancellable, error))
        return FALSE;
    if (!ended) {
        g_set_error(
            error, RS_ERROR, RS_ERROR_TRANSIENT,
            "the keyring did not answer in time: it is locked, or waits for an answer on a screen");
        return FALSE;
    }
    if (call->failure != NULL) {
        g_set_error(error, RS_ERROR, RS_ERROR_AUTH, "the keyring refused: %s",
                    call->failure->message);
        return FALSE;
    }
    if (!call->found)
        g_set_error(error, RS_ERROR, RS_ERROR_NOT_FOUND,
                    "the keyring holds no password for %s at %s:%s", call->user, call->host,
                    call->port);
    return call->found;
}

static Call *call_new(CallKind kind, const char *host, int port, const char *user)
{
    Call *call = g_new0(Call, 1);
    g_atomic_ref_count_init(&call->references);
    g_mutex_init(&call->lock);
    g_cond_init(&call->ended_cond);
    call->kind = kind;
    call->host = g_strdup(host);
    call->port = g_strdup_printf("%d", port);
    call->user = g_strdup(user);
    call->cancellable = g_cancellable_new();
    return call;
}

gboolean keyring_is_there(GError **error)
{
    if (has_session_bus())
        return TRUE;
    g_set_error(error, RS_ERROR, RS_ERROR_UNSUPPORTED,
                "there is no keyring here: no session bus (D-Bus) runs");
    return FALSE;
}

static gboolean ask(Call *call, guint deadline_ms, GCancellable *cancellable, GError **error)
{
    if (!keyring_is_there(error))
        return FALSE;
    g_atomic_ref_count_inc(&call->references);
    g_thread_unref(g_thread_new("keyring", run_call, call));
    return set_outcome(call, wait_for(call, deadline_ms, cancellable), cancellable, error);
}

Secret *keyring_lookup(const char *host, int port, const char *user, guint deadline_ms,
                       GCancellable *cancellable, GError **error)
{
    Call *call = call_new(CALL_LOOKUP, host, port, user);
    Secret *password = NULL;
    if (ask(call, deadline_ms, cancellable, error))
        password = secret_ref(call->password);
    call_unref(call);
    return password;
}

gboolean keyring_store(const char *host, int port, const char *user, const Secret *password,
                       guint deadline_ms, GCancellable *cancellable, GError **error)
{
    Call *call = call_new(CALL_STORE, host, port, user);
    call->password = secret_ref((Secret *)password);
    gboolean stored = ask(call, deadline_ms, cancellable, error);
    call_unref(call);
    return stored;
}

gboolean keyring_forget(const char *host, int port, const char *user, guint deadline_ms,
                        GCancellable *cancellable, GError **error)
{
    Call *call = call_new(CALL_FORGET, host, port, user);
    gboolean forgotten = ask(call, deadline_ms, cancellable, error);
    call_unref(call);
    return forgotten;
}

const char *keyring_state(void)
{
    return has_session_bus() ? "built in, session bus present" : "built in, no session bus";
}

#else

static gboolean refuse(GError **error)
{
    g_set_error(error, RS_ERROR, RS_ERROR_UNSUPPORTED,
                "there is no keyring here: this redsmith was built without libsecret");
    return FALSE;
}

gboolean keyring_is_there(GError **error)
{
    return refuse(error);
}

Secret *keyring_lookup(const char *host, int port, const char *user, guint deadline_ms,
                       GCancellable *cancellable, GError **error)
{
    refuse(error);
    return NULL;
}

gboolean keyring_store(const char *host, int port, const char *user, const Secret *password,
                       guint deadline_ms, GCancellable *cancellable, GError **error)
{
    return refuse(error);
}

gboolean keyring_forget(const char *host, int port, const char *user, guint deadline_ms,
                        GCancellable *cancellable, GError **error)
{
    return refuse(error);
}

const char *keyring_state(void)
{
    return has_session_bus() ? "not built in (session bus present)" : "not built in";
}

#endif
