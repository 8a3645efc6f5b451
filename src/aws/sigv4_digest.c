#include "aws/sigv4_digest.h"

#include <openssl/evp.h>
#include <string.h>

struct Digest {
    EVP_MD_CTX *context;
    const EVP_MD *method;
    gboolean ended;
    guint8 bytes[EVP_MAX_MD_SIZE];
    guint length; /* of bytes, once ended */
    char hex[2 * EVP_MAX_MD_SIZE + 1];
};

Digest *digest_new(DigestKind kind)
{
    Digest *digest = g_new0(Digest, 1);
    digest->context = EVP_MD_CTX_new();
    digest->method = kind == DIGEST_MD5    ? EVP_md5()
                     : kind == DIGEST_SHA1 ? EVP_sha1()
                                           : EVP_sha256();
    digest_reset(digest);
    return digest;
}

void digest_free(Digest *digest)
{
    if (digest == NULL)
        return;
    EVP_MD_CTX_free(digest->context);
    g_free(digest);
}

void digest_update(Digest *digest, const void *bytes, gsize length)
{
    g_return_if_fail(!digest->ended);
    EVP_DigestUpdate(digest->context, bytes, length);
}

void digest_reset(Digest *digest)
{
    /* A libcrypto in FIPS mode has no MD5: better to stop than to compare with nothing. */
    if (EVP_DigestInit_ex(digest->context, digest->method, NULL) != 1)
        g_error("libcrypto offers no %s", EVP_MD_get0_name(digest->method));
    digest->ended = FALSE;
}

const char *digest_hex(Digest *digest)
{
    if (digest->ended)
        return digest->hex;
    EVP_DigestFinal_ex(digest->context, digest->bytes, &digest->length);
    for (guint i = 0; i < digest->length; i++) {
        digest->hex[2 * i] = "0123456789abcdef"[digest->bytes[i] >> 4];
        digest->hex[2 * i + 1] = "0123456789abcdef"[digest->bytes[i] & 15];
    }
    digest->hex[2 * digest->length] = '\0';
    digest->ended = TRUE;
    return digest->hex;
}

char *digest_base64(Digest *digest)
{
    digest_hex(digest);
    return g_base64_encode(digest->bytes, digest->length);
}
