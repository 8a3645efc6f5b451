/*
 * sigv4_digest: MD5, SHA-1 and SHA-256 of bytes as they go by, on libcrypto.
 *
 * GLib's own GChecksum is plain C; this uses what the processor offers, which for SHA-256 is several
 * times as fast and decides how fast a signed body can be sent over plain HTTP.
 *
 * Threads: a Digest belongs to one thread at a time.
 */
#ifndef REDSMITH_AWS_SIGV4_DIGEST_H
#define REDSMITH_AWS_SIGV4_DIGEST_H

#include <glib.h>

typedef enum { DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256 } DigestKind;

typedef struct Digest Digest;

Digest *digest_new(DigestKind kind);
void digest_free(Digest *digest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Digest, digest_free)

void digest_update(Digest *digest, const void *bytes, gsize length);
/* Starts again from nothing, also after digest_hex. */
void digest_reset(Digest *digest);

/* Lower-case hex of all bytes since the start; nothing can be added after it. Owned by the digest. */
const char *digest_hex(Digest *digest);
/* The same in base64. Free with g_free. */
char *digest_base64(Digest *digest);

#endif
