/*
 * supervisor_account: which account the sandbox runs as, and how root becomes it.
 *
 * PostgreSQL refuses to run as root, and nothing else of the sandbox needs to. Root's sandbox belongs
 * to the account "postgres", or "nobody" where there is none; anybody else's to themselves. No user
 * namespace is involved, so this works in containers and chroots alike.
 *
 * Threads: changes the whole process; call it while there is one thread.
 * Errors:  RS_ERROR_PERMISSION says what to do instead.
 */
#ifndef REDSMITH_SANDBOX_SUPERVISOR_ACCOUNT_H
#define REDSMITH_SANDBOX_SUPERVISOR_ACCOUNT_H

#include <glib.h>

/* Creates dir (and parents), 0700, and gives it to the account when root calls. A folder that holds
 * something else than a sandbox is refused, so that no foreign files change their owner. */
gboolean account_own_dir(const char *dir, GError **error);

/*
 * When root calls: becomes the account for good, after making sure that it still reaches every folder
 * of the NULL-terminated list. For others only the check.
 */
gboolean account_enter(const char *const *dirs, GError **error);

#endif
