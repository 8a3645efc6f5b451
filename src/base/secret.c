#include "base/secret.h"

#include <string.h>
#include <sys/mman.h>

struct Secret {
    gatomicrefcount references;
    gsize length;
    gsize mapped; /* bytes of the private mapping that holds `bytes` */
    char *bytes;
};

static char *locked_pages(gsize size)
{
    char *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        g_error("no memory for a secret");
    (void)mlock(pages, size); /* refused under a small RLIMIT_MEMLOCK: still better than the heap */
    (void)madvise(pages, size, MADV_DONTDUMP);
    return pages;
}

Secret *secret_new(const char *bytes, gssize length)
{
    if (bytes == NULL)
        return NULL;
    gsize size = length < 0 ? strlen(bytes) : (gsize)length;
    Secret *secret = g_new0(Secret, 1);
    g_atomic_ref_count_init(&secret->references);
    secret->length = size;
    secret->mapped = size + 1;
    secret->bytes = locked_pages(secret->mapped);
    memcpy(secret->bytes, bytes, size);
    return secret;
}

Secret *secret_new_take(char *string)
{
    Secret *secret = secret_new(string, -1);
    if (string != NULL)
        explicit_bzero(string, strlen(string));
    g_free(string);
    return secret;
}

Secret *secret_ref(Secret *secret)
{
    if (secret != NULL)
        g_atomic_ref_count_inc(&secret->references);
    return secret;
}

const char *secret_peek(const Secret *secret)
{
    return secret == NULL ? NULL : secret->bytes;
}

gsize secret_length(const Secret *secret)
{
    return secret == NULL ? 0 : secret->length;
}

void secret_unref(Secret *secret)
{
    if (secret == NULL || !g_atomic_ref_count_dec(&secret->references))
        return;
    explicit_bzero(secret->bytes, secret->mapped);
    munmap(secret->bytes, secret->mapped);
    g_free(secret);
}
