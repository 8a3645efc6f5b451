/*
 * keyring: passwords in the desktop's Secret Service, through libsecret.
 *
 * A frozen or absent keyring must never hang the program: every call runs on a thread of its own and is
 * given up at its deadline. Where there is no session bus nothing is asked and nothing is started
 * (libsecret would launch a bus): the answer is RS_ERROR_UNSUPPORTED. The same when the program was built
 * without libsecret. What to use instead is the caller's business.
 *
 * Threads: call on a worker only; a call blocks up to its deadline.
 * Errors:  UNSUPPORTED (not built in, no session bus), TRANSIENT (no answer in time), AUTH (locked or
 *          refused), CANCELLED
 */
#ifndef REDSMITH_CONFIG_KEYRING_H
#define REDSMITH_CONFIG_KEYRING_H

#include <gio/gio.h>

#include "base/secret.h"

#define KEYRING_DEADLINE_MS 5000

/* FALSE with RS_ERROR_UNSUPPORTED where nothing can be asked; quick, and no promise that it answers. */
gboolean keyring_is_there(GError **error);

/* The password stored for user at host:port. RS_ERROR_NOT_FOUND when there is none. */
Secret *keyring_lookup(const char *host, int port, const char *user, guint deadline_ms,
                       GCancellable *cancellable, GError **error);

gboolean keyring_store(const char *host, int port, const char *user, const Secret *password,
                       guint deadline_ms, GCancellable *cancellable, GError **error);

/* RS_ERROR_NOT_FOUND when nothing was stored. */
gboolean keyring_forget(const char *host, int port, const char *user, guint deadline_ms,
                        GCancellable *cancellable, GError **error);

/* "built in, session bus present", "built in, no session bus", "not built in": for doctor. Static. */
const char *keyring_state(void);

#endif
