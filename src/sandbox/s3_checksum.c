#include "sandbox/s3_checksum.h"

#include <string.h>

#include "aws/sigv4_digest.h"

#define SLICES 8u /* bytes that a CRC takes in one step */

typedef struct {
    const char *name;
    int bits;           /* of a reflected CRC; 0: a digest */
    guint64 polynomial; /* reflected */
    DigestKind kind;
} Algorithm;

static const Algorithm algorithms[] = {
    {"crc32", 32, 0xedb88320u, 0},
    {"crc32c", 32, 0x82f63b78u, 0},
    {"crc64nvme", 64, 0x9a6c9329ac4bc9b5u, 0},
    {"sha1", 0, 0, DIGEST_SHA1},
    {"sha256", 0, 0, DIGEST_SHA256},
};

typedef guint64 Tables[SLICES][256];

struct S3Checksum {
    const Algorithm *algorithm;
    const Tables *tables; /* made once for each algorithm */
    guint64 value;
    Digest *digest;
};

/* tables[k][b]: what the byte b does to a CRC that k further bytes have gone through. */
static Tables *make_tables(guint64 polynomial)
{
    Tables *tables = g_malloc(sizeof *tables);
    for (guint i = 0; i < 256; i++) {
        guint64 value = i;
        for (int bit = 0; bit < 8; bit++)
            value = (value >> 1) ^ ((value & 1) != 0 ? polynomial : 0);
        (*tables)[0][i] = value;
    }
    for (guint slice = 1; slice < SLICES; slice++)
        for (guint i = 0; i < 256; i++) {
            guint64 before = (*tables)[slice - 1][i];
            (*tables)[slice][i] = (*tables)[0][before & 0xff] ^ (before >> 8);
        }
    return tables;
}

static const Tables *tables_of(const Algorithm *algorithm)
{
    static gsize made[G_N_ELEMENTS(algorithms)];
    gsize *place = &made[algorithm - algorithms];
    if (g_once_init_enter(place))
        g_once_init_leave(place, (gsize)make_tables(algorithm->polynomial));
    return (const Tables *)*place;
}

S3Checksum *s3_checksum_new(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(algorithms); i++) {
        if (g_ascii_strcasecmp(name, algorithms[i].name) != 0)
            continue;
        S3Checksum *checksum = g_new0(S3Checksum, 1);
        checksum->algorithm = &algorithms[i];
        if (algorithms[i].bits == 0) {
            checksum->digest = digest_new(algorithms[i].kind);
        } else {
            checksum->tables = tables_of(&algorithms[i]);
            checksum->value = algorithms[i].bits == 64 ? G_MAXUINT64 : G_MAXUINT32;
        }
        return checksum;
    }
    return NULL;
}

void s3_checksum_update(S3Checksum *checksum, const char *bytes, gsize length)
{
    if (checksum->digest != NULL) {
        digest_update(checksum->digest, bytes, length);
        return;
    }
    const Tables *tables = checksum->tables;
    guint64 value = checksum->value;
    for (; length >= SLICES; bytes += SLICES, length -= SLICES) {
        guint64 block, next = 0;
        memcpy(&block, bytes, SLICES);
        block = GUINT64_FROM_LE(block) ^ value;
        for (guint i = 0; i < SLICES; i++)
            next ^= (*tables)[SLICES - 1 - i][block >> (8 * i) & 0xff];
        value = next;
    }
    for (gsize i = 0; i < length; i++)
        value = (*tables)[0][(value ^ (guchar)bytes[i]) & 0xff] ^ (value >> 8);
    checksum->value = value;
}

char *s3_checksum_base64(const S3Checksum *checksum)
{
    guint8 bytes[8];
    gsize length = (gsize)checksum->algorithm->bits / 8;
    if (checksum->digest != NULL)
        return digest_base64(checksum->digest);
    for (gsize i = 0; i < length; i++)
        bytes[i] = (guint8)(~checksum->value >> (8 * (length - 1 - i)));
    return g_base64_encode(bytes, length);
}

const char *s3_checksum_name(const S3Checksum *checksum)
{
    return checksum->algorithm->name;
}

void s3_checksum_free(S3Checksum *checksum)
{
    if (checksum == NULL)
        return;
    digest_free(checksum->digest);
    g_free(checksum);
}
