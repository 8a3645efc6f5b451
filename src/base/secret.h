/*
 * secret: a password, key or token, kept out of swap, core dumps and sight.
 *
 * A Secret lives in its own locked pages that core dumps leave out, and is wiped when freed. It is
 * never printed: what needs its bytes (libpq, the signer) asks for them by secret_peek and keeps no
 * copy longer than the call. Where the kernel refuses to lock memory (RLIMIT_MEMLOCK) the secret
 * still works, unlocked.
 *
 * Threads: a Secret is immutable; any thread may read it. Reference counted.
 */
#ifndef REDSMITH_BASE_SECRET_H
#define REDSMITH_BASE_SECRET_H

#include <glib.h>

typedef struct Secret Secret;

/* Takes a copy of length bytes (-1: up to the NUL). NULL for NULL. */
Secret *secret_new(const char *bytes, gssize length);

/* As secret_new, and wipes and frees the caller's NUL-terminated string. */
Secret *secret_new_take(char *string);

Secret *secret_ref(Secret *secret);

/* The bytes, NUL-terminated; owned by the secret. NULL for NULL. */
const char *secret_peek(const Secret *secret);

gsize secret_length(const Secret *secret);

/* NULL is allowed. The last reference wipes the bytes. */
void secret_unref(Secret *secret);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Secret, secret_unref)

#endif
