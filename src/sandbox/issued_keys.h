/*
 * issued_keys: the temporary keys that the sandbox has given out, each a file of <dir>/keys (0600).
 *
 * They outlive the process, as AWS's outlive a restart of the client. A key that has expired is known as
 * such for a day, so that its user is told "expired" and not "unknown"; then its file goes.
 *
 * Threads: any; files are written whole and renamed into place.
 */
#ifndef REDSMITH_SANDBOX_ISSUED_KEYS_H
#define REDSMITH_SANDBOX_ISSUED_KEYS_H

#include <glib.h>

typedef struct {
    char *access_key_id, *secret_access_key, *session_token;
    char *arn;         /* who it is: arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION */
    char *user_id;     /* AROA...:SESSION */
    gint64 expires_at; /* epoch seconds */
} IssuedKey;

void issued_key_free(IssuedKey *key);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(IssuedKey, issued_key_free)

/* A new random key of that identity, kept. NULL with the error of the file. */
IssuedKey *issued_keys_add(const char *dir, const char *arn, const char *user_id, gint64 seconds,
                           GError **error);

/* The same for a session of a role of that account. */
IssuedKey *issued_keys_add_role(const char *dir, const char *account_id, const char *role,
                                const char *session, gint64 seconds, GError **error);

/* NULL when it was never given out, or long ago. */
IssuedKey *issued_keys_find(const char *dir, const char *access_key_id);

/* The id of a role or user by its name, which is the same each time: prefix and 17 letters. g_free it. */
char *issued_keys_id(const char *prefix, const char *name);

#endif
