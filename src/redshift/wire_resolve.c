#include "base/error.h"
#include "redshift/wire_private.h"

/* libpq tries the addresses one after the other; nobody has more than a handful. */
#define ADDRESSES_MAX 16

/*
 * libpq resolves names inside PQconnectStart, where neither a deadline nor a cancel reaches. So it is
 * given addresses: GResolver's lookup runs on a thread of GIO's, and this one waits for it in a main
 * context of its own.
 */
typedef struct {
    GMainContext *context;
    GList *addresses;
    GError *failure;
    gboolean ended;
} Lookup;

static void on_resolved(GObject *source, GAsyncResult *result, gpointer user)
{
    Lookup *lookup = user;
    lookup->addresses =
        g_resolver_lookup_by_name_finish(G_RESOLVER(source), result, &lookup->failure);
    lookup->ended = TRUE;
}

static gboolean on_deadline(gpointer user)
{
    g_cancellable_cancel(user);
    return G_SOURCE_REMOVE;
}

static GSource *deadline_source(gint64 deadline_us, GCancellable *inner, GMainContext *context)
{
    gint64 left_ms = MAX((deadline_us - g_get_monotonic_time()) / 1000, 0);
    GSource *source = g_timeout_source_new((guint)left_ms);
    g_source_set_callback(source, on_deadline, inner, NULL);
    g_source_attach(source, context);
    return source;
}

static void on_cancelled(GCancellable *cancellable, gpointer inner)
{
    g_cancellable_cancel(inner);
}

static void run_lookup(Lookup *lookup, const char *host, gint64 deadline_us,
                       GCancellable *cancellable)
{
    g_autoptr(GResolver) resolver = g_resolver_get_default();
    g_autoptr(GCancellable) inner =
        g_cancellable_new(); /* ends by the user's cancel or the deadline */
    gulong handler = 0;
    if (cancellable != NULL)
        handler = g_cancellable_connect(cancellable, G_CALLBACK(on_cancelled), inner, NULL);
    g_main_context_push_thread_default(lookup->context);
    g_autoptr(GSource) deadline = deadline_source(deadline_us, inner, lookup->context);
    g_resolver_lookup_by_name_async(resolver, host, inner, on_resolved, lookup);
    while (!lookup->ended)
        g_main_context_iteration(lookup->context, TRUE);
    g_source_destroy(deadline);
    g_main_context_pop_thread_default(lookup->context);
    if (cancellable != NULL)
        g_cancellable_disconnect(cancellable, handler);
}

static void set_failure(const char *host, const GError *failure, GCancellable *cancellable,
                        GError **error)
{
    if (rs_error_set_if_cancelled(cancellable, error))
        return;
    gboolean late = g_error_matches(failure, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_set_error(error, RS_ERROR, RS_ERROR_CONNECT,
                "cannot find the address of %s: %s\nCheck the profile's host: it is the endpoint "
                "without the port and database.",
                host, late ? "the name server did not answer in time" : failure->message);
}

char *wire_resolve(const char *host, guint *n_addresses, gint64 deadline_us,
                   GCancellable *cancellable, GError **error)
{
    Lookup lookup = {.context = g_main_context_new()};
    run_lookup(&lookup, host, deadline_us, cancellable);
    g_main_context_unref(lookup.context);
    g_autoptr(GError) failure = lookup.failure;
    if (lookup.addresses == NULL) {
        set_failure(host, failure, cancellable, error);
        return NULL;
    }
    GString *list = g_string_new(NULL);
    *n_addresses = 0;
    for (GList *item = lookup.addresses; item != NULL && *n_addresses < ADDRESSES_MAX;
         item = item->next) {
        g_autofree char *address = g_inet_address_to_string(item->data);
        g_string_append_printf(list, "%s%s", *n_addresses == 0 ? "" : ",", address);
        (*n_addresses)++;
    }
    g_resolver_free_addresses(lookup.addresses);
    return g_string_free(list, FALSE);
}
